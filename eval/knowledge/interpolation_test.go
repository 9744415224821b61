package knowledge

import (
	"errors"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestSlerp(t *testing.T) {
	for _, row := range []struct {
		a, b   []float32
		t      float64
		want   []float32
		reason string
	}{
		{[]float32{1, 0}, []float32{0, 1}, 0.5, []float32{math.Sqrt2 / 2, math.Sqrt2 / 2}, "a quarter of a circle"},
		{[]float32{2, 0}, []float32{0, 4}, 0.5, []float32{3 * math.Sqrt2 / 2, 3 * math.Sqrt2 / 2}, "the length grows evenly"},
		{[]float32{1, 0}, []float32{0.5, float32(math.Sqrt(0.75))}, 1. / 3, []float32{float32(math.Cos(math.Pi / 9)), float32(math.Sin(math.Pi / 9))}, "20 of 60 degrees"},
		{[]float32{1, 1}, []float32{3, 3}, 0.25, []float32{1.5, 1.5}, "one direction: a straight way"},
		{[]float32{1, 0}, []float32{-1, 0}, 0.25, []float32{0.5, 0}, "opposite directions have no arc of their own"},
		{[]float32{0, 0}, []float32{1, 2}, 0.5, []float32{0.5, 1}, "nothing has no direction"},
	} {
		got := Slerp(row.a, row.b, row.t)
		for i := range got {
			if math.Abs(float64(got[i]-row.want[i])) > 1e-6 {
				t.Errorf("from %v to %v at %v: %v, want %v: %s", row.a, row.b, row.t, got, row.want, row.reason)
				break
			}
		}
	}
}

func TestWaysEndWhereTheyShould(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(t, "n")
		vector := rapid.SliceOfN(rapid.Float32Range(-1, 1), n, n)
		a, b := vector.Draw(t, "a"), vector.Draw(t, "b")
		for name, way := range map[string]func(a, b []float32, t float64) []float32{"straight": Lerp, "arc": Slerp} {
			for at, want := range map[float64][]float32{0: a, 1: b} {
				for i, v := range way(a, b, at) {
					if math.Abs(float64(v-want[i])) > 1e-5 {
						t.Fatalf("%s at %v: %v, want %v", name, at, v, want[i])
					}
				}
			}
			back := way(b, a, 0.75)
			for i, v := range way(a, b, 0.25) {
				if math.Abs(float64(v-back[i])) > 1e-4 {
					t.Fatalf("%s: there %v, back %v", name, v, back[i])
				}
			}
		}
	})
}

func TestStretch(t *testing.T) {
	got, err := Stretch([]float32{0, 3, 6, 1, 1, -2}, 2, 3)
	if want := []float32{0, 1, 2, 3, 4, 5, 6, 1, 1, 1, 1, 0, -1, -2}; err != nil || len(got) != len(want) {
		t.Fatalf("%v, %v", got, err)
	} else {
		for i := range want {
			if math.Abs(float64(got[i]-want[i])) > 1e-6 {
				t.Errorf("got %v, want %v", got, want)
				break
			}
		}
	}
	if same, err := Stretch([]float32{1, 2, 3, 4}, 2, 1); err != nil || !slices.Equal(same, []float32{1, 2, 3, 4}) {
		t.Errorf("once as many frames: %v, %v", same, err)
	}
	if _, err := Stretch([]float32{1, 2, 3}, 2, 2); !errors.Is(err, ErrShape) {
		t.Errorf("three numbers, two a frame: %v", err)
	}
}

// A stretched clip has the clip's own frames among its frames.
func TestPaintStretched(t *testing.T) {
	dev := openDevice(t)
	g, _ := smallTGAN(t)
	const n = 3
	latents := g.Latents(n, 2)
	own, err := g.Generate(dev, latents)
	if err != nil {
		t.Fatal(err)
	}
	sequences, err := g.Unroll(dev, latents)
	if err != nil {
		t.Fatal(err)
	}
	var stretched []float32
	for i := range n {
		longer, err := Stretch(sequences[i*20:(i+1)*20], 5, 2)
		if err != nil {
			t.Fatal(err)
		}
		stretched = append(stretched, longer...)
	}
	long, err := g.Paint(dev, latents, stretched, 7)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		for frame := range 4 {
			a, b := own[(i*4+frame)*256:(i*4+frame+1)*256], long[(i*7+2*frame)*256:(i*7+2*frame+1)*256]
			if d := meanSquare(a, b); d > 1e-10 {
				t.Errorf("clip %d: frame %d differs by %v", i, frame, d)
			}
		}
	}
	g.Networks.Stages = nil
	if _, err := g.Unroll(dev, latents); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("a generator of one piece unrolled: %v", err)
	}
}

func TestShares(t *testing.T) {
	content, motion, both := []float32{-1, 1}, []float32{-2, 0, 2}, []float32{1, -2, 1, -1, 2, -1}
	mix := func(c, m, b float32) []float32 {
		var out []float32
		for i := range content {
			for j := range motion {
				out = append(out, c*content[i]+m*motion[j]+b*both[i*3+j], 7)
			}
		}
		return out
	}
	for _, row := range []struct {
		values []float32
		want   [3]float64
		reason string
	}{
		{mix(1, 0, 0), [3]float64{1, 0, 0}, "only the content changes anything"},
		{mix(0, 1, 0), [3]float64{0, 1, 0}, "only the motion"},
		{mix(0, 0, 1), [3]float64{0, 0, 1}, "sums of rows and columns are zero"},
		{mix(1, 1, 1), [3]float64{6. / 34, 16. / 34, 12. / 34}, "sums of squares of 6, 16 and 12"},
	} {
		c, m, b, err := Shares(row.values, 2, 3)
		if err != nil || math.Abs(c-row.want[0])+math.Abs(m-row.want[1])+math.Abs(b-row.want[2]) > 1e-9 {
			t.Errorf("got %v, %v, %v, %v; want %v: %s", c, m, b, err, row.want, row.reason)
		}
	}
	if _, _, _, err := Shares(make([]float32, 12), 2, 3); !errors.Is(err, ErrOption) {
		t.Errorf("all the same: %v", err)
	}
	if _, _, _, err := Shares(make([]float32, 11), 2, 3); !errors.Is(err, ErrShape) {
		t.Errorf("no grid: %v", err)
	}
}

func TestSharpness(t *testing.T) {
	// Two frames of 2×2 in two channels: one flat; the other 0 1 / 2 3 in the first channel only.
	clips := []float32{5, 5, 5, 5, 0, 1, 2, 3, 5, 5, 5, 5, 4, 4, 4, 4}
	got := Sharpness(clips, 2, 2, 2, 2)
	if want := []float64{0, (1 + 1 + 2 + 2) / 16.}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestCentres(t *testing.T) {
	// Two frames of 2×3 in two channels: white at the right below; half of it at the left above too.
	clips := []float32{-1, -1, -1, -1, -1, 1, 0, -1, -1, -1, -1, 1, -1, -1, -1, -1, -1, 1, 0, -1, -1, -1, -1, 1}
	got := Centres(clips, 2, 2, 2, 3)
	for i, want := range []float64{2, 1, 2 / 1.5, 1 / 1.5} {
		if math.Abs(float64(got[i])-want) > 1e-6 {
			t.Errorf("got %v, want 2, 1, then 4/3, 2/3", got)
			break
		}
	}
	if black := Centres([]float32{-1, -1, -1, -1, -1, -1}, 1, 1, 2, 3); !slices.Equal(black, []float32{1, 0.5}) {
		t.Errorf("of a black frame: %v", black)
	}
}
