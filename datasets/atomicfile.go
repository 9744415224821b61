package datasets

import (
	"errors"
	"os"
	"path/filepath"
)

// temporaryPrefix begins the names of files that are being written.
const temporaryPrefix = ".tmp-"

// writeFile writes a file under a temporary name in the same folder, syncs and renames it: whatever happens, the old or
// the new content is there.
func writeFile(name string, data []byte) (err error) {
	file, err := os.CreateTemp(filepath.Dir(name), temporaryPrefix+"*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()
	if _, err := file.Write(data); err != nil {
		return errors.Join(err, file.Close())
	}
	return commit(file, name)
}

// commit syncs and closes a complete file, gives it its name, and syncs the folder, so that the name survives a power cut.
func commit(file *os.File, name string) error {
	err := file.Chmod(0o644) // temporary files are private
	if err == nil {
		err = file.Sync()
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	if err := os.Rename(file.Name(), name); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
