// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The process that is attacked, see kfd_isolation_lib.h. What does not live here: the attacks,
 * kfd_isolation.c.
 */
#include <sys/random.h>

#include "kfd_isolation_lib.h"

/* In the file, behind what the victim tells */
#define STOP_AT		4096
#define POISON		0xbad
#define PATIENCE_S	120

/* So many objects and events of each kind the attackers do not have */
#define MORE_OBJECTS	32
#define MORE_EVENTS	16

/**
 * struct state - a victim's own
 * @kfd: GPU
 * @info: what is published
 * @secret: memory with the secrets as the GPU has it
 * @cpu: as the CPU has it
 * @seed: of the secrets
 * @result: what the copies go to
 * @words: fences, a signal at the page's end
 * @copy: SDMA queue
 * @pm4: compute queue
 * @aql: compute queue
 * @silent: SDMA queue with a packet that was not announced
 * @page: event page
 * @hw_id: a HW_EXCEPTION event
 */
struct state {
	struct kfd kfd;
	struct victim info;
	struct kfd_mem secret[TARGET_EVENT_PAGE];
	void *cpu[TARGET_EVENT_PAGE];
	uint32_t seed;
	struct kfd_mem result;
	struct kfd_mem words;
	struct kfd_queue copy, pm4, aql, silent;
	struct kfd_mem page;
	uint32_t hw_id;
};

/* Words of the page of fences */
enum { COPY_WORD, PM4_WORD, CANARY_WORD, SIGNAL_AT = 1024 };

int victim_read(int file, struct victim *victim)
{
	ssize_t len = pread(file, victim, sizeof(*victim), 0);

	return len == sizeof(*victim) ? 0 : len < 0 ? -errno : -ENODATA;
}

int victim_wait_ready(int file, struct victim *victim)
{
	for (int i = 0; i < PATIENCE_S * 10; i++) {
		if (!victim_read(file, victim)) {
			if (victim->wrong)
				return -EPROTO;
			if (victim->magic == VICTIM_MAGIC)
				return 0;
		}
		usleep(100000);
	}
	return -ETIMEDOUT;
}

int victim_stop(int file)
{
	uint32_t stop = 1;

	return pwrite(file, &stop, sizeof(stop), STOP_AT) == sizeof(stop) ? 0 : -errno;
}

static bool stopped(int file)
{
	uint32_t stop;

	return pread(file, &stop, sizeof(stop), STOP_AT) == sizeof(stop) && stop;
}

static int publish(int file, const struct victim *info)
{
	return pwrite(file, info, sizeof(*info), 0) == sizeof(*info) ? 0 : -errno;
}

static uint32_t secret_word(const struct state *s, unsigned int which, unsigned int i)
{
	return (s->seed + which) * 2654435761U + i * 40503U;
}

static bool is_secret(const struct state *s, unsigned int which, const uint32_t *p)
{
	for (unsigned int i = 0; i < VICTIM_SIZE / 4; i++)
		if (LOAD(&p[i]) != secret_word(s, which, i))
			return false;
	return true;
}

static void published(struct state *s, unsigned int which, const struct kfd_mem *mem)
{
	s->info.memory[which].va = (uintptr_t)mem->va;
	s->info.memory[which].handle = mem->handle;
	s->info.memory[which].offset = mem->offset;
}

static int prepare_secrets(struct state *s)
{
	struct kfd_mem *user = &s->secret[TARGET_USERPTR];
	int ret;

	s->cpu[TARGET_USERPTR] = mmap(NULL, VICTIM_SIZE, PROT_READ | PROT_WRITE,
				      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (s->cpu[TARGET_USERPTR] == MAP_FAILED)
		return -errno;
	if (getrandom(&s->seed, sizeof(s->seed), 0) != sizeof(s->seed))
		return -EIO;
	ret = kfd_shared(&s->kfd, &s->secret[TARGET_VRAM], VICTIM_SIZE,
			 MEM(VRAM) | MEM(PUBLIC)) ?:
	      kfd_shared(&s->kfd, &s->secret[TARGET_GTT], VICTIM_SIZE, MEM(GTT)) ?:
	      kfd_alloc_userptr(&s->kfd, user, s->cpu[TARGET_USERPTR], VICTIM_SIZE,
				MEM(WRITABLE)) ?:
	      kfd_map(&s->kfd, user->handle);
	if (ret)
		return ret;
	for (unsigned int which = 0; which < TARGET_EVENT_PAGE; which++) {
		uint32_t *p = s->cpu[which] ?: s->secret[which].va;

		s->cpu[which] = p;
		for (unsigned int i = 0; i < VICTIM_SIZE / 4; i++)
			STORE(&p[i], secret_word(s, which, i));
		published(s, which, &s->secret[which]);
	}
	return 0;
}

static int prepare_events(struct state *s)
{
	uint64_t *slots;
	uint32_t id;
	int ret;

	ret = kfd_event_page(&s->kfd, &s->page, &id) ?: kfd_map(&s->kfd, s->page.handle);
	if (!ret && kfd_cpu_map(&s->kfd, &s->page) == MAP_FAILED)
		ret = -errno;
	for (int i = 0; i < MORE_EVENTS && !ret; i++)
		ret = kfd_create_event(&s->kfd, KFD_IOC_EVENT_SIGNAL, false, &s->info.signal_id) ?:
		      kfd_create_event(&s->kfd, KFD_IOC_EVENT_HW_EXCEPTION, false, &s->hw_id);
	ret = ret ?: kfd_create_event(&s->kfd, KFD_IOC_EVENT_MEMORY, false, &s->info.memory_id);
	if (ret)
		return ret;
	/* An interrupt that is not this process's would find it */
	slots = s->page.va;
	STORE(&slots[s->info.signal_id], s->info.signal_id);
	published(s, TARGET_EVENT_PAGE, &s->page);
	return 0;
}

static int prepare_queues(struct state *s)
{
	uint32_t *words = s->words.va;
	struct kfd_mem doorbells;
	int ret;

	ret = kfd_queue_create(&s->kfd, &s->copy, SDMA) ?:
	      kfd_queue_create(&s->kfd, &s->pm4, COMPUTE) ?:
	      kfd_queue_create(&s->kfd, &s->aql, AQL) ?:
	      kfd_queue_create(&s->kfd, &s->silent, SDMA) ?:
	      kfd_alloc(&s->kfd, &doorbells, kfd_doorbell_size(&s->kfd),
			MEM(DOORBELL) | MEM(WRITABLE)) ?:
	      kfd_map(&s->kfd, doorbells.handle);
	if (ret)
		return ret;
	sdma_fence(&s->silent, &words[CANARY_WORD], POISON);
	s->info.bell = s->silent.dwords * 4;
	s->info.doorbell = s->silent.args.doorbell_offset;
	s->info.queue_ids[0] = s->pm4.args.queue_id;
	s->info.queue_ids[1] = s->aql.args.queue_id;
	s->info.queue_ids[2] = s->silent.args.queue_id;
	published(s, TARGET_RING, &s->copy.ring);
	published(s, TARGET_POINTERS, &s->copy.pointers);
	published(s, TARGET_CWSR, &s->aql.cwsr);
	published(s, TARGET_DOORBELLS, &doorbells);
	return 0;
}

static int prepare(struct state *s, int sock)
{
	struct kfd_mem more;
	int ret, fd;

	ret = kfd_open(&s->kfd) ?: kfd_acquire(&s->kfd);
	for (int i = 0; i < MORE_OBJECTS && !ret; i++)
		ret = kfd_alloc(&s->kfd, &more, KFD_PAGE, MEM(GTT));
	ret = ret ?: prepare_secrets(s) ?: prepare_events(s) ?:
	      kfd_shared(&s->kfd, &s->result, VICTIM_SIZE, MEM(GTT)) ?:
	      kfd_shared(&s->kfd, &s->words, 2 * KFD_PAGE, MEM(GTT)) ?: prepare_queues(s);
	if (ret)
		return ret;
	fd = kfd_export(&s->kfd, s->secret[TARGET_GTT].handle);
	if (fd < 0)
		return fd;
	ret = kfd_gem_import(s->kfd.drm, fd, &s->info.gem_handle);
	if (!ret && sock >= 0)
		ret = kfd_send_fd(sock, fd);
	close(fd);
	return ret;
}

/* Is none of its events signalled? */
static bool undisturbed(struct state *s)
{
	struct kfd_event_data events[] = {
		{ .event_id = s->info.signal_id },
		{ .event_id = s->info.memory_id },
		{ .event_id = s->hw_id },
	};
	uint32_t result;

	return !kfd_wait(&s->kfd, events, 3, false, KFD_EVENT_TIMEOUT_IMMEDIATE, &result) &&
	       result == KFD_IOC_WAIT_RESULT_TIMEOUT;
}

/* All queues do something; returns 0 or the step with a wrong result. */
static int compute(struct state *s, uint32_t round)
{
	uint32_t *words = s->words.va;
	struct signal *signal = (struct signal *)&words[SIGNAL_AT];
	unsigned int which = round % TARGET_EVENT_PAGE;

	memset(s->result.va, 0, VICTIM_SIZE);
	sdma_copy(&s->copy, s->result.va, s->secret[which].va, VICTIM_SIZE);
	sdma_fence(&s->copy, &words[COPY_WORD], round);
	pm4_write_data(&s->pm4, &words[PM4_WORD], round);
	signal->value = 1;
	aql_barrier(&s->aql, false, NULL, 0, signal);
	kfd_queue_ring(&s->copy);
	kfd_queue_ring(&s->pm4);
	kfd_queue_ring(&s->aql);
	if (!kfd_wait_u32(&words[COPY_WORD], round))
		return 1;
	if (!is_secret(s, which, s->result.va))
		return 2;
	if (!is_secret(s, which, s->cpu[which]))
		return 3;
	if (!kfd_wait_u32(&words[PM4_WORD], round))
		return 4;
	if (!kfd_wait_u32((uint32_t *)&signal->value, 0))
		return 5;
	if (LOAD(&words[CANARY_WORD]))
		return 6;
	if (!undisturbed(s))
		return 7;
	return 0;
}

/* Its own interrupt sets the event, and its own doorbell does what a stranger's must not. */
static int would_have_noticed(struct state *s)
{
	struct kfd_event_data data = { .event_id = s->info.signal_id };
	uint32_t *words = s->words.va, result;

	sdma_trap(&s->copy, s->info.signal_id);
	kfd_queue_ring(&s->copy);
	if (kfd_wait(&s->kfd, &data, 1, true, QUEUE_PATIENCE_MS, &result) ||
	    result != KFD_IOC_WAIT_RESULT_COMPLETE)
		return 8;
	STORE(s->silent.doorbell, s->info.bell);
	return kfd_wait_u32(&words[CANARY_WORD], POISON) ? 0 : 9;
}

int victim_run(int file, int sock)
{
	static struct state state;
	struct state *s = &state;
	int ret = prepare(s, sock);

	if (ret)
		printf("# victim: %s\n", strerror(-ret));
	s->info.wrong = ret ? 99 : 0;
	while (!s->info.wrong && !stopped(file)) {
		s->info.wrong = compute(s, s->info.rounds + 1);
		s->info.rounds += !s->info.wrong;
		s->info.magic = VICTIM_MAGIC;
		if (publish(file, &s->info))
			return 98;
		usleep(30000);
	}
	if (!s->info.wrong)
		s->info.wrong = would_have_noticed(s);
	if (s->info.wrong)
		printf("# victim: wrong in step %u after %u rounds\n", s->info.wrong,
		       s->info.rounds);
	fflush(stdout);
	publish(file, &s->info);
	return s->info.wrong;
}
