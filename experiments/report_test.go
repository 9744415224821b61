package experiments

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"codeberg.org/sbinet/npyio"

	"videogan/eval"
)

// studied are three runs: two that differ in their seed, one of another constraint with fewer clips scored.
func studied(t *testing.T) []Folder {
	t.Helper()
	dir := t.TempDir()
	preset, err := eval.LookupPreset("small")
	if err != nil {
		t.Fatal(err)
	}
	var folders []Folder
	for i, settings := range [][]string{{"seed=1"}, {"seed=2"}, {"seed=1", "gan.constraint.kind=spectral_norm"}} {
		folder := Folder(filepath.Join(dir, []string{"r1-seed1", "r1-seed2", "sn"}[i]))
		stand(t, folder, "tgan-small", append(settings, "train.steps=100")...)
		p := preset.Protocol
		if i == 2 {
			p.Samples = 512
		}
		for _, step := range []int{50, 100} {
			p.Subject = eval.Subject{Kind: "ema", Step: step}
			if err := eval.WriteResult(string(folder), eval.NewResult(eval.Score{Mean: float64(step+i) / 50, Std: 0.125}, p, 5)); err != nil {
				t.Fatal(err)
			}
		}
		folders = append(folders, folder)
	}
	return folders
}

func page(t *testing.T, folders []Folder) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "page.html")
	if err := ReportRuns(folders, file); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestReportOfSeveralRuns(t *testing.T) {
	folders := studied(t)
	text := page(t, folders)
	for _, want := range []struct{ text, reason string }{
		{"3 runs side by side", "what the page is"},
		{"r1 (2 seeds)", "runs that differ in their seed are one line"},
		{`<th scope="col">inception-score A</th><th scope="col">inception-score B</th>`, "two protocols have two columns"},
		{`<td>100</td><td>ema</td><td>2.01 ± 0.014</td><td>–</td>`, "mean and deviation over seeds of 2 and 2.02"},
		{`<td>100</td><td>ema</td><td>–</td><td>2.04 ± 0.12</td>`, "the other protocol's column"},
		{"cannot be compared: samples ", "what keeps the protocols apart"},
		{"&#34;samples&#34;: 512", "the whole protocol"},
		{`>gan.constraint.kind</th><td>&#34;none&#34;</td><td>&#34;none&#34;</td><td>&#34;spectral_norm&#34;</td>`, "a setting that differs"},
		{"<mark>kind = &#34;spectral_norm&#34;</mark>", "and its mark in the config"},
		{"loss/d over the step: r1 (2 seeds) from 1.", "a plot in words"},
		{"sigma_max over the step: r1 (2 seeds) from 10 to 100", "the largest of all layers"},
	} {
		if !strings.Contains(text, want.text) {
			t.Errorf("the page lacks %q: %s", want.text, want.reason)
		}
	}
	if strings.Contains(text, " data-live") {
		t.Error("the page of finished runs looks for what is new")
	}
	checkMarkup(t, text)
}

// A run that goes on has a page that follows it, and bad scores do not stop a run from drawing it.
func TestReportOfARunThatGoesOn(t *testing.T) {
	folder := Folder(filepath.Join(t.TempDir(), "<run>"))
	stand(t, folder, "vgan-small", "train.steps=400")
	if err := os.MkdirAll(filepath.Join(string(folder), "scores"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(string(folder), "scores", "bad.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := writeBytes(folder.samples("step-000100.png"), []byte("sheet")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"step-000100", "step-000100-raw", "step-000100-output-foreground-mask-background"} {
		if err := writeBytes(folder.samples(name+".mp4"), []byte(name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := Report(folder); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(folder.Report())
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for _, want := range []string{"<main data-live>", "This run has got to step 100 of the 400 planned (25 %)", "The scores of &lt;run&gt; are left out", "bad.json",
		"composed of, from left to right: output, foreground, mask, background", "<td>4000</td><td>400</td>", "<mark>steps = 400</mark>"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	checkMarkup(t, text)
	if _, err := ComparePlots([]Folder{folder}, t.TempDir()); !errors.Is(err, eval.ErrFormat) {
		t.Errorf("plots of bad scores: %v, want eval.ErrFormat", err)
	}
}

// Inception scores taken in training stand on the page once, in their spread and beside published curves; a curve that is
// gone is named, and holds nothing up.
func TestReportOfScoresInTraining(t *testing.T) {
	dir := t.TempDir()
	published, gone := filepath.Join(dir, "svc.npy"), filepath.Join(dir, "gone.npy")
	f, err := os.Create(published)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(npyio.Write(f, []float64{1, 4, 6.25}), f.Close()); err != nil {
		t.Fatal(err)
	}
	folder := Folder(filepath.Join(dir, "run"))
	stand(t, folder, "tgan-small", "train.steps=100", "eval.curves="+published+","+gone)
	log, _, err := openMetrics(folder.Metrics(), 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []float64{101, 200} {
		err := log.append(Record{{"step", step}, {"epoch", step / 100}, {"eval/inception/ema", step / 50}, {"eval/inception/ema_std", 0.5},
			{"eval/inception/real", 8}, {"eval/inception/real_std", 0.25}})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := log.close(); err != nil {
		t.Fatal(err)
	}
	if err := Report(folder); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(folder.Report())
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for want, count := range map[string]int{
		"<h3>eval/inception/ema</h3>":                          1,
		`<i class="c1 dotted"></i>svc (published) <b>6.25</b>`: 1,
		`<i class="ink dashed"></i>real clips <b>8</b>`:        1,
		"ema_std":                       0,
		"A published curve is left out": 1,
		"gone.npy: no such file":        1,
	} {
		if n := strings.Count(text, want); n != count {
			t.Errorf("the page has %q %d times, want %d", want, n, count)
		}
	}
	start := strings.Index(text, "eval/inception/ema over the epoch")
	if end := strings.Index(text[max(start, 0):], "</svg>"); start < 0 || end < 0 || !strings.Contains(text[start:start+end], "fill-opacity") {
		t.Error("the plot of the score has no band")
	}
	checkMarkup(t, text)
	if _, err := ComparePlots([]Folder{folder}, t.TempDir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("plots with a curve that is gone: %v, want os.ErrNotExist", err)
	}
}

// checkMarkup looks for what every page must have, and for what none may.
func checkMarkup(t *testing.T, text string) {
	t.Helper()
	if outside := regexp.MustCompile(`(src|href)="(https?:|//)[^"]*"|@import|url\(`).FindString(text); outside != "" {
		t.Errorf("the page asks the network for %s", outside)
	}
	for _, tag := range regexp.MustCompile(`<(img|video|svg|progress) [^>]*>`).FindAllString(text, -1) {
		if !strings.Contains(tag, "alt=") && !strings.Contains(tag, "aria-label=") {
			t.Errorf("nothing says what %.60s is", tag)
		}
	}
	if n := strings.Count(text, "<h1>"); n != 1 {
		t.Errorf("%d headings of the first level", n)
	}
	for _, drawing := range regexp.MustCompile(`(?s)<svg .*?</svg>`).FindAllString(text, -1) {
		for decoder := xml.NewDecoder(strings.NewReader(drawing)); ; {
			if _, err := decoder.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("a plot of the page: %v", err)
			}
		}
		if fixed := regexp.MustCompile(`(fill|stroke):#[0-9A-F]{6}`).FindString(drawing); fixed != "" {
			t.Errorf("a plot has the colour %s in light and in dark", fixed)
		}
	}
}

func TestComparePlots(t *testing.T) {
	folders := studied(t)
	dir := filepath.Join(t.TempDir(), "plots")
	files, err := ComparePlots(folders, dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range files {
		names = append(names, filepath.Base(file))
		for _, ending := range []string{".svg", ".png"} {
			if info, err := os.Stat(file + ending); err != nil || info.Size() == 0 {
				t.Errorf("%s%s: %v", file, ending, err)
			}
		}
	}
	if got, want := strings.Join(names, " "), "inception-score-A inception-score-B loss-d sigma_max"; got != want {
		t.Errorf("plots %s, want %s", got, want)
	}
	groups, err := GroupRuns(folders)
	if err != nil {
		t.Fatal(err)
	}
	charts, err := scoreCharts(groups, nil)
	if err != nil {
		t.Fatal(err)
	}
	line := charts[0].lines[0]
	// Batches of 16 of 1600 clips: 50 steps are half an epoch. Scores of 1 and 1.02, 2 and 2.02.
	if len(charts[0].lines) != 1 || line.name != "r1 (2 seeds)" || line.line[0].X != 0.5 || line.line[0].Y != 1.01 || line.line[1].X != 1 || line.line[1].Y != 2.01 {
		t.Errorf("the score by epoch is %+v", charts[0].lines)
	}
	base := filepath.Join(dir, "one")
	if err := PlotScore(groups, "inception-score B", base); err != nil {
		t.Error(err)
	}
	if err := PlotScore(groups, "precision", base); !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), "they have inception-score A, inception-score B") {
		t.Errorf("a score that there is not: %v", err)
	}
}

func TestReportRunsReports(t *testing.T) {
	file := filepath.Join(t.TempDir(), "page.html")
	if err := ReportRuns(nil, file); err == nil {
		t.Error("a page of no runs")
	}
	if err := ReportRuns([]Folder{Folder(t.TempDir())}, file); err == nil || !strings.Contains(err.Error(), "is no run folder") {
		t.Errorf("a folder that holds no run: %v", err)
	}
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a page was written all the same: %v", err)
	}
}
