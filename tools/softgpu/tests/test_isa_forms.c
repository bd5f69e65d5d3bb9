// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Forms of vector instructions against references that know one lane: DPP with any control and
 * inactive lanes, pairs of F32 from any registers. SDWA is in test_isa_int_forms.c.
 */
#include "machine.h"

static const uint64_t masks[] = {
	~0ULL, 0x5555555555555555, 0xffff0000ffff, 1, 0x8000000000000000, 0xf0f0f0f00f0f0f0f,
};

#define NUM_MASKS	(sizeof(masks) / sizeof(masks[0]))

static void fill(struct machine *m, unsigned int first, unsigned int num)
{
	for (unsigned int i = first; i < first + num; i++) {
		for (unsigned int l = 0; l < ISA_LANES; l++)
			v(m, i)[l] = edgy32();
	}
}

/* By the tables of DPP_CTRL in the ISA documents: from where lane @l is, or -1 */
static int source_lane(unsigned int ctrl, int l)
{
	int row = l / 16, col = l % 16, n = ctrl & 15;

	if (ctrl <= 0xff)
		return l / 4 * 4 + (ctrl >> (l % 4 * 2) & 3);
	if (ctrl >= 0x101 && ctrl <= 0x10f)
		return col + n < 16 ? l + n : -1;
	if (ctrl >= 0x111 && ctrl <= 0x11f)
		return col - n >= 0 ? l - n : -1;
	if (ctrl >= 0x121 && ctrl <= 0x12f)
		return row * 16 + (col + 16 - n) % 16;
	if (ctrl >= 0x150 && ctrl <= 0x15f)
		return row * 16 + n;
	switch (ctrl) {
	case 0x130:
		return l + 1 < 64 ? l + 1 : -1;
	case 0x134:
		return (l + 1) % 64;
	case 0x138:
		return l - 1;
	case 0x13c:
		return (l + 63) % 64;
	case 0x140:
		return row * 16 + 15 - col;
	case 0x141:
		return l / 8 * 8 + 7 - l % 8;
	case 0x142:
		return row ? row * 16 - 1 : -1;
	case 0x143:
		return row >= 2 ? 31 : -1;
	}
	return -2;
}

static void check_dpp(struct machine *m, const struct isa_dpp *dpp, uint64_t exec)
{
	struct isa_insn *in = insn(m, "v_sub_u32");
	uint32_t before[ISA_LANES];

	fill(m, VSRC(0), 1);
	fill(m, VSRC(1), 1);
	fill(m, VDST(0), 1);
	memcpy(before, v(m, VDST(0)), sizeof(before));
	in->encoding = ISA_DPP;
	in->dpp = *dpp;
	set_exec(m, exec);
	execute(m);
	for (int l = 0; l < ISA_LANES; l++) {
		int from = source_lane(dpp->ctrl, l);
		bool there = from >= 0 && exec >> from & 1;
		uint32_t value = there ? v(m, VSRC(0))[from] : 0;
		bool written = exec >> l & 1 && dpp->row_mask >> l / 16 & 1 &&
			       dpp->bank_mask >> l % 16 / 4 & 1 && (there || dpp->bound_ctrl);

		assert_int_equal(v(m, VDST(0))[l],
				 written ? value - v(m, VSRC(1))[l] : before[l]);
	}
}

static void test_dpp(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);

	(void)state;
	for (unsigned int ctrl = 0; ctrl < 0x160; ctrl++) {
		if (source_lane(ctrl, 0) == -2)
			continue;
		for (unsigned int i = 0; i < NUM_MASKS; i++) {
			struct isa_dpp dpp = {
				.ctrl = ctrl, .row_mask = i & 1 ? random32() : 15,
				.bank_mask = i & 2 ? random32() : 15, .bound_ctrl = random32() & 1,
			};

			check_dpp(m, &dpp, masks[i]);
			dpp.bound_ctrl = !dpp.bound_ctrl;
			check_dpp(m, &dpp, masks[i]);
		}
	}
	machine_free(m);
}

/* Small whole numbers, so that all is exact */
static void fill_small(struct machine *m, unsigned int first, unsigned int num)
{
	for (unsigned int i = first; i < first + num; i++) {
		for (unsigned int l = 0; l < ISA_LANES; l++) {
			float value = (int)(random32() % 2001) - 1000;

			memcpy(&v(m, i)[l], &value, sizeof(value));
		}
	}
}

static float as_float(uint32_t bits)
{
	float value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

static void check_pair(struct machine *m, struct isa_insn *in, uint64_t exec)
{
	uint32_t before[8][ISA_LANES], expected[2][ISA_LANES];
	unsigned int dst = in->args[0].reg - VSRC(0);

	fill_small(m, VSRC(0), 8);
	memcpy(before, v(m, VSRC(0)), sizeof(before));
	for (unsigned int l = 0; l < ISA_LANES; l++) {
		for (unsigned int half = 0; half < 2; half++) {
			unsigned int sel = half ? in->op_sel_hi : in->op_sel;
			unsigned int neg = half ? in->neg_hi : in->neg_lo;
			float x[3];

			for (unsigned int i = 0; i < 3; i++) {
				unsigned int reg = in->args[1 + i].reg - VSRC(0);

				x[i] = as_float(before[reg + (sel >> i & 1)][l]);
				if (neg >> i & 1)
					x[i] = -x[i];
			}
			x[0] = x[0] * x[1] + x[2];
			if (in->clamp)
				x[0] = x[0] < 0 ? 0 : x[0] > 1 ? 1 : x[0];
			memcpy(&expected[half][l], x, sizeof(float));
			if (!(exec >> l & 1))
				expected[half][l] = before[dst + half][l];
		}
	}
	set_exec(m, exec);
	execute(m);
	assert_memory_equal(v(m, in->args[0].reg), expected, sizeof(expected));
}

static void test_pairs(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);

	(void)state;
	for (unsigned int i = 0; i < 64 * 12; i++) {
		struct isa_insn *in = insn(m, "v_pk_fma_f32");

		/* Any of eight registers, also those of the result */
		for (unsigned int a = 0; a < 4; a++)
			in->args[a] = vgpr(ISA_V2F32, VSRC(0) + random32() % 7);
		in->op_sel = i & 7;
		in->op_sel_hi = i >> 3 & 7;
		if (i >> 6 & 1) {
			in->neg_lo = random32() & 7;
			in->neg_hi = random32() & 7;
		}
		in->clamp = i >> 6 == 4 || i >> 6 == 5;
		check_pair(m, in, masks[i % 5 % NUM_MASKS]);
	}
	machine_free(m);
}

/* A pair of SGPRs */
static void test_scalar_pairs(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);
	struct isa_insn *in = insn(m, "v_pk_mul_f32");
	const float values[2] = { 3, -5 };

	(void)state;
	memcpy(&m->w->sgprs[6], values, sizeof(values));
	in->args[2] = sgpr(ISA_V2F32, 6);
	fill_small(m, VSRC(0), 2);
	for (unsigned int sel = 0; sel < 4; sel++) {
		in->op_sel = (sel & 1) << 1;
		in->op_sel_hi = 1 | (sel & 2);
		execute(m);
		for (unsigned int l = 0; l < ISA_LANES; l++) {
			assert_true(as_float(v(m, VDST(0))[l]) ==
				    as_float(v(m, VSRC(0))[l]) * values[sel & 1]);
			assert_true(as_float(v(m, VDST(0) + 1)[l]) ==
				    as_float(v(m, VSRC(0) + 1)[l]) * values[sel >> 1]);
		}
	}
	machine_free(m);
}

/* Of several NaNs the first one, made quiet; the other lanes of its chunk as ever */
static void test_nans(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);
	unsigned int regs[2] = { VDST(0), VDST(0) + 1 };

	(void)state;
	isa_set_mode(m->w, m->w->mode | ISA_MODE_IEEE);
	fill_small(m, VSRC(0), 2);
	fill_small(m, VSRC(1), 2);
	fill_small(m, VSRC(2), 2);
	v(m, VSRC(1))[9] = 0x7f800001;
	v(m, VSRC(2))[9] = 0xffc00007;
	v(m, VSRC(2) + 1)[40] = 0xffc00009;
	v(m, VSRC(0) + 1)[41] = 0x7f800000;
	v(m, VSRC(1) + 1)[41] = 0;
	run_insn(m, "v_pk_fma_f32");
	assert_int_equal(v(m, regs[0])[9], 0x7fc00001);
	assert_int_equal(v(m, regs[1])[40], 0xffc00009);
	assert_int_equal(v(m, regs[1])[41], 0x7fc00000);
	for (unsigned int h = 0; h < 2; h++) {
		for (unsigned int l = 0; l < ISA_LANES; l++) {
			if ((!h && l == 9) || (h && (l == 40 || l == 41)))
				continue;
			assert_true(as_float(v(m, regs[h])[l]) ==
				    as_float(v(m, VSRC(0) + h)[l]) * as_float(v(m, VSRC(1) + h)[l]) +
				    as_float(v(m, VSRC(2) + h)[l]));
		}
	}
	machine_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dpp),
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_scalar_pairs),
		cmocka_unit_test(test_nans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
