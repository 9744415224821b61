package exec

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"unsafe"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"videogan/nn"
	"videogan/nn/onednn"
)

// compiler holds what is known while a graph becomes steps.
type compiler struct {
	dev      *Device
	pin      *runtime.Pinner
	params   *nn.Params
	uses     map[*nn.Node][]*nn.Node // consumers among the live nodes
	wanted   map[*nn.Node]bool
	brief    map[*nn.Node]bool      // outputs in the arena
	values   map[*nn.Node][]*buffer // every layout a value exists in; the first is where it was produced
	folds    map[*nn.Node][]*buffer // values after a fold, see lower_fold.go
	winograd map[weightsFor]*buffer // weights in the form of Winograd's products, see lower_winograd.go
	chains   map[*nn.Node][]link    // how values are computed, see lower_chain.go
	done     map[*nn.Node]bool      // computed by an earlier node's fused kernel
	batches  map[*nn.Node]*statistics
	sums     map[[2]*nn.Node]*gradientSums
	// Batch normalizations left to the narrow kernels that read them, see lower_narrow.go.
	unnormalized map[*nn.Node]*unnormalized
	steps        []*step
	node         *nn.Node // being lowered
	failed       error    // of a value made on demand
}

// Compile plans the computation of the outputs, and of the states that s
// updates, on the device. The scope's graph must be complete: nodes added later
// are not part of the program.
//
// It reports the scope's own error first, and an output that the graph does not
// hold.
func Compile(d *Device, s *nn.Scope, outputs ...*nn.Node) (*Program, error) {
	return CompileBrief(d, s, nil, outputs...)
}

// CompileBrief is Compile for outputs of which some are read at once: the brief ones lie among the intermediate
// values, and the next run of any program of the device overwrites them. Gradients that an optimizer takes before
// that need no memory of their own so.
func CompileBrief(d *Device, s *nn.Scope, brief []*nn.Node, outputs ...*nn.Node) (*Program, error) {
	if err := s.Err(); err != nil {
		return nil, err
	}
	updates := s.Updates()
	roots := slices.Clone(outputs)
	for _, u := range updates {
		roots = append(roots, u.Value)
	}
	for i, n := range roots {
		if n == nil {
			return nil, fmt.Errorf("exec: compile: output %d is nil: build it in the scope first", i)
		}
	}
	p := &Program{dev: d, outputs: outputs, updates: updates}
	if len(roots) > 0 && roots[0].Dtype() != tensor.Float32 {
		return p, nil // reference implementations only
	}
	d.keep(p)
	var err error
	d.Do(func() { err = p.compile(s.Params(), brief, order(roots)) })
	if err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// order lists the nodes that the roots need, operands before their users. Roots
// nearer to the inputs come first: a layer's weight gradient is then taken as
// soon as backpropagation reaches the layer, and nothing waits for it in memory.
// For the same reason what is smaller than the value that completes its operands
// follows that value at once.
func order(roots []*nn.Node) []*nn.Node {
	depth := map[*nn.Node]int{}
	users := map[*nn.Node][]*nn.Node{}
	var measure func(n *nn.Node) int
	measure = func(n *nn.Node) int {
		if d, ok := depth[n]; ok {
			return d
		}
		d := 0
		for _, in := range nn.Operands(n) {
			d = max(d, measure(in)+1)
			users[in] = append(users[in], n)
		}
		depth[n] = d
		return d
	}
	for _, r := range roots {
		measure(r)
	}
	roots = slices.Clone(roots)
	slices.SortStableFunc(roots, func(a, b *nn.Node) int { return depth[a] - depth[b] })

	var list []*nn.Node
	seen, done := map[*nn.Node]bool{}, map[*nn.Node]bool{}
	waits := func(n *nn.Node) bool { return !done[n] }
	var visit func(n *nn.Node)
	visit = func(n *nn.Node) {
		if seen[n] {
			return
		}
		seen[n] = true
		in := nn.Operands(n)
		slices.SortStableFunc(in, func(a, b *nn.Node) int { return depth[a] - depth[b] })
		for _, m := range in {
			visit(m)
		}
		list, done[n] = append(list, n), true
		for _, u := range users[n] {
			if u.Shape().TotalSize() < n.Shape().TotalSize() && !slices.ContainsFunc(nn.Operands(u), waits) {
				visit(u)
			}
		}
	}
	for _, r := range roots {
		visit(r)
	}
	return list
}

func (p *Program) compile(params *nn.Params, brief, nodes []*nn.Node) error {
	c := &compiler{
		dev: p.dev, pin: &p.pin, params: params,
		uses: map[*nn.Node][]*nn.Node{}, wanted: map[*nn.Node]bool{}, brief: map[*nn.Node]bool{},
		values: map[*nn.Node][]*buffer{}, folds: map[*nn.Node][]*buffer{}, winograd: map[weightsFor]*buffer{}, chains: map[*nn.Node][]link{}, done: map[*nn.Node]bool{},
		batches: map[*nn.Node]*statistics{}, sums: map[[2]*nn.Node]*gradientSums{},
		unnormalized: map[*nn.Node]*unnormalized{},
	}
	for _, n := range nodes {
		for _, in := range nn.Operands(n) {
			c.uses[in] = append(c.uses[in], n)
		}
	}
	for _, n := range p.outputs {
		c.wanted[n] = true
	}
	for _, u := range p.updates {
		c.wanted[u.Value] = true
	}
	for _, n := range brief {
		c.brief[n] = true
	}
	defer func() { p.steps = c.steps }()
	for _, n := range nodes {
		c.node = n
		if c.done[n] {
			continue
		}
		if err := errors.Join(c.lower(n), c.failed); err != nil {
			return fmt.Errorf("exec: compile %s: %w", n.Name(), err)
		}
	}

	p.data = map[*nn.Node]*buffer{}
	var keep []*buffer
	for _, n := range nodes {
		if n.Op() == nil {
			p.data[n] = c.values[n][0]
			if p.data[n].outer == nil {
				p.leaves = append(p.leaves, n)
			}
		}
	}
	for _, n := range p.outputs {
		c.node = n
		b, err := c.plain(n)
		if err != nil {
			return err
		}
		if b.root().outer == nil && !c.brief[n] {
			b.root().lasts = true
		}
		keep = append(keep, b)
		p.data[n] = b
	}
	for _, u := range p.updates {
		c.node = u.Value
		if err := c.update(u); err != nil {
			return err
		}
	}
	c.steps = recompute(withoutIdle(c.steps, keep), keep, p.dev.repeat)
	arena, lasting := place(c.steps, keep)
	for _, b := range p.data {
		if r := b.root(); r.lasts && len(r.lives) == 0 { // an input that only a dead node would read
			r.offset, lasting = lasting, lasting+aligned(r.desc.Bytes())
		}
	}
	return p.settle(c.steps, arena, lasting)
}

// update copies a new state over its parameter, after everything else.
func (c *compiler) update(u nn.Update) error {
	from, err := c.plain(u.Value)
	if err != nil {
		return err
	}
	to := u.Param.Value.Data().([]float32)
	c.pin.Pin(&to[0])
	c.emit(&step{kernel: "update " + u.Param.Name, reads: []*buffer{from}, once: true, run: func() error {
		onednn.CopyStrided([]int{len(to)}, []int{1}, from.pointer(), []int{1}, unsafe.Pointer(&to[0]))
		return nil
	}})
	return nil
}

// describe is the plain descriptor of a node's shape.
func describe(n *nn.Node) onednn.Descriptor { return onednn.Dense(n.Shape()...) }

// leaf binds a parameter in its own memory; an input or a constant has memory
// of the program, into which RunAll copies a bound value.
func (c *compiler) leaf(n *nn.Node) error {
	b := &buffer{desc: describe(n)}
	c.values[n] = []*buffer{b}
	if v := n.Value(); v != nil && v.Dtype() != tensor.Float32 {
		return fmt.Errorf("value of type %v in a float32 program", v.Dtype())
	}
	if c.params != nil {
		if p, ok := c.params.Get(n.Name()); ok && n.Value() == gorgonia.Value(p.Value) {
			data := p.Value.Float32s()
			c.pin.Pin(&data[0])
			b.outer = unsafe.Pointer(&data[0])
			return nil
		}
	}
	b.lasts = true
	return nil
}

func (c *compiler) emit(s *step) {
	s.name = c.node.Name()
	c.steps = append(c.steps, s)
}

// fresh is a new buffer in the arena.
func (c *compiler) fresh(d onednn.Descriptor) *buffer {
	return &buffer{desc: d}
}

// produce makes the buffer in which node n is computed.
func (c *compiler) produce(n *nn.Node, d onednn.Descriptor) *buffer {
	b := c.fresh(d)
	c.values[n] = append(c.values[n], b)
	return b
}

// view gives n the memory of b under another descriptor.
func (c *compiler) view(n *nn.Node, b *buffer, d onednn.Descriptor) {
	c.values[n] = append(c.values[n], &buffer{desc: d, parent: b})
}

// origin is n as it was produced. A broadcast is produced here: most of them
// only feed element-wise kernels, which repeat an operand themselves.
func (c *compiler) origin(n *nn.Node) *buffer {
	if _, ok := n.Op().(*nn.BroadcastOp); ok && len(c.values[n]) == 0 {
		if err := c.materialize(n); err != nil {
			c.failed = errors.Join(c.failed, err)
		}
	}
	return c.values[n][0]
}

// home is n in the layout in which it was produced, as float32.
func (c *compiler) home(n *nn.Node) *buffer {
	b := c.origin(n)
	if b.desc.IsBF16() {
		var err error
		if b, err = c.as(n, b.desc.Float32()); err != nil {
			c.failed = errors.Join(c.failed, err)
		}
	}
	return b
}

// plain is n in row-major order.
func (c *compiler) plain(n *nn.Node) (*buffer, error) { return c.as(n, describe(n)) }

// plains are several values in row-major order.
func (c *compiler) plains(nodes []*nn.Node) ([]*buffer, error) {
	list := make([]*buffer, len(nodes))
	for i, n := range nodes {
		b, err := c.plain(n)
		if err != nil {
			return nil, err
		}
		list[i] = b
	}
	return list, nil
}

// as is n in the wanted layout; it adds a reorder when n is not yet there.
func (c *compiler) as(n *nn.Node, want onednn.Descriptor) (*buffer, error) {
	from := c.origin(n)
	for _, b := range c.values[n] {
		if b.desc.Equal(want) {
			return b, nil
		}
	}
	to := c.produce(n, want)
	return to, c.reorder(from, to)
}

// reorder copies between layouts of equal sizes.
func (c *compiler) reorder(from, to *buffer) error {
	if blocks, ok := onednn.WeightBlocksOf(to.desc); ok && from.desc.IsPlain() {
		c.emit(&step{kernel: "reorder weights " + to.desc.String(), reads: []*buffer{from}, writes: []*buffer{to}, run: func() error {
			blocks.Reorder(from.pointer(), to.pointer())
			return nil
		}})
		return nil
	}
	if run := reorderOf(from, to); run != nil {
		c.emit(&step{kernel: "reorder " + from.desc.TypedTag() + " " + to.desc.String(), reads: []*buffer{from}, writes: []*buffer{to}, run: run})
		return nil
	}
	r, err := c.dev.engine.Reorder(from.desc, to.desc)
	if err != nil {
		return err
	}
	c.primitive("reorder "+from.desc.TypedTag()+" "+to.desc.String(), 0, r,
		operand{onednn.From, from}, operand{onednn.To, to})
	return nil
}

// reorderOf is a reorder at the speed of a copy, or nil where only oneDNN knows the layouts: a change of the type alone,
// and whole rows that move.
func reorderOf(from, to *buffer) func() error {
	n := from.desc.Elements()
	switch {
	case from.desc.BF16().Equal(to.desc):
		return func() error {
			onednn.ToBF16(from.pointer(), n, to.pointer())
			return nil
		}
	case from.desc.Float32().Equal(to.desc):
		return func() error {
			onednn.FromBF16(from.pointer(), n, to.pointer())
			return nil
		}
	case from.desc.IsBF16() || to.desc.IsBF16():
		return nil
	}
	sx, strided := from.desc.Strides()
	sy, alike := to.desc.Strides()
	last := len(sx) - 1
	if !strided || !alike || last < 0 || sx[last] != 1 || sy[last] != 1 {
		return nil
	}
	sizes := from.desc.Sizes()
	return func() error {
		onednn.CopyStrided(sizes, sx, from.pointer(), sy, to.pointer())
		return nil
	}
}

type operand struct {
	arg onednn.Argument
	b   *buffer
}

// written are the arguments that a primitive writes.
var written = []onednn.Argument{onednn.Destination, onednn.DiffSource, onednn.DiffWeights, onednn.To, onednn.Scratchpad}

// primitive adds a step that runs p.
func (c *compiler) primitive(kernel string, flops float64, p *onednn.Primitive, operands ...operand) {
	if d, ok := p.Descriptor(onednn.Scratchpad); ok {
		operands = append(operands, operand{onednn.Scratchpad, c.fresh(d)})
	}
	s := &step{kernel: kernel + " " + p.Implementation(), flops: flops, close: p.Close}
	for _, o := range operands {
		// Reorder's From and To share their numbers with Source and Destination.
		if slices.Contains(written, o.arg) {
			s.writes = append(s.writes, o.b)
		} else {
			s.reads = append(s.reads, o.b)
		}
	}
	s.bind = func() error {
		for _, o := range operands {
			if err := p.Bind(o.arg, o.b.pointer()); err != nil {
				return err
			}
		}
		return nil
	}
	engine := c.dev.engine
	s.run = func() error { return p.Execute(engine) }
	if scratch := readsScratch(p, operands); scratch != nil {
		size := scratch.desc.Bytes() / 4
		s.run = func() error {
			onednn.Fill(scratch.pointer(), 0, size)
			return p.Execute(engine)
		}
	}
	c.emit(s)
}

// soleUser is the only consumer of n, or nil: then n itself need not exist.
func (c *compiler) soleUser(n *nn.Node) *nn.Node {
	if u := c.uses[n]; len(u) == 1 && !c.wanted[n] {
		return u[0]
	}
	return nil
}

var _ gorgonia.VM = (*Program)(nil)
