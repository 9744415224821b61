package gan

import (
	"context"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"videogan/nn"
)

// givenNetworks go on from the first two frames of clips of 2×4×8×8, and have no
// latent vector; their clips begin with what they are given.
func givenNetworks() (Networks, ClipShape) {
	nets, shape := clipNetworks(false)
	nets.LatentSize, nets.Latent, nets.Given = 0, nil, 2
	nets.Frames = func(rng *rand.Rand, dst []float32) error { normalLatent(rng, dst); return nil }
	nets.Generator = func(s *nn.Scope, in Input) Output {
		h := s.ReLU(s.In("a").BatchNorm(s.In("a").Conv(in.Frames, 4, nn.Cube(3, 3, 1, 1), nn.LayerOptions{}), nn.BatchNormOptions{}))
		clips := s.Concat(2, in.Frames, s.Tanh(s.In("b").Conv(h, 2, nn.Cube(3, 1, 1, 0), nn.LayerOptions{})))
		return Output{Clips: clips, Parts: []Part{{"same", clips}}, Terms: []Term{{"size", s.Mean(s.Abs(clips)), 0.5}}}
	}
	return nets, shape
}

// In a step, the generator is given the first frames of the step's own clips.
func TestStepGivesItsOwnFrames(t *testing.T) {
	nets, shape := givenNetworks()
	trainer := newTrainer(t, nets, shape, plain(), 1)
	clips := realClips(trainer, 4)
	for _, p := range trainer.Phases() {
		trainer.fill(p, p, numbers{clips, shape.Size()}, 0)
		var want []float32
		for i := range trainer.cfg.Batch * shape.Channels {
			want = append(want, clips[i*4*64:i*4*64+2*64]...) // 2 of 4 frames of 8×8
		}
		if got := p.Program.Data(p.given); !slices.Equal(got, want) {
			t.Errorf("phase %s is given other frames", p.Name)
		}
	}
}

// A run with given frames goes on bit for bit, its averaged generator's statistics
// included, and clip i of a seed goes on from the same frames whatever is made with it.
func TestGivenFramesResumeAndSample(t *testing.T) {
	nets, shape := givenNetworks()
	through := newTrainer(t, nets, shape, plain(), 7)
	first, last, again := filepath.Join(t.TempDir(), "1"), filepath.Join(t.TempDir(), "2"), filepath.Join(t.TempDir(), "3")
	run(t, through, 2)
	save(t, through, first)
	want := run(t, through, 4)
	save(t, through, last)
	resumed := newTrainer(t, nets, shape, plain(), 7)
	if err := resumed.Load(first); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, run(t, resumed, 4)); diff != "" {
		t.Errorf("metrics (-through +resumed):\n%s", diff)
	}
	save(t, resumed, again)
	sameBytes(t, last, again)
	if _, ok := want[0].Get("size"); !ok {
		t.Errorf("the generator's term is no metric: %v", want[0])
	}

	sample := func(n, from int) []float32 {
		s, err := through.Sampler(n, true)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		clips, err := s.SampleFrom(9, from)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(s.Parts(), []string{"same"}) || !slices.Equal(s.Part(0), clips) {
			t.Error("a part is not what the generator gave")
		}
		if _, err := s.Generate(nil); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("from latent vectors: %v", err)
		}
		return slices.Clone(clips)
	}
	if all, one := sample(3, 0), sample(1, 2); !slices.Equal(all[2*shape.Size():], one) {
		t.Error("clip 2 of a seed depends on what is made with it")
	}
}

func TestGivenFramesReports(t *testing.T) {
	nets, shape := givenNetworks()
	for _, row := range []struct {
		reason, want string
		edit         func(n *Networks)
	}{
		{"more than there are", "5 given frames of clips of 4", func(n *Networks) { n.Given = 5 }},
		{"neither latent nor frames", "want a latent size", func(n *Networks) { n.Given = 0 }},
		{"a latent that nobody draws", "want a latent size", func(n *Networks) { n.LatentSize = 3 }},
	} {
		n := nets
		row.edit(&n)
		_, err := NewTrainer(openDevice(t), nn.NewParams(1), n, shape, plain(), 1)
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: error %v, want %q", row.reason, err, row.want)
		}
	}
	nets.Frames = nil
	trainer := newTrainer(t, nets, shape, plain(), 1)
	if _, err := trainer.Step(context.Background(), realClips(trainer, 0), StepOptions{}); err != nil {
		t.Errorf("a step draws frames: %v", err)
	}
	s, err := trainer.Sampler(1, false)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Sample(1); err == nil || !strings.Contains(err.Error(), "set Frames") {
		t.Errorf("sampled without frames: %v", err)
	}
}
