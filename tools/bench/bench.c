// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What operations of /dev/kfd cost, seen from a process in the guest: how long they take and
 * how often virtio-gpu interrupts. A line an operation, which tools/bench/run joins with
 * what it counts on the host meanwhile.
 *
 * What lives here: running an operation many times, alone and in many processes. What does
 * not: the operations (ops.c, cpu.c), the tables and their judgement (run, chain).
 *
 * bench [-m MOST] SHARE [NAME...]: SHARE is where files say that an operation is about to begin or
 * has ended, while all that it made is still there, and where the other side says to go on; - if
 * there is no other side. Each is run at most MOST times, those of cpu.c only if they are named.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bench.h"
#include "ops.h"

static const char *share;

static void tell(const char *what, const char *name)
{
	char path[256];
	FILE *file;

	if (!share)
		return;
	snprintf(path, sizeof(path), "%s/said.%s.%s", share, what, name);
	file = fopen(path, "w");
	if (!file) {
		perror(path);
		exit(1);
	}
	fclose(file);
	snprintf(path, sizeof(path), "%s/go.%s.%s", share, what, name);
	/* Seldom: each look makes exits, which may be counted. */
	do
		usleep(200000);
	while (access(path, F_OK));
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* All interrupts of virtio-gpu's queue for commands: the first virtio device that has one. */
static uint64_t interrupts(void)
{
	FILE *file = fopen("/proc/interrupts", "re");
	char line[1024], *end;
	uint64_t sum = 0;

	while (file && fgets(line, sizeof(line), file)) {
		char *p = strchr(line, ':');

		if (!p || !strstr(line, "virtio") || !strstr(line, "-control"))
			continue;
		for (p++;; p = end) {
			unsigned long value = strtoul(p, &end, 10);

			if (end == p || *end != ' ')
				break;
			sum += value;
		}
	}
	if (file)
		fclose(file);
	return sum;
}

static void fail(const char *name, const char *what, int ret)
{
	fprintf(stderr, "bench: %s: %s: %s\n", name, what, strerror(-ret));
	exit(1);
}

#define MARK(number)								\
	asm volatile(".byte 0x0f, 0x1f, 0x84, 0x00; .long %c0" ::		\
		     "i"(BENCH_MARK | (number)) : "memory")

/* @most: run it no more often than that. */
static void run_op(const struct op *whole, unsigned int most)
{
	struct op part = *whole, *op = &part;
	const char *name = op->name;
	uint64_t begin, irqs;
	unsigned int i;
	int ret = 0;

	if (op->times > most)
		op->times = most;
	ret = op->prepare ? op->prepare(op) : 0;
	if (ret)
		fail(name, "prepare", ret);
	tell("begin", name);
	irqs = interrupts();
	begin = now_ns();
	MARK(BENCH_MARK_BEGIN);
	for (i = 0; !ret && i < op->times; i++)
		ret = op->run(op, i);
	MARK(BENCH_MARK_END);
	begin = now_ns() - begin;
	irqs = interrupts() - irqs;
	if (ret)
		fail(name, "run", ret);
	tell("end", name);
	printf("%s %u %lu %lu\n", name, op->times, (unsigned long)begin, (unsigned long)irqs);
	fflush(stdout);
	if (op->undo)
		op->undo(op);
}

/* Ready, steady, go: all processes have what they need before the first of them begins. */
static void run_many(const struct op *op, unsigned int processes)
{
	int ready[2], go[2], done[2], status;
	uint64_t begin, irqs;
	char name[64], c;
	unsigned int i;

	snprintf(name, sizeof(name), "%s-x%u", op->name, processes);
	if (pipe(ready) || pipe(go) || pipe(done))
		fail(name, "pipe", -errno);
	for (i = 0; i < processes; i++) {
		pid_t pid = fork();

		if (pid < 0)
			fail(name, "fork", -errno);
		if (!pid) {
			int ret;

			close(go[1]);
			ret = ops_open() ?: op->prepare ? op->prepare(op) : 0;
			if (ret)
				fail(name, "prepare", ret);
			c = write(ready[1], "", 1) != 1 || read(go[0], &c, 1) != 0;
			for (i = 0; !ret && i < op->times; i++)
				ret = op->run(op, i);
			if (ret)
				fail(name, "run", ret);
			_exit(c || write(done[1], "", 1) != 1);
		}
	}
	close(ready[1]);
	close(done[1]);
	for (i = 0; i < processes; i++)
		if (read(ready[0], &c, 1) != 1)
			fail(name, "processes", -EIO);
	tell("begin", name);
	irqs = interrupts();
	begin = now_ns();
	MARK(BENCH_MARK_BEGIN);
	close(go[1]);
	for (i = 0; i < processes; i++)
		if (read(done[0], &c, 1) != 1)
			fail(name, "processes", -EIO);
	MARK(BENCH_MARK_END);
	begin = now_ns() - begin;
	irqs = interrupts() - irqs;
	tell("end", name);
	while (wait(&status) > 0)
		if (status)
			fail(name, "processes", -EIO);
	printf("%s %u %lu %lu\n", name, op->times * processes, (unsigned long)begin,
	       (unsigned long)irqs);
	fflush(stdout);
	close(ready[0]);
	close(go[0]);
	close(done[0]);
}

static bool is_wanted(const char *name, char **names)
{
	if (!*names)
		return true;
	for (; *names; names++)
		if (!strcmp(*names, name))
			return true;
	return false;
}

int main(int argc, char **argv)
{
	static const unsigned int crowds[] = { 1, 16, 128 };
	unsigned int i, most = UINT_MAX;
	const struct op *op;
	int ret;

	if (argc > 3 && !strcmp(argv[1], "-m")) {
		most = strtoul(argv[2], NULL, 0);
		argc -= 2;
		argv += 2;
	}
	if (argc < 2) {
		fprintf(stderr, "usage: bench [-m MOST] SHARE [NAME...]\n");
		return 2;
	}
	share = strcmp(argv[1], "-") ? argv[1] : NULL;

	/* Before this process has a context of its own, which a child could not use. */
	for (op = ops; op->name; op++)
		for (i = 0; op->crowd && i < sizeof(crowds) / sizeof(crowds[0]); i++)
			if (is_wanted(op->name, argv + 2))
				run_many(op, crowds[i]);
	for (op = cpu_ops; op->name; op++)
		if (argc > 2 && is_wanted(op->name, argv + 2))
			run_op(op, most);

	ret = ops_open();
	if (ret)
		fail("open", "/dev/kfd", ret);
	for (op = ops; op->name; op++)
		if (!op->crowd && is_wanted(op->name, argv + 2))
			run_op(op, most);
	return 0;
}
