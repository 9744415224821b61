package eval

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sampleResult is a score of a step by the preset 'small'.
func sampleResult(value float64, step int, change func(*Protocol)) Result {
	preset, err := LookupPreset("small")
	if err != nil {
		panic(err)
	}
	p := preset.Protocol
	p.Classifier.Hash = strings.Repeat("ab", 32)
	p.Subject = Subject{Kind: "ema", Checkpoint: strings.Repeat("cd", 32), Step: step}
	p.Version = "v0.1.0"
	if change != nil {
		change(&p)
	}
	return NewResult(Score{Mean: value, Std: 0.07, Values: []float64{value - 0.07, value + 0.07}}, p, 5)
}

func TestResultsComeBack(t *testing.T) {
	run := t.TempDir()
	if results, err := ReadResults(run); err != nil || results != nil {
		t.Errorf("a run without scores: %v, %v", results, err)
	}
	want := []Result{
		sampleResult(3.25, 10000, func(p *Protocol) { p.Classifier.Mode = ModeDropout }),
		sampleResult(3.5, 10000, nil),
		sampleResult(4.75, 0, func(p *Protocol) { p.Subject = Subject{Kind: "real"}; p.Preset = ""; p.Classifier.Name = "MoViNet A0" }),
	}
	names := []string{"inception-score-small-ema-dropout-step-010000", "inception-score-small-ema-step-010000", "inception-score-MoViNet-A0-real"}
	for i, r := range want {
		if r.Name != names[i] {
			t.Errorf("name %q, want %q", r.Name, names[i])
		}
		if err := WriteResult(run, r); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(run, "scores", ".tmp-1"), nil, 0o644); err != nil { // a write that never ended
		t.Fatal(err)
	}
	got, err := ReadResults(run)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Result{want[2], want[0], want[1]}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if len(got[1].Warnings) != 1 {
		t.Errorf("the warning of dropout is lost: %q", got[1].Warnings)
	}
}

func TestResultErrors(t *testing.T) {
	run := t.TempDir()
	bad := map[string]func(*Result){
		"not a number":   func(r *Result) { r.Value = math.NaN() },
		"infinite":       func(r *Result) { r.Values[0] = math.Inf(1) },
		"a path":         func(r *Result) { r.Name = "../escape" },
		"no name":        func(r *Result) { r.Name = "" },
		"no measure":     func(r *Result) { r.Protocol.Measure = "" },
		"a hidden file":  func(r *Result) { r.Name = ".hidden" },
		"ε is no number": func(r *Result) { r.Protocol.Epsilon = math.NaN() },
	}
	for name, change := range bad {
		r := sampleResult(3, 1, nil)
		change(&r)
		if err := WriteResult(run, r); !errors.Is(err, ErrFormat) {
			t.Errorf("write with %s: %v", name, err)
		}
	}
	if _, err := os.Stat(filepath.Join(run, "scores")); err == nil {
		t.Error("something was written")
	}
	if _, err := ReadResults(filepath.Join(run, "nowhere")); err == nil {
		t.Error("a run that is not there has results")
	}
	good := sampleResult(3, 1, nil)
	if err := WriteResult(run, good); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(run, "scores", good.Name+".json")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{
		"cut off":          string(text[:len(text)/2]),
		"empty":            "",
		"two":              string(text) + "{}",
		"an unknown field": strings.Replace(string(text), `"samples"`, `"sampels"`, 1),
		"another name":     strings.Replace(string(text), good.Name, "other", 1),
	}
	for name, content := range files {
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadResults(run); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), path) {
			t.Errorf("read with %s: %v", name, err)
		}
	}
}

// What is read can be written, and comes back the same.
func FuzzParseResult(f *testing.F) {
	f.Add([]byte(`{"name":"a","value":1.5,"std":0,"protocol":{"measure":"ssim","epsilon":1e-7}}`))
	f.Add([]byte(`{"name":"a","value":1,"values":[1,2],"warnings":["w"],"protocol":{"measure":"ssim","input":{"frames":16},"subject":{"kind":"ema","step":5}}} `))
	f.Add([]byte(`{"name":"a","value":1e999}`))
	f.Add([]byte(`{"name":"a"}{`))
	run := f.TempDir()
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := parseResult(text)
		if err != nil {
			if !errors.Is(err, ErrFormat) {
				t.Errorf("not ErrFormat: %v", err)
			}
			return
		}
		if len(r.Name) > 200 { // longer than file systems take
			return
		}
		if err := WriteResult(run, r); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(run, "scores", r.Name+".json")
		written, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		os.Remove(path)
		again, err := parseResult(written)
		if err != nil {
			t.Fatal(err)
		}
		if again.Protocol.Hash() != r.Protocol.Hash() || again.Value != r.Value {
			t.Errorf("read %+v, then %+v", r, again)
		}
	})
}
