package eval

import (
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestAUC(t *testing.T) {
	tests := []struct {
		name               string
		positive, negative []float64
		want               float64
	}{
		{"all apart", []float64{3, 4}, []float64{1, 2}, 1},
		{"the wrong way", []float64{1, 2}, []float64{3, 4}, 0},
		{"all equal", []float64{1, 1, 1}, []float64{1, 1}, 0.5},
		{"one tie", []float64{1, 3}, []float64{1, 2}, 0.625},
		{"three of four", []float64{0.35, 0.8}, []float64{0.1, 0.4}, 0.75},
	}
	for _, test := range tests {
		if got, err := AUC(test.positive, test.negative); err != nil || got != test.want {
			t.Errorf("%s: %v, %v, want %v", test.name, got, err, test.want)
		}
	}
	if _, err := AUC(nil, []float64{1}); !errors.Is(err, ErrShape) {
		t.Errorf("nothing positive: %v", err)
	}
	if _, err := AUC([]float64{math.NaN()}, []float64{1}); !errors.Is(err, ErrValue) {
		t.Errorf("not a number: %v", err)
	}
}

func TestSpearman(t *testing.T) {
	tests := []struct {
		name string
		a, b []float64
		want float64
	}{
		{"a curve that rises", []float64{1, 2, 3, 4}, []float64{1, 8, 27, 64}, 1},
		{"one that falls", []float64{1, 2, 3}, []float64{9, 1, -5}, -1},
		{"intelligence and television", // the example of Wikipedia's article on the coefficient: -29/165
			[]float64{106, 100, 86, 101, 99, 103, 97, 113, 112, 110}, []float64{7, 27, 2, 50, 28, 29, 20, 12, 6, 17}, -29. / 165},
		{"ties", []float64{1, 1, 2}, []float64{1, 2, 3}, math.Sqrt(3) / 2},
	}
	for _, test := range tests {
		if got, err := Spearman(test.a, test.b); err != nil || math.Abs(got-test.want) > 1e-12 {
			t.Errorf("%s: %v, %v, want %v", test.name, got, err, test.want)
		}
	}
	for name, test := range map[string]struct {
		a, b []float64
		want error
	}{
		"other lengths": {[]float64{1, 2}, []float64{1}, ErrShape},
		"one value":     {[]float64{1}, []float64{1}, ErrShape},
		"all equal":     {[]float64{1, 1}, []float64{1, 2}, ErrValue},
		"not a number":  {[]float64{1, math.NaN()}, []float64{1, 2}, ErrValue},
	} {
		if _, err := Spearman(test.a, test.b); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
}

func TestRankingProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(-3, 3), 1, 20)
		a, b := values.Draw(t, "a"), values.Draw(t, "b")
		auc, err := AUC(a, b)
		if err != nil {
			t.Fatal(err)
		}
		above := 0.0
		for _, x := range a {
			for _, y := range b {
				if x > y {
					above++
				} else if x == y {
					above += 0.5
				}
			}
		}
		if want := above / float64(len(a)*len(b)); math.Abs(auc-want) > 1e-12 {
			t.Errorf("AUC %v, by the definition %v", auc, want)
		}
		if other, err := AUC(b, a); err != nil || math.Abs(auc+other-1) > 1e-12 {
			t.Errorf("AUC %v and %v with sides swapped", auc, other)
		}
	})
}
