package house

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// maxLines is where a source file certainly has more than one subject.
const maxLines = 500

func TestSourceIsFormatted(t *testing.T) {
	for _, name := range trackedFiles(t) {
		if path.Ext(name) != ".go" {
			continue
		}
		source, _ := readText(t, name)
		formatted, err := format.Source([]byte(source))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if !bytes.Equal(formatted, []byte(source)) {
			t.Errorf("%s is not formatted: make fmt", name)
		}
	}
}

func TestSourceFilesAreShort(t *testing.T) {
	for _, name := range trackedFiles(t) {
		if !slices.Contains([]string{".go", ".c", ".h", ".sh"}, path.Ext(name)) {
			continue
		}
		source, _ := readText(t, name)
		if lines := strings.Count(source, "\n"); lines > maxLines {
			t.Errorf("%s has %d lines, more than %d: split it by subject", name, lines, maxLines)
		}
	}
}

func TestPackagesAreDocumented(t *testing.T) {
	for _, p := range packages(t) {
		name := path.Base(p.ImportPath)
		if !strings.HasPrefix(p.Doc, "Package "+name+" ") && !strings.HasPrefix(p.Doc, "Command "+name+" ") {
			t.Errorf("%s: package comment is %q, want one that begins with 'Package %s' or 'Command %s'", p.room(), p.Doc, name, name)
		}
	}
}

// TestSourceRules runs the rules on syntax over all code that is not a test.
func TestSourceRules(t *testing.T) {
	for _, p := range packages(t) {
		command := p.room() == "cmd" || strings.HasPrefix(p.room(), "cmd/") || strings.HasPrefix(p.Doc, "Command ")
		for _, name := range p.files() {
			source, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			problems, err := checkSource(relative(t, name), source, command)
			if err != nil {
				t.Error(err)
			}
			for _, problem := range problems {
				t.Error(problem)
			}
		}
	}
}

// calls that no code makes, by import path and name, with what to do instead.
var forbiddenCalls = map[string]map[string]string{
	"math/rand/v2":          sameAnswer("draws from a global source: use a seeded stream", globalRand...),
	"gorgonia.org/gorgonia": sameAnswer("is seeded by the clock: use nn's own", clockSeeded...),
	"gorgonia.org/tensor":   {"Random": "is seeded by the clock: use nn's own"},
	"github.com/pkg/errors": {"Wrap": "use fmt.Errorf with %w", "Wrapf": "use fmt.Errorf with %w", "Errorf": "use fmt.Errorf"},
}

// calls that a library leaves to the command.
var commandCalls = map[string]map[string]string{
	"fmt":      sameAnswer("prints: return values and errors, or take an io.Writer", "Print", "Printf", "Println"),
	"os":       {"Exit": "ends the program: return an error"},
	"log":      sameAnswer("logs globally: take a *slog.Logger", "Print", "Printf", "Println", "Fatal", "Fatalf", "Fatalln", "Panic", "Panicf", "Panicln"),
	"log/slog": sameAnswer("logs globally: take a *slog.Logger", "Debug", "Info", "Warn", "Error", "Log", "Default", "SetDefault"),
}

var (
	globalRand = []string{"ExpFloat64", "Float32", "Float64", "Int", "Int32", "Int32N", "Int64", "Int64N", "IntN", "N",
		"NormFloat64", "Perm", "Shuffle", "Uint", "Uint32", "Uint32N", "Uint64", "Uint64N", "UintN"}
	clockSeeded = []string{"BinomialRandomNode", "Dropout", "Gaussian", "Gaussian32", "Gaussian64", "GaussianRandomNode",
		"GlorotEtAlN32", "GlorotEtAlN64", "GlorotEtAlU32", "GlorotEtAlU64", "GlorotN", "GlorotU",
		"HeEtAlN64", "HeEtAlU64", "HeN", "HeU", "Uniform", "Uniform32", "Uniform64", "UniformRandomNode"}
)

func sameAnswer(answer string, names ...string) map[string]string {
	answers := map[string]string{}
	for _, name := range names {
		answers[name] = answer
	}
	return answers
}

// checkSource returns where a source file breaks a rule. A command may print and
// exit, a library may not.
func checkSource(name string, source []byte, command bool) ([]string, error) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var problems []string
	report := func(at token.Pos, text string) {
		position := set.Position(at)
		problems = append(problems, fmt.Sprintf("%s:%d: %s", position.Filename, position.Line, text))
	}
	imports := map[string]string{} // by the name that the file uses
	for _, spec := range file.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		switch {
		case path == "math/rand":
			report(spec.Pos(), "math/rand: use math/rand/v2 with a PCG")
		case spec.Name != nil && spec.Name.Name == ".":
			report(spec.Pos(), "dot import of "+path)
		}
		local := filepath.Base(path)
		if local == "v2" {
			local = "rand"
		}
		if spec.Name != nil {
			local = spec.Name.Name
		}
		imports[local] = path
	}
	for _, declaration := range file.Decls {
		function, ok := declaration.(*ast.FuncDecl)
		if !ok {
			continue
		}
		if function.Recv == nil && function.Name.Name == "init" {
			report(function.Pos(), "init function: nothing happens on import")
		}
		if panicsAcrossBorder(function) {
			report(function.Pos(), function.Name.Name+" panics across the package's border: return an error")
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		id, ok := selector.X.(*ast.Ident)
		if !ok {
			return true
		}
		path := imports[id.Name]
		answer := forbiddenCalls[path][selector.Sel.Name]
		if answer == "" && !command {
			answer = commandCalls[path][selector.Sel.Name]
		}
		if answer != "" {
			report(selector.Pos(), fmt.Sprintf("%s.%s %s", id.Name, selector.Sel.Name, answer))
		}
		return true
	})
	return problems, nil
}

// panicsAcrossBorder tells whether an exported function calls panic where the
// package's user would see it: in its own body, not in a function that it
// hands on.
func panicsAcrossBorder(function *ast.FuncDecl) bool {
	if !function.Name.IsExported() || function.Body == nil || !exportedReceiver(function) {
		return false
	}
	found := false
	ast.Inspect(function.Body, func(n ast.Node) bool {
		if _, nested := n.(*ast.FuncLit); nested {
			return false
		}
		if call, ok := n.(*ast.CallExpr); ok {
			if id, ok := call.Fun.(*ast.Ident); ok && id.Name == "panic" {
				found = true
			}
		}
		return true
	})
	return found
}

// exportedReceiver tells whether a method belongs to an exported type; a plain
// function counts.
func exportedReceiver(function *ast.FuncDecl) bool {
	if function.Recv == nil {
		return true
	}
	receiver := function.Recv.List[0].Type
	for {
		switch t := receiver.(type) {
		case *ast.StarExpr:
			receiver = t.X
		case *ast.IndexExpr:
			receiver = t.X
		case *ast.IndexListExpr:
			receiver = t.X
		case *ast.Ident:
			return t.IsExported()
		default:
			return true
		}
	}
}

func TestCheckSource(t *testing.T) {
	tests := []struct {
		name, body string
		command    bool
		want       string // part of the one problem; "": none
	}{
		{"init", `func init() {}`, false, "init function"},
		{"init command", `func init() {}`, true, "init function"},
		{"method named init", `type T struct{}; func (T) init() {}`, false, ""},
		{"panic", `func F() { panic("p: broken") }`, false, "F panics"},
		{"panic of a method", `type T[K any] struct{}; func (t *T[K]) F() { if t == nil { panic("p") } }`, false, "F panics"},
		{"inner panic", `func f() { panic("p: broken") }`, false, ""},
		{"method of an inner type", `type t struct{}; func (t) F() { panic("p: broken") }`, false, ""},
		{"print", `import "fmt"; func F() { fmt.Println("x") }`, false, "fmt.Println prints"},
		{"print of a command", `import "fmt"; func F() { fmt.Println("x") }`, true, ""},
		{"write", `import ("fmt"; "os"); func F() { fmt.Fprintln(os.Stderr, "x") }`, false, ""},
		{"exit", `import "os"; func F() { os.Exit(1) }`, false, "os.Exit ends"},
		{"global logger", `import "log/slog"; func F() { slog.Info("x") }`, false, "slog.Info logs"},
		{"logger handed in", `import "log/slog"; func F(l *slog.Logger) { l.Info("x") }`, false, ""},
		{"old rand", `import _ "math/rand"`, false, "math/rand/v2"},
		{"global rand", `import "math/rand/v2"; func F() int { return rand.IntN(3) }`, true, "global source"},
		{"seeded rand", `import "math/rand/v2"; func F(s uint64) int { return rand.New(rand.NewPCG(s, 1)).IntN(3) }`, false, ""},
		{"clock-seeded weights", `import G "gorgonia.org/gorgonia"; var w = G.GlorotN(1)`, false, "seeded by the clock"},
		{"dot import", `import . "fmt"`, false, "dot import"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			problems, err := checkSource("p.go", []byte("package p; "+test.body), test.command)
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case test.want == "" && len(problems) > 0:
				t.Errorf("got %q, want no problem", problems)
			case test.want != "" && (len(problems) != 1 || !strings.Contains(problems[0], test.want)):
				t.Errorf("got %q, want one problem with %q", problems, test.want)
			}
		})
	}
}
