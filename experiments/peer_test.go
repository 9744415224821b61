package experiments

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fakeSide is a program that prints a result and counts its calls.
func fakeSide(t *testing.T, path, calls, result string) {
	t.Helper()
	script := "#!/bin/sh\n[ \"$1\" = -c ] && exit 0\necho \"$@\" >> " + calls + "\necho '" + result + "'\n"
	if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
}

func TestComparePeer(t *testing.T) {
	dir := t.TempDir()
	calls := filepath.Join(dir, "calls")
	o := PeerOptions{
		Rows: []string{"tgan-small"}, Pairs: 2, Program: filepath.Join(dir, "ours"), Python: filepath.Join(dir, "python"),
		Scripts: dir, Folder: filepath.Join(dir, "out"), Log: t.Logf,
	}
	// Sixteen clips at eight a second: a step of 2 s, whatever the median says.
	fakeSide(t, o.Program, calls, `{"step_s":1.5,"clips_s":8,"batch":16,"rss_mib":100,"generator_parameters":7,"discriminator_parameters":3}`)
	fakeSide(t, o.Python, calls, `{"step_s":4,"rss_mib":400,"generator_parameters":7,"discriminator_parameters":2}`)
	results, err := ComparePeer(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	s := SummarizePeer(results)
	line := s.Rows[0]
	if line.Pairs != 2 || line.Median[Ours] != 2 || line.Ratio[Best] != 0.5 || line.Ratio[Stock] != 0.5 {
		t.Errorf("the line of the step: %+v", line)
	}
	if !strings.Contains(line.Note, "parameters [7 3] here, [7 2] there") {
		t.Errorf("the networks differ, and the note is %q", line.Note)
	}
	if memory := s.Rows[1]; memory.Ratio[Best] != 0.25 {
		t.Errorf("the line of the memory: %+v", memory)
	}
	if table := s.Markdown(); !strings.Contains(table, "0.50 (0.50–0.50) | ≤ 0.5 |") {
		t.Errorf("the table:\n%s", table)
	}
	if err := WritePeer(o.Folder, s); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(calls)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	if len(lines) != 6 || !strings.HasPrefix(lines[0], "bench tgan-small") || !strings.Contains(lines[1], "--onednn") || strings.Contains(lines[2], "--onednn") {
		t.Errorf("rounds of ours, best and stock; the calls were\n%s", data)
	}

	// Killed while it wrote: the cut line is measured again, the others are not.
	pairs := filepath.Join(o.Folder, "pairs.jsonl")
	whole, err := os.ReadFile(pairs)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(pairs, whole[:len(whole)-9], 0o600); err != nil {
		t.Fatal(err)
	}
	if results, err = ComparePeer(t.Context(), o); err != nil || len(results) != 6 {
		t.Fatalf("resumed: %d results, %v", len(results), err)
	}
	again, err := os.ReadFile(calls)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(again), "\n"); n != 7 {
		t.Errorf("%d calls after the resumption, want 7: one more", n)
	}
	if results, err = ComparePeer(t.Context(), o); err != nil || len(results) != 6 {
		t.Errorf("complete: %d results, %v", len(results), err)
	}
}

func TestComparePeerRefuses(t *testing.T) {
	o := PeerOptions{Pairs: 1, Folder: t.TempDir(), Log: t.Logf, Python: filepath.Join(t.TempDir(), "missing")}
	if _, err := ComparePeer(t.Context(), o); !errors.Is(err, ErrNoPeer) {
		t.Errorf("without PyTorch: %v", err)
	}
	o.Rows = []string{"tgan-huge"}
	if _, err := ComparePeer(t.Context(), o); !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), "vgan-16") {
		t.Errorf("an unknown row: %v", err)
	}
	o.Rows, o.Pairs = nil, 0
	if _, err := ComparePeer(t.Context(), o); !errors.Is(err, ErrConfig) {
		t.Errorf("no pairs: %v", err)
	}
}

func TestGrowthExponent(t *testing.T) {
	axis := GrowthAxis{Points: []GrowthPoint{{Value: 1, StepSeconds: 5}, {Value: 2, StepSeconds: 3}, {Value: 4, StepSeconds: 12}}}
	seconds := func(p GrowthPoint) float64 { return p.StepSeconds }
	if got := axis.Exponent(seconds); math.Abs(got-2) > 1e-12 {
		t.Errorf("from 3 at 2 to 12 at 4: exponent %v, want 2", got)
	}
	axis.Points = axis.Points[:1]
	if got := axis.Exponent(seconds); !math.IsNaN(got) {
		t.Errorf("of one point: %v, want NaN", got)
	}
}

func TestGrowthPlot(t *testing.T) {
	g := Growth{Axes: growthAxes(2)}
	for i, axis := range g.Axes {
		for j, p := range axis.Points {
			g.Axes[i].Points[j] = GrowthPoint{Value: p.Value, StepSeconds: float64(p.Value), GFLOP: float64(p.Value), MemoryMiB: 100}
		}
	}
	base := filepath.Join(t.TempDir(), "growth")
	if err := g.plot(base); err != nil {
		t.Fatal(err)
	}
	for _, ending := range []string{".svg", ".png"} {
		if info, err := os.Stat(base + ending); err != nil || info.Size() < 1000 {
			t.Errorf("growth%s: %v, %v", ending, info, err)
		}
	}
}
