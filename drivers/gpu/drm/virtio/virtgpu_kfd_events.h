/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Events: what virtgpu_kfd_events.c shares with its KUnit tests. What the rest of the driver
 * sees of them is in virtgpu_kfd.h.
 */
#ifndef VIRTGPU_KFD_EVENTS_H
#define VIRTGPU_KFD_EVENTS_H

#include "virtgpu_kfd.h"

#define VIRTGPU_KFD_POLL_EVENTS		64

/**
 * struct virtgpu_kfd_event - an event
 * @id: KFD event id
 * @type: KFD_IOC_EVENT_*
 * @auto_reset: reset when it wakes somebody
 * @signaled: nobody waited when it was set
 * @age: counts how often it was set, beginning with 1; never 0
 * @memory_exception: of the last firing of a %KFD_IOC_EVENT_MEMORY
 * @hw_exception: of the last firing of a %KFD_IOC_EVENT_HW_EXCEPTION
 * @waiters: waits for it
 * @num_waiting: of @waiters, those it had to be set for
 *
 * Protected by virtgpu_kfd_process.event_state_lock.
 */
struct virtgpu_kfd_event {
	u32 id;
	u32 type;
	bool auto_reset;
	bool signaled;
	u64 age;
	union {
		struct kfd_hsa_memory_exception_data memory_exception;
		struct kfd_hsa_hw_exception_data hw_exception;
	};
	struct list_head waiters;
	u32 num_waiting;
};

/**
 * struct virtgpu_kfd_waiter - a wait's interest in one event
 * @node: in virtgpu_kfd_event.waiters
 * @event: event; NULL when it was destroyed
 * @task: who waits
 * @waiting: the event was not set when the wait began
 * @activated: the event was set
 * @report_age: user space wants to know the age
 * @copy: bytes of &struct kfd_event_data that user space gets
 *
 * Protected by virtgpu_kfd_process.event_state_lock.
 */
struct virtgpu_kfd_waiter {
	struct list_head node;
	struct virtgpu_kfd_event *event;
	struct task_struct *task;
	bool waiting;
	bool activated;
	bool report_age;
	u32 copy;
};

/**
 * struct virtgpu_kfd_poll - the stream of fired events
 * @kfd: device
 * @work: takes the response and asks again
 * @req: the request the host completes when something has fired; @work's own
 * @rsp: copy of the response
 */
struct virtgpu_kfd_poll {
	struct virtgpu_kfd *kfd;
	struct delayed_work work;
	struct virtgpu_kfd_request *req;
	struct {
		struct virtkfd_rsp_event_poll hdr;
		u8 data[VIRTGPU_KFD_POLL_EVENTS * sizeof(struct virtkfd_event)];
	} rsp;
};

#if IS_ENABLED(CONFIG_KUNIT)
void virtgpu_kfd_event_set(struct virtgpu_kfd_event *event);
long virtgpu_kfd_timeout_to_jiffies(u32 ms);
int virtgpu_kfd_wait_begin(struct virtgpu_kfd_process *process,
			   struct virtgpu_kfd_waiter *waiters,
			   const struct kfd_event_data *events, u32 num);
u32 virtgpu_kfd_wait_test(const struct virtgpu_kfd_waiter *waiters, u32 num, bool all);
void virtgpu_kfd_wait_end(struct virtgpu_kfd_process *process,
			  struct virtgpu_kfd_waiter *waiters, u32 num, bool undo);
void virtgpu_kfd_poll_fired(struct virtgpu_kfd_poll *poll);
#endif

#endif /* VIRTGPU_KFD_EVENTS_H */
