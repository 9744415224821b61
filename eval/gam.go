package eval

import "fmt"

// GAMLogits are what the discriminators of two trained models, 1 and 2, say: logits, a clip a number, high for real.
type GAMLogits struct {
	Test1, Test2 []float64 // of each discriminator on the same held-out real clips
	Cross1       []float64 // of discriminator 1 on samples of generator 2
	Cross2       []float64 // of discriminator 2 on samples of generator 1
	// Threshold is the logit above which a clip is called real: 0, where the sigmoid is one half. A Wasserstein critic has
	// no such logit, and the metric no meaning for it.
	Threshold float64
}

// Winner is the outcome of a generative adversarial metric.
type Winner int

// Outcomes.
const (
	Tie Winner = iota
	FirstWins
	SecondWins
)

// String is "tie", "model 1" or "model 2".
func (w Winner) String() string {
	switch w {
	case FirstWins:
		return "model 1"
	case SecondWins:
		return "model 2"
	}
	return "tie"
}

// GAM is the result of letting each of two models' generators fool the other's discriminator.
type GAM struct {
	// Samples is the error rate of discriminator 2 on generator 1's samples over that of discriminator 1 on generator 2's:
	// above 1 favours model 1. It is the reciprocal of Im's r_samples, turned so that, as in Saito 2017's table, more is
	// better for the first model.
	Samples float64
	// Test is the error rate of discriminator 2 on held-out clips over that of discriminator 1. Far from 1, one discriminator
	// is the better classifier or calls everything real, and Samples says nothing of the generators.
	Test   float64
	Winner Winner
	// Errors are the four rates: of 1 and 2 on held-out clips, of 1 on generator 2's samples, of 2 on generator 1's.
	Errors [4]float64
}

// GenerativeAdversarialMetric compares two models without a classifier. Model 1 wins where Samples is above 1 and Test
// within tolerance of 1 (0.2: between 1/1.2 and 1.2); a tie is everything else. ErrShape: nothing to judge, or other
// numbers of held-out clips. ErrValue: a logit that is not finite, or a rate of 0 that a ratio would divide by: take
// more clips.
//
// Source: Im et al., "Generating images with recurrent adversarial networks", 2016, Sec. 4; for video Saito 2017.
func GenerativeAdversarialMetric(l GAMLogits, tolerance float64) (GAM, error) {
	result, err := l.metric(tolerance)
	if err != nil {
		return GAM{}, fmt.Errorf("eval: generative adversarial metric: %w", err)
	}
	return result, nil
}

func (l GAMLogits) metric(tolerance float64) (GAM, error) {
	if len(l.Test1) != len(l.Test2) {
		return GAM{}, fmt.Errorf("%w: %d and %d held-out clips: both discriminators judge the same", ErrShape, len(l.Test1), len(l.Test2))
	}
	if !(tolerance >= 0) || !finite(tolerance) || !finite(l.Threshold) {
		return GAM{}, fmt.Errorf("%w: tolerance %v and threshold %v", ErrValue, tolerance, l.Threshold)
	}
	var g GAM
	for i, side := range []struct {
		what   string
		logits []float64
		real   bool
	}{
		{"discriminator 1 on held-out clips", l.Test1, true},
		{"discriminator 2 on held-out clips", l.Test2, true},
		{"discriminator 1 on generator 2", l.Cross1, false},
		{"discriminator 2 on generator 1", l.Cross2, false},
	} {
		rate, err := errorRate(side.logits, l.Threshold, side.real)
		if err != nil {
			return GAM{}, fmt.Errorf("%s: %w", side.what, err)
		}
		if rate == 0 && i%2 == 0 { // what the ratios divide by
			return GAM{}, fmt.Errorf("%w: %s made no error on %d clips, and there is no ratio to it: take more clips", ErrValue, side.what, len(side.logits))
		}
		g.Errors[i] = rate
	}
	g.Test, g.Samples = g.Errors[1]/g.Errors[0], g.Errors[3]/g.Errors[2]
	if g.Test <= 1+tolerance && g.Test*(1+tolerance) >= 1 {
		switch {
		case g.Samples > 1:
			g.Winner = FirstWins
		case g.Samples < 1:
			g.Winner = SecondWins
		}
	}
	return g, nil
}

// errorRate is the share of clips that are called what they are not.
func errorRate(logits []float64, threshold float64, real bool) (float64, error) {
	if len(logits) == 0 {
		return 0, fmt.Errorf("%w: no clips", ErrShape)
	}
	wrong := 0
	for i, v := range logits {
		if !finite(v) {
			return 0, fmt.Errorf("%w: clip %d has the logit %v", ErrValue, i, v)
		}
		if (v > threshold) != real {
			wrong++
		}
	}
	return float64(wrong) / float64(len(logits)), nil
}
