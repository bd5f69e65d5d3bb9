// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The backend "kfd": which GPUs the host has, their topology as sysfs has it, the queries of
 * their render nodes.
 *
 * What does not live here: what of it a guest sees otherwise, which is the guest's matter.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host.h"

#define NODES		"/sys/class/kfd/kfd/topology/nodes"
/* A file of sysfs has at most a page. */
#define FILE_SIZE	4096

/* The contents, NUL-terminated; returns the bytes, or a negative errno. */
static ssize_t read_file(const char *path, char *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len;
	int ret;

	if (fd < 0)
		return -errno;
	len = read(fd, text, FILE_SIZE);
	ret = -errno;
	close(fd);
	if (len < 0)
		return ret;
	text[len] = 0;
	return len;
}

uint64_t host_read_number(const char *path, uint64_t otherwise)
{
	char text[FILE_SIZE + 1];

	return read_file(path, text) > 0 ? strtoull(text, NULL, 10) : otherwise;
}

/* Of "name value" lines. */
static uint64_t property(const char *text, const char *name)
{
	size_t len = strlen(name);

	for (; text; text = strchr(text, '\n')) {
		text += *text == '\n';
		if (!strncmp(text, name, len) && text[len] == ' ')
			return strtoull(text + len, NULL, 10);
	}
	return 0;
}

static int add_gpu(struct virtkfd_backend *be, uint32_t node)
{
	struct host_gpu *gpu = &be->gpus[be->num_gpus];
	char text[FILE_SIZE + 1];
	char path[80];
	ssize_t len;

	snprintf(path, sizeof(path), NODES "/%u/gpu_id", node);
	gpu->id = host_read_number(path, 0);
	if (!gpu->id)
		return 0;
	snprintf(path, sizeof(path), NODES "/%u/properties", node);
	len = read_file(path, text);
	if (len < 0)
		return len;
	gpu->node = node;
	gpu->render_fd = -1;
	gpu->render_minor = property(text, "drm_render_minor");
	/* 1024 queues; a doorbell has had 8 bytes since GFX9. */
	gpu->doorbell_size = property(text, "gfx_target_version") >= 90000 ? 8192 : 4096;
	gpu->num_xcc = property(text, "num_xcc");
	be->num_gpus++;
	return 0;
}

/* Those that this process may see: of others sysfs has no files to read. */
int host_find_gpus(struct virtkfd_backend *be)
{
	struct dirent **names;
	int num = scandir(NODES, &names, NULL, versionsort);
	int ret = 0;

	if (num < 0) {
		host_log(be, VIRTKFD_LOG_WARNING, "no backend kfd: %s: %s", NODES,
			 strerror(errno));
		return -ENODEV;
	}
	for (int i = 0; i < num; i++) {
		if (names[i]->d_name[0] != '.' && be->num_gpus < HOST_MAX_GPUS && !ret)
			ret = add_gpu(be, strtoul(names[i]->d_name, NULL, 10));
		free(names[i]);
	}
	free(names);
	if (!ret && !be->num_gpus) {
		host_log(be, VIRTKFD_LOG_INFO, "no backend kfd: amdkfd has no GPU");
		ret = -ENODEV;
	}
	return ret;
}

static int emit_file(const char *path, uint16_t kind, uint16_t index, virtkfd_emit_fn emit,
		     void *opaque)
{
	char text[FILE_SIZE + 1];
	ssize_t len = read_file(path, text);

	return len < 0 ? len : emit(opaque, kind, index, text, len);
}

/* DIR/0/properties and so on. */
static int emit_dir(uint32_t node, const char *dir, uint16_t kind, virtkfd_emit_fn emit,
		    void *opaque)
{
	char path[80];
	int ret = 0;

	for (uint32_t i = 0; i <= UINT16_MAX && !ret; i++) {
		snprintf(path, sizeof(path), NODES "/%u/%s/%u/properties", node, dir, i);
		if (access(path, F_OK))
			break;
		ret = emit_file(path, kind, i, emit, opaque);
	}
	return ret;
}

int host_topology(struct virtkfd_backend *be, uint32_t gpu, virtkfd_emit_fn emit, void *opaque)
{
	uint32_t node = be->gpus[gpu].node;
	char path[80];
	int ret;

	snprintf(path, sizeof(path), NODES "/%u/name", node);
	ret = emit_file(path, VIRTKFD_TOPOLOGY_NAME, 0, emit, opaque);
	if (ret)
		return ret;
	snprintf(path, sizeof(path), NODES "/%u/properties", node);
	ret = emit_file(path, VIRTKFD_TOPOLOGY_PROPERTIES, 0, emit, opaque);
	if (ret)
		return ret;
	ret = emit_dir(node, "mem_banks", VIRTKFD_TOPOLOGY_MEM_BANK, emit, opaque);
	if (ret)
		return ret;
	return emit_dir(node, "caches", VIRTKFD_TOPOLOGY_CACHE, emit, opaque);
}

/*
 * The kernel does not tell how much it has written. What is left of two different fillings it
 * has not.
 */
int host_render_info(struct virtkfd_backend *be, uint32_t gpu, const struct drm_amdgpu_info *args)
{
	struct drm_amdgpu_info other = *args;
	int fd = be->gpus[gpu].render_fd;
	const uint8_t *data = (const uint8_t *)(uintptr_t)args->return_pointer;
	uint32_t size = args->return_size;
	uint8_t *copy;
	int ret;

	ret = host_ioctl(fd, DRM_IOCTL_AMDGPU_INFO, (void *)args);
	if (ret)
		return ret;
	copy = malloc(size + 1);
	if (!copy)
		return -ENOMEM;
	memset(copy, 0xff, size);
	other.return_pointer = (uintptr_t)copy;
	ret = host_ioctl(fd, DRM_IOCTL_AMDGPU_INFO, &other);
	while (!ret && size && !data[size - 1] && copy[size - 1] == 0xff)
		size--;
	free(copy);
	return ret ? ret : (int)size;
}
