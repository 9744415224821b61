package datasets

import (
	"bytes"
	"math"
	"testing"

	"pgregory.net/rapid"

	"videogan/video"
)

func TestCropGeometry(t *testing.T) {
	for _, row := range []struct {
		reason              string
		p                   Preprocessing
		width, height, size int
		want                crop
	}{
		{"make_ucf101.py: 85×64, x[10:74]", TGAN, 320, 240, 64, crop{width: 85, height: 64, left: 10}},
		{"whatever the frame's shape", TGAN, 100, 500, 64, crop{width: 85, height: 64, left: 10}},
		{"in proportion", TGAN, 320, 240, 32, crop{width: 42, height: 32, left: 5}},
		{"even margins: 86 wide, 11 off either end", Centre, 320, 240, 64, crop{width: 86, height: 64, left: 11}},
		{"32: 42 wide, 5 off either end", Centre, 320, 240, 32, crop{width: 42, height: 32, left: 5}},
		{"upright", Centre, 240, 320, 64, crop{width: 64, height: 86, top: 11}},
		{"square", Centre, 77, 77, 64, crop{width: 64, height: 64}},
		{"16:9", Centre, 1920, 1080, 64, crop{width: 114, height: 64, left: 25}},
	} {
		if got := row.p.crop(row.width, row.height, row.size); !sameGeometry(got, row.want) {
			t.Errorf("%s: %s of %d×%d at %d: got %+v, want %+v", row.reason, row.p, row.width, row.height, row.size, got, row.want)
		}
	}
}

func sameGeometry(a, b crop) bool {
	return a.width == b.width && a.height == b.height && a.left == b.left && a.top == b.top
}

// TGAN's frames are, to the pixel, what make_ucf101.py and ucf_dataset.py make of a decoded frame.
func TestTGANPreprocessingIsPillows(t *testing.T) {
	want, err := mapNPY("testdata/nearest-85x64.npy")
	if err != nil {
		t.Fatal(err)
	}
	defer want.close()
	c := video.NewClip(1, 240, 320, 25)
	for y := range 240 {
		for x := range 320 {
			copy(c.Pix[(y*320+x)*3:], []byte{byte(x), byte(x >> 8), byte(y)})
		}
	}
	g := TGAN.crop(320, 240, 64)
	if o := g.decode(); o.Width != 0 || o.Height != 0 {
		t.Fatalf("frames of UCF101 are scaled by FFmpeg: %+v", o)
	}
	got := make([]byte, 64*64*3)
	g.cut(got, c, 64)
	for y := range 64 {
		for x := range 64 {
			p, q := got[(y*64+x)*3:][:3], want.data[(y*85+10+x)*3:][:3]
			if !bytes.Equal(p, q) {
				t.Fatalf("row %d column %d: got %v, Pillow has %v", y, x, p, q)
			}
		}
	}
	large := TGAN.crop(1920, 1080, 64)
	if o := large.decode(); o.Width != 85 || o.Height != 64 || o.Scaling != video.Nearest {
		t.Errorf("large frames are decoded with %+v", o)
	}
}

func TestCentreIsCentral(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := rapid.IntRange(1, 4000).Draw(rt, "width")
		h := rapid.IntRange(1, 4000).Draw(rt, "height")
		size := rapid.IntRange(1, 256).Draw(rt, "size")
		g := Centre.crop(w, h, size)
		if right, bottom := g.width-size-g.left, g.height-size-g.top; right != g.left || bottom != g.top {
			rt.Fatalf("%+v cuts %d left, %d right, %d above, %d below", g, g.left, right, g.top, bottom)
		}
		scale := float64(size) / float64(min(w, h))
		if math.Abs(float64(g.width)-float64(w)*scale) > 1+1e-9 || math.Abs(float64(g.height)-float64(h)*scale) > 1+1e-9 {
			rt.Fatalf("%+v is more than a pixel away from %d×%d in proportion", g, w, h)
		}
	})
}

func TestCut(t *testing.T) {
	c := video.NewClip(2, 3, 4, 25)
	for i := range c.Pix {
		c.Pix[i] = byte(i)
	}
	dst := make([]byte, 2*2*2*3)
	crop{width: 4, height: 3, left: 1, top: 1}.cut(dst, c, 2)
	for t2 := range 2 {
		for y := range 2 {
			for x := range 2 {
				for ch := range 3 {
					got, want := dst[((t2*2+y)*2+x)*3+ch], c.Pix[((t2*3+y+1)*4+x+1)*3+ch]
					if got != want {
						t.Fatalf("frame %d row %d column %d channel %d: got %d, want %d", t2, y, x, ch, got, want)
					}
				}
			}
		}
	}
}
