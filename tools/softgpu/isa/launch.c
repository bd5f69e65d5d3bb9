// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * How a kernel begins: from its descriptor to the first registers of its waves.
 *
 * Source: "User Guide for AMDGPU Backend" of LLVM: Kernel Descriptor, Initial Kernel Execution
 * State, of GFX9 and GFX942.
 */
#include <stdlib.h>
#include <string.h>

#include "group.h"

/* Byte offsets in a kernel descriptor */
enum {
	KD_GROUP_SIZE = 0, KD_PRIVATE_SIZE = 4, KD_ENTRY = 16, KD_RSRC3 = 44, KD_RSRC1 = 48,
	KD_RSRC2 = 52, KD_PROPERTIES = 56,
};

/* COMPUTE_PGM_RSRC2 */
#define RSRC2_SCRATCH		0x1u
#define RSRC2_USER_SGPRS(r)	((r) >> 1 & 0x1f)
#define RSRC2_GROUP_ID		0x80u	/* and the next two for y and z */
#define RSRC2_GROUP_INFO	0x400u
#define RSRC2_ITEM_ID(r)	((r) >> 11 & 3)

/* kernel_code_properties */
#define KERNEL_PRIVATE_BUFFER	0x1u
#define KERNEL_DISPATCH_PTR	0x2u
#define KERNEL_QUEUE_PTR	0x4u
#define KERNEL_KERNARG_PTR	0x8u
#define KERNEL_DISPATCH_ID	0x10u
#define KERNEL_FLAT_SCRATCH	0x20u
#define KERNEL_PRIVATE_SIZE	0x40u
#define KERNEL_WAVE32		0x400u

static uint64_t field(const void *descriptor, unsigned int offset, unsigned int size)
{
	uint64_t value = 0;

	memcpy(&value, (const char *)descriptor + offset, size);
	return value;
}

static bool set_registers(struct isa_kernel *k)
{
	unsigned int granule = k->target == ISA_GFX942 ? 8 : 4;
	unsigned int all = ((k->rsrc1 & 0x3f) + 1) * granule;

	k->num_vgprs = all;
	k->num_agprs = 0;
	if (k->target == ISA_GFX942) {
		k->num_vgprs = ((k->rsrc3 & 0x3f) + 1) * 4;
		if (k->num_vgprs > all)
			return false;
		k->num_agprs = all - k->num_vgprs;
	}
	return k->num_vgprs <= 256 && k->num_agprs <= 256;
}

int isa_kernel_init_registers(struct isa_kernel *k, enum isa_target target,
			      const struct isa_dispatch *d, uint32_t rsrc1, uint32_t rsrc2,
			      uint32_t rsrc3)
{
	unsigned int items = 1;

	memset(k, 0, sizeof(*k));
	k->target = target;
	k->dispatch = *d;
	k->dispatch.user = NULL;
	if (d->user)
		memcpy(k->user, d->user, sizeof(k->user));
	k->num_groups = 1;
	for (unsigned int i = 0; i < 3; i++) {
		if (!d->grid[i] || !d->group[i])
			return SOFTGPU_DISPATCH_DIM;
		if (d->group[i] > ISA_MAX_GROUP_SIZE / items)
			return SOFTGPU_DISPATCH_GROUP;
		items *= d->group[i];
		k->groups[i] = (d->grid[i] - 1) / d->group[i] + 1;
		if (__builtin_mul_overflow(k->num_groups, k->groups[i], &k->num_groups))
			return SOFTGPU_DISPATCH_DIM;
	}
	if (d->lds_size > ISA_MAX_LDS)
		return SOFTGPU_DISPATCH_LDS;
	k->waves = (items + ISA_LANES - 1) / ISA_LANES;
	k->lds_size = (d->lds_size + 511) & ~511u;
	k->entry = d->object;
	k->rsrc1 = rsrc1;
	k->rsrc2 = rsrc2;
	k->rsrc3 = rsrc3;
	return set_registers(k) ? 0 : SOFTGPU_DISPATCH_REGISTERS;
}

int isa_kernel_init(struct isa_kernel *k, enum isa_target target, const struct isa_dispatch *d,
		    const void *descriptor)
{
	int ret = isa_kernel_init_registers(k, target, d, field(descriptor, KD_RSRC1, 4),
					    field(descriptor, KD_RSRC2, 4),
					    field(descriptor, KD_RSRC3, 4));

	if (ret)
		return ret;
	k->entry += field(descriptor, KD_ENTRY, 8);
	k->properties = field(descriptor, KD_PROPERTIES, 2);
	return k->properties & KERNEL_WAVE32 ? SOFTGPU_DISPATCH_CODE : 0;
}

static unsigned int put64(struct isa_wave *w, unsigned int reg, uint64_t value)
{
	isa_set_sreg64(w, reg, value);
	return reg + 2;
}

/* In the order of the bits that ask for them; then, behind all user SGPRs, those of the system */
static void set_sgprs(const struct isa_kernel *k, const struct isa_group *g, struct isa_wave *w)
{
	const struct isa_dispatch *d = &k->dispatch;
	unsigned int reg = 0;

	memcpy(w->sgprs, k->user, sizeof(k->user));
	if (k->properties & KERNEL_PRIVATE_BUFFER) {
		memcpy(w->sgprs, d->scratch_rsrc, sizeof(d->scratch_rsrc));
		reg = 4;
	}
	if (k->properties & KERNEL_DISPATCH_PTR)
		reg = put64(w, reg, d->packet);
	if (k->properties & KERNEL_QUEUE_PTR)
		reg = put64(w, reg, d->queue);
	if (k->properties & KERNEL_KERNARG_PTR)
		reg = put64(w, reg, d->kernarg);
	if (k->properties & KERNEL_DISPATCH_ID)
		reg = put64(w, reg, d->id);
	if (k->properties & KERNEL_FLAT_SCRATCH)
		reg = put64(w, reg, d->scratch);
	if (k->properties & KERNEL_PRIVATE_SIZE)
		w->sgprs[reg++] = (d->private_size + 3) & ~3u;
	if (reg < RSRC2_USER_SGPRS(k->rsrc2))
		reg = RSRC2_USER_SGPRS(k->rsrc2);
	for (unsigned int i = 0; i < 3; i++) {
		if (k->rsrc2 & RSRC2_GROUP_ID << i)
			w->sgprs[reg++] = g->id[i];
	}
	if (k->rsrc2 & RSRC2_GROUP_INFO)
		w->sgprs[reg++] = (w->index ? 0 : 1u << 31) | g->num_waves;
	if (k->target == ISA_GFX942)
		isa_set_sreg64(w, ISA_FLAT_SCRATCH, w->scratch);
	else if (k->rsrc2 & RSRC2_SCRATCH)
		w->sgprs[reg++] = w->slot * d->scratch_wave;
}

/*
 * @size: of the workgroup, which is smaller at the end of the grid. Who asks for x alone may take
 * all of v0 for it, also where there would be room for y and z.
 */
static void set_vgprs(const struct isa_kernel *k, struct isa_wave *w, const uint32_t *size)
{
	unsigned int more = RSRC2_ITEM_ID(k->rsrc2);
	bool packed = k->target == ISA_GFX942;
	uint64_t exec = 0;

	for (unsigned int i = 0; i < ISA_LANES; i++) {
		uint32_t item = w->index * ISA_LANES + i;
		uint32_t x = item % size[0], y = item / size[0] % size[1];
		uint32_t z = item / (size[0] * size[1]);

		if (z >= size[2])
			break;
		exec |= 1ULL << i;
		w->vgprs[i] = x;
		if (more > 0)
			w->vgprs[packed ? i : ISA_LANES + i] |= packed ? y << 10 : y;
		if (more > 1)
			w->vgprs[packed ? i : 2 * ISA_LANES + i] |= packed ? z << 20 : z;
	}
	isa_set_sreg64(w, ISA_EXEC, exec);
}

static uint32_t first_mode(const struct isa_kernel *k)
{
	return (k->rsrc1 >> 12 & 0xff) | (k->rsrc1 >> 21 & 1 ? ISA_MODE_DX10_CLAMP : 0) |
	       (k->rsrc1 >> 23 & 1 ? ISA_MODE_IEEE : 0) |
	       (k->rsrc1 >> 26 & 1 ? ISA_MODE_FP16_OVFL : 0);
}

#define HEAD ((sizeof(struct isa_group) + 63) & ~63UL)

static size_t registers_size(const struct isa_kernel *k)
{
	return (k->num_vgprs + k->num_agprs) * ISA_VGPR_SIZE;
}

size_t isa_group_size(const struct isa_kernel *k)
{
	return HEAD + k->waves * (sizeof(struct isa_wave) + registers_size(k)) + k->lds_size;
}

struct isa_group *isa_group_new(const struct isa_kernel *k, uint64_t index, unsigned int slot)
{
	size_t regs = registers_size(k);
	uint32_t size[3], items = 1;
	struct isa_group *g;

	g = aligned_alloc(64, isa_group_size(k));
	if (!g)
		return NULL;
	memset(g, 0, isa_group_size(k));
	g->target = k->target;
	g->kernel = k->id;
	g->waves = (struct isa_wave *)((char *)g + HEAD);
	g->lds = (uint8_t *)(g->waves + k->waves);
	g->lds_size = k->lds_size;
	g->id[0] = index % k->groups[0];
	g->id[1] = index / k->groups[0] % k->groups[1];
	g->id[2] = index / k->groups[0] / k->groups[1];
	for (unsigned int i = 0; i < 3; i++) {
		uint32_t rest = k->dispatch.grid[i] - g->id[i] * k->dispatch.group[i];

		size[i] = rest < k->dispatch.group[i] ? rest : k->dispatch.group[i];
		items *= size[i];
	}
	g->num_waves = (items + ISA_LANES - 1) / ISA_LANES;
	for (unsigned int i = 0; i < g->num_waves; i++) {
		struct isa_wave *w = &g->waves[i];

		w->group = g;
		w->index = i;
		w->slot = slot + i;
		w->vgprs = (uint32_t *)(g->lds + k->lds_size + i * regs);
		w->agprs = w->vgprs + k->num_vgprs * ISA_LANES;
		w->num_vgprs = k->num_vgprs;
		w->num_agprs = k->num_agprs;
		w->pc = k->entry;
		w->scratch = k->dispatch.scratch + (uint64_t)w->slot * k->dispatch.scratch_wave;
		w->scratch_size = k->dispatch.scratch_wave / ISA_LANES;
		isa_set_mode(w, first_mode(k));
		set_vgprs(k, w, size);
		set_sgprs(k, g, w);
	}
	return g;
}

void isa_group_free(struct isa_group *group)
{
	free(group);
}
