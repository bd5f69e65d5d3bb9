// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * AMDKFD native context of virtio-gpu: contexts, requests and responses.
 *
 * What lives here: making and ending a virtio-gpu context with its response blob, sending
 * commands in SUBMIT_3D, waiting for their fences and checking what comes back. What does
 * not: what the commands mean.
 *
 * The host is not trusted. A response is copied out of the shared blob once and the copy is
 * checked. A response area belongs to its request until the fence has signalled, also when
 * nobody waits for it any more (killed, timed out), so a late answer never lands in another
 * request's area.
 */
#include <kunit/static_stub.h>
#include <kunit/visibility.h>
#include <linux/dma-fence.h>
#include <linux/dma-mapping.h>
#include <linux/errno.h>
#include <linux/iosys-map.h>
#include <linux/moduleparam.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include <drm/drm_print.h>

#include "virtgpu_kfd.h"

static unsigned int kfd_timeout_ms = 30000;
module_param(kfd_timeout_ms, uint, 0644);
MODULE_PARM_DESC(kfd_timeout_ms,
		 "AMDKFD context: milliseconds until a host that does not answer is given up (default 30000)");

/* The most that is sent at once: virtqueue descriptors are single pages. */
#define VIRTGPU_KFD_MAX_SUBMIT		SZ_1M
#define VIRTGPU_KFD_MAX_SUBMIT_DIRECT	SZ_64K
#define VIRTGPU_KFD_NUM_RINGS		2

/**
 * struct virtgpu_kfd_request - a command on its way
 * @ref: the sender's and the fence callback's
 * @ctx: context, held
 * @node: in virtgpu_kfd.requests, until the fence has signalled
 * @slot: response area; virtgpu_kfd.requests_lock
 * @cb: on the fence
 * @done: the fence has signalled or nothing is to be expected any more
 * @work: queued when the fence has signalled, or NULL; virtgpu_kfd.requests_lock
 * @answered: the fence has signalled without an error; virtgpu_kfd.requests_lock
 * @seqno: of the command
 */
struct virtgpu_kfd_request {
	struct kref ref;
	struct virtgpu_kfd_ctx *ctx;
	struct list_head node;
	struct drm_mm_node slot;
	struct dma_fence_cb cb;
	struct completion done;
	struct delayed_work *work;
	bool answered;
	u32 seqno;
};

/**
 * virtgpu_kfd_timeout() - how long to wait for the host
 *
 * Return: jiffies.
 */
unsigned long virtgpu_kfd_timeout(void)
{
	return msecs_to_jiffies(READ_ONCE(kfd_timeout_ms));
}

static void virtgpu_kfd_ctx_free(struct kref *ref)
{
	struct virtgpu_kfd_ctx *ctx = container_of(ref, struct virtgpu_kfd_ctx, ref);

	drm_mm_takedown(&ctx->slots);
	kfree(ctx);
}

static void virtgpu_kfd_ctx_put(struct virtgpu_kfd_ctx *ctx)
{
	kref_put(&ctx->ref, virtgpu_kfd_ctx_free);
}

static void virtgpu_kfd_request_free(struct kref *ref)
{
	struct virtgpu_kfd_request *req = container_of(ref, struct virtgpu_kfd_request, ref);
	struct virtgpu_kfd *kfd = req->ctx->kfd;
	unsigned long flags;

	spin_lock_irqsave(&kfd->requests_lock, flags);
	if (drm_mm_node_allocated(&req->slot))
		drm_mm_remove_node(&req->slot);
	spin_unlock_irqrestore(&kfd->requests_lock, flags);
	wake_up(&kfd->slots_wait);

	atomic_dec(&kfd->counts.requests);
	virtgpu_kfd_ctx_put(req->ctx);
	kfree(req);
}

/**
 * virtgpu_kfd_request_put() - drop the sender's reference
 * @req: request; its work is not queued any more after this
 */
void virtgpu_kfd_request_put(struct virtgpu_kfd_request *req)
{
	struct virtgpu_kfd *kfd = req->ctx->kfd;

	spin_lock_irq(&kfd->requests_lock);
	req->work = NULL;
	spin_unlock_irq(&kfd->requests_lock);
	kref_put(&req->ref, virtgpu_kfd_request_free);
}

/* Called with the fence lock held and interrupts off, or at the submission. */
static void virtgpu_kfd_request_signalled(struct dma_fence *f, struct dma_fence_cb *cb)
{
	struct virtgpu_kfd_request *req = container_of(cb, struct virtgpu_kfd_request, cb);
	struct virtgpu_kfd *kfd = req->ctx->kfd;
	unsigned long flags;

	spin_lock_irqsave(&kfd->requests_lock, flags);
	list_del_init(&req->node);
	req->answered = !f->error;
	if (req->work && !kfd->gone)
		queue_delayed_work(kfd->wq, req->work, 0);
	spin_unlock_irqrestore(&kfd->requests_lock, flags);

	complete_all(&req->done);
	kref_put(&req->ref, virtgpu_kfd_request_free);
}

/**
 * virtgpu_kfd_cancel_requests() - the device goes: end all waits for the host
 * @kfd: device, marked gone by this
 */
void virtgpu_kfd_cancel_requests(struct virtgpu_kfd *kfd)
{
	struct virtgpu_kfd_request *req;

	spin_lock_irq(&kfd->requests_lock);
	WRITE_ONCE(kfd->gone, true);
	list_for_each_entry(req, &kfd->requests, node)
		complete_all(&req->done);
	spin_unlock_irq(&kfd->requests_lock);
	wake_up_all(&kfd->slots_wait);
}

/**
 * virtgpu_kfd_ctx_lose() - give a context up: its calls fail with -EIO from now on
 * @ctx: context
 *
 * Ends the waits of its requests, and the waits for events that can fire no more.
 */
void virtgpu_kfd_ctx_lose(struct virtgpu_kfd_ctx *ctx)
{
	struct virtgpu_kfd *kfd = ctx->kfd;
	struct virtgpu_kfd_request *req;

	spin_lock_irq(&kfd->requests_lock);
	WRITE_ONCE(ctx->lost, true);
	list_for_each_entry(req, &kfd->requests, node)
		if (req->ctx == ctx)
			complete_all(&req->done);
	spin_unlock_irq(&kfd->requests_lock);
	wake_up_all(&kfd->slots_wait);
	virtgpu_kfd_processes_wake(kfd);
}

static int virtgpu_kfd_ctx_error(struct virtgpu_kfd_ctx *ctx)
{
	if (READ_ONCE(ctx->kfd->gone))
		return -ENODEV;
	return READ_ONCE(ctx->lost) ? -EIO : 0;
}

/* Returns true when there is nothing to wait for any more; *ret is 0 if @req has its slot. */
static bool virtgpu_kfd_reserve(struct virtgpu_kfd_request *req, u32 rsp_len, int *ret)
{
	struct virtgpu_kfd_ctx *ctx = req->ctx;
	struct virtgpu_kfd *kfd = ctx->kfd;

	spin_lock_irq(&kfd->requests_lock);
	*ret = virtgpu_kfd_ctx_error(ctx);
	if (!*ret && rsp_len)
		*ret = drm_mm_insert_node(&ctx->slots, &req->slot, ALIGN(rsp_len, 8));
	if (!*ret)
		list_add_tail(&req->node, &kfd->requests);
	spin_unlock_irq(&kfd->requests_lock);

	return *ret != -ENOSPC;
}

static u32 virtgpu_kfd_max_submit(struct virtgpu_kfd *kfd)
{
	u32 max = kfd->vgdev->has_indirect ? VIRTGPU_KFD_MAX_SUBMIT :
					     VIRTGPU_KFD_MAX_SUBMIT_DIRECT;

	return kfd->capset.max_submit ? min(max, kfd->capset.max_submit) : max;
}

/**
 * virtgpu_kfd_submit() - send a command
 * @ctx: context
 * @ring: VIRTKFD_RING_*
 * @cmd: command, starts with &struct virtkfd_ccmd of which @cmd alone is filled in; from
 *	kvmalloc(), freed by this in all cases
 * @cmd_len: its bytes, a multiple of 8
 * @rsp_len: most bytes of the response, 0 for none
 * @work: to be queued on virtgpu_kfd.wq when the fence has signalled, or NULL
 *
 * Return: the request, for virtgpu_kfd_response() and virtgpu_kfd_request_put(); ERR_PTR of
 * -ENODEV (device gone), -EIO (context lost), -EINTR (fatal signal while waiting for room),
 * -E2BIG (more than the host takes at once, or than the response blob holds), -ENOMEM.
 */
struct virtgpu_kfd_request *virtgpu_kfd_submit(struct virtgpu_kfd_ctx *ctx, u32 ring, void *cmd,
					       u32 cmd_len, u32 rsp_len,
					       struct delayed_work *work)
{
	struct virtgpu_kfd *kfd = ctx->kfd;
	struct virtio_gpu_device *vgdev = kfd->vgdev;
	struct virtgpu_kfd_request *req;
	struct virtio_gpu_fence *fence;
	struct virtkfd_ccmd *hdr = cmd;
	long left;
	int ret;

	ret = -E2BIG;
	if (cmd_len > virtgpu_kfd_max_submit(kfd) || rsp_len > ctx->rsp_bo->base.base.size)
		goto err_free_cmd;

	ret = -ENOMEM;
	req = kzalloc_obj(*req);
	if (!req)
		goto err_free_cmd;

	kref_init(&req->ref);
	kref_get(&ctx->ref);
	req->ctx = ctx;
	INIT_LIST_HEAD(&req->node);
	init_completion(&req->done);
	req->work = work;
	atomic_inc(&kfd->counts.requests);

	fence = virtio_gpu_fence_alloc(vgdev, ctx->fence_context, ring);
	if (!fence)
		goto err_put_req;

	left = wait_event_killable_timeout(kfd->slots_wait,
					   virtgpu_kfd_reserve(req, rsp_len, &ret),
					   virtgpu_kfd_timeout());
	if (left <= 0)
		ret = left ? -EINTR : -EIO;
	if (ret)
		goto err_put_fence;

	do {
		req->seqno = atomic_inc_return(&ctx->seqno);
	} while (!req->seqno);

	hdr->len = cmd_len;
	hdr->seqno = req->seqno;
	hdr->rsp_off = rsp_len ? req->slot.start : 0;
	hdr->rsp_len = rsp_len;
	hdr->pad = 0;
	if (rsp_len)
		memset(ctx->rsp.vaddr + req->slot.start, 0, sizeof(struct virtkfd_rsp));

	kref_get(&req->ref);
	virtio_gpu_cmd_submit(vgdev, cmd, cmd_len, ctx->id, NULL, fence);
	virtio_gpu_notify(vgdev);

	if (!fence->fence_id) {
		/* It was not queued, and the buffer is freed. */
		spin_lock_irq(&kfd->requests_lock);
		list_del_init(&req->node);
		spin_unlock_irq(&kfd->requests_lock);
		kref_put(&req->ref, virtgpu_kfd_request_free);
		dma_fence_put(&fence->f);
		virtgpu_kfd_request_put(req);
		return ERR_PTR(drm_dev_is_unplugged(vgdev->ddev) ? -ENODEV : -ENOMEM);
	}

	if (dma_fence_add_callback(&fence->f, &req->cb, virtgpu_kfd_request_signalled))
		virtgpu_kfd_request_signalled(&fence->f, &req->cb);
	dma_fence_put(&fence->f);

	return req;

err_put_fence:
	dma_fence_put(&fence->f);
err_put_req:
	virtgpu_kfd_request_put(req);
err_free_cmd:
	kvfree(cmd);
	return ERR_PTR(ret);
}

/* The host may have written through a bounce buffer. */
static void virtgpu_kfd_sync_response(struct virtgpu_kfd_ctx *ctx)
{
	struct virtio_device *vdev = ctx->kfd->vgdev->vdev;

	if (virtio_gpu_use_dma_api(vdev))
		dma_sync_sgtable_for_cpu(vdev->dev.parent, ctx->rsp_bo->base.sgt,
					 DMA_FROM_DEVICE);
}

/**
 * virtgpu_kfd_check_response() - check a response's header and what it says of the rest
 * @rsp: private copy of the response
 * @rsp_len: bytes of it
 * @seqno: of the command
 *
 * What lies beyond a response that is shorter than @rsp_len is zeroed. If the response is
 * garbage, all of it is.
 *
 * Return: 0, or -EIO if the response is garbage.
 */
VISIBLE_IF_KUNIT
int virtgpu_kfd_check_response(struct virtkfd_rsp *rsp, u32 rsp_len, u32 seqno)
{
	if (rsp->len < sizeof(*rsp) || rsp->seqno != seqno || rsp->pad || rsp->ret > 0 ||
	    rsp->ret <= -ERESTARTSYS) {
		memset(rsp, 0, rsp_len);
		return -EIO;
	}

	if (rsp->len < rsp_len)
		memset((void *)rsp + rsp->len, 0, rsp_len - rsp->len);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(virtgpu_kfd_check_response);

/**
 * virtgpu_kfd_response() - read the response of a request that is done
 * @req: request
 * @rsp: the response
 * @rsp_len: bytes of @rsp, at most those given to virtgpu_kfd_submit()
 *
 * Return: as virtgpu_kfd_call().
 */
int virtgpu_kfd_response(struct virtgpu_kfd_request *req, struct virtkfd_rsp *rsp, u32 rsp_len)
{
	struct virtgpu_kfd_ctx *ctx = req->ctx;
	struct virtgpu_kfd *kfd = ctx->kfd;
	bool answered;
	int ret;

	memset(rsp, 0, rsp_len);

	spin_lock_irq(&kfd->requests_lock);
	answered = req->answered;
	spin_unlock_irq(&kfd->requests_lock);

	if (READ_ONCE(kfd->gone))
		return -ENODEV;
	if (!answered)
		return -EIO;

	virtgpu_kfd_sync_response(ctx);
	memcpy(rsp, ctx->rsp.vaddr + req->slot.start, rsp_len);

	ret = virtgpu_kfd_check_response(rsp, rsp_len, req->seqno);
	if (ret) {
		drm_err_ratelimited(kfd->vgdev->ddev,
				    "KFD: the host's answer to command %u of context %u is invalid\n",
				    req->seqno, ctx->id);
		return ret;
	}

	return rsp->ret;
}

/**
 * virtgpu_kfd_call_buf() - send a command and wait for its response
 * @ctx: context
 * @cmd: command as for virtgpu_kfd_submit(), which frees it
 * @cmd_len: its bytes
 * @rsp: the response
 * @rsp_len: bytes of @rsp
 *
 * Return: as virtgpu_kfd_call().
 */
int virtgpu_kfd_call_buf(struct virtgpu_kfd_ctx *ctx, void *cmd, u32 cmd_len,
			 struct virtkfd_rsp *rsp, u32 rsp_len)
{
	struct virtgpu_kfd_request *req;
	u32 nr = ((struct virtkfd_ccmd *)cmd)->cmd;
	long left;
	int ret;

	KUNIT_STATIC_STUB_REDIRECT(virtgpu_kfd_call_buf, ctx, cmd, cmd_len, rsp, rsp_len);

	memset(rsp, 0, rsp_len);
	req = virtgpu_kfd_submit(ctx, VIRTKFD_RING_CMD, cmd, cmd_len, rsp_len, NULL);
	if (IS_ERR(req))
		return PTR_ERR(req);

	left = wait_for_completion_killable_timeout(&req->done, virtgpu_kfd_timeout());
	if (left > 0) {
		ret = virtgpu_kfd_response(req, rsp, rsp_len);
	} else if (left) {
		ret = -EINTR;
	} else {
		drm_err(ctx->kfd->vgdev->ddev,
			"KFD: no answer to command %u (seqno %u) within %u ms, giving context %u up\n",
			nr, req->seqno, READ_ONCE(kfd_timeout_ms), ctx->id);
		virtgpu_kfd_ctx_lose(ctx);
		ret = -EIO;
	}

	virtgpu_kfd_request_put(req);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(virtgpu_kfd_call_buf);

/**
 * virtgpu_kfd_call() - send a command and wait for its response
 * @ctx: context
 * @cmd: command, starts with its header of which @cmd alone is filled in
 * @cmd_len: its bytes, a multiple of 8
 * @rsp: the response, zero beyond what the host wrote
 * @rsp_len: bytes of @rsp
 *
 * May sleep; a fatal signal ends the wait.
 *
 * Return: the host's result, 0 or a negative errno, if it answered: @rsp->len then is at
 * least the header's size and tells the length before truncation to @rsp_len. Else @rsp->len
 * is 0 and the return is -EIO (invalid answer, time-out, context lost), -ENODEV (device
 * gone), -EINTR (fatal signal), -E2BIG or -ENOMEM.
 */
int virtgpu_kfd_call(struct virtgpu_kfd_ctx *ctx, const struct virtkfd_ccmd *cmd, u32 cmd_len,
		     struct virtkfd_rsp *rsp, u32 rsp_len)
{
	void *buf;

	memset(rsp, 0, rsp_len);
	buf = kvmemdup(cmd, cmd_len, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;

	return virtgpu_kfd_call_buf(ctx, buf, cmd_len, rsp, rsp_len);
}

static int virtgpu_kfd_attach_blob(struct virtgpu_kfd_ctx *ctx)
{
	struct virtio_gpu_object_array *objs = virtio_gpu_array_alloc(1);

	if (!objs)
		return -ENOMEM;

	virtio_gpu_array_add_obj(objs, &ctx->rsp_bo->base.base);
	virtio_gpu_cmd_context_attach_resource(ctx->kfd->vgdev, ctx->id, objs);
	return 0;
}

/**
 * virtgpu_kfd_ctx_create() - make a context on the host
 * @kfd: device
 * @role: VIRTKFD_ROLE_*
 * @rsp_size: bytes for the responses of all requests at a time
 *
 * Return: the context; ERR_PTR of what %VIRTKFD_CCMD_INIT gives or virtgpu_kfd_call().
 */
struct virtgpu_kfd_ctx *virtgpu_kfd_ctx_create(struct virtgpu_kfd *kfd, u32 role, u32 rsp_size)
{
	struct virtio_gpu_device *vgdev = kfd->vgdev;
	struct virtio_gpu_object_params params = {
		.size = rsp_size,
		.blob = true,
		.blob_mem = VIRTGPU_BLOB_MEM_GUEST,
	};
	struct virtkfd_ccmd_init init = {
		.hdr.cmd = VIRTKFD_CCMD_INIT,
		.role = role,
		.pid = task_tgid_nr(current),
	};
	struct virtgpu_kfd_ctx *ctx;
	struct virtkfd_rsp rsp;
	int ret;

	ctx = kzalloc_obj(*ctx);
	if (!ctx)
		return ERR_PTR(-ENOMEM);

	kref_init(&ctx->ref);
	ctx->kfd = kfd;
	ctx->fence_context = dma_fence_context_alloc(VIRTGPU_KFD_NUM_RINGS);

	ret = virtio_gpu_object_create(vgdev, &params, &ctx->rsp_bo, NULL);
	if (ret)
		goto err_free;
	ret = drm_gem_vmap(&ctx->rsp_bo->base.base, &ctx->rsp);
	if (ret)
		goto err_put_bo;
	drm_mm_init(&ctx->slots, 0, params.size);

	ret = ida_alloc(&vgdev->ctx_id_ida, GFP_KERNEL);
	if (ret < 0)
		goto err_vunmap;
	ctx->id = ret + 1;

	virtio_gpu_cmd_context_create(vgdev, ctx->id, VIRTKFD_CONTEXT_INIT, strlen(current->comm),
				      current->comm);
	atomic_inc(&kfd->counts.contexts);

	ret = virtgpu_kfd_attach_blob(ctx);
	if (ret)
		goto err_destroy;

	init.rsp_res_id = ctx->rsp_bo->hw_res_handle;
	ret = virtgpu_kfd_call(ctx, &init.hdr, sizeof(init), &rsp, sizeof(rsp));
	if (ret)
		goto err_destroy;

	return ctx;

err_destroy:
	virtgpu_kfd_ctx_destroy(ctx);
	return ERR_PTR(ret);
err_vunmap:
	drm_mm_takedown(&ctx->slots);
	drm_gem_vunmap(&ctx->rsp_bo->base.base, &ctx->rsp);
err_put_bo:
	drm_gem_object_put(&ctx->rsp_bo->base.base);
err_free:
	kfree(ctx);
	return ERR_PTR(ret);
}

/**
 * virtgpu_kfd_ctx_destroy() - end a context on the host and drop the caller's reference
 * @ctx: context; no call is in progress but such whose waiter was killed
 *
 * Does not wait for the host. The control queue is executed in order, so the host has ended
 * the context when it answers a command that is sent later.
 */
void virtgpu_kfd_ctx_destroy(struct virtgpu_kfd_ctx *ctx)
{
	struct virtio_gpu_device *vgdev = ctx->kfd->vgdev;

	virtio_gpu_cmd_context_destroy(vgdev, ctx->id);
	virtio_gpu_notify(vgdev);
	ida_free(&vgdev->ctx_id_ida, ctx->id - 1);
	atomic_dec(&ctx->kfd->counts.contexts);

	/* The pages go when the host has answered the unref, so after the context. */
	drm_gem_vunmap(&ctx->rsp_bo->base.base, &ctx->rsp);
	drm_gem_object_put(&ctx->rsp_bo->base.base);
	virtgpu_kfd_ctx_put(ctx);
}
