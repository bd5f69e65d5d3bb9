// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * KUnit tests of virtgpu_kfd_events.c: waiting for events.
 *
 * What lives here: which waits are over when, and what they leave behind: first of waits that
 * one thread begins and ends as it likes, then of WAIT_EVENTS, which sleeps. What does not:
 * events for themselves, virtio_gpu_kfd_events_kunit.c.
 *
 * What is expected is what amdkfd does, kfd_wait_on_events() and set_event().
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/sched/signal.h>
#include <linux/workqueue.h>

#include "../virtgpu_kfd_events.h"
#include "kunit_helpers.h"

#define MANUAL		1	/* event that stays set */
#define AUTO		2	/* event that resets itself */
#define OTHER		0x40000000

#define COMPLETE	KFD_IOC_WAIT_RESULT_COMPLETE
#define TIMEOUT		KFD_IOC_WAIT_RESULT_TIMEOUT
#define FAIL		KFD_IOC_WAIT_RESULT_FAIL

#define IMMEDIATE	0
#define INFINITE	U32_MAX
#define LONG_MS		20000	/* never waited for */
#define SHORT_MS	50

/* The tests of waits by hand have this held all the time. */
static void lock_events(struct kfd_fake *fake)
{
	spin_lock(&fake->process.event_state_lock);
}

static void unlock_events(struct kfd_fake *fake)
{
	spin_unlock(&fake->process.event_state_lock);
}

/**
 * struct fake_wait - a wait by hand
 * @events: what user space passes
 * @waiters: what the driver makes of it
 * @num: entries
 */
struct fake_wait {
	struct kfd_event_data events[2];
	struct virtgpu_kfd_waiter waiters[2];
	u32 num;
};

static int begin(struct kfd_fake *fake, struct fake_wait *wait)
{
	memset(wait->waiters, 0, sizeof(wait->waiters));
	return virtgpu_kfd_wait_begin(&fake->process, wait->waiters, wait->events, wait->num);
}

static u32 any(struct fake_wait *wait)
{
	return virtgpu_kfd_wait_test(wait->waiters, wait->num, false);
}

static u32 all(struct fake_wait *wait)
{
	return virtgpu_kfd_wait_test(wait->waiters, wait->num, true);
}

static void end(struct kfd_fake *fake, struct fake_wait *wait)
{
	virtgpu_kfd_wait_end(&fake->process, wait->waiters, wait->num, false);
}

static void wait_any_all(struct kunit *test)
{
	struct fake_wait wait = { { { .event_id = MANUAL }, { .event_id = OTHER } }, .num = 2 };
	struct virtgpu_kfd_event *manual, *other;
	struct kfd_fake *fake = test->priv;

	manual = kfd_fake_event(test, MANUAL, KFD_IOC_EVENT_SIGNAL, false);
	other = kfd_fake_event(test, OTHER, KFD_IOC_EVENT_MEMORY, false);

	lock_events(fake);
	KUNIT_EXPECT_EQ(test, begin(fake, &wait), 0);
	KUNIT_EXPECT_EQ(test, any(&wait), TIMEOUT);
	KUNIT_EXPECT_EQ(test, all(&wait), TIMEOUT);
	virtgpu_kfd_event_set(other);
	KUNIT_EXPECT_EQ(test, any(&wait), COMPLETE);
	KUNIT_EXPECT_EQ(test, all(&wait), TIMEOUT);
	virtgpu_kfd_event_set(manual);
	KUNIT_EXPECT_EQ(test, any(&wait), COMPLETE);
	KUNIT_EXPECT_EQ(test, all(&wait), COMPLETE);
	end(fake, &wait);

	/* Both stay set. */
	KUNIT_EXPECT_EQ(test, begin(fake, &wait), 0);
	KUNIT_EXPECT_EQ(test, all(&wait), COMPLETE);
	end(fake, &wait);
	unlock_events(fake);
}

/* A wait does not see what was set and reset before, but what was reset during it. */
static void wait_reset(struct kunit *test)
{
	struct fake_wait wait = { { { .event_id = MANUAL } }, .num = 1 };
	struct kfd_fake *fake = test->priv;
	struct virtgpu_kfd_event *manual;

	manual = kfd_fake_event(test, MANUAL, KFD_IOC_EVENT_SIGNAL, false);

	lock_events(fake);
	virtgpu_kfd_event_set(manual);
	manual->signaled = false;
	KUNIT_EXPECT_EQ(test, begin(fake, &wait), 0);
	KUNIT_EXPECT_EQ(test, any(&wait), TIMEOUT);
	virtgpu_kfd_event_set(manual);
	manual->signaled = false;
	KUNIT_EXPECT_EQ(test, any(&wait), COMPLETE);
	end(fake, &wait);
	unlock_events(fake);
}

/* One firing is for the first that begins to wait, or for all that already do. */
static void wait_auto_reset(struct kunit *test)
{
	struct fake_wait first = { { { .event_id = AUTO } }, .num = 1 };
	struct fake_wait second = first, third = first;
	struct virtgpu_kfd_event *event;
	struct kfd_fake *fake = test->priv;

	event = kfd_fake_event(test, AUTO, KFD_IOC_EVENT_SIGNAL, true);

	lock_events(fake);
	virtgpu_kfd_event_set(event);
	virtgpu_kfd_event_set(event);
	KUNIT_EXPECT_TRUE(test, event->signaled);
	KUNIT_EXPECT_EQ(test, begin(fake, &first), 0);
	KUNIT_EXPECT_EQ(test, any(&first), COMPLETE);
	KUNIT_EXPECT_FALSE(test, event->signaled);
	KUNIT_EXPECT_EQ(test, begin(fake, &second), 0);
	KUNIT_EXPECT_EQ(test, any(&second), TIMEOUT);
	KUNIT_EXPECT_EQ(test, begin(fake, &third), 0);
	KUNIT_EXPECT_EQ(test, any(&third), TIMEOUT);

	virtgpu_kfd_event_set(event);
	KUNIT_EXPECT_EQ(test, any(&second), COMPLETE);
	KUNIT_EXPECT_EQ(test, any(&third), COMPLETE);
	KUNIT_EXPECT_FALSE(test, event->signaled);
	end(fake, &first);
	end(fake, &second);
	end(fake, &third);
	KUNIT_EXPECT_EQ(test, event->age, 4);

	/* Nobody is left, so the next one waits for somebody. */
	virtgpu_kfd_event_set(event);
	KUNIT_EXPECT_TRUE(test, event->signaled);
	unlock_events(fake);
}

/* Who found the event set does not wait for it: the next firing is not for him. */
static void wait_auto_reset_satisfied(struct kunit *test)
{
	struct fake_wait wait = { { { .event_id = AUTO } }, .num = 1 };
	struct virtgpu_kfd_event *event;
	struct kfd_fake *fake = test->priv;

	event = kfd_fake_event(test, AUTO, KFD_IOC_EVENT_SIGNAL, true);

	lock_events(fake);
	virtgpu_kfd_event_set(event);
	KUNIT_EXPECT_EQ(test, begin(fake, &wait), 0);
	virtgpu_kfd_event_set(event);
	KUNIT_EXPECT_TRUE(test, event->signaled);
	end(fake, &wait);
	KUNIT_EXPECT_TRUE(test, event->signaled);
	unlock_events(fake);
}

static void wait_same_event_twice(struct kunit *test)
{
	struct fake_wait wait = { { { .event_id = AUTO }, { .event_id = AUTO } }, .num = 2 };
	struct virtgpu_kfd_event *event;
	struct kfd_fake *fake = test->priv;

	event = kfd_fake_event(test, AUTO, KFD_IOC_EVENT_SIGNAL, true);

	lock_events(fake);
	virtgpu_kfd_event_set(event);
	KUNIT_EXPECT_EQ(test, begin(fake, &wait), 0);
	KUNIT_EXPECT_EQ(test, any(&wait), COMPLETE);
	KUNIT_EXPECT_EQ(test, all(&wait), TIMEOUT);
	virtgpu_kfd_event_set(event);
	KUNIT_EXPECT_EQ(test, all(&wait), COMPLETE);
	end(fake, &wait);
	KUNIT_EXPECT_FALSE(test, event->signaled);
	KUNIT_EXPECT_TRUE(test, list_empty(&event->waiters));
	KUNIT_EXPECT_EQ(test, event->num_waiting, 0);
	unlock_events(fake);
}

/* A wait that user space repeats after a signal finds again what it has consumed. */
static void wait_undone(struct kunit *test)
{
	struct fake_wait wait = { { { .event_id = AUTO }, { .event_id = MANUAL } }, .num = 2 };
	struct virtgpu_kfd_event *event, *manual;
	struct kfd_fake *fake = test->priv;

	event = kfd_fake_event(test, AUTO, KFD_IOC_EVENT_SIGNAL, true);
	manual = kfd_fake_event(test, MANUAL, KFD_IOC_EVENT_SIGNAL, false);

	lock_events(fake);
	virtgpu_kfd_event_set(event);
	KUNIT_EXPECT_EQ(test, begin(fake, &wait), 0);
	KUNIT_EXPECT_EQ(test, all(&wait), TIMEOUT);
	virtgpu_kfd_wait_end(&fake->process, wait.waiters, wait.num, true);
	KUNIT_EXPECT_TRUE(test, event->signaled);
	KUNIT_EXPECT_FALSE(test, manual->signaled);
	KUNIT_EXPECT_EQ(test, manual->age, 1);

	/* Also what was set during the wait. */
	event->signaled = false;
	KUNIT_EXPECT_EQ(test, begin(fake, &wait), 0);
	virtgpu_kfd_event_set(event);
	KUNIT_EXPECT_FALSE(test, event->signaled);
	virtgpu_kfd_wait_end(&fake->process, wait.waiters, wait.num, true);
	KUNIT_EXPECT_TRUE(test, event->signaled);

	/* But not what was not. */
	event->signaled = false;
	KUNIT_EXPECT_EQ(test, begin(fake, &wait), 0);
	virtgpu_kfd_wait_end(&fake->process, wait.waiters, wait.num, true);
	KUNIT_EXPECT_FALSE(test, event->signaled);
	unlock_events(fake);
}

/* Nothing is consumed by a wait that names an event that is not there. */
static void wait_unknown_event(struct kunit *test)
{
	struct fake_wait wait = { { { .event_id = AUTO }, { .event_id = 3 } }, .num = 2 };
	struct virtgpu_kfd_event *event;
	struct kfd_fake *fake = test->priv;

	event = kfd_fake_event(test, AUTO, KFD_IOC_EVENT_SIGNAL, true);

	lock_events(fake);
	virtgpu_kfd_event_set(event);
	KUNIT_EXPECT_EQ(test, begin(fake, &wait), -EINVAL);
	KUNIT_EXPECT_TRUE(test, event->signaled);
	KUNIT_EXPECT_TRUE(test, list_empty(&event->waiters));
	unlock_events(fake);
}

/* The end of an event ends the waits for it, set or not. */
static void wait_destroyed(struct kunit *test)
{
	struct fake_wait wait = { { { .event_id = MANUAL }, { .event_id = AUTO } }, .num = 2 };
	struct kfd_ioctl_destroy_event_args args = { .event_id = AUTO };
	struct virtgpu_kfd_event *manual;
	struct kfd_fake *fake = test->priv;

	manual = kfd_fake_event(test, MANUAL, KFD_IOC_EVENT_SIGNAL, false);
	kfd_fake_event(test, AUTO, KFD_IOC_EVENT_SIGNAL, true);

	lock_events(fake);
	KUNIT_EXPECT_EQ(test, begin(fake, &wait), 0);
	unlock_events(fake);
	KUNIT_EXPECT_EQ(test, 0, kfd_fake_ioctl(test, AMDKFD_IOC_DESTROY_EVENT, &args));
	lock_events(fake);
	KUNIT_EXPECT_EQ(test, any(&wait), FAIL);
	virtgpu_kfd_event_set(manual);
	KUNIT_EXPECT_EQ(test, all(&wait), FAIL);
	virtgpu_kfd_wait_end(&fake->process, wait.waiters, wait.num, true);
	KUNIT_EXPECT_TRUE(test, list_empty(&manual->waiters));
	KUNIT_EXPECT_EQ(test, manual->num_waiting, 0);
	unlock_events(fake);
}

/* user_timeout_to_jiffies() */
static void wait_timeouts(struct kunit *test)
{
	long longest = msecs_to_jiffies(S32_MAX) + 1;

	KUNIT_EXPECT_EQ(test, virtgpu_kfd_timeout_to_jiffies(IMMEDIATE), 0);
	KUNIT_EXPECT_EQ(test, virtgpu_kfd_timeout_to_jiffies(1), msecs_to_jiffies(1) + 1);
	KUNIT_EXPECT_EQ(test, virtgpu_kfd_timeout_to_jiffies(1000), HZ + 1);
	KUNIT_EXPECT_EQ(test, virtgpu_kfd_timeout_to_jiffies(S32_MAX), longest);
	KUNIT_EXPECT_EQ(test, virtgpu_kfd_timeout_to_jiffies(0x80000000), longest);
	KUNIT_EXPECT_EQ(test, virtgpu_kfd_timeout_to_jiffies(INFINITE - 1), longest);
	KUNIT_EXPECT_LT(test, longest, MAX_SCHEDULE_TIMEOUT);
	KUNIT_EXPECT_EQ(test, virtgpu_kfd_timeout_to_jiffies(INFINITE), MAX_SCHEDULE_TIMEOUT);
}

/* WAIT_EVENTS of the events that user space has behind its arguments. */
static int wait_events(struct kunit *test, struct kfd_event_data *events, u32 num, bool all,
		       u32 *timeout, u32 *result)
{
	struct kfd_ioctl_wait_events_args args = {
		.num_events = num,
		.wait_for_all = all,
		.timeout = *timeout,
		.wait_result = 77,
	};
	struct kfd_fake *fake = test->priv;
	int ret;

	args.events_ptr = (uintptr_t)fake->user + SZ_1K;
	kfd_fake_write(test, SZ_1K, events, num * sizeof(*events));
	ret = kfd_fake_ioctl(test, AMDKFD_IOC_WAIT_EVENTS, &args);
	kfd_fake_read(test, SZ_1K, events, num * sizeof(*events));
	*timeout = args.timeout;
	*result = args.wait_result;
	return ret;
}

static void expect_wait(struct kunit *test, struct kfd_event_data *events, u32 num, bool all,
			u32 timeout, int err, u32 expected)
{
	u32 result;

	KUNIT_EXPECT_EQ(test, wait_events(test, events, num, all, &timeout, &result), err);
	KUNIT_EXPECT_EQ(test, result, expected);
}

/* An age that is not the event's is as good as a signal; 0 asks for nothing. */
static const struct wait_age_case {
	const char *desc;
	u32 type;
	u64 age;	/* of the event */
	u64 asked;
	bool signaled;
	u32 result;
	u64 told;
} wait_ages[] = {
	{ "the event's", KFD_IOC_EVENT_SIGNAL, 5, 5, false, TIMEOUT, 5 },
	{ "the event's, signaled", KFD_IOC_EVENT_SIGNAL, 5, 5, true, COMPLETE, 5 },
	{ "older", KFD_IOC_EVENT_SIGNAL, 5, 4, false, COMPLETE, 5 },
	{ "much older", KFD_IOC_EVENT_SIGNAL, 5, 1, false, COMPLETE, 5 },
	{ "newer", KFD_IOC_EVENT_SIGNAL, 5, 6, false, COMPLETE, 5 },
	{ "before the wrap", KFD_IOC_EVENT_SIGNAL, 2, U64_MAX, false, COMPLETE, 2 },
	{ "none", KFD_IOC_EVENT_SIGNAL, 5, 0, false, TIMEOUT, 0 },
	{ "none, signaled", KFD_IOC_EVENT_SIGNAL, 5, 0, true, COMPLETE, 0 },
	{ "of a debug event", KFD_IOC_EVENT_DEBUG_EVENT, 5, 4, false, TIMEOUT, 4 },
	{ "of a debug event, signaled", KFD_IOC_EVENT_DEBUG_EVENT, 5, 4, true, COMPLETE, 4 },
};

KUNIT_ARRAY_PARAM_DESC(wait_ages, wait_ages, desc);

static void wait_age(struct kunit *test)
{
	const struct wait_age_case *param = test->param_value;
	struct kfd_event_data data = {
		.signal_event_data.last_event_age = param->asked,
		.event_id = MANUAL,
	};
	struct virtgpu_kfd_event *event;

	event = kfd_fake_event(test, MANUAL, param->type, false);
	event->age = param->age;
	event->signaled = param->signaled;
	expect_wait(test, &data, 1, false, IMMEDIATE, 0, param->result);
	KUNIT_EXPECT_EQ(test, data.signal_event_data.last_event_age, param->told);
	KUNIT_EXPECT_EQ(test, data.event_id, MANUAL);
	KUNIT_EXPECT_EQ(test, event->age, param->age);
	KUNIT_EXPECT_EQ(test, event->signaled, param->signaled);
}

/* Exceptions are told with their data, and nothing but that is written. */
static void wait_exception(struct kunit *test)
{
	struct kfd_event_data data, expected;
	struct virtgpu_kfd_event *event;

	memset(&data, 0x33, sizeof(data));
	data.event_id = OTHER;
	expected = data;

	event = kfd_fake_event(test, OTHER, KFD_IOC_EVENT_MEMORY, false);
	event->memory_exception.va = 0x123000;
	event->memory_exception.gpu_id = FAKE_GPU_ID;
	expect_wait(test, &data, 1, false, IMMEDIATE, 0, TIMEOUT);
	KUNIT_EXPECT_MEMEQ(test, &data, &expected, sizeof(data));

	event->signaled = true;
	expected.memory_exception_data = event->memory_exception;
	expect_wait(test, &data, 1, false, IMMEDIATE, 0, COMPLETE);
	KUNIT_EXPECT_MEMEQ(test, &data, &expected, sizeof(data));

	event = kfd_fake_event(test, OTHER + 1, KFD_IOC_EVENT_HW_EXCEPTION, false);
	event->hw_exception.reset_cause = KFD_HW_EXCEPTION_ECC;
	event->hw_exception.gpu_id = FAKE_GPU_ID_2;
	event->signaled = true;
	data.event_id = OTHER + 1;
	expected.event_id = OTHER + 1;
	expected.hw_exception_data = event->hw_exception;
	expect_wait(test, &data, 1, false, IMMEDIATE, 0, COMPLETE);
	KUNIT_EXPECT_MEMEQ(test, &data, &expected, sizeof(data));
}

/* Of several events those that were not set are not told of. */
static void wait_tells_what_was_set(struct kunit *test)
{
	struct kfd_event_data data[3], expected[3];
	struct virtgpu_kfd_event *event;

	memset(data, 0x33, sizeof(data));
	data[0].event_id = OTHER;
	data[1].event_id = MANUAL;
	data[1].signal_event_data.last_event_age = 1;
	data[2].event_id = AUTO;
	data[2].signal_event_data.last_event_age = 1;
	memcpy(expected, data, sizeof(data));
	expected[1].signal_event_data.last_event_age = 9;

	event = kfd_fake_event(test, OTHER, KFD_IOC_EVENT_MEMORY, false);
	event->memory_exception.va = 0x123000;
	kfd_fake_event(test, MANUAL, KFD_IOC_EVENT_SIGNAL, false)->age = 9;
	kfd_fake_event(test, AUTO, KFD_IOC_EVENT_SIGNAL, true);
	expect_wait(test, data, 3, false, LONG_MS, 0, COMPLETE);
	KUNIT_EXPECT_MEMEQ(test, data, expected, sizeof(data));
}

static void wait_bad_arguments(struct kunit *test)
{
	struct kfd_ioctl_wait_events_args args = {};
	struct kfd_event_data data = { .event_id = 3 };
	struct kfd_fake *fake = test->priv;

	kfd_fake_event(test, MANUAL, KFD_IOC_EVENT_SIGNAL, false);
	expect_wait(test, &data, 1, false, LONG_MS, -EINVAL, FAIL);

	/* None are complete; the pointer does not count. */
	KUNIT_EXPECT_EQ(test, 0, kfd_fake_ioctl(test, AMDKFD_IOC_WAIT_EVENTS, &args));
	KUNIT_EXPECT_EQ(test, args.wait_result, COMPLETE);

	args.num_events = 1;
	KUNIT_EXPECT_EQ(test, -EFAULT, kfd_fake_ioctl(test, AMDKFD_IOC_WAIT_EVENTS, &args));
	KUNIT_EXPECT_EQ(test, args.wait_result, FAIL);
	args.events_ptr = (uintptr_t)FAKE_BAD_USER_PTR;
	KUNIT_EXPECT_EQ(test, -EFAULT, kfd_fake_ioctl(test, AMDKFD_IOC_WAIT_EVENTS, &args));

	/* KFD_SIGNAL_EVENT_LIMIT is the most; memory ends within them. */
	args.events_ptr = (uintptr_t)fake->user + SZ_1K;
	args.num_events = 4097;
	KUNIT_EXPECT_EQ(test, -ENOMEM, kfd_fake_ioctl(test, AMDKFD_IOC_WAIT_EVENTS, &args));
	args.num_events = U32_MAX;
	KUNIT_EXPECT_EQ(test, -ENOMEM, kfd_fake_ioctl(test, AMDKFD_IOC_WAIT_EVENTS, &args));
	kfd_fake_unmap(test, PAGE_SIZE);
	args.num_events = 4096;
	KUNIT_EXPECT_EQ(test, -EFAULT, kfd_fake_ioctl(test, AMDKFD_IOC_WAIT_EVENTS, &args));
	KUNIT_EXPECT_EQ(test, args.wait_result, FAIL);
}

static void wait_times_out(struct kunit *test)
{
	struct kfd_event_data data[] = { { .event_id = MANUAL }, { .event_id = AUTO } };
	struct virtgpu_kfd_event *event;
	unsigned long start;

	event = kfd_fake_event(test, MANUAL, KFD_IOC_EVENT_SIGNAL, false);
	kfd_fake_event(test, AUTO, KFD_IOC_EVENT_SIGNAL, true);

	start = jiffies;
	expect_wait(test, data, 2, false, SHORT_MS, 0, TIMEOUT);
	KUNIT_EXPECT_TRUE(test, time_after_eq(jiffies, start + msecs_to_jiffies(SHORT_MS)));

	event->signaled = true;
	start = jiffies;
	expect_wait(test, data, 2, true, SHORT_MS, 0, TIMEOUT);
	KUNIT_EXPECT_TRUE(test, time_after_eq(jiffies, start + msecs_to_jiffies(SHORT_MS)));
	KUNIT_EXPECT_TRUE(test, list_empty(&event->waiters));
	KUNIT_EXPECT_EQ(test, event->num_waiting, 0);
}

/**
 * struct wait_waker - what happens while a wait sleeps
 * @work: does it
 * @fake: device
 * @act: what is done
 */
struct wait_waker {
	struct delayed_work work;
	struct kfd_fake *fake;
	void (*act)(struct kfd_fake *fake);
};

static void wake_work(struct work_struct *work)
{
	struct wait_waker *waker = container_of(work, struct wait_waker, work.work);

	waker->act(waker->fake);
}

static void act_set(struct kfd_fake *fake)
{
	lock_events(fake);
	virtgpu_kfd_event_set(xa_load(&fake->process.events, AUTO));
	unlock_events(fake);
}

static void act_end_events(struct kfd_fake *fake)
{
	virtgpu_kfd_events_fini(&fake->process);
}

static void act_lose(struct kfd_fake *fake)
{
	WRITE_ONCE(fake->ctx.lost, true);
	virtgpu_kfd_events_wake(&fake->process);
}

static void act_lose_control(struct kfd_fake *fake)
{
	WRITE_ONCE(fake->control.lost, true);
	virtgpu_kfd_events_wake(&fake->process);
}

static void act_kill(struct kfd_fake *fake)
{
	WRITE_ONCE(fake->process.dead, true);
	virtgpu_kfd_events_wake(&fake->process);
}

static void act_wake(struct kfd_fake *fake)
{
	virtgpu_kfd_events_wake(&fake->process);
}

static const struct wait_wake_case {
	const char *desc;
	void (*act)(struct kfd_fake *fake);
	u32 timeout;
	int err;
	u32 result;
} wait_wakes[] = {
	{ "set", act_set, INFINITE, 0, COMPLETE },
	{ "set, in time", act_set, LONG_MS, 0, COMPLETE },
	{ "destroyed", act_end_events, INFINITE, -EIO, FAIL },
	{ "context lost", act_lose, INFINITE, -EIO, FAIL },
	{ "control context lost", act_lose_control, INFINITE, -EIO, FAIL },
	{ "process dead", act_kill, INFINITE, -ENODEV, FAIL },
	{ "for nothing", act_wake, 4 * SHORT_MS, 0, TIMEOUT },
};

KUNIT_ARRAY_PARAM_DESC(wait_wakes, wait_wakes, desc);

static void wait_wakes_up(struct kunit *test)
{
	struct kfd_event_data data[] = { { .event_id = MANUAL }, { .event_id = AUTO } };
	const struct wait_wake_case *param = test->param_value;
	struct wait_waker waker = { .fake = test->priv, .act = param->act };
	unsigned long start = jiffies;

	kfd_fake_event(test, MANUAL, KFD_IOC_EVENT_SIGNAL, false);
	kfd_fake_event(test, AUTO, KFD_IOC_EVENT_SIGNAL, true);

	INIT_DELAYED_WORK_ONSTACK(&waker.work, wake_work);
	schedule_delayed_work(&waker.work, msecs_to_jiffies(SHORT_MS));
	expect_wait(test, data, 2, false, param->timeout, param->err, param->result);
	KUNIT_EXPECT_TRUE(test, time_before(jiffies, start + msecs_to_jiffies(LONG_MS)));
	cancel_delayed_work_sync(&waker.work);
	destroy_delayed_work_on_stack(&waker.work);
}

/* A signal ends the wait: user space repeats it with the time that is left. */
static const struct wait_signal_case {
	const char *desc;
	u32 timeout;
	u32 least;	/* left */
	bool set;	/* what is waited for */
	int err;
	u32 result;
} wait_signals[] = {
	{ "with a time", LONG_MS, LONG_MS / 2, false, -ERESTARTSYS, FAIL },
	{ "without an end", INFINITE, INFINITE, false, -ERESTARTSYS, FAIL },
	{ "without a wait", IMMEDIATE, IMMEDIATE, false, -ERESTARTSYS, FAIL },
	{ "set before", LONG_MS, LONG_MS, true, 0, COMPLETE },
};

KUNIT_ARRAY_PARAM_DESC(wait_signals, wait_signals, desc);

static void wait_interrupted(struct kunit *test)
{
	struct kfd_event_data data[] = { { .event_id = AUTO }, { .event_id = MANUAL } };
	const struct wait_signal_case *param = test->param_value;
	u32 timeout = param->timeout, result;
	struct virtgpu_kfd_event *event;

	event = kfd_fake_event(test, AUTO, KFD_IOC_EVENT_SIGNAL, true);
	event->signaled = true;
	kfd_fake_event(test, MANUAL, KFD_IOC_EVENT_SIGNAL, false)->signaled = param->set;

	allow_signal(SIGUSR1);
	send_sig(SIGUSR1, current, 1);
	KUNIT_EXPECT_EQ(test, wait_events(test, data, 2, true, &timeout, &result), param->err);
	flush_signals(current);
	disallow_signal(SIGUSR1);

	KUNIT_EXPECT_EQ(test, result, param->result);
	KUNIT_EXPECT_LE(test, timeout, param->timeout);
	KUNIT_EXPECT_GE(test, timeout, param->least);
	KUNIT_EXPECT_EQ(test, event->signaled, !param->set);
	KUNIT_EXPECT_TRUE(test, list_empty(&event->waiters));
}

static struct kunit_case wait_cases[] = {
	KUNIT_CASE(wait_any_all),
	KUNIT_CASE(wait_reset),
	KUNIT_CASE(wait_auto_reset),
	KUNIT_CASE(wait_auto_reset_satisfied),
	KUNIT_CASE(wait_same_event_twice),
	KUNIT_CASE(wait_undone),
	KUNIT_CASE(wait_unknown_event),
	KUNIT_CASE(wait_destroyed),
	KUNIT_CASE(wait_timeouts),
	KUNIT_CASE_PARAM(wait_age, wait_ages_gen_params),
	KUNIT_CASE(wait_exception),
	KUNIT_CASE(wait_tells_what_was_set),
	KUNIT_CASE(wait_bad_arguments),
	KUNIT_CASE(wait_times_out),
	KUNIT_CASE_PARAM(wait_wakes_up, wait_wakes_gen_params),
	KUNIT_CASE_PARAM(wait_interrupted, wait_signals_gen_params),
	{}
};

static struct kunit_suite wait_suite = {
	.name = "virtio_gpu_kfd_wait",
	.init = kfd_fake_init,
	.exit = kfd_fake_exit,
	.test_cases = wait_cases,
};

kunit_test_suite(wait_suite);
