// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Atomic operations of GLOBAL and FLAT: each of them against what the ISA documents say, in
 * global memory, LDS and scratch memory; what faults. Those of DS are in
 * test_isa_lds_atomics.c.
 */
#include "atomic_ref.h"
#include "forms.h"

/* Operands of a row: FDST, ADDR, FDATA, SADDR */
enum { DST, ADDR, FDATA, SCALAR };
enum place { GLOBAL, GLOBAL_SCALAR, FLAT, FLAT_LDS, FLAT_SCRATCH, PLACES };

#define SLOTS		48u
#define SCRATCH		(DATA + 16 * PAGE)

static struct machine *new_machine(enum isa_target target)
{
	struct machine *m = machine_new(target);

	m->w->scratch = SCRATCH;
	isa_set_sreg64(m->w, ISA_FLAT_SCRATCH, SCRATCH);
	m->w->scratch_size = 8 * SLOTS;
	/* Rounding and denormals of another kind than those of memory */
	isa_set_mode(m->w, ISA_MODE_ROUND32 | ISA_MODE_ROUND64);
	return m;
}

/* A slot of 8 bytes as lane @lane sees it, in one or two pieces */
static void move_slot(struct machine *m, enum place place, unsigned int lane, unsigned int slot,
		      unsigned int size, uint64_t *value, bool put)
{
	char *bytes = (char *)value;

	if (place == FLAT_LDS) {
		if (put)
			memcpy(m->group.lds + 8 * slot, value, size);
		else
			memcpy(value, m->group.lds + 8 * slot, size);
		return;
	}
	for (unsigned int d = 0; d < size / 4; d++) {
		uint64_t va = DATA + 8 * slot + 4 * d;

		if (place == FLAT_SCRATCH)
			va = SCRATCH + 256 * (2 * slot + d) + 4 * lane;
		if (put)
			put_memory(m, va, bytes + 4 * d, 4);
		else
			get_memory(m, va, bytes + 4 * d, 4);
	}
}

static uint64_t address(enum place place, unsigned int slot)
{
	return (place == FLAT_LDS ? ISA_SHARED_APERTURE :
		place == FLAT_SCRATCH ? ISA_PRIVATE_APERTURE : DATA) + 8 * slot;
}

static uint64_t operand(struct machine *m, unsigned int reg, unsigned int lane, unsigned int bits)
{
	return bits == 32 ? v(m, reg)[lane] : v64(m, reg, lane);
}

static void set_operand(struct machine *m, unsigned int reg, unsigned int lane, unsigned int bits,
			uint64_t value)
{
	if (bits == 32)
		v(m, reg)[lane] = value;
	else
		set_v64(m, reg, lane, value);
}

/* Several lanes have the same slot: the first one comes first. */
static void check(struct machine *m, const struct ref_op *op, enum place place, unsigned int n)
{
	struct form form = { .name = op->row };
	struct isa_insn *in = form_insn(m, place <= GLOBAL_SCALAR ? "global_atomic_" :
								    "flat_atomic_", &form);
	unsigned int data = in->args[FDATA].reg, regs = op->bits / 32, slots[ISA_LANES];
	uint64_t exec = n % 3 ? random64() : ~0ULL, model[ISA_LANES][SLOTS], was[ISA_LANES];
	/* LDS has the denormals of MODE, but for sums of F64. */
	bool keeps = place != FLAT_LDS || (op->bits == 64 && !strcmp(op->op, "fadd"));

	in->cache = n & 1 ? ISA_GLC : 0;
	in->offset = place == FLAT || n % 5 ? 0 : 8;
	if (place == GLOBAL_SCALAR) {
		in->args[ADDR].type = ISA_B32;
		in->args[SCALAR] = sgpr(ISA_B64, 40);
		isa_set_sreg64(m->w, 40, DATA - in->offset - 0x80000000);
	}
	for (unsigned int i = 0; i < SLOTS; i++) {
		for (unsigned int l = 0; l < (place == FLAT_SCRATCH ? ISA_LANES : 1); l++) {
			model[l][i] = ref_operand(op);
			move_slot(m, place, l, i, op->bits / 8, &model[l][i], true);
		}
	}
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		uint64_t a = ref_operand(op), b = ref_operand(op);

		slots[i] = random32() % (n % 2 ? SLOTS : 4);
		set_v64(m, in->args[ADDR].reg, i, address(place, slots[i]) - in->offset);
		if (place == GLOBAL_SCALAR)
			v(m, in->args[ADDR].reg)[i] = 8 * slots[i] + 0x80000000;
		if (op->two && random32() % 2)
			b = model[place == FLAT_SCRATCH ? i : 0][slots[i]];
		set_operand(m, data, i, op->bits, a);
		if (op->two)
			set_operand(m, data + regs, i, op->bits, b);
		set_operand(m, in->args[DST].reg, i, op->bits, 0x5555555555555555);
	}
	/* Without a place for it nothing is returned. */
	if (!(in->cache & ISA_GLC))
		in->args[DST].kind = ISA_NONE;
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		uint64_t *slot = &model[place == FLAT_SCRATCH ? i : 0][slots[i]];
		uint64_t all = op->bits == 32 ? 0xffffffff : ~0ULL;

		was[i] = 0x5555555555555555 & all;
		if (!(exec >> i & 1))
			continue;
		if (in->cache & ISA_GLC)
			was[i] = *slot & all;
		*slot = ref_atomic(op, *slot & all, operand(m, data, i, op->bits),
				   op->two ? operand(m, data + regs, i, op->bits) : 0,
				   keeps ? 0 : REF_FLUSH_IN | REF_FLUSH_OUT);
	}
	set_exec(m, exec);
	execute(m);
	for (unsigned int i = 0; i < ISA_LANES; i++)
		assert_true(operand(m, in->args[DST].reg, i, op->bits) == was[i]);
	for (unsigned int i = 0; i < SLOTS; i++) {
		for (unsigned int l = 0; l < (place == FLAT_SCRATCH ? ISA_LANES : 1); l++) {
			uint64_t now = 0, want = op->bits == 32 ? (uint32_t)model[l][i] :
								  model[l][i];

			move_slot(m, place, l, i, op->bits / 8, &now, false);
			if (now != want)
				fail_msg("%s in %u: %lx, should be %lx", op->row, place, now, want);
		}
	}
}

static void check_ops(struct machine *m, const struct ref_op *ops)
{
	for (; ops->row; ops++) {
		for (enum place place = GLOBAL; place < PLACES; place++) {
			for (unsigned int n = 0; n < (place == FLAT_SCRATCH ? 4 : 20); n++)
				check(m, ops, place, n);
		}
	}
}

static void test_gfx942(void **state)
{
	struct machine *m = new_machine(ISA_GFX942);

	(void)state;
	check_ops(m, ref_ops);
	check_ops(m, ref_float_ops);
	machine_free(m);
}

static void test_gfx906(void **state)
{
	struct machine *m = new_machine(ISA_GFX906);

	(void)state;
	check_ops(m, ref_ops);
	machine_free(m);
}

static void check_fails(struct machine *m, const char *name, uint64_t bad, enum isa_error error)
{
	struct isa_insn *in = insn(m, name);

	in->cache = ISA_GLC;
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		set_v64(m, in->args[ADDR].reg, i, i == 7 ? bad : DATA + 8 * i);
		v(m, in->args[DST].reg)[i] = 99;
		put64(m, DATA + 8 * i, 1000);
	}
	set_exec(m, ~0x80ULL);
	execute(m);
	set_exec(m, ~0ULL);
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		assert_int_equal(v(m, in->args[DST].reg)[i], i == 7 ? 99 : 1000);
		v(m, in->args[DST].reg)[i] = 99;
		put64(m, DATA + 8 * i, 1000);
	}
	execute_fails(m, error);
	assert_true(m->w->fault.va == bad);
	assert_int_equal(m->w->fault.access, SOFTGPU_READ | SOFTGPU_WRITE);
	for (unsigned int i = 7; i < ISA_LANES; i++)
		assert_int_equal(v(m, in->args[DST].reg)[i], 99);
}

static void test_faults(void **state)
{
	struct machine *m = new_machine(ISA_GFX942);

	(void)state;
	check_fails(m, "global_atomic_or", NOWHERE, ISA_MEMORY);
	check_fails(m, "global_atomic_or", CONST_DATA, ISA_MEMORY);
	assert_true(m->w->fault.mapped);
	check_fails(m, "global_atomic_or", DATA + 2, ISA_MISALIGNED);
	check_fails(m, "global_atomic_or_x2", DATA + 4, ISA_MISALIGNED);
	check_fails(m, "global_atomic_or_x2", 1ULL << 50, ISA_APERTURE);
	check_fails(m, "flat_atomic_or_x2", CONST_DATA + 8, ISA_MEMORY);
	check_fails(m, "flat_atomic_or_x2", DATA + 12, ISA_MISALIGNED);
	check_fails(m, "flat_atomic_or", ISA_SHARED_APERTURE + ISA_MAX_LDS, ISA_APERTURE);
	check_fails(m, "flat_atomic_or", ISA_SHARED_APERTURE + 2, ISA_MISALIGNED);
	check_fails(m, "flat_atomic_or_x2", ISA_SHARED_APERTURE + 12, ISA_MISALIGNED);
	check_fails(m, "flat_atomic_or", ISA_PRIVATE_APERTURE + 1, ISA_MISALIGNED);
	machine_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gfx942),
		cmocka_unit_test(test_gfx906),
		cmocka_unit_test(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
