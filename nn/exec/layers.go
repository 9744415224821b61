package exec

import (
	"path"

	"gorgonia.org/tensor"

	"videogan/nn"
)

// layers tells which layer each node of a program belongs to, by the node's
// name: the path of the parameters that it was built with, "dis/c1". Gradients
// belong to the layer that they pass through. What belongs to none, such as a
// loss, has "".
func (p *Program) layers(nodes []*nn.Node) map[string]string {
	of := map[*nn.Node]string{}
	type use struct {
		by    *nn.Node // operand that is convolved
		shape [maxRank]int
	}
	weights := map[use]string{}
	for _, n := range nodes { // operands come before their users
		in := nn.Operands(n)
		switch n.Op().(type) {
		case nil:
			if b, ok := p.data[n]; ok && b.outer != nil {
				of[n] = path.Dir(n.Name())
			}
		case *nn.ConvOp, *nn.ConvTransposeOp:
			of[n] = of[in[1]]
			key := use{in[0], fixed(in[1].Shape())}
			if _, ok := weights[key]; !ok {
				weights[key] = of[n]
			}
		case *nn.ConvWeightOp:
			// The layer that maps one of its operands by a weight of this shape.
			for _, x := range in {
				if of[n] == "" {
					of[n] = weights[use{x, fixed(n.Shape())}]
				}
			}
		default:
			of[n] = p.layerOf(in, of)
		}
	}
	names := make(map[string]string, len(of))
	for n, layer := range of {
		if names[n.Name()] == "" {
			names[n.Name()] = layer
		}
	}
	return names
}

// layerOf is the layer of an operation that has no weight by itself: that of a
// parameter among its operands, or of the first of them that belongs to one.
func (p *Program) layerOf(operands []*nn.Node, of map[*nn.Node]string) string {
	first := ""
	for _, n := range operands {
		if n.Op() == nil && of[n] != "" {
			return of[n]
		}
		if first == "" {
			first = of[n]
		}
	}
	return first
}

const maxRank = 8

// fixed makes a shape comparable.
func fixed(s tensor.Shape) (a [maxRank]int) {
	copy(a[:], s)
	return a
}

// nodes lists what the program computes, operands first.
func (p *Program) nodes() []*nn.Node {
	roots := append([]*nn.Node(nil), p.outputs...)
	for _, u := range p.updates {
		roots = append(roots, u.Value)
	}
	return order(roots)
}
