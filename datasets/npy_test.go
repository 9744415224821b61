package datasets

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// npyFile is a file of the format with any header.
func npyFile(dict string, data []byte) []byte {
	b := append([]byte(npyMagic), 1, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(dict)))
	return append(append(b, dict...), data...)
}

func writeNPY(t testing.TB, data []byte, shape ...int) string {
	t.Helper()
	header, err := npyHeader(shape...)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "array.npy")
	if err := os.WriteFile(name, append(header, data...), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

// NumPy's own file is read, and ours is the same to the byte.
func TestNPYAgreesWithNumPy(t *testing.T) {
	array, err := mapNPY("testdata/numpy-2x3x4.npy")
	if err != nil {
		t.Fatal(err)
	}
	defer array.close()
	want := make([]byte, 24)
	for i := range want {
		want[i] = byte(i)
	}
	if diff := cmp.Diff([]int{2, 3, 4}, array.shape) + cmp.Diff(want, array.data); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	theirs, err := os.ReadFile("testdata/numpy-2x3x4.npy")
	if err != nil {
		t.Fatal(err)
	}
	ours, err := os.ReadFile(writeNPY(t, want, 2, 3, 4))
	if err != nil {
		t.Fatal(err)
	}
	gotDict, wantDict := ours[10:128], theirs[10:128]
	if !bytes.Equal(ours[:10], theirs[:10]) || strings.TrimSpace(string(gotDict)) != strings.TrimSpace(string(wantDict)) {
		t.Errorf("got header %q, NumPy writes %q", ours[:128], theirs[:128])
	}
}

func TestNPYRoundTrip(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		shape := rapid.SliceOfN(rapid.IntRange(0, math.MaxInt32), 1, 5).Draw(rt, "shape")
		header, err := npyHeader(shape...)
		if err != nil {
			rt.Fatal(err)
		}
		got, offset, err := parseNPYHeader(bytes.NewReader(header))
		if err != nil || offset != len(header) || offset%64 != 0 {
			rt.Fatalf("offset %d of %d, %v", offset, len(header), err)
		}
		if diff := cmp.Diff(shape, got); diff != "" {
			rt.Fatal(diff)
		}
	})
}

func TestBadNPY(t *testing.T) {
	good := "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }\n"
	with := func(old, new string) []byte { return npyFile(strings.Replace(good, old, new, 1), make([]byte, 6)) }
	for _, row := range []struct {
		reason  string
		file    []byte
		message string // empty: no error
	}{
		{"a small array", npyFile(good, make([]byte, 6)), ""},
		{"Python 2's long numbers", with("(2, 3)", "(2L, 3L)"), ""},
		{"another byte order sign", with("|u1", "<u1"), ""},
		{"empty file", nil, "ends in its header"},
		{"only the magic", []byte(npyMagic), "ends in its header"},
		{"another format", []byte("RIFF....AVI LIST"), "does not begin like a .npy file"},
		{"header cut off", npyFile(good, nil)[:40], "ends in its header"},
		{"one byte is missing", npyFile(good, make([]byte, 5)), "promises 6 bytes"},
		{"one byte too many", npyFile(good, make([]byte, 7)), "promises 6 bytes"},
		{"floats", with("|u1", "<f4"), "type <f4"},
		{"Fortran order", with("False", "True"), "Fortran order True"},
		{"an array of objects", with("|u1", "|O"), "type |O"},
		{"no shape", with("'shape'", "'shade'"), "want descr, fortran_order and shape"},
		{"a negative size", with("(2, 3)", "(-2, 3)"), "want descr"},
		{"a shape beyond memory", with("(2, 3)", "(4611686018427387904, 4)"), "shape [4611686018427387904 4]"},
		{"a number beyond an int", with("(2, 3)", "(99999999999999999999, 3)"), "shape (99999999999999999999, 3)"},
		{"too many axes", with("(2, 3)", "(1,1,1,1,1,1,1,1,2,3)"), "10 axes"},
		{"version 9", append([]byte(npyMagic), 9, 0, 1, 0, 0, 0), "version 9.0"},
		{"a header of 4 GiB", append([]byte(npyMagic), 2, 0, 255, 255, 255, 255), "a header of 4294967295 bytes"},
	} {
		name := filepath.Join(t.TempDir(), "bad.npy")
		if err := os.WriteFile(name, row.file, 0o644); err != nil {
			t.Fatal(err)
		}
		array, err := mapNPY(name)
		if row.message == "" {
			if err != nil {
				t.Errorf("%s: %v", row.reason, err)
			} else if err := array.close(); err != nil {
				t.Error(err)
			}
			continue
		}
		if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), row.message) || !strings.Contains(err.Error(), "bad.npy") {
			t.Errorf("%s: got %v, want ErrFormat with %q", row.reason, err, row.message)
		}
	}
}

func FuzzNPYHeader(f *testing.F) {
	f.Add(npyFile("{'descr': '|u1', 'fortran_order': False, 'shape': (20, 10000, 64, 64), }\n", nil))
	f.Add(npyFile("{'shape': (), 'descr': '|u1', 'fortran_order': False}", nil))
	f.Add(append([]byte(npyMagic), 2, 0, 255, 255, 255, 255))
	f.Fuzz(func(t *testing.T, data []byte) {
		shape, offset, err := parseNPYHeader(bytes.NewReader(data))
		if err != nil {
			if !errors.Is(err, ErrFormat) {
				t.Errorf("an error of another kind: %v", err)
			}
			return
		}
		if offset > len(data) || len(shape) > npyMaxAxes {
			t.Errorf("offset %d in %d bytes, shape %v", offset, len(data), shape)
		}
		if n, err := volume(shape); err == nil && n < 0 {
			t.Errorf("shape %v has a volume of %d", shape, n)
		}
	})
}
