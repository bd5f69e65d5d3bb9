// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Vector instructions for the bytes of registers: permutations, differences, averages.
 */
#include "exec_int.h"

static inline uint32_t byte(uint32_t value, unsigned int n)
{
	return value >> 8 * n & 0xff;
}

/* 0-7: a byte of two registers; 8-11: the sign of one in all bits; 12: 0; else: all ones */
static inline uint32_t permuted(uint32_t high, uint32_t low, uint32_t select)
{
	uint32_t n = select < 8 ? select : 2 * select + 1;
	uint32_t value = byte(n & 4 ? high : low, n & 3);
	uint32_t sign = value & 0x80 ? 0xff : 0;

	return select < 8 ? value : select < 12 ? sign : select == 12 ? 0 : 0xff;
}

ISA_LANES3(v_perm_b32, uint32_t, uint32_t, uint32_t, uint32_t,
	   permuted(a, b, byte(c, 0)) | permuted(a, b, byte(c, 1)) << 8 |
	   permuted(a, b, byte(c, 2)) << 16 | permuted(a, b, byte(c, 3)) << 24)

/* Averages, rounded up where the third source says so */
static inline uint32_t lerp(uint32_t a, uint32_t b, uint32_t c, unsigned int n)
{
	return (byte(a, n) + byte(b, n) + (byte(c, n) & 1)) >> 1 << 8 * n;
}

ISA_LANES3(v_lerp_u8, uint32_t, uint32_t, uint32_t, uint32_t,
	   lerp(a, b, c, 0) | lerp(a, b, c, 1) | lerp(a, b, c, 2) | lerp(a, b, c, 3))

static inline uint32_t u8(int16_t value)
{
	return value < 0 ? 0 : value > 255 ? 255 : value;
}

/* The upper half is 0, as after other instructions with results of 16 bits. */
ISA_LANES1(v_sat_pk_u8_i16, uint32_t, uint32_t, u8(a) | u8(a >> 16) << 8)

static inline uint32_t difference(uint32_t a, uint32_t b)
{
	return a > b ? a - b : b - a;
}

static inline uint32_t sad(uint32_t a, uint32_t b)
{
	uint32_t sum = 0;

	for (unsigned int n = 0; n < 4; n++)
		sum += difference(byte(a, n), byte(b, n));
	return sum;
}

/* Only where the second one is not 0 */
static inline uint32_t msad(uint32_t a, uint32_t b)
{
	uint32_t sum = 0;

	for (unsigned int n = 0; n < 4; n++)
		sum += byte(b, n) ? difference(byte(a, n), byte(b, n)) : 0;
	return sum;
}

#define SAD(name, expr) \
	ISA_SATURATE3(name, uint32_t, 0, UINT32_MAX, uint32_t, uint32_t, uint32_t, expr)

SAD(v_sad_u8, sad(a, b) + c)
SAD(v_sad_hi_u8, ((int64_t)sad(a, b) << 16) + c)
SAD(v_sad_u16, difference((uint16_t)a, (uint16_t)b) + difference((uint32_t)a >> 16,
								   (uint32_t)b >> 16) + c)
SAD(v_msad_u8, msad(a, b) + c)

/* Four sums, each of bytes that begin one further, added to four numbers of 16 bits */
#define QSAD(name, sum)									\
ISA_DO_LANES(name)									\
{											\
	const uint32_t *pa = l->src[0], *pb = l->src[1], *pc = l->src[2];		\
	uint64_t max = l->clamp ? UINT16_MAX : UINT64_MAX;				\
	uint32_t *d = l->dst;								\
											\
	ISA_LOOP {									\
		const uint64_t a = isa_get64(pa, i), c = isa_get64(pc, i);		\
		const uint32_t b = pb[i];						\
		uint64_t result = 0;							\
											\
		for (unsigned int n = 0; n < 4; n++) {					\
			uint64_t value = sum(a >> 8 * n, b) + (c >> 16 * n & 0xffff);	\
											\
			result |= (ISA_MIN(value, max) & 0xffff) << 16 * n;		\
		}									\
		isa_put64(d, i, result);						\
	}										\
}

QSAD(v_qsad_pk_u16_u8, sad)
QSAD(v_mqsad_pk_u16_u8, msad)

/* The same with numbers of 32 bits */
ISA_DO_LANES(v_mqsad_u32_u8)
{
	const uint32_t *pa = l->src[0], *pb = l->src[1], *pc = l->src[2];
	uint64_t max = l->clamp ? UINT32_MAX : UINT64_MAX;
	uint32_t *d = l->dst;

	ISA_LOOP {
		const uint64_t a = isa_get64(pa, i);
		const uint32_t b = pb[i];
		uint32_t result[4];

		for (unsigned int n = 0; n < 4; n++) {
			uint64_t value = (uint64_t)msad(a >> 8 * n, b) + pc[n * ISA_LANES + i];

			result[n] = ISA_MIN(value, max);
		}
		for (unsigned int n = 0; n < 4; n++)
			d[n * ISA_LANES + i] = result[n];
	}
}
