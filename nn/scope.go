package nn

import (
	"fmt"
	"slices"
	"strings"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// ScopeOptions are the settings of a graph.
type ScopeOptions struct {
	// DType is tensor.Float32 (the default) or tensor.Float64, and that of the parameters.
	DType tensor.Dtype
	// Training makes batch normalization use the statistics of the batch and
	// keep its running ones, and switches dropout and noise on.
	Training bool
	// Random is the source of dropout and noise; it may be nil where there are none.
	Random *RandomState
}

// Scope is where a network is built: a graph, a path in it that names the
// layers, the parameters that the layers take, and the first error.
//
// Every method that makes a node returns nil when an operand is nil or when it
// fails, so that a network may be written without a check after each line; Err
// then tells what went wrong first, and where. A scope belongs to one goroutine.
type Scope struct {
	shared *building
	path   string
	frozen bool
}

// building is what all scopes of a graph have in common.
type building struct {
	graph   *gorgonia.ExprGraph
	params  *Params
	options ScopeOptions
	err     error
	inputs  map[string]*Node
	bound   map[*Node]*Param // nodes that stand for a parameter or state
	latest  map[*Param]*Node // value of a state after the updates so far
	updates []*Param         // states with updates, in order of their first
	// normalized is each weight under spectral normalization.
	normalized map[*Node]*Node
	noiseIDs   map[string]int // random operations so far at each path
}

// Update says that a state takes a node's value after a run.
type Update struct {
	Param *Param
	Value *Node
}

// NewScope starts a network on g at the root path. Parameters are found in p,
// and created there; p may be nil for graphs that have none.
func NewScope(g *gorgonia.ExprGraph, p *Params, o ScopeOptions) *Scope {
	if o.DType == (tensor.Dtype{}) {
		o.DType = tensor.Float32
	}
	s := &Scope{shared: &building{
		graph: g, params: p, options: o,
		inputs: map[string]*Node{}, bound: map[*Node]*Param{}, latest: map[*Param]*Node{},
		normalized: map[*Node]*Node{},
	}}
	if o.DType != tensor.Float32 && o.DType != tensor.Float64 {
		s.Fail(fmt.Errorf("graph of type %v: want float32 or float64", o.DType))
	}
	if p != nil && p.DType() != o.DType {
		s.Fail(fmt.Errorf("graph of type %v over parameters of type %v: make both the same", o.DType, p.DType()))
	}
	return s
}

// In is the scope at a path below this one.
func (s *Scope) In(format string, args ...any) *Scope {
	child := *s
	child.path = s.name(fmt.Sprintf(format, args...))
	return &child
}

// Frozen is this scope without state updates: what is built in it reads the
// parameters and states at the same paths, but leaves running statistics and
// the vectors of spectral normalization as they are.
func (s *Scope) Frozen() *Scope {
	child := *s
	child.frozen = true
	return &child
}

// IsFrozen tells whether updates are dropped here.
func (s *Scope) IsFrozen() bool { return s.frozen }

// Err is the first error in any scope of the graph, or nil.
func (s *Scope) Err() error { return s.shared.err }

// Fail records err, with this scope's path, unless there is an error already.
// Networks call it for mistakes of their own, such as an impossible size.
func (s *Scope) Fail(err error) {
	if err != nil && s.shared.err == nil {
		s.shared.err = &scopeError{s.path, err}
	}
}

// scopeError is an error at a path. What comes from this package is not
// prefixed with its name twice.
type scopeError struct {
	path string
	err  error
}

func (e *scopeError) Error() string {
	text := strings.TrimPrefix(e.err.Error(), "nn: ")
	if e.path == "" {
		return "nn: " + text
	}
	return "nn: " + e.path + ": " + text
}

func (e *scopeError) Unwrap() error { return e.err }

// Graph is the graph that is being built.
func (s *Scope) Graph() *gorgonia.ExprGraph { return s.shared.graph }

// Path is this scope's path, "gen/frame/up3"; the root's is empty.
func (s *Scope) Path() string { return s.path }

// Training tells whether layers behave as in training.
func (s *Scope) Training() bool { return s.shared.options.Training }

// DType is the element type of the graph.
func (s *Scope) DType() tensor.Dtype { return s.shared.options.DType }

// Random is the source of dropout and noise, or nil.
func (s *Scope) Random() *RandomState { return s.shared.options.Random }

// Params are the parameters that the layers take.
func (s *Scope) Params() *Params { return s.shared.params }

// Input is a node that is given a value before each run. Asking again for a
// name gives the same node.
func (s *Scope) Input(name string, shape ...int) *Node {
	full := s.name(name)
	if n, ok := s.shared.inputs[full]; ok {
		if !slices.Equal(n.Shape(), shape) {
			s.Fail(shapeErrorf("input %q is %s and is asked for as %s", name, dims(n.Shape()), dims(shape)))
			return nil
		}
		return n
	}
	n := s.build("input", func() (*Node, error) {
		if err := checkShape(shape); err != nil {
			return nil, fmt.Errorf("input %q: %w", name, err)
		}
		if _, taken := s.boundAs(full); taken {
			return nil, fmt.Errorf("input %q: a parameter has this name: choose another", full)
		}
		return gorgonia.NewTensor(s.Graph(), s.DType(), len(shape), gorgonia.WithName(full), gorgonia.WithShape(shape...)), nil
	})
	if n != nil {
		s.shared.inputs[full] = n
	}
	return n
}

// Constant is a node of the given shape whose every element is v. A single
// number is stored, and repeated by a BroadcastOp.
func (s *Scope) Constant(v float64, shape ...int) *Node {
	return s.build("constant", func() (*Node, error) {
		if err := checkShape(shape); err != nil {
			return nil, fmt.Errorf("constant %v: %w", v, err)
		}
		return filled(s.Graph(), s.DType(), v, shape...)
	})
}

// Param is the trainable parameter called name at this scope's path, created
// with init when there is none. The same path and name give the same node.
func (s *Scope) Param(name string, init Initializer, shape ...int) *Node {
	n, _ := s.parameter(name, true, init, shape)
	return n
}

// State is an array that is not trained but carried from run to run: running
// statistics, vectors of a power iteration. When the state has been updated in
// this graph, its node is the updated value.
func (s *Scope) State(name string, init Initializer, shape ...int) *Node {
	n, p := s.parameter(name, false, init, shape)
	if latest, ok := s.shared.latest[p]; ok {
		return latest
	}
	return n
}

// Update makes a state, as given by State, take the value of a node after each
// run. A frozen scope does nothing.
func (s *Scope) Update(state, value *Node) {
	if s.frozen || state == nil || value == nil {
		return
	}
	p, ok := s.shared.bound[state]
	switch {
	case !ok || p.Trainable:
		s.Fail(fmt.Errorf("updating %v: it is not a state", state))
		return
	case !slices.Equal(state.Shape(), value.Shape()):
		s.Fail(shapeErrorf("updating %s: state is %s, its new value %s", p.Name, dims(state.Shape()), dims(value.Shape())))
		return
	}
	if other, ok := s.shared.bound[value]; ok && other != p {
		s.Fail(fmt.Errorf("updating %s: its new value is that of %s", p.Name, other.Name))
		return
	}
	if _, ok := s.shared.latest[p]; !ok {
		s.shared.updates = append(s.shared.updates, p)
	}
	s.shared.latest[p] = value
	s.shared.bound[value] = p
}

// Updates lists every updated state with its last value, in order of the first
// update of each.
func (s *Scope) Updates() []Update {
	list := make([]Update, len(s.shared.updates))
	for i, p := range s.shared.updates {
		list[i] = Update{Param: p, Value: s.shared.latest[p]}
	}
	return list
}

func (s *Scope) parameter(name string, trainable bool, init Initializer, shape []int) (*Node, *Param) {
	var p *Param
	n := s.build("parameter", func() (n *Node, err error) {
		if s.Params() == nil {
			return nil, fmt.Errorf("parameter %q: the scope has no parameters: give NewScope some", name)
		}
		if _, taken := s.shared.inputs[s.name(name)]; taken {
			return nil, fmt.Errorf("parameter %q: an input has this name: choose another", s.name(name))
		}
		if p, err = s.Params().New(s.name(name), trainable, init, shape...); err != nil {
			return nil, err
		}
		return gorgonia.NewTensor(s.Graph(), s.DType(), len(shape),
			gorgonia.WithName(p.Name), gorgonia.WithShape(shape...), gorgonia.WithValue(p.Value)), nil
	})
	if n == nil {
		return nil, nil
	}
	s.shared.bound[n] = p
	return n, p
}

// boundAs finds the parameter of a name. Gorgonia would take an input of equal
// name and shape for the parameter itself.
func (s *Scope) boundAs(name string) (*Param, bool) {
	if s.Params() == nil {
		return nil, false
	}
	return s.Params().Get(name)
}

// build adds a node, unless an operand is nil. It turns an error, or a panic of
// the graph's library, into the scope's error.
func (s *Scope) build(what string, f func() (*Node, error), operands ...*Node) (n *Node) {
	if slices.Contains(operands, nil) {
		if s.shared.err == nil {
			s.Fail(fmt.Errorf("%s: an operand is nil", what))
		}
		return nil
	}
	defer func() {
		if r := recover(); r != nil {
			s.Fail(fmt.Errorf("%s: %v", what, r))
			n = nil
		}
	}()
	n, err := f()
	if err != nil {
		s.Fail(err)
		return nil
	}
	return n
}

func (s *Scope) name(name string) string {
	if s.path == "" {
		return name
	}
	return s.path + "/" + name
}

func checkShape(shape []int) error {
	if len(shape) == 0 || slices.Min(shape) < 1 {
		return shapeErrorf("shape %s: want at least one axis and positive sizes", dims(shape))
	}
	return nil
}

// Accepts fails the scope when a network's config is invalid (config, nil where
// it is not) or its input has not the wanted shape, where -1 is any size. It
// reports whether the network can be built: false also after an earlier failure.
func (s *Scope) Accepts(config error, x *Node, want ...int) bool {
	if config != nil {
		s.Fail(config)
	}
	if s.Err() != nil {
		return false
	}
	if x == nil {
		s.Fail(fmt.Errorf("the input is nil"))
		return false
	}
	fits := slices.EqualFunc(x.Shape(), want, func(got, want int) bool { return want < 0 || got == want })
	if !fits {
		s.Fail(fmt.Errorf("input of shape %v, want %v (-1: any): %w", x.Shape(), want, ErrShape))
	}
	return fits
}
