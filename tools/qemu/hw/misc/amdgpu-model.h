/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * amdgpu-model-pci: a software MI300X partition (gfx942, one XCC) that the
 * stock amdgpu of Linux 7.3 binds to. For tests only.
 *
 * What lives here: the device's state, and what its files have of each other.
 * What does not: the execution of packets (tools/softgpu), which calls back.
 *
 * Threads: registers and doorbells are written by vCPUs with QEMU's big lock
 * (BQL) held, and registers also by packets in threads of softgpu, which never
 * take the BQL. There are two softgpu: @fw is the firmware's, with one thread
 * and the driver's compute queues (KIQ, HIQ, rings), whose packets map and
 * unmap queues; @gpu has the users' queues and the rings of SDMA. So a packet
 * of the first may wait for a queue of the second.
 *
 * Locks, outermost first:
 *	BQL		not in threads of softgpu
 *	queue_lock	the list of queues and their doorbells
 *	ih_lock		interrupt rings
 *	vm_lock		read while GPU memory is accessed, written to find out
 *			that no access is under way that began before; who
 *			writes goes first, so nobody reads it twice at a time
 * Registers are single words, read and written atomically; so is @clock. @hqd
 * is written by vCPUs and by packets that map a queue, which amdgpu never does
 * for the same queue at a time. @smn belongs to the BQL, and so does @running,
 * which packets read: they are paused when it changes.
 */
#ifndef HW_MISC_AMDGPU_MODEL_H
#define HW_MISC_AMDGPU_MODEL_H

#include "hw/pci/pci_device.h"
#include "qemu/queue.h"
#include "qemu/thread.h"
#include "qemu/units.h"
#include "qom/object.h"
#include "softgpu.h"

#define TYPE_AMDGPU_MODEL "amdgpu-model-pci"
OBJECT_DECLARE_SIMPLE_TYPE(AmdgpuModel, AMDGPU_MODEL)

#define MODEL_MMIO_SIZE (2 * MiB)
#define MODEL_NUM_REGS (MODEL_MMIO_SIZE / 4)
#define MODEL_DOORBELL_SIZE (2 * MiB)
#define MODEL_VMIDS 16
#define MODEL_FIRST_USER_VMID 8
#define MODEL_SDMA_ENGINES 2
#define MODEL_SDMA_RINGS 2

/* Hardware queue descriptors: registers, banked by GRBM_GFX_CNTL */
#define MODEL_HQD_BANKS 128
#define MODEL_HQD_FIRST 0x3245
#define MODEL_HQD_REGS 0x5b

/* Registers of an HQD; in an MQD (struct v9_mqd) they begin at MODEL_MQD_HQD */
enum {
	HQD_ACTIVE = 2,
	HQD_VMID = 3,
	HQD_PIPE_PRIORITY = 5,
	HQD_PQ_BASE = 8,
	HQD_PQ_BASE_HI,
	HQD_PQ_RPTR,
	HQD_RPTR_ADDR,
	HQD_RPTR_ADDR_HI,
	HQD_WPTR_ADDR,
	HQD_WPTR_ADDR_HI,
	HQD_DOORBELL,
	HQD_PQ_CONTROL = 17,
	HQD_DEQUEUE = 24,
	HQD_AQL_CONTROL = 53,
	HQD_WPTR_LO,
	HQD_WPTR_HI,
};
#define MODEL_MQD_HQD 128
#define MODEL_MQD_DWORDS 256
/* What is reserved in an MQD has the state of a queue that is not mapped. */
#define MODEL_MQD_STATE 256
#define MODEL_SDMA_MQD_STATE 42

#define HQD_DOORBELL_OFFSET(_control) extract32(_control, 2, 26)

/* Base addresses of the IP blocks in dwords, as the discovery table has them */
#define MODEL_BASE_GC 0x2000
#define MODEL_BASE_GC1 0xa000
#define MODEL_BASE_SDMA0 0x1260
#define MODEL_BASE_SDMA1 0x1860
#define MODEL_BASE_OSSSYS 0x10a0
#define MODEL_BASE_HDP 0xf20
/* Choice: within the BAR, where nothing else is */
#define MODEL_BASE_NBIF8 0x70000
/*
 * Choice: gfx_v9_4_3_normalize_xcc_reg_offset() takes registers for those of an
 * XCC whose low 16 bits look like it, and packets have 18 bits for a register.
 */
#define MODEL_BASE_MMHUB 0x34000

/*
 * Where VRAM is in VMID 0, in units of 16 MiB. Choice: not 0, so that an offset
 * is no address.
 */
#define MODEL_FB_BASE 0x8000

/* Interrupts: clients and sources (soc15_ih_clientid.h, irqsrcs_*.h) */
enum {
	MODEL_CLIENT_SDMA0 = 0x08,
	MODEL_CLIENT_SE0 = 0x0a,
	MODEL_CLIENT_VMC = 0x12,
	MODEL_CLIENT_CP = 0x14,
	MODEL_CLIENT_UTCL2 = 0x1b,
};
enum {
	MODEL_SRC_FAULT = 0,
	MODEL_SRC_EOP = 181,
	MODEL_SRC_BAD_OPCODE = 183,
	MODEL_SRC_SDMA_TRAP = 224,
	MODEL_SRC_SQ = 239,
};
/* Nodes of the interrupt cookie: the die with memory and SDMA, and its XCD */
enum { MODEL_NODE_AID = 0, MODEL_NODE_XCD = 1 };

/**
 * struct ModelIrq - what an entry of the interrupt ring says
 * @client: who it is from
 * @source: why
 * @ring: which ring or queue of the client
 * @vmid: address space
 * @mmhub: it is one of the memory hub
 * @pasid: process
 * @node: die
 * @data: context ids
 */
typedef struct ModelIrq {
	uint8_t client, source, ring, vmid;
	bool mmhub;
	uint16_t pasid;
	uint8_t node;
	uint32_t data[4];
} ModelIrq;

/**
 * struct ModelVm - an address space, the vm of softgpu's queues
 * @s: the device
 * @root: entry that points to the top directory; unused for VMID 0, whose page
 *	table is flat and described by registers
 * @pasid: whose it is
 * @vmid: what interrupts name
 * @sdma: accesses are those of SDMA, whose faults the memory hub reports
 * @refs: queues in it, and who makes them; not counted for VMID 0. By the
 *	firmware's thread, or with the BQL while that has nothing to do
 */
typedef struct ModelVm {
	AmdgpuModel *s;
	uint64_t root;
	uint16_t pasid;
	uint8_t vmid;
	bool sdma;
	unsigned int refs;
} ModelVm;

typedef enum ModelQueueKind {
	MODEL_QUEUE_RING,
	MODEL_QUEUE_USER,
	MODEL_QUEUE_SDMA_RING,
	MODEL_QUEUE_SDMA_USER,
} ModelQueueKind;

/**
 * struct ModelQueue - a queue that is mapped
 * @next: in AmdgpuModel.queues (queue_lock)
 * @s: the device
 * @kind: whose it is, and where
 * @exec: softgpu's queue; NULL while the machine is stopped (queue_lock)
 * @params: how it was made
 * @vm: its address space
 * @doorbell: dword of the doorbell BAR
 * @mqd: its MQD, in VMID 0; 0 if it came to be by registers
 * @hiq: it is amdkfd's, with the scheduler's packets
 * @slot: pipe, engine (ME) << 2 and queue << 4; for SDMA engine and ring << 4
 * @state: state while @exec is NULL
 */
typedef struct ModelQueue {
	QTAILQ_ENTRY(ModelQueue) next;
	AmdgpuModel *s;
	ModelQueueKind kind;
	struct softgpu_queue *exec;
	struct softgpu_queue_params params;
	ModelVm *vm;
	uint32_t doorbell;
	uint64_t mqd;
	bool hiq;
	uint32_t slot;
	uint8_t state[SOFTGPU_STATE_SIZE];
} ModelQueue;

/**
 * struct ModelReg - a row of the table of registers
 * @offset: of the first one, in dwords
 * @count: how many there are
 * @stride: dwords from one to the next
 * @name: name, with %u for the number of one of several
 * @first: the number of the first one
 * @reset: value after a reset
 * @read: the value of one, from the stored one; NULL: that is it
 * @write: what a write does once the value is stored; NULL: nothing
 *
 * @read and @write may be called by any thread.
 */
typedef struct ModelReg {
	uint32_t offset;
	uint16_t count, stride;
	const char *name;
	uint16_t first;
	uint32_t reset;
	uint32_t (*read)(AmdgpuModel *s, uint32_t reg, uint32_t value);
	void (*write)(AmdgpuModel *s, uint32_t reg, uint32_t value);
} ModelReg;

struct AmdgpuModel {
	PCIDevice parent_obj;

	/* Properties */
	uint64_t vram_size;
	bool strict;

	MemoryRegion vram, doorbells, mmio;
	uint8_t *vram_ptr;
	QEMUBH *irq_bh;

	/* Registers: values, row of each plus 1, which unknown ones were told */
	uint32_t num_regs;
	uint32_t *regs;
	uint16_t *rows;
	unsigned long *unknown;
	uint32_t hqd[MODEL_HQD_BANKS][MODEL_HQD_REGS];
	uint64_t clock;
	GHashTable *smn;

	struct softgpu *fw, *gpu;
	bool running;

	QemuMutex queue_lock;
	QTAILQ_HEAD(, ModelQueue) queues;
	GHashTable *by_doorbell;

	QemuMutex ih_lock;
	pthread_rwlock_t vm_lock;
	/* VMID 0, and those of buffers that rings call, of which registers tell */
	ModelVm ring_vm, sdma_vm;
	ModelVm ib_vm[2][MODEL_VMIDS];

	/* What migration carries of the queues */
	int32_t num_saved;
	struct ModelSavedQueue *saved;
	VMChangeStateEntry *vm_state;
};

/* amdgpu-model-regs.c */
void model_regs_init(AmdgpuModel *s);
void model_regs_reset(AmdgpuModel *s);
void model_regs_cleanup(AmdgpuModel *s);
uint32_t model_reg_read(AmdgpuModel *s, uint32_t reg);
void model_reg_write(AmdgpuModel *s, uint32_t reg, uint32_t value);
extern const MemoryRegionOps model_mmio_ops;

uint32_t model_mm_data_read(AmdgpuModel *s, uint32_t reg, uint32_t value);
void model_mm_data_write(AmdgpuModel *s, uint32_t reg, uint32_t value);
uint32_t model_smn_read(AmdgpuModel *s, uint32_t reg, uint32_t value);
void model_smn_write(AmdgpuModel *s, uint32_t reg, uint32_t value);
uint32_t model_clock_read(AmdgpuModel *s, uint32_t reg, uint32_t value);
void model_clock_capture(AmdgpuModel *s, uint32_t reg, uint32_t value);
uint32_t model_hdp_flush_done(AmdgpuModel *s, uint32_t reg, uint32_t value);
uint32_t model_inactive_cus(AmdgpuModel *s, uint32_t reg, uint32_t value);
uint32_t model_memsize_read(AmdgpuModel *s, uint32_t reg, uint32_t value);
void model_command_write(AmdgpuModel *s, uint32_t reg, uint32_t value);

static inline uint32_t model_reg(AmdgpuModel *s, uint32_t reg)
{
	return qatomic_read(&s->regs[reg]);
}

static inline uint64_t model_reg64(AmdgpuModel *s, uint32_t lo, uint32_t hi)
{
	return model_reg(s, lo) | (uint64_t)model_reg(s, hi) << 32;
}

/* amdgpu-model-reg-table.c: the BAR's, and those of SMN by offsets in bytes */
extern const ModelReg model_reg_table[];
extern const unsigned int model_num_rows;
extern const ModelReg model_smn_table[];
extern const unsigned int model_num_smn;

/* amdgpu-model-discovery.c */
void model_discovery_write(AmdgpuModel *s);

/* amdgpu-model-gmc.c */
void model_vm_lock(void *opaque);
void model_vm_unlock(void *opaque);
void *model_vm_translate(void *opaque, uint64_t va, uint64_t *len,
			 unsigned int access, struct softgpu_fault *fault);
void *model_ib_vm(void *opaque, void *owner, unsigned int vmid);
void model_vm_fault(void *opaque, void *owner,
		    const struct softgpu_fault *fault);
bool model_vm_rw(ModelVm *vm, uint64_t va, void *buf, uint64_t len, bool write);
void model_bus_write(AmdgpuModel *s, uint64_t addr, const void *buf,
		     uint64_t len);
void model_vm_flush(AmdgpuModel *s);
uint32_t model_fb_top(AmdgpuModel *s, uint32_t reg, uint32_t value);
uint32_t model_invalidate_ack(AmdgpuModel *s, uint32_t reg, uint32_t value);
void model_invalidate_req(AmdgpuModel *s, uint32_t reg, uint32_t value);
void model_fault_cntl(AmdgpuModel *s, uint32_t reg, uint32_t value);

/* amdgpu-model-ih.c */
void model_irq(AmdgpuModel *s, const ModelIrq *irq);
void model_ih_bh(void *opaque);
void model_ih_rptr(AmdgpuModel *s, uint32_t reg, uint32_t value);
void model_ih_cntl(AmdgpuModel *s, uint32_t reg, uint32_t value);
bool model_ih_doorbell(AmdgpuModel *s, uint32_t doorbell, uint64_t value);

/* amdgpu-model-queue.c */
int model_queue_map(AmdgpuModel *s, const ModelQueue *template,
		    const void *state);
void model_queue_unmap(ModelQueue *queue, void *state);
ModelQueue *model_queue_find(AmdgpuModel *s, ModelQueueKind kind,
			     uint32_t doorbell);
void model_queues_unmap(AmdgpuModel *s, ModelQueueKind kind);
void model_queues_stop(AmdgpuModel *s);
void model_queues_start(AmdgpuModel *s);
ModelVm *model_vm_new(AmdgpuModel *s, uint64_t root, uint16_t pasid,
		      uint8_t vmid, bool sdma);
void model_vm_put(ModelVm *vm);
void model_event(void *vm, void *owner, uint32_t event_id);
void model_bad_packet(void *vm, void *owner, uint64_t index, uint32_t word);
void model_exception(void *vm, void *owner, unsigned int code);
extern const MemoryRegionOps model_doorbell_ops;

/* amdgpu-model-cp.c */
uint32_t model_hqd_read(AmdgpuModel *s, uint32_t reg, uint32_t value);
void model_hqd_write(AmdgpuModel *s, uint32_t reg, uint32_t value);
int model_cp_packet(void *vm, void *owner, const uint32_t *words, uint32_t num);

int model_hqd_map(AmdgpuModel *s, const ModelQueue *template,
		  const uint32_t *hqd, const void *state);

/* amdgpu-model-hws.c */
int model_hws_packet(ModelQueue *queue, const uint32_t *words, uint32_t num);

/* amdgpu-model-sdma.c */
uint32_t model_sdma_rptr(AmdgpuModel *s, uint32_t reg, uint32_t value);
void model_sdma_cntl(AmdgpuModel *s, uint32_t reg, uint32_t value);

/* amdgpu-model-pci.c: softgpu's callbacks */
extern const struct softgpu_vm_ops model_vm_ops;

#endif /* HW_MISC_AMDGPU_MODEL_H */
