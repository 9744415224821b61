package gan

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"videogan/nn"
)

const generatorVersion = "videogan generator 1"

// Precision is how a generator's weights are stored.
type Precision int

// The precisions. States are float32 in both: there are few, and running
// variances exceed float16.
const (
	Float32 Precision = iota
	Float16           // half the size; weights are rounded to 11 bits
)

// GeneratorFile is a generator without what training needs beside it.
type GeneratorFile struct {
	Params   *nn.Params        // under "gen"
	Metadata map[string]string // as given to SaveGenerator or Save, with the step
}

// Steps is the number of steps that the generator was trained for.
func (f *GeneratorFile) Steps() int {
	n, _ := strconv.Atoi(f.Metadata[stepKey]) // checked when it was read
	return n
}

// SaveGenerator writes the averaged generator (the current one without an
// average) to a safetensors file, for others to sample from. The file appears
// whole or not at all. more are further entries of its metadata.
func (t *Trainer) SaveGenerator(name string, precision Precision, more map[string]string) error {
	if err := t.calibrate(); err != nil {
		return fmt.Errorf("gan: save generator %s: %w", name, err)
	}
	params := t.params
	if t.average != nil {
		params = t.average.params
	}
	var arrays []array
	for _, a := range arraysOf(averagePrefix, params) {
		path, trained := strings.CutPrefix(strings.TrimPrefix(a.name, averagePrefix), paramPrefix)
		path = strings.TrimPrefix(path, statePrefix)
		if !strings.HasPrefix(path, generatorPath+"/") {
			continue
		}
		a.half = trained && precision == Float16
		arrays = append(arrays, a)
	}
	metadata := map[string]string{formatKey: generatorVersion, stepKey: strconv.Itoa(t.step)}
	if err := addMetadata(metadata, more); err != nil {
		return fmt.Errorf("gan: save generator %s: %w", name, err)
	}
	if err := writeTensors(name, arrays, metadata); err != nil {
		return fmt.Errorf("gan: save generator: %w", err)
	}
	return nil
}

// LoadGenerator reads the generator of a file of SaveGenerator, or the averaged
// one of a checkpoint (the current one where there is no average). Whether it
// fits a network shows in NewSampler.
func LoadGenerator(name string) (*GeneratorFile, error) {
	c, err := readTensors(name)
	if err != nil {
		return nil, fmt.Errorf("gan: load generator %s: %w", name, err)
	}
	f, err := generatorOf(c)
	if err != nil {
		return nil, fmt.Errorf("gan: load generator %s: %w", name, err)
	}
	return f, nil
}

// ParseGenerator is LoadGenerator for a file in memory.
func ParseGenerator(data []byte) (*GeneratorFile, error) {
	c, err := decodeTensors(data)
	if err != nil {
		return nil, fmt.Errorf("gan: parse generator: %w", err)
	}
	f, err := generatorOf(c)
	if err != nil {
		return nil, fmt.Errorf("gan: parse generator: %w", err)
	}
	return f, nil
}

func generatorOf(c *contents) (*GeneratorFile, error) {
	if format := c.metadata[formatKey]; format != generatorVersion && format != formatVersion {
		return nil, fmt.Errorf("%w: its format is %q, want %q or %q", ErrFormat, format, generatorVersion, formatVersion)
	}
	if step, err := strconv.Atoi(c.metadata[stepKey]); err != nil || step < 0 {
		return nil, fmt.Errorf("%w: its step is %q", ErrFormat, c.metadata[stepKey])
	}
	prefix := ""
	for name := range c.arrays {
		if strings.HasPrefix(name, averagePrefix) {
			prefix = averagePrefix
		}
	}
	params, err := c.params(prefix, generatorPath)
	if err != nil {
		return nil, err
	}
	if len(params.All()) == 0 {
		return nil, fmt.Errorf("%w: it has no generator", ErrFormat)
	}
	return &GeneratorFile{Params: params, Metadata: c.metadata}, nil
}

// params are the parameters and states of a network, whose tensors' names begin with prefix.
func (c *contents) params(prefix, network string) (*nn.Params, error) {
	params := nn.NewParams(0)
	for _, name := range slices.Sorted(maps.Keys(c.arrays)) {
		for _, kind := range []string{paramPrefix, statePrefix} {
			path, ok := strings.CutPrefix(name, prefix+kind)
			if !ok || !strings.HasPrefix(path, network+"/") {
				continue
			}
			a := c.arrays[name]
			if _, err := params.New(path, kind == paramPrefix, stored(a.values), a.shape...); err != nil {
				return nil, fmt.Errorf("%w: %w", ErrFormat, err)
			}
		}
	}
	return params, nil
}

// stored is an initializer by values that are there already.
type stored []float32

func (stored) Name() string { return "stored" }

func (s stored) Fill(dst []float64, _ []int, _ *rand.Rand) error {
	if len(dst) != len(s) {
		return fmt.Errorf("%d stored values for %d: %w", len(s), len(dst), nn.ErrShape)
	}
	for i, v := range s {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return fmt.Errorf("a stored value is %v: %w", v, ErrNonFinite)
		}
		dst[i] = float64(v)
	}
	return nil
}

// fits reports the first parameter in which a generator differs from what a
// network needs.
func fits(needed, have *nn.Params) error {
	c := &contents{arrays: map[string]array{}}
	for _, a := range arraysOf("", have) {
		if strings.HasPrefix(strings.TrimPrefix(strings.TrimPrefix(a.name, paramPrefix), statePrefix), generatorPath+"/") {
			c.arrays[a.name] = a
		}
	}
	return assign(c, arraysOf("", needed))
}
