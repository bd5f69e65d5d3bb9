// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Conversions from and to floats of 8 bits: from all there are; to them what is next to a float,
 * found by trying all of them.
 */
#include "matrices.h"

static void test_from(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);

	(void)state;
	for (unsigned int n = 0; n < 4 * 256; n += ISA_LANES) {
		static const char *const names[] = {
			"v_cvt_f32_fp8", "v_cvt_f32_bf8", "v_cvt_pk_f32_fp8", "v_cvt_pk_f32_bf8",
		};
		bool pair = n & 512;
		enum element type = n & 256 ? BF8 : FP8;

		for (unsigned int i = 0; i < ISA_LANES; i++)
			v(m, VSRC(0))[i] = (random32() & 0xffffff00) | ((n + i) & 0xff);
		run_insn(m, names[n >> 8]);
		for (unsigned int i = 0; i < ISA_LANES; i++) {
			for (unsigned int half = 0; half <= pair; half++) {
				uint8_t byte = v(m, VSRC(0))[i] >> 8 * half;
				float want = element_value(type, byte);
				uint32_t bits;

				memcpy(&bits, &want, 4);
				assert_int_equal(v(m, VDST(0) + half)[i],
						 byte == 0x80 ? 0x7fc00000 : bits);
			}
		}
	}
	machine_free(m);
}

/* Of the source SDWA has any byte, or any two. */
static void test_parts(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);

	(void)state;
	for (unsigned int n = 0; n < 6; n++) {
		static const uint32_t values[] = {
			0x3f800000, 0x40000000, 0x3f000000, 0xbf800000,
		};
		struct isa_insn *in = insn(m, n < 4 ? "v_cvt_f32_fp8" : "v_cvt_pk_f32_fp8");
		unsigned int first = n < 4 ? n : 2 * (n - 4);

		in->encoding = ISA_SDWA;
		in->sdwa = (struct isa_sdwa){ .dst_sel = 6, .src_sel = { n } };
		v(m, VSRC(0))[7] = 0xc0384840;
		v(m, VDST(0) + 1)[7] = 1;
		execute(m);
		assert_int_equal(v(m, VDST(0))[7], values[first]);
		assert_int_equal(v(m, VDST(0) + 1)[7], n < 4 ? 1 : values[first + 1]);
	}
	machine_free(m);
}

/* The nearest number, of two that are as near the one that is even */
static uint8_t nearest(enum element type, double value, bool clamp)
{
	double size = fabs(value), max = element_value(type, 0x7f), least = INFINITY;
	/* Half of the way to what would be next */
	double limit = max + (max - element_value(type, 0x7e)) / 2;
	unsigned int best = 0;

	if (isnan(value))
		return 0x80;
	if (size >= limit)
		return clamp ? (value < 0 ? 0xff : 0x7f) : 0x80;
	for (unsigned int code = 0; code < 0x80; code++) {
		double distance = fabs(size - element_value(type, code));

		if (distance < least || (distance == least && !(code & 1))) {
			least = distance;
			best = code;
		}
	}
	return best && value < 0 ? best | 0x80 : best;
}

static uint32_t random_float(enum element type)
{
	float value = element_value(type, random32() & 0x7f), next;
	uint64_t r = random64();
	uint32_t bits;

	switch (r & 7) {
	case 0:
		return edgy32();
	case 1:
		return r >> 32;
	case 2:
		/* Half of the way from one to the next, or beside that */
		next = element_value(type, r >> 8 & 0x7f);
		value = (value + next) / 2;
		break;
	default:
		value *= 1 + (int)(r >> 8 & 0xff) / 512.0f;
	}
	memcpy(&bits, &value, 4);
	return (bits + (r >> 16 & 2) - (r >> 17 & 2)) ^ (r >> 32 & 0x80000000);
}

static void test_to(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);

	(void)state;
	for (unsigned int n = 0; n < 1024; n++) {
		enum element type = n & 1 ? BF8 : FP8;
		struct isa_insn *in = insn(m, n & 1 ? "v_cvt_pk_bf8_f32" : "v_cvt_pk_fp8_f32");
		bool clamp = n & 2, high = n & 4;
		uint32_t old[ISA_LANES];

		in->op_sel = high ? 8 : 0;
		/* Rounding is none of MODE's business. */
		isa_set_mode(m->w, (n >> 3 & 3) | ISA_MODE_DENORM32_IN | ISA_MODE_DENORM32_OUT |
			     (clamp ? ISA_MODE_FP16_OVFL : 0));
		for (unsigned int i = 0; i < ISA_LANES; i++) {
			v(m, VDST(0))[i] = old[i] = random32();
			v(m, VSRC(0))[i] = random_float(type);
			v(m, VSRC(1))[i] = random_float(type);
		}
		execute(m);
		for (unsigned int i = 0; i < ISA_LANES; i++) {
			uint32_t want = 0;

			for (unsigned int s = 0; s < 2; s++) {
				float value;

				memcpy(&value, &v(m, VSRC(s))[i], 4);
				want |= (uint32_t)nearest(type, value, clamp) << 8 * s;
			}
			want = high ? want << 16 | (old[i] & 0xffff) : want | (old[i] & 0xffff0000);
			if (v(m, VDST(0))[i] != want)
				fail_msg("%s %x %x clamp %u: %x, not %x", in->op->name,
					 v(m, VSRC(0))[i], v(m, VSRC(1))[i], clamp,
					 v(m, VDST(0))[i], want);
		}
		assert_int_equal(m->run.mxcsr, m->w->mxcsr32);
	}
	machine_free(m);
}

/* By hand, from the tables of the formats */
static void test_known(void **state)
{
	static const struct {
		uint32_t f32;
		uint8_t fp8, bf8;
	} table[] = {
		{ 0x3f800000, 0x40, 0x40 }, { 0xbf800000, 0xc0, 0xc0 }, { 0x80000000, 0, 0 },
		{ 0x43700000, 0x7f, 0x60 }, { 0x43780000, 0x80, 0x60 }, { 0x47600000, 0x80, 0x7f },
		{ 0x3a800000, 0x01, 0x18 }, { 0x3a000000, 0x00, 0x14 }, { 0x37000000, 0, 0x01 },
		{ 0x7f800000, 0x80, 0x80 },
	};
	struct machine *m = machine_new(ISA_GFX942);

	(void)state;
	for (unsigned int n = 0; n < sizeof(table) / sizeof(table[0]); n++) {
		v(m, VSRC(0))[n] = v(m, VSRC(1))[n] = table[n].f32;
		v(m, VDST(0))[n] = 0;
	}
	run_insn(m, "v_cvt_pk_fp8_f32");
	for (unsigned int n = 0; n < sizeof(table) / sizeof(table[0]); n++)
		assert_int_equal(v(m, VDST(0))[n], table[n].fp8 * 0x101);
	run_insn(m, "v_cvt_pk_bf8_f32");
	for (unsigned int n = 0; n < sizeof(table) / sizeof(table[0]); n++)
		assert_int_equal(v(m, VDST(0))[n], table[n].bf8 * 0x101);
	machine_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_from),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_to),
		cmocka_unit_test(test_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
