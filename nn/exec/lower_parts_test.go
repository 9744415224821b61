package exec

import (
	"testing"

	"videogan/nn/onednn"
)

func TestPartsOf(t *testing.T) {
	conv := func(direction onednn.Direction, n, channels, outputs, size int) onednn.Convolution {
		return onednn.Convolution{Direction: direction, X: onednn.Dense(n, channels, 2*size, 2*size).Any(),
			Weights: onednn.Dense(outputs, channels, 4, 4).Any(), Y: onednn.Dense(n, outputs, size, size).Any()}
	}
	for _, row := range []struct {
		reason  string
		conv    onednn.Convolution
		threads int
		want    int
	}{
		{"TGAN's frames", conv(onednn.BackwardData, 512, 32, 64, 32), 2, 64},
		{"four images a part", conv(onednn.Forward, 64, 32, 64, 32), 2, 16},
		{"parts divide the batch", conv(onednn.Forward, 100, 32, 64, 32), 2, 25},
		{"too few for so many threads", conv(onednn.Forward, 64, 32, 64, 32), 4, 0},
		{"a prime number of images", conv(onednn.Forward, 127, 32, 64, 32), 2, 0},
		{"little work", conv(onednn.Forward, 128, 16, 32, 8), 2, 0},
		{"a sum over the batch", conv(onednn.BackwardWeights, 512, 32, 64, 32), 2, 0},
	} {
		c := &compiler{dev: &Device{threads: row.threads}}
		if got := c.partsOf(row.conv); got != row.want {
			t.Errorf("%s: %d parts, want %d", row.reason, got, row.want)
		}
	}
}
