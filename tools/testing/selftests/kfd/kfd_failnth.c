// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Every call with every single failure that the kernel's fault injection can cause in it:
 * allocations, and copies from and to user space. A call fails with an errno that says so or
 * succeeds, leaves nothing if it failed for want of memory, and works the next time.
 *
 * What does not live here: the calls, kfd_failnth_lib.c.
 *
 * For root, on a kernel with CONFIG_FAULT_INJECTION. See fault-injection.rst, fail-nth.
 */
#include <sys/mount.h>
#include <sys/syscall.h>

#include "kselftest_harness.h"
#include "kfd_failnth_lib.h"

#define DEBUGFS		"/sys/kernel/debug"

/* No call comes near as many places that can fail. */
#define MOST_FAILURES	3000

/* All kinds of allocations, and no stack trace for each in the log. */
static int prepare_injection(void)
{
	static const char * const settings[][2] = {
		{ DEBUGFS "/failslab/ignore-gfp-wait", "N" },
		{ DEBUGFS "/failslab/verbose", "0" },
		{ DEBUGFS "/fail_page_alloc/ignore-gfp-wait", "N" },
		{ DEBUGFS "/fail_page_alloc/ignore-gfp-highmem", "N" },
		{ DEBUGFS "/fail_page_alloc/min-order", "0" },
		{ DEBUGFS "/fail_page_alloc/verbose", "0" },
		{ DEBUGFS "/fail_usercopy/verbose", "0" },
	};
	unsigned int i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(settings); i++) {
		ret = kfd_write_text(settings[i][0], settings[i][1]);
		if (ret)
			return ret;
	}
	return 0;
}

static int open_failnth(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%ld/fail-nth", syscall(SYS_gettid));
	return open(path, O_RDWR | O_CLOEXEC);
}

/* Makes @call with its @nth chance to fail taken. Sets @injected if there were as many. */
static int call_failing(int fd, unsigned int nth, const struct op *op, struct ctx *c,
			bool *injected)
{
	char text[16];
	ssize_t len;
	int ret;

	len = snprintf(text, sizeof(text), "%u", nth);
	if (pwrite(fd, text, len, 0) != len)
		return -EPROTO;
	ret = op->call(c);
	/* What is left over may hit this, too. */
	len = pread(fd, text, sizeof(text) - 1, 0);
	*injected = len > 0 && text[0] == '0';
	while (!*injected && pwrite(fd, "0", 1, 0) != 1)
		;
	return ret;
}

FIXTURE(failnth) {
	struct kfd kfd;
	struct kfd_counts idle;
};

FIXTURE_SETUP(failnth)
{
	if (!access("/dev/kfd", F_OK) && (geteuid() || access("/proc/self/fail-nth", F_OK)))
		SKIP(return, "this takes root and a kernel with fault injection");
	KFD_SETUP(return, &self->kfd);
	if (access(DEBUGFS "/failslab", F_OK))
		mount("debugfs", DEBUGFS, "debugfs", 0, NULL);
	if (prepare_injection())
		SKIP(return, "no debugfs with the settings of fault injection");
	if (kfd_is_guest(&self->kfd))
		ASSERT_EQ(0, kfd_read_counts(&self->idle));
}

FIXTURE_TEARDOWN(failnth)
{
	kfd_close(&self->kfd);
}

static bool same_counts(const struct kfd_counts *a, const struct kfd_counts *b)
{
	return a->bos == b->bos && a->events == b->events && a->queues == b->queues &&
	       a->pinned_pages == b->pinned_pages;
}

/* Returns whether all went well, else says what did not. In a process of its own. */
static bool sweep(const struct op *op, bool guest)
{
	struct kfd_counts before = {}, after = {};
	bool injected = true;
	int fd, ret, good;
	unsigned int nth;
	struct ctx c;

	ret = failnth_prepare(&c);
	fd = open_failnth();
	if (ret || fd < 0) {
		printf("# %s: no start: %d\n", op->name, ret);
		return false;
	}

	for (nth = 1; injected; nth++) {
		if (guest && kfd_read_counts(&before))
			return false;
		ret = call_failing(fd, nth, op, &c, &injected);
		if (nth == MOST_FAILURES || (!injected && ret) ||
		    (ret && ret != -ENOMEM && ret != -EFAULT)) {
			printf("# %s: %d at failure %u\n", op->name, ret, nth);
			return false;
		}
		if (guest && ret == -ENOMEM) {
			if (kfd_read_counts(&after))
				return false;
			if (!same_counts(&before, &after)) {
				printf("# %s: failure %u leaves something\n", op->name, nth);
				return false;
			}
		}
		/* What could not be copied to user space at the end has been done. */
		good = ret == -ENOMEM ? op->call(&c) : 0;
		if (good) {
			printf("# %s: then %d after failure %u\n", op->name, good, nth);
			return false;
		}
		if (op->undo)
			op->undo(&c);
	}
	printf("# %s: %u failures\n", op->name, nth - 2);
	return true;
}

TEST_F_TIMEOUT(failnth, calls, 900)
{
	unsigned int i;
	int status;
	pid_t pid;

	for (i = 0; failnth_ops[i].name; i++) {
		fflush(stdout);
		pid = fork();
		ASSERT_LE(0, pid);
		if (!pid) {
			bool ok = sweep(&failnth_ops[i], kfd_is_guest(&self->kfd));

			fflush(stdout);
			_exit(!ok);
		}
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_EQ(0, status) {
			TH_LOG("%s", failnth_ops[i].name);
		}
	}
	if (kfd_is_guest(&self->kfd))
		EXPECT_EQ(0, kfd_wait_counts(&self->idle));
}

/* Returns 0 if there was no @nth failure any more, 1 if there was one, 2 if it went wrong. */
static int once(const struct op *op, unsigned int nth)
{
	struct ctx c = {};
	bool injected;
	int fd, ret;

	ret = op->setup ? op->setup(&c) : 0;
	fd = open_failnth();
	if (ret || fd < 0) {
		printf("# %s: no start: %d\n", op->name, ret);
		return 2;
	}
	ret = call_failing(fd, nth, op, &c, &injected);
	if ((!injected && ret) || (ret && ret != -ENOMEM && ret != -EFAULT)) {
		printf("# %s: %d at failure %u\n", op->name, ret, nth);
		return 2;
	}
	ret = ret == -ENOMEM ? op->call(&c) : 0;
	if (ret) {
		printf("# %s: then %d after failure %u\n", op->name, ret, nth);
		return 2;
	}
	return injected;
}

TEST_F_TIMEOUT(failnth, calls_made_once, 900)
{
	unsigned int i, nth;
	int status;
	pid_t pid;

	for (i = 0; failnth_once_ops[i].name; i++) {
		status = 1 << 8;
		for (nth = 1; WEXITSTATUS(status) == 1 && nth < MOST_FAILURES; nth++) {
			fflush(stdout);
			pid = fork();
			ASSERT_LE(0, pid);
			if (!pid) {
				status = once(&failnth_once_ops[i], nth);
				fflush(stdout);
				_exit(status);
			}
			ASSERT_EQ(pid, waitpid(pid, &status, 0));
		}
		EXPECT_EQ(0, status) {
			TH_LOG("%s", failnth_once_ops[i].name);
		}
		TH_LOG("%s: %u failures", failnth_once_ops[i].name, nth - 2);
	}
	if (kfd_is_guest(&self->kfd))
		EXPECT_EQ(0, kfd_wait_counts(&self->idle));
}

TEST_HARNESS_MAIN
