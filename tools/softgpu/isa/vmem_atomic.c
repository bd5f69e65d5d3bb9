// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Atomic operations by 64 lanes, in all kinds of memory.
 *
 * What lives here: the operations as lanes have them, the loops over lanes. What does not: the
 * operations themselves (atomics.h), addresses (exec_flat_atomic.c, exec_lds_atomic.c,
 * exec_mubuf.c).
 *
 * Floating point is rounded to the nearest, whatever MODE says. Its denormals follow MODE in
 * LDS; memory keeps them, also those of F32: there compilers for gfx942 rely on it, although its
 * ISA document says that they are flushed.
 */
#include "atomics.h"
#include "vmem.h"

/* The CPU's register without exceptions: rounds to nearest, has denormals */
#define MXCSR_KEEP	0x1f80u
#define MXCSR_ROUND	0x6000u

#define UNUSED	__attribute__((unused))

#define OP(name, bits, kind, call)							\
static uint##bits##_t op_##name##bits(uint##bits##_t *ptr, uint##bits##_t data,		\
				      UNUSED uint##bits##_t more)			\
{											\
	return call;									\
}											\
											\
const struct isa_atomic_op isa_op_##name##bits = {					\
	.op##bits = op_##name##bits, .denorms = ISA_DENORMS_##kind,			\
};

#define SIMPLE(name, bits, kind) OP(name, bits, kind, isa_atomic_##name##bits(ptr, data))
#define MORE(name, bits, kind)	OP(name, bits, kind, isa_atomic_##name##bits(ptr, data, more))
#define INTEGER(name)		SIMPLE(name, 32, NONE) SIMPLE(name, 64, NONE)

INTEGER(swap)
INTEGER(add)
INTEGER(sub)
INTEGER(rsub)
INTEGER(smin)
INTEGER(umin)
INTEGER(smax)
INTEGER(umax)
INTEGER(and)
INTEGER(or)
INTEGER(xor)
INTEGER(inc)
INTEGER(dec)
MORE(cmpswap, 32, NONE)
MORE(cmpswap, 64, NONE)
MORE(mskor, 32, NONE)
MORE(mskor, 64, NONE)
SIMPLE(fadd, 32, MODE32)
SIMPLE(fadd, 64, KEEP)
SIMPLE(fmin, 32, MODE32)
SIMPLE(fmin, 64, MODE64)
SIMPLE(fmax, 32, MODE32)
SIMPLE(fmax, 64, MODE64)
SIMPLE(pk_add_f16_, 32, MODE64)
SIMPLE(pk_add_bf16_, 32, MODE64)

/* DS has what is compared with first. */
OP(cmpst, 32, NONE, isa_atomic_cmpswap32(ptr, more, data))
OP(cmpst, 64, NONE, isa_atomic_cmpswap64(ptr, more, data))
OP(fcmpst, 32, MODE32, isa_atomic_fcmpswap32(ptr, more, data))
OP(fcmpst, 64, MODE64, isa_atomic_fcmpswap64(ptr, more, data))

static uint32_t wrap(uint32_t *ptr, uint32_t data, uint32_t more)
{
	uint32_t old = __atomic_load_n(ptr, __ATOMIC_RELAXED);

	while (!__atomic_compare_exchange_n(ptr, &old, old >= data ? old - data : old + more,
					    true, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		;
	return old;
}
OP(wrap, 32, NONE, wrap(ptr, data, more))

static void do_lane(const struct isa_atomic_op *op, void *ptr, unsigned int i,
		    const uint32_t *data, const uint32_t *more, uint32_t *dst)
{
	if (op->op32) {
		uint32_t old = op->op32(ptr, data[i], more ? more[i] : 0);

		if (dst)
			dst[i] = old;
	} else {
		uint64_t old = op->op64(ptr, isa_get64(data, i), more ? isa_get64(more, i) : 0);

		if (dst)
			isa_put64(dst, i, old);
	}
}

bool isa_atomic_lanes(struct isa_wave *w, uint64_t mask, const uint64_t *va,
		      const struct isa_atomic_op *op, const uint32_t *data,
		      const uint32_t *more, uint32_t *dst)
{
	unsigned int size = isa_atomic_size(op);
	bool done = true;

	if (op->denorms)
		isa_set_mxcsr(w->run, MXCSR_KEEP);
	ISA_FOR_LANES(i, mask) {
		void *ptr;

		done = isa_canonical(w, va[i], SOFTGPU_READ | SOFTGPU_WRITE) &&
		       isa_atomic(w, va[i], size, &ptr);
		if (!done)
			break;
		do_lane(op, ptr, i, data, more, dst);
	}
	if (op->denorms)
		isa_set_mxcsr(w->run, w->mxcsr32);
	return done;
}

static uint32_t mxcsr(const struct isa_wave *w, const struct isa_atomic_op *op)
{
	switch (op->denorms) {
	case ISA_DENORMS_MODE32:
		return w->mxcsr32 & ~MXCSR_ROUND;
	case ISA_DENORMS_MODE64:
		return w->mxcsr64 & ~MXCSR_ROUND;
	default:
		return MXCSR_KEEP;
	}
}

static bool is_aligned(struct isa_wave *w, uint64_t aperture, uint32_t at, unsigned int size)
{
	if (at % size == 0)
		return true;
	isa_fail_access(w, ISA_MISALIGNED, aperture + at, SOFTGPU_READ | SOFTGPU_WRITE);
	return false;
}

bool isa_lds_atomic(struct isa_wave *w, uint64_t mask, const uint32_t *at,
		    const struct isa_atomic_op *op, const uint32_t *data, const uint32_t *more,
		    uint32_t *dst)
{
	unsigned int size = isa_atomic_size(op);
	uint64_t inside = isa_lds_inside(w, mask, at, size);
	static const uint64_t zero;
	bool done = true;

	if (op->denorms)
		isa_set_mxcsr(w->run, mxcsr(w, op));
	ISA_FOR_LANES(i, mask) {
		done = is_aligned(w, ISA_SHARED_APERTURE, at[i], size);
		if (!done)
			break;
		if (inside >> i & 1)
			do_lane(op, w->group->lds + at[i], i, data, more, dst);
		else if (dst)
			isa_put_lane(dst, i, size, &zero);
	}
	if (op->denorms)
		isa_set_mxcsr(w->run, w->mxcsr32);
	return done;
}

/* Nobody else is there, so that it need not be atomic; a lane's 64 bits are in two places. */
bool isa_scratch_atomic(struct isa_wave *w, uint64_t mask, const uint32_t *at,
			const struct isa_atomic_op *op, const uint32_t *data,
			const uint32_t *more, uint32_t *dst)
{
	unsigned int size = isa_atomic_size(op);
	uint32_t memory[2 * ISA_LANES];

	ISA_FOR_LANES(i, mask) {
		if (!is_aligned(w, ISA_PRIVATE_APERTURE, at[i], size))
			return false;
	}
	if (!isa_scratch_load(w, mask, at, size, memory))
		return false;
	if (op->denorms)
		isa_set_mxcsr(w->run, MXCSR_KEEP);
	ISA_FOR_LANES(i, mask) {
		uint64_t value = 0;

		isa_get_lane(memory, i, size, &value);
		do_lane(op, &value, i, data, more, dst);
		isa_put_lane(memory, i, size, &value);
	}
	if (op->denorms)
		isa_set_mxcsr(w->run, w->mxcsr32);
	return isa_scratch_store(w, mask, at, size, memory);
}
