package tensorboard

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"testing"

	"pgregory.net/rapid"
)

// unmask undoes maskedCRC's mask, as readers do (tensorflow/core/lib/hash/crc32c.h, Unmask).
func unmask(masked uint32) uint32 {
	rotated := masked - 0xa282ead8
	return rotated>>17 | rotated<<15
}

var errCut = errors.New("the file ends within a record")

// readRecords reads a file of TFRecords to its end, and says why it went no further.
func readRecords(file []byte) (records [][]byte, err error) {
	table := crc32.MakeTable(crc32.Castagnoli)
	for len(file) > 0 {
		if len(file) < 12 {
			return records, errCut
		}
		if unmask(binary.LittleEndian.Uint32(file[8:])) != crc32.Checksum(file[:8], table) {
			return records, fmt.Errorf("record %d: checksum of its length", len(records))
		}
		n := binary.LittleEndian.Uint64(file)
		if uint64(len(file)-12) < n+4 {
			return records, errCut
		}
		data := file[12 : 12+n]
		if unmask(binary.LittleEndian.Uint32(file[12+n:])) != crc32.Checksum(data, table) {
			return records, fmt.Errorf("record %d: checksum of its data", len(records))
		}
		records, file = append(records, data), file[16+n:]
	}
	return records, nil
}

// Records come back as they were written; a bit that flips is found, and what stands before it
// or before a cut is whole.
func TestRecords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 0, 40), 1, 5).Draw(t, "records")
		var file []byte
		var ends []int
		for _, data := range want {
			file = appendRecord(file, data)
			ends = append(ends, len(file))
		}
		whole := func(at int) int { // records that end at or before a byte
			n := 0
			for n < len(ends) && ends[n] <= at {
				n++
			}
			return n
		}
		check := func(got [][]byte, n int) {
			if len(got) != n {
				t.Fatalf("%d records, want %d", len(got), n)
			}
			for i := range got {
				if !bytes.Equal(got[i], want[i]) {
					t.Fatalf("record %d is %v, want %v", i, got[i], want[i])
				}
			}
		}
		got, err := readRecords(file)
		if err != nil {
			t.Fatal(err)
		}
		check(got, len(want))

		cut := rapid.IntRange(0, len(file)-1).Draw(t, "cut")
		got, err = readRecords(file[:cut])
		if atEnd := cut == 0 || whole(cut) > 0 && ends[whole(cut)-1] == cut; (err == nil) != atEnd {
			t.Fatalf("cut at %d of %d: %v", cut, len(file), err)
		}
		check(got, whole(cut))

		flipped := bytes.Clone(file)
		at := rapid.IntRange(0, len(file)-1).Draw(t, "byte")
		flipped[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		got, err = readRecords(flipped)
		if err == nil {
			t.Fatalf("a flipped bit in byte %d of %d is not found", at, len(file))
		}
		check(got, whole(at))
	})
}

// The check value of CRC-32C is that of RFC 3720, Appendix B.4, 32 bytes of zeros.
func TestMaskedCRC(t *testing.T) {
	if got := unmask(maskedCRC(make([]byte, 32))); got != 0x8a9136aa {
		t.Errorf("CRC-32C of 32 zeros is %#x, want 0x8a9136aa", got)
	}
}
