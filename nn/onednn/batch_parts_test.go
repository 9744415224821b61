package onednn

import (
	"errors"
	"fmt"
	"math"
	"testing"
	"unsafe"
)

// A convolution in parts of the batch is that of the whole: in the same layouts, by the same kernel, whatever the threads.
func TestConvolutionInParts(t *testing.T) {
	e := engine(t)
	x, w, y := Dense(12, 32, 8, 8), Dense(16, 32, 4, 4), Dense(12, 16, 4, 4)
	bias := Dense(16)
	for _, row := range []struct {
		reason string
		conv   Convolution
		args   []Argument // the result last
	}{
		{"forward", Convolution{Direction: Forward}, []Argument{Source, Weights, Destination}},
		{"forward with a bias and a ReLU", Convolution{Direction: Forward, Bias: &bias, Post: PostReLU, Alpha: 0.2}, []Argument{Source, Weights, Bias, Destination}},
		{"by the data", Convolution{Direction: BackwardData}, []Argument{DiffDestination, Weights, DiffSource}},
	} {
		t.Run(row.reason, func(t *testing.T) {
			c := row.conv
			c.X, c.Weights, c.Y = x.Any(), w.Any(), y.Any()
			c.Strides, c.PadLeft, c.PadRight = []int{2, 2}, []int{1, 1}, []int{1, 1}
			var results [][]float32
			var layouts []string
			for _, parts := range []int{0, 4, 12} {
				c.Parts = parts
				p, err := e.Convolution(c)
				if err != nil {
					t.Fatal(err)
				}
				defer p.Close()
				a, err := NewArena(1 << 20)
				if err != nil {
					t.Fatal(err)
				}
				defer a.Close()
				offset, layout := 0, p.Implementation()
				var result []float32
				for i, arg := range append(row.args, Scratchpad) {
					d, ok := p.Descriptor(arg)
					if !ok {
						continue // not every kernel needs scratch memory
					}
					values := unsafe.Slice((*float32)(a.At(offset)), d.Bytes()/4)
					if arg != Scratchpad {
						copy(values, numbers(len(values)))
						layout += fmt.Sprint(" ", d)
					}
					if i == len(row.args)-1 {
						result = values
					}
					if err := p.Bind(arg, a.At(offset)); err != nil {
						t.Fatal(err)
					}
					offset += (d.Bytes() + 63) / 64 * 64
				}
				if err := p.Execute(e); err != nil {
					t.Fatal(err)
				}
				results, layouts = append(results, result), append(layouts, layout)
			}
			for i := range results[1:] {
				if layouts[i+1] != layouts[0] {
					t.Errorf("in parts %s, the whole %s", layouts[i+1], layouts[0])
				}
				for j, want := range results[0] {
					if got := results[i+1][j]; math.Abs(float64(got-want)) > 1e-5*(1+math.Abs(float64(want))) {
						t.Fatalf("number %d is %v in parts, %v in the whole", j, got, want)
					}
				}
			}
		})
	}
	for _, row := range []struct {
		reason    string
		direction Direction
		parts     int
	}{{"parts that do not divide the batch", Forward, 5}, {"a sum over the batch", BackwardWeights, 4}} {
		_, err := e.Convolution(Convolution{Direction: row.direction, X: x.Any(), Weights: w.Any(), Y: y.Any(),
			Strides: []int{2, 2}, PadLeft: []int{1, 1}, PadRight: []int{1, 1}, Parts: row.parts})
		if !errors.Is(err, InvalidArguments) {
			t.Errorf("%s: %v, want %v", row.reason, err, InvalidArguments)
		}
	}
	c := Convolution{Direction: Forward, X: x.Any(), Weights: w.Any(), Y: y.Any(), Strides: []int{2, 2}, PadLeft: []int{1, 1}, PadRight: []int{1, 1}, Parts: 4}
	p, err := e.Convolution(c)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := p.Execute(e); err == nil {
		t.Error("executed without an address of any operand")
	}
}
