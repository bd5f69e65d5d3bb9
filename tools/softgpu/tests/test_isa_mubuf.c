// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * MUBUF: loads, stores and atomic operations of buffers of all kinds, against the formulas of
 * the ISA documents for each byte; ranges; scratch memory as gfx906 reaches it.
 */
#include "atomic_ref.h"
#include "forms.h"

/* Operands: data, address, descriptor, offset */
enum { BDATA, BADDR, RSRC, SOFFSET };

#define AREA	0x20000u		/* of DATA */
#define RSRC_REG 48

static uint8_t model[AREA];

/**
 * struct kind - a buffer and how an instruction accesses it
 * @swizzle: index stride of a swizzled one, or 0
 * @num: of the descriptor
 */
struct kind {
	bool idxen, offen, tid;
	unsigned int swizzle, stride;
	uint32_t num;
};

static const struct kind kinds[] = {
	/* Raw: bytes */
	{ false, false, false, 0, 0, 4000 }, { false, true, false, 0, 0, 4000 },
	{ false, true, false, 0, 16, 4000 }, { false, true, false, 0, 0, 0xffffffff },
	/* Structured: records */
	{ true, false, false, 0, 12, 40 }, { true, true, false, 0, 16, 40 },
	{ true, true, false, 16, 64, 40 }, { true, false, false, 8, 32, 40 },
	/* An index without records is checked like bytes. */
	{ true, true, false, 0, 0, 100 },
	/* Of the wave: not checked */
	{ false, true, true, 64, 0x10000, 0 }, { false, false, true, 64, 0x10000, 0 },
	{ false, true, true, 32, 512, 0 }, { false, true, true, 0, 20, 0 },
	{ true, true, true, 64, 256, 0 },
};

#define KINDS	(sizeof(kinds) / sizeof(kinds[0]))

static struct machine *new_machine(enum isa_target target)
{
	struct machine *m = machine_new(target);

	for (unsigned int i = 0; i < AREA; i++)
		model[i] = random32();
	put_memory(m, DATA, model, AREA);
	return m;
}

static void check_memory(struct machine *m)
{
	static uint8_t now[AREA];

	get_memory(m, DATA, now, AREA);
	assert_memory_equal(now, model, AREA);
}

static void put_descriptor(struct machine *m, const struct kind *kind, uint64_t base)
{
	uint32_t *word = &m->w->sgprs[RSRC_REG];

	word[0] = base;
	/* The fields that do not matter are set here and there. */
	word[1] = base >> 32 | (kind->stride & 0x3fff) << 16 | (random32() & 1) << 30 |
		  (kind->swizzle ? 1u << 31 : 0);
	word[2] = kind->num;
	word[3] = (random32() & 0x7fff) | (kind->tid ? kind->stride >> 14 << 15 : 4 << 15) |
		  (kind->tid ? 1u << 23 : 0);
	for (unsigned int i = 0; i < 4 && kind->swizzle; i++) {
		if (kind->swizzle == 8u << i)
			word[3] |= i << 21;
	}
}

/**
 * struct access - what lanes access
 * @exec: which lanes
 * @index: from registers, or 0
 * @offset: from registers and the instruction
 * @base: with the scalar offset
 */
struct access {
	uint64_t exec;
	uint32_t index[ISA_LANES], offset[ISA_LANES];
	uint64_t base;
};

static void prepare(struct machine *m, struct isa_insn *in, const struct kind *kind,
		    unsigned int n, unsigned int size, struct access *a)
{
	unsigned int addr = in->args[BADDR].reg, align = n % 4 == 1 ? 1 : size < 4 ? size : 4;
	unsigned int most = kind->tid || kind->swizzle ? 100 : kind->stride ? 64 : 4100;

	in->idxen = kind->idxen;
	in->offen = kind->offen;
	in->offset = kind->offen ? n % 3 * 8 : n % 4 == 1 ? 33 : n % 3 * 1996;
	if (kind->tid)
		in->offset %= 100;
	if (kind->idxen && kind->offen)
		in->args[BADDR].type = ISA_B64;
	if (!kind->idxen && !kind->offen)
		in->args[BADDR].kind = ISA_OFF;
	if (n % 5 == 0)
		in->args[SOFFSET] = constant(ISA_B32, 64);
	m->w->sgprs[in->args[SOFFSET].reg & 127] = 256;
	a->base = DATA + 16 + (n % 5 ? 256 : 64);
	put_descriptor(m, kind, DATA + 16);
	a->exec = n % 3 ? ~0ULL : random64();
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		uint32_t offset = random32() % most / align * align;

		/* All in a row, all in range, or any */
		if (n % 4 == 0)
			offset = i * size;
		a->index[i] = kind->idxen ? random32() % (n % 2 ? 48 : 40) : 0;
		a->offset[i] = in->offset + (kind->offen ? offset : 0);
		if (kind->idxen)
			v(m, addr)[i] = a->index[i];
		if (kind->offen)
			v(m, addr + kind->idxen)[i] = offset;
	}
	set_exec(m, a->exec);
}

/* Where byte @n of the data of a lane is in the area, or -1 */
static int64_t place(const struct kind *kind, const struct access *a, unsigned int lane,
		     unsigned int n)
{
	uint64_t index = a->index[lane] + (kind->tid ? lane : 0), offset = a->offset[lane] + n;
	uint64_t va;

	if (!kind->tid && kind->idxen && kind->stride && a->index[lane] >= kind->num)
		return -1;
	if (!kind->tid && (!kind->idxen || !kind->stride) && !kind->swizzle &&
	    a->offset[lane] + n / 4 * 4 >= kind->num)
		return -1;
	va = a->base + index * kind->stride + offset;
	if (kind->swizzle) {
		uint64_t index_msb = index / kind->swizzle, index_lsb = index % kind->swizzle;
		uint64_t offset_msb = offset / 4, offset_lsb = offset % 4;

		va = a->base + (index_msb * kind->stride + offset_msb * 4) * kind->swizzle +
		     index_lsb * 4 + offset_lsb;
	}
	assert_true(va - DATA < AREA);
	return va - DATA;
}

static void check_load(struct machine *m, const struct form *form, const struct kind *kind,
		       unsigned int n)
{
	struct isa_insn *in = form_insn(m, "buffer_", form);
	uint32_t old[ISA_LANES][4];
	struct access a;

	if (n % 7 == 0)
		in->args[BDATA].reg = in->args[BADDR].reg;
	random_regs(m, in->args[BDATA].reg);
	prepare(m, in, kind, n, form->size, &a);
	for (unsigned int i = 0; i < ISA_LANES; i++)
		get_regs(m, in->args[BDATA].reg, i, old[i]);
	execute(m);
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		uint32_t now[4];
		uint8_t bytes[16];

		get_regs(m, in->args[BDATA].reg, i, now);
		for (unsigned int k = 0; k < form->size && a.exec >> i & 1; k++) {
			int64_t at = place(kind, &a, i, k);

			bytes[k] = at < 0 ? 0 : model[at];
		}
		if (a.exec >> i & 1)
			form_load(form, bytes, old[i]);
		assert_memory_equal(now, old[i], sizeof(now));
	}
}

static void check_store(struct machine *m, const struct form *form, const struct kind *kind,
			unsigned int n)
{
	struct isa_insn *in = form_insn(m, "buffer_", form);
	struct access a;

	random_regs(m, in->args[BDATA].reg);
	/* Lanes that write to the same place would have to do so in some order. */
	prepare(m, in, kind, kind->tid ? n : n / 4 * 4, form->size, &a);
	if (kind->idxen) {
		for (unsigned int i = 0; i < ISA_LANES; i++) {
			a.index[i] = i;
			a.offset[i] = in->offset;
			if (kind->offen && form->size < 4)
				a.offset[i] += i % 4 * 4;
			v(m, in->args[BADDR].reg)[i] = i;
			if (kind->offen)
				v(m, in->args[BADDR].reg + 1)[i] = a.offset[i] - in->offset;
		}
	}
	if (!kind->offen && !kind->idxen && !kind->tid) {
		a.exec = 1ULL << n % 64;
		set_exec(m, a.exec);
	}
	if ((kind->idxen && kind->stride < form->size + 12) || (kind->tid && kind->stride < 64)) {
		a.exec &= -a.exec;
		set_exec(m, a.exec);
	}
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		uint32_t regs[4];
		uint8_t bytes[16];

		get_regs(m, in->args[BDATA].reg, i, regs);
		form_store(form, regs, bytes);
		for (unsigned int k = 0; k < form->size && a.exec >> i & 1; k++) {
			int64_t at = place(kind, &a, i, k);

			if (at >= 0)
				model[at] = bytes[k];
		}
	}
	execute(m);
	check_memory(m);
}

static void check_all(enum isa_target target)
{
	struct machine *m = new_machine(target);

	for (unsigned int n = 0; n < 24; n++) {
		for (unsigned int k = 0; k < KINDS; k++) {
			for (const struct form *form = form_loads; form->name; form++)
				check_load(m, form, &kinds[k], n);
			for (const struct form *form = form_stores; form->name; form++)
				check_store(m, form, &kinds[k], n);
		}
	}
	machine_free(m);
}

static void test_gfx942(void **state)
{
	(void)state;
	check_all(ISA_GFX942);
}

static void test_gfx906(void **state)
{
	(void)state;
	check_all(ISA_GFX906);
}

static void check_atomic(struct machine *m, const struct ref_op *op, const struct kind *kind,
			 unsigned int n)
{
	struct form form = { .name = op->row };
	struct isa_insn *in = form_insn(m, "buffer_atomic_", &form);
	unsigned int data = in->args[BDATA].reg, size = op->bits / 8;
	uint64_t want[ISA_LANES], second[ISA_LANES];
	struct access a;

	/* Aligned; several lanes at the same place */
	prepare(m, in, kind, n / 4 * 4, size, &a);
	in->cache = n & 1 ? ISA_GLC : 0;
	in->offset = 0;
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		a.offset[i] = kind->offen ? random32() % (kind->stride ? 2 : 520) * 8 : 0;
		if (kind->offen)
			v(m, in->args[BADDR].reg + kind->idxen)[i] = a.offset[i];
	}
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		uint64_t first = ref_operand(op), mem = 0;
		int64_t at = place(kind, &a, i, size - 4);

		second[i] = ref_operand(op);
		if (at >= 0 && random32() % 2)
			memcpy(&second[i], &model[place(kind, &a, i, 0)], size);
		v(m, data)[i] = first;
		v(m, data + 1)[i] = op->bits == 32 ? second[i] : first >> 32;
		if (op->bits == 64 && op->two)
			set_v64(m, data + 2, i, second[i]);
		want[i] = first;
		if (!(a.exec >> i & 1))
			continue;
		if (in->cache)
			want[i] = 0;
		if (at < 0)
			continue;
		at = place(kind, &a, i, 0);
		memcpy(&mem, &model[at], size);
		if (in->cache)
			want[i] = mem;
		mem = ref_atomic(op, mem, op->bits == 32 ? (uint32_t)first : first,
				 op->bits == 32 ? (uint32_t)second[i] : second[i], 0);
		memcpy(&model[at], &mem, size);
	}
	execute(m);
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		assert_int_equal(v(m, data)[i], (uint32_t)want[i]);
		assert_int_equal(v(m, data + 1)[i], op->bits == 32 ? (uint32_t)second[i] :
						    want[i] >> 32);
	}
	check_memory(m);
}

static void test_atomics(void **state)
{
	/* Aligned ones */
	static const struct kind atomics[] = {
		{ false, true, false, 0, 0, 4092 }, { true, false, false, 0, 16, 40 },
		{ true, true, false, 0, 16, 40 }, { false, false, false, 0, 0, 16 },
	};

	(void)state;
	for (enum isa_target target = 0; target < ISA_TARGETS; target++) {
		struct machine *m = new_machine(target);

		for (unsigned int n = 0; n < 24; n++) {
			const struct kind *kind = &atomics[n / 2 % 4];

			for (const struct ref_op *op = ref_ops; op->row; op++)
				check_atomic(m, op, kind, n);
			for (const struct ref_op *op = ref_float_ops;
			     op->row && target == ISA_GFX942; op++) {
				if (strcmp(op->row, "pk_add_bf16"))
					check_atomic(m, op, kind, n);
			}
		}
		machine_free(m);
	}
}

/* The scratch buffer of a queue as ROCr describes it, with what else reaches the same bytes */
static void test_scratch(void **state)
{
	struct machine *m = new_machine(ISA_GFX906);
	uint32_t *word = &m->w->sgprs[RSRC_REG];
	uint64_t wave = DATA + 3 * 0x4000;
	const unsigned int data = 200;
	struct isa_insn *in = insn(m, "buffer_store_dwordx3");

	(void)state;
	word[0] = DATA;
	word[1] = 1u << 31;
	word[2] = 0x10000;
	/* Destinations, UINT, 32 bits, index stride 64, with the lane */
	word[3] = 0x00ea4fac;
	m->w->scratch_size = 256;
	isa_set_sreg64(m->w, ISA_FLAT_SCRATCH, wave);
	in->args[BDATA].reg = data;
	random_regs(m, data);
	m->w->sgprs[in->args[SOFFSET].reg] = 3 * 0x4000;
	in->args[BADDR].kind = ISA_OFF;
	in->offset = 20;
	execute(m);
	in = insn(m, "scratch_load_dwordx3");
	in->args[1].kind = ISA_OFF;
	in->offset = 20;
	execute(m);
	assert_memory_equal(v(m, in->args[0].reg), v(m, data), 3 * ISA_VGPR_SIZE);
	in = insn(m, "flat_load_ushort");
	for (unsigned int i = 0; i < ISA_LANES; i++)
		set_v64(m, in->args[1].reg, i, ISA_PRIVATE_APERTURE + 26);
	execute(m);
	for (unsigned int i = 0; i < ISA_LANES; i++)
		assert_int_equal(v(m, in->args[0].reg)[i], v(m, data + 1)[i] >> 16);
	machine_free(m);
}

/* An empty descriptor, and one that is none of a buffer */
static void test_none(void **state)
{
	struct machine *m = new_machine(ISA_GFX942);
	struct isa_insn *in = insn(m, "buffer_load_dwordx2");
	struct kind raw = { false, false, false, 0, 0, 4000 };

	(void)state;
	in->args[BADDR].kind = ISA_OFF;
	random_regs(m, in->args[BDATA].reg);
	execute(m);
	assert_true(v64(m, in->args[BDATA].reg, 30) == 0);
	put_descriptor(m, &raw, DATA);
	m->w->sgprs[RSRC_REG + 3] &= ~(0xfu << 15);
	set_v64(m, in->args[BDATA].reg, 30, 7);
	execute(m);
	assert_true(v64(m, in->args[BDATA].reg, 30) == 0);
	put_descriptor(m, &raw, DATA);
	m->w->sgprs[RSRC_REG + 3] |= 1u << 30;
	set_v64(m, in->args[BDATA].reg, 30, 7);
	execute(m);
	assert_true(v64(m, in->args[BDATA].reg, 30) == 7);
	in = insn(m, "buffer_store_dword");
	in->args[BADDR].kind = ISA_OFF;
	execute(m);
	in = insn(m, "buffer_atomic_add");
	in->args[BADDR].kind = ISA_OFF;
	execute(m);
	check_memory(m);
	machine_free(m);
}

static void test_faults(void **state)
{
	struct machine *m = new_machine(ISA_GFX942);
	struct kind all = { false, true, false, 0, 0, 0xffffffff };
	struct kind own = { false, true, true, 64, 0, 0 };
	struct isa_insn *in = insn(m, "buffer_load_dword");

	(void)state;
	put_descriptor(m, &all, DATA);
	in->offen = true;
	v(m, in->args[BADDR].reg)[5] = NOWHERE - DATA;
	execute_fails(m, ISA_MEMORY);
	assert_true(m->w->fault.va == NOWHERE);
	in = insn(m, "buffer_store_dwordx2");
	in->offen = true;
	v(m, in->args[BADDR].reg)[5] = CONST_DATA - DATA;
	execute_fails(m, ISA_MEMORY);
	assert_true(m->w->fault.va == CONST_DATA && m->w->fault.mapped);
	in = insn(m, "buffer_atomic_add");
	in->offen = true;
	v(m, in->args[BADDR].reg)[5] = 2;
	execute_fails(m, ISA_MISALIGNED);
	assert_true(m->w->fault.va == DATA + 2);
	/* Byte by byte */
	put_descriptor(m, &own, NOWHERE);
	in = insn(m, "buffer_load_dword");
	in->offen = true;
	set_exec(m, 0x30);
	v(m, in->args[BADDR].reg)[5] = 1;
	execute_fails(m, ISA_MEMORY);
	assert_true(m->w->fault.va == NOWHERE + 4 * 4);
	in = insn(m, "buffer_store_dword");
	in->offen = true;
	execute_fails(m, ISA_MEMORY);
	assert_true(m->w->fault.va == NOWHERE + 4 * 4);
	machine_free(m);
}

static void test_caches(void **state)
{
	struct machine *m = new_machine(ISA_GFX942);

	(void)state;
	run_insn(m, "buffer_wbl2");
	run_insn(m, "buffer_inv");
	run_insn(m, "buffer_wbinvl1");
	run_insn(m, "buffer_wbinvl1_vol");
	check_memory(m);
	machine_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gfx942),
		cmocka_unit_test(test_gfx906),
		cmocka_unit_test(test_atomics),
		cmocka_unit_test(test_scratch),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_caches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
