package mnist

import (
	"bufio"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// ErrFormat is wrapped by every error about a file that is not what its name says.
var ErrFormat = errors.New("not a valid IDX file")

// The IDX magic numbers: two zero bytes, 8 for unsigned byte, the number of axes.
const (
	magicLabels = 0x00000801
	magicImages = 0x00000803
)

// maxItems bounds what a header may announce; the largest public set in this format, EMNIST, has 814,255 items.
const maxItems = 1 << 20

// read takes the images and labels of a part from two files whose names are the part's prefix and the given endings.
func read(files fs.FS, part Part, images, labels, origin string) (*Set, error) {
	pixels, err := readFile(files, part.prefix()+images, readImages)
	if err != nil {
		return nil, err
	}
	classes, err := readFile(files, part.prefix()+labels, readLabels)
	if err != nil {
		return nil, err
	}
	if n := len(pixels) / (Side * Side); n != len(classes) || n == 0 {
		return nil, fmt.Errorf("mnist: reading %s digits from %s: %d images and %d labels: %w", part, origin, n, len(classes), ErrFormat)
	}
	return newSet(pixels, classes, part, origin), nil
}

// readFile opens name, or name with .gz, and parses it.
func readFile(files fs.FS, name string, parse func(io.Reader) ([]byte, error)) ([]byte, error) {
	file, err := files.Open(name + ".gz")
	zipped := err == nil
	if errors.Is(err, fs.ErrNotExist) {
		file, err = files.Open(name)
	}
	if err != nil {
		return nil, fmt.Errorf("mnist: opening %s (plain or .gz): %w", name, err)
	}
	defer file.Close()
	var r io.Reader = bufio.NewReaderSize(file, 1<<16)
	if zipped {
		if r, err = gzip.NewReader(r); err != nil {
			return nil, fmt.Errorf("mnist: unpacking %s.gz: %w: %w", name, err, ErrFormat)
		}
	}
	data, err := parse(r)
	if err != nil {
		return nil, fmt.Errorf("mnist: reading %s: %w", name, err)
	}
	return data, nil
}

// readImages parses an IDX file of N×28×28 unsigned bytes.
func readImages(r io.Reader) ([]byte, error) {
	var h struct{ Magic, N, Rows, Cols uint32 }
	if err := binary.Read(r, binary.BigEndian, &h); err != nil {
		return nil, fmt.Errorf("header: %w: %w", err, ErrFormat)
	}
	if h.Magic != magicImages || h.N > maxItems || h.Rows != Side || h.Cols != Side {
		return nil, fmt.Errorf("header says magic %#x, %d items of %d×%d, want %#x and 28×28: %w", h.Magic, h.N, h.Rows, h.Cols, magicImages, ErrFormat)
	}
	return readExactly(r, int64(h.N)*Side*Side)
}

// readLabels parses an IDX file of N classes from 0 to 9.
func readLabels(r io.Reader) ([]byte, error) {
	var h struct{ Magic, N uint32 }
	if err := binary.Read(r, binary.BigEndian, &h); err != nil {
		return nil, fmt.Errorf("header: %w: %w", err, ErrFormat)
	}
	if h.Magic != magicLabels || h.N > maxItems {
		return nil, fmt.Errorf("header says magic %#x, %d items, want %#x: %w", h.Magic, h.N, magicLabels, ErrFormat)
	}
	labels, err := readExactly(r, int64(h.N))
	if err != nil {
		return nil, err
	}
	for i, class := range labels {
		if class > 9 {
			return nil, fmt.Errorf("label %d is %d, want 0–9: %w", i, class, ErrFormat)
		}
	}
	return labels, nil
}

// readExactly reads n bytes and checks that nothing follows. Memory grows with what is there, not with what a header
// promises.
func readExactly(r io.Reader, n int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, n+1))
	if err != nil {
		return nil, fmt.Errorf("after %d bytes: %w: %w", len(data), err, ErrFormat)
	}
	if int64(len(data)) != n {
		return nil, fmt.Errorf("the header promises %d bytes, there are %d or more: %w", n, len(data), ErrFormat)
	}
	return data, nil
}
