// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Many queues on many threads, queues that come and go, that stop and are moved at any
 * moment, and packets of random words.
 */
#include "harness.h"

#define NUM_QUEUES	64
#define BATCHES		40
#define COUNTER		(DATA + 0x100)
#define MINE(i)		(DATA + 0x10000 + (i) * 0x2000)
#define SIGNAL(i)	(DATA + 0x2000 + (i) * 64)

static uint32_t rnd(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static void batch(struct queue *q, unsigned int i, unsigned int n)
{
	uint64_t from = MINE(i), to = MINE(i) + 0x1000;

	switch (q->p.type) {
	case SOFTGPU_QUEUE_SDMA:
		PUT(q, 11u | 2u << 30, LO(from), HI(from), n * 0x10001, 0xfff);
		PUT(q, 1, 0xfff, 0, LO(from), HI(from), LO(to), HI(to));
		PUT(q, 10u | 15u << 25, LO(COUNTER), HI(COUNTER), 1, 0, 0, 0, 0);
		PUT(q, 6, i);
		break;
	case SOFTGPU_QUEUE_PM4:
		PUT(q, 0xc0055000, 2u << 29, n * 0x10001, 0, LO(from), HI(from), 0x1000);
		PUT(q, 0xc0055000, 0, LO(from), HI(from), LO(to), HI(to), 0x1000);
		PUT(q, 0xc0071e00, 15, LO(COUNTER), HI(COUNTER), 1, 0, 0, 0, 0);
		PUT(q, 0xc0064900, 0x514, 1u << 24, 0, 0, 0, 0, i);
		break;
	default:
		/* The indirect buffer is the same each time. */
		PUT(q, 1u << 16 | 1u << 8, 0xc0023f00, LO(from), HI(from), 9u | 1u << 23, 10, 0,
		    0, 0, 0, 0, 0, 0, 0, LO(SIGNAL(i)), HI(SIGNAL(i)));
		break;
	}
	queue_ring(q);
}

static void check(struct queue *q, unsigned int i, unsigned int n)
{
	if (q->p.type == SOFTGPU_QUEUE_AQL) {
		UNTIL((int64_t)r64(q->vm, SIGNAL(i) + 8) == -(int64_t)n);
		return;
	}
	queue_wait(q);
	for (unsigned int j = 0; j < 0x1000; j += 64)
		assert_int_equal(r32(q->vm, MINE(i) + 0x1000 + j), n * 0x10001);
}

static void test_hammer(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	static struct queue q[NUM_QUEUES];
	const uint32_t add[] = { 0xc0071e00, 15, LO(COUNTER), HI(COUNTER), 1, 0, 0, 0, 0 };
	unsigned int num_aql = 0;

	softgpu_destroy(fix->gpu);
	assert_int_equal(softgpu_create(&vm_ops, 8, &fix->gpu), 0);
	for (unsigned int i = 0; i < NUM_QUEUES; i++) {
		queue_init(&q[i], fix->gpu, vm, i % 3, PAGE);
		q[i].p.priority = i % 16;
		queue_create(&q[i]);
		if (q[i].p.type == SOFTGPU_QUEUE_AQL) {
			vm_put(vm, MINE(i), add, sizeof(add));
			w64(vm, SIGNAL(i) + 16, DATA + 0x4000 + i * 8);
			w32(vm, SIGNAL(i) + 24, i);
			num_aql++;
		}
	}
	for (unsigned int n = 1; n <= BATCHES; n++) {
		for (unsigned int i = 0; i < NUM_QUEUES; i++)
			batch(&q[i], i, n);
		for (unsigned int i = 0; i < NUM_QUEUES; i++)
			check(&q[i], i, n);
	}
	assert_int_equal(r32(vm, COUNTER), NUM_QUEUES * BATCHES);
	UNTIL(vm_events(vm) == NUM_QUEUES * BATCHES);
	assert_true(num_aql > 20);
	for (unsigned int i = 0; i < NUM_QUEUES; i++)
		queue_exit(&q[i]);
}

struct churn {
	struct fixture *fix;
	uint32_t seed;
	unsigned int rounds;
};

static void *churn(void *arg)
{
	struct churn *churn = arg;
	struct queue q;

	queue_init(&q, churn->fix->gpu, churn->fix->vm, SOFTGPU_QUEUE_SDMA, PAGE);
	for (unsigned int i = 0; i < churn->rounds; i++) {
		struct softgpu_queue_params p = q.p;

		q.wptr = 0;
		w64(q.vm, q.p.wptr_va, 0);
		if (softgpu_queue_create(q.gpu, &q.p, &q.q))
			abort();
		for (unsigned int j = rnd(&churn->seed) % 4; j; j--) {
			PUT(&q, 1, rnd(&churn->seed) % 0x1000000, 0, LO(BIG), HI(BIG),
			    LO(BIG + 0x20100000), HI(BIG));
			queue_ring(&q);
		}
		if (rnd(&churn->seed) % 2)
			PUT(&q, 8u | 3u << 28 | 1u << 31, LO(COUNTER), HI(COUNTER), 1,
			    0xffffffff, 0);
		queue_ring(&q);
		if (rnd(&churn->seed) % 2)
			usleep(rnd(&churn->seed) % 300);
		p.priority = rnd(&churn->seed) % 16;
		p.percent = rnd(&churn->seed) % 2;
		if (softgpu_queue_update(q.q, &p))
			abort();
		softgpu_kick(q.gpu);
		queue_exit(&q);
	}
	return NULL;
}

static void test_churn(void **state)
{
	struct fixture *fix = *state;
	struct churn churns[6];
	pthread_t threads[6];

	softgpu_destroy(fix->gpu);
	assert_int_equal(softgpu_create(&vm_ops, 0, &fix->gpu), 0);
	for (unsigned int i = 0; i < 6; i++) {
		churns[i] = (struct churn){ .fix = fix, .seed = i, .rounds = 200 };
		assert_int_equal(pthread_create(&threads[i], NULL, churn, &churns[i]), 0);
	}
	for (unsigned int i = 0; i < 6; i++)
		pthread_join(threads[i], NULL);
}

/* While a GPU is paused its memory is its user's alone, also for accesses that race. */
static void test_pause(void **state)
{
	struct fixture *fix = *state;
	static struct queue q[8];
	static uint8_t bytes[0x4000];
	uint32_t seed = 1;

	for (unsigned int i = 0; i < 8; i++) {
		queue_init(&q[i], fix->gpu, fix->vm, SOFTGPU_QUEUE_SDMA, PAGE);
		queue_create(&q[i]);
	}
	for (unsigned int n = 0; n < 300; n++) {
		uint32_t before;

		for (unsigned int i = 0; i < 8; i++) {
			/* Ring after ring until the pause */
			while (queue_done(&q[i]))
				for (unsigned int j = 0; j < 10; j++)
					batch(&q[i], i, n);
		}
		usleep(rnd(&seed) % 100);
		softgpu_pause(fix->gpu);
		before = r32(fix->vm, COUNTER);
		vm_get(fix->vm, MINE(0), bytes, sizeof(bytes));
		vm_put(fix->vm, MINE(0), bytes, sizeof(bytes));
		usleep(rnd(&seed) % 100);
		assert_int_equal(r32(fix->vm, COUNTER), before);
		softgpu_resume(fix->gpu);
	}
	for (unsigned int i = 0; i < 8; i++) {
		queue_wait(&q[i]);
		queue_exit(&q[i]);
	}
}

/**
 * struct producer - who rings a queue, in a thread, while others move the queue
 * @lock: whoever holds it may use the queue's object
 * @end: no more packets
 * @num: packets so far
 */
struct producer {
	struct queue q;
	pthread_mutex_t lock;
	pthread_t thread;
	bool end;
	unsigned int num;
};

static void *produce(void *arg)
{
	struct producer *p = arg;

	while (!__atomic_load_n(&p->end, __ATOMIC_ACQUIRE)) {
		if (!queue_done(&p->q)) {
			usleep(20);
			continue;
		}
		PUT(&p->q, 10u | 15u << 25, LO(COUNTER), HI(COUNTER), 1, 0, 0, 0, 0);
		PUT(&p->q, 6, ++p->num);
		pthread_mutex_lock(&p->lock);
		queue_ring(&p->q);
		pthread_mutex_unlock(&p->lock);
	}
	return NULL;
}

static void test_move(void **state)
{
	struct fixture *fix = *state;
	static struct producer p[4];
	uint8_t saved[SOFTGPU_STATE_SIZE];
	unsigned int total = 0;
	uint32_t seed = 2;

	for (unsigned int i = 0; i < 4; i++) {
		queue_init(&p[i].q, fix->gpu, fix->vm, SOFTGPU_QUEUE_SDMA, PAGE);
		queue_create(&p[i].q);
		pthread_mutex_init(&p[i].lock, NULL);
		assert_int_equal(pthread_create(&p[i].thread, NULL, produce, &p[i]), 0);
	}
	for (unsigned int n = 0; n < 2000; n++) {
		struct producer *it = &p[rnd(&seed) % 4];
		bool pause = rnd(&seed) % 8 == 0;

		if (pause)
			softgpu_pause(fix->gpu);
		else
			usleep(rnd(&seed) % 50);
		/* Doorbells ring on while the queue is saved, and are not lost. */
		assert_int_equal(softgpu_queue_save(it->q.q, saved), 0);
		pthread_mutex_lock(&it->lock);
		queue_exit(&it->q);
		queue_bring(&it->q, saved);
		pthread_mutex_unlock(&it->lock);
		if (pause)
			softgpu_resume(fix->gpu);
	}
	for (unsigned int i = 0; i < 4; i++) {
		__atomic_store_n(&p[i].end, true, __ATOMIC_RELEASE);
		pthread_join(p[i].thread, NULL);
		queue_wait(&p[i].q);
		queue_exit(&p[i].q);
		total += p[i].num;
		pthread_mutex_destroy(&p[i].lock);
	}
	assert_true(total > 100);
	assert_int_equal(r32(fix->vm, COUNTER), total);
	assert_int_equal(vm_events(fix->vm), total);
}

/* Addresses: mostly memory, sometimes not */
static uint64_t address(uint32_t *seed, struct queue *q)
{
	switch (rnd(seed) % 8) {
	case 0:
		return q->p.ring_va + rnd(seed) % q->p.ring_size;
	case 1:
		return CONST_DATA + rnd(seed) % CONST_SIZE;
	case 2:
		return (uint64_t)rnd(seed) << 40 | rnd(seed);
	default:
		return DATA + rnd(seed) % DATA_SIZE / 8 * 8;
	}
}

/* Half of the headers are of packets that there are; some of them have sizes that fit. */
static uint32_t header(uint32_t *seed, enum softgpu_queue_type type)
{
	static const uint8_t pm4[] = {
		0x10, 0x11, 0x12, 0x15, 0x16, 0x1e, 0x22, 0x23, 0x28, 0x37, 0x3c, 0x3f, 0x40,
		0x42, 0x46, 0x49, 0x50, 0x58, 0x68, 0x69, 0x76, 0x79,
	};

	if (rnd(seed) % 2)
		return rnd(seed) << 16 ^ rnd(seed);
	switch (type) {
	case SOFTGPU_QUEUE_AQL:
		return rnd(seed) % 8 | (rnd(seed) % 32) << 8 | (rnd(seed) % 4) << 16;
	case SOFTGPU_QUEUE_PM4:
		return 3u << 30 | (rnd(seed) % 9) << 16 | pm4[rnd(seed) % sizeof(pm4)] << 8;
	default:
		return rnd(seed) % 17 | (rnd(seed) % 4 ? 0 : rnd(seed) % 5) << 8 |
		       (rnd(seed) % 128) << 25;
	}
}

static void rubbish(uint32_t *seed, struct queue *q, uint64_t va, unsigned int dwords)
{
	for (unsigned int i = 0; i < dwords; i++) {
		uint64_t value = address(seed, q);
		uint32_t word = rnd(seed) << 16 ^ rnd(seed);

		switch (rnd(seed) % 4) {
		case 0:
			word = header(seed, q->p.type);
			break;
		case 1:
			word = rnd(seed) % 16;
			break;
		case 2:
			if (i + 1 < dwords) {
				w32(q->vm, va + i++ * 4, LO(value));
				word = HI(value);
			}
			break;
		}
		if (i % 16 == 0 && q->p.type == SOFTGPU_QUEUE_AQL)
			word = header(seed, q->p.type);
		w32(q->vm, va + i * 4, word);
	}
}

static void test_rubbish(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	unsigned int stopped = 0;
	uint32_t seed = 20;
	struct vm *other = vm_new();
	struct queue q[3], good;

	queue_init(&good, fix->gpu, other, SOFTGPU_QUEUE_SDMA, PAGE);
	queue_create(&good);
	for (unsigned int i = 0; i < 3; i++)
		queue_init(&q[i], fix->gpu, vm, i, PAGE);
	for (unsigned int n = 0; n < 3000; n++) {
		struct queue *bad = &q[n % 3];
		unsigned int stops;

		rubbish(&seed, bad, bad->p.ring_va, PAGE / 4);
		/* Indirect buffers too */
		rubbish(&seed, bad, DATA + rnd(&seed) % 0xff / 4 * PAGE, 256);
		w64(vm, bad->p.wptr_va, 0);
		queue_create(bad);
		softgpu_queue_doorbell(bad->q, rnd(&seed) % (bad->p.type ? PAGE / 4 : 65) / 4 * 4);
		for (unsigned int i = 0; i < 20 && !vm_stops(vm); i++)
			usleep(20);
		if (n % 50 == 0)
			RUN(&good, 0);
		queue_exit(bad);
		stops = vm_stops(vm);
		assert_true(stops <= 1);
		stopped += stops;
		vm->num_faults = vm->num_bad = 0;
	}
	/* Most of it, unless the fuzzer tests nothing */
	assert_true(stopped > 1500);
	queue_exit(&good);
	vm_free(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_hammer),
		TEST(test_churn),
		TEST(test_pause),
		TEST(test_move),
		TEST(test_rubbish),
	};

	return cmocka_run_group_tests_name("softgpu_stress", tests, NULL, NULL);
}
