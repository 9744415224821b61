package tensorboard

import (
	"bytes"
	"errors"
	"fmt"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Names of event files: TensorBoard wants the prefix, and reads a folder's files by name, so
// that a later one must come after the ones before it.
const (
	prefix = "events.out.tfevents."
	suffix = ".videogan"
)

// Writer appends events to one event file, each by one write: a process that is killed leaves
// at most its last record incomplete, which TensorBoard passes over. It belongs to one goroutine.
type Writer struct {
	file *os.File
}

// Create begins a new event file in a folder, which it makes, for what happens from step first
// on. What older files of the folder hold of that step and later counts no more: a run that is
// resumed takes these steps again.
func Create(dir string, first int) (*Writer, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("tensorboard: create event file: %w", err)
	}
	now := time.Now()
	stamp, err := nextStamp(dir, now)
	if err != nil {
		return nil, fmt.Errorf("tensorboard: create event file: %w", err)
	}
	path := filepath.Join(dir, fmt.Sprintf("%s%010d%s", prefix, stamp, suffix))
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("tensorboard: create event file: %w", err)
	}
	w := &Writer{file: file}
	if err := w.write(versionEvent(now), startEvent(first, now)); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return w, nil
}

// nextStamp is the number in the name of a folder's next event file: seconds since 1970, but
// above that of every file before it, however the clock was set.
func nextStamp(dir string, now time.Time) (int64, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return 0, err
	}
	stamp := now.Unix()
	for _, entry := range entries {
		rest, ok := strings.CutPrefix(entry.Name(), prefix)
		if !ok {
			continue
		}
		digits, _, _ := strings.Cut(rest, ".")
		if before, err := strconv.ParseInt(digits, 10, 40); err == nil {
			stamp = max(stamp, before+1)
		}
	}
	return stamp, nil
}

// Scalars writes the numbers of a step.
func (w *Writer) Scalars(step int, at time.Time, scalars []Scalar) error {
	if len(scalars) == 0 {
		return nil
	}
	return w.write(scalarsEvent(step, at, scalars))
}

// PNG writes a picture of a step, given as the bytes of a PNG file.
func (w *Writer) PNG(step int, at time.Time, tag string, file []byte) error {
	config, err := png.DecodeConfig(bytes.NewReader(file))
	if err != nil {
		return fmt.Errorf("tensorboard: picture %s of step %d: %w", tag, step, err)
	}
	colours := 3
	switch config.ColorModel {
	case color.GrayModel, color.Gray16Model:
		colours = 1
	case color.NRGBAModel, color.NRGBA64Model:
		colours = 4
	}
	return w.write(imageEvent(step, at, tag, config.Width, config.Height, colours, file))
}

// write appends events, together in one write.
func (w *Writer) write(events ...[]byte) error {
	var records []byte
	for _, e := range events {
		records = appendRecord(records, e)
	}
	if _, err := w.file.Write(records); err != nil {
		return fmt.Errorf("tensorboard: %w", err)
	}
	return nil
}

// Sync makes sure that what was written reaches the disk.
func (w *Writer) Sync() error {
	if err := w.file.Sync(); err != nil {
		return fmt.Errorf("tensorboard: %w", err)
	}
	return nil
}

// Close ends the file.
func (w *Writer) Close() error {
	if err := w.file.Close(); err != nil {
		return fmt.Errorf("tensorboard: %w", err)
	}
	return nil
}
