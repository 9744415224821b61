package knowledge

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"videogan/eval"
	"videogan/gan"
	"videogan/nn"
)

// A generator's own clips must come back, almost exactly, and their latent vectors with them.
func TestInvertOwnClips(t *testing.T) {
	dev := openDevice(t)
	g, _ := smallTGAN(t)
	const n = 3
	clips := clipsOf(t, dev, g, n, 11)
	shape := eval.Shape{Clips: n, Channels: 1, Frames: 4, Height: 16, Width: 16}
	for _, row := range []struct {
		name   string
		space  Space
		least  float64
		reason string
	}{
		{"z0", ClipSpace, 40, "the point is there, and the starts are near enough"},
		{"z1", FrameSpace, 40, "more freedom can do what less can"},
	} {
		t.Run(row.name, func(t *testing.T) {
			steps, last := 0, 0
			found, err := Invert(t.Context(), dev, g, clips, InversionOptions{Space: row.space, Restarts: 3, Steps: 200, Candidates: 64, Seed: 1,
				Progress: func(done, total int) { steps, last = done, total }})
			if err != nil {
				t.Fatal(err)
			}
			psnr, err := eval.PSNR(found.Clips, clips, shape)
			if err != nil {
				t.Fatal(err)
			}
			if worst := slices.Min(psnr); worst < row.least {
				t.Errorf("a frame came back at %.1f dB, want %v: %s", worst, row.least, row.reason)
			}
			again, err := g.Generate(dev, found.Latents)
			if row.space == FrameSpace {
				again, err = g.Paint(dev, found.Latents, found.FrameLatents, 4)
			}
			if err != nil {
				t.Fatal(err)
			}
			if d := meanSquare(again, found.Clips); d > 1e-10 {
				t.Errorf("the latent vectors make other clips: mean square %v", d)
			}
			for i, e := range found.Errors {
				size := g.Shape.Size()
				if want := meanSquare(found.Clips[i*size:(i+1)*size], clips[i*size:(i+1)*size]); math.Abs(e-want) > 1e-3*want+1e-9 {
					t.Errorf("clip %d: error %v, measured %v", i, e, want)
				}
			}
			if steps != last || last != 200 { // 9 descents side by side
				t.Errorf("progress ended at %d of %d", steps, last)
			}
			if v := slices.Max(found.Latents); v > 1 {
				t.Errorf("a latent of %v left its bound", v)
			}
		})
	}
}

// The gradient that the descent follows is that of finite differences, in float64.
func TestInversionGradient(t *testing.T) {
	dev := openDevice(t)
	g, _ := smallTGAN(t)
	v, err := newInverter(dev, g, InversionOptions{Steps: 1, Rate: 1}, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer v.close()
	z, target := v.program.Data(v.inputs[0]), v.program.Data(v.target)
	copy(z, g.Latents(2, 5))
	copy(target, clipsOf(t, dev, g, 2, 6))
	if err := v.program.RunAll(); err != nil {
		t.Fatal(err)
	}
	gradient := slices.Clone(v.program.Data(v.program.outputs[2]))

	exact := nn.NewParamsOf(tensor.Float64, 3)
	s := nn.NewScope(gorgonia.NewGraph(), exact, nn.ScopeOptions{DType: tensor.Float64})
	x, y := s.Input("z", 2, 6), s.Input("target", 2, 1, 4, 16, 16)
	made := g.Networks.Generator(s.In("gen"), gan.Input{Latent: x}).Clips
	cost := s.Sum(s.Mean(s.Square(s.Sub(made, y)), 1, 2, 3, 4))
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	wide := func(values []float32) []float64 {
		out := make([]float64, len(values))
		for i, v := range values {
			out[i] = float64(v)
		}
		return out
	}
	if err := gorgonia.Let(y, tensor.New(tensor.WithShape(2, 1, 4, 16, 16), tensor.WithBacking(wide(target)))); err != nil {
		t.Fatal(err)
	}
	at := func(point []float64) float64 {
		if err := gorgonia.Let(x, tensor.New(tensor.WithShape(2, 6), tensor.WithBacking(point))); err != nil {
			t.Fatal(err)
		}
		values, err := nn.Evaluate(cost)
		if err != nil {
			t.Fatal(err)
		}
		return values[0].Float64s()[0]
	}
	const h = 1e-5
	for i := range z {
		up, down := wide(z), wide(z)
		up[i] += h
		down[i] -= h
		want := (at(up) - at(down)) / (2 * h)
		if got := float64(gradient[i]); math.Abs(got-want) > 1e-5+1e-3*math.Abs(want) {
			t.Errorf("by z[%d]: %v, want %v", i, got, want)
		}
	}
}

func TestInvertReports(t *testing.T) {
	dev := openDevice(t)
	g, _ := smallTGAN(t)
	clips := clipsOf(t, dev, g, 1, 0)
	onePiece, given := g, g
	onePiece.Networks.Stages = nil
	given.Networks.Given = 1
	other := g
	other.Params = nn.NewParams(0)
	stopped, stop := context.WithCancel(t.Context())
	stop()
	for _, row := range []struct {
		name  string
		ctx   context.Context
		g     Generator
		clips []float32
		o     InversionOptions
		want  error
	}{
		{"half a clip", t.Context(), g, clips[:100], InversionOptions{}, ErrShape},
		{"no clips", t.Context(), g, nil, InversionOptions{}, ErrShape},
		{"frames of a generator of one piece", t.Context(), onePiece, clips, InversionOptions{Space: FrameSpace, Candidates: 4}, errors.ErrUnsupported},
		{"given frames", t.Context(), given, clips, InversionOptions{}, errors.ErrUnsupported},
		{"another network's parameters", t.Context(), other, clips, InversionOptions{Candidates: 4}, gan.ErrArchitecture},
		{"a negative rate", t.Context(), g, clips, InversionOptions{Rate: -1}, ErrOption},
		{"an interrupt", stopped, g, clips, InversionOptions{Candidates: 4}, context.Canceled},
	} {
		if _, err := Invert(row.ctx, dev, row.g, row.clips, row.o); !errors.Is(err, row.want) {
			t.Errorf("%s: %v, want %v", row.name, err, row.want)
		}
	}
}

func TestFramesAndBack(t *testing.T) {
	clips := make([]float32, 2*3*4*5)
	for i := range clips {
		clips[i] = float32(i)
	}
	frames := Frames(clips, 3, 4, 5)
	// Clip 1, frame 2, channel 1, pixel 4.
	if got, want := frames[((1*4+2)*3+1)*5+4], clips[((1*3+1)*4+2)*5+4]; got != want {
		t.Errorf("got value %v, want %v", got, want)
	}
	if !slices.Equal(Join(frames, 3, 4, 5), clips) {
		t.Error("joined frames are not the clips")
	}
}
