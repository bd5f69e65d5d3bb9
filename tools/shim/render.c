// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The ioctls of the shim's render node: what libdrm_amdgpu asks it. amdgpu's ioctls for memory
 * that came by PRIME are not here; they fail as one that the kernel does not know.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <drm/drm.h>

#include "shim.h"

#define INFO_MAX	4096

static int copy_string(uint64_t ptr, size_t room, size_t *len, const char *text)
{
	size_t size = strlen(text);

	*len = size;
	return !ptr || shim_copy_out(ptr, text, MIN(size, room)) ? 0 : -EFAULT;
}

static int get_version(unsigned long arg)
{
	struct drm_version v;
	size_t len;
	int ret;

	if (!shim_copy_in(&v, arg, sizeof(v)))
		return -EFAULT;
	v.version_major = 3;
	v.version_minor = 64;
	v.version_patchlevel = 0;
	ret = copy_string((uintptr_t)v.name, v.name_len, &len, "amdgpu");
	v.name_len = len;
	if (!ret)
		ret = copy_string((uintptr_t)v.date, v.date_len, &len, "0");
	v.date_len = len;
	if (!ret)
		ret = copy_string((uintptr_t)v.desc, v.desc_len, &len,
				  "AMD GPU of the host, through virtio-gpu");
	v.desc_len = len;
	return ret ?: shim_copy_out(arg, &v, sizeof(v)) ? 0 : -EFAULT;
}

static int get_info(unsigned long arg)
{
	struct drm_amdgpu_info info;
	uint64_t user;
	sigset_t mask;
	void *buf;
	int ret;

	if (!shim_copy_in(&info, arg, sizeof(info)))
		return -EFAULT;
	user = info.return_pointer;
	if (!info.return_size || !user)
		return -EINVAL;
	info.return_size = MIN(info.return_size, INFO_MAX);
	buf = calloc(1, info.return_size);
	if (!buf)
		return -ENOMEM;
	info.return_pointer = (uintptr_t)buf;
	shim_enter(&mask);
	ret = shim_ops->render_info(shim.be, 0, &info);
	shim_leave(&mask);
	if (ret > 0)
		ret = shim_copy_out(user, buf, ret) ? 0 : -EFAULT;
	free(buf);
	return ret;
}

int shim_render_ioctl(struct shim_file *file, unsigned int cmd, unsigned long arg)
{
	(void)file;
	if (_IOC_TYPE(cmd) != DRM_IOCTL_BASE)
		return -ENOTTY;
	switch (_IOC_NR(cmd)) {
	case _IOC_NR(DRM_IOCTL_VERSION):
		return get_version(arg);
	case _IOC_NR(DRM_IOCTL_AMDGPU_INFO):
		return get_info(arg);
	default:
		return -EINVAL;
	}
}
