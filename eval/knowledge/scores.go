package knowledge

import (
	"context"
	"errors"
	"fmt"

	"gorgonia.org/gorgonia"

	"videogan/gan"
	"videogan/nn"
	"videogan/nn/exec"
)

// Discriminator is a trained discriminator. Its batch normalizations use their running
// statistics, so that a score is of a clip alone.
type Discriminator struct {
	Networks gan.Networks
	Params   *nn.Params    // under "dis"
	Shape    gan.ClipShape // of the clips that it takes
}

// Scores are what the discriminator says of each clip (n×C×T×H×W): the higher, the more real.
// They are logits where the loss is one of probabilities. ErrShape: clips of another size.
func (d Discriminator) Scores(ctx context.Context, dev *exec.Device, clips []float32) ([]float64, error) {
	var scores []float64
	err := d.each(ctx, dev, clips, func(s *nn.Scope, x *nn.Node) *nn.Node {
		return gan.Score(s, d.Networks.Discriminator(s, x))
	}, func(_ int, rows []float32) {
		for _, v := range rows {
			scores = append(scores, float64(v))
		}
	})
	if err != nil {
		return nil, fmt.Errorf("knowledge: score clips: %w", err)
	}
	return scores, nil
}

// each runs a part of the discriminator on clips, a batch at a time, and hands out its output of
// the clips from first on.
func (d Discriminator) each(ctx context.Context, dev *exec.Device, clips []float32, build func(s *nn.Scope, x *nn.Node) *nn.Node, visit func(first int, rows []float32)) (err error) {
	size := d.Shape.Size()
	if len(clips) == 0 || len(clips)%size != 0 {
		return fmt.Errorf("%w: %d values are not clips of %+v", ErrShape, len(clips), d.Shape)
	}
	n := len(clips) / size
	batch := min(n, runBatch)
	s := nn.NewScope(gorgonia.NewGraph(), d.Params, nn.ScopeOptions{})
	x := s.Input("clips", batch, d.Shape.Channels, d.Shape.Frames, d.Shape.Height, d.Shape.Width)
	program, err := compile(dev, s, func() []*nn.Node { return []*nn.Node{build(s.In("dis"), x)} })
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, program.Close()) }()
	for from := 0; from < n; from += batch {
		if err := ctx.Err(); err != nil {
			return err
		}
		count := min(batch, n-from)
		copy(program.Data(x), clips[from*size:(from+count)*size])
		if err := program.RunAll(); err != nil {
			return err
		}
		data := program.Data(program.outputs[0])
		visit(from, data[:len(data)/batch*count])
	}
	return nil
}
