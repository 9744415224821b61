package exec

import (
	"fmt"
	"slices"
	"testing"
	"unsafe"

	"pgregory.net/rapid"

	"videogan/nn/onednn"
)

// fakePlan is a plan of kernels that mix their operands into numbers that tell
// every operand and its order, over memory of the test.
type fakePlan struct {
	memory  []float32
	lasting []float32
	input   *buffer
	steps   []*step
	keep    []*buffer
	runs    []int // of each step
}

// newFakePlan draws a plan of forward and backward steps, some in place, some
// with scratch memory, a second result or a second writer.
func newFakePlan(draw func(label string, low, high int) int) *fakePlan {
	p := &fakePlan{memory: make([]float32, 1<<14), lasting: make([]float32, 1<<13)}
	fresh := func(floats int) *buffer {
		return &buffer{desc: onednn.Dense(floats), base: func(at int) unsafe.Pointer { return unsafe.Pointer(&p.memory[at/4]) }}
	}
	input := fresh(64)
	input.lasts, input.base = true, func(at int) unsafe.Pointer { return unsafe.Pointer(&p.lasting[at/4]) }
	p.input = input
	values := []*buffer{input}
	mix := func(number int, reads []*buffer, to *buffer, from, until int) func() error {
		p.runs = append(p.runs, 0)
		return func() error {
			p.runs[number]++
			out := floats(to.pointer(), to.desc.Floats())
			for i := from; i < until; i++ {
				sum := float32(number)
				for j, b := range reads {
					in := floats(b.pointer(), b.desc.Floats())
					sum += float32(j+1) * in[i%len(in)]
				}
				out[i] = sum / 3
			}
			return nil
		}
	}
	add := func(s *step, to *buffer, from, until int) {
		s.run = mix(len(p.steps), s.reads, to, from, until)
		s.name, s.kernel, s.flops = fmt.Sprint(len(p.steps)), "mix", float64(draw("flops", 0, 1000))
		p.steps = append(p.steps, s)
	}
	for range draw("steps", 3, 40) {
		// Recent values mostly, and now and then one of long ago: a backward pass.
		var reads []*buffer
		for range draw("operands", 1, 3) {
			reads = append(reads, values[draw("operand", max(0, len(values)-draw("back", 1, 40)), len(values)-1)])
		}
		floats := reads[0].desc.Floats()
		out := fresh(floats)
		switch draw("kind", 0, 5) {
		case 0: // another size
			out = fresh(16 * draw("size", 1, 8))
			add(&step{reads: reads, writes: []*buffer{out}}, out, 0, out.desc.Floats())
		case 1: // scratch memory, which it also spoils
			scratch := fresh(32)
			add(&step{reads: reads, writes: []*buffer{out, scratch}}, out, 0, floats)
			run := p.steps[len(p.steps)-1].run
			p.steps[len(p.steps)-1].run = func() error {
				clear(unsafe.Slice((*float32)(scratch.pointer()), 32))
				return run()
			}
		case 2: // written in two halves
			add(&step{reads: reads, writes: []*buffer{out}}, out, 0, floats/2)
			add(&step{reads: reads[:1], writes: []*buffer{out}}, out, floats/2, floats)
		case 3: // through a view
			view := &buffer{desc: out.desc, parent: out}
			add(&step{reads: reads, writes: []*buffer{view}, once: draw("once", 0, 3) == 0}, out, 0, floats)
		default: // in place where it can be; the operand must then be read at the same index only
			var reuse []*buffer
			for _, b := range reads {
				if b.desc.Floats() == floats {
					reuse = append(reuse, b)
				}
			}
			add(&step{reads: reads, writes: []*buffer{out}, reuse: reuse}, out, 0, floats)
		}
		values = append(values, out)
	}
	for i, b := range values {
		if i == len(values)-1 || draw("kept", 0, 9) == 0 {
			if b != input {
				b.lasts, b.base = true, input.base
			}
			p.keep = append(p.keep, b)
		}
	}
	return p
}

// run places the plan and runs it; it gives what is kept, and the arena's size.
func (p *fakePlan) run(allowance float64) (kept [][]float32, arena int) {
	steps := recompute(p.steps, p.keep, allowance)
	arena, _ = place(steps, p.keep)
	for i := range p.memory {
		p.memory[i] = -1
	}
	for i := range 64 {
		floats(p.input.pointer(), 64)[i] = float32(i)
	}
	for _, s := range steps {
		if err := s.run(); err != nil {
			panic(err)
		}
	}
	for _, b := range p.keep {
		kept = append(kept, slices.Clone(floats(b.pointer(), b.desc.Floats())))
	}
	return kept, arena
}

func TestRecomputingKeepsTheBits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var drawn []int
		plain := newFakePlan(func(label string, low, high int) int {
			drawn = append(drawn, rapid.IntRange(low, high).Draw(t, label))
			return drawn[len(drawn)-1]
		})
		twice := newFakePlan(func(string, int, int) int {
			v := drawn[0]
			drawn = drawn[1:]
			return v
		})
		want, _ := plain.run(0)
		got, _ := twice.run(allWork)
		for i := range want {
			if !slices.Equal(want[i], got[i]) {
				t.Fatalf("kept value %d differs:\n%v\n%v", i, want[i], got[i])
			}
		}
		for i, n := range twice.runs {
			if n > 2 || n > 1 && twice.steps[i].once {
				t.Fatalf("step %d ran %d times", i, n)
			}
		}
	})
}

// chain is a network of n layers and its backward pass, each step of which needs
// the layer's input.
func chain(n int) *fakePlan {
	p := &fakePlan{memory: make([]float32, 1<<16), lasting: make([]float32, 1<<8)}
	fresh := func() *buffer {
		return &buffer{desc: onednn.Dense(64), base: func(at int) unsafe.Pointer { return unsafe.Pointer(&p.memory[at/4]) }}
	}
	p.input = &buffer{desc: onednn.Dense(64), lasts: true, base: func(at int) unsafe.Pointer { return unsafe.Pointer(&p.lasting[at/4]) }}
	h := []*buffer{p.input}
	add := func(reads ...*buffer) *buffer {
		out := fresh()
		number := len(p.steps)
		p.steps = append(p.steps, &step{reads: reads, writes: []*buffer{out}, flops: 1e6, run: func() error {
			to := floats(out.pointer(), 64)
			for i := range to {
				to[i] = float32(number)
				for _, b := range reads {
					to[i] += floats(b.pointer(), 64)[i] / 2
				}
			}
			return nil
		}})
		return out
	}
	for i := range n {
		h = append(h, add(h[i]))
	}
	gradient := h[n]
	for i := n - 1; i >= 0; i-- {
		gradient = add(h[i], gradient)
	}
	gradient.lasts, gradient.base = true, h[0].base
	p.keep = []*buffer{gradient}
	return p
}

func TestRecomputingSavesMemory(t *testing.T) {
	const layers = 64
	all, before := chain(layers).run(0)
	again, after := chain(layers).run(allWork)
	if !slices.Equal(all[0], again[0]) {
		t.Error("the gradient differs")
	}
	// Segments of √n layers need 2√n values; greedy choices come near.
	if value := 256; before < layers*value || after > 24*value {
		t.Errorf("%d layers take %d values, and %d with recomputation: want at least %d and at most 24", layers, before/value, after/value, layers)
	}
	if _, little := chain(layers).run(0.001); little < before {
		t.Errorf("an allowance of less than a step saved %d of %d bytes", before-little, before)
	}
}

func TestPlanWithoutSteps(t *testing.T) {
	if got := recompute(nil, nil, allWork); len(got) != 0 {
		t.Errorf("%d steps of none", len(got))
	}
}

func TestSmallPlanStays(t *testing.T) {
	p := chain(128)
	if got := recompute(p.steps, p.keep, spareWork); len(got) != len(p.steps) {
		t.Errorf("%d steps repeated for a plan of 32 KiB", len(got)-len(p.steps))
	}
	if got := recompute(p.steps, p.keep, 2*spareWork); len(got) <= len(p.steps) {
		t.Error("no steps repeated on another allowance")
	}
}
