package knowledge

import (
	"math"

	"videogan/gan"
	"videogan/nn"
)

// Corruption makes clips worse in one way, which a discriminator should see.
type Corruption struct {
	Name string
	// Apply returns other clips (n×C×T×H×W, in [-1, 1]); what is random comes from the seed.
	Apply func(clips []float32, shape gan.ClipShape, seed uint64) []float32
}

// Corruptions are the ones that realness is measured against: two of motion, which leave every
// frame as it is, and two of frames, which leave the motion.
func Corruptions() []Corruption {
	return []Corruption{
		{"shuffled time", ShuffleTime},
		{"frozen frame", Freeze},
		{"blur", func(clips []float32, shape gan.ClipShape, _ uint64) []float32 { return Blur(clips, shape, 1) }},
		{"noise", func(clips []float32, shape gan.ClipShape, seed uint64) []float32 { return Noise(clips, 0.1, seed) }},
	}
}

// ShuffleTime puts the frames of each clip in a random order, which is never the right one nor
// its reverse.
func ShuffleTime(clips []float32, shape gan.ClipShape, seed uint64) []float32 {
	rng := nn.Stream(seed, "corruption/shuffle")
	orders := make([][]int, len(clips)/shape.Size())
	for i := range orders {
		for orders[i] == nil || shape.Frames > 2 && monotone(orders[i]) {
			orders[i] = rng.Perm(shape.Frames)
		}
	}
	return pickFrames(clips, shape, func(clip, t int) int { return orders[clip][t] })
}

// monotone tells whether numbers only rise or only fall.
func monotone(order []int) bool {
	rises, falls := true, true
	for i := 1; i < len(order); i++ {
		rises, falls = rises && order[i] > order[i-1], falls && order[i] < order[i-1]
	}
	return rises || falls
}

// Freeze repeats the middle frame of each clip.
func Freeze(clips []float32, shape gan.ClipShape, _ uint64) []float32 {
	return pickFrames(clips, shape, func(_, _ int) int { return shape.Frames / 2 })
}

// pickFrames makes clips whose frame t is frame(clip, t) of the clip.
func pickFrames(clips []float32, shape gan.ClipShape, frame func(clip, t int) int) []float32 {
	out := make([]float32, len(clips))
	pixels := shape.Height * shape.Width
	for i := range len(clips) / pixels {
		clip, t := i/(shape.Channels*shape.Frames), i%shape.Frames
		from := (i - t + frame(clip, t)) * pixels
		copy(out[i*pixels:(i+1)*pixels], clips[from:from+pixels])
	}
	return out
}

// Blur takes the mean of each frame's pixels with Gaussian weights of a standard deviation in
// pixels; outside of the frame nothing weighs.
func Blur(clips []float32, shape gan.ClipShape, sigma float64) []float32 {
	return smooth(clips, nil, shape, sigma)
}

// smooth is the mean with Gaussian weights along H and W of the pixels that are known (1, else 0;
// nil: all), pixel by pixel; where no weight is left it is 0.
func smooth(clips, known []float32, shape gan.ClipShape, sigma float64) []float32 {
	reach := int(math.Ceil(3 * sigma))
	taps := make([]float64, 2*reach+1)
	for i := range taps {
		taps[i] = math.Exp(-square(float64(i-reach)) / (2 * sigma * sigma))
	}
	height, width := shape.Height, shape.Width
	pixels := height * width
	values, weights := make([]float64, pixels), make([]float64, pixels)
	out := make([]float32, len(clips))
	for from := 0; from < len(clips); from += pixels {
		for i := range pixels {
			weights[i] = 1
			if known != nil {
				weights[i] = float64(known[from+i])
			}
			values[i] = weights[i] * float64(clips[from+i])
		}
		for _, plane := range []*[]float64{&values, &weights} {
			*plane = filter(filter(*plane, taps, width, 1, width, height), taps, height, width, width, height)
		}
		for i := range pixels {
			if weights[i] > 1e-12 {
				out[from+i] = float32(values[i] / weights[i])
			}
		}
	}
	return out
}

// filter sums taps along one axis of a plane, of which long is the length and stride the step.
func filter(plane, taps []float64, long, stride, width, height int) []float64 {
	out := make([]float64, len(plane))
	reach := len(taps) / 2
	for y := range height {
		for x := range width {
			at, along := y*width+x, x
			if stride > 1 {
				along = y
			}
			for k, tap := range taps {
				if to := along + k - reach; to >= 0 && to < long {
					out[at] += tap * plane[at+(k-reach)*stride]
				}
			}
		}
	}
	return out
}

// Noise adds Gaussian noise of a standard deviation, on the scale of [-1, 1], and keeps the range.
func Noise(clips []float32, sigma float64, seed uint64) []float32 {
	rng := nn.Stream(seed, "corruption/noise")
	out := make([]float32, len(clips))
	for i, v := range clips {
		out[i] = float32(min(max(float64(v)+sigma*rng.NormFloat64(), -1), 1))
	}
	return out
}
