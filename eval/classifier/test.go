package classifier

import (
	"context"
	"fmt"
	"io"
	"slices"

	"videogan/datasets"
	"videogan/eval"
	"videogan/nn"
)

// TestResult is how a classifier did on clips that it was not trained on.
type TestResult struct {
	Clips         int     `json:"clips"` // windows judged, Windows of each video
	ClipAccuracy  float64 `json:"clip_accuracy"`
	Videos        int     `json:"videos"`
	VideoAccuracy float64 `json:"video_accuracy"` // by the mean probability of a video's windows
	Confusion     [][]int `json:"confusion"`      // windows, by true class (row) and judged class (column)
}

// TestOptions says what is tested.
type TestOptions struct {
	Windows  int                   // windows of a video, evenly spaced; 0: 5
	Clips    int                   // clips of a set that has no list of them, such as Moving MNIST; 0: 1000
	Seed     uint64                // of those
	Progress func(done, total int) // windows; may be nil
}

// testBatch is the number of clips that are read before they are judged.
const testBatch = 32

// Test judges a labelled set: of a finite one every clip, evenly spaced windows of each, otherwise clips drawn by the seed.
func Test(ctx context.Context, c Classifier, set datasets.Source, o TestOptions) (TestResult, error) {
	if o.Windows == 0 {
		o.Windows = 5
	}
	if o.Clips == 0 {
		o.Clips = 1000
	}
	info := set.Info()
	if !slices.Equal(info.Classes, c.Classes()) {
		return TestResult{}, fmt.Errorf("classifier: test: the clips have the classes %v, the classifier knows %v", info.Classes, c.Classes())
	}
	t := NewTally(len(info.Classes))
	batch := &windowBatch{info: info, table: datasets.Symmetric.Table(), pixels: make([]byte, info.Bytes())}
	judge := func() error {
		if len(batch.labels) == 0 {
			return nil
		}
		result, err := c.Classify(ctx, batch.clips, batch.shape())
		if err != nil {
			return err
		}
		for i, label := range batch.labels {
			t.Add(batch.videos[i], label, result.Probabilities.Row(i))
		}
		batch.reset()
		return nil
	}
	total := o.Clips
	read := func(i int) (video, label int, err error) {
		label, err = set.Draw(ctx, nn.Stream(o.Seed, fmt.Sprintf("test/%d", i)), batch.pixels)
		return i, label, err
	}
	if finite, ok := set.(datasets.ClipSource); ok {
		clips := finite.Clips()
		total = len(clips) * o.Windows
		read = func(i int) (int, int, error) {
			at := i / o.Windows
			start := WindowStart(clips[at].Frames, info.Frames, i%o.Windows, o.Windows)
			return at, clips[at].Label, finite.Read(ctx, at, start, batch.pixels)
		}
	}
	for i := range total {
		video, label, err := read(i)
		if err != nil {
			return TestResult{}, fmt.Errorf("classifier: test: %w", err)
		}
		batch.add(video, label)
		if len(batch.labels) == testBatch {
			if err := judge(); err != nil {
				return TestResult{}, err
			}
		}
		if o.Progress != nil {
			o.Progress(i+1, total)
		}
	}
	if err := judge(); err != nil {
		return TestResult{}, err
	}
	return t.Result(), nil
}

// WindowStart is the first frame of window i of n in a video of the given length.
func WindowStart(length, frames, i, n int) int {
	room := max(length-frames, 0)
	if n == 1 {
		return room / 2
	}
	return room * i / (n - 1)
}

// windowBatch gathers windows until they are judged.
type windowBatch struct {
	info           datasets.Info
	table          *[256]float32
	pixels         []byte // T×H×W×C of the newest
	clips          []float32
	labels, videos []int
}

func (b *windowBatch) add(video, label int) {
	b.clips = AppendClip(b.clips, b.pixels, b.info.Channels, b.table)
	b.labels, b.videos = append(b.labels, label), append(b.videos, video)
}

func (b *windowBatch) shape() eval.Shape {
	return eval.Shape{Clips: len(b.labels), Channels: b.info.Channels, Frames: b.info.Frames, Height: b.info.Size, Width: b.info.Size}
}

func (b *windowBatch) reset() {
	b.clips, b.labels, b.videos = b.clips[:0], b.labels[:0], b.videos[:0]
}

// AppendClip appends a clip of T×H×W×C bytes as C×T×H×W numbers.
func AppendClip(dst []float32, pixels []byte, channels int, table *[256]float32) []float32 {
	for c := range channels {
		for i := c; i < len(pixels); i += channels {
			dst = append(dst, table[pixels[i]])
		}
	}
	return dst
}

// Tally counts judgements of windows, and sums up what was said of each video.
type Tally struct {
	confusion [][]int
	sums      map[int][]float64 // of a video's probabilities
	labels    map[int]int
}

// NewTally counts for a number of classes.
func NewTally(classes int) *Tally {
	t := &Tally{confusion: make([][]int, classes), sums: map[int][]float64{}, labels: map[int]int{}}
	for i := range t.confusion {
		t.confusion[i] = make([]int, classes)
	}
	return t
}

// Add counts what is said of a window of a video: the probabilities of the classes.
func (t *Tally) Add(video, label int, probabilities []float32) {
	t.confusion[label][argmax(probabilities)]++
	sum, ok := t.sums[video]
	if !ok {
		sum = make([]float64, len(probabilities))
		t.sums[video], t.labels[video] = sum, label
	}
	for i, p := range probabilities {
		sum[i] += float64(p)
	}
}

// Result is what was counted so far. A video is judged by the mean probabilities of its windows.
func (t *Tally) Result() TestResult {
	r := TestResult{Videos: len(t.sums), Confusion: t.confusion}
	right := 0
	for i, row := range t.confusion {
		for j, n := range row {
			r.Clips += n
			if i == j {
				right += n
			}
		}
	}
	videos := 0
	for video, sum := range t.sums {
		if argmax(sum) == t.labels[video] {
			videos++
		}
	}
	if r.Clips > 0 {
		r.ClipAccuracy, r.VideoAccuracy = float64(right)/float64(r.Clips), float64(videos)/float64(r.Videos)
	}
	return r
}

// argmax is the position of the first largest number.
func argmax[T float32 | float64](x []T) int {
	best := 0
	for i, v := range x {
		if v > x[best] {
			best = i
		}
	}
	return best
}

// WriteText writes the result as a table for a person.
func (r TestResult) WriteText(w io.Writer, classes []string) error {
	_, err := fmt.Fprintf(w, "accuracy by clip %.2f%% of %d, by video %.2f%% of %d\n", 100*r.ClipAccuracy, r.Clips, 100*r.VideoAccuracy, r.Videos)
	for i, row := range r.Confusion {
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(w, "%-24s %v\n", classes[i], row)
	}
	return err
}
