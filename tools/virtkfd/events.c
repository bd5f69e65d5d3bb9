// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Events: which ones a context has, which have fired, the poll and the fences that wait
 * for it. The only file that a backend's thread enters, through vk_events_notify().
 *
 * What does not live here: the state of an event (set, reset, age), which is the guest's.
 */
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* Most events of one response; the guest polls again for more. */
#define POLL_MOST	64u

static int cmp_event(const void *a, const void *b)
{
	const struct vk_event *x = a, *y = b;

	return x->msg.event_id < y->msg.event_id ? -1 : x->msg.event_id > y->msg.event_id;
}

static struct vk_event *event_find(struct virtkfd_ctx *ctx, uint32_t id)
{
	struct vk_event key = { .msg.event_id = id };
	struct vk_event **found = tfind(&key, &ctx->events, cmp_event);

	return found ? *found : NULL;
}

/* Lock held. */
static void report_fences(struct virtkfd_vm *vm)
{
	struct vk_fence *fence;

	while ((fence = STAILQ_FIRST(&vm->fences))) {
		STAILQ_REMOVE_HEAD(&vm->fences, link);
		vm->num_fences--;
		vm->ops->fence(vm->opaque, fence->ctx_id, VIRTKFD_RING_EVENTS, fence->id);
		free(fence);
	}
}

static void unfire(struct virtkfd_vm *vm, struct vk_event *ev)
{
	if (ev->is_fired)
		TAILQ_REMOVE(&vm->fired, ev, fired);
	ev->is_fired = false;
}

/* Room for so many events in a poll's response. */
static uint32_t poll_room(uint32_t rsp_len)
{
	if (rsp_len < sizeof(struct virtkfd_rsp_event_poll))
		return 0;
	return (rsp_len - sizeof(struct virtkfd_rsp_event_poll)) /
	       sizeof(struct virtkfd_event);
}

/* Answer the poll if there is one and something to tell. Lock held. */
static void poll_answer(struct virtkfd_vm *vm)
{
	struct {
		struct virtkfd_rsp_event_poll head;
		struct virtkfd_event events[POLL_MOST];
	} rsp;
	struct vk_poll *poll = &vm->poll;
	uint32_t most = MIN(poll->max_events, poll_room(poll->rsp_len));
	struct vk_buf buf = { .data = (uint8_t *)&rsp };
	struct vk_event *ev;
	uint32_t num = 0;

	if (!poll->pending || TAILQ_EMPTY(&vm->fired))
		return;
	memset(&rsp, 0, sizeof(rsp));
	most = MIN(most, POLL_MOST);
	while (num < most && (ev = TAILQ_FIRST(&vm->fired))) {
		rsp.events[num++] = ev->msg;
		unfire(vm, ev);
	}
	rsp.head.num_events = num;
	rsp.head.event_size = sizeof(struct virtkfd_event);
	buf.len = sizeof(rsp.head) + num * sizeof(struct virtkfd_event);
	vk_rsp_write(vm->control, poll->rsp_off, poll->rsp_len, &buf, poll->seqno, 0);
	poll->pending = false;
	report_fences(vm);
}

/**
 * vk_events_notify() - the backend has events for a context
 * @opaque: &struct virtkfd_ctx; any thread
 */
void vk_events_notify(void *opaque)
{
	struct virtkfd_ctx *ctx = opaque;
	struct virtkfd_vm *vm = ctx->vm;
	struct virtkfd_event batch[16];
	unsigned int num;

	pthread_mutex_lock(&vm->lock);
	while ((num = vm->be->events(ctx->bctx, batch, ARRAY_SIZE(batch))) > 0) {
		for (unsigned int i = 0; i < num; i++) {
			struct vk_event *ev;

			if (batch[i].type == VIRTKFD_EVENT_CONTEXT_LOST) {
				ctx->lost = true;
				ev = &ctx->lost_event;
			} else {
				ev = event_find(ctx, batch[i].event_id);
				if (!ev)
					continue;
				memcpy(ev->msg.data, batch[i].data, sizeof(ev->msg.data));
			}
			if (!ev->is_fired)
				TAILQ_INSERT_TAIL(&vm->fired, ev, fired);
			ev->is_fired = true;
		}
	}
	poll_answer(vm);
	pthread_mutex_unlock(&vm->lock);
}

/**
 * vk_event_poll() - VIRTKFD_CCMD_EVENT_POLL
 * @ctx: control context
 * @cmd: command; its response fits into the response blob
 *
 * Return: 0 if the response has been or will be written; -EBUSY, -EINVAL without room for
 * one event.
 */
int vk_event_poll(struct virtkfd_ctx *ctx, const struct virtkfd_ccmd_event_poll *cmd)
{
	struct virtkfd_vm *vm = ctx->vm;
	int ret = 0;

	if (cmd->pad || !cmd->max_events || !poll_room(cmd->hdr.rsp_len))
		return -EINVAL;
	pthread_mutex_lock(&vm->lock);
	if (vm->poll.pending) {
		ret = -EBUSY;
	} else {
		vm->poll = (struct vk_poll){
			.pending = true,
			.seqno = cmd->hdr.seqno,
			.rsp_off = cmd->hdr.rsp_off,
			.rsp_len = cmd->hdr.rsp_len,
			.max_events = cmd->max_events,
		};
		poll_answer(vm);
	}
	pthread_mutex_unlock(&vm->lock);
	return ret;
}

/* The control context ends: so do its poll and the fences behind it. Lock held. */
void vk_control_gone(struct virtkfd_ctx *ctx)
{
	ctx->vm->control = NULL;
	ctx->vm->poll.pending = false;
	report_fences(ctx->vm);
}

int vk_event_create(struct virtkfd_ctx *ctx, struct kfd_ioctl_create_event_args *args)
{
	struct virtkfd_vm *vm = ctx->vm;
	uint64_t page = args->event_page_offset;
	struct vk_event *ev;
	int ret;

	args->event_page_offset = 0;
	if (ctx->num_events >= vm->limits.events) {
		vk_log(vm, VIRTKFD_LOG_WARNING, "context %u: limit of %u events reached",
		       ctx->id, vm->limits.events);
		return -ENOSPC;
	}
	ev = calloc(1, sizeof(*ev));
	if (!ev)
		return -ENOMEM;
	if (page)
		args->event_page_offset = vk_mem_backend_handle(ctx, page);
	ret = vm->be->ioctl(ctx->bctx, _IOC_NR(AMDKFD_IOC_CREATE_EVENT), args);
	args->event_page_offset = 0;
	if (ret) {
		free(ev);
		return ret;
	}
	ev->ctx = ctx;
	ev->msg.ctx_id = ctx->id;
	ev->msg.event_id = args->event_id;
	ev->msg.type = args->event_type;
	pthread_mutex_lock(&vm->lock);
	if (!tsearch(ev, &ctx->events, cmp_event))
		ret = -ENOMEM;
	pthread_mutex_unlock(&vm->lock);
	if (ret) {
		struct kfd_ioctl_destroy_event_args undo = { .event_id = args->event_id };

		vm->be->ioctl(ctx->bctx, _IOC_NR(AMDKFD_IOC_DESTROY_EVENT), &undo);
		free(ev);
		return ret;
	}
	ctx->num_events++;
	vm->stats.events++;
	return 0;
}

/* Lock held. */
static void event_free(struct virtkfd_ctx *ctx, struct vk_event *ev)
{
	unfire(ctx->vm, ev);
	tdelete(ev, &ctx->events, cmp_event);
	ctx->num_events--;
	ctx->vm->stats.events--;
	free(ev);
}

int vk_event_destroy(struct virtkfd_ctx *ctx, struct kfd_ioctl_destroy_event_args *args)
{
	struct virtkfd_vm *vm = ctx->vm;
	struct vk_event *ev;
	int ret;

	ret = vm->be->ioctl(ctx->bctx, _IOC_NR(AMDKFD_IOC_DESTROY_EVENT), args);
	if (ret)
		return ret;
	pthread_mutex_lock(&vm->lock);
	ev = event_find(ctx, args->event_id);
	if (ev)
		event_free(ctx, ev);
	pthread_mutex_unlock(&vm->lock);
	return 0;
}

/* The context ends. Lock held. */
void vk_events_free(struct virtkfd_ctx *ctx)
{
	unfire(ctx->vm, &ctx->lost_event);
	while (ctx->events)
		event_free(ctx, *(struct vk_event **)ctx->events);
}
