package datasets

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// LoaderOptions says what batches a Loader draws.
type LoaderOptions struct {
	Batch   int        // clips a batch, at least 1
	Seed    uint64     // of the whole run; batch k is a function of (Seed, k)
	First   int        // number of the first batch: the step at which a run resumes
	Workers int        // goroutines that draw, each a whole batch; 0: one a core, at most Ahead
	Ahead   int        // batches ready or in the making beside the one in use; 0: 4, or 2 of 4 MiB or more
	Range   PixelRange // how bytes become numbers
}

// Loader draws batches in goroutines ahead of the trainer, in order. They wait as bytes, a quarter of what the numbers take.
//
// All buffers are made by NewLoader and used again, so a batch must be given back with Release before the buffers run
// out: at most Ahead+1 batches can be held at a time.
type Loader struct {
	source Source
	info   Info
	o      LoaderOptions
	table  *[256]float32

	closing context.Context
	cancel  context.CancelFunc
	workers sync.WaitGroup
	free    chan *Batch
	ready   []chan outcome // batch k waits in ready[k mod len]

	claim   sync.Mutex // orders the taking of a buffer and of a number: the lowest number always has a buffer
	claimed int

	use    sync.Mutex // Next
	next   int
	failed error
	waited atomic.Int64
}

// outcome is a batch or the reason why there is none.
type outcome struct {
	batch *Batch
	err   error
}

// Batch is N training clips. It is valid until Release.
type Batch struct {
	Index  int    // number of the batch
	Pixels []byte // N×T×H×W×C
	Labels []int  // N, -1 where unlabelled

	loader *Loader
	free   bool
}

// Release gives the batch's memory back to its loader. A second call does nothing.
func (b *Batch) Release() {
	if b.free {
		return
	}
	b.free = true
	b.loader.free <- b // never blocks: the channel holds all batches
}

// Values is the number of values of all clips.
func (b *Batch) Values() int { return len(b.Pixels) }

// Write writes clips first, first+1, … to dst (N×C×T×H×W in [-1, 1]), as many as fit. All cores share the work where it is
// worth that.
func (b *Batch) Write(dst []float32, first int) {
	info := b.loader.info
	clip := info.Bytes()
	n := len(dst) / clip
	write := func(lo, hi int) {
		for i := lo; i < hi; i++ {
			convert(dst[i*clip:(i+1)*clip], b.Pixels[(first+i)*clip:(first+i+1)*clip], clip/info.Channels, info.Channels, b.loader.table)
		}
	}
	parts := min(runtime.GOMAXPROCS(0), n, 1+len(dst)/alone)
	var others sync.WaitGroup
	for part := 1; part < parts; part++ {
		others.Go(func() { write(n*part/parts, n*(part+1)/parts) })
	}
	write(0, n/parts)
	others.Wait()
}

// alone is the number of values that one core writes by itself.
const alone = 1 << 18

var errClosed = errors.New("datasets: loader is closed")

// largeBatch is the number of bytes from which on fewer batches are drawn ahead.
const largeBatch = 4 << 20

// NewLoader starts to draw batches from src. The loader does not close src.
func NewLoader(src Source, o LoaderOptions) (*Loader, error) {
	if o.Batch < 1 || o.First < 0 || o.Workers < 0 || o.Ahead < 0 {
		return nil, fmt.Errorf("datasets: loader: batch %d, first %d, workers %d, ahead %d: want at least 1, 0, 0, 0: %w",
			o.Batch, o.First, o.Workers, o.Ahead, ErrShape)
	}
	if o.Ahead == 0 {
		// A step on a large batch takes seconds, in which two more are drawn; more of them would hold memory for nothing.
		if o.Ahead = 4; o.Batch*src.Info().Bytes() >= largeBatch {
			o.Ahead = 2
		}
	}
	if o.Workers == 0 {
		o.Workers = min(runtime.GOMAXPROCS(0), o.Ahead)
	}
	buffers := o.Ahead + 1
	ctx, cancel := context.WithCancel(context.Background())
	l := &Loader{source: src, info: src.Info(), o: o, table: o.Range.Table(), closing: ctx, cancel: cancel,
		free: make(chan *Batch, buffers), ready: make([]chan outcome, buffers), claimed: o.First, next: o.First}
	for i := range buffers {
		l.ready[i] = make(chan outcome, 1)
		l.free <- &Batch{Pixels: make([]byte, o.Batch*l.info.Bytes()), Labels: make([]int, o.Batch), loader: l, free: true}
	}
	l.workers.Add(o.Workers)
	for range o.Workers {
		go l.work(ctx)
	}
	return l, nil
}

// work draws batch after batch until the loader is closed or a batch cannot be drawn.
func (l *Loader) work(ctx context.Context) {
	defer l.workers.Done()
	pcg := new(rand.PCG)
	rng := rand.New(pcg)
	for {
		b := l.claimBatch(ctx)
		if b == nil {
			return
		}
		reseed(pcg, l.o.Seed, uint64(b.Index))
		err := l.fill(ctx, rng, b)
		if err != nil {
			err = fmt.Errorf("datasets: batch %d: %w", b.Index, err)
		}
		l.ready[b.Index%len(l.ready)] <- outcome{b, err} // never blocks: the batch that was here before has been taken
		if err != nil {
			return
		}
	}
}

// claimBatch takes a free buffer and the next number, or returns nil when the loader closes.
func (l *Loader) claimBatch(ctx context.Context) *Batch {
	l.claim.Lock()
	defer l.claim.Unlock()
	select {
	case <-ctx.Done():
		return nil
	case b := <-l.free:
		b.Index = l.claimed
		l.claimed++
		return b
	}
}

func (l *Loader) fill(ctx context.Context, rng *rand.Rand, b *Batch) (err error) {
	clip := l.info.Bytes()
	for i := range b.Labels {
		if b.Labels[i], err = l.source.Draw(ctx, rng, b.Pixels[i*clip:(i+1)*clip]); err != nil {
			return err
		}
	}
	return nil
}

// Next returns the next batch, waiting for it where needed. An error of the source is returned for the batch that it
// belongs to and by every call after.
func (l *Loader) Next(ctx context.Context) (*Batch, error) {
	l.use.Lock()
	defer l.use.Unlock()
	if l.failed != nil {
		return nil, l.failed
	}
	if l.closing.Err() != nil {
		return nil, errClosed
	}
	slot := l.ready[l.next%len(l.ready)]
	var got outcome
	select {
	case got = <-slot: // the usual case costs no look at the clock
	default:
		start := time.Now()
		select {
		case got = <-slot:
		case <-ctx.Done():
			l.waited.Add(int64(time.Since(start)))
			return nil, ctx.Err()
		case <-l.closing.Done():
			return nil, errClosed
		}
		l.waited.Add(int64(time.Since(start)))
	}
	if got.err != nil {
		l.failed = got.err
		return nil, got.err
	}
	l.next++
	got.batch.free = false
	return got.batch, nil
}

// Waited is the total time that Next has waited for batches.
func (l *Loader) Waited() time.Duration { return time.Duration(l.waited.Load()) }

// Close stops the goroutines and waits for them. Batches not yet released stay valid.
func (l *Loader) Close() error {
	l.cancel()
	l.workers.Wait()
	return nil
}
