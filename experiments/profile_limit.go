package experiments

import (
	"fmt"

	"videogan/nn/exec"
)

// Limit holds a step against the time that its convolutions take alone, on both sides the fastest of several.
type Limit struct {
	Convolutions []ConvolutionLimit `json:"convolutions,omitempty"` // each shape once
	Seconds      float64            `json:"s"`                      // of a step: the best times summed
	Ratio        float64            `json:"ratio"`                  // Seconds / the fastest step; 1 would be a step of nothing else
	AloneSeconds float64            `json:"alone_s"`                // of a step: oneDNN's times alone summed
	AloneRatio   float64            `json:"alone_ratio"`            // AloneSeconds / the fastest step; above 1 the step beats them
}

// ConvolutionLimit is one map of one shape. Best is the shorter of the two times.
type ConvolutionLimit struct {
	Layer          string  `json:"layer"` // of the first of them
	Map            string  `json:"map"`   // "forward", "data gradient" or "weight gradient"
	Shape          string  `json:"shape"`
	Count          float64 `json:"n"`              // how often a step computes it
	GFLOP          float64 `json:"gflop"`          // of one
	Form           string  `json:"form"`           // the fastest stand-alone one: "direct" or "folded"
	Implementation string  `json:"implementation"` // oneDNN's name of its kernel
	AloneSeconds   float64 `json:"alone_s"`        // of one in that form, fastest of several
	InPlanSeconds  float64 `json:"in_plan_s"`      // of one in the step, without changes of layout
	BestSeconds    float64 `json:"best_s"`         //
}

// limitRuns is how often each form of a convolution is measured, and a step unless it is said otherwise.
const limitRuns = 3

// limitOf measures every convolution of the step by itself. Where the plan's own kernel
// took less than oneDNN's best form, that time counts.
func limitOf(e *engine, p Profile) (Limit, error) {
	var limit Limit
	at := map[string]int{}
	for i, phase := range e.trainer.Phases() {
		inPlan := map[string]float64{}
		for _, k := range p.Phases[i].Kernels {
			if k.GFLOP > 0 {
				inPlan[k.Node] += k.Seconds
			}
		}
		for _, c := range phase.Program.Convolutions() {
			key := c.Map + c.Shape
			j, ok := at[key]
			if !ok {
				var form exec.Form
				var err error
				if form, err = e.device.FastestForm(c, limitRuns); err != nil {
					return limit, fmt.Errorf("experiments: profile %s of %s: %w", c.Map, c.Layer, err)
				}
				j = len(limit.Convolutions)
				at[key] = j
				limit.Convolutions = append(limit.Convolutions, ConvolutionLimit{
					Layer: c.Layer, Map: c.Map, Shape: c.Shape, GFLOP: c.FLOPs / 1e9, Form: form.Name,
					Implementation: form.Implementation, AloneSeconds: form.Took.Seconds(), BestSeconds: form.Took.Seconds(),
				})
			}
			l := &limit.Convolutions[j]
			l.Count += p.Phases[i].Share
			if s, ok := inPlan[c.Node]; ok && (l.InPlanSeconds == 0 || s < l.InPlanSeconds) {
				l.InPlanSeconds = s
				l.BestSeconds = min(l.BestSeconds, s)
			}
		}
	}
	for _, l := range limit.Convolutions {
		limit.Seconds += l.Count * l.BestSeconds
		limit.AloneSeconds += l.Count * l.AloneSeconds
	}
	limit.Ratio, limit.AloneRatio = rate(limit.Seconds, p.FastestStep), rate(limit.AloneSeconds, p.FastestStep)
	return limit, nil
}
