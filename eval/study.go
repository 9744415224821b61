package eval

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/stat"
)

// Study sets groups of runs side by side, runs of one group differing in the seed alone. Numbers meet only where their
// protocols have no Differences, as in a Table.
type Study struct {
	Groups  []string      `json:"groups"` // in the order of the runs
	Columns []StudyColumn `json:"columns"`
	Notes   []string      `json:"notes,omitempty"`
}

// StudyColumn is one protocol of one measure.
type StudyColumn struct {
	Name     string   `json:"name"`
	Protocol Protocol `json:"protocol"`
	// Real is the score of real clips, the line that generators are held to; nil: it was not measured.
	Real   *float64 `json:"real,omitempty"`
	Curves []Curve  `json:"curves"` // one a group; without points where the group has no such score
}

// Curve is a group's score over the step.
type Curve struct {
	Group  string       `json:"group"`
	Points []StudyPoint `json:"points"`
}

// StudyPoint is a score at a step over the runs of a group.
type StudyPoint struct {
	Step   int       `json:"step"`
	Mean   float64   `json:"mean"`
	Std    float64   `json:"std"`    // between runs, of the sample (n-1); 0 for a single run
	Values []float64 `json:"values"` // one a run
}

var seedSuffix = regexp.MustCompile(`[-_.]seed[-_=]?[0-9]+$`)

// GroupOf is the group of a run: the last element of its path without what says the seed at its end.
// "runs/mnist-tgan-svc-seed2" is of mnist-tgan-svc.
func GroupOf(run string) string {
	name := path.Base(filepath.ToSlash(run))
	return seedSuffix.ReplaceAllString(name, "")
}

// NewStudy gathers the results of runs. Where a run has several scores of one step and protocol, drawn by other seeds,
// their mean counts. Scores of the generator itself, not its average, are a group of their own. ErrValue: no results.
func NewStudy(runs []Run) (Study, error) {
	table, err := Compare(runs)
	if err != nil {
		return Study{}, err
	}
	s := Study{Notes: table.Notes}
	for _, row := range table.Rows {
		if name := groupName(row); !row.Subject.Baseline() && !slices.Contains(s.Groups, name) {
			s.Groups = append(s.Groups, name)
		}
	}
	for i, c := range table.Columns {
		column := StudyColumn{Name: c.Name, Protocol: c.Protocol, Real: realScore(table.Rows, i)}
		for _, group := range s.Groups {
			column.Curves = append(column.Curves, Curve{Group: group, Points: points(table.Rows, i, group)})
		}
		s.Columns = append(s.Columns, column)
	}
	return s, nil
}

func groupName(row Row) string {
	name := GroupOf(row.Run)
	if row.Subject.Kind == "raw" {
		name += " (raw)"
	}
	return name
}

// realScore is the mean score of real clips in a column.
func realScore(rows []Row, column int) *float64 {
	var values []float64
	for _, row := range rows {
		if cell := row.Cells[column]; cell != nil && row.Subject.Kind == "real" {
			values = append(values, cell.Value)
		}
	}
	if values == nil {
		return nil
	}
	mean := stat.Mean(values, nil)
	return &mean
}

// points are a group's scores in a column, by step.
func points(rows []Row, column int, group string) []StudyPoint {
	scores := map[int]map[string][]float64{} // by step and run
	for _, row := range rows {
		cell := row.Cells[column]
		if cell == nil || row.Subject.Baseline() || groupName(row) != group {
			continue
		}
		step := row.Subject.Step
		if scores[step] == nil {
			scores[step] = map[string][]float64{}
		}
		scores[step][row.Run] = append(scores[step][row.Run], cell.Value)
	}
	var list []StudyPoint
	for _, step := range slices.Sorted(maps.Keys(scores)) {
		p := StudyPoint{Step: step}
		for _, run := range slices.Sorted(maps.Keys(scores[step])) {
			p.Values = append(p.Values, stat.Mean(scores[step][run], nil))
		}
		p.Mean = stat.Mean(p.Values, nil)
		if len(p.Values) > 1 {
			p.Std = stat.StdDev(p.Values, nil)
		}
		list = append(list, p)
	}
	return list
}

// CommonStep is the last step at which every group that has scores in the column has one: equally many steps of
// training for each. False: there is none.
func (c StudyColumn) CommonStep() (step int, ok bool) {
	times, groups := map[int]int{}, 0
	for _, curve := range c.Curves {
		if len(curve.Points) > 0 {
			groups++
		}
		for _, p := range curve.Points {
			times[p.Step]++
		}
	}
	for at, n := range times {
		if n == groups && (!ok || at > step) {
			step, ok = at, true
		}
	}
	return step, ok
}

// At is the curve's point at a step.
func (c Curve) At(step int) (StudyPoint, bool) {
	i, ok := slices.BinarySearchFunc(c.Points, step, func(p StudyPoint, step int) int { return cmp.Compare(p.Step, step) })
	if !ok {
		return StudyPoint{}, false
	}
	return c.Points[i], true
}

// WriteMarkdown writes a row a group and a column a protocol, at a step, below 0 the last that all groups of the column
// have: mean ± standard deviation between runs, and their number.
func (s Study) WriteMarkdown(w io.Writer, step int) error {
	header, rule := "| run |", "|---|"
	var steps []int
	for _, c := range s.Columns {
		at, ok := step, true
		if step < 0 {
			if at, ok = c.CommonStep(); !ok {
				at = -1
			}
		}
		steps = append(steps, at)
		header += " " + c.Name
		if ok {
			header += ", step " + strconv.Itoa(at)
		}
		header += " |"
		rule += "---|"
	}
	lines := []string{header, rule}
	for i, group := range s.Groups {
		line := "| " + group + " |"
		for j, c := range s.Columns {
			line += " " + c.Curves[i].text(steps[j]) + " |"
		}
		lines = append(lines, line)
	}
	real, measured := "| real clips |", false
	for _, c := range s.Columns {
		text := "-"
		if c.Real != nil {
			text, measured = fmt.Sprintf("%.4g", *c.Real), true
		}
		real += " " + text + " |"
	}
	if measured {
		lines = append(lines, real)
	}
	for i, note := range s.Notes {
		if i == 0 {
			lines = append(lines, "")
		}
		lines = append(lines, "- "+note)
	}
	_, err := io.WriteString(w, strings.Join(lines, "\n")+"\n")
	return err
}

// text is the point of a step for a table.
func (c Curve) text(step int) string {
	p, ok := c.At(step)
	switch {
	case !ok:
		return "-"
	case len(p.Values) == 1:
		return fmt.Sprintf("%.4g (1)", p.Mean)
	}
	return fmt.Sprintf("%.4g ± %s (%d)", p.Mean, TwoDigits(p.Std), len(p.Values))
}

// TwoDigits writes a spread, or an estimate: two digits that count, without an exponent: 0.039, 160.
func TwoDigits(v float64) string {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 2, 64), 64)
	if err != nil { // what FormatFloat wrote can be read
		rounded = v
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}
