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

/* The node, and what amdgpu's render node says of the same GPU. */
struct node {
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
	node->guest = guest_new(&limits);
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

/* amdgpu_asic_name[] of CHIP_IP_DISCOVERY, in lower case */
static void test_name(void **state)
{
	assert_string_equal(find(*state, VIRTKFD_TOPOLOGY_NAME, 0)->text, "ip discovery\n");
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
	uint32_t arrays = dev->num_shader_engines * dev->num_shader_arrays_per_engine;
	uint32_t caches = 0, waves, ctl_stack, data;
	char text[4096] = "";

	for (uint32_t i = 0; i < node->num_files; i++)
		caches += node->files[i].kind == VIRTKFD_TOPOLOGY_CACHE;
	/* kfd_queue_ctx_save_restore_size() for gfx_target_version 90402 */
	waves = dev->cu_active_number * 40;
	if (waves > dev->num_shader_engines * 512)
		waves = dev->num_shader_engines * 512;
	ctl_stack = (40 + waves * 8 + 8 + 0xfff) & ~0xfffu;
	data = (dev->cu_active_number * (0x80000 + 0x4000 + 0x10000 + 0x1000) + 0xfff) & ~0xfffu;

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
	line(text, "gfx_target_version", 90402);
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
	line(text, "fw_version", 194);
	/*
	 * kfd_topology_set_capabilities(), kfd_topology_set_dbg_firmware_support() for a GPU that
	 * is not on its list, four watch points, the revision; not more.
	 */
	line(text, "capability", HSA_CAP_WATCH_POINTS_SUPPORTED | 2 << 8 |
				 HSA_CAP_DOORBELL_TYPE_2_0 << 12 |
				 HSA_CAP_TRAP_DEBUG_SUPPORT |
				 HSA_CAP_TRAP_DEBUG_WAVE_LAUNCH_TRAP_OVERRIDE_SUPPORTED |
				 HSA_CAP_TRAP_DEBUG_WAVE_LAUNCH_MODE_SUPPORTED |
				 HSA_CAP_TRAP_DEBUG_PRECISE_MEMORY_OPERATIONS_SUPPORTED |
				 HSA_CAP_TRAP_DEBUG_FIRMWARE_SUPPORTED |
				 dev->chip_rev << HSA_CAP_ASIC_REVISION_SHIFT);
	line(text, "capability2", 0);
	/* HSA_DBG_WATCH_ADDR_MASK_{LO,HI}_BIT_GFX9_4_3 are bits 7 to 30. */
	line(text, "debug_prop", 7 | 30 << 4 | HSA_DBG_DISPATCH_INFO_ALWAYS_VALID);
	line(text, "sdma_fw_version", 22);
	line(text, "unique_id", 1234567890);
	line(text, "num_xcc", 1);
	line(text, "max_engine_clk_ccompute", 3000);
	check_text(find(node, VIRTKFD_TOPOLOGY_PROPERTIES, 0)->text, text);
}

/* An MI300X partition with one XCC: what ROCm's start-up was seen to want of it. */
static void test_mi300x(void **state)
{
	struct node *node = *state;
	const struct file *file = find(node, VIRTKFD_TOPOLOGY_PROPERTIES, 0);

	assert_int_equal(node->dev.device_id, 0x74a1);
	assert_int_equal(node->dev.cu_active_number, 38);
	assert_non_null(strstr(file->text, "\nsimd_count 152\n"));
	assert_non_null(strstr(file->text, "\narray_count 4\n"));
	assert_non_null(strstr(file->text, "\ncapability 541565568\n"));
	assert_non_null(strstr(file->text, "\ndebug_prop 1511\n"));
	assert_non_null(strstr(file->text, "\ncwsr_size 23203840\n"));	/* 0x1621000 */
	assert_non_null(strstr(file->text, "\nctl_stack_size 12288\n"));
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
	static const struct {
		uint32_t kb;
		uint32_t line;
		uint32_t type;
		uint32_t shared;
	} l1[] = {
		{ 32, 128, HSA_CACHE_TYPE_DATA, 1 },
		{ 64, 64, HSA_CACHE_TYPE_INSTRUCTION, 2 },
		{ 16, 64, HSA_CACHE_TYPE_DATA, 2 },
	};
	struct node *node = *state;
	const struct drm_amdgpu_info_device *dev = &node->dev;
	uint32_t index = 0, map[4], cus = 0;

	assert_int_equal(dev->num_shader_engines, 4);
	assert_int_equal(dev->num_shader_arrays_per_engine, 1);
	for (uint32_t se = 0; se < 4; se++)
		cus += __builtin_popcount(dev->cu_bitmap[se][0]);
	assert_int_equal(cus, dev->cu_active_number);

	for (uint32_t i = 0; i < ARRAY_LEN(l1); i++) {
		uint32_t processor = 0x80001000;

		for (uint32_t se = 0; se < 4; se++) {
			for (uint32_t cu = 0; cu < dev->num_cu_per_sh; cu += l1[i].shared) {
				uint32_t mask = dev->cu_bitmap[se][0] >> cu &
						((1u << l1[i].shared) - 1);
				uint32_t first = mask ? __builtin_ctz(mask) : 0;

				mask >>= first;
				if (mask)
					check_cache(node, &index, processor + first, 1, l1[i].kb,
						    l1[i].line, l1[i].type, &mask, 1);
				processor += l1[i].shared;
			}
		}
	}
	/* 38 of the CUs' own, 20 of two CUs each, twice. */
	assert_int_equal(index, 38 + 20 + 20);
	/* The walk puts the first array's map down before it looks at the first array. */
	map[0] = dev->cu_bitmap[0][0];
	for (uint32_t se = 1; se < 4; se++)
		map[se] = dev->cu_bitmap[se - 1][0];
	check_cache(node, &index, 0x80001000, 2, 4096, 128, HSA_CACHE_TYPE_DATA, map, 4);
	assert_int_equal(dev->mall_size, 256 << 20);
	check_cache(node, &index, 0x80001000, 3, dev->mall_size / 1024, 64, HSA_CACHE_TYPE_DATA,
		    map, 4);
	assert_int_equal(index + 3, node->num_files);
}

/* The same every time, and for every instance. */
static void test_stable(void **state)
{
	struct node *node = *state, *other;
	void *more = NULL;

	node_setup(&more);
	other = more;
	assert_int_equal(node->num_files, other->num_files);
	assert_memory_equal(node->files, other->files, sizeof(node->files));
	node_teardown(&more);
}

int main(void)
{
#define NODE_TEST(f)	cmocka_unit_test_setup_teardown(f, node_setup, node_teardown)
	static const struct CMUnitTest tests[] = {
		NODE_TEST(test_head),
		NODE_TEST(test_name),
		NODE_TEST(test_properties),
		NODE_TEST(test_mi300x),
		NODE_TEST(test_bank),
		NODE_TEST(test_caches),
		NODE_TEST(test_stable),
	};

	return cmocka_run_group_tests_name("topology", tests, NULL, NULL);
}
