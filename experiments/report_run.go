package experiments

import (
	"fmt"
	"os"
	"slices"
)

// reportRun is what a page shows of one run.
type reportRun struct {
	Name       string
	Step, Last int
	Facts      []fact
	Samples    []reportVideo
	Sheets     []reportSheet
	Config     []configLine

	configText string
}

// Unfinished says whether the run has steps to go.
func (r reportRun) Unfinished() bool { return r.Step < r.Last }

// Percent is how far the run has got.
func (r reportRun) Percent() int { return 100 * r.Step / r.Last }

// newReportRun gathers a run's part; alone says that the page has no other.
func newReportRun(h *history, alone bool) (r reportRun, err error) {
	r = reportRun{Name: h.name, Last: h.run.Config.Shared().Train.Steps}
	if r.Step, err = h.steps(); err != nil {
		return r, err
	}
	r.Facts = h.facts(r.Step)
	text, err := os.ReadFile(h.folder.Config())
	if err != nil {
		return r, err
	}
	r.configText = string(text)
	if r.Samples, err = reportVideos(h.folder, alone); err != nil || !alone {
		return r, err
	}
	r.Sheets, err = reportCourse(h.folder)
	return r, err
}

// stepOf is the step of the newest record, 0 without one.
func stepOf(records []Record) int {
	if len(records) == 0 {
		return 0
	}
	return records[len(records)-1].Step()
}

// facts are the run's numbers, as far as it has got.
func (h *history) facts(step int) []fact {
	facts := []fact{
		{"steps", fmt.Sprintf("%d of %d", step, h.run.Config.Shared().Train.Steps)},
		{"parameters of G", fmt.Sprintf("%.2f M", float64(h.run.Origin.GeneratorParameters)/1e6)},
		{"parameters of D", fmt.Sprintf("%.2f M", float64(h.run.Origin.DiscriminatorParameters)/1e6)},
		{"data", h.run.Origin.Dataset},
	}
	if len(h.records) == 0 {
		return facts
	}
	for _, show := range []struct{ name, metric, format string }{
		{"real clips seen", "clips", "%.0f"}, {"epochs", "epoch", "%.2f"}, {"loss of D", "loss/d", "%.3f"}, {"loss of G", "loss/g", "%.3f"},
	} {
		if value, ok := h.newest(show.metric); ok {
			facts = append(facts, fact{show.name, fmt.Sprintf(show.format, value)})
		}
	}
	var steps []float64
	var waited float64
	for _, record := range h.records {
		if seconds, ok := record.Get("time/step_s"); ok {
			steps = append(steps, seconds)
		}
		share, _ := record.Get("time/data_wait_share")
		waited += share
	}
	if len(steps) > 0 {
		slices.Sort(steps)
		facts = append(facts, fact{"a step, median", fmt.Sprintf("%.3f s", steps[len(steps)/2])},
			fact{"waiting for data", fmt.Sprintf("%.1f %%", 100*waited/float64(len(steps)))})
	}
	return append(facts, fact{"machine", h.run.Origin.Machine}, fact{"program", h.run.Origin.Program})
}

// commonFacts are the facts that all runs have in common, and the names of the others.
func commonFacts(runs []reportRun) (common []fact, differing []string) {
	for _, run := range runs {
		for _, f := range run.Facts {
			shared := !slices.ContainsFunc(runs, func(other reportRun) bool { return other.Fact(f.Name) != f.Value })
			switch {
			case shared && !slices.Contains(common, f):
				common = append(common, f)
			case !shared && !slices.Contains(differing, f.Name):
				differing = append(differing, f.Name)
			}
		}
	}
	return common, differing
}

// Fact is the value of a fact; "–" where the run has none.
func (r reportRun) Fact(name string) string {
	for _, f := range r.Facts {
		if f.Name == name {
			return f.Value
		}
	}
	return noSetting
}
