package datasets

import (
	"context"
	"fmt"
	"log/slog"
)

// SequencesOptions says where the public Moving MNIST file is and what is drawn from it.
type SequencesOptions struct {
	Path string // mnist_test_seq.npy: uint8, T×N×H×W with H = W

	Frames     int           // length of a window, at most T
	Size       int           // height and width: as stored, or smaller by a whole factor (blocks are averaged); 0: as stored
	Preprocess Preprocessing // TGAN: the last window is never drawn

	Logger *slog.Logger // nil: silent
}

// OpenMNISTSequences opens the public Moving MNIST file (Srivastava, Mansimov, Salakhutdinov 2015), 10,000 sequences of
// 20 frames of 64×64 grey pixels with two digits each, or a file of the same layout. It is mapped, not read. TGAN's
// release trains on it, although it is called a test set.
func OpenMNISTSequences(o SequencesOptions) (ClipSource, error) {
	array, err := mapNPY(o.Path)
	if err != nil {
		return nil, fmt.Errorf("datasets: opening sequences: %w", err)
	}
	set, err := newSequences(array, o)
	if err != nil {
		_ = array.close() // the reason to give up is the better message
		return nil, fmt.Errorf("datasets: opening sequences: %s: %w", o.Path, err)
	}
	return set, nil
}

func newSequences(array *npyArray, o SequencesOptions) (*clipSet, error) {
	shape := array.shape
	if len(shape) != 4 || shape[2] != shape[3] || shape[2] == 0 || shape[0] == 0 {
		return nil, fmt.Errorf("shape %v: want frames × sequences × height × width with square frames: %w", shape, ErrFormat)
	}
	length, count, side := shape[0], shape[1], shape[2]
	if o.Size == 0 {
		o.Size = side
	}
	if err := checkWindow(o.Frames, o.Size); err != nil {
		return nil, err
	}
	if count == 0 {
		return nil, fmt.Errorf("shape %v: %w", shape, ErrNoClips)
	}
	if o.Size > side || side%o.Size != 0 {
		return nil, fmt.Errorf("frames are stored at %d×%d: choose this size or a whole fraction of it, not %d: %w", side, side, o.Size, ErrShape)
	}
	if o.Frames > length {
		return nil, fmt.Errorf("sequences: %w", tooShort(length, o.Frames))
	}
	clips := make([]Clip, count)
	for i := range clips {
		clips[i] = Clip{Name: fmt.Sprintf("sequence %d", i), Label: -1, Frames: length}
	}
	return &clipSet{
		info: Info{Name: "moving-mnist-sequences", Summary: thousands(count) + " sequences", Clips: count,
			Channels: 1, Frames: o.Frames, Size: o.Size},
		clips:  clips,
		ledger: newLedger(o.Logger, count),
		close:  array.close,
		read: func(_ context.Context, i int, at pick, dst []byte) error {
			start, err := at.in(length, o.Frames, o.Preprocess.skipLast())
			if err != nil {
				return err
			}
			for t := range o.Frames {
				frame := array.data[((start+t)*count+i)*side*side:][:side*side]
				shrink(dst[t*o.Size*o.Size:][:o.Size*o.Size], frame, side, o.Size)
			}
			return nil
		},
	}, nil
}

// shrink averages the side×side pixels of src over blocks, to size×size.
func shrink(dst, src []byte, side, size int) {
	block := side / size
	if block == 1 {
		copy(dst, src)
		return
	}
	for y := range size {
		for x := range size {
			sum := 0
			for by := range block {
				for bx := range block {
					sum += int(src[(y*block+by)*side+x*block+bx])
				}
			}
			dst[y*size+x] = byte((sum + block*block/2) / (block * block))
		}
	}
}
