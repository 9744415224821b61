package exec

import "slices"

// Shares of a program's work that may be done twice to save memory.
const (
	spareWork = 0.003 // always: too little to be seen in the time of a run
	allWork   = 1     // with DeviceOptions.Recompute: every step, since none is repeated twice
)

// smallPlan is the memory below which nothing is repeated unasked: a plan of short steps is slowed by more than the share,
// and the process is several times as large. tgan-small takes 39 MiB instead of 34, and 1 to 2 % less time.
const smallPlan = 64 << 20

// recompute lowers the memory that a plan needs at its fullest step. Values that
// wait there for a later step are dropped after their last use before, and the
// steps that computed them are repeated just before their next use, where other
// dropped values that these steps read are computed again in turn. The allowance
// is the share of the plan's work that may be repeated; no step is repeated more
// than once. With spareWork alone a small plan stays as it is.
//
// A repeated step runs the same kernel on the same values in the same memory, so
// that the results of the plan keep their bits. What is small, such as the
// statistics of a batch normalization, is never dropped; an update of a state is
// never repeated.
//
// The segments are not layers: at each turn the value is dropped that lowers the
// peak most for the work that it takes to compute it again, while there is one; of
// equals, one that makes no long segment, so that few values come back at a time.
//
// Source: Chen et al. 2016, "Training deep nets with sublinear memory cost".
// Differs from it in: its segments are of equal length, and fixed.
func recompute(steps []*step, keep []*buffer, allowance float64) []*step {
	if len(steps) == 0 || allowance == spareWork && fullest(steps, live(steps, keep)).bytes < smallPlan {
		return steps
	}
	p := newRecomputation(steps, keep)
	total := 0.0
	for _, s := range steps {
		total += s.work()
	}
	now := p.measure()
	for {
		var choice *value
		var best, burst float64
		for _, v := range p.values {
			if v.dropped || now.at <= v.from || now.at > v.to {
				continue
			}
			v.dropped = true
			then := p.measure()
			v.dropped = false
			saved, price := float64(now.bytes-then.bytes), max(then.work-now.work, 1)
			if saved <= 0 || then.work > allowance*total {
				continue
			}
			if gain := saved / price; gain > best || gain == best && then.burst < burst {
				choice, best, burst = v, gain, then.burst
			}
		}
		if choice == nil {
			break
		}
		choice.dropped = true
		now = p.measure()
	}
	list, _ := p.schedule()
	return list
}

// work estimates the time of a step, in FLOPs: what it takes to move a byte, a
// convolution uses for about ten of them.
func (s *step) work() float64 {
	bytes := 0
	for _, list := range [][]*buffer{s.reads, s.writes} {
		for _, b := range list {
			bytes += b.bytes()
		}
	}
	return s.flops + 10*float64(bytes)
}

// A value is the content of a buffer that may be dropped.
type value struct {
	root     *buffer
	writers  []int // the steps that compute it
	from, to int   // the steps between which it waits longest
	dropped  bool
}

// recomputation is a plan in which values are dropped.
type recomputation struct {
	steps  []*step
	keep   []*buffer
	values []*value
	reads  [][]*value // by each step
	again  []*step    // the repetition of each step

	list   []*step // being scheduled
	places []int   // in steps, where each of list stands or is inserted
	redone []bool
}

func newRecomputation(steps []*step, keep []*buffer) *recomputation {
	p := &recomputation{steps: steps, keep: keep, reads: make([][]*value, len(steps)), again: make([]*step, len(steps)), redone: make([]bool, len(steps))}
	for i, s := range steps {
		p.again[i] = &step{name: s.name, kernel: s.kernel + ", again", reads: s.reads, writes: s.writes, reuse: s.reuse, inGo: s.inGo, run: s.run, again: s}
	}
	writers, readers := map[*buffer][]int{}, map[*buffer][]int{}
	note := func(of map[*buffer][]int, list []*buffer, i int) {
		for _, b := range list {
			if r := b.root(); !slices.Contains(of[r], i) {
				of[r] = append(of[r], i)
			}
		}
	}
	for i, s := range steps {
		note(readers, s.reads, i)
		note(writers, s.writes, i)
	}
	roots := live(steps, keep)
	small := fullest(steps, roots).bytes / 256
	for _, r := range roots {
		v := &value{root: r, writers: writers[r]}
		if !r.movable() || r.bytes() <= small || len(readers[r]) == 0 || !repeatable(steps, r, writers) || v.writers[len(v.writers)-1] >= readers[r][0] {
			continue
		}
		last := v.writers[len(v.writers)-1]
		for _, at := range readers[r] {
			if at-last > v.to-v.from {
				v.from, v.to = last, at
			}
			last = at
		}
		p.values = append(p.values, v)
		for _, i := range readers[r] {
			p.reads[i] = append(p.reads[i], v)
		}
	}
	return p
}

// repeatable reports whether the steps that write r may run again: what else
// they write, they write alone.
func repeatable(steps []*step, r *buffer, writers map[*buffer][]int) bool {
	for _, w := range writers[r] {
		if steps[w].once {
			return false
		}
		for _, b := range steps[w].writes {
			if other := b.root(); other != r && len(writers[other]) > 1 {
				return false
			}
		}
	}
	return len(writers[r]) > 0
}

// schedule lists the steps and their repetitions, with the place of each.
func (p *recomputation) schedule() (list []*step, places []int) {
	p.list, p.places = p.list[:0], p.places[:0]
	clear(p.redone)
	for i, s := range p.steps {
		p.restore(i, i)
		p.list, p.places = append(p.list, s), append(p.places, i)
	}
	return p.list, p.places
}

// restore computes again what step s, at the given place, reads and was dropped.
func (p *recomputation) restore(s, place int) {
	for _, v := range p.reads[s] {
		if !v.dropped || place <= v.from {
			continue
		}
		for _, w := range v.writers {
			if !p.redone[w] {
				p.redone[w] = true
				p.restore(w, place)
				p.list, p.places = append(p.list, p.again[w]), append(p.places, place)
			}
		}
	}
}

// A fill is how full the memory of a plan gets.
type fill struct {
	bytes int     // at the fullest step
	at    int     // that step's place
	work  float64 // repeated
	burst float64 // the most of it between two steps of the plan
}

func (p *recomputation) measure() fill {
	list, places := p.schedule()
	f := fullest(list, live(list, p.keep))
	f.at = places[f.at]
	burst := 0.0
	for _, s := range list {
		if s.again == nil {
			burst = 0
			continue
		}
		work := s.again.work()
		f.work += work
		burst += work
		f.burst = max(f.burst, burst)
	}
	return f
}

// fullest finds the step at which most bytes are alive. A result that takes over
// the memory of an operand counts once.
func fullest(steps []*step, roots []*buffer) (f fill) {
	change := make([]int, len(steps)+2)
	for _, r := range roots {
		if !r.movable() {
			continue
		}
		for _, life := range r.lives {
			change[life.first] += aligned(r.bytes())
			change[life.last+1] -= aligned(r.bytes())
		}
	}
	bytes := 0
	for i, s := range steps {
		bytes += change[i]
		if now := bytes - shared(s, i); now > f.bytes {
			f.bytes, f.at = now, i
		}
	}
	return f
}

// shared are the bytes of the result of step i that lie in an operand's memory.
func shared(s *step, i int) int {
	if len(s.writes) == 0 {
		return 0
	}
	out := s.writes[0].root()
	begins := func(l span) bool { return l.first == i }
	ends := func(l span) bool { return l.last == i }
	if !out.movable() || !slices.ContainsFunc(out.lives, begins) {
		return 0
	}
	for _, b := range s.reuse {
		if in := b.root(); in != out && in.movable() && out.bytes() <= in.bytes() && slices.ContainsFunc(in.lives, ends) {
			return aligned(out.bytes())
		}
	}
	return 0
}
