package datasets

import (
	"errors"
	"strings"
	"testing"
)

// pixel is what the test array holds for frame t of sequence n at row y, column x.
func pixel(t, n, y, x int) byte { return byte(t*50 + n*17 + y*4 + x) }

func writeSequences(t testing.TB, frames, count, side int) string {
	var data []byte
	for f := range frames {
		for n := range count {
			for y := range side {
				for x := range side {
					data = append(data, pixel(f, n, y, x))
				}
			}
		}
	}
	return writeNPY(t, data, frames, count, side, side)
}

func TestSequences(t *testing.T) {
	name := writeSequences(t, 5, 3, 4)
	s, err := OpenMNISTSequences(SequencesOptions{Path: name, Frames: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if info := s.Info(); info.Clips != 3 || info.Size != 4 || info.Channels != 1 || info.Classes != nil {
		t.Errorf("got %+v", info)
	}
	dst := make([]byte, 2*4*4)
	if err := s.Read(t.Context(), 2, 3, dst); err != nil {
		t.Fatal(err)
	}
	for f := range 2 {
		for y := range 4 {
			for x := range 4 {
				if got, want := dst[(f*4+y)*4+x], pixel(3+f, 2, y, x); got != want {
					t.Fatalf("frame %d row %d column %d: got %d, want %d", f, y, x, got, want)
				}
			}
		}
	}
	if err := s.Read(t.Context(), 2, 4, dst); !errors.Is(err, ErrShape) {
		t.Errorf("a window that begins in the last frame: got %v", err)
	}
	rng := testRNG(1)
	if label, err := s.Draw(t.Context(), rng, dst); err != nil || label != -1 {
		t.Errorf("got label %d, %v", label, err)
	}
}

func TestSequencesAreShrunkByAveraging(t *testing.T) {
	s, err := OpenMNISTSequences(SequencesOptions{Path: writeSequences(t, 1, 1, 4), Frames: 1, Size: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	dst := make([]byte, 4)
	if err := s.Read(t.Context(), 0, 0, dst); err != nil {
		t.Fatal(err)
	}
	// Blocks of 0 1 4 5, of 2 3 6 7, and so on: averages 2.5, 4.5, 10.5, 12.5.
	if want := [4]byte{3, 5, 11, 13}; [4]byte(dst) != want {
		t.Errorf("got %v, want %v", dst, want)
	}
}

func TestBadSequences(t *testing.T) {
	for _, row := range []struct {
		reason  string
		shape   []int
		o       SequencesOptions
		err     error
		message string
	}{
		{"three axes", []int{2, 3, 4}, SequencesOptions{Frames: 1}, ErrFormat, "shape [2 3 4]"},
		{"frames that are not square", []int{2, 3, 4, 5}, SequencesOptions{Frames: 1}, ErrFormat, "square"},
		{"no sequences", []int{2, 0, 4, 4}, SequencesOptions{Frames: 1}, ErrNoClips, "no clips"},
		{"no frames", []int{0, 2, 4, 4}, SequencesOptions{Frames: 1}, ErrFormat, "shape"},
		{"a window longer than the sequences", []int{2, 3, 4, 4}, SequencesOptions{Frames: 3}, ErrShape, "it has 2 frames, the window is 3"},
		{"a window without frames", []int{2, 3, 4, 4}, SequencesOptions{}, ErrShape, "window of 0 frames"},
		{"larger than stored", []int{2, 3, 4, 4}, SequencesOptions{Frames: 1, Size: 8}, ErrShape, "stored at 4×4"},
		{"no whole fraction", []int{2, 3, 4, 4}, SequencesOptions{Frames: 1, Size: 3}, ErrShape, "stored at 4×4"},
	} {
		n, err := volume(row.shape)
		if err != nil {
			t.Fatal(err)
		}
		row.o.Path = writeNPY(t, make([]byte, n), row.shape...)
		if _, err := OpenMNISTSequences(row.o); !errors.Is(err, row.err) || !strings.Contains(err.Error(), row.message) {
			t.Errorf("%s: got %v, want %v with %q", row.reason, err, row.err, row.message)
		}
	}
}
