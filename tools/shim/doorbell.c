// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The shim's doorbells, and the thread that sees to them and to deadlines.
 *
 * What does not live here: where doorbells are mapped, mmap.c.
 *
 * The doorbells of a context are plain memory, in which IDLE stands where nothing has been
 * stored. The thread looks for something else every INTERVAL while there are queues, tells the
 * backend and puts IDLE back. Every ioctl looks too, so that stores come before it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "shim.h"

/* No queue gets as far, in whatever unit. */
#define IDLE		0x7ea5e0f1d1e1d1e5ULL
#define INTERVAL_NS	100000

static uint32_t kicks;

long shim_futex_wait(uint32_t *word, uint32_t value)
{
	return syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

void shim_futex_wake(uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT32_MAX, NULL, NULL, 0);
}

/* The context's doorbells, made when they are wanted first; lock held. */
int shim_doorbells(struct shim_process *process)
{
	struct virtkfd_obj_info info;
	uint64_t *page;
	int ret;

	if (process->page)
		return 0;
	process->page_fd = memfd_create("shim-doorbells", MFD_CLOEXEC);
	if (process->page_fd < 0 || ftruncate(process->page_fd, SOFT_DOORBELL_SIZE))
		return -ENOMEM;
	page = mmap(NULL, SOFT_DOORBELL_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
		    process->page_fd, 0);
	if (page == MAP_FAILED)
		return -ENOMEM;
	for (size_t i = 0; i < SOFT_NUM_DOORBELLS; i++)
		page[i] = IDLE;
	ret = shim_ops->obj_get(process->ctx, VIRTKFD_BLOB_DOORBELL, 0, 0, &info,
				&process->doorbells);
	if (!ret)
		process->page = page;
	return ret;
}

/* Lock held. */
void shim_doorbells_ring(struct shim_process *process)
{
	for (size_t i = 0; process->page && i < SOFT_NUM_DOORBELLS; i++) {
		uint64_t value;

		if (__atomic_load_n(&process->page[i], __ATOMIC_RELAXED) == IDLE)
			continue;
		value = __atomic_exchange_n(&process->page[i], IDLE, __ATOMIC_ACQ_REL);
		shim_ops->doorbell(process->doorbells, i * 8, value, 8);
	}
}

void shim_doorbells_close(struct shim_process *process)
{
	if (process->page) {
		munmap(process->page, SOFT_DOORBELL_SIZE);
		shim_ops->obj_put(process->doorbells);
	}
	if (process->page_fd >= 0)
		close(process->page_fd);
	process->page = NULL;
	process->page_fd = -1;
}

static bool busy(void)
{
	return __atomic_load_n(&shim.num_queues, __ATOMIC_RELAXED) ||
	       __atomic_load_n(&shim.num_timed, __ATOMIC_RELAXED);
}

static void *helper(void *unused)
{
	const struct timespec interval = { .tv_nsec = INTERVAL_NS };
	struct shim_process *process;
	unsigned int round = 0;
	sigset_t mask;

	(void)unused;
	for (;;) {
		uint32_t seen = __atomic_load_n(&kicks, __ATOMIC_ACQUIRE);

		if (!busy()) {
			shim_futex_wait(&kicks, seen);
			continue;
		}
		if (__atomic_load_n(&shim.num_queues, __ATOMIC_RELAXED)) {
			shim_enter(&mask);
			LIST_FOREACH(process, &shim.contexts, link)
				shim_doorbells_ring(process);
			shim_leave(&mask);
		}
		/* Those who wait look at the time themselves. */
		if (++round % 10 == 0 && __atomic_load_n(&shim.num_timed, __ATOMIC_RELAXED))
			shim_events_wake();
		nanosleep(&interval, NULL);
	}
	return NULL;
}

/* Signals are the program's; whoever calls has them blocked. Any lock may be held. */
int shim_helper_start(void)
{
	pthread_t thread;

	if (__atomic_test_and_set(&shim.has_helper, __ATOMIC_ACQ_REL))
		return 0;
	return pthread_create(&thread, NULL, helper, NULL) ? -ENOMEM : 0;
}

void shim_helper_wake(void)
{
	__atomic_add_fetch(&kicks, 1, __ATOMIC_RELEASE);
	shim_futex_wake(&kicks);
}
