// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The soft backend's render node: the queries of DRM_IOCTL_AMDGPU_INFO that libdrm_amdgpu
 * and ROCr ask. There is no graphics, no ring for the kernel's own submissions, no display.
 *
 * Source: amdgpu_kms.c (amdgpu_info_ioctl) of Linux 7.3.
 */
#include <errno.h>
#include <string.h>

#include "soft.h"

#define GFX_MAX_SE		4
#define GFX_MAX_SH_PER_SE	2
#define MMR_GB_ADDR_CONFIG	0x263e

static int copy(const struct drm_amdgpu_info *args, const void *data, size_t size)
{
	size = MIN(size, args->return_size);
	memcpy((void *)(uintptr_t)args->return_pointer, data, size);
	return size;
}

static int copy32(const struct drm_amdgpu_info *args, uint32_t value)
{
	return copy(args, &value, sizeof(value));
}

static int copy64(const struct drm_amdgpu_info *args, uint64_t value)
{
	return copy(args, &value, sizeof(value));
}

static int dev_info(const struct soft_kind *kind, const struct drm_amdgpu_info *args)
{
	struct drm_amdgpu_info_device info = {
		.device_id = kind->device_id,
		.chip_rev = 1,
		.external_rev = kind->external_rev,
		.pci_rev = kind->pci_rev,
		.family = AMDGPU_FAMILY_AI,
		.num_shader_engines = SOFT_NUM_SE,
		.num_shader_arrays_per_engine = 1,
		.gpu_counter_freq = SOFT_CLOCK_KHZ,
		.max_engine_clock = kind->engine_mhz * 1000,
		.max_memory_clock = kind->memory_mhz * 1000,
		.cu_active_number = kind->num_cu,
		.num_hw_gfx_contexts = 8,
		.virtual_address_offset = SOFT_VA_BOTTOM,
		.virtual_address_max = SOFT_VA_HOLE,
		.virtual_address_alignment = SOFT_PAGE,
		.pte_fragment_size = 2 << 20,
		.gart_page_size = SOFT_PAGE,
		.vram_type = AMDGPU_VRAM_TYPE_HBM,
		.vram_bit_width = kind->memory_width,
		.wave_front_size = 64,
		.num_cu_per_sh = kind->cu_per_sh,
		.mall_size = kind->mall_size,
		.high_va_offset = UINT64_MAX - SOFT_VA_HOLE + 1,
		.high_va_max = (UINT64_MAX - SOFT_VA_HOLE + 1) | SOFT_VA_TRAP,
	};

	for (unsigned int se = 0; se < SOFT_NUM_SE; se++)
		info.cu_bitmap[se][0] = kind->cu_bitmap[se];
	return copy(args, &info, sizeof(info));
}

static int memory(struct virtkfd_backend *be, struct soft_gpu *gpu,
		  const struct drm_amdgpu_info *args)
{
	struct drm_amdgpu_memory_info mem = {
		.vram = {
			.total_heap_size = gpu->vram_size,
			.usable_heap_size = gpu->vram_size - SOFT_VRAM_RESERVED,
			.heap_usage = gpu->vram_used,
			.max_allocation = (gpu->vram_size - SOFT_VRAM_RESERVED) / 4 * 3,
		},
		.gtt = {
			.total_heap_size = be->gtt_size,
			.usable_heap_size = be->gtt_size,
			.heap_usage = be->gtt_used,
			.max_allocation = be->gtt_size / 4 * 3,
		},
	};

	mem.cpu_accessible_vram = mem.vram;
	return copy(args, &mem, sizeof(mem));
}

static int vram_gtt(struct virtkfd_backend *be, struct soft_gpu *gpu,
		    const struct drm_amdgpu_info *args)
{
	struct drm_amdgpu_info_vram_gtt info = {
		.vram_size = gpu->vram_size - SOFT_VRAM_RESERVED,
		.vram_cpu_accessible_size = gpu->vram_size - SOFT_VRAM_RESERVED,
		.gtt_size = be->gtt_size,
	};

	return copy(args, &info, sizeof(info));
}

/* One register is on the list of those that may be read and has a value here. */
static int read_mmr(const struct drm_amdgpu_info *args)
{
	uint32_t se = args->read_mmr_reg.instance >> AMDGPU_INFO_MMR_SE_INDEX_SHIFT &
		      AMDGPU_INFO_MMR_SE_INDEX_MASK;
	uint32_t sh = args->read_mmr_reg.instance >> AMDGPU_INFO_MMR_SH_INDEX_SHIFT &
		      AMDGPU_INFO_MMR_SH_INDEX_MASK;

	if (se != AMDGPU_INFO_MMR_SE_INDEX_MASK && se >= GFX_MAX_SE)
		return -EINVAL;
	if (sh != AMDGPU_INFO_MMR_SH_INDEX_MASK && sh >= GFX_MAX_SH_PER_SE)
		return -EINVAL;
	if (args->read_mmr_reg.count > 128)
		return -EINVAL;
	if (!args->read_mmr_reg.count)
		return 0;
	if (args->read_mmr_reg.count > 1 ||
	    args->read_mmr_reg.dword_offset != MMR_GB_ADDR_CONFIG)
		return -EFAULT;
	return copy32(args, SOFT_GB_ADDR_CONFIG);
}

static int hw_ip_count(const struct drm_amdgpu_info *args)
{
	switch (args->query_hw_ip.type) {
	case AMDGPU_HW_IP_GFX:
	case AMDGPU_HW_IP_COMPUTE:
		return copy32(args, 1);
	case AMDGPU_HW_IP_DMA:
		return copy32(args, SOFT_NUM_SDMA);
	default:
		return -EINVAL;
	}
}

/* An IP that the GPU lacks is known all the same: nothing but zeros. */
static int hw_ip_info(const struct soft_kind *kind, const struct drm_amdgpu_info *args)
{
	struct drm_amdgpu_info_hw_ip ip = { 0 };
	const struct soft_ip *version = &kind->gfx_ip;

	if (args->query_hw_ip.ip_instance >= AMDGPU_HW_IP_INSTANCE_MAX_COUNT ||
	    args->query_hw_ip.type >= AMDGPU_HW_IP_NUM)
		return -EINVAL;
	switch (args->query_hw_ip.type) {
	case AMDGPU_HW_IP_GFX:
	case AMDGPU_HW_IP_COMPUTE:
		ip.ib_start_alignment = 32;
		ip.ib_size_alignment = 32;
		break;
	case AMDGPU_HW_IP_DMA:
		version = &kind->sdma_ip;
		ip.ib_start_alignment = 256;
		ip.ib_size_alignment = 4;
		break;
	default:
		return copy(args, &ip, sizeof(ip));
	}
	ip.hw_ip_version_major = version->major;
	ip.hw_ip_version_minor = version->minor;
	ip.ip_discovery_version = version->discovery;
	return copy(args, &ip, sizeof(ip));
}

/* amdgpu_firmware_info(): zero is the version of what is not there. */
static int fw_version(const struct soft_kind *kind, const struct drm_amdgpu_info *args)
{
	struct drm_amdgpu_info_firmware fw = { 0 };
	uint32_t index = args->query_fw.index;

	if (args->query_fw.ip_instance)
		return -EINVAL;
	switch (args->query_fw.fw_type) {
	case AMDGPU_INFO_FW_GFX_MEC:
		/* MEC2 has the same one. */
		if (index > 1)
			return -EINVAL;
		fw.ver = kind->fw_version;
		break;
	case AMDGPU_INFO_FW_SDMA:
		if (index >= SOFT_NUM_SDMA)
			return -EINVAL;
		fw.ver = kind->sdma_fw_version;
		break;
	case AMDGPU_INFO_FW_TA:
		/* TA_FW_TYPE_PSP_XGMI to TA_FW_TYPE_PSP_SECUREDISPLAY */
		if (index < 2 || index > 7)
			return -EINVAL;
		break;
	case AMDGPU_INFO_FW_VCE ... AMDGPU_INFO_FW_GFX_RLC:
	case AMDGPU_INFO_FW_SMC:
	case AMDGPU_INFO_FW_SOS ... AMDGPU_INFO_FW_DMCU:
	case AMDGPU_INFO_FW_DMCUB ... AMDGPU_INFO_FW_VPE:
		break;
	default:
		return -EINVAL;
	}
	return copy(args, &fw, sizeof(fw));
}

int soft_render_info(struct virtkfd_backend *be, uint32_t gpu_index,
		     const struct drm_amdgpu_info *args)
{
	struct soft_gpu *gpu = &be->gpus[gpu_index];

	if (!args->return_size)
		return -EINVAL;
	switch (args->query) {
	case AMDGPU_INFO_ACCEL_WORKING:
		return copy32(args, 1);
	case AMDGPU_INFO_HW_IP_INFO:
		return hw_ip_info(be->kind, args);
	case AMDGPU_INFO_HW_IP_COUNT:
		return hw_ip_count(args);
	case AMDGPU_INFO_TIMESTAMP:
		return copy64(args, soft_gpu_clock());
	case AMDGPU_INFO_FW_VERSION:
		return fw_version(be->kind, args);
	case AMDGPU_INFO_NUM_BYTES_MOVED:
	case AMDGPU_INFO_NUM_EVICTIONS:
	case AMDGPU_INFO_NUM_VRAM_CPU_PAGE_FAULTS:
		return copy64(args, 0);
	case AMDGPU_INFO_VRAM_LOST_COUNTER:
		return copy32(args, 0);
	case AMDGPU_INFO_VRAM_USAGE:
	case AMDGPU_INFO_VIS_VRAM_USAGE:
		return copy64(args, gpu->vram_used);
	case AMDGPU_INFO_GTT_USAGE:
		return copy64(args, be->gtt_used);
	case AMDGPU_INFO_VRAM_GTT:
		return vram_gtt(be, gpu, args);
	case AMDGPU_INFO_MEMORY:
		return memory(be, gpu, args);
	case AMDGPU_INFO_READ_MMR_REG:
		return read_mmr(args);
	case AMDGPU_INFO_DEV_INFO:
		return dev_info(be->kind, args);
	default:
		return -EINVAL;
	}
}
