// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * CPU mappings: memory through the render node, doorbells and registers through /dev/kfd.
 *
 * The rules are drm_gem_mmap()'s and amdgpu_gem_object_mmap()'s, kfd_mmap()'s of
 * kfd_chardev.c and kfd_doorbell_mmap()'s.
 */
#include <setjmp.h>

#include "kselftest_harness.h"
#include "kfd_test.h"

FIXTURE(mmap) {
	struct kfd kfd;
	uint64_t doorbells;	/* bytes */
};

FIXTURE_SETUP(mmap)
{
	KFD_SETUP(return, &self->kfd);
	ASSERT_EQ(0, kfd_acquire(&self->kfd));
	self->doorbells = kfd_doorbell_size(&self->kfd);
}

FIXTURE_TEARDOWN(mmap)
{
	kfd_close(&self->kfd);
}

/* Whether VRAM is visible to the CPU: a bank of type FB_PUBLIC, kfd_topology.h. */
static bool large_bar(const struct kfd *kfd)
{
	char path[128], key[64];
	uint64_t value;
	unsigned int i;
	FILE *file;

	for (i = 0; i < 8; i++) {
		snprintf(path, sizeof(path), KFD_TOPOLOGY "/nodes/%u/mem_banks/%u/properties",
			 kfd->node, i);
		file = fopen(path, "re");
		if (!file)
			break;
		while (fscanf(file, "%63s %lu", key, &value) == 2) {
			if (!strcmp(key, "heap_type") && value == 1) {
				fclose(file);
				return true;
			}
		}
		fclose(file);
	}
	return false;
}

static sigjmp_buf jump;

static void on_fault(int signal)
{
	siglongjmp(jump, signal);
}

/* The signal that reading or writing a byte raises, 0 if it can be done. */
static int touch(char *p, bool write)
{
	struct sigaction action = { .sa_handler = on_fault }, segv, bus;
	int signal;

	sigaction(SIGSEGV, &action, &segv);
	sigaction(SIGBUS, &action, &bus);
	signal = sigsetjmp(jump, 1);
	if (!signal) {
		if (write)
			STORE(p, 1);
		else
			(void)LOAD(p);
	}
	sigaction(SIGSEGV, &segv, NULL);
	sigaction(SIGBUS, &bus, NULL);
	return signal;
}

static uint64_t pattern(size_t i)
{
	return (i + 1) * 0x9e3779b97f4a7c15ULL;
}

FIXTURE(content) {
	struct kfd kfd;
};

FIXTURE_VARIANT(content) {
	uint32_t flags;
	uint64_t size;
};

FIXTURE_VARIANT_ADD(content, gtt) {
	.flags = MEM(GTT) | MEM(WRITABLE),
	.size = 4 << 20,
};

FIXTURE_VARIANT_ADD(content, gtt_page) {
	.flags = MEM(GTT) | MEM(WRITABLE) | MEM(COHERENT),
	.size = KFD_PAGE,
};

FIXTURE_VARIANT_ADD(content, gtt_uncached) {
	.flags = MEM(GTT) | MEM(WRITABLE) | MEM(UNCACHED),
	.size = 64 * KFD_PAGE,
};

FIXTURE_VARIANT_ADD(content, vram) {
	.flags = MEM(VRAM) | MEM(WRITABLE) | MEM(PUBLIC),
	.size = 4 << 20,
};

FIXTURE_VARIANT_ADD(content, vram_page) {
	.flags = MEM(VRAM) | MEM(WRITABLE) | MEM(PUBLIC) | MEM(EXECUTABLE),
	.size = KFD_PAGE,
};

FIXTURE_SETUP(content)
{
	KFD_SETUP(return, &self->kfd);
	ASSERT_EQ(0, kfd_acquire(&self->kfd));
	if (variant->flags & MEM(PUBLIC) && !large_bar(&self->kfd))
		SKIP(return, "VRAM is not visible to the CPU");
}

FIXTURE_TEARDOWN(content)
{
	kfd_close(&self->kfd);
}

TEST_F(content, zero_and_shared)
{
	size_t words = variant->size / sizeof(uint64_t), i;
	uint64_t *p, *q;
	struct kfd_mem mem;

	ASSERT_EQ(0, kfd_alloc(&self->kfd, &mem, variant->size, variant->flags));
	p = kfd_cpu_map(&self->kfd, &mem);
	ASSERT_EQ(mem.va, p);
	for (i = 0; i < words && !p[i]; i++)
		;
	EXPECT_EQ(words, i);
	for (i = 0; i < words; i++)
		p[i] = pattern(i);

	/* A second mapping has the same memory, whatever the GPU does. */
	EXPECT_EQ(0, kfd_map(&self->kfd, mem.handle));
	q = mmap(NULL, mem.size, PROT_READ, MAP_SHARED, self->kfd.drm, mem.offset);
	ASSERT_NE(MAP_FAILED, q);
	for (i = 0; i < words && q[i] == pattern(i); i++)
		;
	EXPECT_EQ(words, i);
	EXPECT_EQ(0, munmap(p, mem.size));
	EXPECT_EQ(0, kfd_unmap(&self->kfd, mem.handle));
	for (i = 0; i < words && q[i] == pattern(i); i++)
		;
	EXPECT_EQ(words, i);
	EXPECT_EQ(0, munmap(q, mem.size));
	EXPECT_EQ(0, kfd_free(&self->kfd, mem.handle));
}

/* What is freed does not come back with what it had. */
TEST_F(content, zero_again)
{
	size_t words = variant->size / sizeof(uint64_t), i;
	struct kfd_mem mem;
	uint64_t *p;
	int round;

	for (round = 0; round < 4; round++) {
		ASSERT_EQ(0, kfd_alloc(&self->kfd, &mem, variant->size, variant->flags));
		p = kfd_cpu_map(&self->kfd, &mem);
		ASSERT_EQ(mem.va, p);
		for (i = 0; i < words && !p[i]; i++)
			;
		EXPECT_EQ(words, i);
		for (i = 0; i < words; i += KFD_PAGE / sizeof(*p))
			p[i] = ~0ULL;
		EXPECT_EQ(0, kfd_free_mem(&self->kfd, &mem));
	}
}

TEST_F(content, freed_while_mapped)
{
	struct kfd_mem mem, other;
	uint64_t *p, *q;
	void *again;

	ASSERT_EQ(0, kfd_alloc(&self->kfd, &mem, variant->size, variant->flags));
	p = kfd_cpu_map(&self->kfd, &mem);
	ASSERT_EQ(mem.va, p);
	p[0] = pattern(0);
	ASSERT_EQ(0, kfd_free(&self->kfd, mem.handle));
	EXPECT_EQ(pattern(0), p[0]);

	/* It belongs to nobody else. */
	ASSERT_EQ(0, kfd_alloc(&self->kfd, &other, variant->size, variant->flags));
	q = kfd_cpu_map(&self->kfd, &other);
	ASSERT_EQ(other.va, q);
	q[0] = pattern(1);
	EXPECT_EQ(pattern(0), p[0]);
	p[0] = pattern(2);
	EXPECT_EQ(pattern(1), q[0]);

	/* drm_vma_node_revoke(), but the object is still there. */
	again = mmap(NULL, mem.size, PROT_READ, MAP_SHARED, self->kfd.drm, mem.offset);
	EXPECT_EQ(MAP_FAILED, again);
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(0, munmap(p, mem.size));
	again = mmap(NULL, mem.size, PROT_READ, MAP_SHARED, self->kfd.drm, mem.offset);
	EXPECT_EQ(MAP_FAILED, again);
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, kfd_free(&self->kfd, other.handle));
}

/* The mapping holds the memory, whether it has been touched or not. */
TEST_F(content, freed_before_touched)
{
	struct kfd_mem mem;
	char *p;

	ASSERT_EQ(0, kfd_alloc(&self->kfd, &mem, variant->size, variant->flags));
	p = kfd_cpu_map(&self->kfd, &mem);
	ASSERT_EQ(mem.va, p);
	ASSERT_EQ(0, kfd_free(&self->kfd, mem.handle));
	EXPECT_EQ(0, touch(p, false));
	EXPECT_EQ(0, touch(p, true));
}

TEST_F(content, shared_with_child)
{
	struct kfd_mem mem;
	uint64_t *p;
	int status;
	pid_t pid;

	ASSERT_EQ(0, kfd_alloc(&self->kfd, &mem, variant->size, variant->flags));
	p = kfd_cpu_map(&self->kfd, &mem);
	ASSERT_EQ(mem.va, p);
	p[0] = pattern(0);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		if (touch((char *)p, false))
			_exit(1);
		if (p[0] != pattern(0))
			_exit(2);
		p[1] = pattern(1);
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(pattern(1), p[1]);
}

/* A part of a page is as good as the page; the kernel reads and writes it too. */
TEST_F(content, for_system_calls)
{
	struct kfd_mem mem;
	char text[] = "through a pipe", *p;
	int fds[2];

	ASSERT_EQ(0, kfd_alloc(&self->kfd, &mem, variant->size, variant->flags));
	p = kfd_cpu_map(&self->kfd, &mem);
	ASSERT_EQ(mem.va, p);
	ASSERT_EQ(0, pipe(fds));
	ASSERT_EQ(sizeof(text), write(fds[1], text, sizeof(text)));
	ASSERT_EQ(sizeof(text), read(fds[0], p + 5, sizeof(text)));
	EXPECT_EQ(0, memcmp(p + 5, text, sizeof(text)));
	ASSERT_EQ(sizeof(text), write(fds[1], p + 5, sizeof(text)));
	memset(text, 0, sizeof(text));
	ASSERT_EQ(sizeof(text), read(fds[0], text, sizeof(text)));
	EXPECT_STREQ("through a pipe", text);
}

/* ttm_bo_vm_access(): memory can be read and written as that of a process, touched or not. */
TEST_F(content, for_debuggers)
{
	struct kfd_mem mem;
	uint64_t value = pattern(7);
	off_t at;
	char *p;
	int fd;

	fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, kfd_alloc(&self->kfd, &mem, variant->size, variant->flags));
	p = kfd_cpu_map(&self->kfd, &mem);
	ASSERT_EQ(mem.va, p);

	at = (uintptr_t)p + variant->size - sizeof(value);
	ASSERT_EQ(sizeof(value), pwrite(fd, &value, sizeof(value), at));
	EXPECT_EQ(0, memcmp(p + variant->size - sizeof(value), &value, sizeof(value)));
	EXPECT_EQ(0, LOAD(p));
	memset(p + 1, 0x5a, sizeof(value));
	ASSERT_EQ(sizeof(value), pread(fd, &value, sizeof(value), (uintptr_t)p + 1));
	EXPECT_EQ(0x5a5a5a5a5a5a5a5aUL, value);
	if (variant->size > KFD_PAGE) {
		at = (uintptr_t)p + KFD_PAGE - 3;
		value = pattern(8);
		ASSERT_EQ(sizeof(value), pwrite(fd, &value, sizeof(value), at));
		EXPECT_EQ(0, memcmp(p + KFD_PAGE - 3, &value, sizeof(value)));
	}
	close(fd);
}

/* Exported, with which virtio-gpu makes a blob of it, but not touched. */
TEST_F(content, exported_for_debuggers)
{
	uint64_t value = pattern(9);
	struct kfd_mem mem;
	int fd, dmabuf;
	char *p;

	fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, kfd_alloc(&self->kfd, &mem, variant->size, variant->flags));
	p = kfd_cpu_map(&self->kfd, &mem);
	ASSERT_EQ(mem.va, p);
	dmabuf = kfd_export(&self->kfd, mem.handle);
	ASSERT_LE(0, dmabuf);

	ASSERT_EQ(sizeof(value), pwrite(fd, &value, sizeof(value), (uintptr_t)p + 8));
	EXPECT_EQ(0, memcmp(p + 8, &value, sizeof(value)));
	close(dmabuf);
	close(fd);
}

TEST_F(mmap, render_errors)
{
	const int rw = PROT_READ | PROT_WRITE;
	struct kfd_mem mem, user;
	void *pages;
	int other;

	ASSERT_EQ(0, kfd_alloc(&self->kfd, &mem, 4 * KFD_PAGE, MEM(GTT) | MEM(WRITABLE)));

	EXPECT_EQ(MAP_FAILED, mmap(NULL, 5 * KFD_PAGE, rw, MAP_SHARED, self->kfd.drm, mem.offset));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, KFD_PAGE, rw, MAP_SHARED, self->kfd.drm,
				   mem.offset + KFD_PAGE));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, KFD_PAGE, rw, MAP_SHARED, self->kfd.drm, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, KFD_PAGE, rw, MAP_PRIVATE, self->kfd.drm, mem.offset));
	EXPECT_EQ(EINVAL, errno);

	/* It is of one file, not of all that open the node. */
	other = kfd_open_render(&self->kfd);
	ASSERT_LE(0, other);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, KFD_PAGE, rw, MAP_SHARED, other, mem.offset));
	EXPECT_EQ(EACCES, errno);

	/* User memory has its own mapping. */
	pages = mmap(NULL, KFD_PAGE, rw, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, pages);
	ASSERT_EQ(0, kfd_alloc_userptr(&self->kfd, &user, pages, KFD_PAGE, 0));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, KFD_PAGE, rw, MAP_SHARED, self->kfd.drm, user.offset));
	EXPECT_EQ(EPERM, errno);
}

TEST_F(mmap, part_of_memory)
{
	struct kfd_mem mem;
	char *p, *q;

	ASSERT_EQ(0, kfd_alloc(&self->kfd, &mem, 4 * KFD_PAGE, MEM(GTT) | MEM(WRITABLE)));
	p = kfd_cpu_map(&self->kfd, &mem);
	ASSERT_EQ(mem.va, p);
	q = mmap(NULL, KFD_PAGE, PROT_READ, MAP_SHARED, self->kfd.drm, mem.offset);
	ASSERT_NE(MAP_FAILED, q);
	p[0] = 42;
	EXPECT_EQ(42, q[0]);
	/* A hole in the middle and what is around it */
	p[3 * KFD_PAGE] = 43;
	ASSERT_EQ(0, munmap(p + KFD_PAGE, KFD_PAGE));
	EXPECT_EQ(SIGSEGV, touch(p + KFD_PAGE, false));
	EXPECT_EQ(43, p[3 * KFD_PAGE]);
	EXPECT_EQ(0, touch(p + 2 * KFD_PAGE, true));
}

/* libhsakmt makes such mappings of memory that the CPU is not to touch. */
TEST_F(mmap, no_access)
{
	struct kfd_mem mem;
	void *p;

	ASSERT_EQ(0, kfd_alloc(&self->kfd, &mem, 4 * KFD_PAGE, MEM(VRAM) | MEM(WRITABLE)));
	p = mmap(mem.va, mem.size, PROT_NONE, MAP_PRIVATE | MAP_FIXED, self->kfd.drm, mem.offset);
	ASSERT_EQ(mem.va, p);
	EXPECT_EQ(SIGSEGV, touch(p, false));
	EXPECT_EQ(-1, mprotect(p, mem.size, PROT_READ | PROT_WRITE));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(0, kfd_free(&self->kfd, mem.handle));
}

/* ... and what is shared can be given access later. */
TEST_F(mmap, access_later)
{
	struct kfd_mem mem;
	char *p;

	ASSERT_EQ(0, kfd_alloc(&self->kfd, &mem, 4 * KFD_PAGE, MEM(GTT) | MEM(WRITABLE)));
	p = mmap(mem.va, mem.size, PROT_NONE, MAP_SHARED | MAP_FIXED, self->kfd.drm, mem.offset);
	ASSERT_EQ(mem.va, p);
	EXPECT_EQ(SIGSEGV, touch(p, false));
	ASSERT_EQ(0, mprotect(p, mem.size, PROT_READ));
	EXPECT_EQ(0, touch(p, false));
	EXPECT_EQ(SIGSEGV, touch(p, true));
	ASSERT_EQ(0, mprotect(p, mem.size, PROT_READ | PROT_WRITE));
	EXPECT_EQ(0, touch(p, true));
	EXPECT_EQ(1, *p);
	ASSERT_EQ(0, mprotect(p, mem.size, PROT_NONE));
	EXPECT_EQ(SIGSEGV, touch(p, false));
	EXPECT_EQ(0, kfd_free(&self->kfd, mem.handle));
}

TEST_F(mmap, read_only)
{
	struct kfd_mem mem;
	char *p;

	ASSERT_EQ(0, kfd_alloc(&self->kfd, &mem, KFD_PAGE, MEM(GTT) | MEM(WRITABLE)));
	p = mmap(NULL, KFD_PAGE, PROT_READ, MAP_SHARED, self->kfd.drm, mem.offset);
	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(0, touch(p, false));
	EXPECT_EQ(SIGSEGV, touch(p, true));
}

TEST_F(mmap, doorbells)
{
	uint64_t offset = KFD_MMAP_TYPE_DOORBELL | KFD_MMAP_GPU_ID(self->kfd.gpu_id);
	uint64_t *p, *q, value = 0;
	int status, fd;
	pid_t pid;

	p = mmap(NULL, self->doorbells, PROT_READ | PROT_WRITE, MAP_SHARED, self->kfd.fd, offset);
	ASSERT_NE(MAP_FAILED, p);
	q = mmap(NULL, self->doorbells, PROT_READ | PROT_WRITE, MAP_SHARED, self->kfd.fd, offset);
	EXPECT_NE(MAP_FAILED, q);

	/* VM_DONTCOPY: doorbells are not the child's. */
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(touch((char *)p, false) == SIGSEGV ? 0 : 1);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);

	/* Nothing is behind a mapping of kfd_doorbell_mmap() that a debugger could use. */
	fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, pread(fd, &value, sizeof(value), (uintptr_t)p));
	EXPECT_EQ(EIO, errno);
	EXPECT_EQ(-1, pwrite(fd, &value, sizeof(value), (uintptr_t)p));
	EXPECT_EQ(EIO, errno);
	close(fd);

	/* A doorbell of no queue does nothing. */
	STORE(&p[0], 1);
	STORE(&q[1], 1);
	EXPECT_EQ(0, munmap(p, self->doorbells));
	EXPECT_EQ(0, munmap(q, self->doorbells));
}

/* What ALLOC makes of them is for the GPU, not for the CPU: ttm_bo_vm_reserve(). */
TEST_F(mmap, doorbells_with_a_handle)
{
	struct kfd_mem mem;
	char *p;

	ASSERT_EQ(0, kfd_alloc(&self->kfd, &mem, self->doorbells, MEM(DOORBELL) | MEM(WRITABLE)));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, mem.size, PROT_READ | PROT_WRITE, MAP_SHARED,
				   self->kfd.fd, mem.offset));
	EXPECT_EQ(ENODEV, errno);
	p = mmap(NULL, mem.size, PROT_READ | PROT_WRITE, MAP_SHARED, self->kfd.drm, mem.offset);
	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(SIGBUS, touch(p, false));
	EXPECT_EQ(SIGBUS, touch(p, true));
	EXPECT_EQ(0, munmap(p, mem.size));
	EXPECT_EQ(0, kfd_free(&self->kfd, mem.handle));
}

TEST_F(mmap, registers)
{
	const uint64_t offset = KFD_MMAP_TYPE_MMIO | KFD_MMAP_GPU_ID(self->kfd.gpu_id);
	struct kfd_mem mem;
	uint32_t *p;
	int status, ret;
	pid_t pid;

	ret = kfd_alloc(&self->kfd, &mem, KFD_PAGE, MEM(MMIO_REMAP) | MEM(WRITABLE));
	if (ret == -ENOMEM && !kfd_is_guest(&self->kfd))
		SKIP(return, "this GPU remaps no registers");
	ASSERT_EQ(0, ret);
	EXPECT_EQ(offset, mem.offset);
	p = mmap(mem.va, KFD_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, self->kfd.fd,
		 mem.offset);
	ASSERT_EQ(mem.va, p);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(touch((char *)p, false) == SIGSEGV ? 0 : 1);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);

	/* The first word makes the GPU flush its HDP cache, which a store may ask for. */
	STORE(p, 0);
	EXPECT_EQ(0, kfd_free(&self->kfd, mem.handle));
}

TEST_F(mmap, kfd_errors)
{
	const uint64_t gpu = KFD_MMAP_GPU_ID(self->kfd.gpu_id);
	const uint64_t bad_gpu = KFD_MMAP_GPU_ID(self->kfd.gpu_id ^ 1);
	const struct {
		uint64_t offset;
		size_t size;
		int err;
	} cases[] = {
		{ KFD_MMAP_TYPE_DOORBELL | gpu, self->doorbells / 2, EINVAL },
		{ KFD_MMAP_TYPE_DOORBELL | gpu, self->doorbells * 2, EINVAL },
		{ KFD_MMAP_TYPE_MMIO | gpu, 2 * KFD_PAGE, EINVAL },
		{ KFD_MMAP_TYPE_DOORBELL | bad_gpu, self->doorbells, ENODEV },
		{ KFD_MMAP_TYPE_MMIO | bad_gpu, KFD_PAGE, ENODEV },
		{ KFD_MMAP_TYPE_DOORBELL, self->doorbells, ENODEV },
		{ 0, KFD_PAGE, ENODEV },
		{ KFD_PAGE, KFD_PAGE, ENODEV },
		{ KFD_MMAP_TYPE_EVENTS, KFD_EVENT_PAGE_SIZE, EINVAL },
		{ KFD_MMAP_TYPE_EVENTS | gpu, KFD_EVENT_PAGE_SIZE, EINVAL },
		{ KFD_MMAP_TYPE_RESERVED_MEM | gpu, KFD_PAGE, EINVAL },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		EXPECT_EQ(MAP_FAILED, mmap(NULL, cases[i].size, PROT_READ | PROT_WRITE, MAP_SHARED,
					   self->kfd.fd, cases[i].offset)) {
			TH_LOG("offset 0x%lx", cases[i].offset);
		}
		EXPECT_EQ(cases[i].err, errno) {
			TH_LOG("offset 0x%lx, size 0x%zx", cases[i].offset, cases[i].size);
		}
	}
}

/* Mappings that are left when the process ends, in the order the kernel likes. */
TEST_F(mmap, left_at_exit)
{
	uint64_t offset = KFD_MMAP_TYPE_DOORBELL | KFD_MMAP_GPU_ID(self->kfd.gpu_id);
	int status, i;
	pid_t pid;

	for (i = 0; i < 10; i++) {
		pid = fork();
		ASSERT_LE(0, pid);
		if (!pid) {
			struct kfd_mem mem;
			struct kfd own;
			char *p;

			if (kfd_open(&own) || kfd_acquire(&own))
				_exit(1);
			if (kfd_alloc(&own, &mem, 2 << 20, MEM(GTT) | MEM(WRITABLE)))
				_exit(2);
			p = kfd_cpu_map(&own, &mem);
			if (p != mem.va || touch(p, true))
				_exit(3);
			if (mmap(NULL, self->doorbells, PROT_WRITE, MAP_SHARED, own.fd,
				 offset) == MAP_FAILED)
				_exit(4);
			kfd_close(&own);
			if (touch(p + (1 << 20), true))
				_exit(5);
			_exit(0);
		}
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_EQ(0, status);
	}
}

TEST_HARNESS_MAIN
