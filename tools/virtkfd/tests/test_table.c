// SPDX-License-Identifier: GPL-2.0 OR MIT
/* The ioctl table: complete, equal to the kernel's header, and the host's allow-list. */
#include "harness.h"

enum { LOCAL, FORWARDED, TRANSLATED, REFUSED };

static const struct row {
	uint32_t nr;
	uint32_t size;
	uint32_t cmd;
	int class;
	int err;
} rows[] = {
#define VIRTKFD_IOCTL(nr, name, size, class, err) { nr, size, AMDKFD_IOC_##name, class, err },
#include <linux/virtio_gpu_amdkfd_tables.h>
};

static void test_complete(void **state)
{
	(void)state;
	assert_int_equal(AMDKFD_COMMAND_START, 1);
	assert_int_equal(AMDKFD_COMMAND_END, 0x29);
	assert_int_equal(ARRAY_LEN(rows), AMDKFD_COMMAND_END - AMDKFD_COMMAND_START);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(rows[i].nr, AMDKFD_COMMAND_START + i);
}

static void test_equals_kernel(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(rows[i].nr, _IOC_NR(rows[i].cmd));
		assert_int_equal(rows[i].size, _IOC_SIZE(rows[i].cmd));
		assert_int_equal('K', _IOC_TYPE(rows[i].cmd));
		/* Only what is refused has an errno, and it always has one. */
		assert_int_equal(rows[i].class == REFUSED, rows[i].err != 0);
	}
}

static void test_arrays(void **state)
{
	static const struct {
		uint32_t cmd;
		size_t args;
	} arrays[] = {
#define VIRTKFD_ARRAY(name, args, pointer, count, bits, most, dir) \
		{ AMDKFD_IOC_##name, sizeof(struct args) },
#include <linux/virtio_gpu_amdkfd_tables.h>
	};

	(void)state;
	assert_int_equal(ARRAY_LEN(arrays), 6);
	for (size_t i = 0; i < ARRAY_LEN(arrays); i++) {
		const struct row *row = &rows[_IOC_NR(arrays[i].cmd) - 1];

		assert_true(row->class == FORWARDED || row->class == TRANSLATED);
		assert_int_equal(arrays[i].args, row->size);
	}
	assert_int_equal(sizeof(struct kfd_process_device_apertures) * 8, 448);
}

/* Exactly what travels gets past the allow-list; also numbers that no KFD has. */
static void test_allow_list(void **state)
{
	struct gctx *ctx = ctx_acquired(*state, 2);
	unsigned int allowed = 0;

	for (uint32_t nr = 0; nr < 0x200; nr++) {
		bool travels = nr >= 1 && nr <= ARRAY_LEN(rows) &&
			       (rows[nr - 1].class == FORWARDED ||
				rows[nr - 1].class == TRANSLATED);
		uint64_t args[64] = { 0 };
		int ret = kfd_raw(ctx, nr, args, sizeof(args), NULL, 0);

		if (travels)
			assert_int_not_equal(ret, -ENOTTY);
		else
			assert_int_equal(ret, -ENOTTY);
		allowed += travels;
	}
	assert_int_equal(allowed, 24);
	ctx_free(ctx);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_complete),
		cmocka_unit_test(test_equals_kernel),
		cmocka_unit_test(test_arrays),
		TEST(test_allow_list),
	};

	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
