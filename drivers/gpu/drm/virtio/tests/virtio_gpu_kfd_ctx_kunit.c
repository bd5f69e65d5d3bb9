// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * KUnit tests of virtgpu_kfd_ctx.c.
 *
 * What lives here: what a response's header has to be like. What does not: requests and
 * contexts, which need a device.
 */
#include <kunit/test.h>
#include <linux/err.h>

#include "kunit_helpers.h"

#define SEQNO		0x5eb5eb5e
#define HEADER		((u32)sizeof(struct virtkfd_rsp))
#define RSP_LEN		64

static const struct ctx_response_case {
	const char *desc;
	struct virtkfd_rsp rsp;
	u32 rsp_len;
	u32 kept;	/* bytes of the response, 0 if it is garbage */
} ctx_responses[] = {
	{ "complete", { RSP_LEN, SEQNO }, RSP_LEN, RSP_LEN },
	{ "header only", { HEADER, SEQNO }, RSP_LEN, HEADER },
	{ "room for the header only", { HEADER, SEQNO }, HEADER, HEADER },
	{ "shorter than the room", { 41, SEQNO }, RSP_LEN, 41 },
	{ "longer than the room", { RSP_LEN + 1, SEQNO }, RSP_LEN, RSP_LEN },
	{ "4 GiB", { U32_MAX, SEQNO }, RSP_LEN, RSP_LEN },
	{ "errno", { RSP_LEN, SEQNO, -EPERM }, RSP_LEN, RSP_LEN },
	{ "last errno", { RSP_LEN, SEQNO, -EHWPOISON }, RSP_LEN, RSP_LEN },

	{ "nothing written", { }, RSP_LEN },
	{ "shorter than the header", { HEADER - 1, SEQNO }, RSP_LEN },
	{ "seqno of another", { RSP_LEN, SEQNO + 1 }, RSP_LEN },
	{ "no seqno", { RSP_LEN, 0 }, RSP_LEN },
	{ "positive result", { RSP_LEN, SEQNO, 1 }, RSP_LEN },
	{ "largest result", { RSP_LEN, SEQNO, S32_MAX }, RSP_LEN },
	{ "errno of the kernel alone", { RSP_LEN, SEQNO, -ERESTARTSYS }, RSP_LEN },
	{ "last value of a pointer", { RSP_LEN, SEQNO, -MAX_ERRNO }, RSP_LEN },
	{ "no errno", { RSP_LEN, SEQNO, -MAX_ERRNO - 1 }, RSP_LEN },
	{ "least result", { RSP_LEN, SEQNO, S32_MIN }, RSP_LEN },
	{ "pad", { RSP_LEN, SEQNO, 0, 1 }, RSP_LEN },
};

KUNIT_ARRAY_PARAM_DESC(ctx_responses, ctx_responses, desc);

static void ctx_check_response(struct kunit *test)
{
	const struct ctx_response_case *param = test->param_value;
	u8 expected[RSP_LEN] = {};
	struct virtkfd_rsp *rsp;

	rsp = kunit_kmalloc(test, param->rsp_len, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, rsp);
	memset(rsp, 0xaa, param->rsp_len);
	*rsp = param->rsp;
	memcpy(expected, rsp, param->kept);

	KUNIT_EXPECT_EQ(test, virtgpu_kfd_check_response(rsp, param->rsp_len, SEQNO),
			param->kept ? 0 : -EIO);
	KUNIT_EXPECT_MEMEQ(test, (u8 *)rsp, expected, param->rsp_len);
}

static struct kunit_case ctx_cases[] = {
	KUNIT_CASE_PARAM(ctx_check_response, ctx_responses_gen_params),
	{}
};

static struct kunit_suite ctx_suite = {
	.name = "virtio_gpu_kfd_ctx",
	.test_cases = ctx_cases,
};

kunit_test_suite(ctx_suite);
