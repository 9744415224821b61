package nn

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"gorgonia.org/gorgonia"
)

// RandomKind is a distribution of random numbers.
type RandomKind int

// The distributions of RandomOp.
const (
	Gaussian  RandomKind = iota // mean 0, standard deviation 1
	Bernoulli                   // 1 with probability P, else 0
)

// String names the distribution.
func (k RandomKind) String() string {
	switch k {
	case Gaussian:
		return "gaussian"
	case Bernoulli:
		return "bernoulli"
	}
	return fmt.Sprintf("RandomKind(%d)", int(k))
}

// RandomOp makes an array of random numbers of the shape and type of its operand, whose values it does not
// read. The numbers are those of State under ID, see RandomState; a run with another State.Counter gives others.
type RandomOp struct {
	opBase
	noGradient
	Kind  RandomKind
	P     float64 // probability of a 1 from Bernoulli
	State *RandomState
	// ID tells operations apart. It is part of the hash, so that Gorgonia never merges two of them.
	ID uint64
}

// Do draws the numbers of the state's current counter.
func (o *RandomOp) Do(values ...gorgonia.Value) (gorgonia.Value, error) {
	return do(&o.opBase, values,
		func(_ [][]float32, out []float32) { drawRandom(o, out) },
		func(_ [][]float64, out []float64) { drawRandom(o, out) })
}

// Draw writes the numbers of the state's current counter to dst, in C order and without allocating.
func (o *RandomOp) Draw(dst []float32) { drawRandom(o, dst) }

func drawRandom[T float](o *RandomOp, out []T) {
	key := o.State.Key(o.ID)
	for i := 0; i < len(out); i += 4 {
		words := o.State.block(key, uint64(i/4))
		group := out[i:min(i+4, len(out))]
		if o.Kind == Bernoulli {
			for j := range group {
				group[j] = T(bernoulli(words[j], o.P))
			}
			continue
		}
		numbers := normals(words)
		for j := range group {
			group[j] = T(numbers[j])
		}
	}
}

// Dropout sets each element to 0 with probability p and divides the others by 1-p, so that the mean stays. It
// is the identity when the scope is not training. It reports an error when p is not in [0, 1) or the scope
// has no source of random numbers.
//
// Source: Srivastava et al. 2014; the scaling is that of PyTorch and Chainer.
func (s *Scope) Dropout(x *Node, p float64) *Node {
	if x != nil && !(p >= 0 && p < 1) {
		s.Fail(fmt.Errorf("dropout: probability %v: want 0 ≤ p < 1", p))
		return nil
	}
	if !s.Training() || p == 0 {
		return x
	}
	return s.Scale(s.Mul(x, s.random(x, Bernoulli, 1-p)), 1/(1-p))
}

// GaussianNoise adds independent normal noise of standard deviation sigma to each element. It is the identity
// when the scope is not training. It reports an error when sigma is negative or the scope has no source of
// random numbers.
func (s *Scope) GaussianNoise(x *Node, sigma float64) *Node {
	if x != nil && !(sigma >= 0) {
		s.Fail(fmt.Errorf("gaussian noise: standard deviation %v: want 0 or more", sigma))
		return nil
	}
	if !s.Training() || sigma == 0 {
		return x
	}
	return s.Add(x, s.Scale(s.random(x, Gaussian, 0), sigma))
}

// random adds a RandomOp of the shape of like.
func (s *Scope) random(like *Node, kind RandomKind, p float64) *Node {
	return s.build(kind.String(), func() (*Node, error) {
		if s.Random() == nil {
			return nil, fmt.Errorf("%s numbers: the scope has no random state: set ScopeOptions.Random", kind)
		}
		op := &RandomOp{Kind: kind, P: p, State: s.Random(), ID: s.nextRandomID()}
		op.opBase = newOpBase(fmt.Sprintf("%s p%v id%016x", kind, p, op.ID), like.Shape(), like.Shape())
		return apply(op, like)
	}, like)
}

// nextRandomID hashes the scope's path and how many random operations it has had already: building the same
// network again gives the same identities, and a change elsewhere does not move them.
func (s *Scope) nextRandomID() uint64 {
	if s.shared.noiseIDs == nil {
		s.shared.noiseIDs = map[string]int{}
	}
	n := s.shared.noiseIDs[s.path]
	s.shared.noiseIDs[s.path]++
	sum := sha256.Sum256(fmt.Appendf(nil, "%s#%d", s.path, n))
	return binary.LittleEndian.Uint64(sum[:])
}
