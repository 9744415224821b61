package video

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
)

// resident returns the process's resident memory in bytes.
func resident(t *testing.T) int {
	t.Helper()
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip("needs Linux's /proc: ", err)
	}
	var size, pages int
	if _, err := fmt.Sscan(string(statm), &size, &pages); err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}

// TestNothingLeaks repeats every path through FFmpeg. One frame that is not freed in a round is at least twice
// as much in all rounds as the process may grow.
func TestNothingLeaks(t *testing.T) {
	if testing.Short() {
		t.Skip("repeats everything hundreds of times")
	}
	runtime.LockOSThread() // malloc keeps memory for each thread
	defer runtime.UnlockOSThread()
	folder := t.TempDir()
	whole := filepath.Join(folder, "clip.mp4")
	clip := moving(12, 240, 320)
	if err := EncodeMP4(whole, clip); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	cut := writeFile(t, "cut.mp4", data[:len(data)*2/3])
	avi := filepath.Join(folder, "clip.avi")
	if err := encode(avi, clip, mpeg4); err != nil {
		t.Fatal(err)
	}
	cutData, err := os.ReadFile(avi)
	if err != nil {
		t.Fatal(err)
	}
	cutAVI := writeFile(t, "cut.avi", cutData[:len(cutData)*2/3])
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	large := moving(2, 480, 640)

	tests := []struct {
		name    string
		rounds  int
		fails   bool
		perform func() error
	}{
		{"decode", 300, false, func() error {
			_, err := Decode(t.Context(), whole, DecodeOptions{Width: 32, Height: 32})
			return err
		}},
		{"window at a rate", 300, false, func() error {
			_, err := Decode(t.Context(), whole, DecodeOptions{FPS: 10, Start: 2, Frames: 2})
			return err
		}},
		{"damaged header", 300, true, func() error { _, err := Decode(t.Context(), cut, DecodeOptions{}); return err }},
		{"damaged frame", 300, true, func() error { _, err := Decode(t.Context(), cutAVI, DecodeOptions{FPS: 10}); return err }},
		{"too short", 300, true, func() error { _, err := Decode(t.Context(), whole, DecodeOptions{FPS: 5, Frames: 99}); return err }},
		{"cancelled", 300, true, func() error { _, err := Decode(cancelled, whole, DecodeOptions{Start: 1}); return err }},
		{"probe", 300, false, func() error { _, err := Probe(whole); return err }},
		{"resize", 60, false, func() error { _, err := large.Resize(50, 50, Area); return err }},
		{"encode MP4", 45, false, func() error { return EncodeMP4(filepath.Join(folder, "out.mp4"), large) }},
		{"encode GIF", 45, false, func() error { return EncodeGIF(filepath.Join(folder, "out.gif"), large) }},
		{"unwritable", 300, true, func() error { return EncodeMP4(filepath.Join(folder, strings.Repeat("n", 300)+".mp4"), large) }},
		{"unknown encoder option", 60, true, func() error {
			e := mpeg4
			e.options = map[string]string{"b": "nonsense"}
			return encode(filepath.Join(folder, "out.avi"), large, e)
		}},
	}
	for _, test := range tests {
		// A leak grows every time; a heap that is still settling does not.
		const limit, attempts = 10 << 20, 3
		grown := limit + 1
		for attempt := 0; attempt < attempts && grown > limit; attempt++ {
			var before int
			for round := range test.rounds {
				if round == test.rounds/3 { // pools and caches have filled
					debug.FreeOSMemory()
					before = resident(t)
				}
				if err := test.perform(); (err != nil) != test.fails {
					t.Fatalf("%s: got error %v, want one: %v", test.name, err, test.fails)
				}
			}
			debug.FreeOSMemory()
			grown = resident(t) - before
		}
		if grown > limit {
			t.Errorf("%s: %d rounds grew the process by %.1f MB, %d times in a row", test.name, test.rounds, float64(grown)/(1<<20), attempts)
		}
	}
}
