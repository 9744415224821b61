package experiments

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A measurement goes on where it was stopped, and mixes no two machines.
func TestGrowthGoesOn(t *testing.T) {
	dir := t.TempDir()
	program, calls := filepath.Join(dir, "program"), filepath.Join(dir, "calls")
	script := `#!/bin/sh
echo "$@" >>` + calls + `
echo '{"batch": 4, "step_s": 2, "gflop_per_step": 20, "arena_mib": 5, "rss_mib": 50}'
`
	if err := os.WriteFile(program, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	o := GrowthOptions{Program: program, Steps: 1, Folder: filepath.Join(dir, "growth"), Points: 3, Log: func(string, ...any) {}}
	total := 0
	for _, axis := range growthAxes(1) {
		total += len(axis.Points)
	}
	first, err := MeasureGrowth(context.Background(), o)
	if err != nil || first.Left() < total-3 || first.Axes[0].Points[2].StepSeconds != 2 || first.Axes[0].Points[2].GFLOPS != 10 {
		t.Fatalf("%v; %d points left, the third is %+v, want 2 s at 10 GFLOP/s", err, first.Left(), first.Axes[0].Points[2])
	}
	if _, err := os.Stat(filepath.Join(o.Folder, "growth.svg")); err == nil {
		t.Error("half a page is drawn")
	}
	o.Points = 0
	all, err := MeasureGrowth(context.Background(), o)
	if err != nil || all.Left() != 0 {
		t.Fatalf("%v; %d points left", err, all.Left())
	}
	log, err := os.ReadFile(calls)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Count(string(log), "\n"), first.Left()+3; got != want {
		t.Errorf("%d points measured, want each of %d once", got, want)
	}
	if _, err := os.Stat(filepath.Join(o.Folder, "growth.svg")); err != nil {
		t.Error(err)
	}

	path := filepath.Join(o.Folder, "growth.json")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	other := strings.Replace(string(data), all.CPU, "an abacus", 1)
	for _, row := range []struct{ content, want, reason string }{
		{other, "those of an abacus: move it away", "another machine"},
		{string(data[:len(data)/2]), "move it away to measure anew", "half a file"},
	} {
		if err := os.WriteFile(path, []byte(row.content), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := MeasureGrowth(context.Background(), o); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: got %v, want an error with %q", row.reason, err, row.want)
		}
	}
	o.Points = -1
	if _, err := MeasureGrowth(context.Background(), o); !errors.Is(err, ErrConfig) {
		t.Errorf("-1 points: %v", err)
	}
}
