// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The operations that are measured: the ioctls one by one, memory by its size, mappings, copies,
 * barriers, dispatches, events and what is shared. What does not live here: measuring, bench.c.
 */
#include <signal.h>
#include <drm/amdgpu_drm.h>

#include "kfd_kernel_lib.h"
#include "ops.h"

#define KB	1024UL
#define MB	(1024 * KB)
#define GB	(1024 * MB)
#define MOST	3000
#define QUEUES	8
#define CONTEXTS	16

static struct kfd kfd;
static struct kfd_mem mems[MOST];
static void *users[MOST];
static struct kfd_queue queues[QUEUES];
static struct kfd_mem event_page;
static uint32_t events[MOST];
static uint32_t counter;
static int fds[MOST];
static uint32_t gem;
static char *gem_va;
static struct kfd_mem shared;
static struct kfd contexts[CONTEXTS];

int ops_open(void)
{
	return kfd_open(&kfd) ?: kfd_acquire(&kfd);
}

static int call(unsigned long cmd, void *args)
{
	return kfd_ioctl(kfd.fd, cmd, args);
}

/* Without memory */

static int get_version(const struct op *op, unsigned int i)
{
	struct kfd_ioctl_get_version_args args;

	return call(AMDKFD_IOC_GET_VERSION, &args);
}

static int get_clock_counters(const struct op *op, unsigned int i)
{
	struct kfd_ioctl_get_clock_counters_args args = { .gpu_id = kfd.gpu_id };

	return call(AMDKFD_IOC_GET_CLOCK_COUNTERS, &args);
}

static int get_apertures(const struct op *op, unsigned int i)
{
	struct kfd_process_device_apertures apertures[2];
	struct kfd_ioctl_get_process_apertures_new_args args = {
		.kfd_process_device_apertures_ptr = (uintptr_t)apertures,
		.num_of_nodes = 2,
	};

	return call(AMDKFD_IOC_GET_PROCESS_APERTURES_NEW, &args);
}

static int set_memory_policy(const struct op *op, unsigned int i)
{
	struct kfd_ioctl_set_memory_policy_args args = {
		.gpu_id = kfd.gpu_id,
		.default_policy = KFD_IOC_CACHE_POLICY_NONCOHERENT,
		.alternate_policy = KFD_IOC_CACHE_POLICY_NONCOHERENT,
	};

	return call(AMDKFD_IOC_SET_MEMORY_POLICY, &args);
}

static int get_xnack_mode(const struct op *op, unsigned int i)
{
	struct kfd_ioctl_set_xnack_mode_args args = { .xnack_enabled = -1 };

	return call(AMDKFD_IOC_SET_XNACK_MODE, &args);
}

static int available_memory(const struct op *op, unsigned int i)
{
	struct kfd_ioctl_get_available_memory_args args = { .gpu_id = kfd.gpu_id };

	return call(AMDKFD_IOC_AVAILABLE_MEMORY, &args);
}

static int get_tile_config(const struct op *op, unsigned int i)
{
	uint32_t tiles[32], macro_tiles[16];
	struct kfd_ioctl_get_tile_config_args args = {
		.tile_config_ptr = (uintptr_t)tiles,
		.macro_tile_config_ptr = (uintptr_t)macro_tiles,
		.num_tile_configs = 32,
		.num_macro_tile_configs = 16,
		.gpu_id = kfd.gpu_id,
	};

	return call(AMDKFD_IOC_GET_TILE_CONFIG, &args);
}

static int set_scratch(const struct op *op, unsigned int i)
{
	struct kfd_ioctl_set_scratch_backing_va_args args = { .gpu_id = kfd.gpu_id };

	return call(AMDKFD_IOC_SET_SCRATCH_BACKING_VA, &args);
}

static int set_trap_handler(const struct op *op, unsigned int i)
{
	struct kfd_ioctl_set_trap_handler_args args = { .gpu_id = kfd.gpu_id };

	return call(AMDKFD_IOC_SET_TRAP_HANDLER, &args);
}

static int runtime_disable(const struct op *op, unsigned int i)
{
	struct kfd_ioctl_runtime_enable_args args = { 0 };

	return call(AMDKFD_IOC_RUNTIME_ENABLE, &args);
}

static int profiler_version(const struct op *op, unsigned int i)
{
	struct kfd_ioctl_profiler_args args = { .op = KFD_IOC_PROFILER_VERSION };

	return call(AMDKFD_IOC_PROFILER, &args);
}

static int smi_events(const struct op *op, unsigned int i)
{
	struct kfd_ioctl_smi_events_args args = { .gpuid = kfd.gpu_id };
	int ret = call(AMDKFD_IOC_SMI_EVENTS, &args);

	fds[i] = args.anon_fd;
	return ret;
}

static void undo_fds(const struct op *op)
{
	for (unsigned int i = 0; i < op->times; i++)
		close(fds[i]);
}

/* Further contexts of this process; each acquires a VM once, as a process does */

static int prepare_files(const struct op *op)
{
	int ret = 0;

	for (unsigned int i = 0; !ret && i < op->times; i++)
		ret = kfd_open(&contexts[i]);
	return ret;
}

static int create_process(const struct op *op, unsigned int i)
{
	return kfd_ioctl(contexts[i].fd, AMDKFD_IOC_CREATE_PROCESS, NULL);
}

static int prepare_contexts(const struct op *op)
{
	int ret = prepare_files(op);

	for (unsigned int i = 0; !ret && i < op->times; i++) {
		ret = create_process(op, i);
		contexts[i].drm = kfd_open_render(&contexts[i]);
		if (contexts[i].drm < 0)
			return contexts[i].drm;
	}
	return ret;
}

static int acquire_vm(const struct op *op, unsigned int i)
{
	return kfd_acquire_fd(&contexts[i], contexts[i].drm);
}

static void undo_files(const struct op *op)
{
	for (unsigned int i = 0; i < op->times; i++)
		kfd_close(&contexts[i]);
}

/* Events */

static int prepare_event_page(const struct op *op)
{
	return event_page.handle ? 0 : kfd_event_page(&kfd, &event_page, &events[0]) ?:
				       kfd_map(&kfd, event_page.handle);
}

static int create_event(const struct op *op, unsigned int i)
{
	return kfd_create_event(&kfd, KFD_IOC_EVENT_SIGNAL, true, &events[i]);
}

static int destroy_event(const struct op *op, unsigned int i)
{
	return kfd_destroy_event(&kfd, events[i]);
}

static void undo_events(const struct op *op)
{
	for (unsigned int i = 0; i < op->times; i++)
		kfd_destroy_event(&kfd, events[i]);
}

static int prepare_events(const struct op *op)
{
	int ret = prepare_event_page(op);

	for (unsigned int i = 0; !ret && i < op->times; i++)
		ret = create_event(op, i);
	return ret;
}

static int set_event(const struct op *op, unsigned int i)
{
	return kfd_set_event(&kfd, events[i]);
}

static int reset_event(const struct op *op, unsigned int i)
{
	return kfd_reset_event(&kfd, events[i]);
}

static int wait_event(const struct op *op, unsigned int i)
{
	struct kfd_event_data data = { .event_id = events[i] };
	uint32_t result;

	return kfd_wait(&kfd, &data, 1, true, KFD_EVENT_TIMEOUT_IMMEDIATE, &result);
}

/* Memory */

static int alloc_vram(const struct op *op, unsigned int i)
{
	return kfd_alloc(&kfd, &mems[i], op->size, MEM(VRAM) | MEM(WRITABLE) | MEM(PUBLIC));
}

static int free_mem(const struct op *op, unsigned int i)
{
	return kfd_free(&kfd, mems[i].handle);
}

static int map_mem(const struct op *op, unsigned int i)
{
	return kfd_map(&kfd, mems[i].handle);
}

static int unmap_mem(const struct op *op, unsigned int i)
{
	return kfd_unmap(&kfd, mems[i].handle);
}

static int prepare_vram(const struct op *op)
{
	int ret = 0;

	for (unsigned int i = 0; !ret && i < op->times; i++)
		ret = alloc_vram(op, i);
	return ret;
}

static int prepare_mapped(const struct op *op)
{
	int ret = prepare_vram(op);

	for (unsigned int i = 0; !ret && i < op->times; i++)
		ret = map_mem(op, i);
	return ret;
}

static void undo_addresses(const struct op *op)
{
	for (unsigned int i = 0; i < op->times; i++)
		munmap(mems[i].va, mems[i].size);
}

static void undo_mems(const struct op *op)
{
	for (unsigned int i = 0; i < op->times; i++)
		kfd_free_mem(&kfd, &mems[i]);
}

static void undo_mapped(const struct op *op)
{
	for (unsigned int i = 0; i < op->times; i++)
		kfd_unmap(&kfd, mems[i].handle);
	undo_mems(op);
}

static int whole_life(const struct op *op, unsigned int i)
{
	struct kfd_mem mem;

	return kfd_alloc(&kfd, &mem, op->size, MEM(VRAM) | MEM(WRITABLE)) ?:
	       kfd_map(&kfd, mem.handle) ?: kfd_unmap(&kfd, mem.handle) ?:
	       kfd_free_mem(&kfd, &mem);
}

/* It is there before, as a program's data are. */
static int prepare_users(const struct op *op)
{
	for (unsigned int i = 0; i < op->times; i++) {
		users[i] = mmap(NULL, op->size, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
		if (users[i] == MAP_FAILED)
			return -errno;
	}
	return 0;
}

static int alloc_user(const struct op *op, unsigned int i)
{
	return kfd_alloc_userptr(&kfd, &mems[i], users[i], op->size, MEM(WRITABLE));
}

static void undo_users(const struct op *op)
{
	undo_mems(op);
	for (unsigned int i = 0; i < op->times; i++)
		munmap(users[i], op->size);
}

static int cpu_map(const struct op *op, unsigned int i)
{
	char *p = kfd_cpu_map(&kfd, &mems[i]);

	if (p == MAP_FAILED)
		return -errno;
	*p = 1;
	return 0;
}

/* Memory that is shared: each is exported for the first time, and one is imported many times */

static int export_dmabuf(const struct op *op, unsigned int i)
{
	fds[i] = kfd_export(&kfd, mems[i].handle);
	return fds[i] < 0 ? fds[i] : 0;
}

static void undo_exported(const struct op *op)
{
	undo_fds(op);
	undo_mems(op);
}

static int prepare_dmabuf(const struct op *op)
{
	int ret = kfd_alloc(&kfd, &shared, op->size, MEM(VRAM) | MEM(WRITABLE));

	if (ret)
		return ret;
	fds[0] = kfd_export(&kfd, shared.handle);
	return fds[0] < 0 ? fds[0] : 0;
}

static int import_dmabuf(const struct op *op, unsigned int i)
{
	return kfd_import(&kfd, NULL, fds[0], &mems[i].handle);
}

static int dmabuf_info(const struct op *op, unsigned int i)
{
	struct kfd_ioctl_get_dmabuf_info_args args = { .dmabuf_fd = fds[0] };

	return call(AMDKFD_IOC_GET_DMABUF_INFO, &args);
}

static void undo_dmabuf(const struct op *op)
{
	close(fds[0]);
	kfd_free_mem(&kfd, &shared);
}

static void undo_imported(const struct op *op)
{
	for (unsigned int i = 0; i < op->times; i++)
		kfd_free(&kfd, mems[i].handle);
	undo_dmabuf(op);
}

/* The render node's mappings of it, side by side */

static int prepare_gem(const struct op *op)
{
	gem_va = kfd_reserve(op->times * op->size);
	if (!gem_va)
		return -ENOMEM;
	return prepare_dmabuf(op) ?: kfd_gem_import(kfd.drm, fds[0], &gem);
}

static int gem_op(const struct op *op, unsigned int i, uint32_t operation)
{
	return kfd_gem_va(&kfd, gem, operation, AMDGPU_VM_PAGE_READABLE,
			  (uintptr_t)gem_va + i * op->size, 0, op->size);
}

static int gem_map(const struct op *op, unsigned int i)
{
	return gem_op(op, i, AMDGPU_VA_OP_MAP);
}

static int gem_unmap(const struct op *op, unsigned int i)
{
	return gem_op(op, i, AMDGPU_VA_OP_UNMAP);
}

static int prepare_gem_mapped(const struct op *op)
{
	int ret = prepare_gem(op);

	for (unsigned int i = 0; !ret && i < op->times; i++)
		ret = gem_map(op, i);
	return ret;
}

/* Closing the handle ends its mappings. */
static void undo_gem(const struct op *op)
{
	struct drm_gem_close args = { .handle = gem };

	kfd_ioctl(kfd.drm, DRM_IOCTL_GEM_CLOSE, &args);
	undo_dmabuf(op);
	munmap(gem_va, op->times * op->size);
}

/* Queues */

static int prepare_queues(const struct op *op)
{
	int ret = 0;

	for (unsigned int i = 0; !ret && i < op->times; i++)
		ret = kfd_queue_prepare(&kfd, &queues[i], AQL);
	return ret;
}

static int create_queue(const struct op *op, unsigned int i)
{
	return kfd_ioctl(kfd.fd, AMDKFD_IOC_CREATE_QUEUE, &queues[i].args);
}

static int prepare_live_queues(const struct op *op)
{
	int ret = prepare_queues(op);

	for (unsigned int i = 0; !ret && i < op->times; i++)
		ret = create_queue(op, i);
	return ret;
}

static int update_queue(const struct op *op, unsigned int i)
{
	return kfd_update_queue(&kfd, queues[i].args.queue_id, queues[i].args.ring_base_address,
				queues[i].args.ring_size, 50, 7);
}

static int set_cu_mask(const struct op *op, unsigned int i)
{
	uint32_t mask[4] = { 1 };
	struct kfd_ioctl_set_cu_mask_args args = {
		.queue_id = queues[i].args.queue_id,
		.num_cu_mask = 128,
		.cu_mask_ptr = (uintptr_t)mask,
	};

	return call(AMDKFD_IOC_SET_CU_MASK, &args);
}

static int destroy_queue(const struct op *op, unsigned int i)
{
	return kfd_destroy_queue(&kfd, queues[i].args.queue_id);
}

static void undo_queues(const struct op *op)
{
	for (unsigned int i = 0; i < op->times; i++) {
		kfd_destroy_queue(&kfd, queues[i].args.queue_id);
		kfd_queue_cleanup(&queues[i]);
	}
}

static void undo_destroyed_queues(const struct op *op)
{
	for (unsigned int i = 0; i < op->times; i++)
		kfd_queue_cleanup(&queues[i]);
}

/*
 * Submissions; the CPU looks for the result all the time, as ROCr does at first. The first one,
 * which maps the doorbells, is part of the preparation.
 */

static int copy(const struct op *op, unsigned int i)
{
	uint32_t *fence = mems[0].va;

	sdma_copy(&queues[0], mems[2].va, mems[1].va, op->size);
	sdma_fence(&queues[0], fence, ++counter);
	kfd_queue_ring(&queues[0]);
	while (__atomic_load_n(fence, __ATOMIC_ACQUIRE) != counter)
		__builtin_ia32_pause();
	return 0;
}

static int prepare_copy(const struct op *op)
{
	int ret;

	counter = 0;
	ret = kfd_queue_create(&kfd, &queues[0], SDMA) ?:
	      kfd_shared(&kfd, &mems[0], KFD_PAGE, MEM(GTT)) ?:
	      kfd_shared(&kfd, &mems[1], op->size, MEM(GTT)) ?:
	      kfd_shared(&kfd, &mems[2], op->size, MEM(VRAM) | MEM(PUBLIC));
	return ret ?: copy(op, 0);
}

static void undo_copy(const struct op *op)
{
	kfd_queue_destroy(&queues[0]);
	for (unsigned int i = 0; i < 3; i++)
		kfd_shared_free(&kfd, &mems[i]);
}

static void ring_and_look(const struct signal *signal)
{
	kfd_queue_ring(&queues[0]);
	while (__atomic_load_n(&signal->value, __ATOMIC_ACQUIRE))
		__builtin_ia32_pause();
}

static int barrier(const struct op *op, unsigned int i)
{
	struct signal *signal = mems[0].va;

	signal->value = 1;
	aql_barrier(&queues[0], false, NULL, 0, signal);
	ring_and_look(signal);
	return 0;
}

static int prepare_aql(void)
{
	return kfd_queue_create(&kfd, &queues[0], AQL) ?:
	       kfd_shared(&kfd, &mems[0], 2 * KFD_PAGE, MEM(GTT));
}

static int prepare_barrier(const struct op *op)
{
	return prepare_aql() ?: barrier(op, 0);
}

/* A signal, what the kernel loads, where it stores that; the kernel is in the second page. */
static int dispatch(const struct op *op, unsigned int i)
{
	struct signal *signal = mems[0].va;
	uint64_t *numbers = (uint64_t *)(signal + 1);

	signal->value = 1;
	numbers[0] = ++counter;
	aql_dispatch(&queues[0], mems[0].va + KFD_PAGE, signal);
	ring_and_look(signal);
	return numbers[1] == counter ? 0 : -EIO;
}

static int prepare_dispatch(const struct op *op)
{
	uint64_t *numbers;
	int ret = prepare_aql();

	if (ret)
		return ret;
	counter = 0;
	numbers = mems[0].va + sizeof(struct signal);
	kernel_put(mems[0].va + KFD_PAGE, KERNEL_LOAD, (uintptr_t)numbers, numbers + 1);
	return dispatch(op, 0);
}

static void undo_aql(const struct op *op)
{
	kfd_queue_destroy(&queues[0]);
	kfd_shared_free(&kfd, &mems[0]);
}

static int prepare_wake(const struct op *op)
{
	uint64_t *slots;
	struct signal *signal;
	int ret;

	ret = prepare_event_page(op) ?: create_event(op, 0) ?: prepare_barrier(op);
	if (ret)
		return ret;
	slots = event_page.va;
	signal = mems[0].va;
	signal->mailbox = (uintptr_t)&slots[events[0]];
	signal->event_id = events[0];
	return 0;
}

static int wake(const struct op *op, unsigned int i)
{
	struct kfd_event_data data = { .event_id = events[0] };
	struct signal *signal = mems[0].va;
	uint32_t result;
	int ret;

	signal->value = 1;
	aql_barrier(&queues[0], false, NULL, 0, signal);
	kfd_queue_ring(&queues[0]);
	ret = kfd_wait(&kfd, &data, 1, true, QUEUE_PATIENCE_MS, &result);
	return ret ?: result == KFD_IOC_WAIT_RESULT_COMPLETE ? 0 : -ETIMEDOUT;
}

static void undo_wake(const struct op *op)
{
	undo_aql(op);
	kfd_destroy_event(&kfd, events[0]);
}

/* Calls while the GPU works for another process */

static pid_t neighbour;

/* A child with a queue that copies on and on, or that waits for a value which never comes. */
static int start_neighbour(bool copies)
{
	struct kfd_mem mem;
	struct kfd_queue queue;
	int ready[2], ret;
	char c;

	if (pipe(ready))
		return -errno;
	neighbour = fork();
	if (neighbour < 0)
		return -errno;
	if (neighbour) {
		close(ready[1]);
		ret = read(ready[0], &c, 1) == 1 ? 0 : -EIO;
		close(ready[0]);
		return ret;
	}

	ret = ops_open() ?: kfd_queue_create(&kfd, &queue, SDMA) ?:
	      kfd_shared(&kfd, &mem, 64 * MB, MEM(GTT));
	if (!ret && !copies) {
		sdma_poll(&queue, mem.va, 1);
		kfd_queue_ring(&queue);
	}
	if (ret || write(ready[1], "", 1) != 1)
		_exit(1);
	while (copies) {
		sdma_copy(&queue, (char *)mem.va + 32 * MB, mem.va, 32 * MB);
		kfd_queue_ring(&queue);
		kfd_queue_wait(&queue);
	}
	pause();
	_exit(0);
}

static int prepare_beside_copies(const struct op *op)
{
	return start_neighbour(true);
}

static int prepare_beside_a_wait(const struct op *op)
{
	return start_neighbour(false);
}

static void undo_beside(const struct op *op)
{
	kill(neighbour, SIGKILL);
	waitpid(neighbour, NULL, 0);
}

#define IOCTL(id, n, function)	{ .name = "ioctl." id, .times = n, .run = function }
#define SIZED(id, n, bytes, before, function, after)				\
	{ .name = id, .times = n, .size = bytes, .prepare = before, .run = function, .undo = after }

const struct op ops[] = {
	{ .name = "clock-counters", .times = 100, .crowd = true, .run = get_clock_counters },
	{ .name = "alloc-map-unmap-free", .times = 25, .crowd = true, .size = 64 * KB,
	  .run = whole_life },
	IOCTL("get-version", 1000, get_version),
	IOCTL("get-clock-counters", 300, get_clock_counters),
	IOCTL("get-process-apertures-new", 300, get_apertures),
	IOCTL("set-memory-policy", 300, set_memory_policy),
	IOCTL("set-xnack-mode", 300, get_xnack_mode),
	IOCTL("available-memory", 300, available_memory),
	IOCTL("get-tile-config", 300, get_tile_config),
	IOCTL("set-scratch-backing-va", 300, set_scratch),
	IOCTL("set-trap-handler", 300, set_trap_handler),
	IOCTL("runtime-enable", 1000, runtime_disable),
	IOCTL("profiler", 1000, profiler_version),
	SIZED("ioctl.smi-events", 300, 0, NULL, smi_events, undo_fds),
	SIZED("ioctl.create-process", CONTEXTS, 0, prepare_files, create_process, undo_files),
	SIZED("ioctl.acquire-vm", CONTEXTS, 0, prepare_contexts, acquire_vm, undo_files),
	SIZED("ioctl.create-event", 300, 0, prepare_event_page, create_event, undo_events),
	SIZED("ioctl.destroy-event", 300, 0, prepare_events, destroy_event, NULL),
	SIZED("ioctl.set-event", 300, 0, prepare_events, set_event, undo_events),
	SIZED("ioctl.reset-event", 300, 0, prepare_events, reset_event, undo_events),
	SIZED("ioctl.wait-events", 300, 0, prepare_events, wait_event, undo_events),
	SIZED("ioctl.create-queue", QUEUES, 0, prepare_queues, create_queue, undo_queues),
	SIZED("ioctl.update-queue", QUEUES, 0, prepare_live_queues, update_queue, undo_queues),
	SIZED("ioctl.set-cu-mask", QUEUES, 0, prepare_live_queues, set_cu_mask, undo_queues),
	SIZED("ioctl.destroy-queue", QUEUES, 0, prepare_live_queues, destroy_queue,
	      undo_destroyed_queues),
	SIZED("ioctl.export-dmabuf", 300, 4 * KB, prepare_vram, export_dmabuf, undo_exported),
	SIZED("ioctl.import-dmabuf", 300, 4 * KB, prepare_dmabuf, import_dmabuf, undo_imported),
	SIZED("ioctl.get-dmabuf-info", 1000, 4 * KB, prepare_dmabuf, dmabuf_info, undo_dmabuf),
	SIZED("ioctl.gem-va-map", 300, 4 * KB, prepare_gem, gem_map, undo_gem),
	SIZED("ioctl.gem-va-unmap", 300, 4 * KB, prepare_gem_mapped, gem_unmap, undo_gem),
#define BY_SIZE(name, n, size)							\
	SIZED("alloc." name, n, size, NULL, alloc_vram, undo_mems),		\
	SIZED("map." name, n, size, prepare_vram, map_mem, undo_mapped),	\
	SIZED("unmap." name, n, size, prepare_mapped, unmap_mem, undo_mems),	\
	SIZED("free." name, n, size, prepare_vram, free_mem, undo_addresses)
	BY_SIZE("4K", 300, 4 * KB),
	BY_SIZE("2M", 100, 2 * MB),
	BY_SIZE("256M", 4, 256 * MB),
	SIZED("userptr.4K", 300, 4 * KB, prepare_users, alloc_user, undo_users),
	SIZED("userptr.1M", 50, MB, prepare_users, alloc_user, undo_users),
	SIZED("userptr.64M", 4, 64 * MB, prepare_users, alloc_user, undo_users),
	SIZED("userptr.1G", 1, GB, prepare_users, alloc_user, undo_users),
	SIZED("blob-map.3000", MOST, 4 * KB, prepare_vram, cpu_map, undo_mems),
	SIZED("sdma-copy.4K", 10000, 4 * KB, prepare_copy, copy, undo_copy),
	SIZED("sdma-copy.1M", 50, MB, prepare_copy, copy, undo_copy),
	SIZED("sdma-copy.64M", 4, 64 * MB, prepare_copy, copy, undo_copy),
	SIZED("aql-barrier", 10000, 0, prepare_barrier, barrier, undo_aql),
	SIZED("aql-dispatch", 10000, 0, prepare_dispatch, dispatch, undo_aql),
	SIZED("event-wake", 300, 0, prepare_wake, wake, undo_wake),
	SIZED("beside-copies", 300, 0, prepare_beside_copies, get_clock_counters, undo_beside),
	SIZED("beside-a-waiting-queue", 300, 0, prepare_beside_a_wait, get_clock_counters,
	      undo_beside),
	{ .name = NULL },
};
