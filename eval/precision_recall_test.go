package eval

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestPrecisionRecall(t *testing.T) {
	line := Features{4, 1, []float32{0, 1, 2, 3}} // balls of radius 1 for k 1
	tests := []struct {
		name            string
		generated, real Features
		k               int
		want            Manifold
		reason          string
	}{
		{"the same", line, line, 1, Manifold{1, 1, 2.5, 1}, "the edge is inside: ends are in 2 balls, the middle in 3"},
		{"far away", Features{4, 1, []float32{90, 91, 92, 93}}, line, 1, Manifold{}, "nothing in common"},
		{"one mode of two", Features{3, 1, []float32{0, 0.5, 1}}, Features{6, 1, []float32{0, 0.5, 1, 50, 50.5, 51}}, 1,
			Manifold{1, 0.5, 7. / 3, 0.5}, "realistic, half of the kinds"},
		{"copies of one", Features{3, 1, []float32{2, 2, 2}}, line, 2, Manifold{1, 0.25, 2, 1},
			"balls of radius 0 recall one clip; coverage looks from the real side: radii 2, 1, 1 and 2 all reach 2"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := PrecisionRecall(test.generated, test.real, test.k)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.reason, diff)
			}
		})
	}
}

// Which of the two is which: torch-fidelity once had them swapped, and tests it on these sets since.
func TestPrecisionRecallConvention(t *testing.T) {
	generated, real := normalRows(1, 200, 16, 0.1), normalRows(2, 200, 16, 3)
	got, err := PrecisionRecall(generated, real, 3)
	if err != nil {
		t.Fatal(err)
	}
	if got.Precision <= 0.8 || got.Recall >= 0.3 {
		t.Errorf("narrow among wide: %+v, want precision above 0.8 and recall below 0.3", got)
	}
	other, err := PrecisionRecall(real, generated, 3)
	if err != nil {
		t.Fatal(err)
	}
	if other.Precision != got.Recall || other.Recall != got.Precision {
		t.Errorf("the other way %+v, was %+v", other, got)
	}
}

func TestPrecisionRecallProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dims, k := rapid.IntRange(1, 5).Draw(t, "dims"), rapid.IntRange(1, 3).Draw(t, "k")
		generated, real := drawFeatures(t, dims, k+1), drawFeatures(t, dims, k+1)
		got, err := PrecisionRecall(generated, real, k)
		if err != nil {
			t.Fatal(err)
		}
		if want := slowManifold(generated, real, k); got != want {
			t.Errorf("%+v, by the definition %+v", got, want)
		}
		if block := rapid.IntRange(1, 40).Draw(t, "block"); manifold(generated, real, k, block) != got {
			t.Errorf("in blocks of %d: %+v, was %+v", block, manifold(generated, real, k, block), got)
		}
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		shuffled, err := PrecisionRecall(generated.Select(rng.Perm(generated.Rows)), real.Select(rng.Perm(real.Rows)), k)
		if err != nil || shuffled != got {
			t.Errorf("in another order %+v, %v, was %+v", shuffled, err, got)
		}
		self, err := PrecisionRecall(real, real, k)
		if err != nil || self.Precision != 1 || self.Recall != 1 || self.Coverage != 1 || self.Density < 1 {
			t.Errorf("on itself %+v, %v", self, err)
		}
	})
}

// slowManifold makes all matrices and sorts.
func slowManifold(generated, real Features, k int) Manifold {
	radius := func(x Features, i int) float64 {
		var distances []float64
		for j := range x.Rows {
			if j != i {
				distances = append(distances, distance(x.Row(i), x.Row(j)))
			}
		}
		for a := range distances { // selection sort
			for b := a + 1; b < len(distances); b++ {
				if distances[b] < distances[a] {
					distances[a], distances[b] = distances[b], distances[a]
				}
			}
		}
		return distances[k-1]
	}
	within := func(ball Features, i int, point []float32) bool {
		return distance(ball.Row(i), point) <= radius(ball, i)
	}
	var precision, recall, density, coverage int
	for g := range generated.Rows {
		held := 0
		for r := range real.Rows {
			if within(real, r, generated.Row(g)) {
				held++
			}
		}
		density += held
		precision += min(held, 1)
	}
	for r := range real.Rows {
		recalled, covered := 0, 0
		for g := range generated.Rows {
			if within(generated, g, real.Row(r)) {
				recalled = 1
			}
			if within(real, r, generated.Row(g)) {
				covered = 1
			}
		}
		recall += recalled
		coverage += covered
	}
	n, m := float64(generated.Rows), float64(real.Rows)
	return Manifold{float64(precision) / n, float64(recall) / m, float64(density) / (float64(k) * n), float64(coverage) / m}
}

func TestPrecisionRecallErrors(t *testing.T) {
	three := normalRows(1, 3, 2, 1)
	for name, test := range map[string]struct {
		generated, real Features
		k               int
		want            error
	}{
		"as many neighbours as clips": {three, three, 3, ErrShape},
		"too few real clips":          {normalRows(1, 9, 2, 1), three, 4, ErrShape},
		"no neighbours":               {three, three, 0, ErrValue},
		"other dimensions":            {three, normalRows(1, 3, 4, 1), 1, ErrShape},
		"infinite":                    {three, Features{2, 2, []float32{0, float32(math.Inf(-1)), 0, 0}}, 1, ErrValue},
	} {
		if _, err := PrecisionRecall(test.generated, test.real, test.k); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
}
