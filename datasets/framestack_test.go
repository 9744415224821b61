package datasets

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// frameColor is the colour that frame t of a test image is filled with.
func frameColor(t int) color.RGBA { return color.RGBA{uint8(40 * t), uint8(255 - 40*t), 128, 255} }

// stackImage has n frames of width×height pixels, one below the other or side by side.
func stackImage(n, width, height int, downwards bool) *image.RGBA {
	step, bounds := image.Pt(width, 0), image.Rect(0, 0, n*width, height)
	if downwards {
		step, bounds = image.Pt(0, height), image.Rect(0, 0, width, n*height)
	}
	m := image.NewRGBA(bounds)
	for y := range bounds.Dy() {
		for x := range bounds.Dx() {
			t := x * step.X / (width * width)
			if downwards {
				t = y / height
			}
			m.SetRGBA(x, y, frameColor(t))
		}
	}
	return m
}

func encodeJPEG(t testing.TB, m image.Image) string {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 98}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func encodePNG(t testing.TB, m image.Image) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// checkColors checks that each frame of dst is filled with the colour of the wanted frame.
func checkColors(t *testing.T, dst []byte, size int, want []int, tolerance int) {
	t.Helper()
	for i := range want {
		c := frameColor(want[i])
		for p := range size * size {
			got := dst[(i*size*size+p)*3:][:3]
			for ch, v := range []uint8{c.R, c.G, c.B} {
				if d := int(got[ch]) - int(v); d > tolerance || d < -tolerance {
					t.Fatalf("frame %d pixel %d: got %v, want the colour %v of frame %d", i, p, got, c, want[i])
				}
			}
		}
	}
}

func TestGolf(t *testing.T) {
	root := writeFiles(t, map[string]string{
		"a/0000.jpg":     encodeJPEG(t, stackImage(6, 128, 128, true)),
		"a/0001.jpg":     encodeJPEG(t, stackImage(3, 128, 128, true)),
		"list.txt":       "a/0000.jpg 6\r\na/0001.jpg 3\r\n",
		"a/not-this.txt": "",
	})
	for _, o := range []GolfOptions{
		{Root: root, Frames: 4, Size: 64},
		{Root: root, List: filepath.Join(root, "list.txt"), Frames: 4, Size: 64},
		{Root: root, Frames: 4, Size: 64, Preprocess: TGAN},
		{Root: root, Frames: 4, Size: 128},
	} {
		s, err := OpenGolf(o)
		if err != nil {
			t.Fatal(err)
		}
		if info := s.Info(); info.Clips != 2 || info.Classes != nil {
			t.Errorf("got %+v", info)
		}
		dst := make([]byte, s.Info().Bytes())
		if err := s.Read(t.Context(), 0, 1, dst); err != nil {
			t.Fatal(err)
		}
		checkColors(t, dst, o.Size, []int{1, 2, 3, 4}, 6)
		if err := s.Read(t.Context(), 1, 0, dst); err != nil {
			t.Fatal(err)
		}
		checkColors(t, dst, o.Size, []int{0, 1, 2, 2}, 6) // the last frame repeated
		if err := s.Read(t.Context(), 0, 3, dst); !errors.Is(err, ErrShape) {
			t.Errorf("a window that ends behind the clip: got %v", err)
		}
		if label, err := s.Draw(t.Context(), testRNG(1), dst); err != nil || label != -1 {
			t.Errorf("label %d, %v", label, err)
		}
	}
}

// TGAN's release resizes with nearest neighbour: of every 2×2 pixels Pillow takes the lower right one.
func TestGolfNearestIsPillows(t *testing.T) {
	m := image.NewRGBA(image.Rect(0, 0, 128, 128))
	for i := range m.Pix {
		m.Pix[i] = 255
	}
	for y := range 128 {
		for x := range 128 {
			m.SetRGBA(x, y, color.RGBA{uint8(x), uint8(y), 0, 255})
		}
	}
	root := writeFiles(t, map[string]string{"a.png": encodePNG(t, m)})
	s, err := OpenGolf(GolfOptions{Root: root, Frames: 1, Size: 64, Preprocess: TGAN})
	if err != nil {
		t.Fatal(err)
	}
	dst := make([]byte, 64*64*3)
	if err := s.Read(t.Context(), 0, 0, dst); err != nil {
		t.Fatal(err)
	}
	for y := range 64 {
		for x := range 64 {
			if got := dst[(y*64+x)*3:]; got[0] != byte(2*x+1) || got[1] != byte(2*y+1) {
				t.Fatalf("row %d column %d comes from row %d column %d", y, x, got[1], got[0])
			}
		}
	}
}

func TestBadGolf(t *testing.T) {
	good := encodeJPEG(t, stackImage(4, 16, 16, true))
	bad := map[string]string{
		"empty.jpg":   "",
		"garbage.jpg": "garbage, garbage, garbage",
		"cut.jpg":     good[:len(good)/2],
		"ragged.jpg":  encodeJPEG(t, image.NewRGBA(image.Rect(0, 0, 16, 40))),
		"wide.jpg":    encodeJPEG(t, image.NewRGBA(image.Rect(0, 0, 40, 16))),
	}
	files := map[string]string{}
	for name, data := range bad {
		files[name] = data
	}
	for i := range 10 {
		files["good"+string(rune('0'+i))+".jpg"] = good
	}
	s, err := OpenGolf(GolfOptions{Root: writeFiles(t, files), Frames: 4, Size: 16})
	if err != nil {
		t.Fatal(err)
	}
	dst, rng := make([]byte, s.Info().Bytes()), testRNG(1)
	for range 300 {
		if _, err := s.Draw(t.Context(), rng, dst); err != nil {
			t.Fatal(err)
		}
		checkColors(t, dst, 16, []int{0, 1, 2, 3}, 6) // no black frames
	}
	skipped := map[string]bool{}
	for _, skip := range s.Info().Skipped {
		skipped[skip.Clip] = true
	}
	for name := range bad {
		if !skipped[name] {
			t.Errorf("%s is not among the skipped", name)
		}
	}
	if len(skipped) != len(bad) {
		t.Errorf("skipped %v", skipped)
	}
	for _, row := range []struct {
		reason  string
		files   map[string]string
		list    string
		frames  int
		err     error
		message string
	}{
		{"empty folder", nil, "", 4, ErrNoClips, "holds no image"},
		{"empty list", map[string]string{"l.txt": ""}, "l.txt", 4, ErrFormat, "l.txt is empty"},
		{"a list of something else", map[string]string{"l.txt": "a.jpg\nb.avi\n"}, "l.txt", 4, ErrFormat, "l.txt: line 2"},
		{"a list that leads out of the folder", map[string]string{"l.txt": "../a.jpg\n"}, "l.txt", 4, ErrFormat, "l.txt: line 1"},
		{"a list that is not there", nil, "l.txt", 4, os.ErrNotExist, "l.txt"},
		{"no frames", map[string]string{"a.jpg": good}, "", 0, ErrShape, "window of 0 frames"},
	} {
		o := GolfOptions{Root: writeFiles(t, row.files), Frames: row.frames, Size: 16}
		if row.list != "" {
			o.List = filepath.Join(o.Root, row.list)
		}
		if _, err := OpenGolf(o); !errors.Is(err, row.err) || !strings.Contains(err.Error(), row.message) {
			t.Errorf("%s: got %v, want %v with %q", row.reason, err, row.err, row.message)
		}
	}
}

func TestStrips(t *testing.T) {
	root := writeFiles(t, map[string]string{
		"run/1.png":   encodePNG(t, stackImage(5, 12, 12, false)),
		"run/2.png":   encodePNG(t, stackImage(5, 12, 12, true)), // upright, as MoCoGAN's loader allows
		"walk/3.jpeg": encodeJPEG(t, stackImage(3, 16, 16, false)),
		"walk/4.png":  encodePNG(t, stackImage(2, 12, 12, false)),
	})
	s, err := OpenStrips(StripsOptions{Root: root, Frames: 3, Size: 8})
	if err != nil {
		t.Fatal(err)
	}
	info := s.Info()
	if info.Clips != 3 || strings.Join(info.Classes, " ") != "run walk" || info.Summary != "3 of 4 strips" {
		t.Errorf("got %+v", info)
	}
	if len(info.Skipped) != 1 || info.Skipped[0].Clip != "walk/4.png" || !strings.Contains(info.Skipped[0].Reason, "it has 2 frames, the window is 3") {
		t.Errorf("skipped %v, want the clip that is too short", info.Skipped)
	}
	dst := make([]byte, info.Bytes())
	for i, start := range []int{2, 1, 0} {
		if err := s.Read(t.Context(), i, start, dst); err != nil {
			t.Fatal(err)
		}
		checkColors(t, dst, 8, []int{start, start + 1, start + 2}, 6)
	}
	if label, err := s.Draw(t.Context(), testRNG(2), dst); err != nil || label < 0 || label > 1 {
		t.Errorf("label %d, %v", label, err)
	}
}

func TestStripsOfFramesThatAreNotSquare(t *testing.T) {
	root := writeFiles(t, map[string]string{"1.png": encodePNG(t, stackImage(4, 6, 10, false))})
	s, err := OpenStrips(StripsOptions{Root: root, FrameWidth: 6, Frames: 4, Size: 6})
	if err != nil {
		t.Fatal(err)
	}
	dst := make([]byte, s.Info().Bytes())
	if err := s.Read(t.Context(), 0, 0, dst); err != nil {
		t.Fatal(err)
	}
	checkColors(t, dst, 6, []int{0, 1, 2, 3}, 0)
}

func TestBadStrips(t *testing.T) {
	ok := encodePNG(t, stackImage(4, 8, 8, false))
	ragged := encodePNG(t, image.NewRGBA(image.Rect(0, 0, 30, 8)))
	for _, row := range []struct {
		reason  string
		files   map[string]string
		width   int
		err     error
		message string
	}{
		{"not divisible", map[string]string{"a.png": ragged}, 0, ErrNoClips, "an image of 30×8 pixels cannot be divided into frames of 8 pixels"},
		{"not divisible by the given width", map[string]string{"a.png": ok}, 5, ErrNoClips, "cannot be divided into frames of 5"},
		{"more than half bad", map[string]string{"a.png": ok, "b.png": "", "c.png": "x"}, 0, ErrNoClips, "2 of 3 clips cannot be read"},
		{"a class whose only clip is bad", map[string]string{"a/1.png": ok, "a/2.png": ok, "b/3.png": ""}, 0, ErrNoClips, "class b has no clip that can be used (b/3.png: the file is empty"},
		{"all too short", map[string]string{"a.png": encodePNG(t, stackImage(2, 8, 8, false))}, 0, ErrNoClips, "none of 1 clips can be used (a.png: it has 2 frames"},
		{"no images", map[string]string{"a.mp4": ""}, 0, ErrNoClips, "holds no image"},
		{"negative width", map[string]string{"a.png": ok}, -1, ErrShape, "frame width -1"},
	} {
		_, err := OpenStrips(StripsOptions{Root: writeFiles(t, row.files), FrameWidth: row.width, Frames: 3, Size: 8})
		if !errors.Is(err, row.err) || !strings.Contains(err.Error(), row.message) {
			t.Errorf("%s: got %v, want %v with %q", row.reason, err, row.err, row.message)
		}
	}
	s, err := OpenStrips(StripsOptions{Root: writeFiles(t, map[string]string{"a.png": ok, "b.png": ok, "c.png": ragged}), Frames: 3, Size: 8})
	if err != nil || s.Info().Clips != 2 || len(s.Info().Skipped) != 1 {
		t.Errorf("one bad strip of three is skipped: %v", err)
	}
}

// A header may promise any size: nothing is allocated for it.
func TestLyingImageHeader(t *testing.T) {
	data := []byte(encodePNG(t, image.NewRGBA(image.Rect(0, 0, 4, 4))))
	copy(data[16:], "\x00\x10\x00\x00\x00\x10\x00\x00") // a million by a million pixels
	if _, err := decodeStack(data, stackLayout{}); !errors.Is(err, ErrFormat) {
		t.Errorf("got %v", err)
	}
}

func fuzzStack(f *testing.F, layout stackLayout) {
	f.Add([]byte(encodeJPEG(f, stackImage(3, 8, 8, true))))
	f.Add([]byte(encodePNG(f, stackImage(3, 8, 8, false))))
	f.Add([]byte(encodePNG(f, image.NewGray16(image.Rect(0, 0, 8, 4)))))
	f.Add([]byte("\xff\xd8\xff"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		if w, h, err := imageSize(bytes.NewReader(data)); err == nil && w*h > 1<<22 {
			t.Skip("large and well-formed: slow, not wrong")
		}
		stack, err := decodeStack(data, layout)
		if err != nil {
			if !errors.Is(err, ErrFormat) {
				t.Errorf("an error of another kind: %v", err)
			}
			return
		}
		dst := make([]byte, 2*4*4*3)
		stack.write(dst, 0, 4, Centre.scaler())
		stack.write(dst, stack.count-1, 4, TGAN.scaler())
	})
}

func FuzzGolfImage(f *testing.F) { fuzzStack(f, stackLayout{axis: downward}) }

func FuzzStrip(f *testing.F) { fuzzStack(f, stackLayout{axis: longer}) }
