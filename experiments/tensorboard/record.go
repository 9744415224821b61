package tensorboard

import (
	"encoding/binary"
	"hash/crc32"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// maskDelta is added to rotated checksums: TFRecord stores a checksum of data that may hold
// checksums itself.
const maskDelta = 0xa282ead8

// maskedCRC is the checksum of a TFRecord: CRC-32C, turned right by 15 bits, plus a constant.
func maskedCRC(data []byte) uint32 {
	c := crc32.Checksum(data, castagnoli)
	return (c>>15 | c<<17) + maskDelta
}

// appendRecord appends data as one TFRecord: its length (8 bytes, the lowest first), the
// length's checksum (4), the data, the data's checksum (4).
//
// Source: tensorflow/core/lib/io/record_writer.h.
func appendRecord(file, data []byte) []byte {
	start := len(file)
	file = binary.LittleEndian.AppendUint64(file, uint64(len(data)))
	file = binary.LittleEndian.AppendUint32(file, maskedCRC(file[start:]))
	file = append(file, data...)
	return binary.LittleEndian.AppendUint32(file, maskedCRC(data))
}
