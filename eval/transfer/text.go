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
// repeats, by share of the labels, by number of classes and by split; the gain over random initialization; what others
// printed.
func (s *Study) WriteText(w io.Writer) error {
	points := s.Points()
	var text strings.Builder
	for _, d := range s.Data {
		train, test := d.Train.Info(), d.Test.Info()
		fmt.Fprintf(&text, "training: %s; test: %s\n", train.Summary, test.Summary)
	}
	if s.Config.OwnSplit {
		text.WriteString("each run is measured on the split that it was trained on\n")
	}
	t := s.Config.Training
	fmt.Fprintf(&text, "Adam %g, β %g %g, %d steps of %d windows, dropout %g of channels, layer %s; a video is judged by the mean of %d windows\n",
		t.Rate, t.Beta1, t.Beta2, t.Steps, t.Batch, t.Dropout, t.Layer, t.Windows)
	if s.Finished < s.Total {
		fmt.Fprintf(&text, "unfinished: %d of %d cells\n", s.Finished, s.Total)
	}
	all := s.classCount()
	var shares, counts, splits []column
	for _, share := range s.Config.Labels {
		shares = append(shares, column{"LABELS " + strings.ToUpper(Share(share)), share, all, 0})
	}
	for _, n := range append(slices.Clone(s.Config.Classes), all) {
		counts = append(counts, column{fmt.Sprintf("%d CLASSES", n), 1, n, 0})
	}
	for _, d := range s.Data {
		splits = append(splits, column{fmt.Sprintf("SPLIT %d", d.Split), 1, all, d.Split})
	}
	accuracy := func(v values) Spread { return v.accuracy.times(100) }
	gain := func(v values) Spread { return v.gain }
	text.WriteString("\nACCURACY, PERCENT\n")
	writeTable(&text, s, points, shares, accuracy, 1, fmt.Sprintf("%.1f", 100/float64(all)))
	compared := slices.Contains(s.Config.Methods, MethodScratch) && len(s.Config.Methods) > 1
	if compared {
		text.WriteString("\nTIMES THE ACCURACY OF RANDOM INITIALIZATION\n")
		writeTable(&text, s, points, shares, gain, 2, "")
	}
	if len(s.Data) > 1 && slices.Contains(s.Config.Labels, 1) {
		text.WriteString("\nACCURACY BY SPLIT, PERCENT, ALL LABELS\n")
		writeTable(&text, s, points, splits, accuracy, 1, "")
		if compared {
			text.WriteString("\nTIMES THE ACCURACY OF RANDOM INITIALIZATION, BY SPLIT\n")
			writeTable(&text, s, points, splits, gain, 2, "")
		}
	}
	if len(s.Config.Classes) > 0 {
		text.WriteString("\nACCURACY BY NUMBER OF CLASSES, PERCENT, ALL LABELS\n")
		writeTable(&text, s, points, counts, accuracy, 1, "")
		if compared {
			text.WriteString("\nTIMES THE ACCURACY OF RANDOM INITIALIZATION, BY NUMBER OF CLASSES\n")
			writeTable(&text, s, points, counts, gain, 2, "")
		}
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
	split   int // 0: the mean over all
}

// values are what a point has in a column.
type values struct{ accuracy, gain Spread }

// of finds the values of a point; ok: it stands in this column.
func (c column) of(p Point) (v values, ok bool) {
	if p.Labels != c.labels || p.Classes != c.classes {
		return values{}, false
	}
	if c.split == 0 {
		return values{p.Accuracy, p.Gain}, true
	}
	at := slices.IndexFunc(p.BySplit, func(of SplitPoint) bool { return of.Split == c.split })
	if at < 0 {
		return values{}, false
	}
	return values{p.BySplit[at].Accuracy, p.BySplit[at].Gain}, true
}

func (s Spread) times(factor float64) Spread {
	return Spread{Mean: s.Mean * factor, Std: s.Std * factor, Values: s.Values}
}

// text writes the mean ± the deviation, where there is one.
func (s Spread) text(places int) string {
	if len(s.Values) == 1 {
		return fmt.Sprintf("%.*f", places, s.Mean)
	}
	return fmt.Sprintf("%.*f ± %.*f", places, s.Mean, places, s.Std)
}

// writeTable writes one line a model and method.
func writeTable(w io.Writer, s *Study, points []Point, columns []column, value func(values) Spread, places int, chance string) {
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
					of, ok := c.of(p)
					if !ok || p.Model != model || p.Method != method {
						continue
					}
					if v := value(of); len(v.Values) > 0 {
						text, repeats = v.text(places), max(repeats, len(v.Values))
					}
				}
				line += "\t" + text
			}
			fmt.Fprintf(rows, "%s\t%s%s\t%d\n", model, method.Title(), line, repeats)
		}
	}
}
