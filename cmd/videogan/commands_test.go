package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"videogan/experiments"
)

func TestHelp(t *testing.T) {
	for _, name := range []string{"train", "sample", "export", "report", "prepare", "list", "show", "bench", "doctor", "profile", "compare", "interpolate", "invert", "prior", "realness", "features"} {
		r := succeed(t, name, "--help")
		if !strings.Contains(r.out, "Examples:\n  videogan "+name) {
			t.Errorf("the help of %s has no example", name)
		}
	}
	if r := succeed(t); !strings.Contains(r.out, "Available Commands:") {
		t.Errorf("without arguments: %s", r.out)
	}
	if r := succeed(t, "completion", "bash"); !strings.Contains(r.out, "__start_videogan") {
		t.Error("no completion for bash")
	}
	if r := succeed(t, "__complete", "train", ""); !strings.Contains(r.out, "tgan-small\t") {
		t.Errorf("experiments are not completed: %s", r.out)
	}
	if r := succeed(t, "version"); !strings.HasPrefix(r.out, "videogan ") || !strings.Contains(r.out, "oneDNN 2.") || !strings.Contains(r.out, "FFmpeg ") {
		t.Errorf("version: %s", r.out)
	}
}

func TestList(t *testing.T) {
	r := succeed(t, "list")
	lines := strings.Split(strings.TrimSpace(r.out), "\n")
	if len(lines) != 1+len(experiments.All()) {
		t.Fatalf("list: %s", r.out)
	}
	for i, experiment := range experiments.All() {
		if fields := strings.Fields(lines[1+i]); fields[0] != experiment.Name {
			t.Errorf("line %d is of %s, want %s", 1+i, fields[0], experiment.Name)
		}
	}
}

// What show prints is a config that train takes, with a comment on every key.
func TestShow(t *testing.T) {
	r := succeed(t, "show", "tgan-small", "--set", "data.size=16", "--set", "data.digit_size=0")
	path := filepath.Join(t.TempDir(), "my.toml")
	writeText(t, path, r.out)
	again := succeed(t, "show", "tgan-small", "--config", path)
	if again.out != r.out {
		t.Errorf("shown again from its own output:\n%s", again.out)
	}
	lines := strings.Split(r.out, "\n")
	for i, line := range lines {
		if strings.Contains(line, " = ") && !strings.HasPrefix(line, "#") && !strings.HasPrefix(lines[i-1], "# ") {
			t.Errorf("no comment on %s", line)
		}
	}
	if want := "#   gen/spatial/dc3   convolution 3×3"; !strings.Contains(r.out, want) {
		t.Errorf("no line %q in:\n%s", want, r.out[strings.Index(r.out, "# generator"):])
	}
}

// The JSON of bench is for programs: its keys stay.
func TestBenchJSON(t *testing.T) {
	args := []string{"bench", "tgan-small", "--batch", "2", "--steps", "4", "--json"}
	for _, setting := range tiny {
		args = append(args, "--set", setting)
	}
	got := keysOf(t, succeed(t, args...).out)
	want := []string{"arena_mib", "batch", "clips_s", "cpu", "data_wait_share", "discriminator_parameters",
		"experiment", "first_step_at", "first_step_s", "generator_parameters", "gflop_per_step", "gflops",
		"peak_gflops", "peak_share", "rss_mib", "step_s", "steps", "threads"}
	if !slices.Equal(got, want) {
		t.Errorf("bench has the keys %v, want %v", got, want)
	}
	got = keysOf(t, succeed(t, "bench", "data", "moving-mnist", "--set", "data.size=16", "--set", "data.digit_size=10", "--batches", "3", "--json").out)
	if want := []string{"batch", "batch_s", "batches", "clips_s", "cpu", "dataset", "frames", "size"}; !slices.Equal(got, want) {
		t.Errorf("bench data has the keys %v, want %v", got, want)
	}
	clip := filepath.Join(t.TempDir(), "a.mp4")
	writeClip(t, clip, 10)
	r := succeed(t, "bench", "decode", clip, "--runs", "1", "--json")
	if want := []string{"ffmpeg_frames_s", "files", "frames", "frames_s"}; !slices.Equal(keysOf(t, r.out), want) || !strings.Contains(r.out, `"frames":10`) {
		t.Errorf("bench decode printed %s", r.out)
	}
}

func keysOf(t *testing.T, text string) []string {
	t.Helper()
	var object map[string]any
	if err := json.Unmarshal([]byte(text), &object); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	var keys []string
	for key := range object {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

func TestPrepareTwice(t *testing.T) {
	root, out := t.TempDir(), t.TempDir()
	for _, name := range []string{"v_Archery_g01_c01.avi", "v_Archery_g02_c01.avi"} {
		writeClip(t, filepath.Join(root, "UCF-101/Archery", name), 8)
	}
	args := []string{"prepare", "ucf101", "--root", root, "--out", out, "--size", "16"}
	if r := succeed(t, args...); !strings.Contains(r.out, "2 clips, 16 frames") || !strings.Contains(r.out, "decoded now: 2, skipped: 0") {
		t.Errorf("prepare said %s", r.out)
	}
	if r := succeed(t, args...); !strings.Contains(r.out, "decoded now: 0") {
		t.Errorf("prepare again said %s", r.out)
	}
	folder := experiments.Folder(filepath.Join(t.TempDir(), "run"))
	r := succeed(t, tinyArgs(folder, "data.source=ucf101", "data.split=0", "train.steps=2", "train.sample_every=1000", "data.root="+out)...)
	if !strings.Contains(r.errors, "prepared=") {
		t.Errorf("training did not take the prepared clips:\n%s", r.errors)
	}
}

func TestDoctor(t *testing.T) {
	r := videogan(t, "doctor")
	for _, want := range []string{"oneDNN", "FFmpeg", "machine", "huge pages", "GFLOP/s", "H.264 encoder", "Moving MNIST"} {
		if !strings.Contains(r.out, want) {
			t.Errorf("doctor says nothing of %s:\n%s", want, r.out)
		}
	}
	if r.status != 0 {
		t.Errorf("doctor finds that this machine cannot run the program, and yet these tests run:\n%s", r.out)
	}
	var text bytes.Buffer
	err := report(&text, []finding{{name: "fine", value: "1"}, {name: "slow", value: "2", remedy: "buy another"}, {name: "gone", value: "none", remedy: "install it", needed: true}})
	if err == nil || err.Error() != "doctor: missing: gone" || !strings.Contains(text.String(), "→ buy another") || !strings.Contains(text.String(), "MISSING") {
		t.Errorf("%v\n%s", err, text.String())
	}
}
