// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A turn of a workgroup: its waves one after the other, and the barrier between them.
 */
#include "group.h"

/* Instructions of a wave before another one of its workgroup has a turn */
#define WAVE_TURN	4096

static unsigned int count(const struct isa_group *group, enum isa_state state)
{
	unsigned int num = 0;

	for (unsigned int i = 0; i < group->num_waves; i++)
		num += group->waves[i].state == state;
	return num;
}

static void change(struct isa_group *group, enum isa_state from, enum isa_state to)
{
	for (unsigned int i = 0; i < group->num_waves; i++) {
		if (group->waves[i].state == from)
			group->waves[i].state = to;
	}
}

void isa_group_gws_release(struct isa_group *group)
{
	change(group, ISA_AT_GWS, ISA_RUNNING);
}

/* Waves that have ended are not waited for. */
static void check_barrier(struct isa_group *group)
{
	unsigned int there = count(group, ISA_AT_BARRIER);

	if (there && there + count(group, ISA_ENDED) == group->num_waves)
		change(group, ISA_AT_BARRIER, ISA_RUNNING);
}

static void run_wave(struct isa_wave *w, struct isa_runner *run)
{
	int64_t rest = run->budget - WAVE_TURN;

	if (rest > 0)
		run->budget = WAVE_TURN;
	w->run = run;
	isa_run(w);
	w->run = NULL;
	if (rest > 0)
		run->budget += rest;
}

/* Any of them may wait for any other, so all have their turn whatever the others do. */
enum isa_group_state isa_group_run(struct isa_group *group, struct isa_runner *run,
				   struct isa_wave **failed)
{
	for (;;) {
		bool waiting;

		for (; group->next < group->num_waves; group->next++) {
			struct isa_wave *w = &group->waves[group->next];

			if (w->state != ISA_RUNNING)
				continue;
			if (run->budget <= 0)
				return ISA_GROUP_RUNNING;
			run_wave(w, run);
			if (w->state == ISA_FAILED) {
				*failed = w;
				return ISA_GROUP_FAILED;
			}
			group->ran |= w->state != ISA_SLEEPING;
		}
		group->next = 0;
		check_barrier(group);
		if (count(group, ISA_ENDED) == group->num_waves)
			return ISA_GROUP_ENDED;
		waiting = !group->ran && count(group, ISA_SLEEPING);
		group->ran = false;
		change(group, ISA_SLEEPING, ISA_RUNNING);
		if (waiting)
			return ISA_GROUP_WAITING;
		if (!count(group, ISA_RUNNING))
			return ISA_GROUP_AT_GWS;
	}
}
