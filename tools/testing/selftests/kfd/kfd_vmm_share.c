// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What a virtual machine monitor relies on when its guests' processes share memory, and when it
 * gives them their own: amdkfd finds memory that is exported by a number of the device's GEM
 * handles, which all processes have in common. The lowest that is free is taken; nobody else may
 * have memory of the GPU while these tests run, or they may pass for no good reason.
 *
 * What does not live here: sharing as such, kfd_dmabuf.c; what else a monitor needs, kfd_vmm*.c.
 */
#include <sys/socket.h>
#include <linux/udmabuf.h>

#include "kselftest_harness.h"
#include "kfd_test.h"

#define SHARED_SIZE	(5 * KFD_PAGE)
#define OWN_SIZE	(3 * KFD_PAGE)
#define SECRET_SIZE	(7 * KFD_PAGE)
#define PIECE		(32UL << 20)
#define OWN		0x0011223344556677ULL
#define SECRET		0x7766554433221100ULL

static int open_context(struct kfd *kfd)
{
	return kfd_open(kfd) ?: kfd_ioctl(kfd->fd, AMDKFD_IOC_CREATE_PROCESS, NULL) ?:
	       kfd_acquire(kfd);
}

FIXTURE(share) {
	struct kfd kfd;		/* the monitor's own, primary context */
	struct kfd vm[3];	/* guests' processes; the last one is the victim */
};

FIXTURE_SETUP(share)
{
	uint64_t available;

	KFD_SETUP(return, &self->kfd);
	ASSERT_EQ(0, kfd_acquire(&self->kfd));
	/* The process of the test before may still be giving back what it had */
	ASSERT_EQ(0, kfd_settled_memory(&self->kfd, &available));
	for (int i = 0; i < 3; i++)
		ASSERT_EQ(0, open_context(&self->vm[i]));
}

FIXTURE_TEARDOWN(share)
{
	for (int i = 0; i < 3; i++)
		kfd_close(&self->vm[i]);
	kfd_close(&self->kfd);
}

static int alloc(const struct kfd *kfd, struct kfd_mem *mem, uint64_t size, uint64_t content)
{
	uint64_t *va;
	int ret = kfd_alloc(kfd, mem, size, MEM(VRAM) | MEM(PUBLIC) | MEM(WRITABLE));

	if (ret)
		return ret;
	va = kfd_cpu_map(kfd, mem);
	if (va == MAP_FAILED)
		return -errno;
	STORE(va, content);
	return 0;
}

/* What is exported of @handle is the context's own memory. */
static void expect_own(struct __test_metadata *_metadata, const struct kfd *kfd, uint64_t handle)
{
	int fd = kfd_export(kfd, handle);
	uint64_t *va;

	ASSERT_LE(0, fd);
	EXPECT_EQ(OWN_SIZE, lseek(fd, 0, SEEK_END));
	va = mmap(NULL, KFD_PAGE, PROT_READ, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, va);
	EXPECT_EQ(OWN, LOAD(va));
	munmap(va, KFD_PAGE);
	close(fd);
}

/*
 * Two imports of @fd, and both are freed: what vm[0] allocates in between may have the first one's
 * number, but not lose it with the second.
 */
static void two_imports(struct __test_metadata *_metadata, struct kfd *vm, int fd)
{
	struct kfd_mem own, secret;
	uint64_t import[2];

	ASSERT_EQ(0, kfd_import(&vm[0], NULL, fd, &import[0]));
	ASSERT_EQ(0, kfd_import(&vm[1], NULL, fd, &import[1]));
	ASSERT_EQ(0, kfd_free(&vm[0], import[0]));
	ASSERT_EQ(0, alloc(&vm[0], &own, OWN_SIZE, OWN));
	ASSERT_EQ(0, kfd_free(&vm[1], import[1]));
	ASSERT_EQ(0, alloc(&vm[2], &secret, SECRET_SIZE, SECRET));
	expect_own(_metadata, &vm[0], own.handle);
	EXPECT_EQ(0, kfd_free_mem(&vm[2], &secret));
	EXPECT_EQ(0, kfd_free_mem(&vm[0], &own));
}

TEST_F(share, guest_memory)
{
	int fd;

	if (kfd_is_guest(&self->kfd))
		SKIP(return, "a guest imports no dma-bufs of other drivers");
	fd = kfd_udmabuf(SHARED_SIZE);
	ASSERT_LE(0, fd);
	two_imports(_metadata, self->vm, fd);
	close(fd);
}

/* All of it in one context */
TEST_F(share, guest_memory_twice)
{
	struct kfd vm[3] = { self->vm[0], self->vm[0], self->vm[2] };
	int fd;

	if (kfd_is_guest(&self->kfd))
		SKIP(return, "a guest imports no dma-bufs of other drivers");
	fd = kfd_udmabuf(SHARED_SIZE);
	ASSERT_LE(0, fd);
	two_imports(_metadata, vm, fd);
	close(fd);
}

/* Memory of a context that has freed it, but not closed the descriptor */
TEST_F(share, memory_without_its_owner)
{
	struct kfd_mem mem;
	int fd;

	ASSERT_EQ(0, alloc(&self->vm[2], &mem, SHARED_SIZE, SECRET));
	fd = kfd_export(&self->vm[2], mem.handle);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, kfd_free_mem(&self->vm[2], &mem));
	two_imports(_metadata, self->vm, fd);
	close(fd);
}

/* Here the number that is given back with the import is the exporter's. */
TEST_F(share, memory_with_its_owner)
{
	struct kfd_mem mem, own, secret;
	struct kfd *vm = self->vm;
	uint64_t import;
	int fd;

	ASSERT_EQ(0, alloc(&vm[1], &mem, SHARED_SIZE, SECRET));
	fd = kfd_export(&vm[1], mem.handle);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, kfd_import(&vm[0], NULL, fd, &import));
	close(fd);
	ASSERT_EQ(0, kfd_free(&vm[0], import));
	ASSERT_EQ(0, alloc(&vm[0], &own, OWN_SIZE, OWN));
	ASSERT_EQ(0, kfd_free_mem(&vm[1], &mem));
	ASSERT_EQ(0, alloc(&vm[2], &secret, SECRET_SIZE, SECRET));
	expect_own(_metadata, &vm[0], own.handle);
}

/* Nor is it about secondary contexts: @sock tells when it is the other's turn. */
static void other_process(int sock)
{
	struct kfd_mem own;
	uint64_t import[2];
	struct kfd kfd;
	int fd = kfd_receive_fd(sock), stolen;
	char c;

	CHILD_CHECK(1, fd >= 0);
	CHILD_CHECK(2, !kfd_open(&kfd) && !kfd_acquire(&kfd));
	CHILD_CHECK(3, !kfd_import(&kfd, NULL, fd, &import[0]));
	CHILD_CHECK(4, !kfd_import(&kfd, NULL, fd, &import[1]));
	CHILD_CHECK(5, !kfd_free(&kfd, import[0]));
	CHILD_CHECK(6, !alloc(&kfd, &own, OWN_SIZE, OWN));
	CHILD_CHECK(7, !kfd_free(&kfd, import[1]));
	CHILD_CHECK(8, write(sock, "", 1) == 1 && read(sock, &c, 1) == 1);
	stolen = kfd_export(&kfd, own.handle);
	CHILD_CHECK(9, stolen >= 0);
	CHILD_CHECK(10, lseek(stolen, 0, SEEK_END) == OWN_SIZE);
	_exit(0);
}

TEST_F(share, by_another_process)
{
	struct kfd_mem mem, secret;
	int fd, sock[2];
	pid_t pid;
	char c;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock));
	ASSERT_EQ(0, alloc(&self->kfd, &mem, SHARED_SIZE, OWN));
	fd = kfd_export(&self->kfd, mem.handle);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, kfd_free_mem(&self->kfd, &mem));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		close(sock[0]);
		other_process(sock[1]);
	}
	close(sock[1]);
	ASSERT_EQ(0, kfd_send_fd(sock[0], fd));
	ASSERT_EQ(1, read(sock[0], &c, 1));
	ASSERT_EQ(0, alloc(&self->kfd, &secret, SECRET_SIZE, SECRET));
	ASSERT_EQ(1, write(sock[0], "", 1));
	EXPECT_EQ(0, kfd_child_status(pid));
	close(fd);
}

/* An import lasts as long as its own handle, whatever was imported beside it. */
TEST_F(share, each_on_its_own)
{
	uint64_t import[2];
	struct kfd_mem mem;
	int fd, again;

	ASSERT_EQ(0, alloc(&self->vm[2], &mem, OWN_SIZE, OWN));
	fd = kfd_export(&self->vm[2], mem.handle);
	ASSERT_LE(0, fd);
	for (int i = 0; i < 2; i++)
		ASSERT_EQ(0, kfd_import(&self->vm[i], kfd_reserve(OWN_SIZE), fd, &import[i]));
	close(fd);
	ASSERT_EQ(0, kfd_free_mem(&self->vm[2], &mem));
	ASSERT_EQ(0, kfd_map(&self->vm[1], import[1]));
	ASSERT_EQ(0, kfd_free(&self->vm[0], import[0]));
	/* Also what is imported of what is exported of it */
	again = kfd_export(&self->vm[1], import[1]);
	ASSERT_LE(0, again);
	ASSERT_EQ(0, kfd_import(&self->vm[0], NULL, again, &import[0]));
	close(again);
	EXPECT_EQ(0, kfd_unmap(&self->vm[1], import[1]));
	EXPECT_EQ(0, kfd_free(&self->vm[1], import[1]));
	expect_own(_metadata, &self->vm[0], import[0]);
}

/*
 * More memory than the GPU reaches at a time: the same pages of @memfd again and again. The
 * dma-buf's descriptor, or a negative errno.
 */
static int too_much_memory(const struct kfd *kfd, int memfd)
{
	struct udmabuf_create_list *list;
	uint64_t gtt_size;
	char path[128];
	int dev, fd;

	snprintf(path, sizeof(path), "/sys/class/drm/renderD%u/device/mem_info_gtt_total",
		 kfd->minor);
	if (kfd_read_u64(path, &gtt_size))
		return -ENOENT;
	list = calloc(1, sizeof(*list) + (gtt_size / PIECE + 1) * sizeof(list->list[0]));
	dev = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
	if (!list || dev < 0 || ftruncate(memfd, PIECE) ||
	    fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK))
		return -errno;
	list->count = gtt_size / PIECE + 1;
	for (unsigned int i = 0; i < list->count; i++) {
		list->list[i].memfd = memfd;
		list->list[i].size = PIECE;
	}
	fd = ioctl(dev, UDMABUF_CREATE_LIST, list);
	if (fd < 0)
		fd = -errno;
	close(dev);
	free(list);
	return fd;
}

/*
 * Such a seal is only for a file whose pages nobody has pinned. What is there of a dma-buf that is
 * closed may take the kernel a moment to release.
 */
static bool is_released(int memfd)
{
	for (int i = 0; i < 40; i++) {
		if (!fcntl(memfd, F_ADD_SEALS, F_SEAL_WRITE))
			return true;
		usleep(100000);
	}
	return false;
}

TEST_F(share, import_that_fails)
{
	int memfd = memfd_create("guest", MFD_ALLOW_SEALING), fd;
	uint64_t handle;

	if (kfd_is_guest(&self->kfd))
		SKIP(return, "a guest imports no dma-bufs of other drivers");
	fd = too_much_memory(&self->kfd, memfd);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, fcntl(memfd, F_ADD_SEALS, F_SEAL_WRITE));
	EXPECT_EQ(EBUSY, errno);
	EXPECT_EQ(-ENOMEM, kfd_import(&self->vm[0], NULL, fd, &handle));
	close(fd);
	EXPECT_TRUE(is_released(memfd));
}

TEST_HARNESS_MAIN
