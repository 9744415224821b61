package classifier

import (
	"fmt"
	"math/rand/v2"

	"videogan/eval"
)

// Augmentation changes training clips at random, every frame of a clip alike.
type Augmentation struct {
	Flip  bool    `toml:"flip" json:"flip" doc:"mirror half of the clips left to right; wrong for digits and letters"`
	Crop  float64 `toml:"crop" json:"crop" doc:"height and width of a random part of the frame that is scaled up to it, as a share of them between this and 1; 1: none"`
	Light float64 `toml:"light" json:"light" doc:"contrast times a number between 1-light and 1+light, brightness moved by up to light; 0: none"`
}

// Validate reports, with ErrConfig, a setting out of range.
func (a Augmentation) Validate() error {
	if !(a.Crop > 0 && a.Crop <= 1) {
		return fmt.Errorf("classifier: augment.crop = %v: %w: want 0 < crop ≤ 1", a.Crop, ErrConfig)
	}
	if !(a.Light >= 0 && a.Light < 1) {
		return fmt.Errorf("classifier: augment.light = %v: %w: want 0 ≤ light < 1", a.Light, ErrConfig)
	}
	return nil
}

// Apply changes the clips (N×C×T×H×W in [-1, 1]) in place.
func (a Augmentation) Apply(rng *rand.Rand, clips []float32, shape eval.Shape) {
	planes := shape.Channels * shape.Frames
	size := shape.Height * shape.Width
	scratch := make([]float32, size)
	for n := range shape.Clips {
		clip := clips[n*planes*size : (n+1)*planes*size]
		// Each clip takes the same count of random numbers, whatever is switched on.
		mirrored := rng.IntN(2) == 1 && a.Flip
		share := a.Crop + (1-a.Crop)*rng.Float64()
		rows := samples(shape.Height, share, rng.Float64(), false)
		columns := samples(shape.Width, share, rng.Float64(), mirrored)
		gain := float32(1 + a.Light*(2*rng.Float64()-1))
		shift := float32(a.Light * (2*rng.Float64() - 1))
		for p := range planes {
			plane := clip[p*size : (p+1)*size]
			if a.Crop < 1 || mirrored {
				copy(scratch, plane)
				resample(plane, scratch, rows, columns)
			}
			if a.Light > 0 {
				for i, v := range plane {
					plane[i] = max(-1, min(1, v*gain+shift))
				}
			}
		}
	}
}

// sample is a position between two neighbours: the value is (1-weight)·x[at] + weight·x[next].
type sample struct {
	at, next int
	weight   float32
}

// samples places n positions evenly over a part of n pixels that begins at offset (0 to 1) of the room it has.
func samples(n int, share, offset float64, mirrored bool) []sample {
	list := make([]sample, n)
	start := offset * (1 - share) * float64(n)
	for i := range n {
		x := max(0, min(start+(float64(i)+0.5)*share-0.5, float64(n-1)))
		at := int(x)
		s := sample{at: at, next: min(at+1, n-1), weight: float32(x - float64(at))}
		if mirrored {
			list[n-1-i] = s
		} else {
			list[i] = s
		}
	}
	return list
}

// resample fills dst by bilinear interpolation in src.
func resample(dst, src []float32, rows, columns []sample) {
	width := len(columns)
	for y, r := range rows {
		upper, lower := src[r.at*width:(r.at+1)*width], src[r.next*width:(r.next+1)*width]
		out := dst[y*width : (y+1)*width]
		for x, c := range columns {
			top := upper[c.at] + c.weight*(upper[c.next]-upper[c.at])
			bottom := lower[c.at] + c.weight*(lower[c.next]-lower[c.at])
			out[x] = top + r.weight*(bottom-top)
		}
	}
}
