package experiments

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"gorgonia.org/gorgonia"

	"videogan/gan"
	"videogan/nn"
)

// Network describes one of an experiment's networks.
type Network struct {
	Name       string // "generator", "discriminator", "frame discriminator"
	Parameters int    // trained numbers
	Layers     []Layer
}

// Layer is what has parameters of its own under one path.
type Layer struct {
	Name       string // path, "gen/spatial/dc1"
	What       string // "transposed convolution 4×4, stride 2, batch norm"
	Shape      string // of its output for one clip, "16×256×8×8"; the first axis is the batch
	Parameters int
}

// Describe builds an experiment's networks for one clip and lists their layers.
func Describe(cfg Config) ([]Network, error) {
	common, nets := cfg.Shared(), cfg.Networks()
	params := nn.NewParams(common.seed())
	s := nn.NewScope(gorgonia.NewGraph(), params, nn.ScopeOptions{})
	shape := common.Data.shape()
	var in gan.Input
	if nets.LatentSize > 0 {
		in.Latent = s.Input("z", 1, nets.LatentSize)
	}
	if nets.Given > 0 {
		in.Frames = s.Input("given", 1, shape.Channels, nets.Given, shape.Height, shape.Width)
	}
	nets.Generator(s.In("gen"), in)
	nets.Discriminator(s.In("dis"), s.Input("clips", 1, shape.Channels, shape.Frames, shape.Height, shape.Width))
	list := []Network{{Name: "generator"}, {Name: "discriminator"}}
	paths := []string{"gen", "dis"}
	if nets.FrameDiscriminator != nil {
		nets.FrameDiscriminator(s.In("framedis"), s.Input("frames", 1, shape.Channels, shape.Height, shape.Width))
		list, paths = append(list, Network{Name: "frame discriminator"}), append(paths, "framedis")
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("experiments: build networks: %w", err)
	}
	consumers := consumersOf(s.Graph())
	for i, root := range paths {
		list[i].Parameters = params.Count(root)
		list[i].Layers = layersOf(params, root, consumers)
	}
	return list, nil
}

// layersOf groups the parameters below a path by the layer that holds them.
func layersOf(params *nn.Params, root string, consumers map[string]*nn.Node) []Layer {
	var layers []Layer
	for _, p := range params.Trainable(root) {
		name, kind := path.Split(p.Name)
		name = path.Clean(name)
		at := slices.IndexFunc(layers, func(l Layer) bool { return l.Name == name })
		if at < 0 {
			at = len(layers)
			layers = append(layers, Layer{Name: name})
		}
		layer := &layers[at]
		layer.Parameters += p.Value.Shape().TotalSize()
		switch node := consumers[p.Name]; {
		case kind == "weight" && node != nil:
			layer.What, layer.Shape = operation(node), dimensions(node.Shape())
		case kind == "gamma":
			layer.What = strings.TrimPrefix(layer.What+", batch norm", ", ")
		}
	}
	return layers
}

// consumersOf finds, for each weight by name, the convolution or product that takes it,
// directly or after a normalization that keeps its shape.
func consumersOf(g *gorgonia.ExprGraph) map[string]*nn.Node {
	weightOf := make(map[int64]string) // of nodes that are a weight, or one normalized
	found := make(map[string]*nn.Node)
	// Spectral normalization comes after its weight in the list, so one pass in order does.
	for _, node := range g.AllNodes() {
		if node.Op() == nil {
			weightOf[node.ID()] = node.Name()
			continue
		}
		operands := gorgonia.Nodes{}
		for it := g.From(node.ID()); it.Next(); {
			operands = append(operands, it.Node().(*nn.Node))
		}
		switch node.Op().(type) {
		case *nn.ConvOp, *nn.ConvTransposeOp, *nn.MatMulOp:
			if name, ok := weightOf[operands[1].ID()]; ok && found[name] == nil {
				found[name] = node
			}
		case *nn.BinaryOp:
			if name, ok := weightOf[operands[0].ID()]; ok && node.Shape().Eq(operands[0].Shape()) {
				weightOf[node.ID()] = name
			}
		}
	}
	return found
}

// operation says in words what a layer does.
func operation(node *nn.Node) string {
	switch op := node.Op().(type) {
	case *nn.ConvOp:
		return "convolution " + geometry(op.Geometry)
	case *nn.ConvTransposeOp:
		return "transposed convolution " + geometry(op.Geometry)
	}
	return "linear"
}

// geometry writes "4×4, stride 2".
func geometry(g nn.Geometry) string {
	text := dimensions(g.Kernel)
	if slices.ContainsFunc(g.Stride, func(s int) bool { return s != 1 }) {
		text += ", stride " + dimensions(slices.Compact(slices.Clone(g.Stride)))
	}
	return text
}

// dimensions writes "3×16×64×64".
func dimensions(shape []int) string {
	text := make([]string, len(shape))
	for i, n := range shape {
		text[i] = fmt.Sprint(n)
	}
	return strings.Join(text, "×")
}
