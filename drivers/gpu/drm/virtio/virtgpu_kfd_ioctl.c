// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * AMDKFD native context of virtio-gpu: the ioctls of /dev/kfd.
 *
 * What lives here: the dispatch made from the ioctl table, with amdkfd's rules for arguments
 * that are shorter or longer than known; sending an ioctl to the host, with the arrays it
 * points to; the ioctls too small for a file of their own. What does not: events, memory,
 * queues.
 */
#include <kunit/visibility.h>
#include <linux/capability.h>
#include <linux/nospec.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>

#include "virtgpu_kfd.h"

/* The layouts that the wire counts on: this does not build with others. */
static const struct { int zero; } virtgpu_kfd_layouts[] __maybe_unused = {
#define VIRTKFD_STRUCT(type, size)						\
	{ BUILD_BUG_ON_ZERO(sizeof(struct type) != (size)) },
#include <uapi/linux/virtio_gpu_amdkfd_tables.h>
};

enum virtgpu_kfd_class {
	VIRTGPU_KFD_NONE,
	VIRTGPU_KFD_LOCAL,
	VIRTGPU_KFD_FORWARDED,
	VIRTGPU_KFD_TRANSLATED,
	VIRTGPU_KFD_REFUSED,
};

/**
 * struct virtgpu_kfd_desc - an ioctl
 * @cmd: AMDKFD_IOC_*; its direction and size decide, not those that user space passes
 * @class: what becomes of it
 * @err: positive errno of a refused one
 */
struct virtgpu_kfd_desc {
	unsigned int cmd;
	u8 class;
	u8 err;
};

static const struct virtgpu_kfd_desc virtgpu_kfd_descs[] = {
#define VIRTKFD_IOCTL(number, name, size, kind, errno)				\
	[_IOC_NR(AMDKFD_IOC_##name)] = {					\
		.cmd = AMDKFD_IOC_##name +					\
		       BUILD_BUG_ON_ZERO(_IOC_NR(AMDKFD_IOC_##name) != (number)) + \
		       BUILD_BUG_ON_ZERO(_IOC_SIZE(AMDKFD_IOC_##name) != (size)), \
		.class = VIRTGPU_KFD_##kind,					\
		.err = errno,							\
	},
#include <uapi/linux/virtio_gpu_amdkfd_tables.h>
};

static_assert(ARRAY_SIZE(virtgpu_kfd_descs) == AMDKFD_COMMAND_END);

enum virtgpu_kfd_dir { VIRTGPU_KFD_IN, VIRTGPU_KFD_OUT };

/**
 * struct virtgpu_kfd_array - an array that an ioctl's arguments point to
 * @nr: ioctl
 * @pointer: offset of the __u64 address in the arguments
 * @count: offset of the __u32 number of elements
 * @bits: bits of an element
 * @most: elements
 * @dir: VIRTGPU_KFD_IN to the host, VIRTGPU_KFD_OUT from it
 */
struct virtgpu_kfd_array {
	u8 nr;
	u8 dir;
	u16 pointer;
	u16 count;
	u16 bits;
	u32 most;
};

static const struct virtgpu_kfd_array virtgpu_kfd_arrays[] = {
#define VIRTKFD_ARRAY(name, type, ptr, num, width, limit, direction)		\
	{									\
		.nr = _IOC_NR(AMDKFD_IOC_##name),				\
		.dir = VIRTGPU_KFD_##direction,					\
		.pointer = offsetof(struct type, ptr),				\
		.count = offsetof(struct type, num),				\
		.bits = width,							\
		.most = limit,							\
	},
#include <uapi/linux/virtio_gpu_amdkfd_tables.h>
};

/* The most arrays one ioctl has. */
#define VIRTGPU_KFD_MAX_ARRAYS	2

static u32 virtgpu_kfd_args_size(u32 nr)
{
	return _IOC_SIZE(virtgpu_kfd_descs[nr].cmd);
}

/**
 * virtgpu_kfd_send() - let the host carry out an ioctl that returns more than arguments
 * @process: process
 * @nr: number of the ioctl
 * @args: as for virtgpu_kfd_forward()
 * @in: arrays that follow the arguments to the host
 * @in_len: bytes of @in
 * @out: what follows them from the host, continued with zeros
 * @out_len: bytes of @out
 *
 * Return: as virtgpu_kfd_forward().
 */
int virtgpu_kfd_send(struct virtgpu_kfd_process *process, u32 nr, void *args, const void *in,
		     u32 in_len, void *out, u32 out_len)
{
	u32 args_len = virtgpu_kfd_args_size(nr);
	u32 args_room = ALIGN(args_len, 8);
	u32 cmd_len, rsp_len, len;
	struct virtkfd_ccmd_ioctl *cmd;
	struct virtkfd_rsp_ioctl *rsp;
	int ret;

	if (check_add_overflow((u32)sizeof(*cmd) + args_room, ALIGN(in_len, 8), &cmd_len))
		return -E2BIG;
	rsp_len = sizeof(*rsp) + args_room + ALIGN(out_len, 8);

	rsp = kvzalloc(rsp_len, GFP_KERNEL_ACCOUNT);
	if (!rsp)
		return -ENOMEM;
	cmd = kvzalloc(cmd_len, GFP_KERNEL_ACCOUNT);
	if (!cmd) {
		ret = -ENOMEM;
		goto out_free;
	}

	cmd->hdr.cmd = VIRTKFD_CCMD_IOCTL;
	cmd->nr = nr;
	cmd->args_len = args_len;
	cmd->in_len = in_len;
	memcpy(cmd + 1, args, args_len);
	if (in_len)
		memcpy((void *)(cmd + 1) + args_room, in, in_len);

	ret = virtgpu_kfd_call_buf(process->ctx, cmd, cmd_len, &rsp->rsp, rsp_len);
	if (!rsp->rsp.len)
		goto out_free;

	/* All lengths are the host's; what it did not send is zero. */
	len = min(rsp->rsp.len, rsp_len);
	if (len < sizeof(*rsp)) {
		/* The ioctl was not tried: arguments stay as they are. */
		ret = ret ?: -EIO;
		goto out_free;
	}
	if (rsp->args_len > len - sizeof(*rsp)) {
		ret = -EIO;
		goto out_free;
	}
	memcpy(args, rsp + 1, min(args_len, rsp->args_len));

	args_room = min(ALIGN(rsp->args_len, 8), len - (u32)sizeof(*rsp));
	len = min3(rsp->out_len, out_len, len - (u32)sizeof(*rsp) - args_room);
	if (out_len) {
		memcpy(out, (void *)(rsp + 1) + args_room, len);
		memset(out + len, 0, out_len - len);
	}

out_free:
	kvfree(rsp);
	return ret;
}

/**
 * virtgpu_kfd_forward() - let the host carry out an ioctl
 * @process: process
 * @nr: number of the ioctl
 * @args: arguments, as large as the ioctl table says, with zero in the place of pointers and
 *	descriptors; replaced by the host's, also if the ioctl fails
 * @in: arrays that follow the arguments to the host
 * @in_len: bytes of @in
 *
 * Return: the ioctl's result. @args is unchanged if there is none: -EIO (invalid answer,
 * time-out, context lost), -ENODEV (device gone), -EINTR (fatal signal), -E2BIG (more than
 * the host takes at once), -ENOMEM.
 */
int virtgpu_kfd_forward(struct virtgpu_kfd_process *process, u32 nr, void *args,
			const void *in, u32 in_len)
{
	return virtgpu_kfd_send(process, nr, args, in, in_len, NULL, 0);
}

/* An array on its way. */
struct virtgpu_kfd_carried {
	const struct virtgpu_kfd_array *array;
	void __user *user;
	u32 wanted;	/* elements user space named */
	u32 count;	/* elements on the wire */
	u32 offset;	/* bytes into the buffer of its direction */
};

static u64 *virtgpu_kfd_array_pointer(const struct virtgpu_kfd_array *array, void *args)
{
	return args + array->pointer;
}

static u32 *virtgpu_kfd_array_count(const struct virtgpu_kfd_array *array, void *args)
{
	return args + array->count;
}

static u32 virtgpu_kfd_array_bytes(const struct virtgpu_kfd_array *array, u32 count)
{
	return DIV_ROUND_UP(count * array->bits, 8);
}

/**
 * virtgpu_kfd_carry() - let the host carry out an ioctl, with the arrays of the ioctl table
 * @process: process
 * @nr: number of the ioctl
 * @args: as for virtgpu_kfd_forward(), but with user space's pointers
 * @cap: bounds the elements of arrays from the host
 *
 * Return: as virtgpu_kfd_forward(); -EINVAL for more elements than the table has, -EFAULT for
 * an array that cannot be read or written.
 */
int virtgpu_kfd_carry(struct virtgpu_kfd_process *process, u32 nr, void *args, u32 cap)
{
	struct virtgpu_kfd_carried carried[VIRTGPU_KFD_MAX_ARRAYS] = {};
	u32 len[2] = {}, num = 0, i;
	void *buf[2] = {};
	int ret;

	for (i = 0; i < ARRAY_SIZE(virtgpu_kfd_arrays); i++) {
		const struct virtgpu_kfd_array *array = &virtgpu_kfd_arrays[i];
		struct virtgpu_kfd_carried *c = &carried[num];

		if (array->nr != nr)
			continue;
		if (WARN_ON_ONCE(num++ == VIRTGPU_KFD_MAX_ARRAYS))
			return -EINVAL;

		c->array = array;
		c->wanted = *virtgpu_kfd_array_count(array, args);
		c->count = c->wanted;
		if (array->dir == VIRTGPU_KFD_IN && c->count > array->most)
			return -EINVAL;
		if (array->dir == VIRTGPU_KFD_OUT)
			c->count = min3(c->count, array->most, cap);
		c->user = u64_to_user_ptr(*virtgpu_kfd_array_pointer(array, args));
		c->offset = len[array->dir];
		len[array->dir] += ALIGN(virtgpu_kfd_array_bytes(array, c->count), 8);
	}

	for (i = 0; i < ARRAY_SIZE(buf); i++) {
		buf[i] = len[i] ? kvzalloc(len[i], GFP_KERNEL_ACCOUNT) : NULL;
		if (len[i] && !buf[i]) {
			ret = -ENOMEM;
			goto out_free;
		}
	}

	ret = -EFAULT;
	for (i = 0; i < num; i++) {
		struct virtgpu_kfd_carried *c = &carried[i];

		if (c->array->dir == VIRTGPU_KFD_IN && c->count &&
		    copy_from_user(buf[VIRTGPU_KFD_IN] + c->offset, c->user,
				   virtgpu_kfd_array_bytes(c->array, c->count)))
			goto out_free;
	}

	for (i = 0; i < num; i++) {
		*virtgpu_kfd_array_pointer(carried[i].array, args) = 0;
		*virtgpu_kfd_array_count(carried[i].array, args) = carried[i].count;
	}

	ret = virtgpu_kfd_send(process, nr, args, buf[VIRTGPU_KFD_IN], len[VIRTGPU_KFD_IN],
			       buf[VIRTGPU_KFD_OUT], len[VIRTGPU_KFD_OUT]);

	for (i = 0; i < num; i++) {
		struct virtgpu_kfd_carried *c = &carried[i];
		u32 *count = virtgpu_kfd_array_count(c->array, args);

		*virtgpu_kfd_array_pointer(c->array, args) = (uintptr_t)c->user;
		if (ret || c->array->dir == VIRTGPU_KFD_IN) {
			*count = c->wanted;
			continue;
		}
		/* Asked for none, the host tells how many there are. */
		if (!c->wanted)
			continue;
		*count = min(*count, c->count);
		if (copy_to_user(c->user, buf[VIRTGPU_KFD_OUT] + c->offset,
				 virtgpu_kfd_array_bytes(c->array, *count))) {
			*count = 0;
			ret = -EFAULT;
		}
	}

out_free:
	kvfree(buf[VIRTGPU_KFD_IN]);
	kvfree(buf[VIRTGPU_KFD_OUT]);
	return ret;
}

static int virtgpu_kfd_get_version(struct virtgpu_kfd_process *process, void *data)
{
	struct kfd_ioctl_get_version_args *args = data;

	args->major_version = process->kfd->capset.kfd_major;
	args->minor_version = process->kfd->capset.kfd_minor;
	return 0;
}

/* The GPU's counter is the host's, the clocks are the guest's, of the middle of the call. */
static int virtgpu_kfd_get_clock_counters(struct virtgpu_kfd_process *process, void *data)
{
	struct kfd_ioctl_get_clock_counters_args *args = data;
	u64 raw = ktime_get_raw_ns(), boottime = ktime_get_boottime_ns();
	u32 gpu_id = args->gpu_id;
	int ret;

	ret = virtgpu_kfd_forward(process, _IOC_NR(AMDKFD_IOC_GET_CLOCK_COUNTERS), args, NULL, 0);
	if (ret)
		return ret;

	args->gpu_id = gpu_id;
	args->cpu_clock_counter = raw + (ktime_get_raw_ns() - raw) / 2;
	args->system_clock_counter = boottime + (ktime_get_boottime_ns() - boottime) / 2;
	args->system_clock_freq = NSEC_PER_SEC;
	return 0;
}

/* User space asks for as many as there are topology nodes, and those are the guest's. */
static int virtgpu_kfd_get_process_apertures_new(struct virtgpu_kfd_process *process, void *data)
{
	struct kfd_ioctl_get_process_apertures_new_args *args = data;
	struct virtgpu_kfd *kfd = process->kfd;
	u32 wanted = args->num_of_nodes;
	int ret;

	if (wanted > kfd->num_nodes)
		return -EINVAL;

	ret = virtgpu_kfd_carry(process, _IOC_NR(AMDKFD_IOC_GET_PROCESS_APERTURES_NEW), args,
				kfd->num_gpus);
	/* Other than with tiles, the count is that of the array which could not be copied. */
	if (ret == -EFAULT)
		args->num_of_nodes = min(wanted, kfd->num_gpus);
	return ret;
}

/* MAP_MEMORY_TO_GPU and UNMAP_MEMORY_FROM_GPU: checks that come before the array is read. */
static int virtgpu_kfd_check_devices(u32 n_devices, u32 n_success)
{
	return !n_devices || n_success > n_devices ? -EINVAL : 0;
}

static int virtgpu_kfd_map_memory(struct virtgpu_kfd_process *process, void *data)
{
	struct kfd_ioctl_map_memory_to_gpu_args *args = data;

	return virtgpu_kfd_check_devices(args->n_devices, args->n_success) ?:
	       virtgpu_kfd_carry(process, _IOC_NR(AMDKFD_IOC_MAP_MEMORY_TO_GPU), args, U32_MAX);
}

static int virtgpu_kfd_unmap_memory(struct virtgpu_kfd_process *process, void *data)
{
	struct kfd_ioctl_unmap_memory_from_gpu_args *args = data;

	return virtgpu_kfd_check_devices(args->n_devices, args->n_success) ?:
	       virtgpu_kfd_carry(process, _IOC_NR(AMDKFD_IOC_UNMAP_MEMORY_FROM_GPU), args,
				 U32_MAX);
}

/*
 * What a debugger would be told of the process. There is none, so nothing of it travels: the
 * address is one of the guest's, and the host must never use it.
 */
static int virtgpu_kfd_runtime_enable(struct virtgpu_kfd_process *process, void *data)
{
	const struct kfd_ioctl_runtime_enable_args *args = data;
	struct kfd_runtime_info *runtime = &process->runtime;

	guard(mutex)(&process->lock);

	if (!(args->mode_mask & KFD_RUNTIME_ENABLE_MODE_ENABLE_MASK)) {
		memset(runtime, 0, sizeof(*runtime));
		return 0;
	}

	if (runtime->runtime_state != DEBUG_RUNTIME_STATE_DISABLED)
		return -EBUSY;
	if (!xa_empty(&process->queues))
		return -EEXIST;

	runtime->runtime_state = DEBUG_RUNTIME_STATE_ENABLED;
	runtime->r_debug = args->r_debug;
	runtime->ttmp_setup = !!(args->mode_mask & KFD_RUNTIME_ENABLE_MODE_TTMP_SAVE_MASK);
	return 0;
}

/* Nothing but the version: as an amdkfd without counters, on a GPU without PTL. */
static int virtgpu_kfd_profiler(struct virtgpu_kfd_process *process, void *data)
{
	struct kfd_ioctl_profiler_args *args = data;

	switch (args->op) {
	case KFD_IOC_PROFILER_VERSION:
		args->version = KFD_IOC_PROFILER_VERSION_NUM;
		return 0;
	case KFD_IOC_PROFILER_PMC:
		return perfmon_capable() ? -EINVAL : -EPERM;
	case KFD_IOC_PROFILER_PTL_CONTROL:
		return virtgpu_kfd_gpu_by_id(process->kfd, args->ptl.gpu_id) ? -EOPNOTSUPP :
									      -EINVAL;
	default:
		return -EINVAL;
	}
}

typedef int virtgpu_kfd_handler(struct virtgpu_kfd_process *process, void *args);

static virtgpu_kfd_handler * const virtgpu_kfd_handlers[AMDKFD_COMMAND_END] = {
	[_IOC_NR(AMDKFD_IOC_GET_VERSION)] = virtgpu_kfd_get_version,
	[_IOC_NR(AMDKFD_IOC_CREATE_QUEUE)] = virtgpu_kfd_create_queue,
	[_IOC_NR(AMDKFD_IOC_DESTROY_QUEUE)] = virtgpu_kfd_destroy_queue,
	[_IOC_NR(AMDKFD_IOC_SET_CU_MASK)] = virtgpu_kfd_set_cu_mask,
	[_IOC_NR(AMDKFD_IOC_GET_QUEUE_WAVE_STATE)] = virtgpu_kfd_get_wave_state,
	[_IOC_NR(AMDKFD_IOC_GET_CLOCK_COUNTERS)] = virtgpu_kfd_get_clock_counters,
	[_IOC_NR(AMDKFD_IOC_CREATE_EVENT)] = virtgpu_kfd_create_event,
	[_IOC_NR(AMDKFD_IOC_DESTROY_EVENT)] = virtgpu_kfd_destroy_event,
	[_IOC_NR(AMDKFD_IOC_SET_EVENT)] = virtgpu_kfd_set_event,
	[_IOC_NR(AMDKFD_IOC_RESET_EVENT)] = virtgpu_kfd_reset_event,
	[_IOC_NR(AMDKFD_IOC_WAIT_EVENTS)] = virtgpu_kfd_wait_events,
	[_IOC_NR(AMDKFD_IOC_GET_PROCESS_APERTURES_NEW)] = virtgpu_kfd_get_process_apertures_new,
	[_IOC_NR(AMDKFD_IOC_ACQUIRE_VM)] = virtgpu_kfd_acquire_vm,
	[_IOC_NR(AMDKFD_IOC_ALLOC_MEMORY_OF_GPU)] = virtgpu_kfd_alloc_memory,
	[_IOC_NR(AMDKFD_IOC_FREE_MEMORY_OF_GPU)] = virtgpu_kfd_free_memory,
	[_IOC_NR(AMDKFD_IOC_MAP_MEMORY_TO_GPU)] = virtgpu_kfd_map_memory,
	[_IOC_NR(AMDKFD_IOC_UNMAP_MEMORY_FROM_GPU)] = virtgpu_kfd_unmap_memory,
	[_IOC_NR(AMDKFD_IOC_GET_DMABUF_INFO)] = virtgpu_kfd_get_dmabuf_info,
	[_IOC_NR(AMDKFD_IOC_IMPORT_DMABUF)] = virtgpu_kfd_import_dmabuf,
	[_IOC_NR(AMDKFD_IOC_EXPORT_DMABUF)] = virtgpu_kfd_export_dmabuf,
	[_IOC_NR(AMDKFD_IOC_SMI_EVENTS)] = virtgpu_kfd_smi_events,
	[_IOC_NR(AMDKFD_IOC_RUNTIME_ENABLE)] = virtgpu_kfd_runtime_enable,
	[_IOC_NR(AMDKFD_IOC_PROFILER)] = virtgpu_kfd_profiler,
};

/* What amdkfd checks before it looks at the arguments. */
static int virtgpu_kfd_check_capable(u32 nr)
{
	if (nr == _IOC_NR(AMDKFD_IOC_CRIU_OP) && !capable(CAP_CHECKPOINT_RESTORE) &&
	    !capable(CAP_SYS_ADMIN))
		return -EACCES;
	return 0;
}

/* What it checks of their size; arguments are not written back if this fails. */
static int virtgpu_kfd_check_size(u32 nr, const void *data, u32 size)
{
	const struct kfd_ioctl_svm_args *svm = data;

	if (nr == _IOC_NR(AMDKFD_IOC_SVM) && size < struct_size(svm, attrs, svm->nattr))
		return -EINVAL;
	return 0;
}

static int virtgpu_kfd_carry_out(struct virtgpu_kfd_process *process, struct file *file, u32 nr,
				 void *args)
{
	const struct virtgpu_kfd_desc *desc = &virtgpu_kfd_descs[nr];
	int ret;

	ret = virtgpu_kfd_process_enter(process);
	if (ret)
		return ret;

	if (nr == _IOC_NR(AMDKFD_IOC_CREATE_PROCESS))
		ret = virtgpu_kfd_create_process(process, file);
	else if (virtgpu_kfd_handlers[nr])
		ret = virtgpu_kfd_handlers[nr](process, args);
	else if (desc->class == VIRTGPU_KFD_FORWARDED)
		ret = virtgpu_kfd_carry(process, nr, args, U32_MAX);
	else
		ret = desc->err ? -desc->err : -EINVAL;

	virtgpu_kfd_process_exit(process);
	return ret;
}

/**
 * virtgpu_kfd_ioctl() - unlocked_ioctl of /dev/kfd
 * @file: file
 * @cmd: command, of which the number and the size count
 * @arg: user address of the arguments
 *
 * As amdkfd does it, arguments shorter than known are continued with zeros, what is longer
 * is ignored, and they are written back in case of an error too.
 *
 * Return: 0, -ENOTTY for an unknown number, -EBADF for a process that did not open the file,
 * -EACCES for CRIU_OP without the capability, -EFAULT, -ENODEV if the device is gone, -ESRCH
 * if the mm that opened it is, or is not the caller's; else what the ioctl gives.
 */
long virtgpu_kfd_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct virtgpu_kfd_process *process = READ_ONCE(file->private_data);
	void __user *user = (void __user *)arg;
	u32 nr = _IOC_NR(cmd), usize = _IOC_SIZE(cmd), asize;
	u8 stack[128] __aligned(8);
	void *args = NULL;
	int ret;

	if (nr >= ARRAY_SIZE(virtgpu_kfd_descs) || !virtgpu_kfd_descs[nr].class)
		return -ENOTTY;
	nr = array_index_nospec(nr, ARRAY_SIZE(virtgpu_kfd_descs));
	ret = virtgpu_kfd_process_check_caller(process);
	if (ret)
		return ret;
	ret = virtgpu_kfd_check_capable(nr);
	if (ret)
		return ret;

	cmd = virtgpu_kfd_descs[nr].cmd;
	asize = max(usize, virtgpu_kfd_args_size(nr));

	if (cmd & (IOC_IN | IOC_OUT)) {
		args = asize <= sizeof(stack) ? stack : kmalloc(asize, GFP_KERNEL_ACCOUNT);
		if (!args)
			return -ENOMEM;
		memset(args, 0, asize);
	}

	if (cmd & IOC_IN && copy_from_user(args, user, usize)) {
		ret = -EFAULT;
		goto out_free;
	}

	ret = virtgpu_kfd_check_size(nr, args, usize);
	if (ret)
		goto out_free;

	ret = virtgpu_kfd_carry_out(process, file, nr, args);

	if (cmd & IOC_OUT && copy_to_user(user, args, usize))
		ret = -EFAULT;

out_free:
	if (args != stack)
		kfree(args);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(virtgpu_kfd_ioctl);
