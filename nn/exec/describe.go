package exec

import (
	"fmt"
	"io"
	"slices"
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
	p.describeFullest(&s)
	return s.String()
}

// describeFullest lists the large values that share the arena at its fullest step.
func (p *Program) describeFullest(w io.Writer) {
	type held struct {
		root *buffer
		by   *step // the first that wrote it
	}
	var all []held
	var roots []*buffer
	for _, s := range p.steps {
		for _, b := range s.writes {
			if r := b.root(); r.movable() && !slices.Contains(roots, r) {
				roots, all = append(roots, r), append(all, held{r, s})
			}
		}
	}
	f := fullest(p.steps, roots)
	fmt.Fprintf(w, "fullest at step %d, %s alive:\n", f.at, mebibytes(f.bytes))
	slices.SortStableFunc(all, func(a, b held) int { return b.root.bytes() - a.root.bytes() })
	for _, h := range all {
		for _, life := range h.root.lives {
			if life.first <= f.at && f.at <= life.last && 100*h.root.bytes() > f.bytes {
				fmt.Fprintf(w, "%12s  steps %d to %d, %s, %s\n", mebibytes(h.root.bytes()), life.first, life.last, h.by.kernel, h.by.name)
			}
		}
	}
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

// PeakGFLOPS measures the device's rate, in bfloat16 where it computes so, with a oneDNN product of two
// matrices of 2048×2048, the fastest of several runs, in 10⁹ FLOP a second.
func (d *Device) PeakGFLOPS() (peak float64, err error) {
	const n, runs = 2048, 8
	d.Do(func() {
		m := onednn.Dense(n, n)
		if d.bf16 {
			m = m.BF16()
		}
		var t *timedPrimitive
		t, err = d.time(func() (*onednn.Primitive, error) { return d.engine.MatMul(m, m, m) },
			onednn.Source, onednn.Weights, onednn.Destination, onednn.Scratchpad)
		if err != nil {
			return
		}
		defer t.close()
		var best time.Duration
		if best, _, err = t.run(runs); err == nil {
			peak = 2 * n * n * n / best.Seconds() / 1e9
		}
	})
	return peak, err
}
