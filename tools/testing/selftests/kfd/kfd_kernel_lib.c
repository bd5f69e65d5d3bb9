// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Kernels that access an address: their code, and what a dispatch needs besides.
 *
 * Source: "User Guide for AMDGPU Backend" of LLVM, kernel descriptor and kernel dispatch; the code
 * was assembled by llvm-mc.
 */
#include "kfd_kernel_lib.h"

/* s[4:5] and v[2:3] are the address, v[6:7] where the result goes */
static const uint32_t begin[] = {
	0xc00a0100, 0x00000000,		/* s_load_dwordx4 s[4:7], s[0:1], 0x0 */
	0xbf8cc07f,			/* s_waitcnt lgkmcnt(0) */
	0x7e040204,			/* v_mov_b32 v2, s4 */
	0x7e060205,			/* v_mov_b32 v3, s5 */
	0x7e0c0206,			/* v_mov_b32 v6, s6 */
	0x7e0e0207,			/* v_mov_b32 v7, s7 */
	0x7e0802ff, 0x66666666,		/* v_mov_b32 v4, 0x66666666 */
	0x7e0a0304,			/* v_mov_b32 v5, v4 */
};

/* What each does then, and s_nop 0 */
static const uint32_t middle[KERNELS][5] = {
	[KERNEL_LOAD] = {
		0xdc548000, 0x047f0002,	/* global_load_dwordx2 v[4:5], v[2:3], off */
		0xbf800000, 0xbf800000, 0xbf800000,
	},
	[KERNEL_FLAT_LOAD] = {
		0xdc540000, 0x04000002,	/* flat_load_dwordx2 v[4:5], v[2:3] */
		0xbf800000, 0xbf800000, 0xbf800000,
	},
	[KERNEL_SCALAR_LOAD] = {
		0xc0060202, 0x00000000,	/* s_load_dwordx2 s[8:9], s[4:5], 0x0 */
		0xbf8cc07f,		/* s_waitcnt lgkmcnt(0) */
		0x7e080208,		/* v_mov_b32 v4, s8 */
		0x7e0a0209,		/* v_mov_b32 v5, s9 */
	},
	[KERNEL_STORE] = {
		0xdc748000, 0x007f0402,	/* global_store_dwordx2 v[2:3], v[4:5], off */
		0xbf800000, 0xbf800000, 0xbf800000,
	},
	[KERNEL_ATOMIC] = {
		0xdd888000, 0x007f0402,	/* global_atomic_add_x2 v[2:3], v[4:5], off */
		0xbf800000, 0xbf800000, 0xbf800000,
	},
	[KERNEL_JUMP] = {
		0xbe801d04,		/* s_setpc_b64 s[4:5] */
		0xbf800000, 0xbf800000, 0xbf800000, 0xbf800000,
	},
};

static const uint32_t end[] = {
	0xbf8c0070,			/* s_waitcnt vmcnt(0) lgkmcnt(0) */
	0xdc748000, 0x007f0406,		/* global_store_dwordx2 v[6:7], v[4:5], off */
	0xbf8c0f70,			/* s_waitcnt vmcnt(0) */
	S_ENDPGM,
};

/**
 * struct descriptor - of a kernel
 * @sizes: of group and private memory and of the arguments; the last one is reserved
 * @entry: bytes from here to the code
 * @reserved: 0
 * @rsrc3: the first AGPR (gfx90a and later)
 * @rsrc1: registers, the modes of floating point
 * @rsrc2: what else comes in SGPRs
 * @properties: what comes in the first SGPRs
 * @pad: 0
 */
struct descriptor {
	uint32_t sizes[4];
	int64_t entry;
	uint8_t reserved[20];
	uint32_t rsrc3;
	uint32_t rsrc1;
	uint32_t rsrc2;
	uint16_t properties;
	uint8_t pad[6];
};

void kernel_put(void *memory, enum kernel kernel, uint64_t at, void *out)
{
	uint64_t args[2] = { at, (uintptr_t)out };
	/* 16 VGPRs; on gfx942 32, the last 24 of them AGPRs. The address of @args in s[0:1] */
	struct descriptor desc = {
		.entry = 256, .rsrc1 = 3 | 0xc0000, .rsrc2 = 2 << 1, .rsrc3 = 1, .properties = 8,
	};

	memcpy(memory, &desc, sizeof(desc));
	memcpy(memory + 128, args, sizeof(args));
	memory += 256;
	memcpy(memory, begin, sizeof(begin));
	memory += sizeof(begin);
	memcpy(memory, middle[kernel], sizeof(middle[kernel]));
	memory += sizeof(middle[kernel]);
	memcpy(memory, end, sizeof(end));
}

void aql_dispatch(struct kfd_queue *queue, const void *memory, const struct signal *completion)
{
	uint32_t *slot = (uint32_t *)queue->ring.va + queue->dwords % (queue->args.ring_size / 4);
	uint32_t words[16] = { [1] = 1 | 1 << 16, [2] = 1, [3] = 1, [4] = 1, [5] = 1 };
	uint64_t object = (uintptr_t)memory, arguments = object + 128;
	uint64_t signal = (uintptr_t)completion;

	memcpy(words + 8, &object, sizeof(object));
	memcpy(words + 10, &arguments, sizeof(arguments));
	memcpy(words + 14, &signal, sizeof(signal));
	memcpy(slot + 1, words + 1, sizeof(words) - sizeof(words[0]));
	/* In three dimensions; system scope on both sides */
	__atomic_store_n(slot, 2 | 2 << 9 | 2 << 11 | 3 << 16, __ATOMIC_RELEASE);
	queue->dwords += 16;
}
