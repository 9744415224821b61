// The kernels that oneDNN lacks, on float32 data unless the name ends in _bf16.
//
// Every kernel splits its work over the calling thread's OpenMP team, small work
// excepted, allocates nothing, and passes NaN and infinities on. Sums are taken
// in double precision over pieces that depend on sizes only, so that a result
// has the same bits for any number of threads. Unless stated otherwise an output
// may be the same array as an input, but must not overlap one in part.
#ifndef VG_KERNELS_H
#define VG_KERNELS_H

#include <stdint.h>

// Nobody reads errno or the floating-point flags, and without them sqrtf and
// comparisons vectorize. (cgo refuses the command line's form of these.)
#pragma GCC optimize("no-math-errno", "no-trapping-math")

// A tensor of n samples, c channels and s positions, stored as n × cb × s × b:
// channel cb·b + i lies in block cb at i. Plain N×C×S has b = 1, channels last
// has cb = 1 and b = c, oneDNN's blocked layouts have b = 8 or 16. Channels from
// c on fill up the last block: they hold zeros and every kernel leaves them so.
typedef struct {
	int64_t n, cb, s, b, c;
} vg_layout;

enum { VG_ACT_NONE, VG_ACT_RELU, VG_ACT_LEAKY_RELU };

enum {
	VG_RELU,
	VG_LEAKY_RELU,
	VG_TANH,
	VG_SIGMOID,
	VG_SOFTPLUS,
	VG_EXP,
	VG_LOG,
	VG_SQRT,
	VG_ABS,
	VG_SIGN,
	VG_POW,
	VG_SCALE,
	VG_SHIFT,
	VG_COPY
};

enum { VG_ADD, VG_SUB, VG_MUL, VG_DIV };

enum { VG_POOL_AVERAGE, VG_POOL_MAX };

// The most axes that a strided kernel takes.
enum { VG_MAX_AXES = 8 };

// A number for each axis: its size, a stride or a mark.
typedef struct {
	int64_t v[VG_MAX_AXES];
} vg_axes;

// Batch normalization. mean and var hold c numbers; var is the biased variance.
void vg_bn_stats(const float *x, vg_layout l, float *mean, float *var);
// What it does with them and the activation behind it: act((x - mean)/√(var + eps)·gamma + beta). beta may be NULL.
typedef struct {
	const float *mean, *var, *gamma, *beta;
	double eps, alpha;
	int act;
} vg_norm;
void vg_bn_forward(const float *x, vg_layout l, vg_norm b, float *y);
// With u = gy·act'(…): sum_u = Σ u and sum_ux = Σ u·x̂ over every channel.
void vg_bn_backward_sums(const float *x, const float *gy, vg_layout l, vg_norm b, float *sum_u, float *sum_ux);
// gx = gamma/√(var + eps)·(u - sum_u/m - x̂·sum_ux/m) with m = n·s.
void vg_bn_backward(const float *x, const float *gy, vg_layout l, vg_norm b, const float *sum_u, const float *sum_ux, float *gx);

// One number a channel.
void vg_channel_sum(const float *x, vg_layout l, float *out);
void vg_channel_binary(int func, const float *x, vg_layout l, const float *v, int v_first, float *y);
void vg_bias_act(const float *x, vg_layout l, const float *bias, int act, double alpha, float *y);

// Element-wise functions of n numbers.
void vg_unary(int func, double alpha, const float *x, float *y, int64_t n);
void vg_unary_grad(int func, double alpha, const float *y, const float *gy, float *gx, int64_t n);
void vg_binary(int func, const float *a, const float *b, float *y, int64_t n);
void vg_fill(float *y, double value, int64_t n);

// The same on bfloat16 tensors; what belongs to a channel stays float32.
void vg_bn_stats_bf16(const uint16_t *x, vg_layout l, float *mean, float *var);
void vg_bn_forward_bf16(const uint16_t *x, vg_layout l, vg_norm b, uint16_t *y);
void vg_bn_backward_sums_bf16(const uint16_t *x, const uint16_t *gy, vg_layout l, vg_norm b, float *sum_u, float *sum_ux);
void vg_bn_backward_bf16(const uint16_t *x, const uint16_t *gy, vg_layout l, vg_norm b, const float *sum_u, const float *sum_ux,
	uint16_t *gx);
void vg_channel_sum_bf16(const uint16_t *x, vg_layout l, float *out);
// gx = gy·act'(y).
void vg_slope_bf16(int act, double alpha, const uint16_t *y, const uint16_t *gy, uint16_t *gx, int64_t n);

// Strided views of at most VG_MAX_AXES axes; strides are in elements, 0 repeats.
// The copies' y must not be x.

// Functions of two operands, one after the other in one pass over memory: a or b that is NULL stands for what the links before gave, and
// its strides are those of y, which is dense. y may be a dense operand of the first link that no later one reads.
enum { VG_MAX_LINKS = 4 };
typedef struct {
	int func;
	vg_axes stride_a, stride_b;
	const float *a, *b;
} vg_link;
typedef struct {
	int64_t count;
	vg_link links[VG_MAX_LINKS];
} vg_chain;
void vg_binary_chain(int rank, vg_axes dims, vg_chain chain, float *y);

void vg_broadcast(int rank, vg_axes dims, vg_axes stride_x, const float *x, float *y); // y dense
void vg_copy_strided(int rank, vg_axes dims, vg_axes stride_x, const float *x, vg_axes stride_y, float *y);

// y = Σ x over the axes with a non-zero mark; x and y dense, y not x.
void vg_sum(int rank, vg_axes dims, vg_axes over, const float *x, float *y);
// y = m·x, or mᵀ·x where transposed, of a dense matrix; y is neither.
void vg_vector_product(const float *m, int64_t rows, int64_t columns, int transposed, const float *x, float *y);
// exp(x)/Σ exp(x) of outer × axis × inner numbers along the middle, or its logarithm.
void vg_softmax(const float *x, int64_t outer, int64_t axis, int64_t inner, int logarithm, float *y);

// Optimizers: one pass over parameter p, gradient g and state.
// step is the learning rate over 1 - beta1^t, root is √(1 - beta2^t).
void vg_adam(float *p, const float *g, float *m, float *v, int64_t n, double step, double beta1, double beta2,
	double eps, double root);
void vg_rmsprop(float *p, const float *g, float *s, int64_t n, double lr, double alpha, double eps, int eps_inside);
void vg_sgd(float *p, const float *g, float *buf, int64_t n, double lr, double momentum); // buf NULL: no momentum

// Philox4x32-10 numbers: words 4i … 4i+3 are those of counter (counter low,
// counter high, i low, i high) under the key.
void vg_philox_normal(float *out, int64_t n, uint32_t key0, uint32_t key1, uint64_t counter);
void vg_philox_bernoulli(float *out, int64_t n, uint32_t key0, uint32_t key1, uint64_t counter, double p, double one);

typedef struct {
	int64_t v[3];
} vg_size3;

// Pooling from planes × in[0] × in[1] × in[2] × b to planes × out[0] × … × b. An
// output must not be an input.
typedef struct {
	int64_t planes, b;
	int64_t in[3], out[3], kernel[3], stride[3], pad[3];
} vg_pool;

// Average: windows divide by the whole kernel, padding counts as zeros. Max: the
// padding never wins, NaN always does, of equals the first.
void vg_pool_forward(int kind, vg_pool p, const float *x, float *y);
// The adjoints: gy shared by a window, and gy added where x has its maximum.
void vg_pool_average_grad(vg_pool p, const float *gy, float *gx);
void vg_maxpool_scatter(vg_pool p, const float *x, const float *gy, float *gx);
// y takes v where x has its maximum.
void vg_maxpool_gather(vg_pool p, const float *x, const float *v, float *y);
// Repeats every element of planes × in × b scale times along each axis.
void vg_upsample(int64_t planes, vg_size3 in, vg_size3 scale, int64_t b, const float *x, float *y);

// Conversions. dst must not be src.
void vg_to_bf16(const float *src, int64_t n, uint16_t *dst); // to nearest, ties to even
void vg_from_bf16(const uint16_t *src, int64_t n, float *dst);

#endif
