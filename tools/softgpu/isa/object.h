/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Code objects for the commands: in a GPU memory of their own, and kernels of them run there.
 *
 * What lives here: what the commands share. What does not: queues and packets; a kernel begins
 * where dispatch.c would have it begin.
 */
#ifndef SOFTGPU_ISA_OBJECT_H
#define SOFTGPU_ISA_OBJECT_H

#include "group.h"

/* Bytes of hidden arguments at most: those of code object version 5 */
#define ISA_HIDDEN_SIZE	256

/* The end of the command with status 1, after one line that begins with its name */
void isa_die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

#define ISA_MAX_REGIONS	256

/**
 * struct isa_region - memory in one piece
 * @va: where the GPU has it
 * @size: bytes
 * @access: SOFTGPU_READ and the like
 * @host: where it is
 */
struct isa_region {
	uint64_t va;
	uint64_t size;
	unsigned int access;
	uint8_t *host;
};

/**
 * struct isa_space - a GPU memory; it does not change while kernels run
 * @regions: what is in it
 * @num: how many
 * @next: where the next one may begin
 */
struct isa_space {
	struct isa_region regions[ISA_MAX_REGIONS];
	unsigned int num;
	uint64_t next;
};

/* With a struct isa_space as vm */
extern const struct softgpu_vm_ops isa_space_ops;

/* Adds zeroed memory, with unmapped pages around it. Returns where the host has it. */
void *isa_space_add(struct isa_space *space, uint64_t size, unsigned int access, uint64_t *va);

/* Only the first @num regions stay; the others are of isa_space_add(). */
void isa_space_drop(struct isa_space *space, unsigned int num);

/**
 * struct isa_object - a code object in memory
 * @target: whose instructions
 * @version: of the code object
 * @base: what is added to addresses in the file
 * @image: where the host has @base
 * @size: bytes of the image
 * @file: the file
 * @file_size: its bytes
 */
struct isa_object {
	enum isa_target target;
	unsigned int version;
	uint64_t base;
	uint8_t *image;
	uint64_t size;
	uint8_t *file;
	uint64_t file_size;
};

void isa_object_load(struct isa_object *object, struct isa_space *space, const char *path);
/* The value of one of the symbols that a loader sees, and what is there in the image */
uint64_t isa_object_symbol(const struct isa_object *object, const char *name);
const void *isa_object_at(const struct isa_object *object, uint64_t value, uint64_t size);

/**
 * struct isa_launch - a kernel to be run
 * @object: which it is in
 * @space: GPU memory with the object
 * @kernel: its name
 * @grid: work-items in each dimension
 * @group: of a workgroup
 * @dims: how many dimensions that are
 * @args: explicit arguments as the kernel wants them
 * @args_size: bytes of them
 * @private_size: bytes of scratch memory for each work-item, if the kernel says less
 * @dynamic_lds: bytes of group memory besides what the kernel says
 * @threads: that run it
 * @trace: each instruction is printed
 * @counts: by rows, or NULL: how often each was executed is added here
 * @executed: instructions, afterwards
 * @seconds: it took, likewise
 * @cpu_seconds: of all threads
 */
struct isa_launch {
	const struct isa_object *object;
	struct isa_space *space;
	const char *kernel;
	uint32_t grid[3];
	uint16_t group[3];
	unsigned int dims;
	const void *args;
	unsigned int args_size;
	uint32_t private_size;
	uint32_t dynamic_lds;
	unsigned int threads;
	bool trace;
	uint64_t *counts;
	uint64_t executed;
	double seconds;
	double cpu_seconds;
};

/* Runs it to its end. It may be called again with the same launch. */
void isa_launch(struct isa_launch *launch);

#endif
