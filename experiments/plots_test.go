package experiments

import (
	"encoding/xml"
	"errors"
	"image"
	"image/color"
	_ "image/png"
	"io"
	"math"
	"os"
	"strings"
	"testing"

	"gonum.org/v1/plot/plotter"
	"pgregory.net/rapid"
)

func TestCurves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(-1e3, 1e3), 1, 400).Draw(t, "values")
		columns := rapid.IntRange(2, 50).Draw(t, "columns")
		c := curve{name: "x"}
		low, high := math.Inf(1), math.Inf(-1)
		for i, v := range values {
			c.points = append(c.points, plotter.XY{X: float64(i), Y: v})
			low, high = min(low, v), max(high, v)
		}
		envelope, smooth := c.envelope(columns), c.smooth(columns)
		if len(envelope) > 2*columns || len(smooth) > columns {
			t.Fatalf("%d and %d points in %d columns", len(envelope), len(smooth), columns)
		}
		_, _, envelopeLow, envelopeHigh := plotter.XYRange(envelope)
		if envelopeLow != low || envelopeHigh != high {
			t.Fatalf("the envelope goes from %v to %v, the curve from %v to %v", envelopeLow, envelopeHigh, low, high)
		}
		for _, points := range []plotter.XYs{envelope, smooth} {
			for i := 1; i < len(points); i++ {
				if points[i].X <= points[i-1].X {
					t.Fatalf("steps go back: %v", points)
				}
			}
		}
		first, last := smooth[0], smooth[len(smooth)-1]
		if first != c.points[0] && len(c.points) > 1 || last.X != c.points[len(c.points)-1].X {
			t.Fatalf("the smooth line goes from %v to %v", first, last)
		}
		for _, p := range smooth {
			if p.Y < low-1e-9 || p.Y > high+1e-9 {
				t.Fatalf("a mean of %v outside of %v to %v", p.Y, low, high)
			}
		}
	})
}

// A straight line is its own moving average.
func TestSmoothKeepsALine(t *testing.T) {
	c := curve{name: "x"}
	for i := range 5000 {
		c.points = append(c.points, plotter.XY{X: float64(i), Y: 3 - float64(i)/4})
	}
	for _, p := range c.smooth(plotColumns) {
		if want := 3 - p.X/4; math.Abs(p.Y-want) > 1e-6 {
			t.Fatalf("at %v: %v, want %v", p.X, p.Y, want)
		}
	}
}

func TestDrawPlots(t *testing.T) {
	folder := Folder(t.TempDir())
	if err := folder.create(); err != nil {
		t.Fatal(err)
	}
	var records []Record
	for step := 1; step <= 3000; step++ {
		x := float64(step) / 300
		records = append(records, Record{{"step", float64(step)}, {"loss/d", math.Sin(x)}, {"loss/g", math.Cos(7 * x)}, {"r1", 1}})
	}
	if err := drawPlots(folder, records); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(folder.plots("losses.png"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	picture, _, err := image.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	// Both curves in their colours, and the legend's thumbnails right of where the curves end.
	for i, name := range []string{"loss/d", "loss/g"} {
		columns := columnsOf(picture, palette[i])
		if columns[0] > picture.Bounds().Dx()/5 || columns[1] < picture.Bounds().Dx()*4/5 {
			t.Errorf("%s is drawn from column %d to %d of %d", name, columns[0], columns[1], picture.Bounds().Dx())
		}
	}
	text, err := os.ReadFile(folder.plots("losses.svg"))
	if err != nil {
		t.Fatal(err)
	}
	for decoder := xml.NewDecoder(strings.NewReader(string(text))); ; {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("losses.svg: %v", err)
		}
	}
	for _, want := range []string{"Losses", "loss/d", "loss/g", "step"} {
		if !strings.Contains(string(text), ">"+want+"<") {
			t.Errorf("losses.svg lacks the text %q", want)
		}
	}
	if len(text) > 200_000 {
		t.Errorf("losses.svg of 3000 steps has %d bytes", len(text))
	}
	if _, err := os.Stat(folder.plots("sigma_max.svg")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a plot of metrics that were not logged: %v", err)
	}
}

// columnsOf returns the first and the last column with a pixel of exactly this colour.
func columnsOf(picture image.Image, want color.RGBA) [2]int {
	found := [2]int{math.MaxInt, -1}
	for y := range picture.Bounds().Dy() {
		for x := range picture.Bounds().Dx() {
			if color.RGBAModel.Convert(picture.At(x, y)) == want {
				found = [2]int{min(found[0], x), max(found[1], x)}
			}
		}
	}
	return found
}
