package nn

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Evaluate computes the outputs by each operation's own Do, one after the other,
// and gives their values in order. Inputs and parameters must be bound
// (gorgonia.Let, gorgonia.WithValue). It is the yardstick for faster ways to run
// a graph; the values bound to nodes stay as they are.
func Evaluate(outputs ...*Node) ([]*tensor.Dense, error) {
	values := map[*Node]gorgonia.Value{}
	for _, n := range topological(outputs...) {
		in := Operands(n)
		if len(in) == 0 {
			if values[n] = n.Value(); values[n] == nil {
				return nil, fmt.Errorf("nn: evaluating: %s has no value: bind one with gorgonia.Let", n.Name())
			}
			continue
		}
		args := make([]gorgonia.Value, len(in))
		for i, m := range in {
			args[i] = values[m]
		}
		v, err := n.Op().Do(args...)
		if err != nil {
			return nil, fmt.Errorf("nn: evaluating %s: %w", n.Name(), err)
		}
		values[n] = v
	}
	result := make([]*tensor.Dense, len(outputs))
	for i, n := range outputs {
		d, ok := values[n].(*tensor.Dense)
		if !ok {
			return nil, fmt.Errorf("nn: evaluating %s: its value is a %T, want a dense tensor", n.Name(), values[n])
		}
		result[i] = d
	}
	return result, nil
}
