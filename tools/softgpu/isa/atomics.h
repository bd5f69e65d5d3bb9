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

#include "valu.h"

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

/* Of a number and a NaN the number is the result. */
#define ISA_ATOMIC_FLOAT(bits, type)							\
static inline type isa_atomic_float##bits(uint##bits##_t data)				\
{											\
	type value;									\
											\
	memcpy(&value, &data, sizeof(value));						\
	return value;									\
}											\
											\
static inline uint##bits##_t isa_atomic_fsum##bits(uint##bits##_t a, uint##bits##_t b)	\
{											\
	type sum = isa_atomic_float##bits(a) + isa_atomic_float##bits(b);		\
	uint##bits##_t result;								\
											\
	memcpy(&result, &sum, sizeof(result));						\
	return result;									\
}											\
											\
static inline bool isa_atomic_fless##bits(uint##bits##_t a, uint##bits##_t b)		\
{											\
	type fa = isa_atomic_float##bits(a), fb = isa_atomic_float##bits(b);		\
											\
	return fa == fa && (fa < fb || fb != fb);					\
}											\
											\
static inline bool isa_atomic_fmore##bits(uint##bits##_t a, uint##bits##_t b)		\
{											\
	type fa = isa_atomic_float##bits(a), fb = isa_atomic_float##bits(b);		\
											\
	return fa == fa && (fa > fb || fb != fb);					\
}											\
											\
ISA_ATOMIC_EXPR(fadd, bits, isa_atomic_fsum##bits(old, data))				\
ISA_ATOMIC_EXPR(fmin, bits, isa_atomic_fless##bits(data, old) ? data : old)		\
ISA_ATOMIC_EXPR(fmax, bits, isa_atomic_fmore##bits(data, old) ? data : old)

ISA_ATOMIC_FLOAT(32, float)
ISA_ATOMIC_FLOAT(64, double)

/* F32 has more than twice as many bits as F16 and BF16: what is rounded twice is as if once. */
static inline uint32_t isa_atomic_f16_sum(uint16_t a, uint16_t b)
{
	return isa_f16_bits(isa_f16(a) + isa_f16(b));
}

static inline uint32_t isa_atomic_bf16_sum(uint32_t a, uint32_t b)
{
	uint32_t sum = isa_atomic_fsum32(a << 16, b << 16);

	if ((sum & 0x7fffffff) > 0x7f800000)
		return sum >> 16 | 0x40;
	return (sum + 0x7fff + (sum >> 16 & 1)) >> 16;
}

ISA_ATOMIC_EXPR(pk_add_f16_, 32, isa_atomic_f16_sum(old, data) |
		isa_atomic_f16_sum(old >> 16, data >> 16) << 16)
ISA_ATOMIC_EXPR(pk_add_bf16_, 32, isa_atomic_bf16_sum(old & 0xffff, data & 0xffff) |
		isa_atomic_bf16_sum(old >> 16, data >> 16) << 16)

#endif
