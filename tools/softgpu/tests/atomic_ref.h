/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What atomic operations make of memory, as the ISA documents say: for the tests of all
 * instructions that have them.
 *
 * Integers are computed in 128 bits, floating point in types so wide that rounding to theirs
 * is rounding once; NaNs and denormals are looked at as bits.
 */
#ifndef ATOMIC_REF_H
#define ATOMIC_REF_H

#include <math.h>
#include <xmmintrin.h>

#include "machine.h"

/* Which denormals an operation does not have: as sources, as results */
#define REF_FLUSH_IN	1u
#define REF_FLUSH_OUT	2u

/**
 * struct ref_op - an atomic operation
 * @row: its name behind _atomic_, or with ds_ before it
 * @op: what it does
 * @bits: of the memory
 * @two: it has two operands
 */
struct ref_op {
	const char *row;
	const char *op;
	unsigned int bits;
	bool two;
};

/* A format of floating point by the bits of its fraction and its exponent */
struct ref_format {
	unsigned int fraction, exponent;
};

static const struct ref_format ref_f16 = { 10, 5 }, ref_bf16 = { 7, 8 }, ref_f32 = { 23, 8 },
			       ref_f64 = { 52, 11 };

static inline uint64_t ref_sign(const struct ref_format *f)
{
	return 1ULL << (f->fraction + f->exponent);
}

static inline uint64_t ref_inf(const struct ref_format *f)
{
	return ((1ULL << f->exponent) - 1) << f->fraction;
}

static inline uint64_t ref_quiet(const struct ref_format *f)
{
	return 1ULL << (f->fraction - 1);
}

static inline bool ref_is_nan(const struct ref_format *f, uint64_t bits)
{
	return (bits & (ref_sign(f) - 1)) > ref_inf(f);
}

static inline bool ref_is_denormal(const struct ref_format *f, uint64_t bits)
{
	return !(bits & ref_inf(f));
}

static inline uint64_t ref_flush(const struct ref_format *f, uint64_t bits, bool flush)
{
	return flush && ref_is_denormal(f, bits) ? bits & ref_sign(f) : bits;
}

static inline __float128 ref_power(int exponent)
{
	__float128 value = 1;

	for (; exponent > 0; exponent--)
		value *= 2;
	for (; exponent < 0; exponent++)
		value /= 2;
	return value;
}

/* No NaN; infinity is something that is larger than all numbers. */
static inline __float128 ref_value(const struct ref_format *f, uint64_t bits)
{
	int bias = (1 << (f->exponent - 1)) - 1;
	int exponent = (bits & ref_inf(f)) >> f->fraction;
	__float128 value = bits & ((1ULL << f->fraction) - 1);

	if (exponent)
		value += ref_power(f->fraction);
	value *= ref_power((exponent ? exponent : 1) - bias - (int)f->fraction);
	return bits & ref_sign(f) ? -value : value;
}

/* To the nearest, ties to even; a sum that is 0 is positive unless both sources are not. */
static inline uint64_t ref_round(const struct ref_format *f, __float128 value)
{
	int bias = (1 << (f->exponent - 1)) - 1, exponent = 1;
	uint64_t sign = value < 0 ? ref_sign(f) : 0, digits;
	__float128 rest, scaled;

	if (value < 0)
		value = -value;
	scaled = value * ref_power(bias + (int)f->fraction - 1);
	while (scaled >= ref_power(f->fraction + 1) && exponent < 4096) {
		scaled /= 2;
		exponent++;
	}
	digits = scaled;
	rest = scaled - digits;
	if (rest > 0.5 || (rest == 0.5 && digits & 1))
		digits++;
	/* A carry out of the digits is the next exponent. */
	if (!(digits >> f->fraction))
		return sign | digits;
	digits += (uint64_t)(exponent - 1) << f->fraction;
	return sign | (digits > ref_inf(f) ? ref_inf(f) : digits);
}

static inline uint64_t ref_add(const struct ref_format *f, uint64_t a, uint64_t b,
			       unsigned int flush)
{
	if (ref_is_nan(f, a))
		return a | ref_quiet(f);
	if (ref_is_nan(f, b))
		return b | ref_quiet(f);
	a = ref_flush(f, a, flush & REF_FLUSH_IN);
	b = ref_flush(f, b, flush & REF_FLUSH_IN);
	if ((a & ref_inf(f)) == ref_inf(f))
		return (b & ref_inf(f)) == ref_inf(f) && a != b ? ref_inf(f) | ref_quiet(f) : a;
	if ((b & ref_inf(f)) == ref_inf(f))
		return b;
	if (a == ref_sign(f) && b == ref_sign(f))
		return a;
	return ref_flush(f, ref_round(f, ref_value(f, a) + ref_value(f, b)),
			 flush & REF_FLUSH_OUT);
}

/* Where a number that is no NaN is in the order of all: -0 is less than 0. */
static inline __int128 ref_order(const struct ref_format *f, uint64_t bits, bool flush)
{
	bits = ref_flush(f, bits, flush);
	return bits & ref_sign(f) ? -(__int128)(bits & ~ref_sign(f)) - 1 : bits;
}

static inline uint64_t ref_minmax(const struct ref_format *f, uint64_t mem, uint64_t data,
				  bool max, bool flush)
{
	if (ref_is_nan(f, mem) && !(mem & ref_quiet(f)))
		return mem | ref_quiet(f);
	if (ref_is_nan(f, data) && !(data & ref_quiet(f)))
		return data | ref_quiet(f);
	if (ref_is_nan(f, data))
		return mem;
	if (ref_is_nan(f, mem))
		return data;
	if (max)
		return ref_order(f, data, flush) > ref_order(f, mem, flush) ? data : mem;
	return ref_order(f, data, flush) < ref_order(f, mem, flush) ? data : mem;
}

static inline bool ref_equal(const struct ref_format *f, uint64_t a, uint64_t b, bool flush)
{
	if (ref_is_nan(f, a) || ref_is_nan(f, b))
		return false;
	a = ref_flush(f, a, flush);
	b = ref_flush(f, b, flush);
	return a == b || !((a | b) & ~ref_sign(f));
}

static inline __int128 ref_signed(uint64_t value, unsigned int bits)
{
	return value >> (bits - 1) ? (__int128)value - ((__int128)1 << bits) : value;
}

static inline uint64_t ref_float(const char *op, const struct ref_format *f, uint64_t mem,
				 uint64_t a, uint64_t b, unsigned int flush)
{
	if (!strcmp(op, "fadd"))
		return ref_add(f, mem, a, flush);
	if (!strcmp(op, "fmin") || !strcmp(op, "fmax"))
		return ref_minmax(f, mem, a, op[2] == 'a', flush & REF_FLUSH_IN);
	/* fcmpst: what is compared with comes first. */
	if (!ref_equal(f, mem, a, flush & REF_FLUSH_IN))
		return mem;
	return ref_flush(f, b, flush & REF_FLUSH_IN);
}

/* Integers; the caller takes the low bits of the result. */
static inline unsigned __int128 ref_integer(const char *op, unsigned int bits, uint64_t mem,
					    uint64_t a, uint64_t b)
{
	unsigned __int128 whole = (unsigned __int128)1 << bits;

	if (!strcmp(op, "swap"))
		return a;
	if (!strcmp(op, "add"))
		return (unsigned __int128)mem + a;
	if (!strcmp(op, "sub"))
		return whole + mem - a;
	if (!strcmp(op, "rsub"))
		return whole + a - mem;
	if (!strcmp(op, "smin"))
		return ref_signed(a, bits) < ref_signed(mem, bits) ? a : mem;
	if (!strcmp(op, "smax"))
		return ref_signed(a, bits) > ref_signed(mem, bits) ? a : mem;
	if (!strcmp(op, "umin"))
		return a < mem ? a : mem;
	if (!strcmp(op, "umax"))
		return a > mem ? a : mem;
	if (!strcmp(op, "and"))
		return mem & a;
	if (!strcmp(op, "or"))
		return mem | a;
	if (!strcmp(op, "xor"))
		return (mem | a) - (mem & a);
	if (!strcmp(op, "inc"))
		return mem >= a ? 0 : mem + 1;
	if (!strcmp(op, "dec"))
		return mem == 0 || mem > a ? a : mem - 1;
	if (!strcmp(op, "cmpswap"))
		return mem == b ? a : mem;
	if (!strcmp(op, "cmpst"))
		return mem == a ? b : mem;
	if (!strcmp(op, "mskor"))
		return mem - (mem & a) + (b & ~(mem - (mem & a)));
	if (!strcmp(op, "wrap"))
		return mem >= a ? mem - a : (unsigned __int128)mem + b;
	fail_msg("no operation %s", op);
	return 0;
}

static inline uint64_t ref_packed(const struct ref_format *f, uint64_t mem, uint64_t a,
				  unsigned int flush)
{
	return ref_add(f, mem & 0xffff, a & 0xffff, flush) |
	       ref_add(f, mem >> 16, a >> 16, flush) << 16;
}

/* What is in memory afterwards; the CPU is set up for a kernel when this is called. */
static inline uint64_t ref_atomic(const struct ref_op *op, uint64_t mem, uint64_t a, uint64_t b,
				  unsigned int flush)
{
	unsigned int csr = _mm_getcsr();
	uint64_t result;

	_mm_setcsr(0x1f80);
	if (!strcmp(op->op, "pk_add_f16"))
		result = ref_packed(&ref_f16, mem, a, flush);
	else if (!strcmp(op->op, "pk_add_bf16"))
		result = ref_packed(&ref_bf16, mem, a, flush);
	else if (op->op[0] == 'f')
		result = ref_float(op->op, op->bits == 32 ? &ref_f32 : &ref_f64, mem, a, b, flush);
	else
		result = ref_integer(op->op, op->bits, mem, a, b);
	_mm_setcsr(csr);
	return op->bits == 32 ? (uint32_t)result : result;
}

/* Numbers of all kinds for an operation: often integers that are equal, special floats */
static inline uint64_t ref_operand(const struct ref_op *op)
{
	static const uint16_t halves[] = {
		0, 0x8000, 1, 0x8001, 0x3ff, 0x83ff, 0x400, 0x3c00, 0xbc00, 0x3c01, 0x7bff, 0xfbff,
		0x7c00, 0xfc00, 0x7d01, 0xfd02, 0x7e03, 0xfe04, 0x80, 0x8081, 0x7f80, 0xff80,
		0x3f80, 0x4b80, 0x7f81, 0x7fc1, 0x0081, 0x007f,
	};
	uint32_t random = random32(), low = edgy32();
	uint32_t high = halves[random % (sizeof(halves) / sizeof(halves[0]))];

	if (op->bits == 32 && strstr(op->op, "f16"))
		return random >> 16 & 1 ? low : high << 16 | halves[random >> 20 & 15];
	if (op->op[0] == 'f') {
		/* The same upper halves as F32; those of F64 have three more bits of exponent. */
		uint32_t upper = high << 16 | (random >> 8 & 0xffff);

		if (op->bits == 32)
			return random >> 31 ? random32() : random >> 30 & 1 ? high << 16 : upper;
		if (random >> 30 == 3)
			return random64();
		upper = (high & 0x8000) << 16 | (high & 0x7f80) << 13 | (high & 0x7f) << 13;
		return (uint64_t)upper << 32 | (random >> 29 & 1 ? low : 0);
	}
	if (random >> 30 == 3)
		return random & 7;
	return op->bits == 32 ? edgy32() : edgy64();
}

static const struct ref_op ref_ops[] = {
	{ "swap", "swap", 32, false }, { "swap_x2", "swap", 64, false },
	{ "cmpswap", "cmpswap", 32, true }, { "cmpswap_x2", "cmpswap", 64, true },
	{ "add", "add", 32, false }, { "add_x2", "add", 64, false },
	{ "sub", "sub", 32, false }, { "sub_x2", "sub", 64, false },
	{ "smin", "smin", 32, false }, { "smin_x2", "smin", 64, false },
	{ "umin", "umin", 32, false }, { "umin_x2", "umin", 64, false },
	{ "smax", "smax", 32, false }, { "smax_x2", "smax", 64, false },
	{ "umax", "umax", 32, false }, { "umax_x2", "umax", 64, false },
	{ "and", "and", 32, false }, { "and_x2", "and", 64, false },
	{ "or", "or", 32, false }, { "or_x2", "or", 64, false },
	{ "xor", "xor", 32, false }, { "xor_x2", "xor", 64, false },
	{ "inc", "inc", 32, false }, { "inc_x2", "inc", 64, false },
	{ "dec", "dec", 32, false }, { "dec_x2", "dec", 64, false },
	{ NULL, NULL, 0, false },
};

/* Those that gfx906 has not; the last one is no row of MUBUF */
static const struct ref_op ref_float_ops[] = {
	{ "add_f32", "fadd", 32, false }, { "add_f64", "fadd", 64, false },
	{ "min_f64", "fmin", 64, false }, { "max_f64", "fmax", 64, false },
	{ "pk_add_f16", "pk_add_f16", 32, false }, { "pk_add_bf16", "pk_add_bf16", 32, false },
	{ NULL, NULL, 0, false },
};

#endif
