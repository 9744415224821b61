package exec

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"videogan/nn"
	"videogan/nn/onednn"
)

// Convolution is one of the three maps of a convolution, as a program computes
// it: its shapes, whatever form the plan gives it.
type Convolution struct {
	Node    string  // what it computes
	Layer   string  // path of the layer's parameters, "dis/c1"
	Map     string  // "forward", "data gradient" (the transposed convolution) or "weight gradient"
	Shape   string  // "16×64×8×32×32 ∗ 128×64×4×4×4 /2×2×2": x, weight, stride
	FLOPs   float64 // nominal
	x, w, y []int
	nn.Geometry
	direction onednn.Direction
	bf16      bool
}

// Convolutions lists the convolutions that the program computes.
func (p *Program) Convolutions() []Convolution {
	var list []Convolution
	nodes := p.nodes()
	layers := p.layers(nodes)
	for _, n := range nodes {
		in := nn.Operands(n)
		c := Convolution{Node: n.Name(), Layer: layers[n.Name()], bf16: p.dev.bf16}
		switch op := n.Op().(type) {
		case *nn.ConvOp:
			c.Map, c.direction, c.Geometry, c.FLOPs = "forward", onednn.Forward, op.Geometry, op.FLOPs()
			c.x, c.w, c.y = in[0].Shape(), in[1].Shape(), n.Shape()
		case *nn.ConvTransposeOp:
			c.Map, c.direction, c.Geometry, c.FLOPs = "data gradient", onednn.BackwardData, op.Geometry, op.FLOPs()
			c.x, c.w, c.y = n.Shape(), in[1].Shape(), in[0].Shape()
		case *nn.ConvWeightOp:
			c.Map, c.direction, c.Geometry, c.FLOPs = "weight gradient", onednn.BackwardWeights, op.Geometry, op.FLOPs()
			c.x, c.w, c.y = in[0].Shape(), n.Shape(), in[1].Shape()
		default:
			continue
		}
		c.Shape = fmt.Sprintf("%s ∗ %s /%s", extents(c.x), extents(c.w), extents(c.Stride))
		list = append(list, c)
	}
	return list
}

// Form is one way to compute a convolution and what it takes alone.
type Form struct {
	Name           string        // "direct" or "folded", see onednn.Fold
	Implementation string        // oneDNN's name of the kernel
	Took           time.Duration // mean
}

// FastestForm measures a convolution by itself, runs times, in every form that oneDNN
// can run, each in the layouts that the kernel likes best, and gives the fastest:
// the time that a plan cannot beat with oneDNN's kernels. What brings values
// into those layouts is not part of it.
func (d *Device) FastestForm(c Convolution, runs int) (best Form, err error) {
	if len(c.x) < 3 || len(c.w) != len(c.x) || len(c.y) != len(c.x) {
		return best, fmt.Errorf("exec: measure a convolution of %v with %v to %v: want one of Program.Convolutions: %w", c.x, c.w, c.y, nn.ErrShape)
	}
	forms := map[string]onednn.Convolution{"direct": c.direct()}
	if f, ok := c.fold(); ok {
		forms["folded"] = c.folded(f)
	}
	d.Do(func() {
		for _, name := range []string{"direct", "folded"} {
			form, ok := forms[name]
			if !ok {
				continue
			}
			if c.bf16 && !wrongInBF16(form) {
				form = halve(form, true)
			}
			var t *timedPrimitive
			t, err = d.time(func() (*onednn.Primitive, error) { return d.engine.Convolution(form) },
				onednn.Source, onednn.DiffSource, onednn.Weights, onednn.DiffWeights,
				onednn.Destination, onednn.DiffDestination, onednn.Scratchpad)
			if unimplemented(err) {
				err = nil
				continue
			}
			if err != nil {
				return
			}
			var took time.Duration
			_, took, err = t.run(runs)
			implementation := t.Implementation()
			t.close()
			if err != nil {
				return
			}
			if best.Name == "" || took < best.Took {
				best = Form{name, implementation, took}
			}
		}
	})
	if err == nil && best.Name == "" {
		err = fmt.Errorf("exec: measure %s of %s: oneDNN has no kernel for it", c.Map, c.Shape)
	}
	return best, err
}

func (c Convolution) direct() onednn.Convolution {
	return onednn.Convolution{
		Direction: c.direction,
		X:         onednn.Dense(c.x...).Any(), Weights: onednn.Dense(c.w...).Any(), Y: onednn.Dense(c.y...).Any(),
		Strides: c.Stride, PadLeft: c.Pad, PadRight: c.Pad,
	}
}

// fold is the form without stride; ok is false where a stride cannot be folded
// or there is none.
func (c Convolution) fold() (f onednn.Fold, ok bool) {
	f = onednn.Fold{Samples: c.x[0], Channels: c.x[1], Sizes: c.x[2:], Strided: make([]bool, len(c.Kernel))}
	for i := range c.Kernel {
		f.Strided[i] = c.Kernel[i] == 4 && c.Stride[i] == 2 && c.Pad[i] == 1
		if !f.Strided[i] && c.Stride[i] != 1 {
			return f, false
		}
	}
	return f, slices.Contains(f.Strided, true)
}

func (c Convolution) folded(f onednn.Fold) onednn.Convolution {
	pad := slices.Clone(c.Pad)
	for i, s := range f.Strided {
		if s {
			pad[i] = 0
		}
	}
	channels := f.Channels * f.Parities()
	return onednn.Convolution{
		Direction: c.direction,
		X:         onednn.Dense(append([]int{f.Samples, channels}, f.DeepSizes()...)...).Any(),
		Weights:   onednn.Dense(append([]int{c.w[0], channels}, f.Kernel(c.Kernel)...)...).Any(),
		Y:         onednn.Dense(c.y...).Any(),
		Strides:   slices.Repeat([]int{1}, len(c.Kernel)), PadLeft: pad, PadRight: pad,
	}
}

// extents prints sizes: 16×64×8×32×32.
func extents(sizes []int) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(sizes), "[]"), " ", "×")
}
