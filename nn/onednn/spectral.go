package onednn

// #include "spectral.h"
import "C"

import (
	"runtime"
	"unsafe"
)

// Spectral is the memory for functions of a matrix's singular values: the addresses of its
// arrays, for a matrix of Rows×Cols in row-major order. The smaller size is N; W stands for the matrix, or for
// its transpose where it has more rows than columns. Clip uses no other memory, and gives the same bits for any number of threads.
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

// N is the number of singular values.
func (s *Spectral) N() int { return min(s.Rows, s.Cols) }

// Stride is the length of a row of Gram.
func (s *Spectral) Stride() int {
	const lanes = C.VG_SPECTRAL_LANES
	return (s.N() + lanes - 1) / lanes * lanes
}

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
		8*4*n*C.VG_SPECTRAL_NODES,
		4*((2*blocks+8)*whole*block+(blocks+1+3*threads)*block*block),
		4*((whole+8)*(whole+16)+9*whole),
		4*2*whole*(whole+panel*threads),
	)
}

func (s *Spectral) arrays() C.vg_spectral {
	return C.vg_spectral{
		n: C.int64_t(s.N()), block: C.int64_t(s.Block), gram_stride: C.int64_t(s.Stride()), function_stride: C.int64_t(s.functionStride()),
		scratch: f32(s.Scratch), gram: (*C.double)(s.Gram), diagonal: (*C.double)(s.Diagonal), beside: (*C.double)(s.Beside),
		reflections: f32(s.Reflectors), function: f32(s.Function), factor: f32(s.Factor), order: (*C.int64_t)(s.Order),
	}
}

// Clip sets the singular values of the matrices W at the addresses that are over 1 to 1, to about 2e-6, and largest to the
// largest that each had. It ends at a matrix that is not finite, or whose squares are not, leaves it as it is, and returns
// how many came before. The arrays of several matrices may be the same.
func Clip(spectra []*Spectral, addresses []unsafe.Pointer, largest []float64) int {
	if len(spectra) == 0 {
		return 0
	}
	var pinner runtime.Pinner
	defer pinner.Unpin()
	arrays, matrices := make([]C.vg_spectral, len(spectra)), make([]C.vg_matrix, len(spectra))
	for i, s := range spectra {
		pinner.Pin(addresses[i])
		arrays[i], matrices[i] = s.arrays(), C.vg_matrix{data: f32(addresses[i]), rows: C.int64_t(s.Rows), cols: C.int64_t(s.Cols)}
	}
	return int(C.vg_clip(&arrays[0], &matrices[0], C.int64_t(len(spectra)), (*C.double)(unsafe.SliceData(largest))))
}
