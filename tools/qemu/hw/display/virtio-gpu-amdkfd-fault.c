/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtio-gpu device with AMDKFD contexts: a host that answers garbage, for
 * tests of guests.
 *
 * What lives here: the properties x-fault*, and what they do to answers. What
 * does not: faults of the guest; those need no switch.
 *
 * x-fault=truncate   the response says it is shorter than its header or its
 *                    payload
 *         oversize   it says it is longer than the room for it, as do its
 *                    counts
 *         garbage    noise; every other time behind a header that is right
 *         late       its fence comes x-fault-delay-ms later
 *         drop       its fence does not come
 * x-fault-skip=N     the first N commands with a response are left alone
 * x-fault-every=N    of those that follow, every Nth is hit
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/iov.h"
#include "qemu/timer.h"
#include "hw/virtio/virtio-gpu-amdkfd.h"
#include "trace.h"

struct amdkfd_late_fence {
	VirtIOGPUAmdkfd *s;
	QEMUTimer *timer;
	struct virtio_gpu_ctrl_hdr hdr;
	QTAILQ_ENTRY(amdkfd_late_fence) next;
};

static const char *const fault_names[] = {
	[AMDKFD_FAULT_NONE] = "none",
	[AMDKFD_FAULT_TRUNCATE] = "truncate",
	[AMDKFD_FAULT_OVERSIZE] = "oversize",
	[AMDKFD_FAULT_GARBAGE] = "garbage",
	[AMDKFD_FAULT_LATE] = "late",
	[AMDKFD_FAULT_DROP] = "drop",
};

bool amdkfd_fault_init(VirtIOGPUAmdkfd *s, Error **errp)
{
	int i;

	QTAILQ_INIT(&s->fault.late);
	s->fault.rsp_res = g_hash_table_new(NULL, NULL);
	s->fault.kind = AMDKFD_FAULT_NONE;
	if (!s->fault.name) {
		return true;
	}

	for (i = 0; i < ARRAY_SIZE(fault_names); i++) {
		if (!strcmp(s->fault.name, fault_names[i])) {
			s->fault.kind = i;
			return true;
		}
	}
	error_setg(errp, "x-fault=%s is unknown", s->fault.name);
	return false;
}

static void forget_late(struct amdkfd_late_fence *late)
{
	QTAILQ_REMOVE(&late->s->fault.late, late, next);
	timer_free(late->timer);
	g_free(late);
}

void amdkfd_fault_reset(VirtIOGPUAmdkfd *s)
{
	while (!QTAILQ_EMPTY(&s->fault.late)) {
		forget_late(QTAILQ_FIRST(&s->fault.late));
	}
	g_hash_table_remove_all(s->fault.rsp_res);
}

void amdkfd_fault_fini(VirtIOGPUAmdkfd *s)
{
	amdkfd_fault_reset(s);
	g_hash_table_unref(s->fault.rsp_res);
}

static void late_fence(void *opaque)
{
	struct amdkfd_late_fence *late = opaque;

	amdkfd_ask_fence(late->s, late->hdr.ctx_id, VIRTKFD_RING_CMD,
			 late->hdr.fence_id);
	forget_late(late);
}

static void delay_fence(VirtIOGPUAmdkfd *s,
			const struct virtio_gpu_ctrl_hdr *hdr)
{
	struct amdkfd_late_fence *late = g_new0(struct amdkfd_late_fence, 1);

	late->s = s;
	late->hdr = *hdr;
	late->timer = timer_new_ms(QEMU_CLOCK_VIRTUAL, late_fence, late);
	timer_mod(late->timer, qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) +
			       s->fault.delay_ms);
	QTAILQ_INSERT_TAIL(&s->fault.late, late, next);
}

static void spoil(VirtIOGPUAmdkfd *s, struct virtio_gpu_simple_resource *res,
		  const struct virtkfd_ccmd *cmd)
{
	g_autofree uint8_t *buf = g_malloc(cmd->rsp_len);
	struct virtkfd_rsp *rsp = (void *)buf;
	const uint32_t lens[] = { 0, 8, sizeof(*rsp), cmd->rsp_len / 2 };
	g_autoptr(GRand) noise = g_rand_new_with_seed(s->fault.count);
	uint32_t i;

	iov_to_buf(res->iov, res->iov_cnt, cmd->rsp_off, buf, cmd->rsp_len);
	switch (s->fault.kind) {
	case AMDKFD_FAULT_TRUNCATE:
		rsp->len = lens[s->fault.count % ARRAY_SIZE(lens)];
		memset(rsp + 1, 0, cmd->rsp_len - sizeof(*rsp));
		break;
	case AMDKFD_FAULT_OVERSIZE:
		rsp->len = s->fault.count % 2 ? UINT32_MAX - 7 : cmd->rsp_len + 8;
		memset(rsp + 1, 0xff, cmd->rsp_len - sizeof(*rsp));
		break;
	default:
		for (i = s->fault.count % 2 ? 0 : sizeof(*rsp); i < cmd->rsp_len; i++) {
			buf[i] = g_rand_int(noise);
		}
		break;
	}
	iov_from_buf(res->iov, res->iov_cnt, cmd->rsp_off, buf, cmd->rsp_len);
}

/**
 * amdkfd_fault_submitted() - a submission was executed, its fence was not asked
 * for yet
 * @s: device
 * @hdr: of the virtio-gpu command
 * @cmds: payload
 * @len: its bytes
 *
 * Return: false if the fence shall not be asked for now.
 */
bool amdkfd_fault_submitted(VirtIOGPUAmdkfd *s,
			    const struct virtio_gpu_ctrl_hdr *hdr,
			    const void *cmds, size_t len)
{
	const struct virtkfd_ccmd *cmd = cmds;
	const struct virtkfd_ccmd_init *init = cmds;
	struct amdkfd_attachment *att;
	uint32_t res_id;
	gpointer key;

	if (s->fault.kind == AMDKFD_FAULT_NONE || len < sizeof(*cmd)) {
		return true;
	}
	if (cmd->cmd == VIRTKFD_CCMD_INIT && len >= sizeof(*init)) {
		g_hash_table_insert(s->fault.rsp_res, GUINT_TO_POINTER(hdr->ctx_id),
				    GUINT_TO_POINTER(init->rsp_res_id));
	}
	if (cmd->cmd == VIRTKFD_CCMD_EVENT_POLL ||
	    cmd->rsp_len < sizeof(struct virtkfd_rsp)) {
		return true;
	}
	s->fault.count++;
	if (s->fault.count <= s->fault.skip ||
	    (s->fault.count - s->fault.skip) % MAX(s->fault.every, 1)) {
		return true;
	}

	trace_virtio_gpu_amdkfd_fault(hdr->ctx_id, cmd->cmd, cmd->seqno,
				      s->fault.name);
	switch (s->fault.kind) {
	case AMDKFD_FAULT_LATE:
		delay_fence(s, hdr);
		return false;
	case AMDKFD_FAULT_DROP:
		return false;
	default:
		key = GUINT_TO_POINTER(hdr->ctx_id);
		res_id = GPOINTER_TO_UINT(g_hash_table_lookup(s->fault.rsp_res, key));
		att = amdkfd_find_attachment(s, hdr->ctx_id, res_id);
		if (att && cmd->rsp_len <= 16 * MiB) {
			spoil(s, att->res, cmd);
		}
		return true;
	}
}
