// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * AMDKFD native context of virtio-gpu: events, waiting, the stream of fired events.
 *
 * What lives here: the state of events and the waits for them, with the semantics of
 * amdkfd, and the one request through which the host reports what has fired. What does not:
 * the event page, which is memory like any other to the guest kernel.
 *
 * The host makes event ids and knows which of them are alive; whether an event is signaled,
 * its age and who waits for it is known here alone. So setting, resetting and waiting need
 * no host, and a wait sleeps until something has happened.
 */
#include <kunit/visibility.h>
#include <linux/jiffies.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <drm/drm_print.h>

#include "virtgpu_kfd.h"
#include "virtgpu_kfd_events.h"

#define VIRTGPU_KFD_TIMEOUT_IMMEDIATE	0
#define VIRTGPU_KFD_TIMEOUT_INFINITE	U32_MAX

/* What amdkfd returns as a signal event's event_page_offset; user space tests it for 0. */
#define VIRTGPU_KFD_MMAP_TYPE_EVENTS	(2ULL << 62)

#define VIRTGPU_KFD_POLL_RETRY		(HZ / 10)

static bool virtgpu_kfd_event_has_slot(u32 type)
{
	return type == KFD_IOC_EVENT_SIGNAL || type == KFD_IOC_EVENT_DEBUG_EVENT;
}

VISIBLE_IF_KUNIT
void virtgpu_kfd_event_set(struct virtgpu_kfd_event *event)
{
	struct virtgpu_kfd_waiter *waiter;

	/* An event that resets itself stays set only if there is nobody to wake. */
	event->signaled = !event->auto_reset || !event->num_waiting;
	/* 0 and 1 are reserved: "do not compare" and "never set". */
	if (!++event->age)
		event->age = 2;

	list_for_each_entry(waiter, &event->waiters, node) {
		waiter->activated = true;
		wake_up_process(waiter->task);
	}
}
EXPORT_SYMBOL_IF_KUNIT(virtgpu_kfd_event_set);

static void virtgpu_kfd_event_wake(struct virtgpu_kfd_event *event)
{
	struct virtgpu_kfd_waiter *waiter;

	list_for_each_entry(waiter, &event->waiters, node)
		wake_up_process(waiter->task);
}

/**
 * virtgpu_kfd_events_wake() - let all waits see that the process is dead or its context lost
 * @process: process
 */
void virtgpu_kfd_events_wake(struct virtgpu_kfd_process *process)
{
	struct virtgpu_kfd_event *event;
	unsigned long id;

	spin_lock(&process->event_state_lock);
	xa_for_each(&process->events, id, event)
		virtgpu_kfd_event_wake(event);
	spin_unlock(&process->event_state_lock);
}
EXPORT_SYMBOL_IF_KUNIT(virtgpu_kfd_events_wake);

/* Takes @event out of the table and ends its waits, which fail. */
static void virtgpu_kfd_event_remove(struct virtgpu_kfd_process *process,
				     struct virtgpu_kfd_event *event)
{
	struct virtgpu_kfd_waiter *waiter, *tmp;

	spin_lock(&process->event_state_lock);
	list_for_each_entry_safe(waiter, tmp, &event->waiters, node) {
		list_del_init(&waiter->node);
		waiter->event = NULL;
		wake_up_process(waiter->task);
	}
	spin_unlock(&process->event_state_lock);

	atomic_dec(&process->kfd->counts.events);
	kfree(event);
}

/**
 * virtgpu_kfd_events_fini() - end all events
 * @process: process; no call is in progress
 */
void virtgpu_kfd_events_fini(struct virtgpu_kfd_process *process)
{
	struct virtgpu_kfd_event *event;
	unsigned long id;

	mutex_lock(&process->event_lock);
	xa_for_each(&process->events, id, event) {
		xa_erase(&process->events, id);
		virtgpu_kfd_event_remove(process, event);
	}
	mutex_unlock(&process->event_lock);
}
EXPORT_SYMBOL_IF_KUNIT(virtgpu_kfd_events_fini);

static struct virtgpu_kfd_event *virtgpu_kfd_event_find(struct virtgpu_kfd_process *process, u32 id)
{
	lockdep_assert_held(&process->event_state_lock);
	return xa_load(&process->events, id);
}

/* The host is not trusted with ids: user space indexes the event page with them. */
static bool virtgpu_kfd_event_id_ok(struct virtgpu_kfd_process *process, u32 type, u32 id)
{
	bool slot = id < KFD_SIGNAL_EVENT_LIMIT;

	if (!id || slot != virtgpu_kfd_event_has_slot(type))
		return false;
	return !xa_load(&process->events, id);
}

/**
 * virtgpu_kfd_create_event() - AMDKFD_IOC_CREATE_EVENT
 * @process: process
 * @data: &struct kfd_ioctl_create_event_args
 *
 * Return: 0, or what the host gives or virtgpu_kfd_forward().
 */
int virtgpu_kfd_create_event(struct virtgpu_kfd_process *process, void *data)
{
	struct kfd_ioctl_create_event_args *args = data;
	struct kfd_ioctl_destroy_event_args destroy = {};
	struct virtgpu_kfd_event *event;
	u32 slot = args->event_slot_index;
	u32 type = args->event_type;
	int ret;

	event = kzalloc_obj(*event, GFP_KERNEL_ACCOUNT);
	if (!event)
		return -ENOMEM;
	event->type = type;
	event->auto_reset = args->auto_reset;
	event->age = 1;
	INIT_LIST_HEAD(&event->waiters);

	mutex_lock(&process->event_lock);
	ret = virtgpu_kfd_forward(process, _IOC_NR(AMDKFD_IOC_CREATE_EVENT), args, NULL, 0);
	args->event_page_offset = 0;
	args->event_type = type;
	args->event_slot_index = slot;
	if (ret)
		goto err_unlock;

	event->id = args->event_id;
	ret = -EIO;
	if (!virtgpu_kfd_event_id_ok(process, type, event->id)) {
		drm_err_ratelimited(process->kfd->vgdev->ddev,
				    "KFD: the host made event %#x of type %u, which is invalid\n",
				    event->id, type);
		goto err_unlock;
	}

	ret = xa_insert(&process->events, event->id, event, GFP_KERNEL_ACCOUNT);
	if (ret)
		goto err_destroy;
	atomic_inc(&process->kfd->counts.events);

	args->event_trigger_data = event->id;
	if (virtgpu_kfd_event_has_slot(type)) {
		args->event_page_offset = VIRTGPU_KFD_MMAP_TYPE_EVENTS;
		args->event_slot_index = event->id;
	}
	mutex_unlock(&process->event_lock);
	return 0;

err_destroy:
	destroy.event_id = event->id;
	virtgpu_kfd_forward(process, _IOC_NR(AMDKFD_IOC_DESTROY_EVENT), &destroy, NULL, 0);
err_unlock:
	mutex_unlock(&process->event_lock);
	kfree(event);
	return ret;
}

/**
 * virtgpu_kfd_destroy_event() - AMDKFD_IOC_DESTROY_EVENT
 * @process: process
 * @data: &struct kfd_ioctl_destroy_event_args
 *
 * Waits for the event end with %KFD_IOC_WAIT_RESULT_FAIL.
 *
 * Return: 0, -EINVAL for an unknown event, or what virtgpu_kfd_forward() gives.
 */
int virtgpu_kfd_destroy_event(struct virtgpu_kfd_process *process, void *data)
{
	struct kfd_ioctl_destroy_event_args *args = data;
	struct virtgpu_kfd_event *event;
	int ret = -EINVAL;

	mutex_lock(&process->event_lock);
	event = xa_load(&process->events, args->event_id);
	if (event) {
		u32 id = event->id;

		ret = virtgpu_kfd_forward(process, _IOC_NR(AMDKFD_IOC_DESTROY_EVENT), args,
					  NULL, 0);
		/* For want of memory nothing has been done. */
		if (ret != -ENOMEM) {
			xa_erase(&process->events, id);
			virtgpu_kfd_event_remove(process, event);
		}
	}
	mutex_unlock(&process->event_lock);
	return ret;
}

/**
 * virtgpu_kfd_set_event() - AMDKFD_IOC_SET_EVENT
 * @process: process
 * @data: &struct kfd_ioctl_set_event_args
 *
 * Return: 0, or -EINVAL for an unknown event or one that is not %KFD_IOC_EVENT_SIGNAL.
 */
int virtgpu_kfd_set_event(struct virtgpu_kfd_process *process, void *data)
{
	struct kfd_ioctl_set_event_args *args = data;
	struct virtgpu_kfd_event *event;
	int ret = -EINVAL;

	spin_lock(&process->event_state_lock);
	event = virtgpu_kfd_event_find(process, args->event_id);
	if (event && event->type == KFD_IOC_EVENT_SIGNAL) {
		virtgpu_kfd_event_set(event);
		ret = 0;
	}
	spin_unlock(&process->event_state_lock);
	return ret;
}

/**
 * virtgpu_kfd_reset_event() - AMDKFD_IOC_RESET_EVENT
 * @process: process
 * @data: &struct kfd_ioctl_reset_event_args
 *
 * Return: 0, or -EINVAL for an unknown event or one that is not %KFD_IOC_EVENT_SIGNAL.
 */
int virtgpu_kfd_reset_event(struct virtgpu_kfd_process *process, void *data)
{
	struct kfd_ioctl_reset_event_args *args = data;
	struct virtgpu_kfd_event *event;
	int ret = -EINVAL;

	spin_lock(&process->event_state_lock);
	event = virtgpu_kfd_event_find(process, args->event_id);
	if (event && event->type == KFD_IOC_EVENT_SIGNAL) {
		event->signaled = false;
		ret = 0;
	}
	spin_unlock(&process->event_state_lock);
	return ret;
}

VISIBLE_IF_KUNIT
long virtgpu_kfd_timeout_to_jiffies(u32 ms)
{
	if (ms == VIRTGPU_KFD_TIMEOUT_IMMEDIATE)
		return 0;
	if (ms == VIRTGPU_KFD_TIMEOUT_INFINITE)
		return MAX_SCHEDULE_TIMEOUT;
	/* msecs_to_jiffies() takes what is negative as an int for infinite. */
	return msecs_to_jiffies(min_t(u32, ms, INT_MAX)) + 1;
}
EXPORT_SYMBOL_IF_KUNIT(virtgpu_kfd_timeout_to_jiffies);

/* All events or none: an unknown one is found before any is changed. */
VISIBLE_IF_KUNIT
int virtgpu_kfd_wait_begin(struct virtgpu_kfd_process *process,
			   struct virtgpu_kfd_waiter *waiters,
			   const struct kfd_event_data *events, u32 num)
{
	u32 i;

	lockdep_assert_held(&process->event_state_lock);

	for (i = 0; i < num; i++) {
		waiters[i].event = virtgpu_kfd_event_find(process, events[i].event_id);
		if (!waiters[i].event)
			return -EINVAL;
	}

	for (i = 0; i < num; i++) {
		struct virtgpu_kfd_waiter *waiter = &waiters[i];
		struct virtgpu_kfd_event *event = waiter->event;
		u64 age = events[i].signal_event_data.last_event_age;

		waiter->task = current;
		waiter->activated = event->signaled;
		event->signaled = event->signaled && !event->auto_reset;

		if (event->type == KFD_IOC_EVENT_SIGNAL && age) {
			waiter->report_age = true;
			if (age != event->age)
				waiter->activated = true;
		}

		waiter->waiting = !waiter->activated;
		event->num_waiting += waiter->waiting;
		list_add_tail(&waiter->node, &event->waiters);
	}
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(virtgpu_kfd_wait_begin);

VISIBLE_IF_KUNIT
void virtgpu_kfd_wait_end(struct virtgpu_kfd_process *process,
			  struct virtgpu_kfd_waiter *waiters, u32 num, bool undo)
{
	u32 i;

	lockdep_assert_held(&process->event_state_lock);

	for (i = 0; i < num; i++) {
		struct virtgpu_kfd_waiter *waiter = &waiters[i];
		struct virtgpu_kfd_event *event = waiter->event;

		if (!event)
			continue;
		list_del(&waiter->node);
		event->num_waiting -= waiter->waiting;
		/* The call is going to be restarted: it must find what it has consumed. */
		if (undo && waiter->activated && event->auto_reset)
			virtgpu_kfd_event_set(event);
	}
}
EXPORT_SYMBOL_IF_KUNIT(virtgpu_kfd_wait_end);

/* Returns KFD_IOC_WAIT_RESULT_*. */
VISIBLE_IF_KUNIT
u32 virtgpu_kfd_wait_test(const struct virtgpu_kfd_waiter *waiters, u32 num, bool all)
{
	u32 i, activated = 0;

	for (i = 0; i < num; i++) {
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
EXPORT_SYMBOL_IF_KUNIT(virtgpu_kfd_wait_test);

/* Copies what user space learns of the events that were set to @events. */
static int virtgpu_kfd_wait_collect(struct virtgpu_kfd_waiter *waiters,
				    struct kfd_event_data *events, u32 num)
{
	u32 i;

	for (i = 0; i < num; i++) {
		const struct virtgpu_kfd_event *event = waiters[i].event;

		if (!event)
			return -EINVAL;
		if (!waiters[i].activated)
			continue;
		if (event->type == KFD_IOC_EVENT_MEMORY) {
			events[i].memory_exception_data = event->memory_exception;
			waiters[i].copy = sizeof(event->memory_exception);
		} else if (event->type == KFD_IOC_EVENT_HW_EXCEPTION) {
			events[i].hw_exception_data = event->hw_exception;
			waiters[i].copy = sizeof(event->hw_exception);
		} else if (waiters[i].report_age) {
			events[i].signal_event_data.last_event_age = event->age;
			waiters[i].copy = sizeof(event->age);
		}
	}
	return 0;
}

static int virtgpu_kfd_wait_error(struct virtgpu_kfd_process *process)
{
	if (READ_ONCE(process->dead))
		return -ENODEV;
	if (READ_ONCE(process->ctx->lost) || READ_ONCE(process->kfd->control->lost))
		return -EIO;
	if (fatal_signal_pending(current))
		return -EINTR;
	return signal_pending(current) ? -ERESTARTSYS : 0;
}

/**
 * virtgpu_kfd_wait_events() - AMDKFD_IOC_WAIT_EVENTS
 * @process: process
 * @data: &struct kfd_ioctl_wait_events_args
 *
 * Return: 0 with @wait_result COMPLETE or TIMEOUT, else with FAIL: -ENOMEM for more events
 * than %KFD_SIGNAL_EVENT_LIMIT, -EFAULT, -EINVAL for an unknown event, -EIO if an event was
 * destroyed or the context is lost, -ENODEV if the device is gone, -EINTR, -ERESTARTSYS with
 * @timeout changed to what is left.
 */
int virtgpu_kfd_wait_events(struct virtgpu_kfd_process *process, void *data)
{
	struct kfd_ioctl_wait_events_args *args = data;
	struct kfd_event_data __user *user_events = u64_to_user_ptr(args->events_ptr);
	long timeout = virtgpu_kfd_timeout_to_jiffies(args->timeout);
	struct virtgpu_kfd_waiter *waiters;
	struct kfd_event_data *events;
	u32 num = args->num_events;
	bool all = args->wait_for_all;
	u32 i, result;
	int ret;

	args->wait_result = KFD_IOC_WAIT_RESULT_FAIL;
	if (num > KFD_SIGNAL_EVENT_LIMIT)
		return -ENOMEM;
	waiters = kvzalloc_objs(*waiters, num, GFP_KERNEL_ACCOUNT);
	if (!waiters)
		return -ENOMEM;
	events = vmemdup_array_user(user_events, num, sizeof(*events));
	if (IS_ERR(events)) {
		ret = PTR_ERR(events);
		goto out_free_waiters;
	}

	spin_lock(&process->event_state_lock);
	ret = virtgpu_kfd_wait_begin(process, waiters, events, num);
	if (ret) {
		spin_unlock(&process->event_state_lock);
		goto out_free_events;
	}

	result = virtgpu_kfd_wait_test(waiters, num, all);
	while (result == KFD_IOC_WAIT_RESULT_TIMEOUT) {
		/* Before the tests, so that what happens after them wakes. */
		set_current_state(TASK_INTERRUPTIBLE);
		result = virtgpu_kfd_wait_test(waiters, num, all);
		ret = virtgpu_kfd_wait_error(process);
		if (ret || result != KFD_IOC_WAIT_RESULT_TIMEOUT || timeout <= 0)
			break;

		spin_unlock(&process->event_state_lock);
		timeout = schedule_timeout(timeout);
		spin_lock(&process->event_state_lock);
	}
	__set_current_state(TASK_RUNNING);

	if (!ret && result == KFD_IOC_WAIT_RESULT_COMPLETE)
		ret = virtgpu_kfd_wait_collect(waiters, events, num);
	virtgpu_kfd_wait_end(process, waiters, num, ret == -ERESTARTSYS);
	spin_unlock(&process->event_state_lock);

	if (!ret && result == KFD_IOC_WAIT_RESULT_FAIL)
		ret = -EIO;
	for (i = 0; !ret && i < num; i++)
		if (waiters[i].copy && copy_to_user(&user_events[i], &events[i], waiters[i].copy))
			ret = -EFAULT;
	if (!ret)
		args->wait_result = result;
	if (ret == -ERESTARTSYS && args->timeout != VIRTGPU_KFD_TIMEOUT_IMMEDIATE &&
	    args->timeout != VIRTGPU_KFD_TIMEOUT_INFINITE)
		args->timeout = jiffies_to_msecs(max(0L, timeout - 1));

out_free_events:
	kvfree(events);
out_free_waiters:
	kvfree(waiters);
	return ret;
}

/* A fault is reported for each event of its type: is this the first of them? */
static bool virtgpu_kfd_event_is_first(struct virtgpu_kfd_process *process,
				       const struct virtgpu_kfd_event *event)
{
	struct virtgpu_kfd_event *other;
	unsigned long id;

	xa_for_each_start(&process->events, id, other, KFD_SIGNAL_EVENT_LIMIT)
		if (other->type == event->type)
			break;
	return other == event;
}

/* Returns false if there is no such event. */
static bool virtgpu_kfd_event_fire(struct virtgpu_kfd_process *process,
				   const struct virtkfd_event *fired)
{
	struct virtgpu_kfd_event *event;

	guard(spinlock)(&process->event_state_lock);

	event = virtgpu_kfd_event_find(process, fired->event_id);
	if (!event)
		return false;
	if (event->type != fired->type)
		return true;

	if (event->type == KFD_IOC_EVENT_MEMORY) {
		memcpy(&event->memory_exception, fired->data, sizeof(event->memory_exception));
		if (virtgpu_kfd_event_is_first(process, event))
			virtgpu_kfd_smi_fault(process, &event->memory_exception);
	} else if (event->type == KFD_IOC_EVENT_HW_EXCEPTION) {
		memcpy(&event->hw_exception, fired->data, sizeof(event->hw_exception));
	}
	virtgpu_kfd_event_set(event);
	return true;
}

static void virtgpu_kfd_fired(struct virtgpu_kfd *kfd, const struct virtkfd_event *fired)
{
	struct virtgpu_kfd_process *process;

	process = virtgpu_kfd_process_by_ctx(kfd, fired->ctx_id);
	if (!process)
		return;
	if (virtgpu_kfd_process_enter(process))
		goto out_put;

	if (fired->type == VIRTKFD_EVENT_CONTEXT_LOST) {
		if (!READ_ONCE(process->ctx->lost))
			drm_err(kfd->vgdev->ddev, "KFD: the host lost context %u of process %d\n",
				fired->ctx_id, task_tgid_nr(process->lead_thread));
		virtgpu_kfd_ctx_lose(process->ctx);
	} else if (!virtgpu_kfd_event_fire(process, fired)) {
		/* It may have fired before its creation was finished here. */
		mutex_lock(&process->event_lock);
		virtgpu_kfd_event_fire(process, fired);
		mutex_unlock(&process->event_lock);
	}

	virtgpu_kfd_process_exit(process);
out_put:
	virtgpu_kfd_process_put(process);
}

VISIBLE_IF_KUNIT
void virtgpu_kfd_poll_fired(struct virtgpu_kfd_poll *poll)
{
	const struct virtkfd_rsp_event_poll *hdr = &poll->rsp.hdr;
	u32 room = min_t(u32, hdr->rsp.len, sizeof(poll->rsp));
	struct virtkfd_event fired;
	u32 i, num;

	if (hdr->event_size < sizeof(fired) || room < sizeof(*hdr))
		return;

	num = min(hdr->num_events, (room - (u32)sizeof(*hdr)) / hdr->event_size);
	for (i = 0; i < num; i++) {
		memcpy(&fired, &poll->rsp.data[i * hdr->event_size], sizeof(fired));
		if (!fired.pad)
			virtgpu_kfd_fired(poll->kfd, &fired);
	}
}
EXPORT_SYMBOL_IF_KUNIT(virtgpu_kfd_poll_fired);

static int virtgpu_kfd_poll_submit(struct virtgpu_kfd_poll *poll)
{
	struct virtkfd_ccmd_event_poll *cmd;
	struct virtgpu_kfd_request *req;

	cmd = kvzalloc_obj(*cmd);
	if (!cmd)
		return -ENOMEM;

	cmd->hdr.cmd = VIRTKFD_CCMD_EVENT_POLL;
	cmd->max_events = VIRTGPU_KFD_POLL_EVENTS;
	req = virtgpu_kfd_submit(poll->kfd->control, VIRTKFD_RING_EVENTS, cmd, sizeof(*cmd),
				 sizeof(poll->rsp), &poll->work);
	if (IS_ERR(req))
		return PTR_ERR(req);

	poll->req = req;
	return 0;
}

static void virtgpu_kfd_poll_work(struct work_struct *work)
{
	struct virtgpu_kfd_poll *poll =
		container_of(work, struct virtgpu_kfd_poll, work.work);
	struct virtgpu_kfd *kfd = poll->kfd;
	int ret = 0;

	if (poll->req) {
		ret = virtgpu_kfd_response(poll->req, &poll->rsp.hdr.rsp, sizeof(poll->rsp));
		virtgpu_kfd_request_put(poll->req);
		poll->req = NULL;
		if (!ret)
			virtgpu_kfd_poll_fired(poll);
	}

	/* A host that answers nonsense is asked again, but not in a loop. */
	if (!ret)
		ret = virtgpu_kfd_poll_submit(poll);
	if (ret && !READ_ONCE(kfd->gone) && !READ_ONCE(kfd->control->lost))
		queue_delayed_work(kfd->wq, &poll->work, VIRTGPU_KFD_POLL_RETRY);
}

/**
 * virtgpu_kfd_events_start() - start the stream of fired events
 * @kfd: device
 *
 * Return: 0 or -ENOMEM.
 */
int virtgpu_kfd_events_start(struct virtgpu_kfd *kfd)
{
	struct virtgpu_kfd_poll *poll = kzalloc_obj(*poll);

	if (!poll)
		return -ENOMEM;

	poll->kfd = kfd;
	INIT_DELAYED_WORK(&poll->work, virtgpu_kfd_poll_work);
	kfd->poll = poll;
	queue_delayed_work(kfd->wq, &poll->work, 0);
	return 0;
}

/**
 * virtgpu_kfd_events_stop() - stop the stream of fired events
 * @kfd: device, gone, or the stream was never started
 */
void virtgpu_kfd_events_stop(struct virtgpu_kfd *kfd)
{
	struct virtgpu_kfd_poll *poll = kfd->poll;

	if (!poll)
		return;

	cancel_delayed_work_sync(&poll->work);
	if (poll->req)
		virtgpu_kfd_request_put(poll->req);
	kfd->poll = NULL;
	kfree(poll);
}
