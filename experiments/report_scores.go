package experiments

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"gonum.org/v1/gonum/stat"

	"videogan/eval"
)

// reportScores are the scores in scores/: two numbers stand in one column only where their
// protocols are equal.
type reportScores struct {
	Columns   []string
	Rows      []scoreRow
	Seeds     []scoreRow // mean ± standard deviation of the groups of several runs
	Notes     []string
	Protocols []reportProtocol
}

type scoreRow struct {
	Run, Step, Weights string
	Cells              []string
}

// reportProtocol is all that decides the scores of a column.
type reportProtocol struct{ Name, Text string }

// noScore stands in an empty cell.
const noScore = "–"

func scoresOf(histories []*history, groups []Group) (s reportScores, err error) {
	table, err := compareHistories(histories)
	if err != nil {
		return s, err
	}
	s.Notes = table.Notes
	for _, c := range table.Columns {
		s.Columns = append(s.Columns, c.Name)
		p := c.Protocol
		p.Subject = eval.Subject{} // the rows say what was scored
		text, err := json.MarshalIndent(p, "", "  ")
		if err != nil {
			return s, fmt.Errorf("experiments: protocol of %s: %w", c.Name, err)
		}
		s.Protocols = append(s.Protocols, reportProtocol{c.Name, string(text)})
	}
	for _, row := range table.Rows {
		line := scoreRow{Run: row.Run, Step: fmt.Sprint(row.Subject.Step), Weights: row.Subject.Kind}
		if row.Subject.Baseline() {
			line.Step = noScore
		}
		for _, cell := range row.Cells {
			line.Cells = append(line.Cells, cellText(cell))
		}
		s.Rows = append(s.Rows, line)
	}
	for _, g := range groups {
		if len(g.members) > 1 {
			s.Seeds = append(s.Seeds, g.scoreRows(table)...)
		}
	}
	for _, h := range histories {
		path := filepath.Join(string(h.folder), "scores", "training", "protocol.json")
		text, err := os.ReadFile(path)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return s, fmt.Errorf("experiments: protocol of the scores in training: %w", err)
		}
		s.Protocols = append(s.Protocols, reportProtocol{h.name + ", in training", string(text)})
	}
	return s, nil
}

func cellText(c *eval.Cell) string {
	switch {
	case c == nil:
		return noScore
	case c.Std == 0:
		return number(c.Value)
	}
	return fmt.Sprintf("%s ± %s", number(c.Value), eval.TwoDigits(c.Std))
}

// scoreRows are mean and standard deviation over the group's runs, for each kind of weights
// at the newest step that all of the runs were scored at.
func (g Group) scoreRows(table eval.Table) []scoreRow {
	var rows []scoreRow
	for _, kind := range []string{"ema", "raw"} {
		step := g.commonStep(table, kind)
		if step < 0 {
			continue
		}
		line := scoreRow{Run: g.label(), Step: fmt.Sprint(step), Weights: kind}
		for column := range table.Columns {
			var values []float64
			for _, h := range g.members {
				for _, row := range table.Rows {
					if cell := row.Cells[column]; row.Run == h.name && row.Subject.Kind == kind && row.Subject.Step == step && cell != nil {
						values = append(values, cell.Value)
						break
					}
				}
			}
			text := noScore
			if len(values) == len(g.members) {
				mean, std := stat.MeanStdDev(values, nil)
				text = fmt.Sprintf("%s ± %s", number(mean), eval.TwoDigits(std))
			}
			line.Cells = append(line.Cells, text)
		}
		rows = append(rows, line)
	}
	return rows
}

// commonStep is the newest step at which every run of the group has a score; -1: none.
func (g Group) commonStep(table eval.Table, kind string) int {
	runs := map[int]map[string]bool{}
	newest := -1
	for _, row := range table.Rows {
		if row.Subject.Kind != kind {
			continue
		}
		for _, h := range g.members {
			if h.name != row.Run {
				continue
			}
			step := row.Subject.Step
			if runs[step] == nil {
				runs[step] = map[string]bool{}
			}
			runs[step][h.name] = true
			if len(runs[step]) == len(g.members) {
				newest = max(newest, step)
			}
		}
	}
	return newest
}
