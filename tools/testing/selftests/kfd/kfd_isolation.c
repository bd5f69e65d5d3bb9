// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A process computes, and others try to get at its memory, queues and events with all that their
 * own queues, doorbells and handles give them. They know every address and number of it. Each
 * attack ends in an error or in a fault of the attacker's; the victim's results are right all
 * along. So that an attack is known to be one, each is first made on memory of the attacker's own.
 *
 * With --victim FILE it is only the victim, until it is told so with --stop FILE. With
 * KFD_VICTIM=FILE the victim is one that was started so, in the same machine or another.
 *
 * What does not live here: the victim, kfd_isolation_lib.c.
 */
#include <sys/prctl.h>
#include <sys/socket.h>
#include <drm/amdgpu_drm.h>

#include "kselftest_harness.h"
#include "kfd_isolation_lib.h"
#include "kfd_kernel_lib.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE	0x100000
#endif

#define MARK	0xa5a5a5a5a5a5a5a5ULL
/* In a page; the IB of a copy engine is at a multiple of 32 */
#define INSIDE	64

/**
 * struct attacker - a process that attacks
 * @kfd: GPU
 * @page: event page
 * @event: a SIGNAL event
 * @fault: a MEMORY event
 * @queue: what it attacks with
 * @mem: memory of its own: what is read comes to the first page, the second one is attacked first,
 *	fences and signals are in the third, a kernel is in the fourth
 * @out: in the first page
 * @own: in the second page
 * @done: in the third page
 * @code: the fourth page
 * @fences: so many were asked for
 */
struct attacker {
	struct kfd kfd;
	struct kfd_mem page;
	uint32_t event;
	uint32_t fault;
	struct kfd_queue queue;
	struct kfd_mem mem;
	uint64_t *out;
	void *own;
	struct signal *done;
	void *code;
	uint32_t fences;
};

enum effect { READS, WRITES, WAITS };

/**
 * struct method - how to get at an address
 * @name: for messages
 * @type: of the queue
 * @effect: what it does: it reads 8 bytes or more to @out, it changes 8 bytes, or it goes on when
 *	it finds what it waits for
 * @put: makes the packets
 * @arg: for @put
 * @found: the words at the address with which it goes on
 */
struct method {
	const char *name;
	uint32_t type;
	enum effect effect;
	void (*put)(struct attacker *a, uint64_t at, uint32_t arg);
	uint32_t arg;
	uint32_t found[4];
};

#define PTR(va)		((void *)(uintptr_t)(va))
#define LOW(va)		((uint32_t)(uintptr_t)(va))
#define HIGH(va)	((uint32_t)((uint64_t)(uintptr_t)(va) >> 32))
#define PM4(opcode, dwords)	(3U << 30 | ((dwords) - 2) << 16 | (opcode) << 8)
/* TC_OP_ATOMIC_ADD_RTN_64 */
#define ADD64		47

#define PUT(a, ...)								\
	do {									\
		const uint32_t words[] = { __VA_ARGS__ };			\
										\
		kfd_queue_put(&(a)->queue, words, ARRAY_SIZE(words));		\
	} while (0)

static void copy_from(struct attacker *a, uint64_t at, uint32_t size)
{
	sdma_copy(&a->queue, a->out, PTR(at), size);
}

static void copy_to(struct attacker *a, uint64_t at, uint32_t size)
{
	sdma_copy(&a->queue, PTR(at), a->out, size);
}

static void fill(struct attacker *a, uint64_t at, uint32_t size)
{
	sdma_fill(&a->queue, PTR(at), 0x66666666, size);
}

static void write_word(struct attacker *a, uint64_t at, uint32_t value)
{
	sdma_write(&a->queue, PTR(at), value);
}

static void fence(struct attacker *a, uint64_t at, uint32_t value)
{
	sdma_fence(&a->queue, PTR(at), value);
}

static void atomic_add(struct attacker *a, uint64_t at, uint32_t value)
{
	PUT(a, 10 | (uint32_t)ADD64 << 25, LOW(at), HIGH(at), value, 0, 0, 0, 0);
}

/* TIMESTAMP, GET_GLOBAL */
static void timestamp(struct attacker *a, uint64_t at, uint32_t arg)
{
	PUT(a, 13 | 2 << 8, LOW(at), HIGH(at));
}

static void poll_word(struct attacker *a, uint64_t at, uint32_t value)
{
	sdma_poll(&a->queue, PTR(at), value);
}

/* In the address space that the packet names, which is for queues of the kernel */
static void sdma_indirect(struct attacker *a, uint64_t at, uint32_t vmid)
{
	/* It has to end at a multiple of 8 dwords */
	while (a->queue.dwords % 8 != 2)
		PUT(a, 0);
	PUT(a, 4 | vmid << 16, LOW(at), HIGH(at), 8, 0, 0);
}

static void pm4_write(struct attacker *a, uint64_t at, uint32_t value)
{
	pm4_write_data(&a->queue, PTR(at), value);
}

static void pm4_release(struct attacker *a, uint64_t at, uint32_t value)
{
	pm4_release_mem(&a->queue, PTR(at), value, 0);
}

static void pm4_atomic(struct attacker *a, uint64_t at, uint32_t value)
{
	PUT(a, PM4(0x1e, 9), ADD64, LOW(at), HIGH(at), value, 0, 0, 0, 0);
}

/* DMA_DATA, both addresses through the L2 cache */
static void pm4_dma(struct attacker *a, const void *dst, const void *src, uint32_t size)
{
	PUT(a, PM4(0x50, 7), 1U << 31 | 3U << 29 | 3U << 20, LOW(src), HIGH(src), LOW(dst),
	    HIGH(dst), size);
}

static void pm4_dma_from(struct attacker *a, uint64_t at, uint32_t size)
{
	pm4_dma(a, a->out, PTR(at), size);
}

static void pm4_dma_to(struct attacker *a, uint64_t at, uint32_t size)
{
	pm4_dma(a, PTR(at), a->out, size);
}

/* COPY_DATA, 64 bits, from and to memory by way of the L2 cache, confirmed */
static void pm4_copy(struct attacker *a, const void *dst, const void *src)
{
	PUT(a, PM4(0x40, 6), 2 | 2 << 8 | 1 << 16 | 1 << 20, LOW(src), HIGH(src), LOW(dst),
	    HIGH(dst));
}

static void pm4_copy_from(struct attacker *a, uint64_t at, uint32_t arg)
{
	pm4_copy(a, a->out, PTR(at));
}

static void pm4_copy_to(struct attacker *a, uint64_t at, uint32_t arg)
{
	pm4_copy(a, PTR(at), a->out);
}

/* WAIT_REG_MEM: equal, memory */
static void pm4_wait(struct attacker *a, uint64_t at, uint32_t value)
{
	PUT(a, PM4(0x3c, 7), 3 | 1 << 4, LOW(at), HIGH(at), value, 0xffffffff, 4);
}

/* INDIRECT_BUFFER, valid, of 4 dwords */
static void pm4_indirect(struct attacker *a, uint64_t at, uint32_t vmid)
{
	PUT(a, PM4(0x3f, 4), LOW(at), HIGH(at), 4 | 1 << 23 | vmid << 24);
}

/* The signal is the victim's */
static void aql_completion(struct attacker *a, uint64_t at, uint32_t arg)
{
	aql_barrier(&a->queue, false, NULL, 0, PTR(at - 8));
}

/* The signal is its own, the mailbox is not */
static void aql_mailbox(struct attacker *a, uint64_t at, uint32_t event_id)
{
	a->done[1] = (struct signal){ .kind = 1, .value = 1, .mailbox = at, .event_id = event_id };
	aql_barrier(&a->queue, false, NULL, 0, &a->done[1]);
}

static void aql_dependency(struct attacker *a, uint64_t at, uint32_t or)
{
	const struct signal *deps[] = { PTR(at - 8) };

	aql_barrier(&a->queue, or, deps, 1, NULL);
}

/* A kernel of its own */
static void kernel(struct attacker *a, uint64_t at, uint32_t which)
{
	kernel_put(a->code, which, at, a->out);
	aql_dispatch(&a->queue, a->code, NULL);
}

#define NOP4	{ PM4(0x10, 4) }

static const struct method methods[] = {
	{ "copy", SDMA, READS, copy_from, 64 },
	{ "copy to it", SDMA, WRITES, copy_to, 64 },
	{ "fill", SDMA, WRITES, fill, 64 },
	{ "write", SDMA, WRITES, write_word, 0x66666666 },
	{ "fence", SDMA, WRITES, fence, 0x66666666 },
	{ "atomic", SDMA, WRITES, atomic_add, 1 },
	{ "timestamp", SDMA, WRITES, timestamp },
	{ "poll", SDMA, WAITS, poll_word, 5, { 5 } },
	{ "indirect", SDMA, WAITS, sdma_indirect, 0 },
	{ "indirect, address space 8", SDMA, WAITS, sdma_indirect, 8 },
	{ "indirect, address space 9", SDMA, WAITS, sdma_indirect, 9 },
	{ "WRITE_DATA", COMPUTE, WRITES, pm4_write, 0x66666666 },
	{ "RELEASE_MEM", COMPUTE, WRITES, pm4_release, 0x66666666 },
	{ "ATOMIC_MEM", COMPUTE, WRITES, pm4_atomic, 1 },
	{ "DMA_DATA", COMPUTE, READS, pm4_dma_from, 64 },
	{ "DMA_DATA to it", COMPUTE, WRITES, pm4_dma_to, 64 },
	{ "COPY_DATA", COMPUTE, READS, pm4_copy_from },
	{ "COPY_DATA to it", COMPUTE, WRITES, pm4_copy_to },
	{ "WAIT_REG_MEM", COMPUTE, WAITS, pm4_wait, 5, { 5 } },
	{ "INDIRECT_BUFFER", COMPUTE, WAITS, pm4_indirect, 0, NOP4 },
	{ "INDIRECT_BUFFER, address space 8", COMPUTE, WAITS, pm4_indirect, 8, NOP4 },
	{ "INDIRECT_BUFFER, address space 9", COMPUTE, WAITS, pm4_indirect, 9, NOP4 },
	{ "completion signal", AQL, WRITES, aql_completion },
	{ "mailbox", AQL, WRITES, aql_mailbox, 77 },
	{ "dependency", AQL, WAITS, aql_dependency, false },
	{ "OR dependency", AQL, WAITS, aql_dependency, true },
	{ "load", AQL, READS, kernel, KERNEL_LOAD },
	{ "flat load", AQL, READS, kernel, KERNEL_FLAT_LOAD },
	{ "scalar load", AQL, READS, kernel, KERNEL_SCALAR_LOAD },
	{ "store", AQL, WRITES, kernel, KERNEL_STORE },
	{ "atomic of a kernel", AQL, WRITES, kernel, KERNEL_ATOMIC },
	{ "jump", AQL, WAITS, kernel, KERNEL_JUMP, { S_ENDPGM } },
};

FIXTURE(isolation) {
	int file;
	int sock[2];
	pid_t pid;
	struct victim victim;
};

FIXTURE_SETUP(isolation)
{
	const char *path = getenv("KFD_VICTIM");

	if (access("/dev/kfd", F_OK))
		SKIP(return, "there is no /dev/kfd");
	self->pid = 0;
	if (path) {
		self->file = open(path, O_RDWR | O_CLOEXEC);
		ASSERT_LE(0, self->file);
	} else {
		self->file = memfd_create("victim", MFD_CLOEXEC);
		ASSERT_LE(0, self->file);
		ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, self->sock));
		fflush(stdout);
		self->pid = fork();
		ASSERT_LE(0, self->pid);
		if (!self->pid) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			_exit(victim_run(self->file, self->sock[1]));
		}
	}
	ASSERT_EQ(0, victim_wait_ready(self->file, &self->victim));
}

FIXTURE_TEARDOWN(isolation)
{
	if (!self->pid)
		return;
	EXPECT_EQ(0, victim_stop(self->file));
	EXPECT_EQ(0, kfd_child_status(self->pid));
}

/* It goes on with what was right before, three times, so that all has its turn. */
static void expect_unharmed(struct __test_metadata *_metadata, struct _test_data_isolation *self)
{
	struct victim now = { 0 };

	ASSERT_EQ(0, victim_read(self->file, &self->victim));
	for (int i = 0; i < 3 * QUEUE_PATIENCE_MS / 100; i++) {
		ASSERT_EQ(0, victim_read(self->file, &now));
		if (now.wrong || now.rounds > self->victim.rounds + 3)
			break;
		usleep(100000);
	}
	EXPECT_EQ(0, now.wrong);
	EXPECT_LT(self->victim.rounds + 3, now.rounds);
}

/* Nothing of the attacker's comes to be there; what is there already is not the GPU's. */
static void keep_free(uint64_t va)
{
	mmap(PTR(va & ~(KFD_PAGE - 1)), KFD_PAGE, PROT_NONE,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
}

static void attacker_begin(struct attacker *a, const struct victim *victim, uint32_t type)
{
	for (unsigned int i = 0; i < TARGETS; i++)
		keep_free(victim->memory[i].va);
	memset(a, 0, sizeof(*a));
	CHILD_CHECK(1, !kfd_open(&a->kfd) && !kfd_acquire(&a->kfd));
	CHILD_CHECK(2, !kfd_event_page(&a->kfd, &a->page, &a->event));
	CHILD_CHECK(3, !kfd_map(&a->kfd, a->page.handle));
	CHILD_CHECK(4, !kfd_create_event(&a->kfd, KFD_IOC_EVENT_MEMORY, false, &a->fault));
	CHILD_CHECK(5, !kfd_shared(&a->kfd, &a->mem, 4 * KFD_PAGE, MEM(GTT)));
	CHILD_CHECK(6, !kfd_queue_create(&a->kfd, &a->queue, type));
	a->out = a->mem.va;
	a->own = a->mem.va + KFD_PAGE;
	a->done = a->mem.va + 2 * KFD_PAGE;
	a->code = a->mem.va + 3 * KFD_PAGE;
	*a->out = MARK;
}

/* What comes when all before is done */
static void put_fence(struct attacker *a)
{
	a->fences++;
	if (a->queue.args.queue_type == SDMA) {
		sdma_fence(&a->queue, &a->done->value, a->fences);
	} else if (a->queue.args.queue_type == COMPUTE) {
		pm4_write_data(&a->queue, &a->done->value, a->fences);
	} else {
		STORE(&a->done->value, a->fences + 1);
		aql_barrier(&a->queue, false, NULL, 0, a->done);
	}
	kfd_queue_ring(&a->queue);
}

static bool fence_reached(struct attacker *a)
{
	return LOAD((uint32_t *)&a->done->value) == a->fences;
}

/* On its own memory, where it does what it shall */
static void try_out(struct attacker *a, const struct method *method)
{
	uint64_t before[] = { 0x1111111122222222, 0 };
	uint64_t *at = a->own + INSIDE;

	if (method->effect == WAITS)
		memcpy(at, method->found, sizeof(method->found));
	else
		memcpy(at, before, sizeof(before));
	method->put(a, (uintptr_t)at, method->arg);
	put_fence(a);
	CHILD_CHECK(10, kfd_wait_u32((uint32_t *)&a->done->value, a->fences));
	if (method->effect == READS)
		CHILD_CHECK(11, LOAD(a->out) == before[0]);
	if (method->effect == WRITES)
		CHILD_CHECK(12, LOAD(at) != before[0]);
}

/* Nothing comes of it but a fault of its own. */
static void fault_at(struct attacker *a, const struct method *method, uint64_t at)
{
	struct kfd_event_data data = { .event_id = a->fault };
	uint32_t result;

	*a->out = MARK;
	method->put(a, at, method->arg);
	put_fence(a);
	CHILD_CHECK(20, !kfd_wait(&a->kfd, &data, 1, true, QUEUE_PATIENCE_MS, &result));
	CHILD_CHECK(21, result == KFD_IOC_WAIT_RESULT_COMPLETE);
	CHILD_CHECK(22, data.memory_exception_data.gpu_id == a->kfd.gpu_id);
	CHILD_CHECK(23, data.memory_exception_data.failure.NotPresent);
	/* Of 64 bits the GPU has the lower 48 */
	CHILD_CHECK(24, !((data.memory_exception_data.va ^ at) << 16 >> 28));
	CHILD_CHECK(25, LOAD(a->out) == MARK);
	CHILD_CHECK(26, !fence_reached(a));
}

/* Each fault is the end of an attacker's queues, so each attack is a process's. */
static void attack(struct __test_metadata *_metadata, struct _test_data_isolation *self,
		   const struct method *method, uint64_t at)
{
	pid_t pid = fork();

	ASSERT_LE(0, pid);
	if (!pid) {
		struct attacker a;

		keep_free(at);
		attacker_begin(&a, &self->victim, method->type);
		try_out(&a, method);
		fault_at(&a, method, at);
		_exit(0);
	}
	EXPECT_EQ(0, kfd_child_status(pid)) {
		TH_LOG("%s at 0x%lx", method->name, (unsigned long)at);
	}
}

static void attack_all(struct __test_metadata *_metadata, struct _test_data_isolation *self,
		       uint32_t type, unsigned int target)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(methods); i++)
		if (methods[i].type == type)
			attack(_metadata, self, &methods[i],
			       self->victim.memory[target].va + INSIDE);
	expect_unharmed(_metadata, self);
}

TEST_F_TIMEOUT(isolation, copy_engine, 600)
{
	attack_all(_metadata, self, SDMA, TARGET_VRAM);
}

TEST_F_TIMEOUT(isolation, pm4, 600)
{
	attack_all(_metadata, self, COMPUTE, TARGET_VRAM);
}

TEST_F_TIMEOUT(isolation, aql, 600)
{
	attack_all(_metadata, self, AQL, TARGET_GTT);
	attack_all(_metadata, self, AQL, TARGET_EVENT_PAGE);
}

/* Read and written, whatever the victim has. */
TEST_F_TIMEOUT(isolation, all_memory, 600)
{
	for (unsigned int i = 0; i < TARGETS; i++) {
		attack(_metadata, self, &methods[0], self->victim.memory[i].va + INSIDE);
		attack(_metadata, self, &methods[1], self->victim.memory[i].va + INSIDE);
	}
	expect_unharmed(_metadata, self);
}

/* Where there might be something of others' or of the kernel's */
TEST_F_TIMEOUT(isolation, guessed_addresses, 600)
{
	static const uint64_t guesses[] = {
		0, KFD_PAGE, 4ULL << 30, 0x8000000000, 0x100000000000, 0x555555554000,
		0x7ffffff00000, 0x800000000000, 0xffff800000000000, 0xffffc00000000000,
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(guesses); i++)
		attack(_metadata, self, &methods[i % 2], guesses[i] + INSIDE);
	expect_unharmed(_metadata, self);
}

/* All that can be mapped as a doorbell, with the number that would announce the packet. */
TEST_F_TIMEOUT(isolation, doorbells, 600)
{
	const struct victim *v = &self->victim;
	pid_t pid = fork();

	ASSERT_LE(0, pid);
	if (!pid) {
		uint64_t slice;
		struct kfd kfd;

		CHILD_CHECK(1, !kfd_open(&kfd) && !kfd_acquire(&kfd));
		slice = kfd_doorbell_size(&kfd);
		for (int i = 0; i < 4; i++) {
			uint64_t offset = (v->doorbell & ~(slice - 1)) + i * slice;
			uint64_t *db = mmap(NULL, slice, PROT_READ | PROT_WRITE, MAP_SHARED, kfd.fd,
					    offset);

			CHILD_CHECK(2, db != MAP_FAILED || i);
			if (db == MAP_FAILED)
				continue;
			for (unsigned int j = 0; j < slice / sizeof(*db); j++)
				STORE(&db[j], v->bell);
			munmap(db, slice);
		}
		CHILD_CHECK(3, mmap(NULL, 2 * slice, PROT_READ | PROT_WRITE, MAP_SHARED, kfd.fd,
				    v->doorbell & ~(slice - 1)) == MAP_FAILED);
		CHILD_CHECK(4, kfd_alloc_at(&kfd, (uintptr_t)kfd_reserve(2 * slice), 2 * slice,
					    MEM(DOORBELL) | MEM(WRITABLE), NULL, NULL));
		_exit(0);
	}
	EXPECT_EQ(0, kfd_child_status(pid));
	expect_unharmed(_metadata, self);
}

static void use_event(struct attacker *a, uint32_t id)
{
	struct kfd_event_data data = { .event_id = id };
	uint32_t result;

	CHILD_CHECK(30, kfd_set_event(&a->kfd, id) == -EINVAL);
	CHILD_CHECK(31, kfd_reset_event(&a->kfd, id) == -EINVAL);
	CHILD_CHECK(32, kfd_destroy_event(&a->kfd, id) == -EINVAL);
	CHILD_CHECK(33, kfd_wait(&a->kfd, &data, 1, true, KFD_EVENT_TIMEOUT_IMMEDIATE,
				 &result) == -EINVAL);
}

/* By ioctl, and by interrupts with its number */
TEST_F_TIMEOUT(isolation, events, 600)
{
	static const uint32_t types[] = { SDMA, COMPUTE, AQL };
	const struct victim *v = &self->victim;

	for (unsigned int i = 0; i < ARRAY_SIZE(types); i++) {
		struct attacker a;
		pid_t pid = fork();

		ASSERT_LE(0, pid);
		if (!pid) {
			attacker_begin(&a, v, types[i]);
			use_event(&a, v->signal_id);
			use_event(&a, v->memory_id);
			if (types[i] == SDMA)
				sdma_trap(&a.queue, v->signal_id);
			else if (types[i] == COMPUTE)
				pm4_release_mem(&a.queue, a.own, 1, v->signal_id);
			else
				aql_mailbox(&a, (uintptr_t)a.own, v->signal_id);
			put_fence(&a);
			CHILD_CHECK(34, kfd_wait_u32((uint32_t *)&a.done->value, a.fences));
			_exit(0);
		}
		EXPECT_EQ(0, kfd_child_status(pid)) {
			TH_LOG("queue type %u", types[i]);
		}
	}
	expect_unharmed(_metadata, self);
}

static int page_is_event_page(const struct kfd *kfd, uint64_t handle)
{
	struct kfd_ioctl_create_event_args args = {
		.event_type = KFD_IOC_EVENT_SIGNAL,
		.event_page_offset = handle,
	};

	return kfd_ioctl(kfd->fd, AMDKFD_IOC_CREATE_EVENT, &args);
}

static int gem_export(const struct kfd *kfd, uint32_t handle)
{
	struct drm_prime_handle args = { .handle = handle };

	return kfd_ioctl(kfd->drm, DRM_IOCTL_PRIME_HANDLE_TO_FD, &args);
}

/* kfd_process_device_translate_handle(), drm_gem_object_lookup(), drm_gem_mmap() */
TEST_F_TIMEOUT(isolation, handles, 600)
{
	const struct victim *v = &self->victim;
	pid_t pid = fork();

	ASSERT_LE(0, pid);
	if (!pid) {
		struct kfd kfd;
		char *va;

		CHILD_CHECK(1, !kfd_open(&kfd) && !kfd_acquire(&kfd));
		va = kfd_reserve(VICTIM_SIZE);
		for (unsigned int i = 0; i < TARGETS; i++) {
			uint64_t handle = v->memory[i].handle;

			CHILD_CHECK(2, kfd_map(&kfd, handle) == -ENOMEM);
			CHILD_CHECK(3, kfd_unmap(&kfd, handle) == -ENOMEM);
			CHILD_CHECK(4, kfd_export(&kfd, handle) == -EINVAL);
			CHILD_CHECK(5, page_is_event_page(&kfd, handle) == -EINVAL);
			CHILD_CHECK(6, kfd_free(&kfd, handle) == -EINVAL);
		}
		CHILD_CHECK(7, gem_export(&kfd, v->gem_handle) == -ENOENT);
		CHILD_CHECK(8, kfd_gem_va(&kfd, v->gem_handle, AMDGPU_VA_OP_MAP,
					  AMDGPU_VM_PAGE_READABLE | AMDGPU_VM_PAGE_WRITEABLE,
					  (uintptr_t)va, 0, VICTIM_SIZE) == -ENOENT);
		/* An offset of another machine's may be one of its own here */
		for (unsigned int i = 0; self->pid && i <= TARGET_GTT; i++)
			CHILD_CHECK(9, mmap(va, VICTIM_SIZE, PROT_READ, MAP_SHARED | MAP_FIXED,
					    kfd.drm, v->memory[i].offset) == MAP_FAILED &&
				       errno == EACCES);
		_exit(0);
	}
	EXPECT_EQ(0, kfd_child_status(pid));
	expect_unharmed(_metadata, self);
}

/* Queues that are the victim's, and its own that would have the victim's memory */
TEST_F_TIMEOUT(isolation, queues, 600)
{
	const struct victim *v = &self->victim;
	pid_t pid = fork();

	ASSERT_LE(0, pid);
	if (!pid) {
		struct kfd_ioctl_create_queue_args good;
		struct attacker a;

		attacker_begin(&a, v, AQL);
		for (unsigned int i = 0; i < ARRAY_SIZE(v->queue_ids); i++) {
			uint32_t id = v->queue_ids[i];

			CHILD_CHECK(40, kfd_destroy_queue(&a.kfd, id) == -EINVAL);
			CHILD_CHECK(41, kfd_update_queue(&a.kfd, id, a.queue.args.ring_base_address,
							 QUEUE_RING_SIZE, 0, 0) == -EFAULT);
		}
		CHILD_CHECK(42, !kfd_destroy_queue(&a.kfd, a.queue.args.queue_id));
		good = a.queue.args;
		a.queue.args.ring_base_address = v->memory[TARGET_RING].va;
		CHILD_CHECK(43, kfd_queue_start(&a.queue) == -EINVAL);
		a.queue.args = good;
		a.queue.args.read_pointer_address = v->memory[TARGET_POINTERS].va;
		CHILD_CHECK(44, kfd_queue_start(&a.queue) == -EINVAL);
		a.queue.args = good;
		a.queue.args.write_pointer_address = v->memory[TARGET_POINTERS].va;
		CHILD_CHECK(45, kfd_queue_start(&a.queue) == -EINVAL);
		a.queue.args = good;
		a.queue.args.ctx_save_restore_address = v->memory[TARGET_CWSR].va;
		CHILD_CHECK(46, kfd_queue_start(&a.queue) == -EINVAL);
		a.queue.args = good;
		CHILD_CHECK(47, !kfd_queue_start(&a.queue));
		_exit(0);
	}
	EXPECT_EQ(0, kfd_child_status(pid));
	expect_unharmed(_metadata, self);
}

/* Who shares memory shares no more than that, and nothing any more when it is given back. */
TEST_F_TIMEOUT(isolation, dmabuf, 600)
{
	int fd;

	if (!self->pid)
		SKIP(return, "a descriptor does not get out of a machine");
	fd = kfd_receive_fd(self->sock[0]);
	ASSERT_LE(0, fd);
	for (int given_back = 0; given_back < 2; given_back++) {
		pid_t pid = fork();

		ASSERT_LE(0, pid);
		if (!pid) {
			struct attacker a;
			uint64_t handle;
			char *va;

			attacker_begin(&a, &self->victim, SDMA);
			va = kfd_reserve(2 * VICTIM_SIZE);
			CHILD_CHECK(50, !kfd_import(&a.kfd, va, fd, &handle));
			CHILD_CHECK(51, !kfd_map(&a.kfd, handle));
			copy_from(&a, (uintptr_t)va + VICTIM_SIZE - 64, 64);
			put_fence(&a);
			CHILD_CHECK(52, kfd_wait_u32((uint32_t *)&a.done->value, a.fences));
			CHILD_CHECK(53, *a.out != MARK);
			if (given_back) {
				CHILD_CHECK(54, !kfd_unmap(&a.kfd, handle));
				CHILD_CHECK(55, !kfd_free(&a.kfd, handle));
			}
			fault_at(&a, &methods[given_back],
				 (uintptr_t)va + (given_back ? 0 : VICTIM_SIZE));
			_exit(0);
		}
		EXPECT_EQ(0, kfd_child_status(pid));
	}
	close(fd);
	expect_unharmed(_metadata, self);
}

static int only_victim(const char *what, const char *path)
{
	int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600), step;

	if (file < 0) {
		perror(path);
		return 1;
	}
	if (!strcmp(what, "--stop"))
		return victim_stop(file) != 0;
	step = victim_run(file, -1);
	printf("1..1\n%sok 1 its_results_are_right\n", step ? "not " : "");
	return step != 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && (!strcmp(argv[1], "--victim") || !strcmp(argv[1], "--stop")))
		return only_victim(argv[1], argv[2]);
	return test_harness_run(argc, argv);
}
