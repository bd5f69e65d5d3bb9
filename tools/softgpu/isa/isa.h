/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The instruction set of the software GPU: gfx942 and gfx906, wave64.
 *
 * What lives here: what an instruction is once it is decoded, the table it comes from, and the
 * calls that decode and print it. What does not: what an instruction does
 * (exec.h).
 *
 * Known and left out, so that they decode as unknown: MIMG, MTBUF, VINTRP and EXP; the rows
 * that ops_*.h name at their tops; of MUBUF and FLAT what has LDS as another operand or TFE.
 */
#ifndef SOFTGPU_ISA_H
#define SOFTGPU_ISA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum isa_target {
	ISA_GFX942,
	ISA_GFX906,
	ISA_TARGETS,
};

enum isa_format {
	ISA_SOP2,
	ISA_SOPK,
	ISA_SOP1,
	ISA_SOPC,
	ISA_SOPP,
	ISA_SMEM,
	ISA_VOP1,
	ISA_VOP2,
	ISA_VOPC,
	ISA_VOP3,
	ISA_VOP3P,
	ISA_DS,
	ISA_FLAT,
	ISA_SCRATCH,
	ISA_GLOBAL,
	ISA_MUBUF,
	ISA_FORMATS,
};

/* The numbers behind a format's opcodes */
#define ISA_CODES	1024

/*
 * Types of operands: B is for bits that are no number, V2 and V4 for several, and what is
 * wider than 64 bits has 32-bit elements
 */
#define ISA_TYPES(X)							\
	X(B16, 1) X(I16, 1) X(U16, 1) X(F16, 1)				\
	X(B32, 1) X(I32, 1) X(U32, 1) X(F32, 1)				\
	X(V2I16, 1) X(V2F16, 1) X(V2F32, 2)				\
	X(B64, 2) X(I64, 2) X(U64, 2) X(F64, 2)				\
	X(V4F64, 8) X(B96, 3) X(B128, 4) X(B256, 8) X(B512, 16) X(B1024, 32)

enum isa_type {
#define ISA_TYPE(name, dwords) ISA_##name,
	ISA_TYPES(ISA_TYPE)
#undef ISA_TYPE
};

/* Where an operand is in the words */
enum isa_field {
	ISA_NO_FIELD,
	ISA_SDST,	/* scalar destination */
	ISA_SDST_IN,	/* the same field as a source */
	ISA_SSRC0,
	ISA_SSRC0_REG,	/* never a constant */
	ISA_SSRC1,
	ISA_SIMM16,
	ISA_BRANCH,	/* in words, from the next instruction */
	ISA_WAITCNT,
	ISA_SENDMSG,
	ISA_HWREG,
	ISA_GPR_IDX,	/* in the place of the second scalar source */
	ISA_GPR_IDX16,	/* as SIMM16 */
	ISA_IMM32,	/* a literal that is always there */
	ISA_SDATA,
	ISA_SDATA_IN,
	ISA_SBASE,
	ISA_SOFFSET,	/* a register; the immediate is in isa_insn.offset */
	ISA_VDST,
	ISA_ADST,	/* an AGPR */
	ISA_VSDST,	/* an SGPR in its place; of VOPC in 32 bits VCC */
	ISA_SDST3,	/* the second destination of VOP3, in 32 bits VCC */
	ISA_SRC0,
	ISA_SRC1,
	ISA_SRC2,
	ISA_VSRC2,	/* a VGPR and nothing else */
	ISA_CARRY,	/* an SGPR in the place of SRC2, in 32 bits VCC */
	ISA_VSRC0,	/* a VGPR and nothing else */
	ISA_ASRC0,
	ISA_LANE0,	/* no VGPR */
	ISA_LANE1,
	ISA_ACDST,	/* a VGPR or an AGPR */
	ISA_AV0,
	ISA_AV1,
	ISA_ACC2,	/* of the same kind as ACDST, or a constant */
	ISA_DADDR,	/* of DS: these four in this order */
	ISA_DATA0,
	ISA_DATA1,
	ISA_DDST,
	ISA_FDST,	/* of FLAT, SCRATCH and GLOBAL; of an atomic only with ISA_GLC */
	ISA_ADDR,
	ISA_FDATA,
	ISA_SADDR,
	ISA_BDATA,	/* of MUBUF */
	ISA_BADDR,
	ISA_BRSRC,
	ISA_BOFFSET,
	ISA_KIMM,	/* a literal that is always there, as a source */
};

/* Which of the forms of a VOP1, VOP2 or VOPC an instruction has */
enum isa_encoding {
	ISA_E32,	/* also of all other formats */
	ISA_E64,
	ISA_DPP,
	ISA_SDWA,
};

/* Flags of a row: what it has, apart from the form that its format says */
#define ISA_HAS_E64	1u
#define ISA_HAS_DPP	2u
#define ISA_HAS_SDWA	4u
#define ISA_CLAMP	8u
#define ISA_OMOD	0x10u
#define ISA_OPSEL	0x20u
#define ISA_PACKED	0x40u
#define ISA_MIXED	0x80u	/* op_sel_hi: a source is an F16, op_sel: its upper half */
#define ISA_PAIRED	0x200u	/* two offsets of 8 bits */
#define ISA_LDS_ONLY	0x400u
#define ISA_GDS_ONLY	0x800u
#define ISA_ATOMIC	0x1000u
#define ISA_NO_CACHE	0x2000u	/* it has no bits for caches */
#define ISA_NEGATE	0x100u	/* a matrix's neg_lo in the place of blgp */
#define ISA_ACCUM	0x4000u	/* the destination is the last source, too */
#define ISA_HIGH	0x8000u	/* it writes the upper half of a register */
#define ISA_WRITES_EXEC	0x10000u
#define ISA_WHOLE_DST	0x20000u	/* SDWA has parts of the source only */

/* An instruction has at most so many operands */
#define ISA_ARGS	6

/**
 * struct isa_arg - an operand of a row
 * @field: enum isa_field
 * @type: enum isa_type
 * @mods: it can have ISA_NEG and ISA_ABS
 */
struct isa_arg {
	uint8_t field;
	uint8_t type;
	uint8_t mods;
};

/**
 * struct isa_op - a row of the table
 * @name: the mnemonic without the suffix of an encoding
 * @format: enum isa_format
 * @code: the opcode for each target, or -1
 * @flags: ISA_HAS_E64 and the like
 * @args: the operands as they are printed, until the first ISA_NO_FIELD
 */
struct isa_op {
	const char *name;
	uint8_t format;
	int16_t code[ISA_TARGETS];
	uint32_t flags;
	struct isa_arg args[ISA_ARGS];
};

enum isa_kind {
	ISA_NONE,
	ISA_SGPR,	/* also what has a number among them: VCC, TTMP, M0, EXEC */
	ISA_VGPR,
	ISA_AGPR,
	ISA_SPECIAL,	/* apertures and flags that can only be read */
	ISA_CONST,	/* inline or literal */
	ISA_OFF,	/* an address that is not there */
	ISA_IMM,	/* a field of the instruction, as its row's enum isa_field says */
};

/* Registers by their numbers as SGPRs, and ISA_SPECIAL */
#define ISA_FLAT_SCRATCH	102
#define ISA_XNACK_MASK		104
#define ISA_VCC			106
#define ISA_TTMP		108
#define ISA_M0			124
#define ISA_NULL		125
#define ISA_EXEC		126
#define ISA_SHARED_BASE		235
#define ISA_SHARED_LIMIT	236
#define ISA_PRIVATE_BASE	237
#define ISA_PRIVATE_LIMIT	238
#define ISA_POPS_WAVE_ID	239
#define ISA_VCCZ		251
#define ISA_EXECZ		252
#define ISA_SCC			253
#define ISA_LDS_DIRECT		254
/* Not a register: in isa_operand.reg of a constant that is the literal */
#define ISA_LITERAL		255

/* Modifiers of a source: first the absolute value, then the negation */
#define ISA_ABS		1u
#define ISA_NEG		2u
/* Of a part of a register, with its sign */
#define ISA_SEXT	4u

/*
 * isa_dpp.ctrl: up to 0xff four lanes' sources, 2 bits each; the first three of these and
 * NEWBCAST with a lane or a distance in bits 0-3
 */
#define ISA_DPP_ROW_SHL		0x100
#define ISA_DPP_ROW_SHR		0x110
#define ISA_DPP_ROW_ROR		0x120
#define ISA_DPP_WAVE_SHL	0x130
#define ISA_DPP_WAVE_ROL	0x134
#define ISA_DPP_WAVE_SHR	0x138
#define ISA_DPP_WAVE_ROR	0x13c
#define ISA_DPP_MIRROR		0x140
#define ISA_DPP_HALF_MIRROR	0x141
#define ISA_DPP_BCAST15		0x142
#define ISA_DPP_BCAST31		0x143
#define ISA_DPP_NEWBCAST	0x150

/**
 * struct isa_dpp - lanes of the first source from elsewhere
 * @ctrl: from where
 * @row_mask: which rows of 16 lanes are written
 * @bank_mask: which 4 lanes of each row
 * @bound_ctrl: a lane from nowhere is 0; else nothing is written
 */
struct isa_dpp {
	uint16_t ctrl;
	uint8_t row_mask;
	uint8_t bank_mask;
	bool bound_ctrl;
};

/**
 * struct isa_sdwa - parts of registers, as 0-3: a byte, 4-5: a word, 6: all
 * @dst_sel: what is written
 * @dst_unused: what becomes of the rest: 0: 0, 1: the sign, 2: as before
 * @src_sel: what is read of each source
 */
struct isa_sdwa {
	uint8_t dst_sel;
	uint8_t dst_unused;
	uint8_t src_sel[2];
};

/**
 * struct isa_operand - an operand of a decoded instruction
 * @kind: enum isa_kind
 * @type: enum isa_type
 * @reg: the first register's number; of a constant how it is encoded
 * @mods: ISA_ABS and the like
 * @value: of ISA_CONST: the bits as the type wants them, 64-bit integers extended; of ISA_IMM
 *	the field
 */
struct isa_operand {
	uint8_t kind;
	uint8_t type;
	uint16_t reg;
	uint8_t mods;
	uint64_t value;
};

/* Bits of isa_insn.cache, by their names on gfx906 and gfx942 */
#define ISA_GLC		1u
#define ISA_SC0		ISA_GLC
#define ISA_SLC		2u
#define ISA_NT		ISA_SLC
#define ISA_SC1		4u

/**
 * struct isa_insn - a decoded instruction
 * @op: its row
 * @target: enum isa_target
 * @encoding: enum isa_encoding
 * @words: its length
 * @num_args: how many of @args there are, in the order of the row's
 * @has_offset: @offset is there
 * @has_literal: @literal is there
 * @clamp: of the result
 * @omod: 1: the result times 2, 2: times 4, 3: half of it
 * @op_sel: a bit for the upper half of each of three sources and the destination
 * @op_sel_hi: the same as @op_sel of three sources, for the upper half of the result
 * @neg_lo: sources whose lower half is negated
 * @neg_hi: sources whose upper half is
 * @cbsz: of a matrix
 * @abid: of a matrix
 * @blgp: of a matrix
 * @dpp: if @encoding is ISA_DPP
 * @sdwa: if @encoding is ISA_SDWA
 * @cache: how memory is accessed, ISA_GLC and the like
 * @gds: of DS
 * @offen: of MUBUF: the address has an offset
 * @idxen: of MUBUF: the address has an index, before the offset
 * @literal: as it is in the words
 * @offset: in bytes, of an access to memory; with ISA_PAIRED two, in units of the data
 * @args: the operands
 */
struct isa_insn {
	const struct isa_op *op;
	uint8_t target;
	uint8_t encoding;
	uint8_t words;
	uint8_t num_args;
	bool has_offset;
	bool has_literal;
	bool clamp;
	uint8_t omod;
	uint8_t op_sel;
	uint8_t op_sel_hi;
	uint8_t neg_lo;
	uint8_t neg_hi;
	uint8_t cbsz;
	uint8_t abid;
	uint8_t blgp;
	struct isa_dpp dpp;
	struct isa_sdwa sdwa;
	uint8_t cache;
	bool gds;
	bool offen;
	bool idxen;
	uint32_t literal;
	int32_t offset;
	struct isa_operand args[ISA_ARGS];
};

extern const struct isa_op isa_ops[];
extern const unsigned int isa_num_ops;

/* How many registers an operand of each type has */
extern const uint8_t isa_dwords[];

/**
 * isa_find() - the row of an opcode
 * @target: of which target
 * @format: of which format
 * @code: the number
 *
 * Return: NULL if there is none.
 */
const struct isa_op *isa_find(enum isa_target target, enum isa_format format, unsigned int code);

/**
 * isa_e64_code() - the opcode in VOP3
 * @format: of a row
 * @code: the opcode there
 */
unsigned int isa_e64_code(enum isa_format format, unsigned int code);

/**
 * isa_decode() - decode the instruction at @words
 * @target: for which target
 * @words: the code
 * @num: how many words may be read there
 * @insn: filled only on success
 *
 * Return: 0; -EINVAL if that is no instruction that is known; -ENODATA if it is longer
 * than @num words.
 */
int isa_decode(enum isa_target target, const uint32_t *words, size_t num, struct isa_insn *insn);

/**
 * isa_print() - the text of an instruction
 * @insn: a decoded one
 * @buf: where the text goes
 * @size: of @buf
 *
 * Return: the length of the text, as snprintf(), and as there the text ends early if @size
 * is less than that.
 */
int isa_print(const struct isa_insn *insn, char *buf, size_t size);

#endif
