package score

import (
	"cmp"
	"fmt"
	"image/color"
	"os"
	"path/filepath"
	"slices"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"videogan/eval"
	"videogan/eval/plots"
	"videogan/video"
)

// What pictures show.
const (
	shownNeighbours = 3
	shownClips      = 8 // samples with their neighbours, or closest pairs
	shownLabels     = 30
)

// path is a picture's file beside the results, and makes the folder; "" where none are drawn.
func (m *measurement) path(r eval.Result, extension string) (string, error) {
	if m.o.Folder == "" {
		return "", nil
	}
	if err := os.MkdirAll(m.o.Folder, 0o755); err != nil {
		return "", fmt.Errorf("score: pictures: %w", err)
	}
	return filepath.Join(m.o.Folder, r.Name+extension), nil
}

// drawModes draws the histogram of classes, with a line where all would be even.
func (m *measurement) drawModes(r eval.Result) error {
	path, err := m.path(r, ".svg")
	if path == "" {
		return err
	}
	counts := make(plotter.Values, len(r.Histogram))
	total := 0
	for i, n := range r.Histogram {
		counts[i] = float64(n)
		total += n
	}
	width := min(vg.Points(24), 6*vg.Inch/vg.Length(len(counts)))
	bars, err := plotter.NewBarChart(counts, width)
	if err != nil {
		return fmt.Errorf("score: draw modes: %w", err)
	}
	bars.Color, bars.LineStyle.Width = plots.Palette()[0], 0
	even := float64(total) / float64(len(counts))
	line, err := plotter.NewLine(plotter.XYs{{X: -0.5, Y: even}, {X: float64(len(counts)) - 0.5, Y: even}})
	if err != nil {
		return fmt.Errorf("score: draw modes: %w", err)
	}
	line.Color, line.Dashes = color.Gray{0x66}, []vg.Length{4, 2}
	p := plots.New(fmt.Sprintf("%d clips by class: %.4g of %d classes", total, r.Value, len(counts)), "", "clips")
	p.Y.Min = 0
	p.Add(bars, line)
	if len(counts) <= shownLabels {
		p.NominalX(m.Judge.Classes()...)
	} else {
		p.X.Label.Text = "class"
	}
	plots.Style(p, &p.Legend)
	svg, png, err := plots.Encode(7*vg.Inch, 3*vg.Inch, func(c draw.Canvas) error {
		p.Draw(draw.Crop(c, 6, -8, 6, -6))
		return nil
	})
	if err != nil {
		return fmt.Errorf("score: draw %s: %w", path, err)
	}
	for extension, data := range map[string][]byte{".svg": svg, ".png": png} {
		if path, err = m.path(r, extension); err != nil {
			return err
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			return fmt.Errorf("score: write picture: %w", err)
		}
	}
	return nil
}

// drawDuplicates draws the closest pairs of groups, one clip above the other.
func (m *measurement) drawDuplicates(r eval.Result, test eval.Duplicates) error {
	pairs := slices.Clone(test.Closest)
	slices.SortStableFunc(pairs, func(a, b eval.Pair) int { return cmp.Compare(a.Distance, b.Distance) })
	pairs = pairs[:min(shownClips, len(pairs))]
	var samples []*video.Clip
	var others [][]eval.Neighbour
	path, err := m.path(r, ".png")
	if path == "" {
		return err
	}
	for _, pair := range pairs {
		clip, err := m.scored(pair.A)
		if err != nil {
			return err
		}
		samples = append(samples, clip)
		others = append(others, []eval.Neighbour{{Index: pair.B, Distance: pair.Distance}})
	}
	return eval.WriteNeighbourSheet(path, samples, others, m.scored, sheet(m.clips.Shape))
}

// scored makes a clip by its row over all repeats.
func (m *measurement) scored(row int) (*video.Clip, error) {
	seed := repeatSeed(m.p.Seed, row/m.p.Samples)
	return m.clips.clip(m.ctx, seed, row%m.p.Samples)
}

// drawNearest draws the clips that are nearest to a real one, which is where copies would show, each above what it is near to.
func (m *measurement) drawNearest(r eval.Result, nearest [][]eval.Neighbour) error {
	path, err := m.path(r, ".png")
	if path == "" {
		return err
	}
	rows := make([]int, len(nearest))
	for i := range rows {
		rows[i] = i
	}
	slices.SortStableFunc(rows, func(a, b int) int { return cmp.Compare(nearest[a][0].Distance, nearest[b][0].Distance) })
	var samples []*video.Clip
	var shown [][]eval.Neighbour
	for _, row := range rows[:min(shownClips, len(rows))] {
		clip, err := m.scored(row)
		if err != nil {
			return err
		}
		samples, shown = append(samples, clip), append(shown, nearest[row])
	}
	real := func(row int) (*video.Clip, error) { return m.o.Real.clip(m.ctx, m.p.Seed, row) }
	return eval.WriteNeighbourSheet(path, samples, shown, real, sheet(m.clips.Shape))
}

// sheet enlarges small frames.
func sheet(shape eval.Shape) video.SheetOptions {
	return video.SheetOptions{Gap: 2, Scale: max(1, 64/shape.Width)}
}
