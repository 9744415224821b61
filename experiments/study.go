package experiments

import (
	"errors"
	"fmt"
	"image/color"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"videogan/eval"
	"videogan/eval/plots"
)

// WriteStudy writes a study into a folder: study.md, its table (at a step, below 0 the last that all groups have), and
// of every score that was measured at several steps a plot, as SVG and PNG, named for the measure.
func WriteStudy(dir string, s eval.Study, step int) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("experiments: make folder of the study: %w", err)
	}
	err := writeFile(filepath.Join(dir, "study.md"), func(w io.Writer) error { return s.WriteMarkdown(w, step) })
	if err != nil {
		return err
	}
	for _, column := range s.Columns {
		if err := plotStudy(dir, column); err != nil {
			return fmt.Errorf("experiments: plot %s: %w", column.Name, err)
		}
	}
	return nil
}

var unfitForFile = regexp.MustCompile(`[^a-z0-9]+`)

// plotStudy draws the curves of a column; one without a curve is left out.
func plotStudy(dir string, column eval.StudyColumn) error {
	p, legend, err := composeStudy(column)
	if errors.Is(err, errNoCurve) {
		return nil
	}
	if err != nil {
		return err
	}
	base := strings.Trim(unfitForFile.ReplaceAllString(strings.ToLower(column.Name), "-"), "-")
	return writePlot(filepath.Join(dir, base), plotWidth, plotHeight, func(c draw.Canvas) error {
		drawBeside(c, p, legend)
		return nil
	})
}

var errNoCurve = errors.New("no score at two steps")

// composeStudy lays out a line of means a group, bars of one standard deviation between runs, and the score of real
// clips as a dashed line, where it is near. Groups stand a little apart along the axis, so that no bar hides another.
func composeStudy(column eval.StudyColumn) (*plot.Plot, plot.Legend, error) {
	p, legend := newPlot(column.Name+", "+column.Protocol.Classifier.Name, "step", "mean ± standard deviation between seeds")
	first, last := math.MaxInt, math.MinInt
	low, high := math.Inf(1), math.Inf(-1)
	for _, curve := range column.Curves {
		for _, point := range curve.Points {
			first, last = min(first, point.Step), max(last, point.Step)
			low, high = min(low, point.Mean-point.Std), max(high, point.Mean+point.Std)
		}
	}
	if first >= last {
		return nil, legend, errNoCurve
	}
	apart := float64(last-first) / 200
	for i, curve := range column.Curves {
		if len(curve.Points) == 0 {
			continue
		}
		shift := apart * (float64(i) - float64(len(column.Curves)-1)/2)
		line, bars, err := drawCurve(curve, shift, i)
		if err != nil {
			return nil, legend, fmt.Errorf("%s: %w", curve.Group, err)
		}
		p.Add(bars, line)
		legend.Add(curve.Group, line)
	}
	if column.Real != nil {
		name := fmt.Sprintf("real clips: %.4g", *column.Real)
		real, err := plotter.NewLine(plotter.XYs{{X: float64(first), Y: *column.Real}, {X: float64(last), Y: *column.Real}})
		if err != nil {
			return nil, legend, fmt.Errorf("%s: %w", name, err)
		}
		real.Color, real.Width, real.Dashes = color.Gray{0x66}, vg.Points(1), []vg.Length{vg.Points(3), vg.Points(3)}
		if margin := (high - low) / 2; *column.Real > low-margin && *column.Real < high+margin { // beyond, it would press the curves flat
			p.Add(real)
			legend.Add(name, real)
		} else {
			legend.Add(name)
		}
	}
	plots.Style(p, &legend)
	return p, legend, nil
}

// drawCurve makes the line and the bars of group i.
func drawCurve(curve eval.Curve, shift float64, i int) (*plotter.Line, *plotter.YErrorBars, error) {
	points := struct {
		plotter.XYs
		plotter.YErrors
	}{}
	for _, point := range curve.Points {
		points.XYs = append(points.XYs, plotter.XY{X: float64(point.Step) + shift, Y: point.Mean})
		points.YErrors = append(points.YErrors, struct{ Low, High float64 }{point.Std, point.Std})
	}
	line, err := plotter.NewLine(points.XYs)
	if err != nil {
		return nil, nil, err
	}
	line.Width, line.Color = vg.Points(1.6), palette[i%len(palette)]
	if i >= len(palette) {
		line.Dashes = []vg.Length{vg.Points(4), vg.Points(2)}
	}
	bars, err := plotter.NewYErrorBars(points)
	if err != nil {
		return nil, nil, err
	}
	bars.LineStyle.Color, bars.LineStyle.Width, bars.CapWidth = line.Color, vg.Points(0.8), vg.Points(4)
	return line, bars, nil
}
