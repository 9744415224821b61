package datasets

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
)

// listsName is the folder of UCF101's split lists, as it is called in the official archive.
const listsName = "ucfTrainTestlist"

// PreparedOptions says what is drawn from a folder that Prepare has written.
type PreparedOptions struct {
	Dir string

	Selection

	Frames     int           // length of a window
	Size       int           // must be what was prepared; 0: whatever was
	Preprocess Preprocessing // must be what was prepared
	FPS        float64       // must be what was prepared; 0: whatever was

	Logger *slog.Logger // nil: silent
}

// IsPrepared tells whether Prepare has been at work in a folder.
func IsPrepared(dir string) bool { return exists(filepath.Join(dir, indexName)) }

// OpenPrepared maps the shards of a prepared folder. A window is copied out of the mapping when it is drawn; nothing
// else is read. Splits and classes are chosen as in the original dataset.
func OpenPrepared(o PreparedOptions) (ClipSource, error) {
	source, err := openPrepared(o)
	if err != nil {
		return nil, fmt.Errorf("datasets: opening prepared folder %s: %w", o.Dir, err)
	}
	return source, nil
}

func openPrepared(o PreparedOptions) (ClipSource, error) {
	index, err := readPreparedIndex(o.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("it has no %s: run 'videogan prepare' first: %w", indexName, err)
	}
	if err != nil {
		return nil, err
	}
	if !index.Complete {
		return nil, fmt.Errorf("it is unfinished: run 'videogan prepare' again, it goes on where it was: %w", ErrPrepared)
	}
	want := index.preparedHeader
	want.Preprocess = o.Preprocess
	if o.Size != 0 {
		want.Size = o.Size
	}
	if o.FPS != 0 {
		want.FPS = o.FPS
	}
	if want.describe() != index.describe() {
		return nil, fmt.Errorf("it holds %s; asked for %s: prepare another folder, or change the options: %w", index.describe(), want.describe(), ErrPrepared)
	}
	if err := checkWindow(o.Frames, index.Size); err != nil {
		return nil, err
	}
	c, byFile := index.catalogue(o.Dir)
	chosen, err := o.from(c)
	if err != nil {
		return nil, err
	}
	set := &clipSet{ledger: newLedger(o.Logger, len(chosen.files))}
	var places []preparedClip
	for _, file := range chosen.files {
		place := byFile[file.Path]
		switch {
		case place.Skipped != "":
			if err := set.unreadable(file.Path, errors.New(place.Skipped)); err != nil {
				return nil, err
			}
		case place.Length < o.Frames:
			set.skip(file.Path, tooShort(place.Length, o.Frames).Error())
		default:
			set.clips = append(set.clips, Clip{Name: file.Path, Label: file.Label, Frames: place.Length})
			places = append(places, place)
		}
	}
	if err := set.checkUsable(chosen.files, chosen.classes); err != nil {
		return nil, err
	}
	shards, err := mapShards(o.Dir, index.Size, places)
	if err != nil {
		return nil, err
	}
	set.info = Info{Name: c.Name, Summary: chosen.summary, Classes: chosen.classes, Clips: len(set.clips),
		Channels: 3, Frames: o.Frames, Size: index.Size}
	set.log.Info("dataset opened", "name", c.Name, "prepared", o.Dir, "clips", len(set.clips), "of", chosen.summary, "skipped", len(set.list()))
	set.close = shards.close
	frame := index.Size * index.Size * 3
	set.read = func(_ context.Context, i int, at pick, dst []byte) error {
		place := places[i]
		start, err := at.in(place.Length, o.Frames, o.Preprocess.skipLast())
		if err != nil {
			return err
		}
		copy(dst, shards[place.Shard].data[(place.Start+start)*frame:])
		return nil
	}
	return set, nil
}

// catalogue is what the index says of the original dataset.
func (x *preparedIndex) catalogue(dir string) (*Catalogue, map[string]preparedClip) {
	c := &Catalogue{Name: x.Dataset, Root: dir, Classes: x.Classes}
	if lists := filepath.Join(dir, listsName); exists(lists) {
		c.lists = lists
	}
	labels := map[string]int{"": -1}
	for i, class := range x.Classes {
		labels[class] = i
	}
	byFile := make(map[string]preparedClip, len(x.clips))
	for _, clip := range x.clips {
		c.Files = append(c.Files, File{Path: clip.File, Label: labels[clip.Class], Group: clip.Group})
		byFile[clip.File] = clip
	}
	return c, byFile
}

// mappedShards are the shards in use, by number.
type mappedShards map[int]*npyArray

// mapShards maps the shards that the clips lie in, and checks that they lie inside.
func mapShards(dir string, size int, places []preparedClip) (mappedShards, error) {
	shards := mappedShards{}
	for _, place := range places {
		shard, ok := shards[place.Shard]
		if !ok {
			var err error
			if shard, err = mapNPY(shardName(dir, place.Shard)); err != nil {
				return nil, errors.Join(err, shards.close())
			}
			shards[place.Shard] = shard
		}
		s := shard.shape
		if len(s) != 4 || s[1] != size || s[2] != size || s[3] != 3 {
			return nil, errors.Join(fmt.Errorf("%s has shape %v: want frames × %d × %d × 3: %w", shardName(dir, place.Shard), s, size, size, ErrFormat), shards.close())
		}
		if place.Start > s[0] || place.Length > s[0]-place.Start {
			return nil, errors.Join(fmt.Errorf("%s has %d frames; %s should be frames %d to %d of it: %w", shardName(dir, place.Shard), s[0],
				place.File, place.Start, place.Start+place.Length-1, ErrFormat), shards.close())
		}
	}
	return shards, nil
}

func (m mappedShards) close() error {
	var errs []error
	for _, shard := range m {
		errs = append(errs, shard.close())
	}
	return errors.Join(errs...)
}
