package exec_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"

	"videogan/nn"
	"videogan/nn/exec"
)

// layered is a discriminator of n layers with batch normalization, spectral
// normalization, noise and dropout, its loss with a gradient penalty, and the
// gradients of both.
func layered(s *nn.Scope, x *nn.Node, n int) []*nn.Node {
	h := x
	for i := range n {
		l := s.In("l%d", i)
		h = l.Conv(h, 16, nn.Cube(3, 3, 1, 1), nn.LayerOptions{SpectralNorm: i%2 == 1, NoBias: true})
		h = l.Dropout(l.LeakyReLU(l.GaussianNoise(l.BatchNorm(h, nn.BatchNormOptions{}), 0.1), 0.2), 0.1)
	}
	score := s.Sum(h, 1, 2, 3, 4)
	g := s.Grad(s.Sum(score), x)[0]
	loss := s.Add(s.Mean(s.Softplus(score)), s.Mean(s.Square(g)))
	var wrt []*nn.Node
	for i := range n {
		channels := 16
		if i == 0 {
			channels = 3
		}
		wrt = append(wrt, s.In("l%d", i).Param("weight", nil, 16, channels, 3, 3, 3))
	}
	return append([]*nn.Node{loss}, s.Grad(loss, wrt...)...)
}

// Every kernel, penalty and state gives the same bits when values are computed
// again, and the memory is less.
func TestRecomputeKeepsTheBits(t *testing.T) {
	run := func(recompute bool) (got [][]float32, arena int64, plan string) {
		d, err := exec.NewDevice(exec.DeviceOptions{Recompute: recompute})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		random := &nn.RandomState{Seed: 3}
		s := nn.NewScope(gorgonia.NewGraph(), nn.NewParams(7), nn.ScopeOptions{Training: true, Random: random})
		x := s.Input("x", 2, 3, 4, 16, 16)
		outputs := layered(s, x, 3)
		p := compile(t, d, s, outputs...)
		fill(p.Data(x), 5)
		for step := range 2 { // the second with running averages and singular vectors of the first
			random.Counter = uint64(step)
			if err := p.RunAll(); err != nil {
				t.Fatal(err)
			}
		}
		for _, n := range outputs {
			got = append(got, slices.Clone(p.Data(n)))
		}
		for _, param := range s.Params().All() {
			got = append(got, slices.Clone(param.Value.Float32s()))
		}
		return got, p.ArenaBytes(), p.String()
	}
	want, before, _ := run(false)
	got, after, plan := run(true)
	for i := range want {
		if !slices.Equal(want[i], got[i]) {
			t.Errorf("array %d differs", i)
		}
	}
	if after >= before || !strings.Contains(plan, ", again") {
		t.Errorf("%d bytes with recomputation, %d without: want fewer", after, before)
	}
}

func TestRecomputeOfEveryLowering(t *testing.T) {
	for _, g := range graphs {
		t.Run(g.name, func(t *testing.T) {
			run := func(recompute bool) (got [][]float32) {
				d, err := exec.NewDevice(exec.DeviceOptions{Recompute: recompute})
				if err != nil {
					t.Fatal(err)
				}
				defer d.Close()
				s := nn.NewScope(gorgonia.NewGraph(), nn.NewParams(7), nn.ScopeOptions{Training: true, Random: &nn.RandomState{Seed: 3}})
				outputs := g.build(s, rand.New(rand.NewPCG(1, 2)))
				p := compile(t, d, s, outputs...)
				if err := p.RunAll(); err != nil {
					t.Fatal(err)
				}
				for _, n := range outputs {
					got = append(got, slices.Clone(p.Data(n)))
				}
				return got
			}
			want, got := run(false), run(true)
			for i := range want {
				if !slices.Equal(want[i], got[i]) {
					t.Errorf("output %d differs", i)
				}
			}
		})
	}
}
