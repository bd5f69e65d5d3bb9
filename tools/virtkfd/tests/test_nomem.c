// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A session in which the n-th allocation of the library fails, for every n: the call that
 * needed it says so and has changed nothing, the same call succeeds afterwards, and in the
 * end nothing is left.
 *
 * The library is linked to the functions __wrap_*() here (see the Makefile); this file and
 * the harness are not.
 */
#define _GNU_SOURCE
#include <search.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness.h"
#include "internal.h"
#include "soft.h"

/* Whether to fail once or for as long as the call lasts. */
enum mode { ONCE, ON_AND_ON };

static struct {
	unsigned int nth;	/* which allocation is to fail, from 1; 0 for none */
	enum mode mode;
	unsigned int count;	/* allocations so far */
	unsigned int failed;	/* of them failed */
	int allocated;		/* blocks, tree nodes, descriptors */
} scarce;

static bool fails(void)
{
	scarce.count++;
	if (!scarce.nth || scarce.count < scarce.nth ||
	    (scarce.mode == ONCE && scarce.count > scarce.nth))
		return false;
	scarce.failed++;
	errno = ENOMEM;
	return true;
}

static void *counted(void *ptr)
{
	scarce.allocated += !!ptr;
	return ptr;
}

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t num, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __wrap_free(void *ptr);
void *__wrap_tsearch(const void *key, void **root, int (*cmp)(const void *, const void *));
void *__wrap_tdelete(const void *key, void **root, int (*cmp)(const void *, const void *));
int __wrap_memfd_create(const char *name, unsigned int flags);
int __wrap_close(int fd);
void *__wrap_mmap(void *addr, size_t len, int prot, int flags, int fd, off_t off);

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : counted(malloc(size));
}

void *__wrap_calloc(size_t num, size_t size)
{
	return fails() ? NULL : counted(calloc(num, size));
}

void *__wrap_realloc(void *old, size_t size)
{
	void *ptr = fails() ? NULL : realloc(old, size);

	return old ? ptr : counted(ptr);
}

void __wrap_free(void *ptr)
{
	scarce.allocated -= !!ptr;
	free(ptr);
}

void *__wrap_tsearch(const void *key, void **root, int (*cmp)(const void *, const void *))
{
	return fails() ? NULL : counted(tsearch(key, root, cmp));
}

void *__wrap_tdelete(const void *key, void **root, int (*cmp)(const void *, const void *))
{
	void *parent = tdelete(key, root, cmp);

	assert_non_null(parent);
	scarce.allocated--;
	return parent;
}

int __wrap_memfd_create(const char *name, unsigned int flags)
{
	int fd = fails() ? -1 : memfd_create(name, flags);

	scarce.allocated += fd >= 0;
	return fd;
}

int __wrap_close(int fd)
{
	scarce.allocated--;
	return close(fd);
}

void *__wrap_mmap(void *addr, size_t len, int prot, int flags, int fd, off_t off)
{
	return fails() ? MAP_FAILED : mmap(addr, len, prot, flags, fd, off);
}

/* What a guest and its VMM can see of the library's state. */
struct seen {
	struct virtkfd_stats stats;
	uint64_t pinned;
	uint64_t available;
	int mapped;
	unsigned int fences;
};

static struct seen look(struct guest *guest, struct gctx *ctx)
{
	struct seen seen = {
		.stats = stats(guest), .pinned = pinned(guest), .mapped = guest->mapped,
		.fences = guest->num_fences,
	};

	seen.stats.commands = 0;
	if (ctx)
		seen.available = kfd_available(ctx);
	return seen;
}

/*
 * One call of the session. If it fails it is for want of memory and without an effect, and
 * it can be made again.
 */
#define TRY(guest, ctx, call) \
do { \
	struct seen before, after; \
	unsigned int nth = scarce.nth, failed = scarce.failed, count = scarce.count; \
	int ret; \
	\
	scarce.nth = 0; \
	before = look(guest, ctx); \
	scarce.nth = nth; \
	scarce.count = count; \
	ret = (call); \
	if (scarce.failed > failed) \
		nth = 0; \
	scarce.nth = 0; \
	count = scarce.count; \
	if (ret) { \
		assert_true(scarce.failed > failed); \
		/* kfd_ioctl_alloc_memory_of_gpu() has another word for no handle. */ \
		assert_true(ret == -ENOMEM || ret == -EFAULT); \
		after = look(guest, ctx); \
		assert_memory_equal(&before, &after, sizeof(before)); \
		assert_int_equal((call), 0); \
	} \
	scarce.count = count; \
	scarce.nth = nth; \
} while (0)

/* Everything a typical process has, more than once where tables grow. */
#define OBJECTS		20
#define QUEUES		16
#define QUEUE_OBJECT	15

struct session {
	struct guest *guest;
	struct gctx *control;
	struct gctx *ctx;
	uint8_t *window;
	uint64_t handles[OBJECTS];
	uint64_t page;
	uint64_t user;
	uint32_t events[OBJECTS];
	struct virtkfd_blob *blobs[4];
	uint64_t import;
};

static struct gctx *ctx_try(struct session *s, uint32_t id, uint32_t role)
{
	struct gctx *ctx = calloc(1, sizeof(*ctx));
	struct iovec iov;

	assert_non_null(ctx);
	ctx->guest = s->guest;
	ctx->id = id;
	ctx->rsp = aligned_alloc(8, RSP_SIZE);
	assert_non_null(ctx->rsp);
	iov = (struct iovec){ ctx->rsp, RSP_SIZE };
	TRY(s->guest, NULL, virtkfd_ctx_create(s->guest->vm, id));
	TRY(s->guest, NULL, virtkfd_resource_attach(s->guest->vm, id, RSP_RES, &iov, 1));
	TRY(s->guest, NULL, ctx_init(ctx, role, RSP_RES));
	return ctx;
}

/* USERPTR in as many pieces as pages, of which one is two runs on the host. */
static int scattered(struct session *s)
{
	uint64_t ext[40];
	struct kfd_ioctl_alloc_memory_of_gpu_args args = {
		.va_addr = VA + 8 * MIB, .size = (ARRAY_LEN(ext) + 1) * PAGE,
		.gpu_id = s->guest->gpu_id, .flags = USERPTR, .handle = 4711,
	};
	int ret;

	for (size_t i = 0; i < ARRAY_LEN(ext); i++)
		ext[i] = i ? VIRTKFD_EXTENT(2 * i * PAGE, 1) : VIRTKFD_EXTENT(RAM_SPLIT - PAGE, 2);
	ret = kfd_raw(s->ctx, NR(ALLOC_MEMORY_OF_GPU), &args, sizeof(args), ext, sizeof(ext));
	s->user = args.handle;
	if (ret)
		assert_int_equal(args.handle, 4711);
	return ret;
}

/*
 * The first event and its page. What comes after the page is as with amdkfd, where it stays
 * set although there was no memory for the event.
 */
static int first_event(struct session *s)
{
	int ret = kfd_event(s->ctx, KFD_IOC_EVENT_SIGNAL, s->page, &s->events[0]);

	return ret == -EINVAL && !scarce.nth ?
	       kfd_event(s->ctx, KFD_IOC_EVENT_SIGNAL, 0, &s->events[0]) : ret;
}

static int apertures(struct session *s)
{
	struct kfd_ioctl_get_process_apertures_new_args args = { .num_of_nodes = 2 };
	uint32_t len;
	int ret = kfd(s->ctx, GET_PROCESS_APERTURES_NEW, &args);

	kfd_out(s->ctx, &len);
	assert_int_equal(len, ret ? 0 : 56);
	return ret;
}

static int topology(struct session *s)
{
	struct virtkfd_ccmd_topology cmd = {
		.hdr = { .cmd = VIRTKFD_CCMD_TOPOLOGY, .len = sizeof(cmd) },
	};
	int ret = ctx_call(s->control, &cmd);

	s->guest->gpu_id = ((struct virtkfd_rsp_topology *)s->control->rsp)->gpu_id;
	return ret;
}

static int blob(struct session *s, uint32_t i)
{
	uint64_t gpu = (uint64_t)s->guest->gpu_id << 32;
	const struct {
		uint64_t id;
		uint64_t size;
	} rows[] = {
		{ VIRTKFD_BLOB_ID(VIRTKFD_BLOB_MEMORY, s->handles[0]), PAGE },
		{ VIRTKFD_BLOB_ID(VIRTKFD_BLOB_DOORBELL, gpu), SLICE },
		{ VIRTKFD_BLOB_ID(VIRTKFD_BLOB_MMIO, gpu), PAGE },
		{ VIRTKFD_BLOB_ID(VIRTKFD_BLOB_MEMORY, s->page), KFD_SIGNAL_EVENT_LIMIT * 8 },
	};

	return virtkfd_blob_create(s->guest->vm, 2, rows[i].id, rows[i].size, &s->blobs[i]);
}

static int map_blob(struct session *s, uint32_t i)
{
	uint32_t map_info;

	return virtkfd_blob_map(s->blobs[i], s->window + i * PAGE, &map_info);
}

/* Of a copy engine, with one object for all of its memory. */
static int queue(struct session *s, uint32_t id)
{
	struct kfd_ioctl_create_queue_args args = {
		.ring_base_address = VA + QUEUE_OBJECT * MIB / 2, .ring_size = PAGE,
		.read_pointer_address = VA + QUEUE_OBJECT * MIB / 2,
		.write_pointer_address = VA + QUEUE_OBJECT * MIB / 2,
		.gpu_id = s->guest->gpu_id, .queue_type = KFD_IOC_QUEUE_TYPE_SDMA,
	};
	int ret = kfd(s->ctx, CREATE_QUEUE, &args);

	if (!ret)
		assert_int_equal(args.queue_id, id);
	return ret;
}

static int queue_destroy(struct session *s, uint32_t id)
{
	struct kfd_ioctl_destroy_queue_args args = { .queue_id = id };

	return kfd(s->ctx, DESTROY_QUEUE, &args);
}

static int attach(struct session *s)
{
	return virtkfd_resource_attach_blob(s->guest->vm, 2, 99, s->blobs[3]);
}

static int import(struct session *s)
{
	struct kfd_ioctl_import_dmabuf_args args = {
		.va_addr = VA + 24 * MIB, .gpu_id = s->guest->gpu_id, .dmabuf_fd = 99,
		.handle = 4711,
	};
	int ret = kfd(s->ctx, IMPORT_DMABUF, &args);

	s->import = args.handle;
	if (ret)
		assert_int_equal(args.handle, 4711);
	return ret;
}

static int render_va(struct session *s, uint32_t op, uint64_t va, uint64_t size)
{
	struct virtkfd_ccmd_render_va cmd = {
		.hdr = { .cmd = VIRTKFD_CCMD_RENDER_VA, .len = sizeof(cmd) },
		.gpu_id = s->guest->gpu_id, .res_id = 99, .operation = op, .va = va, .size = size,
	};

	return ctx_call(s->ctx, &cmd);
}

static void begin(struct session *s)
{
	static const uint32_t flags[] = { GTT, VRAM, GTT | AQL, DOORBELL, MMIO };
	static const uint64_t sizes[] = { PAGE, 2 * PAGE, 4 * PAGE, SLICE, PAGE };
	struct guest *guest = s->guest;

	s->control = ctx_try(s, 1, VIRTKFD_ROLE_CONTROL);
	TRY(guest, NULL, topology(s));
	s->ctx = ctx_try(s, 2, VIRTKFD_ROLE_PROCESS);
	TRY(guest, s->ctx, apertures(s));
	TRY(guest, s->ctx, kfd_acquire(s->ctx));
	for (uint32_t i = 0; i < OBJECTS; i++)
		TRY(guest, s->ctx, kfd_alloc(s->ctx, flags[i % 5], VA + i * MIB / 2, sizes[i % 5],
					     &s->handles[i]));
	TRY(guest, s->ctx, kfd_alloc(s->ctx, GTT, VA + 16 * MIB, KFD_SIGNAL_EVENT_LIMIT * 8,
				     &s->page));
	TRY(guest, s->ctx, scattered(s));
	for (uint32_t i = 0; i < 5; i++)
		TRY(guest, s->ctx, kfd_map(s->ctx, s->handles[i], guest->gpu_id, NULL));
	TRY(guest, s->ctx, kfd_map(s->ctx, s->handles[QUEUE_OBJECT], guest->gpu_id, NULL));
	TRY(guest, s->ctx, kfd_map(s->ctx, s->user, guest->gpu_id, NULL));
}

static void use(struct session *s)
{
	const struct kfd_hsa_memory_exception_data none = { 0 };
	struct guest *guest = s->guest;

	TRY(guest, s->ctx, first_event(s));
	for (uint32_t i = 1; i < OBJECTS; i++)
		TRY(guest, s->ctx, kfd_event(s->ctx, i & 1 ? KFD_IOC_EVENT_MEMORY :
					     KFD_IOC_EVENT_SIGNAL, 0, &s->events[i]));
	for (uint32_t i = 0; i < 4; i++)
		TRY(guest, s->ctx, blob(s, i));
	for (uint32_t i = 0; i < QUEUES; i++)
		TRY(guest, s->ctx, queue(s, i));
	TRY(guest, s->ctx, map_blob(s, 0));
	TRY(guest, s->ctx, map_blob(s, 2));
	TRY(guest, s->ctx, attach(s));
	TRY(guest, s->ctx, import(s));
	TRY(guest, s->ctx, kfd_map(s->ctx, s->import, guest->gpu_id, NULL));
	TRY(guest, s->ctx, render_va(s, AMDGPU_VA_OP_MAP, VA + 32 * MIB, 8 * PAGE));
	TRY(guest, s->ctx, render_va(s, AMDGPU_VA_OP_CLEAR, VA + 32 * MIB + PAGE, PAGE));
	TRY(guest, s->ctx, render_va(s, AMDGPU_VA_OP_REPLACE, VA + 32 * MIB, PAGE));
	TRY(guest, s->ctx, poll_send(s->control, POLL_SIZE, 4));
	TRY(guest, s->ctx, virtkfd_fence(guest->vm, 1, VIRTKFD_RING_EVENTS, 1));
	TRY(guest, s->ctx, virtkfd_fence(guest->vm, 1, VIRTKFD_RING_EVENTS, 2));
	TRY(guest, s->ctx, virtkfd_fence(guest->vm, 2, VIRTKFD_RING_CMD, 3));
	/* What comes from the GPU has nobody whom to tell of a want of memory. */
	soft_memory_exception(vk_ctx_find(guest->vm, 2)->bctx, &none);
	assert_int_equal(guest->num_fences, 3);
	TRY(guest, s->ctx, poll_send(s->control, POLL_SIZE, 4));
}

/* But for the list of GPUs of an unmap, nothing that lets go needs memory for it. */
static void end(struct session *s)
{
	struct guest *guest = s->guest;
	unsigned int count;

	for (uint32_t i = 0; i < 5; i++)
		TRY(guest, s->ctx, kfd_unmap(s->ctx, s->handles[i], guest->gpu_id, NULL));
	TRY(guest, s->ctx, kfd_unmap(s->ctx, s->import, guest->gpu_id, NULL));
	count = scarce.count;
	for (uint32_t i = 0; i < QUEUES / 2; i++)
		assert_int_equal(queue_destroy(s, i), 0);
	assert_int_equal(render_va(s, AMDGPU_VA_OP_UNMAP, VA + 32 * MIB, PAGE), 0);
	assert_int_equal(render_va(s, VIRTKFD_RENDER_VA_CLOSE, 0, 0), 0);
	assert_int_equal(kfd_free(s->ctx, s->import), 0);
	for (uint32_t i = 0; i < OBJECTS / 2; i++) {
		assert_int_equal(kfd_event_destroy(s->ctx, s->events[i]), 0);
		assert_int_equal(kfd_free(s->ctx, s->handles[i]), 0);
	}
	virtkfd_blob_unmapped(s->blobs[0]);
	virtkfd_blob_destroy(s->blobs[0]);
	virtkfd_blob_destroy(s->blobs[1]);
	virtkfd_blob_destroy(s->blobs[3]);
	ctx_free(s->ctx);
	ctx_free(s->control);
	assert_int_equal(scarce.count, count);
}

static int vm_create(struct session *s)
{
	int ret = guest_vm_create(s->guest, NULL);

	if (ret)
		assert_null(s->guest->vm);
	return ret;
}

/* Did it take so many allocations that the n-th of them could fail? */
static bool run_session(unsigned int nth, enum mode mode)
{
	struct session s = { .guest = guest_bare() };
	int ret;

	s.window = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(s.window, MAP_FAILED);
	memset(&scarce, 0, sizeof(scarce));
	scarce.nth = nth;
	scarce.mode = mode;
	ret = vm_create(&s);
	if (scarce.failed) {
		assert_int_equal(ret, -ENOMEM);
		assert_int_equal(scarce.allocated, 0);
		scarce.nth = 0;
		ret = vm_create(&s);
	}
	assert_int_equal(ret, 0);
	begin(&s);
	use(&s);
	end(&s);
	guest_free(s.guest);
	munmap(s.window, 3 * PAGE);
	assert_int_equal(scarce.allocated, 0);
	return scarce.failed > 0;
}

static void sweep(enum mode mode)
{
	unsigned int nth = 1;

	while (run_session(nth, mode))
		nth++;
	/* All there were, and they were many. */
	assert_int_equal(scarce.count, nth - 1);
	assert_true(nth > 150);
	print_message("# %u allocations\n", nth - 1);
}

static void test_once(void **state)
{
	(void)state;
	sweep(ONCE);
}

static void test_on_and_on(void **state)
{
	(void)state;
	sweep(ON_AND_ON);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_once),
		cmocka_unit_test(test_on_and_on),
	};

	return cmocka_run_group_tests_name("nomem", tests, NULL, NULL);
}
