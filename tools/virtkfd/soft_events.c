// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The soft backend's events: ids, the signal page, what fires them.
 *
 * What does not live here: whether an event is set, its age and who waits for it; the guest
 * kernel keeps that (struct virtkfd_ccmd_ioctl), so a firing here is only reported.
 *
 * Source: kfd_events.c of Linux 7.3.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "soft.h"

/* kfd_events.h */
#define FIRST_NONSIGNAL_ID	0x40000000u
#define UNSIGNALED		UINT64_MAX

/* Keeps id 0 from being given out, which bogus interrupts carry. */
static struct soft_event taken;

int soft_events_open(struct virtkfd_backend_ctx *ctx)
{
	int64_t id = vk_ids_alloc(&ctx->signal_events, &taken, 1);

	if (id < 0)
		return id;
	ctx->signal_count = 1;
	TAILQ_INIT(&ctx->fired);
	return 0;
}

static void free_all(struct vk_ids *ids)
{
	for (uint32_t id = 0; id < ids->num_slots; id++)
		if (ids->slots[id] != &taken)
			free(ids->slots[id]);
	vk_ids_destroy(ids);
}

void soft_events_close(struct virtkfd_backend_ctx *ctx)
{
	free_all(&ctx->signal_events);
	free_all(&ctx->other_events);
	if (ctx->signal_obj)
		soft_obj_put(ctx->signal_obj);
}

static bool is_signal(uint32_t type)
{
	return type == KFD_IOC_EVENT_SIGNAL || type == KFD_IOC_EVENT_DEBUG_EVENT;
}

static struct soft_event *event_find(struct virtkfd_backend_ctx *ctx, uint32_t id)
{
	struct soft_event *ev;

	if (id >= FIRST_NONSIGNAL_ID)
		return vk_ids_find(&ctx->other_events, id - FIRST_NONSIGNAL_ID);
	ev = vk_ids_find(&ctx->signal_events, id);
	return ev == &taken ? NULL : ev;
}

/* kfd_kmap_event_page(), kfd_event_page_set() */
static int set_event_page(struct virtkfd_backend_ctx *ctx, uint64_t handle)
{
	struct soft_pdd *pdd = soft_pdd(ctx, handle >> 32);
	struct virtkfd_backend_obj *obj;
	uint64_t *page;

	if (ctx->signal_page || !pdd)
		return -EINVAL;
	if (!pdd->acquired)
		return -ENODEV;
	obj = soft_obj_find(ctx, handle);
	if (!obj || !obj->store)
		return -EINVAL;
	if (obj->size < KFD_SIGNAL_EVENT_LIMIT * sizeof(*page))
		return -EINVAL;
	page = obj->ptr;
	memset(page, 0xff, KFD_SIGNAL_EVENT_LIMIT * sizeof(*page));
	obj->refs++;
	pthread_mutex_lock(&ctx->lock);
	ctx->signal_page = page;
	ctx->signal_mapped = obj->size;
	ctx->signal_obj = obj;
	ctx->signal_handle = handle;
	pthread_mutex_unlock(&ctx->lock);
	return 0;
}

/* create_signal_event(), create_other_event(). Lock held. */
static int event_add(struct virtkfd_backend_ctx *ctx, struct soft_event *ev)
{
	int64_t id;

	if (!is_signal(ev->type)) {
		id = vk_ids_alloc(&ctx->other_events, ev, INT32_MAX - FIRST_NONSIGNAL_ID);
		if (id < 0)
			return id;
		ev->id = FIRST_NONSIGNAL_ID + id;
		return 0;
	}
	if (!ctx->signal_page)
		return -ENOMEM;
	if (ctx->signal_count == ctx->signal_mapped / 8)
		return -ENOSPC;
	id = vk_ids_alloc(&ctx->signal_events, ev,
			  MIN(ctx->signal_mapped / 8, FIRST_NONSIGNAL_ID));
	if (id < 0)
		return id;
	ev->id = id;
	__atomic_store_n(&ctx->signal_page[id], UNSIGNALED, __ATOMIC_RELAXED);
	ctx->signal_count++;
	return 0;
}

int soft_event_create(struct virtkfd_backend_ctx *ctx, struct kfd_ioctl_create_event_args *args)
{
	struct soft_event *ev;
	int ret;

	if (args->event_page_offset) {
		ret = set_event_page(ctx, args->event_page_offset);
		if (ret)
			return ret;
	}
	args->event_page_offset = 0;
	ev = calloc(1, sizeof(*ev));
	if (!ev)
		return -ENOMEM;
	ev->type = args->event_type;
	pthread_mutex_lock(&ctx->lock);
	ret = event_add(ctx, ev);
	pthread_mutex_unlock(&ctx->lock);
	if (ret) {
		free(ev);
		return ret;
	}
	args->event_id = ev->id;
	args->event_trigger_data = ev->id;
	if (is_signal(ev->type))
		args->event_slot_index = ev->id;
	return 0;
}

int soft_event_destroy(struct virtkfd_backend_ctx *ctx,
		       struct kfd_ioctl_destroy_event_args *args)
{
	struct soft_event *ev;

	pthread_mutex_lock(&ctx->lock);
	ev = event_find(ctx, args->event_id);
	if (ev) {
		if (ev->fired)
			TAILQ_REMOVE(&ctx->fired, ev, link);
		if (ev->id >= FIRST_NONSIGNAL_ID) {
			vk_ids_remove(&ctx->other_events, ev->id - FIRST_NONSIGNAL_ID);
		} else {
			vk_ids_remove(&ctx->signal_events, ev->id);
			ctx->signal_count--;
		}
	}
	pthread_mutex_unlock(&ctx->lock);
	free(ev);
	return ev ? 0 : -EINVAL;
}

unsigned int soft_events(struct virtkfd_backend_ctx *ctx, struct virtkfd_event *events,
			 unsigned int max)
{
	struct soft_event *ev;
	unsigned int num = 0;

	pthread_mutex_lock(&ctx->lock);
	while (num < max && (ev = TAILQ_FIRST(&ctx->fired))) {
		TAILQ_REMOVE(&ctx->fired, ev, link);
		ev->fired = false;
		memset(&events[num], 0, sizeof(events[num]));
		events[num].event_id = ev->id;
		events[num].type = ev->type;
		memcpy(events[num].data, ev->data, sizeof(ev->data));
		num++;
	}
	pthread_mutex_unlock(&ctx->lock);
	return num;
}

/* Lock held. */
static void fire(struct virtkfd_backend_ctx *ctx, struct soft_event *ev)
{
	if (!ev->fired)
		TAILQ_INSERT_TAIL(&ctx->fired, ev, link);
	ev->fired = true;
}

/* set_event_from_interrupt(): the slot is free for the next signal. Lock held. */
static void fire_signal(struct virtkfd_backend_ctx *ctx, struct soft_event *ev)
{
	__atomic_store_n(&ctx->signal_page[ev->id], UNSIGNALED, __ATOMIC_RELAXED);
	fire(ctx, ev);
}

static bool slot_signaled(struct virtkfd_backend_ctx *ctx, uint32_t id)
{
	return __atomic_load_n(&ctx->signal_page[id], __ATOMIC_RELAXED) != UNSIGNALED;
}

/* lookup_signaled_event_by_partial_id(). Lock held. */
static struct soft_event *find_partial(struct virtkfd_backend_ctx *ctx, uint32_t id,
				       uint32_t bits, bool mailbox_updated)
{
	struct soft_event *ev = NULL;

	if (id >= KFD_SIGNAL_EVENT_LIMIT)
		return NULL;
	if (bits > 31 || 1u << bits >= KFD_SIGNAL_EVENT_LIMIT) {
		if (mailbox_updated && !slot_signaled(ctx, id))
			return NULL;
		return event_find(ctx, id);
	}
	for (; id < KFD_SIGNAL_EVENT_LIMIT && !ev; id += 1u << bits)
		if (slot_signaled(ctx, id))
			ev = event_find(ctx, id);
	return ev;
}

/**
 * soft_signal() - an interrupt that signals an event (kfd_signal_event_interrupt())
 * @ctx: context
 * @id: event, or its lowest bits; what the interrupt carried
 * @valid_bits: how many bits of @id are known, 0 for none
 * @mailbox_updated: the sender has written the event's slot first, which proves it
 *
 * Without a match, every event whose slot is signaled fires. Any thread.
 */
void soft_signal(struct virtkfd_backend_ctx *ctx, uint32_t id, uint32_t valid_bits,
		 bool mailbox_updated)
{
	struct soft_event *ev = NULL;
	bool fired = false;

	pthread_mutex_lock(&ctx->lock);
	if (ctx->signal_page) {
		if (valid_bits)
			ev = find_partial(ctx, id, valid_bits, mailbox_updated);
		if (ev) {
			fire_signal(ctx, ev);
			fired = true;
		}
		for (id = 1; !ev && id < KFD_SIGNAL_EVENT_LIMIT; id++) {
			struct soft_event *other = event_find(ctx, id);

			if (!other || !slot_signaled(ctx, id))
				continue;
			fire_signal(ctx, other);
			fired = true;
		}
	}
	pthread_mutex_unlock(&ctx->lock);
	if (fired)
		ctx->notify(ctx->opaque);
}

/* kfd_set_event(): whatever its slot says. Any thread. */
void soft_set_event(struct virtkfd_backend_ctx *ctx, uint32_t id)
{
	struct soft_event *ev;

	pthread_mutex_lock(&ctx->lock);
	ev = event_find(ctx, id);
	if (ev && ev->type == KFD_IOC_EVENT_SIGNAL)
		fire(ctx, ev);
	else
		ev = NULL;
	pthread_mutex_unlock(&ctx->lock);
	if (ev)
		ctx->notify(ctx->opaque);
}

static void fire_type(struct virtkfd_backend_ctx *ctx, uint32_t type, const void *data,
		      size_t size)
{
	bool fired = false;

	pthread_mutex_lock(&ctx->lock);
	for (uint32_t i = 0; i < ctx->other_events.num_slots; i++) {
		struct soft_event *ev = ctx->other_events.slots[i];

		if (!ev || ev->type != type)
			continue;
		memcpy(ev->data, data, size);
		fire(ctx, ev);
		fired = true;
	}
	pthread_mutex_unlock(&ctx->lock);
	if (fired)
		ctx->notify(ctx->opaque);
}

/* kfd_signal_vm_fault_event(): all memory events fire, with this. Any thread. */
void soft_memory_exception(struct virtkfd_backend_ctx *ctx,
			   const struct kfd_hsa_memory_exception_data *data)
{
	_Static_assert(sizeof(*data) <= sizeof(((struct soft_event *)0)->data), "room");
	fire_type(ctx, KFD_IOC_EVENT_MEMORY, data, sizeof(*data));
}

/* kfd_signal_reset_event() and kfd_signal_hw_exception_event(). Any thread. */
void soft_hw_exception(struct virtkfd_backend_ctx *ctx,
		       const struct kfd_hsa_hw_exception_data *data)
{
	_Static_assert(sizeof(*data) <= sizeof(((struct soft_event *)0)->data), "room");
	fire_type(ctx, KFD_IOC_EVENT_HW_EXCEPTION, data, sizeof(*data));
}
