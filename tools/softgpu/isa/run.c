// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The execution of a wave, one instruction after the other, and decoded code.
 *
 * What lives here: a runner's cache of instructions, what a wave fails with. What does not:
 * whose turn it is among the waves of a workgroup (group.c).
 *
 * Code is read when it is executed first in a dispatch and by a thread, so what writes to it
 * later has no effect on this dispatch before the thread executes s_icache_inv.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xmmintrin.h>

#include "exec.h"

/* Words of a block, and those that the last instruction of a block may have behind it */
#define WORDS	64
/* Blocks that a runner keeps: 1 MiB of code */
#define MAX_BLOCKS	4096

/**
 * struct isa_block - decoded code
 * @next: with the same hash
 * @va: its address, a multiple of its size
 * @slots: for each word the instruction that begins there
 */
struct isa_block {
	struct isa_block *next;
	uint64_t va;
	struct isa_slot slots[WORDS];
};

void isa_set_mxcsr(struct isa_runner *run, uint32_t mxcsr)
{
	if (run->mxcsr == mxcsr)
		return;
	run->mxcsr = mxcsr;
	_mm_setcsr(mxcsr);
}

/* Rounding, and what becomes of denormals as sources and as results */
static uint32_t mxcsr(uint32_t round, bool in, bool out)
{
	static const uint32_t rounding[] = {
		_MM_ROUND_NEAREST, _MM_ROUND_UP, _MM_ROUND_DOWN, _MM_ROUND_TOWARD_ZERO,
	};

	return ISA_MXCSR | rounding[round] | (in ? 0 : ISA_MXCSR_DAZ) |
	       (out ? 0 : ISA_MXCSR_FTZ);
}

void isa_set_mode(struct isa_wave *w, uint32_t mode)
{
	w->mode = mode;
	w->mxcsr32 = mxcsr(mode & 3, mode & ISA_MODE_DENORM32_IN, mode & ISA_MODE_DENORM32_OUT);
	w->mxcsr64 = mxcsr(mode >> 2 & 3, mode & ISA_MODE_DENORM64_IN,
			   mode & ISA_MODE_DENORM64_OUT);
	w->gpr_idx = mode & ISA_MODE_GPR_IDX_EN;
	if (w->run)
		isa_set_mxcsr(w->run, w->mxcsr32);
}

void isa_fail(struct isa_wave *w, enum isa_error error)
{
	w->state = ISA_FAILED;
	w->error = error;
}

void isa_lock(struct isa_runner *run)
{
	run->env->ops->lock(run->env->vm);
	run->locked = true;
}

/* What was translated is not valid any more. */
void isa_unlock(struct isa_runner *run)
{
	memset(run->tlb, 0, sizeof(run->tlb));
	run->locked = false;
	run->env->ops->unlock(run->env->vm);
}

static void forget(struct isa_runner *run)
{
	for (unsigned int i = 0; i < ISA_BLOCK_HASH; i++) {
		while (run->blocks[i]) {
			struct isa_block *block = run->blocks[i];

			run->blocks[i] = block->next;
			free(block);
		}
	}
	run->num_blocks = 0;
}

/* Each block besides the first is work as of so many instructions: a turn is to end in time. */
void isa_forget_code(struct isa_runner *run)
{
	if (run->num_blocks > 1)
		run->budget -= (run->num_blocks - 1) * WORDS;
	for (unsigned int i = 0; i < ISA_BLOCK_HASH; i++) {
		for (struct isa_block *block = run->blocks[i]; block; block = block->next) {
			for (unsigned int n = 0; n < WORDS; n++)
				block->slots[n].exec = NULL;
		}
	}
}

void isa_runner_begin(struct isa_runner *run, const struct isa_env *env, uint64_t kernel)
{
	if (run->kernel != kernel)
		forget(run);
	run->env = env;
	run->kernel = kernel;
	run->mxcsr = _mm_getcsr();
}

void isa_runner_end(struct isa_runner *run)
{
	isa_set_mxcsr(run, ISA_MXCSR);
	forget(run);
	run->kernel = 0;
}

static struct isa_block *find_block(struct isa_runner *run, uint64_t va)
{
	struct isa_block **head = &run->blocks[va / (WORDS * 4) % ISA_BLOCK_HASH];
	struct isa_block *block;

	for (block = *head; block; block = block->next) {
		if (block->va == va)
			return block;
	}
	if (run->num_blocks == MAX_BLOCKS)
		forget(run);
	block = calloc(1, sizeof(*block));
	if (!block)
		return NULL;
	run->num_blocks++;
	block->va = va;
	block->next = *head;
	*head = block;
	return block;
}

/* An instruction may be longer than what is mapped behind its first word. */
static bool decode(struct isa_wave *w, struct isa_slot *slot)
{
	uint32_t words[4];
	unsigned int num;
	int ret = -ENODATA;

	for (num = 0; num < 4 && ret == -ENODATA; num++) {
		uint64_t va = w->pc + num * 4;
		const void *code = isa_mem(w, va, 4, SOFTGPU_EXEC | SOFTGPU_READ);

		if (!code)
			code = isa_mem_slow(w, va, 4, SOFTGPU_EXEC | SOFTGPU_READ);
		if (!code) {
			isa_fail(w, ISA_MEMORY);
			return false;
		}
		memcpy(&words[num], code, 4);
		if (num < 2)
			w->words[num] = words[num];
		ret = isa_decode(w->group->target, words, num + 1, &slot->insn);
	}
	if (!ret)
		ret = isa_prepare(slot, w);
	if (!ret)
		return true;
	slot->exec = NULL;
	if (num < 2)
		w->words[1] = 0;
	isa_fail(w, ISA_ILLEGAL);
	return false;
}

int isa_prepare(struct isa_slot *slot, const struct isa_wave *w)
{
	const struct isa_insn *insn = &slot->insn;
	const struct isa_semantics *does = &isa_semantics[insn->op - isa_ops];

	for (unsigned int i = 0; i < insn->num_args; i++) {
		const struct isa_operand *arg = &insn->args[i];
		unsigned int end = arg->reg + isa_dwords[arg->type];

		if ((arg->kind == ISA_VGPR && end > w->num_vgprs) ||
		    (arg->kind == ISA_AGPR && end > w->num_agprs) ||
		    (arg->kind == ISA_SGPR && arg->reg == ISA_NULL))
			return -EINVAL;
		/* Apertures and the like, which the assembler takes, are no matrix. */
		if (insn->op->args[i].field == ISA_ACC2 && arg->kind == ISA_SPECIAL)
			return -EINVAL;
	}
	slot->exec = does->exec;
	slot->lanes = does->lanes;
	if (slot->lanes)
		isa_prepare_lanes(slot);
	return slot->exec ? 0 : -EINVAL;
}

void isa_run(struct isa_wave *w)
{
	struct isa_runner *run = w->run;
	const struct isa_env *env = run->env;
	struct isa_block *block = NULL;

	isa_set_mxcsr(run, w->mxcsr32);
	while (w->state == ISA_RUNNING && run->budget > 0) {
		struct isa_slot *slot;

		if (!block || w->pc - block->va >= WORDS * 4) {
			block = find_block(run, w->pc & ~(WORDS * 4ULL - 1));
			if (!block) {
				isa_fail(w, ISA_MEMORY);
				return;
			}
		}
		slot = &block->slots[(w->pc - block->va) / 4];
		if (!slot->exec && (w->pc & 3 || !decode(w, slot))) {
			if (w->pc & 3)
				isa_fail(w, ISA_ILLEGAL);
			return;
		}
		if (env->trace)
			env->trace(env->opaque, w, &slot->insn);
		if (run->counts)
			run->counts[slot->insn.op - isa_ops]++;
		run->budget--;
		run->executed++;
		w->next_pc = w->pc + slot->insn.words * 4;
		if (!(w->mode & ISA_MODE_VSKIP) || slot->insn.op->format < ISA_VOP1)
			slot->exec(w, &slot->insn);
		if (w->state != ISA_FAILED)
			w->pc = w->next_pc;
	}
}

ISA_CLONES void isa_expand_mask(uint32_t *masks, uint64_t mask)
{
	uint32_t lo = mask, hi = mask >> 32;

	for (unsigned int i = 0; i < 32; i++)
		masks[i] = -(lo >> i & 1);
	for (unsigned int i = 0; i < 32; i++)
		masks[32 + i] = -(hi >> i & 1);
}

const uint32_t *isa_lane_masks(struct isa_wave *w)
{
	uint64_t exec = isa_exec_mask(w);

	if (w->lanes_exec != exec) {
		w->lanes_exec = exec;
		isa_expand_mask(w->lanes, exec);
	}
	return w->lanes;
}
