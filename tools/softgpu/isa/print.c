// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * From struct isa_insn to text, in the syntax of the assembler of LLVM.
 */
#include <stdarg.h>
#include <stdio.h>

#include "decode.h"

struct text {
	char *buf;
	size_t size;
	size_t len;
};

__attribute__((format(printf, 2, 3)))
static void put(struct text *t, const char *format, ...)
{
	size_t left = t->len < t->size ? t->size - t->len : 0;
	va_list ap;

	va_start(ap, format);
	t->len += vsnprintf(left ? t->buf + t->len : NULL, left, format, ap);
	va_end(ap);
}

/* Registers that have a name and halves with one */
static const char *pair(unsigned int reg)
{
	switch (reg & ~1u) {
	case ISA_FLAT_SCRATCH:
		return "flat_scratch";
	case ISA_XNACK_MASK:
		return "xnack_mask";
	case ISA_VCC:
		return "vcc";
	default:
		return "exec";
	}
}

static void tuple(struct text *t, const char *file, unsigned int reg, unsigned int dwords)
{
	if (dwords > 1)
		put(t, "%s[%u:%u]", file, reg, reg + dwords - 1);
	else
		put(t, "%s%u", file, reg);
}

static void sgpr(struct text *t, unsigned int reg, unsigned int dwords)
{
	if (reg < ISA_FLAT_SCRATCH)
		tuple(t, "s", reg, dwords);
	else if (reg >= ISA_TTMP && reg < ISA_M0)
		tuple(t, "ttmp", reg - ISA_TTMP, dwords);
	else if (reg == ISA_M0 || reg == ISA_NULL)
		put(t, "%s", reg == ISA_M0 ? "m0" : "null");
	else if (dwords > 1)
		put(t, "%s", pair(reg));
	else
		put(t, "%s_%s", pair(reg), reg & 1 ? "hi" : "lo");
}

static void special(struct text *t, unsigned int reg)
{
	static const char *const names[] = {
		[ISA_SHARED_BASE] = "shared_base",
		[ISA_SHARED_LIMIT] = "shared_limit",
		[ISA_PRIVATE_BASE] = "private_base",
		[ISA_PRIVATE_LIMIT] = "private_limit",
		[ISA_POPS_WAVE_ID] = "pops_exiting_wave_id",
		[ISA_VCCZ] = "vccz",
		[ISA_EXECZ] = "execz",
		[ISA_SCC] = "scc",
		[ISA_LDS_DIRECT] = "lds_direct",
	};

	put(t, "src_%s", names[reg]);
}

/* The floating point number that has an inline constant of these bits */
static const char *named_float(uint64_t bits, unsigned int type)
{
	static const char *const names[] = {
		"0.5", "-0.5", "1.0", "-1.0", "2.0", "-2.0", "4.0", "-4.0", "0.15915494",
	};

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (isa_inline_float(240 + i, type) == bits)
			return i == 8 && isa_is64(type) ? "0.15915494309189532" : names[i];
	}
	return NULL;
}

static void constant(struct text *t, const struct isa_insn *insn, const struct isa_operand *arg)
{
	bool wide = isa_is64(arg->type);
	int64_t value = arg->value;
	const char *name;

	if (arg->type <= ISA_U16 && arg->reg == ISA_LITERAL)
		value = (int32_t)insn->literal;
	else if (isa_is16(arg->type))
		value = (int16_t)value;
	else if (!wide)
		value = (int32_t)value;
	name = arg->type <= ISA_U16 ? NULL : named_float(arg->value, arg->type);
	if (value >= -16 && value <= 64)
		put(t, "%d", (int)value);
	else if (name)
		put(t, "%s", name);
	else if (arg->reg == ISA_LITERAL && !isa_is16(arg->type))
		put(t, "0x%x", insn->literal);
	else
		put(t, "0x%llx", (unsigned long long)arg->value);
}

static void waitcnt(struct text *t, unsigned int value)
{
	unsigned int vm = (value & 0xf) | (value >> 14 & 3) << 4;
	unsigned int exp = value >> 4 & 7;
	unsigned int lgkm = value >> 8 & 0xf;
	bool all = vm == 63 && exp == 7 && lgkm == 15;
	const char *space = "";

	if (vm != 63 || all) {
		put(t, "vmcnt(%u)", vm);
		space = " ";
	}
	if (exp != 7 || all) {
		put(t, "%sexpcnt(%u)", space, exp);
		space = " ";
	}
	if (lgkm != 15 || all)
		put(t, "%slgkmcnt(%u)", space, lgkm);
}

static void sendmsg(struct text *t, unsigned int value)
{
	static const char *const names[16] = {
		[1] = "MSG_INTERRUPT", "MSG_GS", "MSG_GS_DONE", "MSG_SAVEWAVE",
		"MSG_STALL_WAVE_GEN", "MSG_HALT_WAVES", "MSG_ORDERED_PS_DONE",
		"MSG_EARLY_PRIM_DEALLOC", "MSG_GS_ALLOC_REQ", "MSG_GET_DOORBELL",
		[15] = "MSG_SYSMSG",
	};
	static const char *const gs[] = { "GS_OP_NOP", "GS_OP_CUT", "GS_OP_EMIT", "GS_OP_EMIT_CUT" };
	static const char *const sys[8] = {
		[1] = "SYSMSG_OP_ECC_ERR_INTERRUPT", "SYSMSG_OP_REG_RD",
		"SYSMSG_OP_HOST_TRAP_ACK", "SYSMSG_OP_TTRACE_PC",
	};
	unsigned int id = value & 0xf;
	unsigned int op = value >> 4 & 7;
	unsigned int stream = value >> 8 & 3;

	if ((id == 2 && op >= 1 && op <= 3) || (id == 3 && op >= 1 && op <= 3))
		put(t, "sendmsg(%s, %s, %u)", names[id], gs[op], stream);
	else if (id == 3 && !op && !stream)
		put(t, "sendmsg(%s, %s)", names[id], gs[0]);
	else if (id == 15 && op <= 4 && sys[op] && op != 3 && !stream)
		put(t, "sendmsg(%s, %s)", names[id], sys[op]);
	else if (names[id] && id != 2 && id != 3 && id != 15 && !op && !stream)
		put(t, "sendmsg(%s)", names[id]);
	else if (value & ~0x37fu)
		put(t, "%u", value);
	else
		put(t, "sendmsg(%u, %u, %u)", id, op, stream);
}

static void hwreg(struct text *t, const struct isa_insn *insn, unsigned int value)
{
	static const char *const names[64] = {
		[1] = "MODE", "STATUS", "TRAPSTS", "HW_ID", "GPR_ALLOC", "LDS_ALLOC", "IB_STS",
		[15] = "SH_MEM_BASES", "TBA_LO", "TBA_HI", "TMA_LO", "TMA_HI",
		"XCC_ID", "SQ_PERF_SNAPSHOT_DATA", "SQ_PERF_SNAPSHOT_DATA1",
		"SQ_PERF_SNAPSHOT_PC_LO", "SQ_PERF_SNAPSHOT_PC_HI",
	};
	unsigned int reg = value & 0x3f;
	unsigned int first = value >> 6 & 0x1f;
	unsigned int bits = (value >> 11) + 1;

	if (names[reg] && (reg < 20 || insn->target == ISA_GFX942))
		put(t, "hwreg(HW_REG_%s", names[reg]);
	else
		put(t, "hwreg(%u", reg);
	if (first || bits != 32)
		put(t, ", %u, %u", first, bits);
	put(t, ")");
}

static void gpr_idx(struct text *t, unsigned int value)
{
	static const char *const names[] = { "SRC0", "SRC1", "SRC2", "DST" };
	const char *comma = "";

	if (value > 15) {
		put(t, "0x%x", value);
		return;
	}
	put(t, "gpr_idx(");
	for (unsigned int i = 0; i < 4; i++) {
		if (value & 1u << i) {
			put(t, "%s%s", comma, names[i]);
			comma = ",";
		}
	}
	put(t, ")");
}

static void field(struct text *t, const struct isa_insn *insn, unsigned int i)
{
	unsigned int value = insn->args[i].value;

	switch (insn->op->args[i].field) {
	case ISA_WAITCNT:
		waitcnt(t, value);
		break;
	case ISA_SENDMSG:
		sendmsg(t, value);
		break;
	case ISA_HWREG:
		hwreg(t, insn, value);
		break;
	case ISA_GPR_IDX:
	case ISA_GPR_IDX16:
		gpr_idx(t, value);
		break;
	case ISA_IMM32:
		constant(t, insn, &insn->args[i]);
		break;
	case ISA_SIMM16:
		put(t, insn->op->format == ISA_SOPK || value > 64 ? "0x%x" : "%u", value);
		break;
	default:
		put(t, "%u", value);
	}
}

static void bare(struct text *t, const struct isa_insn *insn, unsigned int i)
{
	const struct isa_operand *arg = &insn->args[i];
	unsigned int dwords = isa_dwords[arg->type];

	switch (arg->kind) {
	case ISA_SGPR:
		sgpr(t, arg->reg, dwords);
		break;
	case ISA_VGPR:
		tuple(t, "v", arg->reg, dwords);
		break;
	case ISA_AGPR:
		tuple(t, "a", arg->reg, dwords);
		break;
	case ISA_SPECIAL:
		special(t, arg->reg);
		break;
	case ISA_CONST:
		constant(t, insn, arg);
		break;
	case ISA_OFF:
		put(t, "off");
		break;
	case ISA_IMM:
		field(t, insn, i);
		break;
	}
}

static void operand(struct text *t, const struct isa_insn *insn, unsigned int i)
{
	unsigned int mods = insn->args[i].mods;
	bool spelled = mods == ISA_NEG && insn->args[i].kind == ISA_CONST;

	if (mods & ISA_NEG)
		put(t, spelled ? "neg(" : "-");
	if (mods & ISA_SEXT)
		put(t, "sext(");
	if (mods & ISA_ABS)
		put(t, "|");
	if (insn->op->args[i].field == ISA_KIMM)
		put(t, "0x%x", insn->literal);
	else
		bare(t, insn, i);
	if (mods & ISA_ABS)
		put(t, "|");
	if (mods & ISA_SEXT)
		put(t, ")");
	if (spelled)
		put(t, ")");
}

static void scalar_offset(struct text *t, const struct isa_insn *insn, bool reg)
{
	const char *sign = insn->offset < 0 ? "-" : "";
	unsigned int value = insn->offset < 0 ? -insn->offset : insn->offset;

	put(t, "%s%s0x%x", reg ? " offset:" : "", sign, value);
}

/* A number as the default's is not printed. */
static bool is_default(const struct isa_insn *insn)
{
	return insn->op->format == ISA_SOPP && insn->op->code[0] == 1 && !insn->args[0].value;
}

static void op_sel(struct text *t, const struct isa_insn *insn)
{
	unsigned int i, last = 2;

	if (!insn->op_sel)
		return;
	for (i = 0; i < insn->num_args; i++) {
		if (insn->op->args[i].field == ISA_SRC2)
			last = 3;
	}
	put(t, " op_sel:[");
	for (i = 0; i < last; i++)
		put(t, "%u,", insn->op_sel >> i & 1);
	put(t, "%u]", insn->op_sel >> 3 & 1);
}

static void dpp(struct text *t, const struct isa_insn *insn)
{
	static const char *const shifts[] = { "row_shl", "row_shr", "row_ror" };
	static const char *const waves[] = { "wave_shl", "wave_rol", "wave_shr", "wave_ror" };
	unsigned int ctrl = insn->dpp.ctrl;

	if (ctrl <= 0xff)
		put(t, " quad_perm:[%u,%u,%u,%u]", ctrl & 3, ctrl >> 2 & 3, ctrl >> 4 & 3, ctrl >> 6);
	else if (ctrl < ISA_DPP_WAVE_SHL)
		put(t, " %s:%u", shifts[(ctrl >> 4) - 0x10], ctrl & 0xf);
	else if (ctrl < ISA_DPP_MIRROR)
		put(t, " %s:1", waves[(ctrl >> 2) & 3]);
	else if (ctrl < ISA_DPP_BCAST15)
		put(t, "%s", ctrl == ISA_DPP_MIRROR ? " row_mirror" : " row_half_mirror");
	else if (ctrl < ISA_DPP_NEWBCAST)
		put(t, " row_bcast:%u", ctrl == ISA_DPP_BCAST15 ? 15 : 31);
	else
		put(t, " row_newbcast:%u", ctrl & 0xf);
	put(t, " row_mask:0x%x bank_mask:0x%x", insn->dpp.row_mask, insn->dpp.bank_mask);
	if (insn->dpp.bound_ctrl)
		put(t, " bound_ctrl:1");
}

static void sdwa(struct text *t, const struct isa_insn *insn)
{
	static const char *const parts[] = {
		"BYTE_0", "BYTE_1", "BYTE_2", "BYTE_3", "WORD_0", "WORD_1", "DWORD",
	};
	static const char *const rest[] = { "PAD", "SEXT", "PRESERVE" };

	if (insn->op->format != ISA_VOPC && !(insn->op->flags & ISA_WHOLE_DST))
		put(t, " dst_sel:%s dst_unused:UNUSED_%s", parts[insn->sdwa.dst_sel],
		    rest[insn->sdwa.dst_unused]);
	put(t, " src0_sel:%s", parts[insn->sdwa.src_sel[0]]);
	if (insn->op->format != ISA_VOP1)
		put(t, " src1_sel:%s", parts[insn->sdwa.src_sel[1]]);
}

/* A bit for each of @num sources */
static void bits(struct text *t, const char *name, unsigned int value, unsigned int num)
{
	put(t, " %s:[", name);
	for (unsigned int i = 0; i < num; i++)
		put(t, "%s%u", i ? "," : "", value >> i & 1);
	put(t, "]");
}

static void packed(struct text *t, const struct isa_insn *insn)
{
	unsigned int num = insn->num_args - 1;
	bool mixed = insn->op->flags & ISA_MIXED;

	if (insn->op_sel)
		bits(t, "op_sel", insn->op_sel, num);
	if (insn->op_sel_hi != (mixed ? 0 : (1u << num) - 1))
		bits(t, "op_sel_hi", insn->op_sel_hi, num);
	if (insn->neg_lo && !mixed)
		bits(t, "neg_lo", insn->neg_lo, num);
	if (insn->neg_hi && !mixed)
		bits(t, "neg_hi", insn->neg_hi, num);
	if (insn->clamp)
		put(t, " clamp");
}

static void matrix(struct text *t, const struct isa_insn *insn)
{
	if (insn->cbsz)
		put(t, " cbsz:%u", insn->cbsz);
	if (insn->abid)
		put(t, " abid:%u", insn->abid);
	if (insn->blgp)
		put(t, " blgp:%u", insn->blgp);
	if (insn->neg_lo)
		bits(t, "neg", insn->neg_lo, 3);
}

static void modifiers(struct text *t, const struct isa_insn *insn)
{
	static const char *const omod[] = { "", " mul:2", " mul:4", " div:2" };

	if (insn->op->format == ISA_VOP3P) {
		if (insn->op->flags & (ISA_PACKED | ISA_MIXED))
			packed(t, insn);
		else
			matrix(t, insn);
		return;
	}
	op_sel(t, insn);
	if (insn->clamp)
		put(t, " clamp");
	put(t, "%s", omod[insn->omod]);
	if (insn->encoding == ISA_DPP)
		dpp(t, insn);
	if (insn->encoding == ISA_SDWA)
		sdwa(t, insn);
}

static void memory(struct text *t, const struct isa_insn *insn)
{
	bool old = insn->target == ISA_GFX906 || insn->op->format == ISA_SMEM;

	if (insn->idxen)
		put(t, " idxen");
	if (insn->offen)
		put(t, " offen");
	if (insn->op->flags & ISA_PAIRED) {
		if (insn->offset & 0xff)
			put(t, " offset0:%d", insn->offset & 0xff);
		if (insn->offset >> 8)
			put(t, " offset1:%d", insn->offset >> 8);
	} else if (insn->op->format >= ISA_DS && insn->offset) {
		put(t, " offset:%d", insn->offset);
	}
	if (insn->gds && (insn->target == ISA_GFX906 || insn->op->flags & ISA_GDS_ONLY))
		put(t, " gds");
	if (insn->cache & ISA_GLC)
		put(t, "%s", old ? " glc" : " sc0");
	if (insn->cache & ISA_SLC)
		put(t, "%s", old ? " slc" : " nt");
	if (insn->cache & ISA_SC1)
		put(t, " sc1");
}

int isa_print(const struct isa_insn *insn, char *buf, size_t size)
{
	static const char *const suffixes[] = { [ISA_E32] = "_e32", [ISA_E64] = "_e64",
		[ISA_DPP] = "_dpp", [ISA_SDWA] = "_sdwa" };
	struct text t = { .buf = buf, .size = size };
	const char *comma = " ";

	if (size)
		buf[0] = '\0';
	put(&t, "%s", insn->op->name);
	if (insn->op->flags & ISA_HAS_E64 || insn->encoding > ISA_E64)
		put(&t, "%s", suffixes[insn->encoding]);
	for (unsigned int i = 0; i < insn->num_args && !is_default(insn); i++) {
		/* An atomic that returns nothing */
		if (insn->op->args[i].field == ISA_FDST && insn->args[i].kind == ISA_NONE)
			continue;
		put(&t, "%s", comma);
		comma = ", ";
		operand(&t, insn, i);
		if (insn->op->args[i].field == ISA_SOFFSET && insn->has_offset)
			scalar_offset(&t, insn, insn->args[i].kind == ISA_SGPR);
	}
	modifiers(&t, insn);
	memory(&t, insn);
	return t.len;
}
