/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Access to the registers of amdgpu-model-pci.
 *
 * What lives here: the BAR, values, unknown registers, and those registers
 * that are windows on something else. What does not: which registers there are
 * (amdgpu-model-reg-table.c), what the others do (the file of their block).
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/bitmap.h"
#include "qemu/error-report.h"
#include "amdgpu-model.h"
#include "trace.h"

enum {
	MM_INDEX = 0x0,
	MM_DATA = 0x1,
	MM_INDEX_HI = 0x6,
	PCIE_INDEX2 = 0xe,
	GRBM_GFX_INDEX = 0xc200,
	GPU_CLOCK_LSB = 0xec24,
};

/* The bit of MM_INDEX that says VRAM and not registers */
#define MM_VRAM 0x80000000u

static void name_of(AmdgpuModel *s, uint32_t reg, char *name, size_t size)
{
	const ModelReg *row = &model_reg_table[s->rows[reg] - 1];
	unsigned int number = row->first;

	if (row->count > 1) {
		number += (reg - row->offset) / row->stride;
	}
	/* The table's own names */
	snprintf(name, size, row->name, number);
}

static void unknown(AmdgpuModel *s, const char *access, uint32_t reg)
{
	if (s->strict) {
		error_report("amdgpu-model-pci: %s of unknown register 0x%05x",
			     access, reg);
		exit(1);
	}
	if (!test_and_set_bit(reg, s->unknown)) {
		warn_report("amdgpu-model-pci: %s of unknown register 0x%05x",
			    access, reg);
	}
}

uint32_t model_reg_read(AmdgpuModel *s, uint32_t reg)
{
	uint32_t value;
	char name[64];

	if (reg >= MODEL_NUM_REGS || !s->rows[reg]) {
		unknown(s, "read", MIN(reg, MODEL_NUM_REGS - 1));
		return reg < MODEL_NUM_REGS ? model_reg(s, reg) : 0;
	}
	value = model_reg(s, reg);
	if (model_reg_table[s->rows[reg] - 1].read) {
		value = model_reg_table[s->rows[reg] - 1].read(s, reg, value);
	}
	if (trace_event_get_state_backends(TRACE_AMDGPU_MODEL_REG_READ)) {
		name_of(s, reg, name, sizeof(name));
		trace_amdgpu_model_reg_read(reg, name, value);
	}
	return value;
}

void model_reg_write(AmdgpuModel *s, uint32_t reg, uint32_t value)
{
	char name[64];

	if (reg >= MODEL_NUM_REGS) {
		unknown(s, "write", MODEL_NUM_REGS - 1);
		return;
	}
	if (!s->rows[reg]) {
		unknown(s, "write", reg);
		trace_amdgpu_model_reg_write(reg, "?", value);
		qatomic_set(&s->regs[reg], value);
		return;
	}
	if (trace_event_get_state_backends(TRACE_AMDGPU_MODEL_REG_WRITE)) {
		name_of(s, reg, name, sizeof(name));
		trace_amdgpu_model_reg_write(reg, name, value);
	}
	qatomic_set(&s->regs[reg], value);
	if (model_reg_table[s->rows[reg] - 1].write) {
		model_reg_table[s->rows[reg] - 1].write(s, reg, value);
	}
}

static uint64_t mmio_read(void *opaque, hwaddr addr, unsigned int size)
{
	return model_reg_read(opaque, addr / 4);
}

static void mmio_write(void *opaque, hwaddr addr, uint64_t value,
		       unsigned int size)
{
	model_reg_write(opaque, addr / 4, value);
}

const MemoryRegionOps model_mmio_ops = {
	.read = mmio_read,
	.write = mmio_write,
	.endianness = DEVICE_LITTLE_ENDIAN,
	.valid = { .min_access_size = 4, .max_access_size = 4 },
	.impl = { .min_access_size = 4, .max_access_size = 4 },
};

/* VRAM, or a register, by an index */

static uint32_t *mm_vram(AmdgpuModel *s)
{
	uint32_t index = model_reg(s, MM_INDEX);
	uint64_t addr =
		(uint64_t)model_reg(s, MM_INDEX_HI) << 31 | (index & ~MM_VRAM);

	if (!(index & MM_VRAM) || addr & 3 || addr >= s->vram_size) {
		return NULL;
	}
	return (uint32_t *)(s->vram_ptr + addr);
}

uint32_t model_mm_data_read(AmdgpuModel *s, uint32_t reg, uint32_t value)
{
	uint32_t *word = mm_vram(s);

	return word ? qatomic_read(word) : 0;
}

void model_mm_data_write(AmdgpuModel *s, uint32_t reg, uint32_t value)
{
	uint32_t *word = mm_vram(s);

	if (word) {
		qatomic_set(word, value);
		memory_region_set_dirty(&s->vram, (uint8_t *)word - s->vram_ptr,
					4);
	}
}

/* Registers of the system management network (SMN); accessed by vCPUs only */

static const char *smn_name(uint32_t addr)
{
	unsigned int i;

	for (i = 0; i < model_num_smn; i++) {
		if (model_smn_table[i].offset == addr) {
			return model_smn_table[i].name;
		}
	}
	return NULL;
}

static void know_smn(AmdgpuModel *s, const char *access, uint32_t addr)
{
	if (smn_name(addr)) {
		return;
	}
	if (s->strict) {
		error_report(
			"amdgpu-model-pci: %s of unknown SMN register 0x%08x",
			access, addr);
		exit(1);
	}
	if (!g_hash_table_contains(s->smn, GUINT_TO_POINTER(addr))) {
		warn_report(
			"amdgpu-model-pci: %s of unknown SMN register 0x%08x",
			access, addr);
		g_hash_table_insert(s->smn, GUINT_TO_POINTER(addr), NULL);
	}
}

uint32_t model_smn_read(AmdgpuModel *s, uint32_t reg, uint32_t value)
{
	uint32_t addr = model_reg(s, PCIE_INDEX2);

	if (addr / 4 < MODEL_NUM_REGS) {
		return model_reg_read(s, addr / 4);
	}
	know_smn(s, "read", addr);
	value = GPOINTER_TO_UINT(
		g_hash_table_lookup(s->smn, GUINT_TO_POINTER(addr)));
	trace_amdgpu_model_smn_read(addr, smn_name(addr) ? smn_name(addr) : "?",
				    value);
	return value;
}

void model_smn_write(AmdgpuModel *s, uint32_t reg, uint32_t value)
{
	uint32_t addr = model_reg(s, PCIE_INDEX2);

	if (addr / 4 < MODEL_NUM_REGS) {
		model_reg_write(s, addr / 4, value);
		return;
	}
	know_smn(s, "write", addr);
	trace_amdgpu_model_smn_write(
		addr, smn_name(addr) ? smn_name(addr) : "?", value);
	g_hash_table_insert(s->smn, GUINT_TO_POINTER(addr),
			    GUINT_TO_POINTER(value));
}

/* The clock, of which both halves are of the moment of the capture */

void model_clock_capture(AmdgpuModel *s, uint32_t reg, uint32_t value)
{
	qatomic_set(&s->clock, softgpu_clock());
}

uint32_t model_clock_read(AmdgpuModel *s, uint32_t reg, uint32_t value)
{
	uint64_t clock = qatomic_read(&s->clock);

	return reg == GPU_CLOCK_LSB ? clock : clock >> 32;
}

uint32_t model_memsize_read(AmdgpuModel *s, uint32_t reg, uint32_t value)
{
	return s->vram_size / MiB;
}

/*
 * There is no cache of host data, so the flushes of all engines, which have a
 * bit each, are done at any time. The last request alone would not do: several
 * engines make them at once.
 */
uint32_t model_hdp_flush_done(AmdgpuModel *s, uint32_t reg, uint32_t value)
{
	return 0xffffffff;
}

/* 38 of 40 compute units are there, as in MI300X: two engines lack one. */
uint32_t model_inactive_cus(AmdgpuModel *s, uint32_t reg, uint32_t value)
{
	uint32_t engine = extract32(model_reg(s, GRBM_GFX_INDEX), 16, 8);

	return engine < 2 ? BIT(16 + 9) : 0;
}

/* What the hardware clears once it has done what was asked for */
void model_command_write(AmdgpuModel *s, uint32_t reg, uint32_t value)
{
	qatomic_set(&s->regs[reg], value & ~1u);
}

void model_regs_init(AmdgpuModel *s)
{
	unsigned int i, j;

	s->num_regs = MODEL_NUM_REGS;
	s->regs = g_new0(uint32_t, MODEL_NUM_REGS);
	s->rows = g_new0(uint16_t, MODEL_NUM_REGS);
	s->unknown = bitmap_new(MODEL_NUM_REGS);
	s->smn = g_hash_table_new(NULL, NULL);
	for (i = 0; i < model_num_rows; i++) {
		for (j = 0; j < model_reg_table[i].count; j++) {
			uint32_t reg = model_reg_table[i].offset +
				       j * model_reg_table[i].stride;

			assert(!s->rows[reg]);
			s->rows[reg] = i + 1;
		}
	}
}

void model_regs_reset(AmdgpuModel *s)
{
	unsigned int i;

	for (i = 0; i < MODEL_NUM_REGS; i++) {
		qatomic_set(&s->regs[i],
			    s->rows[i] ? model_reg_table[s->rows[i] - 1].reset
				       : 0);
	}
	memset(s->hqd, 0, sizeof(s->hqd));
	g_hash_table_remove_all(s->smn);
}

void model_regs_cleanup(AmdgpuModel *s)
{
	g_free(s->regs);
	g_free(s->rows);
	g_free(s->unknown);
	g_hash_table_destroy(s->smn);
}
