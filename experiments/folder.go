package experiments

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Folder is the path of a run folder:
//
//	config.toml    what ran: every setting, and the program, CPU and libraries
//	metrics.jsonl  one object a logged step
//	checkpoints/   step-000500.safetensors …, the newest also as latest.safetensors
//	samples/       real.mp4, step-000500.mp4, step-000500-raw.mp4 and their contact sheets (.png)
//	plots/         losses.svg, sigma_max.svg, … and the same as .png
//	tensorboard/   the metrics and contact sheets as event files (train.tensorboard)
//	report.html    the run on one page
type Folder string

// Config is the path of config.toml.
func (f Folder) Config() string { return filepath.Join(string(f), "config.toml") }

// Metrics is the path of metrics.jsonl.
func (f Folder) Metrics() string { return filepath.Join(string(f), "metrics.jsonl") }

// Report is the path of report.html.
func (f Folder) Report() string { return filepath.Join(string(f), "report.html") }

// Latest is the path of the newest checkpoint under its second name.
func (f Folder) Latest() string { return f.checkpoints("latest" + checkpointExtension) }

// TensorBoard is the path of the folder of event files.
func (f Folder) TensorBoard() string { return filepath.Join(string(f), "tensorboard") }

const checkpointExtension = ".safetensors"

func (f Folder) checkpoints(name string) string {
	return filepath.Join(string(f), "checkpoints", name)
}
func (f Folder) samples(name string) string { return filepath.Join(string(f), "samples", name) }
func (f Folder) plots(name string) string   { return filepath.Join(string(f), "plots", name) }

// Checkpoint returns the path of the checkpoint after a number of steps.
func (f Folder) Checkpoint(step int) string {
	return f.checkpoints(stepName(step) + checkpointExtension)
}

func stepName(step int) string { return fmt.Sprintf("step-%06d", step) }

// parseStep reads the number in step-000500 followed by suffix.
func parseStep(name, suffix string) (step int, ok bool) {
	digits, ok := strings.CutPrefix(name, "step-")
	if !ok {
		return 0, false
	}
	if digits, ok = strings.CutSuffix(digits, suffix); !ok {
		return 0, false
	}
	number, err := strconv.ParseUint(digits, 10, 31)
	return int(number), err == nil
}

// create makes the folder and the folders in it.
func (f Folder) create() error {
	for _, dir := range []string{"checkpoints", "samples", "plots"} {
		if err := os.MkdirAll(filepath.Join(string(f), dir), 0o755); err != nil {
			return fmt.Errorf("experiments: make run folder: %w", err)
		}
	}
	return nil
}

// Exists says whether a run has begun in the folder.
func (f Folder) Exists() bool {
	_, err := os.Stat(f.Config())
	return err == nil
}

// Checkpoints lists the steps of the folder's checkpoints, newest first.
func (f Folder) Checkpoints() ([]int, error) {
	steps, err := f.steps("checkpoints", checkpointExtension)
	slices.Reverse(steps)
	return steps, err
}

// steps lists the steps that have a file in dir named step-N followed by suffix, in order.
func (f Folder) steps(dir, suffix string) ([]int, error) {
	entries, err := os.ReadDir(filepath.Join(string(f), dir))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("experiments: read run folder: %w", err)
	}
	var steps []int
	for _, entry := range entries {
		if step, ok := parseStep(entry.Name(), suffix); ok {
			steps = append(steps, step)
		}
	}
	slices.Sort(steps)
	return steps, nil
}

// prune removes old checkpoints: those stay that are among the newest, or whose step is a
// multiple of every (0: none for that reason).
func (f Folder) prune(newest, every int) error {
	steps, err := f.Checkpoints()
	if err != nil {
		return err
	}
	for i, step := range steps {
		if i < newest || every > 0 && step%every == 0 {
			continue
		}
		if err := os.Remove(f.Checkpoint(step)); err != nil {
			return fmt.Errorf("experiments: remove old checkpoint: %w", err)
		}
	}
	return nil
}
