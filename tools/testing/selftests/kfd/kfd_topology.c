// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The topology in sysfs, as kfd_topology.c and kfd_crat.c show it and libhsakmt reads it.
 */
#include <dirent.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <linux/kfd_sysfs.h>

#include "kselftest_harness.h"
#include "kfd_test.h"

#define MAX_NODES	128

FIXTURE(topology) {
	struct kfd kfd;
	unsigned int num;
	uint64_t gpu_id[MAX_NODES];
};

FIXTURE_SETUP(topology)
{
	char path[128];

	KFD_SETUP(return, &self->kfd);
	for (; self->num < MAX_NODES; self->num++) {
		snprintf(path, sizeof(path), KFD_TOPOLOGY "/nodes/%u/gpu_id", self->num);
		if (kfd_read_u64(path, &self->gpu_id[self->num]))
			break;
	}
	ASSERT_LT(1, self->num);
}

FIXTURE_TEARDOWN(topology)
{
	kfd_close(&self->kfd);
}

/* node_show(); what comes after local_mem_size is not in a CPU's node. */
static const char * const common[] = {
	"cpu_cores_count", "simd_count", "mem_banks_count", "caches_count", "io_links_count",
	"p2p_links_count", "cpu_core_id_base", "simd_id_base", "max_waves_per_simd",
	"lds_size_in_kb", "gds_size_in_kb", "num_gws", "wave_front_size", "array_count",
	"simd_arrays_per_engine", "cu_per_simd_array", "simd_per_cu", "max_slots_scratch_cu",
	"gfx_target_version", "vendor_id", "device_id", "location_id", "domain",
	"drm_render_minor", "hive_id", "num_sdma_engines", "num_sdma_xgmi_engines",
	"num_sdma_queues_per_engine", "num_cp_queues", "max_engine_clk_ccompute",
};

static const char * const gpu_only[] = {
	"max_engine_clk_fcompute", "local_mem_size", "fw_version", "capability", "capability2",
	"debug_prop", "sdma_fw_version", "unique_id", "num_xcc",
};

static const char * const link_names[] = {
	"type", "version_major", "version_minor", "node_from", "node_to", "weight",
	"min_latency", "max_latency", "min_bandwidth", "max_bandwidth",
	"recommended_transfer_size", "recommended_sdma_engine_id_mask", "flags",
};

static const char * const bank_names[] = {
	"heap_type", "size_in_bytes", "flags", "width", "mem_clk_max",
};

static const char * const cache_names[] = {
	"processor_id_low", "level", "size", "cache_line_size", "cache_lines_per_tag",
	"association", "latency", "type",
};

/* The text of a file below the topology's directory; NULL if there is none. */
static char *text(const char *format, ...)
{
	static char buf[8192];
	char path[192];
	ssize_t len;
	va_list ap;
	size_t n;
	int fd;

	n = snprintf(path, sizeof(path), KFD_TOPOLOGY "/");
	va_start(ap, format);
	vsnprintf(path + n, sizeof(path) - n, format, ap);
	va_end(ap);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	len = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	if (len < 0)
		return NULL;
	buf[len] = 0;
	return buf;
}

/* Finds a line "name number". */
static bool number(const char *lines, const char *name, uint64_t *value)
{
	size_t len = strlen(name);
	const char *line = lines;
	char *end;

	while (line) {
		if (!strncmp(line, name, len) && line[len] == ' ') {
			errno = 0;
			*value = strtoull(line + len + 1, &end, 10);
			return !errno && end != line + len + 1 && *end == '\n';
		}
		line = strchr(line, '\n');
		if (line)
			line++;
	}
	return false;
}

/* How many directories 0, 1, 2 ... there are in one, -1 if there is something else. */
static int count(unsigned int node, const char *name)
{
	int num = 0, max = -1, i;
	struct dirent *entry;
	char path[128], *end;
	DIR *dir;

	snprintf(path, sizeof(path), KFD_TOPOLOGY "/nodes/%u/%s", node, name);
	dir = opendir(path);
	if (!dir)
		return 0;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		i = strtol(entry->d_name, &end, 10);
		if (end == entry->d_name) {
			num = -1;
			break;
		}
		num++;
		if (i > max)
			max = i;
	}
	closedir(dir);
	return num == max + 1 ? num : -1;
}

TEST_F(topology, device)
{
	unsigned int maj, min;
	char target[256];
	struct stat st;
	FILE *file;
	ssize_t len;

	/* The class device has no parent. */
	len = readlink("/sys/class/kfd/kfd", target, sizeof(target) - 1);
	ASSERT_LT(0, len);
	target[len] = 0;
	EXPECT_STREQ("../../devices/virtual/kfd/kfd", target);

	file = fopen("/sys/class/kfd/kfd/dev", "re");
	ASSERT_NE(NULL, file);
	EXPECT_EQ(2, fscanf(file, "%u:%u", &maj, &min));
	fclose(file);
	ASSERT_EQ(0, stat("/dev/kfd", &st));
	EXPECT_TRUE(S_ISCHR(st.st_mode));
	EXPECT_EQ(makedev(maj, min), st.st_rdev);
	EXPECT_EQ(0, min);
}

TEST_F(topology, system)
{
	uint64_t before, after, value;
	const char *lines;

	ASSERT_EQ(0, kfd_read_u64(KFD_TOPOLOGY "/generation_id", &before));
	EXPECT_LT(0, before);
	lines = text("system_properties");
	ASSERT_NE(NULL, lines);
	EXPECT_TRUE(number(lines, "platform_oem", &value));
	EXPECT_TRUE(number(lines, "platform_id", &value));
	EXPECT_TRUE(number(lines, "platform_rev", &value));
	ASSERT_EQ(0, kfd_read_u64(KFD_TOPOLOGY "/generation_id", &after));
	EXPECT_EQ(before, after);
}

TEST_F(topology, nodes)
{
	unsigned int node, other, cpus = 0;
	struct dirent *entry;
	int dirs = 0;
	DIR *dir;

	dir = opendir(KFD_TOPOLOGY "/nodes");
	ASSERT_NE(NULL, dir);
	while ((entry = readdir(dir)))
		dirs += entry->d_name[0] != '.';
	closedir(dir);
	EXPECT_EQ(self->num, dirs);

	for (node = 0; node < self->num; node++) {
		const char *name = text("nodes/%u/name", node);
		uint64_t cores, simds;

		ASSERT_NE(NULL, name);
		ASSERT_LT(0, strlen(name));
		EXPECT_EQ('\n', name[strlen(name) - 1]);
		ASSERT_EQ(0, kfd_node_property(node, "cpu_cores_count", &cores));
		ASSERT_EQ(0, kfd_node_property(node, "simd_count", &simds));
		if (!self->gpu_id[node]) {
			EXPECT_LT(0, cores);
			EXPECT_EQ(0, simds);
			cpus++;
			continue;
		}
		/* CPUs come first. */
		EXPECT_LT(0, cpus);
		EXPECT_EQ(0, cores);
		EXPECT_LT(0, simds);
		/* kfd_generate_gpu_id() */
		EXPECT_GE(0xffff, self->gpu_id[node]);
		for (other = 0; other < node; other++) {
			EXPECT_NE(self->gpu_id[other], self->gpu_id[node]) {
				TH_LOG("nodes %u and %u", other, node);
			}
		}
	}
}

TEST_F(topology, properties)
{
	unsigned int node, i;

	for (node = 0; node < self->num; node++) {
		const char *lines = text("nodes/%u/properties", node);
		uint64_t value;

		ASSERT_NE(NULL, lines);
		/* libhsakmt reads it at once. */
		EXPECT_GT(4096, strlen(lines));
		for (i = 0; i < ARRAY_SIZE(common); i++) {
			EXPECT_TRUE(number(lines, common[i], &value)) {
				TH_LOG("node %u: no %s", node, common[i]);
			}
		}
		for (i = 0; i < ARRAY_SIZE(gpu_only); i++) {
			EXPECT_EQ(self->gpu_id[node] != 0, number(lines, gpu_only[i], &value)) {
				TH_LOG("node %u: %s", node, gpu_only[i]);
			}
		}
	}
}

TEST_F(topology, counts)
{
	static const struct {
		const char *property;
		const char *dir;
	} counts[] = {
		{ "mem_banks_count", "mem_banks" },
		{ "caches_count", "caches" },
		{ "io_links_count", "io_links" },
		{ "p2p_links_count", "p2p_links" },
	};
	unsigned int node, i;

	for (node = 0; node < self->num; node++) {
		for (i = 0; i < ARRAY_SIZE(counts); i++) {
			uint64_t value;

			ASSERT_EQ(0, kfd_node_property(node, counts[i].property, &value));
			EXPECT_EQ((int)value, count(node, counts[i].dir)) {
				TH_LOG("node %u: %s", node, counts[i].property);
			}
		}
	}
}

TEST_F(topology, gpu)
{
	uint64_t simds, per_cu, arrays, value, version;
	const char *lines;
	char path[64];

	lines = text("nodes/%u/properties", self->kfd.node);
	ASSERT_NE(NULL, lines);
	ASSERT_TRUE(number(lines, "simd_count", &simds));
	ASSERT_TRUE(number(lines, "simd_per_cu", &per_cu));
	ASSERT_TRUE(number(lines, "simd_arrays_per_engine", &arrays));
	ASSERT_NE(0, per_cu);
	ASSERT_NE(0, arrays);
	EXPECT_EQ(0, simds % per_cu);
	ASSERT_TRUE(number(lines, "array_count", &value));
	EXPECT_NE(0, value);
	EXPECT_EQ(0, value % arrays);
	EXPECT_TRUE(number(lines, "wave_front_size", &value) && (value == 64 || value == 32));
	EXPECT_TRUE(number(lines, "vendor_id", &value) && value == 0x1002);
	EXPECT_TRUE(number(lines, "lds_size_in_kb", &value) && value);
	EXPECT_TRUE(number(lines, "local_mem_size", &value) && !value);
	EXPECT_TRUE(number(lines, "num_xcc", &value) && value);
	ASSERT_TRUE(number(lines, "gfx_target_version", &version));
	EXPECT_LE(70000, version);
	if (version >= 90000) {
		ASSERT_TRUE(number(lines, "capability", &value));
		EXPECT_EQ(HSA_CAP_DOORBELL_TYPE_2_0,
			  (value & HSA_CAP_DOORBELL_TYPE_TOTALBITS_MASK) >>
			  HSA_CAP_DOORBELL_TYPE_TOTALBITS_SHIFT);
	}
	ASSERT_TRUE(number(lines, "drm_render_minor", &value));
	EXPECT_LE(128, value);
	snprintf(path, sizeof(path), "/dev/dri/renderD%lu", value);
	EXPECT_EQ(0, access(path, R_OK | W_OK));
}

TEST_F(topology, memory)
{
	unsigned int node, i, bank;

	for (node = 0; node < self->num; node++) {
		uint64_t banks, value;

		ASSERT_EQ(0, kfd_node_property(node, "mem_banks_count", &banks));
		EXPECT_LT(0, banks);
		for (bank = 0; bank < banks; bank++) {
			const char *lines = text("nodes/%u/mem_banks/%u/properties", node, bank);

			ASSERT_NE(NULL, lines);
			for (i = 0; i < ARRAY_SIZE(bank_names); i++) {
				EXPECT_TRUE(number(lines, bank_names[i], &value)) {
					TH_LOG("node %u: no %s", node, bank_names[i]);
				}
			}
			EXPECT_TRUE(number(lines, "size_in_bytes", &value) && value);
			ASSERT_TRUE(number(lines, "heap_type", &value));
			if (self->gpu_id[node])
				value = value == HSA_MEM_HEAP_TYPE_FB_PUBLIC ||
					value == HSA_MEM_HEAP_TYPE_FB_PRIVATE;
			else
				value = value == HSA_MEM_HEAP_TYPE_SYSTEM;
			EXPECT_TRUE(value) {
				TH_LOG("node %u: bank %u", node, bank);
			}
		}
	}
}

TEST_F(topology, caches)
{
	unsigned int node, i, cache;

	for (node = 0; node < self->num; node++) {
		uint64_t caches, value;

		ASSERT_EQ(0, kfd_node_property(node, "caches_count", &caches));
		for (cache = 0; cache < caches; cache++) {
			const char *lines = text("nodes/%u/caches/%u/properties", node, cache);
			const char *map;
			int bits = 0;

			ASSERT_NE(NULL, lines);
			for (i = 0; i < ARRAY_SIZE(cache_names); i++) {
				EXPECT_TRUE(number(lines, cache_names[i], &value)) {
					TH_LOG("node %u: no %s", node, cache_names[i]);
				}
			}
			EXPECT_TRUE(number(lines, "level", &value) && value >= 1 && value <= 4);
			EXPECT_TRUE(number(lines, "size", &value) && value);
			map = strstr(lines, "sibling_map ");
			ASSERT_NE(NULL, map);
			for (map += strlen("sibling_map "); *map && *map != '\n'; map++)
				bits += *map == '0' || *map == '1';
			EXPECT_LT(0, bits);
			EXPECT_EQ(0, bits % 8);
		}
	}
}

TEST_F(topology, links)
{
	bool linked[MAX_NODES] = {};
	unsigned int node, i, link;

	for (node = 0; node < self->num; node++) {
		uint64_t links, to, value;

		ASSERT_EQ(0, kfd_node_property(node, "io_links_count", &links));
		for (link = 0; link < links; link++) {
			const char *lines = text("nodes/%u/io_links/%u/properties", node, link);

			ASSERT_NE(NULL, lines);
			for (i = 0; i < ARRAY_SIZE(link_names); i++) {
				EXPECT_TRUE(number(lines, link_names[i], &value)) {
					TH_LOG("node %u: no %s", node, link_names[i]);
				}
			}
			EXPECT_TRUE(number(lines, "node_from", &value) && value == node);
			ASSERT_TRUE(number(lines, "node_to", &to));
			EXPECT_NE(node, to);
			ASSERT_GT(self->num, to);
			ASSERT_TRUE(number(lines, "type", &value));
			/* To a CPU, over PCIe or XGMI */
			if (!self->gpu_id[to] && (value == 2 || value == 11))
				linked[node] = true;
		}
		if (self->gpu_id[node]) {
			EXPECT_TRUE(linked[node]) {
				TH_LOG("node %u: no link to a CPU", node);
			}
		}
	}
}

TEST_F(topology, cannot_be_written)
{
	static const char * const names[] = {
		"generation_id", "system_properties", "nodes/0/gpu_id", "nodes/0/name",
		"nodes/0/properties", "nodes/0/mem_banks/0/properties",
	};
	char path[128];
	struct stat st;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), KFD_TOPOLOGY "/%s", names[i]);
		ASSERT_EQ(0, stat(path, &st)) {
			TH_LOG("%s", names[i]);
		}
		/* KFD_SYSFS_FILE_MODE */
		EXPECT_EQ(0444, st.st_mode & 07777) {
			TH_LOG("%s", names[i]);
		}
	}
}

TEST_HARNESS_MAIN
