package eval

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A generator of exactly N different clips is found to make about N.
func TestBirthdayTestFindsTheSupport(t *testing.T) {
	for _, support := range []int{100, 1000} {
		rng := rand.New(rand.NewPCG(uint64(support), 0))
		kinds := normalRows(3, support, 4, 1)
		size := int(1.2 * math.Sqrt(float64(support))) // half of the batches are hits
		rows := make([]int, 1500*size)
		for i := range rows {
			rows[i] = rng.IntN(support)
		}
		d, err := BirthdayTest(kinds.Select(rows), size, 0)
		if err != nil {
			t.Fatal(err)
		}
		// For 1,500 batches with a share of about one half the estimate has a spread of 4%.
		if d.Batches != 1500 || math.Abs(d.Support/float64(support)-1) > 0.2 {
			t.Errorf("%d kinds: %d of %d batches hit, support %v", support, d.Hits, d.Batches, d.Support)
		}
	}
}

func TestBirthdayTest(t *testing.T) {
	x := Features{7, 1, []float32{0, 5, 5.25, 10, 20, 31, 99}}
	d, err := BirthdayTest(x, 3, 0.5)
	if err != nil {
		t.Fatal(err)
	}
	want := Duplicates{Batches: 2, Hits: 1, Closest: []Pair{{1, 2, 0.25}, {3, 4, 10}}, Support: 3 / math.Log(2)}
	if diff := cmp.Diff(want, d); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if d, err := BirthdayTest(x, 3, 0.125); err != nil || d.Hits != 0 || !math.IsInf(d.Support, 1) {
		t.Errorf("no hit: %+v, %v", d, err)
	}
	if d, err := BirthdayTest(x, 3, 50); err != nil || d.Hits != 2 || d.Support != 0 {
		t.Errorf("all hits: %+v, %v", d, err)
	}
	if d, err := BirthdayTest(Features{4, 1, []float32{7, 7, 7, 7}}, 4, 0); err != nil || d.Closest[0] != (Pair{0, 1, 0}) {
		t.Errorf("of equally close pairs the first: %+v, %v", d, err)
	}
	for name, test := range map[string]struct {
		size      int
		threshold float64
		want      error
	}{
		"batches of one": {1, 1, ErrShape},
		"more than all":  {8, 1, ErrShape},
		"negative":       {3, -1, ErrValue},
		"not a number":   {3, math.NaN(), ErrValue},
	} {
		if _, err := BirthdayTest(x, test.size, test.threshold); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
}
