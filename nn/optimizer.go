package nn

import (
	"fmt"

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
