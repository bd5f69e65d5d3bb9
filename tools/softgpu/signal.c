// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Signals in GPU memory: struct amd_signal_s of ROCr's amd_hsa_signal.h.
 *
 * What lives here: their fields, and the ways in which the command processor changes them.
 * What does not: which signal is sent when (aql.c, scratch.c).
 */
#include "internal.h"

enum {
	SIGNAL_VALUE = 8, SIGNAL_MAILBOX = 16, SIGNAL_EVENT_ID = 24, SIGNAL_START = 32,
	SIGNAL_END = 40,
};

#define ATOMIC_CMPSWAP_64	40
#define ATOMIC_ADD_64		47

/**
 * struct event - how somebody who sleeps learns of a signal
 * @mailbox: where the id goes before the interrupt, 0: nobody is to be woken up
 * @id: what the interrupt carries
 */
struct event {
	uint64_t mailbox, id;
};

/* Before the value changes: who waits for the signal may free it as soon as it has that. */
static int read_event(struct softgpu_queue *q, uint64_t signal, struct event *ev)
{
	int ret = sg_load(q, signal + SIGNAL_MAILBOX, 8, &ev->mailbox);

	return ret ? ret : sg_load(q, signal + SIGNAL_EVENT_ID, 4, &ev->id);
}

static int send_event(struct softgpu_queue *q, const struct event *ev)
{
	int ret;

	if (!ev->mailbox)
		return 0;
	ret = sg_store(q, ev->mailbox, 8, ev->id);
	if (!ret)
		q->gpu->ops->event(q->p.vm, q->p.owner, ev->id);
	return ret;
}

int sg_signal_load(struct softgpu_queue *q, uint64_t signal, uint64_t *value)
{
	return sg_load(q, signal + SIGNAL_VALUE, 8, value);
}

/* The packet is done that the signal is of. */
int sg_signal_complete(struct softgpu_queue *q, uint64_t signal)
{
	struct event ev;
	uint64_t old;
	int ret;

	ret = read_event(q, signal, &ev);
	if (!ret)
		ret = sg_store(q, signal + SIGNAL_START, 8, q->start_ts);
	if (!ret)
		ret = sg_store(q, signal + SIGNAL_END, 8, softgpu_clock());
	if (!ret)
		ret = sg_atomic(q, signal + SIGNAL_VALUE, ATOMIC_ADD_64, -1ULL, 0, &old);
	return ret ? ret : send_event(q, &ev);
}

/* A signal of 0 becomes @value; another one is left alone, which is no error. */
int sg_signal_ask(struct softgpu_queue *q, uint64_t signal, uint64_t value)
{
	struct event ev;
	uint64_t old;
	int ret;

	ret = read_event(q, signal, &ev);
	if (!ret)
		ret = sg_atomic(q, signal + SIGNAL_VALUE, ATOMIC_CMPSWAP_64, value, 0, &old);
	return ret || old ? ret : send_event(q, &ev);
}
