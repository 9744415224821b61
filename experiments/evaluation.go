package experiments

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"videogan/eval"
	"videogan/eval/score"
	"videogan/gan"
)

// Evaluation says how a run is scored as it goes. Scores are taken by programs of their own, and change nothing of the
// training: a run with them has the very numbers of one without.
type Evaluation struct {
	Every       float64  `toml:"every" doc:"epochs between inception scores of the generator and its average; 0: none. An epoch of Moving MNIST is 60,000 clips: see every_steps"`
	EverySteps  int      `toml:"every_steps" doc:"the same in steps; at most one of the two is set"`
	Classifier  string   `toml:"classifier" doc:"what judges: folder of 'videogan classifier train', C3D's weights, or MoViNet's .tflite"`
	Mean        string   `toml:"mean" doc:"with C3D: file of the mean that is subtracted, mean2.npz"`
	Preset      string   `toml:"preset" doc:"published protocol: tgan2017, tgan2020, stylegan-v, small; empty: the classifier's. Samples and repeats are those of the two keys below"`
	Samples     int      `toml:"samples" doc:"clips of each repeat; 0: 1024"`
	Repeats     int      `toml:"repeats" doc:"repeats of a score, each with clips of its own, whose spread is shown; 0: 2"`
	Curves      []string `toml:"curves" doc:"published curves of the inception score to draw beside the run's: .npy files, one value a point from step 0 on"`
	CurveEpochs float64  `toml:"curve_epochs" doc:"epochs between two points of those curves; 0: 3.355, which is 1000 steps of 32 out of 9537 clips"`
}

// Defaults of an evaluation's settings that are 0.
const (
	evaluationSamples     = 1024
	evaluationRepeats     = 2
	evaluationCurveEpochs = 1000. * 32 / 9537
)

// on says whether the run is scored.
func (e *Evaluation) on() bool { return e.Every > 0 || e.EverySteps > 0 }

func (e *Evaluation) validate() error {
	switch {
	case !(e.Every >= 0) || math.IsInf(e.Every, 0):
		return invalid("eval.every", e.Every, "want 0 (off) or more epochs")
	case e.EverySteps < 0:
		return invalid("eval.every_steps", e.EverySteps, "want 0 (off) or more")
	case e.Every > 0 && e.EverySteps > 0:
		return invalid("eval.every_steps", e.EverySteps, "eval.every is set as well: set one of the two to 0")
	case e.on() && e.Classifier == "":
		return invalid("eval.classifier", `""`, "name what judges ('videogan classifier train' makes one)")
	case e.Samples < 0 || e.Samples == 1:
		return invalid("eval.samples", e.Samples, "want 0 (%d) or 2 and more", evaluationSamples)
	case e.Repeats < 0:
		return invalid("eval.repeats", e.Repeats, "want 0 (%d) or more", evaluationRepeats)
	case !(e.CurveEpochs >= 0) || math.IsInf(e.CurveEpochs, 0):
		return invalid("eval.curve_epochs", e.CurveEpochs, "want 0 (3.355) or more")
	}
	if e.Preset != "" {
		if _, err := eval.LookupPreset(e.Preset); err != nil {
			return invalid("eval.preset", e.Preset, "%v", err)
		}
	}
	return nil
}

// due says whether a score is due after a step, which takes some clips of an epoch's. The first is that of the networks as
// they begin, which tells what is learned.
func (e *Evaluation) due(step, clips, epoch int) bool {
	switch {
	case !e.on():
		return false
	case step == 0:
		return true
	case e.EverySteps > 0:
		return step%e.EverySteps == 0
	}
	passes := func(step int) float64 { return math.Floor(float64(step) * float64(clips) / (float64(epoch) * e.Every)) }
	return passes(step) > passes(step-1)
}

// evaluation is what a run is scored with.
type evaluation struct {
	settings Evaluation
	judge    *score.Judge
	samplers []*gan.Sampler
	clips    []*score.Clips // of each sampler: the average's, and the generator's
	protocol eval.Protocol
	real     *eval.Result // nil until it is needed
}

// Names of metrics of a score.
const (
	evaluationPrefix = "eval/"
	inceptionPrefix  = evaluationPrefix + "inception/"
	spreadSuffix     = "_std"
	realSubject      = "real"
)

// openEvaluation opens the classifier and compiles the programs, nil where the run is not scored.
func (r *run) openEvaluation() (e *evaluation, err error) {
	settings := r.common.Eval
	if _, err := publishedCurves(settings); err != nil { // now, not when they are drawn
		return nil, err
	}
	if !settings.on() {
		return nil, nil
	}
	e = &evaluation{settings: settings}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("experiments: eval.classifier: %w", err), e.close())
			e = nil
		}
	}()
	if e.judge, err = score.OpenJudge(r.device, settings.Classifier, score.JudgeOptions{Preset: settings.Preset, Mean: settings.Mean}); err != nil {
		return e, err
	}
	kinds := []string{"ema", "raw"}
	if r.trainer.Average() == nil {
		kinds = kinds[1:]
	}
	shape := r.common.Data.shape()
	for _, kind := range kinds {
		sampler, err := r.trainer.Sampler(sampleBatch, kind == "ema")
		if err != nil {
			return e, err
		}
		e.samplers = append(e.samplers, sampler)
		e.clips = append(e.clips, samplerClips(sampler, shape, eval.Subject{Kind: kind}))
	}
	e.protocol = e.judge.Preset
	e.protocol.Samples, e.protocol.Repeats = evaluationSamples, evaluationRepeats
	if settings.Samples > 0 {
		e.protocol.Samples = settings.Samples
	}
	if settings.Repeats > 0 {
		e.protocol.Repeats = settings.Repeats
	}
	if preset := e.judge.Preset; e.protocol.Samples != preset.Samples || e.protocol.Repeats != preset.Repeats {
		e.protocol.Preset = ""
	}
	e.protocol.Seed, e.protocol.Version = r.common.seed(), Version()
	return e, e.judge.Check(e.clips[0].Shape)
}

func (e *evaluation) close() error {
	if e == nil {
		return nil
	}
	var errs []error
	for _, sampler := range e.samplers {
		errs = append(errs, sampler.Close())
	}
	if e.judge != nil {
		errs = append(errs, e.judge.Close())
	}
	return errors.Join(errs...)
}

// evaluate scores the generator as it is, where that is due and has not been done: after a step, or after a run resumes
// that was stopped in the middle of it.
func (r *run) evaluate(ctx context.Context) error {
	step := r.trainer.Steps()
	if r.evaluation == nil || !r.common.Eval.due(step, r.clips(), r.source.Info().Clips) || evaluated(r.records, step) {
		return nil
	}
	if err := r.evaluateReal(ctx); err != nil {
		return err
	}
	record := r.record(step, nil)
	attributes := []any{"step", step}
	add := func(name string, result *eval.Result) {
		record = append(record, Metric{inceptionPrefix + name, result.Value}, Metric{inceptionPrefix + name + spreadSuffix, result.Std})
		attributes = append(attributes, "inception_"+name, math.Round(1e3*result.Value)/1e3)
	}
	for _, clips := range r.evaluation.clips {
		result, err := r.evaluation.inception(ctx, clips, "")
		if err != nil {
			return fmt.Errorf("experiments: score after step %d: %w", step, err)
		}
		add(clips.Subject.Kind, result)
	}
	add(realSubject, r.evaluation.real)
	r.records = append(r.records, record)
	if err := errors.Join(r.metrics.append(record), r.events.record(record)); err != nil {
		return err
	}
	r.logger.Info("scored", attributes...)
	return drawFigure(r.folder, inceptionFigure, r.records)
}

// evaluated says whether the records have the scores of a step.
func evaluated(records []Record, step int) bool {
	return slices.ContainsFunc(records, func(r Record) bool { return r.Step() == step && r.scored() })
}

// scored says whether the record is one of scores.
func (r Record) scored() bool {
	return slices.ContainsFunc(r, func(m Metric) bool { return strings.HasPrefix(m.Name, evaluationPrefix) })
}

// inception scores clips.
func (e *evaluation) inception(ctx context.Context, clips *score.Clips, cache eval.Cache) (*eval.Result, error) {
	scorer := score.Scorer{Judge: e.judge, Cache: cache}
	results, err := scorer.Score(ctx, clips, score.Options{Measures: []score.Measure{score.Inception}, Protocol: e.protocol})
	if err != nil {
		return nil, err
	}
	return &results[0], nil
}

// evaluateReal scores the real clips, once a run, and leaves their score and the protocol of all others in scores/.
func (r *run) evaluateReal(ctx context.Context) error {
	if r.evaluation.real != nil {
		return nil
	}
	dir := filepath.Join(string(r.folder), "scores")
	real, err := r.evaluation.inception(ctx, realClipsOf("scored", &r.common.Data, r.source), eval.Cache(filepath.Join(dir, "cache")))
	if err != nil {
		return fmt.Errorf("experiments: score the real clips: %w", err)
	}
	if err := eval.WriteResult(string(r.folder), *real); err != nil {
		return err
	}
	protocol := real.Protocol
	protocol.Subject = eval.Subject{Kind: r.evaluation.clips[0].Subject.Kind} // of each step; the other kind differs in nothing else
	text, err := json.MarshalIndent(protocol, "", "  ")
	if err == nil {
		err = os.MkdirAll(filepath.Join(dir, "training"), 0o755)
	}
	if err == nil {
		err = writeBytes(filepath.Join(dir, "training", "protocol.json"), append(text, '\n'))
	}
	if err != nil {
		return fmt.Errorf("experiments: write the protocol of scores: %w", err)
	}
	r.evaluation.real = real
	return nil
}
