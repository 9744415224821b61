package weights

import (
	"archive/zip"
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"

	"codeberg.org/sbinet/npyio/npy"
)

// maxValues bounds an array: four times the largest of C3D.
const maxValues = 1 << 27

// ReadNPZ reads a NumPy archive of float32 and float64 arrays, which is how Chainer saves networks. What is wrong with
// the content wraps ErrFormat.
func ReadNPZ(path string) (Set, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("weights: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("weights: %w", err)
	}
	set, err := DecodeNPZ(f, info.Size())
	if err != nil {
		return nil, fmt.Errorf("weights: %s: %w", path, err)
	}
	return set, nil
}

// DecodeNPZ is ReadNPZ of size bytes.
func DecodeNPZ(from io.ReaderAt, size int64) (set Set, err error) {
	defer func() {
		if r := recover(); r != nil { // the library's, of a damaged header
			set, err = nil, fmt.Errorf("%w: %v", ErrFormat, r)
		}
	}()
	archive, err := zip.NewReader(from, size)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	set = Set{}
	for _, file := range archive.File {
		a, err := decodeEntry(file)
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrFormat, file.Name, err)
		}
		set[strings.TrimSuffix(file.Name, ".npy")] = a
	}
	return set, nil
}

// decodeEntry reads one array through a buffer: the library reads number by number, and C3D has 78 million.
func decodeEntry(file *zip.File) (a Array, err error) {
	content, err := file.Open()
	if err != nil {
		return a, err
	}
	defer content.Close()
	array, err := npy.NewReader(bufio.NewReaderSize(content, 1<<20))
	if err != nil {
		return a, err
	}
	return decodeNPY(array)
}

func decodeNPY(array *npy.Reader) (a Array, err error) {
	header := array.Header
	a.Shape = header.Descr.Shape
	n := 1
	for _, size := range a.Shape {
		if size < 0 || size > maxValues || n*size > maxValues {
			return a, fmt.Errorf("shape %v", a.Shape)
		}
		n *= size
	}
	if header.Descr.Fortran && len(a.Shape) > 1 {
		return a, fmt.Errorf("order of Fortran: save it in that of C")
	}
	switch strings.Trim(header.Descr.Type, "'") {
	case "<f4":
		err = array.Read(&a.Values)
	case "<f8":
		var wide []float64
		err = array.Read(&wide)
		for _, v := range wide {
			a.Values = append(a.Values, float32(v))
		}
	default:
		return a, fmt.Errorf("numbers of type %s: want <f4 or <f8", header.Descr.Type)
	}
	if err == nil && len(a.Values) != n {
		err = fmt.Errorf("%d numbers for shape %v", len(a.Values), a.Shape)
	}
	return a, err
}
