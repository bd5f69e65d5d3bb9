// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * poll(2) on /dev/kfd, by which a virtual machine monitor learns of the events of many contexts
 * without a thread for each: kfd_poll_events().
 *
 * What does not live here: events as such, kfd_events.c; contexts, kfd_secondary.c.
 */
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "kselftest_harness.h"
#include "kfd_queue_lib.h"

#define READY	(POLLIN | POLLRDNORM)

FIXTURE(poll) {
	struct kfd kfd;		/* the primary context */
	struct kfd vm;		/* a secondary one, with a signal page */
	struct kfd_mem page;
	uint32_t manual;	/* a SIGNAL event */
	uint32_t taken;		/* one that resets itself */
};

FIXTURE_SETUP(poll)
{
	KFD_SETUP(return, &self->kfd);
	if (kfd_is_guest(&self->kfd))
		SKIP(return, "a guest's /dev/kfd has no poll");
	ASSERT_EQ(0, kfd_open(&self->vm));
	ASSERT_EQ(0, kfd_ioctl(self->vm.fd, AMDKFD_IOC_CREATE_PROCESS, NULL));
	ASSERT_EQ(0, kfd_acquire(&self->vm));
	ASSERT_EQ(0, kfd_event_page(&self->vm, &self->page, &self->manual));
	ASSERT_EQ(0, kfd_create_event(&self->vm, KFD_IOC_EVENT_SIGNAL, true, &self->taken));
}

FIXTURE_TEARDOWN(poll)
{
	kfd_close(&self->vm);
	kfd_close(&self->kfd);
}

static int poll_fd(int fd, int timeout_ms)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN | POLLRDNORM | POLLOUT };
	int ret = poll(&pollfd, 1, timeout_ms);

	return ret < 0 ? -errno : pollfd.revents;
}

static int ready(const struct kfd *kfd)
{
	return poll_fd(kfd->fd, 0);
}

/* What WAIT_EVENTS has at once: a result, or a negative errno. */
static int take(const struct kfd *kfd, uint32_t id)
{
	struct kfd_event_data data = { .event_id = id };
	uint32_t result;
	int ret;

	ret = kfd_wait(kfd, &data, 1, true, KFD_EVENT_TIMEOUT_IMMEDIATE, &result);
	return ret ?: (int)result;
}

TEST_F(poll, manual_event)
{
	EXPECT_EQ(0, ready(&self->vm));
	ASSERT_EQ(0, kfd_set_event(&self->vm, self->manual));
	EXPECT_EQ(READY, ready(&self->vm));
	/* Waiting for it changes nothing. */
	EXPECT_EQ(KFD_IOC_WAIT_RESULT_COMPLETE, take(&self->vm, self->manual));
	EXPECT_EQ(READY, ready(&self->vm));
	ASSERT_EQ(0, kfd_set_event(&self->vm, self->manual));
	ASSERT_EQ(0, kfd_reset_event(&self->vm, self->manual));
	EXPECT_EQ(0, ready(&self->vm));
	ASSERT_EQ(0, kfd_reset_event(&self->vm, self->manual));
	EXPECT_EQ(0, ready(&self->vm));
}

TEST_F(poll, auto_reset_event)
{
	ASSERT_EQ(0, kfd_set_event(&self->vm, self->taken));
	ASSERT_EQ(0, kfd_set_event(&self->vm, self->taken));
	EXPECT_EQ(READY, ready(&self->vm));
	EXPECT_EQ(READY, ready(&self->vm));
	EXPECT_EQ(KFD_IOC_WAIT_RESULT_COMPLETE, take(&self->vm, self->taken));
	EXPECT_EQ(0, ready(&self->vm));
	EXPECT_EQ(KFD_IOC_WAIT_RESULT_TIMEOUT, take(&self->vm, self->taken));
}

/* As long as there is one. */
TEST_F(poll, many_events)
{
	uint32_t ids[64];

	for (int i = 0; i < 64; i++) {
		ASSERT_EQ(0, kfd_create_event(&self->vm, KFD_IOC_EVENT_SIGNAL, i & 1, &ids[i]));
		ASSERT_EQ(0, kfd_set_event(&self->vm, ids[i]));
	}
	for (int i = 0; i < 64; i++) {
		int ret;

		EXPECT_EQ(READY, ready(&self->vm));
		if (i % 3 == 0)
			ret = kfd_destroy_event(&self->vm, ids[i]);
		else if (i & 1)
			ret = take(&self->vm, ids[i]) != KFD_IOC_WAIT_RESULT_COMPLETE;
		else
			ret = kfd_reset_event(&self->vm, ids[i]);
		EXPECT_EQ(0, ret);
	}
	EXPECT_EQ(0, ready(&self->vm));
}

/* Neither the primary context nor another secondary one is concerned. */
TEST_F(poll, only_its_context)
{
	struct kfd other;

	ASSERT_EQ(0, kfd_open(&other));
	ASSERT_EQ(0, kfd_ioctl(other.fd, AMDKFD_IOC_CREATE_PROCESS, NULL));
	ASSERT_EQ(0, kfd_set_event(&self->vm, self->manual));
	EXPECT_EQ(READY, ready(&self->vm));
	EXPECT_EQ(0, ready(&self->kfd));
	EXPECT_EQ(0, ready(&other));
	kfd_close(&other);
}

struct setter {
	const struct kfd *kfd;
	uint32_t id;
	pthread_t thread;
};

static void *set_later(void *data)
{
	struct setter *setter = data;

	usleep(200000);
	return (void *)(long)kfd_set_event(setter->kfd, setter->id);
}

TEST_F(poll, wakes)
{
	struct setter setter = { .kfd = &self->vm, .id = self->taken };

	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(0, pthread_create(&setter.thread, NULL, set_later, &setter));
		EXPECT_EQ(READY, poll_fd(self->vm.fd, QUEUE_PATIENCE_MS));
		ASSERT_EQ(0, pthread_join(setter.thread, NULL));
		EXPECT_EQ(KFD_IOC_WAIT_RESULT_COMPLETE, take(&self->vm, self->taken));
		EXPECT_EQ(0, poll_fd(self->vm.fd, 10));
	}
}

static void *wait_for_it(void *data)
{
	struct setter *setter = data;
	struct kfd_event_data event = { .event_id = setter->id };
	uint32_t result;

	return (void *)(long)(kfd_wait(setter->kfd, &event, 1, true, QUEUE_PATIENCE_MS, &result) ?:
			      (int)result);
}

/* It goes to who waits in WAIT_EVENTS, who has taken it when it is set. */
TEST_F(poll, auto_reset_event_with_a_waiter)
{
	struct setter waiter = { .kfd = &self->vm, .id = self->taken };
	void *ret;

	ASSERT_EQ(0, pthread_create(&waiter.thread, NULL, wait_for_it, &waiter));
	usleep(300000);
	ASSERT_EQ(0, kfd_set_event(&self->vm, self->taken));
	EXPECT_EQ(0, ready(&self->vm));
	ASSERT_EQ(0, pthread_join(waiter.thread, &ret));
	EXPECT_EQ(KFD_IOC_WAIT_RESULT_COMPLETE, (long)ret);
	EXPECT_EQ(0, ready(&self->vm));
}

struct busy_setter {
	const struct kfd *kfd;
	uint32_t ids[2];
	pthread_t thread;
	int rounds;		/* which have begun, which are over; both by atomics */
	int done;
	bool failed;
};

static void *set_both_each_round(void *data)
{
	struct busy_setter *setter = data;
	int rounds, done = 0;

	while ((rounds = __atomic_load_n(&setter->rounds, __ATOMIC_ACQUIRE)) >= 0) {
		if (rounds == done)
			continue;
		usleep(rounds % 8);
		for (int i = 0; i < 2; i++)
			setter->failed |= !!kfd_set_event(setter->kfd, setter->ids[i]);
		done = rounds;
		__atomic_store_n(&setter->done, done, __ATOMIC_RELEASE);
	}
	return NULL;
}

/* What comes while WAIT_EVENTS tells of another one, or is over, is for the next. */
TEST_F_TIMEOUT(poll, no_event_is_lost, 120)
{
	struct busy_setter setter = { .kfd = &self->vm, .ids = { 0, self->taken } };
	struct kfd_event_data data[2] = { 0 };
	bool lost = false;
	uint32_t result;

	ASSERT_EQ(0, kfd_create_event(&self->vm, KFD_IOC_EVENT_SIGNAL, true, &setter.ids[0]));
	for (int i = 0; i < 2; i++) {
		data[i].event_id = setter.ids[!i];
		data[i].signal_event_data.last_event_age = 1;
	}
	ASSERT_EQ(0, pthread_create(&setter.thread, NULL, set_both_each_round, &setter));
	for (int i = 1; i <= 20000 && !lost && !setter.failed; i++) {
		__atomic_store_n(&setter.rounds, i, __ATOMIC_RELEASE);
		while (__atomic_load_n(&setter.done, __ATOMIC_ACQUIRE) != i ||
		       ready(&self->vm) == READY)
			EXPECT_EQ(0, kfd_wait(&self->vm, data, 2, false,
					      KFD_EVENT_TIMEOUT_IMMEDIATE, &result));
		/* The age of an event that nobody has been told of is another one. */
		EXPECT_EQ(0, kfd_wait(&self->vm, data, 2, false, KFD_EVENT_TIMEOUT_IMMEDIATE,
				      &result));
		lost = result != KFD_IOC_WAIT_RESULT_TIMEOUT;
		if (lost)
			TH_LOG("in round %d", i);
	}
	__atomic_store_n(&setter.rounds, -1, __ATOMIC_RELEASE);
	ASSERT_EQ(0, pthread_join(setter.thread, NULL));
	EXPECT_FALSE(lost);
	EXPECT_FALSE(setter.failed);
}

static int add(int epoll, const struct kfd *kfd, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.fd = kfd->fd };

	return epoll_ctl(epoll, EPOLL_CTL_ADD, kfd->fd, &event) ? -errno : 0;
}

/* As a monitor does it: one descriptor for all contexts. */
TEST_F(poll, epoll)
{
	struct epoll_event event;
	int epoll = epoll_create1(0);

	ASSERT_LE(0, epoll);
	ASSERT_EQ(0, add(epoll, &self->kfd, EPOLLIN));
	ASSERT_EQ(0, add(epoll, &self->vm, EPOLLIN));
	EXPECT_EQ(0, epoll_wait(epoll, &event, 1, 0));
	ASSERT_EQ(0, kfd_set_event(&self->vm, self->taken));
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(1, epoll_wait(epoll, &event, 1, QUEUE_PATIENCE_MS));
		EXPECT_EQ(EPOLLIN, event.events);
		EXPECT_EQ(self->vm.fd, event.data.fd);
	}
	EXPECT_EQ(KFD_IOC_WAIT_RESULT_COMPLETE, take(&self->vm, self->taken));
	EXPECT_EQ(0, epoll_wait(epoll, &event, 1, 0));
	close(epoll);
}

/* An edge is whatever is signaled, also if something is already. */
TEST_F(poll, edge_triggered)
{
	struct epoll_event event;
	int epoll = epoll_create1(0);

	ASSERT_LE(0, epoll);
	ASSERT_EQ(0, add(epoll, &self->vm, EPOLLIN | EPOLLET));
	ASSERT_EQ(0, kfd_set_event(&self->vm, self->manual));
	EXPECT_EQ(1, epoll_wait(epoll, &event, 1, 0));
	EXPECT_EQ(0, epoll_wait(epoll, &event, 1, 0));
	ASSERT_EQ(0, kfd_set_event(&self->vm, self->taken));
	EXPECT_EQ(1, epoll_wait(epoll, &event, 1, 0));
	ASSERT_EQ(0, kfd_set_event(&self->vm, self->taken));
	EXPECT_EQ(1, epoll_wait(epoll, &event, 1, 0));
	EXPECT_EQ(0, epoll_wait(epoll, &event, 1, 0));
	close(epoll);
}

/* A queue's interrupt: no event is set by the CPU. */
TEST_F(poll, interrupt)
{
	uint64_t *slots = self->page.va;
	struct kfd_queue queue;

	ASSERT_EQ(0, kfd_map(&self->vm, self->page.handle));
	ASSERT_EQ(0, kfd_queue_create(&self->vm, &queue, SDMA));
	for (int i = 0; i < 20; i++) {
		EXPECT_EQ(0, ready(&self->vm));
		sdma_fence(&queue, &slots[self->taken], self->taken);
		sdma_trap(&queue, self->taken);
		kfd_queue_ring(&queue);
		ASSERT_EQ(READY, poll_fd(self->vm.fd, QUEUE_PATIENCE_MS));
		EXPECT_EQ(KFD_IOC_WAIT_RESULT_COMPLETE, take(&self->vm, self->taken));
	}
	EXPECT_EQ(0, kfd_queue_destroy(&queue));
}

/* What is told when a queue faults. */
TEST_F(poll, fault)
{
	char *hole = kfd_reserve(KFD_PAGE);
	struct kfd_queue queue;
	uint32_t id;

	ASSERT_NE(NULL, hole);
	ASSERT_EQ(0, kfd_create_event(&self->vm, KFD_IOC_EVENT_MEMORY, true, &id));
	ASSERT_EQ(0, kfd_queue_create(&self->vm, &queue, SDMA));
	EXPECT_EQ(0, ready(&self->vm));
	sdma_write(&queue, hole, 1);
	kfd_queue_ring(&queue);
	EXPECT_EQ(READY, poll_fd(self->vm.fd, QUEUE_PATIENCE_MS));
	EXPECT_EQ(0, ready(&self->kfd));
	/* It may come once more while the queue is being stopped */
	usleep(100000);
	EXPECT_EQ(KFD_IOC_WAIT_RESULT_COMPLETE, take(&self->vm, id));
	EXPECT_EQ(0, ready(&self->vm));
	EXPECT_EQ(0, kfd_queue_destroy(&queue));
}

/* As for its ioctls, which are EBADF. */
TEST_F(poll, another_process)
{
	pid_t pid;

	ASSERT_EQ(0, kfd_set_event(&self->vm, self->manual));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(ready(&self->vm) != POLLERR);
	EXPECT_EQ(0, kfd_child_status(pid));
	EXPECT_EQ(READY, ready(&self->vm));
}

/* A file that is polled while it gets another context, and closed by then. */
TEST_F(poll, create_process_of_a_polled_file)
{
	struct epoll_event event;
	int epoll = epoll_create1(0);
	struct kfd other;

	ASSERT_LE(0, epoll);
	for (int i = 0; i < 10; i++) {
		ASSERT_EQ(0, kfd_open(&other));
		ASSERT_EQ(0, add(epoll, &other, EPOLLIN));
		ASSERT_EQ(0, kfd_ioctl(other.fd, AMDKFD_IOC_CREATE_PROCESS, NULL));
		EXPECT_EQ(0, epoll_ctl(epoll, EPOLL_CTL_DEL, other.fd, NULL));
		ASSERT_EQ(0, add(epoll, &other, EPOLLIN));
		EXPECT_EQ(0, epoll_wait(epoll, &event, 1, 0));
		kfd_close(&other);
	}
	ASSERT_EQ(0, kfd_set_event(&self->vm, self->manual));
	EXPECT_EQ(0, epoll_wait(epoll, &event, 1, 0));
	close(epoll);
}

/* The file outlives the process: another one has it, and waits for it. */
TEST_F(poll, process_that_ends)
{
	struct epoll_event event;
	int socks[2], epoll, fd;
	pid_t pid;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_DGRAM, 0, socks));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		struct kfd own;

		if (kfd_open(&own) || kfd_send_fd(socks[1], own.fd))
			_exit(1);
		epoll = epoll_create1(0);
		if (epoll < 0 || add(epoll, &own, EPOLLIN) ||
		    kfd_ioctl(own.fd, AMDKFD_IOC_CREATE_PROCESS, NULL) ||
		    kfd_send_fd(socks[1], epoll))
			_exit(2);
		_exit(0);
	}
	fd = kfd_receive_fd(socks[0]);
	ASSERT_LE(0, fd);
	epoll = kfd_receive_fd(socks[0]);
	EXPECT_EQ(0, kfd_child_status(pid));
	ASSERT_LE(0, epoll);
	usleep(300000);
	epoll_wait(epoll, &event, 1, 10);
	EXPECT_EQ(POLLERR, poll_fd(fd, 0));
	close(fd);
	epoll_wait(epoll, &event, 1, 10);
	close(epoll);
}

TEST_HARNESS_MAIN
