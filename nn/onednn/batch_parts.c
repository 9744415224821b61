#include "batch_parts.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

static int is_scratch(const vg_primitive *p, int i) { return p->args[i].arg == DNNL_ARG_SCRATCHPAD; }

static dnnl_memory_t *of_thread(const vg_primitive *p, int thread) { return p->parts.memories + thread * p->count; }

int vg_parts_make(vg_primitive *part, const vg_primitive *whole, const vg_engine *e, int64_t count, int threads) {
	vg_parts *parts = &part->parts;
	parts->memories = calloc(threads * part->count, sizeof *parts->memories);
	if (!parts->memories) return dnnl_out_of_memory;
	parts->threads = threads;
	parts->count = count;
	for (int i = 0; i < part->count; i++) {
		for (int thread = 0; thread < threads; thread++) {
			dnnl_status_t s = dnnl_memory_create(&of_thread(part, thread)[i], &part->descs[i], e->engine, DNNL_MEMORY_NONE);
			if (s != dnnl_success) return s;
		}
		parts->step[i] = dnnl_memory_desc_get_size(&part->descs[i]);
		const int in_whole = vg_primitive_find(whole, part->args[i].arg);
		if (is_scratch(part, i)) {
			const dnnl_dims_t all = {threads * parts->step[i]};
			dnnl_status_t s = dnnl_memory_desc_init_by_tag(&part->descs[i], 1, all, dnnl_u8, dnnl_a);
			if (s != dnnl_success) return s;
		} else if (part->descs[i].dims[0] == whole->descs[in_whole].dims[0]) {
			parts->step[i] = 0;
		} else {
			part->descs[i] = whole->descs[in_whole];
		}
	}
	return dnnl_success;
}

int vg_parts_bind(vg_primitive *p, int i, void *data) {
	p->parts.data[i] = data;
	for (int thread = 0; thread < p->parts.threads; thread++) {
		char *own = (char *)data + (is_scratch(p, i) ? thread * p->parts.step[i] : 0);
		dnnl_status_t s = dnnl_memory_set_data_handle(of_thread(p, thread)[i], own);
		if (s != dnnl_success) return s;
	}
	return dnnl_success;
}

int vg_parts_execute(const vg_primitive *p, const vg_engine *e) {
	int failed = dnnl_success;
#pragma omp parallel num_threads(p->parts.threads)
	{
		dnnl_memory_t *own = of_thread(p, omp_get_thread_num());
		dnnl_exec_arg_t args[VG_MAX_ARGS];
		for (int i = 0; i < p->count; i++) args[i] = (dnnl_exec_arg_t){p->args[i].arg, own[i]};
#pragma omp for schedule(dynamic)
		for (int64_t part = 0; part < p->parts.count; part++) {
			dnnl_status_t s = dnnl_success;
			for (int i = 0; i < p->count && s == dnnl_success; i++)
				if (p->parts.step[i] && !is_scratch(p, i)) s = dnnl_memory_set_data_handle(own[i], p->parts.data[i] + part * p->parts.step[i]);
			if (s == dnnl_success) s = dnnl_primitive_execute(p->primitive, e->stream, p->count, args);
			if (s != dnnl_success) {
#pragma omp atomic write
				failed = s;
			}
		}
	}
	return failed;
}

void vg_parts_free(vg_primitive *p) {
	for (int i = 0; p->parts.memories && i < p->parts.threads * p->count; i++) dnnl_memory_destroy(p->parts.memories[i]);
	free(p->parts.memories);
}
