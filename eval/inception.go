package eval

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"
)

// Score is a number with its spread.
type Score struct {
	Mean   float64
	Std    float64   // population standard deviation of Values (divisor n), as the published programs take it
	Values []float64 // one a split, repeat or subset
}

func newScore(values []float64) Score {
	mean, std := stat.PopMeanStdDev(values, nil)
	return Score{Mean: mean, Std: std, Values: values}
}

// InceptionOptions set how an inception score is summed up. The zero value is one split and no ε.
type InceptionOptions struct {
	// Splits is the number of parts that are scored apart; 0: 1. Row i·N/Splits begins part i, in the order given: shuffle
	// rows that are sorted by class. A part must be many times larger than the number of classes, or it scores too low.
	Splits int
	// Epsilon is added within each logarithm. 0 is exact, with 0·log 0 = 0; published programs differ (see Presets).
	Epsilon float64
}

// InceptionScore measures class probabilities p, N×K with rows that sum to one: how sure the classifier is of each clip,
// and how evenly the clips spread over its classes,
//
//	exp(1/N · Σᵢ Σₖ pᵢₖ·(log(pᵢₖ + ε) - log(p̄ₖ + ε)), p̄ the mean row
//
// from 1, where all rows are equal, to K, where each class is certain equally often. The score is one value a split.
// ErrShape: fewer rows than splits. ErrValue: rows that are no probabilities.
//
// Source: Salimans et al., "Improved techniques for training GANs", NIPS 2016, Sec. 4; for video Saito, Matsumoto,
// Saito, ICCV 2017, Sec. 6.
func InceptionScore(p Features, o InceptionOptions) (Score, error) {
	if o.Splits == 0 {
		o.Splits = 1
	}
	if err := o.check(p); err != nil {
		return Score{}, fmt.Errorf("eval: inception score of probabilities %v: %w", p, err)
	}
	values := make([]float64, o.Splits)
	for i := range values {
		values[i] = inceptionScore(p.Slice(i*p.Rows/o.Splits, (i+1)*p.Rows/o.Splits), o.Epsilon)
	}
	return newScore(values), nil
}

// InceptionScoreOfRepeats scores each repeat of a measurement, drawn with another seed, and returns one value a repeat:
// the mean over its splits. Saito et al. 2017 print mean ± standard deviation over 4 of them.
func InceptionScoreOfRepeats(repeats []Features, o InceptionOptions) (Score, error) {
	if len(repeats) == 0 {
		return Score{}, fmt.Errorf("eval: inception score: %w: no repeats", ErrShape)
	}
	values := make([]float64, len(repeats))
	for i, p := range repeats {
		score, err := InceptionScore(p, o)
		if err != nil {
			return Score{}, fmt.Errorf("repeat %d: %w", i, err)
		}
		values[i] = score.Mean
	}
	return newScore(values), nil
}

func (o InceptionOptions) check(p Features) error {
	if o.Splits < 1 || o.Epsilon < 0 || !(o.Epsilon < 1) {
		return fmt.Errorf("%w: %d splits and ε %v: want at least 1, and 0 ≤ ε < 1", ErrValue, o.Splits, o.Epsilon)
	}
	if err := p.check(o.Splits); err != nil {
		return err
	}
	return checkProbabilities(p)
}

// checkProbabilities reports ErrValue unless all rows are distributions. Softmax in float32 misses a sum of one by less
// than a thousandth; logits, which are the likely mistake, miss it by far.
func checkProbabilities(p Features) error {
	const tolerance = 1e-3
	for i := range p.Rows {
		sum := 0.0
		for k, v := range p.Row(i) {
			if v < 0 {
				return fmt.Errorf("%w: row %d, class %d is %v: these are no probabilities (a softmax missing?)", ErrValue, i, k, v)
			}
			sum += float64(v)
		}
		if math.Abs(sum-1) > tolerance {
			return fmt.Errorf("%w: row %d sums to %v, not 1: these are no probabilities (a softmax missing?)", ErrValue, i, sum)
		}
	}
	return nil
}

// inceptionScore is the score of one split.
func inceptionScore(p Features, epsilon float64) float64 {
	marginal := meanRow(p)
	for k, v := range marginal {
		marginal[k] = math.Log(v + epsilon)
	}
	sum := 0.0
	for i := range p.Rows {
		for k, v := range p.Row(i) {
			if v > 0 { // 0·log 0 = 0; where p̄ is 0, so are all rows
				sum += float64(v) * (math.Log(float64(v)+epsilon) - marginal[k])
			}
		}
	}
	return math.Exp(sum / float64(p.Rows))
}

// meanRow is the mean of the rows.
func meanRow(f Features) []float64 {
	mean := make([]float64, f.Dims)
	for i := range f.Rows {
		for k, v := range f.Row(i) {
			mean[k] += float64(v)
		}
	}
	for k := range mean {
		mean[k] /= float64(f.Rows)
	}
	return mean
}
