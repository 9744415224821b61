package temporal

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
	"pgregory.net/rapid"

	"videogan/nn"
)

// Parameter counts are those of the release: static stream 3,577,667, video stream
// with both heads 12,667,716.
func TestSceneGeneratorParameters(t *testing.T) {
	const background, video, maskHead = 3_577_667, 12_667_716, 64*64 + 1
	for _, row := range []struct {
		reason            string
		oneStream         bool
		video, background int
	}{
		{"two streams: 16,245,383", false, video, background},
		{"one stream: 12.66 M, without the mask's head", true, video - maskHead, 0},
	} {
		g := DefaultSceneGenerator()
		g.OneStream = row.oneStream
		params := nn.NewParams(1)
		s := nn.NewScope(gorgonia.NewGraph(), params, nn.ScopeOptions{Training: true})
		scene := g.Build(s.In("gen"), s.Input("z", 2, 100))
		if err := s.Err(); err != nil {
			t.Fatal(err)
		}
		if want := (tensor.Shape{2, 3, 32, 64, 64}); !scene.Clip.Shape().Eq(want) {
			t.Errorf("%s: clips are %v, want %v", row.reason, scene.Clip.Shape(), want)
		}
		if v, b := params.Count("gen/video"), params.Count("gen/background"); v != row.video || b != row.background || params.Count("gen") != v+b {
			t.Errorf("%s: %d + %d parameters, want %d + %d", row.reason, v, b, row.video, row.background)
		}
	}
}

// The conditional generator of the release: its static stream begins with the image, its
// video stream with a layer of 2×1×1.
func TestSceneGeneratorFromImage(t *testing.T) {
	g := DefaultSceneGenerator()
	g.Width, g.MinWidth = 32, 4
	params := nn.NewParams(1)
	s := nn.NewScope(gorgonia.NewGraph(), params, nn.ScopeOptions{Training: true})
	scene := g.BuildFrom(s.In("gen"), s.Input("image", 2, 32, 4, 4))
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	if want := (tensor.Shape{2, 3, 32, 64, 64}); !scene.Clip.Shape().Eq(want) {
		t.Errorf("clips are %v, want %v", scene.Clip.Shape(), want)
	}
	if first, _ := params.Get("gen/video/dc0/weight"); !first.Value.Shape().Eq(tensor.Shape{32, 32, 2, 1, 1}) {
		t.Errorf("first layer %v", first.Value.Shape())
	}
	if _, ok := params.Get("gen/background/dc0/weight"); ok {
		t.Error("the background has a first layer of its own")
	}
	s = nn.NewScope(gorgonia.NewGraph(), nn.NewParams(1), nn.ScopeOptions{})
	if g.BuildFrom(s, s.Input("image", 2, 16, 4, 4)); !errors.Is(s.Err(), nn.ErrShape) {
		t.Errorf("an image of other channels: %v", s.Err())
	}
}

// Every size and length is reached, with the parts in their shapes, and the
// discriminator takes it.
func TestSceneShapes(t *testing.T) {
	for _, size := range []int{8, 16, 32, 64, 128} {
		for _, frames := range []int{1, 2, 8, 16, 32} {
			for _, channels := range []int{1, 3} {
				t.Run(fmt.Sprintf("%d×%d×%d×%d", channels, frames, size, size), func(t *testing.T) {
					g, d := DefaultSceneGenerator(), DefaultSceneDiscriminator()
					g.Channels, g.Frames, g.Size, g.Width, g.MinWidth = channels, frames, size, 8, 2
					d.Channels, d.Frames, d.Size, d.Width, d.MaxWidth = channels, frames, size, 2, 8
					s := nn.NewScope(gorgonia.NewGraph(), nn.NewParams(1), nn.ScopeOptions{Training: true})
					scene := g.Build(s.In("gen"), s.Input("z", 2, 100))
					scores := d.Build(s.In("dis"), scene.Clip)
					if err := s.Err(); err != nil {
						t.Fatal(err)
					}
					for _, part := range []struct {
						name string
						node *nn.Node
						want tensor.Shape
					}{
						{"clip", scene.Clip, tensor.Shape{2, channels, frames, size, size}},
						{"foreground", scene.Foreground, tensor.Shape{2, channels, frames, size, size}},
						{"mask", scene.Mask, tensor.Shape{2, 1, frames, size, size}},
						{"background", scene.Background, tensor.Shape{2, channels, 1, size, size}},
						{"scores", scores, tensor.Shape{2, 2}},
					} {
						if !part.node.Shape().Eq(part.want) {
							t.Errorf("%s is %v, want %v", part.name, part.node.Shape(), part.want)
						}
					}
				})
			}
		}
	}
}

// tinyScene is a generator that the reference implementations run at once.
func tinyScene() SceneGenerator {
	g := DefaultSceneGenerator()
	g.LatentSize, g.Channels, g.Frames, g.Size, g.Width, g.MinWidth = 3, 2, 4, 16, 4, 2
	g.InitNormal, g.InitScale = 0.5, 0.5
	return g
}

// The clip is m⊙f + (1-m)⊙b, so that each of its values lies between foreground
// and background, and the heads are in their ranges.
func TestSceneLiesBetweenItsParts(t *testing.T) {
	g := tinyScene()
	params := nn.NewParams(1)
	const n, pixels = 2, 16 * 16
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float32Range(-3, 3), n*g.LatentSize, n*g.LatentSize).Draw(t, "z")
		s := nn.NewScope(gorgonia.NewGraph(), params, nn.ScopeOptions{})
		z := s.Input("z", n, g.LatentSize)
		scene := g.Build(s.In("gen"), z)
		if err := errors.Join(s.Err(), gorgonia.Let(z, tensor.New(tensor.WithShape(n, g.LatentSize), tensor.WithBacking(values)))); err != nil {
			t.Fatal(err)
		}
		out, err := nn.Evaluate(scene.Clip, scene.Foreground, scene.Mask, scene.Background)
		if err != nil {
			t.Fatal(err)
		}
		x, f, m, b := out[0].Float32s(), out[1].Float32s(), out[2].Float32s(), out[3].Float32s()
		for i, v := range x {
			clip, channel, frame, at := i/(g.Channels*g.Frames*pixels), i/(g.Frames*pixels)%g.Channels, i/pixels%g.Frames, i%pixels
			mask, still := m[(clip*g.Frames+frame)*pixels+at], b[(clip*g.Channels+channel)*pixels+at]
			if mask < 0 || mask > 1 || f[i] < -1 || f[i] > 1 || still < -1 || still > 1 {
				t.Fatalf("foreground %v, mask %v, background %v", f[i], mask, still)
			}
			const rounding = 1e-6
			if v < min(f[i], still)-rounding || v > max(f[i], still)+rounding {
				t.Fatalf("%v is not between %v and %v", v, f[i], still)
			}
			if want := mask*f[i] + (1-mask)*still; math.Abs(float64(v-want)) > rounding {
				t.Fatalf("%v of mask %v, foreground %v, background %v: want %v", v, mask, f[i], still, want)
			}
		}
	})
}

// The gradients of a discriminator's score of a scene, by the latents and by
// parameters of every kind of layer, are those of finite differences in float64.
func TestSceneGradients(t *testing.T) {
	g, d := tinyScene(), DefaultSceneDiscriminator()
	d.Channels, d.Frames, d.Size, d.Width, d.MaxWidth, d.InitNormal = 2, 4, 16, 2, 4, 0.5
	names := []string{
		"gen/video/dc0/weight", "gen/video/dc1/gamma", "gen/video/head/weight", "gen/video/head/bias",
		"gen/background/dc1/weight", "gen/background/head/bias", "dis/c0/weight", "dis/c1/beta", "dis/head/weight",
	}
	params := nn.NewParamsOf(tensor.Float64, 5)
	values := []float64{0.3, -0.5, 0.8, 0.1, 0.9, -0.7}
	run := func(withGradients bool) (loss float64, gradients [][]float64) {
		s := nn.NewScope(gorgonia.NewGraph(), params, nn.ScopeOptions{DType: tensor.Float64, Training: true})
		z := s.Input("z", 2, 3)
		scene := g.Build(s.In("gen"), z)
		says := d.Build(s.In("dis"), scene.Clip)
		cost := s.Add(s.Sum(s.Square(s.Shift(says, 0.3))), s.Mean(scene.Mask))
		nodes := []*nn.Node{cost}
		if withGradients {
			wrt := []*nn.Node{z}
			for _, name := range names {
				p, ok := params.Get(name)
				if !ok {
					t.Fatalf("no %s", name)
				}
				wrt = append(wrt, s.Param(name, nil, p.Value.Shape()...))
			}
			nodes = append(nodes, s.Grad(cost, wrt...)...)
		}
		if err := errors.Join(s.Err(), gorgonia.Let(z, tensor.New(tensor.WithShape(2, 3), tensor.WithBacking(slices.Clone(values))))); err != nil {
			t.Fatal(err)
		}
		out, err := nn.Evaluate(nodes...)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range out[1:] {
			gradients = append(gradients, slices.Clone(v.Float64s()))
		}
		return out[0].Float64s()[0], gradients
	}
	_, gradients := run(true)
	targets := [][]float64{values}
	for _, name := range names {
		p, _ := params.Get(name)
		targets = append(targets, p.Value.Float64s())
	}
	for i, target := range targets {
		what := append([]string{"z"}, names...)[i]
		for _, at := range []int{0, len(target) / 2, len(target) - 1} {
			const h = 1e-6
			kept := target[at]
			target[at] = kept + h
			up, _ := run(false)
			target[at] = kept - h
			down, _ := run(false)
			target[at] = kept
			if want := (up - down) / (2 * h); math.Abs(gradients[i][at]-want) > 1e-5*max(1, math.Abs(want)) {
				t.Errorf("%s[%d]: gradient %v, finite difference %v", what, at, gradients[i][at], want)
			}
		}
	}
}

func TestSceneGeneratorReports(t *testing.T) {
	for _, row := range []struct {
		reason, want string
		edit         func(g *SceneGenerator)
		shape        bool
	}{
		{"no latent", "latent_size = 0", func(g *SceneGenerator) { g.LatentSize = 0 }, false},
		{"a size that doubling from 4 does not reach", "size = 48", func(g *SceneGenerator) { g.Size = 48 }, true},
		{"frames that become odd", "frames = 20: the 4 layers of size 64 halve it to 5, which is odd", func(g *SceneGenerator) { g.Frames = 20 }, true},
		{"a negative spread", "init_scale = -1", func(g *SceneGenerator) { g.InitScale = -1 }, false},
		{"no spread at all", "init_gain = 0", func(g *SceneGenerator) { g.InitGain = 0 }, false},
		{"another latent", "input of shape (2, 100), want [-1 50]", func(g *SceneGenerator) { g.LatentSize = 50 }, true},
	} {
		t.Run(row.reason, func(t *testing.T) {
			g := DefaultSceneGenerator()
			row.edit(&g)
			s := nn.NewScope(gorgonia.NewGraph(), nn.NewParams(1), nn.ScopeOptions{})
			if g.Build(s.In("gen"), s.Input("z", 2, 100)).Clip != nil {
				t.Error("it was built")
			}
			err := s.Err()
			if err == nil || !strings.Contains(err.Error(), row.want) || errors.Is(err, nn.ErrShape) != row.shape {
				t.Errorf("error %v: want %q, about shapes: %v", err, row.want, row.shape)
			}
		})
	}
}
