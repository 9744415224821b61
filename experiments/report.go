package experiments

import (
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
)

// The page's parts.
var (
	//go:embed report.html.tmpl
	reportTemplate string
	//go:embed report.css
	reportStyle string
	//go:embed report.js
	reportScript string
)

// fact is one number of a report's summary, with its unit.
type fact struct{ Name, Value string }

// report is what the template shows. Pictures, videos, style and script stand in the page: it
// needs no other file and no network.
type report struct {
	Title, Summary string
	Live           bool // an open page looks for what is new
	Several        bool // runs
	Runs           []reportRun
	Notes          []string
	Facts          []fact   // of the run, or those that several have in common
	FactNames      []string // of those in which several differ
	Scores         reportScores
	ScorePlots     []reportPlot
	Plots          []reportPlot
	Settings       []settingRow // those that differ between the runs, or from the experiment's defaults
	RunNames       []string     // the columns of Settings

	Style  template.CSS
	Script template.JS
}

// Report draws a run folder's report.html from what stands in the folder, after redrawing its
// plots. While the run has steps to go, an open page follows it.
func Report(folder Folder) error {
	histories, err := readHistories([]Folder{folder})
	if err != nil {
		return err
	}
	if err := drawPlots(folder, histories[0].records); err != nil {
		return err
	}
	return writeReport(histories, folder.Report())
}

// ReportRuns draws one page of several runs, or of one, to a file: what each made, their
// curves in common plots, their scores in one table, and the settings in which they differ.
func ReportRuns(folders []Folder, file string) error {
	if len(folders) == 0 {
		return errors.New("experiments: report: no runs")
	}
	histories, err := readHistories(folders)
	if err != nil {
		return err
	}
	return writeReport(histories, file)
}

// Sampled says whether any run has samples.
func (page report) Sampled() bool {
	return slices.ContainsFunc(page.Runs, func(r reportRun) bool { return len(r.Samples) > 0 })
}

func writeReport(histories []*history, file string) error {
	page, err := newReport(histories)
	if err != nil {
		return fmt.Errorf("experiments: report %s: %w", histories[0].folder, err)
	}
	parsed, err := template.New("report").Parse(reportTemplate)
	if err != nil {
		return fmt.Errorf("experiments: report template: %w", err)
	}
	return writeFile(file, func(w io.Writer) error { return parsed.Execute(w, page) })
}

func newReport(histories []*history) (page report, err error) {
	page = report{Several: len(histories) > 1, Style: template.CSS(reportStyle), Script: template.JS(reportScript)}
	groups := groupHistories(histories)
	for _, h := range histories {
		run, err := newReportRun(h, !page.Several)
		if err != nil {
			return page, err
		}
		page.Runs, page.RunNames = append(page.Runs, run), append(page.RunNames, h.name)
		page.Live = page.Live || run.Unfinished()
		if h.problem != nil {
			page.Notes = append(page.Notes, fmt.Sprintf("The scores of %s are left out: %v", h.name, h.problem))
		}
	}
	page.Title, page.Summary = histories[0].name, histories[0].run.Experiment.Name+": "+histories[0].run.Experiment.Summary
	if page.Several {
		page.Title = fmt.Sprintf("%d runs side by side", len(histories))
		page.Summary = summaryOf(groups)
	}
	page.Facts, page.FactNames = commonFacts(page.Runs)
	if err := page.addScores(histories, groups); err != nil {
		return page, err
	}
	charts := figureCharts(histories[0].records)
	if page.Several {
		charts = nil
		for _, c := range metricCharts(groups) {
			charts = append(charts, c.chart)
		}
	}
	if page.Plots, err = reportPlots(charts); err != nil {
		return page, err
	}
	return page, page.addSettings(histories)
}

// summaryOf says which runs are taken together.
func summaryOf(groups []Group) string {
	var labels []string
	for _, g := range groups {
		labels = append(labels, g.label())
	}
	text := strings.Join(labels, ", ") + "."
	for _, g := range groups {
		if len(g.members) > 1 {
			return text + " Runs that differ in their seed alone are one line: their mean, in a band of ± one standard deviation."
		}
	}
	return text
}

func (page *report) addScores(histories []*history, groups []Group) (err error) {
	if page.Scores, err = scoresOf(histories, groups); err != nil {
		return err
	}
	published, problems := requestedCurves(histories)
	for _, problem := range problems {
		page.Notes = append(page.Notes, fmt.Sprintf("A published curve is left out: %v", problem))
	}
	named, err := scoreCharts(groups, published)
	if err != nil {
		return err
	}
	var charts []chart
	for _, c := range named {
		charts = append(charts, c.chart)
	}
	page.ScorePlots, err = reportPlots(charts)
	return err
}

// addSettings sets runs side by side, or one beside its experiment's defaults.
func (page *report) addSettings(histories []*history) (err error) {
	var configs []Config
	if !page.Several {
		configs = append(configs, histories[0].run.Experiment.Default())
		page.RunNames = []string{"default", "this run"}
	}
	for _, h := range histories {
		configs = append(configs, h.run.Config)
	}
	if page.Settings, err = differingSettings(configs); err != nil {
		return err
	}
	for i := range page.Runs {
		page.Runs[i].Config = markLines(page.Runs[i].configText, page.Settings)
	}
	return nil
}
