// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Memory by the scalar unit: SMEM, with its clocks and caches.
 *
 * What lives here: addresses, loads, stores, atomic operations. What does not: the operations
 * themselves (atomics.h), GPU memory (memory.c).
 *
 * The two lowest bits of each part of an address are ignored. There is no cache, so what was
 * stored is there for everybody, and nothing is to be written back or discarded.
 */
#include <time.h>

#include "atomics.h"

/* What @SOFFSET and the immediate say together */
static uint64_t offset(const struct isa_wave *w, const struct isa_insn *insn,
		       const struct isa_operand *soffset, unsigned int scale)
{
	uint64_t sum = (int64_t)(insn->offset & ~3);

	if (soffset->kind == ISA_SGPR)
		sum += (uint64_t)(w->sgprs[soffset->reg] & ~3u) * scale;
	return sum;
}

static uint64_t address(const struct isa_wave *w, const struct isa_insn *insn, unsigned int scale)
{
	return (isa_sreg64(w, insn->args[1].reg) & ~3ULL) +
	       offset(w, insn, &insn->args[2], scale);
}

/* Where in a buffer, and how many of @num dwords are in it */
static uint64_t buffer_address(const struct isa_wave *w, const struct isa_insn *insn,
			       unsigned int *num)
{
	const uint32_t *rsrc = &w->sgprs[insn->args[1].reg];
	uint64_t base = (rsrc[0] & ~3u) | (uint64_t)(rsrc[1] & 0xffff) << 32;
	uint32_t stride = rsrc[1] >> 16 & 0x3fff;
	uint64_t size = rsrc[2] * (uint64_t)(stride ? stride : 1);
	uint64_t at = offset(w, insn, &insn->args[2], 1);

	if (at >= size)
		*num = 0;
	else if ((size - at + 3) / 4 < *num)
		*num = (size - at + 3) / 4;
	return base + at;
}

static void load(struct isa_wave *w, const struct isa_insn *insn, uint64_t va, unsigned int num)
{
	uint32_t data[16] __attribute__((aligned(8))) = { 0 };

	if (!num || isa_read(w, va, data, num * 4))
		memcpy(&w->sgprs[insn->args[0].reg], data, isa_dwords[insn->args[0].type] * 4);
}

static void store(struct isa_wave *w, const struct isa_insn *insn, uint64_t va, unsigned int num)
{
	if (num)
		isa_write(w, va, &w->sgprs[insn->args[0].reg], num * 4);
}

/* Lanes' scratch memory is interleaved in units of 64 bytes, which the register counts. */
#define SCRATCH_SCALE	64

#define ACCESS(what, name)								\
ISA_DO(s_##name)									\
{											\
	what(w, insn, address(w, insn, 1), isa_dwords[insn->args[0].type]);		\
}											\
											\
ISA_DO(s_buffer_##name)									\
{											\
	unsigned int num = isa_dwords[insn->args[0].type];				\
	uint64_t va = buffer_address(w, insn, &num);					\
											\
	what(w, insn, va, num);								\
}

#define SCRATCH(what, name)								\
ISA_DO(s_scratch_##name)								\
{											\
	what(w, insn, address(w, insn, SCRATCH_SCALE), isa_dwords[insn->args[0].type]);	\
}

ACCESS(load, load_dword)
ACCESS(load, load_dwordx2)
ACCESS(load, load_dwordx4)
ACCESS(load, load_dwordx8)
ACCESS(load, load_dwordx16)
ACCESS(store, store_dword)
ACCESS(store, store_dwordx2)
ACCESS(store, store_dwordx4)
SCRATCH(load, load_dword)
SCRATCH(load, load_dwordx2)
SCRATCH(load, load_dwordx4)
SCRATCH(store, store_dword)
SCRATCH(store, store_dwordx2)
SCRATCH(store, store_dwordx4)

/* What was there goes to the data register if GLC says so; outside of a buffer that is 0. */
#define ATOMIC_AT(bits, call)								\
	uint##bits##_t data = isa_s##bits(w, &insn->args[0]), old = 0;			\
	void *ptr;									\
											\
	if (num) {									\
		if (!isa_atomic(w, va, sizeof(data), &ptr))				\
			return;								\
		old = call;								\
	}										\
	if (insn->cache & ISA_GLC)							\
		isa_set_s##bits(w, &insn->args[0], old);

#define ATOMIC_CALLS(name, bits, call)							\
ISA_DO(s_atomic_##name)									\
{											\
	const unsigned int num = 1;							\
	uint64_t va = address(w, insn, 1);						\
											\
	ATOMIC_AT(bits, call)								\
}											\
											\
ISA_DO(s_buffer_atomic_##name)								\
{											\
	unsigned int num = 1;								\
	uint64_t va = buffer_address(w, insn, &num);					\
											\
	ATOMIC_AT(bits, call)								\
}

#define ATOMIC(op)									\
ATOMIC_CALLS(op, 32, isa_atomic_##op##32(ptr, data))					\
ATOMIC_CALLS(op##_x2, 64, isa_atomic_##op##64(ptr, data))

ATOMIC(swap)
ATOMIC(add)
ATOMIC(sub)
ATOMIC(smin)
ATOMIC(umin)
ATOMIC(smax)
ATOMIC(umax)
ATOMIC(and)
ATOMIC(or)
ATOMIC(xor)
ATOMIC(inc)
ATOMIC(dec)

/* What is compared with is behind the data. */
ATOMIC_CALLS(cmpswap, 32, isa_atomic_cmpswap32(ptr, data, w->sgprs[insn->args[0].reg + 1]))
ATOMIC_CALLS(cmpswap_x2, 64, isa_atomic_cmpswap64(ptr, data,
						  isa_sreg64(w, insn->args[0].reg + 2)))

#define NOTHING(name) ISA_DO(name) { (void)w; }

NOTHING(s_dcache_inv)
NOTHING(s_dcache_wb)
NOTHING(s_dcache_inv_vol)
NOTHING(s_dcache_wb_vol)
NOTHING(s_dcache_discard)
NOTHING(s_dcache_discard_x2)

/* The core clock: it counts nanoseconds. */
ISA_DO(s_memtime)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	isa_set_s64(w, &insn->args[0], now.tv_sec * 1000000000ULL + now.tv_nsec);
}

ISA_DO(s_memrealtime)
{
	isa_set_s64(w, &insn->args[0], softgpu_clock());
}
