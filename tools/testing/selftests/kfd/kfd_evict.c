// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Eviction: memory that does not fit into VRAM goes to system memory, and the queues of the
 * process whose it is stand still meanwhile. KFD gives no more VRAM than there is
 * (amdgpu_amdkfd_reserve_mem_limit()), so it is graphics' memory that needs the room: another
 * process's, since one's own is not taken away for it (amdgpu_ttm_bo_eviction_valuable()).
 *
 * What does not live here: queues that are preempted for other reasons, kfd_preempt.c and
 * kfd_invalidate.c.
 */
#include <poll.h>
#include <sys/prctl.h>
#include <drm/amdgpu_drm.h>

#include "kselftest_harness.h"
#include "kfd_queue_lib.h"

#define BLOCK	(4UL << 20)
#define CHUNK	(64UL << 20)
#define CHUNKS	64

/**
 * struct load - memory with known content in VRAM, and a queue that reads it
 * @kfd: opened by the process that has the load
 * @queue: of a copy engine
 * @num: chunks
 * @chunks: of VRAM
 * @work: a block of VRAM
 * @in: a block of GTT memory, with the pattern
 * @out: another one
 * @fence: memory for one
 * @fences: their number
 */
struct load {
	struct kfd kfd;
	struct kfd_queue queue;
	unsigned int num;
	struct kfd_mem chunks[CHUNKS];
	struct kfd_mem work, in, out, fence;
	uint32_t fences;
};

/**
 * struct hog - graphics' memory in VRAM
 * @drm: render node
 * @num: objects
 * @handles: of objects of CHUNK bytes
 * @maps: where the CPU has them
 */
struct hog {
	int drm;
	unsigned int num;
	uint32_t handles[CHUNKS];
	uint32_t *maps[CHUNKS];
};

FIXTURE(evict) {
	struct kfd kfd;
	uint64_t vram, used;
	int smi;
};

static uint64_t vram_used(const struct kfd *kfd)
{
	uint64_t used = 0;

	kfd_render_info(kfd, AMDGPU_INFO_VRAM_USAGE, &used, sizeof(used));
	return used;
}

static int vram_size(const struct kfd *kfd, uint64_t *size)
{
	char path[128], key[64];
	int ret = -ENOENT;
	FILE *file;

	snprintf(path, sizeof(path), KFD_TOPOLOGY "/nodes/%u/mem_banks/0/properties", kfd->node);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	while (ret && fscanf(file, "%63s %lu", key, size) == 2)
		if (!strcmp(key, "size_in_bytes"))
			ret = 0;
	fclose(file);
	return ret;
}

/* Evictions and restores of all processes, which needs the right to see them. */
static int smi_open(const struct kfd *kfd)
{
	struct kfd_ioctl_smi_events_args args = { .gpuid = kfd->gpu_id };
	uint64_t mask = KFD_SMI_EVENT_MASK_FROM_INDEX(KFD_SMI_EVENT_QUEUE_EVICTION) |
			KFD_SMI_EVENT_MASK_FROM_INDEX(KFD_SMI_EVENT_QUEUE_RESTORE) |
			KFD_SMI_EVENT_MASK_FROM_INDEX(KFD_SMI_EVENT_ALL_PROCESS);
	int ret = kfd_ioctl(kfd->fd, AMDKFD_IOC_SMI_EVENTS, &args);

	if (ret)
		return ret;
	return write(args.anon_fd, &mask, sizeof(mask)) == sizeof(mask) ? (int)args.anon_fd :
									  -errno;
}

/* Waits for an eviction of the process for want of room, or for the end of one. */
static bool smi_seen(int smi, pid_t pid, unsigned int wanted)
{
	struct pollfd poll_fd = { .fd = smi, .events = POLLIN };
	char text[4096], *line, *save;

	while (poll(&poll_fd, 1, QUEUE_PATIENCE_MS) == 1) {
		ssize_t len = read(smi, text, sizeof(text) - 1);

		if (len < 0)
			return false;
		text[len] = 0;
		for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
			unsigned int event, node;
			char reason;
			long long ns;
			int task;

			if (sscanf(line, "%x %lld -%d %x %c", &event, &ns, &task, &node,
				   &reason) == 5 &&
			    event == wanted && task == pid &&
			    (event != KFD_SMI_EVENT_QUEUE_EVICTION ||
			     reason == '0' + KFD_QUEUE_EVICTION_TRIGGER_TTM))
				return true;
		}
	}
	return false;
}

/* How long the process stood still so far */
static uint64_t time_evicted(const struct kfd *kfd, pid_t pid)
{
	uint64_t ms = 0;
	char path[128];

	snprintf(path, sizeof(path), "/sys/class/kfd/kfd/proc/%d/stats_%u/evicted_ms", pid,
		 kfd->gpu_id);
	return kfd_read_u64(path, &ms) ? 0 : ms;
}

FIXTURE_SETUP(evict)
{
	uint64_t ram = (uint64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);

	KFD_SETUP(return, &self->kfd);
	if (kfd_is_guest(&self->kfd))
		SKIP(return, "a guest's memory is evicted by its host");
	ASSERT_EQ(0, vram_size(&self->kfd, &self->vram));
	if (self->vram > ram / 4 * 3 || self->vram > CHUNKS * CHUNK)
		SKIP(return, "there is too much VRAM to be evicted");
	ASSERT_EQ(0, kfd_acquire(&self->kfd));
	self->smi = smi_open(&self->kfd);
	ASSERT_LE(0, self->smi);
	self->used = vram_used(&self->kfd);
	ASSERT_NE(0, self->used);
}

/* Whatever a process had in VRAM goes with it, soon. */
FIXTURE_TEARDOWN(evict)
{
	for (int i = 0; i < 300 && vram_used(&self->kfd) > self->used; i++)
		usleep(100000);
	EXPECT_GE(self->used, vram_used(&self->kfd));
	kfd_close(&self->kfd);
}

/* Every block differs in its first and last word, and in one within. */
static void mark(uint32_t *block, uint32_t number)
{
	block[0] = number;
	block[BLOCK / 8] = ~number;
	block[BLOCK / 4 - 1] = number * 7;
}

static char *block_at(const struct load *load, unsigned int number)
{
	return load->chunks[number / (CHUNK / BLOCK)].va + number % (CHUNK / BLOCK) * BLOCK;
}

static unsigned int num_blocks(const struct load *load)
{
	return load->num * (CHUNK / BLOCK);
}

static int finish(struct load *load)
{
	sdma_fence(&load->queue, load->fence.va, ++load->fences);
	kfd_queue_ring(&load->queue);
	return kfd_wait_u32(load->fence.va, load->fences) ? 0 : -ETIMEDOUT;
}

static int load_begin(struct load *load, uint64_t size)
{
	uint32_t *in;
	int ret;

	ret = kfd_open(&load->kfd) ?: kfd_acquire(&load->kfd) ?:
	      kfd_shared(&load->kfd, &load->in, BLOCK, MEM(GTT)) ?:
	      kfd_shared(&load->kfd, &load->out, BLOCK, MEM(GTT)) ?:
	      kfd_shared(&load->kfd, &load->fence, KFD_PAGE, MEM(GTT)) ?:
	      kfd_shared(&load->kfd, &load->work, BLOCK, MEM(VRAM) | MEM(PUBLIC)) ?:
	      kfd_queue_create(&load->kfd, &load->queue, SDMA);
	for (load->num = 0; !ret && load->num < size / CHUNK; load->num++) {
		struct kfd_mem *mem = &load->chunks[load->num];

		ret = kfd_alloc(&load->kfd, mem, CHUNK, MEM(VRAM) | MEM(PUBLIC) | MEM(WRITABLE)) ?:
		      kfd_map(&load->kfd, mem->handle);
	}
	in = load->in.va;
	for (unsigned int i = 0; !ret && i < BLOCK / 4; i++)
		in[i] = i * 2654435761U;
	for (unsigned int i = 0; !ret && i < num_blocks(load); i++) {
		mark(in, i);
		sdma_copy(&load->queue, block_at(load, i), in, BLOCK);
		ret = finish(load);
	}
	return ret;
}

/* By way of another block in VRAM */
static int load_check(struct load *load, unsigned int number)
{
	int ret;

	number %= num_blocks(load);
	sdma_copy(&load->queue, load->work.va, block_at(load, number), BLOCK);
	sdma_copy(&load->queue, load->out.va, load->work.va, BLOCK);
	ret = finish(load);
	if (ret)
		return ret;
	mark(load->in.va, number);
	return memcmp(load->in.va, load->out.va, BLOCK) ? -EBADMSG : 0;
}

static int load_check_all(struct load *load)
{
	int ret = 0;

	for (unsigned int i = 0; !ret && i < num_blocks(load); i++)
		ret = load_check(load, i);
	return ret;
}

/* As the CPU sees it, wherever it is */
static int load_check_mapped(struct load *load)
{
	for (unsigned int i = 0; i < load->num; i++) {
		unsigned int number = i * (CHUNK / BLOCK) + i % (CHUNK / BLOCK);

		if (kfd_cpu_map(&load->kfd, &load->chunks[i]) == MAP_FAILED)
			return -errno;
		mark(load->in.va, number);
		if (memcmp(load->in.va, block_at(load, number), BLOCK))
			return -EBADMSG;
	}
	return 0;
}

static int hog_add(struct hog *hog)
{
	union drm_amdgpu_gem_create create = { .in = {
		.bo_size = CHUNK, .alignment = KFD_PAGE, .domains = AMDGPU_GEM_DOMAIN_VRAM,
		.domain_flags = AMDGPU_GEM_CREATE_CPU_ACCESS_REQUIRED,
	} };
	union drm_amdgpu_gem_mmap map = { 0 };
	uint32_t *at;
	int ret;

	ret = kfd_ioctl(hog->drm, DRM_IOCTL_AMDGPU_GEM_CREATE, &create);
	if (ret)
		return ret;
	hog->handles[hog->num] = create.out.handle;
	map.in.handle = create.out.handle;
	ret = kfd_ioctl(hog->drm, DRM_IOCTL_AMDGPU_GEM_MMAP, &map);
	if (ret)
		return ret;
	at = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE, MAP_SHARED, hog->drm, map.out.addr_ptr);
	if (at == MAP_FAILED)
		return -errno;
	hog->maps[hog->num++] = at;
	for (uint64_t i = 0; i < CHUNK; i += KFD_PAGE)
		STORE(&at[i / 4], (uint32_t)i + hog->num);
	return 0;
}

static int hog_begin(const struct kfd *kfd, struct hog *hog, uint64_t size)
{
	int ret = 0;

	memset(hog, 0, sizeof(*hog));
	hog->drm = kfd_open_render(kfd);
	if (hog->drm < 0)
		return hog->drm;
	while (!ret && hog->num < size / CHUNK)
		ret = hog_add(hog);
	return ret;
}

static int hog_end(struct hog *hog)
{
	int ret = 0;

	while (hog->num) {
		struct drm_gem_close close = { .handle = hog->handles[--hog->num] };
		uint32_t *at = hog->maps[hog->num];

		for (uint64_t i = 0; i < CHUNK; i += KFD_PAGE)
			if (LOAD(&at[i / 4]) != (uint32_t)i + hog->num + 1)
				ret = -EBADMSG;
		munmap(at, CHUNK);
		ret = ret ?: kfd_ioctl(hog->drm, DRM_IOCTL_GEM_CLOSE, &close);
	}
	close(hog->drm);
	return ret;
}

/* A process that takes VRAM, says so through the pipe and keeps it until it is told to end. */
static pid_t hog_start(const struct kfd *kfd, uint64_t size, int *said, int *tell)
{
	int out[2], in[2];
	struct hog hog;
	pid_t pid;
	char c;

	if (pipe(out) || pipe(in))
		return -1;
	pid = fork();
	if (pid) {
		close(out[1]);
		close(in[0]);
		*said = out[0];
		*tell = in[1];
		return pid;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(in[1]);
	CHILD_CHECK(1, !hog_begin(kfd, &hog, size));
	CHILD_CHECK(2, write(out[1], "", 1) == 1);
	CHILD_CHECK(3, read(in[0], &c, 1) == 1);
	CHILD_CHECK(4, !hog_end(&hog));
	_exit(0);
}

static bool has_said(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	return poll(&poll_fd, 1, 0) == 1;
}

/* What the one before had is given back a while after it has ended. */
static int load_begin_patiently(struct load *load, uint64_t size)
{
	uint64_t available = 0;
	struct kfd kfd;
	int ret;

	ret = kfd_open(&kfd);
	for (int i = 0; !ret && available < size + size / 4 && i < 20; i++)
		ret = kfd_settled_memory(&kfd, &available);
	kfd_close(&kfd);
	return ret ?: load_begin(load, size);
}

/*
 * A process whose memory fills half of VRAM says so, and reads it until it is told to end. What it
 * finds out of all of it, by copies and as the CPU sees it, is its status.
 */
static pid_t victim_start(uint64_t vram, int *said, int *tell)
{
	static struct load load;
	int out[2], in[2];
	pid_t pid;

	if (pipe(out) || pipe(in))
		return -1;
	pid = fork();
	if (pid) {
		close(out[1]);
		close(in[0]);
		*said = out[0];
		*tell = in[1];
		return pid;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(in[1]);
	CHILD_CHECK(1, !load_begin_patiently(&load, vram / 2));
	CHILD_CHECK(2, write(out[1], "", 1) == 1);
	for (unsigned int i = 0; !has_said(in[0]); i++)
		CHILD_CHECK(3, !load_check(&load, i * 17));
	CHILD_CHECK(4, !load_check_all(&load));
	CHILD_CHECK(5, !load_check_mapped(&load));
	CHILD_CHECK(6, !load_check_all(&load));
	CHILD_CHECK(7, write(out[1], "", 1) == 1);
	pause();
	_exit(8);
}

/* A process keeps copying while another one needs its room. */
TEST_F_TIMEOUT(evict, by_graphics, 120)
{
	int victim_said, victim_tell, hog_said, hog_tell;
	pid_t victim, hog;
	char c;

	victim = victim_start(self->vram, &victim_said, &victim_tell);
	ASSERT_LT(0, victim);
	ASSERT_EQ(1, read(victim_said, &c, 1));
	EXPECT_EQ(0, time_evicted(&self->kfd, victim));
	hog = hog_start(&self->kfd, self->vram / 2, &hog_said, &hog_tell);
	ASSERT_LT(0, hog);
	EXPECT_TRUE(smi_seen(self->smi, victim, KFD_SMI_EVENT_QUEUE_EVICTION));
	EXPECT_TRUE(smi_seen(self->smi, victim, KFD_SMI_EVENT_QUEUE_RESTORE));
	EXPECT_EQ(1, read(hog_said, &c, 1));
	EXPECT_EQ(1, write(victim_tell, "", 1));
	EXPECT_EQ(1, read(victim_said, &c, 1)) {
		TH_LOG("status %d", kfd_child_status(victim));
	}
	EXPECT_EQ(1, write(hog_tell, "", 1));
	EXPECT_EQ(0, kfd_child_status(hog));
	TH_LOG("%lu ms evicted", time_evicted(&self->kfd, victim));
	EXPECT_LT(0, time_evicted(&self->kfd, victim));
	kill(victim, SIGKILL);
	EXPECT_EQ(-1, kfd_child_status(victim));
}

static void rival(const struct kfd *kfd, uint64_t vram, int said, int told)
{
	static struct load load;
	struct hog hog;
	uint64_t ms;
	char c;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	CHILD_CHECK(10, !load_begin(&load, vram / 8 * 3));
	CHILD_CHECK(11, write(said, "", 1) == 1);
	CHILD_CHECK(12, read(told, &c, 1) == 1);
	for (int i = 0; i < 2; i++) {
		CHILD_CHECK(13, !hog_begin(kfd, &hog, vram / 4));
		for (int j = 0; j < 8; j++)
			CHILD_CHECK(14, !load_check(&load, j * 17 + i));
		CHILD_CHECK(15, !hog_end(&hog));
	}
	CHILD_CHECK(16, !load_check_all(&load));
	ms = time_evicted(kfd, getpid());
	CHILD_CHECK(17, write(said, &ms, sizeof(ms)) == sizeof(ms));
	_exit(0);
}

/* Each of two processes has graphics' memory too, which takes the other one's room. */
TEST_F_TIMEOUT(evict, each_other, 120)
{
	int said[2][2], told[2][2];
	uint64_t ms[2] = { 0 };
	pid_t pids[2];
	char c;

	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, pipe(said[i]));
		ASSERT_EQ(0, pipe(told[i]));
		pids[i] = fork();
		ASSERT_LE(0, pids[i]);
		if (!pids[i])
			rival(&self->kfd, self->vram, said[i][1], told[i][0]);
		close(said[i][1]);
	}
	for (int i = 0; i < 2; i++)
		ASSERT_EQ(1, read(said[i][0], &c, 1));
	for (int i = 0; i < 2; i++)
		ASSERT_EQ(1, write(told[i][1], "", 1));
	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(sizeof(ms[i]), read(said[i][0], &ms[i], sizeof(ms[i])));
		EXPECT_EQ(0, kfd_child_status(pids[i]));
	}
	TH_LOG("%lu and %lu ms evicted", ms[0], ms[1]);
	EXPECT_LT(0, ms[0] + ms[1]);
}

/* A process is killed while it stands still; what it had is no longer there. */
TEST_F_TIMEOUT(evict, kill, 120)
{
	for (int i = 0; i < 3; i++) {
		int victim_said, victim_tell, hog_said, hog_tell;
		pid_t victim, hog;
		char c;

		victim = victim_start(self->vram, &victim_said, &victim_tell);
		ASSERT_LT(0, victim);
		ASSERT_EQ(1, read(victim_said, &c, 1));
		hog = hog_start(&self->kfd, self->vram / 2, &hog_said, &hog_tell);
		ASSERT_LT(0, hog);
		/* It stands still for a tenth of a second at least: PROCESS_RESTORE_TIME_MS */
		EXPECT_TRUE(smi_seen(self->smi, victim, KFD_SMI_EVENT_QUEUE_EVICTION));
		usleep(i * 30000);
		EXPECT_EQ(0, kill(victim, SIGKILL));
		EXPECT_EQ(-1, kfd_child_status(victim));
		EXPECT_EQ(1, read(hog_said, &c, 1));
		EXPECT_EQ(1, write(hog_tell, "", 1));
		EXPECT_EQ(0, kfd_child_status(hog));
		close(victim_said);
		close(victim_tell);
		close(hog_tell);
		close(hog_said);
	}
}

TEST_HARNESS_MAIN
