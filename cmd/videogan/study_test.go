package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"videogan/eval"
)

func TestStudy(t *testing.T) {
	dir := t.TempDir()
	for run, value := range map[string]float64{"svc-seed1": 3, "svc-seed2": 5} {
		r := eval.NewResult(eval.Score{Mean: value}, eval.Protocol{
			Measure: eval.MeasureInceptionScore, Classifier: eval.Classifier{Name: "c3d-small"}, Samples: 2048, Subject: eval.Subject{Kind: "ema", Step: 100},
		}, 10)
		if err := eval.WriteResult(filepath.Join(dir, run), r); err != nil {
			t.Fatal(err)
		}
	}
	out := filepath.Join(dir, "out")
	r := succeed(t, "study", filepath.Join(dir, "svc-seed1"), filepath.Join(dir, "svc-seed2"), "--out", out)
	if want := "| svc | 4 ± 1.4 (2) |"; !strings.Contains(r.out, want) {
		t.Errorf("no %q in\n%s", want, r.out)
	}
	if text, err := os.ReadFile(filepath.Join(out, "study.md")); err != nil || string(text) != r.out {
		t.Errorf("study.md (%v) is not what was printed:\n%s", err, text)
	}
	if r := succeed(t, "study", "--help"); !strings.Contains(r.out, "Examples:\n  videogan study") {
		t.Error("the help has no example")
	}
}
