package experiments

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"

	nnexec "videogan/nn/exec"
)

// Growth is how the cost of a step grows. Its JSON form stays stable.
type Growth struct {
	CPU  string       `json:"cpu"`
	Axes []GrowthAxis `json:"axes"`
}

// GrowthAxis is the cost of an experiment, made narrow, over one setting, the others staying as they are.
type GrowthAxis struct {
	Experiment string        `json:"experiment"`
	Name       string        `json:"name"` // "batch", "frames", "resolution" or "threads"
	Settings   []string      `json:"settings"`
	Points     []GrowthPoint `json:"points"`
}

// GrowthPoint is the cost of one network, measured in a process of its own.
type GrowthPoint struct {
	Value       int     `json:"value"`
	StepSeconds float64 `json:"step_s"` // median
	GFLOP       float64 `json:"gflop_per_step"`
	GFLOPS      float64 `json:"gflops"`
	ArenaMiB    float64 `json:"arena_mib"`
	MemoryMiB   float64 `json:"rss_mib"`
}

// Exponent is the power of the value with which the cost grows over the upper half of the
// axis: 1 is linear, 2 quadratic. It is NaN for fewer than two points.
func (a GrowthAxis) Exponent(cost func(GrowthPoint) float64) float64 {
	if len(a.Points) < 2 {
		return math.NaN()
	}
	last := a.Points[len(a.Points)-1]
	from := a.Points[(len(a.Points)-1)/2]
	return math.Log(cost(last)/cost(from)) / math.Log(float64(last.Value)/float64(from.Value))
}

// GrowthOptions says what to measure.
type GrowthOptions struct {
	Program string // ours: every point is a process, whose memory is then its own
	Steps   int    // measured for each point
	Points  int    // to measure in this call; 0: all that are left
	Folder  string
	Log     func(message string, args ...any)
}

// growthSettings are those of every network measured. Random bytes stand in for clips. No penalty is due at some steps only:
// all are the same work.
var growthSettings = []string{"data.source=ucf101", "gan.ema=0", "gan.r1.gamma=0", "dis.width=16", "dis.max_width=64"}

// growthNetworks are the networks measured, at about an eighth of the papers' width, so that 64 clips, 128 frames and 128
// pixels each take seconds.
var growthNetworks = []struct {
	experiment string
	batches    []int
	settings   []string
}{
	// Of a single clip the first batch normalization of TGAN's temporal generator has one value a channel, and no variance.
	{"tgan-small", []int{2, 4, 8, 16, 32, 64}, []string{"gen.temporal.channels=64,64,64", "gen.spatial.width=32", "gen.spatial.min_width=16"}},
	{"vgan-small", []int{1, 2, 4, 8, 16, 32, 64}, []string{"gen.width=64", "gen.min_width=16"}},
}

// growthAxes are the settings varied; each axis but the last runs through a factor of 8 or more.
func growthAxes(processors int) []GrowthAxis {
	threads := []int{1}
	for n := 2; n <= processors; n *= 2 {
		threads = append(threads, n)
	}
	var axes []GrowthAxis
	for _, network := range growthNetworks {
		add := func(name string, values []int, settings ...string) {
			a := GrowthAxis{Experiment: network.experiment, Name: name, Settings: slices.Concat(growthSettings, network.settings, settings)}
			for _, v := range values {
				a.Points = append(a.Points, GrowthPoint{Value: v})
			}
			axes = append(axes, a)
		}
		add("batch", network.batches, "data.frames=8", "data.size=32")
		add("frames", []int{8, 16, 32, 64, 128}, "train.batch=4", "data.size=32")
		add("resolution", []int{16, 32, 64, 128}, "train.batch=4", "data.frames=8")
		add("threads", threads, "train.batch=16", "data.frames=8", "data.size=32")
	}
	return axes
}

// growthKeys are the settings behind the axes' names.
var growthKeys = map[string]string{"batch": "train.batch", "frames": "data.frames", "resolution": "data.size", "threads": "train.threads"}

// MeasureGrowth measures every point and writes growth.json, growth.svg and growth.png into
// the folder. Points that growth.json holds already are not measured again, so that an
// interrupted measurement goes on where it was.
//
// It reports a growth.json of another machine or of other points.
func MeasureGrowth(ctx context.Context, o GrowthOptions) (Growth, error) {
	machine := nnexec.ReadMachine()
	g := Growth{CPU: machine.String(), Axes: growthAxes(machine.CPUs)}
	if o.Steps < 1 || o.Points < 0 {
		return g, fmt.Errorf("experiments: growth: %w: %d steps, %d points: want 1 or more, and 0 (all) or more", ErrConfig, o.Steps, o.Points)
	}
	if err := os.MkdirAll(o.Folder, 0o755); err != nil {
		return g, fmt.Errorf("experiments: growth: %w", err)
	}
	path := filepath.Join(o.Folder, "growth.json")
	if err := g.goOn(path); err != nil {
		return g, fmt.Errorf("experiments: growth: go on from %s: %w", path, err)
	}
	measured := 0
	for i := range g.Axes {
		axis := &g.Axes[i]
		for j := range axis.Points {
			p := &axis.Points[j]
			if p.StepSeconds > 0 || o.Points > 0 && measured == o.Points {
				continue
			}
			if err := o.measure(ctx, axis, p); err != nil {
				return g, err
			}
			measured++
			if err := g.write(path); err != nil {
				return g, err
			}
			o.Log("measured", "experiment", axis.Experiment, axis.Name, p.Value, "step_s", p.StepSeconds, "rss_mib", math.Round(p.MemoryMiB), "left", g.Left())
		}
	}
	if g.Left() > 0 {
		return g, nil
	}
	return g, g.plot(filepath.Join(o.Folder, "growth"))
}

// Left is the number of points that are not measured yet.
func (g Growth) Left() int {
	left := 0
	for _, axis := range g.Axes {
		for _, p := range axis.Points {
			if p.StepSeconds == 0 {
				left++
			}
		}
	}
	return left
}

// goOn takes over the points that were measured before, if there are any.
func (g *Growth) goOn(path string) error {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	var before Growth
	if err := json.Unmarshal(data, &before); err != nil {
		return fmt.Errorf("%w: move it away to measure anew", err)
	}
	same := before.CPU == g.CPU && slices.EqualFunc(before.Axes, g.Axes, func(a, b GrowthAxis) bool {
		return a.Experiment == b.Experiment && a.Name == b.Name && slices.Equal(a.Settings, b.Settings) &&
			slices.EqualFunc(a.Points, b.Points, func(p, q GrowthPoint) bool { return p.Value == q.Value })
	})
	if !same {
		return fmt.Errorf("%w: it holds other points, or those of %s: move it away to measure anew", ErrConfig, before.CPU)
	}
	*g = before
	return nil
}

func (g Growth) write(path string) error {
	return writeFile(path, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(g)
	})
}

// measure runs the bench of one point in a process of its own.
func (o GrowthOptions) measure(ctx context.Context, axis *GrowthAxis, p *GrowthPoint) error {
	args := []string{"bench", axis.Experiment, "--steps", strconv.Itoa(o.Steps), "--json"}
	for _, s := range append(slices.Clone(axis.Settings), growthKeys[axis.Name]+"="+strconv.Itoa(p.Value)) {
		args = append(args, "--set", s)
	}
	cmd := exec.CommandContext(ctx, o.Program, args...)
	var out, log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &log
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("experiments: growth: %s, %s %d: %w: %s", axis.Experiment, axis.Name, p.Value, err, lastLine(log.String()))
	}
	var b StepBench
	if err := json.Unmarshal(out.Bytes(), &b); err != nil {
		return fmt.Errorf("experiments: growth: %s, %s %d: read its output: %w", axis.Experiment, axis.Name, p.Value, err)
	}
	p.StepSeconds = b.StepSeconds // the median, which leaves out what other programs held up
	p.GFLOP, p.GFLOPS = b.GFLOPPerStep, b.GFLOPPerStep/b.StepSeconds
	p.ArenaMiB, p.MemoryMiB = b.ArenaMiB, b.ResidentMiB
	return nil
}
