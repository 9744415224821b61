package experiments

import (
	"fmt"
	"runtime"

	"videogan/gan"
	"videogan/nn/exec"
)

// Config is an experiment's settings: Common and what its networks need. An experiment's
// struct embeds Common, gives every field a toml and a doc tag, and says how its networks
// are made; --set, config files and 'videogan show' come from the tags.
type Config interface {
	// Shared returns the settings that every experiment has.
	Shared() *Common
	// Validate says which setting cannot be, by its path, and what to do; it wraps ErrConfig.
	Validate() error
	// Networks composes the generator and the discriminator.
	Networks() gan.Networks
}

// Common are the settings that every experiment has.
type Common struct {
	Seed  int64      `toml:"seed" doc:"every random number of the run comes from it: same seed, machine and threads, same bits"`
	Train Training   `toml:"train"`
	Data  Data       `toml:"data"`
	GAN   gan.Config `toml:"gan"`
	Eval  Evaluation `toml:"eval"`
}

// seed is the seed as random streams take it.
func (c *Common) seed() uint64 { return uint64(c.Seed) }

// Shared implements Config.
func (c *Common) Shared() *Common { return c }

// Training says how long a run goes on and what it leaves behind. Where a setting counts
// steps, one step is one update of each network.
type Training struct {
	Steps           int     `toml:"steps" doc:"steps of the whole run; a finished run goes on when it is resumed with more"`
	Minutes         float64 `toml:"minutes" doc:"stop cleanly after this many minutes of this call, however far it got; 0: no limit"`
	Batch           int     `toml:"batch" doc:"clips in a batch"`
	CheckpointEvery int     `toml:"checkpoint_every" doc:"steps between checkpoints; the last step always leaves one"`
	KeepNewest      int     `toml:"keep_newest" doc:"checkpoints kept, counted from the newest; 2 or more, in case the newest is damaged"`
	KeepEvery       int     `toml:"keep_every" doc:"checkpoints at multiples of this many steps stay for good; 0: none"`
	LogEvery        int     `toml:"log_every" doc:"steps between lines of metrics.jsonl"`
	SampleEvery     int     `toml:"sample_every" doc:"steps between samples, plots and reports"`
	Samples         int     `toml:"samples" doc:"clips in a sample, from the same latents every time; a multiple of 4 fills the grid"`
	TensorBoard     bool    `toml:"tensorboard" doc:"write metrics and contact sheets also as event files that TensorBoard reads, into tensorboard/"`
	Recompute       bool    `toml:"recompute" doc:"compute activations again in the backward pass instead of keeping them: less memory, a longer step, the same bits"`
	Threads         int     `toml:"threads" doc:"threads of the kernels; 0: all that the machine has. Another number changes the last bits"`
	Precision       string  `toml:"precision" doc:"float32, or bf16: convolutions over bfloat16, half the memory and about half the time; parameters, statistics, losses and optimizers stay float32. Needs a CPU with avx512_bf16"`
}

// The precisions of Training; "" is Float32.
const (
	Float32 = "float32"
	BF16    = "bf16"
)

// DefaultTraining returns the settings of a run that somebody watches.
func DefaultTraining() Training {
	return Training{Steps: 100_000, Batch: 32, CheckpointEvery: 1000, KeepNewest: 3, KeepEvery: 10_000,
		LogEvery: 10, SampleEvery: 1000, Samples: 8, TensorBoard: true, Precision: Float32}
}

func (t *Training) validate() error {
	for _, at := range []struct {
		key        string
		value, low int
	}{
		{"steps", t.Steps, 1}, {"batch", t.Batch, 1}, {"checkpoint_every", t.CheckpointEvery, 1}, {"keep_newest", t.KeepNewest, 2},
		{"keep_every", t.KeepEvery, 0}, {"log_every", t.LogEvery, 1}, {"sample_every", t.SampleEvery, 1}, {"samples", t.Samples, 1}, {"threads", t.Threads, 0},
	} {
		if at.value < at.low {
			return invalid("train."+at.key, at.value, "want %d or more", at.low)
		}
	}
	if t.Minutes < 0 {
		return invalid("train.minutes", t.Minutes, "want 0 (no limit) or more")
	}
	if processors := runtime.NumCPU(); t.Threads > processors {
		return invalid("train.threads", t.Threads, "this machine has %d; 0 takes them all", processors)
	}
	switch machine := exec.ReadMachine(); {
	case t.Precision != "" && t.Precision != Float32 && t.Precision != BF16:
		return invalid("train.precision", t.Precision, "want %s or %s", Float32, BF16)
	case t.Precision == BF16 && !machine.Has("avx512_bf16"):
		return invalid("train.precision", t.Precision, "this machine (%v) has no avx512_bf16; want %s here", machine, Float32)
	}
	return nil
}

// open opens the device that the kernels run on.
func (t *Training) open() (*exec.Device, error) {
	device, err := exec.NewDevice(exec.DeviceOptions{Threads: t.Threads, Recompute: t.Recompute, BF16: t.Precision == BF16})
	if err != nil {
		return nil, fmt.Errorf("experiments: open device: %w", err)
	}
	return device, nil
}

// validateCommon checks what does not depend on the networks.
func (c *Common) validateCommon() error {
	if c.Seed < 0 {
		return invalid("seed", c.Seed, "want 0 or more")
	}
	if err := c.Train.validate(); err != nil {
		return err
	}
	if err := c.Data.validate(); err != nil {
		return err
	}
	if err := c.GAN.Validate(); err != nil {
		return fmt.Errorf("%w: [gan]: %w", ErrConfig, err)
	}
	if err := c.Eval.validate(); err != nil {
		return err
	}
	return nil
}

// invalid is an error about one setting.
func invalid(key string, value any, want string, args ...any) error {
	return fmt.Errorf("%w: %s = %v: %s", ErrConfig, key, value, fmt.Sprintf(want, args...))
}
