package gan

import (
	"errors"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/blas64"
	"gorgonia.org/gorgonia"

	"videogan/nn"
	"videogan/nn/exec"
)

// Kernels are the two matrix products that singular value clipping spends its
// time in; all matrices are row-major.
type Kernels struct {
	// Gram writes to dst the product of w (rows×cols) with its transpose on the
	// smaller side: w·wᵀ (rows×rows) when rows ≤ cols, else wᵀ·w (cols×cols).
	Gram func(dst []float64, w []float32, rows, cols int) error
	// Multiply writes to dst (rows×cols) the product of a (rows×inner) and b
	// (inner×cols).
	Multiply func(dst, a, b []float32, rows, inner, cols int) error
}

// GonumKernels are the reference: sums in float64 for the Gram matrix, gonum's
// BLAS underneath.
func GonumKernels() Kernels {
	return Kernels{Gram: gram, Multiply: multiply}
}

// gram widens w to float64 a block of rows' segments at a time.
func gram(dst []float64, w []float32, rows, cols int) error {
	small, long := min(rows, cols), max(rows, cols)
	clear(dst)
	g := blas64.Symmetric{Uplo: blas.Upper, N: small, Stride: small, Data: dst}
	const width = 256
	block := make([]float64, small*width)
	for from := 0; from < long; from += width {
		n := min(width, long-from)
		if rows <= cols {
			for i := range small {
				for j, v := range w[i*cols+from : i*cols+from+n] {
					block[i*width+j] = float64(v)
				}
			}
			blas64.Syrk(blas.NoTrans, 1, blas64.General{Rows: small, Cols: n, Stride: width, Data: block}, 1, g)
			continue
		}
		for i, v := range w[from*cols : (from+n)*cols] {
			block[i] = float64(v)
		}
		blas64.Syrk(blas.Trans, 1, blas64.General{Rows: n, Cols: small, Stride: small, Data: block}, 1, g)
	}
	for i := range small {
		for j := range i {
			dst[i*small+j] = dst[j*small+i]
		}
	}
	return nil
}

func multiply(dst, a, b []float32, rows, inner, cols int) error {
	blas32.Gemm(blas.NoTrans, blas.NoTrans, 1,
		blas32.General{Rows: rows, Cols: inner, Stride: inner, Data: a},
		blas32.General{Rows: inner, Cols: cols, Stride: cols, Data: b}, 0,
		blas32.General{Rows: rows, Cols: cols, Stride: cols, Data: dst})
	return nil
}

// deviceKernels run the products as programs on a device, one for each shape,
// with sums in float32.
type deviceKernels struct {
	device   *exec.Device
	programs map[productShape]*product
}

type productShape struct {
	rows, inner, cols int
	gram              bool
}

type product struct {
	program *exec.Program
	a, b, y *nn.Node
}

func newDeviceKernels(dev *exec.Device) *deviceKernels {
	return &deviceKernels{device: dev, programs: map[productShape]*product{}}
}

// kernels are the products that singular value clipping takes.
func (d *deviceKernels) kernels() Kernels { return Kernels{Gram: d.gram, Multiply: d.multiply} }

func (d *deviceKernels) gram(dst []float64, w []float32, rows, cols int) error {
	p, err := d.product(productShape{rows: rows, cols: cols, gram: true})
	if err != nil {
		return err
	}
	copy(p.program.Data(p.a), w)
	if err := p.program.RunAll(); err != nil {
		return err
	}
	for i, v := range p.program.Data(p.y) {
		dst[i] = float64(v)
	}
	return nil
}

func (d *deviceKernels) multiply(dst, a, b []float32, rows, inner, cols int) error {
	p, err := d.product(productShape{rows: rows, inner: inner, cols: cols})
	if err != nil {
		return err
	}
	copy(p.program.Data(p.a), a)
	copy(p.program.Data(p.b), b)
	if err := p.program.RunAll(); err != nil {
		return err
	}
	copy(dst, p.program.Data(p.y))
	return nil
}

// product is the program for a shape, compiled at its first use.
func (d *deviceKernels) product(shape productShape) (*product, error) {
	if p, ok := d.programs[shape]; ok {
		return p, nil
	}
	s := nn.NewScope(gorgonia.NewGraph(), nil, nn.ScopeOptions{})
	p := &product{}
	if shape.gram {
		p.a = s.Input("w", shape.rows, shape.cols)
		wide := shape.rows <= shape.cols
		p.y = s.MatMul(p.a, p.a, !wide, wide)
	} else {
		p.a, p.b = s.Input("a", shape.rows, shape.inner), s.Input("b", shape.inner, shape.cols)
		p.y = s.MatMul(p.a, p.b, false, false)
	}
	var err error
	if p.program, err = exec.Compile(d.device, s, p.y); err != nil {
		return nil, err
	}
	d.programs[shape] = p
	return p, nil
}

func (d *deviceKernels) close() error {
	var errs []error
	for _, p := range d.programs {
		errs = append(errs, p.program.Close())
	}
	return errors.Join(errs...)
}
