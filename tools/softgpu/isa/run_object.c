// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * isa-run: a kernel of a code object on files
 *
 * What lives here: the command line, files, what -c prints. What does not: the kernel
 * (object_launch.c).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "object.h"

#define MAX_ARGS	1024
#define MAX_BUFFERS	128
#define MAX_THREADS	256

static const char usage[] =
	"usage: isa-run [-tc] [-j THREADS] [-l LDS] [-s SCRATCH] OBJECT KERNEL GRID GROUP ARG...\n"
	"\n"
	"Runs a kernel of a code object for gfx942 or gfx906.\n"
	"\n"
	"  -t  print each instruction: workgroup and wave, address in the object, text\n"
	"  -c  print how often each instruction was executed, and how fast\n"
	"  -j  threads, each with a workgroup at a time (1)\n"
	"  -l  bytes of group memory besides those the kernel says\n"
	"  -s  bytes of scratch memory of a work-item, if the kernel says less\n"
	"\n"
	"GRID and GROUP are work-items: X[,Y[,Z]]. An argument is one of\n"
	"\n"
	"  N          a number of 32 bits; b:N, s:N and l:N: of 8, 16 and 64 bits\n"
	"  f:X, d:X   a float, a double\n"
	"  <FILE      a buffer with what is in the file\n"
	"  >FILE:SIZE a buffer of so many zero bytes, which are the file's afterwards\n"
	"  +FILE      both: read before and written afterwards\n";

/**
 * struct buffer - an argument that is a file
 * @path: where it is written, or NULL
 * @host: the bytes
 * @size: their number
 */
struct buffer {
	const char *path;
	const void *host;
	size_t size;
};

/**
 * struct command - what is asked for
 * @launch: the kernel
 * @object: its object
 * @space: its memory
 * @args: its arguments
 * @buffers: files that are written
 * @num_buffers: how many
 * @count: -c
 */
struct command {
	struct isa_launch launch;
	struct isa_object object;
	struct isa_space space;
	uint8_t args[MAX_ARGS];
	struct buffer buffers[MAX_BUFFERS];
	unsigned int num_buffers;
	bool count;
};

/* A number that fits in @bits with a sign or without one */
static uint64_t number(const char *text, unsigned int bits)
{
	uint64_t value, limit = bits < 64 ? 1ULL << bits : 0;
	char *end;

	errno = 0;
	value = *text == '-' ? (uint64_t)strtoll(text, &end, 0) : strtoull(text, &end, 0);
	if (errno || end == text || *end ||
	    (limit && (*text == '-' ? -value > limit / 2 : value >= limit)))
		isa_die("%s: not a number of %u bits", text, bits);
	return value;
}

static double real(const char *text)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end)
		isa_die("%s: not a number", text);
	return value;
}

static unsigned int sizes(const char *text, uint64_t limit, uint64_t *to)
{
	char copy[64], *rest = copy, *part;
	unsigned int dims = 0;

	to[0] = to[1] = to[2] = 1;
	if (strlen(text) >= sizeof(copy))
		isa_die("%s: not X[,Y[,Z]]", text);
	strcpy(copy, text);
	while ((part = strsep(&rest, ","))) {
		if (dims == 3)
			isa_die("%s: more than three dimensions", text);
		to[dims] = number(part, 32);
		if (!to[dims] || to[dims] > limit)
			isa_die("%s: not from 1 to %llu", part, (unsigned long long)limit);
		dims++;
	}
	return dims;
}

/* With natural alignment */
static void put_arg(struct command *c, const void *value, unsigned int size)
{
	unsigned int at = (c->launch.args_size + size - 1) & ~(size - 1);

	if (at + size > MAX_ARGS)
		isa_die("more than %u bytes of arguments", MAX_ARGS);
	memcpy(c->args + at, value, size);
	c->launch.args_size = at + size;
}

static void put_buffer(struct command *c, struct buffer *b, size_t size, void **host)
{
	uint64_t va;

	*host = isa_space_add(&c->space, size, SOFTGPU_READ | SOFTGPU_WRITE, &va);
	b->host = *host;
	b->size = size;
	put_arg(c, &va, sizeof(va));
}

static void read_buffer(struct command *c, struct buffer *b, const char *path)
{
	FILE *f = fopen(path, "rb");
	void *host;
	long size;

	if (!f || fseek(f, 0, SEEK_END) || (size = ftell(f)) < 0)
		isa_die("%s: %s", path, strerror(errno));
	rewind(f);
	put_buffer(c, b, size, &host);
	if (fread(host, 1, size, f) != (size_t)size)
		isa_die("%s: cannot be read", path);
	fclose(f);
}

static void file_arg(struct command *c, char *arg)
{
	struct buffer *b = &c->buffers[c->num_buffers++];
	char *path = arg + 1, *size;
	void *host;

	if (c->num_buffers == MAX_BUFFERS)
		isa_die("more than %u files", MAX_BUFFERS - 1);
	if (*arg != '>') {
		read_buffer(c, b, path);
	} else {
		size = strrchr(path, ':');
		if (!size)
			isa_die("%s: no :SIZE behind it", path);
		*size = '\0';
		put_buffer(c, b, number(size + 1, 40), &host);
	}
	if (*arg != '<')
		b->path = path;
}

static void put_number(struct command *c, const char *text, unsigned int size)
{
	uint64_t value = number(text, size * 8);

	put_arg(c, &value, size);
}

static void arg(struct command *c, char *text)
{
	unsigned int size = 4;
	double d;
	float f;

	if (strchr("<>+", *text) && *text) {
		file_arg(c, text);
		return;
	}
	if (*text && text[1] == ':') {
		switch (*text) {
		case 'f':
			f = real(text + 2);
			put_arg(c, &f, sizeof(f));
			return;
		case 'd':
			d = real(text + 2);
			put_arg(c, &d, sizeof(d));
			return;
		case 'b':
			size = 1;
			break;
		case 's':
			size = 2;
			break;
		case 'l':
			size = 8;
			break;
		default:
			isa_die("%s: not an argument", text);
		}
		text += 2;
	}
	put_number(c, text, size);
}

static void write_buffers(const struct command *c)
{
	for (unsigned int i = 0; i < c->num_buffers; i++) {
		const struct buffer *b = &c->buffers[i];
		FILE *f;

		if (!b->path)
			continue;
		f = fopen(b->path, "wb");
		if (!f || fwrite(b->host, 1, b->size, f) != b->size || fclose(f))
			isa_die("%s: %s", b->path, strerror(errno));
	}
}

static const uint64_t *sort_counts;

static int compare(const void *a, const void *b)
{
	uint64_t x = sort_counts[*(const unsigned int *)a], y = sort_counts[*(const unsigned int *)b];

	return x < y ? 1 : x > y ? -1 : 0;
}

static void print_counts(const struct isa_launch *l)
{
	unsigned int *order = calloc(isa_num_ops, sizeof(*order));

	if (!order)
		isa_die("no memory");
	for (unsigned int i = 0; i < isa_num_ops; i++)
		order[i] = i;
	sort_counts = l->counts;
	qsort(order, isa_num_ops, sizeof(*order), compare);
	for (unsigned int i = 0; i < isa_num_ops && l->counts[order[i]]; i++)
		printf("%14llu  %s\n", (unsigned long long)l->counts[order[i]],
		       isa_ops[order[i]].name);
	printf("%14llu  in all, %.6f s of CPU time, %.1f million a second\n",
	       (unsigned long long)l->executed, l->cpu_seconds,
	       l->executed / l->cpu_seconds * 1e-6);
	free(order);
}

static int options(struct command *c, int argc, char **argv)
{
	int opt;

	/* The + ends them at the first word that is none: a negative number is an argument. */
	while ((opt = getopt(argc, argv, "+tcj:l:s:h")) != -1) {
		switch (opt) {
		case 't':
			c->launch.trace = true;
			break;
		case 'c':
			c->count = true;
			break;
		case 'j':
			c->launch.threads = number(optarg, 32);
			if (!c->launch.threads || c->launch.threads > MAX_THREADS)
				isa_die("-j %s: not from 1 to %u", optarg, MAX_THREADS);
			break;
		case 'l':
			c->launch.dynamic_lds = number(optarg, 20);
			break;
		case 's':
			c->launch.private_size = number(optarg, 24);
			break;
		case 'h':
			fputs(usage, stdout);
			exit(0);
		default:
			exit(1);
		}
	}
	return optind;
}

int main(int argc, char **argv)
{
	static struct command c = { .launch.threads = 1 };
	uint64_t grid[3], group[3];
	int first = options(&c, argc, argv);

	if (argc - first < 4)
		isa_die("OBJECT KERNEL GRID GROUP are missing; -h says more");
	argv += first;
	isa_object_load(&c.object, &c.space, argv[0]);
	c.launch.object = &c.object;
	c.launch.space = &c.space;
	c.launch.kernel = argv[1];
	c.launch.dims = sizes(argv[2], UINT32_MAX, grid);
	if (sizes(argv[3], ISA_MAX_GROUP_SIZE, group) > c.launch.dims)
		isa_die("%s has more dimensions than %s", argv[3], argv[2]);
	for (unsigned int i = 0; i < 3; i++) {
		c.launch.grid[i] = grid[i];
		c.launch.group[i] = group[i];
	}
	for (int i = 4; i < argc - first; i++)
		arg(&c, argv[i]);
	c.launch.args = c.args;
	if (c.count)
		c.launch.counts = calloc(isa_num_ops, sizeof(*c.launch.counts));
	isa_launch(&c.launch);
	write_buffers(&c);
	if (c.count)
		print_counts(&c.launch);
	return 0;
}
