#include "spectral.h"

#include "recording.h"

void vg_spectral_tridiagonalize(vg_spectral s, vg_matrix w) {
	vg_spread();
	(s.block == 8 ? vg_gram_avx2 : vg_gram)(w, s.scratch, s.gram, s.gram_stride);
	vg_tridiagonalize(s.gram, s.n, s.gram_stride, (double *)s.scratch, s.diagonal, s.beside, s.reflections);
}

void vg_spectral_subtract(vg_spectral s, vg_matrix w, vg_nodes nodes, double constant, float tolerance) {
	vg_resolvents(s.diagonal, s.beside, s.n, nodes, constant, (double *)s.scratch, s.function_stride, s.function);
	(s.block == 8 ? vg_reflect_avx2 : vg_reflect)(s.reflections, s.n, s.function_stride, s.scratch, s.function);
	const int64_t rank = (s.block == 8 ? vg_factor_avx2 : vg_factor)(s.function, s.n, s.function_stride, tolerance, s.scratch, s.order, s.factor);
	(s.block == 8 ? vg_subtract_avx2 : vg_subtract)(w, rank, s.order, s.factor, s.scratch);
}
