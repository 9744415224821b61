package video

import (
	"fmt"
)

// ToFloat writes the clip to dst as channels×Frames×Height×Width values in [-1, 1]: x·2/255 - 1.
// With 3 channels these are R, G, B; with 1 it is the luma 0.299R + 0.587G + 0.114B rounded to
// 8 bits, which for a grey pixel is its value. ErrShape: other channels, or len(dst) does not fit.
func (c *Clip) ToFloat(dst []float32, channels int) error {
	if err := c.checkFloat(len(dst), channels); err != nil {
		return fmt.Errorf("video: to floats: %w", err)
	}
	var table [256]float32
	for v := range table {
		table[v] = float32(v)*2/255 - 1
	}
	plane := c.Frames * c.Height * c.Width
	if channels == 1 {
		for i := range plane {
			p := c.Pix[3*i : 3*i+3 : 3*i+3]
			dst[i] = table[luma(p[0], p[1], p[2])]
		}
		return nil
	}
	red, green, blue := dst[:plane], dst[plane:2*plane], dst[2*plane:]
	for i := range plane {
		p := c.Pix[3*i : 3*i+3 : 3*i+3]
		red[i], green[i], blue[i] = table[p[0]], table[p[1]], table[p[2]]
	}
	return nil
}

// FromFloat sets the clip's pixels from src, channels×Frames×Height×Width values: (x + 1)·255/2, rounded
// to the nearest and clamped to [0, 255]; NaN becomes 0. One channel makes grey pixels.
// ErrShape: channels other than 1 and 3, or len(src) does not fit the clip.
func (c *Clip) FromFloat(src []float32, channels int) error {
	if err := c.checkFloat(len(src), channels); err != nil {
		return fmt.Errorf("video: from floats: %w", err)
	}
	plane := c.Frames * c.Height * c.Width
	red, green, blue := src[:plane], src[:plane], src[:plane]
	if channels == 3 {
		green, blue = src[plane:2*plane], src[2*plane:]
	}
	for i := range plane {
		p := c.Pix[3*i : 3*i+3 : 3*i+3]
		p[0], p[1], p[2] = quantize(red[i]), quantize(green[i]), quantize(blue[i])
	}
	return nil
}

func (c *Clip) checkFloat(values, channels int) error {
	if err := c.check(); err != nil {
		return err
	}
	if channels != 1 && channels != 3 {
		return fmt.Errorf("%d channels, want 1 or 3: %w", channels, ErrShape)
	}
	if want := channels * c.Frames * c.Height * c.Width; values != want {
		return fmt.Errorf("%d values for %d×%d×%d×%d (channels×frames×height×width) = %d: %w",
			values, channels, c.Frames, c.Height, c.Width, want, ErrShape)
	}
	return nil
}

func quantize(x float32) byte {
	v := (x+1)*127.5 + 0.5
	switch {
	case v >= 255:
		return 255
	case v >= 1: // false for NaN
		return byte(v)
	}
	return 0
}

// luma is ITU-R BT.601's, in 16-bit fixed point; the three weights sum to 1.
func luma(r, g, b byte) byte {
	return byte((19595*uint32(r) + 38470*uint32(g) + 7471*uint32(b) + 1<<15) >> 16)
}
