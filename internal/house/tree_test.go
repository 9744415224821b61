package house

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

const module = "videogan"

// root is the top of the checkout, seen from this folder.
const root = "../.."

// goPackage is what 'go list -json' says of a package, as far as rules need it.
type goPackage struct {
	ImportPath string
	Dir        string
	Doc        string
	GoFiles    []string
	CgoFiles   []string
	Imports    []string
}

// room is the package's path below the module: "nn/exec".
func (p goPackage) room() string { return strings.TrimPrefix(p.ImportPath, module+"/") }

// files are the package's sources without its tests, as paths.
func (p goPackage) files() []string {
	var paths []string
	for _, name := range slices.Concat(p.GoFiles, p.CgoFiles) {
		paths = append(paths, filepath.Join(p.Dir, name))
	}
	return paths
}

var listPackages = sync.OnceValues(func() ([]goPackage, error) {
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Dir,Doc,GoFiles,CgoFiles,Imports", "./...")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	var list []goPackage
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return list, nil
		} else if err != nil {
			return nil, err
		}
		if len(p.GoFiles)+len(p.CgoFiles) > 0 {
			list = append(list, p)
		}
	}
})

// packages lists every package of the module that has code.
func packages(t *testing.T) []goPackage {
	t.Helper()
	list, err := listPackages()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	if len(list) == 0 {
		t.Fatal("go list finds no package")
	}
	return list
}

// trackedFiles lists the files that belong to the project, as slash paths from
// its top: git's, or outside a checkout everything but what make and runs write.
func trackedFiles(t *testing.T) []string {
	t.Helper()
	cmd := exec.Command("git", "ls-files", "-z")
	cmd.Dir = root
	if out, err := cmd.Output(); err == nil && len(out) > 0 {
		var files []string
		for path := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
			// A file may be deleted in the work tree and not yet in git.
			if info, err := os.Stat(filepath.Join(root, path)); err == nil && info.Mode().IsRegular() {
				files = append(files, path)
			}
		}
		return files
	}
	var files []string
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && slices.Contains([]string{".git", "bin", "runs"}, path) {
			return fs.SkipDir
		}
		if entry.Type().IsRegular() {
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// readText returns a tracked file's text, or false where it holds data: a NUL
// byte near the start, as git decides it.
func readText(t *testing.T, path string) (string, bool) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(path)))
	if err != nil {
		t.Fatal(err)
	}
	return string(data), bytes.IndexByte(data[:min(len(data), 8000)], 0) < 0
}

// relative shortens a path for messages.
func relative(t *testing.T, path string) string {
	t.Helper()
	top, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	if short, err := filepath.Rel(top, path); err == nil {
		return filepath.ToSlash(short)
	}
	return path
}
