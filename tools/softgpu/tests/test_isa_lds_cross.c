// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Values from lane to lane by LDS, and global wave sync.
 */
#include "forms.h"

/* Fills the source with lane + 1; inactive lanes of the destination must stay as they are. */
static struct isa_insn *prepare(struct machine *m, const char *name, unsigned int source,
				uint64_t exec)
{
	struct isa_insn *in = insn(m, name);

	for (unsigned int i = 0; i < ISA_LANES; i++) {
		v(m, in->args[source].reg)[i] = i + 1;
		v(m, in->args[0].reg)[i] = 0xdead;
	}
	set_exec(m, exec);
	return in;
}

/* @from: of each of 32 lanes, counted from 1; the other 32 lanes alike */
static void check_swizzle(struct machine *m, unsigned int offset, const uint8_t *from)
{
	static const uint64_t masks[] = { ~0ULL, 0xffffffff00000000, 0x5a5a1234fedc0f0f };

	for (unsigned int k = 0; k < 3; k++) {
		struct isa_insn *in = prepare(m, "ds_swizzle_b32", 1, masks[k]);

		in->offset = offset;
		execute(m);
		for (unsigned int i = 0; i < ISA_LANES; i++) {
			unsigned int source = from[i % 32] - 1 + i / 32 * 32;
			uint32_t want = 0xdead;

			if (masks[k] >> i & 1)
				want = masks[k] >> source & 1 ? source + 1 : 0;
			assert_int_equal(v(m, in->args[0].reg)[i], want);
		}
	}
}

/* The examples of the ISA documents, from 1 to 0x20 */
static void test_swizzle_examples(void **state)
{
	static const struct {
		unsigned int offset;
		uint8_t from[32];
	} table[] = {
		{ 0xe000, { 0x01, 0x11, 0x09, 0x19, 0x05, 0x15, 0x0d, 0x1d,
			    0x03, 0x13, 0x0b, 0x1b, 0x07, 0x17, 0x0f, 0x1f,
			    0x02, 0x12, 0x0a, 0x1a, 0x06, 0x16, 0x0e, 0x1e,
			    0x04, 0x14, 0x0c, 0x1c, 0x08, 0x18, 0x10, 0x20 } },
		{ 0xe010, { 0x01, 0x09, 0x05, 0x0d, 0x03, 0x0b, 0x07, 0x0f,
			    0x02, 0x0a, 0x06, 0x0e, 0x04, 0x0c, 0x08, 0x10,
			    0x11, 0x19, 0x15, 0x1d, 0x13, 0x1b, 0x17, 0x1f,
			    0x12, 0x1a, 0x16, 0x1e, 0x14, 0x1c, 0x18, 0x20 } },
		{ 0xe01f, { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08,
			    0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10,
			    0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18,
			    0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f, 0x20 } },
		{ 0xc020, { 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09,
			    0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x11,
			    0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19,
			    0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f, 0x20, 0x01 } },
		{ 0xc420, { 0x20, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07,
			    0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f,
			    0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17,
			    0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f } },
		{ 0xc021, { 0x01, 0x04, 0x03, 0x06, 0x05, 0x08, 0x07, 0x0a,
			    0x09, 0x0c, 0x0b, 0x0e, 0x0d, 0x10, 0x0f, 0x12,
			    0x11, 0x14, 0x13, 0x16, 0x15, 0x18, 0x17, 0x1a,
			    0x19, 0x1c, 0x1b, 0x1e, 0x1d, 0x20, 0x1f, 0x02 } },
		{ 0xc421, { 0x1f, 0x02, 0x01, 0x04, 0x03, 0x06, 0x05, 0x08,
			    0x07, 0x0a, 0x09, 0x0c, 0x0b, 0x0e, 0x0d, 0x10,
			    0x0f, 0x12, 0x11, 0x14, 0x13, 0x16, 0x15, 0x18,
			    0x17, 0x1a, 0x19, 0x1c, 0x1b, 0x1e, 0x1d, 0x20 } },
	};
	struct machine *m = machine_new(ISA_GFX942);

	(void)state;
	for (unsigned int i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		check_swizzle(m, table[i].offset, table[i].from);
	machine_free(m);
}

/* The names that the documents have for some masks, as what they do */
static void test_swizzle_masks(void **state)
{
	struct machine *m = machine_new(ISA_GFX906);
	uint8_t from[32];

	(void)state;
	for (unsigned int size = 1; size <= 16; size *= 2) {
		/* Swap neighbours of @size lanes. */
		for (unsigned int i = 0; i < 32; i++)
			from[i] = 1 + (i / size % 2 ? i - size : i + size);
		check_swizzle(m, size << 10 | 0x1f, from);
		/* Reverse groups of twice as many. */
		for (unsigned int i = 0; i < 32; i++)
			from[i] = 1 + i / (2 * size) * 2 * size + 2 * size - 1 - i % (2 * size);
		check_swizzle(m, (2 * size - 1) << 10 | 0x1f, from);
		/* Broadcast the last but one or the first lane of them. */
		for (unsigned int i = 0; i < 32; i++)
			from[i] = 1 + i / (2 * size) * 2 * size + 2 * size - 2;
		check_swizzle(m, (2 * size - 2) << 5 | (32 - 2 * size), from);
	}
	/* Groups of four: 3, 0, 0, 1 */
	for (unsigned int i = 0; i < 32; i++)
		from[i] = 1 + i / 4 * 4 + "\3\0\0\1"[i % 4];
	check_swizzle(m, 0x8043, from);
	machine_free(m);
}

/* The documents' examples of four lanes, and all the lanes with anything as an address */
static void test_permute(void **state)
{
	static const uint32_t addr[] = { 0, 0, 12, 4 };
	static const uint32_t all[] = { 2, 4, 0, 3 }, some[] = { 0xdead, 4, 0xdead, 0 };
	struct machine *m = machine_new(ISA_GFX942);
	struct isa_insn *in;
	uint64_t exec = 0xf0f1e2d3c4b5a697;
	uint32_t want[ISA_LANES];

	(void)state;
	in = prepare(m, "ds_permute_b32", 2, 0xf);
	memcpy(v(m, in->args[1].reg), addr, sizeof(addr));
	execute(m);
	assert_memory_equal(v(m, in->args[0].reg), all, sizeof(all));
	in = prepare(m, "ds_permute_b32", 2, 0xa);
	execute(m);
	assert_memory_equal(v(m, in->args[0].reg), some, sizeof(some));

	in = prepare(m, "ds_permute_b32", 2, exec);
	in->offset = 0x1235;
	for (unsigned int i = 0; i < ISA_LANES; i++)
		want[i] = exec >> i & 1 ? 0 : 0xdead;
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		uint32_t to;

		v(m, in->args[1].reg)[i] = random32();
		to = (v(m, in->args[1].reg)[i] + 0x1235) % 256 / 4;
		if (exec >> i & 1 && exec >> to & 1)
			want[to] = i + 1;
	}
	execute(m);
	assert_memory_equal(v(m, in->args[0].reg), want, sizeof(want));
	machine_free(m);
}

static void test_bpermute(void **state)
{
	static const uint32_t addr[] = { 0, 0, 12, 4 };
	static const uint32_t all[] = { 1, 1, 4, 2 }, some[] = { 0xdead, 0, 0xdead, 2 };
	struct machine *m = machine_new(ISA_GFX942);
	struct isa_insn *in;
	uint64_t exec = 0xf0f1e2d3c4b5a697;

	(void)state;
	in = prepare(m, "ds_bpermute_b32", 2, 0xf);
	memcpy(v(m, in->args[1].reg), addr, sizeof(addr));
	execute(m);
	assert_memory_equal(v(m, in->args[0].reg), all, sizeof(all));
	in = prepare(m, "ds_bpermute_b32", 2, 0xa);
	execute(m);
	assert_memory_equal(v(m, in->args[0].reg), some, sizeof(some));

	in = prepare(m, "ds_bpermute_b32", 2, exec);
	in->offset = 0xfff7;
	for (unsigned int i = 0; i < ISA_LANES; i++)
		v(m, in->args[1].reg)[i] = random32();
	execute(m);
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		uint32_t source = (v(m, in->args[1].reg)[i] + 0xfff7) % 256 / 4;
		uint32_t want = exec >> source & 1 ? source + 1 : 0;

		assert_int_equal(v(m, in->args[0].reg)[i], exec >> i & 1 ? want : 0xdead);
	}
	/* Onto its address, and onto its data */
	in = prepare(m, "ds_bpermute_b32", 2, ~0ULL);
	in->args[0].reg = in->args[1].reg;
	for (unsigned int i = 0; i < ISA_LANES; i++)
		v(m, in->args[1].reg)[i] = 4 * (63 - i);
	execute(m);
	for (unsigned int i = 0; i < ISA_LANES; i++)
		assert_int_equal(v(m, in->args[0].reg)[i], 64 - i);
	in = insn(m, "ds_bpermute_b32");
	in->args[0].reg = in->args[2].reg;
	for (unsigned int i = 0; i < ISA_LANES; i++)
		v(m, in->args[1].reg)[i] = 4 * (i ^ 1);
	execute(m);
	for (unsigned int i = 0; i < ISA_LANES; i++)
		assert_int_equal(v(m, in->args[0].reg)[i], 1 + (i ^ 1));
	machine_free(m);
}

struct gws {
	uint32_t value, given;
	unsigned int inits, arrivals, takes, gives;
	bool there, free;
};

static void on_init(void *opaque, uint32_t value)
{
	struct gws *gws = opaque;

	gws->value = value;
	gws->inits++;
}

static bool on_arrive(void *opaque, struct isa_wave *w)
{
	struct gws *gws = opaque;

	(void)w;
	gws->arrivals++;
	return gws->there;
}

static void test_gws(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);
	struct gws gws = { 0 };
	struct isa_insn *in;

	(void)state;
	insn(m, "ds_gws_init");
	execute_fails(m, ISA_ILLEGAL);
	insn(m, "ds_gws_barrier");
	execute_fails(m, ISA_ILLEGAL);
	m->env.gws_init = on_init;
	m->env.gws_arrive = on_arrive;
	m->env.opaque = &gws;
	in = insn(m, "ds_gws_init");
	for (unsigned int i = 0; i < ISA_LANES; i++)
		v(m, in->args[0].reg)[i] = 100 + i;
	set_exec(m, 0xf0);
	execute(m);
	assert_int_equal(gws.inits, 1);
	assert_int_equal(gws.value, 104);
	insn(m, "ds_gws_barrier");
	execute(m);
	assert_int_equal(gws.arrivals, 1);
	assert_int_equal(m->w->state, ISA_AT_GWS);
	gws.there = true;
	execute(m);
	assert_int_equal(gws.arrivals, 2);
	assert_int_equal(m->w->state, ISA_RUNNING);
	/* Without a lane nothing happens. */
	set_exec(m, 0);
	execute(m);
	run_insn(m, "ds_gws_init");
	assert_int_equal(gws.arrivals, 2);
	assert_int_equal(gws.inits, 1);
	m->env.opaque = m;
	machine_free(m);
}

static bool on_take(void *opaque, struct isa_wave *w)
{
	struct gws *gws = opaque;

	(void)w;
	gws->takes++;
	return gws->free;
}

static void on_give(void *opaque, uint32_t num)
{
	struct gws *gws = opaque;

	gws->given = num;
	gws->gives++;
}

static const struct {
	const char *name;
	uint32_t given;
} givers[] = {
	{ "ds_gws_sema_v", 1 }, { "ds_gws_sema_br", 104 },
	{ "ds_gws_sema_release_all", ISA_GWS_ALL },
};

static void test_semaphore(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);
	struct gws gws = { 0 };
	struct isa_insn *in;

	(void)state;
	insn(m, "ds_gws_sema_p");
	execute_fails(m, ISA_ILLEGAL);
	for (unsigned int i = 0; i < 3; i++) {
		insn(m, givers[i].name);
		execute_fails(m, ISA_ILLEGAL);
	}
	m->env.gws_take = on_take;
	m->env.gws_give = on_give;
	m->env.opaque = &gws;
	set_exec(m, 0xf0);
	for (unsigned int i = 0; i < 3; i++) {
		insn(m, givers[i].name);
		for (unsigned int lane = 0; lane < ISA_LANES; lane++)
			v(m, VSRC(0))[lane] = 100 + lane;
		execute(m);
		assert_int_equal(gws.gives, i + 1);
		assert_int_equal(gws.given, givers[i].given);
	}
	/* Who may not go on yet is at the same instruction again. */
	m->w->pc = CODE;
	in = insn(m, "ds_gws_sema_p");
	execute(m);
	assert_int_equal(m->w->state, ISA_SLEEPING);
	assert_int_equal(m->w->next_pc, CODE);
	gws.free = true;
	m->w->state = ISA_RUNNING;
	execute(m);
	assert_int_equal(m->w->state, ISA_RUNNING);
	assert_int_equal(m->w->next_pc, CODE + in->words * 4);
	assert_int_equal(gws.takes, 2);
	/* Without a lane nothing happens. */
	set_exec(m, 0);
	gws.free = false;
	execute(m);
	assert_int_equal(m->w->state, ISA_RUNNING);
	for (unsigned int i = 0; i < 3; i++)
		run_insn(m, givers[i].name);
	assert_int_equal(gws.takes, 2);
	assert_int_equal(gws.gives, 3);
	m->env.opaque = m;
	machine_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_swizzle_examples),
		cmocka_unit_test(test_swizzle_masks),
		cmocka_unit_test(test_permute),
		cmocka_unit_test(test_bpermute),
		cmocka_unit_test(test_gws),
		cmocka_unit_test(test_semaphore),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
