package nn

import (
	"fmt"
	"math"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Optimizer updates parameters from their gradients. It is a gorgonia.Solver whose state can be read and
// set, for checkpoints and for kernels that make the same update faster.
//
// Step takes Gradient values, or any other gorgonia.ValueGrad that has a name (a *gorgonia.Node bound to
// dual values); state is kept by that name. A plain ValueGrad's gradient is zeroed after its use, as
// Gorgonia's own solvers do, because there gradients add up from run to run; a Gradient's is left as it is.
// A step allocates nothing once every parameter has been seen.
type Optimizer interface {
	gorgonia.Solver
	// Slots returns the state that belongs to p, always in the same order; each is zero before p's first
	// step. The tensors are the optimizer's own: writing to them restores a checkpoint.
	Slots(p *Param) []Slot
	// Steps returns how many steps were made.
	Steps() int
	// SetSteps sets how many steps were made: the checkpoint's counter.
	SetSteps(n int)
	// LearningRate returns the current learning rate.
	LearningRate() float64
	// SetLearningRate sets the learning rate from the next step on.
	SetLearningRate(lr float64)
	// Validate reports the first setting that makes no sense. Step calls it.
	Validate() error
}

// Slot is one named array of an optimizer's state. It has the shape and type of its parameter.
type Slot struct {
	Name  string // as PyTorch calls it: "exp_avg", "exp_avg_sq", "square_avg", "momentum_buffer"
	Value *tensor.Dense
}

// Gradient is a parameter with the gradient of a loss: what an Optimizer steps on. It implements
// gorgonia.ValueGrad.
type Gradient struct {
	Param *Param
	// Tensor is the gradient: the parameter's shape and type, contiguous in C order.
	Tensor *tensor.Dense
}

var _ gorgonia.ValueGrad = (*Gradient)(nil)

// Name returns the parameter's name.
func (g *Gradient) Name() string { return g.Param.Name }

// Value returns the parameter's value.
func (g *Gradient) Value() gorgonia.Value { return g.Param.Value }

// Grad returns the gradient.
func (g *Gradient) Grad() (gorgonia.Value, error) {
	if g.Tensor == nil {
		return nil, fmt.Errorf("nn: gradient of %s: it has not been set", g.Param.Name)
	}
	return g.Tensor, nil
}

// rule is what sets one optimizer apart: the arrays it keeps for a parameter and one fused pass over them.
type rule interface {
	Validate() error
	slotNames() []string
	update32(p, g []float32, slots []Slot)
	update64(p, g []float64, slots []Slot)
}

// stepper is the part that all optimizers share: the count of steps and the slots by parameter name.
type stepper struct {
	steps int
	slots map[string][]Slot
	batch []update // of the step under way; kept for its memory
}

// update is one parameter's share of a step.
type update struct {
	value, grad *tensor.Dense
	slots       []Slot
	clear       bool // zero the gradient after its use
}

// Steps returns how many steps were made.
func (s *stepper) Steps() int { return s.steps }

// SetSteps sets how many steps were made.
func (s *stepper) SetSteps(n int) { s.steps = n }

// step checks every gradient before it changes any parameter, so that a step is made whole or not at all.
func (s *stepper) step(r rule, list []gorgonia.ValueGrad) error {
	if err := r.Validate(); err != nil {
		return err
	}
	s.batch = s.batch[:0]
	for i, vg := range list {
		u, err := s.prepare(r, vg)
		if err != nil {
			return fmt.Errorf("nn: optimizer step: gradient %d of %d: %w", i+1, len(list), err)
		}
		s.batch = append(s.batch, u)
	}
	s.steps++
	for _, u := range s.batch {
		if u.value.Dtype() == tensor.Float64 {
			r.update64(u.value.Float64s(), u.grad.Float64s(), u.slots)
		} else {
			r.update32(u.value.Float32s(), u.grad.Float32s(), u.slots)
		}
		if u.clear {
			u.grad.Zero()
		}
	}
	clear(s.batch) // the tensors may be freed
	return nil
}

func (s *stepper) prepare(r rule, vg gorgonia.ValueGrad) (u update, err error) {
	var name string
	if g, ok := vg.(*Gradient); ok {
		name, u.value, u.grad = g.Param.Name, g.Param.Value, g.Tensor
		if u.grad == nil {
			_, err := g.Grad()
			return u, err
		}
	} else if name, u.value, u.grad, err = foreignGradient(vg); err != nil {
		return u, err
	} else {
		u.clear = true
	}
	if u.value.Dtype() != u.grad.Dtype() || !u.value.Shape().Eq(u.grad.Shape()) {
		return u, fmt.Errorf("%s: %w: parameter is %v %v, gradient %v %v", name, ErrShape,
			u.value.Dtype(), u.value.Shape(), u.grad.Dtype(), u.grad.Shape())
	}
	if !isPlain(u.value) || !isPlain(u.grad) {
		return u, fmt.Errorf("%s: parameter and gradient must be contiguous in C order: materialize the view", name)
	}
	u.slots, err = s.slotsOf(r, name, u.value)
	return u, err
}

// foreignGradient takes apart a ValueGrad that is not ours.
func foreignGradient(vg gorgonia.ValueGrad) (name string, value, grad *tensor.Dense, err error) {
	named, ok := vg.(gorgonia.Namer)
	if !ok {
		return "", nil, nil, fmt.Errorf("%T has no name to keep its state by: hand in nn.Gradient values", vg)
	}
	name = named.Name()
	g, err := vg.Grad()
	if err != nil {
		return "", nil, nil, fmt.Errorf("%s: reading the gradient: %w", name, err)
	}
	value, okValue := vg.Value().(*tensor.Dense)
	grad, okGrad := g.(*tensor.Dense)
	if !okValue || !okGrad {
		return "", nil, nil, fmt.Errorf("%s: parameter is a %T and its gradient a %T: both must be *tensor.Dense (make a scalar a vector of one)",
			name, vg.Value(), g)
	}
	return name, value, grad, nil
}

func isPlain(d *tensor.Dense) bool {
	return !d.RequiresIterator() && d.DataOrder().IsRowMajor() && d.DataOrder().IsContiguous()
}

// slotsOf returns the slots kept under name, made of zeros when they are not there yet.
func (s *stepper) slotsOf(r rule, name string, like *tensor.Dense) ([]Slot, error) {
	names := r.slotNames()
	if slots, ok := s.slots[name]; ok && len(slots) == len(names) {
		if len(slots) > 0 && (slots[0].Value.Dtype() != like.Dtype() || !slots[0].Value.Shape().Eq(like.Shape())) {
			return nil, fmt.Errorf("%s: %w: state is %v %v, parameter %v %v: take a new optimizer for a new network", name, ErrShape,
				slots[0].Value.Dtype(), slots[0].Value.Shape(), like.Dtype(), like.Shape())
		}
		return slots, nil
	}
	slots := make([]Slot, len(names))
	for i := range slots {
		slots[i] = Slot{Name: names[i], Value: tensor.New(tensor.Of(like.Dtype()), tensor.WithShape(like.Shape()...))}
		if like.Dtype() == tensor.Float32 {
			adviseHugePages(slots[i].Value.Float32s())
		}
	}
	if s.slots == nil {
		s.slots = map[string][]Slot{}
	}
	s.slots[name] = slots
	return slots, nil
}

// sqrt is the correctly rounded square root: that of a float32 taken in float64 rounds to the float32 root.
func sqrt[T float](x T) T { return T(math.Sqrt(float64(x))) }

// settingError says which setting of which optimizer makes no sense.
func settingError(optimizer, setting string, value float64, want string) error {
	return fmt.Errorf("nn: %s: %s is %v: want %s", optimizer, setting, value, want)
}
