package datasets

import (
	"context"
	"math/rand/v2"
)

// Source is a set of labelled clips out of which windows of one size are drawn. Its methods may be called from several
// goroutines at a time, each with its own generator of random numbers.
type Source interface {
	// Info describes the set; what was skipped may grow while clips are drawn.
	Info() Info
	// Draw fills dst, T×H×W×C bytes, with a random window of a random clip and returns the clip's label, an index
	// into Info().Classes, or -1 in a set without labels. What is drawn depends only on rng. A clip that cannot be
	// read is recorded in Info().Skipped and another one drawn.
	Draw(ctx context.Context, rng *rand.Rand, dst []byte) (label int, err error)
	// Close releases files and memory. Nothing may be drawn afterwards.
	Close() error
}

// ClipSource is a Source that is a finite list of clips, which can also be read one by one: to measure a test set, to
// find nearest neighbours.
type ClipSource interface {
	Source
	// Clips lists the clips in a fixed order.
	Clips() []Clip
	// Read fills dst, T×H×W×C bytes, with the window of clip i that begins at frame start.
	Read(ctx context.Context, i, start int, dst []byte) error
}

// Clip is one clip of a ClipSource.
type Clip struct {
	Name   string // the file, relative to the dataset's folder
	Label  int    // index into Info.Classes, -1 without
	Frames int    // length; 0 where it is only known when the clip is read
}

// Info describes a Source.
type Info struct {
	Name     string   // kind of dataset: ucf101, moving-mnist, …
	Summary  string   // what is used of what there could be, in one line: "200 of 9,537 clips of train split 1"
	Classes  []string // names of the labels; nil when unlabelled
	Clips    int      // clips that windows are drawn from; for Moving MNIST the digits
	Channels int      // 1 or 3
	Frames   int      // T
	Size     int      // H and W
	Skipped  []Skip   // clips that are not used, and why
}

// Bytes is the length that Draw wants of its destination.
func (i Info) Bytes() int { return i.Frames * i.Size * i.Size * i.Channels }

// Skip says why a clip is not used.
type Skip struct {
	Clip   string // its file
	Reason string
}
