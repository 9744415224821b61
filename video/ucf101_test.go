package video

import (
	"os"
	"path/filepath"
	"testing"
)

// ucf101 returns the data set's files; UCF101_DIR names the folder that holds UCF-101.
func ucf101(t testing.TB) []string {
	t.Helper()
	folder := os.Getenv("UCF101_DIR")
	if folder == "" {
		t.Skip("needs the UCF101 data set: set UCF101_DIR to the folder that holds UCF-101")
	}
	files, err := filepath.Glob(filepath.Join(folder, "UCF-101", "*", "*.avi"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatalf("no UCF-101/*/*.avi in UCF101_DIR=%s", folder)
	}
	return files
}

func TestUCF101(t *testing.T) {
	files := ucf101(t)
	compare := max(1, len(files)/10) // with the ffmpeg command, which is slow to start
	for i, file := range files {
		if testing.Short() && i%compare != 0 {
			continue
		}
		info, err := Probe(file)
		if err != nil {
			t.Fatal(err)
		}
		c := decodeAll(t, file, DecodeOptions{Width: 64, Height: 64})
		// Some headers count pictures that were never stored.
		if c.Frames > info.Frames || c.Frames < info.Frames-5 || info.Width != 320 || info.Height != 240 {
			t.Errorf("%s: decoded %d frames, probed %+v", file, c.Frames, info)
		}
		if i%compare == 0 {
			want := reference(t, file, "scale=64:64", "trim=end_frame=5")
			checkEqual(t, c, want[0])
			checkEqual(t, decodeAll(t, file, DecodeOptions{Frames: 5}), want[1])
		}
		w, err := c.Window(c.Frames*2/3, 16)
		if err != nil {
			continue // too short a clip
		}
		checkEqual(t, decodeAll(t, file, DecodeOptions{Width: 64, Height: 64, Start: c.Frames * 2 / 3, Frames: 16}), w.Pix)
	}
}
