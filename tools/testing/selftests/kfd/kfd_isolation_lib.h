/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * A process that computes on a GPU while others attack it: what it tells of itself in a file, and
 * when it ends. The attackers are kfd_isolation.c's.
 */
#ifndef KFD_ISOLATION_LIB_H
#define KFD_ISOLATION_LIB_H

#include "kfd_queue_lib.h"

/* Of each of the three that have a secret */
#define VICTIM_SIZE	65536UL

/* What of the victim's can be attacked; the first ones have the secrets. */
enum {
	TARGET_VRAM, TARGET_GTT, TARGET_USERPTR, TARGET_EVENT_PAGE, TARGET_RING, TARGET_POINTERS,
	TARGET_CWSR, TARGET_DOORBELLS, TARGETS
};

/**
 * struct victim - what a victim publishes at the beginning of the file, so that nothing has to be
 *	guessed
 * @magic: VICTIM_MAGIC as soon as the rest is there
 * @rounds: so often it has computed
 * @wrong: the step that had a wrong result, or 0; then it does no more
 * @signal_id: a SIGNAL event, whose slot is written, but for which no interrupt was sent
 * @memory_id: a MEMORY event
 * @gem_handle: of the GTT memory in its render node
 * @queue_ids: identifiers of the queues which the attackers do not have
 * @doorbell: offset of that of a queue with a packet that nobody has announced
 * @bell: what announces it
 * @memory: addresses and handles
 */
struct victim {
	uint32_t magic;
	uint32_t rounds;
	uint32_t wrong;
	uint32_t signal_id;
	uint32_t memory_id;
	uint32_t gem_handle;
	uint32_t queue_ids[3];
	uint64_t doorbell;
	uint64_t bell;
	struct {
		uint64_t va;
		uint64_t handle;
		uint64_t offset;
	} memory[TARGETS];
};

#define VICTIM_MAGIC	0x56494354

/*
 * Computes until it is told to stop, then shows that it would have noticed. Returns 0 or the step
 * that failed. Its dma-buf is sent to @sock, if there is one.
 */
int victim_run(int file, int sock);
/* From other processes, or other machines, with the same file */
int victim_read(int file, struct victim *victim);
int victim_wait_ready(int file, struct victim *victim);
int victim_stop(int file);

#endif
