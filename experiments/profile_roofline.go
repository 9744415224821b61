package experiments

import (
	"fmt"
	"image/color"
	"math"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"videogan/eval/plots"
)

// WriteRoofline plots every layer's convolutions and products, phase by phase, into
// base.svg and base.png: the work for each byte of their operands against the rate, under
// the roofs of the measured copies and the measured peak.
//
// Source: Williams, Waterman and Patterson 2009, "Roofline: an insightful visual performance
// model for multicore architectures".
func (p Profile) WriteRoofline(base string) error {
	processor, _, _ := strings.Cut(p.CPU, ",") // the title of a plot has room for no more
	chart, legend := newPlot(fmt.Sprintf("%s, batch %d, on %s", p.Experiment, p.Batch, processor), "FLOP for each byte of the operands", "GFLOP/s")
	chart.X.Scale, chart.Y.Scale = plot.LogScale{}, plot.LogScale{}
	chart.X.Tick.Marker, chart.Y.Tick.Marker = logTicks{}, logTicks{}

	low, high := math.Inf(1), 0.0
	for i, phase := range p.Phases {
		points := phase.intensities()
		if len(points) == 0 {
			continue
		}
		for _, point := range points {
			low, high = min(low, point.X), max(high, point.X)
		}
		scatter, err := plotter.NewScatter(points)
		if err != nil {
			return fmt.Errorf("experiments: plot roofline: %w", err)
		}
		scatter.Color, scatter.Radius, scatter.Shape = palette[i%len(palette)], vg.Points(2.5), draw.CircleGlyph{}
		chart.Add(scatter)
		legend.Add("phase "+phase.Name, scatter)
	}
	if high == 0 {
		return fmt.Errorf("experiments: plot roofline: %s has no convolution and no matrix product", p.Experiment)
	}
	ridge := p.PeakGFLOPS / p.CopyGBs
	low, high = min(low, ridge)/1.5, max(high, ridge)*1.5
	roof, err := plotter.NewLine(plotter.XYs{{X: low, Y: low * p.CopyGBs}, {X: ridge, Y: p.PeakGFLOPS}, {X: high, Y: p.PeakGFLOPS}})
	if err != nil {
		return fmt.Errorf("experiments: plot roofline: %w", err)
	}
	roof.Width, roof.Color = vg.Points(1.4), color.Gray{0x55}
	chart.Add(roof)
	chart.Y.Max *= 1.3 // the highest point is not cut
	legend.Add(fmt.Sprintf("%.3g GB/s, %.0f GFLOP/s", p.CopyGBs, p.PeakGFLOPS), roof)
	plots.Style(chart, &legend)
	return writePlot(base, plotWidth, plotHeight, func(c draw.Canvas) error { drawBeside(c, chart, legend); return nil })
}

// intensities are the layers' points of the roofline plot.
func (p PhaseProfile) intensities() plotter.XYs {
	var points plotter.XYs
	for _, l := range p.Layers {
		if l.GFLOP > 0 && l.WorkBytes > 0 && l.WorkSeconds > 0 {
			points = append(points, plotter.XY{X: 1e9 * l.GFLOP / float64(l.WorkBytes), Y: l.GFLOPS()})
		}
	}
	return points
}
