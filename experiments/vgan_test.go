package experiments

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"videogan/gan"
	"videogan/nn/exec"
)

// vgans are the experiments of VGAN and what their samples are composed of.
func vgans() map[string]string {
	return map[string]string{
		"vgan-small":       "output-foreground-mask-background",
		"vgan-ucf101":      "output-foreground-mask-background",
		"vgan-golf":        "output-foreground-mask-background",
		"vgan-onestream":   "output",
		"vgan-conditional": "output-foreground-mask-background-given",
	}
}

// shrunk is an experiment of VGAN on 8 frames of 16×16 of Moving MNIST.
func shrunk(t *testing.T, name string, steps int) (Experiment, *VGAN) {
	t.Helper()
	experiment, err := Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	c, ok := experiment.Default().(*VGAN)
	if !ok {
		t.Fatalf("%s is no VGAN", name)
	}
	c.Data = DefaultData()
	c.Data.Size, c.Data.Frames, c.Data.Digits, c.Data.DigitSize, c.Data.Workers = 16, 8, 1, 10, 1
	c.Gen.LatentSize, c.Gen.Width, c.Gen.MinWidth, c.Dis.Width, c.Dis.MaxWidth = 5, 8, 4, 4, 8
	c.Train = Training{Steps: steps, Batch: 3, CheckpointEvery: 2, KeepNewest: 2, LogEvery: 1, SampleEvery: 100, Samples: 2, Threads: 1}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	return experiment, c
}

// Every VGAN trains, goes on bit for bit after a stop, shows what its clips are composed of,
// and can be sampled and exported.
func TestVGANsFromTrainingToSamples(t *testing.T) {
	ctx := context.Background()
	for name, label := range vgans() {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			through, stopped := Folder(filepath.Join(dir, "through")), Folder(filepath.Join(dir, "stopped"))
			experiment, long := shrunk(t, name, 4)
			_, short := shrunk(t, name, 2)
			train := func(cfg Config, o TrainOptions) {
				if _, err := Train(ctx, experiment, cfg, o); err != nil {
					t.Fatal(err)
				}
			}
			train(long, TrainOptions{Folder: through})
			folders := []Folder{through}
			// The others share their networks with one of these two.
			if !testing.Short() && (name == "vgan-small" || name == "vgan-conditional") {
				train(short, TrainOptions{Folder: stopped})
				train(long, TrainOptions{Folder: stopped, Resume: true})
				want, got := timeless(t, through), timeless(t, stopped)
				if diff := cmp.Diff(want, got); diff != "" || len(want) != 4 {
					t.Errorf("%d steps; metrics of the run that was stopped (-through +stopped):\n%s", len(want), diff)
				}
				folders = append(folders, stopped)
			}
			for _, folder := range folders {
				for _, file := range []string{stepName(4), stepName(4) + "-raw"} {
					if label != outputName {
						file += "-" + label
					}
					if _, err := os.Stat(folder.samples(file + ".png")); err != nil {
						t.Error(err)
					}
				}
			}

			exported := filepath.Join(dir, "generator.safetensors")
			if step, err := Export(through, exported, gan.Float32, nil); err != nil || step != 4 {
				t.Fatalf("exported step %d: %v", step, err)
			}
			device, err := exec.NewDevice(exec.DeviceOptions{Threads: 1})
			if err != nil {
				t.Fatal(err)
			}
			defer device.Close()
			var samples []*Samples
			for _, from := range []string{string(through), exported} {
				g, err := OpenGenerator(from)
				if err != nil {
					t.Fatal(err)
				}
				s, err := g.SampleParts(device, 3, 0, 7)
				if err != nil {
					t.Fatal(err)
				}
				samples = append(samples, s)
			}
			if diff := cmp.Diff(samples[0], samples[1]); diff != "" {
				t.Errorf("the exported generator makes other clips:\n%s", diff)
			}
			if s := samples[0]; s.Label() != label || len(s.Clips) != 3*len(s.Names) || len(s.Outputs()) != 3 {
				t.Errorf("%d clips of %s, want 3 times %s", len(s.Clips), s.Label(), label)
			}
			if raw, err := SampleRaw(through, 2, 0, 7); err != nil || raw.Label() != label {
				t.Errorf("raw: %v", err)
			}
		})
	}
}

// timeless are a run's records without what was measured by the clock.
func timeless(t *testing.T, folder Folder) []Record {
	t.Helper()
	records, err := ReadMetrics(folder.Metrics())
	if err != nil {
		t.Fatal(err)
	}
	for i := range records {
		records[i] = slices.DeleteFunc(records[i], func(m Metric) bool { return strings.HasPrefix(m.Name, "time/") })
	}
	return records
}

// What is shown is what the clip is made of: an output pixel lies between foreground and
// background, at the background where the mask is black. A conditional clip's parts hold the
// frame that was given.
func TestPartsMakeTheOutput(t *testing.T) {
	experiment, cfg := shrunk(t, "vgan-conditional", 1)
	folder := Folder(filepath.Join(t.TempDir(), "run"))
	if _, err := Train(context.Background(), experiment, cfg, TrainOptions{Folder: folder}); err != nil {
		t.Fatal(err)
	}
	samples, err := SampleRaw(folder, 2, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for i := 0; i < len(samples.Clips); i += len(samples.Names) {
		output, foreground, mask, background, given := samples.Clips[i], samples.Clips[i+1], samples.Clips[i+2], samples.Clips[i+3], samples.Clips[i+4]
		for j := range output.Pix {
			f, m, b := int(foreground.Pix[j]), int(mask.Pix[j]), int(background.Pix[j])
			want := (m*f + (255-m)*b + 127) / 255
			if d := int(output.Pix[j]) - want; d < -2 || d > 2 {
				t.Fatalf("pixel %d of clip %d is %d from %d, %d and mask %d", j, i, output.Pix[j], f, b, m)
			}
		}
		first := given.Frame(0)
		for at := range given.Frames {
			if !slices.Equal(given.Frame(at), first) || !slices.Equal(background.Frame(at), background.Frame(0)) {
				t.Fatal("the given frame or the background moves")
			}
		}
		if slices.Max(first) == 255 {
			seen++
		}
	}
	if seen == 0 {
		t.Error("no digit in a given frame")
	}
}

func TestVGANReports(t *testing.T) {
	for _, row := range []struct{ set, want, reason string }{
		{"mask_penalty=-1", "mask_penalty = -1: want 0 (off) or more", "a reward for the foreground"},
		{"frame_penalty=-1", "frame_penalty = -1: want 0 (off) or more", "a reward for another first frame"},
		{"gan.frame.frames=2", "gan.frame.frames = 2: VGAN has no discriminator of frames", "there is none"},
		{"data.frames=12", "frames = 12", "the generator cannot double up to it"},
		{"gen.width=0", "width = 0", "the generator's own settings"},
		{"dis.logits=3", "logits = 3: want 1 or 2", "the discriminator's own settings"},
	} {
		cfg := DefaultVGAN()
		if err := Set(cfg, row.set); err != nil {
			t.Fatal(err)
		}
		if err := cfg.Validate(); !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: got %v, want an ErrConfig with %q", row.reason, err, row.want)
		}
	}
}
