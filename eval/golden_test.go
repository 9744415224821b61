package eval

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codeberg.org/sbinet/npyio/npz"
)

// goldenArrays are expected values by name; how they were made stands in testdata/golden/SOURCE.md.
type goldenArrays map[string]goldenArray

type goldenArray struct {
	shape []int
	data  []float64
}

// readGolden reads metrics.f64.npz from $GOLDEN_DIR, or from testdata/golden.
func readGolden(t testing.TB) goldenArrays {
	t.Helper()
	dir := os.Getenv("GOLDEN_DIR")
	if dir == "" {
		dir = filepath.Join("testdata", "golden")
	}
	f, err := npz.Open(filepath.Join(dir, "metrics.f64.npz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	g := goldenArrays{}
	for _, key := range f.Keys() {
		a := goldenArray{shape: f.Header(key).Descr.Shape}
		if strings.Contains(f.Header(key).Descr.Type, "i8") {
			var ints []int64
			err = f.Read(key, &ints)
			for _, v := range ints {
				a.data = append(a.data, float64(v))
			}
		} else {
			err = f.Read(key, &a.data)
		}
		if err != nil {
			t.Fatalf("%s: %v", key, err)
		}
		g[strings.TrimSuffix(key, ".npy")] = a
	}
	return g
}

// values are the numbers of an array, which must be there.
func (g goldenArrays) values(t testing.TB, name string) []float64 {
	t.Helper()
	a, ok := g[name]
	if !ok {
		t.Fatalf("no golden array %q", name)
	}
	return a.data
}

// value is the one number of an array.
func (g goldenArrays) value(t testing.TB, name string) float64 {
	t.Helper()
	values := g.values(t, name)
	if len(values) != 1 {
		t.Fatalf("golden array %q has %d numbers, want 1", name, len(values))
	}
	return values[0]
}

// features are a matrix, whose numbers are exact in float32.
func (g goldenArrays) features(t testing.TB, name string) Features {
	t.Helper()
	values := g.values(t, name)
	f := Features{Rows: g[name].shape[0], Dims: g[name].shape[1]}
	for _, v := range values {
		if float64(float32(v)) != v {
			t.Fatalf("golden array %q: %v is not exact in float32", name, v)
		}
		f.Data = append(f.Data, float32(v))
	}
	return f
}
