package eval

import (
	"fmt"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// AUC is the chance that a score of positive is above one of negative, where ties count half: the area under the ROC
// curve. 1/2 is guessing, 1 tells all apart, 0 does so the wrong way round. With a discriminator's logits of real and of
// corrupted or generated clips it says how well they are told apart, whatever the threshold. ErrShape: an empty side.
// ErrValue: a score that is not finite.
//
// Source: Mann, Whitney, "On a test of whether one of two random variables is stochastically larger than the other", 1947.
func AUC(positive, negative []float64) (float64, error) {
	if len(positive) == 0 || len(negative) == 0 {
		return 0, fmt.Errorf("eval: AUC: %w: %d positive and %d negative scores", ErrShape, len(positive), len(negative))
	}
	all := slices.Concat(positive, negative)
	if err := checkScores(all); err != nil {
		return 0, fmt.Errorf("eval: AUC: %w", err)
	}
	sum := 0.0
	for _, rank := range ranks(all)[:len(positive)] {
		sum += rank
	}
	n, m := float64(len(positive)), float64(len(negative))
	return (sum - n*(n+1)/2) / (n * m), nil
}

// Spearman is the correlation of the ranks of a and b, from -1 to 1: 1 where one rises with the other, in whatever
// curve. Equal values share their mean rank. ErrShape: other lengths, or fewer than two. ErrValue: a value that is not
// finite, or a side where all are equal, which has no ranks to correlate.
func Spearman(a, b []float64) (float64, error) {
	if len(a) != len(b) || len(a) < 2 {
		return 0, fmt.Errorf("eval: rank correlation: %w: %d and %d values: want as many, at least 2", ErrShape, len(a), len(b))
	}
	for _, side := range [][]float64{a, b} {
		if err := checkScores(side); err != nil {
			return 0, fmt.Errorf("eval: rank correlation: %w", err)
		}
		if slices.Min(side) == slices.Max(side) {
			return 0, fmt.Errorf("eval: rank correlation: %w: all values are %v", ErrValue, side[0])
		}
	}
	return min(max(stat.Correlation(ranks(a), ranks(b), nil), -1), 1), nil
}

func checkScores(scores []float64) error {
	if i := slices.IndexFunc(scores, func(v float64) bool { return !finite(v) }); i >= 0 {
		return fmt.Errorf("%w: value %d is %v", ErrValue, i, scores[i])
	}
	return nil
}

// ranks counts from 1 for the smallest; equal values share their mean rank.
func ranks(values []float64) []float64 {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		switch {
		case values[i] < values[j]:
			return -1
		case values[i] > values[j]:
			return 1
		}
		return 0
	})
	out := make([]float64, len(values))
	for from := 0; from < len(order); {
		to := from + 1
		for to < len(order) && values[order[to]] == values[order[from]] {
			to++
		}
		for _, i := range order[from:to] {
			out[i] = float64(from+1+to) / 2
		}
		from = to
	}
	return out
}
