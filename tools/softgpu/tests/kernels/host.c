// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * host KERNEL GRID GROUP IN OUT SIZE N: a kernel that gcc has compiled, on files as with isa-run
 * host --random SEED WORDS: words for kernels, those at the ends of ranges more often than others
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "host.h"

#define STACK		(64 << 10)
#define MAX_ITEMS	1024
#define LANES		64

typedef void kernel_fn(const uint *in, uint *out, uint n);

static struct item items[MAX_ITEMS];
static ucontext_t contexts[MAX_ITEMS], scheduler;
static char stacks[MAX_ITEMS][STACK] __attribute__((aligned(16)));
static int ended[MAX_ITEMS];
static uint said[MAX_ITEMS];
static uint num_items;
struct item *item;

static kernel_fn *run;
static const uint *in;
static uint *out;
static uint n;

void barrier(void)
{
	swapcontext(&contexts[item->number], &scheduler);
}

uint host_shuffle(uint x, uint lane)
{
	uint value, from = item->number / LANES * LANES + lane % LANES;

	said[item->number] = x;
	barrier();
	value = said[from];
	barrier();
	return value;
}

ulong host_ballot(int x)
{
	uint first = item->number / LANES * LANES;
	ulong mask = 0;

	said[item->number] = !!x;
	barrier();
	for (uint i = 0; i < LANES && first + i < item->items; i++)
		mask |= (ulong)said[first + i] << i;
	barrier();
	return mask;
}

static void begin(void)
{
	run(in, out, n);
	ended[item->number] = 1;
}

static uint minimum(uint a, uint b)
{
	return a < b ? a : b;
}

static void run_group(const struct item *group)
{
	uint size[3], left;

	for (int i = 0; i < 3; i++)
		size[i] = minimum(group->size[i], group->grid[i] - group->group[i] * group->size[i]);
	num_items = size[0] * size[1] * size[2];
	for (uint i = 0; i < num_items; i++) {
		items[i] = *group;
		items[i].id[0] = i % size[0];
		items[i].id[1] = i / size[0] % size[1];
		items[i].id[2] = i / size[0] / size[1];
		items[i].number = i;
		items[i].items = num_items;
		ended[i] = 0;
		getcontext(&contexts[i]);
		contexts[i].uc_stack.ss_sp = stacks[i];
		contexts[i].uc_stack.ss_size = STACK;
		contexts[i].uc_link = &scheduler;
		makecontext(&contexts[i], begin, 0);
	}
	do {
		left = 0;
		for (uint i = 0; i < num_items; i++) {
			if (ended[i])
				continue;
			item = &items[i];
			swapcontext(&scheduler, &contexts[i]);
			left += !ended[i];
		}
	} while (left);
}

static void run_grid(struct item *g)
{
	uint groups[3];

	for (int i = 0; i < 3; i++)
		groups[i] = (g->grid[i] + g->size[i] - 1) / g->size[i];
	for (uint i = 0; i < groups[0] * groups[1] * groups[2]; i++) {
		g->group[0] = i % groups[0];
		g->group[1] = i / groups[0] % groups[1];
		g->group[2] = i / groups[0] / groups[1];
		run_group(g);
	}
}

static uint next_word(void)
{
	static const uint edges[] = {
		0, 1, 2, 3, 7, 8, 31, 32, 63, 64, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x10000,
		0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe, 0xffffffff, 0x3f800000, 0xbf800000,
		0x7f800000, 0xff800000, 0x7f7fffff, 0x007fffff, 0x00800000, 0x80800000, 0x4b000000,
		0x3ff00000, 0xbff00000, 0x7ff00000, 0x7fefffff, 0x00100000, 0x000fffff, 0x3c003c00,
	};
	uint value = mrand48();

	switch (lrand48() % 8) {
	case 0:
		return edges[value % (sizeof(edges) / sizeof(edges[0]))];
	case 1:
		return value & 0xff;
	case 2:
		return value >> (value & 31);
	default:
		return value;
	}
}

static void *load(const char *path)
{
	FILE *f = fopen(path, "rb");
	size_t size = 0;
	char *data = NULL;

	for (;;) {
		data = realloc(data, size + 65536);
		size_t got = f && data ? fread(data + size, 1, 65536, f) : 0;

		if (!got)
			break;
		size += got;
	}
	if (!f || !data)
		exit(1);
	fclose(f);
	return data;
}

int main(int argc, char **argv)
{
	struct item grid = { .grid = { 1, 1, 1 }, .size = { 1, 1, 1 } };
	size_t size;
	FILE *f;

	if (argc == 4 && !strcmp(argv[1], "--random")) {
		srand48(atoi(argv[2]));
		for (long left = atol(argv[3]); left; left--) {
			uint word = next_word();

			fwrite(&word, sizeof(word), 1, stdout);
		}
		return fflush(stdout) != 0;
	}
	run = argc == 8 ? (kernel_fn *)dlsym(RTLD_DEFAULT, argv[1]) : NULL;
	if (!run) {
		fprintf(stderr, "usage: host KERNEL GRID GROUP IN OUT SIZE N, or no such kernel\n");
		return 1;
	}
	sscanf(argv[2], "%u,%u,%u", &grid.grid[0], &grid.grid[1], &grid.grid[2]);
	sscanf(argv[3], "%u,%u,%u", &grid.size[0], &grid.size[1], &grid.size[2]);
	in = load(argv[4]);
	size = strtoul(argv[6], NULL, 0);
	out = calloc(1, size);
	n = strtoul(argv[7], NULL, 0);
	run_grid(&grid);
	f = fopen(argv[5], "wb");
	return !f || fwrite(out, 1, size, f) != size || fclose(f);
}
