; SPDX-License-Identifier: GPL-2.0 OR MIT
; Kernels for make bench-gpu: each executes one class of instructions again and again.
;
; Arguments: a buffer of 1 MiB of zeroes, and how often. The grid is of workgroups of 256 items.
; In the bodies s[4:5] is the buffer, v1 an offset into it that all lanes have one after the other,
; v2 one that they have without an order, v3 and v4 are such ones into
; group memory.

	.amdgcn_target "amdgcn-amd-amdhsa--gfx942"

.macro bench name
	.text
	.p2align 8
	.globl \name
	.type \name,@function
\name:
	s_load_dwordx2 s[4:5], s[0:1], 0x0
	s_load_dword s6, s[0:1], 0x8
	v_and_b32 v0, 0x3ff, v0
	v_lshlrev_b32 v1, 2, v0
	v_mov_b32 v2, 0x9e3779b1
	v_mul_lo_u32 v2, v2, v0
	v_and_b32 v2, 0xffffc, v2
	v_lshlrev_b32 v3, 2, v0
	v_and_b32 v4, 0x3fc, v2
	.irp reg,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	v_mov_b32 v\reg, 0.5
	.endr
	s_mov_b32 s10, 0
	s_mov_b32 s11, 1
	s_waitcnt lgkmcnt(0)
.Lloop_\name:
	.rept 16
	body_\name
	.endr
	s_waitcnt vmcnt(0) lgkmcnt(0)
	s_sub_u32 s6, s6, 1
	s_cmp_lg_u32 s6, 0
	s_cbranch_scc1 .Lloop_\name
	s_endpgm
	.rodata
	.p2align 6
	.amdhsa_kernel \name
	.amdhsa_group_segment_fixed_size 4096
	.amdhsa_kernarg_size 12
	.amdhsa_user_sgpr_kernarg_segment_ptr 1
	.amdhsa_next_free_vgpr 96
	.amdhsa_next_free_sgpr 32
	.amdhsa_accum_offset 64
	.end_amdhsa_kernel
.endm

.macro body_salu
	s_add_u32 s12, s10, s11
	s_and_b32 s13, s12, s6
	s_lshl_b32 s14, s13, 3
	s_xor_b32 s15, s14, s12
	s_and_b64 s[16:17], s[12:13], s[14:15]
	s_mul_i32 s18, s12, s13
	s_cmp_lt_u32 s18, s10
	s_cselect_b32 s19, s18, s12
.endm
bench salu

.macro body_valu_int32
	v_add_u32 v8, v8, v9
	v_xor_b32 v10, v8, v11
	v_lshlrev_b32 v12, 3, v10
	v_and_b32 v13, v12, v8
	v_sub_u32 v14, v13, v10
	v_or_b32 v15, v14, v12
	v_add3_u32 v16, v15, v14, v13
	v_min_u32 v17, v16, v15
.endm
bench valu_int32

.macro body_valu_scalar_source
	v_add_u32 v8, s10, v9
	v_mul_f32 v10, s11, v11
	v_lshlrev_b32 v12, 3, v10
	v_and_b32 v13, 0x7fffff, v8
	v_add_f32 v14, 1.0, v10
	v_or_b32 v15, s12, v12
	v_fma_f32 v16, v15, s10, v13
	v_min_u32 v17, s6, v15
.endm
bench valu_scalar_source

.macro body_valu_f32_fma
	.irp reg,8,9,10,11,12,13,14,15
	v_fma_f32 v\reg, v\reg, v20, v21
	.endr
.endm
bench valu_f32_fma

.macro body_valu_f64_fma
	.irp reg,8,10,12,14,16,18,20,22
	v_fma_f64 v[\reg:\reg+1], v[\reg:\reg+1], v[24:25], v[26:27]
	.endr
.endm
bench valu_f64_fma

.macro body_valu_packed_f32
	.irp reg,8,10,12,14,16,18,20,22
	v_pk_fma_f32 v[\reg:\reg+1], v[\reg:\reg+1], v[24:25], v[26:27]
	.endr
.endm
bench valu_packed_f32

.macro body_packed_op_sel
	.irp reg,8,10,12,14,16,18,20,22
	v_pk_fma_f32 v[\reg:\reg+1], v[\reg:\reg+1], v[24:25], v[26:27] op_sel_hi:[1,0,1]
	.endr
.endm
bench packed_op_sel

.macro body_valu_modifiers
	v_fma_f32 v8, -v8, v20, v21
	v_add_f32_e64 v9, v9, -v20
	v_mul_f32_e64 v10, |v10|, v20
	v_fma_f32 v11, v11, -v20, |v21|
	v_add_f32_e64 v12, v12, v20 clamp
	v_sub_f32_e64 v13, -v13, v20
	v_fma_f32 v14, v14, v20, -v21
	v_max_f32_e64 v15, -v15, v20
.endm
bench valu_modifiers

.macro body_valu_dpp
	v_add_u32_dpp v8, v9, v10 quad_perm:[1,0,3,2] row_mask:0xf bank_mask:0xf
	v_add_f32_dpp v11, v12, v11 row_shr:1 row_mask:0xf bank_mask:0xf bound_ctrl:0
	v_mov_b32_dpp v13, v14 row_bcast:15 row_mask:0xa bank_mask:0xf
	v_max_i32_dpp v15, v16, v15 row_ror:4 row_mask:0xf bank_mask:0xf
	v_add_u32_dpp v17, v18, v17 row_half_mirror row_mask:0xf bank_mask:0xf
	v_add_u32_dpp v19, v20, v19 row_shr:8 row_mask:0xf bank_mask:0xf
	v_mov_b32_dpp v21, v22 wave_shr:1 row_mask:0xf bank_mask:0xf
	v_add_u32_dpp v22, v23, v22 row_bcast:31 row_mask:0xc bank_mask:0xf
.endm
bench valu_dpp

.macro body_valu_sdwa
	v_add_u32_sdwa v8, v9, v10 dst_sel:DWORD dst_unused:UNUSED_PAD src0_sel:BYTE_1 src1_sel:DWORD
	v_add_u32_sdwa v11, v12, v10 dst_sel:DWORD dst_unused:UNUSED_PAD src0_sel:WORD_1 src1_sel:WORD_0
	v_lshlrev_b32_sdwa v13, v14, v15 dst_sel:DWORD dst_unused:UNUSED_PAD src0_sel:DWORD src1_sel:BYTE_2
	v_or_b32_sdwa v16, v17, v18 dst_sel:BYTE_1 dst_unused:UNUSED_PRESERVE src0_sel:DWORD src1_sel:DWORD
	v_and_b32_sdwa v19, v20, v21 dst_sel:DWORD dst_unused:UNUSED_PAD src0_sel:BYTE_3 src1_sel:DWORD
	v_mul_u32_u24_sdwa v22, v23, v24 dst_sel:DWORD dst_unused:UNUSED_PAD src0_sel:BYTE_0 src1_sel:BYTE_0
	v_xor_b32_sdwa v25, v26, v27 dst_sel:WORD_1 dst_unused:UNUSED_PAD src0_sel:DWORD src1_sel:DWORD
	v_sub_u32_sdwa v28, v29, v30 dst_sel:DWORD dst_unused:UNUSED_PAD src0_sel:WORD_0 src1_sel:DWORD
.endm
bench valu_sdwa

.macro body_valu_int64
	v_lshl_add_u64 v[8:9], v[10:11], 2, v[8:9]
	v_lshlrev_b64 v[12:13], 3, v[14:15]
	v_mad_u64_u32 v[16:17], vcc, v18, v19, v[16:17]
	v_add_co_u32 v20, vcc, v21, v20
	v_addc_co_u32 v22, vcc, v23, v22, vcc
	v_mul_lo_u32 v24, v25, v26
	v_mul_hi_u32 v27, v25, v26
	v_lshrrev_b64 v[28:29], 5, v[30:31]
.endm
bench valu_int64

.macro body_compare
	.irp reg,8,9,10,11
	v_cmp_lt_f32 vcc, v\reg, v20
	v_cndmask_b32 v\reg, v21, v22, vcc
	.endr
.endm
bench compare

.macro body_partial_exec
	s_mov_b32 exec_lo, 0x55555555
	v_add_u32 v8, v8, v9
	v_fma_f32 v10, v8, v11, v12
	v_xor_b32 v12, v12, v10
	s_mov_b32 exec_lo, -1
	v_sub_u32 v14, v13, v10
	v_or_b32 v15, v14, v12
	v_add_f32 v16, v15, v14
.endm
bench partial_exec

.macro body_lds
	ds_read_b32 v8, v3
	ds_read_b32 v9, v3 offset:1024
	ds_write_b32 v3, v8 offset:2048
	ds_read_b64 v[10:11], v3
	ds_write_b32 v3, v9
	ds_read2_b32 v[12:13], v3 offset0:1 offset1:2
	ds_read_b32 v14, v3 offset:512
	ds_write_b32 v3, v14 offset:3072
.endm
bench lds

.macro body_lds_gather
	ds_read_b32 v8, v4
	ds_read_b32 v9, v4 offset:1024
	ds_write_b32 v4, v8 offset:2048
	ds_read_b64 v[10:11], v4
	ds_write_b32 v4, v9
	ds_read2_b32 v[12:13], v4 offset0:1 offset1:2
	ds_read_b32 v14, v4 offset:512
	ds_write_b32 v4, v14 offset:3068
.endm
bench lds_gather

.macro body_load_coalesced
	.irp reg,8,9,10,11,12,13,14,15
	global_load_dword v\reg, v1, s[4:5] offset:\reg*64
	.endr
.endm
bench load_coalesced

.macro body_load_gather
	.irp reg,8,9,10,11,12,13,14,15
	global_load_dword v\reg, v2, s[4:5]
	.endr
.endm
bench load_gather

.macro body_store_coalesced
	.irp reg,8,9,10,11,12,13,14,15
	global_store_dword v1, v\reg, s[4:5] offset:\reg*64
	.endr
.endm
bench store_coalesced

.macro body_atomic
	.irp reg,8,9,10,11,12,13,14,15
	global_atomic_add v1, v\reg, s[4:5]
	.endr
.endm
bench atomic

.macro body_mfma_f32
	.irp reg,8,9,10,11,12,13,14,15
	v_mfma_f32_32x32x2_f32 a[0:15], v\reg, v20, a[0:15]
	.endr
.endm
bench mfma_f32

.macro body_mfma_f16
	.irp reg,8,10,12,14,16,18,20,22
	v_mfma_f32_32x32x8_f16 a[0:15], v[\reg:\reg+1], v[24:25], a[0:15]
	.endr
.endm
bench mfma_f16
