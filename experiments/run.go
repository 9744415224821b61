package experiments

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"videogan/datasets"
	"videogan/gan"
)

// run is a run that is going on.
type run struct {
	*engine
	experiment Experiment
	common     *Common
	folder     Folder
	logger     *slog.Logger
	metadata   map[string]string // of checkpoints
	begin      func(first, last int)
	progress   func(Progress)
	deadline   time.Time // when train.minutes are over; zero: never

	averaged, raw *gan.Sampler // raw is nil without an average
	evaluation    *evaluation  // nil without eval.every

	source   datasets.Source
	loader   *datasets.Loader
	metrics  *metricsLog
	events   *events // nil without train.tensorboard
	records  []Record
	shown    int       // step of the newest samples, -1 before any
	saved    int       // step of the newest checkpoint
	reported time.Time // when the page was drawn last
	clock    clock
}

// openRun makes everything that a run needs, resumes it where that is asked for, and only then
// writes its folder.
func openRun(ctx context.Context, experiment Experiment, cfg Config, o TrainOptions) (r *run, err error) {
	r = &run{experiment: experiment, common: cfg.Shared(), folder: o.Folder, logger: orDiscard(o.Logger), begin: o.Begin, progress: o.Step, shown: -1, reported: time.Now()}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.close())
			r = nil
		}
	}()
	if err := r.openEngine(ctx, cfg, o.Opening); err != nil {
		return r, err
	}
	if r.metadata, err = metadata(experiment, cfg); err != nil {
		return r, err
	}
	if o.Resume {
		if err := r.restore(); err != nil {
			return r, err
		}
	}
	if err := r.openSamplers(); err != nil {
		return r, err
	}
	if r.evaluation, err = r.openEvaluation(); err != nil {
		return r, err
	}
	if r.loader, err = datasets.NewLoader(r.source, r.common.loader(r.trainer.Steps())); err != nil {
		return r, err
	}
	if err := r.folder.create(); err != nil {
		return r, err
	}
	origin := newOrigin(experiment.Name, r.cost())
	info := r.source.Info()
	origin.Dataset, origin.Clips = info.Name+": "+info.Summary, info.Clips
	if began, err := readOrigin(r.folder.Config()); err == nil && began.Clips != origin.Clips {
		r.logger.Warn("the data are not those that the run began with", "then", began.Dataset, "clips_then", began.Clips, "now", origin.Dataset, "clips_now", origin.Clips)
	}
	if err := writeConfig(r.folder, cfg, origin); err != nil {
		return r, err
	}
	if r.metrics, r.records, err = openMetrics(r.folder.Metrics(), r.trainer.Steps()); err != nil {
		return r, err
	}
	if r.common.Train.TensorBoard {
		if r.events, err = openEvents(r.folder, r.trainer.Steps()); err != nil {
			return r, err
		}
	}
	if !o.Resume {
		return r, r.showReal(ctx)
	}
	return r, nil
}

// openEngine opens the data and builds the networks: at the same time, unless these draw from the data.
func (r *run) openEngine(ctx context.Context, cfg Config, opening func(done, total int)) error {
	open := func(ctx context.Context) (err error) {
		r.source, err = r.common.Data.open(ctx, r.logger, opening)
		return err
	}
	build := func() (err error) {
		r.engine, err = newEngineOf(cfg, networksOn(context.WithoutCancel(ctx), cfg, r.source))
		return err
	}
	if cfg.Networks().Given == 0 {
		return beside(ctx, open, build)
	}
	if err := open(ctx); err != nil {
		return err
	}
	return build()
}

// loader says how batches are drawn from a step on.
func (c *Common) loader(first int) datasets.LoaderOptions {
	settings := c.GAN
	settings.Batch = c.Train.Batch
	return datasets.LoaderOptions{Batch: settings.ClipsPerStep(), Seed: c.seed(), First: first,
		Workers: c.Data.Workers, Ahead: c.Data.Ahead, Range: c.Data.Range}
}

func (r *run) close() error {
	var errs []error
	if r.loader != nil {
		errs = append(errs, r.loader.Close())
	}
	if r.source != nil {
		errs = append(errs, r.source.Close())
	}
	if r.metrics != nil {
		errs = append(errs, r.metrics.close())
	}
	errs = append(errs, r.events.close())
	errs = append(errs, r.evaluation.close())
	for _, sampler := range []*gan.Sampler{r.averaged, r.raw} {
		if sampler != nil {
			errs = append(errs, sampler.Close())
		}
	}
	if r.engine != nil {
		errs = append(errs, r.engine.close())
	}
	return errors.Join(errs...)
}

// restore loads the newest checkpoint that is whole.
func (r *run) restore() error {
	steps, err := r.folder.Checkpoints()
	if err != nil {
		return err
	}
	if len(steps) == 0 {
		r.logger.Warn("no checkpoint yet: starting again from the first step", "run", string(r.folder))
		return nil
	}
	path, err := newestWhole(r.folder, func(path string) error {
		err := r.trainer.Load(path)
		if errors.Is(err, gan.ErrFormat) {
			r.logger.Warn("checkpoint is damaged, trying the one before", "checkpoint", path, "reason", err)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("experiments: resume %s: %w", r.folder, err)
	}
	r.saved = r.trainer.Steps()
	r.logger.Info("resumed", "checkpoint", path, "step", r.saved)
	return nil
}

// checkpoint saves the state after the newest step, once, and removes old checkpoints.
func (r *run) checkpoint() error {
	step := r.trainer.Steps()
	if step == r.saved {
		return nil
	}
	if err := errors.Join(r.metrics.sync(), r.events.sync()); err != nil {
		return err
	}
	path := r.folder.Checkpoint(step)
	if err := r.trainer.Save(path, r.metadata); err != nil {
		return fmt.Errorf("experiments: save checkpoint: %w", err)
	}
	r.saved = step
	if err := linkFile(path, r.folder.Latest()); err != nil {
		return err
	}
	return r.folder.prune(r.common.Train.KeepNewest, r.common.Train.KeepEvery)
}

// clips is the number of real clips that a step takes.
func (r *run) clips() int { return r.common.loader(0).Batch }

// record puts the metrics of a step together. Those whose name begins with time/ are
// measured; all others depend on the config alone.
func (r *run) record(step int, metrics gan.Metrics) Record {
	clips := step * r.clips()
	record := Record{
		{"step", float64(step)},
		{"clips", float64(clips)},
		{"epoch", float64(clips) / float64(r.source.Info().Clips)},
	}
	for _, m := range metrics {
		record = append(record, Metric(m))
	}
	return record
}

// log appends the record, and how the time since the one before was spent.
func (r *run) log(record Record) error {
	median, elapsed := r.clock.lap()
	waited := r.loader.Waited()
	share := 0.0
	if elapsed > 0 {
		share = float64(waited-r.clock.waited) / float64(elapsed)
	}
	r.clock.waited = waited
	record = append(record, Metric{"time/step_s", median.Seconds()}, Metric{"time/data_wait_share", share})
	r.records = append(r.records, record)
	if err := errors.Join(r.metrics.append(record), r.events.record(record)); err != nil {
		return err
	}
	if time.Since(r.reported) < reportEvery {
		return nil
	}
	return r.report()
}

// position is what a progress bar shows after a step.
func (r *run) position(step int, record Record) Progress {
	p := Progress{Step: step, Last: r.common.Train.Steps, Clips: step * r.clips(), Metrics: record}
	each := r.clock.recent()
	if each <= 0 {
		return p
	}
	p.StepsPerClock = 1 / each.Seconds()
	p.ClipsPerClock = p.StepsPerClock * float64(r.clips())
	p.Left = time.Duration(p.Last-step) * each
	if !r.deadline.IsZero() {
		p.Left = min(p.Left, time.Until(r.deadline))
	}
	return p
}

// clock measures steps: all since the last lap, and the last few.
type clock struct {
	steps  []time.Duration
	window [16]time.Duration
	count  int
	waited time.Duration // the loader's count at the last lap
}

func (c *clock) add(d time.Duration) {
	c.steps = append(c.steps, d)
	c.window[c.count%len(c.window)] = d
	c.count++
}

// lap returns the median and the sum of the steps since the last lap.
func (c *clock) lap() (median, sum time.Duration) {
	for _, d := range c.steps {
		sum += d
	}
	median = medianOf(c.steps)
	c.steps = c.steps[:0]
	return median, sum
}

// recent is the median of the last few steps.
func (c *clock) recent() time.Duration { return medianOf(c.window[:min(c.count, len(c.window))]) }

// medianOf returns the median of some durations, 0 of none.
func medianOf(list []time.Duration) time.Duration {
	if len(list) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(list))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

// orDiscard returns a logger that may be used whatever the caller has handed in.
func orDiscard(logger *slog.Logger) *slog.Logger {
	if logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return logger
}
