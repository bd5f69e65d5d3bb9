// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Vector comparisons of integers: all of them, as masks and as EXEC.
 */
#include "lanes.h"

/* By the lowest bits of the opcode: what is true of less, equal and greater */
static const struct {
	const char *name;
	bool less, equal, greater;
} relations[] = {
	{ "f", 0, 0, 0 }, { "lt", 1, 0, 0 }, { "eq", 0, 1, 0 }, { "le", 1, 1, 0 },
	{ "gt", 0, 0, 1 }, { "ne", 1, 0, 1 }, { "ge", 0, 1, 1 }, { "t", 1, 1, 1 },
};

/* -1, 0 or 1, by the sign of the difference */
static int order(uint64_t a, uint64_t b, unsigned int bits, bool is_signed)
{
	__extension__ typedef __int128 exact;
	exact sign = (exact)1 << (bits - 1), x = a & (2 * sign - 1), y = b & (2 * sign - 1);

	if (is_signed) {
		x = x & sign ? x - 2 * sign : x;
		y = y & sign ? y - 2 * sign : y;
	}
	return (x - y > 0) - (x - y < 0);
}

/* Sources are often the same, or so in what is compared. */
static void fill(struct machine *m, unsigned int bits)
{
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		uint64_t a = edgy64(), b = random32() & 1 ? edgy64() : a;

		if (bits == 16 && random32() & 1)
			b ^= 0xffff0000;
		set_v64(m, VSRC(0), i, a);
		set_v64(m, VSRC(1), i, b);
	}
}

static void compare(struct machine *m, unsigned int relation, unsigned int bits, bool is_signed,
		    bool writes_exec, uint64_t exec)
{
	char name[32];
	uint64_t want = 0;

	snprintf(name, sizeof(name), "v_%s_%s_%c%u", writes_exec ? "cmpx" : "cmp",
		 relations[relation].name, is_signed ? 'i' : 'u', bits);
	fill(m, bits);
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		int is = order(v64(m, VSRC(0), i), v64(m, VSRC(1), i), bits, is_signed);
		bool met = is < 0 ? relations[relation].less : is ? relations[relation].greater :
				    relations[relation].equal;

		want |= (uint64_t)(met && exec >> i & 1) << i;
	}
	set_exec(m, exec);
	isa_set_sreg64(m->w, SDST(0), ~want);
	run_insn(m, name);
	if (isa_sreg64(m->w, SDST(0)) != want)
		fail_msg("%s: %llx, not %llx", name, (long long)isa_sreg64(m->w, SDST(0)),
			 (long long)want);
	assert_true(isa_exec_mask(m->w) == (writes_exec ? want : exec));
}

static void test_comparisons(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);

	(void)state;
	for (unsigned int round = 0; round < 8; round++) {
		uint64_t exec = round & 1 ? random64() : ~0ULL;

		for (unsigned int r = 0; r < 8; r++) {
			for (unsigned int bits = 16; bits <= 64; bits *= 2) {
				for (unsigned int i = 0; i < 4; i++)
					compare(m, r, bits, i & 1, i & 2, exec);
			}
		}
	}
	machine_free(m);
}

/* VCC as the destination, as in VOPC, and a constant */
static void test_constant(void **state)
{
	struct machine *m = machine_new(ISA_GFX906);
	struct isa_insn *in = insn(m, "v_cmp_lt_u32");

	(void)state;
	in->args[0] = sgpr(ISA_B64, ISA_VCC);
	in->args[1] = constant(ISA_U32, 5);
	for (unsigned int i = 0; i < ISA_LANES; i++)
		v(m, VSRC(1))[i] = i;
	set_exec(m, 0xfff);
	execute(m);
	assert_true(isa_vcc(m->w) == 0xfc0);
	assert_true(isa_exec_mask(m->w) == 0xfff);
	machine_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_comparisons),
		cmocka_unit_test(test_constant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
