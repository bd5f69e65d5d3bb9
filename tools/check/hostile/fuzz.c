// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Random commands: well-formed ones of every kind, some of them damaged, while another thread
 * stores to the window and a third one rewrites commands and resets what can be reset.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "virtio.h"

#define GPU_ID		0x942a
#define CTXS		6
#define RESOURCES	24
#define RSP_SIZE	(64u << 10)
#define RSP_RES(ctx)	(100 + (ctx))
#define HANDLES		32

static _Thread_local uint64_t state;
static struct { uint64_t handle, size; } handles[HANDLES];
static volatile bool stop;
static unsigned long sent;

static uint64_t rnd(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 2685821657736338717ull;
}

static uint32_t below(uint32_t n)
{
	return (rnd() >> 32) % n;
}

static bool one_in(uint32_t n)
{
	return !below(n);
}

#define PICK(array)	((array)[below(ARRAY_LEN(array))])

/* A number that has been too much for somebody. */
static uint64_t odd(void)
{
	static const uint64_t values[] = { 0, 1, 2, 3, 7, 8, 4095, 4096, 4097, 8192, 0x7fffffff,
		0x80000000, 0xffffffff, 0xfffff000, 1ull << 32, 1ull << 33, 1ull << 47,
		1ull << 62, 1ull << 63, ~0ull, ~0ull - 4095, ~0ull - 7 };

	switch (below(4)) {
	case 0:
		return rnd();
	case 1:
		return window_size - below(4) * PAGE;
	default:
		return PICK(values);
	}
}

static uint64_t any_gpa(void)
{
	switch (below(12)) {
	case 0:
		return window_gpa + below(64) * PAGE;
	case 1:
		return window_gpa + window_size - PAGE;
	case 2:
		return common_gpa;
	case 3:
		return notify_gpa;
	case 4:
		return odd();
	case 5:
		return below(256) * PAGE;
	case 6:
		return 0xfee00000;
	default:
		return gpa_of(mem[MEM_RSP]) + below(512) * PAGE;
	}
}

static uint32_t any_ctx(void)
{
	return one_in(40) ? (uint32_t)odd() : 1 + below(CTXS);
}

static uint32_t any_res(void)
{
	if (one_in(40))
		return odd();
	return one_in(6) ? RSP_RES(1 + below(CTXS)) : 1 + below(RESOURCES);
}

static uint64_t any_handle(void)
{
	return one_in(8) ? odd() : handles[below(HANDLES)].handle;
}

/* The payload of a submission; the responses go to the context's part of the memory. */
static uint32_t ccmd(uint8_t *p, uint32_t ctx, uint32_t slot)
{
	static const uint8_t ioctls[] = { 0x04, 0x05, 0x06, 0x08, 0x09, 0x11, 0x12, 0x13, 0x14,
		0x15, 0x16, 0x16, 0x16, 0x17, 0x18, 0x18, 0x19, 0x21, 0x23 };
	static const uint32_t flags[] = { 1, 2, 4, 8, 16, 1 | 2, 1 | 1 << 26, 2 | 1 << 26, 4 | 8 };
	struct virtkfd_ccmd *hdr = (void *)p;
	struct virtkfd_ccmd_ioctl *io = (void *)p;
	uint64_t *args = (void *)(io + 1);
	uint32_t n, extents = 0;

	memset(p, 0, 1024);
	hdr->rsp_off = slot * 1024;
	hdr->rsp_len = 1024;
	hdr->seqno = sent;
	switch (below(8)) {
	case 0:
		hdr->cmd = VIRTKFD_CCMD_INIT;
		hdr->len = sizeof(struct virtkfd_ccmd_init);
		((struct virtkfd_ccmd_init *)p)->role = ctx == 1 ? VIRTKFD_ROLE_CONTROL :
						VIRTKFD_ROLE_PROCESS;
		((struct virtkfd_ccmd_init *)p)->rsp_res_id = RSP_RES(ctx);
		return hdr->len;
	case 1:
		hdr->cmd = below(7);
		hdr->len = 24 + below(8) * 8;
		for (n = 6; n < hdr->len / 4; n++)
			((uint32_t *)p)[n] = one_in(3) ? (uint32_t)odd() : one_in(2) ? GPU_ID : 0;
		return hdr->len;
	case 2:
		hdr->cmd = VIRTKFD_CCMD_EVENT_POLL;
		hdr->len = sizeof(struct virtkfd_ccmd_event_poll);
		((struct virtkfd_ccmd_event_poll *)p)->max_events = 1 + below(3);
		return hdr->len;
	}
	hdr->cmd = VIRTKFD_CCMD_IOCTL;
	io->nr = one_in(20) ? below(0x2a) : PICK(ioctls);
	io->args_len = 40;
	switch (io->nr) {
	case 0x15:
		args[0] = (uint64_t)GPU_ID << 32;
		break;
	case 0x16:
		/* va_addr, size, handle, mmap_offset, gpu_id and flags */
		n = PICK(flags);
		args[0] = 0x10000000 + below(64) * 0x10000;
		args[1] = one_in(12) ? odd() : (1 + below(8)) * PAGE;
		if (n == 8)
			args[1] = 8192;
		args[4] = (uint64_t)n << 32 | GPU_ID;
		if (n == 4) {
			extents = (args[1] + PAGE - 1) / PAGE % 16;
			for (n = 0; n < extents; n++)
				args[5 + n] = gpa_of(mem[MEM_RSP]) + below(512) * PAGE;
			if (extents && one_in(4))
				args[5 + below(extents)] = any_gpa() ^ below(2) * below(4096);
		}
		break;
	case 0x17:
		args[0] = any_handle();
		break;
	case 0x18:
	case 0x19:
		args[0] = any_handle();
		args[2] = below(2) ? 1 : below(4);
		args[3] = GPU_ID;
		io->args_len = 24;
		io->in_len = 8;
		hdr->len = sizeof(*io) + 32;
		return hdr->len;
	case 0x08:
		args[0] = one_in(3) ? any_handle() : 0;
		args[1] = (uint64_t)below(10) << 32;
		io->args_len = 32;
		hdr->len = sizeof(*io) + 32;
		return hdr->len;
	default:
		for (n = 0; n < 5; n++)
			args[n] = one_in(4) ? odd() : one_in(2) ? GPU_ID : below(3);
	}
	io->in_len = extents * 8;
	hdr->len = sizeof(*io) + 40 + io->in_len;
	return hdr->len;
}

static uint32_t entries(void *p, uint32_t *num)
{
	struct virtio_gpu_mem_entry *e = p;

	*num = below(5);
	for (uint32_t i = 0; i < *num; i++) {
		e[i].addr = any_gpa();
		e[i].length = one_in(8) ? odd() : (1 + below(4)) * PAGE;
	}
	return *num * sizeof(*e);
}

static uint64_t any_blob_id(void)
{
	if (one_in(10))
		return odd();
	if (one_in(3))
		return VIRTKFD_BLOB_ID_GPU(1 + below(2), GPU_ID);
	return VIRTKFD_BLOB_ID(VIRTKFD_BLOB_MEMORY, any_handle() & ((1ull << 60) - 1));
}

/* A command in the slot; returns its length. */
static uint32_t command(uint8_t *p, uint32_t ctx, uint32_t slot)
{
	static const uint32_t types[] = {
		VIRTIO_GPU_CMD_GET_DISPLAY_INFO, VIRTIO_GPU_CMD_RESOURCE_CREATE_2D,
		VIRTIO_GPU_CMD_RESOURCE_UNREF, VIRTIO_GPU_CMD_SET_SCANOUT,
		VIRTIO_GPU_CMD_RESOURCE_FLUSH, VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D,
		VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING, VIRTIO_GPU_CMD_RESOURCE_DETACH_BACKING,
		VIRTIO_GPU_CMD_GET_CAPSET_INFO, VIRTIO_GPU_CMD_GET_CAPSET,
		VIRTIO_GPU_CMD_GET_EDID, VIRTIO_GPU_CMD_RESOURCE_ASSIGN_UUID,
		VIRTIO_GPU_CMD_RESOURCE_CREATE_BLOB, VIRTIO_GPU_CMD_RESOURCE_CREATE_BLOB,
		VIRTIO_GPU_CMD_SET_SCANOUT_BLOB, VIRTIO_GPU_CMD_CTX_CREATE,
		VIRTIO_GPU_CMD_CTX_DESTROY, VIRTIO_GPU_CMD_CTX_ATTACH_RESOURCE,
		VIRTIO_GPU_CMD_CTX_ATTACH_RESOURCE, VIRTIO_GPU_CMD_CTX_DETACH_RESOURCE,
		VIRTIO_GPU_CMD_RESOURCE_CREATE_3D, VIRTIO_GPU_CMD_SUBMIT_3D,
		VIRTIO_GPU_CMD_SUBMIT_3D, VIRTIO_GPU_CMD_SUBMIT_3D, VIRTIO_GPU_CMD_SUBMIT_3D,
		VIRTIO_GPU_CMD_SUBMIT_3D, VIRTIO_GPU_CMD_SUBMIT_3D,
		VIRTIO_GPU_CMD_RESOURCE_MAP_BLOB, VIRTIO_GPU_CMD_RESOURCE_MAP_BLOB,
		VIRTIO_GPU_CMD_RESOURCE_UNMAP_BLOB, VIRTIO_GPU_CMD_UPDATE_CURSOR,
		VIRTIO_GPU_CMD_MOVE_CURSOR,
	};
	struct virtio_gpu_ctrl_hdr *hdr = (void *)p;
	uint32_t *w = (uint32_t *)(hdr + 1), len = 96, num;

	memset(p, 0, 512);
	hdr->type = one_in(60) ? (uint32_t)odd() : PICK(types);
	hdr->ctx_id = ctx;
	if (one_in(4)) {
		hdr->flags = below(4);
		hdr->fence_id = one_in(3) ? odd() : one_in(2) ? sent : 1000000 - sent;
		hdr->ring_idx = one_in(10) ? odd() : below(2);
	}
	/* Most have a resource first, and small numbers behind it. */
	w[0] = any_res();
	for (num = 1; num < 16; num++)
		w[num] = one_in(3) ? below(3) : one_in(2) ? below(8) * 16 : 64;
	switch (hdr->type) {
	case VIRTIO_GPU_CMD_SET_SCANOUT:
	case VIRTIO_GPU_CMD_SET_SCANOUT_BLOB:
	case VIRTIO_GPU_CMD_RESOURCE_FLUSH:
	case VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D:
		w[0] = below(4);
		w[4] = one_in(2) ? any_res() : below(2);
		w[5] = any_res();
		w[6] = any_res();
		break;
	case VIRTIO_GPU_CMD_RESOURCE_CREATE_2D:
		w[1] = one_in(8) ? (uint32_t)odd() : 1;
		w[2] = one_in(8) ? (uint32_t)odd() : below(128);
		w[3] = one_in(8) ? (uint32_t)odd() : below(128);
		break;
	case VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING:
		len = 32 + entries(p + 32, &num);
		w[1] = one_in(20) ? (uint32_t)odd() : num;
		break;
	case VIRTIO_GPU_CMD_RESOURCE_CREATE_BLOB: {
		struct virtio_gpu_resource_create_blob *b = (void *)p;
		bool host = one_in(2);

		b->blob_mem = one_in(20) ? (uint32_t)odd() : host ? 2 : 1;
		b->blob_flags = below(8);
		b->blob_id = any_blob_id();
		b->size = one_in(20) ? odd() : (1 + below(8)) * PAGE;
		len = sizeof(*b);
		num = 0;
		if (!host && one_in(2)) {
			/* The response blob of a context, whole. */
			b->resource_id = RSP_RES(ctx % (CTXS + 1));
			b->size = RSP_SIZE;
			*(struct virtio_gpu_mem_entry *)(b + 1) = (struct virtio_gpu_mem_entry){
				gpa_of(mem[MEM_RSP]) + ctx % (CTXS + 1) * RSP_SIZE, RSP_SIZE, 0,
			};
			num = 1;
			len += sizeof(struct virtio_gpu_mem_entry);
		} else if (!host) {
			len += entries(b + 1, &num);
		} else if (!VIRTKFD_BLOB_TYPE(b->blob_id) && !one_in(8)) {
			unsigned int i = below(HANDLES);

			b->blob_id = handles[i].handle;
			b->size = handles[i].size;
		} else if (VIRTKFD_BLOB_TYPE(b->blob_id) && !one_in(8)) {
			b->size = VIRTKFD_BLOB_TYPE(b->blob_id) == 1 ? 8192 : PAGE;
		}
		b->nr_entries = one_in(20) ? (uint32_t)odd() : num;
		break;
	}
	case VIRTIO_GPU_CMD_CTX_CREATE:
		w[1] = one_in(20) ? (uint32_t)odd() : VIRTKFD_CONTEXT_INIT;
		break;
	case VIRTIO_GPU_CMD_CTX_ATTACH_RESOURCE:
		if (one_in(2))
			w[0] = RSP_RES(ctx);
		break;
	case VIRTIO_GPU_CMD_GET_CAPSET:
		w[0] = VIRTKFD_CAPSET_ID;
		break;
	case VIRTIO_GPU_CMD_RESOURCE_MAP_BLOB:
		*(uint64_t *)&w[2] = one_in(6) ? odd() : below(64) * (one_in(8) ? 512 : PAGE);
		break;
	case VIRTIO_GPU_CMD_SUBMIT_3D:
		w[0] = 0;
		w[1] = 0;
		for (num = 0; num < 1 + below(3); num++)
			w[0] += ccmd((uint8_t *)(w + 2) + w[0], ctx, slot);
		len = 32 + w[0];
		if (one_in(20))
			w[0] = odd();
		break;
	}
	return len;
}

/* What an ALLOC_MEMORY_OF_GPU gave. */
static void take_handle(uint32_t ctx, uint32_t slot)
{
	uint8_t *rsp = mem[MEM_RSP] + ctx % (CTXS + 1) * RSP_SIZE + slot * 1024;
	struct virtkfd_rsp_ioctl *r = (void *)rsp;
	uint64_t *args = (void *)(r + 1);

	unsigned int i = below(HANDLES);

	if (!r->rsp.ret && r->args_len == 40 && args[2] >> 32 == GPU_ID) {
		handles[i].handle = args[2];
		handles[i].size = args[1];
	}
}

static void post_wait(uint32_t len)
{
	int slot = slot_get();

	if (slot < 0)
		return;
	memcpy(slot_out(slot), mem[MEM_BIG], len);
	slot_post(CTRL, slot, len);
	kick(CTRL);
	slot_wait(slot, 100);
	sent++;
}

/* A context as a driver makes it, with memory to map: what comes next finds something. */
static void good_context(uint32_t ctx)
{
	uint8_t *p = mem[MEM_BIG], *rsp = mem[MEM_RSP] + ctx * RSP_SIZE;
	struct virtio_gpu_resource_create_blob *blob = (void *)p;
	struct virtio_gpu_cmd_submit *submit = (void *)p;
	struct virtkfd_ccmd_init *init = (void *)(submit + 1);
	struct virtkfd_ccmd_ioctl *io = (void *)(submit + 1);
	uint64_t *args = (void *)(io + 1);

	*(struct virtio_gpu_ctx_create *)p = (struct virtio_gpu_ctx_create){
		{ VIRTIO_GPU_CMD_CTX_CREATE, .ctx_id = ctx }, .context_init = VIRTKFD_CONTEXT_INIT };
	post_wait(sizeof(struct virtio_gpu_ctx_create));
	*blob = (struct virtio_gpu_resource_create_blob){
		{ VIRTIO_GPU_CMD_RESOURCE_CREATE_BLOB, .ctx_id = ctx }, RSP_RES(ctx),
		VIRTIO_GPU_BLOB_MEM_GUEST, 0, 1, 0, RSP_SIZE };
	*(struct virtio_gpu_mem_entry *)(blob + 1) =
		(struct virtio_gpu_mem_entry){ gpa_of(rsp), RSP_SIZE };
	post_wait(sizeof(*blob) + sizeof(struct virtio_gpu_mem_entry));
	*(struct virtio_gpu_ctx_resource *)p = (struct virtio_gpu_ctx_resource){
		{ VIRTIO_GPU_CMD_CTX_ATTACH_RESOURCE, .ctx_id = ctx }, RSP_RES(ctx) };
	post_wait(sizeof(struct virtio_gpu_ctx_resource));
	*submit = (struct virtio_gpu_cmd_submit){
		{ VIRTIO_GPU_CMD_SUBMIT_3D, .ctx_id = ctx }, sizeof(*init) };
	*init = (struct virtkfd_ccmd_init){
		{ VIRTKFD_CCMD_INIT, sizeof(*init), .rsp_len = 1024 },
		ctx == 1 ? VIRTKFD_ROLE_CONTROL : VIRTKFD_ROLE_PROCESS, RSP_RES(ctx) };
	post_wait(sizeof(*submit) + sizeof(*init));
	for (unsigned int i = 0; ctx > 1 && i < 6; i++) {
		submit->size = sizeof(*io) + 40;
		*io = (struct virtkfd_ccmd_ioctl){
			{ VIRTKFD_CCMD_IOCTL, submit->size, .rsp_len = 1024 },
			i ? 0x16 : 0x15, 40 };
		memset(args, 0, 40);
		args[0] = i ? 0x10000000 + i * 0x100000 : (uint64_t)GPU_ID << 32;
		args[1] = i * PAGE;
		args[4] = (uint64_t)(1 + i % 2) << 32 | GPU_ID;
		post_wait(sizeof(*submit) + submit->size);
		take_handle(ctx, 0);
	}
	for (unsigned int i = 1; ctx > 1 && i < 4; i++) {
		uint32_t res = (ctx - 2) * 4 + i;

		*blob = (struct virtio_gpu_resource_create_blob){
			{ VIRTIO_GPU_CMD_RESOURCE_CREATE_BLOB, .ctx_id = ctx }, res,
			VIRTIO_GPU_BLOB_MEM_HOST3D, 1, 0,
			i == 1 ? VIRTKFD_BLOB_ID_GPU(VIRTKFD_BLOB_DOORBELL, GPU_ID) :
				 (uint64_t)GPU_ID << 32 | i,
			i == 1 ? 8192 : (i + 1) * PAGE };
		post_wait(sizeof(*blob));
		*(struct virtio_gpu_resource_map_blob *)p = (struct virtio_gpu_resource_map_blob){
			{ VIRTIO_GPU_CMD_RESOURCE_MAP_BLOB }, res, .offset = res * 4 * PAGE };
		post_wait(sizeof(struct virtio_gpu_resource_map_blob));
	}
}

static void begin(void)
{
	device_init();
	for (uint32_t ctx = 1; ctx <= CTXS; ctx++)
		good_context(ctx);
}

static void *store(void *arg)
{
	state = (uintptr_t)arg;
	while (!stop) {
		uint64_t off = one_in(16) ? window_size - 16 - below(PAGE) :
				below(64) * PAGE + below(PAGE - 16);
		volatile uint8_t *p = window + (one_in(4) ? off : off & ~7ull);

		switch (below(8)) {
		case 0:
			*p = off;
			break;
		case 1:
			*(volatile uint16_t *)p = off;
			break;
		case 2:
			*(volatile uint32_t *)p = off;
			break;
		case 3:
			*(volatile uint64_t *)p = off;
			break;
		case 4:
			(void)*p;
			break;
		default:
			(void)*(volatile uint64_t *)p;
		}
		if (one_in(256))
			usleep(100);
	}
	return NULL;
}

static void *disturb(void *arg)
{
	static const uint32_t types[] = {
		VIRTIO_GPU_CMD_RESOURCE_UNREF, VIRTIO_GPU_CMD_RESOURCE_DETACH_BACKING,
		VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING, VIRTIO_GPU_CMD_RESOURCE_CREATE_BLOB,
		VIRTIO_GPU_CMD_GET_DISPLAY_INFO, VIRTIO_GPU_CMD_RESOURCE_FLUSH,
		VIRTIO_GPU_CMD_SUBMIT_3D, VIRTIO_GPU_CMD_RESOURCE_MAP_BLOB,
	};
	uint64_t next = 0;

	state = (uintptr_t)arg;
	while (!stop) {
		volatile uint32_t *p = (uint32_t *)slot_out(below(SLOTS));

		for (unsigned int i = one_in(8) ? 0 : 100; i < 100; i++) {
			p[0] = PICK(types);
			p[6] = any_res();
			p[7 + below(8)] = below(64);
		}
		if (now_ms() < next) {
			usleep(50);
			continue;
		}
		next = now_ms() + 200 + below(1500);
		switch (below(8)) {
		case 0:
		case 1:
			device_status(0);
			break;
		case 2:
			function_reset();
			break;
		case 3:
			/* The regions go and come back. */
			command_register(0, one_in(2) ? 2 : 4);
			usleep(below(2000));
			command_register(6, 0);
			break;
		}
	}
	return NULL;
}

void fuzz(uint64_t seed, unsigned int seconds)
{
	uint64_t end = now_ms() + seconds * 1000ull, stuck = 0;
	unsigned int inits = 0;
	pthread_t threads[2];

	state = seed * 2 + 1;
	stop = false;
	begin();
	pthread_create(&threads[0], NULL, store, (void *)(uintptr_t)(rnd() | 1));
	pthread_create(&threads[1], NULL, disturb, (void *)(uintptr_t)(rnd() | 1));
	while (now_ms() < end) {
		uint32_t ctx = any_ctx(), len;
		int slot = slot_get();

		if (slot >= 0)
			stuck = 0;
		else if (!stuck)
			stuck = now_ms() + 100;
		if ((stuck && now_ms() > stuck) || (sent % 16 == 0 && !device_ok())) {
			begin();
			inits++;
			stuck = 0;
			sent++;
			continue;
		}
		if (slot < 0) {
			usleep(50);
			continue;
		}
		len = command(slot_out(slot), ctx, slot);
		if (one_in(12))
			memcpy(slot_out(slot) + 4 * below(len / 4), &(uint32_t){ odd() }, 4);
		if (one_in(30))
			len = 1 + below(len);
		if (one_in(300))
			slot_post_at(one_in(8) ? CURSOR : CTRL, slot, gpa_of(slot_out(slot)), len,
				     one_in(2) ? any_gpa() : gpa_of(slot_in(slot)),
				     one_in(2) ? 24 : (uint32_t)odd());
		else
			slot_post(one_in(40) ? CURSOR : CTRL, slot, len);
		sent++;
		if (one_in(3)) {
			kick(CTRL);
			kick(CURSOR);
		}
		if (one_in(4) && slot_wait(slot, 20))
			take_handle(ctx, slot);
		if (one_in(2000))
			queue_reset(below(2));
		if (one_in(200))
			good_context(1 + below(CTXS));
	}
	stop = true;
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	printf("# %lu commands, %u resets that were noticed\n", sent, inits);
}
