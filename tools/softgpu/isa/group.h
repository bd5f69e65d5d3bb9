/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Workgroups: how they come to be from a dispatch, and turns of them.
 *
 * What lives here: kernel descriptors and dispatch packets on the way to registers (launch.c),
 * the waves of a workgroup in turn (group.c). What does not: which workgroup is next, and what
 * becomes of errors (../grid.c).
 */
#ifndef SOFTGPU_ISA_GROUP_H
#define SOFTGPU_ISA_GROUP_H

#include "exec.h"

/* The size of a kernel descriptor, and the most of a workgroup */
#define ISA_DESCRIPTOR_SIZE	64
#define ISA_MAX_GROUP_SIZE	1024
#define ISA_MAX_LDS		(64u << 10)

/**
 * struct isa_dispatch - what a dispatch packet and the queue say
 * @packet: GPU address of the packet, for the kernel to look at
 * @queue: GPU address of the queue's struct amd_queue_s, likewise
 * @id: number of the dispatch
 * @grid: work-items in each dimension, at least 1
 * @group: of a workgroup, likewise
 * @private_size: bytes of scratch memory for each work-item
 * @lds_size: bytes of group memory
 * @object: GPU address of the kernel descriptor
 * @kernarg: GPU address of the arguments
 * @scratch: GPU address of the queue's scratch memory
 * @scratch_wave: bytes of it for each wave
 * @scratch_rsrc: the buffer descriptor of it, for gfx906
 * @user: 16 values for the first SGPRs, or NULL: they are what the descriptor asks for
 */
struct isa_dispatch {
	uint64_t packet;
	uint64_t queue;
	uint64_t id;
	uint32_t grid[3];
	uint16_t group[3];
	uint32_t private_size;
	uint32_t lds_size;
	uint64_t object;
	uint64_t kernarg;
	uint64_t scratch;
	uint32_t scratch_wave;
	uint32_t scratch_rsrc[4];
	const uint32_t *user;
};

/**
 * struct isa_kernel - a dispatch that is ready to run
 * @id: never the same for two
 * @target: whose instructions
 * @dispatch: what was asked for
 * @entry: address of the first instruction
 * @rsrc1: COMPUTE_PGM_RSRC1 of the descriptor
 * @rsrc2: COMPUTE_PGM_RSRC2
 * @rsrc3: COMPUTE_PGM_RSRC3
 * @properties: the descriptor's kernel_code_properties
 * @user: the first SGPRs, if isa_dispatch.user was there
 * @num_vgprs: of each wave
 * @num_agprs: of each wave
 * @lds_size: bytes of a workgroup
 * @groups: workgroups in each dimension
 * @num_groups: all of them
 * @waves: waves of a workgroup; those at the end of the grid may have fewer
 */
struct isa_kernel {
	uint64_t id;
	enum isa_target target;
	struct isa_dispatch dispatch;
	uint64_t entry;
	uint32_t rsrc1, rsrc2, rsrc3;
	uint16_t properties;
	uint32_t user[16];
	unsigned int num_vgprs;
	unsigned int num_agprs;
	uint32_t lds_size;
	uint32_t groups[3];
	uint64_t num_groups;
	unsigned int waves;
};

/**
 * isa_kernel_init() - take a dispatch apart
 * @kernel: what is filled, apart from @id
 * @target: whose instructions
 * @dispatch: what is asked for
 * @descriptor: ISA_DESCRIPTOR_SIZE bytes at @dispatch->object
 *
 * Return: 0, or which &enum softgpu_exception it is
 */
int isa_kernel_init(struct isa_kernel *kernel, enum isa_target target,
		    const struct isa_dispatch *dispatch, const void *descriptor);

/**
 * isa_kernel_init_registers() - the same without a descriptor
 * @kernel: what is filled, apart from @id
 * @target: whose instructions
 * @dispatch: what is asked for; @object is where the code begins
 * @rsrc1: COMPUTE_PGM_RSRC1
 * @rsrc2: COMPUTE_PGM_RSRC2
 * @rsrc3: COMPUTE_PGM_RSRC3
 */
int isa_kernel_init_registers(struct isa_kernel *kernel, enum isa_target target,
			      const struct isa_dispatch *dispatch, uint32_t rsrc1, uint32_t rsrc2,
			      uint32_t rsrc3);

/**
 * isa_group_new() - begin a workgroup
 * @kernel: of which dispatch
 * @index: which of kernel->num_groups
 * @slot: number of its first wave among all that are there at a time: which scratch memory
 *	they have
 *
 * Return: the workgroup, or NULL without memory
 */
struct isa_group *isa_group_new(const struct isa_kernel *kernel, uint64_t index,
				unsigned int slot);
void isa_group_free(struct isa_group *group);
/* Bytes of memory that a workgroup takes here */
size_t isa_group_size(const struct isa_kernel *kernel);

enum isa_group_state {
	ISA_GROUP_RUNNING,	/* the budget is used up */
	ISA_GROUP_WAITING,	/* all waves that go on have slept: for memory, it seems */
	ISA_GROUP_AT_GWS,	/* all of them are at the barrier of all workgroups */
	ISA_GROUP_ENDED,
	ISA_GROUP_FAILED,
};

/**
 * isa_group_run() - a turn of a workgroup
 * @group: the workgroup
 * @run: begun for its kernel, locked, with the instructions of the turn in @budget
 * @failed: which wave, for ISA_GROUP_FAILED
 */
enum isa_group_state isa_group_run(struct isa_group *group, struct isa_runner *run,
				   struct isa_wave **failed);

/* All waves at the barrier of all workgroups go on. */
void isa_group_gws_release(struct isa_group *group);

#endif
