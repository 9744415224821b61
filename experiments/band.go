package experiments

import (
	"slices"
	"sort"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/plot/plotter"
)

// band is the mean of several curves, and that mean less and plus their standard deviation.
type band struct{ mean, low, high plotter.XYs }

// bandOf takes mean and standard deviation (of a sample: over n-1) of curves whose X grows, at
// every X that one of them has, at most columns of them. A curve counts from its first X to
// its last, between two points along the straight line; where a single one is left there is no spread.
func bandOf(curves []plotter.XYs, columns int) band {
	var grid []float64
	for _, c := range curves {
		for _, p := range c {
			grid = append(grid, p.X)
		}
	}
	slices.Sort(grid)
	grid = slices.Compact(grid)
	var b band
	for i := range min(len(grid), columns) {
		x := grid[i]
		if len(grid) > columns {
			x = grid[i*(len(grid)-1)/(columns-1)]
		}
		var values []float64
		for _, c := range curves {
			if y, ok := valueAt(c, x); ok {
				values = append(values, y)
			}
		}
		mean, std := values[0], 0.
		if len(values) > 1 {
			mean, std = stat.MeanStdDev(values, nil)
		}
		b.mean = append(b.mean, plotter.XY{X: x, Y: mean})
		b.low = append(b.low, plotter.XY{X: x, Y: mean - std})
		b.high = append(b.high, plotter.XY{X: x, Y: mean + std})
	}
	return b
}

// valueAt is the value of a curve at x, where it reaches so far.
func valueAt(c plotter.XYs, x float64) (y float64, ok bool) {
	i := sort.Search(len(c), func(i int) bool { return c[i].X >= x })
	switch {
	case i == len(c):
		return 0, false
	case c[i].X == x:
		return c[i].Y, true
	case i == 0:
		return 0, false
	}
	a, b := c[i-1], c[i]
	return a.Y + (b.Y-a.Y)*(x-a.X)/(b.X-a.X), true
}
