// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Loads and stores of global memory by 64 lanes.
 *
 * What lives here: the way from addresses to memory. What does not: addresses (exec_flat.c,
 * exec_mubuf.c), a page that is not there yet (memory.c).
 *
 * All lanes one after the other in one page are the common case: they are moved at once. Lanes
 * in one page look for it once, others each for its own. In any case an aligned dword is a single
 * access, and nothing is written twice: others may look at it at any time.
 */
#include "vmem.h"

/* Reports of races know nothing of vectors: then each lane is an atomic access of its own. */
#if defined(__SANITIZE_THREAD__)
#define AT_ONCE	false
#else
#define AT_ONCE	true
#endif

#define INLINE	static inline __attribute__((always_inline))

typedef uint32_t vector __attribute__((vector_size(32), aligned(4), may_alias));

void isa_fail_access(struct isa_wave *w, enum isa_error error, uint64_t va, unsigned int access)
{
	w->fault = (struct softgpu_fault){ .va = va, .access = access };
	isa_fail(w, error);
}

bool isa_canonical(struct isa_wave *w, uint64_t va, unsigned int access)
{
	if ((uint64_t)((int64_t)(va << 16) >> 16) == va)
		return true;
	isa_fail_access(w, ISA_APERTURE, va, access);
	return false;
}

ISA_CLONES static bool consecutive(const uint64_t *va, unsigned int size)
{
	uint64_t diff = 0;

	for (unsigned int i = 0; i < ISA_LANES; i++)
		diff |= va[i] ^ (va[0] + i * size);
	return !diff;
}

/* Are all lanes aligned, and in one page? */
ISA_CLONES static bool in_page(const uint64_t *va, unsigned int size)
{
	uint64_t align = size < 4 ? size - 1 : 3, bad = 0;

	for (unsigned int i = 0; i < ISA_LANES; i++)
		bad |= ((va[i] ^ va[0]) | ((va[i] + size - 1) ^ va[0])) & ~(ISA_PAGE - 1);
	for (unsigned int i = 0; i < ISA_LANES; i++)
		bad |= va[i] & align;
	return !bad;
}

static void *find(struct isa_wave *w, uint64_t va, unsigned int size, unsigned int access)
{
	void *host = isa_mem(w, va, size, access);

	return host ? host : isa_mem_slow(w, va, size, access);
}

/* Where all lanes are, if that is one piece */
INLINE void *find_row(struct isa_wave *w, uint64_t mask, const uint64_t *va, unsigned int size,
		      unsigned int access)
{
	if (!AT_ONCE || mask != ~0ULL || va[0] & (size < 4 ? size - 1 : 3) ||
	    !consecutive(va, size))
		return NULL;
	return find(w, va[0], ISA_LANES * size, access);
}

/* The page where all lanes are, if that is one and all is aligned */
INLINE void *find_page(struct isa_wave *w, uint64_t mask, const uint64_t *va, unsigned int size,
		       unsigned int access)
{
	if (mask != ~0ULL || !in_page(va, size))
		return NULL;
	return find(w, va[0] & ~(ISA_PAGE - 1), ISA_PAGE, access);
}

ISA_CLONES void isa_load_row(const void *host, unsigned int form, uint32_t *dst)
{
	const uint8_t *bytes = host;
	const uint16_t *words = host;
	const uint32_t *dwords = host;

	switch (form & ISA_FORM_SIZE) {
	case 1:
		for (unsigned int i = 0; i < ISA_LANES; i++)
			dst[i] = isa_form_load(form, bytes[i], dst[i]);
		break;
	case 2:
		for (unsigned int i = 0; i < ISA_LANES; i++)
			dst[i] = isa_form_load(form, words[i], dst[i]);
		break;
	case 4:
		memcpy(dst, host, ISA_VGPR_SIZE);
		break;
	case 8:
		for (unsigned int i = 0; i < ISA_LANES; i++) {
			dst[i] = dwords[2 * i];
			dst[ISA_LANES + i] = dwords[2 * i + 1];
		}
		break;
	case 12:
		for (unsigned int i = 0; i < ISA_LANES; i++) {
			dst[i] = dwords[3 * i];
			dst[ISA_LANES + i] = dwords[3 * i + 1];
			dst[2 * ISA_LANES + i] = dwords[3 * i + 2];
		}
		break;
	case 16:
		for (unsigned int i = 0; i < ISA_LANES; i++) {
			dst[i] = dwords[4 * i];
			dst[ISA_LANES + i] = dwords[4 * i + 1];
			dst[2 * ISA_LANES + i] = dwords[4 * i + 2];
			dst[3 * ISA_LANES + i] = dwords[4 * i + 3];
		}
		break;
	}
}

ISA_CLONES void isa_store_row(void *host, unsigned int form, const uint32_t *src)
{
	unsigned int shift = form & ISA_FORM_HI ? 16 : 0;
	uint8_t *bytes = host;
	uint16_t *words = host;
	uint32_t *dwords = host;

	switch (form & ISA_FORM_SIZE) {
	case 1:
		for (unsigned int i = 0; i < ISA_LANES; i++)
			bytes[i] = src[i] >> shift;
		break;
	case 2:
		for (unsigned int i = 0; i < ISA_LANES; i++)
			words[i] = src[i] >> shift;
		break;
	case 4:
		/* memcpy() may write some of it twice. */
		for (unsigned int i = 0; i < ISA_VGPR_SIZE / sizeof(vector); i++)
			((vector *)host)[i] = ((const vector *)src)[i];
		break;
	case 8:
		for (unsigned int i = 0; i < ISA_LANES; i++) {
			dwords[2 * i] = src[i];
			dwords[2 * i + 1] = src[ISA_LANES + i];
		}
		break;
	case 12:
		for (unsigned int i = 0; i < ISA_LANES; i++) {
			dwords[3 * i] = src[i];
			dwords[3 * i + 1] = src[ISA_LANES + i];
			dwords[3 * i + 2] = src[2 * ISA_LANES + i];
		}
		break;
	case 16:
		for (unsigned int i = 0; i < ISA_LANES; i++) {
			dwords[4 * i] = src[i];
			dwords[4 * i + 1] = src[ISA_LANES + i];
			dwords[4 * i + 2] = src[2 * ISA_LANES + i];
			dwords[4 * i + 3] = src[3 * ISA_LANES + i];
		}
		break;
	}
}

static bool load_slow(struct isa_wave *w, uint64_t va, unsigned int form, uint32_t *dst,
		      unsigned int lane)
{
	uint32_t buf[ISA_FORM_DWORDS] __attribute__((aligned(8)));

	if (!isa_canonical(w, va, SOFTGPU_READ))
		return false;
	if (!isa_read(w, va, buf, form & ISA_FORM_SIZE))
		return false;
	isa_put_lane(dst, lane, form, buf);
	return true;
}

static bool store_slow(struct isa_wave *w, uint64_t va, unsigned int form, const uint32_t *src,
		       unsigned int lane)
{
	uint32_t buf[ISA_FORM_DWORDS] __attribute__((aligned(8)));

	if (!isa_canonical(w, va, SOFTGPU_WRITE))
		return false;
	isa_get_lane(src, lane, form, buf);
	return isa_write(w, va, buf, form & ISA_FORM_SIZE);
}

INLINE void load64(const uint32_t *host, uint32_t *dst)
{
	uint64_t value;

	if ((uintptr_t)host & 7) {
		dst[0] = __atomic_load_n(host, __ATOMIC_RELAXED);
		dst[ISA_LANES] = __atomic_load_n(host + 1, __ATOMIC_RELAXED);
		return;
	}
	value = __atomic_load_n((const uint64_t *)host, __ATOMIC_RELAXED);
	dst[0] = value;
	dst[ISA_LANES] = value >> 32;
}

INLINE void store64(uint32_t *host, const uint32_t *src)
{
	if ((uintptr_t)host & 7) {
		__atomic_store_n(host, src[0], __ATOMIC_RELAXED);
		__atomic_store_n(host + 1, src[ISA_LANES], __ATOMIC_RELAXED);
		return;
	}
	__atomic_store_n((uint64_t *)host, src[0] | (uint64_t)src[ISA_LANES] << 32,
			 __ATOMIC_RELAXED);
}

/* With @page all lanes are there. */
INLINE bool load_each(struct isa_wave *w, const uint8_t *page, uint64_t mask, const uint64_t *va,
		      unsigned int form, const unsigned int size, uint32_t *dst)
{
	ISA_FOR_LANES(i, mask) {
		const void *host = page ? page + va[i] % ISA_PAGE :
				    isa_mem(w, va[i], size, SOFTGPU_READ);

		if (!page && __builtin_expect(!host || va[i] & (size < 4 ? size - 1 : 3), 0)) {
			if (!load_slow(w, va[i], form, dst, i))
				return false;
			continue;
		}
		switch (size) {
		case 1:
			dst[i] = isa_form_load(form, __atomic_load_n((const uint8_t *)host,
								     __ATOMIC_RELAXED), dst[i]);
			break;
		case 2:
			dst[i] = isa_form_load(form, __atomic_load_n((const uint16_t *)host,
								     __ATOMIC_RELAXED), dst[i]);
			break;
		case 4:
			dst[i] = __atomic_load_n((const uint32_t *)host, __ATOMIC_RELAXED);
			break;
		case 8:
			load64(host, dst + i);
			break;
		case 12:
			load64(host, dst + i);
			dst[2 * ISA_LANES + i] = __atomic_load_n((const uint32_t *)host + 2,
								 __ATOMIC_RELAXED);
			break;
		case 16:
			load64(host, dst + i);
			load64((const uint32_t *)host + 2, dst + 2 * ISA_LANES + i);
			break;
		}
	}
	return true;
}

/* With @page all lanes are there. */
INLINE bool store_each(struct isa_wave *w, uint8_t *page, uint64_t mask, const uint64_t *va,
		       unsigned int form, const unsigned int size, const uint32_t *src)
{
	unsigned int shift = form & ISA_FORM_HI ? 16 : 0;

	ISA_FOR_LANES(i, mask) {
		void *host = page ? page + va[i] % ISA_PAGE :
				    isa_mem(w, va[i], size, SOFTGPU_WRITE);

		if (!page && __builtin_expect(!host || va[i] & (size < 4 ? size - 1 : 3), 0)) {
			if (!store_slow(w, va[i], form, src, i))
				return false;
			continue;
		}
		switch (size) {
		case 1:
			__atomic_store_n((uint8_t *)host, src[i] >> shift, __ATOMIC_RELAXED);
			break;
		case 2:
			__atomic_store_n((uint16_t *)host, src[i] >> shift, __ATOMIC_RELAXED);
			break;
		case 4:
			__atomic_store_n((uint32_t *)host, src[i], __ATOMIC_RELAXED);
			break;
		case 8:
			store64(host, src + i);
			break;
		case 12:
			store64(host, src + i);
			__atomic_store_n((uint32_t *)host + 2, src[2 * ISA_LANES + i],
					 __ATOMIC_RELAXED);
			break;
		case 16:
			store64(host, src + i);
			store64((uint32_t *)host + 2, src + 2 * ISA_LANES + i);
			break;
		}
	}
	return true;
}

/* The loops are made for each size, with and without a page. */
#define BY_SIZE(each, page, data)							\
	switch (form & ISA_FORM_SIZE) {							\
	case 1:										\
		return each(w, page, mask, va, form, 1, data);				\
	case 2:										\
		return each(w, page, mask, va, form, 2, data);				\
	case 4:										\
		return each(w, page, mask, va, form, 4, data);				\
	case 8:										\
		return each(w, page, mask, va, form, 8, data);				\
	case 12:									\
		return each(w, page, mask, va, form, 12, data);				\
	default:									\
		return each(w, page, mask, va, form, 16, data);				\
	}

static __attribute__((noinline)) bool load_page(struct isa_wave *w, const uint8_t *page,
						uint64_t mask, const uint64_t *va,
						unsigned int form, uint32_t *dst)
{
	if (!page)
		__builtin_unreachable();
	BY_SIZE(load_each, page, dst)
}

static __attribute__((noinline)) bool store_page(struct isa_wave *w, uint8_t *page,
						 uint64_t mask, const uint64_t *va,
						 unsigned int form, const uint32_t *src)
{
	if (!page)
		__builtin_unreachable();
	BY_SIZE(store_each, page, src)
}

bool isa_load_lanes(struct isa_wave *w, uint64_t mask, const uint64_t *va, unsigned int form,
		    uint32_t *dst)
{
	unsigned int size = form & ISA_FORM_SIZE;
	const void *host = find_row(w, mask, va, size, SOFTGPU_READ);

	if (host) {
		isa_load_row(host, form, dst);
		return true;
	}
	host = find_page(w, mask, va, size, SOFTGPU_READ);
	if (host)
		return load_page(w, host, mask, va, form, dst);
	BY_SIZE(load_each, NULL, dst)
}

bool isa_store_lanes(struct isa_wave *w, uint64_t mask, const uint64_t *va, unsigned int form,
		     const uint32_t *src)
{
	unsigned int size = form & ISA_FORM_SIZE;
	void *host = find_row(w, mask, va, size, SOFTGPU_WRITE);

	if (host) {
		isa_store_row(host, form, src);
		return true;
	}
	host = find_page(w, mask, va, size, SOFTGPU_WRITE);
	if (host)
		return store_page(w, host, mask, va, form, src);
	BY_SIZE(store_each, NULL, src)
}
