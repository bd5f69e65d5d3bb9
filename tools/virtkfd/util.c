// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Allocator of small numbers, see util.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

int64_t vk_ids_alloc(struct vk_ids *ids, void *obj, uint32_t max)
{
	uint32_t id = ids->first_free;

	while (id < ids->num_slots && ids->slots[id])
		id++;
	if (id >= max)
		return -ENOSPC;
	if (id >= ids->num_slots) {
		size_t num = ids->num_slots ? 2 * (size_t)ids->num_slots : 16;
		void **slots;

		if (num > UINT32_MAX)
			return -ENOSPC;
		slots = realloc(ids->slots, num * sizeof(*slots));
		if (!slots)
			return -ENOMEM;
		memset(slots + ids->num_slots, 0, (num - ids->num_slots) * sizeof(*slots));
		ids->slots = slots;
		ids->num_slots = num;
	}
	ids->slots[id] = obj;
	ids->first_free = id + 1;
	ids->count++;
	return id;
}

void *vk_ids_find(const struct vk_ids *ids, uint32_t id)
{
	return id < ids->num_slots ? ids->slots[id] : NULL;
}

void *vk_ids_remove(struct vk_ids *ids, uint32_t id)
{
	void *obj = vk_ids_find(ids, id);

	if (!obj)
		return NULL;
	ids->slots[id] = NULL;
	if (id < ids->first_free)
		ids->first_free = id;
	ids->count--;
	return obj;
}

void vk_ids_destroy(struct vk_ids *ids)
{
	free(ids->slots);
	memset(ids, 0, sizeof(*ids));
}
