package classifier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"

	"videogan/datasets"
	"videogan/datasets/mnist"
)

// MovingMNIST is the Root of clips of one moving digit that are made on the fly.
const MovingMNIST = "moving-mnist"

// DataOptions says what clips a classifier learns from.
type DataOptions struct {
	Root    string   // UCF101, a folder that 'videogan prepare' made, a folder of videos by class, or MovingMNIST
	Split   int      // of UCF101, 1 to 3; 0: 1
	Classes []string // only these; empty: all
	Frames  int
	Size    int
	// Preprocess is how frames become squares; a prepared folder must have been made so.
	Preprocess datasets.Preprocessing
	Logger     *slog.Logger
	Opening    func(done, total int) // called while video files are opened for the first time; may be nil
}

// OpenData opens training and test clips. UCF101 is divided by its official split, Moving MNIST by MNIST's own test
// digits, and a folder without split by holding every fifth video of a class back.
func OpenData(ctx context.Context, o DataOptions) (data Data, err error) {
	if o.Split == 0 {
		o.Split = 1
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("classifier: open data: %w", err), data.Close())
			data = Data{}
		}
	}()
	if o.Root == MovingMNIST {
		for _, part := range []struct {
			set  *datasets.Source
			part mnist.Part
		}{{&data.Train, mnist.Train}, {&data.Test, mnist.Test}} {
			if *part.set, err = datasets.NewMovingMNIST(datasets.MovingMNISTOptions{Part: part.part, Frames: o.Frames, Size: o.Size, Logger: o.Logger}); err != nil {
				return data, err
			}
		}
		return data, nil
	}
	if data.Train, err = o.open(ctx, datasets.Selection{Split: o.Split, Subset: datasets.Train, Classes: o.Classes}); err == nil {
		data.Test, err = o.open(ctx, datasets.Selection{Split: o.Split, Subset: datasets.Test, Classes: o.Classes})
		return data, err
	}
	if !errors.Is(err, datasets.ErrNoClips) {
		return data, err
	}
	whole, folderErr := o.open(ctx, datasets.Selection{Classes: o.Classes})
	if folderErr != nil {
		return data, err // the split's own trouble says more
	}
	data.Train, data.Test = holdOut(whole)
	return data, nil
}

// open opens a part of the clips.
func (o DataOptions) open(ctx context.Context, s datasets.Selection) (datasets.ClipSource, error) {
	if datasets.IsPrepared(o.Root) {
		return datasets.OpenPrepared(datasets.PreparedOptions{Dir: o.Root, Selection: s, Frames: o.Frames, Size: o.Size, Preprocess: o.Preprocess, Logger: o.Logger})
	}
	videos := datasets.VideoOptions{Progress: o.Opening, Logger: o.Logger}
	if _, err := datasets.ListUCF101(o.Root, ""); err == nil {
		return datasets.OpenUCF101(ctx, datasets.UCF101Options{Root: o.Root, Selection: s, Frames: o.Frames, Size: o.Size, Preprocess: o.Preprocess, VideoOptions: videos})
	}
	if s.Split != 0 {
		return nil, fmt.Errorf("%s has no official split: %w", o.Root, datasets.ErrNoClips)
	}
	return datasets.OpenFolder(ctx, datasets.FolderOptions{Root: o.Root, Classes: s.Classes, Frames: o.Frames, Size: o.Size, Preprocess: o.Preprocess, VideoOptions: videos})
}

// Close closes both sets.
func (d Data) Close() error {
	var errs []error
	for _, set := range []datasets.Source{d.Train, d.Test} {
		if set != nil {
			errs = append(errs, set.Close())
		}
	}
	return errors.Join(errs...)
}

// part is some of the clips of a set. Only the first part closes it.
type part struct {
	datasets.ClipSource
	clips []int
	info  datasets.Info
	owner bool
}

// holdEvery is the interval of held-back clips in a folder without split.
const holdEvery = 5

// holdOut divides a set: every fifth clip of a class is tested on.
func holdOut(set datasets.ClipSource) (train, test datasets.ClipSource) {
	kept, held := &part{ClipSource: set, info: set.Info(), owner: true}, &part{ClipSource: set, info: set.Info()}
	seen := map[int]int{}
	for i, clip := range set.Clips() {
		seen[clip.Label]++
		if seen[clip.Label]%holdEvery == 0 {
			held.clips = append(held.clips, i)
		} else {
			kept.clips = append(kept.clips, i)
		}
	}
	for _, p := range []*part{kept, held} {
		p.info.Clips = len(p.clips)
		p.info.Summary = fmt.Sprintf("%d of %s, without an official split", len(p.clips), p.info.Summary)
	}
	return kept, held
}

// Info implements datasets.Source.
func (p *part) Info() datasets.Info { return p.info }

// Clips implements datasets.ClipSource.
func (p *part) Clips() []datasets.Clip {
	all := p.ClipSource.Clips()
	list := make([]datasets.Clip, len(p.clips))
	for i, at := range p.clips {
		list[i] = all[at]
	}
	return list
}

// Read implements datasets.ClipSource.
func (p *part) Read(ctx context.Context, i, start int, dst []byte) error {
	if i < 0 || i >= len(p.clips) {
		return fmt.Errorf("classifier: reading clip %d of %d: %w", i, len(p.clips), datasets.ErrShape)
	}
	return p.ClipSource.Read(ctx, p.clips[i], start, dst)
}

// Draw implements datasets.Source.
func (p *part) Draw(ctx context.Context, rng *rand.Rand, dst []byte) (int, error) {
	if len(p.clips) == 0 {
		return 0, fmt.Errorf("classifier: drawing: no clip is left for training: %w", datasets.ErrNoClips)
	}
	i := rng.IntN(len(p.clips))
	clip := p.ClipSource.Clips()[p.clips[i]]
	start := WindowStart(clip.Frames, p.info.Frames, rng.IntN(1<<16), 1<<16)
	return clip.Label, p.Read(ctx, i, start, dst)
}

// Close implements datasets.Source.
func (p *part) Close() error {
	if !p.owner {
		return nil
	}
	return p.ClipSource.Close()
}
