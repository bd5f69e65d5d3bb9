// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * To whom a /dev/kfd belongs: open, close, fork, exec, descriptors passed on, SIGKILL; what
 * ACQUIRE_VM takes and what fails before it.
 *
 * amdkfd has one process for each mm (kfd_create_process()), and a file serves the thread
 * group that opened it (kfd_ioctl(), kfd_mmap()).
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "kselftest_harness.h"
#include "kfd_test.h"

FIXTURE(process) {
	struct kfd kfd;
};

FIXTURE_SETUP(process)
{
	KFD_SETUP(return, &self->kfd);
}

FIXTURE_TEARDOWN(process)
{
	kfd_close(&self->kfd);
}

static int get_version(int fd)
{
	struct kfd_ioctl_get_version_args args;

	return kfd_ioctl(fd, AMDKFD_IOC_GET_VERSION, &args);
}

TEST_F(process, second_open_shares)
{
	struct kfd other;
	uint32_t id;

	ASSERT_EQ(0, kfd_acquire(&self->kfd));
	ASSERT_EQ(0, kfd_create_event(&self->kfd, KFD_IOC_EVENT_MEMORY, false, &id));
	ASSERT_EQ(0, kfd_open(&other));
	/* The first has it, with another file. */
	EXPECT_EQ(-EBUSY, kfd_acquire(&other));
	EXPECT_EQ(0, kfd_destroy_event(&other, id));
	EXPECT_EQ(-EINVAL, kfd_destroy_event(&self->kfd, id));
	kfd_close(&other);
	EXPECT_EQ(0, get_version(self->kfd.fd));
}

TEST_F(process, close_does_not_end_it)
{
	uint32_t id;

	ASSERT_EQ(0, kfd_create_event(&self->kfd, KFD_IOC_EVENT_MEMORY, false, &id));
	kfd_close(&self->kfd);
	ASSERT_EQ(0, kfd_open(&self->kfd));
	EXPECT_EQ(0, kfd_destroy_event(&self->kfd, id));
}

TEST_F(process, render_node_may_be_closed)
{
	struct kfd_mem mem;

	ASSERT_EQ(0, kfd_acquire(&self->kfd));
	close(self->kfd.drm);
	self->kfd.drm = -1;
	ASSERT_EQ(0, kfd_alloc(&self->kfd, &mem, KFD_PAGE, MEM(GTT) | MEM(WRITABLE)));
	EXPECT_EQ(0, kfd_map(&self->kfd, mem.handle));
	EXPECT_EQ(0, kfd_unmap(&self->kfd, mem.handle));
	EXPECT_EQ(0, kfd_free_mem(&self->kfd, &mem));
}

TEST_F(process, open_modes)
{
	static const int modes[] = { O_RDONLY, O_WRONLY, O_RDWR };
	unsigned int i;
	char byte = 0;
	int fd;

	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		fd = open("/dev/kfd", modes[i] | O_CLOEXEC);
		ASSERT_LE(0, fd);
		EXPECT_EQ(0, get_version(fd));
		close(fd);
	}
	EXPECT_EQ(-1, read(self->kfd.fd, &byte, 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, write(self->kfd.fd, &byte, 1));
	EXPECT_EQ(EINVAL, errno);
}

static void *version_thread(void *fd)
{
	return (void *)(long)get_version((long)fd);
}

TEST_F(process, threads_share)
{
	pthread_t thread;
	void *ret;

	ASSERT_EQ(0, pthread_create(&thread, NULL, version_thread, (void *)(long)self->kfd.fd));
	ASSERT_EQ(0, pthread_join(thread, &ret));
	EXPECT_EQ(NULL, ret);
}

TEST_F(process, fork_child_has_no_use_of_it)
{
	uint32_t id;
	pid_t pid;

	ASSERT_EQ(0, kfd_create_event(&self->kfd, KFD_IOC_EVENT_MEMORY, false, &id));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		void *map;

		CHILD_CHECK(1, get_version(self->kfd.fd) == -EBADF);
		/* The file is looked at before the argument, the number before the file. */
		CHILD_CHECK(2, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_GET_VERSION, NULL) == -EBADF);
		CHILD_CHECK(3, kfd_ioctl(self->kfd.fd, _IO('K', 0xff), NULL) == -ENOTTY);
		CHILD_CHECK(4, kfd_destroy_event(&self->kfd, id) == -EBADF);
		map = mmap(NULL, KFD_PAGE, PROT_READ, MAP_SHARED, self->kfd.fd,
			   KFD_MMAP_TYPE_MMIO | KFD_MMAP_GPU_ID(self->kfd.gpu_id));
		CHILD_CHECK(5, map == MAP_FAILED && errno == EBADF);
		_exit(0);
	}
	EXPECT_EQ(0, kfd_child_status(pid));
	EXPECT_EQ(0, kfd_destroy_event(&self->kfd, id));
}

TEST_F(process, fork_child_has_its_own)
{
	uint32_t id;
	pid_t pid;

	ASSERT_EQ(0, kfd_acquire(&self->kfd));
	ASSERT_EQ(0, kfd_create_event(&self->kfd, KFD_IOC_EVENT_MEMORY, false, &id));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		struct kfd own;
		struct kfd_mem mem;

		CHILD_CHECK(1, !kfd_open(&own));
		CHILD_CHECK(2, kfd_destroy_event(&own, id) == -EINVAL);
		CHILD_CHECK(3, kfd_alloc(&own, &mem, KFD_PAGE, MEM(GTT)) == -ENODEV);
		/* The parent's VM is the parent's: "Already a compute VM?" */
		CHILD_CHECK(4, kfd_acquire_fd(&own, self->kfd.drm) == -EINVAL);
		CHILD_CHECK(5, !kfd_acquire(&own));
		CHILD_CHECK(6, !kfd_alloc(&own, &mem, KFD_PAGE, MEM(GTT)));
		_exit(0);
	}
	EXPECT_EQ(0, kfd_child_status(pid));
	EXPECT_EQ(0, kfd_destroy_event(&self->kfd, id));
}

/* A thread group of its own that shares the mm. */
static int clone_vm_child(void *data)
{
	const struct kfd *kfd = data;

	return get_version(kfd->fd) == -EBADF ? 0 : 1;
}

TEST_F(process, clone_vm_child_has_no_use_of_it)
{
	static long double stack[4096];	/* aligned as a stack is */
	pid_t pid;

	pid = clone(clone_vm_child, stack + ARRAY_SIZE(stack), CLONE_VM | CLONE_VFORK | SIGCHLD,
		    &self->kfd);
	ASSERT_LE(0, pid);
	EXPECT_EQ(0, kfd_child_status(pid));
	EXPECT_EQ(0, get_version(self->kfd.fd));
}

/*
 * What was open before exec: amdkfd looks at the thread group leader only, which is the same,
 * but what is left of the process there is nobody's business; newer ones say that it is gone, as
 * virtio-gpu does.
 */
static void inherited_file(const struct kfd *kfd, int fd)
{
	const bool guest = kfd_is_guest(kfd);
	int ret = get_version(fd);
	void *map;

	CHILD_CHECK(20, ret == -ESRCH || (!ret && !guest));
	if (!ret)
		return;
	map = mmap(NULL, KFD_PAGE, PROT_READ, MAP_SHARED, fd,
		   KFD_MMAP_TYPE_MMIO | KFD_MMAP_GPU_ID(kfd->gpu_id));
	CHILD_CHECK(21, map == MAP_FAILED && errno == ESRCH);
}

/* After exec: argv is --after-exec, event, descriptor that was inherited or -1. */
static int after_exec(char **argv)
{
	int inherited = strtol(argv[3], NULL, 0);
	struct kfd kfd;
	struct kfd_mem mem;

	CHILD_CHECK(1, !kfd_open(&kfd));
	if (inherited >= 0)
		inherited_file(&kfd, inherited);
	CHILD_CHECK(2, kfd_destroy_event(&kfd, strtoul(argv[2], NULL, 0)) == -EINVAL);
	CHILD_CHECK(3, kfd_alloc(&kfd, &mem, KFD_PAGE, MEM(GTT)) == -ENODEV);
	CHILD_CHECK(4, !kfd_acquire(&kfd));
	CHILD_CHECK(5, !kfd_alloc(&kfd, &mem, KFD_PAGE, MEM(GTT)));
	return 0;
}

FIXTURE(exec) {
	int unused;
};

FIXTURE_VARIANT(exec) {
	bool inherit;
	bool share;	/* the mm, with a child, so that it outlives exec() */
};

FIXTURE_VARIANT_ADD(exec, close) {
	.inherit = false,
};

FIXTURE_VARIANT_ADD(exec, inherit) {
	.inherit = true,
};

FIXTURE_VARIANT_ADD(exec, share) {
	.inherit = true,
	.share = true,
};

static int keep_mm(void *arg)
{
	(void)arg;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		pause();
	return 0;
}

FIXTURE_SETUP(exec)
{
	if (access("/dev/kfd", F_OK))
		SKIP(return, "there is no /dev/kfd");
}

FIXTURE_TEARDOWN(exec)
{
}

TEST_F(exec, begins_anew)
{
	pid_t pid = fork();

	ASSERT_LE(0, pid);
	if (!pid) {
		struct kfd_mem mem;
		struct kfd kfd;
		uint32_t id;
		char event[16], fd[16];

		CHILD_CHECK(10, !kfd_open(&kfd));
		CHILD_CHECK(11, !kfd_acquire(&kfd));
		CHILD_CHECK(12, !kfd_create_event(&kfd, KFD_IOC_EVENT_MEMORY, false, &id));
		CHILD_CHECK(13, !kfd_alloc(&kfd, &mem, KFD_PAGE, MEM(GTT)));
		CHILD_CHECK(14, !kfd_map(&kfd, mem.handle));
		if (variant->inherit)
			fcntl(kfd.fd, F_SETFD, 0);
		if (variant->share) {
			static long double stack[4096];

			CHILD_CHECK(16, clone(keep_mm, stack + ARRAY_SIZE(stack),
					      CLONE_VM | SIGCHLD, NULL) > 0);
		}
		snprintf(event, sizeof(event), "%u", id);
		snprintf(fd, sizeof(fd), "%d", variant->inherit ? kfd.fd : -1);
		execl("/proc/self/exe", "kfd_process", "--after-exec", event, fd, NULL);
		_exit(15);
	}
	EXPECT_EQ(0, kfd_child_status(pid));
}

TEST_F(process, passed_to_another)
{
	int sock[2];
	pid_t pid;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sock));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		int fd = kfd_receive_fd(sock[1]);

		CHILD_CHECK(1, fd >= 0);
		CHILD_CHECK(2, get_version(fd) == -EBADF);
		_exit(0);
	}
	ASSERT_EQ(0, kfd_send_fd(sock[0], self->kfd.fd));
	EXPECT_EQ(0, kfd_child_status(pid));
	EXPECT_EQ(0, get_version(self->kfd.fd));
}

/* The file of a process that is gone. */
TEST_F(process, outlives_its_process)
{
	uint64_t offset = KFD_MMAP_TYPE_MMIO | KFD_MMAP_GPU_ID(self->kfd.gpu_id);
	int sock[2], fd;
	pid_t pid;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sock));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		struct kfd own;
		struct kfd_mem mem;

		CHILD_CHECK(1, !kfd_open(&own));
		CHILD_CHECK(2, !kfd_acquire(&own));
		CHILD_CHECK(3, !kfd_alloc(&own, &mem, KFD_PAGE, MEM(GTT)));
		CHILD_CHECK(4, !kfd_send_fd(sock[1], own.fd));
		_exit(0);
	}
	fd = kfd_receive_fd(sock[0]);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, kfd_child_status(pid));
	EXPECT_EQ(-EBADF, get_version(fd));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, KFD_PAGE, PROT_READ, MAP_SHARED, fd, offset));
	EXPECT_EQ(EBADF, errno);
	EXPECT_EQ(0, close(fd));
	EXPECT_EQ(0, get_version(self->kfd.fd));
}

TEST_F(process, before_acquire_vm)
{
	uint32_t gpus[] = { self->kfd.gpu_id };
	uint64_t handle = (uint64_t)self->kfd.gpu_id << 32;
	struct kfd_ioctl_set_memory_policy_args policy = { .gpu_id = self->kfd.gpu_id };
	struct kfd_ioctl_set_trap_handler_args trap = { .gpu_id = self->kfd.gpu_id };
	struct kfd_ioctl_set_scratch_backing_va_args scratch = { .gpu_id = self->kfd.gpu_id };
	struct kfd_ioctl_create_event_args event = { .event_page_offset = handle };
	struct kfd_ioctl_map_memory_to_gpu_args map = {
		.handle = handle,
		.device_ids_array_ptr = (uintptr_t)gpus,
		.n_devices = 1,
	};
	struct kfd_ioctl_get_available_memory_args available = { .gpu_id = self->kfd.gpu_id };
	struct kfd_ioctl_get_clock_counters_args clocks = { .gpu_id = self->kfd.gpu_id };
	static const uint32_t flags[] = { MEM(VRAM), MEM(GTT), MEM(DOORBELL), MEM(MMIO_REMAP) };
	uint64_t offset;
	unsigned int i;

	/* kfd_bind_process_to_device() */
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		offset = 0;
		EXPECT_EQ(-ENODEV, kfd_alloc_at(&self->kfd, 0x10000000, KFD_PAGE, flags[i],
						&offset, NULL)) {
			TH_LOG("flags 0x%x", flags[i]);
		}
	}
	offset = 0x10000000;
	EXPECT_EQ(-ENODEV, kfd_alloc_at(&self->kfd, 0x10000000, KFD_PAGE, MEM(USERPTR), &offset,
					NULL));
	EXPECT_EQ(-ENODEV, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_MAP_MEMORY_TO_GPU, &map));
	EXPECT_EQ(-ENODEV, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_SET_SCRATCH_BACKING_VA, &scratch));
	EXPECT_EQ(-ENODEV, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_CREATE_EVENT, &event));
	/* ... of which these two make something else */
	EXPECT_EQ(-ESRCH, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_SET_MEMORY_POLICY, &policy));
	EXPECT_EQ(-ESRCH, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_SET_TRAP_HANDLER, &trap));
	/* ... and that these do not ask */
	EXPECT_EQ(-ENOMEM, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_UNMAP_MEMORY_FROM_GPU, &map));
	EXPECT_EQ(-EINVAL, kfd_free(&self->kfd, handle));
	EXPECT_EQ(0, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_AVAILABLE_MEMORY, &available));
	EXPECT_EQ(0, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_GET_CLOCK_COUNTERS, &clocks));
	/* What comes before it in ALLOC_MEMORY_OF_GPU */
	EXPECT_EQ(-EINVAL, kfd_alloc_at(&self->kfd, 0x10000000, 0, MEM(GTT), NULL, NULL));

	EXPECT_EQ(0, kfd_acquire(&self->kfd));
}

TEST_F(process, acquire_vm_errors)
{
	struct kfd_ioctl_acquire_vm_args args;
	int fd, null, other;

	fd = kfd_open_render(&self->kfd);
	ASSERT_LE(0, fd);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, null);

	EXPECT_EQ(-EINVAL, kfd_acquire_fd(&self->kfd, -1));
	EXPECT_EQ(-EINVAL, kfd_acquire_fd(&self->kfd, 1 << 30));
	EXPECT_EQ(-EINVAL, kfd_acquire_fd(&self->kfd, null));
	EXPECT_EQ(-EINVAL, kfd_acquire_fd(&self->kfd, self->kfd.fd));
	args = (struct kfd_ioctl_acquire_vm_args){ .gpu_id = KFD_BAD_GPU_ID, .drm_fd = fd };
	EXPECT_EQ(-EINVAL, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_ACQUIRE_VM, &args));

	/* None of it has claimed the VM. */
	ASSERT_EQ(0, kfd_acquire_fd(&self->kfd, fd));
	EXPECT_EQ(0, kfd_acquire_fd(&self->kfd, fd));
	other = dup(fd);
	EXPECT_EQ(0, kfd_acquire_fd(&self->kfd, other));
	close(other);
	other = kfd_open_render(&self->kfd);
	ASSERT_LE(0, other);
	EXPECT_EQ(-EBUSY, kfd_acquire_fd(&self->kfd, other));
	EXPECT_EQ(-EBUSY, kfd_acquire_fd(&self->kfd, null));
	EXPECT_EQ(-EINVAL, kfd_acquire_fd(&self->kfd, -1));
}

/* Waits until a process sleeps. */
static bool sleeps(pid_t pid)
{
	char path[32], state = 0;
	int i;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	for (i = 0; i < 1000 && state != 'S'; i++) {
		FILE *file = fopen(path, "re");

		usleep(10000);
		if (!file)
			return false;
		if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
			state = 0;
		fclose(file);
	}
	return state == 'S';
}

TEST_F(process, killed_in_wait_events)
{
	int status, i, ready[2];
	char byte;
	pid_t pid;

	ASSERT_EQ(0, pipe(ready));
	for (i = 0; i < 5; i++) {
		pid = fork();
		ASSERT_LE(0, pid);
		if (!pid) {
			struct kfd_event_data event = {};
			struct kfd own;
			uint32_t result;

			CHILD_CHECK(1, !kfd_open(&own));
			CHILD_CHECK(2, !kfd_create_event(&own, KFD_IOC_EVENT_MEMORY, false,
							 &event.event_id));
			CHILD_CHECK(3, write(ready[1], "", 1) == 1);
			kfd_wait(&own, &event, 1, true, KFD_EVENT_TIMEOUT_INFINITE, &result);
			_exit(4);
		}
		ASSERT_EQ(1, read(ready[0], &byte, 1));
		ASSERT_TRUE(sleeps(pid));
		ASSERT_EQ(0, kill(pid, SIGKILL));
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	}
	EXPECT_EQ(0, get_version(self->kfd.fd));
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "--after-exec"))
		return after_exec(argv);
	return test_harness_run(argc, argv);
}
