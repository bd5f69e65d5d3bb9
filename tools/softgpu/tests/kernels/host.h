/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The host's side of kernel.h. Work-items of a workgroup are coroutines of one thread (host.c):
 * one goes on until it ends or is at a barrier.
 */
#ifndef HOST_H
#define HOST_H

#define kernel
#define global
#define constant	static const
#define local
#define LARGE
#define SHARED		static
#define private
#define generic

typedef unsigned char uchar;
typedef unsigned short ushort;
typedef unsigned int uint;
typedef unsigned long ulong;
typedef _Float16 half;

#define VECTOR(type, n)	typedef type type##n __attribute__((vector_size(sizeof(type) * (n))))
VECTOR(char, 4);
VECTOR(uchar, 4);
VECTOR(short, 2);
VECTOR(ushort, 4);
VECTOR(uint, 2);
VECTOR(uint, 4);
VECTOR(float, 2);
VECTOR(float, 4);
VECTOR(half, 2);
VECTOR(double, 2);

static inline float as_float(uint x)
{
	union { uint u; float f; } v = { x };

	return v.f;
}

static inline double as_double(ulong x)
{
	union { ulong u; double d; } v = { x };

	return v.d;
}

static inline half as_half(ushort x)
{
	union { ushort u; half h; } v = { x };

	return v.h;
}

/**
 * struct item - a work-item
 * @id: in its workgroup
 * @group: which workgroup
 * @size: of a workgroup
 * @grid: work-items of all
 * @number: of the item among those of the workgroup
 * @items: how many these are
 */
struct item {
	uint id[3];
	uint group[3];
	uint size[3];
	uint grid[3];
	uint number;
	uint items;
};

extern struct item *item;

static inline uint get_local_id(uint i) { return item->id[i]; }
static inline uint get_group_id(uint i) { return item->group[i]; }
static inline uint get_enqueued_local_size(uint i) { return item->size[i]; }
static inline uint get_global_size(uint i) { return item->grid[i]; }

/* Others of the workgroup run until all that have not ended are here. */
void barrier(void);

typedef uint atomic_uint;
typedef int atomic_int;
typedef ulong atomic_ulong;
typedef float atomic_float;

#define ATOMIC(space, op, type, ptr, value)	HOST_##op(type, ptr, value)
#define HOST_fetch_add(type, ptr, value) ({			\
	type *ptr_ = (type *)(ptr), old_ = *ptr_;		\
								\
	*ptr_ = old_ + (value);					\
	old_;							\
})
#define HOST_OP(type, ptr, value, expr) ({			\
	type *ptr_ = (type *)(ptr), a = *ptr_, b = (value);	\
								\
	*ptr_ = (expr);						\
	a;							\
})
#define HOST_fetch_sub(type, ptr, value)	HOST_OP(type, ptr, value, a - b)
#define HOST_fetch_and(type, ptr, value)	HOST_OP(type, ptr, value, a & b)
#define HOST_fetch_or(type, ptr, value)		HOST_OP(type, ptr, value, a | b)
#define HOST_fetch_xor(type, ptr, value)	HOST_OP(type, ptr, value, a ^ b)
#define HOST_fetch_min(type, ptr, value)	HOST_OP(type, ptr, value, a < b ? a : b)
#define HOST_fetch_max(type, ptr, value)	HOST_OP(type, ptr, value, a > b ? a : b)
#define HOST_exchange(type, ptr, value)		HOST_OP(type, ptr, value, b)
#define ATOMIC_SWAP(space, type, ptr, old, value) ({		\
	type *ptr_ = (type *)(ptr), now_ = *ptr_;		\
	int same_ = now_ == *(old);				\
								\
	if (same_)						\
		*ptr_ = (value);				\
	*(old) = now_;						\
	same_;							\
})

#define HALF_FMA(a, b, c)	((half)((__float128)(a) * (b) + (c)))

uint host_shuffle(uint x, uint lane);
ulong host_ballot(int x);

#define SHUFFLE(x, lane)	host_shuffle(x, lane)
#define BALLOT(x)		host_ballot(x)
#define LANE()			(item->number % 64)

#endif
