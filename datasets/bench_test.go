package datasets

import (
	"os"
	"path/filepath"
	"testing"
)

// benchmarkLoader measures how fast a loader makes batches of 16 when nothing else runs.
func benchmarkLoader(b *testing.B, src Source) {
	l, err := NewLoader(src, LoaderOptions{Batch: 16, Seed: 1})
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	b.SetBytes(int64(16 * src.Info().Bytes() * 4))
	b.ReportAllocs()
	for b.Loop() {
		batch, err := l.Next(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		batch.Release()
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "batches/s")
}

func BenchmarkMovingMNIST32(b *testing.B) {
	benchmarkLoader(b, newTestMNIST(b, MovingMNISTOptions{Frames: 8, Size: 32}))
}

func BenchmarkMovingMNIST64(b *testing.B) {
	benchmarkLoader(b, newTestMNIST(b, MovingMNISTOptions{Frames: 16, Size: 64, Digits: 2}))
}

// BenchmarkPrepared draws TGAN's windows, 16×64×64, from prepared clips: of UCF101 where UCF101_DIR names it, else of
// made-up ones of the same size.
func BenchmarkPrepared(b *testing.B) {
	out := b.TempDir()
	c := &Catalogue{Name: "folder"}
	if root := os.Getenv("UCF101_DIR"); root != "" {
		var err error
		if c, err = ListUCF101(root, ""); err != nil {
			b.Fatal(err)
		}
		c.Files = c.Files[:min(20, len(c.Files))]
	} else {
		root := b.TempDir()
		writeVideo(b, filepath.Join(root, "1.mp4"), 25, 320, 240)
		writeVideo(b, filepath.Join(root, "2.mp4"), 25, 320, 240)
		var err error
		if c, err = ListFolder(root); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := Prepare(b.Context(), c, PrepareOptions{Out: out, Size: 64}); err != nil {
		b.Fatal(err)
	}
	s, err := OpenPrepared(PreparedOptions{Dir: out, Frames: 16})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	benchmarkLoader(b, s)
}

// BenchmarkUCF101Direct decodes each window when it is drawn.
func BenchmarkUCF101Direct(b *testing.B) {
	c, err := ListUCF101(realUCF101(b), "")
	if err != nil {
		b.Fatal(err)
	}
	c.Files = c.Files[:min(20, len(c.Files))]
	s, err := openVideos(b.Context(), c, Selection{}, videoWindow{frames: 16, size: 64}, VideoOptions{CacheDir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	benchmarkLoader(b, s)
}
