package score

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"videogan/eval"
)

// Measure is what a score computes. Some give more than one result.
type Measure string

// The measures.
const (
	Inception  Measure = "inception"
	Frechet    Measure = "frechet"
	Kernel     Measure = "kernel"
	Precision  Measure = "precision" // and recall, density, coverage
	Modes      Measure = "modes"     // and their KL divergence from uniform
	Duplicates Measure = "duplicates"
	Nearest    Measure = "nearest"
	SSIM       Measure = "ssim" // of a conditional generator: its future by the real one
	PSNR       Measure = "psnr"
)

// Measures lists all measures, in the order of a table.
func Measures() []Measure {
	return []Measure{Inception, Frechet, Kernel, Precision, Modes, Duplicates, Nearest, SSIM, PSNR}
}

// ParseMeasures reads names, and 'all' for those that need no conditional generator. ErrValue: an unknown one.
func ParseMeasures(names []string) ([]Measure, error) {
	var list []Measure
	for _, name := range names {
		m := Measure(name)
		switch {
		case name == "all":
			list = append(list, Inception, Frechet, Kernel, Precision, Modes, Duplicates, Nearest)
			continue
		case !slices.Contains(Measures(), m):
			return nil, fmt.Errorf("score: measure %q: %w: want all, or some of %s", name, eval.ErrValue, measureNames())
		}
		list = append(list, m)
	}
	slices.SortFunc(list, func(a, b Measure) int { return slices.Index(Measures(), a) - slices.Index(Measures(), b) })
	return slices.Compact(list), nil
}

func measureNames() string {
	var names []string
	for _, m := range Measures() {
		names = append(names, string(m))
	}
	return strings.Join(names, ", ")
}

// Compares says whether a measure needs real clips: always, or (Duplicates) unless a threshold is given.
func (m Measure) Compares() bool {
	return slices.Contains([]Measure{Frechet, Kernel, Precision, Duplicates, Nearest}, m)
}

// Judged says whether a measure needs a classifier.
func (m Measure) Judged() bool { return m != SSIM && m != PSNR }

// Options says what is computed.
type Options struct {
	Measures []Measure
	// Protocol gives samples, repeats, splits, ε, neighbours, subsets, their size, threshold, number of real clips, seed,
	// version and preset; what is 0 takes its default, and what follows from judge and clips is filled in. Epsilon and
	// Seed are taken as they are.
	Protocol eval.Protocol
	// Real are the clips to compare with; nil: none, which only some measures allow.
	Real *Clips
	// Folder is where pictures go: histogram of modes, closest pairs, nearest neighbours. Empty: none are drawn.
	Folder string
}

// Defaults of what a preset leaves open.
const (
	defaultSamples    = 2048
	defaultNeighbours = 3    // Kynkäänniemi et al. 2019
	defaultSubsets    = 10   // of the kernel distance
	defaultSubsetSize = 1000 // clips in each, or as many as there are
	defaultGroup      = 64   // clips in a group of the birthday test
)

// Score computes the measures of clips, each with its protocol. Features are judged once for all of them.
func (s *Scorer) Score(ctx context.Context, clips *Clips, o Options) ([]eval.Result, error) {
	p, err := s.protocol(clips, o)
	if err != nil {
		return nil, err
	}
	m := &measurement{Scorer: s, ctx: ctx, clips: clips, o: o, p: p}
	if err := m.gather(); err != nil {
		return nil, err
	}
	var results []eval.Result
	for i, measure := range o.Measures {
		m.before = i * p.Repeats
		m.measuring(0)
		more, err := m.compute(measure)
		if err != nil {
			return nil, fmt.Errorf("score: %s of %d clips: %w", measure, p.Samples, err)
		}
		results = append(results, more...)
		m.measuring(p.Repeats)
	}
	return results, nil
}

// protocol is what all measures of a score have in common.
func (s *Scorer) protocol(clips *Clips, o Options) (eval.Protocol, error) {
	p := o.Protocol
	if err := s.Judge.Check(clips.Shape); err != nil {
		return p, err
	}
	if len(o.Measures) == 0 {
		return p, fmt.Errorf("score: %w: no measure: want some of %s", eval.ErrValue, measureNames())
	}
	if p.Samples == 0 {
		p.Samples = defaultSamples
	}
	p.Repeats, p.Splits = max(p.Repeats, 1), max(p.Splits, 1)
	p.Input, p.Subject = s.Judge.Sees(clips.Shape), clips.Subject
	p.Classifier = s.Judge.Name("")
	for _, m := range o.Measures {
		if m.Compares() && o.Real == nil && !(m == Duplicates && p.Threshold > 0) {
			return p, fmt.Errorf("score: %s: %w: it compares with real clips: name them with --data", m, eval.ErrValue)
		}
	}
	if o.Real != nil {
		if o.Real.Shape.Frames != clips.Shape.Frames || o.Real.Shape.Channels != clips.Shape.Channels || o.Real.Shape.Height != clips.Shape.Height || o.Real.Shape.Width != clips.Shape.Width {
			return p, fmt.Errorf("score: clips of %v and real ones of %v: %w", clips.Shape, o.Real.Shape, eval.ErrShape)
		}
		samples := p.Reference.Samples
		if samples == 0 {
			samples = p.Samples
		}
		p.Reference = eval.Reference{Dataset: o.Real.Dataset, IndexHash: o.Real.Subject.Checkpoint, Split: o.Real.Split, Samples: samples}
	}
	if p.Samples < 2 || p.Repeats < 1 || p.Reference.Samples < 0 {
		return p, fmt.Errorf("score: %w: %d samples, %d repeats: want 2 and 1 or more", eval.ErrValue, p.Samples, p.Repeats)
	}
	return p, nil
}

// measuring is a score that is being computed.
type measurement struct {
	*Scorer
	ctx     context.Context
	clips   *Clips
	o       Options
	p       eval.Protocol
	repeats []outputs // of what is scored
	real    outputs   // of the reference
	before  int       // repeats of the measures that are done
}

// measuring tells how many repeats of a measure are done.
func (m *measurement) measuring(repeats int) {
	if m.Measuring != nil {
		m.Measuring(m.before+repeats, len(m.o.Measures)*m.p.Repeats)
	}
}

// compares says whether a measure is asked for that needs the reference's features.
func (m *measurement) compares() bool {
	return slices.ContainsFunc(m.o.Measures, func(measure Measure) bool {
		return measure.Compares() && !(measure == Duplicates && m.p.Threshold > 0)
	})
}

// gather judges all clips that the measures need.
func (m *measurement) gather() error {
	m.done, m.total = 0, m.p.Repeats*m.p.Samples
	if m.compares() {
		m.total += m.p.Reference.Samples
	}
	for repeat := range m.p.Repeats {
		key := m.p.GeneratedKey(repeat)
		if m.clips.Subject.Kind == "real" { // drawn apart from the reference
			key.Dataset, key.Split = m.clips.Dataset+" (scored)", m.clips.Split
		}
		got, err := m.collect(m.ctx, m.clips, key, m.p.Samples)
		if err != nil {
			return err
		}
		m.repeats = append(m.repeats, got)
	}
	if !m.compares() {
		return nil
	}
	var err error
	m.real, err = m.collect(m.ctx, m.o.Real, m.p.ReferenceKey(), m.p.Reference.Samples)
	return err
}

// result gives a score its protocol: what the measure has no use for is left out.
func (m *measurement) result(score eval.Score, name, layer string, change func(p *eval.Protocol)) eval.Result {
	p := m.p
	p.Measure, p.Classifier.Layer = name, layer
	p.Splits, p.Epsilon, p.Neighbours, p.Subsets, p.SubsetSize, p.Threshold = 0, 0, 0, 0, 0, 0
	if layer == probabilities {
		p.Reference = eval.Reference{}
	} else {
		p.Preset = "" // presets are of the inception score
	}
	if change != nil {
		change(&p)
	}
	r := eval.NewResult(score, p, m.dims(layer))
	r.Name += "-" + nameHash(p)
	if len(score.Values) < 2 {
		r.Values = nil
	}
	return r
}

// nameHash tells results of one measure apart that were taken by other protocols, but not by other programs: an older one's
// is replaced.
func nameHash(p eval.Protocol) string {
	p.Version = ""
	return p.Hash()[:8]
}

func (m *measurement) dims(layer string) int {
	if layer == probabilities {
		return m.Judge.Protocol().Classes
	}
	return m.Judge.Protocol().FeatureDims
}
