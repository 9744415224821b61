package experiments

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"codeberg.org/sbinet/npyio"
)

func TestEvaluationIsDue(t *testing.T) {
	tests := []struct {
		reason string
		e      Evaluation
		want   []int // of steps 0 to 12, with 4 clips a step and 10 in an epoch
	}{
		{"off", Evaluation{}, nil},
		{"every 5 steps, and before the first", Evaluation{EverySteps: 5}, []int{0, 5, 10}},
		{"every epoch of 2.5 steps", Evaluation{Every: 1}, []int{0, 3, 5, 8, 10}},
		{"every two epochs", Evaluation{Every: 2}, []int{0, 5, 10}},
		{"more often than a step", Evaluation{Every: 0.1}, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}},
	}
	for _, test := range tests {
		var got []int
		for step := range 13 {
			if test.e.due(step, 4, 10) {
				got = append(got, step)
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: after the steps %v, want %v", test.reason, got, test.want)
		}
	}
}

func TestEvaluationSettings(t *testing.T) {
	tests := []struct {
		reason, want string
		e            Evaluation
	}{
		{"off", "", Evaluation{}},
		{"both intervals", "eval.every_steps = 5", Evaluation{Every: 1, EverySteps: 5, Classifier: "c"}},
		{"no classifier", "eval.classifier", Evaluation{EverySteps: 5}},
		{"a single sample", "eval.samples = 1", Evaluation{EverySteps: 5, Classifier: "c", Samples: 1}},
		{"unknown preset", "eval.preset = best", Evaluation{EverySteps: 5, Classifier: "c", Preset: "best"}},
		{"negative interval", "eval.every = -1", Evaluation{Every: -1}},
	}
	for _, test := range tests {
		err := test.e.validate()
		if test.want == "" && err != nil || test.want != "" && (!errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: %v, want %q", test.reason, err, test.want)
		}
	}
}

// scores are the records of a run that was scored twice.
var scores = []Record{
	{{"step", 0}, {"epoch", 0}, {"eval/inception/ema", 1}, {"eval/inception/ema_std", 0.25}, {"eval/inception/real", 8}, {"eval/inception/real_std", 0.5}},
	{{"step", 10}, {"epoch", 0.5}, {"loss/d", 1}},
	{{"step", 20}, {"epoch", 1}, {"eval/inception/ema", 4}, {"eval/inception/ema_std", 0.5}, {"eval/inception/real", 8}, {"eval/inception/real_std", 0.5}},
}

func TestSpreads(t *testing.T) {
	list := spreads(scores)
	if len(list) != 2 || list[0].name != "ema" || list[0].horizontal || list[1].name != "real" || !list[1].horizontal {
		t.Fatalf("%+v", list)
	}
	if got := list[0]; len(got.points) != 2 || got.points[1].X != 1 || got.points[1].Y != 4 || got.low[1].Y != 3.5 || got.high[0].Y != 1.25 {
		t.Errorf("%+v", got)
	}
	if evaluated(scores, 10) || !evaluated(scores, 20) {
		t.Error("the records of steps 0 and 20 are scores, that of step 10 is none")
	}
}

func TestPublishedCurves(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, values any) string {
		path := filepath.Join(dir, name)
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(npyio.Write(f, values), f.Close()); err != nil {
			t.Fatal(err)
		}
		return path
	}
	single, double := write("single.npy", []float32{1.5, 4}), write("double.npy", []float64{2, 3, 5})
	curves, err := publishedCurves(Evaluation{Curves: []string{single, double}, CurveEpochs: 2})
	if err != nil {
		t.Fatal(err)
	}
	if len(curves) != 2 || curves[0].name != "single" || curves[0].points[1].X != 2 || curves[0].points[1].Y != 4 || curves[1].points[2].X != 4 || curves[1].points[2].Y != 5 {
		t.Errorf("%+v", curves)
	}
	if _, _, err := composeInception(spreads(scores), curves); err != nil {
		t.Error(err)
	}
	whole := write("whole.npy", []int64{1, 2})
	text := filepath.Join(dir, "text.npy")
	if err := os.WriteFile(text, []byte("1.5 4"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{whole, text, filepath.Join(dir, "none.npy")} {
		if _, err := publishedCurves(Evaluation{Curves: []string{path}}); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v, want an error that names it", path, err)
		}
	}
}

// Published curves are told apart from each other, and from a run's own scores by their dots.
func TestPublishedStyle(t *testing.T) {
	for _, own := range []int{0, 3, 20} {
		seen := map[string]bool{}
		for i := range 11 {
			style := publishedStyle(i, own)
			if len(style.Dashes) == 0 {
				t.Errorf("curve %d beside %d lines is not dotted", i, own)
			}
			seen[fmt.Sprint(style)] = true
		}
		if len(seen) != 11 {
			t.Errorf("11 curves beside %d lines have %d styles", own, len(seen))
		}
	}
}
