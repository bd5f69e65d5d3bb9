// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A malicious guest: pseudo-random calls and submissions, most of them well-formed at first
 * and then mutated, with the ioctl table as the dictionary. Nothing is expected of a single
 * one but what holds for all: memory is written only where a response may go, the accounting
 * is right and within the limits after each, and nothing is left in the end.
 *
 * VIRTKFD_FUZZ_SEED and VIRTKFD_FUZZ_SECONDS in the environment take the place of the fixed
 * seed and the two seconds.
 */
#include <stdio.h>
#include <sanitizer/common_interface_defs.h>
#include <sys/mman.h>
#include <time.h>

#include "harness.h"
#include "internal.h"
#include "soft.h"

#define CTXS		6
#define BLOBS		12
#define OPS		2000
#define AREA		2048
#define GUARD		128
#define SLOT		(16 * PAGE)
#define MOST		8192

/* Where it happened, for a report of whatever kind. */
static struct {
	uint64_t seed;
	uint32_t round;
	uint32_t op;
} at;

static uint64_t state;

static uint64_t rnd(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 2685821657736338717ULL;
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

static void tell(void)
{
	fprintf(stderr, "seed %llu, round %u, operation %u\n", (unsigned long long)at.seed,
		at.round, at.op);
}

#define CHECK(cond) \
do { \
	if (!(cond)) { \
		tell(); \
		fail_msg("%s", #cond); \
	} \
} while (0)

/**
 * struct fctx - a context id of the guest's and its two resources
 * @created: it exists
 * @attached: resource 1 and resource 2 are attached to it
 * @mem: their memory with GUARD bytes before and behind
 * @before: the same before an operation
 * @may: bytes that this operation may write
 * @late: bytes that a poll may write whenever it is answered
 * @handles: memory handles that it has seen
 * @events: event ids
 */
struct fctx {
	bool created;
	bool attached[2];
	uint8_t mem[2][GUARD + AREA + GUARD] __attribute__((aligned(8)));
	uint8_t before[2][GUARD + AREA + GUARD];
	bool may[AREA];
	bool late[AREA];
	uint64_t handles[8];
	uint32_t events[8];
};

struct fblob {
	struct virtkfd_blob *blob;
	uint64_t size;
	bool mapped;
};

static struct {
	struct guest *guest;
	struct fctx ctxs[CTXS];
	struct fblob blobs[BLOBS];
	uint8_t *window;
	unsigned int fences;
} w;

/* How often an ioctl has succeeded: a fuzzer that only knocks at the door proves nothing. */
static uint32_t succeeded[0x40];

static const struct virtkfd_limits limits = {
	.contexts = 4, .events = 8, .blobs = 4, .vram = 64 << 20, .pinned = 16 * PAGE,
};

/* The dictionary. */
static const struct {
	uint32_t nr;
	uint32_t size;
	bool travels;
} rows[] = {
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
	uint32_t bytes;
	uint32_t most;
	bool in;
} arrays[] = {
#define IN	true
#define OUT	false
#define VIRTKFD_ARRAY(name, args, pointer, count, bits, most, dir) \
	{ NR(name), offsetof(struct args, pointer), offsetof(struct args, count), (bits) / 8, \
	  most, dir },
#include <linux/virtio_gpu_amdkfd_tables.h>
};

static uint32_t any32(void)
{
	static const uint32_t values[] = {
		0, 1, 2, 3, 7, 8, 16, 24, 255, 4095, 4096, 4097, 0x7fffffff, 0x80000000, 0xfffffff8,
		UINT32_MAX,
	};

	switch (below(8)) {
	case 0:
		return rnd();
	case 1:
		return w.guest->gpu_id;
	case 2:
		return 1u << below(32);
	case 3:
		return 0x40000000 + below(8);
	default:
		return PICK(values);
	}
}

static uint64_t any64(void)
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
		return (uint64_t)w.guest->gpu_id << 32 | any32();
	case 4:
		return VA + below(64) * PAGE;
	default:
		return PICK(values);
	}
}

static uint32_t gpu(void)
{
	return one_in(12) ? any32() : w.guest->gpu_id;
}

static uint64_t handle(struct fctx *ctx)
{
	return one_in(12) ? any64() : PICK(ctx->handles);
}

static uint64_t va(void)
{
	return one_in(12) ? any64() : VA + (uint64_t)below(512) * 16 * PAGE;
}

static uint64_t size(void)
{
	return one_in(16) ? any64() : one_in(16) ? MIB * below(32) : PAGE * below(12);
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
				.flags = one_in(16) ? rnd() : flags,
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
	case NR(DESTROY_EVENT):
		args[0] = one_in(8) ? any32() : PICK(ctx->events);
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
			args[arrays[i].count / 4] = below(4);
	}
	cmd->args_len = args_len;
	memcpy(out + pos, args, args_len);
	pos += (args_len + 7) & ~7u;
	for (size_t i = 0; i < ARRAY_LEN(arrays); i++) {
		uint32_t num = args[arrays[i].count / 4];

		if (arrays[i].nr != cmd->nr || !arrays[i].in || num > 8)
			continue;
		for (uint32_t j = 0; j < num; j++)
			((uint32_t *)(out + pos))[j] = gpu();
		pos += (num * arrays[i].bytes + 7) & ~7u;
		cmd->in_len += (num * arrays[i].bytes + 7) & ~7u;
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

/* One command, as a guest's driver would write it. */
static uint32_t put_command(struct fctx *ctx, uint8_t *out, uint32_t room)
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
	} else if (kind > 6) {
		hdr->len = put_ioctl(ctx, out, room);
	}
	hdr->seqno = rnd();
	if (!one_in(10)) {
		hdr->rsp_len = 16 + 8 * below(64);
		hdr->rsp_off = 8 * below((AREA - hdr->rsp_len) / 8 + 1);
	}
	return hdr->len;
}

static uint32_t mutate(uint8_t *buf, uint32_t len)
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

/* What the response to a command in there may cover; the library's limits are not trusted. */
static void allow(struct fctx *ctx, const uint8_t *buf, uint32_t len)
{
	struct virtkfd_ccmd hdr;

	for (uint32_t pos = 0; pos + sizeof(hdr) <= len; pos += hdr.len) {
		memcpy(&hdr, buf + pos, sizeof(hdr));
		if (hdr.len < sizeof(hdr) || hdr.len > len - pos)
			return;
		if (hdr.rsp_off > AREA || hdr.rsp_len > AREA - hdr.rsp_off)
			continue;
		memset(ctx->may + hdr.rsp_off, true, hdr.rsp_len);
		if (hdr.cmd == VIRTKFD_CCMD_EVENT_POLL)
			memset(ctx->late + hdr.rsp_off, true, hdr.rsp_len);
	}
}

static void begin_op(void)
{
	for (uint32_t i = 0; i < CTXS; i++) {
		memcpy(w.ctxs[i].before, w.ctxs[i].mem, sizeof(w.ctxs[i].mem));
		memset(w.ctxs[i].may, false, AREA);
	}
}

static void check_written(struct fctx *ctx, uint32_t r)
{
	if (!memcmp(ctx->mem[r], ctx->before[r], sizeof(ctx->mem[r])))
		return;
	CHECK(ctx->attached[r]);
	for (uint32_t i = 0; i < sizeof(ctx->mem[r]); i++)
		CHECK(ctx->mem[r][i] == ctx->before[r][i] ||
		      (i >= GUARD && i < GUARD + AREA &&
		       (ctx->may[i - GUARD] || ctx->late[i - GUARD])));
}

static void end_op(void)
{
	struct virtkfd_stats st = stats(w.guest);
	uint32_t ctxs = 0, resources = 0, blobs = 0, mappings = 0;

	for (uint32_t i = 0; i < CTXS; i++) {
		struct virtkfd_ctx *vctx = vk_ctx_find(w.guest->vm, i);
		struct fctx *ctx = &w.ctxs[i];

		CHECK(!vctx || vctx->num_events <= limits.events);
		check_written(ctx, 0);
		check_written(ctx, 1);
		if (!w.guest->vm->poll.pending)
			memset(ctx->late, false, AREA);
		ctxs += ctx->created;
		resources += ctx->attached[0] + ctx->attached[1];
	}
	for (uint32_t i = 0; i < BLOBS; i++) {
		blobs += !!w.blobs[i].blob;
		mappings += w.blobs[i].mapped;
	}
	CHECK(st.contexts == ctxs);
	CHECK(st.resources == resources);
	CHECK(st.blobs == blobs && blobs <= limits.blobs);
	CHECK(st.mappings == mappings);
	CHECK(st.pinned_bytes == pinned(w.guest) && st.pinned_bytes <= limits.pinned);
	CHECK(w.guest->vm->gpu_bytes <= limits.vram);
	CHECK(w.guest->vm->num_inited <= limits.contexts);
	CHECK(st.queues == 0);
	CHECK(!w.guest->vm->poll.pending ||
	      (w.guest->vm->control && TAILQ_EMPTY(&w.guest->vm->fired)));
	CHECK(w.guest->num_fences <= w.fences);
}

/* Learn handles and event ids, so that later commands have something to go on. */
static void learn(struct fctx *ctx, const struct virtkfd_ccmd_ioctl *cmd, const uint8_t *rsp)
{
	const struct virtkfd_rsp_ioctl *head = (const void *)rsp;
	const uint8_t *args = rsp + sizeof(*head);

	if (head->rsp.ret)
		return;
	succeeded[cmd->nr]++;
	if (cmd->hdr.rsp_len < sizeof(*head) + 40)
		return;
	if (cmd->nr == NR(ALLOC_MEMORY_OF_GPU))
		memcpy(&PICK(ctx->handles), args, 8);
	else if (cmd->nr == NR(CREATE_EVENT))
		PICK(ctx->events) = ((struct kfd_ioctl_create_event_args *)args)->event_id;
}

static void submit(uint32_t id)
{
	static uint64_t buf[MOST / 8];
	struct fctx *ctx = &w.ctxs[id];
	struct virtkfd_ccmd_ioctl *cmd = (void *)buf;
	struct virtkfd_ctx *vctx;
	struct virtkfd_rsp *rsp;
	uint32_t len = 0, num = one_in(4) ? 1 + below(4) : 1;
	uint8_t *exact;
	int ret;

	for (uint32_t i = 0; i < num; i++)
		len += put_command(ctx, (uint8_t *)buf + len, (MOST - len) / (num - i) & ~7u);
	if (one_in(3))
		len = mutate((uint8_t *)buf, len);
	/* Exactly as many bytes as there are, for the sanitizer. */
	exact = malloc(len);
	memcpy(exact, buf, len);
	allow(ctx, exact, len);
	ret = virtkfd_submit(w.guest->vm, id, exact, len);
	free(exact);
	CHECK(ret == 0 || ret == -EINVAL || ret == -ENOENT);
	CHECK((ret == -ENOENT) == !ctx->created);

	vctx = vk_ctx_find(w.guest->vm, id);
	if (ret || len != cmd->hdr.len || cmd->hdr.rsp_len < sizeof(*rsp) ||
	    vctx->rsp_res_id < 1 || vctx->rsp_res_id > 2 ||
	    cmd->hdr.cmd == VIRTKFD_CCMD_EVENT_POLL || cmd->hdr.cmd == VIRTKFD_CCMD_INIT)
		return;
	rsp = (void *)(ctx->mem[vctx->rsp_res_id - 1] + GUARD + cmd->hdr.rsp_off);
	CHECK(rsp->seqno == cmd->hdr.seqno);
	CHECK(rsp->len >= sizeof(*rsp) && rsp->len % 8 == 0);
	CHECK(rsp->ret <= 0 && rsp->ret > -4096);
	CHECK(rsp->pad == 0);
	if (cmd->hdr.cmd == VIRTKFD_CCMD_IOCTL && len >= sizeof(*cmd))
		learn(ctx, cmd, (uint8_t *)rsp);
}

static void attach(uint32_t id, uint32_t r)
{
	struct fctx *ctx = &w.ctxs[id];
	uint8_t *mem = ctx->mem[r] + GUARD;
	uint32_t a = below(AREA), b = a + below(AREA - a);
	struct iovec iov[] = { { mem, a }, { mem + a, b - a }, { mem + b, AREA - b } };
	int ret = virtkfd_resource_attach(w.guest->vm, id, 1 + r, iov, 3);

	CHECK(ret == (!ctx->created ? -ENOENT : ctx->attached[r] ? -EEXIST : 0));
	ctx->attached[r] |= !ret;
}

static void detach(uint32_t id, uint32_t r)
{
	struct fctx *ctx = &w.ctxs[id];
	int ret = virtkfd_resource_detach(w.guest->vm, id, 1 + r);

	CHECK(ret == (ctx->attached[r] ? 0 : -ENOENT));
	ctx->attached[r] = false;
}

static void create(uint32_t id)
{
	int ret = virtkfd_ctx_create(w.guest->vm, id);

	CHECK(ret == (!id ? -EINVAL : w.ctxs[id].created ? -EEXIST : 0));
	w.ctxs[id].created |= !ret;
}

static void forget(struct fctx *ctx)
{
	ctx->created = false;
	memset(ctx->attached, 0, sizeof(ctx->attached));
}

static void destroy(uint32_t id)
{
	CHECK(virtkfd_ctx_destroy(w.guest->vm, id) == (w.ctxs[id].created ? 0 : -ENOENT));
	forget(&w.ctxs[id]);
}

/* Whatever became of it: a control context or a process that has acquired the GPU again. */
static void start_ctx(uint32_t id)
{
	struct {
		struct virtkfd_ccmd_init init;
		struct virtkfd_ccmd_ioctl cmd;
		struct kfd_ioctl_acquire_vm_args args;
	} cmds = {
		.init = { .hdr = { .cmd = VIRTKFD_CCMD_INIT, .len = sizeof(cmds.init) },
			  .role = id == 1 ? VIRTKFD_ROLE_CONTROL : VIRTKFD_ROLE_PROCESS,
			  .rsp_res_id = 1 },
		.cmd = { .hdr = { .cmd = VIRTKFD_CCMD_IOCTL,
				  .len = sizeof(cmds.cmd) + sizeof(cmds.args) },
			 .nr = NR(ACQUIRE_VM), .args_len = sizeof(cmds.args) },
		.args = { .gpu_id = w.guest->gpu_id },
	};

	create(id);
	attach(id, 0);
	virtkfd_submit(w.guest->vm, id, &cmds, sizeof(cmds));
}

static void fence(uint32_t id)
{
	uint32_t ring = one_in(10) ? any32() : below(2);
	int ret = virtkfd_fence(w.guest->vm, id, ring, rnd());

	CHECK(ret == (!w.ctxs[id].created ? -ENOENT : ring > 1 ? -EINVAL : 0));
	w.fences += !ret;
}

static void blob_create(uint32_t id)
{
	struct fblob *b = &PICK(w.blobs);
	uint64_t gpu_part = (uint64_t)gpu() << 32;
	const uint64_t ids[] = {
		handle(&w.ctxs[id]), VIRTKFD_BLOB_ID(VIRTKFD_BLOB_DOORBELL, gpu_part),
		VIRTKFD_BLOB_ID(VIRTKFD_BLOB_MMIO, gpu_part), any64(),
	};
	const uint64_t sizes[] = { SLICE, PAGE, size(), any64() };
	uint64_t n = PICK(sizes);

	/* A right size is too rare to be guessed. */
	if (!b->blob && !virtkfd_blob_create(w.guest->vm, id, PICK(ids), n, &b->blob))
		b->size = n;
	for (uint64_t pages = 1; !b->blob && pages <= 12; pages++)
		if (!virtkfd_blob_create(w.guest->vm, id, ids[0], pages * PAGE, &b->blob))
			b->size = pages * PAGE;
}

static void blob_use(void)
{
	uint32_t i = below(BLOBS), map_info;
	struct fblob *b = &w.blobs[i];
	uint8_t *addr = w.window + i * SLOT;
	int ret;

	if (!b->blob)
		return;
	virtkfd_doorbell_write(b->blob, one_in(2) ? 8 * below(1200) : any64(), rnd(), below(10));
	if (b->size <= SLOT && one_in(2)) {
		ret = virtkfd_blob_map(b->blob, addr, &map_info);
		CHECK(ret == (b->mapped ? -EBUSY : virtkfd_blob_trapped(b->blob) ? -EINVAL : 0));
		b->mapped |= !ret;
		if (b->mapped)
			memset(addr, rnd(), b->size);
		return;
	}
	if (b->mapped) {
		mmap(addr, SLOT, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
		     -1, 0);
		virtkfd_blob_unmapped(b->blob);
		b->mapped = false;
	}
	if (one_in(2)) {
		virtkfd_blob_destroy(b->blob);
		b->blob = NULL;
	}
}

/* The GPU does something too. */
static void interrupt(uint32_t id)
{
	struct virtkfd_ctx *ctx = vk_ctx_find(w.guest->vm, id);
	const struct kfd_hsa_memory_exception_data memory = { .va = rnd() };
	const struct kfd_hsa_hw_exception_data hw = { .reset_cause = rnd() };

	if (!ctx || !ctx->bctx)
		return;
	if (one_in(2))
		soft_signal(ctx->bctx, one_in(2) ? below(32) : any32(), below(34), below(2));
	else if (one_in(2))
		soft_memory_exception(ctx->bctx, &memory);
	else
		soft_hw_exception(ctx->bctx, &hw);
}

static void reset(void)
{
	virtkfd_vm_reset(w.guest->vm);
	for (uint32_t i = 0; i < CTXS; i++)
		forget(&w.ctxs[i]);
	memset(w.blobs, 0, sizeof(w.blobs));
	/* Every fence that was asked for, once. */
	CHECK(w.guest->num_fences == w.fences);
	CHECK(w.guest->mapped == 0 && pinned(w.guest) == 0);
}

static void operation(void)
{
	uint32_t id = one_in(12) ? 0 : 1 + below(CTXS - 1);

	begin_op();
	switch (below(64)) {
	case 0:
		create(id);
		break;
	case 1 ... 3:
		start_ctx(id);
		break;
	case 4:
		if (one_in(2))
			destroy(id);
		break;
	case 5 ... 7:
		attach(id, below(2));
		break;
	case 8:
		detach(id, below(2));
		break;
	case 9 ... 11:
		fence(id);
		break;
	case 12 ... 14:
		blob_create(id);
		break;
	case 15 ... 18:
		blob_use();
		break;
	case 19 ... 23:
		interrupt(id);
		break;
	default:
		submit(id);
		break;
	}
	end_op();
}

static uint64_t from_env(const char *name, uint64_t otherwise)
{
	return getenv(name) ? strtoull(getenv(name), NULL, 0) : otherwise;
}

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000;
}

static void new_round(void)
{
	memset(&w, 0, sizeof(w));
	w.guest = guest_new(&limits);
	memset(w.guest->ram, 0x5a, RAM_SIZE);
	w.fences = w.guest->num_fences;
	w.window = mmap(NULL, BLOBS * SLOT, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			-1, 0);
	for (uint32_t i = 0; i < CTXS; i++) {
		memset(w.ctxs[i].mem, 0xa5, sizeof(w.ctxs[i].mem));
		for (uint32_t j = 0; j < ARRAY_LEN(w.ctxs[i].handles); j++)
			w.ctxs[i].handles[j] = (uint64_t)w.guest->gpu_id << 32 | j;
	}
}

/* What travels has succeeded, and only that. */
static bool everywhere(void)
{
	bool all = true;

	for (uint32_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].travels)
			all &= succeeded[rows[i].nr] > 0;
		else
			CHECK(!succeeded[rows[i].nr]);
	}
	return all;
}

static void test_guest(void **unused)
{
	uint64_t end = now() + 1000 * from_env("VIRTKFD_FUZZ_SECONDS", 2), commands = 0;

	(void)unused;
	at.seed = from_env("VIRTKFD_FUZZ_SEED", 20260301);
	__sanitizer_set_death_callback(tell);
	/* A machine that is too slow to get everywhere in that time gets more. */
	for (at.round = 0; now() < end || (!everywhere() && now() < end + 30000); at.round++) {
		/* Any round can be had as the first one, with its number added to the seed. */
		state = (at.seed + at.round) * 0x9e3779b97f4a7c15 | 1;
		new_round();
		for (uint32_t id = 1; id < CTXS; id++)
			start_ctx(id);
		for (at.op = 0; at.op < OPS; at.op++)
			operation();
		commands += stats(w.guest).commands;
		for (uint32_t i = 0; i < RAM_SIZE / 8; i++)
			CHECK(((uint64_t *)w.guest->ram)[i] == 0x5a5a5a5a5a5a5a5a);
		reset();
		guest_free(w.guest);
		munmap(w.window, BLOBS * SLOT);
	}
	__sanitizer_set_death_callback(NULL);
	print_message("# %u rounds, %llu commands\n", at.round, (unsigned long long)commands);
	assert_true(everywhere());
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_guest),
	};

	return cmocka_run_group_tests_name("fuzz", tests, NULL, NULL);
}
