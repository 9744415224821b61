package video

import (
	"fmt"
	"math"
)

// Clip holds Frames frames of Height×Width RGB pixels, 8 bits a channel.
type Clip struct {
	Frames, Height, Width int
	// FPS is the rate in frames a second; 0: unknown.
	FPS float64
	// Pix is Frames×Height×Width×3, row major, without padding.
	Pix []byte
}

// NewClip returns a black clip. A size that is not positive gives a clip without pixels.
func NewClip(frames, height, width int, fps float64) *Clip {
	c := &Clip{Frames: frames, Height: height, Width: width, FPS: fps}
	if frames > 0 && height > 0 && width > 0 {
		c.Pix = make([]byte, frames*height*width*3)
	}
	return c
}

// Frame returns frame t (Height×Width×3), sharing the clip's memory. Like an index, t must be in [0, Frames).
func (c *Clip) Frame(t int) []byte {
	n := c.frameSize()
	return c.Pix[t*n : (t+1)*n : (t+1)*n]
}

// Window returns the frames [start, start+frames), sharing the clip's memory.
// It reports ErrShort when the clip ends before the window does.
func (c *Clip) Window(start, frames int) (*Clip, error) {
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("video: window: %w", err)
	}
	if start < 0 || frames < 1 {
		return nil, fmt.Errorf("video: window of %d frames from frame %d: want a start of 0 or more and one frame or more: %w", frames, start, ErrShape)
	}
	if start > c.Frames-frames {
		return nil, fmt.Errorf("video: window of %d frames from frame %d: the clip has %d: %w", frames, start, c.Frames, ErrShort)
	}
	n := c.frameSize()
	return &Clip{Frames: frames, Height: c.Height, Width: c.Width, FPS: c.FPS, Pix: c.Pix[start*n : (start+frames)*n : (start+frames)*n]}, nil
}

// Crop copies the rectangle of height×width pixels whose upper left corner is (x, y) out of every frame.
// It reports ErrShape when the rectangle is empty or leaves the frame.
func (c *Clip) Crop(x, y, width, height int) (*Clip, error) {
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("video: crop: %w", err)
	}
	if x < 0 || y < 0 || width < 1 || height < 1 || x > c.Width-width || y > c.Height-height {
		return nil, fmt.Errorf("video: crop %d×%d (width×height) at (%d, %d) from frames of %d×%d: %w", width, height, x, y, c.Width, c.Height, ErrShape)
	}
	out := NewClip(c.Frames, height, width, c.FPS)
	for t := range c.Frames {
		from, to := c.Frame(t), out.Frame(t)
		for row := range height {
			copy(to[row*width*3:(row+1)*width*3], from[((y+row)*c.Width+x)*3:])
		}
	}
	return out, nil
}

func (c *Clip) frameSize() int { return c.Height * c.Width * 3 }

// check reports ErrShape for a clip without pixels or whose Pix does not fit its sizes.
func (c *Clip) check() error {
	if c == nil || c.Frames < 1 || c.Height < 1 || c.Width < 1 {
		frames, height, width := 0, 0, 0
		if c != nil {
			frames, height, width = c.Frames, c.Height, c.Width
		}
		return fmt.Errorf("empty clip (%d×%d×%d, frames×height×width): %w", frames, height, width, ErrShape)
	}
	if c.Height > math.MaxInt/3/c.Width || c.Frames > math.MaxInt/c.frameSize() || len(c.Pix) != c.Frames*c.frameSize() {
		return fmt.Errorf("clip of %d×%d×%d×3 with %d bytes of pixels: %w", c.Frames, c.Height, c.Width, len(c.Pix), ErrShape)
	}
	return nil
}
