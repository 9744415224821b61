package eval

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode/utf8"
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
	// Notes say in which fields columns of one measure differ, which runs have no results, and what results warn of.
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
// scored twice by one protocol, with other seeds, it has two rows; a run without results has a note. ErrValue: no results at all.
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
		if len(run.Results) == 0 {
			t.Notes = append(t.Notes, run.Name+" has no scores: 'videogan score' takes them")
		}
	}
	return t, nil
}

// nameColumns tells columns of one measure apart by letters, and notes how they differ: measures that do so in the same
// way share a note.
func (t *Table) nameColumns() {
	var ways []string
	measures := map[string][]string{}
	for from := 0; from < len(t.Columns); {
		to := from
		for to < len(t.Columns) && t.Columns[to].Name == t.Columns[from].Name {
			to++
		}
		if same := t.Columns[from:to]; len(same) > 1 {
			way := apart(same)
			if measures[way] == nil {
				ways = append(ways, way)
			}
			measures[way] = append(measures[way], same[0].Name)
			for i := range same {
				same[i].Name += " " + letters(i)
			}
		}
		from = to
	}
	for _, way := range ways {
		t.Notes = append(t.Notes, list(measures[way])+": "+way)
	}
}

// apart says in which fields columns of one measure differ, with their values in the order of the columns.
func apart(columns []Column) string {
	var names []string
	values := make([][]field, len(columns))
	for i, c := range columns {
		names, values[i] = append(names, letters(i)), c.Protocol.fields()
	}
	text := list(names) + " cannot be compared:"
	separator := " "
	for i, f := range values[0] {
		differ, shown := false, make([]string, len(columns))
		for k := range columns {
			shown[k] = short(values[k][i].value)
			differ = differ || values[k][i].value != f.value
		}
		if f.compared && differ {
			text += separator + f.name + " " + strings.Join(shown, " | ")
			separator = "; "
		}
	}
	return text
}

// list writes names as a person does: "a, b and c".
func list(names []string) string {
	if last := len(names) - 1; last > 0 {
		return strings.Join(names[:last], ", ") + " and " + names[last]
	}
	return strings.Join(names, "")
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

// textWidth is how many characters wide a table for a person becomes before it is broken.
const textWidth = 160

// WriteText writes the table for a person, the notes below it. One that is too wide becomes several, below each other,
// each of the rows that have something in its columns.
func (t Table) WriteText(w io.Writer) error {
	var parts []string
	for first := 0; first < len(t.Columns); {
		text, columns, err := t.part(first)
		if err != nil {
			return err
		}
		parts, first = append(parts, text), first+columns
	}
	if len(t.Notes) > 0 {
		parts = append(parts, strings.Join(t.Notes, "\n")+"\n")
	}
	_, err := io.WriteString(w, strings.Join(parts, "\n"))
	return err
}

// part is the table from a column on, of as many columns as are not too wide together, one or more: those of one measure
// stand together where they fit.
func (t Table) part(first int) (text string, columns int, err error) {
	whole := "" // the part up to the last measure that is in it with all its columns
	for n := 1; first+n <= len(t.Columns); n++ {
		wider, err := t.columnsText(first, n)
		if err != nil {
			return "", 0, err
		}
		header, _, _ := strings.Cut(wider, "\n")
		if n > 1 && utf8.RuneCountInString(header) > textWidth {
			if whole != "" {
				return whole, columns, nil
			}
			return text, n - 1, nil
		}
		text = wider
		if last := first + n; last == len(t.Columns) || t.Columns[last].Protocol.Measure != t.Columns[last-1].Protocol.Measure {
			whole, columns = wider, n
		}
	}
	return whole, columns, nil
}

func (t Table) columnsText(first, columns int) (string, error) {
	var text strings.Builder
	rows := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	line := []string{"RUN", "STEP", "WEIGHTS"}
	for _, c := range t.Columns[first : first+columns] {
		line = append(line, strings.ToUpper(c.Name))
	}
	fmt.Fprintln(rows, strings.Join(line, "\t"))
	for _, row := range t.Rows {
		cells := row.Cells[first : first+columns]
		if !slices.ContainsFunc(cells, func(c *Cell) bool { return c != nil }) {
			continue
		}
		line = []string{row.Run, fmt.Sprint(row.Subject.Step), row.Subject.Kind}
		if row.Subject.Baseline() {
			line[1] = "-"
		}
		for _, cell := range cells {
			line = append(line, cell.text())
		}
		fmt.Fprintln(rows, strings.Join(line, "\t"))
	}
	err := rows.Flush()
	return text.String(), err
}

// text is the score with four digits, its spread in as many places.
func (c *Cell) text() string {
	switch {
	case c == nil:
		return "-"
	case c.Std == 0:
		return fmt.Sprintf("%.4g", c.Value)
	}
	return fmt.Sprintf("%.4g ± %s", c.Value, TwoDigits(c.Std))
}
