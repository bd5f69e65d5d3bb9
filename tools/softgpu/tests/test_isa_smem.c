// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Memory by the scalar unit: each row with all kinds of addresses against a copy of the memory,
 * what faults and where, ends of buffers, atomic operations against what the ISA documents say of
 * them, clocks.
 */
#include "machine.h"
#include "isa/atomics.h"

#define AREA	(4 * PAGE)

/* A machine whose memory at DATA is what @memory is */
static struct machine *new(enum isa_target target, uint8_t *memory)
{
	struct machine *m = machine_new(target);

	for (unsigned int i = 0; i < AREA; i++)
		memory[i] = random32();
	put_memory(m, DATA, memory, AREA);
	return m;
}

static void check_memory(struct machine *m, const uint8_t *memory)
{
	static uint8_t now[AREA];

	get_memory(m, DATA, now, AREA);
	assert_memory_equal(memory, now, AREA);
}

/* Which operands a row has: data, base, offset */
enum { SDATA, SBASE, SOFFSET };

static uint32_t *data(struct machine *m)
{
	return &m->w->sgprs[m->slot.insn.args[SDATA].reg];
}

/*
 * Operands for an address: with an immediate, a register, both or none, and low bits that do not
 * count. @scale: of the register
 */
static void set_address(struct machine *m, struct isa_insn *in, uint64_t at, unsigned int scale)
{
	unsigned int kind = random32() % 4;
	uint32_t reg = random32() % 64 * 4;
	int32_t imm = (int32_t)(random32() % 0x80000) * 4 - 0x100000;

	if (kind & 1) {
		in->offset = imm | (random32() & 3);
		in->has_offset = true;
		at -= imm;
	}
	if (kind & 2) {
		m->w->sgprs[in->args[SOFFSET].reg] = reg | (random32() & 3);
		at -= (uint64_t)reg * scale;
	} else {
		in->args[SOFFSET].kind = ISA_NONE;
	}
	isa_set_sreg64(m->w, in->args[SBASE].reg, at | (random32() & 3));
}

/* Dwords that cross a page now and then */
static unsigned int any_place(unsigned int dwords)
{
	unsigned int edge = (random32() % 3 + 1) * PAGE;

	if (random32() & 1)
		return edge - random32() % (dwords + 1) * 4;
	return random32() % (AREA / 4 - dwords) * 4;
}

static const struct {
	const char *name;
	unsigned int dwords, scale;
} loads[] = {
	{ "s_load_dword", 1, 1 }, { "s_load_dwordx2", 2, 1 }, { "s_load_dwordx4", 4, 1 },
	{ "s_load_dwordx8", 8, 1 }, { "s_load_dwordx16", 16, 1 },
	{ "s_scratch_load_dword", 1, 64 }, { "s_scratch_load_dwordx2", 2, 64 },
	{ "s_scratch_load_dwordx4", 4, 64 },
};

static void test_loads(void **state)
{
	static uint8_t memory[AREA];
	struct machine *m = new(*(enum isa_target *)*state, memory);

	for (unsigned int i = 0; i < 200 * sizeof(loads) / sizeof(loads[0]); i++) {
		unsigned int dwords = loads[i / 200].dwords, at = any_place(dwords);
		struct isa_insn *in = insn(m, loads[i / 200].name);
		uint32_t guard;

		data(m)[dwords] = random32();
		set_address(m, in, DATA + at, loads[i / 200].scale);
		if (i % 5 == 0)
			in->args[SDATA].reg = in->args[SBASE].reg;
		guard = data(m)[dwords];
		execute(m);
		assert_memory_equal(data(m), memory + at, dwords * 4);
		if (dwords < 16)
			assert_int_equal(data(m)[dwords], guard);
	}
	machine_free(m);
}

static const struct {
	const char *name;
	unsigned int dwords, scale;
} stores[] = {
	{ "s_store_dword", 1, 1 }, { "s_store_dwordx2", 2, 1 }, { "s_store_dwordx4", 4, 1 },
	{ "s_scratch_store_dword", 1, 64 }, { "s_scratch_store_dwordx2", 2, 64 },
	{ "s_scratch_store_dwordx4", 4, 64 },
};

static void test_stores(void **state)
{
	static uint8_t memory[AREA];
	struct machine *m = new(*(enum isa_target *)*state, memory);

	for (unsigned int i = 0; i < 50 * sizeof(stores) / sizeof(stores[0]); i++) {
		unsigned int dwords = stores[i / 50].dwords, at = any_place(dwords);
		struct isa_insn *in = insn(m, stores[i / 50].name);

		set_address(m, in, DATA + at, stores[i / 50].scale);
		for (unsigned int d = 0; d < dwords; d++)
			data(m)[d] = random32();
		memcpy(memory + at, data(m), dwords * 4);
		execute(m);
		check_memory(m, memory);
	}
	machine_free(m);
}

/* Registers that have names are like others. */
static void test_registers(void **state)
{
	static uint8_t memory[AREA];
	struct machine *m = new(ISA_GFX942, memory);
	struct isa_insn *in = insn(m, "s_load_dwordx2");
	uint64_t value;

	(void)state;
	in->args[SDATA].reg = ISA_VCC;
	in->args[SBASE].reg = ISA_FLAT_SCRATCH;
	in->args[SOFFSET].reg = ISA_M0;
	isa_set_sreg64(m->w, ISA_FLAT_SCRATCH, DATA);
	m->w->sgprs[ISA_M0] = 0x88;
	execute(m);
	memcpy(&value, memory + 0x88, 8);
	assert_true(isa_vcc(m->w) == value);
	in = insn(m, "s_store_dwordx2");
	in->args[SDATA].reg = ISA_VCC;
	in->args[SOFFSET].kind = ISA_NONE;
	isa_set_sreg64(m->w, in->args[SBASE].reg, DATA + 0x20);
	execute(m);
	memcpy(memory + 0x20, &value, 8);
	check_memory(m, memory);
	machine_free(m);
}

static void fails(struct machine *m, uint64_t base, uint64_t at, unsigned int access, bool mapped)
{
	m->slot.insn.args[SOFFSET].kind = ISA_NONE;
	isa_set_sreg64(m->w, m->slot.insn.args[SBASE].reg, base);
	execute_fails(m, ISA_MEMORY);
	assert_int_equal(m->w->fault.va, at);
	assert_int_equal(m->w->fault.access, access);
	assert_int_equal(m->w->fault.mapped, mapped);
}

static void test_faults(void **state)
{
	static uint8_t memory[AREA];
	struct machine *m = new(ISA_GFX942, memory);
	const uint64_t end = DATA + DATA_SIZE;

	(void)state;
	insn(m, "s_load_dwordx4");
	for (unsigned int i = 0; i < 4; i++)
		data(m)[i] = 7;
	fails(m, NOWHERE + 4, NOWHERE + 4, SOFTGPU_READ, false);
	fails(m, end - 4, end, SOFTGPU_READ, false);
	fails(m, -8ULL, -8ULL, SOFTGPU_READ, false);
	fails(m, ISA_SHARED_APERTURE, ISA_SHARED_APERTURE, SOFTGPU_READ, false);
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(data(m)[i], 7);
	insn(m, "s_store_dword");
	fails(m, CONST_DATA + 8, CONST_DATA + 8, SOFTGPU_WRITE, true);
	insn(m, "s_store_dwordx2");
	fails(m, end - 4, end, SOFTGPU_WRITE, false);
	insn(m, "s_atomic_add");
	fails(m, CONST_DATA + 8, CONST_DATA + 8, SOFTGPU_READ | SOFTGPU_WRITE, true);
	insn(m, "s_buffer_atomic_add");
	m->w->sgprs[m->slot.insn.args[SBASE].reg + 2] = 4;
	fails(m, NOWHERE, NOWHERE, SOFTGPU_READ | SOFTGPU_WRITE, false);

	/* The low two bits do not count, the third one does. */
	insn(m, "s_atomic_add_x2")->args[SOFFSET].kind = ISA_NONE;
	isa_set_sreg64(m->w, m->slot.insn.args[SBASE].reg, DATA + 13);
	execute_fails(m, ISA_MISALIGNED);
	assert_int_equal(m->w->fault.va, DATA + 12);
	isa_set_sreg64(m->w, m->slot.insn.args[SBASE].reg, DATA + 19);
	execute(m);
	machine_free(m);
}

/* A buffer of @records at DATA + @base, and an access at @at in it */
static struct isa_insn *buffer(struct machine *m, const char *name, uint32_t base, uint32_t stride,
			       uint32_t records, uint32_t at)
{
	struct isa_insn *in = insn(m, name);
	uint32_t *rsrc = &m->w->sgprs[in->args[SBASE].reg];

	rsrc[0] = DATA + base;
	/* With bits for swizzles, which do not count */
	rsrc[1] = stride << 16 | 0xc0000000;
	rsrc[2] = records;
	rsrc[3] = 0xffffffff;
	in->args[SOFFSET].kind = ISA_NONE;
	if (at % 8) {
		in->args[SOFFSET].kind = ISA_SGPR;
		m->w->sgprs[in->args[SOFFSET].reg] = at;
	} else {
		in->offset = at;
	}
	return in;
}

static const char *const buffer_loads[] = {
	"s_buffer_load_dword", "s_buffer_load_dwordx2", "s_buffer_load_dwordx4",
	"s_buffer_load_dwordx8", "s_buffer_load_dwordx16",
};
static const char *const buffer_stores[] = {
	"s_buffer_store_dword", "s_buffer_store_dwordx2", "s_buffer_store_dwordx4",
};

/* Each dword by itself is in the buffer or not. */
static void test_buffers(void **state)
{
	static uint8_t memory[AREA];
	struct machine *m = new(*(enum isa_target *)*state, memory);

	for (unsigned int i = 0; i < 2000; i++) {
		uint32_t stride = i % 3 ? 0 : random32() % 20, base = random32() % 64 * 4;
		uint32_t records = random32() % 100, at = random32() % 60 * 4;
		uint32_t size = stride ? records * stride : records;
		unsigned int which = i % 8, dwords = 1u << (which < 5 ? which : which - 5);
		uint32_t value;

		buffer(m, which < 5 ? buffer_loads[which] : buffer_stores[which - 5], base | 1,
		       stride, records, at | 2);
		for (unsigned int d = 0; d < dwords; d++)
			data(m)[d] = random32();
		for (unsigned int d = 0; d < dwords; d++) {
			if (which >= 5 && at + 4 * d < size)
				memcpy(memory + base + at + 4 * d, &data(m)[d], 4);
		}
		execute(m);
		for (unsigned int d = 0; d < dwords && which < 5; d++) {
			memcpy(&value, memory + base + at + 4 * d, 4);
			assert_int_equal(data(m)[d], at + 4 * d < size ? value : 0);
		}
		if (which >= 5)
			check_memory(m, memory);
	}
	machine_free(m);
}

/* The largest buffer there is, and offsets at its end */
static void test_large_buffer(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);
	struct isa_insn *in = buffer(m, "s_buffer_load_dword", 0, 0x3fff, 0xffffffff, 0);
	uint32_t *rsrc = &m->w->sgprs[in->args[SBASE].reg];

	(void)state;
	rsrc[0] = 0;
	rsrc[1] = (rsrc[1] & 0xffff0000) | 0x8000;
	in->args[SOFFSET].kind = ISA_SGPR;
	m->w->sgprs[in->args[SOFFSET].reg] = 0xfffffffc;
	in->offset = 0xffffc;
	execute_fails(m, ISA_MEMORY);
	assert_int_equal(m->w->fault.va, 0x8001000ffff8);
	in->args[SOFFSET].kind = ISA_NONE;
	in->offset = -4;
	data(m)[0] = 5;
	execute(m);
	assert_int_equal(data(m)[0], 0);
	machine_free(m);
}

/* By the words of the documents: what was there, and the data */
static uint64_t value_after(const char *op, uint64_t mem, uint64_t src, uint64_t cmp,
			    unsigned int bits)
{
	__int128 half = (__int128)1 << (bits - 1);
	__int128 smem = mem >= half ? mem - 2 * half : mem;
	__int128 ssrc = src >= half ? src - 2 * half : src;

	if (!strcmp(op, "swap"))
		return src;
	if (!strcmp(op, "cmpswap"))
		return mem == cmp ? src : mem;
	if (!strcmp(op, "add"))
		return (uint64_t)(mem + src) & (uint64_t)(2 * half - 1);
	if (!strcmp(op, "sub"))
		return (uint64_t)(mem - src) & (uint64_t)(2 * half - 1);
	if (!strcmp(op, "smin"))
		return ssrc < smem ? src : mem;
	if (!strcmp(op, "umin"))
		return src < mem ? src : mem;
	if (!strcmp(op, "smax"))
		return ssrc >= smem ? src : mem;
	if (!strcmp(op, "umax"))
		return src >= mem ? src : mem;
	if (!strcmp(op, "and"))
		return ~(~mem | ~src);
	if (!strcmp(op, "or"))
		return ~(~mem & ~src);
	if (!strcmp(op, "xor"))
		return (mem & ~src) | (~mem & src);
	if (!strcmp(op, "inc"))
		return mem >= src ? 0 : mem + 1;
	if (!strcmp(op, "dec"))
		return mem == 0 || mem > src ? src : mem - 1;
	fail_msg("no operation %s", op);
	return 0;
}

static void try_atomic(struct machine *m, uint8_t *memory, const char *op, unsigned int bits,
		       bool in_buffer)
{
	unsigned int size = bits / 8, at = random32() % (AREA / size) * size;
	uint64_t limit = bits == 32 ? 0xffffffff : ~0ULL;
	uint64_t src = edgy64() & limit, cmp = edgy64() & limit, mem = edgy64() & limit, now, after;
	bool glc = random32() & 1, inside = !in_buffer || random32() & 3;
	struct isa_insn *in;
	char name[64];
	uint64_t *regs;

	if (random32() & 1)
		cmp = mem;
	if (random32() % 4 == 0)
		src = mem + random32() % 3 - 1;
	src &= limit;
	snprintf(name, sizeof(name), "s_%satomic_%s%s", in_buffer ? "buffer_" : "", op,
		 bits == 64 ? "_x2" : "");
	memcpy(memory + at, &mem, size);
	put_memory(m, DATA + at, &mem, size);
	if (in_buffer) {
		in = buffer(m, name, 0, 0, inside ? at + 1 : at, at);
	} else {
		in = insn(m, name);
		set_address(m, in, DATA + at, 1);
	}
	in->cache = glc ? ISA_GLC : 0;
	memcpy(data(m), &src, size);
	memcpy((uint8_t *)data(m) + size, &cmp, size);
	execute(m);
	regs = (uint64_t[]){ 0, 0 };
	memcpy(&regs[0], data(m), size);
	memcpy(&regs[1], (uint8_t *)data(m) + size, size);
	assert_true(regs[0] == (!glc ? src : inside ? mem : 0));
	assert_true(regs[1] == cmp);
	after = inside ? value_after(op, mem, src, cmp, bits) : mem;
	now = 0;
	get_memory(m, DATA + at, &now, size);
	if (now != after)
		fail_msg("%s of %lx, %lx, %lx: %lx instead of %lx", name, mem, src, cmp, now,
			 after);
	memcpy(memory + at, &after, size);
}

static void test_atomics(void **state)
{
	static const char *const ops[] = {
		"swap", "cmpswap", "add", "sub", "smin", "umin", "smax", "umax", "and", "or",
		"xor", "inc", "dec",
	};
	static uint8_t memory[AREA];
	struct machine *m = new(*(enum isa_target *)*state, memory);

	for (unsigned int i = 0; i < 13 * 4 * 100; i++)
		try_atomic(m, memory, ops[i % 13], i / 13 & 1 ? 64 : 32, i / 26 & 1);
	check_memory(m, memory);
	machine_free(m);
}

/* Operations are atomic, also those that the CPU has no instruction for. */
#define TIMES	50000u

struct shared {
	uint32_t inc, rsub, mskor, fadd, bf16;
	uint64_t smax, fadd64, dec;
};

static void *many_times(void *arg)
{
	const double one = 1;
	const float onef = 1;
	struct shared *s = arg;
	uint64_t bits64;
	uint32_t bits32;

	memcpy(&bits64, &one, 8);
	memcpy(&bits32, &onef, 4);
	for (unsigned int i = 0; i < TIMES; i++) {
		isa_atomic_inc32(&s->inc, 0xffffffff);
		isa_atomic_rsub32(&s->rsub, 1);
		isa_atomic_mskor32(&s->mskor, 0xff00, i & 0xff);
		isa_atomic_fadd32(&s->fadd, bits32);
		isa_atomic_pk_add_bf16_32(&s->bf16, i < 64 ? 0x3f800000 : 0);
		isa_atomic_smax64(&s->smax, i);
		isa_atomic_fadd64(&s->fadd64, bits64);
		isa_atomic_dec64(&s->dec, ~0ULL);
	}
	return NULL;
}

static void test_threads(void **state)
{
	struct shared s = { .mskor = 0xffff1100, .dec = 2 * TIMES + 5 };
	pthread_t threads[2];
	double sum64;
	float sum;

	(void)state;
	for (unsigned int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, many_times, &s), 0);
	for (unsigned int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	memcpy(&sum, &s.fadd, 4);
	memcpy(&sum64, &s.fadd64, 8);
	assert_int_equal(s.inc, 2 * TIMES);
	assert_int_equal(s.rsub, 0);
	assert_int_equal(s.mskor, 0xffff00ff);
	assert_true(sum == 2 * TIMES);
	assert_int_equal(s.bf16, 0x43000000);
	assert_int_equal(s.smax, TIMES - 1);
	assert_true(sum64 == 2 * TIMES);
	assert_int_equal(s.dec, 5);
}

static void test_clocks(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);
	uint64_t before = ns(CLOCK_MONOTONIC_RAW), first, after;

	(void)state;
	run_insn(m, "s_memtime");
	first = isa_sreg64(m->w, SDST(0));
	after = ns(CLOCK_MONOTONIC_RAW);
	assert_in_range(first, before, after);
	before = softgpu_clock();
	run_insn(m, "s_memrealtime");
	first = isa_sreg64(m->w, SDST(0));
	assert_in_range(first, before, softgpu_clock());
	machine_free(m);
}

static void test_caches(void **state)
{
	static const char *const names[] = {
		"s_dcache_inv", "s_dcache_wb", "s_dcache_inv_vol", "s_dcache_wb_vol",
		"s_dcache_discard", "s_dcache_discard_x2",
	};
	static uint8_t memory[AREA];
	struct machine *m = new(ISA_GFX906, memory);
	struct isa_wave before;

	(void)state;
	isa_set_sreg64(m->w, SSRC(0), DATA);
	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		m->w->next_pc = m->w->pc + 4;
		memcpy(&before, m->w, sizeof(before));
		run_insn(m, names[i]);
		assert_memory_equal(&before, m->w, sizeof(before));
		check_memory(m, memory);
	}
	machine_free(m);
}

static enum isa_target gfx942 = ISA_GFX942, gfx906 = ISA_GFX906;

#define BOTH(f)	cmocka_unit_test_prestate(f, &gfx942), cmocka_unit_test_prestate(f, &gfx906)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(test_loads),
		BOTH(test_stores),
		cmocka_unit_test(test_registers),
		cmocka_unit_test(test_faults),
		BOTH(test_buffers),
		cmocka_unit_test(test_large_buffer),
		BOTH(test_atomics),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_clocks),
		cmocka_unit_test(test_caches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
