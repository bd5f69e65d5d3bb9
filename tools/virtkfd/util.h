/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The kernel's idioms that libc lacks, and the allocator of small numbers that core and
 * software backend share. Trees are libc's tsearch(3), lists its <sys/queue.h>.
 */
#ifndef VIRTKFD_UTIL_H
#define VIRTKFD_UTIL_H

#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define ALIGN_DOWN(x, a)	((x) & ~((__typeof__(x))(a) - 1))
#define ALIGN_UP(x, a)		ALIGN_DOWN((x) + ((a) - 1), a)
#define MIN(a, b)		((a) < (b) ? (a) : (b))
#define MAX(a, b)		((a) > (b) ? (a) : (b))
#define container_of(ptr, type, member) \
	((type *)((char *)(ptr) - offsetof(type, member)))

/**
 * struct vk_ids - numbers for objects, the lowest free one first (the kernel's idr_alloc)
 * @slots: object of each number, NULL where free
 * @num_slots: elements of @slots
 * @first_free: no number below it is free
 * @count: numbers in use
 *
 * Zeroed memory is an empty one.
 */
struct vk_ids {
	void **slots;
	uint32_t num_slots;
	uint32_t first_free;
	uint32_t count;
};

/* The number, below @max; -ENOSPC, -ENOMEM. */
int64_t vk_ids_alloc(struct vk_ids *ids, void *obj, uint32_t max);
void *vk_ids_find(const struct vk_ids *ids, uint32_t id);
/* The object that had the number, or NULL. */
void *vk_ids_remove(struct vk_ids *ids, uint32_t id);
/* Forgets all numbers. */
void vk_ids_destroy(struct vk_ids *ids);

#endif /* VIRTKFD_UTIL_H */
