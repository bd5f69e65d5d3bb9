// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A dispatch under way: its workgroups, and the threads that run them.
 *
 * What lives here: which workgroup is run next and by whom, scratch slots, the barrier of all
 * workgroups and their semaphore (GWS), dispatches of queues that were taken away. What does not:
 * how a dispatch begins (dispatch.c), what a workgroup does (isa/group.c).
 *
 * The thread that runs the queue opens its grid to threads that have nothing else to do, and
 * leaves it only after all of them: whoever holds the queue knows that nobody is in it.
 * A workgroup runs for a turn and then goes to the end of those that are there. More of
 * them begin when there are fewer than threads, when all that are there seem to wait, and
 * after each of them had many turns: what waits for a workgroup that has not begun goes on at
 * some time.
 *
 * Locking: sg_grid.lock protects what is marked so, softgpu.lock the rest that others
 * see. The former is never held when the latter is taken.
 */
#include <stdlib.h>
#include <string.h>

#include "isa/group.h"
#include "internal.h"

/* Instructions of a turn, and how many of them before another workgroup begins */
#define TURN		(16 << 10)
#define MANY_TURNS	64
/* After so many turns a helper looks whether a queue wants it, if none seems to. */
#define HELPER_TURNS	8
/* After so many the thread of the queue makes room for others: as long as a few MB are copied */
#define OWN_TURNS	8
/* Memory of workgroups that have begun */
#define MAX_MEMORY	(256ULL << 20)
#define MAX_MEMBERS	4096
/* Dispatches of queues that were taken away: so many, and more with less memory than that */
#define MAX_PARKED	64
#define PARKED_MEMORY	(256ULL << 20)
/* How much all of them but one may have, however few they are */
#define MOST_PARKED	(2ULL << 30)

/**
 * struct member - a workgroup that has begun
 * @link: in a list of the grid
 * @group: its state
 * @slot: its place in sg_grid.slots
 * @phase: sg_grid.gws_phase when it was run last
 */
struct member {
	TAILQ_ENTRY(member) link;
	struct isa_group *group;
	unsigned int slot;
	uint64_t phase;
};

TAILQ_HEAD(members, member);

/**
 * struct sg_grid - a dispatch
 * @q: its queue
 * @kernel: what is run
 * @link: in softgpu.grids while it is open, or parked (park_lock)
 * @helpers: threads in it besides the queue's own (softgpu.lock)
 * @wanted: another thread would find something to run (atomic)
 * @gpu: of a parked one: where it was
 * @vm: likewise
 * @ring_va: likewise
 * @id: likewise
 * @lock: protects all below
 * @back: a workgroup is back from a turn
 * @ready: workgroups that may run
 * @at_gws: those that wait for all others
 * @next: the next one to begin
 * @ended: how many have ended
 * @members: how many have begun and not ended
 * @max_members: how many may do so at a time
 * @running: how many have a thread now
 * @slept: how many of the last turns in a row only waited
 * @turns: since a workgroup began last
 * @slots: which scratch slots are taken, a byte each
 * @gws_arrived: waves at the barrier
 * @gws_phase: how often it was passed
 * @gws_passed: @gws_phase when those that wait were looked at
 * @gws_tickets: of waves that wait at the semaphore; another one when all of them may go on
 * @failed: @wave has failed
 * @no_memory: there is no memory for the first workgroup
 * @wave: it, without its vector registers
 */
struct sg_grid {
	struct softgpu_queue *q;
	struct isa_kernel kernel;
	TAILQ_ENTRY(sg_grid) link;
	unsigned int helpers;
	bool wanted;
	struct softgpu *gpu;
	void *vm;
	uint64_t ring_va;
	uint64_t id;

	pthread_mutex_t lock;
	pthread_cond_t back;
	struct members ready;
	struct members at_gws;
	uint64_t next;
	uint64_t ended;
	unsigned int members;
	unsigned int max_members;
	unsigned int running;
	unsigned int slept;
	unsigned int turns;
	uint8_t *slots;
	uint32_t gws_arrived;
	uint64_t gws_phase;
	uint64_t gws_passed;
	uint64_t gws_tickets;
	bool failed;
	bool no_memory;
	struct isa_wave wave;
};

/**
 * struct thread - a thread in a grid
 * @grid: which one
 * @member: whose turn it is
 * @run: the thread's runner
 * @env: what the waves reach
 */
struct thread {
	struct sg_grid *grid;
	struct member *member;
	struct isa_runner *run;
	struct isa_env env;
};

static void interrupt(void *opaque, uint32_t data)
{
	struct thread *t = opaque;
	struct softgpu_queue *q = t->grid->q;
	uint32_t mxcsr = t->run->mxcsr;

	isa_unlock(t->run);
	q->gpu->ops->event(q->p.vm, q->p.owner, data & 0xffffff);
	isa_lock(t->run);
	isa_set_mxcsr(t->run, mxcsr);
}

static void gws_init(void *opaque, uint32_t value)
{
	struct thread *t = opaque;
	struct softgpu_queue *q = t->grid->q;

	pthread_mutex_lock(&t->grid->lock);
	q->gws_waves = value + 1;
	q->gws_free = value;
	pthread_mutex_unlock(&t->grid->lock);
}

/* The last one lets its own workgroup go on at once, the others when they are run next. */
static bool gws_arrive(void *opaque, struct isa_wave *w)
{
	struct thread *t = opaque;
	struct sg_grid *grid = t->grid;
	bool last;

	pthread_mutex_lock(&grid->lock);
	last = ++grid->gws_arrived >= grid->q->gws_waves;
	if (last) {
		grid->gws_arrived = 0;
		t->member->phase = ++grid->gws_phase;
	}
	pthread_mutex_unlock(&grid->lock);
	if (last)
		isa_group_gws_release(w->group);
	return last;
}

static bool gws_take(void *opaque, struct isa_wave *w)
{
	struct thread *t = opaque;
	struct sg_grid *grid = t->grid;
	bool released;

	pthread_mutex_lock(&grid->lock);
	released = w->gws_ticket && w->gws_ticket != grid->gws_tickets;
	if (released || grid->q->gws_free) {
		grid->q->gws_free -= !released;
		w->gws_ticket = 0;
	} else {
		w->gws_ticket = grid->gws_tickets;
	}
	pthread_mutex_unlock(&grid->lock);
	return !w->gws_ticket;
}

static void gws_give(void *opaque, uint32_t num)
{
	struct thread *t = opaque;
	struct sg_grid *grid = t->grid;

	pthread_mutex_lock(&grid->lock);
	if (num == ISA_GWS_ALL)
		grid->gws_tickets++;
	else
		grid->q->gws_free += num;
	pthread_mutex_unlock(&grid->lock);
}

static void free_member(struct sg_grid *grid, struct member *m)
{
	grid->slots[m->slot] = 0;
	grid->members--;
	isa_group_free(m->group);
	free(m);
}

/* Under the grid's lock */
static struct member *begin_member(struct sg_grid *grid)
{
	struct member *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	while (grid->slots[m->slot])
		m->slot++;
	m->group = isa_group_new(&grid->kernel, grid->next, m->slot * grid->kernel.waves);
	if (!m->group) {
		free(m);
		return NULL;
	}
	m->phase = grid->gws_phase;
	grid->slots[m->slot] = 1;
	grid->members++;
	grid->next++;
	grid->turns = 0;
	grid->slept = 0;
	return m;
}

static bool may_begin(const struct sg_grid *grid)
{
	return grid->next < grid->kernel.num_groups && grid->members < grid->max_members;
}

/* When all waves have come to the barrier */
static void pass_gws(struct sg_grid *grid)
{
	if (grid->gws_passed == grid->gws_phase)
		return;
	grid->gws_passed = grid->gws_phase;
	TAILQ_CONCAT(&grid->ready, &grid->at_gws, link);
}

static struct member *next_member(struct sg_grid *grid)
{
	unsigned int waiting = grid->members - grid->running;
	struct member *m = NULL;

	pass_gws(grid);
	if (may_begin(grid) && (TAILQ_EMPTY(&grid->ready) || grid->slept >= waiting ||
				grid->turns >= MANY_TURNS * grid->members)) {
		m = begin_member(grid);
		if (!m && !grid->members)
			grid->no_memory = true;
	}
	if (!m && grid->slept < grid->members) {
		m = TAILQ_FIRST(&grid->ready);
		if (m)
			TAILQ_REMOVE(&grid->ready, m, link);
	}
	if (m && m->phase != grid->gws_phase) {
		m->phase = grid->gws_phase;
		isa_group_gws_release(m->group);
	}
	return m;
}

static enum isa_group_state turn(struct thread *t, struct isa_wave **failed)
{
	enum isa_group_state state;

	isa_runner_begin(t->run, &t->env, t->grid->kernel.id);
	isa_lock(t->run);
	t->run->budget = TURN;
	state = isa_group_run(t->member->group, t->run, failed);
	isa_unlock(t->run);
	return state;
}

static void turn_done(struct sg_grid *grid, struct member *m, enum isa_group_state state,
		      const struct isa_wave *failed)
{
	grid->running--;
	grid->turns++;
	grid->slept = state == ISA_GROUP_WAITING ? grid->slept + 1 : 0;
	switch (state) {
	case ISA_GROUP_FAILED:
		if (!grid->failed) {
			grid->wave = *failed;
			grid->wave.group = NULL;
		}
		grid->failed = true;
		free_member(grid, m);
		break;
	case ISA_GROUP_ENDED:
		grid->ended++;
		free_member(grid, m);
		break;
	case ISA_GROUP_AT_GWS:
		if (m->phase == grid->gws_phase) {
			TAILQ_INSERT_TAIL(&grid->at_gws, m, link);
			break;
		}
		/* fall through */
	default:
		TAILQ_INSERT_TAIL(&grid->ready, m, link);
	}
	pthread_cond_broadcast(&grid->back);
}

static void set_wanted(struct sg_grid *grid)
{
	bool wanted = !grid->failed && grid->slept < grid->members + may_begin(grid) &&
		      (may_begin(grid) || !TAILQ_EMPTY(&grid->ready));

	__atomic_store_n(&grid->wanted, wanted, __ATOMIC_RELAXED);
}

/* Should a thread leave, though there is something to run? */
static bool leave(struct softgpu_queue *q, bool helper, unsigned int turns)
{
	bool others = sg_others_wait(q->gpu);

	if (!helper) {
		if (others && turns >= OWN_TURNS)
			q->budget = 0;
		return sg_turn_over(q);
	}
	return turns >= (others ? 1 : HELPER_TURNS) ||
	       __atomic_load_n(&q->hold, __ATOMIC_RELAXED) ||
	       __atomic_load_n(&q->gpu->paused, __ATOMIC_RELAXED);
}

/* Until there is nothing to run for this thread, or it is to leave */
static void work(struct sg_grid *grid, struct isa_runner *run, bool helper)
{
	struct softgpu_queue *q = grid->q;
	struct thread t = {
		.grid = grid,
		.run = run,
		.env = {
			.ops = q->gpu->ops,
			.vm = q->p.vm,
			.interrupt = interrupt,
			.gws_init = gws_init,
			.gws_arrive = gws_arrive,
			.gws_take = gws_take,
			.gws_give = gws_give,
			.opaque = &t,
		},
	};

	pthread_mutex_lock(&grid->lock);
	if (!helper)
		grid->slept = 0;
	for (unsigned int turns = 0; !grid->failed && !leave(q, helper, turns); turns++) {
		enum isa_group_state state;
		struct isa_wave *failed = NULL;

		t.member = next_member(grid);
		set_wanted(grid);
		if (!t.member) {
			if (helper || !grid->running)
				break;
			pthread_cond_wait(&grid->back, &grid->lock);
			continue;
		}
		grid->running++;
		pthread_mutex_unlock(&grid->lock);
		state = turn(&t, &failed);
		if (!helper)
			q->budget -= SG_PACKET_COST;
		pthread_mutex_lock(&grid->lock);
		turn_done(grid, t.member, state, failed);
		set_wanted(grid);
	}
	pthread_mutex_unlock(&grid->lock);
}

/*
 * A thread with nothing else to do takes part in a dispatch for a while, if one wants it. The
 * caller holds softgpu.lock, which is let go meanwhile.
 */
bool sg_grid_help(struct softgpu *gpu, struct isa_runner *run)
{
	struct sg_grid *grid;

	if (gpu->paused)
		return false;
	TAILQ_FOREACH(grid, &gpu->grids, link) {
		if (__atomic_load_n(&grid->wanted, __ATOMIC_RELAXED))
			break;
	}
	if (!grid)
		return false;
	grid->helpers++;
	pthread_mutex_unlock(&gpu->lock);
	work(grid, run, true);
	pthread_mutex_lock(&gpu->lock);
	grid->helpers--;
	pthread_cond_broadcast(&gpu->left);
	return true;
}

/* Returns 0 or -ENOMEM */
int sg_grid_new(struct softgpu_queue *q, const struct isa_kernel *kernel, unsigned int scratch_waves)
{
	static uint64_t last_id;
	struct sg_grid *grid = calloc(1, sizeof(*grid));
	uint64_t max = MAX_MEMORY / isa_group_size(kernel);

	if (!grid)
		return -ENOMEM;
	if (max > MAX_MEMBERS)
		max = MAX_MEMBERS;
	if (scratch_waves && max > scratch_waves / kernel->waves)
		max = scratch_waves / kernel->waves;
	grid->max_members = max ? max : 1;
	grid->slots = calloc(grid->max_members, 1);
	if (!grid->slots) {
		free(grid);
		return -ENOMEM;
	}
	grid->q = q;
	grid->gws_tickets = 1;
	grid->kernel = *kernel;
	grid->kernel.id = __atomic_add_fetch(&last_id, 1, __ATOMIC_RELAXED);
	TAILQ_INIT(&grid->ready);
	TAILQ_INIT(&grid->at_gws);
	pthread_mutex_init(&grid->lock, NULL);
	pthread_cond_init(&grid->back, NULL);
	set_wanted(grid);
	q->grid = grid;
	return 0;
}

void sg_grid_free(struct sg_grid *grid)
{
	struct member *m;

	if (!grid)
		return;
	TAILQ_CONCAT(&grid->ready, &grid->at_gws, link);
	while ((m = TAILQ_FIRST(&grid->ready))) {
		TAILQ_REMOVE(&grid->ready, m, link);
		free_member(grid, m);
	}
	pthread_cond_destroy(&grid->back);
	pthread_mutex_destroy(&grid->lock);
	free(grid->slots);
	free(grid);
}

static void drop(struct softgpu_queue *q)
{
	sg_grid_free(q->grid);
	q->grid = NULL;
}

/*
 * Go on with the queue's dispatch. 0: it is done; -EAGAIN: all of it waits; -EINTR; -ENOMEM: it
 * cannot even begin; else what sg_wave_failed() says. It is gone unless it is to go on.
 */
int sg_grid_run(struct softgpu_queue *q)
{
	struct softgpu *gpu = q->gpu;
	struct sg_grid *grid = q->grid;
	int ret;

	pthread_mutex_lock(&gpu->lock);
	TAILQ_INSERT_TAIL(&gpu->grids, grid, link);
	if (grid->kernel.num_groups > 1)
		sg_wake_helper(gpu);
	pthread_mutex_unlock(&gpu->lock);

	work(grid, q->runner, false);

	pthread_mutex_lock(&gpu->lock);
	TAILQ_REMOVE(&gpu->grids, grid, link);
	while (grid->helpers)
		pthread_cond_wait(&gpu->left, &gpu->lock);
	pthread_mutex_unlock(&gpu->lock);

	if (grid->failed) {
		ret = sg_wave_failed(q, &grid->kernel, &grid->wave);
	} else if (grid->ended == grid->kernel.num_groups) {
		ret = 0;
	} else if (grid->no_memory) {
		ret = -ENOMEM;
	} else {
		return sg_turn_over(q) ? -EINTR : -EAGAIN;
	}
	drop(q);
	return ret;
}

/*
 * Dispatches whose queue was taken away: they wait here for a queue that goes on with it, by the
 * number that the saved state holds, without an id also one of another GPU. Nobody says that none
 * comes, so the oldest of too many is gone.
 */
static pthread_mutex_t park_lock = PTHREAD_MUTEX_INITIALIZER;
static struct sg_grids parked = TAILQ_HEAD_INITIALIZER(parked);
static unsigned int num_parked;
static uint64_t parked_memory;

static uint64_t memory(const struct sg_grid *grid)
{
	return sizeof(*grid) + grid->max_members +
	       grid->members * (uint64_t)isa_group_size(&grid->kernel);
}

static void unpark(struct sg_grid *grid)
{
	TAILQ_REMOVE(&parked, grid, link);
	num_parked--;
	parked_memory -= memory(grid);
}

static bool is_of(const struct sg_grid *grid, const struct softgpu_queue *q)
{
	if (q->p.id)
		return grid->gpu == q->gpu && grid->id == q->p.id;
	return !grid->id && grid->vm == q->p.vm && grid->ring_va == q->p.ring_va;
}

/* Returns the number; the caller has the queue. */
uint64_t sg_grid_park(struct softgpu_queue *q)
{
	struct sg_grid *grid = q->grid, *oldest;

	if (!grid)
		return q->parked;
	q->grid = NULL;
	q->parked = grid->kernel.id;
	grid->q = NULL;
	grid->gpu = q->gpu;
	grid->vm = q->p.vm;
	grid->ring_va = q->p.ring_va;
	grid->id = q->p.id;
	pthread_mutex_lock(&park_lock);
	TAILQ_INSERT_TAIL(&parked, grid, link);
	num_parked++;
	parked_memory += memory(grid);
	while (num_parked > 1 && parked_memory > (num_parked > MAX_PARKED ? PARKED_MEMORY :
								MOST_PARKED)) {
		oldest = TAILQ_FIRST(&parked);
		unpark(oldest);
		sg_grid_free(oldest);
	}
	pthread_mutex_unlock(&park_lock);
	return q->parked;
}

/* Returns 0, or -EINVAL if there is none of this queue with that number. */
int sg_grid_unpark(struct softgpu_queue *q, uint64_t id)
{
	struct sg_grid *grid;

	pthread_mutex_lock(&park_lock);
	TAILQ_FOREACH(grid, &parked, link) {
		if (grid->kernel.id == id && is_of(grid, q))
			break;
	}
	if (grid) {
		unpark(grid);
		grid->q = q;
		q->grid = grid;
	}
	pthread_mutex_unlock(&park_lock);
	return grid ? 0 : -EINVAL;
}

static void free_parked(struct softgpu *gpu, const struct softgpu_queue *q)
{
	struct sg_grid *grid, *next;

	pthread_mutex_lock(&park_lock);
	for (grid = TAILQ_FIRST(&parked); grid; grid = next) {
		next = TAILQ_NEXT(grid, link);
		if (grid->gpu != gpu || (q && !is_of(grid, q)))
			continue;
		unpark(grid);
		sg_grid_free(grid);
	}
	pthread_mutex_unlock(&park_lock);
}

/* What a queue with this one's id has left behind, as this one does not go on with it */
void sg_grid_forget(struct softgpu_queue *q)
{
	if (q->p.id)
		free_parked(q->gpu, q);
}

/* Those of a GPU that is gone */
void sg_grids_free(struct softgpu *gpu)
{
	free_parked(gpu, NULL);
}
