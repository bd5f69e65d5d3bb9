/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * KFD's topology in sysfs: what its source files share with each other and with their
 * KUnit tests. What the rest of the driver sees of it is in virtgpu_kfd.h.
 */
#ifndef VIRTGPU_KFD_TOPOLOGY_H
#define VIRTGPU_KFD_TOPOLOGY_H

#include <linux/sizes.h>
#include <linux/types.h>

/* KFD's user space reads a file of the topology in one go, into a buffer of this size. */
#define VIRTGPU_KFD_TOPOLOGY_TEXT_MAX	(SZ_4K - 1)

/* Caches are by far the most files: an MI300X has about 500. */
#define VIRTGPU_KFD_TOPOLOGY_FILES_MAX	8192

/**
 * struct virtgpu_kfd_topology_files - a GPU node's files, checked
 * @data: the host's response, which the text is in
 * @num: entries of @file
 * @file: the files in the host's order
 * @file.kind: VIRTKFD_TOPOLOGY_*
 * @file.len: bytes of @file.text
 * @file.text: lines as the host sent them; not NUL-terminated
 */
struct virtgpu_kfd_topology_files {
	void *data;
	u32 num;
	struct {
		u16 kind;
		u16 len;
		const char *text;
	} file[] __counted_by(num);
};

/**
 * struct virtgpu_kfd_topology_value - a property that the guest puts in the host's place
 * @name: of the property
 * @value: its value
 */
struct virtgpu_kfd_topology_value {
	const char *name;
	u64 value;
};

/**
 * struct virtgpu_kfd_cpu_node - a NUMA node of the guest as a topology node
 * @nid: NUMA node
 * @cores: CPUs in it
 * @core_id_base: APIC id of its first CPU
 */
struct virtgpu_kfd_cpu_node {
	int nid;
	u32 cores;
	u32 core_id_base;
};

/* virtgpu_kfd_topology_text.c */
struct virtgpu_kfd_topology_files *virtgpu_kfd_topology_parse(const void *data, size_t len,
							      u32 num);
bool virtgpu_kfd_topology_get(const char *text, size_t len, const char *name, u64 *value);
char *virtgpu_kfd_topology_override(const char *text, size_t len,
				    const struct virtgpu_kfd_topology_value *values,
				    unsigned int num, size_t *out_len);

/* virtgpu_kfd_topology_cpu.c */
struct virtgpu_kfd_cpu_node *virtgpu_kfd_cpu_nodes(u32 *num);
u32 virtgpu_kfd_cpu_link_type(void);
char *virtgpu_kfd_cpu_properties(const struct virtgpu_kfd_cpu_node *node, u32 io_links);
char *virtgpu_kfd_cpu_mem_bank(const struct virtgpu_kfd_cpu_node *node);

#endif /* VIRTGPU_KFD_TOPOLOGY_H */
