// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * AMDKFD native context of virtio-gpu: system management events.
 *
 * What lives here: AMDKFD_IOC_SMI_EVENTS, the files it makes, and the lines that are read from
 * them. What does not: where something happens that a line tells of.
 *
 * Lines tell of what happens in this guest: a process that gets or loses its VM on a GPU, and
 * a fault of the GPU in its memory. Of the GPU itself (resets, its temperature) the host tells
 * nobody, and what belongs to SVM and to the eviction of queues does not happen here: such a
 * line can be asked for and never comes.
 */
#include <kunit/visibility.h>
#include <linux/anon_inodes.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/kfifo.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "virtgpu_kfd.h"

/* What a reader may be behind, in bytes; a line for which there is no room is lost. */
#define SMI_FIFO_SIZE	SZ_8K

/**
 * struct smi_client - a file of AMDKFD_IOC_SMI_EVENTS
 * @node: in virtgpu_kfd_gpu.smi_clients
 * @gpu: GPU whose events it shows, kept by a reference to its device
 * @wait: its readers
 * @events: KFD_SMI_EVENT_MASK_FROM_INDEX() of those that were asked for
 * @tgid: process that made it
 * @all: it shows the events of other processes too
 * @fifo: lines that were not read; virtgpu_kfd_gpu.smi_lock
 */
struct smi_client {
	struct list_head node;
	struct virtgpu_kfd_gpu *gpu;
	wait_queue_head_t wait;
	u64 events;
	pid_t tgid;
	bool all;
	struct kfifo fifo;
};

static __poll_t smi_poll(struct file *file, struct poll_table_struct *wait)
{
	struct smi_client *client = file->private_data;
	__poll_t mask = 0;

	poll_wait(file, &client->wait, wait);

	spin_lock(&client->gpu->smi_lock);
	if (!kfifo_is_empty(&client->fifo))
		mask = EPOLLIN | EPOLLRDNORM;
	spin_unlock(&client->gpu->smi_lock);

	/* There will be no more of them. */
	return READ_ONCE(client->gpu->kfd->gone) ? mask | EPOLLHUP : mask;
}

/* Never waits: there is poll() for that. */
static ssize_t smi_read(struct file *file, char __user *user, size_t size, loff_t *offset)
{
	struct smi_client *client = file->private_data;
	unsigned int len;
	ssize_t ret;
	char *buf;

	size = min_t(size_t, size, SMI_FIFO_SIZE);
	buf = kmalloc(size, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;

	spin_lock(&client->gpu->smi_lock);
	len = kfifo_out(&client->fifo, buf, size);
	spin_unlock(&client->gpu->smi_lock);

	if (len)
		ret = copy_to_user(user, buf, len) ? -EFAULT : len;
	else
		ret = READ_ONCE(client->gpu->kfd->gone) ? -ENODEV : -EAGAIN;
	kfree(buf);
	return ret;
}

static ssize_t smi_write(struct file *file, const char __user *user, size_t size, loff_t *offset)
{
	struct smi_client *client = file->private_data;
	u64 events;

	if (size < sizeof(events) || copy_from_user(&events, user, sizeof(events)))
		return -EFAULT;

	WRITE_ONCE(client->events, events);
	return sizeof(events);
}

static void smi_free(struct smi_client *client)
{
	struct virtgpu_kfd_gpu *gpu = client->gpu;

	spin_lock(&gpu->smi_lock);
	list_del(&client->node);
	spin_unlock(&gpu->smi_lock);

	kfifo_free(&client->fifo);
	kfree(client);
	virtgpu_kfd_put(gpu->kfd);
}

static int smi_release(struct inode *inode, struct file *file)
{
	smi_free(file->private_data);
	return 0;
}

static const struct file_operations smi_fops = {
	.owner = THIS_MODULE,
	.poll = smi_poll,
	.read = smi_read,
	.write = smi_write,
	.release = smi_release,
};

/**
 * virtgpu_kfd_smi_events() - AMDKFD_IOC_SMI_EVENTS
 * @process: process
 * @data: &struct kfd_ioctl_smi_events_args
 *
 * Return: 0, -EINVAL for an unknown GPU, -ENOMEM, or what a new descriptor gives.
 */
int virtgpu_kfd_smi_events(struct virtgpu_kfd_process *process, void *data)
{
	struct kfd_ioctl_smi_events_args *args = data;
	struct virtgpu_kfd_gpu *gpu;
	struct smi_client *client;
	int ret;

	gpu = virtgpu_kfd_gpu_by_id(process->kfd, args->gpuid);
	if (!gpu)
		return -EINVAL;

	client = kzalloc_obj(*client, GFP_KERNEL_ACCOUNT);
	if (!client)
		return -ENOMEM;
	ret = kfifo_alloc(&client->fifo, SMI_FIFO_SIZE, GFP_KERNEL_ACCOUNT);
	if (ret) {
		kfree(client);
		return ret;
	}

	client->gpu = gpu;
	client->tgid = task_tgid_nr(current);
	client->all = capable(CAP_SYS_ADMIN);
	init_waitqueue_head(&client->wait);
	virtgpu_kfd_get(gpu->kfd);
	spin_lock(&gpu->smi_lock);
	list_add(&client->node, &gpu->smi_clients);
	spin_unlock(&gpu->smi_lock);

	ret = anon_inode_getfd("kfd_smi_ev", &smi_fops, client, O_RDWR);
	if (ret < 0) {
		smi_free(client);
		return ret;
	}
	args->anon_fd = ret;
	return 0;
}

static void smi_add(struct virtgpu_kfd_gpu *gpu, pid_t tgid, u32 event, const char *line, int len)
{
	u64 mask = KFD_SMI_EVENT_MASK_FROM_INDEX(event);
	struct smi_client *client;

	spin_lock(&gpu->smi_lock);
	list_for_each_entry(client, &gpu->smi_clients, node) {
		if (!(READ_ONCE(client->events) & mask) ||
		    (client->tgid != tgid && !client->all) ||
		    kfifo_avail(&client->fifo) < len)
			continue;
		kfifo_in(&client->fifo, line, len);
		wake_up_all(&client->wait);
	}
	spin_unlock(&gpu->smi_lock);
}

/**
 * virtgpu_kfd_smi_process() - tell that a process has got, or will lose, its VM on a GPU
 * @process: process; the VM's task is set
 * @gpu: GPU
 * @start: it has got it
 */
void virtgpu_kfd_smi_process(struct virtgpu_kfd_process *process, struct virtgpu_kfd_gpu *gpu,
			     bool start)
{
	u32 event = start ? KFD_SMI_EVENT_PROCESS_START : KFD_SMI_EVENT_PROCESS_END;
	const struct virtgpu_kfd_vm *vm = &process->vms[gpu->index];
	char line[KFD_SMI_EVENT_MSG_SIZE];
	int len;

	len = scnprintf(line, sizeof(line), "%x ", event);
	len += scnprintf(line + len, sizeof(line) - len,
			 KFD_EVENT_FMT_PROCESS(vm->pid, vm->comm));
	smi_add(gpu, task_tgid_nr(process->lead_thread), event, line, len);
}

/* The last field, ErrorType, is 0 unless the exception is a RAS error. */
static bool is_ras_error(const struct kfd_hsa_memory_exception_data *data)
{
	BUILD_BUG_ON(offsetofend(typeof(*data), gpu_id) + sizeof(u32) != sizeof(*data));
	return *((const u32 *)(data + 1) - 1);
}

/**
 * virtgpu_kfd_smi_fault() - tell of a fault of the GPU in a process's memory
 * @process: process
 * @data: what the host says of the fault
 *
 * A RAS error, which the host reports in the same way, is none. Does not sleep.
 */
void virtgpu_kfd_smi_fault(struct virtgpu_kfd_process *process,
			   const struct kfd_hsa_memory_exception_data *data)
{
	struct virtgpu_kfd_gpu *gpu = virtgpu_kfd_gpu_by_id(process->kfd, data->gpu_id);
	char line[KFD_SMI_EVENT_MSG_SIZE];
	const struct virtgpu_kfd_vm *vm;
	int len;

	if (!gpu || is_ras_error(data))
		return;
	vm = &process->vms[gpu->index];
	/* Pairs with virtgpu_kfd_acquire_vm(): the task is set before the file. */
	if (!smp_load_acquire(&vm->drm_file))
		return;

	len = scnprintf(line, sizeof(line), "%x ", KFD_SMI_EVENT_VMFAULT);
	len += scnprintf(line + len, sizeof(line) - len,
			 KFD_EVENT_FMT_VMFAULT(vm->pid, vm->comm));
	smi_add(gpu, task_tgid_nr(process->lead_thread), KFD_SMI_EVENT_VMFAULT, line, len);
}

/**
 * virtgpu_kfd_smi_init() - a GPU begins
 * @gpu: GPU
 */
void virtgpu_kfd_smi_init(struct virtgpu_kfd_gpu *gpu)
{
	spin_lock_init(&gpu->smi_lock);
	INIT_LIST_HEAD(&gpu->smi_clients);
}
EXPORT_SYMBOL_IF_KUNIT(virtgpu_kfd_smi_init);

/**
 * virtgpu_kfd_smi_wake() - let all readers see that the device is gone
 * @kfd: device, gone
 */
void virtgpu_kfd_smi_wake(struct virtgpu_kfd *kfd)
{
	struct smi_client *client;
	u32 i;

	for (i = 0; i < kfd->num_gpus; i++) {
		spin_lock(&kfd->gpus[i].smi_lock);
		list_for_each_entry(client, &kfd->gpus[i].smi_clients, node)
			wake_up_all(&client->wait);
		spin_unlock(&kfd->gpus[i].smi_lock);
	}
}
