// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Guest memory that contexts may write, and the only code that writes it: responses. Blobs that
 * contexts may name.
 *
 * Everything here that touches a resource is called with the VM's lock held, so that a
 * response written from a backend's thread and virtkfd_resource_detach() exclude each other.
 */
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static int cmp_resource(const void *a, const void *b)
{
	const struct vk_resource *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

struct vk_resource *vk_resource_find(struct virtkfd_ctx *ctx, uint32_t res_id)
{
	struct vk_resource key = { .id = res_id };
	struct vk_resource **found = tfind(&key, &ctx->resources, cmp_resource);

	return found ? *found : NULL;
}

static unsigned int pieces(const struct vk_resource *res)
{
	return res->blob ? 1 : res->iov_cnt;
}

/* Consumes @res in case of an error. */
static int resource_add(struct virtkfd_ctx *ctx, struct vk_resource *res)
{
	struct virtkfd_vm *vm = ctx->vm;
	int ret = -ENOMEM;

	pthread_mutex_lock(&vm->lock);
	if (vk_resource_find(ctx, res->id)) {
		ret = -EEXIST;
	} else if (tsearch(res, &ctx->resources, cmp_resource)) {
		res->ctx = ctx;
		if (res->blob)
			LIST_INSERT_HEAD(&res->blob->attached, res, link);
		vm->stats.resources++;
		vm->num_attached += pieces(res);
		ret = 0;
	}
	pthread_mutex_unlock(&vm->lock);
	if (ret)
		free(res);
	return ret;
}

static bool is_room(struct virtkfd_vm *vm, uint32_t ctx_id, unsigned int num)
{
	if (vm->num_attached <= VK_MAX_ATTACHED && num <= VK_MAX_ATTACHED - vm->num_attached)
		return true;
	vk_log(vm, VIRTKFD_LOG_WARNING, "context %u: limit of %u pieces attached reached", ctx_id,
	       VK_MAX_ATTACHED);
	return false;
}

int virtkfd_resource_attach(struct virtkfd_vm *vm, uint32_t ctx_id, uint32_t res_id,
			    const struct iovec *iov, unsigned int iov_cnt)
{
	struct virtkfd_ctx *ctx = vk_ctx_find(vm, ctx_id);
	struct vk_resource *res;

	if (!ctx)
		return -ENOENT;
	if (!is_room(vm, ctx_id, iov_cnt))
		return -ENOSPC;
	res = calloc(1, sizeof(*res) + (size_t)iov_cnt * sizeof(*iov));
	if (!res)
		return -ENOMEM;
	res->id = res_id;
	res->iov_cnt = iov_cnt;
	for (unsigned int i = 0; i < iov_cnt; i++) {
		res->iov[i] = iov[i];
		if (__builtin_add_overflow(res->size, iov[i].iov_len, &res->size)) {
			free(res);
			return -EINVAL;
		}
	}

	return resource_add(ctx, res);
}

int virtkfd_resource_attach_blob(struct virtkfd_vm *vm, uint32_t ctx_id, uint32_t res_id,
				 struct virtkfd_blob *blob)
{
	struct virtkfd_ctx *ctx = vk_ctx_find(vm, ctx_id);
	struct vk_resource *res;

	if (!ctx)
		return -ENOENT;
	if (!is_room(vm, ctx_id, 1))
		return -ENOSPC;
	res = calloc(1, sizeof(*res));
	if (!res)
		return -ENOMEM;
	res->id = res_id;
	res->blob = blob;
	return resource_add(ctx, res);
}

void vk_resource_free(struct vk_resource *res)
{
	struct virtkfd_ctx *ctx = res->ctx;

	tdelete(res, &ctx->resources, cmp_resource);
	if (res->blob)
		LIST_REMOVE(res, link);
	ctx->vm->stats.resources--;
	ctx->vm->num_attached -= pieces(res);
	free(res);
}

int virtkfd_resource_detach(struct virtkfd_vm *vm, uint32_t ctx_id, uint32_t res_id)
{
	struct virtkfd_ctx *ctx = vk_ctx_find(vm, ctx_id);
	struct vk_resource *res;

	if (!ctx)
		return -ENOENT;
	pthread_mutex_lock(&vm->lock);
	res = vk_resource_find(ctx, res_id);
	if (res)
		vk_resource_free(res);
	pthread_mutex_unlock(&vm->lock);
	return res ? 0 : -ENOENT;
}

void vk_resources_free(struct virtkfd_ctx *ctx)
{
	while (ctx->resources)
		vk_resource_free(*(struct vk_resource **)ctx->resources);
}

/* Is [@off, @off + @len) inside a resource of the context? */
bool vk_rsp_fits(struct virtkfd_ctx *ctx, uint32_t res_id, uint32_t off, uint32_t len)
{
	struct vk_resource *res = vk_resource_find(ctx, res_id);

	return res && off <= res->size && len <= res->size - off;
}

static void resource_write(struct vk_resource *res, uint64_t off, const uint8_t *data,
			   size_t len)
{
	for (unsigned int i = 0; i < res->iov_cnt && len; i++) {
		size_t n;

		if (off >= res->iov[i].iov_len) {
			off -= res->iov[i].iov_len;
			continue;
		}
		n = MIN(len, res->iov[i].iov_len - off);
		memcpy((uint8_t *)res->iov[i].iov_base + off, data, n);
		data += n;
		len -= n;
		off = 0;
	}
}

/**
 * vk_rsp_write() - give a response to the guest
 * @ctx: context with a response blob
 * @off: where in it
 * @len: most bytes to write; the response is truncated
 * @buf: response, its header still zero
 * @seqno: for the header
 * @ret: for the header
 *
 * Payload first, header last. Nothing is written if the range is not in the blob (any more).
 */
void vk_rsp_write(struct virtkfd_ctx *ctx, uint32_t off, uint32_t len,
		  struct vk_buf *buf, uint32_t seqno, int ret)
{
	struct vk_resource *res = vk_resource_find(ctx, ctx->rsp_res_id);
	struct virtkfd_rsp *rsp = (struct virtkfd_rsp *)buf->data;
	size_t n = MIN(len, buf->len);
	size_t head = MIN(n, sizeof(*rsp));

	if (!vk_rsp_fits(ctx, ctx->rsp_res_id, off, len))
		return;
	rsp->len = buf->len;
	rsp->seqno = seqno;
	rsp->ret = ret;
	if (n > head)
		resource_write(res, (uint64_t)off + head, buf->data + head, n - head);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	resource_write(res, off, buf->data, head);
}

/* Start a response with @len zeroed bytes, header included; they fit into @buf->small. */
void vk_buf_init(struct vk_buf *buf, size_t len)
{
	memset(buf, 0, sizeof(*buf));
	buf->data = (uint8_t *)buf->small;
	buf->cap = sizeof(buf->small);
	buf->len = len;
}

/* Zeroed bytes at the end, padded to a multiple of 8; moves what is there before. */
void *vk_buf_add(struct vk_buf *buf, size_t len)
{
	size_t start = buf->len;
	size_t end = start + ALIGN_UP(len, 8);

	if (end > buf->cap) {
		bool small = buf->data == (uint8_t *)buf->small;
		size_t cap = ALIGN_UP(end + end / 2, 64);
		uint8_t *data = realloc(small ? NULL : buf->data, cap);

		if (!data)
			return NULL;
		if (small)
			memcpy(data, buf->small, start);
		memset(data + start, 0, cap - start);
		buf->data = data;
		buf->cap = cap;
	}
	buf->len = end;
	return buf->data + start;
}

void vk_buf_free(struct vk_buf *buf)
{
	if (buf->data != (uint8_t *)buf->small)
		free(buf->data);
}
