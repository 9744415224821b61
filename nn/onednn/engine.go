package onednn

// #cgo LDFLAGS: -ldnnl -lgomp
// #include <omp.h>
// #include "primitive.h"
import "C"

import (
	"fmt"
	"unsafe"
)

// Engine is oneDNN's CPU engine with one in-order stream.
type Engine struct{ e C.vg_engine }

// NewEngine makes the engine and gives the calling thread's OpenMP team the
// number of threads; 0 leaves OpenMP's own choice. Call it on the locked thread
// that will run the kernels.
func NewEngine(threads int) (*Engine, error) {
	if threads > 0 {
		C.omp_set_num_threads(C.int(threads))
	}
	e := &Engine{}
	if s := C.vg_engine_create(&e.e); s != C.dnnl_success {
		return nil, fmt.Errorf("onednn: create the CPU engine: %w", Status(s))
	}
	return e, nil
}

// Close frees the engine; its primitives must be closed before.
func (e *Engine) Close() { C.vg_engine_destroy(&e.e) }

// Threads is the number of threads of the calling thread's OpenMP team.
func Threads() int { return int(C.omp_get_max_threads()) }

// Version is the version of the oneDNN library in use.
func Version() string {
	v := C.dnnl_version()
	return fmt.Sprintf("%d.%d.%d", int(v.major), int(v.minor), int(v.patch))
}

// Extension is a set of vector instructions.
type Extension int

// AVX512 has registers of 16 lanes; AVX512BF16 also multiplies bfloat16.
const (
	AVX512     Extension = C.dnnl_cpu_isa_avx512_core
	AVX512BF16 Extension = C.dnnl_cpu_isa_avx512_core_bf16
)

// Uses reports whether oneDNN's kernels use an extension here: where the processor has it, unless ONEDNN_MAX_CPU_ISA
// in the environment names a smaller one.
func Uses(e Extension) bool { return Extension(C.dnnl_get_effective_cpu_isa())&e == e }

// Status is oneDNN's reason for refusing a call.
type Status int

// Unimplemented says that oneDNN has no kernel for what was asked.
const Unimplemented = Status(C.dnnl_unimplemented)

// InvalidArguments says that an operand is missing or does not fit.
const InvalidArguments = Status(C.dnnl_invalid_arguments)

func (s Status) Error() string {
	switch C.dnnl_status_t(s) {
	case C.dnnl_out_of_memory:
		return "out of memory"
	case C.dnnl_invalid_arguments:
		return "invalid arguments"
	case C.dnnl_unimplemented:
		return "no kernel for this shape and layout"
	case C.dnnl_iterator_ends:
		return "no further kernel"
	case C.dnnl_runtime_error:
		return "run-time error"
	default:
		return fmt.Sprintf("status %d", int(s))
	}
}

func ptrTo[T any](p *T) unsafe.Pointer { return unsafe.Pointer(p) }
