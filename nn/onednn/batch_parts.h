// A primitive of a part of a batch in place of one of the whole: threads take part after part until none is left. oneDNN
// divides the work evenly before it begins, and all threads wait for the one that the system held up.
#ifndef VG_BATCH_PARTS_H
#define VG_BATCH_PARTS_H

#include "primitive.h"

// Makes part, the primitive of the first of count parts on one thread, compute all of them with so many threads. whole is the
// primitive of all, whose operands it takes; those with the part's own are steps apart.
int vg_parts_make(vg_primitive *part, const vg_primitive *whole, const vg_engine *e, int64_t count, int threads);
int vg_parts_bind(vg_primitive *p, int i, void *data);
int vg_parts_execute(const vg_primitive *p, const vg_engine *e);
void vg_parts_free(vg_primitive *p);

#endif
