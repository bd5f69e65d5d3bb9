/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The calls that kfd_failnth.c lets fail, and what they work on. What does not live here: how
 * they fail, kfd_failnth.c.
 */
#ifndef KFD_FAILNTH_LIB_H
#define KFD_FAILNTH_LIB_H

#include "kfd_queue_lib.h"

/**
 * struct ctx - what the calls work on
 * @kfd: device, its VM acquired if the call wants that
 * @gtt: memory that is mapped to the GPU
 * @spare: memory that is not
 * @mem: made by a call, undone by its undo
 * @event: of type SIGNAL
 * @made: event made by a call
 * @map: mapping made by a call
 * @doorbells: bytes of the doorbells
 * @user: user memory whose pages do not follow each other
 * @queue: a compute queue that pauses, with the id 0
 * @fd: made by a call
 * @dmabuf: of @gtt
 * @gem: handle of the render node for it
 */
struct ctx {
	struct kfd kfd;
	struct kfd_mem gtt;
	struct kfd_mem spare;
	struct kfd_mem mem;
	uint32_t event;
	uint32_t made;
	void *map;
	size_t doorbells;
	void *user;
	struct kfd_queue queue;
	int fd;
	int dmabuf;
	uint32_t gem;
};

/**
 * struct op - a call
 * @name: for the log
 * @call: makes it; 0 or a negative errno
 * @undo: what it did, so that it can be made again
 * @setup: what is there before, of a call that is made once
 */
struct op {
	const char *name;
	int (*call)(struct ctx *c);
	void (*undo)(struct ctx *c);
	int (*setup)(struct ctx *c);
};

/* Made again and again in one process, and made once in a process. End with one without a name. */
extern const struct op failnth_ops[];
extern const struct op failnth_once_ops[];

/* What all calls but those made once work on; 0 or a negative errno. */
int failnth_prepare(struct ctx *c);

#endif
