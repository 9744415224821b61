package score

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"videogan/eval"
)

// compute is one measure of what was gathered.
func (m *measurement) compute(measure Measure) ([]eval.Result, error) {
	switch measure {
	case Inception:
		return m.inception()
	case Frechet:
		return m.frechet()
	case Kernel:
		return m.kernel()
	case Precision:
		return m.precision()
	case Modes:
		return m.modes()
	case Duplicates:
		return m.duplicates()
	case Nearest:
		return m.nearest()
	}
	return nil, fmt.Errorf("%w: it is no measure of a classifier's outputs", eval.ErrValue)
}

// scoreOf is the mean of values and their spread.
func scoreOf(values []float64) eval.Score {
	mean, std := stat.PopMeanStdDev(values, nil)
	return eval.Score{Mean: mean, Std: std, Values: values}
}

// each measures the features of every repeat.
func (m *measurement) each(measure func(f eval.Features) (float64, error)) (eval.Score, error) {
	var values []float64
	for i, repeat := range m.repeats {
		m.measuring(i)
		v, err := measure(repeat.features)
		if err != nil {
			return eval.Score{}, err
		}
		values = append(values, v)
	}
	return scoreOf(values), nil
}

func (m *measurement) inception() ([]eval.Result, error) {
	var score eval.Score
	var err error
	if len(m.repeats) == 1 {
		score, err = eval.InceptionScore(m.repeats[0].probabilities, m.p.Inception())
	} else {
		var repeats []eval.Features
		for _, repeat := range m.repeats {
			repeats = append(repeats, repeat.probabilities)
		}
		score, err = eval.InceptionScoreOfRepeats(repeats, m.p.Inception())
	}
	if err != nil {
		return nil, err
	}
	return []eval.Result{m.result(score, eval.MeasureInceptionScore, probabilities, func(p *eval.Protocol) {
		p.Splits, p.Epsilon = m.p.Splits, m.p.Epsilon
	})}, nil
}

func (m *measurement) frechet() ([]eval.Result, error) {
	real := eval.NewMoments(m.real.features.Dims)
	if err := real.Add(m.real.features); err != nil {
		return nil, err
	}
	score, err := m.each(func(f eval.Features) (float64, error) {
		if err := m.ctx.Err(); err != nil {
			return 0, err
		}
		generated := eval.NewMoments(f.Dims)
		if err := generated.Add(f); err != nil {
			return 0, err
		}
		return eval.FrechetDistance(generated, real)
	})
	if err != nil {
		return nil, err
	}
	return []eval.Result{m.result(score, eval.MeasureFrechetDistance, m.Judge.features(), nil)}, nil
}

func (m *measurement) kernel() ([]eval.Result, error) {
	o := eval.KernelOptions{Subsets: m.p.Subsets, SubsetSize: m.p.SubsetSize, Seed: m.p.Seed}
	if o.Subsets == 0 {
		o.Subsets = defaultSubsets
	}
	if o.SubsetSize == 0 {
		o.SubsetSize = defaultSubsetSize
	}
	o.SubsetSize = min(o.SubsetSize, m.p.Samples, m.p.Reference.Samples)
	var values []float64 // of all repeats
	for _, repeat := range m.repeats {
		score, err := eval.KernelDistance(repeat.features, m.real.features, o)
		if err != nil {
			return nil, err
		}
		values = append(values, score.Values...)
	}
	return []eval.Result{m.result(scoreOf(values), eval.MeasureKernelDistance, m.Judge.features(), func(p *eval.Protocol) {
		p.Subsets, p.SubsetSize = o.Subsets, o.SubsetSize
	})}, nil
}

func (m *measurement) precision() ([]eval.Result, error) {
	k := m.p.Neighbours
	if k == 0 {
		k = defaultNeighbours
	}
	values := map[string][]float64{}
	for _, repeat := range m.repeats {
		f, err := eval.PrecisionRecall(repeat.features, m.real.features, k)
		if err != nil {
			return nil, err
		}
		for name, v := range map[string]float64{eval.MeasurePrecision: f.Precision, eval.MeasureRecall: f.Recall, eval.MeasureDensity: f.Density, eval.MeasureCoverage: f.Coverage} {
			values[name] = append(values[name], v)
		}
	}
	var results []eval.Result
	for _, name := range []string{eval.MeasurePrecision, eval.MeasureRecall, eval.MeasureDensity, eval.MeasureCoverage} {
		results = append(results, m.result(scoreOf(values[name]), name, m.Judge.features(), func(p *eval.Protocol) { p.Neighbours = k }))
	}
	return results, nil
}

// modes counts classes, repeat by repeat; the histogram is of all.
func (m *measurement) modes() ([]eval.Result, error) {
	classes := m.Judge.Protocol().Classes
	var covered, divergence []float64
	histogram := make([]int, classes)
	for _, repeat := range m.repeats {
		found, err := eval.CountModes(eval.Labels(repeat.probabilities), classes)
		if err != nil {
			return nil, err
		}
		covered, divergence = append(covered, float64(found.Covered)), append(divergence, found.KL)
		for i, n := range found.Histogram {
			histogram[i] += n
		}
	}
	count := m.result(scoreOf(covered), eval.MeasureModes, probabilities, nil)
	count.Histogram = histogram
	if err := m.drawModes(count); err != nil {
		return nil, err
	}
	return []eval.Result{count, m.result(scoreOf(divergence), eval.MeasureModesKL, probabilities, nil)}, nil
}

// duplicates is the birthday test over all repeats.
func (m *measurement) duplicates() ([]eval.Result, error) {
	size, threshold := m.p.SubsetSize, m.p.Threshold
	if size == 0 {
		size = defaultGroup
	}
	if threshold == 0 {
		var err error
		if threshold, err = closeness(m.real.features); err != nil {
			return nil, err
		}
	}
	all := m.repeats[0].features
	for _, repeat := range m.repeats[1:] {
		all = appendRows(eval.Features{Rows: all.Rows, Dims: all.Dims, Data: slices.Clip(all.Data)}, repeat.features)
	}
	test, err := eval.BirthdayTest(all, size, threshold)
	if err != nil {
		return nil, err
	}
	share := float64(test.Hits) / float64(test.Batches)
	result := m.result(eval.Score{Mean: share}, eval.MeasureDuplicates, m.Judge.features(), func(p *eval.Protocol) {
		p.Subsets, p.SubsetSize, p.Threshold = test.Batches, size, threshold
	})
	switch {
	case test.Hits == 0:
		result.Warnings = append(result.Warnings, fmt.Sprintf("no near duplicates in %d groups of %d: there are many more different clips than %d; larger groups tell more", test.Batches, size, size*size/2*test.Batches))
	case test.Support == 0:
		result.Warnings = append(result.Warnings, fmt.Sprintf("near duplicates in every group of %d: there are far fewer different clips than %d; smaller groups tell more", size, size*size/2))
	default:
		result.Warnings = append(result.Warnings, fmt.Sprintf("about %s different clips; judge the closest pairs by eye before citing that", eval.TwoDigits(test.Support)))
	}
	return []eval.Result{result}, m.drawDuplicates(result, test)
}

// closeness is how near clips must be to count as duplicates where nothing else is said: the first percentile of the
// distances of real clips to their nearest others. Real clips of one set are seldom the same.
func closeness(real eval.Features) (float64, error) {
	nearest, err := eval.NearestNeighbours(real, real, 2) // the first is the clip itself
	if err != nil {
		return 0, err
	}
	var distances []float64
	for _, n := range nearest {
		distances = append(distances, n[1].Distance)
	}
	slices.Sort(distances)
	if at := distances[len(distances)/100]; at > 0 {
		return at, nil
	}
	i := slices.IndexFunc(distances, func(d float64) bool { return d > 0 })
	if i < 0 {
		return 0, fmt.Errorf("%w: all real clips have the same features: set a threshold", eval.ErrValue)
	}
	return math.Nextafter(distances[i], 0), nil
}

// nearest is the mean distance of clips to the nearest real one.
func (m *measurement) nearest() ([]eval.Result, error) {
	var first [][]eval.Neighbour
	score, err := m.each(func(f eval.Features) (float64, error) {
		found, err := eval.NearestNeighbours(f, m.real.features, min(shownNeighbours, m.real.features.Rows))
		if err != nil {
			return 0, err
		}
		if first == nil {
			first = found
		}
		sum := 0.0
		for _, n := range found {
			sum += n[0].Distance
		}
		return sum / float64(len(found)), nil
	})
	if err != nil {
		return nil, err
	}
	result := m.result(score, eval.MeasureNearest, m.Judge.features(), nil)
	return []eval.Result{result}, m.drawNearest(result, first)
}
