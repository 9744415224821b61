package datasets

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"videogan/video"
)

// preparation is one run of Prepare.
type preparation struct {
	c     *Catalogue
	o     PrepareOptions
	index *preparedIndex
	log   *slog.Logger

	shard   *shardWriter // being written, nil between shards
	waiting []preparedClip
	decoded int
}

// decoding is one file on its way from a decoding goroutine to the writer.
type decoding struct {
	file   File
	bytes  int64
	pixels []byte
	err    error
	done   chan struct{}
}

// todo returns the files that are not in the index, and takes those out of it that could not be decoded and have
// changed since.
func (p *preparation) todo() ([]File, error) {
	known := make(map[string]int, len(p.index.clips))
	for i, clip := range p.index.clips {
		known[clip.File] = i
	}
	var files []File
	var retry []string
	for _, file := range p.c.Files {
		i, ok := known[file.Path]
		if ok && p.index.clips[i].Skipped == "" {
			continue
		}
		if ok {
			info, err := os.Stat(p.path(file))
			if err != nil || info.Size() == p.index.clips[i].Bytes {
				continue
			}
			retry = append(retry, file.Path)
		}
		files = append(files, file)
	}
	p.index.clips = slices.DeleteFunc(p.index.clips, func(c preparedClip) bool { return slices.Contains(retry, c.File) })
	return files, nil
}

func (p *preparation) path(file File) string {
	return filepath.Join(p.c.Root, filepath.FromSlash(file.Path))
}

// decodeAll decodes the files in parallel and writes them in order. Interrupted by ctx, it keeps what is decoded.
func (p *preparation) decodeAll(ctx context.Context, files []File) error {
	decodeCtx, stop := context.WithCancel(ctx)
	var group sync.WaitGroup
	defer group.Wait()
	defer stop()
	work := make(chan *decoding)
	order := make(chan *decoding, 2*p.o.Workers) // bounds the decoded clips that wait to be written
	group.Go(func() {
		defer close(order)
		defer close(work)
		for _, file := range files {
			d := &decoding{file: file, done: make(chan struct{})}
			select {
			case order <- d:
			case <-decodeCtx.Done():
				return
			}
			select {
			case work <- d:
			case <-decodeCtx.Done():
				d.err = decodeCtx.Err()
				close(d.done)
				return
			}
		}
	})
	for range p.o.Workers {
		group.Go(func() {
			for d := range work {
				d.pixels, d.bytes, d.err = p.decode(decodeCtx, d.file)
				close(d.done)
			}
		})
	}
	err := p.writeAll(ctx, order)
	if err != nil && p.shard != nil {
		return errors.Join(err, p.shard.discard())
	}
	return err
}

// writeAll takes the clips in order as they become ready.
func (p *preparation) writeAll(ctx context.Context, order <-chan *decoding) error {
	done := len(p.c.Files) - p.remaining()
	for d := range order {
		<-d.done
		if ctx.Err() != nil {
			break
		}
		if err := p.add(d); err != nil {
			return err
		}
		done++
		if p.o.Progress != nil {
			p.o.Progress(done, len(p.c.Files))
		}
	}
	if err := p.closeShard(); err != nil {
		return err
	}
	return ctx.Err()
}

// remaining is the number of files that are not in the index.
func (p *preparation) remaining() int {
	known := map[string]bool{}
	for _, clip := range p.index.clips {
		known[clip.File] = true
	}
	n := 0
	for _, file := range p.c.Files {
		if !known[file.Path] {
			n++
		}
	}
	return n
}

// decode decodes one file to frames of size×size pixels.
func (p *preparation) decode(ctx context.Context, file File) (pixels []byte, bytes int64, err error) {
	name := p.path(file)
	stat, err := os.Stat(name)
	if err != nil {
		return nil, 0, err
	}
	info, err := video.Probe(name)
	if err != nil {
		return nil, stat.Size(), err
	}
	size := p.o.Size
	geometry := p.o.Preprocess.crop(info.Width, info.Height, size)
	o := geometry.decode()
	o.FPS = p.o.FPS
	clip, err := video.Decode(ctx, name, o)
	if err != nil {
		return nil, stat.Size(), err
	}
	pixels = make([]byte, clip.Frames*size*size*3)
	geometry.cut(pixels, clip, size)
	return pixels, stat.Size(), nil
}

// add writes a clip to the current shard, or records why there is none.
func (p *preparation) add(d *decoding) error {
	entry := preparedClip{File: d.file.Path, Group: d.file.Group, Bytes: d.bytes}
	if d.file.Label >= 0 {
		entry.Class = p.c.Classes[d.file.Label]
	}
	p.decoded++
	if machineFault(d.err) {
		return fmt.Errorf("decoding %s: %w", d.file.Path, d.err)
	}
	if d.err != nil {
		p.log.Warn("clip skipped", "clip", d.file.Path, "reason", d.err)
		entry.Skipped = d.err.Error()
		p.waiting = append(p.waiting, entry)
		return nil
	}
	if p.shard != nil && p.shard.bytes+int64(len(d.pixels)) > p.o.ShardBytes {
		if err := p.closeShard(); err != nil {
			return err
		}
	}
	if p.shard == nil {
		var err error
		if p.shard, err = createShard(p.o.Out, p.o.Size); err != nil {
			return err
		}
	}
	start, err := p.shard.append(d.pixels)
	if err != nil {
		return fmt.Errorf("writing %s: %w", d.file.Path, err)
	}
	entry.Shard, entry.Start, entry.Length = p.index.shards(), start, len(d.pixels)/(p.o.Size*p.o.Size*3)
	p.waiting = append(p.waiting, entry)
	return nil
}

// closeShard makes the current shard and its lines in the index lasting: first the shard, then the index that names it.
func (p *preparation) closeShard() error {
	if p.shard != nil {
		shard := p.shard
		p.shard = nil
		if err := shard.finish(shardName(p.o.Out, p.index.shards())); err != nil {
			return fmt.Errorf("writing a shard: %w", err)
		}
	}
	p.index.clips = append(p.index.clips, p.waiting...)
	p.waiting = nil
	if err := p.index.write(p.o.Out); err != nil {
		return fmt.Errorf("writing the index: %w", err)
	}
	return nil
}

// result sums up the index.
func (p *preparation) result() PrepareResult {
	r := PrepareResult{Decoded: p.decoded, Shards: p.index.shards()}
	for _, clip := range p.index.clips {
		if clip.Skipped != "" {
			r.Skipped = append(r.Skipped, Skip{clip.File, clip.Skipped})
			continue
		}
		r.Clips++
		r.Frames += clip.Length
	}
	r.Bytes = int64(r.Frames) * int64(p.o.Size*p.o.Size*3)
	return r
}
