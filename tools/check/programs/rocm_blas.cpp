// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * rocBLAS: vectors and matrices, of which the products of matrices are Tensile's assembly. TAP.
 *
 * What is compared with is computed with more precision, and how far a result may be from it is
 * what rounding each of its sums and products can make of it.
 */
#include <rocblas/rocblas.h>
#include <cfloat>
#include <vector>
#include "hip.h"

#define BLAS_OK(call)	blas_succeeded(call, #call)

static rocblas_handle handle;

static bool blas_succeeded(rocblas_status status, const char *call)
{
	if (status != rocblas_status_success)
		note("%s: %s", call, rocblas_status_to_string(status));
	return check(status == rocblas_status_success);
}

/* Functions by the type of their numbers */
static rocblas_status gemm(rocblas_operation ta, rocblas_operation tb, int m, int n, int k,
			   const float *alpha, const float *a, int lda, const float *b, int ldb,
			   const float *beta, float *c, int ldc)
{
	return rocblas_sgemm(handle, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

static rocblas_status gemm(rocblas_operation ta, rocblas_operation tb, int m, int n, int k,
			   const double *alpha, const double *a, int lda, const double *b, int ldb,
			   const double *beta, double *c, int ldc)
{
	return rocblas_dgemm(handle, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

static float epsilon(float) { return FLT_EPSILON; }
static double epsilon(double) { return DBL_EPSILON; }

template <typename T> static std::vector<T> numbers(size_t count)
{
	std::vector<T> v(count);

	for (T &x : v)
		x = random_between(-1, 1);
	return v;
}

/* C = alpha * A * B + beta * C in columns, A and B as they are or transposed */
template <typename T> static void multiply(int m, int n, int k, bool ta, bool tb)
{
	const int lda = (ta ? k : m) + 3, ldb = (tb ? n : k) + 1, ldc = m + 2;
	const T alpha = 1.25, beta = -0.5;
	std::vector<T> a = numbers<T>((size_t)lda * (ta ? m : k));
	std::vector<T> b = numbers<T>((size_t)ldb * (tb ? k : n));
	std::vector<T> c = numbers<T>((size_t)ldc * n), got(c.size());
	T *device = to_device(c.data(), c.size());

	BLAS_OK(gemm(ta ? rocblas_operation_transpose : rocblas_operation_none,
		     tb ? rocblas_operation_transpose : rocblas_operation_none, m, n, k, &alpha,
		     to_device(a.data(), a.size()), lda, to_device(b.data(), b.size()), ldb, &beta,
		     device, ldc));
	from_device(got.data(), device, got.size());
	for (int j = 0; j < n; j++) {
		for (int i = 0; i < ldc; i++) {
			size_t at = i + (size_t)j * ldc;
			long double sum = 0, all = 0;

			for (int l = 0; l < k && i < m; l++) {
				T x = a[ta ? l + (size_t)i * lda : i + (size_t)l * lda];
				T y = b[tb ? j + (size_t)l * ldb : l + (size_t)j * ldb];

				sum += (long double)x * y;
				all += fabsl((long double)x * y);
			}
			/* What is between the columns stays. */
			sum = i < m ? alpha * sum + beta * c[at] : c[at];
			all = i < m ? (k + 2) * epsilon(T()) * (alpha * all + fabsl(c[at])) : 0;
			if (!check(is_close(got[at], sum, all, at)))
				return;
		}
	}
}

template <typename T> static void test_gemm(const char *name)
{
	char text[80];

	for (int form = 0; form < 4; form++) {
		multiply<T>(64, 64, 64, form & 1, form & 2);
		multiply<T>(37, 21, 50, form & 1, form & 2);
		snprintf(text, sizeof(text), "%s: %c%c", name, form & 1 ? 'T' : 'N',
			 form & 2 ? 'T' : 'N');
		end_hip_test(text);
	}
	multiply<T>(128, 256, 192, false, false);
	snprintf(text, sizeof(text), "%s: a larger one", name);
	end_hip_test(text);
}

static void test_vectors()
{
	const int count = 10007;
	const float alpha = 0.75f;
	std::vector<float> x = numbers<float>(count), y = numbers<float>(count), got(count);
	std::vector<double> want(count);
	float *dx = to_device(x.data(), count), *dy = to_device(y.data(), count), result = 0;
	double dot = 0, all = 0, norm = 0;
	rocblas_int place = 0, most = 0;

	for (int i = 0; i < count; i++) {
		dot += (double)x[i] * y[i];
		all += fabs((double)x[i] * y[i]);
		norm += (double)x[i] * x[i];
		want[i] = (double)alpha * x[i] + y[i];
		if (fabsf(x[i]) > fabsf(x[most]))
			most = i;
	}
	BLAS_OK(rocblas_sdot(handle, count, dx, 1, dy, 1, &result));
	check(is_close(result, dot, all * 100 * FLT_EPSILON, 0));
	BLAS_OK(rocblas_snrm2(handle, count, dx, 1, &result));
	check(is_close(result, sqrt(norm), sqrt(norm) * 100 * FLT_EPSILON, 0));
	BLAS_OK(rocblas_isamax(handle, count, dx, 1, &place));
	check(place == most + 1);
	BLAS_OK(rocblas_saxpy(handle, count, &alpha, dx, 1, dy, 1));
	from_device(got.data(), dy, count);
	for (int i = 0; i < count; i++)
		if (!check(is_close(got[i], want[i], 2 * FLT_EPSILON, i)))
			break;
	end_hip_test("vectors");
}

static void test_gemv()
{
	const int m = 200, n = 150;
	const double alpha = 2, beta = 0;
	std::vector<double> a = numbers<double>(m * n), x = numbers<double>(n), got(m);
	double *y = on_device<double>(m);

	BLAS_OK(rocblas_dgemv(handle, rocblas_operation_none, m, n, &alpha,
			      to_device(a.data(), a.size()), m, to_device(x.data(), n), 1, &beta, y,
			      1));
	from_device(got.data(), y, m);
	for (int i = 0; i < m; i++) {
		long double sum = 0;

		for (int j = 0; j < n; j++)
			sum += (long double)a[i + j * m] * x[j];
		if (!check(is_close(got[i], 2 * sum, 2 * n * n * DBL_EPSILON, i)))
			break;
	}
	end_hip_test("a matrix and a vector");
}

int main()
{
	begin_hip();
	if (!BLAS_OK(rocblas_create_handle(&handle)))
		bail_out("no handle");
	test_vectors();
	test_gemv();
	test_gemm<float>("sgemm");
	test_gemm<double>("dgemm");
	BLAS_OK(rocblas_destroy_handle(handle));
	end_test("the handle ends");
	return end_tests();
}
