package video

import (
	"fmt"
	"os"
	"path/filepath"
)

// writeAtomic lets write fill a file in path's folder, syncs it and renames it to path. On an error nothing is left
// behind, and a file that was at path stays as it was. The temporary name ends as path does.
func writeAtomic(path string, write func(temporary string) error) (err error) {
	folder, name := filepath.Split(path)
	f, err := os.CreateTemp(filepath.Clean(folder+"."), ".*-"+name)
	if err != nil {
		return err
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
		return err
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
	d, err := os.Open(filepath.Clean(folder + "."))
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
