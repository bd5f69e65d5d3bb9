// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Memory by vectors: DS, FLAT, SCRATCH, GLOBAL and MUBUF. With LDS as the destination of a
 * load from memory, and with what says whether a page was there (TFE), all are unknown.
 */
#include <errno.h>

#include "decode.h"

#define ALL_BITS	0x7fu

/* Data may be in AGPRs where there are any. */
static int data(struct decoder *d, struct isa_operand *arg, unsigned int reg, unsigned int acc)
{
	return isa_accumulator(arg, reg, d->insn.target == ISA_GFX942 && isa_bits(d, acc, 1));
}

static int ds(struct decoder *d)
{
	const struct isa_op *op = d->insn.op;
	unsigned int used = 0;
	int ret = 0;

	d->insn.gds = isa_bits(d, 16, 1);
	if ((d->insn.gds && op->flags & ISA_LDS_ONLY) || (!d->insn.gds && op->flags & ISA_GDS_ONLY))
		return -EINVAL;
	d->insn.offset = isa_bits(d, 0, 16);
	d->insn.has_offset = true;
	for (unsigned int i = 0; i < d->insn.num_args && !ret; i++) {
		struct isa_operand *arg = &d->insn.args[i];
		unsigned int n = op->args[i].field - ISA_DADDR;

		used |= 1u << n;
		if (n || op->flags & ISA_GDS_ONLY)
			ret = data(d, arg, isa_bits(d, 32 + 8 * n, 8), 25);
		else
			ret = isa_vgpr(arg, isa_bits(d, 32, 8));
	}
	if (!used && isa_bits(d, 25, 1))
		return -EINVAL;
	for (unsigned int n = 0; n < 4; n++) {
		if (!(used & 1u << n) && isa_bits(d, 32 + 8 * n, 8))
			return -EINVAL;
	}
	return used || op->flags & ISA_GDS_ONLY || !d->insn.offset ? ret : -EINVAL;
}

static void cache(struct decoder *d, unsigned int glc, unsigned int slc, unsigned int sc1)
{
	d->insn.cache = isa_bits(d, glc, 1) ? ISA_GLC : 0;
	if (isa_bits(d, slc, 1))
		d->insn.cache |= ISA_SLC;
	if (isa_bits(d, sc1, 1) && d->insn.target == ISA_GFX942)
		d->insn.cache |= ISA_SC1;
}

static int off(struct isa_operand *arg)
{
	arg->kind = ISA_OFF;
	return 0;
}

static int flat_address(struct decoder *d, struct isa_operand *arg)
{
	unsigned int saddr = isa_bits(d, 48, 7);
	bool vaddr = true;

	if (d->insn.op->format == ISA_GLOBAL && saddr != ALL_BITS)
		arg->type = ISA_B32;
	if (d->insn.op->format == ISA_SCRATCH)
		vaddr = d->insn.target == ISA_GFX942 ? isa_bits(d, 13, 1) : saddr == ALL_BITS;
	return vaddr ? isa_vgpr(arg, isa_bits(d, 32, 8)) : off(arg);
}

static int flat_operand(struct decoder *d, unsigned int field, struct isa_operand *arg)
{
	unsigned int saddr = isa_bits(d, 48, 7);

	switch (field) {
	case ISA_FDST:
		/* An atomic returns what was there only if it says so. */
		if (d->insn.op->flags & ISA_ATOMIC && !(d->insn.cache & ISA_GLC))
			return 0;
		return data(d, arg, isa_bits(d, 56, 8), 55);
	case ISA_FDATA:
		return data(d, arg, isa_bits(d, 40, 8), 55);
	case ISA_ADDR:
		return flat_address(d, arg);
	case ISA_SADDR:
		return saddr == ALL_BITS ? off(arg) : isa_sgpr(arg, saddr);
	default:
		return -EINVAL;
	}
}

static int flat(struct decoder *d)
{
	const struct isa_op *op = d->insn.op;
	bool sve = op->format == ISA_SCRATCH && d->insn.target == ISA_GFX942;
	int ret = 0;

	cache(d, 16, 17, 25);
	if ((isa_bits(d, 13, 1) && !sve) || (op->format == ISA_FLAT && isa_bits(d, 48, 7)))
		return -EINVAL;
	d->insn.offset = isa_bits(d, 0, 13);
	if (op->format != ISA_FLAT && d->insn.offset & 0x1000)
		d->insn.offset -= 0x2000;
	d->insn.has_offset = true;
	for (unsigned int i = 0; i < d->insn.num_args && !ret; i++)
		ret = flat_operand(d, op->args[i].field, &d->insn.args[i]);
	return ret;
}

static int buffer(struct decoder *d)
{
	struct isa_operand *args = d->insn.args;
	unsigned int mode = isa_bits(d, 12, 2);
	unsigned int offset = isa_bits(d, 56, 8);
	bool old = d->insn.target == ISA_GFX906;
	int ret;

	cache(d, 14, 17, 15);
	if (isa_bits(d, 16, 1))
		return -EINVAL;
	if (!d->insn.num_args) {
		d->insn.cache &= ~ISA_SLC;
		if (mode || isa_bits(d, 55, 1) ||
		    (d->insn.op->flags & ISA_NO_CACHE && isa_bits(d, 14, 2)))
			return -EINVAL;
		return 0;
	}
	if (old && isa_bits(d, 55, 1))
		return -EINVAL;
	d->insn.offen = mode & 1;
	d->insn.idxen = mode >> 1;
	d->insn.offset = isa_bits(d, 0, 12);
	d->insn.has_offset = true;
	args[1].type = mode == 3 ? ISA_B64 : ISA_B32;
	ret = data(d, &args[0], isa_bits(d, 40, 8), 55);
	if (!ret)
		ret = mode ? isa_vgpr(&args[1], isa_bits(d, 32, 8)) : off(&args[1]);
	if (!ret)
		ret = isa_sgpr(&args[2], isa_bits(d, 48, 5) << 2);
	if (!ret)
		ret = offset == ISA_LITERAL ? -EINVAL : isa_source(d, &args[3], offset);
	return ret;
}

int isa_decode_memory(struct decoder *d)
{
	switch (d->insn.op->format) {
	case ISA_DS:
		return ds(d);
	case ISA_MUBUF:
		return buffer(d);
	default:
		return flat(d);
	}
}
