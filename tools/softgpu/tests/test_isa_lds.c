// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Loads and stores of LDS: forms, two addresses, the end of LDS, GDS. Atomic operations are in
 * test_isa_lds_atomics.c.
 */
#include "forms.h"

#define SIZE	1536u		/* of the workgroup's memory */

static const struct form reads[] = {
	{ "read_u8", 1, false, WHOLE },
	{ "read_i8", 1, true, WHOLE },
	{ "read_u16", 2, false, WHOLE },
	{ "read_i16", 2, true, WHOLE },
	{ "read_b32", 4, false, WHOLE },
	{ "read_b64", 8, false, WHOLE },
	{ "read_b96", 12, false, WHOLE },
	{ "read_b128", 16, false, WHOLE },
	{ "read_u8_d16", 1, false, LOWER },
	{ "read_u8_d16_hi", 1, false, UPPER },
	{ "read_i8_d16", 1, true, LOWER },
	{ "read_i8_d16_hi", 1, true, UPPER },
	{ "read_u16_d16", 2, false, LOWER },
	{ "read_u16_d16_hi", 2, false, UPPER },
	{ NULL, 0, false, WHOLE },
};

static const struct form writes[] = {
	{ "write_b8", 1, false, WHOLE },
	{ "write_b8_d16_hi", 1, false, UPPER },
	{ "write_b16", 2, false, WHOLE },
	{ "write_b16_d16_hi", 2, false, UPPER },
	{ "write_b32", 4, false, WHOLE },
	{ "write_b64", 8, false, WHOLE },
	{ "write_b96", 12, false, WHOLE },
	{ "write_b128", 16, false, WHOLE },
	{ NULL, 0, false, WHOLE },
};

/* As bytes, with more behind the end that nothing may reach */
static uint8_t model[SIZE];

static struct machine *new_machine(enum isa_target target)
{
	struct machine *m = machine_new(target);

	m->group.lds_size = SIZE;
	for (unsigned int i = 0; i < ISA_MAX_LDS; i++)
		m->group.lds[i] = random32();
	memcpy(model, m->group.lds, SIZE);
	return m;
}

/* Bytes of an access: zeroes if not all of it is there */
static const uint8_t *there(uint64_t at, unsigned int size)
{
	static const uint8_t zero[16];

	return at + size <= SIZE ? &model[at] : zero;
}

static uint32_t address(unsigned int n, unsigned int lane, unsigned int size)
{
	switch (n % 6) {
	case 0:
		return 16 * lane;
	case 1:
		return random32() % SIZE;
	case 2:
		return random32() % 64 + SIZE - 32;
	case 3:
		return lane & 1 ? random32() : SIZE - 16 * (lane & 3);
	case 4:
		return n + lane * size;
	default:
		/* Up to the end, a part of a lane less, or more */
		return SIZE - (ISA_LANES - lane) * size + (n / 6 % 3 - 1) * (1 + n % 4);
	}
}

static uint64_t active(unsigned int n)
{
	return n % 3 ? ~0ULL : random64();
}

static void check_read(struct machine *m, const struct form *form, unsigned int n)
{
	struct isa_insn *in = form_insn(m, "ds_", form);
	uint32_t at[ISA_LANES], old[ISA_LANES][4];
	uint64_t exec = active(n);

	in->offset = n % 5 ? 0 : n % 2 ? 8 : 0xfffc;
	if (n % 7 == 0)
		in->args[0].reg = in->args[1].reg;
	random_regs(m, in->args[0].reg);
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		at[i] = address(n, i, form->size);
		v(m, in->args[1].reg)[i] = at[i] - in->offset;
	}
	for (unsigned int i = 0; i < ISA_LANES; i++)
		get_regs(m, in->args[0].reg, i, old[i]);
	set_exec(m, exec);
	execute(m);
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		uint32_t now[4];

		get_regs(m, in->args[0].reg, i, now);
		if (exec >> i & 1)
			form_load(form, there(at[i], form->size), old[i]);
		assert_memory_equal(now, old[i], sizeof(now));
	}
}

static void check_write(struct machine *m, const struct form *form, unsigned int n)
{
	struct isa_insn *in = form_insn(m, "ds_", form);
	uint64_t exec = active(n);
	uint8_t behind[64];

	memcpy(behind, m->group.lds + SIZE, sizeof(behind));
	in->offset = n % 5 ? 0 : n % 2 ? 8 : 0xfffc;
	random_regs(m, in->args[1].reg);
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		uint32_t at = address(n, i, form->size), regs[4];

		v(m, in->args[0].reg)[i] = at - in->offset;
		get_regs(m, in->args[1].reg, i, regs);
		if (exec >> i & 1 && (uint64_t)at + form->size <= SIZE)
			form_store(form, regs, &model[at]);
	}
	set_exec(m, exec);
	execute(m);
	assert_memory_equal(m->group.lds, model, SIZE);
	assert_memory_equal(m->group.lds + SIZE, behind, sizeof(behind));
}

static void test_forms(void **state)
{
	(void)state;
	for (enum isa_target target = 0; target < ISA_TARGETS; target++) {
		struct machine *m = new_machine(target);

		for (unsigned int n = 0; n < 200; n++) {
			for (const struct form *form = reads; form->name; form++)
				check_read(m, form, n);
			for (const struct form *form = writes; form->name; form++)
				check_write(m, form, n);
		}
		machine_free(m);
	}
}

/* @unit: of the two offsets, which are of 8 bits */
static void check_read2(struct machine *m, const char *name, unsigned int size,
			unsigned int unit, unsigned int n)
{
	struct isa_insn *in = insn(m, name);
	unsigned int first = random32() % 4, second = n % 2 ? 0xff : random32() % 4;
	uint32_t at[ISA_LANES];

	in->offset = first + second * 256;
	if (n % 3 == 0)
		in->args[0].reg = in->args[1].reg;
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		at[i] = random32() % SIZE;
		v(m, in->args[1].reg)[i] = at[i];
	}
	execute(m);
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		uint32_t regs[4];

		get_regs(m, in->args[0].reg, i, regs);
		assert_memory_equal(regs, there(at[i] + first * unit, size), size);
		assert_memory_equal(&regs[size / 4], there(at[i] + second * unit, size), size);
	}
}

static void check_write2(struct machine *m, const char *name, unsigned int size,
			 unsigned int unit, unsigned int n)
{
	struct isa_insn *in = insn(m, name);
	unsigned int offsets[2] = { random32() % 3, n % 2 ? 0xff : 3 };

	in->offset = offsets[0] + offsets[1] * 256;
	random_regs(m, in->args[1].reg);
	random_regs(m, in->args[2].reg);
	set_exec(m, 0xffff);
	/* No lane writes where another one does. */
	for (unsigned int i = 0; i < ISA_LANES; i++)
		v(m, in->args[0].reg)[i] = unit <= 8 ? i * 4 * unit : i * size;
	execute(m);
	for (unsigned int i = 0; i < 16; i++) {
		for (unsigned int k = 0; k < 2; k++) {
			uint64_t at = v(m, in->args[0].reg)[i] + offsets[k] * unit;
			uint32_t regs[4];

			get_regs(m, in->args[1 + k].reg, i, regs);
			if (at + size <= SIZE)
				memcpy(&model[at], regs, size);
		}
	}
	assert_memory_equal(m->group.lds, model, SIZE);
	set_exec(m, ~0ULL);
}

static void test_two(void **state)
{
	struct machine *m = new_machine(ISA_GFX942);

	(void)state;
	for (unsigned int n = 0; n < 50; n++) {
		check_read2(m, "ds_read2_b32", 4, 4, n);
		check_read2(m, "ds_read2_b64", 8, 8, n);
		check_read2(m, "ds_read2st64_b32", 4, 256, n);
		check_read2(m, "ds_read2st64_b64", 8, 512, n);
		check_write2(m, "ds_write2_b32", 4, 4, n);
		check_write2(m, "ds_write2_b64", 8, 8, n);
		check_write2(m, "ds_write2st64_b32", 4, 256, n);
		check_write2(m, "ds_write2st64_b64", 8, 512, n);
	}
	machine_free(m);
}

/* An offset and the low half of M0, and each lane behind the one before it */
static void test_addtid(void **state)
{
	struct machine *m = new_machine(ISA_GFX942);
	struct isa_insn *in = insn(m, "ds_read_addtid_b32");

	(void)state;
	m->w->sgprs[ISA_M0] = 0xabcd0000 | (SIZE - 200);
	in->offset = 8;
	set_exec(m, ~0ULL << 1);
	v(m, in->args[0].reg)[0] = 77;
	execute(m);
	assert_int_equal(v(m, in->args[0].reg)[0], 77);
	for (unsigned int i = 1; i < ISA_LANES; i++)
		assert_memory_equal(&v(m, in->args[0].reg)[i], there(SIZE - 192 + 4 * i, 4), 4);
	in = insn(m, "ds_write_addtid_b32");
	in->offset = 12;
	m->w->sgprs[ISA_M0] = 4;
	random_regs(m, in->args[0].reg);
	execute(m);
	memcpy(&model[20], &v(m, in->args[0].reg)[1], 63 * 4);
	assert_memory_equal(m->group.lds, model, SIZE);
	machine_free(m);
}

/* There is no GDS. */
static void test_gds(void **state)
{
	static const char *const names[] = {
		"ds_read_b32", "ds_write_b128", "ds_read2_b64", "ds_write2st64_b32",
		"ds_read_addtid_b32", "ds_write_addtid_b32", "ds_swizzle_b32",
	};
	struct machine *m = new_machine(ISA_GFX906);

	(void)state;
	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		insn(m, names[i])->gds = true;
		execute_fails(m, ISA_ILLEGAL);
	}
	assert_memory_equal(m->group.lds, model, SIZE);
	run_insn(m, "ds_nop");
	machine_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_two),
		cmocka_unit_test(test_addtid),
		cmocka_unit_test(test_gds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
