package classifier

import (
	"fmt"
	"math"
	"strconv"

	"videogan/datasets"
	"videogan/eval"
	"videogan/eval/weights"
	"videogan/nn"
	"videogan/nn/exec"
)

// trainer teaches a SmallC3D.
type trainer struct {
	*Learner
	cfg   Config
	judge *Engine
}

func newTrainer(dev *exec.Device, cfg Config, classes []string) (*trainer, error) {
	n, params := cfg.Network, nn.NewParams(cfg.Train.Seed)
	build := func(s *nn.Scope, x *nn.Node) *nn.Node {
		_, logits := n.Build(s, x)
		return logits
	}
	learner, err := NewLearner(dev, params, build, LearnerOptions{
		Input: []int{cfg.Train.Batch, n.Channels, n.Frames, n.Size, n.Size}, Classes: n.Classes,
		Adam: nn.NewAdam(cfg.Train.LR, 0.9, 0.999), Seed: cfg.Train.Seed,
	})
	if err != nil {
		return nil, err
	}
	judge, err := newSmall(dev, params, nil, n, classes, Protocol{}, cfg.Train.Batch)
	return &trainer{Learner: learner, cfg: cfg, judge: judge}, err
}

// update takes one step; share is how much of the training is over. It returns the batch's loss and accuracy.
func (t *trainer) update(batch *datasets.Batch, share float64) (loss, accuracy float64, err error) {
	n := t.cfg.Network
	batch.Write(t.Input(), 0)
	shape := eval.Shape{Clips: len(batch.Labels), Channels: n.Channels, Frames: n.Frames, Height: n.Size, Width: n.Size}
	t.cfg.Augment.Apply(nn.Stream(t.cfg.Train.Seed, fmt.Sprintf("augment/%d", t.step)), t.Input(), shape)
	return t.Step(batch.Labels, t.cfg.Train.LR*(1+math.Cos(math.Pi*share))/2)
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
