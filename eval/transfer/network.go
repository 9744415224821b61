package transfer

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strings"

	"gorgonia.org/gorgonia"

	"videogan/datasets"
	"videogan/gan"
	"videogan/nn"
)

// Network is the discriminator of a trained run.
type Network struct {
	Model      string // what it is one of: runs of a model differ in their seed
	Run        string // its name
	Checkpoint string // SHA-256 of the file of its weights
	Steps      int    // that the GAN was trained for
	Split      int    // of UCF101, whose training clips it was trained on; 0: on none, or on all clips
	Range      datasets.PixelRange
	Shape      gan.ClipShape
	Networks   gan.Networks
	Params     *nn.Params // trained, under "dis"
}

// Paths of parameters.
const (
	bodyPath = "dis"      // as in the checkpoint
	headPath = "transfer" // the layer of class scores
)

// hidden are the outputs of the discriminator's layers for clips x.
func (n *Network) hidden(s *nn.Scope, x *nn.Node) []*nn.Node {
	return n.Networks.Hidden(s.In(bodyPath), x)
}

// input is the shape of a batch of clips.
func (n *Network) input(batch int) []int {
	return []int{batch, n.Shape.Channels, n.Shape.Frames, n.Shape.Height, n.Shape.Width}
}

// newParams are the hidden layers' parameters: random by the seed, or the GAN's.
func (n *Network) newParams(seed uint64, trained bool) (*nn.Params, error) {
	params := nn.NewParams(seed)
	s := nn.NewScope(gorgonia.NewGraph(), params, nn.ScopeOptions{})
	n.hidden(s, s.Input("clips", n.input(1)...))
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("transfer: build %s: %w", n.Run, err)
	}
	if !trained {
		return params, nil
	}
	for _, p := range params.All() {
		from, ok := n.Params.Get(p.Name)
		if !ok || !from.Value.Shape().Eq(p.Value.Shape()) {
			return nil, fmt.Errorf("transfer: %s: its checkpoint has no %s of shape %v: %w", n.Run, p.Name, p.Value.Shape(), gan.ErrArchitecture)
		}
		copy(p.Value.Float32s(), from.Value.Float32s())
	}
	return params, nil
}

// architecture is SHA-256 over the untrained hidden layers: their names, shapes and initial values.
func (n *Network) architecture() (string, error) {
	params, err := n.newParams(0, false)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	fmt.Fprintf(sum, "%v %v\n", n.Shape, n.Range)
	for _, p := range params.All() {
		fmt.Fprintf(sum, "%s %v\n", p.Name, p.Value.Shape())
		for _, v := range p.Value.Float32s() {
			bits := math.Float32bits(v)
			_, _ = sum.Write([]byte{byte(bits), byte(bits >> 8), byte(bits >> 16), byte(bits >> 24)}) // never fails
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// layer finds a layer by its name, from 0.
func (n *Network) layer(name string) (int, error) {
	s := nn.NewScope(gorgonia.NewGraph(), nn.NewParams(0), nn.ScopeOptions{})
	hidden := n.hidden(s, s.Input("clips", n.input(1)...))
	if err := s.Err(); err != nil {
		return 0, fmt.Errorf("transfer: build %s: %w", n.Run, err)
	}
	if name == LastLayer {
		return len(hidden) - 1, nil
	}
	var names []string
	for i := range hidden {
		names = append(names, fmt.Sprintf("c%d", i))
	}
	at := slices.Index(names, name)
	if at < 0 {
		return 0, fmt.Errorf("transfer: layer %q: %w: %s has %s, and %q for its deepest", name, ErrConfig, n.Run, strings.Join(names, ", "), LastLayer)
	}
	return at, nil
}

// features are the outputs of a layer, those of an earlier one max-pooled to the sizes of the last, as Radford, Metz and
// Chintala 2016 (Sec. 5.1) pool theirs to a common grid: N×C×T×H×W.
func (n *Network) features(s *nn.Scope, x *nn.Node, layer int) *nn.Node {
	hidden := n.hidden(s, x)
	if s.Err() != nil {
		return nil
	}
	h, last := hidden[layer], hidden[len(hidden)-1]
	window := nn.Geometry{}
	for axis := 2; axis < 5; axis++ {
		ratio := h.Shape()[axis] / last.Shape()[axis]
		window.Kernel, window.Stride = append(window.Kernel, ratio), append(window.Stride, ratio)
	}
	if slices.Max(window.Kernel) == 1 {
		return h
	}
	return s.MaxPool(h, window)
}

// head maps features (N×C×T×H×W) to class scores (N×classes): dropout of whole channels, then one layer over all there
// is, whose weights start with variance 1/(3·fan-in), as Torch's do.
//
// Source: main_ucf.lua.
func head(s *nn.Scope, h *nn.Node, classes int, dropout float64) *nn.Node {
	if h == nil {
		return nil
	}
	s = s.In(headPath)
	shape := h.Shape()
	o := nn.LayerOptions{Weight: nn.InitialWeights{Gain: 0.577}.Initializer()}
	h = s.Conv(dropChannels(s, h, dropout), classes, nn.Geometry{Kernel: shape[2:]}, o) // N×classes×1×1×1
	return s.Reshape(h, shape[0], classes)
}

// dropChannels sets whole channels (N×C×T×H×W) to 0 with probability p in training. As Torch's VolumetricDropout, it
// leaves the others as they are then, and scales all by 1-p in evaluation.
func dropChannels(s *nn.Scope, h *nn.Node, p float64) *nn.Node {
	shape := h.Shape()
	if s.Training() && p > 0 {
		h = s.Mul(h, s.Dropout(s.Constant(1, shape[0], shape[1], 1, 1, 1), p)) // times 0 or 1/(1-p)
	}
	return s.Scale(h, 1-p)
}
