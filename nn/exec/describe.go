package exec

import (
	"fmt"
	"strings"
	"time"

	"videogan/nn/onednn"
)

// String prints the plan: a line a kernel, with the node it computes, the
// implementation, and where its result lies; then the totals.
func (p *Program) String() string {
	if p.run == nil {
		return fmt.Sprintf("reference program of %d outputs, run by the operations' own Do\n", len(p.outputs))
	}
	if p.closed {
		return "closed program\n"
	}
	var s strings.Builder
	fmt.Fprintf(&s, "%4s  %-52s %10s %12s %12s  %s\n", "step", "kernel", "GFLOP", "bytes", "offset", "node")
	for i, st := range p.steps {
		bytes, offset := "", ""
		if len(st.writes) > 0 {
			result := st.writes[0] // a scratchpad comes after it
			bytes = fmt.Sprint(result.desc.Bytes())
			offset = where(result)
		}
		fmt.Fprintf(&s, "%4d  %-52s %10.3f %12s %12s  %s\n", i, st.kernel, st.flops/1e9, bytes, offset, st.name)
	}
	fmt.Fprintf(&s, "%d kernels, %.2f GFLOP, arena %s, lasting %s\n", len(p.steps), p.FLOPs()/1e9,
		mebibytes(p.arena), mebibytes(p.lasting.Size()))
	return s.String()
}

// where says which memory holds a buffer.
func where(b *buffer) string {
	r, shift := b.root(), 0
	for v := b; v.parent != nil; v = v.parent {
		shift += v.shift
	}
	switch {
	case r.outer != nil:
		return "parameter"
	case r.lasts:
		return fmt.Sprintf("lasting+%d", r.offset+shift)
	default:
		return fmt.Sprintf("arena+%d", r.offset+shift)
	}
}

// KernelTime is what one kernel of a program took.
type KernelTime struct {
	Node, Kernel string
	FLOPs        float64
	Duration     time.Duration
}

// Profile runs the program once and reports the time of every kernel, in order.
func (p *Program) Profile() ([]KernelTime, error) {
	if p.run == nil {
		return nil, fmt.Errorf("exec: profile: a reference program has no kernels")
	}
	times := make([]KernelTime, len(p.steps))
	var err error
	p.dev.Do(func() {
		for i, s := range p.steps {
			begin := time.Now()
			if err = s.run(); err != nil {
				return
			}
			times[i] = KernelTime{Node: s.name, Kernel: s.kernel, FLOPs: s.flops, Duration: time.Since(begin)}
		}
	})
	return times, err
}

// PeakGFLOPS measures the device's float32 rate with a oneDNN product of two
// matrices of 2048×2048, the fastest of several runs, in 10⁹ FLOP a second.
func (d *Device) PeakGFLOPS() (peak float64, err error) {
	const n, runs = 2048, 8
	d.Do(func() {
		var arena *onednn.Arena
		if arena, err = onednn.NewArena(3 * 4 * n * n); err != nil {
			return
		}
		defer arena.Close()
		onednn.Fill(arena.At(0), 1, 3*n*n) // untouched memory is one page of zeros, which never leaves the cache
		m := onednn.Dense(n, n)
		var p *onednn.Primitive
		if p, err = d.engine.MatMul(m, m, m); err != nil {
			return
		}
		defer p.Close()
		for i, arg := range []onednn.Argument{onednn.Source, onednn.Weights, onednn.Destination} {
			if err = p.Bind(arg, arena.At(i*4*n*n)); err != nil {
				return
			}
		}
		for range runs {
			begin := time.Now()
			if err = p.Execute(d.engine); err != nil {
				return
			}
			peak = max(peak, 2*n*n*n/time.Since(begin).Seconds()/1e9)
		}
	})
	return peak, err
}
