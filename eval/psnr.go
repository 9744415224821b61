package eval

import "math"

// PSNR returns the peak signal-to-noise ratio of every frame of a against the
// same frame of b, in decibels:
//
//	10·log10(peak² / mean((a-b)²)), the mean over the frame's channels and pixels
//
// a and b are batches of the given shape with values in [-1, 1], so the peak is
// 2; images in [0, 1] with peak 1 give the same number. The result has length
// N×T, frames of a clip side by side. Equal frames give +Inf (some tools print
// 100 for them instead). A length that does not fit the shape is ErrShape.
func PSNR(a, b []float32, shape Shape) ([]float64, error) {
	if err := shape.check("PSNR", a, b); err != nil {
		return nil, err
	}
	const peak = 2
	values := float64(shape.Channels * shape.Height * shape.Width)
	scores := make([]float64, 0, shape.Clips*shape.Frames)
	for clip := range shape.Clips {
		for frame := range shape.Frames {
			sum := 0.0
			for channel := range shape.Channels {
				sum += squaredDistance(shape.plane(a, clip, channel, frame), shape.plane(b, clip, channel, frame))
			}
			scores = append(scores, 10*math.Log10(peak*peak*values/sum))
		}
	}
	return scores, nil
}

// squaredDistance is Σ (a-b)².
func squaredDistance(a, b []float32) float64 {
	sum := 0.0
	for i, v := range a {
		d := float64(v) - float64(b[i])
		sum += d * d
	}
	return sum
}
