package mnist

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
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

// Set is a list of digits with their classes. It belongs to one goroutine at a time.
type Set struct {
	Labels []byte // N, the class 0–9
	Origin string // where the digits come from, for logs

	runs io.ReaderAt // the digits, packed, one after another
	ends []uint32    // of each in runs
	one  []byte      // a packed digit
}

// newSet packs N×28×28 pixels.
func newSet(pixels, labels []byte, part Part, origin string) *Set {
	s := &Set{Labels: labels}
	var all packed
	for i := range labels {
		all = pack(all, pixels[i*Side*Side:(i+1)*Side*Side])
		s.ends = append(s.ends, uint32(len(all)))
	}
	s.runs = bytes.NewReader(all)
	s.name(part, origin)
	return s
}

func (s *Set) name(part Part, origin string) {
	s.Origin = fmt.Sprintf("%d of %d %s digits, %s", s.Len(), part.Full(), part, origin)
}

// Len returns the number of digits.
func (s *Set) Len() int { return len(s.Labels) }

// Digit writes the 28×28 pixels of digit i to dst, 0 for background and 255 for ink.
func (s *Set) Digit(dst []byte, i int) error {
	runs, err := s.digit(i)
	if err == nil {
		err = runs.unpack(dst[:Side*Side])
	}
	if err != nil {
		return fmt.Errorf("mnist: reading digit %d of %d: %w", i, s.Len(), err)
	}
	return nil
}

// digit reads a packed digit, which stays until the next one is read.
func (s *Set) digit(i int) (packed, error) {
	from := int64(0)
	if i > 0 {
		from = int64(s.ends[i-1])
	}
	s.one = slices.Grow(s.one[:0], maxPacked)[:int64(s.ends[i])-from]
	_, err := s.runs.ReadAt(s.one, from)
	if errors.Is(err, io.EOF) {
		err = nil // the last digit ends with the file
	}
	return s.one, err
}

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
// of them, or the committed subset where the program was built without "go generate ./datasets/mnist". Of what that has
// made, digits are read one by one when they are asked for.
func Load(dir string, part Part) (*Set, error) {
	if dir != "" {
		return read(os.DirFS(dir), part, fullImages, fullLabels, dir)
	}
	data, err := fs.Sub(embedded, "data")
	if err != nil {
		return nil, fmt.Errorf("mnist: opening the embedded digits: %w", err)
	}
	const origin = "embedded in the program"
	if file, err := data.Open(PackedName(part)); err == nil {
		return readPacked(file, part, origin) // stays open: it is memory of the program
	}
	if _, err := fs.Stat(data, part.prefix()+fullImages+".gz"); err == nil {
		return read(data, part, fullImages, fullLabels, origin)
	}
	return read(data, part, "-images-subset", "-labels-subset", "the subset embedded in the program")
}
