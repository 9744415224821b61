package classifier

import (
	"fmt"
	"strings"

	"github.com/BurntSushi/toml"

	"videogan/datasets"
)

// Config is everything that training depends on but for the clips.
type Config struct {
	Network SmallC3D     `toml:"network" json:"network"`
	Augment Augmentation `toml:"augment" json:"augment"`
	Train   Training     `toml:"train" json:"train"`
}

// Training says how a classifier is trained.
type Training struct {
	Steps     int     `toml:"steps" json:"steps" doc:"steps of the optimizer"`
	Minutes   float64 `toml:"minutes" json:"minutes" doc:"stop after so many minutes, with what was learned; 0: no limit"`
	Batch     int     `toml:"batch" json:"batch" doc:"clips a step"`
	LR        float64 `toml:"lr" json:"lr" doc:"learning rate of Adam at the start; it falls to 0 along a half cosine"`
	Seed      uint64  `toml:"seed" json:"seed" doc:"of initial weights, order of clips, augmentation and dropout"`
	LogEvery  int     `toml:"log_every" json:"log_every" doc:"steps between two records"`
	TestEvery int     `toml:"test_every" json:"test_every" doc:"steps between two tests on the held-back clips, and saves"`
	TestClips int     `toml:"test_clips" json:"test_clips" doc:"clips of a test of a set without end, such as Moving MNIST"`
	Windows   int     `toml:"windows" json:"windows" doc:"windows of a test video, evenly spaced; their mean decides on the video"`
	Threads   int     `toml:"threads" json:"threads" doc:"threads of the kernels; 0: all"`
}

// DefaultConfig suits a set: digits are neither mirrored nor cut.
func DefaultConfig(info datasets.Info) Config {
	cfg := Config{
		Network: DefaultSmallC3D(),
		Augment: Augmentation{Flip: true, Crop: 0.7, Light: 0.2},
		Train:   Training{Steps: 1500, Batch: 16, LR: 1e-3, Seed: 1, LogEvery: 10, TestEvery: 100, TestClips: 1000, Windows: 5},
	}
	cfg.Network.Channels, cfg.Network.Frames, cfg.Network.Size, cfg.Network.Classes = info.Channels, info.Frames, info.Size, len(info.Classes)
	if info.Name == "moving-mnist" {
		cfg.Augment = Augmentation{Crop: 1}
		cfg.Network.Dropout = 0.2
	}
	return cfg
}

// Validate reports, with ErrConfig, the first setting that cannot be.
func (c Config) Validate() error {
	if err := c.Network.Validate(); err != nil {
		return err
	}
	if err := c.Augment.Validate(); err != nil {
		return err
	}
	for _, s := range []struct {
		name       string
		value, low int
	}{
		{"steps", c.Train.Steps, 1}, {"batch", c.Train.Batch, 2}, {"log_every", c.Train.LogEvery, 1}, {"test_every", c.Train.TestEvery, 1},
		{"test_clips", c.Train.TestClips, 1}, {"windows", c.Train.Windows, 1}, {"threads", c.Train.Threads, 0},
	} {
		if s.value < s.low {
			return fmt.Errorf("classifier: train.%s = %d: %w: want %d or more", s.name, s.value, ErrConfig, s.low)
		}
	}
	if !(c.Train.LR > 0) || !(c.Train.Minutes >= 0) {
		return fmt.Errorf("classifier: train.lr = %v, train.minutes = %v: %w: want more than 0, and 0 or more", c.Train.LR, c.Train.Minutes, ErrConfig)
	}
	return nil
}

// Set changes one setting, "train.lr=0.002". ErrConfig: there is none of this path, or the value is of another type.
func (c *Config) Set(assignment string) error {
	path, value, ok := strings.Cut(assignment, "=")
	if !ok || strings.ContainsAny(assignment, "\n\r") {
		return fmt.Errorf("classifier: setting %q: %w: want path=value, for example train.lr=0.002", assignment, ErrConfig)
	}
	changed := *c
	read, err := toml.Decode(path+" = "+value, &changed)
	if err != nil {
		return fmt.Errorf("classifier: setting %q: %w: %w", assignment, ErrConfig, err)
	}
	if unknown := read.Undecoded(); len(unknown) > 0 {
		return fmt.Errorf("classifier: setting %q: %w: there is no %s", assignment, ErrConfig, unknown[0])
	}
	*c = changed
	return nil
}
