package transfer

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"

	"videogan/eval"
	"videogan/gan"
	"videogan/nn"
	"videogan/nn/exec"
	"videogan/temporal"
)

// kinds are discriminators of every kind that a run may leave: what differs between training and evaluation differs.
var kinds = map[string]func(d *temporal.Discriminator){
	"plain":    func(*temporal.Discriminator) {},
	"norm":     func(d *temporal.Discriminator) { d.BatchNorm = true },
	"spectral": func(d *temporal.Discriminator) { d.SpectralNorm = true },
	"noise":    func(d *temporal.Discriminator) { d.BatchNorm, d.NoBeta, d.Noise = true, true, 0.1 },
}

// newNetwork is a small discriminator of grey clips of 4 frames of 16×16, "trained" by another seed.
func newNetwork(t testing.TB, kind string) *Network {
	t.Helper()
	d := temporal.DefaultDiscriminator()
	d.Channels, d.Frames, d.Size, d.Width, d.MaxWidth = 1, 4, 16, 6, 8
	d.BatchNorm, d.NoBeta, d.InitGain = false, false, 1.414
	kinds[kind](&d)
	n := &Network{Model: kind, Run: kind + "-seed1", Checkpoint: "checkpoint of " + kind, Steps: 7,
		Shape:    gan.ClipShape{Channels: 1, Frames: 4, Height: 16, Width: 16},
		Networks: gan.Networks{Discriminator: d.Build, Hidden: d.Hidden}}
	var err error
	if n.Params, err = gan.NewDiscriminator(n.Networks, n.Shape, 99); err != nil {
		t.Fatal(err)
	}
	return n
}

// openDevice has a single thread: threads of small networks stand still on a busy machine.
func openDevice(t testing.TB) *exec.Device {
	t.Helper()
	dev, err := exec.NewDevice(exec.DeviceOptions{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = dev.Close() })
	return dev
}

// The hidden layers begin as the run left them, or at random by the seed; the GAN's own head has no place.
func TestNewParams(t *testing.T) {
	for kind := range kinds {
		n := newNetwork(t, kind)
		trained, err := n.newParams(1, true)
		if err != nil {
			t.Fatal(err)
		}
		random, err := n.newParams(1, false)
		if err != nil {
			t.Fatal(err)
		}
		again, err := n.newParams(1, false)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := trained.Get("dis/head/weight"); ok {
			t.Errorf("%s: the head of the GAN is kept", kind)
		}
		differ := false
		for i, p := range trained.All() {
			left, _ := n.Params.Get(p.Name)
			if !slices.Equal(p.Value.Float32s(), left.Value.Float32s()) {
				t.Errorf("%s: %s is not the run's", kind, p.Name)
			}
			r := random.All()[i].Value.Float32s()
			differ = differ || !slices.Equal(p.Value.Float32s(), r)
			if !slices.Equal(r, again.All()[i].Value.Float32s()) {
				t.Errorf("%s: %s of one seed is not the same twice", kind, p.Name)
			}
		}
		if !differ {
			t.Errorf("%s: random weights are the run's", kind)
		}
	}
	n := newNetwork(t, "plain")
	n.Params = nn.NewParams(0)
	if _, err := n.newParams(1, true); !errors.Is(err, gan.ErrArchitecture) {
		t.Errorf("a checkpoint without the layers: %v", err)
	}
}

// Two architectures that begin otherwise have two names; the run's weights do not count.
func TestArchitecture(t *testing.T) {
	names := map[string]string{}
	for kind := range kinds {
		n := newNetwork(t, kind)
		name, err := n.architecture()
		if err != nil {
			t.Fatal(err)
		}
		n.Params = nil
		if again, err := n.architecture(); err != nil || again != name {
			t.Errorf("%s: %s, then %s: %v", kind, name, again, err)
		}
		if other, taken := names[name]; taken && kind != other {
			t.Errorf("%s and %s are one architecture", kind, other)
		}
		names[name] = kind
	}
}

func TestLayers(t *testing.T) {
	n := newNetwork(t, "plain")
	for _, row := range []struct {
		name string
		want int
		ok   bool
	}{{LastLayer, 1, true}, {"c0", 0, true}, {"c1", 1, true}, {"c2", 0, false}, {"head", 0, false}} {
		at, err := n.layer(row.name)
		if (err == nil) != row.ok || at != row.want || err != nil && !errors.Is(err, ErrConfig) {
			t.Errorf("layer %s is %d: %v", row.name, at, err)
		}
	}
	for layer, want := range [][]int{{2, 6, 1, 4, 4}, {2, 8, 1, 4, 4}} { // c0 has 2×8×8 before it is pooled
		s := nn.NewScope(gorgonia.NewGraph(), nn.NewParams(1), nn.ScopeOptions{})
		h := n.features(s, s.Input("clips", n.input(2)...), layer)
		if err := s.Err(); err != nil || !slices.Equal(h.Shape(), want) {
			t.Errorf("features of layer %d are %v, want %v: %v", layer, h.Shape(), want, err)
		}
	}
}

// A channel is dropped as a whole in training and the others stay; in evaluation all are scaled.
func TestDropChannels(t *testing.T) {
	const batch, channels, positions = 40, 6, 8
	values := make([]float32, batch*channels*positions)
	for i := range values {
		values[i] = 1 + float32(i%positions)
	}
	dropped := func(training bool, p float64) []float32 {
		dev := openDevice(t)
		s := nn.NewScope(gorgonia.NewGraph(), nil, nn.ScopeOptions{Training: training, Random: &nn.RandomState{Seed: 3}})
		x := s.Input("x", batch, channels, 2, 2, 2)
		y := dropChannels(s, x, p)
		program, err := exec.Compile(dev, s, y)
		if err != nil {
			t.Fatal(err)
		}
		copy(program.Data(x), values)
		if err := program.RunAll(); err != nil {
			t.Fatal(err)
		}
		return slices.Clone(program.Data(y))
	}
	near := func(a, b float32) bool { return math.Abs(float64(a-b)) < 1e-5 }
	const p = 0.25
	gone := 0
	y := dropped(true, p)
	for first := 0; first < len(y); first += positions {
		if y[first] == 0 {
			gone++
		}
		for i := first; i < first+positions; i++ {
			if want := values[i]; (y[first] == 0) != (y[i] == 0) || y[i] != 0 && !near(y[i], want) {
				t.Fatalf("value %d is %v, want all of its channel 0 or as they were, %v", i, y[i], want)
			}
		}
	}
	if share := float64(gone) / (batch * channels); math.Abs(share-p) > 0.09 { // three standard deviations
		t.Errorf("%v of the channels are dropped, want %v", share, p)
	}
	for i, v := range dropped(false, p) {
		if !near(v, values[i]*(1-p)) {
			t.Fatalf("in evaluation value %d is %v, want %v", i, v, values[i]*(1-p))
		}
	}
	if got := dropped(true, 0); !slices.Equal(got, values) {
		t.Error("without dropout something changed")
	}
}

// Frozen layers with running statistics take them from the clips; layers without stay as they are.
func TestSettle(t *testing.T) {
	dev := openDevice(t)
	for kind := range kinds {
		n := newNetwork(t, kind)
		params, err := n.newParams(1, true)
		if err != nil {
			t.Fatal(err)
		}
		before := map[string][]float32{}
		for _, p := range params.All() {
			before[p.Name] = slices.Clone(p.Value.Float32s())
		}
		if err := settle(t.Context(), dev, n, params, newClips(n, newBars(12, 4)), 60, 8, 1); err != nil {
			t.Fatal(err)
		}
		for _, p := range params.All() {
			if changed := !slices.Equal(before[p.Name], p.Value.Float32s()); changed == p.Trainable {
				t.Errorf("%s: %s changed: %v", kind, p.Name, changed)
			}
		}
		if kind != "norm" {
			continue
		}
		// With settled statistics the normalized layer has mean β = 0 and variance γ² = 1 before its activation: after
		// LeakyReLU 0.2 a mean of (1 - 0.2)/√(2π) = 0.32 were it normal. Unsettled statistics are far from that.
		e, err := newExtractor(dev, n, params, 1, 8)
		if err != nil {
			t.Fatal(err)
		}
		f, err := e.extract(t.Context(), newClips(n, newBars(12, 4)), 3)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for _, v := range f.Data {
			sum += float64(v)
		}
		if mean := sum / float64(len(f.Data)); mean < 0.2 || mean > 0.45 {
			t.Errorf("features have the mean %v, want about 0.32", mean)
		}
	}
}

func TestStandardize(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	make2 := func(rows int) *features {
		f := &features{Features: eval.Features{Rows: rows, Dims: 6, Data: make([]float32, rows*6)}, sizes: []int{2, 1, 1, 3}, windows: 1}
		for i := range f.Data {
			f.Data[i] = 5 // the second channel does not vary
			if i%6 < 3 {
				f.Data[i] = float32(7 + 3*rng.NormFloat64())
			}
		}
		return f
	}
	train, test := make2(50), make2(20)
	raw := slices.Clone(test.Data)
	scale := func() (mean, deviation float64) {
		n := 0.0
		for row := range train.Rows {
			for _, v := range train.Row(row)[:3] {
				mean, deviation, n = mean+float64(v), deviation+float64(v)*float64(v), n+1
			}
		}
		mean /= n
		return mean, math.Sqrt(deviation/n - mean*mean)
	}
	mean, deviation := scale()
	standardize(train, test)
	if m, d := scale(); math.Abs(m) > 1e-5 || math.Abs(d-1) > 1e-5 {
		t.Errorf("mean %v, deviation %v", m, d)
	}
	for i, v := range test.Data {
		want := (float64(raw[i]) - mean) / deviation
		if i%6 >= 3 {
			want = 0
		}
		if math.Abs(float64(v)-want) > 1e-4 {
			t.Fatalf("test value %d is %v, want %v by the training windows", i, v, want)
		}
	}
}

// What no memory holds is refused before it is asked for.
func TestFeaturesTooMany(t *testing.T) {
	n := newNetwork(t, "plain")
	params, err := n.newParams(1, true)
	if err != nil {
		t.Fatal(err)
	}
	e, err := newExtractor(openDevice(t), n, params, 1, 4)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.extract(t.Context(), newClips(n, newBars(12, 4)), 1<<30); !errors.Is(err, ErrConfig) {
		t.Errorf("%v", err)
	}
	if _, err := NewData(1, endless()); !errors.Is(err, ErrConfig) {
		t.Errorf("clips without end: %v", err)
	}
}
