package eval

import (
	"errors"
	"os"
	"path/filepath"
)

// writeFile writes a file under a temporary name in the same folder, syncs and renames it: whatever happens, the old or
// the new content is there.
func writeFile(name string, data []byte) (err error) {
	file, err := os.CreateTemp(filepath.Dir(name), ".tmp-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(file.Name()) // after the renaming there is none
		}
	}()
	_, err = file.Write(data)
	if err == nil {
		err = file.Chmod(0o644) // temporary files are private
	}
	if err == nil {
		err = file.Sync()
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	if err := os.Rename(file.Name(), name); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(name))
}

// syncFolder makes a new name last through a power cut.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
