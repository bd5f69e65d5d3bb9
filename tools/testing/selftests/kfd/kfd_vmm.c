// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What a virtual machine monitor relies on when a secondary context has a guest's process: nothing
 * that the guest does reaches the monitor's memory, a context ends with the process that has it,
 * and user memory can be used by it. The addresses of such a context are the guest's, so that the
 * monitor may have anything there.
 *
 * What does not live here: contexts as such, kfd_secondary.c; waiting, kfd_vmm_poll.c; dma-bufs,
 * kfd_vmm_share.c.
 */
#include <poll.h>
#include <sys/socket.h>

#include "kselftest_harness.h"
#include "kfd_queue_lib.h"

#define PROC	"/sys/class/kfd/kfd/proc"
/* Without the bit of the exception */
#define CANARY	0x1111111111111111ULL
#define HUGE	(2UL << 20)

static int open_context(struct kfd *kfd)
{
	return kfd_open(kfd) ?: kfd_ioctl(kfd->fd, AMDKFD_IOC_CREATE_PROCESS, NULL) ?:
	       kfd_acquire(kfd);
}

FIXTURE(exceptions) {
	struct kfd kfd;		/* the monitor's own, primary context */
	struct kfd vm;		/* a guest's process */
};

FIXTURE_SETUP(exceptions)
{
	KFD_SETUP(return, &self->kfd);
	if (kfd_is_guest(&self->kfd))
		SKIP(return, "a guest's kernel has no memory of another one's");
	ASSERT_EQ(0, open_context(&self->vm));
}

FIXTURE_TEARDOWN(exceptions)
{
	kfd_close(&self->vm);
	kfd_close(&self->kfd);
}

static int runtime_enable(const struct kfd *kfd)
{
	struct kfd_ioctl_runtime_enable_args args = {
		.mode_mask = KFD_RUNTIME_ENABLE_MODE_ENABLE_MASK,
	};

	return kfd_ioctl(kfd->fd, AMDKFD_IOC_RUNTIME_ENABLE, &args);
}

/* A compute queue with its CWSR area where the CPU has a header that points to @payload. */
static int exposed_queue(const struct kfd *kfd, struct kfd_queue *queue, uint64_t *payload)
{
	struct kfd_context_save_area_header *header;
	int ret = kfd_queue_prepare(kfd, queue, COMPUTE);

	if (ret)
		return ret;
	header = mmap(queue->cwsr.va, KFD_PAGE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	if (header == MAP_FAILED)
		return -errno;
	header->err_payload_addr = (uintptr_t)payload;
	return kfd_queue_start(queue);
}

/* The CP does not know it: EC_QUEUE_PACKET_UNSUPPORTED */
static void put_bad_packet(struct kfd_queue *queue)
{
	uint32_t bad[] = { 3U << 30 | 0xfe << 8, 0 };

	kfd_queue_put(queue, bad, 2);
	kfd_queue_ring(queue);
}

/* It is the memory of the context that is meant; the context has its events. */
TEST_F(exceptions, queue)
{
	struct kfd_event_data data = { 0 };
	uint64_t canary = CANARY;
	struct kfd_queue queue;
	uint32_t result;

	ASSERT_EQ(0, kfd_create_event(&self->vm, KFD_IOC_EVENT_HW_EXCEPTION, true,
				      &data.event_id));
	ASSERT_EQ(0, runtime_enable(&self->vm));
	ASSERT_EQ(0, exposed_queue(&self->vm, &queue, &canary));
	put_bad_packet(&queue);
	ASSERT_EQ(0, kfd_wait(&self->vm, &data, 1, true, 3000, &result));
	EXPECT_EQ(CANARY, LOAD(&canary));
	ASSERT_EQ(KFD_IOC_WAIT_RESULT_COMPLETE, result);
	EXPECT_EQ(self->vm.gpu_id, data.hw_exception_data.gpu_id);
	EXPECT_EQ(1, data.hw_exception_data.memory_lost);
	EXPECT_EQ(0, kfd_destroy_queue(&self->vm, queue.args.queue_id));
}

/* In the primary context it is told by way of its memory, as ever. */
TEST_F(exceptions, queue_of_the_primary_context)
{
	uint64_t payload = 1;
	struct kfd_queue queue;

	ASSERT_EQ(0, kfd_acquire(&self->kfd));
	ASSERT_EQ(0, runtime_enable(&self->kfd));
	ASSERT_EQ(0, exposed_queue(&self->kfd, &queue, &payload));
	put_bad_packet(&queue);
	for (int i = 0; i < 3000 && LOAD(&payload) == 1; i++)
		usleep(1000);
	EXPECT_EQ(1 | KFD_EC_MASK(EC_QUEUE_PACKET_UNSUPPORTED), LOAD(&payload));
	EXPECT_EQ(0, kfd_destroy_queue(&self->kfd, queue.args.queue_id));
}

static int set_xnack(const struct kfd *kfd, int *mode)
{
	struct kfd_ioctl_set_xnack_mode_args args = { .xnack_enabled = *mode };
	int ret = kfd_ioctl(kfd->fd, AMDKFD_IOC_SET_XNACK_MODE, &args);

	*mode = args.xnack_enabled;
	return ret;
}

/* A fault that is retried would be resolved with the monitor's memory. */
TEST_F(exceptions, xnack_is_refused)
{
	int mode = -1;

	if (set_xnack(&self->kfd, &mode))
		SKIP(return, "the kernel has no SVM");
	mode = 1;
	if (set_xnack(&self->kfd, &mode))
		SKIP(return, "this GPU has no XNACK for single processes");
	mode = 1;
	EXPECT_EQ(-EPERM, set_xnack(&self->vm, &mode));
	mode = -1;
	EXPECT_EQ(0, set_xnack(&self->vm, &mode));
	EXPECT_EQ(0, mode);
	mode = 0;
	EXPECT_EQ(0, set_xnack(&self->vm, &mode));
}

TEST_F(exceptions, retried_fault)
{
	SKIP(return, "amdgpu-model-pci has no faults that are retried");
}

TEST_F(exceptions, poison)
{
	SKIP(return, "amdgpu-model-pci has no poisoned memory");
}

TEST_F(exceptions, sdma_counter)
{
	SKIP(return, "amdgpu-model-pci is a GPU that has the counter in the MQD");
}

FIXTURE(lifetime) {
	struct kfd kfd;
	struct kfd_mem mem;	/* which the child's queue looks at and writes to */
	int mem_fd;
	int sock[2];
};

FIXTURE_SETUP(lifetime)
{
	KFD_SETUP(return, &self->kfd);
	if (kfd_is_guest(&self->kfd))
		SKIP(return, "a guest's process is one on its host");
	ASSERT_EQ(0, kfd_acquire(&self->kfd));
	ASSERT_EQ(0, kfd_shared(&self->kfd, &self->mem, KFD_PAGE, MEM(GTT)));
	self->mem_fd = kfd_export(&self->kfd, self->mem.handle);
	ASSERT_LE(0, self->mem_fd);
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, self->sock));
}

FIXTURE_TEARDOWN(lifetime)
{
	kfd_close(&self->kfd);
}

/* In the child: a secondary context's queue, which writes to the second word after the first. */
static void queue_that_waits(int mem_fd, struct kfd *own)
{
	uint32_t *va = kfd_reserve(KFD_PAGE);
	static struct kfd_queue queue;
	uint64_t handle;

	CHILD_CHECK(2, va);
	CHILD_CHECK(2, mmap(va, KFD_PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, mem_fd, 0) == va);
	CHILD_CHECK(3, !open_context(own));
	CHILD_CHECK(4, !kfd_import(own, va, mem_fd, &handle));
	CHILD_CHECK(5, !kfd_map(own, handle));
	CHILD_CHECK(6, !kfd_queue_create(own, &queue, SDMA));
	sdma_fence(&queue, &va[2], 1);
	sdma_poll(&queue, &va[0], 1);
	sdma_fence(&queue, &va[1], 1);
	kfd_queue_ring(&queue);
	/* It runs, or it would not be seen that it does not any more */
	CHILD_CHECK(9, kfd_wait_u32(&va[2], 1));
}

static void expect_no_queue(struct __test_metadata *_metadata, uint32_t *words)
{
	ASSERT_EQ(1, LOAD(&words[2]));
	usleep(300000);
	STORE(&words[0], 1);
	usleep(500000);
	EXPECT_EQ(0, LOAD(&words[1]));
}

/* Its file is another's by then. */
TEST_F(lifetime, ends_with_its_process)
{
	struct kfd own;
	pid_t pid;
	int fd;

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		queue_that_waits(self->mem_fd, &own);
		CHILD_CHECK(7, !kfd_send_fd(self->sock[1], own.fd));
		_exit(0);
	}
	fd = kfd_receive_fd(self->sock[0]);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, kfd_child_status(pid));
	expect_no_queue(_metadata, self->mem.va);
	close(fd);
}

/* A file that remains open, in a program that does not know of it */
TEST_F(lifetime, ends_with_exec)
{
	struct kfd own;
	pid_t pid;
	char c;

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		queue_that_waits(self->mem_fd, &own);
		fcntl(own.fd, F_SETFD, 0);
		execl("/proc/self/exe", "kfd_vmm", "--sleep", NULL);
		_exit(8);
	}
	/* Until the child has none either */
	close(self->sock[1]);
	ASSERT_EQ(0, read(self->sock[0], &c, 1));
	expect_no_queue(_metadata, self->mem.va);
	EXPECT_EQ(0, kill(pid, SIGKILL));
	EXPECT_EQ(-1, kfd_child_status(pid));
}

static int after_exec(const char *arg)
{
	struct pollfd pollfd = { .fd = strtol(arg, NULL, 0), .events = POLLIN };
	struct kfd_ioctl_get_version_args args;
	struct kfd kfd = { .fd = pollfd.fd };
	uint32_t id;

	CHILD_CHECK(10, kfd_ioctl(kfd.fd, AMDKFD_IOC_GET_VERSION, &args) == -ESRCH);
	CHILD_CHECK(11, kfd_create_event(&kfd, KFD_IOC_EVENT_MEMORY, false, &id) == -ESRCH);
	CHILD_CHECK(12, mmap(NULL, KFD_PAGE, PROT_READ, MAP_SHARED, kfd.fd,
			     KFD_MMAP_TYPE_MMIO) == MAP_FAILED && errno == ESRCH);
	CHILD_CHECK(13, poll(&pollfd, 1, 0) == 1 && pollfd.revents == POLLERR);
	return 0;
}

TEST_F(lifetime, exec_with_the_file_open)
{
	for (int secondary = 0; secondary < 2; secondary++) {
		pid_t pid = fork();

		ASSERT_LE(0, pid);
		if (!pid) {
			struct kfd own;
			char fd[16];

			CHILD_CHECK(2, !(secondary ? open_context(&own) : kfd_open(&own)));
			fcntl(own.fd, F_SETFD, 0);
			snprintf(fd, sizeof(fd), "%d", own.fd);
			execl("/proc/self/exe", "kfd_vmm", "--after-exec", fd, NULL);
			_exit(3);
		}
		EXPECT_EQ(0, kfd_child_status(pid));
	}
}

FIXTURE(userptr) {
	struct kfd kfd, vm;
	struct kfd_queue queue, other;
	struct kfd_mem src, dst, mem;
	char *user;
};

FIXTURE_SETUP(userptr)
{
	KFD_SETUP(return, &self->kfd);
	if (kfd_is_guest(&self->kfd))
		SKIP(return, "a guest's pages are pinned");
	ASSERT_EQ(0, kfd_acquire(&self->kfd));
	ASSERT_EQ(0, open_context(&self->vm));
	self->user = mmap(NULL, HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->user);
	memset(self->user, 1, HUGE);
	ASSERT_EQ(0, kfd_shared(&self->vm, &self->src, HUGE, MEM(GTT)));
	ASSERT_EQ(0, kfd_shared(&self->vm, &self->dst, HUGE, MEM(GTT)));
	ASSERT_EQ(0, kfd_alloc_userptr(&self->vm, &self->mem, self->user, HUGE, MEM(WRITABLE)));
	ASSERT_EQ(0, kfd_map(&self->vm, self->mem.handle));
	ASSERT_EQ(0, kfd_queue_create(&self->vm, &self->queue, SDMA));
	ASSERT_EQ(0, kfd_queue_create(&self->kfd, &self->other, SDMA));
}

FIXTURE_TEARDOWN(userptr)
{
	kfd_close(&self->vm);
	kfd_close(&self->kfd);
}

static void pattern(void *to, uint32_t seed)
{
	uint32_t *p = to;

	for (uint64_t i = 0; i < HUGE / 4; i++)
		p[i] = (uint32_t)i * 2654435761U + seed;
}

/* Out of the memory, and into it */
static void copies(struct __test_metadata *_metadata, struct _test_data_userptr *self, int round)
{
	pattern(self->user, round);
	sdma_copy(&self->queue, self->dst.va, self->mem.va, HUGE);
	kfd_queue_ring(&self->queue);
	ASSERT_EQ(0, kfd_queue_wait(&self->queue));
	ASSERT_EQ(0, memcmp(self->user, self->dst.va, HUGE));
	pattern(self->src.va, ~round);
	sdma_copy(&self->queue, self->mem.va, self->src.va, HUGE);
	kfd_queue_ring(&self->queue);
	ASSERT_EQ(0, kfd_queue_wait(&self->queue));
	ASSERT_EQ(0, memcmp(self->user, self->src.va, HUGE));
}

TEST_F(userptr, other_pages)
{
	copies(_metadata, self, 0);
	for (int i = 1; i < 20; i++) {
		ASSERT_EQ(self->user, mmap(self->user, HUGE, PROT_READ | PROT_WRITE,
					   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
		copies(_metadata, self, i);
	}
}

TEST_F(userptr, forks)
{
	for (int i = 0; i < 10; i++) {
		int go[2];
		pid_t pid;
		char c;

		memset(self->user, i, HUGE);
		ASSERT_EQ(0, pipe(go));
		pid = fork();
		ASSERT_LE(0, pid);
		if (!pid) {
			close(go[1]);
			CHILD_CHECK(1, !read(go[0], &c, 1));
			for (unsigned long j = 0; j < HUGE; j++)
				CHILD_CHECK(2, self->user[j] == i);
			_exit(0);
		}
		close(go[0]);
		copies(_metadata, self, i);
		close(go[1]);
		EXPECT_EQ(0, kfd_child_status(pid));
	}
}

/* The queues wait until it can be written to. */
TEST_F(userptr, protection)
{
	for (int i = 0; i < 10; i++) {
		ASSERT_EQ(0, mprotect(self->user, HUGE, PROT_READ));
		usleep(i * 1000);
		ASSERT_EQ(0, mprotect(self->user, HUGE, PROT_READ | PROT_WRITE));
		copies(_metadata, self, i);
	}
}

static uint64_t time_evicted(const struct kfd *kfd, const char *context)
{
	uint64_t ms = 0;
	char path[128];

	snprintf(path, sizeof(path), PROC "/%d/%sstats_%u/evicted_ms", getpid(), context,
		 kfd->gpu_id);
	return kfd_read_u64(path, &ms) ? ~0ULL : ms;
}

/* Not the queues of the monitor's own context, nor of others */
TEST_F(userptr, only_its_queues_stand_still)
{
	uint64_t before = time_evicted(&self->kfd, "");

	ASSERT_NE(~0ULL, before);
	for (int i = 0; i < 5; i++) {
		ASSERT_EQ(0, mprotect(self->user, HUGE, PROT_READ));
		usleep(50000);
		ASSERT_EQ(0, mprotect(self->user, HUGE, PROT_READ | PROT_WRITE));
		copies(_metadata, self, i);
	}
	EXPECT_EQ(before, time_evicted(&self->kfd, ""));
	EXPECT_LT(0, time_evicted(&self->vm, "context_0/"));
	EXPECT_NE(~0ULL, time_evicted(&self->vm, "context_0/"));
}

/* It is the GPU's as long as it is there: then its accesses are faults */
TEST_F(userptr, unmapped)
{
	struct kfd_event_data data = { 0 };
	uint32_t result;

	copies(_metadata, self, 1);
	ASSERT_EQ(0, kfd_create_event(&self->vm, KFD_IOC_EVENT_MEMORY, true, &data.event_id));
	ASSERT_EQ(0, munmap(self->user, HUGE));
	sdma_copy(&self->queue, self->dst.va, self->mem.va, HUGE);
	kfd_queue_ring(&self->queue);
	ASSERT_EQ(0, kfd_wait(&self->vm, &data, 1, true, QUEUE_PATIENCE_MS, &result));
	EXPECT_EQ(KFD_IOC_WAIT_RESULT_COMPLETE, result);
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--sleep"))
		return pause();
	if (argc == 3 && !strcmp(argv[1], "--after-exec"))
		return after_exec(argv[2]);
	return test_harness_run(argc, argv);
}
