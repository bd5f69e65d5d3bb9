/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What valu.c and valu_source.c have of each other, and values as lanes have them.
 */
#ifndef SOFTGPU_ISA_VALU_H
#define SOFTGPU_ISA_VALU_H

#include <emmintrin.h>
#include <string.h>

#include "exec.h"

/* decode.c */
bool isa_is_float(unsigned int type);
uint64_t isa_inline_float(unsigned int code, unsigned int type);

/* valu.c: an instruction with anything it can have */
void isa_exec_modified(struct isa_wave *w, const struct isa_insn *insn);

/**
 * isa_modified_source() - a source with all that the instruction says of it
 * @w: the wave
 * @insn: the instruction, in a struct isa_slot
 * @i: which source
 * @tmp: for the lanes
 * @writes: lanes that are not written any more are removed
 *
 * Return: the lanes, or NULL: the wave has failed
 */
const uint32_t *isa_modified_source(struct isa_wave *w, const struct isa_insn *insn,
				    unsigned int i, uint32_t *tmp, uint64_t *writes);

/* Before the first instruction with DPP */
void isa_prepare_dpp(void);

/* A register as s_set_gpr_idx_on has moved it: operand 0 to 2, or 3 for the destination */
bool isa_index_gpr(struct isa_wave *w, struct isa_operand *arg, unsigned int operand);
/* The same without a change of @arg: @moved is for what is not @arg; NULL: the wave has failed */
const struct isa_operand *isa_indexed(struct isa_wave *w, const struct isa_operand *arg,
				      unsigned int operand, struct isa_operand *moved);

/* The part of the destination that SDWA writes, and the rest of it */
void isa_sdwa_result(const struct isa_insn *insn, uint32_t *result, const uint32_t *old);

static inline float isa_f16(uint16_t bits)
{
	_Float16 value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

/* Rounds as the CPU does now */
static inline uint16_t isa_f16_bits(float value)
{
	_Float16 half = value;
	uint16_t bits;

	memcpy(&bits, &half, sizeof(bits));
	return bits;
}

/* Values of 64 bits: all low halves, then all high ones */
static inline uint64_t isa_get64(const uint32_t *lanes, unsigned int i)
{
	return lanes[i] | (uint64_t)lanes[ISA_LANES + i] << 32;
}

static inline void isa_put64(uint32_t *lanes, unsigned int i, uint64_t value)
{
	lanes[i] = value;
	lanes[ISA_LANES + i] = value >> 32;
}

static inline double isa_get_f64(const uint32_t *lanes, unsigned int i)
{
	uint64_t bits = isa_get64(lanes, i);
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

static inline void isa_put_f64(uint32_t *lanes, unsigned int i, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	isa_put64(lanes, i, bits);
}

/* A bit for each lane, from bytes that are 0 or 0xff: what the CPU makes of comparisons */
static inline uint64_t isa_pack_mask(const uint8_t bytes[ISA_LANES])
{
	uint64_t mask = 0;

	for (unsigned int i = 0; i < ISA_LANES; i += 16) {
		__m128i part = _mm_load_si128((const __m128i *)(bytes + i));

		mask |= (uint64_t)_mm_movemask_epi8(part) << i;
	}
	return mask;
}

/* The other way: 0 or 1 in each lane */
static inline void isa_unpack_mask(uint32_t bits[ISA_LANES], uint64_t mask)
{
	uint32_t lo = mask, hi = mask >> 32;

	for (unsigned int i = 0; i < 32; i++) {
		bits[i] = lo >> i & 1;
		bits[32 + i] = hi >> i & 1;
	}
}

/* The head of the function of a row that is LANES */
#define ISA_DO_LANES(name)								\
void do_##name(struct isa_lanes *l);							\
ISA_CLONES void do_##name(struct isa_lanes *l)

/*
 * A function of LANES whose result in a lane is an expression of a, b and c, the sources in it;
 * i is the lane. gcc makes vector code of the loop.
 */
#define ISA_LOOP _Pragma("GCC ivdep") for (unsigned int i = 0; i < ISA_LANES; i++)

#define ISA_LANES1(name, dtype, atype, expr)						\
ISA_DO_LANES(name)									\
{											\
	const atype *pa = (const atype *)l->src[0];					\
	dtype *d = (dtype *)l->dst;							\
											\
	ISA_LOOP {									\
		const atype a = pa[i];							\
											\
		d[i] = (expr);								\
	}										\
}

#define ISA_LANES2(name, dtype, atype, btype, expr)					\
ISA_DO_LANES(name)									\
{											\
	const atype *pa = (const atype *)l->src[0];					\
	const btype *pb = (const btype *)l->src[1];					\
	dtype *d = (dtype *)l->dst;							\
											\
	ISA_LOOP {									\
		const atype a = pa[i];							\
		const btype b = pb[i];							\
											\
		d[i] = (expr);								\
	}										\
}

#define ISA_LANES3(name, dtype, atype, btype, ctype, expr)				\
ISA_DO_LANES(name)									\
{											\
	const atype *pa = (const atype *)l->src[0];					\
	const btype *pb = (const btype *)l->src[1];					\
	const ctype *pc = (const ctype *)l->src[2];					\
	dtype *d = (dtype *)l->dst;							\
											\
	ISA_LOOP {									\
		const atype a = pa[i];							\
		const btype b = pb[i];							\
		const ctype c = pc[i];							\
											\
		d[i] = (expr);								\
	}										\
}

#endif
