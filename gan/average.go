package gan

import (
	"path"

	"videogan/nn"
)

// average is an exponential moving average of the generator: a second set of
// parameters under the same names. The running statistics of its batch
// normalizations are averaged as well, with the same weights: those of the
// current generator would fit other weights.
//
// Source: Yazıcı et al. 2019, "The unusual effectiveness of averaging in GAN
// training"; Karras et al. 2018. Differs from them in: the warm-up.
type average struct {
	decay  float64
	params *nn.Params
	pairs  []pair
}

type pair struct {
	average, current []float32
	copied           bool
}

// newAverage starts an average of the parameters under "gen" at their values;
// average holds the same names.
func newAverage(decay float64, params, current *nn.Params) *average {
	a := &average{decay: decay, params: params}
	for _, p := range params.All() {
		from, ok := current.Get(p.Name)
		if !ok {
			continue
		}
		to := p.Value.Float32s()
		copy(to, from.Value.Float32s())
		base := path.Base(p.Name)
		a.pairs = append(a.pairs, pair{to, from.Value.Float32s(),
			// The vectors of a power iteration have no meaningful mean.
			!p.Trainable && base != "mean" && base != "variance"})
	}
	return a
}

// update moves the average towards the parameters after step number step, the
// first of which is 0:
//
//	avg = keep·avg + (1 - keep)·p,   keep = min(decay, step/(step + 10))
//
// so that the average of a young generator forgets its random start.
func (a *average) update(step int) {
	keep := float32(min(a.decay, float64(step)/float64(step+10)))
	rest := 1 - keep
	for _, p := range a.pairs {
		if p.copied {
			copy(p.average, p.current)
			continue
		}
		for i, v := range p.current {
			p.average[i] = keep*p.average[i] + rest*v
		}
	}
}
