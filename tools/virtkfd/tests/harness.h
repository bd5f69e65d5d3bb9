/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * A VMM and a guest kernel in a few lines, for the tests of libvirtkfd.
 *
 * What lives here: guest memory, contexts with a response blob, the sending of commands and
 * the log of fences. What does not: expectations; those are in the tests, from amdkfd's
 * source and from the protocol's header.
 */
#ifndef HARNESS_H
#define HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kfd_ioctl.h>

#include "virtkfd.h"

#define ARRAY_LEN(a)	(sizeof(a) / sizeof((a)[0]))
#define NR(name)	_IOC_NR(AMDKFD_IOC_##name)

#define VRAM		KFD_IOC_ALLOC_MEM_FLAGS_VRAM
#define GTT		KFD_IOC_ALLOC_MEM_FLAGS_GTT
#define USERPTR		KFD_IOC_ALLOC_MEM_FLAGS_USERPTR
#define DOORBELL	KFD_IOC_ALLOC_MEM_FLAGS_DOORBELL
#define MMIO		KFD_IOC_ALLOC_MEM_FLAGS_MMIO_REMAP
#define AQL		KFD_IOC_ALLOC_MEM_FLAGS_AQL_QUEUE_MEM
/* KFD_IOC_ALLOC_MEM_FLAGS_WRITABLE, which shifts into the sign of an int. */
#define WRITABLE	(1u << 31)

/* KFD_MAX_NUM_OF_QUEUES_PER_PROCESS (1024) doorbells of 8 bytes, kfd_doorbell_process_slice(). */
#define SLICE		8192
/* Where tests put things. */
#define VA		0x700000000000ULL
#define MIB		(1ULL << 20)

#define PAGE		4096u
#define RAM_SIZE	(4u << 20)
/* Guest memory ends one run on the host here, so that extents get split. */
#define RAM_SPLIT	(3u << 20)
#define RSP_SIZE	(64u << 10)
#define RSP_RES		77
#define MAX_FENCES	64

struct fence {
	uint32_t ctx_id;
	uint32_t ring;
	uint64_t id;
};

/* One guest. @lock and @cond guard the fences, which any thread may report. */
struct guest {
	struct virtkfd_vm *vm;
	const char *soft_gpu;
	uint32_t gpu_id;
	uint8_t *ram;
	int mapped;		/* map_guest less unmap_guest */
	uint16_t pins[RAM_SIZE / PAGE];	/* the same for each page */
	uint32_t seqno;
	pthread_mutex_t lock;
	pthread_cond_t cond;
	struct fence fences[MAX_FENCES];
	unsigned int num_fences;
	unsigned int warnings;
};

/* A context of the guest's and its response blob. */
struct gctx {
	struct guest *guest;
	uint32_t id;
	uint8_t *rsp;
};

/* The response as the guest's driver would look at it. */
struct ioctl_rsp {
	struct virtkfd_rsp_ioctl head;
	uint8_t data[RSP_SIZE - sizeof(struct virtkfd_rsp_ioctl)];
};

struct guest *guest_new(const struct virtkfd_limits *limits);
/* With another GPU than the default one. */
struct guest *guest_new_gpu(const struct virtkfd_limits *limits, const char *soft_gpu);
/* The two halves of it, for a guest without a VM first. */
struct guest *guest_bare(void);
int guest_vm_create(struct guest *guest, const struct virtkfd_limits *limits);
/* Resets the VM, checks that nothing is left of it, frees it. */
void guest_free(struct guest *guest);

/* For cmocka: *state is a struct guest with the default limits. */
int setup(void **state);
int setup_gfx906(void **state);
int teardown(void **state);
#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)
/* With either GPU */
#define TEST_GPUS(f)	TEST(f), cmocka_unit_test_setup_teardown(f, setup_gfx906, teardown)
#define IS_GFX906(guest)	((guest)->soft_gpu != NULL)

/* A context with response blob but without a role. */
struct gctx *ctx_bare(struct guest *guest, uint32_t id);
/* A context with that role. */
struct gctx *ctx_new(struct guest *guest, uint32_t id, uint32_t role);
/* As a process that has acquired the GPU. */
struct gctx *ctx_acquired(struct guest *guest, uint32_t id);
/* Destroys the context on the host too, unless it is gone there. */
void ctx_free(struct gctx *ctx);

/* Send one command whose header has @cmd and @len; the rest of the header is filled in. */
int ctx_send(struct gctx *ctx, void *cmd, uint32_t rsp_len);
/* The same, and the response's ret. */
int ctx_call(struct gctx *ctx, void *cmd);
/* VIRTKFD_CCMD_INIT */
int ctx_init(struct gctx *ctx, uint32_t role, uint32_t res_id);

/* An ioctl with its argument struct and what follows; the struct is written back. */
int kfd_raw(struct gctx *ctx, uint32_t nr, void *args, uint32_t args_len, const void *in,
	    uint32_t in_len);
#define kfd(ctx, name, args)	kfd_raw(ctx, NR(name), args, sizeof(*(args)), NULL, 0)
/* The arrays of the last response. */
const void *kfd_out(struct gctx *ctx, uint32_t *len);

int kfd_acquire(struct gctx *ctx);
int kfd_alloc(struct gctx *ctx, uint32_t flags, uint64_t va, uint64_t size, uint64_t *handle);
/* USERPTR of that many bytes of guest memory from @gpa on. */
int kfd_userptr(struct gctx *ctx, uint64_t va, uint64_t gpa, uint64_t size, uint64_t *handle);
int kfd_free(struct gctx *ctx, uint64_t handle);
/* How many bytes of guest memory are mapped, pages twice if mapped twice. */
uint64_t pinned(struct guest *guest);
/* On this one GPU; @n_success may be NULL. */
int kfd_map(struct gctx *ctx, uint64_t handle, uint32_t gpu_id, uint32_t *n_success);
int kfd_unmap(struct gctx *ctx, uint64_t handle, uint32_t gpu_id, uint32_t *n_success);
uint64_t kfd_available(struct gctx *ctx);
int kfd_event(struct gctx *ctx, uint32_t type, uint64_t page, uint32_t *id);
int kfd_event_destroy(struct gctx *ctx, uint32_t id);

/* VIRTKFD_CCMD_EVENT_POLL with a response of at most POLL_SIZE bytes at @off. */
#define POLL_SIZE	4096
int poll_send(struct gctx *control, uint32_t off, uint32_t max);
/* Its events; NULL, and the memory untouched, while it is pending. */
const struct virtkfd_event *poll_result(struct gctx *control, uint32_t off, uint32_t *num);

/* Has that fence been reported? */
bool fence_done(struct guest *guest, uint64_t id);
struct virtkfd_stats stats(struct guest *guest);

#endif /* HARNESS_H */
