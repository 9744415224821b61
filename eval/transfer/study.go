package transfer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"

	"videogan/datasets"
	"videogan/eval/classifier"
	"videogan/nn"
	"videogan/nn/exec"
)

// cellsFile keeps the finished cells in a study's folder.
const cellsFile = "cells.jsonl"

// Data are the labelled clips of a split, opened for one size of clip and one way of preprocessing.
type Data struct {
	Split       int
	Train, Test datasets.ClipSource
}

// NewData takes the clips of a split. ErrConfig: they are no list, but made without end.
func NewData(split int, d classifier.Data) (Data, error) {
	train, ok := d.Train.(datasets.ClipSource)
	test, also := d.Test.(datasets.ClipSource)
	if !ok || !also {
		return Data{}, fmt.Errorf("transfer: %s: %w: want a finite set of labelled videos, of which a share can be taken", d.Train.Info().Name, ErrConfig)
	}
	return Data{Split: split, Train: train, Test: test}, nil
}

// Options say where a study leaves its files and whom it tells.
type Options struct {
	Dir    string
	Logger *slog.Logger // nil: silent
	// Progress is called after every step of a cell, with the steps of all cells; may be nil.
	Progress func(done, total int, what string)
}

// Study is what was measured.
type Study struct {
	Config   Config
	Networks []*Network
	Data     []Data // a split each
	Total    int    // cells that there are to be
	Finished int    // cells that there are
	Seconds  float64

	models   []string
	ledger   *ledger
	protocol string
	plan     []planned
}

// Run measures the cells that are not in the folder yet. When ctx is cancelled it reports classifier.ErrInterrupted, with
// the study as far as it got. ErrConfig: settings that cannot be.
func Run(ctx context.Context, dev *exec.Device, networks []*Network, data []Data, cfg Config, o Options) (*Study, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s, err := newStudy(networks, data, cfg)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.Dir, 0o755); err != nil {
		return nil, fmt.Errorf("transfer: %w", err)
	}
	if s.ledger, err = openLedger(filepath.Join(o.Dir, cellsFile)); err != nil {
		return nil, err
	}
	total, done := len(s.plan)*cfg.Steps, 0
	measure := &measurement{study: s, device: dev, kept: map[featuresKey]pair{}}
	for _, p := range s.plan {
		if _, ok := s.ledger.of[p.Cell]; ok {
			done += cfg.Steps
			continue
		}
		what := fmt.Sprintf("%s, %s, labels %s, %d classes", p.model, p.Method.Title(), Share(p.Labels), p.Classes)
		before := done
		r, err := measure.cell(ctx, p, func() {
			if done++; o.Progress != nil {
				o.Progress(done, total, what)
			}
		})
		if ctx.Err() != nil {
			s.count()
			return s, fmt.Errorf("transfer: %w after %d of %d cells: the same command goes on from there", classifier.ErrInterrupted, s.Finished, s.Total)
		}
		if err != nil {
			return s, fmt.Errorf("transfer: %s: %w", what, err)
		}
		if err := s.ledger.add(r); err != nil {
			return s, err
		}
		done = before + cfg.Steps
		o.Logger.Info("measured", "cell", what, "seed", p.Seed, "split", p.Split, "accuracy", rounded(r.Test.VideoAccuracy),
			"by_window", rounded(r.Test.ClipAccuracy), "training", rounded(r.TrainAccuracy), "loss", rounded(r.TrainLoss), "seconds", rounded(r.Seconds))
	}
	s.count()
	return s, nil
}

// count counts the finished cells.
func (s *Study) count() {
	s.Finished, s.Seconds = 0, 0
	seen := map[Cell]bool{}
	for _, p := range s.plan {
		if r, ok := s.ledger.of[p.Cell]; ok {
			s.Finished++
			if !seen[p.Cell] {
				s.Seconds += r.Seconds
			}
			seen[p.Cell] = true
		}
	}
}

// measurement measures cells, and keeps features that the next cells may need.
type measurement struct {
	study  *Study
	device *exec.Device
	kept   map[featuresKey]pair
}

// featuresKey is what features depend on.
type featuresKey struct {
	network *Network
	split   int
	trained bool
	seed    uint64 // of untrained layers
}

// pair are the features of the training and the test windows.
type pair struct{ train, test *features }

// cell measures one.
func (m *measurement) cell(ctx context.Context, p planned, step func()) (record, error) {
	begun := time.Now()
	t := task{Training: m.study.Config.Training, seed: p.Seed, labels: p.data.Train.Clips(), answers: p.data.Test.Clips()}
	names := p.data.Train.Info().Classes
	t.classes = chooseClasses(len(names), p.Classes, p.Seed)
	var err error
	if t.videos, err = chooseLabels(t.labels, t.classes, names, p.Labels, p.Seed); err != nil {
		return record{}, err
	}
	t.held = ofClasses(t.answers, t.classes)
	if p.Method.frozen() {
		err = m.onFeatures(ctx, p, &t)
	} else {
		err = m.onClips(p, &t)
	}
	if err != nil {
		return record{}, err
	}
	result, err := t.run(ctx, m.device, step)
	return record{Cell: p.Cell, outcome: result, Videos: len(t.videos), Seconds: time.Since(begun).Seconds()}, err
}

// onClips sets a task up that trains all layers.
func (m *measurement) onClips(p planned, t *task) (err error) {
	last, err := p.network.layer(LastLayer)
	if err != nil {
		return err
	}
	t.train, t.test = newClips(p.network, p.data.Train), newClips(p.network, p.data.Test)
	t.params, err = p.network.newParams(p.Seed, p.Method.trained())
	t.build = func(s *nn.Scope, x *nn.Node) *nn.Node {
		return head(s, p.network.features(s, x, last), p.Classes, t.Dropout)
	}
	return err
}

// onFeatures sets a task up that trains the head alone.
func (m *measurement) onFeatures(ctx context.Context, p planned, t *task) error {
	key := featuresKey{network: p.network, split: p.Split, trained: p.Method.trained()}
	if !key.trained {
		key.seed = p.Seed
	}
	kept, ok := m.kept[key]
	if !ok {
		maps.DeleteFunc(m.kept, func(k featuresKey, _ pair) bool {
			return k.network != p.network || k.split != p.Split || k.trained == key.trained
		})
		var err error
		if kept, err = m.features(ctx, p, key); err != nil {
			return err
		}
		m.kept[key] = kept
	}
	t.train, t.test = kept.train, kept.test
	t.params, t.learns = nn.NewParams(p.Seed), headPath
	t.build = func(s *nn.Scope, h *nn.Node) *nn.Node { return head(s, h, p.Classes, t.Dropout) }
	return nil
}

// features computes the features of all clips.
func (m *measurement) features(ctx context.Context, p planned, key featuresKey) (of pair, err error) {
	cfg := m.study.Config
	layer, err := p.network.layer(cfg.Layer)
	if err != nil {
		return of, err
	}
	params, err := p.network.newParams(key.seed, key.trained)
	if err != nil {
		return of, err
	}
	train := newClips(p.network, p.data.Train)
	if err := settle(ctx, m.device, p.network, params, train, cfg.Settle, cfg.Batch, cmp.Or(key.seed, cfg.Seed)); err != nil {
		return of, err
	}
	e, err := newExtractor(m.device, p.network, params, layer, cfg.Batch)
	if err != nil {
		return of, err
	}
	defer func() { err = errors.Join(err, e.program.Close()) }()
	if of.train, err = e.extract(ctx, train, cfg.Features); err != nil {
		return of, err
	}
	if of.test, err = e.extract(ctx, newClips(p.network, p.data.Test), cfg.Windows); err != nil {
		return of, err
	}
	if cfg.Standardize {
		standardize(of.train, of.test)
	}
	return of, nil
}

// Share writes a share of the labels as people do: 1/8, or 0.3.
func Share(share float64) string {
	if n := 1 / share; n == float64(int(n)) {
		if n == 1 {
			return "all"
		}
		return fmt.Sprintf("1/%d", int(n))
	}
	return strings.TrimRight(fmt.Sprintf("%.3f", share), "0")
}
