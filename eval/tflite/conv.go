package tflite

import "fmt"

// layer is what convolutions have in common.
type layer struct {
	window
	x, y, channelsIn, channelsOut int
	weights, bias                 []int32
	zero                          int32     // of the input
	factors                       []float64 // of each output channel
	rounding
	packed // of a convolution over all channels
}

// layer checks a convolution; the kernel's output channels lie on the given axis of its four.
func (b *builder) layer(channelAxis, padding, strideW, strideH, activation int) (*layer, error) {
	if err := b.expect(3); err != nil {
		return nil, err
	}
	x, w, bias, y := b.in(0), b.in(1), b.in(2), b.out()
	if err := quantized(x, y); err != nil {
		return nil, err
	}
	if w.dtype != int8s || w.zero != 0 || !w.constant() || len(w.shape) != 4 || bias.dtype != int32s || !bias.constant() {
		return nil, fmt.Errorf("%w: kernel %s and bias %s are not constants in int8 and int32", ErrUnsupported, w.name, bias.name)
	}
	geometry, err := b.window([2]int{w.shape[1], w.shape[2]}, padding, [2]int{strideH, strideW})
	if err != nil {
		return nil, err
	}
	l := &layer{window: geometry, x: b.op.inputs[0], y: b.op.outputs[0], channelsIn: x.shape[3], channelsOut: w.shape[channelAxis],
		weights: w.integer, bias: bias.integer, zero: x.zero}
	if y.shape[3] != l.channelsOut || bias.size() != l.channelsOut || len(w.scales) != 1 && len(w.scales) != l.channelsOut {
		return nil, fmt.Errorf("%w: kernel %v from %v to %v", ErrFormat, w.shape, x.shape, y.shape)
	}
	l.factors = make([]float64, l.channelsOut)
	for i := range l.factors {
		l.factors[i] = x.scales[0] * w.scales[i%len(w.scales)] / y.scales[0]
	}
	if err := moderate(l.factors...); err != nil {
		return nil, err
	}
	l.rounding, err = b.rounding(activation)
	return l, err
}

// centred subtracts the zero point of the input: what padding adds is then 0.
func (l *layer) centred(s *Stream) []int32 {
	x := s.integer[l.x]
	out := s.scratch[:len(x)]
	for i, v := range x {
		out[i] = v - l.zero
	}
	return out
}

// conv is CONV_2D: 1×H×W×C with a kernel of K×h×w×C.
func (b *builder) conv() (func(*Stream), error) {
	if b.op.option(4, 4, 1) != 1 || b.op.option(5, 4, 1) != 1 {
		return nil, fmt.Errorf("%w: dilation", ErrUnsupported)
	}
	l, err := b.layer(0, b.op.option(0, 1, 0), b.op.option(1, 4, 0), b.op.option(2, 4, 0), b.op.option(3, 1, 0))
	if err != nil {
		return nil, err
	}
	if b.in(1).shape[3] != l.channelsIn {
		return nil, fmt.Errorf("%w: kernel %v on %v", ErrFormat, b.in(1).shape, b.in(0).shape)
	}
	if l.n = l.kernel[0] * l.kernel[1] * l.channelsIn; l.n > maxProducts {
		return nil, fmt.Errorf("%w: kernel %v: a sum of %d products, want %d or fewer", ErrUnsupported, b.in(1).shape, l.n, maxProducts)
	}
	l.packed = pack(l.weights, l.channelsOut, l.n)
	if l.kernel == [2]int{1, 1} && l.stride == [2]int{1, 1} {
		return l.pointwise, nil
	}
	return l.convolve, nil
}

// pointwise runs a 1×1 kernel: what it reads lies ready in the input.
func (l *layer) pointwise(s *Stream) {
	x, y := s.wide[:len(s.integer[l.x])], s.integer[l.y]
	for i, v := range s.integer[l.x] {
		x[i] = int64(v - l.zero)
	}
	for at := range l.out[0] * l.out[1] {
		l.products(y[at*l.channelsOut:][:l.channelsOut], x[at*l.n:][:l.n])
	}
}

// convolve gathers what the kernel reads at each position.
func (l *layer) convolve(s *Stream) {
	x, y, patch := s.integer[l.x], s.integer[l.y], s.wide[:l.n]
	for i := range l.out[0] {
		firstRow, endRow, top := l.span(0, i)
		for j := range l.out[1] {
			first, end, left := l.span(1, j)
			clear(patch)
			for r := firstRow; r < endRow; r++ {
				// A kernel row is contiguous in both: w×C numbers.
				to := patch[(r*l.kernel[1]+first)*l.channelsIn : (r*l.kernel[1]+end)*l.channelsIn]
				from := x[((top+r)*l.in[1]+left+first)*l.channelsIn:][:len(to)]
				for k, v := range from {
					to[k] = int64(v - l.zero)
				}
			}
			l.products(y[(i*l.out[1]+j)*l.channelsOut:][:l.channelsOut], patch)
		}
	}
}

// depthwise is DEPTHWISE_CONV_2D with as many outputs as inputs: a kernel of 1×h×w×C.
func (b *builder) depthwise() (func(*Stream), error) {
	if b.op.option(5, 4, 1) != 1 || b.op.option(6, 4, 1) != 1 {
		return nil, fmt.Errorf("%w: dilation", ErrUnsupported)
	}
	l, err := b.layer(3, b.op.option(0, 1, 0), b.op.option(1, 4, 0), b.op.option(2, 4, 0), b.op.option(4, 1, 0))
	if err != nil {
		return nil, err
	}
	if l.channelsIn != l.channelsOut || b.in(1).shape[0] != 1 {
		return nil, fmt.Errorf("%w: kernel %v on %v: want one output a channel", ErrUnsupported, b.in(1).shape, b.in(0).shape)
	}
	return l.eachChannel, nil
}

// eachChannel runs a depthwise kernel, three of its elements at a time.
func (l *layer) eachChannel(s *Stream) {
	x, y, channels := l.centred(s), s.integer[l.y], l.channelsOut
	sums := make([]int32, channels)
	var in, w [3][]int32
	for i := range l.out[0] {
		firstRow, endRow, top := l.span(0, i)
		for j := range l.out[1] {
			first, end, left := l.span(1, j)
			copy(sums, l.bias)
			waiting := 0
			for r := firstRow; r < endRow; r++ {
				for c := first; c < end; c++ {
					in[waiting] = x[((top+r)*l.in[1]+left+c)*channels:][:channels]
					w[waiting] = l.weights[(r*l.kernel[1]+c)*channels:][:channels]
					if waiting++; waiting == len(in) {
						addThree(sums, in, w)
						waiting = 0
					}
				}
			}
			for k := range waiting {
				addOne(sums, in[k], w[k])
			}
			out := y[(i*l.out[1]+j)*channels:][:channels]
			for k, sum := range sums {
				out[k] = l.round(float64(sum) * l.factors[k])
			}
		}
	}
}

// addThree adds to each channel's sum three of its products.
func addThree(sums []int32, x, w [3][]int32) {
	n := len(sums)
	x0, x1, x2, w0, w1, w2 := x[0][:n], x[1][:n], x[2][:n], w[0][:n], w[1][:n], w[2][:n]
	for k := range sums {
		sums[k] += x0[k]*w0[k] + x1[k]*w1[k] + x2[k]*w2[k]
	}
}

// addOne adds one.
func addOne(sums, x, w []int32) {
	x, w = x[:len(sums)], w[:len(sums)]
	for k := range sums {
		sums[k] += x[k] * w[k]
	}
}

// averagePool is AVERAGE_POOL_2D: the mean over the part of the window inside the input, in the input's own scale.
func (b *builder) averagePool() (func(*Stream), error) {
	if err := b.expect(1); err != nil {
		return nil, err
	}
	x, y := b.in(0), b.out()
	if err := quantized(x, y); err != nil {
		return nil, err
	}
	if x.scales[0] != y.scales[0] || x.zero != y.zero {
		return nil, fmt.Errorf("%w: a pool that changes the scale", ErrUnsupported)
	}
	w, err := b.window([2]int{b.op.option(4, 4, 0), b.op.option(3, 4, 0)}, b.op.option(0, 1, 0), [2]int{b.op.option(2, 4, 0), b.op.option(1, 4, 0)})
	if err != nil {
		return nil, err
	}
	if x.shape[3] != y.shape[3] {
		return nil, fmt.Errorf("%w: a pool from %v to %v", ErrFormat, x.shape, y.shape)
	}
	r, err := b.rounding(b.op.option(5, 1, 0))
	r.zero = 0 // the mean of stored numbers has the zero point in it
	from, to, channels := b.op.inputs[0], b.op.outputs[0], x.shape[3]
	return func(s *Stream) {
		in, out := s.integer[from], s.integer[to]
		for i := range w.out[0] {
			firstRow, endRow, top := w.span(0, i)
			for j := range w.out[1] {
				first, end, left := w.span(1, j)
				count := float64((endRow - firstRow) * (end - first))
				for k := range channels {
					sum := int32(0)
					for row := firstRow; row < endRow; row++ {
						for c := first; c < end; c++ {
							sum += in[((top+row)*w.in[1]+left+c)*channels+k]
						}
					}
					out[(i*w.out[1]+j)*channels+k] = r.round(float64(sum) / count)
				}
			}
		}
	}, err
}
