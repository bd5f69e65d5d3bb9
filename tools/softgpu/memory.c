// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Access to GPU memory, each with the user's lock held for a bounded time.
 *
 * What lives here: reads, ordered loads and stores, pieces of copies and fills. What does
 * not: atomic operations (atomic.c), anything that takes more than one piece (move.c).
 */
#include <string.h>

#include "internal.h"

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* The caller holds the user's lock. */
static void *translate(struct softgpu_queue *q, uint64_t va, uint64_t *len, unsigned int access)
{
	uint64_t want = *len;
	void *ptr;

	/* What is behind the last address is another access, and a fault. */
	if (va && want > -va)
		want = *len = -va;
	q->fault = (struct softgpu_fault){ .va = va, .access = access };
	ptr = q->gpu->ops->translate(sg_vm(q), va, len, access, &q->fault);
	if (!ptr || !*len)
		return NULL;
	*len = least(*len, want);
	return ptr;
}

static void lock(struct softgpu_queue *q)
{
	q->gpu->ops->lock(sg_vm(q));
}

static void unlock(struct softgpu_queue *q)
{
	q->gpu->ops->unlock(sg_vm(q));
}

/* At most SOFTGPU_CHUNK bytes. */
int sg_read(struct softgpu_queue *q, uint64_t va, void *buf, uint64_t len)
{
	uint8_t *to = buf;
	int ret = 0;

	lock(q);
	while (len) {
		uint64_t now = len;
		const void *from = translate(q, va, &now, SOFTGPU_READ);

		if (!from) {
			ret = -EFAULT;
			break;
		}
		memcpy(to, from, now);
		to += now;
		va += now;
		len -= now;
	}
	unlock(q);
	return ret;
}

/* Aligned to the size, so it is in one piece; acquires. */
int sg_load(struct softgpu_queue *q, uint64_t va, unsigned int size, uint64_t *value)
{
	uint64_t len = size;
	const void *ptr;
	int ret = 0;

	if (va & (size - 1))
		return -EINVAL;
	lock(q);
	ptr = translate(q, va, &len, SOFTGPU_READ);
	if (!ptr || len < size)
		ret = -EFAULT;
	else if (size == 4)
		*value = __atomic_load_n((const uint32_t *)ptr, __ATOMIC_ACQUIRE);
	else
		*value = __atomic_load_n((const uint64_t *)ptr, __ATOMIC_ACQUIRE);
	unlock(q);
	return ret;
}

/* Aligned to the size, so it is in one piece; releases. */
int sg_store(struct softgpu_queue *q, uint64_t va, unsigned int size, uint64_t value)
{
	uint64_t len = size;
	void *ptr;
	int ret = 0;

	if (va & (size - 1))
		return -EINVAL;
	lock(q);
	ptr = translate(q, va, &len, SOFTGPU_WRITE);
	if (!ptr || len < size)
		ret = -EFAULT;
	else if (size == 2)
		__atomic_store_n((uint16_t *)ptr, value, __ATOMIC_RELEASE);
	else if (size == 4)
		__atomic_store_n((uint32_t *)ptr, value, __ATOMIC_RELEASE);
	else
		__atomic_store_n((uint64_t *)ptr, value, __ATOMIC_RELEASE);
	unlock(q);
	return ret;
}

/* Copies a piece and sets *len to its size. */
int sg_copy(struct softgpu_queue *q, uint64_t dst, uint64_t src, uint64_t *len)
{
	uint64_t now = least(*len, SOFTGPU_CHUNK);
	const void *from;
	void *to = NULL;

	lock(q);
	from = translate(q, src, &now, SOFTGPU_READ);
	if (from)
		to = translate(q, dst, &now, SOFTGPU_WRITE);
	if (to)
		memmove(to, from, now);
	unlock(q);
	*len = now;
	return to ? 0 : -EFAULT;
}

/* Fills a piece with the bytes of the pattern, lowest first, and sets *len to its size. */
int sg_fill(struct softgpu_queue *q, uint64_t dst, uint32_t pattern, uint64_t *len)
{
	uint64_t now = least(*len, SOFTGPU_CHUNK);
	uint64_t i;
	uint8_t *to;

	lock(q);
	to = translate(q, dst, &now, SOFTGPU_WRITE);
	if (to && pattern == (pattern & 0xff) * 0x01010101u) {
		memset(to, pattern & 0xff, now);
	} else if (to) {
		for (i = 0; i + 4 <= now; i += 4)
			memcpy(to + i, &pattern, 4);
		memcpy(to + i, &pattern, now - i);
	}
	unlock(q);
	*len = now;
	return to ? 0 : -EFAULT;
}
