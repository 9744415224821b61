package score

import (
	"context"
	"errors"
	"math"
	"testing"

	"videogan/eval"
)

// ramps are clips of two channels, three frames of 12×12, five at a time: every pixel of clip i is i·0.01 + add, but the first
// frame is 0.
func ramps(add float32) *Clips {
	return &Clips{Subject: eval.Subject{Kind: "ema"}, Dataset: "ramps", Shape: eval.Shape{Clips: 5, Channels: 2, Frames: 3, Height: 12, Width: 12},
		Fill: func(_ context.Context, _ uint64, first int, dst []float32) error {
			for i := range dst {
				dst[i] = float32(first+i/(2*3*144))*0.01 + add
				if i/144%3 == 0 {
					dst[i] = 0
				}
			}
			return nil
		}}
}

func TestFuture(t *testing.T) {
	o := Options{Measures: []Measure{PSNR, SSIM}, Protocol: eval.Protocol{Samples: 7, Preset: "small", Version: "v1"}}
	var last int
	results, err := Future(t.Context(), ramps(0.2), ramps(0), 1, o, func(done, _ int) { last = done })
	if err != nil {
		t.Fatal(err)
	}
	if want := 10 * math.Log10(4/0.04); len(results) != 2 || math.Abs(results[0].Value-want) > 1e-4 || results[0].Std > 1e-4 {
		t.Errorf("PSNR %+v, want %v: each pixel of the future is 0.2 off", results[0], want)
	}
	// Flat images with means μ and μ+0.1 in [0, 1].
	want := 0.0
	for i := range 7 {
		a, b := (float64(i)*0.01+1)/2+0.1, (float64(i)*0.01+1)/2
		want += (2*a*b + 1e-4) / (a*a + b*b + 1e-4) / 7
	}
	if math.Abs(results[1].Value-want) > 1e-5 {
		t.Errorf("SSIM %v, want %v", results[1].Value, want)
	}
	p := results[0].Protocol
	if last != 7 || p.Samples != 7 || p.Input.Frames != 2 || p.Preset != "" || p.Reference.Dataset != "ramps" || p.Measure != eval.MeasurePSNR {
		t.Errorf("%d clips, protocol %+v", last, p)
	}
	same, err := Future(t.Context(), ramps(0), ramps(0), 1, o, nil)
	if err != nil || same[0].Value != equalFrames || math.Abs(same[1].Value-1) > 1e-12 {
		t.Errorf("equal clips: %+v, %v", same, err)
	}
	if _, err := Future(t.Context(), ramps(0), ramps(0), 0, o, nil); !errors.Is(err, eval.ErrValue) {
		t.Errorf("no given frames: %v", err)
	}
	if _, err := Future(t.Context(), ramps(0), noise("real"), 1, o, nil); !errors.Is(err, eval.ErrShape) {
		t.Errorf("clips of other shapes: %v", err)
	}
}

func TestStill(t *testing.T) {
	real := ramps(0.3)
	ramp := real.Fill
	real.Fill = func(ctx context.Context, seed uint64, first int, dst []float32) error {
		if err := ramp(ctx, seed, first, dst); err != nil {
			return err
		}
		for i := range dst {
			dst[i] += float32(i/144%3) * 0.1 // frames differ
		}
		return nil
	}
	still, values, truth := Still(real, 2), make([]float32, 5*2*3*144), make([]float32, 5*2*3*144)
	if err := errors.Join(still.Fill(t.Context(), 0, 5, values), real.Fill(t.Context(), 0, 5, truth)); err != nil {
		t.Fatal(err)
	}
	for i, v := range values {
		want := truth[i]
		if i/144%3 == 2 {
			want = truth[i-144]
		}
		if v != want {
			t.Fatalf("pixel %d of frame %d is %v, want %v", i%144, i/144%3, v, want)
		}
	}
	results, err := Future(t.Context(), still, real, 2, Options{Measures: []Measure{PSNR}, Protocol: eval.Protocol{Samples: 3}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := 10 * math.Log10(4/0.01); math.Abs(results[0].Value-want) > 1e-3 || results[0].Protocol.Subject.Kind != "still" {
		t.Errorf("%+v, want %v: the last frame is 0.1 off", results[0], want)
	}
}
