package temporal

import (
	"fmt"

	"videogan/nn"
)

// Discriminator judges whole clips by three-dimensional convolutions. Each
// layer halves the frame and, until one time step is left, the time; the last one
// sees all that is left, two time steps of 32 frames.
//
// Source: Saito et al. 2017, Table 1; VideoDiscriminator of the release. Vondrick
// et al. 2016, Sec. 3.2, have the same network for 32 frames.
type Discriminator struct {
	Channels       int     `toml:"channels" doc:"channels of a clip: 3 for colour, 1 for grey"`
	Frames         int     `toml:"frames" doc:"frames of a clip; even as long as layers halve them"`
	Size           int     `toml:"size" doc:"height and width of a frame: 4 times a power of two, 8 or more"`
	Width          int     `toml:"width" doc:"channels of the first layer; each further one has twice as many"`
	MaxWidth       int     `toml:"max_width" doc:"the most channels that a layer has"`
	BatchNorm      bool    `toml:"batch_norm" doc:"batch normalization in all hidden layers but the first"`
	NoBeta         bool    `toml:"no_beta" doc:"batch normalization without its shift, as in the release's configs"`
	BiasBeforeNorm bool    `toml:"bias_before_norm" doc:"a bias also in the layers that batch normalization follows (and undoes); the release has it"`
	SpectralNorm   bool    `toml:"spectral_norm" doc:"spectral normalization of every layer; the gan.constraint of this name sets it"`
	NormEps        float64 `toml:"norm_eps" doc:"added to the variance by batch normalization"`
	Logits         int     `toml:"logits" doc:"1: one score a clip; 2: VGAN's two-way softmax, logits of real and of generated, which losses take as their difference"`
	Noise          float64 `toml:"noise" doc:"standard deviation of the noise added before each activation in training; 0: none"`
	Slope          float64 `toml:"slope" doc:"slope of LeakyReLU below zero"`
	InitGain       float64 `toml:"init_gain" doc:"weights start as N(0, gain²/fan-in): 1 is LeCun's, 1.414 He's; 0.577 has the variance of PyTorch's default"`
	InitUniform    float64 `toml:"init_uniform" doc:"weights start evenly in ±this instead, whatever the fan-in; 0: off"`
	InitNormal     float64 `toml:"init_normal" doc:"weights start as N(0, this²) instead, whatever the fan-in; 0: off"`
	InitScale      float64 `toml:"init_scale" doc:"scales of batch normalization start as N(1, this²); 0: at 1"`
}

// DefaultDiscriminator is the release's, for colour clips of 16 frames of 64×64,
// without the noise that only its vanilla GAN has (0.3 there). It is TGAN's.
func DefaultDiscriminator() Discriminator {
	return Discriminator{
		Channels: 3, Frames: 16, Size: 64, Width: 64, MaxWidth: 512,
		BatchNorm: true, NoBeta: true, BiasBeforeNorm: true, NormEps: 1e-5, Logits: 1, Slope: 0.2, InitGain: 1,
	}
}

// DefaultSceneDiscriminator is VGAN's release's, for colour clips of 32 frames of
// 64×64: two logits, weights from N(0, 0.01²), scales from N(1, 0.02²).
func DefaultSceneDiscriminator() Discriminator {
	d := DefaultDiscriminator()
	d.Frames, d.NoBeta, d.NormEps, d.Logits = 32, false, 1e-3, 2
	d.InitNormal, d.InitScale = 0.01, 0.02
	return d
}

// Validate reports the first setting that cannot be.
func (d Discriminator) Validate() error {
	const network = "temporal: discriminator"
	if err := positive(network, []setting{
		{"channels", d.Channels}, {"frames", d.Frames}, {"size", d.Size}, {"width", d.Width}, {"max_width", d.MaxWidth},
	}); err != nil {
		return err
	}
	if _, err := lengths(network, d.Frames, d.Size); err != nil {
		return err
	}
	if d.Logits != 1 && d.Logits != 2 {
		return fmt.Errorf("%s: logits = %d: want 1 or 2", network, d.Logits)
	}
	if !(d.NormEps > 0) {
		return fmt.Errorf("%s: norm_eps = %v: want more than 0; 1e-5 is usual", network, d.NormEps)
	}
	if err := notNegative(network, []spread{{"noise", d.Noise}, {"init_normal", d.InitNormal}, {"init_scale", d.InitScale}}); err != nil {
		return err
	}
	if !(d.Slope >= 0 && d.Slope < 1) {
		return fmt.Errorf("%s: slope = %v: want 0 ≤ slope < 1", network, d.Slope)
	}
	return nn.InitialWeights{Gain: d.InitGain, Uniform: d.InitUniform}.Validate(network)
}

// Build maps clips x (N×Channels×Frames×Size×Size) to scores (N×Logits), without
// a final activation: losses take logits.
//
// Differs from TGAN's release in: no batch normalization that is declared and never
// used (its bn0), and the eps of batch normalization is NormEps, not 2e-5. Where
// fewer frames than 2 to the number of layers leave one time step early, the
// layers after it convolve frames alone.
func (d Discriminator) Build(s *nn.Scope, x *nn.Node) *nn.Node {
	hidden := d.Hidden(s, x)
	if hidden == nil {
		return nil
	}
	h := hidden[len(hidden)-1] // N×512×1×4×4
	whole := nn.Geometry{Kernel: h.Shape()[2:]}
	h = s.In("head").Conv(h, d.Logits, whole, d.layers()) // N×1×1×1×1
	return s.Reshape(h, x.Shape()[0], d.Logits)           // N×1
}

// Hidden maps clips x to what each hidden layer gives after its activation, the first
// layer first: what the discriminator sees in a clip. nil when s has an error.
func (d Discriminator) Hidden(s *nn.Scope, x *nn.Node) []*nn.Node {
	if !s.Accepts(d.Validate(), x, -1, d.Channels, d.Frames, d.Size, d.Size) {
		return nil
	}
	o := d.layers()
	var hidden []*nn.Node
	h, width := x, d.Width // N×3×16×64×64
	for i := 0; h != nil && h.Shape()[4] > edgeSize; i++ {
		layer, norm := s.In("c%d", i), d.BatchNorm && i > 0
		o.NoBias = norm && !d.BiasBeforeNorm
		h = layer.Conv(h, width, halving(h.Shape()[2]), o) // N×64×8×32×32, N×128×4×16×16, N×256×2×8×8, N×512×1×4×4
		if norm {
			h = layer.BatchNorm(h, nn.BatchNormOptions{NoBeta: d.NoBeta, Eps: d.NormEps, Gamma: around1(d.InitScale)})
		}
		h = layer.GaussianNoise(h, d.Noise)
		h = layer.LeakyReLU(h, d.Slope)
		width = min(2*width, d.MaxWidth)
		hidden = append(hidden, h)
	}
	if h == nil {
		return nil
	}
	return hidden
}

// layers are the settings that all convolutions share.
func (d Discriminator) layers() nn.LayerOptions {
	return nn.LayerOptions{Weight: initial(d.InitNormal, nn.InitialWeights{Gain: d.InitGain, Uniform: d.InitUniform}), SpectralNorm: d.SpectralNorm}
}
