package weights

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"videogan/nn"
)

// Errors to tell apart with errors.Is.
var (
	// ErrFormat marks a file that is not of the format that it is read as, or is damaged.
	ErrFormat = errors.New("bad format")
	// ErrArchitecture marks weights that belong to another network.
	ErrArchitecture = errors.New("weights of another network")
)

// Array is one array in C order.
type Array struct {
	Shape  []int
	Values []float32
}

// NewArray makes an array of zeros.
func NewArray(shape ...int) Array {
	return Array{Shape: shape, Values: make([]float32, count(shape))}
}

// count is the number of elements of a shape.
func count(shape []int) int {
	n := 1
	for _, size := range shape {
		n *= size
	}
	return n
}

// Set is the arrays of a file by name.
type Set map[string]Array

// Names lists the arrays in alphabetical order.
func (s Set) Names() []string { return slices.Sorted(maps.Keys(s)) }

// Rename gives every array that names mentions its new name, and drops the others.
func (s Set) Rename(names map[string]string) Set {
	renamed := make(Set, len(names))
	for from, to := range names {
		if a, ok := s[from]; ok {
			renamed[to] = a
		}
	}
	return renamed
}

// FromParams copies all parameters and states.
func FromParams(params *nn.Params) Set {
	set := Set{}
	for _, p := range params.All() {
		set[p.Name] = Array{Shape: slices.Clone(p.Value.Shape()), Values: slices.Clone(p.Value.Float32s())}
	}
	return set
}

// CopyTo sets every parameter and state of a network. It reports ErrArchitecture, and changes nothing, when one has no
// array of its name or one of other size. Axes of size 1 do not count (a bias of 1×1×1×64 is one of 64), and arrays that
// the network has no place for are no error.
func (s Set) CopyTo(params *nn.Params) error {
	for _, p := range params.All() {
		a, ok := s[p.Name]
		if !ok {
			return fmt.Errorf("weights: %w: nothing for %s (%v); there are %s", ErrArchitecture, p.Name, p.Value.Shape(), some(s.Names()))
		}
		if !slices.Equal(squeeze(a.Shape), squeeze(p.Value.Shape())) {
			return fmt.Errorf("weights: %w: %s is %v in the file, and %v in the network", ErrArchitecture, p.Name, a.Shape, p.Value.Shape())
		}
	}
	for _, p := range params.All() {
		copy(p.Value.Float32s(), s[p.Name].Values)
	}
	return nil
}

// squeeze leaves axes of size 1 out.
func squeeze(shape []int) []int {
	return slices.DeleteFunc(slices.Clone(shape), func(n int) bool { return n == 1 })
}

// some joins the first few names for a message.
func some(names []string) string {
	const most = 8
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// FileSHA256 is the SHA-256 of a file's bytes, in hexadecimal.
func FileSHA256(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("weights: hash: %w", err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("weights: hash %s: %w", path, err)
	}
	return fmt.Sprintf("%x", h.Sum(nil)), nil
}
