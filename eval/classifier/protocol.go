package classifier

import (
	"context"
	"errors"
	"fmt"

	"videogan/eval"
)

// Errors to tell apart with errors.Is.
var (
	// ErrConfig marks settings that cannot be.
	ErrConfig = errors.New("invalid setting")
	// ErrInterrupted says that training was asked to stop and did, after saving what was learned.
	ErrInterrupted = errors.New("interrupted")
	// ErrFormat marks a file that is no classifier's.
	ErrFormat = errors.New("bad format")
)

// Classifier judges clips.
type Classifier interface {
	// Protocol says what is computed, in full: two classifiers of equal protocols give equal numbers.
	Protocol() Protocol
	// Classes names the classes in the order of the probabilities.
	Classes() []string
	// Classify judges a batch of clips, float32 N×C×T×H×W in [-1, 1]; what is done to fit them to the network is part
	// of the protocol. It reports eval.ErrShape for clips that it cannot take.
	Classify(ctx context.Context, clips []float32, shape eval.Shape) (Result, error)
	// Close frees the classifier's programs.
	Close() error
}

// Result is what a classifier says of a batch, a clip a row.
type Result struct {
	Features      eval.Features // N×Protocol().FeatureDims
	Probabilities eval.Features // N×Protocol().Classes, each row sums to 1
}

// Protocol names everything about a classifier that a score depends on. Its values can be compared by ==.
type Protocol struct {
	Classifier  string `json:"classifier"`    // network and its training set, "c3d-small moving-mnist"
	SHA256      string `json:"sha256"`        // of the file of the weights
	Mode        string `json:"mode"`          // eval, or dropout where it stays active
	Input       string `json:"input"`         // size that the network sees, C×T×H×W
	Resize      string `json:"resize"`        // how frames come to their size; none: refused unless they have it
	Crop        string `json:"crop"`          // which part is seen; none: all
	Range       string `json:"range"`         // numbers that the network sees
	Frames      string `json:"frames"`        // which frames, at what rate
	Feature     string `json:"feature"`       // layer that the features are taken from
	FeatureDims int    `json:"feature_dims"`  // D
	Classes     int    `json:"classes_count"` // K
}

// Size is the number of values of a batch of shape s, and whether every axis is positive.
func Size(s eval.Shape) (int, bool) {
	n := 1
	for _, size := range []int{s.Clips, s.Channels, s.Frames, s.Height, s.Width} {
		if size < 1 {
			return 0, false
		}
		n *= size
	}
	return n, true
}

// CheckClips reports eval.ErrShape unless the clips fill the shape and have, where want is positive, want's sizes.
func CheckClips(clips []float32, shape, want eval.Shape) error {
	size, ok := Size(shape)
	if !ok || len(clips) != size {
		return fmt.Errorf("classifier: %d numbers for clips of %v: %w", len(clips), shape, eval.ErrShape)
	}
	return checkAxes(shape, want)
}

// checkAxes reports eval.ErrShape unless the shape has the positive sizes of want.
func checkAxes(shape, want eval.Shape) error {
	for _, axis := range []struct {
		name      string
		got, want int
	}{{"channels", shape.Channels, want.Channels}, {"frames", shape.Frames, want.Frames}, {"rows", shape.Height, want.Height}, {"columns", shape.Width, want.Width}} {
		if axis.want > 0 && axis.got != axis.want {
			return fmt.Errorf("classifier: clips of %v: %w: this classifier takes %d %s", shape, eval.ErrShape, axis.want, axis.name)
		}
	}
	return nil
}
