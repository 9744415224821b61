package eval

import (
	"errors"
	"fmt"
)

// ErrShape marks an error about the sizes of what is measured, for errors.Is.
var ErrShape = errors.New("shape mismatch")

// Shape is the size of a batch of clips, N×C×T×H×W.
type Shape struct {
	Clips, Channels, Frames, Height, Width int
}

// String writes the shape as 16×3×16×64×64.
func (s Shape) String() string {
	return fmt.Sprintf("%d×%d×%d×%d×%d", s.Clips, s.Channels, s.Frames, s.Height, s.Width)
}

// check reports ErrShape unless a and b both hold a batch of shape s.
func (s Shape) check(measure string, a, b []float32) error {
	size := 1
	for _, n := range []int{s.Clips, s.Channels, s.Frames, s.Height, s.Width} {
		if n < 1 {
			return fmt.Errorf("eval: %s of clips %v: %w: every size must be at least 1", measure, s, ErrShape)
		}
		size *= n
	}
	if len(a) != size || len(b) != size {
		return fmt.Errorf("eval: %s of clips %v: %w: the shape has %d values, the batches have %d and %d",
			measure, s, ErrShape, size, len(a), len(b))
	}
	return nil
}

// plane returns the H×W values of one channel of one frame.
func (s Shape) plane(pix []float32, clip, channel, frame int) []float32 {
	size := s.Height * s.Width
	at := ((clip*s.Channels+channel)*s.Frames + frame) * size
	return pix[at : at+size]
}
