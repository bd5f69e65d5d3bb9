// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Sixteen processes copy at once, by copy engines and by compute queues, while others that do the
 * same are killed at random points. No byte may be wrong, and nothing be left at the end.
 *
 * KFD_STRESS_SECONDS in the environment says for how long, else it is a few seconds.
 * KFD_STRESS_SEED repeats the choices of another run, as far as the machine's timing lets it.
 */
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "kselftest.h"
#include "kfd_queue_lib.h"

#define COPIERS		16
#define VICTIMS		4
#define MOST_BYTES	(256 * 1024U)

static unsigned int seed;

static uint32_t pick(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (uint64_t)seed * below >> 32;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void pm4_copy(struct kfd_queue *queue, const void *dst, const void *src, uint32_t size)
{
	/* DMA_DATA, both addresses through the L2 cache */
	uint32_t words[7] = {
		3U << 30 | 5 << 16 | 0x50 << 8, 3U << 29 | 3U << 20,
		(uintptr_t)src, (uintptr_t)src >> 32, (uintptr_t)dst, (uintptr_t)dst >> 32, size,
	};

	kfd_queue_put(queue, words, 7);
}

/* What is to be known of a queue that stands still; the second doorbell may have been the first. */
static void describe(struct kfd_queue *queue, const uint32_t *fence, uint32_t number)
{
	printf("# read up to %lu of %lu (%s), fence %u of %u\n", (unsigned long)*queue->rptr,
	       (unsigned long)*queue->wptr,
	       queue->args.queue_type == COMPUTE ? "dwords" : "bytes", *fence, number);
	kfd_queue_ring(queue);
	sleep(3);
	printf("# and after another doorbell up to %lu, fence %u\n", (unsigned long)*queue->rptr,
	       *fence);
}

/* From the one to the other and back, by way of memory that the CPU does not see meanwhile. */
static int copy_round(struct kfd_queue *queue, struct kfd_mem *host, struct kfd_mem *vram,
		      uint32_t *fence, uint32_t number)
{
	uint32_t size = 4 + pick(MOST_BYTES - 3), shift = pick(64);
	uint8_t *src = host->va, *dst = host->va + MOST_BYTES + 64;
	uint32_t i, first = pick(256);

	for (i = 0; i < size; i++)
		src[i] = first + i * 7 + (i >> 8);
	memset(dst, ~first, size + 128);
	if (queue->args.queue_type == COMPUTE) {
		pm4_copy(queue, vram->va + shift, src, size);
		pm4_copy(queue, dst + shift, vram->va + shift, size);
		pm4_write_data(queue, fence, number);
	} else {
		sdma_copy(queue, vram->va + shift, src, size);
		sdma_copy(queue, dst + shift, vram->va + shift, size);
		sdma_fence(queue, fence, number);
	}
	kfd_queue_ring(queue);
	if (!kfd_wait_u32(fence, number)) {
		printf("# a copy of %u bytes did not end\n", size);
		describe(queue, fence, number);
		return -ETIMEDOUT;
	}
	for (i = 0; i < size + 64; i++) {
		uint8_t want = i < shift || i >= shift + size ? (uint8_t)~first :
			       (uint8_t)(first + (i - shift) * 7 + ((i - shift) >> 8));

		if (dst[i] == want)
			continue;
		printf("# byte %u of %u, shifted by %u, is 0x%02x, not 0x%02x\n", i, size, shift,
		       dst[i], want);
		return -EBADMSG;
	}
	return 0;
}

/* With a queue and memory of its own; makes both anew now and then. */
static int copy_until(double end, uint32_t type)
{
	uint32_t rounds = 1 + pick(40), i;
	struct kfd_mem host, vram, fence;
	struct kfd_queue queue;
	struct kfd kfd;
	int ret;

	ret = kfd_open(&kfd) ?: kfd_acquire(&kfd);
	while (!ret && now() < end) {
		ret = kfd_shared(&kfd, &host, 2 * MOST_BYTES + KFD_PAGE, MEM(GTT)) ?:
		      kfd_shared(&kfd, &vram, MOST_BYTES + KFD_PAGE, MEM(VRAM) | MEM(PUBLIC)) ?:
		      kfd_shared(&kfd, &fence, KFD_PAGE, MEM(GTT)) ?:
		      kfd_queue_prepare(&kfd, &queue, type);
		if (ret)
			break;
		/* Queues of the killed go a moment later. */
		while ((ret = kfd_queue_start(&queue)) == -ENOMEM && now() < end)
			usleep(10000);
		if (ret)
			break;
		for (i = 1; !ret && i <= rounds && now() < end; i++)
			ret = copy_round(&queue, &host, &vram, fence.va, i);
		ret = ret ?: kfd_queue_destroy(&queue) ?: kfd_shared_free(&kfd, &host) ?:
		      kfd_shared_free(&kfd, &vram) ?: kfd_shared_free(&kfd, &fence);
	}
	return ret == -ENOMEM ? 0 : ret;
}

static pid_t start(double end, uint32_t number)
{
	pid_t pid;

	seed += 12345 * number + 1;
	fflush(stdout);
	pid = fork();
	if (!pid) {
		int ret = copy_until(end, number % 2 ? COMPUTE : SDMA);

		if (ret)
			printf("# process %u: %s\n", number, strerror(-ret));
		fflush(stdout);
		_exit(ret != 0);
	}
	return pid;
}

static bool ended_well(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && !WEXITSTATUS(status);
}

int main(void)
{
	const char *seconds = getenv("KFD_STRESS_SECONDS"), *chosen = getenv("KFD_STRESS_SEED");
	pid_t copiers[COPIERS], victims[VICTIMS] = { 0 };
	unsigned int killed = 0, wrong = 0, bad = 0, i;
	struct kfd_counts before;
	bool counted;
	double end;

	ksft_print_header();
	if (access("/dev/kfd", F_OK))
		ksft_exit_skip("there is no /dev/kfd\n");
	ksft_set_plan(3);
	seed = chosen ? strtoul(chosen, NULL, 0) : (unsigned int)time(NULL);
	ksft_print_msg("seed %u\n", seed);
	counted = !kfd_read_counts(&before);
	end = now() + (seconds ? strtod(seconds, NULL) : 5);

	for (i = 0; i < COPIERS; i++)
		copiers[i] = start(end, i);
	while (now() < end) {
		i = pick(VICTIMS);
		if (victims[i] > 0) {
			int status = 0;

			kill(victims[i], SIGKILL);
			waitpid(victims[i], &status, 0);
			wrong += WIFEXITED(status) && WEXITSTATUS(status);
			killed += WIFSIGNALED(status);
		}
		victims[i] = start(end + 60, pick(1000));
		usleep(pick(300000));
	}
	for (i = 0; i < VICTIMS; i++) {
		if (victims[i] > 0) {
			kill(victims[i], SIGKILL);
			killed += waitpid(victims[i], NULL, 0) == victims[i];
		}
	}
	for (i = 0; i < COPIERS; i++)
		bad += !ended_well(copiers[i]);

	ksft_test_result(!bad, "%u processes copied without a wrong byte\n", COPIERS);
	ksft_test_result(killed && !wrong, "so did those that were killed\n");
	ksft_print_msg("%u were killed\n", killed);
	if (counted)
		ksft_test_result(!kfd_wait_counts(&before), "nothing is left of them\n");
	else
		ksft_test_result_skip("what is left is not counted here\n");
	ksft_finished();
}
