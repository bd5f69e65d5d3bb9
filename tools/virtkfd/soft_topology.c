// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The soft backend's topology node, in the format of KFD's sysfs.
 *
 * What lives here: one CPX partition of an MI300X with 38 CUs, as amdkfd would show it, less
 * what a software GPU does not have: SVM, queue reset, RAS. The links and the
 * render minor are the guest's own and replaced there.
 *
 * Source: kfd_topology.c (node_show, mem_show, kfd_cache_show, kfd_topology_add_device,
 * fill_in_l1_pcache, fill_in_l2_l3_pcache), kfd_crat.c
 * (kfd_fill_gpu_cache_info_from_gfx_config_v2), kfd_queue.c
 * (kfd_queue_ctx_save_restore_size) of Linux 7.3.
 */
#include <stdarg.h>
#include <stdio.h>

#include <linux/kfd_sysfs.h>

#include "soft.h"

/* kfd_crat.c counts GPU processors from here. */
#define SIMD_ID_BASE		0x80001000u
#define WAVES_PER_SIMD		10
/* Every partition is shown all of the L3, as amdgpu knows its size for the whole GPU only. */
#define TCP_KB			32
#define SQC_INST_KB		64
#define SQC_DATA_KB		16
#define TCC_KB			4096
#define L3_KB			(256 * 1024)
#define CU_PER_SQC		2

#define DEBUG_PROP		(7 | 30 << HSA_DBG_WATCH_ADDR_MASK_HI_BIT_SHIFT | \
				 HSA_DBG_DISPATCH_INFO_ALWAYS_VALID)

/* 38 of 40 CUs work. */
const uint32_t soft_cu_bitmap[SOFT_NUM_SE] = { 0x1ff, 0x1ff, 0x3ff, 0x3ff };

/* Text of the file that is being written; the largest is below 4 KiB, as sysfs has it. */
struct text {
	uint32_t len;
	char buf[4096];
};

__attribute__((format(printf, 2, 3)))
static void put(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->buf + t->len, sizeof(t->buf) - t->len, fmt, ap);
	va_end(ap);
	t->len += n;
}

static void prop(struct text *t, const char *name, uint64_t value)
{
	put(t, "%s %llu\n", name, (unsigned long long)value);
}

/**
 * struct cache_type - a kind of cache
 * @level: 1 to 3
 * @kb: size
 * @line: bytes
 * @type: HSA_CACHE_TYPE_*
 * @shared: CUs that share one
 */
static const struct cache_type {
	uint32_t level;
	uint32_t kb;
	uint32_t line;
	uint32_t type;
	uint32_t shared;
} cache_types[] = {
	{ 1, TCP_KB, 128, HSA_CACHE_TYPE_DATA | HSA_CACHE_TYPE_HSACU, 1 },
	{ 1, SQC_INST_KB, 64, HSA_CACHE_TYPE_INSTRUCTION | HSA_CACHE_TYPE_HSACU, CU_PER_SQC },
	{ 1, SQC_DATA_KB, 64, HSA_CACHE_TYPE_DATA | HSA_CACHE_TYPE_HSACU, CU_PER_SQC },
	{ 2, TCC_KB, 128, HSA_CACHE_TYPE_DATA | HSA_CACHE_TYPE_HSACU, SOFT_CU_PER_SH },
	{ 3, L3_KB, 64, HSA_CACHE_TYPE_DATA | HSA_CACHE_TYPE_HSACU, SOFT_CU_PER_SH },
};

/* Where the caches of a GPU go; without @emit they are only counted. */
struct cache_walk {
	virtkfd_emit_fn emit;
	void *opaque;
	uint32_t base;
	uint16_t num;
};

static int put_cache(struct cache_walk *walk, const struct cache_type *type, uint32_t processor,
		     const uint32_t *siblings, unsigned int num_siblings)
{
	struct text t = { 0 };

	if (!walk->emit) {
		walk->num++;
		return 0;
	}
	prop(&t, "processor_id_low", processor);
	prop(&t, "level", type->level);
	prop(&t, "size", type->kb);
	prop(&t, "cache_line_size", type->line);
	prop(&t, "cache_lines_per_tag", 0);
	prop(&t, "association", 0);
	prop(&t, "latency", 0);
	prop(&t, "type", type->type);
	put(&t, "sibling_map ");
	for (unsigned int i = 0; i < num_siblings; i++)
		for (unsigned int bit = 0; bit < 32; bit++)
			put(&t, "%u,", siblings[i] >> bit & 1);
	t.buf[t.len - 1] = '\n';
	return walk->emit(walk->opaque, VIRTKFD_TOPOLOGY_CACHE, walk->num++, t.buf, t.len);
}

/* One for each group of CUs of which one works. */
static int walk_l1(struct cache_walk *walk, const struct cache_type *type)
{
	uint32_t processor = walk->base;

	for (unsigned int se = 0; se < SOFT_NUM_SE; se++) {
		for (unsigned int cu = 0; cu < SOFT_CU_PER_SH; cu += type->shared) {
			uint32_t mask = soft_cu_bitmap[se] >> cu & ((1u << type->shared) - 1);
			int ret;

			if (mask) {
				unsigned int first = __builtin_ctz(mask);

				mask >>= first;
				ret = put_cache(walk, type, processor + first, &mask, 1);
				if (ret)
					return ret;
			}
			processor += MIN(type->shared, SOFT_CU_PER_SH - cu);
		}
	}
	return 0;
}

/* One for all; amdkfd's map has the first engine twice and leaves the last one out. */
static int walk_l2(struct cache_walk *walk, const struct cache_type *type)
{
	uint32_t siblings[SOFT_NUM_SE];
	uint32_t mask = (1u << type->shared) - 1;

	siblings[0] = soft_cu_bitmap[0] & mask;
	for (unsigned int se = 1; se < SOFT_NUM_SE; se++)
		siblings[se] = soft_cu_bitmap[se - 1] & mask;
	return put_cache(walk, type, walk->base, siblings, SOFT_NUM_SE);
}

static int walk_caches(struct cache_walk *walk)
{
	int ret = 0;

	for (size_t i = 0; i < ARRAY_SIZE(cache_types) && !ret; i++)
		ret = cache_types[i].level == 1 ? walk_l1(walk, &cache_types[i])
						: walk_l2(walk, &cache_types[i]);
	return ret;
}

/* What the waves' context takes, kfd_queue_ctx_save_restore_size(). */
struct soft_cwsr soft_cwsr_sizes(void)
{
	struct soft_cwsr cwsr;
	uint32_t waves = MIN(SOFT_NUM_CU * 40, SOFT_NUM_SE * 512);
	uint32_t per_cu = 0x80000 + 0x4000 + 0x10000 + 0x1000;	/* VGPR, SGPR, LDS, registers */

	cwsr.ctl_stack = ALIGN_UP(40 + waves * 8 + 8, 4096);
	cwsr.size = ALIGN_UP(cwsr.ctl_stack + ALIGN_UP(SOFT_NUM_CU * per_cu, 4096), 4096);
	cwsr.debug = ALIGN_UP(waves * 32, 64);
	return cwsr;
}

static uint32_t capability(void)
{
	return HSA_CAP_WATCH_POINTS_SUPPORTED |
	       2 << HSA_CAP_WATCH_POINTS_TOTALBITS_SHIFT |
	       HSA_CAP_DOORBELL_TYPE_2_0 << HSA_CAP_DOORBELL_TYPE_TOTALBITS_SHIFT |
	       HSA_CAP_TRAP_DEBUG_SUPPORT |
	       HSA_CAP_TRAP_DEBUG_WAVE_LAUNCH_TRAP_OVERRIDE_SUPPORTED |
	       HSA_CAP_TRAP_DEBUG_WAVE_LAUNCH_MODE_SUPPORTED |
	       HSA_CAP_TRAP_DEBUG_PRECISE_MEMORY_OPERATIONS_SUPPORTED |
	       HSA_CAP_TRAP_DEBUG_FIRMWARE_SUPPORTED |
	       1 << HSA_CAP_ASIC_REVISION_SHIFT;
}

static uint32_t simd_id_base(uint32_t gpu)
{
	return SIMD_ID_BASE + gpu * SOFT_NUM_SE * SOFT_CU_PER_SH;
}

static int put_properties(uint32_t gpu, uint16_t num_caches, virtkfd_emit_fn emit, void *opaque)
{
	struct soft_cwsr cwsr = soft_cwsr_sizes();
	struct text t = { 0 };

	prop(&t, "cpu_cores_count", 0);
	prop(&t, "simd_count", SOFT_NUM_CU * SOFT_SIMD_PER_CU);
	prop(&t, "mem_banks_count", 1);
	prop(&t, "caches_count", num_caches);
	prop(&t, "io_links_count", 1);
	prop(&t, "p2p_links_count", 0);
	prop(&t, "cpu_core_id_base", 0);
	prop(&t, "simd_id_base", simd_id_base(gpu));
	prop(&t, "max_waves_per_simd", WAVES_PER_SIMD);
	prop(&t, "lds_size_in_kb", 64);
	prop(&t, "gds_size_in_kb", 0);
	prop(&t, "num_gws", 64);
	prop(&t, "wave_front_size", 64);
	prop(&t, "array_count", SOFT_NUM_SE);
	prop(&t, "simd_arrays_per_engine", 1);
	prop(&t, "cu_per_simd_array", SOFT_CU_PER_SH);
	prop(&t, "simd_per_cu", SOFT_SIMD_PER_CU);
	prop(&t, "max_slots_scratch_cu", 32);
	prop(&t, "gfx_target_version", SOFT_GFX_VERSION);
	prop(&t, "vendor_id", 0x1002);
	prop(&t, "device_id", SOFT_DEVICE_ID);
	prop(&t, "location_id", (3 + gpu) << 8);
	prop(&t, "domain", 0);
	prop(&t, "drm_render_minor", 128 + gpu);
	prop(&t, "hive_id", 0);
	prop(&t, "num_sdma_engines", SOFT_NUM_SDMA);
	prop(&t, "num_sdma_xgmi_engines", 0);
	prop(&t, "num_sdma_queues_per_engine", SOFT_SDMA_QUEUES);
	prop(&t, "num_cp_queues", 24);
	prop(&t, "cwsr_size", cwsr.size);
	prop(&t, "ctl_stack_size", cwsr.ctl_stack);
	prop(&t, "max_engine_clk_fcompute", 2100);
	prop(&t, "local_mem_size", 0);
	prop(&t, "fw_version", SOFT_FW_VERSION);
	prop(&t, "capability", capability());
	prop(&t, "capability2", 0);
	prop(&t, "debug_prop", DEBUG_PROP);
	prop(&t, "sdma_fw_version", SOFT_SDMA_FW_VERSION);
	prop(&t, "unique_id", 1234567890ULL + gpu);
	prop(&t, "num_xcc", 1);
	prop(&t, "max_engine_clk_ccompute", 3000);
	return emit(opaque, VIRTKFD_TOPOLOGY_PROPERTIES, 0, t.buf, t.len);
}

/* All VRAM is in a large BAR; width and clock are those of an MI300X. */
static int put_mem_bank(uint64_t vram_size, virtkfd_emit_fn emit, void *opaque)
{
	struct text t = { 0 };

	prop(&t, "heap_type", HSA_MEM_HEAP_TYPE_FB_PUBLIC);
	prop(&t, "size_in_bytes", vram_size);
	prop(&t, "flags", 0);
	prop(&t, "width", 8192);
	prop(&t, "mem_clk_max", 1300);
	return emit(opaque, VIRTKFD_TOPOLOGY_MEM_BANK, 0, t.buf, t.len);
}

int soft_topology(struct virtkfd_backend *be, uint32_t gpu, virtkfd_emit_fn emit, void *opaque)
{
	/* amdgpu_asic_name[] of a GPU that was found by IP discovery, in lower case. */
	static const char name[] = "ip discovery\n";
	struct cache_walk walk = { 0 };
	int ret;

	walk_caches(&walk);
	ret = emit(opaque, VIRTKFD_TOPOLOGY_NAME, 0, name, sizeof(name) - 1);
	if (ret)
		return ret;
	ret = put_properties(gpu, walk.num, emit, opaque);
	if (ret)
		return ret;
	ret = put_mem_bank(be->gpus[gpu].vram_size, emit, opaque);
	if (ret)
		return ret;
	walk = (struct cache_walk){ .emit = emit, .opaque = opaque, .base = simd_id_base(gpu) };
	return walk_caches(&walk);
}
