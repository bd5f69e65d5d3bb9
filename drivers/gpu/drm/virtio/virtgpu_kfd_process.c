// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * AMDKFD native context of virtio-gpu: the life of processes.
 *
 * What lives here: finding or making the process of an mm that opens /dev/kfd, making further
 * contexts of it, and ending them when the mm or the device goes. What does not: what a process
 * owns, virtgpu_kfd_events.c, virtgpu_kfd_memory.c and virtgpu_kfd_queue.c.
 *
 * As with amdkfd a process belongs to an mm, not to a file: a second open shares it, closing
 * the last file does not end it, exit and exec do. A further context (amdkfd calls it a
 * secondary process) belongs to the one file it was made with; closing that ends it, and so does
 * what ends the mm's process. Ending never fails and takes these steps in a worker: waits end,
 * calls in progress finish, events and memory go, the context is destroyed on the host. Only
 * when the host has confirmed that may pages of the guest be unpinned, since until then the GPU
 * may use them.
 */
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/wait_bit.h>

#include <drm/drm_print.h>

#include "virtgpu_kfd.h"

/* Room for the answer of the largest ioctl, several times. */
#define VIRTGPU_KFD_PROCESS_RSP_SIZE	SZ_32K

/* The ids of a process's further contexts begin with 0; amdkfd has 0xffff for its first one. */
#define VIRTGPU_KFD_CONTEXT_ID_MAX	0xfffe

/**
 * virtgpu_kfd_gpu_by_id() - find a GPU
 * @kfd: device
 * @gpu_id: KFD's id
 *
 * Return: the GPU, or NULL.
 */
struct virtgpu_kfd_gpu *virtgpu_kfd_gpu_by_id(struct virtgpu_kfd *kfd, u32 gpu_id)
{
	u32 i;

	for (i = 0; i < kfd->num_gpus; i++)
		if (kfd->gpus[i].gpu_id == gpu_id)
			return &kfd->gpus[i];
	return NULL;
}

void virtgpu_kfd_process_get(struct virtgpu_kfd_process *process)
{
	kref_get(&process->ref);
}

static void virtgpu_kfd_process_free(struct kref *ref)
{
	struct virtgpu_kfd_process *process =
		container_of(ref, struct virtgpu_kfd_process, ref);
	struct virtgpu_kfd *kfd = process->kfd;

	xa_destroy(&process->bos);
	xa_destroy(&process->queues);
	xa_destroy(&process->events);
	mutex_destroy(&process->event_lock);
	mutex_destroy(&process->lock);
	put_task_struct(process->lead_thread);
	if (process->primary)
		virtgpu_kfd_process_put(process->primary);
	ida_destroy(&process->context_ids);
	kfree(process->vms);
	kfree(process);
	virtgpu_kfd_put(kfd);
}

void virtgpu_kfd_process_put(struct virtgpu_kfd_process *process)
{
	kref_put(&process->ref, virtgpu_kfd_process_free);
}

/**
 * virtgpu_kfd_process_check_caller() - may this thread use the process?
 * @process: process, of which the caller has a reference
 *
 * After exec() the leader is the same, while the mm may go on in a task that shared it. Only who
 * has the mm keeps it, and with it the process, from ending in the middle of a call.
 *
 * Return: 0, -EBADF if another thread group opened the file, -ESRCH if another mm of this did.
 */
int virtgpu_kfd_process_check_caller(struct virtgpu_kfd_process *process)
{
	if (process->lead_thread != current->group_leader)
		return -EBADF;
	return (process->primary ?: process)->mn.mm == current->mm ? 0 : -ESRCH;
}

/**
 * virtgpu_kfd_process_enter() - begin a call that uses the process's objects
 * @process: process, of which the caller has a reference
 *
 * The process does not end before virtgpu_kfd_process_exit(), but what sleeps in between
 * has to watch virtgpu_kfd_process.dead.
 *
 * Return: 0, -ENODEV if the device is gone, -ESRCH if the mm is.
 */
int virtgpu_kfd_process_enter(struct virtgpu_kfd_process *process)
{
	if (!READ_ONCE(process->dead) && refcount_inc_not_zero(&process->active))
		return 0;
	return READ_ONCE(process->kfd->gone) ? -ENODEV : -ESRCH;
}

void virtgpu_kfd_process_exit(struct virtgpu_kfd_process *process)
{
	if (refcount_dec_and_test(&process->active))
		wake_up_var(&process->active);
}

/**
 * virtgpu_kfd_process_by_ctx() - find a process
 * @kfd: device
 * @ctx_id: virtio-gpu context id
 *
 * Return: the process with a reference, or NULL.
 */
struct virtgpu_kfd_process *virtgpu_kfd_process_by_ctx(struct virtgpu_kfd *kfd, u32 ctx_id)
{
	struct virtgpu_kfd_process *process;

	xa_lock(&kfd->processes);
	process = xa_load(&kfd->processes, ctx_id);
	if (process)
		virtgpu_kfd_process_get(process);
	xa_unlock(&kfd->processes);
	return process;
}

/* Does the host answer behind all that was sent to it before? */
static bool virtgpu_kfd_prove(struct virtgpu_kfd *kfd)
{
	struct virtkfd_ccmd nop = { .cmd = VIRTKFD_CCMD_NOP };
	struct virtkfd_rsp rsp;

	return !virtgpu_kfd_call(kfd->control, &nop, sizeof(nop), &rsp, sizeof(rsp));
}

static void virtgpu_kfd_process_end(struct work_struct *work)
{
	struct virtgpu_kfd_process *process =
		container_of(work, struct virtgpu_kfd_process, end_work);
	struct virtgpu_kfd *kfd = process->kfd;

	/* Out of the table before mn.mm can be the address of another mm. */
	xa_erase(&kfd->processes, process->ctx->id);
	if (!process->primary)
		mmu_notifier_unregister(&process->mn, process->mn.mm);

	virtgpu_kfd_process_exit(process);
	wait_var_event(&process->active, !refcount_read(&process->active));

	virtgpu_kfd_procfs_remove(process);
	if (process->primary)
		ida_free(&process->primary->context_ids, process->context_id);
	virtgpu_kfd_events_fini(process);
	virtgpu_kfd_queues_fini(process);
	virtgpu_kfd_memory_fini(process);
	virtgpu_kfd_ctx_destroy(process->ctx);
	process->ctx = NULL;
	atomic_dec(&kfd->counts.processes);

	if (!virtgpu_kfd_prove(kfd)) {
		if (!READ_ONCE(kfd->gone))
			drm_err(kfd->vgdev->ddev,
				"KFD: the host did not confirm the end of process %d, its pages stay pinned\n",
				task_tgid_nr(process->lead_thread));
		spin_lock_irq(&kfd->requests_lock);
		list_add(&process->unproven, &kfd->unproven);
		spin_unlock_irq(&kfd->requests_lock);
		return;
	}

	virtgpu_kfd_memory_unpin(process);
	virtgpu_kfd_process_put(process);
}

/*
 * Under the lock, so that whoever comes second finds the work queued: a removal of the device
 * waits for the works that are. The callers see to it that @process stays, the one by its
 * reference, the other since the work waits for the notifier.
 */
static void virtgpu_kfd_context_kill(struct virtgpu_kfd_process *process)
{
	spin_lock(&process->event_state_lock);
	if (!process->dead) {
		WRITE_ONCE(process->dead, true);
		queue_work(process->kfd->wq, &process->end_work);
	}
	spin_unlock(&process->event_state_lock);

	virtgpu_kfd_events_wake(process);
}

/* With its further contexts: nobody makes more of them when its mm or the device goes. */
static void virtgpu_kfd_process_kill(struct virtgpu_kfd_process *process)
{
	struct virtgpu_kfd *kfd = process->kfd;
	struct virtgpu_kfd_process *other;
	unsigned long id;

	xa_lock(&kfd->processes);
	xa_for_each(&kfd->processes, id, other)
		if (other->primary == process)
			virtgpu_kfd_context_kill(other);
	xa_unlock(&kfd->processes);
	virtgpu_kfd_context_kill(process);
}

static void virtgpu_kfd_mm_release(struct mmu_notifier *mn, struct mm_struct *mm)
{
	virtgpu_kfd_process_kill(container_of(mn, struct virtgpu_kfd_process, mn));
}

static const struct mmu_notifier_ops virtgpu_kfd_mn_ops = {
	.release = virtgpu_kfd_mm_release,
};

static struct virtgpu_kfd_process *
virtgpu_kfd_process_by_mm(struct virtgpu_kfd *kfd, struct mm_struct *mm)
{
	struct virtgpu_kfd_process *process;
	unsigned long id;

	xa_lock(&kfd->processes);
	xa_for_each(&kfd->processes, id, process) {
		if (process->mn.mm == mm) {
			virtgpu_kfd_process_get(process);
			break;
		}
	}
	xa_unlock(&kfd->processes);
	return process;
}

/*
 * Makes the process of the mm, or with @primary a further context of that. The reference is that
 * of virtgpu_kfd.processes, ended with the process.
 */
static struct virtgpu_kfd_process *
virtgpu_kfd_process_create(struct virtgpu_kfd *kfd, struct virtgpu_kfd_process *primary)
{
	struct virtgpu_kfd_process *process;
	int ret = -ENOMEM;

	process = kzalloc_obj(*process, GFP_KERNEL_ACCOUNT);
	if (!process)
		return ERR_PTR(-ENOMEM);

	kref_init(&process->ref);
	process->kfd = virtgpu_kfd_get(kfd);
	process->lead_thread = get_task_struct(current->group_leader);
	process->mn.ops = &virtgpu_kfd_mn_ops;
	ida_init(&process->context_ids);
	if (primary) {
		virtgpu_kfd_process_get(primary);
		process->primary = primary;
	}
	refcount_set(&process->active, 1);
	INIT_WORK(&process->end_work, virtgpu_kfd_process_end);
	INIT_LIST_HEAD(&process->unproven);
	mutex_init(&process->lock);
	virtgpu_kfd_memory_init(process);
	xa_init(&process->queues);
	mutex_init(&process->event_lock);
	spin_lock_init(&process->event_state_lock);
	xa_init(&process->events);

	process->vms = kzalloc_objs(*process->vms, kfd->num_gpus, GFP_KERNEL_ACCOUNT);
	if (!process->vms)
		goto err_put;

	process->ctx = virtgpu_kfd_ctx_create(kfd, VIRTKFD_ROLE_PROCESS,
					      VIRTGPU_KFD_PROCESS_RSP_SIZE);
	if (PTR_ERR_OR_ZERO(process->ctx) == -ENOSPC) {
		/* Contexts of processes that have just gone may still be on their way out. */
		flush_workqueue(kfd->wq);
		process->ctx = virtgpu_kfd_ctx_create(kfd, VIRTKFD_ROLE_PROCESS,
						      VIRTGPU_KFD_PROCESS_RSP_SIZE);
	}
	if (IS_ERR(process->ctx)) {
		ret = PTR_ERR(process->ctx);
		goto err_put;
	}

	if (primary) {
		ret = ida_alloc_max(&primary->context_ids, VIRTGPU_KFD_CONTEXT_ID_MAX,
				    GFP_KERNEL);
		if (ret < 0)
			goto err_destroy;
		process->context_id = ret;
	}

	ret = xa_reserve(&kfd->processes, process->ctx->id, GFP_KERNEL);
	if (ret)
		goto err_id;

	/* From here on the mm's end is the process's. */
	if (!primary)
		ret = mmu_notifier_register(&process->mn, current->mm);
	if (ret)
		goto err_release;

	/* Not before, since what finds it here may use its context. Needs no memory. */
	xa_store(&kfd->processes, process->ctx->id, process, GFP_KERNEL);
	atomic_inc(&kfd->counts.processes);
	virtgpu_kfd_procfs_add(process);
	return process;

err_release:
	xa_release(&kfd->processes, process->ctx->id);
err_id:
	if (primary)
		ida_free(&primary->context_ids, process->context_id);
err_destroy:
	virtgpu_kfd_ctx_destroy(process->ctx);
err_put:
	virtgpu_kfd_process_put(process);
	return ERR_PTR(ret);
}

/* Can processes be made? With virtgpu_kfd.processes_lock held. */
static int virtgpu_kfd_process_possible(struct virtgpu_kfd *kfd)
{
	if (READ_ONCE(kfd->gone))
		return -ENODEV;
	return READ_ONCE(kfd->control->lost) ? -EIO : 0;
}

/**
 * virtgpu_kfd_process_open() - the process of the caller's mm, made if there is none
 * @kfd: device
 *
 * Return: the process with a reference; ERR_PTR of -EINVAL (no mm), -ENODEV (device gone),
 * -EIO (the host does not answer), -EINTR, -ENOMEM or what the host gives for a new context.
 */
struct virtgpu_kfd_process *virtgpu_kfd_process_open(struct virtgpu_kfd *kfd)
{
	struct virtgpu_kfd_process *process;
	int ret;

	if (!current->mm)
		return ERR_PTR(-EINVAL);
	if (mutex_lock_killable(&kfd->processes_lock))
		return ERR_PTR(-EINTR);

	ret = virtgpu_kfd_process_possible(kfd);
	if (ret) {
		process = ERR_PTR(ret);
		goto out;
	}

	process = virtgpu_kfd_process_by_mm(kfd, current->mm);
	if (process)
		goto out;
	process = virtgpu_kfd_process_create(kfd, NULL);
	if (!IS_ERR(process))
		virtgpu_kfd_process_get(process);
out:
	mutex_unlock(&kfd->processes_lock);
	return process;
}

/**
 * virtgpu_kfd_process_release() - a file of a process goes
 * @process: process that the file has
 */
void virtgpu_kfd_process_release(struct virtgpu_kfd_process *process)
{
	if (process->primary)
		virtgpu_kfd_context_kill(process);
	virtgpu_kfd_process_put(process);
}

/**
 * virtgpu_kfd_create_process() - AMDKFD_IOC_CREATE_PROCESS
 * @process: process that the file has
 * @file: /dev/kfd, which gets a further context of the process in its place
 *
 * Return: 0; -EINVAL if the file has a further context already; -ENOSPC past the limit of
 * contexts, else as virtgpu_kfd_process_open().
 */
int virtgpu_kfd_create_process(struct virtgpu_kfd_process *process, struct file *file)
{
	struct virtgpu_kfd *kfd = process->kfd;
	struct virtgpu_kfd_process *context;
	int ret;

	if (process->primary)
		return -EINVAL;
	if (mutex_lock_killable(&kfd->processes_lock))
		return -EINTR;

	ret = virtgpu_kfd_process_possible(kfd);
	if (ret)
		goto out;
	/* Another thread came first. */
	if (file->private_data != process) {
		ret = -EINVAL;
		goto out;
	}

	context = virtgpu_kfd_process_create(kfd, process);
	if (IS_ERR(context)) {
		ret = PTR_ERR(context);
		goto out;
	}

	/* The context holds the process, so who still sees that in the file sees no ghost. */
	virtgpu_kfd_process_get(context);
	/* Pairs with the readers' address dependency: they see all of the context. */
	smp_store_release(&file->private_data, context);
	virtgpu_kfd_process_put(process);
out:
	mutex_unlock(&kfd->processes_lock);
	return ret;
}

/**
 * virtgpu_kfd_processes_wake() - let all waits for events see what has become of them
 * @kfd: device
 */
void virtgpu_kfd_processes_wake(struct virtgpu_kfd *kfd)
{
	struct virtgpu_kfd_process *process;
	unsigned long id;

	xa_lock(&kfd->processes);
	xa_for_each(&kfd->processes, id, process)
		virtgpu_kfd_events_wake(process);
	xa_unlock(&kfd->processes);
}

/**
 * virtgpu_kfd_processes_end() - the device goes: end all processes
 * @kfd: device, already gone, so that no process comes
 */
void virtgpu_kfd_processes_end(struct virtgpu_kfd *kfd)
{
	struct virtgpu_kfd_process *process;
	unsigned long id;

	mutex_lock(&kfd->processes_lock);
	xa_lock(&kfd->processes);
	xa_for_each(&kfd->processes, id, process) {
		virtgpu_kfd_process_get(process);
		xa_unlock(&kfd->processes);
		virtgpu_kfd_process_kill(process);
		virtgpu_kfd_process_put(process);
		xa_lock(&kfd->processes);
	}
	xa_unlock(&kfd->processes);
	mutex_unlock(&kfd->processes_lock);

	flush_workqueue(kfd->wq);
}

/**
 * virtgpu_kfd_processes_fini() - the device was reset: unpin what could not be before
 * @kfd: device
 */
void virtgpu_kfd_processes_fini(struct virtgpu_kfd *kfd)
{
	struct virtgpu_kfd_process *process, *tmp;

	list_for_each_entry_safe(process, tmp, &kfd->unproven, unproven) {
		list_del_init(&process->unproven);
		virtgpu_kfd_memory_unpin(process);
		virtgpu_kfd_process_put(process);
	}
}
