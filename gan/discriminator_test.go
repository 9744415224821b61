package gan

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"videogan/nn"
)

// What is loaded of a checkpoint is the discriminator of clips, all of it and nothing else.
func TestLoadDiscriminator(t *testing.T) {
	nets, shape := clipNetworks(true)
	cfg := plain()
	cfg.Constraint.Kind = SpectralNorm
	trainer := newTrainer(t, nets, shape, cfg, 1)
	run(t, trainer, 2)
	dir := t.TempDir()
	checkpoint, generator := filepath.Join(dir, "checkpoint"), filepath.Join(dir, "generator")
	if err := trainer.Save(checkpoint, map[string]string{"experiment": "clips"}); err != nil {
		t.Fatal(err)
	}
	if err := trainer.SaveGenerator(generator, Float32, nil); err != nil {
		t.Fatal(err)
	}
	f, err := LoadDiscriminator(checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	if f.Steps != 2 || f.Metadata["experiment"] != "clips" {
		t.Errorf("after %d steps, of %q", f.Steps, f.Metadata["experiment"])
	}
	fresh, err := NewDiscriminator(nets, shape, 7)
	if err != nil {
		t.Fatal(err)
	}
	if err := CopyDiscriminator(fresh, f.Params); err != nil {
		t.Fatal(err)
	}
	for _, p := range fresh.All() {
		trained, ok := trainer.params.Get(p.Name)
		if !ok || trained.Trainable != p.Trainable || !slices.Equal(trained.Value.Float32s(), p.Value.Float32s()) {
			t.Errorf("%s is not the trainer's", p.Name)
		}
	}
	if _, err := LoadDiscriminator(generator); !errors.Is(err, ErrFormat) {
		t.Errorf("a generator's file: %v", err)
	}
	other, shape := clipNetworks(false)
	smaller, err := NewDiscriminator(other, shape, 7)
	if err != nil {
		t.Fatal(err)
	}
	before := slices.Clone(smaller.All()[0].Value.Float32s())
	if err := CopyDiscriminator(smaller, f.Params); !errors.Is(err, ErrArchitecture) {
		t.Errorf("into networks without spectral normalization: %v", err)
	}
	if !slices.Equal(before, smaller.All()[0].Value.Float32s()) {
		t.Error("what does not fit was copied all the same")
	}
	if err := CopyDiscriminator(nn.NewParams(0), f.Params); !errors.Is(err, ErrArchitecture) {
		t.Errorf("into no networks: %v", err)
	}
}
