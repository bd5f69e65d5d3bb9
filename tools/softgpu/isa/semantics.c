// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The table of instructions once more: what executes each row. The rows are in ops_*.h.
 */
#include "exec.h"

#define RUN(format, gfx942, gfx906, name, ...) \
	void do_##name(struct isa_wave *w, const struct isa_insn *insn);
#define LANES(format, gfx942, gfx906, name, ...) \
	void do_##name(struct isa_lanes *l);
#include "ops_scalar.h"
#include "ops_valu.h"
#include "ops_compare.h"
#include "ops_packed.h"
#include "ops_memory.h"
#undef RUN
#undef LANES

#define RUN(format, gfx942, gfx906, name, ...)		{ do_##name, NULL },
#define LANES(format, gfx942, gfx906, name, ...)	{ NULL, do_##name },

const struct isa_semantics isa_semantics[] = {
#include "ops_scalar.h"
#include "ops_valu.h"
#include "ops_compare.h"
#include "ops_packed.h"
#include "ops_memory.h"
};
