package classifier

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"
	"pgregory.net/rapid"

	"videogan/datasets"
	"videogan/eval"
	"videogan/nn"
	"videogan/nn/exec"
)

// bars are clips of two classes: a bright bar that lies, and one that stands, at a random place in noise.
type bars struct{ info datasets.Info }

func newBars() bars {
	return bars{datasets.Info{Name: "bars", Summary: "endless", Classes: []string{"lying", "standing"}, Clips: 100, Channels: 1, Frames: 4, Size: 8}}
}

func (b bars) Info() datasets.Info { return b.info }
func (b bars) Close() error        { return nil }
func (b bars) Draw(_ context.Context, rng *rand.Rand, dst []byte) (int, error) {
	label, at := rng.IntN(2), rng.IntN(b.info.Size)
	for i := range dst {
		dst[i] = byte(rng.IntN(100))
		y, x := i/b.info.Size%b.info.Size, i%b.info.Size
		if label == 0 && y == at || label == 1 && x == at {
			dst[i] = 220
		}
	}
	return label, nil
}

func barsConfig() Config {
	cfg := DefaultConfig(newBars().Info())
	cfg.Network.Width, cfg.Network.MaxWidth, cfg.Network.Dropout = 8, 16, 0.1
	cfg.Augment = Augmentation{Flip: true, Crop: 0.9, Light: 0.1}
	cfg.Train.Steps, cfg.Train.TestEvery, cfg.Train.TestClips, cfg.Train.LogEvery, cfg.Train.LR = 60, 30, 100, 5, 5e-3
	return cfg
}

// TestTrain trains on bars, opens what was saved, and holds the card's accuracy to a test of its own.
func TestTrain(t *testing.T) {
	dir := t.TempDir()
	data := Data{Train: newBars(), Test: newBars()}
	outcome, err := Train(t.Context(), barsConfig(), data, TrainOptions{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if outcome.Card.Test.ClipAccuracy < 0.95 || outcome.Step != 60 {
		t.Errorf("accuracy %v after step %d, want 0.95 or more", outcome.Card.Test.ClipAccuracy, outcome.Step)
	}
	for _, name := range []string{"plots/learning.svg", "plots/learning.png", "plots/confusion.svg", "plots/confusion.png", metricsFile} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() < 100 {
			t.Errorf("%s: %v", name, err)
		}
	}
	dev, err := exec.NewDevice(exec.DeviceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	judge, err := Open(dev, dir, 7) // does not divide 100: the last batch is partial
	if err != nil {
		t.Fatal(err)
	}
	result, err := Test(t.Context(), judge, newBars(), TestOptions{Clips: 100, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if result.ClipAccuracy != outcome.Card.Test.ClipAccuracy || result.Clips != 100 {
		t.Errorf("the card says %v, a test of the saved weights %v of %d", outcome.Card.Test.ClipAccuracy, result.ClipAccuracy, result.Clips)
	}
	if p := judge.Protocol(); p.SHA256 != outcome.Card.SHA256 || p.FeatureDims != 16 || p.Classes != 2 {
		t.Errorf("protocol %+v", p)
	}
	var text bytes.Buffer
	if err := result.WriteText(&text, judge.Classes()); err != nil || !bytes.Contains(text.Bytes(), []byte("standing")) {
		t.Errorf("%q, %v", &text, err)
	}
	if err := os.WriteFile(filepath.Join(dir, weightsFile), []byte("damaged"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dev, dir, 7); !errors.Is(err, ErrFormat) {
		t.Errorf("damaged weights: %v", err)
	}
}

// TestResume holds a training that was interrupted and resumed to one that was not.
func TestResume(t *testing.T) {
	data := Data{Train: newBars(), Test: newBars()}
	cfg := barsConfig()
	cfg.Train.Steps, cfg.Train.TestEvery = 12, 6
	whole, err := Train(t.Context(), cfg, data, TrainOptions{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	stopAt7 := func(p Progress) {
		if p.Step == 7 {
			cancel()
		}
	}
	if _, err := Train(ctx, cfg, data, TrainOptions{Dir: dir, Step: stopAt7}); !errors.Is(err, ErrInterrupted) {
		t.Fatalf("interrupted: %v", err)
	}
	if _, err := Train(t.Context(), cfg, data, TrainOptions{Dir: dir}); err == nil {
		t.Error("a second training went into a folder that holds one")
	}
	other := cfg
	other.Train.LR = 1
	if _, err := Train(t.Context(), other, data, TrainOptions{Dir: dir, Resume: true}); !errors.Is(err, ErrConfig) {
		t.Errorf("another learning rate: %v", err)
	}
	resumed, err := Train(t.Context(), cfg, data, TrainOptions{Dir: dir, Resume: true})
	if err != nil {
		t.Fatal(err)
	}
	if resumed.Card.SHA256 != whole.Card.SHA256 {
		t.Error("the resumed training has other weights than one that was never stopped")
	}
}

func TestFeatureDims(t *testing.T) {
	tests := []struct {
		size, frames, want int
		reason             string
	}{
		{32, 16, 128, "four layers"}, {64, 16, 256, "five layers"}, {128, 16, 256, "the widest layer is repeated"},
		{4, 1, 16, "a single frame"}, {48, 5, 256, "odd sizes are rounded down"},
	}
	for _, test := range tests {
		c := DefaultSmallC3D()
		c.Size, c.Frames, c.Classes = test.size, test.frames, 5
		s := nn.NewScope(gorgonia.NewGraph(), nn.NewParams(1), nn.ScopeOptions{})
		features, logits := c.Build(s, s.Input("x", 2, 3, test.frames, test.size, test.size))
		if err := s.Err(); err != nil {
			t.Errorf("%s: %v", test.reason, err)
			continue
		}
		if got := features.Shape()[1]; got != test.want || got != c.FeatureDims() || logits.Shape()[1] != 5 {
			t.Errorf("size %d: %d features, FeatureDims %d, want %d: %s", test.size, got, c.FeatureDims(), test.want, test.reason)
		}
	}
}

func TestSet(t *testing.T) {
	tests := []struct {
		assignment string
		ok         bool
		reason     string
	}{
		{"train.lr=0.5", true, "a number"},
		{"augment.flip = false", true, "spaces"},
		{"train.lr", false, "no value"},
		{"train.rate=1", false, "no such setting"},
		{"train.steps=many", false, "no number"},
		{"train.steps=1\nseed=2", false, "two lines"},
	}
	for _, test := range tests {
		cfg := barsConfig()
		before := cfg
		err := cfg.Set(test.assignment)
		if (err == nil) != test.ok || err != nil && (!errors.Is(err, ErrConfig) || cfg != before) {
			t.Errorf("%q: %v: %s", test.assignment, err, test.reason)
		}
	}
}

func TestAugmentIdentity(t *testing.T) {
	shape := eval.Shape{Clips: 2, Channels: 3, Frames: 2, Height: 5, Width: 7}
	size, _ := Size(shape)
	rng := nn.Stream(1, "test")
	clips := make([]float32, size)
	for i := range clips {
		clips[i] = rng.Float32()*2 - 1
	}
	same := slices.Clone(clips)
	Augmentation{Crop: 1}.Apply(rng, same, shape)
	if !slices.Equal(clips, same) {
		t.Error("an augmentation that is switched off changed the clips")
	}
	mirrored := slices.Clone(clips)
	resample(mirrored[:35], clips[:35], samples(5, 1, 0, false), samples(7, 1, 0, true))
	for i := range 35 {
		if y, x := i/7, i%7; mirrored[i] != clips[y*7+6-x] {
			t.Fatalf("row %d, column %d: %v, want the mirrored %v", y, x, mirrored[i], clips[y*7+6-x])
		}
	}
}

// TestAugmentRange: cropping interpolates, so no value leaves the range of the plane it comes from.
func TestAugmentRange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shape := eval.Shape{Clips: 1, Channels: 1, Frames: 1, Height: rapid.IntRange(1, 9).Draw(t, "height"), Width: rapid.IntRange(1, 9).Draw(t, "width")}
		clips := make([]float32, shape.Height*shape.Width)
		rng := nn.Stream(rapid.Uint64().Draw(t, "seed"), "clips")
		for i := range clips {
			clips[i] = rng.Float32()*2 - 1
		}
		low, high := slices.Min(clips), slices.Max(clips)
		Augmentation{Flip: true, Crop: rapid.Float64Range(0.1, 1).Draw(t, "crop")}.Apply(rng, clips, shape)
		const rounding = 1e-6
		if slices.Min(clips) < low-rounding || slices.Max(clips) > high+rounding {
			t.Fatalf("values from %v to %v became %v to %v", low, high, slices.Min(clips), slices.Max(clips))
		}
	})
}

func TestWindowStart(t *testing.T) {
	tests := []struct {
		length, i, n, want int
		reason             string
	}{
		{100, 0, 5, 0, "the first window"}, {100, 4, 5, 84, "the last window"}, {100, 2, 5, 42, "the middle"},
		{100, 0, 1, 42, "a single window is in the middle"}, {10, 3, 5, 0, "a video shorter than the window"},
	}
	for _, test := range tests {
		if got := WindowStart(test.length, 16, test.i, test.n); got != test.want {
			t.Errorf("window %d of %d in %d frames begins at %d, want %d: %s", test.i, test.n, test.length, got, test.want, test.reason)
		}
	}
}

func TestTally(t *testing.T) {
	c := NewTally(2)
	c.Add(0, 0, []float32{0.9, 0.1})
	c.Add(0, 0, []float32{0.4, 0.6}) // wrong by itself, right in the mean
	c.Add(1, 1, []float32{0.6, 0.4})
	r := c.Result()
	if r.Clips != 3 || r.Videos != 2 || r.ClipAccuracy != 1.0/3 || r.VideoAccuracy != 0.5 || r.Confusion[1][0] != 1 {
		t.Errorf("%+v", r)
	}
}
