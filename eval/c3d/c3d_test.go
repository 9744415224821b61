package c3d

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"gorgonia.org/gorgonia"

	"videogan/eval"
	"videogan/eval/weights"
	"videogan/nn"
	"videogan/nn/exec"
)

// narrow is C3D with few channels.
func narrow() Network { return Network{Size: 112, Width: 1, Hidden: 6, Classes: 3} }

// randomWeights are those of a narrow C3D, by our names.
func randomWeights(t *testing.T, n Network) weights.Set {
	t.Helper()
	params := nn.NewParams(1)
	s := nn.NewScope(gorgonia.NewGraph(), params, nn.ScopeOptions{})
	if n.Build(s, s.Input("x", 1, 3, Frames, n.Size, n.Size)); s.Err() != nil {
		t.Fatal(s.Err())
	}
	rng := nn.Stream(2, "weights")
	for _, p := range params.All() {
		fanIn := p.Value.DataSize() / p.Value.Shape()[0]
		for i := range p.Value.Float32s() {
			p.Value.Float32s()[i] = float32(rng.NormFloat64() / math.Sqrt(float64(fanIn)))
		}
	}
	return weights.FromParams(params)
}

// split is the layer and the kind of an array.
func split(name string) (layer, kind string) {
	layer, kind = filepath.Split(name)
	return layer[:len(layer)-1], kind
}

func floatsOf(values []float32) []byte {
	var data []byte
	for _, v := range values {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
	}
	return data
}

func bytesField(data []byte, number protowire.Number, value []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(data, number, protowire.BytesType), value)
}

// caffeBlob writes a blob as C3D-v1.0, or as every other Caffe.
func caffeBlob(a weights.Array, old bool) []byte {
	var blob []byte
	if !old {
		var dims []byte
		for _, n := range a.Shape {
			dims = protowire.AppendVarint(dims, uint64(n))
		}
		blob = bytesField(blob, 7, bytesField(nil, 1, dims))
		return bytesField(blob, 5, floatsOf(a.Values))
	}
	sizes := slices.Clone(a.Shape)
	for len(sizes) < 5 {
		sizes = append([]int{1}, sizes...)
	}
	for i, n := range sizes {
		blob = protowire.AppendVarint(protowire.AppendTag(blob, protowire.Number(i+1), protowire.VarintType), uint64(n))
	}
	blob = bytesField(blob, 6, floatsOf(a.Values))
	return bytesField(blob, 7, floatsOf(make([]float32, len(a.Values)))) // diff
}

// writeCaffe writes a set as a .caffemodel.
func writeCaffe(t *testing.T, path string, set weights.Set, old bool) {
	t.Helper()
	layerField, nameField, blobField := protowire.Number(100), protowire.Number(1), protowire.Number(7)
	if old {
		layerField, nameField, blobField = 2, 4, 6
	}
	net := bytesField(nil, 1, []byte("DeepConv3DNet"))
	for _, name := range set.Names() {
		layer, kind := split(name)
		if kind != "weight" {
			continue
		}
		called := layer
		if layer == "fc8" {
			called = "fc8-1" // as fine-tuning calls it
		}
		message := bytesField(nil, nameField, []byte(called))
		message = bytesField(message, blobField, caffeBlob(set[name], old))
		message = bytesField(message, blobField, caffeBlob(set[layer+"/bias"], old))
		net = bytesField(net, layerField, message)
	}
	if err := os.WriteFile(path, net, 0o600); err != nil {
		t.Fatal(err)
	}
}

// writeChainer writes a set as Chainer does: an archive of .npy files with float32 in C order.
func writeChainer(t *testing.T, path string, set weights.Set) {
	t.Helper()
	var file bytes.Buffer
	archive := zip.NewWriter(&file)
	for _, name := range set.Names() {
		layer, kind := split(name)
		w, err := archive.Create(layer + "/" + map[string]string{"weight": "W", "bias": "b"}[kind] + ".npy")
		if err != nil {
			t.Fatal(err)
		}
		shape := ""
		for _, n := range set[name].Shape {
			shape += strconv.Itoa(n) + ", "
		}
		header := "{'descr': '<f4', 'fortran_order': False, 'shape': (" + shape + "), }"
		npy := binary.LittleEndian.AppendUint16([]byte("\x93NUMPY\x01\x00"), uint16(len(header)+1))
		npy = append(append(npy, header+"\n"...), floatsOf(set[name].Values)...)
		if _, err := w.Write(npy); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestPublishedFormats writes a narrow C3D in each format, and holds what comes out of it after reading to the outputs of
// the weights themselves.
func TestPublishedFormats(t *testing.T) {
	n := narrow()
	set := randomWeights(t, n)
	dir := t.TempDir()
	pytorch := weights.Set{}
	for name, a := range set {
		layer, kind := split(name)
		if layer == "conv1a" || layer == "conv2a" {
			layer = layer[:len(layer)-1]
		}
		pytorch[layer+"."+kind] = a
	}
	writeCaffe(t, filepath.Join(dir, "v10"), set, true)
	writeCaffe(t, filepath.Join(dir, "v11.caffemodel"), set, false)
	writeChainer(t, filepath.Join(dir, "chainer.npz"), set)
	for name, s := range map[string]weights.Set{"pytorch.safetensors": pytorch, "ours.safetensors": set} {
		if err := weights.WriteSafetensors(filepath.Join(dir, name), s, nil); err != nil {
			t.Fatal(err)
		}
	}
	dev, err := exec.NewDevice(exec.DeviceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	mean := make(Mean, 3*Frames*meanHeight*meanWidth)
	shape := eval.Shape{Clips: 1, Channels: 1, Frames: Frames, Height: 8, Width: 8}
	clips := make([]float32, Frames*64)
	rng := nn.Stream(3, "clips")
	for i := range clips {
		clips[i] = rng.Float32()*2 - 1
	}
	outputs := func(set weights.Set) []float32 {
		judge, err := New(dev, n, set, mean, Options{Batch: 1})
		if err != nil {
			t.Fatal(err)
		}
		defer judge.Close()
		result, err := judge.Classify(t.Context(), clips, shape)
		if err != nil {
			t.Fatal(err)
		}
		return append(result.Features.Data, result.Probabilities.Data...)
	}
	want := outputs(set)
	if slices.Max(want[:6]) == 0 {
		t.Fatal("no feature is active: the comparison would say nothing")
	}
	for _, name := range []string{"v10", "v11.caffemodel", "chainer.npz", "pytorch.safetensors", "ours.safetensors"} {
		read, err := ReadWeights(filepath.Join(dir, name))
		if err != nil {
			t.Error(err)
			continue
		}
		if got := outputs(read); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	if _, err := New(dev, Network{Size: 112, Width: 2, Hidden: 6, Classes: 3}, set, mean, Options{}); !errors.Is(err, weights.ErrArchitecture) {
		t.Errorf("weights of a narrower network: %v", err)
	}
}

func TestParameters(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a GiB")
	}
	params := nn.NewParams(0)
	s := nn.NewScope(gorgonia.NewGraph(), params, nn.ScopeOptions{})
	n := Default()
	features, logits := n.Build(s, s.Input("x", 2, 3, Frames, 112, 112))
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	// The sum over Table 1 of the paper's supplement with 101 classes: 78.4 million.
	if got := params.Count(""); got != 78_409_573 {
		t.Errorf("%d parameters, want 78,409,573", got)
	}
	if features.Shape()[1] != 4096 || logits.Shape()[1] != 101 {
		t.Errorf("features %v, logits %v", features.Shape(), logits.Shape())
	}
}

func TestDropoutMode(t *testing.T) {
	dev, err := exec.NewDevice(exec.DeviceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	n := narrow()
	n.Hidden = 32
	set, mean := randomWeights(t, n), make(Mean, 3*Frames*meanHeight*meanWidth)
	shape := eval.Shape{Clips: 1, Channels: 3, Frames: Frames, Height: 16, Width: 16}
	clips := slices.Repeat([]float32{0.5}, 3*Frames*256)
	judge, err := New(dev, n, set, mean, Options{Dropout: true, Batch: 1})
	if err != nil {
		t.Fatal(err)
	}
	first, err := judge.Classify(t.Context(), clips, shape)
	if err != nil {
		t.Fatal(err)
	}
	second, err := judge.Classify(t.Context(), clips, shape)
	if err != nil {
		t.Fatal(err)
	}
	if slices.Equal(first.Probabilities.Data, second.Probabilities.Data) {
		t.Error("two batches with dropout gave the same probabilities")
	}
	if mode := judge.Protocol().Mode; mode != "dropout (seed 0)" {
		t.Errorf("mode %q", mode)
	}
	if _, err := judge.Classify(t.Context(), clips[:3*8*256], eval.Shape{Clips: 1, Channels: 3, Frames: 8, Height: 16, Width: 16}); !errors.Is(err, eval.ErrShape) {
		t.Errorf("eight frames: %v", err)
	}
}

// TestCubic holds the filter to PyTorch 1.13's, which has OpenCV's a and positions: interpolate of [0 1 4 9] to 8 with
// mode bicubic.
func TestCubic(t *testing.T) {
	pixels := []float32{0, 1, 4, 9}
	want := []float32{-0.10546875, 0.12109375, 0.45703125, 1.609375, 2.828125, 5.44921875, 7.97265625, 9.52734375}
	for i, c := range cubic(4, 8) {
		sum := float32(0)
		for _, w := range c.weight {
			sum += w
		}
		if got := TGAN2017.sum(c, pixels, 1, false); math.Abs(float64(got-want[i])) > 1e-5 || math.Abs(float64(sum-1)) > 1e-6 {
			t.Errorf("pixel %d is %v, want %v; weights sum to %v", i, got, want[i], sum)
		}
	}
}

func TestAligned(t *testing.T) {
	tests := []struct {
		old, n int
		want   []float32
		reason string
	}{
		{3, 5, []float32{0, 0.5, 1, 1.5, 2}, "first and last stay"},
		{5, 3, []float32{0, 2, 4}, "shrinking takes every other"},
		{1, 2, []float32{0, 0}, "a single pixel is repeated"},
	}
	for _, test := range tests {
		pixels := []float32{0, 1, 2, 3, 4}
		for i, c := range aligned(test.old, test.n) {
			if got := TGAN2020.sum(c, pixels, 1, false); got != test.want[i] {
				t.Errorf("%d to %d: pixel %d is %v, want %v: %s", test.old, test.n, i, got, test.want[i], test.reason)
			}
		}
	}
}

// TestPreprocess: of a constant clip the filters change nothing, so that what is subtracted shows which part of the mean
// was taken, and in which order the colours come.
func TestPreprocess(t *testing.T) {
	mean := make(Mean, 3*Frames*meanHeight*meanWidth)
	for c := range 3 {
		for f := range Frames {
			for y := range meanHeight {
				for x := range meanWidth {
					mean[((c*Frames+f)*meanHeight+y)*meanWidth+x] = float32(1000*y + x)
				}
			}
		}
	}
	shape := eval.Shape{Clips: 1, Channels: 3, Frames: Frames, Height: 20, Width: 30}
	clip := make([]float32, 3*Frames*600)
	for i := range clip {
		clip[i] = []float32{-1, 0, 1.5}[i/(Frames*600)]
	}
	tests := []struct {
		p      Preprocess
		blue   float32
		column float32
		reason string
	}{
		{TGAN2017, 1.5*128 + 128, 29, "columns 21:149, then 8:120; not clamped"},
		{TGAN2020, 256, 8, "columns 8:120; clamped to 1"},
	}
	for _, test := range tests {
		dst := make([]float32, 3*Frames*seen*seen)
		test.p.apply(dst, clip, shape, mean)
		first, last := test.blue-(8000+test.column), float32(0)-(119000+test.column+111)
		if math.Abs(float64(dst[0]-first)) > 0.01 || math.Abs(float64(dst[len(dst)-1]-last)) > 0.01 {
			t.Errorf("%v: first %v, last %v, want %v, %v: %s", test.p, dst[0], dst[len(dst)-1], first, last, test.reason)
		}
	}
}

// TestPublishedMean checks the real mean2.npz, which C3D_MEAN names.
func TestPublishedMean(t *testing.T) {
	path := os.Getenv("C3D_MEAN")
	if path == "" {
		t.Skip("C3D_MEAN names no mean2.npz")
	}
	mean, err := ReadMean(path)
	if err != nil {
		t.Fatal(err)
	}
	near := func(what string, got, want float64) {
		if math.Abs(got-want) > 1e-3 {
			t.Errorf("%s %v, want %v", what, got, want)
		}
	}
	near("least", float64(slices.Min(mean)), 44.5809)
	near("largest", float64(slices.Max(mean)), 118.3693)
	for c, want := range []float64{90.2516, 97.6570, 101.4083} {
		sum := 0.0
		channel := mean[c*len(mean)/3 : (c+1)*len(mean)/3]
		for _, v := range channel {
			sum += float64(v)
		}
		near("mean of a channel", sum/float64(len(channel)), want)
	}
}
