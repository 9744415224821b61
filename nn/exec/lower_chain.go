package exec

import (
	"slices"
	"strings"

	"videogan/nn"
	"videogan/nn/onednn"
)

// A link is an element-wise function in a chain: functions that a kernel computes one after the other in one pass over
// memory, each of two operands in row-major order, of which one may be what the links before gave.
type link struct {
	function nn.BinaryFunc
	operands [2]view
}

// A view is a plain buffer that is read with strides in elements, or what the links before gave where it is nil.
type view struct {
	b       *buffer
	strides []int
}

// covers reports whether it is a buffer of as many numbers as the chain's result has.
func (v view) covers(result *nn.Node) bool {
	return v.b != nil && v.b.desc.Elements() == result.Shape().TotalSize()
}

// chain computes n, of operands that may be repeated, together with the chain that made one of them where that need not
// be written then.
func (c *compiler) chain(n *nn.Node, op *nn.BinaryOp, a, b *nn.Node) error {
	shape := n.Shape()
	var links []link
	last := link{function: op.Func}
	for i, x := range []*nn.Node{a, b} {
		if links == nil && a != b && c.extends(n, x) {
			links, last.operands[i] = slices.Clone(c.chains[x]), view{nil, strides(shape)}
			continue
		}
		from, err := c.plain(x)
		if err != nil {
			return err
		}
		last.operands[i] = view{from, repeating(x)}
	}
	links = append(links, last)
	c.chains[n] = links

	y := c.produce(n, describe(n))
	s := &step{writes: []*buffer{y}, idle: true, run: func() error {
		list := make([]onednn.Link, len(links))
		for i, l := range links {
			first, second := l.operands[0], l.operands[1]
			list[i] = onednn.Link{Func: binaryKernels[l.function], StrideA: first.strides, StrideB: second.strides,
				A: pointerOrNil(first.b), B: pointerOrNil(second.b)}
		}
		onednn.BinaryChain(shape, list, y.pointer())
		return nil
	}}
	var names []string
	repeated := ""
	for i, l := range links {
		names = append(names, l.function.String())
		for _, v := range l.operands {
			if v.b == nil {
				continue
			}
			s.reads = append(s.reads, v.b)
			whole := v.covers(n)
			if !whole {
				repeated = " broadcast"
			}
			if i > 0 { // read when the first link has written
				s.reuse = slices.DeleteFunc(s.reuse, func(b *buffer) bool { return b.root() == v.b.root() })
			} else if whole {
				s.reuse = append(s.reuse, v.b)
			}
		}
	}
	s.kernel = strings.Join(names, "+") + repeated
	c.emit(s)
	return nil
}

// extends reports whether n's chain may begin with the one that made its operand x: if all who use x do so, and none
// reads more than it would of x.
func (c *compiler) extends(n, x *nn.Node) bool {
	links := c.chains[x]
	if len(links) == 0 || len(links) == onednn.MaxLinks || c.wanted[x] || !slices.Equal(x.Shape(), n.Shape()) {
		return false
	}
	if c.soleUser(x) == n {
		return true
	}
	whole := 0
	for _, l := range links {
		for _, v := range l.operands {
			if v.covers(x) {
				whole++
			}
		}
	}
	return whole == 1 && !slices.ContainsFunc(c.uses[x], func(user *nn.Node) bool {
		_, ok := user.Op().(*nn.BinaryOp)
		return !ok || c.dotted(user) || !slices.Equal(user.Shape(), x.Shape())
	})
}

// withoutIdle leaves out the idle steps whose result no other step reads and nobody keeps.
func withoutIdle(steps []*step, keep []*buffer) []*step {
	read := map[*buffer]bool{}
	for _, b := range keep {
		read[b.root()] = true
	}
	var list []*step
	for _, s := range slices.Backward(steps) {
		if s.idle && !read[s.writes[0].root()] {
			continue
		}
		for _, b := range s.reads {
			read[b.root()] = true
		}
		list = append(list, s)
	}
	slices.Reverse(list)
	return list
}
