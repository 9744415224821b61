package tflite

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"

	flatbuffers "github.com/google/flatbuffers/go"
)

// Errors to tell apart with errors.Is.
var (
	// ErrFormat marks a file that is no TensorFlow Lite model, or contradicts itself.
	ErrFormat = errors.New("bad format")
	// ErrUnsupported marks a model with an operation, or a form of it, that this package does not run.
	ErrUnsupported = errors.New("unsupported")
)

// dtype is a TensorType of the schema.
type dtype byte

// The types of numbers that are run.
const (
	float32s dtype = 0
	int32s   dtype = 2
	int8s    dtype = 9
)

// maxElements bounds a tensor: ten times the largest of a MoViNet.
const maxElements = 1 << 22

// tensor is one array of the graph.
type tensor struct {
	name    string
	shape   []int
	dtype   dtype
	data    []byte    // of a constant
	scales  []float64 // one, or one a channel; empty: not quantized
	zero    int32
	integer []int32   // decoded constant
	real    []float32 // decoded constant
}

// size is the number of elements.
func (t *tensor) size() int {
	n := 1
	for _, d := range t.shape {
		n *= d
	}
	return n
}

// constant tells whether the file holds the tensor's values.
func (t *tensor) constant() bool { return len(t.data) > 0 }

// operator is one step of the graph.
type operator struct {
	code    int
	inputs  []int // -1 for one that is left out
	outputs []int
	options *flatbuffers.Table
}

// option reads a number of the operator's options table: field i of the given width in bytes.
func (o *operator) option(i, width, missing int) int {
	if o.options == nil {
		return missing
	}
	return number(o.options, i, width, missing)
}

// graph is the content of a model file.
type graph struct {
	tensors         []*tensor
	inputs, outputs []int
	operators       []*operator
}

// parse reads the tables of a model that are needed.
func parse(data []byte) (g *graph, err error) {
	// flatbuffers does not check offsets: reading past the end of a damaged file panics.
	defer func() {
		if r := recover(); r != nil {
			g, err = nil, fmt.Errorf("%w: %v", ErrFormat, r)
		}
	}()
	if len(data) < 8 || string(data[4:8]) != "TFL3" {
		return nil, fmt.Errorf("%w: it does not begin as a TensorFlow Lite model", ErrFormat)
	}
	model := &flatbuffers.Table{Bytes: data, Pos: flatbuffers.GetUOffsetT(data)}
	if version := number(model, 0, 4, 0); version != 3 {
		return nil, fmt.Errorf("%w: schema version %d, want 3", ErrUnsupported, version)
	}
	var codes []int
	for _, t := range tables(model, 1) {
		codes = append(codes, max(number(t, 0, 1, 0), number(t, 3, 4, 0))) // before and after there were more than 127
	}
	var buffers [][]byte
	for _, t := range tables(model, 4) {
		var content []byte
		if o := t.Offset(4); o != 0 {
			content = t.ByteVector(flatbuffers.UOffsetT(o) + t.Pos)
		}
		buffers = append(buffers, content)
	}
	subgraphs := tables(model, 2)
	if len(subgraphs) != 1 {
		return nil, fmt.Errorf("%w: %d subgraphs, want 1", ErrUnsupported, len(subgraphs))
	}
	main := subgraphs[0]
	g = &graph{inputs: integers(main, 1), outputs: integers(main, 2)}
	for _, t := range tables(main, 0) {
		read, err := parseTensor(t, buffers)
		if err != nil {
			return nil, err
		}
		g.tensors = append(g.tensors, read)
	}
	for _, t := range tables(main, 3) {
		code := number(t, 0, 4, 0)
		if code >= len(codes) {
			return nil, fmt.Errorf("%w: operator code %d of %d", ErrFormat, code, len(codes))
		}
		o := &operator{code: codes[code], inputs: integers(t, 1), outputs: integers(t, 2)}
		if at := t.Offset(slot(4)); at != 0 {
			o.options = &flatbuffers.Table{Bytes: data}
			t.Union(o.options, flatbuffers.UOffsetT(at))
		}
		g.operators = append(g.operators, o)
	}
	return g, g.check()
}

// check holds every tensor number to the list.
func (g *graph) check() error {
	within := func(list []int, least int) error {
		for _, i := range list {
			if i < least || i >= len(g.tensors) {
				return fmt.Errorf("%w: tensor %d of %d", ErrFormat, i, len(g.tensors))
			}
		}
		return nil
	}
	if err := errors.Join(within(g.inputs, 0), within(g.outputs, 0)); err != nil {
		return err
	}
	for _, o := range g.operators {
		if err := errors.Join(within(o.inputs, -1), within(o.outputs, 0)); err != nil {
			return err
		}
		for _, out := range o.outputs {
			if g.tensors[out].constant() {
				return fmt.Errorf("%w: an operator writes the constant %s", ErrFormat, g.tensors[out].name)
			}
		}
	}
	return nil
}

func parseTensor(t *flatbuffers.Table, buffers [][]byte) (*tensor, error) {
	read := &tensor{shape: integers(t, 0), dtype: dtype(number(t, 1, 1, 0))}
	if o := t.Offset(slot(3)); o != 0 {
		read.name = t.String(flatbuffers.UOffsetT(o) + t.Pos)
	}
	n := 1
	for _, d := range read.shape {
		if d < 1 || d > maxElements || n*d > maxElements {
			return nil, fmt.Errorf("%w: tensor %s of shape %v", ErrUnsupported, read.name, read.shape)
		}
		n *= d
	}
	b := number(t, 2, 4, 0)
	if b >= len(buffers) {
		return nil, fmt.Errorf("%w: tensor %s is in buffer %d of %d", ErrFormat, read.name, b, len(buffers))
	}
	read.data = buffers[b]
	if o := t.Offset(slot(4)); o != 0 {
		q := &flatbuffers.Table{Bytes: t.Bytes, Pos: t.Indirect(t.Pos + flatbuffers.UOffsetT(o))}
		read.scales = scales(q)
		if at := q.Offset(slot(3)); at != 0 {
			start := q.Vector(flatbuffers.UOffsetT(at))
			for i := range q.VectorLen(flatbuffers.UOffsetT(at)) {
				zero := q.GetInt64(start + flatbuffers.UOffsetT(8*i))
				if i > 0 && zero != int64(read.zero) || zero != int64(int8(zero)) {
					return nil, fmt.Errorf("%w: zero points of %s", ErrUnsupported, read.name)
				}
				read.zero = int32(zero)
			}
		}
	}
	return read, read.decode()
}

// decode turns a constant's bytes into numbers.
func (t *tensor) decode() error {
	if t.dtype != float32s && t.dtype != int32s && t.dtype != int8s {
		return fmt.Errorf("%w: tensor %s has numbers of type %d: want float32, int32 or int8", ErrUnsupported, t.name, t.dtype)
	}
	if t.dtype == int8s && len(t.scales) == 0 {
		return fmt.Errorf("%w: tensor %s is int8 without a scale", ErrUnsupported, t.name)
	}
	if !t.constant() {
		return nil
	}
	width := 4
	if t.dtype == int8s {
		width = 1
	}
	if len(t.data) != width*t.size() {
		return fmt.Errorf("%w: tensor %s of shape %v has %d bytes", ErrFormat, t.name, t.shape, len(t.data))
	}
	switch t.dtype {
	case int8s:
		for _, b := range t.data {
			t.integer = append(t.integer, int32(int8(b)))
		}
	case int32s:
		for i := 0; i < len(t.data); i += 4 {
			t.integer = append(t.integer, int32(binary.LittleEndian.Uint32(t.data[i:])))
		}
	default:
		for i := 0; i < len(t.data); i += 4 {
			t.real = append(t.real, math.Float32frombits(binary.LittleEndian.Uint32(t.data[i:])))
		}
	}
	return nil
}

// slot is the vtable offset of field i.
func slot(i int) flatbuffers.VOffsetT { return flatbuffers.VOffsetT(4 + 2*i) }

// number reads field i, of 1 or 4 bytes.
func number(t *flatbuffers.Table, i, width, missing int) int {
	o := t.Offset(slot(i))
	if o == 0 {
		return missing
	}
	if width == 1 {
		return int(t.GetInt8(t.Pos + flatbuffers.UOffsetT(o)))
	}
	n := int(t.GetInt32(t.Pos + flatbuffers.UOffsetT(o)))
	if n < 0 {
		return math.MaxInt32 // an unsigned number beyond every list
	}
	return n
}

// vector finds the vector in field i.
func vector(t *flatbuffers.Table, i int) (start flatbuffers.UOffsetT, n int) {
	o := flatbuffers.UOffsetT(t.Offset(slot(i)))
	if o == 0 {
		return 0, 0
	}
	return t.Vector(o), t.VectorLen(o)
}

func tables(t *flatbuffers.Table, i int) []*flatbuffers.Table {
	start, n := vector(t, i)
	var list []*flatbuffers.Table
	for k := range n {
		list = append(list, &flatbuffers.Table{Bytes: t.Bytes, Pos: t.Indirect(start + flatbuffers.UOffsetT(4*k))})
	}
	return list
}

func integers(t *flatbuffers.Table, i int) []int {
	start, n := vector(t, i)
	var list []int
	for k := range n {
		list = append(list, int(t.GetInt32(start+flatbuffers.UOffsetT(4*k))))
	}
	return list
}

// scales are the quantization's, positive and finite.
func scales(q *flatbuffers.Table) []float64 {
	start, n := vector(q, 2)
	var list []float64
	for k := range n {
		s := float64(q.GetFloat32(start + flatbuffers.UOffsetT(4*k)))
		if !(s > 0) || math.IsInf(s, 0) {
			return nil // then it counts as not quantized, and is refused where that matters
		}
		list = append(list, s)
	}
	return list
}

// Read reads a model file.
func Read(path string) (*Model, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("tflite: read model: %w", err)
	}
	m, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}
