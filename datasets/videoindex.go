package datasets

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"

	"videogan/video"
)

// videoEntry is what must be known of a video before windows can be drawn from it.
type videoEntry struct {
	Size     int64 `json:"size"`     // of the file; with Modified it tells whether the entry still holds
	Modified int64 `json:"modified"` // nanoseconds since 1970
	Frames   int   `json:"frames"`   // after conversion of the frame rate
	Width    int   `json:"width"`    // as shown, that is after rotation
	Height   int   `json:"height"`

	err error // the file cannot be read
}

// indexVideos finds out length and size of the files, in parallel. What it finds is kept in a file, one a folder and frame
// rate, so that the next start has only to look at the files' dates; a cache that cannot be read or written costs time
// and nothing else.
func indexVideos(ctx context.Context, c *Catalogue, files []File, fps float64, o VideoOptions) ([]videoEntry, error) {
	log := orDiscard(o.Logger)
	cache, err := cacheFile(c.Root, fps, o.CacheDir)
	if err != nil {
		log.Debug("lengths of clips are not remembered", "reason", err)
	}
	known := readIndexCache(cache)
	entries := make([]videoEntry, len(files))
	fresh := 0
	var mu sync.Mutex // fresh, done and the calls of Progress
	done := 0
	err = parallel(ctx, runtime.GOMAXPROCS(0), len(files), func(i int) {
		name := filepath.Join(c.Root, filepath.FromSlash(files[i].Path))
		info, err := os.Stat(name)
		entry := videoEntry{err: err}
		opened := false
		if err == nil {
			old, ok := known[files[i].Path]
			entry = old
			if !ok || old.Frames < 1 || old.Width < 1 || old.Height < 1 || old.Size != info.Size() || old.Modified != info.ModTime().UnixNano() {
				opened = true
				entry = measure(ctx, name, fps)
				entry.Size, entry.Modified = info.Size(), info.ModTime().UnixNano()
			}
		}
		entries[i] = entry
		mu.Lock()
		defer mu.Unlock()
		done++
		if opened {
			fresh++
		}
		if o.Progress != nil {
			o.Progress(done, len(files))
		}
	})
	if err != nil {
		return nil, err
	}
	if fresh > 0 && cache != "" {
		for i, file := range files {
			if entries[i].err == nil {
				known[file.Path] = entries[i]
			}
		}
		if err := writeIndexCache(cache, known); err != nil {
			log.Debug("lengths of clips are not remembered", "reason", err)
		}
	}
	return entries, nil
}

// measure decodes a video at a small size, to count its frames: headers do not tell, or tell wrong by a few (one in 250
// clips of UCF101), or know nothing of a changed frame rate. A damaged video is found out here, too, and not when it is
// drawn.
func measure(ctx context.Context, name string, fps float64) videoEntry {
	info, err := video.Probe(name)
	if err != nil {
		return videoEntry{err: err}
	}
	clip, err := video.Decode(ctx, name, video.DecodeOptions{Width: 16, Height: 16, Scaling: video.Nearest, FPS: fps})
	if err != nil {
		return videoEntry{err: err}
	}
	return videoEntry{Frames: clip.Frames, Width: info.Width, Height: info.Height}
}

// cacheFile names the file that the lengths of the videos below root are kept in.
func cacheFile(root string, fps float64, dir string) (string, error) {
	if dir == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			return "", err
		}
		dir = filepath.Join(base, "videogan")
	}
	root, err := filepath.Abs(root)
	if err != nil {
		return "", err
	}
	key := sha256.Sum256(fmt.Appendf(nil, "%s\n%g", root, fps))
	return filepath.Join(dir, fmt.Sprintf("index-%x.json", key[:8])), nil
}

func readIndexCache(name string) map[string]videoEntry {
	entries := map[string]videoEntry{}
	data, err := os.ReadFile(name)
	if err != nil || json.Unmarshal(data, &entries) != nil || entries == nil {
		return map[string]videoEntry{}
	}
	return entries
}

func writeIndexCache(name string, entries map[string]videoEntry) error {
	data, err := json.Marshal(entries)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return writeFile(name, data)
}

// parallel calls do(0), …, do(n-1) from several goroutines until the context ends.
func parallel(ctx context.Context, workers, n int, do func(i int)) error {
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(workers, n) {
		group.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				do(i)
			}
		})
	}
	group.Wait()
	return ctx.Err()
}
