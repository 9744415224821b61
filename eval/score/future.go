package score

import (
	"context"
	"fmt"
	"math"

	"videogan/eval"
)

// equalFrames is what PSNR counts for frames that are the same, for which it has no finite number.
const equalFrames = 100 // dB

// Future measures a generator that goes on from given frames: the frames that it makes after them, against those of the
// real clips that they were taken from (SSIM, PSNR). Clip i of both is of the same real clip. A result is the mean over
// all frames of all clips, and the standard deviation of the clips' means.
func Future(ctx context.Context, clips, real *Clips, given int, o Options, progress func(done, total int)) ([]eval.Result, error) {
	p := o.Protocol
	p.Preset, p.Repeats, p.Splits, p.Epsilon, p.Neighbours, p.Subsets, p.SubsetSize, p.Threshold = "", 1, 0, 0, 0, 0, 0, 0
	if p.Samples == 0 {
		p.Samples = defaultSamples
	}
	future := clips.Shape
	future.Frames -= given
	switch {
	case given < 1:
		return nil, fmt.Errorf("score: %w: SSIM and PSNR hold a generator's future to the real one: this generator is given no frames to go on from", eval.ErrValue)
	case clips.Shape != real.Shape || future.Frames < 1 || p.Samples < 2:
		return nil, fmt.Errorf("score: %d clips of %v after %d frames, real ones of %v: %w", p.Samples, clips.Shape, given, real.Shape, eval.ErrShape)
	}
	p.Classifier, p.Subject = eval.Classifier{}, clips.Subject
	p.Input = eval.Input{Frames: future.Frames, Range: "[-1, 1]", Width: future.Width, Height: future.Height, Channels: channelsName(future.Channels)}
	p.Reference = eval.Reference{Dataset: real.Dataset, IndexHash: real.Subject.Checkpoint, Split: real.Split, Samples: p.Samples}
	means := map[Measure][]float64{}
	made, truth := make([]float32, clips.Shape.Clips*clips.size()), make([]float32, clips.Shape.Clips*clips.size())
	for first := 0; first < p.Samples; first += clips.Shape.Clips {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("score: stopped after %d clips: %w", first, err)
		}
		if err := clips.Fill(ctx, p.Seed, first, made); err != nil {
			return nil, err
		}
		if err := real.Fill(ctx, p.Seed, first, truth); err != nil {
			return nil, err
		}
		future.Clips = min(clips.Shape.Clips, p.Samples-first)
		a, b := after(made, clips.Shape, future), after(truth, clips.Shape, future)
		for _, m := range o.Measures {
			frames, err := compareFrames(m, a, b, future)
			if err != nil {
				return nil, err
			}
			for i := range future.Clips {
				sum := 0.0
				for _, v := range frames[i*future.Frames : (i+1)*future.Frames] {
					sum += v
				}
				means[m] = append(means[m], sum/float64(future.Frames))
			}
		}
		if progress != nil {
			progress(first+future.Clips, p.Samples)
		}
	}
	var results []eval.Result
	for _, m := range o.Measures {
		p.Measure = string(m)
		score := scoreOf(means[m])
		score.Values = nil
		r := eval.NewResult(score, p, 0)
		r.Name += "-" + nameHash(p)
		results = append(results, r)
	}
	return results, nil
}

// Still are real clips whose last given frame is held for the rest: what a generator that goes on from it has to better.
func Still(real *Clips, given int) *Clips {
	held := *real
	held.Subject.Kind = "still"
	held.Fill = func(ctx context.Context, seed uint64, first int, dst []float32) error {
		if err := real.Fill(ctx, seed, first, dst); err != nil {
			return err
		}
		frame := held.Shape.Height * held.Shape.Width
		for plane := range held.Shape.Clips * held.Shape.Channels {
			frames := dst[plane*held.Shape.Frames*frame : (plane+1)*held.Shape.Frames*frame]
			for t := given; t < held.Shape.Frames; t++ {
				copy(frames[t*frame:(t+1)*frame], frames[(given-1)*frame:given*frame])
			}
		}
		return nil
	}
	return &held
}

// after copies the last frames of the first clips.
func after(clips []float32, shape, future eval.Shape) []float32 {
	frame := shape.Height * shape.Width
	var out []float32
	for plane := range future.Clips * shape.Channels {
		end := (plane + 1) * shape.Frames * frame
		out = append(out, clips[end-future.Frames*frame:end]...)
	}
	return out
}

// compareFrames measures each frame of a by that of b.
func compareFrames(m Measure, a, b []float32, shape eval.Shape) ([]float64, error) {
	switch m {
	case SSIM:
		return eval.SSIM(a, b, shape)
	case PSNR:
		frames, err := eval.PSNR(a, b, shape)
		for i, v := range frames {
			if math.IsInf(v, 1) {
				frames[i] = equalFrames
			}
		}
		return frames, err
	}
	return nil, fmt.Errorf("score: %s: %w: it does not compare frames", m, eval.ErrValue)
}
