// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The shim's events: their state and who waits for them.
 *
 * What does not live here: ids, the signal page and what fires, which are the backend's. The
 * semantics are those of virtgpu_kfd_events.c, and so is the order of checks.
 *
 * Who waits sleeps on shim.wakes, which changes with any event; a signal ends the sleep, or not,
 * as the kernel does it for futex(2). A deadline needs the helper thread to wake it, since a
 * futex with a timeout is never restarted.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "shim.h"

#define INFINITE	UINT32_MAX

/**
 * struct shim_waiter - a wait for one event
 * @link: in shim_event.waiters
 * @event: event, NULL once that is gone
 * @activated: it was set
 * @waiting: it was not when the wait began
 * @report_age: the caller wants its age
 * @copy: bytes of the result for the caller
 */
struct shim_waiter {
	LIST_ENTRY(shim_waiter) link;
	struct shim_event *event;
	bool activated;
	bool waiting;
	bool report_age;
	size_t copy;
};

static void lock_events(sigset_t *mask)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, mask);
	pthread_mutex_lock(&shim.event_lock);
}

static void unlock_events(const sigset_t *mask)
{
	pthread_mutex_unlock(&shim.event_lock);
	pthread_sigmask(SIG_SETMASK, mask, NULL);
}

void shim_events_wake(void)
{
	__atomic_add_fetch(&shim.wakes, 1, __ATOMIC_RELEASE);
	shim_futex_wake(&shim.wakes);
}

static struct shim_event *find(struct shim_process *process, uint32_t id)
{
	struct shim_event *event;

	LIST_FOREACH(event, &process->events[id % SHIM_EVENT_BUCKETS], link)
		if (event->id == id)
			return event;
	return NULL;
}

static void set(struct shim_event *event)
{
	struct shim_waiter *waiter;

	event->signaled = !event->auto_reset || !event->num_waiting;
	if (!++event->age)
		event->age = 2;
	LIST_FOREACH(waiter, &event->waiters, link)
		waiter->activated = true;
}

static void end(struct shim_event *event)
{
	struct shim_waiter *waiter;

	LIST_REMOVE(event, link);
	LIST_FOREACH(waiter, &event->waiters, link)
		waiter->event = NULL;
	free(event);
}

static bool has_slot(uint32_t type)
{
	return type == KFD_IOC_EVENT_SIGNAL || type == KFD_IOC_EVENT_DEBUG_EVENT;
}

int shim_create_event(struct shim_process *process, struct kfd_ioctl_create_event_args *args)
{
	struct shim_event *event = calloc(1, sizeof(*event));
	uint32_t slot = args->event_slot_index;
	int ret;

	if (!event)
		return -ENOMEM;
	event->type = args->event_type;
	event->auto_reset = args->auto_reset;
	event->age = 1;
	LIST_INIT(&event->waiters);
	/* What fires right away finds it in the table. */
	pthread_mutex_lock(&shim.event_lock);
	ret = shim_ops->ioctl(process->ctx, _IOC_NR(AMDKFD_IOC_CREATE_EVENT), args);
	args->event_page_offset = 0;
	args->event_slot_index = slot;
	if (!ret) {
		event->id = args->event_id;
		LIST_INSERT_HEAD(&process->events[event->id % SHIM_EVENT_BUCKETS], event, link);
		args->event_trigger_data = event->id;
	}
	pthread_mutex_unlock(&shim.event_lock);
	if (ret) {
		free(event);
		return ret;
	}
	if (has_slot(event->type)) {
		args->event_page_offset = SHIM_OFFSET_EVENTS;
		args->event_slot_index = args->event_id;
	}
	return 0;
}

int shim_destroy_event(struct shim_process *process, struct kfd_ioctl_destroy_event_args *args)
{
	int ret = shim_ops->ioctl(process->ctx, _IOC_NR(AMDKFD_IOC_DESTROY_EVENT), args);
	struct shim_event *event;

	if (ret)
		return ret;
	pthread_mutex_lock(&shim.event_lock);
	event = find(process, args->event_id);
	if (event)
		end(event);
	pthread_mutex_unlock(&shim.event_lock);
	shim_events_wake();
	return 0;
}

int shim_set_event(struct shim_process *process, uint32_t id, bool to)
{
	struct shim_event *event;
	int ret = -EINVAL;
	sigset_t mask;

	lock_events(&mask);
	event = find(process, id);
	if (event && event->type == KFD_IOC_EVENT_SIGNAL) {
		if (to)
			set(event);
		else
			event->signaled = false;
		ret = 0;
	}
	unlock_events(&mask);
	if (!ret && to)
		shim_events_wake();
	return ret;
}

/* What the backend says has fired; any of its threads. */
void shim_notify(void *opaque)
{
	struct shim_process *process = opaque;
	struct virtkfd_event fired[16];
	unsigned int num;

	pthread_mutex_lock(&shim.event_lock);
	while (!process->dead &&
	       (num = shim_ops->events(process->ctx, fired, ARRAY_SIZE(fired))) > 0) {
		for (unsigned int i = 0; i < num; i++) {
			struct shim_event *event = find(process, fired[i].event_id);

			if (!event || event->type != fired[i].type)
				continue;
			memcpy(event->data, fired[i].data, sizeof(event->data));
			set(event);
		}
	}
	pthread_mutex_unlock(&shim.event_lock);
	shim_events_wake();
}

static int wait_begin(struct shim_process *process, struct shim_waiter *waiters,
		      const struct kfd_event_data *events, uint32_t num)
{
	for (uint32_t i = 0; i < num; i++) {
		waiters[i].event = find(process, events[i].event_id);
		if (!waiters[i].event)
			return -EINVAL;
	}
	for (uint32_t i = 0; i < num; i++) {
		struct shim_waiter *waiter = &waiters[i];
		struct shim_event *event = waiter->event;
		uint64_t age = events[i].signal_event_data.last_event_age;

		waiter->activated = event->signaled;
		event->signaled = event->signaled && !event->auto_reset;
		if (event->type == KFD_IOC_EVENT_SIGNAL && age) {
			waiter->report_age = true;
			if (age != event->age)
				waiter->activated = true;
		}
		waiter->waiting = !waiter->activated;
		event->num_waiting += waiter->waiting;
		LIST_INSERT_HEAD(&event->waiters, waiter, link);
	}
	return 0;
}

static void wait_end(struct shim_waiter *waiters, uint32_t num, bool undo)
{
	for (uint32_t i = 0; i < num; i++) {
		struct shim_event *event = waiters[i].event;

		if (!event)
			continue;
		LIST_REMOVE(&waiters[i], link);
		event->num_waiting -= waiters[i].waiting;
		if (undo && waiters[i].activated && event->auto_reset)
			set(event);
	}
}

static uint32_t wait_test(const struct shim_waiter *waiters, uint32_t num, bool all)
{
	uint32_t activated = 0;

	for (uint32_t i = 0; i < num; i++) {
		if (!waiters[i].event)
			return KFD_IOC_WAIT_RESULT_FAIL;
		if (!waiters[i].activated)
			continue;
		if (!all)
			return KFD_IOC_WAIT_RESULT_COMPLETE;
		activated++;
	}
	return activated == num ? KFD_IOC_WAIT_RESULT_COMPLETE : KFD_IOC_WAIT_RESULT_TIMEOUT;
}

static int wait_collect(struct shim_waiter *waiters, struct kfd_event_data *events, uint32_t num)
{
	for (uint32_t i = 0; i < num; i++) {
		const struct shim_event *event = waiters[i].event;

		if (!event)
			return -EINVAL;
		if (!waiters[i].activated)
			continue;
		if (event->type == KFD_IOC_EVENT_MEMORY) {
			waiters[i].copy = sizeof(events[i].memory_exception_data);
			memcpy(&events[i].memory_exception_data, event->data, waiters[i].copy);
		} else if (event->type == KFD_IOC_EVENT_HW_EXCEPTION) {
			waiters[i].copy = sizeof(events[i].hw_exception_data);
			memcpy(&events[i].hw_exception_data, event->data, waiters[i].copy);
		} else if (waiters[i].report_age) {
			events[i].signal_event_data.last_event_age = event->age;
			waiters[i].copy = sizeof(event->age);
		}
	}
	return 0;
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* Event lock held, signals blocked; @mask is what they are while it sleeps. */
static int sleep_until(struct shim_process *process, struct shim_waiter *waiters, uint32_t num,
		       bool all, uint64_t deadline, const sigset_t *mask, uint32_t *result)
{
	for (;;) {
		uint32_t seen = __atomic_load_n(&shim.wakes, __ATOMIC_ACQUIRE);
		long ret;

		*result = wait_test(waiters, num, all);
		if (*result != KFD_IOC_WAIT_RESULT_TIMEOUT || now_ns() >= deadline)
			return 0;
		if (process->dead)
			return -ESRCH;
		pthread_mutex_unlock(&shim.event_lock);
		pthread_sigmask(SIG_SETMASK, mask, NULL);
		ret = shim_futex_wait(&shim.wakes, seen) ? -errno : 0;
		lock_events(&(sigset_t){ 0 });
		if (ret == -EINTR)
			return ret;
	}
}

/* A number of milliseconds never ends early. */
static uint64_t deadline_of(uint32_t timeout)
{
	if (timeout == INFINITE)
		return UINT64_MAX;
	return timeout ? now_ns() + (timeout + 1ULL) * 1000000 : 0;
}

static int wait_for(struct shim_process *process, struct kfd_ioctl_wait_events_args *args,
		    struct shim_waiter *waiters, struct kfd_event_data *events)
{
	uint64_t deadline = deadline_of(args->timeout);
	bool timed = deadline && deadline != UINT64_MAX;
	uint32_t num = args->num_events, result;
	sigset_t mask;
	int ret;

	lock_events(&mask);
	if (timed) {
		__atomic_add_fetch(&shim.num_timed, 1, __ATOMIC_RELAXED);
		shim_helper_start();
		shim_helper_wake();
	}
	ret = wait_begin(process, waiters, events, num);
	if (!ret) {
		ret = sleep_until(process, waiters, num, args->wait_for_all, deadline, &mask,
				  &result);
		if (!ret && result == KFD_IOC_WAIT_RESULT_COMPLETE)
			ret = wait_collect(waiters, events, num);
		wait_end(waiters, num, ret == -EINTR);
	}
	if (timed)
		__atomic_sub_fetch(&shim.num_timed, 1, __ATOMIC_RELAXED);
	unlock_events(&mask);

	if (!ret && result == KFD_IOC_WAIT_RESULT_FAIL)
		ret = -EIO;
	for (uint32_t i = 0; !ret && i < num; i++)
		if (!shim_copy_out(args->events_ptr + i * sizeof(*events), &events[i],
				   waiters[i].copy))
			ret = -EFAULT;
	if (!ret)
		args->wait_result = result;
	return ret;
}

int shim_wait_events(struct shim_process *process, struct kfd_ioctl_wait_events_args *args)
{
	uint32_t num = args->num_events;
	struct kfd_event_data *events;
	struct shim_waiter *waiters;
	int ret = -ENOMEM;

	args->wait_result = KFD_IOC_WAIT_RESULT_FAIL;
	if (num > KFD_SIGNAL_EVENT_LIMIT)
		return -ENOMEM;
	waiters = calloc(num + 1, sizeof(*waiters));
	events = calloc(num + 1, sizeof(*events));
	if (waiters && events)
		ret = shim_copy_in(events, args->events_ptr, num * sizeof(*events)) ? 0 : -EFAULT;
	if (!ret)
		ret = wait_for(process, args, waiters, events);
	free(events);
	free(waiters);
	return ret;
}

/* The context ends: so do its waits, and nothing fires any more. */
void shim_events_close(struct shim_process *process)
{
	struct shim_event *event;

	pthread_mutex_lock(&shim.event_lock);
	process->dead = true;
	for (size_t i = 0; i < SHIM_EVENT_BUCKETS; i++)
		while ((event = LIST_FIRST(&process->events[i])))
			end(event);
	pthread_mutex_unlock(&shim.event_lock);
	shim_events_wake();
}
