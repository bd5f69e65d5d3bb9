// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Instances and contexts: life in every order, roles, limits, resources, reset and end with
 * everything alive. Expected is what virtkfd.h and virtio_gpu_amdkfd.h say.
 */
#include <stdio.h>
#include <sys/mman.h>

#include "harness.h"
#include "internal.h"
#include "soft.h"

#define CONTROL		VIRTKFD_ROLE_CONTROL
#define PROCESS		VIRTKFD_ROLE_PROCESS

static struct {
	unsigned int lines[VIRTKFD_LOG_DEBUG + 1];
	char last[256];
} logged;

static void log_line(void *opaque, enum virtkfd_log_level level, const char *line)
{
	(void)opaque;
	assert_null(strchr(line, '\n'));
	logged.lines[level]++;
	snprintf(logged.last, sizeof(logged.last), "%s", line);
}

static int no_map(void *opaque, uint64_t gpa, uint64_t *len, struct virtkfd_guest_range *range)
{
	(void)opaque;
	(void)gpa;
	(void)len;
	(void)range;
	return -EFAULT;
}

static void no_unmap(void *opaque, struct virtkfd_guest_range *range)
{
	(void)opaque;
	(void)range;
	fail();
}

static void no_fence(void *opaque, uint32_t ctx_id, uint32_t ring, uint64_t id)
{
	(void)opaque;
	(void)ctx_id;
	(void)ring;
	(void)id;
}

static void test_create(void **state)
{
	const struct virtkfd_vmm_ops ops = { no_map, no_unmap, no_fence, log_line };
	struct virtkfd_vmm_ops some;
	struct virtkfd_vm_params params = { .backend = "soft" };
	struct virtkfd_capset capset;
	struct virtkfd_vm *vm = NULL;

	(void)state;
	memset(&logged, 0, sizeof(logged));
	assert_int_equal(virtkfd_vm_create(&params, &vm), -EINVAL);
	params.ops = &some;
	for (int i = 0; i < 3; i++) {
		some = ops;
		if (i == 0)
			some.map_guest = NULL;
		else if (i == 1)
			some.unmap_guest = NULL;
		else
			some.fence = NULL;
		assert_int_equal(virtkfd_vm_create(&params, &vm), -EINVAL);
	}
	params.ops = &ops;
	params.backend = "hard";
	assert_int_equal(virtkfd_vm_create(&params, &vm), -EINVAL);
	assert_int_equal(logged.lines[VIRTKFD_LOG_ERROR], 1);
	assert_non_null(strstr(logged.last, "hard"));
	params.backend = "";
	assert_int_equal(virtkfd_vm_create(&params, &vm), -EINVAL);
	/* A log line says why. */
	memset(&logged, 0, sizeof(logged));
	params.backend = "soft";
	params.soft_gpu = "gfx9";
	assert_int_equal(virtkfd_vm_create(&params, &vm), -EINVAL);
	assert_int_equal(logged.lines[VIRTKFD_LOG_ERROR], 1);
	assert_non_null(strstr(logged.last, "\"gfx9\""));
	params.soft_gpu = NULL;
	memset(&logged, 0, sizeof(logged));
	params.backend = "kfd";
	assert_int_equal(virtkfd_vm_create(&params, &vm), -ENODEV);
	assert_non_null(strstr(logged.last, "/dev/kfd"));
	assert_null(vm);
	for (int i = 0; i < 4; i++) {
		/* Without a log, too. */
		some = ops;
		some.log = i & 1 ? NULL : log_line;
		params.ops = &some;
		params.backend = i & 2 ? "auto" : NULL;
		assert_int_equal(virtkfd_vm_create(&params, &vm), 0);
		virtkfd_vm_capset(vm, &capset);
		assert_string_equal((char *)capset.backend, "soft");
		virtkfd_vm_destroy(vm);
	}
	virtkfd_vm_destroy(NULL);
}

static void test_capset(void **state)
{
	const struct virtkfd_limits limits = { .contexts = 7, .events = 9 };
	struct guest *guest = guest_new(&limits);
	struct virtkfd_capset capset;

	(void)state;
	memset(&capset, 0xee, sizeof(capset));
	virtkfd_vm_capset(guest->vm, &capset);
	assert_int_equal(capset.version, 1);
	assert_int_equal(capset.features & VIRTKFD_F_USERPTR, VIRTKFD_F_USERPTR);
	assert_int_equal(capset.features & VIRTKFD_F_TRAPPED_DOORBELL, VIRTKFD_F_TRAPPED_DOORBELL);
	assert_int_equal(capset.features & VIRTKFD_F_QUEUES, VIRTKFD_F_QUEUES);
	assert_int_equal(capset.kfd_major, KFD_IOCTL_MAJOR_VERSION);
	assert_int_equal(capset.kfd_minor, KFD_IOCTL_MINOR_VERSION);
	assert_int_equal(capset.num_gpus, 1);
	assert_int_equal(capset.max_contexts, 7);
	assert_int_equal(capset.max_submit, 4 << 20);
	assert_int_equal(capset.max_events, 9);
	for (size_t i = strlen("soft"); i < sizeof(capset.backend); i++)
		assert_int_equal(capset.backend[i], 0);
	guest_free(guest);
}

/* Each step of a context's life once, in all orders, against a model of three bits. */
enum step { CREATE, ATTACH, INIT, IOCTL, DETACH, DESTROY, STEPS };

struct model {
	bool created;
	bool attached;
	bool inited;
};

static int expected(struct model *m, enum step step)
{
	if (step != CREATE && !m->created)
		return -ENOENT;
	switch (step) {
	case CREATE:
		m->created = true;
		return 0;
	case ATTACH:
		m->attached = true;
		return 0;
	case INIT:
		m->inited |= m->attached;
		return m->attached ? 0 : -EINVAL;
	case IOCTL:
		return m->inited && m->attached ? 0 : -EINVAL;
	case DETACH:
		if (!m->attached)
			return -ENOENT;
		m->attached = false;
		return 0;
	default:
		*m = (struct model){ 0 };
		return 0;
	}
}

static int do_step(struct virtkfd_vm *vm, enum step step, uint64_t *rsp, size_t size)
{
	struct virtkfd_ccmd_init init = {
		.hdr = { .cmd = VIRTKFD_CCMD_INIT, .len = sizeof(init), .seqno = 4711,
			 .rsp_len = size },
		.role = PROCESS, .rsp_res_id = RSP_RES,
	};
	struct {
		struct virtkfd_ccmd_ioctl cmd;
		struct kfd_ioctl_get_clock_counters_args args;
	} clock = {
		.cmd = { .hdr = { .cmd = VIRTKFD_CCMD_IOCTL, .len = sizeof(clock),
				  .seqno = 4711, .rsp_len = size },
			 .nr = NR(GET_CLOCK_COUNTERS), .args_len = sizeof(clock.args) },
	};
	struct iovec iov = { rsp, size };

	switch (step) {
	case CREATE:
		return virtkfd_ctx_create(vm, 5);
	case ATTACH:
		return virtkfd_resource_attach(vm, 5, RSP_RES, &iov, 1);
	case INIT:
		return virtkfd_submit(vm, 5, &init, sizeof(init));
	case IOCTL:
		return virtkfd_submit(vm, 5, &clock, sizeof(clock));
	case DETACH:
		return virtkfd_resource_detach(vm, 5, RSP_RES);
	default:
		return virtkfd_ctx_destroy(vm, 5);
	}
}

static void run_order(struct guest *guest, const enum step *order)
{
	uint64_t rsp[16];
	struct virtkfd_rsp *head = (struct virtkfd_rsp *)rsp;
	struct model m = { 0 };
	struct virtkfd_stats st;

	for (int i = 0; i < STEPS; i++) {
		int want = expected(&m, order[i]);

		memset(rsp, 0xee, sizeof(rsp));
		assert_int_equal(do_step(guest->vm, order[i], rsp, sizeof(rsp)), want);
		if (!want && (order[i] == INIT || order[i] == IOCTL)) {
			assert_int_equal(head->seqno, 4711);
			assert_int_equal(head->ret, 0);
		} else {
			for (size_t j = 0; j < ARRAY_LEN(rsp); j++)
				assert_true(rsp[j] == 0xeeeeeeeeeeeeeeee);
		}
		st = stats(guest);
		assert_int_equal(st.contexts, m.created);
		assert_int_equal(st.resources, m.attached);
	}
	if (m.created)
		assert_int_equal(virtkfd_ctx_destroy(guest->vm, 5), 0);
}

static void swap(enum step *a, enum step *b)
{
	enum step tmp = *a;

	*a = *b;
	*b = tmp;
}

/* Every order of the first @num steps, followed by what stands behind them. */
static unsigned int all_orders(struct guest *guest, enum step *order, int num)
{
	unsigned int runs = 0;

	if (num == 1) {
		run_order(guest, order);
		return 1;
	}
	for (int i = 0; i < num; i++) {
		swap(&order[i], &order[num - 1]);
		runs += all_orders(guest, order, num - 1);
		swap(&order[i], &order[num - 1]);
	}
	return runs;
}

static void test_orders(void **state)
{
	enum step order[STEPS] = { CREATE, ATTACH, INIT, IOCTL, DETACH, DESTROY };

	assert_int_equal(all_orders(*state, order, STEPS), 720);
	assert_int_equal(stats(*state).contexts, 0);
}

/* The commands of one submission see each other; the first bad one ends it. */
static void test_one_submission(void **state)
{
	struct guest *guest = *state;
	struct gctx *ctx = ctx_bare(guest, 2);
	struct {
		struct virtkfd_ccmd nop;
		struct virtkfd_ccmd_init init;
		struct virtkfd_ccmd more[2];
	} cmds = {
		.nop = { .cmd = VIRTKFD_CCMD_NOP, .len = sizeof(cmds.nop) },
		.init = { .hdr = { .cmd = VIRTKFD_CCMD_INIT, .len = sizeof(cmds.init),
				   .seqno = 1, .rsp_len = 16 },
			  .role = PROCESS, .rsp_res_id = RSP_RES },
		.more = {
			{ .cmd = VIRTKFD_CCMD_NOP, .len = 24, .seqno = 2, .rsp_off = 16,
			  .rsp_len = 16 },
			{ .cmd = VIRTKFD_CCMD_NOP, .len = 24, .seqno = 3, .rsp_off = RSP_SIZE,
			  .rsp_len = 16 },
		},
	};
	struct virtkfd_rsp *rsp = (struct virtkfd_rsp *)ctx->rsp;
	uint64_t before = stats(guest).commands;

	assert_int_equal(virtkfd_submit(guest->vm, 2, &cmds, sizeof(cmds)), -EINVAL);
	assert_int_equal(stats(guest).commands, before);
	assert_int_equal(virtkfd_submit(guest->vm, 2, &cmds.init, sizeof(cmds) - 24), -EINVAL);
	assert_int_equal(stats(guest).commands, before + 2);
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(rsp[i].len, sizeof(*rsp));
		assert_int_equal(rsp[i].seqno, 1 + i);
		assert_int_equal(rsp[i].ret, 0);
	}
	/* Nothing is a submission, too. */
	assert_int_equal(virtkfd_submit(guest->vm, 2, NULL, 0), 0);
	assert_int_equal(virtkfd_submit(guest->vm, 3, NULL, 0), -ENOENT);
	ctx_free(ctx);
}

/* An INIT that failed leaves a context that can be initialised. */
static int open_error;

static int open_fails(struct virtkfd_backend *be, void (*notify)(void *opaque), void *opaque,
		      struct virtkfd_backend_ctx **ctx)
{
	return open_error ? open_error : virtkfd_backend_soft.ctx_open(be, notify, opaque, ctx);
}

static void test_init_errors(void **state)
{
	struct guest *guest = *state;
	struct virtkfd_backend_ops ops = virtkfd_backend_soft;
	struct gctx *ctx = ctx_bare(guest, 2);
	static const uint32_t bad[] = { 0, 3, 0x80000000, UINT32_MAX };
	static const int errors[] = { -EMFILE, -ENOMEM, -EINVAL, -EAGAIN };

	ops.ctx_open = open_fails;
	guest->vm->be = &ops;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(ctx_init(ctx, bad[i], RSP_RES), -EINVAL);
	for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
		struct virtkfd_ccmd nop = { .cmd = VIRTKFD_CCMD_NOP, .len = sizeof(nop) };

		open_error = errors[i];
		assert_int_equal(ctx_init(ctx, PROCESS, RSP_RES), errors[i]);
		assert_int_equal(ctx_send(ctx, &nop, 0), -EINVAL);
	}
	/* The control context needs nothing of the backend. */
	ctx_free(ctx_new(guest, 3, CONTROL));
	open_error = 0;
	assert_int_equal(ctx_init(ctx, PROCESS, RSP_RES), 0);
	assert_int_equal(kfd_acquire(ctx), 0);
	ctx_free(ctx);
	guest->vm->be = &virtkfd_backend_soft;
}

static void test_limit(void **state)
{
	const struct virtkfd_limits limits = { .contexts = 3 };
	struct guest *guest = guest_new(&limits);
	struct gctx *ctxs[3], *more = ctx_bare(guest, UINT32_MAX);

	(void)state;
	for (uint32_t i = 0; i < 3; i++)
		ctxs[i] = ctx_new(guest, 10 + i, i ? PROCESS : CONTROL);
	assert_int_equal(ctx_init(more, PROCESS, RSP_RES), -ENOSPC);
	/* There is a control context, which is the better reason. */
	assert_int_equal(ctx_init(more, CONTROL, RSP_RES), -EBUSY);
	ctx_free(ctxs[1]);
	assert_int_equal(ctx_init(more, PROCESS, RSP_RES), 0);
	ctxs[1] = ctx_bare(guest, 11);
	assert_int_equal(ctx_init(ctxs[1], PROCESS, RSP_RES), -ENOSPC);
	ctx_free(ctxs[0]);
	assert_int_equal(ctx_init(ctxs[1], CONTROL, RSP_RES), 0);
	for (uint32_t i = 1; i < 3; i++)
		ctx_free(ctxs[i]);
	ctx_free(more);
	guest_free(guest);
}

/* Contexts without a role are bounded apart from the others, so neither keeps the other out. */
static void test_bare_limit(void **state)
{
	struct guest *guest = *state;
	struct gctx *ctx = ctx_bare(guest, 5000);
	uint32_t num = 1;

	while (!virtkfd_ctx_create(guest->vm, num))
		num++;
	assert_int_equal(virtkfd_ctx_create(guest->vm, num), -ENOSPC);
	assert_in_range(num, 2, 5000);
	assert_int_equal(stats(guest).contexts, num);
	assert_int_equal(ctx_init(ctx, PROCESS, RSP_RES), 0);
	assert_int_equal(virtkfd_ctx_create(guest->vm, num), 0);
	assert_int_equal(virtkfd_ctx_create(guest->vm, num + 1), -ENOSPC);
	ctx_free(ctx);
	assert_int_equal(virtkfd_ctx_create(guest->vm, num + 1), -ENOSPC);
	assert_int_equal(virtkfd_ctx_destroy(guest->vm, 1), 0);
	assert_int_equal(virtkfd_ctx_create(guest->vm, num + 1), 0);
}

static struct virtkfd_ccmd nop(uint32_t off)
{
	return (struct virtkfd_ccmd){ .cmd = VIRTKFD_CCMD_NOP, .len = sizeof(struct virtkfd_ccmd),
				      .seqno = 99, .rsp_off = off, .rsp_len = 16 };
}

/* The response goes to the memory that has the id when it is written. */
static void test_resources(void **state)
{
	struct guest *guest = *state;
	struct gctx *ctx = ctx_bare(guest, 2), *other = ctx_new(guest, 3, PROCESS);
	uint8_t *one = calloc(1, 64), *two = calloc(1, 48), *three = calloc(1, 32);
	struct iovec *iov = calloc(20, sizeof(*iov));
	struct virtkfd_ccmd cmd = nop(0);

	/* A byte at a time, with nothing in between. */
	for (uint32_t i = 0; i < 16; i++)
		iov[i + i / 4] = (struct iovec){ one + 2 * i, 1 };
	assert_int_equal(virtkfd_resource_attach(guest->vm, 2, 1, iov, 20), 0);
	memset(iov, 0, 20 * sizeof(*iov));
	assert_int_equal(virtkfd_resource_attach(guest->vm, 2, 0, NULL, 0), 0);
	assert_int_equal(virtkfd_resource_attach(guest->vm, 3, 2, &(struct iovec){ two, 48 }, 1),
			 0);
	assert_int_equal(stats(guest).resources, 5);
	/* Empty, and another context's: neither is a place for a response. */
	{
		struct virtkfd_ccmd_init init = {
			.hdr = { .cmd = VIRTKFD_CCMD_INIT, .len = sizeof(init), .rsp_len = 16 },
			.role = PROCESS,
		};

		init.rsp_res_id = 0;
		assert_int_equal(virtkfd_submit(guest->vm, 2, &init, sizeof(init)), -EINVAL);
		init.rsp_res_id = 2;
		assert_int_equal(virtkfd_submit(guest->vm, 2, &init, sizeof(init)), -EINVAL);
		init.rsp_res_id = 1;
		assert_int_equal(virtkfd_submit(guest->vm, 2, &init, sizeof(init)), 0);
	}
	free(iov);
	assert_int_equal(virtkfd_submit(guest->vm, 2, &cmd, sizeof(cmd)), 0);
	assert_int_equal(one[0], 16);
	assert_int_equal(one[8], 99);
	for (uint32_t i = 1; i < 64; i += 2)
		assert_int_equal(one[i], 0);
	for (uint32_t i = 32; i < 64; i++)
		assert_int_equal(one[i], 0);
	/* 16 bytes in all. */
	cmd = nop(8);
	assert_int_equal(virtkfd_submit(guest->vm, 2, &cmd, sizeof(cmd)), -EINVAL);
	assert_int_equal(virtkfd_resource_detach(guest->vm, 2, 0), 0);
	assert_int_equal(virtkfd_resource_detach(guest->vm, 2, 1), 0);
	assert_int_equal(virtkfd_submit(guest->vm, 2, &cmd, sizeof(cmd)), -EINVAL);
	free(one);
	assert_int_equal(virtkfd_resource_attach(guest->vm, 2, 1, &(struct iovec){ three, 32 }, 1),
			 0);
	assert_int_equal(virtkfd_submit(guest->vm, 2, &cmd, sizeof(cmd)), 0);
	assert_int_equal(three[12], 99);
	/* Detached by its context's end. */
	ctx_free(ctx);
	ctx_free(other);
	assert_int_equal(stats(guest).resources, 0);
	free(two);
	free(three);
}

/* A poll is pending when its memory goes: nothing is written, but its fence is reported. */
static void test_detached_poll(void **state)
{
	const struct kfd_hsa_memory_exception_data none = { 0 };
	struct guest *guest = *state;
	struct virtkfd_vm *vm = guest->vm;
	struct gctx *control = ctx_new(guest, 2, CONTROL);
	struct gctx *ctx = ctx_new(guest, 3, PROCESS);
	struct virtkfd_backend_ctx *bctx = vk_ctx_find(vm, 3)->bctx;
	static const struct {
		uint32_t size;	/* of the memory that takes its place */
		bool written;
	} rows[] = {
		{ 0, false },
		{ POLL_SIZE - 1, false },
		{ 2 * POLL_SIZE - 8, false },
		{ 2 * POLL_SIZE, true },
	};
	uint32_t num;

	assert_int_equal(kfd_event(ctx, KFD_IOC_EVENT_MEMORY, 0, NULL), 0);
	for (uint32_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint8_t *mem = malloc(rows[i].size + 1);
		struct iovec iov = { mem, rows[i].size };

		memset(mem, 0xee, rows[i].size);
		assert_int_equal(poll_send(control, POLL_SIZE, 1), 0);
		assert_int_equal(virtkfd_fence(vm, 2, VIRTKFD_RING_EVENTS, 10 + i), 0);
		assert_int_equal(virtkfd_resource_detach(vm, 2, RSP_RES), 0);
		assert_false(fence_done(guest, 10 + i));
		if (iov.iov_len)
			assert_int_equal(virtkfd_resource_attach(vm, 2, RSP_RES, &iov, 1), 0);
		soft_memory_exception(bctx, &none);
		assert_true(fence_done(guest, 10 + i));
		assert_null(poll_result(control, POLL_SIZE, &num));
		for (uint32_t j = 0; j < rows[i].size && !rows[i].written; j++)
			assert_int_equal(mem[j], 0xee);
		if (rows[i].written)
			assert_int_equal(((struct virtkfd_rsp_event_poll *)
					  (mem + POLL_SIZE))->num_events, 1);
		if (iov.iov_len)
			assert_int_equal(virtkfd_resource_detach(vm, 2, RSP_RES), 0);
		free(mem);
		iov = (struct iovec){ control->rsp, RSP_SIZE };
		assert_int_equal(virtkfd_resource_attach(vm, 2, RSP_RES, &iov, 1), 0);
		/* The guest goes on with its next poll. */
		soft_memory_exception(bctx, &none);
		assert_int_equal(poll_send(control, 0, 1), 0);
		assert_non_null(poll_result(control, 0, &num));
	}
	ctx_free(ctx);
	ctx_free(control);
}

/* One of everything, all of it in use. */
static void fill(struct guest *guest, struct gctx **ctxs, uint8_t *window)
{
	const struct kfd_hsa_memory_exception_data none = { 0 };
	uint64_t gpu = (uint64_t)guest->gpu_id << 32, page, memory, user, aql;
	struct virtkfd_blob *blobs[4];
	struct virtkfd_stats st;
	uint32_t map_info;

	ctxs[0] = ctx_bare(guest, 100);
	ctxs[1] = ctx_new(guest, 101, CONTROL);
	for (uint32_t i = 2; i < 4; i++) {
		ctxs[i] = ctx_acquired(guest, 100 + i);
		assert_int_equal(kfd_alloc(ctxs[i], GTT, VA, KFD_SIGNAL_EVENT_LIMIT * 8, &page),
				 0);
		assert_int_equal(kfd_map(ctxs[i], page, guest->gpu_id, NULL), 0);
		for (uint32_t j = 0; j < 5; j++)
			assert_int_equal(kfd_event(ctxs[i], j & 1 ? KFD_IOC_EVENT_MEMORY :
						   KFD_IOC_EVENT_SIGNAL, j ? 0 : page, NULL), 0);
		assert_int_equal(kfd_alloc(ctxs[i], VRAM, VA + MIB, 2 * PAGE, &memory), 0);
		assert_int_equal(kfd_map(ctxs[i], memory, guest->gpu_id, NULL), 0);
		assert_int_equal(kfd_alloc(ctxs[i], GTT | AQL, VA + 2 * MIB, 2 * PAGE, &aql), 0);
		assert_int_equal(kfd_map(ctxs[i], aql, guest->gpu_id, NULL), 0);
		assert_int_equal(kfd_userptr(ctxs[i], VA + 4 * MIB, RAM_SPLIT - PAGE, 2 * PAGE,
					     &user), 0);
		assert_int_equal(kfd_map(ctxs[i], user, guest->gpu_id, NULL), 0);
		assert_int_equal(kfd_alloc(ctxs[i], DOORBELL, VA + 5 * MIB, SLICE, NULL), 0);
		assert_int_equal(kfd_alloc(ctxs[i], MMIO, VA + 6 * MIB, PAGE, NULL), 0);
	}
	assert_int_equal(virtkfd_blob_create(guest->vm, 103, memory, 2 * PAGE, &blobs[0]), 0);
	assert_int_equal(virtkfd_blob_create(guest->vm, 103, memory, 2 * PAGE, &blobs[1]), 0);
	assert_int_equal(virtkfd_blob_create(guest->vm, 102,
					     VIRTKFD_BLOB_ID(VIRTKFD_BLOB_DOORBELL, gpu), SLICE,
					     &blobs[2]), 0);
	assert_int_equal(virtkfd_blob_create(guest->vm, 102,
					     VIRTKFD_BLOB_ID(VIRTKFD_BLOB_MMIO, gpu), PAGE,
					     &blobs[3]), 0);
	assert_int_equal(virtkfd_blob_map(blobs[0], window, &map_info), 0);
	assert_int_equal(virtkfd_blob_map(blobs[3], window + 2 * PAGE, &map_info), 0);
	assert_int_equal(poll_send(ctxs[1], 0, 100), 0);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(virtkfd_fence(guest->vm, 101, VIRTKFD_RING_EVENTS, 50 + i), 0);

	st = stats(guest);
	assert_int_equal(st.contexts, 4);
	assert_int_equal(st.resources, 4);
	assert_int_equal(st.memory, 12);
	assert_int_equal(st.memory_bytes, 2 * (KFD_SIGNAL_EVENT_LIMIT * 8 + 2 * PAGE + PAGE +
					       2 * PAGE + SLICE + PAGE));
	assert_int_equal(st.pinned_bytes, 4 * PAGE);
	assert_int_equal(st.blobs, 4);
	assert_int_equal(st.mappings, 2);
	assert_int_equal(st.queues, 0);
	assert_int_equal(st.events, 10);
	assert_int_equal(guest->mapped, 4);
	assert_int_equal(pinned(guest), 4 * PAGE);
	assert_false(fence_done(guest, 50));
	soft_memory_exception(vk_ctx_find(guest->vm, 103)->bctx, &none);
	assert_true(fence_done(guest, 52));
	/* Fired and not fetched, and another poll. */
	soft_memory_exception(vk_ctx_find(guest->vm, 102)->bctx, &none);
	assert_int_equal(poll_send(ctxs[1], 0, 1), 0);
	assert_int_equal(poll_send(ctxs[1], 0, 1), 0);
	assert_int_equal(poll_send(ctxs[1], 0, 1), 0);
	assert_int_equal(virtkfd_fence(guest->vm, 101, VIRTKFD_RING_EVENTS, 60), 0);
	assert_false(fence_done(guest, 60));
}

static void drop(struct gctx **ctxs)
{
	for (uint32_t i = 0; i < 4; i++)
		ctx_free(ctxs[i]);
}

static void test_reset(void **state)
{
	struct guest *guest = *state;
	uint8_t *window = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct gctx *ctxs[4];
	struct virtkfd_stats st;

	assert_ptr_not_equal(window, MAP_FAILED);
	for (int round = 0; round < 3; round++) {
		uint64_t commands;

		guest->num_fences = 0;
		memset(guest->fences, 0, sizeof(guest->fences));
		fill(guest, ctxs, window);
		commands = stats(guest).commands;
		virtkfd_vm_reset(guest->vm);
		st = stats(guest);
		assert_int_equal(st.commands, commands);
		st.commands = 0;
		for (size_t i = 0; i < sizeof(st) / sizeof(uint64_t); i++)
			assert_int_equal(((uint64_t *)&st)[i], 0);
		assert_int_equal(guest->mapped, 0);
		assert_int_equal(pinned(guest), 0);
		assert_true(fence_done(guest, 60));
		assert_int_equal(guest->num_fences, 4);
		assert_int_equal(virtkfd_fence(guest->vm, 101, VIRTKFD_RING_CMD, 1), -ENOENT);
		drop(ctxs);
	}
	virtkfd_vm_reset(guest->vm);
	munmap(window, 3 * PAGE);
}

static void test_destroy(void **state)
{
	uint8_t *window = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct guest *guest = guest_new(NULL);
	struct gctx *ctxs[4];

	(void)state;
	assert_ptr_not_equal(window, MAP_FAILED);
	fill(guest, ctxs, window);
	virtkfd_vm_destroy(guest->vm);
	assert_int_equal(guest->mapped, 0);
	assert_int_equal(pinned(guest), 0);
	assert_true(fence_done(guest, 60));
	/* guest_free() wants the VM. */
	for (uint32_t i = 0; i < 4; i++) {
		free(ctxs[i]->rsp);
		free(ctxs[i]);
	}
	free(guest->ram);
	free(guest);
	munmap(window, 3 * PAGE);
}

/* Two instances in one process have nothing in common. */
static void test_two_vms(void **state)
{
	struct guest *one = *state, *two = guest_new(NULL);
	struct gctx *a = ctx_acquired(one, 2), *b = ctx_acquired(two, 2);
	struct gctx *control = ctx_new(one, 3, CONTROL);
	uint64_t before = kfd_available(b), handle;

	ctx_free(ctx_new(two, 3, CONTROL));
	assert_int_equal(kfd_alloc(a, VRAM, VA, MIB, &handle), 0);
	assert_int_equal(kfd_available(b), before);
	assert_int_equal(kfd_free(b, handle), -EINVAL);
	virtkfd_vm_reset(two->vm);
	assert_int_equal(stats(one).memory, 1);
	assert_int_equal(kfd_free(a, handle), 0);
	ctx_free(control);
	ctx_free(a);
	ctx_free(b);
	guest_free(two);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_create),
		cmocka_unit_test(test_capset),
		TEST(test_orders),
		TEST(test_one_submission),
		TEST(test_init_errors),
		cmocka_unit_test(test_limit),
		TEST(test_bare_limit),
		TEST(test_resources),
		TEST(test_detached_poll),
		TEST(test_reset),
		cmocka_unit_test(test_destroy),
		TEST(test_two_vms),
	};

	return cmocka_run_group_tests_name("ctx", tests, NULL, NULL);
}
