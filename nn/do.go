package nn

import (
	"fmt"
	"slices"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// float is an element type of the reference implementations.
type float interface{ ~float32 | ~float64 }

// do runs the reference implementation of an operation in the type of its
// operands, which are handed over in plain C order and must not be written to.
func do(o *opBase, values []gorgonia.Value, f32 func(in [][]float32, out []float32), f64 func(in [][]float64, out []float64)) (gorgonia.Value, error) {
	if len(values) != len(o.in) {
		return nil, fmt.Errorf("nn: %s: %d operands, want %d", o, len(values), len(o.in))
	}
	switch dt := values[0].Dtype(); dt {
	case tensor.Float32:
		return doAs(o, values, f32)
	case tensor.Float64:
		return doAs(o, values, f64)
	default:
		return nil, fmt.Errorf("nn: %s: operand of type %v: want float32 or float64", o, dt)
	}
}

func doAs[T float](o *opBase, values []gorgonia.Value, f func(in [][]T, out []T)) (gorgonia.Value, error) {
	in := make([][]T, len(values))
	for i, v := range values {
		if !slices.Equal(v.Shape(), o.in[i]) {
			return nil, fmt.Errorf("nn: %s: operand %d is %s, want %s: %w", o, i, dims(v.Shape()), dims(o.in[i]), ErrShape)
		}
		if number, ok := v.Data().(T); ok { // a scalar of a foreign operation
			in[i] = []T{number}
			continue
		}
		d, ok := v.(*tensor.Dense)
		if !ok {
			return nil, fmt.Errorf("nn: %s: operand %d is a %T, want a dense tensor", o, i, v)
		}
		if d.RequiresIterator() || !d.DataOrder().IsRowMajor() || !d.DataOrder().IsContiguous() {
			d, ok = d.Materialize().(*tensor.Dense)
			if !ok {
				return nil, fmt.Errorf("nn: %s: operand %d cannot be copied from its view", o, i)
			}
		}
		if in[i], ok = d.Data().([]T); !ok {
			return nil, fmt.Errorf("nn: %s: operand %d holds %T, want %T", o, i, d.Data(), in[i])
		}
	}
	out := make([]T, size(o.out))
	f(in, out)
	return tensor.New(tensor.WithShape(o.out...), tensor.WithBacking(out)), nil
}

// widen gives the numbers in float64, in which the reference takes its sums.
func widen[T float](x []T) []float64 {
	wide := make([]float64, len(x))
	for i, v := range x {
		wide[i] = float64(v)
	}
	return wide
}

// roundTo stores sums, which are taken in float64, in the type of the result.
func roundTo[T float](out []T, sum []float64) {
	for i, v := range sum {
		out[i] = T(v)
	}
}
