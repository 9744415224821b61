package eval

import (
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

func TestPSNR(t *testing.T) {
	shape := Shape{Clips: 2, Channels: 3, Frames: 2, Height: 1, Width: 2}
	tests := []struct {
		name   string
		a, b   []float32
		want   []float64
		reason string
	}{
		{"black against white", filled(shape, -1), filled(shape, 1), []float64{0, 0, 0, 0},
			"the error is the peak; JunyaoHu/common_metrics_on_video_quality prints 0.0 for it"},
		{"a tenth of the range off", filled(shape, 0), filled(shape, 0.2), []float64{20, 20, 20, 20},
			"10·log10(1/0.01)"},
		{"equal", filled(shape, 0.3), filled(shape, 0.3), []float64{math.Inf(1), math.Inf(1), math.Inf(1), math.Inf(1)},
			"no noise at all"},
		{"one value of one frame off", filled(shape, -1), changed(filled(shape, -1), 6*2, 1),
			[]float64{math.Inf(1), math.Inf(1), 10 * math.Log10(6), math.Inf(1)},
			"value 12 is the first of clip 1, channel 0, frame 0, and a frame has 6 values"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := PSNR(test.a, test.b, shape)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got, cmpopts.EquateApprox(0, 1e-5)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.reason, diff)
			}
		})
	}
}

func TestPSNRGolden(t *testing.T) {
	a, b, shape := golden()
	got, err := PSNR(a, b, shape)
	if err != nil {
		t.Fatal(err)
	}
	want := []float64{26.071708819782575, 26.633946023004683, 27.173667900195113, 27.42825124572354}
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(1e-12, 0)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestPSNRProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shape := drawShape(t, 1)
		a, b := drawClips(t, shape, "a"), drawClips(t, shape, "b")
		ab, ba := must(PSNR(a, b, shape)), must(PSNR(b, a, shape))
		if diff := cmp.Diff(ab, ba); diff != "" {
			t.Errorf("not symmetric:\n%s", diff)
		}
		for i, v := range ab {
			if v < 0 || math.IsNaN(v) {
				t.Errorf("frame %d: %v dB: values in [-1, 1] cannot differ by more than the peak", i, v)
			}
		}
		half := make([]float32, len(a)) // halfway from a to b
		for i := range half {
			half[i] = (a[i] + b[i]) / 2
		}
		for i, v := range must(PSNR(a, half, shape)) {
			if gain := v - ab[i]; !math.IsInf(v, 1) && math.Abs(gain-20*math.Log10(2)) > 1e-3 {
				t.Errorf("frame %d: half the error gains %v dB, want 20·log10(2)", i, gain)
			}
		}
	})
}

func TestShapeErrors(t *testing.T) {
	shape := Shape{Clips: 1, Channels: 1, Frames: 1, Height: 11, Width: 11}
	values := make([]float32, 121)
	tests := []struct {
		name  string
		a, b  []float32
		shape Shape
		psnr  bool // an error for PSNR too
	}{
		{"first too short", values[:120], values, shape, true},
		{"second too short", values, values[:120], shape, true},
		{"no clips", nil, nil, Shape{Channels: 1, Frames: 1, Height: 11, Width: 11}, true},
		{"negative sizes", values, values, Shape{Clips: 1, Channels: 1, Frames: 1, Height: -11, Width: -11}, true},
		{"frame smaller than the window", values[:110], values[:110], Shape{Clips: 1, Channels: 1, Frames: 1, Height: 10, Width: 11}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, err := SSIM(test.a, test.b, test.shape); !errors.Is(err, ErrShape) {
				t.Errorf("SSIM: got %v, want ErrShape", err)
			}
			if _, err := PSNR(test.a, test.b, test.shape); errors.Is(err, ErrShape) != test.psnr {
				t.Errorf("PSNR: got %v", err)
			}
		})
	}
	_, err := PSNR(values, values[:120], shape)
	const want = "eval: PSNR of clips 1×1×1×11×11: shape mismatch: the shape has 121 values, the batches have 121 and 120"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
