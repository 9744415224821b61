package experiments

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// writeFile writes a file whole or not at all: to a temporary name in the same folder,
// synced, then renamed. On any error what stood at path before stands there still.
func writeFile(path string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".tmp-"+filepath.Base(path)+"-")
	if err != nil {
		return fmt.Errorf("experiments: write %s: %w", path, err)
	}
	err = errors.Join(fill(f, write), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the write's own error says more
		return fmt.Errorf("experiments: write %s: %w", path, err)
	}
	return nil
}

func fill(f *os.File, write func(io.Writer) error) error {
	buffered := bufio.NewWriter(f)
	if err := write(buffered); err != nil {
		return err
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		return err
	}
	return f.Sync()
}

// writeBytes is writeFile of text that is already there.
func writeBytes(path string, data []byte) error {
	return writeFile(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// linkFile makes name another name of the file at path, replacing what was there in one
// step; where the file system has no hard links it copies.
func linkFile(path, name string) error {
	temporary := filepath.Join(filepath.Dir(name), ".tmp-link-"+filepath.Base(name))
	if err := os.Remove(temporary); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("experiments: link %s: %w", name, err)
	}
	if err := os.Link(path, temporary); err != nil {
		return copyFile(path, name)
	}
	if err := os.Rename(temporary, name); err != nil {
		return errors.Join(fmt.Errorf("experiments: link %s: %w", name, err), os.Remove(temporary))
	}
	// A rename between two names of one file succeeds and leaves both (POSIX rename).
	if err := os.Remove(temporary); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("experiments: link %s: %w", name, err)
	}
	return nil
}

func copyFile(path, name string) error {
	source, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("experiments: copy %s: %w", path, err)
	}
	defer source.Close()
	return writeFile(name, func(w io.Writer) error {
		_, err := io.Copy(w, source)
		return err
	})
}
