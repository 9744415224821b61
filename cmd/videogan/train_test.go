package main

import (
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"videogan/experiments"
	"videogan/video"
)

// games are settings that between them use every state that a checkpoint has to carry.
var games = map[string][]string{
	"small":    {"gan.r1.every=3", "gan.frame.frames=2", "dis.noise=0.1"},
	"paper":    {"gan.order=release", "gan.loss=wasserstein", "gan.constraint.kind=singular_value_clipping", "dis.batch_norm=true", "gan.generator.optimizer=rmsprop"},
	"spectral": {"gan.constraint.kind=spectral_norm", "gan.loss=hinge", "gan.critic=2", "gan.r1.gamma=0", "gan.gp.weight=1", "gan.ema=0"},
}

// A run that is killed at any moment and resumed logs the metrics of one that never stopped,
// bit for bit but for times.
func TestResumeAfterKill(t *testing.T) {
	for name, game := range games {
		t.Run(name, func(t *testing.T) {
			settings := append([]string{"train.checkpoint_every=7", "train.sample_every=100000"}, game...)
			dir := t.TempDir()
			whole, killed := experiments.Folder(filepath.Join(dir, "whole")), experiments.Folder(filepath.Join(dir, "killed"))
			killAt(t, killed, 18, syscall.SIGKILL, tinyArgs(killed, append(settings, "train.steps=100000")...))
			records, err := experiments.ReadMetrics(killed.Metrics())
			if err != nil {
				t.Fatal(err)
			}
			steps := fmt.Sprintf("train.steps=%d", len(records)+20)
			resume := []string{"train", "tgan-small", "--out", string(killed), "--resume", "--set", steps}
			succeed(t, resume...)
			succeed(t, tinyArgs(whole, append(settings, steps)...)...)
			compareMetrics(t, whole, killed)

			// Damage the newest checkpoint as a power loss could: the one before must do.
			checkpoints, err := killed.Checkpoints()
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Truncate(killed.Checkpoint(checkpoints[0]), 5000); err != nil {
				t.Fatal(err)
			}
			again := succeed(t, resume...)
			if want := "checkpoint is damaged, trying the one before"; !strings.Contains(again.errors, want) {
				t.Errorf("the log does not say %q:\n%s", want, again.errors)
			}
			compareMetrics(t, whole, killed)
		})
	}
}

// killAt starts a run and sends a signal once it has logged some steps, and returns what it said.
func killAt(t *testing.T, folder experiments.Folder, steps int, signal syscall.Signal, args []string) result {
	t.Helper()
	cmd, out, log := command(t, args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for logged := 0; logged < steps; {
		select {
		case err := <-ended:
			t.Fatalf("the run ended after %d steps, before the signal (%v):\n%s", logged, err, log)
		case <-time.After(2 * time.Millisecond):
		}
		if records, err := experiments.ReadMetrics(folder.Metrics()); err == nil {
			logged = len(records)
		}
	}
	if err := cmd.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := <-ended; !errors.As(err, &exit) {
		t.Fatalf("after %v: %v", signal, err)
	}
	return result{cmd.ProcessState.ExitCode(), out.String(), log.String()}
}

// compareMetrics holds all metrics of two runs to each other but those of time.
func compareMetrics(t *testing.T, want, got experiments.Folder) {
	t.Helper()
	var both [2][]experiments.Record
	for i, folder := range []experiments.Folder{want, got} {
		records, err := experiments.ReadMetrics(folder.Metrics())
		if err != nil {
			t.Fatal(err)
		}
		for _, record := range records {
			var kept experiments.Record
			for _, m := range record {
				if !strings.HasPrefix(m.Name, "time/") {
					kept = append(kept, m)
				}
			}
			both[i] = append(both[i], kept)
		}
	}
	if diff := cmp.Diff(both[0], both[1]); diff != "" {
		t.Errorf("metrics of the run that never stopped (-) and of the resumed one (+):\n%.3000s", diff)
	}
}

func TestTrainSampleReport(t *testing.T) {
	folder := experiments.Folder(filepath.Join(t.TempDir(), "run"))
	r := succeed(t, tinyArgs(folder, "train.steps=12", "train.sample_every=5", "train.checkpoint_every=4", "train.keep_every=4", "seed=3")...)
	if want := folder.Report() + "\n"; r.out != want {
		t.Errorf("standard output is %q, want the report's path %q", r.out, want)
	}
	for _, name := range []string{
		"checkpoints/step-000004.safetensors", "checkpoints/step-000012.safetensors", "checkpoints/latest.safetensors",
		"samples/real.mp4", "samples/real.png", "samples/step-000005.mp4", "samples/step-000005-raw.png",
		"samples/step-000012.png", "plots/losses.svg", "plots/losses.png", "plots/sigma_max.svg",
	} {
		if info, err := os.Stat(filepath.Join(string(folder), name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if left, err := filepath.Glob(filepath.Join(string(folder), "*", ".tmp*")); err != nil || len(left) > 0 {
		t.Errorf("left over: %v %v", left, err)
	}
	checkReport(t, folder)
	checkMetricsAreExplained(t, folder)

	out := t.TempDir()
	files := strings.Fields(succeed(t, "sample", string(folder), "-n", "5", "--seed", "7", "--mp4", "--gif", "--png", "--out", out).out)
	if len(files) != 3 {
		t.Fatalf("sample printed %q, want three files", files)
	}
	clip, err := video.Decode(t.Context(), files[0], video.DecodeOptions{})
	if err != nil || clip.Frames != 4 {
		t.Errorf("%s: %v, want 4 frames", files[0], err)
	}
	// The same clips from the checkpoint file, from an exported generator, and with fewer of them.
	want := sampled(t, string(folder))
	if got := sampled(t, folder.Latest()); got != want {
		t.Error("the checkpoint's clips differ from the run's")
	}
	exported := filepath.Join(out, "generator.safetensors")
	succeed(t, "export", string(folder), "--out", exported, "--note", "a test")
	if got := sampled(t, exported); got != want {
		t.Error("the exported generator's clips differ from the run's")
	}
	if got := sampled(t, string(folder), "--raw"); got == want {
		t.Error("--raw gives the averaged generator's clips")
	}
	if got := sampled(t, string(folder), "--seed", "8"); got == want {
		t.Error("another seed gives the same clips")
	}

	before, err := os.ReadFile(folder.Report())
	if err != nil {
		t.Fatal(err)
	}
	succeed(t, "report", string(folder))
	if after, err := os.ReadFile(folder.Report()); err != nil || string(after) != string(before) {
		t.Errorf("report draws another page than the run did (%v)", err)
	}
}

// sampled is the contact sheet of two clips, as bytes.
func sampled(t *testing.T, from string, more ...string) string {
	t.Helper()
	r := succeed(t, append([]string{"sample", from, "-n", "2", "--png", "--out", t.TempDir()}, more...)...)
	data, err := os.ReadFile(strings.TrimSpace(r.out))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// checkReport looks for all parts of the page, and for anything that is not in it.
func checkReport(t *testing.T, folder experiments.Folder) {
	t.Helper()
	data, err := os.ReadFile(folder.Report())
	if err != nil {
		t.Fatal(err)
	}
	page := string(data)
	for _, want := range []string{"<video", "data:video/mp4;base64,", "data:image/png;base64,", "<svg", "seed = 3", "tgan-small", "12 of 12", "viewport", "prefers-color-scheme: dark"} {
		if !strings.Contains(page, want) {
			t.Errorf("report.html lacks %q", want)
		}
	}
	if outside := regexp.MustCompile(`(src|href)="(https?:|//)[^"]*"`).FindString(page); outside != "" {
		t.Errorf("report.html asks the network for %s", outside)
	}
}

// checkMetricsAreExplained holds every logged name to docs/metrics.md.
func checkMetricsAreExplained(t *testing.T, folder experiments.Folder) {
	t.Helper()
	text, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	records, err := experiments.ReadMetrics(folder.Metrics())
	if err != nil || len(records) != 12 {
		t.Fatalf("%d records, %v; want 12", len(records), err)
	}
	layer := regexp.MustCompile(`^sigma_max/.+`)
	for _, m := range records[len(records)-1] {
		name := layer.ReplaceAllString(m.Name, "sigma_max/LAYER")
		if !strings.Contains(string(text), "| `"+name+"` |") {
			t.Errorf("docs/metrics.md does not explain %s", m.Name)
		}
		if math.IsNaN(m.Value) {
			t.Errorf("%s is not finite", m.Name)
		}
	}
}

func TestEveryGamesMetricsAreExplained(t *testing.T) {
	for name, game := range games {
		folder := experiments.Folder(filepath.Join(t.TempDir(), name))
		succeed(t, tinyArgs(folder, append([]string{"train.steps=12", "train.sample_every=1000"}, game...)...)...)
		checkMetricsAreExplained(t, folder)
	}
}

func TestInterrupt(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		folder := experiments.Folder(filepath.Join(t.TempDir(), "run"))
		r := killAt(t, folder, 5, signal, tinyArgs(folder, "train.steps=100000", "train.checkpoint_every=100000"))
		checkStatus(t, signal.String(), r, 130, "videogan: interrupted after step ")
		if want := "of 100000: 'videogan train tgan-small --out " + string(folder) + " --resume' goes on from there"; !strings.HasSuffix(r.lastLine(), want) {
			t.Errorf("%v: %q does not say how to go on", signal, r.lastLine())
		}
		steps, err := folder.Checkpoints()
		if err != nil || len(steps) != 1 {
			t.Fatalf("%v: checkpoints %v, %v: want one", signal, steps, err)
		}
		succeed(t, "train", "tgan-small", "--out", string(folder), "--resume", "--set", "train.steps=1")
	}
}

func TestTimeLimit(t *testing.T) {
	folder := experiments.Folder(filepath.Join(t.TempDir(), "run"))
	r := succeed(t, tinyArgs(folder, "train.steps=1000000", "train.minutes=0.02", "train.sample_every=1000000")...)
	if !regexp.MustCompile(`msg="time is up" step=\d+ of=1000000`).MatchString(r.errors) {
		t.Errorf("the log does not say how far it got:\n%s", r.errors)
	}
	page, err := os.ReadFile(folder.Report())
	if err != nil || !regexp.MustCompile(`This run has got to step \d+ of the 1000000 planned`).Match(page) {
		t.Errorf("the report does not say how far the run got (%v)", err)
	}
	// Beside what the run made stands what the committed generator makes, where there is one.
	committed := slices.Contains(experiments.Pretrained(), "tgan-small")
	if shown := strings.Contains(string(page), "The committed generator"); shown != committed {
		t.Errorf("committed generators %v, shown in the report: %v", experiments.Pretrained(), shown)
	}
}

func TestDryRunWritesNothing(t *testing.T) {
	folder := experiments.Folder(filepath.Join(t.TempDir(), "run"))
	r := succeed(t, append(tinyArgs(folder), "--dry-run")...)
	if folder.Exists() || !strings.Contains(r.out, "size = 16") || !strings.Contains(r.errors, "nothing was written") {
		t.Errorf("exists: %v\n%s%s", folder.Exists(), r.out, r.errors)
	}
	if _, err := os.Stat(string(folder)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder: %v", err)
	}
}
