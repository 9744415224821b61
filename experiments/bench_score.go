package experiments

import (
	"context"
	"errors"
	"fmt"
	"time"

	"videogan/eval"
	"videogan/eval/score"
	"videogan/nn"
	"videogan/nn/exec"
)

// ScoreBench is what scoring costs on this machine. Its JSON form is for programs and stays stable.
type ScoreBench struct {
	Classifier     string  `json:"classifier,omitempty"`
	Clip           string  `json:"clip,omitempty"` // C×T×H×W
	Clips          int     `json:"clips,omitempty"`
	ClipSeconds    float64 `json:"clip_s,omitempty"` // of the classifier alone
	FrechetSeconds float64 `json:"frechet_s"`
	Samples        int     `json:"frechet_samples"` // of both sides
	Dims           int     `json:"frechet_dims"`
	CPU            string  `json:"cpu"`
	Threads        int     `json:"threads"`
}

// ScoreBenchOptions says what is measured.
type ScoreBenchOptions struct {
	Classifier    string // as score.OpenJudge takes it; empty: the distance alone
	Judge         score.JudgeOptions
	Clips         int // judged after a first batch that does not count
	Samples, Dims int // of the Fréchet distance
	Step          func(done, total int)
}

// BenchScore measures a classifier on clips of noise of the size that it takes (16 frames of 64×64 in colour where it takes
// any), and a Fréchet distance between features of noise.
func BenchScore(ctx context.Context, o ScoreBenchOptions) (b ScoreBench, err error) {
	if o.Clips < 1 || o.Samples < 2 || o.Dims < 1 {
		return b, fmt.Errorf("experiments: bench score: %w: %d clips, %d samples of %d dimensions: want 1, 2 and 1 or more", ErrConfig, o.Clips, o.Samples, o.Dims)
	}
	device, err := exec.NewDevice(exec.DeviceOptions{})
	if err != nil {
		return b, fmt.Errorf("experiments: open device: %w", err)
	}
	defer func() { err = errors.Join(err, device.Close()) }()
	machine := exec.ReadMachine()
	b = ScoreBench{CPU: machine.CPU, Threads: device.Threads(), Samples: o.Samples, Dims: o.Dims}
	if o.Classifier != "" {
		if err := b.judge(ctx, device, o); err != nil {
			return b, err
		}
	}
	x, y := noiseFeatures(o.Samples, o.Dims, "x"), noiseFeatures(o.Samples, o.Dims, "y")
	begun := time.Now()
	if _, err := eval.FrechetDistanceOf(x, y); err != nil {
		return b, err
	}
	b.FrechetSeconds = time.Since(begun).Seconds()
	return b, nil
}

// judge measures the classifier.
func (b *ScoreBench) judge(ctx context.Context, device *exec.Device, o ScoreBenchOptions) (err error) {
	judge, err := score.OpenJudge(device, o.Classifier, o.Judge)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, judge.Close()) }()
	shape := judge.Takes
	for _, axis := range []struct {
		size  *int
		usual int
	}{{&shape.Channels, 3}, {&shape.Frames, 16}, {&shape.Height, 64}, {&shape.Width, 64}} {
		if *axis.size == 0 {
			*axis.size = axis.usual
		}
	}
	rng := nn.Stream(1, "bench/score")
	clips := make([]float32, shape.Clips*shape.Channels*shape.Frames*shape.Height*shape.Width)
	for i := range clips {
		clips[i] = 2*rng.Float32() - 1
	}
	b.Classifier, b.Clip = judge.Protocol().Classifier, fmt.Sprintf("%d×%d×%d×%d", shape.Channels, shape.Frames, shape.Height, shape.Width)
	if _, err := judge.Classify(ctx, clips, shape); err != nil {
		return err
	}
	begun := time.Now()
	for b.Clips < o.Clips {
		if _, err := judge.Classify(ctx, clips, shape); err != nil {
			return err
		}
		b.Clips += shape.Clips
		if o.Step != nil {
			o.Step(min(b.Clips, o.Clips), o.Clips)
		}
	}
	b.ClipSeconds = time.Since(begun).Seconds() / float64(b.Clips)
	return nil
}

func noiseFeatures(rows, dims int, name string) eval.Features {
	rng := nn.Stream(1, "bench/score/"+name)
	f := eval.Features{Rows: rows, Dims: dims, Data: make([]float32, rows*dims)}
	for i := range f.Data {
		f.Data[i] = float32(rng.NormFloat64())
	}
	return f
}
