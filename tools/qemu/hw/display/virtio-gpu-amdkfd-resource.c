/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtio-gpu device with AMDKFD contexts: resources.
 *
 * What lives here: blobs in guest memory, which are for responses, blobs of the
 * host, and which context has what. What does not: how a blob gets into the
 * window (virtio-gpu-amdkfd-window.c).
 *
 * A guest can change a command while it is read, so each is copied once. QEMU's
 * own virtio_gpu_simple_process_cmd() would read it again.
 */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu/iov.h"
#include "hw/virtio/virtio-gpu-amdkfd.h"
#include "hw/virtio/virtio-gpu-bswap.h"
#include "trace.h"

/*
 * Choices: guest memory resources, and pieces of guest memory in all of them.
 * A list of pieces costs the guest nothing, as they may be the same page.
 */
#define AMDKFD_MAX_GUEST_RESOURCES 4096
#define AMDKFD_MAX_PIECES (1 << 18)

static struct amdkfd_resource *find_blob(VirtIOGPU *g, uint32_t res_id)
{
	return g_hash_table_lookup(VIRTIO_GPU_AMDKFD(g)->blobs,
				   GUINT_TO_POINTER(res_id));
}

/* Attachments */

struct amdkfd_attachment *amdkfd_find_attachment(VirtIOGPUAmdkfd *s,
						 uint32_t ctx_id,
						 uint32_t res_id)
{
	struct amdkfd_attachment *att;

	QTAILQ_FOREACH(att, &s->attachments, next) {
		if (att->ctx_id == ctx_id && att->res_id == res_id) {
			return att;
		}
	}
	return NULL;
}

static void drop_attachment(VirtIOGPUAmdkfd *s, struct amdkfd_attachment *att)
{
	virtkfd_resource_detach(s->vm, att->ctx_id, att->res_id);
	QTAILQ_REMOVE(&s->attachments, att, next);
	g_free(att);
}

/* Of a resource, or of a context if @res_id is 0. */
void amdkfd_drop_attachments(VirtIOGPUAmdkfd *s, uint32_t ctx_id,
			     uint32_t res_id)
{
	struct amdkfd_attachment *att, *tmp;

	QTAILQ_FOREACH_SAFE(att, &s->attachments, next, tmp) {
		if (res_id ? att->res_id == res_id : att->ctx_id == ctx_id) {
			drop_attachment(s, att);
		}
	}
}

/*
 * The library writes responses: all of it must be RAM, and not a ROM or a
 * bounce buffer.
 */
static bool is_guest_ram(VirtIOGPUAmdkfd *s,
			 struct virtio_gpu_simple_resource *res)
{
	unsigned int i;

	for (i = 0; i < res->iov_cnt; i++) {
		struct virtkfd_guest_range range;
		uint64_t len = res->iov[i].iov_len;
		bool same;

		if (amdkfd_map_guest(s, res->addrs[i], &len, &range)) {
			return false;
		}
		same = len == res->iov[i].iov_len && range.ptr == res->iov[i].iov_base;
		amdkfd_unmap_guest(s, &range);
		if (!same) {
			return false;
		}
	}
	return res->iov_cnt > 0;
}

void amdkfd_cmd_ctx_attach(VirtIOGPU *g, struct virtio_gpu_ctrl_command *cmd)
{
	VirtIOGPUAmdkfd *s = VIRTIO_GPU_AMDKFD(g);
	struct virtio_gpu_simple_resource *res;
	struct virtio_gpu_ctx_resource ar;
	struct amdkfd_attachment *att;
	struct amdkfd_resource *blob;
	int ret;

	VIRTIO_GPU_FILL_CMD(ar);
	virtio_gpu_bswap_32(&ar, sizeof(ar));
	trace_virtio_gpu_cmd_ctx_res_attach(ar.hdr.ctx_id, ar.resource_id);

	res = virtio_gpu_find_resource(g, ar.resource_id);
	if (!res) {
		cmd->error = VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
		return;
	}
	blob = find_blob(g, ar.resource_id);
	if (blob) {
		ret = virtkfd_resource_attach_blob(s->vm, ar.hdr.ctx_id,
						   ar.resource_id, blob->blob);
	} else if (is_guest_ram(s, res)) {
		ret = virtkfd_resource_attach(s->vm, ar.hdr.ctx_id, ar.resource_id,
					      res->iov, res->iov_cnt);
	} else {
		amdkfd_refuse(cmd, -EFAULT,
		       "CTX_ATTACH_RESOURCE: not all of it is guest memory");
		return;
	}
	if (ret) {
		amdkfd_refuse(cmd, ret, "CTX_ATTACH_RESOURCE");
		return;
	}
	att = g_new0(struct amdkfd_attachment, 1);
	att->ctx_id = ar.hdr.ctx_id;
	att->res_id = ar.resource_id;
	att->res = res;
	QTAILQ_INSERT_TAIL(&s->attachments, att, next);
}

void amdkfd_cmd_ctx_detach(VirtIOGPU *g, struct virtio_gpu_ctrl_command *cmd)
{
	VirtIOGPUAmdkfd *s = VIRTIO_GPU_AMDKFD(g);
	struct virtio_gpu_ctx_resource dr;
	struct amdkfd_attachment *att;

	VIRTIO_GPU_FILL_CMD(dr);
	virtio_gpu_bswap_32(&dr, sizeof(dr));
	trace_virtio_gpu_cmd_ctx_res_detach(dr.hdr.ctx_id, dr.resource_id);

	att = amdkfd_find_attachment(s, dr.hdr.ctx_id, dr.resource_id);
	if (att) {
		drop_attachment(s, att);
	}
}

/* Blobs */

static bool has_room(VirtIOGPU *g, uint32_t pieces)
{
	struct virtio_gpu_simple_resource *res;
	uint32_t num = 0;

	QTAILQ_FOREACH(res, &g->reslist, next) {
		num += res->iov_cnt > 0;
		pieces += res->iov_cnt;
	}
	return num < AMDKFD_MAX_GUEST_RESOURCES && pieces <= AMDKFD_MAX_PIECES;
}

static void create_guest_blob(VirtIOGPU *g, struct virtio_gpu_ctrl_command *cmd,
			      const struct virtio_gpu_resource_create_blob *cb)
{
	struct virtio_gpu_simple_resource *res;

	trace_virtio_gpu_cmd_res_create_blob(cb->resource_id, cb->size);
	if (!cb->nr_entries || cb->nr_entries > AMDKFD_MAX_PIECES) {
		amdkfd_refuse(cmd, -EINVAL, "RESOURCE_CREATE_BLOB: nr_entries");
		return;
	}
	if (!has_room(g, cb->nr_entries)) {
		amdkfd_refuse(cmd, -ENOSPC, "RESOURCE_CREATE_BLOB");
		return;
	}
	res = g_new0(struct virtio_gpu_simple_resource, 1);
	res->resource_id = cb->resource_id;
	res->blob_size = cb->size;
	res->dmabuf_fd = -1;
	if (virtio_gpu_create_mapping_iov(g, cb->nr_entries, sizeof(*cb), cmd,
					  &res->addrs, &res->iov, &res->iov_cnt)) {
		g_free(res);
		cmd->error = VIRTIO_GPU_RESP_ERR_UNSPEC;
		return;
	}
	if (iov_size(res->iov, res->iov_cnt) < res->blob_size) {
		virtio_gpu_cleanup_mapping(g, res);
		g_free(res);
		amdkfd_refuse(cmd, -EINVAL, "RESOURCE_CREATE_BLOB: size");
		return;
	}
	QTAILQ_INSERT_HEAD(&g->reslist, res, next);
}

void amdkfd_cmd_create_blob(VirtIOGPU *g, struct virtio_gpu_ctrl_command *cmd)
{
	VirtIOGPUAmdkfd *s = VIRTIO_GPU_AMDKFD(g);
	struct virtio_gpu_resource_create_blob cblob;
	struct amdkfd_resource *res;
	int ret;

	VIRTIO_GPU_FILL_CMD(cblob);
	virtio_gpu_create_blob_bswap(&cblob);
	trace_virtio_gpu_amdkfd_create_blob(cblob.hdr.ctx_id, cblob.resource_id,
					    cblob.blob_id, cblob.size);
	if (!cblob.resource_id || virtio_gpu_find_resource(g, cblob.resource_id)) {
		cmd->error = VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
		return;
	}
	if (cblob.blob_mem == VIRTIO_GPU_BLOB_MEM_GUEST) {
		create_guest_blob(g, cmd, &cblob);
		return;
	}
	if (cblob.blob_mem != VIRTIO_GPU_BLOB_MEM_HOST3D || cblob.nr_entries ||
	    !cblob.size) {
		amdkfd_refuse(cmd, -EINVAL, "RESOURCE_CREATE_BLOB");
		return;
	}
	res = g_new0(struct amdkfd_resource, 1);
	ret = virtkfd_blob_create(s->vm, cblob.hdr.ctx_id, cblob.blob_id,
				  cblob.size, &res->blob);
	if (ret) {
		g_free(res);
		amdkfd_refuse(cmd, ret, "RESOURCE_CREATE_BLOB");
		return;
	}
	res->base.resource_id = cblob.resource_id;
	res->base.blob_size = cblob.size;
	res->base.dmabuf_fd = -1;
	QTAILQ_INSERT_HEAD(&g->reslist, &res->base, next);
	g_hash_table_insert(s->blobs, GUINT_TO_POINTER(cblob.resource_id), res);
}

void amdkfd_cmd_map_blob(VirtIOGPU *g, struct virtio_gpu_ctrl_command *cmd)
{
	struct virtio_gpu_resp_map_info resp = {
		.hdr.type = VIRTIO_GPU_RESP_OK_MAP_INFO,
	};
	struct virtio_gpu_resource_map_blob mblob;
	struct amdkfd_resource *res;
	uint32_t map_info;
	int ret;

	VIRTIO_GPU_FILL_CMD(mblob);
	virtio_gpu_map_blob_bswap(&mblob);
	trace_virtio_gpu_amdkfd_map_blob(mblob.resource_id, mblob.offset);

	res = find_blob(g, mblob.resource_id);
	if (!res) {
		cmd->error = VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
		return;
	}
	ret = amdkfd_window_map(VIRTIO_GPU_AMDKFD(g), res, mblob.offset, &map_info);
	if (ret) {
		amdkfd_refuse(cmd, ret, "RESOURCE_MAP_BLOB");
		return;
	}
	resp.map_info = cpu_to_le32(map_info);
	virtio_gpu_ctrl_response(g, cmd, &resp.hdr, sizeof(resp));
}

void amdkfd_cmd_unmap_blob(VirtIOGPU *g, struct virtio_gpu_ctrl_command *cmd)
{
	struct virtio_gpu_resource_unmap_blob ublob;
	struct amdkfd_resource *res;

	VIRTIO_GPU_FILL_CMD(ublob);
	virtio_gpu_unmap_blob_bswap(&ublob);
	trace_virtio_gpu_amdkfd_unmap_blob(ublob.resource_id);

	res = find_blob(g, ublob.resource_id);
	if (!res) {
		cmd->error = VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
		return;
	}
	if (!res->mapped) {
		amdkfd_refuse(cmd, -EINVAL, "RESOURCE_UNMAP_BLOB: not mapped");
		return;
	}
	amdkfd_window_unmap(VIRTIO_GPU_AMDKFD(g), res);
}

void amdkfd_resource_destroy(VirtIOGPU *g,
			     struct virtio_gpu_simple_resource *base,
			     Error **errp)
{
	VirtIOGPUAmdkfd *s = VIRTIO_GPU_AMDKFD(g);
	struct amdkfd_resource *res = find_blob(g, base->resource_id);

	amdkfd_drop_attachments(s, 0, base->resource_id);
	if (res) {
		amdkfd_window_unmap(s, res);
		virtkfd_blob_destroy(res->blob);
		g_hash_table_remove(s->blobs, GUINT_TO_POINTER(base->resource_id));
	}
	virtio_gpu_cleanup_mapping(g, base);
	QTAILQ_REMOVE(&g->reslist, base, next);
	g_free(base);
}

void amdkfd_cmd_unref(VirtIOGPU *g, struct virtio_gpu_ctrl_command *cmd)
{
	struct virtio_gpu_simple_resource *res;
	struct virtio_gpu_resource_unref unref;

	VIRTIO_GPU_FILL_CMD(unref);
	virtio_gpu_bswap_32(&unref, sizeof(unref));
	trace_virtio_gpu_cmd_res_unref(unref.resource_id);

	res = virtio_gpu_find_resource(g, unref.resource_id);
	if (!res) {
		cmd->error = VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
		return;
	}
	amdkfd_resource_destroy(g, res, NULL);
}
