// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Scratch memory: SCRATCH, and FLAT with addresses in the private aperture, on both targets.
 *
 * The bytes of each lane are a model of their own here; where they are in GPU memory is as the
 * ISA documents say of swizzled buffers with elements of 4 bytes and 64 indices.
 */
#include "forms.h"

#define SIZE		256u		/* bytes of a lane */
#define BASE		(DATA + 2 * PAGE + 256)

static uint8_t model[ISA_LANES][SIZE];

static struct machine *new_machine(enum isa_target target)
{
	struct machine *m = machine_new(target);
	static uint8_t bytes[ISA_LANES * SIZE];

	m->w->scratch_size = SIZE;
	if (target == ISA_GFX942)
		m->w->scratch = BASE;
	else
		isa_set_sreg64(m->w, ISA_FLAT_SCRATCH, BASE);
	for (unsigned int i = 0; i < sizeof(bytes); i++) {
		bytes[i] = random32();
		model[i % 256 / 4][i / 256 * 4 + i % 4] = bytes[i];
	}
	put_memory(m, BASE, bytes, sizeof(bytes));
	return m;
}

static void check_memory(struct machine *m)
{
	static uint8_t bytes[ISA_LANES * SIZE];

	get_memory(m, BASE, bytes, sizeof(bytes));
	for (unsigned int i = 0; i < sizeof(bytes); i++)
		assert_int_equal(bytes[i], model[i % 256 / 4][i / 256 * 4 + i % 4]);
}

/* How an instruction has the offset: with registers, the instruction's is what is left. */
enum kind { OFF, VECTOR, SCALAR, BOTH, APERTURE, KINDS };

static void put_offsets(struct machine *m, struct isa_insn *in, unsigned int addr,
			enum kind kind, const uint32_t *at)
{
	in->offset = kind == VECTOR ? -4 : kind == OFF ? (int)at[0] : 12;
	if (kind == SCALAR || kind == BOTH) {
		in->args[2] = sgpr(ISA_B32, 30);
		m->w->sgprs[30] = kind == BOTH ? 8 : at[0] - 12;
	}
	if (kind == OFF || kind == SCALAR) {
		in->args[addr].kind = ISA_OFF;
		return;
	}
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		uint32_t offset = at[i] - in->offset - (kind == BOTH ? 8 : 0);

		if (kind == APERTURE)
			set_v64(m, in->args[addr].reg, i, ISA_PRIVATE_APERTURE + offset);
		else
			v(m, in->args[addr].reg)[i] = offset;
	}
}

/* The same for all lanes unless lanes have registers; aligned, in one dword or anywhere */
static void make_offsets(uint32_t *at, enum kind kind, unsigned int n, unsigned int size)
{
	unsigned int align = n % 3 == 0 ? 1 : n % 3 == 1 && size < 4 ? size : 4;

	for (unsigned int i = 0; i < ISA_LANES; i++) {
		at[i] = 12 + random32() % (SIZE - size - 11) / align * align;
		if (i && (kind == OFF || kind == SCALAR || n % 2))
			at[i] = at[0];
	}
}

static void check_load(struct machine *m, const struct form *form, enum kind kind, unsigned int n)
{
	struct isa_insn *in = form_insn(m, kind == APERTURE ? "flat_" : "scratch_", form);
	uint64_t exec = n % 5 == 0 ? random64() : ~0ULL;
	uint32_t at[ISA_LANES], old[ISA_LANES][4];

	make_offsets(at, kind, n, form->size);
	if (n % 4 == 0)
		in->args[0].reg = in->args[1].reg;
	random_regs(m, in->args[0].reg);
	put_offsets(m, in, 1, kind, at);
	for (unsigned int i = 0; i < ISA_LANES; i++)
		get_regs(m, in->args[0].reg, i, old[i]);
	set_exec(m, exec);
	execute(m);
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		uint32_t now[4];

		get_regs(m, in->args[0].reg, i, now);
		if (exec >> i & 1)
			form_load(form, &model[i][at[i]], old[i]);
		assert_memory_equal(now, old[i], sizeof(now));
	}
}

static void check_store(struct machine *m, const struct form *form, enum kind kind, unsigned int n)
{
	struct isa_insn *in = form_insn(m, kind == APERTURE ? "flat_" : "scratch_", form);
	uint64_t exec = n % 5 == 0 ? random64() : ~0ULL;
	uint32_t at[ISA_LANES];

	make_offsets(at, kind, n, form->size);
	random_regs(m, in->args[1].reg);
	put_offsets(m, in, 0, kind, at);
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		uint32_t regs[4];

		get_regs(m, in->args[1].reg, i, regs);
		if (exec >> i & 1)
			form_store(form, regs, &model[i][at[i]]);
	}
	set_exec(m, exec);
	execute(m);
	check_memory(m);
}

static void check_all(enum isa_target target)
{
	struct machine *m = new_machine(target);

	for (unsigned int n = 0; n < 60; n++) {
		for (enum kind kind = OFF; kind < KINDS; kind++) {
			for (const struct form *form = form_loads; form->name; form++)
				check_load(m, form, kind, n);
			for (const struct form *form = form_stores; form->name; form++)
				check_store(m, form, kind, n);
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

static void check_end(struct machine *m, const char *name, unsigned int size)
{
	struct isa_insn *in = insn(m, name);
	bool load = strstr(name, "load");

	set_exec(m, 0xff00);
	for (unsigned int i = 0; i < ISA_LANES; i++)
		v(m, in->args[load].reg)[i] = SIZE - size;
	execute(m);
	/* Of an inactive lane it does not matter. */
	v(m, in->args[load].reg)[3] = SIZE;
	execute(m);
	v(m, in->args[load].reg)[11] = SIZE - size + 1;
	execute_fails(m, ISA_APERTURE);
	assert_true(m->w->fault.va == ISA_PRIVATE_APERTURE + SIZE - size + 1);
	assert_int_equal(m->w->fault.access, load ? SOFTGPU_READ : SOFTGPU_WRITE);
	v(m, in->args[load].reg)[11] = -size;
	execute_fails(m, ISA_APERTURE);
}

static void test_end(void **state)
{
	struct machine *m = new_machine(ISA_GFX942);

	(void)state;
	check_end(m, "scratch_load_ubyte", 1);
	check_end(m, "scratch_store_short", 2);
	check_end(m, "scratch_load_dword", 4);
	check_end(m, "scratch_store_dwordx4", 16);
	machine_free(m);
}

/* The memory itself is not there, or may not be written. */
static void test_unmapped(void **state)
{
	struct machine *m = new_machine(ISA_GFX942);
	struct isa_insn *in = insn(m, "scratch_load_dwordx2");

	(void)state;
	in->args[1].kind = ISA_OFF;
	m->w->scratch = NOWHERE;
	execute_fails(m, ISA_MEMORY);
	assert_true(m->w->fault.va == NOWHERE);
	in->offset = 1;
	execute_fails(m, ISA_MEMORY);
	assert_true(m->w->fault.va == NOWHERE + 1);
	m->w->scratch = CONST_DATA;
	execute(m);
	in = insn(m, "scratch_store_byte");
	in->args[0].kind = ISA_OFF;
	execute_fails(m, ISA_MEMORY);
	assert_true(m->w->fault.mapped);
	machine_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gfx942),
		cmocka_unit_test(test_gfx906),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_unmapped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
