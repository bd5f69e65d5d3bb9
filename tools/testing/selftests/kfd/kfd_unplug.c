// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The device goes while it is used: PCI removal and unbinding of the driver. Calls give
 * ENODEV, waits end, mappings stay harmless, and after its return everything works again.
 * For guests and root; it is run alone, since no other test has a GPU meanwhile.
 */
#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <drm/amdgpu_drm.h>

#include "kselftest_harness.h"
#include "kfd_test.h"

#define DRIVER	"/sys/bus/virtio/drivers/virtio_gpu"
#define MB	(1024 * 1024UL)

/* The name of the virtio device that the driver has, in @name of 32 bytes. */
static int find_virtio(char *name)
{
	DIR *dir = opendir(DRIVER);
	struct dirent *entry;
	int ret = -ENODEV;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		if (sscanf(entry->d_name, "virtio%*u") != EOF &&
		    !strncmp(entry->d_name, "virtio", 6)) {
			snprintf(name, 32, "%.31s", entry->d_name);
			ret = 0;
		}
	}
	closedir(dir);
	return ret;
}

static bool eventually(const char *path, bool there)
{
	int tries;

	for (tries = 0; tries < 300; tries++) {
		if (!access(path, F_OK) == there)
			return true;
		usleep(100000);
	}
	return false;
}

/**
 * struct target - the virtio device and how it is taken away
 * @name: its name in sysfs
 * @unbind: from its driver, instead of the PCI device from its bus
 * @gone: it is
 */
struct target {
	char name[32];
	bool unbind;
	bool gone;
};

FIXTURE(unplug) {
	struct kfd kfd;
	struct kfd_mem page;
	uint32_t event;
	struct target target;
};

FIXTURE_VARIANT(unplug) {
	bool unbind;
};

FIXTURE_VARIANT_ADD(unplug, pci_remove) {
	.unbind = false,
};

FIXTURE_VARIANT_ADD(unplug, unbind) {
	.unbind = true,
};

static int take_away(struct target *target)
{
	char path[96];
	int ret;

	snprintf(path, sizeof(path), DRIVER "/%s/../remove", target->name);
	ret = target->unbind ? kfd_write_text(DRIVER "/unbind", target->name) :
			       kfd_write_text(path, "1");
	target->gone = !ret;
	return ret;
}

static int bring_back(struct target *target)
{
	target->gone = false;
	return target->unbind ? kfd_write_text(DRIVER "/bind", target->name) :
				kfd_write_text("/sys/bus/pci/rescan", "1");
}

FIXTURE_SETUP(unplug)
{
	KFD_SETUP(return, &self->kfd);
	if (geteuid() || !kfd_is_guest(&self->kfd))
		SKIP(return, "a guest's root only can take the device away");
	ASSERT_EQ(0, find_virtio(self->target.name));
	self->target.unbind = variant->unbind;
	ASSERT_EQ(0, kfd_acquire(&self->kfd));
	ASSERT_EQ(0, kfd_event_page(&self->kfd, &self->page, &self->event));
}

FIXTURE_TEARDOWN(unplug)
{
	if (self->target.gone)
		EXPECT_EQ(0, bring_back(&self->target));
	EXPECT_TRUE(eventually("/dev/kfd", true));
	kfd_close(&self->kfd);
}

/* Those that amdkfd knows; an argument of zeros and one of what it was before. */
TEST_F(unplug, every_ioctl_gives_enodev)
{
	uint64_t args[64];
	unsigned int nr;

	ASSERT_EQ(0, take_away(&self->target));
	for (nr = 1; nr < AMDKFD_COMMAND_END; nr++) {
		memset(args, 0, sizeof(args));
		EXPECT_EQ(-ENODEV, kfd_ioctl(self->kfd.fd,
					     _IOC(_IOC_READ | _IOC_WRITE, 'K', nr, 128), args)) {
			TH_LOG("ioctl %#x", nr);
		}
	}
	EXPECT_EQ(-ENOTTY, kfd_ioctl(self->kfd.fd, _IOWR('K', AMDKFD_COMMAND_END, args), args));
	EXPECT_EQ(-ENODEV, kfd_free(&self->kfd, self->page.handle));
	EXPECT_EQ(-ENODEV, kfd_set_event(&self->kfd, self->event));
}

TEST_F(unplug, another_context)
{
	struct kfd other;
	struct kfd_mem mem;

	ASSERT_EQ(0, kfd_open(&other));
	ASSERT_EQ(0, kfd_ioctl(other.fd, AMDKFD_IOC_CREATE_PROCESS, NULL));
	ASSERT_EQ(0, kfd_acquire(&other));
	ASSERT_EQ(0, kfd_alloc(&other, &mem, MB, MEM(VRAM) | MEM(WRITABLE)));
	ASSERT_EQ(0, take_away(&self->target));
	EXPECT_EQ(-ENODEV, kfd_free(&other, mem.handle));
	EXPECT_EQ(-ENODEV, kfd_ioctl(other.fd, AMDKFD_IOC_CREATE_PROCESS, NULL));
	kfd_close(&other);
}

static void *poll_it(void *data)
{
	return (void *)(long)poll(data, 1, 60000);
}

TEST_F(unplug, management_events_end)
{
	struct kfd_ioctl_smi_events_args args = { .gpuid = self->kfd.gpu_id };
	struct pollfd poll_fd = { .events = POLLIN };
	pthread_t thread;
	char byte;
	void *ret;

	ASSERT_EQ(0, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_SMI_EVENTS, &args));
	poll_fd.fd = args.anon_fd;
	ASSERT_EQ(0, pthread_create(&thread, NULL, poll_it, &poll_fd));
	usleep(200000);
	ASSERT_EQ(0, take_away(&self->target));
	ASSERT_EQ(0, pthread_join(thread, &ret));
	EXPECT_EQ((void *)1, ret);
	EXPECT_TRUE(poll_fd.revents & POLLHUP);
	EXPECT_EQ(-1, read(args.anon_fd, &byte, 1));
	EXPECT_EQ(ENODEV, errno);
	close(args.anon_fd);
}

TEST_F(unplug, nothing_can_be_opened)
{
	ASSERT_EQ(0, take_away(&self->target));
	EXPECT_NE(0, access("/dev/kfd", F_OK));
	EXPECT_NE(0, access(KFD_TOPOLOGY, F_OK));
	EXPECT_GT(0, kfd_open_render(&self->kfd));
	EXPECT_EQ(MAP_FAILED, kfd_cpu_map(&self->kfd, &self->page));
	EXPECT_EQ(ENODEV, errno);
}

struct wait {
	struct kfd *kfd;
	uint32_t event;
	uint32_t result;
	int ret;
	bool begun;
};

static void *wait_for_it(void *data)
{
	struct kfd_event_data event = {};
	struct wait *wait = data;

	event.event_id = wait->event;
	__atomic_store_n(&wait->begun, true, __ATOMIC_RELEASE);
	wait->ret = kfd_wait(wait->kfd, &event, 1, false, KFD_EVENT_TIMEOUT_INFINITE,
			     &wait->result);
	return NULL;
}

TEST_F(unplug, waits_end)
{
	struct wait waits[8];
	pthread_t threads[8];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(waits); i++) {
		waits[i] = (struct wait){ .kfd = &self->kfd, .event = self->event };
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, wait_for_it, &waits[i]));
		while (!__atomic_load_n(&waits[i].begun, __ATOMIC_ACQUIRE))
			usleep(1000);
	}
	usleep(200000);
	ASSERT_EQ(0, take_away(&self->target));
	for (i = 0; i < ARRAY_SIZE(waits); i++) {
		ASSERT_EQ(0, pthread_join(threads[i], NULL));
		EXPECT_EQ(-ENODEV, waits[i].ret);
		EXPECT_EQ(KFD_IOC_WAIT_RESULT_FAIL, waits[i].result);
	}
}

static void check_page(struct __test_metadata *_metadata, uint64_t *p)
{
	EXPECT_EQ(0, LOAD(&p[0]));
	STORE(&p[1], 0x1234);
	EXPECT_EQ(0x1234, LOAD(&p[1]));
}

/* A signal would end the test. */
TEST_F(unplug, mappings_stay_harmless)
{
	uint64_t offset = KFD_MMAP_TYPE_DOORBELL | KFD_MMAP_GPU_ID(self->kfd.gpu_id);
	struct kfd_mem touched, untouched, vram;
	uint64_t *p, *q, *v, *d;

	ASSERT_EQ(0, kfd_alloc(&self->kfd, &touched, MB, MEM(GTT) | MEM(WRITABLE)));
	ASSERT_EQ(0, kfd_alloc(&self->kfd, &untouched, MB, MEM(GTT) | MEM(WRITABLE)));
	ASSERT_EQ(0, kfd_alloc(&self->kfd, &vram, MB, MEM(VRAM) | MEM(PUBLIC)));
	p = kfd_cpu_map(&self->kfd, &touched);
	ASSERT_NE(MAP_FAILED, p);
	q = kfd_cpu_map(&self->kfd, &untouched);
	ASSERT_NE(MAP_FAILED, q);
	v = kfd_cpu_map(&self->kfd, &vram);
	ASSERT_NE(MAP_FAILED, v);
	d = mmap(NULL, kfd_doorbell_size(&self->kfd), PROT_READ | PROT_WRITE, MAP_SHARED,
		 self->kfd.fd, offset);
	ASSERT_NE(MAP_FAILED, d);
	STORE(p, 1);
	STORE(v, 1);
	STORE(d, 1);

	ASSERT_EQ(0, take_away(&self->target));
	check_page(_metadata, p);
	check_page(_metadata, p + MB / 8 - 512);
	check_page(_metadata, q);
	check_page(_metadata, v);
	check_page(_metadata, d);
	EXPECT_EQ(0, munmap(p, MB));
	EXPECT_EQ(0, munmap(q, MB));
}

/* Through a dma-buf as well, which outlives the device. */
TEST_F(unplug, dmabufs_stay_harmless)
{
	struct kfd_mem touched, untouched;
	uint64_t *p, *q, handle;
	uint32_t gem;
	int fds[2];

	ASSERT_EQ(0, kfd_alloc(&self->kfd, &touched, MB, MEM(GTT) | MEM(WRITABLE)));
	ASSERT_EQ(0, kfd_alloc(&self->kfd, &untouched, MB, MEM(GTT) | MEM(WRITABLE)));
	fds[0] = kfd_export(&self->kfd, touched.handle);
	ASSERT_LE(0, fds[0]);
	fds[1] = kfd_export(&self->kfd, untouched.handle);
	ASSERT_LE(0, fds[1]);
	p = mmap(NULL, MB, PROT_READ | PROT_WRITE, MAP_SHARED, fds[0], 0);
	ASSERT_NE(MAP_FAILED, p);
	q = mmap(NULL, MB, PROT_READ | PROT_WRITE, MAP_SHARED, fds[1], 0);
	ASSERT_NE(MAP_FAILED, q);
	STORE(p, 1);
	ASSERT_EQ(0, kfd_import(&self->kfd, NULL, fds[0], &handle));
	ASSERT_EQ(0, kfd_gem_import(self->kfd.drm, fds[0], &gem));

	ASSERT_EQ(0, take_away(&self->target));
	check_page(_metadata, p);
	check_page(_metadata, q);
	EXPECT_EQ(-ENODEV, kfd_import(&self->kfd, NULL, fds[0], &handle));
	EXPECT_EQ(-ENODEV, kfd_gem_import(self->kfd.drm, fds[0], &gem));
	EXPECT_EQ(0, munmap(p, MB));
	p = mmap(NULL, MB, PROT_READ | PROT_WRITE, MAP_SHARED, fds[0], 0);
	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(0x1234, LOAD(&p[1]));
	EXPECT_EQ(0, close(fds[0]));
	EXPECT_EQ(0, close(fds[1]));
	EXPECT_EQ(0x1234, LOAD(&q[1]));
}

/* User memory is the process's own, with or without a GPU. */
TEST_F(unplug, user_memory_remains)
{
	struct kfd_mem mem;
	uint64_t *user;

	user = mmap(NULL, MB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, user);
	user[0] = 42;
	ASSERT_EQ(0, kfd_alloc_userptr(&self->kfd, &mem, user, MB, MEM(WRITABLE)));
	ASSERT_EQ(0, kfd_map(&self->kfd, mem.handle));
	ASSERT_EQ(0, take_away(&self->target));
	EXPECT_EQ(42, user[0]);
	user[1] = 43;
	EXPECT_EQ(0, munmap(user, MB));
}

/* A process that had the old device can have the new one, with a new descriptor. */
TEST_F(unplug, comes_back)
{
	struct kfd_mem mem;
	struct kfd again;

	ASSERT_EQ(0, take_away(&self->target));
	ASSERT_EQ(0, bring_back(&self->target));
	ASSERT_TRUE(eventually("/dev/kfd", true));
	EXPECT_EQ(-ENODEV, kfd_set_event(&self->kfd, self->event));
	ASSERT_EQ(0, kfd_open(&again));
	ASSERT_EQ(0, kfd_acquire(&again));
	EXPECT_EQ(0, kfd_alloc(&again, &mem, MB, MEM(VRAM)));
	EXPECT_EQ(0, kfd_map(&again, mem.handle));
	kfd_close(&again);
}

static void *use_it(void *data)
{
	struct kfd *kfd = data;
	struct kfd_mem mem;
	uint32_t id;

	for (;;) {
		if (kfd_alloc(kfd, &mem, MB, MEM(GTT)))
			break;
		if (kfd_map(kfd, mem.handle) || kfd_unmap(kfd, mem.handle) ||
		    kfd_free_mem(kfd, &mem))
			break;
		if (kfd_create_event(kfd, KFD_IOC_EVENT_SIGNAL, true, &id) ||
		    kfd_destroy_event(kfd, id))
			break;
	}
	return NULL;
}

TEST_F_TIMEOUT(unplug, in_the_middle_of_ioctls, 300)
{
	pthread_t threads[4];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(threads); i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, use_it, &self->kfd));
	usleep(300000);
	ASSERT_EQ(0, take_away(&self->target));
	for (i = 0; i < ARRAY_SIZE(threads); i++)
		EXPECT_EQ(0, pthread_join(threads[i], NULL));
	EXPECT_EQ(-ENODEV, kfd_set_event(&self->kfd, self->event));
}

/* All kinds of memory by turns, touched and forgotten. */
static void *touch_it(void *data)
{
	struct kfd *kfd = data;
	struct kfd_mem mem;
	uint64_t *p;
	bool vram = false;

	while (!kfd_alloc(kfd, &mem, MB, vram ? MEM(VRAM) | MEM(PUBLIC) : MEM(GTT))) {
		vram = !vram;
		p = kfd_cpu_map(kfd, &mem);
		if (p != mem.va)
			continue;
		STORE(p, 1);
		STORE(p + MB / 8 - 1, 1);
		kfd_free(kfd, mem.handle);
		munmap(p, MB);
	}
	return NULL;
}

static void *ask_it(void *data)
{
	struct drm_amdgpu_info_device dev;
	struct kfd *kfd = data;

	while (!kfd_render_info(kfd, AMDGPU_INFO_DEV_INFO, &dev, sizeof(dev)))
		;
	return NULL;
}

/* Children that have their own of everything, and end with it. */
static void *breed(void *data)
{
	pid_t pid;
	int status = 0;

	while (!status) {
		pid = fork();
		if (pid < 0)
			break;
		if (!pid) {
			struct kfd_mem mem;
			struct kfd kfd;

			if (kfd_open(&kfd) || kfd_acquire(&kfd) ||
			    kfd_alloc(&kfd, &mem, MB, MEM(GTT)) ||
			    kfd_cpu_map(&kfd, &mem) != mem.va)
				_exit(1);
			STORE((uint64_t *)mem.va, 1);
			_exit(0);
		}
		waitpid(pid, &status, 0);
	}
	return WIFSIGNALED(status) ? data : NULL;
}

/* No signal, in no thread and no child. */
TEST_F_TIMEOUT(unplug, in_the_middle_of_everything, 300)
{
	void *(*const what[])(void *) = { touch_it, touch_it, ask_it, breed, breed };
	pthread_t threads[ARRAY_SIZE(what)];
	unsigned int i, round;
	void *ret;

	for (round = 0; round < 5; round++) {
		for (i = 0; i < ARRAY_SIZE(what); i++)
			ASSERT_EQ(0, pthread_create(&threads[i], NULL, what[i], &self->kfd));
		usleep(200000 + round * 37000);
		ASSERT_EQ(0, take_away(&self->target));
		for (i = 0; i < ARRAY_SIZE(what); i++) {
			EXPECT_EQ(0, pthread_join(threads[i], &ret));
			EXPECT_EQ(NULL, ret);
		}
		kfd_close(&self->kfd);
		ASSERT_EQ(0, bring_back(&self->target));
		ASSERT_TRUE(eventually("/dev/kfd", true));
		ASSERT_EQ(0, find_virtio(self->target.name));
		ASSERT_EQ(0, kfd_open(&self->kfd));
		ASSERT_EQ(0, kfd_acquire(&self->kfd));
	}
}

TEST_HARNESS_MAIN
