package tflite

import "slices"

// keepIntegers leaves states in integers that a model turns into real numbers after a frame and back before the next. With
// one scale both ways each number comes back as it was: float32 is 2¹⁶ times finer than 255 steps.
func (m *Model) keepIntegers() {
	g := m.graph
	readers := make([]int, len(g.tensors))
	for _, o := range g.operators {
		for _, i := range o.inputs {
			if i >= 0 {
				readers[i]++
			}
		}
	}
	into := func(s state) int {
		return slices.IndexFunc(g.operators, func(o *operator) bool { return o.code == opQuantize && o.inputs[0] == s.before })
	}
	from := func(s state) int {
		return slices.IndexFunc(g.operators, func(o *operator) bool { return o.code == opDequantize && o.outputs[0] == s.after })
	}
	var past []int // what states are turned into
	for _, s := range m.states {
		if i := into(s); i >= 0 {
			past = append(past, g.operators[i].outputs[0])
		}
	}
	dropped := make([]bool, len(m.steps))
	for i, s := range m.states {
		first, last := into(s), from(s)
		if first < 0 || last < 0 || readers[s.before] != 1 || readers[s.after] != 0 {
			continue
		}
		before, after := g.operators[first].outputs[0], g.operators[last].inputs[0]
		// A past that becomes another's past could be overwritten before it is copied.
		if !roundTrip(g.tensors[before], g.tensors[after]) || slices.Contains(past, after) {
			continue
		}
		m.states[i] = state{before: before, after: after, start: g.tensors[before].zero}
		dropped[first], dropped[last] = true, true
	}
	var steps []func(*Stream)
	for i, step := range m.steps {
		if !dropped[i] {
			steps = append(steps, step)
		}
	}
	m.steps = steps
}

// roundTrip tells whether integers of y become real numbers and then the same integers of x. Scales near the ends of
// float32 would lose digits.
func roundTrip(x, y *tensor) bool {
	return x.scales[0] == y.scales[0] && x.zero == y.zero && x.size() == y.size() && x.scales[0] > 1e-30 && x.scales[0] < 1e30
}
