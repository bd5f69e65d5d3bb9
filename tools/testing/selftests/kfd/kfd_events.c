// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Events: creation, the signal page, ages, and WAIT_EVENTS, as kfd_events.c has them.
 *
 * Events of the GPU's need a queue, which is not tested here.
 */
#include <pthread.h>
#include <time.h>
#include <sys/resource.h>

#include "kselftest_harness.h"
#include "kfd_test.h"

#define COMPLETE	KFD_IOC_WAIT_RESULT_COMPLETE
#define TIMEOUT		KFD_IOC_WAIT_RESULT_TIMEOUT
#define FAIL		KFD_IOC_WAIT_RESULT_FAIL

#define INFINITE	KFD_EVENT_TIMEOUT_INFINITE

FIXTURE(events) {
	struct kfd kfd;
	struct kfd_mem page;
	uint32_t first;		/* a SIGNAL event */
};

FIXTURE_SETUP(events)
{
	KFD_SETUP(return, &self->kfd);
	ASSERT_EQ(0, kfd_acquire(&self->kfd));
	ASSERT_EQ(0, kfd_event_page(&self->kfd, &self->page, &self->first));
}

FIXTURE_TEARDOWN(events)
{
	kfd_close(&self->kfd);
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000;
}

static uint32_t signal_event(struct __test_metadata *_metadata, const struct kfd *kfd,
			     bool auto_reset)
{
	uint32_t id = 0;

	EXPECT_EQ(0, kfd_create_event(kfd, KFD_IOC_EVENT_SIGNAL, auto_reset, &id));
	return id;
}

/* A wait in a thread. */
struct waiter {
	const struct kfd *kfd;
	struct kfd_event_data events[4];
	uint32_t num;
	bool all;
	uint32_t timeout;

	pthread_t thread;
	pid_t tid;
	uint32_t result;
	int ret;
	uint64_t ms;
	uint64_t cpu_ns;
};

static void *waiter_thread(void *data)
{
	struct waiter *waiter = data;
	struct timespec ts;
	uint64_t start = now_ms();

	__atomic_store_n(&waiter->tid, gettid(), __ATOMIC_RELEASE);
	waiter->ret = kfd_wait(waiter->kfd, waiter->events, waiter->num, waiter->all,
			       waiter->timeout, &waiter->result);
	waiter->ms = now_ms() - start;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	waiter->cpu_ns = ts.tv_sec * 1000000000ULL + ts.tv_nsec;
	return NULL;
}

/* Starts a wait and returns once it sleeps. */
static int wait_start(struct waiter *waiter)
{
	char path[64], state = 0;
	int i;

	waiter->tid = 0;
	if (pthread_create(&waiter->thread, NULL, waiter_thread, waiter))
		return -EAGAIN;
	for (i = 0; i < 500 && state != 'S'; i++) {
		FILE *file;

		usleep(10000);
		snprintf(path, sizeof(path), "/proc/self/task/%d/stat",
			 __atomic_load_n(&waiter->tid, __ATOMIC_ACQUIRE));
		file = fopen(path, "re");
		if (!file)
			continue;
		if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
			state = 0;
		fclose(file);
	}
	return state == 'S' ? 0 : -ETIMEDOUT;
}

static int wait_end(struct waiter *waiter)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 10;
	return -pthread_timedjoin_np(waiter->thread, NULL, &until);
}

TEST_F(events, signal_event)
{
	struct kfd_ioctl_create_event_args args = {
		.event_type = KFD_IOC_EVENT_SIGNAL,
		.event_id = 77,
	};

	ASSERT_EQ(0, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_CREATE_EVENT, &args));
	/* Event 0 is taken, the first one is that of the signal page. */
	EXPECT_EQ(1, self->first);
	EXPECT_EQ(2, args.event_id);
	EXPECT_EQ(2, args.event_slot_index);
	EXPECT_EQ(2, args.event_trigger_data);
	EXPECT_EQ(KFD_MMAP_TYPE_EVENTS, args.event_page_offset);

	/* The lowest that is free is taken. */
	EXPECT_EQ(0, kfd_destroy_event(&self->kfd, 1));
	args = (struct kfd_ioctl_create_event_args){ .event_type = KFD_IOC_EVENT_DEBUG_EVENT };
	ASSERT_EQ(0, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_CREATE_EVENT, &args));
	EXPECT_EQ(1, args.event_id);
}

TEST_F(events, other_events)
{
	static const uint32_t types[] = {
		KFD_IOC_EVENT_NODECHANGE, KFD_IOC_EVENT_DEVICESTATECHANGE,
		KFD_IOC_EVENT_HW_EXCEPTION, KFD_IOC_EVENT_SYSTEM_EVENT,
		KFD_IOC_EVENT_PROFILE_EVENT, KFD_IOC_EVENT_QUEUE_EVENT, KFD_IOC_EVENT_MEMORY,
		1000,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		struct kfd_ioctl_create_event_args args = {
			.event_type = types[i],
			.event_slot_index = 77,
		};

		ASSERT_EQ(0, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_CREATE_EVENT, &args));
		EXPECT_EQ(KFD_FIRST_NONSIGNAL_EVENT_ID + i, args.event_id);
		EXPECT_EQ(args.event_id, args.event_trigger_data);
		EXPECT_EQ(0, args.event_page_offset);
		EXPECT_EQ(77, args.event_slot_index);
		/* event_can_be_cpu_signaled() */
		EXPECT_EQ(-EINVAL, kfd_set_event(&self->kfd, args.event_id));
		EXPECT_EQ(-EINVAL, kfd_reset_event(&self->kfd, args.event_id));
	}
}

TEST_F(events, debug_event_is_not_the_cpus)
{
	uint32_t id;

	ASSERT_EQ(0, kfd_create_event(&self->kfd, KFD_IOC_EVENT_DEBUG_EVENT, false, &id));
	EXPECT_GT(KFD_SIGNAL_EVENT_LIMIT, id);
	EXPECT_EQ(-EINVAL, kfd_set_event(&self->kfd, id));
	EXPECT_EQ(-EINVAL, kfd_reset_event(&self->kfd, id));
	EXPECT_EQ(0, kfd_destroy_event(&self->kfd, id));
}

TEST_F(events, unknown)
{
	static const uint32_t ids[] = {
		0, 2, KFD_SIGNAL_EVENT_LIMIT, 0x7fffffff, KFD_FIRST_NONSIGNAL_EVENT_ID, ~0U,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		struct kfd_event_data event = { .event_id = ids[i] };
		uint32_t result;

		EXPECT_EQ(-EINVAL, kfd_set_event(&self->kfd, ids[i]));
		EXPECT_EQ(-EINVAL, kfd_reset_event(&self->kfd, ids[i]));
		EXPECT_EQ(-EINVAL, kfd_destroy_event(&self->kfd, ids[i]));
		EXPECT_EQ(-EINVAL, kfd_wait(&self->kfd, &event, 1, false, 0, &result)) {
			TH_LOG("event 0x%x", ids[i]);
		}
		EXPECT_EQ(FAIL, result);
	}
}

TEST_F(events, page)
{
	struct kfd_ioctl_create_event_args args = { .event_type = KFD_IOC_EVENT_SIGNAL };
	uint64_t *slots;
	int i;

	/* UNSIGNALED_EVENT_SLOT */
	slots = kfd_cpu_map(&self->kfd, &self->page);
	ASSERT_EQ(self->page.va, slots);
	for (i = 0; i < KFD_SIGNAL_EVENT_LIMIT && slots[i] == ~0ULL; i++)
		;
	EXPECT_EQ(KFD_SIGNAL_EVENT_LIMIT, i);

	/* There is one only, and it stays. */
	args.event_page_offset = self->page.handle;
	EXPECT_EQ(-EINVAL, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_CREATE_EVENT, &args));
	EXPECT_EQ(-EPERM, kfd_free(&self->kfd, self->page.handle));
	EXPECT_EQ(0, kfd_map(&self->kfd, self->page.handle));
	EXPECT_EQ(-EPERM, kfd_free(&self->kfd, self->page.handle));
	EXPECT_EQ(0, kfd_unmap(&self->kfd, self->page.handle));
	EXPECT_EQ(0, kfd_destroy_event(&self->kfd, self->first));
	EXPECT_EQ(-EPERM, kfd_free(&self->kfd, self->page.handle));
}

FIXTURE(page) {
	struct kfd kfd;
};

FIXTURE_SETUP(page)
{
	KFD_SETUP(return, &self->kfd);
	ASSERT_EQ(0, kfd_acquire(&self->kfd));
}

FIXTURE_TEARDOWN(page)
{
	kfd_close(&self->kfd);
}

TEST_F(page, errors)
{
	struct kfd_ioctl_create_event_args args = { .event_type = KFD_IOC_EVENT_SIGNAL };
	struct kfd_mem small, page;
	uint32_t id;
	void *user;

	/* allocate_event_notification_slot() */
	EXPECT_EQ(-ENOMEM, kfd_create_event(&self->kfd, KFD_IOC_EVENT_SIGNAL, false, &id));
	EXPECT_EQ(-ENOMEM, kfd_create_event(&self->kfd, KFD_IOC_EVENT_DEBUG_EVENT, false, &id));
	EXPECT_EQ(0, kfd_create_event(&self->kfd, KFD_IOC_EVENT_MEMORY, false, &id));

	/* kfd_kmap_event_page() */
	args.event_page_offset = (uint64_t)KFD_BAD_GPU_ID << 32 | 1;
	EXPECT_EQ(-EINVAL, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_CREATE_EVENT, &args));
	args.event_page_offset = (uint64_t)self->kfd.gpu_id << 32 | 0x1234567;
	EXPECT_EQ(-EINVAL, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_CREATE_EVENT, &args));
	args.event_page_offset = 1;
	EXPECT_EQ(-EINVAL, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_CREATE_EVENT, &args));
	ASSERT_EQ(0, kfd_alloc(&self->kfd, &small, KFD_EVENT_PAGE_SIZE - KFD_PAGE, MEM(GTT)));
	args.event_page_offset = small.handle;
	EXPECT_EQ(-EINVAL, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_CREATE_EVENT, &args));
	EXPECT_EQ(0, kfd_free_mem(&self->kfd, &small));
	/* amdgpu_amdkfd_gpuvm_map_bo_to_kernel(): not user memory */
	user = mmap(NULL, KFD_EVENT_PAGE_SIZE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, user);
	ASSERT_EQ(0, kfd_alloc_userptr(&self->kfd, &small, user, KFD_EVENT_PAGE_SIZE, 0));
	args.event_page_offset = small.handle;
	EXPECT_EQ(-EINVAL, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_CREATE_EVENT, &args));
	EXPECT_EQ(0, kfd_free_mem(&self->kfd, &small));

	EXPECT_EQ(0, kfd_event_page(&self->kfd, &page, &id));
}

TEST_F(page, set_by_an_event_of_another_type)
{
	struct kfd_ioctl_create_event_args args = { .event_type = KFD_IOC_EVENT_MEMORY };
	struct kfd_mem page;
	uint32_t id;

	ASSERT_EQ(0, kfd_alloc(&self->kfd, &page, KFD_EVENT_PAGE_SIZE, MEM(GTT)));
	args.event_page_offset = page.handle;
	EXPECT_EQ(0, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_CREATE_EVENT, &args));
	EXPECT_EQ(0, args.event_page_offset);
	EXPECT_EQ(0, kfd_create_event(&self->kfd, KFD_IOC_EVENT_SIGNAL, false, &id));
}

TEST_F_TIMEOUT(events, limit, 300)
{
	uint32_t id, i;

	/* Slot 0 is taken by nothing, slot 1 by the first. */
	for (i = 2; i < KFD_SIGNAL_EVENT_LIMIT; i++) {
		ASSERT_EQ(0, kfd_create_event(&self->kfd, KFD_IOC_EVENT_SIGNAL, false, &id));
		ASSERT_EQ(i, id);
	}
	EXPECT_EQ(-ENOSPC, kfd_create_event(&self->kfd, KFD_IOC_EVENT_SIGNAL, false, &id));
	EXPECT_EQ(-ENOSPC, kfd_create_event(&self->kfd, KFD_IOC_EVENT_DEBUG_EVENT, false, &id));
	EXPECT_EQ(0, kfd_create_event(&self->kfd, KFD_IOC_EVENT_MEMORY, false, &id));
	EXPECT_EQ(0, kfd_destroy_event(&self->kfd, 1234));
	EXPECT_EQ(0, kfd_create_event(&self->kfd, KFD_IOC_EVENT_SIGNAL, false, &id));
	EXPECT_EQ(1234, id);
}

TEST_F(events, state)
{
	struct kfd_event_data event = { .event_id = self->first };
	uint32_t result;
	int i;

	EXPECT_EQ(0, kfd_wait(&self->kfd, &event, 1, false, 0, &result));
	EXPECT_EQ(TIMEOUT, result);
	EXPECT_EQ(0, kfd_set_event(&self->kfd, self->first));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(0, kfd_wait(&self->kfd, &event, 1, false, 0, &result));
		EXPECT_EQ(COMPLETE, result);
	}
	EXPECT_EQ(0, kfd_reset_event(&self->kfd, self->first));
	EXPECT_EQ(0, kfd_wait(&self->kfd, &event, 1, false, 0, &result));
	EXPECT_EQ(TIMEOUT, result);
}

TEST_F(events, auto_reset)
{
	struct kfd_event_data event = {
		.event_id = signal_event(_metadata, &self->kfd, true),
	};
	uint32_t result;

	EXPECT_EQ(0, kfd_set_event(&self->kfd, event.event_id));
	EXPECT_EQ(0, kfd_set_event(&self->kfd, event.event_id));
	EXPECT_EQ(0, kfd_wait(&self->kfd, &event, 1, false, 0, &result));
	EXPECT_EQ(COMPLETE, result);
	EXPECT_EQ(0, kfd_wait(&self->kfd, &event, 1, false, 0, &result));
	EXPECT_EQ(TIMEOUT, result);
}

TEST_F(events, wait_any_and_all)
{
	struct kfd_event_data events[3] = {
		{ .event_id = self->first },
		{ .event_id = signal_event(_metadata, &self->kfd, false) },
		{ .event_id = signal_event(_metadata, &self->kfd, false) },
	};
	uint32_t result;

	EXPECT_EQ(0, kfd_wait(&self->kfd, events, 3, false, 0, &result));
	EXPECT_EQ(TIMEOUT, result);
	EXPECT_EQ(0, kfd_set_event(&self->kfd, events[1].event_id));
	EXPECT_EQ(0, kfd_wait(&self->kfd, events, 3, false, 0, &result));
	EXPECT_EQ(COMPLETE, result);
	EXPECT_EQ(0, kfd_wait(&self->kfd, events, 3, true, 0, &result));
	EXPECT_EQ(TIMEOUT, result);
	EXPECT_EQ(0, kfd_set_event(&self->kfd, events[0].event_id));
	EXPECT_EQ(0, kfd_set_event(&self->kfd, events[2].event_id));
	EXPECT_EQ(0, kfd_wait(&self->kfd, events, 3, true, 0, &result));
	EXPECT_EQ(COMPLETE, result);
	/* The same event twice counts twice. */
	events[2].event_id = events[1].event_id;
	EXPECT_EQ(0, kfd_wait(&self->kfd, events, 3, true, 0, &result));
	EXPECT_EQ(COMPLETE, result);
}

/* The first age is 1; the age that is known decides, whatever the state is. */
TEST_F(events, age)
{
	struct kfd_event_data event = { .event_id = self->first };
	uint32_t result;

	event.signal_event_data.last_event_age = 1;
	EXPECT_EQ(0, kfd_wait(&self->kfd, &event, 1, false, 0, &result));
	EXPECT_EQ(TIMEOUT, result);
	EXPECT_EQ(1, event.signal_event_data.last_event_age);

	EXPECT_EQ(0, kfd_set_event(&self->kfd, self->first));
	EXPECT_EQ(0, kfd_set_event(&self->kfd, self->first));
	EXPECT_EQ(0, kfd_reset_event(&self->kfd, self->first));
	EXPECT_EQ(0, kfd_wait(&self->kfd, &event, 1, false, 0, &result));
	EXPECT_EQ(COMPLETE, result);
	EXPECT_EQ(3, event.signal_event_data.last_event_age);

	EXPECT_EQ(0, kfd_wait(&self->kfd, &event, 1, false, 0, &result));
	EXPECT_EQ(TIMEOUT, result);

	/* 0 is for user space that knows of no age. */
	event.signal_event_data.last_event_age = 0;
	EXPECT_EQ(0, kfd_wait(&self->kfd, &event, 1, false, 0, &result));
	EXPECT_EQ(TIMEOUT, result);
	EXPECT_EQ(0, kfd_set_event(&self->kfd, self->first));
	EXPECT_EQ(0, kfd_wait(&self->kfd, &event, 1, false, 0, &result));
	EXPECT_EQ(COMPLETE, result);
	EXPECT_EQ(0, event.signal_event_data.last_event_age);
}

TEST_F(events, age_of_a_sleeper)
{
	struct waiter waiter = {
		.kfd = &self->kfd,
		.events = { { .event_id = self->first } },
		.num = 1,
		.timeout = INFINITE,
	};

	waiter.events[0].signal_event_data.last_event_age = 1;
	ASSERT_EQ(0, wait_start(&waiter));
	EXPECT_EQ(0, kfd_set_event(&self->kfd, self->first));
	ASSERT_EQ(0, wait_end(&waiter));
	EXPECT_EQ(0, waiter.ret);
	EXPECT_EQ(COMPLETE, waiter.result);
	EXPECT_EQ(2, waiter.events[0].signal_event_data.last_event_age);
}

TEST_F(events, wait_errors)
{
	struct kfd_ioctl_wait_events_args args = { .num_events = 1 };
	struct kfd_event_data *events;
	uint32_t result;

	EXPECT_EQ(-EFAULT, kfd_wait(&self->kfd, NULL, 1, false, 0, &result));
	EXPECT_EQ(FAIL, result);
	EXPECT_EQ(-EFAULT, kfd_wait(&self->kfd, (void *)~0UL, 1, false, 0, &result));
	/* alloc_event_waiters() */
	EXPECT_EQ(-ENOMEM, kfd_wait(&self->kfd, NULL, KFD_SIGNAL_EVENT_LIMIT + 1, false, 0,
				    &result));
	EXPECT_EQ(FAIL, result);
	EXPECT_EQ(-ENOMEM, kfd_wait(&self->kfd, NULL, ~0U, false, 0, &result));

	/* All of none, and any of none. */
	EXPECT_EQ(0, kfd_wait(&self->kfd, NULL, 0, true, INFINITE, &result));
	EXPECT_EQ(COMPLETE, result);
	EXPECT_EQ(0, kfd_wait(&self->kfd, NULL, 0, false, INFINITE, &result));
	EXPECT_EQ(COMPLETE, result);

	/* The second is not there; the first is as it was. */
	events = mmap(NULL, 2 * KFD_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		      0);
	ASSERT_NE(MAP_FAILED, events);
	ASSERT_EQ(0, munmap((char *)events + KFD_PAGE, KFD_PAGE));
	events = (void *)((char *)events + KFD_PAGE - sizeof(*events));
	events[0].event_id = self->first;
	EXPECT_EQ(-EFAULT, kfd_wait(&self->kfd, events, 2, false, 0, &result));
	EXPECT_EQ(0, kfd_set_event(&self->kfd, self->first));
	EXPECT_EQ(0, kfd_wait(&self->kfd, events, 1, false, 0, &result));
	EXPECT_EQ(COMPLETE, result);

	/* Ages cannot be told. */
	events[0].signal_event_data.last_event_age = 1;
	ASSERT_EQ(0, mprotect((void *)((uintptr_t)events & -KFD_PAGE), KFD_PAGE, PROT_READ));
	args.events_ptr = (uintptr_t)events;
	EXPECT_EQ(-EFAULT, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_WAIT_EVENTS, &args));
	EXPECT_EQ(FAIL, args.wait_result);
}

TEST_F_TIMEOUT(events, most_events_at_once, 300)
{
	struct kfd_event_data *events;
	uint32_t result, i;

	events = calloc(KFD_SIGNAL_EVENT_LIMIT, sizeof(*events));
	ASSERT_NE(NULL, events);
	for (i = 0; i < KFD_SIGNAL_EVENT_LIMIT; i++)
		events[i].event_id = self->first;
	EXPECT_EQ(0, kfd_wait(&self->kfd, events, KFD_SIGNAL_EVENT_LIMIT, true, 0, &result));
	EXPECT_EQ(TIMEOUT, result);
	EXPECT_EQ(0, kfd_set_event(&self->kfd, self->first));
	EXPECT_EQ(0, kfd_wait(&self->kfd, events, KFD_SIGNAL_EVENT_LIMIT, true, 0, &result));
	EXPECT_EQ(COMPLETE, result);
}

TEST_F(events, timeout)
{
	struct kfd_event_data event = { .event_id = self->first };
	uint64_t start = now_ms(), took;
	uint32_t result;

	EXPECT_EQ(0, kfd_wait(&self->kfd, &event, 1, true, 300, &result));
	took = now_ms() - start;
	EXPECT_EQ(TIMEOUT, result);
	EXPECT_LE(299, took);
	EXPECT_GT(3000, took);
}

/* Wakes at once, and has used no time in between. */
TEST_F(events, sleeps)
{
	struct waiter waiter = {
		.kfd = &self->kfd,
		.events = { { .event_id = self->first } },
		.num = 1,
		.timeout = INFINITE,
	};
	uint64_t start;

	ASSERT_EQ(0, wait_start(&waiter));
	usleep(1000000);
	EXPECT_EQ(0, kfd_set_event(&self->kfd, self->first));
	start = now_ms();
	ASSERT_EQ(0, wait_end(&waiter));
	EXPECT_GT(500, now_ms() - start);
	EXPECT_EQ(0, waiter.ret);
	EXPECT_EQ(COMPLETE, waiter.result);
	EXPECT_LE(1000, waiter.ms);
	EXPECT_GT(100000000, waiter.cpu_ns);
}

TEST_F(events, wait_all_sleeps_until_the_last)
{
	struct waiter waiter = {
		.kfd = &self->kfd,
		.events = {
			{ .event_id = self->first },
			{ .event_id = signal_event(_metadata, &self->kfd, true) },
		},
		.num = 2,
		.all = true,
		.timeout = INFINITE,
	};

	ASSERT_EQ(0, wait_start(&waiter));
	EXPECT_EQ(0, kfd_set_event(&self->kfd, waiter.events[0].event_id));
	/* What has happened is remembered, though it is no longer so. */
	EXPECT_EQ(0, kfd_reset_event(&self->kfd, waiter.events[0].event_id));
	usleep(100000);
	EXPECT_EQ(EBUSY, pthread_tryjoin_np(waiter.thread, NULL));
	EXPECT_EQ(0, kfd_set_event(&self->kfd, waiter.events[1].event_id));
	ASSERT_EQ(0, wait_end(&waiter));
	EXPECT_EQ(0, waiter.ret);
	EXPECT_EQ(COMPLETE, waiter.result);
}

/* With sleepers an auto reset event wakes all and is not signaled after that. */
TEST_F(events, auto_reset_wakes_all)
{
	uint32_t id = signal_event(_metadata, &self->kfd, true), result;
	struct kfd_event_data event = { .event_id = id };
	struct waiter waiters[3];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(waiters); i++) {
		waiters[i] = (struct waiter){
			.kfd = &self->kfd,
			.events = { { .event_id = id } },
			.num = 1,
			.timeout = INFINITE,
		};
		ASSERT_EQ(0, wait_start(&waiters[i]));
	}
	EXPECT_EQ(0, kfd_set_event(&self->kfd, id));
	for (i = 0; i < ARRAY_SIZE(waiters); i++) {
		ASSERT_EQ(0, wait_end(&waiters[i]));
		EXPECT_EQ(0, waiters[i].ret);
		EXPECT_EQ(COMPLETE, waiters[i].result);
	}
	EXPECT_EQ(0, kfd_wait(&self->kfd, &event, 1, false, 0, &result));
	EXPECT_EQ(TIMEOUT, result);
}

TEST_F(events, destroyed_while_waiting)
{
	struct waiter waiter = {
		.kfd = &self->kfd,
		.events = {
			{ .event_id = self->first },
			{ .event_id = signal_event(_metadata, &self->kfd, false) },
		},
		.num = 2,
		.timeout = INFINITE,
	};

	ASSERT_EQ(0, wait_start(&waiter));
	EXPECT_EQ(0, kfd_destroy_event(&self->kfd, waiter.events[1].event_id));
	ASSERT_EQ(0, wait_end(&waiter));
	EXPECT_EQ(-EIO, waiter.ret);
	EXPECT_EQ(FAIL, waiter.result);
	EXPECT_EQ(0, kfd_set_event(&self->kfd, self->first));
}

TEST_F(events, close_while_waiting)
{
	struct kfd other;
	struct waiter waiter = {
		.kfd = &other,
		.events = { { .event_id = self->first } },
		.num = 1,
		.timeout = INFINITE,
	};
	int fd;

	ASSERT_EQ(0, kfd_open(&other));
	fd = other.fd;
	ASSERT_EQ(0, wait_start(&waiter));
	close(fd);
	EXPECT_EQ(0, kfd_set_event(&self->kfd, self->first));
	ASSERT_EQ(0, wait_end(&waiter));
	EXPECT_EQ(0, waiter.ret);
	EXPECT_EQ(COMPLETE, waiter.result);
}

static sig_atomic_t handled;

static void on_signal(int signal)
{
	STORE(&handled, LOAD(&handled) + 1);
}

static void handle(int signal, int flags)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = flags };

	STORE(&handled, 0);
	sigaction(signal, &action, NULL);
}

/* Seen from user space -ERESTARTSYS is -EINTR, or goes on. */
TEST_F(events, interrupted)
{
	struct waiter waiter = {
		.kfd = &self->kfd,
		.events = { { .event_id = self->first } },
		.num = 1,
		.timeout = INFINITE,
	};

	handle(SIGUSR1, 0);
	ASSERT_EQ(0, wait_start(&waiter));
	pthread_kill(waiter.thread, SIGUSR1);
	ASSERT_EQ(0, wait_end(&waiter));
	EXPECT_EQ(1, LOAD(&handled));
	EXPECT_EQ(-EINTR, waiter.ret);
	EXPECT_EQ(FAIL, waiter.result);
}

TEST_F(events, restarted)
{
	struct waiter waiter = {
		.kfd = &self->kfd,
		.events = { { .event_id = self->first } },
		.num = 1,
		.timeout = INFINITE,
	};

	handle(SIGUSR1, SA_RESTART);
	ASSERT_EQ(0, wait_start(&waiter));
	pthread_kill(waiter.thread, SIGUSR1);
	usleep(200000);
	EXPECT_EQ(1, LOAD(&handled));
	EXPECT_EQ(EBUSY, pthread_tryjoin_np(waiter.thread, NULL));
	EXPECT_EQ(0, kfd_set_event(&self->kfd, self->first));
	ASSERT_EQ(0, wait_end(&waiter));
	EXPECT_EQ(0, waiter.ret);
	EXPECT_EQ(COMPLETE, waiter.result);
}

/* What is left of the time is what the restarted wait has. */
TEST_F(events, restarted_with_timeout)
{
	struct waiter waiter = {
		.kfd = &self->kfd,
		.events = { { .event_id = self->first } },
		.num = 1,
		.timeout = 1500,
	};
	int i;

	handle(SIGUSR1, SA_RESTART);
	ASSERT_EQ(0, wait_start(&waiter));
	for (i = 0; i < 10; i++) {
		usleep(100000);
		pthread_kill(waiter.thread, SIGUSR1);
	}
	ASSERT_EQ(0, wait_end(&waiter));
	EXPECT_EQ(0, waiter.ret);
	EXPECT_EQ(TIMEOUT, waiter.result);
	EXPECT_LE(1450, waiter.ms);
	EXPECT_GT(2400, waiter.ms);
}

/* free_waiters(): an auto reset event that a wait has taken is given back. */
TEST_F(events, interrupted_wait_gives_back)
{
	uint32_t id = signal_event(_metadata, &self->kfd, true), result;
	struct kfd_event_data event = { .event_id = id };
	struct waiter waiter = {
		.kfd = &self->kfd,
		.events = { { .event_id = id }, { .event_id = self->first } },
		.num = 2,
		.all = true,
		.timeout = INFINITE,
	};

	handle(SIGUSR1, 0);
	EXPECT_EQ(0, kfd_set_event(&self->kfd, id));
	ASSERT_EQ(0, wait_start(&waiter));
	pthread_kill(waiter.thread, SIGUSR1);
	ASSERT_EQ(0, wait_end(&waiter));
	EXPECT_EQ(-EINTR, waiter.ret);
	EXPECT_EQ(0, kfd_wait(&self->kfd, &event, 1, false, 0, &result));
	EXPECT_EQ(COMPLETE, result);
}

TEST_F(events, not_of_a_child)
{
	int status;
	pid_t pid = fork();

	ASSERT_LE(0, pid);
	if (!pid) {
		struct kfd own;

		if (kfd_open(&own))
			_exit(1);
		_exit(kfd_set_event(&own, self->first) == -EINVAL ? 0 : 2);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

/* Two threads wake each other. */
struct pong {
	const struct kfd *kfd;
	uint32_t ping, pong;
	int rounds;
};

static void *pong_thread(void *data)
{
	struct pong *pong = data;
	struct kfd_event_data event = { .event_id = pong->ping };
	uint32_t result;
	int i;

	for (i = 0; i < pong->rounds; i++) {
		if (kfd_wait(pong->kfd, &event, 1, true, 10000, &result) || result != COMPLETE ||
		    kfd_set_event(pong->kfd, pong->pong))
			break;
	}
	pong->rounds = i;
	return NULL;
}

TEST_F(events, ping_pong)
{
	struct pong pong = {
		.kfd = &self->kfd,
		.ping = signal_event(_metadata, &self->kfd, true),
		.pong = signal_event(_metadata, &self->kfd, true),
		.rounds = 500,
	};
	struct kfd_event_data event = { .event_id = pong.pong };
	pthread_t thread;
	uint32_t result;
	int i;

	ASSERT_EQ(0, pthread_create(&thread, NULL, pong_thread, &pong));
	for (i = 0; i < 500; i++) {
		ASSERT_EQ(0, kfd_set_event(&self->kfd, pong.ping));
		ASSERT_EQ(0, kfd_wait(&self->kfd, &event, 1, true, 10000, &result));
		ASSERT_EQ(COMPLETE, result);
	}
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(500, pong.rounds);
}

TEST_HARNESS_MAIN
