package knowledge

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gorgonia.org/gorgonia"

	"videogan/gan"
	"videogan/nn"
	"videogan/nn/exec"
)

// Space is what an inversion looks for.
type Space int

// The spaces.
const (
	// ClipSpace is the latent vector of the clip, z0 of TGAN: motion is what the generator makes of it.
	ClipSpace Space = iota
	// FrameSpace is z0 and every z1ᵗ on its own, past the temporal generator: any motion.
	FrameSpace
)

// InversionOptions are the settings of Invert. The zero value is usual.
type InversionOptions struct {
	Space      Space
	Restarts   int     // descents for each clip, from other starts; 0: 4
	Steps      int     // of each descent; 0: 300
	Rate       float64 // of Adam; 0: 0.05
	Candidates int     // latent vectors that are drawn, of which the nearest are the starts; 0: 512
	Batch      int     // descents at a time; 0: 16
	Seed       uint64
	// Progress is told the steps made of all there are; it may be nil.
	Progress func(done, total int)
}

func (o InversionOptions) withDefaults() (InversionOptions, error) {
	for _, v := range []struct {
		value *int
		usual int
		name  string
	}{{&o.Restarts, 4, "restarts"}, {&o.Steps, 300, "steps"}, {&o.Candidates, 512, "candidates"}, {&o.Batch, 16, "batch"}} {
		if *v.value < 0 {
			return o, fmt.Errorf("%w: %d %s: want 1 or more, or 0 for %d", ErrOption, *v.value, v.name, v.usual)
		}
		if *v.value == 0 {
			*v.value = v.usual
		}
	}
	if o.Rate == 0 {
		o.Rate = 0.05
	}
	if !(o.Rate > 0) {
		return o, fmt.Errorf("%w: rate %v: want more than 0", ErrOption, o.Rate)
	}
	if o.Space != ClipSpace && o.Space != FrameSpace {
		return o, fmt.Errorf("%w: space %d: want 0 or 1", ErrOption, o.Space)
	}
	o.Candidates = max(o.Candidates, o.Restarts)
	return o, nil
}

// Inversion is what a generator makes of clips that it was to make again.
type Inversion struct {
	Clips        []float32 // the nearest clips found, N×C×T×H×W
	Latents      []float32 // their latent vectors, N×LatentSize
	FrameLatents []float32 // and those of their frames, N×FrameLatentSize×T, of FrameSpace
	Errors       []float64 // mean squared difference of each clip
}

// Invert looks for latent vectors of which the generator makes the given clips (N×C×T×H×W, of
// its shape): it minimizes the mean squared difference by Adam, from the nearest of many random
// clips on, several times, and keeps the best point of all. Vectors stay where they are drawn
// from if that is bounded.
//
// It reports ErrShape for clips of another size, and errors.ErrUnsupported for a generator
// without latent vectors, or without those of frames in FrameSpace. An inversion that is
// interrupted reports the context's error.
//
// Source: Zhu et al. 2016 (iGAN), Sec. 4.1; Creswell and Bharath 2018. Differs from them in: the
// starts are the nearest of many samples, for a descent from anywhere ends in bad minima when
// things that move do not overlap.
func Invert(ctx context.Context, dev *exec.Device, g Generator, clips []float32, o InversionOptions) (*Inversion, error) {
	found, err := invert(ctx, dev, g, clips, o)
	if err != nil {
		return nil, fmt.Errorf("knowledge: invert clips: %w", err)
	}
	return found, nil
}

func invert(ctx context.Context, dev *exec.Device, g Generator, clips []float32, o InversionOptions) (found *Inversion, err error) {
	if o, err = o.withDefaults(); err != nil {
		return nil, err
	}
	if err := g.check(); err != nil {
		return nil, err
	}
	size := g.Shape.Size()
	if len(clips) == 0 || len(clips)%size != 0 {
		return nil, fmt.Errorf("%w: %d values are not clips of %+v", ErrShape, len(clips), g.Shape)
	}
	n := len(clips) / size
	jobs, err := starts(dev, g, clips, o)
	if err != nil {
		return nil, err
	}
	v, err := newInverter(dev, g, o, min(len(jobs), o.Batch))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, v.close()) }()
	best := make([]*job, n)
	total := (len(jobs) + v.lanes - 1) / v.lanes * o.Steps
	for from := 0; from < len(jobs); from += v.lanes {
		group := jobs[from:min(from+v.lanes, len(jobs))]
		progress := func(step int) {
			if o.Progress != nil {
				o.Progress(from/v.lanes*o.Steps+step, total)
			}
		}
		if err := v.descend(ctx, group, clips, progress); err != nil {
			return nil, err
		}
		for _, j := range group {
			if b := best[j.clip]; b == nil || j.error < b.error {
				best[j.clip] = j
			}
		}
	}
	return v.result(best, clips)
}

// job is one descent.
type job struct {
	clip         int // whose
	start        []float32
	latent       []float32 // the best so far
	frameLatents []float32
	error        float64
}

// starts are the jobs: for each clip the nearest of random clips.
func starts(dev *exec.Device, g Generator, clips []float32, o InversionOptions) ([]*job, error) {
	// A stream of their own: none is that of a sample, which would then be found at once.
	latents := g.latents(o.Candidates, o.Seed, "inversion")
	made, err := g.Generate(dev, latents)
	if err != nil {
		return nil, err
	}
	size, dims := g.Shape.Size(), g.Networks.LatentSize
	var jobs []*job
	for clip := range len(clips) / size {
		target := clips[clip*size : (clip+1)*size]
		order := make([]int, o.Candidates)
		distances := make([]float64, o.Candidates)
		for i := range order {
			order[i], distances[i] = i, meanSquare(target, made[i*size:(i+1)*size])
		}
		slices.SortStableFunc(order, func(a, b int) int {
			switch {
			case distances[a] < distances[b]:
				return -1
			case distances[a] > distances[b]:
				return 1
			}
			return 0
		})
		for _, i := range order[:o.Restarts] {
			jobs = append(jobs, &job{clip: clip, start: latents[i*dims : (i+1)*dims], error: math.Inf(1)})
		}
	}
	return jobs, nil
}

func meanSquare(a, b []float32) float64 {
	sum := 0.0
	for i, v := range a {
		d := float64(v) - float64(b[i])
		sum += d * d
	}
	return sum / float64(len(a))
}

// inverter is the program of some descents side by side.
type inverter struct {
	dev     *exec.Device
	g       Generator
	o       InversionOptions
	lanes   int
	program *compiled
	target  *nn.Node
	clips   *nn.Node
	errors  *nn.Node   // of each lane
	inputs  []*nn.Node // z0, and in FrameSpace z1
	descent *descent
}

func newInverter(dev *exec.Device, g Generator, o InversionOptions, lanes int) (*inverter, error) {
	v := &inverter{dev: dev, g: g, o: o, lanes: lanes}
	s := nn.NewScope(gorgonia.NewGraph(), g.Params, nn.ScopeOptions{})
	v.target = s.Input("target", lanes, g.Shape.Channels, g.Shape.Frames, g.Shape.Height, g.Shape.Width)
	v.inputs = []*nn.Node{s.Input("z0", lanes, g.Networks.LatentSize)}
	var stages *gan.Stages
	if o.Space == FrameSpace {
		var err error
		if stages, err = g.stages(); err != nil {
			return nil, err
		}
		v.inputs = append(v.inputs, s.Input("z1", lanes, stages.FrameLatentSize, g.Shape.Frames))
	}
	program, err := compile(dev, s, func() []*nn.Node {
		if stages != nil {
			v.clips = stages.Paint(s.In("gen"), v.inputs[0], v.inputs[1])
		} else {
			v.clips = g.Networks.Generator(s.In("gen"), gan.Input{Latent: v.inputs[0]}).Clips
		}
		v.errors = s.Mean(s.Square(s.Sub(v.clips, v.target)), 1, 2, 3, 4) // N×1×1×1×1
		// Lanes do not depend on each other: the gradient of the sum is that of each.
		return append([]*nn.Node{v.clips, v.errors}, s.Grad(s.Sum(v.errors), v.inputs...)...)
	})
	if err != nil {
		return nil, err
	}
	v.program = program
	v.descent = newDescent(program.Program, v.inputs, program.outputs[2:], o.Rate, o.Steps)
	return v, nil
}

func (v *inverter) close() error { return v.program.Close() }

// descend makes the descents of a group; lanes without a job repeat the last one.
func (v *inverter) descend(ctx context.Context, group []*job, clips []float32, progress func(step int)) error {
	z := v.program.Data(v.inputs[0])
	v.load(group, clips, func(lane int, j *job) { copy(v.lane(z, lane), j.start) })
	if v.o.Space == FrameSpace {
		frames, err := v.g.Unroll(v.dev, z)
		if err != nil {
			return err
		}
		copy(v.program.Data(v.inputs[1]), frames)
	}
	v.descent.restart()
	for step := range v.o.Steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := v.program.RunAll(); err != nil {
			return err
		}
		v.keep(group)
		if err := v.descent.step(step, v.g.Networks.Bound); err != nil {
			return err
		}
		progress(step + 1)
	}
	if err := v.program.RunAll(); err != nil {
		return err
	}
	v.keep(group)
	return nil
}

// load sets every lane's clip and calls set for its latent vectors.
func (v *inverter) load(group []*job, clips []float32, set func(lane int, j *job)) {
	target := v.program.Data(v.target)
	for lane := range v.lanes {
		j := group[min(lane, len(group)-1)]
		copy(v.lane(target, lane), v.clip(clips, j.clip))
		set(lane, j)
	}
}

// keep remembers each lane's point where it is the best so far.
func (v *inverter) keep(group []*job) {
	now := v.program.Data(v.errors)
	for lane, j := range group {
		e := float64(now[lane])
		if !(e < j.error) {
			continue
		}
		j.error = e
		j.latent = append(j.latent[:0], v.lane(v.program.Data(v.inputs[0]), lane)...)
		if len(v.inputs) > 1 {
			j.frameLatents = append(j.frameLatents[:0], v.lane(v.program.Data(v.inputs[1]), lane)...)
		}
	}
}

// result makes the clips of the best points once more.
func (v *inverter) result(best []*job, clips []float32) (*Inversion, error) {
	found := &Inversion{}
	for from := 0; from < len(best); from += v.lanes {
		group := best[from:min(from+v.lanes, len(best))]
		for _, j := range group {
			if j.latent == nil {
				return nil, fmt.Errorf("clip %d: every error was not finite: use a smaller rate: %w", j.clip, gan.ErrNonFinite)
			}
		}
		v.load(group, clips, func(lane int, j *job) {
			copy(v.lane(v.program.Data(v.inputs[0]), lane), j.latent)
			if len(v.inputs) > 1 {
				copy(v.lane(v.program.Data(v.inputs[1]), lane), j.frameLatents)
			}
		})
		if err := v.program.RunAll(); err != nil {
			return nil, err
		}
		for lane, j := range group {
			found.Clips = append(found.Clips, v.lane(v.program.Data(v.clips), lane)...)
			found.Latents = append(found.Latents, j.latent...)
			found.FrameLatents = append(found.FrameLatents, j.frameLatents...)
			found.Errors = append(found.Errors, j.error)
		}
	}
	return found, nil
}

// lane is one lane's part of a batch.
func (v *inverter) lane(batch []float32, lane int) []float32 {
	size := len(batch) / v.lanes
	return batch[lane*size : (lane+1)*size]
}

func (v *inverter) clip(clips []float32, i int) []float32 {
	size := v.g.Shape.Size()
	return clips[i*size : (i+1)*size]
}
