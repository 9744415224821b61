package experiments

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"

	"github.com/BurntSushi/toml"

	"videogan/nn/exec"
)

// Origin is the [run] table of a run folder's config.toml: what the run was made with.
type Origin struct {
	Experiment              string   `toml:"experiment"`
	Program                 string   `toml:"program"`
	Go                      string   `toml:"go"`
	Libraries               []string `toml:"libraries"`
	Machine                 string   `toml:"machine"`
	Dataset                 string   `toml:"dataset"`
	Clips                   int      `toml:"clips"`
	GeneratorParameters     int      `toml:"generator_parameters"`
	DiscriminatorParameters int      `toml:"discriminator_parameters"`
}

// newOrigin describes this program and machine.
func newOrigin(experiment string, cost Cost) Origin {
	return Origin{
		Experiment: experiment, Program: "videogan " + Version(), Go: runtime.Version(), Libraries: Libraries(), Machine: exec.ReadMachine().String(),
		GeneratorParameters: cost.GeneratorParameters, DiscriminatorParameters: cost.DiscriminatorParameters,
	}
}

// readOrigin reads the [run] table of a config file; it is empty in a file that has none.
func readOrigin(path string) (Origin, error) {
	var file struct {
		Run Origin `toml:"run"`
	}
	if _, err := toml.DecodeFile(path, &file); err != nil {
		return Origin{}, fmt.Errorf("experiments: read %s: %w", path, err)
	}
	return file.Run, nil
}

// writeConfig writes the run folder's config.toml: every setting, and what it runs on.
func writeConfig(folder Folder, cfg Config, origin Origin) error {
	return writeFile(folder.Config(), func(w io.Writer) error {
		if _, err := fmt.Fprintf(w, "# What ran. To repeat it: videogan train %s --config config.toml --out ANOTHER\n\n", origin.Experiment); err != nil {
			return err
		}
		if err := WriteTOML(w, cfg); err != nil {
			return err
		}
		table, err := toml.Marshal(map[string]Origin{runTable: origin})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(w, "\n%s", table)
		return err
	})
}

// Settings says where the settings of a run come from; each overlays the one before it:
// the experiment's defaults (or, when a run is resumed, what it began with), File, Root, Set.
type Settings struct {
	File string   // TOML
	Root string   // data.root
	Set  []string // path=value
}

// Configure makes the config of a new run of an experiment.
func (s Settings) Configure(experiment Experiment) (Config, error) {
	cfg := experiment.Default()
	if s.File != "" {
		origin, err := readOrigin(s.File)
		if err == nil && origin.Experiment != "" && origin.Experiment != experiment.Name {
			return nil, fmt.Errorf("experiments: config %s: %w: it is of experiment %s, not %s", s.File, ErrConfig, origin.Experiment, experiment.Name)
		}
	}
	if err := s.overlay(cfg); err != nil {
		return nil, err
	}
	return cfg, nil
}

func (s Settings) overlay(cfg Config) error {
	if s.File != "" {
		if err := Load(cfg, s.File); err != nil {
			return err
		}
	}
	if s.Root != "" {
		cfg.Shared().Data.Root = s.Root
	}
	for _, assignment := range s.Set {
		if err := Set(cfg, assignment); err != nil {
			return err
		}
	}
	return nil
}

// resumable are the settings that may change when a run is resumed: how long it goes on, whether
// memory or time is short, where the same clips lie now, and how it is scored as it goes.
var resumable = []string{"train.steps", "train.minutes", "train.recompute", "data.root", "eval.every", "eval.every_steps", "eval.classifier",
	"eval.mean", "eval.preset", "eval.samples", "eval.repeats", "eval.curves", "eval.curve_epochs"}

// ConfigureResume makes the config with which a run goes on: what it began with, and of s
// what may change. It reports a setting that may not.
func (s Settings) ConfigureResume(experiment Experiment, folder Folder) (Config, error) {
	began, err := LoadRun(folder)
	if err != nil {
		return nil, err
	}
	if began.Experiment.Name != experiment.Name {
		return nil, fmt.Errorf("experiments: resume %s: %w: it is a run of %s, not of %s", folder, ErrConfig, began.Experiment.Name, experiment.Name)
	}
	cfg := experiment.Default()
	if err := Load(cfg, folder.Config()); err != nil {
		return nil, err
	}
	if err := s.overlay(cfg); err != nil {
		return nil, err
	}
	if path, before, now, differ := Difference(began.Config, cfg, resumable...); differ {
		return nil, fmt.Errorf("experiments: resume %s: %w: %s was %s and is now %s: a run goes on as it began (train.steps, train.minutes, data.root and eval.* may change); start another folder",
			folder, ErrConfig, path, before, now)
	}
	return cfg, nil
}

// Run is what a run folder's config.toml says.
type Run struct {
	Experiment Experiment
	Config     Config
	Origin     Origin
}

// LoadRun reads the config of a run folder.
func LoadRun(folder Folder) (Run, error) {
	origin, err := readOrigin(folder.Config())
	if errors.Is(err, os.ErrNotExist) {
		return Run{}, fmt.Errorf("experiments: %s is no run folder: it has no config.toml", folder)
	}
	if err != nil {
		return Run{}, err
	}
	experiment, err := Lookup(origin.Experiment)
	if err != nil {
		return Run{}, fmt.Errorf("experiments: read %s: %w", folder.Config(), err)
	}
	cfg := experiment.Default()
	if err := Load(cfg, folder.Config()); err != nil {
		return Run{}, err
	}
	return Run{Experiment: experiment, Config: cfg, Origin: origin}, nil
}
