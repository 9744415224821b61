package datasets

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"videogan/video"
)

// frameGrey is the brightness of frame t of a test video.
func frameGrey(t int) byte { return byte(20 + 9*t) }

// writeVideo writes an H.264 video whose frames get brighter, under a name with any extension: FFmpeg looks at the content.
func writeVideo(t testing.TB, name string, frames, width, height int) {
	t.Helper()
	c := video.NewClip(frames, height, width, 25)
	for f := range frames {
		for i := range c.Frame(f) {
			c.Frame(f)[i] = frameGrey(f)
		}
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	temporary := name + ".mp4"
	if err := video.EncodeMP4(temporary, c); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(temporary, name); err != nil {
		t.Fatal(err)
	}
}

// checkGreys checks that a window of T×size×size×3 bytes holds the frames from start on.
func checkGreys(t testing.TB, dst []byte, size, start int) {
	t.Helper()
	for f := range len(dst) / (size * size * 3) {
		for _, got := range dst[f*size*size*3:][:size*size*3] {
			if d := int(got) - int(frameGrey(start+f)); d < -3 || d > 3 {
				t.Fatalf("frame %d of the window from %d on: got %d, want about %d", f, start, got, frameGrey(start+f))
			}
		}
	}
}

// videoFolder has two classes with two good videos each and one that is damaged: its second half is missing.
func videoFolder(t testing.TB) string {
	t.Helper()
	root := t.TempDir()
	writeVideo(t, filepath.Join(root, "a", "1.mp4"), 10, 48, 32)
	writeVideo(t, filepath.Join(root, "a", "2.mp4"), 14, 32, 48)
	writeVideo(t, filepath.Join(root, "b", "3.mp4"), 12, 32, 32)
	writeVideo(t, filepath.Join(root, "b", "4.mp4"), 3, 32, 32)
	writeVideo(t, filepath.Join(root, "b", "5.mp4"), 12, 32, 32)
	data, err := os.ReadFile(filepath.Join(root, "b", "5.mp4"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "b", "5.mp4"), data[:len(data)*4/5], 0o644); err != nil {
		t.Fatal(err)
	}
	return root
}

func TestFolderOfVideos(t *testing.T) {
	root, cache := videoFolder(t), t.TempDir()
	progress := 0
	o := FolderOptions{Root: root, Frames: 8, Size: 16, VideoOptions: VideoOptions{CacheDir: cache,
		Progress: func(done, total int) {
			if progress++; done != progress || total != 5 {
				t.Errorf("call %d of Progress says %d of %d", progress, done, total)
			}
		}}}
	s, err := OpenFolder(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	info := s.Info()
	if info.Clips != 3 || strings.Join(info.Classes, " ") != "a b" || info.Bytes() != 8*16*16*3 || progress != 5 {
		t.Errorf("got %+v after %d calls of Progress", info, progress)
	}
	reasons := map[string]string{}
	for _, skip := range info.Skipped {
		reasons[skip.Clip] = skip.Reason
	}
	if len(reasons) != 2 || !strings.Contains(reasons["b/4.mp4"], "it has 3 frames, the window is 8") || reasons["b/5.mp4"] == "" {
		t.Errorf("skipped %v, want the clip that is too short and the one cut off", reasons)
	}
	clips := s.Clips()
	if len(clips) != 3 || clips[0] != (Clip{"a/1.mp4", 0, 10}) || clips[2] != (Clip{"b/3.mp4", 1, 12}) {
		t.Errorf("clips %v", clips)
	}
	dst := make([]byte, info.Bytes())
	for i, clip := range clips {
		for start := 0; start <= clip.Frames-8; start++ { // the last window, too
			if err := s.Read(t.Context(), i, start, dst); err != nil {
				t.Fatal(err)
			}
			checkGreys(t, dst, 16, start)
		}
		if err := s.Read(t.Context(), i, clip.Frames-7, dst); !errors.Is(err, ErrShape) {
			t.Errorf("a window that ends behind %s: got %v", clip.Name, err)
		}
	}
	again, err := OpenFolder(t.Context(), FolderOptions{Root: root, Frames: 8, Size: 16, VideoOptions: VideoOptions{CacheDir: cache}})
	if err != nil {
		t.Fatal(err)
	}
	other := make([]byte, info.Bytes())
	for seed := range uint64(5) {
		label, err := s.Draw(t.Context(), testRNG(seed), dst)
		if err != nil {
			t.Fatal(err)
		}
		if l, err := again.Draw(t.Context(), testRNG(seed), other); err != nil || l != label || !bytes.Equal(dst, other) {
			t.Errorf("seed %d draws something else when the lengths come from the cache (%v)", seed, err)
		}
	}
	o.Progress, o.Classes = nil, []string{"b"}
	if s, err := OpenFolder(t.Context(), o); err != nil || s.Info().Clips != 1 || s.Clips()[0].Label != 0 {
		t.Errorf("class b alone: %v", err)
	}
}

func TestIndexCache(t *testing.T) {
	root, cache := t.TempDir(), t.TempDir()
	name := filepath.Join(root, "1.mp4")
	writeVideo(t, name, 10, 32, 32)
	o := FolderOptions{Root: root, Frames: 2, Size: 16, VideoOptions: VideoOptions{CacheDir: cache}}
	frames := func(reason string, want int) {
		t.Helper()
		s, err := OpenFolder(t.Context(), o)
		if err != nil {
			t.Fatalf("%s: %v", reason, err)
		}
		if got := s.Clips()[0].Frames; got != want {
			t.Errorf("%s: %d frames, want %d", reason, got, want)
		}
	}
	frames("no cache", 10)
	files, err := filepath.Glob(filepath.Join(cache, "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("cache holds %v, %v", files, err)
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(files[0], bytes.Replace(data, []byte(`"frames":10`), []byte(`"frames":7`), 1), 0o644); err != nil {
		t.Fatal(err)
	}
	frames("the cache is believed", 7)
	writeVideo(t, name, 12, 32, 32)
	frames("not when the file has changed", 12)
	if err := os.WriteFile(files[0], []byte(`{"1.mp4":`), 0o644); err != nil {
		t.Fatal(err)
	}
	frames("a damaged cache does no harm", 12)
	o.CacheDir = filepath.Join(name, "not-a-folder")
	frames("nor one that cannot be written", 12)
	o.CacheDir, o.FPS = cache, 50
	frames("another frame rate has a cache of its own", 24)
}

func TestBadVideos(t *testing.T) {
	good := t.TempDir()
	writeVideo(t, filepath.Join(good, "good.mp4"), 6, 32, 32)
	data, err := os.ReadFile(filepath.Join(good, "good.mp4"))
	if err != nil {
		t.Fatal(err)
	}
	ok := string(data)
	for _, row := range []struct {
		reason  string
		files   map[string]string
		frames  int
		skipped []string
		err     error
		message string
	}{
		{"an empty file, garbage and half a file among good ones", map[string]string{"1.mp4": ok, "2.mp4": ok, "3.mp4": ok, "4.mp4": ok,
			"empty.avi": "", "garbage.avi": strings.Repeat("garbage ", 1000), "half.mp4": ok[:len(ok)/2]}, 4, []string{"empty.avi", "garbage.avi", "half.mp4"}, nil, ""},
		{"more than half bad", map[string]string{"1.mp4": ok, "2.avi": "", "3.avi": "x"}, 4, nil, ErrNoClips, "2 of 3 clips cannot be read, the last of them 3.avi"},
		{"only bad ones", map[string]string{"1.avi": ""}, 4, nil, ErrNoClips, "1.avi"},
		{"all shorter than the window", map[string]string{"1.mp4": ok}, 7, nil, ErrNoClips, "none of 1 clips can be used (1.mp4: it has 6 frames, the window is 7"},
		{"a class whose clips are too short", map[string]string{"a/1.mp4": ok, "a/2.mp4": ok, "b/3.mp4": ""}, 4, nil, ErrNoClips, "class b has no clip that can be used"},
		{"an empty folder", nil, 4, nil, ErrNoClips, "holds no video"},
		{"no window", map[string]string{"1.mp4": ok}, 0, nil, ErrShape, "window of 0 frames"},
	} {
		s, err := OpenFolder(t.Context(), FolderOptions{Root: writeFiles(t, row.files), Frames: row.frames, Size: 16,
			VideoOptions: VideoOptions{CacheDir: t.TempDir()}})
		if row.err != nil {
			if !errors.Is(err, row.err) || !strings.Contains(err.Error(), row.message) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: got %v, want one line of %v with %q", row.reason, err, row.err, row.message)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", row.reason, err)
			continue
		}
		var skipped []string
		for _, skip := range s.Info().Skipped {
			skipped = append(skipped, skip.Clip)
		}
		for _, want := range row.skipped {
			if !strings.Contains(strings.Join(skipped, " "), want) {
				t.Errorf("%s: skipped %v, want %s among them", row.reason, skipped, want)
			}
		}
		if len(skipped) != len(row.skipped) {
			t.Errorf("%s: skipped %v", row.reason, skipped)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := OpenFolder(ctx, FolderOptions{Root: good, Frames: 4, Size: 16, VideoOptions: VideoOptions{CacheDir: t.TempDir()}}); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that has ended: got %v", err)
	}
}

// A clip that goes bad after it was opened is passed over while drawing.
func TestVideoThatVanishes(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"1.mp4", "2.mp4", "3.mp4"} {
		writeVideo(t, filepath.Join(root, name), 6, 32, 32)
	}
	s, err := OpenFolder(t.Context(), FolderOptions{Root: root, Frames: 4, Size: 16, VideoOptions: VideoOptions{CacheDir: t.TempDir()}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(root, "2.mp4")); err != nil {
		t.Fatal(err)
	}
	dst, rng := make([]byte, s.Info().Bytes()), testRNG(1)
	for range 20 {
		if _, err := s.Draw(t.Context(), rng, dst); err != nil {
			t.Fatal(err)
		}
	}
	if skipped := s.Info().Skipped; len(skipped) != 1 || skipped[0].Clip != "2.mp4" {
		t.Errorf("skipped %v", skipped)
	}
}
