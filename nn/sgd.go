package nn

import "gorgonia.org/gorgonia"

// SGD is stochastic gradient descent with momentum in PyTorch's form:
//
//	b = Momentum·b + g      (b starts at 0)
//	p = p - LR · b
//
// Slot: "momentum_buffer" (b); none when Momentum is 0.
//
// Source: torch.optim.SGD (dampening 0, no Nesterov). Chainer's MomentumSGD keeps v = momentum·v - lr·g and adds v
// to p: the same path while LR is constant, but a change of LR there reaches past gradients only as they fade.
type SGD struct {
	LR       float64 // learning rate
	Momentum float64 // in [0, 1); 0 for plain descent
	stepper
}

var _ Optimizer = (*SGD)(nil)

// NewSGD returns gradient descent with the given momentum.
func NewSGD(lr, momentum float64) *SGD { return &SGD{LR: lr, Momentum: momentum} }

// Step updates every parameter of list.
func (o *SGD) Step(list []gorgonia.ValueGrad) error { return o.step(o, list) }

// Slots returns "momentum_buffer" of p, or nothing when Momentum is 0.
func (o *SGD) Slots(p *Param) []Slot {
	slots, _ := o.slotsOf(o, p.Name, p.Value) // the error is for Step to report
	return slots
}

// LearningRate returns LR.
func (o *SGD) LearningRate() float64 { return o.LR }

// SetLearningRate sets LR.
func (o *SGD) SetLearningRate(lr float64) { o.LR = lr }

// Validate reports a negative LR or a Momentum outside [0, 1).
func (o *SGD) Validate() error {
	switch {
	case !(o.LR >= 0):
		return settingError("SGD", "LR", o.LR, "0 or more")
	case !(o.Momentum >= 0 && o.Momentum < 1):
		return settingError("SGD", "Momentum", o.Momentum, "0 ≤ Momentum < 1")
	}
	return nil
}

func (o *SGD) slotNames() []string {
	if o.Momentum == 0 {
		return nil
	}
	return sgdSlots[:]
}

var sgdSlots = [...]string{"momentum_buffer"}

func (o *SGD) update32(p, g []float32, slots []Slot) {
	if len(slots) == 0 {
		sgdPass(o, p, g, nil)
	} else {
		sgdPass(o, p, g, slots[0].Value.Float32s())
	}
}

func (o *SGD) update64(p, g []float64, slots []Slot) {
	if len(slots) == 0 {
		sgdPass(o, p, g, nil)
	} else {
		sgdPass(o, p, g, slots[0].Value.Float64s())
	}
}

func sgdPass[T float](o *SGD, p, g, b []T) {
	lr, momentum := T(o.LR), T(o.Momentum)
	if b == nil {
		for i, gi := range g {
			p[i] -= lr * gi
		}
		return
	}
	for i, gi := range g {
		b[i] = momentum*b[i] + gi
		p[i] -= lr * b[i]
	}
}
