package exec

import "videogan/nn/onednn"

// A batch that threads take in parts. Measured on Zen 5 (two threads of a shared host, float32, means of 25): transposed convolutions of
// 512 images, 64 channels of 32×32 107 → 102 ms, 32 of 64×64 112 → 105 ms, the maps back 102 → 96 and 104 → 103 ms; 32 clips of 8×32×32
// gain as little as they lose. On a host where no thread is held up it is the same.
const (
	leastImages   = 4   // of a part
	leastWork     = 1e8 // FLOP of a part: a tenth of a millisecond, which a call is nothing to
	mostParts     = 64  //
	partsOfThread = 8   // fewer would leave a long wait at the end
)

// partsOf is the number of parts that threads divide the batch of conv into; 0 where they had better not.
func (c *compiler) partsOf(conv onednn.Convolution) int {
	if conv.Direction == onednn.BackwardWeights {
		return 0
	}
	y, w := conv.Y.Sizes(), conv.Weights.Sizes()
	work := 2.0
	for _, n := range y {
		work *= float64(n)
	}
	for _, n := range w[1:] {
		work *= float64(n)
	}
	for parts := min(mostParts, y[0]/leastImages, int(work/leastWork)); parts >= partsOfThread*c.dev.threads; parts-- {
		if y[0]%parts == 0 {
			return parts
		}
	}
	return 0
}
