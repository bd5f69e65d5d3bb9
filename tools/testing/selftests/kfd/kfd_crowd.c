// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * 64 processes begin and are killed at random, with memory, events, queues that run and a dma-buf
 * of another process, while that process computes. Its results and theirs are right, and nothing
 * is left of them.
 *
 * KFD_CROWD_SEED in the environment repeats the choices of another run, as far as the machine's
 * timing lets it. With --doorbells it only tells how many more processes could have doorbells.
 *
 * What does not live here: the process that computes, kfd_isolation_lib.c; how fast processes copy
 * in the midst of this, kfd_stress.c; what is left on a host, tools/check/guest/crowd.
 */
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>

#include "kselftest.h"
#include "kfd_isolation_lib.h"

#define MEMBERS		64
/* So often one of all is killed, or begins again */
#define CHANGES		128
#define PATIENCE_S	300

/* How far a member has come */
enum { BEGUN, OPEN, STEPS = 4, COMPUTES = OPEN + STEPS, STAGES };

static unsigned int seed;

static uint32_t pick(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (uint64_t)seed * below >> 32;
}

/**
 * struct member - a process of the crowd
 * @kfd: GPU
 * @mems: memory: GTT, VRAM and, if there is any, of a user
 * @page: event page
 * @queue: queue
 * @type: of the queue
 */
struct member {
	struct kfd kfd;
	struct kfd_mem mems[3];
	struct kfd_mem page;
	struct kfd_queue queue;
	uint32_t type;
};

static int some_memory(struct member *m)
{
	uint64_t size = KFD_PAGE << pick(8);
	void *user = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (user == MAP_FAILED)
		return -errno;
	return kfd_shared(&m->kfd, &m->mems[0], size, MEM(GTT)) ?:
	       kfd_shared(&m->kfd, &m->mems[1], size, MEM(VRAM) | MEM(PUBLIC)) ?:
	       kfd_alloc_userptr(&m->kfd, &m->mems[2], user, size, MEM(WRITABLE)) ?:
	       kfd_map(&m->kfd, m->mems[2].handle);
}

static int some_events(struct member *m)
{
	uint32_t id;
	int ret = kfd_event_page(&m->kfd, &m->page, &id) ?: kfd_map(&m->kfd, m->page.handle);

	for (uint32_t i = pick(20); i && !ret; i--)
		ret = kfd_create_event(&m->kfd, i % 2 ? KFD_IOC_EVENT_SIGNAL : KFD_IOC_EVENT_MEMORY,
				       i % 3, &id);
	return ret;
}

/* There are fewer queues of copy engines than processes. */
static int a_queue(struct member *m)
{
	int ret = kfd_queue_prepare(&m->kfd, &m->queue, m->type);

	while (!ret && (ret = kfd_queue_start(&m->queue)) == -ENOMEM) {
		ret = 0;
		usleep(20000);
	}
	return ret;
}

/*
 * Of the one that computes; but in amdkfd of Linux 7.3 a second import of a dma-buf has the GEM
 * handle of the first, which goes with either. So there each imports what it has exported itself.
 */
static int an_import(struct member *m, int fd)
{
	uint64_t handle;

	if (!kfd_is_guest(&m->kfd)) {
		struct kfd_mem mem;
		int ret;

		ret = kfd_alloc(&m->kfd, &mem, VICTIM_SIZE, MEM(GTT) | MEM(WRITABLE));
		fd = ret ?: kfd_export(&m->kfd, mem.handle);
		if (fd < 0)
			return fd;
	}
	return kfd_import(&m->kfd, kfd_reserve(VICTIM_SIZE), fd, &handle) ?:
	       kfd_map(&m->kfd, handle);
}

static int step(struct member *m, uint32_t which, int fd)
{
	switch (which) {
	case 0:
		return some_memory(m);
	case 1:
		return some_events(m);
	case 2:
		return a_queue(m);
	default:
		return an_import(m, fd);
	}
}

/* Between its two memories, and a fence */
static int compute(struct member *m, uint32_t round)
{
	uint32_t *gtt = m->mems[0].va, *vram = m->mems[1].va;
	struct signal *signal = m->mems[0].va;

	STORE(&gtt[0], round * 2654435761U);
	switch (m->type) {
	case SDMA:
		sdma_copy(&m->queue, &vram[8], &gtt[0], 4);
		sdma_fence(&m->queue, &gtt[1], round);
		break;
	case COMPUTE:
		pm4_write_data(&m->queue, &vram[8], round * 2654435761U);
		pm4_write_data(&m->queue, &gtt[1], round);
		break;
	default:
		signal->value = round + 1;
		signal->mailbox = 0;
		aql_barrier(&m->queue, false, NULL, 0, signal);
		kfd_queue_ring(&m->queue);
		return kfd_wait_u32((uint32_t *)&signal->value, round) ? 0 : -ETIMEDOUT;
	}
	kfd_queue_ring(&m->queue);
	if (!kfd_wait_u32(&gtt[1], round))
		return -ETIMEDOUT;
	return LOAD(&vram[8]) == round * 2654435761U ? 0 : -EBADMSG;
}

static int be_member(int fd, uint8_t *stage)
{
	static const uint32_t types[] = { SDMA, COMPUTE, AQL };
	uint32_t first = pick(STEPS), stride = pick(2) ? 1 : 3;
	struct member m = { .type = types[pick(3)] };
	int ret = kfd_open(&m.kfd) ?: kfd_acquire(&m.kfd);

	for (uint32_t i = 0; i < STEPS && !ret; i++) {
		STORE(stage, OPEN + i);
		ret = step(&m, (first + i * stride) % STEPS, fd);
	}
	for (uint32_t round = 1; !ret; round++) {
		ret = compute(&m, round);
		STORE(stage, COMPUTES);
		/* Some end of themselves */
		if (!ret && !pick(200))
			return 0;
		usleep(1000);
	}
	printf("# stage %u, queue type %u: %s\n", LOAD(stage), m.type, strerror(-ret));
	fflush(stdout);
	return 1;
}

/**
 * struct crowd - all of them
 * @fd: dma-buf that each imports
 * @pids: processes, 0 for none
 * @stages: of each, in memory that is shared
 * @seen: so many were killed, or ended, at that stage
 * @begun: so many have begun
 * @bad: so many found something wrong
 */
struct crowd {
	int fd;
	pid_t pids[MEMBERS];
	uint8_t *stages;
	unsigned int seen[STAGES];
	unsigned int begun;
	unsigned int bad;
};

static void begin(struct crowd *crowd, unsigned int i)
{
	STORE(&crowd->stages[i], BEGUN);
	pick(2);
	crowd->begun++;
	crowd->pids[i] = fork();
	if (!crowd->pids[i]) {
		seed += crowd->begun * 7919;
		_exit(be_member(crowd->fd, &crowd->stages[i]));
	}
}

static void end(struct crowd *crowd, unsigned int i)
{
	int status = 0;

	if (crowd->pids[i] <= 0)
		return;
	kill(crowd->pids[i], SIGKILL);
	waitpid(crowd->pids[i], &status, 0);
	crowd->bad += WIFEXITED(status) && WEXITSTATUS(status);
	crowd->seen[LOAD(&crowd->stages[i])]++;
	crowd->pids[i] = 0;
}

/* All at once; then each at random until all are gone */
static void run(struct crowd *crowd)
{
	unsigned int i;

	for (i = 0; i < MEMBERS; i++) {
		begin(crowd, i);
		usleep(pick(20000));
	}
	/* On a slow machine too some get as far as that, and on a fast one they can be counted */
	for (int tries = 0; tries < PATIENCE_S; tries++) {
		unsigned int compute = 0;

		for (i = 0; i < MEMBERS; i++)
			compute += LOAD(&crowd->stages[i]) == COMPUTES;
		if (compute >= MEMBERS / 2 && tries >= 3)
			break;
		sleep(1);
	}
	for (int change = 0; change < CHANGES; change++) {
		i = pick(MEMBERS);
		if (crowd->pids[i]) {
			end(crowd, i);
		} else {
			begin(crowd, i);
			if (pick(2)) {
				usleep(pick(50000));
				end(crowd, i);
			}
		}
		usleep(pick(50000));
	}
	for (i = 0; i < MEMBERS; i++)
		end(crowd, i);
}

/* Contexts of this process, as long as there is a doorbell for one. */
static int count_doorbells(void)
{
	unsigned int num = 0;
	struct kfd kfd;

	if (kfd_open(&kfd))
		return 1;
	while (!kfd_open(&kfd) && !kfd_ioctl(kfd.fd, AMDKFD_IOC_CREATE_PROCESS, NULL) &&
	       !kfd_acquire(&kfd) &&
	       mmap(NULL, kfd_doorbell_size(&kfd), PROT_READ | PROT_WRITE, MAP_SHARED, kfd.fd,
		    KFD_MMAP_TYPE_DOORBELL | KFD_MMAP_GPU_ID(kfd.gpu_id)) != MAP_FAILED)
		num++;
	printf("doorbells %u (%s)\n", num, strerror(errno));
	return !num;
}

int main(int argc, char **argv)
{
	const char *chosen = getenv("KFD_CROWD_SEED");
	struct crowd crowd = { 0 };
	struct kfd_counts before;
	struct victim victim;
	int file, sock[2];
	bool counted;
	pid_t pid;

	if (argc == 2 && !strcmp(argv[1], "--doorbells"))
		return count_doorbells();
	ksft_print_header();
	if (access("/dev/kfd", F_OK))
		ksft_exit_skip("there is no /dev/kfd\n");
	ksft_set_plan(4);
	seed = chosen ? strtoul(chosen, NULL, 0) : (unsigned int)time(NULL);
	ksft_print_msg("seed %u\n", seed);
	counted = !kfd_read_counts(&before);

	file = memfd_create("victim", MFD_CLOEXEC);
	if (file < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sock))
		ksft_exit_fail_msg("no files: %s\n", strerror(errno));
	fflush(stdout);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(victim_run(file, sock[1]));
	}
	crowd.stages = mmap(NULL, KFD_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
			    0);
	if (crowd.stages == MAP_FAILED || victim_wait_ready(file, &victim))
		ksft_exit_fail_msg("nobody computes\n");
	crowd.fd = kfd_receive_fd(sock[0]);
	run(&crowd);
	close(crowd.fd);
	victim_stop(file);

	ksft_test_result(!kfd_child_status(pid), "the results of who was not killed are right\n");
	ksft_test_result(!crowd.bad, "so are those of the others until then\n");
	ksft_print_msg("%u have begun; ended when they had:", crowd.begun);
	for (unsigned int i = 0; i < STAGES; i++)
		printf(" %u", crowd.seen[i]);
	printf("\n");
	ksft_test_result(crowd.begun > MEMBERS && crowd.seen[COMPUTES] >= MEMBERS / 4,
			 "enough of them have computed\n");
	if (counted)
		ksft_test_result(!kfd_wait_counts(&before), "nothing is left of them\n");
	else
		ksft_test_result_skip("what is left is not counted here\n");
	ksft_finished();
}
