package experiments

import (
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"videogan/eval"
)

func TestWriteStudy(t *testing.T) {
	real := 4.5
	score := func(step int, mean, std float64) eval.StudyPoint {
		return eval.StudyPoint{Step: step, Mean: mean, Std: std, Values: []float64{mean, mean}}
	}
	study := eval.Study{Groups: []string{"none", "svc"}, Columns: []eval.StudyColumn{
		{Name: "inception-score A", Real: &real, Curves: []eval.Curve{
			{Group: "none", Points: []eval.StudyPoint{score(100, 2, 0.5), score(200, 3, 0)}},
			{Group: "svc", Points: []eval.StudyPoint{score(200, 4, 0.5)}},
		}},
		{Name: "kernel-distance", Curves: []eval.Curve{{Group: "none", Points: []eval.StudyPoint{score(200, 1, 0)}}, {Group: "svc"}}},
		{Name: "modes", Curves: []eval.Curve{{Group: "none"}, {Group: "svc"}}},
	}}
	dir := filepath.Join(t.TempDir(), "study")
	if err := WriteStudy(dir, study, -1); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "study.md"))
	if want := "| svc | 4 ± 0.5 (2) | - | - |\n"; err != nil || !strings.Contains(string(text), want) {
		t.Errorf("the table has no row %q (%v):\n%s", want, err, text)
	}
	file, err := os.Open(filepath.Join(dir, "inception-score-a.png"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := png.Decode(file); err != nil {
		t.Errorf("the plot: %v", err)
	}
	svg, err := os.ReadFile(filepath.Join(dir, "inception-score-a.svg"))
	if err != nil {
		t.Fatal(err)
	}
	for _, label := range []string{"none", "svc", "real clips: 4.5"} {
		if !strings.Contains(string(svg), ">"+label+"<") {
			t.Errorf("the legend lacks %q", label)
		}
	}
	if lines := strings.Count(string(svg), "stroke-dasharray"); lines == 0 {
		t.Error("no dashed line of real clips, which are near")
	}
	plots, err := filepath.Glob(filepath.Join(dir, "*.svg"))
	if err != nil || len(plots) != 1 {
		t.Errorf("plots %v, %v: want that of the only score at two steps", plots, err)
	}
}
