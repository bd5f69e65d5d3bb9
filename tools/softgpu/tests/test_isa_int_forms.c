// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What is around instructions of integers: parts of registers (SDWA), carries in SGPRs, indexed
 * registers, sources that are no vectors. What each row computes is in test_isa_int.c and others.
 */
#include "machine.h"

/* Selects of SDWA: the first byte and how many there are */
static const struct {
	unsigned int start, bytes;
} parts[] = { { 0, 1 }, { 1, 1 }, { 2, 1 }, { 3, 1 }, { 0, 2 }, { 2, 2 }, { 0, 4 } };

static uint32_t part(uint32_t value, unsigned int sel, bool sext)
{
	uint8_t in[4], out[4];

	memcpy(in, &value, 4);
	memset(out, sext && in[parts[sel].start + parts[sel].bytes - 1] > 127 ? 0xff : 0, 4);
	memcpy(out, in + parts[sel].start, parts[sel].bytes);
	memcpy(&value, out, 4);
	return value;
}

/* Below the part that is written there are zeros, or what was there. */
static uint32_t placed(uint32_t result, unsigned int sel, unsigned int unused, uint32_t old)
{
	unsigned int end = parts[sel].start + parts[sel].bytes;
	uint8_t in[4], out[4] = { 0 };

	memcpy(in, &result, 4);
	if (unused == 2)
		memcpy(out, &old, 4);
	else if (unused == 1 && in[parts[sel].bytes - 1] > 127)
		memset(out + end, 0xff, 4 - end);
	memcpy(out + parts[sel].start, in, parts[sel].bytes);
	memcpy(&result, out, 4);
	return result;
}

static void fill(struct machine *m)
{
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		v(m, VSRC(0))[i] = edgy32();
		v(m, VSRC(1))[i] = edgy32();
		v(m, VDST(0))[i] = edgy32();
	}
}

static struct isa_insn *sdwa_insn(struct machine *m, const char *name, unsigned int sel0,
				  unsigned int sel1, bool sext)
{
	struct isa_insn *in = insn(m, name);

	in->encoding = ISA_SDWA;
	in->sdwa = (struct isa_sdwa){ .dst_sel = 6, .src_sel = { sel0, sel1 } };
	for (unsigned int i = 0; i < in->num_args; i++) {
		unsigned int field = in->op->args[i].field;

		if ((field == ISA_SRC0 || field == ISA_SRC1) && sext)
			in->args[i].mods = ISA_SEXT;
	}
	return in;
}

static void check_sdwa(struct machine *m, unsigned int sel0, unsigned int sel1, unsigned int sel,
		       unsigned int unused)
{
	bool sext = random32() & 1, small = random32() & 1;
	struct isa_insn *in = sdwa_insn(m, small ? "v_sub_u16" : "v_sub_u32", sel0, sel1, sext);
	uint64_t exec = random64();
	uint32_t old[ISA_LANES];

	fill(m);
	memcpy(old, v(m, VDST(0)), sizeof(old));
	set_exec(m, exec);
	in->sdwa.dst_sel = sel;
	in->sdwa.dst_unused = unused;
	execute(m);
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		uint32_t result = part(v(m, VSRC(0))[i], sel0, sext) -
				  part(v(m, VSRC(1))[i], sel1, sext);

		if (small)
			result = part(result, 4, false);
		assert_int_equal(v(m, VDST(0))[i],
				 exec >> i & 1 ? placed(result, sel, unused, old[i]) : old[i]);
	}
}

static void test_sdwa(void **state)
{
	struct machine *m = machine_new(ISA_GFX906);

	(void)state;
	for (unsigned int n = 0; n < 7 * 7 * 7 * 3; n++)
		check_sdwa(m, n % 7, n / 7 % 7, n / 49 % 7, n / 343);
	machine_free(m);
}

/* By hand: a byte with its sign, and each kind of what becomes of the rest */
static void test_sdwa_values(void **state)
{
	static const uint32_t want[] = { 0x00008100, 0xffff8100, 0x12348178 };
	struct machine *m = machine_new(ISA_GFX906);

	(void)state;
	for (unsigned int unused = 0; unused < 3; unused++) {
		struct isa_insn *in = sdwa_insn(m, "v_mov_b32", 2, 6, true);

		v(m, VSRC(0))[5] = 0x77817777;
		v(m, VDST(0))[5] = 0x12345678;
		execute(m);
		assert_int_equal(v(m, VDST(0))[5], 0xffffff81);
		v(m, VDST(0))[5] = 0x12345678;
		in->sdwa.dst_sel = 1;
		in->sdwa.dst_unused = unused;
		execute(m);
		assert_int_equal(v(m, VDST(0))[5], want[unused]);
	}
	machine_free(m);
}

/* Rows with masks in and out */
static void test_sdwa_masks(void **state)
{
	struct machine *m = machine_new(ISA_GFX906);
	struct isa_insn *in;

	(void)state;
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		v(m, VSRC(0))[i] = 0xaabbcc00 | i;
		v(m, VSRC(1))[i] = 0x00200000;
	}
	isa_set_sreg64(m->w, ISA_VCC, 0xff);
	in = sdwa_insn(m, "v_cmp_lt_u32", 0, 2, false);
	execute(m);
	assert_true(isa_sreg64(m->w, SDST(0)) == 0xffffffff);
	in = sdwa_insn(m, "v_cndmask_b32", 1, 2, true);
	in->sdwa.dst_sel = 4;
	execute(m);
	assert_int_equal(v(m, VDST(0))[7], 0x20);
	assert_int_equal(v(m, VDST(0))[8], 0xffcc);
	in = sdwa_insn(m, "v_addc_co_u32", 3, 6, true);
	in->clamp = true;
	execute(m);
	/* 0xffffffaa and the rest */
	assert_int_equal(v(m, VDST(0))[7], 0xffffffff);
	assert_true(isa_sreg64(m->w, SDST(0)) == ~0ULL);
	in->clamp = false;
	execute(m);
	assert_int_equal(v(m, VDST(0))[7], 0x1fffab);
	assert_int_equal(v(m, VDST(0))[8], 0x1fffaa);
	machine_free(m);
}

/* A sum of 96 bits in some lanes: carries in one pair of SGPRs, which ends without the others. */
static void test_carries(void **state)
{
	static const char *const names[] = { "v_add_co_u32", "v_addc_co_u32", "v_addc_co_u32" };
	static const char *const minus[] = { "v_sub_co_u32", "v_subb_co_u32", "v_subb_co_u32" };
	__extension__ typedef unsigned __int128 wide;
	struct machine *m = machine_new(ISA_GFX942);

	(void)state;
	for (unsigned int round = 0; round < 32; round++) {
		unsigned int pair = round & 2 ? ISA_VCC : 30;
		uint64_t exec = round & 4 ? random64() : ~0ULL, over = 0;
		wide want[ISA_LANES];

		for (unsigned int i = 0; i < ISA_LANES; i++) {
			wide a = 0, b = 0;

			for (unsigned int r = 0; r < 3; r++) {
				v(m, VSRC(0) + r)[i] = edgy32();
				v(m, VSRC(1) + r)[i] = edgy32();
				v(m, VDST(0) + r)[i] = 77;
				a |= (wide)v(m, VSRC(0) + r)[i] << 32 * r;
				b |= (wide)v(m, VSRC(1) + r)[i] << 32 * r;
			}
			want[i] = round & 1 ? a - b : a + b;
			if (want[i] >> 96 && exec >> i & 1)
				over |= 1ULL << i;
		}
		isa_set_sreg64(m->w, pair, random64());
		set_exec(m, exec);
		for (unsigned int r = 0; r < 3; r++) {
			struct isa_insn *in = insn(m, (round & 1 ? minus : names)[r]);

			in->args[0].reg += r;
			in->args[1] = sgpr(ISA_B64, pair);
			in->args[2].reg += r;
			in->args[3].reg += r;
			if (r)
				in->args[4] = sgpr(ISA_B64, pair);
			execute(m);
		}
		assert_true(isa_sreg64(m->w, pair) == over);
		for (unsigned int i = 0; i < ISA_LANES; i++) {
			for (unsigned int r = 0; r < 3; r++) {
				uint32_t sum = want[i] >> 32 * r;

				assert_int_equal(v(m, VDST(0) + r)[i], exec >> i & 1 ? sum : 77);
			}
		}
	}
	machine_free(m);
}

/* Lanes that DPP does not write have no carry either. */
static void test_dpp_carry(void **state)
{
	struct machine *m = machine_new(ISA_GFX906);
	struct isa_insn *in = insn(m, "v_add_co_u32");

	(void)state;
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		v(m, VSRC(0))[i] = ~0u;
		v(m, VSRC(1))[i] = 1;
	}
	in->encoding = ISA_DPP;
	in->dpp = (struct isa_dpp){ .ctrl = ISA_DPP_ROW_SHR + 1, .row_mask = 5, .bank_mask = 15 };
	execute(m);
	assert_true(isa_sreg64(m->w, SDST(0)) == 0x0000fffe0000fffe);
	machine_free(m);
}

static void test_sources(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);
	struct isa_insn *in;

	(void)state;
	in = insn(m, "v_lshl_add_u64");
	in->args[1] = sgpr(ISA_U64, 40);
	in->args[2] = constant(ISA_U32, 4);
	in->args[3] = constant(ISA_U64, -1);
	isa_set_sreg64(m->w, 40, 0x123456789abcdef0);
	execute(m);
	assert_true(v64(m, VDST(0), 33) == 0x23456789abcdeeff);
	in = insn(m, "v_mad_u64_u32");
	in->args[2] = sgpr(ISA_U32, 41);
	in->args[3] = constant(ISA_U32, 16);
	in->args[4] = sgpr(ISA_U64, 40);
	execute(m);
	assert_true(v64(m, VDST(0), 63) == 0x123456789abcdef0 + 0x123456780);
	in = insn(m, "v_cmp_gt_i64");
	in->args[1] = constant(ISA_I64, -1);
	in->args[2] = sgpr(ISA_I64, 40);
	execute(m);
	assert_true(isa_sreg64(m->w, SDST(0)) == 0);
	in->args[1].value = INT64_MAX;
	execute(m);
	assert_true(isa_sreg64(m->w, SDST(0)) == ~0ULL);
	in = insn(m, "v_add_u32");
	in->args[1] = (struct isa_operand){ .kind = ISA_SPECIAL, .type = ISA_U32, .reg = ISA_SCC };
	in->args[2] = sgpr(ISA_U32, ISA_M0);
	m->w->scc = true;
	m->w->sgprs[ISA_M0] = 41;
	execute(m);
	assert_int_equal(v(m, VDST(0))[1], 42);
	machine_free(m);
}

/* Signs of what v_cndmask_b32 selects from, as if it were a float */
static void test_cndmask_signs(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);
	struct isa_insn *in = insn(m, "v_cndmask_b32");

	(void)state;
	v(m, VSRC(0))[0] = 0x81234567;
	v(m, VSRC(1))[1] = 0x87654321;
	isa_set_sreg64(m->w, ISA_VCC, 2);
	in->args[1].mods = ISA_NEG;
	in->args[2].mods = ISA_ABS;
	execute(m);
	assert_int_equal(v(m, VDST(0))[0], 0x01234567);
	assert_int_equal(v(m, VDST(0))[1], 0x07654321);
	in->args[1].mods = ISA_ABS | ISA_NEG;
	execute(m);
	assert_int_equal(v(m, VDST(0))[0], 0x81234567);
	machine_free(m);
}

/* s_set_gpr_idx_on: M0 has the index in bits 0 to 7 and operands that it is for in 12 to 15. */
static void test_indexed(void **state)
{
	static const struct {
		unsigned int bits;	/* src0, src1, src2, dst */
		unsigned int dst, sum;
	} table[] = {
		{ 0, 0, 111 }, { 1, 0, 112 }, { 2, 0, 121 }, { 4, 0, 211 }, { 8, 5, 111 },
		{ 15, 5, 222 },
	};
	struct machine *m = machine_new(ISA_GFX906);
	struct isa_insn *in;

	(void)state;
	m->w->gpr_idx = true;
	for (unsigned int n = 0; n < sizeof(table) / sizeof(table[0]); n++) {
		for (unsigned int r = 0; r < 3; r++) {
			static const unsigned int units[] = { 1, 10, 100 };

			v(m, VSRC(r))[3] = units[r];
			v(m, VSRC(r) + 5)[3] = 2 * units[r];
		}
		v(m, VDST(0))[3] = 9;
		v(m, VDST(0) + 5)[3] = 9;
		m->w->sgprs[ISA_M0] = table[n].bits << 12 | 0xf00 | 5;
		run_insn(m, "v_add3_u32");
		assert_int_equal(v(m, VDST(0) + table[n].dst)[3], table[n].sum);
		assert_int_equal(v(m, VDST(0) + 5 - table[n].dst)[3], 9);
	}
	/* Only vector registers: not a constant, whose number is 5, too */
	in = insn(m, "v_mov_b32");
	in->args[1] = constant(ISA_B32, 5);
	m->w->sgprs[ISA_M0] = 1 << 12 | 255;
	execute(m);
	assert_int_equal(v(m, VDST(0))[3], 5);
	machine_free(m);
}

/* The last register that there is, and the first that is not */
static void test_index_range(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);

	(void)state;
	m->w->gpr_idx = true;
	m->w->num_vgprs = 128;
	for (unsigned int bits = 1; bits <= 8; bits *= 8) {
		uint32_t before = v(m, VDST(0))[0];

		v(m, VSRC(0))[0] = 5;
		insn(m, "v_mov_b32");
		m->w->sgprs[ISA_M0] = bits << 12 | (bits == 1 ? 127 - VSRC(0) : 127 - VDST(0));
		execute(m);
		m->w->sgprs[ISA_M0]++;
		v(m, VDST(0))[0] = before;
		v(m, 128)[0] = 6;
		execute_fails(m, ISA_ILLEGAL);
		assert_int_equal(v(m, VDST(0))[0], before);
		assert_int_equal(v(m, 128)[0], 6);
		/* Of 64 bits both halves */
		insn(m, "v_mov_b64");
		m->w->sgprs[ISA_M0] -= 2;
		execute(m);
		m->w->sgprs[ISA_M0]++;
		execute_fails(m, ISA_ILLEGAL);
	}
	machine_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sdwa),
		cmocka_unit_test(test_sdwa_values),
		cmocka_unit_test(test_sdwa_masks),
		cmocka_unit_test(test_carries),
		cmocka_unit_test(test_dpp_carry),
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_cndmask_signs),
		cmocka_unit_test(test_indexed),
		cmocka_unit_test(test_index_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
