// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The compatibility object /sys/module/amdgpu.
 *
 * rocminfo and others refuse to start unless amdgpu is loaded, and look at
 * /sys/module/amdgpu/initstate to find out. A guest has this driver in its place, so
 * there is such an object as long as the driver offers a GPU, and nothing else in it.
 *
 * It can be turned off by the module parameter kfd_compat_amdgpu=0. While it is there,
 * amdgpu itself cannot be loaded ("module is already loaded"), and where amdgpu was loaded
 * first, its own object stays and there is none of ours.
 */

#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include <drm/drm_print.h>

#include "virtgpu_kfd.h"

#define COMPAT_NAME	"amdgpu"

static bool kfd_compat_amdgpu = true;
MODULE_PARM_DESC(kfd_compat_amdgpu,
		 "Show /sys/module/amdgpu while there is an AMDKFD context, for ROCm's start-up checks (default: true)");
module_param(kfd_compat_amdgpu, bool, 0444);

static ssize_t initstate_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "live\n");
}

static struct kobj_attribute initstate_attr = __ATTR_RO(initstate);

static struct attribute *compat_attrs[] = {
	&initstate_attr.attr,
	NULL
};
ATTRIBUTE_GROUPS(compat);

static void compat_release(struct kobject *kobj)
{
	kfree(kobj);
}

static const struct kobj_type compat_ktype = {
	.release = compat_release,
	.sysfs_ops = &kobj_sysfs_ops,
	.default_groups = compat_groups,
};

static struct kset *compat_kset(void)
{
#ifdef MODULE
	return THIS_MODULE->mkobj.kobj.kset;
#else
	return module_kset;
#endif
}

/**
 * virtgpu_kfd_compat_init() - add /sys/module/amdgpu
 * @kfd: device whose object it is
 *
 * A failure is logged only: everything but the check that looks for it works without.
 */
void virtgpu_kfd_compat_init(struct virtgpu_kfd *kfd)
{
	struct kset *kset = compat_kset();
	struct kobject *kobj;
	int ret;

	if (!kfd_compat_amdgpu || !kset)
		return;

	kobj = kset_find_obj(kset, COMPAT_NAME);
	if (kobj) {
		kobject_put(kobj);
		return;
	}

	kobj = kzalloc_obj(*kobj);
	if (!kobj)
		return;

	kobj->kset = kset;
	ret = kobject_init_and_add(kobj, &compat_ktype, NULL, COMPAT_NAME);
	if (ret) {
		drm_warn(kfd->vgdev->ddev, "kfd: no /sys/module/" COMPAT_NAME " (%pe)\n",
			 ERR_PTR(ret));
		kobject_put(kobj);
		return;
	}
	kfd->compat = kobj;
}

/**
 * virtgpu_kfd_compat_fini() - remove /sys/module/amdgpu
 * @kfd: device; does nothing if the object is not its own
 */
void virtgpu_kfd_compat_fini(struct virtgpu_kfd *kfd)
{
	if (!kfd->compat)
		return;

	kobject_del(kfd->compat);
	kobject_put(kfd->compat);
	kfd->compat = NULL;
}
