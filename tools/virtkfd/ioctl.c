// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * VIRTKFD_CCMD_IOCTL: from the wire to the backend's ioctl and back, driven by the ioctl
 * table, which is the allow-list too.
 *
 * What lives here: argument structs and the arrays they point to. What does not: what an
 * ioctl does; those whose arguments name the context's objects are passed through memory.c,
 * share.c, queues.c and events.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum ioctl_class { LOCAL, FORWARDED, TRANSLATED, REFUSED };
enum array_dir { IN, OUT };

static const struct ioctl_row {
	const char *name;
	uint32_t size;
	enum ioctl_class class;
} rows[] = {
#define VIRTKFD_IOCTL(nr, name, size, class, err) [nr] = { #name, size, class },
#include <linux/virtio_gpu_amdkfd_tables.h>
};

/* The rows are the kernel's ioctls; its first header with 0x27 is of KFD 1.19. */
#define VIRTKFD_IOCTL(nr, name, size, class, err) \
	_Static_assert(_IOC_NR(AMDKFD_IOC_##name) == (nr) && \
		       _IOC_SIZE(AMDKFD_IOC_##name) == (size), #name);
#include <linux/virtio_gpu_amdkfd_tables.h>

static const struct array_row {
	uint32_t nr;
	uint32_t pointer;	/* offset of the pointer, a __u64 */
	uint32_t count;		/* offset of the count, a __u32 */
	uint32_t bits;		/* of an element */
	uint32_t most;
	enum array_dir dir;
} arrays[] = {
#define VIRTKFD_ARRAY(name, args, pointer, count, bits, most, dir) \
	{ _IOC_NR(AMDKFD_IOC_##name), offsetof(struct args, pointer), \
	  offsetof(struct args, count), bits, most, dir },
#include <linux/virtio_gpu_amdkfd_tables.h>
};

#define VIRTKFD_ARRAY(name, args, pointer, count, bits, most, dir) \
	_Static_assert(sizeof(((struct args *)0)->pointer) == 8 && \
		       sizeof(((struct args *)0)->count) == 4, #name);
#include <linux/virtio_gpu_amdkfd_tables.h>

/**
 * struct call - an ioctl while it is carried out
 * @nr: number
 * @args: argument struct as large as the longer of the two sides' ideas of it, zeroed
 *	beyond the guest's
 * @buf: memory of all arrays; each starts at a multiple of 8, in the wire's order
 * @buf_len: bytes there
 * @out_len: bytes at the start of @buf that go back
 * @extra: of the request, what follows the arrays of the table
 * @extra_len: bytes of it
 */
struct call {
	uint32_t nr;
	uint64_t *args;
	uint8_t *buf;
	size_t buf_len;
	size_t out_len;
	const uint8_t *extra;
	size_t extra_len;
};

static uint64_t *arg64(struct call *call, uint32_t off)
{
	return (uint64_t *)((uint8_t *)call->args + off);
}

static uint32_t *arg32(struct call *call, uint32_t off)
{
	return (uint32_t *)((uint8_t *)call->args + off);
}

/* Bytes of an array on the wire without padding. */
static size_t array_bytes(struct call *call, const struct array_row *row)
{
	return ((size_t)*arg32(call, row->count) * row->bits + 7) / 8;
}

/* Copy the arrays of the request in and point the arguments at them. */
static int arrays_in(struct call *call, const uint8_t *in, size_t in_len)
{
	size_t total = 0, pos = 0;

	for (size_t i = 0; i < ARRAY_SIZE(arrays); i++) {
		uint32_t *count = arg32(call, arrays[i].count);

		if (arrays[i].nr != call->nr)
			continue;
		if (*arg64(call, arrays[i].pointer))
			return -EINVAL;
		if (*count > arrays[i].most) {
			if (arrays[i].dir == IN)
				return -EINVAL;
			*count = arrays[i].most;
		}
		total += ALIGN_UP(array_bytes(call, &arrays[i]), 8);
	}
	if (total) {
		call->buf = calloc(1, total);
		if (!call->buf)
			return -ENOMEM;
		call->buf_len = total;
	}
	total = 0;
	for (size_t i = 0; i < ARRAY_SIZE(arrays); i++) {
		size_t bytes;

		if (arrays[i].nr != call->nr)
			continue;
		bytes = array_bytes(call, &arrays[i]);
		if (bytes)
			*arg64(call, arrays[i].pointer) = (uintptr_t)(call->buf + total);
		if (arrays[i].dir == IN) {
			if (pos > in_len || bytes > in_len - pos)
				return -EINVAL;
			if (bytes)
				memcpy(call->buf + total, in + pos, bytes);
			pos += ALIGN_UP(bytes, 8);
		}
		total += ALIGN_UP(bytes, 8);
	}
	pos = MIN(pos, in_len);
	call->extra = in + pos;
	call->extra_len = in_len - pos;
	return 0;
}

/*
 * Take the pointers out of the arguments again and move the arrays that go back to the
 * start of the buffer. A failed call returns no arrays.
 */
static void arrays_out(struct call *call, int ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(arrays); i++) {
		uint8_t *data;
		size_t bytes;

		if (arrays[i].nr != call->nr)
			continue;
		data = (uint8_t *)(uintptr_t)*arg64(call, arrays[i].pointer);
		*arg64(call, arrays[i].pointer) = 0;
		if (arrays[i].dir == IN || !data || ret)
			continue;
		/* The backend may say fewer than were asked for. */
		bytes = array_bytes(call, &arrays[i]);
		memmove(call->buf + call->out_len, data, bytes);
		memset(call->buf + call->out_len + bytes, 0, ALIGN_UP(bytes, 8) - bytes);
		call->out_len += ALIGN_UP(bytes, 8);
	}
}

/* Many times what the control stack of any GPU takes */
#define MAX_WAVE_STATE	(1u << 20)

/*
 * What GET_QUEUE_WAVE_STATE writes to its ctl_stack_address: a header, and the control stack
 * at an offset that the header tells. On the wire they follow each other.
 */
static int wave_state_in(struct virtkfd_ctx *ctx, struct call *call)
{
	struct kfd_ioctl_get_queue_wave_state_args *args = (void *)call->args;
	size_t size = ALIGN_UP(vk_wave_state_size(ctx, args->queue_id), 8);

	if (args->ctl_stack_address)
		return -EINVAL;
	if (size > MAX_WAVE_STATE)
		return -ENOMEM;
	call->buf = calloc(1, size);
	if (!call->buf)
		return -ENOMEM;
	call->buf_len = size;
	args->ctl_stack_address = (uintptr_t)call->buf;
	return 0;
}

static void wave_state_out(struct call *call, int ret)
{
	struct kfd_ioctl_get_queue_wave_state_args *args = (void *)call->args;
	struct kfd_context_save_area_header *header = (void *)call->buf;
	size_t head = sizeof(header->wave_state), used = args->ctl_stack_used_size;
	size_t off;

	args->ctl_stack_address = 0;
	if (ret || !header)
		return;
	off = MIN(header->wave_state.control_stack_offset, call->buf_len);
	used = MIN(used, call->buf_len - MAX(off, head));
	memmove(call->buf + head, call->buf + off, used);
	call->out_len = ALIGN_UP(head + used, 8);
	memset(call->buf + head + used, 0, call->out_len - head - used);
}

static int forward(struct virtkfd_ctx *ctx, struct call *call)
{
	return ctx->vm->be->ioctl(ctx->bctx, call->nr, call->args);
}

/* Both map and unmap start with the handle. */
static int forward_handle(struct virtkfd_ctx *ctx, struct call *call)
{
	uint64_t handle = call->args[0];
	int ret;

	_Static_assert(!offsetof(struct kfd_ioctl_map_memory_to_gpu_args, handle) &&
		       !offsetof(struct kfd_ioctl_unmap_memory_from_gpu_args, handle),
		       "handle first");
	call->args[0] = vk_mem_backend_handle(ctx, handle);
	ret = forward(ctx, call);
	call->args[0] = handle;
	return ret;
}

/*
 * XNACK stays off, whatever the GPU can do: amdkfd looks a fault that is retried up in the memory
 * of the process that opened it, which is the VMM. Off is asked for first, for the errors that
 * come before the refusal.
 */
static int set_xnack_mode(struct virtkfd_ctx *ctx, struct call *call)
{
	struct kfd_ioctl_set_xnack_mode_args *args = (void *)call->args;
	int32_t mode = args->xnack_enabled;
	int ret;

	if (mode <= 0)
		return forward(ctx, call);
	args->xnack_enabled = 0;
	ret = forward(ctx, call);
	args->xnack_enabled = mode;
	return ret ? ret : -EPERM;
}

static int run(struct virtkfd_ctx *ctx, struct call *call)
{
	void *args = call->args;
	bool wants_extra = call->nr == _IOC_NR(AMDKFD_IOC_ALLOC_MEMORY_OF_GPU);

	if (call->extra_len && !wants_extra)
		return -EINVAL;

	switch (call->nr) {
	case _IOC_NR(AMDKFD_IOC_CREATE_QUEUE):
		return vk_queue_create(ctx, args);
	case _IOC_NR(AMDKFD_IOC_DESTROY_QUEUE):
		return vk_queue_destroy(ctx, args);
	case _IOC_NR(AMDKFD_IOC_ACQUIRE_VM):
		if (((struct kfd_ioctl_acquire_vm_args *)args)->drm_fd)
			return -EINVAL;
		return forward(ctx, call);
	case _IOC_NR(AMDKFD_IOC_ALLOC_MEMORY_OF_GPU):
		if (((struct kfd_ioctl_alloc_memory_of_gpu_args *)args)->mmap_offset ||
		    call->extra_len % sizeof(uint64_t))
			return -EINVAL;
		return vk_mem_alloc(ctx, args, (const uint64_t *)call->extra,
				    call->extra_len / sizeof(uint64_t));
	case _IOC_NR(AMDKFD_IOC_FREE_MEMORY_OF_GPU):
		return vk_mem_free(ctx, args);
	case _IOC_NR(AMDKFD_IOC_MAP_MEMORY_TO_GPU):
	case _IOC_NR(AMDKFD_IOC_UNMAP_MEMORY_FROM_GPU):
		return forward_handle(ctx, call);
	case _IOC_NR(AMDKFD_IOC_IMPORT_DMABUF):
		return vk_import(ctx, args);
	case _IOC_NR(AMDKFD_IOC_EXPORT_DMABUF):
		return vk_export(ctx, args);
	case _IOC_NR(AMDKFD_IOC_SET_XNACK_MODE):
		return set_xnack_mode(ctx, call);
	case _IOC_NR(AMDKFD_IOC_CREATE_EVENT):
		return vk_event_create(ctx, args);
	case _IOC_NR(AMDKFD_IOC_DESTROY_EVENT):
		return vk_event_destroy(ctx, args);
	default:
		return forward(ctx, call);
	}
}

/**
 * vk_ioctl() - carry out a VIRTKFD_CCMD_IOCTL
 * @ctx: process context
 * @cmd: command, zero-extended
 * @in: what follows the command, 8-byte aligned
 * @in_len: bytes of it
 * @rsp: response, only its &struct virtkfd_rsp so far
 *
 * Return: for the response, which is complete.
 */
int vk_ioctl(struct virtkfd_ctx *ctx, const struct virtkfd_ccmd_ioctl *cmd,
	     const uint8_t *in, size_t in_len, struct vk_buf *rsp)
{
	const struct ioctl_row *row;
	struct call call = { .nr = cmd->nr };
	struct virtkfd_rsp_ioctl *head;
	size_t args_len, arrays_off;
	bool wave_state = cmd->nr == _IOC_NR(AMDKFD_IOC_GET_QUEUE_WAVE_STATE);
	uint64_t small[64] = { 0 };
	uint8_t *out;
	int ret;

	if (!vk_buf_add(rsp, sizeof(*head) - sizeof(struct virtkfd_rsp)))
		return -ENOMEM;
	if (cmd->pad)
		return -EINVAL;
	if (cmd->nr >= ARRAY_SIZE(rows) || !rows[cmd->nr].name ||
	    (rows[cmd->nr].class != FORWARDED && rows[cmd->nr].class != TRANSLATED)) {
		vk_log(ctx->vm, VIRTKFD_LOG_WARNING, "context %u: ioctl 0x%x is not allowed",
		       ctx->id, cmd->nr);
		return -ENOTTY;
	}
	row = &rows[cmd->nr];
	arrays_off = ALIGN_UP((size_t)cmd->args_len, 8);
	if (cmd->args_len > in_len || (cmd->in_len && arrays_off > in_len) ||
	    (cmd->in_len && cmd->in_len > in_len - arrays_off))
		return -EINVAL;

	args_len = cmd->args_len > row->size ? cmd->args_len : row->size;
	call.args = args_len > sizeof(small) ? calloc(1, ALIGN_UP(args_len, 8)) : small;
	if (!call.args)
		return -ENOMEM;
	memcpy(call.args, in, cmd->args_len);
	ret = arrays_in(&call, in + MIN(arrays_off, in_len), cmd->in_len);
	if (wave_state && !ret)
		ret = wave_state_in(ctx, &call);
	/* All room that the answer may take, as long as nothing has been done. */
	out = vk_buf_add(rsp, arrays_off + call.buf_len);
	if (out) {
		if (!ret)
			ret = run(ctx, &call);
		arrays_out(&call, ret);
		if (wave_state)
			wave_state_out(&call, ret);
		head = (struct virtkfd_rsp_ioctl *)rsp->data;
		head->args_len = cmd->args_len;
		head->out_len = call.out_len;
		memcpy(out, call.args, cmd->args_len);
		if (call.out_len)
			memcpy(out + arrays_off, call.buf, call.out_len);
		rsp->len -= call.buf_len - call.out_len;
	} else {
		ret = -ENOMEM;
	}
	free(call.buf);
	if (call.args != small)
		free(call.args);
	if (ret)
		vk_log(ctx->vm, VIRTKFD_LOG_DEBUG, "context %u (guest pid %u): %s: %s",
		       ctx->id, ctx->pid, row->name, vk_errname(ret));
	return ret;
}
