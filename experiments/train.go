package experiments

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"videogan/gan"
)

// ErrInterrupted says that a run was asked to stop and did, after a checkpoint.
var ErrInterrupted = errors.New("interrupted")

// TrainOptions says where a run goes and who follows it.
type TrainOptions struct {
	Folder  Folder
	Resume  bool                  // go on from the folder's newest whole checkpoint
	Logger  *slog.Logger          // what a person should know
	Opening func(done, total int) // called while video files are opened for the first time; may be nil
	Begin   func(first, last int) // called once, when the first step is about to begin; may be nil
	Step    func(Progress)        // called after every step; may be nil
}

// Progress is how far a run has got.
type Progress struct {
	Step, Last    int
	Clips         int     // real clips seen so far
	StepsPerClock float64 // steps a second, over the last few
	ClipsPerClock float64 // clips a second
	Left          time.Duration
	Metrics       Record // of this step
}

// Outcome is how a run ended.
type Outcome struct {
	Step, Last int
	Cause      Cause
}

// Cause is why a run ended.
type Cause int

// The causes.
const (
	Finished    Cause = iota // all steps are done
	TimeIsUp                 // train.minutes have passed
	Interrupted              // the context was cancelled
)

// Train trains an experiment into a run folder until its steps are done, its time is up, or
// ctx is cancelled, which it reports by ErrInterrupted. In each case it leaves a checkpoint,
// and but for the last, which is in a hurry, samples, plots and a report. Nothing is written before the config, the data and the networks
// have been found fit. A loss that is not finite ends the run with a gan.NonFiniteError.
func Train(ctx context.Context, experiment Experiment, cfg Config, o TrainOptions) (outcome Outcome, err error) {
	begun := time.Now()
	if err := cfg.Validate(); err != nil {
		return outcome, fmt.Errorf("experiments: %s: %w", experiment.Name, err)
	}
	if err := o.checkFolder(); err != nil {
		return outcome, err
	}
	r, err := openRun(ctx, experiment, cfg, o)
	if err != nil {
		return outcome, err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	if minutes := cfg.Shared().Train.Minutes; minutes > 0 {
		r.deadline = begun.Add(time.Duration(minutes * float64(time.Minute)))
	}
	return r.train(ctx)
}

// checkFolder refuses a folder that holds a run when a new one is to begin, and one that
// holds none when one is to go on.
func (o TrainOptions) checkFolder() error {
	switch exists := o.Folder.Exists(); {
	case exists && !o.Resume:
		return fmt.Errorf("experiments: %s already holds a run: go on with it by --resume, or choose another --out", o.Folder)
	case !exists && o.Resume:
		return fmt.Errorf("experiments: %s holds no run to resume: start one without --resume", o.Folder)
	}
	return nil
}

// train takes steps until something ends them.
func (r *run) train(ctx context.Context) (Outcome, error) {
	last := r.common.Train.Steps
	outcome := Outcome{Step: r.trainer.Steps(), Last: last}
	if r.begin != nil {
		r.begin(outcome.Step, last)
	}
	for r.trainer.Steps() < last {
		switch {
		case ctx.Err() != nil:
			outcome.Cause = Interrupted
		case !r.deadline.IsZero() && !time.Now().Before(r.deadline):
			outcome.Cause = TimeIsUp
		default:
			err := r.step(ctx)
			if err == nil {
				continue
			}
			if !errors.Is(err, context.Canceled) {
				return outcome, r.explain(err)
			}
			outcome.Cause = Interrupted
		}
		break
	}
	outcome.Step = r.trainer.Steps()
	return outcome, r.finish(ctx, outcome)
}

// step takes one step and leaves what is due after it.
func (r *run) step(ctx context.Context) error {
	if err := r.evaluate(ctx); err != nil { // of the step before: an interrupted one is made up for
		return err
	}
	begun := time.Now()
	batch, err := r.loader.Next(ctx)
	if err != nil {
		return err
	}
	// A step that has begun is finished: an interrupt comes between steps.
	step := r.trainer.Steps() + 1
	logged := step%r.common.Train.LogEvery == 0
	metrics, err := r.trainer.StepOn(context.WithoutCancel(ctx), batch, gan.StepOptions{Log: logged})
	batch.Release()
	if err != nil {
		return err
	}
	r.clock.add(time.Since(begun))
	record := r.record(step, metrics)
	if logged {
		if err := r.log(record); err != nil {
			return err
		}
	}
	if r.progress != nil {
		r.progress(r.position(step, record))
	}
	if step%r.common.Train.CheckpointEvery == 0 {
		if err := r.checkpoint(); err != nil {
			return err
		}
	}
	if step%r.common.Train.SampleEvery == 0 {
		return r.show()
	}
	return nil
}

// finish leaves the last checkpoint, samples and report.
func (r *run) finish(ctx context.Context, outcome Outcome) error {
	if err := r.checkpoint(); err != nil {
		return err
	}
	if outcome.Cause == Interrupted {
		return r.interruption(outcome, context.Canceled)
	}
	if outcome.Cause == Finished {
		if err := r.evaluate(ctx); err != nil {
			return r.interruption(outcome, err)
		}
	}
	if outcome.Step < outcome.Last {
		if err := r.showPretrained(); err != nil {
			return err
		}
	}
	return r.show()
}

// interruption is err, or where it says that the run was asked to stop, ErrInterrupted and how to go on.
func (r *run) interruption(outcome Outcome, err error) error {
	if !errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("experiments: %w after step %d of %d: 'videogan train %s --out %s --resume' goes on from there",
		ErrInterrupted, outcome.Step, outcome.Last, r.experiment.Name, r.folder)
}

// explain adds to the error of a step what the user can go back to.
func (r *run) explain(err error) error {
	if !errors.Is(err, gan.ErrNonFinite) {
		return err
	}
	good := "there is no checkpoint yet"
	if steps, listErr := r.folder.Checkpoints(); listErr == nil && len(steps) > 0 {
		good = "the last good checkpoint is " + r.folder.Checkpoint(steps[0])
	}
	return fmt.Errorf("experiments: %w; %s", err, good)
}
