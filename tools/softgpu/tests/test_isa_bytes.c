// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Vector instructions for bytes, against references that take registers as arrays of bytes.
 */
#include "lanes.h"

static unsigned int byte(uint64_t value, unsigned int n)
{
	const unsigned char *bytes = (const unsigned char *)&value;

	assert_true(n < 8);
	return bytes[n];
}

static uint64_t sum_of(uint64_t a, uint64_t b, unsigned int start, bool masked)
{
	uint64_t sum = 0;

	for (unsigned int n = 0; n < 4; n++) {
		if (!masked || byte(b, n))
			sum += abs((int)byte(a, start + n) - (int)byte(b, n));
	}
	return sum;
}

static uint64_t limited(uint64_t value, unsigned int bits, bool clamp)
{
	uint64_t max = (1ULL << bits) - 1;

	return clamp && value > max ? max : value & max;
}

static uint64_t v_sad_u8(struct lane *x)
{
	return limited(sum_of(x->a, x->b, 0, false) + x->c, 32, x->clamp);
}

static uint64_t v_sad_hi_u8(struct lane *x)
{
	return limited(sum_of(x->a, x->b, 0, false) * 0x10000 + x->c, 32, x->clamp);
}

static uint64_t v_msad_u8(struct lane *x)
{
	return limited(sum_of(x->a, x->b, 0, true) + x->c, 32, x->clamp);
}

static uint64_t v_sad_u16(struct lane *x)
{
	uint64_t sum = x->c;

	for (unsigned int n = 0; n < 4; n += 2)
		sum += abs((int)(byte(x->a, n) + 256 * byte(x->a, n + 1)) -
			   (int)(byte(x->b, n) + 256 * byte(x->b, n + 1)));
	return limited(sum, 32, x->clamp);
}

static uint64_t qsad(const struct lane *x, bool masked)
{
	uint64_t result = 0;

	for (unsigned int n = 0; n < 4; n++) {
		uint64_t add = byte(x->c, 2 * n) + 256 * byte(x->c, 2 * n + 1);

		result += limited(sum_of(x->a, x->b, n, masked) + add, 16, x->clamp) << 16 * n;
	}
	return result;
}

static uint64_t v_qsad_pk_u16_u8(struct lane *x)
{
	return qsad(x, false);
}

static uint64_t v_mqsad_pk_u16_u8(struct lane *x)
{
	return qsad(x, true);
}

static uint64_t v_lerp_u8(struct lane *x)
{
	uint64_t result = 0;

	for (unsigned int n = 0; n < 4; n++) {
		unsigned int sum = byte(x->a, n) + byte(x->b, n);
		bool up = sum % 2 && byte(x->c, n) % 2;

		result |= (uint64_t)(sum / 2 + up) << 8 * n;
	}
	return result;
}

static uint64_t v_perm_b32(struct lane *x)
{
	uint64_t all = x->a << 32 | x->b, result = 0;

	for (unsigned int n = 0; n < 4; n++) {
		static const unsigned int signs[] = { 1, 3, 5, 7 };
		unsigned int select = byte(x->c, n), value = 0xff;

		if (select < 8)
			value = byte(all, select);
		else if (select < 12)
			value = byte(all, signs[select - 8]) < 128 ? 0 : 0xff;
		else if (select == 12)
			value = 0;
		result |= (uint64_t)value << 8 * n;
	}
	return result;
}

static uint64_t v_sat_pk_u8_i16(struct lane *x)
{
	uint64_t result = 0;

	for (unsigned int n = 0; n < 2; n++) {
		int value = byte(x->a, 2 * n) + 256 * byte(x->a, 2 * n + 1);

		if (value >= 0x8000)
			value = 0;
		result += (uint64_t)(value > 255 ? 255 : value) << 8 * n;
	}
	return result;
}

static void test_rows(void **state)
{
	static const struct reference rows[] = {
#define ROW(name) { #name, name }
		ROW(v_sad_u8), ROW(v_sad_hi_u8), ROW(v_msad_u8), ROW(v_sad_u16),
		ROW(v_qsad_pk_u16_u8), ROW(v_mqsad_pk_u16_u8), ROW(v_lerp_u8), ROW(v_perm_b32),
		ROW(v_sat_pk_u8_i16),
	};

	(void)state;
	check_rows(ISA_GFX942, rows, sizeof(rows) / sizeof(rows[0]));
}

/* Random selects rarely name a byte: all that there are, in all places. */
static void test_perm(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);
	struct isa_insn *in = insn(m, "v_perm_b32");

	(void)state;
	for (unsigned int select = 0; select < 256; select++) {
		struct lane x = { .a = edgy32(), .b = edgy32(), .c = select * 0x01010101u };

		in->args[1] = constant(ISA_B32, x.a);
		in->args[2] = constant(ISA_B32, x.b);
		in->args[3] = constant(ISA_B32, x.c);
		execute(m);
		assert_int_equal(v(m, VDST(0))[9], v_perm_b32(&x));
	}
	machine_free(m);
}

/* Four results of 32 bits; some bytes of the second source are 0. */
static void test_mqsad_u32(void **state)
{
	struct machine *m = machine_new(ISA_GFX906);

	(void)state;
	for (unsigned int round = 0; round < 16; round++) {
		struct isa_insn *in = insn(m, "v_mqsad_u32_u8");

		in->clamp = round & 1;
		set_exec(m, round & 2 ? ~0ULL : random64());
		for (unsigned int i = 0; i < ISA_LANES; i++) {
			for (unsigned int r = 0; r < 4; r++) {
				v(m, VSRC(0) + r)[i] = edgy32();
				v(m, VSRC(2) + r)[i] = edgy32();
				v(m, VDST(0) + r)[i] = 7;
			}
			v(m, VSRC(1))[i] = edgy32() & ~(0xffu << 8 * (i & 3));
		}
		execute(m);
		for (unsigned int i = 0; i < 4 * ISA_LANES; i++) {
			unsigned int r = i & 3, lane = i / 4;
			uint64_t a = v64(m, VSRC(0), lane), b = v(m, VSRC(1))[lane];
			uint64_t want = sum_of(a, b, r, true) + v(m, VSRC(2) + r)[lane];

			if (!(isa_exec_mask(m->w) >> lane & 1))
				want = 7;
			assert_int_equal(v(m, VDST(0) + r)[lane], limited(want, 32, round & 1));
		}
	}
	machine_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_perm),
		cmocka_unit_test(test_mqsad_u32),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
