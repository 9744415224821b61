package datasets

import (
	"context"
	"fmt"
	"path/filepath"

	"videogan/video"
)

// videoWindow is what is cut out of a video.
type videoWindow struct {
	frames, size int
	fps          float64 // 0: the video's own frames
	preprocess   Preprocessing
}

// openVideos opens the selected files of a catalogue to draw windows straight out of them.
func openVideos(ctx context.Context, c *Catalogue, s Selection, w videoWindow, o VideoOptions) (ClipSource, error) {
	if err := checkWindow(w.frames, w.size); err != nil {
		return nil, err
	}
	chosen, err := s.from(c)
	if err != nil {
		return nil, err
	}
	index, err := indexVideos(ctx, c, chosen.files, w.fps, o)
	if err != nil {
		return nil, fmt.Errorf("datasets: %s: opening the clips of %s: %w", c.Name, c.Root, err)
	}
	set := &clipSet{ledger: newLedger(o.Logger, len(chosen.files))}
	for _, ignored := range c.Ignored {
		set.skip(ignored.Clip, ignored.Reason)
	}
	var geometry []crop
	for i, file := range chosen.files {
		entry := index[i]
		if machineFault(entry.err) {
			return nil, fmt.Errorf("datasets: %s: opening %s: %w", c.Name, file.Path, entry.err)
		}
		if entry.err != nil {
			if err := set.unreadable(file.Path, entry.err); err != nil {
				return nil, fmt.Errorf("datasets: %s: opening the clips of %s: %w", c.Name, c.Root, err)
			}
			continue
		}
		if entry.Frames < w.frames {
			set.skip(file.Path, tooShort(entry.Frames, w.frames).Error())
			continue
		}
		set.clips = append(set.clips, Clip{Name: file.Path, Label: file.Label, Frames: entry.Frames})
		geometry = append(geometry, w.preprocess.crop(entry.Width, entry.Height, w.size))
	}
	if err := set.checkUsable(chosen.files, chosen.classes); err != nil {
		return nil, fmt.Errorf("datasets: %s: opening the clips of %s: %w", c.Name, c.Root, err)
	}
	set.info = Info{Name: c.Name, Summary: chosen.summary, Classes: chosen.classes, Clips: len(set.clips),
		Channels: 3, Frames: w.frames, Size: w.size}
	set.log.Info("dataset opened", "name", c.Name, "root", c.Root, "clips", len(set.clips), "of", chosen.summary, "skipped", len(set.list()))
	set.read = func(ctx context.Context, i int, at pick, dst []byte) error {
		start, err := at.in(set.clips[i].Frames, w.frames, w.preprocess.skipLast())
		if err != nil {
			return err
		}
		o := geometry[i].decode()
		o.FPS, o.Start, o.Frames = w.fps, start, w.frames
		clip, err := video.Decode(ctx, filepath.Join(c.Root, filepath.FromSlash(set.clips[i].Name)), o)
		if err != nil {
			return err
		}
		geometry[i].cut(dst, clip, w.size)
		return nil
	}
	return set, nil
}
