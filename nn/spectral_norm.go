package nn

import "slices"

// spectralNorm divides the weight w by an estimate σ of its largest singular value, as a matrix whose rows are
// the output channels (axis outAxis, moved to the front) and whose columns are all the rest. It returns a node
// of w's shape.
//
// The states weight_u (out) and weight_v (columns) hold the singular vectors; both start as normal vectors of
// unit length. A training scope makes the given number of power iterations (one at least),
//
//	v = Wᵀu/‖Wᵀu‖,  u = Wv/‖Wv‖
//
// and keeps them for the next run. A frozen scope, and one that is not training, takes u and v as they are. Then
// σ = uᵀWv, with u and v constants for the gradient. However often a layer is used in a graph, its weight is
// normalized once, and so is the gradient that comes back.
//
// Source: Miyato et al. 2018, "Spectral normalization for generative adversarial networks", Algorithm 1;
// torch.nn.utils.spectral_norm, which however iterates at every use of the layer.
func (s *Scope) spectralNorm(w *Node, outAxis, iterations int) *Node {
	if w == nil {
		return nil
	}
	if shared, ok := s.shared.normalized[w]; ok {
		return shared
	}
	shape := w.Shape()
	rows := shape[outAxis]
	matrix := w
	if outAxis != 0 {
		perm := []int{outAxis}
		for axis := range shape {
			if axis != outAxis {
				perm = append(perm, axis)
			}
		}
		matrix = s.Transpose(w, perm...)
	}
	matrix = s.Reshape(matrix, rows, -1) // out × columns
	columns := size(shape) / rows

	stateU, stateV := s.State("weight_u", UnitNormal(), rows), s.State("weight_v", UnitNormal(), columns)
	u, v := s.Reshape(stateU, rows, 1), s.Reshape(stateV, columns, 1)
	iterate := s.Training() && !s.frozen
	var product *Node // Wv, out × 1
	if iterate {
		for range max(iterations, 1) {
			v = s.StopGradient(s.normalize(s.MatMul(matrix, u, true, false)))
			product = s.MatMul(matrix, v, false, false)
			u = s.StopGradient(s.normalize(product))
		}
		s.Update(stateU, s.Reshape(u, rows))
		s.Update(stateV, s.Reshape(v, columns))
	} else {
		product = s.MatMul(matrix, s.StopGradient(v), false, false)
		u = s.StopGradient(u)
	}
	sigma := s.Sum(s.Mul(u, product), 0, 1) // 1×1
	result := s.Div(w, s.Reshape(sigma, slices.Repeat([]int{1}, len(shape))...))
	s.shared.normalized[w] = result
	return result
}

// normalize is a vector divided by its length; 10⁻¹² on the length keeps 0 at 0.
func (s *Scope) normalize(x *Node) *Node {
	return s.Div(x, s.Shift(s.Sqrt(s.Sum(s.Square(x), 0, 1)), 1e-12))
}
