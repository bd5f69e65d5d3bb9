// SPDX-License-Identifier: GPL-2.0 OR MIT
/* A virtio-pci driver of split queues in user space, see virtio.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>

#include "virtio.h"

#define QUEUE_SIZE	64
#define BAR_SIZE(r)	((r)[1] - (r)[0] + 1)

uint8_t *mem[MEM_PAGES];
volatile uint8_t *window;
uint64_t window_gpa, window_size;
volatile uint8_t *common;
uint64_t common_gpa, notify_gpa;

static uint64_t mem_gpa[MEM_PAGES];
static volatile uint8_t *notify;
static uint32_t notify_multiplier;
static int config_fd;
static bool slot_busy[SLOTS];

struct queue {
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
	uint16_t avail_idx, used_idx, notify_off;
};

static struct queue queues[2];

static void die(const char *what)
{
	printf("Bail out! %s\n", what);
	exit(1);
}

uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ull + ts.tv_nsec / 1000000;
}

uint64_t gpa_of(const void *p)
{
	for (int i = 0; i < MEM_PAGES; i++)
		if ((const uint8_t *)p >= mem[i] && (const uint8_t *)p < mem[i] + HUGE)
			return mem_gpa[i] + ((const uint8_t *)p - mem[i]);
	return 0;
}

static void get_memory(void)
{
	FILE *f = fopen("/proc/sys/vm/nr_hugepages", "w");
	int map = open("/proc/self/pagemap", O_RDONLY);

	if (!f || fprintf(f, "%d\n", MEM_PAGES) < 0 || fclose(f) || map < 0)
		die("no huge pages");
	for (int i = 0; i < MEM_PAGES; i++) {
		uint64_t entry;

		mem[i] = mmap(NULL, HUGE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_POPULATE, -1, 0);
		if (mem[i] == MAP_FAILED)
			die("no huge page");
		memset(mem[i], 0, HUGE);
		if (pread(map, &entry, 8, (uintptr_t)mem[i] / PAGE * 8) != 8 || !(entry >> 63))
			die("no address of a page");
		mem_gpa[i] = (entry & ((1ull << 55) - 1)) * PAGE;
	}
}

static uint32_t config_read(unsigned int off, unsigned int size)
{
	uint32_t value = 0;

	if (pread(config_fd, &value, size, off) != (int)size)
		die("no configuration space");
	return value;
}

void command_register(uint16_t set, uint16_t clear)
{
	uint16_t value = (config_read(4, 2) | set) & ~clear;

	if (pwrite(config_fd, &value, 2, 4) != 2)
		die("no command register");
}

/* A reset of the function by the PCIe capability; its regions are put back afterwards. */
void function_reset(void)
{
	uint32_t bars[6];

	if (pread(config_fd, bars, sizeof(bars), 0x10) != sizeof(bars))
		die("no regions");
	for (unsigned int cap = config_read(0x34, 1); cap; cap = config_read(cap + 1, 1)) {
		uint16_t control;

		if (config_read(cap, 1) != 0x10)
			continue;
		control = config_read(cap + 8, 2) | 0x8000;
		if (pwrite(config_fd, &control, 2, cap + 8) != 2)
			die("no device control");
	}
	if (pwrite(config_fd, bars, sizeof(bars), 0x10) != sizeof(bars))
		die("no regions");
	command_register(6, 0);
}

static volatile uint8_t *map_bar(const char *dir, unsigned int bar, uint64_t *gpa, uint64_t *size)
{
	char path[512];
	uint64_t range[2];
	void *p;
	FILE *f;
	int fd;

	snprintf(path, sizeof(path), "%s/resource", dir);
	f = fopen(path, "r");
	for (unsigned int i = 0; f && i <= bar; i++)
		if (fscanf(f, "%lx %lx %*x", &range[0], &range[1]) != 2)
			die("no resource of the device");
	fclose(f);
	snprintf(path, sizeof(path), "%s/resource%u", dir, bar);
	fd = open(path, O_RDWR);
	*gpa = range[0];
	*size = BAR_SIZE(range);
	p = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED) {
		printf("# %s, %lu bytes at 0x%lx: %s\n", path, *size, *gpa, strerror(errno));
		die("cannot map a region of the device");
	}
	close(fd);
	return p;
}

static bool find_device(char *dir, size_t len)
{
	static const char base[] = "/sys/bus/pci/devices";
	DIR *d = opendir(base);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		char id[32] = "", path[512];
		FILE *f;

		snprintf(path, sizeof(path), "%s/%s/modalias", base, e->d_name);
		f = fopen(path, "r");
		if (f && fgets(id, sizeof(id), f) && !strncmp(id, "pci:v00001AF4d00001050", 22)) {
			snprintf(dir, len, "%s/%s", base, e->d_name);
			fclose(f);
			closedir(d);
			return true;
		}
		if (f)
			fclose(f);
	}
	return false;
}

void device_open(void)
{
	volatile uint8_t *bars[6] = { 0 };
	uint64_t gpas[6], sizes[6];
	char dir[300], path[512];

	get_memory();
	if (!find_device(dir, sizeof(dir)))
		die("no virtio-gpu device");
	snprintf(path, sizeof(path), "%s/config", dir);
	config_fd = open(path, O_RDWR);
	command_register(6, 0);
	for (unsigned int cap = config_read(0x34, 1); cap; cap = config_read(cap + 1, 1)) {
		unsigned int type = config_read(cap + 3, 1), bar = config_read(cap + 4, 1);
		uint32_t off = config_read(cap + 8, 4);

		if (config_read(cap, 1) != 9 || type == VIRTIO_PCI_CAP_PCI_CFG || bar > 5)
			continue;
		if (!bars[bar])
			bars[bar] = map_bar(dir, bar, &gpas[bar], &sizes[bar]);
		if (type == VIRTIO_PCI_CAP_COMMON_CFG) {
			common = bars[bar] + off;
			common_gpa = gpas[bar] + off;
		} else if (type == VIRTIO_PCI_CAP_NOTIFY_CFG) {
			notify = bars[bar] + off;
			notify_gpa = gpas[bar] + off;
			notify_multiplier = config_read(cap + 16, 4);
		} else if (type == VIRTIO_PCI_CAP_SHARED_MEMORY_CFG) {
			window = bars[bar] + off;
			window_gpa = gpas[bar] + off;
			window_size = sizes[bar] - off;
		}
	}
	if (!common || !notify || !window)
		die("the device lacks registers or the window");
}

#define REG8(off)	(*(volatile uint8_t *)(common + (off)))
#define REG16(off)	(*(volatile uint16_t *)(common + (off)))
#define REG32(off)	(*(volatile uint32_t *)(common + (off)))

static void reg64(unsigned int off, uint64_t value)
{
	REG32(off) = value;
	REG32(off + 4) = value >> 32;
}

void device_status(uint8_t status)
{
	REG8(VIRTIO_PCI_COMMON_STATUS) = status;
}

static void queue_init(unsigned int i)
{
	struct queue *q = &queues[i];
	uint8_t *ring = mem[MEM_RINGS] + i * 8 * PAGE;

	memset(ring, 0, 8 * PAGE);
	q->desc = (void *)ring;
	q->avail = (void *)(ring + 2 * PAGE);
	q->used = (void *)(ring + 4 * PAGE);
	q->avail->flags = VRING_AVAIL_F_NO_INTERRUPT;
	q->avail_idx = 0;
	q->used_idx = 0;
	REG16(VIRTIO_PCI_COMMON_Q_SELECT) = i;
	if (REG16(VIRTIO_PCI_COMMON_Q_SIZE) > QUEUE_SIZE)
		REG16(VIRTIO_PCI_COMMON_Q_SIZE) = QUEUE_SIZE;
	reg64(VIRTIO_PCI_COMMON_Q_DESCLO, gpa_of(q->desc));
	reg64(VIRTIO_PCI_COMMON_Q_AVAILLO, gpa_of(q->avail));
	reg64(VIRTIO_PCI_COMMON_Q_USEDLO, gpa_of(q->used));
	q->notify_off = REG16(VIRTIO_PCI_COMMON_Q_NOFF);
	REG16(VIRTIO_PCI_COMMON_Q_ENABLE) = 1;
}

void device_init(void)
{
	command_register(6, 0);
	device_status(0);
	device_status(VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER);
	REG32(VIRTIO_PCI_COMMON_GFSELECT) = 0;
	REG32(VIRTIO_PCI_COMMON_GF) = 0x1f;
	REG32(VIRTIO_PCI_COMMON_GFSELECT) = 1;
	/* VERSION_1 and RING_RESET */
	REG32(VIRTIO_PCI_COMMON_GF) = 0x101;
	device_status(VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER |
		      VIRTIO_CONFIG_S_FEATURES_OK);
	queue_init(CTRL);
	queue_init(CURSOR);
	memset(slot_busy, 0, sizeof(slot_busy));
	device_status(VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER |
		      VIRTIO_CONFIG_S_FEATURES_OK | VIRTIO_CONFIG_S_DRIVER_OK);
}

bool device_ok(void)
{
	return REG8(VIRTIO_PCI_COMMON_STATUS) ==
	       (VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER |
		VIRTIO_CONFIG_S_FEATURES_OK | VIRTIO_CONFIG_S_DRIVER_OK);
}

/* VIRTIO_F_RING_RESET: the queue is set up anew, what it had in flight is forgotten. */
void queue_reset(unsigned int i)
{
	REG16(VIRTIO_PCI_COMMON_Q_SELECT) = i;
	REG16(VIRTIO_PCI_COMMON_Q_RESET) = 1;
	if (i == CTRL)
		memset(slot_busy, 0, sizeof(slot_busy));
	queue_init(i);
}

uint8_t *slot_out(unsigned int slot)
{
	return mem[MEM_SLOTS] + slot * SLOT_SIZE;
}

uint8_t *slot_in(unsigned int slot)
{
	return slot_out(slot) + SLOT_OUT;
}

static void collect(void)
{
	for (int i = 0; i < 2; i++) {
		struct queue *q = &queues[i];

		while (q->used_idx != *(volatile uint16_t *)&q->used->idx) {
			unsigned int slot = q->used->ring[q->used_idx++ % QUEUE_SIZE].id / 2;

			if (slot < SLOTS)
				slot_busy[slot] = false;
		}
	}
}

int slot_get(void)
{
	collect();
	for (int i = 0; i < SLOTS; i++)
		if (!slot_busy[i])
			return i;
	return -1;
}

void slot_post_at(unsigned int queue, unsigned int slot, uint64_t out, uint32_t out_len,
		  uint64_t in, uint32_t in_len)
{
	struct queue *q = &queues[queue];

	q->desc[2 * slot] = (struct vring_desc){
		.addr = out, .len = out_len, .flags = VRING_DESC_F_NEXT, .next = 2 * slot + 1,
	};
	q->desc[2 * slot + 1] = (struct vring_desc){
		.addr = in, .len = in_len, .flags = VRING_DESC_F_WRITE,
	};
	slot_busy[slot] = true;
	q->avail->ring[q->avail_idx++ % QUEUE_SIZE] = 2 * slot;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	*(volatile uint16_t *)&q->avail->idx = q->avail_idx;
}

void slot_post(unsigned int queue, unsigned int slot, uint32_t out_len)
{
	memset(slot_in(slot), 0, 64);
	slot_post_at(queue, slot, gpa_of(slot_out(slot)), out_len, gpa_of(slot_in(slot)),
		     SLOT_SIZE - SLOT_OUT);
}

void kick(unsigned int i)
{
	*(volatile uint16_t *)(notify + queues[i].notify_off * notify_multiplier) = i;
}

bool slot_wait(unsigned int slot, unsigned int ms)
{
	uint64_t end = now_ms() + ms;

	for (unsigned int i = 0; slot_busy[slot]; i++) {
		collect();
		if (i % 64 == 63) {
			if (now_ms() > end)
				return false;
			usleep(50);
		}
	}
	return true;
}
