package experiments

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"strings"
	"text/tabwriter"

	"gorgonia.org/gorgonia"

	"videogan/datasets"
	"videogan/eval"
	"videogan/eval/score"
	"videogan/gan"
	"videogan/nn"
	"videogan/nn/exec"
)

// GAMOptions says how two runs fool each other.
type GAMOptions struct {
	Samples   int     // clips of each kind; 0: 1024
	Seed      uint64  // of latent vectors and held-out clips
	Root      string  // data.root of the held-out clips; or moving-mnist; empty: the first run's own
	Tolerance float64 // of the ratio on held-out clips, within which the other ratio counts; 0: 0.2
	Logger    *slog.Logger
	Opening   func(done, total int)
	Progress  func(done, total int) // clips judged; may be nil
}

// GAMResult is the outcome, with what it was taken from.
type GAMResult struct {
	Runs      [2]string       `json:"runs"`
	Subjects  [2]eval.Subject `json:"subjects"`
	Winner    string          `json:"winner"`        // "model 1", "model 2" or "tie"
	Samples   float64         `json:"samples_ratio"` // above 1 favours the first run
	Test      float64         `json:"test_ratio"`    // near 1 where both discriminators are as good
	Errors    [4]float64      `json:"error_rates"`   // of discriminators 1 and 2 on held-out clips, of 1 on generator 2, of 2 on generator 1
	Clips     int             `json:"clips"`         // of each kind
	Tolerance float64         `json:"tolerance"`
	Seed      uint64          `json:"seed"`
	Reference eval.Reference  `json:"reference"`
	Version   string          `json:"version"`
	Warnings  []string        `json:"warnings,omitempty"` // of rates that rest on few clips
}

// fewErrors is how many clips judged wrong a rate should rest on: of ten the third is chance.
const fewErrors = 10

// warn fills Warnings.
func (r *GAMResult) warn() {
	for i, what := range []string{"D1 on held-out clips", "D2 on held-out clips", "D1 on clips of G2", "D2 on clips of G1"} {
		if wrong := int(math.Round(r.Errors[i] * float64(r.Clips))); wrong < fewErrors {
			r.Warnings = append(r.Warnings, fmt.Sprintf("%s: %d of %d clips judged wrong, which is little to rest a ratio on: take more clips (--samples)", what, wrong, r.Clips))
		}
	}
}

// WriteText prints rates, ratios and what follows from them.
func (r *GAMResult) WriteText(w io.Writer) error {
	fmt.Fprintf(w, "model 1: %s, step %d\nmodel 2: %s, step %d\n%d clips of each kind\n\n", r.Runs[0], r.Subjects[0].Step, r.Runs[1], r.Subjects[1].Step, r.Clips)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "share of clips judged wrong\t\t\tratio")
	fmt.Fprintf(table, "generated, by the other's discriminator\tD2 on G1 %.3f\tD1 on G2 %.3f\t%.3g\n", r.Errors[3], r.Errors[2], r.Samples)
	fmt.Fprintf(table, "held-out real clips\tD2 %.3f\tD1 %.3f\t%.3g\n", r.Errors[1], r.Errors[0], r.Test)
	if err := table.Flush(); err != nil {
		return err
	}
	lines := append([]string{"", r.verdict()}, r.Warnings...)
	_, err := fmt.Fprintln(w, strings.Join(lines, "\n"))
	return err
}

// verdict says in words who wins and why.
func (r *GAMResult) verdict() string {
	limit := 1 + r.Tolerance
	switch {
	case r.Test > limit || r.Test*limit < 1:
		return fmt.Sprintf("no winner: the ratio on real clips is not within a factor of %.3g of 1: one discriminator takes real clips for real more readily, and the ratio of generated clips says nothing of the generators", limit)
	case r.Winner == eval.Tie.String():
		return "tie: both generators fool the other's discriminator as often"
	}
	return r.Winner + " wins: its generator fools the other's discriminator more often"
}

// MeasureGAM lets the averaged generators of two runs' newest checkpoints fool the other's discriminator, which both also
// judge clips that were held out. It reports clips of different size, and, with ErrConfig, a Wasserstein critic, which
// draws no line between real and generated.
func MeasureGAM(ctx context.Context, first, second Folder, o GAMOptions) (r GAMResult, err error) {
	if o.Samples == 0 {
		o.Samples = 1024
	}
	if o.Tolerance == 0 {
		o.Tolerance = 0.2
	}
	device, err := exec.NewDevice(exec.DeviceOptions{})
	if err != nil {
		return r, fmt.Errorf("experiments: open device: %w", err)
	}
	defer func() { err = errors.Join(err, device.Close()) }()
	var players [2]*player
	for i, folder := range []Folder{first, second} {
		if players[i], err = openPlayer(device, folder); err != nil {
			return r, err
		}
		defer func() { err = errors.Join(err, players[i].close()) }()
		r.Runs[i], r.Subjects[i] = string(folder), players[i].subject
	}
	if a, b := players[0].shape, players[1].shape; a != b {
		return r, fmt.Errorf("experiments: gam: clips of %v in %s and of %v in %s: %w: both must make clips of one size", a, first, b, second, eval.ErrShape)
	}
	data := players[0].config.Shared().Data
	if o.Root != "" {
		data.Root = o.Root
	}
	if o.Root == string(MovingMNIST) {
		data.Source, data.Root = MovingMNIST, ""
	}
	source, err := data.openSubset(ctx, datasets.Test, orDiscard(o.Logger), o.Opening)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	held := describeReal(score.RealClips(source, "gam", data.hash(source)), &data)

	done := 0
	judge := func(p *player, clips *score.Clips) ([]float64, error) {
		return p.judge(ctx, clips, o.Seed, o.Samples, func(n int) {
			done += n
			if o.Progress != nil {
				o.Progress(done, 4*o.Samples)
			}
		})
	}
	var logits eval.GAMLogits
	for _, part := range []struct {
		to    *[]float64
		by    *player
		clips *score.Clips
	}{{&logits.Test1, players[0], held}, {&logits.Test2, players[1], held}, {&logits.Cross1, players[0], players[1].clips}, {&logits.Cross2, players[1], players[0].clips}} {
		if *part.to, err = judge(part.by, part.clips); err != nil {
			return r, err
		}
	}
	result, err := eval.GenerativeAdversarialMetric(logits, o.Tolerance)
	if err != nil {
		return r, err
	}
	r.Winner, r.Samples, r.Test, r.Errors = result.Winner.String(), result.Samples, result.Test, result.Errors
	r.Clips, r.Tolerance, r.Seed, r.Version = o.Samples, o.Tolerance, o.Seed, Version()
	r.warn()
	r.Reference = eval.Reference{Dataset: held.Dataset, IndexHash: held.Subject.Checkpoint, Split: "held out", Samples: o.Samples}
	return r, nil
}

// player is a run's generator and discriminator.
type player struct {
	*scored
	shape   gan.ClipShape
	clips   *score.Clips
	program *exec.Program // of the discriminator
	x, says *nn.Node
	line    float64 // what the discriminator says between real and generated
	closers []func() error
}

// openPlayer opens both networks of a run's newest checkpoint.
func openPlayer(device *exec.Device, folder Folder) (p *player, err error) {
	if !folder.Exists() {
		return nil, fmt.Errorf("experiments: %s is no run folder: it has no config.toml", folder)
	}
	p = &player{}
	if p.scored, err = openScored(string(folder), -1, false); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("experiments: gam: %s: %w", folder, err), p.close())
			p = nil
		}
	}()
	common := p.config.Shared()
	switch p.shape = common.Data.shape(); common.GAN.Loss {
	case gan.Wasserstein:
		return p, fmt.Errorf("%w: its discriminator is a Wasserstein critic, which draws no line between real and generated: score both runs by a classifier instead", ErrConfig)
	case gan.LeastSquares:
		p.line = 0.5 // between the targets 0 and 1
	}
	nets := p.config.Networks()
	if nets.Given > 0 {
		return p, fmt.Errorf("%w: its generator goes on from given frames; only free generators play against each other", ErrConfig)
	}
	var done func() error
	if p.clips, done, err = p.scored.clips(device, nets); err != nil {
		return p, err
	}
	p.closers = append(p.closers, done)
	file, err := gan.LoadDiscriminator(Folder(folder).Checkpoint(p.subject.Step))
	if err != nil {
		return p, err
	}
	s := nn.NewScope(gorgonia.NewGraph(), file.Params, nn.ScopeOptions{})
	p.x = s.Input("clips", sampleBatch, p.shape.Channels, p.shape.Frames, p.shape.Height, p.shape.Width)
	p.says = gan.Score(s, nets.Discriminator(s.In("dis"), p.x))
	if p.program, err = exec.Compile(device, s, p.says); err != nil {
		return p, fmt.Errorf("compile the discriminator: %w", err)
	}
	p.closers = append(p.closers, p.program.Close)
	return p, nil
}

func (p *player) close() error {
	var errs []error
	for _, c := range p.closers {
		errs = append(errs, c())
	}
	return errors.Join(errs...)
}

// judge is what the discriminator says of the first n clips of a seed: above 0 real.
func (p *player) judge(ctx context.Context, clips *score.Clips, seed uint64, n int, progress func(n int)) ([]float64, error) {
	var logits []float64
	for first := 0; first < n; first += sampleBatch {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := clips.Fill(ctx, seed, first, p.program.Data(p.x)); err != nil {
			return nil, err
		}
		if err := p.program.RunAll(); err != nil {
			return nil, fmt.Errorf("experiments: run the discriminator: %w", err)
		}
		count := min(sampleBatch, n-first)
		for _, v := range p.program.Data(p.says)[:count] {
			logits = append(logits, float64(v)-p.line)
		}
		progress(count)
	}
	return logits, nil
}
