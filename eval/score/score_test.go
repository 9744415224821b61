package score

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"videogan/datasets"
	"videogan/eval"
	"videogan/eval/classifier"
	"videogan/nn"
)

// brightness is a classifier of one grey frame of 8×8: class i is a brightness, the features are two sums of pixels.
type brightness struct {
	judged *int // clips
	stop   int  // clips after which the work is interrupted; 0: never
	cancel func()
}

func (b brightness) Protocol() classifier.Protocol {
	return classifier.Protocol{Classifier: "brightness", SHA256: strings.Repeat("ab", 32), Mode: "eval", Range: "[-1, 1]", Feature: "sums", FeatureDims: 2, Classes: 4}
}
func (b brightness) Classes() []string { return []string{"black", "dark", "light", "white"} }
func (b brightness) Close() error      { return nil }
func (b brightness) Classify(_ context.Context, clips []float32, shape eval.Shape) (classifier.Result, error) {
	r := classifier.NewResult(shape.Clips, 2, 4)
	per := len(clips) / shape.Clips
	for i := range shape.Clips {
		clip := clips[i*per : (i+1)*per]
		r.Features.Row(i)[0], r.Features.Row(i)[1] = clip[0]+clip[1], clip[2]-clip[3]
		class := int((clip[0] + 1) * 1.999)
		r.Probabilities.Row(i)[class] = 1
	}
	*b.judged += shape.Clips
	if b.stop > 0 && *b.judged >= b.stop {
		b.cancel()
	}
	return r, nil
}

func newScorer(t *testing.T) (*Scorer, *int) {
	judged := new(int)
	return &Scorer{Cache: eval.Cache(filepath.Join(t.TempDir(), "cache")), Judge: &Judge{
		Classifier: brightness{judged: judged}, mode: eval.ModeEval, Takes: eval.Shape{Frames: 1, Height: 8, Width: 8},
		Input: eval.Input{Range: "[-1, 1]"}, Preset: eval.Protocol{Samples: 2048}}}, judged
}

// noise are clips of random numbers, five at a time.
func noise(kind string) *Clips {
	return &Clips{Subject: eval.Subject{Kind: kind, Checkpoint: strings.Repeat("cd", 32), Step: 3}, Shape: eval.Shape{Clips: 5, Channels: 1, Frames: 1, Height: 8, Width: 8}, FPS: 8,
		Fill: func(_ context.Context, seed uint64, first int, dst []float32) error {
			for i := range 5 {
				rng := nn.Stream(seed, kind+string(rune('0'+first+i)))
				for k := range 64 {
					dst[i*64+k] = 2*rng.Float32() - 1
				}
			}
			return nil
		}}
}

func TestScoreAllMeasures(t *testing.T) {
	s, judged := newScorer(t)
	dir := t.TempDir()
	all, err := ParseMeasures([]string{"all"})
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Measures: all, Real: noise("real"), Folder: dir, Protocol: eval.Protocol{Samples: 42, Repeats: 2, Splits: 1, SubsetSize: 7, Seed: 3, Version: "v1"}}
	var measured [][2]int
	s.Measuring = func(done, total int) { measured = append(measured, [2]int{done, total}) }
	results, err := s.Score(t.Context(), noise("ema"), o)
	if err != nil {
		t.Fatal(err)
	}
	units := len(all) * 2
	if last := measured[len(measured)-1]; measured[0] != [2]int{0, units} || last != [2]int{units, units} || !slices.IsSortedFunc(measured, func(a, b [2]int) int { return a[0] - b[0] }) {
		t.Errorf("progress of %d measures and 2 repeats: %v", len(all), measured)
	}
	if *judged != 3*42 {
		t.Errorf("%d clips judged for %d measures, want each of 3×42 once", *judged, len(all))
	}
	value := map[string]eval.Result{}
	for _, r := range results {
		value[r.Protocol.Measure] = r
		if err := eval.WriteResult(dir, r); err != nil {
			t.Error(err)
		}
	}
	// Uniform noise fills the four classes about evenly, and comes from the distribution of its reference.
	for _, want := range []struct {
		measure   string
		low, high float64
	}{{eval.MeasureInceptionScore, 3, 4}, {eval.MeasureModes, 4, 4}, {eval.MeasureModesKL, 0, 0.3}, {eval.MeasureFrechetDistance, 0, 0.5},
		{eval.MeasureKernelDistance, -0.7, 0.7}, {eval.MeasurePrecision, 0.6, 1}, {eval.MeasureRecall, 0.6, 1}, {eval.MeasureDuplicates, 0, 0.5}} {
		if v := value[want.measure].Value; v < want.low || v > want.high {
			t.Errorf("%s is %v, want %v to %v", want.measure, v, want.low, want.high)
		}
	}
	inception, frechet, duplicates := value[eval.MeasureInceptionScore].Protocol, value[eval.MeasureFrechetDistance].Protocol, value[eval.MeasureDuplicates].Protocol
	if inception.Reference != (eval.Reference{}) || inception.Splits != 1 || inception.Classifier.Layer != "prob" {
		t.Errorf("protocol of the inception score: %+v", inception)
	}
	if frechet.Reference.Samples != 42 || frechet.Splits != 0 || frechet.Classifier.Layer != "sums" {
		t.Errorf("protocol of the Fréchet distance: %+v", frechet)
	}
	if duplicates.Subsets != 12 || duplicates.SubsetSize != 7 || !(duplicates.Threshold > 0) {
		t.Errorf("protocol of the birthday test: %+v", duplicates)
	}
	sum := 0
	for _, n := range value[eval.MeasureModes].Histogram {
		sum += n
	}
	if sum != 84 {
		t.Errorf("histogram of %d clips, want 84", sum)
	}
	pictures, err := filepath.Glob(filepath.Join(dir, "*.png"))
	if err != nil || len(pictures) != 3 {
		t.Errorf("pictures %v, %v", pictures, err)
	}
}

// What is interrupted goes on where it was, to the same score; a longer measurement goes on from a shorter one.
func TestScoreGoesOn(t *testing.T) {
	o := Options{Measures: []Measure{Inception}, Protocol: eval.Protocol{Samples: 43, Seed: 1}}
	whole, _ := newScorer(t)
	want, err := whole.Score(t.Context(), noise("ema"), o)
	if err != nil {
		t.Fatal(err)
	}
	s, judged := newScorer(t)
	ctx, cancel := context.WithCancel(t.Context())
	s.Judge.Classifier = brightness{judged: judged, stop: 17, cancel: cancel}
	if _, err := s.Score(ctx, noise("ema"), o); !errors.Is(err, context.Canceled) {
		t.Fatalf("interrupted: %v", err)
	}
	before := *judged
	s.Judge.Classifier = brightness{judged: judged}
	got, err := s.Score(t.Context(), noise("ema"), o)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-whole +interrupted:\n%s", diff)
	}
	if again := *judged - before; again != 43-20 {
		t.Errorf("%d clips judged after the interruption, want 23", again)
	}
	before = *judged
	o.Protocol.Samples = 50
	fresh := &Scorer{Judge: s.Judge, Cache: s.Cache}
	longer, err := fresh.Score(t.Context(), noise("ema"), o)
	if err != nil {
		t.Fatal(err)
	}
	if more := *judged - before; more != 10 {
		t.Errorf("%d clips judged to go from 43 to 50, want the last two batches, 10", more)
	}
	if want, err = whole.Score(t.Context(), noise("ema"), o); err != nil || cmp.Diff(want, longer) != "" {
		t.Errorf("%v: -at once +in two parts:\n%s", err, cmp.Diff(want, longer))
	}
}

func TestScoreRefuses(t *testing.T) {
	tests := []struct {
		reason string
		change func(s *Scorer, clips *Clips, o *Options)
		want   error
	}{
		{"no measure", func(_ *Scorer, _ *Clips, o *Options) { o.Measures = nil }, eval.ErrValue},
		{"a distance without real clips", func(_ *Scorer, _ *Clips, o *Options) { o.Measures = []Measure{Frechet} }, eval.ErrValue},
		{"clips of another size", func(_ *Scorer, c *Clips, _ *Options) { c.Shape.Frames = 2 }, eval.ErrShape},
		{"real clips of another size", func(_ *Scorer, _ *Clips, o *Options) { o.Real = noise("real"); o.Real.Shape.Frames = 2 }, eval.ErrShape},
		{"one sample", func(_ *Scorer, _ *Clips, o *Options) { o.Protocol.Samples = 1 }, eval.ErrValue},
		{"a measure without a classifier", func(_ *Scorer, _ *Clips, o *Options) { o.Measures = []Measure{SSIM} }, eval.ErrValue},
	}
	for _, test := range tests {
		s, _ := newScorer(t)
		clips, o := noise("ema"), Options{Measures: []Measure{Inception}, Protocol: eval.Protocol{Samples: 8}}
		test.change(s, clips, &o)
		if _, err := s.Score(t.Context(), clips, o); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", test.reason, err, test.want)
		}
	}
}

func TestOpenJudgeRefuses(t *testing.T) {
	weights := filepath.Join(t.TempDir(), "c3d.npz")
	if err := os.WriteFile(weights, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		reason, path string
		o            JudgeOptions
		want         string
	}{
		{"nothing there", filepath.Join(t.TempDir(), "none"), JudgeOptions{}, "no such file"},
		{"a folder without a classifier", t.TempDir(), JudgeOptions{}, "is no folder of a classifier"},
		{"C3D without its mean", weights, JudgeOptions{}, "--mean"},
		{"dropout in C3D-small", t.TempDir(), JudgeOptions{Dropout: true}, "dropout stays active in C3D only"},
		{"a preset of C3D for C3D-small", t.TempDir(), JudgeOptions{Preset: "tgan2020"}, "is of classifier c3d-ucf101"},
	}
	for _, test := range tests {
		if _, err := OpenJudge(nil, test.path, test.o); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.reason, err, test.want)
		}
	}
}

func TestParseMeasures(t *testing.T) {
	got, err := ParseMeasures([]string{"modes", "inception", "modes"})
	if err != nil || !slices.Equal(got, []Measure{Inception, Modes}) {
		t.Errorf("%v, %v: want each once, in the order of a table", got, err)
	}
	if _, err := ParseMeasures([]string{"beauty"}); !errors.Is(err, eval.ErrValue) {
		t.Errorf("an unknown one: %v", err)
	}
}

// bytesSource draws clips whose bytes count up.
type bytesSource struct{}

func (bytesSource) Info() datasets.Info {
	return datasets.Info{Name: "bytes", Channels: 3, Frames: 2, Size: 1}
}
func (bytesSource) Close() error { return nil }
func (bytesSource) Draw(_ context.Context, rng *rand.Rand, dst []byte) (int, error) {
	for i := range dst {
		dst[i] = byte(i)
	}
	dst[0] = byte(rng.IntN(256))
	return 0, nil
}

func TestRealClips(t *testing.T) {
	clips := RealClips(bytesSource{}, "test", "hash")
	values, again := make([]float32, 16*6), make([]float32, 16*6)
	if err := clips.Fill(t.Context(), 1, 16, values); err != nil {
		t.Fatal(err)
	}
	table := datasets.Symmetric.Table()
	for at, want := range map[int]float32{1: table[3], 2: table[1], 3: table[4], 4: table[2], 5: table[5]} { // C×T of T×C
		if values[at] != want {
			t.Errorf("value %d of C×T is %v, want %v", at, values[at], want)
		}
	}
	if err := clips.Fill(t.Context(), 1, 16, again); err != nil || !slices.Equal(values, again) {
		t.Errorf("clips 16 to 31 of a seed differ the second time: %v", err)
	}
	if err := RealClips(bytesSource{}, "other", "hash").Fill(t.Context(), 1, 16, again); err != nil || slices.Equal(values, again) {
		t.Errorf("clips of another purpose are the same: %v", err)
	}
}
