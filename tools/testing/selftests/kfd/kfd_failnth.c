// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Every call with every single failure that the kernel's fault injection can cause in it:
 * allocations, and copies from and to user space. A call fails with an errno that says so or
 * succeeds, leaves nothing if it failed for want of memory, and works the next time.
 *
 * For root, on a kernel with CONFIG_FAULT_INJECTION. See fault-injection.rst, fail-nth.
 */
#include <setjmp.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <drm/amdgpu_drm.h>
#include <drm/drm.h>

#include "kselftest_harness.h"
#include "kfd_queue_lib.h"

#define DEBUGFS		"/sys/kernel/debug"
#define MB		(1024 * 1024UL)

/* No call comes near as many places that can fail. */
#define MOST_FAILURES	3000

/**
 * struct ctx - what the calls work on
 * @kfd: device, its VM acquired if the call wants that
 * @gtt: memory that is mapped to the GPU
 * @spare: memory that is not
 * @mem: made by a call, undone by its undo
 * @event: of type SIGNAL
 * @made: event made by a call
 * @map: mapping made by a call
 * @doorbells: bytes of the doorbells
 * @user: user memory whose pages do not follow each other
 * @queue: a compute queue that pauses, with the id 0
 * @fd: made by a call
 * @dmabuf: of @gtt
 * @gem: handle of the render node for it
 */
struct ctx {
	struct kfd kfd;
	struct kfd_mem gtt;
	struct kfd_mem spare;
	struct kfd_mem mem;
	uint32_t event;
	uint32_t made;
	void *map;
	size_t doorbells;
	void *user;
	struct kfd_queue queue;
	int fd;
	int dmabuf;
	uint32_t gem;
};

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
	struct drm_amdgpu_info args = {
		.return_pointer = (uintptr_t)&dev,
		.return_size = sizeof(dev),
		.query = AMDGPU_INFO_DEV_INFO,
	};

	return kfd_ioctl(c->kfd.drm, DRM_IOCTL_AMDGPU_INFO, &args);
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
	struct kfd_ioctl_import_dmabuf_args args = {
		.va_addr = (uintptr_t)c->mem.va,
		.gpu_id = c->kfd.gpu_id,
		.dmabuf_fd = c->dmabuf,
	};
	int ret = kfd_ioctl(c->kfd.fd, AMDKFD_IOC_IMPORT_DMABUF, &args);

	c->mem.handle = args.handle;
	return ret;
}

static int dmabuf_info(struct ctx *c)
{
	struct kfd_ioctl_get_dmabuf_info_args args = { .dmabuf_fd = c->dmabuf };

	return kfd_ioctl(c->kfd.fd, AMDKFD_IOC_GET_DMABUF_INFO, &args);
}

static int gem_va(struct ctx *c, uint32_t operation)
{
	struct drm_amdgpu_gem_va args = {
		.handle = c->gem,
		.operation = operation,
		.flags = AMDGPU_VM_PAGE_READABLE,
		.va_address = (uintptr_t)c->mem.va,
		.map_size = MB,
	};

	return kfd_ioctl(c->kfd.drm, DRM_IOCTL_AMDGPU_GEM_VA, &args);
}

static int gem_map(struct ctx *c)
{
	return gem_va(c, AMDGPU_VA_OP_MAP);
}

static void undo_gem_map(struct ctx *c)
{
	gem_va(c, AMDGPU_VA_OP_UNMAP);
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

/**
 * struct op - a call
 * @name: for the log
 * @call: makes it; 0 or a negative errno
 * @undo: what it did, so that it can be made again
 * @setup: what is there before, of a call that is made once
 */
struct op {
	const char *name;
	int (*call)(struct ctx *c);
	void (*undo)(struct ctx *c);
	int (*setup)(struct ctx *c);
};

static const struct op ops[] = {
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
};

static const struct op once_ops[] = {
	{ "first open", open_first },
	{ "ACQUIRE_VM", acquire_vm, .setup = setup_acquire },
	{ "CREATE_EVENT, signal page", create_with_page, .setup = setup_page },
};

/* All kinds of allocations, and no stack trace for each in the log. */
static int prepare_injection(void)
{
	static const char * const settings[][2] = {
		{ DEBUGFS "/failslab/ignore-gfp-wait", "N" },
		{ DEBUGFS "/failslab/verbose", "0" },
		{ DEBUGFS "/fail_page_alloc/ignore-gfp-wait", "N" },
		{ DEBUGFS "/fail_page_alloc/ignore-gfp-highmem", "N" },
		{ DEBUGFS "/fail_page_alloc/min-order", "0" },
		{ DEBUGFS "/fail_page_alloc/verbose", "0" },
		{ DEBUGFS "/fail_usercopy/verbose", "0" },
	};
	unsigned int i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(settings); i++) {
		ret = kfd_write_text(settings[i][0], settings[i][1]);
		if (ret)
			return ret;
	}
	return 0;
}

static int open_failnth(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%ld/fail-nth", syscall(SYS_gettid));
	return open(path, O_RDWR | O_CLOEXEC);
}

/* Makes @call with its @nth chance to fail taken. Sets @injected if there were as many. */
static int call_failing(int fd, unsigned int nth, const struct op *op, struct ctx *c,
			bool *injected)
{
	char text[16];
	ssize_t len;
	int ret;

	len = snprintf(text, sizeof(text), "%u", nth);
	if (pwrite(fd, text, len, 0) != len)
		return -EPROTO;
	ret = op->call(c);
	/* What is left over may hit this, too. */
	len = pread(fd, text, sizeof(text) - 1, 0);
	*injected = len > 0 && text[0] == '0';
	while (!*injected && pwrite(fd, "0", 1, 0) != 1)
		;
	return ret;
}

FIXTURE(failnth) {
	struct kfd kfd;
	struct kfd_counts idle;
};

FIXTURE_SETUP(failnth)
{
	if (!access("/dev/kfd", F_OK) && (geteuid() || access("/proc/self/fail-nth", F_OK)))
		SKIP(return, "this takes root and a kernel with fault injection");
	KFD_SETUP(return, &self->kfd);
	if (access(DEBUGFS "/failslab", F_OK))
		mount("debugfs", DEBUGFS, "debugfs", 0, NULL);
	if (prepare_injection())
		SKIP(return, "no debugfs with the settings of fault injection");
	if (kfd_is_guest(&self->kfd))
		ASSERT_EQ(0, kfd_read_counts(&self->idle));
}

FIXTURE_TEARDOWN(failnth)
{
	kfd_close(&self->kfd);
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

static int setup_ctx(struct ctx *c)
{
	struct drm_prime_handle prime = { .flags = DRM_CLOEXEC };
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
	prime.fd = c->dmabuf;
	ret = kfd_ioctl(c->kfd.drm, DRM_IOCTL_PRIME_FD_TO_HANDLE, &prime);
	c->gem = prime.handle;
	return ret;
}

static bool same_counts(const struct kfd_counts *a, const struct kfd_counts *b)
{
	return a->bos == b->bos && a->events == b->events && a->queues == b->queues &&
	       a->pinned_pages == b->pinned_pages;
}

/* Returns whether all went well, else says what did not. In a process of its own. */
static bool sweep(const struct op *op, bool guest)
{
	struct kfd_counts before = {}, after = {};
	bool injected = true;
	int fd, ret, good;
	unsigned int nth;
	struct ctx c;

	ret = setup_ctx(&c);
	fd = open_failnth();
	if (ret || fd < 0) {
		printf("# %s: no start: %d\n", op->name, ret);
		return false;
	}

	for (nth = 1; injected; nth++) {
		if (guest && kfd_read_counts(&before))
			return false;
		ret = call_failing(fd, nth, op, &c, &injected);
		if (nth == MOST_FAILURES || (!injected && ret) ||
		    (ret && ret != -ENOMEM && ret != -EFAULT)) {
			printf("# %s: %d at failure %u\n", op->name, ret, nth);
			return false;
		}
		if (guest && ret == -ENOMEM) {
			if (kfd_read_counts(&after))
				return false;
			if (!same_counts(&before, &after)) {
				printf("# %s: failure %u leaves something\n", op->name, nth);
				return false;
			}
		}
		/* What could not be copied to user space at the end has been done. */
		good = ret == -ENOMEM ? op->call(&c) : 0;
		if (good) {
			printf("# %s: then %d after failure %u\n", op->name, good, nth);
			return false;
		}
		if (op->undo)
			op->undo(&c);
	}
	printf("# %s: %u failures\n", op->name, nth - 2);
	return true;
}

TEST_F_TIMEOUT(failnth, calls, 900)
{
	unsigned int i;
	int status;
	pid_t pid;

	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		fflush(stdout);
		pid = fork();
		ASSERT_LE(0, pid);
		if (!pid) {
			bool ok = sweep(&ops[i], kfd_is_guest(&self->kfd));

			fflush(stdout);
			_exit(!ok);
		}
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_EQ(0, status) {
			TH_LOG("%s", ops[i].name);
		}
	}
	if (kfd_is_guest(&self->kfd))
		EXPECT_EQ(0, kfd_wait_counts(&self->idle));
}

/* Returns 0 if there was no @nth failure any more, 1 if there was one, 2 if it went wrong. */
static int once(const struct op *op, unsigned int nth)
{
	struct ctx c = {};
	bool injected;
	int fd, ret;

	ret = op->setup ? op->setup(&c) : 0;
	fd = open_failnth();
	if (ret || fd < 0) {
		printf("# %s: no start: %d\n", op->name, ret);
		return 2;
	}
	ret = call_failing(fd, nth, op, &c, &injected);
	if ((!injected && ret) || (ret && ret != -ENOMEM && ret != -EFAULT)) {
		printf("# %s: %d at failure %u\n", op->name, ret, nth);
		return 2;
	}
	ret = ret == -ENOMEM ? op->call(&c) : 0;
	if (ret) {
		printf("# %s: then %d after failure %u\n", op->name, ret, nth);
		return 2;
	}
	return injected;
}

TEST_F_TIMEOUT(failnth, calls_made_once, 900)
{
	unsigned int i, nth;
	int status;
	pid_t pid;

	for (i = 0; i < ARRAY_SIZE(once_ops); i++) {
		status = 1 << 8;
		for (nth = 1; WEXITSTATUS(status) == 1 && nth < MOST_FAILURES; nth++) {
			fflush(stdout);
			pid = fork();
			ASSERT_LE(0, pid);
			if (!pid) {
				status = once(&once_ops[i], nth);
				fflush(stdout);
				_exit(status);
			}
			ASSERT_EQ(pid, waitpid(pid, &status, 0));
		}
		EXPECT_EQ(0, status) {
			TH_LOG("%s", once_ops[i].name);
		}
		TH_LOG("%s: %u failures", once_ops[i].name, nth - 2);
	}
	if (kfd_is_guest(&self->kfd))
		EXPECT_EQ(0, kfd_wait_counts(&self->idle));
}

TEST_HARNESS_MAIN
