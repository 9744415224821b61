#include "kernels_strided.h"

vg_space vg_space_of(int rank, const int64_t *dims, const int64_t *a, const int64_t *b, const int64_t *c) {
	const int64_t *strides[VG_MAX_VIEWS] = {a, b, c};
	int64_t dense[VG_MAX_AXES];
	for (int64_t i = rank - 1, n = 1; i >= 0; i--) {
		dense[i] = n;
		n *= dims[i];
	}
	vg_space s = {0};
	for (int i = 0; i < rank; i++) {
		if (dims[i] == 1) continue;
		int joins = s.rank > 0;
		for (int v = 0; v < VG_MAX_VIEWS && joins; v++)
			joins = s.strides[v][s.rank - 1] == dims[i] * (strides[v] ? strides[v] : dense)[i];
		if (!joins) s.dims[s.rank++] = 1;
		s.dims[s.rank - 1] *= dims[i];
		for (int v = 0; v < VG_MAX_VIEWS; v++) s.strides[v][s.rank - 1] = (strides[v] ? strides[v] : dense)[i];
	}
	if (s.rank == 0) { // one element
		s.rank = 1;
		s.dims[0] = 1;
	}
	return s;
}

int64_t vg_space_size(const vg_space *s) {
	int64_t n = 1;
	for (int i = 0; i < s->rank; i++) n *= s->dims[i];
	return n;
}

vg_stretch vg_stretch_start(const vg_space *s, int64_t lo, int64_t hi) {
	vg_stretch w = {.at = lo, .end = hi};
	for (int i = s->rank - 1; i >= 0; i--) {
		w.index[i] = lo % s->dims[i];
		lo /= s->dims[i];
		for (int v = 0; v < VG_MAX_VIEWS; v++) w.offset[v] += w.index[i] * s->strides[v][i];
	}
	return w;
}

int vg_stretch_next(const vg_space *s, vg_stretch *w) {
	int i = s->rank - 1;
	w->index[i] += w->count;
	for (int v = 0; v < VG_MAX_VIEWS; v++) w->offset[v] += w->count * s->strides[v][i];
	for (; i > 0 && w->index[i] == s->dims[i]; i--) {
		w->index[i] = 0;
		w->index[i - 1]++;
		for (int v = 0; v < VG_MAX_VIEWS; v++) w->offset[v] += s->strides[v][i - 1] - s->dims[i] * s->strides[v][i];
	}
	i = s->rank - 1;
	w->count = vg_min(s->dims[i] - w->index[i], w->end - w->at);
	if (w->count <= 0) return 0;
	w->at += w->count;
	return 1;
}
