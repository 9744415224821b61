package gan

// RealClips are the real clips of a step. They write themselves to where a step reads them, so that they need not be
// held as numbers before.
type RealClips interface {
	// Values is the number of values of all clips.
	Values() int
	// Write writes clips first, first+1, … to dst (N×C×T×H×W in [-1, 1]), as many as fit.
	Write(dst []float32, first int)
}

// numbers are clips that are there as numbers, each of so many values.
type numbers struct {
	clips []float32
	size  int
}

func (n numbers) Values() int { return len(n.clips) }

func (n numbers) Write(dst []float32, first int) { copy(dst, n.clips[first*n.size:]) }
