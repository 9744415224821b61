package weights

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"

	"google.golang.org/protobuf/encoding/protowire"
)

// Fields of Caffe's messages. NetParameter lists layers of the form before 2014 in one field and of the form after it in
// another, each with its own numbers.
const (
	netOldLayers, netLayers         = 2, 100
	oldLayerName, oldLayerBlobs     = 4, 6
	layerName, layerBlobs           = 1, 7
	blobSizes                       = 5 // fields 1 to 5: num, channels, length, height, width in C3D-v1.0
	blobData, blobShape, oldC3DData = 5, 7, 6
	shapeDims                       = 1
)

// ReadCaffe reads the blobs of a .caffemodel as LAYER/0, LAYER/1, …: weight and bias.
//
// C3D-v1.0 is a fork of Caffe whose blobs have a field for the length in time, so that height, width, data and diff have
// other numbers than in every other Caffe, C3D-v1.1 included: there field 5 is the data, here a number. Which it is, the
// field's wire type tells. What is wrong with the content wraps ErrFormat.
func ReadCaffe(path string) (Set, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("weights: %w", err)
	}
	set, err := DecodeCaffe(data)
	if err != nil {
		return nil, fmt.Errorf("weights: %s: %w", path, err)
	}
	return set, nil
}

// DecodeCaffe is ReadCaffe of the bytes of a file.
func DecodeCaffe(data []byte) (Set, error) {
	set := Set{}
	err := fields(data, func(number protowire.Number, value field) error {
		switch number {
		case netOldLayers:
			return set.addLayer(value.bytes, oldLayerName, oldLayerBlobs)
		case netLayers:
			return set.addLayer(value.bytes, layerName, layerBlobs)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if len(set) == 0 {
		return nil, fmt.Errorf("%w: it holds no layer with weights", ErrFormat)
	}
	return set, nil
}

// addLayer adds the blobs of a layer.
func (s Set) addLayer(data []byte, nameField, blobsField protowire.Number) error {
	name := ""
	var blobs [][]byte
	err := fields(data, func(number protowire.Number, value field) error {
		switch number {
		case nameField:
			name = string(value.bytes)
		case blobsField:
			blobs = append(blobs, value.bytes)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i, blob := range blobs {
		a, err := decodeBlob(blob)
		if err != nil {
			return fmt.Errorf("blob %d of layer %q: %w", i, name, err)
		}
		s[fmt.Sprintf("%s/%d", name, i)] = a
	}
	return nil
}

// decodeBlob reads a BlobProto of either kind.
func decodeBlob(data []byte) (Array, error) {
	var sizes [blobSizes]int // num, channels, and the rest
	var shape []int
	numbers := map[protowire.Number][]float32{}
	stock := false
	err := fields(data, func(number protowire.Number, value field) error {
		switch {
		case value.kind == protowire.VarintType && number >= 1 && number <= blobSizes:
			if value.integer > maxValues {
				return fmt.Errorf("axis of %d", value.integer)
			}
			sizes[number-1] = int(value.integer)
		case number == blobData || number == oldC3DData:
			stock = stock || number == blobData
			values, err := value.floats()
			numbers[number] = append(numbers[number], values...)
			return err
		case number == blobShape && value.kind == protowire.BytesType:
			shape = dims(value.bytes) // or, in C3D-v1.0, the diff, which decodes to nothing of use
		}
		return nil
	})
	if err != nil {
		return Array{}, err
	}
	a := Array{Shape: sizes[:], Values: numbers[oldC3DData]}
	if stock {
		a = Array{Shape: sizes[:4], Values: numbers[blobData]}
		if shape != nil {
			a.Shape = shape
		}
	}
	n := 1
	for _, size := range a.Shape {
		if n *= size; size < 1 || n > maxValues {
			return a, fmt.Errorf("shape %v", a.Shape)
		}
	}
	if n != len(a.Values) {
		return a, fmt.Errorf("%d numbers for shape %v", len(a.Values), a.Shape)
	}
	return a, nil
}

// dims reads a BlobShape; nil where the bytes are none.
func dims(data []byte) []int {
	var list []int
	err := fields(data, func(number protowire.Number, value field) error {
		if number != shapeDims {
			return fmt.Errorf("field %d", number)
		}
		packed := value.bytes
		if value.kind == protowire.VarintType {
			packed = protowire.AppendVarint(nil, value.integer)
		}
		for len(packed) > 0 {
			v, n := protowire.ConsumeVarint(packed)
			if n < 0 || v > maxValues {
				return fmt.Errorf("axis")
			}
			list, packed = append(list, int(v)), packed[n:]
		}
		return nil
	})
	if err != nil {
		return nil
	}
	return list
}

// field is the value of one field.
type field struct {
	kind    protowire.Type
	integer uint64 // of varints
	bytes   []byte // of strings, messages and packed numbers; the four bytes of a single number
}

// floats are a packed or a single float32.
func (f field) floats() ([]float32, error) {
	if len(f.bytes)%4 != 0 {
		return nil, fmt.Errorf("%d bytes are no float32 numbers", len(f.bytes))
	}
	values := make([]float32, 0, len(f.bytes)/4)
	for i := 0; i < len(f.bytes); i += 4 {
		values = append(values, math.Float32frombits(binary.LittleEndian.Uint32(f.bytes[i:])))
	}
	return values, nil
}

// fields calls visit for every field of a message.
func fields(data []byte, visit func(protowire.Number, field) error) error {
	for len(data) > 0 {
		number, kind, n := protowire.ConsumeTag(data)
		if n < 0 {
			return protowire.ParseError(n)
		}
		data = data[n:]
		f := field{kind: kind}
		switch kind {
		case protowire.VarintType:
			f.integer, n = protowire.ConsumeVarint(data)
		case protowire.BytesType:
			f.bytes, n = protowire.ConsumeBytes(data)
		default:
			n = protowire.ConsumeFieldValue(number, kind, data)
			if n >= 0 && kind == protowire.Fixed32Type {
				f.bytes = data[:n]
			}
		}
		if n < 0 {
			return protowire.ParseError(n)
		}
		if err := visit(number, f); err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}
