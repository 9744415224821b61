package onednn

// #include "recording.h"
import "C"

import "unsafe"

// PoolKind is what a pooling window is reduced to.
type PoolKind int

// The kinds of PoolForward. The average divides by the whole window and counts
// padding as zeros; the padding never is the maximum, and NaN always is.
const (
	PoolAverage PoolKind = C.VG_POOL_AVERAGE
	PoolMax     PoolKind = C.VG_POOL_MAX
)

// Pool describes pooling of Planes × In × Block numbers to Planes × Out × Block.
// Plain N×C×T×H×W has N·C planes and Block 1; with channels in blocks of 8 or 16
// Planes counts the blocks. Axes that are not there have size, kernel and stride
// 1, and pad 0.
type Pool struct {
	Planes, Block                int
	In, Out, Kernel, Stride, Pad [3]int
}

func (p Pool) c() C.vg_pool {
	v := C.vg_pool{planes: C.int64_t(p.Planes), b: C.int64_t(p.Block)}
	for i := range 3 {
		v.in[i], v.out[i] = C.int64_t(p.In[i]), C.int64_t(p.Out[i])
		v.kernel[i], v.stride[i], v.pad[i] = C.int64_t(p.Kernel[i]), C.int64_t(p.Stride[i]), C.int64_t(p.Pad[i])
	}
	return v
}

// PoolForward pools x to y, which may not be x.
func PoolForward(kind PoolKind, p Pool, x, y unsafe.Pointer) {
	C.vg_call_pool_forward(C.int(kind), p.c(), f32(x), f32(y))
}

// PoolAverageGrad is the adjoint of average pooling: it shares each number of gy
// among its window of gx. gx may not be gy.
func PoolAverageGrad(p Pool, gy, gx unsafe.Pointer) {
	C.vg_call_pool_average_grad(p.c(), f32(gy), f32(gx))
}

// MaxPoolScatter is the adjoint of maximum pooling at x: it adds each number of gy
// to gx where its window of x has the maximum, of equals the first. gx may be
// neither x nor gy.
func MaxPoolScatter(p Pool, x, gy, gx unsafe.Pointer) {
	C.vg_call_maxpool_scatter(p.c(), f32(x), f32(gy), f32(gx))
}

// MaxPoolGather is the adjoint of MaxPoolScatter: it takes y from v where x has
// the maximum of each window. y may be neither x nor v.
func MaxPoolGather(p Pool, x, v, y unsafe.Pointer) {
	C.vg_call_maxpool_gather(p.c(), f32(x), f32(v), f32(y))
}

// Upsample repeats every number of x (planes × in × block) scale times along each
// axis to y, which may not be x.
func Upsample(planes int, in, scale [3]int, block int, x, y unsafe.Pointer) {
	C.vg_call_upsample(C.int64_t(planes), size3(in), size3(scale), C.int64_t(block), f32(x), f32(y))
}

func size3(v [3]int) C.vg_size3 {
	return C.vg_size3{[3]C.int64_t{C.int64_t(v[0]), C.int64_t(v[1]), C.int64_t(v[2])}}
}
