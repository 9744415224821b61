package gan

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"videogan/nn"
)

// Prefixes of the tensors in a checkpoint; a parameter's name follows.
const (
	paramPrefix     = "param/"     // trained
	statePrefix     = "state/"     // carried along: running statistics, vectors of power iterations
	averagePrefix   = "ema/"       // before one of the two above: the averaged generator
	optimizerPrefix = "optimizer/" // before network/, and /slot after the parameter's name
	monitorPrefix   = "monitor/"   // vectors that follow σ_max
)

// Keys of the metadata that a checkpoint writes itself.
const (
	formatKey       = "format"
	stepKey         = "step"
	seedKey         = "seed"
	architectureKey = "architecture" // hash over the names and shapes of all parameters
	updatesKey      = "updates/"     // and the network: its optimizer's counter
	newestKey       = "newest/"      // and a penalty: its value
)

const formatVersion = "videogan checkpoint 1"

// Save writes the whole state of training to a safetensors file, so that a
// trainer that loads it goes on bit for bit: parameters, states, the averaged
// generator, the optimizers' averages, and the counters. The file appears whole
// or not at all. more are further entries of its metadata, such as the config.
//
// It refuses, with ErrNonFinite, to write parameters that are not finite.
func (t *Trainer) Save(name string, more map[string]string) error {
	for _, p := range t.params.All() {
		for _, v := range p.Value.Float32s() {
			if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
				return fmt.Errorf("gan: save %s: parameter %s has %v after step %d: resume from an older checkpoint: %w", name, p.Name, v, t.step, ErrNonFinite)
			}
		}
	}
	if err := t.calibrate(); err != nil {
		return fmt.Errorf("gan: save %s: %w", name, err)
	}
	metadata := map[string]string{
		formatKey: formatVersion, stepKey: strconv.Itoa(t.step), seedKey: strconv.FormatUint(t.seed, 10),
		architectureKey: architecture(t.params),
	}
	for _, n := range t.networks() {
		metadata[updatesKey+n.name] = strconv.Itoa(n.optimizer.Steps())
	}
	for _, m := range t.penalties {
		metadata[newestKey+m.Name] = strconv.FormatFloat(m.Value, 'g', -1, 64)
	}
	if err := addMetadata(metadata, more); err != nil {
		return fmt.Errorf("gan: save %s: %w", name, err)
	}
	if err := writeTensors(name, t.arrays(), metadata); err != nil {
		return fmt.Errorf("gan: save checkpoint: %w", err)
	}
	return nil
}

// Load restores what Save wrote. Nothing is changed when it reports an error:
// ErrFormat for a file that is no whole checkpoint, ErrArchitecture for one of
// other networks, naming the first tensor that differs.
func (t *Trainer) Load(name string) error {
	c, err := readTensors(name)
	if err != nil {
		return fmt.Errorf("gan: load checkpoint %s: %w", name, err)
	}
	if err := t.restore(c); err != nil {
		return fmt.Errorf("gan: load checkpoint %s: %w", name, err)
	}
	return nil
}

func (t *Trainer) restore(c *contents) error {
	if err := checkFormat(c); err != nil {
		return err
	}
	seed, err := strconv.ParseUint(c.metadata[seedKey], 10, 64)
	if err != nil {
		return fmt.Errorf("%w: its seed: %w", ErrFormat, err)
	}
	if seed != t.seed {
		return fmt.Errorf("it was made with seed %d, and this run has seed %d: set the seed to %d, or start anew in another folder", seed, t.seed, seed)
	}
	counters := map[string]int{}
	for _, key := range append([]string{stepKey}, t.counterKeys()...) {
		if counters[key], err = strconv.Atoi(c.metadata[key]); err != nil || counters[key] < 0 {
			return fmt.Errorf("%w: its counter %q is %q", ErrFormat, key, c.metadata[key])
		}
	}
	var penalties Metrics
	for _, p := range t.Phases() {
		text, ok := c.metadata[newestKey+p.Name]
		if !ok {
			continue
		}
		value, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return fmt.Errorf("%w: its %q: %w", ErrFormat, newestKey+p.Name, err)
		}
		penalties = append(penalties, Metric{p.Name, value})
	}
	if err := assign(c, t.arrays()); err != nil {
		return err
	}
	t.step, t.penalties = counters[stepKey], penalties
	if t.average != nil {
		t.average.calibrated = true // as it was saved
	}
	for _, n := range t.networks() {
		n.optimizer.SetSteps(counters[updatesKey+n.name])
	}
	return nil
}

func (t *Trainer) networks() []*network { return []*network{t.gen, t.dis} }

func (t *Trainer) counterKeys() []string {
	var keys []string
	for _, n := range t.networks() {
		keys = append(keys, updatesKey+n.name)
	}
	return keys
}

// arrays are the trainer's own memory under the names in a checkpoint.
func (t *Trainer) arrays() []array {
	list := arraysOf("", t.params)
	for _, n := range t.networks() {
		for _, p := range n.params {
			for _, slot := range n.optimizer.Slots(p) {
				list = append(list, array{name: optimizerPrefix + n.name + "/" + p.Name + "/" + slot.Name,
					shape: slot.Value.Shape(), values: slot.Value.Float32s()})
			}
		}
	}
	for _, p := range t.monitor.All() {
		list = append(list, array{name: monitorPrefix + p.Name, shape: p.Value.Shape(), values: p.Value.Float32s()})
	}
	if t.average != nil {
		list = append(list, arraysOf(averagePrefix, t.average.params)...)
	}
	return list
}

// arraysOf lists parameters and states in the order of their creation.
func arraysOf(prefix string, params *nn.Params) []array {
	var list []array
	for _, p := range params.All() {
		kind := statePrefix
		if p.Trainable {
			kind = paramPrefix
		}
		list = append(list, array{name: prefix + kind + p.Name, shape: p.Value.Shape(), values: p.Value.Float32s()})
	}
	return list
}

// assign copies a file's arrays over those of the same names, when all are there
// with the same shapes and nothing is left over.
func assign(c *contents, to []array) error {
	const remedy = "use the config that it was made with, or start anew in another folder"
	known := make(map[string]bool, len(to))
	for _, a := range to {
		known[a.name] = true
		from, ok := c.arrays[a.name]
		switch {
		case !ok:
			return fmt.Errorf("%w: it has no %s (%s here): %s", ErrArchitecture, a.name, dimensions(a.shape), remedy)
		case !slices.Equal(from.shape, a.shape):
			return fmt.Errorf("%w: %s is %s there and %s here: %s", ErrArchitecture, a.name, dimensions(from.shape), dimensions(a.shape), remedy)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.arrays)) {
		if !known[name] {
			return fmt.Errorf("%w: its %s (%s) has no place here: %s", ErrArchitecture, name, dimensions(c.arrays[name].shape), remedy)
		}
	}
	for _, a := range to {
		copy(a.values, c.arrays[a.name].values)
	}
	return nil
}

func checkFormat(c *contents) error {
	switch format := c.metadata[formatKey]; format {
	case formatVersion:
		return nil
	case generatorVersion:
		return fmt.Errorf("%w: it holds only a generator, to sample from", ErrFormat)
	default:
		return fmt.Errorf("%w: its format is %q, want %q", ErrFormat, format, formatVersion)
	}
}

// architecture is a hash over the names, kinds and shapes of parameters.
func architecture(params *nn.Params) string {
	var text strings.Builder
	for _, a := range arraysOf("", params) {
		fmt.Fprintf(&text, "%s %s\n", a.name, dimensions(a.shape))
	}
	return fmt.Sprintf("%x", sha256.Sum256([]byte(text.String())))
}

// addMetadata adds the caller's entries, none of which may be one of ours.
func addMetadata(metadata, more map[string]string) error {
	for key, value := range more {
		if _, ok := metadata[key]; ok {
			return fmt.Errorf("metadata key %q is the checkpoint's own", key)
		}
		metadata[key] = value
	}
	return nil
}
