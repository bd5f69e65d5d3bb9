// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The life of queues: parameters, doorbells, changes, destruction, turns, sleep. Packets are
 * SDMA's, see test_sdma.c.
 */
#include <errno.h>

#include "harness.h"

#define OUT(n)		(DATA + 0x1000 + (n) * 8)
#define MIB		(1ULL << 20)
/* Not the same memory as at the same distance from BIG */
#define BIG_COPY	(BIG + BIG_SIZE / 2 - MIB)

static void start(struct fixture *fix, struct queue *q)
{
	queue_init(q, fix->gpu, fix->vm, SOFTGPU_QUEUE_SDMA, PAGE);
	queue_create(q);
}

static void copy(struct queue *q, uint64_t len)
{
	PUT(q, 1, len - 1, 0, LO(BIG), HI(BIG), LO(BIG_COPY), HI(BIG_COPY));
}

static void fence(struct queue *q, uint64_t va, uint32_t value)
{
	PUT(q, 5, LO(va), HI(va), value);
}

/* Until memory there is this */
static void poll(struct queue *q, uint64_t va, uint32_t value)
{
	PUT(q, 8u | 3u << 28 | 1u << 31, LO(va), HI(va), value, 0xffffffff, 4);
}

/* Changes the number of threads of a fixture's GPU */
static void threads(struct fixture *fix, unsigned int num)
{
	softgpu_destroy(fix->gpu);
	assert_int_equal(softgpu_create(&vm_ops, num, &fix->gpu), 0);
}

static void test_params(void **state)
{
	struct fixture *fix = *state;
	struct softgpu_queue_params p;
	struct softgpu_queue *queue;
	struct queue q;

#define REFUSED(field, value) do {						\
	p = q.p;								\
	p.field = value;							\
	assert_int_equal(softgpu_queue_create(fix->gpu, &p, &queue), -EINVAL);	\
	assert_int_equal(softgpu_queue_update(q.q, &p), -EINVAL);		\
} while (0)
	start(fix, &q);
	REFUSED(type, 3);
	REFUSED(ring_size, 3 * PAGE);
	REFUSED(ring_size, 32);
	REFUSED(ring_va, q.p.ring_va + 2);
	REFUSED(ring_va, -PAGE + 4);
	REFUSED(rptr_va, q.p.rptr_va + 4);
	REFUSED(wptr_va, q.p.wptr_va + 4);
	REFUSED(priority, 16);
#undef REFUSED
	/* What an update does not change */
#define FIXED(field, value) do {						\
	p = q.p;								\
	p.field = value;							\
	assert_int_equal(softgpu_queue_update(q.q, &p), -EINVAL);		\
} while (0)
	FIXED(type, SOFTGPU_QUEUE_PM4);
	FIXED(vm, NULL);
	FIXED(owner, NULL);
	FIXED(rptr_va, q.p.rptr_va + 8);
	FIXED(wptr_va, q.p.wptr_va + 8);
#undef FIXED
	fence(&q, OUT(0), 1);
	queue_ring(&q);
	queue_wait(&q);
	queue_exit(&q);
	softgpu_queue_destroy(NULL);
	softgpu_destroy(NULL);
}

static void test_doorbells(void **state)
{
	struct fixture *fix = *state;
	struct queue q;

	/* Backwards, further than the ring is, not a dword */
	start(fix, &q);
	fence(&q, OUT(0), 1);
	queue_ring(&q);
	queue_wait(&q);
	softgpu_queue_doorbell(q.q, 12);
	queue_bad(&q, 16, 12);
	queue_exit(&q);
	start(fix, &q);
	softgpu_queue_doorbell(q.q, PAGE + 4);
	queue_bad(&q, 0, PAGE + 4);
	softgpu_queue_doorbell(q.q, PAGE + 8);
	queue_exit(&q);
	start(fix, &q);
	softgpu_queue_doorbell(q.q, 2);
	queue_bad(&q, 0, 2);
	queue_exit(&q);
	queue_init(&q, fix->gpu, fix->vm, SOFTGPU_QUEUE_PM4, PAGE);
	queue_create(&q);
	softgpu_queue_doorbell(q.q, PAGE / 4 + 1);
	queue_bad(&q, 0, PAGE / 4 + 1);
	queue_exit(&q);

	/* Memory was further when the queue came to be, its doorbells come later. */
	queue_init(&q, fix->gpu, fix->vm, SOFTGPU_QUEUE_SDMA, PAGE);
	fence(&q, OUT(0), 1);
	fence(&q, OUT(1), 1);
	queue_create(&q);
	queue_wait(&q);
	softgpu_queue_doorbell(q.q, 16);
	softgpu_queue_doorbell(q.q, 32);
	fence(&q, OUT(2), 1);
	queue_ring(&q);
	queue_wait(&q);
	queue_exit(&q);

	/* The whole ring, the same again */
	start(fix, &q);
	PUT(&q, (PAGE / 4 - 1) << 16, [PAGE / 4 - 1] = 0);
	queue_ring(&q);
	queue_ring(&q);
	queue_wait(&q);
	assert_int_equal(queue_stats(&q).rptr, PAGE);
	assert_int_equal(queue_stats(&q).wptr, PAGE);
	queue_exit(&q);
}

static void test_pointers_nowhere(void **state)
{
	struct fixture *fix = *state;
	struct queue q;

	queue_init(&q, fix->gpu, fix->vm, SOFTGPU_QUEUE_SDMA, PAGE);
	q.p.rptr_va = CONST_DATA;
	queue_create(&q);
	fence(&q, OUT(0), 1);
	queue_ring(&q);
	queue_fault(&q, CONST_DATA, SOFTGPU_WRITE, true);
	queue_exit(&q);

	queue_init(&q, fix->gpu, fix->vm, SOFTGPU_QUEUE_SDMA, PAGE);
	q.p.ring_va = NOWHERE;
	queue_create(&q);
	softgpu_queue_doorbell(q.q, 16);
	queue_fault(&q, NOWHERE, SOFTGPU_READ, false);
	queue_exit(&q);

	/* The write pointer is only looked at; doorbells do without it. */
	queue_init(&q, fix->gpu, fix->vm, SOFTGPU_QUEUE_SDMA, PAGE);
	fence(&q, OUT(1), 5);
	q.p.wptr_va = NOWHERE;
	queue_create(&q);
	queue_ring(&q);
	queue_wait(&q);
	assert_int_equal(r32(fix->vm, OUT(1)), 5);
	queue_exit(&q);
}

static void test_others_go_on(void **state)
{
	struct fixture *fix = *state;
	struct queue good, bad;

	start(fix, &good);
	start(fix, &bad);
	PUT(&bad, 0xff);
	queue_ring(&bad);
	queue_bad(&bad, 0, 0xff);
	fence(&good, OUT(0), 1);
	queue_ring(&good);
	queue_wait(&good);
	queue_exit(&bad);
	queue_exit(&good);
}

static void test_inactive(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	struct softgpu_queue_params p;
	struct queue q;

	/* Packets from before the queue; then a doorbell that nobody hears */
	queue_init(&q, fix->gpu, vm, SOFTGPU_QUEUE_SDMA, PAGE);
	fence(&q, OUT(0), 1);
	queue_create(&q);
	queue_wait(&q);
	assert_int_equal(r32(vm, OUT(0)), 1);

	p = q.p;
	p.percent = 0;
	assert_int_equal(softgpu_queue_update(q.q, &p), 0);
	fence(&q, OUT(0), 2);
	queue_ring(&q);
	usleep(2000);
	assert_int_equal(r32(vm, OUT(0)), 1);
	assert_int_equal(softgpu_queue_update(q.q, &q.p), 0);
	queue_wait(&q);
	assert_int_equal(r32(vm, OUT(0)), 2);

	p = q.p;
	p.ring_size = 0;
	p.ring_va = 0;
	assert_int_equal(softgpu_queue_update(q.q, &p), 0);
	fence(&q, OUT(0), 3);
	usleep(2000);
	assert_int_equal(r32(vm, OUT(0)), 2);
	assert_int_equal(softgpu_queue_update(q.q, &q.p), 0);
	queue_wait(&q);
	assert_int_equal(r32(vm, OUT(0)), 3);
	queue_exit(&q);
}

static void test_update_under_way(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	struct softgpu_queue_params p;
	struct queue q;

	start(fix, &q);
	p = q.p;
	copy(&q, 512 * MIB);
	poll(&q, OUT(3), 1);
	fence(&q, OUT(0), 1);
	queue_ring(&q);
	UNTIL(queue_stats(&q).bytes_copied);

	/* Percentage and priority change all the time, the copy goes on. */
	for (unsigned int i = 0; i < 100; i++) {
		p.percent = i & 1 ? 100 : 0;
		p.priority = i & 15;
		assert_int_equal(softgpu_queue_update(q.q, &p), 0);
		if (!p.percent) {
			uint64_t done = queue_stats(&q).bytes_copied;

			usleep(100);
			assert_int_equal(queue_stats(&q).bytes_copied, done);
		}
	}
	UNTIL(queue_stats(&q).bytes_copied == 512 * MIB);
	/* Another ring, with something else at the place of the packet that waits */
	p.ring_va = vm_map(vm, 0, 2 * PAGE, 2 * PAGE, SOFTGPU_READ | SOFTGPU_WRITE, true);
	p.ring_size = 2 * PAGE;
	vm_put(vm, p.ring_va + 28, (uint32_t[]){ 5, LO(OUT(1)), HI(OUT(1)), 2 }, 16);
	assert_int_equal(softgpu_queue_update(q.q, &p), 0);
	queue_wait(&q);
	assert_int_equal(r32(vm, OUT(0)), 0);
	assert_int_equal(r32(vm, OUT(1)), 2);
	queue_exit(&q);

	/* One that waits */
	start(fix, &q);
	poll(&q, OUT(2), 7);
	queue_ring(&q);
	usleep(2000);
	assert_int_equal(softgpu_queue_update(q.q, &q.p), 0);
	w32(vm, OUT(2), 7);
	queue_wait(&q);
	queue_exit(&q);

	/* One that has stopped stays so. */
	start(fix, &q);
	PUT(&q, 0xff);
	queue_ring(&q);
	queue_bad(&q, 0, 0xff);
	assert_int_equal(softgpu_queue_update(q.q, &q.p), 0);
	queue_exit(&q);
}

static void test_destroy_under_way(void **state)
{
	struct fixture *fix = *state;
	struct queue q;
	uint64_t before;

	/* 256 MiB of a copy, and packets that nobody will do */
	start(fix, &q);
	for (unsigned int i = 0; i < 100; i++)
		copy(&q, 256 * MIB);
	queue_ring(&q);
	UNTIL(queue_stats(&q).bytes_copied);
	before = ns(CLOCK_MONOTONIC);
	queue_exit(&q);
	assert_true(ns(CLOCK_MONOTONIC) - before < 2000000000ULL);

	/* One that waits for ever, at different moments */
	for (unsigned int i = 0; i < 50; i++) {
		start(fix, &q);
		poll(&q, OUT(0), 1);
		queue_ring(&q);
		usleep(i * 20);
		queue_exit(&q);
	}
	assert_int_equal(queue_done(&q), false);
}

/* Queues that wait have no thread. */
static void test_blocked(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	struct queue waiting[30], q;

	threads(fix, 1);
	for (unsigned int i = 0; i < 30; i++) {
		start(fix, &waiting[i]);
		poll(&waiting[i], OUT(i), 1);
		fence(&waiting[i], OUT(i + 1), 1);
		queue_ring(&waiting[i]);
	}
	start(fix, &q);
	copy(&q, 16 * MIB);
	queue_ring(&q);
	queue_wait(&q);
	/* Each wakes the next one. */
	fence(&q, OUT(0), 1);
	queue_ring(&q);
	for (unsigned int i = 0; i < 30; i++)
		queue_wait(&waiting[i]);
	queue_exit(&q);
	/* The CPU wakes them, and says so or not. */
	for (unsigned int i = 0; i < 30; i++) {
		poll(&waiting[i], OUT(i), 2);
		queue_ring(&waiting[i]);
	}
	usleep(20000);
	for (unsigned int i = 0; i < 30; i++) {
		w32(vm, OUT(i), 2);
		if (i & 1)
			softgpu_kick(fix->gpu);
	}
	for (unsigned int i = 0; i < 30; i++) {
		queue_wait(&waiting[i]);
		queue_exit(&waiting[i]);
	}
}

/* Queues of one VM wake each other, with no need of the clock, which takes 2 ms each time. */
static void test_wake_next(void **state)
{
	struct fixture *fix = *state;
	uint64_t best = -1ULL;
	struct queue q[30];

	for (unsigned int i = 0; i < 30; i++)
		start(fix, &q[i]);
	for (unsigned int n = 1; n <= 10; n++) {
		uint64_t before;

		/* The clock would come to the last one first. */
		for (unsigned int i = 29; i; i--) {
			poll(&q[i], OUT(i), n);
			fence(&q[i], OUT(i + 1), n);
			queue_ring(&q[i]);
		}
		usleep(20000);
		before = ns(CLOCK_MONOTONIC);
		fence(&q[0], OUT(1), n);
		queue_ring(&q[0]);
		for (unsigned int i = 0; i < 30; i++)
			queue_wait(&q[i]);
		if (ns(CLOCK_MONOTONIC) - before < best)
			best = ns(CLOCK_MONOTONIC) - before;
	}
	assert_true(best < 15000000);
	for (unsigned int i = 0; i < 30; i++)
		queue_exit(&q[i]);
}

/* With one thread, two queues of equal work are done at about the same time. */
static void test_fair(void **state)
{
	struct fixture *fix = *state;
	struct queue a, b, c;

	threads(fix, 1);
	start(fix, &a);
	start(fix, &b);
	queue_init(&c, fix->gpu, fix->vm, SOFTGPU_QUEUE_SDMA, PAGE);
	c.p.priority = 0;
	queue_create(&c);
	copy(&a, 512 * MIB);
	for (unsigned int i = 0; i < 32; i++)
		copy(&b, 16 * MIB);
	queue_ring(&a);
	queue_ring(&b);
	/* A small one, even of the lowest priority, does not wait for them. */
	fence(&c, OUT(0), 1);
	queue_ring(&c);
	queue_wait(&c);
	assert_false(queue_done(&a));
	assert_false(queue_done(&b));
	UNTIL(queue_done(&a) || queue_done(&b));
	assert_true(queue_stats(&a).bytes_copied >= 384 * MIB);
	assert_true(queue_stats(&b).bytes_copied >= 384 * MIB);
	queue_wait(&a);
	queue_wait(&b);
	queue_exit(&a);
	queue_exit(&b);
	queue_exit(&c);
}

/* Events are numbered by priority here; the thread is kept while all are made ready. */
static void hold_first(struct vm *vm, uint32_t id)
{
	if (id == 99) {
		while (!__atomic_load_n((bool *)vm->opaque, __ATOMIC_ACQUIRE))
			usleep(100);
	}
}

static void test_priority(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	bool go = false;
	struct queue q[17];

	threads(fix, 1);
	vm->on_event = hold_first;
	vm->opaque = &go;
	start(fix, &q[16]);
	PUT(&q[16], 6, 99);
	queue_ring(&q[16]);
	UNTIL(vm_events(vm));
	for (unsigned int i = 0; i < 16; i++) {
		queue_init(&q[i], fix->gpu, vm, SOFTGPU_QUEUE_SDMA, PAGE);
		q[i].p.priority = i;
		queue_create(&q[i]);
		PUT(&q[i], 6, i);
		queue_ring(&q[i]);
	}
	__atomic_store_n(&go, true, __ATOMIC_RELEASE);
	for (unsigned int i = 0; i < 17; i++)
		queue_wait(&q[i]);
	for (unsigned int i = 0; i < 16; i++)
		assert_int_equal(vm->events[1 + i], 15 - i);
	for (unsigned int i = 0; i < 17; i++)
		queue_exit(&q[i]);
}

/* A callback that rings and kicks */
static void ring_again(struct vm *vm, uint32_t id)
{
	struct queue *q = vm->opaque;
	struct softgpu_queue_stats stats;

	if (id < 10)
		softgpu_queue_doorbell(q->q, (id + 2) * 8);
	softgpu_queue_stats(q->q, &stats);
	softgpu_kick(q->gpu);
}

static void test_callback(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	struct queue q;

	vm->on_event = ring_again;
	vm->opaque = &q;
	queue_init(&q, fix->gpu, vm, SOFTGPU_QUEUE_SDMA, PAGE);
	for (unsigned int i = 0; i <= 10; i++)
		PUT(&q, 6, i);
	w64(vm, q.p.wptr_va, 0);
	queue_create(&q);
	softgpu_queue_doorbell(q.q, 8);
	queue_wait(&q);
	assert_int_equal(vm_events(vm), 11);
	queue_exit(&q);
}

static void test_pause(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	struct queue busy, idle, waiting, new, gone;
	uint64_t done;

	start(fix, &busy);
	start(fix, &idle);
	start(fix, &waiting);
	start(fix, &gone);
	copy(&busy, 512 * MIB);
	poll(&waiting, OUT(0), 1);
	fence(&waiting, OUT(1), 1);
	queue_ring(&waiting);
	queue_ring(&busy);
	UNTIL(queue_stats(&busy).bytes_copied);
	softgpu_pause(fix->gpu);
	done = queue_stats(&busy).bytes_copied;
	assert_true(done < 512 * MIB);

	/* All that may be done meanwhile, and none of it is executed. */
	w32(vm, OUT(0), 1);
	softgpu_kick(fix->gpu);
	fence(&idle, OUT(2), 1);
	queue_ring(&idle);
	queue_move(&idle);
	queue_init(&new, fix->gpu, vm, SOFTGPU_QUEUE_SDMA, PAGE);
	fence(&new, OUT(3), 1);
	queue_create(&new);
	queue_move(&busy);
	busy.p.priority = 3;
	assert_int_equal(softgpu_queue_update(busy.q, &busy.p), 0);
	fence(&gone, OUT(4), 1);
	queue_ring(&gone);
	queue_exit(&gone);
	usleep(20000);
	assert_int_equal(queue_stats(&busy).bytes_copied, 0);
	for (unsigned int i = 1; i < 4; i++)
		assert_int_equal(r32(vm, OUT(i)), 0);

	softgpu_resume(fix->gpu);
	queue_wait(&idle);
	queue_wait(&waiting);
	queue_wait(&new);
	queue_wait(&busy);
	assert_int_equal(queue_stats(&busy).bytes_copied, 512 * MIB - done);
	assert_int_equal(r32(vm, OUT(4)), 0);

	/* What waits is found later too, without anybody who says so. */
	poll(&waiting, OUT(5), 1);
	queue_ring(&waiting);
	usleep(2000);
	softgpu_pause(fix->gpu);
	usleep(10000);
	softgpu_resume(fix->gpu);
	usleep(2000);
	w32(vm, OUT(5), 1);
	queue_wait(&waiting);
	/* With nothing to do, and to the end of all */
	queue_exit(&busy);
	queue_exit(&idle);
	queue_exit(&waiting);
	queue_exit(&new);
	softgpu_pause(fix->gpu);
	softgpu_resume(fix->gpu);
	softgpu_pause(fix->gpu);
}

struct pauser {
	struct softgpu *gpu;
	bool done;
};

static void *pause_gpu(void *arg)
{
	struct pauser *pauser = arg;

	softgpu_pause(pauser->gpu);
	__atomic_store_n(&pauser->done, true, __ATOMIC_RELEASE);
	return NULL;
}

/* A callback is part of a turn. */
static void test_pause_callback(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	struct pauser pauser = { .gpu = fix->gpu };
	bool go = false;
	pthread_t thread;
	struct queue q;

	vm->on_event = hold_first;
	vm->opaque = &go;
	start(fix, &q);
	PUT(&q, 6, 99, 5, LO(OUT(0)), HI(OUT(0)), 1);
	queue_ring(&q);
	UNTIL(vm_events(vm));
	assert_int_equal(pthread_create(&thread, NULL, pause_gpu, &pauser), 0);
	usleep(5000);
	assert_false(__atomic_load_n(&pauser.done, __ATOMIC_ACQUIRE));
	__atomic_store_n(&go, true, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	usleep(5000);
	assert_int_equal(r32(vm, OUT(0)), 0);
	softgpu_resume(fix->gpu);
	queue_wait(&q);
	assert_int_equal(r32(vm, OUT(0)), 1);
	queue_exit(&q);
}

static uint64_t cpu_use(unsigned int ms)
{
	uint64_t before = ns(CLOCK_PROCESS_CPUTIME_ID);

	usleep(ms * 1000);
	return ns(CLOCK_PROCESS_CPUTIME_ID) - before;
}

static void test_idle(void **state)
{
	struct fixture *fix = *state;
	struct queue q[8];

	threads(fix, 4);
	for (unsigned int i = 0; i < 8; i++) {
		start(fix, &q[i]);
		copy(&q[i], MIB);
		queue_ring(&q[i]);
	}
	for (unsigned int i = 0; i < 8; i++)
		queue_wait(&q[i]);
	usleep(10000);
	/* Nothing at all, apart from the sanitizer's own threads */
	assert_true(cpu_use(200) < 20000000);
	for (unsigned int i = 0; i < 8; i++) {
		poll(&q[i], OUT(i), 1);
		queue_ring(&q[i]);
	}
	usleep(10000);
	assert_true(cpu_use(200) < 100000000);
	for (unsigned int i = 0; i < 8; i++)
		queue_exit(&q[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_params),
		TEST(test_doorbells),
		TEST(test_pointers_nowhere),
		TEST(test_others_go_on),
		TEST(test_inactive),
		TEST(test_update_under_way),
		TEST(test_destroy_under_way),
		TEST(test_blocked),
		TEST(test_wake_next),
		TEST(test_fair),
		TEST(test_priority),
		TEST(test_callback),
		TEST(test_pause),
		TEST(test_pause_callback),
		TEST(test_idle),
	};

	return cmocka_run_group_tests_name("softgpu_queue", tests, NULL, NULL);
}
