// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The decoder and the printer. The words of the examples are put together by hand from the
 * encodings in AMD's "CDNA3 instruction set architecture" and "Vega 7nm ISA" documents.
 * What all other words are is compared with LLVM in tools/check/12-isa.
 */
#include <errno.h>

#include "harness.h"
#include "isa/isa.h"

#define BOTH	ISA_TARGETS

static const struct example {
	unsigned int target;
	uint32_t words[2];
	unsigned int num;
	const char *text;
} examples[] = {
	/* SOP2: 10, opcode in 23, destination in 16, sources in 8 and 0 */
	{ BOTH, { 0x80000000 | 0 << 23 | 4 << 16 | 6 << 8 | 2 }, 1, "s_add_u32 s4, s2, s6" },
	{ BOTH, { 0x80000000 | 36 << 23 | 106 << 16 | 193 << 8 | 124 }, 1,
	  "s_mul_i32 vcc_lo, m0, -1" },
	{ BOTH, { 0x80000000 | 13 << 23 | 126 << 16 | 255 << 8 | 126, 0x12345678 }, 2,
	  "s_and_b64 exec, exec, 0x12345678" },
	{ BOTH, { 0x80000000 | 29 << 23 | 8 << 16 | 130 << 8 | 129 }, 1, "s_lshl_b64 s[8:9], 1, 2" },
	/* SOPK */
	{ BOTH, { 0xb0000000 | 0 << 23 | 5 << 16 | 0xfff0 }, 1, "s_movk_i32 s5, 0xfff0" },
	{ BOTH, { 0xb0000000 | 17 << 23 | 5 << 16 | 31 << 11 | 0 << 6 | 1 }, 1,
	  "s_getreg_b32 s5, hwreg(HW_REG_MODE)" },
	{ BOTH, { 0xb0000000 | 20 << 23 | 1 << 11 | 4 << 6 | 1, 3 }, 2,
	  "s_setreg_imm32_b32 hwreg(HW_REG_MODE, 4, 2), 3" },
	{ ISA_GFX942, { 0xb0000000 | 17 << 23 | 31 << 11 | 20 }, 1,
	  "s_getreg_b32 s0, hwreg(HW_REG_XCC_ID)" },
	{ ISA_GFX906, { 0xb0000000 | 17 << 23 | 31 << 11 | 20 }, 1, "s_getreg_b32 s0, hwreg(20)" },
	/* SOP1 */
	{ BOTH, { 0xbe800000 | 4 << 16 | 0 << 8 | 242 }, 1, "s_mov_b32 s4, 1.0" },
	{ BOTH, { 0xbe800000 | 4 << 16 | 0 << 8 | 255, 0xdeadbeef }, 2, "s_mov_b32 s4, 0xdeadbeef" },
	{ BOTH, { 0xbe800000 | 6 << 16 | 1 << 8 | 235 }, 1, "s_mov_b64 s[6:7], src_shared_base" },
	{ BOTH, { 0xbe800000 | 30 << 16 | 30 << 8 | 4 }, 1, "s_swappc_b64 s[30:31], s[4:5]" },
	{ BOTH, { 0xbe800000 | 0 << 16 | 29 << 8 | 30 }, 1, "s_setpc_b64 s[30:31]" },
	{ BOTH, { 0xbe800000 | 108 << 16 | 1 << 8 | 110 }, 1, "s_mov_b64 ttmp[0:1], ttmp[2:3]" },
	/* SOPC */
	{ BOTH, { 0xbf000000 | 6 << 16 | 128 << 8 | 9 }, 1, "s_cmp_eq_u32 s9, 0" },
	{ BOTH, { 0xbf000000 | 19 << 16 | 192 << 8 | 106 }, 1, "s_cmp_lg_u64 vcc, 64" },
	/* SOPP */
	{ BOTH, { 0xbf810000 }, 1, "s_endpgm" },
	{ BOTH, { 0xbf82fffe }, 1, "s_branch 65534" },
	{ BOTH, { 0xbf8c0070 }, 1, "s_waitcnt vmcnt(0) lgkmcnt(0)" },
	{ BOTH, { 0xbf8c0f71 }, 1, "s_waitcnt vmcnt(1)" },
	{ BOTH, { 0xbf900001 }, 1, "s_sendmsg sendmsg(MSG_INTERRUPT)" },
	{ BOTH, { 0xbf920002 }, 1, "s_trap 2" },
	/* SMEM: base in 0, data in 6, register in 14, GLC in 16, immediate in 17 */
	{ BOTH, { 0xc0000000 | 1 << 18 | 1 << 17 | 4 << 6 | 3, 0x10 }, 2,
	  "s_load_dwordx2 s[4:5], s[6:7], 0x10" },
	{ BOTH, { 0xc0000000 | 0 << 18 | 1 << 17 | 4 << 6 | 3, 0x1ffffc }, 2,
	  "s_load_dword s4, s[6:7], -0x4" },
	{ BOTH, { 0xc0000000 | 2 << 18 | 4 << 6 | 3, 9 }, 2, "s_load_dwordx4 s[4:7], s[6:7], s9" },
	{ BOTH, { 0xc0000000 | 0 << 18 | 1 << 17 | 1 << 14 | 4 << 6 | 3, 9 << 25 | 8 }, 2,
	  "s_load_dword s4, s[6:7], s9 offset:0x8" },
	{ BOTH, { 0xc0000000 | 130 << 18 | 1 << 17 | 1 << 16 | 4 << 6 | 3, 0 }, 2,
	  "s_atomic_add s4, s[6:7], 0x0 glc" },
	{ BOTH, { 0xc0000000 | 36 << 18 | 4 << 6, 0 }, 2, "s_memtime s[4:5]" },
	{ BOTH, { 0xc0000000 | 32 << 18, 0 }, 2, "s_dcache_inv" },
	/* VOP2: opcode in 25, destination in 17, sources in 9 and 0; VGPRs from 256 on */
	{ BOTH, { 1u << 25 | 4 << 17 | 6 << 9 | 258 }, 1, "v_add_f32_e32 v4, v2, v6" },
	{ BOTH, { 1u << 25 | 4 << 17 | 6 << 9 | 255, 0x3e99999a }, 2,
	  "v_add_f32_e32 v4, 0x3e99999a, v6" },
	{ BOTH, { 0u << 25 | 4 << 17 | 6 << 9 | 128 }, 1, "v_cndmask_b32_e32 v4, 0, v6, vcc" },
	{ BOTH, { 25u << 25 | 4 << 17 | 6 << 9 | 2 }, 1, "v_add_co_u32_e32 v4, vcc, s2, v6" },
	{ BOTH, { 28u << 25 | 4 << 17 | 6 << 9 | 258 }, 1,
	  "v_addc_co_u32_e32 v4, vcc, v2, v6, vcc" },
	{ ISA_GFX942, { 24u << 25 | 4 << 17 | 6 << 9 | 258, 0x1234 }, 2,
	  "v_fmaak_f32 v4, v2, v6, 0x1234" },
	{ ISA_GFX906, { 23u << 25 | 4 << 17 | 6 << 9 | 258, 0x1234 }, 2,
	  "v_madmk_f32 v4, v2, 0x1234, v6" },
	{ ISA_GFX942, { 4u << 25 | 4 << 17 | 6 << 9 | 258 }, 1,
	  "v_fmac_f64_e32 v[4:5], v[2:3], v[6:7]" },
	{ ISA_GFX906, { 4u << 25 | 4 << 17 | 6 << 9 | 258 }, 1, "v_mul_legacy_f32_e32 v4, v2, v6" },
	/* VOP1 */
	{ BOTH, { 0x7e000000 | 4 << 17 | 1 << 9 | 255, 0x12345678 }, 2,
	  "v_mov_b32_e32 v4, 0x12345678" },
	{ BOTH, { 0x7e000000 | 4 << 17 | 2 << 9 | 258 }, 1, "v_readfirstlane_b32 s4, v2" },
	{ BOTH, { 0x7e000000 | 4 << 17 | 16 << 9 | 258 }, 1, "v_cvt_f64_f32_e32 v[4:5], v2" },
	{ ISA_GFX942, { 0x7e000000 | 4 << 17 | 56 << 9 | 258 }, 1, "v_mov_b64_e32 v[4:5], v[2:3]" },
	{ BOTH, { 0x7e000000 }, 1, "v_nop" },
	/* VOPC */
	{ BOTH, { 0x7c000000 | 0x41 << 17 | 6 << 9 | 258 }, 1, "v_cmp_lt_f32_e32 vcc, v2, v6" },
	{ BOTH, { 0x7c000000 | 0xe9 << 17 | 6 << 9 | 2 }, 1,
	  "v_cmp_lt_u64_e32 vcc, s[2:3], v[6:7]" },
	/* VOP3: sources in 32, 41 and 50, |x| in 8, clamp in 15, output factor in 59, -x in 61 */
	{ BOTH, { 0xd0000000 | 0x101 << 16 | 1 << 8 | 1 << 15 | 4, 258 | 262 << 9 | 1u << 30 }, 2,
	  "v_add_f32_e64 v4, |v2|, -v6 clamp" },
	{ BOTH, { 0xd0000000 | 0x1cb << 16 | 4, 258 | 242 << 9 | 10 << 18 | 3u << 27 | 1u << 31 }, 2,
	  "v_fma_f32 v4, v2, 1.0, -s10 div:2" },
	{ BOTH, { 0xd0000000 | 0x41 << 16 | 10, 258 | 262 << 9 }, 2,
	  "v_cmp_lt_f32_e64 s[10:11], v2, v6" },
	{ BOTH, { 0xd0000000 | 0x100 << 16 | 4, 258 | 262 << 9 | 8 << 18 }, 2,
	  "v_cndmask_b32_e64 v4, v2, v6, s[8:9]" },
	{ BOTH, { 0xd0000000 | 0x119 << 16 | 12 << 8 | 4, 258 | 262 << 9 }, 2,
	  "v_add_co_u32_e64 v4, s[12:13], v2, v6" },
	{ BOTH, { 0xd0000000 | 0x1e8 << 16 | 106 << 8 | 4, 258 | 3 << 9 | 266 << 18 }, 2,
	  "v_mad_u64_u32 v[4:5], vcc, v2, s3, v[10:11]" },
	{ BOTH, { 0xd0000000 | 0x206 << 16 | 9 << 11 | 4, 258 | 262 << 9 | 266 << 18 }, 2,
	  "v_fma_f16 v4, v2, v6, v10 op_sel:[1,0,0,1]" },
	{ BOTH, { 0xd0000000 | 0x289 << 16 | 4, 258 | 131 << 9 }, 2, "v_readlane_b32 s4, v2, 3" },
	{ BOTH, { 0xd0000000 | 0x28a << 16 | 4, 2 | 124 << 9 }, 2, "v_writelane_b32 v4, s2, m0" },
	/* DPP: 250; lane control in 40, bound control in 51, masks in 56 and 60 */
	{ BOTH, { 1u << 25 | 4 << 17 | 6 << 9 | 250, 2 | 0x1b << 8 | 0xffu << 24 }, 2,
	  "v_add_f32_dpp v4, v2, v6 quad_perm:[3,2,1,0] row_mask:0xf bank_mask:0xf" },
	{ BOTH, { 0x7e000000 | 4 << 17 | 1 << 9 | 250, 2 | 0x111 << 8 | 1 << 19 | 0xa5u << 24 }, 2,
	  "v_mov_b32_dpp v4, v2 row_shr:1 row_mask:0xa bank_mask:0x5 bound_ctrl:1" },
	{ ISA_GFX942, { 0x7e000000 | 4 << 17 | 1 << 9 | 250, 2 | 0x15f << 8 | 0xffu << 24 }, 2,
	  "v_mov_b32_dpp v4, v2 row_newbcast:15 row_mask:0xf bank_mask:0xf" },
	/* SDWA: 249; selections in 40, 48 and 56 */
	{ BOTH, { 41u << 25 | 4 << 17 | 6 << 9 | 249, 2 | 5 << 8 | 2 << 11 | 4 << 16 | 5 << 24 | 1 << 27 },
	  2, "v_mul_lo_u16_sdwa v4, v2, sext(v6) dst_sel:WORD_1 dst_unused:UNUSED_PRESERVE "
	  "src0_sel:WORD_0 src1_sel:WORD_1" },
	{ BOTH, { 0x7c000000 | 0x41 << 17 | 6 << 9 | 249, 2 | 0x8a << 8 | 6 << 16 | 1 << 24 | 1 << 28 }, 2,
	  "v_cmp_lt_f32_sdwa s[10:11], v2, -v6 src0_sel:DWORD src1_sel:BYTE_1" },
	/* VOP3P: neg_hi in 8, op_sel in 11, op_sel_hi in 59, 60 and 14, neg_lo in 61 */
	{ BOTH, { 0xd3800000 | 14 << 16 | 1 << 14 | 4, 258 | 262 << 9 | 266 << 18 | 3 << 27 }, 2,
	  "v_pk_fma_f16 v4, v2, v6, v10" },
	{ BOTH, { 0xd3800000 | 15 << 16 | 1 << 11 | 2 << 8 | 4, 258 | 262 << 9 | 1 << 27 | 1u << 29 }, 2,
	  "v_pk_add_f16 v4, v2, v6 op_sel:[1,0] op_sel_hi:[1,0] neg_lo:[1,0] neg_hi:[0,1]" },
	{ BOTH, { 0xd3800000 | 32 << 16 | 4, 258 | 262 << 9 | 266 << 18 | 1u << 27 | 1u << 31 }, 2,
	  "v_fma_mix_f32 v4, v2, v6, -v10 op_sel_hi:[1,0,0]" },
	{ ISA_GFX942, { 0xd3800000 | 48 << 16 | 1 << 14 | 4, 258 | 6 << 9 | 242 << 18 | 3 << 27 }, 2,
	  "v_pk_fma_f32 v[4:5], v[2:3], s[6:7], 1.0" },
	/* Matrices: AGPRs of the sources in 59 and 60, of the rest in 15 */
	{ ISA_GFX942, { 0xd3800000 | 77 << 16 | 1 << 15 | 4, 258 | 262 << 9 | 266 << 18 | 1 << 27 }, 2,
	  "v_mfma_f32_16x16x16_f16 a[4:7], a[2:3], v[6:7], a[10:13]" },
	{ ISA_GFX942, { 0xd3800000 | 64 << 16 | 4, 258 | 262 << 9 | 128 << 18 }, 2,
	  "v_mfma_f32_32x32x1_2b_f32 v[4:35], v2, v6, 0" },
	{ ISA_GFX942, { 0xd3800000 | 88 << 16 | 4, 258 }, 2, "v_accvgpr_read_b32 v4, a2" },
	{ ISA_GFX942, { 0xd3800000 | 89 << 16 | 4, 129 }, 2, "v_accvgpr_write_b32 a4, 1" },
	/* DS: offset in 0, GDS in 16, opcode in 17, AGPRs in 25; address, data, data, result */
	{ BOTH, { 0xd8000000 | 54 << 17 | 16, 2 | 14 << 24 }, 2, "ds_read_b32 v14, v2 offset:16" },
	{ BOTH, { 0xd8000000 | 14 << 17 | 3 << 8 | 1, 2 | 6 << 8 | 10 << 16 }, 2,
	  "ds_write2_b32 v2, v6, v10 offset0:1 offset1:3" },
	{ BOTH, { 0xd8000000 | 63 << 17, 2 | 6 << 8 | 14 << 24 }, 2, "ds_bpermute_b32 v14, v2, v6" },
	{ ISA_GFX942, { 0xd8000000 | 77 << 17 | 1 << 25, 2 | 6 << 8 }, 2, "ds_write_b64 v2, a[6:7]" },
	/* FLAT and its kin: which in 14, GLC in 16, SLC in 17, opcode in 18 */
	{ BOTH, { 0xdc000000 | 20 << 18 | 4095, 2 | 14 << 24 }, 2,
	  "flat_load_dword v14, v[2:3] offset:4095" },
	{ BOTH, { 0xdc008000 | 29 << 18 | 0x1ff8, 2 | 6 << 8 | 0x7f << 16 }, 2,
	  "global_store_dwordx2 v[2:3], v[6:7], off offset:-8" },
	{ BOTH, { 0xdc008000 | 20 << 18, 2 | 4 << 16 | 14 << 24 }, 2,
	  "global_load_dword v14, v2, s[4:5]" },
	{ BOTH, { 0xdc008000 | 66 << 18, 2 | 6 << 8 | 0x7f << 16 }, 2,
	  "global_atomic_add v[2:3], v6, off" },
	{ ISA_GFX942, { 0xdc008000 | 97 << 18 | 1 << 16 | 1 << 25, 2 | 6 << 8 | 0x7f << 16 | 14 << 24 }, 2,
	  "global_atomic_cmpswap_x2 v[14:15], v[2:3], v[6:9], off sc0 sc1" },
	{ ISA_GFX906, { 0xdc008000 | 66 << 18 | 3 << 16, 2 | 6 << 8 | 0x7f << 16 | 14 << 24 }, 2,
	  "global_atomic_add v14, v[2:3], v6, off glc slc" },
	{ ISA_GFX942, { 0xdc004000 | 20 << 18 | 4, 4 << 16 | 14 << 24 }, 2,
	  "scratch_load_dword v14, off, s4 offset:4" },
	{ ISA_GFX942, { 0xdc004000 | 28 << 18 | 1 << 13, 2 | 6 << 8 | 0x7f << 16 }, 2,
	  "scratch_store_dword v2, v6, off" },
	{ ISA_GFX942, { 0xdc008000 | 20 << 18, 2 | 0x7f << 16 | 1 << 23 | 14 << 24 }, 2,
	  "global_load_dword a14, v[2:3], off" },
	/* MUBUF: address, data, descriptor by fours, offset */
	{ BOTH, { 0xe0000000 | 20 << 18 | 1 << 12 | 8, 2 | 6 << 8 | 0 << 16 | 33 << 24 }, 2,
	  "buffer_load_dword v6, v2, s[0:3], s33 offen offset:8" },
	{ BOTH, { 0xe0000000 | 28 << 18, 6 << 8 | 2 << 16 | 128u << 24 }, 2,
	  "buffer_store_dword v6, off, s[8:11], 0" },
	{ BOTH, { 0xe0000000 | 20 << 18 | 3 << 12, 2 | 6 << 8 | 2 << 16 | 3 << 24 }, 2,
	  "buffer_load_dword v6, v[2:3], s[8:11], s3 idxen offen" },
	{ ISA_GFX942, { 0xe0000000 | 41 << 18 | 1 << 15, 0 }, 2, "buffer_inv sc1" },
	{ ISA_GFX906, { 0xe0000000 | 63 << 18, 0 }, 2, "buffer_wbinvl1_vol" },
	{ ISA_GFX942, { 0xd0000000 | 0x208 << 16 | 4, 258 | 131 << 9 | 10 << 18 }, 2,
	  "v_lshl_add_u64 v[4:5], v[2:3], 3, s[10:11]" },
};

static void check_example(const struct example *e, enum isa_target target)
{
	struct isa_insn insn;
	char text[128];
	int ret = isa_decode(target, e->words, 2, &insn);

	if (ret)
		fail_msg("%s: %d", e->text, ret);
	ret = isa_print(&insn, text, sizeof(text));
	assert_string_equal(text, e->text);
	assert_int_equal(ret, strlen(text));
	assert_int_equal(insn.words, e->num);
	assert_int_equal(insn.target, target);
}

static void test_examples(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		const struct example *e = &examples[i];

		if (e->target == BOTH) {
			check_example(e, ISA_GFX942);
			check_example(e, ISA_GFX906);
		} else {
			check_example(e, e->target);
		}
	}
}

/* What an interpreter reads is there as values, not only as text. */
static void test_values(void **state)
{
	const uint32_t fp64[] = { 0xbe8001f0 };		/* s_mov_b64 s[0:1], 0.5 */
	const uint32_t bfe[] = { 0x94008000 | 0xc1 };	/* s_bfe_i64 s[0:1], -1, 0 */
	const uint32_t load[] = { 0xc0070083, 0x1ffff0 };
	struct isa_insn insn;

	(void)state;
	assert_int_equal(isa_decode(ISA_GFX942, fp64, 1, &insn), 0);
	assert_int_equal(insn.num_args, 2);
	assert_int_equal(insn.args[0].kind, ISA_SGPR);
	assert_int_equal(insn.args[0].reg, 0);
	assert_int_equal(isa_dwords[insn.args[0].type], 2);
	assert_int_equal(insn.args[1].kind, ISA_CONST);
	assert_true(insn.args[1].value == 0x3fe0000000000000);

	assert_int_equal(isa_decode(ISA_GFX942, bfe, 1, &insn), 0);
	assert_true(insn.args[1].value == ~0ULL);

	/* s_load_dwordx2 s[2:3], s[6:7], -16 glc */
	assert_int_equal(isa_decode(ISA_GFX906, load, 2, &insn), 0);
	assert_int_equal(insn.offset, -16);
	assert_true(insn.has_offset);
	assert_int_equal(insn.cache, ISA_GLC);
	assert_int_equal(insn.args[2].kind, ISA_NONE);
}

static void check_unknown(enum isa_target target, uint32_t first, uint32_t second)
{
	const uint32_t words[2] = { first, second };
	struct isa_insn insn, before;

	memset(&insn, 0x5a, sizeof(insn));
	before = insn;
	assert_int_equal(isa_decode(target, words, 2, &insn), -EINVAL);
	assert_memory_equal(&insn, &before, sizeof(insn));
}

static void test_unknown(void **state)
{
	static const uint32_t bad[][2] = {
		{ 0x80000000 | 53 << 23 },			/* SOP2 without such an opcode */
		{ 0xbe800000 | 47 << 8 },
		{ 0xbf000000 | 20 << 16 },
		{ 0xbf800000 | 31 << 16 },
		{ 0xbf8a0001 },					/* s_barrier with a constant */
		{ 0x80000000 | 209 },				/* a source that nothing is */
		{ 0xbe800100 | 124 },				/* s_mov_b64 from m0 */
		{ 0xbe801d80 },					/* s_setpc_b64 to a constant */
		{ 0xc0020000 | 124 << 6, 0 },			/* s_load_dword to m0 */
		{ 0xc0020000 | 12 << 18 | 92 << 6, 0 },		/* 16 dwords at s92 */
		{ 0xc4000000, 0 },
		{ 0x7e000000 | 0x60 << 9 },		/* VOP1 without such an opcode */
		{ 0x7e000000 | 255 << 17 | 16 << 9 },		/* v[255:256] */
		{ 0xd1010000, 255 | 258 << 9 },			/* VOP3 has no literal */
		{ 0xd1130100, 258 | 258 << 9 },			/* |x| of bits */
		{ 0xd1138000, 258 | 258 << 9 },			/* and clamped */
		{ 0x020000fa, 0xff010000 },			/* a row shifted by 0 */
		{ 0x020000fa, 0xff013100 },
		{ 0x260000fa, 0xff100000 },			/* -x of bits */
		{ 0x7e0030fa, 0xff000000 },			/* a quad of 64-bit numbers */
		{ 0x020000f9, 0x06060700 },			/* parts that are none */
		{ 0x020000f9, 0x06061e00 },
		{ 0x020000f9, 0x06070600 },
		{ 0x020000f9, 0x07060600 },
		{ 0x020000f9, 0x06860600 | 255 },		/* a literal */
		{ 0xd86c0000, 0x0e000602 },			/* ds_read_b32 with data */
		{ 0xd86c0000, 0x0e000602 | 1 << 16 },
		{ 0xdc500000, 0x0e040002 },			/* flat_load_dword with an SGPR */
		{ 0xdc5c8000, 0xfd7f0002 },			/* v[253:256] */
		{ 0xdc50c000, 0x0e7f0002 },			/* none of FLAT and its kin */
		{ 0xe0500000, 0xff020602 },			/* a literal as an offset */
		{ 0xe0510000, 0x03020602 },			/* to LDS */
		{ 0xffffffff, 0xffffffff },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		check_unknown(ISA_GFX942, bad[i][0], bad[i][1]);
		check_unknown(ISA_GFX906, bad[i][0], bad[i][1]);
	}
}

/* Whatever is not all there is said to be so, and nothing is read behind it. */
static void test_truncated(void **state)
{
	struct isa_insn insn;

	(void)state;
	for (unsigned int i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		const struct example *e = &examples[i];
		enum isa_target target = e->target == BOTH ? ISA_GFX942 : e->target;

		for (unsigned int num = 0; num <= e->num; num++) {
			uint32_t *words = malloc(num * 4);

			memcpy(words, e->words, num * 4);
			assert_int_equal(isa_decode(target, words, num, &insn),
					 num < e->num ? -ENODATA : 0);
			free(words);
		}
	}
}

static void test_short_buffer(void **state)
{
	const uint32_t word = 0x80040602;
	struct isa_insn insn;

	(void)state;
	assert_int_equal(isa_decode(ISA_GFX942, &word, 1, &insn), 0);
	for (unsigned int size = 0; size < 24; size++) {
		char *text = malloc(size);

		assert_int_equal(isa_print(&insn, text, size), 20);
		if (size)
			assert_int_equal(strncmp(text, "s_add_u32 s4, s2, s6", size - 1), 0);
		free(text);
	}
}

/* Random words; those of the rows are what tools/check/12-isa is for. */
static void test_random(void **state)
{
	uint64_t random = 6;
	unsigned int known = 0;

	(void)state;
	for (unsigned int i = 0; i < 600000; i++) {
		unsigned int num = 1 + i % 2;
		uint32_t *words = malloc(num * 4);
		struct isa_insn insn;
		char text[24];

		for (unsigned int j = 0; j < num; j++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			words[j] = random >> 32;
		}
		/* The rare prefixes are those of SOP1, SOPC, SOPP, VOP1 and VOPC. */
		switch (i / 2 % 4) {
		case 1:
			words[0] = (words[0] & 0x1ffffff) | 0xbe000000;
			break;
		case 2:
			words[0] = (words[0] & 0x3ffffff) | 0x7c000000;
			break;
		}
		if (!isa_decode(i / 8 % 2, words, num, &insn)) {
			known++;
			assert_in_range(insn.words, 1, num);
			assert_true(isa_print(&insn, text, sizeof(text)) > 0);
		}
		free(words);
	}
	assert_true(known > 1000);
}

/* A number has one row; a row's operands have types, and end where the first is missing. */
static void test_table(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < isa_num_ops; i++) {
		const struct isa_op *op = &isa_ops[i];

		for (unsigned int t = 0; t < ISA_TARGETS; t++) {
			if (op->code[t] >= 0 && isa_find(t, op->format, op->code[t]) != op)
				fail_msg("%s is there twice", op->name);
		}
	}
	assert_null(isa_find(ISA_GFX942, ISA_FORMATS, 0));
	assert_null(isa_find(ISA_TARGETS, ISA_SOP2, 0));
	assert_null(isa_find(ISA_GFX942, ISA_SOP2, ISA_CODES));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_short_buffer),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
