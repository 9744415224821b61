package onednn

// #cgo CFLAGS: -O3 -fopenmp -Wno-psabi
// #cgo LDFLAGS: -lgomp -lm
// #include "kernels.h"
import "C"

import (
	"fmt"
	"unsafe"
)

// Layout says how a tensor of N samples, C channels and S positions lies in
// memory: as N × CB × S × B, channel cb·B + b in block cb at b. Plain N×C×S has
// B = 1, channels last has CB = 1 and B = C, oneDNN's blocked layouts have B = 8
// or 16. Numbers of channels from C on fill up the last block: inputs hold zeros
// there, and so do the outputs of every kernel.
//
// The kernels take addresses of float32 data, retain none of them and allocate
// nothing. An output may be the address of an input of the same size unless a
// kernel says otherwise; arrays must not overlap in part. NaN and infinities in
// the data reach the result. The same input gives the same bits for any number of
// threads.
type Layout struct{ N, CB, S, B, C int }

func (l Layout) c() C.vg_layout {
	return C.vg_layout{C.int64_t(l.N), C.int64_t(l.CB), C.int64_t(l.S), C.int64_t(l.B), C.int64_t(l.C)}
}

// Activation is a function that some kernels apply to their result.
type Activation int

// The activations; alpha is the slope of ActLeakyReLU where its operand is not
// positive.
const (
	ActNone      Activation = C.VG_ACT_NONE
	ActReLU      Activation = C.VG_ACT_RELU
	ActLeakyReLU Activation = C.VG_ACT_LEAKY_RELU
)

// maxAxes is the most axes of a strided kernel.
const maxAxes = C.VG_MAX_AXES

func f32(p unsafe.Pointer) *C.float { return (*C.float)(p) }

// axes are the sizes or strides of a tensor.
func axes(v []int) (a C.vg_axes) {
	if len(v) > maxAxes {
		panic(fmt.Sprintf("onednn: %d axes: a strided kernel takes %d", len(v), maxAxes))
	}
	for i, n := range v {
		a.v[i] = C.int64_t(n)
	}
	return a
}

func flag(b bool) C.int {
	if b {
		return 1
	}
	return 0
}
