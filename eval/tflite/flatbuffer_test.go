package tflite

import (
	"encoding/binary"
	"math"

	flatbuffers "github.com/google/flatbuffers/go"
)

// These write a model file, as little of it as the reader needs.

// testTensor is a tensor of a test model; values make it a constant.
type testTensor struct {
	name   string
	shape  []int32
	dtype  dtype
	scales []float32
	zero   int64
	values []int32
}

// option is one field of an operator's options.
type option struct {
	slot, width, value int
}

// testOperator is an operator of a test model.
type testOperator struct {
	code    int
	inputs  []int32
	outputs []int32
	options []option
}

// testModel is what writeModel writes.
type testModel struct {
	tensors         []testTensor
	operators       []testOperator
	inputs, outputs []int32
}

func (m testModel) bytes() []byte {
	b := flatbuffers.NewBuilder(0)
	var buffers, tensors, operators, codes []flatbuffers.UOffsetT
	emptyBuffer := table(b, 1, nil)
	buffers = append(buffers, emptyBuffer)
	for _, t := range m.tensors {
		buffer := 0
		if t.values != nil {
			buffer = len(buffers)
			data := b.CreateByteVector(t.encoded())
			buffers = append(buffers, table(b, 1, func() { b.PrependUOffsetTSlot(0, data, 0) }))
		}
		name, shape := b.CreateString(t.name), ints(b, t.shape)
		var quantization flatbuffers.UOffsetT
		if t.scales != nil {
			b.StartVector(4, len(t.scales), 4)
			for i := len(t.scales) - 1; i >= 0; i-- {
				b.PrependFloat32(t.scales[i])
			}
			scale := b.EndVector(len(t.scales))
			b.StartVector(8, 1, 8)
			b.PrependInt64(t.zero)
			zero := b.EndVector(1)
			quantization = table(b, 4, func() {
				b.PrependUOffsetTSlot(2, scale, 0)
				b.PrependUOffsetTSlot(3, zero, 0)
			})
		}
		tensors = append(tensors, table(b, 5, func() {
			b.PrependUOffsetTSlot(0, shape, 0)
			b.PrependInt8Slot(1, int8(t.dtype), 0)
			b.PrependUint32Slot(2, uint32(buffer), 0)
			b.PrependUOffsetTSlot(3, name, 0)
			b.PrependUOffsetTSlot(4, quantization, 0)
		}))
	}
	for i, o := range m.operators {
		inputs, outputs := ints(b, o.inputs), ints(b, o.outputs)
		options := table(b, 8, func() {
			for _, f := range o.options {
				if f.width == 1 {
					b.PrependInt8Slot(f.slot, int8(f.value), 0)
				} else {
					b.PrependInt32Slot(f.slot, int32(f.value), 0)
				}
			}
		})
		operators = append(operators, table(b, 5, func() {
			b.PrependUint32Slot(0, uint32(i), 0)
			b.PrependUOffsetTSlot(1, inputs, 0)
			b.PrependUOffsetTSlot(2, outputs, 0)
			b.PrependUOffsetTSlot(4, options, 0)
		}))
		codes = append(codes, table(b, 4, func() { b.PrependInt8Slot(0, int8(o.code), 0) }))
	}
	tensorList, operatorList := offsets(b, tensors), offsets(b, operators)
	inputs, outputs := ints(b, m.inputs), ints(b, m.outputs)
	subgraphs := offsets(b, []flatbuffers.UOffsetT{table(b, 4, func() {
		b.PrependUOffsetTSlot(0, tensorList, 0)
		b.PrependUOffsetTSlot(1, inputs, 0)
		b.PrependUOffsetTSlot(2, outputs, 0)
		b.PrependUOffsetTSlot(3, operatorList, 0)
	})})
	codeList, bufferList := offsets(b, codes), offsets(b, buffers)
	b.FinishWithFileIdentifier(table(b, 5, func() {
		b.PrependUint32Slot(0, 3, 0)
		b.PrependUOffsetTSlot(1, codeList, 0)
		b.PrependUOffsetTSlot(2, subgraphs, 0)
		b.PrependUOffsetTSlot(4, bufferList, 0)
	}), []byte("TFL3"))
	return b.FinishedBytes()
}

// encoded is a constant's bytes.
func (t testTensor) encoded() []byte {
	var data []byte
	for _, v := range t.values {
		switch t.dtype {
		case int8s:
			data = append(data, byte(int8(v)))
		case float32s:
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(float32(v)))
		default:
			data = binary.LittleEndian.AppendUint32(data, uint32(v))
		}
	}
	return data
}

// table writes a table whose fields fill sets.
func table(b *flatbuffers.Builder, fields int, fill func()) flatbuffers.UOffsetT {
	b.StartObject(fields)
	if fill != nil {
		fill()
	}
	return b.EndObject()
}

func ints(b *flatbuffers.Builder, list []int32) flatbuffers.UOffsetT {
	b.StartVector(4, len(list), 4)
	for i := len(list) - 1; i >= 0; i-- {
		b.PrependInt32(list[i])
	}
	return b.EndVector(len(list))
}

func offsets(b *flatbuffers.Builder, list []flatbuffers.UOffsetT) flatbuffers.UOffsetT {
	b.StartVector(4, len(list), 4)
	for i := len(list) - 1; i >= 0; i-- {
		b.PrependUOffsetT(list[i])
	}
	return b.EndVector(len(list))
}
