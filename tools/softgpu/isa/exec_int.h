/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Functions of integers that saturate: one loop for those that do not, which are most, and one
 * for those that do.
 *
 * The expression is exact as an int64_t. The result without clamp is its lowest bits.
 */
#ifndef SOFTGPU_ISA_EXEC_INT_H
#define SOFTGPU_ISA_EXEC_INT_H

#include "valu.h"

static inline int64_t isa_saturate(int64_t value, int64_t min, int64_t max)
{
	return value < min ? min : value > max ? max : value;
}

/* @type: of the result, which is extended to 32 bits without a sign */
#define ISA_SATURATE2(name, type, min, max, atype, btype, exact)			\
void do_##name(struct isa_lanes *l);							\
ISA_CLONES void do_##name(struct isa_lanes *l)						\
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
void do_##name(struct isa_lanes *l);							\
ISA_CLONES void do_##name(struct isa_lanes *l)						\
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
