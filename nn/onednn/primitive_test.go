package onednn

import (
	"errors"
	"testing"
)

func engine(t *testing.T) *Engine {
	t.Helper()
	e, err := NewEngine(0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

func TestDescriptors(t *testing.T) {
	for _, row := range []struct {
		reason string
		d      Descriptor
		tag    string
		plain  bool
		padded bool
		layout Layout
	}{
		{"row-major", Dense(2, 3, 4, 5), "abcd", true, false, Layout{N: 2, CB: 3, S: 20, B: 1, C: 3}},
		{"whole blocks", Blocked(8, 2, 16, 4, 5), "aBcd8b", false, false, Layout{N: 2, CB: 2, S: 20, B: 8, C: 16}},
		{"a block filled up with zeros", Blocked(8, 2, 3, 4), "aBc8b", false, true, Layout{N: 2, CB: 1, S: 4, B: 8, C: 3}},
		{"channels last", Strided([]int{2, 3, 4, 5}, []int{60, 1, 15, 3}), "acdb", false, false, Layout{N: 2, CB: 1, S: 20, B: 3, C: 3}},
		{"a vector", Dense(7), "a", true, false, Layout{N: 1, CB: 7, S: 1, B: 1, C: 7}},
	} {
		t.Run(row.reason, func(t *testing.T) {
			if row.d.Tag() != row.tag || row.d.IsPlain() != row.plain || row.d.Padded() != row.padded {
				t.Errorf("%v: plain %v, padded %v; want %s, %v, %v", row.d, row.d.IsPlain(), row.d.Padded(), row.tag, row.plain, row.padded)
			}
			if l, ok := row.d.Channels(); !ok || l != row.layout {
				t.Errorf("channels of %v: %+v, %v; want %+v", row.d, l, ok, row.layout)
			}
		})
	}
	if _, ok := Strided([]int{2, 3, 4}, []int{4, 8, 1}).Channels(); ok {
		t.Error("a transposed tensor passes for a channel layout")
	}
}

func TestReorderRoundTrip(t *testing.T) {
	e := engine(t)
	plain, blocked := Dense(2, 11, 3, 5), Blocked(8, 2, 11, 3, 5)
	x := numbers(plain.Floats())
	a, err := NewArena(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	view := func(i int) *float32 { return (*float32)(a.At(i)) }
	for i, v := range x {
		*view(4 * i) = v
	}
	for _, step := range []struct {
		from, to Descriptor
		src, dst int
	}{{plain, blocked, 0, 1 << 16}, {blocked, plain, 1 << 16, 1 << 17}} {
		p, err := e.Reorder(step.from, step.to)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(p.Bind(From, a.At(step.src)), p.Bind(To, a.At(step.dst)), p.Execute(e)); err != nil {
			t.Fatal(err)
		}
		p.Close()
	}
	for i, v := range x {
		if got := *view(1<<17 + 4*i); got != v {
			t.Fatalf("number %d came back as %v, want %v", i, got, v)
		}
	}
}

func TestConvolutionErrors(t *testing.T) {
	e := engine(t)
	_, err := e.Convolution(Convolution{X: Dense(1, 3, 8, 8).Any(), Weights: Dense(4, 5, 3, 3).Any(), Y: Dense(1, 4, 6, 6).Any(),
		Strides: []int{1, 1}, PadLeft: []int{0, 0}, PadRight: []int{0, 0}})
	var s Status
	if !errors.As(err, &s) {
		t.Fatalf("channels that do not fit: got %v, want a Status", err)
	}
	p, err := e.MatMul(Dense(2, 3), Dense(3, 4), Dense(2, 4))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := p.Bind(DiffSource, nil); err == nil {
		t.Error("bound an operand that a matrix product does not have")
	}
}

func TestExecuteRefusesUnboundOperands(t *testing.T) {
	e := engine(t)
	a, err := NewArena(1 << 12)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	p, err := e.Reorder(Dense(2, 16, 3, 5), Blocked(8, 2, 16, 3, 5))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := p.Bind(From, a.At(0)); err != nil {
		t.Fatal(err)
	}
	var s Status
	if err := p.Execute(e); !errors.As(err, &s) || s != InvalidArguments {
		t.Errorf("without an address for the result: %v; want %v", err, InvalidArguments)
	}
}
