package exec_test

import (
	"slices"
	"testing"

	"gorgonia.org/gorgonia"

	"videogan/nn"
	"videogan/nn/exec"
)

// Brief outputs have the bits of lasting ones, in the arena: running another program over it leaves the lasting one
// alone, and changes the brief ones.
func TestBriefOutputs(t *testing.T) {
	for _, recompute := range []bool{false, true} {
		d, err := exec.NewDevice(exec.DeviceOptions{Recompute: recompute})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		run := func(seed uint64, brief bool) (*exec.Program, []*nn.Node) {
			s := nn.NewScope(gorgonia.NewGraph(), nn.NewParams(7), nn.ScopeOptions{Training: true, Random: &nn.RandomState{Seed: 3}})
			x := s.Input("x", 2, 3, 4, 16, 16)
			outputs := layered(s, x, 3)
			var short []*nn.Node
			if brief {
				short = outputs[1:]
			}
			p, err := exec.CompileBrief(d, s, short, outputs...)
			if err != nil {
				t.Fatal(err)
			}
			fill(p.Data(x), seed)
			if err := p.RunAll(); err != nil {
				t.Fatal(err)
			}
			return p, outputs
		}
		lasting, want := run(5, false)
		brief, got := run(5, true)
		for i := range want {
			if !slices.Equal(lasting.Data(want[i]), brief.Data(got[i])) {
				t.Errorf("recompute %v: output %d has other values when it is brief", recompute, i)
			}
		}
		run(6, false)
		for i := range want {
			if same := slices.Equal(lasting.Data(want[i]), brief.Data(got[i])); same != (i == 0) {
				t.Errorf("recompute %v: output %d after another program: still there: %v", recompute, i, same)
			}
		}
	}
}
