package mnist

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/bits"
)

// packed is a digit, most of whose pixels are background, as runs: a number of zeros, a number of other pixels, both at
// most maxRun, and those pixels. MNIST takes a quarter of its size so, and a digit is there without the others.
type packed []byte

const (
	maxRun    = 255
	maxPacked = 3 * Side * Side // of a digit: every pixel a run
)

// pack appends the packed pixels to to.
func pack(to packed, pixels []byte) packed {
	for len(pixels) > 0 {
		zeros := background(pixels)
		ink := bytes.IndexByte(pixels[zeros:min(zeros+maxRun, len(pixels))], 0)
		if ink < 0 {
			ink = min(maxRun, len(pixels)-zeros)
		}
		to = append(to, byte(zeros), byte(ink))
		to = append(to, pixels[zeros:zeros+ink]...)
		pixels = pixels[zeros+ink:]
	}
	return to
}

// background counts the leading zeros, up to maxRun.
func background(pixels []byte) int {
	n := 0
	for ; n+8 <= len(pixels) && n < maxRun; n += 8 {
		if eight := binary.LittleEndian.Uint64(pixels[n:]); eight != 0 {
			return min(n+bits.TrailingZeros64(eight)/8, maxRun)
		}
	}
	for n < len(pixels) && pixels[n] == 0 {
		n++
	}
	return min(n, maxRun)
}

// unpack writes the digit to pixels, which is as long as what was packed.
func (p packed) unpack(pixels []byte) error {
	clear(pixels)
	for len(p) > 0 {
		if len(p) < 2 || len(p) < 2+int(p[1]) || len(pixels) < int(p[0])+int(p[1]) {
			return fmt.Errorf("its runs are not those of %d×%d pixels: %w", Side, Side, ErrFormat)
		}
		zeros, ink := int(p[0]), int(p[1])
		copy(pixels[zeros:], p[2:2+ink])
		pixels, p = pixels[zeros+ink:], p[2+ink:]
	}
	return nil
}

// A file of packed digits: packedMagic; their number N (32 bits, little endian); N labels; N times where a digit ends in
// what follows (32 bits); the digits.
const packedMagic = "digits 1"

// PackedName is the name of the file of a part's packed digits.
func PackedName(part Part) string { return part.prefix() + "-digits.packed" }

// Packed is the set as a file of packed digits.
func (s *Set) Packed() ([]byte, error) {
	data := binary.LittleEndian.AppendUint32([]byte(packedMagic), uint32(s.Len()))
	data = append(data, s.Labels...)
	for _, end := range s.ends {
		data = binary.LittleEndian.AppendUint32(data, end)
	}
	for i := range s.ends {
		digit, err := s.digit(i)
		if err != nil {
			return nil, fmt.Errorf("mnist: packing digit %d: %w", i, err)
		}
		data = append(data, digit...)
	}
	return data, nil
}

// readPacked reads all but the digits of a file of packed digits.
func readPacked(file fs.File, part Part, origin string) (*Set, error) {
	at, ok := file.(io.ReaderAt)
	info, err := file.Stat()
	if err != nil || !ok {
		return nil, fmt.Errorf("mnist: opening packed %s digits: no file to read at any place: %w", part, errors.Join(err, fs.ErrInvalid))
	}
	s := &Set{}
	from, err := s.readHead(at, info.Size())
	if err != nil {
		return nil, fmt.Errorf("mnist: reading packed %s digits: %w", part, err)
	}
	s.runs = io.NewSectionReader(at, from, info.Size()-from)
	s.name(part, origin)
	return s, nil
}

// readHead reads labels and ends, and returns where the digits begin in a file of the given size.
func (s *Set) readHead(file io.ReaderAt, size int64) (int64, error) {
	const fixed = int64(len(packedMagic)) + 4
	head := make([]byte, fixed)
	if _, err := file.ReadAt(head, 0); err != nil || string(head[:len(packedMagic)]) != packedMagic {
		return 0, fmt.Errorf("no head: %w: %w", errors.Join(err, errors.New("want "+packedMagic)), ErrFormat)
	}
	n := int64(binary.LittleEndian.Uint32(head[len(packedMagic):]))
	from := fixed + 5*n
	if n == 0 || n > maxItems || from > size {
		return 0, fmt.Errorf("%d digits in a file of %d bytes: %w", n, size, ErrFormat)
	}
	table := make([]byte, 5*n)
	if _, err := file.ReadAt(table, fixed); err != nil && !errors.Is(err, io.EOF) {
		return 0, fmt.Errorf("labels: %w: %w", err, ErrFormat)
	}
	s.Labels, s.ends = table[:n:n], make([]uint32, n)
	last := uint32(0)
	for i := range s.ends {
		end := binary.LittleEndian.Uint32(table[n+4*int64(i):])
		if s.Labels[i] > 9 || end < last || end-last > maxPacked || from+int64(end) > size {
			return 0, fmt.Errorf("digit %d of class %d ends at %d after %d: %w", i, s.Labels[i], end, last, ErrFormat)
		}
		s.ends[i], last = end, end
	}
	return from, nil
}
