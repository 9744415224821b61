package onednn_test

import (
	"math"
	"testing"

	"videogan/nn/onednn"
)

func TestVectorProduct(t *testing.T) {
	rng := random(1)
	for _, sizes := range [][2]int{{1, 1}, {1, 7}, {7, 1}, {5, 16}, {16, 5}, {3, 511}, {9, 513}, {130, 1030}, {2, 70_000}, {1, 600_000}, {70_000, 2}} {
		for _, transposed := range []bool{false, true} {
			rows, columns := sizes[0], sizes[1]
			inner, outer, next, step := columns, rows, columns, 1 // distances between rows and between numbers of one
			if transposed {
				inner, outer, next, step = rows, columns, 1, columns
			}
			m, x, y := normals(rng, rows*columns, 0.1, 1), normals(rng, inner, 0.1, 1), nans(outer)
			onednn.VectorProduct(at(m), rows, columns, transposed, at(x), at(y))
			for i, got := range y {
				var want, scale float64
				for j, v := range x {
					term := float64(v) * float64(m[i*next+j*step])
					want += term
					scale += math.Abs(term)
				}
				if !(math.Abs(float64(got)-want) <= 1e-7*math.Abs(want)+1e-12*scale) {
					t.Fatalf("%d×%d, transposed %v: number %d is %v, want %v", rows, columns, transposed, i, got, want)
				}
			}
		}
	}
}
