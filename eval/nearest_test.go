package eval

import (
	"errors"
	"fmt"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"videogan/video"
)

func TestNearestNeighbours(t *testing.T) {
	reference := Features{4, 2, []float32{0, 0, 3, 4, 0, 0, 6, 8}}
	got, err := NearestNeighbours(Features{2, 2, []float32{0, 0, 6, 8.5}}, reference, 3)
	if err != nil {
		t.Fatal(err)
	}
	want := [][]Neighbour{{{0, 0}, {2, 0}, {1, 5}}, {{3, 0.5}, {1, math.Hypot(3, 4.5)}, {0, math.Hypot(6, 8.5)}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("a copy is 0 apart, of equals the first comes first (-want +got):\n%s", diff)
	}
	for name, test := range map[string]struct {
		queries Features
		k       int
		want    error
	}{
		"other dimensions": {Features{1, 3, []float32{1, 2, 3}}, 1, ErrShape},
		"more than all":    {reference, 5, ErrShape},
		"none":             {reference, 0, ErrValue},
	} {
		if _, err := NearestNeighbours(test.queries, reference, test.k); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
}

func TestNearestNeighboursProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dims := rapid.IntRange(1, 6).Draw(t, "dims")
		queries, reference := drawFeatures(t, dims, 1), drawFeatures(t, dims, 1)
		k := rapid.IntRange(1, reference.Rows).Draw(t, "k")
		nearest, err := NearestNeighbours(queries, reference, k)
		if err != nil {
			t.Fatal(err)
		}
		for i, list := range nearest {
			inside := map[int]bool{}
			for n, neighbour := range list {
				inside[neighbour.Index] = true
				if n > 0 && neighbour.Distance < list[n-1].Distance {
					t.Errorf("row %d is not in order: %v", i, list)
				}
				if d := math.Sqrt(slowSquare(queries.Row(i), reference.Row(neighbour.Index))); math.Abs(d-neighbour.Distance) > 1e-12*(1+d) {
					t.Errorf("distance %v, want %v", neighbour.Distance, d)
				}
			}
			if len(inside) != k {
				t.Errorf("%d different neighbours, want %d", len(inside), k)
			}
			for j := range reference.Rows {
				if !inside[j] && math.Sqrt(slowSquare(queries.Row(i), reference.Row(j))) < list[k-1].Distance-1e-12 {
					t.Errorf("row %d is nearer than those found", j)
				}
			}
		}
	})
}

func slowSquare(a, b []float32) float64 {
	sum := 0.0
	for i := range a {
		sum += math.Pow(float64(a[i])-float64(b[i]), 2)
	}
	return sum
}

func TestNeighbourSheet(t *testing.T) {
	grey := func(level byte) *video.Clip {
		c := video.NewClip(2, 4, 6, 8)
		for i := range c.Pix {
			c.Pix[i] = level
		}
		return c
	}
	training := func(index int) (*video.Clip, error) {
		if index > 9 {
			return nil, errors.New("no such clip")
		}
		return grey(byte(100 + index)), nil
	}
	samples := []*video.Clip{grey(10), grey(20)}
	nearest := [][]Neighbour{{{3, 0}}, {{5, 1}, {7, 2}}}
	path := filepath.Join(t.TempDir(), "nearest.png")
	if err := WriteNeighbourSheet(path, samples, nearest, training, video.SheetOptions{Gap: 1}); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sheet, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	if size := sheet.Bounds().Size(); size.X != 2*6+1 || size.Y != (2*4+1)+8+(3*4+2) {
		t.Errorf("the sheet is %v", size)
	}
	for _, want := range []struct {
		y     int
		level uint8
	}{{0, 10}, {5, 103}, {9, 255}, {16, 255}, {17, 20}, {22, 105}, {27, 107}} {
		if got := color.GrayModel.Convert(sheet.At(0, want.y)).(color.Gray).Y; got != want.level {
			t.Errorf("row %d has level %d, want %d", want.y, got, want.level)
		}
	}
	if _, err := NeighbourSheet(samples, nearest[:1], training, video.SheetOptions{}); !errors.Is(err, ErrShape) {
		t.Errorf("neighbours of one sample: %v", err)
	}
	if _, err := NeighbourSheet(samples, [][]Neighbour{{{3, 0}}, {{10, 0}}}, training, video.SheetOptions{}); err == nil {
		t.Error("a training clip that cannot be read is no error")
	}
}

func ExampleNearestNeighbours() {
	training := Features{Rows: 3, Dims: 1, Data: []float32{0, 4, 10}}
	nearest, err := NearestNeighbours(Features{Rows: 1, Dims: 1, Data: []float32{9}}, training, 2)
	fmt.Println(nearest, err)
	// Output: [[{2 1} {1 5}]] <nil>
}
