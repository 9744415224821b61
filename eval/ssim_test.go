package eval

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"gonum.org/v1/gonum/stat"
	"pgregory.net/rapid"
)

func TestSSIM(t *testing.T) {
	shape := Shape{Clips: 1, Channels: 3, Frames: 2, Height: 16, Width: 12}
	tests := []struct {
		name   string
		a, b   []float32
		want   float64
		reason string
	}{
		{"black against white", filled(shape, -1), filled(shape, 1), 9.999000099990664e-05,
			"C1/(1+C1); the value that JunyaoHu/common_metrics_on_video_quality prints"},
		{"equal", filled(shape, 0.5), filled(shape, 0.5), 1, "1 on itself, also where nothing varies"},
		{"negative", stripes(shape, 1), stripes(shape, -1), -0.9964, "opposite in every window"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := must(SSIM(test.a, test.b, shape))
			want := []float64{test.want, test.want}
			tolerance := cmpopts.EquateApprox(1e-9, 0)
			if test.want < 0 {
				tolerance = cmpopts.EquateApprox(0, 1e-4)
			}
			if diff := cmp.Diff(want, got, tolerance); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.reason, diff)
			}
		})
	}
}

// TestSSIMGolden holds SSIM to values computed by NumPy 1.24 in float64, with
// the window as an 11×11 outer product applied at every position.
func TestSSIMGolden(t *testing.T) {
	a, b, shape := golden()
	want := []float64{0.9863552597199199, 0.9854456350671432, 0.9874894177339009, 0.9891338026716237}
	if diff := cmp.Diff(want, must(SSIM(a, b, shape)), cmpopts.EquateApprox(1e-12, 0)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestSSIMProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shape := drawShape(t, ssimWindow)
		a, b := drawClips(t, shape, "a"), drawClips(t, shape, "b")
		ab := must(SSIM(a, b, shape))
		if diff := cmp.Diff(ab, must(SSIM(b, a, shape))); diff != "" {
			t.Errorf("not symmetric:\n%s", diff)
		}
		for i, v := range ab {
			if v < -1-1e-9 || v > 1+1e-9 || math.IsNaN(v) {
				t.Errorf("frame %d: %v is outside [-1, 1]", i, v)
			}
		}
		for i, v := range must(SSIM(a, a, shape)) {
			if math.Abs(v-1) > 1e-9 {
				t.Errorf("frame %d: %v on itself", i, v)
			}
		}
		if len(ab) != shape.Clips*shape.Frames {
			t.Errorf("%d scores for %v", len(ab), shape)
		}
		first := shape.plane(a, 0, 0, 0)
		same := shape.plane(b, 0, 0, 0)
		one := Shape{1, 1, 1, shape.Height, shape.Width}
		if got, want := must(SSIM(first, same, one))[0], slowSSIM(first, same, one.Height, one.Width); math.Abs(got-want) > 1e-9 {
			t.Errorf("%v against %v by the definition", got, want)
		}
	})
}

// slowSSIM follows the definition: each window's weighted moments around its own
// means, with two-dimensional weights.
func slowSSIM(a, b []float32, height, width int) float64 {
	var weights [ssimWindow * ssimWindow]float64
	sum := 0.0
	for i := range weights {
		y, x := float64(i/ssimWindow-5), float64(i%ssimWindow-5)
		weights[i] = math.Exp(-(x*x + y*y) / (2 * 1.5 * 1.5))
		sum += weights[i]
	}
	total, count := 0.0, 0
	for y := 0; y+ssimWindow <= height; y++ {
		for x := 0; x+ssimWindow <= width; x++ {
			var wa, wb [ssimWindow * ssimWindow]float64
			for i := range weights {
				at := (y+i/ssimWindow)*width + x + i%ssimWindow
				wa[i], wb[i] = (float64(a[at])+1)/2, (float64(b[at])+1)/2
			}
			ma, mb := stat.Mean(wa[:], weights[:]), stat.Mean(wb[:], weights[:])
			var va, vb, cov float64
			for i, w := range weights {
				va += w / sum * (wa[i] - ma) * (wa[i] - ma)
				vb += w / sum * (wb[i] - mb) * (wb[i] - mb)
				cov += w / sum * (wa[i] - ma) * (wb[i] - mb)
			}
			total += (2*ma*mb + 0.0001) * (2*cov + 0.0009) / ((ma*ma + mb*mb + 0.0001) * (va + vb + 0.0009))
			count++
		}
	}
	return total / float64(count)
}

func ExampleSSIM() {
	shape := Shape{Clips: 1, Channels: 1, Frames: 2, Height: 16, Width: 16}
	black, white := make([]float32, 2*16*16), make([]float32, 2*16*16)
	for i := range white {
		black[i], white[i] = -1, 1
	}
	scores, err := SSIM(black, white, shape)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("SSIM %.6f over %d frames\n", stat.Mean(scores, nil), len(scores))
	// Output: SSIM 0.000100 over 2 frames
}

// golden makes two batches that are exact in every language: integers from 0 to
// 255, mapped to [-1, 1].
func golden() (a, b []float32, shape Shape) {
	shape = Shape{Clips: 2, Channels: 2, Frames: 2, Height: 13, Width: 17}
	for n := range shape.Clips {
		for c := range shape.Channels {
			for t := range shape.Frames {
				for h := range shape.Height {
					for w := range shape.Width {
						v := (37*h + 11*w*w + 53*t + 101*c + 29*n*h) % 256
						noisy := min(max(v+(5*h*w+7*t+3*c+13*n)%41-20, 0), 255)
						a = append(a, float32(float64(v)/255*2-1))
						b = append(b, float32(float64(noisy)/255*2-1))
					}
				}
			}
		}
	}
	return a, b, shape
}

func filled(shape Shape, v float32) []float32 {
	x := make([]float32, shape.Clips*shape.Channels*shape.Frames*shape.Height*shape.Width)
	for i := range x {
		x[i] = v
	}
	return x
}

// stripes alternates v and -v along a row.
func stripes(shape Shape, v float32) []float32 {
	x := filled(shape, v)
	for i := 1; i < len(x); i += 2 {
		x[i] = -v
	}
	return x
}

func changed(x []float32, at int, v float32) []float32 {
	x[at] = v
	return x
}

func drawShape(t *rapid.T, least int) Shape {
	side := rapid.IntRange(least, least+5)
	return Shape{
		Clips:    rapid.IntRange(1, 2).Draw(t, "clips"),
		Channels: rapid.IntRange(1, 3).Draw(t, "channels"),
		Frames:   rapid.IntRange(1, 3).Draw(t, "frames"),
		Height:   side.Draw(t, "height"),
		Width:    side.Draw(t, "width"),
	}
}

// drawClips draws a few levels and spreads them over the batch, which is faster
// than drawing every value and gives flat patches as well as edges.
func drawClips(t *rapid.T, shape Shape, label string) []float32 {
	levels := rapid.SliceOfN(rapid.Float32Range(-1, 1), 1, 32).Draw(t, label)
	stride := rapid.IntRange(1, 97).Draw(t, label+" stride")
	x := filled(shape, 0)
	for i := range x {
		x[i] = levels[i*stride/3%len(levels)]
	}
	return x
}

func must(scores []float64, err error) []float64 {
	if err != nil {
		panic(err)
	}
	return scores
}
