/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * A hostile guest: what its files share. It drives the virtio-gpu PCI device from user space,
 * without a kernel driver and without the manners of one.
 *
 * What lives here: the transport (virtio.c), cases of one kind of malice each (cases.c), the
 * random generator (fuzz.c). What does not: what is expected of the host beyond an answer,
 * which the suite 55-hostile looks at from outside.
 */
#ifndef HOSTILE_VIRTIO_H
#define HOSTILE_VIRTIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <linux/kfd_ioctl.h>
#include <linux/virtio_gpu.h>
#include <linux/virtio_gpu_amdkfd.h>

#define ARRAY_LEN(a)	(sizeof(a) / sizeof((a)[0]))
#define PAGE		4096u
#define HUGE		(2u << 20)

/* Memory that the device is told of: pages of 2 MiB, so that their address is known. */
enum { MEM_RINGS, MEM_SLOTS, MEM_RSP, MEM_BIG, MEM_PAGES };

/* A command and its answer have a slot, as many as the queue has pairs of descriptors. */
#define SLOTS		32
#define SLOT_SIZE	(HUGE / SLOTS)
#define SLOT_OUT	(SLOT_SIZE / 2)
#define CTRL		0
#define CURSOR		1

extern uint8_t *mem[MEM_PAGES];
extern volatile uint8_t *window;
extern uint64_t window_gpa, window_size;
/* The registers of the device, and where they are for a DMA. */
extern volatile uint8_t *common;
extern uint64_t common_gpa, notify_gpa;

#define COMMON_STATUS	20

uint64_t gpa_of(const void *p);
void device_open(void);
/* Resets the device and sets its queues up. */
void device_init(void);
bool device_ok(void);
void device_status(uint8_t status);
void queue_reset(unsigned int queue);
void command_register(uint16_t set, uint16_t clear);
void function_reset(void);

uint8_t *slot_out(unsigned int slot);
uint8_t *slot_in(unsigned int slot);
/* A free slot, or -1; fetches what the device has used. */
int slot_get(void);
/* Lengths and addresses are the caller's: any will do. */
void slot_post_at(unsigned int queue, unsigned int slot, uint64_t out, uint32_t out_len,
		  uint64_t in, uint32_t in_len);
void slot_post(unsigned int queue, unsigned int slot, uint32_t out_len);
bool slot_wait(unsigned int slot, unsigned int ms);
void kick(unsigned int queue);
uint64_t now_ms(void);

/* fuzz.c */
void fuzz(uint64_t seed, unsigned int seconds);
/* cases.c */
int cases(unsigned int from);

#endif
