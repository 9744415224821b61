package classifier

import (
	"fmt"
	"math"
	"strconv"

	"gorgonia.org/gorgonia"

	"videogan/datasets"
	"videogan/eval"
	"videogan/eval/weights"
	"videogan/nn"
	"videogan/nn/exec"
)

// trainer takes steps of Adam on the cross-entropy of batches.
type trainer struct {
	cfg       Config
	params    *nn.Params
	random    *nn.RandomState
	program   *exec.Program
	judge     *Small
	optimizer *nn.Adam
	fused     nn.Optimizer
	gradients []gorgonia.ValueGrad
	step      int

	x, labels, loss, logits *nn.Node
}

func newTrainer(dev *exec.Device, cfg Config, classes []string) (*trainer, error) {
	t := &trainer{cfg: cfg, params: nn.NewParams(cfg.Train.Seed), random: &nn.RandomState{Seed: cfg.Train.Seed}, optimizer: nn.NewAdam(cfg.Train.LR, 0.9, 0.999)}
	t.fused = dev.Fused(t.optimizer)
	n, batch := cfg.Network, cfg.Train.Batch
	s := nn.NewScope(gorgonia.NewGraph(), t.params, nn.ScopeOptions{Training: true, Random: t.random})
	t.x = s.Input("clips", batch, n.Channels, n.Frames, n.Size, n.Size)
	t.labels = s.Input("labels", batch, n.Classes) // one-hot
	_, t.logits = n.Build(s, t.x)
	t.loss = s.Scale(s.Sum(s.Mul(t.labels, s.LogSoftmax(t.logits, 1))), -1/float64(batch))
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("classifier: %w", err)
	}
	outputs := []*nn.Node{t.loss, t.logits}
	var wrt []*nn.Node
	trainable := t.params.Trainable("")
	for _, p := range trainable {
		wrt = append(wrt, s.Param(p.Name, nil, p.Value.Shape()...))
	}
	grads := s.Grad(t.loss, wrt...)
	outputs = append(outputs, grads...)
	var err error
	if t.program, err = exec.Compile(dev, s, outputs...); err != nil {
		return nil, fmt.Errorf("classifier: compile: %w", err)
	}
	for i, p := range trainable {
		t.gradients = append(t.gradients, &nn.Gradient{Param: p, Tensor: t.program.Tensor(grads[i])})
	}
	t.judge, err = newSmall(dev, t.params, n, classes, batch)
	return t, err
}

// update takes one step; share is how much of the training is over. It returns the batch's loss and accuracy.
func (t *trainer) update(batch *datasets.Batch, share float64) (loss, accuracy float64, err error) {
	n := t.cfg.Network
	x := t.program.Data(t.x)
	copy(x, batch.Clips)
	shape := eval.Shape{Clips: len(batch.Labels), Channels: n.Channels, Frames: n.Frames, Height: n.Size, Width: n.Size}
	t.cfg.Augment.Apply(nn.Stream(t.cfg.Train.Seed, fmt.Sprintf("augment/%d", t.step)), x, shape)
	hot := t.program.Data(t.labels)
	clear(hot)
	for i, label := range batch.Labels {
		if label < 0 {
			return 0, 0, fmt.Errorf("classifier: train: a clip has no label: sort the videos into one folder a class")
		}
		hot[i*n.Classes+label] = 1
	}
	t.random.Counter = uint64(t.step)
	if err := t.program.RunAll(); err != nil {
		return 0, 0, fmt.Errorf("classifier: step %d: %w", t.step+1, err)
	}
	if loss = float64(t.program.Data(t.loss)[0]); math.IsNaN(loss) || math.IsInf(loss, 0) {
		return 0, 0, fmt.Errorf("classifier: step %d: the loss is %v: lower train.lr", t.step+1, loss)
	}
	t.optimizer.SetLearningRate(t.cfg.Train.LR * (1 + math.Cos(math.Pi*share)) / 2)
	if err := t.fused.Step(t.gradients); err != nil {
		return 0, 0, fmt.Errorf("classifier: step %d: %w", t.step+1, err)
	}
	t.step++
	right := 0
	logits := t.program.Data(t.logits)
	for i, label := range batch.Labels {
		if argmax(logits[i*n.Classes:(i+1)*n.Classes]) == label {
			right++
		}
	}
	return loss, float64(right) / float64(len(batch.Labels)), nil
}

// saveState writes parameters and what Adam keeps.
func (t *trainer) saveState(path string) error {
	set := weights.FromParams(t.params)
	for _, p := range t.params.Trainable("") {
		for _, slot := range t.optimizer.Slots(p) {
			set[p.Name+"/"+slot.Name] = weights.Array{Shape: slot.Value.Shape(), Values: slot.Value.Float32s()}
		}
	}
	return weights.WriteSafetensors(path, set, map[string]string{"step": strconv.Itoa(t.step)})
}

// loadState is the inverse of saveState.
func (t *trainer) loadState(path string) error {
	set, metadata, err := weights.ReadSafetensors(path)
	if err != nil {
		return err
	}
	step, err := strconv.Atoi(metadata["step"])
	if err != nil || step < 0 {
		return fmt.Errorf("%s: %w: its step is %q", path, ErrFormat, metadata["step"])
	}
	for _, p := range t.params.Trainable("") {
		for _, slot := range t.optimizer.Slots(p) {
			kept, ok := set[p.Name+"/"+slot.Name]
			if !ok || len(kept.Values) != slot.Value.DataSize() {
				return fmt.Errorf("%s: %w: nothing for %s of %s", path, ErrFormat, slot.Name, p.Name)
			}
			copy(slot.Value.Float32s(), kept.Values)
		}
	}
	if err := set.CopyTo(t.params); err != nil {
		return err
	}
	t.step = step
	t.optimizer.SetSteps(step)
	return nil
}
