// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Work of a CPU and of its kernel that has nothing to do with KFD: what a virtual machine costs
 * in any case. What does not live here: what has to do with KFD, ops.c.
 */
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>

#include "ops.h"

#define MB	(1UL << 20)
#define WALK	(64 * MB)

static volatile uint64_t sink;
static char *walk;
static pid_t echo;
static int ping[2], pong[2];

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* For a millisecond, to see what happens to a CPU that does this. */
static int spin(const struct op *op, unsigned int i)
{
	uint64_t begin = now_ns();

	do {
		for (unsigned int j = 0; j < 1000; j++)
			__builtin_ia32_pause();
	} while (now_ns() - begin < 1000000);
	return 0;
}

static uint64_t next(uint64_t x)
{
	return x * 6364136223846793005 + 1442695040888963407;
}

static int arithmetic(const struct op *op, unsigned int i)
{
	uint64_t x = i;

	for (unsigned int j = 0; j < 1000000; j++)
		x = next(x);
	sink = x;
	return 0;
}

/* Page by page in no order, so that translations are not found where the last ones were. */
static int prepare_walk(const struct op *op)
{
	walk = mmap(NULL, WALK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (walk == MAP_FAILED)
		return -errno;
	madvise(walk, WALK, MADV_NOHUGEPAGE);
	memset(walk, 1, WALK);
	return 0;
}

static int memory(const struct op *op, unsigned int i)
{
	uint64_t x = i, sum = 0;

	for (unsigned int j = 0; j < 100000; j++) {
		x = next(x);
		sum += walk[(x >> 16) % WALK];
	}
	sink = sum;
	return 0;
}

static void undo_walk(const struct op *op)
{
	munmap(walk, WALK);
}

static int copy(const struct op *op, unsigned int i)
{
	memcpy(walk, walk + WALK / 2, WALK / 2);
	return 0;
}

static int system_call(const struct op *op, unsigned int i)
{
	return syscall(SYS_getppid) < 0 ? -errno : 0;
}

static int page_faults(const struct op *op, unsigned int i)
{
	char *p = mmap(NULL, MB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return -errno;
	madvise(p, MB, MADV_NOHUGEPAGE);
	for (uint64_t at = 0; at < MB; at += KFD_PAGE)
		p[at] = 1;
	return munmap(p, MB) ? -errno : 0;
}

/* Another process sleeps until it is woken, and so does this one for its answer. */
static int prepare_echo(const struct op *op)
{
	char c;

	if (pipe(ping) || pipe(pong))
		return -errno;
	echo = fork();
	if (echo < 0)
		return -errno;
	if (!echo) {
		while (read(ping[0], &c, 1) == 1 && write(pong[1], &c, 1) == 1)
			;
		_exit(1);
	}
	return 0;
}

static int wake(const struct op *op, unsigned int i)
{
	char c = 0;

	return write(ping[1], &c, 1) == 1 && read(pong[0], &c, 1) == 1 ? 0 : -EIO;
}

static void undo_echo(const struct op *op)
{
	kill(echo, SIGKILL);
	waitpid(echo, NULL, 0);
}

const struct op cpu_ops[] = {
	{ .name = "cpu.spin-1ms", .times = 1, .run = spin },
	{ .name = "cpu.spin-500ms", .times = 500, .run = spin },
	{ .name = "cpu.arithmetic", .times = 30, .run = arithmetic },
	{ .name = "cpu.memory", .times = 30, .prepare = prepare_walk, .run = memory,
	  .undo = undo_walk },
	{ .name = "cpu.copy-32M", .times = 5, .prepare = prepare_walk, .run = copy,
	  .undo = undo_walk },
	{ .name = "cpu.system-call", .times = 10000, .run = system_call },
	{ .name = "cpu.256-page-faults", .times = 30, .run = page_faults },
	{ .name = "cpu.wake-up", .times = 300, .prepare = prepare_echo, .run = wake,
	  .undo = undo_echo },
	{ .name = NULL },
};
