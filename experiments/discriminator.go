package experiments

import (
	"errors"
	"fmt"

	"videogan/eval/knowledge"
	"videogan/gan"
)

// Discriminator is a trained discriminator of clips and how it is built.
type Discriminator struct {
	Run
	Networks   gan.Networks
	Shape      gan.ClipShape
	Checkpoint string // path of the file
	File       *gan.DiscriminatorFile
}

// OpenDiscriminator opens the discriminator of a run folder's newest whole checkpoint. It
// reports, with errors.ErrUnsupported, one whose hidden layers cannot be told.
func OpenDiscriminator(folder Folder) (*Discriminator, error) {
	run, err := LoadRun(folder)
	if err != nil {
		return nil, err
	}
	d := &Discriminator{Run: run, Networks: run.Config.Networks(), Shape: run.Config.Shared().Data.shape()}
	if d.Networks.Hidden == nil {
		return nil, fmt.Errorf("experiments: open discriminator of %s: %s does not tell the hidden layers of its networks: %w", folder, run.Experiment.Name, errors.ErrUnsupported)
	}
	d.Checkpoint, err = newestWhole(folder, func(path string) (err error) {
		d.File, err = gan.LoadDiscriminator(path)
		return err
	})
	if err != nil {
		return nil, err
	}
	needed, err := gan.NewDiscriminator(d.Networks, d.Shape, 0)
	if err == nil {
		err = gan.CopyDiscriminator(needed, d.File.Params)
	}
	if err != nil {
		return nil, fmt.Errorf("experiments: open discriminator %s: %w", d.Checkpoint, err)
	}
	return d, nil
}

// Knowledge is the discriminator as package knowledge takes it apart.
func (d *Discriminator) Knowledge() knowledge.Discriminator {
	return knowledge.Discriminator{Networks: d.Networks, Params: d.File.Params, Shape: d.Shape}
}
