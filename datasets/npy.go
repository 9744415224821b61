package datasets

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/edsrzf/mmap-go"
)

// The .npy format, version 1.0: magic, version, length of the header as uint16, a Python dictionary padded with spaces to
// a multiple of 64, the array (NumPy enhancement proposal 1). Only arrays of unsigned bytes in C order are read here:
// that is what video is, and they can be mapped as they are.
const (
	npyMagic      = "\x93NUMPY"
	npyHeaderSize = 128     // of the files written here, so that the shape can be filled in at the end
	npyMaxHeader  = 1 << 16 // longest header accepted
	npyMaxAxes    = 8
)

// parseNPYHeader reads the header of a .npy file of unsigned bytes: the shape, and where the array begins.
func parseNPYHeader(r io.Reader) (shape []int, offset int, err error) {
	var prefix [8]byte
	if _, err := io.ReadFull(r, prefix[:]); err != nil {
		return nil, 0, truncated(err)
	}
	if string(prefix[:6]) != npyMagic {
		return nil, 0, fmt.Errorf("it does not begin like a .npy file: %w", ErrFormat)
	}
	var length int
	switch prefix[6] {
	case 1:
		var n [2]byte
		if _, err := io.ReadFull(r, n[:]); err != nil {
			return nil, 0, truncated(err)
		}
		length, offset = int(binary.LittleEndian.Uint16(n[:])), 10
	case 2, 3:
		var n [4]byte
		if _, err := io.ReadFull(r, n[:]); err != nil {
			return nil, 0, truncated(err)
		}
		long := binary.LittleEndian.Uint32(n[:])
		if long > npyMaxHeader {
			return nil, 0, fmt.Errorf("a header of %d bytes: want at most %d: %w", long, npyMaxHeader, ErrFormat)
		}
		length, offset = int(long), 12
	default:
		return nil, 0, fmt.Errorf("version %d.%d of the .npy format: want 1, 2 or 3: %w", prefix[6], prefix[7], ErrFormat)
	}
	header := make([]byte, length)
	if _, err := io.ReadFull(r, header); err != nil {
		return nil, 0, truncated(err)
	}
	shape, err = parseNPYDict(string(header))
	return shape, offset + length, err
}

func truncated(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("it ends in its header: %w", ErrFormat)
	}
	return err
}

// The three entries of the dictionary, in any order.
var (
	npyDescr   = regexp.MustCompile(`['"]descr['"]\s*:\s*['"]([^'"]*)['"]`)
	npyFortran = regexp.MustCompile(`['"]fortran_order['"]\s*:\s*(True|False)`)
	npyShape   = regexp.MustCompile(`['"]shape['"]\s*:\s*\(([0-9L,\s]*)\)`)
)

func parseNPYDict(header string) ([]int, error) {
	descr, fortran, axes := npyDescr.FindStringSubmatch(header), npyFortran.FindStringSubmatch(header), npyShape.FindStringSubmatch(header)
	if descr == nil || fortran == nil || axes == nil {
		return nil, fmt.Errorf("header %.120q: want descr, fortran_order and shape: %w", header, ErrFormat)
	}
	if kind := strings.TrimLeft(descr[1], "|<>="); kind != "u1" || fortran[1] != "False" {
		return nil, fmt.Errorf("an array of type %s, Fortran order %s: want unsigned bytes (|u1) in C order: %w", descr[1], fortran[1], ErrFormat)
	}
	var shape []int
	for _, field := range strings.Split(axes[1], ",") {
		field = strings.TrimSuffix(strings.TrimSpace(field), "L") // Python 2 wrote 64L
		if field == "" {
			continue
		}
		n, err := strconv.Atoi(field)
		if err != nil || n < 0 {
			return nil, fmt.Errorf("shape (%.60s): %w", axes[1], ErrFormat)
		}
		shape = append(shape, n)
	}
	if len(shape) > npyMaxAxes {
		return nil, fmt.Errorf("an array of %d axes: want at most %d: %w", len(shape), npyMaxAxes, ErrFormat)
	}
	return shape, nil
}

// volume is the number of elements, or an error where it does not fit an int.
func volume(shape []int) (int, error) {
	n := 1
	for _, d := range shape {
		if d != 0 && n > math.MaxInt/d {
			return 0, fmt.Errorf("an array of shape %v: %w", shape, ErrFormat)
		}
		n *= d
	}
	return n, nil
}

// npyHeader returns the 128 bytes that a file of unsigned bytes of this shape begins with.
func npyHeader(shape ...int) ([]byte, error) {
	dims := make([]string, len(shape))
	for i, d := range shape {
		dims[i] = strconv.Itoa(d)
	}
	tuple := strings.Join(dims, ", ")
	if len(shape) == 1 {
		tuple += ","
	}
	dict := fmt.Sprintf("{'descr': '|u1', 'fortran_order': False, 'shape': (%s), }", tuple)
	if len(dict) > npyHeaderSize-11 {
		return nil, fmt.Errorf("shape %v is too long for a header: %w", shape, ErrShape)
	}
	header := bytes.Repeat([]byte{' '}, npyHeaderSize)
	copy(header, npyMagic+"\x01\x00")
	binary.LittleEndian.PutUint16(header[8:], npyHeaderSize-10)
	copy(header[10:], dict)
	header[npyHeaderSize-1] = '\n'
	return header, nil
}

// npyArray is a .npy file of unsigned bytes, mapped.
type npyArray struct {
	shape  []int
	data   []byte // view of the mapping
	mapped mmap.MMap
}

// mapNPY maps a .npy file. What the header promises must be what the file holds, to the byte.
func mapNPY(name string) (*npyArray, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close() // the mapping outlives it
	shape, offset, err := parseNPYHeader(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	n, err := volume(shape)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size()-int64(offset) != int64(n) {
		return nil, fmt.Errorf("%s: its header promises %d bytes (shape %v), it holds %d: is it truncated? %w", name, n, shape, info.Size()-int64(offset), ErrFormat)
	}
	mapped, err := mmap.Map(file, mmap.RDONLY, 0)
	if err != nil {
		return nil, fmt.Errorf("%s: mapping it: %w", name, err)
	}
	return &npyArray{shape: shape, data: mapped[offset:], mapped: mapped}, nil
}

// close unmaps the array; its data must not be touched afterwards.
func (a *npyArray) close() error {
	a.data = nil
	return a.mapped.Unmap()
}
