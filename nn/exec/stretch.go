package exec

import (
	"fmt"
	"slices"
	"time"

	"videogan/nn/onednn"
)

// A stretch is a run of steps whose kernels are called without a return to Go between them, or one step of Go's own.
type stretch struct {
	steps []*step
	calls []int // of kernels in the program's recording: step i makes those from calls[i] to calls[i+1]; nil: Go runs the step
}

// record divides the steps, whose buffers have addresses, into stretches.
func (p *Program) record(steps []*step) (err error) {
	if p.recording, err = onednn.NewRecording(); err != nil {
		return err
	}
	var last *stretch // to which the next kernel belongs
	for _, s := range steps {
		if s.inGo {
			p.stretches, last = append(p.stretches, &stretch{steps: []*step{s}}), nil
			continue
		}
		if last == nil {
			last = &stretch{calls: []int{p.recording.Len()}}
			p.stretches = append(p.stretches, last)
		}
		if err := p.recording.Add(s.run); err != nil {
			return fmt.Errorf("exec: plan %s: %s: %w", s.name, s.kernel, err)
		}
		last.steps, last.calls = append(last.steps, s), append(last.calls, p.recording.Len())
	}
	return nil
}

// runStretch runs a stretch; unless nil, took takes how long each of its steps took.
func (p *Program) runStretch(h *stretch, took []time.Duration) error {
	if h.calls == nil {
		return h.runInGo(took)
	}
	first, end := h.calls[0], h.calls[len(h.steps)]
	var durations []time.Duration
	var failed int
	var err error
	if took == nil {
		failed, err = p.recording.Run(first, end)
	} else {
		durations, failed, err = p.recording.Time(first, end)
	}
	if err != nil {
		at := slices.IndexFunc(h.calls, func(call int) bool { return call > failed })
		return stepError(h.steps[max(at-1, 0)], err)
	}
	for i := range took {
		for _, d := range durations[h.calls[i]-first : h.calls[i+1]-first] {
			took[i] += d
		}
	}
	return nil
}

func (h *stretch) runInGo(took []time.Duration) error {
	begin := time.Now()
	if err := h.steps[0].run(); err != nil {
		return stepError(h.steps[0], err)
	}
	if took != nil {
		took[0] = time.Since(begin)
	}
	return nil
}

func stepError(s *step, err error) error {
	return fmt.Errorf("exec: %s: %s: %w", s.name, s.kernel, err)
}
