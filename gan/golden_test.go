package gan

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"codeberg.org/sbinet/npyio/npz"
)

// golden are the arrays of one file of expected values, by name; how they were
// made stands in testdata/golden/SOURCE.md.
type golden map[string]goldenArray

type goldenArray struct {
	shape []int
	data  []float64
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
		a := goldenArray{shape: f.Header(key).Descr.Shape}
		if err := f.Read(key, &a.data); err != nil {
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

// cases are the first parts of the names, sorted.
func (g golden) cases() []string {
	var list []string
	for name := range g {
		c, _, _ := strings.Cut(name, ".")
		list = append(list, c)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func narrow(values []float64) []float32 {
	out := make([]float32, len(values))
	for i, v := range values {
		out[i] = float32(v)
	}
	return out
}

func widen(values []float32) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = float64(v)
	}
	return out
}
