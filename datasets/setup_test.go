package datasets

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// numbered is a source whose clips are easy to recognise: the bytes of a clip are its number, drawn at random.
type numbered struct {
	info Info
	fail func(drawn uint32) error
}

func newNumbered(channels, frames, size int) *numbered {
	return &numbered{info: Info{Name: "numbered", Channels: channels, Frames: frames, Size: size}}
}

func (n *numbered) Info() Info   { return n.info }
func (n *numbered) Close() error { return nil }

func (n *numbered) Draw(ctx context.Context, rng *rand.Rand, dst []byte) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if len(dst) != n.info.Bytes() {
		return 0, fmt.Errorf("destination has %d bytes: %w", len(dst), ErrShape)
	}
	v := rng.Uint32()
	if n.fail != nil {
		if err := n.fail(v); err != nil {
			return 0, err
		}
	}
	var word [4]byte
	binary.LittleEndian.PutUint32(word[:], v)
	for i := range dst {
		dst[i] = word[i%4] + byte(i)
	}
	return int(v % 7), nil
}

var errTest = errors.New("made to fail")

// testRNG is a generator of random numbers for one test.
func testRNG(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

// batchRNG is the generator that a loader draws a batch with.
func batchRNG(seed uint64, batch int) *rand.Rand {
	pcg := new(rand.PCG)
	reseed(pcg, seed, uint64(batch))
	return rand.New(pcg)
}

// writeFiles makes files below a new folder, with the folders that they need.
func writeFiles(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		full := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
