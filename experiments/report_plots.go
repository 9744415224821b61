package experiments

import (
	"bytes"
	"fmt"
	"html"
	"html/template"
	"image/color"
	"regexp"
	"strconv"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// reportPlot is a chart on the page: an SVG without a legend, and the legend as text, which
// a narrow screen can break.
type reportPlot struct {
	Title  string
	SVG    template.HTML
	Legend []legendEntry
}

// legendEntry is a line's colour (a class of the style sheet), name and newest value.
type legendEntry struct{ Class, Name, Value string }

// Size of a plot on the page: about as wide as a phone's screen, so that its text stays readable there.
const (
	reportPlotWidth  = 5 * vg.Inch
	reportPlotHeight = 2.9 * vg.Inch
)

// figureCharts are the figures of one run. The page draws scores apart.
func figureCharts(records []Record) []chart {
	var charts []chart
	for _, f := range figures {
		if f.file == inceptionFigure.file {
			continue
		}
		c := chart{title: f.title, x: "step", y: f.unit}
		for _, of := range f.curves(records) {
			c.lines = append(c.lines, chartLine{name: of.name, line: of.smooth(plotColumns), raw: of.envelope(plotColumns)})
		}
		if len(c.lines) > 0 {
			charts = append(charts, c)
		}
	}
	return charts
}

func reportPlots(charts []chart) ([]reportPlot, error) {
	var plots []reportPlot
	for _, c := range charts {
		plot := reportPlot{Title: c.title}
		var err error
		if plot.SVG, err = c.svg(); err != nil {
			return nil, err
		}
		for i, l := range c.lines {
			entry := legendEntry{Class: fmt.Sprintf("c%d", i%len(palette)), Name: l.name, Value: number(l.line[len(l.line)-1].Y)}
			if i >= len(palette) {
				entry.Class += " dashed"
			}
			if l.published {
				entry.Class = fmt.Sprintf("c%d dotted", i%len(palette))
			}
			if l.across {
				entry.Class = "ink dashed"
			}
			plot.Legend = append(plot.Legend, entry)
		}
		plots = append(plots, plot)
	}
	return plots, nil
}

// svg draws the chart as an element that takes its colours from the page's style sheet.
func (c chart) svg() (template.HTML, error) {
	bare := c
	bare.title = ""
	p, _, err := bare.compose()
	if err != nil {
		return "", fmt.Errorf("experiments: plot %s: %w", c.title, err)
	}
	canvas := vgsvg.New(reportPlotWidth, reportPlotHeight)
	p.Draw(draw.Crop(draw.New(canvas), 4, -8, 4, -6))
	var file bytes.Buffer
	if _, err := canvas.WriteTo(&file); err != nil {
		return "", fmt.Errorf("experiments: plot %s: %w", c.title, err)
	}
	// The first element's own size would hold it back from the page's width.
	_, drawing, ok := strings.Cut(file.String(), "viewBox=")
	if !ok {
		return "", fmt.Errorf("experiments: plot %s: a drawing without a viewBox", c.title)
	}
	return template.HTML(`<svg role="img" aria-label="` + html.EscapeString(c.words()) + `" viewBox=` + inPageColours(drawing)), nil
}

// words says what the chart shows to those who cannot see it.
func (c chart) words() string {
	var parts []string
	for _, l := range c.lines {
		first, last := l.line[0].Y, l.line[len(l.line)-1].Y
		if len(l.line) == 1 || l.across {
			parts = append(parts, fmt.Sprintf("%s at %s", l.name, number(last)))
		} else {
			parts = append(parts, fmt.Sprintf("%s from %s to %s", l.name, number(first), number(last)))
		}
	}
	return fmt.Sprintf("%s over the %s: %s", c.title, c.x, strings.Join(parts, "; "))
}

// inPageColours turns the colours of a drawing into those of the page's style sheet, which has
// a light and a dark set.
func inPageColours(drawing string) string {
	drawing = strings.NewReplacer("fill:#FFFFFF", "fill:none", "font-family:Liberation Sans", "font-family:system-ui,sans-serif").Replace(drawing)
	return drawnColour.ReplaceAllStringFunc(drawing, pageColour)
}

var drawnColour = regexp.MustCompile(`#[0-9A-F]{6}`)

// pageColour is the style sheet's name of a colour that is drawn. What lets something through
// is drawn a shade off: its colour has been multiplied and divided by how much.
func pageColour(drawn string) string {
	named := map[string]color.RGBA{"ink": {0x33, 0x33, 0x33, 0xff}, "soft": {0x99, 0x99, 0x99, 0xff}, "line": {0xe4, 0xe4, 0xe4, 0xff}, "grid": {0xf0, 0xf0, 0xf0, 0xff}}
	for i, c := range palette {
		named[fmt.Sprintf("c%d", i)] = c
	}
	value, err := strconv.ParseUint(drawn[1:], 16, 32)
	if err != nil {
		return drawn
	}
	const shade = 4
	near := func(a uint64, b uint8) bool { return int(a&0xff)-int(b) <= shade && int(b)-int(a&0xff) <= shade }
	for name, c := range named {
		if near(value>>16, c.R) && near(value>>8, c.G) && near(value, c.B) {
			return "var(--" + name + ")"
		}
	}
	return drawn
}
