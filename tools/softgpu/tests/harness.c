// SPDX-License-Identifier: GPL-2.0 OR MIT
/* See harness.h. */
#include "harness.h"
#include "internal.h"

/* cmocka's assertions are for the thread of the test. */
static void must(bool cond)
{
	if (!cond)
		abort();
}

uint64_t ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static struct map *find(struct vm *vm, uint64_t va)
{
	for (unsigned int i = 0; i < vm->num_maps; i++)
		if (va >= vm->maps[i].va && va - vm->maps[i].va < vm->maps[i].size)
			return &vm->maps[i];
	return NULL;
}

/* Pages of scattered memory are in the opposite order in the host. */
static uint8_t *host(struct map *map, uint64_t va, uint64_t *len)
{
	uint64_t off = (va - map->va) % map->host_size;
	uint64_t left = map->host_size - off;

	if (map->scattered) {
		left = PAGE - off % PAGE;
		off = map->host_size - PAGE - off / PAGE * PAGE + off % PAGE;
	}
	if (left > map->va + map->size - va)
		left = map->va + map->size - va;
	if (*len > left)
		*len = left;
	return map->host + off;
}

static void brake(struct vm *vm)
{
	bool stop;

	if (!__atomic_load_n(&vm->brake, __ATOMIC_RELAXED))
		return;
	pthread_mutex_lock(&vm->record);
	stop = vm->brake == 1;
	if (vm->brake)
		__atomic_store_n(&vm->brake, vm->brake - 1, __ATOMIC_RELAXED);
	vm->braked |= stop;
	pthread_mutex_unlock(&vm->record);
	if (!stop)
		return;
	while (vm_braked(vm))
		usleep(10);
	usleep(30);
}

void vm_brake(struct vm *vm, unsigned int locks)
{
	pthread_mutex_lock(&vm->record);
	__atomic_store_n(&vm->brake, locks, __ATOMIC_RELAXED);
	pthread_mutex_unlock(&vm->record);
}

bool vm_braked(struct vm *vm)
{
	bool braked;

	pthread_mutex_lock(&vm->record);
	braked = vm->braked;
	pthread_mutex_unlock(&vm->record);
	return braked;
}

bool vm_unbrake(struct vm *vm)
{
	bool braked;

	pthread_mutex_lock(&vm->record);
	__atomic_store_n(&vm->brake, 0, __ATOMIC_RELAXED);
	braked = vm->braked;
	vm->braked = false;
	pthread_mutex_unlock(&vm->record);
	return braked;
}

static void lock(void *opaque)
{
	struct vm *vm = opaque;

	brake(vm);
	pthread_mutex_lock(&vm->lock);
	must(!vm->locked);
	vm->locked = true;
	vm->held = 0;
}

static void unlock(void *opaque)
{
	struct vm *vm = opaque;

	must(vm->locked);
	vm->locked = false;
	if (vm->held > vm->max_held)
		vm->max_held = vm->held;
	pthread_mutex_unlock(&vm->lock);
}

static void *translate(void *opaque, uint64_t va, uint64_t *len, unsigned int access,
		       struct softgpu_fault *fault)
{
	struct vm *vm = opaque;
	struct map *map = find(vm, va);
	void *ptr;

	must(vm->locked);
	must(*len);
	if (!map || (map->access & access) != access) {
		fault->va = va;
		fault->access = access;
		fault->mapped = map;
		return NULL;
	}
	if (vm->max_piece && *len > 8 && *len > vm->max_piece)
		*len = vm->max_piece;
	ptr = host(map, va, len);
	if (access & SOFTGPU_WRITE)
		vm->held += *len;
	return ptr;
}

static void on_fault(void *opaque, void *owner, const struct softgpu_fault *fault)
{
	struct vm *vm = opaque;

	pthread_mutex_lock(&vm->record);
	vm->fault = *fault;
	vm->stopped = owner;
	vm->num_faults++;
	pthread_mutex_unlock(&vm->record);
}

static void on_bad(void *opaque, void *owner, uint64_t index, uint32_t word)
{
	struct vm *vm = opaque;

	pthread_mutex_lock(&vm->record);
	vm->bad_index = index;
	vm->bad_word = word;
	vm->stopped = owner;
	vm->num_bad++;
	pthread_mutex_unlock(&vm->record);
}

static void on_exception(void *opaque, void *owner, unsigned int code)
{
	struct vm *vm = opaque;

	pthread_mutex_lock(&vm->record);
	vm->exception = code;
	vm->stopped = owner;
	vm->num_exceptions++;
	pthread_mutex_unlock(&vm->record);
}

static void on_event(void *opaque, void *owner, uint32_t id)
{
	struct vm *vm = opaque;

	pthread_mutex_lock(&vm->record);
	vm->caller = owner;
	vm->events[vm->num_events++ % MAX_EVENTS] = id;
	pthread_mutex_unlock(&vm->record);
	if (vm->on_event)
		vm->on_event(vm, id);
}

static uint32_t reg_read(void *opaque, void *owner, uint32_t reg)
{
	struct vm *vm = opaque;
	uint32_t value;

	pthread_mutex_lock(&vm->record);
	vm->caller = owner;
	value = vm->regs[reg & 0x3ffff];
	pthread_mutex_unlock(&vm->record);
	return value;
}

static void reg_write(void *opaque, void *owner, uint32_t reg, uint32_t value)
{
	struct vm *vm = opaque;

	pthread_mutex_lock(&vm->record);
	vm->caller = owner;
	vm->regs[reg & 0x3ffff] = value;
	vm->num_reg_writes++;
	pthread_mutex_unlock(&vm->record);
}

static int privileged(void *opaque, void *owner, const uint32_t *words, uint32_t num)
{
	struct vm *vm = opaque;
	unsigned int n;

	must(num >= 2 && num <= SOFTGPU_PRIVILEGED_MAX);
	pthread_mutex_lock(&vm->record);
	vm->caller = owner;
	n = vm->num_privileged++;
	pthread_mutex_unlock(&vm->record);
	return vm->on_privileged ? vm->on_privileged(vm, n, words, num) : 0;
}

static void on_log(void *opaque, const char *line)
{
	struct vm *vm = opaque;

	must(strstr(line, "softgpu: "));
	pthread_mutex_lock(&vm->record);
	snprintf(vm->line, sizeof(vm->line), "%s", line);
	vm->num_logs++;
	pthread_mutex_unlock(&vm->record);
}

static void *ib_vm(void *opaque, void *owner, unsigned int vmid)
{
	struct vm *vm = opaque;

	(void)owner;
	/* A state that was corrupted may have any. */
	return vmid == 3 && vm->other ? vm->other : vm;
}

const struct softgpu_vm_ops vm_ops = {
	.lock = lock, .unlock = unlock, .translate = translate, .fault = on_fault,
	.bad_packet = on_bad, .exception = on_exception, .event = on_event, .reg_read = reg_read,
	.reg_write = reg_write, .privileged = privileged, .ib_vm = ib_vm, .log = on_log,
};

const struct softgpu_vm_ops vm_ops_bare = {
	.lock = lock, .unlock = unlock, .translate = translate, .fault = on_fault,
	.bad_packet = on_bad, .event = on_event,
};

/* Address 0: anywhere, with a page that is not mapped behind it */
uint64_t vm_map(struct vm *vm, uint64_t va, uint64_t size, uint64_t host_size,
		unsigned int access, bool scattered)
{
	struct map *map;

	pthread_mutex_lock(&vm->lock);
	assert_true(vm->num_maps < MAX_MAPS);
	map = &vm->maps[vm->num_maps++];
	if (!va) {
		va = vm->next;
		vm->next += size + PAGE;
	}
	*map = (struct map){
		.va = va, .size = size, .host_size = host_size, .access = access,
		.scattered = scattered, .host = aligned_alloc(PAGE, host_size),
	};
	assert_non_null(map->host);
	memset(map->host, 0, host_size);
	pthread_mutex_unlock(&vm->lock);
	return va;
}

struct vm *vm_new(void)
{
	struct vm *vm = calloc(1, sizeof(*vm));

	assert_non_null(vm);
	pthread_mutex_init(&vm->lock, NULL);
	pthread_mutex_init(&vm->record, NULL);
	vm->next = 0x10000000;
	vm_map(vm, DATA, DATA_SIZE, DATA_SIZE, SOFTGPU_READ | SOFTGPU_WRITE, true);
	vm_map(vm, CONST_DATA, CONST_SIZE, CONST_SIZE, SOFTGPU_READ, true);
	vm_map(vm, CODE, CODE_SIZE, CODE_SIZE, SOFTGPU_READ | SOFTGPU_EXEC, true);
	/* A kernel descriptor: 8 bytes of where its code begins; s_endpgm */
	vm_put(vm, KERNEL + 16, (uint64_t[]){ 256 }, 8);
	vm_put(vm, KERNEL + 256, (uint32_t[]){ 0xbf810000 }, 4);
	vm_map(vm, BIG, BIG_SIZE, BIG_HOST, SOFTGPU_READ | SOFTGPU_WRITE, false);
	return vm;
}

void vm_free(struct vm *vm)
{
	for (unsigned int i = 0; i < vm->num_maps; i++)
		free(vm->maps[i].host);
	pthread_mutex_destroy(&vm->lock);
	pthread_mutex_destroy(&vm->record);
	free(vm);
}

static uint8_t *at(struct vm *vm, uint64_t va, uint64_t *len)
{
	struct map *map;

	pthread_mutex_lock(&vm->lock);
	map = find(vm, va);
	pthread_mutex_unlock(&vm->lock);
	assert_non_null(map);
	return host(map, va, len);
}

void vm_put(struct vm *vm, uint64_t va, const void *buf, uint64_t len)
{
	const uint8_t *from = buf;

	while (len) {
		uint64_t now = len;
		uint8_t *to = at(vm, va, &now);

		memcpy(to, from, now);
		from += now;
		va += now;
		len -= now;
	}
}

void vm_get(struct vm *vm, uint64_t va, void *buf, uint64_t len)
{
	uint8_t *to = buf;

	while (len) {
		uint64_t now = len;
		const uint8_t *from = at(vm, va, &now);

		memcpy(to, from, now);
		to += now;
		va += now;
		len -= now;
	}
}

uint32_t r32(struct vm *vm, uint64_t va)
{
	return __atomic_load_n((uint32_t *)at(vm, va, &(uint64_t){ 4 }), __ATOMIC_ACQUIRE);
}

uint64_t r64(struct vm *vm, uint64_t va)
{
	return __atomic_load_n((uint64_t *)at(vm, va, &(uint64_t){ 8 }), __ATOMIC_ACQUIRE);
}

void w16(struct vm *vm, uint64_t va, uint16_t value)
{
	__atomic_store_n((uint16_t *)at(vm, va, &(uint64_t){ 2 }), value, __ATOMIC_RELEASE);
}

void w32(struct vm *vm, uint64_t va, uint32_t value)
{
	__atomic_store_n((uint32_t *)at(vm, va, &(uint64_t){ 4 }), value, __ATOMIC_RELEASE);
}

void w64(struct vm *vm, uint64_t va, uint64_t value)
{
	__atomic_store_n((uint64_t *)at(vm, va, &(uint64_t){ 8 }), value, __ATOMIC_RELEASE);
}

uint32_t add32(struct vm *vm, uint64_t va, uint32_t value)
{
	return __atomic_add_fetch((uint32_t *)at(vm, va, &(uint64_t){ 4 }), value,
				  __ATOMIC_ACQ_REL);
}

void wreg(struct vm *vm, uint32_t reg, uint32_t value)
{
	pthread_mutex_lock(&vm->record);
	vm->regs[reg] = value;
	pthread_mutex_unlock(&vm->record);
}

unsigned int vm_events(struct vm *vm)
{
	unsigned int num;

	pthread_mutex_lock(&vm->record);
	num = vm->num_events;
	pthread_mutex_unlock(&vm->record);
	return num;
}

unsigned int vm_stops(struct vm *vm)
{
	unsigned int num;

	pthread_mutex_lock(&vm->record);
	num = vm->num_faults + vm->num_bad + vm->num_exceptions;
	pthread_mutex_unlock(&vm->record);
	return num;
}

void queue_init(struct queue *q, struct softgpu *gpu, struct vm *vm,
		enum softgpu_queue_type type, uint64_t ring_size)
{
	uint64_t pages = (ring_size + PAGE - 1) / PAGE * PAGE;
	uint64_t ptrs = vm_map(vm, 0, PAGE, PAGE, SOFTGPU_READ | SOFTGPU_WRITE, true);

	*q = (struct queue){
		.vm = vm, .gpu = gpu,
		.p = {
			.type = type, .ring_size = ring_size, .rptr_va = ptrs + 0x80,
			.wptr_va = ptrs + 0x38, .priority = 7, .percent = 100, .vm = vm,
			.owner = q,
		},
	};
	q->p.ring_va = vm_map(vm, 0, pages, pages, SOFTGPU_READ | SOFTGPU_WRITE, true);
	if (type == SOFTGPU_QUEUE_AQL)
		for (uint64_t i = 0; i < ring_size; i += 64)
			w16(vm, q->p.ring_va + i, 1);
}

void queue_create(struct queue *q)
{
	assert_int_equal(softgpu_queue_create(q->gpu, &q->p, &q->q), 0);
}

void queue_exit(struct queue *q)
{
	softgpu_queue_destroy(q->q);
	q->q = NULL;
}

void queue_take(struct queue *q, void *state)
{
	assert_int_equal(softgpu_queue_save(q->q, state), 0);
	queue_exit(q);
}

void queue_bring(struct queue *q, const void *state)
{
	q->p.state = state;
	queue_create(q);
	q->p.state = NULL;
}

/* A state may be anywhere, and is not looked at any more when the queue is there. */
void queue_move(struct queue *q)
{
	uint8_t state[1 + SOFTGPU_STATE_SIZE];

	queue_take(q, state + 1);
	queue_bring(q, state + 1);
	memset(state, 0xff, sizeof(state));
}

void queue_put(struct queue *q, const uint32_t *words, unsigned int num)
{
	uint64_t mask = q->p.ring_size - 1;

	if (q->p.type == SOFTGPU_QUEUE_AQL) {
		uint64_t va = q->p.ring_va + (q->wptr * 64 & mask);

		assert_int_equal(num, 16);
		vm_put(q->vm, va + 4, words + 1, 60);
		w32(q->vm, va, words[0]);
		q->wptr++;
	} else {
		uint64_t unit = q->p.type == SOFTGPU_QUEUE_PM4 ? 1 : 4;

		for (unsigned int i = 0; i < num; i++, q->wptr += unit) {
			uint64_t byte = q->wptr * 4 / unit;

			vm_put(q->vm, q->p.ring_va + (byte & mask), words + i, 4);
		}
	}
	w64(q->vm, q->p.wptr_va, q->wptr);
}

void queue_ring(struct queue *q)
{
	softgpu_queue_doorbell(q->q, q->p.type == SOFTGPU_QUEUE_AQL ? q->wptr - 1 : q->wptr);
}

bool queue_done(struct queue *q)
{
	if (q->p.type == SOFTGPU_QUEUE_PM4)
		return r32(q->vm, q->p.rptr_va) == (q->wptr & (q->p.ring_size / 4 - 1));
	return r64(q->vm, q->p.rptr_va) == q->wptr;
}

void queue_wait(struct queue *q)
{
	UNTIL(queue_done(q) || vm_stops(q->vm));
	if (!queue_done(q))
		fail_msg("stopped: word %x, address %lx", q->vm->bad_word, q->vm->fault.va);
}

void queue_run(struct queue *q, const uint32_t *words, unsigned int num)
{
	queue_put(q, words, num);
	queue_ring(q);
	queue_wait(q);
}

struct softgpu_queue_stats queue_stats(struct queue *q)
{
	struct softgpu_queue_stats stats;

	softgpu_queue_stats(q->q, &stats);
	return stats;
}

/* Forgets the stop, so that the next one can be told from it */
void queue_bad(struct queue *q, uint64_t index, uint32_t word)
{
	struct vm *vm = q->vm;

	UNTIL(vm_stops(vm));
	pthread_mutex_lock(&vm->record);
	assert_int_equal(vm->num_faults + vm->num_exceptions, 0);
	assert_int_equal(vm->num_bad, 1);
	assert_ptr_equal(vm->stopped, q);
	assert_int_equal(vm->bad_index, index);
	assert_int_equal(vm->bad_word, word);
	vm->num_bad = 0;
	pthread_mutex_unlock(&vm->record);
	assert_int_equal(queue_stats(q).faults, 1);
}

void queue_exception(struct queue *q, unsigned int code)
{
	struct vm *vm = q->vm;

	UNTIL(vm_stops(vm));
	pthread_mutex_lock(&vm->record);
	assert_int_equal(vm->num_faults + vm->num_bad, 0);
	assert_int_equal(vm->num_exceptions, 1);
	assert_ptr_equal(vm->stopped, q);
	assert_int_equal(vm->exception, code);
	vm->num_exceptions = 0;
	pthread_mutex_unlock(&vm->record);
	assert_int_equal(queue_stats(q).faults, 1);
}

void queue_fault(struct queue *q, uint64_t va, unsigned int access, bool mapped)
{
	struct vm *vm = q->vm;

	UNTIL(vm_stops(vm));
	pthread_mutex_lock(&vm->record);
	assert_int_equal(vm->num_bad + vm->num_exceptions, 0);
	assert_int_equal(vm->num_faults, 1);
	assert_ptr_equal(vm->stopped, q);
	assert_int_equal(vm->fault.va, va);
	assert_int_equal(vm->fault.access, access);
	assert_int_equal(vm->fault.mapped, mapped);
	vm->num_faults = 0;
	pthread_mutex_unlock(&vm->record);
	assert_int_equal(queue_stats(q).faults, 1);
}

int setup(void **state)
{
	struct fixture *fix = calloc(1, sizeof(*fix));

	assert_non_null(fix);
	fix->vm = vm_new();
	assert_int_equal(softgpu_create(&vm_ops, 2, &fix->gpu), 0);
	*state = fix;
	return 0;
}

int teardown(void **state)
{
	struct fixture *fix = *state;

	/* Of a test that has failed */
	if (fix->gpu->num_queues) {
		softgpu_pause(fix->gpu);
		return -1;
	}
	softgpu_destroy(fix->gpu);
	assert_true(fix->vm->max_held <= SOFTGPU_CHUNK);
	assert_int_equal(vm_stops(fix->vm), 0);
	vm_free(fix->vm);
	free(fix);
	return 0;
}
