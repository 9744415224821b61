package gan

import (
	"fmt"
	"slices"
	"strconv"

	"gorgonia.org/gorgonia"

	"videogan/nn"
)

// DiscriminatorFile is a discriminator of clips without what training needs beside it.
type DiscriminatorFile struct {
	// Params are its parameters and states (running statistics, vectors of power iterations) under "dis".
	Params   *nn.Params
	Metadata map[string]string // as given to Save, with the step
	Steps    int               // that it was trained for
}

// LoadDiscriminator reads the discriminator of a checkpoint. ErrFormat: it is no whole checkpoint; a file of
// SaveGenerator holds none.
func LoadDiscriminator(name string) (*DiscriminatorFile, error) {
	c, err := readTensors(name)
	if err != nil {
		return nil, fmt.Errorf("gan: load discriminator %s: %w", name, err)
	}
	if err := checkFormat(c); err != nil {
		return nil, fmt.Errorf("gan: load discriminator %s: %w", name, err)
	}
	f := &DiscriminatorFile{Metadata: c.metadata}
	if f.Steps, err = strconv.Atoi(c.metadata[stepKey]); err != nil || f.Steps < 0 {
		return nil, fmt.Errorf("gan: load discriminator %s: %w: its step is %q", name, ErrFormat, c.metadata[stepKey])
	}
	if f.Params, err = c.params("", discriminatorPath); err != nil {
		return nil, fmt.Errorf("gan: load discriminator %s: %w", name, err)
	}
	return f, nil
}

// NewDiscriminator makes the parameters of an untrained discriminator of clips, under "dis", by a seed.
func NewDiscriminator(nets Networks, shape ClipShape, seed uint64) (*nn.Params, error) {
	params := nn.NewParams(seed)
	s := nn.NewScope(gorgonia.NewGraph(), params, nn.ScopeOptions{})
	nets.Discriminator(s.In(discriminatorPath), s.Input("clips", shape.batch(1)...))
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("gan: build the discriminator: %w", err)
	}
	return params, nil
}

// CopyDiscriminator copies a discriminator into one of the same networks: its parameters and states. ErrArchitecture
// names the first that differs; then nothing is changed.
func CopyDiscriminator(to, from *nn.Params) error {
	c := &contents{arrays: map[string]array{}}
	for _, a := range arraysOf("", from) {
		a.shape = slices.Clone(a.shape)
		c.arrays[a.name] = a
	}
	return assign(c, arraysOf("", to))
}
