package datasets

import (
	"fmt"
	"math"

	"videogan/video"
)

// Preprocessing is how a frame becomes a square and where windows may begin.
type Preprocessing int

const (
	// Centre cuts the middle square out of the frame: the shorter side is scaled to the wanted size, the longer side
	// in proportion, rounded so that as many pixels are cut on the left as on the right. Every window can be drawn.
	Centre Preprocessing = iota
	// TGAN does what TGAN's release does (make_ucf101.py, datasets/ucf_dataset.py): a frame is resized to 85×64
	// (width × height) whatever its shape, columns 10 to 73 are kept, half a pixel left of the middle, and the last
	// window of a clip is never drawn unless it is the only one. Other sizes follow in proportion: width
	// ⌊size·4/3⌋, columns from ⌊(width - size)/2⌋. The release scales with Pillow's default of its time, nearest
	// neighbour, and so does this.
	TGAN
)

// String returns the name used in configs.
func (p Preprocessing) String() string {
	if p == TGAN {
		return "tgan"
	}
	return "centre"
}

// MarshalText implements encoding.TextMarshaler.
func (p Preprocessing) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler: centre or tgan.
func (p *Preprocessing) UnmarshalText(text []byte) error {
	switch string(text) {
	case "centre":
		*p = Centre
	case "tgan":
		*p = TGAN
	default:
		return fmt.Errorf("datasets: preprocessing %q: want centre or tgan", text)
	}
	return nil
}

// skipLast tells whether the last window of a clip is never drawn.
func (p Preprocessing) skipLast() bool { return p == TGAN }

// crop is how frames of one size become squares: the size that a frame is scaled to, and the corner of the square that
// is kept.
type crop struct {
	width, height, left, top int

	preprocess Preprocessing
	exact      bool // decode frames as they are and take the nearest pixels here
}

// maxExact bounds the frames that TGAN's preprocessing decodes at their own size: FFmpeg scales larger ones while it
// decodes, which takes less memory and differs a little, because the colours of most videos are stored at half the
// resolution.
const maxExact = 640 * 480

// crop returns the geometry for frames of width×height pixels.
func (p Preprocessing) crop(width, height, size int) crop {
	g := crop{width: size, height: size, preprocess: p}
	switch {
	case p == TGAN:
		g.width = size * 4 / 3
		g.left = (g.width - size) / 2
		g.exact = width*height <= maxExact
	case width >= height:
		g.left = centreMargin(width, height, size)
		g.width += 2 * g.left
	default:
		g.top = centreMargin(height, width, size)
		g.height += 2 * g.top
	}
	return g
}

// decode returns the options to decode with.
func (g crop) decode() video.DecodeOptions {
	switch {
	case g.exact:
		return video.DecodeOptions{}
	case g.preprocess == TGAN:
		return video.DecodeOptions{Width: g.width, Height: g.height, Scaling: video.Nearest}
	}
	return video.DecodeOptions{Width: g.width, Height: g.height, Scaling: video.Area}
}

// centreMargin is how many pixels are cut off at either end of the longer side.
func centreMargin(long, short, size int) int {
	return int(math.Round((float64(size)*float64(long)/float64(short) - float64(size)) / 2))
}

// cut copies the kept square of every frame of a decoded clip to dst (T×size×size×3).
func (g crop) cut(dst []byte, c *video.Clip, size int) {
	row := 3 * size
	var columns, rows []int
	if g.exact {
		columns, rows = nearest(c.Width, g.width)[g.left:], nearest(c.Height, g.height)[g.top:]
	}
	for t := range c.Frames {
		frame, square := c.Frame(t), dst[t*size*row:][:size*row]
		for y := range size {
			line := square[y*row:][:row]
			if g.exact {
				from := frame[rows[y]*c.Width*3:]
				for x := range size {
					copy(line[3*x:3*x+3], from[3*columns[x]:])
				}
				continue
			}
			copy(line, frame[3*((g.top+y)*c.Width+g.left):])
		}
	}
}

// nearest returns which of from pixels each of to pixels is taken from: ⌊(i + ½)·from/to⌋. The positions are summed up
// like Pillow does (ImagingScaleAffine), because the rounding of the sum decides where one falls on a border.
func nearest(from, to int) []int {
	step := float64(from) / float64(to)
	index := make([]int, to)
	at := step * 0.5
	for i := range index {
		index[i] = min(int(at), from-1)
		at += step
	}
	return index
}
