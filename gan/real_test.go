package gan

import (
	"context"
	"errors"
	"slices"
	"testing"

	"videogan/nn"
)

// asked are clips that remember which of them were asked for.
type asked struct {
	numbers
	first []int
}

func (a *asked) Write(dst []float32, first int) {
	a.first = append(a.first, first)
	a.numbers.Write(dst, first)
}

// Each update of D takes its own clips, and a step of clips that write themselves is that of their numbers.
func TestStepOn(t *testing.T) {
	nets, shape := clipNetworks(false)
	c := plain()
	c.Critic = 2
	step := func(take func(trainer *Trainer) error) (values []float32) {
		trainer := newTrainer(t, nets, shape, c, 1)
		if err := take(trainer); err != nil {
			t.Fatal(err)
		}
		for _, p := range trainer.params.All() {
			values = append(values, p.Value.Float32s()...)
		}
		return values
	}
	want := step(func(trainer *Trainer) error {
		_, err := trainer.Step(context.Background(), realClips(trainer, 0), StepOptions{})
		return err
	})
	var clips asked
	got := step(func(trainer *Trainer) error {
		clips.numbers = numbers{realClips(trainer, 0), shape.Size()}
		_, err := trainer.StepOn(context.Background(), &clips, StepOptions{})
		return err
	})
	if !slices.Equal(want, got) {
		t.Error("a step of clips that write themselves is another one")
	}
	if !slices.Equal(clips.first, []int{0, c.Batch}) {
		t.Errorf("clips from %v on, want from 0 and %d", clips.first, c.Batch)
	}
	trainer := newTrainer(t, nets, shape, c, 1)
	if _, err := trainer.StepOn(context.Background(), numbers{make([]float32, shape.Size()), shape.Size()}, StepOptions{}); !errors.Is(err, nn.ErrShape) {
		t.Errorf("one clip: error %v, want ErrShape", err)
	}
}
