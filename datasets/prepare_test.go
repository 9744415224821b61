package datasets

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// prepareTest prepares a folder at 16×16 in shards of two or three clips.
func prepareTest(t testing.TB, root, out string, change ...func(*PrepareOptions)) (PrepareResult, error) {
	t.Helper()
	c, err := ListFolder(root)
	if err != nil {
		t.Fatal(err)
	}
	o := PrepareOptions{Out: out, Size: 16, ShardBytes: 25 * 16 * 16 * 3}
	for _, f := range change {
		f(&o)
	}
	return Prepare(t.Context(), c, o)
}

// contents is the visible files of a folder.
func contents(t testing.TB, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), ".") || entry.IsDir() {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		out[entry.Name()] = string(data)
	}
	return out
}

func TestPrepare(t *testing.T) {
	root, out := videoFolder(t), filepath.Join(t.TempDir(), "new", "folder")
	var progress []int
	result, err := prepareTest(t, root, out, func(o *PrepareOptions) {
		o.Progress = func(done, total int) { progress = append(progress, done, total) }
	})
	if err != nil {
		t.Fatal(err)
	}
	if result.Decoded != 5 || result.Clips != 4 || result.Frames != 10+14+12+3 || result.Shards != 2 ||
		result.Bytes != int64(result.Frames*16*16*3) || len(result.Skipped) != 1 || result.Skipped[0].Clip != "b/5.mp4" {
		t.Errorf("got %+v", result)
	}
	if diff := cmp.Diff([]int{1, 5, 2, 5, 3, 5, 4, 5, 5, 5}, progress); diff != "" {
		t.Errorf("progress (-want +got):\n%s", diff)
	}
	prepared, err := OpenPrepared(PreparedOptions{Dir: out, Frames: 8, Size: 16})
	if err != nil {
		t.Fatal(err)
	}
	defer prepared.Close()
	direct, err := OpenFolder(t.Context(), FolderOptions{Root: root, Frames: 8, Size: 16, VideoOptions: VideoOptions{CacheDir: t.TempDir()}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(direct.Clips(), prepared.Clips()); diff != "" {
		t.Fatalf("clips prepared and not (-not +prepared):\n%s", diff)
	}
	if len(prepared.Info().Skipped) != 2 {
		t.Errorf("skipped %v, want the damaged clip and the short one", prepared.Info().Skipped)
	}
	want, got := make([]byte, direct.Info().Bytes()), make([]byte, direct.Info().Bytes())
	for i, clip := range direct.Clips() {
		for start := 0; start <= clip.Frames-8; start++ {
			if err := errors.Join(direct.Read(t.Context(), i, start, want), prepared.Read(t.Context(), i, start, got)); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(want, got) {
				t.Fatalf("%s from frame %d differs from what is decoded directly", clip.Name, start)
			}
		}
	}
	for seed := range uint64(10) { // and the same is drawn
		a, errA := direct.Draw(t.Context(), testRNG(seed), want)
		b, errB := prepared.Draw(t.Context(), testRNG(seed), got)
		if errA != nil || errB != nil || a != b || !bytes.Equal(want, got) {
			t.Fatalf("seed %d: labels %d and %d, %v, %v", seed, a, b, errA, errB)
		}
	}
}

func TestPrepareTwiceDoesNothing(t *testing.T) {
	root, out := videoFolder(t), t.TempDir()
	first, err := prepareTest(t, root, out)
	if err != nil {
		t.Fatal(err)
	}
	before := contents(t, out)
	stat, err := os.Stat(filepath.Join(out, indexName))
	if err != nil {
		t.Fatal(err)
	}
	second, err := prepareTest(t, root, out)
	if err != nil {
		t.Fatal(err)
	}
	if second.Decoded != 0 {
		t.Errorf("the second call decoded %d files", second.Decoded)
	}
	first.Decoded = 0
	if diff := cmp.Diff(first, second) + cmp.Diff(before, contents(t, out)); diff != "" {
		t.Errorf("the second call changed something (-before +after):\n%s", diff)
	}
	if again, err := os.Stat(filepath.Join(out, indexName)); err != nil || !again.ModTime().Equal(stat.ModTime()) {
		t.Errorf("the second call wrote the index again (%v)", err)
	}
	// The damaged clip is mended, and a new one comes: only these two are decoded.
	writeVideo(t, filepath.Join(root, "b", "5.mp4"), 9, 32, 32)
	writeVideo(t, filepath.Join(root, "a", "6.mp4"), 9, 32, 32)
	third, err := prepareTest(t, root, out)
	if err != nil || third.Decoded != 2 || third.Clips != 6 || len(third.Skipped) != 0 {
		t.Errorf("after two files came: %+v, %v", third, err)
	}
	s, err := OpenPrepared(PreparedOptions{Dir: out, Frames: 9})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	dst := make([]byte, s.Info().Bytes())
	for i := range s.Clips() {
		if err := s.Read(t.Context(), i, 0, dst); err != nil {
			t.Fatal(err)
		}
		checkGreys(t, dst, 16, 0)
	}
}

func TestPrepareDoesNotDependOnWorkers(t *testing.T) {
	root := videoFolder(t)
	var want map[string]string
	for _, workers := range []int{1, 2, 7} {
		out := t.TempDir()
		if _, err := prepareTest(t, root, out, func(o *PrepareOptions) { o.Workers = workers }); err != nil {
			t.Fatal(err)
		}
		got := contents(t, out)
		if want == nil {
			want = got
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d workers make other files than 1:\n%s", workers, diff)
		}
	}
}

func TestPrepareRefuses(t *testing.T) {
	root, out := videoFolder(t), t.TempDir()
	if _, err := prepareTest(t, root, out); err != nil {
		t.Fatal(err)
	}
	before := contents(t, out)
	file := filepath.Join(out, indexName)
	for _, row := range []struct {
		reason  string
		change  func(o *PrepareOptions)
		err     error
		message string
	}{
		{"another size", func(o *PrepareOptions) { o.Size = 32 }, ErrPrepared,
			"holds folder at 16×16, preprocessing centre; asked for folder at 32×32, preprocessing centre: choose another folder, or remove this one"},
		{"another preprocessing", func(o *PrepareOptions) { o.Preprocess = TGAN }, ErrPrepared, "preprocessing tgan"},
		{"another frame rate", func(o *PrepareOptions) { o.FPS = 12.5 }, ErrPrepared, "12.5 frames a second"},
		{"no size", func(o *PrepareOptions) { o.Size = 0 }, ErrShape, "0×0"},
		{"a negative number of workers", func(o *PrepareOptions) { o.Workers = -1 }, ErrShape, "-1 workers"},
		{"a folder that cannot be made", func(o *PrepareOptions) { o.Out = filepath.Join(file, "x") }, nil, "not a directory"},
	} {
		_, err := prepareTest(t, root, out, row.change)
		if err == nil || row.err != nil && !errors.Is(err, row.err) || !strings.Contains(err.Error(), row.message) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v, want %v with %q", row.reason, err, row.err, row.message)
		}
	}
	if diff := cmp.Diff(before, contents(t, out)); diff != "" {
		t.Errorf("a refused call changed the folder:\n%s", diff)
	}
	unlock, err := lockFolder(out)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	if _, err := prepareTest(t, root, out); !errors.Is(err, ErrPrepared) || !strings.Contains(err.Error(), "another process") {
		t.Errorf("two at a time: got %v", err)
	}
}

func TestPrepareOfMostlyBadVideos(t *testing.T) {
	root, out := writeFiles(t, map[string]string{"1.avi": "", "2.avi": "garbage"}), t.TempDir()
	writeVideo(t, filepath.Join(root, "3.mp4"), 5, 32, 32)
	for range 2 { // it does not become right by repeating it
		if _, err := prepareTest(t, root, out); !errors.Is(err, ErrNoClips) || !strings.Contains(err.Error(), "2 of 3 files cannot be decoded, the last of them 2.avi") {
			t.Errorf("got %v", err)
		}
	}
	if _, err := OpenPrepared(PreparedOptions{Dir: out, Frames: 2}); !errors.Is(err, ErrPrepared) {
		t.Errorf("opening it: got %v", err)
	}
}

// Interrupted by Ctrl-C it keeps what it has, and the next call goes on.
func TestPrepareInterrupted(t *testing.T) {
	root, out := videoFolder(t), t.TempDir()
	c, err := ListFolder(root)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	o := PrepareOptions{Out: out, Size: 16, Workers: 1, Progress: func(done, _ int) {
		if done == 2 {
			cancel()
		}
	}}
	if _, err := Prepare(ctx, c, o); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if _, err := OpenPrepared(PreparedOptions{Dir: out, Frames: 8}); !errors.Is(err, ErrPrepared) || !strings.Contains(err.Error(), "unfinished") {
		t.Errorf("opening it half done: got %v", err)
	}
	o.Progress = nil
	result, err := Prepare(t.Context(), c, o)
	if err != nil || result.Decoded != 3 || result.Clips != 4 {
		t.Errorf("going on after 2 of 5 files: %+v, %v", result, err)
	}
}

func TestOpenPreparedRefuses(t *testing.T) {
	root, out := videoFolder(t), t.TempDir()
	if _, err := prepareTest(t, root, out); err != nil {
		t.Fatal(err)
	}
	if !IsPrepared(out) || IsPrepared(root) {
		t.Error("IsPrepared takes one for the other")
	}
	shard := shardName(out, 0)
	for _, row := range []struct {
		reason  string
		o       PreparedOptions
		damage  func() error
		err     error
		message string
	}{
		{"another size", PreparedOptions{Frames: 8, Size: 32}, nil, ErrPrepared, "it holds folder at 16×16, preprocessing centre; asked for folder at 32×32"},
		{"another preprocessing", PreparedOptions{Frames: 8, Preprocess: TGAN}, nil, ErrPrepared, "asked for folder at 16×16, preprocessing tgan"},
		{"another frame rate", PreparedOptions{Frames: 8, FPS: 12.5}, nil, ErrPrepared, "asked for folder at 16×16, preprocessing centre, 12.5 frames a second"},
		{"no window", PreparedOptions{}, nil, ErrShape, "window of 0 frames"},
		{"a window longer than all clips", PreparedOptions{Frames: 100}, nil, ErrNoClips, "none of 5 clips can be used"},
		{"a class that is not there", PreparedOptions{Frames: 8, Selection: Selection{Classes: []string{"c"}}}, nil, ErrNoClips, `no class "c"`},
		{"a folder has no splits", PreparedOptions{Frames: 8, Selection: Selection{Split: 1}}, nil, ErrNoClips, "needs the official lists"},
		{"a shard cut off", PreparedOptions{Frames: 8}, func() error { return os.Truncate(shard, 1000) }, ErrFormat, "is it truncated?"},
		{"an empty shard", PreparedOptions{Frames: 8}, func() error { return os.Truncate(shard, 0) }, ErrFormat, "ends in its header"},
		{"a shard with fewer frames than the index says", PreparedOptions{Frames: 8}, func() error {
			header, err := npyHeader(11, 16, 16, 3)
			if err != nil {
				return err
			}
			return os.WriteFile(shard, append(header, make([]byte, 11*16*16*3)...), 0o644)
		}, ErrFormat, "has 11 frames; a/2.mp4 should be frames 10 to 23 of it"},
		{"a shard of other frames", PreparedOptions{Frames: 8}, func() error {
			header, err := npyHeader(1, 8, 8, 3)
			if err != nil {
				return err
			}
			return os.WriteFile(shard, append(header, make([]byte, 8*8*3)...), 0o644)
		}, ErrFormat, "has shape [1 8 8 3]"},
		{"no shard", PreparedOptions{Frames: 8}, func() error { return os.Remove(shard) }, fs.ErrNotExist, "shard-00000.npy"},
		{"a damaged index", PreparedOptions{Frames: 8}, func() error { return os.Truncate(filepath.Join(out, indexName), 300) }, ErrFormat, "index.jsonl: line"},
		{"no index", PreparedOptions{Frames: 8}, func() error { return os.Remove(filepath.Join(out, indexName)) }, fs.ErrNotExist, "run 'videogan prepare' first"},
	} {
		if row.damage != nil {
			if err := row.damage(); err != nil {
				t.Fatal(err)
			}
		}
		row.o.Dir = out
		if _, err := OpenPrepared(row.o); !errors.Is(err, row.err) || !strings.Contains(err.Error(), row.message) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v, want one line of %v with %q", row.reason, err, row.err, row.message)
		}
	}
}

func TestPreparedUCF101(t *testing.T) {
	files := tinyUCF101()
	root, out := writeFiles(t, files), t.TempDir()
	for name := range files {
		if strings.HasSuffix(name, ".avi") {
			writeVideo(t, filepath.Join(root, filepath.FromSlash(name)), 10, 40, 30)
		}
	}
	c, err := ListUCF101(root, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Prepare(t.Context(), c, PrepareOptions{Out: out, Size: 16, Preprocess: TGAN}); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(root); err != nil { // the prepared folder needs nothing else
		t.Fatal(err)
	}
	for _, row := range []struct {
		s       Selection
		summary string
		clips   []string
	}{
		{Selection{Split: 1}, "2 of 4 clips of train split 1, 2 of 3 classes", names(c.Files)[1:]},
		{Selection{Split: 1, Subset: Test}, "1 of 2 clips of test split 1, 2 of 3 classes", names(c.Files)[:1]},
		{Selection{Classes: []string{"Archery"}}, "2 clips, 1 of 3 classes", names(c.Files)[:2]},
	} {
		s, err := OpenPrepared(PreparedOptions{Dir: out, Selection: row.s, Frames: 8, Preprocess: TGAN})
		if err != nil {
			t.Fatal(err)
		}
		var clips []string
		for _, clip := range s.Clips() {
			clips = append(clips, clip.Name)
		}
		if diff := cmp.Diff(row.clips, clips) + cmp.Diff(row.summary, s.Info().Summary); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", row.s, diff)
		}
		dst := make([]byte, s.Info().Bytes())
		for seed := range uint64(50) { // 10 frames, window 8: starts 0, 1, and 2, which TGAN never draws
			if _, err := s.Draw(t.Context(), testRNG(seed), dst); err != nil {
				t.Fatal(err)
			}
			if dst[0] > frameGrey(1)+3 {
				t.Fatalf("the last window was drawn: its first pixel is %d", dst[0])
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	index, err := readPreparedIndex(out)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(index.clips[1].Class, index.clips[1].Group, index.clips[1].Start, index.clips[1].Length); got != "Archery8 10 10" {
		t.Errorf("class, group, start, length: got %s", got)
	}
}
