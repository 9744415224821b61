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
	Diagonal   []float64      // N
	Beside     []float64      // N, the last is 0
	Reflectors unsafe.Pointer // N × N float32
	Function   unsafe.Pointer // N × N float32
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

// ScratchBytes is what the functions need on so many threads.
func (s *Spectral) ScratchBytes(threads int) int {
	const block, panel, chunk, depth, lanes = C.VG_SPECTRAL_BLOCK, C.VG_SPECTRAL_PANEL, C.VG_SPECTRAL_CHUNK, C.VG_SPECTRAL_DEPTH, 16
	n, long := s.N(), max(s.Rows, s.Cols)
	whole := (n + lanes - 1) / lanes * lanes
	return max(
		4*whole*(whole*((long+chunk-1)/chunk)+depth*threads),
		8*(4*threads+2*C.VG_SPECTRAL_GROUPS)*s.Stride(),
		8*4*n*SpectralNodes,
		4*(2*n*block+3*block*block),
		4*(n*n+2*n),
		4*2*whole*(whole+panel*threads),
	)
}

func (s *Spectral) matrix(w unsafe.Pointer) C.vg_matrix {
	return C.vg_matrix{data: f32(w), rows: C.int64_t(s.Rows), cols: C.int64_t(s.Cols)}
}

func f64(p unsafe.Pointer) *C.double { return (*C.double)(p) }

func f64s(v []float64) *C.double { return f64(unsafe.Pointer(unsafe.SliceData(v))) }

// Tridiagonalize computes W·Wᵀ = Q·T·Qᵀ: Diagonal and Beside are T's, and Reflectors make Q.
func (s *Spectral) Tridiagonalize(w unsafe.Pointer) {
	n, stride := C.int64_t(s.N()), C.int64_t(s.Stride())
	if s.Block == 8 {
		C.vg_gram_avx2(s.matrix(w), f32(s.Scratch), f64(s.Gram), stride)
	} else {
		C.vg_gram(s.matrix(w), f32(s.Scratch), f64(s.Gram), stride)
	}
	C.vg_tridiagonalize(f64(s.Gram), n, stride, f64(s.Scratch), f64s(s.Diagonal), f64s(s.Beside), f32(s.Reflectors))
}

// Resolvents sets Function to Q·(constant·I + Re Σ weight/(T - node))·Qᵀ. The imaginary
// parts of the nodes are positive and grow from one to the next; there are at most
// SpectralNodes, a multiple of SpectralLanes.
func (s *Spectral) Resolvents(nodes, weights []complex128, constant float64) {
	var parts [4][SpectralNodes]float64
	for i, z := range nodes {
		parts[0][i], parts[1][i], parts[2][i], parts[3][i] = real(z), imag(z), real(weights[i]), imag(weights[i])
	}
	n := C.int64_t(s.N())
	list := C.vg_nodes{f64s(parts[0][:]), f64s(parts[1][:]), f64s(parts[2][:]), f64s(parts[3][:]), C.int64_t(len(nodes))}
	C.vg_resolvents(f64s(s.Diagonal), f64s(s.Beside), n, list, C.double(constant), f64(s.Scratch), f32(s.Function))
	C.vg_reflect(f32(s.Reflectors), n, f32(s.Scratch), f32(s.Function))
}

// Subtract sets W to W - F·W for the positive semidefinite Function F, of which it may leave
// out what is at most the tolerance anywhere on the diagonal: the less work, the lower F's rank.
func (s *Spectral) Subtract(w unsafe.Pointer, tolerance float64) {
	order := (*C.int64_t)(s.Order)
	rank := C.vg_factor(f32(s.Function), C.int64_t(s.N()), C.float(tolerance), f32(s.Scratch), order, f32(s.Factor))
	if s.Block == 8 {
		C.vg_subtract_avx2(s.matrix(w), rank, order, f32(s.Factor), f32(s.Scratch))
		return
	}
	C.vg_subtract(s.matrix(w), rank, order, f32(s.Factor), f32(s.Scratch))
}
