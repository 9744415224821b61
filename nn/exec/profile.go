package exec

import (
	"fmt"
	"strings"
	"time"

	"videogan/nn/onednn"
)

// KernelRun is one kernel of one run of a program.
type KernelRun struct {
	Node   string  // what it computes
	Layer  string  // path of the layer's parameters, "dis/c1"; "" for what belongs to none
	Kernel string  // operation and implementation
	FLOPs  float64 // nominal; 0 for what only moves or compares
	Bytes  int64   // of its operands, each counted once, scratch memory included
	Layout bool    // only changes the layout of a value
	Begin  time.Duration
	Took   time.Duration
}

// layoutKernels begin the names of kernels that compute nothing: they move a
// value from one layout to another.
var layoutKernels = []string{"reorder ", "space to depth ", "depth to space ", "fold weights", "unfold weights", "transform weights",
	"channels last ", "weights from taps"}

func isLayout(kernel string) bool {
	for _, name := range layoutKernels {
		if strings.HasPrefix(kernel, name) {
			return true
		}
	}
	return false
}

// Trace runs the program once and reports every kernel in order, Begin counted
// from the start of the run. Inputs keep what they held.
func (p *Program) Trace() ([]KernelRun, error) {
	if p.run == nil {
		return nil, fmt.Errorf("exec: trace: a reference program has no kernels")
	}
	if p.closed {
		return nil, fmt.Errorf("exec: trace a closed program")
	}
	layers := p.layers(p.nodes())
	runs := make([]KernelRun, len(p.steps))
	for i, s := range p.steps {
		runs[i] = KernelRun{Node: s.name, Layer: layers[s.name], Kernel: s.kernel, FLOPs: s.flops, Layout: isLayout(s.kernel)}
		for _, list := range [][]*buffer{s.reads, s.writes} {
			for _, b := range list {
				runs[i].Bytes += int64(b.desc.Bytes())
			}
		}
	}
	var err error
	p.dev.Do(func() {
		start, at := time.Now(), 0
		took := make([]time.Duration, len(p.steps))
		for _, h := range p.stretches {
			begin := time.Since(start)
			if err = p.runStretch(h, took[at:at+len(h.steps)]); err != nil {
				err = fmt.Errorf("exec: trace: %w", err)
				return
			}
			for range h.steps {
				runs[at].Begin, runs[at].Took = begin, took[at]
				begin, at = begin+took[at], at+1
			}
		}
	})
	return runs, err
}

// CopyRate measures how fast the device's threads copy memory that fits no
// cache, the fastest of several copies of 256 MiB: bytes read and bytes written,
// in 10⁹ a second.
func (d *Device) CopyRate() (gigabytes float64, err error) {
	const n, runs = 64 << 20, 5
	d.Do(func() {
		// Two axes: oneDNN splits a copy among threads along the first ones.
		m := onednn.Dense(64, n/64)
		var r *timedPrimitive
		if r, err = d.time(func() (*onednn.Primitive, error) { return d.engine.Reorder(m, m) }, onednn.From, onednn.To); err != nil {
			return
		}
		defer r.close()
		var best time.Duration
		if best, _, err = r.run(runs); err == nil {
			gigabytes = 2 * 4 * n / best.Seconds() / 1e9
		}
	})
	return gigabytes, err
}

// timedPrimitive is a primitive alone, on memory of its own.
type timedPrimitive struct {
	*onednn.Primitive
	engine *onednn.Engine
	arena  *onednn.Arena
}

// time makes a primitive and gives memory to those of its operands that are
// named. It must run on the kernel thread.
func (d *Device) time(make func() (*onednn.Primitive, error), args ...onednn.Argument) (*timedPrimitive, error) {
	p, err := make()
	if err != nil {
		return nil, err
	}
	size := 0
	for _, arg := range args {
		if m, ok := p.Descriptor(arg); ok {
			size += aligned(m.Bytes())
		}
	}
	t := &timedPrimitive{Primitive: p, engine: d.engine}
	if t.arena, err = onednn.NewArena(size); err != nil {
		p.Close()
		return nil, err
	}
	offset := 0
	for _, arg := range args {
		m, ok := p.Descriptor(arg)
		if !ok {
			continue
		}
		at := t.arena.At(offset)
		// Memory never written is one page of zeros, which every cache holds.
		values := floats(at, m.Floats())
		for i := range values {
			values[i] = 0.5
		}
		if err := p.Bind(arg, at); err != nil {
			t.close()
			return nil, err
		}
		offset += aligned(m.Bytes())
	}
	return t, nil
}

// run measures several runs, after one that is not counted.
func (t *timedPrimitive) run(times int) (fastest, mean time.Duration, err error) {
	for i := range times + 1 {
		begin := time.Now()
		if err := t.Execute(t.engine); err != nil {
			return 0, 0, err
		}
		took := time.Since(begin)
		if i > 0 {
			mean += took / time.Duration(times)
		}
		if i == 1 || i > 1 && took < fastest {
			fastest = took
		}
	}
	return fastest, mean, nil
}

func (t *timedPrimitive) close() {
	t.Close()
	t.arena.Close()
}
