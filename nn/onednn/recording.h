// Calls of kernels with their arguments, made one after the other without going back to Go between them.
#ifndef VG_RECORDING_H
#define VG_RECORDING_H

#include "block_weights.h"
#include "kernels.h"
#include "kernels_narrow.h"
#include "outer_products.h"
#include "position_products.h"
#include "primitive.h"
#include "space_to_depth.h"
#include "winograd.h"
#include "winograd_outer.h"

// A call begins with how it is made; the arguments follow.
typedef struct vg_call vg_call;
struct vg_call {
	int (*make)(const vg_call *); // returns a dnnl_status_t
};

// Owns its calls. vg_recording_free frees both.
typedef struct {
	vg_call **calls;
	int64_t count, capacity;
	int failed; // a call was lost for want of memory
} vg_recording;

vg_recording *vg_recording_new(void); // NULL without memory
void vg_recording_free(vg_recording *r);

// From here on the calling thread's vg_call_… go to r instead of being made; NULL ends that.
void vg_record(vg_recording *r);

// Makes calls first … end-1. Where one fails it returns its dnnl_status_t, and its number in *failed. Unless NULL, times takes when the
// first began and each one ended, in ns of CLOCK_MONOTONIC.
int vg_replay(const vg_recording *r, int64_t first, int64_t end, int64_t *failed, int64_t *times);

#define VG_RECORDED(kernel, ...) void vg_call_##kernel(__VA_ARGS__);
#include "recorded.h"
#undef VG_RECORDED
int vg_call_primitive_execute(const vg_primitive *p, const vg_engine *e);

// Waits, for about 0.5 ms at most, until each of OpenMP's threads has a processor of its own.
void vg_spread(void);

#endif
