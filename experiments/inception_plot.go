package experiments

import (
	"errors"
	"fmt"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"codeberg.org/sbinet/npyio"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"videogan/eval/plots"
)

// inceptionFigure is the inception score over the epoch: its spread as a band, the real clips' as a line across, and
// published curves on request.
var inceptionFigure = figure{file: "inception", title: "Inception score", unit: "inception score", names: []string{inceptionPrefix}}

// spread is one score over the epoch.
type spread struct {
	name       string
	points     plotter.XYs
	low, high  plotter.XYs
	horizontal bool // the same everywhere
}

// spreads picks the scores out of the records, in the order of their first record.
func spreads(records []Record) []spread {
	var list []spread
	at := map[string]int{}
	for _, record := range records {
		epoch, _ := record.Get("epoch")
		for _, m := range record {
			name, ok := strings.CutPrefix(m.Name, inceptionPrefix)
			if !ok || strings.HasSuffix(name, spreadSuffix) {
				continue
			}
			i, known := at[name]
			if !known {
				i = len(list)
				at[name] = i
				list = append(list, spread{name: name, horizontal: name == realSubject})
			}
			std, _ := record.Get(m.Name + spreadSuffix)
			s := &list[i]
			s.points = append(s.points, plotter.XY{X: epoch, Y: m.Value})
			s.low = append(s.low, plotter.XY{X: epoch, Y: m.Value - std})
			s.high = append(s.high, plotter.XY{X: epoch, Y: m.Value + std})
		}
	}
	return list
}

// inceptionPlot is the figure of a run folder, with the published curves that its config names.
func inceptionPlot(folder Folder, records []Record) (*plot.Plot, plot.Legend, error) {
	run, err := LoadRun(folder)
	if err != nil {
		return nil, plot.Legend{}, err
	}
	published, _ := requestedCurves([]*history{{run: run}}) // the report says which are missing; a run goes on without them
	return composeInception(spreads(records), published)
}

// publishedStyle is dotted, in a colour that the first own lines have not; where colours are used up, the dots are longer.
func publishedStyle(i, own int) draw.LineStyle {
	own = min(own, len(palette)-1)
	left := len(palette) - own
	return draw.LineStyle{Color: palette[own+i%left], Width: vg.Points(1.2), Dashes: []vg.Length{vg.Points(1.5 + float64(i/left)), vg.Points(2)}}
}

// composeInception lays out the scores of a run and the published curves.
func composeInception(scores []spread, published []curve) (*plot.Plot, plot.Legend, error) {
	p, legend := newPlot(inceptionFigure.title, "epoch", inceptionFigure.unit)
	for i, c := range published {
		line, err := plotter.NewLine(c.points)
		if err != nil {
			return nil, legend, fmt.Errorf("%s: %w", c.name, err)
		}
		line.LineStyle = publishedStyle(i, len(scores))
		p.Add(line)
		legend.Add(c.name, line)
	}
	for i, s := range scores {
		strong := palette[i%len(palette)]
		if s.horizontal {
			strong = color.RGBA{0x22, 0x22, 0x22, 0xff}
		}
		band := make(plotter.XYs, 0, 2*len(s.low))
		band = append(band, s.low...)
		for k := len(s.high) - 1; k >= 0; k-- {
			band = append(band, s.high[k])
		}
		area, err := plotter.NewPolygon(band)
		if err != nil {
			return nil, legend, fmt.Errorf("%s: %w", s.name, err)
		}
		faint := strong
		area.Color, area.LineStyle.Width = color.NRGBA{faint.R, faint.G, faint.B, 0x30}, 0
		line, err := plotter.NewLine(s.points)
		if err != nil {
			return nil, legend, fmt.Errorf("%s: %w", s.name, err)
		}
		line.Width, line.Color = vg.Points(1.6), strong
		if s.horizontal {
			line.Dashes = []vg.Length{vg.Points(5), vg.Points(3)}
		}
		p.Add(area, line)
		if len(s.points) == 1 { // a line of one point is not seen
			dot, err := plotter.NewScatter(s.points)
			if err != nil {
				return nil, legend, fmt.Errorf("%s: %w", s.name, err)
			}
			dot.Color = strong
			p.Add(dot)
		}
		legend.Add(s.name, line)
	}
	plots.Style(p, &legend)
	return p, legend, nil
}

// requestedCurves are the published curves that runs ask for, each once, and why others cannot be drawn.
func requestedCurves(histories []*history) (curves []curve, problems []error) {
	type request struct {
		path   string
		epochs float64
	}
	var requests []request
	for _, h := range histories {
		e := h.run.Config.Shared().Eval
		for _, path := range e.Curves {
			if r := (request{path, e.CurveEpochs}); !slices.Contains(requests, r) {
				requests = append(requests, r)
			}
		}
	}
	for _, r := range requests {
		found, err := publishedCurves(Evaluation{Curves: []string{r.path}, CurveEpochs: r.epochs})
		if err != nil {
			problems = append(problems, err)
		}
		curves = append(curves, found...)
	}
	return curves, problems
}

// publishedCurves reads the curves that a run asks for.
func publishedCurves(e Evaluation) ([]curve, error) {
	epochs := e.CurveEpochs
	if epochs == 0 {
		epochs = evaluationCurveEpochs
	}
	var curves []curve
	for _, path := range e.Curves {
		values, err := readCurve(path)
		if err != nil {
			return nil, fmt.Errorf("experiments: eval.curves: %s: %w", path, err)
		}
		c := curve{name: strings.TrimSuffix(filepath.Base(path), ".npy")}
		for i, v := range values {
			c.points = append(c.points, plotter.XY{X: float64(i) * epochs, Y: v})
		}
		curves = append(curves, c)
	}
	return curves, nil
}

// readCurve reads a one-dimensional .npy of float32 or float64.
func readCurve(path string) (values []float64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	r, err := npyio.NewReader(f)
	if err != nil {
		return nil, err
	}
	shape := r.Header.Descr.Shape
	const most = 1 << 20 // a curve, not a data set
	if len(shape) != 1 || shape[0] < 1 || shape[0] > most {
		return nil, fmt.Errorf("an array of shape %v: want one axis of 1 to %d numbers", shape, most)
	}
	switch kind := strings.Trim(r.Header.Descr.Type, "'"); kind {
	case "<f4":
		var single []float32
		if err := r.Read(&single); err != nil {
			return nil, err
		}
		for _, v := range single {
			values = append(values, float64(v))
		}
		return values, nil
	case "<f8":
		return values, r.Read(&values)
	}
	return nil, fmt.Errorf("numbers of type %s: want float32 or float64", strings.Trim(r.Header.Descr.Type, "'"))
}
