/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What files with functions of integers share.
 */
#ifndef SOFTGPU_ISA_EXEC_INT_H
#define SOFTGPU_ISA_EXEC_INT_H

#include "valu.h"

#define ISA_MIN(a, b)		((a) < (b) ? (a) : (b))
#define ISA_MAX(a, b)		((a) > (b) ? (a) : (b))
#define ISA_MED3(a, b, c)	ISA_MAX(ISA_MIN(a, b), ISA_MIN(ISA_MAX(a, b), c))

static inline int64_t isa_saturate(int64_t value, int64_t min, int64_t max)
{
	return value < min ? min : value > max ? max : value;
}

/*
 * Functions that saturate: a loop for those that do, and one for those that do not, which are
 * most. The expression is exact in 64 bits; without clamp the result is its lowest bits, as many
 * as @type has, which is unsigned.
 */
#define ISA_SATURATE2(name, type, min, max, atype, btype, exact)			\
ISA_DO_LANES(name)									\
{											\
	const uint32_t *pa = l->src[0], *pb = l->src[1];				\
	uint32_t *d = l->dst;								\
											\
	if (l->clamp) {									\
		ISA_LOOP {								\
			const int64_t a = (atype)pa[i], b = (btype)pb[i];		\
											\
			d[i] = (type)isa_saturate(exact, min, max);			\
		}									\
	} else {									\
		ISA_LOOP {								\
			const int64_t a = (atype)pa[i], b = (btype)pb[i];		\
											\
			d[i] = (type)(exact);						\
		}									\
	}										\
}

#define ISA_SATURATE3(name, type, min, max, atype, btype, ctype, exact)			\
ISA_DO_LANES(name)									\
{											\
	const uint32_t *pa = l->src[0], *pb = l->src[1], *pc = l->src[2];		\
	uint32_t *d = l->dst;								\
											\
	if (l->clamp) {									\
		ISA_LOOP {								\
			const int64_t a = (atype)pa[i], b = (btype)pb[i];		\
			const int64_t c = (ctype)pc[i];					\
											\
			d[i] = (type)isa_saturate(exact, min, max);			\
		}									\
	} else {									\
		ISA_LOOP {								\
			const int64_t a = (atype)pa[i], b = (btype)pb[i];		\
			const int64_t c = (ctype)pc[i];					\
											\
			d[i] = (type)(exact);						\
		}									\
	}										\
}

#endif
