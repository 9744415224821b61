package onednn

// #include "recording.h"
import "C"

import "unsafe"

// Winograd is a convolution whose taps along height and width are 4, with stride 2 and padding 1, for kernels that do with 9 products
// what takes 16: F(2,2) of Lavin & Gray 2016, along both axes. Time is summed tap by tap. Values lie as for the kernels of Tiled, all
// of float32.
type Winograd struct{ Tiled }

// Fits reports whether the kernels of a direction take these sizes: positions of y come in pairs.
func (v Winograd) Fits(d Direction) bool {
	for i := 1; i < 3; i++ {
		if v.Kernel[i] != 4 || v.Stride[i] != 2 || v.Pad[i] != 1 || v.Y[i]%2 != 0 || v.X[i] != 2*v.Y[i] {
			return false
		}
	}
	if d == BackwardWeights {
		d = Forward // whose blocks it takes
	}
	return v.Tiled.Fits(d)
}

// WeightNumbers is how many numbers Transform makes for a direction.
func (v Winograd) WeightNumbers(d Direction) int {
	k, c, taps, byInput := v.weights(d)
	if v.Block == 8 {
		return int(C.vg_winograd_weight_numbers_avx2(k, c, taps, byInput))
	}
	return int(C.vg_winograd_weight_numbers(k, c, taps, byInput))
}

// Transform turns plain weights into those that Multiply takes.
func (v Winograd) Transform(d Direction, w, out unsafe.Pointer) {
	k, c, taps, byInput := v.weights(d)
	if v.Block == 8 {
		C.vg_call_winograd_weights_avx2(f32(w), k, c, taps, byInput, f32(out))
		return
	}
	C.vg_call_winograd_weights(f32(w), k, c, taps, byInput, f32(out))
}

func (v Winograd) weights(d Direction) (k, c, taps, byInput C.int64_t) {
	if d == BackwardData {
		byInput = 1
	}
	return C.int64_t(v.Outputs), C.int64_t(v.Channels), C.int64_t(v.Kernel[0]), byInput
}

// Meetings are those along time.
func (v Winograd) Meetings(d Direction) Meetings {
	for i := 1; i < 3; i++ {
		v.X[i], v.Y[i], v.Kernel[i], v.Stride[i], v.Pad[i] = 1, 1, 1, 1, 0
	}
	return v.Tiled.Meetings(d)
}

func (v Winograd) products(d Direction) C.vg_winograd {
	from, to := v.X, v.Y
	p := C.vg_winograd{n: C.int64_t(v.Samples), taps: C.int64_t(v.Kernel[0]), period: 1,
		from_blocks: C.int64_t(v.Channels / v.Block), to_blocks: C.int64_t(v.Outputs / v.Block)}
	if d == BackwardData {
		from, to = to, from
		p.from_blocks, p.to_blocks, p.by_input, p.period = p.to_blocks, p.from_blocks, 1, C.int64_t(v.Stride[0])
	}
	for i := range 3 {
		p.from[i], p.to[i] = C.int64_t(from[i]), C.int64_t(to[i])
	}
	return p
}

func (v Winograd) outer() C.vg_winograd_outer {
	p := C.vg_winograd_outer{n: C.int64_t(v.Samples), c: C.int64_t(v.Channels), k: C.int64_t(v.Outputs),
		taps: C.int64_t(v.Kernel[0]), stride: C.int64_t(v.Stride[0]), pad: C.int64_t(v.Pad[0])}
	for i := range 3 {
		p.x[i], p.y[i] = C.int64_t(v.X[i]), C.int64_t(v.Y[i])
	}
	return p
}

// Scratch is the number of bytes that so many threads need beside the result of Multiply or Weights.
func (v Winograd) Scratch(d Direction, threads int) int {
	switch {
	case d == BackwardWeights && v.Block == 8:
		return int(C.vg_winograd_outer_scratch_avx2(v.outer(), C.int64_t(threads)))
	case d == BackwardWeights:
		return int(C.vg_winograd_outer_scratch(v.outer(), C.int64_t(threads)))
	case v.Block == 8:
		return int(C.vg_winograd_scratch_avx2(v.products(d), C.int64_t(threads)))
	default:
		return int(C.vg_winograd_scratch(v.products(d), C.int64_t(threads)))
	}
}

// Weights computes the gradient by the weights, which is plain.
func (v Winograd) Weights(x, y unsafe.Pointer, threads int, scratch, gw unsafe.Pointer) {
	if v.Block == 8 {
		C.vg_call_winograd_outer_products_avx2(f32(x), f32(y), v.outer(), C.int64_t(threads), scratch, f32(gw))
		return
	}
	C.vg_call_winograd_outer_products(f32(x), f32(y), v.outer(), C.int64_t(threads), scratch, f32(gw))
}

// Multiply computes y (forward) or the gradient by x (BackwardData) from the other and what Transform makes of the weights. bias, of the
// result's channels, may be nil; the activation is applied last.
func (v Winograd) Multiply(d Direction, m Meetings, from, weights, bias unsafe.Pointer, act Activation, alpha float64, threads int, scratch, to unsafe.Pointer) {
	v.multiply(d, m, from, weights, bias, act, alpha, threads, scratch, to, Statistics{})
}

// Statistics are where MultiplyWithStatistics puts the mean and the biased variance of every channel; Moments is memory of that many bytes.
type Statistics struct{ Moments, Mean, Variance unsafe.Pointer }

// Moments is the number of bytes that MultiplyWithStatistics needs besides.
func (v Winograd) Moments(d Direction, threads int) int {
	if v.Block == 8 {
		return int(C.vg_winograd_moments_avx2(v.products(d), C.int64_t(threads)))
	}
	return int(C.vg_winograd_moments(v.products(d), C.int64_t(threads)))
}

// MultiplyWithStatistics is Multiply without an activation. It takes the statistics of its result while that is in the caches, in sums of
// float64 of which each addend is that of one row, in float32.
func (v Winograd) MultiplyWithStatistics(d Direction, m Meetings, from, weights, bias unsafe.Pointer, threads int, scratch, to unsafe.Pointer, s Statistics) {
	v.multiply(d, m, from, weights, bias, ActNone, 0, threads, scratch, to, s)
}

func (v Winograd) multiply(d Direction, m Meetings, from, weights, bias unsafe.Pointer, act Activation, alpha float64, threads int, scratch, to unsafe.Pointer, s Statistics) {
	begin, list := i32(m.begin), (*C.vg_meeting)(unsafe.Pointer(unsafe.SliceData(m.list)))
	statistics := C.vg_statistics{moments: s.Moments, mean: f32(s.Mean), _var: f32(s.Variance)}
	if v.Block == 8 {
		C.vg_call_winograd_products_avx2(f32(from), f32(weights), f32(bias), v.products(d), begin, list, C.int(act), C.double(alpha),
			C.int64_t(threads), scratch, f32(to), statistics)
		return
	}
	C.vg_call_winograd_products(f32(from), f32(weights), f32(bias), v.products(d), begin, list, C.int(act), C.double(alpha),
		C.int64_t(threads), scratch, f32(to), statistics)
}
