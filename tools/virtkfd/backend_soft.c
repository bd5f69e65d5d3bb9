// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Backend "soft": life of instance and contexts, and the ioctls that set or tell one thing.
 *
 * What does not live here: topology and queries (soft_topology.c, soft_info.c), memory
 * (soft_memory.c, soft_vm.c), events (soft_events.c), queues (soft_queues.c, soft_exec.c).
 *
 * Source of semantics, errnos and the order of checks: drivers/gpu/drm/amd/amdkfd of Linux
 * 7.3, kfd_chardev.c where nothing else is said.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "soft.h"

/* One CPU node; amdkfd counts all of them in GET_PROCESS_APERTURES_NEW's bound. */
#define NUM_CPU_NODES	1

void soft_log(struct virtkfd_backend *be, enum virtkfd_log_level level, const char *fmt, ...)
{
	char line[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	be->params.log(be->params.opaque, level, line);
}

static int soft_open(const struct virtkfd_backend_params *params, struct virtkfd_backend **be)
{
	struct virtkfd_backend *soft = calloc(1, sizeof(*soft));

	if (!soft)
		return -ENOMEM;
	soft->params = *params;
	soft->kind = soft_kind(params->soft_gpu);
	if (!soft->kind) {
		soft_log(soft, VIRTKFD_LOG_ERROR,
			 "unknown software GPU \"%s\": use gfx942 or gfx906", params->soft_gpu);
		free(soft);
		return -EINVAL;
	}
	soft->gtt_size = (uint64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE) / 2;
	soft->num_gpus = SOFT_NUM_GPUS;
	for (uint32_t i = 0; i < soft->num_gpus; i++) {
		soft->gpus[i].id = soft->kind->gpu_id + i;
		soft->gpus[i].vram_size = ALIGN_DOWN(params->vram_size, SOFT_VRAM_ALIGN);
		if (soft->gpus[i].vram_size < SOFT_VRAM_LEAST)
			soft->gpus[i].vram_size = SOFT_VRAM_LEAST;
	}
	*be = soft;
	return 0;
}

static void soft_close(struct virtkfd_backend *be)
{
	for (uint32_t i = 0; i < be->num_gpus; i++)
		softgpu_destroy(be->gpus[i].exec);
	free(be);
}

static void soft_backend_info(struct virtkfd_backend *be, struct virtkfd_backend_info *info)
{
	info->features = VIRTKFD_F_USERPTR | VIRTKFD_F_TRAPPED_DOORBELL | VIRTKFD_F_QUEUES;
	info->kfd_major = KFD_IOCTL_MAJOR_VERSION;
	info->kfd_minor = KFD_IOCTL_MINOR_VERSION;
	info->num_gpus = be->num_gpus;
}

static void soft_gpu_info(struct virtkfd_backend *be, uint32_t gpu, struct virtkfd_gpu_info *info)
{
	info->gpu_id = be->gpus[gpu].id;
	info->doorbell_size = SOFT_DOORBELL_SIZE;
}

static int soft_ctx_open(struct virtkfd_backend *be, void (*notify)(void *opaque), void *opaque,
			 struct virtkfd_backend_ctx **result)
{
	struct virtkfd_backend_ctx *ctx = calloc(1, sizeof(*ctx));
	pthread_rwlockattr_t attr;
	int ret;

	if (!ctx)
		return -ENOMEM;
	ctx->be = be;
	ctx->notify = notify;
	ctx->opaque = opaque;
	for (uint32_t i = 0; i < be->num_gpus; i++) {
		ctx->pdds[i].ctx = ctx;
		ctx->pdds[i].gpu = &be->gpus[i];
		ctx->pdds[i].index = i;
	}
	ret = soft_store_create(be, &ctx->store);
	if (ret)
		goto err_free;
	ret = soft_events_open(ctx);
	if (ret)
		goto err_store;
	pthread_mutex_init(&ctx->lock, NULL);
	pthread_rwlockattr_init(&attr);
	pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&ctx->vm_lock, &attr);
	pthread_rwlockattr_destroy(&attr);
	*result = ctx;
	return 0;

err_store:
	soft_store_put(ctx->store);
err_free:
	free(ctx);
	return ret;
}

static void soft_ctx_close(struct virtkfd_backend_ctx *ctx)
{
	soft_queues_close(ctx);
	soft_events_close(ctx);
	for (uint32_t i = 0; i < ctx->be->num_gpus; i++)
		soft_vm_close(&ctx->pdds[i]);
	soft_memory_close(ctx);
	soft_store_put(ctx->store);
	pthread_rwlock_destroy(&ctx->vm_lock);
	pthread_mutex_destroy(&ctx->lock);
	free(ctx);
}

/* kfd_process_device_data_by_id() */
struct soft_pdd *soft_pdd(struct virtkfd_backend_ctx *ctx, uint32_t gpu_id)
{
	for (uint32_t i = 0; i < ctx->be->num_gpus; i++)
		if (ctx->pdds[i].gpu->id == gpu_id)
			return &ctx->pdds[i];
	return NULL;
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* The GPU's counter, SOFT_CLOCK_KHZ. */
uint64_t soft_gpu_clock(void)
{
	return clock_ns(CLOCK_MONOTONIC_RAW) / (1000000 / SOFT_CLOCK_KHZ);
}

static bool bad_policy(uint32_t policy)
{
	return policy != KFD_IOC_CACHE_POLICY_COHERENT &&
	       policy != KFD_IOC_CACHE_POLICY_NONCOHERENT;
}

/* set_cache_memory_policy_v9() has nothing of it left but the check of the values. */
static int set_memory_policy(struct virtkfd_backend_ctx *ctx,
			     struct kfd_ioctl_set_memory_policy_args *args)
{
	struct soft_pdd *pdd = soft_pdd(ctx, args->gpu_id);

	if (bad_policy(args->default_policy) || bad_policy(args->alternate_policy) || !pdd)
		return -EINVAL;
	return pdd->acquired ? 0 : -ESRCH;
}

static int get_clock_counters(struct virtkfd_backend_ctx *ctx,
			      struct kfd_ioctl_get_clock_counters_args *args)
{
	args->gpu_clock_counter = soft_pdd(ctx, args->gpu_id) ? soft_gpu_clock() : 0;
	args->cpu_clock_counter = clock_ns(CLOCK_MONOTONIC_RAW);
	args->system_clock_counter = clock_ns(CLOCK_BOOTTIME);
	args->system_clock_freq = 1000000000;
	return 0;
}

/* kfd_init_apertures_v9() in kfd_flat_memory.c */
static void fill_apertures(struct soft_pdd *pdd, struct kfd_process_device_apertures *pa)
{
	memset(pa, 0, sizeof(*pa));
	pa->gpu_id = pdd->gpu->id;
	pa->lds_base = 1ULL << 48;
	pa->lds_limit = pa->lds_base | UINT32_MAX;
	pa->gpuvm_base = SOFT_VA_BOTTOM;
	pa->gpuvm_limit = SOFT_VA_HOLE - 1;
	pa->scratch_base = 2ULL << 48;
	pa->scratch_limit = pa->scratch_base | UINT32_MAX;
}

static int get_apertures(struct virtkfd_backend_ctx *ctx,
			 struct kfd_ioctl_get_process_apertures_args *args)
{
	uint32_t num = MIN(ctx->be->num_gpus, NUM_OF_SUPPORTED_GPUS);

	for (uint32_t i = 0; i < num; i++)
		fill_apertures(&ctx->pdds[i], &args->process_apertures[i]);
	args->num_of_nodes = num;
	return 0;
}

static int get_apertures_new(struct virtkfd_backend_ctx *ctx,
			     struct kfd_ioctl_get_process_apertures_new_args *args)
{
	struct kfd_process_device_apertures *pa =
		(void *)(uintptr_t)args->kfd_process_device_apertures_ptr;

	if (!args->num_of_nodes) {
		args->num_of_nodes = ctx->be->num_gpus;
		return 0;
	}
	if (args->num_of_nodes > NUM_CPU_NODES + ctx->be->num_gpus)
		return -EINVAL;
	args->num_of_nodes = MIN(args->num_of_nodes, ctx->be->num_gpus);
	for (uint32_t i = 0; i < args->num_of_nodes; i++)
		fill_apertures(&ctx->pdds[i], &pa[i]);
	return 0;
}

static int set_scratch(struct virtkfd_backend_ctx *ctx,
		       struct kfd_ioctl_set_scratch_backing_va_args *args)
{
	struct soft_pdd *pdd = soft_pdd(ctx, args->gpu_id);

	if (!pdd)
		return -EINVAL;
	if (!pdd->acquired)
		return -ENODEV;
	pdd->scratch_va = args->va_addr;
	return 0;
}

/* No more elements than there are, and those zero. */
static uint32_t zero_array(uint64_t array, uint32_t num, uint32_t most)
{
	num = MIN(num, most);
	if (num)
		memset((void *)(uintptr_t)array, 0, num * sizeof(uint32_t));
	return num;
}

/*
 * amdgpu_amdkfd_get_tile_config(): the size of the arrays is that of struct
 * amdgpu_gfx_config, their content and the counts are not set since GFX9.
 */
static int get_tile_config(struct virtkfd_backend_ctx *ctx,
			   struct kfd_ioctl_get_tile_config_args *args)
{
	if (!soft_pdd(ctx, args->gpu_id))
		return -EINVAL;
	args->gb_addr_config = SOFT_GB_ADDR_CONFIG;
	args->num_banks = 0;
	args->num_ranks = 0;
	args->num_tile_configs = zero_array(args->tile_config_ptr, args->num_tile_configs, 32);
	args->num_macro_tile_configs = zero_array(args->macro_tile_config_ptr,
						  args->num_macro_tile_configs, 16);
	return 0;
}

static int set_trap_handler(struct virtkfd_backend_ctx *ctx,
			    struct kfd_ioctl_set_trap_handler_args *args)
{
	struct soft_pdd *pdd = soft_pdd(ctx, args->gpu_id);

	if (!pdd)
		return -EINVAL;
	if (!pdd->acquired)
		return -ESRCH;
	pdd->tba = args->tba_addr;
	pdd->tma = args->tma_addr;
	return 0;
}

/*
 * A GPU booted with noretry, its default, that cannot switch per process: XNACK is off and
 * kfd_process_xnack_mode() refuses to turn it on. (A real gfx942 can.)
 */
static int set_xnack_mode(struct kfd_ioctl_set_xnack_mode_args *args)
{
	if (args->xnack_enabled > 0)
		return -EPERM;
	args->xnack_enabled = 0;
	return 0;
}

static int available_memory(struct virtkfd_backend_ctx *ctx,
			    struct kfd_ioctl_get_available_memory_args *args)
{
	struct soft_pdd *pdd = soft_pdd(ctx, args->gpu_id);

	if (!pdd)
		return -EINVAL;
	args->available = soft_vram_available(ctx->be, pdd->gpu, pdd->gpu->vram_used_aligned);
	args->available = ALIGN_DOWN(args->available, SOFT_VRAM_ALIGN);
	return 0;
}

static int soft_ioctl(struct virtkfd_backend_ctx *ctx, unsigned int nr, void *args)
{
	switch (nr) {
	case _IOC_NR(AMDKFD_IOC_CREATE_QUEUE):
		return soft_queue_create(ctx, args);
	case _IOC_NR(AMDKFD_IOC_DESTROY_QUEUE):
		return soft_queue_destroy(ctx, args);
	case _IOC_NR(AMDKFD_IOC_UPDATE_QUEUE):
		return soft_queue_update(ctx, args);
	case _IOC_NR(AMDKFD_IOC_SET_CU_MASK):
		return soft_set_cu_mask(ctx, args);
	case _IOC_NR(AMDKFD_IOC_GET_QUEUE_WAVE_STATE):
		return soft_wave_state(ctx, args);
	case _IOC_NR(AMDKFD_IOC_ALLOC_QUEUE_GWS):
		return soft_alloc_gws(ctx, args);
	case _IOC_NR(AMDKFD_IOC_SET_MEMORY_POLICY):
		return set_memory_policy(ctx, args);
	case _IOC_NR(AMDKFD_IOC_GET_CLOCK_COUNTERS):
		return get_clock_counters(ctx, args);
	case _IOC_NR(AMDKFD_IOC_GET_PROCESS_APERTURES):
		return get_apertures(ctx, args);
	case _IOC_NR(AMDKFD_IOC_CREATE_EVENT):
		return soft_event_create(ctx, args);
	case _IOC_NR(AMDKFD_IOC_DESTROY_EVENT):
		return soft_event_destroy(ctx, args);
	case _IOC_NR(AMDKFD_IOC_SET_SCRATCH_BACKING_VA):
		return set_scratch(ctx, args);
	case _IOC_NR(AMDKFD_IOC_GET_TILE_CONFIG):
		return get_tile_config(ctx, args);
	case _IOC_NR(AMDKFD_IOC_SET_TRAP_HANDLER):
		return set_trap_handler(ctx, args);
	case _IOC_NR(AMDKFD_IOC_GET_PROCESS_APERTURES_NEW):
		return get_apertures_new(ctx, args);
	case _IOC_NR(AMDKFD_IOC_ACQUIRE_VM):
		return soft_acquire_vm(ctx, args);
	case _IOC_NR(AMDKFD_IOC_ALLOC_MEMORY_OF_GPU):
		return soft_alloc(ctx, args, NULL, 0);
	case _IOC_NR(AMDKFD_IOC_FREE_MEMORY_OF_GPU):
		return soft_free(ctx, args);
	case _IOC_NR(AMDKFD_IOC_MAP_MEMORY_TO_GPU):
		return soft_map(ctx, args);
	case _IOC_NR(AMDKFD_IOC_UNMAP_MEMORY_FROM_GPU):
		return soft_unmap(ctx, args);
	case _IOC_NR(AMDKFD_IOC_SET_XNACK_MODE):
		return set_xnack_mode(args);
	case _IOC_NR(AMDKFD_IOC_AVAILABLE_MEMORY):
		return available_memory(ctx, args);
	default:
		return -ENOTTY;
	}
}

const struct virtkfd_backend_ops virtkfd_backend_soft = {
	.name = "soft",
	.open = soft_open,
	.close = soft_close,
	.info = soft_backend_info,
	.gpu = soft_gpu_info,
	.topology = soft_topology,
	.render_info = soft_render_info,
	.ctx_open = soft_ctx_open,
	.ctx_close = soft_ctx_close,
	.ioctl = soft_ioctl,
	.alloc_user = soft_alloc,
	.obj_get = soft_obj_get,
	.obj_put = soft_obj_put,
	.obj_map = soft_obj_map,
	.import = soft_import,
	.render_va = soft_render_va,
	.doorbell = soft_doorbell,
	.events = soft_events,
};
