// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * KUnit tests of virtgpu_kfd_ioctl.c.
 *
 * What lives here: the ioctl table against <linux/kfd_ioctl.h>, the dispatch, arguments and
 * arrays on their way to the host and back, hosts that answer garbage. What does not: events
 * and memory, which have their suites.
 */
#include <kunit/test-bug.h>
#include <kunit/test.h>
#include <linux/sched/task.h>
#include <linux/timekeeping.h>

#include "kunit_helpers.h"

enum ioctl_class { LOCAL, FORWARDED, TRANSLATED, REFUSED };

/* The protocol's table. */
static const struct ioctl_row {
	const char *name;
	u32 nr;
	u32 size;
	enum ioctl_class class;
	int err;
} ioctl_rows[] = {
#define VIRTKFD_IOCTL(nr, name, size, class, err) { #name, nr, size, class, err },
#include <uapi/linux/virtio_gpu_amdkfd_tables.h>
};

/* The kernel's header. */
static const struct ioctl_kernel_row {
	const char *name;
	u32 nr;
	u32 cmd;
	u32 size;
} ioctl_kernel[] = {
#define ROW(nr, name, args) \
	{ #name, nr, AMDKFD_IOC_##name, sizeof(struct kfd_ioctl_##args##_args) }
	ROW(0x01, GET_VERSION, get_version),
	ROW(0x02, CREATE_QUEUE, create_queue),
	ROW(0x03, DESTROY_QUEUE, destroy_queue),
	ROW(0x04, SET_MEMORY_POLICY, set_memory_policy),
	ROW(0x05, GET_CLOCK_COUNTERS, get_clock_counters),
	ROW(0x06, GET_PROCESS_APERTURES, get_process_apertures),
	ROW(0x07, UPDATE_QUEUE, update_queue),
	ROW(0x08, CREATE_EVENT, create_event),
	ROW(0x09, DESTROY_EVENT, destroy_event),
	ROW(0x0a, SET_EVENT, set_event),
	ROW(0x0b, RESET_EVENT, reset_event),
	ROW(0x0c, WAIT_EVENTS, wait_events),
	ROW(0x0d, DBG_REGISTER_DEPRECATED, dbg_register),
	ROW(0x0e, DBG_UNREGISTER_DEPRECATED, dbg_unregister),
	ROW(0x0f, DBG_ADDRESS_WATCH_DEPRECATED, dbg_address_watch),
	ROW(0x10, DBG_WAVE_CONTROL_DEPRECATED, dbg_wave_control),
	ROW(0x11, SET_SCRATCH_BACKING_VA, set_scratch_backing_va),
	ROW(0x12, GET_TILE_CONFIG, get_tile_config),
	ROW(0x13, SET_TRAP_HANDLER, set_trap_handler),
	ROW(0x14, GET_PROCESS_APERTURES_NEW, get_process_apertures_new),
	ROW(0x15, ACQUIRE_VM, acquire_vm),
	ROW(0x16, ALLOC_MEMORY_OF_GPU, alloc_memory_of_gpu),
	ROW(0x17, FREE_MEMORY_OF_GPU, free_memory_of_gpu),
	ROW(0x18, MAP_MEMORY_TO_GPU, map_memory_to_gpu),
	ROW(0x19, UNMAP_MEMORY_FROM_GPU, unmap_memory_from_gpu),
	ROW(0x1a, SET_CU_MASK, set_cu_mask),
	ROW(0x1b, GET_QUEUE_WAVE_STATE, get_queue_wave_state),
	ROW(0x1c, GET_DMABUF_INFO, get_dmabuf_info),
	ROW(0x1d, IMPORT_DMABUF, import_dmabuf),
	ROW(0x1e, ALLOC_QUEUE_GWS, alloc_queue_gws),
	ROW(0x1f, SMI_EVENTS, smi_events),
	ROW(0x20, SVM, svm),
	ROW(0x21, SET_XNACK_MODE, set_xnack_mode),
	ROW(0x22, CRIU_OP, criu),
	ROW(0x23, AVAILABLE_MEMORY, get_available_memory),
	ROW(0x24, EXPORT_DMABUF, export_dmabuf),
	ROW(0x25, RUNTIME_ENABLE, runtime_enable),
	ROW(0x26, DBG_TRAP, dbg_trap),
	{ "CREATE_PROCESS", 0x27, AMDKFD_IOC_CREATE_PROCESS, 0 },
	ROW(0x28, PROFILER, profiler),
};

KUNIT_ARRAY_PARAM_DESC(ioctl_kernel, ioctl_kernel, name);

static void ioctl_table(struct kunit *test)
{
	u32 i;

	KUNIT_ASSERT_EQ(test, AMDKFD_COMMAND_END - AMDKFD_COMMAND_START,
			ARRAY_SIZE(ioctl_kernel));
	KUNIT_ASSERT_EQ(test, ARRAY_SIZE(ioctl_rows), ARRAY_SIZE(ioctl_kernel));
	for (i = 0; i < ARRAY_SIZE(ioctl_rows); i++) {
		KUNIT_EXPECT_EQ(test, ioctl_rows[i].nr, AMDKFD_COMMAND_START + i);
		KUNIT_EXPECT_EQ(test, ioctl_kernel[i].nr, AMDKFD_COMMAND_START + i);
		KUNIT_EXPECT_STREQ(test, ioctl_rows[i].name, ioctl_kernel[i].name);
		KUNIT_EXPECT_EQ(test, ioctl_rows[i].size, ioctl_kernel[i].size);
		KUNIT_EXPECT_EQ(test, _IOC_NR(ioctl_kernel[i].cmd), ioctl_kernel[i].nr);
		KUNIT_EXPECT_EQ(test, _IOC_SIZE(ioctl_kernel[i].cmd), ioctl_kernel[i].size);
		KUNIT_EXPECT_EQ_MSG(test, ioctl_rows[i].class == REFUSED, ioctl_rows[i].err != 0,
				    "%s", ioctl_rows[i].name);
	}
}

/* What the arrays' rows say fits the arguments, the wire and the class. */
static const struct ioctl_array_row {
	u32 nr;
	u32 pointer;
	u32 count;
	u32 bits;
	u32 most;
	enum { IN, OUT } dir;
} ioctl_arrays[] = {
#define VIRTKFD_ARRAY(name, type, ptr, num, bits, most, dir)			\
	{ _IOC_NR(AMDKFD_IOC_##name), offsetof(struct type, ptr),		\
	  offsetof(struct type, num), bits, most, dir },
#include <uapi/linux/virtio_gpu_amdkfd_tables.h>
};

static void ioctl_array_table(struct kunit *test)
{
	u32 bytes[2][AMDKFD_COMMAND_END] = {}, i;

	for (i = 0; i < ARRAY_SIZE(ioctl_arrays); i++) {
		const struct ioctl_array_row *array = &ioctl_arrays[i];
		const struct ioctl_row *row = &ioctl_rows[array->nr - AMDKFD_COMMAND_START];

		KUNIT_EXPECT_TRUE(test, row->class == FORWARDED || row->class == TRANSLATED);
		KUNIT_EXPECT_LE(test, array->pointer + sizeof(u64), row->size);
		KUNIT_EXPECT_LE(test, array->count + sizeof(u32), row->size);
		KUNIT_EXPECT_EQ(test, array->pointer % sizeof(u64), 0);
		KUNIT_EXPECT_EQ(test, array->count % sizeof(u32), 0);
		/* A bit mask or an array of words, whole words at the most in any case */
		KUNIT_EXPECT_TRUE(test, array->bits == 1 ||
				  array->bits % BITS_PER_TYPE(u32) == 0);
		KUNIT_EXPECT_EQ(test, array->most * array->bits % BITS_PER_TYPE(u32), 0);
		KUNIT_EXPECT_GT(test, array->most, 0);
		bytes[array->dir][array->nr] += ALIGN(array->most * array->bits / BITS_PER_BYTE, 8);
	}

	/* What a submission without indirect descriptors takes, and a process's response blob */
	for (i = 0; i < AMDKFD_COMMAND_END; i++) {
		KUNIT_EXPECT_LE(test, bytes[IN][i], SZ_64K - 512);
		KUNIT_EXPECT_LE(test, bytes[OUT][i], SZ_32K - 512);
	}
}

/* Each is carried out in the way of its class. */
static void ioctl_dispatch(struct kunit *test)
{
	const struct ioctl_kernel_row *param = test->param_value;
	const struct ioctl_row *row = &ioctl_rows[param->nr - AMDKFD_COMMAND_START];
	struct kfd_ioctl_map_memory_to_gpu_args map = { .n_devices = 1 };
	struct kfd_ioctl_set_cu_mask_args mask = { .num_cu_mask = 32 };
	struct kfd_fake *fake = test->priv;
	u8 args[512] = {};
	long ret;

	if (param->nr == 0x1a) {
		mask.cu_mask_ptr = (uintptr_t)fake->user + PAGE_SIZE;
		memcpy(args, &mask, sizeof(mask));
	}
	if (param->nr == 0x18 || param->nr == 0x19) {
		map.device_ids_array_ptr = (uintptr_t)fake->user + PAGE_SIZE;
		memcpy(args, &map, sizeof(map));
	}
	/* A further context takes a device: a host that is lost has none. */
	if (param->nr == 0x27)
		fake->control.lost = true;
	ret = kfd_fake_ioctl(test, param->cmd, args);

	switch (row->class) {
	case LOCAL:
		KUNIT_EXPECT_EQ(test, fake->calls, 0);
		break;
	case FORWARDED:
		KUNIT_EXPECT_EQ(test, ret, 0);
		KUNIT_EXPECT_EQ(test, fake->calls, 1);
		KUNIT_EXPECT_EQ(test, kfd_fake_sent(test)->nr, param->nr);
		KUNIT_EXPECT_EQ(test, kfd_fake_sent(test)->args_len, param->size);
		KUNIT_EXPECT_EQ(test, kfd_fake_sent(test)->pad, 0);
		break;
	case TRANSLATED:
		KUNIT_EXPECT_NE(test, ret, -ENOTTY);
		KUNIT_EXPECT_LE(test, fake->calls, 1);
		break;
	case REFUSED:
		KUNIT_EXPECT_EQ(test, ret, -row->err);
		KUNIT_EXPECT_EQ(test, fake->calls, 0);
		break;
	}
}

static void ioctl_unknown(struct kunit *test)
{
	struct kfd_fake *fake = test->priv;
	u64 args[8] = {};
	u32 nr, cmd;

	for (nr = 0; nr <= 0xff; nr++) {
		if (nr >= AMDKFD_COMMAND_START && nr < AMDKFD_COMMAND_END)
			continue;
		cmd = _IOC(_IOC_READ | _IOC_WRITE, 'K', nr, sizeof(args));
		KUNIT_EXPECT_EQ_MSG(test, kfd_fake_ioctl(test, cmd, args), -ENOTTY, "%#x", nr);
	}
	KUNIT_EXPECT_EQ(test, fake->calls, 0);
}

/* As amdkfd does: direction and type of the command do not count. */
static void ioctl_number_decides(struct kunit *test)
{
	struct kfd_ioctl_get_version_args args;
	static const u32 cmds[] = {
		_IOC(_IOC_NONE, 'K', 0x01, sizeof(args)),
		_IOC(_IOC_WRITE, 'K', 0x01, sizeof(args)),
		_IOC(_IOC_READ | _IOC_WRITE, 'K', 0x01, sizeof(args)),
		_IOC(_IOC_READ, 'x', 0x01, sizeof(args)),
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cmds); i++) {
		memset(&args, 0xff, sizeof(args));
		KUNIT_EXPECT_EQ(test, kfd_fake_ioctl(test, cmds[i], &args), 0);
		KUNIT_EXPECT_EQ(test, args.major_version, FAKE_KFD_MAJOR);
		KUNIT_EXPECT_EQ(test, args.minor_version, FAKE_KFD_MINOR);
	}
}

static void ioctl_wrong_process(struct kunit *test)
{
	struct kfd_ioctl_get_version_args args = {};
	struct kfd_fake *fake = test->priv;

	fake->process.lead_thread = &init_task;
	KUNIT_EXPECT_EQ(test, kfd_fake_ioctl(test, AMDKFD_IOC_GET_VERSION, &args), -EBADF);
	KUNIT_EXPECT_EQ(test, kfd_fake_ioctl(test, AMDKFD_IO(0x29), &args), -ENOTTY);
}

/* As after exec(), in a task that shared the mm and goes on with it. */
static void ioctl_wrong_mm(struct kunit *test)
{
	struct kfd_ioctl_get_version_args args = {};
	struct virtgpu_kfd_process primary = {};
	struct kfd_fake *fake = test->priv;

	fake->process.mn.mm = NULL;
	KUNIT_EXPECT_EQ(test, kfd_fake_ioctl(test, AMDKFD_IOC_GET_VERSION, &args), -ESRCH);
	KUNIT_EXPECT_EQ(test, kfd_fake_ioctl(test, AMDKFD_IOC_CREATE_PROCESS, NULL), -ESRCH);

	fake->process.primary = &primary;
	primary.mn.mm = current->mm;
	KUNIT_EXPECT_EQ(test, kfd_fake_ioctl(test, AMDKFD_IOC_GET_VERSION, &args), 0);
	primary.mn.mm = NULL;
	KUNIT_EXPECT_EQ(test, kfd_fake_ioctl(test, AMDKFD_IOC_GET_VERSION, &args), -ESRCH);
	fake->process.primary = NULL;
}

static void ioctl_dead_process(struct kunit *test)
{
	struct kfd_ioctl_get_version_args args = {};
	struct kfd_fake *fake = test->priv;

	fake->process.dead = true;
	KUNIT_EXPECT_EQ(test, kfd_fake_ioctl(test, AMDKFD_IOC_GET_VERSION, &args), -ESRCH);
	fake->kfd.gone = true;
	KUNIT_EXPECT_EQ(test, kfd_fake_ioctl(test, AMDKFD_IOC_GET_VERSION, &args), -ENODEV);
	KUNIT_EXPECT_EQ(test, kfd_fake_ioctl(test, AMDKFD_IOC_CREATE_PROCESS, NULL), -ENODEV);
}

/* Short arguments go on with zeros, and nothing behind them is read. */
static void ioctl_short_args(struct kunit *test)
{
	struct kfd_ioctl_set_memory_policy_args policy = {
		.alternate_aperture_base = 0x123456789abcdef0,
		.alternate_aperture_size = U64_MAX,
		.gpu_id = U32_MAX,
	};
	struct kfd_ioctl_set_memory_policy_args expected = {
		.alternate_aperture_base = 0x123456789abcdef0,
	};
	u32 at = PAGE_SIZE - sizeof(u64);
	struct kfd_fake *fake = test->priv;

	kfd_fake_unmap(test, PAGE_SIZE);
	kfd_fake_write(test, at, &policy, sizeof(u64));
	KUNIT_EXPECT_EQ(test, 0, virtgpu_kfd_ioctl(&fake->file, AMDKFD_IOW(0x04, u64),
						   (unsigned long)fake->user + at));
	KUNIT_EXPECT_EQ(test, kfd_fake_sent(test)->args_len, sizeof(expected));
	KUNIT_EXPECT_MEMEQ(test, kfd_fake_sent_args(test), &expected, sizeof(expected));
}

/* Long arguments are cut for the host and come back as they were. */
static void ioctl_long_args(struct kunit *test)
{
	struct kfd_fake *fake = test->priv;
	u8 args[160], expected[160];
	u32 cmd;

	memset(args, 0x5a, sizeof(args));
	memcpy(expected, args, sizeof(args));
	cmd = _IOC(_IOC_READ | _IOC_WRITE, 'K', 0x23, sizeof(args));
	KUNIT_EXPECT_EQ(test, kfd_fake_ioctl(test, cmd, args), 0);
	KUNIT_EXPECT_EQ(test, kfd_fake_sent(test)->args_len,
			sizeof(struct kfd_ioctl_get_available_memory_args));
	KUNIT_EXPECT_MEMEQ(test, args, expected, sizeof(args));

	/* What is only returned comes back as zero where nothing is known. */
	memset(expected, 0, sizeof(expected));
	expected[0] = FAKE_KFD_MAJOR;
	expected[4] = FAKE_KFD_MINOR;
	cmd = _IOC(_IOC_READ, 'K', 0x01, sizeof(args));
	KUNIT_EXPECT_EQ(test, kfd_fake_ioctl(test, cmd, args), 0);
	KUNIT_EXPECT_MEMEQ(test, args, expected, sizeof(args));
	KUNIT_EXPECT_EQ(test, fake->calls, 1);
}

static void ioctl_no_args(struct kunit *test)
{
	struct kfd_fake *fake = test->priv;

	KUNIT_EXPECT_EQ(test, virtgpu_kfd_ioctl(&fake->file, AMDKFD_IO(0x01), 0), 0);
	KUNIT_EXPECT_EQ(test, virtgpu_kfd_ioctl(&fake->file, AMDKFD_IO(0x23), 0), 0);
	KUNIT_EXPECT_EQ(test, virtgpu_kfd_ioctl(&fake->file, AMDKFD_IO(0x09), 0), -EINVAL);
}

static void ioctl_bad_pointer(struct kunit *test)
{
	struct kfd_fake *fake = test->priv;
	const unsigned long pointers[] = {
		0, 1, (unsigned long)FAKE_BAD_USER_PTR, -4096, -1,
		(unsigned long)fake->user + PAGE_SIZE - 4,
	};
	u32 i;

	kfd_fake_unmap(test, PAGE_SIZE);
	for (i = 0; i < ARRAY_SIZE(pointers); i++) {
		KUNIT_EXPECT_EQ_MSG(test, -EFAULT,
				    virtgpu_kfd_ioctl(&fake->file, AMDKFD_IOC_AVAILABLE_MEMORY,
						      pointers[i]), "%#lx", pointers[i]);
		KUNIT_EXPECT_EQ_MSG(test, -EFAULT,
				    virtgpu_kfd_ioctl(&fake->file, AMDKFD_IOC_GET_VERSION,
						      pointers[i]), "%#lx", pointers[i]);
	}
	KUNIT_EXPECT_EQ(test, fake->calls, 0);
}

static void ioctl_unaligned_pointer(struct kunit *test)
{
	struct kfd_ioctl_get_version_args args = {};
	struct kfd_fake *fake = test->priv;

	KUNIT_EXPECT_EQ(test, 0, virtgpu_kfd_ioctl(&fake->file, AMDKFD_IOC_GET_VERSION,
						   (unsigned long)fake->user + 1));
	kfd_fake_read(test, 1, &args, sizeof(args));
	KUNIT_EXPECT_EQ(test, args.major_version, FAKE_KFD_MAJOR);
	KUNIT_EXPECT_EQ(test, args.minor_version, FAKE_KFD_MINOR);
}

/* What comes of what the host answers to an ioctl of 16 bytes. */
static const struct ioctl_answer_case {
	const char *desc;
	int ret;
	u32 len;
	u32 args_len;
	u32 out_len;
	int err;	/* the ioctl's */
	u32 taken;	/* bytes of the arguments */
} ioctl_answers[] = {
	{ "success", 0, 40, 16, 0, 0, 16 },
	{ "errno", -ENOSPC, 40, 16, 0, -ENOSPC, 16 },
	{ "errno without arguments", -EPERM, 16, 0, 0, -EPERM, 0 },
	{ "an older host's arguments", 0, 32, 8, 0, 0, 8 },
	{ "arrays that nobody asked for", 0, 40, 16, U32_MAX, 0, 16 },
	{ "longer than the room", 0, U32_MAX, 16, 0, 0, 16 },

	{ "success without arguments", 0, 16, 0, 0, -EIO, 0 },
	{ "cut in the header", 0, 23, 16, 0, -EIO, 0 },
	{ "cut in the header, errno", -ENOSPC, 23, 16, 0, -ENOSPC, 0 },
	{ "cut in the arguments", 0, 32, 16, 0, -EIO, 0 },
	{ "arguments beyond the response", 0, 40, 17, 0, -EIO, 0 },
	{ "arguments of 4 GiB", 0, U32_MAX, U32_MAX, 0, -EIO, 0 },
	{ "arguments of 4 GiB, aligned", 0, U32_MAX, U32_MAX - 7, 0, -EIO, 0 },
	{ "no header", 0, 15, 16, 0, -EIO, 0 },
	{ "positive result", 1, 40, 16, 0, -EIO, 0 },
	{ "no errno", -4096, 40, 16, 0, -EIO, 0 },
	{ "restart", -512, 40, 16, 0, -EIO, 0 },
};

KUNIT_ARRAY_PARAM_DESC(ioctl_answers, ioctl_answers, desc);

static void host_answer(struct kfd_fake *fake, const struct virtkfd_ccmd *cmd,
			struct virtkfd_rsp *rsp, u32 rsp_len)
{
	struct virtkfd_rsp_ioctl *answer = (struct virtkfd_rsp_ioctl *)rsp;
	struct kunit *test = kunit_get_current_test();
	const struct ioctl_answer_case *param = test->param_value;

	KUNIT_ASSERT_EQ(test, rsp_len, 40);
	memset(answer + 1, 0xbb, 16);
	rsp->len = param->len;
	rsp->ret = param->ret;
	answer->args_len = param->args_len;
	answer->out_len = param->out_len;
}

static void ioctl_answer(struct kunit *test)
{
	const struct ioctl_answer_case *param = test->param_value;
	struct kfd_fake *fake = test->priv;
	u8 args[16], expected[16];

	memset(args, 0x5a, sizeof(args));
	memcpy(expected, args, sizeof(args));
	memset(expected, 0xbb, param->taken);

	fake->host = host_answer;
	KUNIT_EXPECT_EQ(test, kfd_fake_ioctl(test, AMDKFD_IOC_AVAILABLE_MEMORY, args), param->err);
	KUNIT_EXPECT_MEMEQ(test, args, expected, sizeof(args));
}

static void host_clock(struct kfd_fake *fake, const struct virtkfd_ccmd *cmd,
		       struct virtkfd_rsp *rsp, u32 rsp_len)
{
	struct kfd_ioctl_get_clock_counters_args args = {
		.gpu_clock_counter = 12345,
		.cpu_clock_counter = 1,
		.system_clock_counter = 2,
		.system_clock_freq = 3,
		.gpu_id = 4,
	};

	kfd_fake_answer(rsp, rsp_len, 0, &args, sizeof(args), NULL, 0);
}

/* The GPU's counter is the host's, the others and their frequency are the guest's. */
static void ioctl_clock_counters(struct kunit *test)
{
	struct kfd_ioctl_get_clock_counters_args args = { .gpu_id = FAKE_GPU_ID };
	struct kfd_fake *fake = test->priv;
	u64 raw, boottime;

	fake->host = host_clock;
	raw = ktime_get_raw_ns();
	boottime = ktime_get_boottime_ns();
	KUNIT_EXPECT_EQ(test, kfd_fake_ioctl(test, AMDKFD_IOC_GET_CLOCK_COUNTERS, &args), 0);
	KUNIT_EXPECT_EQ(test, args.gpu_clock_counter, 12345);
	KUNIT_EXPECT_EQ(test, args.gpu_id, FAKE_GPU_ID);
	KUNIT_EXPECT_EQ(test, args.system_clock_freq, 1000000000);
	KUNIT_EXPECT_GE(test, args.cpu_clock_counter, raw);
	KUNIT_EXPECT_LE(test, args.cpu_clock_counter, ktime_get_raw_ns());
	KUNIT_EXPECT_GE(test, args.system_clock_counter, boottime);
	KUNIT_EXPECT_LE(test, args.system_clock_counter, ktime_get_boottime_ns());
}

/* As many GPUs as there are nodes are asked for; the host has those of its GPUs. */
static const struct ioctl_apertures_case {
	const char *desc;
	u32 asked;
	u32 host;	/* number that the host returns */
	u32 wire;	/* asked of the host */
	u32 got;
	int err;
} ioctl_apertures[] = {
	{ "as many as there are nodes", FAKE_GPUS + 1, FAKE_GPUS, FAKE_GPUS, FAKE_GPUS },
	{ "one", 1, 1, 1, 1 },
	{ "a host that has less", FAKE_GPUS, 1, FAKE_GPUS, 1 },
	{ "a host that returns more", FAKE_GPUS, 128, FAKE_GPUS, FAKE_GPUS },
	{ "a host that returns 2^32 - 1", 1, U32_MAX, 1, 1 },
	{ "how many are there", 0, FAKE_GPUS, 0, FAKE_GPUS },
	{ "more than there are nodes", FAKE_GPUS + 2, FAKE_GPUS, .err = -EINVAL },
	{ "2^32 - 1", U32_MAX, FAKE_GPUS, .err = -EINVAL },
};

KUNIT_ARRAY_PARAM_DESC(ioctl_apertures, ioctl_apertures, desc);

static void host_apertures(struct kfd_fake *fake, const struct virtkfd_ccmd *cmd,
			   struct virtkfd_rsp *rsp, u32 rsp_len)
{
	struct kfd_process_device_apertures out[FAKE_GPUS] = {
		{ .lds_base = 1, .gpu_id = FAKE_GPU_ID }, { .lds_base = 2, .gpu_id = FAKE_GPU_ID_2 }
	};
	struct kfd_ioctl_get_process_apertures_new_args args = {};
	struct kunit *test = kunit_get_current_test();
	const struct ioctl_apertures_case *param = test->param_value;

	args.num_of_nodes = param->host;
	kfd_fake_answer(rsp, rsp_len, 0, &args, sizeof(args), out,
			min(param->host, FAKE_GPUS) * sizeof(out[0]));
}

static void ioctl_get_apertures(struct kunit *test)
{
	struct kfd_process_device_apertures got[FAKE_GPUS + 1], untouched;
	const struct ioctl_apertures_case *param = test->param_value;
	struct kfd_ioctl_get_process_apertures_new_args args, *sent;
	struct kfd_fake *fake = test->priv;
	u32 i;

	memset(got, 0xcc, sizeof(got));
	memset(&untouched, 0xcc, sizeof(untouched));
	kfd_fake_write(test, PAGE_SIZE, got, sizeof(got));

	args.kfd_process_device_apertures_ptr = (uintptr_t)fake->user + PAGE_SIZE;
	args.num_of_nodes = param->asked;
	args.pad = 0;
	fake->host = host_apertures;
	KUNIT_ASSERT_EQ(test, param->err,
			kfd_fake_ioctl(test, AMDKFD_IOC_GET_PROCESS_APERTURES_NEW, &args));
	KUNIT_EXPECT_EQ(test, args.kfd_process_device_apertures_ptr,
			(uintptr_t)fake->user + PAGE_SIZE);
	if (param->err) {
		KUNIT_EXPECT_EQ(test, fake->calls, 0);
		return;
	}

	sent = kfd_fake_sent_args(test);
	KUNIT_EXPECT_EQ(test, sent->num_of_nodes, param->wire);
	KUNIT_EXPECT_EQ(test, sent->kfd_process_device_apertures_ptr, 0);
	KUNIT_EXPECT_EQ(test, kfd_fake_sent(test)->in_len, 0);
	KUNIT_EXPECT_EQ(test, args.num_of_nodes, param->got);

	kfd_fake_read(test, PAGE_SIZE, got, sizeof(got));
	for (i = 0; i < min(param->asked, param->got); i++)
		KUNIT_EXPECT_EQ(test, got[i].lds_base, i + 1);
	for (; i < ARRAY_SIZE(got); i++)
		KUNIT_EXPECT_MEMEQ(test, &got[i], &untouched, sizeof(untouched));
}

/* Two arrays from the host: the second begins where the first, as asked for, would end. */
static void host_tiles(struct kfd_fake *fake, const struct virtkfd_ccmd *cmd,
		       struct virtkfd_rsp *rsp, u32 rsp_len)
{
	const struct kfd_ioctl_get_tile_config_args *asked =
		(const void *)cmd + sizeof(struct virtkfd_ccmd_ioctl);
	struct kfd_ioctl_get_tile_config_args args = {
		.num_tile_configs = 2,
		.num_macro_tile_configs = U32_MAX,
		.gb_addr_config = 0x2a114042,
	};
	u32 out[8] = { 11, 12 };

	out[ALIGN(asked->num_tile_configs, 2)] = 21;
	kfd_fake_answer(rsp, rsp_len, 0, &args, sizeof(args), out,
			(ALIGN(asked->num_tile_configs, 2) + 1) * sizeof(u32));
}

static void ioctl_arrays_from_host(struct kunit *test)
{
	struct kfd_ioctl_get_tile_config_args args = {
		.num_tile_configs = 3,
		.num_macro_tile_configs = 2,
		.gpu_id = FAKE_GPU_ID,
	}, *sent;
	struct kfd_fake *fake = test->priv;
	u32 tiles[4], macros[3];

	memset(tiles, 0xcc, sizeof(tiles));
	memset(macros, 0xcc, sizeof(macros));
	kfd_fake_write(test, SZ_1K, tiles, sizeof(tiles));
	kfd_fake_write(test, SZ_2K, macros, sizeof(macros));
	args.tile_config_ptr = (uintptr_t)fake->user + SZ_1K;
	args.macro_tile_config_ptr = (uintptr_t)fake->user + SZ_2K;

	fake->host = host_tiles;
	KUNIT_ASSERT_EQ(test, 0, kfd_fake_ioctl(test, AMDKFD_IOC_GET_TILE_CONFIG, &args));
	sent = kfd_fake_sent_args(test);
	KUNIT_EXPECT_EQ(test, sent->gpu_id, FAKE_GPU_ID);
	KUNIT_EXPECT_EQ(test, sent->num_tile_configs, 3);
	KUNIT_EXPECT_EQ(test, sent->num_macro_tile_configs, 2);
	KUNIT_EXPECT_EQ(test, sent->tile_config_ptr, 0);
	KUNIT_EXPECT_EQ(test, sent->macro_tile_config_ptr, 0);

	KUNIT_EXPECT_EQ(test, args.gb_addr_config, 0x2a114042);
	KUNIT_EXPECT_EQ(test, args.num_tile_configs, 2);
	KUNIT_EXPECT_EQ(test, args.num_macro_tile_configs, 2);
	kfd_fake_read(test, SZ_1K, tiles, sizeof(tiles));
	kfd_fake_read(test, SZ_2K, macros, sizeof(macros));
	KUNIT_EXPECT_EQ(test, tiles[0], 11);
	KUNIT_EXPECT_EQ(test, tiles[1], 12);
	KUNIT_EXPECT_EQ(test, tiles[2], 0xcccccccc);
	/* What the host counted and did not send is zero. */
	KUNIT_EXPECT_EQ(test, macros[0], 21);
	KUNIT_EXPECT_EQ(test, macros[1], 0);
	KUNIT_EXPECT_EQ(test, macros[2], 0xcccccccc);
}

static void ioctl_array_from_host_bad_pointer(struct kunit *test)
{
	struct kfd_ioctl_get_tile_config_args args = {
		.tile_config_ptr = (uintptr_t)FAKE_BAD_USER_PTR,
		.num_tile_configs = 3,
	};
	struct kfd_fake *fake = test->priv;

	fake->host = host_tiles;
	KUNIT_EXPECT_EQ(test, -EFAULT, kfd_fake_ioctl(test, AMDKFD_IOC_GET_TILE_CONFIG, &args));
	KUNIT_EXPECT_EQ(test, args.num_tile_configs, 0);
	KUNIT_EXPECT_EQ(test, args.tile_config_ptr, (uintptr_t)FAKE_BAD_USER_PTR);
}

/* The table has a most, whatever user space has room for. */
static void ioctl_array_from_host_most(struct kunit *test)
{
	struct kfd_ioctl_get_tile_config_args args = { .num_tile_configs = U32_MAX }, *sent;
	struct kfd_fake *fake = test->priv;

	args.tile_config_ptr = (uintptr_t)fake->user + SZ_1K;
	KUNIT_EXPECT_EQ(test, 0, kfd_fake_ioctl(test, AMDKFD_IOC_GET_TILE_CONFIG, &args));
	sent = kfd_fake_sent_args(test);
	KUNIT_EXPECT_EQ(test, sent->num_tile_configs, 256);
	KUNIT_EXPECT_EQ(test, args.num_tile_configs, 256);
}

static void host_map(struct kfd_fake *fake, const struct virtkfd_ccmd *cmd,
		     struct virtkfd_rsp *rsp, u32 rsp_len)
{
	struct kfd_ioctl_map_memory_to_gpu_args args = {
		.handle = 1,
		.device_ids_array_ptr = 2,
		.n_devices = 77,
		.n_success = 1,
	};

	kfd_fake_answer(rsp, rsp_len, -ENOMEM, &args, sizeof(args), NULL, 0);
}

/* Also in case of an error user space learns how far the host came. */
static void ioctl_array_to_host(struct kunit *test)
{
	static const u32 ids[] = { FAKE_GPU_ID, FAKE_GPU_ID_2, FAKE_GPU_ID };
	struct kfd_ioctl_map_memory_to_gpu_args args = {
		.handle = 0x1234500000001,
		.n_devices = ARRAY_SIZE(ids),
	}, *sent;
	struct kfd_fake *fake = test->priv;
	u64 pointer;

	pointer = (uintptr_t)fake->user + SZ_1K + 1;
	args.device_ids_array_ptr = pointer;
	kfd_fake_write(test, SZ_1K + 1, ids, sizeof(ids));

	fake->host = host_map;
	KUNIT_EXPECT_EQ(test, -ENOMEM, kfd_fake_ioctl(test, AMDKFD_IOC_MAP_MEMORY_TO_GPU, &args));
	KUNIT_EXPECT_EQ(test, args.device_ids_array_ptr, pointer);
	KUNIT_EXPECT_EQ(test, args.n_devices, ARRAY_SIZE(ids));
	KUNIT_EXPECT_EQ(test, args.n_success, 1);

	sent = kfd_fake_sent_args(test);
	KUNIT_EXPECT_EQ(test, sent->handle, 0x1234500000001);
	KUNIT_EXPECT_EQ(test, sent->device_ids_array_ptr, 0);
	KUNIT_EXPECT_EQ(test, sent->n_devices, ARRAY_SIZE(ids));
	KUNIT_EXPECT_EQ(test, sent->n_success, 0);
	KUNIT_ASSERT_GE(test, kfd_fake_sent(test)->in_len, (u32)sizeof(ids));
	KUNIT_EXPECT_MEMEQ(test, kfd_fake_sent_arrays(test), ids, sizeof(ids));
}

/* kfd_ioctl_map_memory_to_gpu() checks the numbers before it reads the array. */
static const struct ioctl_map_case {
	const char *desc;
	u32 n_devices;
	u32 n_success;
	bool bad_pointer;
	int err;
} ioctl_maps[] = {
	{ "most devices", 1024, 0, false, 0 },
	{ "all done", 2, 2, false, 0 },
	{ "more devices than the wire takes", 1025, 0, false, -EINVAL },
	{ "2^32 - 1 devices", U32_MAX, 0, false, -EINVAL },
	{ "no devices", 0, 0, true, -EINVAL },
	{ "more done than there is", 2, 3, true, -EINVAL },
	{ "bad pointer", 1, 0, true, -EFAULT },
};

KUNIT_ARRAY_PARAM_DESC(ioctl_maps, ioctl_maps, desc);

static void ioctl_map_memory(struct kunit *test)
{
	static const u32 cmds[] = {
		AMDKFD_IOC_MAP_MEMORY_TO_GPU, AMDKFD_IOC_UNMAP_MEMORY_FROM_GPU
	};
	const struct ioctl_map_case *param = test->param_value;
	struct kfd_fake *fake = test->priv;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cmds); i++) {
		struct kfd_ioctl_map_memory_to_gpu_args args = {
			.n_devices = param->n_devices,
			.n_success = param->n_success,
		};

		args.device_ids_array_ptr = (uintptr_t)fake->user + SZ_1K;
		if (param->bad_pointer)
			args.device_ids_array_ptr = (uintptr_t)FAKE_BAD_USER_PTR;

		KUNIT_EXPECT_EQ(test, kfd_fake_ioctl(test, cmds[i], &args), param->err);
		KUNIT_EXPECT_EQ(test, args.n_devices, param->n_devices);
		KUNIT_EXPECT_EQ(test, fake->calls, param->err ? 0 : i + 1);
	}
}

static struct kunit_case ioctl_cases[] = {
	KUNIT_CASE(ioctl_table),
	KUNIT_CASE(ioctl_array_table),
	KUNIT_CASE_PARAM(ioctl_dispatch, ioctl_kernel_gen_params),
	KUNIT_CASE(ioctl_unknown),
	KUNIT_CASE(ioctl_number_decides),
	KUNIT_CASE(ioctl_wrong_process),
	KUNIT_CASE(ioctl_wrong_mm),
	KUNIT_CASE(ioctl_dead_process),
	KUNIT_CASE(ioctl_short_args),
	KUNIT_CASE(ioctl_long_args),
	KUNIT_CASE(ioctl_no_args),
	KUNIT_CASE(ioctl_bad_pointer),
	KUNIT_CASE(ioctl_unaligned_pointer),
	KUNIT_CASE_PARAM(ioctl_answer, ioctl_answers_gen_params),
	KUNIT_CASE(ioctl_clock_counters),
	KUNIT_CASE_PARAM(ioctl_get_apertures, ioctl_apertures_gen_params),
	KUNIT_CASE(ioctl_arrays_from_host),
	KUNIT_CASE(ioctl_array_from_host_bad_pointer),
	KUNIT_CASE(ioctl_array_from_host_most),
	KUNIT_CASE(ioctl_array_to_host),
	KUNIT_CASE_PARAM(ioctl_map_memory, ioctl_maps_gen_params),
	{}
};

static struct kunit_suite ioctl_suite = {
	.name = "virtio_gpu_kfd_ioctl",
	.init = kfd_fake_init,
	.exit = kfd_fake_exit,
	.test_cases = ioctl_cases,
};

kunit_test_suite(ioctl_suite);
