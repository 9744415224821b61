package eval

import (
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

func TestCountModes(t *testing.T) {
	tests := []struct {
		name    string
		labels  []int
		classes int
		want    Modes
	}{
		{"even", []int{2, 0, 1, 0, 1, 2}, 3, Modes{[]int{2, 2, 2}, 3, 0}},
		{"one mode of ten", []int{4, 4, 4}, 10, Modes{[]int{0, 0, 0, 0, 3, 0, 0, 0, 0, 0}, 1, math.Log(10)}},
		{"half of the modes", []int{0, 1}, 4, Modes{[]int{1, 1, 0, 0}, 2, math.Log(2)}},
		{"three to one", []int{0, 0, 0, 1}, 2, Modes{[]int{3, 1}, 2, 0.75*math.Log(1.5) + 0.25*math.Log(0.5)}},
	}
	for _, test := range tests {
		got, err := CountModes(test.labels, test.classes)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, got, cmpopts.EquateApprox(1e-12, 1e-12)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
	for name, test := range map[string]struct {
		labels  []int
		classes int
		want    error
	}{
		"no labels":  {nil, 3, ErrShape},
		"no classes": {[]int{0}, 0, ErrShape},
		"no class":   {[]int{0, 3}, 3, ErrValue},
		"negative":   {[]int{-1}, 3, ErrValue},
	} {
		if _, err := CountModes(test.labels, test.classes); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
}

func TestCountModesProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		classes := rapid.IntRange(1, 6).Draw(t, "classes")
		labels := rapid.SliceOfN(rapid.IntRange(0, classes-1), 1, 30).Draw(t, "labels")
		m, err := CountModes(labels, classes)
		if err != nil {
			t.Fatal(err)
		}
		// All in a covered class at worst, evenly over the covered ones at best.
		if least, most := math.Log(float64(classes)/float64(m.Covered)), math.Log(float64(classes)); m.KL < least-1e-12 || m.KL > most+1e-12 {
			t.Errorf("KL %v with %d of %d covered is outside [%v, %v]", m.KL, m.Covered, classes, least, most)
		}
	})
}

func TestLabels(t *testing.T) {
	got := Labels(Features{3, 3, []float32{0.2, 0.5, 0.3, 0.4, 0.2, 0.4, 0, 0, 1}})
	if diff := cmp.Diff([]int{1, 0, 2}, got); diff != "" {
		t.Errorf("of equal ones the first (-want +got):\n%s", diff)
	}
}
