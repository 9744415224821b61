package nn

import (
	"fmt"
	"slices"
	"strings"

	"gorgonia.org/tensor"
)

// Param is one array that outlives graphs: a weight that an optimizer trains, or a state (a running
// statistic, a vector of a power iteration) that is only carried from step to step.
type Param struct {
	Name      string        // full path, unique within its Params: "gen/frame/up3/weight"
	Value     *tensor.Dense // C-ordered, contiguous, in plain Go memory; never replaced, only written
	Trainable bool
}

// Params holds the parameters and states of a model in the order in which they were created. Graphs do not
// own them: every graph that uses a name is bound to the same memory.
//
// It is not safe for concurrent use.
type Params struct {
	seed   uint64
	dtype  tensor.Dtype
	list   []*Param
	byName map[string]*Param
	ahead  func(draw func()) // draws in a goroutine; nil: New draws
}

// NewParams returns an empty set of float32 parameters. The initial value of each comes from the stream
// (seed, "init/"+name): it depends on its own name alone and not on what else is created, or when.
func NewParams(seed uint64) *Params { return NewParamsOf(tensor.Float32, seed) }

// NewParamsOf is NewParams for another type of number, tensor.Float32 or tensor.Float64 (which finite
// differences need). Initial values are drawn in float64 and rounded, so both types start from the same numbers.
func NewParamsOf(dtype tensor.Dtype, seed uint64) *Params {
	return &Params{seed: seed, dtype: dtype, byName: map[string]*Param{}}
}

// Seed returns the seed of the initial values.
func (p *Params) Seed() uint64 { return p.seed }

// DType returns the type of every parameter's numbers.
func (p *Params) DType() tensor.Dtype { return p.dtype }

// New returns the parameter called name, and creates it with init when there is none.
//
// Asking again for a name returns the same parameter, whatever the initializer; asking with another shape is
// an error that wraps ErrShape, and asking for a weight as a state (or a state as a weight) is an error too:
// two layers would share memory by accident.
func (p *Params) New(name string, trainable bool, init Initializer, shape ...int) (*Param, error) {
	if name == "" {
		return nil, fmt.Errorf("nn: creating a parameter of shape %v: it needs a name", shape)
	}
	if old, ok := p.byName[name]; ok {
		return old, p.checkReuse(old, trainable, shape)
	}
	if len(shape) == 0 || slices.Min(shape) <= 0 {
		return nil, fmt.Errorf("nn: creating parameter %q: shape %v: %w: every axis must be positive", name, shape, ErrShape)
	}
	value, err := p.drawn(init, shape, Stream(p.seed, "init/"+name))
	if err != nil {
		return nil, fmt.Errorf("nn: creating parameter %q: %w", name, err)
	}
	param := &Param{Name: name, Value: value, Trainable: trainable}
	p.list = append(p.list, param)
	p.byName[name] = param
	return param, nil
}

func (p *Params) checkReuse(old *Param, trainable bool, shape []int) error {
	if !slices.Equal(old.Value.Shape(), shape) {
		return fmt.Errorf("nn: parameter %q: %w: it exists with shape %v and is asked for with shape %v; give the second layer another name",
			old.Name, ErrShape, old.Value.Shape(), shape)
	}
	if old.Trainable != trainable {
		return fmt.Errorf("nn: parameter %q: it exists as a %s and is asked for as a %s; give the second another name",
			old.Name, kindOfParam(old.Trainable), kindOfParam(trainable))
	}
	return nil
}

func kindOfParam(trainable bool) string {
	if trainable {
		return "trainable parameter"
	}
	return "state"
}

// Get returns the parameter or state called name.
func (p *Params) Get(name string) (*Param, bool) {
	param, ok := p.byName[name]
	return param, ok
}

// All returns every parameter and state in order of creation.
func (p *Params) All() []*Param { return slices.Clone(p.list) }

// Trainable returns the trainable parameters under prefix in order of creation. A prefix is a path: "dis"
// holds "dis" and "dis/conv1/weight" but not "discount"; the empty prefix holds all.
func (p *Params) Trainable(prefix string) []*Param {
	var under []*Param
	for _, param := range p.list {
		if param.Trainable && hasPathPrefix(param.Name, prefix) {
			under = append(under, param)
		}
	}
	return under
}

// Count returns how many trainable numbers stand under prefix (as Trainable takes it).
func (p *Params) Count(prefix string) int {
	n := 0
	for _, param := range p.Trainable(prefix) {
		n += param.Value.Shape().TotalSize()
	}
	return n
}

func hasPathPrefix(name, prefix string) bool {
	prefix = strings.TrimSuffix(prefix, "/")
	rest, ok := strings.CutPrefix(name, prefix)
	return ok && (prefix == "" || rest == "" || rest[0] == '/')
}
