package video

import (
	"bytes"
	"errors"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"
)

func TestWindowSharesFrames(t *testing.T) {
	c := moving(5, 3, 4)
	w, err := c.Window(1, 3)
	if err != nil {
		t.Fatal(err)
	}
	for k := range 3 {
		if !bytes.Equal(w.Frame(k), c.Frame(k+1)) {
			t.Errorf("frame %d of the window is not frame %d of the clip", k, k+1)
		}
	}
	w.Frame(0)[0] ^= 255
	if w.Frame(0)[0] != c.Frame(1)[0] || w.FPS != c.FPS {
		t.Error("the window is a copy or lost the rate")
	}
	tests := []struct {
		start, frames int
		want          error
		reason        string
	}{
		{0, 5, nil, "all of it"},
		{4, 1, nil, "the last frame"},
		{4, 2, ErrShort, "one too many"},
		{5, 1, ErrShort, "behind the end"},
		{math.MaxInt, math.MaxInt, ErrShort, "sums that overflow"},
		{-1, 2, ErrShape, "before the start"},
		{0, 0, ErrShape, "no frame"},
	}
	for _, test := range tests {
		if _, err := c.Window(test.start, test.frames); !errors.Is(err, test.want) {
			t.Errorf("%s: got error %v, want %v", test.reason, err, test.want)
		}
	}
	if _, err := NewClip(0, 3, 4, 25).Window(0, 1); !errors.Is(err, ErrShape) {
		t.Errorf("empty clip: got error %v, want ErrShape", err)
	}
}

func TestCrop(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := moving(rapid.IntRange(1, 3).Draw(t, "frames"), rapid.IntRange(1, 9).Draw(t, "height"), rapid.IntRange(1, 9).Draw(t, "width"))
		x, y := rapid.IntRange(0, c.Width-1).Draw(t, "x"), rapid.IntRange(0, c.Height-1).Draw(t, "y")
		width, height := rapid.IntRange(1, c.Width-x).Draw(t, "crop width"), rapid.IntRange(1, c.Height-y).Draw(t, "crop height")
		cut, err := c.Crop(x, y, width, height)
		if err != nil {
			t.Fatal(err)
		}
		for k := range c.Frames {
			for i := range height {
				for j := range width {
					from, to := ((y+i)*c.Width+x+j)*3, (i*width+j)*3
					if !bytes.Equal(cut.Frame(k)[to:to+3], c.Frame(k)[from:from+3]) {
						t.Fatalf("frame %d, row %d, column %d differs", k, i, j)
					}
				}
			}
		}
	})
	for _, r := range [][4]int{{0, 0, 5, 3}, {0, 0, 4, 4}, {1, 0, 4, 3}, {-1, 0, 2, 2}, {0, 0, 0, 1}, {0, 0, math.MaxInt, 1}} {
		if _, err := moving(1, 3, 4).Crop(r[0], r[1], r[2], r[3]); !errors.Is(err, ErrShape) {
			t.Errorf("crop %v of 4×3: got error %v, want ErrShape", r, err)
		}
	}
}

// TestFloatsRoundTrip: bytes survive, with the layout checked at every place.
func TestFloatsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		frames, height, width := rapid.IntRange(1, 3).Draw(t, "frames"), rapid.IntRange(1, 4).Draw(t, "height"), rapid.IntRange(1, 4).Draw(t, "width")
		c := NewClip(frames, height, width, 25)
		copy(c.Pix, rapid.SliceOfN(rapid.Byte(), len(c.Pix), len(c.Pix)).Draw(t, "pix"))
		x := make([]float32, len(c.Pix))
		if err := c.ToFloat(x, 3); err != nil {
			t.Fatal(err)
		}
		plane := frames * height * width
		for i, p := range c.Pix {
			if want := float32(p)*2/255 - 1; x[i%3*plane+i/3] != want {
				t.Fatalf("channel %d, pixel %d: got %g, want %g", i%3, i/3, x[i%3*plane+i/3], want)
			}
		}
		back := NewClip(frames, height, width, 25)
		if err := back.FromFloat(x, 3); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(back.Pix, c.Pix) {
			t.Fatalf("got %v, want %v", back.Pix, c.Pix)
		}
		// Grey: one channel there and back.
		for i := range c.Pix {
			c.Pix[i] = c.Pix[i/3*3]
		}
		if err := errors.Join(c.ToFloat(x[:plane], 1), back.FromFloat(x[:plane], 1)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(back.Pix, c.Pix) {
			t.Fatalf("grey: got %v, want %v", back.Pix, c.Pix)
		}
	})
}

func TestFromFloatRoundsAndClamps(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	tests := []struct {
		x      float32
		want   byte
		reason string
	}{
		{-1, 0, "black"}, {1, 255, "white"}, {0, 128, "half rounds up"}, {-0.001, 127, "below half"},
		{-1.5, 0, "clamped"}, {7, 255, "clamped"}, {inf, 255, "clamped"}, {-inf, 0, "clamped"}, {nan, 0, "not a number"},
		{-1 + 1/127.5*0.49, 0, "rounded down"}, {-1 + 1/127.5*0.51, 1, "rounded up"},
	}
	for _, test := range tests {
		c := NewClip(1, 1, 1, 25)
		if err := c.FromFloat([]float32{test.x}, 1); err != nil || c.Pix[1] != test.want {
			t.Errorf("%g: got %d and error %v, want %d: %s", test.x, c.Pix[1], err, test.want, test.reason)
		}
	}
}

func TestFloatShapes(t *testing.T) {
	c := NewClip(2, 3, 4, 25)
	for _, test := range []struct{ values, channels int }{{24, 3}, {72, 1}, {48, 2}, {71, 3}, {0, 0}} {
		if err := c.ToFloat(make([]float32, test.values), test.channels); !errors.Is(err, ErrShape) {
			t.Errorf("to %d values, %d channels: got error %v, want ErrShape", test.values, test.channels, err)
		}
		if err := c.FromFloat(make([]float32, test.values), test.channels); !errors.Is(err, ErrShape) {
			t.Errorf("from %d values, %d channels: got error %v, want ErrShape", test.values, test.channels, err)
		}
	}
}

func TestLuma(t *testing.T) {
	for _, test := range []struct{ r, g, b, want byte }{{255, 0, 0, 76}, {0, 255, 0, 150}, {0, 0, 255, 29}, {255, 255, 255, 255}, {0, 0, 0, 0}} {
		if got := luma(test.r, test.g, test.b); got != test.want {
			t.Errorf("luma of (%d, %d, %d) is %d, want %d", test.r, test.g, test.b, got, test.want)
		}
	}
}

func TestResize(t *testing.T) {
	c := moving(3, 32, 48)
	half, err := c.Resize(24, 16, Area)
	if err != nil {
		t.Fatal(err)
	}
	for k := range c.Frames {
		for i := range half.frameSize() {
			y, x, channel := i/3/24, i/3%24, i%3
			at := func(dy, dx int) int { return int(c.Frame(k)[((2*y+dy)*48+2*x+dx)*3+channel]) }
			mean := float64(at(0, 0)+at(0, 1)+at(1, 0)+at(1, 1)) / 4
			if got := float64(half.Frame(k)[i]); math.Abs(got-mean) > 1 {
				t.Fatalf("area: frame %d, value %d: got %g, want the mean %g", k, i, got, mean)
			}
		}
	}
	twice, err := c.Resize(96, 64, Nearest)
	if err != nil {
		t.Fatal(err)
	}
	for i := range twice.frameSize() {
		y, x, channel := i/3/96, i/3%96, i%3
		if got, want := twice.Frame(2)[i], c.Frame(2)[(y/2*48+x/2)*3+channel]; got != want {
			t.Fatalf("nearest: value %d: got %d, want %d", i, got, want)
		}
	}
	for scaling := Bicubic; scaling <= Nearest; scaling++ {
		same, err := c.Resize(48, 32, scaling)
		if err != nil || !bytes.Equal(same.Pix, c.Pix) {
			t.Errorf("%v to the same size changes the clip (error %v)", scaling, err)
		}
		flat := NewClip(1, 20, 30, 25)
		for i := range flat.Pix {
			flat.Pix[i] = []byte{255, 77, 0}[i%3]
		}
		small, err := flat.Resize(7, 9, scaling)
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range small.Pix {
			if p != flat.Pix[i%3] {
				t.Fatalf("%v of one colour: value %d is %d, want %d", scaling, i, p, flat.Pix[i%3])
			}
		}
	}
	for _, size := range [][2]int{{0, 5}, {5, -1}, {maxSide + 1, 5}} {
		if _, err := c.Resize(size[0], size[1], Bicubic); !errors.Is(err, ErrShape) {
			t.Errorf("to %v: got error %v, want ErrShape", size, err)
		}
	}
	if _, err := c.Resize(5, 5, -1); !errors.Is(err, ErrUnsupported) {
		t.Errorf("unknown scaling: got error %v, want ErrUnsupported", err)
	}
}

func TestContactSheet(t *testing.T) {
	a, b := moving(4, 3, 5), moving(6, 3, 5)
	grey := color.RGBA{90, 90, 90, 255}
	path := filepath.Join(t.TempDir(), "sheet.png")
	if err := WriteContactSheet(path, []*Clip{a, b}, SheetOptions{Scale: 2, Gap: 3, Background: grey}); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sheet, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if size := sheet.Bounds().Size(); size.X != 6*10+5*3 || size.Y != 2*6+3 {
		t.Fatalf("sheet of %v pixels", size)
	}
	for y := range 15 {
		for x := range 75 {
			want := grey
			column, row, inX, inY := x/13, y/9, x%13/2, y%9/2
			if clip := []*Clip{a, b}[row]; x%13 < 10 && y%9 < 6 && column < clip.Frames {
				p := clip.Frame(column)[(inY*5+inX)*3:]
				want = color.RGBA{p[0], p[1], p[2], 255}
			}
			if got := color.RGBAModel.Convert(sheet.At(x, y)); got != want {
				t.Fatalf("pixel (%d, %d) is %v, want %v", x, y, got, want)
			}
		}
	}
}

func TestContactSheetFrames(t *testing.T) {
	c := moving(6, 3, 5)
	sheet, err := ContactSheet([]*Clip{c}, SheetOptions{Frames: []int{5, 0}})
	if err != nil {
		t.Fatal(err)
	}
	for column, k := range []int{5, 0} {
		got, want := sheet.RGBAAt(column*5+4, 2), c.Frame(k)[len(c.Frame(k))-3:]
		if got != (color.RGBA{want[0], want[1], want[2], 255}) {
			t.Errorf("column %d shows %v, want frame %d's %v", column, got, k, want)
		}
	}
	other := moving(6, 4, 5)
	tests := []struct {
		clips  []*Clip
		o      SheetOptions
		want   error
		reason string
	}{
		{nil, SheetOptions{}, ErrShape, "no clip"},
		{[]*Clip{c}, SheetOptions{Frames: []int{}}, ErrShape, "no frame chosen"},
		{[]*Clip{c, other}, SheetOptions{}, ErrShape, "two sizes"},
		{[]*Clip{c, nil}, SheetOptions{}, ErrShape, "a nil clip"},
		{[]*Clip{c}, SheetOptions{Frames: []int{6}}, ErrShort, "a frame behind the end"},
		{[]*Clip{c}, SheetOptions{Frames: []int{-1}}, ErrShort, "a frame before the start"},
		{[]*Clip{c}, SheetOptions{Scale: -1}, ErrShape, "a negative scale"},
		{[]*Clip{c}, SheetOptions{Gap: -1}, ErrShape, "a negative gap"},
		{[]*Clip{c, c, c, c}, SheetOptions{Gap: maxSide, Scale: 256}, ErrShape, "too many pixels"},
	}
	for _, test := range tests {
		if _, err := ContactSheet(test.clips, test.o); !errors.Is(err, test.want) {
			t.Errorf("%s: got error %v, want %v", test.reason, err, test.want)
		}
	}
}
