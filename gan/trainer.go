package gan

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path"

	"gorgonia.org/gorgonia"

	"videogan/nn"
	"videogan/nn/exec"
)

// Trainer plays the game. It is deterministic: its random numbers are functions
// of the seed and the number of the step, so that a trainer that loads a
// checkpoint goes on as the one that saved it would have. It belongs to one
// goroutine.
type Trainer struct {
	builder
	seed       uint64
	step       int
	rounds     []round
	constraint *constrainer
	average    *average   // nil without one
	monitor    *nn.Params // vectors that follow the largest singular values
	penalties  Metrics    // newest value of each penalty
	order      []int      // scratch to pick frames
	whole      []float32  // scratch: the clips of which the first frames are given
}

// NewTrainer builds and compiles the programs of a step, which creates the
// networks' parameters in params. The device must outlive the trainer.
//
// It reports a config that is invalid, networks that do not fit the clips, and a
// constraint that the networks are not built for.
func NewTrainer(dev *exec.Device, params *nn.Params, nets Networks, shape ClipShape, cfg Config, seed uint64) (*Trainer, error) {
	if err := checkGame(nets, shape, cfg); err != nil {
		return nil, err
	}
	t := &Trainer{seed: seed, monitor: nn.NewParams(seed), order: make([]int, shape.Frames)}
	t.builder = builder{
		device: dev, params: params, nets: nets, shape: shape, cfg: cfg, random: &nn.RandomState{Seed: seed},
		gen: &network{name: generatorPath, optimizer: dev.Fused(cfg.Generator.New())},
		dis: &network{name: discriminatorPath, optimizer: dev.Fused(cfg.Discriminator.New())},
	}
	if nets.Given > 0 {
		t.whole = make([]float32, cfg.Batch*shape.Size())
	}
	wait := params.DrawAhead()
	var err error
	t.rounds, err = t.builder.rounds()
	wait()
	if err != nil {
		return nil, err
	}
	if t.constraint, err = newConstrainer(cfg.Constraint, params, t.dis.params, dev); err == nil {
		err = t.constraint.follow(t.monitor)
	}
	if err == nil && cfg.EMA > 0 {
		err = t.startAverage()
	}
	if err != nil {
		_ = t.Close() // the first error is told
		return nil, err
	}
	return t, nil
}

func checkGame(nets Networks, shape ClipShape, cfg Config) error {
	if err := cfg.Validate(); err != nil {
		return err
	}
	switch {
	case cfg.Batch < 1:
		return fmt.Errorf("gan: batch = %d: want 1 or more", cfg.Batch)
	case min(shape.Channels, shape.Frames, shape.Height, shape.Width) < 1:
		return fmt.Errorf("gan: clips of %+v: want 1 or more of each: %w", shape, nn.ErrShape)
	case nets.Generator == nil || nets.Discriminator == nil || nets.LatentSize > 0 && nets.Latent == nil || nets.LatentSize < 1 && nets.Given < 1:
		return fmt.Errorf("gan: networks: want a latent size and a way to draw latents, or given frames; a generator and a discriminator")
	case nets.Given < 0 || nets.Given > shape.Frames:
		return fmt.Errorf("gan: networks: %d given frames of clips of %d: want 0 (none) or more, and no more than there are: %w", nets.Given, shape.Frames, nn.ErrShape)
	case cfg.Frame.Frames > 0 && nets.FrameDiscriminator == nil:
		return fmt.Errorf("gan: frame.frames = %d, and the networks have no frame discriminator", cfg.Frame.Frames)
	case cfg.Frame.Frames > shape.Frames:
		return fmt.Errorf("gan: frame.frames = %d of clips of %d frames: want no more than there are: %w", cfg.Frame.Frames, shape.Frames, nn.ErrShape)
	}
	return nil
}

// startAverage builds the generator once more over parameters of its own.
func (t *Trainer) startAverage() error {
	params, err := generatorParams(t.nets, t.shape, t.seed)
	if err != nil {
		return err
	}
	t.average = newAverage(t.cfg.EMA, params, t.params)
	return nil
}

// generatorParams are the parameters of a new generator.
func generatorParams(nets Networks, shape ClipShape, seed uint64) (*nn.Params, error) {
	params := nn.NewParams(seed)
	s := nn.NewScope(gorgonia.NewGraph(), params, nn.ScopeOptions{})
	nets.generate(s, nets.input(s, 1, shape), shape)
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("gan: build the generator: %w", err)
	}
	return params, nil
}

// calibrate measures the averaged generator's statistics, unless nothing has
// changed since it last did.
func (t *Trainer) calibrate() (err error) {
	a := t.average
	if a == nil || a.calibrated {
		return nil
	}
	if a.calibrator == nil {
		if a.calibrator, err = newCalibrator(t.device, t.nets, a.params, t.shape, t.cfg.Batch, t.seed); err != nil {
			return err
		}
	}
	if a.calibrator != nil {
		if err := a.calibrator.run(); err != nil {
			return err
		}
	}
	a.calibrated = true
	return nil
}

// Close frees the programs.
func (t *Trainer) Close() error {
	var errs []error
	if t.average != nil {
		errs = append(errs, t.average.calibrator.close())
	}
	for _, p := range t.Phases() {
		errs = append(errs, p.Program.Close())
	}
	return errors.Join(errs...)
}

// Steps is the number of steps made.
func (t *Trainer) Steps() int { return t.step }

// Phases are the programs of a step in the order in which they run.
func (t *Trainer) Phases() []*Phase {
	var list []*Phase
	for _, r := range t.rounds {
		list = append(list, r.phases...)
	}
	return list
}

// Params are the parameters that are trained.
func (t *Trainer) Params() *nn.Params { return t.params }

// Average are the parameters of the averaged generator, or nil without one. Its
// running statistics are up to date after Save, SaveGenerator, and a sample.
func (t *Trainer) Average() *nn.Params {
	if t.average == nil {
		return nil
	}
	return t.average.params
}

// FLOPs is the nominal number of floating-point operations of a step, lazy
// penalties counted by their share.
func (t *Trainer) FLOPs() float64 {
	sum := 0.0
	for _, r := range t.rounds {
		for _, p := range r.phases {
			sum += float64(r.repeat) * p.Program.FLOPs() / float64(p.Interval)
		}
	}
	return sum
}

// StepOptions say what a step measures beside its losses.
type StepOptions struct {
	// Log asks for what costs time: norms of gradients, largest singular values.
	Log bool
}

// Step is StepOn for clips that are there as numbers (ClipsPerStep×C×T×H×W, in [-1, 1]).
func (t *Trainer) Step(ctx context.Context, real []float32, o StepOptions) (Metrics, error) {
	return t.StepOn(ctx, numbers{real, t.shape.Size()}, o)
}

// StepOn makes one update of G and Config.Critic updates of D on real clips, ClipsPerStep of them.
//
// It reports a loss that is not finite as a NonFiniteError, before that loss has
// changed a parameter. ctx is looked at only before the step: half a step is none.
func (t *Trainer) StepOn(ctx context.Context, real RealClips, o StepOptions) (Metrics, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("gan: step %d: %w", t.step+1, err)
	}
	if got, want := real.Values(), t.cfg.ClipsPerStep()*t.shape.Size(); got != want {
		return nil, fmt.Errorf("gan: step %d: %d values of real clips, want %d (%d clips of %+v): %w",
			t.step+1, got, want, t.cfg.ClipsPerStep(), t.shape, nn.ErrShape)
	}
	t.store()
	var metrics, norms Metrics
	run := 0
	for _, r := range t.rounds {
		for i := range r.repeat {
			last := i == r.repeat-1
			for _, p := range r.phases {
				if t.step%p.Interval != 0 {
					continue
				}
				t.random.Counter = uint64(t.step)<<16 | uint64(run)
				run++
				t.fill(p, r.phases[0], real, i)
				if err := p.Program.RunAll(); err != nil {
					return nil, fmt.Errorf("gan: step %d: phase %s: %w", t.step+1, p.Name, err)
				}
				if err := p.check(t.step); err != nil {
					return nil, err
				}
				if p != r.phases[0] {
					p.addTo(r.phases[0])
				}
				if last {
					metrics = t.read(metrics, p)
				}
			}
			for _, n := range r.networks {
				if o.Log && last {
					norms = append(norms, Metric{"grad_norm/" + n.name, n.norm()})
				}
				if err := t.update(n); err != nil {
					return nil, err
				}
			}
		}
	}
	metrics = append(metrics, t.penalties...)
	if o.Log {
		metrics = append(metrics, norms...)
		metrics = t.constraint.measure(metrics)
	}
	t.step++
	return metrics, nil
}

// store copies the parameters that a phase takes as they are before the step.
func (t *Trainer) store() {
	for _, p := range t.Phases() {
		for _, s := range p.stored {
			copy(p.Program.Data(s.input), s.param.Value.Float32s())
		}
	}
}

// Constrain applies the constraint to the discriminators' parameters, as a step does after their update (singular value clipping every
// Constraint.Every steps).
func (t *Trainer) Constrain() error { return t.constraint.apply(0) }

// update steps a network, and does what follows from that.
func (t *Trainer) update(n *network) error {
	if err := n.update(); err != nil {
		return err
	}
	if n == t.gen {
		if t.average != nil {
			t.average.update(t.step)
		}
		return nil
	}
	return t.constraint.apply(t.step)
}

// read appends what a phase measured; the penalties, which do not run every
// step, are kept apart.
func (t *Trainer) read(metrics Metrics, p *Phase) Metrics {
	for _, m := range p.measures {
		metric := Metric{m.name, float64(p.Program.Data(m.node)[0])}
		if p.Name == m.name {
			t.keepPenalty(metric)
			continue
		}
		metrics = append(metrics, metric)
		if m.name == "d/fake" {
			real, _ := metrics.Get("d/real")
			metrics = append(metrics, Metric{"d/margin", real - metric.Value})
		}
	}
	return metrics
}

func (t *Trainer) keepPenalty(metric Metric) {
	for i := range t.penalties {
		if t.penalties[i].Name == metric.Name {
			t.penalties[i] = metric
			return
		}
	}
	t.penalties = append(t.penalties, metric)
}

// fill writes a phase's inputs. Latents and choices of frames come from a stream
// of their own for each step, phase and repetition.
func (t *Trainer) fill(p, first *Phase, real RealClips, repetition int) {
	clips := t.whole
	if p.real != nil {
		clips = p.Program.Data(p.real)
	}
	if p.real != nil || p.given != nil {
		real.Write(clips, repetition*t.cfg.Batch)
	}
	if p.given != nil {
		t.giveFrames(p.Program.Data(p.given), clips)
	}
	if p.generated != nil {
		copy(p.Program.Data(p.generated), first.Program.Data(first.fake))
	}
	if p.z != nil {
		rng, z := t.stream("latents", p, repetition), p.Program.Data(p.z)
		for i := 0; i < len(z); i += t.nets.LatentSize {
			t.nets.Latent(rng, z[i:i+t.nets.LatentSize])
		}
	}
	if p.epsilon != nil {
		rng := t.stream("epsilon", p, repetition)
		for i := range p.Program.Data(p.epsilon) {
			p.Program.Data(p.epsilon)[i] = rng.Float32()
		}
	}
	if p.realFrames != nil || p.fakeFrames != nil {
		rng := t.stream("frames", p, repetition)
		for _, node := range []*nn.Node{p.realFrames, p.fakeFrames} {
			if node != nil {
				t.pickFrames(rng, p.Program.Data(node))
			}
		}
	}
}

// giveFrames copies the first frames of clips: of each clip and channel, all before
// the Given-th.
func (t *Trainer) giveFrames(given, clips []float32) {
	frame := t.shape.Height * t.shape.Width
	first, all := t.nets.Given*frame, t.shape.Frames*frame
	for i := range t.cfg.Batch * t.shape.Channels {
		copy(given[i*first:(i+1)*first], clips[i*all:])
	}
}

// stream is the random stream of one purpose in the running step.
func (t *Trainer) stream(purpose string, p *Phase, repetition int) *rand.Rand {
	return nn.Stream(t.seed, path.Join(purpose, fmt.Sprint(t.step), cmp.Or(p.latents, p.Name), fmt.Sprint(repetition)))
}

// pickFrames fills one-hot rows (N×k×T): k different frames of each clip.
func (t *Trainer) pickFrames(rng *rand.Rand, rows []float32) {
	clear(rows)
	frames, k := t.shape.Frames, t.cfg.Frame.Frames
	for i := 0; i < len(rows); i += k * frames {
		for f := range t.order {
			t.order[f] = f
		}
		for j := range k {
			other := j + rng.IntN(frames-j)
			t.order[j], t.order[other] = t.order[other], t.order[j]
			rows[i+j*frames+t.order[j]] = 1
		}
	}
}
