// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * CREATE and DESTROY of events, the event page, limits, and which events fire. Expected is
 * what kfd_events.c of Linux 7.3 does. How firings reach the guest is tested in test_poll.c.
 */
#include "harness.h"
#include "internal.h"
#include "soft.h"

#define SIGNAL		KFD_IOC_EVENT_SIGNAL
#define HW_EXCEPTION	KFD_IOC_EVENT_HW_EXCEPTION
#define DEBUG_EVENT	KFD_IOC_EVENT_DEBUG_EVENT
#define MEMORY		KFD_IOC_EVENT_MEMORY

/* KFD_FIRST_NONSIGNAL_EVENT_ID */
#define NONSIGNAL	0x40000000u
/* UNSIGNALED_EVENT_SLOT */
#define UNSIGNALED	UINT64_MAX
#define PAGE_BYTES	(KFD_SIGNAL_EVENT_LIMIT * 8)
/* Some of the kinds that have no slot, and what is no kind at all. */
static const uint32_t others[] = { MEMORY, HW_EXCEPTION, KFD_IOC_EVENT_QUEUE_EVENT, 9, UINT32_MAX };

static struct virtkfd_backend_ctx *backend(struct gctx *ctx)
{
	return vk_ctx_find(ctx->guest->vm, ctx->id)->bctx;
}

static uint64_t must_alloc(struct gctx *ctx, uint32_t flags, uint64_t size)
{
	uint64_t handle = 0;

	assert_int_equal(kfd_alloc(ctx, flags, VA, size, &handle), 0);
	return handle;
}

/* A process with an event page. */
static struct gctx *ctx_with_page(struct guest *guest, uint32_t id, uint64_t size)
{
	struct gctx *ctx = ctx_acquired(guest, id);
	uint32_t event;

	assert_int_equal(kfd_event(ctx, SIGNAL, must_alloc(ctx, GTT, size), &event), 0);
	assert_int_equal(event, 1);
	assert_int_equal(kfd_event_destroy(ctx, event), 0);
	return ctx;
}

static void test_no_page(void **state)
{
	struct gctx *ctx = ctx_new(*state, 2, VIRTKFD_ROLE_PROCESS);
	uint32_t id;

	assert_int_equal(kfd_event(ctx, SIGNAL, 0, NULL), -ENOMEM);
	assert_int_equal(kfd_event(ctx, DEBUG_EVENT, 0, NULL), -ENOMEM);
	assert_int_equal(stats(*state).events, 0);
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		assert_int_equal(kfd_event(ctx, others[i], 0, &id), 0);
		assert_int_equal(id, NONSIGNAL + i);
	}
	assert_int_equal(stats(*state).events, ARRAY_LEN(others));
	/* An interrupt that comes all the same. */
	soft_signal(backend(ctx), 1, 12, false);
	soft_signal(backend(ctx), 0, 0, false);
	ctx_free(ctx);
}

/* kfd_kmap_event_page() */
static void test_page_errors(void **state)
{
	struct gctx *ctx = ctx_new(*state, 2, VIRTKFD_ROLE_PROCESS);
	struct gctx *other = ctx_acquired(*state, 3);
	uint64_t gpu = (uint64_t)ctx->guest->gpu_id << 32;
	uint64_t theirs = must_alloc(other, GTT, PAGE_BYTES);
	uint64_t user, page;

	assert_int_equal(kfd_event(ctx, SIGNAL, gpu, NULL), -ENODEV);
	assert_int_equal(kfd_event(ctx, SIGNAL, gpu + (1ULL << 32), NULL), -EINVAL);
	assert_int_equal(kfd_event(ctx, SIGNAL, 1, NULL), -EINVAL);
	assert_int_equal(kfd_acquire(ctx), 0);
	assert_int_equal(kfd_event(ctx, SIGNAL, gpu, NULL), -EINVAL);
	assert_int_equal(kfd_event(ctx, SIGNAL, gpu | UINT32_MAX, NULL), -EINVAL);
	assert_int_equal(kfd_event(ctx, SIGNAL, theirs, NULL), -EINVAL);
	assert_int_equal(kfd_event(ctx, SIGNAL, UINT64_MAX, NULL), -EINVAL);
	/* "userptr can't be mapped to kernel" */
	assert_int_equal(kfd_userptr(ctx, VA, 0, PAGE_BYTES, &user), 0);
	assert_int_equal(kfd_event(ctx, SIGNAL, user, NULL), -EINVAL);
	/* kfd_event_page_set() */
	assert_int_equal(kfd_event(ctx, SIGNAL, must_alloc(ctx, GTT, PAGE_BYTES - PAGE), NULL),
			 -EINVAL);
	assert_int_equal(kfd_event(ctx, SIGNAL, must_alloc(ctx, GTT | AQL, PAGE_BYTES), NULL),
			 -EINVAL);
	/* An error of the page is one of the call, even if the kind needs none. */
	assert_int_equal(kfd_event(ctx, MEMORY, user, NULL), -EINVAL);
	assert_int_equal(kfd_event(ctx, SIGNAL, 0, NULL), -ENOMEM);
	assert_int_equal(stats(*state).events, 0);

	page = must_alloc(ctx, GTT, PAGE_BYTES);
	assert_int_equal(kfd_event(ctx, SIGNAL, page, NULL), 0);
	assert_int_equal(kfd_event(ctx, SIGNAL, page, NULL), -EINVAL);
	assert_int_equal(kfd_event(ctx, MEMORY, must_alloc(ctx, GTT, PAGE_BYTES), NULL), -EINVAL);
	assert_int_equal(kfd_event(ctx, SIGNAL, gpu + (1ULL << 32), NULL), -EINVAL);
	assert_int_equal(kfd_event(ctx, SIGNAL, 0, NULL), 0);
	assert_int_equal(stats(*state).events, 2);
	ctx_free(other);
	ctx_free(ctx);
}

/* What can be a page, and what becomes of its slots. */
static void test_page(void **state)
{
	static const struct {
		uint32_t flags;
		uint64_t size;
		uint64_t bytes;
	} pages[] = {
		{ GTT, PAGE_BYTES, PAGE_BYTES },
		{ VRAM, PAGE_BYTES, PAGE_BYTES },
		{ GTT | AQL, 2 * PAGE_BYTES, PAGE_BYTES },
		{ GTT, 2 * PAGE_BYTES + 1, 2 * PAGE_BYTES + PAGE },
	};

	for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
		struct gctx *ctx = ctx_acquired(*state, 2 + i);
		uint64_t page = must_alloc(ctx, pages[i].flags, pages[i].size);
		uint32_t gpu = ctx->guest->gpu_id, id;
		uint64_t *slots;

		/* A kind without a slot may bring it too. */
		assert_int_equal(kfd_event(ctx, i ? SIGNAL : MEMORY, page, NULL), 0);
		slots = backend(ctx)->signal_page;
		assert_non_null(slots);
		for (size_t slot = 0; slot < pages[i].bytes / 8; slot++)
			assert_true(slots[slot] ==
				    (slot < KFD_SIGNAL_EVENT_LIMIT ? UNSIGNALED : 0));
		/* allocate_event_notification_slot() */
		slots[1 + !!i] = 4711;
		slots[2 + !!i] = 4711;
		assert_int_equal(kfd_event(ctx, SIGNAL, 0, &id), 0);
		assert_int_equal(id, 1 + !!i);
		assert_true(slots[id] == UNSIGNALED);
		assert_int_equal(slots[id + 1], 4711);
		/* "Free signal BO is not allowed", mapped or not. */
		assert_int_equal(kfd_free(ctx, page), -EPERM);
		assert_int_equal(kfd_map(ctx, page, gpu, NULL), 0);
		assert_int_equal(kfd_free(ctx, page), -EPERM);
		assert_int_equal(kfd_unmap(ctx, page, gpu, NULL), 0);
		assert_int_equal(kfd_free(ctx, page), -EPERM);
		assert_int_equal(kfd_event_destroy(ctx, id), 0);
		assert_int_equal(kfd_free(ctx, page), -EPERM);
		ctx_free(ctx);
		assert_int_equal(stats(*state).memory, 0);
	}
}

static void test_ids(void **state)
{
	struct gctx *ctx = ctx_with_page(*state, 2, PAGE_BYTES);
	struct gctx *other = ctx_with_page(*state, 3, PAGE_BYTES);
	struct kfd_ioctl_create_event_args args;
	uint32_t id;

	for (uint32_t i = 1; i <= 20; i++) {
		args = (struct kfd_ioctl_create_event_args){
			.event_type = i % 3 ? SIGNAL : DEBUG_EVENT, .auto_reset = i % 2,
			.node_id = 4711, .event_slot_index = 4711,
		};
		assert_int_equal(kfd(ctx, CREATE_EVENT, &args), 0);
		assert_int_equal(args.event_id, i);
		assert_int_equal(args.event_trigger_data, i);
		assert_int_equal(args.event_slot_index, i);
		assert_int_equal(args.event_page_offset, 0);
	}
	for (uint32_t i = 0; i < 5; i++) {
		args = (struct kfd_ioctl_create_event_args){
			.event_type = others[i], .event_slot_index = 4711,
		};
		assert_int_equal(kfd(ctx, CREATE_EVENT, &args), 0);
		assert_int_equal(args.event_id, NONSIGNAL + i);
		assert_int_equal(args.event_trigger_data, NONSIGNAL + i);
		assert_int_equal(args.event_slot_index, 4711);
	}
	assert_int_equal(stats(*state).events, 25);

	/* The lowest free one is next, idr_alloc(). */
	assert_int_equal(kfd_event_destroy(ctx, 7), 0);
	assert_int_equal(kfd_event_destroy(ctx, 4), 0);
	assert_int_equal(kfd_event_destroy(ctx, NONSIGNAL), 0);
	assert_int_equal(kfd_event(ctx, SIGNAL, 0, &id), 0);
	assert_int_equal(id, 4);
	assert_int_equal(kfd_event(ctx, DEBUG_EVENT, 0, &id), 0);
	assert_int_equal(id, 7);
	assert_int_equal(kfd_event(ctx, SIGNAL, 0, &id), 0);
	assert_int_equal(id, 21);
	assert_int_equal(kfd_event(ctx, MEMORY, 0, &id), 0);
	assert_int_equal(id, NONSIGNAL);

	/* Event 0 is taken by the kernel and none that could be destroyed. */
	assert_int_equal(kfd_event_destroy(ctx, 0), -EINVAL);
	assert_int_equal(kfd_event_destroy(ctx, 22), -EINVAL);
	assert_int_equal(kfd_event_destroy(ctx, NONSIGNAL + 5), -EINVAL);
	assert_int_equal(kfd_event_destroy(ctx, NONSIGNAL - 1), -EINVAL);
	assert_int_equal(kfd_event_destroy(ctx, UINT32_MAX), -EINVAL);
	assert_int_equal(kfd_event_destroy(other, 1), -EINVAL);
	assert_int_equal(kfd_event_destroy(other, NONSIGNAL), -EINVAL);
	assert_int_equal(kfd_event_destroy(ctx, 21), 0);
	assert_int_equal(kfd_event_destroy(ctx, 21), -EINVAL);
	assert_int_equal(stats(*state).events, 25);
	ctx_free(other);
	ctx_free(ctx);
	assert_int_equal(stats(*state).events, 0);
}

static void create_up_to(struct gctx *ctx, uint32_t last)
{
	uint32_t id;

	for (uint32_t i = 1; i <= last; i++) {
		assert_int_equal(kfd_event(ctx, SIGNAL, 0, &id), 0);
		assert_int_equal(id, i);
	}
}

/* create_signal_event(): as many as the page has slots, number 0 included. */
static void test_slots(void **state)
{
	const struct virtkfd_limits limits = { .events = 3 * KFD_SIGNAL_EVENT_LIMIT };
	static const uint64_t sizes[] = { PAGE_BYTES, PAGE_BYTES + PAGE, 2 * PAGE_BYTES };
	struct guest *guest = guest_new(&limits);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct gctx *ctx = ctx_with_page(guest, 2, sizes[i]);
		uint32_t last = sizes[i] / 8 - 1, id;

		create_up_to(ctx, last);
		assert_int_equal(kfd_event(ctx, SIGNAL, 0, NULL), -ENOSPC);
		assert_int_equal(kfd_event(ctx, DEBUG_EVENT, 0, NULL), -ENOSPC);
		assert_int_equal(kfd_event(ctx, MEMORY, 0, NULL), 0);
		assert_int_equal(kfd_event_destroy(ctx, 1000), 0);
		assert_int_equal(kfd_event(ctx, SIGNAL, 0, &id), 0);
		assert_int_equal(id, 1000);
		assert_int_equal(kfd_event(ctx, SIGNAL, 0, NULL), -ENOSPC);
		assert_int_equal(stats(guest).events, last + 1);
		ctx_free(ctx);
		assert_int_equal(stats(guest).events, 0);
	}
	guest_free(guest);
}

/* The library's own bound, for each context and for all kinds together. */
static void test_limit(void **state)
{
	const struct virtkfd_limits limits = { .events = 3 };
	struct guest *guest = guest_new(&limits);
	struct gctx *ctx = ctx_with_page(guest, 2, PAGE_BYTES);
	struct gctx *other = ctx_with_page(guest, 3, PAGE_BYTES);
	uint64_t page = must_alloc(ctx, GTT, PAGE_BYTES);
	struct virtkfd_capset capset;

	(void)state;
	virtkfd_vm_capset(guest->vm, &capset);
	assert_int_equal(capset.max_events, 3);
	assert_int_equal(kfd_event(ctx, SIGNAL, 0, NULL), 0);
	assert_int_equal(kfd_event(ctx, MEMORY, 0, NULL), 0);
	assert_int_equal(kfd_event(ctx, SIGNAL, 0, NULL), 0);
	assert_int_equal(kfd_event(ctx, SIGNAL, 0, NULL), -ENOSPC);
	assert_int_equal(kfd_event(ctx, MEMORY, 0, NULL), -ENOSPC);
	assert_int_equal(kfd_event(ctx, MEMORY, page, NULL), -ENOSPC);
	assert_int_equal(guest->warnings, 3);
	assert_int_equal(kfd_event(other, SIGNAL, 0, NULL), 0);
	assert_int_equal(kfd_event_destroy(ctx, 1), 0);
	assert_int_equal(kfd_event(ctx, MEMORY, 0, NULL), 0);
	assert_int_equal(kfd_event(ctx, MEMORY, 0, NULL), -ENOSPC);
	ctx_free(other);
	ctx_free(ctx);
	guest_free(guest);
}

/*
 * What fires. A memory event comes last in each test, so that the poll is always answered
 * at once and its list is known to be complete.
 */
static void expect(struct gctx *control, struct gctx *ctx, const uint32_t *ids, uint32_t num_ids)
{
	const struct kfd_hsa_memory_exception_data none = { 0 };
	const struct virtkfd_event *events;
	uint32_t num;

	soft_memory_exception(backend(ctx), &none);
	assert_int_equal(poll_send(control, 0, UINT32_MAX), 0);
	events = poll_result(control, 0, &num);
	assert_int_equal(num, num_ids + 1);
	for (uint32_t i = 0; i < num; i++) {
		assert_int_equal(events[i].ctx_id, ctx->id);
		assert_int_equal(events[i].event_id, i < num_ids ? ids[i] : NONSIGNAL);
		assert_int_equal(events[i].pad, 0);
	}
}

/* lookup_signaled_event_by_partial_id() and kfd_signal_event_interrupt() */
struct interrupt {
	uint32_t id;
	uint32_t bits;
	bool updated;
	uint32_t signaled[4];	/* slots, up to the first 0 */
	uint32_t fires[4];	/* so that these events fire */
	uint32_t stays[2];	/* and these slots stay as they were */
};

static void check_interrupts(void **state, const struct interrupt *irqs, size_t num,
			     uint32_t last)
{
	struct gctx *control = ctx_new(*state, 2, VIRTKFD_ROLE_CONTROL);
	struct gctx *ctx = ctx_with_page(*state, 3, PAGE_BYTES);
	uint64_t *slots = backend(ctx)->signal_page;

	create_up_to(ctx, last);
	assert_int_equal(kfd_event(ctx, MEMORY, 0, NULL), 0);
	/* A slot that no event has. */
	assert_int_equal(kfd_event_destroy(ctx, 20), 0);
	for (size_t i = 0; i < num; i++) {
		uint32_t n = 0, stay = 0;

		for (uint32_t j = 0; j < ARRAY_LEN(irqs[i].signaled); j++)
			if (irqs[i].signaled[j])
				slots[irqs[i].signaled[j]] = irqs[i].signaled[j];
		while (n < ARRAY_LEN(irqs[i].fires) && irqs[i].fires[n])
			n++;
		soft_signal(backend(ctx), irqs[i].id, irqs[i].bits, irqs[i].updated);
		expect(control, ctx, irqs[i].fires, n);
		for (uint32_t slot = 0; slot < KFD_SIGNAL_EVENT_LIMIT; slot++) {
			if (stay < ARRAY_LEN(irqs[i].stays) && irqs[i].stays[stay] &&
			    slot == irqs[i].stays[stay]) {
				assert_int_equal(slots[slot], slot);
				slots[slot] = UNSIGNALED;
				stay++;
			} else {
				assert_true(slots[slot] == UNSIGNALED);
			}
		}
	}
	ctx_free(ctx);
	ctx_free(control);
}

static const struct interrupt interrupts[] = {
	/* Nothing is known of the id: all that are signaled. */
	{ 0, 0, true, { 9, 3 }, { 3, 9 }, { 0 } },
	{ 5, 0, true, { 3, 9, 7 }, { 3, 7, 9 }, { 0 } },
	{ 5, 0, true, { 0 }, { 0 }, { 0 } },
	{ 0, 0, false, { 20, 3 }, { 3 }, { 20 } },
	/* The whole id is known. */
	{ 5, 12, true, { 5 }, { 5 }, { 0 } },
	{ 5, 12, true, { 5, 3, 9 }, { 5 }, { 3, 9 } },
	{ 5, 31, true, { 5, 3 }, { 5 }, { 3 } },
	{ 5, 32, true, { 5, 3 }, { 5 }, { 3 } },
	{ 5, UINT32_MAX, true, { 5, 3 }, { 5 }, { 3 } },
	/* It is known, but its slot says otherwise. */
	{ 5, 12, true, { 3, 9 }, { 3, 9 }, { 0 } },
	{ 5, 12, true, { 0 }, { 0 }, { 0 } },
	/* The sender does not write slots. */
	{ 5, 12, false, { 0 }, { 5 }, { 0 } },
	{ 5, 12, false, { 3 }, { 5 }, { 3 } },
	/* No such event. */
	{ 20, 12, false, { 3 }, { 3 }, { 0 } },
	{ 20, 12, true, { 20, 3 }, { 3 }, { 20 } },
	{ 0, 12, false, { 3 }, { 3 }, { 0 } },
	{ KFD_SIGNAL_EVENT_LIMIT, 12, false, { 3 }, { 3 }, { 0 } },
	{ UINT32_MAX, 32, false, { 3 }, { 3 }, { 0 } },
	{ NONSIGNAL, 32, false, { 3 }, { 3 }, { 0 } },
	{ NONSIGNAL, 8, false, { 3 }, { 3 }, { 0 } },
	/* Some bits are known: the first that is signaled, one an interrupt. */
	{ 5, 4, true, { 5, 21 }, { 5 }, { 21 } },
	{ 5, 4, true, { 21, 37 }, { 21 }, { 37 } },
	{ 5, 4, false, { 21, 6 }, { 21 }, { 6 } },
	{ 1, 1, true, { 2, 7 }, { 7 }, { 2 } },
	{ 4, 4, true, { 20, 36 }, { 36 }, { 20 } },
	{ 4, 4, true, { 20, 5 }, { 5 }, { 20 } },
	{ 5, 4, false, { 6, 7 }, { 6, 7 }, { 0 } },
	{ 5, 4, false, { 0 }, { 0 }, { 0 } },
	/* An id of more bits than are said to be known is where the search starts. */
	{ 21, 4, true, { 5, 37 }, { 37 }, { 5 } },
};

/* Fewer than KFD_SIGNAL_EVENT_LIMIT / 64 events are walked in another way than more. */
static void test_interrupts_few(void **state)
{
	static const struct interrupt more[] = {
		{ KFD_SIGNAL_EVENT_LIMIT - 1, 12, false, { 3 }, { 3 }, { 0 } },
	};

	check_interrupts(state, interrupts, ARRAY_LEN(interrupts), 40);
	check_interrupts(state, more, ARRAY_LEN(more), 40);
}

static void test_interrupts_many(void **state)
{
	static const struct interrupt more[] = {
		{ 5, 8, true, { 261, 517 }, { 261 }, { 517 } },
		{ 5, 11, true, { 2053, 6 }, { 2053 }, { 6 } },
		{ 5, 11, true, { 6 }, { 6 }, { 0 } },
		{ 4095, 12, true, { 4095, 1 }, { 4095 }, { 1 } },
		{ 0, 0, false, { 4095, 1, 2048 }, { 1, 2048, 4095 }, { 0 } },
		{ 4095, 11, true, { 4095, 2047 }, { 4095 }, { 2047 } },
	};

	check_interrupts(state, interrupts, ARRAY_LEN(interrupts), KFD_SIGNAL_EVENT_LIMIT - 1);
	check_interrupts(state, more, ARRAY_LEN(more), KFD_SIGNAL_EVENT_LIMIT - 1);
}

/* A debug event has a slot and can be signaled like any other. */
static void test_debug_event(void **state)
{
	struct gctx *control = ctx_new(*state, 2, VIRTKFD_ROLE_CONTROL);
	struct gctx *ctx = ctx_with_page(*state, 3, PAGE_BYTES);
	const struct virtkfd_event *events;
	uint32_t id, num;

	assert_int_equal(kfd_event(ctx, DEBUG_EVENT, 0, &id), 0);
	soft_signal(backend(ctx), id, 12, false);
	assert_int_equal(poll_send(control, 0, 1), 0);
	events = poll_result(control, 0, &num);
	assert_int_equal(num, 1);
	assert_int_equal(events->event_id, id);
	assert_int_equal(events->type, DEBUG_EVENT);
	ctx_free(ctx);
	ctx_free(control);
}

/* Slots beyond KFD_SIGNAL_EVENT_LIMIT have events that no interrupt finds. */
static void test_high_slots(void **state)
{
	const struct virtkfd_limits limits = { .events = 3 * KFD_SIGNAL_EVENT_LIMIT };
	struct guest *guest = guest_new(&limits);
	struct gctx *control = ctx_new(guest, 2, VIRTKFD_ROLE_CONTROL);
	struct gctx *ctx = ctx_with_page(guest, 3, 2 * PAGE_BYTES);
	uint64_t *slots = backend(ctx)->signal_page;
	const uint32_t low = 7;

	(void)state;
	create_up_to(ctx, KFD_SIGNAL_EVENT_LIMIT + 10);
	assert_int_equal(kfd_event(ctx, MEMORY, 0, NULL), 0);
	slots[KFD_SIGNAL_EVENT_LIMIT + 5] = 1;
	slots[low] = 1;
	soft_signal(backend(ctx), KFD_SIGNAL_EVENT_LIMIT + 5, 32, true);
	expect(control, ctx, &low, 1);
	assert_int_equal(slots[KFD_SIGNAL_EVENT_LIMIT + 5], 1);
	ctx_free(ctx);
	ctx_free(control);
	guest_free(guest);
}

/* kfd_signal_vm_fault_event(), kfd_signal_reset_event(): all of the type, with the data. */
static void test_exceptions(void **state)
{
	static const uint32_t types[] = { MEMORY, SIGNAL, HW_EXCEPTION, MEMORY, 9, HW_EXCEPTION,
					  MEMORY };
	struct gctx *control = ctx_new(*state, 2, VIRTKFD_ROLE_CONTROL);
	struct gctx *ctx = ctx_with_page(*state, 3, PAGE_BYTES);
	struct gctx *other = ctx_with_page(*state, 4, PAGE_BYTES);
	struct kfd_hsa_memory_exception_data memory = {
		.failure = { 1, 2, 3, 4 }, .va = VA, .gpu_id = 5, .ErrorType = 6,
	};
	const struct kfd_hsa_hw_exception_data hw = { 7, 8, 9, 10 };
	const uint8_t zeros[32] = { 0 };
	const struct virtkfd_event *events;
	uint32_t ids[ARRAY_LEN(types)], num;

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		assert_int_equal(kfd_event(ctx, types[i], 0, &ids[i]), 0);
		assert_int_equal(kfd_event(other, types[i], 0, NULL), 0);
	}
	soft_memory_exception(backend(ctx), &memory);
	soft_hw_exception(backend(ctx), &hw);
	/* Not fetched yet, so once is enough; the last data counts, as with amdkfd. */
	memory.va += PAGE;
	soft_memory_exception(backend(ctx), &memory);
	assert_int_equal(poll_send(control, 0, UINT32_MAX), 0);
	events = poll_result(control, 0, &num);
	assert_int_equal(num, 5);
	for (uint32_t i = 0; i < num; i++) {
		const uint32_t order[] = { 0, 3, 6, 2, 5 };
		uint32_t type = types[order[i]];

		assert_int_equal(events[i].ctx_id, 3);
		assert_int_equal(events[i].event_id, ids[order[i]]);
		assert_int_equal(events[i].type, type);
		assert_int_equal(events[i].pad, 0);
		if (type == MEMORY) {
			assert_memory_equal(events[i].data, &memory, sizeof(memory));
		} else {
			assert_memory_equal(events[i].data, &hw, sizeof(hw));
			assert_memory_equal(events[i].data + sizeof(hw), zeros,
					    sizeof(zeros) - sizeof(hw));
		}
	}
	/* A process without such events. */
	assert_int_equal(kfd_event_destroy(other, ids[2]), 0);
	assert_int_equal(kfd_event_destroy(other, ids[5]), 0);
	soft_hw_exception(backend(other), &hw);
	soft_signal(backend(other), ids[1], 12, false);
	assert_int_equal(poll_send(control, 0, UINT32_MAX), 0);
	events = poll_result(control, 0, &num);
	assert_int_equal(num, 1);
	assert_int_equal(events->ctx_id, 4);
	assert_int_equal(events->type, SIGNAL);
	assert_memory_equal(events->data, zeros, sizeof(zeros));
	ctx_free(other);
	ctx_free(ctx);
	ctx_free(control);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_no_page),
		TEST(test_page_errors),
		TEST(test_page),
		TEST(test_ids),
		cmocka_unit_test(test_slots),
		cmocka_unit_test(test_limit),
		TEST(test_interrupts_few),
		TEST(test_interrupts_many),
		TEST(test_debug_event),
		cmocka_unit_test(test_high_slots),
		TEST(test_exceptions),
	};

	return cmocka_run_group_tests_name("events", tests, NULL, NULL);
}
