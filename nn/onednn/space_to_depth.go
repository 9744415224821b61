package onednn

// #include "recording.h"
import "C"

import "unsafe"

// Fold turns a convolution of 4 taps, stride 2 and pad 1 along some axes into
// one of 2 taps, stride 1 and no pad: every pair of neighbours (2j-1, 2j) of the
// wide tensor moves into the channels of position j. Sums and FLOPs stay the
// same; oneDNN's kernels without stride are the faster ones.
type Fold struct {
	Samples, Channels int
	Sizes             []int  // spatial sizes of the wide tensor
	Strided           []bool // which of its axes have stride 2
}

// Parities is the factor by which channels grow: 2 for each strided axis.
func (f Fold) Parities() int {
	n := 1
	for _, s := range f.Strided {
		if s {
			n *= 2
		}
	}
	return n
}

// DeepSizes are the spatial sizes after the fold.
func (f Fold) DeepSizes() []int {
	v := make([]int, len(f.Sizes))
	for i, n := range f.Sizes {
		v[i] = n
		if f.Strided[i] {
			v[i] = n/2 + 1
		}
	}
	return v
}

// Kernel is the kernel of the folded convolution.
func (f Fold) Kernel(kernel []int) []int {
	v := make([]int, len(kernel))
	for i, k := range kernel {
		v[i] = k
		if f.Strided[i] {
			v[i] = k / 2
		}
	}
	return v
}

// Taps says where the weights of one output channel go: number i of the folded
// weights (parity, channel, tap) is number Taps[i] of the plain ones (channel, tap).
func (f Fold) Taps(kernel []int) []int32 {
	folded := f.Kernel(kernel)
	table := make([]int32, 0, f.Parities()*f.Channels*product(folded))
	parities := make([]int, len(kernel))
	for i := range parities {
		parities[i] = kernel[i] / folded[i]
	}
	each(parities, func(p []int) {
		for c := range f.Channels {
			each(folded, func(q []int) {
				at := c
				for i := range kernel {
					at = at*kernel[i] + q[i]*parities[i] + p[i]
				}
				table = append(table, int32(at))
			})
		}
	})
	return table
}

func product(v []int) int {
	n := 1
	for _, d := range v {
		n *= d
	}
	return n
}

// each visits all indices below sizes, the last fastest.
func each(sizes []int, visit func(index []int)) {
	index := make([]int, len(sizes))
	for range product(sizes) {
		visit(index)
		for i := len(sizes) - 1; i >= 0; i-- {
			if index[i]++; index[i] < sizes[i] {
				break
			}
			index[i] = 0
		}
	}
}

// c is the fold for channel blocks of bx in the wide and bd in the deep tensor.
func (f Fold) c(bx, bd int) C.vg_fold {
	v := C.vg_fold{n: C.int64_t(f.Samples), c: C.int64_t(f.Channels), bx: C.int64_t(bx), bd: C.int64_t(bd)}
	missing := len(v.size) - len(f.Sizes)
	for i := range v.size {
		v.size[i] = 1
	}
	for i, n := range f.Sizes {
		v.size[missing+i] = C.int64_t(n)
		if f.Strided[i] {
			v.strided[missing+i] = 1
		}
	}
	return v
}

// SpaceToDepth folds x, in channel blocks of bx (1: plain), into deep, in
// blocks of bd.
func SpaceToDepth(f Fold, bx, bd int, x, deep unsafe.Pointer) {
	C.vg_call_space_to_depth((*C.float)(x), f.c(bx, bd), (*C.float)(deep))
}

// DepthToSpace is the adjoint of SpaceToDepth.
func DepthToSpace(f Fold, bd, bx int, deep, x unsafe.Pointer) {
	C.vg_call_depth_to_space((*C.float)(deep), f.c(bx, bd), (*C.float)(x))
}

// GatherRows sets out[k, i] = in[k, table[i]] for plain rows.
func GatherRows(in unsafe.Pointer, rows int, table []int32, out unsafe.Pointer) {
	C.vg_call_gather_rows((*C.float)(in), C.int64_t(rows), C.int64_t(len(table)), i32(table), (*C.float)(out))
}

// ScatterRows sets out[k, table[i]] = in[k, i] for plain rows.
func ScatterRows(in unsafe.Pointer, rows int, table []int32, out unsafe.Pointer) {
	C.vg_call_scatter_rows((*C.float)(in), C.int64_t(rows), C.int64_t(len(table)), i32(table), (*C.float)(out))
}

// i32 is the address of a slice's numbers; taken so, cgo needs no copy of the slice to check it.
func i32(v []int32) *C.int32_t { return (*C.int32_t)(unsafe.Pointer(unsafe.SliceData(v))) }
