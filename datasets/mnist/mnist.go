package mnist

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
)

// Side is the width and height of a digit in pixels.
const Side = 28

// Part is one of the two parts that MNIST is split into.
type Part int

// The parts of MNIST.
const (
	Train Part = iota // 60,000 digits
	Test              // 10,000 digits
)

// String returns "train" or "test".
func (p Part) String() string {
	if p == Test {
		return "test"
	}
	return "train"
}

// prefix is how the public names of the part's files begin.
func (p Part) prefix() string {
	if p == Test {
		return "t10k"
	}
	return "train"
}

// Full is the number of digits that the whole part has.
func (p Part) Full() int {
	if p == Test {
		return 10000
	}
	return 60000
}

// Set is a list of digits with their classes.
type Set struct {
	Pixels []byte // N×28×28, 0 is background and 255 is ink
	Labels []byte // N, the class 0–9
	Origin string // where the digits come from, for logs
}

// Len returns the number of digits.
func (s *Set) Len() int { return len(s.Labels) }

// Digit returns the 28×28 pixels of digit i without copying them.
func (s *Set) Digit(i int) []byte { return s.Pixels[i*Side*Side : (i+1)*Side*Side] }

// How the public file names end.
const (
	fullImages = "-images-idx3-ubyte"
	fullLabels = "-labels-idx1-ubyte"
)

// The directory is embedded as a whole: the full files are taken where "go generate" has put them, and their absence
// is no error of the compiler.
//
//go:embed data
var embedded embed.FS

// Load returns the digits of a part. A non-empty dir names a folder with the public IDX files (train-images-idx3-ubyte,
// train-labels-idx1-ubyte, t10k-…, each plain or with .gz); an empty dir takes the digits embedded in the program: all
// of them, or the committed subset where the program was built without "go generate ./datasets/mnist".
func Load(dir string, part Part) (*Set, error) {
	if dir != "" {
		return read(os.DirFS(dir), part, fullImages, fullLabels, dir)
	}
	data, err := fs.Sub(embedded, "data")
	if err != nil {
		return nil, fmt.Errorf("mnist: opening the embedded digits: %w", err)
	}
	if _, err := fs.Stat(data, part.prefix()+fullImages+".gz"); err == nil {
		return read(data, part, fullImages, fullLabels, "embedded in the program")
	}
	return read(data, part, "-images-subset", "-labels-subset", "the subset embedded in the program")
}
