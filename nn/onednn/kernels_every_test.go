package onednn_test

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"

	"videogan/nn/onednn"
)

// kernel is one kernel on data large enough for several threads.
type kernel struct {
	name   string
	bytes  int         // read and written, for the benchmark
	inputs [][]float32 // finite
	run    func(in [][]float32, out []float32)
	out    int
}

// kernels are all kernels; l has a multiple of 16 channels so that every number of
// x counts.
func kernels(l onednn.Layout) []kernel {
	rng := random(1)
	n, c := size(l), l.C
	x, gy, y := normals(rng, n, 0.5, 1), normals(rng, n, 0, 1), normals(rng, n, 0.5, 1)
	positive := normals(rng, n, 0, 1)
	for i, v := range positive {
		positive[i] = 0.1 + v*v
	}
	mean, variance := normals(rng, c, 0, 0.1), make([]float32, c)
	onednn.Fill(at(variance), 1, c)
	gamma := normals(rng, c, 1, 0.1)
	const a, r = onednn.ActLeakyReLU, 0.2

	norm := func(in [][]float32) onednn.Normalization {
		return onednn.Normalization{Mean: at(in[0]), Variance: at(in[1]), Gamma: at(in[2]), Beta: at(in[3]), Eps: eps, Activation: a, Alpha: r}
	}

	list := []kernel{
		{"batch norm statistics", 4 * n, [][]float32{x}, func(in [][]float32, out []float32) {
			onednn.BNStats(at(in[0]), l, at(out), at(out[c:]))
		}, 2 * c},
		{"batch norm forward", 8 * n, [][]float32{x, mean, variance, gamma, mean}, func(in [][]float32, out []float32) {
			onednn.BNForward(at(in[0]), l, norm(in[1:]), at(out))
		}, n},
		{"batch norm backward sums", 8 * n, [][]float32{x, gy, mean, variance, gamma, mean}, func(in [][]float32, out []float32) {
			onednn.BNBackwardSums(at(in[0]), at(in[1]), l, norm(in[2:]), at(out), at(out[c:]))
		}, 2 * c},
		{"batch norm backward", 12 * n, [][]float32{x, gy, mean, variance, gamma, mean, mean, mean}, func(in [][]float32, out []float32) {
			onednn.BNBackward(at(in[0]), at(in[1]), l, norm(in[2:]), at(in[6]), at(in[7]), at(out))
		}, n},
		{"channel sum", 4 * n, [][]float32{x}, func(in [][]float32, out []float32) { onednn.ChannelSum(at(in[0]), l, at(out)) }, c},
		{"channel mul", 8 * n, [][]float32{x, gamma}, func(in [][]float32, out []float32) {
			onednn.ChannelBinary(onednn.BinaryMul, at(in[0]), l, at(in[1]), false, at(out))
		}, n},
		{"bias", 8 * n, [][]float32{x, mean}, func(in [][]float32, out []float32) { onednn.BiasAct(at(in[0]), l, at(in[1]), a, r, at(out)) }, n},
		{"add", 12 * n, [][]float32{x, y}, func(in [][]float32, out []float32) {
			onednn.Binary(onednn.BinaryAdd, at(in[0]), at(in[1]), at(out), n)
		}, n},
		{"add repeated row", 8 * n, [][]float32{x, y[:n/l.N]}, func(in [][]float32, out []float32) {
			dims, full, row := []int{l.N, n / l.N}, []int{n / l.N, 1}, []int{0, 1}
			onednn.BinaryStrided(onednn.BinaryAdd, dims, full, row, at(in[0]), at(in[1]), at(out))
		}, n},
		{"transpose", 8 * n, [][]float32{x}, func(in [][]float32, out []float32) {
			onednn.CopyStrided([]int{n / 64, 64}, []int{1, n / 64}, at(in[0]), []int{64, 1}, at(out))
		}, n},
		{"copy", 8 * n, [][]float32{x}, func(in [][]float32, out []float32) {
			onednn.CopyStrided([]int{n}, []int{1}, at(in[0]), []int{1}, at(out))
		}, n},
		{"sum of rows", 4 * n, [][]float32{x}, func(in [][]float32, out []float32) {
			onednn.Sum([]int{n / 512, 512}, []bool{false, true}, at(in[0]), at(out))
		}, n / 512},
		{"sum of columns", 4 * n, [][]float32{x}, func(in [][]float32, out []float32) {
			onednn.Sum([]int{n / 512, 512}, []bool{true, false}, at(in[0]), at(out))
		}, 512},
		{"sum", 4 * n, [][]float32{x}, func(in [][]float32, out []float32) { onednn.Sum([]int{n}, []bool{true}, at(in[0]), at(out)) }, 1},
		{"matrix by vector", 4 * n, [][]float32{x, y[:512]}, func(in [][]float32, out []float32) {
			onednn.VectorProduct(at(in[0]), n/512, 512, false, at(in[1]), at(out))
		}, n / 512},
		{"vector by matrix", 4 * n, [][]float32{x, y[:n/512]}, func(in [][]float32, out []float32) {
			onednn.VectorProduct(at(in[0]), n/512, 512, true, at(in[1]), at(out))
		}, 512},
		{"vector by vector", 8 * n, [][]float32{x, y}, func(in [][]float32, out []float32) {
			onednn.VectorProduct(at(in[0]), 1, n, false, at(in[1]), at(out))
		}, 1},
		{"softmax", 8 * n, [][]float32{x}, func(in [][]float32, out []float32) { onednn.Softmax(at(in[0]), n/64, 64, 1, false, at(out)) }, n},
		{"softmax across", 8 * n, [][]float32{x}, func(in [][]float32, out []float32) { onednn.Softmax(at(in[0]), n/4096, 64, 64, true, at(out)) }, n},
		{"adam", 28 * n, [][]float32{x, gy, y, positive}, func(in [][]float32, out []float32) {
			p, m, v := out[:n], out[n:2*n], out[2*n:]
			copy(p, in[0])
			copy(m, in[2])
			copy(v, in[3])
			onednn.Adam(at(p), at(in[1]), at(m), at(v), n, 1e-3, 0.5, 0.999, 1e-8, 1)
		}, 3 * n},
		{"rmsprop", 20 * n, [][]float32{x, gy, positive}, func(in [][]float32, out []float32) {
			p, s := out[:n], out[n:]
			copy(p, in[0])
			copy(s, in[2])
			onednn.RMSprop(at(p), at(in[1]), at(s), n, 1e-3, 0.9, 1e-8, false)
		}, 2 * n},
		{"sgd", 20 * n, [][]float32{x, gy, y}, func(in [][]float32, out []float32) {
			p, s := out[:n], out[n:]
			copy(p, in[0])
			copy(s, in[2])
			onednn.SGD(at(p), at(in[1]), at(s), n, 1e-3, 0.9)
		}, 2 * n},
		{"normal numbers", 4 * n, nil, func(_ [][]float32, out []float32) { onednn.PhiloxNormal(at(out), n, [2]uint32{1, 2}, 3) }, n},
		{"bernoulli numbers", 4 * n, nil, func(_ [][]float32, out []float32) {
			onednn.PhiloxBernoulli(at(out), n, [2]uint32{1, 2}, 3, 0.5, 2)
		}, n},
	}
	for _, u := range unaryCases {
		if u.name == "power 0" { // of NaN is 1
			continue
		}
		list = append(list, kernel{u.name, 8 * n, [][]float32{positive}, func(in [][]float32, out []float32) {
			onednn.Unary(u.f, u.alpha, at(in[0]), at(out), n)
		}, n})
	}
	for _, f := range []onednn.UnaryFunc{onednn.UnaryReLU, onednn.UnaryLeakyReLU, onednn.UnaryTanh, onednn.UnarySigmoid} {
		list = append(list, kernel{fmt.Sprintf("gradient of function %d", f), 12 * n, [][]float32{y, gy}, func(in [][]float32, out []float32) {
			onednn.UnaryGrad(f, 0.2, at(in[0]), at(in[1]), at(out), n)
		}, n})
	}
	p := onednn.Pool{Planes: n / 2048, Block: 8, In: [3]int{1, 16, 16}, Out: [3]int{1, 8, 8}, Kernel: [3]int{1, 2, 2}, Stride: [3]int{1, 2, 2}}
	return append(list,
		kernel{"average pool", 5 * n, [][]float32{x}, func(in [][]float32, out []float32) {
			onednn.PoolForward(onednn.PoolAverage, p, at(in[0]), at(out))
		}, n / 4},
		kernel{"max pool", 5 * n, [][]float32{x}, func(in [][]float32, out []float32) {
			onednn.PoolForward(onednn.PoolMax, p, at(in[0]), at(out))
		}, n / 4},
		kernel{"average pool gradient", 5 * n, [][]float32{y[:n/4]}, func(in [][]float32, out []float32) {
			onednn.PoolAverageGrad(p, at(in[0]), at(out))
		}, n},
		kernel{"max pool scatter", 9 * n, [][]float32{y[:n/4]}, func(in [][]float32, out []float32) {
			onednn.MaxPoolScatter(p, at(x), at(in[0]), at(out))
		}, n},
		kernel{"upsample", 5 * n, [][]float32{y[:n/4]}, func(in [][]float32, out []float32) {
			onednn.Upsample(p.Planes, p.Out, p.Kernel, p.Block, at(in[0]), at(out))
		}, n})
}

func bits(v []float32) []uint32 {
	b := make([]uint32, len(v))
	for i, x := range v {
		b[i] = math.Float32bits(x)
	}
	return b
}

// A kernel gives the same bits again, on any number of threads.
func TestKernelsAreDeterministic(t *testing.T) {
	for _, l := range layouts(16, 32, 256) {
		var first [][]uint32
		for _, threads := range []int{1, 2, 2, 3} {
			onThreads(t, threads, func() {
				for i, k := range kernels(l) {
					out := dirty(k.out)
					k.run(k.inputs, out)
					if i == len(first) {
						first = append(first, bits(out))
					} else if !slices.Equal(bits(out), first[i]) {
						t.Errorf("%s of %s differs on %d threads", k.name, describe(l), threads)
					}
				}
			})
		}
	}
}

func nonfinite(v float32) bool { return math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) }

// NaN or an infinity anywhere in an input reaches the output: training stops on it.
func TestKernelsPassNaNOn(t *testing.T) {
	for _, l := range layouts(4, 32, 256) {
		for _, k := range kernels(l) {
			out := dirty(k.out)
			k.run(k.inputs, out)
			if slices.ContainsFunc(out, nonfinite) {
				t.Fatalf("%s of %s: finite numbers do not give finite ones", k.name, describe(l))
			}
			for j := range k.inputs {
				in := slices.Clone(k.inputs)
				in[j] = slices.Clone(in[j])
				for _, i := range []int{0, len(in[j]) / 2, len(in[j]) - 1} {
					was := in[j][i]
					in[j][i] = float32(math.NaN())
					k.run(in, out)
					in[j][i] = was
					if !slices.ContainsFunc(out, nonfinite) {
						t.Errorf("%s of %s: NaN at %d of input %d is lost", k.name, describe(l), i, j)
					}
				}
			}
		}
	}
}

// BenchmarkKernels reports the memory traffic that each kernel needs at least,
// next to Go's copy on one thread.
func BenchmarkKernels(b *testing.B) {
	l := onednn.Layout{N: 16, CB: 8, S: 8 * 32 * 32, B: 8, C: 64}
	x := make([]float32, size(l))
	b.Run("memcpy", func(b *testing.B) {
		y := make([]float32, len(x))
		b.SetBytes(int64(8 * len(x)))
		for b.Loop() {
			copy(y, x)
		}
	})
	for _, k := range kernels(l) {
		b.Run(k.name, func(b *testing.B) {
			runtime.LockOSThread() // and with it the team of threads
			defer runtime.UnlockOSThread()
			out := make([]float32, k.out)
			b.SetBytes(int64(k.bytes))
			for b.Loop() {
				k.run(k.inputs, out)
			}
		})
	}
}
