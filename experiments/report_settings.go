package experiments

import (
	"strings"
)

// settingRow is a setting in which runs differ.
type settingRow struct {
	Path, Doc string
	Values    []string // of each run; "–" where an experiment has no such setting
}

// noSetting stands for a value that there is not.
const noSetting = "–"

// differingSettings are the settings in which configs differ, in the order of the first that has them.
func differingSettings(configs []Config) ([]settingRow, error) {
	var rows []settingRow
	at := map[string]int{}
	for i, cfg := range configs {
		for _, key := range Keys(cfg) {
			j, known := at[key.Path]
			if !known {
				j = len(rows)
				at[key.Path] = j
				row := settingRow{Path: key.Path, Doc: key.Doc, Values: make([]string, len(configs))}
				for k := range row.Values {
					row.Values[k] = noSetting
				}
				rows = append(rows, row)
			}
			value, err := key.Value()
			if err != nil {
				return nil, err
			}
			rows[j].Values[i] = value
		}
	}
	differing := rows[:0]
	for _, row := range rows {
		for _, value := range row.Values {
			if value != row.Values[0] {
				differing = append(differing, row)
				break
			}
		}
	}
	return differing, nil
}

// configLine is a line of a config.toml; Marked where its setting is among those that differ.
type configLine struct {
	Text   string
	Marked bool
}

func markLines(config string, differing []settingRow) []configLine {
	marked := map[string]bool{}
	for _, row := range differing {
		marked[row.Path] = true
	}
	table := ""
	var lines []configLine
	for line := range strings.Lines(config) {
		line = strings.TrimSuffix(line, "\n")
		if name, ok := strings.CutPrefix(line, "["); ok {
			table = strings.TrimSuffix(name, "]") + "."
		}
		key, _, ok := strings.Cut(line, " = ")
		lines = append(lines, configLine{Text: line, Marked: ok && marked[table+key]})
	}
	return lines
}
