// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The ioctls of queues, their checks and the order of these, as kfd_chardev.c, kfd_queue.c,
 * kfd_process_queue_manager.c and kfd_device_queue_manager.c have them.
 *
 * What does not live here: what queues do, kfd_sdma.c and kfd_compute.c.
 */
#include <stddef.h>

#include "kselftest_harness.h"
#include "kfd_queue_lib.h"

#define BAD_ID		1023U
/* kfd_ioctl.h of KFD 1.18 and earlier: without the two last fields. */
#define CREATE_QUEUE_88	_IOWR('K', 0x02, char[88])
/* Beyond what any process has. */
#define KERNEL_ADDRESS	0xffff800000000000ULL

FIXTURE(queues) {
	struct kfd kfd;
	struct kfd_queue queue;		/* prepared, of a copy engine */
};

FIXTURE_SETUP(queues)
{
	KFD_SETUP(return, &self->kfd);
	ASSERT_EQ(0, kfd_acquire(&self->kfd));
	ASSERT_EQ(0, kfd_queue_prepare(&self->kfd, &self->queue, SDMA));
}

FIXTURE_TEARDOWN(queues)
{
	kfd_close(&self->kfd);
}

static int create(const struct kfd *kfd, struct kfd_ioctl_create_queue_args *args)
{
	return kfd_ioctl(kfd->fd, AMDKFD_IOC_CREATE_QUEUE, args);
}

static int gws(const struct kfd *kfd, uint32_t id, uint32_t num, uint32_t *first)
{
	struct kfd_ioctl_alloc_queue_gws_args args = {
		.queue_id = id, .num_gws = num, .first_gws = 77,
	};
	int ret = kfd_ioctl(kfd->fd, AMDKFD_IOC_ALLOC_QUEUE_GWS, &args);

	if (first)
		*first = args.first_gws;
	return ret;
}

static int cu_mask(const struct kfd *kfd, uint32_t id, const void *mask, uint32_t num)
{
	struct kfd_ioctl_set_cu_mask_args args = {
		.queue_id = id, .num_cu_mask = num, .cu_mask_ptr = (uintptr_t)mask,
	};

	return kfd_ioctl(kfd->fd, AMDKFD_IOC_SET_CU_MASK, &args);
}

static int wave_state(const struct kfd *kfd, uint32_t id, void *to,
		      struct kfd_ioctl_get_queue_wave_state_args *args)
{
	*args = (struct kfd_ioctl_get_queue_wave_state_args){
		.ctl_stack_address = (uintptr_t)to, .queue_id = id,
		.ctl_stack_used_size = 77, .save_area_used_size = 77,
	};
	return kfd_ioctl(kfd->fd, AMDKFD_IOC_GET_QUEUE_WAVE_STATE, args);
}

TEST_F(queues, create_sdma)
{
	const uint64_t mask = ~(kfd_doorbell_size(&self->kfd) - 1);
	struct kfd_ioctl_create_queue_args *args = &self->queue.args;
	struct kfd_ioctl_create_queue_args before = *args;

	args->queue_id = 77;
	args->doorbell_offset = 77;
	ASSERT_EQ(0, create(&self->kfd, args));
	/* The first free bit of the process's. */
	EXPECT_EQ(0, args->queue_id);
	EXPECT_EQ(KFD_MMAP_TYPE_DOORBELL | KFD_MMAP_GPU_ID(self->kfd.gpu_id),
		  args->doorbell_offset & mask);
	EXPECT_EQ(0, args->doorbell_offset % 8);
	before.queue_id = args->queue_id;
	before.doorbell_offset = args->doorbell_offset;
	EXPECT_EQ(0, memcmp(&before, args, sizeof(before)));

	EXPECT_EQ(0, kfd_destroy_queue(&self->kfd, 0));
	EXPECT_EQ(-EINVAL, kfd_destroy_queue(&self->kfd, 0));
	EXPECT_EQ(-EINVAL, kfd_destroy_queue(&self->kfd, ~0U));
}

/* The doorbell of an engine's queue depends on both, allocate_doorbell(). */
TEST_F(queues, sdma_doorbells)
{
	struct kfd_ioctl_create_queue_args args = self->queue.args;
	uint64_t engines = 0, version = 0, offset;

	ASSERT_EQ(0, kfd_node_property(self->kfd.node, "num_sdma_engines", &engines));
	ASSERT_EQ(0, kfd_node_property(self->kfd.node, "gfx_target_version", &version));
	if (version != 90402)
		SKIP(return, "another GPU's layout of doorbells");
	args.queue_type = KFD_IOC_QUEUE_TYPE_SDMA_BY_ENG_ID;
	for (uint64_t i = 0; i < 3 * engines; i++) {
		args.sdma_engine_id = i % engines;
		if (create(&self->kfd, &args))
			SKIP(return, "others use the engines");
		offset = args.doorbell_offset & (kfd_doorbell_size(&self->kfd) - 1);
		/*
		 * Engines begin at 0x100 and are 10 apart, each on a multiple of 4; odd queues are
		 * 512 behind, and so two of them count as one. 8 bytes each.
		 */
		EXPECT_EQ((((0x100 + args.sdma_engine_id * 10 + 3) & ~3ULL) +
			   i / engines % 2 * 512 + i / engines / 2) * 8, offset);
		EXPECT_EQ(i, args.queue_id);
	}
	args.sdma_engine_id = engines;
	EXPECT_EQ(-EINVAL, create(&self->kfd, &args));
	args.sdma_engine_id = ~0U;
	EXPECT_EQ(-EINVAL, create(&self->kfd, &args));
}

TEST_F(queues, create_compute)
{
	struct kfd_queue pm4, aql;

	ASSERT_EQ(0, kfd_queue_create(&self->kfd, &pm4, COMPUTE));
	EXPECT_EQ(0, pm4.args.queue_id);
	ASSERT_EQ(0, kfd_queue_create(&self->kfd, &aql, AQL));
	EXPECT_EQ(1, aql.args.queue_id);
	EXPECT_NE(pm4.args.doorbell_offset, aql.args.doorbell_offset);
	EXPECT_EQ(0, kfd_queue_destroy(&pm4));
	/* The id and the doorbell are the next one's. */
	ASSERT_EQ(0, kfd_queue_create(&self->kfd, &pm4, COMPUTE));
	EXPECT_EQ(0, pm4.args.queue_id);
	EXPECT_EQ(0, kfd_queue_destroy(&pm4));
	EXPECT_EQ(0, kfd_queue_destroy(&aql));
}

TEST_F(queues, create_88_bytes)
{
	struct {
		char args[88];
		char behind[8];
	} buf;
	uint32_t id;

	memset(&buf, 0xee, sizeof(buf));
	memcpy(buf.args, &self->queue.args, sizeof(buf.args));
	ASSERT_EQ(0, kfd_ioctl(self->kfd.fd, CREATE_QUEUE_88, &buf));
	memcpy(&id, buf.args + offsetof(struct kfd_ioctl_create_queue_args, queue_id), 4);
	EXPECT_EQ(0, id);
	for (unsigned int i = 0; i < sizeof(buf.behind); i++)
		EXPECT_EQ((char)0xee, buf.behind[i]);
	EXPECT_EQ(0, kfd_destroy_queue(&self->kfd, id));
}

/* set_queue_properties_from_user(), and that the first failing check decides. */
TEST_F(queues, create_bad_properties)
{
	const struct kfd_ioctl_create_queue_args good = self->queue.args;
	struct kfd_ioctl_create_queue_args args;

#define BAD(err, ...)								\
	do {									\
		args = good;							\
		__VA_ARGS__;							\
		EXPECT_EQ(err, create(&self->kfd, &args)) { TH_LOG("%s", #__VA_ARGS__); } \
	} while (0)

	BAD(-EINVAL, args.queue_percentage = 101);
	BAD(-EINVAL, args.queue_percentage = 0x1ff);
	BAD(-EINVAL, args.queue_priority = 16);
	BAD(-EFAULT, args.ring_base_address = KERNEL_ADDRESS);
	BAD(-EINVAL, args.ring_size = 3 * 4096);
	BAD(-EINVAL, args.metadata_ring_size = 3);
	BAD(-EFAULT, args.read_pointer_address = KERNEL_ADDRESS);
	BAD(-EFAULT, args.write_pointer_address = KERNEL_ADDRESS);
	BAD(-EFAULT, args.eop_buffer_address = KERNEL_ADDRESS);
	BAD(-EFAULT, args.ctx_save_restore_address = KERNEL_ADDRESS);
	BAD(-ERRNO_NOT_SUPPORTED, args.queue_type = 5);
	BAD(-ERRNO_NOT_SUPPORTED, args.queue_type = ~0U);
	BAD(-EINVAL, args.gpu_id = KFD_BAD_GPU_ID);

	BAD(-EINVAL, args.queue_percentage = 101, args.ring_base_address = KERNEL_ADDRESS);
	BAD(-EFAULT, args.ring_base_address = KERNEL_ADDRESS, args.ring_size = 3);
	BAD(-EINVAL, args.ring_size = 3, args.read_pointer_address = KERNEL_ADDRESS);
	BAD(-EFAULT, args.ctx_save_restore_address = KERNEL_ADDRESS, args.queue_type = 5);
	BAD(-ERRNO_NOT_SUPPORTED, args.queue_type = 5, args.gpu_id = KFD_BAD_GPU_ID);
	BAD(-EINVAL, args.gpu_id = KFD_BAD_GPU_ID, args.ring_base_address = 0);
	EXPECT_EQ(good.doorbell_offset, args.doorbell_offset);

	/* The upper byte names the XCC of a partition that PM4 packets are for. */
	args = good;
	args.queue_percentage |= 0x100;
	EXPECT_EQ(0, create(&self->kfd, &args));
	EXPECT_EQ(0, kfd_destroy_queue(&self->kfd, args.queue_id));
	/* A failure that leaves a queue would be found here. */
	EXPECT_EQ(0, args.queue_id);
}

/* kfd_queue_acquire_buffers() */
TEST_F(queues, create_bad_memory)
{
	const struct kfd_ioctl_create_queue_args good = self->queue.args;
	struct kfd_ioctl_create_queue_args args;
	struct kfd_mem two;

	ASSERT_EQ(0, kfd_shared(&self->kfd, &two, 2 * KFD_PAGE, MEM(GTT)));
	BAD(-EINVAL, args.ring_base_address = 0);
	BAD(-EINVAL, args.read_pointer_address = 0);
	BAD(-EINVAL, args.write_pointer_address = 0);
	/* The pointers' page is an object of its own. */
	BAD(-EINVAL, args.read_pointer_address = (uintptr_t)two.va);
	BAD(-EINVAL, args.write_pointer_address = (uintptr_t)two.va + KFD_PAGE);
	/* The ring is all of an object. */
	BAD(-EINVAL, args.ring_base_address += KFD_PAGE);
	BAD(-EINVAL, args.ring_size /= 2);
	BAD(-EINVAL, args.ring_size *= 2);
	/* The smallest ring is taken for this one, which takes a page. */
	args = good;
	args.ring_size = 0;
	args.ring_base_address = args.read_pointer_address;
	EXPECT_EQ(0, create(&self->kfd, &args));
	EXPECT_EQ(KFD_MIN_QUEUE_RING_SIZE, args.ring_size);
	EXPECT_EQ(0, kfd_destroy_queue(&self->kfd, args.queue_id));
	/* So it is where the call fails later. */
	BAD(-EINVAL, args.ring_size = 512);
	EXPECT_EQ(KFD_MIN_QUEUE_RING_SIZE, args.ring_size);

	ASSERT_EQ(0, kfd_unmap(&self->kfd, self->queue.ring.handle));
	args = good;
	EXPECT_EQ(-EINVAL, create(&self->kfd, &args));
	ASSERT_EQ(0, kfd_map(&self->kfd, self->queue.ring.handle));
	EXPECT_EQ(0, create(&self->kfd, &args));
	EXPECT_EQ(0, args.queue_id);
}

TEST_F(queues, create_bad_compute)
{
	struct kfd_ioctl_create_queue_args good, args;
	struct kfd_queue queue;
	struct kfd_mem mem;

	ASSERT_EQ(0, kfd_queue_prepare(&self->kfd, &queue, AQL));
	ASSERT_EQ(0, kfd_shared(&self->kfd, &mem, KFD_PAGE, MEM(GTT)));
	good = queue.args;
	BAD(-EINVAL, args.ctl_stack_size += 4096);
	BAD(-EINVAL, args.ctl_stack_size = 0);
	BAD(-EINVAL, args.ctx_save_restore_size -= 4096);
	BAD(-EINVAL, args.ctx_save_restore_size += 4096);
	BAD(-EINVAL, args.ctx_save_restore_address = 0);
	BAD(-EINVAL, args.ctx_save_restore_address += KFD_PAGE);
	BAD(-EINVAL, args.eop_buffer_address = (uintptr_t)mem.va, args.eop_buffer_size = 2048);
	BAD(-EINVAL, args.eop_buffer_address = (uintptr_t)mem.va, args.eop_buffer_size = 8192);
	BAD(-EINVAL, args.eop_buffer_address = KFD_PAGE, args.eop_buffer_size = 4096);
	args = good;
	args.eop_buffer_address = (uintptr_t)mem.va;
	args.eop_buffer_size = KFD_PAGE;
	EXPECT_EQ(0, create(&self->kfd, &args));
	EXPECT_EQ(-EBUSY, kfd_unmap(&self->kfd, mem.handle));
	EXPECT_EQ(0, kfd_destroy_queue(&self->kfd, args.queue_id));
	EXPECT_EQ(0, kfd_unmap(&self->kfd, mem.handle));
}

TEST(before_acquire)
{
	struct kfd_ioctl_create_queue_args args = { .ring_size = 4096 };
	struct kfd kfd;

	KFD_SETUP(return, &kfd);
	args.gpu_id = kfd.gpu_id;
	EXPECT_EQ(-ESRCH, create(&kfd, &args));
	kfd_close(&kfd);
}

/* unmap_bo_from_gpuvm(): what a queue uses stays mapped. */
TEST_F(queues, memory_in_use)
{
	struct kfd_queue *queue = &self->queue;
	uint32_t id;

	ASSERT_EQ(0, create(&self->kfd, &queue->args));
	id = queue->args.queue_id;
	EXPECT_EQ(-EBUSY, kfd_unmap(&self->kfd, queue->ring.handle));
	EXPECT_EQ(-EBUSY, kfd_unmap(&self->kfd, queue->pointers.handle));
	EXPECT_EQ(-EBUSY, kfd_free(&self->kfd, queue->ring.handle));
	EXPECT_EQ(0, kfd_destroy_queue(&self->kfd, id));
	EXPECT_EQ(0, kfd_shared_free(&self->kfd, &queue->ring));
	EXPECT_EQ(0, kfd_shared_free(&self->kfd, &queue->pointers));
}

TEST_F(queues, update)
{
	struct kfd_queue *queue = &self->queue;
	uint64_t ring = queue->args.ring_base_address;
	uint32_t size = queue->args.ring_size, id;
	struct kfd_mem other;

	ASSERT_EQ(0, kfd_shared(&self->kfd, &other, 8192, MEM(GTT)));
	ASSERT_EQ(0, create(&self->kfd, &queue->args));
	id = queue->args.queue_id;

	EXPECT_EQ(0, kfd_update_queue(&self->kfd, id, ring, size, 50, 15));
	EXPECT_EQ(0, kfd_update_queue(&self->kfd, id, ring, size, 0, 0));
	EXPECT_EQ(0, kfd_update_queue(&self->kfd, id, ring, size, 0x164, 0));
	EXPECT_EQ(-EINVAL, kfd_update_queue(&self->kfd, id, ring, size, 101, 0));
	EXPECT_EQ(-EINVAL, kfd_update_queue(&self->kfd, id, ring, size, 100, 16));
	EXPECT_EQ(-EFAULT, kfd_update_queue(&self->kfd, id, KERNEL_ADDRESS, 3, 100, 0));
	EXPECT_EQ(-EINVAL, kfd_update_queue(&self->kfd, id, ring, 3 * 4096, 100, 0));
	EXPECT_EQ(-EINVAL, kfd_update_queue(&self->kfd, BAD_ID, ring, 3 * 4096, 100, 0));
	EXPECT_EQ(-EFAULT, kfd_update_queue(&self->kfd, BAD_ID, ring, size, 100, 0));
	/* Rings that are none. */
	EXPECT_EQ(-EFAULT, kfd_update_queue(&self->kfd, id, ring, size / 2, 100, 0));
	EXPECT_EQ(-EFAULT, kfd_update_queue(&self->kfd, id, ring + KFD_PAGE, size, 100, 0));
	EXPECT_EQ(-EFAULT, kfd_update_queue(&self->kfd, id, KFD_PAGE, size, 100, 0));
	/* A ring below a page may be any part of an object's beginning. */
	EXPECT_EQ(0, kfd_update_queue(&self->kfd, id, ring, 0, 100, 0));

	/* Another ring: the first one is free, the other one is not. */
	EXPECT_EQ(0, kfd_update_queue(&self->kfd, id, (uintptr_t)other.va, 8192, 100, 0));
	EXPECT_EQ(-EBUSY, kfd_unmap(&self->kfd, other.handle));
	EXPECT_EQ(0, kfd_unmap(&self->kfd, queue->ring.handle));
	/* None: it pauses and keeps what it had. */
	EXPECT_EQ(0, kfd_update_queue(&self->kfd, id, 0, 8192, 100, 0));
	EXPECT_EQ(-EBUSY, kfd_unmap(&self->kfd, other.handle));
	EXPECT_EQ(0, kfd_destroy_queue(&self->kfd, id));
	EXPECT_EQ(-EFAULT, kfd_update_queue(&self->kfd, id, 0, 0, 0, 0));
}

TEST_F(queues, cu_mask)
{
	uint32_t *mask = mmap(NULL, 2 * KFD_PAGE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint32_t *end = mask + KFD_PAGE / 4;
	struct kfd_queue queue;
	uint32_t id;

	ASSERT_NE(MAP_FAILED, mask);
	memset(mask, 0xff, 2 * KFD_PAGE);
	ASSERT_EQ(0, mprotect(end, KFD_PAGE, PROT_NONE));
	ASSERT_EQ(0, kfd_queue_create(&self->kfd, &queue, AQL));
	id = queue.args.queue_id;
	EXPECT_EQ(0, cu_mask(&self->kfd, id, mask, 32));
	EXPECT_EQ(0, cu_mask(&self->kfd, id, mask, 96));
	EXPECT_EQ(0, cu_mask(&self->kfd, id, end - 3, 96));
	EXPECT_EQ(-EFAULT, cu_mask(&self->kfd, id, end - 3, 128));
	EXPECT_EQ(-EINVAL, cu_mask(&self->kfd, id, mask, 0));
	EXPECT_EQ(-EINVAL, cu_mask(&self->kfd, id, NULL, 33));
	EXPECT_EQ(-EFAULT, cu_mask(&self->kfd, id, NULL, 32));
	EXPECT_EQ(-EFAULT, cu_mask(&self->kfd, BAD_ID, mask, 32));
	/* What is beyond 1024 bits is not read. */
	EXPECT_EQ(0, cu_mask(&self->kfd, id, end - 32, 1024));
	EXPECT_EQ(0, cu_mask(&self->kfd, id, end - 32, 0xffffffe0));
	EXPECT_EQ(-EFAULT, cu_mask(&self->kfd, id, end - 31, 0xffffffe0));
	EXPECT_EQ(0, kfd_queue_destroy(&queue));
	/* Copy engines have no CUs, which nobody checks. */
	ASSERT_EQ(0, create(&self->kfd, &self->queue.args));
	EXPECT_EQ(0, cu_mask(&self->kfd, self->queue.args.queue_id, mask, 32));
}

TEST_F(queues, gws)
{
	uint32_t first, version_ok;
	struct kfd_queue one, two;
	uint64_t num = 0;

	version_ok = !kfd_node_property(self->kfd.node, "num_gws", &num) && num;
	EXPECT_EQ(-EINVAL, gws(&self->kfd, 0, 1, &first));
	EXPECT_EQ(77, first);
	if (!version_ok)
		SKIP(return, "no GWS");
	ASSERT_EQ(0, kfd_queue_create(&self->kfd, &one, AQL));
	ASSERT_EQ(0, kfd_queue_create(&self->kfd, &two, AQL));
	EXPECT_EQ(-EINVAL, gws(&self->kfd, 0, 0, NULL));
	EXPECT_EQ(0, gws(&self->kfd, 0, 1, &first));
	EXPECT_EQ(0, first);
	EXPECT_EQ(-EBUSY, gws(&self->kfd, 0, 1, NULL));
	EXPECT_EQ(-EBUSY, gws(&self->kfd, 1, 1, NULL));
	EXPECT_EQ(0, gws(&self->kfd, 0, 0, NULL));
	EXPECT_EQ(0, gws(&self->kfd, 1, 5, NULL));
	/* A queue's end gives it back. */
	EXPECT_EQ(0, kfd_queue_destroy(&two));
	EXPECT_EQ(0, gws(&self->kfd, 0, 1, NULL));
	EXPECT_EQ(0, kfd_queue_destroy(&one));
}

/* pqm_get_wave_state(), get_wave_state() */
TEST_F(queues, wave_state)
{
	struct kfd_ioctl_get_queue_wave_state_args args;
	struct kfd_context_save_area_header header[2];
	struct kfd_queue queue;

	EXPECT_EQ(-EFAULT, wave_state(&self->kfd, 0, header, &args));
	ASSERT_EQ(0, create(&self->kfd, &self->queue.args));
	EXPECT_EQ(-EINVAL, wave_state(&self->kfd, 0, header, &args));
	ASSERT_EQ(0, kfd_queue_create(&self->kfd, &queue, AQL));
	EXPECT_EQ(-EINVAL, wave_state(&self->kfd, 1, header, &args));
	EXPECT_EQ(77, args.ctl_stack_used_size);

	/* One that does not run has nothing saved; the stack grows down to its beginning. */
	ASSERT_EQ(0, kfd_update_queue(&self->kfd, 1, queue.args.ring_base_address,
				      queue.args.ring_size, 0, 7));
	memset(header, 0xee, sizeof(header));
	ASSERT_EQ(0, wave_state(&self->kfd, 1, header, &args));
	EXPECT_EQ(0, args.ctl_stack_used_size);
	EXPECT_EQ(0, args.save_area_used_size);
	EXPECT_EQ(queue.args.ctl_stack_size, header[0].wave_state.control_stack_offset);
	EXPECT_EQ(0, header[0].wave_state.control_stack_size);
	EXPECT_EQ(queue.args.ctl_stack_size, header[0].wave_state.wave_state_offset);
	EXPECT_EQ(0, header[0].wave_state.wave_state_size);
	EXPECT_EQ(0xeeeeeeee, header[0].debug_offset);
	EXPECT_EQ(-EFAULT, wave_state(&self->kfd, 1, NULL, &args));

	/* It runs again. */
	ASSERT_EQ(0, kfd_update_queue(&self->kfd, 1, queue.args.ring_base_address,
				      queue.args.ring_size, 1, 7));
	EXPECT_EQ(-EINVAL, wave_state(&self->kfd, 1, header, &args));
	EXPECT_EQ(0, kfd_queue_destroy(&queue));
}

/* pqm_create_queue(): 255 queues of a process on this GPU, 127 on others. */
TEST_F(queues, limit)
{
	uint64_t version = 0;
	struct kfd_queue queue;
	uint32_t most, i;

	ASSERT_EQ(0, kfd_node_property(self->kfd.node, "gfx_target_version", &version));
	most = version >= 90402 && version < 100000 ? 255 : 127;
	ASSERT_EQ(0, kfd_queue_prepare(&self->kfd, &queue, COMPUTE));
	for (i = 0; i < most; i++)
		ASSERT_EQ(0, create(&self->kfd, &queue.args));
	EXPECT_EQ(-ENOSPC, create(&self->kfd, &queue.args));
	EXPECT_EQ(0, kfd_destroy_queue(&self->kfd, 3));
	EXPECT_EQ(0, create(&self->kfd, &queue.args));
	EXPECT_EQ(3, queue.args.queue_id);
}

/* allocate_sdma_queue(): engines have so many queues, whoever they are of. */
TEST_F(queues, sdma_limit)
{
	uint64_t engines = 0, each = 0, xgmi = 1, num = 0;
	int ret = 0;

	ASSERT_EQ(0, kfd_node_property(self->kfd.node, "num_sdma_engines", &engines));
	ASSERT_EQ(0, kfd_node_property(self->kfd.node, "num_sdma_queues_per_engine", &each));
	ASSERT_EQ(0, kfd_node_property(self->kfd.node, "num_sdma_xgmi_engines", &xgmi));
	while (!ret) {
		ret = create(&self->kfd, &self->queue.args);
		num += !ret;
	}
	EXPECT_EQ(-ENOMEM, ret);
	EXPECT_LE(num, engines * each);
	if (kfd_is_guest(&self->kfd))
		EXPECT_EQ(engines * each, num);
	EXPECT_EQ(0, kfd_destroy_queue(&self->kfd, 0));
	EXPECT_EQ(0, create(&self->kfd, &self->queue.args));
	if (xgmi)
		return;
	self->queue.args.queue_type = KFD_IOC_QUEUE_TYPE_SDMA_XGMI;
	EXPECT_EQ(-ENOMEM, create(&self->kfd, &self->queue.args));
}

TEST_HARNESS_MAIN
