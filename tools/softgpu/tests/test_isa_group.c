// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Turns of a workgroup: each wave has its own in the end, whatever the others do.
 *
 * What does not live here: workgroups that wait for each other. The kernel is written as words,
 * with its text beside them.
 */
#include "machine.h"

#define CODE_AT		(CODE + 0x1000)
#define FLAG		DATA
#define WAVES		16u
#define TURN		(16 << 10)

/*
 * s[0:1] is FLAG, s2 the number of a wave. This one sleeps, writes to FLAG and ends; the others
 * wait for that, and do not sleep before.
 */
static const uint32_t kernel[] = {
	0x20020086,			/* v_lshrrev_b32 v1, 6, v0 */
	0x7e060501,			/* v_readfirstlane_b32 s3, v1 */
	0x7e020280,			/* v_mov_b32 v1, 0 */
	0x7e040281,			/* v_mov_b32 v2, 1 */
	0xbf060203,			/* s_cmp_eq_u32 s3, s2 */
	0xbf850005,			/* s_cbranch_scc1 to s_sleep */
	0xde518000, 0x03000001,		/* global_load_dword v3, v1, s[0:1] sc0 sc1 */
	0x7e080503,			/* v_readfirstlane_b32 s4, v3 */
	0xbf068004,			/* s_cmp_eq_u32 s4, 0 */
	0xbf85fffb,			/* s_cbranch_scc1 to the load */
	0xbf8e0001,			/* s_sleep 1 */
	0xdc708000, 0x00000201,		/* global_store_dword v1, v2, s[0:1] */
	0xbf810000,			/* s_endpgm */
};

static struct isa_group *begin(uint32_t wave)
{
	const uint32_t user[16] = { (uint32_t)FLAG, FLAG >> 32, wave };
	const struct isa_dispatch d = {
		.object = CODE_AT, .grid = { WAVES * ISA_LANES, 1, 1 },
		.group = { WAVES * ISA_LANES, 1, 1 }, .user = user,
	};
	struct isa_group *group;
	struct isa_kernel k;

	assert_int_equal(isa_kernel_init_registers(&k, ISA_GFX942, &d, 0, 3 << 1, 0), 0);
	group = isa_group_new(&k, 0, 0);
	assert_non_null(group);
	return group;
}

static void test_turns(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);

	(void)state;
	put_memory(m, CODE_AT, kernel, sizeof(kernel));
	for (uint32_t wave = 0; wave < WAVES; wave++) {
		struct isa_group *group = begin(wave);
		enum isa_group_state ret = ISA_GROUP_RUNNING;
		struct isa_wave *failed;
		unsigned int turns;

		put_memory(m, FLAG, (uint32_t[]){ 0 }, 4);
		for (turns = 0; turns < 2 * WAVES && ret < ISA_GROUP_AT_GWS; turns++) {
			m->run.budget = TURN;
			ret = isa_group_run(group, &m->run, &failed);
		}
		assert_int_equal(ret, ISA_GROUP_ENDED);
		isa_group_free(group);
	}
	machine_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_turns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
