// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The backend "kfd" with memory in several parts, with mappings by GEM_VA and with queues, on an
 * amdkfd that refuses what the tests want refused: which real one does so takes a GPU, and more than
 * one for some. What it checks and returns is as in amdgpu_amdkfd_gpuvm.c and kfd_chardev.c of
 * Linux 7.3. ioctl() is linked to the one below.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <drm/drm.h>
#include <linux/udmabuf.h>

#include "harness.h"
#include "host.h"

#define GPU		7u
#define OTHER_GPU	8u
#define NO_GPU		9u
#define SIZE		0x4000u
#define ADDRESS		0x100000u
#define GEM		5u

static struct {
	struct {
		bool live;
		bool busy;
		unsigned int mapped;	/* a bit for each GPU */
	} mem[8];
	uint32_t num_mem;
	uint32_t refused_part;	/* which MAP_MEMORY_TO_GPU refuses, or 0 */
	bool gem_open;
	int gem_va;		/* what GEM_VA returns */
	bool asked_wave_state;
} kernel;

static int no(int err)
{
	errno = err;
	return -1;
}

static int map_memory(struct kfd_ioctl_map_memory_to_gpu_args *args, bool map)
{
	const uint32_t *ids = (const uint32_t *)(uintptr_t)args->device_ids_array_ptr;
	uint32_t part = args->handle;

	if (!args->n_devices || args->n_success > args->n_devices)
		return no(EINVAL);
	for (uint32_t i = args->n_success; i < args->n_devices; i++) {
		unsigned int bit = ids[i] == GPU ? 1 : 2;

		if (ids[i] != GPU && ids[i] != OTHER_GPU)
			return no(EINVAL);
		if (map && part == kernel.refused_part)
			return no(ENOMEM);
		if (!map && kernel.mem[part].busy)
			return no(EBUSY);
		if (!map && !(kernel.mem[part].mapped & bit))
			return no(EINVAL);
		kernel.mem[part].mapped ^= bit;
		args->n_success = i + 1;
	}
	return 0;
}

static int free_memory(const struct kfd_ioctl_free_memory_of_gpu_args *args)
{
	uint32_t part = args->handle;

	if (!kernel.mem[part].live)
		return no(EINVAL);
	if (kernel.mem[part].mapped || kernel.mem[part].busy)
		return no(EBUSY);
	kernel.mem[part].live = false;
	return 0;
}

int __wrap_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	void *args;

	(void)fd;
	va_start(ap, request);
	args = va_arg(ap, void *);
	va_end(ap);
	switch (request) {
	case UDMABUF_CREATE_LIST:
		return open("/dev/null", O_RDONLY | O_CLOEXEC);
	case AMDKFD_IOC_IMPORT_DMABUF:
		kernel.mem[++kernel.num_mem].live = true;
		((struct kfd_ioctl_import_dmabuf_args *)args)->handle = kernel.num_mem;
		return 0;
	case AMDKFD_IOC_MAP_MEMORY_TO_GPU:
		return map_memory(args, true);
	case AMDKFD_IOC_UNMAP_MEMORY_FROM_GPU:
		return map_memory(args, false);
	case AMDKFD_IOC_FREE_MEMORY_OF_GPU:
		return free_memory(args);
	case AMDKFD_IOC_CREATE_QUEUE:
	case AMDKFD_IOC_DESTROY_QUEUE:
		return 0;
	case AMDKFD_IOC_GET_QUEUE_WAVE_STATE:
		kernel.asked_wave_state = true;
		return 0;
	case DRM_IOCTL_PRIME_FD_TO_HANDLE:
		((struct drm_prime_handle *)args)->handle = GEM;
		kernel.gem_open = true;
		return 0;
	case DRM_IOCTL_GEM_CLOSE:
		assert_int_equal(((struct drm_gem_close *)args)->handle, GEM);
		kernel.gem_open = false;
		return 0;
	case DRM_IOCTL_AMDGPU_GEM_VA:
		return kernel.gem_va ? no(-kernel.gem_va) : 0;
	}
	return no(ENOTTY);
}

static void no_log(void *opaque, enum virtkfd_log_level level, const char *line)
{
	(void)opaque;
	(void)level;
	(void)line;
}

struct ground {
	struct virtkfd_backend be;
	struct virtkfd_backend_ctx ctx;
	int render_fds[2];
	uint64_t handle;
};

/* A context with two GPUs, and the memory of an AQL queue: in two parts, mapped on the first */
static int set_up(void **state)
{
	struct kfd_ioctl_alloc_memory_of_gpu_args args = {
		.va_addr = ADDRESS, .size = SIZE, .gpu_id = GPU,
		.flags = KFD_IOC_ALLOC_MEM_FLAGS_USERPTR | KFD_IOC_ALLOC_MEM_FLAGS_AQL_QUEUE_MEM,
	};
	struct virtkfd_guest_range range = { .len = SIZE };
	struct ground *g = calloc(1, sizeof(*g));

	memset(&kernel, 0, sizeof(kernel));
	assert_non_null(g);
	g->be.params.log = no_log;
	g->be.list_limit = 1024;
	g->be.num_gpus = 2;
	g->be.gpus[0].id = GPU;
	g->be.gpus[1].id = OTHER_GPU;
	g->ctx.be = &g->be;
	g->ctx.render_fds = g->render_fds;
	LIST_INIT(&g->ctx.queues);
	LIST_INIT(&g->ctx.ranges);
	assert_int_equal(host_alloc_user(&g->ctx, &args, &range, 1), 0);
	assert_int_equal(kernel.num_mem, 2);
	g->handle = args.handle;
	*state = g;
	return 0;
}

static int tear_down(void **state)
{
	struct ground *g = *state;

	host_memory_close(&g->ctx);
	host_render_close(&g->ctx);
	free(g);
	return 0;
}

/* Returns the errno; *@done is n_success. */
static int map(struct ground *g, bool maps, const uint32_t *ids, uint32_t num, uint32_t *done)
{
	struct kfd_ioctl_map_memory_to_gpu_args args = {
		.handle = g->handle, .device_ids_array_ptr = (uintptr_t)ids, .n_devices = num,
	};
	struct kfd_ioctl_unmap_memory_from_gpu_args unmap = {
		.handle = g->handle, .device_ids_array_ptr = (uintptr_t)ids, .n_devices = num,
	};
	int ret = maps ? host_map(&g->ctx, &args) : host_unmap(&g->ctx, &unmap);

	*done = maps ? args.n_success : unmap.n_success;
	return ret;
}

static int free_it(struct ground *g)
{
	struct kfd_ioctl_free_memory_of_gpu_args args = { .handle = g->handle };

	return host_free(&g->ctx, &args);
}

static void expect_mapped(unsigned int gpus)
{
	assert_int_equal(kernel.mem[1].mapped, gpus);
	assert_int_equal(kernel.mem[2].mapped, gpus);
}

static void test_parts_go_together(void **state)
{
	static const uint32_t ids[] = { GPU, OTHER_GPU };
	struct ground *g = *state;
	uint32_t done;

	assert_int_equal(map(g, true, ids, 2, &done), 0);
	assert_int_equal(done, 2);
	expect_mapped(3);
	assert_int_equal(free_it(g), -EBUSY);
	assert_int_equal(map(g, false, ids, 2, &done), 0);
	assert_int_equal(done, 2);
	expect_mapped(0);
	assert_int_equal(free_it(g), 0);
	assert_false(kernel.mem[1].live || kernel.mem[2].live);
	assert_int_equal(free_it(g), -EINVAL);
}

/* As with memory in one part it is done on the GPUs before the one that is none. */
static void test_a_device_that_is_none(void **state)
{
	static const uint32_t ids[] = { GPU, NO_GPU };
	struct ground *g = *state;
	uint32_t done;

	assert_int_equal(map(g, true, ids, 2, &done), -EINVAL);
	assert_int_equal(done, 1);
	expect_mapped(1);
	assert_int_equal(map(g, false, ids, 2, &done), -EINVAL);
	assert_int_equal(done, 1);
	expect_mapped(0);
	assert_int_equal(free_it(g), 0);
	assert_false(kernel.mem[1].live || kernel.mem[2].live);
}

static void test_one_part_is_in_use(void **state)
{
	static const uint32_t ids[] = { GPU };

	for (uint32_t part = 1; part <= 2; part++) {
		struct ground *g;
		uint32_t done;

		tear_down(state);
		set_up(state);
		g = *state;
		assert_int_equal(map(g, true, ids, 1, &done), 0);
		kernel.mem[part].busy = true;
		assert_int_equal(map(g, false, ids, 1, &done), -EBUSY);
		assert_int_equal(done, 0);
		expect_mapped(1);
		assert_int_equal(free_it(g), -EBUSY);
		kernel.mem[part].busy = false;
		assert_int_equal(map(g, false, ids, 1, &done), 0);
		expect_mapped(0);
		assert_int_equal(free_it(g), 0);
		assert_false(kernel.mem[1].live || kernel.mem[2].live);
	}
}

/* Whatever else goes wrong: a free that succeeds has freed all. */
static void test_free_is_all_or_an_error(void **state)
{
	struct ground *g = *state;

	kernel.mem[2].mapped = 1;
	assert_int_equal(free_it(g), -EBUSY);
	kernel.mem[2].mapped = 0;
	kernel.mem[1].mapped = 1;
	assert_int_equal(free_it(g), -EBUSY);
	kernel.mem[1].mapped = 0;
	assert_int_equal(free_it(g), 0);
	assert_false(kernel.mem[1].live || kernel.mem[2].live);
}

static void test_one_part_is_refused(void **state)
{
	static const uint32_t ids[] = { GPU };
	struct ground *g = *state;
	uint32_t done;

	for (kernel.refused_part = 1; kernel.refused_part <= 2; kernel.refused_part++) {
		assert_int_equal(map(g, true, ids, 1, &done), -ENOMEM);
		assert_int_equal(done, 0);
		expect_mapped(0);
	}
}

static int render_va(struct ground *g, uint32_t gpu, uint32_t operation)
{
	struct drm_amdgpu_gem_va args = {
		.operation = operation, .va_address = ADDRESS, .map_size = SIZE,
	};
	struct virtkfd_backend_obj obj = { .be = &g->be, .gpu = &g->be.gpus[0] };

	return host_render_va(&g->ctx, gpu, &args, &obj);
}

static void create_queue(struct ground *g, uint64_t eop)
{
	struct kfd_ioctl_create_queue_args args = { .gpu_id = GPU, .eop_buffer_address = eop };

	assert_int_equal(host_create_queue(&g->ctx, &args), 0);
}

static void destroy_queue(struct ground *g)
{
	struct kfd_ioctl_destroy_queue_args args = { 0 };

	assert_int_equal(host_destroy_queue(&g->ctx, &args), 0);
}

/* What a queue has is kept by amdkfd, handle or not. */
static void test_close_of_what_a_queue_has(void **state)
{
	struct ground *g = *state;

	assert_int_equal(render_va(g, 0, AMDGPU_VA_OP_MAP), 0);
	create_queue(g, ADDRESS + SIZE - 8);
	assert_int_equal(render_va(g, 0, VIRTKFD_RENDER_VA_CLOSE), -EBUSY);
	assert_int_equal(render_va(g, 0, AMDGPU_VA_OP_UNMAP), 0);
	assert_int_equal(render_va(g, 0, AMDGPU_VA_OP_CLEAR), 0);
	assert_int_equal(render_va(g, 0, VIRTKFD_RENDER_VA_CLOSE), -EBUSY);
	assert_true(kernel.gem_open);
	destroy_queue(g);
	assert_int_equal(render_va(g, 0, VIRTKFD_RENDER_VA_CLOSE), 0);
	assert_false(kernel.gem_open);
}

static void test_close_of_other_memory(void **state)
{
	struct ground *g = *state;

	assert_int_equal(render_va(g, 0, AMDGPU_VA_OP_MAP), 0);
	create_queue(g, ADDRESS + SIZE);
	assert_int_equal(render_va(g, 0, VIRTKFD_RENDER_VA_CLOSE), 0);
	destroy_queue(g);

	/* A mapping that was not made, and one that is gone, are nobody's. */
	kernel.gem_va = -EINVAL;
	assert_int_equal(render_va(g, 0, AMDGPU_VA_OP_MAP), -EINVAL);
	kernel.gem_va = 0;
	assert_int_equal(render_va(g, 0, AMDGPU_VA_OP_MAP), 0);
	assert_int_equal(render_va(g, 0, AMDGPU_VA_OP_UNMAP), 0);
	create_queue(g, ADDRESS);
	assert_int_equal(render_va(g, 0, VIRTKFD_RENDER_VA_CLOSE), 0);
	assert_int_equal(g->ctx.num_ranges, 0);
}

static void test_render_va_of_another_gpu(void **state)
{
	struct ground *g = *state;

	assert_int_equal(render_va(g, 1, AMDGPU_VA_OP_MAP), -ENOENT);
	assert_int_equal(render_va(g, 1, VIRTKFD_RENDER_VA_CLOSE), -ENOENT);
	assert_false(kernel.gem_open);
}

/* With more than one die amdkfd writes where nobody has given it room. */
static void test_wave_state_of_several_dies(void **state)
{
	struct kfd_ioctl_get_queue_wave_state_args args = { 0 };
	unsigned int nr = _IOC_NR(AMDKFD_IOC_GET_QUEUE_WAVE_STATE);
	struct ground *g = *state;

	g->be.gpus[0].num_xcc = 1;
	g->be.gpus[1].num_xcc = 2;
	assert_int_equal(virtkfd_backend_kfd.ioctl(&g->ctx, nr, &args), -EINVAL);
	assert_false(kernel.asked_wave_state);
	g->be.gpus[1].num_xcc = 1;
	assert_int_equal(virtkfd_backend_kfd.ioctl(&g->ctx, nr, &args), 0);
	assert_true(kernel.asked_wave_state);
}

int main(void)
{
#define HERE(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		HERE(test_parts_go_together),
		HERE(test_a_device_that_is_none),
		HERE(test_one_part_is_in_use),
		HERE(test_free_is_all_or_an_error),
		HERE(test_one_part_is_refused),
		HERE(test_close_of_what_a_queue_has),
		HERE(test_close_of_other_memory),
		HERE(test_render_va_of_another_gpu),
		HERE(test_wave_state_of_several_dies),
	};

	return cmocka_run_group_tests_name("memory and queues of the backend kfd", tests, NULL, NULL);
}
