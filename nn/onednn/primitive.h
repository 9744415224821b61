// A thin, flat view of the oneDNN primitives that the executor uses.
//
// Every function returns a dnnl_status_t (0 is success). A vg_primitive owns
// its oneDNN primitive and memory objects; vg_primitive_destroy frees them all.
#ifndef VG_PRIMITIVE_H
#define VG_PRIMITIVE_H

#include <stdint.h>
#include "dnnl.h"

#define VG_MAX_ARGS 6

// What a primitive that computes a part of a batch at a time has beside its own memory, see batch_parts.h.
typedef struct {
	int64_t count; // of parts; 0 where the primitive computes all at once
	int threads;
	size_t step[VG_MAX_ARGS]; // bytes from the part's operand to the next one's, 0 for what all share; of scratch memory, between threads
	char *data[VG_MAX_ARGS];
	dnnl_memory_t *memories; // thread × operand
} vg_parts;

typedef struct {
	dnnl_primitive_t primitive;
	dnnl_memory_desc_t descs[VG_MAX_ARGS];
	dnnl_memory_t memories[VG_MAX_ARGS];
	dnnl_exec_arg_t args[VG_MAX_ARGS];
	int count;
	unsigned bound; // bit i: operand i has an address
	dnnl_memory_desc_t scratchpad;
	char implementation[64];
	vg_parts parts;
} vg_primitive;

typedef struct {
	dnnl_engine_t engine;
	dnnl_stream_t stream;
} vg_engine;

int vg_engine_create(vg_engine *e);
void vg_engine_destroy(vg_engine *e);

// Convolutions in any direction: x is the side that the stride divides.
enum { vg_conv_forward, vg_conv_backward_data, vg_conv_backward_weights };

typedef struct {
	int direction;
	dnnl_memory_desc_t x, weights, y;
	dnnl_memory_desc_t bias; // zero for none; forward only
	dnnl_dims_t strides, pad_left, pad_right;
	int post;    // vg_post_*, forward only
	float alpha; // slope of the ReLU below zero
	int64_t parts; // of the batch, which threads take one after the other, see batch_parts.h; 0: oneDNN shares out the work
} vg_convolution;

enum { vg_post_none, vg_post_relu };

int vg_convolution_create(const vg_engine *e, const vg_convolution *c, vg_primitive **out);
int vg_matmul_create(const vg_engine *e, const dnnl_memory_desc_t *a, const dnnl_memory_desc_t *b,
                     const dnnl_memory_desc_t *y, vg_primitive **out);
int vg_reorder_create(const vg_engine *e, const dnnl_memory_desc_t *from, const dnnl_memory_desc_t *to,
                      vg_primitive **out);

// Index of an argument (DNNL_ARG_…) among descs, or -1.
int vg_primitive_find(const vg_primitive *p, int arg);
int vg_primitive_bind(vg_primitive *p, int arg, void *data);
int vg_primitive_execute(const vg_primitive *p, const vg_engine *e);
void vg_primitive_destroy(vg_primitive *p);

#endif
