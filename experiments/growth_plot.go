package experiments

import (
	"fmt"
	"image/color"
	"math"
	"slices"
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

// plot draws the page as base.svg and base.png: a row a cost, a column a setting, a line an experiment. Both scales are
// logarithmic: a power is a straight line. Beside each cost stands a pale line of the nominal work, scaled to meet it at
// the last point.
func (g Growth) plot(base string) error {
	var settings []string
	for _, axis := range g.Axes {
		if !slices.Contains(settings, axis.Name) {
			settings = append(settings, axis.Name)
		}
	}
	var page [][]*plot.Plot
	for _, cost := range growthCosts {
		var row []*plot.Plot
		for _, setting := range settings {
			p, err := g.chart(setting, cost.name, cost.of)
			if err != nil {
				return fmt.Errorf("experiments: plot growth over %s: %w", setting, err)
			}
			row = append(row, p)
		}
		page = append(page, row)
	}
	return writePlot(base, 14*vg.Inch, 7*vg.Inch, func(c draw.Canvas) error {
		c.SetColor(color.White)
		c.Fill(c.Rectangle.Path())
		tiles := draw.Tiles{Rows: len(page), Cols: len(page[0]), PadX: 12, PadY: 12, PadTop: 8, PadBottom: 8, PadLeft: 8, PadRight: 14}
		for i, row := range page {
			for j, p := range row {
				p.Draw(tiles.At(c, j, i))
			}
		}
		return nil
	})
}

// chart draws one cost over one setting. The legend gives each line's exponent, but over threads, of which there are few.
func (g Growth) chart(setting, costName string, cost func(GrowthPoint) float64) (*plot.Plot, error) {
	p := plots.New("", setting, costName)
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	var values plot.ConstantTicks
	experiments := 0
	for _, axis := range g.Axes {
		if axis.Name != setting {
			continue
		}
		line, points, work, err := axis.lines(cost, palette[experiments%len(palette)])
		if err != nil {
			return nil, err
		}
		experiments++
		p.Add(work, line, points)
		label := axis.Experiment
		if setting != "threads" {
			label = fmt.Sprintf("%s: exponent %.2f", label, axis.Exponent(cost))
		}
		p.Legend.Add(label, line, points)
		for _, point := range axis.Points {
			if tick := (plot.Tick{Value: float64(point.Value), Label: strconv.Itoa(point.Value)}); !slices.Contains(values, tick) {
				values = append(values, tick)
			}
		}
	}
	p.X.Tick.Marker, p.Y.Tick.Marker = values, logTicks{}
	p.Y.Max *= 2              // room for the legend
	if p.Y.Max < 10*p.Y.Min { // a decade at least: what hardly grows looks so
		middle := math.Sqrt(p.Y.Min * p.Y.Max)
		p.Y.Min, p.Y.Max = middle/math.Sqrt(10), middle*math.Sqrt(10)
	}
	p.Legend.Top, p.Legend.Left, p.Legend.XOffs, p.Legend.Padding = true, true, vg.Points(6), vg.Points(2)
	plots.Style(p, &p.Legend)
	return p, nil
}

// lines are the costs measured, as a line and its points, and the nominal work.
func (a GrowthAxis) lines(cost func(GrowthPoint) float64, strong color.RGBA) (line *plotter.Line, points *plotter.Scatter, work *plotter.Line, err error) {
	var measured, nominal plotter.XYs
	last := a.Points[len(a.Points)-1]
	for _, point := range a.Points {
		x := float64(point.Value)
		measured = append(measured, plotter.XY{X: x, Y: cost(point)})
		nominal = append(nominal, plotter.XY{X: x, Y: point.GFLOP / last.GFLOP * cost(last)})
	}
	if work, err = plotter.NewLine(nominal); err != nil {
		return nil, nil, nil, err
	}
	if line, points, err = plotter.NewLinePoints(measured); err != nil {
		return nil, nil, nil, err
	}
	work.Color, work.Width = pale(strong), vg.Points(1)
	line.Color, line.Width = strong, vg.Points(1.4)
	points.Color, points.Shape, points.Radius = strong, draw.CircleGlyph{}, vg.Points(2)
	return line, points, work, nil
}
