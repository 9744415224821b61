package eval

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

func TestInceptionScoreGolden(t *testing.T) {
	g := readGolden(t)
	near := cmpopts.EquateApprox(1e-12, 0)
	p := g.features(t, "is.p")
	split, err := InceptionScore(p, InceptionOptions{Splits: 10})
	if err != nil {
		t.Fatal(err)
	}
	want := Score{Mean: g.value(t, "is.mean"), Std: g.value(t, "is.std"), Values: g.values(t, "is.split_scores")}
	if diff := cmp.Diff(want, split, near); diff != "" {
		t.Errorf("10 splits (-want +got):\n%s", diff)
	}
	uneven, err := InceptionScore(p.Slice(0, 57), InceptionOptions{Splits: 10})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(g.values(t, "is.split_scores_uneven"), uneven.Values, near); diff != "" {
		t.Errorf("10 splits of 57 rows (-want +got):\n%s", diff)
	}
	for name, want := range map[string]string{"is.p": "is.one_split", "is.p_zero": "is.zero_score"} {
		one, err := InceptionScore(g.features(t, name), InceptionOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(Score{Mean: g.value(t, want), Values: g.values(t, want)}, one, near); diff != "" {
			t.Errorf("%s in one split (-want +got):\n%s", name, diff)
		}
	}
}

func TestInceptionScoreAnalytic(t *testing.T) {
	const classes = 101
	tests := []struct {
		name    string
		p       Features
		epsilon float64
		want    float64
		reason  string
	}{
		{"uniform rows", uniformRows(500, classes), 0, 1, "nothing is told apart"},
		{"uniform rows, ε 1e-7", uniformRows(500, classes), 1e-7, 1, "ε is the same in both logarithms"},
		{"balanced one-hot", oneHot(classes*5, classes), 0, classes, "the most that K classes allow"},
		{"balanced one-hot, ε 1e-20", oneHot(classes*5, classes), 1e-20, classes, "tgan2020"},
		{"balanced one-hot, ε 1e-7", oneHot(classes*5, classes), 1e-7, classes * (1 + 1e-7) / (1 + classes*1e-7), "log(1+ε) - log(1/K+ε)"},
		{"one class", oneHot(50, 1), 0, 1, "certain, but always of the same"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := InceptionScore(test.p, InceptionOptions{Epsilon: test.epsilon})
			if err != nil {
				t.Fatal(err)
			}
			// Rows of 1/101 in float32 miss a sum of one by 1e-7.
			if math.Abs(got.Mean/test.want-1) > 1e-6 || got.Std != 0 {
				t.Errorf("%v ± %v, want %v ± 0: %s", got.Mean, got.Std, test.want, test.reason)
			}
		})
	}
}

func TestInceptionScoreProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawProbabilities(t)
		score, err := InceptionScore(p, InceptionOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if score.Mean < 1-1e-6 || score.Mean > float64(p.Dims)*(1+1e-6) {
			t.Errorf("%v is outside [1, %d]", score.Mean, p.Dims)
		}
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		shuffled, err := InceptionScore(p.Select(rng.Perm(p.Rows)), InceptionOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(shuffled.Mean/score.Mean-1) > 1e-12 {
			t.Errorf("%v in another order, %v before", shuffled.Mean, score.Mean)
		}
		repeats, err := InceptionScoreOfRepeats([]Features{p, p, p}, InceptionOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if len(repeats.Values) != 3 || repeats.Values[2] != score.Mean || repeats.Std > 1e-12*score.Mean {
			t.Errorf("three equal repeats give %+v, want %v each", repeats, score.Mean)
		}
	})
}

func TestInceptionScoreErrors(t *testing.T) {
	tests := []struct {
		name   string
		p      Features
		o      InceptionOptions
		want   error
		reason string
	}{
		{"logits", Features{2, 2, []float32{3, -1, 2, 0}}, InceptionOptions{}, ErrValue, "negative"},
		{"counts", Features{2, 2, []float32{3, 1, 2, 2}}, InceptionOptions{}, ErrValue, "rows sum to 4"},
		{"not a number", Features{1, 2, []float32{float32(math.NaN()), 1}}, InceptionOptions{}, ErrValue, "NaN passes every comparison"},
		{"more splits than rows", oneHot(3, 3), InceptionOptions{Splits: 4}, ErrShape, "an empty split"},
		{"no rows", Features{Dims: 3}, InceptionOptions{}, ErrShape, "no mean"},
		{"missing numbers", Features{2, 2, []float32{1, 0}}, InceptionOptions{}, ErrShape, "a row is not there"},
		{"negative splits", oneHot(3, 3), InceptionOptions{Splits: -1}, ErrValue, ""},
		{"negative ε", oneHot(3, 3), InceptionOptions{Epsilon: -1e-7}, ErrValue, ""},
		{"ε is no number", oneHot(3, 3), InceptionOptions{Epsilon: math.NaN()}, ErrValue, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, err := InceptionScore(test.p, test.o); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v: %s", err, test.want, test.reason)
			}
		})
	}
	if _, err := InceptionScoreOfRepeats(nil, InceptionOptions{}); !errors.Is(err, ErrShape) {
		t.Errorf("no repeats: %v", err)
	}
}

func ExampleInceptionScore() {
	sure := Features{Rows: 4, Dims: 2, Data: []float32{1, 0, 0, 1, 1, 0, 0, 1}}
	score, err := InceptionScore(sure, InceptionOptions{Splits: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("inception score %.2f ± %.2f of 2 classes\n", score.Mean, score.Std)
	// Output: inception score 2.00 ± 0.00 of 2 classes
}

func uniformRows(rows, classes int) Features {
	f := Features{Rows: rows, Dims: classes, Data: make([]float32, rows*classes)}
	for i := range f.Data {
		f.Data[i] = 1 / float32(classes)
	}
	return f
}

// oneHot has row i certain of class i mod classes.
func oneHot(rows, classes int) Features {
	f := Features{Rows: rows, Dims: classes, Data: make([]float32, rows*classes)}
	for i := range rows {
		f.Data[i*classes+i%classes] = 1
	}
	return f
}

func drawProbabilities(t *rapid.T) Features {
	rows, classes := rapid.IntRange(1, 20).Draw(t, "rows"), rapid.IntRange(1, 8).Draw(t, "classes")
	f := Features{Rows: rows, Dims: classes}
	for range rows {
		weights, sum := make([]float32, classes), float32(0)
		for k := range weights {
			weights[k] = float32(rapid.IntRange(0, 100).Draw(t, "weight"))
			sum += weights[k]
		}
		if sum == 0 {
			weights[0], sum = 1, 1
		}
		for _, w := range weights {
			f.Data = append(f.Data, w/sum)
		}
	}
	return f
}

// normalRows are rows of independent normal numbers of the given standard deviation.
func normalRows(seed uint64, rows, dims int, std float64) Features {
	rng := rand.New(rand.NewPCG(seed, 0))
	f := Features{Rows: rows, Dims: dims, Data: make([]float32, rows*dims)}
	for i := range f.Data {
		f.Data[i] = float32(rng.NormFloat64() * std)
	}
	return f
}
