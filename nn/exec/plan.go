package exec

import (
	"fmt"
	"slices"
	"unsafe"

	"videogan/nn/onednn"
)

// A buffer is a tensor in memory: its own stretch of the arena, the program's
// lasting memory or Go memory, or a view of another buffer.
type buffer struct {
	desc onednn.Descriptor

	parent *buffer        // a view of this buffer, or nil
	shift  int            // bytes from the parent's address
	outer  unsafe.Pointer // pinned Go memory, or nil
	lasts  bool           // keeps its content between runs

	first, last int // steps between which the content is alive; root only
	offset      int // in the arena or the lasting memory; root only
	base        func(offset int) unsafe.Pointer
}

// root is the buffer that owns the memory.
func (b *buffer) root() *buffer {
	for b.parent != nil {
		b = b.parent
	}
	return b
}

// pointer is the address, valid once the plan has placed the buffer.
func (b *buffer) pointer() unsafe.Pointer {
	if b.parent != nil {
		return unsafe.Add(b.parent.pointer(), b.shift)
	}
	if b.outer != nil {
		return b.outer
	}
	return b.base(b.offset)
}

// A step is one kernel of the plan.
type step struct {
	name   string // of the node
	kernel string // operation and implementation
	reads  []*buffer
	writes []*buffer
	// reuse lists inputs whose memory the output (writes[0]) may take over when
	// this step is their last reader.
	reuse []*buffer
	flops float64

	bind  func() error // once, when addresses are known
	run   func() error
	close func()
}

// alignment of every buffer: a cache line, and a whole vector of AVX-512.
const alignment = 64

func aligned(n int) int { return (n + alignment - 1) &^ (alignment - 1) }

// place decides where every buffer of the steps lies. It returns the bytes of
// the arena and of the lasting memory.
func place(steps []*step, keep []*buffer) (arena, lasting int) {
	var roots []*buffer
	note := func(b *buffer, at int) {
		r := b.root()
		if r.first < 0 {
			r.first = at
			roots = append(roots, r)
		}
		r.last = max(r.last, at)
	}
	all := func(visit func(b *buffer, at int)) {
		for i, s := range steps {
			for _, b := range s.reads {
				visit(b, i)
			}
			for _, b := range s.writes {
				visit(b, i)
			}
		}
	}
	all(note)
	for _, b := range keep {
		note(b, len(steps))
	}
	takeOver(steps)

	var movable []*buffer
	for _, r := range roots {
		switch {
		case r.parent != nil || r.outer != nil:
		case r.lasts:
			r.offset = lasting
			lasting += aligned(r.desc.Bytes())
		default:
			movable = append(movable, r)
		}
	}
	return pack(movable), lasting
}

// takeOver lets the output of a step live in the memory of an input that dies
// there.
func takeOver(steps []*step) {
	for i, s := range steps {
		if len(s.writes) == 0 {
			continue
		}
		out := s.writes[0].root()
		if out.lasts || out.outer != nil || out.first != i {
			continue
		}
		for _, b := range s.reuse {
			in := b.root()
			if in == out || in.lasts || in.outer != nil || in.last != i || b.desc.Bytes() != in.desc.Bytes() ||
				out.desc.Bytes() > in.desc.Bytes() {
				continue
			}
			out.parent, in.last = in, out.last
			break
		}
	}
}

// pack gives every buffer an offset such that buffers alive together do not
// overlap: largest first, each in the lowest gap that holds it.
func pack(buffers []*buffer) (size int) {
	slices.SortStableFunc(buffers, func(a, b *buffer) int { return b.desc.Bytes() - a.desc.Bytes() })
	var placed []*buffer // by offset
	for _, b := range buffers {
		need, at := aligned(b.desc.Bytes()), 0
		for _, o := range placed {
			if o.last < b.first || b.last < o.first {
				continue
			}
			if at+need <= o.offset {
				break
			}
			at = max(at, o.offset+aligned(o.desc.Bytes()))
		}
		b.offset = at
		size = max(size, at+need)
		i, _ := slices.BinarySearchFunc(placed, at, func(o *buffer, at int) int { return o.offset - at })
		placed = slices.Insert(placed, i, b)
	}
	return size
}

// mebibytes prints a size.
func mebibytes(n int) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }
