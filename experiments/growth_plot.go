package experiments

import (
	"fmt"
	"image/color"
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"videogan/eval/plots"
)

// growthCosts are the rows of the page of plots.
var growthCosts = []struct {
	name string
	of   func(GrowthPoint) float64
}{
	{"step, s", func(p GrowthPoint) float64 { return p.StepSeconds }},
	{"memory of the process, MiB", func(p GrowthPoint) float64 { return p.MemoryMiB }},
}

// plot draws the page, a column an axis, as base.svg and base.png. Both scales are
// logarithmic: a power is a straight line. Beside each cost stands a pale line of the
// nominal work, scaled to meet it at the last point.
func (g Growth) plot(base string) error {
	var page [][]*plot.Plot
	for _, cost := range growthCosts {
		var row []*plot.Plot
		for _, axis := range g.Axes {
			p, err := axis.chart(cost.name, cost.of)
			if err != nil {
				return fmt.Errorf("experiments: plot growth over %s: %w", axis.Name, err)
			}
			row = append(row, p)
		}
		page = append(page, row)
	}
	return writePlot(base, 12*vg.Inch, 6*vg.Inch, func(c draw.Canvas) error {
		c.SetColor(color.White)
		c.Fill(c.Rectangle.Path())
		tiles := draw.Tiles{Rows: len(page), Cols: len(page[0]), PadX: 12, PadY: 12, PadTop: 8, PadBottom: 8, PadLeft: 8, PadRight: 14}
		for i, row := range plot.Align(page, tiles, c) {
			for j, canvas := range row {
				page[i][j].Draw(canvas)
			}
		}
		return nil
	})
}

func (a GrowthAxis) chart(name string, cost func(GrowthPoint) float64) (*plot.Plot, error) {
	p := plots.New("", a.Name, name)
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	var measured, work plotter.XYs
	var ticks plot.ConstantTicks
	for _, point := range a.Points {
		x := float64(point.Value)
		measured = append(measured, plotter.XY{X: x, Y: cost(point)})
		work = append(work, plotter.XY{X: x, Y: point.GFLOP})
		ticks = append(ticks, plot.Tick{Value: x, Label: strconv.Itoa(point.Value)})
	}
	last := len(work) - 1
	scale := measured[last].Y / work[last].Y
	for i := range work {
		work[i].Y *= scale
	}
	p.X.Tick.Marker, p.Y.Tick.Marker = ticks, plot.LogTicks{Prec: -1}
	reference, err := plotter.NewLine(work)
	if err != nil {
		return nil, err
	}
	reference.Color, reference.Width = pale(palette[0]), vg.Points(1)
	line, points, err := plotter.NewLinePoints(measured)
	if err != nil {
		return nil, err
	}
	line.Color, line.Width = palette[0], vg.Points(1.4)
	points.Color, points.Shape, points.Radius = palette[0], draw.CircleGlyph{}, vg.Points(2)
	p.Add(reference, line, points)
	if p.Y.Max < 10*p.Y.Min { // a decade at least: what hardly grows looks so, and a tick has its number
		middle := math.Sqrt(p.Y.Min * p.Y.Max)
		p.Y.Min, p.Y.Max = middle/math.Sqrt(10), middle*math.Sqrt(10)
	}
	if len(a.Points) > 1 && a.Name != "threads" {
		p.Title.Text = fmt.Sprintf("∝ %s^%.2f", a.Name, a.Exponent(cost))
	}
	legend := plot.NewLegend()
	plots.Style(p, &legend)
	p.Title.TextStyle.Font.Size = 9
	return p, nil
}
