// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Cases: one kind of malice each, as often as it takes to be felt if nothing stops it.
 * A case passes if the device answers afterwards; what became of QEMU is for the suite.
 */
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "virtio.h"

#define GPU_ID		0x942a
#define CTX		7
#define RSP_RES		900

/* Posts what is in slot 0 and returns the type of the answer, 0 if there is none. */
static uint32_t answer(uint32_t out_len)
{
	slot_post(CTRL, 0, out_len);
	kick(CTRL);
	return slot_wait(0, 20000) ? *(uint32_t *)slot_in(0) : 0;
}

#define HDR(t, ctx)	{ .type = (t), .ctx_id = (ctx) }
#define ANSWER(...) \
	({ __typeof__(__VA_ARGS__) cmd__ = __VA_ARGS__; \
	   memcpy(slot_out(0), &cmd__, sizeof(cmd__)); answer(sizeof(cmd__)); })

static uint32_t simple(uint32_t type, uint32_t ctx, uint32_t res)
{
	return ANSWER((struct virtio_gpu_ctx_resource){ HDR(type, ctx), .resource_id = res });
}

static bool alive(void)
{
	return simple(VIRTIO_GPU_CMD_GET_DISPLAY_INFO, 0, 0) == VIRTIO_GPU_RESP_OK_DISPLAY_INFO;
}

static uint32_t guest_blob(uint32_t res, uint32_t entries, uint64_t gpa, uint32_t len)
{
	struct virtio_gpu_resource_create_blob *c = (void *)mem[MEM_BIG];
	struct virtio_gpu_mem_entry *e = (void *)(c + 1);

	*c = (struct virtio_gpu_resource_create_blob){
		HDR(VIRTIO_GPU_CMD_RESOURCE_CREATE_BLOB, 0), .resource_id = res,
		.blob_mem = VIRTIO_GPU_BLOB_MEM_GUEST, .nr_entries = entries, .size = len,
	};
	for (uint32_t i = 0; i < entries; i++)
		e[i] = (struct virtio_gpu_mem_entry){ .addr = gpa, .length = len };
	slot_post_at(CTRL, 0, gpa_of(c), sizeof(*c) + entries * sizeof(*e), gpa_of(slot_in(0)),
		     64);
	kick(CTRL);
	return slot_wait(0, 20000) ? *(uint32_t *)slot_in(0) : 0;
}

static uint32_t host_blob(uint32_t res, uint64_t blob_id, uint64_t size)
{
	return ANSWER((struct virtio_gpu_resource_create_blob){
		HDR(VIRTIO_GPU_CMD_RESOURCE_CREATE_BLOB, CTX), .resource_id = res,
		.blob_mem = VIRTIO_GPU_BLOB_MEM_HOST3D, .blob_id = blob_id, .size = size });
}

static uint32_t map_blob(uint32_t res, uint64_t offset)
{
	return ANSWER((struct virtio_gpu_resource_map_blob){
		HDR(VIRTIO_GPU_CMD_RESOURCE_MAP_BLOB, 0), .resource_id = res, .offset = offset });
}

static uint32_t submit(uint32_t flags, uint64_t fence, uint32_t ring, const void *payload,
		       uint32_t len)
{
	struct virtio_gpu_cmd_submit c = {
		{ VIRTIO_GPU_CMD_SUBMIT_3D, flags, fence, CTX, ring }, .size = len,
	};

	memcpy(slot_out(0), &c, sizeof(c));
	memcpy(slot_out(0) + sizeof(c), payload, len);
	return answer(sizeof(c) + len);
}

/* A context with its response blob. */
static bool context(uint32_t role)
{
	struct virtkfd_ccmd_init init = {
		.hdr = { .cmd = VIRTKFD_CCMD_INIT, .len = sizeof(init), .rsp_len = 64 },
		.role = role, .rsp_res_id = RSP_RES,
	};

	device_init();
	return ANSWER((struct virtio_gpu_ctx_create){ HDR(VIRTIO_GPU_CMD_CTX_CREATE, CTX),
			.context_init = VIRTKFD_CONTEXT_INIT }) == VIRTIO_GPU_RESP_OK_NODATA &&
	       guest_blob(RSP_RES, 1, gpa_of(mem[MEM_RSP]), PAGE) == VIRTIO_GPU_RESP_OK_NODATA &&
	       simple(VIRTIO_GPU_CMD_CTX_ATTACH_RESOURCE, CTX, RSP_RES) ==
			VIRTIO_GPU_RESP_OK_NODATA &&
	       submit(0, 0, 0, &init, sizeof(init)) == VIRTIO_GPU_RESP_OK_NODATA &&
	       !((struct virtkfd_rsp *)mem[MEM_RSP])->ret;
}

static uint64_t mmio_id(void)
{
	return VIRTKFD_BLOB_ID_GPU(VIRTKFD_BLOB_MMIO, GPU_ID);
}

/* One page, mapped and unmapped in every second place: that must not split the window. */
static bool many_places(void)
{
	if (!context(VIRTKFD_ROLE_PROCESS) || host_blob(1, mmio_id(), PAGE) !=
	    VIRTIO_GPU_RESP_OK_NODATA)
		return false;
	for (uint64_t i = 0; i < 36000; i++) {
		if (map_blob(1, i * 2 * PAGE) != VIRTIO_GPU_RESP_OK_MAP_INFO)
			return false;
		window[(i * 2 + 1) * PAGE] = 1;
		if (simple(VIRTIO_GPU_CMD_RESOURCE_UNMAP_BLOB, 0, 1) != VIRTIO_GPU_RESP_OK_NODATA)
			return false;
	}
	return alive();
}

/* Each page of doorbells is a region of QEMU's, and it can have some thousands in all. */
static bool many_doorbells(void)
{
	uint32_t res, ret = VIRTIO_GPU_RESP_OK_MAP_INFO;

	if (!context(VIRTKFD_ROLE_PROCESS))
		return false;
	for (res = 1; res <= 2500 && ret == VIRTIO_GPU_RESP_OK_MAP_INFO; res++) {
		if (host_blob(1000 + res, VIRTKFD_BLOB_ID_GPU(VIRTKFD_BLOB_DOORBELL, GPU_ID),
			      8192) != VIRTIO_GPU_RESP_OK_NODATA)
			break;
		ret = map_blob(1000 + res, res * 4 * PAGE);
	}
	printf("# %u doorbell pages\n", res - 1);
	return res < 2500 && alive();
}

/* A list of 16384 entries takes no memory of the guest's, but of the host's. */
static bool many_lists(void)
{
	uint32_t res, ret = VIRTIO_GPU_RESP_OK_NODATA;

	device_init();
	for (res = 1; res <= 2000 && ret == VIRTIO_GPU_RESP_OK_NODATA; res++)
		ret = guest_blob(res, 16384, gpa_of(mem[MEM_RSP]), PAGE);
	printf("# %u lists of 16384 entries\n", res - 1);
	return res < 2000 && ret == VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY && alive();
}

static bool many_resources(void)
{
	uint32_t res, ret = VIRTIO_GPU_RESP_OK_NODATA;

	device_init();
	for (res = 1; res <= 70000 && ret == VIRTIO_GPU_RESP_OK_NODATA; res++)
		ret = guest_blob(res, 1, gpa_of(mem[MEM_RSP]), PAGE);
	printf("# %u resources\n", res - 1);
	return res < 70000 && ret == VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY && alive();
}

/* A list attached to many contexts is copied for each. */
static bool many_attachments(void)
{
	uint32_t ctx, res, ret = VIRTIO_GPU_RESP_OK_NODATA, num = 0;

	device_init();
	for (res = 1; res <= 5; res++)
		if (guest_blob(res, 16384, gpa_of(mem[MEM_RSP]), PAGE) !=
		    VIRTIO_GPU_RESP_OK_NODATA)
			return false;
	for (ctx = 1; ctx <= 200 && ret == VIRTIO_GPU_RESP_OK_NODATA; ctx++) {
		ANSWER((struct virtio_gpu_ctx_create){ HDR(VIRTIO_GPU_CMD_CTX_CREATE, ctx),
			.context_init = VIRTKFD_CONTEXT_INIT });
		for (res = 1; res <= 5 && ret == VIRTIO_GPU_RESP_OK_NODATA; res++, num++)
			ret = simple(VIRTIO_GPU_CMD_CTX_ATTACH_RESOURCE, ctx, res);
	}
	printf("# %u attachments of 16384 entries\n", num);
	return ret == VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY && alive();
}

/* Commands that wait for a fence, forgotten with their queue again and again. */
static bool queue_resets(void)
{
	struct virtkfd_ccmd_event_poll poll = {
		.hdr = { .cmd = VIRTKFD_CCMD_EVENT_POLL, .len = sizeof(poll), .rsp_len = 128 },
		.max_events = 1,
	};

	if (!context(VIRTKFD_ROLE_CONTROL))
		return false;
	submit(0, 0, 0, &poll, sizeof(poll));
	for (unsigned int i = 0; i < 500; i++) {
		for (unsigned int slot = 1; slot < SLOTS; slot++) {
			struct virtio_gpu_cmd_submit c = {
				{ VIRTIO_GPU_CMD_SUBMIT_3D, VIRTIO_GPU_FLAG_FENCE |
				  VIRTIO_GPU_FLAG_INFO_RING_IDX, i * SLOTS + slot, CTX, 1 },
			};

			memcpy(slot_out(slot), &c, sizeof(c));
			slot_post(CTRL, slot, sizeof(c));
		}
		kick(CTRL);
		if (!alive())
			return false;
		queue_reset(CTRL);
	}
	/* Its end reports what waits, to a queue that knows nothing of it. */
	return simple(VIRTIO_GPU_CMD_CTX_DESTROY, CTX, 0) && alive();
}

/* The answer goes where a write of it resets, notifies or rings: in the middle of the work. */
static bool answers_to_registers(void)
{
	static const uint32_t types[] = { VIRTIO_GPU_CMD_GET_DISPLAY_INFO,
		VIRTIO_GPU_CMD_RESOURCE_UNREF, VIRTIO_GPU_CMD_RESOURCE_UNMAP_BLOB,
		VIRTIO_GPU_CMD_CTX_DESTROY, VIRTIO_GPU_CMD_SUBMIT_3D };
	struct virtkfd_ccmd_event_poll poll = {
		.hdr = { .cmd = VIRTKFD_CCMD_EVENT_POLL, .len = sizeof(poll), .rsp_len = 128 },
		.max_events = 1,
	};

	/* Both at once from the fence's bottom half. */
	for (unsigned int off = 0; off < 64; off++) {
		if (!context(VIRTKFD_ROLE_CONTROL))
			return false;
		submit(0, 0, 0, &poll, sizeof(poll));
		for (unsigned int slot = 1; slot < 8; slot++) {
			struct virtio_gpu_cmd_submit c = {
				{ VIRTIO_GPU_CMD_SUBMIT_3D, VIRTIO_GPU_FLAG_FENCE |
				  VIRTIO_GPU_FLAG_INFO_RING_IDX, slot, CTX, 1 },
			};

			memcpy(slot_out(slot), &c, sizeof(c));
			slot_post_at(CTRL, slot, gpa_of(slot_out(slot)), sizeof(c),
				     common_gpa + off, 24);
		}
		kick(CTRL);
		simple(VIRTIO_GPU_CMD_CTX_DESTROY, CTX, 0);
	}
	for (unsigned int i = 0; i < 200; i++) {
		uint64_t to = i % 2 ? notify_gpa + i % 8 * 2 : common_gpa + i % 60;

		if (!context(VIRTKFD_ROLE_PROCESS))
			return false;
		host_blob(1, VIRTKFD_BLOB_ID_GPU(VIRTKFD_BLOB_DOORBELL, GPU_ID), 8192);
		map_blob(1, 0);
		if (i % 3 == 0)
			to = window_gpa + i % 32;
		for (unsigned int slot = 1; slot < 4; slot++) {
			struct virtio_gpu_ctx_resource c = {
				HDR(types[(i + slot) % ARRAY_LEN(types)], CTX), .resource_id = 1,
			};

			memcpy(slot_out(slot), &c, sizeof(c));
			slot_post_at(CTRL, slot, gpa_of(slot_out(slot)), sizeof(c), to, 24);
		}
		kick(CTRL);
		usleep(1000);
	}
	device_init();
	return alive();
}

/* A cursor made of what has no picture. */
static bool cursors(void)
{
	device_init();
	guest_blob(1, 16, gpa_of(mem[MEM_RSP]), PAGE);
	guest_blob(2, 1, gpa_of(mem[MEM_RSP]), 16 * PAGE);
	for (uint32_t res = 0; res < 4; res++) {
		struct virtio_gpu_update_cursor c = {
			HDR(VIRTIO_GPU_CMD_UPDATE_CURSOR, 0), .resource_id = res,
		};

		memcpy(slot_out(1), &c, sizeof(c));
		slot_post(CURSOR, 1, sizeof(c));
		kick(CURSOR);
		slot_wait(1, 1000);
		ANSWER((struct virtio_gpu_set_scanout){ HDR(VIRTIO_GPU_CMD_SET_SCANOUT, 0),
			.r = { 0, 0, 64, 64 }, .resource_id = res });
		ANSWER((struct virtio_gpu_set_scanout_blob){
			HDR(VIRTIO_GPU_CMD_SET_SCANOUT_BLOB, 0), .r = { 0, 0, 64, 64 },
			.resource_id = res, .width = 64, .height = 64, .format = 1,
			.strides = { 256 } });
	}
	return alive();
}

static volatile bool stop;

/* Rewrites a command while the device reads it. */
static void *flip(void *arg)
{
	volatile uint32_t *type = (uint32_t *)slot_out(0);

	(void)arg;
	while (!stop) {
		*type = VIRTIO_GPU_CMD_RESOURCE_UNREF;
		*type = VIRTIO_GPU_CMD_GET_DISPLAY_INFO;
	}
	return NULL;
}

/* What is checked is not what is done, if a command is read twice. */
static bool double_fetch(void)
{
	pthread_t thread;
	bool ok = true;

	if (!context(VIRTKFD_ROLE_PROCESS))
		return false;
	for (unsigned int i = 0; i < 200 && ok; i++) {
		ok = host_blob(1, mmio_id(), PAGE) && map_blob(1, i % 64 * 2 * PAGE);
		stop = false;
		pthread_create(&thread, NULL, flip, NULL);
		for (unsigned int n = 0; n < 20 && ok; n++)
			ok = simple(VIRTIO_GPU_CMD_GET_DISPLAY_INFO, 0, 1);
		stop = true;
		pthread_join(thread, NULL);
		ok = ok && simple(VIRTIO_GPU_CMD_RESOURCE_UNMAP_BLOB, 0, 1) &&
		     simple(VIRTIO_GPU_CMD_RESOURCE_UNREF, 0, 1);
	}
	return ok && alive();
}

static void *resets(void *arg)
{
	(void)arg;
	while (!stop) {
		device_status(0);
		usleep(200);
	}
	return NULL;
}

/* Commands that arrive while the device is being reset, by two CPUs at a time. */
static bool reset_races(void)
{
	pthread_t thread[2];
	unsigned int i, id = 1;
	uint64_t end = now_ms() + 3000;

	stop = false;
	for (i = 0; i < 2; i++)
		pthread_create(&thread[i], NULL, resets, NULL);
	while (now_ms() < end) {
		struct virtio_gpu_ctx_create c = {
			HDR(VIRTIO_GPU_CMD_CTX_CREATE, CTX), .context_init = VIRTKFD_CONTEXT_INIT,
		};
		struct virtkfd_ccmd_init init = {
			.hdr = { .cmd = VIRTKFD_CCMD_INIT, .len = sizeof(init), .rsp_len = 64 },
			.role = VIRTKFD_ROLE_PROCESS, .rsp_res_id = RSP_RES,
		};
		struct {
			struct virtio_gpu_cmd_submit s;
			struct virtkfd_ccmd_init init;
		} s = { { HDR(VIRTIO_GPU_CMD_SUBMIT_3D, CTX), .size = sizeof(init) }, init };
		struct {
			struct virtio_gpu_resource_create_blob b;
			struct virtio_gpu_mem_entry e;
		} b = { { HDR(VIRTIO_GPU_CMD_RESOURCE_CREATE_BLOB, CTX), RSP_RES,
			  VIRTIO_GPU_BLOB_MEM_GUEST, 0, 1, 0, PAGE },
			{ gpa_of(mem[MEM_RSP]), PAGE } };
		struct virtio_gpu_ctx_resource a = {
			HDR(VIRTIO_GPU_CMD_CTX_ATTACH_RESOURCE, CTX), RSP_RES,
		};

		device_init();
#define POST(slot, what) \
		memcpy(slot_out(slot), &(what), sizeof(what)); \
		slot_post(CTRL, slot, sizeof(what))
		POST(0, c);
		POST(1, b);
		POST(2, a);
		POST(3, s);
		for (i = 4; i < SLOTS - 1; i += 2) {
			struct virtio_gpu_resource_create_blob h = {
				HDR(VIRTIO_GPU_CMD_RESOURCE_CREATE_BLOB, CTX), id % 64 + 1,
				VIRTIO_GPU_BLOB_MEM_HOST3D, 0, 0, mmio_id(), PAGE,
			};
			struct virtio_gpu_resource_map_blob m = {
				HDR(VIRTIO_GPU_CMD_RESOURCE_MAP_BLOB, 0), id % 64 + 1,
				.offset = id % 64 * PAGE,
			};

			POST(i, h);
			POST(i + 1, m);
			id++;
			kick(CTRL);
		}
		kick(CTRL);
	}
	stop = true;
	for (i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	if (!context(VIRTKFD_ROLE_PROCESS))
		return false;
	for (i = 0; i < 64; i++)
		simple(VIRTIO_GPU_CMD_RESOURCE_UNREF, 0, i + 1);
	return alive();
}

/* What an older driver creates for its user space has the capset and nothing else. */
static bool contexts_of_user_space(void)
{
	static const uint32_t inits[] = {
		0, VIRTKFD_CAPSET_ID, VIRTKFD_CONTEXT_INIT_KERNEL, VIRTKFD_CONTEXT_INIT + 1,
		VIRTKFD_CONTEXT_INIT | 1U << 31,
	};

	if (!context(VIRTKFD_ROLE_PROCESS))
		return false;
	for (unsigned int i = 0; i < ARRAY_LEN(inits); i++) {
		if (ANSWER((struct virtio_gpu_ctx_create){
				HDR(VIRTIO_GPU_CMD_CTX_CREATE, CTX + 1),
				.context_init = inits[i] }) !=
		    VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER)
			return false;
	}
	return alive();
}

static const struct {
	const char *name;
	bool (*run)(void);
} all[] = {
	{ "contexts that are not the kernel's", contexts_of_user_space },
	{ "commands rewritten while they are read", double_fetch },
	{ "commands during resets", reset_races },
	{ "answers to the device's own registers", answers_to_registers },
	{ "resets of a queue with fences in it", queue_resets },
	{ "a blob mapped in many places", many_places },
	{ "many pages of doorbells", many_doorbells },
	{ "many lists of guest memory", many_lists },
	{ "many resources", many_resources },
	{ "many attachments", many_attachments },
	{ "cursors and screens of what is no picture", cursors },
};

int cases(unsigned int from)
{
	int failed = 0;

	for (unsigned int i = from; i < ARRAY_LEN(all); i++) {
		uint64_t start = now_ms();
		bool ok = all[i].run();

		printf("%sok %u - %s\n", ok ? "" : "not ", i - from + 1, all[i].name);
		printf("# %.1f s\n", (now_ms() - start) / 1000.0);
		fflush(stdout);
		failed += !ok;
	}
	printf("1..%u\n", (unsigned int)ARRAY_LEN(all) - from);
	return failed;
}
