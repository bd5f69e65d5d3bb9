// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The calls of libc that the shim takes the place of, and the table of descriptors.
 *
 * What lives here: which calls concern the shim's files and paths. What does not: what happens
 * to those, kfd.c, render.c, mmap.c and sysfs.c; all other calls go to libc.
 *
 * A descriptor of a device is one of /dev/null, so that it can be closed, duplicated and looked
 * at like any other.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "shim.h"

#define MAX_FDS		65536
/* The caller's, and what is put before it. */
#define PATH_SIZE	(PATH_MAX + 64)
#define EXPORT		__attribute__((visibility("default")))

static struct shim_file *table[MAX_FDS];

/* libc's own function of that name. */
#define REAL(name) ({					\
	static __typeof__(name) *real;			\
	if (!real)					\
		real = (__typeof__(real))dlsym(RTLD_NEXT, #name);	\
	real;						\
})

/* This thread has the lock: what the library unmaps is no business of the table. */
static __thread bool inside;

void shim_enter(sigset_t *mask)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, mask);
	pthread_mutex_lock(&shim.lock);
	inside = true;
}

void shim_leave(const sigset_t *mask)
{
	inside = false;
	pthread_mutex_unlock(&shim.lock);
	pthread_sigmask(SIG_SETMASK, mask, NULL);
}

struct shim_file *shim_file_get(int fd)
{
	return fd >= 0 && fd < MAX_FDS ? __atomic_load_n(&table[fd], __ATOMIC_ACQUIRE) : NULL;
}

static int result(int ret)
{
	if (ret >= 0)
		return ret;
	errno = -ret;
	return -1;
}

/* A descriptor for @file, with a reference of its own; lock held. */
int shim_file_install(struct shim_file *file, int flags)
{
	int fd = syscall(SYS_openat, AT_FDCWD, "/dev/null", flags & ~(O_CREAT | O_TRUNC));

	if (fd < 0)
		return -errno;
	if (fd >= MAX_FDS) {
		syscall(SYS_close, fd);
		return -EMFILE;
	}
	file->refs++;
	__atomic_store_n(&table[fd], file, __ATOMIC_RELEASE);
	return fd;
}

/* Lock held. */
void shim_file_put(struct shim_file *file)
{
	if (--file->refs)
		return;
	if (file->pid == getpid()) {
		if (file->kind == SHIM_KFD && file->process)
			shim_process_put(file->process);
		if (file->mem)
			shim_mem_put(file->mem);
	}
	free(file);
}

static int open_device(enum shim_kind kind, int flags)
{
	struct shim_file *file = calloc(1, sizeof(*file));
	sigset_t mask;
	int ret;

	if (!file)
		return result(-ENOMEM);
	file->refs = 1;
	file->kind = kind;
	file->pid = getpid();
	shim_enter(&mask);
	ret = kind == SHIM_KFD ? shim_open_kfd(file) : shim_backend();
	if (!ret)
		ret = shim_file_install(file, flags);
	shim_file_put(file);
	shim_leave(&mask);
	return result(ret);
}

static int do_open(int dir, const char *path, int flags, mode_t mode)
{
	char buf[PATH_SIZE];
	enum shim_kind kind;

	if (shim_is_device(path, &kind))
		return open_device(kind, flags);
	return syscall(SYS_openat, dir, shim_path(path, buf, sizeof(buf)), flags, mode);
}

static mode_t mode_of(int flags, va_list ap)
{
	return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(ap, mode_t) : 0;
}

#define OPEN(name)						\
EXPORT int name(const char *path, int flags, ...)		\
{								\
	va_list ap;						\
	mode_t mode;						\
								\
	va_start(ap, flags);					\
	mode = mode_of(flags, ap);				\
	va_end(ap);						\
	return do_open(AT_FDCWD, path, flags, mode);		\
}

#define OPENAT(name)						\
EXPORT int name(int dir, const char *path, int flags, ...)	\
{								\
	va_list ap;						\
	mode_t mode;						\
								\
	va_start(ap, flags);					\
	mode = mode_of(flags, ap);				\
	va_end(ap);						\
	return do_open(dir, path, flags, mode);			\
}

OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);

EXPORT int __open_2(const char *path, int flags)
{
	return do_open(AT_FDCWD, path, flags, 0);
}

EXPORT int __open64_2(const char *path, int flags)
{
	return do_open(AT_FDCWD, path, flags, 0);
}

EXPORT int close(int fd)
{
	struct shim_file *file = shim_file_get(fd);
	sigset_t mask;

	if (file) {
		shim_enter(&mask);
		__atomic_store_n(&table[fd], NULL, __ATOMIC_RELEASE);
		shim_file_put(file);
		shim_leave(&mask);
	}
	return syscall(SYS_close, fd);
}

/* @new has become a duplicate of @old. */
static int duplicated(int old, int new)
{
	struct shim_file *file = shim_file_get(old), *before = shim_file_get(new);
	sigset_t mask;

	if (new < 0 || new >= MAX_FDS || old == new || (!file && !before))
		return new;
	shim_enter(&mask);
	if (file)
		file->refs++;
	__atomic_store_n(&table[new], file, __ATOMIC_RELEASE);
	if (before)
		shim_file_put(before);
	shim_leave(&mask);
	return new;
}

EXPORT int dup(int fd)
{
	return duplicated(fd, syscall(SYS_dup, fd));
}

EXPORT int dup2(int old, int new)
{
	return duplicated(old, syscall(SYS_dup2, old, new));
}

EXPORT int dup3(int old, int new, int flags)
{
	return duplicated(old, syscall(SYS_dup3, old, new, flags));
}

static int do_fcntl(int fd, int cmd, unsigned long arg)
{
	int ret = syscall(SYS_fcntl, fd, cmd, arg);

	return cmd == F_DUPFD || cmd == F_DUPFD_CLOEXEC ? duplicated(fd, ret) : ret;
}

#define FCNTL(name)						\
EXPORT int name(int fd, int cmd, ...)				\
{								\
	va_list ap;						\
	unsigned long arg;					\
								\
	va_start(ap, cmd);					\
	arg = va_arg(ap, unsigned long);			\
	va_end(ap);						\
	return do_fcntl(fd, cmd, arg);				\
}

FCNTL(fcntl)
FCNTL(fcntl64)

/* /dev/kfd has neither. */
EXPORT ssize_t read(int fd, void *buf, size_t size)
{
	struct shim_file *file = shim_file_get(fd);

	return file && file->kind == SHIM_KFD ? result(-EINVAL) : REAL(read)(fd, buf, size);
}

EXPORT ssize_t write(int fd, const void *buf, size_t size)
{
	struct shim_file *file = shim_file_get(fd);

	return file && file->kind == SHIM_KFD ? result(-EINVAL) : REAL(write)(fd, buf, size);
}

/* A dma-buf's size is where it ends. */
static off_t do_lseek(int fd, off_t offset, int whence)
{
	struct shim_file *file = shim_file_get(fd);

	if (file && file->kind == SHIM_DMABUF && file->pid == getpid() && whence == SEEK_END)
		return offset ? result(-EINVAL) : (off_t)file->mem->size;
	return syscall(SYS_lseek, fd, offset, whence);
}

EXPORT off_t lseek(int fd, off_t offset, int whence)
{
	return do_lseek(fd, offset, whence);
}

EXPORT off64_t lseek64(int fd, off64_t offset, int whence)
{
	return do_lseek(fd, offset, whence);
}

EXPORT int ioctl(int fd, unsigned long cmd, ...)
{
	struct shim_file *file = shim_file_get(fd);
	unsigned long arg;
	va_list ap;

	va_start(ap, cmd);
	arg = va_arg(ap, unsigned long);
	va_end(ap);
	if (!file)
		return syscall(SYS_ioctl, fd, cmd, arg);
	switch (file->kind) {
	case SHIM_KFD:
		return result(shim_ioctl(file, cmd, arg));
	case SHIM_DRM:
		return result(shim_render_ioctl(file, cmd, arg));
	default:
		return result(-ENOTTY);
	}
}

static void *do_mmap(void *addr, size_t size, int prot, int flags, int fd, off_t offset)
{
	struct shim_file *file = flags & MAP_ANONYMOUS ? NULL : shim_file_get(fd);
	sigset_t mask;
	void *ptr;

	if (!file && (inside || !(flags & MAP_FIXED)))
		return (void *)syscall(SYS_mmap, addr, size, prot, flags, fd, offset);
	shim_enter(&mask);
	if (file)
		ptr = shim_mmap(file, addr, size, prot, flags, offset);
	else
		ptr = (void *)syscall(SYS_mmap, addr, size, prot, flags, fd, offset);
	if (!file && ptr != MAP_FAILED)
		shim_unmapped((uintptr_t)ptr, size);
	shim_leave(&mask);
	return ptr;
}

EXPORT void *mmap(void *addr, size_t size, int prot, int flags, int fd, off_t offset)
{
	return do_mmap(addr, size, prot, flags, fd, offset);
}

EXPORT void *mmap64(void *addr, size_t size, int prot, int flags, int fd, off64_t offset)
{
	return do_mmap(addr, size, prot, flags, fd, offset);
}

EXPORT int munmap(void *addr, size_t size)
{
	int ret = syscall(SYS_munmap, addr, size);
	sigset_t mask;

	if (!ret && !inside) {
		shim_enter(&mask);
		shim_unmapped((uintptr_t)addr, size);
		shim_leave(&mask);
	}
	return ret;
}

static void device_stat(enum shim_kind kind, struct stat *st)
{
	st->st_mode = S_IFCHR | 0666;
	st->st_rdev = kind == SHIM_KFD ? makedev(SHIM_KFD_MAJOR, 0)
				       : makedev(SHIM_DRM_MAJOR, SHIM_RENDER_MINOR);
}

static int do_stat(int dir, const char *path, struct stat *st, int flags)
{
	char buf[PATH_SIZE];
	enum shim_kind kind;
	bool device = shim_is_device(path, &kind);
	int ret;

	path = device ? "/dev/null" : shim_path(path, buf, sizeof(buf));
	ret = syscall(SYS_newfstatat, dir, path, st, flags);
	if (!ret && device)
		device_stat(kind, st);
	return ret;
}

static int do_fstat(int fd, struct stat *st)
{
	struct shim_file *file = shim_file_get(fd);
	int ret = syscall(SYS_fstat, fd, st);

	if (!ret && file && file->kind != SHIM_DMABUF)
		device_stat(file->kind, st);
	return ret;
}

EXPORT int stat(const char *path, struct stat *st)
{
	return do_stat(AT_FDCWD, path, st, 0);
}

EXPORT int stat64(const char *path, struct stat64 *st)
{
	return do_stat(AT_FDCWD, path, (struct stat *)st, 0);
}

EXPORT int lstat(const char *path, struct stat *st)
{
	return do_stat(AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW);
}

EXPORT int lstat64(const char *path, struct stat64 *st)
{
	return do_stat(AT_FDCWD, path, (struct stat *)st, AT_SYMLINK_NOFOLLOW);
}

EXPORT int fstat(int fd, struct stat *st)
{
	return do_fstat(fd, st);
}

EXPORT int fstat64(int fd, struct stat64 *st)
{
	return do_fstat(fd, (struct stat *)st);
}

EXPORT int access(const char *path, int mode)
{
	char buf[PATH_SIZE];
	enum shim_kind kind;

	path = shim_is_device(path, &kind) ? "/dev/null" : shim_path(path, buf, sizeof(buf));
	return syscall(SYS_faccessat, AT_FDCWD, path, mode);
}

EXPORT ssize_t readlink(const char *path, char *out, size_t size)
{
	char buf[PATH_SIZE];

	return syscall(SYS_readlinkat, AT_FDCWD, shim_path(path, buf, sizeof(buf)), out, size);
}

ssize_t __readlink_chk(const char *path, char *out, size_t size, size_t room);

EXPORT ssize_t __readlink_chk(const char *path, char *out, size_t size, size_t room)
{
	return readlink(path, out, MIN(size, room));
}

EXPORT DIR *opendir(const char *path)
{
	char buf[PATH_SIZE];

	return REAL(opendir)(shim_path(path, buf, sizeof(buf)));
}

EXPORT FILE *fopen(const char *path, const char *mode)
{
	char buf[PATH_SIZE];

	return REAL(fopen)(shim_path(path, buf, sizeof(buf)), mode);
}

EXPORT FILE *fopen64(const char *path, const char *mode)
{
	char buf[PATH_SIZE];

	return REAL(fopen64)(shim_path(path, buf, sizeof(buf)), mode);
}
