package experiments

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"videogan/gan"
	"videogan/nn/exec"
)

// Profile says where the time of a training step goes, in means of several runs: they add up, as medians do not. Its JSON
// form is for programs and stays stable.
type Profile struct {
	Experiment   string         `json:"experiment"`
	Batch        int            `json:"batch"`
	CPU          string         `json:"cpu"`
	Threads      int            `json:"threads"`
	Steps        int            `json:"steps"`          // whole steps measured, and runs of each program
	StepSeconds  float64        `json:"step_s"`         // mean of whole steps
	GFLOPPerStep float64        `json:"gflop_per_step"` // nominal; a lazy penalty counts by its share
	PeakGFLOPS   float64        `json:"peak_gflops"`    // of a 2048×2048 matrix product, measured in the same run
	CopyGBs      float64        `json:"copy_gb_s"`      // of copies that fit no cache, read and written; the same run
	Phases       []PhaseProfile `json:"phases"`
	Outside      []Part         `json:"outside"` // of a step, beside the programs
	Layouts      LayoutCost     `json:"layouts"` // of a step
	Limit        Limit          `json:"limit"`
}

// PhaseProfile is one program of the step.
type PhaseProfile struct {
	Name    string          `json:"name"`    // "dis", "gen", "r1", "gp" or "both"
	Share   float64         `json:"share"`   // runs a step: 1/4 for a penalty taken every fourth step
	Seconds float64         `json:"s"`       // a run, its kernels summed
	Layers  []LayerProfile  `json:"layers"`  // in the order of their first kernel
	Kernels []KernelProfile `json:"kernels"` // in the order in which they run
}

// LayerProfile sums the kernels of a phase that belong to a layer.
type LayerProfile struct {
	Layer         string   `json:"layer"`     // "dis/c1"; "" for losses and sums that belong to none
	Seconds       float64  `json:"s"`         //
	GFLOP         float64  `json:"gflop"`     // nominal, of convolutions and matrix products
	WorkSeconds   float64  `json:"work_s"`    // of convolutions and matrix products
	WorkBytes     int64    `json:"work_b"`    // their operands
	Bytes         int64    `json:"b"`         // operands of all kernels
	LayoutSeconds float64  `json:"layout_s"`  // of kernels that only change a layout
	LayoutCount   int      `json:"layouts_n"` //
	Kernels       []string `json:"kernels"`   // convolutions and products, each name once
}

// GFLOPS is the rate of the layer's convolutions and products, 0 without any.
func (l LayerProfile) GFLOPS() float64 { return rate(l.GFLOP, l.WorkSeconds) }

// KernelProfile is one kernel of a phase.
type KernelProfile struct {
	Node    string  `json:"node"`
	Layer   string  `json:"layer"`
	Kernel  string  `json:"kernel"`
	Seconds float64 `json:"s"`
	GFLOP   float64 `json:"gflop"`
	Bytes   int64   `json:"b"`
	Layout  bool    `json:"layout,omitempty"`

	begin time.Duration // in the last run
	took  time.Duration
}

// Part is a share of the step.
type Part struct {
	Name    string  `json:"name"`
	Seconds float64 `json:"s"`
}

// LayoutCost is what changes of layout take of a step.
type LayoutCost struct {
	Count   float64 `json:"n"`
	Seconds float64 `json:"s"`
	Bytes   float64 `json:"b"`
}

// ProfileOptions says how long to measure.
type ProfileOptions struct {
	// Steps to measure after the first, rounded up to a multiple of the intervals of the
	// penalty and the clipping; 0: five.
	Steps int
	// Limit asks for the best stand-alone time of every convolution, which takes about as
	// long as ten steps.
	Limit  bool
	Logger *slog.Logger
	Step   func(done, total int) // called after every step; may be nil
}

// ProfileSteps measures an experiment's step kernel by kernel, in rounds: whole steps as training
// makes them, each phase's program with a clock on every kernel, on the inputs of the last step,
// and some of the convolutions alone, so that a machine whose speed changes is the same for all.
func ProfileSteps(ctx context.Context, experiment Experiment, cfg Config, o ProfileOptions) (p Profile, err error) {
	if err := cfg.Validate(); err != nil {
		return p, fmt.Errorf("experiments: %s: %w", experiment.Name, err)
	}
	if o.Steps < 0 {
		return p, fmt.Errorf("experiments: profile: %w: %d steps: want 0 or more", ErrConfig, o.Steps)
	}
	common := cfg.Shared()
	if o.Steps == 0 {
		o.Steps = limitRuns
	}
	steps := wholeIntervals(common.GAN, o.Steps)
	e, err := openBench(ctx, cfg, orDiscard(o.Logger))
	if err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, e.close()) }()

	m := profiler{bench: e, total: steps + 1, report: o.Step}
	if err := m.step(ctx); err != nil { // touches every page and is not counted
		return p, err
	}
	m.took = nil
	var alone []*aloneConvolution
	if o.Limit {
		alone = convolutionsOf(e.engine)
	}
	for i := range steps {
		if err := m.round(ctx); err != nil {
			return p, err
		}
		for _, c := range alone[len(alone)*i/steps : len(alone)*(i+1)/steps] {
			if err := c.measure(e.engine); err != nil {
				return p, err
			}
		}
	}
	p = Profile{
		Experiment: experiment.Name, Batch: common.Train.Batch, CPU: exec.ReadMachine().String(), Threads: e.device.Threads(),
		Steps: steps, StepSeconds: meanOf(m.took), GFLOPPerStep: e.cost().FLOPs / 1e9,
	}
	p.addPhases(&m, common.GAN)
	if p.PeakGFLOPS, err = e.device.PeakGFLOPS(); err != nil {
		return p, fmt.Errorf("experiments: profile: measure peak: %w", err)
	}
	if p.CopyGBs, err = e.device.CopyRate(); err != nil {
		return p, fmt.Errorf("experiments: profile: measure copies: %w", err)
	}
	if p.Outside, err = outside(e.engine, cfg, p.StepSeconds-p.programSeconds()); err != nil {
		return p, err
	}
	if o.Limit {
		p.Limit = limitOf(e.engine, p, alone)
	}
	return p, err
}

// wholeIntervals rounds steps up so that a penalty or a clipping of every few steps comes
// as often as in the long run.
func wholeIntervals(g gan.Config, steps int) int {
	interval := 1
	if g.R1.Gamma > 0 {
		interval = g.R1.Every
	}
	if g.Constraint.Kind == gan.SingularValueClipping {
		interval = interval / gcd(interval, g.Constraint.Every) * g.Constraint.Every
	}
	return (steps + interval - 1) / interval * interval
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// addPhases sums up the traces.
func (p *Profile) addPhases(m *profiler, g gan.Config) {
	for i, phase := range m.trainer.Phases() {
		profile := PhaseProfile{Name: phase.Name, Share: share(phase, g)}
		for j, last := range m.traces[len(m.traces)-1][i] {
			var times []float64
			for _, round := range m.traces {
				times = append(times, round[i][j].Took.Seconds())
			}
			k := KernelProfile{Node: last.Node, Layer: last.Layer, Kernel: last.Kernel, Seconds: meanOf(times), GFLOP: last.FLOPs / 1e9,
				Bytes: last.Bytes, Layout: last.Layout, begin: last.Begin, took: last.Took}
			profile.Kernels = append(profile.Kernels, k)
			profile.Seconds += k.Seconds
			if k.Layout {
				p.Layouts.Bytes += profile.Share * float64(k.Bytes)
			}
		}
		profile.Layers = sumLayers(profile.Kernels)
		for _, l := range profile.Layers {
			p.Layouts.Count += profile.Share * float64(l.LayoutCount)
			p.Layouts.Seconds += profile.Share * l.LayoutSeconds
		}
		p.Phases = append(p.Phases, profile)
	}
}

// share is how often a phase runs a step: G's once, D's as often as there are updates of it.
func share(phase *gan.Phase, g gan.Config) float64 {
	times := 1.0
	if phase.Name != "gen" {
		times = float64(g.Critic)
	}
	return times / float64(phase.Interval)
}

// sumLayers groups kernels by layer.
func sumLayers(kernels []KernelProfile) []LayerProfile {
	var list []LayerProfile
	at := map[string]int{}
	for _, k := range kernels {
		i, ok := at[k.Layer]
		if !ok {
			i = len(list)
			at[k.Layer] = i
			list = append(list, LayerProfile{Layer: k.Layer})
		}
		l := &list[i]
		l.Seconds += k.Seconds
		l.Bytes += k.Bytes
		if k.Layout {
			l.LayoutSeconds += k.Seconds
			l.LayoutCount++
		}
		if k.GFLOP > 0 {
			l.GFLOP += k.GFLOP
			l.WorkSeconds += k.Seconds
			l.WorkBytes += k.Bytes
			l.Kernels = appendNew(l.Kernels, k.Kernel)
		}
	}
	return list
}

func appendNew(list []string, s string) []string {
	for _, have := range list {
		if have == s {
			return list
		}
	}
	return append(list, s)
}

// programSeconds is what the programs take of a step.
func (p *Profile) programSeconds() float64 {
	sum := 0.0
	for _, phase := range p.Phases {
		sum += phase.Share * phase.Seconds
	}
	return sum
}

// GFLOPS is the rate of whole steps.
func (p *Profile) GFLOPS() float64 { return rate(p.GFLOPPerStep, p.StepSeconds) }

// rate is amount a second, 0 where no time has passed.
func rate(amount, seconds float64) float64 {
	if seconds <= 0 {
		return 0
	}
	return amount / seconds
}
