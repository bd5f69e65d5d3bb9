// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A VM's instance: backend, limits, capset, statistics, reset.
 *
 * What does not live here: what a VM consists of (ctx.c, blob.c, events.c).
 */
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* The tables' wire structs are what both sides think they are. */
#define VIRTKFD_STRUCT(name, size) \
	_Static_assert(sizeof(struct name) == (size), #name); \
	_Static_assert(_Alignof(struct name) <= 8, #name);
#include <linux/virtio_gpu_amdkfd_tables.h>

static const struct virtkfd_limits default_limits = {
	.contexts = 256,
	.queues = 1024,
	.events = KFD_SIGNAL_EVENT_LIMIT + 256,
	.blobs = 16384,
	.vram = 16ULL << 30,
	.pinned = 64ULL << 30,
};

static int open_backend(struct virtkfd_vm *vm, const char *name, const char *soft_gpu)
{
	static const struct virtkfd_backend_ops *const backends[] = {
		&virtkfd_backend_kfd, &virtkfd_backend_soft,
	};
	struct virtkfd_backend_params params = {
		.vram_size = vm->limits.vram,
		.soft_gpu = soft_gpu,
		.log = vk_log_backend,
		.opaque = vm,
	};
	bool any = !strcmp(name, "auto"), known = any;
	int ret = -EINVAL;

	for (size_t i = 0; i < ARRAY_SIZE(backends); i++) {
		if (!any && strcmp(name, backends[i]->name))
			continue;
		known = true;
		ret = backends[i]->open(&params, &vm->backend);
		if (!ret) {
			vm->be = backends[i];
			return 0;
		}
		if (!any)
			return ret;
	}
	if (!known)
		vk_log(vm, VIRTKFD_LOG_ERROR,
		       "unknown backend \"%s\": use auto, kfd or soft", name);
	return ret;
}

int virtkfd_vm_create(const struct virtkfd_vm_params *params, struct virtkfd_vm **result)
{
	struct virtkfd_vm *vm;
	int ret;

	if (!params->ops || !params->ops->map_guest || !params->ops->unmap_guest ||
	    !params->ops->fence)
		return -EINVAL;
	vm = calloc(1, sizeof(*vm));
	if (!vm)
		return -ENOMEM;
	vm->ops = params->ops;
	vm->opaque = params->opaque;
	vm->limits = params->limits;
#define DEFAULT(field) \
	do { if (!vm->limits.field) vm->limits.field = default_limits.field; } while (0)
	DEFAULT(contexts);
	DEFAULT(queues);
	DEFAULT(events);
	DEFAULT(blobs);
	DEFAULT(vram);
	DEFAULT(pinned);
#undef DEFAULT
	LIST_INIT(&vm->blobs);
	TAILQ_INIT(&vm->fired);
	STAILQ_INIT(&vm->fences);
	pthread_mutex_init(&vm->lock, NULL);
	pthread_mutex_init(&vm->log_lock, NULL);

	ret = open_backend(vm, params->backend ? params->backend : "auto", params->soft_gpu);
	if (ret)
		goto err_free;
	vm->be->info(vm->backend, &vm->info);
	vm->gpus = calloc(vm->info.num_gpus, sizeof(*vm->gpus));
	if (!vm->gpus) {
		ret = -ENOMEM;
		goto err_close;
	}
	for (uint32_t i = 0; i < vm->info.num_gpus; i++)
		vm->be->gpu(vm->backend, i, &vm->gpus[i]);
	vk_log(vm, VIRTKFD_LOG_INFO, "backend %s: KFD %u.%u, %u GPU(s)", vm->be->name,
	       vm->info.kfd_major, vm->info.kfd_minor, vm->info.num_gpus);
	*result = vm;
	return 0;

err_close:
	vm->be->close(vm->backend);
err_free:
	pthread_mutex_destroy(&vm->log_lock);
	pthread_mutex_destroy(&vm->lock);
	free(vm);
	return ret;
}

void virtkfd_vm_reset(struct virtkfd_vm *vm)
{
	struct virtkfd_blob *blob;

	while (vm->ctxs)
		virtkfd_ctx_destroy(vm, (*(struct virtkfd_ctx **)vm->ctxs)->id);
	while ((blob = LIST_FIRST(&vm->blobs))) {
		if (blob->mapped)
			virtkfd_blob_unmapped(blob);
		virtkfd_blob_destroy(blob);
	}
}

void virtkfd_vm_destroy(struct virtkfd_vm *vm)
{
	if (!vm)
		return;
	virtkfd_vm_reset(vm);
	vm->be->close(vm->backend);
	pthread_mutex_destroy(&vm->log_lock);
	pthread_mutex_destroy(&vm->lock);
	free(vm->gpus);
	free(vm);
}

void virtkfd_vm_capset(struct virtkfd_vm *vm, struct virtkfd_capset *capset)
{
	memset(capset, 0, sizeof(*capset));
	capset->version = VIRTKFD_CAPSET_VERSION;
	capset->features = vm->info.features;
	capset->kfd_major = vm->info.kfd_major;
	capset->kfd_minor = vm->info.kfd_minor;
	capset->num_gpus = vm->info.num_gpus;
	capset->max_contexts = vm->limits.contexts;
	capset->max_submit = VK_MAX_SUBMIT;
	capset->max_events = vm->limits.events;
	strncpy((char *)capset->backend, vm->be->name, sizeof(capset->backend) - 1);
}

void virtkfd_vm_stats(struct virtkfd_vm *vm, struct virtkfd_stats *stats)
{
	*stats = vm->stats;
}

/* Number of the GPU with that id, or -ENODEV. */
int vk_gpu_index(struct virtkfd_vm *vm, uint32_t gpu_id)
{
	for (uint32_t i = 0; i < vm->info.num_gpus; i++)
		if (vm->gpus[i].gpu_id == gpu_id)
			return i;
	return -ENODEV;
}
