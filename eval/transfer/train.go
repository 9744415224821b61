package transfer

import (
	"context"
	"errors"
	"fmt"

	"gorgonia.org/gorgonia"

	"videogan/datasets"
	"videogan/eval/classifier"
	"videogan/nn"
	"videogan/nn/exec"
)

// task is what one classifier is trained for.
type task struct {
	Training
	classes      []int           // labels in use; a label's place here is the network's
	train, test  examples        //
	videos, held []int           // of train and test
	labels       []datasets.Clip // of train, for its labels
	answers      []datasets.Clip // of test
	params       *nn.Params
	build        func(s *nn.Scope, x *nn.Node) *nn.Node
	learns       string // path of what is trained; empty: all
	seed         uint64
}

// outcome is how it did.
type outcome struct {
	Test          classifier.TestResult `json:"test"`
	TrainLoss     float64               `json:"train_loss"`     // mean of the last tenth of the steps
	TrainAccuracy float64               `json:"train_accuracy"` // likewise, with dropout
}

// run trains and tests; step is called after each step.
func (t task) run(ctx context.Context, dev *exec.Device, step func()) (result outcome, err error) {
	learner, err := classifier.NewLearner(dev, t.params, t.build, classifier.LearnerOptions{
		Input: t.train.shape(t.Batch), Classes: len(t.classes), Adam: nn.NewAdam(t.Rate, t.Beta1, t.Beta2), Seed: t.seed, Trained: t.learns,
	})
	if err != nil {
		return result, fmt.Errorf("transfer: %w", err)
	}
	defer func() { err = errors.Join(err, learner.Close()) }()
	rng, place := nn.Stream(t.seed, "transfer/batches"), t.places()
	labels := make([]int, t.Batch)
	per := len(learner.Input()) / t.Batch
	last := max(t.Steps/10, 1)
	for i := range t.Steps {
		if err := ctx.Err(); err != nil {
			return result, err
		}
		for j := range labels {
			video := t.videos[rng.IntN(len(t.videos))]
			labels[j] = place[t.labels[video].Label]
			if err := t.train.draw(ctx, rng, video, learner.Input()[j*per:(j+1)*per]); err != nil {
				return result, err
			}
		}
		loss, accuracy, err := learner.Step(labels, t.Rate)
		if err != nil {
			return result, fmt.Errorf("transfer: %w", err)
		}
		if i >= t.Steps-last {
			result.TrainLoss += loss / float64(last)
			result.TrainAccuracy += accuracy / float64(last)
		}
		step()
	}
	result.Test, err = t.judge(ctx, dev)
	return result, err
}

// places are the network's numbers of the labels.
func (t task) places() map[int]int {
	place := map[int]int{}
	for i, class := range t.classes {
		place[class] = i
	}
	return place
}

// judge tests the network, in evaluation mode, on windows of the held-back videos.
func (t task) judge(ctx context.Context, dev *exec.Device) (result classifier.TestResult, err error) {
	s := nn.NewScope(gorgonia.NewGraph(), t.params, nn.ScopeOptions{})
	x := s.Input("clips", t.test.shape(t.Batch)...)
	probabilities := s.Softmax(t.build(s, x), 1)
	program, err := exec.Compile(dev, s, probabilities)
	if err != nil {
		return result, fmt.Errorf("transfer: compile: %w", err)
	}
	defer func() { err = errors.Join(err, program.Close()) }()
	tally, place := classifier.NewTally(len(t.classes)), t.places()
	total := len(t.held) * t.Windows
	per := len(program.Data(x)) / t.Batch
	for first := 0; first < total; first += t.Batch {
		if err := ctx.Err(); err != nil {
			return result, err
		}
		end := min(first+t.Batch, total)
		for i := first; i < end; i++ {
			at := (i - first) * per
			if err := t.test.window(ctx, t.held[i/t.Windows], i%t.Windows, t.Windows, program.Data(x)[at:at+per]); err != nil {
				return result, err
			}
		}
		if err := program.RunAll(); err != nil {
			return result, fmt.Errorf("transfer: test: %w", err)
		}
		for i := first; i < end; i++ {
			video := t.held[i/t.Windows]
			at := (i - first) * len(t.classes)
			tally.Add(video, place[t.answers[video].Label], program.Data(probabilities)[at:at+len(t.classes)])
		}
	}
	return tally.Result(), nil
}
