// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Further contexts of a process: AMDKFD_IOC_CREATE_PROCESS gives a file one of its own, which
 * shares nothing with the process's first one and ends with the file. From
 * kfd_ioctl_create_process(), create_process() and kfd_release().
 */
#include <pthread.h>

#include "kselftest_harness.h"
#include "kfd_test.h"

#define PROC	"/sys/devices/virtual/kfd/kfd/proc"

FIXTURE(secondary) {
	struct kfd kfd;		/* the process's first one */
	struct kfd other;	/* one more */
};

static int create(const struct kfd *kfd)
{
	return kfd_ioctl(kfd->fd, AMDKFD_IOC_CREATE_PROCESS, NULL);
}

static int open_context(struct kfd *kfd)
{
	return kfd_open(kfd) ?: create(kfd);
}

FIXTURE_SETUP(secondary)
{
	KFD_SETUP(return, &self->kfd);
	ASSERT_EQ(0, open_context(&self->other));
}

FIXTURE_TEARDOWN(secondary)
{
	kfd_close(&self->other);
	kfd_close(&self->kfd);
}

static int get_version(int fd)
{
	struct kfd_ioctl_get_version_args args;

	return kfd_ioctl(fd, AMDKFD_IOC_GET_VERSION, &args);
}

/* Does this process have the context's directory, or will it within ten seconds? */
static bool has_directory(pid_t pid, int id, bool there)
{
	char path[96];
	int i;

	snprintf(path, sizeof(path), PROC "/%d/context_%d", pid, id);
	for (i = 0; i < 1000 && !access(path, F_OK) != there; i++)
		usleep(10000);
	return !access(path, F_OK) == there;
}

/* "Each FD owns only one kfd_process" */
TEST_F(secondary, once_for_a_file)
{
	struct kfd third;

	EXPECT_EQ(-EINVAL, create(&self->other));
	EXPECT_EQ(0, get_version(self->other.fd));
	ASSERT_EQ(0, open_context(&third));
	EXPECT_EQ(-EINVAL, create(&third));
	kfd_close(&third);
	EXPECT_EQ(0, create(&self->kfd));
}

/* The first one remains, for the other files and for those to come. */
TEST_F(secondary, first_one_remains)
{
	struct kfd again;
	uint32_t id;

	ASSERT_EQ(0, kfd_create_event(&self->kfd, KFD_IOC_EVENT_MEMORY, false, &id));
	EXPECT_EQ(-EINVAL, kfd_destroy_event(&self->other, id));
	ASSERT_EQ(0, kfd_open(&again));
	EXPECT_EQ(0, create(&self->kfd));
	EXPECT_EQ(-EINVAL, kfd_destroy_event(&self->kfd, id));
	EXPECT_EQ(0, kfd_destroy_event(&again, id));
	kfd_close(&again);
}

TEST_F(secondary, vm_of_its_own)
{
	struct kfd_mem mem;
	uint64_t handle;
	int drm;

	ASSERT_EQ(0, kfd_acquire(&self->kfd));
	ASSERT_EQ(0, kfd_alloc(&self->kfd, &mem, KFD_PAGE, MEM(GTT) | MEM(WRITABLE)));
	ASSERT_EQ(0, kfd_map(&self->kfd, mem.handle));

	EXPECT_EQ(-ENODEV, kfd_alloc_at(&self->other, (uintptr_t)mem.va, KFD_PAGE, MEM(GTT), NULL,
					NULL));
	/* "Already a compute VM?" */
	EXPECT_EQ(-EINVAL, kfd_acquire_fd(&self->other, self->kfd.drm));
	ASSERT_EQ(0, kfd_acquire(&self->other));
	drm = kfd_open_render(&self->other);
	ASSERT_LE(0, drm);
	EXPECT_EQ(-EBUSY, kfd_acquire_fd(&self->other, drm));
	close(drm);

	/* The same address, and not the same memory. */
	ASSERT_EQ(0, kfd_alloc_at(&self->other, (uintptr_t)mem.va, KFD_PAGE, MEM(GTT), NULL,
				  &handle));
	EXPECT_EQ(0, kfd_map(&self->other, handle));
	EXPECT_EQ(0, kfd_unmap(&self->other, handle));
	EXPECT_EQ(0, kfd_free(&self->other, handle));
	EXPECT_EQ(0, kfd_unmap(&self->kfd, mem.handle));
	EXPECT_EQ(0, kfd_free_mem(&self->kfd, &mem));
}

TEST_F(secondary, memory)
{
	uint64_t offset = KFD_MMAP_TYPE_DOORBELL | KFD_MMAP_GPU_ID(self->other.gpu_id);
	uint64_t size = kfd_doorbell_size(&self->other), *p;
	struct kfd_mem mem;

	ASSERT_EQ(0, kfd_acquire(&self->other));
	ASSERT_EQ(0, kfd_alloc(&self->other, &mem, KFD_PAGE, MEM(GTT) | MEM(WRITABLE)));
	p = kfd_cpu_map(&self->other, &mem);
	ASSERT_NE(MAP_FAILED, p);
	STORE(p, 0x1234);
	EXPECT_EQ(0x1234, LOAD(p));
	EXPECT_EQ(0, munmap(p, KFD_PAGE));
	EXPECT_EQ(0, kfd_free(&self->other, mem.handle));

	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, self->other.fd, offset);
	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(0, munmap(p, size));
}

/* What two contexts have in common goes by dma-buf, as between processes. */
TEST_F(secondary, shared_memory)
{
	struct kfd_mem mem;
	uint64_t handle;
	uint64_t *p;
	int fd;

	ASSERT_EQ(0, kfd_acquire(&self->kfd));
	ASSERT_EQ(0, kfd_acquire(&self->other));
	ASSERT_EQ(0, kfd_alloc(&self->kfd, &mem, KFD_PAGE, MEM(GTT) | MEM(WRITABLE)));
	p = kfd_cpu_map(&self->kfd, &mem);
	ASSERT_NE(MAP_FAILED, p);
	STORE(p, 0x1234);
	fd = kfd_export(&self->kfd, mem.handle);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, kfd_import(&self->other, mem.va, fd, &handle));
	close(fd);
	EXPECT_EQ(0, kfd_map(&self->other, handle));
	EXPECT_EQ(0, kfd_free(&self->kfd, mem.handle));
	EXPECT_EQ(0x1234, LOAD(p));
	EXPECT_EQ(0, munmap(p, KFD_PAGE));

	fd = kfd_export(&self->other, handle);
	ASSERT_LE(0, fd);
	p = mmap(NULL, KFD_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, p);
	close(fd);
	EXPECT_EQ(0x1234, LOAD(p));
	EXPECT_EQ(0, kfd_unmap(&self->other, handle));
	EXPECT_EQ(0, kfd_free(&self->other, handle));
	EXPECT_EQ(0x1234, LOAD(p));
}

/*
 * amdkfd would stop the queues of the first context when a page moves, so it takes none as long as
 * it does not find the right one: kfd_vmm.c. In a guest pages are pinned.
 */
TEST_F(secondary, user_memory)
{
	struct kfd_mem mem;
	void *user;
	int ret;

	ASSERT_EQ(0, kfd_acquire(&self->other));
	user = mmap(NULL, KFD_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, user);
	ret = kfd_alloc_userptr(&self->other, &mem, user, KFD_PAGE, MEM(WRITABLE));
	if (!kfd_is_guest(&self->kfd) && ret == -EOPNOTSUPP)
		return;
	ASSERT_EQ(0, ret);
	EXPECT_EQ(0, kfd_map(&self->other, mem.handle));
	/* It ends with the file, as it is. */
}

TEST_F(secondary, refused)
{
	struct kfd_ioctl_svm_args svm = { .start_addr = KFD_PAGE, .size = KFD_PAGE };
	struct kfd_ioctl_dbg_trap_args dbg = { .pid = getpid() };
	int ret;

	EXPECT_EQ(-EOPNOTSUPP, kfd_ioctl(self->other.fd, AMDKFD_IOC_DBG_TRAP, &dbg));
	/* Without CONFIG_HSA_AMD_SVM there is none for the first one either. */
	ret = kfd_ioctl(self->other.fd, AMDKFD_IOC_SVM, &svm);
	EXPECT_TRUE(ret == -EPERM || (ret == -EOPNOTSUPP && !kfd_is_guest(&self->kfd)));
}

TEST_F(secondary, events)
{
	struct kfd_event_data data = {};
	struct kfd_mem page[2];
	uint32_t id[2], result;

	ASSERT_EQ(0, kfd_acquire(&self->kfd));
	ASSERT_EQ(0, kfd_acquire(&self->other));
	ASSERT_EQ(0, kfd_event_page(&self->kfd, &page[0], &id[0]));
	ASSERT_EQ(0, kfd_event_page(&self->other, &page[1], &id[1]));
	/* Both begin to count anew. */
	EXPECT_EQ(id[0], id[1]);
	ASSERT_EQ(0, kfd_set_event(&self->other, id[1]));
	data.event_id = id[0];
	EXPECT_EQ(0, kfd_wait(&self->kfd, &data, 1, true, KFD_EVENT_TIMEOUT_IMMEDIATE, &result));
	EXPECT_EQ(KFD_IOC_WAIT_RESULT_TIMEOUT, result);
	EXPECT_EQ(0, kfd_wait(&self->other, &data, 1, true, KFD_EVENT_TIMEOUT_IMMEDIATE, &result));
	EXPECT_EQ(KFD_IOC_WAIT_RESULT_COMPLETE, result);
}

/* kfd_process_alloc_id(): the lowest that is free, and it is free when the context is gone. */
TEST_F(secondary, ids)
{
	pid_t pid = getpid();
	struct kfd third;

	EXPECT_TRUE(has_directory(pid, 0, true));
	ASSERT_EQ(0, open_context(&third));
	EXPECT_TRUE(has_directory(pid, 1, true));
	kfd_close(&self->other);
	EXPECT_TRUE(has_directory(pid, 0, false));
	EXPECT_TRUE(has_directory(pid, 1, true));
	kfd_close(&third);
	EXPECT_TRUE(has_directory(pid, 1, false));
	EXPECT_EQ(0, get_version(self->kfd.fd));
}

/* The file that is closed last ends it, not the descriptor. */
TEST_F(secondary, ends_with_the_file)
{
	int fd = dup(self->other.fd);
	uint32_t id;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, kfd_create_event(&self->other, KFD_IOC_EVENT_MEMORY, false, &id));
	close(self->other.fd);
	self->other.fd = fd;
	usleep(100000);
	EXPECT_EQ(0, kfd_destroy_event(&self->other, id));
	EXPECT_TRUE(has_directory(getpid(), 0, true));
}

TEST_F(secondary, fork_child_has_no_use_of_it)
{
	pid_t pid = fork();

	ASSERT_LE(0, pid);
	if (!pid) {
		if (get_version(self->other.fd) != -EBADF || create(&self->other) != -EBADF ||
		    create(&self->kfd) != -EBADF)
			_exit(1);
		_exit(0);
	}
	EXPECT_EQ(0, kfd_child_status(pid));
	EXPECT_EQ(0, get_version(self->other.fd));
}

/* With the process all its contexts end, whatever they have. */
TEST_F(secondary, exit_ends_all)
{
	int ready[2];
	char byte;
	pid_t pid;

	ASSERT_EQ(0, pipe(ready));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		struct kfd own[3];
		struct kfd_mem mem;
		int i;

		for (i = 0; i < 3; i++)
			if (open_context(&own[i]) || kfd_acquire(&own[i]) ||
			    kfd_alloc(&own[i], &mem, KFD_PAGE, MEM(VRAM)) ||
			    kfd_map(&own[i], mem.handle))
				_exit(1);
		if (write(ready[1], "", 1) != 1)
			_exit(2);
		pause();
	}
	ASSERT_EQ(1, read(ready[0], &byte, 1));
	EXPECT_TRUE(has_directory(pid, 2, true));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(pid, waitpid(pid, NULL, 0));
	EXPECT_TRUE(has_directory(pid, 0, false));
	EXPECT_TRUE(has_directory(pid, 2, false));
}

static void *create_thread(void *data)
{
	return (void *)(long)create(data);
}

/* "p != filep->private_data": one of them is first. */
TEST_F(secondary, at_the_same_time)
{
	pthread_t threads[4];
	int i, round, created;
	struct kfd kfd;
	void *ret;

	for (round = 0; round < 10; round++) {
		created = 0;
		ASSERT_EQ(0, kfd_open(&kfd));
		for (i = 0; i < 4; i++)
			ASSERT_EQ(0, pthread_create(&threads[i], NULL, create_thread, &kfd));
		for (i = 0; i < 4; i++) {
			ASSERT_EQ(0, pthread_join(threads[i], &ret));
			EXPECT_TRUE(!ret || (long)ret == -EINVAL);
			created += !ret;
		}
		EXPECT_EQ(1, created);
		kfd_close(&kfd);
	}
}

TEST_F(secondary, many)
{
	struct kfd kfd[32];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kfd); i++) {
		ASSERT_EQ(0, open_context(&kfd[i]));
		ASSERT_EQ(0, kfd_acquire(&kfd[i]));
	}
	for (i = 0; i < ARRAY_SIZE(kfd); i++) {
		EXPECT_EQ(0, get_version(kfd[i].fd));
		kfd_close(&kfd[i]);
	}
}

TEST_HARNESS_MAIN
