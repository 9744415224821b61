package video

import (
	"bufio"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
)

// SheetOptions arrange a contact sheet. The zero value shows all frames at their size, side by side.
type SheetOptions struct {
	// Frames are the numbers of the frames shown, in this order. Nil: all of them.
	Frames []int
	// Scale shows each pixel as Scale×Scale; 0: 1.
	Scale int
	// Gap is the distance between pictures in pixels of the sheet.
	Gap int
	// Background fills gaps and what shorter clips leave free; nil: white.
	Background color.Color
}

// ContactSheet draws a clip a row, its frames from left to right. The clips share one frame size (else ErrShape);
// their lengths may differ. ErrShort: a clip has not all frames that o.Frames names.
func ContactSheet(clips []*Clip, o SheetOptions) (*image.RGBA, error) {
	sheet, err := contactSheet(clips, o)
	if err != nil {
		return nil, fmt.Errorf("video: contact sheet: %w", err)
	}
	return sheet, nil
}

// WriteContactSheet writes ContactSheet's picture as PNG.
func WriteContactSheet(path string, clips []*Clip, o SheetOptions) error {
	sheet, err := contactSheet(clips, o)
	if err == nil {
		err = writeAtomic(path, func(temporary string) error { return writePNG(temporary, sheet) })
	}
	if err != nil {
		return fmt.Errorf("video: write contact sheet %s: %w", path, err)
	}
	return nil
}

func contactSheet(clips []*Clip, o SheetOptions) (*image.RGBA, error) {
	if o.Scale == 0 {
		o.Scale = 1
	}
	if o.Background == nil {
		o.Background = color.White
	}
	columns, err := o.columns(clips)
	if err != nil {
		return nil, err
	}
	width, height := clips[0].Width*o.Scale, clips[0].Height*o.Scale
	across, down := columns*(width+o.Gap)-o.Gap, len(clips)*(height+o.Gap)-o.Gap
	const maxSheet = 1 << 28 // pixels: a gigabyte
	if across > maxSheet/down {
		return nil, fmt.Errorf("%d×%d pixels are too many: choose fewer frames or clips, or a smaller scale: %w", across, down, ErrShape)
	}
	sheet := image.NewRGBA(image.Rect(0, 0, across, down))
	draw.Draw(sheet, sheet.Rect, image.NewUniform(o.Background), image.Point{}, draw.Src)
	for row, c := range clips {
		for column := range columns {
			t := column
			if o.Frames != nil {
				t = o.Frames[column]
			} else if t >= c.Frames {
				break
			}
			drawFrame(sheet, column*(width+o.Gap), row*(height+o.Gap), c, t, o.Scale)
		}
	}
	return sheet, nil
}

// columns checks the clips and returns how many frames the longest row shows.
func (o SheetOptions) columns(clips []*Clip) (int, error) {
	if len(clips) == 0 || o.Frames != nil && len(o.Frames) == 0 {
		return 0, fmt.Errorf("nothing to show: %w", ErrShape)
	}
	if o.Scale < 1 || o.Scale > 256 || o.Gap < 0 || o.Gap > maxSide {
		return 0, fmt.Errorf("scale %d and gap %d: want 1 to 256 and 0 to %d: %w", o.Scale, o.Gap, maxSide, ErrShape)
	}
	columns := len(o.Frames)
	for i, c := range clips {
		if err := c.check(); err != nil {
			return 0, fmt.Errorf("clip %d: %w", i, err)
		}
		if c.Width != clips[0].Width || c.Height != clips[0].Height {
			return 0, fmt.Errorf("clip %d is %d×%d (width×height), clip 0 %d×%d: resize them first: %w",
				i, c.Width, c.Height, clips[0].Width, clips[0].Height, ErrShape)
		}
		for _, t := range o.Frames {
			if t < 0 || t >= c.Frames {
				return 0, fmt.Errorf("clip %d: frame %d of %d: %w", i, t, c.Frames, ErrShort)
			}
		}
		if o.Frames == nil {
			columns = max(columns, c.Frames)
		}
	}
	return columns, nil
}

// drawFrame puts frame t at (x, y), each pixel scale×scale.
func drawFrame(sheet *image.RGBA, x, y int, c *Clip, t, scale int) {
	frame := c.Frame(t)
	for row := range c.Height * scale {
		to := sheet.Pix[sheet.PixOffset(x, y+row):][:c.Width*scale*4]
		from := frame[row/scale*c.Width*3:]
		for column := range c.Width * scale {
			p := from[column/scale*3:]
			to[4*column], to[4*column+1], to[4*column+2], to[4*column+3] = p[0], p[1], p[2], 255
		}
	}
}

func writePNG(name string, picture image.Image) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	if err := png.Encode(w, picture); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}
