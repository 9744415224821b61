package tflite

import (
	"slices"
	"testing"

	"videogan/nn"
)

// TestStatesInIntegers holds a model whose state stays in integers to the same model with a state in real numbers.
func TestStatesInIntegers(t *testing.T) {
	real := runningSum() // its mean reads the state in real numbers
	kept := runningSum()
	find := func(code int) int {
		return slices.IndexFunc(kept.operators, func(o testOperator) bool { return o.code == code })
	}
	// The mean reads a copy, so that nothing but the next frame reads the state.
	copied := int32(len(kept.tensors))
	kept.tensors = append(kept.tensors, testTensor{name: "copy", shape: []int32{1, 1, 1, 1, 3}, dtype: float32s})
	at := find(opDequantize)
	kept.operators = slices.Insert(kept.operators, at, testOperator{code: opDequantize, inputs: slices.Clone(kept.operators[at].inputs), outputs: []int32{copied}})
	kept.operators[find(opDiv)].inputs = []int32{copied, kept.operators[find(opDiv)].inputs[1]}

	var streams []*Stream
	for _, m := range []struct {
		model   testModel
		dropped int
	}{{real, 0}, {kept, 2}} {
		model, err := Parse(m.model.bytes())
		if err != nil {
			t.Fatal(err)
		}
		if got := len(m.model.operators) - len(model.steps); got != m.dropped {
			t.Fatalf("%d steps are left out, want %d", got, m.dropped)
		}
		streams = append(streams, model.NewStream())
	}
	rng := nn.Stream(1, "frames")
	for clip := range 3 {
		for frame := range 5 {
			x := make([]float32, 12)
			for i := range x {
				x[i] = rng.Float32()
			}
			for _, s := range streams {
				if err := s.Step(x); err != nil {
					t.Fatal(err)
				}
			}
			if a, b := streams[0].Features(), streams[1].Features(); !slices.Equal(a, b) || !slices.Equal(streams[0].Scores(), streams[1].Scores()) {
				t.Fatalf("clip %d, frame %d: features %v with the state in real numbers, %v in integers", clip, frame, a, b)
			}
		}
		for _, s := range streams {
			s.Reset()
		}
	}
}

func TestRoundTrip(t *testing.T) {
	of := func(scale float64, zero int32) *tensor {
		return &tensor{shape: []int{2}, scales: []float64{scale}, zero: zero}
	}
	tests := []struct {
		x, y   *tensor
		want   bool
		reason string
	}{
		{of(0.1, 3), of(0.1, 3), true, "one scale"}, {of(0.1, 3), of(0.2, 3), false, "two scales"},
		{of(0.1, 3), of(0.1, 4), false, "two zero points"}, {of(1e-44, 0), of(1e-44, 0), false, "float32 has no digits there"},
	}
	for _, test := range tests {
		if got := roundTrip(test.x, test.y); got != test.want {
			t.Errorf("%v: %s", got, test.reason)
		}
	}
	for _, scale := range []float64{1e-29, 0.1, 0.0392156876623631, 1e29} { // through float32 and back, every number
		r := rounding{low: -128, high: 127}
		for k := range int32(256) {
			if got := r.round(float64(float32(scale*float64(k-128))) / scale); got != k-128 {
				t.Errorf("scale %g: %d comes back as %d", scale, k-128, got)
			}
		}
	}
}
