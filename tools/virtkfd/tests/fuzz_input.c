// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The malicious guest's commands: pseudo-random, made from the ioctl table, with arguments that
 * might do something; and what spoils them.
 *
 * What does not live here: what becomes of them, test_fuzz.c.
 */
#include "fuzz.h"

uint64_t fuzz_state;
uint32_t fuzz_gpu_id;

uint64_t rnd(void)
{
	fuzz_state ^= fuzz_state >> 12;
	fuzz_state ^= fuzz_state << 25;
	fuzz_state ^= fuzz_state >> 27;
	return fuzz_state * 2685821657736338717ULL;
}

uint32_t below(uint32_t n)
{
	return (rnd() >> 32) % n;
}

bool one_in(uint32_t n)
{
	return !below(n);
}

const struct fuzz_row rows[FUZZ_ROWS] = {
#define LOCAL		false
#define REFUSED		false
#define FORWARDED	true
#define TRANSLATED	true
#define VIRTKFD_IOCTL(nr, name, size, class, err) { nr, size, class },
#include <linux/virtio_gpu_amdkfd_tables.h>
};

static const struct {
	uint32_t nr;
	uint32_t pointer;
	uint32_t count;
	uint32_t bits;
	uint32_t most;
	bool in;
} arrays[] = {
#define IN	true
#define OUT	false
#define VIRTKFD_ARRAY(name, args, pointer, count, bits, most, dir) \
	{ NR(name), offsetof(struct args, pointer), offsetof(struct args, count), bits, \
	  most, dir },
#include <linux/virtio_gpu_amdkfd_tables.h>
};

uint32_t any32(void)
{
	static const uint32_t values[] = {
		0, 1, 2, 3, 7, 8, 16, 24, 255, 4095, 4096, 4097, 0x7fffffff, 0x80000000, 0xfffffff8,
		UINT32_MAX,
	};

	switch (below(8)) {
	case 0:
		return rnd();
	case 1:
		return fuzz_gpu_id;
	case 2:
		return 1u << below(32);
	case 3:
		return 0x40000000 + below(8);
	default:
		return PICK(values);
	}
}

uint64_t any64(void)
{
	static const uint64_t values[] = {
		0, 1, PAGE, UINT64_MAX, UINT64_MAX - PAGE + 1, 1ULL << 48, 1ULL << 63,
	};

	switch (below(8)) {
	case 0:
		return rnd();
	case 1:
		return any32();
	case 2:
		return 1ULL << below(64);
	case 3:
		return (uint64_t)fuzz_gpu_id << 32 | any32();
	case 4:
		return VA + below(64) * PAGE;
	default:
		return PICK(values);
	}
}

uint32_t gpu(void)
{
	return one_in(12) ? any32() : fuzz_gpu_id;
}

uint64_t handle(struct fctx *ctx)
{
	return one_in(12) ? any64() : PICK(ctx->handles);
}

static uint64_t va(void)
{
	return one_in(12) ? any64() : VA + (uint64_t)below(512) * 16 * PAGE;
}

uint64_t size(void)
{
	return one_in(16) ? any64() : one_in(16) ? MIB * below(32) :
	       PAGE * (one_in(3) ? 1 : below(12));
}

/* Arguments with which the ioctl might do something. */
static void fill_args(struct fctx *ctx, uint32_t nr, uint32_t *args, uint32_t len)
{
	static const uint32_t kinds[] = { GTT, VRAM, GTT | AQL, USERPTR, DOORBELL, MMIO,
					  VRAM | KFD_IOC_ALLOC_MEM_FLAGS_PUBLIC, VRAM | GTT };
	static const uint32_t types[] = { KFD_IOC_EVENT_SIGNAL, KFD_IOC_EVENT_MEMORY,
					  KFD_IOC_EVENT_HW_EXCEPTION, KFD_IOC_EVENT_DEBUG_EVENT };

	bool tame = one_in(2);

	for (uint32_t i = 0; i < len / 4; i++)
		args[i] = one_in(3) ? gpu() : tame ? below(2) : any32();
	switch (nr) {
	case NR(ACQUIRE_VM):
		*(struct kfd_ioctl_acquire_vm_args *)args =
			(struct kfd_ioctl_acquire_vm_args){ .gpu_id = gpu() };
		break;
	case NR(ALLOC_MEMORY_OF_GPU): {
		uint32_t flags = PICK(kinds);

		*(struct kfd_ioctl_alloc_memory_of_gpu_args *)args =
			(struct kfd_ioctl_alloc_memory_of_gpu_args){
				.va_addr = va(), .gpu_id = gpu(),
				.flags = one_in(16) ? rnd() : flags & USERPTR ? flags :
					 flags | below(2) * WRITABLE,
				.size = flags & DOORBELL ? SLICE : flags & MMIO ? PAGE : size(),
			};
		break;
	}
	case NR(FREE_MEMORY_OF_GPU):
	case NR(MAP_MEMORY_TO_GPU):
	case NR(UNMAP_MEMORY_FROM_GPU): {
		struct kfd_ioctl_map_memory_to_gpu_args map = {
			.handle = handle(ctx), .n_devices = one_in(3) ? below(4) : 1,
			.n_success = one_in(8) ? any32() : 0,
		};

		memcpy(args, &map, len);
		break;
	}
	case NR(CREATE_EVENT):
		*(struct kfd_ioctl_create_event_args *)args = (struct kfd_ioctl_create_event_args){
			.event_page_offset = one_in(3) ? handle(ctx) : 0,
			.event_type = one_in(8) ? any32() : PICK(types), .auto_reset = below(2),
		};
		break;
	case NR(EXPORT_DMABUF):
	case NR(IMPORT_DMABUF): {
		uint32_t n = below(2), res_id = one_in(8) ? any32() : NAMED + n;
		struct kfd_ioctl_import_dmabuf_args import = {
			.va_addr = va(), .gpu_id = gpu(), .dmabuf_fd = res_id,
		};
		struct kfd_ioctl_export_dmabuf_args export = {
			.handle = ctx->named[n] ? ctx->named_handles[n] : any64(),
			.dmabuf_fd = res_id,
		};

		if (nr == NR(IMPORT_DMABUF))
			memcpy(args, &import, len);
		else
			memcpy(args, &export, len);
		break;
	}
	case NR(DESTROY_EVENT):
		args[0] = one_in(8) ? any32() : PICK(ctx->events);
		break;
	case NR(CREATE_QUEUE): {
		uint64_t at = one_in(12) ? any64() : PICK(ctx->vas);

		*(struct kfd_ioctl_create_queue_args *)args = (struct kfd_ioctl_create_queue_args){
			.ring_base_address = at, .write_pointer_address = at + 64,
			.read_pointer_address = at, .gpu_id = gpu(),
			.ring_size = one_in(4) ? any32() : PAGE, .queue_priority = below(17),
			.queue_type = one_in(4) ? any32() : KFD_IOC_QUEUE_TYPE_SDMA,
			.queue_percentage = below(110), .sdma_engine_id = below(3),
		};
		break;
	}
	case NR(UPDATE_QUEUE):
		*(struct kfd_ioctl_update_queue_args *)args = (struct kfd_ioctl_update_queue_args){
			.ring_base_address = one_in(6) ? any64() : PICK(ctx->vas),
			.queue_id = one_in(8) ? any32() : PICK(ctx->queues),
			.ring_size = one_in(4) ? any32() : PAGE, .queue_percentage = below(110),
		};
		break;
	case NR(DESTROY_QUEUE):
	case NR(ALLOC_QUEUE_GWS):
	case NR(SET_CU_MASK):
		args[0] = one_in(8) ? any32() : PICK(ctx->queues);
		break;
	case NR(GET_QUEUE_WAVE_STATE):
		memset(args, one_in(10), 8);
		args[offsetof(struct kfd_ioctl_get_queue_wave_state_args, queue_id) / 4] =
			one_in(8) ? any32() : PICK(ctx->queues);
		break;
	}
}

/* Guest pages for an allocation of that many bytes, mostly as many as it takes. */
static uint32_t put_extents(uint8_t *out, uint32_t room, uint64_t bytes)
{
	uint64_t pages = (bytes + PAGE - 1) / PAGE;
	uint32_t len = 0;

	for (; pages && len + 8 <= room; len += 8) {
		uint64_t n = 1 + below(pages < 8 ? pages : 8), gpa = below(RAM_SIZE / PAGE) * PAGE;
		uint64_t ext = one_in(40) ? any64() : VIRTKFD_EXTENT(gpa, n);

		memcpy(out + len, &ext, 8);
		pages -= n;
	}
	return len;
}

static uint32_t put_ioctl(struct fctx *ctx, uint8_t *out, uint32_t room)
{
	struct virtkfd_ccmd_ioctl *cmd = (void *)out;
	uint32_t args[256] = { 0 }, pos = sizeof(*cmd), row = below(ARRAY_LEN(rows)), args_len;
	static const uint32_t wanted[] = {
		NR(ACQUIRE_VM), NR(ALLOC_MEMORY_OF_GPU), NR(ALLOC_MEMORY_OF_GPU),
		NR(MAP_MEMORY_TO_GPU), NR(MAP_MEMORY_TO_GPU), NR(UNMAP_MEMORY_FROM_GPU),
		NR(FREE_MEMORY_OF_GPU),
		NR(CREATE_EVENT), NR(CREATE_EVENT), NR(DESTROY_EVENT),
		NR(CREATE_QUEUE), NR(CREATE_QUEUE), NR(UPDATE_QUEUE), NR(DESTROY_QUEUE),
		NR(EXPORT_DMABUF), NR(IMPORT_DMABUF),
	};

	if (!one_in(3))
		row = PICK(wanted) - 1;
	cmd->hdr.cmd = VIRTKFD_CCMD_IOCTL;
	cmd->nr = rows[row].nr;
	fill_args(ctx, cmd->nr, args, rows[row].size);
	args_len = one_in(10) ? below(sizeof(args)) : rows[row].size;
	for (size_t i = 0; i < ARRAY_LEN(arrays); i++) {
		if (arrays[i].nr != cmd->nr)
			continue;
		if (!one_in(30))
			memset(&args[arrays[i].pointer / 4], 0, 8);
		if (args[arrays[i].count / 4] > 3 && !one_in(10))
			args[arrays[i].count / 4] = below(4) * (arrays[i].bits == 1 ? 32 : 1);
	}
	cmd->args_len = args_len;
	memcpy(out + pos, args, args_len);
	pos += (args_len + 7) & ~7u;
	for (size_t i = 0; i < ARRAY_LEN(arrays); i++) {
		uint32_t num = args[arrays[i].count / 4];

		if (arrays[i].nr != cmd->nr || !arrays[i].in || num * arrays[i].bits > 256)
			continue;
		for (uint32_t j = 0; j < num * arrays[i].bits / 32; j++)
			((uint32_t *)(out + pos))[j] = gpu();
		pos += (num * arrays[i].bits + 63) / 64 * 8;
		cmd->in_len += (num * arrays[i].bits + 63) / 64 * 8;
	}
	if (cmd->nr == NR(ALLOC_MEMORY_OF_GPU)) {
		struct kfd_ioctl_alloc_memory_of_gpu_args *alloc = (void *)args;

		if (alloc->flags & USERPTR || one_in(30)) {
			cmd->in_len = put_extents(out + pos, (room - pos) & ~7u, alloc->size);
			pos += cmd->in_len;
		}
	}
	if (one_in(20))
		cmd->in_len = any32();
	return pos;
}

uint32_t put_command(struct fctx *ctx, uint8_t *out, uint32_t room)
{
	struct virtkfd_ccmd *hdr = (void *)out;
	uint32_t kind = below(16);

	memset(out, 0, room);
	hdr->cmd = VIRTKFD_CCMD_NOP;
	hdr->len = sizeof(*hdr);
	if (kind < 2) {
		struct virtkfd_ccmd_init *cmd = (void *)out;

		hdr->cmd = VIRTKFD_CCMD_INIT;
		hdr->len = sizeof(*cmd);
		cmd->role = one_in(10) ? any32() : one_in(6) ? VIRTKFD_ROLE_CONTROL :
							       VIRTKFD_ROLE_PROCESS;
		cmd->rsp_res_id = one_in(10) ? any32() : 1 + below(2);
	} else if (kind == 2) {
		struct virtkfd_ccmd_event_poll *cmd = (void *)out;

		hdr->cmd = VIRTKFD_CCMD_EVENT_POLL;
		hdr->len = sizeof(*cmd);
		cmd->max_events = one_in(4) ? any32() : 1 + below(5);
	} else if (kind == 3) {
		hdr->cmd = VIRTKFD_CCMD_TOPOLOGY;
		hdr->len = sizeof(struct virtkfd_ccmd_topology);
		((struct virtkfd_ccmd_topology *)out)->index = one_in(4) ? any32() : 0;
	} else if (kind == 4) {
		struct virtkfd_ccmd_render_info *cmd = (void *)out;

		hdr->cmd = VIRTKFD_CCMD_RENDER_INFO;
		hdr->len = sizeof(*cmd);
		cmd->gpu_id = gpu();
		cmd->query = one_in(8) ? any32() : below(0x28);
		cmd->return_size = one_in(4) ? any32() : below(512);
		for (uint32_t i = 0; i < 4; i++)
			cmd->args[i] = one_in(2) ? below(4) : any32();
	} else if (kind == 5) {
		hdr->cmd = any32();
	} else if (kind == 6) {
		struct virtkfd_ccmd_render_va *cmd = (void *)out;

		hdr->cmd = VIRTKFD_CCMD_RENDER_VA;
		hdr->len = sizeof(*cmd);
		cmd->gpu_id = gpu();
		cmd->res_id = one_in(8) ? any32() : NAMED + below(2);
		cmd->operation = one_in(8) ? any32() : below(5);
		cmd->flags = one_in(8) ? any32() : below(16);
		cmd->va = one_in(4) ? va() : one_in(4) ? PICK(ctx->vas) : VA + below(64) * PAGE;
		cmd->offset = one_in(8) ? any64() : below(6) * PAGE;
		cmd->size = one_in(8) ? any64() : (1 + below(6)) * PAGE;
		/* Where a queue might be made. */
		if (one_in(4))
			PICK(ctx->vas) = cmd->va;
	} else if (kind > 7) {
		hdr->len = put_ioctl(ctx, out, room);
	}
	hdr->seqno = rnd();
	if (!one_in(10)) {
		hdr->rsp_len = 16 + 8 * below(64);
		hdr->rsp_off = 8 * below((AREA - hdr->rsp_len) / 8 + 1);
	}
	return hdr->len;
}

uint32_t mutate(uint8_t *buf, uint32_t len)
{
	for (uint32_t n = 1 + below(3); n; n--) {
		uint32_t pos = below(len / 8) * 8;

		switch (below(7)) {
		case 0:
			buf[below(len)] ^= 1u << below(8);
			break;
		case 1:
			((uint32_t *)buf)[below(len / 4)] = any32();
			break;
		case 2:
			((uint64_t *)buf)[pos / 8] = any64();
			break;
		case 3:
			((struct virtkfd_ccmd *)buf)->len = one_in(2) ? any32() : 8 * below(16);
			break;
		case 4:
			((struct virtkfd_ccmd *)buf)->rsp_off = one_in(2) ? any32() : below(AREA);
			break;
		case 5:
			((struct virtkfd_ccmd *)buf)->rsp_len = one_in(2) ? any32() : below(AREA);
			break;
		case 6:
			len = one_in(2) ? 8 + pos : 8 + below(len - 7);
			break;
		}
	}
	return len;
}
