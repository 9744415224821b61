package tflite

import (
	"errors"
	"math"
	"slices"
	"testing"
)

// Shapes and scales of the test model.
var one = []float32{1}

func int8Tensor(name string, scale float32, zero int64, shape ...int32) testTensor {
	return testTensor{name: name, shape: shape, dtype: int8s, scales: []float32{scale}, zero: zero}
}

func constant(name string, values ...int32) testTensor {
	return testTensor{name: name, shape: []int32{int32(len(values))}, dtype: int32s, values: values}
}

// runningSum is a streaming classifier with all 13 kinds of operations. Of a 1×1×2×2×3 frame in steps of 1/100 it takes
// the sum of each channel over the pixels twice over (weights 2), adds it to a state, and divides by the number of frames.
func runningSum() testModel {
	m := testModel{}
	number := map[string]int32{}
	add := func(t testTensor) {
		number[t.name] = int32(len(m.tensors))
		m.tensors = append(m.tensors, t)
	}
	float := func(name string, shape ...int32) testTensor {
		return testTensor{name: name, shape: shape, dtype: float32s}
	}
	count := func(name string) testTensor { return testTensor{name: name, shape: []int32{1}, dtype: int32s} }
	op := func(code int, outputs string, inputs []string, options ...option) {
		o := testOperator{code: code, outputs: []int32{number[outputs]}, options: options}
		for _, name := range inputs {
			o.inputs = append(o.inputs, number[name])
		}
		m.operators = append(m.operators, o)
	}
	const step = 0.01
	for _, t := range []testTensor{
		float("image", 1, 1, 2, 2, 3), float("state", 1, 1, 1, 1, 3), count("frames"),
		int8Tensor("quantized", step, -100, 1, 1, 2, 2, 3), constant("shape4", 1, 2, 2, 3), int8Tensor("flat", step, -100, 1, 2, 2, 3),
		{name: "depthwise", shape: []int32{1, 1, 1, 3}, dtype: int8s, scales: []float32{1, 1, 1}, values: []int32{2, 2, 2}},
		constant("bias3", 0, 0, 0), int8Tensor("doubled", 2*step, -100, 1, 2, 2, 3),
		int8Tensor("both", 2*step, -100, 1, 2, 4, 3), constant("begin", 0, 0, 2, 0), constant("end", 1, 2, 4, 3), constant("strides", 1, 1, 1, 1),
		int8Tensor("right", 2*step, -100, 1, 2, 2, 3), int8Tensor("pooled", 2*step, -100, 1, 2, 2, 3),
		constant("axes", 1, 2), int8Tensor("summed", 8*step, -100, 1, 1, 1, 3),
		{name: "gain", shape: []int32{1, 1, 1, 3}, dtype: int8s, scales: one, values: []int32{1, 1, 1}}, int8Tensor("scaled", 8*step, -100, 1, 1, 1, 3),
		int8Tensor("before", 16*step, -100, 1, 1, 1, 1, 3), constant("shape5", 1, 1, 1, 1, 3), int8Tensor("wide", 8*step, -100, 1, 1, 1, 1, 3),
		int8Tensor("total", 16*step, -100, 1, 1, 1, 1, 3), float("state after", 1, 1, 1, 1, 3),
		{name: "1", shape: []int32{}, dtype: int32s, values: []int32{1}}, count("frames after"), float("real frames", 1),
		float("mean", 1, 1, 1, 1, 3), int8Tensor("mean8", 8*step, -100, 1, 1, 1, 1, 3), int8Tensor("features", 8*step, -100, 1, 1, 1, 3),
		{name: "last", shape: []int32{2, 1, 1, 3}, dtype: int8s, scales: []float32{1, 0.5}, values: []int32{1, 0, 0, 0, 2, 2}},
		constant("bias2", 0, 0), int8Tensor("logits", 16*step, 0, 1, 1, 1, 2), constant("shape2", 1, 2),
		int8Tensor("flat logits", 16*step, 0, 1, 2), float("scores", 1, 2),
	} {
		add(t)
	}
	stride := []option{{1, 4, 1}, {2, 4, 1}}
	op(opQuantize, "quantized", []string{"image"})
	op(opQuantize, "before", []string{"state"})
	op(opReshape, "flat", []string{"quantized", "shape4"})
	op(opDepthwise, "doubled", []string{"flat", "depthwise", "bias3"}, append(stride, option{3, 4, 1}, option{5, 4, 1}, option{6, 4, 1})...)
	op(opConcat, "both", []string{"doubled", "doubled"}, option{0, 4, 2})
	op(opStridedSlice, "right", []string{"both", "begin", "end", "strides"})
	op(opAveragePool, "pooled", []string{"right"}, append(stride, option{3, 4, 1}, option{4, 4, 1})...)
	op(opSum, "summed", []string{"pooled", "axes"}, option{0, 1, 1})
	op(opMul, "scaled", []string{"summed", "gain"})
	op(opReshape, "wide", []string{"scaled", "shape5"})
	op(opAdd, "total", []string{"wide", "before"})
	op(opDequantize, "state after", []string{"total"})
	op(opAdd, "frames after", []string{"frames", "1"})
	op(opCast, "real frames", []string{"frames after"})
	op(opDiv, "mean", []string{"state after", "real frames"})
	op(opQuantize, "mean8", []string{"mean"})
	op(opReshape, "features", []string{"mean8", "shape4"})
	op(opConv, "logits", []string{"features", "last", "bias2"}, append(stride, option{4, 4, 1}, option{5, 4, 1})...)
	op(opReshape, "flat logits", []string{"logits", "shape2"})
	op(opDequantize, "scores", []string{"flat logits"})
	m.inputs = []int32{number["state"], number["image"], number["frames"]}
	m.outputs = []int32{number["scores"], number["state after"], number["frames after"]}
	return m
}

func TestStream(t *testing.T) {
	model, err := Parse(runningSum().bytes())
	if err != nil {
		t.Fatal(err)
	}
	if h, w := model.FrameSize(); h != 2 || w != 2 || model.Classes() != 2 || model.FeatureDims() != 3 {
		t.Fatalf("frames of %d×%d, %d classes, %d features", h, w, model.Classes(), model.FeatureDims())
	}
	// Channel sums are 4·0.2, 4·0.4 and 4·0.8, twice as much after the weights, in units of 0.16 at the coarsest.
	bright := slices.Repeat([]float32{0.2, 0.4, 0.8}, 4)
	dark := make([]float32, 12)
	const coarse = 0.16
	s := model.NewStream()
	tests := []struct {
		frame  []float32
		want   []float32
		reason string
	}{
		{bright, []float32{1.6, 3.2, 6.4}, "the first frame"},
		{bright, []float32{1.6, 3.2, 6.4}, "the mean of two equal ones"},
		{dark, []float32{3.2 / 3, 6.4 / 3, 12.8 / 3}, "a third without anything"},
	}
	for range 2 { // Reset must forget
		s.Reset()
		for _, test := range tests {
			if err := s.Step(test.frame); err != nil {
				t.Fatal(err)
			}
			got := s.Features()
			for i := range got {
				if math.Abs(float64(got[i]-test.want[i])) > coarse {
					t.Errorf("%s: features %v, want %v", test.reason, got, test.want)
					break
				}
			}
			scores := []float32{got[0], got[1] + got[2]}
			for i, v := range s.Scores() {
				if math.Abs(float64(v-scores[i])) > coarse/2+1e-5 {
					t.Errorf("%s: scores %v, want %v", test.reason, s.Scores(), scores)
				}
			}
		}
	}
	if err := s.Step(dark[:3]); err == nil {
		t.Error("a frame of another size was taken")
	}
}

func TestParseRefuses(t *testing.T) {
	tests := []struct {
		change func(*testModel)
		want   error
		reason string
	}{
		{func(m *testModel) { m.operators[0].code = 99 }, ErrUnsupported, "another kind of operation"},
		{func(m *testModel) { m.operators[3].inputs[0] = 1000 }, ErrFormat, "a tensor that is not there"},
		{func(m *testModel) { m.tensors[5].shape = []int32{1, 2, 2, 4} }, ErrFormat, "a reshape to another size"},
		{func(m *testModel) { m.tensors[0].shape = []int32{1 << 30, 1 << 30} }, ErrUnsupported, "a tensor beyond all bounds"},
		{func(m *testModel) { m.outputs = m.outputs[:2] }, ErrUnsupported, "a state that does not come back"},
		{func(m *testModel) { m.tensors[7].values = []int32{0} }, ErrFormat, "a constant that is too short"},
		{func(m *testModel) { m.tensors[3].scales = nil }, ErrUnsupported, "int8 without a scale"},
	}
	for _, test := range tests {
		m := runningSum()
		test.change(&m)
		if _, err := Parse(m.bytes()); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", test.reason, err, test.want)
		}
	}
}

// TestPadding holds a 3×3 convolution with padding and stride 2 to the definition.
func TestPadding(t *testing.T) {
	const size = 5
	x := make([]int32, size*size)
	for i := range x {
		x[i] = int32(i*i%23 - 11)
	}
	kernel := []int32{1, -2, 3, 4, -5, 6, -7, 8, 9}
	for _, padding := range []int{0, 1} {
		out := []int32{1, 3, 3, 1}
		if padding == 1 {
			out = []int32{1, 2, 2, 1}
		}
		for _, code := range []int{opConv, opDepthwise} {
			activation, dilation := 3, []option{{4, 4, 1}, {5, 4, 1}}
			if code == opDepthwise {
				activation, dilation = 4, []option{{3, 4, 1}, {5, 4, 1}, {6, 4, 1}}
			}
			m := testModel{tensors: []testTensor{
				{name: "x", shape: []int32{1, size, size, 1}, dtype: int8s, scales: one, zero: -3, values: x},
				{name: "w", shape: []int32{1, 3, 3, 1}, dtype: int8s, scales: one, values: kernel}, constant("b", 10), int8Tensor("y", 8, 1, out...),
			}, operators: []testOperator{{code: code, inputs: []int32{0, 1, 2}, outputs: []int32{3},
				options: append(dilation, option{0, 1, padding}, option{1, 4, 2}, option{2, 4, 2}, option{activation, 1, relu})}}}
			g, err := parse(m.bytes())
			if err != nil {
				t.Fatal(err)
			}
			step, err := makers[code](&builder{graph: g, op: g.operators[0]})
			if err != nil {
				t.Fatal(err)
			}
			s := (&Model{graph: g}).NewStream()
			step(s)
			before := 1 - padding // same padding of 3 over 5 with stride 2 is one pixel on each side
			for i, got := range s.integer[3] {
				row, column, sum := i/int(out[2])*2-before, i%int(out[2])*2-before, 10.0
				for k, w := range kernel {
					if r, c := row+k/3, column+k%3; r >= 0 && r < size && c >= 0 && c < size {
						sum += float64(w * (x[r*size+c] + 3))
					}
				}
				want := int32(max(1, min(127, math.Floor(sum/8+0.5)+1)))
				if got != want {
					t.Errorf("kind %d, padding %d, output %d is %d, want %d", code, padding, i, got, want)
				}
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	whole := runningSum().bytes()
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Parse(data)
		if err != nil {
			if !errors.Is(err, ErrFormat) && !errors.Is(err, ErrUnsupported) {
				t.Errorf("%v wraps neither ErrFormat nor ErrUnsupported", err)
			}
			return
		}
		if h, w := m.FrameSize(); h*w <= 64 {
			if err := m.NewStream().Step(make([]float32, h*w*3)); err != nil {
				t.Error(err)
			}
		}
	})
}
