// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Threads, and whose turn it is.
 *
 * What lives here: the lists of ready queues and of those that wait for memory, the threads
 * and their sleep. What does not: what happens in a turn.
 *
 * Time is divided in rounds. In each of them every ready queue has one turn, those of higher
 * priority first; a queue that had its turn comes into the next round. A queue that waits for
 * memory is looked at again after a delay that doubles each time, after a kick, and when
 * another queue of its VM has done something.
 */
#define _GNU_SOURCE
#include <assert.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "isa/exec.h"
#include "internal.h"

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* Anything that a thread may take */
static bool anything_ready(struct softgpu *gpu)
{
	return !gpu->paused && (gpu->ready_mask[0] | gpu->ready_mask[1]);
}

/*
 * Does any queue want a thread, now or when it is time to look at its memory again, which threads
 * do between turns? Without the lock, as a hint.
 */
bool sg_others_wait(const struct softgpu *gpu)
{
	return __atomic_load_n(&gpu->ready_mask[0], __ATOMIC_RELAXED) ||
	       __atomic_load_n(&gpu->ready_mask[1], __ATOMIC_RELAXED) ||
	       __atomic_load_n(&gpu->num_blocked, __ATOMIC_RELAXED);
}

static void *worker(void *arg);

/* Signals are not for the threads, whoever it is that creates them. */
static int add_thread(struct softgpu *gpu)
{
	sigset_t all, old;
	int ret;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	ret = -pthread_create(&gpu->threads[gpu->num_threads], NULL, worker, gpu);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!ret)
		gpu->num_threads++;
	return ret;
}

/* Another thread takes part, if there is one or may be one. */
static void wake_one(struct softgpu *gpu)
{
	if (gpu->waiting)
		pthread_cond_signal(&gpu->work);
	else if (gpu->timekeeper)
		pthread_cond_signal(&gpu->timer);
	else if (gpu->num_threads < gpu->max_threads)
		add_thread(gpu);
}

/* For a dispatch that threads may take part in */
void sg_wake_helper(struct softgpu *gpu)
{
	wake_one(gpu);
}

/* After queues were made ready by anybody but the threads, which look for themselves */
void sg_wake(struct softgpu *gpu)
{
	if (anything_ready(gpu))
		wake_one(gpu);
}

void sg_make_ready(struct softgpu_queue *q)
{
	struct softgpu *gpu = q->gpu;

	q->state = SG_READY;
	q->list = q->turn == gpu->round ? !gpu->this : gpu->this;
	TAILQ_INSERT_TAIL(&gpu->ready[q->list][q->p.priority], q, link);
	__atomic_fetch_or(&gpu->ready_mask[q->list], 1u << q->p.priority, __ATOMIC_RELAXED);
}

static void block(struct softgpu_queue *q)
{
	struct softgpu *gpu = q->gpu;

	q->state = SG_BLOCKED;
	q->due = now_ns() + (SG_FIRST_DELAY << q->delay);
	TAILQ_INSERT_TAIL(&gpu->blocked[q->delay], q, link);
	__atomic_fetch_add(&gpu->num_blocked, 1, __ATOMIC_RELAXED);
	if (gpu->timekeeper && q->due < gpu->timer_at)
		pthread_cond_signal(&gpu->timer);
}

static void unblock(struct softgpu_queue *q)
{
	/* The list it is in is that of the delay it had, which nobody changes meanwhile. */
	TAILQ_REMOVE(&q->gpu->blocked[q->delay], q, link);
	__atomic_fetch_sub(&q->gpu->num_blocked, 1, __ATOMIC_RELAXED);
	q->state = SG_IDLE;
}

/* From whatever list it is in */
void sg_take(struct softgpu_queue *q)
{
	struct softgpu *gpu = q->gpu;
	unsigned int prio = q->p.priority;

	if (q->state == SG_BLOCKED) {
		unblock(q);
	} else if (q->state == SG_READY) {
		TAILQ_REMOVE(&gpu->ready[q->list][prio], q, link);
		if (TAILQ_EMPTY(&gpu->ready[q->list][prio]))
			__atomic_fetch_and(&gpu->ready_mask[q->list], ~(1u << prio),
					   __ATOMIC_RELAXED);
		q->state = SG_IDLE;
	}
}

/* All queues that wait, or those of a VM, look again. */
void sg_kick(struct softgpu *gpu, void *vm)
{
	gpu->kicks++;
	for (unsigned int i = 0; i < SG_DELAYS && gpu->num_blocked; i++) {
		struct softgpu_queue *q = TAILQ_FIRST(&gpu->blocked[i]);

		while (q) {
			struct softgpu_queue *next = TAILQ_NEXT(q, link);

			if (!vm || q->p.vm == vm) {
				unblock(q);
				q->delay = 0;
				sg_make_ready(q);
			}
			q = next;
		}
	}
}

/* Queues whose time has come; returns the time of the next one, or 0. */
static uint64_t expire(struct softgpu *gpu)
{
	uint64_t now = gpu->num_blocked ? now_ns() : 0;
	uint64_t next = 0;

	for (unsigned int i = 0; i < SG_DELAYS && gpu->num_blocked; i++) {
		struct softgpu_queue *q;

		while ((q = TAILQ_FIRST(&gpu->blocked[i])) && q->due <= now) {
			unblock(q);
			if (q->delay < SG_DELAYS - 1)
				q->delay++;
			sg_make_ready(q);
		}
		if (q && (!next || q->due < next))
			next = q->due;
	}
	return next;
}

static struct softgpu_queue *pick(struct softgpu *gpu)
{
	struct softgpu_queue *q;
	unsigned int prio;

	if (!anything_ready(gpu))
		return NULL;
	if (!gpu->ready_mask[gpu->this]) {
		gpu->this = !gpu->this;
		gpu->round++;
	}
	prio = 31 - __builtin_clz(gpu->ready_mask[gpu->this]);
	q = TAILQ_FIRST(&gpu->ready[gpu->this][prio]);
	sg_take(q);
	return q;
}

static void wait_for_work(struct softgpu *gpu, uint64_t until)
{
	struct timespec ts = { .tv_sec = until / 1000000000, .tv_nsec = until % 1000000000 };

	if (until && !gpu->timekeeper) {
		gpu->timekeeper = true;
		gpu->timer_at = until;
		pthread_cond_timedwait(&gpu->timer, &gpu->lock, &ts);
		gpu->timekeeper = false;
	} else {
		gpu->waiting++;
		pthread_cond_wait(&gpu->work, &gpu->lock);
		gpu->waiting--;
	}
}

/* What comes after a turn that ended with @ret */
static void turn_end(struct softgpu_queue *q, int ret)
{
	struct softgpu *gpu = q->gpu;

	gpu->num_running--;
	if (gpu->paused)
		pthread_cond_broadcast(&gpu->left);
	q->state = ret == -EFAULT || ret == -EINVAL ? SG_STOPPED : SG_IDLE;
	if (q->progress) {
		q->delay = 0;
		sg_kick(gpu, q->p.vm);
	}
	if (q->hold) {
		pthread_cond_broadcast(&gpu->left);
		return;
	}
	if (q->state == SG_STOPPED)
		return;
	if (ret == -EINTR || sg_wants_turn(q))
		sg_make_ready(q);
	else if (ret == -EAGAIN && gpu->kicks != q->kicks)
		sg_make_ready(q);
	else if (ret == -EAGAIN)
		block(q);
}

static void *worker(void *arg)
{
	struct isa_runner runner = { 0 };
	struct softgpu *gpu = arg;

	pthread_setname_np(pthread_self(), "softgpu");
	/* Short waits are to be short. */
	prctl(PR_SET_TIMERSLACK, 5000UL, 0, 0, 0);
	pthread_mutex_lock(&gpu->lock);
	while (!gpu->stop) {
		uint64_t next = expire(gpu);
		struct softgpu_queue *q = pick(gpu);
		int ret;

		if (!q) {
			if (!sg_grid_help(gpu, &runner))
				wait_for_work(gpu, next);
			continue;
		}
		gpu->num_running++;
		q->state = SG_RUNNING;
		q->turn = gpu->round;
		q->kicks = gpu->kicks;
		q->runner = &runner;
		/* What this thread leaves behind: another ready one, or the clock */
		if (anything_ready(gpu) || (next && !gpu->timekeeper && gpu->waiting))
			wake_one(gpu);
		pthread_mutex_unlock(&gpu->lock);
		ret = sg_run(q);
		pthread_mutex_lock(&gpu->lock);
		turn_end(q, ret);
	}
	pthread_mutex_unlock(&gpu->lock);
	isa_runner_end(&runner);
	return NULL;
}

void softgpu_pause(struct softgpu *gpu)
{
	pthread_mutex_lock(&gpu->lock);
	__atomic_store_n(&gpu->paused, true, __ATOMIC_RELAXED);
	while (gpu->num_running)
		pthread_cond_wait(&gpu->left, &gpu->lock);
	pthread_mutex_unlock(&gpu->lock);
}

void softgpu_resume(struct softgpu *gpu)
{
	pthread_mutex_lock(&gpu->lock);
	__atomic_store_n(&gpu->paused, false, __ATOMIC_RELAXED);
	sg_wake(gpu);
	pthread_mutex_unlock(&gpu->lock);
}

static unsigned int num_cpus(void)
{
	cpu_set_t set;
	long num;

	if (!sched_getaffinity(0, sizeof(set), &set))
		return CPU_COUNT(&set);
	num = sysconf(_SC_NPROCESSORS_ONLN);
	return num > 0 ? num : 1;
}

int softgpu_create(const struct softgpu_vm_ops *ops, unsigned int threads, struct softgpu **gpu)
{
	struct softgpu *new = calloc(1, sizeof(*new));
	pthread_condattr_t attr;
	int ret;

	if (!new)
		return -ENOMEM;
	new->ops = ops;
	new->max_threads = threads ? threads : num_cpus();
	new->threads = calloc(new->max_threads, sizeof(*new->threads));
	if (!new->threads) {
		free(new);
		return -ENOMEM;
	}
	/* 0 is the round of no queue's last turn. */
	new->round = 1;
	for (unsigned int i = 0; i < SG_PRIORITIES; i++) {
		TAILQ_INIT(&new->ready[0][i]);
		TAILQ_INIT(&new->ready[1][i]);
	}
	for (unsigned int i = 0; i < SG_DELAYS; i++)
		TAILQ_INIT(&new->blocked[i]);
	TAILQ_INIT(&new->grids);
	pthread_mutex_init(&new->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&new->work, NULL);
	pthread_cond_init(&new->timer, &attr);
	pthread_cond_init(&new->left, NULL);
	pthread_condattr_destroy(&attr);

	pthread_mutex_lock(&new->lock);
	ret = add_thread(new);
	pthread_mutex_unlock(&new->lock);
	if (ret) {
		softgpu_destroy(new);
		return ret;
	}
	*gpu = new;
	return 0;
}

void softgpu_destroy(struct softgpu *gpu)
{
	if (!gpu)
		return;
	pthread_mutex_lock(&gpu->lock);
	assert(!gpu->num_queues);
	gpu->stop = true;
	pthread_cond_broadcast(&gpu->work);
	pthread_cond_broadcast(&gpu->timer);
	pthread_mutex_unlock(&gpu->lock);
	for (unsigned int i = 0; i < gpu->num_threads; i++)
		pthread_join(gpu->threads[i], NULL);
	sg_grids_free(gpu);
	pthread_cond_destroy(&gpu->work);
	pthread_cond_destroy(&gpu->timer);
	pthread_cond_destroy(&gpu->left);
	pthread_mutex_destroy(&gpu->lock);
	free(gpu->threads);
	free(gpu);
}
