package plots

import (
	"bytes"
	"errors"
	"image/png"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

func TestEncode(t *testing.T) {
	p := New("a title", "step", "loss")
	Style(p, &p.Legend)
	svg, picture, err := Encode(2*vg.Inch, vg.Inch, func(c draw.Canvas) error { p.Draw(c); return nil })
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"a title", ">step<", ">loss<", "font-family:Liberation Sans,Arial,Helvetica,sans-serif", "#333333"} {
		if !strings.Contains(string(svg), want) {
			t.Errorf("the SVG lacks %s", want)
		}
	}
	if strings.Contains(string(svg), "Liberation Serif") {
		t.Error("some letters have another face")
	}
	decoded, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	if size := decoded.Bounds().Size(); size.X != 2*dpi || size.Y != dpi {
		t.Errorf("a PNG of %v, want 240×120", size)
	}
	failed := errors.New("no colour left")
	if _, _, err := Encode(vg.Inch, vg.Inch, func(draw.Canvas) error { return failed }); !errors.Is(err, failed) {
		t.Errorf("a painter's error becomes %v", err)
	}
}

func TestPaletteIsNobodysToChange(t *testing.T) {
	first := Palette()
	first[0].R++
	if Palette()[0] == first[0] {
		t.Error("a change of one palette is seen in the next")
	}
}
