package nn

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorgonia.org/tensor"
	"pgregory.net/rapid"
)

func TestParamsNew(t *testing.T) {
	for _, test := range []struct {
		reason    string
		name      string
		trainable bool
		shape     []int
		init      Initializer
		fails     bool
		isShape   bool
	}{
		{reason: "the same request gives the same parameter", name: "gen/weight", trainable: true, shape: []int{2, 3}, init: Zeros()},
		{reason: "a new name is created", name: "gen/bias", trainable: true, shape: []int{3}, init: Zeros()},
		{reason: "two layers must not share a name", name: "gen/weight", trainable: true, shape: []int{3, 2}, init: Zeros(), fails: true, isShape: true},
		{reason: "an optimizer must not train a state", name: "gen/weight", trainable: false, shape: []int{2, 3}, init: Zeros(), fails: true},
		{reason: "scalars are vectors of one", name: "gen/scalar", trainable: true, init: Zeros(), fails: true, isShape: true},
		{reason: "an empty axis holds nothing", name: "gen/empty", trainable: true, shape: []int{2, 0}, init: Zeros(), fails: true, isShape: true},
		{reason: "a vector has no fan-in", name: "gen/vector", trainable: true, shape: []int{2}, init: HeNormal(), fails: true, isShape: true},
		{reason: "a checkpoint needs names", name: "", trainable: true, shape: []int{2}, init: Zeros(), fails: true},
	} {
		t.Run(test.reason, func(t *testing.T) {
			p := NewParams(1)
			first, err := p.New("gen/weight", true, HeNormal(), 2, 3)
			if err != nil {
				t.Fatal(err)
			}
			got, err := p.New(test.name, test.trainable, test.init, test.shape...)
			if (err != nil) != test.fails || errors.Is(err, ErrShape) != test.isShape {
				t.Fatalf("error %v; want one: %v, of shape: %v", err, test.fails, test.isShape)
			}
			if err == nil && test.name == first.Name && got != first {
				t.Error("the second request made a parameter of its own")
			}
			if kept, _ := p.Get("gen/weight"); kept != first {
				t.Error("the first parameter is gone")
			}
		})
	}
}

func TestParamsUnsupportedType(t *testing.T) {
	if _, err := NewParamsOf(tensor.Int, 1).New("w", true, Zeros(), 2); err == nil {
		t.Error("integer parameters were made; they cannot be trained")
	}
}

func TestParamsLists(t *testing.T) {
	p := NewParams(1)
	for _, name := range []string{"dis/conv/weight", "gen/weight", "discount", "dis/bias"} {
		if _, err := p.New(name, true, Zeros(), 2, 5); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := p.New("dis/mean", false, Zeros(), 7); err != nil {
		t.Fatal(err)
	}
	names := func(list []*Param) (names []string) {
		for _, param := range list {
			names = append(names, param.Name)
		}
		return names
	}
	for _, test := range []struct {
		reason string
		got    []*Param
		want   []string
	}{
		{"all, in order of creation", p.All(), []string{"dis/conv/weight", "gen/weight", "discount", "dis/bias", "dis/mean"}},
		{"a prefix ends where a path does; states are not trained", p.Trainable("dis"), []string{"dis/conv/weight", "dis/bias"}},
		{"a trailing slash changes nothing", p.Trainable("dis/"), []string{"dis/conv/weight", "dis/bias"}},
		{"no prefix holds all that is trained", p.Trainable(""), []string{"dis/conv/weight", "gen/weight", "discount", "dis/bias"}},
		{"a full name holds itself", p.Trainable("discount"), []string{"discount"}},
		{"nothing is called that", p.Trainable("disc"), nil},
	} {
		if diff := cmp.Diff(test.want, names(test.got)); diff != "" {
			t.Errorf("%s: -want +got\n%s", test.reason, diff)
		}
	}
	if got := p.Count("dis"); got != 20 {
		t.Errorf("count under dis: %d, want the 20 trainable numbers", got)
	}
}

// Initial values depend on seed and name alone, and not on the order of creation.
func TestParamsOrderIndependence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		names := rapid.Permutation([]string{"a", "b/weight", "b/bias", "c"}).Draw(t, "names")
		values := func(p *Params, names []string) map[string][]float32 {
			m := map[string][]float32{}
			for _, name := range names {
				param, err := p.New(name, true, Normal(1), 3)
				if err != nil {
					t.Fatal(err)
				}
				m[name] = param.Value.Float32s()
			}
			return m
		}
		want := values(NewParams(seed), []string{"c", "b/bias", "a", "b/weight", "d"})
		delete(want, "d")
		if diff := cmp.Diff(want, values(NewParams(seed), names)); diff != "" {
			t.Fatal(diff)
		}
		if cmp.Equal(want["a"], want["b/weight"]) || cmp.Equal(want, values(NewParams(seed+1), names)) {
			t.Fatal("names or seeds share their values")
		}
	})
}

// Both types of number start from the same draws.
func TestParamsTypesAgree(t *testing.T) {
	single, err := NewParams(3).New("w", true, GlorotUniform(1), 4, 3, 2)
	if err != nil {
		t.Fatal(err)
	}
	double, err := NewParamsOf(tensor.Float64, 3).New("w", true, GlorotUniform(1), 4, 3, 2)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range double.Value.Float64s() {
		if got := single.Value.Float32s()[i]; got != float32(v) {
			t.Errorf("element %d: %v in float32, %v in float64", i, got, v)
		}
	}
}

// The seeding of a stream is part of what makes a published run repeatable: these numbers must never change.
func TestStreamIsStable(t *testing.T) {
	for _, test := range []struct {
		seed uint64
		name string
		want []uint64
	}{
		{0, "", []uint64{8597071281624509256, 6696512952807151072}},
		{1, "init/gen/weight", []uint64{14079384205045434534, 16674467675039575237}},
		{1, "latents", []uint64{9846457102627471205, 7708866424162897207}},
	} {
		rng := Stream(test.seed, test.name)
		got := []uint64{rng.Uint64(), rng.Uint64()}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("stream (%d, %q): -want +got\n%s", test.seed, test.name, diff)
		}
	}
}

// Values drawn ahead are those that New draws; what New refuses it refuses at once.
func TestParamsDrawAhead(t *testing.T) {
	fill := func(p *Params) {
		for i, init := range []Initializer{Normal(0.01), Zeros(), HeNormal(), GlorotUniform(1), Orthogonal(1), UnitNormal(), NormalAround(1, 0.02),
			InitialWeights{Gain: 0.5}.Initializer(), InitialWeights{Uniform: 0.05}.Initializer()} {
			for _, size := range []int{3, drawnAtOnce} { // small ones, and large ones in pieces
				if _, err := p.New(fmt.Sprint("w", i, "/", size), true, init, size/3+1, 5); err != nil {
					t.Fatal(err)
				}
			}
		}
		if _, err := p.New("vector", true, HeNormal(), 2*drawnAtOnce); !errors.Is(err, ErrShape) {
			t.Errorf("a vector has no fan-in: got %v", err)
		}
	}
	want, got := NewParams(3), NewParams(3)
	fill(want)
	wait := got.DrawAhead()
	fill(got)
	wait()
	for i, p := range want.All() {
		if other := got.All()[i]; other.Name != p.Name || !slices.Equal(p.Value.Float32s(), other.Value.Float32s()) {
			t.Errorf("%s has other values when drawn ahead", p.Name)
		}
	}
}
