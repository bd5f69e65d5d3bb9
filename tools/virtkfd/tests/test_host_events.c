// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The backend "kfd" with a context whose waits end with an error: it is said once, nobody goes
 * round in circles, and closing it is as always. The files are real ones that are no /dev/kfd, so
 * what WAIT_EVENTS returns is the kernel's ENOTTY; what amdkfd returns needs a GPU and has its
 * tests in the host VM.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "harness.h"
#include "host.h"

/* Long enough to see the same said again and again. */
#define A_WHILE_NS	200000000

static struct {
	pthread_mutex_t lock;
	unsigned int num;
	char line[200];
	unsigned int notified;
} said = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void take_line(void *opaque, enum virtkfd_log_level level, const char *line)
{
	(void)opaque;
	if (level != VIRTKFD_LOG_ERROR)
		return;
	pthread_mutex_lock(&said.lock);
	said.num++;
	snprintf(said.line, sizeof(said.line), "%s", line);
	pthread_mutex_unlock(&said.lock);
}

static void notify(void *opaque)
{
	(void)opaque;
	said.notified++;
}

static void pass(long ns)
{
	struct timespec time = { .tv_nsec = ns };

	nanosleep(&time, NULL);
}

static void wait_for_lines(unsigned int num)
{
	for (int i = 0; i < 1000; i++) {
		bool done;

		pthread_mutex_lock(&said.lock);
		done = said.num >= num;
		pthread_mutex_unlock(&said.lock);
		if (done)
			return;
		pass(10000000);
	}
}

static void open_ctx(struct virtkfd_backend *be, struct virtkfd_backend_ctx *ctx, int fd)
{
	*ctx = (struct virtkfd_backend_ctx){ .be = be, .notify = notify, .fd = fd };
	assert_true(fd >= 0);
	assert_int_equal(host_events_open(ctx), 0);
}

/* One event, which this kernel's file would not make. */
static void add_event(struct virtkfd_backend_ctx *ctx)
{
	pthread_mutex_lock(&ctx->lock);
	ctx->events = calloc(1, sizeof(*ctx->events));
	ctx->data = calloc(1, sizeof(*ctx->data));
	assert_true(ctx->events && ctx->data);
	ctx->events[0].id = 1;
	ctx->data[0].event_id = 1;
	ctx->num_events = 1;
	ctx->max_events = 1;
	pthread_cond_broadcast(&ctx->changed);
	pthread_mutex_unlock(&ctx->lock);
}

static void close_ctx(struct virtkfd_backend_ctx *ctx)
{
	host_events_close(ctx);
	close(ctx->fd);
}

static void expect_said_once_each(unsigned int num)
{
	wait_for_lines(num);
	pass(A_WHILE_NS);
	pthread_mutex_lock(&said.lock);
	assert_int_equal(said.num, num);
	assert_string_equal(said.line,
			    "waiting for events ends: Inappropriate ioctl for device");
	pthread_mutex_unlock(&said.lock);
	assert_int_equal(said.notified, 0);
}

static int reset(void **state)
{
	(void)state;
	said.num = 0;
	said.notified = 0;
	return 0;
}

/* Readable from the beginning, and for good: epoll would report it without end. */
static void test_poll_error(void **state)
{
	struct virtkfd_backend be = { .params.log = take_line };
	struct virtkfd_backend_ctx first, second;

	(void)state;
	be.fd = eventfd(0, EFD_CLOEXEC);
	assert_int_equal(host_poll_open(&be), 0);
	assert_true(be.poll.epoll_fd >= 0);
	open_ctx(&be, &first, eventfd(0, EFD_CLOEXEC));
	add_event(&first);
	assert_int_equal(eventfd_write(first.fd, 1), 0);
	expect_said_once_each(1);
	/* The thread goes on for the others. */
	open_ctx(&be, &second, eventfd(0, EFD_CLOEXEC));
	add_event(&second);
	assert_int_equal(eventfd_write(second.fd, 1), 0);
	expect_said_once_each(2);
	close_ctx(&first);
	close_ctx(&second);
	host_poll_close(&be);
	close(be.fd);
}

/* A file of memory has no poll(2): each context has its thread. */
static void test_thread_error(void **state)
{
	struct virtkfd_backend be = { .params.log = take_line };
	struct virtkfd_backend_ctx first, second;

	(void)state;
	be.fd = memfd_create("no poll", MFD_CLOEXEC);
	assert_int_equal(host_poll_open(&be), 0);
	assert_true(be.poll.epoll_fd < 0);
	open_ctx(&be, &first, memfd_create("first", MFD_CLOEXEC));
	open_ctx(&be, &second, memfd_create("second", MFD_CLOEXEC));
	add_event(&first);
	expect_said_once_each(1);
	add_event(&second);
	expect_said_once_each(2);
	close_ctx(&first);
	close_ctx(&second);
	host_poll_close(&be);
	close(be.fd);
}

/* What the kernel refuses leaves no event behind, and waiting goes on. */
static void test_create_refused(void **state)
{
	struct kfd_ioctl_create_event_args create = { .event_type = KFD_IOC_EVENT_SIGNAL };
	struct kfd_ioctl_destroy_event_args destroy = { .event_id = 1 };
	struct virtkfd_backend be = { .params.log = take_line };
	struct virtkfd_backend_ctx ctx;

	(void)state;
	be.fd = eventfd(0, EFD_CLOEXEC);
	assert_int_equal(host_poll_open(&be), 0);
	open_ctx(&be, &ctx, eventfd(0, EFD_CLOEXEC));
	assert_int_equal(host_event_create(&ctx, &create), -ENOTTY);
	assert_int_equal(host_event_destroy(&ctx, &destroy), -ENOTTY);
	assert_int_equal(ctx.num_events, 0);
	/* Without an event there is nothing to ask for. */
	assert_int_equal(eventfd_write(ctx.fd, 1), 0);
	pass(A_WHILE_NS / 10);
	assert_int_equal(said.num, 0);
	close_ctx(&ctx);
	host_poll_close(&be);
	close(be.fd);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_poll_error, reset),
		cmocka_unit_test_setup(test_thread_error, reset),
		cmocka_unit_test_setup(test_create_refused, reset),
	};

	return cmocka_run_group_tests_name("host_events", tests, NULL, NULL);
}
