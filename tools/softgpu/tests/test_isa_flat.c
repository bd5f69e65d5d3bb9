// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Loads and stores of GLOBAL and FLAT: all forms, addresses of any kind, what faults, LDS by its
 * aperture. Scratch memory by its aperture is in test_isa_scratch.c.
 */
#include "forms.h"

#define AREA		0x8000u		/* of DATA */
#define GUARD		64u

/* All lanes in a row, across a page, and so on; of what is aligned to @align */
enum pattern { ROW, ACROSS, SAME, BACK, ANY, PATTERNS };

static uint32_t pattern_offset(enum pattern pattern, unsigned int lane, unsigned int size,
			       unsigned int align)
{
	switch (pattern) {
	case ROW:
		return 2 * PAGE + align * 65 + lane * size;
	case ACROSS:
		return 3 * PAGE - 32 * size + align + lane * size;
	case SAME:
		return 3 * PAGE - 2 * align;
	case BACK:
		return 4 * PAGE + 2048 + align - lane * size;
	default:
		return random32() % (AREA - GUARD) / align * align;
	}
}

static uint64_t masks(unsigned int i)
{
	return i == 0 ? ~0ULL : i == 1 ? random64() : i == 2 ? 1ULL << 63 : 0x00ffffffffffffff;
}

static void fill(struct machine *m, uint8_t *memory)
{
	for (unsigned int i = 0; i < AREA; i++)
		memory[i] = random32();
	put_memory(m, DATA, memory, AREA);
}

/**
 * struct place - an access with its addresses
 * @scalar: with an SGPR, else 64 bits in VGPRs
 * @offset: of the instruction
 * @at: where in the area
 */
struct place {
	bool scalar;
	int32_t offset;
	uint32_t at[ISA_LANES];
};

/* @addr: the operand of the address, the scalar one is the last */
static void put_place(struct machine *m, struct isa_insn *in, unsigned int addr,
		      const struct place *place)
{
	unsigned int reg = in->args[addr].reg;

	in->offset = place->offset;
	if (place->scalar) {
		in->args[addr].type = ISA_B32;
		in->args[2] = sgpr(ISA_B64, 20);
		/* An offset in a VGPR has no sign. */
		isa_set_sreg64(m->w, 20, DATA - 0xf0000000ULL - (int64_t)place->offset);
	}
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		if (place->scalar)
			v(m, reg)[i] = 0xf0000000 + place->at[i];
		else
			set_v64(m, reg, i, DATA + place->at[i] - (int64_t)place->offset);
	}
}

static void make_place(struct place *place, unsigned int n, unsigned int size)
{
	/* Of what pieces an access of @size is aligned to, and not aligned at all */
	unsigned int align = n & 1 ? 1 : size & -size;

	place->scalar = n >> 1 & 1;
	place->offset = n & 4 ? -5 : n & 2 ? 4095 : 0;
	for (unsigned int i = 0; i < ISA_LANES; i++)
		place->at[i] = pattern_offset(n / 8 % PATTERNS, i, size, align);
}

static void check_load(struct machine *m, const char *format, const struct form *form,
		       unsigned int n, const uint8_t *memory)
{
	struct isa_insn *in = form_insn(m, format, form);
	uint64_t exec = masks(n / (8 * PATTERNS));
	uint32_t old[ISA_LANES][4];
	bool flat = format[0] == 'f';
	struct place place;

	make_place(&place, flat ? n & ~6u : n, form->size);
	if (n % 3 == 0)
		in->args[0].reg = in->args[1].reg;
	random_regs(m, in->args[0].reg);
	put_place(m, in, 1, &place);
	for (unsigned int i = 0; i < ISA_LANES; i++)
		get_regs(m, in->args[0].reg, i, old[i]);
	set_exec(m, exec);
	execute(m);
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		uint32_t now[4];

		get_regs(m, in->args[0].reg, i, now);
		if (exec >> i & 1)
			form_load(form, memory + place.at[i], old[i]);
		assert_memory_equal(now, old[i], sizeof(now));
	}
}

static void check_store(struct machine *m, const char *format, const struct form *form,
			unsigned int n, uint8_t *memory)
{
	struct isa_insn *in = form_insn(m, format, form);
	static uint8_t now[AREA];
	uint64_t exec = masks(n / (8 * PATTERNS));
	bool flat = format[0] == 'f';
	struct place place;

	make_place(&place, flat ? n & ~6u : n, form->size);
	random_regs(m, in->args[1].reg);
	put_place(m, in, 0, &place);
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		uint32_t regs[4];

		get_regs(m, in->args[1].reg, i, regs);
		if (exec >> i & 1)
			form_store(form, regs, memory + place.at[i]);
	}
	set_exec(m, exec);
	execute(m);
	get_memory(m, DATA, now, AREA);
	assert_memory_equal(now, memory, AREA);
}

static void check_all(enum isa_target target, const char *format)
{
	struct machine *m = machine_new(target);
	static uint8_t memory[AREA];

	fill(m, memory);
	for (unsigned int n = 0; n < 32 * PATTERNS; n++) {
		for (const struct form *form = form_loads; form->name; form++)
			check_load(m, format, form, n, memory);
		for (const struct form *form = form_stores; form->name; form++)
			check_store(m, format, form, n, memory);
	}
	machine_free(m);
}

static void test_global(void **state)
{
	(void)state;
	check_all(ISA_GFX942, "global_");
	check_all(ISA_GFX906, "global_");
}

static void test_flat(void **state)
{
	(void)state;
	check_all(ISA_GFX942, "flat_");
	check_all(ISA_GFX906, "flat_");
}

/* AGPRs have data as well. */
static void test_agpr(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);
	struct isa_insn *in = insn(m, "global_load_dwordx2");

	(void)state;
	put64(m, DATA + 64, 0x1122334455667788);
	for (unsigned int i = 0; i < ISA_LANES; i++)
		set_v64(m, in->args[1].reg, i, DATA + 64);
	in->args[0].kind = ISA_AGPR;
	in->args[0].reg = 7;
	execute(m);
	assert_int_equal(acc(m, 7)[33], 0x55667788);
	assert_int_equal(acc(m, 8)[33], 0x11223344);
	in = insn(m, "global_store_dword");
	for (unsigned int i = 0; i < ISA_LANES; i++)
		set_v64(m, in->args[0].reg, i, DATA + 4 * i);
	in->args[1].kind = ISA_AGPR;
	in->args[1].reg = 8;
	execute(m);
	assert_int_equal(get32(m, DATA + 4 * 63), 0x11223344);
	machine_free(m);
}

/* Lane 20 is not mapped, the others are; it is on or off. */
static void check_fault(struct machine *m, const char *name, uint64_t bad, unsigned int access,
			bool mapped, enum isa_error error)
{
	bool load = access == SOFTGPU_READ;
	struct isa_insn *in = insn(m, name);
	unsigned int reg = in->args[load].reg;
	uint64_t mask = 0xffffffffffefffff;

	for (unsigned int i = 0; i < ISA_LANES; i++) {
		set_v64(m, reg, i, i == 20 ? bad : DATA + 16 * i);
		v(m, in->args[!load].reg)[i] = 0x1000 + i;
		put32(m, DATA + 16 * i, 0x2000 + i);
	}
	set_exec(m, mask);
	execute(m);
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		uint32_t now = load ? v(m, in->args[0].reg)[i] : get32(m, DATA + 16 * i);

		assert_int_equal(now, (load ? i != 20 : i == 20) ? 0x2000 + i : 0x1000 + i);
		v(m, in->args[!load].reg)[i] = 0x1000 + i;
		put32(m, DATA + 16 * i, 0x2000 + i);
	}
	set_exec(m, ~0ULL);
	execute_fails(m, error);
	assert_true(m->w->fault.va == bad);
	assert_int_equal(m->w->fault.access, access);
	assert_int_equal(m->w->fault.mapped, mapped);
	/* What comes after it has not been done. */
	for (unsigned int i = 20; i < ISA_LANES; i++) {
		uint32_t now = load ? v(m, in->args[0].reg)[i] : get32(m, DATA + 16 * i);

		assert_int_equal(now, load ? 0x1000 + i : 0x2000 + i);
	}
}

static void test_faults(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);

	(void)state;
	check_fault(m, "global_load_dword", NOWHERE, SOFTGPU_READ, false, ISA_MEMORY);
	check_fault(m, "global_store_dword", NOWHERE + 3, SOFTGPU_WRITE, false, ISA_MEMORY);
	check_fault(m, "global_store_dword", CONST_DATA, SOFTGPU_WRITE, true, ISA_MEMORY);
	check_fault(m, "flat_load_dword", NOWHERE, SOFTGPU_READ, false, ISA_MEMORY);
	check_fault(m, "flat_store_dword", CONST_DATA, SOFTGPU_WRITE, true, ISA_MEMORY);
	/* Neither apertures nor the upper half */
	check_fault(m, "flat_load_dword", 3ULL << 48, SOFTGPU_READ, false, ISA_APERTURE);
	check_fault(m, "flat_store_dword", 1ULL << 63, SOFTGPU_WRITE, false, ISA_APERTURE);
	check_fault(m, "flat_load_dword", -4ULL, SOFTGPU_READ, false, ISA_MEMORY);
	check_fault(m, "global_load_dword", ISA_SHARED_APERTURE, SOFTGPU_READ, false,
		    ISA_APERTURE);
	check_fault(m, "global_store_dword", ISA_PRIVATE_APERTURE, SOFTGPU_WRITE, false,
		    ISA_APERTURE);
	/* The end of LDS, which has no page around it */
	m->group.lds_size = 512;
	check_fault(m, "flat_load_dword", ISA_SHARED_APERTURE + 509, SOFTGPU_READ, false,
		    ISA_APERTURE);
	check_fault(m, "flat_store_dword", ISA_SHARED_APERTURE + 0xfffffffe, SOFTGPU_WRITE, false,
		    ISA_APERTURE);
	machine_free(m);
}

/* The second half of an access is not there: all lanes in a row, and one alone. */
static void test_fault_across(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);
	uint64_t end = DATA + DATA_SIZE;
	struct isa_insn *in = insn(m, "global_load_dwordx4");

	(void)state;
	for (unsigned int i = 0; i < ISA_LANES; i++)
		set_v64(m, in->args[1].reg, i, end - 40 + 16 * i);
	execute_fails(m, ISA_MEMORY);
	assert_true(m->w->fault.va == end);
	assert_int_equal(m->w->fault.access, SOFTGPU_READ);
	set_exec(m, 3);
	execute(m);
	machine_free(m);
}

/* CONST_DATA may be read, not written. */
static void test_read_only(void **state)
{
	struct machine *m = machine_new(ISA_GFX906);
	struct isa_insn *in = insn(m, "global_load_dword");
	uint32_t value = 0x5a5a1234;

	(void)state;
	put_memory(m, CONST_DATA + 3 * PAGE - 4, &value, 4);
	for (unsigned int i = 0; i < ISA_LANES; i++)
		set_v64(m, in->args[1].reg, i, CONST_DATA + 3 * PAGE - 4);
	execute(m);
	assert_int_equal(v(m, in->args[0].reg)[9], value);
	in = insn(m, "global_store_dword");
	for (unsigned int i = 0; i < ISA_LANES; i++)
		set_v64(m, in->args[0].reg, i, CONST_DATA + 2 * PAGE + 4 * i);
	execute_fails(m, ISA_MEMORY);
	assert_true(m->w->fault.va == CONST_DATA + 2 * PAGE);
	assert_true(m->w->fault.mapped);
	machine_free(m);
}

/* Lanes alternate between LDS and global memory. */
static void test_shared(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);
	struct isa_insn *in = insn(m, "flat_load_dwordx2");

	(void)state;
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		uint64_t in_lds = 0x1111111100000000 + i, in_data = 0x2222222200000000 + i;

		memcpy(m->group.lds + 100 + 9 * i, &in_lds, 8);
		put64(m, DATA + 8 * i, in_data);
		set_v64(m, in->args[1].reg, i, i & 1 ? ISA_SHARED_APERTURE + 93 + 9 * i :
						       DATA - 7 + 8 * i);
	}
	in->offset = 7;
	set_exec(m, 0xfffffffffffffff0);
	execute(m);
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		uint64_t want = i & 1 ? 0x1111111100000000 : 0x2222222200000000;

		assert_true(v64(m, in->args[0].reg, i) == (i < 4 ? 0 : want + i));
	}
	in = insn(m, "flat_store_short_d16_hi");
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		v(m, in->args[1].reg)[i] = 0xab000077 + (i << 16);
		set_v64(m, in->args[0].reg, i, i & 1 ? ISA_SHARED_APERTURE + 2 * i : DATA + 2 * i);
	}
	memset(m->group.lds, 0, 256);
	execute(m);
	for (unsigned int i = 4; i < ISA_LANES; i++) {
		uint16_t value;

		memcpy(&value, m->group.lds + 2 * i, 2);
		assert_int_equal(value, i & 1 ? 0xab00 + i : 0);
		get_memory(m, DATA + 2 * i, &value, 2);
		if (!(i & 1))
			assert_int_equal(value, 0xab00 + i);
	}
	machine_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_global),
		cmocka_unit_test(test_flat),
		cmocka_unit_test(test_agpr),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_fault_across),
		cmocka_unit_test(test_read_only),
		cmocka_unit_test(test_shared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
