package nn

import (
	"math"

	"gorgonia.org/gorgonia"
)

// Adam is the optimizer of Kingma and Ba 2015 in PyTorch's form. With g the gradient and t the number of the
// step, from 1:
//
//	m = β₁·m + (1-β₁)·g
//	v = β₂·v + (1-β₂)·g²
//	p = p - LR/(1-β₁ᵗ) · m / (√v/√(1-β₂ᵗ) + Eps)
//
// Slots: "exp_avg" (m) and "exp_avg_sq" (v).
//
// Source: torch.optim.Adam (no weight decay, no amsgrad). Chainer's Adam multiplies LR by √(1-β₂ᵗ)/(1-β₁ᵗ)
// and adds Eps to the uncorrected √v, as the paper's Sec. 2 allows; they differ where √v is near Eps.
// Unlike PyTorch, t counts the optimizer's steps and not each parameter's: hand in the same parameters every step.
type Adam struct {
	LR           float64 // learning rate
	Beta1, Beta2 float64 // decay of the averages of g and of g², in [0, 1)
	Eps          float64 // added to the root, positive
	stepper
}

var _ Optimizer = (*Adam)(nil)

// NewAdam returns Adam with the usual Eps of 1e-8. GANs take beta1 0.5 or 0 and beta2 0.9 to 0.999.
func NewAdam(lr, beta1, beta2 float64) *Adam {
	return &Adam{LR: lr, Beta1: beta1, Beta2: beta2, Eps: 1e-8}
}

// Step updates every parameter of list.
func (a *Adam) Step(list []gorgonia.ValueGrad) error { return a.step(a, list) }

// Slots returns "exp_avg" and "exp_avg_sq" of p.
func (a *Adam) Slots(p *Param) []Slot {
	slots, _ := a.slotsOf(a, p.Name, p.Value) // the error is for Step to report
	return slots
}

// LearningRate returns LR.
func (a *Adam) LearningRate() float64 { return a.LR }

// SetLearningRate sets LR.
func (a *Adam) SetLearningRate(lr float64) { a.LR = lr }

// Validate reports a negative LR, a beta outside [0, 1) or an Eps that is not positive.
func (a *Adam) Validate() error {
	switch {
	case !(a.LR >= 0):
		return settingError("Adam", "LR", a.LR, "0 or more")
	case !(a.Beta1 >= 0 && a.Beta1 < 1):
		return settingError("Adam", "Beta1", a.Beta1, "0 ≤ Beta1 < 1")
	case !(a.Beta2 >= 0 && a.Beta2 < 1):
		return settingError("Adam", "Beta2", a.Beta2, "0 ≤ Beta2 < 1")
	case !(a.Eps > 0):
		return settingError("Adam", "Eps", a.Eps, "more than 0 (1e-8 is usual)")
	}
	return nil
}

// Corrections returns the step size LR/(1-β₁ᵗ) and the root √(1-β₂ᵗ) of step t (from 1), for kernels that
// make the same update.
func (a *Adam) Corrections(t int) (stepSize, root float64) {
	return a.LR / (1 - math.Pow(a.Beta1, float64(t))), math.Sqrt(1 - math.Pow(a.Beta2, float64(t)))
}

func (a *Adam) slotNames() []string { return adamSlots[:] }

var adamSlots = [...]string{"exp_avg", "exp_avg_sq"}

func (a *Adam) update32(p, g []float32, slots []Slot) {
	adamPass(a, p, g, slots[0].Value.Float32s(), slots[1].Value.Float32s())
}

func (a *Adam) update64(p, g []float64, slots []Slot) {
	adamPass(a, p, g, slots[0].Value.Float64s(), slots[1].Value.Float64s())
}

func adamPass[T float](a *Adam, p, g, m, v []T) {
	size, root := a.Corrections(a.steps)
	stepSize, invRoot, eps := T(size), T(1/root), T(a.Eps)
	b1, c1, b2, c2 := T(a.Beta1), T(1-a.Beta1), T(a.Beta2), T(1-a.Beta2)
	for i, gi := range g {
		m[i] = b1*m[i] + c1*gi
		v[i] = b2*v[i] + c2*gi*gi
		p[i] -= stepSize * m[i] / (sqrt(v[i])*invRoot + eps)
	}
}
