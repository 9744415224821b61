package experiments

import (
	"bytes"
	"fmt"
	"image/color"
	"io"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
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

// Plot sizes, in points of 1/72 inch; a PNG has plotDPI dots an inch.
const (
	plotWidth  = 9 * vg.Inch
	plotHeight = 4.2 * vg.Inch
	plotDPI    = 120
)

// palette is Okabe and Ito's (2008), which colour-blind readers tell apart, without its yellow.
var palette = []color.RGBA{
	{0x00, 0x72, 0xb2, 0xff}, {0xd5, 0x5e, 0x00, 0xff}, {0x00, 0x9e, 0x73, 0xff}, {0xcc, 0x79, 0xa7, 0xff},
	{0xe6, 0x9f, 0x00, 0xff}, {0x56, 0xb4, 0xe9, 0xff}, {0x44, 0x44, 0x44, 0xff},
}

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
	svg := vgsvg.New(plotWidth, plotHeight)
	drawBeside(draw.New(svg), p, legend)
	if err := writeFile(folder.plots(f.file+".svg"), portable(svg)); err != nil {
		return err
	}
	png := vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(plotWidth, plotHeight), vgimg.UseDPI(plotDPI))}
	drawBeside(draw.New(png), p, legend)
	return writeFile(folder.plots(f.file+".png"), writer(png))
}

// portable writes a drawing with fonts of the same widths where Liberation Sans is missing.
func portable(svg *vgsvg.Canvas) func(io.Writer) error {
	return func(w io.Writer) error {
		var text bytes.Buffer
		if _, err := svg.WriteTo(&text); err != nil {
			return err
		}
		const family = "font-family:Liberation Sans"
		_, err := w.Write(bytes.ReplaceAll(text.Bytes(), []byte(family), []byte(family+",Arial,Helvetica,sans-serif")))
		return err
	}
}

func writer(from io.WriterTo) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := from.WriteTo(w)
		return err
	}
}

// newPlot is an empty plot with a pale grid, and the legend at the top left that goes with it.
func newPlot(title, x, y string) (*plot.Plot, plot.Legend) {
	p, legend := plot.New(), plot.NewLegend()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	p.Title.Padding = 8
	grid := plotter.NewGrid()
	grid.Horizontal.Color, grid.Vertical.Color = color.Gray{0xe4}, color.Gray{0xf0}
	p.Add(grid)
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
	style(p, &legend)
	return p, legend, nil
}

// style sets one sans-serif face everywhere and takes the ink down to what is read.
func style(p *plot.Plot, legend *plot.Legend) {
	sans := func(f *font.Font, size vg.Length) { f.Variant, f.Size = "Sans", size }
	sans(&p.Title.TextStyle.Font, 13)
	sans(&legend.TextStyle.Font, 9)
	ink := color.Gray{0x33}
	p.Title.TextStyle.Color, legend.TextStyle.Color = ink, ink
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		sans(&axis.Label.TextStyle.Font, 10)
		sans(&axis.Tick.Label.Font, 9)
		axis.Label.TextStyle.Color, axis.Tick.Label.Color = ink, ink
		axis.LineStyle.Color, axis.Tick.LineStyle.Color = color.Gray{0x99}, color.Gray{0x99}
	}
	p.BackgroundColor = color.White
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
