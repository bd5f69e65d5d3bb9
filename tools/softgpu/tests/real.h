/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What operations on floating point give, computed with MPFR.
 *
 * What lives here: F32 and F64 as bits and as numbers of MPFR, rounding and denormals as register
 * MODE says, operands for tests. What does not: instructions (test_isa_*.c).
 */
#ifndef REAL_H
#define REAL_H

#include <mpfr.h>

#include "machine.h"

enum real { REAL_F32, REAL_F64 };

/* All of MODE's rounding and denormals for F32 and all for F64, but never the same for both */
#define REAL_MODES	16
uint32_t real_mode(unsigned int i);
mpfr_rnd_t real_rounding(enum real type, uint32_t mode);

static inline unsigned int real_fraction(enum real type)
{
	return type == REAL_F32 ? 23 : 52;
}

static inline int real_bias(enum real type)
{
	return type == REAL_F32 ? 127 : 1023;
}

static inline uint64_t real_sign(enum real type)
{
	return type == REAL_F32 ? 0x80000000 : 0x8000000000000000;
}

static inline uint64_t real_inf(enum real type)
{
	return type == REAL_F32 ? 0x7f800000 : 0x7ff0000000000000;
}

static inline uint64_t real_quiet(enum real type)
{
	return 1ULL << (real_fraction(type) - 1);
}

/* The NaN of an operation that has no result */
static inline uint64_t real_nan(enum real type)
{
	return real_inf(type) | real_quiet(type);
}

static inline bool real_is_nan(enum real type, uint64_t bits)
{
	return (bits & ~real_sign(type)) > real_inf(type);
}

/* 0 for a denormal */
uint64_t real_flush(enum real type, uint64_t bits);
/* The same if MODE says so for sources */
uint64_t real_source(enum real type, uint64_t bits, uint32_t mode);

/* The number that bits are, exactly */
void real_get(mpfr_t x, enum real type, uint64_t bits);

/*
 * A number of real_fraction() + 1 digits that has been rounded as MODE says, with what MPFR has
 * returned for that, as bits
 */
uint64_t real_put(mpfr_t x, int inexact, enum real type, uint32_t mode);

/* With all of it: sources, NaNs (in IEEE mode), rounding, result; unused sources are 0 */
typedef int real_fn(mpfr_t r, mpfr_t a, mpfr_t b, mpfr_t c, mpfr_rnd_t round);
uint64_t real_op(real_fn *fn, enum real type, const uint64_t src[3], uint32_t mode);

real_fn real_add, real_sub, real_subrev, real_mul, real_fma, real_div, real_sqrt;
real_fn real_trunc, real_ceil, real_floor, real_even;

/* Operands: anything, and often with exponents near each other or at the ends */
uint64_t real_random(enum real type);

/*
 * Execute what insn() has made, with MODE's rounding and denormals from @mode and in IEEE mode
 * unless @mode has bit REAL_NO_IEEE. Afterwards the CPU has its usual mode.
 */
#define REAL_NO_IEEE	0x80000000
void real_execute(struct machine *m, uint32_t mode);

/* Says what is wrong, and ends the test */
void real_fail(const char *name, const uint64_t src[3], uint32_t mode, uint64_t got,
	       uint64_t expected);

/**
 * struct real_row - a row whose sources and result are floating point or 32 bits
 * @name: of the row
 * @target: which has it
 * @fn: what it computes in the format of the destination, or NULL
 * @expect: if there is no @fn: what it gives; sources are in the order of the row
 * @near: whether that is near enough; NULL: it must be the same
 */
struct real_row {
	const char *name;
	enum isa_target target;
	real_fn *fn;
	uint64_t (*expect)(const uint64_t src[3], uint32_t mode);
	bool (*near)(const uint64_t src[3], uint32_t mode, uint64_t got, uint64_t expected);
};

/* With many operands in all modes, also with the destination as a source, and inactive lanes */
void real_test(const struct real_row *rows, unsigned int num, unsigned int times);

/**
 * struct real_value - a result that is worked out by hand
 * @name: of the row
 * @mode: for real_execute()
 * @result: what it gives
 * @src: for these
 */
struct real_value {
	const char *name;
	uint32_t mode;
	uint64_t result;
	uint64_t src[3];
};

void real_values(const struct real_value *values, unsigned int num, enum isa_target target);

#endif
