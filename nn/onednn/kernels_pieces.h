// Sums over every channel: the positions of all samples are cut into pieces, one
// task a tile of channels and piece, and the pieces' sums are added in order.
// The cut depends on sizes only.
#ifndef VG_KERNELS_PIECES_H
#define VG_KERNELS_PIECES_H

#include "kernels_lanes.h"

enum {
	VG_WANTED_TASKS = 128, // enough for the threads to be busy to the end
	VG_MAX_TASKS = 2 * VG_WANTED_TASKS,
	VG_LEAST_PIECE = 4096, // numbers
};

// Two sums of a task by lanes: as vectors while they grow, then as numbers.
typedef struct {
	vg_d8 first[VG_LANES / 8], second[VG_LANES / 8];
} vg_sums;
typedef struct {
	double first[VG_LANES], second[VG_LANES];
} vg_partial;

typedef struct {
	int64_t tiles, positions; // positions of all samples
	int64_t count;            // pieces of a tile; with more than one there are at most VG_MAX_TASKS tasks
	int64_t each;             // numbers in a piece
} vg_pieces;

// Into how many pieces each of several sums is cut.
VG_INLINE int64_t vg_pieces_for(int64_t sums, int64_t numbers) {
	const int64_t wanted = (VG_WANTED_TASKS + sums - 1) / sums;
	return vg_max(1, vg_min(wanted, numbers / VG_LEAST_PIECE));
}

vg_pieces vg_split(const vg_layout *l);

VG_INLINE int64_t vg_piece_begin(const vg_pieces *p, int64_t k) { return p->positions * k / p->count; }

// The positions of one task, counted over samples; vg_piece_next gives the next
// run, or 0 at the end.
typedef struct {
	int64_t tile, at, end;
	int64_t slot; // of the task's partial sums: those of a tile follow each other
} vg_piece_walk;
vg_piece_walk vg_piece_start(const vg_pieces *p, int64_t task);
int vg_piece_next(const vg_layout *l, vg_piece_walk *w, vg_run *r);

// How far ahead of a run's rows others are fetched: to the same ones of the next sample where a sample has few.
VG_INLINE int64_t vg_piece_ahead(const vg_layout *l, const vg_run *r) {
	return r->rows * r->stride <= 16 * VG_AHEAD ? l->cb * l->s * l->b : VG_AHEAD;
}

// Adds the lanes of equal channels; lane j < distinct then has channel j's sums.
void vg_fold(int64_t distinct, const vg_sums *s, vg_partial *p);

#endif
