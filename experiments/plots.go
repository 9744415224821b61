package experiments

import (
	"fmt"
	"image/color"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"videogan/eval/plots"
)

// figure is one plot of a run folder: the metrics it shows over the step.
type figure struct {
	file, title, unit string
	names             []string // exact names, or "prefix/" for all below it
}

// figures are the plots of a run, in the report's order. One whose metrics the run does not
// log is left out.
var figures = []figure{
	inceptionFigure,
	{"losses", "Losses", "loss", []string{"loss/"}},
	{"scores", "What the discriminator says", "mean of D", []string{"d/"}},
	{"mask", "Share of the foreground", "mean of the mask", []string{"mask/mean"}},
	{"first_frame", "First frame made and given", "mean distance", []string{"first_frame/l1"}},
	{"sigma_max", "Largest singular value of the discriminator's layers", "σ max", []string{"sigma_max/"}},
	{"gradients", "Norm of the gradients", "‖gradient‖", []string{"grad_norm/"}},
	{"penalties", "Gradient penalty on real clips", "E‖∇D‖²", []string{"r1"}},
}

// shows says whether the figure draws the metric called name.
func (f figure) shows(name string) bool {
	for _, want := range f.names {
		if name == want || strings.HasSuffix(want, "/") && strings.HasPrefix(name, want) {
			return true
		}
	}
	return false
}

// curves picks the figure's series out of the records, in the order of their first record.
func (f figure) curves(records []Record) []curve {
	var curves []curve
	at := make(map[string]int)
	for _, record := range records {
		step := float64(record.Step())
		for _, m := range record {
			if !f.shows(m.Name) {
				continue
			}
			i, ok := at[m.Name]
			if !ok {
				i = len(curves)
				at[m.Name] = i
				curves = append(curves, curve{name: m.Name})
			}
			curves[i].points = append(curves[i].points, plotter.XY{X: step, Y: m.Value})
		}
	}
	return curves
}

// Plot sizes, in points of 1/72 inch.
const (
	plotWidth  = 9 * vg.Inch
	plotHeight = 4.2 * vg.Inch
)

// palette is of the lines of a plot, in their order.
var palette = plots.Palette()

// drawPlots redraws the plots of a run folder, each as SVG and PNG.
func drawPlots(folder Folder, records []Record) error {
	for _, f := range figures {
		if err := drawFigure(folder, f, records); err != nil {
			return err
		}
	}
	return nil
}

// drawFigure redraws one plot, unless the run logs nothing that it shows.
func drawFigure(folder Folder, f figure, records []Record) error {
	curves := f.curves(records)
	if len(curves) == 0 {
		return nil
	}
	var p *plot.Plot
	var legend plot.Legend
	var err error
	if f.file == inceptionFigure.file {
		p, legend, err = inceptionPlot(folder, records)
	} else {
		p, legend, err = f.compose(curves)
	}
	if err != nil {
		return fmt.Errorf("experiments: plot %s: %w", f.file, err)
	}
	return writePlot(folder.plots(f.file), plotWidth, plotHeight, func(c draw.Canvas) error { drawBeside(c, p, legend); return nil })
}

// writePlot writes a drawing as base.svg and base.png.
func writePlot(base string, width, height vg.Length, paint func(draw.Canvas) error) error {
	base = strings.TrimSuffix(strings.TrimSuffix(base, ".svg"), ".png")
	svg, png, err := plots.Encode(width, height, paint)
	if err != nil {
		return fmt.Errorf("experiments: draw %s: %w", base, err)
	}
	if err := writeBytes(base+".svg", svg); err != nil {
		return err
	}
	return writeBytes(base+".png", png)
}

// newPlot is an empty plot with a pale grid, and the legend at the top left that goes with it.
func newPlot(title, x, y string) (*plot.Plot, plot.Legend) {
	p, legend := plots.New(title, x, y), plot.NewLegend()
	legend.Top, legend.Left, legend.Padding, legend.ThumbnailWidth = true, true, 4, 16
	return p, legend
}

// compose lays out the figure: of every curve a pale line of the values as they are and a
// strong one of their moving average, and a legend of the strong ones.
func (f figure) compose(curves []curve) (*plot.Plot, plot.Legend, error) {
	p, legend := newPlot(f.title, "step", f.unit)
	for i, c := range curves {
		strong := palette[i%len(palette)]
		raw, err := plotter.NewLine(c.envelope(plotColumns))
		if err != nil {
			return nil, legend, fmt.Errorf("%s: %w", c.name, err)
		}
		raw.Width, raw.Color = vg.Points(0.6), pale(strong)
		p.Add(raw)
	}
	for i, c := range curves {
		smooth, err := plotter.NewLine(c.smooth(plotColumns))
		if err != nil {
			return nil, legend, fmt.Errorf("%s: %w", c.name, err)
		}
		smooth.Width, smooth.Color = vg.Points(1.6), palette[i%len(palette)]
		if i >= len(palette) {
			smooth.Dashes = []vg.Length{vg.Points(4), vg.Points(2)}
		}
		p.Add(smooth)
		legend.Add(c.name, smooth)
	}
	plots.Style(p, &legend)
	return p, legend, nil
}

// drawBeside draws the plot with its legend to the right, outside the curves.
func drawBeside(c draw.Canvas, p *plot.Plot, legend plot.Legend) {
	c.SetColor(p.BackgroundColor)
	c.Fill(c.Rectangle.Path())
	inner := draw.Crop(c, 10, -14, 8, -8)
	width := legend.Rectangle(inner).Size().X
	p.Draw(draw.Crop(inner, 0, -width-14, 0, 0))
	legend.Draw(draw.Crop(inner, inner.Size().X-width, 0, 0, -24))
}

// pale mixes a colour with white, three parts of four.
func pale(c color.RGBA) color.RGBA {
	mix := func(v uint8) uint8 { return uint8((int(v) + 3*0xff) / 4) }
	return color.RGBA{mix(c.R), mix(c.G), mix(c.B), 0xff}
}
