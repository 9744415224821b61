package exec

import (
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"
	"unsafe"

	"videogan/nn/onednn"
)

// DeviceOptions configures a Device; the zero value uses every processor.
type DeviceOptions struct {
	Threads int // OpenMP threads of the kernels; 0: one a usable processor
	// Recompute makes programs drop values that wait long for their next use, and compute them again before it: less memory
	// for up to a second forward pass of time, and the same bits.
	Recompute bool
	// BF16 makes programs compute convolutions from bfloat16 operands and keep what flows between them so; parameters,
	// their gradients, statistics, losses and optimizers stay float32.
	BF16 bool
}

// ErrNoBF16 says that the processor has no bfloat16 products.
var ErrNoBF16 = errors.New("this CPU has no avx512_bf16: compute in float32")

// Device is the CPU as exec uses it: one locked operating system thread that
// runs every kernel (OpenMP keeps a team of threads for each thread that asks),
// oneDNN's engine, and the arena that all programs share for intermediate
// values. Programs of a device never run at the same time.
type Device struct {
	engine  *onednn.Engine
	arena   *onednn.Arena
	calls   chan func()
	done    chan struct{}
	threads int
	avx512  bool    // kernels have 16 lanes
	tile    int     // channels in a block of the kernels of onednn.Tiled: a register; 0 where there are none
	bf16    bool    // see DeviceOptions
	used    int     // largest arena use of any program, bytes
	repeat  float64 // share of a program's work that may be done twice to save memory

	mutex    sync.Mutex
	programs map[*Program]bool // not closed yet: they hold pinned and C memory
}

// NewDevice starts the kernel thread. Close it after its programs.
func NewDevice(o DeviceOptions) (*Device, error) {
	if o.Threads < 0 {
		return nil, fmt.Errorf("exec: %d threads: want 0 (all) or more", o.Threads)
	}
	if o.Threads == 0 {
		o.Threads = ReadMachine().CPUs
	}
	if o.BF16 && !ReadMachine().Has("avx512_bf16") {
		return nil, fmt.Errorf("exec: bfloat16 on %v: %w", ReadMachine(), ErrNoBF16)
	}
	d := &Device{avx512: ReadMachine().Has("avx512f"), bf16: o.BF16, calls: make(chan func()), done: make(chan struct{}), programs: map[*Program]bool{}}
	switch m := ReadMachine(); {
	case d.avx512:
		d.tile = 16
	case m.Has("avx2") && m.Has("fma"):
		d.tile = 8
	}
	if d.repeat = spareWork; o.Recompute {
		d.repeat = allWork
	}
	ready := make(chan error)
	go d.serve(o, ready)
	if err := <-ready; err != nil {
		return nil, err
	}
	return d, nil
}

func (d *Device) serve(o DeviceOptions, ready chan<- error) {
	runtime.LockOSThread()
	err := d.open(o)
	ready <- err
	if err != nil {
		return
	}
	for call := range d.calls {
		call()
	}
	d.arena.Close()
	d.engine.Close()
	close(d.done)
}

func (d *Device) open(o DeviceOptions) (err error) {
	if d.engine, err = onednn.NewEngine(o.Threads); err != nil {
		return err
	}
	d.threads = onednn.Threads()
	// Address space only: as much as the machine has memory bounds every plan.
	if d.arena, err = onednn.NewArena(reservedBytes()); err != nil {
		d.engine.Close()
	}
	return err
}

// reservedBytes is the address space of the arena.
func reservedBytes() int {
	if total := ReadMachine().MemoryBytes; total > 0 {
		return int(total)
	}
	return 16 << 30
}

// Do runs f on the kernel thread and returns when it is done. RunAll and the
// optimizers of Fused already run there: f must not call them.
func (d *Device) Do(f func()) {
	done := make(chan struct{})
	d.calls <- func() {
		defer close(done)
		f()
	}
	<-done
}

// Threads is the number of threads that share each kernel.
func (d *Device) Threads() int { return d.threads }

// ArenaBytes is the memory that the largest program of the device needs for
// intermediate values.
func (d *Device) ArenaBytes() int64 { return int64(d.used) }

// Close closes the programs that are still open, ends the kernel thread and
// frees the arena.
func (d *Device) Close() error {
	d.mutex.Lock()
	open := slices.Collect(maps.Keys(d.programs))
	d.mutex.Unlock()
	var err error
	for _, p := range open {
		err = errors.Join(err, p.Close())
	}
	close(d.calls)
	<-d.done
	return err
}

// keep remembers a program until it is closed.
func (d *Device) keep(p *Program) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.programs[p] = true
}

func (d *Device) forget(p *Program) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	delete(d.programs, p)
}

// floats views n float32 of C memory.
func floats(p unsafe.Pointer, n int) []float32 { return unsafe.Slice((*float32)(p), n) }
