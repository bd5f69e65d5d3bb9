// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The render nodes of the AMDKFD native context: a DRM device for each GPU.
 *
 * What lives here: the DRM devices and what libdrm_amdgpu asks them. What does not: the
 * memory that is mapped through them, virtgpu_kfd_memory.c and virtgpu_kfd_mmap.c; amdgpu's
 * ioctls for it, virtgpu_kfd_gem.c.
 *
 * User space takes the node for amdgpu's, so it has amdgpu's name and version and answers
 * AMDGPU_INFO, with the host's words. It has no display, makes no memory and takes no commands:
 * every ioctl of amdgpu that is not in the table here fails with -EINVAL, as one that the kernel
 * does not know.
 */

#include <linux/array_size.h>
#include <linux/file.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <drm/amdgpu_drm.h>
#include <drm/drm_drv.h>
#include <drm/drm_file.h>
#include <drm/drm_gem.h>
#include <drm/drm_ioctl.h>
#include <drm/drm_print.h>

#include "virtgpu_kfd.h"

/* The version of amdgpu whose render node this is like. */
#define RENDER_NAME		"amdgpu"
#define RENDER_DESC		"AMD GPU of the host, through virtio-gpu"
#define RENDER_MAJOR		3
#define RENDER_MINOR		64
#define RENDER_PATCHLEVEL	0

/* Of AMDGPU_INFO's answers that the host gives, the largest takes some hundred bytes. */
#define RENDER_INFO_MAX		SZ_4K

/**
 * struct render_file - an open file of a render node
 * @gpu: GPU, kept by the reference to its &struct virtgpu_kfd
 * @acquired: 1 once the file's VM became a process's, which happens once
 * @process: that process, held; set once
 */
struct render_file {
	struct virtgpu_kfd_gpu *gpu;
	atomic_t acquired;
	struct virtgpu_kfd_process *process;
};

static int render_info_ioctl(struct drm_device *dev, void *data, struct drm_file *file)
{
	struct render_file *rfile = file->driver_priv;
	struct virtgpu_kfd_gpu *gpu = rfile->gpu;
	const struct drm_amdgpu_info *info = data;
	struct virtkfd_ccmd_render_info cmd = {
		.hdr.cmd = VIRTKFD_CCMD_RENDER_INFO,
		.gpu_id = gpu->gpu_id,
		.query = info->query,
	};
	struct virtkfd_rsp_render_info *rsp;
	int ret, idx;
	u32 size;

	/* The largest of the union of a query's arguments. */
	BUILD_BUG_ON(sizeof(cmd.args) != sizeof(info->read_mmr_reg));

	if (!info->return_size || !info->return_pointer)
		return -EINVAL;

	memcpy(cmd.args, &info->read_mmr_reg, sizeof(cmd.args));
	cmd.return_size = min_t(u32, info->return_size, RENDER_INFO_MAX);

	rsp = kzalloc(sizeof(*rsp) + cmd.return_size, GFP_KERNEL);
	if (!rsp)
		return -ENOMEM;

	/* A removal, which ends the call, must not overtake its way out of the queues. */
	ret = -ENODEV;
	if (!drm_dev_enter(dev, &idx))
		goto out;
	ret = virtgpu_kfd_call(gpu->kfd->control, &cmd.hdr, sizeof(cmd), &rsp->rsp,
			       sizeof(*rsp) + cmd.return_size);
	drm_dev_exit(idx);
	if (ret)
		goto out;

	size = rsp->size;
	if (rsp->rsp.len < sizeof(*rsp) || size > rsp->rsp.len - sizeof(*rsp) ||
	    size > cmd.return_size || rsp->pad) {
		ret = -EIO;
		goto out;
	}

	if (copy_to_user(u64_to_user_ptr(info->return_pointer), rsp + 1, size))
		ret = -EFAULT;

out:
	kfree(rsp);
	return ret;
}

static int render_open(struct drm_device *dev, struct drm_file *file)
{
	struct render_file *rfile;
	int idx, ret = 0;

	rfile = kzalloc_obj(*rfile);
	if (!rfile)
		return -ENOMEM;

	/* Before the device is unplugged nobody drops the reference that is taken from here. */
	if (drm_dev_enter(dev, &idx)) {
		rfile->gpu = dev->dev_private;
		virtgpu_kfd_get(rfile->gpu->kfd);
		file->driver_priv = rfile;
		drm_dev_exit(idx);
	} else {
		kfree(rfile);
		ret = -ENODEV;
	}
	return ret;
}

static void render_postclose(struct drm_device *dev, struct drm_file *file)
{
	struct render_file *rfile = file->driver_priv;
	struct virtgpu_kfd *kfd = rfile->gpu->kfd;

	if (rfile->process)
		virtgpu_kfd_process_put(rfile->process);
	kfree(rfile);
	virtgpu_kfd_put(kfd);
}

static const struct drm_ioctl_desc render_ioctls[] = {
	DRM_IOCTL_DEF_DRV(AMDGPU_INFO, render_info_ioctl, DRM_AUTH | DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(AMDGPU_GEM_MMAP, virtgpu_kfd_gem_mmap_ioctl,
			  DRM_AUTH | DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(AMDGPU_GEM_METADATA, virtgpu_kfd_gem_metadata_ioctl,
			  DRM_AUTH | DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(AMDGPU_GEM_OP, virtgpu_kfd_gem_op_ioctl, DRM_AUTH | DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(AMDGPU_GEM_VA, virtgpu_kfd_gem_va_ioctl, DRM_AUTH | DRM_RENDER_ALLOW),
};

DEFINE_DRM_GEM_FOPS(render_fops);

static const struct drm_driver render_driver = {
	.driver_features = DRIVER_GEM | DRIVER_RENDER,
	.open = render_open,
	.postclose = render_postclose,
	.ioctls = render_ioctls,
	.num_ioctls = ARRAY_SIZE(render_ioctls),
	.fops = &render_fops,
	.name = RENDER_NAME,
	.desc = RENDER_DESC,
	.major = RENDER_MAJOR,
	.minor = RENDER_MINOR,
	.patchlevel = RENDER_PATCHLEVEL,
};

static struct render_file *to_render_file(struct file *file)
{
	struct drm_file *drm_file;

	if (file->f_op != &render_fops)
		return NULL;
	drm_file = file->private_data;
	return drm_file->driver_priv;
}

/**
 * virtgpu_kfd_render_gpu() - which GPU's render node a file is of
 * @file: any file
 *
 * Return: the GPU, as long as the file is held; NULL if the file is of something else.
 */
struct virtgpu_kfd_gpu *virtgpu_kfd_render_gpu(struct file *file)
{
	struct render_file *rfile = to_render_file(file);

	return rfile ? rfile->gpu : NULL;
}

/**
 * virtgpu_kfd_render_acquire() - claim the VM of a render node file for a process
 * @file: file of a render node
 *
 * As with amdgpu a file's VM is claimed once, and never given back but by closing the file.
 *
 * Return: 0, or -EINVAL if it has been claimed.
 */
int virtgpu_kfd_render_acquire(struct file *file)
{
	return atomic_cmpxchg(&to_render_file(file)->acquired, 0, 1) ? -EINVAL : 0;
}

/**
 * virtgpu_kfd_render_unacquire() - take back a claim that came to nothing
 * @file: file of a render node that virtgpu_kfd_render_acquire() succeeded for
 */
void virtgpu_kfd_render_unacquire(struct file *file)
{
	atomic_set(&to_render_file(file)->acquired, 0);
}

/**
 * virtgpu_kfd_render_bind() - a process has acquired the VM of a file
 * @file: file of a render node that virtgpu_kfd_render_acquire() succeeded for
 * @process: process
 */
void virtgpu_kfd_render_bind(struct file *file, struct virtgpu_kfd_process *process)
{
	virtgpu_kfd_process_get(process);
	/* Pairs with virtgpu_kfd_render_process(). */
	smp_store_release(&to_render_file(file)->process, process);
}

/**
 * virtgpu_kfd_render_process() - whose VM a file stands for
 * @file: file of a render node
 *
 * Return: the process, as long as the file is open; NULL before ACQUIRE_VM.
 */
struct virtgpu_kfd_process *virtgpu_kfd_render_process(struct drm_file *file)
{
	struct render_file *rfile = file->driver_priv;

	/* Pairs with virtgpu_kfd_render_bind(). */
	return smp_load_acquire(&rfile->process);
}

static int render_add(struct virtgpu_kfd_gpu *gpu)
{
	struct drm_device *dev;
	int ret;

	ret = virtgpu_kfd_sysfs_add(gpu);
	if (ret)
		return ret;

	dev = drm_dev_alloc(&render_driver, &gpu->parent->dev);
	if (IS_ERR(dev))
		return PTR_ERR(dev);
	dev->dev_private = gpu;
	gpu->render = dev;

	ret = drm_dev_register(dev, 0);
	if (!ret)
		gpu->registered = true;
	return ret;
}

/**
 * virtgpu_kfd_render_init() - add the render nodes
 * @kfd: device; its GPUs have been read
 *
 * virtgpu_kfd_render_fini() and virtgpu_kfd_render_release() undo it, also after an error.
 *
 * Return: 0 or a negative errno.
 */
int virtgpu_kfd_render_init(struct virtgpu_kfd *kfd)
{
	u32 i;
	int ret;

	for (i = 0; i < kfd->num_gpus; i++) {
		ret = render_add(&kfd->gpus[i]);
		if (ret) {
			drm_err(kfd->vgdev->ddev, "kfd: no render node for GPU %u (%pe)\n", i,
				ERR_PTR(ret));
			return ret;
		}
	}

	kfd->mapping = kfd->gpus[0].render->anon_inode->i_mapping;
	return 0;
}

/**
 * virtgpu_kfd_render_fini() - remove the render nodes from user space
 * @kfd: device; virtgpu_kfd_render_init() may have failed or not have run
 *
 * Ends all CPU mappings; what is touched after that is a page of zeros. The DRM devices
 * stay until virtgpu_kfd_render_release().
 */
void virtgpu_kfd_render_fini(struct virtgpu_kfd *kfd)
{
	u32 i;

	for (i = 0; kfd->gpus && i < kfd->num_gpus; i++) {
		struct virtgpu_kfd_gpu *gpu = &kfd->gpus[i];

		if (gpu->registered)
			drm_dev_unplug(gpu->render);
		gpu->registered = false;
		virtgpu_kfd_sysfs_remove(gpu);
	}
}

/**
 * virtgpu_kfd_render_release() - let go of the DRM devices
 * @kfd: device whose last reference went
 */
void virtgpu_kfd_render_release(struct virtgpu_kfd *kfd)
{
	u32 i;

	for (i = 0; kfd->gpus && i < kfd->num_gpus; i++)
		if (kfd->gpus[i].render)
			drm_dev_put(kfd->gpus[i].render);
}
