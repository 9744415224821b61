package datasets

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"videogan/datasets/mnist"
)

// take copies the next n batches of a loader.
func take(t *testing.T, l *Loader, n int) []Batch {
	t.Helper()
	var out []Batch
	for range n {
		b, err := l.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, Batch{Index: b.Index, Pixels: slices.Clone(b.Pixels), Labels: slices.Clone(b.Labels)})
		b.Release()
	}
	return out
}

func equalBatches(a, b []Batch) bool {
	return slices.EqualFunc(a, b, func(a, b Batch) bool {
		return a.Index == b.Index && slices.Equal(a.Pixels, b.Pixels) && slices.Equal(a.Labels, b.Labels)
	})
}

func newTestLoader(t *testing.T, src Source, o LoaderOptions) *Loader {
	t.Helper()
	l, err := NewLoader(src, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func TestBatchDependsOnlyOnSeedAndNumber(t *testing.T) {
	want := take(t, newTestLoader(t, newNumbered(3, 2, 5), LoaderOptions{Batch: 3, Seed: 9, Workers: 1, Ahead: 1}), 20)
	rapid.Check(t, func(rt *rapid.T) {
		o := LoaderOptions{
			Batch: 3, Seed: 9,
			First:   rapid.IntRange(0, 19).Draw(rt, "first"),
			Workers: rapid.IntRange(1, 6).Draw(rt, "workers"),
			Ahead:   rapid.IntRange(1, 9).Draw(rt, "ahead"),
		}
		l, err := NewLoader(newNumbered(3, 2, 5), o)
		if err != nil {
			rt.Fatal(err)
		}
		defer l.Close()
		if got := take(t, l, 20-o.First); !equalBatches(want[o.First:], got) {
			rt.Fatalf("with %+v the batches differ: got %v, want %v", o, got, want[o.First:])
		}
	})
	other := take(t, newTestLoader(t, newNumbered(3, 2, 5), LoaderOptions{Batch: 3, Seed: 10}), 20)
	for i := range want {
		if slices.Equal(want[i].Pixels, other[i].Pixels) {
			t.Errorf("batch %d is the same for seeds 9 and 10", i)
		}
		if i > 0 && slices.Equal(want[i].Pixels, want[i-1].Pixels) {
			t.Errorf("batches %d and %d are the same", i-1, i)
		}
	}
}

func TestBatchLayout(t *testing.T) {
	src := newNumbered(3, 2, 2)
	l := newTestLoader(t, src, LoaderOptions{Batch: 2, Seed: 4})
	b, err := l.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Release()
	clips := make([]float32, b.Values())
	b.Write(clips, 0)
	second := make([]float32, b.Values()/2)
	if b.Write(second, 1); !slices.Equal(second, clips[len(second):]) {
		t.Error("the second clip is another by itself")
	}
	pixels := make([]byte, src.info.Bytes())
	rng := batchRNG(4, 0)
	for n := range 2 {
		label, err := src.Draw(t.Context(), rng, pixels)
		if err != nil {
			t.Fatal(err)
		}
		if b.Labels[n] != label {
			t.Errorf("label of clip %d: got %d, want %d", n, b.Labels[n], label)
		}
		for frame := range 2 {
			for y := range 2 {
				for x := range 2 {
					for c := range 3 {
						got := clips[(((n*3+c)*2+frame)*2+y)*2+x]
						want := float32(pixels[((frame*2+y)*2+x)*3+c])*2/255 - 1
						if got != want {
							t.Fatalf("clip %d channel %d frame %d row %d column %d: got %g, want %g", n, c, frame, y, x, got, want)
						}
					}
				}
			}
		}
	}
}

func TestLoaderCarriesErrors(t *testing.T) {
	src := newNumbered(1, 1, 4)
	drawn := map[uint32]bool{}
	rng := batchRNG(1, 5) // what batch 5 draws first
	drawn[rng.Uint32()] = true
	src.fail = func(v uint32) error {
		if drawn[v] {
			return errTest
		}
		return nil
	}
	l := newTestLoader(t, src, LoaderOptions{Batch: 2, Seed: 1, Workers: 3})
	take(t, l, 5) // the batches before the bad one arrive
	for range 2 {
		_, err := l.Next(t.Context())
		if !errors.Is(err, errTest) || !strings.Contains(err.Error(), "batch 5") {
			t.Fatalf("error of batch 5: got %v", err)
		}
	}
}

func TestNextObeysContextAndClose(t *testing.T) {
	src := newNumbered(1, 1, 4)
	block := make(chan struct{})
	src.fail = func(uint32) error { <-block; return nil }
	l := newTestLoader(t, src, LoaderOptions{Batch: 1, Workers: 1})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := l.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Next after its deadline: got %v", err)
	}
	if w := l.Waited(); w < 10*time.Millisecond || w > 10*time.Second {
		t.Errorf("Next has waited about 20 ms, Waited says %v", w)
	}
	waiting := make(chan error)
	go func() {
		_, err := l.Next(context.Background())
		waiting <- err
	}()
	close(block)
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if err := <-waiting; err != nil && !errors.Is(err, errClosed) {
		t.Errorf("Next during Close: got %v", err)
	}
	if _, err := l.Next(t.Context()); !errors.Is(err, errClosed) {
		t.Errorf("Next after Close: got %v", err)
	}
}

func TestCloseLeavesNoGoroutine(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 20 {
		l, err := NewLoader(newNumbered(3, 2, 8), LoaderOptions{Batch: 2, Workers: 4, Ahead: 2})
		if err != nil {
			t.Fatal(err)
		}
		b, err := l.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		b.Release() // after Close it is harmless
		b.Release() // and twice, too
	}
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines before, %d after", before, runtime.NumGoroutine())
}

func TestLoaderAllocatesNothingPerBatch(t *testing.T) {
	src, err := NewMovingMNIST(MovingMNISTOptions{Part: mnist.Test, Frames: 4, Size: 32})
	if err != nil {
		t.Fatal(err)
	}
	l := newTestLoader(t, src, LoaderOptions{Batch: 4, Seed: 1, Workers: 2})
	ctx := t.Context()
	next := func() {
		b, err := l.Next(ctx)
		if err != nil {
			t.Error(err)
			return
		}
		b.Release()
	}
	for range 20 {
		next()
	}
	if n := testing.AllocsPerRun(200, next); n > 0.5 {
		t.Errorf("a batch allocates %g times", n)
	}
}

func TestLoaderOptions(t *testing.T) {
	for _, row := range []struct {
		reason string
		o      LoaderOptions
	}{
		{"a batch needs a clip", LoaderOptions{}},
		{"batches are counted from 0", LoaderOptions{Batch: 1, First: -1}},
		{"a negative number of goroutines", LoaderOptions{Batch: 1, Workers: -1}},
		{"a negative number of buffers", LoaderOptions{Batch: 1, Ahead: -1}},
	} {
		if _, err := NewLoader(newNumbered(1, 1, 1), row.o); !errors.Is(err, ErrShape) {
			t.Errorf("%s: got %v", row.reason, err)
		}
	}
}
