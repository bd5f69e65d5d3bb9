// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * isa-words TARGET SEED COUNT: random instructions and what the decoder makes of them
 *
 * A line for each: the words in the syntax of llvm-mc -disassemble, a tab, and the text or
 * nothing if the words are no instruction. The words are as many as the instruction has, or
 * two. Each row of the table comes up as often as all others.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "isa.h"

static uint64_t state;

static uint32_t next(void)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return state >> 32;
}

static uint32_t below(uint32_t limit)
{
	return (uint64_t)next() * limit >> 32;
}

/* How a format's words begin: fixed bits, and where in the first word the opcode is */
static const struct {
	uint32_t fixed;
	uint32_t mask;
	unsigned int shift;
	unsigned int bits;
} formats[ISA_FORMATS] = {
	[ISA_SOP2] = { 0x80000000, 0xc0000000, 23, 7 },
	[ISA_SOPK] = { 0xb0000000, 0xf0000000, 23, 5 },
	[ISA_SOP1] = { 0xbe800000, 0xff800000, 8, 8 },
	[ISA_SOPC] = { 0xbf000000, 0xff800000, 16, 7 },
	[ISA_SOPP] = { 0xbf800000, 0xff800000, 16, 7 },
	[ISA_SMEM] = { 0xc0000000, 0xfc000000, 18, 8 },
	[ISA_VOP1] = { 0x7e000000, 0xfe000000, 9, 8 },
	[ISA_VOP2] = { 0x00000000, 0x80000000, 25, 6 },
	[ISA_VOPC] = { 0x7c000000, 0xfe000000, 17, 8 },
	[ISA_VOP3P] = { 0xd3800000, 0xff800000, 16, 7 },
	[ISA_DS] = { 0xd8000000, 0xfc000000, 17, 8 },
	[ISA_FLAT] = { 0xdc000000, 0xfc00c000, 18, 7 },
	[ISA_SCRATCH] = { 0xdc004000, 0xfc00c000, 18, 7 },
	[ISA_GLOBAL] = { 0xdc008000, 0xfc00c000, 18, 7 },
	[ISA_MUBUF] = { 0xe0000000, 0xfc000000, 18, 7 },
	[ISA_VOP3] = { 0xd0000000, 0xfc000000, 16, 10 },
};

/* Some fields are rarely random as programs have them, and are more often 0 or near it. */
static uint32_t some_word(void)
{
	switch (below(8)) {
	case 0:
		return below(64);
	case 1:
		return next() & next() & next();
	case 2:
		return 0xffffff00 | next();
	default:
		return next();
	}
}

/* Fields that most rows want to be 0 are so most of the time. */
static void tidy(unsigned int format, uint32_t words[2])
{
	if (format == ISA_VOP1 || format == ISA_VOP2 || format == ISA_VOPC) {
		if (!below(4))
			words[0] = (words[0] & ~0x1ffu) | 249;
		else if (!below(3))
			words[0] = (words[0] & ~0x1ffu) | 250;
		else
			return;
		if (below(4))
			words[1] &= ~(0x003a00f8u << 8);
		if (below(2))
			words[1] &= 0x00ffffff;
		if (below(2))
			words[1] &= 0xff0fffff;
	}
	if (format == ISA_VOP3P) {
		if (!below(3))
			words[0] &= 0xffffdbff;
		if (!below(3))
			words[1] &= 0x7803ffff;
		if (below(2))
			words[1] |= 0x04020100;
	}
	if (format == ISA_DS) {
		static const uint32_t used[] = { 0xff, 0xffff, 0xffffff, 0xff0000ff, 0xff00ffff };

		if (below(4))
			words[1] &= used[below(5)];
		if (below(4))
			words[0] &= ~(1u << 16);
	}
	if (format >= ISA_FLAT && below(4))
		words[0] &= format == ISA_MUBUF ? ~(1u << 16) : ~(1u << 13);
	if (format == ISA_FLAT && below(4))
		words[1] &= ~(0x7fu << 16);
	if ((format == ISA_GLOBAL || format == ISA_SCRATCH) && below(2))
		words[1] |= 0x7fu << 16;
	if (format != ISA_VOP3)
		return;
	if (below(4))
		words[1] &= 0x07ffffff;
	if (below(4))
		words[0] &= 0xffff78ff;
	if (below(2))
		words[1] &= below(4) ? 0xf803ffff : 0xf80001ff;
	for (unsigned int i = 0; i < 27; i += 9) {
		if (below(2))
			words[1] |= 256u << i;
	}
}

static void make(enum isa_target target, uint32_t words[2])
{
	const struct isa_op *op = &isa_ops[below(isa_num_ops)];
	unsigned int format = op->format;
	uint32_t code = op->code[target];

	words[0] = some_word();
	words[1] = some_word();
	if (!below(16))
		return;
	/* Also numbers without a row, and those of the other target's rows */
	if (op->code[target] < 0 || !below(16))
		code = next();
	if (op->flags & ISA_HAS_E64 && below(2)) {
		code = isa_e64_code(format, code);
		format = ISA_VOP3;
	}
	code &= (1u << formats[format].bits) - 1;
	words[0] &= ~(formats[format].mask | ((1u << formats[format].bits) - 1) << formats[format].shift);
	words[0] |= formats[format].fixed | code << formats[format].shift;
	tidy(format, words);
}

/*
 * LLVM's printer does not survive selects of SDWA that are none: 7 of a source or the
 * destination, and 3 of what becomes of the destination's rest.
 */
static void spare_llvm(uint32_t words[2])
{
	if (words[0] >> 31 || (words[0] & 0x1ff) != 0xf9)
		return;
	if ((words[1] >> 24 & 7) == 7)
		words[1] &= ~(1u << 24);
	if ((words[1] >> 16 & 7) == 7)
		words[1] &= ~(1u << 16);
	if (words[0] >> 25 == 0x3e)
		return;
	if ((words[1] >> 8 & 7) == 7)
		words[1] &= ~(1u << 8);
	if ((words[1] >> 11 & 3) == 3)
		words[1] &= ~(1u << 11);
}

static void print(enum isa_target target, const uint32_t words[2])
{
	char text[256] = "";
	struct isa_insn insn;
	unsigned int num = 2;

	if (!isa_decode(target, words, 2, &insn)) {
		num = insn.words;
		isa_print(&insn, text, sizeof(text));
	}
	for (unsigned int i = 0; i < num * 4; i++)
		printf("%s0x%02x", i ? "," : "[", words[i / 4] >> i % 4 * 8 & 0xff);
	printf("]\t%s\n", text);
}

int main(int argc, char **argv)
{
	static const char *const names[] = { [ISA_GFX942] = "gfx942", [ISA_GFX906] = "gfx906" };
	unsigned int target = 0;

	while (target < ISA_TARGETS && (argc < 2 || strcmp(argv[1], names[target])))
		target++;
	if (argc != 4 || target == ISA_TARGETS) {
		fprintf(stderr, "usage: isa-words gfx942|gfx906 SEED COUNT\n");
		return 2;
	}
	state = strtoull(argv[2], NULL, 0);
	for (unsigned long left = strtoul(argv[3], NULL, 0); left; left--) {
		uint32_t words[2];

		make(target, words);
		spare_llvm(words);
		print(target, words);
	}
	return 0;
}
