// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The shim's sysfs: files in a private directory, and which paths lead there.
 *
 * What lives here: the topology, the render node's parent and amdgpu's module directory, as the
 * guest driver shows them. What does not: who opens them, files.c.
 *
 * The GPU node's text is the backend's, the CPU node and the links are the guest driver's
 * (virtgpu_kfd_topology.c, virtgpu_kfd_topology_cpu.c), for a machine with one node.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shim.h"

#define KFD_DIR		"/sys/devices/virtual/kfd/kfd"
#define NODES		KFD_DIR "/topology/nodes"
#define PARENT		"/sys/devices/platform/" SHIM_DEVICE
#define EMPTY_LINK	"version_major 0\nversion_minor 0\n"

static char root[64];
static pid_t owner;

/* Paths below these are the shim's. */
static const char *const prefixes[] = {
	"/sys/devices/virtual/kfd", "/sys/class/kfd", "/sys/class/drm", "/sys/dev/char/226:128",
	"/sys/devices/platform/" SHIM_DEVICE, "/sys/module/amdgpu", "/dev/dri",
};

const char *shim_path(const char *path, char *buf, size_t size)
{
	if (!path || path[0] != '/' || !root[0])
		return path;
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		size_t len = strlen(prefixes[i]);

		if (strncmp(path, prefixes[i], len) || (path[len] && path[len] != '/'))
			continue;
		snprintf(buf, size, "%s%s", root, path);
		return buf;
	}
	return path;
}

bool shim_is_device(const char *path, enum shim_kind *kind)
{
	if (path && !strcmp(path, "/dev/kfd"))
		*kind = SHIM_KFD;
	else if (path && !strcmp(path, SHIM_RENDER))
		*kind = SHIM_DRM;
	else
		return false;
	return true;
}

static void make_dirs(char *path)
{
	for (char *p = path + strlen(root) + 1; (p = strchr(p, '/')); p++) {
		*p = 0;
		mkdir(path, 0755);
		*p = '/';
	}
}

static int put_file(const char *path, const char *text, size_t len)
{
	char at[256];
	FILE *file;

	snprintf(at, sizeof(at), "%s%s", root, path);
	make_dirs(at);
	file = fopen(at, "we");
	if (!file)
		return -errno;
	fwrite(text, 1, len, file);
	fclose(file);
	chmod(at, 0444);
	return 0;
}

static int put_text(const char *path, const char *text)
{
	return put_file(path, text, strlen(text));
}

static void put_link(const char *path, const char *target)
{
	char at[256];

	snprintf(at, sizeof(at), "%s%s", root, path);
	make_dirs(at);
	if (symlink(target, at))
		fprintf(stderr, "shim: %s: %s\n", at, strerror(errno));
}

static void put_dir(const char *path)
{
	char at[256];

	snprintf(at, sizeof(at), "%s%s/", root, path);
	make_dirs(at);
}

/* Of the GPU's node, with the guest's number of links: they are the backend's own. */
static int put_gpu_file(void *opaque, uint16_t kind, uint16_t index, const char *text,
			uint32_t len)
{
	char path[128];

	(void)opaque;
	switch (kind) {
	case VIRTKFD_TOPOLOGY_NAME:
		return put_file(NODES "/1/name", text, len);
	case VIRTKFD_TOPOLOGY_PROPERTIES:
		return put_file(NODES "/1/properties", text, len);
	case VIRTKFD_TOPOLOGY_MEM_BANK:
		snprintf(path, sizeof(path), NODES "/1/mem_banks/%u/properties", index);
		return put_file(path, text, len);
	case VIRTKFD_TOPOLOGY_CACHE:
		snprintf(path, sizeof(path), NODES "/1/caches/%u/properties", index);
		return put_file(path, text, len);
	default:
		return 0;
	}
}

static unsigned int first_apicid(void)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	unsigned int id = 0;
	char line[4096];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "apicid : %u", &id) == 1)
			break;
	if (file)
		fclose(file);
	return id;
}

static void put_cpu_node(void)
{
	static const char *const zeros[] = {
		"simd_id_base", "max_waves_per_simd", "lds_size_in_kb", "gds_size_in_kb",
		"num_gws", "wave_front_size", "array_count", "simd_arrays_per_engine",
		"cu_per_simd_array", "simd_per_cu", "max_slots_scratch_cu", "gfx_target_version",
		"vendor_id", "device_id", "location_id", "domain", "drm_render_minor", "hive_id",
		"num_sdma_engines", "num_sdma_xgmi_engines", "num_sdma_queues_per_engine",
		"num_cp_queues", "cwsr_size", "ctl_stack_size", "max_engine_clk_ccompute",
	};
	char text[4096];
	int n;

	put_text(NODES "/0/gpu_id", "0\n");
	put_text(NODES "/0/name", "\n");
	n = snprintf(text, sizeof(text),
		     "cpu_cores_count %ld\nsimd_count 0\nmem_banks_count 1\ncaches_count 0\n"
		     "io_links_count 1\np2p_links_count 0\ncpu_core_id_base %u\n",
		     sysconf(_SC_NPROCESSORS_ONLN), first_apicid());
	for (size_t i = 0; i < ARRAY_SIZE(zeros); i++)
		n += snprintf(text + n, sizeof(text) - n, "%s 0\n", zeros[i]);
	put_text(NODES "/0/properties", text);
	snprintf(text, sizeof(text),
		 "heap_type 0\nsize_in_bytes %llu\nflags 0\nwidth 0\nmem_clk_max 0\n",
		 (unsigned long long)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE));
	put_text(NODES "/0/mem_banks/0/properties", text);
}

/* PCIe; VRAM is in a large BAR, so that there is one in each direction. */
static void put_io_link(unsigned int from, unsigned int to, unsigned int flags)
{
	char path[128], text[512];

	snprintf(path, sizeof(path), NODES "/%u/io_links/0/properties", from);
	snprintf(text, sizeof(text),
		 "type 2\n" EMPTY_LINK "node_from %u\nnode_to %u\nweight 20\nmin_latency 0\n"
		 "max_latency 0\nmin_bandwidth 0\nmax_bandwidth 0\nrecommended_transfer_size 0\n"
		 "recommended_sdma_engine_id_mask %u\nflags %u\n",
		 from, to, (1u << SOFT_NUM_SDMA) - 1, flags);
	put_text(path, text);
}

static void put_topology(struct virtkfd_backend *be)
{
	static const char *const empty[] = { "caches", "p2p_links", "perf" };
	char text[64], path[128];

	put_text(KFD_DIR "/topology/system_properties",
		 "platform_oem 0\nplatform_id 0\nplatform_rev 0\n");
	put_text(KFD_DIR "/topology/generation_id", "2\n");
	put_cpu_node();
	for (unsigned int node = 0; node < 2; node++) {
		for (size_t i = 0; i < ARRAY_SIZE(empty); i++) {
			snprintf(path, sizeof(path), NODES "/%u/%s", node, empty[i]);
			put_dir(path);
		}
	}
	put_io_link(1, 0, 1);
	put_io_link(0, 1, 1 | 2);
	snprintf(text, sizeof(text), "%u\n", be->gpus[0].id);
	put_text(NODES "/1/gpu_id", text);
	shim_ops->topology(be, 0, put_gpu_file, NULL);
}

static void put_devices(void)
{
	char text[64];

	snprintf(text, sizeof(text), "%u:0\n", SHIM_KFD_MAJOR);
	put_text(KFD_DIR "/dev", text);
	put_link("/sys/class/kfd/kfd", "../../devices/virtual/kfd/kfd");

	snprintf(text, sizeof(text), "0x%04x\n", soft_kind(NULL)->device_id);
	put_text(PARENT "/device", text);
	put_text(PARENT "/vendor", "0x1002\n");
	put_link(PARENT "/subsystem", "../../../bus/platform");
	put_text(PARENT "/uevent", "MODALIAS=platform:" SHIM_DEVICE "\n");
	snprintf(text, sizeof(text), "%u:%u\n", SHIM_DRM_MAJOR, SHIM_RENDER_MINOR);
	put_text(PARENT "/drm/renderD128/dev", text);
	put_text(PARENT "/drm/renderD128/uevent",
		 "MAJOR=226\nMINOR=128\nDEVNAME=dri/renderD128\nDEVTYPE=drm_minor\n");
	put_link(PARENT "/drm/renderD128/device", "../../../" SHIM_DEVICE);
	put_link("/sys/class/drm/renderD128",
		 "../../devices/platform/" SHIM_DEVICE "/drm/renderD128");
	put_link("/sys/dev/char/226:128", "../../devices/platform/" SHIM_DEVICE "/drm/renderD128");
	put_text(SHIM_RENDER, "");

	put_text("/sys/module/amdgpu/initstate", "live\n");
	/* What the suite puts in place in a guest: the GPU is emulated, or not if a test wants that */
	put_text("/sys/module/amdgpu/parameters/emu_mode", getenv("SHIM_EMU_MODE") ?: "1\n");
	put_text("/sys/module/amdgpu/parameters/cwsr_enable", "1\n");
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

__attribute__((constructor)) static void sysfs_init(void)
{
	const char *tmp = getenv("TMPDIR");

	if (shim_backend())
		return;
	snprintf(root, sizeof(root), "%.40s/shim.XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(root)) {
		fprintf(stderr, "shim: %s: %s\n", root, strerror(errno));
		root[0] = 0;
		return;
	}
	chmod(root, 0755);
	owner = getpid();
	put_topology(shim.be);
	put_devices();
}

__attribute__((destructor)) static void sysfs_fini(void)
{
	if (root[0] && owner == getpid())
		nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
