/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* F64 */
#include "kernel.h"

#define D(i)	as_double(IN64(i))
#define TAME(i)	tame_double(IN64(i))

KERNEL(double_sums)
{
	BEGIN;
	double a = D(0), b = D(2), c = TAME(4), d = TAME(6);

	PUTD(a + b);
	PUTD(a - b);
	PUTD(a * b);
	PUTD(c + d);
	PUTD(c * d - a);
	PUTD(c + 1.0);
	PUTD(c * 0.15915494309189535);
	PUTD(-a - b);
	PUTD(__builtin_fabs(a) * -b);
	PUTD(__builtin_fma(a, b, D(8)));
	PUTD(__builtin_fma(c, d, TAME(10)));
	PUTD(__builtin_fma(c, d, -c * d));
	PUTD(__builtin_fma(-c, d, __builtin_fabs(a)));
}

KERNEL(double_division)
{
	BEGIN;

	for (int i = 0; i < 12; i += 4) {
		PUTD(D(i) / D(i + 2));
		PUTD(TAME(i) / TAME(i + 2));
		PUTD(1.0 / D(i));
		PUTD(D(i) / 3.0);
	}
	PUTD(TAME(8) / D(10));
	PUTD(D(10) / TAME(12));
}

KERNEL(double_roots)
{
	BEGIN;

	for (int i = 0; i < 8; i += 2) {
		PUTD(__builtin_sqrt(D(i)));
		PUTD(__builtin_sqrt(__builtin_fabs(D(i + 8))));
		PUTD(1.0 / __builtin_sqrt(__builtin_fabs(TAME(i))));
	}
}

KERNEL(double_rounding)
{
	BEGIN;

	for (int i = 0; i < 12; i += 2) {
		double a = i & 2 ? as_double((IN64(i) & 0x807fffffffffffff) + (0x3fcul << 52)) : D(i);

		PUTD(__builtin_floor(a));
		PUTD(__builtin_ceil(a));
		PUTD(__builtin_trunc(a));
		PUTD(__builtin_rint(a));
	}
}

KERNEL(double_order)
{
	BEGIN;
	double a = D(0), b = D(2);
	uint cmp = 0;

	for (int i = 0; i < 4; i++) {
		cmp = cmp << 1 | (a < b);
		cmp = cmp << 1 | (a <= b);
		cmp = cmp << 1 | (a == b);
		cmp = cmp << 1 | (a != b);
		cmp = cmp << 1 | !(a > b);
		cmp = cmp << 1 | __builtin_isunordered(a, b);
		PUT(cmp);
		a = D(4 + i);
		b = i == 2 ? a : -D(8 + i);
	}
	PUTD(a < b ? a : b);
	PUTD(__builtin_fmin(TAME(0), TAME(2)));
	PUTD(__builtin_fmax(TAME(4), TAME(6)));
	PUT(__builtin_isnan(a) | __builtin_isinf(a) << 1 | __builtin_isfinite(b) << 2);
	PUTD(__builtin_copysign(D(12), D(14)));
}
