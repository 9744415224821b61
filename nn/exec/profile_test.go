package exec_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"gorgonia.org/gorgonia"

	"videogan/nn"
	"videogan/nn/exec"
)

func TestTrace(t *testing.T) {
	d := device(t)
	s := nn.NewScope(gorgonia.NewGraph(), nn.NewParams(7), nn.ScopeOptions{Training: true})
	x := s.Input("x", 4, 3, 8, 16, 16)
	outputs := smallDiscriminator(s, x)
	p := compile(t, d, s, outputs...)
	fill(p.Data(x), 5)
	if err := p.RunAll(); err != nil {
		t.Fatal(err)
	}
	loss := p.Data(outputs[0])[0]
	runs, err := p.Trace()
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Data(outputs[0])[0]; got != loss {
		t.Errorf("a traced run gives the loss %v, a plain one %v", got, loss)
	}
	flops, end, layouts := 0.0, time.Duration(0), 0
	for _, r := range runs {
		if r.Begin < end {
			t.Errorf("%s of %s begins at %v, before the last kernel's end at %v", r.Kernel, r.Node, r.Begin, end)
		}
		if r.Node == "" || r.Kernel == "" || r.Bytes <= 0 {
			t.Errorf("a kernel without node, name or bytes: %+v", r)
		}
		if strings.HasPrefix(r.Kernel, "conv") && r.Layer != "l0" && r.Layer != "l1" {
			t.Errorf("%s of %s belongs to the layer %q", r.Kernel, r.Node, r.Layer)
		}
		if r.Layout {
			layouts++
		}
		if r.Layout && r.FLOPs != 0 {
			t.Errorf("%s changes a layout and counts %v FLOP", r.Kernel, r.FLOPs)
		}
		flops, end = flops+r.FLOPs, r.Begin+r.Took
	}
	if flops != p.FLOPs() {
		t.Errorf("the kernels do %v FLOP, the program %v", flops, p.FLOPs())
	}
	if layouts == 0 {
		t.Error("no kernel changes a layout, and the input is row-major")
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Trace(); err == nil {
		t.Error("a closed program is traced")
	}
}

// The convolutions of a program are those of its kernels: same nodes, same work.
func TestConvolutions(t *testing.T) {
	d := device(t)
	s := nn.NewScope(gorgonia.NewGraph(), nn.NewParams(7), nn.ScopeOptions{Training: true})
	p := compile(t, d, s, smallDiscriminator(s, s.Input("x", 4, 3, 8, 16, 16))...)
	list := p.Convolutions()
	flops, maps := 0.0, map[string]int{}
	work := map[string]float64{}
	for _, c := range list {
		flops += c.FLOPs
		maps[c.Map]++
		work[c.Layer+" "+c.Map] = c.FLOPs
		best, err := d.FastestForm(c, 1)
		if err != nil {
			t.Fatal(err)
		}
		if best.Took <= 0 || best.Implementation == "" || best.Name != "direct" && best.Name != "folded" {
			t.Errorf("%s of %s: %+v", c.Map, c.Shape, best)
		}
	}
	if flops != p.FLOPs() {
		t.Errorf("convolutions of %v FLOP in a program of %v, which has no other", flops, p.FLOPs())
	}
	// Nobody wants the gradient by x.
	if maps["forward"] != 2 || maps["weight gradient"] != 2 || maps["data gradient"] != 1 {
		t.Errorf("convolutions: %v", maps)
	}
	for _, layer := range []string{"l0", "l1"} {
		if forward := work[layer+" forward"]; forward == 0 || work[layer+" weight gradient"] != forward {
			t.Errorf("the work of layer %s: %v", layer, work)
		}
	}
	shapes := slices.ContainsFunc(list, func(c exec.Convolution) bool {
		return c.Shape == "4×3×8×16×16 ∗ 8×3×4×4×4 /2×2×2" && c.Map == "forward"
	})
	if !shapes {
		t.Errorf("no forward convolution of the input: %+v", list)
	}
	if _, err := d.FastestForm(exec.Convolution{}, 1); !errors.Is(err, nn.ErrShape) {
		t.Errorf("a convolution of nothing: %v", err)
	}
}

func TestCopyRate(t *testing.T) {
	if testing.Short() {
		t.Skip("copies half a gigabyte")
	}
	rate, err := device(t).CopyRate()
	if err != nil {
		t.Fatal(err)
	}
	if rate < 0.1 || rate > 5000 {
		t.Errorf("%v GB/s: no machine copies like that", rate)
	}
}
