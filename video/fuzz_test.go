package video

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// FuzzDecode feeds any bytes as a file: an error is one of the package's, a clip is whole.
func FuzzDecode(f *testing.F) {
	folder := f.TempDir()
	clip := moving(3, 16, 16)
	for name, write := range map[string]func(string, *Clip) error{
		"a.mp4": EncodeMP4,
		"a.gif": EncodeGIF,
		"a.avi": func(path string, c *Clip) error { return encode(path, c, mpeg4) },
		"a.png": func(path string, c *Clip) error { return WriteContactSheet(path, []*Clip{c}, SheetOptions{}) },
	} {
		path := filepath.Join(folder, name)
		if err := write(path, clip); err != nil {
			f.Fatal(err)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, uint8(0), false)
		f.Add(data[:len(data)*2/3], uint8(1), true)
	}
	f.Add([]byte("RIFF    AVI "), uint8(0), true)
	f.Fuzz(func(t *testing.T, data []byte, start uint8, allow bool) {
		path := filepath.Join(t.TempDir(), "any.avi")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := Decode(context.Background(), path, DecodeOptions{
			Width: 16, Height: 16, FPS: float64(start % 3 * 10), Start: int(start), Frames: 2, AllowTruncated: allow,
		})
		switch {
		case err == nil:
			if c.Frames != 2 || c.check() != nil {
				t.Fatalf("%d frames: %v", c.Frames, c.check())
			}
		case !errors.Is(err, ErrFormat) && !errors.Is(err, ErrUnsupported) && !errors.Is(err, ErrShort):
			t.Fatal(err)
		}
	})
}
