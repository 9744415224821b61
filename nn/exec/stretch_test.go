package exec

import (
	"errors"
	"strings"
	"testing"

	"videogan/nn/onednn"
)

// threeStretches are steps around one that Go runs, on 16 numbers of the arena: 1 is filled in, Go adds 1, and a last kernel doubles.
func threeStretches(t *testing.T) (p *Program, v []float32) {
	t.Helper()
	d, err := NewDevice(DeviceOptions{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	b := &buffer{desc: onednn.Dense(16), base: d.arena.At}
	v = floats(b.pointer(), 16)
	kernel := func(name string, call func()) *step {
		return &step{name: name, kernel: "test", writes: []*buffer{b}, run: func() error {
			call()
			return nil
		}}
	}
	p = &Program{dev: d}
	p.steps = []*step{
		kernel("clear", func() { onednn.Fill(b.pointer(), 0, 16) }),
		kernel("one", func() { onednn.Fill(b.pointer(), 1, 16) }),
		kernel("add", func() {
			for i := range v {
				v[i]++
			}
		}),
		kernel("double", func() { onednn.Unary(onednn.UnaryScale, 2, b.pointer(), b.pointer(), 16) }),
	}
	p.steps[2].inGo = true
	p.run = p.execute
	return p, v
}

// recorded records p's steps on the device's thread.
func recorded(t *testing.T, p *Program) {
	t.Helper()
	var err error
	p.dev.Do(func() { err = p.record(p.steps) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.recording.Close() })
}

func TestStretchesEndAtStepsOfGo(t *testing.T) {
	p, v := threeStretches(t)
	recorded(t, p)
	if len(p.stretches) != 3 || len(p.stretches[0].steps) != 2 {
		t.Fatalf("%d stretches, want 3, of 2, 1 and 1 steps", len(p.stretches))
	}
	for range 2 {
		if err := p.RunAll(); err != nil {
			t.Fatal(err)
		}
		if v[0] != 4 || v[15] != 4 {
			t.Errorf("%v and %v, want 4", v[0], v[15])
		}
	}
	runs, err := p.Trace()
	if err != nil {
		t.Fatal(err)
	}
	if len(runs) != 4 || v[0] != 4 {
		t.Errorf("%d kernels traced and %v computed, want 4 and 4", len(runs), v[0])
	}
}

// The error names the step, in whichever stretch it is and however it is run.
func TestStretchNamesTheStepThatFails(t *testing.T) {
	refused := errors.New("refused")
	for _, c := range []struct {
		name string
		fail func(p *Program)
		want error
	}{
		{"one", func(p *Program) {
			m := onednn.Dense(4, 4)
			unbound, err := p.dev.engine.Reorder(m, m)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(unbound.Close)
			p.steps[1].run = func() error { return unbound.Execute(p.dev.engine) }
		}, onednn.InvalidArguments},
		{"add", func(p *Program) { p.steps[2].run = func() error { return refused } }, refused},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, _ := threeStretches(t)
			c.fail(p)
			recorded(t, p)
			_, traced := p.Trace()
			for _, err := range []error{p.RunAll(), traced} {
				if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.name+": test") {
					t.Errorf("error %v, want %v of step %s", err, c.want, c.name)
				}
			}
		})
	}
}
