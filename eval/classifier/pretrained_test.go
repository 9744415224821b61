package classifier

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"videogan/eval"
	"videogan/nn"
	"videogan/nn/exec"
)

// TestPretrained tests each classifier that is built in on digits that it was not trained on.
func TestPretrained(t *testing.T) {
	dev, err := exec.NewDevice(exec.DeviceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	if len(Pretrained()) == 0 {
		t.Error("none is built in")
	}
	for _, name := range Pretrained() {
		name = PretrainedPrefix + name
		card, err := ReadCard(name)
		if err != nil {
			t.Fatal(err)
		}
		judge, err := Open(dev, name, 20)
		if err != nil {
			t.Fatal(err)
		}
		defer judge.Close()
		data, err := OpenData(t.Context(), DataOptions{Root: MovingMNIST, Frames: card.Config.Network.Frames, Size: card.Config.Network.Size})
		if err != nil {
			t.Fatal(err)
		}
		defer data.Close()
		result, err := Test(t.Context(), judge, data.Test, TestOptions{Clips: 100, Seed: 2})
		if err != nil {
			t.Fatal(err)
		}
		if result.ClipAccuracy < 0.95 || card.Test.ClipAccuracy < 0.97 {
			t.Errorf("%s: accuracy %v of %d clips; the card says %v", name, result.ClipAccuracy, result.Clips, card.Test.ClipAccuracy)
		}
	}
	const mostBytes = 2 << 20
	total := 0
	err = fs.WalkDir(pretrainedFiles, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		total += int(info.Size())
		return err
	})
	if err != nil || total > mostBytes {
		t.Errorf("classifiers of %d bytes are built in, want at most %d: %v", total, mostBytes, err)
	}
}

func TestPretrainedUnknown(t *testing.T) {
	for _, name := range []string{"none", "", "../pretrained/mnist32", "mnist32/"} {
		if _, err := ReadCard(PretrainedPrefix + name); err == nil || !strings.Contains(err.Error(), "there are mnist32") {
			t.Errorf("pretrained:%s: %v, want what there is", name, err)
		}
	}
}

// TestLongerClips holds what is said of longer clips to their middle frames.
func TestLongerClips(t *testing.T) {
	dev, err := exec.NewDevice(exec.DeviceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	network := SmallC3D{Channels: 2, Frames: 3, Size: 8, Classes: 2, Width: 4, MaxWidth: 8}
	judge, err := newSmall(dev, nn.NewParams(1), nil, network, []string{"a", "b"}, Protocol{}, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer judge.Close()
	const long, first, plane = 6, 1, 64 // frames 1, 2 and 3 of 0 to 5 are in the middle, rounded down
	rng := nn.Stream(1, "clips")
	shape := eval.Shape{Clips: 3, Channels: 2, Frames: long, Height: 8, Width: 8}
	clips := make([]float32, 3*2*long*plane)
	for i := range clips {
		clips[i] = rng.Float32()*2 - 1
	}
	var middle []float32
	for i := 0; i < len(clips); i += long * plane {
		middle = append(middle, clips[i+first*plane:i+(first+3)*plane]...)
	}
	all, err := judge.Classify(t.Context(), clips, shape)
	if err != nil {
		t.Fatal(err)
	}
	shape.Frames = 3
	seen, err := judge.Classify(t.Context(), middle, shape)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(all.Features.Data, seen.Features.Data) || !slices.Equal(all.Probabilities.Data, seen.Probabilities.Data) {
		t.Error("of a longer clip other frames than the middle ones were seen")
	}
	shape.Frames = 2
	if _, err := judge.Classify(t.Context(), middle[:3*2*2*plane], shape); !errors.Is(err, eval.ErrShape) {
		t.Errorf("a shorter clip: %v", err)
	}
}
