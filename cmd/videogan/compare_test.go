package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"videogan/eval"
)

func TestCompare(t *testing.T) {
	dir := t.TempDir()
	preset, err := eval.LookupPreset("small")
	if err != nil {
		t.Fatal(err)
	}
	runs := map[string]int{"many": 2048, "few": 512}
	for name, samples := range runs {
		p := preset.Protocol
		p.Samples, p.Subject = samples, eval.Subject{Kind: "ema", Step: 8000}
		if err := eval.WriteResult(filepath.Join(dir, name), eval.NewResult(eval.Score{Mean: float64(samples) / 1024}, p, 5)); err != nil {
			t.Fatal(err)
		}
	}
	many, few := filepath.Join(dir, "many"), filepath.Join(dir, "few")
	r := succeed(t, "compare", many, few)
	lines := strings.Split(r.out, "\n")
	want := [][]string{
		{"RUN", "STEP", "WEIGHTS", "INCEPTION-SCORE", "A", "INCEPTION-SCORE", "B"},
		{many, "8000", "ema", "2", "-"},
		{few, "8000", "ema", "-", "0.5"},
	}
	for i, fields := range want {
		if got := strings.Fields(lines[i]); strings.Join(got, " ") != strings.Join(fields, " ") {
			t.Errorf("line %d: %q, want %q", i, got, fields)
		}
	}
	if !strings.Contains(r.out, "inception-score: A and B cannot be compared: samples 2048 | 512") {
		t.Errorf("no word on what keeps the two apart:\n%s", r.out)
	}
	var table eval.Table
	if err := json.Unmarshal([]byte(succeed(t, "compare", "--json", many, few).out), &table); err != nil {
		t.Fatal(err)
	}
	if len(table.Rows) != 2 || table.Rows[1].Cells[1].Value != 0.5 || table.Columns[0].Protocol.Samples != 2048 {
		t.Errorf("as JSON: %+v", table)
	}
	if r := succeed(t, "compare", "--help"); !strings.Contains(r.out, "Examples:\n  videogan compare") {
		t.Error("the help has no example")
	}
	checkStatus(t, "no runs", videogan(t, "compare"), exitUsage, "requires at least 1 arg(s)")
	checkStatus(t, "no scores", videogan(t, "compare", t.TempDir()), exitFailure, "score them first")
	checkStatus(t, "no folder", videogan(t, "compare", filepath.Join(dir, "none")), exitFailure, "no such file")
}
