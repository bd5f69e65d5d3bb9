// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * KUnit tests of virtgpu_kfd_events.c: making, setting and ending events, the host's stream.
 *
 * What lives here: events for themselves. What does not: waiting for them,
 * virtio_gpu_kfd_wait_kunit.c.
 */
#include <kunit/test.h>

#include "../virtgpu_kfd_events.h"
#include "kunit_helpers.h"

#define SLOT_EVENT	7
#define OTHER_EVENT	0x40000000	/* where amdkfd's events without a slot begin */
#define PAGE_OFFSET_ANY	0x7654321000	/* of a user's event page: a handle */

static u32 num_events(struct kfd_fake *fake)
{
	struct virtgpu_kfd_event *event;
	unsigned long id;
	u32 num = 0;

	xa_for_each(&fake->process.events, id, event)
		num++;
	return num;
}

/* Only SIGNAL and DEBUG have slots, of ids below 4096; 0 is nobody's. */
static const struct event_create_case {
	const char *desc;
	u32 type;
	u32 id;
	int err;
} event_creates[] = {
	{ "signal", KFD_IOC_EVENT_SIGNAL, 1 },
	{ "signal, last id", KFD_IOC_EVENT_SIGNAL, 4095 },
	{ "debug", KFD_IOC_EVENT_DEBUG_EVENT, 1 },
	{ "node change", KFD_IOC_EVENT_NODECHANGE, OTHER_EVENT },
	{ "device state change", KFD_IOC_EVENT_DEVICESTATECHANGE, OTHER_EVENT },
	{ "hw exception", KFD_IOC_EVENT_HW_EXCEPTION, OTHER_EVENT + 1 },
	{ "system", KFD_IOC_EVENT_SYSTEM_EVENT, OTHER_EVENT },
	{ "profile", KFD_IOC_EVENT_PROFILE_EVENT, OTHER_EVENT },
	{ "queue", KFD_IOC_EVENT_QUEUE_EVENT, OTHER_EVENT },
	{ "memory, last id", KFD_IOC_EVENT_MEMORY, S32_MAX },
	{ "unknown type", 1000, OTHER_EVENT },

	{ "signal 0", KFD_IOC_EVENT_SIGNAL, 0, -EIO },
	{ "signal beyond the page", KFD_IOC_EVENT_SIGNAL, 4096, -EIO },
	{ "signal without a slot", KFD_IOC_EVENT_SIGNAL, OTHER_EVENT, -EIO },
	{ "signal 2^32 - 1", KFD_IOC_EVENT_SIGNAL, U32_MAX, -EIO },
	{ "debug without a slot", KFD_IOC_EVENT_DEBUG_EVENT, OTHER_EVENT, -EIO },
	{ "memory 0", KFD_IOC_EVENT_MEMORY, 0, -EIO },
	{ "memory with a slot", KFD_IOC_EVENT_MEMORY, 1, -EIO },
	{ "hw exception with a slot", KFD_IOC_EVENT_HW_EXCEPTION, 4095, -EIO },
};

KUNIT_ARRAY_PARAM_DESC(event_creates, event_creates, desc);

/* A host that fills in everything. */
static void host_event(struct kfd_fake *fake, const struct virtkfd_ccmd *cmd,
		       struct virtkfd_rsp *rsp, u32 rsp_len)
{
	struct kfd_ioctl_create_event_args args;

	memset(&args, 0x77, sizeof(args));
	args.event_id = fake->event_id;
	kfd_fake_answer(rsp, rsp_len, 0, &args, sizeof(args), NULL, 0);
}

static void events_create(struct kunit *test)
{
	const struct event_create_case *param = test->param_value;
	struct kfd_ioctl_create_event_args args = {
		.event_page_offset = PAGE_OFFSET_ANY,
		.event_type = param->type,
		.auto_reset = 1,
		.node_id = 5,
		.event_slot_index = 99,
	};
	bool slot = param->id < KFD_SIGNAL_EVENT_LIMIT;
	struct kfd_ioctl_create_event_args *sent;
	struct kfd_fake *fake = test->priv;
	struct virtgpu_kfd_event *event;

	fake->host = host_event;
	fake->event_id = param->id;
	KUNIT_ASSERT_EQ(test, param->err, kfd_fake_ioctl(test, AMDKFD_IOC_CREATE_EVENT, &args));
	KUNIT_EXPECT_EQ(test, fake->calls, 1);
	sent = kfd_fake_sent_args(test);
	KUNIT_EXPECT_EQ(test, sent->event_page_offset, PAGE_OFFSET_ANY);
	KUNIT_EXPECT_EQ(test, sent->event_type, param->type);
	KUNIT_EXPECT_EQ(test, sent->auto_reset, 1);
	KUNIT_EXPECT_EQ(test, sent->node_id, 5);

	KUNIT_EXPECT_EQ(test, num_events(fake), param->err ? 0 : 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&fake->kfd.counts.events), param->err ? 0 : 1);
	KUNIT_EXPECT_EQ(test, args.event_type, param->type);
	if (param->err) {
		KUNIT_EXPECT_EQ(test, args.event_page_offset, 0);
		KUNIT_EXPECT_EQ(test, args.event_slot_index, 99);
		return;
	}

	/* KFD_MMAP_TYPE_EVENTS */
	KUNIT_EXPECT_EQ(test, args.event_page_offset, slot ? 2ULL << 62 : 0);
	KUNIT_EXPECT_EQ(test, args.event_slot_index, slot ? param->id : 99);
	KUNIT_EXPECT_EQ(test, args.event_id, param->id);
	KUNIT_EXPECT_EQ(test, args.event_trigger_data, param->id);

	event = xa_load(&fake->process.events, param->id);
	KUNIT_ASSERT_NOT_NULL(test, event);
	KUNIT_EXPECT_EQ(test, event->type, param->type);
	KUNIT_EXPECT_TRUE(test, event->auto_reset);
	KUNIT_EXPECT_FALSE(test, event->signaled);
	KUNIT_EXPECT_EQ(test, event->age, 1);
}

/* A host that gives an id twice does not take the first event away. */
static void events_create_same_id(struct kunit *test)
{
	struct kfd_ioctl_create_event_args args = {};
	struct kfd_fake *fake = test->priv;
	struct virtgpu_kfd_event *event;

	event = kfd_fake_event(test, SLOT_EVENT, KFD_IOC_EVENT_SIGNAL, false);
	KUNIT_EXPECT_EQ(test, -EIO, kfd_fake_ioctl(test, AMDKFD_IOC_CREATE_EVENT, &args));
	KUNIT_EXPECT_PTR_EQ(test, event, xa_load(&fake->process.events, SLOT_EVENT));
	KUNIT_EXPECT_EQ(test, atomic_read(&fake->kfd.counts.events), 1);
}

static void host_no_event(struct kfd_fake *fake, const struct virtkfd_ccmd *cmd,
			  struct virtkfd_rsp *rsp, u32 rsp_len)
{
	host_event(fake, cmd, rsp, rsp_len);
	rsp->ret = -ENOSPC;
}

static void events_create_host_error(struct kunit *test)
{
	struct kfd_ioctl_create_event_args args = {};
	struct kfd_fake *fake = test->priv;

	fake->event_id = SLOT_EVENT;
	fake->host = host_no_event;
	KUNIT_EXPECT_EQ(test, -ENOSPC, kfd_fake_ioctl(test, AMDKFD_IOC_CREATE_EVENT, &args));
	KUNIT_EXPECT_EQ(test, args.event_page_offset, 0);
	KUNIT_EXPECT_EQ(test, num_events(fake), 0);
}

static void events_destroy(struct kunit *test)
{
	struct kfd_ioctl_destroy_event_args args = { .event_id = SLOT_EVENT }, *sent;
	struct kfd_fake *fake = test->priv;

	KUNIT_EXPECT_EQ(test, -EINVAL, kfd_fake_ioctl(test, AMDKFD_IOC_DESTROY_EVENT, &args));
	KUNIT_EXPECT_EQ(test, fake->calls, 0);

	kfd_fake_event(test, SLOT_EVENT, KFD_IOC_EVENT_SIGNAL, false);
	KUNIT_EXPECT_EQ(test, 0, kfd_fake_ioctl(test, AMDKFD_IOC_DESTROY_EVENT, &args));
	KUNIT_EXPECT_EQ(test, kfd_fake_sent(test)->nr, 0x09);
	sent = kfd_fake_sent_args(test);
	KUNIT_EXPECT_EQ(test, sent->event_id, SLOT_EVENT);
	KUNIT_EXPECT_EQ(test, num_events(fake), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&fake->kfd.counts.events), 0);
	KUNIT_EXPECT_EQ(test, -EINVAL, kfd_fake_ioctl(test, AMDKFD_IOC_DESTROY_EVENT, &args));
	KUNIT_EXPECT_EQ(test, fake->calls, 2);

	/* The id can come back. */
	kfd_fake_event(test, SLOT_EVENT, KFD_IOC_EVENT_SIGNAL, false);
}

/* The CPU sets and resets SIGNAL only: event_can_be_cpu_signaled(). */
static void events_set_reset(struct kunit *test)
{
	static const u32 types[] = {
		KFD_IOC_EVENT_SIGNAL, KFD_IOC_EVENT_NODECHANGE, KFD_IOC_EVENT_DEVICESTATECHANGE,
		KFD_IOC_EVENT_HW_EXCEPTION, KFD_IOC_EVENT_SYSTEM_EVENT, KFD_IOC_EVENT_DEBUG_EVENT,
		KFD_IOC_EVENT_PROFILE_EVENT, KFD_IOC_EVENT_QUEUE_EVENT, KFD_IOC_EVENT_MEMORY
	};
	struct kfd_ioctl_reset_event_args reset = {};
	struct kfd_ioctl_set_event_args set = {};
	struct kfd_fake *fake = test->priv;
	struct virtgpu_kfd_event *event;
	int err, set_err, reset_err;
	u32 i, id;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		err = types[i] == KFD_IOC_EVENT_SIGNAL ? 0 : -EINVAL;
		id = types[i] == KFD_IOC_EVENT_SIGNAL || types[i] == KFD_IOC_EVENT_DEBUG_EVENT ?
		     i + 1 : OTHER_EVENT + i;
		event = kfd_fake_event(test, id, types[i], false);
		fake->calls = 0;
		set.event_id = id;
		reset.event_id = id;

		set_err = kfd_fake_ioctl(test, AMDKFD_IOC_SET_EVENT, &set);
		KUNIT_EXPECT_EQ_MSG(test, set_err, err, "type %u", types[i]);
		KUNIT_EXPECT_EQ(test, event->signaled, !err);
		KUNIT_EXPECT_EQ(test, event->age, err ? 1 : 2);
		reset_err = kfd_fake_ioctl(test, AMDKFD_IOC_RESET_EVENT, &reset);
		KUNIT_EXPECT_EQ_MSG(test, reset_err, err, "type %u", types[i]);
		KUNIT_EXPECT_FALSE(test, event->signaled);
		KUNIT_EXPECT_EQ(test, event->age, err ? 1 : 2);
		KUNIT_EXPECT_EQ(test, fake->calls, 0);
	}

	set.event_id = 0;
	KUNIT_EXPECT_EQ(test, -EINVAL, kfd_fake_ioctl(test, AMDKFD_IOC_SET_EVENT, &set));
	reset.event_id = U32_MAX;
	KUNIT_EXPECT_EQ(test, -EINVAL, kfd_fake_ioctl(test, AMDKFD_IOC_RESET_EVENT, &reset));
}

/* Ages 0 and 1 are never come to again. */
static void events_age_wraps(struct kunit *test)
{
	struct kfd_fake *fake = test->priv;
	struct virtgpu_kfd_event *event;

	event = kfd_fake_event(test, SLOT_EVENT, KFD_IOC_EVENT_SIGNAL, false);
	spin_lock(&fake->process.event_state_lock);
	virtgpu_kfd_event_set(event);
	KUNIT_EXPECT_EQ(test, event->age, 2);
	event->age = U64_MAX - 1;
	virtgpu_kfd_event_set(event);
	KUNIT_EXPECT_EQ(test, event->age, U64_MAX);
	virtgpu_kfd_event_set(event);
	KUNIT_EXPECT_EQ(test, event->age, 2);
	spin_unlock(&fake->process.event_state_lock);
}

/* The stream of fired events: two events, at the size that the host says. */
#define STREAM_HEADER	((u32)sizeof(struct virtkfd_rsp_event_poll))
#define STREAM_EVENT	((u32)sizeof(struct virtkfd_event))

static const struct event_stream_case {
	const char *desc;
	u32 len;
	u32 num;
	u32 size;
	u32 fired;	/* of the two, a bit each */
} event_streams[] = {
	{ "two", STREAM_HEADER + 2 * STREAM_EVENT, 2, STREAM_EVENT, 3 },
	{ "one", STREAM_HEADER + STREAM_EVENT, 1, STREAM_EVENT, 1 },
	{ "one counted", STREAM_HEADER + 2 * STREAM_EVENT, 1, STREAM_EVENT, 1 },
	{ "events of a newer host", STREAM_HEADER + 2 * 56, 2, 56, 3 },
	{ "more counted than sent", STREAM_HEADER + 2 * STREAM_EVENT, 64, STREAM_EVENT, 3 },
	{ "2^32 - 1 counted", STREAM_HEADER + 2 * STREAM_EVENT, U32_MAX, STREAM_EVENT, 3 },
	{ "longer than the room", U32_MAX, U32_MAX, STREAM_EVENT, 3 },
	{ "second one cut", STREAM_HEADER + 2 * STREAM_EVENT - 1, 2, STREAM_EVENT, 1 },
	{ "second one cut, of a newer host", STREAM_HEADER + 56 + STREAM_EVENT, 2, 56, 1 },

	{ "none counted", STREAM_HEADER + 2 * STREAM_EVENT, 0, STREAM_EVENT },
	{ "none sent", STREAM_HEADER, 2, STREAM_EVENT },
	{ "header cut", STREAM_HEADER - 1, 2, STREAM_EVENT },
	{ "nothing", 0, 0, 0 },
	{ "events of 0 bytes", STREAM_HEADER + 2 * STREAM_EVENT, 2, 0 },
	{ "events too small", STREAM_HEADER + 2 * STREAM_EVENT, 2, STREAM_EVENT - 1 },
	{ "events of 4 GiB", U32_MAX, 2, U32_MAX },
	{ "events of 2 GiB", U32_MAX, 2, 0x80000000 },
};

KUNIT_ARRAY_PARAM_DESC(event_streams, event_streams, desc);

/* The response ends where the memory does, so that KASAN sees what reads beyond. */
static struct virtgpu_kfd_poll *fake_poll(struct kunit *test)
{
	struct kfd_fake *fake = test->priv;
	struct virtgpu_kfd_poll *poll;

	poll = kunit_kzalloc(test, sizeof(*poll), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, poll);
	poll->kfd = &fake->kfd;
	return poll;
}

static void fake_fired(struct virtgpu_kfd_poll *poll, u32 index, u32 size,
		       const struct virtkfd_event *fired)
{
	if ((u64)index * size + sizeof(*fired) <= sizeof(poll->rsp.data))
		memcpy(poll->rsp.data + index * size, fired, sizeof(*fired));
}

static void events_stream(struct kunit *test)
{
	const struct event_stream_case *param = test->param_value;
	struct virtgpu_kfd_event *events[2];
	struct virtgpu_kfd_poll *poll;
	u32 i;

	poll = fake_poll(test);
	poll->rsp.hdr.rsp.len = param->len;
	poll->rsp.hdr.num_events = param->num;
	poll->rsp.hdr.event_size = param->size;
	for (i = 0; i < 2; i++) {
		struct virtkfd_event fired = {
			.ctx_id = FAKE_CTX_ID,
			.event_id = SLOT_EVENT + i,
			.type = KFD_IOC_EVENT_SIGNAL,
		};

		events[i] = kfd_fake_event(test, SLOT_EVENT + i, KFD_IOC_EVENT_SIGNAL, true);
		fake_fired(poll, i, param->size, &fired);
	}

	virtgpu_kfd_poll_fired(poll);
	for (i = 0; i < 2; i++) {
		bool fired = param->fired & BIT(i);

		KUNIT_EXPECT_EQ(test, events[i]->signaled, fired);
		KUNIT_EXPECT_EQ(test, events[i]->age, fired ? 2 : 1);
	}
}

/* Of one fired event, what makes it count. */
static const struct event_fired_case {
	const char *desc;
	struct virtkfd_event fired;
	bool dead;
	bool counts;
} event_fireds[] = {
	{ "as it should be", { FAKE_CTX_ID, SLOT_EVENT, KFD_IOC_EVENT_SIGNAL }, false, true },
	{ "unknown context", { 1, SLOT_EVENT, KFD_IOC_EVENT_SIGNAL } },
	{ "unknown event", { FAKE_CTX_ID, SLOT_EVENT + 1, KFD_IOC_EVENT_SIGNAL } },
	{ "event 0", { FAKE_CTX_ID, 0, KFD_IOC_EVENT_SIGNAL } },
	{ "event 2^32 - 1", { FAKE_CTX_ID, U32_MAX, KFD_IOC_EVENT_SIGNAL } },
	{ "type of another event", { FAKE_CTX_ID, SLOT_EVENT, KFD_IOC_EVENT_MEMORY } },
	{ "unknown type", { FAKE_CTX_ID, SLOT_EVENT, U32_MAX } },
	{ "pad", { FAKE_CTX_ID, SLOT_EVENT, KFD_IOC_EVENT_SIGNAL, 1 } },
	{ "dead process", { FAKE_CTX_ID, SLOT_EVENT, KFD_IOC_EVENT_SIGNAL }, true },
};

KUNIT_ARRAY_PARAM_DESC(event_fireds, event_fireds, desc);

static void stream_one(struct kunit *test, const struct virtkfd_event *fired)
{
	struct virtgpu_kfd_poll *poll = fake_poll(test);

	poll->rsp.hdr.rsp.len = STREAM_HEADER + STREAM_EVENT;
	poll->rsp.hdr.num_events = 1;
	poll->rsp.hdr.event_size = STREAM_EVENT;
	fake_fired(poll, 0, STREAM_EVENT, fired);
	virtgpu_kfd_poll_fired(poll);
}

static void events_fired(struct kunit *test)
{
	const struct event_fired_case *param = test->param_value;
	struct kfd_fake *fake = test->priv;
	struct virtgpu_kfd_event *event;

	event = kfd_fake_event(test, SLOT_EVENT, KFD_IOC_EVENT_SIGNAL, false);
	fake->process.dead = param->dead;
	stream_one(test, &param->fired);
	KUNIT_EXPECT_EQ(test, event->signaled, param->counts);
	KUNIT_EXPECT_EQ(test, event->age, param->counts ? 2 : 1);
	KUNIT_EXPECT_FALSE(test, fake->ctx.lost);
	KUNIT_EXPECT_FALSE(test, fake->control.lost);
}

/* Exceptions bring their data; it is the last one's. */
static void events_fired_with_data(struct kunit *test)
{
	struct virtkfd_event fired = { .ctx_id = FAKE_CTX_ID, .event_id = OTHER_EVENT };
	struct kfd_hsa_memory_exception_data memory = {
		.failure.imprecise = 1,
		.va = 0x7f0012345000,
		.gpu_id = FAKE_GPU_ID,
	};
	struct kfd_hsa_hw_exception_data hw = {
		.reset_type = KFD_HW_EXCEPTION_PER_ENGINE_RESET,
		.reset_cause = KFD_HW_EXCEPTION_ECC,
		.memory_lost = 1,
		.gpu_id = FAKE_GPU_ID_2,
	};
	struct virtgpu_kfd_event *event;

	event = kfd_fake_event(test, OTHER_EVENT, KFD_IOC_EVENT_MEMORY, false);
	fired.type = KFD_IOC_EVENT_MEMORY;
	memset(fired.data, 0xff, sizeof(fired.data));
	stream_one(test, &fired);
	memcpy(fired.data, &memory, sizeof(memory));
	stream_one(test, &fired);
	KUNIT_EXPECT_MEMEQ(test, &event->memory_exception, &memory, sizeof(memory));
	KUNIT_EXPECT_EQ(test, event->age, 3);

	event = kfd_fake_event(test, OTHER_EVENT + 1, KFD_IOC_EVENT_HW_EXCEPTION, false);
	fired.event_id = OTHER_EVENT + 1;
	fired.type = KFD_IOC_EVENT_HW_EXCEPTION;
	memcpy(fired.data, &hw, sizeof(hw));
	stream_one(test, &fired);
	KUNIT_EXPECT_MEMEQ(test, &event->hw_exception, &hw, sizeof(hw));
}

/* The host gives up one process, not the others. */
static void events_context_lost(struct kunit *test)
{
	struct virtkfd_event fired = { .ctx_id = 1, .type = VIRTKFD_EVENT_CONTEXT_LOST };
	struct kfd_fake *fake = test->priv;

	stream_one(test, &fired);
	KUNIT_EXPECT_FALSE(test, fake->ctx.lost);
	fired.ctx_id = FAKE_CTX_ID;
	stream_one(test, &fired);
	KUNIT_EXPECT_TRUE(test, fake->ctx.lost);
	KUNIT_EXPECT_FALSE(test, fake->control.lost);
}

static struct kunit_case event_cases[] = {
	KUNIT_CASE_PARAM(events_create, event_creates_gen_params),
	KUNIT_CASE(events_create_same_id),
	KUNIT_CASE(events_create_host_error),
	KUNIT_CASE(events_destroy),
	KUNIT_CASE(events_set_reset),
	KUNIT_CASE(events_age_wraps),
	KUNIT_CASE_PARAM(events_stream, event_streams_gen_params),
	KUNIT_CASE_PARAM(events_fired, event_fireds_gen_params),
	KUNIT_CASE(events_fired_with_data),
	KUNIT_CASE(events_context_lost),
	{}
};

static struct kunit_suite event_suite = {
	.name = "virtio_gpu_kfd_events",
	.init = kfd_fake_init,
	.exit = kfd_fake_exit,
	.test_cases = event_cases,
};

kunit_test_suite(event_suite);
