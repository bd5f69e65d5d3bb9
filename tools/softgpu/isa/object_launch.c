// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A kernel of a code object from its arguments to its end, on threads of its own.
 *
 * What does not live here: fairness between workgroups. Each thread runs one until it ends, so a
 * kernel whose workgroups wait for each other ends only if all of them have a thread.
 *
 * Source: "User Guide for AMDGPU Backend" of LLVM: Kernel Descriptor, Kernel Argument Metadata;
 * HSA Platform System Architecture Specification, kernel dispatch packet.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "object.h"

#define HIDDEN_SIZE_V4	56

/* Byte offsets in a kernel descriptor */
enum { KD_GROUP_SIZE = 0, KD_PRIVATE_SIZE = 4, KD_KERNARG_SIZE = 8, KD_PROPERTIES = 56 };

/* kernel_code_properties: how much it needs is not known before */
#define DYNAMIC_STACK		0x800u
#define DYNAMIC_STACK_SIZE	(16u << 10)

/* What the registers of a queue can say of each wave */
#define MAX_PRIVATE_SIZE	(0x1fff * 1024u / ISA_LANES)

/* Of hidden arguments */
enum {
	HIDDEN_BLOCK_COUNT = 0, HIDDEN_GROUP_SIZE = 12, HIDDEN_REMAINDER = 18,
	HIDDEN_GRID_DIMS = 64, HIDDEN_DYNAMIC_LDS_SIZE = 120, HIDDEN_PRIVATE_BASE = 192,
	HIDDEN_SHARED_BASE = 196, HIDDEN_QUEUE = 200,
};

/* Of a dispatch packet */
enum {
	PACKET_SETUP = 2, PACKET_GROUP = 4, PACKET_GRID = 12, PACKET_PRIVATE_SIZE = 24,
	PACKET_LDS_SIZE = 28, PACKET_OBJECT = 32, PACKET_KERNARG = 40, PACKET_SIZE = 64,
};

/* struct amd_queue_s, in which a kernel finds nothing but zeroes */
#define QUEUE_SIZE	0x100

/* The descriptor of scratch memory: swizzled by 64 lanes of 4 bytes, data format 32, UINT */
#define RSRC_WORD1	(1u << 31)
#define RSRC_WORD3	(4u | 5u << 3 | 6u << 6 | 7u << 9 | 4u << 12 | 4u << 15 | 3u << 21 | 1u << 23)

/**
 * struct run - a launch under way
 * @launch: what is run
 * @kernel: ready for workgroups
 * @next: the workgroup that is next (atomic)
 * @lock: protects the rest
 * @failed: what has failed first, in words
 */
struct run {
	struct isa_launch *launch;
	struct isa_kernel kernel;
	uint64_t next;
	pthread_mutex_t lock;
	char failed[512];
};

/**
 * struct worker - a thread
 * @run: whose
 * @number: of the threads
 * @thread: itself
 * @runner: executes
 * @cpu_seconds: it took
 */
struct worker {
	struct run *run;
	unsigned int number;
	pthread_t thread;
	struct isa_runner runner;
	double cpu_seconds;
};

static uint32_t word(const void *descriptor, unsigned int offset)
{
	uint32_t value;

	memcpy(&value, (const char *)descriptor + offset, sizeof(value));
	return value;
}

static void put(void *at, unsigned int offset, uint64_t value, unsigned int size)
{
	memcpy((char *)at + offset, &value, size);
}

static void put_hidden(const struct isa_launch *l, const struct isa_dispatch *d, void *hidden)
{
	for (unsigned int i = 0; i < 3; i++) {
		put(hidden, HIDDEN_BLOCK_COUNT + 4 * i, l->grid[i] / l->group[i], 4);
		put(hidden, HIDDEN_GROUP_SIZE + 2 * i, l->group[i], 2);
		put(hidden, HIDDEN_REMAINDER + 2 * i, l->grid[i] % l->group[i], 2);
	}
	put(hidden, HIDDEN_GRID_DIMS, l->dims, 2);
	put(hidden, HIDDEN_DYNAMIC_LDS_SIZE, l->dynamic_lds, 4);
	put(hidden, HIDDEN_PRIVATE_BASE, ISA_PRIVATE_APERTURE >> 32, 4);
	put(hidden, HIDDEN_SHARED_BASE, ISA_SHARED_APERTURE >> 32, 4);
	put(hidden, HIDDEN_QUEUE, d->queue, 8);
}

/* Hidden arguments are behind the explicit ones, if the kernel has any; else it may be padded. */
static void put_args(const struct isa_launch *l, struct isa_dispatch *d, uint32_t size)
{
	bool v4 = l->object->version == 4;
	uint32_t hidden_size = v4 ? HIDDEN_SIZE_V4 : ISA_HIDDEN_SIZE;
	uint32_t hidden = (l->args_size + 7) & ~7u;
	char *args;

	if (size - l->args_size >= 8 && size != hidden + hidden_size)
		isa_die("%s has %u bytes of arguments with the hidden ones, which does not go with %u",
			l->kernel, size, l->args_size);
	args = isa_space_add(l->space, hidden + hidden_size, SOFTGPU_READ, &d->kernarg);
	memcpy(args, l->args, l->args_size);
	if (!v4)
		put_hidden(l, d, args + hidden);
}

static void put_packet(const struct isa_launch *l, struct isa_dispatch *d)
{
	char *packet = isa_space_add(l->space, PACKET_SIZE, SOFTGPU_READ, &d->packet);

	put(packet, PACKET_SETUP, l->dims, 2);
	memcpy(packet + PACKET_GROUP, d->group, sizeof(d->group));
	memcpy(packet + PACKET_GRID, d->grid, sizeof(d->grid));
	put(packet, PACKET_PRIVATE_SIZE, d->private_size, 4);
	put(packet, PACKET_LDS_SIZE, d->lds_size, 4);
	put(packet, PACKET_OBJECT, d->object, 8);
	put(packet, PACKET_KERNARG, d->kernarg, 8);
}

static void add_scratch(const struct isa_launch *l, struct isa_dispatch *d)
{
	uint64_t items = l->group[0] * l->group[1] * l->group[2];
	uint64_t waves = (items + ISA_LANES - 1) / ISA_LANES * l->threads;

	if (!d->private_size)
		return;
	d->scratch_wave = (d->private_size * ISA_LANES + 1023) & ~1023u;
	isa_space_add(l->space, waves * d->scratch_wave, SOFTGPU_READ | SOFTGPU_WRITE, &d->scratch);
	d->scratch_rsrc[0] = d->scratch;
	d->scratch_rsrc[1] = d->scratch >> 32 | RSRC_WORD1;
	d->scratch_rsrc[2] = waves * d->scratch_wave;
	d->scratch_rsrc[3] = RSRC_WORD3;
}

static void begin(struct run *run)
{
	static uint64_t last_id;
	struct isa_launch *l = run->launch;
	struct isa_dispatch d = { 0 };
	const void *descriptor;
	uint64_t symbol;
	char name[256];

	if (snprintf(name, sizeof(name), "%s.kd", l->kernel) >= (int)sizeof(name))
		isa_die("the kernel's name is too long");
	symbol = isa_object_symbol(l->object, name);
	descriptor = isa_object_at(l->object, symbol, ISA_DESCRIPTOR_SIZE);
	d.object = l->object->base + symbol;
	memcpy(d.grid, l->grid, sizeof(d.grid));
	memcpy(d.group, l->group, sizeof(d.group));
	d.lds_size = word(descriptor, KD_GROUP_SIZE) + l->dynamic_lds;
	d.private_size = word(descriptor, KD_PRIVATE_SIZE);
	if (word(descriptor, KD_PROPERTIES) & DYNAMIC_STACK && d.private_size < DYNAMIC_STACK_SIZE)
		d.private_size = DYNAMIC_STACK_SIZE;
	if (d.private_size < l->private_size)
		d.private_size = l->private_size;
	if (d.private_size > MAX_PRIVATE_SIZE)
		isa_die("%s needs %u bytes of scratch memory", l->kernel, d.private_size);
	isa_space_add(l->space, QUEUE_SIZE, SOFTGPU_READ, &d.queue);
	put_args(l, &d, word(descriptor, KD_KERNARG_SIZE));
	if (isa_kernel_init(&run->kernel, l->object->target, &d, descriptor))
		isa_die("%s cannot be run with these sizes, or needs what there is not", l->kernel);
	add_scratch(l, &d);
	put_packet(l, &d);
	run->kernel.dispatch = d;
	run->kernel.id = ++last_id;
}

/* An address as the file has it */
static uint64_t in_object(const struct isa_launch *l, uint64_t pc)
{
	return pc - l->object->base;
}

static void trace(void *opaque, struct isa_wave *w, const struct isa_insn *insn)
{
	const struct run *run = opaque;
	char text[256];

	isa_print(insn, text, sizeof(text));
	printf("%u,%u,%u/%u %06llx: %s\n", w->group->id[0], w->group->id[1], w->group->id[2],
	       w->index, (unsigned long long)in_object(run->launch, w->pc), text);
}

/* Messages to the host have no meaning here. */
static void interrupt(void *opaque, uint32_t data)
{
	(void)opaque;
	(void)data;
}

static void gws_init(void *opaque, uint32_t value)
{
	(void)opaque;
	(void)value;
}

static bool gws_arrive(void *opaque, struct isa_wave *w)
{
	(void)opaque;
	(void)w;
	return false;
}

static int illegal(const struct isa_wave *w, enum isa_target target, char *buf, size_t size)
{
	char text[256] = "no instruction";
	struct isa_insn insn;

	if (!isa_decode(target, w->words, 2, &insn))
		isa_print(&insn, text, sizeof(text));
	return snprintf(buf, size, "illegal instruction 0x%08x 0x%08x (%s)", w->words[0],
			w->words[1], text);
}

static int bad_access(const struct isa_wave *w, const char *why, char *buf, size_t size)
{
	return snprintf(buf, size, "%s of 0x%llx%s",
			w->fault.access & SOFTGPU_WRITE ? "write" :
			w->fault.access & SOFTGPU_EXEC ? "execution" : "read",
			(unsigned long long)w->fault.va, why);
}

static void describe(const struct isa_launch *l, const struct isa_wave *w, char *buf, size_t size)
{
	int len = 0;

	switch (w->error) {
	case ISA_ILLEGAL:
		len = illegal(w, l->object->target, buf, size);
		break;
	case ISA_MEMORY:
		len = bad_access(w, w->fault.mapped ? ", which is not allowed" :
				 ", where there is nothing", buf, size);
		break;
	case ISA_MISALIGNED:
		len = bad_access(w, ", which is misaligned", buf, size);
		break;
	case ISA_APERTURE:
		len = bad_access(w, " outside of the apertures", buf, size);
		break;
	case ISA_TRAP:
		len = snprintf(buf, size, "trap %u", w->trap);
		break;
	}
	snprintf(buf + len, size - len, ", pc %06llx, workgroup %u,%u,%u, wave %u",
		 (unsigned long long)in_object(l, w->pc), w->group->id[0], w->group->id[1],
		 w->group->id[2], w->index);
}

/* Others begin no workgroups any more. */
static void stop(struct run *run, const char *why)
{
	pthread_mutex_lock(&run->lock);
	if (!run->failed[0])
		snprintf(run->failed, sizeof(run->failed), "%s: %s", run->launch->kernel, why);
	pthread_mutex_unlock(&run->lock);
	__atomic_store_n(&run->next, run->kernel.num_groups, __ATOMIC_RELAXED);
}

static bool run_group(struct worker *t, uint64_t index)
{
	struct run *run = t->run;
	struct isa_group *group;
	enum isa_group_state state;
	struct isa_wave *failed;
	char text[400];

	group = isa_group_new(&run->kernel, index, t->number * run->kernel.waves);
	if (!group) {
		stop(run, "no memory for a workgroup");
		return false;
	}
	do {
		t->runner.budget = INT64_MAX;
		state = isa_group_run(group, &t->runner, &failed);
		if (state == ISA_GROUP_WAITING)
			sched_yield();
	} while (state == ISA_GROUP_WAITING || state == ISA_GROUP_RUNNING);
	if (state == ISA_GROUP_FAILED) {
		describe(run->launch, failed, text, sizeof(text));
		stop(run, text);
	} else if (state == ISA_GROUP_AT_GWS) {
		stop(run, "waits for all workgroups, which needs a queue");
	}
	isa_group_free(group);
	return state == ISA_GROUP_ENDED;
}

static double now(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec + ts.tv_nsec * 1e-9;
}

static void *work(void *opaque)
{
	struct worker *t = opaque;
	struct run *run = t->run;
	struct isa_env env = {
		.ops = &isa_space_ops,
		.vm = run->launch->space,
		.interrupt = interrupt,
		.gws_init = gws_init,
		.gws_arrive = gws_arrive,
		.trace = run->launch->trace ? trace : NULL,
		.opaque = run,
	};

	isa_runner_begin(&t->runner, &env, run->kernel.id);
	isa_lock(&t->runner);
	for (;;) {
		uint64_t index = __atomic_fetch_add(&run->next, 1, __ATOMIC_RELAXED);

		if (index >= run->kernel.num_groups || !run_group(t, index))
			break;
	}
	isa_unlock(&t->runner);
	isa_runner_end(&t->runner);
	t->cpu_seconds = now(CLOCK_THREAD_CPUTIME_ID);
	return NULL;
}

static void collect(struct isa_launch *l, struct worker *t)
{
	l->executed += t->runner.executed;
	l->cpu_seconds += t->cpu_seconds;
	for (unsigned int i = 0; l->counts && i < isa_num_ops; i++)
		l->counts[i] += t->runner.counts[i];
	free(t->runner.counts);
}

void isa_launch(struct isa_launch *l)
{
	struct run run = { .launch = l, .lock = PTHREAD_MUTEX_INITIALIZER };
	unsigned int regions = l->space->num;
	struct worker *workers;

	begin(&run);
	workers = calloc(l->threads, sizeof(*workers));
	if (!workers)
		isa_die("no memory");
	l->executed = 0;
	l->cpu_seconds = 0;
	l->seconds = -now(CLOCK_MONOTONIC);
	for (unsigned int i = 0; i < l->threads; i++) {
		workers[i].run = &run;
		workers[i].number = i;
		if (l->counts)
			workers[i].runner.counts = calloc(isa_num_ops, sizeof(*l->counts));
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]))
			isa_die("no thread");
	}
	for (unsigned int i = 0; i < l->threads; i++)
		pthread_join(workers[i].thread, NULL);
	l->seconds += now(CLOCK_MONOTONIC);
	for (unsigned int i = 0; i < l->threads; i++)
		collect(l, &workers[i]);
	free(workers);
	if (run.failed[0])
		isa_die("%s", run.failed);
	isa_space_drop(l->space, regions);
}
