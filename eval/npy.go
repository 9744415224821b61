package eval

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"regexp"
	"strconv"
)

// The .npy format, version 1.0 (NumPy enhancement proposal 1): magic, version, length of the header, a Python dictionary
// padded with spaces to a multiple of 64, the array. Features are little-endian float32 in C order with two axes.
const (
	npyMagic  = "\x93NUMPY\x01\x00"
	npyPrefix = len(npyMagic) + 2
	npyAlign  = 64
)

var npyHeader = regexp.MustCompile(`^\{'descr': '<f4', 'fortran_order': False, 'shape': \(([0-9]{1,12}), ([0-9]{1,12})\), \} *\n$`)

// encodeNPY is the features as a .npy file.
func encodeNPY(f Features) []byte {
	header := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }", f.Rows, f.Dims)
	padded := (npyPrefix+len(header)+1+npyAlign-1)/npyAlign*npyAlign - npyPrefix
	out := bytes.NewBuffer(make([]byte, 0, npyPrefix+padded+4*len(f.Data)))
	out.WriteString(npyMagic)
	out.Write(binary.LittleEndian.AppendUint16(nil, uint16(padded)))
	out.WriteString(header)
	out.Write(bytes.Repeat([]byte{' '}, padded-len(header)-1))
	out.WriteByte('\n')
	for _, v := range f.Data {
		out.Write(binary.LittleEndian.AppendUint32(out.AvailableBuffer(), math.Float32bits(v)))
	}
	return out.Bytes()
}

// decodeNPY reads features back from what encodeNPY or NumPy wrote. ErrFormat: anything else, a byte more or less
// included.
func decodeNPY(data []byte) (Features, error) {
	if len(data) < npyPrefix || string(data[:len(npyMagic)]) != npyMagic {
		return Features{}, fmt.Errorf("%w: it does not begin like a .npy file of version 1.0", ErrFormat)
	}
	begin := npyPrefix + int(binary.LittleEndian.Uint16(data[len(npyMagic):]))
	if len(data) < begin {
		return Features{}, fmt.Errorf("%w: the .npy file ends in its header", ErrFormat)
	}
	shape := npyHeader.FindSubmatch(data[npyPrefix:begin])
	if shape == nil {
		return Features{}, fmt.Errorf("%w: .npy header %.120q: want little-endian float32 in C order with two axes", ErrFormat, data[npyPrefix:begin])
	}
	rows, errRows := strconv.Atoi(string(shape[1]))
	dims, errDims := strconv.Atoi(string(shape[2]))
	numbers := (len(data) - begin) / 4
	if errRows != nil || errDims != nil || rows < 1 || dims < 1 || rows > numbers/dims || (len(data)-begin) != 4*rows*dims {
		return Features{}, fmt.Errorf("%w: %d bytes for an array of %s×%s float32", ErrFormat, len(data)-begin, shape[1], shape[2])
	}
	f := Features{Rows: rows, Dims: dims, Data: make([]float32, rows*dims)}
	for i := range f.Data {
		f.Data[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[begin+4*i:]))
	}
	if err := f.check(1); err != nil {
		return Features{}, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return f, nil
}
