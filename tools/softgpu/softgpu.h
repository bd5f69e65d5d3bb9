/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The execution core of the software GPU: queues and what is in them.
 *
 * What lives here: all that a user of the core calls and is called with. Users are the soft
 * backend of libvirtkfd and the PCI model of QEMU. What does not: where GPU memory is, who owns
 * a queue, what an interrupt becomes, which queues there are and when: those are callbacks, or
 * what the user decides.
 *
 * All functions may be called by any thread, also by several at a time, as long as nobody
 * uses a queue that is being destroyed. The core holds no lock while it calls back, apart
 * from the user's own between lock() and unlock().
 */
#ifndef SOFTGPU_H
#define SOFTGPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct softgpu;
struct softgpu_queue;

#define SOFTGPU_READ	1u
#define SOFTGPU_WRITE	2u
#define SOFTGPU_EXEC	4u

/**
 * struct softgpu_fault - why an access to memory cannot be
 * @va: GPU virtual address
 * @access: what was tried, SOFTGPU_READ and the like
 * @mapped: there is a mapping, but not for this access
 */
struct softgpu_fault {
	uint64_t va;
	unsigned int access;
	bool mapped;
};

/**
 * enum softgpu_exception - what a queue can do nothing about
 * @SOFTGPU_WAVE_ABORT: a wave has called for the end: s_trap 2, of abort() and failed assertions
 * @SOFTGPU_WAVE_TRAP: another s_trap
 * @SOFTGPU_WAVE_ILLEGAL: a wave is at what is no instruction, or none that is executed
 * @SOFTGPU_WAVE_APERTURE: a wave has used an address that can be none
 * @SOFTGPU_DISPATCH_DIM: no dimensions, or one of nothing
 * @SOFTGPU_DISPATCH_LDS: more group memory than there is
 * @SOFTGPU_DISPATCH_CODE: no kernel
 * @SOFTGPU_DISPATCH_GROUP: workgroups larger than they can be
 * @SOFTGPU_DISPATCH_REGISTERS: more registers than there are
 *
 * Numbers are those of amdkfd's enum kfd_dbg_trap_exception_code.
 */
enum softgpu_exception {
	SOFTGPU_WAVE_ABORT = 1,
	SOFTGPU_WAVE_TRAP = 2,
	SOFTGPU_WAVE_ILLEGAL = 4,
	SOFTGPU_WAVE_APERTURE = 6,
	SOFTGPU_DISPATCH_DIM = 16,
	SOFTGPU_DISPATCH_LDS = 17,
	SOFTGPU_DISPATCH_CODE = 18,
	SOFTGPU_DISPATCH_GROUP = 21,
	SOFTGPU_DISPATCH_REGISTERS = 22,
};

/**
 * struct softgpu_vm_ops - what the core asks of its user
 * @lock: between it and @unlock everything that @translate returned stays valid; the core
 *	holds it while it moves SOFTGPU_CHUNK bytes at most, never while it waits for anything
 * @unlock: the end of that
 * @translate: host address of @va; @len, never 0, is shortened to what is there in one piece.
 *	NULL for a fault, which fills @fault. Called between @lock and @unlock.
 * @fault: a queue has stopped because of an access; it runs no packet any more
 * @bad_packet: a queue has stopped because of a packet that cannot be. @index is where in
 *	the ring, in the unit of the queue's pointers and since the queue's creation; @word is
 *	the packet's first word, or what else was wrong there.
 * @exception: a queue has stopped because of a kernel, &enum softgpu_exception; NULL: it is a
 *	packet that cannot be
 * @event: an interrupt, with the context of the packet: for a signal the event's id, whose
 *	mailbox was written before if it has one
 * @reg_read: value of a register, by the index of its 32-bit word; NULL: all are zero
 * @reg_write: write of a register; NULL: ignored
 * @privileged: a PM4 packet of a SOFTGPU_QUEUE_KERNEL queue that the core does not know, of
 *	@num dwords with its header, SOFTGPU_PRIVILEGED_MAX at most. 0: done; -EAGAIN: the
 *	same packet comes again, as with one that waits for a register; -EINVAL: the packet
 *	cannot be; -EFAULT: the queue stops and @fault gets a fault of zeroes. NULL: there are
 *	no such packets.
 * @ib_vm: the @vm to use for an indirect buffer that the ring of a SOFTGPU_QUEUE_KERNEL queue calls
 *	with address space @vmid, 1 to 15; asked at each access, always the same for the same
 *	arguments. In such a buffer there is nothing that only the driver may do, and registers
 *	are all zero. NULL: the packet cannot be.
 * @log: one line, without its end, about what is not an error of the packets
 *
 * @vm and the owner are those of &struct softgpu_queue_params; @lock, @unlock, @translate and
 * @fault may have that of @ib_vm, which is asked with @lock and without it. @fault, @bad_packet,
 * @exception, @event, @reg_read, @reg_write, @privileged and @log are called without @lock, by a
 * thread of the core: in all of them softgpu_queue_doorbell(), softgpu_queue_stats() and
 * softgpu_kick() may be called, but not what waits for a queue of the same GPU. What waits for
 * queues of another struct softgpu may be called, as long as no callback of that one waits for
 * this one.
 */
struct softgpu_vm_ops {
	void (*lock)(void *vm);
	void (*unlock)(void *vm);
	void *(*translate)(void *vm, uint64_t va, uint64_t *len, unsigned int access,
			   struct softgpu_fault *fault);
	void (*fault)(void *vm, void *owner, const struct softgpu_fault *fault);
	void (*bad_packet)(void *vm, void *owner, uint64_t index, uint32_t word);
	void (*exception)(void *vm, void *owner, unsigned int code);
	void (*event)(void *vm, void *owner, uint32_t event_id);
	uint32_t (*reg_read)(void *vm, void *owner, uint32_t reg);
	void (*reg_write)(void *vm, void *owner, uint32_t reg, uint32_t value);
	int (*privileged)(void *vm, void *owner, const uint32_t *words, uint32_t num);
	void *(*ib_vm)(void *vm, void *owner, unsigned int vmid);
	void (*log)(void *vm, const char *line);
};

/* Most bytes that are moved while the user's lock is held; of a kernel some 16000 instructions. */
#define SOFTGPU_CHUNK	(256u << 10)

/* Most dwords of a packet for softgpu_vm_ops.privileged, its header among them. */
#define SOFTGPU_PRIVILEGED_MAX	257

/**
 * enum softgpu_queue_type - what a queue holds
 * @SOFTGPU_QUEUE_AQL: packets of 64 bytes (HSA); doorbells are the number of the last packet
 * @SOFTGPU_QUEUE_PM4: packets of the command processor; doorbells are the write pointer
 * @SOFTGPU_QUEUE_SDMA: packets of a copy engine; doorbells are the write pointer
 */
enum softgpu_queue_type { SOFTGPU_QUEUE_AQL, SOFTGPU_QUEUE_PM4, SOFTGPU_QUEUE_SDMA };

/*
 * A queue of the driver. PM4: packets that the core does not know are the user's, see
 * softgpu_vm_ops.privileged. SDMA: packets that write page tables are allowed, and one that
 * flushes the HDP cache writes and waits for the registers that it names.
 */
#define SOFTGPU_QUEUE_KERNEL	2u

/* Whose kernels a queue executes */
enum softgpu_target { SOFTGPU_GFX942, SOFTGPU_GFX906 };

/* Bytes of a saved queue, see softgpu_queue_save(). */
#define SOFTGPU_STATE_SIZE	480
/* How many of them are not zero, of a SOFTGPU_QUEUE_SDMA queue */
#define SOFTGPU_SDMA_STATE_SIZE	344

/**
 * struct softgpu_queue_params - a queue
 * @type: what it holds
 * @flags: SOFTGPU_QUEUE_KERNEL or 0
 * @ring_va: where the packets are
 * @ring_size: bytes, a power of two of at least 64; 0: the queue is not active
 * @rptr_va: where the read pointer is reported: packets since the queue's creation as 64 bits
 *	(AQL), dwords within the ring as 32 bits (PM4), bytes since the queue's creation as 64
 *	bits (SDMA)
 * @wptr_va: where the write pointer is, 64 bits since the queue's creation in packets, dwords
 *	or bytes; looked at when the queue becomes active, for doorbells that came before;
 *	0: doorbells alone say it
 * @start: read pointer that the queue begins at, in the unit of @wptr_va; for
 *	softgpu_queue_create() without @state
 * @state: SOFTGPU_STATE_SIZE bytes of softgpu_queue_save() to go on from, or NULL; for
 *	softgpu_queue_create(), which copies them
 * @priority: 0 to 15, 15 comes first within a round
 * @percent: 0: the queue is not active; the rest makes no difference
 * @target: instructions of the kernels
 * @vm: for the callbacks; queues with the same one see each other's signals at once
 * @owner: for the callbacks
 * @id: what else is the same for a queue that goes on from a state and for the one that was saved,
 *	and differs from that of any other queue of the GPU; 0: @vm and @ring_va. A dispatch that
 *	was under way goes on with it, and is forgotten when a queue with it begins anew
 */
struct softgpu_queue_params {
	enum softgpu_queue_type type;
	unsigned int flags;
	uint64_t ring_va;
	uint64_t ring_size;
	uint64_t rptr_va;
	uint64_t wptr_va;
	uint64_t start;
	const void *state;
	unsigned int priority;
	unsigned int percent;
	enum softgpu_target target;
	void *vm;
	void *owner;
	uint64_t id;
};

/**
 * struct softgpu_queue_stats - what a queue has done
 * @packets: packets of the ring that were completed
 * @dispatches: dispatches that were executed
 * @bytes_copied: bytes written by copies and fills
 * @faults: 1 when the queue has stopped
 * @rptr: read pointer since the queue's creation, in the unit of @wptr_va
 * @wptr: write pointer by doorbells and memory
 */
struct softgpu_queue_stats {
	uint64_t packets, dispatches, bytes_copied, faults;
	uint64_t rptr, wptr;
};

/**
 * softgpu_create - create a GPU
 * @ops: callbacks, used until softgpu_destroy()
 * @threads: most threads that work, 0: as many as the machine has CPUs
 * @gpu: result
 *
 * Threads come to be when they are needed. All signals are blocked in them.
 *
 * Return: 0 or a negative errno
 */
int softgpu_create(const struct softgpu_vm_ops *ops, unsigned int threads, struct softgpu **gpu);

/**
 * softgpu_destroy - destroy a GPU
 * @gpu: a GPU without queues, or NULL
 */
void softgpu_destroy(struct softgpu *gpu);

/**
 * softgpu_queue_create - create a queue
 * @gpu: GPU
 * @params: what it is
 * @queue: result
 *
 * Return: 0, -EINVAL for parameters that make no sense (sizes, alignment, priority) and for a
 * state that is none of this type of queue and ring, -ENOMEM
 */
int softgpu_queue_create(struct softgpu *gpu, const struct softgpu_queue_params *params,
			 struct softgpu_queue **queue);

/**
 * softgpu_queue_update - change a queue
 * @queue: queue
 * @params: new values; type, pointers, vm and owner must be the old ones
 *
 * What was read stays read, and a packet under way goes on. No thread uses the old values
 * any more when this returns. A queue that has stopped stays so. Waits for callbacks of this
 * queue, so the caller must not hold what they need.
 *
 * Return: 0 or -EINVAL
 */
int softgpu_queue_update(struct softgpu_queue *queue, const struct softgpu_queue_params *params);

/**
 * softgpu_queue_destroy - destroy a queue
 * @queue: queue, or NULL
 *
 * A packet under way ends where it is. Waits for callbacks of this queue, so the caller must
 * not hold what they need.
 */
void softgpu_queue_destroy(struct softgpu_queue *queue);

/**
 * softgpu_queue_save - take a queue away, to go on with it later
 * @queue: queue
 * @state: result, SOFTGPU_STATE_SIZE bytes
 *
 * No thread is in the queue any more when this returns, and none will be: it can only be
 * saved again or destroyed. Another queue of the same type and ring that is created with
 * @state goes on where this one ended, also from the middle of a packet, and one that has
 * stopped stays so; only the counters of softgpu_queue_stats() begin again. Doorbells that
 * ring in between are found by the write pointer in memory.
 *
 * The bytes hold no pointers. The first four are never zero, so zeroes can stand for no
 * state. Other contents may come from anywhere: what cannot be is refused by
 * softgpu_queue_create(), and the rest does no harm but to what the queue may access.
 *
 * Waits for callbacks of this queue, so the caller must not hold what they need.
 *
 * Return: 0
 */
int softgpu_queue_save(struct softgpu_queue *queue, void *state);

/**
 * softgpu_queue_doorbell - ring a queue's doorbell
 * @queue: queue
 * @value: what was written to the doorbell
 *
 * Never blocks for long, never fails.
 */
void softgpu_queue_doorbell(struct softgpu_queue *queue, uint64_t value);

/**
 * softgpu_kick - look again at the memory that queues wait for
 * @gpu: GPU
 *
 * They look at it by themselves, but seldom.
 */
void softgpu_kick(struct softgpu *gpu);

/**
 * softgpu_pause - stop all queues for a while
 * @gpu: GPU that is not paused
 *
 * When this returns no thread is in any queue, and none will be until softgpu_resume().
 * Everything else works meanwhile: doorbells are kept, queues come, change and go. Waits for
 * callbacks of all queues, so the caller must not hold what they need.
 */
void softgpu_pause(struct softgpu *gpu);

/**
 * softgpu_resume - the end of softgpu_pause()
 * @gpu: GPU that is paused
 */
void softgpu_resume(struct softgpu *gpu);

/**
 * softgpu_queue_stats - what a queue has done
 * @queue: queue
 * @stats: result; its fields may be of slightly different moments
 */
void softgpu_queue_stats(struct softgpu_queue *queue, struct softgpu_queue_stats *stats);

/**
 * softgpu_clock - the GPU's clock, as timestamps have it
 *
 * Return: CLOCK_MONOTONIC_RAW in units of 10 ns, a clock of 100 MHz
 */
uint64_t softgpu_clock(void);

#endif /* SOFTGPU_H */
