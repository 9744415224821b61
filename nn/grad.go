package nn

import (
	"errors"
	"fmt"
	"slices"

	"gorgonia.org/gorgonia"
)

// ErrUnreached is wrapped by the error of Grad about a node on which the cost
// does not depend.
var ErrUnreached = errors.New("the cost does not depend on it")

// Grad is the gradient of cost, a node of one element, by each of wrt, in order.
//
// It works in reverse over the public gorgonia.SDOp interface, only along the
// paths from wrt to cost, and leaves nothing behind in the nodes, so that it may
// be applied to its own result: a penalty on a gradient is differentiated like
// any other cost. Gradients that meet are added by BinaryOp.
//
// It reports an error that wraps ErrUnreached, and names the node, when cost
// does not depend on a wanted node, or only through operations without a
// derivative; and ErrShape when cost has more than one element.
func Grad(cost *Node, wrt ...*Node) ([]*Node, error) {
	grads, err := gradients(cost, wrt)
	if err != nil {
		return nil, err
	}
	for i, g := range grads {
		if g == nil {
			return nil, fmt.Errorf("nn: gradient of %s by %s: %w", cost.Name(), wrt[i].Name(), ErrUnreached)
		}
	}
	return grads, nil
}

// GradOrZero is Grad with zeros for the nodes on which cost does not depend. The
// gradient penalty, for one, does not depend on a last layer's bias.
func GradOrZero(cost *Node, wrt ...*Node) ([]*Node, error) {
	grads, err := gradients(cost, wrt)
	if err != nil {
		return nil, err
	}
	for i, g := range grads {
		if g != nil {
			continue
		}
		if grads[i], err = filled(wrt[i].Graph(), wrt[i].Dtype(), 0, wrt[i].Shape()...); err != nil {
			return nil, fmt.Errorf("nn: gradient of %s by %s: %w", cost.Name(), wrt[i].Name(), err)
		}
	}
	return grads, nil
}

// Grad is the gradient of cost by each of wrt, as the function Grad gives it. On
// an error all of them are nil.
func (s *Scope) Grad(cost *Node, wrt ...*Node) []*Node { return s.grad(Grad, cost, wrt) }

// GradOrZero is the gradient of cost by each of wrt, as the function GradOrZero
// gives it. On an error all of them are nil.
func (s *Scope) GradOrZero(cost *Node, wrt ...*Node) []*Node { return s.grad(GradOrZero, cost, wrt) }

func (s *Scope) grad(f func(*Node, ...*Node) ([]*Node, error), cost *Node, wrt []*Node) []*Node {
	var grads []*Node
	s.build("gradient", func() (n *Node, err error) {
		grads, err = f(cost, wrt...)
		return nil, err
	}, append([]*Node{cost}, wrt...)...)
	if grads == nil {
		return make([]*Node, len(wrt))
	}
	return grads
}

func gradients(cost *Node, wrt []*Node) ([]*Node, error) {
	if cost.Shape().TotalSize() != 1 {
		return nil, fmt.Errorf("nn: gradient of %s: the cost has shape %s, want one element: %w", cost.Name(), dims(cost.Shape()), ErrShape)
	}
	for _, x := range wrt {
		if x.Graph() != cost.Graph() {
			return nil, fmt.Errorf("nn: gradient of %s by %s: the nodes are in different graphs", cost.Name(), x.Name())
		}
	}
	one, err := filled(cost.Graph(), cost.Dtype(), 1, cost.Shape()...)
	if err != nil {
		return nil, fmt.Errorf("nn: gradient of %s: %w", cost.Name(), err)
	}
	return backward(cost, one, wrt)
}

// backward carries the gradient seed on y back to each of wrt; nil stands for a
// node that y does not depend on.
func backward(y, seed *Node, wrt []*Node) ([]*Node, error) {
	order := topological(y)
	depends := make(map[*Node]bool, len(order)) // on one of wrt
	for _, n := range order {
		depends[n] = slices.Contains(wrt, n) || slices.ContainsFunc(differentiableOperands(n), func(m *Node) bool { return m != nil && depends[m] })
	}
	grads := map[*Node]*Node{y: seed}
	for _, n := range slices.Backward(order) {
		grad := grads[n]
		in := differentiableOperands(n)
		if grad == nil || !slices.ContainsFunc(in, func(m *Node) bool { return m != nil && depends[m] }) {
			continue
		}
		parts, err := n.Op().(gorgonia.SDOp).SymDiff(Operands(n), n, grad)
		if err != nil {
			return nil, fmt.Errorf("nn: gradient of %s: %w", n.Name(), err)
		}
		for i, m := range in {
			if m == nil || !depends[m] {
				continue
			}
			if i >= len(parts) || parts[i] == nil {
				return nil, fmt.Errorf("nn: gradient of %s: the operation gave none for operand %d", n.Name(), i)
			}
			if grads[m] == nil {
				grads[m] = parts[i]
			} else if grads[m], err = combine(Add, grads[m], parts[i]); err != nil {
				return nil, fmt.Errorf("nn: gradient of %s: %w", m.Name(), err)
			}
		}
	}
	result := make([]*Node, len(wrt))
	for i, x := range wrt {
		result[i] = grads[x]
	}
	return result, nil
}

// differentiableOperands lists the operands of n, nil in the place of those by
// which it has no derivative.
func differentiableOperands(n *Node) []*Node {
	in := Operands(n)
	op, ok := n.Op().(gorgonia.SDOp)
	if !ok {
		return nil
	}
	for i, has := range op.DiffWRT(len(in)) {
		if !has && i < len(in) {
			in[i] = nil
		}
	}
	return in
}

// topological lists all that the outputs are computed from and the outputs
// themselves, operands before what is computed from them.
func topological(outputs ...*Node) []*Node {
	var order []*Node
	seen := map[*Node]bool{}
	type visit struct {
		node *Node
		done bool // operands stand in order already
	}
	stack := make([]visit, 0, len(outputs))
	for _, n := range slices.Backward(outputs) {
		stack = append(stack, visit{node: n})
	}
	for len(stack) > 0 {
		top := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if top.done {
			order = append(order, top.node)
			continue
		}
		if seen[top.node] {
			continue
		}
		seen[top.node] = true
		stack = append(stack, visit{top.node, true})
		for _, m := range slices.Backward(Operands(top.node)) {
			stack = append(stack, visit{node: m})
		}
	}
	return order
}
