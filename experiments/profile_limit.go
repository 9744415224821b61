package experiments

import (
	"fmt"

	"videogan/nn/exec"
)

// Limit holds a step against the time that its convolutions take alone.
type Limit struct {
	Convolutions []ConvolutionLimit `json:"convolutions,omitempty"` // each shape once
	Seconds      float64            `json:"s"`                      // of a step: the best times summed
	Ratio        float64            `json:"ratio"`                  // Seconds / StepSeconds; 1 would be a step of nothing else
	AloneSeconds float64            `json:"alone_s"`                // of a step: oneDNN's times alone summed
	AloneRatio   float64            `json:"alone_ratio"`            // AloneSeconds / StepSeconds; above 1 the step beats them
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
	AloneSeconds   float64 `json:"alone_s"`        // of one in that form
	InPlanSeconds  float64 `json:"in_plan_s"`      // of one in the step, without changes of layout
	BestSeconds    float64 `json:"best_s"`         //
}

// limitRuns is how often each form of a convolution is measured, and a step unless it is said otherwise.
const limitRuns = 5

// aloneConvolution is a convolution of the step, one for all of its map and shape.
type aloneConvolution struct {
	exec.Convolution
	form exec.Form
}

func keyOf(c exec.Convolution) string { return c.Map + c.Shape }

func convolutionsOf(e *engine) (list []*aloneConvolution) {
	seen := map[string]bool{}
	for _, phase := range e.trainer.Phases() {
		for _, c := range phase.Program.Convolutions() {
			if !seen[keyOf(c)] {
				seen[keyOf(c)] = true
				list = append(list, &aloneConvolution{Convolution: c})
			}
		}
	}
	return list
}

func (c *aloneConvolution) measure(e *engine) (err error) {
	if c.form, err = e.device.FastestForm(c.Convolution, limitRuns); err != nil {
		return fmt.Errorf("experiments: profile %s of %s: %w", c.Map, c.Layer, err)
	}
	return nil
}

// limitOf sums the times of the convolutions. Where the plan's own kernel took less than oneDNN's best form, that time counts.
func limitOf(e *engine, p Profile, alone []*aloneConvolution) (limit Limit) {
	count, inPlan := map[string]float64{}, map[string][]float64{}
	for i, phase := range e.trainer.Phases() {
		took := map[string]float64{}
		for _, k := range p.Phases[i].Kernels {
			if k.GFLOP > 0 {
				took[k.Node] += k.Seconds
			}
		}
		for _, c := range phase.Program.Convolutions() {
			count[keyOf(c)] += p.Phases[i].Share
			if s, ok := took[c.Node]; ok {
				inPlan[keyOf(c)] = append(inPlan[keyOf(c)], s)
			}
		}
	}
	for _, c := range alone {
		l := ConvolutionLimit{Layer: c.Layer, Map: c.Map, Shape: c.Shape, Count: count[keyOf(c.Convolution)], GFLOP: c.FLOPs / 1e9, Form: c.form.Name,
			Implementation: c.form.Implementation, AloneSeconds: c.form.Took.Seconds(), InPlanSeconds: meanOf(inPlan[keyOf(c.Convolution)])}
		l.BestSeconds = l.AloneSeconds
		if l.InPlanSeconds > 0 {
			l.BestSeconds = min(l.BestSeconds, l.InPlanSeconds)
		}
		limit.Convolutions = append(limit.Convolutions, l)
		limit.Seconds += l.Count * l.BestSeconds
		limit.AloneSeconds += l.Count * l.AloneSeconds
	}
	limit.Ratio, limit.AloneRatio = rate(limit.Seconds, p.StepSeconds), rate(limit.AloneSeconds, p.StepSeconds)
	return limit
}
