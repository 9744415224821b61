package onednn

// #include "tap_products.h"
import "C"

import "unsafe"

// TapProducts describes the weight gradient of a folded convolution as matrix
// products, one for each tap: deep tensor (Samples × (Size + Taps - 1) × Channels), y (Samples ×
// Size × Outputs) and gradients (Taps × Outputs × Channels), all with channels last.
type TapProducts struct {
	Samples, Channels, Outputs int
	Size, Taps                 [3]int // of y and of the kernel, along time, height and width
}

func (t TapProducts) c() C.vg_tap_products {
	v := C.vg_tap_products{n: C.int64_t(t.Samples), c: C.int64_t(t.Channels), k: C.int64_t(t.Outputs)}
	for i := range 3 {
		v.size[i], v.taps[i] = C.int64_t(t.Size[i]), C.int64_t(t.Taps[i])
	}
	return v
}

func (t TapProducts) taps() int { return product(t.Taps[:]) }

// WeightScratch is the number of floats that TapWeights needs beside its result.
func (t TapProducts) WeightScratch() int { return C.VG_TAP_ROWS * t.Channels * t.taps() }

// ChannelsLast moves the channels of x, a multiple of b in blocks of b, behind the positions.
func ChannelsLast(x unsafe.Pointer, samples, channels, positions, b int, out unsafe.Pointer) {
	C.vg_channels_last(f32(x), C.int64_t(samples), C.int64_t(channels), C.int64_t(positions), C.int64_t(b), f32(out))
}

// TapWeights computes the gradient by the weights.
func TapWeights(t TapProducts, deep, y, scratch, gw unsafe.Pointer) {
	C.vg_tap_weights(f32(deep), f32(y), t.c(), f32(scratch), f32(gw))
}

// WeightsFromTaps moves the result of TapWeights to row-major weights; table is the
// fold's, Taps.
func WeightsFromTaps(t TapProducts, byTap unsafe.Pointer, table []int32, w unsafe.Pointer) {
	C.vg_weights_from_taps(f32(byTap), C.int64_t(t.Outputs), C.int64_t(t.Channels), C.int64_t(t.taps()), i32(table), f32(w))
}
