package c3d

import (
	"fmt"
	"math"

	"videogan/eval"
)

// Preprocess is how clips come to what C3D sees.
type Preprocess int

// The ways that scores have been published with.
const (
	// TGAN2017 is TGAN's (Saito et al. 2017): x·128 + 128, bicubic to 128×128 (OpenCV's, a = -0.75), minus columns 21 to
	// 148 of the mean, the middle 112×112.
	TGAN2017 Preprocess = iota
	// TGAN2020 is TGANv2's (Saito et al. 2020): clamped to [-1, 1], x·128 + 128, bilinear to 112×112 with corners
	// aligned, minus rows and columns 8 to 119 of the mean.
	TGAN2020
)

// String is the name in protocols and flags.
func (p Preprocess) String() string {
	if p == TGAN2020 {
		return "tgan2020"
	}
	return "tgan2017"
}

// UnmarshalText implements encoding.TextUnmarshaler: tgan2017 or tgan2020.
func (p *Preprocess) UnmarshalText(text []byte) error {
	switch string(text) {
	case "tgan2017":
		*p = TGAN2017
	case "tgan2020":
		*p = TGAN2020
	default:
		return fmt.Errorf("c3d: preprocessing %q: want tgan2017 or tgan2020", text)
	}
	return nil
}

// seen is the size of what C3D sees, and crop where it begins in 128 rows and columns.
const (
	seen = 112
	crop = (meanHeight - seen) / 2
)

// apply fills dst (3×16×112×112, B G R) from a clip (C×16×H×W, grey or R G B).
func (p Preprocess) apply(dst, clip []float32, shape eval.Shape, mean Mean) {
	plane := shape.Height * shape.Width
	size, first, meanColumn := meanHeight, crop, (meanWidth-meanHeight)/2+crop
	filter := cubic
	if p == TGAN2020 {
		size, first, meanColumn, filter = seen, 0, crop, aligned
	}
	rows, columns := filter(shape.Height, size)[first:first+seen], filter(shape.Width, size)[first:first+seen]
	between := make([]float32, seen*shape.Height) // rows not yet filtered
	for channel := range 3 {
		from := min(2-channel, shape.Channels-1) // blue first
		for t := range Frames {
			source := clip[(from*Frames+t)*plane:][:plane]
			for y := range shape.Height {
				for x, c := range columns {
					between[y*seen+x] = p.sum(c, source[y*shape.Width:], 1, p == TGAN2020)
				}
			}
			out := dst[(channel*Frames+t)*seen*seen:][:seen*seen]
			for y, r := range rows {
				for x := range seen {
					v := p.sum(r, between[x:], seen, false)
					out[y*seen+x] = v*128 + 128 - mean.at(channel, t, crop+y, meanColumn+x)
				}
			}
		}
	}
}

// taps are the neighbours that a new pixel is made of, and their weights.
type taps struct {
	at     [4]int
	weight [4]float32
}

// sum is the weighted sum of the taps' pixels, which lie step apart.
func (p Preprocess) sum(t taps, pixels []float32, step int, clamp bool) float32 {
	v := float32(0)
	for i, at := range t.at {
		x := pixels[at*step]
		if clamp {
			x = max(-1, min(1, x))
		}
		v += t.weight[i] * x
	}
	return v
}

// cubic places n pixels over old ones as OpenCV's INTER_CUBIC does: half a pixel from the centres, edges repeated, no
// low-pass filter when it shrinks.
func cubic(old, n int) []taps {
	const a = -0.75
	near := func(x float64) float64 { return ((a+2)*x-(a+3))*x*x + 1 }
	far := func(x float64) float64 { return ((a*x-5*a)*x+8*a)*x - 4*a }
	list := make([]taps, n)
	for i := range list {
		x := (float64(i)+0.5)*float64(old)/float64(n) - 0.5
		base := math.Floor(x)
		f := x - base
		for k, w := range [4]float64{far(1 + f), near(f), near(1 - f), far(2 - f)} {
			list[i].at[k] = max(0, min(int(base)-1+k, old-1))
			list[i].weight[k] = float32(w)
		}
	}
	return list
}

// aligned places n pixels over old ones by linear interpolation from the first to the last, as Chainer's resize_images.
func aligned(old, n int) []taps {
	list := make([]taps, n)
	for i := range list {
		x := float64(i) * float64(old-1) / float64(n-1)
		base := min(int(x), old-1)
		f := float32(x - float64(base))
		list[i] = taps{at: [4]int{base, min(base+1, old-1)}, weight: [4]float32{1 - f, f}}
	}
	return list
}
