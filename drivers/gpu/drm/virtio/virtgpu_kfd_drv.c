// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * AMDKFD native context of virtio-gpu: probe, removal, /dev/kfd, debugfs.
 *
 * What lives here: what the device offers and whether it is used, the order in which the
 * parts come and go, the character device. What does not: the parts.
 *
 * /dev/kfd and KFD's sysfs exist once in a system. The first virtio-gpu device that offers
 * the capset has them, unless amdgpu has.
 */
#include <linux/compat.h>
#include <linux/debugfs.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include <drm/drm_print.h>

#include "virtgpu_kfd.h"

/* Room for the topology of a GPU and what render node queries there are at a time. */
#define VIRTGPU_KFD_CONTROL_RSP_SIZE	(VIRTGPU_KFD_TOPOLOGY_MAX + SZ_256K)

/* A capset grows with the protocol, but not as far. */
#define VIRTGPU_KFD_CAPSET_SIZE_MAX	SZ_4K

static const char virtgpu_kfd_name[] = "kfd";

static const struct class virtgpu_kfd_class = {
	.name = virtgpu_kfd_name,
};

/* Protects virtgpu_kfd_owner, the device that has /dev/kfd. */
static DEFINE_MUTEX(virtgpu_kfd_owner_lock);
static struct virtgpu_kfd *virtgpu_kfd_owner;
static int virtgpu_kfd_major;

struct virtgpu_kfd *virtgpu_kfd_get(struct virtgpu_kfd *kfd)
{
	kref_get(&kfd->ref);
	return kfd;
}

static void virtgpu_kfd_free(struct kref *ref)
{
	struct virtgpu_kfd *kfd = container_of(ref, struct virtgpu_kfd, ref);
	struct drm_device *ddev = kfd->vgdev->ddev;

	if (kfd->control)
		virtgpu_kfd_ctx_destroy(kfd->control);
	if (kfd->wq)
		destroy_workqueue(kfd->wq);
	xa_destroy(&kfd->processes);
	mutex_destroy(&kfd->processes_lock);
	virtgpu_kfd_render_release(kfd);
	kfree(kfd->gpus);
	kfree(kfd);
	drm_dev_put(ddev);
}

void virtgpu_kfd_put(struct virtgpu_kfd *kfd)
{
	kref_put(&kfd->ref, virtgpu_kfd_free);
}

static int virtgpu_kfd_open(struct inode *inode, struct file *file)
{
	struct virtgpu_kfd_process *process;
	struct virtgpu_kfd *kfd;

	if (iminor(inode))
		return -ENODEV;
	if (in_compat_syscall())
		return -EPERM;

	scoped_guard(mutex, &virtgpu_kfd_owner_lock)
		kfd = virtgpu_kfd_owner ? virtgpu_kfd_get(virtgpu_kfd_owner) : NULL;
	if (!kfd)
		return -ENODEV;

	process = virtgpu_kfd_process_open(kfd);
	if (!IS_ERR(process)) {
		file->private_data = process;
		if (kfd->mapping)
			file->f_mapping = kfd->mapping;
	}

	virtgpu_kfd_put(kfd);
	return PTR_ERR_OR_ZERO(process);
}

static int virtgpu_kfd_release(struct inode *inode, struct file *file)
{
	virtgpu_kfd_process_release(file->private_data);
	return 0;
}

static int virtgpu_kfd_file_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct virtgpu_kfd_process *process = READ_ONCE(file->private_data);
	int ret;

	ret = virtgpu_kfd_process_check_caller(process);
	if (ret)
		return ret;
	ret = virtgpu_kfd_process_enter(process);
	if (ret)
		return ret;
	ret = virtgpu_kfd_mmap(process, vma);
	virtgpu_kfd_process_exit(process);
	return ret;
}

static const struct file_operations virtgpu_kfd_fops = {
	.owner = THIS_MODULE,
	.open = virtgpu_kfd_open,
	.release = virtgpu_kfd_release,
	.unlocked_ioctl = virtgpu_kfd_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.mmap = virtgpu_kfd_file_mmap,
};

/* Returns the class device, below which KFD's sysfs belongs. */
static struct device *virtgpu_kfd_chardev_init(void)
{
	struct device *dev;
	int ret;

	ret = class_register(&virtgpu_kfd_class);
	if (ret)
		return ERR_PTR(ret);

	virtgpu_kfd_major = register_chrdev(0, virtgpu_kfd_name, &virtgpu_kfd_fops);
	if (virtgpu_kfd_major < 0) {
		ret = virtgpu_kfd_major;
		goto err_class;
	}

	dev = device_create(&virtgpu_kfd_class, NULL, MKDEV(virtgpu_kfd_major, 0), NULL,
			    "%s", virtgpu_kfd_name);
	if (IS_ERR(dev)) {
		ret = PTR_ERR(dev);
		goto err_chrdev;
	}
	return dev;

err_chrdev:
	unregister_chrdev(virtgpu_kfd_major, virtgpu_kfd_name);
err_class:
	class_unregister(&virtgpu_kfd_class);
	return ERR_PTR(ret);
}

static void virtgpu_kfd_chardev_fini(void)
{
	device_destroy(&virtgpu_kfd_class, MKDEV(virtgpu_kfd_major, 0));
	unregister_chrdev(virtgpu_kfd_major, virtgpu_kfd_name);
	class_unregister(&virtgpu_kfd_class);
}

static int virtgpu_kfd_counts_show(struct seq_file *m, void *unused)
{
	struct virtgpu_kfd *kfd = m->private;

	seq_printf(m, "processes %d\n", atomic_read(&kfd->counts.processes));
	seq_printf(m, "contexts %d\n", atomic_read(&kfd->counts.contexts));
	seq_printf(m, "bos %d\n", atomic_read(&kfd->counts.bos));
	seq_printf(m, "blobs %d\n", atomic_read(&kfd->counts.blobs));
	seq_printf(m, "events %d\n", atomic_read(&kfd->counts.events));
	seq_printf(m, "queues %d\n", atomic_read(&kfd->counts.queues));
	seq_printf(m, "pinned_pages %ld\n", atomic_long_read(&kfd->counts.pinned_pages));
	seq_printf(m, "requests %d\n", atomic_read(&kfd->counts.requests));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(virtgpu_kfd_counts);

/* Returns the capset's index in @vgdev, or -ENOENT. */
static int virtgpu_kfd_find_capset(struct virtio_gpu_device *vgdev)
{
	u32 i;

	for (i = 0; i < vgdev->num_capsets; i++)
		if (vgdev->capsets[i].id == VIRTKFD_CAPSET_ID)
			return i;
	return -ENOENT;
}

static int virtgpu_kfd_read_capset(struct virtgpu_kfd *kfd, int index)
{
	struct virtio_gpu_device *vgdev = kfd->vgdev;
	struct virtio_gpu_drv_cap_cache *cache;
	int ret;

	/* The size is the host's, and the next call allocates it. */
	if (!vgdev->capsets[index].max_size ||
	    vgdev->capsets[index].max_size > VIRTGPU_KFD_CAPSET_SIZE_MAX)
		return -EINVAL;

	ret = virtio_gpu_cmd_get_capset(vgdev, index, VIRTKFD_CAPSET_VERSION, &cache);
	if (ret)
		return ret;
	virtio_gpu_notify(vgdev);
	if (!wait_event_timeout(vgdev->resp_wq, atomic_read(&cache->is_valid), 5 * HZ))
		return -ETIMEDOUT;
	/* Pairs with the barrier before is_valid is set. */
	smp_rmb();

	memcpy(&kfd->capset, cache->caps_cache, min(cache->size, sizeof(kfd->capset)));
	kfd->capset.backend[sizeof(kfd->capset.backend) - 1] = 0;

	if (kfd->capset.version != VIRTKFD_CAPSET_VERSION || kfd->capset.kfd_major != 1 ||
	    !kfd->capset.num_gpus)
		return -EINVAL;
	kfd->num_gpus = min(kfd->capset.num_gpus, VIRTGPU_KFD_MAX_GPUS);
	return 0;
}

static struct virtgpu_kfd *virtgpu_kfd_alloc(struct virtio_gpu_device *vgdev)
{
	struct virtgpu_kfd *kfd;

	kfd = kzalloc_obj(*kfd);
	if (!kfd)
		return NULL;

	kref_init(&kfd->ref);
	kfd->vgdev = vgdev;
	drm_dev_get(vgdev->ddev);
	spin_lock_init(&kfd->requests_lock);
	INIT_LIST_HEAD(&kfd->requests);
	init_waitqueue_head(&kfd->slots_wait);
	mutex_init(&kfd->processes_lock);
	xa_init(&kfd->processes);
	INIT_LIST_HEAD(&kfd->unproven);
	return kfd;
}

/* Everything that does not make the device visible to user space. */
static int virtgpu_kfd_setup(struct virtgpu_kfd *kfd, int index)
{
	struct virtgpu_kfd_ctx *control;
	int ret;
	u32 i;

	ret = virtgpu_kfd_read_capset(kfd, index);
	if (ret)
		return ret;

	kfd->wq = alloc_workqueue("virtgpu-kfd", WQ_UNBOUND, 0);
	kfd->gpus = kzalloc_objs(*kfd->gpus, kfd->num_gpus);
	if (!kfd->wq || !kfd->gpus)
		return -ENOMEM;
	for (i = 0; i < kfd->num_gpus; i++) {
		kfd->gpus[i].kfd = kfd;
		kfd->gpus[i].index = i;
		virtgpu_kfd_smi_init(&kfd->gpus[i]);
	}

	control = virtgpu_kfd_ctx_create(kfd, VIRTKFD_ROLE_CONTROL,
					 VIRTGPU_KFD_CONTROL_RSP_SIZE);
	if (IS_ERR(control))
		return PTR_ERR(control);
	kfd->control = control;
	return 0;
}

/* Nobody waits for the host any more. */
static void virtgpu_kfd_end_waits(struct virtgpu_kfd *kfd)
{
	virtgpu_kfd_cancel_requests(kfd);
	/* Page faults wait there for the host. */
	wake_up_all(&kfd->vgdev->resp_wq);
}

/* Takes everything away that user space sees; calls and waits end with -ENODEV. */
static void virtgpu_kfd_disconnect(struct virtgpu_kfd *kfd)
{
	virtgpu_kfd_end_waits(kfd);
	virtgpu_kfd_events_stop(kfd);
	virtgpu_kfd_smi_wake(kfd);
	debugfs_remove_recursive(kfd->debugfs);
	virtgpu_kfd_compat_fini(kfd);
	virtgpu_kfd_topology_fini(kfd);
	virtgpu_kfd_processes_end(kfd);
	virtgpu_kfd_procfs_fini(kfd);
	virtgpu_kfd_chardev_fini();
	virtgpu_kfd_render_fini(kfd);
}

static int virtgpu_kfd_connect(struct virtgpu_kfd *kfd)
{
	struct device *dev;
	int ret;

	ret = virtgpu_kfd_topology_read(kfd);
	if (ret)
		goto err_topology;
	ret = virtgpu_kfd_render_init(kfd);
	if (ret)
		goto err_render;

	dev = virtgpu_kfd_chardev_init();
	if (IS_ERR(dev)) {
		ret = PTR_ERR(dev);
		if (ret == -EEXIST)
			drm_info(kfd->vgdev->ddev,
				 "KFD: another driver has /dev/kfd, leaving it alone\n");
		goto err_render;
	}

	ret = virtgpu_kfd_procfs_init(kfd, dev);
	if (!ret)
		ret = virtgpu_kfd_topology_init(kfd, dev);
	if (!ret)
		ret = virtgpu_kfd_events_start(kfd);
	if (ret) {
		virtgpu_kfd_disconnect(kfd);
		return ret;
	}

	kfd->debugfs = debugfs_create_dir("virtgpu_kfd", NULL);
	debugfs_create_file("counts", 0444, kfd->debugfs, kfd, &virtgpu_kfd_counts_fops);
	virtgpu_kfd_compat_init(kfd);
	return 0;

err_render:
	virtgpu_kfd_render_fini(kfd);
err_topology:
	virtgpu_kfd_topology_fini(kfd);
	return ret;
}

/**
 * virtgpu_kfd_probe() - use the AMDKFD capset of a device, if it offers it
 * @vgdev: device, ready for commands
 *
 * What fails here is logged and leaves virtio-gpu as it is without the capset.
 */
void virtgpu_kfd_probe(struct virtio_gpu_device *vgdev)
{
	int index = virtgpu_kfd_find_capset(vgdev);
	struct virtgpu_kfd *kfd;
	int ret;

	if (index < 0)
		return;

	if (!vgdev->has_virgl_3d || !vgdev->has_context_init || !vgdev->has_resource_blob ||
	    !vgdev->has_host_visible) {
		drm_err(vgdev->ddev, "KFD: the device lacks virgl, context_init, resource_blob or a host-visible window\n");
		return;
	}

	guard(mutex)(&virtgpu_kfd_owner_lock);
	if (virtgpu_kfd_owner) {
		drm_info(vgdev->ddev, "KFD: another device has /dev/kfd, this one stays unused\n");
		return;
	}

	kfd = virtgpu_kfd_alloc(vgdev);
	if (!kfd)
		return;

	/* Until the device is reset, even if this fails: the host may still answer. */
	vgdev->kfd = kfd;

	ret = virtgpu_kfd_setup(kfd, index);
	if (!ret)
		ret = virtgpu_kfd_connect(kfd);
	if (ret) {
		drm_err(vgdev->ddev, "KFD: no GPU compute, setting it up failed: %d\n", ret);
		return;
	}

	virtgpu_kfd_owner = kfd;
	drm_info(vgdev->ddev, "KFD %u.%u with %u GPUs, backend %s\n", kfd->capset.kfd_major,
		 kfd->capset.kfd_minor, kfd->num_gpus, kfd->capset.backend);
}

/**
 * virtgpu_kfd_remove() - the device goes: end everything that uses it
 * @vgdev: device; its queues still exist, but nothing waits for room in them
 *
 * Does not wait for the host. Open files remain, their calls fail with -ENODEV.
 */
void virtgpu_kfd_remove(struct virtio_gpu_device *vgdev)
{
	struct virtgpu_kfd *kfd = vgdev->kfd;

	scoped_guard(mutex, &virtgpu_kfd_owner_lock) {
		if (!kfd || virtgpu_kfd_owner != kfd)
			return;
		virtgpu_kfd_owner = NULL;
	}
	virtgpu_kfd_disconnect(kfd);
}

/**
 * virtgpu_kfd_shutdown() - the kernel shuts down: let nothing hold up the device's reset
 * @vgdev: device; nothing waits for room in its queues
 *
 * Takes nothing away: user space still runs, and its calls fail with -ENODEV.
 */
void virtgpu_kfd_shutdown(struct virtio_gpu_device *vgdev)
{
	if (vgdev->kfd)
		virtgpu_kfd_end_waits(vgdev->kfd);
}

/**
 * virtgpu_kfd_fini() - the device was reset: let go of it
 * @vgdev: device, after virtgpu_kfd_remove()
 */
void virtgpu_kfd_fini(struct virtio_gpu_device *vgdev)
{
	struct virtgpu_kfd *kfd = vgdev->kfd;

	if (!kfd)
		return;

	vgdev->kfd = NULL;
	virtgpu_kfd_processes_fini(kfd);
	virtgpu_kfd_put(kfd);
}
