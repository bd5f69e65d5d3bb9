// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Scalar arithmetic: each row with many values against what the ISA documents say of it, written
 * with wide numbers or bit by bit, and with values that the documents give.
 */
#include "machine.h"

typedef __int128 wide;

/**
 * struct io - the values of an instruction
 * @a: first source, with zeros above its type
 * @b: second source or constant, likewise
 * @d: the destination before
 * @r: and after
 * @scc: SCC, before and after
 */
struct io {
	uint64_t a, b, d, r;
	unsigned int scc;
};

static int64_t s32(uint64_t value)
{
	return value & 0x80000000 ? (int64_t)(value & 0xffffffff) - 0x100000000 : (int64_t)value;
}

static wide s64(uint64_t value)
{
	return value >> 63 ? (wide)value - ((wide)1 << 64) : (wide)value;
}

static int64_t s16(uint64_t value)
{
	return value & 0x8000 ? (int64_t)value - 0x10000 : (int64_t)value;
}

static wide power(unsigned int n)
{
	return (wide)1 << n;
}

/* To less, also of negative numbers */
static wide divide(wide value, wide by)
{
	wide rest = (value % by + by) % by;

	return (value - rest) / by;
}

static unsigned int bit(uint64_t value, unsigned int i)
{
	return value / (1ULL << i) % 2;
}

static void set(struct io *x, wide value)
{
	x->r = (uint64_t)value;
}

static void set_unsigned(struct io *x, wide value)
{
	x->r = (uint32_t)value;
	x->scc = value < 0 || value >= power(32);
}

static void set_signed(struct io *x, wide value)
{
	x->r = (uint32_t)value;
	x->scc = value < -power(31) || value >= power(31);
}

static void set_nonzero(struct io *x, wide value, unsigned int bits)
{
	x->r = bits == 32 ? (uint32_t)value : (uint64_t)value;
	x->scc = x->r ? 1 : 0;
}

static void add_u(struct io *x) { set_unsigned(x, (wide)x->a + x->b); }
static void sub_u(struct io *x) { set_unsigned(x, (wide)x->a - x->b); }
static void add_i(struct io *x) { set_signed(x, s32(x->a) + s32(x->b)); }
static void sub_i(struct io *x) { set_signed(x, s32(x->a) - s32(x->b)); }
static void addc(struct io *x) { set_unsigned(x, (wide)x->a + x->b + x->scc); }
static void subb(struct io *x) { set_unsigned(x, (wide)x->a - x->b - x->scc); }
static void add_1(struct io *x) { set_unsigned(x, (wide)x->a * 2 + x->b); }
static void add_2(struct io *x) { set_unsigned(x, (wide)x->a * 4 + x->b); }
static void add_3(struct io *x) { set_unsigned(x, (wide)x->a * 8 + x->b); }
static void add_4(struct io *x) { set_unsigned(x, (wide)x->a * 16 + x->b); }
static void addk(struct io *x) { set_signed(x, s32(x->d) + s16(x->b)); }

/* The difference wraps first. */
static void absdiff(struct io *x)
{
	int64_t diff = s32((uint32_t)(x->a + power(32) - x->b));

	set_nonzero(x, diff < 0 ? -diff : diff, 32);
}

static void abs_i(struct io *x) { set_nonzero(x, s32(x->a) < 0 ? -s32(x->a) : s32(x->a), 32); }
static void mul(struct io *x) { set(x, (uint32_t)(s32(x->a) * s32(x->b))); }
static void mulk(struct io *x) { set(x, (uint32_t)(s32(x->d) * s16(x->b))); }
static void mul_hi_u(struct io *x) { set(x, (wide)x->a * x->b / power(32)); }
static void mul_hi_i(struct io *x)
{
	set(x, (uint32_t)divide((wide)s32(x->a) * s32(x->b), power(32)));
}

static void first_if(struct io *x, bool first)
{
	x->r = first ? x->a : x->b;
	x->scc = first;
}

static void min_i(struct io *x) { first_if(x, s32(x->a) - s32(x->b) < 0); }
static void min_u(struct io *x) { first_if(x, x->a < x->b); }
static void max_i(struct io *x) { first_if(x, s32(x->a) - s32(x->b) >= 0); }
static void max_u(struct io *x) { first_if(x, x->a >= x->b); }

static void mov(struct io *x) { x->r = x->a; }
static void cmov(struct io *x) { x->r = x->scc ? x->a : x->d; }
static void cselect(struct io *x) { x->r = x->scc ? x->a : x->b; }
static void movk(struct io *x) { set(x, (uint32_t)s16(x->b)); }
static void cmovk(struct io *x) { set(x, x->scc ? (uint32_t)s16(x->b) : x->d); }
static void sext8(struct io *x)
{
	unsigned int low = x->a % 256;

	set(x, (uint32_t)(low >= 128 ? (int)low - 256 : (int)low));
}

static void sext16(struct io *x) { set(x, (uint32_t)s16(x->a % 65536)); }
static void pack_ll(struct io *x) { set(x, x->a % 65536 + x->b % 65536 * 65536); }
static void pack_lh(struct io *x) { set(x, x->a % 65536 + x->b / 65536 * 65536); }
static void pack_hh(struct io *x) { set(x, x->a / 65536 + x->b / 65536 * 65536); }

/* A logical operation by the four bits of its truth table: bit 2 * a + b */
static void logic(struct io *x, unsigned int bits, unsigned int table)
{
	x->r = 0;
	for (unsigned int i = 0; i < bits; i++)
		x->r += (uint64_t)(table >> (2 * bit(x->a, i) + bit(x->b, i)) & 1) << i;
	x->scc = x->r ? 1 : 0;
}

#define LOGIC(name, table)						\
static void name##32(struct io *x) { logic(x, 32, table); }		\
static void name##64(struct io *x) { logic(x, 64, table); }

LOGIC(and_, 0x8)
LOGIC(or_, 0xe)
LOGIC(xor_, 0x6)
LOGIC(andn2_, 0x4)
LOGIC(orn2_, 0xd)
LOGIC(nand_, 0x7)
LOGIC(nor_, 0x1)
LOGIC(xnor_, 0x9)
LOGIC(not_, 0x3)

static void lshl32(struct io *x) { set_nonzero(x, (wide)x->a * power(x->b % 32), 32); }
static void lshr32(struct io *x) { set_nonzero(x, (wide)x->a / power(x->b % 32), 32); }
static void ashr32(struct io *x) { set_nonzero(x, divide(s32(x->a), power(x->b % 32)), 32); }
static void lshl64(struct io *x)
{
	unsigned int count = x->b % 64;
	uint64_t value = x->a;

	while (count--)
		value += value;
	set_nonzero(x, value, 64);
}

static void lshr64(struct io *x) { set_nonzero(x, (wide)x->a / power(x->b % 64), 64); }
static void ashr64(struct io *x) { set_nonzero(x, divide(s64(x->a), power(x->b % 64)), 64); }

static void mask(struct io *x, unsigned int bits)
{
	x->r = 0;
	for (unsigned int i = x->b % bits; i < x->b % bits + x->a % bits && i < bits; i++)
		x->r += 1ULL << i;
}

static void bfm32(struct io *x) { mask(x, 32); }
static void bfm64(struct io *x) { mask(x, 64); }

/* Bits from @first on, those behind the end being 0 or the sign; then the field's own sign */
static void extract(struct io *x, unsigned int bits, bool sign)
{
	unsigned int first = x->b % bits, width = x->b / 65536 % 128;
	uint64_t r = 0;
	unsigned int last = 0;

	for (unsigned int i = 0; i < bits; i++) {
		if (i < width)
			last = first + i < bits ? bit(x->a, first + i) :
			       sign ? bit(x->a, bits - 1) : 0;
		else if (!sign)
			last = 0;
		r += (uint64_t)last << i;
	}
	set_nonzero(x, r, bits);
}

static void bfe_u32(struct io *x) { extract(x, 32, false); }
static void bfe_i32(struct io *x) { extract(x, 32, true); }
static void bfe_u64(struct io *x) { extract(x, 64, false); }
static void bfe_i64(struct io *x) { extract(x, 64, true); }

static void bitset(struct io *x, unsigned int bits, unsigned int value)
{
	x->r = 0;
	for (unsigned int i = 0; i < bits; i++)
		x->r += (uint64_t)(i == x->a % bits ? value : bit(x->d, i)) << i;
}

static void bitset0_32(struct io *x) { bitset(x, 32, 0); }
static void bitset0_64(struct io *x) { bitset(x, 64, 0); }
static void bitset1_32(struct io *x) { bitset(x, 32, 1); }
static void bitset1_64(struct io *x) { bitset(x, 64, 1); }

static void count(struct io *x, unsigned int bits, unsigned int value)
{
	x->r = 0;
	for (unsigned int i = 0; i < bits; i++)
		x->r += bit(x->a, i) == value;
	x->scc = x->r > 0;
}

static void bcnt0_32(struct io *x) { count(x, 32, 0); }
static void bcnt0_64(struct io *x) { count(x, 64, 0); }
static void bcnt1_32(struct io *x) { count(x, 32, 1); }
static void bcnt1_64(struct io *x) { count(x, 64, 1); }

static void find(struct io *x, unsigned int bits, unsigned int value)
{
	x->r = 0xffffffff;
	for (unsigned int i = bits; i-- > 0;) {
		if (bit(x->a, i) == value)
			x->r = i;
	}
}

static void find_high(struct io *x, unsigned int bits, unsigned int value)
{
	x->r = 0xffffffff;
	for (unsigned int i = 0; i < bits; i++) {
		if (bit(x->a, i) == value)
			x->r = bits - 1 - i;
	}
}

static void ff0_32(struct io *x) { find(x, 32, 0); }
static void ff0_64(struct io *x) { find(x, 64, 0); }
static void ff1_32(struct io *x) { find(x, 32, 1); }
static void ff1_64(struct io *x) { find(x, 64, 1); }
static void flbit32(struct io *x) { find_high(x, 32, 1); }
static void flbit64(struct io *x) { find_high(x, 64, 1); }
static void flbit_i32(struct io *x) { find_high(x, 32, !bit(x->a, 31)); }
static void flbit_i64(struct io *x) { find_high(x, 64, !bit(x->a, 63)); }

static void quad(struct io *x, unsigned int bits, bool whole)
{
	x->r = 0;
	for (unsigned int i = 0; i < bits; i++) {
		if (x->a / (1ULL << i / 4 * 4) % 16 && (whole || i % 4 == 0))
			x->r += 1ULL << (whole ? i : i / 4);
	}
	x->scc = x->r > 0;
}

static void wqm32(struct io *x) { quad(x, 32, true); }
static void wqm64(struct io *x) { quad(x, 64, true); }
static void quadmask32(struct io *x) { quad(x, 32, false); }
static void quadmask64(struct io *x) { quad(x, 64, false); }

static void brev(struct io *x, unsigned int bits)
{
	x->r = 0;
	for (unsigned int i = 0; i < bits; i++)
		x->r = x->r * 2 + bit(x->a, i);
}

static void brev32(struct io *x) { brev(x, 32); }
static void brev64(struct io *x) { brev(x, 64); }

static void bitreplicate(struct io *x)
{
	x->r = 0;
	for (unsigned int i = 32; i-- > 0;)
		x->r = x->r * 4 + 3 * bit(x->a, i);
}

static void eq(struct io *x) { x->scc = x->a == x->b; }
static void lg(struct io *x) { x->scc = x->a < x->b || x->a > x->b; }
static void gt_i(struct io *x) { x->scc = s32(x->a) - s32(x->b) > 0; }
static void ge_i(struct io *x) { x->scc = s32(x->a) - s32(x->b) >= 0; }
static void lt_i(struct io *x) { x->scc = s32(x->a) - s32(x->b) < 0; }
static void le_i(struct io *x) { x->scc = s32(x->a) - s32(x->b) <= 0; }
static void gt_u(struct io *x) { x->scc = x->a > x->b; }
static void ge_u(struct io *x) { x->scc = x->a >= x->b; }
static void lt_u(struct io *x) { x->scc = x->a < x->b; }
static void le_u(struct io *x) { x->scc = x->a <= x->b; }
static void bitcmp0_32(struct io *x) { x->scc = bit(x->a, x->b % 32) == 0; }
static void bitcmp1_32(struct io *x) { x->scc = bit(x->a, x->b % 32) == 1; }
static void bitcmp0_64(struct io *x) { x->scc = bit(x->a, x->b % 64) == 0; }
static void bitcmp1_64(struct io *x) { x->scc = bit(x->a, x->b % 64) == 1; }
static void eq_k(struct io *x) { x->scc = s32(x->a) == s16(x->b); }
static void lg_k(struct io *x) { x->scc = s32(x->a) != s16(x->b); }
static void gt_k(struct io *x) { x->scc = s32(x->a) > s16(x->b); }
static void ge_k(struct io *x) { x->scc = s32(x->a) >= s16(x->b); }
static void lt_k(struct io *x) { x->scc = s32(x->a) < s16(x->b); }
static void le_k(struct io *x) { x->scc = s32(x->a) <= s16(x->b); }

static const struct {
	const char *name;
	void (*reference)(struct io *x);
} rows[] = {
	{ "s_add_u32", add_u }, { "s_sub_u32", sub_u }, { "s_add_i32", add_i },
	{ "s_sub_i32", sub_i }, { "s_addc_u32", addc }, { "s_subb_u32", subb },
	{ "s_min_i32", min_i }, { "s_min_u32", min_u }, { "s_max_i32", max_i },
	{ "s_max_u32", max_u }, { "s_cselect_b32", cselect }, { "s_cselect_b64", cselect },
	{ "s_and_b32", and_32 }, { "s_and_b64", and_64 }, { "s_or_b32", or_32 },
	{ "s_or_b64", or_64 }, { "s_xor_b32", xor_32 }, { "s_xor_b64", xor_64 },
	{ "s_andn2_b32", andn2_32 }, { "s_andn2_b64", andn2_64 }, { "s_orn2_b32", orn2_32 },
	{ "s_orn2_b64", orn2_64 }, { "s_nand_b32", nand_32 }, { "s_nand_b64", nand_64 },
	{ "s_nor_b32", nor_32 }, { "s_nor_b64", nor_64 }, { "s_xnor_b32", xnor_32 },
	{ "s_xnor_b64", xnor_64 }, { "s_lshl_b32", lshl32 }, { "s_lshl_b64", lshl64 },
	{ "s_lshr_b32", lshr32 }, { "s_lshr_b64", lshr64 }, { "s_ashr_i32", ashr32 },
	{ "s_ashr_i64", ashr64 }, { "s_bfm_b32", bfm32 }, { "s_bfm_b64", bfm64 },
	{ "s_mul_i32", mul }, { "s_bfe_u32", bfe_u32 }, { "s_bfe_i32", bfe_i32 },
	{ "s_bfe_u64", bfe_u64 }, { "s_bfe_i64", bfe_i64 }, { "s_absdiff_i32", absdiff },
	{ "s_mul_hi_u32", mul_hi_u }, { "s_mul_hi_i32", mul_hi_i },
	{ "s_lshl1_add_u32", add_1 }, { "s_lshl2_add_u32", add_2 },
	{ "s_lshl3_add_u32", add_3 }, { "s_lshl4_add_u32", add_4 },
	{ "s_pack_ll_b32_b16", pack_ll }, { "s_pack_lh_b32_b16", pack_lh },
	{ "s_pack_hh_b32_b16", pack_hh },

	{ "s_movk_i32", movk }, { "s_cmovk_i32", cmovk }, { "s_addk_i32", addk },
	{ "s_mulk_i32", mulk },
	{ "s_cmpk_eq_i32", eq_k }, { "s_cmpk_lg_i32", lg_k }, { "s_cmpk_gt_i32", gt_k },
	{ "s_cmpk_ge_i32", ge_k }, { "s_cmpk_lt_i32", lt_k }, { "s_cmpk_le_i32", le_k },
	{ "s_cmpk_eq_u32", eq }, { "s_cmpk_lg_u32", lg }, { "s_cmpk_gt_u32", gt_u },
	{ "s_cmpk_ge_u32", ge_u }, { "s_cmpk_lt_u32", lt_u }, { "s_cmpk_le_u32", le_u },

	{ "s_mov_b32", mov }, { "s_mov_b64", mov }, { "s_cmov_b32", cmov },
	{ "s_cmov_b64", cmov }, { "s_not_b32", not_32 }, { "s_not_b64", not_64 },
	{ "s_wqm_b32", wqm32 }, { "s_wqm_b64", wqm64 }, { "s_brev_b32", brev32 },
	{ "s_brev_b64", brev64 }, { "s_bcnt0_i32_b32", bcnt0_32 },
	{ "s_bcnt0_i32_b64", bcnt0_64 }, { "s_bcnt1_i32_b32", bcnt1_32 },
	{ "s_bcnt1_i32_b64", bcnt1_64 }, { "s_ff0_i32_b32", ff0_32 },
	{ "s_ff0_i32_b64", ff0_64 }, { "s_ff1_i32_b32", ff1_32 }, { "s_ff1_i32_b64", ff1_64 },
	{ "s_flbit_i32_b32", flbit32 }, { "s_flbit_i32_b64", flbit64 },
	{ "s_flbit_i32", flbit_i32 }, { "s_flbit_i32_i64", flbit_i64 },
	{ "s_sext_i32_i8", sext8 }, { "s_sext_i32_i16", sext16 },
	{ "s_bitset0_b32", bitset0_32 }, { "s_bitset0_b64", bitset0_64 },
	{ "s_bitset1_b32", bitset1_32 }, { "s_bitset1_b64", bitset1_64 },
	{ "s_quadmask_b32", quadmask32 }, { "s_quadmask_b64", quadmask64 },
	{ "s_abs_i32", abs_i }, { "s_bitreplicate_b64_b32", bitreplicate },

	{ "s_cmp_eq_i32", eq }, { "s_cmp_lg_i32", lg }, { "s_cmp_gt_i32", gt_i },
	{ "s_cmp_ge_i32", ge_i }, { "s_cmp_lt_i32", lt_i }, { "s_cmp_le_i32", le_i },
	{ "s_cmp_eq_u32", eq }, { "s_cmp_lg_u32", lg }, { "s_cmp_gt_u32", gt_u },
	{ "s_cmp_ge_u32", ge_u }, { "s_cmp_lt_u32", lt_u }, { "s_cmp_le_u32", le_u },
	{ "s_cmp_eq_u64", eq }, { "s_cmp_lg_u64", lg }, { "s_bitcmp0_b32", bitcmp0_32 },
	{ "s_bitcmp1_b32", bitcmp1_32 }, { "s_bitcmp0_b64", bitcmp0_64 },
	{ "s_bitcmp1_b64", bitcmp1_64 },
};

#define NUM_ROWS	(sizeof(rows) / sizeof(rows[0]))

static uint64_t operand(struct machine *m, const struct isa_operand *arg)
{
	return isa_dwords[arg->type] == 2 ? isa_sreg64(m->w, arg->reg) : m->w->sgprs[arg->reg];
}

/* Of equal and of neighbouring sources there is more to see than of any. */
static uint64_t another(uint64_t value)
{
	uint64_t r = random64();

	return r & 1 ? edgy64() : r & 2 ? value : value + (r >> 32 & 3) - 1;
}

/* In registers, constants, and with the destination as a source */
static void try_row(struct machine *m, const char *name, struct io *x, bool same)
{
	struct isa_insn *in = insn(m, name);
	uint64_t *value[] = { &x->a, &x->b };
	unsigned int n = 0, dst = 0;
	uint32_t guard;
	bool writes = false;

	for (unsigned int i = 0; i < in->num_args; i++) {
		struct isa_operand *arg = &in->args[i];
		unsigned int field = in->op->args[i].field;

		if (field == ISA_SDST) {
			dst = i;
			writes = true;
			continue;
		}
		if (field == ISA_SIMM16) {
			n = 1;
			x->b &= 0xffff;
		} else if (isa_dwords[arg->type] == 1) {
			*value[n] &= 0xffffffff;
		}
		if (field == ISA_SIMM16)
			arg->value = x->b;
		else if (random32() & 1)
			*arg = constant(arg->type, *value[n]);
		else
			isa_set_sreg64(m->w, arg->reg, *value[n]);
		n++;
	}
	if (same && writes && in->args[1].kind == ISA_SGPR)
		in->args[dst].reg = in->args[1].reg;
	else if (writes)
		isa_set_sreg64(m->w, in->args[dst].reg, x->d);
	guard = random32();
	if (writes) {
		m->w->sgprs[in->args[dst].reg + 2] = guard;
		x->d = operand(m, &in->args[dst]);
	}
	m->w->scc = x->scc;
	execute(m);
	assert_int_equal(m->w->next_pc, m->w->pc + 4);
	if (writes) {
		x->r = operand(m, &in->args[dst]);
		assert_int_equal(m->w->sgprs[in->args[dst].reg + 2], guard);
	}
	x->scc = m->w->scc;
}

static void test_rows(void **state)
{
	(void)state;
	for (unsigned int target = 0; target < ISA_TARGETS; target++) {
		struct machine *m = machine_new(target);

		for (unsigned int i = 0; i < NUM_ROWS * 400; i++) {
			const char *name = rows[i / 400].name;
			struct io x = { .a = edgy64(), .d = edgy64(), .scc = random32() & 1 }, y;

			x.b = another(x.a);
			y = x;
			try_row(m, name, &x, i & 1);
			y.a = x.a;
			y.b = x.b;
			y.d = x.d;
			rows[i / 400].reference(&y);
			if (x.r != y.r || x.scc != y.scc)
				fail_msg("%s of %lx, %lx, %lx: %lx, SCC %u, not %lx, %u", name,
					 x.a, x.b, x.d, x.r, x.scc, y.r, y.scc);
		}
		machine_free(m);
	}
}

/* What the documents have as examples, and the ends of ranges */
static const struct {
	const char *name;
	uint64_t a, b;
	unsigned int scc;
	uint64_t r;
	unsigned int scc_after;
} examples[] = {
	{ "s_add_u32", 0xffffffff, 1, 0, 0, 1 },
	{ "s_addc_u32", 0xffffffff, 0xffffffff, 1, 0xffffffff, 1 },
	{ "s_subb_u32", 0, 0xffffffff, 1, 0, 1 },
	{ "s_sub_u32", 5, 5, 1, 0, 0 },
	{ "s_add_i32", 0x7fffffff, 1, 0, 0x80000000, 1 },
	{ "s_sub_i32", 0, 0x80000000, 0, 0x80000000, 1 },
	{ "s_min_i32", 7, 7, 1, 7, 0 },
	{ "s_max_u32", 7, 7, 0, 7, 1 },
	{ "s_absdiff_i32", 2, 5, 0, 3, 1 },
	{ "s_absdiff_i32", 0xffffffff, 0, 0, 1, 1 },
	{ "s_absdiff_i32", 0x80000000, 0, 0, 0x80000000, 1 },
	{ "s_absdiff_i32", 0x80000000, 1, 0, 0x7fffffff, 1 },
	{ "s_absdiff_i32", 0x80000000, 0xffffffff, 0, 0x7fffffff, 1 },
	{ "s_absdiff_i32", 0x80000000, 0xfffffffe, 0, 0x7ffffffe, 1 },
	{ "s_abs_i32", 0x80000000, 0, 0, 0x80000000, 1 },
	{ "s_abs_i32", 0xffffffff, 0, 0, 1, 1 },
	{ "s_abs_i32", 0, 0, 1, 0, 0 },
	{ "s_ff0_i32_b32", 0xaaaaaaaa, 0, 1, 0, 1 },
	{ "s_ff0_i32_b32", 0xffffffff, 0, 0, 0xffffffff, 0 },
	{ "s_ff0_i32_b32", 0xfffeffff, 0, 0, 16, 0 },
	{ "s_ff1_i32_b32", 0, 0, 1, 0xffffffff, 1 },
	{ "s_ff1_i32_b32", 0x00010000, 0, 0, 16, 0 },
	{ "s_flbit_i32_b32", 0x0000cccc, 0, 0, 16, 0 },
	{ "s_flbit_i32_b32", 0x7fffffff, 0, 1, 1, 1 },
	{ "s_flbit_i32", 0xffff3333, 0, 0, 16, 0 },
	{ "s_flbit_i32", 0x80000000, 0, 0, 1, 0 },
	{ "s_flbit_i32", 0xffffffff, 0, 0, 0xffffffff, 0 },
	{ "s_flbit_i32_i64", ~0ULL, 0, 0, 0xffffffff, 0 },
	{ "s_bcnt0_i32_b32", 0xcccccccc, 0, 0, 16, 1 },
	{ "s_bcnt1_i32_b64", ~0ULL, 0, 0, 64, 1 },
	{ "s_bcnt0_i32_b64", ~0ULL, 0, 1, 0, 0 },
	{ "s_bfe_u32", 0xdeadbeef, 0x80010, 0, 0xad, 1 },
	{ "s_bfe_u32", 0xdeadbeef, 0x200000, 0, 0xdeadbeef, 1 },
	{ "s_bfe_u32", 0xdeadbeef, 0x7f0010, 0, 0xdead, 1 },
	{ "s_bfe_u32", 0xdeadbeef, 0x10, 1, 0, 0 },
	{ "s_bfe_i32", 0xdeadbeef, 0x80010, 0, 0xffffffad, 1 },
	{ "s_bfe_i32", 0xdeadbeef, 0x180010, 0, 0xffffdead, 1 },
	{ "s_bfe_i64", 0x0123456789abcdef, 0x40020, 0, 0x7, 1 },
	{ "s_bfe_i64", 0x0123456789abcdef, 0x40018, 0, 0xfffffffffffffff9, 1 },
	{ "s_bfe_u64", 0x0123456789abcdef, 0x400000, 0, 0x0123456789abcdef, 1 },
	{ "s_bfm_b32", 4, 8, 1, 0xf00, 1 },
	{ "s_bfm_b32", 32, 8, 0, 0, 0 },
	{ "s_bfm_b64", 63, 1, 0, 0xfffffffffffffffe, 0 },
	{ "s_wqm_b32", 0x00010800, 0, 0, 0xf0f00, 1 },
	{ "s_quadmask_b64", 0x8000000000000010, 0, 0, 0x8002, 1 },
	{ "s_brev_b32", 0x00000001, 0, 1, 0x80000000, 1 },
	{ "s_bitreplicate_b64_b32", 0x80000005, 0, 0, 0xc000000000000033, 0 },
	{ "s_mul_hi_i32", 0xffffffff, 1, 1, 0xffffffff, 1 },
	{ "s_mul_hi_u32", 0xffffffff, 0xffffffff, 0, 0xfffffffe, 0 },
	{ "s_lshl4_add_u32", 0x10000000, 0, 0, 0, 1 },
	{ "s_pack_lh_b32_b16", 0x11112222, 0x33334444, 0, 0x33332222, 0 },
	{ "s_ashr_i64", 0x8000000000000000, 63, 0, ~0ULL, 1 },
	{ "s_lshl_b32", 1, 32, 0, 1, 1 },
	{ "s_cmpk_eq_u32", 0xffff, 0xffff, 0, 0, 1 },
	{ "s_cmpk_eq_i32", 0xffff, 0xffff, 1, 0, 0 },
	{ "s_movk_i32", 0, 0x8000, 1, 0xffff8000, 1 },
};

static void test_examples(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);

	(void)state;
	for (unsigned int i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		struct io x = { .a = examples[i].a, .b = examples[i].b, .scc = examples[i].scc };

		try_row(m, examples[i].name, &x, false);
		if (x.r != examples[i].r || x.scc != examples[i].scc_after)
			fail_msg("%s of %lx, %lx: %lx, SCC %u", examples[i].name, examples[i].a,
				 examples[i].b, x.r, x.scc);
	}
	machine_free(m);
}

/* EXEC, VCC and M0 are registers like others, and constants are as wide as the operand. */
static void test_registers(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);
	struct isa_insn *in = insn(m, "s_and_b64");

	(void)state;
	in->args[0] = sgpr(ISA_B64, ISA_EXEC);
	in->args[1] = sgpr(ISA_B64, ISA_VCC);
	in->args[2] = constant(ISA_B64, ~0xfULL);
	isa_set_sreg64(m->w, ISA_VCC, 0x123456789abcdef0);
	set_exec(m, 1);
	execute(m);
	assert_true(isa_exec_mask(m->w) == 0x123456789abcdef0);
	assert_true(m->w->scc);

	in = insn(m, "s_add_u32");
	in->args[0] = sgpr(ISA_U32, ISA_M0);
	in->args[1] = sgpr(ISA_U32, ISA_M0);
	in->args[2] = (struct isa_operand){ .kind = ISA_SPECIAL, .type = ISA_U32, .reg = ISA_SCC };
	m->w->sgprs[ISA_M0] = 41;
	execute(m);
	assert_int_equal(m->w->sgprs[ISA_M0], 42);
	assert_false(m->w->scc);
	machine_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_registers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
