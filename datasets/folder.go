package datasets

import "context"

// FolderOptions says where a folder of videos is and what is drawn from it.
type FolderOptions struct {
	Root    string   // folder of videos, or of one folder of videos a class
	Classes []string // use only these classes; empty: all

	Frames     int           // length of a window
	Size       int           // height and width
	FPS        float64       // frames a second to convert to; 0: the videos' own frames
	Preprocess Preprocessing // Centre or TGAN

	VideoOptions
}

// OpenFolder opens any folder of videos that FFmpeg reads, see ListFolder for how it may be laid out. Each window is
// decoded when it is drawn; with Prepare it is more than a hundred times faster. The first call finds out the length of every
// video and keeps it in CacheDir.
func OpenFolder(ctx context.Context, o FolderOptions) (ClipSource, error) {
	c, err := ListFolder(o.Root)
	if err != nil {
		return nil, err
	}
	return openVideos(ctx, c, Selection{Classes: o.Classes},
		videoWindow{frames: o.Frames, size: o.Size, fps: o.FPS, preprocess: o.Preprocess}, o.VideoOptions)
}
