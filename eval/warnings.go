package eval

import "fmt"

// Warnings says where a protocol gives numbers that mislead, for classifier outputs of dims dimensions: texts for a
// person, none where all is well. They are part of a Result, so that a number never travels without them.
func Warnings(p Protocol, dims int) []string {
	var warnings []string
	warn := func(format string, args ...any) { warnings = append(warnings, fmt.Sprintf(format, args...)) }
	switch p.Measure {
	case MeasureFrechetDistance:
		if n := p.Samples; n < dims {
			warn("%d samples for %d feature dimensions: the covariance has no full rank, and the distance depends more on N than on the clips; compare at equal N only", n, dims)
		}
		if n := p.Reference.Samples; n < dims {
			warn("%d real clips for %d feature dimensions: the covariance has no full rank, and the distance depends more on N than on the clips; compare at equal N only", n, dims)
		}
	case MeasureInceptionScore:
		const each = 10 // clips a class, below which the mean row is mostly noise
		if part := p.Samples / max(p.Splits, 1); part < each*dims {
			warn("%d samples a split for %d classes: the score is biased low; take fewer splits or more samples", part, dims)
		}
	case MeasureKernelDistance:
		if n := min(p.Samples, p.Reference.Samples); p.SubsetSize > n {
			warn("subsets of %d from %d clips: each is all of them", p.SubsetSize, n)
		}
	case MeasurePrecision, MeasureRecall, MeasureDensity, MeasureCoverage:
		if p.Samples != p.Reference.Samples {
			warn("%d generated and %d real clips: balls to the k-th neighbour shrink with N; take as many of both", p.Samples, p.Reference.Samples)
		}
	}
	if p.Classifier.Mode == ModeDropout {
		warn("dropout was active in the classifier, as in TGAN's published program: the score is lower and noisier than without")
	}
	return warnings
}
