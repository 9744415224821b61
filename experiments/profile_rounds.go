package experiments

import (
	"context"
	"fmt"
	"time"

	"videogan/gan"
	"videogan/nn/exec"
)

// profiler measures steps and their kernels in turns.
type profiler struct {
	*bench
	total, done int
	report      func(done, total int)
	took        []float64            // seconds of whole steps
	traces      [][][]exec.KernelRun // round × phase × kernel
}

// step makes one step as training does.
func (p *profiler) step(ctx context.Context) error {
	batch, err := p.loader.Next(ctx)
	if err != nil {
		return err
	}
	defer batch.Release()
	begin := time.Now()
	if _, err := p.trainer.StepOn(ctx, batch, gan.StepOptions{}); err != nil {
		return fmt.Errorf("experiments: profile: %w", err)
	}
	p.took = append(p.took, time.Since(begin).Seconds())
	if p.done++; p.report != nil {
		p.report(p.done, p.total)
	}
	return nil
}

// round makes a step, and runs every program with a clock on each kernel, on the inputs of that step. The programs run once more
// before: in training a step follows another one, and behind convolutions alone it is 1 to 3 % slower.
func (p *profiler) round(ctx context.Context) error {
	for _, phase := range p.trainer.Phases() {
		if err := phase.Program.RunAll(); err != nil {
			return fmt.Errorf("experiments: profile phase %s: %w", phase.Name, err)
		}
	}
	if err := p.step(ctx); err != nil {
		return err
	}
	var phases [][]exec.KernelRun
	for _, phase := range p.trainer.Phases() {
		kernels, err := phase.Program.Trace()
		if err != nil {
			return fmt.Errorf("experiments: profile phase %s: %w", phase.Name, err)
		}
		phases = append(phases, kernels)
	}
	p.traces = append(p.traces, phases)
	return nil
}
