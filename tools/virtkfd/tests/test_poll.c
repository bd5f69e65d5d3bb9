// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The way of a firing to the guest: VIRTKFD_CCMD_EVENT_POLL, the fences of the event ring,
 * contexts that end or get lost meanwhile, backends with threads of their own. Expected is
 * what virtio_gpu_amdkfd.h and virtkfd.h say. What fires is tested in test_events.c.
 */
#include <time.h>

#include "harness.h"
#include "internal.h"
#include "soft.h"

#define MEMORY		KFD_IOC_EVENT_MEMORY
#define HW_EXCEPTION	KFD_IOC_EVENT_HW_EXCEPTION
#define EVENTS_RING	VIRTKFD_RING_EVENTS

static const struct kfd_hsa_memory_exception_data no_memory;
static const struct kfd_hsa_hw_exception_data no_hw;

static struct virtkfd_backend_ctx *backend(struct gctx *ctx)
{
	return vk_ctx_find(ctx->guest->vm, ctx->id)->bctx;
}

/* A process with so many memory events. */
static struct gctx *process(struct guest *guest, uint32_t id, uint32_t events)
{
	struct gctx *ctx = ctx_new(guest, id, VIRTKFD_ROLE_PROCESS);

	while (events--)
		assert_int_equal(kfd_event(ctx, MEMORY, 0, NULL), 0);
	return ctx;
}

static void fire(struct gctx *ctx)
{
	soft_memory_exception(backend(ctx), &no_memory);
}

static void fence(struct gctx *ctx, uint32_t ring, uint64_t id)
{
	assert_int_equal(virtkfd_fence(ctx->guest->vm, ctx->id, ring, id), 0);
}

/* A poll that is answered at once with so many events. */
static const struct virtkfd_event *poll_now(struct gctx *control, uint32_t max, uint32_t expected)
{
	const struct virtkfd_event *events;
	uint32_t num;

	assert_int_equal(poll_send(control, 0, max), 0);
	events = poll_result(control, 0, &num);
	assert_int_equal(num, expected);
	return events;
}

/* Nothing has fired: the poll stays pending. It is taken back with the control context. */
static struct gctx *poll_nothing(struct gctx *control)
{
	struct guest *guest = control->guest;
	uint32_t id = control->id;

	poll_now(control, 1, 0);
	ctx_free(control);
	return ctx_new(guest, id, VIRTKFD_ROLE_CONTROL);
}

static void test_pending(void **state)
{
	struct guest *guest = *state;
	struct gctx *control = ctx_new(guest, 2, VIRTKFD_ROLE_CONTROL);
	struct gctx *ctx = process(guest, 3, 1);
	const struct virtkfd_event *events;
	struct virtkfd_ccmd nop = { .cmd = VIRTKFD_CCMD_NOP, .len = sizeof(nop) };
	uint32_t num;

	assert_int_equal(poll_send(control, POLL_SIZE, 10), 0);
	fence(control, EVENTS_RING, 100);
	fence(control, EVENTS_RING, 101);
	assert_null(poll_result(control, POLL_SIZE, &num));
	assert_int_equal(guest->num_fences, 0);
	/* It blocks neither ring 0 nor the other contexts. */
	assert_int_equal(ctx_call(control, &nop), 0);
	fence(control, VIRTKFD_RING_CMD, 200);
	fence(ctx, VIRTKFD_RING_CMD, 201);
	fence(ctx, EVENTS_RING, 202);
	assert_int_equal(guest->num_fences, 3);
	assert_int_equal(kfd_event(ctx, MEMORY, 0, NULL), 0);
	assert_null(poll_result(control, POLL_SIZE, &num));

	fire(ctx);
	events = poll_result(control, POLL_SIZE, &num);
	assert_int_equal(num, 2);
	assert_int_equal(events[0].ctx_id, 3);
	assert_int_equal(events[0].type, MEMORY);
	/* The fences follow in the order they were asked for. */
	assert_int_equal(guest->num_fences, 5);
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(guest->fences[3 + i].ctx_id, 2);
		assert_int_equal(guest->fences[3 + i].ring, EVENTS_RING);
		assert_int_equal(guest->fences[3 + i].id, 100 + i);
	}
	/* Later firings wait for the next poll. */
	memset(control->rsp, 0xee, RSP_SIZE);
	fire(ctx);
	for (uint32_t i = 0; i < RSP_SIZE; i++)
		assert_int_equal(control->rsp[i], 0xee);
	assert_int_equal(guest->num_fences, 5);
	poll_now(control, 10, 2);
	ctx_free(ctx);
	ctx_free(control);
}

static void test_answered_before(void **state)
{
	struct guest *guest = *state;
	struct gctx *control = ctx_new(guest, 2, VIRTKFD_ROLE_CONTROL);
	struct gctx *ctx = process(guest, 3, 1);
	uint32_t num;

	/* A fence before the poll has nothing to wait for. */
	fence(control, EVENTS_RING, 1);
	assert_true(fence_done(guest, 1));
	fire(ctx);
	poll_now(control, 1, 1);
	fence(control, EVENTS_RING, 2);
	assert_true(fence_done(guest, 2));
	assert_int_equal(poll_send(control, 0, 1), 0);
	fence(control, EVENTS_RING, 3);
	assert_false(fence_done(guest, 3));
	fire(ctx);
	assert_non_null(poll_result(control, 0, &num));
	assert_true(fence_done(guest, 3));
	assert_int_equal(guest->num_fences, 3);
	ctx_free(ctx);
	ctx_free(control);
}

/* Fired before there was a control context, and while the guest's driver was away. */
static void test_before_control(void **state)
{
	struct gctx *ctx = process(*state, 3, 2);
	struct gctx *control;

	fire(ctx);
	control = ctx_new(*state, 2, VIRTKFD_ROLE_CONTROL);
	poll_now(control, 1, 1);
	ctx_free(control);
	control = ctx_new(*state, 4, VIRTKFD_ROLE_CONTROL);
	poll_now(control, 9, 1);
	ctx_free(poll_nothing(control));
	ctx_free(ctx);
}

static void test_arguments(void **state)
{
	struct gctx *control = ctx_new(*state, 2, VIRTKFD_ROLE_CONTROL);
	struct gctx *ctx = process(*state, 3, 3);
	struct virtkfd_ccmd_event_poll cmd = {
		.hdr = { .cmd = VIRTKFD_CCMD_EVENT_POLL, .len = sizeof(cmd) },
	};
	struct virtkfd_rsp_event_poll *rsp = (void *)control->rsp;
	const uint32_t one = sizeof(*rsp) + sizeof(struct virtkfd_event);
	uint32_t num;

	assert_int_equal(ctx_call(control, &cmd), -EINVAL);
	cmd.max_events = 1;
	for (uint32_t room = 0; room < one; room++) {
		memset(control->rsp, 0xee, one);
		assert_int_equal(ctx_send(control, &cmd, room), 0);
		if (room >= sizeof(struct virtkfd_rsp))
			assert_int_equal(rsp->rsp.ret, -EINVAL);
		for (uint32_t i = room; i < one; i++)
			assert_int_equal(control->rsp[i], 0xee);
	}
	/* One at a time; the second one does not disturb the first. */
	assert_int_equal(poll_send(control, POLL_SIZE, 1), 0);
	assert_int_equal(ctx_call(control, &cmd), -EBUSY);
	assert_int_equal(poll_send(control, POLL_SIZE, 1), 0);
	assert_int_equal(((struct virtkfd_rsp *)(control->rsp + POLL_SIZE))->ret, -EBUSY);
	memset(control->rsp + POLL_SIZE, 0xee, POLL_SIZE);
	fire(ctx);
	assert_non_null(poll_result(control, POLL_SIZE, &num));
	assert_int_equal(num, 1);
	/* As many as there is room for, and nothing behind them. */
	memset(control->rsp, 0xee, RSP_SIZE);
	cmd.max_events = UINT32_MAX;
	assert_int_equal(ctx_send(control, &cmd, one + sizeof(struct virtkfd_event) - 1), 0);
	assert_int_equal(rsp->num_events, 1);
	assert_int_equal(rsp->rsp.len, one);
	for (uint32_t i = one; i < RSP_SIZE; i++)
		assert_int_equal(control->rsp[i], 0xee);
	assert_int_equal(ctx_send(control, &cmd, one), 0);
	assert_int_equal(rsp->num_events, 1);
	ctx_free(poll_nothing(control));
	ctx_free(ctx);
}

/* More than one response holds; the guest goes on until it knows all, in their order. */
static void test_many(void **state)
{
	const uint32_t all = 300;
	struct gctx *control = ctx_new(*state, 2, VIRTKFD_ROLE_CONTROL);
	struct gctx *ctx = process(*state, 3, all);
	static const uint32_t most[] = { 1, 2, 7, 100, UINT32_MAX };

	for (size_t i = 0; i < ARRAY_LEN(most); i++) {
		uint32_t next = 0;

		fire(ctx);
		while (next < all) {
			const struct virtkfd_event *events;
			uint32_t num;

			assert_int_equal(poll_send(control, 0, most[i]), 0);
			events = poll_result(control, 0, &num);
			assert_true(num >= 1 && num <= most[i]);
			for (uint32_t j = 0; j < num; j++)
				assert_int_equal(events[j].event_id, 0x40000000 + next++);
		}
		assert_int_equal(next, all);
	}
	ctx_free(poll_nothing(control));
	ctx_free(ctx);
}

static void test_coalescing(void **state)
{
	struct gctx *control = ctx_new(*state, 2, VIRTKFD_ROLE_CONTROL);
	struct gctx *ctx = process(*state, 3, 1);

	for (uint32_t round = 0; round < 3; round++) {
		for (uint32_t i = 0; i < 1000; i++)
			fire(ctx);
		poll_now(control, 10, 1);
		control = poll_nothing(control);
	}
	ctx_free(ctx);
	ctx_free(control);
}

/* The same ids in several contexts are different events. */
static void test_contexts(void **state)
{
	struct gctx *control = ctx_new(*state, 2, VIRTKFD_ROLE_CONTROL);
	struct gctx *ctxs[5];
	const struct virtkfd_event *events;
	static const uint32_t order[] = { 3, 0, 4, 1, 2, 3 };

	for (uint32_t i = 0; i < ARRAY_LEN(ctxs); i++)
		ctxs[i] = process(*state, 10 + i, 1);
	for (uint32_t i = 0; i < ARRAY_LEN(order); i++)
		fire(ctxs[order[i]]);
	events = poll_now(control, 10, ARRAY_LEN(ctxs));
	for (uint32_t i = 0; i < ARRAY_LEN(ctxs); i++) {
		assert_int_equal(events[i].ctx_id, 10 + order[i]);
		assert_int_equal(events[i].event_id, 0x40000000);
	}
	for (uint32_t i = 0; i < ARRAY_LEN(ctxs); i++)
		ctx_free(ctxs[i]);
	ctx_free(control);
}

/* What was destroyed is not reported, and a new event with its id has not fired. */
static void test_destroyed(void **state)
{
	struct gctx *control = ctx_new(*state, 2, VIRTKFD_ROLE_CONTROL);
	struct gctx *ctx = process(*state, 3, 3);
	struct gctx *other = process(*state, 4, 2);
	const struct virtkfd_event *events;
	uint32_t id;

	fire(ctx);
	fire(other);
	assert_int_equal(kfd_event_destroy(ctx, 0x40000001), 0);
	assert_int_equal(kfd_event(ctx, HW_EXCEPTION, 0, &id), 0);
	assert_int_equal(id, 0x40000001);
	ctx_free(other);
	events = poll_now(control, 10, 2);
	assert_int_equal(events[0].event_id, 0x40000000);
	assert_int_equal(events[1].event_id, 0x40000002);
	/* All that had fired goes: there is nothing to tell. */
	fire(ctx);
	soft_hw_exception(backend(ctx), &no_hw);
	ctx_free(ctx);
	control = poll_nothing(control);
	/* A context with the same id starts afresh. */
	ctx = process(*state, 3, 1);
	control = poll_nothing(control);
	fire(ctx);
	poll_now(control, 10, 1);
	ctx_free(ctx);
	ctx_free(control);
}

/* Its end is that of the poll: the fences are reported and the memory is left alone. */
static void test_control_gone(void **state)
{
	struct guest *guest = *state;
	struct gctx *control = ctx_new(guest, 2, VIRTKFD_ROLE_CONTROL);
	struct gctx *ctx = process(guest, 3, 1), *other;
	uint32_t num;

	assert_int_equal(poll_send(control, 0, 1), 0);
	fence(control, EVENTS_RING, 7);
	fence(control, EVENTS_RING, 8);
	assert_int_equal(virtkfd_ctx_destroy(guest->vm, 2), 0);
	assert_int_equal(guest->num_fences, 2);
	assert_true(fence_done(guest, 7) && fence_done(guest, 8));
	fire(ctx);
	assert_null(poll_result(control, 0, &num));
	assert_int_equal(virtkfd_fence(guest->vm, 2, EVENTS_RING, 9), -ENOENT);
	ctx_free(control);
	/* The firing was not lost with it. */
	control = ctx_new(guest, 2, VIRTKFD_ROLE_CONTROL);
	poll_now(control, 1, 1);
	/* The end of any other context leaves it pending. */
	assert_int_equal(poll_send(control, 0, 1), 0);
	fence(control, EVENTS_RING, 10);
	other = process(guest, 4, 1);
	ctx_free(other);
	assert_false(fence_done(guest, 10));
	assert_null(poll_result(control, 0, &num));
	ctx_free(ctx);
	ctx_free(control);
	assert_true(fence_done(guest, 10));
}

/* A backend that gives a context up when it is told to. */
static struct virtkfd_backend_ctx *given_up;

static unsigned int events_or_lost(struct virtkfd_backend_ctx *ctx, struct virtkfd_event *events,
				   unsigned int max)
{
	if (ctx != given_up)
		return virtkfd_backend_soft.events(ctx, events, max);
	given_up = NULL;
	events[0] = (struct virtkfd_event){ .type = VIRTKFD_EVENT_CONTEXT_LOST };
	return 1;
}

static void lose(struct gctx *ctx)
{
	given_up = backend(ctx);
	vk_events_notify(vk_ctx_find(ctx->guest->vm, ctx->id));
}

static void test_lost(void **state)
{
	struct guest *guest = *state;
	struct virtkfd_backend_ops ops = virtkfd_backend_soft;
	struct gctx *control = ctx_new(guest, 2, VIRTKFD_ROLE_CONTROL);
	struct gctx *ctx = ctx_acquired(guest, 3), *other = process(guest, 4, 1);
	struct virtkfd_ccmd nop = { .cmd = VIRTKFD_CCMD_NOP, .len = sizeof(nop) };
	struct virtkfd_event expected = { .ctx_id = 3, .type = VIRTKFD_EVENT_CONTEXT_LOST };
	uint64_t handle, args[64] = { 0 };

	ops.events = events_or_lost;
	guest->vm->be = &ops;
	assert_int_equal(kfd_alloc(ctx, GTT, VA, PAGE, &handle), 0);
	assert_int_equal(kfd_event(ctx, MEMORY, 0, NULL), 0);
	assert_int_equal(poll_send(control, 0, 1), 0);
	fence(control, EVENTS_RING, 5);
	lose(ctx);
	assert_true(fence_done(guest, 5));
	assert_memory_equal(control->rsp + sizeof(struct virtkfd_rsp_event_poll), &expected,
			    sizeof(expected));
	for (uint32_t nr = 0; nr < 0x40; nr++)
		assert_int_equal(kfd_raw(ctx, nr, args, sizeof(args), NULL, 0), -EIO);
	assert_int_equal(kfd_free(ctx, handle), -EIO);
	assert_int_equal(ctx_call(ctx, &nop), -EIO);
	assert_int_equal(ctx_init(ctx, VIRTKFD_ROLE_PROCESS, RSP_RES), -EBUSY);
	/* Only this one. */
	assert_int_equal(ctx_call(control, &nop), 0);
	assert_int_equal(kfd_event(other, MEMORY, 0, NULL), 0);
	fire(other);
	poll_now(control, 9, 2);
	ctx_free(ctx);
	/* Lost and ended before the guest heard of it. */
	ctx = process(guest, 3, 1);
	lose(ctx);
	ctx_free(ctx);
	ctx = process(guest, 3, 1);
	control = poll_nothing(control);
	assert_int_equal(kfd_event(ctx, MEMORY, 0, NULL), 0);
	ctx_free(ctx);
	ctx_free(other);
	ctx_free(control);
	guest->vm->be = &virtkfd_backend_soft;
}

/* A backend whose contexts notify from threads of their own until they are closed. */
#define WORKERS		4
#define SLOTS		8

static struct worker {
	struct virtkfd_backend_ctx *bctx;
	struct gctx *ctx;
	uint64_t *slots;
	pthread_t thread;
	bool stop;
} workers[WORKERS];

static void *work(void *arg)
{
	struct worker *w = arg;
	const struct timespec pause = { .tv_nsec = 20000 };

	for (uint32_t i = 0; !__atomic_load_n(&w->stop, __ATOMIC_RELAXED); i++) {
		uint32_t id = 1 + i % SLOTS;

		__atomic_store_n(&w->slots[id], id, __ATOMIC_RELAXED);
		soft_signal(w->bctx, id, i % 7 ? 12 : 3, i & 1);
		if (i % 5 == 0)
			soft_memory_exception(w->bctx, &no_memory);
		if (i % 16 == 0)
			nanosleep(&pause, NULL);
	}
	return NULL;
}

static void close_with_thread(struct virtkfd_backend_ctx *bctx)
{
	for (uint32_t i = 0; i < WORKERS; i++) {
		if (workers[i].bctx != bctx)
			continue;
		__atomic_store_n(&workers[i].stop, true, __ATOMIC_RELAXED);
		pthread_join(workers[i].thread, NULL);
	}
	virtkfd_backend_soft.ctx_close(bctx);
}

static void worker_start(struct guest *guest, struct worker *w, uint32_t id)
{
	uint64_t page;

	w->ctx = ctx_acquired(guest, id);
	assert_int_equal(kfd_alloc(w->ctx, GTT, VA, KFD_SIGNAL_EVENT_LIMIT * 8, &page), 0);
	assert_int_equal(kfd_event(w->ctx, KFD_IOC_EVENT_SIGNAL, page, NULL), 0);
	w->bctx = backend(w->ctx);
	w->slots = w->bctx->signal_page;
	w->stop = false;
	assert_int_equal(pthread_create(&w->thread, NULL, work, w), 0);
}

/* The fence is reported by the thread whose firing answers the poll. */
static void wait_fence(struct guest *guest, uint64_t id)
{
	for (int i = 0; i < 10000 && !fence_done(guest, id); i++)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	assert_true(fence_done(guest, id));
}

static void test_threads(void **state)
{
	struct guest *guest = *state;
	struct virtkfd_backend_ops ops = virtkfd_backend_soft;
	struct gctx *control = ctx_new(guest, 1, VIRTKFD_ROLE_CONTROL);
	uint32_t first_alive = 2, next_id = 2, answered = 0;

	ops.ctx_close = close_with_thread;
	guest->vm->be = &ops;
	for (uint32_t i = 0; i < WORKERS; i++)
		worker_start(guest, &workers[i], next_id++);
	for (uint32_t round = 1; round <= 200; round++) {
		struct worker *w = &workers[round % WORKERS];
		const struct virtkfd_event *events;
		uint32_t num, id[SLOTS] = { 0 };

		assert_int_equal(poll_send(control, 0, UINT32_MAX), 0);
		fence(control, EVENTS_RING, round);
		/* Events come and go while they fire. */
		for (uint32_t i = 0; i < SLOTS; i++)
			assert_int_equal(kfd_event(w->ctx, i ? KFD_IOC_EVENT_SIGNAL : MEMORY, 0,
						   &id[i]), 0);
		wait_fence(guest, round);
		events = poll_result(control, 0, &num);
		assert_true(num > 0);
		for (uint32_t i = 0; i < num; i++)
			assert_in_range(events[i].ctx_id, first_alive, next_id - 1);
		answered += num;
		for (uint32_t i = 0; i < SLOTS; i++)
			assert_int_equal(kfd_event_destroy(w->ctx, id[i]), 0);
		if (round % 3 == 0) {
			/* The oldest one ends; no later poll may name it. */
			w = &workers[(first_alive - 2) % WORKERS];
			ctx_free(w->ctx);
			first_alive++;
			worker_start(guest, w, next_id++);
		}
		if (round % 17 == 0) {
			assert_int_equal(poll_send(control, 0, UINT32_MAX), 0);
			fence(control, EVENTS_RING, 1000 + round);
			ctx_free(control);
			assert_true(fence_done(guest, 1000 + round));
			control = ctx_new(guest, 1, VIRTKFD_ROLE_CONTROL);
		}
	}
	assert_true(answered >= 200);
	/* One ends as its last poll is pending, the others with the VM. */
	assert_int_equal(poll_send(control, 0, 1), 0);
	ctx_free(workers[0].ctx);
	virtkfd_vm_reset(guest->vm);
	for (uint32_t i = 1; i < WORKERS; i++)
		ctx_free(workers[i].ctx);
	ctx_free(control);
	guest->vm->be = &virtkfd_backend_soft;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_pending),
		TEST(test_answered_before),
		TEST(test_before_control),
		TEST(test_arguments),
		TEST(test_many),
		TEST(test_coalescing),
		TEST(test_contexts),
		TEST(test_destroyed),
		TEST(test_control_gone),
		TEST(test_lost),
		TEST(test_threads),
	};

	return cmocka_run_group_tests_name("poll", tests, NULL, NULL);
}
