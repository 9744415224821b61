package gan

import (
	"videogan/nn"
)

// average is an exponential moving average of the generator: a second set of
// parameters under the same names. The running statistics of its batch
// normalizations are not averages of those of the current generator, which are
// too wide for the averaged weights (their samples come out dim), but measured,
// when they are needed, with the averaged weights.
//
// Source: Yazıcı et al. 2019, "The unusual effectiveness of averaging in GAN
// training"; Karras et al. 2018. Differs from them in: the warm-up; the measured
// statistics are the "standing statistics" of Brock et al. 2019, App. B.
type average struct {
	decay      float64
	params     *nn.Params
	pairs      []pair
	calibrator *calibrator // built at its first use; nil without batch normalization
	calibrated bool        // since the last update
}

type pair struct {
	average, current []float32
	copied           bool
}

// newAverage starts an average at the current parameters; params holds the same
// names under "gen".
func newAverage(decay float64, params, current *nn.Params) *average {
	a := &average{decay: decay, params: params}
	for _, p := range params.All() {
		from, ok := current.Get(p.Name)
		if !ok {
			continue
		}
		copy(p.Value.Float32s(), from.Value.Float32s())
		if !isMoment(p) {
			// Other states, the vectors of a power iteration, have no meaningful mean.
			a.pairs = append(a.pairs, pair{p.Value.Float32s(), from.Value.Float32s(), !p.Trainable})
		}
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
	a.calibrated = false
}
