package onednn_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"unsafe"

	"videogan/nn/onednn"
)

// at is the address of a slice's numbers; nil for an empty slice.
func at[T any](v []T) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(v)) }

func random(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

// normals are n numbers of the given mean and deviation.
func normals(rng *rand.Rand, n int, mean, deviation float64) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(mean + deviation*rng.NormFloat64())
	}
	return v
}

// onThreads runs f with kernels on the given number of threads.
func onThreads(t testing.TB, threads int, f func()) {
	t.Helper()
	failed := make(chan error)
	go func() { // the thread keeps its team: it ends with the goroutine
		runtime.LockOSThread()
		e, err := onednn.NewEngine(threads)
		if err == nil {
			f()
			e.Close()
		}
		failed <- err
	}()
	if err := <-failed; err != nil {
		t.Fatal(err)
	}
}

// layouts are all ways in which a tensor of n samples, c channels and s
// positions may lie in memory.
func layouts(n, c, s int) []onednn.Layout {
	list := []onednn.Layout{{N: n, CB: c, S: s, B: 1, C: c}, {N: n, CB: 1, S: s, B: c, C: c}}
	for _, b := range []int{8, 16} {
		list = append(list, onednn.Layout{N: n, CB: (c + b - 1) / b, S: s, B: b, C: c})
	}
	return list
}

// channelCases are layouts of sizes on both sides of every border: vectors,
// blocks, pieces of a sum, threads.
func channelCases() []onednn.Layout {
	var list []onednn.Layout
	for _, shape := range [][3]int{
		{1, 1, 1}, {1, 3, 1}, {2, 3, 5}, {3, 16, 7}, {2, 20, 64}, {4, 33, 129}, {5, 8, 1}, {1, 2, 40000},
		{300, 3, 10}, {2, 130, 50}, {2, 600, 1}, {700, 40, 1}, {3, 5, 3000}, {1, 64, 1024}, {2, 9000, 2},
	} {
		list = append(list, layouts(shape[0], shape[1], shape[2])...)
	}
	return list
}

func describe(l onednn.Layout) string {
	return fmt.Sprintf("n%d c%d s%d as cb%d b%d", l.N, l.C, l.S, l.CB, l.B)
}

func size(l onednn.Layout) int { return l.N * l.CB * l.S * l.B }

// eachNumber visits the position of every number that is no padding, in the
// order of memory.
func eachNumber(l onednn.Layout, visit func(c, i int)) {
	i := 0
	for range l.N {
		for cb := range l.CB {
			for range l.S {
				for b := range l.B {
					if c := cb*l.B + b; c < l.C {
						visit(c, i)
					}
					i++
				}
			}
		}
	}
}

// tensor is a random tensor with zeros for padding.
func tensor(rng *rand.Rand, l onednn.Layout, mean, deviation float64) []float32 {
	v := make([]float32, size(l))
	eachNumber(l, func(_, i int) { v[i] = float32(mean + deviation*rng.NormFloat64()) })
	return v
}

// dirty is memory that a kernel must overwrite.
func dirty(n int) []float32 { return slices.Repeat([]float32{float32(math.NaN())}, n) }

// far is the first number of got that differs from want by more than tolerance,
// relative to the larger of |want| and scale; ok when there is none.
func far(got, want []float32, tolerance, scale float64) (report string, ok bool) {
	for i, w := range want {
		g := float64(got[i])
		if float64(w) == g || w != w && g != g {
			continue
		}
		if diff := math.Abs(g - float64(w)); !(diff <= tolerance*max(math.Abs(float64(w)), scale)) {
			return fmt.Sprintf("number %d of %d is %v, want %v", i, len(want), g, w), false
		}
	}
	return "", true
}

func near(t *testing.T, what string, got, want []float32, tolerance, scale float64) {
	t.Helper()
	if report, ok := far(got, want, tolerance, scale); !ok {
		t.Errorf("%s: %s", what, report)
	}
}

// padded fails when a number of the padding is not zero.
func padded(t *testing.T, what string, l onednn.Layout, v []float32) {
	t.Helper()
	used := make([]bool, len(v))
	eachNumber(l, func(_, i int) { used[i] = true })
	for i, u := range used {
		if !u && v[i] != 0 {
			t.Errorf("%s: padding at %d holds %v", what, i, v[i])
			return
		}
	}
}

func activate(act onednn.Activation, alpha, v float64) float64 {
	switch {
	case act == onednn.ActNone || v > 0 || v != v:
		return v
	case act == onednn.ActReLU:
		return 0
	}
	return alpha * v
}

func slope(act onednn.Activation, alpha, y float64) float64 {
	switch {
	case act == onednn.ActNone || y > 0:
		return 1
	case y != y:
		return y
	case act == onednn.ActReLU:
		return 0
	}
	return alpha
}

var activations = []onednn.Activation{onednn.ActNone, onednn.ActReLU, onednn.ActLeakyReLU}
