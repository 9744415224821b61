package movinet

import (
	"errors"
	"math"
	"os"
	"slices"
	"testing"

	"videogan/eval"
)

func TestPositions(t *testing.T) {
	tests := []struct {
		old, n int
		want   []float32 // where the new pixels lie
		reason string
	}{
		{2, 4, []float32{0, 0.25, 0.75, 1}, "edges are repeated"},
		{4, 2, []float32{0.5, 2.5}, "half a pixel from the centres"},
		{3, 3, []float32{0, 1, 2}, "the same size changes nothing"},
	}
	for _, test := range tests {
		for i, p := range positions(test.old, test.n) {
			if got := float32(p.low) + p.weight*float32(p.high-p.low); got != test.want[i] {
				t.Errorf("%d to %d: pixel %d lies at %v, want %v: %s", test.old, test.n, i, got, test.want[i], test.reason)
			}
		}
	}
}

func TestScaleRange(t *testing.T) {
	dst := make([]float32, 2*3*3)
	scale(dst[1:], []float32{-1, 1, -1, 1}, 2, positions(2, 2), positions(2, 3))
	want := []float32{0, 0.5, 1}
	for i := range 6 {
		if got := dst[1+3*i]; math.Abs(float64(got-want[i%3])) > 1e-6 {
			t.Errorf("pixel %d is %v, want %v", i, got, want[i%3])
		}
	}
	if dst[0] != 0 || dst[2] != 0 {
		t.Error("other channels were written")
	}
}

func TestSoftmax(t *testing.T) {
	dst := make([]float32, 3)
	softmax(dst, []float32{1000, 1000, -1000})
	if !slices.Equal(dst, []float32{0.5, 0.5, 0}) {
		t.Errorf("%v", dst)
	}
}

// TestRealModel runs the published file, which MOVINET_TFLITE names: a clip judged beside another, or by itself, gives
// the same, probabilities sum to one, and the features are those of the released network's last layer.
func TestRealModel(t *testing.T) {
	path := os.Getenv("MOVINET_TFLITE")
	if path == "" {
		t.Skip("MOVINET_TFLITE names no model")
	}
	judge, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if p := judge.Protocol(); p.FeatureDims != 2048 || p.Classes != 600 {
		t.Errorf("protocol %+v", p)
	}
	shape := eval.Shape{Clips: 2, Channels: 1, Frames: 3, Height: 16, Width: 16}
	clips := make([]float32, 2*3*256)
	for i := range clips {
		clips[i] = float32(math.Sin(float64(i * i)))
	}
	both, err := judge.Classify(t.Context(), clips, shape)
	if err != nil {
		t.Fatal(err)
	}
	shape.Clips = 1
	second, err := judge.Classify(t.Context(), clips[3*256:], shape)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(both.Features.Row(1), second.Features.Row(0)) {
		t.Error("a clip's features depend on the clip beside it")
	}
	sum := 0.0
	for _, p := range both.Probabilities.Row(0) {
		sum += float64(p)
	}
	if math.Abs(sum-1) > 1e-4 {
		t.Errorf("probabilities sum to %v", sum)
	}
	if slices.Equal(both.Features.Row(0), both.Features.Row(1)) {
		t.Error("two different clips have the same features")
	}
	shape.Channels = 2
	if _, err := judge.Classify(t.Context(), clips, shape); !errors.Is(err, eval.ErrShape) {
		t.Errorf("two channels: %v", err)
	}
}
