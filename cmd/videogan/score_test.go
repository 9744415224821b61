package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"videogan/eval"
	"videogan/experiments"
)

// tinyClassifier trains a classifier of the tiny network's clips for a few steps.
func tinyClassifier(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "judge")
	succeed(t, "classifier", "train", "--data", "moving-mnist", "--size", "16", "--frames", "4", "--out", dir, "--steps", "3",
		"--set", "network.width=4", "--set", "network.max_width=8", "--set", "train.batch=4", "--set", "train.test_clips=8")
	return dir
}

func TestScore(t *testing.T) {
	judge := tinyClassifier(t)
	folder := experiments.Folder(filepath.Join(t.TempDir(), "run"))
	succeed(t, tinyArgs(folder, "train.steps=6", "train.checkpoint_every=3", "train.sample_every=100")...)
	args := []string{"score", string(folder), "--classifier", judge, "--measure", "all", "--samples", "40", "--repeats", "2", "--subset-size", "8", "--json"}
	first := succeed(t, args...)
	var runs []eval.Run
	if err := json.Unmarshal([]byte(first.out), &runs); err != nil || len(runs) != 1 {
		t.Fatalf("%v: %s", err, first.out)
	}
	written, err := eval.ReadResults(string(folder))
	if err != nil {
		t.Fatal(err)
	}
	var measures []string
	for _, r := range runs[0].Results {
		measures = append(measures, r.Protocol.Measure)
		if i := slices.IndexFunc(written, func(w eval.Result) bool { return w.Name == r.Name }); i < 0 || cmp.Diff(written[i], r) != "" {
			t.Errorf("%s was printed and not written so", r.Name)
		}
		p := r.Protocol
		if p.Samples != 40 || p.Repeats != 2 || p.Subject.Kind != "ema" || p.Subject.Step != 6 || len(p.Subject.Checkpoint) != 64 || len(p.Classifier.Hash) != 64 || p.Version == "" {
			t.Errorf("%s: protocol %+v", r.Name, p)
		}
	}
	want := []string{"inception-score", "frechet-distance", "kernel-distance", "precision", "recall", "density", "coverage", "modes", "modes-kl", "duplicates", "nearest-distance"}
	if diff := cmp.Diff(want, measures); diff != "" {
		t.Errorf("measures (-want +got):\n%s", diff)
	}
	for _, picture := range []string{"modes-*.svg", "duplicates-*.png", "nearest-distance-*.png"} {
		if found, _ := filepath.Glob(filepath.Join(string(folder), "scores", picture)); len(found) != 1 {
			t.Errorf("%s: %v", picture, found)
		}
	}
	if again := succeed(t, args...); again.out != first.out {
		t.Error("scored again from what is kept, the numbers are others")
	}
	if err := os.RemoveAll(filepath.Join(string(folder), "scores")); err != nil {
		t.Fatal(err)
	}
	if again := succeed(t, args...); again.out != first.out {
		t.Error("scored again from nothing, the numbers are others")
	}
	raw := succeed(t, "score", string(folder), "--classifier", judge, "--raw", "--step", "3", "--samples", "16", "--repeats", "1")
	if fields := strings.Fields(strings.Split(raw.out, "\n")[1]); fields[1] != "3" || fields[2] != "raw" {
		t.Errorf("the raw generator at step 3: %q", raw.out)
	}
	compared := succeed(t, "compare", string(folder))
	if !strings.Contains(compared.out, "cannot be compared: samples 40 | 16; repeats 2 | 1") {
		t.Errorf("compare:\n%s", compared.out)
	}
}

func TestScoreOfRealClips(t *testing.T) {
	judge, out := tinyClassifier(t), filepath.Join(t.TempDir(), "real")
	args := []string{"score", "--data", digitsDir, "--set", "data.source=moving-mnist", "--set", "data.digit_size=10", "--classifier", judge,
		"--measure", "inception,frechet", "--samples", "32", "--repeats", "1", "--out", out}
	succeed(t, args...)
	results, err := eval.ReadResults(out)
	if err != nil || len(results) != 2 {
		t.Fatalf("%v, %v", results, err)
	}
	for _, r := range results {
		if p := r.Protocol; p.Subject.Kind != "real" || p.Subject.Step != 0 {
			t.Errorf("%s: %+v", r.Name, p.Subject)
		}
	}
}

func TestScoreRefuses(t *testing.T) {
	judge := tinyClassifier(t)
	folder := experiments.Folder(filepath.Join(t.TempDir(), "run"))
	succeed(t, tinyArgs(folder, "train.steps=1", "data.size=32")...)
	tests := []struct {
		reason string
		args   []string
		status int
		want   string
	}{
		{"no classifier", []string{string(folder)}, exitUsage, "--classifier: name the classifier"},
		{"nothing to score", []string{"--classifier", judge}, exitUsage, "name a run to score"},
		{"unknown measure", []string{string(folder), "--classifier", judge, "--measure", "beauty"}, exitUsage, `measure "beauty"`},
		{"a single sample", []string{string(folder), "--classifier", judge, "--samples", "1"}, exitUsage, "--samples 1: want 2 or more"},
		{"unknown preset", []string{string(folder), "--classifier", judge, "--preset", "best"}, exitFailure, `preset "best"`},
		{"a preset of another classifier", []string{string(folder), "--classifier", judge, "--preset", "tgan2017"}, exitFailure, "preset tgan2017 is of classifier c3d-ucf101"},
		{"clips of another size", []string{string(folder), "--classifier", judge}, exitFailure, "takes 16 rows"},
		{"no such step", []string{string(folder), "--classifier", judge, "--step", "9"}, exitFailure, "no checkpoint of step 9"},
		{"no run", []string{t.TempDir(), "--classifier", judge}, exitFailure, "neither a run folder nor a .safetensors file"},
	}
	for _, test := range tests {
		checkStatus(t, test.reason, videogan(t, append([]string{"score"}, test.args...)...), test.status, test.want)
	}
}

// Scores change nothing of a training, and are those of a run never stopped after a kill.
func TestScoresLeaveTrainingAlone(t *testing.T) {
	judge, dir := tinyClassifier(t), t.TempDir()
	plain, scored, killed := experiments.Folder(filepath.Join(dir, "plain")), experiments.Folder(filepath.Join(dir, "scored")), experiments.Folder(filepath.Join(dir, "killed"))
	settings := []string{"train.checkpoint_every=7", "train.sample_every=100000"}
	scores := append(slices.Clone(settings), "eval.every_steps=5", "eval.classifier="+judge, "eval.samples=16")
	killAt(t, killed, 22, syscall.SIGKILL, tinyArgs(killed, append(scores, "train.steps=100000")...))
	records, err := experiments.ReadMetrics(killed.Metrics())
	if err != nil {
		t.Fatal(err)
	}
	steps := fmt.Sprintf("train.steps=%d", records[len(records)-1].Step()+20)
	succeed(t, "train", "tgan-small", "--out", string(killed), "--resume", "--set", steps)
	succeed(t, tinyArgs(scored, append(scores, steps)...)...)
	succeed(t, tinyArgs(plain, append(settings, steps)...)...)
	compareMetrics(t, scored, killed)

	all, err := experiments.ReadMetrics(scored.Metrics())
	if err != nil {
		t.Fatal(err)
	}
	var found []int
	names := map[string]bool{}
	for _, r := range all {
		if _, ok := r.Get("eval/inception/ema"); !ok {
			continue
		}
		found = append(found, r.Step())
		for _, m := range r {
			names[m.Name] = true
			if strings.HasSuffix(m.Name, "/ema") && !(m.Value >= 0.999 && m.Value <= 10.001) {
				t.Errorf("step %d: %s is %v, want 1 to 10", r.Step(), m.Name, m.Value)
			}
		}
	}
	if len(found) < 5 || found[0] != 0 || found[1] != 5 || found[2] != 10 {
		t.Errorf("scores after the steps %v, want 0, 5, 10, …", found)
	}
	for _, name := range []string{"ema", "raw", "real", "ema_std", "raw_std", "real_std"} {
		if !names["eval/inception/"+name] {
			t.Errorf("no eval/inception/%s", name)
		}
	}
	text, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	for name := range names {
		if !strings.Contains(string(text), "`"+name+"`") {
			t.Errorf("docs/metrics.md does not explain %s", name)
		}
	}
	if err := os.WriteFile(scored.Metrics(), withoutScores(t, scored), 0o600); err != nil {
		t.Fatal(err)
	}
	compareMetrics(t, plain, scored)
	for _, name := range []string{"plots/inception.svg", "plots/inception.png", "scores/training/protocol.json"} {
		if _, err := os.Stat(filepath.Join(string(scored), name)); err != nil {
			t.Error(err)
		}
	}
}

// withoutScores are the lines of a run's metrics but those of scores.
func withoutScores(t *testing.T, folder experiments.Folder) []byte {
	t.Helper()
	text, err := os.ReadFile(folder.Metrics())
	if err != nil {
		t.Fatal(err)
	}
	var kept []string
	for line := range strings.Lines(string(text)) {
		if !strings.Contains(line, `"eval/`) {
			kept = append(kept, line)
		}
	}
	return []byte(strings.Join(kept, ""))
}

func TestScoreOfFutures(t *testing.T) {
	folder := experiments.Folder(filepath.Join(t.TempDir(), "run"))
	args := []string{"train", "vgan-small", "--out", string(folder)}
	for _, setting := range []string{"conditional=true", "data.root=" + digitsDir, "data.size=16", "data.digit_size=10", "gen.width=16", "gen.min_width=8",
		"dis.width=4", "train.batch=4", "train.samples=3", "train.steps=2", "train.threads=1"} {
		args = append(args, "--set", setting)
	}
	succeed(t, args...)
	succeed(t, "score", string(folder), "--measure", "ssim,psnr", "--samples", "20", "--real")
	results, err := eval.ReadResults(string(folder))
	if err != nil || len(results) != 4 {
		t.Fatalf("%v, %v", results, err)
	}
	kinds := map[string]int{}
	for _, r := range results {
		kinds[r.Protocol.Subject.Kind]++
		low, high := 0.0, 60.0
		if r.Protocol.Measure == eval.MeasureSSIM {
			low, high = -1, 1
		}
		if r.Value <= low || r.Value >= high || r.Std <= 0 {
			t.Errorf("%s: %v ± %v", r.Name, r.Value, r.Std)
		}
	}
	if kinds["ema"] != 2 || kinds["still"] != 2 {
		t.Errorf("scored %v, want two of the generator and two of the held frame", kinds)
	}
	checkStatus(t, "a number without a use", videogan(t, "score", string(folder), "--measure", "ssim", "--repeats", "3"), exitUsage, "--repeats: ssim and psnr do not use it")
	plain := experiments.Folder(filepath.Join(t.TempDir(), "plain"))
	succeed(t, tinyArgs(plain, "train.steps=1")...)
	checkStatus(t, "a generator without given frames", videogan(t, "score", string(plain), "--measure", "ssim"), exitUsage, "given no frames to go on from")
}

func TestGAM(t *testing.T) {
	dir := t.TempDir()
	first, second, critic := experiments.Folder(filepath.Join(dir, "1")), experiments.Folder(filepath.Join(dir, "2")), experiments.Folder(filepath.Join(dir, "3"))
	succeed(t, tinyArgs(first, "train.steps=3")...)
	succeed(t, tinyArgs(second, "train.steps=3", "seed=9")...)
	succeed(t, tinyArgs(critic, "train.steps=1", "gan.loss=wasserstein")...)
	r := videogan(t, "gam", string(first), string(second), "--data", "moving-mnist", "--samples", "40", "--json")
	if r.status != 0 { // networks of three steps may make no error at all
		checkStatus(t, "no errors to compare", r, exitFailure, "there is no ratio to it")
	} else {
		var result experiments.GAMResult
		if err := json.Unmarshal([]byte(r.out), &result); err != nil || result.Clips != 40 || result.Subjects[1].Step != 3 || result.Winner == "" {
			t.Errorf("%+v, %v", result, err)
		}
		for _, rate := range result.Errors {
			if rate < 0 || rate > 1 {
				t.Errorf("error rates %v", result.Errors)
			}
		}
	}
	checkStatus(t, "a critic", videogan(t, "gam", string(first), string(critic), "--data", "moving-mnist"), exitUsage, "Wasserstein critic")
	checkStatus(t, "no run", videogan(t, "gam", string(first), dir), exitFailure, "is no run folder")
}
