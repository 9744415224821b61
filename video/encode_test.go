package video

import (
	"bytes"
	"errors"
	"fmt"
	"image/gif"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/asticode/go-astiav"
)

// mpeg4 is what UCF101's files hold.
var mpeg4 = encoding{
	muxer: "avi", encoder: "mpeg4", filters: "format=yuv420p", format: astiav.PixelFormatYuv420P,
	options: map[string]string{"flags": "+qscale", "global_quality": fmt.Sprint(2 * 118)},
}

// TestEveryFrameComesBack also checks that frames keep their order: each is nearest to the one written at its place.
func TestEveryFrameComesBack(t *testing.T) {
	encoders := []struct {
		extension string
		encode    func(string, *Clip) error
		least     float64 // PSNR in decibels
	}{
		{".mp4", EncodeMP4, 35},
		{".avi", func(path string, c *Clip) error { return encode(path, c, mpeg4) }, 35},
		{".gif", EncodeGIF, 28},
	}
	clips := []struct {
		frames, height, width int
		reason                string
	}{
		{200, 32, 48, "longer than the encoder looks ahead"},
		{16, 64, 64, "a sample's size"},
		{1, 16, 16, "a single frame is the first and the last"},
		{2, 16, 16, "fewer frames than B-frames in a row"},
		{5, 33, 47, "odd sides"},
		{3, 1, 1, "the smallest picture"},
	}
	for _, e := range encoders {
		for _, c := range clips {
			t.Run(fmt.Sprintf("%s %d×%d×%d", e.extension, c.frames, c.height, c.width), func(t *testing.T) {
				written := moving(c.frames, c.height, c.width)
				path := filepath.Join(t.TempDir(), "clip"+e.extension)
				if err := e.encode(path, written); err != nil {
					if e.extension == ".avi" && c.width == 1 {
						t.Skip("MPEG-4 is not ours to write: ", err)
					}
					t.Fatal(err)
				}
				read := decodeAll(t, path, DecodeOptions{})
				if read.Frames != c.frames || read.Width/2 != (c.width+1)/2 && read.Width != c.width {
					t.Fatalf("read %d frames of %d×%d (width×height): %s", read.Frames, read.Width, read.Height, c.reason)
				}
				read, err := read.Crop(0, 0, c.width, c.height)
				if err != nil {
					t.Fatal(err)
				}
				for k := range c.frames {
					own := psnr(written.Frame(k), read.Frame(k))
					if own < e.least {
						t.Fatalf("frame %d: PSNR %.1f dB, want %.0f: %s", k, own, e.least, c.reason)
					}
					if other := (k + 5) % c.frames; c.frames > 10 && psnr(written.Frame(other), read.Frame(k)) > own {
						t.Errorf("frame %d looks more like frame %d", k, other)
					}
				}
			})
		}
	}
}

// TestOddSidesRepeat checks what is in the added column and row.
func TestOddSidesRepeat(t *testing.T) {
	c := moving(3, 33, 47)
	path := filepath.Join(t.TempDir(), "odd.mp4")
	if err := EncodeMP4(path, c); err != nil {
		t.Fatal(err)
	}
	read := decodeAll(t, path, DecodeOptions{})
	if read.Height != 34 || read.Width != 48 {
		t.Fatalf("got %d×%d, want 34×48", read.Height, read.Width)
	}
	if got := psnr(padded(c, 1, 48, 34), read.Frame(1)); got < 35 {
		t.Errorf("PSNR %.1f dB with the repeated column and row", got)
	}
}

func TestEncodeKeepsRateAndLength(t *testing.T) {
	tests := []struct {
		fps, want float64
		reason    string
	}{
		{25, 25, "as given"},
		{0, 25, "unknown"},
		{29.97, 30000. / 1001, "NTSC"},
		{23.976, 24000. / 1001, "film on NTSC"},
		{12.5, 12.5, "a half"},
		{0.5, 0.5, "slow"},
		{60, 60, "fast"},
	}
	for _, test := range tests {
		c := moving(10, 16, 16)
		c.FPS = test.fps
		path := filepath.Join(t.TempDir(), "clip.mp4")
		if err := EncodeMP4(path, c); err != nil {
			t.Fatal(err)
		}
		info, err := Probe(path)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(info.FPS-test.want) > 1e-9 || math.Abs(info.Duration.Seconds()-10/test.want) > 0.002 || info.Frames != 10 {
			t.Errorf("%g frames a second (%s): got %g, %v, %d frames", test.fps, test.reason, info.FPS, info.Duration, info.Frames)
		}
	}
}

// TestGIFInGo reads the file with another reader.
func TestGIFInGo(t *testing.T) {
	for _, test := range []struct {
		fps   float64
		delay int // of 10 frames, in 1/100 s
	}{{25, 40}, {10, 100}, {30, 33}, {100, 20}} {
		c := moving(10, 20, 30)
		c.FPS = test.fps
		path := filepath.Join(t.TempDir(), "clip.gif")
		if err := EncodeGIF(path, c); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		g, err := gif.DecodeAll(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		total := 0
		for _, d := range g.Delay {
			total += d
			if d < 2 {
				t.Errorf("%g frames a second: a delay of %d/100 s, which players stretch", test.fps, d)
			}
		}
		if len(g.Image) != 10 || g.LoopCount != 0 || total < test.delay-1 || total > test.delay+1 {
			t.Errorf("%g frames a second: %d pictures, %d loops, %d/100 s", test.fps, len(g.Image), g.LoopCount, total)
		}
	}
}

func TestEncodeIsDeterministic(t *testing.T) {
	c := moving(20, 32, 32)
	for name, encode := range map[string]func(string, *Clip) error{"a.mp4": EncodeMP4, "a.gif": EncodeGIF} {
		var files [2][]byte
		for i := range files {
			path := filepath.Join(t.TempDir(), name)
			if err := encode(path, c); err != nil {
				t.Fatal(err)
			}
			files[i], _ = os.ReadFile(path)
		}
		if len(files[0]) == 0 || !bytes.Equal(files[0], files[1]) {
			t.Errorf("%s: two files of %d and %d bytes differ", name, len(files[0]), len(files[1]))
		}
	}
}

// writers are all ways to a file.
var writers = map[string]func(path string, c *Clip) error{
	"clip.mp4": EncodeMP4,
	"clip.gif": EncodeGIF,
	"clip.png": func(path string, c *Clip) error { return WriteContactSheet(path, []*Clip{c}, SheetOptions{}) },
}

func TestBadClipsAreNotWritten(t *testing.T) {
	wrongPix, wrongRate := NewClip(2, 8, 8, 25), NewClip(2, 8, 8, math.NaN())
	wrongPix.Pix = wrongPix.Pix[1:]
	for name, write := range writers {
		for reason, c := range map[string]*Clip{
			"nil": nil, "zero frames": NewClip(0, 8, 8, 25), "no height": NewClip(2, 0, 8, 25), "missing pixels": wrongPix, "NaN frames a second": wrongRate,
		} {
			if name == "clip.png" && c == wrongRate {
				continue // pictures have no rate
			}
			folder := t.TempDir()
			path := filepath.Join(folder, name)
			if err := write(path, c); !errors.Is(err, ErrShape) || !strings.Contains(err.Error(), path) {
				t.Errorf("%s of a clip with %s: got error %v, want ErrShape and the path", name, reason, err)
			}
			if left := leftovers(t, folder); left != "[]" {
				t.Errorf("%s of a clip with %s left %s", name, reason, left)
			}
		}
	}
}

func TestUnwritableOutput(t *testing.T) {
	c := moving(4, 16, 16)
	for name, write := range writers {
		folder := t.TempDir()
		if err := write(filepath.Join(folder, "missing", name), c); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s in a missing folder: got error %v, want fs.ErrNotExist", name, err)
		}
		if err := os.Mkdir(filepath.Join(folder, name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := write(filepath.Join(folder, name), c); err == nil {
			t.Errorf("%s in the place of a folder: no error", name)
		}
		if left, want := leftovers(t, folder), fmt.Sprint([]string{name}); left != want {
			t.Errorf("%s left %s, want %s", name, left, want)
		}
	}
}

// TestFullDisk lets a child process, whose files may not grow, fail while it writes.
func TestFullDisk(t *testing.T) {
	if folder := os.Getenv("VIDEO_FULL_DISK"); folder != "" {
		writeOnFullDisk(t, folder)
		return
	}
	folder := t.TempDir()
	child := exec.Command(os.Args[0], "-test.run=^TestFullDisk$")
	child.Env = append(os.Environ(), "VIDEO_FULL_DISK="+folder)
	if out, err := child.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func writeOnFullDisk(t *testing.T, folder string) {
	signal.Ignore(syscall.SIGXFSZ) // the write returns EFBIG instead
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 2048, Max: 2048}); err != nil {
		t.Skip("cannot limit the size of files: ", err)
	}
	noise := NewClip(20, 64, 64, 25)
	for i := range noise.Pix {
		noise.Pix[i] = byte(i * i >> 3)
	}
	for name, write := range writers {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte("before"), 0o644); err != nil {
			t.Fatal(err)
		}
		err := write(path, noise)
		if err == nil || !strings.Contains(strings.ToLower(err.Error()), "file too large") {
			t.Errorf("%s: got error %v, want that the file is too large", name, err)
		}
		if data, _ := os.ReadFile(path); string(data) != "before" {
			t.Errorf("%s: the file that was there changed to %d bytes", name, len(data))
		}
	}
	if left := leftovers(t, folder); left != "[clip.gif clip.mp4 clip.png]" {
		t.Errorf("left %s", left)
	}
}
