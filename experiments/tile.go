package experiments

import (
	"fmt"
	"math"

	"videogan/video"
)

// sampleFPS is the frame rate of generated clips: slow enough to follow a short one.
const sampleFPS = 8

// Sizes of pictures of clips, pixels: frames are enlarged by a whole number until they are
// about as wide as this, with gaps between them.
const (
	tileSize, tileGap   = 128, 4
	sheetSize, sheetGap = 64, 2
)

// WriteSheet writes a contact sheet of clips of one size as PNG: a clip a row, its frames
// from left to right.
func WriteSheet(path string, clips []*video.Clip) error {
	o := video.SheetOptions{Gap: sheetGap}
	if len(clips) > 0 {
		o.Scale = max(1, sheetSize/clips[0].Width)
	}
	if err := video.WriteContactSheet(path, clips, o); err != nil {
		return fmt.Errorf("experiments: %w", err)
	}
	return nil
}

// Tile lays clips of one size side by side, in as many columns as make the picture about
// twice as wide as high, each pixel enlarged to a square.
func Tile(clips []*video.Clip) *video.Clip { return tile(clips, 1) }

// tile keeps each group of clips in one row.
func tile(clips []*video.Clip, group int) *video.Clip {
	first, groups := clips[0], len(clips)/group
	columns := group * min(groups, int(math.Ceil(math.Sqrt(2*float64(groups)/float64(group)))))
	rows := (len(clips) + columns - 1) / columns
	scale := max(1, tileSize/first.Width)
	width, height := first.Width*scale+tileGap, first.Height*scale+tileGap
	tiled := video.NewClip(first.Frames, rows*height+tileGap, columns*width+tileGap, first.FPS)
	for i, clip := range clips {
		left, top := i%columns*width+tileGap, i/columns*height+tileGap
		for t := range clip.Frames {
			enlarge(tiled, clip, t, left, top, scale)
		}
	}
	return tiled
}

// enlarge draws frame t of a clip into that of another.
func enlarge(to, from *video.Clip, t, left, top, scale int) {
	source, target := from.Frame(t), to.Frame(t)
	for y := range from.Height * scale {
		row := target[3*((top+y)*to.Width+left):]
		for x := range from.Width * scale {
			at := 3 * (y/scale*from.Width + x/scale)
			copy(row[3*x:3*x+3], source[at:at+3])
		}
	}
}
