package eval

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestCompare(t *testing.T) {
	frechet := func(p *Protocol) {
		p.Measure, p.Preset, p.Repeats, p.Splits, p.Reference.Samples = MeasureFrechetDistance, "", 0, 0, 2048
	}
	seed := func(p *Protocol) { p.Seed = 5 }
	runs := []Run{
		{"runs/a", []Result{sampleResult(3.25, 20000, nil), sampleResult(2.5, 10000, nil), sampleResult(101.125, 20000, frechet)}},
		{"runs/b", []Result{
			sampleResult(3.75, 10000, func(p *Protocol) { p.Samples = 512; p.Version = "v0.2.0" }),
			sampleResult(3.5, 20000, nil), sampleResult(3.625, 20000, seed),
			sampleResult(4.5, 0, func(p *Protocol) { p.Subject = Subject{Kind: "real"} }),
		}},
		{"runs/c", nil},
	}
	table, err := Compare(runs)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := table.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	const want = `RUN     STEP   WEIGHTS  FRECHET-DISTANCE  INCEPTION-SCORE A  INCEPTION-SCORE B
runs/a  10000  ema      -                 2.5 ± 0.07         -
runs/a  20000  ema      101.1 ± 0.07      3.25 ± 0.07        -
runs/b  -      real     -                 4.5 ± 0.07         -
runs/b  10000  ema      -                 -                  3.75 ± 0.07
runs/b  20000  ema      -                 3.5 ± 0.07         -
runs/b  20000  ema      -                 3.625 ± 0.07       -

inception-score: A and B cannot be compared: samples 2048 | 512
runs/c has no scores: 'videogan score' takes them
`
	if diff := cmp.Diff(want, text.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// Three protocols of two measures, each with its own values in one note, in tables that fit a terminal.
func TestCompareWide(t *testing.T) {
	var results []Result
	for _, measure := range []string{MeasureModes, MeasureModesKL} {
		for i, samples := range []int{64, 128, 256} {
			for seed := range 2 {
				results = append(results, sampleResult(float64(seed), 100*(i+1), func(p *Protocol) {
					p.Measure, p.Samples, p.Seed, p.Splits = measure, samples, uint64(seed), 1+i/2
				}))
			}
		}
	}
	results = append(results, sampleResult(7, 300, func(p *Protocol) { p.Measure = MeasureNearest }))
	table, err := Compare([]Run{{"runs/" + strings.Repeat("long", 20), results}})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"modes and modes-kl: A, B and C cannot be compared: samples 64 | 128 | 256; splits 1 | 1 | 2"}
	if diff := cmp.Diff(want, table.Notes); diff != "" {
		t.Errorf("notes -want +got:\n%s", diff)
	}
	var text strings.Builder
	if err := table.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, line := range strings.Split(text.String(), "\n") {
		if n := len([]rune(line)); n > textWidth {
			t.Errorf("a line of %d characters: %s", n, line)
		}
		if strings.HasPrefix(line, "runs/") {
			fields := strings.Fields(line)[3:]
			if strings.Trim(strings.Join(fields, ""), "-") == "" {
				t.Errorf("a row of nothing: %s", line)
			}
			continue
		}
		for _, c := range table.Columns {
			seen[c.Name] += strings.Count(line, strings.ToUpper(c.Name))
		}
	}
	for _, c := range table.Columns {
		if seen[c.Name] != 1 {
			t.Errorf("%s heads %d columns, want one", c.Name, seen[c.Name])
		}
	}
}

func TestCompareNotesWarnings(t *testing.T) {
	dropout := sampleResult(3, 1, func(p *Protocol) { p.Classifier.Mode = ModeDropout })
	table, err := Compare([]Run{{"a", []Result{dropout}}, {"b", []Result{dropout}}})
	if err != nil {
		t.Fatal(err)
	}
	if len(table.Notes) != 1 || !strings.HasPrefix(table.Notes[0], "inception-score: dropout was active") {
		t.Errorf("notes %q, want one of the dropout, once", table.Notes)
	}
	if _, err := Compare([]Run{{"a", nil}}); !errors.Is(err, ErrValue) {
		t.Errorf("runs without results: %v", err)
	}
}

// Numbers of different protocols never share a column, and none is lost.
func TestCompareProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var runs []Run
		total := 0
		for _, name := range []string{"a", "b"} {
			run := Run{Name: name}
			for range rapid.IntRange(1, 6).Draw(t, "results") {
				samples, step, split := rapid.IntRange(1, 2).Draw(t, "samples"), rapid.IntRange(0, 2).Draw(t, "step"), rapid.SampledFrom([]string{"", "x"}).Draw(t, "split")
				total++
				run.Results = append(run.Results, sampleResult(float64(total), step, func(p *Protocol) {
					p.Samples, p.Reference.Split, p.Measure = samples, split, rapid.SampledFrom([]string{MeasureCoverage, MeasureSSIM}).Draw(t, "measure")
				}))
			}
			runs = append(runs, run)
		}
		table, err := Compare(runs)
		if err != nil {
			t.Fatal(err)
		}
		names := map[string]bool{}
		for i, a := range table.Columns {
			names[a.Name] = true
			for _, b := range table.Columns[i+1:] {
				if len(Differences(a.Protocol, b.Protocol)) == 0 {
					t.Errorf("two columns for one protocol: %v", a)
				}
			}
		}
		if len(names) != len(table.Columns) {
			t.Errorf("columns share a name: %v", names)
		}
		for _, row := range table.Rows {
			for i, cell := range row.Cells {
				if cell == nil {
					continue
				}
				total--
				for _, run := range runs {
					for _, r := range run.Results {
						if r.Value == cell.Value && (len(Differences(r.Protocol, table.Columns[i].Protocol)) > 0 || run.Name != row.Run || r.Protocol.Subject != row.Subject) {
							t.Errorf("%v stands in the wrong place", r.Value)
						}
					}
				}
			}
		}
		if total != 0 {
			t.Errorf("%d results are not in the table", total)
		}
	})
}

func TestLetters(t *testing.T) {
	for i, want := range map[int]string{0: "A", 25: "Z", 26: "AA", 27: "AB", 51: "AZ", 52: "BA"} {
		if got := letters(i); got != want {
			t.Errorf("letters(%d) = %s, want %s", i, got, want)
		}
	}
}
