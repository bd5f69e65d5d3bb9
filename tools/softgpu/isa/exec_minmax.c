// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Minimum, maximum and median of F32 and F64.
 *
 * A NaN loses against a number; in IEEE mode a signaling one does not and becomes quiet. -0 is
 * less than +0. Denormals are flushed as MODE wants it, which the CPU leaves to us: its
 * comparisons take them for 0, but the result is one of the operands.
 */
#include "float.h"

#define MIN(a, b)	((a) < (b) ? (a) : (b))
#define MAX(a, b)	((a) > (b) ? (a) : (b))

/*
 * Of zeros, which are equal, the CPU gives one operand. With both orders there are both, and
 * their bits together make the right one. In all other cases these are twice the same.
 */
#define min_f32(a, b)	isa_f32(isa_bits32(MIN(a, b)) | isa_bits32(MIN(b, a)))
#define max_f32(a, b)	isa_f32(isa_bits32(MAX(a, b)) & isa_bits32(MAX(b, a)))
#define min_f64(a, b)	isa_f64(isa_bits64(MIN(a, b)) | isa_bits64(MIN(b, a)))
#define max_f64(a, b)	isa_f64(isa_bits64(MAX(a, b)) & isa_bits64(MAX(b, a)))

static bool is_signaling_f32(float a)
{
	return a != a && !(isa_bits32(a) & ISA_QUIET32);
}

static bool is_signaling_f64(double a)
{
	return a != a && !(isa_bits64(a) & ISA_QUIET64);
}

/* With NaNs */
#define NAN_FUNCTIONS(type, bits)							\
static isa_##type##_type two_##type(isa_##type##_type a, isa_##type##_type b, bool max,	\
				    isa_##type##_mask quiet)				\
{											\
	if (quiet && is_signaling_##type(a))						\
		return isa_##type(isa_bits##bits(a) | quiet);				\
	if (quiet && is_signaling_##type(b))						\
		return isa_##type(isa_bits##bits(b) | quiet);				\
	if (a != a)									\
		return b;								\
	if (b != b)									\
		return a;								\
	return max ? max_##type(a, b) : min_##type(a, b);				\
}

NAN_FUNCTIONS(f32, 32)
NAN_FUNCTIONS(f64, 64)

static float three_f32(float a, float b, float c, bool max, uint32_t quiet)
{
	return two_f32(two_f32(a, b, max, quiet), c, max, quiet);
}

static float med_f32(float a, float b, float c)
{
	const float max = max_f32(max_f32(a, b), c);

	return max == a ? max_f32(b, c) : max == b ? max_f32(a, c) : max_f32(a, b);
}

#define MINMAX(name, type, bits, second, third, expr, with_nan)				\
void do_##name(struct isa_lanes *l);							\
ISA_CLONES void do_##name(struct isa_lanes *l)						\
{											\
	const uint32_t *pa = l->src[0], *pb = l->src[second], *pc = l->src[third];	\
	const isa_##type##_mask quiet = isa_quiet_##type(l);				\
	isa_##type##_mask nan = 0;							\
	uint32_t *d = l->dst;								\
											\
	ISA_FLOAT_LOOP(type,								\
		nan |= __builtin_isunordered(a, b) || c != c ?				\
			~(isa_##type##_mask)0 : 0;					\
	)										\
	if (__builtin_expect(!nan, 1)) {						\
		ISA_FLOAT_LOOP(type,							\
			isa_put_##type(d, i, (expr));					\
		)									\
	} else {									\
		ISA_FLOAT_LOOP(type,							\
			isa_put_##type(d, i, (with_nan));				\
		)									\
	}										\
	if (!isa_has_denorm##bits(l)) {							\
		ISA_LOOP								\
			isa_put_##type(d, i, isa_flush##bits(isa_get_##type(d, i)));	\
	}										\
}

MINMAX(v_min_f32, f32, 32, 1, 1, min_f32(a, b), two_f32(a, b, false, quiet))
MINMAX(v_max_f32, f32, 32, 1, 1, max_f32(a, b), two_f32(a, b, true, quiet))
MINMAX(v_min3_f32, f32, 32, 1, 2, min_f32(min_f32(a, b), c), three_f32(a, b, c, false, quiet))
MINMAX(v_max3_f32, f32, 32, 1, 2, max_f32(max_f32(a, b), c), three_f32(a, b, c, true, quiet))
MINMAX(v_med3_f32, f32, 32, 1, 2, med_f32(a, b, c),
       a != a || b != b || c != c ? three_f32(a, b, c, false, quiet) : med_f32(a, b, c))
MINMAX(v_min_f64, f64, 64, 1, 1, min_f64(a, b), two_f64(a, b, false, quiet))
MINMAX(v_max_f64, f64, 64, 1, 1, max_f64(a, b), two_f64(a, b, true, quiet))
