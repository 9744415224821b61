package video

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// writeAtomic lets write fill a file in path's folder, syncs it and renames it to path. On an error nothing is left
// behind, and a file that was at path stays as it was. The temporary name keeps path's extension.
func writeAtomic(path string, write func(temporary string) error) (err error) {
	folder := filepath.Dir(path)
	f, err := os.CreateTemp(folder, ".videogan-*"+filepath.Ext(path))
	if err != nil {
		var pathError *os.PathError
		if errors.As(err, &pathError) {
			err = pathError.Err // names a file that nobody knows
		}
		return fmt.Errorf("create a file in %s: %w", folder, err)
	}
	temporary := f.Name()
	defer func() {
		if err != nil {
			os.Remove(temporary)
		}
	}()
	if err := f.Close(); err != nil {
		return err
	}
	if err := write(temporary); err != nil {
		return err
	}
	if err := finishFile(temporary); err != nil {
		return err
	}
	if err := os.Rename(temporary, path); err != nil {
		var linkError *os.LinkError
		if errors.As(err, &linkError) {
			err = linkError.Err
		}
		return fmt.Errorf("put the file in its place: %w", err)
	}
	return syncFolder(folder)
}

func finishFile(name string) error {
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Chmod(0o644); err != nil { // CreateTemp's files are private
		return err
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	return f.Close()
}

// syncFolder makes the new name last through a loss of power.
func syncFolder(folder string) error {
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
