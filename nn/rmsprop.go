package nn

import "gorgonia.org/gorgonia"

// RMSprop divides the gradient g by a running root mean square:
//
//	s = Alpha·s + (1-Alpha)·g²      (s starts at 0)
//	p = p - LR · g / (√s + Eps)
//
// Slot: "square_avg" (s).
//
// Source: torch.optim.RMSprop without momentum, not centred; and chainer.optimizers.RMSprop, whose formula,
// start and defaults (lr 0.01, alpha 0.99, eps 1e-8) are the same. They differ in what else they offer: Chainer
// alone has eps_inside_sqrt (off by default), here EpsInsideSqrt. TensorFlow's own form has it on, decays by
// 0.9 and starts s at 1.
type RMSprop struct {
	LR    float64 // learning rate
	Alpha float64 // decay of the average of g², in [0, 1)
	Eps   float64 // positive
	// EpsInsideSqrt makes the divisor √(s + Eps) in place of √s + Eps: Chainer's eps_inside_sqrt.
	EpsInsideSqrt bool
	stepper
}

var _ Optimizer = (*RMSprop)(nil)

// NewRMSprop returns RMSprop with the defaults of both libraries but for the learning rate: Alpha 0.99, Eps
// 1e-8 outside of the root.
func NewRMSprop(lr float64) *RMSprop { return &RMSprop{LR: lr, Alpha: 0.99, Eps: 1e-8} }

// Step updates every parameter of list.
func (r *RMSprop) Step(list []gorgonia.ValueGrad) error { return r.step(r, list) }

// Slots returns "square_avg" of p.
func (r *RMSprop) Slots(p *Param) []Slot {
	slots, _ := r.slotsOf(r, p.Name, p.Value) // the error is for Step to report
	return slots
}

// LearningRate returns LR.
func (r *RMSprop) LearningRate() float64 { return r.LR }

// SetLearningRate sets LR.
func (r *RMSprop) SetLearningRate(lr float64) { r.LR = lr }

// Validate reports a negative LR, an Alpha outside [0, 1) or an Eps that is not positive.
func (r *RMSprop) Validate() error {
	switch {
	case !(r.LR >= 0):
		return settingError("RMSprop", "LR", r.LR, "0 or more")
	case !(r.Alpha >= 0 && r.Alpha < 1):
		return settingError("RMSprop", "Alpha", r.Alpha, "0 ≤ Alpha < 1")
	case !(r.Eps > 0):
		return settingError("RMSprop", "Eps", r.Eps, "more than 0 (1e-8 is usual)")
	}
	return nil
}

func (r *RMSprop) slotNames() []string { return rmspropSlots[:] }

var rmspropSlots = [...]string{"square_avg"}

func (r *RMSprop) update32(p, g []float32, slots []Slot) {
	rmspropPass(r, p, g, slots[0].Value.Float32s())
}

func (r *RMSprop) update64(p, g []float64, slots []Slot) {
	rmspropPass(r, p, g, slots[0].Value.Float64s())
}

func rmspropPass[T float](r *RMSprop, p, g, s []T) {
	lr, alpha, rest, eps := T(r.LR), T(r.Alpha), T(1-r.Alpha), T(r.Eps)
	for i, gi := range g {
		s[i] = alpha*s[i] + rest*gi*gi
		if r.EpsInsideSqrt {
			p[i] -= lr * gi / sqrt(s[i]+eps)
		} else {
			p[i] -= lr * gi / (sqrt(s[i]) + eps)
		}
	}
}
