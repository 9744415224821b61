package datasets

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Catalogue lists the video files of a dataset before any of them is opened: what training straight from videos and
// Prepare both start from.
type Catalogue struct {
	Name    string   // ucf101 or folder
	Root    string   // folder that the files are relative to
	Classes []string // all classes; nil when the files are not sorted into classes
	Files   []File   // in the order of classes, then of names
	Ignored []Skip   // files whose name says that they do not belong to the dataset

	lists string // folder with UCF101's split lists; empty without
}

// File is a video file of a Catalogue.
type File struct {
	Path  string // relative to the root, with slashes
	Label int    // index into Catalogue.Classes, -1 without
	Group int    // UCF101: clips of one group come from one long video; 0 without
}

// videoExtensions are the endings that count as video in a folder; what FFmpeg makes of a file is seen when it is opened.
var videoExtensions = []string{".avi", ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".mpg", ".mpeg", ".wmv", ".flv", ".ogv", ".ts", ".gif", ".3gp"}

// imageExtensions are the image formats that golf clips and strips are read from.
var imageExtensions = []string{".jpg", ".jpeg", ".png"}

func hasExtension(name string, extensions []string) bool {
	return slices.Contains(extensions, strings.ToLower(path.Ext(name)))
}

// ListFolder lists a folder of videos. Each subfolder that holds videos, at any depth, is a class by its first path
// element; videos that lie in the folder itself have no class. Both at once is an error, and so is a subfolder without a
// video, because it is a class that could never be drawn. Hidden files and folders are passed over.
func ListFolder(root string) (*Catalogue, error) {
	files, classes, err := listFolder(root, videoExtensions, "video")
	if err != nil {
		return nil, err
	}
	return &Catalogue{Name: "folder", Root: root, Classes: classes, Files: files}, nil
}

// listFolder finds the files of some kind below root and sorts them into classes by their first folder.
func listFolder(root string, extensions []string, kind string) ([]File, []string, error) {
	names, folders, err := walk(root, extensions)
	if err != nil {
		return nil, nil, err
	}
	if len(names) == 0 {
		return nil, nil, fmt.Errorf("datasets: %s holds no %s (%s): %w", root, kind, strings.Join(extensions, " "), ErrNoClips)
	}
	classOf := func(name string) string {
		class, _, ok := strings.Cut(name, "/")
		if !ok {
			return ""
		}
		return class
	}
	present := map[string]bool{}
	for _, name := range names {
		present[classOf(name)] = true
	}
	if present[""] && len(present) == 1 {
		files := make([]File, len(names))
		for i, name := range names {
			files[i] = File{Path: name, Label: -1}
		}
		return files, nil, nil
	}
	if present[""] {
		return nil, nil, fmt.Errorf("datasets: %s holds %s files both by itself (%s) and in subfolders, which are classes: move the former into a subfolder or away: %w",
			root, kind, names[slices.IndexFunc(names, func(n string) bool { return classOf(n) == "" })], ErrFormat)
	}
	for _, folder := range folders {
		if !present[folder] {
			return nil, nil, fmt.Errorf("datasets: class %s in %s has no %s: fill the folder or remove it: %w", folder, root, kind, ErrNoClips)
		}
	}
	files := make([]File, len(names))
	for i, name := range names {
		files[i] = File{Path: name, Label: slices.Index(folders, classOf(name))}
	}
	return files, folders, nil
}

// walk returns the files with one of the extensions below root, and the folders right in it, both sorted by name.
// Symbolic links to folders are followed one level deep, so that classes may be links.
func walk(root string, extensions []string) (files, folders []string, err error) {
	info, err := os.Stat(root)
	if err != nil {
		return nil, nil, fmt.Errorf("datasets: opening data folder: %w", err)
	}
	if !info.IsDir() {
		return nil, nil, fmt.Errorf("datasets: opening data folder: %s is a file: %w", root, ErrFormat)
	}
	entries, err := os.ReadDir(root)
	if err != nil {
		return nil, nil, fmt.Errorf("datasets: opening data folder: %w", err)
	}
	for _, entry := range entries {
		name := entry.Name()
		if strings.HasPrefix(name, ".") {
			continue
		}
		info, err := os.Stat(filepath.Join(root, name))
		if err != nil {
			return nil, nil, fmt.Errorf("datasets: listing data folder: %w", err)
		}
		if !info.IsDir() {
			if hasExtension(name, extensions) {
				files = append(files, name)
			}
			continue
		}
		folders = append(folders, name)
		inside, err := walkBelow(os.DirFS(filepath.Join(root, name)), extensions)
		if err != nil {
			return nil, nil, fmt.Errorf("datasets: listing %s: %w", filepath.Join(root, name), err)
		}
		for _, file := range inside {
			files = append(files, name+"/"+file)
		}
	}
	return files, folders, nil
}

func walkBelow(folder fs.FS, extensions []string) (files []string, err error) {
	err = fs.WalkDir(folder, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name != "." && strings.HasPrefix(entry.Name(), "."):
			if entry.IsDir() {
				return fs.SkipDir
			}
		case !entry.IsDir() && hasExtension(name, extensions):
			files = append(files, name)
		}
		return nil
	})
	return files, err
}

// exists tells whether a file or folder is there; other errors than absence count as presence and show when it is opened.
func exists(name string) bool {
	_, err := os.Stat(name)
	return !errors.Is(err, fs.ErrNotExist)
}
