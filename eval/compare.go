package eval

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// Run is a run folder's results.
type Run struct {
	Name    string   `json:"name"`
	Results []Result `json:"results"`
}

// Table sets scores side by side: what was scored down, a protocol a column. Two numbers stand in one column only where
// their protocols have no Differences.
type Table struct {
	Columns []Column `json:"columns"`
	Rows    []Row    `json:"rows"`
	// Notes say in which fields columns of one measure differ, and what the results warn of.
	Notes []string `json:"notes,omitempty"`
}

// Column is one protocol of one measure.
type Column struct {
	Name     string   `json:"name"`     // the measure, with a letter where it was measured in several ways: "inception-score A"
	Protocol Protocol `json:"protocol"` // of the first result in the column
}

// Row is what was scored.
type Row struct {
	Run     string  `json:"run"`
	Subject Subject `json:"subject"`
	Cells   []*Cell `json:"cells"` // one a column; nil where there is no such score
}

// Cell is a score of a row by a column's protocol.
type Cell struct {
	Value float64 `json:"value"`
	Std   float64 `json:"std"`
	Seed  uint64  `json:"seed"`
}

// Compare puts the results of runs into one table, in the order of the runs and in each by step. Where one subject was
// scored twice by one protocol, with other seeds, it has two rows. ErrValue: no results at all.
func Compare(runs []Run) (Table, error) {
	var t Table
	for _, run := range runs {
		for _, r := range run.Results {
			if !slices.ContainsFunc(t.Columns, func(c Column) bool { return len(Differences(c.Protocol, r.Protocol)) == 0 }) {
				t.Columns = append(t.Columns, Column{Name: r.Protocol.Measure, Protocol: r.Protocol})
			}
		}
	}
	if len(t.Columns) == 0 {
		return Table{}, fmt.Errorf("eval: compare: %w: no results in these runs: score them first", ErrValue)
	}
	slices.SortStableFunc(t.Columns, func(a, b Column) int { return cmp.Compare(a.Name, b.Name) })
	t.nameColumns()
	for _, run := range runs {
		t.add(run)
	}
	return t, nil
}

// nameColumns tells columns of one measure apart by letters, and notes how they differ.
func (t *Table) nameColumns() {
	for from := 0; from < len(t.Columns); {
		to := from
		for to < len(t.Columns) && t.Columns[to].Name == t.Columns[from].Name {
			to++
		}
		if same := t.Columns[from:to]; len(same) > 1 {
			for i := range same {
				same[i].Name += " " + letters(i)
			}
			for i := range same {
				for _, b := range same[i+1:] {
					var fields []string
					for _, d := range Differences(same[i].Protocol, b.Protocol) {
						fields = append(fields, d.String())
					}
					t.Notes = append(t.Notes, fmt.Sprintf("%s and %s cannot be compared: %s", same[i].Name, b.Name, strings.Join(fields, "; ")))
				}
			}
		}
		from = to
	}
}

// letters counts A … Z, AA, AB ….
func letters(i int) string {
	text := string(rune('A' + i%26))
	if i >= 26 {
		return letters(i/26-1) + text
	}
	return text
}

// add appends the rows of a run.
func (t *Table) add(run Run) {
	results := slices.Clone(run.Results)
	slices.SortStableFunc(results, func(a, b Result) int { return cmp.Compare(a.Protocol.Subject.Step, b.Protocol.Subject.Step) })
	first := len(t.Rows)
	for _, r := range results {
		column := slices.IndexFunc(t.Columns, func(c Column) bool { return len(Differences(c.Protocol, r.Protocol)) == 0 })
		row := slices.IndexFunc(t.Rows[first:], func(row Row) bool { return row.Subject == r.Protocol.Subject && row.Cells[column] == nil })
		if row < 0 {
			t.Rows = append(t.Rows, Row{Run: run.Name, Subject: r.Protocol.Subject, Cells: make([]*Cell, len(t.Columns))})
			row = len(t.Rows) - 1 - first
		}
		t.Rows[first+row].Cells[column] = &Cell{Value: r.Value, Std: r.Std, Seed: r.Protocol.Seed}
		for _, warning := range r.Warnings {
			if note := fmt.Sprintf("%s: %s", t.Columns[column].Name, warning); !slices.Contains(t.Notes, note) {
				t.Notes = append(t.Notes, note)
			}
		}
	}
}

// WriteText writes the table for a person, the notes below it.
func (t Table) WriteText(w io.Writer) error {
	rows := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	header := []string{"RUN", "STEP", "WEIGHTS"}
	for _, c := range t.Columns {
		header = append(header, strings.ToUpper(c.Name))
	}
	fmt.Fprintln(rows, strings.Join(header, "\t"))
	for _, row := range t.Rows {
		line := []string{row.Run, fmt.Sprint(row.Subject.Step), row.Subject.Kind}
		if row.Subject.Kind == "real" {
			line[1] = "-"
		}
		for _, cell := range row.Cells {
			line = append(line, cell.text())
		}
		fmt.Fprintln(rows, strings.Join(line, "\t"))
	}
	if err := rows.Flush(); err != nil {
		return err
	}
	for i, note := range t.Notes {
		if i == 0 {
			note = "\n" + note
		}
		if _, err := fmt.Fprintln(w, note); err != nil {
			return err
		}
	}
	return nil
}

// text is the score with four digits, its spread in as many places.
func (c *Cell) text() string {
	switch {
	case c == nil:
		return "-"
	case c.Std == 0:
		return fmt.Sprintf("%.4g", c.Value)
	}
	return fmt.Sprintf("%.4g ± %.2g", c.Value, c.Std)
}
