package knowledge

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"videogan/gan"
	"videogan/nn"
)

// A clip's score is the same in any batch, and the last part of a batch counts too.
func TestScores(t *testing.T) {
	dev := openDevice(t)
	g, d := smallTGAN(t)
	const n = runBatch + 3
	clips := clipsOf(t, dev, g, n, 0)
	all, err := d.Scores(t.Context(), dev, clips)
	if err != nil || len(all) != n {
		t.Fatalf("%d scores: %v", len(all), err)
	}
	last, err := d.Scores(t.Context(), dev, clips[(n-1)*g.Shape.Size():])
	if err != nil || math.Abs(last[0]-all[n-1]) > 1e-5*math.Abs(last[0])+1e-6 {
		t.Errorf("alone %v, among others %v: %v", last, all[n-1], err)
	}
	if slices.Min(all) == slices.Max(all) {
		t.Error("all clips have one score")
	}
	if _, err := d.Scores(t.Context(), dev, clips[:7]); !errors.Is(err, ErrShape) {
		t.Errorf("seven values: %v", err)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if _, err := d.Scores(stopped, dev, clips); !errors.Is(err, context.Canceled) {
		t.Errorf("after an interrupt: %v", err)
	}
	empty := d
	empty.Params = nn.NewParams(0)
	if _, err := empty.Scores(t.Context(), dev, clips); !errors.Is(err, gan.ErrArchitecture) {
		t.Errorf("without parameters: %v", err)
	}
}

// The clip that is made for a unit excites it more than any of many others.
func TestMaximise(t *testing.T) {
	dev := openDevice(t)
	g, d := smallTGAN(t)
	layers, err := d.Layers()
	if err != nil || !slices.Equal(layers, []int{4, 8}) {
		t.Fatalf("layers %v: %v", layers, err)
	}
	clips := clipsOf(t, dev, g, 40, 0)
	activations, err := d.Activations(t.Context(), dev, clips, 1)
	if err != nil || activations.Rows != 40 || activations.Dims != 8 {
		t.Fatalf("activations %v: %v", activations, err)
	}
	units := []int{6, 1}
	made, reached, err := d.Maximise(t.Context(), dev, 1, units, MaximiseOptions{Steps: 60, Variation: 1e-3, Energy: 1e-3}) // activations are of about 1e-2
	if err != nil {
		t.Fatal(err)
	}
	again, err := d.Activations(t.Context(), dev, made, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i, unit := range units {
		best := activations.Row(Top(activations, unit, 1)[0])[unit]
		if !(reached[i] > float64(best)) {
			t.Errorf("unit %d: %v was reached, a sample has %v", unit, reached[i], best)
		}
		if v := float64(again.Row(i)[unit]); math.Abs(v-reached[i]) > 1e-4 {
			t.Errorf("unit %d: %v is said, the clip has %v", unit, reached[i], v)
		}
	}
	if slices.Max(made) > 1 || slices.Min(made) < -1 {
		t.Error("a pixel is out of range")
	}
	for _, row := range []struct {
		layer int
		units []int
		o     MaximiseOptions
	}{{2, units, MaximiseOptions{}}, {-1, units, MaximiseOptions{}}, {1, []int{8}, MaximiseOptions{}}, {1, nil, MaximiseOptions{}}, {1, units, MaximiseOptions{Scale: []float64{1, 0}}}} {
		if _, _, err := d.Maximise(t.Context(), dev, row.layer, row.units, row.o); !errors.Is(err, ErrOption) {
			t.Errorf("layer %d, units %v, %+v: %v", row.layer, row.units, row.o, err)
		}
	}
	d.Networks.Hidden = nil
	if _, err := d.Layers(); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("networks that tell no layers: %v", err)
	}
}

func TestTop(t *testing.T) {
	dev := openDevice(t)
	g, d := smallTGAN(t)
	f, err := d.Activations(t.Context(), dev, clipsOf(t, dev, g, 9, 1), 0)
	if err != nil {
		t.Fatal(err)
	}
	rows := Top(f, 2, 4)
	if len(rows) != 4 || len(Top(f, 2, 100)) != 9 {
		t.Fatalf("%d rows", len(rows))
	}
	for i, row := range rows {
		above := 0
		for j := range f.Rows {
			if f.Row(j)[2] > f.Row(row)[2] {
				above++
			}
		}
		if above != i {
			t.Errorf("%d rows are above number %d", above, i)
		}
	}
}
