/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * A wave for tests of single instructions.
 *
 * What lives here: a wave with registers and memory, instructions by their names with operands
 * that tests know or change. What does not: encodings, which test_isa_decode.c and 12-isa test,
 * and values that are expected.
 *
 * The names of all rows that were executed go to the file that the environment names in
 * ISA_TESTED, if it does: "test row" in each line.
 */
#ifndef MACHINE_H
#define MACHINE_H

#include "harness.h"
#include "isa/group.h"

/* Where insn() puts operands: the n-th destination and source of their kinds */
#define VDST(n)		(16 + 32 * (n))
#define VSRC(n)		(64 + 32 * (n))
#define SDST(n)		(16 + 16 * (n))
#define SSRC(n)		(48 + 16 * (n))

/**
 * struct machine - a wave and what it needs
 * @vm: its memory, see harness.h
 * @group: a workgroup of one wave
 * @w: that wave: 256 VGPRs, 256 AGPRs, all zero at first, all lanes active
 * @slot: the instruction that insn() has made
 * @env: what the wave reaches
 * @run: who executes it
 * @interrupts: how often it has sent a message
 * @interrupt: the last one
 */
struct machine {
	struct vm *vm;
	struct isa_group group;
	struct isa_wave *w;
	struct isa_slot slot;
	struct isa_env env;
	struct isa_runner run;
	unsigned int interrupts;
	uint32_t interrupt;
};

struct machine *machine_new(enum isa_target target);
void machine_free(struct machine *m);

/**
 * insn() - an instruction by its name
 * @m: where it is made: in @m->slot
 * @name: of a row that the target has
 *
 * Operands are registers as above: VGPRs, AGPRs or SGPRs as the row wants them, the carry in
 * VCC. Immediates are 0, op_sel_hi is all ones, there are no modifiers. Tests may change all of it
 * before execute().
 *
 * Return: the instruction
 */
struct isa_insn *insn(struct machine *m, const char *name);

/* Execute what insn() has made. The wave must not fail; or must, with @error. */
void execute(struct machine *m);
void execute_fails(struct machine *m, enum isa_error error);

/* Both: for what has the operands where insn() puts them */
void run_insn(struct machine *m, const char *name);

/* Operands in the place of those of insn() */
struct isa_operand sgpr(enum isa_type type, unsigned int reg);
struct isa_operand vgpr(enum isa_type type, unsigned int reg);
struct isa_operand constant(enum isa_type type, uint64_t value);

/* Memory from outside the wave, whose thread has it locked; translations are forgotten. */
void put_memory(struct machine *m, uint64_t va, const void *buf, uint64_t len);
void get_memory(struct machine *m, uint64_t va, void *buf, uint64_t len);

/* All lanes of a register */
static inline uint32_t *v(struct machine *m, unsigned int reg)
{
	return m->w->vgprs + reg * ISA_LANES;
}

static inline uint32_t *acc(struct machine *m, unsigned int reg)
{
	return m->w->agprs + reg * ISA_LANES;
}

static inline uint64_t v64(struct machine *m, unsigned int reg, unsigned int lane)
{
	return v(m, reg)[lane] | (uint64_t)v(m, reg + 1)[lane] << 32;
}

static inline void set_v64(struct machine *m, unsigned int reg, unsigned int lane, uint64_t value)
{
	v(m, reg)[lane] = value;
	v(m, reg + 1)[lane] = value >> 32;
}

static inline void set_exec(struct machine *m, uint64_t exec)
{
	isa_set_sreg64(m->w, ISA_EXEC, exec);
}

/* Numbers without an order, always the same ones */
uint32_t random32(void);
uint64_t random64(void);
/* Values at the ends of ranges come up often. */
uint32_t edgy32(void);
uint64_t edgy64(void);

#endif
