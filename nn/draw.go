package nn

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"

	"gorgonia.org/tensor"
)

// drawnAtOnce is how many values of an elementwise initializer are drawn before they are rounded: a
// parameter's memory is touched once, and no memory of twice its size beside it.
const drawnAtOnce = 1 << 12

// DrawAhead lets New return before the values of a large parameter have been drawn: goroutines, one a core, draw
// them while a graph is built and compiled, which only needs to know where they lie. The values are those that New
// alone would draw. Until wait has returned no parameter may be read or written; wait ends the drawing ahead.
func (p *Params) DrawAhead() (wait func()) {
	var drawing sync.WaitGroup
	cores := make(chan struct{}, runtime.GOMAXPROCS(0))
	p.ahead = func(draw func()) {
		drawing.Go(func() {
			cores <- struct{}{}
			defer func() { <-cores }()
			draw()
		})
	}
	return func() {
		drawing.Wait()
		p.ahead = nil
	}
}

// drawn is a tensor of an initializer's values, rounded to the type of p.
func (p *Params) drawn(init Initializer, shape []int, rng *rand.Rand) (*tensor.Dense, error) {
	size := tensor.Shape(shape).TotalSize()
	switch p.dtype {
	case tensor.Float64:
		values := make([]float64, size)
		if err := init.Fill(values, shape, rng); err != nil {
			return nil, err
		}
		return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(values)), nil
	case tensor.Float32:
		values := make([]float32, size)
		adviseHugePages(values)
		piece := size
		_, one := init.(elementwise)
		if one {
			piece = min(size, drawnAtOnce)
		}
		draw := func() error { return fill(values, piece, init, shape, rng) }
		if p.ahead == nil || !one || size <= drawnAtOnce {
			if err := draw(); err != nil {
				return nil, err
			}
		} else if err := init.Fill(nil, shape, rng); err != nil { // draws nothing, and looks at the shape
			return nil, err
		} else {
			p.ahead(func() { _ = draw() }) // the shape is all that an elementwise initializer can refuse
		}
		return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(values)), nil
	}
	return nil, fmt.Errorf("numbers of type %v: only float32 and float64 are supported", p.dtype)
}

// fill draws values in pieces.
func fill(values []float32, piece int, init Initializer, shape []int, rng *rand.Rand) error {
	buffer := make([]float64, piece)
	for from := 0; from < len(values); from += piece {
		part := buffer[:min(piece, len(values)-from)]
		if err := init.Fill(part, shape, rng); err != nil {
			return err
		}
		for i, v := range part {
			values[from+i] = float32(v)
		}
	}
	return nil
}
