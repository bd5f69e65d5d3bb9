// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Atomic operations of DS: each of them against what the ISA documents say, under all modes of
 * denormals; exchanges of two places, counters, the end of LDS, alignment.
 */
#include "atomic_ref.h"
#include "forms.h"

#define SIZE	512u		/* of the workgroup's memory */
#define SLOTS	(SIZE / 8)

/* "ds_" row "_" type, and with "_rtn" between them */
static const struct lds_op {
	struct ref_op op;
	const char *type;
	bool new;		/* gfx906 has it not */
} ops[] = {
	{ { "add", "add", 32, false }, "u32", false },
	{ { "add", "add", 64, false }, "u64", false },
	{ { "sub", "sub", 32, false }, "u32", false },
	{ { "sub", "sub", 64, false }, "u64", false },
	{ { "rsub", "rsub", 32, false }, "u32", false },
	{ { "rsub", "rsub", 64, false }, "u64", false },
	{ { "inc", "inc", 32, false }, "u32", false },
	{ { "inc", "inc", 64, false }, "u64", false },
	{ { "dec", "dec", 32, false }, "u32", false },
	{ { "dec", "dec", 64, false }, "u64", false },
	{ { "min", "smin", 32, false }, "i32", false },
	{ { "min", "smin", 64, false }, "i64", false },
	{ { "max", "smax", 32, false }, "i32", false },
	{ { "max", "smax", 64, false }, "i64", false },
	{ { "min", "umin", 32, false }, "u32", false },
	{ { "min", "umin", 64, false }, "u64", false },
	{ { "max", "umax", 32, false }, "u32", false },
	{ { "max", "umax", 64, false }, "u64", false },
	{ { "and", "and", 32, false }, "b32", false },
	{ { "and", "and", 64, false }, "b64", false },
	{ { "or", "or", 32, false }, "b32", false },
	{ { "or", "or", 64, false }, "b64", false },
	{ { "xor", "xor", 32, false }, "b32", false },
	{ { "xor", "xor", 64, false }, "b64", false },
	{ { "mskor", "mskor", 32, true }, "b32", false },
	{ { "mskor", "mskor", 64, true }, "b64", false },
	{ { "cmpst", "cmpst", 32, true }, "b32", false },
	{ { "cmpst", "cmpst", 64, true }, "b64", false },
	{ { "cmpst", "fcmpst", 32, true }, "f32", false },
	{ { "cmpst", "fcmpst", 64, true }, "f64", false },
	{ { "min", "fmin", 32, false }, "f32", false },
	{ { "min", "fmin", 64, false }, "f64", false },
	{ { "max", "fmax", 32, false }, "f32", false },
	{ { "max", "fmax", 64, false }, "f64", false },
	{ { "add", "fadd", 32, false }, "f32", false },
	{ { "add", "fadd", 64, false }, "f64", true },
	{ { "pk_add", "pk_add_f16", 32, false }, "f16", true },
	{ { "pk_add", "pk_add_bf16", 32, false }, "bf16", true },
};

/* Only with what was there */
static const struct lds_op returning[] = {
	{ { "wrxchg", "swap", 32, false }, "b32", false },
	{ { "wrxchg", "swap", 64, false }, "b64", false },
	{ { "wrap", "wrap", 32, true }, "b32", false },
};

static struct machine *new_machine(enum isa_target target)
{
	struct machine *m = machine_new(target);

	m->group.lds_size = SIZE;
	return m;
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

/* Which denormals there are not: by MODE's bits of F32 or of F64 and F16 */
static unsigned int flush(const struct ref_op *op, uint32_t mode)
{
	bool is32 = op->bits == 32 && !strstr(op->op, "f16");

	if (!strcmp(op->op, "fadd") && op->bits == 64)
		return 0;
	return (mode & (is32 ? ISA_MODE_DENORM32_IN : ISA_MODE_DENORM64_IN) ? 0 : REF_FLUSH_IN) |
	       (mode & (is32 ? ISA_MODE_DENORM32_OUT : ISA_MODE_DENORM64_OUT) ? 0 : REF_FLUSH_OUT);
}

static void check(struct machine *m, const struct lds_op *lds, bool returns, unsigned int n)
{
	const struct ref_op *op = &lds->op;
	uint32_t mode = n * 0x10 % 0x100 | n % 16;
	uint64_t exec = n % 3 ? random64() : ~0ULL, was[ISA_LANES], model[SLOTS];
	uint64_t all = op->bits == 32 ? 0xffffffff : ~0ULL;
	unsigned int first = returns, slots[ISA_LANES];
	struct isa_insn *in;
	char name[64];

	snprintf(name, sizeof(name), "ds_%s%s_%s", op->row, returns ? "_rtn" : "", lds->type);
	in = insn(m, name);
	in->offset = n % 5 ? 0 : 16;
	isa_set_mode(m->w, mode);
	for (unsigned int i = 0; i < SLOTS; i++) {
		model[i] = ref_operand(op) & all;
		memset(m->group.lds + 8 * i, 0, 8);
		memcpy(m->group.lds + 8 * i, &model[i], op->bits / 8);
	}
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		uint64_t a = ref_operand(op) & all;

		/* Some are behind the end. */
		slots[i] = random32() % (n % 2 ? SLOTS + 3 : 4);
		if (op->two && slots[i] < SLOTS && random32() % 2)
			a = model[slots[i]];
		v(m, in->args[first].reg)[i] = 8 * slots[i] - in->offset;
		set_operand(m, in->args[first + 1].reg, i, op->bits, a);
		if (op->two)
			set_operand(m, in->args[first + 2].reg, i, op->bits, ref_operand(op));
		if (returns)
			set_operand(m, in->args[0].reg, i, op->bits, 0x5555555555555555);
	}
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		was[i] = 0x5555555555555555 & all;
		if (!(exec >> i & 1))
			continue;
		was[i] = 0;
		if (slots[i] >= SLOTS)
			continue;
		was[i] = model[slots[i]];
		model[slots[i]] = ref_atomic(op, was[i],
					     operand(m, in->args[first + 1].reg, i, op->bits),
					     op->two ? operand(m, in->args[first + 2].reg, i,
							       op->bits) : 0,
					     flush(op, mode));
	}
	set_exec(m, exec);
	execute(m);
	for (unsigned int i = 0; i < ISA_LANES && returns; i++)
		assert_true(operand(m, in->args[0].reg, i, op->bits) == was[i]);
	for (unsigned int i = 0; i < SLOTS; i++) {
		uint64_t now;

		memcpy(&now, m->group.lds + 8 * i, 8);
		if (now != model[i])
			fail_msg("%s: %lx, should be %lx", name, now, model[i]);
	}
}

static void test_operations(void **state)
{
	(void)state;
	for (enum isa_target target = 0; target < ISA_TARGETS; target++) {
		struct machine *m = new_machine(target);

		for (unsigned int n = 0; n < 32; n++) {
			for (unsigned int i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
				if (ops[i].new && target == ISA_GFX906)
					continue;
				check(m, &ops[i], false, n);
				check(m, &ops[i], true, n);
			}
			for (unsigned int i = 0; i < sizeof(returning) / sizeof(returning[0]); i++)
				check(m, &returning[i], true, n);
		}
		machine_free(m);
	}
}

/* The documents' wording, lane by lane: both are read, then both are written. */
static void check_exchange2(struct machine *m, const char *name, unsigned int size,
			    unsigned int unit, unsigned int n)
{
	struct isa_insn *in = insn(m, name);
	unsigned int offsets[2] = { n % 4, n % 3 ? n % 4 : 3 };
	uint64_t exec = n % 2 ? random64() : ~0ULL;
	uint8_t model[SIZE];
	uint32_t want[ISA_LANES][4];

	in->offset = offsets[0] | offsets[1] << 8;
	for (unsigned int i = 0; i < SIZE; i++)
		m->group.lds[i] = random32();
	memcpy(model, m->group.lds, SIZE);
	random_regs(m, in->args[0].reg);
	random_regs(m, in->args[2].reg);
	random_regs(m, in->args[3].reg);
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		uint32_t base = random32() % (SIZE / size) * size, data[2][4];

		v(m, in->args[1].reg)[i] = base;
		get_regs(m, in->args[0].reg, i, want[i]);
		if (!(exec >> i & 1))
			continue;
		memset(want[i], 0, 2 * size);
		for (unsigned int k = 0; k < 2; k++) {
			get_regs(m, in->args[2 + k].reg, i, data[k]);
			if (base + offsets[k] * unit < SIZE)
				memcpy((char *)want[i] + k * size,
				       model + base + offsets[k] * unit, size);
		}
		for (unsigned int k = 0; k < 2; k++) {
			if (base + offsets[k] * unit < SIZE)
				memcpy(model + base + offsets[k] * unit, data[k], size);
		}
	}
	set_exec(m, exec);
	execute(m);
	assert_memory_equal(m->group.lds, model, SIZE);
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		uint32_t now[4];

		get_regs(m, in->args[0].reg, i, now);
		assert_memory_equal(now, want[i], sizeof(now));
	}
}

static void test_exchange2(void **state)
{
	struct machine *m = new_machine(ISA_GFX942);

	(void)state;
	for (unsigned int n = 0; n < 100; n++) {
		check_exchange2(m, "ds_wrxchg2_rtn_b32", 4, 4, n);
		check_exchange2(m, "ds_wrxchg2_rtn_b64", 8, 8, n);
		check_exchange2(m, "ds_wrxchg2st64_rtn_b32", 4, 256, n);
		check_exchange2(m, "ds_wrxchg2st64_rtn_b64", 8, 512, n);
	}
	machine_free(m);
}

static void test_conditional(void **state)
{
	struct machine *m = new_machine(ISA_GFX942);
	struct isa_insn *in = insn(m, "ds_condxchg32_rtn_b64");
	uint32_t *lds = (uint32_t *)m->group.lds;

	(void)state;
	for (unsigned int i = 0; i < SIZE / 4; i++)
		lds[i] = 1000 + i;
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		/* Low bits and bits above 16 do not count. */
		v(m, in->args[1].reg)[i] = 0xabc0000 + 8 * i + i % 8 - 8;
		v(m, in->args[2].reg)[i] = i % 2 ? 0x80000000 + i : i;
		v(m, in->args[2].reg + 1)[i] = i % 3 ? 2 * i : 0xc0000000 + 2 * i;
		v(m, in->args[0].reg)[i] = 5;
		v(m, in->args[0].reg + 1)[i] = 6;
	}
	in->offset = 8;
	/* The last one is behind the end. */
	v(m, in->args[1].reg)[62] = SIZE - 8;
	set_exec(m, ~2ULL);
	execute(m);
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		uint32_t first = 1000 + 2 * i, second = first + 1;
		bool done = i != 1 && i != 62;

		assert_int_equal(v(m, in->args[0].reg)[i], i == 1 ? 5 : done ? first : 0);
		assert_int_equal(v(m, in->args[0].reg + 1)[i], i == 1 ? 6 : done ? second : 0);
		assert_int_equal(lds[2 * i], i % 2 && done ? i : first);
		assert_int_equal(lds[2 * i + 1], i % 3 || !done ? second : 0x40000000 + 2 * i);
	}
	machine_free(m);
}

static void test_counters(void **state)
{
	struct machine *m = new_machine(ISA_GFX906);
	struct isa_insn *in = insn(m, "ds_append");
	uint32_t value = 100;

	(void)state;
	memcpy(m->group.lds + 36, &value, 4);
	/* M0 is for GDS. */
	m->w->sgprs[ISA_M0] = 64 << 16 | 64;
	in->offset = 36;
	v(m, in->args[0].reg)[3] = 7;
	set_exec(m, 0xf00000000000f0f4);
	execute(m);
	assert_int_equal(v(m, in->args[0].reg)[3], 7);
	assert_int_equal(v(m, in->args[0].reg)[2], 100);
	assert_int_equal(v(m, in->args[0].reg)[63], 100);
	memcpy(&value, m->group.lds + 36, 4);
	assert_int_equal(value, 113);
	in = insn(m, "ds_consume");
	in->offset = 36;
	set_exec(m, ~0ULL);
	execute(m);
	assert_int_equal(v(m, in->args[0].reg)[3], 113);
	memcpy(&value, m->group.lds + 36, 4);
	assert_int_equal(value, 49);
	/* Behind the end, and without a lane */
	in->offset = SIZE;
	execute(m);
	assert_int_equal(v(m, in->args[0].reg)[3], 0);
	in->offset = 36;
	set_exec(m, 0);
	execute(m);
	memcpy(&value, m->group.lds + 36, 4);
	assert_int_equal(value, 49);
	in->gds = true;
	execute_fails(m, ISA_ILLEGAL);
	machine_free(m);
}

/* Lane 9 is not aligned; those before it have been done. */
static void check_misaligned(struct machine *m, const char *name, uint32_t at)
{
	struct isa_insn *in = insn(m, name);
	unsigned int addr = in->op->args[0].field == ISA_DDST;

	for (unsigned int i = 0; i < ISA_LANES; i++)
		v(m, in->args[addr].reg)[i] = i == 9 ? at : 0;
	set_exec(m, ~0x200ULL);
	execute(m);
	set_exec(m, ~0ULL);
	execute_fails(m, ISA_MISALIGNED);
	assert_true(m->w->fault.va == ISA_SHARED_APERTURE + at);
	assert_int_equal(m->w->fault.access, SOFTGPU_READ | SOFTGPU_WRITE);
}

static void test_bad(void **state)
{
	struct machine *m = new_machine(ISA_GFX942);
	uint32_t value = 0;

	(void)state;
	check_misaligned(m, "ds_add_u32", 2);
	check_misaligned(m, "ds_min_rtn_f64", 20);
	check_misaligned(m, "ds_wrxchg2_rtn_b32", 1);
	check_misaligned(m, "ds_wrxchg2st64_rtn_b64", 4);
	memcpy(m->group.lds, &value, 4);
	for (unsigned int i = 0; i < ISA_LANES; i++)
		v(m, VSRC(1))[i] = 1;
	set_exec(m, ~0ULL);
	insn(m, "ds_add_u32");
	v(m, VSRC(0))[9] = 3;
	execute_fails(m, ISA_MISALIGNED);
	memcpy(&value, m->group.lds, 4);
	assert_int_equal(value, 9);
	insn(m, "ds_add_u32")->gds = true;
	execute_fails(m, ISA_ILLEGAL);
	insn(m, "ds_wrxchg2_rtn_b32")->gds = true;
	execute_fails(m, ISA_ILLEGAL);
	insn(m, "ds_condxchg32_rtn_b64")->gds = true;
	execute_fails(m, ISA_ILLEGAL);
	machine_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_operations),
		cmocka_unit_test(test_exchange2),
		cmocka_unit_test(test_conditional),
		cmocka_unit_test(test_counters),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
