package nn

import "gorgonia.org/tensor"

// forEachTap calls f with the indices of every triple x[xi], w[wi], y[yi] whose
// product is a term of the convolution of x (N×C×S) with w (K×C×k) to y (N×K×S').
// The convolution, its adjoint and its weight gradient sum over the very same
// triples, each into another of the three.
func forEachTap(x, w, y tensor.Shape, g Geometry, f func(xi, wi, yi int)) {
	xs, ws, ys := three(x[2:], 1), three(w[2:], 1), three(y[2:], 1)
	stride, pad := three(g.Stride, 1), three(g.Pad, 0)
	batch, channels, outputs := x[0], x[1], w[0]
	yi := 0
	for n := range batch {
		for k := range outputs {
			for y0 := range ys[0] {
				for y1 := range ys[1] {
					for y2 := range ys[2] {
						for c := range channels {
							for k0 := range ws[0] {
								x0 := y0*stride[0] - pad[0] + k0
								if x0 < 0 || x0 >= xs[0] {
									continue
								}
								for k1 := range ws[1] {
									x1 := y1*stride[1] - pad[1] + k1
									if x1 < 0 || x1 >= xs[1] {
										continue
									}
									xi := (((n*channels+c)*xs[0]+x0)*xs[1] + x1) * xs[2]
									wi := (((k*channels+c)*ws[0]+k0)*ws[1] + k1) * ws[2]
									for k2 := range ws[2] {
										if x2 := y2*stride[2] - pad[2] + k2; x2 >= 0 && x2 < xs[2] {
											f(xi+x2, wi+k2, yi)
										}
									}
								}
							}
						}
						yi++
					}
				}
			}
		}
	}
}

// three puts leading axes of size fill before s, to a total of three.
func three(s []int, fill int) [3]int {
	a := [3]int{fill, fill, fill}
	copy(a[3-len(s):], s)
	return a
}

// addBias adds b to every position of its channel.
func addBias[T float](sum []float64, b []T, shape tensor.Shape) {
	positions := size(shape[2:])
	for i := range sum {
		sum[i] += float64(b[i/positions%len(b)])
	}
}

// tapFLOPs counts a multiplication and an addition for each element of y and
// each tap on it, of a convolution with weight w (K×C×k).
func tapFLOPs(y, w tensor.Shape) float64 {
	return 2 * float64(size(y)) * float64(size(w[1:]))
}
