// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * AMDKFD native context of virtio-gpu: KFD's processes in sysfs,
 * /sys/devices/virtual/kfd/kfd/proc.
 *
 * What lives here: a directory for each process, one in it for each further context of the
 * process, and the files in them. What does not: the numbers, which their owners count.
 *
 * Nothing that a file shows is asked of the host, so reading never waits. Who ends a process
 * removes its directory first, and that waits for readers.
 */
#include <linux/device.h>
#include <linux/kobject.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "virtgpu_kfd.h"

/**
 * struct procfs_file - a file with a number
 * @attr: its attribute
 * @name: its name, "vram_" with a gpu_id of 16 bits at most
 * @value: the number; NULL for 0
 */
struct procfs_file {
	struct attribute attr;
	char name[16];
	const atomic64_t *value;
};

/**
 * struct virtgpu_kfd_procfs - the directory of a process
 * @kobj: its kobject; frees the whole when it goes
 * @queues: the subdirectory queues
 * @queue_list: what is in it
 * @num_files: entries of @files
 * @files: its files
 */
struct virtgpu_kfd_procfs {
	struct kobject kobj;
	struct kobject *queues;
	struct list_head queue_list;
	u32 num_files;
	struct procfs_file files[] __counted_by(num_files);
};

/**
 * struct procfs_queue - the directory of a queue
 * @kobj: its kobject; frees the whole when it goes
 * @node: in virtgpu_kfd_procfs.queue_list
 * @id: queue
 * @gpu_id: its GPU
 * @type: as amdkfd numbers them inside
 * @size: bytes of the ring
 */
struct procfs_queue {
	struct kobject kobj;
	struct list_head node;
	u32 id;
	u32 gpu_id;
	u32 type;
	u64 size;
};

static ssize_t procfs_show(struct kobject *kobj, struct attribute *attr, char *buf)
{
	struct procfs_file *file = container_of(attr, struct procfs_file, attr);

	return sysfs_emit(buf, "%llu\n", file->value ? (u64)atomic64_read(file->value) : 0);
}

static void procfs_release(struct kobject *kobj)
{
	kfree(container_of(kobj, struct virtgpu_kfd_procfs, kobj));
}

static const struct sysfs_ops procfs_ops = {
	.show = procfs_show,
};

static const struct kobj_type procfs_ktype = {
	.release = procfs_release,
	.sysfs_ops = &procfs_ops,
};

static struct attribute procfs_queue_size = { .name = "size", .mode = 0444 };
static struct attribute procfs_queue_type = { .name = "type", .mode = 0444 };
static struct attribute procfs_queue_gpuid = { .name = "gpuid", .mode = 0444 };

static struct attribute *procfs_queue_attrs[] = {
	&procfs_queue_size,
	&procfs_queue_type,
	&procfs_queue_gpuid,
	NULL
};
ATTRIBUTE_GROUPS(procfs_queue);

static ssize_t procfs_queue_show(struct kobject *kobj, struct attribute *attr, char *buf)
{
	struct procfs_queue *queue = container_of(kobj, struct procfs_queue, kobj);

	if (attr == &procfs_queue_size)
		return sysfs_emit(buf, "%llu\n", queue->size);
	return sysfs_emit(buf, "%u\n",
			  attr == &procfs_queue_type ? queue->type : queue->gpu_id);
}

static void procfs_queue_release(struct kobject *kobj)
{
	kfree(container_of(kobj, struct procfs_queue, kobj));
}

static const struct sysfs_ops procfs_queue_ops = {
	.show = procfs_queue_show,
};

static const struct kobj_type procfs_queue_ktype = {
	.release = procfs_queue_release,
	.sysfs_ops = &procfs_queue_ops,
	.default_groups = procfs_queue_groups,
};

static void del_kobj(struct kobject *kobj)
{
	kobject_del(kobj);
	kobject_put(kobj);
}

static int add_file(struct virtgpu_kfd_procfs *dir, u32 index, const char *name, u32 gpu_id,
		    const atomic64_t *value)
{
	struct procfs_file *file = &dir->files[index];

	if (gpu_id)
		snprintf(file->name, sizeof(file->name), "%s_%u", name, gpu_id);
	else
		strscpy(file->name, name);
	file->value = value;
	file->attr.name = file->name;
	file->attr.mode = 0444;
	sysfs_attr_init(&file->attr);
	return sysfs_create_file(&dir->kobj, &file->attr);
}

/* PASIDs are the host's business, and nobody counts what the DMA engines do. */
static int add_files(struct virtgpu_kfd_procfs *dir, struct virtgpu_kfd_process *process)
{
	struct virtgpu_kfd *kfd = process->kfd;
	int ret;
	u32 i;

	ret = add_file(dir, 0, "pasid", 0, NULL);
	for (i = 0; !ret && i < kfd->num_gpus; i++) {
		ret = add_file(dir, 1 + 2 * i, "vram", kfd->gpus[i].gpu_id, &process->vms[i].vram);
		if (!ret)
			ret = add_file(dir, 2 + 2 * i, "sdma", kfd->gpus[i].gpu_id, NULL);
	}
	return ret;
}

/* Is there a directory of that name? An earlier image of the program may still have it. */
static bool is_taken(struct virtgpu_kfd *kfd, const char *name)
{
	struct kobject *kobj = kset_find_obj(kfd->procs, name);

	kobject_put(kobj);
	return kobj;
}

static struct virtgpu_kfd_procfs *new_dir(struct virtgpu_kfd_process *process)
{
	struct virtgpu_kfd *kfd = process->kfd;
	struct virtgpu_kfd_procfs *dir;
	u32 num_files = 1 + 2 * kfd->num_gpus;
	char name[24];
	int ret;

	dir = kzalloc_flex(*dir, files, num_files);
	if (!dir)
		return NULL;
	dir->num_files = num_files;
	INIT_LIST_HEAD(&dir->queue_list);

	if (process->primary) {
		snprintf(name, sizeof(name), "context_%d", process->context_id);
		ret = kobject_init_and_add(&dir->kobj, &procfs_ktype,
					   &process->primary->procfs->kobj, "%s", name);
	} else {
		snprintf(name, sizeof(name), "%d", task_tgid_nr(process->lead_thread));
		if (is_taken(kfd, name))
			flush_workqueue(kfd->wq);
		if (is_taken(kfd, name)) {
			kfree(dir);
			return NULL;
		}
		dir->kobj.kset = kfd->procs;
		ret = kobject_init_and_add(&dir->kobj, &procfs_ktype, NULL, "%s", name);
	}
	if (ret) {
		kobject_put(&dir->kobj);
		return NULL;
	}
	return dir;
}

/**
 * virtgpu_kfd_procfs_add() - add a process's directory
 * @process: process, new, virtgpu_kfd.processes_lock held
 *
 * A process without one lacks nothing but that, so there is no error.
 */
void virtgpu_kfd_procfs_add(struct virtgpu_kfd_process *process)
{
	struct virtgpu_kfd_procfs *dir;

	lockdep_assert_held(&process->kfd->processes_lock);

	if (!process->kfd->procs || (process->primary && !process->primary->procfs))
		return;
	dir = new_dir(process);
	if (!dir)
		return;

	dir->queues = kobject_create_and_add("queues", &dir->kobj);
	if (!dir->queues || add_files(dir, process)) {
		if (dir->queues)
			del_kobj(dir->queues);
		del_kobj(&dir->kobj);
		return;
	}
	process->procfs = dir;
}

/**
 * virtgpu_kfd_procfs_remove() - remove a process's directory, if it has one
 * @process: process that ends, without any call in progress
 */
void virtgpu_kfd_procfs_remove(struct virtgpu_kfd_process *process)
{
	struct virtgpu_kfd_procfs *dir = process->procfs;
	struct procfs_queue *queue, *tmp;

	if (!dir)
		return;

	list_for_each_entry_safe(queue, tmp, &dir->queue_list, node) {
		list_del(&queue->node);
		del_kobj(&queue->kobj);
	}
	del_kobj(dir->queues);
	/* With the directories in it of contexts that have not ended yet. */
	del_kobj(&dir->kobj);
	process->procfs = NULL;
}

/* The types of queues are numbered by what executes them, so AQL is no type of its own. */
static u32 queue_type(u32 type)
{
	return type == KFD_IOC_QUEUE_TYPE_COMPUTE_AQL ? KFD_IOC_QUEUE_TYPE_COMPUTE : type;
}

/**
 * virtgpu_kfd_procfs_add_queue() - add a queue's directory
 * @process: process, its lock held
 * @id: queue
 * @gpu_id: its GPU
 * @type: KFD_IOC_QUEUE_TYPE_*
 * @size: bytes of its ring
 */
void virtgpu_kfd_procfs_add_queue(struct virtgpu_kfd_process *process, u32 id, u32 gpu_id,
				  u32 type, u64 size)
{
	struct virtgpu_kfd_procfs *dir = process->procfs;
	struct procfs_queue *queue;

	lockdep_assert_held(&process->lock);

	if (!dir)
		return;
	queue = kzalloc_obj(*queue);
	if (!queue)
		return;

	queue->id = id;
	queue->gpu_id = gpu_id;
	queue->type = queue_type(type);
	queue->size = size;
	if (kobject_init_and_add(&queue->kobj, &procfs_queue_ktype, dir->queues, "%u", id)) {
		kobject_put(&queue->kobj);
		return;
	}
	list_add(&queue->node, &dir->queue_list);
}

/**
 * virtgpu_kfd_procfs_del_queue() - remove a queue's directory, if it has one
 * @process: process, its lock held
 * @id: queue
 */
void virtgpu_kfd_procfs_del_queue(struct virtgpu_kfd_process *process, u32 id)
{
	struct virtgpu_kfd_procfs *dir = process->procfs;
	struct procfs_queue *queue;

	lockdep_assert_held(&process->lock);

	if (!dir)
		return;
	list_for_each_entry(queue, &dir->queue_list, node) {
		if (queue->id != id)
			continue;
		list_del(&queue->node);
		del_kobj(&queue->kobj);
		return;
	}
}

/**
 * virtgpu_kfd_procfs_init() - add the directory of all processes
 * @kfd: device; there is no process yet
 * @dev: class device "kfd"
 *
 * Return: 0 or -ENOMEM.
 */
int virtgpu_kfd_procfs_init(struct virtgpu_kfd *kfd, struct device *dev)
{
	kfd->procs = kset_create_and_add("proc", NULL, &dev->kobj);
	return kfd->procs ? 0 : -ENOMEM;
}

/**
 * virtgpu_kfd_procfs_fini() - remove the directory of all processes
 * @kfd: device; virtgpu_kfd_procfs_init() may have failed or not have run
 */
void virtgpu_kfd_procfs_fini(struct virtgpu_kfd *kfd)
{
	if (kfd->procs)
		kset_unregister(kfd->procs);
	kfd->procs = NULL;
}
