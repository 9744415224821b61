package experiments

import (
	"fmt"
	"os"
	"time"

	"videogan/experiments/tensorboard"
)

// events writes a run's metrics and contact sheets for TensorBoard; a nil one writes nothing.
type events struct{ writer *tensorboard.Writer }

// openEvents begins an event file for what comes after step.
func openEvents(folder Folder, step int) (*events, error) {
	writer, err := tensorboard.Create(folder.TensorBoard(), step+1)
	if err != nil {
		return nil, fmt.Errorf("experiments: %w", err)
	}
	return &events{writer}, nil
}

// record writes all metrics of a logged step but the step itself.
func (e *events) record(record Record) error {
	if e == nil {
		return nil
	}
	var scalars []tensorboard.Scalar
	for _, m := range record {
		if m.Name != "step" {
			scalars = append(scalars, tensorboard.Scalar{Tag: m.Name, Value: m.Value})
		}
	}
	if err := e.writer.Scalars(record.Step(), time.Now(), scalars); err != nil {
		return fmt.Errorf("experiments: %w", err)
	}
	return nil
}

// sheets writes the contact sheets that writeSamples left of a step, as samples/averaged and
// samples/raw, and of the averaged generator also what its clips are composed of.
func (e *events) sheets(folder Folder, step int, suffix string, samples *Samples) error {
	if e == nil {
		return nil
	}
	tag, file := "samples/averaged", stepName(step)+suffix
	if suffix == rawSuffix {
		tag = "samples/raw"
	}
	sheets := []struct{ tag, file string }{{tag, file}}
	if samples.Composed() && suffix == averagedSuffix {
		sheets = append(sheets, struct{ tag, file string }{tag + "-" + samples.Label(), file + "-" + samples.Label()})
	}
	for _, sheet := range sheets {
		picture, err := os.ReadFile(folder.samples(sheet.file + ".png"))
		if err == nil {
			err = e.writer.PNG(step, time.Now(), sheet.tag, picture)
		}
		if err != nil {
			return fmt.Errorf("experiments: samples for TensorBoard: %w", err)
		}
	}
	return nil
}

func (e *events) sync() error {
	if e == nil {
		return nil
	}
	return e.writer.Sync()
}

func (e *events) close() error {
	if e == nil {
		return nil
	}
	return e.writer.Close()
}
