package spatial

import (
	"errors"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"videogan/nn"
)

// Parameter counts are those of the release's encode_net.
func TestEncoderParameters(t *testing.T) {
	edit := func(f func(e *Encoder)) Encoder {
		e := DefaultEncoder()
		f(&e)
		return e
	}
	for _, row := range []struct {
		reason string
		e      Encoder
		want   int
	}{
		{"the release's", DefaultEncoder(), (3*128+128*256+256*512+512*1024)*16 + 128 + 3*(256+512+1024)},
		{"grey 16×16, no bias before the norm", edit(func(e *Encoder) { e.Channels, e.Size, e.Width, e.MinWidth, e.BiasBeforeNorm = 1, 16, 8, 2, false }), (4+4*8)*16 + 4 + 2*8},
		{"no narrower than the minimum", edit(func(e *Encoder) { e.Size, e.Width, e.MinWidth = 16, 8, 8 }), (3*8+8*8)*16 + 8 + 3*8},
	} {
		params := nn.NewParams(1)
		s := nn.NewScope(gorgonia.NewGraph(), params, nn.ScopeOptions{Training: true})
		image := row.e.Build(s.In("gen/encoder"), s.Input("x", 2, row.e.Channels, row.e.Size, row.e.Size))
		if err := s.Err(); err != nil {
			t.Fatal(err)
		}
		if want := (tensor.Shape{2, row.e.Width, 4, 4}); !image.Shape().Eq(want) {
			t.Errorf("%s: images are %v, want %v", row.reason, image.Shape(), want)
		}
		if got := params.Count("gen"); got != row.want {
			t.Errorf("%s: %d parameters, want %d", row.reason, got, row.want)
		}
	}
}

func TestEncoderReports(t *testing.T) {
	for _, row := range []struct {
		reason, want string
		edit         func(e *Encoder)
		shape        bool
	}{
		{"a size that doubling from 4 does not reach", "size = 48", func(e *Encoder) { e.Size = 48 }, true},
		{"no width", "width = 0", func(e *Encoder) { e.Width = 0 }, false},
		{"a negative spread", "init_scale = -1", func(e *Encoder) { e.InitScale = -1 }, false},
		{"other frames", "input of shape (2, 3, 64, 64), want [-1 1 64 64]", func(e *Encoder) { e.Channels = 1 }, true},
	} {
		e := DefaultEncoder()
		row.edit(&e)
		s := nn.NewScope(gorgonia.NewGraph(), nn.NewParams(1), nn.ScopeOptions{})
		if e.Build(s.In("gen"), s.Input("x", 2, 3, 64, 64)) != nil {
			t.Errorf("%s: it was built", row.reason)
		}
		if err := s.Err(); err == nil || !strings.Contains(err.Error(), row.want) || errors.Is(err, nn.ErrShape) != row.shape {
			t.Errorf("%s: error %v: want %q, about shapes: %v", row.reason, err, row.want, row.shape)
		}
	}
}
