/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Atomic operations on host memory, as instructions of all kinds of memory have them.
 *
 * What lives here: each operation as a function that does it in one piece and returns what was
 * there: isa_atomic_<operation><bits>(ptr, data), with bits 32 or 64; isa_atomic_cmpswap has
 * the value to compare with as one more argument, and isa_atomic_mskor the bits to set. What
 * does not: where memory is (isa_atomic() of exec.h), which instruction has which operation.
 *
 * Pointers are aligned. Floating point rounds and treats denormals as the CPU is set up, which
 * is for the caller; BF16 is rounded to the nearest, ties to even.
 */
#ifndef SOFTGPU_ISA_ATOMICS_H
#define SOFTGPU_ISA_ATOMICS_H

#include "float.h"

#define ISA_ATOMIC_BUILTIN(op, bits, builtin)						\
static inline uint##bits##_t isa_atomic_##op##bits(uint##bits##_t *ptr, uint##bits##_t data) \
{											\
	return builtin(ptr, data, __ATOMIC_SEQ_CST);					\
}

/* Operations whose result is an expression of what was there and the data */
#define ISA_ATOMIC_EXPR(op, bits, expr)							\
static inline uint##bits##_t isa_atomic_##op##bits(uint##bits##_t *ptr, uint##bits##_t data) \
{											\
	uint##bits##_t old = __atomic_load_n(ptr, __ATOMIC_RELAXED);			\
											\
	while (!__atomic_compare_exchange_n(ptr, &old, (expr), true, __ATOMIC_SEQ_CST,	\
					    __ATOMIC_RELAXED))				\
		;									\
	return old;									\
}

#define ISA_ATOMIC_INTEGER(bits)							\
ISA_ATOMIC_BUILTIN(swap, bits, __atomic_exchange_n)					\
ISA_ATOMIC_BUILTIN(add, bits, __atomic_fetch_add)					\
ISA_ATOMIC_BUILTIN(sub, bits, __atomic_fetch_sub)					\
ISA_ATOMIC_BUILTIN(and, bits, __atomic_fetch_and)					\
ISA_ATOMIC_BUILTIN(or, bits, __atomic_fetch_or)						\
ISA_ATOMIC_BUILTIN(xor, bits, __atomic_fetch_xor)					\
ISA_ATOMIC_EXPR(smin, bits, (int##bits##_t)data < (int##bits##_t)old ? data : old)	\
ISA_ATOMIC_EXPR(smax, bits, (int##bits##_t)data > (int##bits##_t)old ? data : old)	\
ISA_ATOMIC_EXPR(umin, bits, data < old ? data : old)					\
ISA_ATOMIC_EXPR(umax, bits, data > old ? data : old)					\
ISA_ATOMIC_EXPR(inc, bits, old >= data ? 0 : old + 1)					\
ISA_ATOMIC_EXPR(dec, bits, !old || old > data ? data : old - 1)				\
ISA_ATOMIC_EXPR(rsub, bits, data - old)							\
											\
static inline uint##bits##_t isa_atomic_cmpswap##bits(uint##bits##_t *ptr, uint##bits##_t data, \
						      uint##bits##_t compare)		\
{											\
	__atomic_compare_exchange_n(ptr, &compare, data, false, __ATOMIC_SEQ_CST,	\
				    __ATOMIC_SEQ_CST);					\
	return compare;									\
}											\
											\
static inline uint##bits##_t isa_atomic_mskor##bits(uint##bits##_t *ptr, uint##bits##_t mask, \
						    uint##bits##_t data)		\
{											\
	uint##bits##_t old = __atomic_load_n(ptr, __ATOMIC_RELAXED);			\
											\
	while (!__atomic_compare_exchange_n(ptr, &old, (old & ~mask) | data, true,	\
					    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))	\
		;									\
	return old;									\
}

ISA_ATOMIC_INTEGER(32)
ISA_ATOMIC_INTEGER(64)

/* In the CPU's register: denormals are 0, as sources and as results */
#define ISA_ATOMIC_DAZ	0x40u
#define ISA_ATOMIC_FTZ	0x8000u

/*
 * A sum without a number is the first source that is a NaN, made quiet. Of a minimum and a
 * maximum that is so of signalling NaNs; others give way to a number. -0 is less than 0.
 */
#define ISA_ATOMIC_FLOAT(bits)								\
static inline bool isa_atomic_is_nan##bits(uint##bits##_t value)			\
{											\
	return (value & ~ISA_SIGN##bits) > ISA_INF##bits;				\
}											\
											\
static inline bool isa_atomic_is_snan##bits(uint##bits##_t value)			\
{											\
	return isa_atomic_is_nan##bits(value) && !(value & ISA_QUIET##bits);		\
}											\
											\
static inline uint##bits##_t isa_atomic_fsum##bits(uint##bits##_t a, uint##bits##_t b)	\
{											\
	uint##bits##_t sum = isa_bits##bits(isa_f##bits(a) + isa_f##bits(b));		\
											\
	if (!isa_atomic_is_nan##bits(sum))						\
		return sum;								\
	return isa_atomic_is_nan##bits(a) ? a | ISA_QUIET##bits :			\
	       isa_atomic_is_nan##bits(b) ? b | ISA_QUIET##bits : ISA_NAN##bits;	\
}											\
											\
static inline uint##bits##_t isa_atomic_fpick##bits(uint##bits##_t a, uint##bits##_t b,	\
						    bool greater)			\
{											\
	if (isa_atomic_is_snan##bits(a))						\
		return a | ISA_QUIET##bits;						\
	if (isa_atomic_is_snan##bits(b))						\
		return b | ISA_QUIET##bits;						\
	if (isa_atomic_is_nan##bits(a) || isa_atomic_is_nan##bits(b))			\
		return isa_atomic_is_nan##bits(b) ? a : b;				\
	if (isa_f##bits(a) == isa_f##bits(b) && !((a ^ b) & ISA_SIGN##bits))		\
		return a;								\
	if (isa_f##bits(a) == isa_f##bits(b))						\
		return !(b & ISA_SIGN##bits) == greater ? b : a;			\
	return (isa_f##bits(b) > isa_f##bits(a)) == greater ? b : a;			\
}											\
											\
/* What is written is flushed as what is compared. */					\
static inline uint##bits##_t isa_atomic_fcmpswap##bits(uint##bits##_t *ptr, uint##bits##_t data, \
						       uint##bits##_t compare)		\
{											\
	uint##bits##_t old = __atomic_load_n(ptr, __ATOMIC_RELAXED);			\
											\
	if (__builtin_ia32_stmxcsr() & ISA_ATOMIC_DAZ && !(data & ISA_INF##bits))	\
		data &= ISA_SIGN##bits;							\
	while (isa_f##bits(old) == isa_f##bits(compare)) {				\
		if (__atomic_compare_exchange_n(ptr, &old, data, true, __ATOMIC_SEQ_CST, \
						__ATOMIC_RELAXED))			\
			break;								\
	}										\
	return old;									\
}											\
											\
ISA_ATOMIC_EXPR(fadd, bits, isa_atomic_fsum##bits(old, data))				\
ISA_ATOMIC_EXPR(fmin, bits, isa_atomic_fpick##bits(old, data, false))			\
ISA_ATOMIC_EXPR(fmax, bits, isa_atomic_fpick##bits(old, data, true))

ISA_ATOMIC_FLOAT(32)
ISA_ATOMIC_FLOAT(64)

static inline uint16_t isa_atomic_f16_flush(uint16_t value, uint32_t flag)
{
	return value & 0x7c00 || !(__builtin_ia32_stmxcsr() & flag) ? value : value & 0x8000;
}

/* F32 has more than twice as many bits as F16 and BF16: what is rounded twice is as if once. */
static inline uint32_t isa_atomic_f16_sum(uint16_t a, uint16_t b)
{
	float fa = isa_f16(isa_atomic_f16_flush(a, ISA_ATOMIC_DAZ));
	float fb = isa_f16(isa_atomic_f16_flush(b, ISA_ATOMIC_DAZ));
	float sum = isa_f32(isa_atomic_fsum32(isa_bits32(fa), isa_bits32(fb)));

	return isa_atomic_f16_flush(isa_f16_bits(sum), ISA_ATOMIC_FTZ);
}

static inline uint32_t isa_atomic_bf16_sum(uint32_t a, uint32_t b)
{
	uint32_t sum = isa_atomic_fsum32(a << 16, b << 16);

	if (isa_atomic_is_nan32(sum))
		return sum >> 16;
	return (sum + 0x7fff + (sum >> 16 & 1)) >> 16;
}

ISA_ATOMIC_EXPR(pk_add_f16_, 32, isa_atomic_f16_sum(old, data) |
		isa_atomic_f16_sum(old >> 16, data >> 16) << 16)
ISA_ATOMIC_EXPR(pk_add_bf16_, 32, isa_atomic_bf16_sum(old & 0xffff, data & 0xffff) |
		isa_atomic_bf16_sum(old >> 16, data >> 16) << 16)

#endif
