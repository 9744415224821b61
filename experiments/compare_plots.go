package experiments

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gonum.org/v1/plot/plotter"

	"videogan/eval"
)

// Metrics of scores taken in training: eval/MEASURE/KIND, and the same with _std. The kind
// "real" is of real clips, a line to be held to.
const (
	scorePrefix = "eval/"
	stdSuffix   = "_std"
	realSuffix  = "/real"
)

// namedChart is a chart and the name of its file.
type namedChart struct {
	file string
	chart
}

// ComparePlots draws every metric and score of some runs into a folder, as SVG and PNG, and
// returns the files' paths without their endings. Runs that differ in their seed alone (GroupRuns) are one line,
// their mean, in a band of ± their standard deviation.
func ComparePlots(folders []Folder, dir string) ([]string, error) {
	histories, err := readHistories(folders)
	if err != nil {
		return nil, err
	}
	for _, h := range histories {
		if h.problem != nil {
			return nil, h.problem
		}
	}
	groups := groupHistories(histories)
	published, problems := requestedCurves(histories)
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	scores, err := scoreCharts(groups, published)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("experiments: plot runs: %w", err)
	}
	var files []string
	for _, c := range append(scores, metricCharts(groups)...) {
		base := filepath.Join(dir, c.file)
		if err := c.write(base); err != nil {
			return nil, err
		}
		files = append(files, base)
	}
	return files, nil
}

// PlotScore draws a score of groups of runs (GroupRuns) by epoch, mean ± standard deviation
// over the seeds, into base.svg and base.png. The score is a metric that the runs log, such as
// "eval/inception/ema", or a column of eval.Compare over all of them, such as "inception-score".
func PlotScore(groups []Group, score, base string) error {
	published, problems := requestedCurves(members(groups))
	if len(problems) > 0 {
		return errors.Join(problems...)
	}
	charts, err := scoreCharts(groups, published)
	if err != nil {
		return err
	}
	var names []string
	for _, c := range charts {
		if c.title == score {
			return c.write(base)
		}
		names = append(names, c.title)
	}
	return fmt.Errorf("experiments: plot %s: %w: these runs have no such score: they have %s", score, ErrConfig, strings.Join(names, ", "))
}

// metricCharts are the metrics over the step, a line a group.
func metricCharts(groups []Group) []namedChart {
	var charts []namedChart
	for _, metric := range metricsOf(groups) {
		c := chart{title: metric, x: "step", y: metric}
		for _, g := range groups {
			if line, ok := g.line(metric, false); ok {
				c.lines = append(c.lines, line)
			}
		}
		charts = append(charts, namedChart{fileName(metric), c})
	}
	return charts
}

// metricsOf lists what the runs log, the largest σ for all layers, without scores, times and
// what is a number of steps.
func metricsOf(groups []Group) []string {
	var names []string
	for _, h := range members(groups) {
		for _, record := range h.records {
			for _, m := range record {
				name := m.Name
				if strings.HasPrefix(name, largestSigma+"/") {
					name = largestSigma
				}
				counts := name == "step" || name == "clips" || name == "epoch" || strings.HasPrefix(name, "time/") || strings.HasPrefix(name, scorePrefix)
				if !counts && !slices.Contains(names, name) {
					names = append(names, name)
				}
			}
		}
	}
	return names
}

func members(groups []Group) (all []*history) {
	for _, g := range groups {
		all = append(all, g.members...)
	}
	return all
}

// line is a metric of the group: of one run its moving average before the values themselves,
// of several the mean of their moving averages.
func (g Group) line(metric string, byEpoch bool) (chartLine, bool) {
	l := chartLine{name: g.label()}
	var tracks []plotter.XYs
	for _, h := range g.members {
		if track := h.track(metric, byEpoch); len(track) > 0 {
			c := curve{points: track}
			tracks = append(tracks, c.smooth(plotColumns))
			l.raw = c.envelope(plotColumns)
		}
	}
	if len(tracks) == 0 {
		return l, false
	}
	if len(tracks) == 1 {
		l.line = tracks[0]
		return l, true
	}
	b := bandOf(tracks, plotColumns)
	l.raw, l.line, l.low, l.high = nil, b.mean, b.low, b.high
	return l, true
}

// scoreCharts are the scores by epoch, a line a group: those logged in training, and those in
// scores/, a chart a protocol. Published curves stand beside the inception scores of the former.
func scoreCharts(groups []Group, published []curve) ([]namedChart, error) {
	var charts []namedChart
	for _, metric := range scoresLogged(groups) {
		c := chart{title: metric, x: "epoch", y: strings.TrimPrefix(metric, scorePrefix)}
		for _, g := range groups {
			var tracks []plotter.XYs
			for _, h := range g.members {
				tracks = append(tracks, h.track(metric, true))
			}
			var std plotter.XYs
			if len(tracks) == 1 {
				std = g.members[0].track(metric+stdSuffix, true)
			}
			c.add(g.label(), tracks, std)
		}
		if strings.HasPrefix(metric, inceptionPrefix) {
			for _, p := range published {
				c.lines = append(c.lines, chartLine{name: p.name + " (published)", line: p.points, published: true})
			}
		}
		c.hold(groups, metric)
		charts = append(charts, namedChart{fileName(metric), c})
	}
	measured, err := resultCharts(groups)
	return append(charts, measured...), err
}

func scoresLogged(groups []Group) []string {
	var names []string
	for _, h := range members(groups) {
		for _, record := range h.records {
			for _, m := range record {
				if strings.HasPrefix(m.Name, scorePrefix) && !strings.HasSuffix(m.Name, stdSuffix) && !strings.HasSuffix(m.Name, realSuffix) && !slices.Contains(names, m.Name) {
					names = append(names, m.Name)
				}
			}
		}
	}
	return names
}

// hold draws the real clips' score of the same measure across.
func (c *chart) hold(groups []Group, metric string) {
	measure, _, _ := strings.Cut(strings.TrimPrefix(metric, scorePrefix), "/")
	for _, h := range members(groups) {
		if value, ok := h.newest(scorePrefix + measure + realSuffix); ok {
			c.across("real clips", value)
			return
		}
	}
}

// across adds a horizontal line over the width of the others.
func (c *chart) across(name string, value float64) {
	low, high := 0., 0.
	for _, l := range c.lines {
		low, high = min(low, l.line[0].X), max(high, l.line[len(l.line)-1].X)
	}
	c.lines = append(c.lines, chartLine{name: name, line: plotter.XYs{{X: low, Y: value}, {X: high, Y: value}}, across: true})
}

// add adds scores, a track a run; std is the spread of a single run's.
func (c *chart) add(name string, tracks []plotter.XYs, std plotter.XYs) {
	tracks = slices.DeleteFunc(tracks, func(t plotter.XYs) bool { return len(t) == 0 })
	if len(tracks) == 0 {
		return
	}
	b := bandOf(tracks, plotColumns)
	if len(tracks) == 1 {
		for i := range b.mean {
			spread, _ := valueAt(std, b.mean[i].X)
			b.low[i].Y, b.high[i].Y = b.mean[i].Y-spread, b.mean[i].Y+spread
		}
	}
	c.lines = append(c.lines, chartLine{name: name, line: b.mean, low: b.low, high: b.high, points: len(b.mean) <= 40})
}

// resultCharts are the scores in scores/ that were taken after several numbers of steps.
func resultCharts(groups []Group) ([]namedChart, error) {
	table, err := compareHistories(members(groups))
	if err != nil || len(table.Columns) == 0 {
		return nil, err
	}
	var charts []namedChart
	for column, of := range table.Columns {
		c := chart{title: of.Name, x: "epoch", y: of.Name}
		for _, g := range groups {
			for _, kind := range []string{"ema", "raw"} {
				name := g.label()
				if kind == "raw" {
					name += ", raw"
				}
				var tracks []plotter.XYs
				var std plotter.XYs
				for _, h := range g.members {
					track, spread := resultTrack(table, column, h, kind)
					if len(track) > 0 {
						tracks, std = append(tracks, track), spread
					}
				}
				c.add(name, tracks, std)
			}
		}
		if len(c.lines) == 0 {
			continue
		}
		for _, row := range table.Rows {
			if cell := row.Cells[column]; cell != nil && row.Subject.Kind == "real" {
				c.across("real clips", cell.Value)
				break
			}
		}
		charts = append(charts, namedChart{fileName(of.Name), c})
	}
	return charts, nil
}

// resultTrack is a run's scores of a column over the epoch, and their spreads; of two at one step the first counts.
func resultTrack(table eval.Table, column int, h *history, kind string) (values, std plotter.XYs) {
	for _, row := range table.Rows {
		cell := row.Cells[column]
		if row.Run != h.name || row.Subject.Kind != kind || cell == nil {
			continue
		}
		x := h.epochs(row.Subject.Step)
		if len(values) > 0 && values[len(values)-1].X >= x {
			continue
		}
		values, std = append(values, plotter.XY{X: x, Y: cell.Value}), append(std, plotter.XY{X: x, Y: cell.Std})
	}
	return values, std
}

// compareHistories is the table of all results of the runs; it is empty without any.
func compareHistories(histories []*history) (eval.Table, error) {
	var runs []eval.Run
	for _, h := range histories {
		runs = append(runs, eval.Run{Name: h.name, Results: h.results})
	}
	table, err := eval.Compare(runs)
	if errors.Is(err, eval.ErrValue) {
		return eval.Table{}, nil
	}
	return table, err
}

// fileName makes a metric's name one of a file.
func fileName(metric string) string {
	return strings.NewReplacer("/", "-", " ", "-").Replace(metric)
}
