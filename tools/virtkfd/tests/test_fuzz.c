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

#include "fuzz.h"
#include "internal.h"
#include "soft.h"

#define CTXS		6
#define BLOBS		12
#define OPS		2000
#define SLOT		(16 * PAGE)
#define MOST		8192

/* Where it happened, for a report of whatever kind. */
static struct {
	uint64_t seed;
	uint32_t round;
	uint32_t op;
} at;

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

/* @handle is that of the memory, if it is memory. */
struct fblob {
	struct virtkfd_blob *blob;
	uint64_t handle;
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
	.contexts = 4, .events = 8, .blobs = 4, .queues = 5, .vram = 64 << 20,
	.pinned = 16 * PAGE,
};

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

/* With the VM's lock: queues may fire events at any time. */
static void begin_op(void)
{
	pthread_mutex_lock(&w.guest->vm->lock);
	for (uint32_t i = 0; i < CTXS; i++) {
		memcpy(w.ctxs[i].before, w.ctxs[i].mem, sizeof(w.ctxs[i].mem));
		memset(w.ctxs[i].may, false, AREA);
	}
	pthread_mutex_unlock(&w.guest->vm->lock);
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
	uint32_t ctxs = 0, resources = 0, blobs = 0, mappings = 0, queues = 0;

	pthread_mutex_lock(&w.guest->vm->lock);
	for (uint32_t i = 0; i < CTXS; i++) {
		struct virtkfd_ctx *vctx = vk_ctx_find(w.guest->vm, i);
		struct fctx *ctx = &w.ctxs[i];

		CHECK(!vctx || vctx->num_events <= limits.events);
		queues += vctx ? vctx->num_queues : 0;
		check_written(ctx, 0);
		check_written(ctx, 1);
		if (!w.guest->vm->poll.pending)
			memset(ctx->late, false, AREA);
		ctxs += ctx->created;
		resources += ctx->attached[0] + ctx->attached[1];
		resources += !!ctx->named[0] + !!ctx->named[1];
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
	CHECK(st.queues == queues && queues <= limits.queues);
	CHECK(!w.guest->vm->poll.pending ||
	      (w.guest->vm->control && TAILQ_EMPTY(&w.guest->vm->fired)));
	CHECK(w.guest->num_fences <= w.fences);
	pthread_mutex_unlock(&w.guest->vm->lock);
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
	if (cmd->nr == NR(ALLOC_MEMORY_OF_GPU)) {
		const struct kfd_ioctl_alloc_memory_of_gpu_args *alloc = (const void *)args;
		uint32_t i = below(ARRAY_LEN(ctx->handles));

		ctx->handles[i] = alloc->handle;
		ctx->vas[i] = alloc->va_addr;
	} else if (cmd->nr == NR(IMPORT_DMABUF)) {
		const struct kfd_ioctl_import_dmabuf_args *import = (const void *)args;
		uint32_t i = below(ARRAY_LEN(ctx->handles));

		ctx->handles[i] = import->handle;
		ctx->vas[i] = import->va_addr;
	} else if (cmd->nr == NR(CREATE_EVENT))
		PICK(ctx->events) = ((struct kfd_ioctl_create_event_args *)args)->event_id;
	else if (cmd->nr == NR(CREATE_QUEUE))
		PICK(ctx->queues) = ((struct kfd_ioctl_create_queue_args *)args)->queue_id;
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

/* Of whatever context it is */
static void name(uint32_t id, uint32_t r)
{
	struct fctx *ctx = &w.ctxs[id];
	uint32_t i = below(BLOBS);
	int ret;

	if (one_in(4)) {
		ret = virtkfd_resource_detach(w.guest->vm, id, NAMED + r);
		CHECK(ret == (ctx->named[r] ? 0 : -ENOENT));
		ctx->named[r] = 0;
	} else if (w.blobs[i].blob) {
		ret = virtkfd_resource_attach_blob(w.guest->vm, id, NAMED + r, w.blobs[i].blob);
		CHECK(ret == (!ctx->created ? -ENOENT : ctx->named[r] ? -EEXIST : 0));
		if (!ret) {
			ctx->named[r] = i + 1;
			ctx->named_handles[r] = w.blobs[i].handle;
		}
	}
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
	memset(ctx->named, 0, sizeof(ctx->named));
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

static void ioctl_of(uint32_t id, uint32_t nr, const void *args, uint32_t len, uint64_t array)
{
	struct {
		struct virtkfd_ccmd_ioctl cmd;
		uint64_t rest[16];
	} msg = {
		.cmd = { .nr = nr, .args_len = len, .in_len = array ? 8 : 0 },
	};

	memcpy(msg.rest, args, len);
	memcpy((uint8_t *)msg.rest + len, &array, 8);
	msg.cmd.hdr.cmd = VIRTKFD_CCMD_IOCTL;
	msg.cmd.hdr.len = sizeof(msg.cmd) + len + msg.cmd.in_len;
	virtkfd_submit(w.guest->vm, id, &msg, msg.cmd.hdr.len);
}

/*
 * A compute queue, if there is room and the handles are those of a new context: it takes too
 * much to come about by chance. The sizes are test_queues' and test_topology's.
 */
static void start_compute(uint32_t id)
{
	const uint64_t va = VA + 1024 * MIB, sizes[] = { PAGE, 0x1639000 };
	struct kfd_ioctl_create_queue_args queue = {
		.ring_base_address = va, .write_pointer_address = va + 64,
		.read_pointer_address = va, .ring_size = PAGE, .gpu_id = w.guest->gpu_id,
		.queue_type = KFD_IOC_QUEUE_TYPE_COMPUTE_AQL, .queue_percentage = below(2),
		.ctx_save_restore_address = va + MIB, .ctx_save_restore_size = 0x162d000,
		.ctl_stack_size = 0x3000,
	};

	for (uint32_t i = 0; i < 2; i++) {
		struct kfd_ioctl_alloc_memory_of_gpu_args alloc = {
			.va_addr = va + i * MIB, .size = sizes[i], .gpu_id = w.guest->gpu_id,
			.flags = GTT | WRITABLE,
		};
		struct kfd_ioctl_map_memory_to_gpu_args map = {
			.handle = (uint64_t)w.guest->gpu_id << 32 | i, .n_devices = 1,
		};

		ioctl_of(id, NR(ALLOC_MEMORY_OF_GPU), &alloc, sizeof(alloc), 0);
		ioctl_of(id, NR(MAP_MEMORY_TO_GPU), &map, sizeof(map), w.guest->gpu_id);
	}
	ioctl_of(id, NR(CREATE_QUEUE), &queue, sizeof(queue), 0);
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

	if (!b->blob)
		b->handle = ids[0];
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
		for (uint32_t id = 0; id < 2 * CTXS; id++)
			if (w.ctxs[id / 2].named[id % 2] == i + 1)
				w.ctxs[id / 2].named[id % 2] = 0;
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
		if (id > 1 && one_in(4))
			start_compute(id);
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
	case 24 ... 27:
		name(id, below(2));
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
	fuzz_gpu_id = w.guest->gpu_id;
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
		fuzz_state = (at.seed + at.round) * 0x9e3779b97f4a7c15 | 1;
		new_round();
		for (uint32_t id = 1; id < CTXS; id++)
			start_ctx(id);
		start_compute(2);
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
