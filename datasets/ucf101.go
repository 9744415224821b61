package datasets

import (
	"context"
	"fmt"
	"log/slog"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// UCF101Options says where UCF101 is and what is drawn from it.
type UCF101Options struct {
	Root  string // folder with UCF-101/<Class>/v_*.avi, or with the class folders or the clips themselves
	Lists string // folder of the split lists; empty: ucfTrainTestlist in Root or beside it

	Selection

	Frames     int           // length of a window
	Size       int           // height and width
	Preprocess Preprocessing // Centre or TGAN

	VideoOptions
}

// VideoOptions is about reading windows straight out of video files.
type VideoOptions struct {
	CacheDir string                // where lengths of files are remembered; empty: videogan in the user's cache folder
	Progress func(done, total int) // called while files are opened for the first time
	Logger   *slog.Logger          // nil: silent
}

// OpenUCF101 opens UCF101 (Soomro, Zamir, Shah 2012) in its official layout, or any part of it: clips that are on the
// lists and not on the disk are no error, and Info().Summary tells how many there are of how many. Each window is decoded
// when it is drawn; with Prepare it is more than a hundred times faster.
//
// The first call finds out the length of every clip and keeps it in CacheDir.
func OpenUCF101(ctx context.Context, o UCF101Options) (ClipSource, error) {
	c, err := ListUCF101(o.Root, o.Lists)
	if err != nil {
		return nil, err
	}
	return openVideos(ctx, c, o.Selection, videoWindow{frames: o.Frames, size: o.Size, preprocess: o.Preprocess}, o.VideoOptions)
}

// ListUCF101 lists the clips of UCF101 below root, of all splits. The classes are those of classInd.txt where the lists
// are there (see UCF101Options), and the folders' names otherwise.
func ListUCF101(root, lists string) (*Catalogue, error) {
	c := &Catalogue{Name: "ucf101", Root: root}
	switch {
	case lists != "":
		c.lists = lists
	case exists(filepath.Join(root, listsName)):
		c.lists = filepath.Join(root, listsName)
	case exists(filepath.Join(filepath.Dir(filepath.Clean(root)), listsName)):
		c.lists = filepath.Join(filepath.Dir(filepath.Clean(root)), listsName)
	}
	if c.lists != "" {
		var err error
		if c.Classes, err = readList(filepath.Join(c.lists, "classInd.txt"), parseClassIndex); err != nil {
			return nil, err
		}
	}
	folder := ""
	if exists(filepath.Join(root, "UCF-101")) {
		folder = "UCF-101"
	}
	names, _, err := walk(filepath.Join(root, folder), videoExtensions)
	if err != nil {
		return nil, err
	}
	if err := c.addUCF101(names, folder); err != nil {
		return nil, err
	}
	if len(c.Files) == 0 {
		return nil, fmt.Errorf("datasets: ucf101: %s holds no clip called v_<Class>_gNN_cNN.avi, neither itself nor in UCF-101/<Class>/: %w", root, ErrNoClips)
	}
	return c, nil
}

// addUCF101 fills in the files, and the classes unless they are known from classInd.txt.
func (c *Catalogue) addUCF101(names []string, folder string) error {
	classNames := make([]string, len(names))
	groups := make([]int, len(names))
	for i, name := range names {
		match := clipName.FindStringSubmatch(path.Base(name))
		if match == nil {
			continue
		}
		classNames[i] = match[1]
		if dir := path.Base(path.Dir(name)); dir != "." {
			classNames[i] = dir // HandstandPushups, whose clips are called v_HandStandPushups_…
		}
		groups[i], _ = strconv.Atoi(match[2])
	}
	if c.lists == "" {
		found := slices.DeleteFunc(slices.Clone(classNames), func(s string) bool { return s == "" })
		slices.Sort(found)
		c.Classes = slices.Compact(found)
	}
	labels := map[string]int{}
	for i, class := range c.Classes {
		labels[classKey(class)] = i
	}
	seen := map[string]string{}
	for i, name := range names {
		full := path.Join(folder, name)
		if classNames[i] == "" {
			c.Ignored = append(c.Ignored, Skip{full, "its name is not v_<Class>_gNN_cNN"})
			continue
		}
		label, ok := labels[classKey(classNames[i])]
		if !ok {
			return fmt.Errorf("datasets: ucf101: %s is of class %s, which %s does not name: move it away, or open the folder as a plain folder of videos: %w",
				full, classNames[i], filepath.Join(c.lists, "classInd.txt"), ErrFormat)
		}
		key := clipKey(path.Base(name))
		if first, twice := seen[key]; twice {
			return fmt.Errorf("datasets: ucf101: %s and %s are the same clip: remove one: %w", first, full, ErrFormat)
		}
		seen[key] = full
		c.Files = append(c.Files, File{Path: full, Label: label, Group: groups[i]})
	}
	slices.SortStableFunc(c.Files, func(a, b File) int {
		if a.Label != b.Label {
			return a.Label - b.Label
		}
		return strings.Compare(a.Path, b.Path)
	})
	return nil
}
