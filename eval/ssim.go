package eval

import (
	"fmt"
	"math"
)

// Constants of Wang et al. 2004, Sec. III-C, for images in [0, 1].
const (
	ssimWindow = 11          // side of the Gaussian window
	ssimSigma  = 1.5         // its standard deviation, pixels
	ssimC1     = 0.01 * 0.01 // (K₁L)², keeps the luminance term finite on black
	ssimC2     = 0.03 * 0.03 // (K₂L)², keeps the contrast term finite on flat patches
)

// SSIM returns the structural similarity of every frame of a to the same frame
// of b, from -1 to 1, and 1 only for equal frames. In each window of 11×11
// pixels, weighted by a Gaussian of σ 1.5 that sums to one,
//
//	(2·μa·μb + C1)·(2·σab + C2) / ((μa² + μb² + C1)·(σa² + σb² + C2))
//
// averaged over all windows that lie inside the frame, then over channels.
// a and b are batches of the given shape with values in [-1, 1]; they are
// measured as images in [0, 1]. The result has length N×T, frames of a clip side
// by side. A frame smaller than the window, or a length that does not fit the
// shape, is ErrShape.
//
// Source: Wang, Bovik, Sheikh, Simoncelli, "Image quality assessment: from error
// visibility to structural similarity", IEEE Transactions on Image Processing
// 13(4), 2004, equation 13. As the authors' program does it, the windows are not
// padded at the border; unlike it, frames are not shrunk first, and a colour
// frame is the mean of its channels, not its luminance.
func SSIM(a, b []float32, shape Shape) ([]float64, error) {
	if err := shape.check("SSIM", a, b); err != nil {
		return nil, err
	}
	if shape.Height < ssimWindow || shape.Width < ssimWindow {
		return nil, fmt.Errorf("eval: SSIM of clips %v: %w: frames must be at least %d×%d, the size of its window",
			shape, ErrShape, ssimWindow, ssimWindow)
	}
	s := newSimilarity(shape.Height, shape.Width)
	scores := make([]float64, 0, shape.Clips*shape.Frames)
	for clip := range shape.Clips {
		for frame := range shape.Frames {
			sum := 0.0
			for channel := range shape.Channels {
				sum += s.mean(shape.plane(a, clip, channel, frame), shape.plane(b, clip, channel, frame))
			}
			scores = append(scores, sum/float64(shape.Channels))
		}
	}
	return scores, nil
}

// similarity computes SSIM of planes of one size, reusing its memory.
type similarity struct {
	height, width int
	taps          [ssimWindow]float64
	a, b, product []float64    // H×W
	rows          []float64    // H×(W-10), filtered along rows
	local         [5][]float64 // (H-10)×(W-10): means of a, b, a², b², ab
}

func newSimilarity(height, width int) *similarity {
	s := &similarity{height: height, width: width}
	sum := 0.0
	for i := range s.taps {
		d := float64(i - ssimWindow/2)
		s.taps[i] = math.Exp(-d * d / (2 * ssimSigma * ssimSigma))
		sum += s.taps[i]
	}
	for i := range s.taps {
		s.taps[i] /= sum
	}
	valid := width - ssimWindow + 1
	s.a = make([]float64, height*width)
	s.b = make([]float64, height*width)
	s.product = make([]float64, height*width)
	s.rows = make([]float64, height*valid)
	for i := range s.local {
		s.local[i] = make([]float64, (height-ssimWindow+1)*valid)
	}
	return s
}

// mean returns the SSIM of two planes in [-1, 1], averaged over windows.
func (s *similarity) mean(a, b []float32) float64 {
	for i := range a {
		s.a[i] = (float64(a[i]) + 1) / 2
		s.b[i] = (float64(b[i]) + 1) / 2
	}
	s.filter(s.local[0], s.a)
	s.filter(s.local[1], s.b)
	for i, pair := range [][2][]float64{{s.a, s.a}, {s.b, s.b}, {s.a, s.b}} {
		for j := range s.product {
			s.product[j] = pair[0][j] * pair[1][j]
		}
		s.filter(s.local[2+i], s.product)
	}
	sum := 0.0
	for i, ma := range s.local[0] {
		mb := s.local[1][i]
		va, vb, cov := s.local[2][i]-ma*ma, s.local[3][i]-mb*mb, s.local[4][i]-ma*mb
		sum += (2*ma*mb + ssimC1) * (2*cov + ssimC2) / ((ma*ma + mb*mb + ssimC1) * (va + vb + ssimC2))
	}
	return sum / float64(len(s.local[0]))
}

// filter writes the Gaussian-weighted mean of every window of src to dst; the
// window is the product of its row and its column.
func (s *similarity) filter(dst, src []float64) {
	valid := s.width - ssimWindow + 1
	for y := range s.height {
		row := src[y*s.width : (y+1)*s.width]
		for x := range valid {
			sum := 0.0
			for k, tap := range s.taps {
				sum += tap * row[x+k]
			}
			s.rows[y*valid+x] = sum
		}
	}
	for i := range dst {
		sum := 0.0
		for k, tap := range s.taps {
			sum += tap * s.rows[i+k*valid]
		}
		dst[i] = sum
	}
}
