package spatial

import (
	"fmt"

	"videogan/nn"
)

// Generator is the image generator G₁ of TGAN: it paints each frame from the
// latent vector of the clip, z0, and that of the frame, z1. Each vector becomes
// half of the channels of a 4×4 image, which transposed convolutions enlarge.
//
// Source: Saito et al. 2017, Sec. 3.2 and Table 1; VideoGenerator of the release.
type Generator struct {
	ClipLatentSize  int     `toml:"clip_latent_size" doc:"numbers in z0, the latent vector of a clip"`
	FrameLatentSize int     `toml:"frame_latent_size" doc:"numbers in z1, the latent vector of a frame"`
	Channels        int     `toml:"channels" doc:"channels of a frame: 3 for colour, 1 for grey"`
	Size            int     `toml:"size" doc:"height and width of a frame: 4 times a power of two, 8 or more"`
	Width           int     `toml:"width" doc:"channels of each of the two 4×4 images; a layer has half the channels of the one before it, the first those of both"`
	MinWidth        int     `toml:"min_width" doc:"the fewest channels that a hidden layer has"`
	NoBeta          bool    `toml:"no_beta" doc:"batch normalization without its shift"`
	BiasBeforeNorm  bool    `toml:"bias_before_norm" doc:"a bias also in the layers that batch normalization follows (and undoes); the release has none here"`
	InitGain        float64 `toml:"init_gain" doc:"weights start as N(0, gain²/fan-in): 1 is LeCun's, 1.414 He's; 0.577 has the variance of PyTorch's default"`
	InitUniform     float64 `toml:"init_uniform" doc:"weights start evenly in ±this instead, whatever the fan-in; 0: off; the release's UCF101 config has 0.01"`
}

// DefaultGenerator is the release's, for colour frames of 64×64.
func DefaultGenerator() Generator {
	return Generator{
		ClipLatentSize: 100, FrameLatentSize: 100, Channels: 3, Size: 64, Width: 256, MinWidth: 32,
		InitGain: 1, InitUniform: 0.01,
	}
}

// startSize is the height and width of the first image.
const startSize = 4

// Validate reports the first setting that cannot be.
func (g Generator) Validate() error {
	const network = "spatial: generator"
	if err := positive(network, []setting{
		{"clip_latent_size", g.ClipLatentSize}, {"frame_latent_size", g.FrameLatentSize}, {"channels", g.Channels},
		{"size", g.Size}, {"width", g.Width}, {"min_width", g.MinWidth},
	}); err != nil {
		return err
	}
	if err := checkSize(network, g.Size); err != nil {
		return err
	}
	return nn.InitialWeights{Gain: g.InitGain, Uniform: g.InitUniform}.Validate(network)
}

// Build maps z0 (N×ClipLatentSize) and z1 (N×FrameLatentSize×T) to clips
// (N×Channels×T×Size×Size) in [-1, 1]. All T frames of all N clips make one
// batch, also for the statistics of batch normalization.
//
// Differs from the release in: the branch of z0 runs once a clip and not once a
// frame, with the same result; the last layer is a convolution, of which the
// release's transposed one (kernel 3, stride 1) is the mirror image; and the eps
// of batch normalization is 1e-5, not 2e-5.
func (g Generator) Build(s *nn.Scope, z0, z1 *nn.Node) *nn.Node {
	if !s.Accepts(g.Validate(), z0, -1, g.ClipLatentSize) || !s.Accepts(nil, z1, z0.Shape()[0], g.FrameLatentSize, -1) {
		return nil
	}
	n, t := z0.Shape()[0], z1.Shape()[2]
	weight := nn.InitialWeights{Gain: g.InitGain, Uniform: g.InitUniform}.Initializer()
	hidden := nn.LayerOptions{NoBias: !g.BiasBeforeNorm, Weight: weight}
	norm := nn.BatchNormOptions{NoBeta: g.NoBeta}
	double := nn.Cube(2, 4, 2, 1)
	image := g.Width * startSize * startSize

	slow := s.In("l0s").Linear(z0, image, hidden) // N×4096
	slow = s.ReLU(s.In("l0s").BatchNorm(slow, norm))
	slow = s.Repeat(s.Reshape(slow, n, 1, image), 1, t)                 // N×T×4096
	slow = s.Reshape(slow, n*t, g.Width, startSize, startSize)          // NT×256×4×4
	fast := s.Reshape(s.Transpose(z1, 0, 2, 1), n*t, g.FrameLatentSize) // NT×Z
	fast = s.In("l0f").Linear(fast, image, hidden)                      // NT×4096
	fast = s.ReLU(s.In("l0f").BatchNorm(fast, norm))
	fast = s.Reshape(fast, n*t, g.Width, startSize, startSize) // NT×256×4×4
	h := s.Concat(1, slow, fast)                               // NT×512×4×4

	layers, width := 1, 2*g.Width
	for size := startSize; size < g.Size; size *= 2 {
		layer := s.In("dc%d", layers)
		width = max(width/2, g.MinWidth)
		h = layer.ConvTranspose(h, width, double, hidden) // NT×256×8×8, NT×128×16×16, NT×64×32×32, NT×32×64×64
		h = s.ReLU(layer.BatchNorm(h, norm))
		layers++
	}
	h = s.In("dc%d", layers).Conv(h, g.Channels, nn.Cube(2, 3, 1, 1), nn.LayerOptions{Weight: weight}) // NT×3×64×64
	h = s.Tanh(h)
	clips := s.Reshape(h, n, t, g.Channels, g.Size, g.Size)
	return s.Transpose(clips, 0, 2, 1, 3, 4) // N×3×T×64×64
}

// checkSize reports a frame size that doubling from 4 does not reach.
func checkSize(network string, size int) error {
	for at := 2 * startSize; at <= size; at *= 2 {
		if at == size {
			return nil
		}
	}
	return fmt.Errorf("%s: size = %d: want 8, 16, 32, 64, 128, …: 4 times a power of two: %w", network, size, nn.ErrShape)
}
