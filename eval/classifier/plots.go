package classifier

import (
	"fmt"
	"image/color"
	"path/filepath"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/palette"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"videogan/eval/plots"
)

// drawPlots draws learning curve and confusion matrix, each as SVG and PNG.
func drawPlots(dir string, records []record, card Card) error {
	curve, err := learningCurve(records)
	if err != nil {
		return fmt.Errorf("classifier: draw learning curve: %w", err)
	}
	if err := savePlot(filepath.Join(dir, "learning"), curve, 8*vg.Inch, 4*vg.Inch); err != nil {
		return err
	}
	if card.Test.Clips == 0 {
		return nil
	}
	matrix, err := confusionPicture(card)
	if err != nil {
		return fmt.Errorf("classifier: draw confusion matrix: %w", err)
	}
	side := vg.Length(min(4+0.35*float64(len(card.Classes)), 24)) * vg.Inch
	return savePlot(filepath.Join(dir, "confusion"), matrix, side, side)
}

// smoothing is the weight of the newest batch in the moving average of the training accuracy.
const smoothing = 0.1

// learningCurve shows accuracy over the step: on batches, averaged, and on the test clips.
func learningCurve(records []record) (*plot.Plot, error) {
	p := plots.New("Accuracy", "step", "share of clips judged right")
	p.X.Min, p.Y.Min, p.Y.Max = 0, 0, 1
	p.Legend.Left = false
	var train, clips, videos plotter.XYs
	mean, weight, apart := 0.0, 0.0, false
	for _, r := range records {
		if r.TestClip != nil && r.TestVideo != nil {
			clips = append(clips, plotter.XY{X: float64(r.Step), Y: *r.TestClip})
			videos = append(videos, plotter.XY{X: float64(r.Step), Y: *r.TestVideo})
			apart = apart || *r.TestClip != *r.TestVideo
			continue
		}
		mean, weight = mean+smoothing*(r.Accuracy-mean), weight+smoothing*(1-weight)
		train = append(train, plotter.XY{X: float64(r.Step), Y: mean / weight})
	}
	inks := plots.Palette()
	name := "test, by clip"
	if !apart { // each clip is a video
		name, videos = "test", nil
	}
	for _, series := range []struct {
		name   string
		points plotter.XYs
		ink    color.Color
		marked bool
	}{{"training batches", train, inks[0], false}, {name, clips, inks[1], true}, {"test, by video", videos, inks[2], true}} {
		if len(series.points) == 0 {
			continue
		}
		line, points, err := plotter.NewLinePoints(series.points)
		if err != nil {
			return nil, err
		}
		line.Color, line.Width = series.ink, vg.Points(1.4)
		points.Color, points.Shape, points.Radius = series.ink, draw.CircleGlyph{}, vg.Points(2)
		p.Add(line)
		if series.marked {
			p.Add(points)
		}
		p.Legend.Add(series.name, line)
	}
	plots.Style(p, &p.Legend)
	return p, nil
}

// grid is a confusion matrix as shares of each true class, its first row on top.
type grid [][]int

func (g grid) Dims() (columns, rows int) { return len(g), len(g) }
func (g grid) X(c int) float64           { return float64(c) }
func (g grid) Y(r int) float64           { return float64(r) }
func (g grid) Z(c, r int) float64 {
	row := g[len(g)-1-r]
	sum := 0
	for _, n := range row {
		sum += n
	}
	if sum == 0 {
		return 0
	}
	return float64(row[c]) / float64(sum)
}

// mostLabelled is the most classes whose cells hold their numbers.
const mostLabelled = 25

func confusionPicture(card Card) (*plot.Plot, error) {
	p := plot.New()
	p.Title.Text = fmt.Sprintf("%.1f%% of %d test clips", 100*card.Test.ClipAccuracy, card.Test.Clips)
	if card.Test.Videos != card.Test.Clips {
		p.Title.Text += fmt.Sprintf(", %.1f%% of %d videos", 100*card.Test.VideoAccuracy, card.Test.Videos)
	}
	p.X.Label.Text, p.Y.Label.Text = "judged", "true"
	g := grid(card.Test.Confusion)
	heat := plotter.NewHeatMap(g, blues(64))
	heat.Min, heat.Max = 0, 1
	p.Add(heat)
	n := len(card.Classes)
	across, down := make([]plot.Tick, n), make([]plot.Tick, n)
	for i, class := range card.Classes {
		across[i] = plot.Tick{Value: float64(i), Label: class}
		down[i] = plot.Tick{Value: float64(n - 1 - i), Label: class}
	}
	p.X.Tick.Marker, p.Y.Tick.Marker = plot.ConstantTicks(across), plot.ConstantTicks(down)
	plots.Style(p, &p.Legend)
	if slices.ContainsFunc(card.Classes, func(class string) bool { return len(class) > 3 }) {
		p.X.Tick.Label.Rotation, p.X.Tick.Label.XAlign, p.X.Tick.Label.YAlign = 0.7, text.XRight, text.YCenter
	}
	if n > mostLabelled {
		return p, nil
	}
	var at plotter.XYLabels
	var dark []bool
	for r := range n {
		for c := range n {
			at.XYs = append(at.XYs, plotter.XY{X: float64(c), Y: float64(r)})
			at.Labels = append(at.Labels, strconv.Itoa(g[n-1-r][c]))
			dark = append(dark, g.Z(c, r) > 0.5)
		}
	}
	labels, err := plotter.NewLabels(at)
	if err != nil {
		return nil, err
	}
	for i := range labels.TextStyle {
		s := &labels.TextStyle[i]
		s.Font.Variant, s.Font.Size, s.XAlign, s.YAlign, s.Color = "Sans", 9, text.XCenter, text.YCenter, color.Gray{0x22}
		if dark[i] {
			s.Color = color.White
		}
	}
	p.Add(labels)
	return p, nil
}

// blues is a palette from white to blue.
type blues int

var _ palette.Palette = blues(0)

func (n blues) Colors() []color.Color {
	list := make([]color.Color, n)
	for i := range list {
		mix := func(to uint8) uint8 { return uint8(255 + (int(to)-255)*i/int(n-1)) }
		list[i] = color.RGBA{mix(0x08), mix(0x45), mix(0x94), 0xff}
	}
	return list
}

// savePlot writes path.svg and path.png.
func savePlot(path string, p *plot.Plot, width, height vg.Length) error {
	svg, png, err := plots.Encode(width, height, func(c draw.Canvas) error {
		p.Draw(draw.Crop(c, 10, -14, 8, -8))
		return nil
	})
	if err != nil {
		return fmt.Errorf("classifier: draw %s: %w", path, err)
	}
	if err := writeFile(path+".svg", svg); err != nil {
		return err
	}
	return writeFile(path+".png", png)
}
