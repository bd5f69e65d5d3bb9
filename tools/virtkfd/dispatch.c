// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * SUBMIT_3D: the checks of what is common to all commands, who may give them, and the
 * commands that concern a GPU rather than a process.
 *
 * A command is copied into a zero-extended struct once it is known to be inside the
 * submission, which the VMM has copied out of the guest's reach.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static int emit_file(void *opaque, uint16_t kind, uint16_t index, const char *text,
		     uint32_t len)
{
	struct vk_buf *rsp = opaque;
	struct virtkfd_topology_file *file = vk_buf_add(rsp, sizeof(*file) + (size_t)len);

	if (!file)
		return -ENOMEM;
	file->kind = kind;
	file->index = index;
	file->len = len;
	memcpy(file + 1, text, len);
	((struct virtkfd_rsp_topology *)rsp->data)->num_files++;
	return 0;
}

static int do_topology(struct virtkfd_vm *vm, const struct virtkfd_ccmd_topology *cmd,
		       struct vk_buf *rsp)
{
	struct virtkfd_rsp_topology *head;

	if (!vk_buf_add(rsp, sizeof(*head) - sizeof(head->rsp)))
		return -ENOMEM;
	if (cmd->pad)
		return -EINVAL;
	if (cmd->index >= vm->info.num_gpus)
		return -ENODEV;
	head = (struct virtkfd_rsp_topology *)rsp->data;
	head->gpu_id = vm->gpus[cmd->index].gpu_id;
	head->doorbell_size = vm->gpus[cmd->index].doorbell_size;
	return vm->be->topology(vm->backend, cmd->index, emit_file, rsp);
}

static int do_render_info(struct virtkfd_vm *vm, const struct virtkfd_ccmd_render_info *cmd,
			  struct vk_buf *rsp)
{
	struct virtkfd_rsp_render_info *head;
	struct drm_amdgpu_info args = { .query = cmd->query };
	uint64_t data[VK_MAX_RENDER_INFO / sizeof(uint64_t)] = { 0 };
	int gpu, ret;

	_Static_assert(sizeof(args) - offsetof(struct drm_amdgpu_info, mode_crtc) ==
		       sizeof(cmd->args), "16 bytes follow the query");
	if (!vk_buf_add(rsp, sizeof(*head) - sizeof(head->rsp)))
		return -ENOMEM;
	if (cmd->pad)
		return -EINVAL;
	gpu = vk_gpu_index(vm, cmd->gpu_id);
	if (gpu < 0)
		return gpu;
	args.return_pointer = (uintptr_t)data;
	args.return_size = MIN(cmd->return_size, (uint32_t)sizeof(data));
	memcpy(&args.mode_crtc, cmd->args, sizeof(cmd->args));
	ret = vm->be->render_info(vm->backend, gpu, &args);
	if (ret < 0)
		return ret;
	if (!vk_buf_add(rsp, ret))
		return -ENOMEM;
	head = (struct virtkfd_rsp_render_info *)rsp->data;
	head->size = ret;
	memcpy(head + 1, data, ret);
	return 0;
}

/* What a command is, and who may give it (0: a context without a role). */
static const struct command {
	uint32_t role;
	uint32_t size;
} commands[] = {
	[VIRTKFD_CCMD_INIT] = { 0, sizeof(struct virtkfd_ccmd_init) },
	[VIRTKFD_CCMD_TOPOLOGY] = { VIRTKFD_ROLE_CONTROL, sizeof(struct virtkfd_ccmd_topology) },
	[VIRTKFD_CCMD_RENDER_INFO] = { VIRTKFD_ROLE_CONTROL,
				       sizeof(struct virtkfd_ccmd_render_info) },
	[VIRTKFD_CCMD_IOCTL] = { VIRTKFD_ROLE_PROCESS, sizeof(struct virtkfd_ccmd_ioctl) },
	[VIRTKFD_CCMD_EVENT_POLL] = { VIRTKFD_ROLE_CONTROL,
				      sizeof(struct virtkfd_ccmd_event_poll) },
	[VIRTKFD_CCMD_RENDER_VA] = { VIRTKFD_ROLE_PROCESS,
				     sizeof(struct virtkfd_ccmd_render_va) },
};

union any_command {
	struct virtkfd_ccmd hdr;
	struct virtkfd_ccmd_init init;
	struct virtkfd_ccmd_topology topology;
	struct virtkfd_ccmd_render_info render_info;
	struct virtkfd_ccmd_ioctl ioctl;
	struct virtkfd_ccmd_event_poll event_poll;
	struct virtkfd_ccmd_render_va render_va;
};

static bool is_lost(struct virtkfd_ctx *ctx)
{
	bool lost;

	pthread_mutex_lock(&ctx->vm->lock);
	lost = ctx->lost;
	pthread_mutex_unlock(&ctx->vm->lock);
	return lost;
}

/* -EINPROGRESS if the response comes later. */
static int execute(struct virtkfd_ctx *ctx, const union any_command *cmd,
		   const uint8_t *raw, struct vk_buf *rsp)
{
	struct virtkfd_vm *vm = ctx->vm;
	size_t size;
	int ret;

	if (cmd->hdr.cmd == VIRTKFD_CCMD_INIT)
		return cmd->hdr.pad ? -EINVAL : vk_ctx_init(ctx, &cmd->init);
	if (!ctx->role || cmd->hdr.pad)
		return -EINVAL;
	if (is_lost(ctx))
		return -EIO;
	if (cmd->hdr.cmd == VIRTKFD_CCMD_NOP)
		return 0;
	if (cmd->hdr.cmd >= ARRAY_SIZE(commands))
		return -ENOTTY;
	if (commands[cmd->hdr.cmd].role != ctx->role)
		return -EPERM;

	switch (cmd->hdr.cmd) {
	case VIRTKFD_CCMD_TOPOLOGY:
		return do_topology(vm, &cmd->topology, rsp);
	case VIRTKFD_CCMD_RENDER_INFO:
		return do_render_info(vm, &cmd->render_info, rsp);
	case VIRTKFD_CCMD_EVENT_POLL:
		ret = vk_event_poll(ctx, &cmd->event_poll);
		return ret ? ret : -EINPROGRESS;
	case VIRTKFD_CCMD_RENDER_VA:
		return vk_render_va(ctx, &cmd->render_va);
	default:
		size = MIN(cmd->hdr.len, sizeof(cmd->ioctl));
		return vk_ioctl(ctx, &cmd->ioctl, raw + size, cmd->hdr.len - size, rsp);
	}
}

static bool rsp_in_blob(struct virtkfd_ctx *ctx, const union any_command *cmd)
{
	uint32_t res_id = ctx->role ? ctx->rsp_res_id : cmd->init.rsp_res_id;
	bool fits;

	pthread_mutex_lock(&ctx->vm->lock);
	fits = vk_rsp_fits(ctx, res_id, cmd->hdr.rsp_off, cmd->hdr.rsp_len);
	pthread_mutex_unlock(&ctx->vm->lock);
	return fits;
}

/* One command. An error is one of the submission, see virtkfd_submit(). */
static int submit_one(struct virtkfd_ctx *ctx, const uint8_t *raw, uint32_t len)
{
	struct virtkfd_vm *vm = ctx->vm;
	union any_command cmd;
	struct vk_buf rsp;
	int ret;

	memset(&cmd, 0, sizeof(cmd));
	memcpy(&cmd, raw, sizeof(cmd.hdr));
	if (cmd.hdr.cmd < ARRAY_SIZE(commands) && commands[cmd.hdr.cmd].size)
		memcpy(&cmd, raw, MIN(len, commands[cmd.hdr.cmd].size));

	if (!ctx->role && cmd.hdr.cmd != VIRTKFD_CCMD_INIT) {
		vk_log(vm, VIRTKFD_LOG_WARNING, "context %u: command %u before INIT", ctx->id,
		       cmd.hdr.cmd);
		return -EINVAL;
	}
	if ((cmd.hdr.rsp_len || cmd.hdr.cmd == VIRTKFD_CCMD_INIT) &&
	    (cmd.hdr.rsp_off % 8 || !rsp_in_blob(ctx, &cmd))) {
		vk_log(vm, VIRTKFD_LOG_WARNING,
		       "context %u: command %u: response at 0x%x, 0x%x bytes is not in its blob",
		       ctx->id, cmd.hdr.cmd, cmd.hdr.rsp_off, cmd.hdr.rsp_len);
		return -EINVAL;
	}

	vk_buf_init(&rsp, sizeof(struct virtkfd_rsp));
	vm->stats.commands++;
	ret = execute(ctx, &cmd, raw, &rsp);
	if (ret != -EINPROGRESS && cmd.hdr.rsp_len) {
		/* An INIT that failed names a blob that is not the context's. */
		uint32_t res_id = ctx->rsp_res_id;

		pthread_mutex_lock(&vm->lock);
		if (!ctx->role)
			ctx->rsp_res_id = cmd.init.rsp_res_id;
		vk_rsp_write(ctx, cmd.hdr.rsp_off, cmd.hdr.rsp_len, &rsp, cmd.hdr.seqno, ret);
		ctx->rsp_res_id = res_id;
		pthread_mutex_unlock(&vm->lock);
	}
	vk_buf_free(&rsp);
	return 0;
}

int virtkfd_submit(struct virtkfd_vm *vm, uint32_t ctx_id, const void *cmds, size_t len)
{
	struct virtkfd_ctx *ctx = vk_ctx_find(vm, ctx_id);
	const uint8_t *raw = cmds;
	struct virtkfd_ccmd hdr;
	int ret;

	if (!ctx)
		return -ENOENT;
	if (len > VK_MAX_SUBMIT)
		return -E2BIG;
	/* All lengths first, so that a malformed submission has no effect. */
	for (size_t pos = 0; pos < len; pos += hdr.len) {
		if (len - pos < sizeof(hdr))
			return -EINVAL;
		memcpy(&hdr, raw + pos, sizeof(hdr));
		if (hdr.len < sizeof(hdr) || hdr.len % 8 || hdr.len > len - pos) {
			vk_log(vm, VIRTKFD_LOG_WARNING,
			       "context %u: command %u at 0x%zx: bad length 0x%x", ctx_id,
			       hdr.cmd, pos, hdr.len);
			return -EINVAL;
		}
	}
	for (size_t pos = 0; pos < len; pos += hdr.len) {
		memcpy(&hdr, raw + pos, sizeof(hdr));
		ret = submit_one(ctx, raw + pos, hdr.len);
		if (ret)
			return ret;
	}
	return 0;
}
