// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * GPU memory as a wave sees it.
 *
 * What lives here: translations, accesses to global memory of any alignment. What does not:
 * instructions, apertures (exec_flat.c).
 */
#include <string.h>

#include "exec.h"

/* Where @va is and how much of @len there is in one piece; NULL: a fault */
static void *translate(struct isa_wave *w, uint64_t va, uint64_t *len, unsigned int access)
{
	const struct isa_env *env = w->run->env;
	uint64_t want = *len;
	void *host;

	w->fault = (struct softgpu_fault){ .va = va, .access = access };
	host = env->ops->translate(env->vm, va, len, access, &w->fault);
	if (!host || !*len)
		return NULL;
	if (*len > want)
		*len = want;
	return host;
}

void *isa_mem_slow(struct isa_wave *w, uint64_t va, unsigned int size, unsigned int access)
{
	struct isa_tlb *tlb = &w->run->tlb[va / ISA_PAGE % ISA_TLB_SIZE];
	uint64_t page = va & ~(ISA_PAGE - 1);
	uint64_t len = ISA_PAGE;
	void *host = translate(w, page, &len, access);

	/* Most memory is in pages; what is not goes without the TLB. */
	if (host && len == ISA_PAGE) {
		/* Another access to the same page, which may be elsewhere for it */
		if ((tlb->page ^ va) >= ISA_PAGE || tlb->host != host)
			tlb->page = page;
		tlb->page |= access;
		tlb->host = host;
		host = isa_mem(w, va, size, access);
	} else {
		len = size;
		host = translate(w, va, &len, access);
		if (!host)
			return NULL;
		if (len < size)
			host = NULL;
	}
	if (!host)
		w->fault.access = 0;
	return host;
}

/* In pieces */
static bool access_pieces(struct isa_wave *w, uint64_t va, uint8_t *buf, unsigned int size,
			  unsigned int access)
{
	while (size) {
		uint64_t len = size;
		void *host;

		if (len > ISA_PAGE - va % ISA_PAGE)
			len = ISA_PAGE - va % ISA_PAGE;
		host = translate(w, va, &len, access);
		if (!host) {
			isa_fail(w, ISA_MEMORY);
			return false;
		}
		if (access == SOFTGPU_WRITE)
			memcpy(host, buf, len);
		else
			memcpy(buf, host, len);
		va += len;
		buf += len;
		size -= len;
	}
	return true;
}

bool isa_read(struct isa_wave *w, uint64_t va, void *buf, unsigned int size)
{
	const void *host = isa_mem(w, va, size, SOFTGPU_READ);

	if (!host)
		host = isa_mem_slow(w, va, size, SOFTGPU_READ);
	if (!host)
		return access_pieces(w, va, buf, size, SOFTGPU_READ);
	if (va & (size - 1)) {
		memcpy(buf, host, size);
		return true;
	}
	switch (size) {
	case 1:
		*(uint8_t *)buf = __atomic_load_n((const uint8_t *)host, __ATOMIC_RELAXED);
		break;
	case 2:
		*(uint16_t *)buf = __atomic_load_n((const uint16_t *)host, __ATOMIC_RELAXED);
		break;
	case 4:
		*(uint32_t *)buf = __atomic_load_n((const uint32_t *)host, __ATOMIC_RELAXED);
		break;
	case 8:
		*(uint64_t *)buf = __atomic_load_n((const uint64_t *)host, __ATOMIC_RELAXED);
		break;
	default:
		memcpy(buf, host, size);
	}
	return true;
}

bool isa_write(struct isa_wave *w, uint64_t va, const void *buf, unsigned int size)
{
	void *host = isa_mem(w, va, size, SOFTGPU_WRITE);

	if (!host)
		host = isa_mem_slow(w, va, size, SOFTGPU_WRITE);
	if (!host)
		return access_pieces(w, va, (uint8_t *)buf, size, SOFTGPU_WRITE);
	if (va & (size - 1)) {
		memcpy(host, buf, size);
		return true;
	}
	switch (size) {
	case 1:
		__atomic_store_n((uint8_t *)host, *(const uint8_t *)buf, __ATOMIC_RELAXED);
		break;
	case 2:
		__atomic_store_n((uint16_t *)host, *(const uint16_t *)buf, __ATOMIC_RELAXED);
		break;
	case 4:
		__atomic_store_n((uint32_t *)host, *(const uint32_t *)buf, __ATOMIC_RELAXED);
		break;
	case 8:
		__atomic_store_n((uint64_t *)host, *(const uint64_t *)buf, __ATOMIC_RELAXED);
		break;
	default:
		memcpy(host, buf, size);
	}
	return true;
}

bool isa_atomic(struct isa_wave *w, uint64_t va, unsigned int size, void **ptr)
{
	const unsigned int access = SOFTGPU_READ | SOFTGPU_WRITE;

	if (va & (size - 1)) {
		w->fault = (struct softgpu_fault){ .va = va, .access = access };
		isa_fail(w, ISA_MISALIGNED);
		return false;
	}
	*ptr = isa_mem(w, va, size, access);
	if (!*ptr)
		*ptr = isa_mem_slow(w, va, size, access);
	if (!*ptr)
		isa_fail(w, ISA_MEMORY);
	return *ptr;
}
