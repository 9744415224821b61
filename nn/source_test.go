package nn

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// clockSeeded are the functions that draw from a generator seeded by the clock, or by nothing, by import path.
// Dropout and the initializers of this package are to be used instead.
var clockSeeded = map[string][]string{
	"gorgonia.org/gorgonia": {
		"Dropout", "GaussianRandomNode", "UniformRandomNode", "BinomialRandomNode",
		"Gaussian", "Gaussian32", "Gaussian64", "Uniform", "Uniform32", "Uniform64", "Binomial32", "Binomial64",
		"GlorotN", "GlorotU", "GlorotEtAlN32", "GlorotEtAlN64", "GlorotEtAlU32", "GlorotEtAlU64",
		"HeN", "HeU", "HeEtAlN64", "HeEtAlU64",
	},
	"gorgonia.org/tensor": {"Random"},
}

// seeded are the names of math/rand/v2 that do not draw from its global, randomly seeded generator.
var seeded = []string{"New", "NewPCG", "NewChaCha8", "NewZipf", "Rand", "PCG", "ChaCha8", "Zipf", "Source"}

// randomnessFaults lists what in a file would make two runs of one seed differ.
func randomnessFaults(file *ast.File) (faults []string) {
	imports := map[string]string{} // local name → path
	for _, spec := range file.Imports {
		path, _ := strconv.Unquote(spec.Path.Value) // the parser has checked it
		name := filepath.Base(strings.TrimSuffix(path, "/v2"))
		if spec.Name != nil {
			name = spec.Name.Name
		}
		imports[name] = path
		if path == "math/rand" {
			faults = append(faults, "imports math/rand: use math/rand/v2 with a seed (nn.Stream)")
		}
		if _, ok := clockSeeded[path]; ok && name == "." {
			faults = append(faults, "imports "+path+" with a dot, which hides its clock-seeded functions")
		}
	}
	selected := func(n ast.Node) (path, name string) {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok {
				return imports[x.Name], s.Sel.Name
			}
		}
		return "", ""
	}
	ast.Inspect(file, func(n ast.Node) bool {
		path, name := selected(n)
		if slices.Contains(clockSeeded[path], name) {
			faults = append(faults, fmt.Sprintf("%s.%s seeds from the clock", path, name))
		}
		if path == "math/rand/v2" && !slices.Contains(seeded, name) {
			faults = append(faults, "rand."+name+" draws from the global generator, which has no seed")
		}
		if call, ok := n.(*ast.CallExpr); ok {
			if path, name := selected(call.Fun); path == "math/rand/v2" && strings.HasPrefix(name, "New") {
				for _, arg := range call.Args {
					ast.Inspect(arg, func(n ast.Node) bool {
						if path, _ := selected(n); path == "time" {
							faults = append(faults, "rand."+name+" is seeded from the clock")
						}
						return true
					})
				}
			}
		}
		return true
	})
	return faults
}

// No Go file of the module draws numbers that a seed does not determine.
func TestNoUnseededRandomness(t *testing.T) {
	files := 0
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".go" {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files++
		for _, fault := range randomnessFaults(file) {
			t.Errorf("%s: %s", path, fault)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 20 {
		t.Errorf("only %d files were found: the test looks in the wrong place", files)
	}
}

func TestRandomnessFaults(t *testing.T) {
	for _, test := range []struct {
		reason string
		source string
		want   int
	}{
		{"a seeded stream is what is wanted", `import "math/rand/v2"; var r = rand.New(rand.NewPCG(1, 2))`, 0},
		{"an initializer of Gorgonia", `import "gorgonia.org/gorgonia"; var f = gorgonia.GlorotN(1)`, 1},
		{"under another name", `import G "gorgonia.org/gorgonia"; var f = G.Dropout`, 1},
		{"the same name in another package", `import gorgonia "videogan/nn"; var f = gorgonia.Dropout`, 0},
		{"a dot import", `import . "gorgonia.org/gorgonia"; var f = GlorotN(1)`, 1},
		{"random tensors", `import "gorgonia.org/tensor"; var f = tensor.Random(tensor.Float32, 3)`, 1},
		{"the old package", `import "math/rand"; var r = rand.New(rand.NewSource(1))`, 1},
		{"the global generator", `import "math/rand/v2"; var i = rand.IntN(3)`, 1},
		{"the clock as a seed", `import ("math/rand/v2"; "time"); var r = rand.NewPCG(1, uint64(time.Now().UnixNano()))`, 1},
		{"the clock for other ends", `import ("math/rand/v2"; "time"); var r, t = rand.NewPCG(1, 2), time.Now()`, 0},
	} {
		file, err := parser.ParseFile(token.NewFileSet(), "", "package p; "+test.source, parser.SkipObjectResolution)
		if err != nil {
			t.Fatalf("%s: %v", test.reason, err)
		}
		if got := randomnessFaults(file); len(got) != test.want {
			t.Errorf("%s: faults %q, want %d", test.reason, got, test.want)
		}
	}
}
