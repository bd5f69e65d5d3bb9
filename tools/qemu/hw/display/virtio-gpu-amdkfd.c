/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtio-gpu device with AMDKFD contexts: commands and fences.
 *
 * What lives here: the device's life, the virtio-gpu commands for contexts,
 * fences and properties. What does not: resources
 * (virtio-gpu-amdkfd-resource.c); statistics (virtio-gpu-amdkfd-stats.c); the
 * payload of commands, which goes to libvirtkfd as it is; 2D commands, as there
 * are no displays.
 *
 * A command has been executed when process_cmd returns. Only fences of
 * SUBMIT_3D may be pending then; their commands stay in the fence queue.
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/iov.h"
#include "hw/qdev-properties.h"
#include "hw/virtio/virtio-gpu-amdkfd.h"
#include "hw/virtio/virtio-gpu-bswap.h"
#include "migration/blocker.h"
#include "system/dma.h"
#include "trace.h"

/* Choice: room for VRAM, GTT and doorbells that processes map at one time. */
#define AMDKFD_WINDOW_SIZE (8 * GiB)

static void (*parent_unrealize)(DeviceState *qdev);

void amdkfd_refuse(struct virtio_gpu_ctrl_command *cmd, int ret,
		   const char *what)
{
	qemu_log_mask(LOG_GUEST_ERROR, "virtio-gpu-amdkfd: %s: %s\n", what,
		      strerror(-ret));
	switch (ret) {
	case -ENOENT:
		cmd->error = VIRTIO_GPU_RESP_ERR_INVALID_CONTEXT_ID;
		break;
	case -ENOMEM:
	case -ENOSPC:
		cmd->error = VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY;
		break;
	default:
		cmd->error = VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
		break;
	}
}

/* Fences */

static uint32_t ring_of(const struct virtio_gpu_ctrl_hdr *hdr)
{
	return hdr->flags & VIRTIO_GPU_FLAG_INFO_RING_IDX ? hdr->ring_idx : 0;
}

static void retire(VirtIOGPUAmdkfd *s, uint32_t ctx_id, uint32_t ring,
		   uint64_t fence_id)
{
	VirtIOGPU *g = VIRTIO_GPU(s);
	struct virtio_gpu_ctrl_command *cmd, *tmp;

	QTAILQ_FOREACH_SAFE(cmd, &g->fenceq, next, tmp) {
		const struct virtio_gpu_ctrl_hdr *hdr = &cmd->cmd_hdr;

		if (hdr->ctx_id != ctx_id || ring_of(hdr) != ring ||
		    hdr->fence_id > fence_id) {
			continue;
		}
		trace_virtio_gpu_fence_resp(hdr->fence_id);
		virtio_gpu_ctrl_response_nodata(g, cmd, VIRTIO_GPU_RESP_OK_NODATA);
		QTAILQ_REMOVE(&g->fenceq, cmd, next);
		g_free(cmd);
		g->inflight--;
	}
}

static void retire_done(void *opaque)
{
	VirtIOGPUAmdkfd *s = opaque;
	struct amdkfd_fence *fence;

	for (;;) {
		qemu_mutex_lock(&s->fence_lock);
		fence = QSIMPLEQ_FIRST(&s->fences_done);
		if (fence) {
			QSIMPLEQ_REMOVE_HEAD(&s->fences_done, next);
		}
		qemu_mutex_unlock(&s->fence_lock);
		if (!fence) {
			break;
		}
		retire(s, fence->ctx_id, fence->ring, fence->fence_id);
		g_free(fence);
	}
}

/* virtkfd_vmm_ops.fence: any thread, so the answer is left to the main loop. */
static void fence_done(void *opaque, uint32_t ctx_id, uint32_t ring,
		       uint64_t fence_id)
{
	VirtIOGPUAmdkfd *s = opaque;
	struct amdkfd_fence *fence = g_new(struct amdkfd_fence, 1);

	*fence = (struct amdkfd_fence) {
		.ctx_id = ctx_id, .ring = ring, .fence_id = fence_id,
	};
	qemu_mutex_lock(&s->fence_lock);
	QSIMPLEQ_INSERT_TAIL(&s->fences_done, fence, next);
	qemu_mutex_unlock(&s->fence_lock);
	qemu_bh_schedule(s->fence_bh);
}

/* Ask the library for a fence; of a context that is gone everything is done. */
void amdkfd_ask_fence(VirtIOGPUAmdkfd *s, uint32_t ctx_id, uint32_t ring,
		      uint64_t fence_id)
{
	if (virtkfd_fence(s->vm, ctx_id, ring, fence_id)) {
		fence_done(s, ctx_id, ring, fence_id);
	}
}

/* Contexts */

static void cmd_ctx_create(VirtIOGPU *g, struct virtio_gpu_ctrl_command *cmd)
{
	struct virtio_gpu_ctx_create cc;
	int ret = -EINVAL;

	VIRTIO_GPU_FILL_CMD(cc);
	cc.debug_name[sizeof(cc.debug_name) - 1] = 0;
	trace_virtio_gpu_cmd_ctx_create(cmd->cmd_hdr.ctx_id, cc.debug_name);

	if (le32_to_cpu(cc.context_init) == VIRTKFD_CONTEXT_INIT) {
		ret = virtkfd_ctx_create(VIRTIO_GPU_AMDKFD(g)->vm, cmd->cmd_hdr.ctx_id);
	}
	if (ret) {
		amdkfd_refuse(cmd, ret, "CTX_CREATE");
	}
}

static void cmd_ctx_destroy(VirtIOGPU *g, struct virtio_gpu_ctrl_command *cmd)
{
	VirtIOGPUAmdkfd *s = VIRTIO_GPU_AMDKFD(g);
	int ret;

	trace_virtio_gpu_cmd_ctx_destroy(cmd->cmd_hdr.ctx_id);
	amdkfd_drop_attachments(s, cmd->cmd_hdr.ctx_id, 0);
	ret = virtkfd_ctx_destroy(s->vm, cmd->cmd_hdr.ctx_id);
	if (ret) {
		amdkfd_refuse(cmd, ret, "CTX_DESTROY");
	}
}

static void cmd_submit(VirtIOGPU *g, struct virtio_gpu_ctrl_command *cmd)
{
	VirtIOGPUAmdkfd *s = VIRTIO_GPU_AMDKFD(g);
	const struct virtio_gpu_ctrl_hdr *hdr = &cmd->cmd_hdr;
	struct virtio_gpu_cmd_submit cs;
	g_autofree void *buf = NULL;
	int ret;

	VIRTIO_GPU_FILL_CMD(cs);
	cs.size = le32_to_cpu(cs.size);
	trace_virtio_gpu_cmd_ctx_submit(hdr->ctx_id, cs.size);

	if (cs.size > MIN(s->capset.max_submit, VIRTIO_GPU_MAX_CMD_SUBMIT_SIZE)) {
		amdkfd_refuse(cmd, -E2BIG, "SUBMIT_3D");
		return;
	}
	buf = g_try_malloc(MAX(cs.size, 1));
	if (!buf) {
		amdkfd_refuse(cmd, -ENOMEM, "SUBMIT_3D");
		return;
	}
	if (iov_to_buf(cmd->elem.out_sg, cmd->elem.out_num, sizeof(cs), buf,
		       cs.size) != cs.size) {
		amdkfd_refuse(cmd, -EINVAL, "SUBMIT_3D: payload shorter than its size");
		return;
	}
	ret = virtkfd_submit(s->vm, hdr->ctx_id, buf, cs.size);
	if (ret) {
		amdkfd_refuse(cmd, ret, "SUBMIT_3D");
		return;
	}
	if (!amdkfd_fault_submitted(s, hdr, buf, cs.size) ||
	    !(hdr->flags & VIRTIO_GPU_FLAG_FENCE)) {
		return;
	}

	trace_virtio_gpu_fence_ctrl(hdr->fence_id, hdr->type);
	ret = virtkfd_fence(s->vm, hdr->ctx_id, ring_of(hdr), hdr->fence_id);
	if (ret) {
		amdkfd_refuse(cmd, ret, "SUBMIT_3D: fence");
	}
}

/* Capset */

static void cmd_get_capset_info(VirtIOGPU *g,
				struct virtio_gpu_ctrl_command *cmd)
{
	struct virtio_gpu_resp_capset_info resp = {
		.hdr.type = VIRTIO_GPU_RESP_OK_CAPSET_INFO,
	};
	struct virtio_gpu_get_capset_info info;

	VIRTIO_GPU_FILL_CMD(info);
	virtio_gpu_bswap_32(&info, sizeof(info));
	trace_virtio_gpu_amdkfd_capset_info(info.capset_index);

	/* Another index gets an answer too: there is no such capset. */
	if (!info.capset_index) {
		resp.capset_id = cpu_to_le32(VIRTKFD_CAPSET_ID);
		resp.capset_max_version = cpu_to_le32(VIRTKFD_CAPSET_VERSION);
		resp.capset_max_size = cpu_to_le32(sizeof(struct virtkfd_capset));
	}
	virtio_gpu_ctrl_response(g, cmd, &resp.hdr, sizeof(resp));
}

static void cmd_get_capset(VirtIOGPU *g, struct virtio_gpu_ctrl_command *cmd)
{
	struct {
		struct virtio_gpu_resp_capset hdr;
		struct virtkfd_capset capset;
	} resp = { .hdr.hdr.type = VIRTIO_GPU_RESP_OK_CAPSET };
	struct virtio_gpu_get_capset gc;

	VIRTIO_GPU_FILL_CMD(gc);
	virtio_gpu_bswap_32(&gc, sizeof(gc));
	trace_virtio_gpu_amdkfd_capset(gc.capset_id, gc.capset_version);

	if (gc.capset_id != VIRTKFD_CAPSET_ID) {
		amdkfd_refuse(cmd, -EINVAL, "GET_CAPSET");
		return;
	}
	QEMU_BUILD_BUG_ON(sizeof(resp) != sizeof(resp.hdr) + sizeof(resp.capset));
	resp.capset = VIRTIO_GPU_AMDKFD(g)->capset;
	virtio_gpu_ctrl_response(g, cmd, &resp.hdr.hdr, sizeof(resp));
}

/*
 * A write to the registers of whatever device could unplug this one in the
 * middle of its work.
 */
static bool answers_to_ram(const struct virtio_gpu_ctrl_command *cmd)
{
	ram_addr_t offset;
	unsigned int i;

	for (i = 0; i < cmd->elem.in_num; i++) {
		if (!memory_region_from_host(cmd->elem.in_sg[i].iov_base, &offset)) {
			return false;
		}
	}
	return true;
}

static void amdkfd_process_cmd(VirtIOGPU *g,
			       struct virtio_gpu_ctrl_command *cmd)
{
	if (!answers_to_ram(cmd)) {
		qemu_log_mask(LOG_GUEST_ERROR,
			      "virtio-gpu-amdkfd: no room for an answer in RAM\n");
		virtqueue_detach_element(cmd->vq, &cmd->elem, 0);
		cmd->finished = true;
		return;
	}
	VIRTIO_GPU_FILL_CMD(cmd->cmd_hdr);
	virtio_gpu_ctrl_hdr_bswap(&cmd->cmd_hdr);

	switch (cmd->cmd_hdr.type) {
	case VIRTIO_GPU_CMD_GET_CAPSET_INFO:
		cmd_get_capset_info(g, cmd);
		break;
	case VIRTIO_GPU_CMD_GET_CAPSET:
		cmd_get_capset(g, cmd);
		break;
	case VIRTIO_GPU_CMD_CTX_CREATE:
		cmd_ctx_create(g, cmd);
		break;
	case VIRTIO_GPU_CMD_CTX_DESTROY:
		cmd_ctx_destroy(g, cmd);
		break;
	case VIRTIO_GPU_CMD_CTX_ATTACH_RESOURCE:
		amdkfd_cmd_ctx_attach(g, cmd);
		break;
	case VIRTIO_GPU_CMD_CTX_DETACH_RESOURCE:
		amdkfd_cmd_ctx_detach(g, cmd);
		break;
	case VIRTIO_GPU_CMD_SUBMIT_3D:
		cmd_submit(g, cmd);
		/* Its fence comes when the library says so. */
		if (!cmd->finished && !cmd->error &&
		    cmd->cmd_hdr.flags & VIRTIO_GPU_FLAG_FENCE) {
			return;
		}
		break;
	case VIRTIO_GPU_CMD_RESOURCE_CREATE_BLOB:
		amdkfd_cmd_create_blob(g, cmd);
		break;
	case VIRTIO_GPU_CMD_RESOURCE_MAP_BLOB:
		amdkfd_cmd_map_blob(g, cmd);
		break;
	case VIRTIO_GPU_CMD_RESOURCE_UNMAP_BLOB:
		amdkfd_cmd_unmap_blob(g, cmd);
		break;
	case VIRTIO_GPU_CMD_RESOURCE_UNREF:
		amdkfd_cmd_unref(g, cmd);
		break;
	case VIRTIO_GPU_CMD_GET_DISPLAY_INFO:
		virtio_gpu_get_display_info(g, cmd);
		break;
	default:
		cmd->error = VIRTIO_GPU_RESP_ERR_UNSPEC;
		break;
	}

	if (!cmd->finished) {
		virtio_gpu_ctrl_response_nodata(g, cmd, cmd->error ?:
						VIRTIO_GPU_RESP_OK_NODATA);
	}
}

/*
 * Other vCPUs add commands while these are taken. After the last one the guest
 * must see that it has to notify before the queue is looked at again, or a
 * command that comes in between stays there for good.
 */
static void amdkfd_handle_ctrl(VirtIODevice *vdev, VirtQueue *vq)
{
	VirtIOGPU *g = VIRTIO_GPU(vdev);
	VirtIOGPUAmdkfd *s = VIRTIO_GPU_AMDKFD(vdev);
	struct virtio_gpu_ctrl_command *cmd;

	if (!virtio_queue_ready(vq)) {
		return;
	}
	s->traffic.notifications++;
	while ((cmd = virtqueue_pop(vq, sizeof(*cmd)))) {
		s->traffic.requests++;
		cmd->vq = vq;
		cmd->error = 0;
		cmd->finished = false;
		QTAILQ_INSERT_TAIL(&g->cmdq, cmd, next);
	}
	virtio_gpu_process_cmdq(g);

	virtio_queue_set_notification(vq, 1);
	if (!virtio_queue_empty(vq)) {
		qemu_bh_schedule(g->ctrl_bh);
	}
}

/* Life */

/* virtkfd_vmm_ops.log */
static void log_line(void *opaque, enum virtkfd_log_level level,
		     const char *line)
{
	switch (level) {
	case VIRTKFD_LOG_ERROR:
		error_report("%s", line);
		break;
	case VIRTKFD_LOG_WARNING:
		warn_report("%s", line);
		break;
	case VIRTKFD_LOG_INFO:
		info_report("%s", line);
		break;
	default:
		trace_virtio_gpu_amdkfd_log(line);
		break;
	}
}

static const struct virtkfd_vmm_ops vmm_ops = {
	.map_guest = amdkfd_map_guest,
	.unmap_guest = amdkfd_unmap_guest,
	.fence = fence_done,
	.log = log_line,
};

/* Commands that were not answered yet: there is nobody left to be answered. */
static void drop_commands(VirtIOGPU *g)
{
	struct virtio_gpu_ctrl_command *cmd;

	while ((cmd = QTAILQ_FIRST(&g->cmdq))) {
		QTAILQ_REMOVE(&g->cmdq, cmd, next);
		virtqueue_detach_element(cmd->vq, &cmd->elem, 0);
		g_free(cmd);
	}
	while ((cmd = QTAILQ_FIRST(&g->fenceq))) {
		QTAILQ_REMOVE(&g->fenceq, cmd, next);
		virtqueue_detach_element(cmd->vq, &cmd->elem, 0);
		g_free(cmd);
		g->inflight--;
	}
}

static void amdkfd_queue_reset(VirtIODevice *vdev, uint32_t index)
{
	VirtIOGPU *g = VIRTIO_GPU(vdev);

	if (virtio_get_queue(vdev, index) == g->ctrl_vq) {
		drop_commands(g);
	}
}

static void forget_fences(VirtIOGPUAmdkfd *s)
{
	struct amdkfd_fence *fence;

	qemu_mutex_lock(&s->fence_lock);
	while ((fence = QSIMPLEQ_FIRST(&s->fences_done))) {
		QSIMPLEQ_REMOVE_HEAD(&s->fences_done, next);
		g_free(fence);
	}
	qemu_mutex_unlock(&s->fence_lock);
}

/*
 * Unlike virtio_gpu_reset() it does not leave a part to the main loop when a
 * vCPU resets the device: without the big lock in between no command of another
 * vCPU meets a device that is half reset.
 */
static void amdkfd_reset(VirtIODevice *vdev)
{
	VirtIOGPUAmdkfd *s = VIRTIO_GPU_AMDKFD(vdev);
	VirtIOGPU *g = VIRTIO_GPU(vdev);
	struct virtio_gpu_simple_resource *res, *tmp;

	trace_virtio_gpu_amdkfd_reset();
	amdkfd_fault_reset(s);
	QTAILQ_FOREACH_SAFE(res, &g->reslist, next, tmp) {
		amdkfd_resource_destroy(g, res, NULL);
	}
	drop_commands(g);
	virtio_gpu_base_reset(VIRTIO_GPU_BASE(s));
	virtkfd_vm_reset(s->vm);
	amdkfd_window_reset(s);
	forget_fences(s);
}

static void amdkfd_fini(VirtIOGPUAmdkfd *s)
{
	virtkfd_vm_destroy(s->vm);
	s->vm = NULL;
	forget_fences(s);
	amdkfd_fault_fini(s);
	qemu_bh_delete(s->fence_bh);
	g_hash_table_unref(s->blobs);
	qemu_mutex_destroy(&s->fence_lock);
}

static void amdkfd_realize(DeviceState *qdev, Error **errp)
{
	ERRP_GUARD();
	VirtIOGPUAmdkfd *s = VIRTIO_GPU_AMDKFD(qdev);
	VirtIOGPUBase *b = VIRTIO_GPU_BASE(qdev);
	struct virtkfd_vm_params params = {
		.backend = s->backend ?: "auto",
		.soft_gpu = s->soft_gpu,
		.limits = s->limits,
		.ops = &vmm_ops,
		.opaque = s,
	};
	int ret;

	qemu_mutex_init(&s->fence_lock);
	QSIMPLEQ_INIT(&s->fences_done);
	QTAILQ_INIT(&s->attachments);
	s->blobs = g_hash_table_new(NULL, NULL);
	s->fence_bh = virtio_bh_io_new_guarded(qdev, retire_done, s);
	if (!amdkfd_fault_init(s, errp)) {
		goto err_fini;
	}
	if (b->conf.max_outputs) {
		error_setg(errp, "no displays: use max_outputs=0, and another "
			   "device for displays");
		goto err_fini;
	}
	/* The pages of a guest's USERPTR are physical, whatever an IOMMU says. */
	if (virtio_host_has_feature(VIRTIO_DEVICE(qdev), VIRTIO_F_IOMMU_PLATFORM)) {
		error_setg(errp, "iommu_platform=on does not work with this device");
		goto err_fini;
	}

	ret = virtkfd_vm_create(&params, &s->vm);
	if (ret) {
		error_setg_errno(errp, -ret, "backend=%s does not work",
				 params.backend);
		goto err_fini;
	}
	virtkfd_vm_capset(s->vm, &s->capset);

	/* Contexts and blobs as with rutabaga: no GL, no udmabuf. */
	b->conf.flags |= 1 << VIRTIO_GPU_FLAG_RUTABAGA_ENABLED |
			 1 << VIRTIO_GPU_FLAG_BLOB_ENABLED |
			 1 << VIRTIO_GPU_FLAG_CONTEXT_INIT_ENABLED;
	b->virtio_config.num_capsets = cpu_to_le32(1);

	error_setg(&b->migration_blocker,
		   "GPU memory of virtio-gpu-amdkfd is not migratable");
	if (migrate_add_blocker(&b->migration_blocker, errp) < 0) {
		goto err_fini;
	}
	if (!amdkfd_window_init(s, errp)) {
		goto err_unblock;
	}
	virtio_gpu_device_realize(qdev, errp);
	if (*errp) {
		goto err_window;
	}
	return;

err_window:
	amdkfd_window_remove(s);
err_unblock:
	migrate_del_blocker(&b->migration_blocker);
err_fini:
	amdkfd_fini(s);
}

static void amdkfd_unrealize(DeviceState *qdev)
{
	VirtIOGPUAmdkfd *s = VIRTIO_GPU_AMDKFD(qdev);

	amdkfd_reset(VIRTIO_DEVICE(qdev));
	amdkfd_window_remove(s);
	amdkfd_fini(s);
	parent_unrealize(qdev);
}

static void amdkfd_instance_init(Object *obj)
{
	VirtIOGPUBase *b = VIRTIO_GPU_BASE(obj);

	/* Other defaults than those of a display. */
	b->conf.hostmem = AMDKFD_WINDOW_SIZE;
	b->conf.max_outputs = 0;
}

static void amdkfd_instance_finalize(Object *obj)
{
	amdkfd_window_free(VIRTIO_GPU_AMDKFD(obj));
}

/* Class */

static const Property amdkfd_properties[] = {
	DEFINE_PROP_STRING("backend", VirtIOGPUAmdkfd, backend),
	DEFINE_PROP_STRING("soft-gpu", VirtIOGPUAmdkfd, soft_gpu),
	DEFINE_PROP_UINT32("max-contexts", VirtIOGPUAmdkfd, limits.contexts, 0),
	DEFINE_PROP_UINT32("max-queues", VirtIOGPUAmdkfd, limits.queues, 0),
	DEFINE_PROP_UINT32("max-events", VirtIOGPUAmdkfd, limits.events, 0),
	DEFINE_PROP_UINT32("max-blobs", VirtIOGPUAmdkfd, limits.blobs, 0),
	DEFINE_PROP_SIZE("max-vram", VirtIOGPUAmdkfd, limits.vram, 0),
	DEFINE_PROP_SIZE("max-pinned", VirtIOGPUAmdkfd, limits.pinned, 0),
	DEFINE_PROP_STRING("x-fault", VirtIOGPUAmdkfd, fault.name),
	DEFINE_PROP_UINT32("x-fault-skip", VirtIOGPUAmdkfd, fault.skip, 0),
	DEFINE_PROP_UINT32("x-fault-every", VirtIOGPUAmdkfd, fault.every, 1),
	DEFINE_PROP_UINT32("x-fault-delay-ms", VirtIOGPUAmdkfd, fault.delay_ms,
			   1000),
};

static void amdkfd_class_init(ObjectClass *klass, void *data)
{
	DeviceClass *dc = DEVICE_CLASS(klass);
	VirtioDeviceClass *vdc = VIRTIO_DEVICE_CLASS(klass);
	VirtIOGPUClass *vgc = VIRTIO_GPU_CLASS(klass);

	parent_unrealize = vdc->unrealize;

	vgc->handle_ctrl = amdkfd_handle_ctrl;
	vgc->process_cmd = amdkfd_process_cmd;
	vgc->resource_destroy = amdkfd_resource_destroy;
	vdc->realize = amdkfd_realize;
	vdc->unrealize = amdkfd_unrealize;
	vdc->reset = amdkfd_reset;
	vdc->queue_reset = amdkfd_queue_reset;
	dc->hotpluggable = true;
	device_class_set_props(dc, amdkfd_properties);

	amdkfd_stats_class_init(klass);
}

static const TypeInfo amdkfd_info = {
	.name = TYPE_VIRTIO_GPU_AMDKFD,
	.parent = TYPE_VIRTIO_GPU,
	.instance_size = sizeof(VirtIOGPUAmdkfd),
	.instance_init = amdkfd_instance_init,
	.instance_finalize = amdkfd_instance_finalize,
	.class_init = amdkfd_class_init,
};
module_obj(TYPE_VIRTIO_GPU_AMDKFD);
module_kconfig(VIRTIO_GPU);

static void amdkfd_register_types(void)
{
	type_register_static(&amdkfd_info);
}

type_init(amdkfd_register_types)

module_dep("hw-display-virtio-gpu");
