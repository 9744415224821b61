package datasets

import (
	"bufio"
	"errors"
	"os"
)

// shardWriter writes clips one after the other into a .npy file of frames×size×size×3 bytes. The file has a temporary
// name until finish gives it its own.
type shardWriter struct {
	file   *os.File
	out    *bufio.Writer
	size   int
	frames int
	bytes  int64
}

func createShard(dir string, size int) (*shardWriter, error) {
	file, err := os.CreateTemp(dir, temporaryPrefix+"shard-*")
	if err != nil {
		return nil, err
	}
	w := &shardWriter{file: file, out: bufio.NewWriterSize(file, 1<<20), size: size}
	header, err := npyHeader(0, size, size, 3) // keeps the place of the header that finish writes
	if err == nil {
		_, err = w.out.Write(header)
	}
	if err != nil {
		return nil, errors.Join(err, w.discard())
	}
	return w, nil
}

// append adds a clip and returns the number of its first frame.
func (w *shardWriter) append(pixels []byte) (start int, err error) {
	if _, err := w.out.Write(pixels); err != nil {
		return 0, err
	}
	start = w.frames
	w.frames += len(pixels) / (w.size * w.size * 3)
	w.bytes += int64(len(pixels))
	return start, nil
}

// finish writes the header with the number of frames and gives the file its name.
func (w *shardWriter) finish(name string) error {
	header, err := npyHeader(w.frames, w.size, w.size, 3)
	if err == nil {
		err = w.out.Flush()
	}
	if err == nil {
		_, err = w.file.WriteAt(header, 0)
	}
	if err != nil {
		return errors.Join(err, w.discard())
	}
	if err := commit(w.file, name); err != nil {
		return errors.Join(err, removeIfThere(w.file.Name()))
	}
	return nil
}

// discard removes the file.
func (w *shardWriter) discard() error {
	return errors.Join(w.file.Close(), removeIfThere(w.file.Name()))
}

func removeIfThere(name string) error {
	if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
