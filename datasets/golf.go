package datasets

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"path"
	"path/filepath"
	"strings"
)

// GolfOptions says where VGAN's stacked JPEGs are and what is drawn from them.
type GolfOptions struct {
	Root string // folder that the files are relative to
	List string // text file with one path a line, what follows a space is ignored; empty: all images below Root

	Frames     int           // length of a window, 32 in VGAN and 16 in TGAN
	Size       int           // height and width, 64 in both
	Preprocess Preprocessing // Centre: averaging filter, all windows; TGAN: nearest neighbour, never the last window

	Logger *slog.Logger // nil: silent
}

// OpenGolf opens clips in the format of VGAN's golf and beach sets (Vondrick et al. 2016): a JPEG holds the square frames
// of one stabilized clip one below the other, 128×128 pixels each in the public sets. A clip shorter than the window is
// padded by repeating its last frame, as VGAN's loader does; unlike there, a file that cannot be loaded is counted and
// another one drawn, where VGAN's loader goes on with black frames, and in a clip longer than the window the window may begin
// anywhere.
func OpenGolf(o GolfOptions) (ClipSource, error) {
	if err := checkWindow(o.Frames, o.Size); err != nil {
		return nil, err
	}
	names, err := golfFiles(o)
	if err != nil {
		return nil, err
	}
	clips := make([]Clip, len(names))
	for i, name := range names {
		clips[i] = Clip{Name: name, Label: -1}
	}
	layout := stackLayout{axis: downward}
	return &clipSet{
		info: Info{Name: "golf", Summary: thousands(len(clips)) + " clips", Clips: len(clips),
			Channels: 3, Frames: o.Frames, Size: o.Size},
		clips:  clips,
		ledger: newLedger(o.Logger, len(clips)),
		read: func(_ context.Context, i int, at pick, dst []byte) error {
			stack, err := readStack(filepath.Join(o.Root, filepath.FromSlash(clips[i].Name)), layout)
			if err != nil {
				return err
			}
			start, err := at.in(max(stack.count, o.Frames), o.Frames, o.Preprocess.skipLast())
			if err != nil {
				return err
			}
			stack.write(dst, start, o.Size, o.Preprocess.scaler())
			return nil
		},
	}, nil
}

func golfFiles(o GolfOptions) ([]string, error) {
	if o.List != "" {
		return readList(o.List, parseGolfList)
	}
	names, _, err := walk(o.Root, imageExtensions)
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("datasets: golf: %s holds no image (%s): %w", o.Root, strings.Join(imageExtensions, " "), ErrNoClips)
	}
	return names, nil
}

// parseGolfList reads a list of image files, the first field of each line, relative to a folder and not outside it.
func parseGolfList(r io.Reader, name string) ([]string, error) {
	var names []string
	err := eachLine(r, name, func(_ int, line string) error {
		file := strings.Fields(line)[0]
		if !hasExtension(file, imageExtensions) || !filepath.IsLocal(filepath.FromSlash(file)) {
			return fmt.Errorf("%.80q: want the path of an image (%s) relative to the data folder: %w", line, strings.Join(imageExtensions, " "), ErrFormat)
		}
		names = append(names, path.Clean(file))
		return nil
	})
	return names, err
}

// checkWindow refuses windows that no dataset has.
func checkWindow(frames, size int) error {
	if frames < 1 || size < 1 || frames > 1<<16 || size > 1<<14 {
		return fmt.Errorf("datasets: a window of %d frames of %d×%d pixels: want at least 1 frame and 1 pixel: %w", frames, size, size, ErrShape)
	}
	return nil
}
