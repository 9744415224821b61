package mnist

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"
)

// Runs longer than a byte counts, digits of ink alone and digits without any come back as they were, one by one.
func TestPackedSet(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		labels := rapid.SliceOfN(rapid.ByteMax(9), 1, 4).Draw(rt, "labels")
		pixels := make([]byte, len(labels)*Side*Side)
		for from := 0; from < len(pixels); {
			run := min(rapid.IntRange(1, 600).Draw(rt, "run"), len(pixels)-from)
			ink := rapid.SampledFrom([]byte{0, 1, 255}).Draw(rt, "ink")
			for i := range run {
				pixels[from+i] = ink
			}
			from += run
		}
		data, err := newSet(pixels, labels, Train, "").Packed()
		if err != nil {
			rt.Fatal(err)
		}
		set, err := openPacked(rt, data)
		if err != nil || !bytes.Equal(set.Labels, labels) {
			rt.Fatalf("labels %v became %v: %v", labels, set.Labels, err)
		}
		for i := range labels {
			got := bytes.Repeat([]byte{7}, Side*Side)
			if err := set.Digit(got, i); err != nil || !bytes.Equal(got, pixels[i*Side*Side:][:Side*Side]) {
				rt.Fatalf("digit %d of %d changed: %v", i, len(labels), err)
			}
		}
	})
}

// openPacked reads a set out of the bytes of a file.
func openPacked(t rapid.TB, data []byte) (*Set, error) {
	file, err := fstest.MapFS{"digits": {Data: data}}.Open("digits")
	if err != nil {
		t.Fatal(err)
	}
	return readPacked(file, Train, "")
}

func FuzzPacked(f *testing.F) {
	whole, err := newSet(make([]byte, 2*Side*Side), []byte{3, 9}, Train, "").Packed()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:len(whole)-1])
	f.Add(binary.LittleEndian.AppendUint32([]byte(packedMagic), 1<<31))
	f.Fuzz(func(t *testing.T, data []byte) {
		set, err := openPacked(t, data)
		if err != nil {
			if !errors.Is(err, ErrFormat) {
				t.Errorf("refused with %v, which is not ErrFormat", err)
			}
			return
		}
		digit := make([]byte, Side*Side)
		for i := range set.Len() {
			if err := set.Digit(digit, i); err != nil && !errors.Is(err, ErrFormat) {
				t.Errorf("digit %d: %v, which is not ErrFormat", i, err)
			}
		}
	})
}
