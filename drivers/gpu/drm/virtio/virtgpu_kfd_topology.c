// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * KFD's topology in sysfs: /sys/devices/virtual/kfd/kfd/topology.
 *
 * What lives here: reading the GPU nodes from the host, and the whole tree in sysfs with the
 * links between the nodes. What does not: the text of the GPU nodes,
 * virtgpu_kfd_topology_text.c, and of the CPU nodes, virtgpu_kfd_topology_cpu.c.
 *
 * CPU nodes come first, then a node for each GPU. A GPU's files are the host's, value for
 * value, but for the properties that only the guest can know: its render node, its links.
 * Everything is text that is made once, so showing a file needs no lock: it exists as long
 * as its directory, and sysfs waits for readers before it lets go of that.
 */

#include <kunit/visibility.h>
#include <linux/device.h>
#include <linux/device_cgroup.h>
#include <linux/kfd_sysfs.h>
#include <linux/kobject.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/topology.h>

#include <drm/drm_device.h>
#include <drm/drm_print.h>

#include "virtgpu_kfd.h"
#include "virtgpu_kfd_topology.h"

#define TOPOLOGY_FIRST_READ	SZ_64K
#define GPU_ID_MAX		0xffff	/* what fits KFD's mmap offsets */
#define DOORBELL_SIZE_MAX	SZ_1M

#define HEAP_TYPE_FB_PUBLIC	1

#define LINK_TYPE_PCIE		2
#define LINK_WEIGHT_PCIE	20
#define LINK_ENABLED		0x1
#define LINK_NON_COHERENT	0x2

/**
 * struct topology_dir - a directory of the tree
 * @kobj: its kobject; frees the whole when it goes
 * @node: in virtgpu_kfd_topology.dirs
 * @minor: render node whose device cgroup decides who may read the files, 0 for all
 * @num_files: used entries of @files
 * @files: its files
 */
struct topology_dir {
	struct kobject kobj;
	struct list_head node;
	u32 minor;
	u32 num_files;
	struct topology_file {
		struct attribute attr;
		struct topology_dir *dir;
		char *text;
		size_t len;
	} files[3];
};

/**
 * struct virtgpu_kfd_topology - the tree
 * @dirs: its directories, parents before their children
 * @cpus: CPU nodes
 * @num_cpus: their number; the GPUs' nodes follow
 */
struct virtgpu_kfd_topology {
	struct list_head dirs;
	struct virtgpu_kfd_cpu_node *cpus;
	u32 num_cpus;
};

static int check_gpu(struct virtgpu_kfd *kfd, u32 index, const struct virtkfd_rsp_topology *rsp)
{
	u32 i;

	if (!rsp->gpu_id || rsp->gpu_id > GPU_ID_MAX || rsp->pad)
		return -EIO;
	for (i = 0; i < index; i++)
		if (kfd->gpus[i].gpu_id == rsp->gpu_id)
			return -EIO;

	if (!rsp->doorbell_size || rsp->doorbell_size > DOORBELL_SIZE_MAX ||
	    !PAGE_ALIGNED(rsp->doorbell_size))
		return -EIO;
	return 0;
}

static int read_gpu(struct virtgpu_kfd *kfd, u32 index)
{
	struct virtkfd_ccmd_topology cmd = {
		.hdr.cmd = VIRTKFD_CCMD_TOPOLOGY,
		.index = index,
	};
	struct virtgpu_kfd_gpu *gpu = &kfd->gpus[index];
	struct virtgpu_kfd_topology_files *files;
	struct virtkfd_rsp_topology *rsp;
	u32 size = TOPOLOGY_FIRST_READ, len;
	int ret;

	for (;;) {
		rsp = kvzalloc(size, GFP_KERNEL);
		if (!rsp)
			return -ENOMEM;

		ret = virtgpu_kfd_call(kfd->control, &cmd.hdr, sizeof(cmd), &rsp->rsp, size);
		if (ret)
			goto err_free;

		len = rsp->rsp.len;
		if (len <= size)
			break;

		/* It may have been too long once; it does not grow without end. */
		ret = -EIO;
		if (size != TOPOLOGY_FIRST_READ || len > VIRTGPU_KFD_TOPOLOGY_MAX)
			goto err_free;
		size = len;
		kvfree(rsp);
	}

	ret = -EIO;
	if (len < sizeof(*rsp) || check_gpu(kfd, index, rsp))
		goto err_free;

	files = virtgpu_kfd_topology_parse(rsp + 1, len - sizeof(*rsp), rsp->num_files);
	if (IS_ERR(files)) {
		ret = PTR_ERR(files);
		goto err_free;
	}
	files->data = rsp;

	gpu->gpu_id = rsp->gpu_id;
	gpu->doorbell_size = rsp->doorbell_size;
	gpu->files = files;
	return 0;

err_free:
	kvfree(rsp);
	return ret;
}

/**
 * virtgpu_kfd_topology_read() - read the GPUs' nodes from the host
 * @kfd: device; its array of GPUs is there, its control context works
 *
 * Fills what &struct virtgpu_kfd_gpu has from the host. virtgpu_kfd_topology_fini() frees
 * the text.
 *
 * Return: 0 or a negative errno; -EIO if the host's answer is not acceptable.
 */
int virtgpu_kfd_topology_read(struct virtgpu_kfd *kfd)
{
	u32 i;
	int ret;

	for (i = 0; i < kfd->num_gpus; i++) {
		ret = read_gpu(kfd, i);
		if (ret) {
			drm_err(kfd->vgdev->ddev, "kfd: GPU %u has no usable topology node (%pe)\n",
				i, ERR_PTR(ret));
			return ret;
		}
	}
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(virtgpu_kfd_topology_read);

static ssize_t topology_show(struct kobject *kobj, struct attribute *attr, char *buf)
{
	struct topology_file *file = container_of(attr, struct topology_file, attr);

	if (file->dir->minor &&
	    devcgroup_check_permission(DEVCG_DEV_CHAR, DRM_MAJOR, file->dir->minor,
				       DEVCG_ACC_WRITE | DEVCG_ACC_READ))
		return -EPERM;

	memcpy(buf, file->text, file->len);
	return file->len;
}

static void topology_release(struct kobject *kobj)
{
	struct topology_dir *dir = container_of(kobj, struct topology_dir, kobj);
	u32 i;

	for (i = 0; i < dir->num_files; i++)
		kfree(dir->files[i].text);
	kfree(dir);
}

static const struct sysfs_ops topology_ops = {
	.show = topology_show,
};

static const struct kobj_type topology_ktype = {
	.release = topology_release,
	.sysfs_ops = &topology_ops,
};

static struct topology_dir *add_dir(struct virtgpu_kfd_topology *topology,
				    struct kobject *parent, u32 minor, const char *name)
{
	struct topology_dir *dir;
	int ret;

	dir = kzalloc_obj(*dir);
	if (!dir)
		return ERR_PTR(-ENOMEM);

	dir->minor = minor;
	ret = kobject_init_and_add(&dir->kobj, &topology_ktype, parent, "%s", name);
	if (ret) {
		kobject_put(&dir->kobj);
		return ERR_PTR(ret);
	}

	list_add_tail(&dir->node, &topology->dirs);
	return dir;
}

static struct topology_dir *add_indexed_dir(struct virtgpu_kfd_topology *topology,
					    struct topology_dir *parent, u32 minor, u32 index)
{
	char name[12];

	snprintf(name, sizeof(name), "%u", index);
	return add_dir(topology, &parent->kobj, minor, name);
}

/* Takes @text, whatever it returns. */
static int add_file(struct topology_dir *dir, const char *name, char *text, size_t len)
{
	struct topology_file *file = &dir->files[dir->num_files];

	if (!text)
		return -ENOMEM;
	if (len > VIRTGPU_KFD_TOPOLOGY_TEXT_MAX ||
	    WARN_ON_ONCE(dir->num_files == ARRAY_SIZE(dir->files))) {
		kfree(text);
		return -E2BIG;
	}

	file->dir = dir;
	file->text = text;
	file->len = len;
	dir->num_files++;

	file->attr.name = name;
	file->attr.mode = 0444;
	sysfs_attr_init(&file->attr);
	return sysfs_create_file(&dir->kobj, &file->attr);
}

static int add_text(struct topology_dir *dir, const char *name, char *text)
{
	return add_file(dir, name, text, text ? strlen(text) : 0);
}

static int add_copy(struct topology_dir *dir, const char *name, const char *text, size_t len)
{
	return add_file(dir, name, kmemdup(text, len, GFP_KERNEL), len);
}

/* A directory "<index>" with one file "properties"; takes @text. */
static int add_entry(struct virtgpu_kfd_topology *topology, struct topology_dir *parent,
		     u32 index, char *text, size_t len)
{
	struct topology_dir *dir = add_indexed_dir(topology, parent, parent->minor, index);

	if (IS_ERR(dir)) {
		kfree(text);
		return PTR_ERR(dir);
	}
	return add_file(dir, "properties", text, len);
}

/**
 * struct topology_node - a node while it is being made
 * @dir: its directory
 * @mem_banks: subdirectory
 * @caches: subdirectory
 * @io_links: subdirectory
 * @num_links: entries in @io_links
 */
struct topology_node {
	struct topology_dir *dir;
	struct topology_dir *mem_banks;
	struct topology_dir *caches;
	struct topology_dir *io_links;
	u32 num_links;
};

static int add_node(struct virtgpu_kfd_topology *topology, struct topology_dir *nodes,
		    struct topology_node *node, u32 index, u32 minor)
{
	struct topology_dir *dir;

	node->dir = add_indexed_dir(topology, nodes, minor, index);
	if (IS_ERR(node->dir))
		return PTR_ERR(node->dir);

	node->mem_banks = add_dir(topology, &node->dir->kobj, minor, "mem_banks");
	if (IS_ERR(node->mem_banks))
		return PTR_ERR(node->mem_banks);

	node->caches = add_dir(topology, &node->dir->kobj, minor, "caches");
	if (IS_ERR(node->caches))
		return PTR_ERR(node->caches);

	node->io_links = add_dir(topology, &node->dir->kobj, minor, "io_links");
	if (IS_ERR(node->io_links))
		return PTR_ERR(node->io_links);

	dir = add_dir(topology, &node->dir->kobj, minor, "p2p_links");
	if (IS_ERR(dir))
		return PTR_ERR(dir);

	dir = add_dir(topology, &node->dir->kobj, minor, "perf");
	return PTR_ERR_OR_ZERO(dir);
}

/**
 * struct topology_link - a link from one node to another
 * @type: as in the CRAT table
 * @to: node
 * @weight: distance
 * @sdma_mask: engines recommended for copies
 * @flags: LINK_*
 */
struct topology_link {
	u32 type;
	u32 to;
	u32 weight;
	u32 sdma_mask;
	u32 flags;
};

static int add_link(struct virtgpu_kfd_topology *topology, struct topology_node *nodes, u32 from,
		    const struct topology_link *link)
{
	char *text;

	/* The guest knows nothing of latencies and bandwidths: 0 says so. */
	text = kasprintf(GFP_KERNEL,
			 "type %u\n"
			 "version_major 0\n"
			 "version_minor 0\n"
			 "node_from %u\n"
			 "node_to %u\n"
			 "weight %u\n"
			 "min_latency 0\n"
			 "max_latency 0\n"
			 "min_bandwidth 0\n"
			 "max_bandwidth 0\n"
			 "recommended_transfer_size 0\n"
			 "recommended_sdma_engine_id_mask %u\n"
			 "flags %u\n",
			 link->type, from, link->to, link->weight, link->sdma_mask, link->flags);
	if (!text)
		return -ENOMEM;

	return add_entry(topology, nodes[from].io_links, nodes[from].num_links++, text,
			 strlen(text));
}

static const char *gpu_file(const struct virtgpu_kfd_gpu *gpu, u32 kind, u32 index, size_t *len)
{
	u32 i;

	for (i = 0; i < gpu->files->num; i++) {
		if (gpu->files->file[i].kind != kind || index--)
			continue;
		*len = gpu->files->file[i].len;
		return gpu->files->file[i].text;
	}
	return NULL;
}

/* Whether the CPU reaches all of the GPU's memory, which makes the link go both ways. */
static bool gpu_is_large_bar(const struct virtgpu_kfd_gpu *gpu)
{
	const char *text;
	size_t len;
	u64 heap;

	text = gpu_file(gpu, VIRTKFD_TOPOLOGY_MEM_BANK, 0, &len);
	return text && virtgpu_kfd_topology_get(text, len, "heap_type", &heap) &&
	       heap == HEAP_TYPE_FB_PUBLIC;
}

static u32 gpu_sdma_mask(const struct virtgpu_kfd_gpu *gpu)
{
	const char *text;
	u64 engines;
	size_t len;

	text = gpu_file(gpu, VIRTKFD_TOPOLOGY_PROPERTIES, 0, &len);
	if (!virtgpu_kfd_topology_get(text, len, "num_sdma_engines", &engines) || !engines)
		return 0;
	return GENMASK(min_t(u64, engines, 32) - 1, 0);
}

static int add_gpu_links(struct virtgpu_kfd *kfd, struct topology_node *nodes, u32 index)
{
	struct virtgpu_kfd_topology *topology = kfd->topology;
	struct virtgpu_kfd_gpu *gpu = &kfd->gpus[index];
	struct topology_link link = {
		.type = LINK_TYPE_PCIE,
		.weight = LINK_WEIGHT_PCIE,
		.flags = LINK_ENABLED,
	};
	int nid = dev_to_node(kfd->vgdev->ddev->dev);
	bool both = gpu_is_large_bar(gpu);
	u32 cpu, node = topology->num_cpus + index;
	int ret;

	for (cpu = 0; cpu < topology->num_cpus; cpu++)
		if (topology->cpus[cpu].nid == nid)
			break;
	if (cpu == topology->num_cpus)
		cpu = 0;

	if (both)
		link.sdma_mask = gpu_sdma_mask(gpu);
	link.to = cpu;
	ret = add_link(topology, nodes, node, &link);
	if (ret || !both)
		return ret;

	link.to = node;
	link.flags |= LINK_NON_COHERENT;
	return add_link(topology, nodes, cpu, &link);
}

static int add_links(struct virtgpu_kfd *kfd, struct topology_node *nodes)
{
	struct virtgpu_kfd_topology *topology = kfd->topology;
	u32 i, j;
	int ret;

	for (i = 0; i < topology->num_cpus; i++) {
		for (j = 0; j < topology->num_cpus; j++) {
			struct topology_link link = {
				.type = virtgpu_kfd_cpu_link_type(),
				.to = j,
				.weight = node_distance(topology->cpus[i].nid,
							topology->cpus[j].nid),
			};

			if (i == j)
				continue;
			ret = add_link(topology, nodes, i, &link);
			if (ret)
				return ret;
		}
	}

	for (i = 0; i < kfd->num_gpus; i++) {
		ret = add_gpu_links(kfd, nodes, i);
		if (ret)
			return ret;
	}
	return 0;
}

static int add_cpu_files(struct virtgpu_kfd_topology *topology, struct topology_node *node,
			 const struct virtgpu_kfd_cpu_node *cpu)
{
	char *text;
	int ret;

	ret = add_copy(node->dir, "gpu_id", "0\n", 2);
	if (!ret)
		ret = add_copy(node->dir, "name", "\n", 1);
	if (!ret)
		ret = add_text(node->dir, "properties",
			       virtgpu_kfd_cpu_properties(cpu, node->num_links));
	if (ret)
		return ret;

	text = virtgpu_kfd_cpu_mem_bank(cpu);
	return add_entry(topology, node->mem_banks, 0, text, text ? strlen(text) : 0);
}

static int add_gpu_file(struct virtgpu_kfd_topology *topology, struct topology_node *node,
			const struct virtgpu_kfd_gpu *gpu, u32 kind, const char *text, size_t len,
			u32 *banks, u32 *caches)
{
	struct virtgpu_kfd_topology_value values[] = {
		{ "cpu_cores_count", 0 },
		{ "cpu_core_id_base", 0 },
		{ "io_links_count", node->num_links },
		{ "p2p_links_count", 0 },
		{ "drm_render_minor", gpu->render->render->index },
		{ "capability" },
	};
	unsigned int num = ARRAY_SIZE(values);
	char *copy;
	u64 value;

	switch (kind) {
	case VIRTKFD_TOPOLOGY_NAME:
		return add_copy(node->dir, "name", text, len);
	case VIRTKFD_TOPOLOGY_PROPERTIES:
		/* HIP would have memory of it, and AMDKFD_IOC_SVM is refused. */
		if (virtgpu_kfd_topology_get(text, len, "capability", &value))
			values[num - 1].value = value & ~(u64)HSA_CAP_SVMAPI_SUPPORTED;
		else
			num--;
		copy = virtgpu_kfd_topology_override(text, len, values, num, &len);
		return add_file(node->dir, "properties", copy, len);
	case VIRTKFD_TOPOLOGY_MEM_BANK:
		return add_entry(topology, node->mem_banks, (*banks)++,
				 kmemdup(text, len, GFP_KERNEL), len);
	default:
		return add_entry(topology, node->caches, (*caches)++,
				 kmemdup(text, len, GFP_KERNEL), len);
	}
}

static int add_gpu_files(struct virtgpu_kfd_topology *topology, struct topology_node *node,
			 const struct virtgpu_kfd_gpu *gpu)
{
	u32 i, banks = 0, caches = 0;
	int ret;

	ret = add_text(node->dir, "gpu_id", kasprintf(GFP_KERNEL, "%u\n", gpu->gpu_id));
	for (i = 0; !ret && i < gpu->files->num; i++)
		ret = add_gpu_file(topology, node, gpu, gpu->files->file[i].kind,
				   gpu->files->file[i].text, gpu->files->file[i].len, &banks,
				   &caches);
	return ret;
}

static int add_nodes(struct virtgpu_kfd *kfd, struct topology_dir *dir)
{
	struct virtgpu_kfd_topology *topology = kfd->topology;
	struct topology_node *nodes;
	u32 i;
	int ret = 0;

	nodes = kcalloc(kfd->num_nodes, sizeof(*nodes), GFP_KERNEL);
	if (!nodes)
		return -ENOMEM;

	for (i = 0; !ret && i < kfd->num_nodes; i++)
		ret = add_node(topology, dir, &nodes[i], i, i < topology->num_cpus ? 0 :
			       kfd->gpus[i - topology->num_cpus].render->render->index);
	if (!ret)
		ret = add_links(kfd, nodes);
	for (i = 0; !ret && i < topology->num_cpus; i++)
		ret = add_cpu_files(topology, &nodes[i], &topology->cpus[i]);
	for (i = 0; !ret && i < kfd->num_gpus; i++)
		ret = add_gpu_files(topology, &nodes[topology->num_cpus + i], &kfd->gpus[i]);

	kfree(nodes);
	return ret;
}

/**
 * virtgpu_kfd_topology_init() - add the topology to sysfs
 * @kfd: device; its GPUs have been read and have their render nodes
 * @dev: class device "kfd"
 *
 * Sets &virtgpu_kfd.num_nodes. virtgpu_kfd_topology_fini() undoes it, also after an error.
 *
 * Return: 0 or a negative errno.
 */
int virtgpu_kfd_topology_init(struct virtgpu_kfd *kfd, struct device *dev)
{
	static const char properties[] = "platform_oem 0\nplatform_id 0\nplatform_rev 0\n";
	struct virtgpu_kfd_topology *topology;
	struct topology_dir *root, *dir;
	int ret;

	topology = kzalloc_obj(*topology);
	if (!topology)
		return -ENOMEM;
	INIT_LIST_HEAD(&topology->dirs);
	kfd->topology = topology;

	topology->cpus = virtgpu_kfd_cpu_nodes(&topology->num_cpus);
	if (!topology->cpus)
		return -ENOMEM;
	kfd->num_nodes = topology->num_cpus + kfd->num_gpus;

	root = add_dir(topology, &dev->kobj, 0, "topology");
	if (IS_ERR(root))
		return PTR_ERR(root);

	dir = add_dir(topology, &root->kobj, 0, "nodes");
	if (IS_ERR(dir))
		return PTR_ERR(dir);

	ret = add_nodes(kfd, dir);
	if (ret)
		return ret;

	ret = add_copy(root, "system_properties", properties, strlen(properties));
	if (ret)
		return ret;

	/* As amdkfd counts: one for the CPUs, one for each GPU that came. */
	return add_text(root, "generation_id",
			kasprintf(GFP_KERNEL, "%u\n", 1 + kfd->num_gpus));
}

/**
 * virtgpu_kfd_topology_fini() - remove the topology from sysfs and free its text
 * @kfd: device; virtgpu_kfd_topology_init() and virtgpu_kfd_topology_read() may have failed
 *	or not have run
 */
void virtgpu_kfd_topology_fini(struct virtgpu_kfd *kfd)
{
	struct virtgpu_kfd_topology *topology = kfd->topology;
	struct topology_dir *dir, *tmp;
	u32 i;

	if (topology) {
		list_for_each_entry_safe_reverse(dir, tmp, &topology->dirs, node) {
			list_del(&dir->node);
			kobject_del(&dir->kobj);
			kobject_put(&dir->kobj);
		}
		kfree(topology->cpus);
		kfree(topology);
		kfd->topology = NULL;
	}

	for (i = 0; kfd->gpus && i < kfd->num_gpus; i++) {
		if (!kfd->gpus[i].files)
			continue;
		kvfree(kfd->gpus[i].files->data);
		kvfree(kfd->gpus[i].files);
		kfd->gpus[i].files = NULL;
	}
}
EXPORT_SYMBOL_IF_KUNIT(virtgpu_kfd_topology_fini);
