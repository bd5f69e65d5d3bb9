/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The IP discovery table of amdgpu-model-pci: which blocks there are and where.
 *
 * What lives here: the table at the end of VRAM. What does not: the registers
 * of the blocks (amdgpu-model-reg-table.c).
 *
 * An MI300X partition has these blocks; the security processor and the system
 * management unit are of a version for which amdgpu wants nothing of them when
 * it loads firmware by itself (fw_load_type=0).
 *
 * Source: discovery.h, soc15_hw_ip.h, amdgpu_discovery.c of Linux 7.3.
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "amdgpu-model.h"

#define FROM_END (64 * KiB)
#define MAX_BASES 9
#define NUM_TABLES 6

#define BINARY_SIGNATURE 0x28211407
#define IP_SIGNATURE 0x53445049
#define GC_SIGNATURE 0x4347
#define HARVEST_SIGNATURE 0x56524148
#define MALL_SIGNATURE 0x4c4c414d
#define HARVEST_ENTRIES 32

static const struct {
	uint16_t id;
	uint8_t instance, num_bases, major, minor, revision;
	uint32_t bases[MAX_BASES];
} blocks[] = {
	{ 11, 0, 2, 9, 4, 3, { MODEL_BASE_GC, MODEL_BASE_GC1 } },	/* GC */
	{ 34, 0, 1, 1, 8, 0, { MODEL_BASE_MMHUB } },			/* MMHUB */
	{ 35, 0, 1, 1, 8, 0, { 0xc20 } },				/* ATHUB */
	{ 40, 0, 1, 4, 4, 2, { MODEL_BASE_OSSSYS } },			/* OSSSYS */
	{ 41, 0, 1, 4, 4, 2, { MODEL_BASE_HDP } },			/* HDP */
	{ 42, 0, 2, 4, 4, 2, { MODEL_BASE_SDMA0, 0x12540 } },		/* SDMA */
	{ 42, 1, 2, 4, 4, 2, { MODEL_BASE_SDMA1, 0x12560 } },		/* SDMA */
	/* NBIF; what is beyond the BAR is reached through SMN */
	{ 108, 0, 9, 7, 9, 0, { 0x0, 0x14, 0xd20, 0x10400, 0x241b000,
				0x4040000, 0, 0, MODEL_BASE_NBIF8 } },
	{ 255, 0, 1, 13, 0, 7, { 0x16000 } },				/* MP0 */
	{ 1, 0, 1, 13, 0, 6, { 0x16000 } },				/* MP1 */
	{ 46, 0, 1, 4, 5, 0, { 0x7000 } },				/* DF */
	{ 4, 0, 2, 13, 0, 3, { 0x16800, 0x16a00 } },			/* SMUIO */
	{ 3, 0, 1, 13, 0, 6, { 0x16600 } },				/* THM */
	{ 150, 0, 1, 12, 0, 0, { 0x14000 } },				/* UMC */
};

/* struct gc_info_v2_1: what rocminfo shows of the compute units and caches */
static const uint32_t gc_info[] = {
	4,		  /* shader engines */
	10,		  /* compute units of an array */
	1,		  /* arrays of an engine */
	0,		  /* render back ends of an engine */
	16,		  /* L2 channels */
	512,		  /* registers */
	0,    0, 0, 0, 0, /* geometry and parameter buffers */
	64,		  /* lanes of a wave */
	10,		  /* waves of a SIMD */
	32,		  /* scratch slots of a compute unit */
	64,		  /* KiB of LDS */
	0,    0,	  /* scan converters and packers */
	10,		  /* L1 caches of an array */
	32,		  /* KiB of an L1 cache */
	16,		  /* data fabric ports */
	2,		  /* compute units that share a scalar cache */
	64,		  /* KiB of an instruction cache */
	16,		  /* KiB of a scalar data cache */
	4096,		  /* KiB of L2 */
};

typedef struct Table {
	uint8_t bytes[4 * KiB];
	size_t len;
} Table;

typedef void PutTable(Table *t);

static void put16(Table *t, uint16_t value)
{
	stw_le_p(t->bytes + t->len, value);
	t->len += 2;
}

static void put32(Table *t, uint32_t value)
{
	stl_le_p(t->bytes + t->len, value);
	t->len += 4;
}

static void put_blocks(Table *t)
{
	size_t start = t->len;
	size_t die = start + 14 + 16 * 4 + 2;
	unsigned int i, j;

	put32(t, IP_SIGNATURE);
	put16(t, 3); /* version */
	put16(t, 0); /* size, below */
	put32(t, 0); /* id */
	put16(t, 1); /* dies */
	put16(t, 0); /* number of this one */
	put16(t, die);
	t->len = die;
	put16(t, 0); /* number */
	put16(t, ARRAY_SIZE(blocks));
	for (i = 0; i < ARRAY_SIZE(blocks); i++) {
		put16(t, blocks[i].id);
		put16(t, blocks[i].instance | blocks[i].num_bases << 8);
		put16(t, blocks[i].major | blocks[i].minor << 8);
		put16(t, blocks[i].revision);
		for (j = 0; j < blocks[i].num_bases; j++) {
			put32(t, blocks[i].bases[j]);
		}
	}
	stw_le_p(t->bytes + start + 6, t->len - start);
}

static void put_gc(Table *t)
{
	unsigned int i;

	put32(t, GC_SIGNATURE);
	put16(t, 2); /* version */
	put16(t, 1);
	put32(t, 12 + sizeof(gc_info));
	for (i = 0; i < ARRAY_SIZE(gc_info); i++) {
		put32(t, gc_info[i]);
	}
}

/* Nothing is harvested. */
static void put_harvest(Table *t)
{
	put32(t, HARVEST_SIGNATURE);
	put32(t, 0);
	t->len += HARVEST_ENTRIES * 4;
}

/* struct mall_info_v2_0: the L3 cache, 256 MiB for the one UMC listed */
static void put_mall(Table *t)
{
	put32(t, MALL_SIGNATURE);
	put16(t, 2); /* version */
	put16(t, 0);
	put32(t, 12 + 9 * 4);
	put32(t, 256 * MiB);
	t->len += 8 * 4;
}

static uint16_t checksum(const Table *t, size_t from, size_t to)
{
	uint16_t sum = 0;

	while (from < to) {
		sum += t->bytes[from++];
	}
	return sum;
}

/* To where the driver looks for it */
void model_discovery_write(AmdgpuModel *s)
{
	/* By the number of the table; the fourth would be of video engines. */
	static PutTable *const put[] = { put_blocks, put_gc, put_harvest, NULL,
					 put_mall };
	Table t = { .len = 12 + NUM_TABLES * 8 };
	unsigned int i;

	stl_le_p(t.bytes, BINARY_SIGNATURE);
	stw_le_p(t.bytes + 4, 1); /* version */
	for (i = 0; i < ARRAY_SIZE(put); i++) {
		size_t start = ROUND_UP(t.len, 16);

		if (!put[i]) {
			continue;
		}
		t.len = start;
		put[i](&t);
		stw_le_p(t.bytes + 12 + i * 8, start);
		stw_le_p(t.bytes + 14 + i * 8, checksum(&t, start, t.len));
		stw_le_p(t.bytes + 16 + i * 8, t.len - start);
	}
	assert(t.len <= sizeof(t.bytes));
	stw_le_p(t.bytes + 10, t.len);
	stw_le_p(t.bytes + 8, checksum(&t, 10, t.len));
	memcpy(s->vram_ptr + s->vram_size - FROM_END, t.bytes, t.len);
	memory_region_set_dirty(&s->vram, s->vram_size - FROM_END, t.len);
}
