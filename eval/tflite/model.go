package tflite

import (
	"fmt"
	"slices"
)

// Model is a streaming network: it takes a frame and its state, and gives scores and the next state. It is read-only and
// may be used by several streams at a time.
type Model struct {
	graph  *graph
	steps  []func(*Stream)
	image  int // tensor of the frame
	scores int
	// features is what the last convolution reads.
	features int
	states   []state
}

// state is a pair of tensors: what the second holds after a frame, the first holds before the next; before the first
// frame it holds start, if it is of integers.
type state struct {
	before, after int
	start         int32
}

// The kinds of operations, BuiltinOperator of the schema.
const (
	opAdd          = 0
	opAveragePool  = 1
	opConcat       = 2
	opConv         = 3
	opDepthwise    = 4
	opDequantize   = 6
	opMul          = 18
	opReshape      = 22
	opDiv          = 42
	opStridedSlice = 45
	opCast         = 53
	opSum          = 74
	opQuantize     = 114
)

// makers build the step of an operation, after checking that it can be run.
var makers = map[int]func(*builder) (func(*Stream), error){
	opAdd: (*builder).add, opMul: (*builder).mul, opDiv: (*builder).div,
	opAveragePool: (*builder).averagePool, opConv: (*builder).conv, opDepthwise: (*builder).depthwise,
	opConcat: (*builder).concat, opReshape: (*builder).reshape, opStridedSlice: (*builder).stridedSlice,
	opSum: (*builder).sum, opCast: (*builder).cast, opQuantize: (*builder).quantize, opDequantize: (*builder).dequantize,
}

// Parse reads a model from the bytes of its file. ErrFormat: they are none, or damaged; ErrUnsupported: it needs more
// than this package does, or is no streaming classifier of frames.
func Parse(data []byte) (*Model, error) {
	g, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("tflite: parse: %w", err)
	}
	m := &Model{graph: g, features: -1}
	for i, o := range g.operators {
		build, ok := makers[o.code]
		if !ok {
			return nil, fmt.Errorf("tflite: operator %d: %w: kind %d", i, ErrUnsupported, o.code)
		}
		step, err := build(&builder{graph: g, op: o})
		if err != nil {
			return nil, fmt.Errorf("tflite: operator %d, kind %d: %w", i, o.code, err)
		}
		m.steps = append(m.steps, step)
		if o.code == opConv {
			m.features = o.inputs[0]
		}
	}
	if err := m.pair(); err != nil {
		return nil, fmt.Errorf("tflite: %w", err)
	}
	m.keepIntegers()
	return m, nil
}

// pair finds frame, scores and states. The frame is the only 1×1×H×W×3 input of more than a row and the scores the only output of two axes;
// all others are states, which inputs and outputs list in the same order.
func (m *Model) pair() error {
	frame := func(i int) bool { s := m.graph.tensors[i].shape; return len(s) == 5 && s[2] > 1 && s[4] == 3 }
	score := func(i int) bool { return len(m.graph.tensors[i].shape) == 2 }
	before, after := slices.DeleteFunc(slices.Clone(m.graph.inputs), frame), slices.DeleteFunc(slices.Clone(m.graph.outputs), score)
	if len(before) != len(m.graph.inputs)-1 || len(after) != len(m.graph.outputs)-1 || len(before) != len(after) || m.features < 0 {
		return fmt.Errorf("%w: it is no streaming classifier: %d inputs and %d outputs", ErrUnsupported, len(m.graph.inputs), len(m.graph.outputs))
	}
	m.image = m.graph.inputs[slices.IndexFunc(m.graph.inputs, frame)]
	m.scores = m.graph.outputs[slices.IndexFunc(m.graph.outputs, score)]
	for _, i := range []int{m.image, m.scores} {
		if m.graph.tensors[i].dtype != float32s {
			return fmt.Errorf("%w: %s is no float32", ErrUnsupported, m.graph.tensors[i].name)
		}
	}
	if m.graph.tensors[m.features].dtype != int8s {
		return fmt.Errorf("%w: the last convolution is not quantized", ErrUnsupported)
	}
	for i, in := range before {
		a, b := m.graph.tensors[in], m.graph.tensors[after[i]]
		if a.dtype != b.dtype || !slices.Equal(a.shape, b.shape) {
			return fmt.Errorf("%w: state %s is %v, and %s after it %v", ErrUnsupported, a.name, a.shape, b.name, b.shape)
		}
		if in != after[i] { // many are handed through
			m.states = append(m.states, state{before: in, after: after[i]})
		}
	}
	return nil
}

// FrameSize is the height and width of the frames that Step takes.
func (m *Model) FrameSize() (height, width int) {
	s := m.graph.tensors[m.image].shape
	return s[2], s[3]
}

// Classes is the number of scores.
func (m *Model) Classes() int { return m.graph.tensors[m.scores].size() }

// FeatureDims is the number of features.
func (m *Model) FeatureDims() int { return m.graph.tensors[m.features].size() }

// Stream is a model at work on one clip. It belongs to one goroutine.
type Stream struct {
	model   *Model
	integer [][]int32 // values of int8 and int32 tensors
	real    [][]float32
	scratch []int32
	wide    []int64
}

// NewStream starts a clip: all states are zero.
func (m *Model) NewStream() *Stream {
	n := len(m.graph.tensors)
	s := &Stream{model: m, integer: make([][]int32, n), real: make([][]float32, n)}
	largest := 0
	for i, t := range m.graph.tensors {
		largest = max(largest, t.size())
		switch {
		case t.constant():
			s.integer[i], s.real[i] = t.integer, t.real
		case t.dtype == float32s:
			s.real[i] = make([]float32, t.size())
		default:
			s.integer[i] = make([]int32, t.size())
		}
	}
	s.scratch, s.wide = make([]int32, largest), make([]int64, largest)
	s.Reset()
	return s
}

// Reset goes back to the start of a clip.
func (s *Stream) Reset() {
	for _, state := range s.model.states {
		clear(s.real[state.before])
		for i := range s.integer[state.before] {
			s.integer[state.before][i] = state.start
		}
	}
}

// Step shows the next frame, H×W×3 numbers in [0, 1].
func (s *Stream) Step(frame []float32) error {
	if want := len(s.real[s.model.image]); len(frame) != want {
		return fmt.Errorf("tflite: a frame of %d numbers, want %d", len(frame), want)
	}
	copy(s.real[s.model.image], frame)
	for _, step := range s.model.steps {
		step(s)
	}
	for _, state := range s.model.states {
		copy(s.integer[state.before], s.integer[state.after])
		copy(s.real[state.before], s.real[state.after])
	}
	return nil
}

// Scores are the model's outputs after the newest frame, logits of the classes, valid until the next Step.
func (s *Stream) Scores() []float32 { return s.real[s.model.scores] }

// Features are what the last convolution reads, the layer below the scores, after the newest frame.
func (s *Stream) Features() []float32 {
	t := s.model.graph.tensors[s.model.features]
	out := make([]float32, t.size())
	for i, q := range s.integer[s.model.features] {
		out[i] = float32(t.scales[0] * float64(q-t.zero))
	}
	return out
}
