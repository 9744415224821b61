package transfer

import (
	"fmt"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"videogan/eval/plots"
)

// Sizes of a panel.
const (
	panelWidth  = 4.6 * vg.Inch
	panelHeight = 3.8 * vg.Inch
)

// ink is a method's colour.
func (m Method) ink() color.RGBA {
	inks := plots.Palette()
	switch m {
	case MethodScratch:
		return inks[6]
	case MethodUntrained:
		return inks[4]
	case MethodProbe:
		return inks[0]
	}
	return inks[1]
}

// figure is one plot: a panel a model.
type figure struct {
	file, title, x, y string
	at                func(Point) (x float64, ok bool) // ok: it stands in this figure
	value             func(Point) Spread
	ticks             func(s *Study) []plot.Tick
	level             func(s *Study, x float64) float64 // of the dashed line
	levelName         string
	logarithmic       bool
	falls             bool // its values fall to the right, where the legend then stands
}

// figures are the plots of a study; one without two positions is left out.
func figures(all int) []figure {
	byLabels := func(p Point) (float64, bool) { return p.Labels, p.Classes == all }
	byClasses := func(p Point) (float64, bool) { return float64(p.Classes), p.Labels == 1 }
	accuracy := func(p Point) Spread { return p.Accuracy.times(100) }
	gain := func(p Point) Spread { return p.Gain }
	one := func(*Study, float64) float64 { return 1 }
	return []figure{
		{"accuracy-labels", "Accuracy by labels", "share of the labels", "test videos judged right, percent", byLabels, accuracy, shareTicks,
			func(s *Study, _ float64) float64 { return 100 / float64(s.classCount()) }, "chance", true, false},
		{"gain-labels", "Gain by labels", "share of the labels", "times the accuracy of random initialization", byLabels, gain, shareTicks, one, "", true, false},
		{"accuracy-classes", "Accuracy by classes", "classes", "test videos judged right, percent", byClasses, accuracy, countTicks,
			func(_ *Study, x float64) float64 { return 100 / x }, "chance", true, true},
		{"gain-classes", "Gain by classes", "classes", "times the accuracy of random initialization", byClasses, gain, countTicks, one, "", true, false},
	}
}

func shareTicks(s *Study) (ticks []plot.Tick) {
	for _, share := range s.Config.Labels {
		ticks = append(ticks, plot.Tick{Value: share, Label: Share(share)})
	}
	return ticks
}

func countTicks(s *Study) (ticks []plot.Tick) {
	for _, n := range append(slices.Clone(s.Config.Classes), s.classCount()) {
		ticks = append(ticks, plot.Tick{Value: float64(n), Label: strconv.Itoa(n)})
	}
	return ticks
}

// WritePlots draws the study into a folder, each figure as SVG and PNG: accuracy and gain over random initialization by
// share of the labels and by number of classes, a panel a model, mean and standard deviation over the repeats.
func (s *Study) WritePlots(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("transfer: %w", err)
	}
	points := s.Points()
	for _, f := range figures(s.classCount()) {
		if ticks := f.ticks(s); len(ticks) < 2 || !slices.ContainsFunc(points, func(p Point) bool { _, ok := f.at(p); return ok && len(f.value(p).Values) > 0 }) {
			continue
		}
		panels, err := f.panels(s, points)
		if err != nil {
			return fmt.Errorf("transfer: draw %s: %w", f.file, err)
		}
		if err := save(filepath.Join(dir, f.file), panels); err != nil {
			return err
		}
	}
	return nil
}

// panels draws a panel for each model, all on one scale.
func (f figure) panels(s *Study, points []Point) ([]*plot.Plot, error) {
	ticks := f.ticks(s)
	var panels []*plot.Plot
	low, high := math.Inf(1), math.Inf(-1)
	for i, model := range s.models {
		p := plots.New(f.title+", "+model, f.x, f.y)
		p.X.Tick.Marker = plot.ConstantTicks(ticks)
		if f.logarithmic {
			p.X.Scale = plot.LogScale{}
		}
		p.X.Min, p.X.Max = ticks[0].Value, ticks[len(ticks)-1].Value
		var level plotter.XYs
		for _, tick := range ticks {
			level = append(level, plotter.XY{X: tick.Value, Y: f.level(s, tick.Value)})
			low, high = min(low, f.level(s, tick.Value)), max(high, f.level(s, tick.Value))
		}
		dashed, err := plotter.NewLine(level)
		if err != nil {
			return nil, err
		}
		dashed.Color, dashed.Dashes = color.Gray{0x99}, []vg.Length{vg.Points(4), vg.Points(3)}
		p.Add(dashed)
		if f.levelName != "" && i == 0 {
			p.Legend.Add(f.levelName, dashed)
		}
		for _, method := range s.Config.Methods {
			of := &bars{}
			for _, point := range points {
				if x, ok := f.at(point); ok && point.Model == model && point.Method == method && len(f.value(point).Values) > 0 {
					of.add(x, f.value(point))
				}
			}
			if len(of.XYs) == 0 || f.levelName == "" && method == MethodScratch { // its gain is the dashed line
				continue
			}
			if err := of.draw(p, method, i == 0); err != nil {
				return nil, err
			}
			for j, at := range of.XYs {
				low, high = min(low, at.Y-of.YErrors[j].Low), max(high, at.Y+of.YErrors[j].High)
			}
		}
		plots.Style(p, &p.Legend)
		p.Title.TextStyle.Font.Size = 11 // a panel is narrow
		p.Legend.Top, p.Legend.Left, p.Legend.Padding = true, !f.falls, 2
		panels = append(panels, p)
	}
	for _, p := range panels {
		margin := 0.06 * (high - low)
		p.Y.Min, p.Y.Max = low-margin, high+4*margin // the legend stands on top
	}
	return panels, nil
}

// bars are means with their standard deviations.
type bars struct {
	plotter.XYs
	plotter.YErrors
}

func (b *bars) add(x float64, s Spread) {
	b.XYs = append(b.XYs, plotter.XY{X: x, Y: s.Mean})
	b.YErrors = append(b.YErrors, struct{ Low, High float64 }{s.Std, s.Std})
}

// draw sorts the bars by x and adds them to a plot.
func (b *bars) draw(p *plot.Plot, method Method, named bool) error {
	order := make([]int, len(b.XYs))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return int(math.Copysign(1, b.XYs[i].X-b.XYs[j].X)) })
	sorted := &bars{}
	for _, i := range order {
		sorted.XYs, sorted.YErrors = append(sorted.XYs, b.XYs[i]), append(sorted.YErrors, b.YErrors[i])
	}
	line, dots, err := plotter.NewLinePoints(sorted.XYs)
	if err != nil {
		return err
	}
	errors, err := plotter.NewYErrorBars(sorted)
	if err != nil {
		return err
	}
	line.Color, line.Width = method.ink(), vg.Points(1.4)
	dots.Color, dots.Shape, dots.Radius = method.ink(), draw.CircleGlyph{}, vg.Points(2.2)
	errors.Color, errors.Width, errors.CapWidth = method.ink(), vg.Points(0.8), vg.Points(4)
	p.Add(line, dots, errors)
	if named {
		p.Legend.Add(method.Title(), line, dots)
	}
	return nil
}

// save writes path.svg and path.png, the panels side by side.
func save(path string, panels []*plot.Plot) error {
	svg, png, err := plots.Encode(panelWidth*vg.Length(len(panels)), panelHeight, func(c draw.Canvas) error {
		tiles := draw.Tiles{Rows: 1, Cols: len(panels), PadTop: 8, PadBottom: 6, PadLeft: 8, PadRight: 14, PadX: 18}
		for i, at := range plot.Align([][]*plot.Plot{panels}, tiles, c)[0] {
			panels[i].Draw(at)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("transfer: draw %s: %w", path, err)
	}
	if err := writeFile(path+".svg", svg); err != nil {
		return err
	}
	return writeFile(path+".png", png)
}
