// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Backend "kfd": the host's own /dev/kfd. Life of instance and contexts, and which ioctl goes
 * where.
 *
 * What does not live here: topology and queries (host_topology.c), memory (host_memory.c), what
 * is mapped into the guest (host_objects.c), events (host_events.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "host.h"

/* A udmabuf of one entry a page then holds what a queue needs in one piece. */
#define LIST_LIMIT_WANTED	16384

void host_log(struct virtkfd_backend *be, enum virtkfd_log_level level, const char *fmt, ...)
{
	char line[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	be->params.log(be->params.opaque, level, line);
}

/* ioctl(2): 0 or a negative errno; goes on when a signal was in the way. */
int host_ioctl(int fd, unsigned long request, void *args)
{
	int ret;

	do {
		ret = ioctl(fd, request, args);
	} while (ret < 0 && errno == EINTR);
	return ret < 0 ? -errno : 0;
}

struct host_gpu *host_gpu_find(struct virtkfd_backend *be, uint32_t gpu_id)
{
	for (uint32_t i = 0; i < be->num_gpus; i++)
		if (be->gpus[i].id == gpu_id)
			return &be->gpus[i];
	return NULL;
}

/* A secondary context; its errors are those of open(2), or of the ioctl. */
static int open_context(void)
{
	int fd = open("/dev/kfd", O_RDWR | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return -errno;
	ret = host_ioctl(fd, AMDKFD_IOC_CREATE_PROCESS, NULL);
	if (ret) {
		close(fd);
		return ret;
	}
	return fd;
}

static int open_kfd(struct virtkfd_backend *be)
{
	struct kfd_ioctl_get_version_args version = { 0 };
	int fd, ret;

	be->fd = open("/dev/kfd", O_RDWR | O_CLOEXEC);
	if (be->fd < 0) {
		host_log(be, VIRTKFD_LOG_INFO, "no backend kfd: /dev/kfd does not open: %s%s",
			 strerror(errno), errno == EINVAL ? ", which means no GPU" : "");
		return -ENODEV;
	}
	ret = host_ioctl(be->fd, AMDKFD_IOC_GET_VERSION, &version);
	if (ret) {
		host_log(be, VIRTKFD_LOG_WARNING, "no backend kfd: GET_VERSION: %s",
			 strerror(-ret));
		return -ENODEV;
	}
	be->kfd_major = version.major_version;
	be->kfd_minor = version.minor_version;
	fd = open_context();
	if (fd < 0) {
		host_log(be, VIRTKFD_LOG_WARNING,
			 "no backend kfd: KFD %u.%u makes no context for a guest process: %s%s",
			 be->kfd_major, be->kfd_minor, strerror(-fd),
			 fd == -ENOTTY ? ", it takes 1.19" : "");
		return -ENODEV;
	}
	close(fd);
	return 0;
}

static int open_gpus(struct virtkfd_backend *be)
{
	int ret = host_find_gpus(be);

	if (ret)
		return ret;
	for (uint32_t i = 0; i < be->num_gpus; i++) {
		char path[40];

		snprintf(path, sizeof(path), "/dev/dri/renderD%u", be->gpus[i].render_minor);
		be->gpus[i].render_fd = open(path, O_RDWR | O_CLOEXEC);
		if (be->gpus[i].render_fd < 0) {
			host_log(be, VIRTKFD_LOG_WARNING, "no backend kfd: %s does not open: %s",
				 path, strerror(errno));
			return -ENODEV;
		}
	}
	return 0;
}

static void open_udmabuf(struct virtkfd_backend *be)
{
	be->udmabuf_fd = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
	if (be->udmabuf_fd < 0) {
		host_log(be, VIRTKFD_LOG_WARNING,
			 "/dev/udmabuf does not open: %s; guests have no memory of theirs on the GPU",
			 strerror(errno));
		return;
	}
	be->list_limit = host_read_number("/sys/module/udmabuf/parameters/list_limit", 1024);
	if (be->list_limit < 1)
		be->list_limit = 1;
	if (be->list_limit < LIST_LIMIT_WANTED)
		host_log(be, VIRTKFD_LOG_INFO,
			 "udmabuf.list_limit is %u: queues whose memory is in more pieces cannot be made; %u does",
			 be->list_limit, LIST_LIMIT_WANTED);
}

static void kfd_close(struct virtkfd_backend *be)
{
	host_poll_close(be);
	for (uint32_t i = 0; i < be->num_gpus; i++)
		if (be->gpus[i].render_fd >= 0)
			close(be->gpus[i].render_fd);
	if (be->udmabuf_fd >= 0)
		close(be->udmabuf_fd);
	if (be->fd >= 0)
		close(be->fd);
	free(be);
}

static int kfd_open(const struct virtkfd_backend_params *params, struct virtkfd_backend **result)
{
	struct virtkfd_backend *be = calloc(1, sizeof(*be));
	int ret;

	if (!be)
		return -ENOMEM;
	be->params = *params;
	be->fd = -1;
	be->udmabuf_fd = -1;
	be->poll.epoll_fd = -1;
	be->poll.wake_fd = -1;
	ret = open_kfd(be);
	if (!ret)
		ret = open_gpus(be);
	if (!ret)
		ret = host_poll_open(be);
	if (ret) {
		kfd_close(be);
		return ret;
	}
	open_udmabuf(be);
	*result = be;
	return 0;
}

static void kfd_info(struct virtkfd_backend *be, struct virtkfd_backend_info *info)
{
	info->features = VIRTKFD_F_QUEUES;
	if (be->udmabuf_fd >= 0)
		info->features |= VIRTKFD_F_USERPTR;
	info->kfd_major = be->kfd_major;
	info->kfd_minor = be->kfd_minor;
	info->num_gpus = be->num_gpus;
}

static void kfd_gpu(struct virtkfd_backend *be, uint32_t gpu, struct virtkfd_gpu_info *info)
{
	info->gpu_id = be->gpus[gpu].id;
	info->doorbell_size = be->gpus[gpu].doorbell_size;
}

static void ctx_free(struct virtkfd_backend_ctx *ctx)
{
	for (uint32_t i = 0; ctx->render_fds && i < ctx->be->num_gpus; i++)
		if (ctx->render_fds[i] >= 0)
			close(ctx->render_fds[i]);
	free(ctx->render_fds);
	if (ctx->fd >= 0)
		close(ctx->fd);
	free(ctx);
}

/*
 * Without it nobody hears that a queue of the context does not go on. Of a kernel without poll(2)
 * it would ask for something else: bits in this process's memory.
 */
static void hear_exceptions(struct virtkfd_backend_ctx *ctx)
{
	struct kfd_ioctl_runtime_enable_args args = {
		.mode_mask = KFD_RUNTIME_ENABLE_MODE_ENABLE_MASK,
	};
	int ret;

	if (ctx->be->poll.epoll_fd < 0)
		return;
	ret = host_ioctl(ctx->fd, AMDKFD_IOC_RUNTIME_ENABLE, &args);
	if (ret)
		host_log(ctx->be, VIRTKFD_LOG_WARNING,
			 "exceptions of a guest process's queues are not heard: RUNTIME_ENABLE: %s",
			 strerror(-ret));
}

static int kfd_ctx_open(struct virtkfd_backend *be, void (*notify)(void *opaque), void *opaque,
			struct virtkfd_backend_ctx **result)
{
	struct virtkfd_backend_ctx *ctx = calloc(1, sizeof(*ctx));
	int ret;

	if (!ctx)
		return -ENOMEM;
	ctx->be = be;
	ctx->notify = notify;
	ctx->opaque = opaque;
	ctx->fd = -1;
	LIST_INIT(&ctx->objs);
	LIST_INIT(&ctx->queues);
	LIST_INIT(&ctx->ranges);
	ctx->render_fds = malloc(be->num_gpus * sizeof(*ctx->render_fds));
	if (!ctx->render_fds) {
		ret = -ENOMEM;
		goto err_free;
	}
	for (uint32_t i = 0; i < be->num_gpus; i++)
		ctx->render_fds[i] = -1;
	ctx->fd = open_context();
	if (ctx->fd < 0) {
		ret = ctx->fd;
		goto err_free;
	}
	hear_exceptions(ctx);
	ret = host_events_open(ctx);
	if (ret)
		goto err_free;
	*result = ctx;
	return 0;

err_free:
	ctx_free(ctx);
	return ret;
}

/*
 * A page mapped of the file would keep it, and with it the queues. Closing it ends what the
 * context has, but not what is behind dma-bufs of objects.
 */
static void kfd_ctx_close(struct virtkfd_backend_ctx *ctx)
{
	host_events_close(ctx);
	host_objects_close(ctx);
	host_memory_close(ctx);
	host_render_close(ctx);
	ctx_free(ctx);
}

/*
 * The file of the render node becomes the GPU VM of the context, as a process's own does
 * natively; it is the same one each time.
 */
static int acquire_vm(struct virtkfd_backend_ctx *ctx, struct kfd_ioctl_acquire_vm_args *args)
{
	struct host_gpu *gpu = host_gpu_find(ctx->be, args->gpu_id);
	struct kfd_ioctl_acquire_vm_args host = { .gpu_id = args->gpu_id };
	uint32_t index;
	char path[40];

	if (!gpu)
		return -EINVAL;
	index = gpu - ctx->be->gpus;
	if (ctx->render_fds[index] < 0) {
		snprintf(path, sizeof(path), "/dev/dri/renderD%u", gpu->render_minor);
		ctx->render_fds[index] = open(path, O_RDWR | O_CLOEXEC);
		if (ctx->render_fds[index] < 0)
			return -errno;
	}
	host.drm_fd = ctx->render_fds[index];
	return host_ioctl(ctx->fd, AMDKFD_IOC_ACQUIRE_VM, &host);
}

/*
 * amdkfd writes a header and a control stack for each compute die, the further ones behind all that
 * the guest calls the save area; there is no such room here.
 */
static int get_wave_state(struct virtkfd_backend_ctx *ctx, void *args)
{
	for (uint32_t i = 0; i < ctx->be->num_gpus; i++)
		if (ctx->be->gpus[i].num_xcc > 1)
			return -EINVAL;
	return host_ioctl(ctx->fd, AMDKFD_IOC_GET_QUEUE_WAVE_STATE, args);
}

static int kfd_ioctl(struct virtkfd_backend_ctx *ctx, unsigned int nr, void *args)
{
	/* What is passed as it is: one of each. */
	static const unsigned long requests[] = {
#define FORWARD(name)	[_IOC_NR(AMDKFD_IOC_##name)] = AMDKFD_IOC_##name
		FORWARD(SET_MEMORY_POLICY),
		FORWARD(GET_CLOCK_COUNTERS),
		FORWARD(GET_PROCESS_APERTURES),
		FORWARD(UPDATE_QUEUE),
		FORWARD(SET_SCRATCH_BACKING_VA),
		FORWARD(GET_TILE_CONFIG),
		FORWARD(SET_TRAP_HANDLER),
		FORWARD(GET_PROCESS_APERTURES_NEW),
		FORWARD(SET_CU_MASK),
		FORWARD(ALLOC_QUEUE_GWS),
		FORWARD(SET_XNACK_MODE),
		FORWARD(AVAILABLE_MEMORY),
#undef FORWARD
	};

	switch (nr) {
	case _IOC_NR(AMDKFD_IOC_ACQUIRE_VM):
		return acquire_vm(ctx, args);
	case _IOC_NR(AMDKFD_IOC_CREATE_QUEUE):
		return host_create_queue(ctx, args);
	case _IOC_NR(AMDKFD_IOC_DESTROY_QUEUE):
		return host_destroy_queue(ctx, args);
	case _IOC_NR(AMDKFD_IOC_GET_QUEUE_WAVE_STATE):
		return get_wave_state(ctx, args);
	case _IOC_NR(AMDKFD_IOC_ALLOC_MEMORY_OF_GPU):
		return host_alloc(ctx, args);
	case _IOC_NR(AMDKFD_IOC_FREE_MEMORY_OF_GPU):
		return host_free(ctx, args);
	case _IOC_NR(AMDKFD_IOC_MAP_MEMORY_TO_GPU):
		return host_map(ctx, args);
	case _IOC_NR(AMDKFD_IOC_UNMAP_MEMORY_FROM_GPU):
		return host_unmap(ctx, args);
	case _IOC_NR(AMDKFD_IOC_CREATE_EVENT):
		return host_event_create(ctx, args);
	case _IOC_NR(AMDKFD_IOC_DESTROY_EVENT):
		return host_event_destroy(ctx, args);
	default:
		if (nr >= ARRAY_SIZE(requests) || !requests[nr])
			return -ENOTTY;
		return host_ioctl(ctx->fd, requests[nr], args);
	}
}

const struct virtkfd_backend_ops virtkfd_backend_kfd = {
	.name = "kfd",
	.open = kfd_open,
	.close = kfd_close,
	.info = kfd_info,
	.gpu = kfd_gpu,
	.topology = host_topology,
	.render_info = host_render_info,
	.ctx_open = kfd_ctx_open,
	.ctx_close = kfd_ctx_close,
	.ioctl = kfd_ioctl,
	.alloc_user = host_alloc_user,
	.obj_get = host_obj_get,
	.obj_put = host_obj_put,
	.obj_map = host_obj_map,
	.obj_unmapped = host_obj_unmapped,
	.import = host_import,
	.render_va = host_render_va,
	.events = host_events,
};
