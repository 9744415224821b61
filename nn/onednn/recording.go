package onednn

// #include "recording.h"
import "C"

import (
	"fmt"
	"runtime"
	"time"
)

// Recording is a list of calls of kernels with their arguments, which Run makes without a return to Go between them: Go's scheduler
// looks after a thread that is in C, at first every 20 µs and on a core that computes, and does so anew with each call. Steps of
// training are 2 to 5 % shorter without.
//
// Addresses among the arguments, tables included, must stay valid until Close: C memory or pinned Go memory.
type Recording struct{ r *C.vg_recording }

// NewRecording makes an empty recording.
func NewRecording() (*Recording, error) {
	r := C.vg_recording_new()
	if r == nil {
		return nil, fmt.Errorf("onednn: make a recording: out of memory")
	}
	return &Recording{r}, nil
}

// Add runs calls, which must stay on the calling thread, and keeps in place of making them all calls of kernels and of Primitive.Execute; those of
// optimizers, of random numbers and of Spectral are made at once.
func (r *Recording) Add(calls func() error) error {
	runtime.LockOSThread() // whose calls are recorded
	defer runtime.UnlockOSThread()
	C.vg_record(r.r)
	defer C.vg_record(nil)
	if err := calls(); err != nil {
		return err
	}
	if r.r.failed != 0 {
		return fmt.Errorf("onednn: record a call: out of memory")
	}
	return nil
}

// Len is the number of calls so far.
func (r *Recording) Len() int { return int(r.r.count) }

// Run makes the calls from the first up to the end, which is not made. Where one fails, failed is its number.
func (r *Recording) Run(first, end int) (failed int, err error) {
	return r.replay(first, end, nil)
}

// Time is Run with a clock: took is the duration of each call.
func (r *Recording) Time(first, end int) (took []time.Duration, failed int, err error) {
	times := make([]C.int64_t, end-first+1)
	if failed, err = r.replay(first, end, &times[0]); err != nil {
		return nil, failed, err
	}
	for i := range end - first {
		took = append(took, time.Duration(times[i+1]-times[i]))
	}
	return took, 0, nil
}

func (r *Recording) replay(first, end int, times *C.int64_t) (failed int, err error) {
	if first < 0 || end > r.Len() {
		return 0, fmt.Errorf("onednn: calls %d to %d of a recording of %d", first, end, r.Len())
	}
	var at C.int64_t
	if s := C.vg_replay(r.r, C.int64_t(first), C.int64_t(end), &at, times); s != C.dnnl_success {
		return int(at), fmt.Errorf("onednn: call %d of a recording: %w", int(at), Status(s))
	}
	return 0, nil
}

// Close frees the recording. A second call does nothing.
func (r *Recording) Close() {
	C.vg_recording_free(r.r)
	r.r = nil
}
