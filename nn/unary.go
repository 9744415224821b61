package nn

import (
	"fmt"
	"math"

	"gorgonia.org/gorgonia"
)

// UnaryFunc is a function of one number.
type UnaryFunc int

// The functions of UnaryOp; a is its Alpha.
const (
	ReLU      UnaryFunc = iota // max(x, 0)
	LeakyReLU                  // x where x > 0, else a·x; a ≥ 0
	Tanh                       // tanh x
	Sigmoid                    // 1/(1 + exp -x)
	Softplus                   // log(1 + exp x), without overflow
	Exp                        // exp x
	Log                        // natural logarithm
	Sqrt                       // √x
	Abs                        // |x|
	Sign                       // -1, 0 or 1
	Pow                        // x to the power a
	Scale                      // a·x
	Shift                      // x + a
)

var unaryNames = [...]string{"relu", "leaky-relu", "tanh", "sigmoid", "softplus", "exp", "log", "sqrt", "abs", "sign", "pow", "scale", "shift"}

// String is the function's name.
func (f UnaryFunc) String() string {
	if f < 0 || int(f) >= len(unaryNames) {
		return fmt.Sprintf("unary(%d)", int(f))
	}
	return unaryNames[f]
}

func (f UnaryFunc) hasAlpha() bool {
	return f == LeakyReLU || f == Pow || f == Scale || f == Shift
}

// UnaryOp applies a function to every element.
type UnaryOp struct {
	opBase
	Func  UnaryFunc
	Alpha float64 // parameter of LeakyReLU, Pow, Scale and Shift; else 0
}

// ReLU is max(x, 0). Its derivative at 0 is 0.
func (s *Scope) ReLU(x *Node) *Node { return s.unary(ReLU, x, 0) }

// LeakyReLU is x where x > 0, else slope·x. Its derivative at 0 is the slope.
// A negative slope is an error.
func (s *Scope) LeakyReLU(x *Node, slope float64) *Node { return s.unary(LeakyReLU, x, slope) }

// Tanh is the hyperbolic tangent.
func (s *Scope) Tanh(x *Node) *Node { return s.unary(Tanh, x, 0) }

// Sigmoid is 1/(1 + exp(-x)).
func (s *Scope) Sigmoid(x *Node) *Node { return s.unary(Sigmoid, x, 0) }

// Softplus is log(1 + exp(x)), computed without overflow and, unlike PyTorch's,
// without a threshold beyond which it is x.
func (s *Scope) Softplus(x *Node) *Node { return s.unary(Softplus, x, 0) }

// Exp is e to the x.
func (s *Scope) Exp(x *Node) *Node { return s.unary(Exp, x, 0) }

// Log is the natural logarithm.
func (s *Scope) Log(x *Node) *Node { return s.unary(Log, x, 0) }

// Sqrt is the square root. Its derivative at 0 is infinite.
func (s *Scope) Sqrt(x *Node) *Node { return s.unary(Sqrt, x, 0) }

// Abs is |x|. Its derivative at 0 is 0.
func (s *Scope) Abs(x *Node) *Node { return s.unary(Abs, x, 0) }

// Pow is x to the power p.
func (s *Scope) Pow(x *Node, p float64) *Node { return s.unary(Pow, x, p) }

// Square is x².
func (s *Scope) Square(x *Node) *Node { return s.unary(Pow, x, 2) }

// Scale is c·x.
func (s *Scope) Scale(x *Node, c float64) *Node { return s.unary(Scale, x, c) }

// Shift is x + c.
func (s *Scope) Shift(x *Node, c float64) *Node { return s.unary(Shift, x, c) }

// Neg is -x.
func (s *Scope) Neg(x *Node) *Node { return s.unary(Scale, x, -1) }

func (s *Scope) unary(f UnaryFunc, x *Node, alpha float64) *Node {
	return s.build(f.String(), func() (*Node, error) { return unary(f, x, alpha) }, x)
}

func unary(f UnaryFunc, x *Node, alpha float64) (*Node, error) {
	if f == LeakyReLU && !(alpha >= 0) {
		return nil, fmt.Errorf("leaky-relu with slope %v: want at least 0", alpha)
	}
	return apply(&UnaryOp{opBase: newOpBase(unaryLabel(f, alpha), x.Shape(), x.Shape()), Func: f, Alpha: alpha}, x)
}

func unaryLabel(f UnaryFunc, alpha float64) string {
	if f.hasAlpha() {
		return fmt.Sprintf("%s(%v)", f, alpha)
	}
	return f.String()
}

// Do is the reference implementation.
func (o *UnaryOp) Do(values ...gorgonia.Value) (gorgonia.Value, error) {
	f := o.Func.of(o.Alpha)
	return do(&o.opBase, values,
		func(in [][]float32, out []float32) { mapInto(out, in[0], f) },
		func(in [][]float64, out []float64) { mapInto(out, in[0], f) })
}

func mapInto[T float](out, in []T, f func(float64) float64) {
	for i, v := range in {
		out[i] = T(f(float64(v)))
	}
}

// of gives the function itself.
func (f UnaryFunc) of(a float64) func(float64) float64 {
	switch f {
	case ReLU:
		return func(x float64) float64 { return leaky(x, 0) }
	case LeakyReLU:
		return func(x float64) float64 { return leaky(x, a) }
	case Tanh:
		return math.Tanh
	case Sigmoid:
		return sigmoid
	case Softplus:
		return func(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }
	case Exp:
		return math.Exp
	case Log:
		return math.Log
	case Sqrt:
		return math.Sqrt
	case Abs:
		return math.Abs
	case Sign:
		return sign
	case Pow:
		return func(x float64) float64 { return math.Pow(x, a) }
	case Scale:
		return func(x float64) float64 { return a * x }
	case Shift:
		return func(x float64) float64 { return x + a }
	}
	panic("nn: " + f.String())
}

// leaky keeps NaN, so that one in the data is not hidden.
func leaky(x, slope float64) float64 {
	switch {
	case x > 0 || math.IsNaN(x):
		return x
	case slope == 0:
		return 0
	}
	return slope * x
}

func sigmoid(x float64) float64 {
	if x < 0 {
		e := math.Exp(x)
		return e / (1 + e)
	}
	return 1 / (1 + math.Exp(-x))
}

func sign(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return x // 0, -0 or NaN
}

// DiffWRT is true, except for the functions whose derivative is 0 everywhere.
func (o *UnaryOp) DiffWRT(int) []bool {
	zero := o.Func == Sign || o.Func == Pow && o.Alpha == 0
	return []bool{!zero}
}

// SymDiff uses the output where the derivative follows from it, so that the
// input need not be kept.
func (o *UnaryOp) SymDiff(in gorgonia.Nodes, output, grad *Node) (gorgonia.Nodes, error) {
	gx, err := o.gradient(in[0], output, grad)
	return gorgonia.Nodes{gx}, err
}

func (o *UnaryOp) gradient(x, y, gy *Node) (*Node, error) {
	switch o.Func {
	case ReLU, LeakyReLU, Tanh, Sigmoid:
		return unaryGrad(o.Func, o.Alpha, y, gy)
	case Softplus:
		d, err := unary(Sigmoid, x, 0)
		if err != nil {
			return nil, err
		}
		return combine(Mul, gy, d)
	case Exp:
		return combine(Mul, gy, y)
	case Log:
		return combine(Div, gy, x)
	case Sqrt:
		half, err := unary(Scale, gy, 0.5)
		if err != nil {
			return nil, err
		}
		return combine(Div, half, y)
	case Abs:
		d, err := unary(Sign, x, 0)
		if err != nil {
			return nil, err
		}
		return combine(Mul, gy, d)
	case Pow:
		return o.gradientOfPow(x, gy)
	case Scale:
		return unary(Scale, gy, o.Alpha)
	case Shift:
		return gy, nil
	}
	return nil, fmt.Errorf("nn: %s has no derivative", o)
}

func (o *UnaryOp) gradientOfPow(x, gy *Node) (*Node, error) {
	d := x // x^(p-1)
	var err error
	if o.Alpha == 1 {
		return gy, nil
	}
	if o.Alpha != 2 {
		if d, err = unary(Pow, x, o.Alpha-1); err != nil {
			return nil, err
		}
	}
	if d, err = unary(Scale, d, o.Alpha); err != nil {
		return nil, err
	}
	return combine(Mul, gy, d)
}
