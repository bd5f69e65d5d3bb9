// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The topology node of the software GPU. Names and their order are those of node_show(),
 * mem_show() and kfd_cache_show() in kfd_topology.c (Linux 7.3); values are computed here as
 * kfd_crat.c, kfd_topology.c and kfd_queue.c compute them from what amdgpu says of the GPU in
 * AMDGPU_INFO_DEV_INFO, or are the hardware's.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>

#include <drm/amdgpu_drm.h>
#include <linux/kfd_sysfs.h>

#include "harness.h"

#define VRAM_SIZE	(1ULL << 30)

struct file {
	uint32_t kind;
	uint32_t index;
	char text[4096];
};

/**
 * struct kind - what amdkfd of Linux 7.3 says of one GPU and not of the other
 * @name: of the GPU
 * @asic: amdgpu_asic_name[], in lower case
 * @gfx_version: kgd2kfd_probe()
 * @vgpr_size: kfd_get_vgpr_size_per_cu()
 * @fw: of firmware with which all works
 * @sdma_fw: likewise
 * @capability: HSA_CAP_* of this one alone, kfd_topology_set_capabilities()
 * @watch: HSA_DBG_WATCH_ADDR_MASK_LO_BIT_*, _HI_BIT_*
 * @l1: vega20_cache_info, or kfd_fill_gpu_cache_info_from_gfx_config_v2() for GC 9.4.3
 * @num_l1: caches of that level: CUs, and groups of CUs twice
 * @l2_kb: see @l1
 * @l2_line: see @l1
 * @seen: lines of it that ROCm's start-up was seen to want, or real ones had
 */
static const struct kind {
	const char *name;
	const char *asic;
	uint32_t gfx_version;
	uint32_t device_id;
	uint32_t vgpr_size;
	uint32_t fw, sdma_fw;
	uint32_t capability;
	uint32_t watch[2];
	struct {
		uint32_t kb, line, type, shared;
	} l1[3];
	uint32_t num_l1;
	uint32_t l2_kb, l2_line;
	const char *seen[8];
} kinds[] = {
	{
		/* An MI300X partition with one XCC */
		"gfx942", "ip discovery\n", 90402, 0x74a1, 0x80000, 194, 22,
		HSA_CAP_TRAP_DEBUG_PRECISE_MEMORY_OPERATIONS_SUPPORTED, { 7, 30 },
		{
			{ 32, 128, HSA_CACHE_TYPE_DATA, 1 },
			{ 64, 64, HSA_CACHE_TYPE_INSTRUCTION, 2 },
			{ 16, 64, HSA_CACHE_TYPE_DATA, 2 },
		},
		38 + 20 + 20, 4096, 128,
		{
			"simd_count 152", "array_count 4", "capability 541565568",
			"debug_prop 1511", "cwsr_size 23203840" /* 0x1621000 */,
			"ctl_stack_size 12288",
		},
	}, {
		/* An MI50, with 60 of 64 CUs */
		"gfx906", "vega20\n", 90006, 0x66a1, 0x40000, 472, 145, 0, { 6, 29 },
		{
			{ 16, 64, HSA_CACHE_TYPE_DATA, 1 },
			{ 32, 64, HSA_CACHE_TYPE_INSTRUCTION, 3 },
			{ 16, 64, HSA_CACHE_TYPE_DATA, 3 },
		},
		60 + 4 * 5 + 4 * 5, 8192, 64,
		{
			"simd_count 240", "array_count 4", "cu_per_simd_array 16",
			"device_id 26273", "max_engine_clk_fcompute 1725",
			"cwsr_size 20910080" /* 0x13f1000 */, "ctl_stack_size 20480",
		},
	},
};

/* The node, and what amdgpu's render node says of the same GPU. */
struct node {
	const struct kind *kind;
	struct guest *guest;
	struct gctx *control;
	struct drm_amdgpu_info_device dev;
	uint32_t num_files;
	struct file files[200];
};

static int get(struct gctx *control, uint32_t index)
{
	struct virtkfd_ccmd_topology cmd = {
		.hdr = { .cmd = VIRTKFD_CCMD_TOPOLOGY, .len = sizeof(cmd) }, .index = index,
	};

	return ctx_call(control, &cmd);
}

static void get_dev_info(struct node *node)
{
	struct virtkfd_ccmd_render_info cmd = {
		.hdr = { .cmd = VIRTKFD_CCMD_RENDER_INFO, .len = sizeof(cmd) },
		.gpu_id = node->guest->gpu_id, .query = AMDGPU_INFO_DEV_INFO,
		.return_size = sizeof(node->dev),
	};
	struct virtkfd_rsp_render_info *rsp = (void *)node->control->rsp;

	assert_int_equal(ctx_call(node->control, &cmd), 0);
	assert_int_equal(rsp->size, sizeof(node->dev));
	memcpy(&node->dev, rsp + 1, sizeof(node->dev));
}

/* Every file of the response: lines of printable ASCII, each with its newline. */
static void parse(struct node *node)
{
	struct virtkfd_rsp_topology *rsp = (void *)node->control->rsp;
	uint32_t pos = sizeof(*rsp);

	node->num_files = rsp->num_files;
	assert_in_range(rsp->num_files, 1, ARRAY_LEN(node->files));
	for (uint32_t i = 0; i < rsp->num_files; i++) {
		struct virtkfd_topology_file *head = (void *)(node->control->rsp + pos);
		const char *text = (const char *)(head + 1);
		struct file *file = &node->files[i];

		assert_true(pos % 8 == 0 && pos + sizeof(*head) <= rsp->rsp.len);
		assert_in_range(head->len, 1, sizeof(file->text) - 1);
		pos += sizeof(*head) + ((head->len + 7) & ~7u);
		assert_true(pos <= rsp->rsp.len);
		for (uint32_t j = 0; j < head->len; j++)
			assert_true(text[j] == '\n' ? j && text[j - 1] != '\n' :
				    isprint((unsigned char)text[j]));
		assert_int_equal(text[head->len - 1], '\n');
		file->kind = head->kind;
		file->index = head->index;
		memcpy(file->text, text, head->len);
		file->text[head->len] = 0;
	}
	assert_int_equal(pos, rsp->rsp.len);
}

static int node_setup(void **state)
{
	const struct virtkfd_limits limits = { .vram = VRAM_SIZE };
	struct node *node = calloc(1, sizeof(*node));

	assert_non_null(node);
	node->kind = *state;
	node->guest = guest_new_gpu(&limits, node->kind->name);
	node->control = ctx_new(node->guest, 2, VIRTKFD_ROLE_CONTROL);
	get_dev_info(node);
	assert_int_equal(get(node->control, 0), 0);
	parse(node);
	*state = node;
	return 0;
}

static int node_teardown(void **state)
{
	struct node *node = *state;

	ctx_free(node->control);
	guest_free(node->guest);
	free(node);
	return 0;
}

static const struct file *find(struct node *node, uint32_t kind, uint32_t index)
{
	for (uint32_t i = 0; i < node->num_files; i++)
		if (node->files[i].kind == kind && node->files[i].index == index)
			return &node->files[i];
	fail_msg("no file of kind %u, index %u", kind, index);
	return NULL;
}

static void test_head(void **state)
{
	struct node *node = *state;
	struct virtkfd_rsp_topology *rsp = (void *)node->control->rsp;

	assert_int_equal(rsp->gpu_id, node->guest->gpu_id);
	assert_int_equal(rsp->doorbell_size, SLICE);
	assert_int_equal(rsp->pad, 0);
	assert_int_equal(rsp->rsp.pad, 0);
	assert_int_equal(get(node->control, 1), -ENODEV);
	assert_int_equal(get(node->control, UINT32_MAX), -ENODEV);
	assert_int_equal(rsp->num_files, 0);
	/* There is one of each but of the caches, and no other kind. */
	for (uint32_t i = 0; i < node->num_files; i++) {
		const struct file *file = &node->files[i];

		assert_in_range(file->kind, VIRTKFD_TOPOLOGY_NAME, VIRTKFD_TOPOLOGY_CACHE);
		assert_ptr_equal(find(node, file->kind, file->index), file);
		if (file->kind != VIRTKFD_TOPOLOGY_CACHE)
			assert_int_equal(file->index, 0);
	}
}

static void test_name(void **state)
{
	struct node *node = *state;

	assert_string_equal(find(node, VIRTKFD_TOPOLOGY_NAME, 0)->text, node->kind->asic);
}

static void check_text(const char *text, const char *expected)
{
	if (strcmp(text, expected)) {
		fprintf(stderr, "got:\n%s\nexpected:\n%s\n", text, expected);
		fail();
	}
}

static void line(char *text, const char *name, uint64_t value)
{
	snprintf(text + strlen(text), 4096 - strlen(text), "%s %" PRIu64 "\n", name, value);
}

static void test_properties(void **state)
{
	struct node *node = *state;
	const struct drm_amdgpu_info_device *dev = &node->dev;
	const struct kind *kind = node->kind;
	uint32_t arrays = dev->num_shader_engines * dev->num_shader_arrays_per_engine;
	uint32_t caches = 0, waves, ctl_stack, data;
	char text[4096] = "";

	for (uint32_t i = 0; i < node->num_files; i++)
		caches += node->files[i].kind == VIRTKFD_TOPOLOGY_CACHE;
	/* kfd_queue_ctx_save_restore_size() */
	waves = dev->cu_active_number * 40;
	if (waves > dev->num_shader_engines * 512)
		waves = dev->num_shader_engines * 512;
	ctl_stack = (40 + waves * 8 + 8 + 0xfff) & ~0xfffu;
	data = (dev->cu_active_number * (kind->vgpr_size + 0x4000 + 0x10000 + 0x1000) + 0xfff) & ~0xfffu;

	line(text, "cpu_cores_count", 0);
	line(text, "simd_count", dev->cu_active_number * 4);
	line(text, "mem_banks_count", 1);
	line(text, "caches_count", caches);
	line(text, "io_links_count", 1);
	line(text, "p2p_links_count", 0);
	line(text, "cpu_core_id_base", 0);
	line(text, "simd_id_base", 0x80001000);
	line(text, "max_waves_per_simd", 10);
	line(text, "lds_size_in_kb", 64);
	line(text, "gds_size_in_kb", 0);
	line(text, "num_gws", 64);
	line(text, "wave_front_size", dev->wave_front_size);
	line(text, "array_count", arrays);
	line(text, "simd_arrays_per_engine", dev->num_shader_arrays_per_engine);
	line(text, "cu_per_simd_array", dev->num_cu_per_sh);
	line(text, "simd_per_cu", 4);
	line(text, "max_slots_scratch_cu", 32);
	line(text, "gfx_target_version", kind->gfx_version);
	line(text, "vendor_id", 0x1002);
	line(text, "device_id", dev->device_id);
	line(text, "location_id", 0x300);
	line(text, "domain", 0);
	line(text, "drm_render_minor", 128);
	line(text, "hive_id", 0);
	line(text, "num_sdma_engines", 2);
	line(text, "num_sdma_xgmi_engines", 0);
	line(text, "num_sdma_queues_per_engine", 8);
	line(text, "num_cp_queues", 24);
	line(text, "cwsr_size", ctl_stack + data);
	line(text, "ctl_stack_size", ctl_stack);
	line(text, "max_engine_clk_fcompute", dev->max_engine_clock / 1000);
	line(text, "local_mem_size", 0);
	line(text, "fw_version", kind->fw);
	/*
	 * kfd_topology_set_capabilities(), kfd_topology_set_dbg_firmware_support() for firmware
	 * that is new enough, four watch points, the revision; not more.
	 */
	line(text, "capability", HSA_CAP_WATCH_POINTS_SUPPORTED | 2 << 8 |
				 HSA_CAP_DOORBELL_TYPE_2_0 << 12 |
				 HSA_CAP_TRAP_DEBUG_SUPPORT |
				 HSA_CAP_TRAP_DEBUG_WAVE_LAUNCH_TRAP_OVERRIDE_SUPPORTED |
				 HSA_CAP_TRAP_DEBUG_WAVE_LAUNCH_MODE_SUPPORTED |
				 HSA_CAP_TRAP_DEBUG_FIRMWARE_SUPPORTED |
				 dev->chip_rev << HSA_CAP_ASIC_REVISION_SHIFT |
				 kind->capability);
	line(text, "capability2", 0);
	line(text, "debug_prop", kind->watch[0] | kind->watch[1] << 4 |
				 HSA_DBG_DISPATCH_INFO_ALWAYS_VALID);
	line(text, "sdma_fw_version", kind->sdma_fw);
	line(text, "unique_id", 1234567890);
	line(text, "num_xcc", 1);
	line(text, "max_engine_clk_ccompute", 3000);
	check_text(find(node, VIRTKFD_TOPOLOGY_PROPERTIES, 0)->text, text);
}

static void test_seen(void **state)
{
	struct node *node = *state;
	const struct file *file = find(node, VIRTKFD_TOPOLOGY_PROPERTIES, 0);

	assert_int_equal(node->dev.device_id, node->kind->device_id);
	for (size_t i = 0; node->kind->seen[i]; i++) {
		char text[80];

		snprintf(text, sizeof(text), "\n%s\n", node->kind->seen[i]);
		if (!strstr(file->text, text))
			fail_msg("there is no line %s", node->kind->seen[i]);
	}
}

static void test_bank(void **state)
{
	char text[4096] = "";

	line(text, "heap_type", HSA_MEM_HEAP_TYPE_FB_PUBLIC);
	line(text, "size_in_bytes", VRAM_SIZE);
	line(text, "flags", 0);
	line(text, "width", ((struct node *)*state)->dev.vram_bit_width);
	line(text, "mem_clk_max", ((struct node *)*state)->dev.max_memory_clock / 1000);
	check_text(find(*state, VIRTKFD_TOPOLOGY_MEM_BANK, 0)->text, text);
}

/* kfd_cache_show(); every word of the map is 32 bits, all of them shown. */
static void check_cache(struct node *node, uint32_t *index, uint32_t processor, uint32_t level,
			uint32_t kb, uint32_t line_size, uint32_t type, const uint32_t *map,
			uint32_t words)
{
	char text[4096] = "";

	line(text, "processor_id_low", processor);
	line(text, "level", level);
	line(text, "size", kb);
	line(text, "cache_line_size", line_size);
	line(text, "cache_lines_per_tag", 0);
	line(text, "association", 0);
	line(text, "latency", 0);
	line(text, "type", type | HSA_CACHE_TYPE_HSACU);
	strcat(text, "sibling_map ");
	for (uint32_t bit = 0; bit < 32 * words; bit++)
		strcat(text, map[bit / 32] >> bit % 32 & 1 ? "1," : "0,");
	text[strlen(text) - 1] = '\n';
	check_text(find(node, VIRTKFD_TOPOLOGY_CACHE, *index)->text, text);
	++*index;
}

/* kfd_fill_cache_non_crat_info() with fill_in_l1_pcache() and fill_in_l2_l3_pcache() */
static void test_caches(void **state)
{
	struct node *node = *state;
	const struct drm_amdgpu_info_device *dev = &node->dev;
	const struct kind *kind = node->kind;
	uint32_t index = 0, map[4], cus = 0;

	assert_int_equal(dev->num_shader_engines, 4);
	assert_int_equal(dev->num_shader_arrays_per_engine, 1);
	for (uint32_t se = 0; se < 4; se++)
		cus += __builtin_popcount(dev->cu_bitmap[se][0]);
	assert_int_equal(cus, dev->cu_active_number);

	for (uint32_t i = 0; i < ARRAY_LEN(kind->l1); i++) {
		uint32_t processor = 0x80001000, shared = kind->l1[i].shared;

		for (uint32_t se = 0; se < 4; se++) {
			for (uint32_t cu = 0; cu < dev->num_cu_per_sh; cu += shared) {
				uint32_t mask = dev->cu_bitmap[se][0] >> cu &
						((1u << shared) - 1);
				uint32_t first = mask ? __builtin_ctz(mask) : 0;

				mask >>= first;
				if (mask)
					check_cache(node, &index, processor + first, 1,
						    kind->l1[i].kb, kind->l1[i].line,
						    kind->l1[i].type, &mask, 1);
				/* The last group of an engine may be a smaller one. */
				processor += cu + shared > dev->num_cu_per_sh ?
					     dev->num_cu_per_sh - cu : shared;
			}
		}
	}
	assert_int_equal(index, kind->num_l1);
	/* The walk puts the first array's map down before it looks at the first array. */
	map[0] = dev->cu_bitmap[0][0];
	for (uint32_t se = 1; se < 4; se++)
		map[se] = dev->cu_bitmap[se - 1][0];
	check_cache(node, &index, 0x80001000, 2, kind->l2_kb, kind->l2_line,
		    HSA_CACHE_TYPE_DATA, map, 4);
	assert_int_equal(dev->mall_size, kind == kinds ? 256 << 20 : 0);
	if (dev->mall_size)
		check_cache(node, &index, 0x80001000, 3, dev->mall_size / 1024, 64,
			    HSA_CACHE_TYPE_DATA, map, 4);
	assert_int_equal(index + 3, node->num_files);
}

/* The same every time, and for every instance. */
static void test_stable(void **state)
{
	struct node *node = *state, *other;
	void *more = (void *)node->kind;

	node_setup(&more);
	other = more;
	assert_int_equal(node->num_files, other->num_files);
	assert_memory_equal(node->files, other->files, sizeof(node->files));
	node_teardown(&more);
}

int main(void)
{
#define KIND_TEST(f, i)	cmocka_unit_test_prestate_setup_teardown(f, node_setup, node_teardown, \
								 (void *)&kinds[i])
#define NODE_TEST(f)	KIND_TEST(f, 0), KIND_TEST(f, 1)
	static const struct CMUnitTest tests[] = {
		NODE_TEST(test_head),
		NODE_TEST(test_name),
		NODE_TEST(test_properties),
		NODE_TEST(test_seen),
		NODE_TEST(test_bank),
		NODE_TEST(test_caches),
		NODE_TEST(test_stable),
	};

	return cmocka_run_group_tests_name("topology", tests, NULL, NULL);
}
