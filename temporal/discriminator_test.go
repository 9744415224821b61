package temporal

import (
	"errors"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"videogan/nn"
)

// Parameter counts are those of the release's layers, at every resolution.
func TestDiscriminatorParameters(t *testing.T) {
	edit := func(f func(d *Discriminator)) Discriminator {
		d := DefaultDiscriminator()
		f(&d)
		return d
	}
	// Of an eighth of the width, which is enough to see what an option adds.
	narrow := func(f func(d *Discriminator)) Discriminator {
		return edit(func(d *Discriminator) { d.Width, d.MaxWidth = 8, 64; f(d) })
	}
	const narrowConvolutions = (3*8+8*16+16*32+32*64)*64 + 8 + 16 + 32 + 64 + 64*16 + 1
	const scales = 16 + 32 + 64
	for _, row := range []struct {
		reason string
		d      Discriminator
		want   int
		first  tensor.Shape // of the head's weight
	}{
		{"the release's: 11,031,489 in convolutions, 896 scales", DefaultDiscriminator(), 11_031_489 + 896, tensor.Shape{1, 512, 1, 4, 4}},
		{"with beta", narrow(func(d *Discriminator) { d.NoBeta = false }), narrowConvolutions + 2*scales, tensor.Shape{1, 64, 1, 4, 4}},
		{"no normalization", narrow(func(d *Discriminator) { d.BatchNorm = false }), narrowConvolutions, tensor.Shape{1, 64, 1, 4, 4}},
		{"no bias where a norm follows, as PyTorch ports have it", narrow(func(d *Discriminator) { d.BiasBeforeNorm = false }), narrowConvolutions, tensor.Shape{1, 64, 1, 4, 4}},
		{"32 frames, as VGAN: a head over 2 steps", narrow(func(d *Discriminator) { d.Frames = 32 }), narrowConvolutions + scales + 64*16, tensor.Shape{1, 64, 2, 4, 4}},
		{"VGAN's: 11,057,858", DefaultSceneDiscriminator(), 11_057_858, tensor.Shape{2, 512, 2, 4, 4}},
		{"128×128: one layer more, no wider", narrow(func(d *Discriminator) { d.Size = 128 }), narrowConvolutions + scales + 64*64*16 + 2*64, tensor.Shape{1, 64, 1, 4, 4}},
		{"32×32", edit(func(d *Discriminator) { d.Size = 32 }), 12352 + 524416 + 2097408 + 384 + 256*2*16 + 1, tensor.Shape{1, 256, 2, 4, 4}},
		{"16×16", edit(func(d *Discriminator) { d.Size = 16 }), 12352 + 524416 + 128 + 128*4*16 + 1, tensor.Shape{1, 128, 4, 4, 4}},
		{"tgan-small: 0.66 M", edit(func(d *Discriminator) {
			d.Channels, d.Frames, d.Size, d.Width, d.BatchNorm = 1, 8, 32, 32, false
		}), 32*64 + 32 + 64*32*64 + 64 + 128*64*64 + 128 + 128*16 + 1, tensor.Shape{1, 128, 1, 4, 4}},
		{"24 frames: 3 steps are left", edit(func(d *Discriminator) { d.Frames, d.Size = 24, 32 }), 12352 + 524416 + 2097408 + 384 + 256*3*16 + 1, tensor.Shape{1, 256, 3, 4, 4}},
	} {
		t.Run(row.reason, func(t *testing.T) {
			params := nn.NewParams(1)
			s := nn.NewScope(gorgonia.NewGraph(), params, nn.ScopeOptions{Training: true})
			scores := row.d.Build(s.In("dis"), s.Input("x", 2, row.d.Channels, row.d.Frames, row.d.Size, row.d.Size))
			if err := s.Err(); err != nil {
				t.Fatal(err)
			}
			if want := (tensor.Shape{2, row.first[0]}); !scores.Shape().Eq(want) {
				t.Errorf("scores are %v, want %v", scores.Shape(), want)
			}
			if got := params.Count("dis"); got != row.want {
				t.Errorf("%d parameters, want %d", got, row.want)
			}
			if head, _ := params.Get("dis/head/weight"); !head.Value.Shape().Eq(row.first) {
				t.Errorf("head %v, want %v", head.Value.Shape(), row.first)
			}
		})
	}
}

// Noise and spectral normalization are in the graph when they are asked for, the
// noise in training only.
func TestDiscriminatorOptions(t *testing.T) {
	d := DefaultDiscriminator()
	d.Channels, d.Frames, d.Size, d.Width, d.MaxWidth = 1, 4, 16, 4, 8
	d.Noise, d.SpectralNorm = 0.3, true
	count := func(training bool) (noise, vectors int) {
		params := nn.NewParams(1)
		s := nn.NewScope(gorgonia.NewGraph(), params, nn.ScopeOptions{Training: training, Random: &nn.RandomState{Seed: 1}})
		d.Build(s.In("dis"), s.Input("x", 2, 1, 4, 16, 16))
		if err := s.Err(); err != nil {
			t.Fatal(err)
		}
		for _, n := range s.Graph().AllNodes() {
			if _, ok := n.Op().(*nn.RandomOp); ok {
				noise++
			}
		}
		for _, p := range params.All() {
			if strings.HasSuffix(p.Name, "/weight_u") {
				vectors++
			}
		}
		return noise, vectors
	}
	if noise, vectors := count(true); noise != 2 || vectors != 3 {
		t.Errorf("training: %d noises and %d normalized weights, want 2 (one an activation) and 3", noise, vectors)
	}
	if noise, vectors := count(false); noise != 0 || vectors != 3 {
		t.Errorf("evaluation: %d noises and %d normalized weights, want 0 and 3", noise, vectors)
	}
}

func TestDiscriminatorReports(t *testing.T) {
	for _, row := range []struct {
		reason, want string
		edit         func(d *Discriminator)
		shape        bool
	}{
		{"a size that doubling from 4 does not reach", "size = 48", func(d *Discriminator) { d.Size = 48 }, true},
		{"a size without a layer", "size = 4", func(d *Discriminator) { d.Size = 4 }, true},
		{"frames that become odd", "frames = 20: the 4 layers of size 64 halve it to 5, which is odd: want 16 or another multiple of 16", func(d *Discriminator) { d.Frames = 20 }, true},
		{"no frames", "frames = 0", func(d *Discriminator) { d.Frames = 0 }, false},
		{"negative noise", "noise = -0.3", func(d *Discriminator) { d.Noise = -0.3 }, false},
		{"three logits", "logits = 3: want 1 or 2", func(d *Discriminator) { d.Logits = 3 }, false},
		{"no eps", "norm_eps = 0", func(d *Discriminator) { d.NormEps = 0 }, false},
		{"negative spread", "init_scale = -1", func(d *Discriminator) { d.InitScale = -1 }, false},
		{"a slope of the identity", "slope = 1", func(d *Discriminator) { d.Slope = 1 }, false},
		{"other clips", "input of shape (2, 3, 16, 64, 64), want [-1 1 16 64 64]", func(d *Discriminator) { d.Channels = 1 }, true},
	} {
		t.Run(row.reason, func(t *testing.T) {
			d := DefaultDiscriminator()
			row.edit(&d)
			s := nn.NewScope(gorgonia.NewGraph(), nn.NewParams(1), nn.ScopeOptions{})
			if d.Build(s.In("dis"), s.Input("x", 2, 3, 16, 64, 64)) != nil {
				t.Error("it was built")
			}
			err := s.Err()
			if err == nil || !strings.Contains(err.Error(), row.want) || errors.Is(err, nn.ErrShape) != row.shape {
				t.Errorf("error %v: want %q, about shapes: %v", err, row.want, row.shape)
			}
		})
	}
}

// The hidden layers are those that Build goes through, and each has its place in the figure.
func TestDiscriminatorHidden(t *testing.T) {
	d := DefaultDiscriminator()
	d.Width, d.MaxWidth = 8, 32
	params := nn.NewParams(1)
	s := nn.NewScope(gorgonia.NewGraph(), params, nn.ScopeOptions{})
	x := s.Input("x", 2, 3, 16, 64, 64)
	hidden := d.Hidden(s.In("dis"), x)
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	want := []tensor.Shape{{2, 8, 8, 32, 32}, {2, 16, 4, 16, 16}, {2, 32, 2, 8, 8}, {2, 32, 1, 4, 4}}
	if len(hidden) != len(want) {
		t.Fatalf("%d layers, want %d", len(hidden), len(want))
	}
	for i, h := range hidden {
		if !h.Shape().Eq(want[i]) {
			t.Errorf("layer %d is %v, want %v", i, h.Shape(), want[i])
		}
	}
	count := len(params.All())
	d.Build(s.In("dis"), x)
	if err := s.Err(); err != nil || len(params.All()) != count+2 {
		t.Errorf("Build adds %d parameters to those of the hidden layers, want the head's 2: %v", len(params.All())-count, err)
	}
	if other := d.Hidden(s.In("dis"), s.Input("y", 2, 1, 16, 64, 64)); other != nil || s.Err() == nil {
		t.Error("grey clips were taken for colour")
	}
}
