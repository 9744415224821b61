package experiments

import (
	"math"
	"testing"

	"gonum.org/v1/plot/plotter"
	"pgregory.net/rapid"
)

func TestBandOf(t *testing.T) {
	long, short := plotter.XYs{{X: 0, Y: 1}, {X: 2, Y: 3}, {X: 4, Y: 5}}, plotter.XYs{{X: 1, Y: 6}, {X: 3, Y: 4}}
	b := bandOf([]plotter.XYs{long, short}, 100)
	// At 1 the values are 2 and 6, at 2 3 and 5, at 3 4 and 4; sample deviations √8, √2, 0.
	want := []struct{ x, mean, std float64 }{{0, 1, 0}, {1, 4, math.Sqrt(8)}, {2, 4, math.Sqrt2}, {3, 4, 0}, {4, 5, 0}}
	if len(b.mean) != len(want) {
		t.Fatalf("%d points, want %d: %v", len(b.mean), len(want), b.mean)
	}
	for i, w := range want {
		got := [3]float64{b.mean[i].X, b.mean[i].Y, (b.high[i].Y - b.low[i].Y) / 2}
		for j, v := range [3]float64{w.x, w.mean, w.std} {
			if math.Abs(got[j]-v) > 1e-12 {
				t.Errorf("point %d is %v, want %v", i, got, w)
			}
		}
	}
}

// A band lies between the least and the greatest of its curves in its mean, whatever their
// points, has no width where the curves agree, and no more points than asked for.
func TestBandProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var curves []plotter.XYs
		low, high := math.Inf(1), math.Inf(-1)
		for range rapid.IntRange(1, 4).Draw(t, "curves") {
			var c plotter.XYs
			x := rapid.Float64Range(0, 5).Draw(t, "start")
			for range rapid.IntRange(1, 20).Draw(t, "points") {
				y := rapid.Float64Range(-10, 10).Draw(t, "y")
				c = append(c, plotter.XY{X: x, Y: y})
				low, high = min(low, y), max(high, y)
				x += rapid.Float64Range(0.1, 2).Draw(t, "pace")
			}
			curves = append(curves, c)
		}
		columns := rapid.IntRange(2, 30).Draw(t, "columns")
		b := bandOf(curves, columns)
		if len(b.mean) > columns || len(b.low) != len(b.mean) || len(b.high) != len(b.mean) {
			t.Fatalf("%d points in %d columns", len(b.mean), columns)
		}
		for i, p := range b.mean {
			if p.Y < low-1e-9 || p.Y > high+1e-9 || b.low[i].Y > p.Y || b.high[i].Y < p.Y || i > 0 && p.X <= b.mean[i-1].X {
				t.Fatalf("point %d: %v below %v above %v", i, b.low[i], p, b.high[i])
			}
		}
		same := bandOf([]plotter.XYs{curves[0], curves[0]}, columns)
		for i := range same.mean {
			if same.high[i].Y-same.low[i].Y > 1e-9 {
				t.Fatalf("two equal curves are %v apart", same.high[i].Y-same.low[i].Y)
			}
		}
	})
}
