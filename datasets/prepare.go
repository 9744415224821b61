package datasets

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
)

// PrepareOptions says what becomes of the videos of a catalogue.
type PrepareOptions struct {
	Out        string        // folder to write
	Size       int           // height and width of the frames
	Preprocess Preprocessing // how frames become squares
	FPS        float64       // frames a second to convert to; 0: the videos' own frames

	Workers    int                   // videos decoded at a time; 0: one a core
	ShardBytes int64                 // a shard is closed before it grows beyond; 0: 256 MiB
	Progress   func(done, total int) // called after each file, those of earlier calls included
	Logger     *slog.Logger          // nil: silent
}

// PrepareResult is what a prepared folder holds.
type PrepareResult struct {
	Decoded int   // files decoded by this call; 0 when an earlier one had done all
	Clips   int   // all clips
	Frames  int   // all frames
	Bytes   int64 // of the frames
	Shards  int
	Skipped []Skip // files that cannot be decoded
}

// Prepare decodes every video of a catalogue once, into shards that OpenPrepared maps: NumPy arrays of frames×size×size×3
// unsigned bytes, and an index with a line a clip (file, class, group, shard, start, length). UCF101's split lists are
// copied beside them, so that the folder needs nothing else.
//
// Files are decoded in parallel and written in the catalogue's order: the result does not depend on the number of
// workers. It may be interrupted at any moment, also by kill -9 or a power cut; the next call goes on behind the last
// whole shard. When all files are there it does nothing. A file that cannot be decoded is reported, counted and skipped,
// and tried again only when its size has changed. Options other than those the folder was made with are ErrPrepared, and
// so is a second Prepare of the folder at the same time; if more than half of the files cannot be decoded, the error is
// ErrNoClips.
//
// A video is decoded as a whole: size·size·3 bytes a frame, 1.3 GB for an hour at 64×64.
func Prepare(ctx context.Context, c *Catalogue, o PrepareOptions) (PrepareResult, error) {
	result, err := prepare(ctx, c, o)
	if err != nil {
		return result, fmt.Errorf("datasets: preparing %s from %s in %s: %w", c.Name, c.Root, o.Out, err)
	}
	return result, nil
}

func prepare(ctx context.Context, c *Catalogue, o PrepareOptions) (PrepareResult, error) {
	o, err := o.withDefaults()
	if err != nil {
		return PrepareResult{}, err
	}
	if err := os.MkdirAll(o.Out, 0o755); err != nil {
		return PrepareResult{}, err
	}
	unlock, err := lockFolder(o.Out)
	if err != nil {
		return PrepareResult{}, err
	}
	defer unlock()
	index, err := resumeIndex(c, o)
	if err != nil {
		return PrepareResult{}, err
	}
	p := &preparation{c: c, o: o, index: index, log: orDiscard(o.Logger)}
	todo, err := p.todo()
	if err != nil {
		return PrepareResult{}, err
	}
	if len(todo) == 0 && index.Complete {
		p.log.Info("nothing to prepare", "folder", o.Out, "clips", len(index.clips))
		return p.result(), nil
	}
	if err := removeTemporary(o.Out); err != nil {
		return PrepareResult{}, err
	}
	if err := copyLists(c, o.Out); err != nil {
		return PrepareResult{}, err
	}
	index.Complete = false
	if err := p.decodeAll(ctx, todo); err != nil {
		return p.result(), err
	}
	result := p.result()
	if bad := len(result.Skipped); 2*bad > len(index.clips) {
		last := result.Skipped[bad-1]
		return result, fmt.Errorf("%d of %d files cannot be decoded, the last of them %s: %s; remove the folder to try again: %w",
			bad, len(index.clips), last.Clip, last.Reason, ErrNoClips)
	}
	index.Complete = true
	return result, index.write(o.Out)
}

func (o PrepareOptions) withDefaults() (PrepareOptions, error) {
	if o.Workers < 0 || o.ShardBytes < 0 || o.FPS < 0 {
		return o, fmt.Errorf("%d workers, shards of %d bytes, %g frames a second: want no negative number: %w", o.Workers, o.ShardBytes, o.FPS, ErrShape)
	}
	if o.Workers == 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.ShardBytes == 0 {
		o.ShardBytes = 256 << 20
	}
	return o, checkWindow(1, o.Size)
}

// resumeIndex reads the index of an earlier call, or makes one. It refuses to mix clips made with different options.
func resumeIndex(c *Catalogue, o PrepareOptions) (*preparedIndex, error) {
	want := preparedHeader{Format: preparedFormat, Version: preparedVersion, Dataset: c.Name, Size: o.Size,
		Preprocess: o.Preprocess, FPS: o.FPS, Classes: c.Classes}
	index, err := readPreparedIndex(o.Out)
	if errors.Is(err, fs.ErrNotExist) {
		return &preparedIndex{preparedHeader: want}, nil
	}
	if err != nil {
		return nil, err
	}
	had := index.preparedHeader
	if had.Dataset != want.Dataset || had.Size != want.Size || had.Preprocess != want.Preprocess || had.FPS != want.FPS {
		return nil, fmt.Errorf("the folder holds %s; asked for %s: choose another folder, or remove this one: %w", had.describe(), want.describe(), ErrPrepared)
	}
	for _, class := range had.Classes {
		if !slices.Contains(want.Classes, class) {
			return nil, fmt.Errorf("the folder holds class %s, which the videos lack: choose another folder, or remove this one: %w", class, ErrPrepared)
		}
	}
	index.Classes = want.Classes
	return index, nil
}

// describe says what a folder was made with.
func (h preparedHeader) describe() string {
	text := fmt.Sprintf("%s at %d×%d, preprocessing %s", h.Dataset, h.Size, h.Size, h.Preprocess)
	if h.FPS != 0 {
		text += fmt.Sprintf(", %g frames a second", h.FPS)
	}
	return text
}

// lockFolder keeps a second Prepare out. The lock ends with the process, however that ends.
func lockFolder(dir string) (unlock func(), err error) {
	file, err := os.OpenFile(filepath.Join(dir, ".lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = file.Close() // nothing was written
		return nil, fmt.Errorf("another process is preparing this folder (%w): wait for it: %w", err, ErrPrepared)
	}
	return func() { _ = file.Close() }, nil
}

// removeTemporary removes what an interrupted call left.
func removeTemporary(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), temporaryPrefix) {
			if err := os.Remove(filepath.Join(dir, entry.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// copyLists copies UCF101's split lists into the folder.
func copyLists(c *Catalogue, dir string) error {
	if c.lists == "" {
		return nil
	}
	to := filepath.Join(dir, listsName)
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	names, err := filepath.Glob(filepath.Join(c.lists, "*.txt"))
	if err != nil {
		return err
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if err := writeFile(filepath.Join(to, filepath.Base(name)), data); err != nil {
			return err
		}
	}
	return nil
}
