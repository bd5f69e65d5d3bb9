// SPDX-License-Identifier: GPL-2.0 OR MIT
/* See harness.h. */
#include <stdio.h>

#include "harness.h"

static int map_guest(void *opaque, uint64_t gpa, uint64_t *len, struct virtkfd_guest_range *range)
{
	struct guest *guest = opaque;
	uint64_t end = gpa < RAM_SPLIT ? RAM_SPLIT : RAM_SIZE;

	if (gpa >= RAM_SIZE || *len > RAM_SIZE - gpa)
		return -EFAULT;
	if (*len > end - gpa)
		*len = end - gpa;
	*range = (struct virtkfd_guest_range){
		.ptr = guest->ram + gpa, .len = *len, .fd = -1, .cookie = guest,
	};
	guest->mapped++;
	for (uint64_t i = gpa / PAGE; i < (gpa + *len) / PAGE; i++)
		guest->pins[i]++;
	return 0;
}

static void unmap_guest(void *opaque, struct virtkfd_guest_range *range)
{
	struct guest *guest = opaque;
	uint64_t gpa = (uint8_t *)range->ptr - guest->ram;

	assert_ptr_equal(range->cookie, guest);
	for (uint64_t i = gpa / PAGE; i < (gpa + range->len) / PAGE; i++)
		assert_true(guest->pins[i]-- > 0);
	guest->mapped--;
}

static void report_fence(void *opaque, uint32_t ctx_id, uint32_t ring, uint64_t fence_id)
{
	struct guest *guest = opaque;

	pthread_mutex_lock(&guest->lock);
	guest->fences[guest->num_fences++ % MAX_FENCES] =
		(struct fence){ .ctx_id = ctx_id, .ring = ring, .id = fence_id };
	pthread_cond_broadcast(&guest->cond);
	pthread_mutex_unlock(&guest->lock);
}

/* VIRTKFD_TEST_LOG=1 in the environment shows the library's log. */
static void log_line(void *opaque, enum virtkfd_log_level level, const char *line)
{
	struct guest *guest = opaque;

	if (level == VIRTKFD_LOG_WARNING)
		__atomic_fetch_add(&guest->warnings, 1, __ATOMIC_RELAXED);
	if (getenv("VIRTKFD_TEST_LOG"))
		fprintf(stderr, "%d %s\n", level, line);
}

static const struct virtkfd_vmm_ops ops = {
	.map_guest = map_guest,
	.unmap_guest = unmap_guest,
	.fence = report_fence,
	.log = log_line,
};

struct guest *guest_bare(void)
{
	struct guest *guest = calloc(1, sizeof(*guest));

	assert_non_null(guest);
	guest->ram = aligned_alloc(PAGE, RAM_SIZE);
	assert_non_null(guest->ram);
	memset(guest->ram, 0, RAM_SIZE);
	pthread_mutex_init(&guest->lock, NULL);
	pthread_cond_init(&guest->cond, NULL);
	return guest;
}

int guest_vm_create(struct guest *guest, const struct virtkfd_limits *limits)
{
	struct virtkfd_vm_params params = {
		.backend = "soft", .soft_gpu = guest->soft_gpu, .ops = &ops, .opaque = guest,
	};

	if (limits)
		params.limits = *limits;
	return virtkfd_vm_create(&params, &guest->vm);
}

struct guest *guest_new_gpu(const struct virtkfd_limits *limits, const char *soft_gpu)
{
	struct guest *guest = guest_bare();
	struct virtkfd_ccmd_topology cmd = {
		.hdr = { .cmd = VIRTKFD_CCMD_TOPOLOGY, .len = sizeof(cmd) },
	};
	struct gctx *ctx;

	guest->soft_gpu = soft_gpu;
	assert_int_equal(guest_vm_create(guest, limits), 0);
	ctx = ctx_new(guest, 1, VIRTKFD_ROLE_CONTROL);
	assert_int_equal(ctx_call(ctx, &cmd), 0);
	guest->gpu_id = ((struct virtkfd_rsp_topology *)ctx->rsp)->gpu_id;
	assert_int_not_equal(guest->gpu_id, 0);
	ctx_free(ctx);
	return guest;
}

struct guest *guest_new(const struct virtkfd_limits *limits)
{
	return guest_new_gpu(limits, NULL);
}

struct virtkfd_stats stats(struct guest *guest)
{
	struct virtkfd_stats st;

	virtkfd_vm_stats(guest->vm, &st);
	return st;
}

void guest_free(struct guest *guest)
{
	struct virtkfd_stats st;

	virtkfd_vm_reset(guest->vm);
	st = stats(guest);
	st.commands = 0;
	for (size_t i = 0; i < sizeof(st) / sizeof(uint64_t); i++)
		assert_int_equal(((uint64_t *)&st)[i], 0);
	assert_int_equal(guest->mapped, 0);
	virtkfd_vm_destroy(guest->vm);
	pthread_cond_destroy(&guest->cond);
	pthread_mutex_destroy(&guest->lock);
	free(guest->ram);
	free(guest);
}

int setup(void **state)
{
	*state = guest_new(NULL);
	return 0;
}

int setup_gfx906(void **state)
{
	*state = guest_new_gpu(NULL, "gfx906");
	return 0;
}

int teardown(void **state)
{
	guest_free(*state);
	return 0;
}

struct gctx *ctx_bare(struct guest *guest, uint32_t id)
{
	struct gctx *ctx = calloc(1, sizeof(*ctx));
	struct iovec iov[3];

	assert_non_null(ctx);
	ctx->guest = guest;
	ctx->id = id;
	ctx->rsp = aligned_alloc(8, RSP_SIZE);
	assert_non_null(ctx->rsp);
	memset(ctx->rsp, 0xee, RSP_SIZE);
	assert_int_equal(virtkfd_ctx_create(guest->vm, id), 0);
	/* In pieces, so that every response crosses a border. */
	iov[0] = (struct iovec){ ctx->rsp, 12 };
	iov[1] = (struct iovec){ ctx->rsp + 12, 20 };
	iov[2] = (struct iovec){ ctx->rsp + 32, RSP_SIZE - 32 };
	assert_int_equal(virtkfd_resource_attach(guest->vm, id, RSP_RES, iov, 3), 0);
	return ctx;
}

struct gctx *ctx_new(struct guest *guest, uint32_t id, uint32_t role)
{
	struct gctx *ctx = ctx_bare(guest, id);

	assert_int_equal(ctx_init(ctx, role, RSP_RES), 0);
	return ctx;
}

struct gctx *ctx_acquired(struct guest *guest, uint32_t id)
{
	struct gctx *ctx = ctx_new(guest, id, VIRTKFD_ROLE_PROCESS);

	assert_int_equal(kfd_acquire(ctx), 0);
	return ctx;
}

void ctx_free(struct gctx *ctx)
{
	virtkfd_ctx_destroy(ctx->guest->vm, ctx->id);
	free(ctx->rsp);
	free(ctx);
}

int ctx_send(struct gctx *ctx, void *cmd, uint32_t rsp_len)
{
	struct virtkfd_ccmd *hdr = cmd;

	hdr->seqno = ++ctx->guest->seqno;
	hdr->rsp_len = rsp_len;
	return virtkfd_submit(ctx->guest->vm, ctx->id, cmd, hdr->len);
}

int ctx_call(struct gctx *ctx, void *cmd)
{
	struct virtkfd_rsp *rsp = (struct virtkfd_rsp *)ctx->rsp;

	assert_int_equal(ctx_send(ctx, cmd, RSP_SIZE), 0);
	assert_int_equal(rsp->seqno, ctx->guest->seqno);
	assert_int_equal(rsp->pad, 0);
	assert_true(rsp->ret <= 0);
	return rsp->ret;
}

int ctx_init(struct gctx *ctx, uint32_t role, uint32_t res_id)
{
	struct virtkfd_ccmd_init cmd = {
		.hdr = { .cmd = VIRTKFD_CCMD_INIT, .len = sizeof(cmd) },
		.role = role, .rsp_res_id = res_id, .pid = ctx->id,
	};

	return ctx_call(ctx, &cmd);
}

int kfd_raw(struct gctx *ctx, uint32_t nr, void *args, uint32_t args_len, const void *in,
	    uint32_t in_len)
{
	uint32_t room = (args_len + 7) & ~7u;
	uint32_t len = sizeof(struct virtkfd_ccmd_ioctl) + room + ((in_len + 7) & ~7u);
	struct virtkfd_ccmd_ioctl *cmd = calloc(1, len);
	struct ioctl_rsp *rsp = (struct ioctl_rsp *)ctx->rsp;
	int ret;

	assert_non_null(cmd);
	cmd->hdr.cmd = VIRTKFD_CCMD_IOCTL;
	cmd->hdr.len = len;
	cmd->nr = nr;
	cmd->args_len = args_len;
	cmd->in_len = in_len;
	if (args_len)
		memcpy(cmd + 1, args, args_len);
	if (in_len)
		memcpy((uint8_t *)(cmd + 1) + room, in, in_len);
	ret = ctx_call(ctx, cmd);
	free(cmd);
	if (rsp->head.rsp.len >= sizeof(rsp->head) && rsp->head.args_len) {
		assert_int_equal(rsp->head.args_len, args_len);
		memcpy(args, rsp->data, args_len);
	}
	return ret;
}

const void *kfd_out(struct gctx *ctx, uint32_t *len)
{
	struct ioctl_rsp *rsp = (struct ioctl_rsp *)ctx->rsp;

	*len = rsp->head.out_len;
	return rsp->data + ((rsp->head.args_len + 7) & ~7u);
}

int kfd_acquire(struct gctx *ctx)
{
	struct kfd_ioctl_acquire_vm_args args = { .gpu_id = ctx->guest->gpu_id };

	return kfd(ctx, ACQUIRE_VM, &args);
}

int kfd_alloc(struct gctx *ctx, uint32_t flags, uint64_t va, uint64_t size, uint64_t *handle)
{
	struct kfd_ioctl_alloc_memory_of_gpu_args args = {
		.va_addr = va, .size = size, .gpu_id = ctx->guest->gpu_id, .flags = flags,
	};
	int ret = kfd(ctx, ALLOC_MEMORY_OF_GPU, &args);

	if (!ret && handle)
		*handle = args.handle;
	assert_int_equal(args.mmap_offset, 0);
	return ret;
}

int kfd_userptr(struct gctx *ctx, uint64_t va, uint64_t gpa, uint64_t size, uint64_t *handle)
{
	struct kfd_ioctl_alloc_memory_of_gpu_args args = {
		.va_addr = va, .size = size, .gpu_id = ctx->guest->gpu_id,
		.flags = USERPTR | WRITABLE,
	};
	uint64_t ext[16];
	unsigned int num = 0;
	uint64_t pages = (size + PAGE - 1) / PAGE;
	int ret;

	for (; pages && num < ARRAY_LEN(ext); num++) {
		uint64_t n = pages < VIRTKFD_EXTENT_MAX_PAGES ? pages : VIRTKFD_EXTENT_MAX_PAGES;

		ext[num] = VIRTKFD_EXTENT(gpa, n);
		gpa += n * PAGE;
		pages -= n;
	}
	ret = kfd_raw(ctx, NR(ALLOC_MEMORY_OF_GPU), &args, sizeof(args), ext, num * 8);
	if (!ret && handle)
		*handle = args.handle;
	return ret;
}

int kfd_free(struct gctx *ctx, uint64_t handle)
{
	struct kfd_ioctl_free_memory_of_gpu_args args = { .handle = handle };

	return kfd(ctx, FREE_MEMORY_OF_GPU, &args);
}

int kfd_map(struct gctx *ctx, uint64_t handle, uint32_t gpu_id, uint32_t *n_success)
{
	struct kfd_ioctl_map_memory_to_gpu_args args = { .handle = handle, .n_devices = 1 };
	int ret;

	ret = kfd_raw(ctx, NR(MAP_MEMORY_TO_GPU), &args, sizeof(args), &gpu_id, 4);
	assert_int_equal(args.handle, handle);
	if (n_success)
		*n_success = args.n_success;
	return ret;
}

int kfd_unmap(struct gctx *ctx, uint64_t handle, uint32_t gpu_id, uint32_t *n_success)
{
	struct kfd_ioctl_unmap_memory_from_gpu_args args = { .handle = handle, .n_devices = 1 };
	int ret;

	ret = kfd_raw(ctx, NR(UNMAP_MEMORY_FROM_GPU), &args, sizeof(args), &gpu_id, 4);
	if (n_success)
		*n_success = args.n_success;
	return ret;
}

int kfd_event(struct gctx *ctx, uint32_t type, uint64_t page, uint32_t *id)
{
	struct kfd_ioctl_create_event_args args = {
		.event_page_offset = page, .event_type = type,
	};
	int ret = kfd(ctx, CREATE_EVENT, &args);

	assert_int_equal(args.event_page_offset, 0);
	if (!ret && id)
		*id = args.event_id;
	return ret;
}

int kfd_event_destroy(struct gctx *ctx, uint32_t id)
{
	struct kfd_ioctl_destroy_event_args args = { .event_id = id };

	return kfd(ctx, DESTROY_EVENT, &args);
}

int poll_send(struct gctx *control, uint32_t off, uint32_t max)
{
	struct virtkfd_ccmd_event_poll cmd = {
		.hdr = { .cmd = VIRTKFD_CCMD_EVENT_POLL, .len = sizeof(cmd), .rsp_off = off },
		.max_events = max,
	};

	memset(control->rsp + off, 0xee, POLL_SIZE);
	return ctx_send(control, &cmd, POLL_SIZE);
}

const struct virtkfd_event *poll_result(struct gctx *control, uint32_t off, uint32_t *num)
{
	struct virtkfd_rsp_event_poll *rsp = (void *)(control->rsp + off);
	uint32_t len = sizeof(*rsp);

	if (rsp->rsp.len == 0xeeeeeeee) {
		for (uint32_t i = 0; i < POLL_SIZE; i++)
			assert_int_equal(control->rsp[off + i], 0xee);
		*num = 0;
		return NULL;
	}
	assert_int_equal(rsp->rsp.ret, 0);
	assert_int_equal(rsp->rsp.pad, 0);
	assert_true(rsp->num_events > 0);
	assert_int_equal(rsp->event_size, sizeof(struct virtkfd_event));
	len += rsp->num_events * rsp->event_size;
	assert_int_equal(rsp->rsp.len, len);
	for (; len < POLL_SIZE; len++)
		assert_int_equal(control->rsp[off + len], 0xee);
	*num = rsp->num_events;
	return (struct virtkfd_event *)(rsp + 1);
}

uint64_t pinned(struct guest *guest)
{
	uint64_t pages = 0;

	for (size_t i = 0; i < ARRAY_LEN(guest->pins); i++)
		pages += guest->pins[i];
	return pages * PAGE;
}

uint64_t kfd_available(struct gctx *ctx)
{
	struct kfd_ioctl_get_available_memory_args args = { .gpu_id = ctx->guest->gpu_id };

	assert_int_equal(kfd(ctx, AVAILABLE_MEMORY, &args), 0);
	return args.available;
}

bool fence_done(struct guest *guest, uint64_t id)
{
	bool done = false;

	pthread_mutex_lock(&guest->lock);
	for (unsigned int i = 0; i < guest->num_fences && i < MAX_FENCES; i++)
		done |= guest->fences[i].id == id;
	pthread_mutex_unlock(&guest->lock);
	return done;
}
