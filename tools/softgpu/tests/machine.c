// SPDX-License-Identifier: GPL-2.0 OR MIT

#define _GNU_SOURCE
#include <errno.h>

#include "machine.h"

#define REGS	256

static void on_interrupt(void *opaque, uint32_t data)
{
	struct machine *m = opaque;

	m->interrupts++;
	m->interrupt = data;
}

struct machine *machine_new(enum isa_target target)
{
	struct machine *m = calloc(1, sizeof(*m));
	size_t size = sizeof(struct isa_wave) + 2 * REGS * ISA_VGPR_SIZE + ISA_MAX_LDS;

	assert_non_null(m);
	m->vm = vm_new();
	m->w = aligned_alloc(64, size);
	assert_non_null(m->w);
	memset(m->w, 0, size);
	m->w->vgprs = (uint32_t *)(m->w + 1);
	m->w->agprs = m->w->vgprs + REGS * ISA_LANES;
	m->w->num_vgprs = REGS;
	m->w->num_agprs = REGS;
	m->group.target = target;
	m->group.waves = m->w;
	m->group.num_waves = 1;
	m->group.lds = (uint8_t *)(m->w->agprs + REGS * ISA_LANES);
	m->group.lds_size = ISA_MAX_LDS;
	m->env = (struct isa_env){ .ops = &vm_ops, .vm = m->vm, .interrupt = on_interrupt,
				   .opaque = m };
	isa_runner_begin(&m->run, &m->env, 1);
	isa_lock(&m->run);
	m->w->group = &m->group;
	m->w->run = &m->run;
	isa_set_mode(m->w, ISA_MODE_DENORM32_IN | ISA_MODE_DENORM32_OUT | ISA_MODE_DENORM64_IN |
		     ISA_MODE_DENORM64_OUT | ISA_MODE_DX10_CLAMP | ISA_MODE_IEEE);
	set_exec(m, ~0ULL);
	return m;
}

void machine_free(struct machine *m)
{
	isa_unlock(&m->run);
	isa_runner_end(&m->run);
	vm_free(m->vm);
	free(m->w);
	free(m);
}

struct isa_operand sgpr(enum isa_type type, unsigned int reg)
{
	return (struct isa_operand){ .kind = ISA_SGPR, .type = type, .reg = reg };
}

struct isa_operand vgpr(enum isa_type type, unsigned int reg)
{
	return (struct isa_operand){ .kind = ISA_VGPR, .type = type, .reg = reg };
}

struct isa_operand constant(enum isa_type type, uint64_t value)
{
	return (struct isa_operand){ .kind = ISA_CONST, .type = type, .reg = ISA_LITERAL,
				     .value = value };
}

static const struct isa_op *find_row(struct machine *m, const char *name)
{
	for (unsigned int i = 0; i < isa_num_ops; i++) {
		if (!strcmp(isa_ops[i].name, name) && isa_ops[i].code[m->group.target] >= 0)
			return &isa_ops[i];
	}
	fail_msg("no row %s", name);
	return NULL;
}

/* Where an operand is, by what field of the words it is in */
static void place(struct isa_operand *arg, unsigned int field, unsigned int *num)
{
	enum { VD, VS, SD, SS };

	switch (field) {
	case ISA_SDST:
	case ISA_SDATA:
	case ISA_VSDST:
	case ISA_SDST3:
		*arg = sgpr(arg->type, SDST(num[SD]++));
		break;
	case ISA_SDST_IN:
	case ISA_SDATA_IN:
	case ISA_SSRC0:
	case ISA_SSRC0_REG:
	case ISA_SSRC1:
	case ISA_SBASE:
	case ISA_SOFFSET:
	case ISA_LANE0:
	case ISA_LANE1:
	case ISA_BRSRC:
	case ISA_BOFFSET:
		*arg = sgpr(arg->type, SSRC(num[SS]++));
		break;
	case ISA_CARRY:
		*arg = sgpr(arg->type, ISA_VCC);
		break;
	case ISA_VDST:
	case ISA_ACDST:
	case ISA_DDST:
	case ISA_FDST:
		*arg = vgpr(arg->type, VDST(num[VD]++));
		break;
	case ISA_ADST:
		arg->kind = ISA_AGPR;
		arg->reg = VDST(num[VD]++);
		break;
	case ISA_ASRC0:
		arg->kind = ISA_AGPR;
		arg->reg = VSRC(num[VS]++);
		break;
	case ISA_SADDR:
		arg->kind = ISA_OFF;
		break;
	case ISA_KIMM:
		*arg = constant(arg->type, 0);
		break;
	case ISA_SIMM16:
	case ISA_BRANCH:
	case ISA_WAITCNT:
	case ISA_SENDMSG:
	case ISA_HWREG:
	case ISA_GPR_IDX:
	case ISA_GPR_IDX16:
	case ISA_IMM32:
		arg->kind = ISA_IMM;
		break;
	default:
		*arg = vgpr(arg->type, VSRC(num[VS]++));
	}
}

struct isa_insn *insn(struct machine *m, const char *name)
{
	struct isa_insn *insn = &m->slot.insn;
	unsigned int num[4] = { 0 };

	memset(&m->slot, 0, sizeof(m->slot));
	insn->op = find_row(m, name);
	insn->target = m->group.target;
	insn->words = 1;
	insn->op_sel_hi = insn->op->flags & ISA_MIXED ? 0 : 7;
	for (unsigned int i = 0; i < ISA_ARGS && insn->op->args[i].field; i++) {
		insn->args[i].type = insn->op->args[i].type;
		place(&insn->args[i], insn->op->args[i].field, num);
		insn->num_args++;
	}
	return insn;
}

static void note(const struct isa_op *op)
{
	static bool seen[4096];
	const char *name = getenv("ISA_TESTED");
	FILE *file;

	if (!name || seen[op - isa_ops])
		return;
	seen[op - isa_ops] = true;
	file = fopen(name, "a");
	assert_non_null(file);
	fprintf(file, "%s %s\n", program_invocation_short_name, op->name);
	fclose(file);
}

static void go(struct machine *m)
{
	const struct isa_insn *insn = &m->slot.insn;

	if (isa_prepare(&m->slot, m->w))
		fail_msg("%s is not executed", insn->op->name);
	note(insn->op);
	m->w->state = ISA_RUNNING;
	m->w->error = ISA_NO_ERROR;
	m->w->next_pc = m->w->pc + insn->words * 4;
	m->slot.exec(m->w, insn);
}

void execute(struct machine *m)
{
	go(m);
	if (m->w->state == ISA_FAILED)
		fail_msg("%s fails with %u", m->slot.insn.op->name, m->w->error);
}

void execute_fails(struct machine *m, enum isa_error error)
{
	go(m);
	assert_int_equal(m->w->state, ISA_FAILED);
	assert_int_equal(m->w->error, error);
}

void run_insn(struct machine *m, const char *name)
{
	insn(m, name);
	execute(m);
}

void put_memory(struct machine *m, uint64_t va, const void *buf, uint64_t len)
{
	isa_unlock(&m->run);
	vm_put(m->vm, va, buf, len);
	isa_lock(&m->run);
}

void get_memory(struct machine *m, uint64_t va, void *buf, uint64_t len)
{
	isa_unlock(&m->run);
	vm_get(m->vm, va, buf, len);
	isa_lock(&m->run);
}

uint64_t random64(void)
{
	static uint64_t state = 0x9e3779b97f4a7c15;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state * 0x2545f4914f6cdd1d;
}

uint32_t random32(void)
{
	return random64() >> 32;
}

uint32_t edgy32(void)
{
	static const uint32_t edges[] = {
		0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffff, 0x800000, 0x7fffffff,
		0x80000000, 0x80000001, 0xfffffffe, 0xffffffff,
	};
	uint64_t r = random64();

	return r & 1 ? edges[r >> 1 & 15] : r >> 32;
}

uint64_t edgy64(void)
{
	uint64_t r = random64();

	return r & 1 ? (uint64_t)edgy32() << 32 | edgy32() : random64();
}
