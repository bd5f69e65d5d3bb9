/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Memory by vectors: what the files for FLAT, SCRATCH, GLOBAL, MUBUF and DS have of each other.
 *
 * What lives here: how data are in memory and in registers, loads and stores of 64 lanes once
 * their addresses are known. What does not: how instructions make addresses.
 */
#ifndef SOFTGPU_ISA_VMEM_H
#define SOFTGPU_ISA_VMEM_H

#include <string.h>

#include "exec.h"

/*
 * The form of an access: bytes in memory, and of less than 4 bytes what they are in a register.
 * D16: of a load the lower half, and the upper one stays; HI: the upper half, likewise, or of a
 * store from there.
 */
#define ISA_FORM_SIZE	0x1fu
#define ISA_FORM_SIGNED	0x20u
#define ISA_FORM_D16	0x40u
#define ISA_FORM_HI	0x80u
/* Dwords that hold data of any form that there could be */
#define ISA_FORM_DWORDS	(ISA_FORM_SIZE / 4 + 1)

/* Rows of FLAT, SCRATCH, GLOBAL and MUBUF behind the name of the format, and their forms */
#define ISA_LOADS(X)								\
	X(load_ubyte, 1)							\
	X(load_sbyte, 1 | ISA_FORM_SIGNED)					\
	X(load_ushort, 2)							\
	X(load_sshort, 2 | ISA_FORM_SIGNED)					\
	X(load_dword, 4)							\
	X(load_dwordx2, 8)							\
	X(load_dwordx3, 12)							\
	X(load_dwordx4, 16)							\
	X(load_ubyte_d16, 1 | ISA_FORM_D16)					\
	X(load_ubyte_d16_hi, 1 | ISA_FORM_HI)					\
	X(load_sbyte_d16, 1 | ISA_FORM_SIGNED | ISA_FORM_D16)			\
	X(load_sbyte_d16_hi, 1 | ISA_FORM_SIGNED | ISA_FORM_HI)			\
	X(load_short_d16, 2 | ISA_FORM_D16)					\
	X(load_short_d16_hi, 2 | ISA_FORM_HI)

#define ISA_STORES(X)								\
	X(store_byte, 1)							\
	X(store_byte_d16_hi, 1 | ISA_FORM_HI)					\
	X(store_short, 2)							\
	X(store_short_d16_hi, 2 | ISA_FORM_HI)					\
	X(store_dword, 4)							\
	X(store_dwordx2, 8)							\
	X(store_dwordx3, 12)							\
	X(store_dwordx4, 16)

#define ISA_FOR_LANES(i, mask)							\
	for (uint64_t i##_rest = (mask), i;					\
	     i##_rest && (i = __builtin_ctzll(i##_rest), 1);			\
	     i##_rest &= i##_rest - 1)

/* What a load of less than 4 bytes makes of a register */
static inline uint32_t isa_form_load(unsigned int form, uint32_t value, uint32_t old)
{
	if (form & ISA_FORM_SIGNED)
		value = (form & ISA_FORM_SIZE) == 1 ? (uint32_t)(int8_t)value :
						      (uint32_t)(int16_t)value;
	if (form & ISA_FORM_HI)
		return value << 16 | (old & 0xffff);
	if (form & ISA_FORM_D16)
		return (value & 0xffff) | (old & 0xffff0000);
	return value;
}

/* Data of a lane as they are in memory, at @buf, to registers and from them */
static inline void isa_put_lane(uint32_t *dst, unsigned int lane, unsigned int form,
				const void *buf)
{
	unsigned int size = form & ISA_FORM_SIZE;
	uint32_t value = 0;

	if (size < 4) {
		memcpy(&value, buf, size);
		dst[lane] = isa_form_load(form, value, dst[lane]);
		return;
	}
	for (unsigned int d = 0; d < size / 4; d++)
		memcpy(&dst[d * ISA_LANES + lane], (const char *)buf + d * 4, 4);
}

static inline void isa_get_lane(const uint32_t *src, unsigned int lane, unsigned int form,
				void *buf)
{
	unsigned int size = form & ISA_FORM_SIZE;
	uint32_t value = src[lane];

	if (size < 4) {
		if (form & ISA_FORM_HI)
			value >>= 16;
		memcpy(buf, &value, size);
		return;
	}
	for (unsigned int d = 0; d < size / 4; d++)
		memcpy((char *)buf + d * 4, &src[d * ISA_LANES + lane], 4);
}

/*
 * Loads and stores of the lanes in @mask, in this order. False: the wave has failed, and lanes
 * before the one that made it fail may have been done. Registers may be where the addresses
 * came from.
 */

/* vmem.c: global memory */
bool isa_load_lanes(struct isa_wave *w, uint64_t mask, const uint64_t *va, unsigned int form,
		    uint32_t *dst);
bool isa_store_lanes(struct isa_wave *w, uint64_t mask, const uint64_t *va, unsigned int form,
		     const uint32_t *src);
/* All lanes, which are at @host one after the other, aligned as dwords if they are not less */
void isa_load_row(const void *host, unsigned int form, uint32_t *dst);
void isa_store_row(void *host, unsigned int form, const uint32_t *src);
/* The wave fails with an access to @va. */
void isa_fail_access(struct isa_wave *w, enum isa_error error, uint64_t va, unsigned int access);
/*
 * Addresses have 48 bits with a sign; between the two halves there are only the apertures. False:
 * it is there, and the wave has failed
 */
bool isa_canonical(struct isa_wave *w, uint64_t va, unsigned int access);

/**
 * struct isa_flat - which memory flat addresses mean
 * @global: lanes
 * @shared: lanes with LDS
 * @private: lanes with scratch memory
 * @at: offsets there; only if there are any of the latter two
 */
struct isa_flat {
	uint64_t global, shared, private;
	uint32_t at[ISA_LANES];
};

/* exec_flat.c */
void isa_flat_addresses(const uint32_t *lanes, int32_t offset, uint64_t *va);
/* @addr and @saddr: which operands */
void isa_global_addresses(const struct isa_wave *w, const struct isa_insn *insn,
			  unsigned int addr, unsigned int saddr, uint64_t *va);
void isa_flat_split(const struct isa_wave *w, const uint64_t *va, struct isa_flat *flat);
/* The first lanes in @rest that are in one kind of memory */
uint64_t isa_flat_run(const struct isa_flat *flat, uint64_t rest);
/* False: not all of @run, which are lanes with LDS, is there, and the wave has failed */
bool isa_flat_shared(struct isa_wave *w, const struct isa_flat *flat, uint64_t run,
		     unsigned int size, unsigned int access);

/* exec_scratch.c: scratch memory, at offsets */
bool isa_scratch_load(struct isa_wave *w, uint64_t mask, const uint32_t *at, unsigned int form,
		      uint32_t *dst);
bool isa_scratch_store(struct isa_wave *w, uint64_t mask, const uint32_t *at, unsigned int form,
		       const uint32_t *src);

/*
 * exec_lds.c: where an instruction has its lanes: operand @addr + @offset, 32 bits. False: it
 * is not LDS but GDS, and the wave has failed
 */
bool isa_lds_offsets(struct isa_wave *w, const struct isa_insn *insn, unsigned int addr,
		     uint32_t offset, uint32_t *at);
/* Which lanes of @mask have their access in LDS */
uint64_t isa_lds_inside(const struct isa_wave *w, uint64_t mask, const uint32_t *at,
			unsigned int size);
/* All of @mask are inside. */
void isa_lds_load(struct isa_wave *w, uint64_t mask, const uint32_t *at, unsigned int form,
		  uint32_t *dst);
void isa_lds_store(struct isa_wave *w, uint64_t mask, const uint32_t *at, unsigned int form,
		   const uint32_t *src);

typedef uint32_t isa_atomic32_fn(uint32_t *ptr, uint32_t data, uint32_t more);
typedef uint64_t isa_atomic64_fn(uint64_t *ptr, uint64_t data, uint64_t more);

/* Whether an operation of floating point has denormals: it is no such one, or as MODE says */
enum isa_denorms {
	ISA_DENORMS_NONE,
	ISA_DENORMS_MODE32,
	ISA_DENORMS_MODE64,
	ISA_DENORMS_KEEP,
};

/**
 * struct isa_atomic_op - an atomic operation: one of these
 * @op32: of 32 bits, returns what was there
 * @op64: of 64 bits
 * @denorms: enum isa_denorms in LDS; memory keeps them
 */
struct isa_atomic_op {
	isa_atomic32_fn *op32;
	isa_atomic64_fn *op64;
	uint8_t denorms;
};

static inline unsigned int isa_atomic_size(const struct isa_atomic_op *op)
{
	return op->op64 ? 8 : 4;
}

/* The lanes of the data; behind them, if there is more, what to compare with; else NULL */
static inline const uint32_t *isa_atomic_data(const struct isa_wave *w,
					      const struct isa_operand *arg,
					      const struct isa_atomic_op *op,
					      const uint32_t **more)
{
	unsigned int dwords = isa_atomic_size(op) / 4;
	const uint32_t *data = isa_vreg(w, arg);

	*more = isa_dwords[arg->type] > dwords ? data + dwords * ISA_LANES : NULL;
	return data;
}

/* Rows of FLAT, GLOBAL and MUBUF behind _atomic_: X(name of the row, operation, bits) */
#define ISA_ATOMICS(X)								\
	X(swap, swap, 32) X(swap_x2, swap, 64)					\
	X(cmpswap, cmpswap, 32) X(cmpswap_x2, cmpswap, 64)			\
	X(add, add, 32) X(add_x2, add, 64)					\
	X(sub, sub, 32) X(sub_x2, sub, 64)					\
	X(smin, smin, 32) X(smin_x2, smin, 64)					\
	X(umin, umin, 32) X(umin_x2, umin, 64)					\
	X(smax, smax, 32) X(smax_x2, smax, 64)					\
	X(umax, umax, 32) X(umax_x2, umax, 64)					\
	X(and, and, 32) X(and_x2, and, 64)					\
	X(or, or, 32) X(or_x2, or, 64)						\
	X(xor, xor, 32) X(xor_x2, xor, 64)					\
	X(inc, inc, 32) X(inc_x2, inc, 64)					\
	X(dec, dec, 32) X(dec_x2, dec, 64)					\
	X(add_f32, fadd, 32) X(add_f64, fadd, 64)				\
	X(min_f64, fmin, 64) X(max_f64, fmax, 64)				\
	X(pk_add_f16, pk_add_f16_, 32)

/* And those of DS that are not among them */
#define ISA_LDS_ATOMICS(X)							\
	X(rsub, 32) X(rsub, 64) X(mskor, 32) X(mskor, 64) X(cmpst, 32) X(cmpst, 64) \
	X(fcmpst, 32) X(fcmpst, 64) X(fmin, 32) X(fmax, 32) X(wrap, 32)		\
	X(pk_add_bf16_, 32)

#define ISA_ATOMIC_OP(row, op, bits)	extern const struct isa_atomic_op isa_op_##op##bits;
ISA_ATOMICS(ISA_ATOMIC_OP)
#undef ISA_ATOMIC_OP
#define ISA_ATOMIC_OP(op, bits)		extern const struct isa_atomic_op isa_op_##op##bits;
ISA_LDS_ATOMICS(ISA_ATOMIC_OP)
#undef ISA_ATOMIC_OP

/*
 * vmem_atomic.c: an operation of the lanes in @mask with @data, and @more if it has more; what
 * was there goes to @dst, if that is not NULL. False: the wave has failed
 */
bool isa_atomic_lanes(struct isa_wave *w, uint64_t mask, const uint64_t *va,
		      const struct isa_atomic_op *op, const uint32_t *data,
		      const uint32_t *more, uint32_t *dst);
/* In LDS; where there is none, nothing is done and 0 was there. */
bool isa_lds_atomic(struct isa_wave *w, uint64_t mask, const uint32_t *at,
		    const struct isa_atomic_op *op, const uint32_t *data, const uint32_t *more,
		    uint32_t *dst);
/* In scratch memory */
bool isa_scratch_atomic(struct isa_wave *w, uint64_t mask, const uint32_t *at,
			const struct isa_atomic_op *op, const uint32_t *data,
			const uint32_t *more, uint32_t *dst);

#endif
