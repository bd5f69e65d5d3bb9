// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * KUnit tests of virtgpu_kfd_topology*.c.
 *
 * What lives here: what the guest makes of the text that a host sends as a GPU's node, good
 * and bad, and the text of its own CPU nodes. What does not: sysfs, which the kselftests see.
 */
#include <kunit/test-bug.h>
#include <kunit/test.h>
#include <linux/cpumask.h>
#include <linux/mm.h>
#include <linux/prandom.h>
#include <linux/slab.h>

#include "../virtgpu_kfd_topology.h"
#include "kunit_helpers.h"

#define NAME		VIRTKFD_TOPOLOGY_NAME
#define PROPERTIES	VIRTKFD_TOPOLOGY_PROPERTIES
#define BANK		VIRTKFD_TOPOLOGY_MEM_BANK
#define CACHE		VIRTKFD_TOPOLOGY_CACHE

#define NAME0	{ NAME, 0, "gfx942\n" }
#define BANK0	{ BANK, 0, "heap_type 1\nsize_in_bytes 4096\n" }
#define PROPS	{ PROPERTIES, 0, "simd_count 4\nmem_banks_count 1\ncaches_count 2\n" }
#define CACHE0	{ CACHE, 0, "level 1\n" }
#define CACHE1	{ CACHE, 1, "level 2\n" }
#define BARE	{ PROPERTIES, 0, "mem_banks_count 0\ncaches_count 0\n" }

/* @len is that of the text unless @claim, of which @len comes, is told to the guest. */
struct topology_text {
	u16 kind;
	u16 index;
	const char *text;
	u32 len;
	u32 claim;
};

struct topology_node_case {
	const char *desc;
	struct topology_text files[10];
	u32 num;	/* files announced; those of @files if 0 */
	u32 kept;	/* files in the result, 0 if it is refused */
};

struct topology_data {
	void *data;
	size_t len;
	u32 num;
};

static u32 text_len(const struct topology_text *text)
{
	return text->len ?: strlen(text->text);
}

/* In memory that ends where the data does, so that KASAN sees what reads beyond. */
static void make_node(struct kunit *test, struct topology_data *node,
		      const struct topology_text *files)
{
	const struct topology_text *f;
	size_t at = 0;

	node->len = 0;
	for (f = files; f->text; f++)
		node->len = ALIGN(node->len, 8) + sizeof(struct virtkfd_topology_file) +
			    text_len(f);
	node->data = kunit_kzalloc(test, node->len, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, node->data);

	node->num = 0;
	for (f = files; f->text; f++) {
		struct virtkfd_topology_file head = {
			.kind = f->kind,
			.index = f->index,
			.len = f->claim ?: text_len(f),
		};

		at = ALIGN(at, 8);
		memcpy(node->data + at, &head, sizeof(head));
		memcpy(node->data + at + sizeof(head), f->text, text_len(f));
		at += sizeof(head) + text_len(f);
		node->num++;
	}
}

/* Whatever is accepted has these properties. */
static void check_files(struct kunit *test, const struct virtgpu_kfd_topology_files *files,
			const void *data, size_t len)
{
	u32 i, j;

	for (i = 0; i < files->num; i++) {
		const char *text = files->file[i].text;
		u32 n = files->file[i].len;

		KUNIT_ASSERT_GE(test, files->file[i].kind, NAME);
		KUNIT_ASSERT_LE(test, files->file[i].kind, CACHE);
		KUNIT_ASSERT_GT(test, n, 0);
		KUNIT_ASSERT_LT(test, n, SZ_4K);
		KUNIT_ASSERT_TRUE(test, (void *)text >= data && (void *)text + n <= data + len);
		KUNIT_ASSERT_EQ(test, text[n - 1], '\n');
		for (j = 0; j < n; j++)
			KUNIT_ASSERT_TRUE(test, text[j] == '\n' ||
					  (text[j] >= ' ' && text[j] <= '~'));
	}
}

static const struct topology_node_case topology_nodes[] = {
	{ "all", { NAME0, PROPS, BANK0, CACHE0, CACHE1 }, 0, 5 },
	{ "another order", { CACHE0, CACHE1, BANK0, PROPS, NAME0 }, 0, 5 },
	{ "no banks, no caches", { NAME0, BARE }, 0, 2 },
	{ "empty name", { { NAME, 0, "\n" }, BARE }, 0, 2 },
	{ "counts in the middle", { NAME0,
		{ PROPERTIES, 0, "a 1\ncaches_count 0\nb 2\nmem_banks_count 0\nc 3\n" } }, 0, 2 },
	{ "unknown kinds", { { 0, 0, "a 1\n" }, NAME0, { 5, 7, "B\t" },
		PROPS, { 0xffff, 0xffff, "\xff\x01" }, BANK0, CACHE0, CACHE1 }, 0, 5 },
	{ "more data than files", { NAME0, BARE, { NAME, 9, "x" } }, 2, 2 },

	{ "nothing", { } },
	{ "files without data", { }, 1 },
	{ "more files than data", { NAME0, PROPS, BANK0, CACHE0, CACHE1 }, 6 },
	{ "more files than anyone has", { NAME0, BARE }, 8193 },
	{ "most files there can be", { NAME0, BARE }, U32_MAX },
	{ "text longer than the data", { NAME0,
		{ PROPERTIES, 0, "mem_banks_count 0\ncaches_count 0\n", 0, 64 } } },
	{ "text of 2 GiB", { NAME0, { PROPERTIES, 0, "a 1\n", 0, 0x80000000 } } },
	{ "text of 4 GiB", { NAME0, { PROPERTIES, 0, "a 1\n", 0, U32_MAX } } },
	{ "unknown kind longer than the data", { NAME0, BARE,
		{ 5, 0, "x", 0, U32_MAX } } },

	{ "no name", { PROPS, BANK0, CACHE0, CACHE1 } },
	{ "two names", { NAME0, NAME0, PROPS, BANK0, CACHE0, CACHE1 } },
	{ "names 0 and 1", { NAME0, { NAME, 1, "x\n" }, PROPS, BANK0, CACHE0, CACHE1 } },
	{ "name 1", { { NAME, 1, "gfx942\n" }, PROPS, BANK0, CACHE0, CACHE1 } },
	{ "name of two lines", { { NAME, 0, "gfx942\nx\n" }, PROPS, BANK0, CACHE0, CACHE1 } },
	{ "name without a newline", { { NAME, 0, "gfx942" }, PROPS, BANK0, CACHE0, CACHE1 } },
	{ "name with a tab", { { NAME, 0, "gfx\t942\n" }, PROPS, BANK0, CACHE0, CACHE1 } },
	{ "name with a return", { { NAME, 0, "gfx942\r\n" }, PROPS, BANK0, CACHE0, CACHE1 } },
	{ "name with an escape", { { NAME, 0, "gfx\x1b[942\n" }, PROPS, BANK0, CACHE0, CACHE1 } },
	{ "name with a NUL", { { NAME, 0, "gfx\0x\n", 6 }, PROPS, BANK0, CACHE0, CACHE1 } },
	{ "name with a delete", { { NAME, 0, "gfx\x7f\n" }, PROPS, BANK0, CACHE0, CACHE1 } },
	{ "name beyond ASCII", { { NAME, 0, "gfx\xc3\xa9\n" }, PROPS, BANK0, CACHE0, CACHE1 } },

	{ "no properties", { NAME0, BANK0, CACHE0, CACHE1 } },
	{ "properties twice", { NAME0, BARE, BARE } },
	{ "properties 0 and 1", { NAME0, BARE,
		{ PROPERTIES, 1, "mem_banks_count 0\ncaches_count 0\n" } } },
	{ "properties 1", { NAME0,
		{ PROPERTIES, 1, "mem_banks_count 0\ncaches_count 0\n" } } },
	{ "last line without a newline", { NAME0,
		{ PROPERTIES, 0, "mem_banks_count 0\ncaches_count 0" } } },
	{ "a property without a value", { NAME0,
		{ PROPERTIES, 0, "mem_banks_count 0\ncaches_count 0\na\n" } } },
	{ "a property with an empty value", { NAME0,
		{ PROPERTIES, 0, "mem_banks_count 0\ncaches_count 0\na\x20\n" } } },
	{ "a property without a name", { NAME0,
		{ PROPERTIES, 0, "mem_banks_count 0\ncaches_count 0\n 1\n" } } },
	{ "a property with a bad name", { NAME0,
		{ PROPERTIES, 0, "mem_banks_count 0\ncaches_count 0\nA 1\n" } } },
	{ "a property with a path", { NAME0,
		{ PROPERTIES, 0, "mem_banks_count 0\ncaches_count 0\n../a 1\n" } } },
	{ "an empty line", { NAME0,
		{ PROPERTIES, 0, "mem_banks_count 0\n\ncaches_count 0\n" } } },
	{ "a control character in a value", { NAME0,
		{ PROPERTIES, 0, "mem_banks_count 0\ncaches_count 0\na 1\x07\n" } } },
	{ "a bad bank", { NAME0, PROPS, { BANK, 0, "\n" }, CACHE0, CACHE1 } },
	{ "a bad cache", { NAME0, PROPS, BANK0, CACHE0,
		{ CACHE, 1, "level 2" } } },

	{ "no number of banks", { NAME0, { PROPERTIES, 0, "caches_count 0\n" } } },
	{ "no number of caches", { NAME0, { PROPERTIES, 0, "mem_banks_count 0\n" } } },
	{ "a number with a longer name", { NAME0,
		{ PROPERTIES, 0, "mem_banks_count 0\ncaches_count_x 0\n" } } },
	{ "a number that is none", { NAME0,
		{ PROPERTIES, 0, "mem_banks_count 0\ncaches_count none\n" } } },
	{ "a negative number", { NAME0,
		{ PROPERTIES, 0, "mem_banks_count 0\ncaches_count -0\n" } } },
	{ "a hexadecimal number", { NAME0,
		{ PROPERTIES, 0, "mem_banks_count 0\ncaches_count 0x0\n" } } },
	{ "two numbers", { NAME0,
		{ PROPERTIES, 0, "mem_banks_count 0\ncaches_count 0 0\n" } } },
	{ "a number of 40 zeros", { NAME0, { PROPERTIES, 0,
		"mem_banks_count 0\ncaches_count 0000000000000000000000000000000000000000\n" } } },
	{ "a bank less", { NAME0, PROPS, CACHE0, CACHE1 } },
	{ "a bank more", { NAME0, PROPS, BANK0, CACHE0, CACHE1, { BANK, 1, "a 1\n" } } },
	{ "a cache less", { NAME0, PROPS, BANK0, CACHE0 } },
	{ "a cache more", { NAME0, PROPS, BANK0, CACHE0, CACHE1, { CACHE, 2, "level 3\n" } } },
	{ "2^32 banks more", { NAME0,
		{ PROPERTIES, 0, "mem_banks_count 4294967297\ncaches_count 2\n" },
		BANK0, CACHE0, CACHE1 } },
	{ "a bank from 1", { NAME0, PROPS, { BANK, 1, "a 1\n" }, CACHE0, CACHE1 } },
	{ "a cache twice", { NAME0, PROPS, BANK0, CACHE0,
		{ CACHE, 0, "level 2\n" } } },
	{ "a cache left out", { NAME0, PROPS, BANK0, CACHE0,
		{ CACHE, 2, "level 2\n" } } },
	{ "caches backwards", { NAME0, PROPS, BANK0, CACHE1,
		CACHE0 } },
};

KUNIT_ARRAY_PARAM_DESC(topology_nodes, topology_nodes, desc);

static void topology_parse(struct kunit *test)
{
	const struct topology_node_case *param = test->param_value;
	struct virtgpu_kfd_topology_files *files;
	struct topology_data node;

	make_node(test, &node, param->files);
	files = virtgpu_kfd_topology_parse(node.data, node.len, param->num ?: node.num);
	if (!param->kept) {
		KUNIT_EXPECT_PTR_EQ(test, files, ERR_PTR(-EIO));
	} else {
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, files);
		KUNIT_EXPECT_EQ(test, files->num, param->kept);
		check_files(test, files, node.data, node.len);
	}
	if (!IS_ERR(files))
		kvfree(files);
}

static const struct topology_text whole_node[] = { NAME0, PROPS, BANK0, CACHE0, CACHE1, { } };

static void topology_parse_keeps_text(struct kunit *test)
{
	const struct topology_text *f = whole_node;
	struct virtgpu_kfd_topology_files *files;
	struct topology_data node;
	u32 i;

	make_node(test, &node, whole_node);
	files = virtgpu_kfd_topology_parse(node.data, node.len, node.num);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, files);

	KUNIT_EXPECT_EQ(test, files->num, node.num);
	for (i = 0; i < files->num; i++, f++) {
		KUNIT_EXPECT_EQ(test, files->file[i].kind, f->kind);
		KUNIT_ASSERT_EQ(test, files->file[i].len, text_len(f));
		KUNIT_EXPECT_MEMEQ(test, files->file[i].text, f->text, text_len(f));
	}
	kvfree(files);
}

/* A node that ends early is refused wherever it ends. */
static void topology_parse_truncated(struct kunit *test)
{
	struct virtgpu_kfd_topology_files *files;
	struct topology_data node;
	size_t len;
	void *data;

	make_node(test, &node, whole_node);
	for (len = 0; len < node.len; len++) {
		data = kmemdup(node.data, len, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, data);
		files = virtgpu_kfd_topology_parse(data, len, node.num);
		KUNIT_EXPECT_PTR_EQ_MSG(test, files, ERR_PTR(-EIO), "%zu bytes", len);
		if (!IS_ERR(files))
			kvfree(files);
		kfree(data);
	}
}

/* User space reads a file with a buffer of 4 KiB, and needs room for a NUL. */
static void topology_parse_longest(struct kunit *test)
{
	static const char start[] = "mem_banks_count 0\ncaches_count 0\na ";
	struct topology_text texts[] = { NAME0, { PROPERTIES }, { } };
	struct virtgpu_kfd_topology_files *files;
	struct topology_data node;
	char *text;
	u32 len;

	text = kunit_kmalloc(test, SZ_4K, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, text);

	for (len = SZ_4K - 2; len <= SZ_4K; len++) {
		memset(text, 'x', len);
		memcpy(text, start, strlen(start));
		text[len - 1] = '\n';
		texts[1].text = text;
		texts[1].len = len;
		make_node(test, &node, texts);

		files = virtgpu_kfd_topology_parse(node.data, node.len, node.num);
		if (len < SZ_4K)
			KUNIT_EXPECT_NOT_ERR_OR_NULL(test, files);
		else
			KUNIT_EXPECT_PTR_EQ(test, files, ERR_PTR(-EIO));
		if (!IS_ERR(files))
			kvfree(files);
	}
}

/* Nothing a host sends gets more past the checks than what they promise. */
static void topology_parse_random(struct kunit *test)
{
	struct virtgpu_kfd_topology_files *files;
	struct topology_data node;
	struct rnd_state rnd;
	u32 i, flips, kept = 0;
	u8 *data;

	make_node(test, &node, whole_node);
	data = kunit_kmalloc(test, node.len, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, data);
	prandom_seed_state(&rnd, 42);

	for (i = 0; i < 20000; i++) {
		memcpy(data, node.data, node.len);
		for (flips = 1 + prandom_u32_state(&rnd) % 4; flips; flips--)
			data[prandom_u32_state(&rnd) % node.len] = prandom_u32_state(&rnd);

		files = virtgpu_kfd_topology_parse(data, node.len, node.num);
		if (IS_ERR(files)) {
			KUNIT_ASSERT_PTR_EQ(test, files, ERR_PTR(-EIO));
			continue;
		}
		check_files(test, files, data, node.len);
		kvfree(files);
		kept++;
	}
	/* A changed digit of a size is as good as any. */
	KUNIT_EXPECT_GT(test, kept, 0);
}

/* Without a NUL, as the driver gets it. */
static char *text_of(struct kunit *test, const char *string)
{
	char *text = kunit_kmalloc(test, strlen(string), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, text);
	return memcpy(text, string, strlen(string));
}

static const struct topology_value_case {
	const char *desc;
	const char *text;
	bool there;
	u64 value;
} topology_values[] = {
	{ "first", "b 7\na 1\n", true, 7 },
	{ "last", "a 1\nb 7\n", true, 7 },
	{ "largest", "b 18446744073709551615\n", true, U64_MAX },
	{ "too large", "b 18446744073709551616\n" },
	{ "very long", "b 184467440737095516151844674407370955161518446744\n" },
	{ "no number", "b x\n" },
	{ "two numbers", "b 1 2\n" },
	{ "negative", "b -1\n" },
	{ "absent", "a 7\n" },
	{ "start of another", "bb 7\n" },
	{ "end of another", "ab 7\n" },
	{ "value of another", "a b 7\n" },
};

KUNIT_ARRAY_PARAM_DESC(topology_values, topology_values, desc);

static void topology_get(struct kunit *test)
{
	const struct topology_value_case *param = test->param_value;
	u64 value;
	char *text;

	text = text_of(test, param->text);
	KUNIT_ASSERT_EQ(test, virtgpu_kfd_topology_get(text, strlen(param->text), "b", &value),
			param->there);
	if (param->there)
		KUNIT_EXPECT_EQ(test, value, param->value);
}

static const struct topology_override_case {
	const char *desc;
	const char *before;
	const char *after;
} topology_overrides[] = {
	{ "in their places", "a 1\nx 2\nb 3\ny 4\n", "a 1\nx 100\nb 3\ny 200\n" },
	{ "absent ones at the end", "a 1\n", "a 1\nx 100\ny 200\n" },
	{ "one of each", "y 1\na 2\n", "y 200\na 2\nx 100\n" },
	{ "once if there twice", "x 1\na 2\nx 3\ny 4\n", "x 100\na 2\ny 200\n" },
	{ "nothing alike", "xx 1\nax 2\na x\ny 3\n", "xx 1\nax 2\na x\ny 200\nx 100\n" },
};

KUNIT_ARRAY_PARAM_DESC(topology_overrides, topology_overrides, desc);

static const struct virtgpu_kfd_topology_value topology_new_values[] = {
	{ "x", 100 }, { "y", 200 }
};

static void topology_override(struct kunit *test)
{
	const struct topology_override_case *param = test->param_value;
	char *text, *out;
	size_t len;

	text = text_of(test, param->before);
	out = virtgpu_kfd_topology_override(text, strlen(param->before), topology_new_values,
					    ARRAY_SIZE(topology_new_values), &len);
	KUNIT_ASSERT_NOT_NULL(test, out);
	KUNIT_EXPECT_EQ(test, len, strlen(param->after));
	KUNIT_EXPECT_MEMEQ(test, out, param->after, min(len, strlen(param->after)));
	kfree(out);
}

/* The result has to fit user space's buffer as well; "x 100\ny 200\n" are 12 bytes. */
static void topology_override_longest(struct kunit *test)
{
	size_t len, most = SZ_4K - 1 - 12, out_len;
	char *text, *out;

	text = kunit_kzalloc(test, SZ_4K, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, text);

	for (len = most - 1; len <= most + 1; len++) {
		memset(text, 'a', len);
		text[1] = ' ';
		text[len - 1] = '\n';
		out = virtgpu_kfd_topology_override(text, len, topology_new_values,
						    ARRAY_SIZE(topology_new_values), &out_len);
		if (len <= most) {
			KUNIT_ASSERT_NOT_NULL(test, out);
			KUNIT_EXPECT_EQ(test, out_len, len + 12);
			KUNIT_EXPECT_MEMEQ(test, out, text, len);
			KUNIT_EXPECT_MEMEQ(test, out + len, "x 100\ny 200\n", 12);
		} else {
			KUNIT_EXPECT_NULL(test, out);
		}
		kfree(out);
	}
}

/* What a host says of a GPU before its files, and what comes of it. */
static const struct topology_gpu_case {
	const char *desc;
	u32 gpu_id;
	u32 doorbell_size;
	u32 pad;
	s32 len;	/* of the response; all of it if 0 */
	int ret;	/* the host's */
	int err;
} topology_gpus[] = {
	{ "good", 1, SZ_8K },
	{ "largest id", 0xffff, SZ_8K },
	{ "largest doorbells", 1, SZ_1M },
	{ "id 0", 0, SZ_8K, .err = -EIO },
	{ "id that fits no mmap offset", 0x10000, SZ_8K, .err = -EIO },
	{ "id of 32 bits", 0x80000001, SZ_8K, .err = -EIO },
	{ "no doorbells", 1, 0, .err = -EIO },
	{ "half a page of doorbells", 1, 2048, .err = -EIO },
	{ "one byte less of doorbells", 1, SZ_8K - 1, .err = -EIO },
	{ "more doorbells than anyone has", 1, SZ_2M, .err = -EIO },
	{ "pad", 1, SZ_8K, .pad = 1, .err = -EIO },
	{ "header only", 1, SZ_8K, .len = sizeof(struct virtkfd_rsp), .err = -EIO },
	{ "without files", 1, SZ_8K, .len = sizeof(struct virtkfd_rsp_topology), .err = -EIO },
	{ "the host's errno", 1, SZ_8K, .ret = -ENOMEM, .err = -ENOMEM },
};

KUNIT_ARRAY_PARAM_DESC(topology_gpus, topology_gpus, desc);

static void host_gpu(struct kunit *test, struct virtkfd_rsp *rsp, u32 rsp_len,
		     const struct topology_gpu_case *gpu)
{
	struct virtkfd_rsp_topology *answer = (void *)rsp;
	struct topology_data node;

	make_node(test, &node, whole_node);
	rsp->len = gpu->len ?: sizeof(*answer) + node.len;
	rsp->ret = gpu->ret;
	answer->gpu_id = gpu->gpu_id;
	answer->num_files = node.num;
	answer->doorbell_size = gpu->doorbell_size;
	answer->pad = gpu->pad;
	KUNIT_ASSERT_GE(test, (size_t)rsp_len, sizeof(*answer) + node.len);
	memcpy(answer + 1, node.data, node.len);
}

/* The first GPU is the case's, the second is good. */
static void host_gpus(struct kfd_fake *fake, const struct virtkfd_ccmd *cmd,
		      struct virtkfd_rsp *rsp, u32 rsp_len)
{
	static const struct topology_gpu_case good = { "", 2, SZ_4K };
	const struct virtkfd_ccmd_topology *asked = (const void *)cmd;
	struct kunit *test = kunit_get_current_test();

	KUNIT_EXPECT_EQ(test, cmd->cmd, VIRTKFD_CCMD_TOPOLOGY);
	KUNIT_EXPECT_EQ(test, asked->pad, 0);
	host_gpu(test, rsp, rsp_len, asked->index ? &good : test->param_value);
}

static void topology_read(struct kunit *test)
{
	const struct topology_gpu_case *param = test->param_value;
	struct kfd_fake *fake = test->priv;
	int ret;

	fake->host = host_gpus;
	ret = virtgpu_kfd_topology_read(&fake->kfd);
	KUNIT_EXPECT_EQ(test, ret, param->err);
	if (!ret) {
		KUNIT_EXPECT_EQ(test, fake->calls, 2);
		KUNIT_EXPECT_EQ(test, fake->gpus[0].gpu_id, param->gpu_id);
		KUNIT_EXPECT_EQ(test, fake->gpus[0].doorbell_size, param->doorbell_size);
		KUNIT_EXPECT_EQ(test, fake->gpus[0].files->num, 5);
		KUNIT_EXPECT_EQ(test, fake->gpus[1].gpu_id, 2);
	}
	virtgpu_kfd_topology_fini(&fake->kfd);
}

static void host_same_gpu(struct kfd_fake *fake, const struct virtkfd_ccmd *cmd,
			  struct virtkfd_rsp *rsp, u32 rsp_len)
{
	static const struct topology_gpu_case gpu = { "", 1, SZ_4K };

	host_gpu(kunit_get_current_test(), rsp, rsp_len, &gpu);
}

static void topology_read_same_id(struct kunit *test)
{
	struct kfd_fake *fake = test->priv;

	fake->host = host_same_gpu;
	KUNIT_EXPECT_EQ(test, virtgpu_kfd_topology_read(&fake->kfd), -EIO);
	virtgpu_kfd_topology_fini(&fake->kfd);
}

/* A response that claims to be longer than there is room, the first times it is asked for. */
static const struct topology_long_case {
	const char *desc;
	u32 len[2];
	u32 calls;	/* for the first GPU */
} topology_long[] = {
	{ "takes a second call", { SZ_256K, 0 }, 2 },
	{ "takes the most there may be", { SZ_1M, 0 }, 2 },
	{ "more than there may be", { SZ_1M + 8, 0 }, 1 },
	{ "4 GiB", { U32_MAX, 0 }, 1 },
	{ "grows without end", { SZ_256K, SZ_256K + 8 }, 2 },
};

KUNIT_ARRAY_PARAM_DESC(topology_long, topology_long, desc);

static void host_long(struct kfd_fake *fake, const struct virtkfd_ccmd *cmd,
		      struct virtkfd_rsp *rsp, u32 rsp_len)
{
	struct kunit *test = kunit_get_current_test();
	const struct topology_long_case *param = test->param_value;

	if (fake->calls == 2)
		KUNIT_EXPECT_EQ(test, rsp_len, param->len[0]);
	host_same_gpu(fake, cmd, rsp, rsp_len);
	if (fake->calls <= 2 && param->len[fake->calls - 1])
		rsp->len = param->len[fake->calls - 1];
}

static void topology_read_long(struct kunit *test)
{
	const struct topology_long_case *param = test->param_value;
	struct kfd_fake *fake = test->priv;
	bool good = param->calls == 2 && !param->len[1];

	fake->kfd.num_gpus = 1;
	fake->host = host_long;
	KUNIT_EXPECT_EQ(test, virtgpu_kfd_topology_read(&fake->kfd), good ? 0 : -EIO);
	KUNIT_EXPECT_EQ(test, fake->calls, param->calls);
	virtgpu_kfd_topology_fini(&fake->kfd);
	fake->kfd.num_gpus = FAKE_GPUS;
}

/* The properties of amdkfd's CPU nodes, node_show() in kfd_topology.c, in its order. */
static const char * const cpu_properties[] = {
	"cpu_cores_count", "simd_count", "mem_banks_count", "caches_count", "io_links_count",
	"p2p_links_count", "cpu_core_id_base", "simd_id_base", "max_waves_per_simd",
	"lds_size_in_kb", "gds_size_in_kb", "num_gws", "wave_front_size", "array_count",
	"simd_arrays_per_engine", "cu_per_simd_array", "simd_per_cu", "max_slots_scratch_cu",
	"gfx_target_version", "vendor_id", "device_id", "location_id", "domain",
	"drm_render_minor", "hive_id", "num_sdma_engines", "num_sdma_xgmi_engines",
	"num_sdma_queues_per_engine", "num_cp_queues", "cwsr_size", "ctl_stack_size",
	"max_engine_clk_ccompute"
};

/* mem_show() */
static const char * const cpu_mem_bank[] = {
	"heap_type", "size_in_bytes", "flags", "width", "mem_clk_max"
};

static void check_names(struct kunit *test, const char *text, const char * const *names, u32 num)
{
	size_t len;
	u32 i;

	for (i = 0; i < num; i++) {
		len = strlen(names[i]);
		KUNIT_ASSERT_GT_MSG(test, strlen(text), len, "%s", names[i]);
		KUNIT_ASSERT_MEMEQ_MSG(test, text, names[i], len, "%s", names[i]);
		KUNIT_ASSERT_EQ_MSG(test, text[len], ' ', "%s", names[i]);
		text = strchr(text, '\n');
		KUNIT_ASSERT_NOT_NULL(test, text);
		text++;
	}
	KUNIT_EXPECT_STREQ(test, text, "");
}

static void check_value(struct kunit *test, const char *text, const char *name, u64 expected)
{
	u64 value = ~expected;

	KUNIT_EXPECT_TRUE(test, virtgpu_kfd_topology_get(text, strlen(text), name, &value));
	KUNIT_EXPECT_EQ_MSG(test, value, expected, "%s", name);
}

static void topology_cpu_properties(struct kunit *test)
{
	struct virtgpu_kfd_cpu_node node = { .cores = 6, .core_id_base = 12 };
	char *text = virtgpu_kfd_cpu_properties(&node, 3);

	KUNIT_ASSERT_NOT_NULL(test, text);
	check_names(test, text, cpu_properties, ARRAY_SIZE(cpu_properties));
	check_value(test, text, "cpu_cores_count", 6);
	check_value(test, text, "cpu_core_id_base", 12);
	check_value(test, text, "io_links_count", 3);
	check_value(test, text, "mem_banks_count", 1);
	check_value(test, text, "caches_count", 0);
	check_value(test, text, "simd_count", 0);
	kfree(text);
}

static void topology_cpu_nodes(struct kunit *test)
{
	struct virtgpu_kfd_cpu_node *nodes;
	u32 i, num, cores = 0;
	u64 bytes = 0, value;
	char *text;

	nodes = virtgpu_kfd_cpu_nodes(&num);
	KUNIT_ASSERT_NOT_NULL(test, nodes);
	KUNIT_EXPECT_GE(test, num, 1);
	for (i = 0; i < num; i++) {
		cores += nodes[i].cores;
		text = virtgpu_kfd_cpu_mem_bank(&nodes[i]);
		KUNIT_ASSERT_NOT_NULL(test, text);
		check_names(test, text, cpu_mem_bank, ARRAY_SIZE(cpu_mem_bank));
		KUNIT_ASSERT_TRUE(test, virtgpu_kfd_topology_get(text, strlen(text),
								 "size_in_bytes", &value));
		bytes += value;
		kfree(text);
	}
	KUNIT_EXPECT_EQ(test, cores, num_online_cpus());
	KUNIT_EXPECT_GT(test, bytes, 0);
	KUNIT_EXPECT_LE(test, bytes, (u64)totalram_pages() << PAGE_SHIFT);
	kfree(nodes);
}

static struct kunit_case topology_cases[] = {
	KUNIT_CASE_PARAM(topology_parse, topology_nodes_gen_params),
	KUNIT_CASE(topology_parse_keeps_text),
	KUNIT_CASE(topology_parse_truncated),
	KUNIT_CASE(topology_parse_longest),
	KUNIT_CASE(topology_parse_random),
	KUNIT_CASE_PARAM(topology_get, topology_values_gen_params),
	KUNIT_CASE_PARAM(topology_override, topology_overrides_gen_params),
	KUNIT_CASE(topology_override_longest),
	KUNIT_CASE_PARAM(topology_read, topology_gpus_gen_params),
	KUNIT_CASE(topology_read_same_id),
	KUNIT_CASE_PARAM(topology_read_long, topology_long_gen_params),
	KUNIT_CASE(topology_cpu_properties),
	KUNIT_CASE(topology_cpu_nodes),
	{}
};

static struct kunit_suite topology_suite = {
	.name = "virtio_gpu_kfd_topology",
	.init = kfd_fake_init,
	.exit = kfd_fake_exit,
	.test_cases = topology_cases,
};

kunit_test_suite(topology_suite);
