/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * How instructions are executed: waves, their registers, what they reach.
 *
 * What lives here: the state of a wave and of a workgroup, and the calls that the files with
 * the semantics (exec_*.c) have of each other. What does not: how a wave begins (launch.h),
 * where workgroups come from (../grid.c).
 *
 * A row of the table is executed in one of two ways. RUN: a function isa_exec_fn of the same
 * name with do_ before it does all that the instruction does. LANES: a function isa_lanes_fn
 * computes results from values, 64 of each; operands, modifiers, DPP, SDWA, EXEC and the
 * write to the registers are done around it, in valu.c.
 *
 * Locking: a wave, its workgroup and a runner belong to one thread at a time. GPU memory is
 * accessed by plain loads and stores, as by the threads of any program.
 */
#ifndef SOFTGPU_ISA_EXEC_H
#define SOFTGPU_ISA_EXEC_H

#include "../softgpu.h"
#include "isa.h"

#define ISA_LANES	64
/* A register of all lanes */
#define ISA_VGPR_SIZE	(ISA_LANES * sizeof(uint32_t))

/* Flat addresses of LDS and of scratch memory: the two apertures as amdkfd sets them */
#define ISA_SHARED_APERTURE	(1ULL << 48)
#define ISA_PRIVATE_APERTURE	(2ULL << 48)
#define ISA_APERTURE_SIZE	(1ULL << 32)

/* Functions for several levels of the CPU, the best of which is taken when the program starts */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ISA_CLONES
#else
#define ISA_CLONES __attribute__((target_clones("arch=x86-64-v3", "default")))
#endif

enum isa_state {
	ISA_RUNNING,
	ISA_AT_BARRIER,
	ISA_AT_GWS,	/* at the barrier of all workgroups */
	ISA_SLEEPING,	/* another wave may go on first */
	ISA_ENDED,
	ISA_FAILED,
};

/* Why a wave has failed */
enum isa_error {
	ISA_NO_ERROR,
	ISA_ILLEGAL,	/* no instruction, or one that is not executed: isa_wave.words */
	ISA_MEMORY,	/* an address: isa_wave.fault */
	ISA_MISALIGNED,	/* the same, of an atomic operation or a scalar access */
	ISA_APERTURE,	/* an address in none of the apertures, or behind the end of one */
	ISA_TRAP,	/* s_trap: isa_wave.trap */
};

struct isa_wave;

/**
 * struct isa_env - what a wave reaches besides its registers
 * @ops: of which the waves use lock, unlock and translate
 * @vm: for @ops
 * @interrupt: s_sendmsg: @data are the bits of M0. Called with @ops->lock held and may let it
 *	go for a while
 * @gws_init: ds_gws_init: how many waves the semaphore lets go on; the barrier waits for one more
 * @gws_arrive: ds_gws_barrier. True: all are there and nobody waits; false: the wave waits
 *	in ISA_AT_GWS until who called this makes it ISA_RUNNING
 * @gws_take: ds_gws_sema_p. False: the wave is to ask again
 * @gws_give: ds_gws_sema_v and the like: @num more waves go on, or with ISA_GWS_ALL those that
 *	ask again
 * @trace: called before each instruction, or NULL
 * @opaque: for these
 */
struct isa_env {
	const struct softgpu_vm_ops *ops;
	void *vm;
	void (*interrupt)(void *opaque, uint32_t data);
	void (*gws_init)(void *opaque, uint32_t value);
	bool (*gws_arrive)(void *opaque, struct isa_wave *w);
	bool (*gws_take)(void *opaque, struct isa_wave *w);
	void (*gws_give)(void *opaque, uint32_t num);
	void (*trace)(void *opaque, struct isa_wave *w, const struct isa_insn *insn);
	void *opaque;
};

#define ISA_GWS_ALL	UINT32_MAX

#define ISA_TLB_SIZE	256
#define ISA_PAGE	4096ULL

/**
 * struct isa_tlb - a page that was translated since the lock was taken
 * @page: its address with the accesses that are allowed, SOFTGPU_READ and the like, or 0
 * @host: where it is
 */
struct isa_tlb {
	uint64_t page;
	uint8_t *host;
};

struct isa_block;

#define ISA_BLOCK_HASH	64

/**
 * struct isa_runner - what a thread needs to execute instructions
 * @env: what the waves of the dispatch reach
 * @kernel: which dispatch @blocks is of: struct isa_kernel.id
 * @locked: @env->ops->lock is held
 * @tlb: translations, only while @locked
 * @blocks: decoded code, by a hash of its address
 * @num_blocks: how many there are
 * @budget: instructions left
 * @executed: instructions since anybody set this to 0
 * @mxcsr: what the CPU's register is now
 * @counts: how often each row was executed, or NULL
 */
struct isa_runner {
	const struct isa_env *env;
	uint64_t kernel;
	bool locked;
	struct isa_tlb tlb[ISA_TLB_SIZE];
	struct isa_block *blocks[ISA_BLOCK_HASH];
	unsigned int num_blocks;
	int64_t budget;
	uint64_t executed;
	uint32_t mxcsr;
	uint64_t *counts;
};

/**
 * struct isa_wave - a wave
 * @sgprs: scalar registers by the numbers of operands: SGPRs, FLAT_SCRATCH, XNACK_MASK, VCC,
 *	TTMP, M0, EXEC
 * @lanes: all bits or none for each lane, as EXEC was when it was @lanes_exec
 * @lanes_exec: see @lanes
 * @vgprs: vector registers, 64 lanes each
 * @agprs: accumulation registers
 * @num_vgprs: their number
 * @num_agprs: their number
 * @pc: the instruction
 * @next_pc: the one after it; branches write this
 * @scc: the scalar condition code
 * @mode: register MODE
 * @trapsts: register TRAPSTS
 * @mxcsr32: the CPU's register as @mode wants it for F32
 * @mxcsr64: the same for F64 and F16
 * @gpr_idx: s_set_gpr_idx_on is in force
 * @halted: s_sendmsghalt has sent its message
 * @state: enum isa_state
 * @error: enum isa_error, if it is ISA_FAILED
 * @fault: the access, for ISA_MEMORY, ISA_MISALIGNED and ISA_APERTURE
 * @words: the instruction, for ISA_ILLEGAL
 * @trap: number of the trap
 * @index: its number in the workgroup
 * @slot: its number among all waves that are there, as HW_ID and scratch memory have it
 * @scratch: GPU address of its scratch memory
 * @scratch_size: bytes of that for each lane
 * @gws_ticket: for who implements isa_env.gws_take, 0 at first
 * @group: its workgroup
 * @run: who executes it now
 */
struct isa_wave {
	uint32_t sgprs[128] __attribute__((aligned(8)));
	uint32_t lanes[ISA_LANES] __attribute__((aligned(64)));
	uint64_t lanes_exec;
	uint32_t *vgprs;
	uint32_t *agprs;
	unsigned int num_vgprs;
	unsigned int num_agprs;
	uint64_t pc;
	uint64_t next_pc;
	bool scc;
	uint32_t mode;
	uint32_t trapsts;
	uint32_t mxcsr32;
	uint32_t mxcsr64;
	bool gpr_idx;
	bool halted;
	uint8_t state;
	uint8_t error;
	struct softgpu_fault fault;
	uint32_t words[2];
	unsigned int trap;
	unsigned int index;
	unsigned int slot;
	uint64_t scratch;
	uint32_t scratch_size;
	uint64_t gws_ticket;
	struct isa_group *group;
	struct isa_runner *run;
};

/* Fields of MODE */
#define ISA_MODE_ROUND32	0x3u
#define ISA_MODE_ROUND64	0xcu
#define ISA_MODE_DENORM32_IN	0x10u
#define ISA_MODE_DENORM32_OUT	0x20u
#define ISA_MODE_DENORM64_IN	0x40u
#define ISA_MODE_DENORM64_OUT	0x80u
#define ISA_MODE_DX10_CLAMP	0x100u
#define ISA_MODE_IEEE		0x200u
/* Results of 16 bits are not clamped to infinity */
#define ISA_MODE_FP16_OVFL	0x800000u
#define ISA_MODE_GPR_IDX_EN	0x8000000u
/* Vector instructions and those of memory by vectors are not executed */
#define ISA_MODE_VSKIP		0x10000000u

/**
 * struct isa_group - a workgroup
 * @target: enum isa_target
 * @kernel: number of the dispatch, never the same for two that a runner sees
 * @lds: group memory
 * @lds_size: bytes of it
 * @num_waves: how many waves it has
 * @waves: these
 * @next: whose turn it is
 * @ran: since the first one's turn, one of them did something before it slept
 * @id: where in the grid
 */
struct isa_group {
	enum isa_target target;
	uint64_t kernel;
	uint8_t *lds;
	uint32_t lds_size;
	unsigned int num_waves;
	struct isa_wave *waves;
	unsigned int next;
	bool ran;
	uint32_t id[3];
};

/**
 * struct isa_lanes - what a vector instruction computes with
 * @dst: where 64 results go, of 64 bits first all low halves and then all high ones. It may be
 *	a source, too
 * @src: sources in the order of the row, likewise; of 16 bits the upper half is anything
 * @high: of V2F32: where the second values of the sources are; they may be the first ones
 * @mask_in: the bits of ISA_CARRY, a bit for each lane
 * @mask_out: where the bits of ISA_SDST3 and ISA_VSDST go; those of inactive lanes are ignored
 * @clamp: of an integer: saturate. Of floating point it is not for the function
 * @insn: the instruction
 * @wave: for MODE, VCC and EXEC
 */
struct isa_lanes {
	uint32_t *dst;
	const uint32_t *src[3];
	const uint32_t *high[3];
	uint64_t mask_in;
	uint64_t mask_out;
	bool clamp;
	const struct isa_insn *insn;
	const struct isa_wave *wave;
};

typedef void isa_exec_fn(struct isa_wave *w, const struct isa_insn *insn);
typedef void isa_lanes_fn(struct isa_lanes *l);

/**
 * struct isa_semantics - what a row does: at most one of these
 * @exec: of RUN
 * @lanes: of LANES
 */
struct isa_semantics {
	isa_exec_fn *exec;
	isa_lanes_fn *lanes;
};

/* The head of the function of a row that is RUN */
#define ISA_DO(name)									\
void do_##name(struct isa_wave *w, const struct isa_insn *insn);			\
void do_##name(struct isa_wave *w, const struct isa_insn *insn __attribute__((unused)))

/* By the numbers of isa_ops */
extern const struct isa_semantics isa_semantics[];

/**
 * struct isa_plan - where the operands of a vector instruction are
 * @dst: index in isa_insn.args of ISA_VDST, or -1
 * @sdst: of ISA_SDST3 and ISA_VSDST, or -1
 * @carry: of ISA_CARRY, or -1
 * @num_src: how many sources there are
 * @src: of these
 * @is_double: the mode is that of F64 and F16
 */
struct isa_plan {
	int8_t dst, sdst, carry;
	uint8_t num_src;
	int8_t src[3];
	bool is_double;
};

/**
 * struct isa_slot - an instruction that is ready to be executed
 * @exec: what executes it, NULL if it has not been decoded yet
 * @lanes: for the functions of valu.c
 * @plan: for these
 * @insn: the instruction, which @exec gets
 */
struct isa_slot {
	isa_exec_fn *exec;
	isa_lanes_fn *lanes;
	struct isa_plan plan;
	struct isa_insn insn;
};

#define isa_slot_of(i) \
	((const struct isa_slot *)((const char *)(i) - offsetof(struct isa_slot, insn)))

/**
 * isa_prepare() - choose what executes an instruction
 * @slot: with @insn decoded
 * @w: of a wave that it is for: how many registers there are
 *
 * Return: 0; -EINVAL if there is no semantics, or a register that is not there
 */
int isa_prepare(struct isa_slot *slot, const struct isa_wave *w);

/* valu.c: the part of isa_prepare() for LANES */
void isa_prepare_lanes(struct isa_slot *slot);

/**
 * isa_run() - execute a wave
 * @w: ISA_RUNNING, with @run set and @run->locked
 *
 * Until its state is another one, or @run->budget is used up.
 */
void isa_run(struct isa_wave *w);

/* Sets up a runner for a dispatch; what it had decoded for another one is forgotten. */
void isa_runner_begin(struct isa_runner *run, const struct isa_env *env, uint64_t kernel);
void isa_runner_end(struct isa_runner *run);
/* Code is read again, as it may be another now. May be called by an instruction. */
void isa_forget_code(struct isa_runner *run);
/* Between them memory may be accessed */
void isa_lock(struct isa_runner *run);
void isa_unlock(struct isa_runner *run);

/*
 * The CPU's register for floating point: rounds to the nearest, has denormals, masks exceptions;
 * and the bits that make 0 of denormals as sources and as results
 */
#define ISA_MXCSR	0x1f80u
#define ISA_MXCSR_DAZ	0x40u
#define ISA_MXCSR_FTZ	0x8000u

/* MODE and what follows from it */
void isa_set_mode(struct isa_wave *w, uint32_t mode);
/* The CPU's rounding and denormals; __builtin_ia32_ldmxcsr() if that is another value */
void isa_set_mxcsr(struct isa_runner *run, uint32_t mxcsr);

/* A wave ends with an error */
void isa_fail(struct isa_wave *w, enum isa_error error);

/**
 * isa_mem() - where GPU memory is
 * @w: the wave that accesses it
 * @va: where
 * @size: at most a page
 * @access: SOFTGPU_READ and SOFTGPU_WRITE, or both
 *
 * Return: NULL if it is not all in one piece, or not at all: then isa_read() or isa_write()
 * knows what to do.
 */
static inline void *isa_mem(struct isa_wave *w, uint64_t va, unsigned int size,
			    unsigned int access)
{
	const struct isa_tlb *tlb = &w->run->tlb[va / ISA_PAGE % ISA_TLB_SIZE];
	uint64_t offset = va % ISA_PAGE;

	if ((tlb->page ^ va) < ISA_PAGE && (tlb->page & access) == access &&
	    offset + size <= ISA_PAGE)
		return tlb->host + offset;
	return NULL;
}

/*
 * Fill the TLB for a page and try isa_mem() again. NULL with isa_wave.fault set if the access
 * cannot be, or, with @fault->access 0, if it only is not in one piece.
 */
void *isa_mem_slow(struct isa_wave *w, uint64_t va, unsigned int size, unsigned int access);

/*
 * Access global memory, never an aperture, in one piece or several. False: the wave has failed
 * with ISA_MEMORY. An aligned access of 1, 2, 4 or 8 bytes is a single one.
 */
bool isa_read(struct isa_wave *w, uint64_t va, void *buf, unsigned int size);
bool isa_write(struct isa_wave *w, uint64_t va, const void *buf, unsigned int size);
/* For an atomic operation: false, misaligned ones too, and the wave has failed; else *ptr */
bool isa_atomic(struct isa_wave *w, uint64_t va, unsigned int size, void **ptr);

/* Scalar operands */
uint32_t isa_special32(const struct isa_wave *w, unsigned int reg);
uint64_t isa_special64(const struct isa_wave *w, unsigned int reg);

static inline uint64_t isa_sreg64(const struct isa_wave *w, unsigned int reg)
{
	return w->sgprs[reg] | (uint64_t)w->sgprs[reg + 1] << 32;
}

static inline void isa_set_sreg64(struct isa_wave *w, unsigned int reg, uint64_t value)
{
	w->sgprs[reg] = value;
	w->sgprs[reg + 1] = value >> 32;
}

static inline uint64_t isa_exec_mask(const struct isa_wave *w)
{
	return isa_sreg64(w, ISA_EXEC);
}

static inline uint64_t isa_vcc(const struct isa_wave *w)
{
	return isa_sreg64(w, ISA_VCC);
}

/* A source that is the same for all lanes, without its modifiers */
static inline uint32_t isa_s32(const struct isa_wave *w, const struct isa_operand *arg)
{
	if (arg->kind == ISA_SGPR)
		return w->sgprs[arg->reg];
	return arg->kind == ISA_SPECIAL ? isa_special32(w, arg->reg) : (uint32_t)arg->value;
}

static inline uint64_t isa_s64(const struct isa_wave *w, const struct isa_operand *arg)
{
	if (arg->kind == ISA_SGPR)
		return isa_sreg64(w, arg->reg);
	return arg->kind == ISA_SPECIAL ? isa_special64(w, arg->reg) : arg->value;
}

static inline void isa_set_s32(struct isa_wave *w, const struct isa_operand *arg, uint32_t value)
{
	w->sgprs[arg->reg] = value;
}

static inline void isa_set_s64(struct isa_wave *w, const struct isa_operand *arg, uint64_t value)
{
	isa_set_sreg64(w, arg->reg, value);
}

/* The lanes of a VGPR or an AGPR */
static inline uint32_t *isa_vreg(const struct isa_wave *w, const struct isa_operand *arg)
{
	return (arg->kind == ISA_AGPR ? w->agprs : w->vgprs) + arg->reg * ISA_LANES;
}

/* All bits or none for each lane */
void isa_expand_mask(uint32_t *masks, uint64_t mask);

/* isa_wave.lanes as EXEC is now */
const uint32_t *isa_lane_masks(struct isa_wave *w);

/**
 * isa_source_lanes() - a source of a vector or memory instruction as 64 lanes
 * @w: the wave
 * @arg: a register of any kind or a constant, without its modifiers
 * @tmp: for what is the same in all lanes: 64 values for each dword
 *
 * Return: the lanes, of 64 bits and more one dword after the other
 */
const uint32_t *isa_source_lanes(const struct isa_wave *w, const struct isa_operand *arg,
				 uint32_t *tmp);

#endif
