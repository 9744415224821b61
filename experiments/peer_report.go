package experiments

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

// PeerSummary is the comparison's result. Its JSON form stays stable.
type PeerSummary struct {
	CPU  string     `json:"cpu"`
	Rows []PeerLine `json:"rows"`
}

// PeerLine is one line of the table.
type PeerLine struct {
	Row    string              `json:"row"`
	What   string              `json:"what"`
	Unit   string              `json:"unit"`
	Pairs  int                 `json:"pairs"`  // complete rounds
	Median map[Side]float64    `json:"median"` // of the rounds
	Ratio  map[Side]float64    `json:"ratio"`  // the median of ours / this side, round by round
	Range  map[Side][2]float64 `json:"range"`  // the least and the greatest of these ratios
	Target map[Side]float64    `json:"target,omitempty"`
	Note   string              `json:"note,omitempty"`
}

// Targets of every step row beside its time.
var (
	memoryTargets = map[Side]float64{Best: 0.6, Stock: 0.6}
	firstTargets  = map[Side]float64{Best: 0.5}
)

// SummarizePeer takes medians and ratios of the complete rounds.
func SummarizePeer(results []PeerResult) PeerSummary {
	var s PeerSummary
	for _, row := range PeerRows() {
		rounds := completeRounds(results, row.Name)
		if len(rounds) == 0 {
			continue
		}
		s.CPU = rounds[0][Ours].CPU
		line := summarize(row.Name, row.What, "s", rounds, func(r PeerResult) float64 { return r.Seconds })
		line.Target, line.Note = row.Target, note(rounds[0])
		s.Rows = append(s.Rows, line)
		if !row.Steps {
			continue
		}
		memory := summarize(row.Name+" memory", "… peak memory of the process", "MiB", rounds, func(r PeerResult) float64 { return r.MemoryMiB })
		memory.Target = memoryTargets
		first := summarize(row.Name+" first", "… process start to first step done", "s", rounds, func(r PeerResult) float64 { return r.FirstStep })
		first.Target = firstTargets
		s.Rows = append(s.Rows, memory, first)
	}
	return s
}

// completeRounds are the rounds of a row in which every side has been measured.
func completeRounds(results []PeerResult, row string) []map[Side]PeerResult {
	var rounds []map[Side]PeerResult
	for round := 0; ; round++ {
		found := map[Side]PeerResult{}
		for _, r := range results {
			if r.Row == row && r.Round == round {
				found[r.Side] = r
			}
		}
		if len(found) < 3 {
			return rounds
		}
		rounds = append(rounds, found)
	}
}

func summarize(row, what, unit string, rounds []map[Side]PeerResult, value func(PeerResult) float64) PeerLine {
	line := PeerLine{Row: row, What: what, Unit: unit, Pairs: len(rounds),
		Median: map[Side]float64{}, Ratio: map[Side]float64{}, Range: map[Side][2]float64{}}
	for _, side := range []Side{Ours, Best, Stock} {
		var values, ratios []float64
		for _, round := range rounds {
			values = append(values, value(round[side]))
			ratios = append(ratios, rate(value(round[Ours]), value(round[side])))
		}
		line.Median[side] = median(values)
		if side != Ours {
			line.Ratio[side] = median(ratios)
			low, high := ratios[0], ratios[0]
			for _, r := range ratios {
				low, high = min(low, r), max(high, r)
			}
			line.Range[side] = [2]float64{low, high}
		}
	}
	return line
}

// note says where the two sides' work differs, by what each counts itself.
func note(round map[Side]PeerResult) string {
	ours, best := round[Ours], round[Best]
	var notes []string
	if best.Parameters != [2]int{} && ours.Parameters != best.Parameters {
		notes = append(notes, fmt.Sprintf("parameters %v here, %v there", ours.Parameters, best.Parameters))
	}
	if best.GFLOP > 0 && (ours.GFLOP < 0.98*best.GFLOP || ours.GFLOP > 1.02*best.GFLOP) {
		notes = append(notes, fmt.Sprintf("%.0f GFLOP a step here, %.0f there", ours.GFLOP, best.GFLOP))
	}
	return strings.Join(notes, "; ")
}

// Markdown is the table of the report.
func (s PeerSummary) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s; medians of interleaved rounds; a ratio is the median of the rounds' ratios, with their range.\n\n", s.CPU)
	b.WriteString("| what | rounds | videogan | PyTorch best | PyTorch stock | ours / best | aim | ours / stock | aim |\n|---|---|---|---|---|---|---|---|---|\n")
	for _, l := range s.Rows {
		aim := func(side Side) string {
			if l.Target[side] == 0 {
				return ""
			}
			return fmt.Sprintf("≤ %g", l.Target[side])
		}
		ratio := func(side Side) string {
			return fmt.Sprintf("%.2f (%.2f–%.2f)", l.Ratio[side], l.Range[side][0], l.Range[side][1])
		}
		what := l.What
		if l.Note != "" {
			what += " (" + l.Note + ")"
		}
		fmt.Fprintf(&b, "| %s | %d | %.4g %s | %.4g %s | %.4g %s | %s | %s | %s | %s |\n", what, l.Pairs, l.Median[Ours], l.Unit, l.Median[Best], l.Unit,
			l.Median[Stock], l.Unit, ratio(Best), aim(Best), ratio(Stock), aim(Stock))
	}
	return b.String()
}

// WritePeer writes peer.json and peer.md into the folder.
func WritePeer(folder string, s PeerSummary) error {
	err := writeFile(filepath.Join(folder, "peer.json"), func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(s)
	})
	if err != nil {
		return err
	}
	return writeBytes(filepath.Join(folder, "peer.md"), []byte(s.Markdown()))
}
