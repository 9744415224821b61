#define _GNU_SOURCE
#include "recording.h"

#include <omp.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

static _Thread_local vg_recording *recording;

void vg_record(vg_recording *r) { recording = r; }

vg_recording *vg_recording_new(void) { return calloc(1, sizeof(vg_recording)); }

void vg_recording_free(vg_recording *r) {
	if (!r) return;
	for (int64_t i = 0; i < r->count; i++) free(r->calls[i]);
	free(r->calls);
	free(r);
}

// Appends a call of the given size, whose arguments the caller sets; NULL without memory.
static void *append(size_t size, int (*make)(const vg_call *)) {
	vg_recording *r = recording;
	if (r->count == r->capacity) {
		const int64_t capacity = 2 * r->capacity + 64;
		vg_call **calls = realloc(r->calls, capacity * sizeof *calls);
		if (!calls) {
			r->failed = 1;
			return NULL;
		}
		r->calls = calls;
		r->capacity = capacity;
	}
	vg_call *c = malloc(size);
	if (!c) {
		r->failed = 1;
		return NULL;
	}
	c->make = make;
	return r->calls[r->count++] = c;
}

static int64_t now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

// Two threads that start on one processor wait a time slice for each other at the end of every loop, up to 15 ms of a program, until the
// system moves one; a thread that wakes up goes to an idle processor at once.
void vg_spread(void) {
	enum { TRIES = 5, NANOSECONDS = 100000 };
	static const struct timespec nap = {0, NANOSECONDS};
	if (omp_get_max_threads() > omp_get_num_procs()) return;
	for (int i = 0; i < TRIES; i++) {
		unsigned char taken[CPU_SETSIZE] = {0};
		int shared = 0;
#pragma omp parallel reduction(+ : shared)
		{
			const int cpu = sched_getcpu();
			if (cpu >= 0 && cpu < CPU_SETSIZE) shared += __atomic_exchange_n(&taken[cpu], 1, __ATOMIC_RELAXED);
		}
		if (!shared) return;
		nanosleep(&nap, NULL);
	}
}

int vg_replay(const vg_recording *r, int64_t first, int64_t end, int64_t *failed, int64_t *times) {
	vg_spread();
	if (times) times[0] = now();
	for (int64_t i = first; i < end; i++) {
		const int status = r->calls[i]->make(r->calls[i]);
		if (status != dnnl_success) {
			*failed = i;
			return status;
		}
		if (times) times[i - first + 1] = now();
	}
	return dnnl_success;
}

// A list of up to 12 types, each with a name of its own: a12, …, a2, a1 from the first on for 12 of them.
#define VG_EACH(is, between, ...) VG_PASTE(VG_EACH_, VG_COUNT(__VA_ARGS__))(is, between, __VA_ARGS__)
#define VG_PASTE(a, b) VG_PASTED(a, b)
#define VG_PASTED(a, b) a##b
#define VG_COUNT(...) VG_THIRTEENTH(__VA_ARGS__, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1)
#define VG_THIRTEENTH(a, b, c, d, e, f, g, h, i, j, k, l, m, ...) m
#define VG_EACH_1(is, between, type) is(type, a1)
#define VG_EACH_2(is, between, type, ...) is(type, a2) between() VG_EACH_1(is, between, __VA_ARGS__)
#define VG_EACH_3(is, between, type, ...) is(type, a3) between() VG_EACH_2(is, between, __VA_ARGS__)
#define VG_EACH_4(is, between, type, ...) is(type, a4) between() VG_EACH_3(is, between, __VA_ARGS__)
#define VG_EACH_5(is, between, type, ...) is(type, a5) between() VG_EACH_4(is, between, __VA_ARGS__)
#define VG_EACH_6(is, between, type, ...) is(type, a6) between() VG_EACH_5(is, between, __VA_ARGS__)
#define VG_EACH_7(is, between, type, ...) is(type, a7) between() VG_EACH_6(is, between, __VA_ARGS__)
#define VG_EACH_8(is, between, type, ...) is(type, a8) between() VG_EACH_7(is, between, __VA_ARGS__)
#define VG_EACH_9(is, between, type, ...) is(type, a9) between() VG_EACH_8(is, between, __VA_ARGS__)
#define VG_EACH_10(is, between, type, ...) is(type, a10) between() VG_EACH_9(is, between, __VA_ARGS__)
#define VG_EACH_11(is, between, type, ...) is(type, a11) between() VG_EACH_10(is, between, __VA_ARGS__)
#define VG_EACH_12(is, between, type, ...) is(type, a12) between() VG_EACH_11(is, between, __VA_ARGS__)

#define VG_COMMA() ,
#define VG_NOTHING()
#define VG_FIELD(type, name) type name;
#define VG_PARAMETER(type, name) type name
#define VG_NAME(type, name) name
#define VG_KEPT(type, name) c->name
#define VG_KEEP(type, name) c->name = name;

#define VG_RECORDED(kernel, ...)                                                      \
	typedef struct {                                                              \
		vg_call call;                                                         \
		VG_EACH(VG_FIELD, VG_NOTHING, __VA_ARGS__)                            \
	} call_##kernel;                                                              \
	static int make_##kernel(const vg_call *call) {                               \
		const call_##kernel *c = (const call_##kernel *)call;                 \
		vg_##kernel(VG_EACH(VG_KEPT, VG_COMMA, __VA_ARGS__));                 \
		return dnnl_success;                                                  \
	}                                                                             \
	void vg_call_##kernel(VG_EACH(VG_PARAMETER, VG_COMMA, __VA_ARGS__)) {         \
		if (!recording) {                                                     \
			vg_##kernel(VG_EACH(VG_NAME, VG_COMMA, __VA_ARGS__));         \
			return;                                                       \
		}                                                                     \
		call_##kernel *c = append(sizeof *c, make_##kernel);                  \
		if (c) { VG_EACH(VG_KEEP, VG_NOTHING, __VA_ARGS__) }                  \
	}
#include "recorded.h"

typedef struct {
	vg_call call;
	const vg_primitive *primitive;
	vg_engine engine;
} call_primitive;

static int make_primitive(const vg_call *call) {
	const call_primitive *c = (const call_primitive *)call;
	return vg_primitive_execute(c->primitive, &c->engine);
}

int vg_call_primitive_execute(const vg_primitive *p, const vg_engine *e) {
	if (!recording) return vg_primitive_execute(p, e);
	call_primitive *c = append(sizeof *c, make_primitive);
	if (c) {
		c->primitive = p;
		c->engine = *e;
	}
	return dnnl_success;
}
