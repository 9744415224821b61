package gan

import (
	"errors"
	"fmt"
	"math"

	"videogan/nn"
	"videogan/nn/exec"
)

// matrix is a weight seen as one row an output channel, with what is needed to
// follow its largest singular value.
type matrix struct {
	param      *nn.Param
	data       []float32
	rows, cols int
	device     *exec.Device
	vector     *nn.Param // left singular vector that the power iteration follows
	right      []float64 // right singular vector
	exact      float64   // σ_max after the clip of this step, or 0
}

func newMatrix(p *nn.Param, dev *exec.Device) *matrix {
	rows := p.Value.Shape()[0]
	data := p.Value.Float32s()
	return &matrix{param: p, data: data, rows: rows, cols: len(data) / rows, device: dev}
}

// clipAll sets the singular values of weights of one device that are over 1 to 1.
func clipAll(weights []*matrix) error {
	if len(weights) == 0 {
		return nil
	}
	matrices := make([]exec.Matrix, len(weights))
	for i, m := range weights {
		matrices[i] = exec.Matrix{Values: m.data, Rows: m.rows, Cols: m.cols}
	}
	largest, err := weights[0].device.ClipSingularValues(matrices...)
	for i, sigma := range largest {
		weights[i].exact = min(sigma, 1)
	}
	if errors.Is(err, exec.ErrNonFinite) {
		return fmt.Errorf("gan: clip singular values of %s: %w", weights[len(largest)].param.Name, err)
	} else if err != nil {
		return fmt.Errorf("gan: %w", err)
	}
	return nil
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
