package experiments

import (
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

//go:embed report.html.tmpl
var reportTemplate string

// reportSheets is the most contact sheets that a report shows of a run's course.
const reportSheets = 6

// fact is one number of a report's summary, with its unit.
type fact struct{ Name, Value string }

// report is what the template shows. Pictures and videos are data URLs: the page needs no
// other file and no network.
type report struct {
	Title, Summary, Note string
	Facts                []fact
	Samples              []reportVideo
	Sheets               []reportSheet
	Plots                []template.HTML
	Config               string
}

type reportVideo struct {
	Video   template.URL
	Caption string
}

type reportSheet struct {
	Image   template.URL
	Caption string
}

// Report draws a run folder's report.html from what stands in the folder, after redrawing its plots.
func Report(folder Folder) error {
	run, err := LoadRun(folder)
	if err != nil {
		return err
	}
	records, err := ReadMetrics(folder.Metrics())
	if err != nil {
		return err
	}
	if err := drawPlots(folder, records); err != nil {
		return err
	}
	page := report{Title: filepath.Base(string(folder)), Summary: run.Experiment.Name + ": " + run.Experiment.Summary}
	steps, err := folder.Checkpoints()
	if err != nil {
		return err
	}
	step := stepOf(records)
	if len(steps) > 0 {
		step = max(step, steps[0]) // the last step need not be a logged one
	}
	page.Facts = reportFacts(run, step, records)
	config, err := os.ReadFile(folder.Config())
	if err != nil {
		return fmt.Errorf("experiments: report %s: %w", folder, err)
	}
	page.Config = string(config)
	if page.Samples, err = reportVideos(folder); err != nil {
		return fmt.Errorf("experiments: report %s: %w", folder, err)
	}
	if page.Sheets, err = reportCourse(folder); err != nil {
		return fmt.Errorf("experiments: report %s: %w", folder, err)
	}
	if page.Plots, err = reportPlots(folder); err != nil {
		return fmt.Errorf("experiments: report %s: %w", folder, err)
	}
	if last := run.Config.Shared().Train.Steps; step < last {
		page.Note = fmt.Sprintf("This run has got to step %d of the %d planned (%.0f %%): --resume goes on with it.", step, last, 100*float64(step)/float64(last))
	}
	parsed, err := template.New("report").Parse(reportTemplate)
	if err != nil {
		return fmt.Errorf("experiments: report template: %w", err)
	}
	return writeFile(folder.Report(), func(w io.Writer) error { return parsed.Execute(w, page) })
}

// stepOf is the step of the newest record, 0 without one.
func stepOf(records []Record) int {
	if len(records) == 0 {
		return 0
	}
	return records[len(records)-1].Step()
}

// reportFacts are the run's numbers, as far as it has got.
func reportFacts(run Run, step int, records []Record) []fact {
	facts := []fact{
		{"steps", fmt.Sprintf("%d of %d", step, run.Config.Shared().Train.Steps)},
		{"parameters of G", fmt.Sprintf("%.2f M", float64(run.Origin.GeneratorParameters)/1e6)},
		{"parameters of D", fmt.Sprintf("%.2f M", float64(run.Origin.DiscriminatorParameters)/1e6)},
		{"data", run.Origin.Dataset},
	}
	if len(records) == 0 {
		return facts
	}
	newest := records[len(records)-1]
	for _, show := range []struct{ name, metric, format string }{
		{"real clips seen", "clips", "%.0f"}, {"epochs", "epoch", "%.2f"}, {"loss of D", "loss/d", "%.3f"}, {"loss of G", "loss/g", "%.3f"},
	} {
		if value, ok := newest.Get(show.metric); ok {
			facts = append(facts, fact{show.name, fmt.Sprintf(show.format, value)})
		}
	}
	var steps []float64
	var waited float64
	for _, record := range records {
		if seconds, ok := record.Get("time/step_s"); ok {
			steps = append(steps, seconds)
		}
		share, _ := record.Get("time/data_wait_share")
		waited += share
	}
	if len(steps) > 0 {
		slices.Sort(steps)
		facts = append(facts, fact{"a step, median", fmt.Sprintf("%.3f s", steps[len(steps)/2])})
	}
	return append(facts,
		fact{"waiting for data", fmt.Sprintf("%.1f %%", 100*waited/float64(len(records)))},
		fact{"machine", run.Origin.Machine}, fact{"program", run.Origin.Program})
}

// reportVideos are the newest samples, what the committed generator makes and the real clips.
func reportVideos(folder Folder) ([]reportVideo, error) {
	steps, err := folder.steps("samples", averagedSuffix+".png")
	if err != nil {
		return nil, err
	}
	var files, captions []string
	if len(steps) > 0 {
		last := steps[len(steps)-1]
		files = append(files, stepName(last)+averagedSuffix, stepName(last)+rawSuffix)
		captions = append(captions, fmt.Sprintf("The averaged generator after %d steps", last), "The generator itself, the same latents")
	}
	files = append(files, realSample, pretrainedSample)
	captions = append(captions, "Real clips", "The committed generator, trained to the end: what the same experiment reaches")
	var videos []reportVideo
	for i, file := range files {
		data, err := os.ReadFile(folder.samples(file + ".mp4"))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		videos = append(videos, reportVideo{Video: dataURL("video/mp4", data), Caption: captions[i]})
	}
	return videos, nil
}

// reportCourse picks contact sheets evenly over the run, the newest always among them.
func reportCourse(folder Folder) ([]reportSheet, error) {
	steps, err := folder.steps("samples", averagedSuffix+".png")
	if err != nil {
		return nil, err
	}
	var sheets []reportSheet
	shown := min(len(steps), reportSheets)
	for i := range shown {
		step := steps[(i+1)*len(steps)/shown-1]
		data, err := os.ReadFile(folder.samples(stepName(step) + averagedSuffix + ".png"))
		if err != nil {
			return nil, err
		}
		sheets = append(sheets, reportSheet{Image: dataURL("image/png", data), Caption: fmt.Sprintf("step %d", step)})
	}
	return sheets, nil
}

func reportPlots(folder Folder) ([]template.HTML, error) {
	var plots []template.HTML
	for _, f := range figures {
		text, err := os.ReadFile(folder.plots(f.file + ".svg"))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		_, svg, ok := strings.Cut(string(text), "<svg")
		if !ok {
			return nil, fmt.Errorf("%s: no <svg> element", folder.plots(f.file+".svg"))
		}
		plots = append(plots, template.HTML("<svg"+svg))
	}
	return plots, nil
}

func dataURL(kind string, data []byte) template.URL {
	return template.URL("data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(data))
}
