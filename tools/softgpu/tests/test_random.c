// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Random programs come to the same whether or not their queue is taken away all the time, and
 * states that somebody has changed do no harm.
 */
#include <errno.h>

#include "program.h"

#define PROGRAMS	50

struct kind {
	enum softgpu_queue_type type;
	bool kernel;
};

static const struct kind kinds[] = {
	{ SOFTGPU_QUEUE_AQL, false }, { SOFTGPU_QUEUE_PM4, false }, { SOFTGPU_QUEUE_PM4, true },
	{ SOFTGPU_QUEUE_SDMA, false }, { SOFTGPU_QUEUE_SDMA, true },
};

#define NUM_KINDS	(sizeof(kinds) / sizeof(*kinds))

static void doorbell(struct program *p, uint64_t wptr)
{
	softgpu_queue_doorbell(p->q.q, p->q.p.type == SOFTGPU_QUEUE_AQL ? wptr - 1 : wptr);
}

/* From the beginning to the end */
static void run(struct program *p)
{
	for (unsigned int i = 0; i < p->num_flags; i++)
		program_flag(p, i);
	w64(p->vm, p->q.p.wptr_va, p->q.wptr);
	queue_create(&p->q);
	UNTIL(program_done(p) || vm_stops(p->vm));
	if (vm_stops(p->vm))
		fail_msg("word %x, address %lx", p->vm->bad_word, p->vm->fault.va);
	queue_exit(&p->q);
}

/* Until the queue's thread is somewhere in the middle, or for a moment */
static bool brake(struct program *p, uint32_t *seed, const void *state)
{
	bool braked;

	vm_brake(p->vm, rnd(seed) % 12 + 1);
	if (state)
		queue_bring(&p->q, state);
	for (unsigned int i = 0; i < 6 && !(braked = vm_braked(p->vm)) && !program_done(p); i++)
		usleep(10);
	return vm_unbrake(p->vm);
}

/* More packets, up to any dword of one */
static uint64_t more(struct program *p, uint64_t *wptr, uint32_t *seed)
{
	uint64_t unit = p->q.p.type == SOFTGPU_QUEUE_SDMA ? 4 : 1;
	uint64_t max = p->q.p.type == SOFTGPU_QUEUE_AQL ? 5 : 200;

	*wptr += (rnd(seed) % max + 1) * unit;
	if (*wptr > p->q.wptr)
		*wptr = p->q.wptr;
	w64(p->vm, p->q.p.wptr_va, *wptr);
	return *wptr;
}

/* The same, taken away at any moment; returns how often that was in the middle of something. */
static unsigned int run_moving(struct program *p, struct softgpu *gpus[2], uint32_t seed)
{
	uint64_t end = ns(CLOCK_MONOTONIC) + 20000000000ULL;
	uint8_t state[1 + SOFTGPU_STATE_SIZE];
	uint64_t wptr = p->q.p.start;
	unsigned int flags = 0, num = 0;

	queue_create(&p->q);
	while (!program_done(p)) {
		assert_int_equal(vm_stops(p->vm), 0);
		assert_true(ns(CLOCK_MONOTONIC) < end);
		switch (rnd(&seed) % 8) {
		case 0:
		case 1:
			if (flags < p->num_flags)
				program_flag(p, flags++);
			break;
		case 2:
		case 3:
			doorbell(p, more(p, &wptr, &seed));
			break;
		case 4:
			softgpu_pause(p->q.gpu);
			queue_take(&p->q, state + 1);
			softgpu_resume(p->q.gpu);
			queue_bring(&p->q, state + 1);
			break;
		default:
			num += brake(p, &seed, NULL);
			queue_take(&p->q, state + 1);
			p->q.gpu = gpus[rnd(&seed) % 2];
			/* What nobody hears; then on, and perhaps away again at once */
			if (rnd(&seed) % 4 == 0)
				more(p, &wptr, &seed);
			num += brake(p, &seed, state + 1);
			queue_move(&p->q);
			break;
		}
	}
	queue_exit(&p->q);
	/* Nobody waited for them. */
	while (flags < p->num_flags)
		program_flag(p, flags++);
	return num;
}

static void test_moving(void **state)
{
	struct fixture *fix = *state;
	struct softgpu *gpus[2] = { fix->gpu };

	assert_int_equal(softgpu_create(&vm_ops, 1, &gpus[1]), 0);
	for (unsigned int i = 0; i < NUM_KINDS; i++) {
		unsigned int num = 0;

		for (unsigned int n = 0; n < PROGRAMS; n++) {
			uint32_t seed = n * 7919 + i;
			struct program a, b;

			program_init(&a, fix->gpu, kinds[i].type, kinds[i].kernel, seed);
			program_init(&b, fix->gpu, kinds[i].type, kinds[i].kernel, seed);
			run(&a);
			num += run_moving(&b, gpus, seed + 1);
			program_compare(&a, &b);
			program_exit(&a);
			program_exit(&b);
		}
		print_message("# kind %u: taken away from the middle %u times\n", i, num);
		assert_true(num > PROGRAMS * 2);
	}
	softgpu_destroy(gpus[1]);
}

/* A field that has become something else, or some */
static void corrupt(uint8_t *state, uint32_t *seed)
{
	static const uint64_t values[] = {
		0, 1, 2, 4, 5, 0x3fff, 0x4000, 0xfffff, 0x100000, 1u << 30, 0x7fffffff, 0xffffffff,
		1ULL << 63, -1ULL, -4ULL, DATA, BIG,
	};

	for (unsigned int i = rnd(seed) % 3 + 1; i; i--) {
		unsigned int at = rnd(seed) % SOFTGPU_STATE_SIZE;
		uint64_t value = values[rnd(seed) % (sizeof(values) / sizeof(*values))];
		unsigned int size = 1u << rnd(seed) % 4;

		/* Its version only seldom */
		if (at < 4 && rnd(seed) % 8)
			at += 4;
		switch (rnd(seed) % 3) {
		case 0:
			state[at] ^= 1u << rnd(seed) % 8;
			break;
		case 1:
			at = at / size * size;
			memcpy(state + at, &value, size);
			break;
		default:
			state[at] = rnd(seed);
			break;
		}
	}
}

static void test_corrupt(void **state)
{
	struct fixture *fix = *state;
	uint8_t good[SOFTGPU_STATE_SIZE], bad[SOFTGPU_STATE_SIZE];
	unsigned int refused = 0, taken = 0;
	uint32_t seed = 3;

	for (unsigned int n = 0; n < 100; n++) {
		const struct kind *kind = &kinds[n % NUM_KINDS];
		struct program p;

		program_init(&p, fix->gpu, kind->type, kind->kernel, n);
		for (unsigned int i = 0; i < p.num_flags; i++)
			if (rnd(&seed) % 4)
				program_flag(&p, i);
		w64(p.vm, p.q.p.wptr_va, p.q.wptr);
		queue_create(&p.q);
		for (unsigned int i = rnd(&seed) % 6; i; i--) {
			brake(&p, &seed, NULL);
			queue_move(&p.q);
		}
		queue_take(&p.q, good);
		for (unsigned int i = 0; i < 200; i++) {
			memcpy(bad, good, sizeof(bad));
			corrupt(bad, &seed);
			p.q.p.state = bad;
			if (softgpu_queue_create(p.q.gpu, &p.q.p, &p.q.q)) {
				refused++;
				continue;
			}
			p.q.p.state = NULL;
			taken++;
			brake(&p, &seed, NULL);
			/* Whatever it does, it comes to states that can be. */
			queue_move(&p.q);
			softgpu_queue_doorbell(p.q.q, p.q.wptr + rnd(&seed) % 64 * 4);
			brake(&p, &seed, NULL);
			queue_take(&p.q, bad);
			queue_bring(&p.q, bad);
			queue_exit(&p.q);
		}
		assert_true(vm_stops(p.vm) <= 400);
		vm_free(p.vm);
	}
	print_message("# %u refused, %u taken\n", refused, taken);
	assert_true(refused > 3000);
	assert_true(taken > 3000);
}

/* Nothing but what a state begins with is right. */
static void test_noise(void **state)
{
	struct fixture *fix = *state;
	uint8_t bytes[SOFTGPU_STATE_SIZE];
	struct softgpu_queue *queue;
	uint32_t seed = 4;
	struct queue q;

	for (unsigned int type = 0; type < 3; type++) {
		queue_init(&q, fix->gpu, fix->vm, type, PAGE);
		queue_create(&q);
		queue_take(&q, bytes);
		q.p.state = bytes;
		for (unsigned int n = 0; n < 10000; n++) {
			for (unsigned int i = 5; i < sizeof(bytes); i++)
				bytes[i] = rnd(&seed);
			assert_int_equal(softgpu_queue_create(fix->gpu, &q.p, &queue), -EINVAL);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_moving),
		TEST(test_corrupt),
		TEST(test_noise),
	};

	return cmocka_run_group_tests_name("softgpu_random", tests, NULL, NULL);
}
