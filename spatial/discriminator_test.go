package spatial

import (
	"errors"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"videogan/nn"
)

func TestDiscriminatorParameters(t *testing.T) {
	edit := func(f func(d *Discriminator)) Discriminator {
		d := DefaultDiscriminator()
		f(&d)
		return d
	}
	convolutions := (3*64+64*128+128*256+256*512)*16 + 64 + 128 + 256 + 512 + 512*16 + 1
	for _, row := range []struct {
		reason string
		d      Discriminator
		want   int
	}{
		{"64×64", DefaultDiscriminator(), convolutions + 896},
		{"no normalization", edit(func(d *Discriminator) { d.BatchNorm = false }), convolutions},
		{"with beta, without the biases before it", edit(func(d *Discriminator) { d.NoBeta, d.BiasBeforeNorm = false, false }), convolutions + 896},
		{"128×128: one layer more, no wider", edit(func(d *Discriminator) { d.Size = 128 }), convolutions + 896 + 512*512*16 + 2*512},
		{"tgan-small", edit(func(d *Discriminator) { d.Channels, d.Size, d.Width, d.BatchNorm = 1, 32, 32, false }),
			(32+32*64+64*128)*16 + 32 + 64 + 128 + 128*16 + 1},
	} {
		t.Run(row.reason, func(t *testing.T) {
			params := nn.NewParams(1)
			s := nn.NewScope(gorgonia.NewGraph(), params, nn.ScopeOptions{Training: true})
			scores := row.d.Build(s.In("framedis"), s.Input("x", 4, row.d.Channels, row.d.Size, row.d.Size))
			if err := s.Err(); err != nil {
				t.Fatal(err)
			}
			if !scores.Shape().Eq(tensor.Shape{4, 1}) {
				t.Errorf("scores are %v, want (4, 1)", scores.Shape())
			}
			if got := params.Count("framedis"); got != row.want {
				t.Errorf("%d parameters, want %d", got, row.want)
			}
		})
	}
}

func TestDiscriminatorReports(t *testing.T) {
	for _, row := range []struct {
		reason, want string
		edit         func(d *Discriminator)
		shape        bool
	}{
		{"a size that doubling from 4 does not reach", "size = 48", func(d *Discriminator) { d.Size = 48 }, true},
		{"no width", "width = 0", func(d *Discriminator) { d.Width = 0 }, false},
		{"negative noise", "noise = -1", func(d *Discriminator) { d.Noise = -1 }, false},
		{"a slope of the identity", "slope = 1", func(d *Discriminator) { d.Slope = 1 }, false},
		{"other frames", "input of shape (2, 3, 64, 64), want [-1 1 64 64]", func(d *Discriminator) { d.Channels = 1 }, true},
	} {
		t.Run(row.reason, func(t *testing.T) {
			d := DefaultDiscriminator()
			row.edit(&d)
			s := nn.NewScope(gorgonia.NewGraph(), nn.NewParams(1), nn.ScopeOptions{})
			if d.Build(s.In("framedis"), s.Input("x", 2, 3, 64, 64)) != nil {
				t.Error("it was built")
			}
			err := s.Err()
			if err == nil || !strings.Contains(err.Error(), row.want) || errors.Is(err, nn.ErrShape) != row.shape {
				t.Errorf("error %v: want %q, about shapes: %v", err, row.want, row.shape)
			}
		})
	}
}
