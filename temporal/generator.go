package temporal

import (
	"fmt"

	"videogan/nn"
)

// Generator is the temporal generator G₀ of TGAN: it unrolls one latent vector
// z0 into a sequence of latent vectors z1, one for each frame, by transposed
// convolutions along time.
//
// Source: Saito et al. 2017, Sec. 3.2 and Table 1; FrameSeedGenerator of the release.
type Generator struct {
	LatentSize     int     `toml:"latent_size" doc:"numbers in z0, the latent vector of a clip"`
	Channels       []int   `toml:"channels" doc:"channels of the hidden layers; every layer but the first doubles the length"`
	OutputSize     int     `toml:"output_size" doc:"numbers in z1, the latent vector of a frame"`
	Frames         int     `toml:"frames" doc:"length of the sequence; a multiple of 2 to the number of hidden layers"`
	NoBeta         bool    `toml:"no_beta" doc:"batch normalization without its shift, as in the release's configs"`
	BiasBeforeNorm bool    `toml:"bias_before_norm" doc:"a bias also in the layers that batch normalization follows (and undoes); the release has it"`
	InitGain       float64 `toml:"init_gain" doc:"weights start as N(0, gain²/fan-in): 1 is LeCun's, 1.414 He's; 0.577 has the variance of PyTorch's default"`
	InitUniform    float64 `toml:"init_uniform" doc:"weights start evenly in ±this instead, whatever the fan-in; 0: off"`
}

// DefaultGenerator is the release's: z0 of 100 numbers to 16 times 100, no beta.
func DefaultGenerator() Generator {
	return Generator{
		LatentSize: 100, Channels: []int{512, 256, 128, 128}, OutputSize: 100, Frames: 16,
		NoBeta: true, BiasBeforeNorm: true, InitGain: 1,
	}
}

// Validate reports the first setting that cannot be.
func (g Generator) Validate() error {
	if err := positive("temporal: generator", []setting{
		{"latent_size", g.LatentSize}, {"output_size", g.OutputSize}, {"frames", g.Frames}, {"channels (their number)", len(g.Channels)},
	}); err != nil {
		return err
	}
	for i, c := range g.Channels {
		if c < 1 {
			return fmt.Errorf("temporal: generator: channels[%d] = %d: want 1 or more", i, c)
		}
	}
	if double := 1 << len(g.Channels); g.Frames%double != 0 {
		return fmt.Errorf("temporal: generator: frames = %d with %d hidden layers: want a multiple of %d, since each doubles the length: %w",
			g.Frames, len(g.Channels), double, nn.ErrShape)
	}
	return nn.InitialWeights{Gain: g.InitGain, Uniform: g.InitUniform}.Validate("temporal: generator")
}

// Build maps z0 (N×LatentSize) to z1 (N×OutputSize×Frames), in [-1, 1].
//
// Differs from the release in: the eps of batch normalization is 1e-5, not 2e-5.
func (g Generator) Build(s *nn.Scope, z0 *nn.Node) *nn.Node {
	if !s.Accepts(g.Validate(), z0, -1, g.LatentSize) {
		return nil
	}
	weight := nn.InitialWeights{Gain: g.InitGain, Uniform: g.InitUniform}.Initializer()
	hidden := nn.LayerOptions{NoBias: !g.BiasBeforeNorm, Weight: weight}
	norm := nn.BatchNormOptions{NoBeta: g.NoBeta}
	double := nn.Cube(1, 4, 2, 1)
	n, start := z0.Shape()[0], g.Frames>>len(g.Channels)

	h := s.Reshape(z0, n, g.LatentSize, 1)                                           // N×Z×1
	h = s.In("dc0").ConvTranspose(h, g.Channels[0], nn.Cube(1, start, 1, 0), hidden) // N×512×1
	h = s.ReLU(s.In("dc0").BatchNorm(h, norm))
	for i, channels := range g.Channels[1:] {
		layer := s.In("dc%d", i+1)
		h = layer.ConvTranspose(h, channels, double, hidden) // N×256×2, N×128×4, N×128×8
		h = s.ReLU(layer.BatchNorm(h, norm))
	}
	h = s.In("dc%d", len(g.Channels)).ConvTranspose(h, g.OutputSize, double, nn.LayerOptions{Weight: weight}) // N×100×16
	return s.Tanh(h)
}
