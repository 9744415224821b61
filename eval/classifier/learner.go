package classifier

import (
	"fmt"
	"math"

	"gorgonia.org/gorgonia"

	"videogan/nn"
	"videogan/nn/exec"
)

// Learner teaches a network to classify: it takes steps of Adam on the mean cross-entropy of batches. It belongs to one
// goroutine.
type Learner struct {
	params    *nn.Params
	random    *nn.RandomState
	program   *exec.Program
	optimizer *nn.Adam
	fused     nn.Optimizer
	gradients []gorgonia.ValueGrad
	classes   int
	step      int

	x, labels, loss, logits *nn.Node
}

// LearnerOptions say what a learner learns.
type LearnerOptions struct {
	Input   []int    // shape of a batch, the clips first
	Classes int      // logits of a clip
	Adam    *nn.Adam // its learning rate is set by each step
	Seed    uint64   // of dropout
	// Trained is the path of the parameters that learn; empty: all of them.
	Trained string
}

// NewLearner compiles a network in training mode. build maps a batch of shape Input to logits (N×Classes).
func NewLearner(dev *exec.Device, params *nn.Params, build func(s *nn.Scope, x *nn.Node) *nn.Node, o LearnerOptions) (*Learner, error) {
	l := &Learner{params: params, random: &nn.RandomState{Seed: o.Seed}, optimizer: o.Adam, fused: dev.Fused(o.Adam), classes: o.Classes}
	s := nn.NewScope(gorgonia.NewGraph(), params, nn.ScopeOptions{Training: true, Random: l.random})
	l.x = s.Input("clips", o.Input...)
	l.labels = s.Input("labels", o.Input[0], o.Classes) // one-hot
	l.logits = build(s, l.x)
	l.loss = s.Scale(s.Sum(s.Mul(l.labels, s.LogSoftmax(l.logits, 1))), -1/float64(o.Input[0]))
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("classifier: %w", err)
	}
	var wrt []*nn.Node
	trained := params.Trainable(o.Trained)
	for _, p := range trained {
		wrt = append(wrt, s.Param(p.Name, nil, p.Value.Shape()...))
	}
	grads := s.Grad(l.loss, wrt...)
	var err error
	if l.program, err = exec.Compile(dev, s, append([]*nn.Node{l.loss, l.logits}, grads...)...); err != nil {
		return nil, fmt.Errorf("classifier: compile: %w", err)
	}
	for i, p := range trained {
		l.gradients = append(l.gradients, &nn.Gradient{Param: p, Tensor: l.program.Tensor(grads[i])})
	}
	return l, nil
}

// Input is the memory of the batch that the next step learns from.
func (l *Learner) Input() []float32 { return l.program.Data(l.x) }

// Steps is the number of steps taken.
func (l *Learner) Steps() int { return l.step }

// Step takes one step on the batch in Input, whose labels are given, at a learning rate. It returns the loss and the
// accuracy on the batch, before the step and with what is random in training.
func (l *Learner) Step(labels []int, rate float64) (loss, accuracy float64, err error) {
	hot := l.program.Data(l.labels)
	clear(hot)
	for i, label := range labels {
		if label < 0 {
			return 0, 0, fmt.Errorf("classifier: train: a clip has no label: sort the videos into one folder a class")
		}
		hot[i*l.classes+label] = 1
	}
	l.random.Counter = uint64(l.step)
	if err := l.program.RunAll(); err != nil {
		return 0, 0, fmt.Errorf("classifier: step %d: %w", l.step+1, err)
	}
	if loss = float64(l.program.Data(l.loss)[0]); math.IsNaN(loss) || math.IsInf(loss, 0) {
		return 0, 0, fmt.Errorf("classifier: step %d: the loss is %v: lower the learning rate", l.step+1, loss)
	}
	l.optimizer.SetLearningRate(rate)
	if err := l.fused.Step(l.gradients); err != nil {
		return 0, 0, fmt.Errorf("classifier: step %d: %w", l.step+1, err)
	}
	l.step++
	right := 0
	logits := l.program.Data(l.logits)
	for i, label := range labels {
		if argmax(logits[i*l.classes:(i+1)*l.classes]) == label {
			right++
		}
	}
	return loss, float64(right) / float64(len(labels)), nil
}

// Close frees the program.
func (l *Learner) Close() error { return l.program.Close() }
