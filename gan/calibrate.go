package gan

import (
	"fmt"
	"math"
	"math/rand/v2"
	"path"
	"slices"

	"gorgonia.org/gorgonia"

	"videogan/nn"
	"videogan/nn/exec"
)

// calibrationBatches are the batches over which statistics are taken.
const calibrationBatches = 16

// calibrator measures the statistics that a generator's batch normalizations
// need in evaluation: the mean over batches of what each batch has in training.
type calibrator struct {
	nets    Networks
	seed    uint64
	program *exec.Program
	in      Input
	tracked []*nn.Param // running means and variances
	others  []*nn.Param // further states, which must stay
}

// newCalibrator builds the generator in training mode over its parameters. It
// is nil for a generator without batch normalization.
func newCalibrator(dev *exec.Device, nets Networks, params *nn.Params, shape ClipShape, batch int, seed uint64) (*calibrator, error) {
	c := &calibrator{nets: nets, seed: seed}
	for _, p := range params.All() {
		switch {
		case p.Trainable:
		case isMoment(p):
			c.tracked = append(c.tracked, p)
		default:
			c.others = append(c.others, p)
		}
	}
	if c.tracked == nil {
		return nil, nil
	}
	s := nn.NewScope(gorgonia.NewGraph(), params, nn.ScopeOptions{Training: true, Random: &nn.RandomState{Seed: seed}})
	c.in = nets.input(s, batch, shape)
	clips := nets.generate(s, c.in, shape).Clips
	var err error
	if c.program, err = exec.Compile(dev, s, clips); err != nil {
		return nil, fmt.Errorf("gan: compile the calibration: %w", err)
	}
	return c, nil
}

// isMoment tells whether a state is a running mean or variance.
func isMoment(p *nn.Param) bool {
	base := path.Base(p.Name)
	return !p.Trainable && (base == "mean" || base == "variance")
}

// run sets the running statistics to those of the generator as it is. They are a
// function of its parameters and of the seed alone.
func (c *calibrator) run() error {
	kept := make([][]float32, len(c.others))
	for i, p := range c.others {
		kept[i] = slices.Clone(p.Value.Float32s())
	}
	sums := make([][]float64, len(c.tracked))
	for i, p := range c.tracked {
		sums[i] = make([]float64, p.Value.DataSize())
	}
	// A batch turns a statistic r into keep·r + (1-keep)·b. From r = 0 that is
	// (1-keep)·b; from 1 it is keep more, which gives the network's own keep.
	for batch := range calibrationBatches {
		if err := c.pass(batch, 0); err != nil {
			return err
		}
		for i, p := range c.tracked {
			for j, v := range p.Value.Float32s() {
				sums[i][j] += float64(v)
			}
		}
	}
	last := make([][]float32, len(c.tracked))
	for i, p := range c.tracked {
		last[i] = slices.Clone(p.Value.Float32s())
	}
	if err := c.pass(calibrationBatches-1, 1); err != nil {
		return err
	}
	for i, p := range c.tracked {
		values := p.Value.Float32s()
		exact := 0 // the element in which the difference loses the fewest digits
		for j, v := range last[i] {
			if math.Abs(float64(v)) < math.Abs(float64(last[i][exact])) {
				exact = j
			}
		}
		keep := float64(values[exact]) - float64(last[i][exact])
		for j := range values {
			values[j] = float32(sums[i][j] / (calibrationBatches * (1 - keep)))
		}
	}
	for i, p := range c.others {
		copy(p.Value.Float32s(), kept[i])
	}
	return nil
}

// pass runs one batch of latents with every statistic starting at a value.
func (c *calibrator) pass(batch int, start float32) error {
	for _, p := range c.tracked {
		values := p.Value.Float32s()
		for i := range values {
			values[i] = start
		}
	}
	streams := map[string]*rand.Rand{} // one a purpose, for the whole batch
	err := c.nets.fill(c.program, c.in, func(_ int, purpose string) *rand.Rand {
		if streams[purpose] == nil {
			streams[purpose] = nn.Stream(c.seed, fmt.Sprintf("%s/calibrate/%d", purpose, batch))
		}
		return streams[purpose]
	})
	if err != nil {
		return err
	}
	if err := c.program.RunAll(); err != nil {
		return fmt.Errorf("gan: calibrate the averaged generator: %w", err)
	}
	return nil
}

func (c *calibrator) close() error {
	if c == nil || c.program == nil {
		return nil
	}
	return c.program.Close()
}
