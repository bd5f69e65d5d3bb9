// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Kernels that cannot be, or fail: what the user of the core is told, with the numbers of amdkfd's
 * enum kfd_dbg_trap_exception_code (include/uapi/linux/kfd_ioctl.h).
 *
 * Waves that have failed in each way come to sg_wave_failed() directly; which instruction makes a
 * wave do so is for the tests of instructions.
 */
#include <errno.h>

#include "internal.h"
#include "isa/group.h"
#include "harness.h"

enum {
	EC_WAVE_ABORT = 1, EC_WAVE_TRAP = 2, EC_WAVE_ILLEGAL = 4, EC_WAVE_APERTURE = 6,
	EC_DIM = 16, EC_GROUP_SEGMENT = 17, EC_CODE = 18, EC_WORK_GROUP = 21, EC_REGISTERS = 22,
};

#define DISPATCH	2u
#define BARRIER_AND	3u
#define DIMENSIONS(n)	((uint32_t)(n) << 16)
#define BAD_KERNEL	(CODE + 0x1000)
#define BAD_PC		(BAD_KERNEL + 256)

/* One workgroup of a wave */
struct packet {
	uint32_t dims, group_x, group_y, group_z, grid_x, grid_y, grid_z, lds;
	uint64_t object;
};

static struct packet packet(uint64_t object)
{
	return (struct packet){
		.dims = 3, .group_x = 64, .group_y = 1, .group_z = 1, .grid_x = 64, .grid_y = 1,
		.grid_z = 1, .object = object,
	};
}

static void put(struct queue *q, const struct packet *p)
{
	PUT(q, DISPATCH | DIMENSIONS(p->dims), p->group_x | p->group_y << 16, p->group_z,
	    p->grid_x, p->grid_y, p->grid_z, 0, p->lds, LO(p->object), HI(p->object), 0, 0, 0, 0,
	    0, 0);
}

static void start(struct fixture *fix, struct queue *q)
{
	queue_init(q, fix->gpu, fix->vm, SOFTGPU_QUEUE_AQL, PAGE);
	queue_create(q);
}

/* The queue stops there: the barrier behind it is not executed, also by one that goes on. */
static void stops(struct fixture *fix, const struct packet *p, unsigned int code)
{
	struct queue q;

	start(fix, &q);
	put(&q, p);
	PUT(&q, BARRIER_AND, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	queue_ring(&q);
	queue_exception(&q, code);
	queue_move(&q);
	queue_ring(&q);
	usleep(1000);
	assert_int_equal(r64(fix->vm, q.p.rptr_va), 0);
	assert_int_equal(queue_stats(&q).dispatches, 0);
	queue_exit(&q);
}

static void test_packets(void **state)
{
	struct fixture *fix = *state;
	struct packet good = packet(KERNEL), p;
	struct queue q;

#define BAD(code, ...) do {				\
	p = good;					\
	__VA_ARGS__;					\
	stops(fix, &p, code);				\
} while (0)

	BAD(EC_DIM, p.dims = 0);
	BAD(EC_DIM, p.group_x = 0);
	BAD(EC_DIM, p.group_y = 0);
	BAD(EC_DIM, p.group_z = 0);
	BAD(EC_DIM, p.grid_x = 0);
	BAD(EC_DIM, p.grid_y = 0);
	BAD(EC_DIM, p.grid_z = 0);
	BAD(EC_WORK_GROUP, p.group_x = 1025);
	BAD(EC_WORK_GROUP, p.group_x = 65535, p.group_y = 65535, p.group_z = 65535);
	BAD(EC_WORK_GROUP, p.group_x = 32, p.group_y = 32, p.group_z = 2);
	BAD(EC_GROUP_SEGMENT, p.lds = 0x10001);
	BAD(EC_CODE, p.object = 0);
	assert_int_equal(fix->vm->num_logs, 0);

	/* With what is just possible all is well, and of fewer dimensions the rest is ignored. */
	start(fix, &q);
	p = good;
	p.group_x = p.group_y = 32;
	p.lds = 0x10000;
	put(&q, &p);
	p = good;
	p.dims = 1;
	p.group_y = p.group_z = p.grid_y = p.grid_z = 0;
	put(&q, &p);
	queue_ring(&q);
	queue_wait(&q);
	assert_int_equal(queue_stats(&q).dispatches, 2);
	queue_exit(&q);
}

/* Registers of gfx942: COMPUTE_PGM_RSRC1 has all, RSRC3 where those for accumulation begin. */
static void test_descriptors(void **state)
{
	struct fixture *fix = *state;
	struct packet p = packet(BAD_KERNEL);

	vm_put(fix->vm, BAD_KERNEL + 16, (uint64_t[]){ 256 }, 8);
	/* 8 of them, of which 12 are not for accumulation */
	vm_put(fix->vm, BAD_KERNEL + 44, (uint32_t[]){ 2, 0, 0 }, 12);
	stops(fix, &p, EC_REGISTERS);
	/* ENABLE_WAVEFRONT_SIZE32 */
	vm_put(fix->vm, BAD_KERNEL + 44, (uint32_t[]){ 0, 0, 0, 0x400 }, 16);
	stops(fix, &p, EC_CODE);
}

static void test_no_descriptor(void **state)
{
	struct fixture *fix = *state;
	struct packet p = packet(NOWHERE);
	struct queue q;

	start(fix, &q);
	put(&q, &p);
	queue_ring(&q);
	queue_fault(&q, NOWHERE, SOFTGPU_READ, false);
	queue_exit(&q);
}

/* All the way from the code. Both encodings belong to no instruction of any target. */
static void test_code(void **state)
{
	struct fixture *fix = *state;
	struct packet p = packet(BAD_KERNEL);
	struct queue q;

	vm_put(fix->vm, BAD_KERNEL + 16, (uint64_t[]){ 256 }, 8);
	vm_put(fix->vm, BAD_PC, (uint32_t[]){ 0xffffffff, 0xffffffff }, 8);
	stops(fix, &p, EC_WAVE_ILLEGAL);
	assert_int_equal(fix->vm->num_logs, 1);
	assert_string_equal(fix->vm->line, "softgpu: kernel 0x901000, wave 0 at 0x901100: "
			    "illegal instruction ffffffff 00000000");

	/* No memory behind it that may be executed */
	vm_put(fix->vm, BAD_KERNEL + 16, (uint64_t[]){ DATA - BAD_KERNEL }, 8);
	start(fix, &q);
	put(&q, &p);
	queue_ring(&q);
	queue_fault(&q, DATA, SOFTGPU_READ | SOFTGPU_EXEC, true);
	queue_exit(&q);
	assert_int_equal(fix->vm->num_logs, 2);
	assert_string_equal(fix->vm->line, "softgpu: kernel 0x901000, wave 0 at 0x100000: "
			    "fault at 0x100000 (rx)");
}

/* Without the callback it is a packet that cannot be. */
static void test_bare(void **state)
{
	struct fixture *fix = *state;
	struct packet p = packet(BAD_KERNEL);
	struct softgpu *gpu;
	struct queue q;

	assert_int_equal(softgpu_create(&vm_ops_bare, 1, &gpu), 0);
	vm_put(fix->vm, BAD_KERNEL + 16, (uint64_t[]){ 256 }, 8);
	vm_put(fix->vm, BAD_PC, (uint32_t[]){ 0xffffffff }, 4);
	queue_init(&q, gpu, fix->vm, SOFTGPU_QUEUE_AQL, PAGE);
	queue_create(&q);
	put(&q, &p);
	queue_ring(&q);
	queue_bad(&q, 0, DISPATCH | DIMENSIONS(3));
	queue_exit(&q);
	softgpu_destroy(gpu);
}

/* A queue that does nothing, for what is called directly */
static void idle(struct fixture *fix, struct queue *q)
{
	queue_init(q, fix->gpu, fix->vm, SOFTGPU_QUEUE_AQL, PAGE);
	q->p.percent = 0;
	queue_create(q);
}

static const struct isa_kernel kernel = { .target = ISA_GFX942, .dispatch.object = 0x1234500 };

static void fails(struct queue *q, const struct isa_wave *w, unsigned int code, const char *what)
{
	char line[256];

	q->q->exception = 0;
	assert_int_equal(sg_wave_failed(q->q, &kernel, w), -EINVAL);
	assert_int_equal(q->q->exception, code);
	snprintf(line, sizeof(line), "softgpu: kernel 0x1234500, wave 7 at 0x123456789abc: %s",
		 what);
	assert_string_equal(q->vm->line, line);
}

static void test_waves(void **state)
{
	struct fixture *fix = *state;
	struct isa_wave w = { .slot = 7, .pc = 0x123456789abc };
	struct queue q;

	idle(fix, &q);
	w.error = ISA_TRAP;
	w.trap = 2;
	fails(&q, &w, EC_WAVE_ABORT, "trap 2");
	w.trap = 1;
	fails(&q, &w, EC_WAVE_TRAP, "trap 1");
	w.trap = 255;
	fails(&q, &w, EC_WAVE_TRAP, "trap 255");

	w.error = ISA_ILLEGAL;
	w.words[0] = 0xbf8a0000;	/* SOPP 10 */
	fails(&q, &w, EC_WAVE_ILLEGAL, "not executed: s_barrier");
	w.words[0] = 0xbfffffff;	/* SOPP 127 */
	w.words[1] = 0x89abcdef;
	fails(&q, &w, EC_WAVE_ILLEGAL, "illegal instruction bfffffff 89abcdef");

	w.fault = (struct softgpu_fault){ .va = 0xffff12345678, .access = SOFTGPU_WRITE };
	w.error = ISA_APERTURE;
	fails(&q, &w, EC_WAVE_APERTURE, "access outside of its aperture at 0xffff12345678 (w)");
	w.fault.access |= SOFTGPU_READ;
	w.error = ISA_MISALIGNED;
	fails(&q, &w, EC_WAVE_APERTURE, "misaligned access at 0xffff12345678 (rw)");

	/* A fault is for the memory's owner: it is no exception of the queue. */
	w.error = ISA_MEMORY;
	w.fault.mapped = true;
	q.q->exception = 0;
	assert_int_equal(sg_wave_failed(q.q, &kernel, &w), -EFAULT);
	assert_int_equal(q.q->exception, 0);
	assert_memory_equal(&q.q->fault, &w.fault, sizeof(w.fault));
	assert_string_equal(fix->vm->line, "softgpu: kernel 0x1234500, wave 7 at 0x123456789abc: "
			    "fault at 0xffff12345678 (rw)");
	queue_exit(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_packets),
		TEST(test_descriptors),
		TEST(test_no_descriptor),
		TEST(test_code),
		TEST(test_bare),
		TEST(test_waves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
