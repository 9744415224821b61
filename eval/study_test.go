package eval

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// at is an inception score of value at a step.
func at(value float64, step int) Result {
	r := sampleResult(value, step, nil)
	r.Values, r.Std = nil, 0
	return r
}

func TestStudy(t *testing.T) {
	other := at(9, 200)
	other.Protocol.Samples = 512
	again := at(2, 200)
	again.Protocol.Seed = 5
	raw := at(1.5, 200)
	raw.Protocol.Subject.Kind = "raw"
	real := at(8, 0)
	real.Protocol.Subject = Subject{Kind: "real"}
	study, err := NewStudy([]Run{
		{"runs/none-seed1", []Result{at(2, 100), at(4, 200), again, at(9, 300)}}, // 4 and 2: a draw each, 3
		{"runs/none-seed2", []Result{at(3, 100), at(5, 200)}},
		{"runs/svc-seed1", []Result{at(4, 100), at(6, 200), raw, other}},
		{"runs/real", []Result{real}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := study.WriteMarkdown(&text, -1); err != nil {
		t.Fatal(err)
	}
	const want = `| run | inception-score A, step 200 | inception-score B, step 200 |
|---|---|---|
| none | 4 ± 1.4 (2) | - |
| svc | 6 (1) | 9 (1) |
| svc (raw) | 1.5 (1) | - |
| real clips | 8 | - |

- inception-score: A and B cannot be compared: samples 2048 | 512
`
	if diff := cmp.Diff(want, text.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	text.Reset()
	if err := study.WriteMarkdown(&text, 100); err != nil {
		t.Fatal(err)
	}
	for _, row := range []string{"| none | 2.5 ± 0.71 (2) | - |", "| svc | 4 (1) | - |", "| svc (raw) | - | - |"} {
		if !strings.Contains(text.String(), row) {
			t.Errorf("at step 100: no %q in\n%s", row, text.String())
		}
	}
}

func TestStudyOfNothing(t *testing.T) {
	if _, err := NewStudy([]Run{{Name: "a"}}); !errors.Is(err, ErrValue) {
		t.Errorf("error %v, want ErrValue", err)
	}
}

func TestTwoDigits(t *testing.T) {
	for _, row := range []struct {
		value        float64
		want, reason string
	}{
		{0, "0", "no spread"}, {0.0391, "0.039", "small"}, {1.4142, "1.4", "of one place"},
		{164.4, "160", "an exponent reads badly in a table"}, {99.7, "100", "rounded into another decade"},
	} {
		if got := TwoDigits(row.value); got != row.want {
			t.Errorf("%v: %s, want %s: %s", row.value, got, row.want, row.reason)
		}
	}
}

func TestGroupOf(t *testing.T) {
	for _, row := range []struct{ run, want, reason string }{
		{"runs/mnist-tgan-svc-seed2", "mnist-tgan-svc", "the seed is cut"},
		{"runs/a_seed=12", "a", "however it is joined"},
		{"runs/digits", "digits", "no seed"},
		{"runs/a-seed1/", "a", "a path ends in a slash where a shell completes it"},
		{"a-seed1-long", "a-seed1-long", "a seed within the name is no end"},
		{"runs/seed3", "seed3", "nothing else is left to name a group by"},
	} {
		if got := GroupOf(row.run); got != row.want {
			t.Errorf("%s: group %s, want %s: %s", row.run, got, row.want, row.reason)
		}
	}
}

// The mean lies within the values, and a common step is one that all have, the last such.
func TestStudyOfAny(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var runs []Run
		steps := map[string][]int{}
		for _, name := range []string{"a-seed1", "b-seed1"} {
			drawn := rapid.SliceOfNDistinct(rapid.IntRange(0, 5), 1, 6, rapid.ID[int]).Draw(t, name)
			steps[name] = drawn
			run := Run{Name: name}
			for _, step := range drawn {
				run.Results = append(run.Results, at(rapid.Float64Range(-9, 9).Draw(t, "value"), step))
			}
			runs = append(runs, run)
		}
		study, err := NewStudy(runs)
		if err != nil {
			t.Fatal(err)
		}
		common := slices.DeleteFunc(slices.Clone(steps["a-seed1"]), func(step int) bool { return !slices.Contains(steps["b-seed1"], step) })
		step, ok := study.Columns[0].CommonStep()
		if ok != (len(common) > 0) || ok && step != slices.Max(common) {
			t.Fatalf("common step %d, %v of %v", step, ok, steps)
		}
		for i, curve := range study.Columns[0].Curves {
			if len(curve.Points) != len(runs[i].Results) {
				t.Fatalf("%d points of %d results", len(curve.Points), len(runs[i].Results))
			}
			for _, r := range runs[i].Results {
				if p, ok := curve.At(r.Protocol.Subject.Step); !ok || p.Mean != r.Value || p.Std != 0 || math.IsNaN(p.Mean) {
					t.Fatalf("at %d %v, want %v", r.Protocol.Subject.Step, p, r.Value)
				}
			}
		}
	})
}
