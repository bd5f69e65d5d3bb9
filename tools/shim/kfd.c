// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The ioctls of the shim's /dev/kfd: dispatch, contexts, those too small for a file of their own.
 *
 * What does not live here: memory, events, doorbells. The rules for arguments are those of
 * kfd_ioctl() in kfd_chardev.c of Linux 7.3, the tables are the wire protocol's.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <linux/capability.h>

#include "shim.h"

/* The device's default. */
#define VRAM_SIZE	(16ULL << 30)
#define MAX_ARGS	16384
/* One CPU node and the GPUs. */
#define NUM_NODES	(1 + SOFT_NUM_GPUS)

struct shim shim = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.event_lock = PTHREAD_MUTEX_INITIALIZER,
};

const struct virtkfd_backend_ops *const shim_ops = &virtkfd_backend_soft;

enum ioctl_class { NONE, LOCAL, FORWARDED, TRANSLATED, REFUSED };

static const struct row {
	unsigned int cmd;
	enum ioctl_class class;
	int err;
} rows[] = {
#define VIRTKFD_IOCTL(nr, name, size, class, err) [nr] = { AMDKFD_IOC_##name, class, err },
#include <linux/virtio_gpu_amdkfd_tables.h>
};

enum array_dir { IN, OUT };

static const struct array_row {
	uint32_t nr;
	uint32_t pointer;
	uint32_t count;
	uint32_t bits;
	uint32_t most;
	enum array_dir dir;
} arrays[] = {
#define VIRTKFD_ARRAY(name, args, pointer, count, bits, most, dir) \
	{ _IOC_NR(AMDKFD_IOC_##name), offsetof(struct args, pointer), \
	  offsetof(struct args, count), bits, most, dir },
#include <linux/virtio_gpu_amdkfd_tables.h>
};

#define NR(name) _IOC_NR(AMDKFD_IOC_##name)

/* As the kernel's copy_from_user(): what cannot be read is an error, not a signal. */
bool shim_copy_in(void *dst, uint64_t src, size_t size)
{
	struct iovec local = { dst, size }, remote = { (void *)(uintptr_t)src, size };

	return !size || process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == (ssize_t)size;
}

bool shim_copy_out(uint64_t dst, const void *src, size_t size)
{
	struct iovec local = { (void *)src, size }, remote = { (void *)(uintptr_t)dst, size };

	return !size || process_vm_writev(getpid(), &local, 1, &remote, 1, 0) == (ssize_t)size;
}

bool shim_has_cap(unsigned int cap)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	return !syscall(SYS_capget, &head, data) && data[cap / 32].effective & 1u << cap % 32;
}

static void log_line(void *opaque, enum virtkfd_log_level level, const char *line)
{
	(void)opaque;
	if (level <= VIRTKFD_LOG_WARNING || getenv("SHIM_DEBUG"))
		fprintf(stderr, "shim: %s\n", line);
}

/* The locks are held across a fork, so a child finds them free and forgets all the rest. */
static void before_fork(void)
{
	pthread_mutex_lock(&shim.lock);
	pthread_mutex_lock(&shim.event_lock);
}

static void after_fork(void)
{
	pthread_mutex_unlock(&shim.event_lock);
	pthread_mutex_unlock(&shim.lock);
}

/* The process's backend; that of a parent has memory and threads that are not this one's. */
int shim_backend(void)
{
	const struct virtkfd_backend_params params = { .vram_size = VRAM_SIZE, .log = log_line };
	static bool registered;

	if (shim.be && shim.pid == getpid())
		return 0;
	if (!registered)
		pthread_atfork(before_fork, after_fork, after_fork);
	registered = true;
	if (shim.be)
		shim_regions_forget();
	shim.pid = getpid();
	shim.process = NULL;
	LIST_INIT(&shim.contexts);
	shim.num_timed = 0;
	shim.num_queues = 0;
	shim.has_helper = false;
	/* Offsets begin where DRM's do. */
	shim.next_offset = 1ULL << 32;
	shim.be = NULL;
	return shim_ops->open(&params, &shim.be);
}

static struct shim_process *process_create(void)
{
	struct shim_process *process = calloc(1, sizeof(*process));
	int ret;

	if (!process)
		return NULL;
	process->refs = 1;
	process->page_fd = -1;
	LIST_INIT(&process->mems);
	for (size_t i = 0; i < SHIM_EVENT_BUCKETS; i++)
		LIST_INIT(&process->events[i]);
	ret = shim_ops->ctx_open(shim.be, shim_notify, process, &process->ctx);
	if (ret) {
		free(process);
		return NULL;
	}
	LIST_INSERT_HEAD(&shim.contexts, process, link);
	return process;
}

/* A further context ends with its file; the process's own never goes to zero. Waits may see it. */
void shim_process_put(struct shim_process *process)
{
	struct shim_file *drm = process->drm;

	if (--process->refs)
		return;
	shim_events_close(process);
	shim_doorbells_close(process);
	shim_ops->ctx_close(process->ctx);
	shim_memory_close(process);
	LIST_REMOVE(process, link);
	__atomic_sub_fetch(&shim.num_queues, process->num_queues, __ATOMIC_RELAXED);
	process->drm = NULL;
	if (drm)
		shim_file_put(drm);
}

int shim_open_kfd(struct shim_file *file)
{
	int ret = shim_backend();

	if (ret)
		return ret;
	if (!shim.process)
		shim.process = process_create();
	if (!shim.process)
		return -ENOMEM;
	shim.process->refs++;
	file->process = shim.process;
	return 0;
}

static int create_process(struct shim_file *file)
{
	struct shim_process *process;

	if (file->process->further)
		return -EINVAL;
	process = process_create();
	if (!process)
		return -ENOMEM;
	process->further = true;
	shim_process_put(file->process);
	file->process = process;
	return 0;
}

static int get_version(struct kfd_ioctl_get_version_args *args)
{
	struct virtkfd_backend_info info;

	shim_ops->info(shim.be, &info);
	args->major_version = info.kfd_major;
	args->minor_version = info.kfd_minor;
	return 0;
}

static int runtime_enable(struct shim_process *process,
			  const struct kfd_ioctl_runtime_enable_args *args)
{
	if (!(args->mode_mask & KFD_RUNTIME_ENABLE_MODE_ENABLE_MASK)) {
		process->runtime = DEBUG_RUNTIME_STATE_DISABLED;
		return 0;
	}
	if (process->runtime != DEBUG_RUNTIME_STATE_DISABLED)
		return -EBUSY;
	if (process->num_queues)
		return -EEXIST;
	process->runtime = DEBUG_RUNTIME_STATE_ENABLED;
	return 0;
}

static int profiler(struct kfd_ioctl_profiler_args *args)
{
	switch (args->op) {
	case KFD_IOC_PROFILER_VERSION:
		args->version = KFD_IOC_PROFILER_VERSION_NUM;
		return 0;
	case KFD_IOC_PROFILER_PMC:
		return shim_has_cap(CAP_PERFMON) || shim_has_cap(CAP_SYS_ADMIN) ? -EINVAL : -EPERM;
	case KFD_IOC_PROFILER_PTL_CONTROL:
		return args->ptl.gpu_id == shim.be->gpus[0].id ? -EOPNOTSUPP : -EINVAL;
	default:
		return -EINVAL;
	}
}

static int forward(struct shim_process *process, unsigned int nr, void *args)
{
	return shim_ops->ioctl(process->ctx, nr, args);
}

static size_t bytes(const struct array_row *row, uint32_t count)
{
	return ((size_t)count * row->bits + 7) / 8;
}

/* An ioctl with the arrays that its arguments point to, copied in and out; @cap bounds those out. */
static int carry(struct shim_process *process, unsigned int nr, void *args, uint32_t cap)
{
	struct {
		const struct array_row *row;
		uint64_t *pointer;
		uint32_t *count;
		uint64_t user;
		uint32_t wanted;
		uint32_t given;
		void *buf;
	} c[2];
	unsigned int num = 0;
	int ret = 0;

	for (size_t i = 0; i < ARRAY_SIZE(arrays) && !ret; i++) {
		if (arrays[i].nr != nr)
			continue;
		c[num].row = &arrays[i];
		c[num].pointer = (uint64_t *)((char *)args + arrays[i].pointer);
		c[num].count = (uint32_t *)((char *)args + arrays[i].count);
		c[num].user = *c[num].pointer;
		c[num].wanted = *c[num].count;
		c[num].given = c[num].wanted;
		if (arrays[i].dir == OUT)
			c[num].given = MIN(MIN(c[num].wanted, arrays[i].most), cap);
		else if (c[num].wanted > arrays[i].most)
			return -EINVAL;
		c[num].buf = calloc(1, bytes(&arrays[i], c[num].given) + 8);
		if (arrays[i].dir == IN &&
		    !shim_copy_in(c[num].buf, c[num].user, bytes(&arrays[i], c[num].given)))
			ret = -EFAULT;
		num++;
	}
	for (unsigned int i = 0; i < num && !ret; i++) {
		*c[i].pointer = c[i].given ? (uintptr_t)c[i].buf : 0;
		*c[i].count = c[i].given;
	}
	if (!ret)
		ret = forward(process, nr, args);
	for (unsigned int i = 0; i < num; i++) {
		*c[i].pointer = c[i].user;
		if (ret || c[i].row->dir == IN)
			*c[i].count = c[i].wanted;
		else if (c[i].wanted) {
			*c[i].count = MIN(*c[i].count, c[i].given);
			if (!shim_copy_out(c[i].user, c[i].buf, bytes(c[i].row, *c[i].count))) {
				*c[i].count = 0;
				ret = -EFAULT;
			}
		}
		free(c[i].buf);
	}
	return ret;
}

static int apertures_new(struct shim_process *process,
			 struct kfd_ioctl_get_process_apertures_new_args *args)
{
	uint32_t wanted = args->num_of_nodes;
	int ret;

	if (wanted > NUM_NODES)
		return -EINVAL;
	ret = carry(process, NR(GET_PROCESS_APERTURES_NEW), args, shim.be->num_gpus);
	if (ret == -EFAULT)
		args->num_of_nodes = MIN(wanted, shim.be->num_gpus);
	return ret;
}

/* Both have the same arguments, of which these are looked at before the array is read. */
static int map_memory(struct shim_process *process, unsigned int nr,
		      struct kfd_ioctl_map_memory_to_gpu_args *args)
{
	if (!args->n_devices || args->n_success > args->n_devices)
		return -EINVAL;
	return carry(process, nr, args, UINT32_MAX);
}

static int create_queue(struct shim_process *process, struct kfd_ioctl_create_queue_args *args)
{
	struct kfd_ioctl_create_queue_args wire = *args;
	int ret;

	wire.doorbell_offset = 0;
	ret = shim_doorbells(process) ?: shim_helper_start() ?:
	      forward(process, NR(CREATE_QUEUE), &wire);
	args->ring_size = wire.ring_size;
	if (ret)
		return ret;
	process->num_queues++;
	__atomic_add_fetch(&shim.num_queues, 1, __ATOMIC_RELAXED);
	shim_helper_wake();
	args->queue_id = wire.queue_id;
	args->doorbell_offset = SHIM_OFFSET_DOORBELL | SHIM_OFFSET_GPU(args->gpu_id) |
				wire.doorbell_offset;
	return 0;
}

static int destroy_queue(struct shim_process *process, struct kfd_ioctl_destroy_queue_args *args)
{
	int ret = forward(process, NR(DESTROY_QUEUE), args);

	if (!ret) {
		process->num_queues--;
		__atomic_sub_fetch(&shim.num_queues, 1, __ATOMIC_RELAXED);
	}
	return ret;
}

static int set_cu_mask(struct shim_process *process, struct kfd_ioctl_set_cu_mask_args *args)
{
	uint32_t wanted = args->num_cu_mask;
	int ret;

	if (wanted % 32 || !wanted)
		return -EINVAL;
	args->num_cu_mask = MIN(wanted, 1024);
	ret = carry(process, NR(SET_CU_MASK), args, UINT32_MAX);
	args->num_cu_mask = wanted;
	return ret;
}

/* The software GPU's control stack is empty: what is written is the header. */
static int wave_state(struct shim_process *process,
		      struct kfd_ioctl_get_queue_wave_state_args *args)
{
	struct kfd_context_save_area_header head = { 0 };
	struct kfd_ioctl_get_queue_wave_state_args wire = *args;
	int ret;

	wire.ctl_stack_address = (uintptr_t)&head;
	ret = forward(process, NR(GET_QUEUE_WAVE_STATE), &wire);
	if (ret)
		return ret;
	args->ctl_stack_used_size = wire.ctl_stack_used_size;
	args->save_area_used_size = wire.save_area_used_size;
	return shim_copy_out(args->ctl_stack_address, &head.wave_state, sizeof(head.wave_state)) ?
	       0 : -EFAULT;
}

static int run(struct shim_file *file, unsigned int nr, void *args)
{
	struct shim_process *process = file->process;

	switch (nr) {
	case NR(GET_VERSION):
		return get_version(args);
	case NR(GET_CLOCK_COUNTERS):
		return forward(process, nr, args);
	case NR(CREATE_QUEUE):
		return create_queue(process, args);
	case NR(DESTROY_QUEUE):
		return destroy_queue(process, args);
	case NR(SET_CU_MASK):
		return set_cu_mask(process, args);
	case NR(GET_QUEUE_WAVE_STATE):
		return wave_state(process, args);
	case NR(CREATE_EVENT):
		return shim_create_event(process, args);
	case NR(DESTROY_EVENT):
		return shim_destroy_event(process, args);
	case NR(GET_PROCESS_APERTURES_NEW):
		return apertures_new(process, args);
	case NR(ACQUIRE_VM):
		return shim_acquire_vm(process, args);
	case NR(ALLOC_MEMORY_OF_GPU):
		return shim_alloc(process, args);
	case NR(FREE_MEMORY_OF_GPU):
		return shim_free(process, args);
	case NR(MAP_MEMORY_TO_GPU):
	case NR(UNMAP_MEMORY_FROM_GPU):
		return map_memory(process, nr, args);
	case NR(IMPORT_DMABUF):
		return shim_import(process, args);
	case NR(EXPORT_DMABUF):
		return shim_export(process, args);
	case NR(GET_DMABUF_INFO):
		return shim_dmabuf_info(args);
	case NR(RUNTIME_ENABLE):
		return runtime_enable(process, args);
	case NR(PROFILER):
		return profiler(args);
	case NR(CREATE_PROCESS):
		return create_process(file);
	}
	if (rows[nr].class == FORWARDED)
		return carry(process, nr, args, UINT32_MAX);
	return rows[nr].err ? -rows[nr].err : -EINVAL;
}

/* Without the lock: those that sleep, or that a sleeper waits for. */
static int run_unlocked(struct shim_process *process, unsigned int nr, void *args)
{
	const struct kfd_ioctl_set_event_args *event = args;

	switch (nr) {
	case NR(SET_EVENT):
		return shim_set_event(process, event->event_id, true);
	case NR(RESET_EVENT):
		return shim_set_event(process, event->event_id, false);
	default:
		return shim_wait_events(process, args);
	}
}

int shim_ioctl(struct shim_file *file, unsigned int cmd, unsigned long arg)
{
	unsigned int nr = _IOC_NR(cmd), usize = _IOC_SIZE(cmd);
	uint64_t small[64] = { 0 }, *args = small;
	uint32_t nattr;
	sigset_t mask;
	size_t size;
	int ret;

	if (nr >= ARRAY_SIZE(rows) || rows[nr].class == NONE)
		return -ENOTTY;
	if (file->pid != getpid())
		return -EBADF;
	if (nr == NR(CRIU_OP) && !shim_has_cap(CAP_CHECKPOINT_RESTORE) &&
	    !shim_has_cap(CAP_SYS_ADMIN))
		return -EACCES;
	cmd = rows[nr].cmd;
	size = MAX(usize, _IOC_SIZE(cmd));
	if (size > sizeof(small))
		args = calloc(1, ALIGN_UP(size, 8));
	if (!args)
		return -ENOMEM;

	ret = -EFAULT;
	if (cmd & IOC_IN && !shim_copy_in(args, arg, usize))
		goto out;
	ret = -EINVAL;
	nattr = ((struct kfd_ioctl_svm_args *)args)->nattr;
	if (nr == NR(SVM) && usize < sizeof(struct kfd_ioctl_svm_args) +
				     nattr * sizeof(struct kfd_ioctl_svm_attribute))
		goto out;

	if (nr == NR(SET_EVENT) || nr == NR(RESET_EVENT) || nr == NR(WAIT_EVENTS)) {
		ret = run_unlocked(file->process, nr, args);
	} else {
		shim_enter(&mask);
		shim_doorbells_ring(file->process);
		ret = run(file, nr, args);
		shim_leave(&mask);
	}
	if (cmd & IOC_OUT && !shim_copy_out(arg, args, usize))
		ret = -EFAULT;
out:
	if (args != small)
		free(args);
	return ret;
}
