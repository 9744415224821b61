package gan

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/edsrzf/mmap-go"
	"github.com/nlpodyssey/safetensors"
)

// array is a named tensor of a file.
type array struct {
	name   string
	shape  []int
	values []float32
	half   bool // stored in float16
}

// contents are a file's arrays by name, and its metadata.
type contents struct {
	arrays   map[string]array
	metadata map[string]string
}

// writeTensors writes arrays to a safetensors file: to a temporary name in the
// same folder, synced, and renamed, so that there is never half a file.
func writeTensors(name string, arrays []array, metadata map[string]string) (err error) {
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return err
	}
	temporary := name + ".tmp"
	f, err := os.Create(temporary)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(temporary))
		}
	}()
	buffered := bufio.NewWriterSize(f, 1<<20)
	err = encodeTensors(buffered, arrays, metadata)
	if err == nil {
		err = buffered.Flush()
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err = os.Rename(temporary, name); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(name))
}

// syncFolder makes a rename last.
func syncFolder(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// encodeTensors writes a safetensors file. Its bytes do not depend on the order
// of arrays.
func encodeTensors(w io.Writer, arrays []array, metadata map[string]string) error {
	views := make(map[string]*view, len(arrays))
	var scratch []byte
	for _, a := range arrays {
		if _, ok := views[a.name]; ok {
			return fmt.Errorf("two tensors are called %s", a.name)
		}
		views[a.name] = &view{a, &scratch}
	}
	return safetensors.SerializeToWriter(views, metadata, w)
}

// view is an array as the writer wants it: its bytes are made when they are
// written, all arrays in the same memory.
type view struct {
	array
	scratch *[]byte
}

var _ safetensors.View = (*view)(nil)

func (v *view) DType() safetensors.DType {
	if v.half {
		return safetensors.F16
	}
	return safetensors.F32
}

func (v *view) Shape() []uint64 {
	shape := make([]uint64, len(v.shape))
	for i, n := range v.shape {
		shape[i] = uint64(n)
	}
	return shape
}

func (v *view) DataLen() uint64 { return uint64(len(v.values)) * v.DType().Size() }

func (v *view) Data() []byte {
	data := slices.Grow((*v.scratch)[:0], int(v.DataLen()))
	for _, x := range v.values {
		if v.half {
			data = binary.LittleEndian.AppendUint16(data, toHalf(x))
		} else {
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(x))
		}
	}
	*v.scratch = data
	return data
}

// readTensors reads a safetensors file of float32 and float16 tensors. Errors
// about its content wrap ErrFormat.
func readTensors(name string) (*contents, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: it is no regular file", ErrFormat)
	}
	if info.Size() == 0 {
		return decodeTensors(nil)
	}
	// Mapped, so that what is not a checkpoint is not read at all.
	data, err := mmap.Map(f, mmap.RDONLY, 0)
	if err != nil {
		return nil, err
	}
	c, err := decodeTensors(data)
	return c, errors.Join(err, data.Unmap())
}

// decodeTensors copies the tensors out of a safetensors file.
func decodeTensors(data []byte) (*contents, error) {
	header, end, err := readHeader(data)
	if err != nil {
		return nil, err
	}
	if end > uint64(len(data)) {
		return nil, fmt.Errorf("%w: it is truncated: %d bytes of %d: take an older one, or copy it again", ErrFormat, len(data), end)
	}
	file, err := safetensors.Deserialize(data)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	c := &contents{arrays: make(map[string]array, file.Len()), metadata: header.Metadata()}
	for _, t := range file.Tensors() {
		a, err := decodeArray(t)
		if err != nil {
			return nil, fmt.Errorf("%w: tensor %s: %w", ErrFormat, t.Name, err)
		}
		c.arrays[t.Name] = a
	}
	return c, nil
}

// readHeader reads the header, and how long the file must be for its tensors.
func readHeader(data []byte) (header safetensors.Metadata, end uint64, err error) {
	const prefix = 8 // bytes of the header's length
	if len(data) < prefix {
		return header, 0, fmt.Errorf("%w: it has %d bytes", ErrFormat, len(data))
	}
	n := binary.LittleEndian.Uint64(data)
	if n > uint64(len(data)-prefix) {
		if len(data) > prefix && data[prefix] == '{' {
			return header, 0, fmt.Errorf("%w: it is truncated in its header: take an older one, or copy it again", ErrFormat)
		}
		return header, 0, fmt.Errorf("%w: it is no safetensors file", ErrFormat)
	}
	if err := json.Unmarshal(data[prefix:prefix+n], &header); err != nil {
		return header, 0, fmt.Errorf("%w: header: %w", ErrFormat, err)
	}
	for _, t := range header.Tensors() {
		end = max(end, t.DataOffsets[1])
	}
	if end > math.MaxInt64 {
		return header, 0, fmt.Errorf("%w: header: a tensor ends at byte %d", ErrFormat, end)
	}
	return header, prefix + n + end, nil
}

func decodeArray(t safetensors.NamedTensorView) (array, error) {
	data := t.TensorView.Data()
	a := array{name: t.Name}
	for _, n := range t.TensorView.Shape() {
		if n > math.MaxInt32 {
			return a, fmt.Errorf("an axis of %d", n)
		}
		a.shape = append(a.shape, int(n))
	}
	switch t.TensorView.DType() {
	case safetensors.F32:
		a.values = make([]float32, len(data)/4)
		for i := range a.values {
			a.values[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
		}
	case safetensors.F16:
		a.half = true
		a.values = make([]float32, len(data)/2)
		for i := range a.values {
			a.values[i] = fromHalf(binary.LittleEndian.Uint16(data[2*i:]))
		}
	default:
		return a, fmt.Errorf("numbers of type %s: want F32 or F16", t.TensorView.DType())
	}
	return a, nil
}

// dimensions writes a shape as 64×3×4.
func dimensions(shape []int) string {
	text := make([]string, len(shape))
	for i, n := range shape {
		text[i] = fmt.Sprint(n)
	}
	return strings.Join(text, "×")
}
