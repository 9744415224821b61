package transfer

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"gorgonia.org/gorgonia"

	"videogan/datasets"
	"videogan/eval"
	"videogan/eval/classifier"
	"videogan/nn"
	"videogan/nn/exec"
)

// examples are windows of labelled videos, as a network takes them: clips, or features.
type examples interface {
	// shape is that of a batch of n.
	shape(n int) []int
	// draw fills dst with a random window of a video.
	draw(ctx context.Context, rng *rand.Rand, video int, dst []float32) error
	// window fills dst with window i of n, evenly spaced.
	window(ctx context.Context, video, i, n int, dst []float32) error
}

// clips are windows as the videos have them.
type clips struct {
	network *Network
	set     datasets.ClipSource
	videos  []datasets.Clip
	table   *[256]float32
	pixels  []byte // T×H×W×C
}

func newClips(network *Network, set datasets.ClipSource) *clips {
	return &clips{network: network, set: set, videos: set.Clips(), table: network.Range.Table(), pixels: make([]byte, set.Info().Bytes())}
}

func (c *clips) shape(n int) []int { return c.network.input(n) }

func (c *clips) draw(ctx context.Context, rng *rand.Rand, video int, dst []float32) error {
	room := max(c.videos[video].Frames-c.network.Shape.Frames, 0)
	return c.read(ctx, video, rng.IntN(room+1), dst)
}

func (c *clips) window(ctx context.Context, video, i, n int, dst []float32) error {
	return c.read(ctx, video, classifier.WindowStart(c.videos[video].Frames, c.network.Shape.Frames, i, n), dst)
}

func (c *clips) read(ctx context.Context, video, start int, dst []float32) error {
	if err := c.set.Read(ctx, video, start, c.pixels); err != nil {
		return fmt.Errorf("transfer: %w", err)
	}
	classifier.AppendClip(dst[:0], c.pixels, c.network.Shape.Channels, c.table)
	return nil
}

// features are what a layer gives for evenly spaced windows of each video.
type features struct {
	eval.Features
	sizes   []int // C×T×H×W
	windows int   // of a video
}

func (f *features) shape(n int) []int { return append([]int{n}, f.sizes...) }

func (f *features) draw(_ context.Context, rng *rand.Rand, video int, dst []float32) error {
	copy(dst, f.Row(video*f.windows+rng.IntN(f.windows)))
	return nil
}

// window takes only windows that are there: n is always f.windows.
func (f *features) window(_ context.Context, video, i, _ int, dst []float32) error {
	copy(dst, f.Row(video*f.windows+i))
	return nil
}

// extractor computes the features of clips.
type extractor struct {
	program *exec.Program
	x, h    *nn.Node
	batch   int
}

func newExtractor(dev *exec.Device, network *Network, params *nn.Params, layer, batch int) (*extractor, error) {
	s := nn.NewScope(gorgonia.NewGraph(), params, nn.ScopeOptions{})
	e := &extractor{x: s.Input("clips", network.input(batch)...), batch: batch}
	e.h = network.features(s, e.x, layer)
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("transfer: build %s: %w", network.Run, err)
	}
	var err error
	if e.program, err = exec.Compile(dev, s, e.h); err != nil {
		return nil, fmt.Errorf("transfer: compile %s: %w", network.Run, err)
	}
	return e, nil
}

// mostFeatures is the memory that features of one set may take, bytes.
const mostFeatures = 8 << 30

// extract computes the features of evenly spaced windows of every video.
func (e *extractor) extract(ctx context.Context, c *clips, windows int) (*features, error) {
	sizes := e.h.Shape()[1:]
	per := sizes.TotalSize()
	rows := len(c.videos) * windows
	if bytes := 4 * rows * per; bytes > mostFeatures {
		return nil, fmt.Errorf("transfer: %d windows of %d videos have features of %.1f GiB: %w: want at most %d GiB: take fewer windows a video",
			windows, len(c.videos), float64(bytes)/(1<<30), ErrConfig, mostFeatures>>30)
	}
	f := &features{Features: eval.Features{Rows: rows, Dims: per, Data: make([]float32, rows*per)}, sizes: sizes, windows: windows}
	clip := c.network.Shape.Size()
	input := e.program.Data(e.x)
	for first := 0; first < rows; first += e.batch {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		end := min(first+e.batch, rows)
		for row := first; row < end; row++ {
			if err := c.window(ctx, row/windows, row%windows, windows, input[(row-first)*clip:(row-first+1)*clip]); err != nil {
				return nil, err
			}
		}
		if err := e.program.RunAll(); err != nil {
			return nil, fmt.Errorf("transfer: features: %w", err)
		}
		copy(f.Slice(first, end).Data, e.program.Data(e.h))
	}
	return f, nil
}

// settle passes batches of training clips through the layers in training mode: running statistics of batch
// normalization and the vectors of spectral normalization become those of these weights on these clips. Layers without
// either are left alone.
func settle(ctx context.Context, dev *exec.Device, network *Network, params *nn.Params, c *clips, batches, batch int, seed uint64) (err error) {
	if len(params.Trainable("")) == len(params.All()) {
		return nil
	}
	random := &nn.RandomState{Seed: seed}
	s := nn.NewScope(gorgonia.NewGraph(), params, nn.ScopeOptions{Training: true, Random: random})
	x := s.Input("clips", network.input(batch)...)
	hidden := network.hidden(s, x)
	if err := s.Err(); err != nil {
		return fmt.Errorf("transfer: build %s: %w", network.Run, err)
	}
	program, err := exec.Compile(dev, s, hidden[len(hidden)-1])
	if err != nil {
		return fmt.Errorf("transfer: compile %s: %w", network.Run, err)
	}
	defer func() {
		if closing := program.Close(); err == nil {
			err = closing
		}
	}()
	rng, clip := nn.Stream(seed, "transfer/settle"), network.Shape.Size()
	for i := range batches {
		if err := ctx.Err(); err != nil {
			return err
		}
		random.Counter = uint64(i)
		for j := range batch {
			if err := c.draw(ctx, rng, rng.IntN(len(c.videos)), program.Data(x)[j*clip:(j+1)*clip]); err != nil {
				return err
			}
		}
		if err := program.RunAll(); err != nil {
			return fmt.Errorf("transfer: settle: %w", err)
		}
	}
	return nil
}

// standardize gives each channel mean 0 and variance 1 over the training windows, and treats the test windows alike. A
// channel that does not vary is only centred.
func standardize(train, test *features) {
	channels := train.sizes[0]
	positions := train.Dims / channels
	count := float64(train.Rows * positions)
	for c := range channels {
		sum, squares := 0.0, 0.0
		eachOf(train, c, positions, func(v float32) float32 { sum += float64(v); return v })
		mean := sum / count
		eachOf(train, c, positions, func(v float32) float32 { squares += (float64(v) - mean) * (float64(v) - mean); return v })
		scale := 1.0
		if deviation := math.Sqrt(squares / count); deviation > 1e-12 {
			scale = 1 / deviation
		}
		for _, f := range []*features{train, test} {
			eachOf(f, c, positions, func(v float32) float32 { return float32((float64(v) - mean) * scale) })
		}
	}
}

// eachOf maps all values of a channel.
func eachOf(f *features, channel, positions int, to func(float32) float32) {
	for row := range f.Rows {
		values := f.Row(row)[channel*positions : (channel+1)*positions]
		for i, v := range values {
			values[i] = to(v)
		}
	}
}
