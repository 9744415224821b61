package video

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
)

func TestBadFiles(t *testing.T) {
	noise := make([]byte, 4096)
	for i := range noise {
		noise[i] = byte(i * i * 2654435761 >> 7)
	}
	tests := []struct {
		name string
		data []byte
		want error
		text string // in the error
	}{
		{"empty.avi", nil, ErrFormat, "the file is empty"},
		{"noise.avi", noise, ErrFormat, "Invalid data"},
		{"zeros.mp4", make([]byte, 1000), ErrFormat, ""},
		{"short.avi", []byte("RIFF\x00\x10\x00\x00AVI LIST"), ErrFormat, ""},
		{"headless.mp4", []byte("\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2\x00\x00\x00\x08free"), ErrFormat, "moov atom not found"},
		{"README.txt", bytes.Repeat([]byte("these are videos of archery\n"), 99), ErrUnsupported, "text"},
		{"list.m3u8", []byte("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://localhost:1/a.ts\n#EXT-X-ENDLIST\n"), ErrFormat, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := writeFile(t, test.name, test.data)
			_, err := Probe(path)
			checkBad(t, "Probe", path, err, test.want, test.text)
			_, err = Decode(context.Background(), path, DecodeOptions{})
			checkBad(t, "Decode", path, err, test.want, test.text)
			_, err = Decode(context.Background(), path, DecodeOptions{Start: 3, AllowTruncated: true})
			checkBad(t, "Decode of a window", path, err, test.want, test.text)
		})
	}
	folder := t.TempDir()
	_, err := Probe(folder)
	checkBad(t, "Probe", folder, err, ErrUnsupported, "a folder")
	missing := filepath.Join(folder, "missing.avi")
	_, err = Decode(context.Background(), missing, DecodeOptions{})
	checkBad(t, "Decode", missing, err, fs.ErrNotExist, "no such file")
	if strings.Count(err.Error(), missing) != 1 {
		t.Errorf("%v: want the path once", err)
	}
}

func checkBad(t *testing.T, what, path string, err, want error, text string) {
	t.Helper()
	if !errors.Is(err, want) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), text) {
		t.Errorf("%s: got error %v, want %v with the path and %q", what, err, want, text)
	}
	if err != nil && strings.Contains(err.Error(), "\n") {
		t.Errorf("%s: error of several lines: %q", what, err)
	}
}

func TestFilesWithoutVideo(t *testing.T) {
	folder := t.TempDir()
	sound, song := filepath.Join(folder, "sound.wav"), filepath.Join(folder, "song.m4a")
	command(t, "-f", "lavfi", "-i", "sine=d=1", sound)
	command(t, "-f", "lavfi", "-i", "sine=d=1", "-f", "lavfi", "-i", "color=red:s=64x64:d=0.04",
		"-map", "0", "-map", "1", "-c:a", "aac", "-c:v", "png", "-disposition:v", "attached_pic", song)
	for path, text := range map[string]string{sound: "no video among its streams (audio)", song: "cover"} {
		_, err := Probe(path)
		checkBad(t, "Probe", path, err, ErrUnsupported, text)
		_, err = Decode(context.Background(), path, DecodeOptions{})
		checkBad(t, "Decode", path, err, ErrUnsupported, text)
	}
}

func TestTruncatedFiles(t *testing.T) {
	faststart := filepath.Join(t.TempDir(), "start.mp4")
	command(t, "-i", named(t, "b.mp4"), "-c", "copy", "-movflags", "+faststart", faststart)
	for _, path := range []string{faststart, named(t, "b.mkv"), named(t, "ucf.avi"), named(t, "motion.avi"), named(t, "bframes.avi")} {
		whole := decodeAll(t, path, DecodeOptions{})
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []float64{0.5, 0.61, 0.8} {
			t.Run(fmt.Sprintf("%s %g", filepath.Base(path), part), func(t *testing.T) {
				cut := writeFile(t, filepath.Base(path), data[:int(part*float64(len(data)))])
				_, err := Decode(context.Background(), cut, DecodeOptions{})
				checkBad(t, "Decode", cut, err, ErrFormat, "frame ")
				allowed := decodeAll(t, cut, DecodeOptions{AllowTruncated: true})
				if allowed.Frames < 5 || allowed.Frames >= whole.Frames {
					t.Fatalf("%d of %d frames", allowed.Frames, whole.Frames)
				}
				checkEqual(t, allowed, whole.Pix[:len(allowed.Pix)])
				if text := fmt.Sprintf("frame %d: ", allowed.Frames); !strings.Contains(err.Error(), text) {
					t.Errorf("error %v, want %q", err, text)
				}
				before := decodeAll(t, cut, DecodeOptions{Start: 2, Frames: allowed.Frames - 2})
				checkEqual(t, before, allowed.Pix[2*allowed.frameSize():])
				o := DecodeOptions{Start: 2, Frames: allowed.Frames - 1}
				if _, err := Decode(context.Background(), cut, o); !errors.Is(err, ErrFormat) || errors.Is(err, ErrShort) {
					t.Errorf("window into the damage: got error %v, want ErrFormat", err)
				}
				o.AllowTruncated = true
				if _, err := Decode(context.Background(), cut, o); !errors.Is(err, ErrShort) {
					t.Errorf("window into the damage, allowed: got error %v, want ErrShort", err)
				}
			})
		}
	}
}

// TestSpoiledFrame overwrites bytes within one stored frame; the container around it stays whole.
func TestSpoiledFrame(t *testing.T) {
	path := named(t, "ucf.avi")
	whole := decodeAll(t, path, DecodeOptions{})
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// A video chunk is "00dc", four bytes of size, and so many bytes.
	at := len(data)/2 + bytes.Index(data[len(data)/2:], []byte("00dc"))
	for i := at + 8 + 60; i < at+8+200; i++ {
		data[i] = 0xA5
	}
	spoiled := writeFile(t, "spoiled.avi", data)
	_, err = Decode(context.Background(), spoiled, DecodeOptions{})
	checkBad(t, "Decode", spoiled, err, ErrFormat, "frame ")
	allowed := decodeAll(t, spoiled, DecodeOptions{AllowTruncated: true})
	if allowed.Frames < 20 || allowed.Frames > 60 {
		t.Fatalf("%d frames before the damage in the middle of %d", allowed.Frames, whole.Frames)
	}
	checkEqual(t, allowed, whole.Pix[:len(allowed.Pix)])
}

func TestBadOptions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "clip.mp4")
	if err := EncodeMP4(path, moving(4, 16, 16)); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		o      DecodeOptions
		want   error
		reason string
	}{
		{DecodeOptions{Width: -1}, ErrShape, "negative width"},
		{DecodeOptions{Height: maxSide + 1}, ErrShape, "huge height"},
		{DecodeOptions{Start: -1}, ErrShape, "negative start"},
		{DecodeOptions{Frames: -1}, ErrShape, "negative length"},
		{DecodeOptions{FPS: -5}, ErrShape, "negative rate"},
		{DecodeOptions{FPS: 5000}, ErrShape, "huge rate"},
		{DecodeOptions{Scaling: 9}, ErrUnsupported, "unknown scaling"},
	}
	for _, test := range tests {
		if _, err := Decode(context.Background(), path, test.o); !errors.Is(err, test.want) {
			t.Errorf("%s: got error %v, want %v", test.reason, err, test.want)
		}
	}
}

// TestOddNames takes file names literally, which FFmpeg would not.
func TestOddNames(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"a b.mp4", "100%d.mp4", "http:x.mp4", "-i.mp4", "ü[1]*?.mp4", strings.Repeat("n", 240) + ".mp4", "none"} {
		path := filepath.Join(folder, name)
		err := EncodeMP4(path, moving(3, 16, 16))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if c, err := Decode(context.Background(), path, DecodeOptions{}); err != nil || c.Frames != 3 {
			t.Errorf("%s: %v", name, err)
		}
	}
	long := filepath.Join(folder, strings.Repeat("d", 200), strings.Repeat("e", 200), strings.Repeat("f", 200), strings.Repeat("g", 200), strings.Repeat("h", 200))
	if err := os.MkdirAll(long, 0o755); err != nil {
		t.Fatal(err)
	}
	bad := filepath.Join(long, "bad.mp4")
	if err := os.WriteFile(bad, []byte("no video at all"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Probe(bad); !errors.Is(err, ErrFormat) { // FFmpeg logs more than 1024 bytes
		t.Errorf("long path: got error %v, want ErrFormat", err)
	}
	picture := filepath.Join(folder, "p%02d.png")
	if err := WriteContactSheet(picture, []*Clip{moving(1, 8, 8)}, SheetOptions{}); err != nil {
		t.Fatal(err)
	}
	if c, err := Decode(context.Background(), picture, DecodeOptions{}); err != nil || c.Frames != 1 {
		t.Errorf("picture with a %% in its name: %v", err)
	}
}
