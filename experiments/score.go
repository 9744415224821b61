package experiments

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"videogan/datasets"
	"videogan/eval"
	"videogan/eval/score"
	"videogan/eval/weights"
	"videogan/gan"
	"videogan/nn/exec"
)

// ScoreOptions says what is measured, and by what.
type ScoreOptions struct {
	Classifier string // path, as score.OpenJudge takes it; empty where no measure is judged
	Judge      score.JudgeOptions
	Measures   []score.Measure
	Adjust     func(p *eval.Protocol) // changes the preset's numbers; may be nil
	Raw        bool                   // the generator itself, not its average
	Step       int                    // of the checkpoint; below 0: the newest
	Root       string                 // data.root of the real clips, or moving-mnist; empty: the run's own
	Set        []string               // data.* settings of the real clips
	Real       bool                   // score the real clips as well; for ssim and psnr, their last given frame, held
	Out        string                 // folder in whose scores/ the results go; empty: a run's own
	Cache      string                 // folder of features; empty: cache/ beside the results
	Logger     *slog.Logger
	Opening    func(done, total int) // called while video files are opened for the first time; may be nil
	Progress   func(done, total int) // called as clips are judged; may be nil
	Measuring  func(done, total int) // called as measures are computed of them; may be nil
}

// Scoring is a classifier on a device, to score one run after another.
type Scoring struct {
	o      ScoreOptions
	device *exec.Device
	judge  *score.Judge // nil where no measure is judged
	scorer score.Scorer
}

// NewScoring opens the classifier.
func NewScoring(o ScoreOptions) (s *Scoring, err error) {
	s = &Scoring{o: o}
	if s.device, err = exec.NewDevice(exec.DeviceOptions{}); err != nil {
		return nil, fmt.Errorf("experiments: open device: %w", err)
	}
	if !slices.ContainsFunc(o.Measures, score.Measure.Judged) {
		return s, nil
	}
	if s.judge, err = score.OpenJudge(s.device, o.Classifier, o.Judge); err != nil {
		return nil, errors.Join(err, s.device.Close())
	}
	return s, nil
}

// Close frees classifier and device.
func (s *Scoring) Close() error {
	if s.judge == nil {
		return s.device.Close()
	}
	return errors.Join(s.judge.Close(), s.device.Close())
}

// Run scores the generator of a run folder, of a safetensors file, or of one built into the program. What is scored of a
// run is written to its scores/.
func (s *Scoring) Run(ctx context.Context, name string) (results []eval.Result, err error) {
	g, err := openScored(name, s.o.Step, s.o.Raw)
	if err != nil {
		return nil, err
	}
	if err := s.data(&g.config.Shared().Data); err != nil {
		return nil, err
	}
	out := s.o.Out
	if out == "" && Folder(name).Exists() {
		out = name
	}
	common := g.config.Shared()
	needed := s.o.Real || g.config.Networks().Given > 0 || slices.ContainsFunc(s.o.Measures, score.Measure.Compares)
	var source datasets.Source
	if needed {
		if source, err = common.Data.open(ctx, orDiscard(s.o.Logger), s.o.Opening); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, source.Close()) }()
	}
	clips, done, err := g.clips(s.device, networksOn(ctx, g.config, source))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, done()) }()
	if s.judge != nil {
		if results, err = s.score(ctx, out, clips, &common.Data, source); err != nil {
			return nil, err
		}
	}
	future, err := s.future(ctx, out, clips, g.config, source)
	if results = append(results, future...); err != nil || !s.o.Real || s.judge == nil {
		return results, err
	}
	real, err := s.score(ctx, out, realClipsOf("scored", &common.Data, source), &common.Data, source)
	return append(results, real...), err
}

// Data scores the real clips themselves, the line that generators are held to.
func (s *Scoring) Data(ctx context.Context) (results []eval.Result, err error) {
	if s.judge == nil {
		return nil, fmt.Errorf("experiments: %w: only a generator's future can be compared frame by frame, not real clips", ErrConfig)
	}
	cfg := DefaultTGAN()
	for _, axis := range []struct {
		setting *int
		takes   int
	}{{&cfg.Data.Frames, s.judge.Takes.Frames}, {&cfg.Data.Size, s.judge.Takes.Height}} {
		if axis.takes != 0 {
			*axis.setting = axis.takes
		}
	}
	cfg.Data.Digits, cfg.Data.Preprocess = 1, datasets.Centre
	if err := s.data(&cfg.Data); err != nil {
		return nil, err
	}
	source, err := cfg.Data.open(ctx, orDiscard(s.o.Logger), s.o.Opening)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	return s.score(ctx, s.o.Out, realClipsOf("scored", &cfg.Data, source), &cfg.Data, source)
}

// data changes the settings of the real clips as asked for.
func (s *Scoring) data(d *Data) error {
	switch root := s.o.Root; {
	case root == string(MovingMNIST):
		d.Source, d.Root = MovingMNIST, ""
	case root != "":
		d.Root = root
		if d.Source == MovingMNIST {
			d.Source = sourceIn(root)
		}
	}
	cfg := DefaultTGAN()
	cfg.Data = *d
	for _, assignment := range s.o.Set {
		if !strings.HasPrefix(assignment, "data.") {
			return fmt.Errorf("experiments: --set %s: %w: only data.* can be set", assignment, ErrConfig)
		}
		if err := Set(cfg, assignment); err != nil {
			return err
		}
	}
	*d = cfg.Data
	return d.validate()
}

// sourceIn is the kind of data in a folder.
func sourceIn(root string) Source {
	if _, err := os.Stat(filepath.Join(root, "ucfTrainTestlist")); err == nil {
		return UCF101
	}
	if _, err := datasets.ListUCF101(root, ""); err == nil {
		return UCF101
	}
	return VideoFolder
}

// score measures clips and writes the results.
func (s *Scoring) score(ctx context.Context, out string, clips *score.Clips, data *Data, source datasets.Source) ([]eval.Result, error) {
	o := s.options(score.Measure.Judged, s.judge.Preset)
	if source != nil && slices.ContainsFunc(s.o.Measures, score.Measure.Compares) {
		o.Real = realClipsOf("reference", data, source)
	}
	s.scorer.Judge, s.scorer.Cache, s.scorer.Progress, s.scorer.Measuring = s.judge, eval.Cache(s.o.Cache), s.o.Progress, s.o.Measuring
	if out != "" {
		o.Folder = filepath.Join(out, "scores")
		if s.scorer.Cache == "" {
			s.scorer.Cache = eval.Cache(filepath.Join(o.Folder, "cache"))
		}
	}
	results, err := s.scorer.Score(ctx, clips, o)
	if err != nil {
		return nil, err
	}
	return results, writeResults(out, results)
}

// options are the measures of one kind, and a preset's numbers as adjusted.
func (s *Scoring) options(kind func(score.Measure) bool, preset eval.Protocol) score.Options {
	var o score.Options
	for _, m := range s.o.Measures {
		if kind(m) {
			o.Measures = append(o.Measures, m)
		}
	}
	o.Protocol = preset
	o.Protocol.Seed, o.Protocol.Version = 0, Version()
	if s.o.Adjust != nil {
		s.o.Adjust(&o.Protocol)
	}
	return o
}

// future measures how a generator that is given frames goes on from them.
func (s *Scoring) future(ctx context.Context, out string, clips *score.Clips, cfg Config, source datasets.Source) ([]eval.Result, error) {
	o := s.options(func(m score.Measure) bool { return !m.Judged() }, eval.Protocol{})
	if len(o.Measures) == 0 {
		return nil, nil
	}
	data, given := &cfg.Shared().Data, cfg.Networks().Given
	if given == 0 {
		return nil, fmt.Errorf("experiments: %w: ssim and psnr hold a generator's future to the real one: this generator is given no frames to go on from", ErrConfig)
	}
	real := describeReal(score.DrawnClips(source, data.hash(source), data.Range, gan.FrameStream), data)
	results, err := score.Future(ctx, clips, real, given, o, s.o.Progress)
	if err != nil {
		return nil, err
	}
	if s.o.Real {
		still, err := score.Future(ctx, score.Still(real, given), real, given, o, nil)
		if err != nil {
			return nil, err
		}
		results = append(results, still...)
	}
	return results, writeResults(out, results)
}

// writeResults writes results into a run folder, where there is one.
func writeResults(out string, results []eval.Result) error {
	if out != "" {
		for _, r := range results {
			if err := eval.WriteResult(out, r); err != nil {
				return err
			}
		}
	}
	return nil
}

// realClipsOf draws real clips for one purpose.
func realClipsOf(purpose string, data *Data, source datasets.Source) *score.Clips {
	return describeReal(score.RealClips(source, purpose, data.hash(source)), data)
}

// describeReal says in the words of a protocol what real clips are.
func describeReal(clips *score.Clips, data *Data) *score.Clips {
	clips.Dataset, clips.Split = clips.Dataset+": "+clips.Split, ""
	if data.Source == UCF101 && data.Split > 0 {
		clips.Split = fmt.Sprintf("trainlist%02d.txt", data.Split)
	}
	clips.FPS = sampleFPS
	return clips
}

// hash tells the clips of a dataset from others, wherever they lie. Settings that this kind of data does not use have no
// part in it: the same clips have one hash in every experiment.
func (d *Data) hash(source datasets.Source) string {
	settings := *d
	settings.Root, settings.Lists, settings.Workers, settings.Ahead, settings.Range, settings.Channels = "", "", 0, 0, 0, 0
	if d.Source != MovingMNIST {
		settings.Digits, settings.DigitSize, settings.MinSpeed, settings.MaxSpeed = 0, 0, 0, 0
	}
	if d.Source != VideoFolder {
		settings.FPS = 0
	}
	if d.Source != Strips {
		settings.FrameWidth = 0
	}
	if d.Source == MovingMNIST || d.Source == Strips {
		settings.Preprocess = datasets.Centre
	}
	info := source.Info()
	info.Skipped = nil
	var clips []datasets.Clip
	if finite, ok := source.(datasets.ClipSource); ok {
		clips = finite.Clips()
	}
	text, err := json.Marshal(struct {
		Settings Data
		Info     datasets.Info
		Clips    []datasets.Clip
	}{settings, info, clips})
	if err != nil { // strings and finite numbers always can be written
		text = fmt.Appendf(nil, "%#v", settings)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// scored is a generator that is to be scored.
type scored struct {
	config  Config
	params  *gan.GeneratorFile
	subject eval.Subject
}

// openScored reads the generator of a run (at a step; below 0 of its newest whole checkpoint), of a file, or one that is
// built into the program.
func openScored(name string, step int, raw bool) (*scored, error) {
	load, path, sum := gan.LoadGenerator, name, ""
	if raw {
		load = gan.LoadCurrentGenerator
	}
	var file *gan.GeneratorFile
	var err error
	switch folder := Folder(name); {
	case strings.HasPrefix(name, PretrainedPrefix):
		var data []byte
		if data, err = pretrained(strings.TrimPrefix(name, PretrainedPrefix)); err == nil {
			hash := sha256.Sum256(data)
			sum = hex.EncodeToString(hash[:])
			file, err = gan.ParseGenerator(data)
		}
		if raw {
			return nil, fmt.Errorf("experiments: %s: %w: it holds the averaged generator only", name, ErrConfig)
		}
	case folder.Exists() && step >= 0:
		path = folder.Checkpoint(step)
		if _, statErr := os.Stat(path); errors.Is(statErr, os.ErrNotExist) {
			steps, _ := folder.Checkpoints() // the error that counts is that there is none of this step
			return nil, fmt.Errorf("experiments: %s has no checkpoint of step %d: there are %v", folder, step, steps)
		}
		file, err = load(path)
	case folder.Exists():
		path, err = newestWhole(folder, func(path string) error { _, err := gan.LoadGenerator(path); return err })
		if err == nil {
			file, err = load(path)
		}
	default:
		if info, statErr := os.Stat(name); statErr != nil || info.IsDir() {
			return nil, fmt.Errorf("experiments: %s is neither a run folder nor a .safetensors file", name)
		}
		file, err = load(name)
	}
	if err == nil && sum == "" {
		sum, err = weights.FileSHA256(path)
	}
	if err != nil {
		return nil, err
	}
	experiment, err := Lookup(file.Metadata[experimentKey])
	if err != nil {
		return nil, fmt.Errorf("experiments: open generator %s: %w", name, err)
	}
	cfg := experiment.Default()
	if err := decode(cfg, file.Metadata[configKey]); err != nil {
		return nil, fmt.Errorf("experiments: open generator %s: its config: %w", name, err)
	}
	kind := "ema"
	if raw || cfg.Shared().GAN.EMA == 0 {
		kind = "raw"
	}
	return &scored{config: cfg, params: file, subject: eval.Subject{Kind: kind, Checkpoint: sum, Step: file.Steps()}}, nil
}

// clips makes the generator's clips; done frees what that takes.
func (g *scored) clips(device *exec.Device, nets gan.Networks) (clips *score.Clips, done func() error, err error) {
	shape := g.config.Shared().Data.shape()
	sampler, err := gan.NewSampler(device, g.params.Params, nets, shape, sampleBatch)
	if err != nil {
		return nil, nil, fmt.Errorf("experiments: %w", err)
	}
	return samplerClips(sampler, shape, g.subject), sampler.Close, nil
}

// samplerClips are the clips of a sampler that makes sampleBatch at a time.
func samplerClips(sampler *gan.Sampler, shape gan.ClipShape, subject eval.Subject) *score.Clips {
	return &score.Clips{
		Subject: subject, FPS: sampleFPS,
		Shape: eval.Shape{Clips: sampleBatch, Channels: shape.Channels, Frames: shape.Frames, Height: shape.Height, Width: shape.Width},
		Fill: func(_ context.Context, seed uint64, first int, dst []float32) error {
			values, err := sampler.SampleFrom(seed, first)
			if err != nil {
				return fmt.Errorf("experiments: %w", err)
			}
			copy(dst, values)
			return nil
		},
	}
}
