// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The kinds of GPUs that the soft backend has, and what differs between them.
 *
 * gfx942 is one CPX partition of an MI300X, gfx906 an MI50: the target of prebuilt libraries that
 * have no code for the former. Both are as amdkfd would show them, less what a software GPU does
 * not have: SVM, queue reset, RAS.
 *
 * Source: kfd_device.c, kfd_topology.c (kfd_topology_set_capabilities), kfd_crat.c
 * (vega20_cache_info, kfd_fill_gpu_cache_info_from_gfx_config_v2), kfd_queue.c
 * (kfd_get_vgpr_size_per_cu), kfd_process_queue_manager.c (pqm_create_queue) and
 * amdgpu_doorbell.h of Linux 7.3. Counts, sizes and clocks are those of the hardware.
 */
#include <string.h>

#include <linux/kfd_sysfs.h>

#include "soft.h"

#define DEBUG_PROP(lo, hi)	((lo) | (hi) << HSA_DBG_WATCH_ADDR_MASK_HI_BIT_SHIFT | \
				 HSA_DBG_DISPATCH_INFO_ALWAYS_VALID)

static const struct soft_kind kinds[] = {
	{
		.name = "gfx942",
		.asic = "ip discovery",
		.target = SOFTGPU_GFX942,
		.gpu_id = 0x942a,
		.device_id = 0x74a1,
		.external_rev = 0x47,
		.gfx_version = 90402,
		.gfx_ip = { 9, 4, 9 << 16 | 4 << 8 | 3 },
		.sdma_ip = { 4, 4, 4 << 16 | 4 << 8 | 2 },
		.fw_version = 194,
		.sdma_fw_version = 22,
		.capability = HSA_CAP_TRAP_DEBUG_PRECISE_MEMORY_OPERATIONS_SUPPORTED,
		.debug_prop = DEBUG_PROP(7, 30),
		.num_cu = 38,
		.cu_per_sh = 10,
		.cu_bitmap = { 0x1ff, 0x1ff, 0x3ff, 0x3ff },
		.vgpr_size = 0x80000,
		.max_queues = 255,
		.doorbell_sdma = { 0x100, 0x10c },
		.engine_mhz = 2100,
		.memory_mhz = 1300,
		.memory_width = 8192,
		/* Every partition is shown all of the L3: amdgpu knows its size for all of them. */
		.caches = {
			{ 1, 32, 128, HSA_CACHE_TYPE_DATA, 1 },
			{ 1, 64, 64, HSA_CACHE_TYPE_INSTRUCTION, 2 },
			{ 1, 16, 64, HSA_CACHE_TYPE_DATA, 2 },
			{ 2, 4096, 128, HSA_CACHE_TYPE_DATA, 10 },
			{ 3, 256 * 1024, 64, HSA_CACHE_TYPE_DATA, 10 },
		},
		.mall_size = 256 << 20,
	},
	{
		.name = "gfx906",
		.asic = "vega20",
		.target = SOFTGPU_GFX906,
		.gpu_id = 0x906a,
		.device_id = 0x66a1,
		.pci_rev = 2,
		.external_rev = 0x29,
		.gfx_version = 90006,
		.gfx_ip = { 9, 0, 9 << 16 | 4 << 8 | 0 },
		.sdma_ip = { 4, 0, 4 << 16 | 2 << 8 | 0 },
		.fw_version = 472,
		.sdma_fw_version = 145,
		.debug_prop = DEBUG_PROP(6, 29),
		.num_cu = 60,
		.cu_per_sh = 16,
		.cu_bitmap = { 0x7fff, 0x7fff, 0x7fff, 0x7fff },
		.vgpr_size = 0x40000,
		.max_queues = 127,
		.doorbell_sdma = { 0x100, 0x10a },
		.engine_mhz = 1725,
		.memory_mhz = 1000,
		.memory_width = 4096,
		.caches = {
			{ 1, 16, 64, HSA_CACHE_TYPE_DATA, 1 },
			{ 1, 32, 64, HSA_CACHE_TYPE_INSTRUCTION, 3 },
			{ 1, 16, 64, HSA_CACHE_TYPE_DATA, 3 },
			{ 2, 8192, 64, HSA_CACHE_TYPE_DATA, 16 },
		},
	},
};

/* NULL is the first one. Returns NULL if there is no such kind. */
const struct soft_kind *soft_kind(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!name || !strcmp(name, kinds[i].name))
			return &kinds[i];
	return NULL;
}
