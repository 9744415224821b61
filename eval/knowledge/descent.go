package knowledge

import (
	"math"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"videogan/nn"
	"videogan/nn/exec"
)

// descent moves inputs of a program down a cost by Adam, at a rate that rises over the first
// twentieth of the steps and falls to zero as half a cosine over the last half.
type descent struct {
	adam  *nn.Adam
	rate  float64
	steps int
	list  []gorgonia.ValueGrad
	moved []*tensor.Dense
}

// newDescent moves each of inputs against the node of the same index in gradients.
func newDescent(p *exec.Program, inputs, gradients []*nn.Node, rate float64, steps int) *descent {
	d := &descent{adam: nn.NewAdam(rate, 0.9, 0.99), rate: rate, steps: steps}
	for i, input := range inputs {
		value := p.Tensor(input)
		d.moved = append(d.moved, value)
		d.list = append(d.list, &nn.Gradient{Param: &nn.Param{Name: input.Name(), Value: value, Trainable: true}, Tensor: p.Tensor(gradients[i])})
	}
	return d
}

// restart forgets the averages, for other inputs.
func (d *descent) restart() {
	d.adam = nn.NewAdam(d.rate, d.adam.Beta1, d.adam.Beta2)
}

// step makes step number i, the first of which is 0, and keeps the inputs in ±bound (0: anywhere).
func (d *descent) step(i int, bound float64) error {
	d.adam.SetLearningRate(d.rate * schedule(float64(i)/float64(d.steps)))
	if err := d.adam.Step(d.list); err != nil {
		return err
	}
	if bound <= 0 {
		return nil
	}
	limit := float32(bound)
	for _, value := range d.moved {
		for j, v := range value.Float32s() {
			value.Float32s()[j] = min(max(v, -limit), limit)
		}
	}
	return nil
}

// schedule is the share of the rate at a share of the steps.
//
// Source: Karras et al. 2020 (StyleGAN2), App. D, for the projection of images.
func schedule(at float64) float64 {
	const rise, fall = 0.05, 0.5
	share := min(1, at/rise+0.05)
	if at > 1-fall {
		share *= (1 + math.Cos(math.Pi*(at-(1-fall))/fall)) / 2
	}
	return share
}
