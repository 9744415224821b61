package onednn

// #include "recording.h"
import "C"

import (
	"fmt"
	"unsafe"
)

// UnaryFunc is a function of one number.
type UnaryFunc int

// The functions of Unary; a is its alpha.
const (
	UnaryReLU      UnaryFunc = C.VG_RELU       // max(x, 0)
	UnaryLeakyReLU UnaryFunc = C.VG_LEAKY_RELU // x where x > 0, else a·x
	UnaryTanh      UnaryFunc = C.VG_TANH
	UnarySigmoid   UnaryFunc = C.VG_SIGMOID  // 1/(1 + exp -x)
	UnarySoftplus  UnaryFunc = C.VG_SOFTPLUS // log(1 + exp x), without overflow
	UnaryExp       UnaryFunc = C.VG_EXP
	UnaryLog       UnaryFunc = C.VG_LOG
	UnarySqrt      UnaryFunc = C.VG_SQRT
	UnaryAbs       UnaryFunc = C.VG_ABS
	UnarySign      UnaryFunc = C.VG_SIGN  // -1, 0 or 1
	UnaryPow       UnaryFunc = C.VG_POW   // x to the power a
	UnaryScale     UnaryFunc = C.VG_SCALE // a·x
	UnaryShift     UnaryFunc = C.VG_SHIFT // x + a
	UnaryCopy      UnaryFunc = C.VG_COPY
)

// Unary sets y to f of each of n numbers x.
func Unary(f UnaryFunc, alpha float64, x, y unsafe.Pointer, n int) {
	C.vg_call_unary(C.int(f), C.double(alpha), f32(x), f32(y), C.int64_t(n))
}

// UnaryGrad sets gx to gy times the derivative of f where its value is y. f is
// one of ReLU, LeakyReLU, Tanh and Sigmoid.
func UnaryGrad(f UnaryFunc, alpha float64, y, gy, gx unsafe.Pointer, n int) {
	C.vg_call_unary_grad(C.int(f), C.double(alpha), f32(y), f32(gy), f32(gx), C.int64_t(n))
}

// BinaryFunc is a function of two numbers.
type BinaryFunc int

// The functions of Binary.
const (
	BinaryAdd BinaryFunc = C.VG_ADD
	BinarySub BinaryFunc = C.VG_SUB
	BinaryMul BinaryFunc = C.VG_MUL
	BinaryDiv BinaryFunc = C.VG_DIV
)

// Binary sets y to f of n pairs from a and b.
func Binary(f BinaryFunc, a, b, y unsafe.Pointer, n int) {
	C.vg_call_binary(C.int(f), f32(a), f32(b), f32(y), C.int64_t(n))
}

// Link is a function in a chain: of a and b, which are read with strides in elements; stride 0 repeats. One of them
// may be nil in all but the first link: what the links before gave, with the strides of a dense tensor.
type Link struct {
	Func             BinaryFunc
	StrideA, StrideB []int
	A, B             unsafe.Pointer
}

// MaxLinks is how many links a chain may have.
const MaxLinks = C.VG_MAX_LINKS

// BinaryChain sets the dense y, of the given sizes, to the functions of the links, one after the other, in one pass
// over memory. It takes at most 8 axes. y may be a dense operand of the first link that no later one reads.
func BinaryChain(dims []int, links []Link, y unsafe.Pointer) {
	C.vg_call_binary_chain(C.int(len(dims)), axes(dims), chainOf(links), f32(y))
}

func chainOf(links []Link) C.vg_chain {
	if len(links) > MaxLinks {
		panic(fmt.Sprintf("onednn: %d links: a chain takes %d", len(links), MaxLinks))
	}
	chain := C.vg_chain{count: C.int64_t(len(links))}
	for i, l := range links {
		chain.links[i] = C.vg_link{_func: C.int(l.Func), stride_a: axes(l.StrideA), stride_b: axes(l.StrideB), a: f32(l.A), b: f32(l.B)}
	}
	return chain
}

// BinaryStrided is a chain of one link.
func BinaryStrided(f BinaryFunc, dims, strideA, strideB []int, a, b, y unsafe.Pointer) {
	BinaryChain(dims, []Link{{f, strideA, strideB, a, b}}, y)
}

// Fill sets n numbers y to value.
func Fill(y unsafe.Pointer, value float64, n int) {
	C.vg_call_fill(f32(y), C.double(value), C.int64_t(n))
}
