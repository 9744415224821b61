package transfer

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// classCount is the number of all classes.
func (s *Study) classCount() int { return len(s.Data[0].Train.Info().Classes) }

// WriteText writes what was measured as tables for a person: accuracy in percent, mean ± standard deviation over the
// repeats, by share of the labels and by number of classes; the gain over random initialization; what others printed.
func (s *Study) WriteText(w io.Writer) error {
	points := s.Points()
	var text strings.Builder
	for _, d := range s.Data {
		train, test := d.Train.Info(), d.Test.Info()
		fmt.Fprintf(&text, "training: %s; test: %s\n", train.Summary, test.Summary)
	}
	t := s.Config.Training
	fmt.Fprintf(&text, "Adam %g, β %g %g, %d steps of %d windows, dropout %g of channels, layer %s; a video is judged by the mean of %d windows\n",
		t.Rate, t.Beta1, t.Beta2, t.Steps, t.Batch, t.Dropout, t.Layer, t.Windows)
	if s.Finished < s.Total {
		fmt.Fprintf(&text, "unfinished: %d of %d cells\n", s.Finished, s.Total)
	}
	all := s.classCount()
	var shares, counts []column
	for _, share := range s.Config.Labels {
		shares = append(shares, column{"LABELS " + strings.ToUpper(Share(share)), share, all})
	}
	for _, n := range append(slices.Clone(s.Config.Classes), all) {
		counts = append(counts, column{fmt.Sprintf("%d CLASSES", n), 1, n})
	}
	text.WriteString("\nACCURACY, PERCENT\n")
	writeTable(&text, s, points, shares, func(p Point) Spread { return p.Accuracy.times(100) }, "%.1f ± %.1f", fmt.Sprintf("%.1f", 100/float64(all)))
	if slices.Contains(s.Config.Methods, MethodScratch) && len(s.Config.Methods) > 1 {
		text.WriteString("\nTIMES THE ACCURACY OF RANDOM INITIALIZATION\n")
		writeTable(&text, s, points, shares, func(p Point) Spread { return p.Gain }, "%.2f ± %.2f", "")
	}
	if len(s.Config.Classes) > 0 {
		text.WriteString("\nACCURACY BY NUMBER OF CLASSES, PERCENT, ALL LABELS\n")
		writeTable(&text, s, points, counts, func(p Point) Spread { return p.Accuracy.times(100) }, "%.1f ± %.1f", "")
		text.WriteString("\nTIMES THE ACCURACY OF RANDOM INITIALIZATION, BY NUMBER OF CLASSES\n")
		writeTable(&text, s, points, counts, func(p Point) Spread { return p.Gain }, "%.2f ± %.2f", "")
	}
	text.WriteString("\nPUBLISHED, UCF101: 101 CLASSES, MEAN OF 3 SPLITS, PERCENT\n")
	rows := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, p := range PublishedRows() {
		fmt.Fprintf(rows, "%s\t%.1f\t%s\n", p.Name, p.Accuracy, p.Source)
	}
	if err := rows.Flush(); err != nil {
		return fmt.Errorf("transfer: write table: %w", err)
	}
	_, err := io.WriteString(w, text.String())
	return err
}

// column is what a column of a table shows.
type column struct {
	title   string
	labels  float64
	classes int
}

func (s Spread) times(factor float64) Spread {
	return Spread{Mean: s.Mean * factor, Std: s.Std * factor, Values: s.Values}
}

// writeTable writes one line a model and method.
func writeTable(w io.Writer, s *Study, points []Point, columns []column, value func(Point) Spread, format, chance string) {
	rows := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	defer rows.Flush() // into a strings.Builder, which takes everything
	fmt.Fprint(rows, "MODEL\tMETHOD")
	for _, c := range columns {
		fmt.Fprint(rows, "\t", c.title)
	}
	fmt.Fprintln(rows, "\tREPEATS")
	if chance != "" {
		fmt.Fprint(rows, "-\tchance")
		for range columns {
			fmt.Fprint(rows, "\t", chance)
		}
		fmt.Fprintln(rows, "\t-")
	}
	for _, model := range s.models {
		for _, method := range s.Config.Methods {
			line, repeats := "", 0
			for _, c := range columns {
				text := "-"
				for _, p := range points {
					if p.Model != model || p.Method != method || p.Labels != c.labels || p.Classes != c.classes {
						continue
					}
					if v := value(p); len(v.Values) > 0 {
						text, repeats = fmt.Sprintf(format, v.Mean, v.Std), max(repeats, len(v.Values))
					}
				}
				line += "\t" + text
			}
			fmt.Fprintf(rows, "%s\t%s%s\t%d\n", model, method.Title(), line, repeats)
		}
	}
}
