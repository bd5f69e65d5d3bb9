/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtio-gpu device with AMDKFD contexts: what a guest has alive on the host,
 * and how often it came.
 *
 * What lives here: the property kfd-stats and "info virtio-gpu-amdkfd". What
 * does not: the counting, which is libvirtkfd's and where commands come in.
 */
#include "qemu/osdep.h"
#include "qapi/visitor.h"
#include "monitor/monitor.h"
#include "hw/virtio/virtio-gpu-amdkfd.h"

struct all_stats {
	struct virtkfd_stats vm;
	struct amdkfd_traffic traffic;
};

static const struct {
	const char *name;
	size_t offset;
} stats[] = {
	{ "contexts", offsetof(struct all_stats, vm.contexts) },
	{ "resources", offsetof(struct all_stats, vm.resources) },
	{ "memory", offsetof(struct all_stats, vm.memory) },
	{ "memory-bytes", offsetof(struct all_stats, vm.memory_bytes) },
	{ "pinned-bytes", offsetof(struct all_stats, vm.pinned_bytes) },
	{ "blobs", offsetof(struct all_stats, vm.blobs) },
	{ "mappings", offsetof(struct all_stats, vm.mappings) },
	{ "queues", offsetof(struct all_stats, vm.queues) },
	{ "events", offsetof(struct all_stats, vm.events) },
	{ "commands", offsetof(struct all_stats, vm.commands) },
	{ "requests", offsetof(struct all_stats, traffic.requests) },
	{ "notifications", offsetof(struct all_stats, traffic.notifications) },
	{ "doorbells", offsetof(struct all_stats, traffic.doorbells) },
};

static void read_stats(VirtIOGPUAmdkfd *s, struct all_stats *values)
{
	memset(values, 0, sizeof(*values));
	if (s->vm) {
		virtkfd_vm_stats(s->vm, &values->vm);
	}
	values->traffic = s->traffic;
}

static uint64_t stat_value(const struct all_stats *values, int i)
{
	return *(const uint64_t *)((const char *)values + stats[i].offset);
}

static void get_stats(Object *obj, Visitor *v, const char *name, void *opaque,
		      Error **errp)
{
	VirtIOGPUAmdkfd *s = VIRTIO_GPU_AMDKFD(obj);
	struct all_stats values;
	int i;

	read_stats(s, &values);
	if (!visit_start_struct(v, name, NULL, 0, errp)) {
		return;
	}
	for (i = 0; i < ARRAY_SIZE(stats); i++) {
		uint64_t value = stat_value(&values, i);

		if (!visit_type_uint64(v, stats[i].name, &value, errp)) {
			goto out;
		}
	}
	visit_check_struct(v, errp);
out:
	visit_end_struct(v, NULL);
}

static int print_stats(Object *obj, void *opaque)
{
	VirtIOGPUAmdkfd *s;
	g_autofree char *path = NULL;
	struct all_stats values;
	int i;

	s = (VirtIOGPUAmdkfd *)object_dynamic_cast(obj, TYPE_VIRTIO_GPU_AMDKFD);
	if (!s || !s->vm) {
		return 0;
	}
	path = object_get_canonical_path(obj);
	read_stats(s, &values);
	monitor_printf(opaque, "%s: backend=%s\n", path,
		       (const char *)s->capset.backend);
	for (i = 0; i < ARRAY_SIZE(stats); i++) {
		monitor_printf(opaque, "  %s: %" PRIu64 "\n", stats[i].name,
			       stat_value(&values, i));
	}
	return 0;
}

static void hmp_info_amdkfd(Monitor *mon, const QDict *qdict)
{
	object_child_foreach_recursive(object_get_root(), print_stats, mon);
}

void amdkfd_stats_class_init(ObjectClass *klass)
{
	object_class_property_add(klass, "kfd-stats", "VirtkfdStats", get_stats,
				  NULL, NULL, NULL);
	object_class_property_set_description(klass, "kfd-stats",
					      "alive on the host for the guest");
	monitor_register_hmp("virtio-gpu-amdkfd", true, hmp_info_amdkfd);
}
