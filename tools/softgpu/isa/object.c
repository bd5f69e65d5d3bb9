// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The GPU memory of a command, and code objects in it.
 *
 * Source: "User Guide for AMDGPU Backend" of LLVM: Code Object.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "object.h"

/* Far from what a truncated address or a small number would hit */
#define FIRST_VA	(1ULL << 32)
/* Between regions there is at least a page of nothing. */
#define REGION_ALIGN	(1ULL << 20)

/* e_ident[EI_ABIVERSION] is this less than the code object's version. */
#define ABI_VERSIONS	2
#define FLAGS_MACH	0xff
#define MACH_GFX906	0x2f
#define MACH_GFX942	0x4c
#define RELOC_RELATIVE64	13

void isa_die(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fprintf(stderr, "%s: ", program_invocation_short_name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\n");
	exit(1);
}

static void no_lock(void *vm)
{
	(void)vm;
}

static void *translate(void *vm, uint64_t va, uint64_t *len, unsigned int access,
		       struct softgpu_fault *fault)
{
	const struct isa_space *space = vm;

	*fault = (struct softgpu_fault){ .va = va, .access = access };
	for (unsigned int i = 0; i < space->num; i++) {
		const struct isa_region *r = &space->regions[i];

		if (va - r->va >= r->size)
			continue;
		fault->mapped = true;
		if ((r->access & access) != access)
			return NULL;
		if (*len > r->va + r->size - va)
			*len = r->va + r->size - va;
		return r->host + (va - r->va);
	}
	return NULL;
}

const struct softgpu_vm_ops isa_space_ops = {
	.lock = no_lock,
	.unlock = no_lock,
	.translate = translate,
};

static uint64_t pages(uint64_t size)
{
	return (size + ISA_PAGE - 1) & ~(ISA_PAGE - 1);
}

static void add_region(struct isa_space *space, const struct isa_region *region)
{
	if (space->num == ISA_MAX_REGIONS)
		isa_die("more than %u pieces of memory", ISA_MAX_REGIONS);
	space->regions[space->num++] = *region;
}

static void *allocate(struct isa_space *space, uint64_t size, uint64_t *va)
{
	void *host = mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (host == MAP_FAILED)
		isa_die("no memory for %llu bytes", (unsigned long long)size);
	if (!space->next)
		space->next = FIRST_VA;
	*va = space->next;
	space->next = (*va + size + REGION_ALIGN) & ~(REGION_ALIGN - 1);
	if (space->next - (*va + size) < ISA_PAGE)
		space->next += REGION_ALIGN;
	return host;
}

void *isa_space_add(struct isa_space *space, uint64_t size, unsigned int access, uint64_t *va)
{
	struct isa_region region = { .size = pages(size ? size : 1), .access = access };

	region.host = allocate(space, region.size, &region.va);
	add_region(space, &region);
	*va = region.va;
	return region.host;
}

void isa_space_drop(struct isa_space *space, unsigned int num)
{
	while (space->num > num) {
		const struct isa_region *r = &space->regions[--space->num];

		munmap(r->host, r->size);
		space->next = r->va;
	}
}

static void read_file(struct isa_object *o, const char *path)
{
	FILE *f = fopen(path, "rb");
	long size;

	if (!f || fseek(f, 0, SEEK_END) || (size = ftell(f)) < 0)
		isa_die("%s: %s", path, strerror(errno));
	rewind(f);
	o->file_size = size;
	o->file = malloc(size + 1);
	if (!o->file || fread(o->file, 1, size, f) != o->file_size)
		isa_die("%s: cannot be read", path);
	fclose(f);
}

/* What the file says of itself may be anything. */
static const void *in_file(const struct isa_object *o, uint64_t offset, uint64_t size)
{
	if (offset > o->file_size || size > o->file_size - offset)
		isa_die("the code object ends early");
	return o->file + offset;
}

static void *in_image(const struct isa_object *o, uint64_t va, uint64_t size)
{
	if (va > o->size || size > o->size - va)
		isa_die("the code object names what is outside of it");
	return o->image + va;
}

/* The structures of ELF files are aligned. */
static const void *aligned(const void *at)
{
	if ((uintptr_t)at % 8)
		isa_die("the code object is misaligned");
	return at;
}

static const Elf64_Ehdr *header(struct isa_object *o, const char *path)
{
	const Elf64_Ehdr *head = in_file(o, 0, sizeof(*head));

	if (memcmp(head->e_ident, ELFMAG, SELFMAG) || head->e_ident[EI_CLASS] != ELFCLASS64 ||
	    head->e_machine != EM_AMDGPU || head->e_type != ET_DYN ||
	    head->e_phentsize != sizeof(Elf64_Phdr))
		isa_die("%s: not a linked code object of a GPU", path);
	switch (head->e_flags & FLAGS_MACH) {
	case MACH_GFX906:
		o->target = ISA_GFX906;
		break;
	case MACH_GFX942:
		o->target = ISA_GFX942;
		break;
	default:
		isa_die("%s: neither of gfx942 nor of gfx906", path);
	}
	o->version = head->e_ident[EI_ABIVERSION] + ABI_VERSIONS;
	if (o->version < 4 || o->version > 6)
		isa_die("%s: a code object of version %u", path, o->version);
	return head;
}

/* Segments with other accesses are in other pages. */
static void load_segments(struct isa_object *o, struct isa_space *space, const Elf64_Phdr *ph,
			  unsigned int num)
{
	for (unsigned int i = 0; i < num; i++) {
		uint64_t end;

		if (ph[i].p_type != PT_LOAD)
			continue;
		if (__builtin_add_overflow(ph[i].p_vaddr, ph[i].p_memsz, &end) || end >> 32)
			isa_die("a segment of the code object is too large");
		if (end > o->size)
			o->size = end;
	}
	if (!o->size)
		isa_die("the code object has no segments");
	o->size = pages(o->size);
	o->image = allocate(space, o->size, &o->base);
	for (unsigned int i = 0; i < num; i++) {
		struct isa_region region = { .access = SOFTGPU_READ };
		uint64_t begin = ph[i].p_vaddr & ~(ISA_PAGE - 1);

		if (ph[i].p_type != PT_LOAD || !ph[i].p_memsz)
			continue;
		if (ph[i].p_filesz > ph[i].p_memsz)
			isa_die("a segment of the code object is larger in the file");
		memcpy(in_image(o, ph[i].p_vaddr, ph[i].p_filesz),
		       in_file(o, ph[i].p_offset, ph[i].p_filesz), ph[i].p_filesz);
		region.va = o->base + begin;
		region.size = pages(ph[i].p_vaddr + ph[i].p_memsz) - begin;
		region.access |= (ph[i].p_flags & PF_W ? SOFTGPU_WRITE : 0) |
				 (ph[i].p_flags & PF_X ? SOFTGPU_EXEC : 0);
		region.host = o->image + begin;
		add_region(space, &region);
	}
}

static void relocate(struct isa_object *o, uint64_t table, uint64_t size)
{
	const Elf64_Rela *rela = aligned(in_image(o, table, size));

	for (uint64_t i = 0; i < size / sizeof(*rela); i++) {
		uint64_t value = o->base + rela[i].r_addend;

		if (ELF64_R_TYPE(rela[i].r_info) != RELOC_RELATIVE64)
			isa_die("a relocation of type %u, which only a linker can do",
				(unsigned int)ELF64_R_TYPE(rela[i].r_info));
		memcpy(in_image(o, rela[i].r_offset, 8), &value, 8);
	}
}

static void relocate_all(struct isa_object *o, const Elf64_Phdr *ph)
{
	const Elf64_Dyn *dyn = aligned(in_image(o, ph->p_vaddr, ph->p_memsz));
	uint64_t table = 0, size = 0;

	for (uint64_t i = 0; i < ph->p_memsz / sizeof(*dyn) && dyn[i].d_tag != DT_NULL; i++) {
		if (dyn[i].d_tag == DT_RELA)
			table = dyn[i].d_un.d_ptr;
		if (dyn[i].d_tag == DT_RELASZ)
			size = dyn[i].d_un.d_val;
	}
	relocate(o, table, size);
}

void isa_object_load(struct isa_object *o, struct isa_space *space, const char *path)
{
	const Elf64_Ehdr *head;
	const Elf64_Phdr *ph;

	read_file(o, path);
	head = header(o, path);
	ph = aligned(in_file(o, head->e_phoff, head->e_phnum * sizeof(*ph)));
	load_segments(o, space, ph, head->e_phnum);
	for (unsigned int i = 0; i < head->e_phnum; i++) {
		if (ph[i].p_type == PT_DYNAMIC)
			relocate_all(o, &ph[i]);
	}
}

uint64_t isa_object_symbol(const struct isa_object *o, const char *name)
{
	const Elf64_Ehdr *head = in_file(o, 0, sizeof(*head));
	const Elf64_Shdr *sh = aligned(in_file(o, head->e_shoff, head->e_shnum * sizeof(*sh)));

	for (unsigned int i = 0; i < head->e_shnum; i++) {
		const Elf64_Sym *sym;
		const Elf64_Shdr *str;
		const char *names;

		if (sh[i].sh_type != SHT_DYNSYM || sh[i].sh_link >= head->e_shnum)
			continue;
		str = &sh[sh[i].sh_link];
		sym = aligned(in_file(o, sh[i].sh_offset, sh[i].sh_size));
		names = in_file(o, str->sh_offset, str->sh_size);
		for (uint64_t n = 0; n < sh[i].sh_size / sizeof(*sym); n++) {
			if (sym[n].st_name < str->sh_size &&
			    !strncmp(names + sym[n].st_name, name, str->sh_size - sym[n].st_name))
				return sym[n].st_value;
		}
	}
	isa_die("the code object has no symbol %s", name);
}

const void *isa_object_at(const struct isa_object *o, uint64_t value, uint64_t size)
{
	return in_image(o, value, size);
}
