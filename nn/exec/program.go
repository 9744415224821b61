package exec

import (
	"fmt"
	"runtime"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"videogan/nn"
	"videogan/nn/onednn"
)

// Program is a compiled graph. It implements gorgonia.VM.
//
// Its outputs and inputs keep their memory between runs; intermediate values,
// and outputs that CompileBrief was told of, live in the device's arena, which the next run of any program overwrites.
type Program struct {
	dev     *Device
	outputs []*nn.Node
	updates []nn.Update
	leaves  []*nn.Node // inputs and constants
	steps   []*step
	data    map[*nn.Node]*buffer
	tensors map[*nn.Node]*tensor.Dense
	arena   int
	lasting *onednn.Arena
	pin     runtime.Pinner // what kernels were told the addresses of
	run     func()
	err     error
	closed  bool

	recording *onednn.Recording // of all kernels
	stretches []*stretch        // of the steps
}

// settle gives the plan its memory and binds every kernel to it.
func (p *Program) settle(steps []*step, arena, lasting int) (err error) {
	if arena > p.dev.arena.Size() {
		return fmt.Errorf("exec: the plan needs %s and this machine has %s: use a smaller batch, fewer frames or a smaller size",
			mebibytes(arena), mebibytes(p.dev.arena.Size()))
	}
	p.arena = arena
	p.dev.used = max(p.dev.used, arena)
	if p.lasting, err = onednn.NewArena(max(lasting, 1)); err != nil {
		return err
	}
	set := func(b *buffer) {
		if r := b.root(); r.lasts {
			r.base = p.lasting.At
		} else {
			r.base = p.dev.arena.At
		}
	}
	for _, s := range steps {
		for _, b := range s.reads {
			set(b)
		}
		for _, b := range s.writes {
			set(b)
		}
	}
	for _, b := range p.data {
		set(b)
	}
	for _, s := range steps {
		if s.bind != nil {
			if err := s.bind(); err != nil {
				return fmt.Errorf("exec: bind %s: %w", s.name, err)
			}
		}
	}
	if err := p.record(steps); err != nil {
		return err
	}
	p.run = p.execute
	p.tensors = map[*nn.Node]*tensor.Dense{}
	return nil
}

// RunAll computes the outputs from the inputs, and then writes updated states
// to their parameters. A value that gorgonia.Let bound to an input is taken
// over first.
func (p *Program) RunAll() error {
	if p.run == nil {
		return p.evaluate()
	}
	for _, n := range p.leaves {
		if v, ok := n.Value().(*tensor.Dense); ok {
			copy(p.Data(n), v.Float32s())
		}
	}
	p.dev.Do(p.run)
	return p.err
}

func (p *Program) execute() {
	p.err = nil
	for _, h := range p.stretches {
		if p.err = p.runStretch(h, nil); p.err != nil {
			return
		}
	}
}

// evaluate runs a float64 program by the operations' reference implementations.
func (p *Program) evaluate() error {
	roots := append([]*nn.Node(nil), p.outputs...)
	for _, u := range p.updates {
		roots = append(roots, u.Value)
	}
	values, err := nn.Evaluate(roots...)
	if err != nil {
		return err
	}
	p.tensors = map[*nn.Node]*tensor.Dense{}
	for i, n := range p.outputs {
		p.tensors[n] = values[i]
	}
	for i, u := range p.updates {
		if err := tensor.Copy(u.Param.Value, values[len(p.outputs)+i]); err != nil {
			return fmt.Errorf("exec: update %s: %w", u.Param.Name, err)
		}
	}
	return nil
}

// Data is the memory of an input, a parameter or an output, in row-major order:
// inputs are written there before RunAll, outputs read after it. It is nil for
// any other node and in a float64 program.
func (p *Program) Data(n *nn.Node) []float32 {
	b, ok := p.data[n]
	if !ok {
		return nil
	}
	return floats(b.pointer(), n.Shape().TotalSize())
}

// Tensor is Data as a tensor of the node's shape; in a float64 program, the
// output of the last run.
func (p *Program) Tensor(n *nn.Node) *tensor.Dense {
	if t, ok := p.tensors[n]; ok {
		return t
	}
	data := p.Data(n)
	if data == nil {
		return nil
	}
	t := tensor.New(tensor.WithShape(n.Shape()...), tensor.WithBacking(data))
	p.tensors[n] = t
	return t
}

// Reset does nothing: a program may always be run again.
func (p *Program) Reset() {}

// Close frees the program's kernels and lasting memory. Closing twice, or after
// the device, does nothing.
func (p *Program) Close() error {
	if p.closed {
		return nil
	}
	p.closed = true
	p.dev.forget(p)
	p.dev.Do(func() {
		if p.recording != nil {
			p.recording.Close()
		}
		for _, s := range p.steps {
			if s.close != nil {
				s.close()
			}
		}
		if p.lasting != nil {
			p.lasting.Close()
		}
	})
	p.steps, p.stretches, p.recording, p.lasting, p.data = nil, nil, nil, nil, nil
	p.run = func() { p.err = fmt.Errorf("exec: run a closed program") }
	p.pin.Unpin()
	return nil
}

// FLOPs is the nominal number of floating-point operations of a run: two for
// each multiply-add of convolutions and matrix products, those on padding
// included.
func (p *Program) FLOPs() float64 {
	sum := 0.0
	for _, s := range p.steps {
		sum += s.flops
	}
	return sum
}

// ArenaBytes is the memory that a run needs for intermediate values.
func (p *Program) ArenaBytes() int64 { return int64(p.arena) }

// foreign runs a node by its operation's own Do, on plain tensors.
func (c *compiler) foreign(n *nn.Node) error {
	in := nn.Operands(n)
	reads, err := c.plains(in)
	if err != nil {
		return err
	}
	out := c.produce(n, describe(n))
	op := n.Op()
	values := make([]gorgonia.Value, len(in))
	s := &step{kernel: fmt.Sprintf("Do of %T", op), reads: reads, writes: []*buffer{out}, once: true, inGo: true}
	s.bind = func() error {
		for i, m := range in {
			values[i] = tensor.New(tensor.WithShape(m.Shape()...),
				tensor.WithBacking(floats(reads[i].pointer(), m.Shape().TotalSize())))
		}
		return nil
	}
	size := n.Shape().TotalSize()
	s.run = func() error {
		v, err := op.Do(values...)
		if err != nil {
			return err
		}
		return store(floats(out.pointer(), size), v)
	}
	c.emit(s)
	return nil
}

// store copies a value that a foreign operation returned.
func store(to []float32, v gorgonia.Value) error {
	switch data := v.Data().(type) {
	case []float32:
		copy(to, data)
	case float32:
		to[0] = data
	default:
		return fmt.Errorf("result of type %T in a float32 program", data)
	}
	return nil
}
