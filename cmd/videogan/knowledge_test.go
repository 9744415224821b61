package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"videogan/experiments"
)

// The commands that ask what networks know leave their pictures and numbers, of a run and of an
// image generator beside it.
func TestKnowledgeCommands(t *testing.T) {
	dir := t.TempDir()
	run, image := filepath.Join(dir, "run"), filepath.Join(dir, "image")
	// The digits in the program have test digits too.
	succeed(t, tinyArgs(experiments.Folder(run), "data.root=", "train.steps=2")...)
	args := []string{"train", "image-small", "--out", image}
	for _, setting := range []string{"data.size=16", "data.digit_size=10", "gen.clip_latent_size=4", "gen.frame_latent_size=4",
		"gen.width=4", "gen.min_width=4", "dis.width=4", "train.batch=4", "train.steps=2", "train.threads=1"} {
		args = append(args, "--set", setting)
	}
	succeed(t, args...)
	for _, row := range []struct {
		name   string
		args   []string
		prints []string
		leaves []string
	}{
		{"invert", []string{run, "own:1", "train:1", "test:1", "--space", "z0,z1", "--image", image, "--restarts", "2", "--steps", "3", "--candidates", "4"},
			[]string{"z0 PSNR", "z1 PSNR", "frames PSNR", "own 0", "test 0", "mean"}, []string{"inversion.png", "inversion.mp4", "inversion.json"}},
		{"interpolate", []string{run, "-n", "2", "--steps", "3", "--times", "2"},
			[]string{"straight [", "painted from z1", "by z0 alone"}, []string{"z0.png", "z0.mp4", "z1.png", "z1.mp4", "motion.png", "motion.mp4", "interpolation.json"}},
		{"realness", []string{run, "-n", "5", "--show", "2"},
			[]string{"training clips", "held-out clips", "generated clips", "shuffled time", "nearest training clip"}, []string{"realness.png", "realness.mp4", "realness.json"}},
		{"features", []string{run, "-n", "5", "--units", "2", "--top", "2", "--steps", "3"},
			[]string{"made for it"}, []string{"layer0.png", "layer0.mp4", "layer1.png", "layer1.mp4", "features.json"}},
		{"prior", []string{"test:1", "--data", "moving-mnist", "--size", "16", "--frames", "4", "--steps", "3"},
			[]string{"inpainting", "denoising", "frame", "clip"}, []string{"prior.png", "prior.json"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			out := filepath.Join(dir, row.name)
			r := succeed(t, append([]string{row.name, "--out", out}, row.args...)...)
			for _, text := range row.prints {
				if !strings.Contains(r.out, text) {
					t.Errorf("does not print %q:\n%s", text, r.out)
				}
			}
			for _, name := range row.leaves {
				path := filepath.Join(out, name)
				if !strings.Contains(r.out, path+"\n") {
					t.Errorf("does not print %s", path)
				}
				data, err := os.ReadFile(path)
				if err != nil || filepath.Ext(name) == ".json" && !json.Valid(data) {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
	for _, row := range []struct {
		args   []string
		status int
		want   string
		reason string
	}{
		{[]string{"invert", run, "nowhere.avi"}, 1, "no such file or directory", "no such clip"},
		{[]string{"invert", run, "own:none"}, 2, "want a number of clips after the colon", "no number"},
		{[]string{"invert", run, "own:1", "--space", "z2"}, 2, `--space "z2": want z0, z1 or z0,z1`, "no such space"},
		{[]string{"invert", image, "own:1", "--space", "z1"}, 1, "has no latent vectors of frames", "one piece"},
		{[]string{"invert", run, "own:1", "--image", run}, 2, "single ones of 1×16×16 are wanted", "no image generator"},
		{[]string{"interpolate", run, "--steps", "1"}, 2, "1 steps", "no way"},
		{[]string{"realness", "pretrained:tgan-small"}, 2, "is no run folder, and only those hold a discriminator", "a generator alone"},
		{[]string{"features", run, "--layers", "7"}, 2, "layer 7: want 0 to 1", "no such layer"},
		{[]string{"prior", "test:1", "--data", "moving-mnist", "--hide", "0", "--noise", "0"}, 2, "one of them above 0", "nothing to restore"},
		{[]string{"prior", "own:1", "--data", "moving-mnist"}, 2, "there is no generator to make clips", "untrained networks own nothing"},
	} {
		checkStatus(t, row.reason, videogan(t, append(row.args, "--out", filepath.Join(dir, "wrong"))...), row.status, row.want)
	}
}
