package gan

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"videogan/nn"
)

// matrix is a weight seen as one row an output channel, with what is needed to
// follow its largest singular value.
type matrix struct {
	param      *nn.Param
	data       []float32
	rows, cols int
	kernels    Kernels
	vector     *nn.Param // left singular vector that the power iteration follows
	gram       []float64
	operator   []float32
	product    []float32
	right      []float64 // right singular vector
	exact      float64   // σ_max after the clip of this step, or 0
}

func newMatrix(p *nn.Param, kernels Kernels) *matrix {
	rows := p.Value.Shape()[0]
	data := p.Value.Float32s()
	return &matrix{param: p, data: data, rows: rows, cols: len(data) / rows, kernels: kernels}
}

// clip sets the singular values that are over 1 to 1.
func (m *matrix) clip() error {
	small := min(m.rows, m.cols)
	if m.gram == nil {
		m.gram, m.operator = make([]float64, small*small), make([]float32, small*small)
		m.product = make([]float32, len(m.data))
	}
	if err := m.kernels.Gram(m.gram, m.data, m.rows, m.cols); err != nil {
		return fmt.Errorf("gan: clip singular values of %s: %w", m.param.Name, err)
	}
	operator, largest, err := shrink(m.gram, small)
	if err != nil {
		return fmt.Errorf("gan: clip singular values of %s: %w", m.param.Name, err)
	}
	m.exact = min(largest, 1)
	if operator == nil {
		return nil
	}
	for i, v := range operator {
		m.operator[i] = float32(v)
	}
	if m.rows <= m.cols {
		err = m.kernels.Multiply(m.product, m.operator, m.data, m.rows, m.rows, m.cols)
	} else {
		err = m.kernels.Multiply(m.product, m.data, m.operator, m.rows, m.cols, m.cols)
	}
	if err != nil {
		return fmt.Errorf("gan: clip singular values of %s: %w", m.param.Name, err)
	}
	copy(m.data, m.product)
	return nil
}

// shrink is the operator M that sets the singular values of W that are over 1 to
// 1, from W's Gram matrix G (n×n, whose memory it takes), and the largest singular
// value. With G = U·Σ²·Uᵀ,
//
//	M = I - Σ_b (1 - 1/σ_b)·u_b·u_bᵀ   over the directions b with σ_b > 1,
//
// and the clipped weight is M·W for G = W·Wᵀ, W·M for G = Wᵀ·W: no singular value
// decomposition of W itself is needed. M is nil when no value is over 1.
func shrink(gram []float64, n int) (operator []float64, largest float64, err error) {
	values, vectors, err := symmetricEigen(gram, n)
	if err != nil {
		return nil, 0, err
	}
	var over []float64 // √(1 - 1/σ_b)·u_b, one a row
	for k, v := range values {
		largest = max(largest, math.Sqrt(max(v, 0)))
		if v <= 1 {
			continue
		}
		factor := math.Sqrt(1 - 1/math.Sqrt(v))
		for _, u := range vectors[k*n : (k+1)*n] {
			over = append(over, factor*u)
		}
	}
	if over == nil {
		return nil, largest, nil
	}
	rows := blas64.General{Rows: len(over) / n, Cols: n, Stride: n, Data: over}
	blas64.Syrk(blas.Trans, 1, rows, 0, blas64.Symmetric{Uplo: blas.Upper, N: n, Stride: n, Data: gram})
	for i := range n {
		for j := i; j < n; j++ {
			v := -gram[i*n+j]
			gram[i*n+j], gram[j*n+i] = v, v
		}
		gram[i*n+i]++
	}
	return gram, largest, nil
}

// powerIterations a measurement: the vector is kept, so that they add up.
const powerIterations = 5

// largest is the largest singular value: exact in a step that clipped it, and
// otherwise followed by a power iteration, u = W·Wᵀ·u/‖W·Wᵀ·u‖, from below.
func (m *matrix) largest() float64 {
	if m.exact > 0 {
		return m.exact
	}
	if m.right == nil {
		m.right = make([]float64, m.cols)
	}
	u, v, sigma := m.vector.Value.Float32s(), m.right, 0.0
	for range powerIterations {
		clear(v)
		for i, ui := range u {
			factor := float64(ui)
			for j, w := range m.data[i*m.cols : (i+1)*m.cols] {
				v[j] += factor * float64(w)
			}
		}
		if normalize(v) == 0 {
			return 0
		}
		squared := 0.0
		for i := range u {
			sum := 0.0
			for j, w := range m.data[i*m.cols : (i+1)*m.cols] {
				sum += v[j] * float64(w)
			}
			u[i] = float32(sum)
			squared += sum * sum
		}
		sigma = math.Sqrt(squared)
		for i := range u {
			u[i] = float32(float64(u[i]) / sigma)
		}
	}
	return sigma
}

// normalize divides v by its length, which it gives.
func normalize(v []float64) float64 {
	squared := 0.0
	for _, x := range v {
		squared += x * x
	}
	length := math.Sqrt(squared)
	if length > 0 {
		for i := range v {
			v[i] /= length
		}
	}
	return length
}
