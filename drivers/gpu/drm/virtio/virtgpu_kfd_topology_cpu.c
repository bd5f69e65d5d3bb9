// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * KFD's topology in sysfs: the CPU nodes.
 *
 * What lives here: which NUMA nodes of the guest are topology nodes, and the text of their
 * files. What does not: the GPU nodes, the links and sysfs itself, virtgpu_kfd_topology.c.
 *
 * As in amdkfd, every online NUMA node that has CPUs is a node, its memory is one bank
 * and its caches are not listed: user space finds those in /sys/devices/system/cpu.
 */

#include <kunit/visibility.h>
#include <linux/cpufreq.h>
#include <linux/cpumask.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/processor.h>
#include <linux/slab.h>
#include <linux/topology.h>

#include "virtgpu_kfd_topology.h"

/* Link types of the CRAT table, which KFD's sysfs shows as they are. */
#define LINK_TYPE_HYPERTRANSPORT	1
#define LINK_TYPE_QPI_1_1		5

/**
 * virtgpu_kfd_cpu_nodes() - list the guest's CPU nodes
 * @num: set to their number, at least one
 *
 * Return: an array for kfree(), or NULL if out of memory.
 */
struct virtgpu_kfd_cpu_node *virtgpu_kfd_cpu_nodes(u32 *num)
{
	struct virtgpu_kfd_cpu_node *nodes;
	unsigned int first;
	u32 max, n = 0;
	int nid;

	max = num_online_nodes();
	nodes = kcalloc(max, sizeof(*nodes), GFP_KERNEL);
	if (!nodes)
		return NULL;

	for_each_online_node(nid) {
		const struct cpumask *mask = cpumask_of_node(nid);

		first = cpumask_first(mask);
		if (n == max || first >= nr_cpu_ids)
			continue;

		nodes[n].nid = nid;
		nodes[n].cores = cpumask_weight(mask);
#ifdef CONFIG_X86
		nodes[n].core_id_base = cpu_data(first).topo.apicid;
#else
		nodes[n].core_id_base = first;
#endif
		n++;
	}

	*num = n;
	return nodes;
}
EXPORT_SYMBOL_IF_KUNIT(virtgpu_kfd_cpu_nodes);

/**
 * virtgpu_kfd_cpu_link_type() - type of the links between CPU nodes
 *
 * Return: the value of a link's property "type".
 */
u32 virtgpu_kfd_cpu_link_type(void)
{
#ifdef CONFIG_X86
	if (boot_cpu_data.x86_vendor == X86_VENDOR_AMD)
		return LINK_TYPE_HYPERTRANSPORT;
#endif
	return LINK_TYPE_QPI_1_1;
}

/**
 * virtgpu_kfd_cpu_properties() - text of a CPU node's file "properties"
 * @node: node
 * @io_links: number of links that start at the node
 *
 * Return: a string for kfree(), or NULL if out of memory.
 */
char *virtgpu_kfd_cpu_properties(const struct virtgpu_kfd_cpu_node *node, u32 io_links)
{
	return kasprintf(GFP_KERNEL,
			 "cpu_cores_count %u\n"
			 "simd_count 0\n"
			 "mem_banks_count 1\n"
			 "caches_count 0\n"
			 "io_links_count %u\n"
			 "p2p_links_count 0\n"
			 "cpu_core_id_base %u\n"
			 "simd_id_base 0\n"
			 "max_waves_per_simd 0\n"
			 "lds_size_in_kb 0\n"
			 "gds_size_in_kb 0\n"
			 "num_gws 0\n"
			 "wave_front_size 0\n"
			 "array_count 0\n"
			 "simd_arrays_per_engine 0\n"
			 "cu_per_simd_array 0\n"
			 "simd_per_cu 0\n"
			 "max_slots_scratch_cu 0\n"
			 "gfx_target_version 0\n"
			 "vendor_id 0\n"
			 "device_id 0\n"
			 "location_id 0\n"
			 "domain 0\n"
			 "drm_render_minor 0\n"
			 "hive_id 0\n"
			 "num_sdma_engines 0\n"
			 "num_sdma_xgmi_engines 0\n"
			 "num_sdma_queues_per_engine 0\n"
			 "num_cp_queues 0\n"
			 "cwsr_size 0\n"
			 "ctl_stack_size 0\n"
			 "max_engine_clk_ccompute %u\n",
			 node->cores, io_links, node->core_id_base,
			 cpufreq_quick_get_max(0) / 1000);
}
EXPORT_SYMBOL_IF_KUNIT(virtgpu_kfd_cpu_properties);

/**
 * virtgpu_kfd_cpu_mem_bank() - text of a CPU node's file "mem_banks/0/properties"
 * @node: node
 *
 * Return: a string for kfree(), or NULL if out of memory.
 */
char *virtgpu_kfd_cpu_mem_bank(const struct virtgpu_kfd_cpu_node *node)
{
	pg_data_t *pgdat = NODE_DATA(node->nid);
	u64 pages = 0;
	int zone;

	for (zone = 0; zone < MAX_NR_ZONES; zone++)
		pages += zone_managed_pages(&pgdat->node_zones[zone]);

	return kasprintf(GFP_KERNEL,
			 "heap_type 0\n"
			 "size_in_bytes %llu\n"
			 "flags 0\n"
			 "width 0\n"
			 "mem_clk_max 0\n",
			 pages << PAGE_SHIFT);
}
EXPORT_SYMBOL_IF_KUNIT(virtgpu_kfd_cpu_mem_bank);
