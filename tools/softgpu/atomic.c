// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Atomic operations on GPU memory, with those of the host's CPU.
 *
 * What lives here: the operations by the code that PM4 and SDMA packets have for them, the
 * memory controller's (TC_OP_ATOMIC_* of the kernel's enumerations). What does not: loops
 * until a comparison succeeds, that is a queue which waits.
 */
#include "internal.h"

enum {
	ATOMIC_SWAP = 7, ATOMIC_CMPSWAP = 8, ATOMIC_ADD = 15, ATOMIC_SUB, ATOMIC_SMIN,
	ATOMIC_UMIN, ATOMIC_SMAX, ATOMIC_UMAX, ATOMIC_AND, ATOMIC_OR, ATOMIC_XOR, ATOMIC_INC,
	ATOMIC_DEC,
	ATOMIC_OP = 31, ATOMIC_64 = 32,
};

bool sg_atomic_is_64(unsigned int code)
{
	return code & ATOMIC_64;
}

bool sg_atomic_is_cmpswap(unsigned int code)
{
	return (code & ATOMIC_OP) == ATOMIC_CMPSWAP;
}

/* Values are sign-extended for the signed ones, zero-extended for the others. */
static uint64_t result(unsigned int op, uint64_t old, uint64_t src, uint64_t cmp)
{
	switch (op) {
	case ATOMIC_SWAP:
		return src;
	case ATOMIC_CMPSWAP:
		return old == cmp ? src : old;
	case ATOMIC_ADD:
		return old + src;
	case ATOMIC_SUB:
		return old - src;
	case ATOMIC_SMIN:
		return (int64_t)old < (int64_t)src ? old : src;
	case ATOMIC_UMIN:
		return old < src ? old : src;
	case ATOMIC_SMAX:
		return (int64_t)old > (int64_t)src ? old : src;
	case ATOMIC_UMAX:
		return old > src ? old : src;
	case ATOMIC_AND:
		return old & src;
	case ATOMIC_OR:
		return old | src;
	case ATOMIC_XOR:
		return old ^ src;
	case ATOMIC_INC:
		return old >= src ? 0 : old + 1;
	default:
		return !old || old > src ? src : old - 1;
	}
}

static uint32_t atomic32(uint32_t *ptr, unsigned int op, uint32_t src, uint32_t cmp)
{
	bool is_signed = op == ATOMIC_SMIN || op == ATOMIC_SMAX;
	uint32_t old = __atomic_load_n(ptr, __ATOMIC_RELAXED);
	uint32_t new;

	do {
		if (is_signed)
			new = result(op, (int64_t)(int32_t)old, (int64_t)(int32_t)src, cmp);
		else
			new = result(op, old, src, cmp);
	} while (!__atomic_compare_exchange_n(ptr, &old, new, false, __ATOMIC_ACQ_REL,
					      __ATOMIC_RELAXED));
	return old;
}

static uint64_t atomic64(uint64_t *ptr, unsigned int op, uint64_t src, uint64_t cmp)
{
	uint64_t old = __atomic_load_n(ptr, __ATOMIC_RELAXED);
	uint64_t new;

	do {
		new = result(op, old, src, cmp);
	} while (!__atomic_compare_exchange_n(ptr, &old, new, false, __ATOMIC_ACQ_REL,
					      __ATOMIC_RELAXED));
	return old;
}

int sg_atomic(struct softgpu_queue *q, uint64_t va, unsigned int code, uint64_t src,
	      uint64_t cmp, uint64_t *old)
{
	const struct softgpu_vm_ops *ops = q->gpu->ops;
	unsigned int size = sg_atomic_is_64(code) ? 8 : 4;
	unsigned int op = code & ATOMIC_OP;
	uint64_t len = size;
	void *ptr;
	int ret = 0;

	if (va & (size - 1))
		return -EINVAL;
	if (op != ATOMIC_SWAP && op != ATOMIC_CMPSWAP && (op < ATOMIC_ADD || op > ATOMIC_DEC))
		return -EINVAL;

	q->fault = (struct softgpu_fault){
		.va = va, .access = SOFTGPU_READ | SOFTGPU_WRITE,
	};
	ops->lock(sg_vm(q));
	ptr = ops->translate(sg_vm(q), va, &len, SOFTGPU_READ | SOFTGPU_WRITE, &q->fault);
	if (!ptr || len < size)
		ret = -EFAULT;
	else if (size == 4)
		*old = atomic32(ptr, op, src, cmp);
	else
		*old = atomic64(ptr, op, src, cmp);
	ops->unlock(sg_vm(q));
	return ret;
}
