// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Dispatches of many workgroups: all of them run, once, on several threads; they wait for each
 * other; queues are changed, taken away and destroyed while they run.
 *
 * What does not live here: what instructions do, and what becomes of kernels that fail
 * (test_exception.c). Kernels are written as words, with their text beside them.
 */
#include <errno.h>
#include <sys/param.h>

#include "harness.h"

#define DISPATCH	(2u | 1u << 16)
#define OBJECT(n)	(CODE + 0x1000 + (n) * 0x400)
#define ARGS		DATA
/* In @ARGS: a counter, the number that kernels wait for, a word of each workgroup */
#define COUNTER		ARGS
#define TARGET		(ARGS + 4)
#define GROUPS		(ARGS + 64)
#define SIGNAL		(DATA + 0x80000)
/* Where the counter is copied to by the engine that is measured by it, after @n MB */
#define AFTER(n)	(DATA + 0x81000 + 4 * (n))

enum { COUNT, GWS, GWS_INIT, EXCLUSIVE, GIVE_SOME, GIVE_ALL, WAIT, FOREVER, BUSY, INTERRUPT };

/* For all of them: s[0:1] is ARGS, s2 the workgroup's number */
static const uint32_t kernels[][40] = {
	[COUNT] = {
		0x7e020280,			/* v_mov_b32 v1, 0 */
		0x7e040281,			/* v_mov_b32 v2, 1 */
		0xbefe0181,			/* s_mov_b64 exec, 1 */
		0xdd088000, 0x00000201,		/* global_atomic_add v1, v2, s[0:1] */
		0x8e038202,			/* s_lshl_b32 s3, s2, 2 */
		0x7e020203,			/* v_mov_b32 v1, s3 */
		0x7e040202,			/* v_mov_b32 v2, s2 */
		0xdc708040, 0x00000201,		/* global_store_dword v1, v2, s[0:1] offset:64 */
		0xbf810000,			/* s_endpgm */
	},
	[GWS] = {
		0x7e020280,			/* v_mov_b32 v1, 0 */
		0x7e040281,			/* v_mov_b32 v2, 1 */
		0xbefe0181,			/* s_mov_b64 exec, 1 */
		0xdd088000, 0x00000201,		/* global_atomic_add v1, v2, s[0:1] */
		0xd93b0000, 0x00000002,		/* ds_gws_barrier v2 gds */
		0xdc508000, 0x03000001,		/* global_load_dword v3, v1, s[0:1] */
		0xd93b0000, 0x00000002,		/* ds_gws_barrier v2 gds */
		0xdd088000, 0x00000201,		/* global_atomic_add v1, v2, s[0:1] */
		0xd93b0000, 0x00000002,		/* ds_gws_barrier v2 gds */
		0x8e038202,			/* s_lshl_b32 s3, s2, 2 */
		0x7e020203,			/* v_mov_b32 v1, s3 */
		0xdc708040, 0x00000301,		/* global_store_dword v1, v3, s[0:1] offset:64 */
		0xbf810000,			/* s_endpgm */
	},
	[GWS_INIT] = {
		0xc00200c0, 0x00000004,		/* s_load_dword s3, s[0:1], 0x4 */
		0x7e040203,			/* v_mov_b32 v2, s3 */
		0xd9330000, 0x00000002,		/* ds_gws_init v2 gds */
		0xbf810000,			/* s_endpgm */
	},
	/* One after the other, or one more is lost */
	[EXCLUSIVE] = {
		0xd9390000, 0x00000000,		/* ds_gws_sema_p gds */
		0xc0030400, 0x00000000,		/* s_load_dword s16, s[0:1], 0x0 glc */
		0x80108110,			/* s_add_u32 s16, s16, 1 */
		0xc0430400, 0x00000000,		/* s_store_dword s16, s[0:1], 0x0 glc */
		0xd9350000, 0x00000000,		/* ds_gws_sema_v gds */
		0xbf810000,			/* s_endpgm */
	},
	/* The first workgroup lets as many go on as TARGET says */
	[GIVE_SOME] = {
		0xc00200c0, 0x00000004,		/* s_load_dword s3, s[0:1], 0x4 */
		0x7e020280,			/* v_mov_b32 v1, 0 */
		0x7e040281,			/* v_mov_b32 v2, 1 */
		0x7e000203,			/* v_mov_b32 v0, s3 */
		0xbefe0181,			/* s_mov_b64 exec, 1 */
		0xbf068002,			/* s_cmp_eq_u32 s2, 0 */
		0xbf850005,			/* s_cbranch_scc1 to ds_gws_sema_br */
		0xd9390000, 0x00000000,		/* ds_gws_sema_p gds */
		0xdd088000, 0x00000201,		/* global_atomic_add v1, v2, s[0:1] */
		0xbf810000,			/* s_endpgm */
		0xd9370000, 0x00000000,		/* ds_gws_sema_br v0 gds */
		0xbf810000,			/* s_endpgm */
	},
	/* It lets all go on that wait, until TARGET have */
	[GIVE_ALL] = {
		0xc0020140, 0x00000004,		/* s_load_dword s5, s[0:1], 0x4 */
		0x7e020280,			/* v_mov_b32 v1, 0 */
		0x7e040281,			/* v_mov_b32 v2, 1 */
		0xbefe0181,			/* s_mov_b64 exec, 1 */
		0xbf068002,			/* s_cmp_eq_u32 s2, 0 */
		0xbf850005,			/* s_cbranch_scc1 to ds_gws_sema_release_all */
		0xd9390000, 0x00000000,		/* ds_gws_sema_p gds */
		0xdd088000, 0x00000201,		/* global_atomic_add v1, v2, s[0:1] */
		0xbf810000,			/* s_endpgm */
		0xd9310000, 0x00000000,		/* ds_gws_sema_release_all gds */
		0xbf8e0001,			/* s_sleep 1 */
		0xde518000, 0x03000001,		/* global_load_dword v3, v1, s[0:1] sc0 sc1 */
		0x7e080503,			/* v_readfirstlane_b32 s4, v3 */
		0xbf0a0504,			/* s_cmp_lt_u32 s4, s5 */
		0xbf85fff8,			/* s_cbranch_scc1 to ds_gws_sema_release_all */
		0xbf810000,			/* s_endpgm */
	},
	[WAIT] = {
		0xc0020140, 0x00000004,		/* s_load_dword s5, s[0:1], 0x4 */
		0x7e020280,			/* v_mov_b32 v1, 0 */
		0x7e040281,			/* v_mov_b32 v2, 1 */
		0xbefe0181,			/* s_mov_b64 exec, 1 */
		0xdd088000, 0x00000201,		/* global_atomic_add v1, v2, s[0:1] */
		0xbf8e0001,			/* s_sleep 1 */
		0xde518000, 0x03000001,		/* global_load_dword v3, v1, s[0:1] sc0 sc1 */
		0x7e080503,			/* v_readfirstlane_b32 s4, v3 */
		0xbf0a0504,			/* s_cmp_lt_u32 s4, s5 */
		0xbf85fffa,			/* s_cbranch_scc1 to s_sleep */
		0xbf810000,			/* s_endpgm */
	},
	[FOREVER] = {
		0x7e020280,			/* v_mov_b32 v1, 0 */
		0x7e040281,			/* v_mov_b32 v2, 1 */
		0xbefe0181,			/* s_mov_b64 exec, 1 */
		0xdd088000, 0x00000201,		/* global_atomic_add v1, v2, s[0:1] */
		0xde518000, 0x03000001,		/* global_load_dword v3, v1, s[0:1] sc0 sc1 */
		0x7e080503,			/* v_readfirstlane_b32 s4, v3 */
		0xbf068004,			/* s_cmp_eq_u32 s4, 0 */
		0xbf84fffb,			/* s_cbranch_scc0 to the load */
		0xbf810000,			/* s_endpgm */
	},
	/* Counts until the number is not 0 */
	[BUSY] = {
		0x7e020280,			/* v_mov_b32 v1, 0 */
		0x7e040281,			/* v_mov_b32 v2, 1 */
		0xbefe0181,			/* s_mov_b64 exec, 1 */
		0xdd088000, 0x00000201,		/* global_atomic_add v1, v2, s[0:1] */
		0xde518004, 0x03000001,		/* global_load_dword v3, v1, s[0:1] offset:4 sc0 sc1 */
		0x7e080503,			/* v_readfirstlane_b32 s4, v3 */
		0xbf068004,			/* s_cmp_eq_u32 s4, 0 */
		0xbf85fff9,			/* s_cbranch_scc1 to global_atomic_add */
		0xbf810000,			/* s_endpgm */
	},
	[INTERRUPT] = {
		0xbefc00ff, 0x00000123,		/* s_mov_b32 m0, 0x123 */
		0xbf900001,			/* s_sendmsg sendmsg(MSG_INTERRUPT) */
		0xbf810000,			/* s_endpgm */
	},
};

static void put_kernels(struct vm *vm)
{
	for (unsigned int i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++) {
		vm_put(vm, OBJECT(i) + 16, (uint64_t[]){ 256 }, 8);
		/* COMPUTE_PGM_RSRC2: two user SGPRs, the number of the workgroup; kernarg pointer */
		vm_put(vm, OBJECT(i) + 52, (uint32_t[]){ 2 << 1 | 1 << 7 }, 4);
		vm_put(vm, OBJECT(i) + 56, (uint16_t[]){ 8 }, 2);
		vm_put(vm, OBJECT(i) + 256, kernels[i], sizeof(kernels[i]));
	}
}

static void start(struct fixture *fix, struct queue *q)
{
	put_kernels(fix->vm);
	w32(fix->vm, COUNTER, 0);
	w64(fix->vm, SIGNAL + 8, 1);
	queue_init(q, fix->gpu, fix->vm, SOFTGPU_QUEUE_AQL, PAGE);
	queue_create(q);
}

/* @groups workgroups of @items work-items */
static void put(struct queue *q, unsigned int kernel, uint32_t groups, uint32_t items)
{
	PUT(q, DISPATCH, items | 1u << 16, 1, groups * items, 1, 1, 0, 0, LO(OBJECT(kernel)),
	    HI(OBJECT(kernel)), LO(ARGS), HI(ARGS), 0, 0, LO(SIGNAL), HI(SIGNAL));
}

static bool done(struct fixture *fix)
{
	return !r64(fix->vm, SIGNAL + 8);
}

static void run(struct fixture *fix, struct queue *q, unsigned int kernel, uint32_t groups,
		uint32_t items)
{
	w64(fix->vm, SIGNAL + 8, 1);
	put(q, kernel, groups, items);
	queue_ring(q);
	UNTIL(done(fix));
}

static void test_all(void **state)
{
	static const struct {
		uint32_t groups, items;
	} sizes[] = { { 1, 1 }, { 1, 64 }, { 2, 65 }, { 7, 1024 }, { 1000, 64 }, { 5000, 1 } };
	struct fixture *fix = *state;
	struct queue q;

	start(fix, &q);
	for (unsigned int i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint32_t groups = sizes[i].groups;

		w32(fix->vm, COUNTER, 0);
		for (unsigned int j = 0; j < groups; j++)
			w32(fix->vm, GROUPS + 4 * j, ~0u);
		run(fix, &q, COUNT, groups, sizes[i].items);
		assert_int_equal(r32(fix->vm, COUNTER), groups * ((sizes[i].items + 63) / 64));
		for (unsigned int j = 0; j < groups; j++)
			assert_int_equal(r32(fix->vm, GROUPS + 4 * j), j);
	}
	assert_int_equal(queue_stats(&q).dispatches, sizeof(sizes) / sizeof(sizes[0]));
	queue_exit(&q);
}

/* No wave passes the first barrier before all have counted, nor counts again before the second */
static void test_gws(void **state)
{
	struct fixture *fix = *state;
	struct queue q;

	start(fix, &q);
	for (uint32_t groups = 1; groups <= 64; groups += 21) {
		for (uint32_t waves = 1; waves <= 4; waves += 3) {
			w32(fix->vm, COUNTER, 0);
			w32(fix->vm, TARGET, groups * waves - 1);
			run(fix, &q, GWS_INIT, 1, 64);
			run(fix, &q, GWS, groups, waves * 64);
			assert_int_equal(r32(fix->vm, COUNTER), 2 * groups * waves);
			for (unsigned int j = 0; j < groups; j++)
				assert_int_equal(r32(fix->vm, GROUPS + 4 * j), groups * waves);
		}
	}
	queue_exit(&q);
}

static void init_gws(struct fixture *fix, struct queue *q, uint32_t value)
{
	w32(fix->vm, TARGET, value);
	run(fix, q, GWS_INIT, 1, 64);
}

static void test_exclusive(void **state)
{
	struct fixture *fix = *state;
	struct queue q;

	start(fix, &q);
	init_gws(fix, &q, 1);
	run(fix, &q, EXCLUSIVE, 20000, 1);
	assert_int_equal(r32(fix->vm, COUNTER), 20000);
	/* The same resource, by another object */
	queue_move(&q);
	run(fix, &q, EXCLUSIVE, 100, 256);
	assert_int_equal(r32(fix->vm, COUNTER), 20400);
	queue_exit(&q);
}

static void test_give(void **state)
{
	struct fixture *fix = *state;
	struct queue q;

	start(fix, &q);
	init_gws(fix, &q, 2);
	w32(fix->vm, TARGET, 3);
	w64(fix->vm, SIGNAL + 8, 1);
	put(&q, GIVE_SOME, 10, 64);
	queue_ring(&q);
	UNTIL(r32(fix->vm, COUNTER) == 5);
	queue_move(&q);
	usleep(20000);
	assert_int_equal(r32(fix->vm, COUNTER), 5);
	assert_false(done(fix));
	queue_exit(&q);

	start(fix, &q);
	init_gws(fix, &q, 0);
	w32(fix->vm, TARGET, 99);
	run(fix, &q, GIVE_ALL, 100, 64);
	assert_int_equal(r32(fix->vm, COUNTER), 99);
	/* Nothing is left of that. */
	w32(fix->vm, TARGET, 0);
	w64(fix->vm, SIGNAL + 8, 1);
	put(&q, GIVE_SOME, 10, 64);
	queue_ring(&q);
	usleep(20000);
	assert_int_equal(r32(fix->vm, COUNTER), 99);
	assert_false(done(fix));
	queue_exit(&q);
}

/* Each workgroup waits for the last one. */
static void test_wait(void **state)
{
	struct fixture *fix = *state;
	struct queue q;

	start(fix, &q);
	w32(fix->vm, TARGET, 50);
	run(fix, &q, WAIT, 50, 64);
	assert_int_equal(r32(fix->vm, COUNTER), 50);
	queue_exit(&q);
}

/* A kernel waits for the CPU, and so for nobody's turn to end. */
static void test_other_queues(void **state)
{
	struct fixture *fix = *state;
	struct queue q, other;

	start(fix, &q);
	w32(fix->vm, TARGET, 1000);
	put(&q, WAIT, 3, 64);
	queue_ring(&q);
	UNTIL(r32(fix->vm, COUNTER) == 3);
	queue_init(&other, fix->gpu, fix->vm, SOFTGPU_QUEUE_AQL, PAGE);
	queue_create(&other);
	PUT(&other, DISPATCH, 64 | 1u << 16, 1, 64, 1, 1, 0, 0, LO(KERNEL), HI(KERNEL), 0, 0, 0,
	    0, 0, 0);
	queue_ring(&other);
	UNTIL(queue_done(&other));
	assert_false(done(fix));
	w32(fix->vm, COUNTER, 1000);
	UNTIL(done(fix));
	queue_exit(&other);
	queue_exit(&q);
}

/*
 * All threads are busy, and a copy goes on nevertheless: for a MB of it kernels have no more than
 * some turns of a workgroup, in each of which they count to 3300. Of several MB the best one is
 * looked at, as this machine has other things to do meanwhile.
 */
static void test_copies(void **state)
{
	const uint32_t mb = 8;
	uint32_t least = ~0u;
	struct fixture *fix = *state;
	struct queue q[2], copy;

	for (unsigned int i = 0; i < 2; i++) {
		start(fix, &q[i]);
		w32(fix->vm, TARGET, 0);
		put(&q[i], BUSY, 1, 64);
		queue_ring(&q[i]);
		UNTIL(r32(fix->vm, COUNTER));
	}
	queue_init(&copy, fix->gpu, fix->vm, SOFTGPU_QUEUE_SDMA, PAGE);
	queue_create(&copy);
	PUT(&copy, 1, 3, 0, LO(COUNTER), HI(COUNTER), LO(AFTER(0)), HI(AFTER(0)));
	for (uint32_t i = 1; i <= mb; i++) {
		PUT(&copy, 1, (1u << 20) - 1, 0, LO(BIG), HI(BIG), LO(BIG + (1 << 21)),
		    HI(BIG + (1 << 21)));
		PUT(&copy, 1, 3, 0, LO(COUNTER), HI(COUNTER), LO(AFTER(i)), HI(AFTER(i)));
	}
	queue_ring(&copy);
	UNTIL(queue_done(&copy));
	for (uint32_t i = 1; i <= mb; i++)
		least = MIN(least, r32(fix->vm, AFTER(i)) - r32(fix->vm, AFTER(i - 1)));
	assert_in_range(least, 0, 64 * 3300);
	assert_int_equal(queue_stats(&copy).bytes_copied, (mb << 20) + 4 * (mb + 1));
	w32(fix->vm, TARGET, 1);
	UNTIL(queue_done(&q[0]) && queue_done(&q[1]));
	queue_exit(&copy);
	queue_exit(&q[1]);
	queue_exit(&q[0]);
}

/* Waves go on where they were. */
static void test_moved(void **state)
{
	struct fixture *fix = *state;
	struct queue q;

	start(fix, &q);
	put(&q, FOREVER, 4, 256);
	queue_ring(&q);
	UNTIL(r32(fix->vm, COUNTER) == 16);
	for (unsigned int i = 0; i < 20; i++) {
		usleep(500);
		if (i % 3)
			queue_move(&q);
		else
			assert_int_equal(softgpu_queue_update(q.q, &q.p), 0);
		softgpu_pause(fix->gpu);
		softgpu_resume(fix->gpu);
	}
	assert_false(done(fix));
	assert_int_equal(r32(fix->vm, COUNTER), 16);
	w32(fix->vm, COUNTER, 0);
	UNTIL(done(fix));
	assert_int_equal(queue_stats(&q).dispatches, 1);
	queue_exit(&q);
}

/* Not twice from the same state, and not of another queue */
static void test_moved_once(void **state)
{
	uint8_t saved[SOFTGPU_STATE_SIZE];
	struct fixture *fix = *state;
	struct queue q, other;

	start(fix, &q);
	put(&q, FOREVER, 2, 64);
	queue_ring(&q);
	UNTIL(r32(fix->vm, COUNTER) == 2);
	queue_take(&q, saved);
	queue_init(&other, fix->gpu, fix->vm, SOFTGPU_QUEUE_AQL, PAGE);
	other.p.state = saved;
	assert_int_equal(softgpu_queue_create(fix->gpu, &other.p, &other.q), -EINVAL);
	queue_bring(&q, saved);
	q.p.state = saved;
	assert_int_equal(softgpu_queue_create(fix->gpu, &q.p, &other.q), -EINVAL);
	queue_exit(&q);
	/* One that nobody comes for is gone with its GPU. */
	q.p.state = NULL;
	queue_create(&q);
	put(&q, FOREVER, 2, 64);
	queue_ring(&q);
	queue_take(&q, saved);
}

/* As with a scheduler that takes all queues away and brings them back */
static void test_many_moved(void **state)
{
	enum { QUEUES = 100 };
	static uint8_t saved[QUEUES][SOFTGPU_STATE_SIZE];
	static struct queue q[QUEUES];
	struct fixture *fix = *state;

	put_kernels(fix->vm);
	w32(fix->vm, COUNTER, 0);
	w32(fix->vm, TARGET, 1000);
	for (unsigned int i = 0; i < QUEUES; i++) {
		queue_init(&q[i], fix->gpu, fix->vm, SOFTGPU_QUEUE_AQL, PAGE);
		queue_create(&q[i]);
		put(&q[i], WAIT, 1, 64);
		queue_ring(&q[i]);
	}
	UNTIL(r32(fix->vm, COUNTER) == QUEUES);
	for (unsigned int i = 0; i < QUEUES; i++)
		queue_take(&q[i], saved[i]);
	for (unsigned int i = 0; i < QUEUES; i++)
		queue_bring(&q[i], saved[i]);
	w32(fix->vm, COUNTER, 1000);
	for (unsigned int i = 0; i < QUEUES; i++) {
		UNTIL(queue_done(&q[i]));
		queue_exit(&q[i]);
	}
	assert_int_equal(r32(fix->vm, COUNTER), 1000);
}

static void begin_forever(struct fixture *fix, struct queue *q)
{
	queue_create(q);
	w32(fix->vm, COUNTER, 0);
	w64(fix->vm, SIGNAL + 8, 1);
	put(q, FOREVER, 4, 64);
	queue_ring(q);
	UNTIL(r32(fix->vm, COUNTER) == 4);
}

/* The same address space may be another object then, but the queue is known by its id. */
static void test_moved_by_id(void **state)
{
	uint8_t saved[SOFTGPU_STATE_SIZE];
	struct fixture *fix = *state;
	struct vm *again = malloc(sizeof(*again));
	struct softgpu_queue *refused;
	struct queue q;

	assert_non_null(again);
	start(fix, &q);
	queue_exit(&q);
	q.p.id = 77;
	begin_forever(fix, &q);
	queue_take(&q, saved);
	memcpy(again, fix->vm, sizeof(*again));
	q.p.vm = again;
	q.p.state = saved;
	q.p.id = 78;
	assert_int_equal(softgpu_queue_create(fix->gpu, &q.p, &refused), -EINVAL);
	q.p.id = 77;
	queue_bring(&q, saved);
	usleep(1000);
	assert_false(done(fix));
	assert_int_equal(r32(fix->vm, COUNTER), 4);
	w32(fix->vm, COUNTER, 0);
	UNTIL(done(fix));
	assert_int_equal(queue_stats(&q).dispatches, 1);
	queue_exit(&q);

	/* A new queue has the id: nothing is left of the former one. */
	start(fix, &q);
	queue_exit(&q);
	q.p.id = 77;
	begin_forever(fix, &q);
	queue_take(&q, saved);
	queue_create(&q);
	q.p.state = saved;
	assert_int_equal(softgpu_queue_create(fix->gpu, &q.p, &refused), -EINVAL);
	queue_exit(&q);
	free(again);
}

static void test_destroyed(void **state)
{
	struct fixture *fix = *state;
	struct queue q;

	for (unsigned int i = 0; i < 20; i++) {
		start(fix, &q);
		put(&q, FOREVER, 20, 64);
		queue_ring(&q);
		if (i % 2)
			UNTIL(r32(fix->vm, COUNTER));
		queue_exit(&q);
	}
}

static void test_interrupt(void **state)
{
	struct fixture *fix = *state;
	struct queue q;

	start(fix, &q);
	run(fix, &q, INTERRUPT, 10, 64);
	assert_int_equal(vm_events(fix->vm), 10);
	assert_int_equal(fix->vm->events[9], 0x123);
	assert_ptr_equal(fix->vm->caller, &q);
	queue_exit(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_all),
		TEST(test_gws),
		TEST(test_exclusive),
		TEST(test_give),
		TEST(test_wait),
		TEST(test_other_queues),
		TEST(test_copies),
		TEST(test_moved),
		TEST(test_moved_once),
		TEST(test_many_moved),
		TEST(test_moved_by_id),
		TEST(test_destroyed),
		TEST(test_interrupt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
