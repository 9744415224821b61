package onednn_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"videogan/nn/onednn"
)

func pools() []onednn.Pool {
	var list []onednn.Pool
	rng := random(1)
	for range 25 {
		p := onednn.Pool{Planes: 1 + rng.IntN(5), Block: []int{1, 8, 16, 3}[rng.IntN(4)]}
		for i := range 3 {
			p.Kernel[i], p.Stride[i] = 1+rng.IntN(3), 1+rng.IntN(3)
			p.Pad[i] = rng.IntN(p.Kernel[i]/2 + 1)
			p.In[i] = p.Kernel[i] + rng.IntN(7)
			p.Out[i] = (p.In[i]+2*p.Pad[i]-p.Kernel[i])/p.Stride[i] + 1
		}
		list = append(list, p)
	}
	two, one := [3]int{2, 2, 2}, [3]int{1, 1, 1}
	return append(list,
		onednn.Pool{Planes: 8, Block: 8, In: [3]int{8, 16, 16}, Out: [3]int{4, 8, 8}, Kernel: two, Stride: two},
		onednn.Pool{Planes: 64, Block: 1, In: [3]int{8, 16, 16}, Out: [3]int{4, 8, 8}, Kernel: two, Stride: two},
		onednn.Pool{Planes: 3, Block: 1, In: [3]int{1, 1, 9000}, Out: [3]int{1, 1, 9000}, Kernel: one, Stride: one})
}

func elements(planes int, size [3]int, block int) int {
	return planes * size[0] * size[1] * size[2] * block
}

// eachWindow visits every pooled number with its window's places, in C order.
func eachWindow(p onednn.Pool, visit func(i int, window []int)) {
	i := 0
	for plane := range p.Planes {
		eachIndex(p.Out[:], func(o []int) {
			for b := range p.Block {
				var window []int
				eachIndex(p.Kernel[:], func(k []int) {
					place := plane
					for a := range 3 {
						x := o[a]*p.Stride[a] + k[a] - p.Pad[a]
						if x < 0 || x >= p.In[a] {
							return
						}
						place = place*p.In[a] + x
					}
					window = append(window, place*p.Block+b)
				})
				visit(i, window)
				i++
			}
		})
	}
}

func largest(x []float32, window []int) int {
	best := window[0]
	for _, j := range window[1:] {
		if x[j] > x[best] || x[j] != x[j] && x[best] == x[best] {
			best = j
		}
	}
	return best
}

func TestPool(t *testing.T) {
	for _, p := range pools() {
		what := fmt.Sprintf("%+v", p)
		wide, narrow := elements(p.Planes, p.In, p.Block), elements(p.Planes, p.Out, p.Block)
		rng := random(2)
		x, v, gy := normals(rng, wide, 0, 1), normals(rng, wide, 0, 1), normals(rng, narrow, 0, 1)
		for i := range x {
			x[i] = float32(math.Round(float64(4*x[i]))) / 4 // many equal ones
		}
		x[len(x)/2], x[len(x)/3] = float32(math.NaN()), float32(math.Inf(-1))
		taps := float64(p.Kernel[0] * p.Kernel[1] * p.Kernel[2])
		average, highest, gathered := make([]float64, narrow), make([]float32, narrow), make([]float32, narrow)
		shared, scattered := make([]float64, wide), make([]float64, wide)
		eachWindow(p, func(i int, window []int) {
			for _, j := range window {
				average[i] += float64(v[j]) / taps
				shared[j] += float64(gy[i]) / taps
			}
			j := largest(x, window)
			highest[i], gathered[i] = x[j], v[j]
			scattered[j] += float64(gy[i])
		})
		y, gx := dirty(narrow), dirty(wide)
		onednn.PoolForward(onednn.PoolAverage, p, at(v), at(y))
		near(t, "average "+what, y, float32s(average), 1e-6, 1)
		onednn.PoolForward(onednn.PoolMax, p, at(x), at(y))
		near(t, "max "+what, y, highest, 0, 0)
		onednn.MaxPoolGather(p, at(x), at(v), at(y))
		near(t, "gather "+what, y, gathered, 0, 0)
		onednn.PoolAverageGrad(p, at(gy), at(gx))
		near(t, "average gradient "+what, gx, float32s(shared), 1e-6, 1)
		onednn.MaxPoolScatter(p, at(x), at(gy), at(gx))
		near(t, "scatter "+what, gx, float32s(scattered), 1e-6, 1)
	}
}

func TestUpsample(t *testing.T) {
	for _, test := range []struct {
		planes, block int
		in, scale     [3]int
	}{
		{1, 1, [3]int{1, 1, 1}, [3]int{1, 1, 1}},
		{2, 1, [3]int{3, 4, 5}, [3]int{2, 1, 3}},
		{3, 8, [3]int{1, 4, 5}, [3]int{1, 2, 2}},
		{5, 16, [3]int{2, 9, 9}, [3]int{2, 2, 2}},
	} {
		var out [3]int
		for i := range out {
			out[i] = test.in[i] * test.scale[i]
		}
		x := normals(random(3), elements(test.planes, test.in, test.block), 0, 1)
		want := make([]float32, elements(test.planes, out, test.block))
		p := onednn.Pool{Planes: test.planes, Block: test.block, In: out, Out: test.in, Kernel: test.scale, Stride: test.scale}
		eachWindow(p, func(i int, window []int) {
			for _, j := range window {
				want[j] = x[i]
			}
		})
		y := dirty(len(want))
		onednn.Upsample(test.planes, test.in, test.scale, test.block, at(x), at(y))
		if !slices.Equal(y, want) {
			t.Errorf("%+v: wrong", test)
		}
	}
}
