package nn

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codeberg.org/sbinet/npyio/npz"
	"gorgonia.org/tensor"
)

// golden are the arrays of one file of expected values, by name. How they were
// made stands in testdata/golden/SOURCE.md.
type golden map[string]goldenArray

type goldenArray struct {
	Shape []int
	Data  []float64
}

// readGolden reads name.f64.npz from $GOLDEN_DIR, or from testdata/golden.
// Inputs are exact in float32, so that the one file serves both types.
func readGolden(t testing.TB, name string) golden {
	t.Helper()
	dir := os.Getenv("GOLDEN_DIR")
	if dir == "" {
		dir = filepath.Join("testdata", "golden")
	}
	f, err := npz.Open(filepath.Join(dir, name+".f64.npz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	g := golden{}
	for _, key := range f.Keys() {
		a := goldenArray{Shape: f.Header(key).Descr.Shape}
		if strings.Contains(f.Header(key).Descr.Type, "i8") {
			var ints []int64
			err = f.Read(key, &ints)
			for _, v := range ints {
				a.Data = append(a.Data, float64(v))
			}
		} else {
			err = f.Read(key, &a.Data)
		}
		if err != nil {
			t.Fatalf("%s: %s: %v", name, key, err)
		}
		g[strings.TrimSuffix(key, ".npy")] = a
	}
	return g
}

// get is the array called name, which must be there.
func (g golden) get(t testing.TB, name string) goldenArray {
	t.Helper()
	a, ok := g[name]
	if !ok {
		t.Fatalf("no golden array %q", name)
	}
	return a
}

// ints are the numbers of an array of integers.
func (g golden) ints(t testing.TB, name string) []int {
	t.Helper()
	var out []int
	for _, v := range g.get(t, name).Data {
		out = append(out, int(v))
	}
	return out
}

// cases are the first parts of the names that have a second one.
func (g golden) cases() []string {
	seen := map[string]bool{}
	var out []string
	for name := range g {
		if c, _, ok := strings.Cut(name, "."); ok && !seen[c] {
			seen[c] = true
			out = append(out, c)
		}
	}
	return out
}

// dense is the array as a tensor of the given type.
func (a goldenArray) dense(t testing.TB, dt tensor.Dtype) *tensor.Dense {
	t.Helper()
	d, err := denseOf(dt, append([]float64(nil), a.Data...), a.Shape)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
