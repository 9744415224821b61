package weights

import (
	"bytes"
	"errors"
	"math"
	"testing"

	"codeberg.org/sbinet/npyio/npz"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"
)

func message(number protowire.Number, content []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), content)
}

func varint(number protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, number, protowire.VarintType), v)
}

// single is a float32 by itself, as files without packing have them.
func single(number protowire.Number, v float32) []byte {
	return protowire.AppendFixed32(protowire.AppendTag(nil, number, protowire.Fixed32Type), math.Float32bits(v))
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func TestDecodeBlob(t *testing.T) {
	sizes := join(varint(1, 2), varint(2, 1), varint(3, 1), varint(4, 1))
	two := join(single(5, 1.5), single(5, -2))
	tests := []struct {
		blob   []byte
		want   *Array
		reason string
	}{
		{join(sizes, varint(5, 1), single(6, 1.5), single(6, -2)), &Array{[]int{2, 1, 1, 1, 1}, []float32{1.5, -2}}, "C3D-v1.0: field 5 is the width"},
		{join(sizes, two), &Array{[]int{2, 1, 1, 1}, []float32{1.5, -2}}, "Caffe before 2014: field 5 is the data"},
		{join(message(7, message(1, []byte{1, 2})), two), &Array{[]int{1, 2}, []float32{1.5, -2}}, "Caffe since: a shape"},
		{join(message(7, join(varint(1, 1), varint(1, 2))), two), &Array{[]int{1, 2}, []float32{1.5, -2}}, "a shape that is not packed"},
		{join(two, message(7, message(1, []byte{3}))), nil, "fewer numbers than the shape"},
		{join(sizes, varint(5, 1<<40)), nil, "an axis beyond all bounds"},
		{join(sizes, message(5, []byte{1, 2, 3})), nil, "three bytes are no float32"},
		{[]byte{0x08}, nil, "truncated"},
	}
	for _, test := range tests {
		got, err := decodeBlob(test.blob)
		if (err == nil) != (test.want != nil) {
			t.Errorf("%s: %v", test.reason, err)
		} else if err == nil {
			if diff := cmp.Diff(*test.want, got); diff != "" {
				t.Errorf("%s: %s", test.reason, diff)
			}
		}
	}
}

func FuzzDecodeCaffe(f *testing.F) {
	blob := join(message(7, message(1, []byte{2})), single(5, 1), single(5, 2))
	f.Add(message(netLayers, join(message(layerName, []byte("conv1a")), message(layerBlobs, blob))))
	f.Add(message(netOldLayers, join(message(oldLayerName, []byte("fc6")), message(oldLayerBlobs, join(varint(1, 1), varint(2, 1), varint(3, 1), varint(4, 1), varint(5, 1), single(6, 3))))))
	f.Fuzz(func(t *testing.T, data []byte) {
		set, err := DecodeCaffe(data)
		if err != nil {
			if !errors.Is(err, ErrFormat) {
				t.Errorf("%v does not wrap ErrFormat", err)
			}
			return
		}
		for name, a := range set {
			if count(a.Shape) != len(a.Values) {
				t.Errorf("%s: %d values for shape %v", name, len(a.Values), a.Shape)
			}
		}
	})
}

func TestDecodeNPZ(t *testing.T) {
	var file bytes.Buffer
	w := npz.NewWriter(&file)
	for key, value := range map[string]any{"fc6/b": []float32{1, 2}, "mean.npy": []float64{0.5}} {
		if err := w.Write(key, value); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	set, err := DecodeNPZ(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		t.Fatal(err)
	}
	want := Set{"fc6/b": {[]int{2}, []float32{1, 2}}, "mean": {[]int{1}, []float32{0.5}}}
	if diff := cmp.Diff(want, set); diff != "" {
		t.Error(diff)
	}
	if _, err := DecodeNPZ(bytes.NewReader(file.Bytes()), int64(file.Len()/2)); !errors.Is(err, ErrFormat) {
		t.Errorf("half a file: %v", err)
	}
}
