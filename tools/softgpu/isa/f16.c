// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Arithmetic of F16 in floats.
 *
 * What lives here: the way from registers to floats and back, with what MODE says of denormals,
 * overflow and NaNs, and the kernels that more than one file has. What does not: rows of the table
 * (exec_f16.c, exec_packed_f16.c).
 *
 * A float has twice the digits of an F16 and two more, so that what is rounded to a float first
 * and to F16 then is as if it were rounded once; isa_f16_fma() needs more for that.
 */
#include <immintrin.h>

#include "f16.h"

#define F16_MAX		65504.0f
/* The least that is not denormal */
#define F16_NORMAL	0x1p-14f

/* gcc does not make vector code of conversions. */
#define F16C __attribute__((target("avx2,f16c")))

static bool has_f16c(void)
{
	return __builtin_cpu_supports("f16c") && __builtin_cpu_supports("avx2");
}

F16C static void unpack_f16c(float *to, const uint32_t *from)
{
	for (unsigned int i = 0; i < ISA_LANES; i += 8) {
		__m256i lanes = _mm256_loadu_si256((const __m256i *)(from + i));

		lanes = _mm256_and_si256(lanes, _mm256_set1_epi32(0xffff));
		lanes = _mm256_permute4x64_epi64(_mm256_packus_epi32(lanes, lanes), 8);
		_mm256_storeu_ps(to + i, _mm256_cvtph_ps(_mm256_castsi256_si128(lanes)));
	}
}

F16C static void unpack2_f16c(float *to, const uint32_t *from)
{
	for (unsigned int i = 0; i < ISA_HALVES; i += 8)
		_mm256_storeu_ps(to + i, _mm256_cvtph_ps(
				 _mm_loadu_si128((const __m128i *)(from + i / 2))));
}

F16C static void pack_f16c(uint32_t *to, const float *from)
{
	for (unsigned int i = 0; i < ISA_LANES; i += 8) {
		__m128i halves = _mm256_cvtps_ph(_mm256_loadu_ps(from + i),
						 _MM_FROUND_CUR_DIRECTION);

		_mm256_storeu_si256((__m256i *)(to + i), _mm256_cvtepu16_epi32(halves));
	}
}

F16C static void pack2_f16c(uint32_t *to, const float *from)
{
	for (unsigned int i = 0; i < ISA_HALVES; i += 8)
		_mm_storeu_si128((__m128i *)(to + i / 2), _mm256_cvtps_ph(
				 _mm256_loadu_ps(from + i), _MM_FROUND_CUR_DIRECTION));
}

void isa_f16_unpack(float *to, const uint32_t *from)
{
	if (has_f16c()) {
		unpack_f16c(to, from);
		return;
	}
	for (unsigned int i = 0; i < ISA_LANES; i++)
		to[i] = isa_f16(from[i]);
}

void isa_f16_unpack2(float *to, const uint32_t *from)
{
	if (has_f16c()) {
		unpack2_f16c(to, from);
		return;
	}
	for (unsigned int i = 0; i < ISA_HALVES; i++)
		to[i] = isa_f16(from[i / 2] >> i % 2 * 16);
}

void isa_f16_pack(uint32_t *to, const float *from)
{
	if (has_f16c()) {
		pack_f16c(to, from);
		return;
	}
	for (unsigned int i = 0; i < ISA_LANES; i++)
		to[i] = isa_f16_bits(from[i]);
}

void isa_f16_pack2(uint32_t *to, const float *from)
{
	if (has_f16c()) {
		pack2_f16c(to, from);
		return;
	}
	for (unsigned int i = 0; i < ISA_LANES; i++)
		to[i] = isa_f16_bits(from[2 * i]) | (uint32_t)isa_f16_bits(from[2 * i + 1]) << 16;
}

static bool is_signalling(uint16_t bits)
{
	return (bits & 0x7e00) == 0x7c00 && bits & 0x1ff;
}

void isa_f16_load(const struct isa_wave *w, const uint32_t *from, float *to, unsigned int flags)
{
	bool packed = flags & ISA_F16_PACKED;

	if (packed)
		isa_f16_unpack2(to, from);
	else
		isa_f16_unpack(to, from);
	if (w->mode & ISA_MODE_DENORM64_IN && !(flags & ISA_F16_FLUSH))
		return;
	for (unsigned int i = 0; i < (packed ? ISA_HALVES : ISA_LANES); i++) {
		if (__builtin_fabsf(to[i]) < F16_NORMAL)
			to[i] = __builtin_copysignf(0, to[i]);
	}
}

/* What is too large in a float but not infinite */
static void limit(float *values, unsigned int num)
{
	for (unsigned int i = 0; i < num; i++) {
		float size = __builtin_fabsf(values[i]);

		if (size > F16_MAX && size < __builtin_inff())
			values[i] = __builtin_copysignf(F16_MAX, values[i]);
	}
}

/* Denormals are what is one after rounding. */
static void flush(uint32_t *lanes, bool packed)
{
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		if (!(lanes[i] & 0x7c00))
			lanes[i] &= ~0x3ffu;
		if (packed && !(lanes[i] & 0x7c000000))
			lanes[i] &= ~0x3ff0000u;
	}
}

void isa_f16_store(const struct isa_wave *w, float *from, uint32_t *to, unsigned int flags)
{
	bool packed = flags & ISA_F16_PACKED;

	if (w->mode & ISA_MODE_FP16_OVFL)
		limit(from, packed ? ISA_HALVES : ISA_LANES);
	if (packed)
		isa_f16_pack2(to, from);
	else
		isa_f16_pack(to, from);
	if (!(w->mode & ISA_MODE_DENORM64_OUT) || flags & ISA_F16_FLUSH)
		flush(to, packed);
}

ISA_CLONES static bool any_nan(const float *values, unsigned int num)
{
	uint32_t any = 0;

	for (unsigned int i = 0; i < num; i++)
		any |= values[i] != values[i];
	return any;
}

ISA_CLONES static bool any_signalling(const uint32_t *lanes, bool packed)
{
	uint32_t low = 0, high = 0;

	for (unsigned int i = 0; i < ISA_LANES; i++) {
		uint32_t l = lanes[i] & 0x7fff, h = lanes[i] >> 16 & 0x7fff;

		low |= l > 0x7c00 && l < 0x7e00;
		high |= h > 0x7c00 && h < 0x7e00;
	}
	return low || (packed && high);
}

/* A NaN is the first one of the sources; else the operation was invalid. */
static void choose_nans(float *values, const float (*src)[ISA_HALVES], unsigned int num,
			unsigned int num_src, unsigned int flags)
{
	for (unsigned int i = 0; i < num; i++) {
		if (values[i] == values[i])
			continue;
		values[i] = isa_f32(flags & ISA_F16_NEG_NAN ? ISA_NAN32 | ISA_SIGN32 : ISA_NAN32);
		for (unsigned int n = num_src; n--;) {
			if (src[n][i] != src[n][i])
				values[i] = src[n][i];
		}
	}
}

/*
 * With MODE.IEEE the minimum of a signalling NaN and a number is a quiet NaN, that of a quiet
 * NaN and a number the number; of three sources the first two come first. In floats all are
 * quiet.
 */
static void choose_signalling(const struct isa_lanes *l, float *values,
			      const float (*src)[ISA_HALVES], unsigned int num,
			      unsigned int num_src)
{
	for (unsigned int i = 0; i < num; i++) {
		for (unsigned int n = num_src; n--;) {
			uint32_t bits = num == ISA_HALVES ? l->src[n][i / 2] >> i % 2 * 16 :
							    l->src[n][i];

			if (is_signalling(bits))
				values[i] = src[num_src == 3 ? 2 : n][i];
		}
	}
}

void isa_f16_run(struct isa_lanes *l, isa_f16_kernel *kernel, unsigned int num_src,
		 unsigned int flags)
{
	float src[3][ISA_HALVES] __attribute__((aligned(64)));
	float result[ISA_HALVES] __attribute__((aligned(64)));
	unsigned int num = flags & ISA_F16_PACKED ? ISA_HALVES : ISA_LANES;

	if (flags & (ISA_F16_NEAREST | ISA_F16_EXACT))
		isa_set_mxcsr(l->wave->run, 0x1f80);
	for (unsigned int n = 0; n < num_src; n++)
		isa_f16_load(l->wave, l->src[n], src[n], flags);
	kernel(result, src, num);
	if (flags & ISA_F16_EXACT)
		isa_set_mxcsr(l->wave->run, l->wave->mxcsr64);
	if (flags & ISA_F16_MINMAX) {
		for (unsigned int n = 0; l->wave->mode & ISA_MODE_IEEE && n < num_src; n++) {
			if (any_signalling(l->src[n], flags & ISA_F16_PACKED))
				choose_signalling(l, result, src, num, num_src);
		}
	} else if (!(flags & ISA_F16_NAN) && any_nan(result, num)) {
		choose_nans(result, src, num, num_src, flags);
	}
	isa_f16_store(l->wave, result, l->dst, flags);
	if (flags & ISA_F16_NEAREST)
		isa_set_mxcsr(l->wave->run, l->wave->mxcsr64);
}

/*
 * A double as the float before it, with the last bit set if that is not exact: from there it is
 * rounded to fewer digits in any direction as the double is. No F16 and no product or sum of
 * some is out of a float's range.
 */
static inline float to_odd(double value)
{
	const uint64_t rest = (1ULL << 29) - 1;
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	bits |= (bits & rest) + rest;
	bits &= ~rest;
	memcpy(&value, &bits, sizeof(value));
	return value;
}

ISA_F16_KERNEL(, isa_f16_add, a + b)
ISA_F16_KERNEL(, isa_f16_mul, a * b)
/* The product is exact in a double, and the sum exact or far from where F16 rounds. */
ISA_F16_KERNEL(, isa_f16_fma, to_odd((double)a * b + c))
ISA_F16_KERNEL(, isa_f16_min, isa_lesser(a, b))
ISA_F16_KERNEL(, isa_f16_max, isa_greater(a, b))
