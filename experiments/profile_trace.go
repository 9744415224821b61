package experiments

import (
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// traceEvent is an event of Chrome's trace format: "X" is one with a duration, "M" names a
// process or a thread. Times are in microseconds.
//
// Source: "Trace Event Format", the Chromium project's document.
type traceEvent struct {
	Name      string         `json:"name"`
	Category  string         `json:"cat,omitempty"`
	Type      string         `json:"ph"`
	Begin     float64        `json:"ts"`
	Took      *float64       `json:"dur,omitempty"`
	Process   int            `json:"pid"`
	Thread    int            `json:"tid"`
	Arguments map[string]any `json:"args,omitempty"`
}

// WriteTrace writes the timeline of a step as JSON that chrome://tracing and ui.perfetto.dev
// open: the last measured run of each phase, one after the other, a row for the phases, one
// for the layers and one for the kernels; then what stands outside the programs.
func (p Profile) WriteTrace(path string) error {
	return writeFile(path, func(w io.Writer) error {
		return json.NewEncoder(w).Encode(struct {
			Events []traceEvent      `json:"traceEvents"`
			Unit   string            `json:"displayTimeUnit"`
			Other  map[string]string `json:"otherData"`
		}{p.traceEvents(), "ms", map[string]string{"experiment": p.Experiment, "cpu": p.CPU, "batch": fmt.Sprint(p.Batch)}})
	})
}

// Rows of the timeline.
const (
	phaseRow = iota + 1
	layerRow
	kernelRow
)

func (p Profile) traceEvents() []traceEvent {
	name := func(kind, name string, thread int) traceEvent {
		return traceEvent{Name: kind, Type: "M", Process: 1, Thread: thread, Arguments: map[string]any{"name": name}}
	}
	events := []traceEvent{
		name("process_name", "videogan "+p.Experiment, 0),
		name("thread_name", "phases", phaseRow), name("thread_name", "layers", layerRow), name("thread_name", "kernels", kernelRow),
	}
	event := func(name, category string, row int, begin, took time.Duration, arguments map[string]any) {
		microseconds := float64(took) / 1e3
		events = append(events, traceEvent{Name: name, Category: category, Type: "X", Begin: float64(begin) / 1e3, Took: &microseconds,
			Process: 1, Thread: row, Arguments: arguments})
	}
	start := time.Duration(0)
	for _, phase := range p.Phases {
		end := start
		var layer span
		flush := func() {
			if layer.end > layer.begin {
				event(layer.name, "layer", layerRow, layer.begin, layer.end-layer.begin, nil)
			}
		}
		for _, k := range phase.Kernels {
			begin := start + k.begin
			end = begin + k.took
			category := "kernel"
			if k.Layout {
				category = "layout"
			}
			arguments := map[string]any{"node": k.Node, "layer": k.Layer, "MB": float64(k.Bytes) / 1e6}
			if k.GFLOP > 0 {
				arguments["GFLOP/s"] = k.GFLOP / k.took.Seconds()
			}
			event(k.Kernel, category, kernelRow, begin, k.took, arguments)
			if name := layerName(k.Layer); name != layer.name {
				flush()
				layer = span{name: name, begin: begin}
			}
			layer.end = end
		}
		flush()
		event(phase.Name, "phase", phaseRow, start, end-start, map[string]any{"runs a step": phase.Share})
		start = end
	}
	for _, part := range p.Outside {
		if took := time.Duration(part.Seconds * 1e9); took > 0 {
			event(part.Name, "outside", phaseRow, start, took, nil)
			start += took
		}
	}
	return events
}

// span is a run of kernels of one layer.
type span struct {
	name       string
	begin, end time.Duration
}

func layerName(layer string) string {
	if layer == "" {
		return "(none)"
	}
	return layer
}
