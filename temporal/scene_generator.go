package temporal

import (
	"videogan/nn"
)

// SceneGenerator is VGAN's generator. A stream of three-dimensional transposed
// convolutions makes a moving foreground f and a mask m, a stream of
// two-dimensional ones a still background b, both from one latent vector; the
// clip is m⊙f + (1-m)⊙b. With one stream, the clip is f.
//
// Source: Vondrick, Pirsiavash and Torralba 2016, Sec. 3.1 and Figure 1.
type SceneGenerator struct {
	LatentSize     int     `toml:"latent_size" doc:"numbers in z, the latent vector of a clip"`
	Channels       int     `toml:"channels" doc:"channels of a clip: 3 for colour, 1 for grey"`
	Frames         int     `toml:"frames" doc:"frames of a clip; even as long as layers double them"`
	Size           int     `toml:"size" doc:"height and width of a frame: 4 times a power of two, 8 or more"`
	Width          int     `toml:"width" doc:"channels at 4×4 pixels; each further layer has half as many"`
	MinWidth       int     `toml:"min_width" doc:"the fewest channels that a hidden layer has"`
	OneStream      bool    `toml:"one_stream" doc:"no background and no mask: the stream of three-dimensional convolutions makes the whole clip"`
	BiasBeforeNorm bool    `toml:"bias_before_norm" doc:"a bias also in the layers that batch normalization follows (and undoes); the release has it"`
	InitGain       float64 `toml:"init_gain" doc:"weights start as N(0, gain²/fan-in): 1 is LeCun's, 1.414 He's; 0.577 has the variance of PyTorch's default"`
	InitNormal     float64 `toml:"init_normal" doc:"weights start as N(0, this²) instead, whatever the fan-in; 0: off"`
	InitScale      float64 `toml:"init_scale" doc:"scales of batch normalization start as N(1, this²); 0: at 1"`
}

// DefaultSceneGenerator is the release's: 32 colour frames of 64×64 from 512
// channels at 4×4, weights from N(0, 0.01²), scales from N(1, 0.02²).
func DefaultSceneGenerator() SceneGenerator {
	return SceneGenerator{
		LatentSize: 100, Channels: 3, Frames: 32, Size: 64, Width: 512, MinWidth: 64,
		BiasBeforeNorm: true, InitGain: 1, InitNormal: 0.01, InitScale: 0.02,
	}
}

// Scene is a generated clip and what it is composed of. Mask and Background are
// nil with one stream, where Foreground is the clip.
type Scene struct {
	Clip       *nn.Node // N×Channels×Frames×Size×Size in [-1, 1]
	Foreground *nn.Node // N×Channels×Frames×Size×Size in [-1, 1]
	Mask       *nn.Node // N×1×Frames×Size×Size in [0, 1]: the share of the foreground
	Background *nn.Node // N×Channels×1×Size×Size in [-1, 1]
}

// Validate reports the first setting that cannot be.
func (g SceneGenerator) Validate() error {
	const network = "temporal: scene generator"
	if err := positive(network, []setting{
		{"latent_size", g.LatentSize}, {"channels", g.Channels}, {"frames", g.Frames}, {"size", g.Size}, {"width", g.Width}, {"min_width", g.MinWidth},
	}); err != nil {
		return err
	}
	if _, err := lengths(network, g.Frames, g.Size); err != nil {
		return err
	}
	if err := notNegative(network, []spread{{"init_normal", g.InitNormal}, {"init_scale", g.InitScale}}); err != nil {
		return err
	}
	return nn.InitialWeights{Gain: g.InitGain}.Validate(network)
}

// Build maps latents z (N×LatentSize) to scenes.
//
// Differs from the release in: the heads of foreground and mask are one layer of
// Channels+1 channels, which is the same function of as many parameters; and other
// sizes than its own. Where fewer frames than 2 to the number of layers ask for
// it, the first layers enlarge frames alone.
func (g SceneGenerator) Build(s *nn.Scope, z *nn.Node) Scene {
	if !s.Accepts(g.Validate(), z, -1, g.LatentSize) {
		return Scene{}
	}
	return g.compose(s, func(s *nn.Scope, first nn.Geometry) *nn.Node {
		axes := append([]int{-1, g.LatentSize}, ones(len(first.Kernel))...)
		return g.hidden(s.In("dc0"), s.Reshape(z, axes...), g.Width, first) // N×512×2×4×4, N×512×4×4
	})
}

// BuildFrom maps images (N×Width×4×4), such as an encoder makes of a clip's first
// frame, to scenes: a stream's first layer gives them the first time steps, and the
// background begins with the image itself. LatentSize has no meaning here.
//
// Source: Vondrick et al. 2016, Sec. 4.4; main_conditional.lua of the release.
func (g SceneGenerator) BuildFrom(s *nn.Scope, image *nn.Node) Scene {
	if !s.Accepts(g.Validate(), image, -1, g.Width, edgeSize, edgeSize) {
		return Scene{}
	}
	return g.compose(s, func(s *nn.Scope, first nn.Geometry) *nn.Node {
		if len(first.Kernel) == 2 {
			return image // N×1024×4×4
		}
		first.Kernel = []int{first.Kernel[0], 1, 1}
		image := s.Reshape(image, -1, g.Width, 1, edgeSize, edgeSize)
		return g.hidden(s.In("dc0"), image, g.Width, first) // N×1024×2×4×4
	})
}

// compose makes the scene; start gives a stream's first image of Width channels,
// by a layer of the given window that makes it of a single point.
func (g SceneGenerator) compose(s *nn.Scope, start func(s *nn.Scope, first nn.Geometry) *nn.Node) Scene {
	steps, err := lengths("temporal: scene generator", g.Frames, g.Size)
	if err != nil {
		s.Fail(err)
		return Scene{}
	}
	layers := len(steps) - 1
	first := nn.Cube(3, edgeSize, 1, 0)
	first.Kernel[0] = steps[layers]

	video := s.In("video")
	h, width := start(video, first), g.Width // N×512×2×4×4
	for i := 1; i < layers; i++ {
		width = max(width/2, g.MinWidth)
		h = g.hidden(video.In("dc%d", i), h, width, halving(steps[layers-i])) // N×256×4×8×8, N×128×8×16×16, N×64×16×32×32
	}
	weights := nn.LayerOptions{Weight: g.weight()}
	if g.OneStream {
		clip := s.Tanh(video.In("head").ConvTranspose(h, g.Channels, halving(steps[0]), weights)) // N×3×32×64×64
		return Scene{Clip: clip, Foreground: clip}
	}
	h = video.In("head").ConvTranspose(h, g.Channels+1, halving(steps[0]), weights) // N×4×32×64×64
	scene := Scene{
		Foreground: s.Tanh(s.Slice(h, 1, 0, g.Channels)),               // N×3×32×64×64
		Mask:       s.Sigmoid(s.Slice(h, 1, g.Channels, g.Channels+1)), // N×1×32×64×64
	}

	still := s.In("background")
	double := nn.Cube(2, 4, 2, 1)
	h, width = start(still, nn.Cube(2, edgeSize, 1, 0)), g.Width // N×512×4×4
	for i := 1; i < layers; i++ {
		width = max(width/2, g.MinWidth)
		h = g.hidden(still.In("dc%d", i), h, width, double) // N×256×8×8, N×128×16×16, N×64×32×32
	}
	h = s.Tanh(still.In("head").ConvTranspose(h, g.Channels, double, weights)) // N×3×64×64
	scene.Background = s.Reshape(h, -1, g.Channels, 1, g.Size, g.Size)         // N×3×1×64×64, the same at every time

	// m⊙f + (1-m)⊙b
	scene.Clip = s.Add(scene.Background, s.Mul(scene.Mask, s.Sub(scene.Foreground, scene.Background)))
	return scene
}

// hidden is a transposed convolution with batch normalization and ReLU.
func (g SceneGenerator) hidden(s *nn.Scope, x *nn.Node, width int, window nn.Geometry) *nn.Node {
	h := s.ConvTranspose(x, width, window, nn.LayerOptions{NoBias: !g.BiasBeforeNorm, Weight: g.weight()})
	return s.ReLU(s.BatchNorm(h, nn.BatchNormOptions{Gamma: around1(g.InitScale)}))
}

func (g SceneGenerator) weight() nn.Initializer {
	return initial(g.InitNormal, nn.InitialWeights{Gain: g.InitGain})
}

func ones(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = 1
	}
	return list
}
