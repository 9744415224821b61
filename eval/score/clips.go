package score

import (
	"context"
	"fmt"
	"math/rand/v2"

	"videogan/datasets"
	"videogan/eval"
	"videogan/nn"
	"videogan/video"
)

// Clips are clips that are made or read as they are needed. They are numbered from 0: clip i of a seed is always the same.
type Clips struct {
	Subject eval.Subject
	Dataset string // of real clips: its kind
	Split   string // of real clips: what of it is used
	// Shape is the size of a clip; Clips is how many Fill makes at a time.
	Shape eval.Shape
	// Fill fills dst (Shape) with clips first to first+Shape.Clips-1 of a seed, in [-1, 1].
	Fill func(ctx context.Context, seed uint64, first int, dst []float32) error
	// FPS is the frame rate of pictures.
	FPS float64
}

// size is the number of values of a clip.
func (c *Clips) size() int { return c.Shape.Channels * c.Shape.Frames * c.Shape.Height * c.Shape.Width }

// clip makes one clip, to look at.
func (c *Clips) clip(ctx context.Context, seed uint64, number int) (*video.Clip, error) {
	first := number / c.Shape.Clips * c.Shape.Clips
	values := make([]float32, c.Shape.Clips*c.size())
	if err := c.Fill(ctx, seed, first, values); err != nil {
		return nil, err
	}
	at := (number - first) * c.size()
	clip := video.NewClip(c.Shape.Frames, c.Shape.Height, c.Shape.Width, c.FPS)
	return clip, clip.FromFloat(values[at:at+c.size()], c.Shape.Channels)
}

// realBatch is how many real clips are read at a time.
const realBatch = 16

// RealClips draws clips of a set. Purpose names the random stream: clips of other purposes are drawn independently. Hash
// is what tells the set from others.
func RealClips(source datasets.Source, purpose, hash string) *Clips {
	return DrawnClips(source, hash, datasets.Symmetric, func(seed uint64, i int) *rand.Rand {
		return nn.Stream(seed, fmt.Sprintf("score/%s/%d", purpose, i))
	})
}

// DrawnClips draws clip i of a seed by the stream given for it, its bytes in a range.
func DrawnClips(source datasets.Source, hash string, pixels datasets.PixelRange, stream func(seed uint64, i int) *rand.Rand) *Clips {
	info := source.Info()
	table := pixels.Table()
	bytes := make([]byte, info.Bytes())
	return &Clips{
		Subject: eval.Subject{Kind: "real", Checkpoint: hash}, Dataset: info.Name, Split: info.Summary, FPS: 8,
		Shape: eval.Shape{Clips: realBatch, Channels: info.Channels, Frames: info.Frames, Height: info.Size, Width: info.Size},
		Fill: func(ctx context.Context, seed uint64, first int, dst []float32) error {
			per := len(dst) / realBatch
			for i := range realBatch {
				if _, err := source.Draw(ctx, stream(seed, first+i), bytes); err != nil {
					return fmt.Errorf("score: real clip %d: %w", first+i, err)
				}
				clip := dst[i*per : (i+1)*per]
				plane := per / info.Channels
				for k, v := range bytes { // T×H×W×C to C×T×H×W
					clip[k%info.Channels*plane+k/info.Channels] = table[v]
				}
			}
			return nil
		},
	}
}
