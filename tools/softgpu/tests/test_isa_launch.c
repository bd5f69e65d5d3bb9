// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What a wave begins with, on both targets: from the bytes of a kernel descriptor and a dispatch
 * to registers, as the tables of "User Guide for AMDGPU Backend" of LLVM have it: Kernel
 * Descriptor, SGPR and VGPR Register Set Up Order.
 */
#include "harness.h"
#include "isa/group.h"

#define RSRC1_FLOATS	0xa5u		/* any bits of FLOAT_MODE */
#define PRIVATE		0x12346		/* not a multiple of 4 */
#define SLOT		37u

/* Bits of kernel_code_properties and what they ask for; 0 in @num ends the list. */
static const struct {
	uint16_t bit;
	uint8_t num;
	uint32_t words[4];
} user_sgprs[] = {
	{ 0x01, 4, { 0xa0, 0xa1, 0xa2, 0xa3 } },	/* private segment buffer */
	{ 0x02, 2, { 0xb0, 0xb1 } },			/* dispatch pointer */
	{ 0x04, 2, { 0xc0, 0xc1 } },			/* queue pointer */
	{ 0x08, 2, { 0xd0, 0xd1 } },			/* kernarg segment pointer */
	{ 0x10, 2, { 0xe0, 0xe1 } },			/* dispatch id */
	{ 0x20, 2, { 0xf0000000, 0xf1 } },		/* flat scratch init */
	{ 0x40, 1, { 0x12348 } },			/* private segment size */
	{ 0 },
};

static const struct isa_dispatch plain = {
	.packet = 0xb1000000b0, .queue = 0xc1000000c0, .id = 0xe1000000e0,
	.grid = { 64, 1, 1 }, .group = { 64, 1, 1 }, .private_size = PRIVATE, .object = CODE,
	.kernarg = 0xd1000000d0, .scratch = 0xf1f0000000, .scratch_wave = 0x5000,
	.scratch_rsrc = { 0xa0, 0xa1, 0xa2, 0xa3 },
};

/* A descriptor; what is not given is zero. */
struct desc {
	uint64_t entry;
	uint32_t rsrc1, rsrc2, rsrc3;
	uint16_t properties;
};

static int init(struct isa_kernel *k, enum isa_target target, const struct isa_dispatch *d,
		const struct desc *desc)
{
	uint8_t bytes[64] = { 0 };

	memcpy(bytes + 16, &desc->entry, 8);
	memcpy(bytes + 44, &desc->rsrc3, 4);
	memcpy(bytes + 48, &desc->rsrc1, 4);
	memcpy(bytes + 52, &desc->rsrc2, 4);
	memcpy(bytes + 56, &desc->properties, 2);
	return isa_kernel_init(k, target, d, bytes);
}

static struct isa_group *begin(enum isa_target target, const struct isa_dispatch *d,
			       const struct desc *desc, uint64_t index)
{
	struct isa_kernel k;
	struct isa_group *g;

	assert_int_equal(init(&k, target, d, desc), 0);
	g = isa_group_new(&k, index, SLOT);
	assert_non_null(g);
	return g;
}

#define FOR_TARGETS(t)	for (enum isa_target t = 0; t < ISA_TARGETS; t++)

static uint64_t sreg64(const struct isa_wave *w, unsigned int reg)
{
	return w->sgprs[reg] | (uint64_t)w->sgprs[reg + 1] << 32;
}

/* All sets of bits: what is asked for is in order and without gaps, and behind it there is 0. */
static void test_user_sgprs(void **state)
{
	(void)state;
	FOR_TARGETS(target) {
		for (unsigned int set = 0; set < 0x80; set++) {
			struct desc desc = { .properties = set };
			unsigned int reg = 0, end;
			struct isa_group *g;

			for (unsigned int i = 0; user_sgprs[i].num; i++)
				reg += set & user_sgprs[i].bit ? user_sgprs[i].num : 0;
			end = reg;
			desc.rsrc2 = end << 1;
			g = begin(target, &plain, &desc, 0);
			reg = 0;
			for (unsigned int i = 0; user_sgprs[i].num; i++) {
				if (!(set & user_sgprs[i].bit))
					continue;
				for (unsigned int j = 0; j < user_sgprs[i].num; j++)
					assert_int_equal(g->waves[0].sgprs[reg++],
							 user_sgprs[i].words[j]);
			}
			assert_int_equal(reg, end);
			while (reg < 102)
				assert_int_equal(g->waves[0].sgprs[reg++], 0);
			isa_group_free(g);
		}
	}
}

/*
 * Those of the system are behind all of the user's that the descriptor counts, also behind those
 * that nothing is put into. Waves of the workgroup (1, 2, 3), which has 3 of them.
 */
static void test_system_sgprs(void **state)
{
	struct isa_dispatch d = plain;
	enum { X = 0x80, Y = 0x100, Z = 0x200, INFO = 0x400, OFFSET = 1 };

	(void)state;
	memcpy(d.group, (uint16_t[]){ 16, 9, 1 }, sizeof(d.group));
	memcpy(d.grid, (uint32_t[]){ 2 * 16, 4 * 9, 5 }, sizeof(d.grid));
	FOR_TARGETS(target) {
		for (unsigned int set = 0; set < 32; set++) {
			struct desc desc = { .properties = 0x08 };
			struct isa_group *g;

			desc.rsrc2 = (set & 15) << 7 | set >> 4 | 11 << 1;
			g = begin(target, &d, &desc, 1 + 2 * (2 + 4 * 3));
			assert_int_equal(g->num_waves, 3);
			for (unsigned int i = 0; i < 3; i++) {
				const struct isa_wave *w = &g->waves[i];
				unsigned int reg = 11;

				assert_int_equal(sreg64(w, 0), 0xd1000000d0);
				if (desc.rsrc2 & X)
					assert_int_equal(w->sgprs[reg++], 1);
				if (desc.rsrc2 & Y)
					assert_int_equal(w->sgprs[reg++], 2);
				if (desc.rsrc2 & Z)
					assert_int_equal(w->sgprs[reg++], 3);
				if (desc.rsrc2 & INFO)
					assert_int_equal(w->sgprs[reg++], i ? 3 : 0x80000003);
				/* Of gfx942 that is in a register of its own. */
				if (desc.rsrc2 & OFFSET && target == ISA_GFX906)
					assert_int_equal(w->sgprs[reg++], (SLOT + i) * 0x5000);
				assert_int_equal(w->sgprs[reg], 0);
				assert_int_equal(sreg64(w, 102), target == ISA_GFX942 ?
						 0xf1f0000000 + (SLOT + i) * 0x5000 : 0);
				assert_int_equal(w->scratch_size, 0x5000 / 64);
			}
			isa_group_free(g);
		}
	}
}

/* 10 x 3 x 5 work-items in three waves, by what the descriptor asks for */
static void test_items(void **state)
{
	struct isa_dispatch d = plain;

	(void)state;
	memcpy(d.group, (uint16_t[]){ 10, 3, 5 }, sizeof(d.group));
	memcpy(d.grid, (uint32_t[]){ 10, 3, 5 }, sizeof(d.grid));
	FOR_TARGETS(target) {
		for (unsigned int more = 0; more < 3; more++) {
			/* Registers enough of both: 4 and 8 are the least */
			struct desc desc = { .rsrc2 = more << 11 };
			struct isa_group *g = begin(target, &d, &desc, 0);
			unsigned int n = 0;

			assert_int_equal(g->num_waves, 3);
			assert_int_equal(sreg64(&g->waves[0], ISA_EXEC), ~0ULL);
			assert_int_equal(sreg64(&g->waves[1], ISA_EXEC), ~0ULL);
			assert_int_equal(sreg64(&g->waves[2], ISA_EXEC), (1 << 22) - 1);
			for (unsigned int z = 0; z < 5; z++)
				for (unsigned int y = 0; y < 3; y++)
					for (unsigned int x = 0; x < 10; x++, n++) {
						const uint32_t *v = g->waves[n / 64].vgprs + n % 64;
						uint32_t ids[3] = { x, more > 0 ? y : 0,
								    more > 1 ? z : 0 };

						if (target == ISA_GFX942) {
							ids[0] |= ids[1] << 10 | ids[2] << 20;
							ids[1] = ids[2] = 0;
						}
						assert_int_equal(v[0], ids[0]);
						assert_int_equal(v[64], ids[1]);
						assert_int_equal(v[128], ids[2]);
						assert_int_equal(v[192], 0);
					}
			assert_int_equal(n, 150);
			isa_group_free(g);
		}
	}
}

/*
 * A grid of 25 x 7 x 3 in workgroups of 10 x 4 x 2: those at its ends are smaller, and their
 * work-items are without gaps. All work-items come once.
 */
static void test_partial(void **state)
{
	static const uint32_t sizes[3][3] = { { 10, 10, 5 }, { 4, 3, 0 }, { 2, 1, 0 } };
	struct isa_dispatch d = plain;

	(void)state;
	memcpy(d.group, (uint16_t[]){ 10, 4, 2 }, sizeof(d.group));
	memcpy(d.grid, (uint32_t[]){ 25, 7, 3 }, sizeof(d.grid));
	FOR_TARGETS(target) {
		struct desc desc = { .rsrc2 = 0x1380 };	/* ids of workgroups; x, y, z */
		uint8_t seen[3][7][25] = { 0 };
		struct isa_kernel k;

		assert_int_equal(init(&k, target, &d, &desc), 0);
		assert_int_equal(k.num_groups, 3 * 2 * 2);
		assert_int_equal(k.waves, 2);
		for (unsigned int index = 0; index < k.num_groups; index++) {
			struct isa_group *g = isa_group_new(&k, index, 0);
			const uint32_t *s = g->waves[0].sgprs;
			uint32_t items, size[3];

			for (unsigned int i = 0; i < 3; i++)
				size[i] = sizes[i][s[i]];
			items = size[0] * size[1] * size[2];
			assert_int_equal(g->num_waves, (items + 63) / 64);
			for (unsigned int n = 0; n < g->num_waves * 64; n++) {
				const struct isa_wave *w = &g->waves[n / 64];
				const uint32_t *v = w->vgprs + n % 64;
				uint32_t x = v[0], y = v[64], z = v[128];

				assert_int_equal(sreg64(w, ISA_EXEC) >> n % 64 & 1, n < items);
				if (n >= items)
					continue;
				if (target == ISA_GFX942) {
					x = v[0] & 0x3ff;
					y = v[0] >> 10 & 0x3ff;
					z = v[0] >> 20;
				}
				assert_int_equal((z * size[1] + y) * size[0] + x, n);
				assert_in_range(x, 0, size[0] - 1);
				assert_in_range(y, 0, size[1] - 1);
				seen[s[2] * 2 + z][s[1] * 4 + y][s[0] * 10 + x]++;
			}
			isa_group_free(g);
		}
		for (unsigned int i = 0; i < sizeof(seen); i++)
			assert_int_equal(((uint8_t *)seen)[i], 1);
	}
}

/* Vectors of 4 registers, of gfx942 of 8 with those for accumulation in the second part */
static void test_registers(void **state)
{
	static const struct {
		enum isa_target target;
		uint32_t rsrc1, rsrc3;
		unsigned int vgprs, agprs;
	} rows[] = {
		{ ISA_GFX906, 0, 0, 4, 0 },
		{ ISA_GFX906, 0x3c0, 0x3f, 4, 0 },	/* SGPRs; nothing is at 3 */
		{ ISA_GFX906, 5, 0, 24, 0 },
		{ ISA_GFX906, 63, 0, 256, 0 },
		{ ISA_GFX942, 0, 0, 4, 4 },
		{ ISA_GFX942, 0, 1, 8, 0 },
		{ ISA_GFX942, 5, 2, 12, 36 },
		{ ISA_GFX942, 63, 63, 256, 256 },
	};
	struct isa_kernel k;

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct desc desc = { .rsrc1 = rows[i].rsrc1, .rsrc3 = rows[i].rsrc3 };
		struct isa_group *g = begin(rows[i].target, &plain, &desc, 0);

		assert_int_equal(g->waves[0].num_vgprs, rows[i].vgprs);
		assert_int_equal(g->waves[0].num_agprs, rows[i].agprs);
		isa_group_free(g);
	}
	/* More than there are, and for accumulation behind the end of all */
	assert_int_equal(init(&k, ISA_GFX942, &plain, &(struct desc){ .rsrc1 = 63 }),
			 SOFTGPU_DISPATCH_REGISTERS);
	assert_int_equal(init(&k, ISA_GFX942, &plain, &(struct desc){ .rsrc3 = 2 }),
			 SOFTGPU_DISPATCH_REGISTERS);
}

/* Where code begins, from the descriptor in both directions; MODE; LDS */
static void test_rest(void **state)
{
	struct isa_dispatch d = plain;

	(void)state;
	FOR_TARGETS(target) {
		struct desc desc = { .entry = 0x1100, .rsrc1 = RSRC1_FLOATS << 12 };
		struct isa_group *g;

		g = begin(target, &d, &desc, 0);
		assert_int_equal(g->target, target);
		assert_int_equal(g->waves[0].pc, CODE + 0x1100);
		assert_int_equal(g->waves[0].mode, RSRC1_FLOATS);
		assert_int_equal(g->lds_size, 0);
		assert_int_equal(g->waves[0].state, ISA_RUNNING);
		isa_group_free(g);

		desc.entry = -0x200;
		desc.rsrc1 = 1u << 21;	/* ENABLE_DX10_CLAMP */
		d.lds_size = 1;
		g = begin(target, &d, &desc, 0);
		assert_int_equal(g->waves[0].pc, CODE - 0x200);
		assert_int_equal(g->waves[0].mode, 1u << 8);
		assert_int_equal(g->lds_size, 512);
		isa_group_free(g);

		desc.rsrc1 = 1u << 23;	/* ENABLE_IEEE_MODE */
		d.lds_size = 513;
		g = begin(target, &d, &desc, 0);
		assert_int_equal(g->waves[0].mode, 1u << 9);
		assert_int_equal(g->lds_size, 1024);
		isa_group_free(g);

		desc.rsrc1 = 1u << 26;	/* FP16_OVFL */
		d.lds_size = 65536;
		g = begin(target, &d, &desc, 0);
		assert_int_equal(g->waves[0].mode, 1u << 23);
		assert_int_equal(g->lds_size, 65536);
		isa_group_free(g);
		d.lds_size = 0;
	}
}

/* A queue's kernels are of its target: v_mov_b64 is there on gfx942 alone, v_mac_f32 on gfx906. */
static void test_queue(void **state)
{
	static const uint32_t code[ISA_TARGETS][2] = {
		[ISA_GFX942] = { 0x7e0470f2, 0xbf810000 },	/* v_mov_b64 v[2:3], 1.0; s_endpgm */
		[ISA_GFX906] = { 0x2c060703, 0xbf810000 },	/* v_mac_f32 v3, v3, v3; s_endpgm */
	};
	const uint64_t kernel = CODE + 0x1000;
	struct fixture *fix = *state;
	struct queue q;

	vm_put(fix->vm, kernel + 16, (uint64_t[]){ 256 }, 8);
	for (unsigned int i = 0; i < 4; i++) {
		bool old = i & 1, other = i & 2;

		vm_put(fix->vm, kernel + 256, code[old != other], sizeof(code[0]));
		queue_init(&q, fix->gpu, fix->vm, SOFTGPU_QUEUE_AQL, PAGE);
		q.p.target = old ? SOFTGPU_GFX906 : SOFTGPU_GFX942;
		queue_create(&q);
		PUT(&q, 2u | 1u << 16, 64, 0, 64, 0, 0, 0, 0, LO(kernel), HI(kernel), 0, 0, 0, 0, 0,
		    0);
		queue_ring(&q);
		if (other)
			queue_exception(&q, SOFTGPU_WAVE_ILLEGAL);
		else
			queue_wait(&q);
		queue_exit(&q);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_user_sgprs),
		TEST(test_system_sgprs),
		TEST(test_items),
		TEST(test_partial),
		TEST(test_registers),
		TEST(test_rest),
		TEST(test_queue),
	};

	return cmocka_run_group_tests_name("softgpu_isa_launch", tests, NULL, NULL);
}
