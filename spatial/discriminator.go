package spatial

import (
	"fmt"

	"videogan/nn"
)

// Discriminator judges single frames by two-dimensional convolutions, each of
// which halves the frame. Beside a discriminator of clips it asks for sharp
// frames, whatever their motion.
//
// Source: the frame discriminator of Tulyakov et al. 2018 (MoCoGAN) and of Clark
// et al. 2019 (DVD-GAN), with the layers of TGAN's clip discriminator.
type Discriminator struct {
	Channels       int     `toml:"channels" doc:"channels of a frame: 3 for colour, 1 for grey"`
	Size           int     `toml:"size" doc:"height and width of a frame: 4 times a power of two, 8 or more"`
	Width          int     `toml:"width" doc:"channels of the first layer; each further one has twice as many"`
	MaxWidth       int     `toml:"max_width" doc:"the most channels that a layer has"`
	BatchNorm      bool    `toml:"batch_norm" doc:"batch normalization in all hidden layers but the first"`
	NoBeta         bool    `toml:"no_beta" doc:"batch normalization without its shift"`
	BiasBeforeNorm bool    `toml:"bias_before_norm" doc:"a bias also in the layers that batch normalization follows (and undoes)"`
	SpectralNorm   bool    `toml:"spectral_norm" doc:"spectral normalization of every layer; the gan.constraint of this name sets it"`
	Noise          float64 `toml:"noise" doc:"standard deviation of the noise added before each activation in training; 0: none"`
	Slope          float64 `toml:"slope" doc:"slope of LeakyReLU below zero"`
	InitGain       float64 `toml:"init_gain" doc:"weights start as N(0, gain²/fan-in): 1 is LeCun's, 1.414 He's; 0.577 has the variance of PyTorch's default"`
	InitUniform    float64 `toml:"init_uniform" doc:"weights start evenly in ±this instead, whatever the fan-in; 0: off"`
}

// DefaultDiscriminator has the widths of TGAN's clip discriminator, for colour
// frames of 64×64.
func DefaultDiscriminator() Discriminator {
	return Discriminator{
		Channels: 3, Size: 64, Width: 64, MaxWidth: 512,
		BatchNorm: true, NoBeta: true, BiasBeforeNorm: true, Slope: 0.2, InitGain: 1,
	}
}

// Validate reports the first setting that cannot be.
func (d Discriminator) Validate() error {
	const network = "spatial: discriminator"
	if err := positive(network, []setting{
		{"channels", d.Channels}, {"size", d.Size}, {"width", d.Width}, {"max_width", d.MaxWidth},
	}); err != nil {
		return err
	}
	if err := checkSize(network, d.Size); err != nil {
		return err
	}
	if !(d.Noise >= 0) {
		return fmt.Errorf("%s: noise = %v: want 0 (none) or more", network, d.Noise)
	}
	if !(d.Slope >= 0 && d.Slope < 1) {
		return fmt.Errorf("%s: slope = %v: want 0 ≤ slope < 1", network, d.Slope)
	}
	return nn.InitialWeights{Gain: d.InitGain, Uniform: d.InitUniform}.Validate(network)
}

// Build maps frames x (N×Channels×Size×Size) to scores (N×1), without a final
// activation: losses take logits.
func (d Discriminator) Build(s *nn.Scope, x *nn.Node) *nn.Node {
	if !s.Accepts(d.Validate(), x, -1, d.Channels, d.Size, d.Size) {
		return nil
	}
	o := nn.LayerOptions{Weight: nn.InitialWeights{Gain: d.InitGain, Uniform: d.InitUniform}.Initializer(), SpectralNorm: d.SpectralNorm}
	half := nn.Cube(2, 4, 2, 1)

	h, width := x, d.Width // N×3×64×64
	for i, size := 0, d.Size; size > startSize; i, size = i+1, size/2 {
		layer, norm := s.In("c%d", i), d.BatchNorm && i > 0
		o.NoBias = norm && !d.BiasBeforeNorm
		h = layer.Conv(h, width, half, o) // N×64×32×32, N×128×16×16, N×256×8×8, N×512×4×4
		if norm {
			h = layer.BatchNorm(h, nn.BatchNormOptions{NoBeta: d.NoBeta})
		}
		h = layer.GaussianNoise(h, d.Noise)
		h = layer.LeakyReLU(h, d.Slope)
		width = min(2*width, d.MaxWidth)
	}
	o.NoBias = false
	h = s.In("head").Conv(h, 1, nn.Cube(2, startSize, 1, 0), o) // N×1×1×1
	return s.Reshape(h, x.Shape()[0], 1)                        // N×1
}
