/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plugin for QEMU's TCG: the instructions that the guest's kernel executed. Whenever the guest
 * executes the NOP of bench.h it writes the NOP's number and the count so far as a line to the
 * file of the argument out=FILE.
 *
 * What does not live here: what is measured, bench.c. With KVM there are no plugins.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <qemu-plugin.h>

#include "bench.h"

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

static qemu_plugin_u64 insns;
static FILE *out;

static void mark_executed(unsigned int vcpu, void *number)
{
	fprintf(out, "%" PRIuPTR " %" PRIu64 "\n", (uintptr_t)number,
		qemu_plugin_u64_sum(insns));
	fflush(out);
}

/* The kernel has the upper half of the addresses. */
static bool is_kernel(uint64_t addr)
{
	return addr >> 63;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t num = qemu_plugin_tb_n_insns(tb);
	uint8_t bytes[BENCH_MARK_SIZE];

	if (is_kernel(qemu_plugin_tb_vaddr(tb))) {
		qemu_plugin_register_vcpu_tb_exec_inline_per_vcpu(
			tb, QEMU_PLUGIN_INLINE_ADD_U64, insns, num);
		return;
	}

	for (size_t i = 0; i < num; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint32_t number;

		if (qemu_plugin_insn_size(insn) != sizeof(bytes) ||
		    qemu_plugin_insn_data(insn, bytes, sizeof(bytes)) != sizeof(bytes) ||
		    memcmp(bytes, BENCH_MARK_OPCODE, BENCH_MARK_OPCODE_SIZE))
			continue;
		memcpy(&number, bytes + BENCH_MARK_OPCODE_SIZE, sizeof(number));
		if ((number & BENCH_MARK_MASK) != BENCH_MARK)
			continue;
		qemu_plugin_register_vcpu_insn_exec_cb(insn, mark_executed, QEMU_PLUGIN_CB_NO_REGS,
						       (void *)(uintptr_t)(number & ~BENCH_MARK_MASK));
	}
}

QEMU_PLUGIN_EXPORT
int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
	if (argc != 1 || strncmp(argv[0], "out=", 4) || !(out = fopen(argv[0] + 4, "w"))) {
		fprintf(stderr, "kernel_insns: out=FILE is missing or cannot be written\n");
		return -1;
	}
	insns = qemu_plugin_scoreboard_u64(qemu_plugin_scoreboard_new(sizeof(uint64_t)));
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
