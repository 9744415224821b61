package datasets

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
)

// StripsOptions says where a folder of frame strips is and what is drawn from it.
type StripsOptions struct {
	Root       string // folder of images, or of one folder of images a class
	FrameWidth int    // size of a frame along the strip; 0: frames are square

	Frames int // length of a window
	Size   int // height and width

	Logger *slog.Logger // nil: silent
}

// OpenStrips opens a folder of images that each hold the frames of one clip side by side, the format of MoCoGAN's public
// sets (Tulyakov et al. 2018). As there, frames follow each other along the longer side of the image. Of a frame that
// is not square the middle is used. JPEG and PNG are read.
func OpenStrips(o StripsOptions) (ClipSource, error) {
	if err := checkWindow(o.Frames, o.Size); err != nil {
		return nil, err
	}
	if o.FrameWidth < 0 {
		return nil, fmt.Errorf("datasets: strips: frame width %d: want 0 for square frames or more: %w", o.FrameWidth, ErrShape)
	}
	files, classes, err := listFolder(o.Root, imageExtensions, "image")
	if err != nil {
		return nil, err
	}
	layout := stackLayout{axis: longer, extent: o.FrameWidth}
	if o.FrameWidth != 0 {
		layout.axis = across
	}
	set := &clipSet{ledger: newLedger(o.Logger, len(files))}
	for _, file := range files {
		count, err := stripFrames(filepath.Join(o.Root, filepath.FromSlash(file.Path)), layout)
		if err != nil {
			if err := set.unreadable(file.Path, err); err != nil {
				return nil, fmt.Errorf("datasets: strips: opening %s: %w", o.Root, err)
			}
			continue
		}
		if count < o.Frames {
			set.skip(file.Path, tooShort(count, o.Frames).Error())
			continue
		}
		set.clips = append(set.clips, Clip{Name: file.Path, Label: file.Label, Frames: count})
	}
	set.info = Info{Name: "strips", Classes: classes, Clips: len(set.clips), Channels: 3, Frames: o.Frames, Size: o.Size,
		Summary: thousands(len(set.clips)) + " of " + thousands(len(files)) + " strips"}
	if err := set.checkUsable(files, classes); err != nil {
		return nil, fmt.Errorf("datasets: strips: opening %s: %w", o.Root, err)
	}
	set.read = func(_ context.Context, i int, at pick, dst []byte) error {
		stack, err := readStack(filepath.Join(o.Root, filepath.FromSlash(set.clips[i].Name)), layout)
		if err != nil {
			return err
		}
		start, err := at.in(stack.count, o.Frames, false)
		if err != nil {
			return err
		}
		stack.write(dst, start, o.Size, Centre.scaler())
		return nil
	}
	return set, nil
}

// stripFrames reads only the image's header.
func stripFrames(name string, layout stackLayout) (int, error) {
	file, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	width, height, err := imageSize(file)
	if err != nil {
		return 0, err
	}
	count, _, _, _, err := layout.frames(width, height)
	return count, err
}
