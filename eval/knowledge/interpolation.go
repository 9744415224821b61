package knowledge

import (
	"fmt"
	"math"
)

// Lerp is the point at share t of the straight way from a to b, which are vectors of one length.
func Lerp(a, b []float32, t float64) []float32 {
	out := make([]float32, len(a))
	for i := range a {
		out[i] = float32((1-t)*float64(a[i]) + t*float64(b[i]))
	}
	return out
}

// Slerp is the point at share t of the way from a to b along the arc, where the length of the
// vectors changes evenly: with Ω the angle between a and b,
//
//	sin((1-t)·Ω)/sin Ω·a + sin(t·Ω)/sin Ω·b,  of unit vectors, times (1-t)·|a| + t·|b|
//
// Points in the middle of a straight way are shorter than any that a generator has been trained
// on; those of an arc are not. Where one vector is zero, or both point the same way or against
// each other, it is Lerp.
//
// Source: Shoemake 1985; White 2016, "Sampling generative networks", Sec. 2.1. Differs from them
// in: lengths are interpolated on their own.
func Slerp(a, b []float32, t float64) []float32 {
	lengthA, lengthB := length(a), length(b)
	dot := 0.0
	for i := range a {
		dot += float64(a[i]) * float64(b[i])
	}
	angle := math.Acos(min(max(dot/(lengthA*lengthB), -1), 1))
	sine := math.Sin(angle)
	if !(sine > 1e-6) { // also where a length is 0
		return Lerp(a, b, t)
	}
	whole := (1-t)*lengthA + t*lengthB
	shareA, shareB := whole*math.Sin((1-t)*angle)/sine/lengthA, whole*math.Sin(t*angle)/sine/lengthB
	out := make([]float32, len(a))
	for i := range a {
		out[i] = float32(shareA*float64(a[i]) + shareB*float64(b[i]))
	}
	return out
}

func length(a []float32) float64 {
	sum := 0.0
	for _, v := range a {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum)
}

// Stretch puts times-1 latent vectors of frames between each two of a sequence, at even steps of
// the straight way: size×frames numbers become size×((frames-1)·times+1). The image generator
// paints the frames between those that it was trained on. ErrShape: other numbers.
//
// Source: Saito et al. 2017, Sec. 4.5 (frame interpolation).
func Stretch(sequence []float32, size, times int) ([]float32, error) {
	if size < 1 || times < 1 || len(sequence) == 0 || len(sequence)%size != 0 {
		return nil, fmt.Errorf("knowledge: stretch %d numbers, %d a frame, by %d: %w", len(sequence), size, times, ErrShape)
	}
	frames := len(sequence) / size
	more := (frames-1)*times + 1
	out := make([]float32, size*more)
	for i := range size {
		row := sequence[i*frames : (i+1)*frames]
		for t := range more {
			at, share := t/times, float32(t%times)/float32(times)
			v := row[at]
			if share > 0 {
				v = (1-share)*v + share*row[at+1]
			}
			out[i*more+t] = v
		}
	}
	return out, nil
}

// Shares splits the variance of values over a grid, contents×motions of size numbers each, into
// what depends on the content alone, on the motion alone, and on both together; the three sum to
// 1. It is a two-way analysis of variance of every number, summed. ErrShape: fewer than two of
// either, or other numbers. ErrOption: everything is the same.
func Shares(values []float32, contents, motions int) (content, motion, both float64, err error) {
	if contents < 2 || motions < 2 || len(values) == 0 || len(values)%(contents*motions) != 0 {
		return 0, 0, 0, fmt.Errorf("knowledge: shares of %d values on a grid of %d×%d: %w", len(values), contents, motions, ErrShape)
	}
	size := len(values) / (contents * motions)
	rows, columns := make([]float64, contents), make([]float64, motions)
	total := 0.0
	for k := range size {
		at := func(i, j int) float64 { return float64(values[(i*motions+j)*size+k]) }
		clear(rows)
		clear(columns)
		mean := 0.0
		for i := range contents {
			for j := range motions {
				v := at(i, j)
				rows[i] += v / float64(motions)
				columns[j] += v / float64(contents)
				mean += v / float64(contents*motions)
			}
		}
		for i := range contents {
			for j := range motions {
				total += square(at(i, j) - mean)
				content += square(rows[i] - mean)
				motion += square(columns[j] - mean)
			}
		}
	}
	if !(total > 0) {
		return 0, 0, 0, fmt.Errorf("knowledge: shares of variance: all clips are the same: %w", ErrOption)
	}
	content, motion = content/total, motion/total
	return content, motion, 1 - content - motion, nil
}

func square(x float64) float64 { return x * x }

// Centres are where the brightness of each frame of clips (n×C×T×H×W) has its centre of mass, n×T
// pairs of x and y in pixels: where the thing is that moves before a black background. The centre
// of a black frame is that of the frame.
func Centres(clips []float32, channels, frames, height, width int) []float32 {
	pixels := height * width
	out := make([]float32, 2*len(clips)/(channels*pixels))
	mass := make([]float64, len(out)/2)
	sums := make([]float64, len(out))
	eachPlane(len(clips), channels, frames, pixels, func(clip, frame int) {
		at := frame / (channels * pixels)
		for i, v := range clips[clip : clip+pixels] {
			bright := (float64(v) + 1) / 2
			mass[at] += bright
			sums[2*at] += bright * float64(i%width)
			sums[2*at+1] += bright * float64(i/width)
		}
	})
	for i, m := range mass {
		out[2*i], out[2*i+1] = float32(width-1)/2, float32(height-1)/2
		if m > 1e-6 {
			out[2*i], out[2*i+1] = float32(sums[2*i]/m), float32(sums[2*i+1]/m)
		}
	}
	return out
}

// Sharpness is the mean absolute difference of neighbouring pixels of each frame of clips
// (n×C×T×H×W), in the order of the frames, clip by clip: frames that are mixed of others have less.
func Sharpness(clips []float32, channels, frames, height, width int) []float64 {
	pixels := height * width
	out := make([]float64, len(clips)/(channels*pixels))
	eachPlane(len(clips), channels, frames, pixels, func(clip, frame int) {
		plane := clips[clip : clip+pixels]
		sum := 0.0
		for y := range height {
			for x := range width {
				v := plane[y*width+x]
				if x+1 < width {
					sum += math.Abs(float64(plane[y*width+x+1] - v))
				}
				if y+1 < height {
					sum += math.Abs(float64(plane[(y+1)*width+x] - v))
				}
			}
		}
		out[frame/(channels*pixels)] += sum / float64(2*channels*pixels)
	})
	return out
}
