// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The soft backend's topology node, in the format of KFD's sysfs.
 *
 * What does not live here: what the kinds of GPUs have (soft_kind.c). The links and the
 * render minor are the guest's own and replaced there.
 *
 * Source: kfd_topology.c (node_show, mem_show, kfd_cache_show, kfd_topology_add_device,
 * fill_in_l1_pcache, fill_in_l2_l3_pcache), kfd_queue.c (kfd_queue_ctx_save_restore_size) of
 * Linux 7.3.
 */
#include <stdarg.h>
#include <stdio.h>

#include <linux/kfd_sysfs.h>

#include "soft.h"

/* kfd_crat.c counts GPU processors from here. */
#define SIMD_ID_BASE		0x80001000u
#define WAVES_PER_SIMD		10

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

/* Where the caches of a GPU go; without @emit they are only counted. */
struct cache_walk {
	const struct soft_kind *kind;
	virtkfd_emit_fn emit;
	void *opaque;
	uint32_t base;
	uint16_t num;
};

static int put_cache(struct cache_walk *walk, const struct soft_cache *type, uint32_t processor,
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
	prop(&t, "type", type->type | HSA_CACHE_TYPE_HSACU);
	put(&t, "sibling_map ");
	for (unsigned int i = 0; i < num_siblings; i++)
		for (unsigned int bit = 0; bit < 32; bit++)
			put(&t, "%u,", siblings[i] >> bit & 1);
	t.buf[t.len - 1] = '\n';
	return walk->emit(walk->opaque, VIRTKFD_TOPOLOGY_CACHE, walk->num++, t.buf, t.len);
}

/* One for each group of CUs of which one works. */
static int walk_l1(struct cache_walk *walk, const struct soft_cache *type)
{
	uint32_t cu_per_sh = walk->kind->cu_per_sh, processor = walk->base;

	for (unsigned int se = 0; se < SOFT_NUM_SE; se++) {
		for (unsigned int cu = 0; cu < cu_per_sh; cu += type->shared) {
			uint32_t mask = walk->kind->cu_bitmap[se] >> cu & ((1u << type->shared) - 1);
			int ret;

			if (mask) {
				unsigned int first = __builtin_ctz(mask);

				mask >>= first;
				ret = put_cache(walk, type, processor + first, &mask, 1);
				if (ret)
					return ret;
			}
			processor += MIN(type->shared, cu_per_sh - cu);
		}
	}
	return 0;
}

/* One for all; amdkfd's map has the first engine twice and leaves the last one out. */
static int walk_l2(struct cache_walk *walk, const struct soft_cache *type)
{
	uint32_t siblings[SOFT_NUM_SE];
	uint32_t mask = (1u << type->shared) - 1;

	siblings[0] = walk->kind->cu_bitmap[0] & mask;
	for (unsigned int se = 1; se < SOFT_NUM_SE; se++)
		siblings[se] = walk->kind->cu_bitmap[se - 1] & mask;
	return put_cache(walk, type, walk->base, siblings, SOFT_NUM_SE);
}

static int walk_caches(struct cache_walk *walk)
{
	const struct soft_cache *type = walk->kind->caches;
	int ret = 0;

	for (size_t i = 0; i < SOFT_MAX_CACHES && type->level && !ret; i++, type++)
		ret = type->level == 1 ? walk_l1(walk, type) : walk_l2(walk, type);
	return ret;
}

/* What the waves' context takes, kfd_queue_ctx_save_restore_size(). */
struct soft_cwsr soft_cwsr_sizes(const struct soft_kind *kind)
{
	struct soft_cwsr cwsr;
	uint32_t waves = MIN(kind->num_cu * 40, SOFT_NUM_SE * 512);
	uint32_t per_cu = kind->vgpr_size + 0x4000 + 0x10000 + 0x1000;	/* SGPR, LDS, registers */

	cwsr.ctl_stack = ALIGN_UP(40 + waves * 8 + 8, 4096);
	cwsr.size = ALIGN_UP(cwsr.ctl_stack + ALIGN_UP(kind->num_cu * per_cu, 4096), 4096);
	cwsr.debug = ALIGN_UP(waves * 32, 64);
	return cwsr;
}

static uint32_t capability(const struct soft_kind *kind)
{
	return kind->capability | HSA_CAP_WATCH_POINTS_SUPPORTED |
	       2 << HSA_CAP_WATCH_POINTS_TOTALBITS_SHIFT |
	       HSA_CAP_DOORBELL_TYPE_2_0 << HSA_CAP_DOORBELL_TYPE_TOTALBITS_SHIFT |
	       HSA_CAP_TRAP_DEBUG_SUPPORT |
	       HSA_CAP_TRAP_DEBUG_WAVE_LAUNCH_TRAP_OVERRIDE_SUPPORTED |
	       HSA_CAP_TRAP_DEBUG_WAVE_LAUNCH_MODE_SUPPORTED |
	       HSA_CAP_TRAP_DEBUG_FIRMWARE_SUPPORTED |
	       1 << HSA_CAP_ASIC_REVISION_SHIFT;
}

static uint32_t simd_id_base(const struct soft_kind *kind, uint32_t gpu)
{
	return SIMD_ID_BASE + gpu * SOFT_NUM_SE * kind->cu_per_sh;
}

static int put_properties(const struct soft_kind *kind, uint32_t gpu, uint16_t num_caches,
			  virtkfd_emit_fn emit, void *opaque)
{
	struct soft_cwsr cwsr = soft_cwsr_sizes(kind);
	struct text t = { 0 };

	prop(&t, "cpu_cores_count", 0);
	prop(&t, "simd_count", kind->num_cu * SOFT_SIMD_PER_CU);
	prop(&t, "mem_banks_count", 1);
	prop(&t, "caches_count", num_caches);
	prop(&t, "io_links_count", 1);
	prop(&t, "p2p_links_count", 0);
	prop(&t, "cpu_core_id_base", 0);
	prop(&t, "simd_id_base", simd_id_base(kind, gpu));
	prop(&t, "max_waves_per_simd", WAVES_PER_SIMD);
	prop(&t, "lds_size_in_kb", 64);
	prop(&t, "gds_size_in_kb", 0);
	prop(&t, "num_gws", 64);
	prop(&t, "wave_front_size", 64);
	prop(&t, "array_count", SOFT_NUM_SE);
	prop(&t, "simd_arrays_per_engine", 1);
	prop(&t, "cu_per_simd_array", kind->cu_per_sh);
	prop(&t, "simd_per_cu", SOFT_SIMD_PER_CU);
	prop(&t, "max_slots_scratch_cu", 32);
	prop(&t, "gfx_target_version", kind->gfx_version);
	prop(&t, "vendor_id", 0x1002);
	prop(&t, "device_id", kind->device_id);
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
	prop(&t, "max_engine_clk_fcompute", kind->engine_mhz);
	prop(&t, "local_mem_size", 0);
	prop(&t, "fw_version", kind->fw_version);
	prop(&t, "capability", capability(kind));
	prop(&t, "capability2", 0);
	prop(&t, "debug_prop", kind->debug_prop);
	prop(&t, "sdma_fw_version", kind->sdma_fw_version);
	prop(&t, "unique_id", 1234567890ULL + gpu);
	prop(&t, "num_xcc", 1);
	prop(&t, "max_engine_clk_ccompute", 3000);
	return emit(opaque, VIRTKFD_TOPOLOGY_PROPERTIES, 0, t.buf, t.len);
}

/* All VRAM is in a large BAR. */
static int put_mem_bank(const struct soft_kind *kind, uint64_t vram_size, virtkfd_emit_fn emit,
			void *opaque)
{
	struct text t = { 0 };

	prop(&t, "heap_type", HSA_MEM_HEAP_TYPE_FB_PUBLIC);
	prop(&t, "size_in_bytes", vram_size);
	prop(&t, "flags", 0);
	prop(&t, "width", kind->memory_width);
	prop(&t, "mem_clk_max", kind->memory_mhz);
	return emit(opaque, VIRTKFD_TOPOLOGY_MEM_BANK, 0, t.buf, t.len);
}

int soft_topology(struct virtkfd_backend *be, uint32_t gpu, virtkfd_emit_fn emit, void *opaque)
{
	const struct soft_kind *kind = be->kind;
	struct cache_walk walk = { .kind = kind };
	struct text name = { 0 };
	int ret;

	walk_caches(&walk);
	put(&name, "%s\n", kind->asic);
	ret = emit(opaque, VIRTKFD_TOPOLOGY_NAME, 0, name.buf, name.len);
	if (ret)
		return ret;
	ret = put_properties(kind, gpu, walk.num, emit, opaque);
	if (ret)
		return ret;
	ret = put_mem_bank(kind, be->gpus[gpu].vram_size, emit, opaque);
	if (ret)
		return ret;
	walk = (struct cache_walk){
		.kind = kind, .emit = emit, .opaque = opaque, .base = simd_id_base(kind, gpu),
	};
	return walk_caches(&walk);
}
