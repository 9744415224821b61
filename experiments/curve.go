package experiments

import "gonum.org/v1/plot/plotter"

// plotColumns is the number of columns that a curve is reduced to: more would fall on the
// same pixels, and an SVG of a long run would weigh megabytes.
const plotColumns = 500

// curve is one metric over the step.
type curve struct {
	name   string
	points plotter.XYs
}

// envelope reduces the curve to at most two points a column, its least and its greatest
// value there, so that no spike is lost.
func (c curve) envelope(columns int) plotter.XYs {
	if len(c.points) <= 2*columns {
		return c.points
	}
	out := make(plotter.XYs, 0, 2*columns)
	for i := range columns {
		bin := c.points[i*len(c.points)/columns : (i+1)*len(c.points)/columns]
		low, high := 0, 0
		for j, p := range bin {
			if p.Y < bin[low].Y {
				low = j
			}
			if p.Y > bin[high].Y {
				high = j
			}
		}
		out = append(out, bin[min(low, high)])
		if low != high {
			out = append(out, bin[max(low, high)])
		}
	}
	return out
}

// smooth reduces the curve to at most one point a column: the mean of the values around it,
// within a window of a fortieth of the run.
func (c curve) smooth(columns int) plotter.XYs {
	n := len(c.points)
	sums := make([]float64, n+1)
	for i, p := range c.points {
		sums[i+1] = sums[i] + p.Y
	}
	half := n / 80
	out := make(plotter.XYs, 0, min(n, columns))
	for column := range min(n, columns) {
		i := column
		if n > columns {
			i = column * (n - 1) / (columns - 1)
		}
		// A window cut short by an end is cut on both sides, or the ends would lean inwards.
		reach := min(half, i, n-1-i)
		from, to := i-reach, i+reach+1
		out = append(out, plotter.XY{X: c.points[i].X, Y: (sums[to] - sums[from]) / float64(to-from)})
	}
	return out
}
