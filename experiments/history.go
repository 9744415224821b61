package experiments

import (
	"fmt"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot/plotter"

	"videogan/eval"
)

// history is a run folder as it stands: what ran, and what it has logged and been scored so far.
type history struct {
	folder  Folder
	name    string // the folder's, long enough to tell it from the others
	run     Run
	records []Record
	results []eval.Result
	problem error // why results could not be read: a run and its page go on without them
}

// readHistories reads run folders.
func readHistories(folders []Folder) ([]*history, error) {
	histories := make([]*history, len(folders))
	for i, folder := range folders {
		h := &history{folder: folder}
		var err error
		if h.run, err = LoadRun(folder); err != nil {
			return nil, err
		}
		if h.records, err = ReadMetrics(folder.Metrics()); err != nil {
			return nil, err
		}
		h.results, h.problem = eval.ReadResults(string(folder))
		histories[i] = h
	}
	nameHistories(histories)
	return histories, nil
}

// nameHistories names each run by the last parts of its path, as many as tell all of them apart.
func nameHistories(histories []*history) {
	paths := make([][]string, len(histories))
	longest := 1
	for i, h := range histories {
		path := string(h.folder)
		if absolute, err := filepath.Abs(path); err == nil {
			path = absolute
		}
		paths[i] = strings.Split(strings.Trim(filepath.ToSlash(path), "/"), "/")
		longest = max(longest, len(paths[i]))
	}
	for parts := 1; parts <= longest; parts++ {
		seen := map[string]bool{}
		for i, h := range histories {
			h.name = strings.Join(paths[i][max(0, len(paths[i])-parts):], "/")
			seen[h.name] = true
		}
		if len(seen) == len(histories) {
			return
		}
	}
}

// steps is how far the run has got.
func (h *history) steps() (int, error) {
	checkpoints, err := h.folder.Checkpoints()
	if err != nil {
		return 0, err
	}
	step := stepOf(h.records)
	if len(checkpoints) > 0 {
		step = max(step, checkpoints[0]) // the last step need not be a logged one
	}
	return step, nil
}

// epochs is the epoch that a number of steps makes.
func (h *history) epochs(step int) float64 {
	if h.run.Origin.Clips == 0 {
		return 0
	}
	return float64(step) * float64(h.run.Config.Shared().loader(0).Batch) / float64(h.run.Origin.Clips)
}

// newest is the newest value of a metric.
func (h *history) newest(metric string) (float64, bool) {
	for i := len(h.records) - 1; i >= 0; i-- {
		if value, ok := h.records[i].Get(metric); ok {
			return value, true
		}
	}
	return 0, false
}

// largestSigma is the name under which the largest of all sigma_max/LAYER goes.
const largestSigma = "sigma_max"

// track is a metric of the run over the step, or over the epoch.
func (h *history) track(metric string, byEpoch bool) plotter.XYs {
	var points plotter.XYs
	for _, record := range h.records {
		value, ok := record.Get(metric)
		if metric == largestSigma {
			value, ok = record.largest(largestSigma + "/")
		}
		if !ok {
			continue
		}
		x := float64(record.Step())
		if byEpoch {
			x = h.epochs(record.Step())
		}
		points = append(points, plotter.XY{X: x, Y: value})
	}
	return points
}

// largest is the largest metric below a prefix.
func (r Record) largest(prefix string) (value float64, ok bool) {
	for _, m := range r {
		if strings.HasPrefix(m.Name, prefix) && (!ok || m.Value > value) {
			value, ok = m.Value, true
		}
	}
	return value, ok
}

// number writes a value with four digits.
func number(v float64) string { return fmt.Sprintf("%.4g", v) }
