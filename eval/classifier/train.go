package classifier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"videogan/datasets"
	"videogan/nn/exec"
)

// Data are the clips of a training; both sets have the same classes.
type Data struct {
	Train, Test datasets.Source
}

// TrainOptions says where training leaves its files and whom it tells.
type TrainOptions struct {
	Dir    string         // folder: weights, card, metrics, plots
	Resume bool           // go on with the training in Dir
	Logger *slog.Logger   // nil: silent
	Step   func(Progress) // called after every step; may be nil
}

// Progress is how far training has got.
type Progress struct {
	Step, Last     int
	Loss, Accuracy float64 // of the newest batch
	Left           time.Duration
}

// Outcome is how training ended.
type Outcome struct {
	Step, Last int
	TimeIsUp   bool // before the last step
	Card       Card
}

// Train trains a classifier until its steps are done, its time is up, or ctx is cancelled, which it reports by
// ErrInterrupted after saving what was learned. Each test, and the end, leaves weights, card, curve and confusion matrix;
// what is kept is always the newest state, never the one that the test clips liked best.
func Train(ctx context.Context, cfg Config, data Data, o TrainOptions) (outcome Outcome, err error) {
	if err := cfg.Validate(); err != nil {
		return outcome, err
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if err := checkFolder(o); err != nil {
		return outcome, err
	}
	if err := os.MkdirAll(filepath.Join(o.Dir, plotsFolder), 0o755); err != nil {
		return outcome, fmt.Errorf("classifier: train: %w", err)
	}
	dev, err := exec.NewDevice(exec.DeviceOptions{Threads: cfg.Train.Threads})
	if err != nil {
		return outcome, err
	}
	defer func() { err = errors.Join(err, dev.Close()) }()
	t, err := newTrainer(dev, cfg, data.Train.Info().Classes)
	if err != nil {
		return outcome, err
	}
	r := &training{trainer: t, cfg: cfg, data: data, o: o, begun: time.Now()}
	if o.Resume {
		if err := r.restore(); err != nil {
			return outcome, err
		}
	}
	loader, err := datasets.NewLoader(data.Train, datasets.LoaderOptions{Batch: cfg.Train.Batch, Seed: cfg.Train.Seed, First: t.step})
	if err != nil {
		return outcome, err
	}
	defer func() { err = errors.Join(err, loader.Close()) }()
	return r.run(ctx, loader)
}

func checkFolder(o TrainOptions) error {
	_, err := os.Stat(filepath.Join(o.Dir, trainingFile))
	switch {
	case err == nil && !o.Resume:
		return fmt.Errorf("classifier: %s already holds a classifier: go on with it by --resume, or choose another folder", o.Dir)
	case err != nil && o.Resume:
		return fmt.Errorf("classifier: %s holds no training to resume: start one without --resume", o.Dir)
	}
	return nil
}

// training is one that is going on.
type training struct {
	*trainer
	cfg     Config
	data    Data
	o       TrainOptions
	begun   time.Time
	records []record
	card    Card
}

// run takes steps until something ends them.
func (r *training) run(ctx context.Context, loader *datasets.Loader) (outcome Outcome, err error) {
	last, first := r.cfg.Train.Steps, r.step
	interrupted := false
	for r.step < last && !r.timeIsUp() {
		batch, err := loader.Next(ctx)
		if errors.Is(err, context.Canceled) {
			interrupted = true
			break
		}
		if err != nil {
			return outcome, err
		}
		loss, accuracy, err := r.update(batch, r.share())
		batch.Release()
		if err != nil {
			return outcome, err
		}
		if err := r.after(ctx, loss, accuracy); err != nil {
			if ctx.Err() == nil {
				return outcome, err
			}
			interrupted = true
			break
		}
		if r.o.Step != nil {
			each := time.Since(r.begun) / time.Duration(r.step-first)
			r.o.Step(Progress{Step: r.step, Last: last, Loss: loss, Accuracy: accuracy, Left: r.left(each)})
		}
	}
	outcome.Step, outcome.Last, outcome.TimeIsUp = r.step, last, r.step < last
	if interrupted {
		// The test would take long; what was learned is kept with the last test's numbers.
		err := errors.Join(r.save(), fmt.Errorf("classifier: %w after step %d of %d: --resume goes on from there", ErrInterrupted, r.step, last))
		return outcome, err
	}
	if r.card.Step != r.step || r.card.Test.Clips == 0 {
		if err := r.test(ctx); err != nil {
			return outcome, err
		}
	}
	outcome.Card, err = ReadCard(r.o.Dir)
	return outcome, err
}

// after records a step and tests when that is due.
func (r *training) after(ctx context.Context, loss, accuracy float64) error {
	if r.step%r.cfg.Train.LogEvery == 0 {
		r.records = append(r.records, record{Step: r.step, Loss: loss, Accuracy: accuracy})
	}
	if r.step%r.cfg.Train.TestEvery == 0 {
		return r.test(ctx)
	}
	return nil
}

// test measures the held-back clips, and saves.
func (r *training) test(ctx context.Context) error {
	result, err := Test(ctx, r.judge, r.data.Test, TestOptions{Windows: r.cfg.Train.Windows, Clips: r.cfg.Train.TestClips, Seed: r.cfg.Train.Seed})
	if err != nil {
		return err
	}
	r.card.Test = result
	r.records = append(r.records, record{Step: r.step, TestClip: &result.ClipAccuracy, TestVideo: &result.VideoAccuracy})
	r.o.Logger.Info("tested", "step", r.step, "accuracy_clip", rounded(result.ClipAccuracy), "accuracy_video", rounded(result.VideoAccuracy), "clips", result.Clips)
	return r.save()
}

// save writes everything that the folder holds.
func (r *training) save() error {
	train, test := r.data.Train.Info(), r.data.Test.Info()
	r.card.Format, r.card.Config, r.card.Classes, r.card.Step = cardFormat, r.cfg, train.Classes, r.step
	r.card.Dataset, r.card.Tested = train.Name+": "+train.Summary, test.Name+": "+test.Summary
	if err := r.card.save(r.o.Dir, r.params); err != nil {
		return err
	}
	if err := r.saveState(filepath.Join(r.o.Dir, trainingFile)); err != nil {
		return err
	}
	if err := writeRecords(filepath.Join(r.o.Dir, metricsFile), r.records); err != nil {
		return err
	}
	return drawPlots(filepath.Join(r.o.Dir, plotsFolder), r.records, r.card)
}

// restore goes back to where the training in the folder was saved.
func (r *training) restore() (err error) {
	card, err := ReadCard(r.o.Dir)
	if err != nil {
		return err
	}
	before, now := card.Config, r.cfg
	before.Train.Steps, before.Train.Minutes, before.Train.Threads = now.Train.Steps, now.Train.Minutes, now.Train.Threads
	if before != now {
		return fmt.Errorf("classifier: resume %s: %w: only train.steps, train.minutes and train.threads may change; it began with %+v", r.o.Dir, ErrConfig, card.Config)
	}
	if err := r.loadState(filepath.Join(r.o.Dir, trainingFile)); err != nil {
		return fmt.Errorf("classifier: resume %s: %w", r.o.Dir, err)
	}
	r.card = card
	r.records, err = readRecords(filepath.Join(r.o.Dir, metricsFile), r.step)
	return err
}

// share is how much of the training is over: of its steps, or of its time where that is shorter.
func (r *training) share() float64 {
	share := float64(r.step) / float64(r.cfg.Train.Steps)
	if r.cfg.Train.Minutes > 0 {
		share = max(share, time.Since(r.begun).Minutes()/r.cfg.Train.Minutes)
	}
	return min(share, 1)
}

func (r *training) timeIsUp() bool {
	return r.cfg.Train.Minutes > 0 && time.Since(r.begun).Minutes() >= r.cfg.Train.Minutes
}

// left is the time to go when a step takes so long.
func (r *training) left(each time.Duration) time.Duration {
	left := time.Duration(r.cfg.Train.Steps-r.step) * each
	if r.cfg.Train.Minutes > 0 {
		left = min(left, time.Duration(r.cfg.Train.Minutes*float64(time.Minute))-time.Since(r.begun))
	}
	return max(left, 0)
}
