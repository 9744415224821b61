package datasets

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
)

// realUCF101 is a folder with UCF101 or a part of it, from the environment.
func realUCF101(t testing.TB) string {
	t.Helper()
	root := os.Getenv("UCF101_DIR")
	if root == "" {
		t.Skip("UCF101_DIR names no folder with UCF101")
	}
	return root
}

// On real clips: what is prepared is what is decoded, and the published lists have the published lengths.
func TestRealUCF101(t *testing.T) {
	root := realUCF101(t)
	c, err := ListUCF101(root, "")
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Classes) != 101 {
		t.Errorf("classInd.txt has %d classes, want 101", len(c.Classes))
	}
	published := map[Subset][]int{Train: {9537, 9586, 9624}, Test: {3783, 3734, 3696}}
	for subset, lengths := range published {
		for i, want := range lengths {
			_, of, err := Selection{Split: i + 1, Subset: subset}.split(c)
			if err != nil {
				t.Fatal(err)
			}
			if prefix := thousands(want) + " clips of"; !strings.HasPrefix(of, prefix) {
				t.Errorf("%s split %d: %s, want %s", subset, i+1, of, prefix)
			}
		}
	}
	if testing.Short() {
		t.Skip("decodes clips")
	}
	few := *c
	few.Files = nil
	for i := 0; i < len(c.Files); i += max(1, len(c.Files)/10) {
		few.Files = append(few.Files, c.Files[i])
	}
	for _, p := range []Preprocessing{Centre, TGAN} {
		out := t.TempDir()
		result, err := Prepare(t.Context(), &few, PrepareOptions{Out: out, Size: 64, Preprocess: p})
		if err != nil || result.Clips != len(few.Files) {
			t.Fatalf("%+v, %v", result, err)
		}
		prepared, err := OpenPrepared(PreparedOptions{Dir: out, Frames: 16, Size: 64, Preprocess: p})
		if err != nil {
			t.Fatal(err)
		}
		direct, err := openVideos(t.Context(), &few, Selection{}, videoWindow{frames: 16, size: 64, preprocess: p}, VideoOptions{CacheDir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		want, got := make([]byte, direct.Info().Bytes()), make([]byte, direct.Info().Bytes())
		for seed := range uint64(20) {
			a, errA := direct.Draw(t.Context(), testRNG(seed), want)
			b, errB := prepared.Draw(t.Context(), testRNG(seed), got)
			if err := errors.Join(errA, errB); err != nil || a != b || !bytes.Equal(want, got) {
				t.Errorf("%s, seed %d: what is prepared differs from what is decoded (%v)", p, seed, err)
			}
		}
		for i, clip := range direct.Clips() { // the last frames can be read
			if err := errors.Join(direct.Read(t.Context(), i, clip.Frames-16, want), prepared.Read(t.Context(), i, clip.Frames-16, got)); err != nil || !bytes.Equal(want, got) {
				t.Errorf("%s, last window of %s: %v", p, clip.Name, err)
			}
		}
		if n := len(direct.Info().Skipped) + len(prepared.Info().Skipped); n != 0 {
			t.Errorf("%d clips skipped: %v", n, direct.Info().Skipped)
		}
		if err := prepared.Close(); err != nil {
			t.Error(err)
		}
	}
}
