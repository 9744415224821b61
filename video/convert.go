package video

import (
	"fmt"
	"math"

	"github.com/asticode/go-astiav"
)

// rgbConverter turns decoded frames into upright RGB pixels of one size.
type rgbConverter struct {
	width, height int // of the result; 0: from the first frame
	scaling       Scaling
	orientation   orientation

	filters *graph
	from    picture // what filters takes
}

// convert appends the frame's height×width×3 bytes to pix.
func (c *rgbConverter) convert(f *astiav.Frame, pix []byte) ([]byte, error) {
	if err := c.prepare(f); err != nil {
		return nil, err
	}
	if err := c.filters.push(f); err != nil {
		return nil, explain(err)
	}
	rgb, err := c.filters.pull()
	if err != nil {
		return nil, explain(err)
	}
	n := c.width * c.height * 3
	start := len(pix)
	if cap(pix)-start < n {
		pix = append(pix, make([]byte, n)...)
	}
	pix = pix[:start+n]
	if _, err := rgb.ImageCopyToBuffer(pix[start:], 1); err != nil {
		return nil, err
	}
	return pix, nil
}

// prepare sets the filters up for the first frame, and again where the stored size or format changes.
func (c *rgbConverter) prepare(f *astiav.Frame) error {
	from := pictureOf(f)
	if c.filters != nil && c.from == from {
		return nil
	}
	c.close()
	if err := c.setSize(c.orientation.size(from.width, from.height)); err != nil {
		return err
	}
	g, err := newGraph(fmt.Sprintf("%sscale=%d:%d:flags=%v,format=rgb24", c.orientation.filters, c.width, c.height, c.scaling),
		from, astiav.NewRational(1, 1))
	if err != nil {
		return explain(err)
	}
	c.filters, c.from = g, from
	return nil
}

// setSize fills in what was not asked for from the upright frame's size.
func (c *rgbConverter) setSize(width, height int) error {
	switch {
	case c.width == 0 && c.height == 0:
		c.width, c.height = width, height
	case c.width == 0:
		c.width = max(1, int(math.Round(float64(c.height)*float64(width)/float64(height))))
	case c.height == 0:
		c.height = max(1, int(math.Round(float64(c.width)*float64(height)/float64(width))))
	}
	if c.width > maxSide || c.height > maxSide {
		return fmt.Errorf("frames of %d×%d are larger than %d: %w", c.width, c.height, maxSide, ErrUnsupported)
	}
	return nil
}

func (c *rgbConverter) close() {
	if c.filters != nil {
		c.filters.close()
		c.filters = nil
	}
}
