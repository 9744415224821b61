// Package plots is how every plot of the program looks: its colours, its faces and sizes of letters, its grid, and the two
// files that it becomes.
package plots

import (
	"bytes"
	"fmt"
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// dpi is how many dots an inch a PNG has.
const dpi = 120

// Palette is Okabe and Ito's (2008), which colour-blind readers tell apart, without its yellow: blue, vermilion, green,
// purple, orange, sky blue, grey.
func Palette() []color.RGBA {
	return []color.RGBA{
		{0x00, 0x72, 0xb2, 0xff}, {0xd5, 0x5e, 0x00, 0xff}, {0x00, 0x9e, 0x73, 0xff}, {0xcc, 0x79, 0xa7, 0xff},
		{0xe6, 0x9f, 0x00, 0xff}, {0x56, 0xb4, 0xe9, 0xff}, {0x44, 0x44, 0x44, 0xff},
	}
}

// Ink is the colour of what is read.
func Ink() color.Gray { return color.Gray{0x33} }

// New is an empty plot with a title, names of its axes, and a pale grid.
func New(title, x, y string) *plot.Plot {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	grid := plotter.NewGrid()
	grid.Horizontal.Color, grid.Vertical.Color = color.Gray{0xe4}, color.Gray{0xf0}
	p.Add(grid)
	return p
}

// Style sets one sans-serif face everywhere, in a plot and in its legend, its own or one that is drawn apart, and takes the
// ink down to what is read.
func Style(p *plot.Plot, legend *plot.Legend) {
	sans := func(f *font.Font, size vg.Length) { f.Variant, f.Size = "Sans", size }
	sans(&p.Title.TextStyle.Font, 13)
	sans(&legend.TextStyle.Font, 9)
	p.Title.Padding = 8
	p.Title.TextStyle.Color, legend.TextStyle.Color = Ink(), Ink()
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		sans(&axis.Label.TextStyle.Font, 10)
		sans(&axis.Tick.Label.Font, 9)
		axis.Label.TextStyle.Color, axis.Tick.Label.Color = Ink(), Ink()
		axis.LineStyle.Color, axis.Tick.LineStyle.Color = color.Gray{0x99}, color.Gray{0x99}
	}
	p.BackgroundColor = color.White
}

// Encode paints a drawing as SVG and as PNG. The SVG names faces of the same widths for where its own is missing.
func Encode(width, height vg.Length, paint func(draw.Canvas) error) (svg, png []byte, err error) {
	vector := vgsvg.New(width, height)
	raster := vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(dpi))}
	if err := paint(draw.New(vector)); err != nil {
		return nil, nil, err
	}
	if err := paint(draw.New(raster)); err != nil {
		return nil, nil, err
	}
	var text, picture bytes.Buffer
	if _, err := vector.WriteTo(&text); err != nil {
		return nil, nil, fmt.Errorf("plots: encode SVG: %w", err)
	}
	if _, err := raster.WriteTo(&picture); err != nil {
		return nil, nil, fmt.Errorf("plots: encode PNG: %w", err)
	}
	const family = "font-family:Liberation Sans"
	return bytes.ReplaceAll(text.Bytes(), []byte(family), []byte(family+",Arial,Helvetica,sans-serif")), picture.Bytes(), nil
}
