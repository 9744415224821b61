package experiments

import (
	"fmt"
	"image/color"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"videogan/eval/plots"
)

// chart is a plot of several lines, which a run's page and files of plots share.
type chart struct {
	title, x, y string
	lines       []chartLine
}

// chartLine is one line of a chart: its colour is that of its place.
type chartLine struct {
	name      string
	line      plotter.XYs
	raw       plotter.XYs // pale, behind it; may be nil
	low, high plotter.XYs // a band around it; may be nil
	points    bool        // few enough to be seen one by one
	across    bool        // something to be held to: dashed, without a colour
	published bool        // of another protocol than the others: thin and dotted
}

// ink of what is read, and of lines that have no colour of their own.
var ink = plots.Ink()

// style gives a line its colour and, where the colours are used up, dashes.
func (l chartLine) style(i int) draw.LineStyle {
	style := draw.LineStyle{Color: palette[i%len(palette)], Width: vg.Points(1.6)}
	if i >= len(palette) {
		style.Dashes = []vg.Length{vg.Points(4), vg.Points(2)}
	}
	if l.published {
		style.Dashes, style.Width = []vg.Length{vg.Points(1.5), vg.Points(2)}, vg.Points(1.2)
	}
	if l.across {
		style.Color, style.Dashes, style.Width = ink, []vg.Length{vg.Points(5), vg.Points(3)}, vg.Points(1)
	}
	return style
}

// compose lays the chart out: bands below pale lines below strong ones.
func (c chart) compose() (*plot.Plot, plot.Legend, error) {
	p, legend := newPlot(c.title, c.x, c.y)
	for _, layer := range []func(p *plot.Plot, legend *plot.Legend, l chartLine, style draw.LineStyle) error{addBand, addRaw, addLine} {
		for i, l := range c.lines {
			if err := layer(p, &legend, l, l.style(i)); err != nil {
				return nil, legend, fmt.Errorf("%s: %w", l.name, err)
			}
		}
	}
	plots.Style(p, &legend)
	return p, legend, nil
}

func addBand(p *plot.Plot, _ *plot.Legend, l chartLine, style draw.LineStyle) error {
	if len(l.low) < 2 {
		return nil
	}
	outline := slices.Clone(l.low)
	for _, point := range slices.Backward(l.high) {
		outline = append(outline, point)
	}
	area, err := plotter.NewPolygon(outline)
	if err != nil {
		return err
	}
	area.Color, area.LineStyle.Width = faint(style.Color, 0x38), 0
	p.Add(area)
	return nil
}

func addRaw(p *plot.Plot, _ *plot.Legend, l chartLine, style draw.LineStyle) error {
	if len(l.raw) == 0 {
		return nil
	}
	raw, err := plotter.NewLine(l.raw)
	if err != nil {
		return err
	}
	raw.Width, raw.Color = vg.Points(0.6), faint(style.Color, 0x40)
	p.Add(raw)
	return nil
}

func addLine(p *plot.Plot, legend *plot.Legend, l chartLine, style draw.LineStyle) error {
	line, points, err := plotter.NewLinePoints(l.line)
	if err != nil {
		return err
	}
	line.LineStyle = style
	points.Color, points.Shape, points.Radius = style.Color, draw.CircleGlyph{}, vg.Points(2.2)
	p.Add(line)
	if l.points || len(l.line) == 1 { // a line of one point is not seen
		p.Add(points)
	}
	legend.Add(l.name, line)
	return nil
}

// faint is a colour that lets through what is below it.
func faint(c color.Color, alpha uint8) color.NRGBA {
	solid := color.NRGBAModel.Convert(c).(color.NRGBA)
	solid.A = alpha
	return solid
}

// write draws the chart into base.svg and base.png, its legend to the right.
func (c chart) write(base string) error {
	p, legend, err := c.compose()
	if err != nil {
		return fmt.Errorf("experiments: plot %s: %w", c.title, err)
	}
	return writePlot(base, plotWidth, plotHeight, func(canvas draw.Canvas) error { drawBeside(canvas, p, legend); return nil })
}
