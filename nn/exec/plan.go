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
	size int // of desc in bytes, once bytes has asked for it

	parent *buffer        // a view of this buffer, or nil
	shift  int            // bytes from the parent's address
	outer  unsafe.Pointer // pinned Go memory, or nil
	lasts  bool           // keeps its content between runs

	lives  []span // steps between which the content is alive; root only
	offset int    // in the arena or the lasting memory; root only
	base   func(offset int) unsafe.Pointer
}

// A span is a stretch of steps, both ends among them.
type span struct{ first, last int }

// root is the buffer that owns the memory.
func (b *buffer) root() *buffer {
	for b.parent != nil {
		b = b.parent
	}
	return b
}

// bytes is the memory that the buffer takes.
func (b *buffer) bytes() int {
	if b.size == 0 {
		b.size = b.desc.Bytes() // a planner asks many thousand times, and the answer is C's
	}
	return b.size
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
	idle  bool  // left out where nothing reads the result
	once  bool  // not to be repeated: it could have another effect the second time
	inGo  bool  // run is called in every run of the program, not only to record the kernels that it calls
	again *step // the step that this one repeats, or nil; see recompute.go

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
	roots := live(steps, keep)
	takeOver(steps)
	var movable []*buffer
	for _, r := range roots {
		switch {
		case r.movable():
			movable = append(movable, r)
		case r.lasts:
			r.offset = lasting
			lasting += aligned(r.bytes())
		}
	}
	return pack(movable), lasting
}

// movable reports whether b has memory of its own in the arena.
func (b *buffer) movable() bool { return b.parent == nil && b.outer == nil && !b.lasts }

// live finds the lives of all roots, which it lists: one from the first step
// that touches it to the last, and a second one from the step that computes it
// again.
func live(steps []*step, keep []*buffer) (roots []*buffer) {
	reset := func(list []*buffer) {
		for _, b := range list {
			r := b.root()
			r.lives = r.lives[:0]
		}
	}
	for _, s := range steps {
		reset(s.reads)
		reset(s.writes)
	}
	reset(keep)
	touch := func(b *buffer, at int, anew bool) {
		r := b.root()
		n := len(r.lives)
		if n == 0 {
			roots = append(roots, r)
		}
		if n == 0 || n == 1 && anew {
			r.lives = append(r.lives, span{at, at})
			return
		}
		r.lives[n-1].last = at
	}
	for i, s := range steps {
		for _, b := range s.reads {
			touch(b, i, false)
		}
		for _, b := range s.writes {
			touch(b, i, s.again != nil)
		}
	}
	for _, b := range keep {
		touch(b, len(steps), false)
	}
	return roots
}

// takeOver lets the output of a step live in the memory of an input that dies
// there.
func takeOver(steps []*step) {
	for i, s := range steps {
		if s.again != nil || len(s.writes) == 0 {
			continue
		}
		out := s.writes[0].root()
		if out.lasts || out.outer != nil || out.lives[0].first != i {
			continue
		}
		for _, b := range s.reuse {
			in := b.root()
			if in == out || in.lasts || in.outer != nil || b.bytes() != in.bytes() ||
				out.bytes() > in.bytes() || !succeeds(out, in) {
				continue
			}
			out.parent, in.lives = in, joined(in.lives, out.lives)
			break
		}
	}
}

// succeeds reports whether out is alive only when in is not, but for the steps
// that read the last of in and write the first of out.
func succeeds(out, in *buffer) bool {
	for _, a := range in.lives {
		for _, b := range out.lives {
			if a.last > b.first && b.last >= a.first {
				return false
			}
		}
	}
	return true
}

// joined are the stretches of both, those that meet made one.
func joined(a, b []span) []span {
	all := slices.Concat(a, b)
	slices.SortFunc(all, func(x, y span) int { return x.first - y.first })
	list := all[:1]
	for _, s := range all[1:] {
		if last := &list[len(list)-1]; s.first <= last.last {
			last.last = max(last.last, s.last)
		} else {
			list = append(list, s)
		}
	}
	return list
}

// together reports whether two buffers are alive at the same step.
func together(a, b *buffer) bool {
	for _, x := range a.lives {
		for _, y := range b.lives {
			if x.first <= y.last && y.first <= x.last {
				return true
			}
		}
	}
	return false
}

// pack gives every buffer an offset such that buffers alive together do not
// overlap: largest first, each in the lowest gap that holds it.
func pack(buffers []*buffer) (size int) {
	slices.SortStableFunc(buffers, func(a, b *buffer) int { return b.bytes() - a.bytes() })
	var placed []*buffer // by offset
	for _, b := range buffers {
		need, at := aligned(b.bytes()), 0
		for _, o := range placed {
			if !together(o, b) {
				continue
			}
			if at+need <= o.offset {
				break
			}
			at = max(at, o.offset+aligned(o.bytes()))
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
