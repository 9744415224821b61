package spatial

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"videogan/nn"
)

// Parameter counts are those of the release's layers, at every resolution.
func TestGeneratorParameters(t *testing.T) {
	edit := func(f func(g *Generator)) Generator {
		g := DefaultGenerator()
		f(&g)
		return g
	}
	for _, row := range []struct {
		reason string
		g      Generator
		want   int
	}{
		{"the release's", DefaultGenerator(), 3_622_691},
		{"no beta: 2·4096 + 256 + 128 + 64 + 32 shifts less", edit(func(g *Generator) { g.NoBeta = true }), 3_622_691 - 8672},
		{"128×128: one layer more, no narrower", edit(func(g *Generator) { g.Size = 128 }), 3_622_691 + 32*32*16 + 2*32},
		{"16×16", edit(func(g *Generator) { g.Size = 16 }), 2*100*4096 + 4*4096 + (512*256+256*128)*16 + 2*(256+128) + 128*27 + 3},
		{"tgan-small: 128→64→32→16", edit(func(g *Generator) { g.Channels, g.Size, g.Width, g.MinWidth = 1, 32, 64, 16 }),
			2*100*1024 + 4*1024 + (128*64+64*32+32*16)*16 + 2*(64+32+16) + 16*9 + 1},
	} {
		t.Run(row.reason, func(t *testing.T) {
			params := nn.NewParams(1)
			s := nn.NewScope(gorgonia.NewGraph(), params, nn.ScopeOptions{Training: true})
			clips := row.g.Build(s.In("gen"), s.Input("z0", 2, 100), s.Input("z1", 2, 100, 3))
			if err := s.Err(); err != nil {
				t.Fatal(err)
			}
			if want := (tensor.Shape{2, row.g.Channels, 3, row.g.Size, row.g.Size}); !clips.Shape().Eq(want) {
				t.Errorf("clips are %v, want %v", clips.Shape(), want)
			}
			if got := params.Count("gen"); got != row.want {
				t.Errorf("%d parameters, want %d", got, row.want)
			}
		})
	}
}

// Frame t of clip n depends on z0 of n and on z1 of n at t, and on nothing else.
func TestGeneratorPaintsEachFrameFromItsOwnLatents(t *testing.T) {
	g := Generator{ClipLatentSize: 3, FrameLatentSize: 2, Channels: 2, Size: 8, Width: 4, MinWidth: 3, InitGain: 1}
	params := nn.NewParams(1)
	const clips, frames, frame = 2, 3, 8 * 8
	paint := func(z0, z1 []float32) []float32 {
		s := nn.NewScope(gorgonia.NewGraph(), params, nn.ScopeOptions{})
		a, b := s.Input("z0", clips, 3), s.Input("z1", clips, 2, frames)
		x := g.Build(s.In("gen"), a, b)
		err := errors.Join(s.Err(),
			gorgonia.Let(a, tensor.New(tensor.WithShape(clips, 3), tensor.WithBacking(z0))),
			gorgonia.Let(b, tensor.New(tensor.WithShape(clips, 2, frames), tensor.WithBacking(z1))))
		if err != nil {
			t.Fatal(err)
		}
		out, err := nn.Evaluate(x)
		if err != nil {
			t.Fatal(err)
		}
		return slices.Clone(out[0].Float32s())
	}
	z0 := []float32{0.3, -0.5, 0.8, 0.1, 0.9, -0.7}
	z1 := []float32{0.2, 0.4, -0.6, 0.1, 0.5, -0.3, 0.7, -0.2, 0.6, 0.8, -0.9, 0.3}
	base := paint(slices.Clone(z0), slices.Clone(z1))
	at := func(x []float32, n, c, f int) []float32 {
		return x[((n*2+c)*frames+f)*frame:][:frame]
	}
	for _, row := range []struct {
		reason  string
		edit    func(z0, z1 []float32)
		changes func(n, f int) bool
	}{
		{"z0 of clip 1", func(z0, _ []float32) { z0[4] += 0.5 }, func(n, _ int) bool { return n == 1 }},
		{"z1 of clip 0 at frame 2", func(_, z1 []float32) { z1[1*frames+2] += 0.5 }, func(n, f int) bool { return n == 0 && f == 2 }},
	} {
		t.Run(row.reason, func(t *testing.T) {
			a, b := slices.Clone(z0), slices.Clone(z1)
			row.edit(a, b)
			got := paint(a, b)
			for n := range clips {
				for f := range frames {
					for c := range 2 {
						if changed := !slices.Equal(at(got, n, c, f), at(base, n, c, f)); changed != row.changes(n, f) {
							t.Errorf("clip %d, channel %d, frame %d: changed %v", n, c, f, changed)
						}
					}
				}
			}
		})
	}
}

func TestGeneratorReports(t *testing.T) {
	for _, row := range []struct {
		reason, want string
		edit         func(g *Generator)
		shape        bool
	}{
		{"a size that doubling from 4 does not reach", "size = 60", func(g *Generator) { g.Size = 60 }, true},
		{"no width", "width = 0", func(g *Generator) { g.Width = 0 }, false},
		{"no spread", "init_gain = 0", func(g *Generator) { g.InitGain = 0 }, false},
		{"another clip latent", "input of shape (2, 100), want [-1 7]", func(g *Generator) { g.ClipLatentSize = 7 }, true},
		{"another frame latent", "input of shape (2, 100, 3), want [2 7 -1]", func(g *Generator) { g.FrameLatentSize = 7 }, true},
	} {
		t.Run(row.reason, func(t *testing.T) {
			g := DefaultGenerator()
			row.edit(&g)
			s := nn.NewScope(gorgonia.NewGraph(), nn.NewParams(1), nn.ScopeOptions{})
			if g.Build(s.In("gen"), s.Input("z0", 2, 100), s.Input("z1", 2, 100, 3)) != nil {
				t.Error("it was built")
			}
			err := s.Err()
			if err == nil || !strings.Contains(err.Error(), row.want) || errors.Is(err, nn.ErrShape) != row.shape {
				t.Errorf("error %v: want %q, about shapes: %v", err, row.want, row.shape)
			}
		})
	}
}
