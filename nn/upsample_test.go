package nn

import (
	"errors"
	"testing"

	"gorgonia.org/tensor"
)

func TestUpsampleNearest(t *testing.T) {
	for _, test := range []struct {
		reason string
		x      goldenArray
		scale  []int
		y      []float64
	}{
		{"one factor stands for all axes", goldenArray{[]int{1, 1, 1, 2}, []float64{1, 2}}, []int{2}, []float64{1, 1, 2, 2, 1, 1, 2, 2}},
		{"one factor an axis", goldenArray{[]int{1, 1, 2, 2}, []float64{1, 2, 3, 4}}, []int{1, 3},
			[]float64{1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4}},
		{"channels stay apart", goldenArray{[]int{1, 2, 1}, []float64{1, 2}}, []int{2}, []float64{1, 1, 2, 2}},
		{"time, height and width", goldenArray{[]int{1, 1, 2, 1, 1}, []float64{1, 2}}, []int{1, 2, 1}, []float64{1, 1, 2, 2}},
	} {
		for _, d := range dtypes {
			s := testScope(d.dt)
			x := s.Input("x", test.x.Shape...)
			let(t, x, test.x)
			y := s.UpsampleNearest(x, test.scale...)
			if err := s.Err(); err != nil {
				t.Fatalf("%s: %v", test.reason, err)
			}
			near(t, test.reason, evaluate(t, y)[0], test.y, 0)
		}
	}
}

func TestUpsampleErrors(t *testing.T) {
	for _, test := range []struct {
		reason string
		shape  []int
		scale  []int
	}{
		{"no factor", []int{1, 1, 2}, nil},
		{"no spatial axis", []int{2, 3}, []int{2}},
		{"too many factors", []int{1, 1, 2}, []int{2, 2}},
		{"a factor of 0 leaves nothing", []int{1, 1, 2, 2}, []int{2, 0}},
	} {
		s := testScope(tensor.Float32)
		if y := s.UpsampleNearest(s.Input("x", test.shape...), test.scale...); y != nil || !errors.Is(s.Err(), ErrShape) {
			t.Errorf("%s: node %v, error %v; want an error of shape", test.reason, y, s.Err())
		}
	}
}
