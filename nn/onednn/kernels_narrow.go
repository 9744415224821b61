package onednn

// #include "recording.h"
import "C"

import "unsafe"

// Narrow describes a convolution of 3×3 taps, stride 1 and pad 1 with few
// outputs: x (Samples×Channels×Height×Width, in channel blocks of Block), weights
// (Outputs×Channels×3×3) and y (Samples×Outputs×Height×Width), the latter two plain.
type Narrow struct{ Samples, Channels, Height, Width, Block, Outputs int }

// Fits reports whether the kernels take these sizes.
func (n Narrow) Fits() bool {
	return (n.Block == 8 || n.Block == 16) && n.Channels%n.Block == 0 && n.Channels <= C.VG_NARROW_CHANNELS &&
		n.Outputs <= C.VG_NARROW_OUTPUTS && n.Height <= C.VG_NARROW_AREA && n.Width <= C.VG_NARROW_AREA
}

func (n Narrow) c() C.vg_narrow {
	return C.vg_narrow{n: C.int64_t(n.Samples), c: C.int64_t(n.Channels), height: C.int64_t(n.Height),
		width: C.int64_t(n.Width), b: C.int64_t(n.Block), k: C.int64_t(n.Outputs)}
}

// NarrowForward computes y from x, normalized by b unless that has no mean, from the weights and a bias of Outputs numbers, which may be nil.
func NarrowForward(n Narrow, x unsafe.Pointer, b Normalization, w, bias, y unsafe.Pointer) {
	C.vg_call_narrow_forward(f32(x), b.c(), f32(w), f32(bias), n.c(), f32(y))
}

// NarrowBackwardData computes the gradient by x from that by y.
func NarrowBackwardData(n Narrow, gy, w, gx unsafe.Pointer) {
	C.vg_call_narrow_backward_data(f32(gy), f32(w), n.c(), f32(gx))
}

// NarrowScratch is the number of float64 that NarrowBackwardWeights needs beside
// its result.
func NarrowScratch(n Narrow) int {
	return int(C.vg_narrow_pieces(n.c())) * n.Outputs * n.Channels * 9
}

// NarrowBackwardWeights computes the gradient by the weights, of x normalized by b unless that has no mean. scratch holds
// NarrowScratch float64.
func NarrowBackwardWeights(n Narrow, x unsafe.Pointer, b Normalization, gy, scratch, gw unsafe.Pointer) {
	C.vg_call_narrow_backward_weights(f32(x), b.c(), f32(gy), n.c(), (*C.double)(scratch), f32(gw))
}
