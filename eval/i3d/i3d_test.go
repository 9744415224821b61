package i3d

import (
	"encoding/json"
	"errors"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"

	"videogan/eval"
	"videogan/eval/weights"
	"videogan/nn"
	"videogan/nn/exec"
)

// parametersOf builds a network and returns its parameters.
func parametersOf(t *testing.T, n Network, frames int) *nn.Params {
	t.Helper()
	params := nn.NewParams(0)
	s := nn.NewScope(gorgonia.NewGraph(), params, nn.ScopeOptions{})
	if n.Build(s, s.Input("x", 1, 3, frames, n.Size, n.Size)); s.Err() != nil {
		t.Fatal(s.Err())
	}
	return params
}

// TestParameterCount counts I3D's numbers, apart from the network: 57 convolutions of k³·in·out with a scale and a shift a
// channel, and the last layer.
func TestParameterCount(t *testing.T) {
	unit := func(in, out, kernel int) int { return kernel*kernel*kernel*in*out + 2*out }
	want := unit(3, 64, 7) + unit(64, 64, 1) + unit(64, 192, 3) + 1024*400 + 400
	in, convolutions := 192, 3
	for _, b := range slices.Concat(blocks3, blocks4, blocks5) {
		want += unit(in, b.b0, 1) + unit(in, b.b1Reduce, 1) + unit(b.b1Reduce, b.b1, 3) + unit(in, b.b2Reduce, 1) + unit(b.b2Reduce, b.b2, 3) + unit(in, b.b3, 1)
		in = b.b0 + b.b1 + b.b2 + b.b3
		convolutions += 6
	}
	got := 0
	for _, p := range parametersOf(t, Default(), 16).Trainable("") {
		got += p.Value.DataSize()
	}
	// As the common port counts its 400-class network.
	const published = 12_697_264
	if got != want || got != published || in != pooled || convolutions != 57 {
		t.Errorf("%d parameters in %d convolutions, %d channels at the end; by the table %d, published %d", got, convolutions, in, want, published)
	}
}

// golden is what testdata/golden/reference.py printed.
type golden struct {
	Divide, Classes, Clips, Frames, Size int
	StemMean                             float64 `json:"stem_mean"`
	Features, Logits                     []float64
}

func readGolden(t *testing.T) golden {
	t.Helper()
	dir := "testdata/golden"
	if d := os.Getenv("GOLDEN_DIR"); d != "" {
		if _, err := os.Stat(filepath.Join(d, "i3d")); err == nil {
			dir = filepath.Join(d, "i3d")
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "network.json"))
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(text, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

// numbers is the sequence of reference.py.
func numbers(name string, n int) []float64 {
	list := make([]float64, n)
	state := crc32.ChecksumIEEE([]byte(name))
	for i := range list {
		state = state*1664525 + 1013904223
		list[i] = float64(state)/(1<<31) - 1
	}
	return list
}

// portName is the port's name of a parameter of ours.
func portName(name string) string {
	cut := strings.LastIndex(name, "/")
	layer, kind := strings.ReplaceAll(name[:cut], "/", "."), name[cut:]
	for _, e := range endings {
		if e[1] == kind {
			return layer + strings.ReplaceAll(e[0], "/", ".")
		}
	}
	return layer + kind
}

// portWeights are the arrays of reference.py, by the port's names and shapes.
func portWeights(t *testing.T, n Network, frames int) weights.Set {
	t.Helper()
	set := weights.Set{}
	for _, p := range parametersOf(t, n, frames).All() {
		name, shape := portName(p.Name), slices.Clone(p.Value.Shape())
		if name == "logits.conv3d.weight" {
			shape = append(shape, 1, 1, 1)
		}
		a := weights.NewArray(shape...)
		for i, v := range numbers(name, len(a.Values)) {
			switch {
			case strings.HasSuffix(name, "conv3d.weight"):
				v *= math.Sqrt(6 / float64(len(a.Values)/shape[0]))
			case strings.HasSuffix(name, "running_var"):
				v = 1 + v/4
			case strings.HasSuffix(name, "bn.weight"):
				v = 1 + v/2
			default:
				v /= 10
			}
			a.Values[i] = float32(v)
		}
		set[name] = a
	}
	return set
}

// TestNetwork holds the whole network, an eighth as wide, to PyTorch: weights through a file with the port's names, odd
// numbers of frames, all 57 convolutions.
func TestNetwork(t *testing.T) {
	g := readGolden(t)
	n := Network{Size: g.Size, Classes: g.Classes, Divide: g.Divide}
	path := filepath.Join(t.TempDir(), "i3d.safetensors")
	if err := weights.WriteSafetensors(path, portWeights(t, n, g.Frames), nil); err != nil {
		t.Fatal(err)
	}
	set, err := ReadWeights(path)
	if err != nil {
		t.Fatal(err)
	}
	if !Is(set) || Is(weights.Set{"conv1a/weight": weights.NewArray(1)}) {
		t.Error("I3D's weights are not told from C3D's")
	}
	dev, err := exec.NewDevice(exec.DeviceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	clips := make([]float32, g.Clips*3*g.Frames*g.Size*g.Size)
	for i, v := range numbers("clip", len(clips)) {
		clips[i] = float32(v)
	}
	shape := eval.Shape{Clips: g.Clips, Channels: 3, Frames: g.Frames, Height: g.Size, Width: g.Size}
	for _, test := range []struct {
		pooled bool
		want   []float64
	}{{true, g.Features}, {false, g.Logits}} {
		judge, err := New(dev, n, set, Options{Frames: g.Frames, Pooled: test.pooled})
		if err != nil {
			t.Fatal(err)
		}
		result, err := judge.Classify(t.Context(), clips, shape)
		if err != nil {
			t.Fatal(err)
		}
		if result.Features.Dims != judge.Protocol().FeatureDims || len(result.Features.Data) != len(test.want) {
			t.Fatalf("%d features of %d numbers, want %d", result.Features.Rows, result.Features.Dims, len(test.want))
		}
		for i, got := range result.Features.Data {
			if want := test.want[i]; math.Abs(float64(got)-want) > 1e-4*(1+math.Abs(want)) {
				t.Errorf("pooled %v: feature %d is %v, PyTorch has %v", test.pooled, i, got, want)
				break
			}
		}
		sum := 0.0
		for _, p := range result.Probabilities.Row(1) {
			sum += float64(p)
		}
		if math.Abs(sum-1) > 1e-5 {
			t.Errorf("probabilities sum to %v", sum)
		}
		shape.Frames = g.Frames - 1
		if _, err := judge.Classify(t.Context(), clips[:g.Clips*3*shape.Frames*g.Size*g.Size], shape); !errors.Is(err, eval.ErrShape) {
			t.Errorf("a clip that is too short: %v", err)
		}
		shape.Frames = g.Frames
		if err := judge.Close(); err != nil {
			t.Fatal(err)
		}
	}
	delete(set, "Mixed_4e/b2b/mean")
	if _, err := New(dev, n, set, Options{Frames: g.Frames}); !errors.Is(err, weights.ErrArchitecture) {
		t.Errorf("weights without a mean: %v", err)
	}
}

func TestBuildRefuses(t *testing.T) {
	tests := []struct {
		network Network
		frames  int
		reason  string
	}{
		{Default(), LeastFrames - 1, "the last pool needs two frames"},
		{Network{Size: 200, Classes: 400}, 16, "five halvings of the frame"},
		{Network{Size: 224, Classes: 1}, 16, "one class is none"},
		{Network{Size: 224, Classes: 400, Divide: 3}, 16, "24 channels in 3 parts, but 16 not"},
	}
	for _, test := range tests {
		s := nn.NewScope(gorgonia.NewGraph(), nn.NewParams(0), nn.ScopeOptions{})
		test.network.Build(s, s.Input("x", 1, 3, test.frames, test.network.Size, test.network.Size))
		if s.Err() == nil {
			t.Errorf("%+v with %d frames was built: %s", test.network, test.frames, test.reason)
		}
	}
	parametersOf(t, Network{Size: 32, Classes: 2, Divide: 8}, LeastFrames) // the smallest that is
}

func TestResize(t *testing.T) {
	tests := []struct {
		old, n int
		want   []float32
		reason string
	}{
		{2, 4, []float32{0, 0.5, 1, 1}, "pixel i lies at i·old/new, and the edge is repeated"},
		{4, 2, []float32{0, 2}, "shrinking takes pixels, without a filter"},
		{3, 3, []float32{0, 1, 2}, "the same size changes nothing"},
	}
	for _, test := range tests {
		for i, p := range taps(test.old, test.n) {
			if got := float32(p.low) + p.weight*float32(p.high-p.low); got != test.want[i] {
				t.Errorf("%d to %d: pixel %d lies at %v, want %v: %s", test.old, test.n, i, got, test.want[i], test.reason)
			}
		}
	}
	clip := []float32{-1, 0, 0, 1} // one grey frame of 2×2
	dst := make([]float32, 3*16)
	resize(dst, clip, eval.Shape{Clips: 1, Channels: 1, Frames: 1, Height: 2, Width: 2}, 4)
	want := []float32{-1, -0.5, 0, 0, -0.5, 0, 0.5, 0.5, 0, 0.5, 1, 1, 0, 0.5, 1, 1}
	for c := range 3 {
		if got := dst[c*16 : (c+1)*16]; !slices.Equal(got, want) {
			t.Errorf("channel %d: %v, want %v", c, got, want)
		}
	}
}
