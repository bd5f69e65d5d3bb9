/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* F32, with denormals and the roundings of IEEE 754 */
#include "kernel.h"

#define F(i)	as_float(in[i])

KERNEL(float_sums)
{
	BEGIN;
	float a = F(0), b = F(1), c = tame_float(in[2]), d = tame_float(in[3]);

	PUTF(a + b);
	PUTF(a - b);
	PUTF(a * b);
	PUTF(c + d);
	PUTF(c * d - a);
	PUTF(c + 1.0f);
	PUTF(c * 0.15915494f);
	PUTF(-a - b);
	PUTF(__builtin_fabsf(a) * -b);
	PUTF(2.0f * c + c * c);
	PUTF((a + b) * 4.0f);
}

KERNEL(float_fma)
{
	BEGIN;
	float a = F(0), b = F(1), c = F(2);
	float x = tame_float(in[3]), y = tame_float(in[4]), z = tame_float(in[5]);

	PUTF(__builtin_fmaf(a, b, c));
	PUTF(__builtin_fmaf(-a, b, __builtin_fabsf(c)));
	PUTF(__builtin_fmaf(x, y, z));
	PUTF(__builtin_fmaf(x, y, -x * y));
	PUTF(__builtin_fmaf(x, 3.25f, z));
	PUTF(__builtin_fmaf(x, y, 0.1f));
}

KERNEL(float_division)
{
	BEGIN;

	for (int i = 0; i < 8; i += 2) {
		PUTF(F(i) / F(i + 1));
		PUTF(tame_float(in[i]) / tame_float(in[i + 1]));
		PUTF(1.0f / F(i));
		PUTF(F(i) / 3.0f);
	}
	PUTF(tame_float(in[8]) / F(9));
	PUTF(F(10) / tame_float(in[11]));
}

KERNEL(float_roots)
{
	BEGIN;

	for (int i = 0; i < 8; i++) {
		PUTF(__builtin_sqrtf(F(i)));
		PUTF(__builtin_sqrtf(__builtin_fabsf(F(i + 8))));
		PUTF(1.0f / __builtin_sqrtf(__builtin_fabsf(tame_float(in[i]))));
	}
}

KERNEL(float_rounding)
{
	BEGIN;

	for (int i = 0; i < 8; i++) {
		float a = i & 1 ? as_float((in[i] & 0x87ffffff) + (60u << 24)) : F(i);

		PUTF(__builtin_floorf(a));
		PUTF(__builtin_ceilf(a));
		PUTF(__builtin_truncf(a));
		PUTF(__builtin_rintf(a));
	}
}

KERNEL(float_order)
{
	BEGIN;
	float a = F(0), b = F(1);
	uint cmp = 0;

	for (int i = 0; i < 4; i++) {
		cmp = cmp << 1 | (a < b);
		cmp = cmp << 1 | (a <= b);
		cmp = cmp << 1 | (a == b);
		cmp = cmp << 1 | (a != b);
		cmp = cmp << 1 | !(a > b);
		cmp = cmp << 1 | __builtin_isunordered(a, b);
		cmp = cmp << 1 | __builtin_islessgreater(a, b);
		PUT(cmp);
		a = F(2 + i);
		b = i == 2 ? a : -F(6 + i);
	}
	PUTF(a < b ? a : b);
	PUTF(a >= b ? a : 0.0f);
	PUT(__builtin_isnan(a) | __builtin_isinf(a) << 1 | __builtin_isfinite(b) << 2);
	PUT(__builtin_isnormal(F(12)) | !!__builtin_signbit(F(13)) << 1);
	PUTF(__builtin_copysignf(F(14), F(15)));
}

/* fmin() and fmax() of numbers; which zero or NaN it is would be open. */
KERNEL(float_extremes)
{
	BEGIN;
	float a = tame_float(in[0]), b = tame_float(in[1]), c = tame_float(in[2]);

	PUTF(__builtin_fminf(a, b));
	PUTF(__builtin_fmaxf(a, b));
	PUTF(__builtin_fmaxf(__builtin_fminf(a, b), c));
	PUTF(__builtin_fminf(__builtin_fmaxf(a, 0.5f), 1.0f));
	PUTF(__builtin_fmaxf(a, as_float(0x7fc00000)));
	PUTF(__builtin_fminf(__builtin_fminf(a, b), -c));
}

/* Powers of two, and sums in an order that matters */
KERNEL(float_series)
{
	BEGIN;
	float x = tame_float(in[0]), sum = 0, term = 1;

	x = x < 0 ? -x : x;
	while (x > 2)
		x *= 0.25f;
	for (int i = 1; i < 20; i++) {
		term *= x / i;
		sum += term;
		if (i % 5 == 0)
			PUTF(sum);
	}
	PUTF(sum);
}

KERNEL(float_vectors)
{
	BEGIN;
	float4 a = { F(0), F(1), F(2), F(3) }, b = { F(4), F(5), F(6), F(7) };
	float2 c = { tame_float(in[8]), tame_float(in[9]) };
	float2 d = { tame_float(in[10]), tame_float(in[11]) };
	float4 s = a + b, p = a * b;
	float2 q = c * d, r = c * d + c;

	for (int i = 0; i < 4; i++) {
		PUTF(s[i]);
		PUTF(p[i]);
	}
	for (int i = 0; i < 2; i++) {
		PUTF(q[i]);
		PUTF(r[i]);
		PUTF(c[i] - d[1 - i]);
		PUTF(c[i] * d[0] + c[1]);
	}
}
