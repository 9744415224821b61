package weights

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

	"github.com/edsrzf/mmap-go"
	"github.com/nlpodyssey/safetensors"
)

// WriteSafetensors writes a set whole or not at all: to a temporary name in the same folder, synced, then renamed.
func WriteSafetensors(path string, set Set, metadata map[string]string) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".tmp-"+filepath.Base(path)+"-")
	if err != nil {
		return fmt.Errorf("weights: write %s: %w", path, err)
	}
	buffered := bufio.NewWriterSize(f, 1<<20)
	err = encode(buffered, set, metadata)
	if err == nil {
		err = buffered.Flush()
	}
	if err == nil {
		err = errors.Join(f.Chmod(0o644), f.Sync())
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the write's own error says more
		return fmt.Errorf("weights: write %s: %w", path, err)
	}
	return nil
}

func encode(w io.Writer, set Set, metadata map[string]string) error {
	views := make(map[string]view, len(set))
	for name, a := range set {
		views[name] = view{a}
	}
	return safetensors.SerializeToWriter(views, metadata, w)
}

// view is an array as the writer wants it.
type view struct{ a Array }

var _ safetensors.View = view{}

func (v view) DType() safetensors.DType { return safetensors.F32 }

func (v view) Shape() []uint64 {
	shape := make([]uint64, len(v.a.Shape))
	for i, n := range v.a.Shape {
		shape[i] = uint64(n)
	}
	return shape
}

func (v view) DataLen() uint64 { return uint64(4 * len(v.a.Values)) }

func (v view) Data() []byte {
	data := make([]byte, 0, v.DataLen())
	for _, x := range v.a.Values {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(x))
	}
	return data
}

// ReadSafetensors reads a file of float16, bfloat16, float32 or float64 arrays and its metadata. Arrays of integers are
// left out (PyTorch's batch normalization counts its batches in one). What is wrong with the content wraps ErrFormat.
func ReadSafetensors(path string) (set Set, metadata map[string]string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, fmt.Errorf("weights: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, nil, fmt.Errorf("weights: %w", err)
	}
	if !info.Mode().IsRegular() || info.Size() == 0 {
		return nil, nil, fmt.Errorf("weights: %s: %w: it is no file with content", path, ErrFormat)
	}
	data, err := mmap.Map(f, mmap.RDONLY, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("weights: map %s: %w", path, err)
	}
	set, metadata, err = DecodeSafetensors(data)
	if err = errors.Join(err, data.Unmap()); err != nil {
		return nil, nil, fmt.Errorf("weights: %s: %w", path, err)
	}
	return set, metadata, nil
}

// DecodeSafetensors is ReadSafetensors of the bytes of a file.
func DecodeSafetensors(data []byte) (Set, map[string]string, error) {
	const prefix = 8 // bytes of the header's length
	if len(data) < prefix || binary.LittleEndian.Uint64(data) > uint64(len(data)-prefix) {
		return nil, nil, fmt.Errorf("%w: it is truncated, or no safetensors file", ErrFormat)
	}
	var header safetensors.Metadata
	if err := json.Unmarshal(data[prefix:prefix+binary.LittleEndian.Uint64(data)], &header); err != nil {
		return nil, nil, fmt.Errorf("%w: header: %w", ErrFormat, err)
	}
	file, err := safetensors.Deserialize(data)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	set := Set{}
	for _, t := range file.Tensors() {
		shape := make([]int, len(t.TensorView.Shape()))
		for i, n := range t.TensorView.Shape() {
			if n > math.MaxInt32 {
				return nil, nil, fmt.Errorf("%w: tensor %s has an axis of %d", ErrFormat, t.Name, n)
			}
			shape[i] = int(n)
		}
		if values := numbers(t.TensorView.DType(), t.TensorView.Data()); values != nil {
			set[t.Name] = Array{Shape: shape, Values: values}
		}
	}
	return set, header.Metadata(), nil
}

// numbers decodes floating-point numbers; it returns nil for other types.
func numbers(dtype safetensors.DType, data []byte) []float32 {
	size, at := 4, func(i int) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:])) }
	switch dtype {
	case safetensors.F32:
	case safetensors.F64:
		size, at = 8, func(i int) float32 {
			return float32(math.Float64frombits(binary.LittleEndian.Uint64(data[8*i:])))
		}
	case safetensors.BF16:
		size, at = 2, func(i int) float32 {
			return math.Float32frombits(uint32(binary.LittleEndian.Uint16(data[2*i:])) << 16)
		}
	case safetensors.F16:
		size, at = 2, func(i int) float32 { return fromHalf(binary.LittleEndian.Uint16(data[2*i:])) }
	default:
		return nil
	}
	values := make([]float32, len(data)/size)
	for i := range values {
		values[i] = at(i)
	}
	return values
}

// fromHalf decodes an IEEE 754 binary16 number.
func fromHalf(h uint16) float32 {
	sign, exponent, fraction := uint32(h>>15)<<31, int(h>>10&0x1f), uint32(h&0x3ff)
	switch exponent {
	case 0: // zero and subnormal numbers: fraction · 2⁻²⁴
		return math.Float32frombits(sign | math.Float32bits(float32(fraction)/(1<<24)))
	case 0x1f:
		return math.Float32frombits(sign | 0xff<<23 | fraction<<13)
	}
	return math.Float32frombits(sign | uint32(exponent-15+127)<<23 | fraction<<13)
}
