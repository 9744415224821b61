package main

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"videogan/experiments"
	"videogan/video"
)

// Usage errors end with status 2 and name what is wrong.
func TestUsage(t *testing.T) {
	out := filepath.Join(t.TempDir(), "run")
	tests := []struct {
		args   string
		status int
		want   string
		reason string
	}{
		{"trian", 2, `videogan: unknown command "trian" for "videogan"`, "a command that there is not"},
		{"train", 2, "videogan: accepts 1 arg(s), received 0 ('videogan train --help' shows what there is)", "no experiment"},
		{"train tgan-small", 2, "videogan: --out: name the run folder, for example --out runs/tgan-small", "no folder"},
		{"train tgan-small --fast", 2, "videogan: unknown flag: --fast ('videogan train --help' shows what there is)", "a flag that there is not"},
		{"train tgan --out " + out, 2, `videogan: invalid config: no experiment "tgan": there are tgan-small, tgan-moving-mnist, tgan-ucf101`, "an experiment that there is not"},
		{"train tgan-small --set train.stepz=3 --out " + out, 2, `videogan: --set train.stepz=3: invalid config: unknown key "train.stepz", did you mean "train.steps"?`, "a slip in a key"},
		{"train tgan-small --set data.frames=10 --out " + out, 2, "videogan: tgan-small: invalid config: data.frames = 10: the 3 hidden layers of gen.temporal double the length each: want a multiple of 8, or another number of gen.temporal.channels", "an impossible shape"},
		{"train tgan-small --config nowhere.toml --out " + out, 1, "videogan: read config: open nowhere.toml: no such file or directory", "no config file"},
		{"train tgan-ucf101 --out " + out, 2, "videogan: invalid config: data.root is empty: name the ucf101 data with --data", "no data"},
		{"train tgan-small --resume --out " + out, 1, "holds no run to resume: start one without --resume", "nothing to resume"},
		{"sample nothing-here", 1, "videogan: nothing-here is neither a run folder nor a .safetensors file: there is nothing of this name", "nothing to sample"},
		{"sample " + filepath.Dir(out), 1, "is no run folder: it has no config.toml", "a folder without a run"},
		{"sample pretrained:tgan-ucf101", 1, "videogan: no generator pretrained:tgan-ucf101: ", "no such committed generator"},
		{"sample x -n 0", 2, "videogan: -n 0: want 1 or more clips", "no clips"},
		{"report " + filepath.Dir(out), 1, "is no run folder: it has no config.toml", "nothing to report"},
		{"prepare movies --root a --out b", 2, `videogan: invalid argument "movies" for "videogan prepare"`, "a kind that there is not"},
		{"prepare folder --root a", 2, "videogan: --root and --out: name the folder of the videos and the folder to write", "no output folder"},
		{"prepare ucf101 --root nowhere --out " + out, 1, "no such file or directory", "no videos"},
		{"bench tgan-small --steps 0", 2, "videogan: bench: invalid config: 0 steps: want 1 or more", "nothing to measure"},
		{"bench decode nowhere.avi", 1, "nowhere.avi", "nothing to decode"},
	}
	for _, test := range tests {
		checkStatus(t, test.reason, videogan(t, strings.Fields(test.args)...), test.status, test.want)
		if _, err := os.Stat(out); err == nil {
			t.Fatalf("%s: the run folder was made", test.reason)
		}
	}
}

// writeClip encodes a clip that brightens, as a video file of any name.
func writeClip(t *testing.T, path string, frames int) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	clip := video.NewClip(frames, 24, 32, 25)
	for i := range clip.Pix {
		clip.Pix[i] = byte(i / (24 * 32 * 3) * 10)
	}
	coded := filepath.Join(t.TempDir(), "clip.mp4")
	if err := video.EncodeMP4(coded, clip); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(coded, path); err != nil {
		t.Fatal(err)
	}
}

func writeText(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Bad data are a one-line error before anything is written, or a counted skip.
func TestBadData(t *testing.T) {
	tests := []struct {
		reason, source string
		make           func(t *testing.T, root string)
		status         int
		want           string // in the error, or in the log of a run that goes on
		split          string // of UCF101; empty: all clips
	}{
		{"an empty folder", "folder", func(*testing.T, string) {}, 1, "no clips", ""},
		{"a class without clips", "folder", func(t *testing.T, root string) {
			writeClip(t, filepath.Join(root, "run/a.mp4"), 8)
			if err := os.Mkdir(filepath.Join(root, "walk"), 0o755); err != nil {
				t.Fatal(err)
			}
		}, 1, "class walk in", ""},
		{"one garbage file of three", "folder", func(t *testing.T, root string) {
			writeClip(t, filepath.Join(root, "a.mp4"), 8)
			writeClip(t, filepath.Join(root, "b.mp4"), 8)
			writeText(t, filepath.Join(root, "c.mp4"), strings.Repeat("garbage ", 1000))
		}, 0, `msg="clip skipped" clip=c.mp4`, ""},
		{"an empty file of three", "folder", func(t *testing.T, root string) {
			writeClip(t, filepath.Join(root, "a.mp4"), 8)
			writeClip(t, filepath.Join(root, "b.mp4"), 8)
			writeText(t, filepath.Join(root, "c.mp4"), "")
		}, 0, `msg="clip skipped" clip=c.mp4`, ""},
		{"only garbage", "folder", func(t *testing.T, root string) {
			writeText(t, filepath.Join(root, "a.mp4"), "garbage")
		}, 1, "a.mp4", ""},
		{"a clip shorter than the window", "folder", func(t *testing.T, root string) {
			writeClip(t, filepath.Join(root, "a.mp4"), 8)
			writeClip(t, filepath.Join(root, "short.mp4"), 3)
		}, 0, `msg="clip skipped" clip=short.mp4 reason="it has 3 frames, the window is 4`, ""},
		{"no file of UCF101's names", "ucf101", func(t *testing.T, root string) {
			writeClip(t, filepath.Join(root, "a.mp4"), 8)
		}, 1, "holds no clip called v_<Class>_gNN_cNN.avi", ""},
		{"a wrong split list", "ucf101", func(t *testing.T, root string) {
			writeClip(t, filepath.Join(root, "UCF-101/Archery/v_Archery_g01_c01.avi"), 8)
			writeText(t, filepath.Join(root, "ucfTrainTestlist/classInd.txt"), "1 Archery\r\n")
			writeText(t, filepath.Join(root, "ucfTrainTestlist/trainlist01.txt"), "what is this?\n")
		}, 1, "trainlist01.txt", "1"},
		{"a prepared folder that is damaged", "ucf101", func(t *testing.T, root string) {
			writeClip(t, filepath.Join(root, "videos/UCF-101/Archery/v_Archery_g01_c01.avi"), 8)
			succeed(t, "prepare", "ucf101", "--root", filepath.Join(root, "videos"), "--out", root, "--size", "16")
			shards, err := filepath.Glob(filepath.Join(root, "*.npy"))
			if err != nil || len(shards) == 0 {
				t.Fatalf("shards %v, %v", shards, err)
			}
			if err := os.Truncate(shards[0], 200); err != nil {
				t.Fatal(err)
			}
		}, 1, ".npy", ""},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			root, folder := t.TempDir(), experiments.Folder(filepath.Join(t.TempDir(), "run"))
			test.make(t, root)
			args := tinyArgs(folder, "data.source="+test.source, "train.steps=2", "train.sample_every=1000", "data.split="+cmp.Or(test.split, "0"), "data.root="+root)
			r := videogan(t, args...)
			if test.status != 0 {
				checkStatus(t, test.reason, r, test.status, test.want)
				if _, err := os.Stat(string(folder)); err == nil {
					t.Error("the run folder was made")
				}
				return
			}
			if r.status != 0 || !strings.Contains(r.errors, test.want) {
				t.Errorf("exit status %d; want 0 and %q in the log:\n%s", r.status, test.want, r.errors)
			}
		})
	}
}

// A run folder is never overwritten, and what does not fit is told before anything changes.
func TestBadResume(t *testing.T) {
	dir := t.TempDir()
	folder, other := experiments.Folder(filepath.Join(dir, "run")), experiments.Folder(filepath.Join(dir, "other"))
	succeed(t, tinyArgs(folder, "train.steps=3", "train.sample_every=1000")...)
	resume := func(settings ...string) []string {
		args := []string{"train", "tgan-small", "--out", string(folder), "--resume"}
		for _, setting := range settings {
			args = append(args, "--set", setting)
		}
		return args
	}
	checkStatus(t, "a folder that holds a run", videogan(t, tinyArgs(folder)...), 1,
		"already holds a run: go on with it by --resume, or choose another --out")
	checkStatus(t, "another setting", videogan(t, resume("gan.r1.gamma=2")...), 2,
		"invalid config: gan.r1.gamma was 0.5 and is now 2.0: a run goes on as it began (train.steps, train.minutes, data.root and eval.* may change); start another folder")
	checkStatus(t, "another experiment", videogan(t, "train", "tgan-ucf101", "--out", string(folder), "--resume"), 2,
		"it is a run of tgan-small, not of tgan-ucf101")
	succeed(t, resume("train.steps=4")...)

	succeed(t, tinyArgs(other, "train.steps=9", "dis.width=6", "train.sample_every=1000")...)
	if err := os.Rename(other.Checkpoint(9), folder.Checkpoint(9)); err != nil {
		t.Fatal(err)
	}
	checkStatus(t, "a checkpoint of another architecture", videogan(t, resume("train.steps=12")...), 1, "checkpoint of another architecture")
	for _, step := range []int{3, 4, 9} {
		if err := os.WriteFile(folder.Checkpoint(step), []byte("garbage"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	checkStatus(t, "nothing but garbage", videogan(t, resume("train.steps=12")...), 1, "none of 3 checkpoints in "+string(folder)+" is whole")
	checkStatus(t, "sampling garbage", videogan(t, "sample", folder.Checkpoint(3)), 1, "not a whole checkpoint")
}

func TestNotFinite(t *testing.T) {
	folder := experiments.Folder(filepath.Join(t.TempDir(), "run"))
	r := videogan(t, tinyArgs(folder, "gan.discriminator.lr=1e6", "train.steps=50", "train.checkpoint_every=1", "train.sample_every=1000")...)
	checkStatus(t, "a learning rate that blows D up", r, 1, "the largest gradient is that of ")
	for _, want := range []string{"step ", "the last good checkpoint is " + string(folder)} {
		if !strings.Contains(r.lastLine(), want) {
			t.Errorf("the error does not say %q: %s", want, r.lastLine())
		}
	}
}

func TestUnwritableOutput(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	writeText(t, file, "in the way")
	checkStatus(t, "a file in the way", videogan(t, tinyArgs(experiments.Folder(filepath.Join(file, "run")))...), 1, "not a directory")
}

// A disk that fills up ends the run with an error and leaves what was there whole.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	mount := "mount -t tmpfs -o size=1m none " + dir
	if out, err := exec.Command("unshare", "--map-root-user", "--mount", "sh", "-c", mount).CombinedOutput(); err != nil {
		t.Skipf("no file system of its own can be mounted here: %v %s", err, out)
	}
	folder := experiments.Folder(filepath.Join(dir, "run"))
	cmd, _, log := command(t)
	args := append([]string{"--map-root-user", "--mount", "sh", "-c", mount + ` && "$@"; status=$?; "$0" sample ` + string(folder) + ` --out ` + t.TempDir() + `; exit $status`, program, program},
		tinyArgs(folder, "train.steps=500", "train.checkpoint_every=1", "train.keep_newest=100000", "train.sample_every=1000000")...)
	full := exec.Command("unshare", args...)
	full.Env, full.Stdout, full.Stderr = cmd.Env, log, log
	_ = full.Run() // its status is looked at
	text := log.String()
	if full.ProcessState.ExitCode() != 1 || !strings.Contains(text, "no space left on device") {
		t.Errorf("exit status %d, want 1 and why:\n%s", full.ProcessState.ExitCode(), text)
	}
	if !strings.Contains(text, ".mp4") {
		t.Errorf("nothing could be sampled from what was written before:\n%s", text)
	}
}
