package onednn_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"videogan/nn/onednn"
)

type unaryCase struct {
	name  string
	f     onednn.UnaryFunc
	alpha float64
	of    func(x float64) float64
}

func softplus(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func sign(x float64) float64 {
	if x > 0 {
		return 1
	}
	if x < 0 {
		return -1
	}
	return x
}

var leak = float64(float32(0.2)) // as the kernels see it

var unaryCases = []unaryCase{
	{"relu", onednn.UnaryReLU, 0, func(x float64) float64 { return activate(onednn.ActReLU, 0, x) }},
	{"leaky relu", onednn.UnaryLeakyReLU, 0.2, func(x float64) float64 { return activate(onednn.ActLeakyReLU, leak, x) }},
	{"leaky relu of slope 0", onednn.UnaryLeakyReLU, 0, func(x float64) float64 { return activate(onednn.ActReLU, 0, x) }},
	{"tanh", onednn.UnaryTanh, 0, math.Tanh},
	{"sigmoid", onednn.UnarySigmoid, 0, sigmoid},
	{"softplus", onednn.UnarySoftplus, 0, softplus},
	{"exp", onednn.UnaryExp, 0, math.Exp},
	{"log", onednn.UnaryLog, 0, math.Log},
	{"sqrt", onednn.UnarySqrt, 0, math.Sqrt},
	{"abs", onednn.UnaryAbs, 0, math.Abs},
	{"sign", onednn.UnarySign, 0, sign},
	{"square", onednn.UnaryPow, 2, func(x float64) float64 { return x * x }},
	{"cube", onednn.UnaryPow, 3, func(x float64) float64 { return x * x * x }},
	{"power 1", onednn.UnaryPow, 1, func(x float64) float64 { return x }},
	{"power 0", onednn.UnaryPow, 0, func(float64) float64 { return 1 }},
	{"power ½", onednn.UnaryPow, 0.5, func(x float64) float64 { return math.Sqrt(x) + 0 }},
	{"power -½", onednn.UnaryPow, -0.5, func(x float64) float64 { return 1 / (math.Sqrt(x) + 0) }},
	{"power -1", onednn.UnaryPow, -1, func(x float64) float64 { return 1 / x }},
	{"power -2", onednn.UnaryPow, -2, func(x float64) float64 { return 1 / (x * x) }},
	{"power 2.5", onednn.UnaryPow, 2.5, func(x float64) float64 { return math.Pow(x, 2.5) }},
	{"scale", onednn.UnaryScale, -3, func(x float64) float64 { return -3 * x }},
	{"shift", onednn.UnaryShift, 0.5, func(x float64) float64 { return x + 0.5 }},
	{"copy", onednn.UnaryCopy, 0, func(x float64) float64 { return x }},
}

// everyScale are numbers over the whole range of float32, dense where functions
// bend, and the special ones.
func everyScale() []float32 {
	var x []float32
	for i := uint64(0); i < 1<<32; i += 39_989 { // a prime: all exponents, many mantissas
		x = append(x, math.Float32frombits(uint32(i)))
	}
	for i := -60_000; i <= 60_000; i++ {
		x = append(x, float32(i)/500, 1+float32(i)/1e6)
	}
	inf := float32(math.Inf(1))
	return append(x, 0, float32(math.Copysign(0, -1)), inf, -inf, float32(math.NaN()),
		math.MaxFloat32, -math.MaxFloat32, math.SmallestNonzeroFloat32, 88.72283, 88.722839, -87.33655, -103.97208, 0.625, -0.625)
}

// The kernels are right to 2·10⁻⁶ everywhere; results that are denormal may lose
// all of their digits.
func TestUnary(t *testing.T) {
	x := everyScale()
	for _, test := range unaryCases {
		y := dirty(len(x))
		onednn.Unary(test.f, test.alpha, at(x), at(y), len(x))
		for i, v := range x {
			want, got := float32(test.of(float64(v))), y[i]
			const normal = 0x1p-126
			switch {
			case want != want && got != got || want == got:
			case math.Abs(float64(want)) < 2*normal && math.Abs(float64(got)) < 2*normal:
			case math.Abs(float64(got)-float64(want)) <= 2e-6*math.Abs(float64(want)):
			default:
				t.Errorf("%s of %v is %v, want %v", test.name, v, got, want)
			}
			if t.Failed() {
				break
			}
		}
		in := slices.Clone(x)
		onednn.Unary(test.f, test.alpha, at(in), at(in), len(in))
		if report, ok := far(in, y, 0, 0); !ok {
			t.Errorf("%s in place: %s", test.name, report)
		}
	}
}

// Every length gives the same numbers, whatever part of it is done in vectors.
func TestUnaryOfEveryLength(t *testing.T) {
	x := normals(random(1), 70, 0, 2)
	for _, test := range unaryCases {
		for n := range len(x) {
			y := dirty(n + 1)
			onednn.Unary(test.f, test.alpha, at(x), at(y), n)
			for i, v := range x[:n] {
				want := float32(test.of(float64(v)))
				if diff := math.Abs(float64(y[i]) - float64(want)); !(diff <= 2e-6*math.Abs(float64(want))) && want == want {
					t.Fatalf("%s of %d numbers: number %d is %v, want %v", test.name, n, i, y[i], want)
				}
			}
			if y[n] == y[n] {
				t.Fatalf("%s of %d numbers writes one more", test.name, n)
			}
		}
	}
}

func TestUnaryGrad(t *testing.T) {
	nan := float32(math.NaN())
	y := append(normals(random(2), 40_000, 0, 0.5), 0, float32(math.Copysign(0, -1)), 1, -1, nan)
	gy := normals(random(3), len(y), 0, 1)
	for _, test := range []struct {
		name  string
		f     onednn.UnaryFunc
		slope func(y float64) float64
	}{
		{"relu", onednn.UnaryReLU, func(y float64) float64 { return slope(onednn.ActReLU, 0, y) }},
		{"leaky relu", onednn.UnaryLeakyReLU, func(y float64) float64 { return slope(onednn.ActLeakyReLU, leak, y) }},
		{"tanh", onednn.UnaryTanh, func(y float64) float64 { return 1 - y*y }},
		{"sigmoid", onednn.UnarySigmoid, func(y float64) float64 { return y * (1 - y) }},
	} {
		want := make([]float32, len(y))
		for i, v := range y {
			want[i] = float32(float64(gy[i]) * test.slope(float64(v)))
		}
		gx := dirty(len(y))
		onednn.UnaryGrad(test.f, 0.2, at(y), at(gy), at(gx), len(y))
		near(t, test.name, gx, want, 3e-7, 0)
		if gx[len(gx)-1] == gx[len(gx)-1] {
			t.Errorf("%s: NaN is lost", test.name)
		}
		in := slices.Clone(gy)
		onednn.UnaryGrad(test.f, 0.2, at(y), at(in), at(in), len(y))
		near(t, test.name+" over gy", in, gx, 0, 0)
		in = slices.Clone(y)
		onednn.UnaryGrad(test.f, 0.2, at(in), at(gy), at(in), len(y))
		near(t, test.name+" over y", in, gx, 0, 0)
	}
}

func TestBinary(t *testing.T) {
	for _, n := range []int{1, 7, 33, 20_001} {
		a, b := normals(random(4), n, 0, 1), normals(random(5), n, 0, 1)
		for _, f := range binaryFuncs {
			want := make([]float32, n)
			for i := range want {
				want[i] = combine(f, a[i], b[i])
			}
			y, overA, overB := dirty(n), slices.Clone(a), slices.Clone(b)
			onednn.Binary(f, at(a), at(b), at(y), n)
			onednn.Binary(f, at(overA), at(b), at(overA), n)
			onednn.Binary(f, at(a), at(overB), at(overB), n)
			for name, got := range map[string][]float32{"": y, " over a": overA, " over b": overB} {
				if !slices.Equal(got, want) {
					t.Errorf("function %d of %d numbers%s: wrong", f, n, name)
				}
			}
		}
	}
}

func TestFill(t *testing.T) {
	const n = 20_003
	y := dirty(n)
	onednn.Fill(at(y), 0.5, n-1)
	if slices.ContainsFunc(y[:n-1], func(v float32) bool { return v != 0.5 }) || y[n-1] == 0.5 {
		t.Error("fill: wrong")
	}
}

// strided views for the kernels that repeat, transpose and copy.
type view struct {
	name        string
	dims        []int
	a, b, dense []int
}

func denseStrides(dims []int) []int {
	s := make([]int, len(dims))
	for i, n := len(dims)-1, 1; i >= 0; i-- {
		s[i], n = n, n*dims[i]
	}
	return s
}

// views are random shapes of up to six axes whose operands repeat along random
// axes or have their axes exchanged.
func views() []view {
	rng := random(8)
	list := []view{
		{name: "one number", dims: []int{1}, a: []int{0}, b: []int{1}},
		{name: "no axes"},
		{name: "columns and rows", dims: []int{130, 150}, a: []int{1, 0}, b: []int{0, 1}},
		{name: "a scalar", dims: []int{33_000}, a: []int{1}, b: []int{0}},
		{name: "a matrix and its transpose", dims: []int{150, 140}, a: []int{140, 1}, b: []int{1, 150}},
		{name: "planes transposed", dims: []int{7, 50, 60}, a: []int{3000, 1, 50}, b: []int{3000, 60, 1}},
		{name: "first axis last", dims: []int{20, 11, 12, 13}, a: []int{1, 20, 220, 2640}, b: []int{0, 0, 0, 0}},
	}
	for i := range 60 {
		v := view{name: fmt.Sprint("random ", i)}
		for range 1 + rng.IntN(6) {
			v.dims = append(v.dims, 1+rng.IntN(7))
		}
		for _, s := range []*[]int{&v.a, &v.b} {
			perm := rng.Perm(len(v.dims))
			*s = make([]int, len(v.dims))
			n := 1
			for _, axis := range perm {
				if rng.IntN(3) > 0 {
					(*s)[axis], n = n, n*v.dims[axis]
				}
			}
			if rng.IntN(2) == 0 {
				*s = denseStrides(v.dims)
			}
		}
		list = append(list, v)
	}
	for i := range list {
		list[i].dense = denseStrides(list[i].dims)
	}
	return list
}

// eachIndex visits all indices below dims, the last fastest.
func eachIndex(dims []int, visit func(index []int)) {
	index := make([]int, len(dims))
	for {
		visit(index)
		i := len(dims) - 1
		for ; i >= 0; i-- {
			if index[i]++; index[i] < dims[i] {
				break
			}
			index[i] = 0
		}
		if i < 0 {
			return
		}
	}
}

func offset(index, strides []int) int {
	o := 0
	for i, k := range index {
		o += k * strides[i]
	}
	return o
}

func product(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

func TestStridedKernels(t *testing.T) {
	for _, v := range views() {
		n := product(v.dims)
		a, b := normals(random(9), n, 0, 1), normals(random(10), n, 0, 1)
		for _, f := range binaryFuncs {
			want := make([]float32, n)
			eachIndex(v.dims, func(index []int) {
				want[offset(index, v.dense)] = combine(f, a[offset(index, v.a)], b[offset(index, v.b)])
			})
			y := dirty(n)
			onednn.BinaryStrided(f, v.dims, v.a, v.b, at(a), at(b), at(y))
			if !slices.Equal(y, want) {
				t.Errorf("function %d, %s %v by %v and %v: wrong", f, v.name, v.dims, v.a, v.b)
			}
		}
		want := make([]float32, n)
		eachIndex(v.dims, func(index []int) { want[offset(index, v.dense)] = a[offset(index, v.a)] })
		y := dirty(n)
		onednn.Broadcast(v.dims, v.a, at(a), at(y))
		if !slices.Equal(y, want) {
			t.Errorf("broadcast of %s %v by %v: wrong", v.name, v.dims, v.a)
		}
	}
}

// A copy into every other place of a larger array leaves the rest alone.
func TestCopyStrided(t *testing.T) {
	for _, v := range views() {
		n := product(v.dims)
		x := normals(random(11), n, 0, 1)
		wide := make([]int, len(v.dims))
		for i, s := range v.dense {
			wide[i] = 2 * s
		}
		want, y := make([]float32, 2*n), make([]float32, 2*n)
		eachIndex(v.dims, func(index []int) { want[offset(index, wide)] = x[offset(index, v.a)] })
		onednn.CopyStrided(v.dims, v.a, at(x), wide, at(y))
		if !slices.Equal(y, want) {
			t.Errorf("%s %v by %v: wrong", v.name, v.dims, v.a)
		}
	}
}
