package onednn

// #include "spectral.h"
import "C"

import "unsafe"

// Spectral is the memory for functions of a matrix's singular values: the addresses of its
// arrays, for a matrix of Rows×Cols in row-major order. The smaller size is N; W stands for the matrix, or for
// its transpose where it has more rows than columns. The functions below use no other
// memory, and give the same bits for any number of threads.
type Spectral struct {
	Rows, Cols int
	Block      int            // lanes of the kernels: 8 for those of AVX2, else 16
	Scratch    unsafe.Pointer // ScratchBytes
	Gram       unsafe.Pointer // N × Stride float64
	Diagonal   unsafe.Pointer // N float64
	Beside     unsafe.Pointer // N float64, the last is 0
	Reflectors unsafe.Pointer // N × N float32
	Function   unsafe.Pointer // FunctionBytes
	Factor     unsafe.Pointer // N × N float32
	Order      unsafe.Pointer // N int64
}

// SpectralNodes is the most nodes of Resolvents, SpectralLanes what their number is a
// multiple of.
const (
	SpectralNodes = C.VG_SPECTRAL_NODES
	SpectralLanes = C.VG_SPECTRAL_LANES
)

// N is the number of singular values.
func (s *Spectral) N() int { return min(s.Rows, s.Cols) }

// Stride is the length of a row of Gram.
func (s *Spectral) Stride() int { return (s.N() + SpectralLanes - 1) / SpectralLanes * SpectralLanes }

// functionStride is the length of a row of Function: rows that lie a power of two apart would share few of a cache's places.
func (s *Spectral) functionStride() int { return (s.N()+15)/16*16 + 16 }

// FunctionBytes is the size of Function.
func (s *Spectral) FunctionBytes() int { return 4 * ((s.N() + 7) / 8 * 8) * s.functionStride() }

// ScratchBytes is what the functions need on so many threads.
func (s *Spectral) ScratchBytes(threads int) int {
	const block, panel, chunk, depth, lanes = C.VG_SPECTRAL_BLOCK, C.VG_SPECTRAL_PANEL, C.VG_SPECTRAL_CHUNK, C.VG_SPECTRAL_DEPTH, 16
	n, long := s.N(), max(s.Rows, s.Cols)
	whole, blocks := (n+lanes-1)/lanes*lanes, (n+block-1)/block
	return max(
		4*whole*(whole*((long+chunk-1)/chunk)+depth*threads),
		8*(4*threads+2*C.VG_SPECTRAL_GROUPS)*s.Stride(),
		8*4*n*SpectralNodes,
		4*((2*blocks+8)*whole*block+(blocks+1+3*threads)*block*block),
		4*((whole+8)*(whole+16)+9*whole),
		4*2*whole*(whole+panel*threads),
	)
}

func (s *Spectral) matrix(w unsafe.Pointer) C.vg_matrix {
	return C.vg_matrix{data: f32(w), rows: C.int64_t(s.Rows), cols: C.int64_t(s.Cols)}
}

func (s *Spectral) arrays() C.vg_spectral {
	return C.vg_spectral{
		n: C.int64_t(s.N()), block: C.int64_t(s.Block), gram_stride: C.int64_t(s.Stride()), function_stride: C.int64_t(s.functionStride()),
		scratch: f32(s.Scratch), gram: f64(s.Gram), diagonal: f64(s.Diagonal), beside: f64(s.Beside),
		reflections: f32(s.Reflectors), function: f32(s.Function), factor: f32(s.Factor), order: (*C.int64_t)(s.Order),
	}
}

func f64(p unsafe.Pointer) *C.double { return (*C.double)(p) }

func f64s(v []float64) *C.double { return f64(unsafe.Pointer(unsafe.SliceData(v))) }

// Tridiagonalize computes W·Wᵀ = Q·T·Qᵀ and returns the diagonal of T and the numbers beside it, the last of which is 0.
// Reflectors make Q.
func (s *Spectral) Tridiagonalize(w unsafe.Pointer) (diagonal, beside []float64) {
	C.vg_spectral_tridiagonalize(s.arrays(), s.matrix(w))
	return unsafe.Slice((*float64)(s.Diagonal), s.N()), unsafe.Slice((*float64)(s.Beside), s.N())
}

// Subtract sets W to W - F·W for the positive semidefinite F = Q·(constant·I + Re Σ weight/(T - node))·Qᵀ, of which it may
// leave out what is at most the tolerance anywhere on the diagonal: the less work, the lower F's rank. The imaginary parts
// of the nodes are positive and grow from one to the next; there are at most SpectralNodes, a multiple of SpectralLanes.
func (s *Spectral) Subtract(w unsafe.Pointer, nodes, weights []complex128, constant, tolerance float64) {
	var parts [4][SpectralNodes]float64
	for i, z := range nodes {
		parts[0][i], parts[1][i], parts[2][i], parts[3][i] = real(z), imag(z), real(weights[i]), imag(weights[i])
	}
	list := C.vg_nodes{f64s(parts[0][:]), f64s(parts[1][:]), f64s(parts[2][:]), f64s(parts[3][:]), C.int64_t(len(nodes))}
	C.vg_spectral_subtract(s.arrays(), s.matrix(w), list, C.double(constant), C.float(tolerance))
}
