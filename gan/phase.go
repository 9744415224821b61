package gan

import (
	"fmt"
	"math"
	"path"

	"gorgonia.org/gorgonia"

	"videogan/nn"
	"videogan/nn/exec"
)

// Phase is one program of a step: a loss with its gradients, or a penalty whose
// gradients are added to those of the phase before it.
type Phase struct {
	Name     string // "both", "dis", "gen", "r1" or "gp"
	Interval int    // it runs on the steps that are multiples of it
	Program  *exec.Program

	inputs
	latents   string    // name of the phase whose latents it takes; empty: its own
	stored    []earlier // D's parameters of before the step
	fake      *nn.Node  // the clips made, where a later phase needs them
	measures  []measure
	gradients []gradients
}

// inputs are what a program is given; nil where it has none.
type inputs struct {
	z          *nn.Node // latents N×Z
	given      *nn.Node // first frames of the clips, N×C×Given×H×W
	real       *nn.Node // clips N×C×T×H×W
	generated  *nn.Node // clips of an earlier phase
	epsilon    *nn.Node // share of the real clip, N×1×1×1×1
	realFrames *nn.Node // which frames are picked, one-hot N×k×T
	fakeFrames *nn.Node
}

// measure is a number that a program gives.
type measure struct {
	name string
	node *nn.Node
	loss bool // to be watched for NaN
}

// gradients are those of one network, in the order of its parameters; nil where
// a penalty does not depend on a parameter.
type gradients struct {
	network *network
	list    []*nn.Gradient
}

// network is one side of the game: parameters and their optimizer.
type network struct {
	name      string // "gen" or "dis"
	params    []*nn.Param
	optimizer nn.Optimizer
	step      []gorgonia.ValueGrad // the summed gradients
}

// round is one update: the gradients of its phases are summed, the first phase's
// being there always, and then the networks step.
type round struct {
	repeat   int
	phases   []*Phase
	networks []*network
}

// add adds the gradients of a penalty to those of the round's first phase.
func (p *Phase) addTo(first *Phase) {
	for _, g := range p.gradients {
		for _, to := range first.gradients {
			if to.network != g.network {
				continue
			}
			for i, from := range g.list {
				if from == nil {
					continue
				}
				sum := to.list[i].Tensor.Float32s()
				for j, v := range from.Tensor.Float32s() {
					sum[j] += v
				}
			}
		}
	}
}

// check reports the first loss that is not finite.
func (p *Phase) check(step int) error {
	for _, m := range p.measures {
		value := float64(p.Program.Data(m.node)[0])
		if !m.loss || !math.IsNaN(value) && !math.IsInf(value, 0) {
			continue
		}
		e := &NonFiniteError{Step: step, Loss: m.name, Value: value}
		norms := map[string]float64{}
		for _, g := range p.gradients {
			for _, gradient := range g.list {
				if gradient == nil {
					continue
				}
				layer := path.Dir(gradient.Param.Name)
				norms[layer] = math.Hypot(norms[layer], math.Sqrt(squares(gradient.Tensor.Float32s())))
				// NaN compares as more than all, and the first layer that has it stays.
				if norm := norms[layer]; e.Layer == "" || norm > e.Norm || math.IsNaN(norm) && !math.IsNaN(e.Norm) {
					e.Layer, e.Norm = layer, norm
				}
			}
		}
		return e
	}
	return nil
}

// norm is the length of a network's summed gradient.
func (n *network) norm() float64 {
	sum := 0.0
	for _, g := range n.step {
		sum += squares(g.(*nn.Gradient).Tensor.Float32s())
	}
	return math.Sqrt(sum)
}

func squares(values []float32) float64 {
	sum := 0.0
	for _, v := range values {
		sum += float64(v) * float64(v)
	}
	return sum
}

// update makes a step of the network's optimizer.
func (n *network) update() error {
	if err := n.optimizer.Step(n.step); err != nil {
		return fmt.Errorf("gan: update %s: %w", n.name, err)
	}
	return nil
}
