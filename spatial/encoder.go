package spatial

import (
	"fmt"

	"videogan/nn"
)

// Encoder turns a frame into an image of 4×4 pixels and many channels, from which
// a generator of clips goes on. Each layer halves the frame and doubles the
// channels: it is the mirror image of a generator's background stream.
//
// Source: Vondrick et al. 2016, Sec. 4.4; encode_net of the release's
// main_conditional.lua.
type Encoder struct {
	Channels       int     // of a frame: 3 for colour, 1 for grey
	Size           int     // height and width of a frame: 4 times a power of two, 8 or more
	Width          int     // channels at 4×4 pixels; each layer before has half as many
	MinWidth       int     // the fewest channels that a layer has
	BiasBeforeNorm bool    // a bias also in the layers that batch normalization follows; the release has it
	NormEps        float64 // added to the variance by batch normalization; 0 is 1e-5
	InitGain       float64 // weights start as N(0, gain²/fan-in)
	InitNormal     float64 // weights start as N(0, this²) instead; 0: off
	InitScale      float64 // scales of batch normalization start as N(1, this²); 0: at 1
}

// DefaultEncoder is the release's, for colour frames of 64×64: 128, 256, 512 and
// 1024 channels.
func DefaultEncoder() Encoder {
	return Encoder{
		Channels: 3, Size: 64, Width: 1024, MinWidth: 128,
		BiasBeforeNorm: true, NormEps: 1e-3, InitGain: 1, InitNormal: 0.01, InitScale: 0.02,
	}
}

// Validate reports the first setting that cannot be.
func (e Encoder) Validate() error {
	const network = "spatial: encoder"
	if err := positive(network, []setting{
		{"channels", e.Channels}, {"size", e.Size}, {"width", e.Width}, {"min_width", e.MinWidth},
	}); err != nil {
		return err
	}
	if err := checkSize(network, e.Size); err != nil {
		return err
	}
	if !(e.NormEps >= 0 && e.InitNormal >= 0 && e.InitScale >= 0) {
		return fmt.Errorf("%s: norm_eps = %v, init_normal = %v, init_scale = %v: want 0 or more", network, e.NormEps, e.InitNormal, e.InitScale)
	}
	return nn.InitialWeights{Gain: e.InitGain}.Validate(network)
}

// Build maps frames x (N×Channels×Size×Size) to images (N×Width×4×4).
func (e Encoder) Build(s *nn.Scope, x *nn.Node) *nn.Node {
	if !s.Accepts(e.Validate(), x, -1, e.Channels, e.Size, e.Size) {
		return nil
	}
	o := nn.LayerOptions{Weight: nn.InitialWeights{Gain: e.InitGain}.Initializer()}
	if e.InitNormal > 0 {
		o.Weight = nn.Normal(e.InitNormal)
	}
	norm := nn.BatchNormOptions{Eps: e.NormEps}
	if e.InitScale > 0 {
		norm.Gamma = nn.NormalAround(1, e.InitScale)
	}
	half := nn.Cube(2, 4, 2, 1)

	h := x // N×3×64×64
	for i, size := 0, e.Size; size > startSize; i, size = i+1, size/2 {
		layer := s.In("c%d", i)
		width := max(e.Width*2*startSize/size, min(e.MinWidth, e.Width))
		o.NoBias = i > 0 && !e.BiasBeforeNorm
		h = layer.Conv(h, width, half, o) // N×128×32×32, N×256×16×16, N×512×8×8, N×1024×4×4
		if i > 0 {
			h = layer.BatchNorm(h, norm)
		}
		h = s.ReLU(h)
	}
	return h
}
