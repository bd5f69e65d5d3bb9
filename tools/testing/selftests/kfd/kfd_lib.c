// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What the kselftests of /dev/kfd share. What does not live here: expectations.
 */
#include <dirent.h>
#include <sys/socket.h>
#include <linux/udmabuf.h>
#include <drm/amdgpu_drm.h>

#include "kfd_test.h"

int kfd_ioctl(int fd, unsigned long cmd, void *args)
{
	return ioctl(fd, cmd, args) < 0 ? -errno : 0;
}

int kfd_read_u64(const char *path, uint64_t *value)
{
	FILE *file = fopen(path, "re");
	int ret = 0;

	if (!file)
		return -errno;
	if (fscanf(file, "%lu", value) != 1)
		ret = -ENODATA;
	fclose(file);
	return ret;
}

/* To a file of sysfs, procfs or debugfs, in one piece. */
int kfd_write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

/* A line "name number" of the node's properties: -ENOENT if it is not there. */
int kfd_node_property(unsigned int node, const char *name, uint64_t *value)
{
	char path[128], key[64];
	int ret = -ENOENT;
	uint64_t number;
	FILE *file;

	snprintf(path, sizeof(path), KFD_TOPOLOGY "/nodes/%u/properties", node);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	while (fscanf(file, "%63s %lu", key, &number) == 2) {
		if (!strcmp(key, name)) {
			*value = number;
			ret = 0;
			break;
		}
	}
	fclose(file);
	return ret;
}

static int find_gpu(struct kfd *kfd)
{
	struct dirent *entry;
	int ret = -ENODEV;
	DIR *nodes;

	nodes = opendir(KFD_TOPOLOGY "/nodes");
	if (!nodes)
		return -errno;
	while (ret && (entry = readdir(nodes))) {
		unsigned int node;
		uint64_t gpu_id, minor;
		char path[128], *end;

		node = strtoul(entry->d_name, &end, 10);
		if (end == entry->d_name)
			continue;
		snprintf(path, sizeof(path), KFD_TOPOLOGY "/nodes/%u/gpu_id", node);
		if (kfd_read_u64(path, &gpu_id) || !gpu_id)
			continue;
		if (kfd_node_property(node, "drm_render_minor", &minor))
			continue;
		kfd->node = node;
		kfd->gpu_id = gpu_id;
		kfd->minor = minor;
		ret = 0;
	}
	closedir(nodes);
	return ret;
}

/* Opens /dev/kfd and finds the first GPU that this process may use. */
int kfd_open(struct kfd *kfd)
{
	int ret;

	kfd->drm = -1;
	kfd->fd = open("/dev/kfd", O_RDWR | O_CLOEXEC);
	if (kfd->fd < 0)
		return -errno;
	ret = find_gpu(kfd);
	if (ret)
		kfd_close(kfd);
	return ret;
}

void kfd_close(struct kfd *kfd)
{
	if (kfd->drm >= 0)
		close(kfd->drm);
	if (kfd->fd >= 0)
		close(kfd->fd);
	kfd->drm = -1;
	kfd->fd = -1;
}

/* Returns a descriptor or a negative errno. */
int kfd_open_render(const struct kfd *kfd)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/dev/dri/renderD%u", kfd->minor);
	fd = open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int kfd_acquire_fd(const struct kfd *kfd, int drm_fd)
{
	struct kfd_ioctl_acquire_vm_args args = { .gpu_id = kfd->gpu_id, .drm_fd = drm_fd };

	return kfd_ioctl(kfd->fd, AMDKFD_IOC_ACQUIRE_VM, &args);
}

int kfd_acquire(struct kfd *kfd)
{
	int fd = kfd_open_render(kfd), ret;

	if (fd < 0)
		return fd;
	ret = kfd_acquire_fd(kfd, fd);
	if (ret)
		close(fd);
	else
		kfd->drm = fd;
	return ret;
}

/* With amdkfd the parent of the render node is a PCI device, or amdgpu_xcp's for a partition. */
bool kfd_is_guest(const struct kfd *kfd)
{
	char path[96], target[256];
	ssize_t len;

	snprintf(path, sizeof(path), "/sys/class/drm/renderD%u/device", kfd->minor);
	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		return false;
	target[len] = 0;
	if (!strncmp(basename(target), "amdgpu_xcp", 10))
		return false;
	snprintf(path, sizeof(path), "/sys/class/drm/renderD%u/device/subsystem", kfd->minor);
	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		return false;
	target[len] = 0;
	return strcmp(basename(target), "pci");
}

/* kfd_doorbell.c, kfd_doorbell_process_slice(): 1024 doorbells, 8 bytes each since gfx9. */
uint64_t kfd_doorbell_size(const struct kfd *kfd)
{
	uint64_t version = 0;

	kfd_node_property(kfd->node, "gfx_target_version", &version);
	return version >= 90000 ? 8192 : 4096;
}

/* Addresses that nothing else has; NULL without room. */
void *kfd_reserve(size_t size)
{
	void *va = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return va == MAP_FAILED ? NULL : va;
}

/* @offset: in the user address of a USERPTR, out where to mmap() it; both may be NULL. */
int kfd_alloc_at(const struct kfd *kfd, uint64_t va, uint64_t size, uint32_t flags,
		 uint64_t *offset, uint64_t *handle)
{
	struct kfd_ioctl_alloc_memory_of_gpu_args args = {
		.va_addr = va,
		.size = size,
		.gpu_id = kfd->gpu_id,
		.flags = flags,
		.mmap_offset = offset ? *offset : 0,
	};
	int ret = kfd_ioctl(kfd->fd, AMDKFD_IOC_ALLOC_MEMORY_OF_GPU, &args);

	if (!ret && offset)
		*offset = args.mmap_offset;
	if (!ret && handle)
		*handle = args.handle;
	return ret;
}

int kfd_alloc(const struct kfd *kfd, struct kfd_mem *mem, uint64_t size, uint32_t flags)
{
	int ret;

	memset(mem, 0, sizeof(*mem));
	mem->size = size;
	mem->va = kfd_reserve(size);
	if (!mem->va)
		return -ENOMEM;
	ret = kfd_alloc_at(kfd, (uintptr_t)mem->va, size, flags, &mem->offset, &mem->handle);
	if (ret)
		munmap(mem->va, size);
	return ret;
}

/* The GPU's addresses are others than the CPU's. */
int kfd_alloc_userptr(const struct kfd *kfd, struct kfd_mem *mem, void *user, uint64_t size,
		      uint32_t flags)
{
	int ret;

	memset(mem, 0, sizeof(*mem));
	mem->size = size;
	mem->offset = (uintptr_t)user;
	mem->va = kfd_reserve(size);
	if (!mem->va)
		return -ENOMEM;
	ret = kfd_alloc_at(kfd, (uintptr_t)mem->va, size, flags | MEM(USERPTR), &mem->offset,
			   &mem->handle);
	if (ret)
		munmap(mem->va, size);
	return ret;
}

int kfd_free(const struct kfd *kfd, uint64_t handle)
{
	struct kfd_ioctl_free_memory_of_gpu_args args = { .handle = handle };

	return kfd_ioctl(kfd->fd, AMDKFD_IOC_FREE_MEMORY_OF_GPU, &args);
}

/* Frees it and gives its addresses back. */
int kfd_free_mem(const struct kfd *kfd, struct kfd_mem *mem)
{
	int ret = kfd_free(kfd, mem->handle);

	if (!ret)
		munmap(mem->va, mem->size);
	return ret;
}

/* A success with another number of GPUs than 1 is -EPROTO. */
int kfd_map(const struct kfd *kfd, uint64_t handle)
{
	uint32_t gpus[] = { kfd->gpu_id };
	struct kfd_ioctl_map_memory_to_gpu_args args = {
		.handle = handle,
		.device_ids_array_ptr = (uintptr_t)gpus,
		.n_devices = 1,
	};
	int ret = kfd_ioctl(kfd->fd, AMDKFD_IOC_MAP_MEMORY_TO_GPU, &args);

	return ret ?: args.n_success == 1 ? 0 : -EPROTO;
}

int kfd_unmap(const struct kfd *kfd, uint64_t handle)
{
	uint32_t gpus[] = { kfd->gpu_id };
	struct kfd_ioctl_unmap_memory_from_gpu_args args = {
		.handle = handle,
		.device_ids_array_ptr = (uintptr_t)gpus,
		.n_devices = 1,
	};
	int ret = kfd_ioctl(kfd->fd, AMDKFD_IOC_UNMAP_MEMORY_FROM_GPU, &args);

	return ret ?: args.n_success == 1 ? 0 : -EPROTO;
}

/* Maps VRAM or GTT memory where the GPU has it; MAP_FAILED with errno. */
void *kfd_cpu_map(const struct kfd *kfd, const struct kfd_mem *mem)
{
	return mmap(mem->va, mem->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, kfd->drm,
		    mem->offset);
}

/* Makes the signal page and, as this goes together, a first event of type SIGNAL. */
int kfd_event_page(const struct kfd *kfd, struct kfd_mem *page, uint32_t *event_id)
{
	struct kfd_ioctl_create_event_args args = { .event_type = KFD_IOC_EVENT_SIGNAL };
	int ret;

	ret = kfd_alloc(kfd, page, KFD_EVENT_PAGE_SIZE,
			MEM(GTT) | MEM(WRITABLE) | MEM(EXECUTABLE) | MEM(UNCACHED));
	if (ret)
		return ret;
	args.event_page_offset = page->handle;
	ret = kfd_ioctl(kfd->fd, AMDKFD_IOC_CREATE_EVENT, &args);
	if (!ret)
		*event_id = args.event_id;
	return ret;
}

int kfd_create_event(const struct kfd *kfd, uint32_t type, bool auto_reset, uint32_t *id)
{
	struct kfd_ioctl_create_event_args args = {
		.event_type = type,
		.auto_reset = auto_reset,
	};
	int ret = kfd_ioctl(kfd->fd, AMDKFD_IOC_CREATE_EVENT, &args);

	if (!ret)
		*id = args.event_id;
	return ret;
}

int kfd_destroy_event(const struct kfd *kfd, uint32_t id)
{
	struct kfd_ioctl_destroy_event_args args = { .event_id = id };

	return kfd_ioctl(kfd->fd, AMDKFD_IOC_DESTROY_EVENT, &args);
}

int kfd_set_event(const struct kfd *kfd, uint32_t id)
{
	struct kfd_ioctl_set_event_args args = { .event_id = id };

	return kfd_ioctl(kfd->fd, AMDKFD_IOC_SET_EVENT, &args);
}

int kfd_reset_event(const struct kfd *kfd, uint32_t id)
{
	struct kfd_ioctl_reset_event_args args = { .event_id = id };

	return kfd_ioctl(kfd->fd, AMDKFD_IOC_RESET_EVENT, &args);
}

/* @result: KFD_IOC_WAIT_RESULT_*, also after an error. */
int kfd_wait(const struct kfd *kfd, struct kfd_event_data *events, uint32_t num, bool all,
	     uint32_t timeout_ms, uint32_t *result)
{
	struct kfd_ioctl_wait_events_args args = {
		.events_ptr = (uintptr_t)events,
		.num_events = num,
		.wait_for_all = all,
		.timeout = timeout_ms,
		.wait_result = ~0U,
	};
	int ret = kfd_ioctl(kfd->fd, AMDKFD_IOC_WAIT_EVENTS, &args);

	*result = args.wait_result;
	return ret;
}

/* In a guest only, with debugfs mounted. */
int kfd_read_counts(struct kfd_counts *counts)
{
	FILE *file = fopen(KFD_COUNTS, "re");
	int seen;

	if (!file)
		return -errno;
	seen = fscanf(file,
		      "processes %ld contexts %ld bos %ld blobs %ld events %ld queues %ld pinned_pages %ld requests %ld",
		      &counts->processes, &counts->contexts, &counts->bos, &counts->blobs,
		      &counts->events, &counts->queues, &counts->pinned_pages, &counts->requests);
	fclose(file);
	return seen == 8 ? 0 : -EPROTO;
}

/* Waits until the counts are as wanted, since ending a process takes the kernel a moment. */
int kfd_wait_counts(const struct kfd_counts *want)
{
	struct kfd_counts counts;
	unsigned int tries;
	int ret;

	for (tries = 0; tries < 100; tries++) {
		ret = kfd_read_counts(&counts);
		if (ret)
			return ret;
		if (!memcmp(&counts, want, sizeof(counts)))
			return 0;
		usleep(100000);
	}
	printf("# processes %ld contexts %ld bos %ld blobs %ld\n", counts.processes,
	       counts.contexts, counts.bos, counts.blobs);
	printf("# events %ld queues %ld pinned_pages %ld requests %ld\n", counts.events,
	       counts.queues, counts.pinned_pages, counts.requests);
	return -ETIMEDOUT;
}

/* Returns a descriptor or a negative errno. */
int kfd_export(const struct kfd *kfd, uint64_t handle)
{
	struct kfd_ioctl_export_dmabuf_args args = { .handle = handle, .flags = O_CLOEXEC };
	int ret = kfd_ioctl(kfd->fd, AMDKFD_IOC_EXPORT_DMABUF, &args);

	return ret ?: (int)args.dmabuf_fd;
}

int kfd_import(const struct kfd *kfd, void *va, int fd, uint64_t *handle)
{
	struct kfd_ioctl_import_dmabuf_args args = {
		.va_addr = (uintptr_t)va,
		.gpu_id = kfd->gpu_id,
		.dmabuf_fd = fd,
	};
	int ret = kfd_ioctl(kfd->fd, AMDKFD_IOC_IMPORT_DMABUF, &args);

	if (!ret)
		*handle = args.handle;
	return ret;
}

int kfd_render_info(const struct kfd *kfd, uint32_t query, void *data, uint32_t size)
{
	struct drm_amdgpu_info args = {
		.return_pointer = (uintptr_t)data,
		.return_size = size,
		.query = query,
	};

	return kfd_ioctl(kfd->drm, DRM_IOCTL_AMDGPU_INFO, &args);
}

int kfd_gem_import(int drm, int fd, uint32_t *handle)
{
	struct drm_prime_handle args = { .fd = fd };
	int ret = kfd_ioctl(drm, DRM_IOCTL_PRIME_FD_TO_HANDLE, &args);

	if (!ret)
		*handle = args.handle;
	return ret;
}

/* @op: AMDGPU_VA_OP_*, @flags: AMDGPU_VM_* */
int kfd_gem_va(const struct kfd *kfd, uint32_t handle, uint32_t op, uint32_t flags, uint64_t va,
	       uint64_t offset, uint64_t size)
{
	struct drm_amdgpu_gem_va args = {
		.handle = handle,
		.operation = op,
		.flags = flags,
		.va_address = va,
		.offset_in_bo = offset,
		.map_size = size,
	};

	return kfd_ioctl(kfd->drm, DRM_IOCTL_AMDGPU_GEM_VA, &args);
}

int kfd_send_fd(int sock, int fd)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {};
	struct iovec iov = { .iov_base = "", .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};

	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	return sendmsg(sock, &msg, 0) == 1 ? 0 : -errno;
}

int kfd_receive_fd(int sock)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {};
	char byte;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	int fd;

	if (recvmsg(sock, &msg, 0) != 1 || msg.msg_controllen < CMSG_LEN(sizeof(int)))
		return -EPROTO;
	memcpy(&fd, CMSG_DATA(&control.header), sizeof(fd));
	return fd;
}

/* A dma-buf that is not amdgpu's, as a VMM makes one of a guest's memory, or a negative errno. */
int kfd_udmabuf(uint64_t size)
{
	int dev = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
	int file = memfd_create("udmabuf", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct udmabuf_create create = {
		.memfd = file,
		.flags = UDMABUF_FLAGS_CLOEXEC,
		.size = size,
	};
	int fd = -1;

	if (dev >= 0 && file >= 0 && !ftruncate(file, size) &&
	    !fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK))
		fd = ioctl(dev, UDMABUF_CREATE, &create);
	if (fd < 0)
		fd = -errno;
	if (file >= 0)
		close(file);
	if (dev >= 0)
		close(dev);
	return fd;
}

/* The exit status of a child, or -1 if a signal ended it. */
int kfd_child_status(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

int kfd_settled_memory(const struct kfd *kfd, uint64_t *available)
{
	struct kfd_ioctl_get_available_memory_args args = { .gpu_id = kfd->gpu_id };
	unsigned int same = 0, tries;
	int ret = 0;

	*available = 0;
	for (tries = 0; tries < 100 && same < 3 && !ret; tries++) {
		if (tries)
			usleep(100000);
		ret = kfd_ioctl(kfd->fd, AMDKFD_IOC_AVAILABLE_MEMORY, &args);
		same = args.available == *available ? same + 1 : 0;
		*available = args.available;
	}
	return ret;
}
