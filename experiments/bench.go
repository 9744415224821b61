package experiments

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"videogan/datasets"
	"videogan/gan"
	"videogan/nn/exec"
)

// StepBench is what training costs on this machine. Its JSON form is for programs and stays stable.
type StepBench struct {
	Experiment    string  `json:"experiment"`
	Batch         int     `json:"batch"`
	Steps         int     `json:"steps"`          // measured, the first one not among them
	StepSeconds   float64 `json:"step_s"`         // median
	ClipsPerClock float64 `json:"clips_s"`        // real clips a second, by the mean step
	GFLOPS        float64 `json:"gflops"`         // nominal work over time, by the mean step
	PeakGFLOPS    float64 `json:"peak_gflops"`    // of a 2048×2048 matrix product, measured after the steps
	PeakShare     float64 `json:"peak_share"`     // gflops / peak_gflops
	GFLOPPerStep  float64 `json:"gflop_per_step"` // nominal; a lazy penalty counts by its share
	FirstStep     float64 `json:"first_step_s"`   // from nothing: building, compiling and the first step
	FirstStepAt   float64 `json:"first_step_at"`  // when it was done, seconds since 1970
	Generator     int     `json:"generator_parameters"`
	Discriminator int     `json:"discriminator_parameters"`
	DataWaitShare float64 `json:"data_wait_share"` // of the measured time
	ArenaMiB      float64 `json:"arena_mib"`       // memory for intermediate values
	ResidentMiB   float64 `json:"rss_mib"`         // most physical memory held
	CPU           string  `json:"cpu"`
	Threads       int     `json:"threads"`
}

// BenchOptions says how long to measure.
type BenchOptions struct {
	Steps  int // measured after the first; a multiple of every interval of the config makes the mean exact
	Logger *slog.Logger
	Step   func(done, total int) // called after every step; may be nil
}

// Bench measures the steps of an experiment. Without data.root, a source that needs one is
// replaced by random bytes of the same shape.
func Bench(ctx context.Context, experiment Experiment, cfg Config, o BenchOptions) (b StepBench, err error) {
	if err := cfg.Validate(); err != nil {
		return b, fmt.Errorf("experiments: %s: %w", experiment.Name, err)
	}
	if o.Steps < 1 {
		return b, fmt.Errorf("experiments: bench: %w: %d steps: want 1 or more", ErrConfig, o.Steps)
	}
	common := cfg.Shared()
	begun := time.Now()
	e, err := openBench(ctx, cfg, orDiscard(o.Logger))
	if err != nil {
		return b, err
	}
	defer func() { err = errors.Join(err, e.close()) }()

	var steps clock
	var waited time.Duration // while the first step's batch was drawn
	for i := range o.Steps + 1 {
		start := time.Now()
		batch, err := e.loader.Next(ctx)
		if err != nil {
			return b, err
		}
		if _, err := e.trainer.StepOn(ctx, batch, gan.StepOptions{}); err != nil {
			return b, fmt.Errorf("experiments: bench: %w", err)
		}
		batch.Release()
		if i == 0 {
			b.FirstStep, waited = time.Since(begun).Seconds(), e.loader.Waited()
			b.FirstStepAt = float64(time.Now().UnixMicro()) / 1e6
		} else {
			steps.add(time.Since(start))
		}
		if o.Step != nil {
			o.Step(i+1, o.Steps+1)
		}
	}
	median, sum := steps.lap()
	mean := sum.Seconds() / float64(o.Steps)
	cost := e.cost()
	b.Experiment, b.Batch, b.Steps, b.StepSeconds = experiment.Name, common.Train.Batch, o.Steps, median.Seconds()
	b.Generator, b.Discriminator = cost.GeneratorParameters, cost.DiscriminatorParameters
	b.ClipsPerClock = float64(common.loader(0).Batch) / mean
	b.GFLOPPerStep, b.GFLOPS = cost.FLOPs/1e9, cost.FLOPs/mean/1e9
	b.DataWaitShare = float64(e.loader.Waited()-waited) / float64(sum)
	b.ArenaMiB = float64(cost.ArenaBytes) / (1 << 20)
	b.ResidentMiB = float64(exec.ReadProcessMemory().PeakBytes) / (1 << 20)
	machine := exec.ReadMachine()
	b.CPU, b.Threads = machine.CPU, e.device.Threads()
	if b.PeakGFLOPS, err = e.device.PeakGFLOPS(); err != nil {
		return b, fmt.Errorf("experiments: bench: measure peak: %w", err)
	}
	b.PeakShare = b.GFLOPS / b.PeakGFLOPS
	return b, nil
}

// bench is an engine with batches to take steps on.
type bench struct {
	*engine
	source datasets.Source
	loader *datasets.Loader
}

func openBench(ctx context.Context, cfg Config, logger *slog.Logger) (m *bench, err error) {
	m = &bench{}
	common := cfg.Shared()
	err = beside(ctx, func(ctx context.Context) (err error) {
		if m.source, err = common.Data.openOrNoise(ctx, logger); err == nil {
			m.loader, err = datasets.NewLoader(m.source, common.loader(0))
		}
		return err
	}, func() (err error) {
		m.engine, err = newEngine(cfg)
		return err
	})
	if err != nil {
		return nil, errors.Join(err, m.close())
	}
	return m, nil
}

func (m *bench) close() error {
	var errs []error
	if m.loader != nil {
		errs = append(errs, m.loader.Close())
	}
	if m.source != nil {
		errs = append(errs, m.source.Close())
	}
	if m.engine != nil {
		errs = append(errs, m.engine.close())
	}
	return errors.Join(errs...)
}

// DataBench is how fast batches are drawn when nothing else runs. Its JSON form stays stable.
type DataBench struct {
	Dataset       string  `json:"dataset"`
	Batch         int     `json:"batch"`
	Batches       int     `json:"batches"`
	Size          int     `json:"size"`
	Frames        int     `json:"frames"`
	BatchSeconds  float64 `json:"batch_s"` // mean
	ClipsPerClock float64 `json:"clips_s"`
	CPU           string  `json:"cpu"`
}

// BenchData measures the loader of a config, without training.
func BenchData(ctx context.Context, cfg Config, batches int, logger *slog.Logger) (b DataBench, err error) {
	common := cfg.Shared()
	if err := common.Data.validate(); err != nil {
		return b, fmt.Errorf("experiments: bench data: %w", err)
	}
	if batches < 1 {
		return b, fmt.Errorf("experiments: bench data: %w: %d batches: want 1 or more", ErrConfig, batches)
	}
	source, err := common.Data.open(ctx, orDiscard(logger), nil)
	if err != nil {
		return b, err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	loader, err := datasets.NewLoader(source, common.loader(0))
	if err != nil {
		return b, err
	}
	defer func() { err = errors.Join(err, loader.Close()) }()
	var begun time.Time
	// The batches drawn ahead before the clock starts are as many as are ahead when it stops.
	for i := range batches + 1 {
		batch, err := loader.Next(ctx)
		if err != nil {
			return b, err
		}
		batch.Release()
		if i == 0 {
			begun = time.Now()
		}
	}
	mean := time.Since(begun).Seconds() / float64(batches)
	info := source.Info()
	return DataBench{Dataset: info.Name, Batch: common.Train.Batch, Batches: batches, Size: info.Size, Frames: info.Frames,
		BatchSeconds: mean, ClipsPerClock: float64(common.Train.Batch) / mean, CPU: exec.ReadMachine().CPU}, nil
}

// openOrNoise opens the clips, or stands random bytes in for clips that lie nowhere.
func (d *Data) openOrNoise(ctx context.Context, logger *slog.Logger) (datasets.Source, error) {
	if d.Root != "" || d.Source == MovingMNIST {
		return d.open(ctx, logger, nil)
	}
	return noise{datasets.Info{Name: "noise", Clips: 1, Channels: d.ChannelCount(), Frames: d.Frames, Size: d.Size}}, nil
}

// noise is a source of random bytes, to measure with where there are no clips.
type noise struct{ info datasets.Info }

var _ datasets.Source = noise{}

func (n noise) Info() datasets.Info { return n.info }
func (n noise) Close() error        { return nil }

func (n noise) Draw(_ context.Context, rng *rand.Rand, dst []byte) (int, error) {
	for ; len(dst) >= 8; dst = dst[8:] {
		binary.LittleEndian.PutUint64(dst, rng.Uint64())
	}
	for i := range dst {
		dst[i] = byte(rng.Uint32())
	}
	return -1, nil
}
