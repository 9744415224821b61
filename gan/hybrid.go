package gan

import (
	"errors"
	"fmt"
	"slices"

	"gorgonia.org/gorgonia"

	"videogan/nn"
)

// hybrid is G's phase of the order Hybrid: the forward pass, and with it each
// activation and batch statistic, has D's weights of before D's update, and the
// gradient passes back through D's weights of after it.
//
// The release keeps the forward pass of D's update in memory. Here it is made
// again from the same latents and from a copy of D's weights, with the same result.
func (b *builder) hybrid() (*Phase, error) {
	g := b.start("gen", 1)
	g.latents = "dis"
	fake := g.fakes(false)
	of := g.judge(fake.Clips, nil, true)
	forward := g.s.Graph().AllNodes()
	g.generatorLoss(of, fake.Terms)
	g.store(forward)
	return g.compile()
}

// earlier is an input that holds what a parameter was when the step began.
type earlier struct {
	input *nn.Node
	param *nn.Param
}

// store turns the nodes to compute into those that take D's parameters, in the
// nodes of the forward pass, from stored inputs.
func (g *graph) store(forward gorgonia.Nodes) {
	if g.s.Err() != nil {
		return
	}
	r := &rewriting{s: g.s, forward: map[*nn.Node]bool{}, inputs: map[*nn.Node]*nn.Node{}, of: map[rewritten]*nn.Node{}}
	for _, n := range forward {
		r.forward[n] = true
	}
	for _, p := range g.params.Trainable(g.dis.name) {
		node := g.s.Param(p.Name, nil, p.Value.Shape()...)
		input := g.s.Input("stored/"+p.Name, p.Value.Shape()...)
		r.inputs[node] = input
		g.stored = append(g.stored, earlier{input, p})
	}
	for i, m := range g.measures {
		g.measures[i].node = r.node(m.node, r.forward[m.node])
	}
	for _, w := range g.wrt {
		for i, n := range w.nodes {
			w.nodes[i] = r.node(n, false)
		}
	}
}

// rewriting makes nodes again over other inputs.
type rewriting struct {
	s       *nn.Scope
	forward map[*nn.Node]bool // the forward pass
	inputs  map[*nn.Node]*nn.Node
	of      map[rewritten]*nn.Node
}

// rewritten is a node and which of D's weights it sees.
type rewritten struct {
	node *nn.Node
	old  bool
}

// node is n over the stored inputs (old), or over the parameters themselves.
func (r *rewriting) node(n *nn.Node, old bool) *nn.Node {
	key := rewritten{n, old}
	if made, ok := r.of[key]; ok {
		return made
	}
	made := n
	operands := nn.Operands(n)
	switch {
	case len(operands) == 0:
		if input, ok := r.inputs[n]; ok && old {
			made = input
		}
	default:
		changed := false
		for i, operand := range operands {
			// What a gradient takes from the forward pass is an activation, which is the
			// old one, or a weight, perhaps in another shape, which is the new one.
			operands[i] = r.node(operand, old || r.forward[operand] && !r.isWeight(operand))
			changed = changed || operands[i] != operand
		}
		if changed {
			made = r.apply(n, operands)
		}
	}
	r.of[key] = made
	return made
}

// apply is the operation of n on other operands.
func (r *rewriting) apply(n *nn.Node, operands []*nn.Node) *nn.Node {
	made, err := gorgonia.ApplyOp(n.Op(), operands...)
	if err == nil && !slices.Equal(nn.Operands(made), operands) {
		// Gorgonia tells nodes apart by a 32-bit hash.
		err = errors.New("two operations have the same hash")
	}
	if err != nil {
		r.s.Fail(fmt.Errorf("gan: order hybrid: make %s again: %w", n.Name(), err))
		return n
	}
	return made
}

// isWeight tells whether a node is a function of D's parameters alone.
func (r *rewriting) isWeight(n *nn.Node) bool {
	operands := nn.Operands(n)
	if len(operands) == 0 {
		_, ok := r.inputs[n]
		return ok
	}
	for _, operand := range operands {
		if !r.isWeight(operand) {
			return false
		}
	}
	return true
}
