// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Device memory that two processes share by HIP: by the virtual memory API, whose handles are
 * dma-bufs, and by IPC. What one writes the other reads, both ways. TAP.
 *
 * There are no kernels here; what copies without one is hip_copy.c.
 */
#include <hip/hip_runtime_api.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIZE	(4UL << 20)

static int tests, failed;

static void result(int ok, const char *what)
{
	failed += !ok;
	printf("%sok %d - %s\n", ok ? "" : "not ", ++tests, what);
	fflush(stdout);
}

#define TRY(call)								\
	do {									\
		hipError_t error_ = (call);					\
										\
		if (error_ != hipSuccess) {					\
			printf("# %s: %s\n", #call, hipGetErrorName(error_));	\
			return 0;						\
		}								\
	} while (0)

static void fill(unsigned char *p, unsigned int seed)
{
	for (size_t i = 0; i < SIZE; i++)
		p[i] = seed + i * 13 + (i >> 9);
}

static int copy_in(void *device, unsigned int seed)
{
	unsigned char *host = malloc(SIZE);

	fill(host, seed);
	TRY(hipMemcpy(device, host, SIZE, hipMemcpyHostToDevice));
	free(host);
	return 1;
}

static int holds(const void *device, unsigned int seed)
{
	unsigned char *host = calloc(1, SIZE), *want = malloc(SIZE);
	int same;

	fill(want, seed);
	TRY(hipMemcpy(host, device, SIZE, hipMemcpyDeviceToHost));
	same = !memcmp(host, want, SIZE);
	if (!same)
		printf("# the other's bytes are not there\n");
	free(host);
	free(want);
	return same;
}

/* A message with a descriptor, or -1 for none. */
static int tell(int sock, const void *data, size_t len, int fd)
{
	char control[CMSG_SPACE(sizeof(fd))] = "";
	struct iovec iov = { .iov_base = (void *)data, .iov_len = len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fd >= 0) {
		struct cmsghdr *cmsg;

		msg.msg_control = control;
		msg.msg_controllen = sizeof(control);
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	}
	return sendmsg(sock, &msg, 0) == (ssize_t)len;
}

static int hear(int sock, void *data, size_t len, int *fd)
{
	char control[CMSG_SPACE(sizeof(*fd))];
	struct iovec iov = { .iov_base = data, .iov_len = len };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg;

	if (recvmsg(sock, &msg, 0) != (ssize_t)len)
		return 0;
	cmsg = CMSG_FIRSTHDR(&msg);
	if (fd && cmsg)
		memcpy(fd, CMSG_DATA(cmsg), sizeof(*fd));
	return 1;
}

/* Maps memory of the virtual memory API at addresses of its own. */
static int map(hipMemGenericAllocationHandle_t handle, void **device)
{
	hipMemAccessDesc access = {
		.location = { .type = hipMemLocationTypeDevice, .id = 0 },
		.flags = hipMemAccessFlagsProtReadWrite,
	};

	TRY(hipMemAddressReserve(device, SIZE, 0, NULL, 0));
	TRY(hipMemMap(*device, SIZE, 0, handle, 0));
	TRY(hipMemSetAccess(*device, SIZE, &access, 1));
	return 1;
}

static int unmap(hipMemGenericAllocationHandle_t handle, void *device)
{
	TRY(hipMemUnmap(device, SIZE));
	TRY(hipMemRelease(handle));
	TRY(hipMemAddressFree(device, SIZE));
	return 1;
}

static int vmm_owner(int sock)
{
	hipMemAllocationProp prop = {
		.type = hipMemAllocationTypePinned,
		.location = { .type = hipMemLocationTypeDevice, .id = 0 },
	};
	hipMemGenericAllocationHandle_t handle;
	void *device;
	int fd = -1;
	char c;

	prop.requestedHandleType = hipMemHandleTypePosixFileDescriptor;
	TRY(hipMemCreate(&handle, SIZE, &prop, 0));
	if (!map(handle, &device) || !copy_in(device, 1))
		return 0;
	TRY(hipMemExportToShareableHandle(&fd, handle, hipMemHandleTypePosixFileDescriptor, 0));
	if (!tell(sock, "x", 1, fd) || !hear(sock, &c, 1, NULL))
		return 0;
	close(fd);
	return holds(device, 2) && unmap(handle, device);
}

static int vmm_other(int sock)
{
	hipMemGenericAllocationHandle_t handle;
	void *device;
	int fd = -1;
	char c;

	if (!hear(sock, &c, 1, &fd))
		return 0;
	/* Its descriptor by address, since HIP 7 by value */
	TRY(hipMemImportFromShareableHandle(&handle, HIP_VERSION_MAJOR < 7 ? (void *)&fd :
					    (void *)(uintptr_t)fd,
					    hipMemHandleTypePosixFileDescriptor));
	close(fd);
	if (!map(handle, &device) || !holds(device, 1) || !copy_in(device, 2))
		return 0;
	return tell(sock, "x", 1, -1) && unmap(handle, device);
}

static int ipc_owner(int sock)
{
	hipIpcMemHandle_t handle;
	void *device;
	char c;

	TRY(hipMalloc(&device, SIZE));
	if (!copy_in(device, 3))
		return 0;
	TRY(hipIpcGetMemHandle(&handle, device));
	if (!tell(sock, &handle, sizeof(handle), -1) || !hear(sock, &c, 1, NULL))
		return 0;
	if (!holds(device, 4))
		return 0;
	TRY(hipFree(device));
	return 1;
}

static int ipc_other(int sock)
{
	hipIpcMemHandle_t handle;
	void *device;

	if (!hear(sock, &handle, sizeof(handle), NULL))
		return 0;
	TRY(hipIpcOpenMemHandle(&device, handle, hipIpcMemLazyEnablePeerAccess));
	if (!holds(device, 3) || !copy_in(device, 4))
		return 0;
	TRY(hipIpcCloseMemHandle(device));
	return tell(sock, "x", 1, -1);
}

/* Both are processes of their own, that know nothing of each other but the socket. */
static void share(const char *what, int (*owner)(int), int (*other)(int))
{
	int socks[2], status = 1, i, ok = 1;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, socks)) {
		result(0, what);
		return;
	}
	fflush(stdout);
	for (i = 0; i < 2; i++) {
		if (!fork()) {
			close(socks[!i]);
			ok = hipSetDevice(0) == hipSuccess && (i ? other : owner)(socks[i]);
			if (!ok)
				printf("# %s: the %s failed\n", what, i ? "other" : "owner");
			fflush(stdout);
			_exit(!ok);
		}
	}
	close(socks[0]);
	close(socks[1]);
	while (wait(&status) > 0)
		ok &= WIFEXITED(status) && !WEXITSTATUS(status);
	result(ok, what);
}

int main(void)
{
	share("virtual memory API", vmm_owner, vmm_other);
	share("IPC", ipc_owner, ipc_other);
	printf("1..%d\n", tests);
	return failed != 0;
}
