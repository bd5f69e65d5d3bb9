/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What the kernels have of OpenCL C, for clang that compiles them for the GPU without device
 * libraries and for gcc that compiles them for the host.
 *
 * A kernel reads IN words of its own and writes at most OUT, but for those that say otherwise. All
 * have the same arguments. The line of KERNEL() is what 13-kernels looks for; grid and workgroup
 * may stand in a comment behind it, and LARGE before it is for workgroups of more than 256. What the two compilers may do differently is avoided or made
 * the same here: NaNs, signed overflow (-fwrapv), contraction (-ffp-contract=off), conversions of
 * what does not fit.
 */
#ifndef KERNEL_H
#define KERNEL_H

#define IN	16
#define OUT	64

#define KERNEL(name) kernel void name(global const uint *in, global uint *out, uint n)

/* What nearly all kernels begin with: the item's place in in and out */
#define BEGIN					\
	uint id = get_global_id(0);		\
						\
	if (id >= n)				\
		return;				\
	in += id * IN;				\
	out += id * OUT

#define PUT(value)	(*out++ = (uint)(value))
#define PUT64(value)	put64(&out, value)
#define PUTF(value)	(*out++ = float_bits(value))
#define PUTD(value)	put64(&out, double_bits(value))
#define IN64(i)		(in[i] | (ulong)in[(i) + 1] << 32)

#define NOINLINE	__attribute__((noinline))

#ifdef __AMDGCN__

#pragma OPENCL EXTENSION cl_khr_fp16 : enable
#pragma OPENCL EXTENSION __cl_clang_function_pointers : enable

static inline uint get_local_id(uint i)
{
	return i == 0 ? __builtin_amdgcn_workitem_id_x() :
	       i == 1 ? __builtin_amdgcn_workitem_id_y() : __builtin_amdgcn_workitem_id_z();
}

static inline uint get_group_id(uint i)
{
	return i == 0 ? __builtin_amdgcn_workgroup_id_x() :
	       i == 1 ? __builtin_amdgcn_workgroup_id_y() : __builtin_amdgcn_workgroup_id_z();
}

/* Of a whole workgroup */
static inline uint get_enqueued_local_size(uint i)
{
	return i == 0 ? __builtin_amdgcn_workgroup_size_x() :
	       i == 1 ? __builtin_amdgcn_workgroup_size_y() : __builtin_amdgcn_workgroup_size_z();
}

static inline uint get_global_size(uint i)
{
	return i == 0 ? __builtin_amdgcn_grid_size_x() :
	       i == 1 ? __builtin_amdgcn_grid_size_y() : __builtin_amdgcn_grid_size_z();
}

static inline void barrier(void)
{
	__builtin_amdgcn_fence(__ATOMIC_RELEASE, "workgroup");
	__builtin_amdgcn_s_barrier();
	__builtin_amdgcn_fence(__ATOMIC_ACQUIRE, "workgroup");
}

/* @space: global, local or generic */
#define ATOMIC(space, op, type, ptr, value)						\
	__opencl_atomic_##op((volatile space atomic_##type *)(ptr), value,		\
			     memory_order_relaxed, memory_scope_device)
#define ATOMIC_SWAP(space, type, ptr, old, value)					\
	__opencl_atomic_compare_exchange_strong((volatile space atomic_##type *)(ptr), old, \
		value, memory_order_acq_rel, memory_order_relaxed, memory_scope_device)

#define LARGE			__attribute__((amdgpu_flat_work_group_size(1, 1024)))
#define SHARED			local
#define HALF_FMA(a, b, c)	__builtin_fmaf16(a, b, c)

/* @x of another lane of the wave; lanes that are not there give anything */
#define SHUFFLE(x, lane)	((uint)__builtin_amdgcn_ds_bpermute((lane) * 4, (int)(x)))
#define BALLOT(x)		__builtin_amdgcn_ballot_w64(x)
#define LANE()			__builtin_amdgcn_mbcnt_hi(~0u, __builtin_amdgcn_mbcnt_lo(~0u, 0))

#else

#include "host.h"

#endif

static inline uint get_global_id(uint i)
{
	return get_group_id(i) * get_enqueued_local_size(i) + get_local_id(i);
}

/* All NaNs are the same one. */
static inline uint float_bits(float x)
{
	union { float f; uint u; } v = { x };

	return x != x ? 0x7fc00000 : v.u;
}

static inline ulong double_bits(double x)
{
	union { double d; ulong u; } v = { x };

	return x != x ? 0x7ff8000000000000 : v.u;
}

static inline ushort half_bits(half x)
{
	union { half h; ushort u; } v = { x };

	return x != x ? 0x7e00 : v.u;
}

/* A float of any sign that is neither tiny nor huge, and one in a range of integers */
static inline float tame_float(uint x)
{
	return as_float((x & 0x807fffff) | (110 + (x >> 23 & 31)) << 23);
}

static inline double tame_double(ulong x)
{
	return as_double((x & 0x800fffffffffffff) | (1000 + (x >> 52 & 63)) << 52);
}

static inline void put64(global uint **out, ulong value)
{
	*(*out)++ = (uint)value;
	*(*out)++ = (uint)(value >> 32);
}

#endif
