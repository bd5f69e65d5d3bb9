/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What the tests of vector memory instructions have in common: the forms of data, by byte.
 */
#ifndef FORMS_H
#define FORMS_H

#include "machine.h"

enum half { WHOLE, LOWER, UPPER };

/**
 * struct form - how a load or a store has its data
 * @name: of the row, behind the name of the format
 * @size: bytes in memory
 * @sign: a load extends the sign
 * @half: which part of a register
 */
struct form {
	const char *name;
	unsigned int size;
	bool sign;
	enum half half;
};

static const struct form form_loads[] = {
	{ "load_ubyte", 1, false, WHOLE },
	{ "load_sbyte", 1, true, WHOLE },
	{ "load_ushort", 2, false, WHOLE },
	{ "load_sshort", 2, true, WHOLE },
	{ "load_dword", 4, false, WHOLE },
	{ "load_dwordx2", 8, false, WHOLE },
	{ "load_dwordx3", 12, false, WHOLE },
	{ "load_dwordx4", 16, false, WHOLE },
	{ "load_ubyte_d16", 1, false, LOWER },
	{ "load_ubyte_d16_hi", 1, false, UPPER },
	{ "load_sbyte_d16", 1, true, LOWER },
	{ "load_sbyte_d16_hi", 1, true, UPPER },
	{ "load_short_d16", 2, false, LOWER },
	{ "load_short_d16_hi", 2, false, UPPER },
	{ NULL, 0, false, WHOLE },
};

static const struct form form_stores[] = {
	{ "store_byte", 1, false, WHOLE },
	{ "store_byte_d16_hi", 1, false, UPPER },
	{ "store_short", 2, false, WHOLE },
	{ "store_short_d16_hi", 2, false, UPPER },
	{ "store_dword", 4, false, WHOLE },
	{ "store_dwordx2", 8, false, WHOLE },
	{ "store_dwordx3", 12, false, WHOLE },
	{ "store_dwordx4", 16, false, WHOLE },
	{ NULL, 0, false, WHOLE },
};

/* The registers of a lane after a load of @bytes: they have what was there before. */
static inline void form_load(const struct form *form, const uint8_t *bytes, uint32_t *regs)
{
	uint8_t reg[4];

	if (form->size >= 4) {
		for (unsigned int i = 0; i < form->size; i++) {
			if (i % 4 == 0)
				regs[i / 4] = 0;
			regs[i / 4] += bytes[i] * (1u << 8 * (i % 4));
		}
		return;
	}
	for (unsigned int i = 0; i < 4; i++)
		reg[i] = regs[0] / (1u << 8 * i);
	for (unsigned int i = 0; i < (form->half == WHOLE ? 4 : 2); i++) {
		uint8_t fill = form->sign && bytes[form->size - 1] >= 0x80 ? 0xff : 0;

		reg[i + (form->half == UPPER ? 2 : 0)] = i < form->size ? bytes[i] : fill;
	}
	regs[0] = reg[0] + reg[1] * 0x100u + reg[2] * 0x10000u + reg[3] * 0x1000000u;
}

/* What a store of the registers of a lane writes */
static inline void form_store(const struct form *form, const uint32_t *regs, uint8_t *bytes)
{
	for (unsigned int i = 0; i < form->size; i++) {
		unsigned int byte = i + (form->half == UPPER ? 2 : 0);

		bytes[i] = regs[byte / 4] / (1u << 8 * (byte % 4));
	}
}

/* An instruction of a format: "global_" and the form's name */
static inline struct isa_insn *form_insn(struct machine *m, const char *format,
					 const struct form *form)
{
	char name[64];

	snprintf(name, sizeof(name), "%s%s", format, form->name);
	return insn(m, name);
}

/* Four registers of a lane, and back */
static inline void get_regs(struct machine *m, unsigned int reg, unsigned int lane, uint32_t *regs)
{
	for (unsigned int d = 0; d < 4; d++)
		regs[d] = v(m, reg + d)[lane];
}

static inline void random_regs(struct machine *m, unsigned int reg)
{
	for (unsigned int i = 0; i < 4 * ISA_LANES; i++)
		v(m, reg)[i] = random32();
}

/* Memory by numbers */
static inline void put32(struct machine *m, uint64_t va, uint32_t value)
{
	put_memory(m, va, &value, 4);
}

static inline void put64(struct machine *m, uint64_t va, uint64_t value)
{
	put_memory(m, va, &value, 8);
}

static inline uint32_t get32(struct machine *m, uint64_t va)
{
	uint32_t value;

	get_memory(m, va, &value, 4);
	return value;
}

static inline uint64_t get64(struct machine *m, uint64_t va)
{
	uint64_t value;

	get_memory(m, va, &value, 8);
	return value;
}

#endif
