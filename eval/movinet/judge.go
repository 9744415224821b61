package movinet

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"strconv"
	"sync"

	"videogan/eval"
	"videogan/eval/classifier"
	"videogan/eval/tflite"
	"videogan/eval/weights"
)

// Options says which frames of a clip are shown.
type Options struct {
	Stride  int // every so many frames one is shown; 0: 1. Video of 25 frames a second takes 5
	Workers int // clips judged at a time; 0: one a core
}

// Judge is a MoViNet. It is safe for use by several goroutines.
type Judge struct {
	model    *tflite.Model
	o        Options
	protocol classifier.Protocol
	classes  []string
}

var _ classifier.Classifier = (*Judge)(nil)

// Open reads the model's file.
func Open(path string, o Options) (*Judge, error) {
	model, err := tflite.Read(path)
	if err != nil {
		return nil, fmt.Errorf("movinet: %w", err)
	}
	sum, err := weights.FileSHA256(path)
	if err != nil {
		return nil, fmt.Errorf("movinet: %w", err)
	}
	return newJudge(model, sum, o)
}

func newJudge(model *tflite.Model, sum string, o Options) (*Judge, error) {
	if o.Stride < 0 || o.Workers < 0 {
		return nil, fmt.Errorf("movinet: stride %d, %d workers: want 0 or more", o.Stride, o.Workers)
	}
	o.Stride = max(o.Stride, 1)
	if o.Workers == 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	height, width := model.FrameSize()
	j := &Judge{model: model, o: o, protocol: classifier.Protocol{
		Classifier: "MoViNet-A0-Stream int8, Kinetics-600", SHA256: sum, Mode: "eval",
		Input: fmt.Sprintf("3×1×%d×%d", height, width), Resize: "bilinear, corners not aligned", Crop: "none", Range: "[0, 1]",
		Frames: fmt.Sprintf("one of %d, all of the clip, state from zero", o.Stride), Feature: "input of the last convolution after the last frame",
		FeatureDims: model.FeatureDims(), Classes: model.Classes(),
	}}
	for i := range model.Classes() {
		j.classes = append(j.classes, strconv.Itoa(i))
	}
	return j, nil
}

// Protocol implements classifier.Classifier.
func (j *Judge) Protocol() classifier.Protocol { return j.protocol }

// Classes implements classifier.Classifier: Kinetics-600's numbers, since the file has no names.
func (j *Judge) Classes() []string { return j.classes }

// Close implements classifier.Classifier.
func (j *Judge) Close() error { return nil }

// Classify implements classifier.Classifier: frames of any size, grey or colour.
func (j *Judge) Classify(ctx context.Context, clips []float32, shape eval.Shape) (classifier.Result, error) {
	if err := classifier.CheckClips(clips, shape, eval.Shape{}); err != nil {
		return classifier.Result{}, err
	}
	if shape.Channels != 1 && shape.Channels != 3 {
		return classifier.Result{}, fmt.Errorf("movinet: clips of %v: %w: want 1 or 3 channels", shape, eval.ErrShape)
	}
	result := classifier.NewResult(shape.Clips, j.model.FeatureDims(), j.model.Classes())
	next := make(chan int)
	failed := make(chan error, j.o.Workers)
	var workers sync.WaitGroup
	for range min(j.o.Workers, shape.Clips) {
		workers.Go(func() {
			s := j.model.NewStream()
			for i := range next {
				size := len(clips) / shape.Clips
				if err := j.judge(s, clips[i*size:(i+1)*size], shape); err != nil {
					failed <- err
					return
				}
				copy(result.Features.Row(i), s.Features())
				softmax(result.Probabilities.Row(i), s.Scores())
			}
		})
	}
	err := feed(ctx, next, failed, shape.Clips)
	close(next)
	workers.Wait()
	return result, err
}

// feed hands out the numbers of clips until all are taken, or something ends the work.
func feed(ctx context.Context, next chan<- int, failed <-chan error, n int) error {
	for i := range n {
		select {
		case next <- i:
		case err := <-failed:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// judge shows a clip (C×T×H×W in [-1, 1]).
func (j *Judge) judge(s *tflite.Stream, clip []float32, shape eval.Shape) error {
	s.Reset()
	height, width := j.model.FrameSize()
	frame := make([]float32, height*width*3)
	rows, columns := positions(shape.Height, height), positions(shape.Width, width)
	plane := shape.Height * shape.Width
	for t := 0; t < shape.Frames; t += j.o.Stride {
		for c := range 3 {
			at := (min(c, shape.Channels-1)*shape.Frames + t) * plane
			scale(frame[c:], clip[at:at+plane], shape.Width, rows, columns)
		}
		if err := s.Step(frame); err != nil {
			return fmt.Errorf("movinet: %w", err)
		}
	}
	return nil
}

// position is where a new pixel lies between two old ones.
type position struct {
	low, high int
	weight    float32 // of high
}

// positions places n pixels over old ones, both as areas that begin and end together (half a pixel from their centres).
func positions(old, n int) []position {
	list := make([]position, n)
	for i := range list {
		x := max(0, min((float64(i)+0.5)*float64(old)/float64(n)-0.5, float64(old-1)))
		low := int(x)
		list[i] = position{low, min(low+1, old-1), float32(x - float64(low))}
	}
	return list
}

// scale fills every third number of dst with a plane of the given width, in [0, 1].
func scale(dst, plane []float32, width int, rows, columns []position) {
	at := 0
	for _, r := range rows {
		upper, lower := plane[r.low*width:(r.low+1)*width], plane[r.high*width:(r.high+1)*width]
		for _, c := range columns {
			top := upper[c.low] + c.weight*(upper[c.high]-upper[c.low])
			bottom := lower[c.low] + c.weight*(lower[c.high]-lower[c.low])
			dst[at] = (top + r.weight*(bottom-top) + 1) / 2
			at += 3
		}
	}
}

// softmax turns logits into probabilities.
func softmax(dst, logits []float32) {
	largest := math.Inf(-1)
	for _, v := range logits {
		largest = max(largest, float64(v))
	}
	sum := 0.0
	for _, v := range logits {
		sum += math.Exp(float64(v) - largest)
	}
	for i, v := range logits {
		dst[i] = float32(math.Exp(float64(v)-largest) / sum)
	}
}
