/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The core's objects and what its files have of each other.
 *
 * What lives here: struct softgpu, softgpu_queue and who may touch which field. What does
 * not: anything a user of the core needs.
 *
 * Execution is a state machine: packets, also nested ones, leave their state in the queue, so
 * that a thread can go away from the middle of any of them and another one can go on. Three
 * reasons make it go: nothing to do, memory that is not yet as a packet wants it, and the end
 * of the turn. Functions of the execution return 0 or one of these:
 *
 *   -ENODATA	all is read up to the write pointer
 *   -EAGAIN	the packet waits for memory or a register
 *   -EINTR	the turn is over, or somebody waits for the queue
 *   -EFAULT	softgpu_queue.fault says why, the queue stops
 *   -EINVAL	the packet cannot be, the queue stops
 *
 * Locking: softgpu.lock protects fields with "lock". All the rest of a queue belongs to the
 * thread that runs it, softgpu_queue.state says whether there is one. Nothing is called back
 * with the lock held.
 */
#ifndef SOFTGPU_INTERNAL_H
#define SOFTGPU_INTERNAL_H

#include <errno.h>
#include <pthread.h>
#include <sys/queue.h>

#include "softgpu.h"

#define SG_PRIORITIES	16
/* Delays between looks at memory: 20 us, 40 us, ... 2560 us. */
#define SG_DELAYS	8
#define SG_FIRST_DELAY	20000ULL
/* A turn in bytes moved, and what a packet counts for at least. */
#define SG_TURN		(1 << 20)
#define SG_PACKET_COST	4096
/* Indirect buffers within each other, and all of them that one packet of the ring may use. */
#define SG_MAX_DEPTH	4
#define SG_MAX_JUMPS	4096
/* The longest packet without a body of variable length. */
#define SG_WORDS	16
#define SG_AQL_SIZE	64
#define SG_AQL_DEPS	5

/* COMPUTE_TMPRING_SIZE: how many waves there is scratch memory for, and bytes for each */
#define SG_TMPRING_WAVES(r)	((r) & 0xfff)
#define SG_TMPRING_WAVE_SIZE(r)	(((r) >> 12 & 0x1fff) * 1024)

TAILQ_HEAD(sg_queues, softgpu_queue);

struct sg_grid;
struct isa_dispatch;
struct isa_kernel;
struct isa_runner;
struct isa_wave;

TAILQ_HEAD(sg_grids, sg_grid);

/**
 * struct softgpu - a GPU
 * @ops: callbacks
 * @max_threads: most threads
 * @lock: protects all below, and parts of the queues
 * @work: a queue is ready, for threads that wait for nothing else
 * @timer: the same for the one that also waits for the time of @timer_at
 * @left: a thread has left a queue and somebody waits for that
 * @threads: the threads
 * @num_threads: their number
 * @waiting: how many of them wait at @work
 * @timekeeper: one waits at @timer
 * @timer_at: until when it does
 * @stop: threads end
 * @paused: nobody is to begin a turn (lock to write; read without)
 * @num_running: queues in which a thread is
 * @kicks: how often waiting queues were told to look again
 * @round: in a round each ready queue has one turn
 * @ready: queues of this round and of the next one
 * @ready_mask: priorities that are not empty there (lock to write; read without)
 * @this: which of both is this round
 * @blocked: queues that wait for memory, one list for each delay, so that each is in the
 *	order of time
 * @num_blocked: their number (lock to write; read without)
 * @num_queues: all queues
 * @grids: dispatches that threads may take part in
 */
struct softgpu {
	const struct softgpu_vm_ops *ops;
	unsigned int max_threads;

	pthread_mutex_t lock;
	pthread_cond_t work;
	pthread_cond_t timer;
	pthread_cond_t left;
	pthread_t *threads;
	unsigned int num_threads;
	unsigned int waiting;
	bool timekeeper;
	uint64_t timer_at;
	bool stop;
	bool paused;
	unsigned int num_running;
	uint64_t kicks;
	uint64_t round;
	struct sg_queues ready[2][SG_PRIORITIES];
	uint32_t ready_mask[2];
	unsigned int this;
	struct sg_queues blocked[SG_DELAYS];
	unsigned int num_blocked;
	unsigned int num_queues;
	struct sg_grids grids;
};

/**
 * struct sg_level - a stream of dwords: the ring or an indirect buffer
 * @va: its address
 * @pos: next packet, in dwords; in the ring it never wraps
 * @end: behind the last dword
 * @len: dwords of the packet that is under way, or 0
 * @skip: dwords that are not to be executed
 * @started: the packet under way has done what it does before it waits
 */
struct sg_level {
	uint64_t va;
	uint64_t pos;
	uint64_t end;
	uint32_t len;
	uint32_t skip;
	bool started;
};

/**
 * struct sg_compute - the registers of compute shaders, for dispatches by PM4 packets
 * @start: the first workgroup in each dimension
 * @threads: work-items of a workgroup in each dimension
 * @pgm: address of the code, shifted right by 8
 * @scratch: the same of scratch memory
 * @rsrc1: COMPUTE_PGM_RSRC1
 * @rsrc2: COMPUTE_PGM_RSRC2
 * @rsrc3: COMPUTE_PGM_RSRC3
 * @tmpring: COMPUTE_TMPRING_SIZE
 * @user: the first SGPRs
 */
struct sg_compute {
	uint32_t start[3];
	uint32_t threads[3];
	uint32_t pgm[2];
	uint32_t scratch[2];
	uint32_t rsrc1, rsrc2, rsrc3;
	uint32_t tmpring;
	uint32_t user[16];
};

enum sg_op_kind { SG_OP_NONE, SG_OP_COPY, SG_OP_FILL, SG_OP_WRITE, SG_OP_RECT, SG_OP_PTES };

/**
 * struct sg_op - what a packet moves, as far as it has not been moved
 * @kind: what it is
 * @dst: where to
 * @dst2: where else to, if @both
 * @both: there are two destinations
 * @src: where from: an address, for SG_OP_WRITE a dword of the stream
 * @len: bytes; for SG_OP_PTES entries
 * @pattern: for SG_OP_FILL, its first byte is the next one to be written
 * @width: bytes of a row of SG_OP_RECT
 * @rows: rows left in this slice
 * @all_rows: rows of a slice
 * @slices: slices left
 * @src_pitch: bytes from row to row
 * @dst_pitch: bytes from row to row
 * @src_slice: bytes from slice to slice
 * @dst_slice: bytes from slice to slice
 * @src_top: first row of this slice
 * @dst_top: first row of this slice
 * @value: next page table entry
 * @mask: bits that are set in all of them
 * @step: from one to the next
 */
struct sg_op {
	enum sg_op_kind kind;
	uint64_t dst, dst2;
	bool both;
	uint64_t src;
	uint64_t len;
	uint32_t pattern;

	uint64_t width;
	uint32_t rows, all_rows, slices;
	uint64_t src_pitch, dst_pitch, src_slice, dst_slice, src_top, dst_top;

	uint64_t value, mask, step;
};

/* Where a queue is: in a list of the GPU if ready or blocked. */
enum sg_state { SG_IDLE, SG_READY, SG_BLOCKED, SG_RUNNING, SG_STOPPED, SG_SAVED };

/**
 * struct softgpu_queue - a queue
 * @gpu: its GPU
 * @p: parameters; changed while nobody runs it
 * @link: in a list of the GPU (lock)
 * @state: which one (lock)
 * @hold: callers that wait until nobody runs it (lock; read without)
 * @turn: round in which it was run last (lock)
 * @list: which of softgpu.ready has it (lock)
 * @delay: which of softgpu.blocked has it, or comes next (lock)
 * @due: when a blocked one is looked at again, in ns (lock)
 * @kicks: softgpu.kicks when this turn began (lock)
 * @doorbell: write pointer by doorbells and memory (lock)
 * @rung: by doorbells alone (lock)
 * @reload: the write pointer in memory is to be looked at (lock)
 * @backwards: a doorbell was lower than one before (lock)
 * @bad_doorbell: its value (lock)
 * @wptr: write pointer of this turn
 * @budget: what is left of the turn
 * @progress: something was done in this turn
 * @fault: for -EFAULT
 * @word: for -EINVAL
 * @exception: likewise, enum softgpu_exception, or 0: a packet that is none
 * @level: the ring and what is nested in it; for AQL the first one is empty
 * @depth: the one that is executed
 * @jumps: indirect buffers of this packet of the ring
 * @vmid: address space that the one which the ring calls has named, or 0
 * @op: what is being moved
 * @atomic_old: what the last atomic operation of a PM4 packet returned
 * @aql_rptr: packets read
 * @packet: AQL packet under way
 * @start_ts: when it began, or 0
 * @deps_seen: dependencies of a barrier that have been met
 * @in_ib: its indirect buffer is executed
 * @compute: registers
 * @grid: the dispatch under way, or NULL
 * @parked: number of the dispatch that the queue was saved with, or 0
 * @gws_waves: waves that the barrier of all workgroups waits for (sg_grid.lock)
 * @gws_free: waves that the semaphore of all workgroups lets go on (sg_grid.lock)
 * @runner: of the thread that runs the queue
 * @stats: counters, atomic
 */
struct softgpu_queue {
	struct softgpu *gpu;
	struct softgpu_queue_params p;

	TAILQ_ENTRY(softgpu_queue) link;
	enum sg_state state;
	unsigned int hold;
	uint64_t turn;
	unsigned int list;
	unsigned int delay;
	uint64_t due;
	uint64_t kicks;
	uint64_t doorbell;
	uint64_t rung;
	bool reload;
	bool backwards;
	uint64_t bad_doorbell;

	uint64_t wptr;
	int64_t budget;
	bool progress;
	struct softgpu_fault fault;
	uint32_t word;
	unsigned int exception;

	struct sg_level level[1 + SG_MAX_DEPTH];
	unsigned int depth;
	unsigned int jumps;
	unsigned int vmid;
	struct sg_op op;
	uint64_t atomic_old;

	uint64_t aql_rptr;
	uint32_t packet[SG_AQL_SIZE / 4];
	uint64_t start_ts;
	unsigned int deps_seen;
	bool in_ib;
	struct sg_compute compute;
	struct sg_grid *grid;
	uint64_t parked;
	uint32_t gws_waves;
	uint32_t gws_free;
	struct isa_runner *runner;

	struct softgpu_queue_stats stats;
};

/**
 * struct sg_engine - the packets of a stream
 * @length: dwords of the packet that begins with @words, of which @num are there; only
 *	what is in them may be used, and if that does not suffice, more than @num are asked for.
 *	Negative: the packet cannot be.
 * @exec: does the packet, up to what moves a lot (softgpu_queue.op) and what is nested
 */
struct sg_engine {
	int (*length)(struct softgpu_queue *q, const uint32_t *words, uint32_t num);
	int (*exec)(struct softgpu_queue *q, const uint32_t *words, uint32_t len);
};

extern const struct sg_engine sg_pm4;
extern const struct sg_engine sg_sdma;

static inline uint64_t sg_u64(uint32_t lo, uint32_t hi)
{
	return lo | (uint64_t)hi << 32;
}

static inline void sg_count(uint64_t *counter, uint64_t n)
{
	__atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
}

/* Whose memory is accessed */
static inline void *sg_vm(struct softgpu_queue *q)
{
	return q->vmid ? q->gpu->ops->ib_vm(q->p.vm, q->p.owner, q->vmid) : q->p.vm;
}

/* What the driver alone may do, which an indirect buffer in another address space may not */
static inline bool sg_is_kernel(const struct softgpu_queue *q)
{
	return q->p.flags & SOFTGPU_QUEUE_KERNEL && !q->vmid;
}

static inline bool sg_turn_over(struct softgpu_queue *q)
{
	return q->budget <= 0 || __atomic_load_n(&q->hold, __ATOMIC_RELAXED) ||
	       __atomic_load_n(&q->gpu->paused, __ATOMIC_RELAXED);
}

/* sched.c; the caller holds the lock */
void sg_make_ready(struct softgpu_queue *q);
void sg_wake(struct softgpu *gpu);
void sg_take(struct softgpu_queue *q);
void sg_kick(struct softgpu *gpu, void *vm);
bool sg_others_wait(const struct softgpu *gpu);
void sg_wake_helper(struct softgpu *gpu);

/* queue.c */
bool sg_active(const struct softgpu_queue *q);
bool sg_wants_turn(const struct softgpu_queue *q);
int sg_run(struct softgpu_queue *q);
uint64_t sg_read_pointer(const struct softgpu_queue *q);
int sg_begin_at(struct softgpu_queue *q, uint64_t start);

/* memory.c */
int sg_read(struct softgpu_queue *q, uint64_t va, void *buf, uint64_t len);
int sg_load(struct softgpu_queue *q, uint64_t va, unsigned int size, uint64_t *value);
int sg_store(struct softgpu_queue *q, uint64_t va, unsigned int size, uint64_t value);
int sg_copy(struct softgpu_queue *q, uint64_t dst, uint64_t src, uint64_t *len);
int sg_fill(struct softgpu_queue *q, uint64_t dst, uint32_t pattern, uint64_t *len);

/* atomic.c */
bool sg_atomic_is_64(unsigned int code);
bool sg_atomic_is_cmpswap(unsigned int code);
int sg_atomic(struct softgpu_queue *q, uint64_t va, unsigned int code, uint64_t src,
	      uint64_t cmp, uint64_t *old);

/* signal.c */
int sg_signal_load(struct softgpu_queue *q, uint64_t signal, uint64_t *value);
int sg_signal_complete(struct softgpu_queue *q, uint64_t signal);
int sg_signal_ask(struct softgpu_queue *q, uint64_t signal, uint64_t value);

/* move.c */
int sg_op_run(struct softgpu_queue *q);

/* stream.c */
int sg_stream_run(struct softgpu_queue *q, const struct sg_engine *engine);
int sg_stream_read(struct softgpu_queue *q, uint64_t pos, uint32_t *words, uint32_t num);
uint64_t sg_stream_va(struct softgpu_queue *q, uint64_t pos, uint64_t *num);
int sg_call(struct softgpu_queue *q, uint64_t va, uint32_t dwords, unsigned int vmid, bool chain);
int sg_compare(unsigned int function, uint32_t value, uint32_t ref);
uint32_t sg_reg_read(struct softgpu_queue *q, uint32_t reg);
void sg_reg_write(struct softgpu_queue *q, uint32_t reg, uint32_t value);

/* aql.c */
int sg_aql_run(struct softgpu_queue *q);

/* state.c; the caller holds the lock if others know the queue */
void sg_save(struct softgpu_queue *q, void *state);
int sg_restore(struct softgpu_queue *q, const void *state);

/* dispatch.c */
int sg_dispatch(struct softgpu_queue *q);
int sg_dispatch_pm4(struct softgpu_queue *q, const uint32_t *words);
void sg_compute_write(struct softgpu_queue *q, uint32_t reg, uint32_t value);

/* grid.c */
int sg_grid_new(struct softgpu_queue *q, const struct isa_kernel *kernel,
		unsigned int scratch_waves);
int sg_grid_run(struct softgpu_queue *q);
void sg_grid_free(struct sg_grid *grid);
void sg_grids_free(struct softgpu *gpu);
bool sg_grid_help(struct softgpu *gpu, struct isa_runner *run);
uint64_t sg_grid_park(struct softgpu_queue *q);
int sg_grid_unpark(struct softgpu_queue *q, uint64_t id);
void sg_grid_forget(struct softgpu_queue *q);

/* scratch.c */
int sg_scratch(struct softgpu_queue *q, struct isa_dispatch *d, unsigned int *waves);
int sg_scratch_done(struct softgpu_queue *q, uint32_t private_size);

/* exception.c */
int sg_wave_failed(struct softgpu_queue *q, const struct isa_kernel *kernel,
		   const struct isa_wave *w);

#endif /* SOFTGPU_INTERNAL_H */
