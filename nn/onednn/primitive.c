#include "batch_parts.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

int vg_engine_create(vg_engine *e) {
	dnnl_status_t s = dnnl_engine_create(&e->engine, dnnl_cpu, 0);
	if (s != dnnl_success) return s;
	s = dnnl_stream_create(&e->stream, e->engine, dnnl_stream_default_flags);
	if (s != dnnl_success) dnnl_engine_destroy(e->engine);
	return s;
}

void vg_engine_destroy(vg_engine *e) {
	dnnl_stream_destroy(e->stream);
	dnnl_engine_destroy(e->engine);
}

typedef struct {
	int arg;
	dnnl_query_t query;
} role;

static const role convolution_roles[3][4] = {
	{{DNNL_ARG_SRC, dnnl_query_src_md}, {DNNL_ARG_WEIGHTS, dnnl_query_weights_md}, {DNNL_ARG_DST, dnnl_query_dst_md}},
	{{DNNL_ARG_DIFF_DST, dnnl_query_diff_dst_md}, {DNNL_ARG_WEIGHTS, dnnl_query_weights_md}, {DNNL_ARG_DIFF_SRC, dnnl_query_diff_src_md}},
	{{DNNL_ARG_SRC, dnnl_query_src_md}, {DNNL_ARG_DIFF_DST, dnnl_query_diff_dst_md}, {DNNL_ARG_DIFF_WEIGHTS, dnnl_query_diff_weights_md}},
};

static const role matmul_roles[] = {
	{DNNL_ARG_SRC, dnnl_query_src_md}, {DNNL_ARG_WEIGHTS, dnnl_query_weights_md}, {DNNL_ARG_DST, dnnl_query_dst_md}, {0, 0}};

static const role reorder_roles[] = {{DNNL_ARG_FROM, dnnl_query_src_md}, {DNNL_ARG_TO, dnnl_query_dst_md}, {0, 0}};

static int add_arg(vg_primitive *p, const vg_engine *e, int arg, const dnnl_memory_desc_t *md) {
	int i = p->count;
	if (i == VG_MAX_ARGS) return dnnl_invalid_arguments;
	dnnl_status_t s = dnnl_memory_create(&p->memories[i], md, e->engine, DNNL_MEMORY_NONE);
	if (s != dnnl_success) return s;
	p->descs[i] = *md;
	p->args[i].arg = arg;
	p->args[i].memory = p->memories[i];
	p->count++;
	return dnnl_success;
}

// finish takes ownership of pd.
static int finish(const vg_engine *e, dnnl_primitive_desc_t pd, const role *roles, int bias, vg_primitive **out) {
	vg_primitive *p = calloc(1, sizeof *p);
	if (!p) {
		dnnl_primitive_desc_destroy(pd);
		return dnnl_out_of_memory;
	}
	dnnl_status_t s = dnnl_primitive_create(&p->primitive, pd);
	const char *name = "";
	if (s == dnnl_success && dnnl_primitive_desc_query(pd, dnnl_query_impl_info_str, 0, &name) == dnnl_success)
		strncpy(p->implementation, name, sizeof p->implementation - 1);
	for (; s == dnnl_success && roles->arg; roles++)
		s = add_arg(p, e, roles->arg, dnnl_primitive_desc_query_md(pd, roles->query, 0));
	if (s == dnnl_success && bias)
		s = add_arg(p, e, DNNL_ARG_BIAS, dnnl_primitive_desc_query_md(pd, dnnl_query_weights_md, 1));
	if (s == dnnl_success) {
		p->scratchpad = *dnnl_primitive_desc_query_md(pd, dnnl_query_scratchpad_md, 0);
		if (p->scratchpad.ndims > 0 && dnnl_memory_desc_get_size(&p->scratchpad) > 0)
			s = add_arg(p, e, DNNL_ARG_SCRATCHPAD, &p->scratchpad);
	}
	dnnl_primitive_desc_destroy(pd);
	if (s != dnnl_success) {
		vg_primitive_destroy(p);
		return s;
	}
	*out = p;
	return dnnl_success;
}

static int user_scratchpad(dnnl_primitive_attr_t *attr) {
	dnnl_status_t s = dnnl_primitive_attr_create(attr);
	if (s != dnnl_success) return s;
	s = dnnl_primitive_attr_set_scratchpad_mode(*attr, dnnl_scratchpad_mode_user);
	if (s != dnnl_success) dnnl_primitive_attr_destroy(*attr);
	return s;
}

static int append_relu(dnnl_primitive_attr_t attr, float slope) {
	dnnl_post_ops_t ops;
	dnnl_status_t s = dnnl_post_ops_create(&ops);
	if (s != dnnl_success) return s;
	s = dnnl_post_ops_append_eltwise(ops, 1, dnnl_eltwise_relu, slope, 0);
	if (s == dnnl_success) s = dnnl_primitive_attr_set_post_ops(attr, ops);
	dnnl_post_ops_destroy(ops);
	return s;
}

static int create_whole(const vg_engine *e, const vg_convolution *c, vg_primitive **out) {
	const dnnl_alg_kind_t direct = dnnl_convolution_direct;
	const dnnl_memory_desc_t none = {0};
	dnnl_dims_t dense = {0};
	dnnl_convolution_desc_t d, forward;

	// The forward primitive that a backward one wants as a hint knows no mixture of types.
	dnnl_memory_desc_t maps[] = {c->x, c->weights, c->y};
	const int bf16 = c->x.data_type == dnnl_bf16 || c->y.data_type == dnnl_bf16;
	for (int i = 0; bf16 && c->direction != vg_conv_forward && i < 3; i++) maps[i].data_type = dnnl_bf16;
	dnnl_status_t s = dnnl_dilated_convolution_forward_desc_init(&forward, dnnl_forward_training, direct, &maps[0],
		&maps[1], &c->bias, &maps[2], c->strides, dense, c->pad_left, c->pad_right);
	if (s != dnnl_success) return s;
	d = forward;
	if (c->direction == vg_conv_backward_data)
		s = dnnl_dilated_convolution_backward_data_desc_init(&d, direct, &c->x, &c->weights, &c->y, c->strides, dense,
			c->pad_left, c->pad_right);
	else if (c->direction == vg_conv_backward_weights)
		s = dnnl_dilated_convolution_backward_weights_desc_init(&d, direct, &c->x, &c->weights, &none, &c->y, c->strides,
			dense, c->pad_left, c->pad_right);
	if (s != dnnl_success) return s;

	dnnl_primitive_attr_t attr;
	if ((s = user_scratchpad(&attr)) != dnnl_success) return s;
	if (c->post == vg_post_relu) s = append_relu(attr, c->alpha);

	// Backward primitives want the forward one as a hint, for descriptors that are still open.
	dnnl_primitive_desc_t hint = NULL, pd = NULL;
	if (s == dnnl_success && c->direction != vg_conv_forward)
		s = dnnl_primitive_desc_create(&hint, &forward, NULL, e->engine, NULL);
	if (s == dnnl_success) s = dnnl_primitive_desc_create(&pd, &d, attr, e->engine, hint);
	if (hint) dnnl_primitive_desc_destroy(hint);
	dnnl_primitive_attr_destroy(attr);
	if (s != dnnl_success) return s;
	return finish(e, pd, convolution_roles[c->direction], c->direction == vg_conv_forward && c->bias.ndims > 0, out);
}

// The descriptor of the first part of a batch.
static int part_of(dnnl_memory_desc_t *md, int64_t parts) {
	const dnnl_memory_desc_t whole = *md;
	const dnnl_dims_t start = {0};
	dnnl_dims_t dims;
	memcpy(dims, whole.dims, sizeof dims);
	dims[0] /= parts;
	return dnnl_memory_desc_init_submemory(md, &whole, dims, start);
}

// Replaces the whole by a part, unless oneDNN has another kernel for that.
static int divide(const vg_engine *e, const vg_convolution *c, vg_primitive **out) {
	vg_primitive *whole = *out, *part = NULL;
	const int backward = c->direction == vg_conv_backward_data, threads = omp_get_max_threads();
	if (c->direction == vg_conv_backward_weights || whole->descs[0].dims[0] % c->parts) return dnnl_invalid_arguments;
	vg_convolution piece = *c;
	piece.x = whole->descs[backward ? 2 : 0];
	piece.weights = whole->descs[1];
	piece.y = whole->descs[backward ? 0 : 2];
	dnnl_status_t s = part_of(&piece.x, c->parts);
	if (s == dnnl_success) s = part_of(&piece.y, c->parts);
	if (s != dnnl_success) return s;
	omp_set_num_threads(1);
	s = create_whole(e, &piece, &part);
	omp_set_num_threads(threads);
	if (s == dnnl_unimplemented || (s == dnnl_success && strcmp(part->implementation, whole->implementation))) {
		vg_primitive_destroy(part);
		return dnnl_success;
	}
	if (s == dnnl_success) s = vg_parts_make(part, whole, e, c->parts, threads);
	if (s != dnnl_success) {
		vg_primitive_destroy(part);
		return s;
	}
	vg_primitive_destroy(whole);
	*out = part;
	return s;
}

int vg_convolution_create(const vg_engine *e, const vg_convolution *c, vg_primitive **out) {
	dnnl_status_t s = create_whole(e, c, out);
	if (s != dnnl_success || c->parts < 2) return s;
	if ((s = divide(e, c, out)) != dnnl_success) vg_primitive_destroy(*out);
	return s;
}

int vg_matmul_create(const vg_engine *e, const dnnl_memory_desc_t *a, const dnnl_memory_desc_t *b,
                     const dnnl_memory_desc_t *y, vg_primitive **out) {
	dnnl_matmul_desc_t d;
	dnnl_status_t s = dnnl_matmul_desc_init(&d, a, b, NULL, y);
	if (s != dnnl_success) return s;
	dnnl_primitive_attr_t attr;
	if ((s = user_scratchpad(&attr)) != dnnl_success) return s;
	dnnl_primitive_desc_t pd = NULL;
	s = dnnl_primitive_desc_create(&pd, &d, attr, e->engine, NULL);
	dnnl_primitive_attr_destroy(attr);
	if (s != dnnl_success) return s;
	return finish(e, pd, matmul_roles, 0, out);
}

int vg_reorder_create(const vg_engine *e, const dnnl_memory_desc_t *from, const dnnl_memory_desc_t *to,
                      vg_primitive **out) {
	dnnl_primitive_attr_t attr;
	dnnl_status_t s = user_scratchpad(&attr);
	if (s != dnnl_success) return s;
	dnnl_primitive_desc_t pd = NULL;
	s = dnnl_reorder_primitive_desc_create(&pd, from, e->engine, to, e->engine, attr);
	dnnl_primitive_attr_destroy(attr);
	if (s != dnnl_success) return s;
	return finish(e, pd, reorder_roles, 0, out);
}

int vg_primitive_find(const vg_primitive *p, int arg) {
	for (int i = 0; i < p->count; i++)
		if (p->args[i].arg == arg) return i;
	return -1;
}

int vg_primitive_bind(vg_primitive *p, int arg, void *data) {
	int i = vg_primitive_find(p, arg);
	if (i < 0) return dnnl_invalid_arguments;
	p->bound |= data ? 1u << i : 0;
	if (p->parts.count) return vg_parts_bind(p, i, data);
	return dnnl_memory_set_data_handle(p->memories[i], data);
}

int vg_primitive_execute(const vg_primitive *p, const vg_engine *e) {
	if (p->bound != (1u << p->count) - 1) return dnnl_invalid_arguments;
	if (p->parts.count) return vg_parts_execute(p, e);
	dnnl_status_t s = dnnl_primitive_execute(p->primitive, e->stream, p->count, p->args);
	return s == dnnl_success ? dnnl_stream_wait(e->stream) : s;
}

void vg_primitive_destroy(vg_primitive *p) {
	if (!p) return;
	vg_parts_free(p);
	for (int i = 0; i < p->count; i++) dnnl_memory_destroy(p->memories[i]);
	if (p->primitive) dnnl_primitive_destroy(p->primitive);
	free(p);
}
