// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The backend "kfd": which events of a context have fired.
 *
 * Where /dev/kfd has poll(2), one thread waits for the files of all contexts and asks WAIT_EVENTS,
 * with no timeout, which events it was. Where it has not, each context has a thread that is in
 * WAIT_EVENTS for all its events. An event may neither come nor go then, so the thread is
 * interrupted first, with a signal: the kernel gives back what an interrupted wait has taken.
 *
 * Events reset themselves here, whatever the guest asked for: being set is a state that the
 * guest keeps. A signal event has an age, by which it shows that it has fired; of the exceptions
 * it is their data.
 *
 * What does not live here: the state of an event as the guest sees it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "host.h"

/* Ignored by default and for nothing else in a VMM; a handler makes it interrupt. */
#define WAKE_SIGNAL	SIGURG
/* An interrupt that came before the thread was in the kernel is lost. */
#define WAKE_AGAIN_NS	1000000
#define NO_KEY		UINT32_MAX

/* Returns how many have fired that had not. Lock held; the kernel has filled in ctx->data. */
static unsigned int scan(struct virtkfd_backend_ctx *ctx)
{
	unsigned int num = 0;

	for (uint32_t i = 0; i < ctx->num_events; i++) {
		struct host_event *ev = &ctx->events[i];
		struct kfd_event_data *data = &ctx->data[i];
		static const struct kfd_hsa_memory_exception_data none;

		_Static_assert(sizeof(none) <= sizeof(ev->data), "room for an exception");
		if (ev->type == KFD_IOC_EVENT_SIGNAL) {
			if (data->signal_event_data.last_event_age == ev->data[0])
				continue;
			ev->data[0] = data->signal_event_data.last_event_age;
		} else {
			if (!memcmp(&data->memory_exception_data, &none, sizeof(none)))
				continue;
			memcpy(ev->data, &data->memory_exception_data, sizeof(none));
			memset(&data->memory_exception_data, 0, sizeof(none));
		}
		if (!ev->fired) {
			ev->fired = true;
			ctx->num_fired++;
			num++;
		}
	}
	return num;
}

static int wait_events(struct virtkfd_backend_ctx *ctx, uint32_t num, uint32_t timeout,
		       uint32_t *result)
{
	struct kfd_ioctl_wait_events_args args = {
		.events_ptr = (uintptr_t)ctx->data,
		.num_events = num,
		.timeout = timeout,
	};
	/* Not again after a signal, which is there to end it. */
	int ret = ioctl(ctx->fd, AMDKFD_IOC_WAIT_EVENTS, &args);

	*result = args.wait_result;
	return ret < 0 ? -errno : 0;
}

/* Of a context with a thread of its own: until the thread is out of the kernel. Lock held. */
static void pause_wait(struct virtkfd_backend_ctx *ctx)
{
	ctx->pauses = true;
	while (ctx->waiting) {
		struct timespec until;

		pthread_kill(ctx->thread, WAKE_SIGNAL);
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += WAKE_AGAIN_NS;
		if (until.tv_nsec >= 1000000000) {
			until.tv_sec++;
			until.tv_nsec -= 1000000000;
		}
		pthread_cond_timedwait(&ctx->changed, &ctx->lock, &until);
	}
}

/* Lock held. */
static void resume_wait(struct virtkfd_backend_ctx *ctx)
{
	ctx->pauses = false;
	pthread_cond_broadcast(&ctx->changed);
}

static void *ctx_thread(void *opaque)
{
	struct virtkfd_backend_ctx *ctx = opaque;
	uint32_t result;
	int ret;

	pthread_mutex_lock(&ctx->lock);
	while (!ctx->closing) {
		unsigned int fired = 0;
		uint32_t num = ctx->num_events;

		if (!num || ctx->pauses) {
			pthread_cond_wait(&ctx->changed, &ctx->lock);
			continue;
		}
		ctx->waiting = true;
		pthread_mutex_unlock(&ctx->lock);
		ret = wait_events(ctx, num, UINT32_MAX, &result);
		pthread_mutex_lock(&ctx->lock);
		ctx->waiting = false;
		pthread_cond_broadcast(&ctx->changed);
		if (!ret && result == KFD_IOC_WAIT_RESULT_COMPLETE) {
			fired = scan(ctx);
		} else if (ret && ret != -EINTR) {
			host_log(ctx->be, VIRTKFD_LOG_ERROR, "waiting for events ends: %s",
				 strerror(-ret));
			break;
		}
		if (fired) {
			pthread_mutex_unlock(&ctx->lock);
			ctx->notify(ctx->opaque);
			pthread_mutex_lock(&ctx->lock);
		}
	}
	pthread_mutex_unlock(&ctx->lock);
	return NULL;
}

/* Fetches what has fired without waiting. Returns how many, or an error. */
static int fetch(struct virtkfd_backend_ctx *ctx)
{
	uint32_t result;
	int ret = 0;

	pthread_mutex_lock(&ctx->lock);
	if (ctx->num_events) {
		ret = wait_events(ctx, ctx->num_events, 0, &result);
		if (!ret && result == KFD_IOC_WAIT_RESULT_COMPLETE)
			ret = scan(ctx);
	}
	pthread_mutex_unlock(&ctx->lock);
	return ret;
}

static void *poll_thread(void *opaque)
{
	struct virtkfd_backend *be = opaque;

	for (;;) {
		struct epoll_event events[16];
		int num = epoll_wait(be->poll.epoll_fd, events, ARRAY_SIZE(events), -1);

		for (int i = 0; i < num; i++) {
			struct virtkfd_backend_ctx *ctx;
			int ret;

			if (events[i].data.u32 == NO_KEY)
				return NULL;
			pthread_mutex_lock(&be->poll.lock);
			ctx = vk_ids_find(&be->poll.ctxs, events[i].data.u32);
			be->poll.current = ctx;
			pthread_mutex_unlock(&be->poll.lock);
			if (!ctx)
				continue;
			ret = fetch(ctx);
			if (ret > 0)
				ctx->notify(ctx->opaque);
			if (ret < 0 && ret != -EINTR)
				host_log(be, VIRTKFD_LOG_ERROR, "waiting for events ends: %s",
					 strerror(-ret));
			pthread_mutex_lock(&be->poll.lock);
			/* Of such a context the same would be said without end. */
			if (events[i].events & (EPOLLERR | EPOLLHUP) ||
			    (ret < 0 && ret != -EINTR))
				epoll_ctl(be->poll.epoll_fd, EPOLL_CTL_DEL, ctx->fd, NULL);
			be->poll.current = NULL;
			pthread_cond_broadcast(&be->poll.idle);
			pthread_mutex_unlock(&be->poll.lock);
		}
	}
}

static void wake(int sig)
{
	(void)sig;
}

/* A thread of the library gets no signal but the one it needs. */
static int thread_create(pthread_t *thread, void *(*fn)(void *), void *arg)
{
	sigset_t all, old;
	int ret;

	sigfillset(&all);
	sigdelset(&all, WAKE_SIGNAL);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	ret = -pthread_create(thread, NULL, fn, arg);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return ret;
}

/* The handler is the process's; one that somebody else has set does as well. */
static int set_handler(void)
{
	struct sigaction action = { .sa_handler = wake }, old;

	if (sigaction(WAKE_SIGNAL, NULL, &old))
		return -errno;
	if (old.sa_handler != SIG_DFL && old.sa_handler != SIG_IGN)
		return old.sa_flags & SA_RESTART ? -EBUSY : 0;
	return sigaction(WAKE_SIGNAL, &action, NULL) ? -errno : 0;
}

/* epoll takes no file without poll(2). */
int host_poll_open(struct virtkfd_backend *be)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = NO_KEY };
	int ret;

	pthread_mutex_init(&be->poll.lock, NULL);
	pthread_cond_init(&be->poll.idle, NULL);
	be->poll.wake_fd = eventfd(0, EFD_CLOEXEC);
	be->poll.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (be->poll.wake_fd < 0 || be->poll.epoll_fd < 0)
		goto err;
	if (epoll_ctl(be->poll.epoll_fd, EPOLL_CTL_ADD, be->fd, &event)) {
		if (errno != EPERM)
			goto err;
		close(be->poll.epoll_fd);
		be->poll.epoll_fd = -1;
		host_log(be, VIRTKFD_LOG_WARNING,
			 "the host's /dev/kfd has no poll(2), so its kernel lacks the host series: a thread for each guest process waits, and exceptions of a guest process may come to this one");
		return set_handler();
	}
	epoll_ctl(be->poll.epoll_fd, EPOLL_CTL_DEL, be->fd, NULL);
	if (epoll_ctl(be->poll.epoll_fd, EPOLL_CTL_ADD, be->poll.wake_fd, &event))
		goto err;
	ret = thread_create(&be->poll.thread, poll_thread, be);
	if (!ret)
		return 0;
	errno = -ret;
err:
	ret = -errno;
	if (be->poll.epoll_fd >= 0)
		close(be->poll.epoll_fd);
	be->poll.epoll_fd = -1;
	return ret;
}

void host_poll_close(struct virtkfd_backend *be)
{
	uint64_t one = 1;

	if (be->poll.epoll_fd >= 0) {
		if (write(be->poll.wake_fd, &one, sizeof(one)) == sizeof(one))
			pthread_join(be->poll.thread, NULL);
		close(be->poll.epoll_fd);
	}
	if (be->poll.wake_fd >= 0)
		close(be->poll.wake_fd);
	vk_ids_destroy(&be->poll.ctxs);
}

static int poll_add(struct virtkfd_backend_ctx *ctx)
{
	struct virtkfd_backend *be = ctx->be;
	struct epoll_event event = { .events = EPOLLIN };
	int64_t key;
	int ret = 0;

	pthread_mutex_lock(&be->poll.lock);
	key = vk_ids_alloc(&be->poll.ctxs, ctx, INT32_MAX);
	if (key < 0) {
		ret = key;
	} else {
		ctx->poll_key = key;
		event.data.u32 = key;
		if (epoll_ctl(be->poll.epoll_fd, EPOLL_CTL_ADD, ctx->fd, &event)) {
			ret = -errno;
			vk_ids_remove(&be->poll.ctxs, key);
		}
	}
	pthread_mutex_unlock(&be->poll.lock);
	return ret;
}

static void poll_remove(struct virtkfd_backend_ctx *ctx)
{
	struct virtkfd_backend *be = ctx->be;

	pthread_mutex_lock(&be->poll.lock);
	epoll_ctl(be->poll.epoll_fd, EPOLL_CTL_DEL, ctx->fd, NULL);
	vk_ids_remove(&be->poll.ctxs, ctx->poll_key);
	while (be->poll.current == ctx)
		pthread_cond_wait(&be->poll.idle, &be->poll.lock);
	pthread_mutex_unlock(&be->poll.lock);
}

int host_events_open(struct virtkfd_backend_ctx *ctx)
{
	int ret;

	pthread_mutex_init(&ctx->lock, NULL);
	pthread_cond_init(&ctx->changed, NULL);
	if (ctx->be->poll.epoll_fd >= 0) {
		ret = poll_add(ctx);
	} else {
		ret = thread_create(&ctx->thread, ctx_thread, ctx);
		ctx->has_thread = !ret;
	}
	if (ret) {
		pthread_cond_destroy(&ctx->changed);
		pthread_mutex_destroy(&ctx->lock);
	}
	return ret;
}

void host_events_close(struct virtkfd_backend_ctx *ctx)
{
	if (ctx->has_thread) {
		pthread_mutex_lock(&ctx->lock);
		ctx->closing = true;
		pause_wait(ctx);
		resume_wait(ctx);
		pthread_mutex_unlock(&ctx->lock);
		pthread_join(ctx->thread, NULL);
	} else {
		poll_remove(ctx);
	}
	free(ctx->events);
	free(ctx->data);
	pthread_cond_destroy(&ctx->changed);
	pthread_mutex_destroy(&ctx->lock);
}

/* Lock held, nobody waits. */
static int make_room(struct virtkfd_backend_ctx *ctx)
{
	uint32_t max = ctx->max_events ? 2 * ctx->max_events : 64;
	struct kfd_event_data *data;
	struct host_event *events;

	if (ctx->num_events < ctx->max_events)
		return 0;
	events = realloc(ctx->events, max * sizeof(*events));
	if (!events)
		return -ENOMEM;
	ctx->events = events;
	data = realloc(ctx->data, max * sizeof(*data));
	if (!data)
		return -ENOMEM;
	ctx->data = data;
	ctx->max_events = max;
	return 0;
}

int host_event_create(struct virtkfd_backend_ctx *ctx, struct kfd_ioctl_create_event_args *args)
{
	uint32_t auto_reset = args->auto_reset;
	int ret;

	pthread_mutex_lock(&ctx->lock);
	pause_wait(ctx);
	ret = make_room(ctx);
	if (!ret) {
		args->auto_reset = 1;
		ret = host_ioctl(ctx->fd, AMDKFD_IOC_CREATE_EVENT, args);
		args->auto_reset = auto_reset;
	}
	if (!ret) {
		struct host_event *ev = &ctx->events[ctx->num_events];
		struct kfd_event_data *data = &ctx->data[ctx->num_events];

		*ev = (struct host_event){ .id = args->event_id, .type = args->event_type };
		memset(data, 0, sizeof(*data));
		data->event_id = ev->id;
		if (ev->type == KFD_IOC_EVENT_SIGNAL) {
			/* What kfd_event_create() begins with */
			ev->data[0] = 1;
			data->signal_event_data.last_event_age = 1;
		}
		ctx->num_events++;
	}
	resume_wait(ctx);
	pthread_mutex_unlock(&ctx->lock);
	return ret;
}

int host_event_destroy(struct virtkfd_backend_ctx *ctx, struct kfd_ioctl_destroy_event_args *args)
{
	int ret;

	pthread_mutex_lock(&ctx->lock);
	pause_wait(ctx);
	ret = host_ioctl(ctx->fd, AMDKFD_IOC_DESTROY_EVENT, args);
	for (uint32_t i = 0; !ret && i < ctx->num_events; i++) {
		if (ctx->events[i].id != args->event_id)
			continue;
		if (ctx->events[i].fired)
			ctx->num_fired--;
		ctx->num_events--;
		ctx->events[i] = ctx->events[ctx->num_events];
		ctx->data[i] = ctx->data[ctx->num_events];
		break;
	}
	resume_wait(ctx);
	pthread_mutex_unlock(&ctx->lock);
	return ret;
}

/* As virtkfd_backend_ops.events. */
unsigned int host_events(struct virtkfd_backend_ctx *ctx, struct virtkfd_event *events,
			 unsigned int max)
{
	unsigned int num = 0;

	pthread_mutex_lock(&ctx->lock);
	for (uint32_t i = 0; i < ctx->num_events && ctx->num_fired && num < max; i++) {
		struct host_event *ev = &ctx->events[i];

		if (!ev->fired)
			continue;
		ev->fired = false;
		ctx->num_fired--;
		memset(&events[num], 0, sizeof(events[num]));
		events[num].event_id = ev->id;
		events[num].type = ev->type;
		if (ev->type != KFD_IOC_EVENT_SIGNAL)
			memcpy(events[num].data, ev->data, sizeof(ev->data));
		num++;
	}
	pthread_mutex_unlock(&ctx->lock);
	return num;
}
