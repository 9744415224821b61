package eval

import (
	"errors"
	"math"
	"testing"
)

func TestGenerativeAdversarialMetric(t *testing.T) {
	half, quarter, all := []float64{1, -1, 2, -2}, []float64{1, 1, 1, -1}, []float64{-1, -2}
	tests := []struct {
		name          string
		l             GAMLogits
		samples, test float64
		winner        Winner
		reason        string
	}{
		{"the first", GAMLogits{Test1: half, Test2: half, Cross1: []float64{-1, -1, -1, 1}, Cross2: half}, 2, 1, FirstWins,
			"generator 1 fools one in two, generator 2 one in four"},
		{"the second", GAMLogits{Test1: half, Test2: half, Cross1: half, Cross2: []float64{-1, -1, -1, 1}}, 0.5, 1, SecondWins, ""},
		{"equal", GAMLogits{Test1: half, Test2: half, Cross1: half, Cross2: half}, 1, 1, Tie, ""},
		{"a better classifier", GAMLogits{Test1: half, Test2: quarter, Cross1: quarter, Cross2: half}, 2. / 3, 0.5, Tie, "the discriminators are no equals"},
		{"nobody fooled by 1", GAMLogits{Test1: half, Test2: half, Cross1: half, Cross2: all}, 0, 1, SecondWins, "0 above the line is a number"},
		{"on the threshold", GAMLogits{Test1: []float64{0, 1}, Test2: []float64{0, 1}, Cross1: []float64{0, 1}, Cross2: []float64{0, 1}}, 1, 1, Tie,
			"0 is not above 0: called generated on both sides"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := GenerativeAdversarialMetric(test.l, 0.2)
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(got.Samples-test.samples) > 1e-12 || math.Abs(got.Test-test.test) > 1e-12 || got.Winner != test.winner {
				t.Errorf("%+v (%v), want %v, %v, %v: %s", got, got.Winner, test.samples, test.test, test.winner, test.reason)
			}
			l := test.l
			other, err := GenerativeAdversarialMetric(GAMLogits{Test1: l.Test2, Test2: l.Test1, Cross1: l.Cross2, Cross2: l.Cross1}, 0.2)
			if test.samples == 0 {
				if !errors.Is(err, ErrValue) {
					t.Errorf("a ratio to no errors: %v", err)
				}
			} else if err != nil || math.Abs(other.Samples*got.Samples-1) > 1e-12 || (other.Winner == FirstWins) != (got.Winner == SecondWins) {
				t.Errorf("with the models swapped %+v, %v, was %+v", other, err, got)
			}
		})
	}
	for name, test := range map[string]struct {
		l    GAMLogits
		want error
	}{
		"other clips":  {GAMLogits{Test1: half, Test2: all, Cross1: half, Cross2: half}, ErrShape},
		"no samples":   {GAMLogits{Test1: half, Test2: half, Cross1: half}, ErrShape},
		"not a number": {GAMLogits{Test1: half, Test2: half, Cross1: half, Cross2: []float64{math.NaN()}}, ErrValue},
		"no threshold": {GAMLogits{Test1: half, Test2: half, Cross1: half, Cross2: half, Threshold: math.NaN()}, ErrValue},
	} {
		if _, err := GenerativeAdversarialMetric(test.l, 0.2); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
}
