package experiments

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// tinyProfile is the profile of a step of a few milliseconds.
func tinyProfile(t *testing.T) Profile {
	t.Helper()
	c := DefaultTGAN()
	small := tganSmall().(*TGAN)
	*c = *small
	c.Data.Source, c.Data.Size, c.Data.Frames = UCF101, 16, 4
	c.Gen.Temporal.Channels = []int{8, 8}
	c.Gen.Spatial.Width, c.Gen.Spatial.MinWidth, c.Dis.Width = 8, 8, 8
	c.Train.Batch, c.Train.Threads = 4, 1
	p, err := ProfileSteps(t.Context(), Experiment{Name: "tgan-small"}, c, ProfileOptions{Limit: true})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestProfile(t *testing.T) {
	p := tinyProfile(t)
	if p.Steps != 8 {
		t.Errorf("%d steps measured, want 8: five, rounded up to intervals of the penalty", p.Steps)
	}
	work := 0.0
	for _, phase := range p.Phases {
		seconds, kernels := 0.0, 0
		for _, l := range phase.Layers {
			work += phase.Share * l.GFLOP
			seconds += l.Seconds
		}
		for _, k := range phase.Kernels {
			if k.Seconds > 0 {
				kernels++
			}
		}
		if seconds < 0.999*phase.Seconds || seconds > 1.001*phase.Seconds {
			t.Errorf("phase %s: its layers take %v s, the phase %v s", phase.Name, seconds, phase.Seconds)
		}
		if kernels == 0 {
			t.Errorf("phase %s has no kernel that took time", phase.Name)
		}
	}
	if work < 0.999*p.GFLOPPerStep || work > 1.001*p.GFLOPPerStep {
		t.Errorf("the layers of all phases do %v GFLOP a step, the step %v", work, p.GFLOPPerStep)
	}
	if i := slices.IndexFunc(p.Phases, func(p PhaseProfile) bool { return p.Name == "r1" }); i < 0 || p.Phases[i].Share != 0.25 {
		t.Errorf("no phase r1 on every fourth step: %+v", p.Phases)
	}
	if p.PeakGFLOPS <= 0 || p.CopyGBs <= 0 || p.Limit.Ratio <= 0 || p.Layouts.Count <= 0 {
		t.Errorf("peak %v, copies %v, limit %v, layouts %v: want all above 0", p.PeakGFLOPS, p.CopyGBs, p.Limit.Ratio, p.Layouts.Count)
	}
	for _, l := range p.Limit.Convolutions {
		if l.BestSeconds > l.AloneSeconds || l.InPlanSeconds > 0 && l.BestSeconds > l.InPlanSeconds {
			t.Errorf("%s of %s: the best %v s is more than alone (%v s) or in the plan (%v s)", l.Map, l.Shape, l.BestSeconds, l.AloneSeconds, l.InPlanSeconds)
		}
	}
	checkTrace(t, p)
	base := filepath.Join(t.TempDir(), "roofline")
	if err := p.WriteRoofline(base); err != nil {
		t.Fatal(err)
	}
	for _, ending := range []string{".svg", ".png"} {
		if info, err := os.Stat(base + ending); err != nil || info.Size() < 1000 {
			t.Errorf("roofline%s: %v, %v", ending, info, err)
		}
	}
}

// checkTrace holds the timeline to what Chrome's trace format asks for.
func checkTrace(t *testing.T, p Profile) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "step.json")
	if err := p.WriteTrace(path); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Events []struct {
			Name string   `json:"name"`
			Ph   string   `json:"ph"`
			TS   *float64 `json:"ts"`
			Dur  *float64 `json:"dur"`
			Pid  *int     `json:"pid"`
			Tid  *int     `json:"tid"`
			Args map[string]any
		} `json:"traceEvents"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	kernels := 0
	for _, phase := range p.Phases {
		kernels += len(phase.Kernels)
	}
	drawn, ends := 0, map[int]float64{}
	for _, e := range file.Events {
		if e.Name == "" && e.Ph != "X" || e.TS == nil || e.Pid == nil || e.Tid == nil {
			t.Fatalf("an event without name, ts, pid or tid: %+v", e)
		}
		switch e.Ph {
		case "M":
			if e.Args["name"] == "" {
				t.Errorf("%s names nothing", e.Name)
			}
		case "X":
			if e.Dur == nil || *e.Dur < 0 {
				t.Fatalf("%s has no duration", e.Name)
			}
			if *e.Tid == kernelRow {
				drawn++
			}
			if *e.TS < ends[*e.Tid]-1e-3 {
				t.Errorf("%s begins at %v µs in row %d, before the end of the event before it, %v µs", e.Name, *e.TS, *e.Tid, ends[*e.Tid])
			}
			ends[*e.Tid] = *e.TS + *e.Dur
		default:
			t.Errorf("%s is an event of type %q", e.Name, e.Ph)
		}
	}
	if drawn != kernels {
		t.Errorf("%d kernels in the timeline, %d in the profile", drawn, kernels)
	}
}
