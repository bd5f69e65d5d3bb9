// SPDX-License-Identifier: GPL-2.0 OR MIT
/* The calls that are let fail, see kfd_failnth_lib.h. */
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <drm/amdgpu_drm.h>

#include "kfd_failnth_lib.h"

#define MB		(1024 * 1024UL)

static int get_version(struct ctx *c)
{
	struct kfd_ioctl_get_version_args args;

	return kfd_ioctl(c->kfd.fd, AMDKFD_IOC_GET_VERSION, &args);
}

static int get_clocks(struct ctx *c)
{
	struct kfd_ioctl_get_clock_counters_args args = { .gpu_id = c->kfd.gpu_id };

	return kfd_ioctl(c->kfd.fd, AMDKFD_IOC_GET_CLOCK_COUNTERS, &args);
}

static int get_apertures(struct ctx *c)
{
	struct kfd_ioctl_get_process_apertures_args args = {};

	return kfd_ioctl(c->kfd.fd, AMDKFD_IOC_GET_PROCESS_APERTURES, &args);
}

static int get_apertures_new(struct ctx *c)
{
	struct kfd_process_device_apertures apertures[2];
	struct kfd_ioctl_get_process_apertures_new_args args = {
		.kfd_process_device_apertures_ptr = (uintptr_t)apertures,
		.num_of_nodes = 2,
	};

	return kfd_ioctl(c->kfd.fd, AMDKFD_IOC_GET_PROCESS_APERTURES_NEW, &args);
}

static int get_tile_config(struct ctx *c)
{
	uint32_t tiles[32], macros[16];
	struct kfd_ioctl_get_tile_config_args args = {
		.tile_config_ptr = (uintptr_t)tiles,
		.macro_tile_config_ptr = (uintptr_t)macros,
		.num_tile_configs = 32,
		.num_macro_tile_configs = 16,
		.gpu_id = c->kfd.gpu_id,
	};

	return kfd_ioctl(c->kfd.fd, AMDKFD_IOC_GET_TILE_CONFIG, &args);
}

static int set_memory_policy(struct ctx *c)
{
	struct kfd_ioctl_set_memory_policy_args args = {
		.gpu_id = c->kfd.gpu_id,
		.default_policy = KFD_IOC_CACHE_POLICY_COHERENT,
		.alternate_policy = KFD_IOC_CACHE_POLICY_COHERENT,
	};

	return kfd_ioctl(c->kfd.fd, AMDKFD_IOC_SET_MEMORY_POLICY, &args);
}

static int set_scratch(struct ctx *c)
{
	struct kfd_ioctl_set_scratch_backing_va_args args = {
		.gpu_id = c->kfd.gpu_id,
		.va_addr = (uintptr_t)c->gtt.va,
	};

	return kfd_ioctl(c->kfd.fd, AMDKFD_IOC_SET_SCRATCH_BACKING_VA, &args);
}

static int set_trap_handler(struct ctx *c)
{
	struct kfd_ioctl_set_trap_handler_args args = {
		.gpu_id = c->kfd.gpu_id,
		.tba_addr = (uintptr_t)c->gtt.va,
	};

	return kfd_ioctl(c->kfd.fd, AMDKFD_IOC_SET_TRAP_HANDLER, &args);
}

static int available_memory(struct ctx *c)
{
	struct kfd_ioctl_get_available_memory_args args = { .gpu_id = c->kfd.gpu_id };

	return kfd_ioctl(c->kfd.fd, AMDKFD_IOC_AVAILABLE_MEMORY, &args);
}

static int query_xnack(struct ctx *c)
{
	struct kfd_ioctl_set_xnack_mode_args args = { .xnack_enabled = -1 };

	return kfd_ioctl(c->kfd.fd, AMDKFD_IOC_SET_XNACK_MODE, &args);
}

static int render_info(struct ctx *c)
{
	struct drm_amdgpu_info_device dev;

	return kfd_render_info(&c->kfd, AMDGPU_INFO_DEV_INFO, &dev, sizeof(dev));
}

static int alloc(struct ctx *c, void *va, uint64_t size, uint32_t flags, uint64_t offset)
{
	c->mem.offset = offset;
	return kfd_alloc_at(&c->kfd, (uintptr_t)va, size, flags, &c->mem.offset, &c->mem.handle);
}

static int alloc_gtt(struct ctx *c)
{
	return alloc(c, c->mem.va, MB, MEM(GTT) | MEM(WRITABLE), 0);
}

static int alloc_vram(struct ctx *c)
{
	return alloc(c, c->mem.va, MB, MEM(VRAM) | MEM(PUBLIC), 0);
}

static int alloc_userptr(struct ctx *c)
{
	return alloc(c, c->mem.va, MB, MEM(USERPTR) | MEM(WRITABLE), (uintptr_t)c->user);
}

static int alloc_doorbell(struct ctx *c)
{
	return alloc(c, c->mem.va, c->doorbells, MEM(DOORBELL), 0);
}

static void undo_alloc(struct ctx *c)
{
	kfd_free(&c->kfd, c->mem.handle);
}

static int map_memory(struct ctx *c)
{
	return kfd_map(&c->kfd, c->spare.handle);
}

static void undo_map_memory(struct ctx *c)
{
	kfd_unmap(&c->kfd, c->spare.handle);
}

static int unmap_memory(struct ctx *c)
{
	return kfd_unmap(&c->kfd, c->gtt.handle);
}

static void undo_unmap_memory(struct ctx *c)
{
	kfd_map(&c->kfd, c->gtt.handle);
}

static int free_memory(struct ctx *c)
{
	return kfd_free(&c->kfd, c->spare.handle);
}

static void undo_free_memory(struct ctx *c)
{
	kfd_alloc_at(&c->kfd, (uintptr_t)c->spare.va, MB, MEM(GTT) | MEM(WRITABLE), NULL,
		     &c->spare.handle);
}

static int create_signal(struct ctx *c)
{
	return kfd_create_event(&c->kfd, KFD_IOC_EVENT_SIGNAL, false, &c->made);
}

static int create_memory_event(struct ctx *c)
{
	return kfd_create_event(&c->kfd, KFD_IOC_EVENT_MEMORY, false, &c->made);
}

static void undo_create(struct ctx *c)
{
	kfd_destroy_event(&c->kfd, c->made);
}

static int destroy_event(struct ctx *c)
{
	return kfd_destroy_event(&c->kfd, c->event);
}

static void undo_destroy(struct ctx *c)
{
	kfd_create_event(&c->kfd, KFD_IOC_EVENT_SIGNAL, false, &c->event);
}

static int set_event(struct ctx *c)
{
	return kfd_set_event(&c->kfd, c->event);
}

static int reset_event(struct ctx *c)
{
	return kfd_reset_event(&c->kfd, c->event);
}

static int wait_events(struct ctx *c)
{
	struct kfd_event_data events[4] = {
		{ .event_id = c->event, .signal_event_data.last_event_age = 99 },
		{ .event_id = c->event, .signal_event_data.last_event_age = 99 },
		{ .event_id = c->event, .signal_event_data.last_event_age = 99 },
		{ .event_id = c->event, .signal_event_data.last_event_age = 99 },
	};
	uint32_t result;

	return kfd_wait(&c->kfd, events, 4, true, 100, &result);
}

/* The next id, so that it is known even if it could not be copied to user space. */
static int create_queue(struct ctx *c)
{
	struct kfd_ioctl_create_queue_args args = c->queue.args;

	return kfd_ioctl(c->kfd.fd, AMDKFD_IOC_CREATE_QUEUE, &args);
}

static void undo_create_queue(struct ctx *c)
{
	kfd_destroy_queue(&c->kfd, 1);
}

static int destroy_queue(struct ctx *c)
{
	return kfd_destroy_queue(&c->kfd, 0);
}

/* It may still be there. */
static void undo_destroy_queue(struct ctx *c)
{
	create_queue(c);
	undo_create_queue(c);
}

static int update_queue(struct ctx *c)
{
	return kfd_update_queue(&c->kfd, 0, c->queue.args.ring_base_address, QUEUE_RING_SIZE, 0, 1);
}

static int set_cu_mask(struct ctx *c)
{
	uint32_t mask[4] = { 1 };
	struct kfd_ioctl_set_cu_mask_args args = {
		.num_cu_mask = 128,
		.cu_mask_ptr = (uintptr_t)mask,
	};

	return kfd_ioctl(c->kfd.fd, AMDKFD_IOC_SET_CU_MASK, &args);
}

static int wave_state(struct ctx *c)
{
	struct kfd_context_save_area_header header;
	struct kfd_ioctl_get_queue_wave_state_args args = {
		.ctl_stack_address = (uintptr_t)&header,
	};

	return kfd_ioctl(c->kfd.fd, AMDKFD_IOC_GET_QUEUE_WAVE_STATE, &args);
}

static int open_render(struct ctx *c)
{
	c->fd = kfd_open_render(&c->kfd);
	return c->fd < 0 ? c->fd : 0;
}

static int open_again(struct ctx *c)
{
	c->fd = open("/dev/kfd", O_RDWR | O_CLOEXEC);
	return c->fd < 0 ? -errno : 0;
}

static void undo_open(struct ctx *c)
{
	close(c->fd);
}

/* Keeps @c->fd only if it succeeds. */
static int with_fd(struct ctx *c, int ret)
{
	if (ret)
		close(c->fd);
	return ret;
}

static int create_process(struct ctx *c)
{
	return open_again(c) ?: with_fd(c, kfd_ioctl(c->fd, AMDKFD_IOC_CREATE_PROCESS, NULL));
}

static int smi_events(struct ctx *c)
{
	struct kfd_ioctl_smi_events_args args = { .gpuid = c->kfd.gpu_id, .anon_fd = -1 };
	int ret = kfd_ioctl(c->kfd.fd, AMDKFD_IOC_SMI_EVENTS, &args);

	c->fd = args.anon_fd;
	return ret;
}

/* Of memory that was not exported before. */
static int export_dmabuf(struct ctx *c)
{
	int ret = alloc_gtt(c);

	if (ret)
		return ret;
	c->fd = kfd_export(&c->kfd, c->mem.handle);
	if (c->fd < 0)
		undo_alloc(c);
	return c->fd < 0 ? c->fd : 0;
}

static void undo_export(struct ctx *c)
{
	close(c->fd);
	undo_alloc(c);
}

static int import_dmabuf(struct ctx *c)
{
	return kfd_import(&c->kfd, c->mem.va, c->dmabuf, &c->mem.handle);
}

static int dmabuf_info(struct ctx *c)
{
	struct kfd_ioctl_get_dmabuf_info_args args = { .dmabuf_fd = c->dmabuf };

	return kfd_ioctl(c->kfd.fd, AMDKFD_IOC_GET_DMABUF_INFO, &args);
}

static int gem_map(struct ctx *c)
{
	return kfd_gem_va(&c->kfd, c->gem, AMDGPU_VA_OP_MAP, AMDGPU_VM_PAGE_READABLE,
			  (uintptr_t)c->mem.va, 0, MB);
}

static void undo_gem_map(struct ctx *c)
{
	kfd_gem_va(&c->kfd, c->gem, AMDGPU_VA_OP_UNMAP, 0, (uintptr_t)c->mem.va, 0, MB);
}

static sigjmp_buf no_memory;

static void on_sigbus(int signal)
{
	siglongjmp(no_memory, 1);
}

/* What cannot be mapped for want of memory is a SIGBUS. */
static int touch(struct ctx *c)
{
	if (sigsetjmp(no_memory, 1))
		return -ENOMEM;
	STORE((uint32_t *)c->map, 1);
	return 0;
}

static int map_and_touch(struct ctx *c, size_t size, int fd, uint64_t offset)
{
	int ret;

	c->map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
	if (c->map == MAP_FAILED)
		return -errno;
	ret = touch(c);
	munmap(c->map, size);
	return ret;
}

static int touch_memory(struct ctx *c)
{
	return map_and_touch(c, MB, c->kfd.drm, c->spare.offset);
}

/* The next time it shall not have been touched. */
static void undo_touch(struct ctx *c)
{
	kfd_free(&c->kfd, c->spare.handle);
	kfd_alloc_at(&c->kfd, (uintptr_t)c->spare.va, MB, MEM(GTT) | MEM(WRITABLE),
		     &c->spare.offset, &c->spare.handle);
}

static int touch_doorbell(struct ctx *c)
{
	return map_and_touch(c, c->doorbells, c->kfd.fd,
			     KFD_MMAP_TYPE_DOORBELL | KFD_MMAP_GPU_ID(c->kfd.gpu_id));
}

/* What a process does once, so that each failure takes a process of its own. */

static int open_first(struct ctx *c)
{
	return open_again(c);
}

static int setup_acquire(struct ctx *c)
{
	int ret = kfd_open(&c->kfd);

	return ret ?: open_render(c);
}

static int acquire_vm(struct ctx *c)
{
	return kfd_acquire_fd(&c->kfd, c->fd);
}

static int setup_page(struct ctx *c)
{
	int ret = kfd_open(&c->kfd);

	if (!ret)
		ret = kfd_acquire(&c->kfd);
	return ret ?: kfd_alloc(&c->kfd, &c->mem, KFD_EVENT_PAGE_SIZE,
				MEM(GTT) | MEM(WRITABLE) | MEM(EXECUTABLE) | MEM(UNCACHED));
}

static int create_with_page(struct ctx *c)
{
	struct kfd_ioctl_create_event_args args = {
		.event_type = KFD_IOC_EVENT_SIGNAL,
		.event_page_offset = c->mem.handle,
	};

	return kfd_ioctl(c->kfd.fd, AMDKFD_IOC_CREATE_EVENT, &args);
}

/* Memory that a page of something else lies between each two pages of. */
static void *scattered(size_t size)
{
	char *p, *other;
	size_t i;

	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	other = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED || other == MAP_FAILED)
		return NULL;
	madvise(p, size, MADV_NOHUGEPAGE);
	madvise(other, size, MADV_NOHUGEPAGE);
	for (i = 0; i < size; i += KFD_PAGE) {
		p[i] = 1;
		other[i] = 1;
	}
	return p;
}

int failnth_prepare(struct ctx *c)
{
	struct kfd_mem page;
	int ret;

	memset(c, 0, sizeof(*c));
	signal(SIGBUS, on_sigbus);
	c->user = scattered(MB);
	c->mem.va = kfd_reserve(MB);
	if (!c->user || !c->mem.va)
		return -ENOMEM;
	ret = kfd_open(&c->kfd);
	if (!ret)
		ret = kfd_acquire(&c->kfd);
	c->doorbells = kfd_doorbell_size(&c->kfd);
	if (!ret)
		ret = kfd_event_page(&c->kfd, &page, &c->event);
	if (!ret)
		ret = kfd_alloc(&c->kfd, &c->gtt, MB, MEM(GTT) | MEM(WRITABLE));
	if (!ret)
		ret = kfd_map(&c->kfd, c->gtt.handle);
	if (!ret)
		ret = kfd_alloc(&c->kfd, &c->spare, MB, MEM(GTT) | MEM(WRITABLE));
	if (!ret)
		ret = kfd_queue_prepare(&c->kfd, &c->queue, COMPUTE);
	c->queue.args.queue_percentage = 0;
	if (!ret)
		ret = create_queue(c);
	if (ret)
		return ret;
	c->dmabuf = kfd_export(&c->kfd, c->gtt.handle);
	if (c->dmabuf < 0)
		return c->dmabuf;
	return kfd_gem_import(c->kfd.drm, c->dmabuf, &c->gem);
}

const struct op failnth_ops[] = {
	{ "GET_VERSION", get_version },
	{ "GET_CLOCK_COUNTERS", get_clocks },
	{ "GET_PROCESS_APERTURES", get_apertures },
	{ "GET_PROCESS_APERTURES_NEW", get_apertures_new },
	{ "GET_TILE_CONFIG", get_tile_config },
	{ "SET_MEMORY_POLICY", set_memory_policy },
	{ "SET_SCRATCH_BACKING_VA", set_scratch },
	{ "SET_TRAP_HANDLER", set_trap_handler },
	{ "AVAILABLE_MEMORY", available_memory },
	{ "SET_XNACK_MODE", query_xnack },
	{ "AMDGPU_INFO", render_info },
	{ "ALLOC_MEMORY_OF_GPU, GTT", alloc_gtt, undo_alloc },
	{ "ALLOC_MEMORY_OF_GPU, VRAM", alloc_vram, undo_alloc },
	{ "ALLOC_MEMORY_OF_GPU, USERPTR", alloc_userptr, undo_alloc },
	{ "ALLOC_MEMORY_OF_GPU, DOORBELL", alloc_doorbell, undo_alloc },
	{ "MAP_MEMORY_TO_GPU", map_memory, undo_map_memory },
	{ "UNMAP_MEMORY_FROM_GPU", unmap_memory, undo_unmap_memory },
	{ "FREE_MEMORY_OF_GPU", free_memory, undo_free_memory },
	{ "CREATE_EVENT, SIGNAL", create_signal, undo_create },
	{ "CREATE_EVENT, MEMORY", create_memory_event, undo_create },
	{ "DESTROY_EVENT", destroy_event, undo_destroy },
	{ "SET_EVENT", set_event },
	{ "RESET_EVENT", reset_event },
	{ "WAIT_EVENTS", wait_events },
	{ "CREATE_QUEUE", create_queue, undo_create_queue },
	{ "DESTROY_QUEUE", destroy_queue, undo_destroy_queue },
	{ "UPDATE_QUEUE", update_queue },
	{ "SET_CU_MASK", set_cu_mask },
	{ "GET_QUEUE_WAVE_STATE", wave_state },
	{ "open of the render node", open_render, undo_open },
	{ "second open", open_again, undo_open },
	{ "CREATE_PROCESS", create_process, undo_open },
	{ "SMI_EVENTS", smi_events, undo_open },
	{ "EXPORT_DMABUF", export_dmabuf, undo_export },
	{ "IMPORT_DMABUF", import_dmabuf, undo_alloc },
	{ "GET_DMABUF_INFO", dmabuf_info },
	{ "GEM_VA", gem_map, undo_gem_map },
	{ "memory mapped and touched", touch_memory, undo_touch },
	{ "doorbells mapped and touched", touch_doorbell },
	{ NULL }
};

const struct op failnth_once_ops[] = {
	{ "first open", open_first },
	{ "ACQUIRE_VM", acquire_vm, .setup = setup_acquire },
	{ "CREATE_EVENT, signal page", create_with_page, .setup = setup_page },
	{ NULL }
};
