package video

import (
	"fmt"

	"github.com/asticode/go-astiav"
)

// Scaling is how FFmpeg's swscale makes pixels of another size.
type Scaling int

const (
	Bicubic  Scaling = iota // the default, as the ffmpeg command's
	Area                    // mean over the covered area; for making pictures smaller
	Bilinear                // triangle filter, widened when making pictures smaller
	Nearest                 // one source pixel each
)

// String returns swscale's name of the method.
func (s Scaling) String() string {
	switch s {
	case Bicubic:
		return "bicubic"
	case Area:
		return "area"
	case Bilinear:
		return "bilinear"
	case Nearest:
		return "neighbor"
	}
	return fmt.Sprintf("Scaling(%d)", int(s))
}

func (s Scaling) check() error {
	if s < Bicubic || s > Nearest {
		return fmt.Errorf("%v: want Bicubic, Area, Bilinear or Nearest: %w", s, ErrUnsupported)
	}
	return nil
}

// maxSide is the largest width or height that is made.
const maxSide = 1 << 14

// Resize scales every frame to height×width. Each channel is scaled by itself, so that grey stays
// grey and nothing is lost to a colour space between. ErrShape: a size outside [1, 16384].
func (c *Clip) Resize(width, height int, s Scaling) (*Clip, error) {
	out, err := c.resize(width, height, s)
	if err != nil {
		return nil, fmt.Errorf("video: resize to %d×%d (width×height): %w", width, height, err)
	}
	return out, nil
}

func (c *Clip) resize(width, height int, s Scaling) (*Clip, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	if width < 1 || height < 1 || width > maxSide || height > maxSide {
		return nil, fmt.Errorf("sides must be in [1, %d]: %w", maxSide, ErrShape)
	}
	defer enterFFmpeg()()
	grey := picture{c.Width, c.Height, astiav.PixelFormatGray8}
	g, err := newGraph(fmt.Sprintf("scale=%d:%d:flags=%v+accurate_rnd,format=gray", width, height, s), grey, astiav.NewRational(1, 1))
	if err != nil {
		return nil, explain(err)
	}
	defer g.close()
	frame := astiav.AllocFrame()
	if frame == nil {
		return nil, errNoMemory
	}
	defer frame.Free()

	out := NewClip(c.Frames, height, width, c.FPS)
	from, to := make([]byte, c.Height*c.Width), make([]byte, height*width)
	for t := range c.Frames {
		for channel := range 3 {
			for i, pix := channel, c.Frame(t); i < len(pix); i += 3 {
				from[i/3] = pix[i]
			}
			if err := fillFrame(frame, grey.format, c.Width, c.Height, from); err != nil {
				return nil, err
			}
			if err := g.push(frame); err != nil {
				return nil, explain(err)
			}
			scaled, err := g.pull()
			if err != nil {
				return nil, explain(err)
			}
			if _, err := scaled.ImageCopyToBuffer(to, 1); err != nil {
				return nil, err
			}
			for i, pix := channel, out.Frame(t); i < len(pix); i += 3 {
				pix[i] = to[i/3]
			}
		}
	}
	return out, nil
}
