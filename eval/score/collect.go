package score

import (
	"context"
	"errors"
	"fmt"
	"time"

	"videogan/eval"
	"videogan/nn"
)

// Scorer judges clips.
type Scorer struct {
	Judge *Judge
	// Cache keeps what the classifier says; empty: nothing is kept.
	Cache eval.Cache
	// Progress is called as clips are judged, of all that a score needs; may be nil.
	Progress func(done, total int)
	// Measuring is called as measures are computed of judged clips, before each repeat and at the end; may be nil. A
	// Fréchet distance of 4,096 dimensions takes a quarter of a minute.
	Measuring func(done, total int)

	done, total int
	known       map[eval.FeatureKey]outputs // of real clips, which several scores have in common
}

// outputs are what a classifier says of some clips, a clip a row.
type outputs struct{ features, probabilities eval.Features }

// flushEvery is the time after which what was judged is written to the cache.
const flushEvery = 20 * time.Second

// repeatSeed is the seed of a repeat: the first is the score's own.
func repeatSeed(seed uint64, repeat int) uint64 {
	if repeat == 0 {
		return seed
	}
	return nn.Stream(seed, fmt.Sprintf("score/repeat/%d", repeat)).Uint64()
}

// collect judges clips 0 to n-1 of a key's seed and repeat. What the cache holds is taken from there. When ctx ends, what
// was judged until then is kept.
func (s *Scorer) collect(ctx context.Context, clips *Clips, key eval.FeatureKey, n int) (outputs, error) {
	if known, ok := s.known[key]; ok && known.features.Rows >= n {
		s.report(n)
		return known.first(n), nil
	}
	have, err := s.load(key)
	if err != nil {
		return outputs{}, err
	}
	have = have.first(min(n, have.features.Rows))
	from := have.features.Rows
	s.report(from)
	if from < n {
		if have, err = s.judge(ctx, clips, key, have, n); err != nil {
			return outputs{}, err
		}
	}
	if key.Subject.Kind == "real" {
		if s.known == nil {
			s.known = map[eval.FeatureKey]outputs{}
		}
		s.known[key] = have
	}
	return have, nil
}

func (s *Scorer) report(n int) {
	s.done += n
	if s.Progress != nil && s.total > 0 {
		s.Progress(s.done, s.total)
	}
}

// first are the first n rows.
func (o outputs) first(n int) outputs {
	if n == 0 {
		return outputs{eval.Features{Dims: o.features.Dims}, eval.Features{Dims: o.probabilities.Dims}}
	}
	return outputs{o.features.Slice(0, n), o.probabilities.Slice(0, n)}
}

// judge goes on from the rows there are until there are n.
func (s *Scorer) judge(ctx context.Context, clips *Clips, key eval.FeatureKey, have outputs, n int) (outputs, error) {
	// Generators and classifiers work on whole batches; rows of one that is cut are judged again.
	batch := clips.Shape.Clips
	from := have.features.Rows
	first := from / batch * batch
	have = have.first(first)
	values := make([]float32, batch*clips.size())
	seed := repeatSeed(key.Seed, key.Repeat)
	stored, flushed := from, time.Now()
	for ; first < n; first += batch {
		result, err := s.batch(ctx, clips, seed, first, values, min(batch, n-first))
		if err != nil {
			if have.features.Rows > stored {
				err = errors.Join(err, s.store(key, have))
			}
			return outputs{}, err
		}
		have.features = appendRows(have.features, result.features)
		have.probabilities = appendRows(have.probabilities, result.probabilities)
		if rows := have.features.Rows; rows > from {
			s.report(rows - from)
			from = rows
		}
		if time.Since(flushed) > flushEvery && have.features.Rows < n {
			if err := s.store(key, have); err != nil {
				return outputs{}, err
			}
			stored, flushed = have.features.Rows, time.Now()
		}
	}
	return have, s.store(key, have)
}

// batch makes a batch of clips and has the first n judged.
func (s *Scorer) batch(ctx context.Context, clips *Clips, seed uint64, first int, values []float32, n int) (outputs, error) {
	if err := ctx.Err(); err != nil {
		return outputs{}, fmt.Errorf("score: stopped after %d clips: %w", first, err)
	}
	if err := clips.Fill(ctx, seed, first, values); err != nil {
		return outputs{}, err
	}
	if dropout, ok := s.Judge.Classifier.(interface{ Seek(clip int) }); ok {
		dropout.Seek(first)
	}
	shape := clips.Shape
	shape.Clips = n
	result, err := s.Judge.Classify(ctx, values[:n*clips.size()], shape)
	if err != nil {
		return outputs{}, err
	}
	return outputs{result.Features, result.Probabilities}, nil
}

func appendRows(to, rows eval.Features) eval.Features {
	data := append(to.Data, rows.Data...)
	return eval.Features{Rows: to.Rows + rows.Rows, Dims: rows.Dims, Data: data}
}

// layers are the two keys of what is kept of some clips.
func (s *Scorer) layers(key eval.FeatureKey) [2]eval.FeatureKey {
	keys := [2]eval.FeatureKey{key, key}
	keys[0].Classifier.Layer, keys[1].Classifier.Layer = s.Judge.features(), probabilities
	return keys
}

// load reads as many rows as the cache has of both layers.
func (s *Scorer) load(key eval.FeatureKey) (outputs, error) {
	p := s.Judge.Protocol()
	none := outputs{eval.Features{Dims: p.FeatureDims}, eval.Features{Dims: p.Classes}}
	if s.Cache == "" {
		return none, nil
	}
	var kept [2]eval.Features
	for i, k := range s.layers(key) {
		f, found, err := s.Cache.Load(k)
		if err != nil {
			return none, err
		}
		if !found {
			return none, nil
		}
		kept[i] = f
	}
	rows := min(kept[0].Rows, kept[1].Rows)
	if kept[0].Dims != p.FeatureDims || kept[1].Dims != p.Classes {
		return none, fmt.Errorf("score: features %v and probabilities %v in %s: %w: the classifier has %d and %d: remove the folder",
			kept[0], kept[1], s.Cache, eval.ErrFormat, p.FeatureDims, p.Classes)
	}
	return outputs{kept[0].Slice(0, rows), kept[1].Slice(0, rows)}, nil
}

func (s *Scorer) store(key eval.FeatureKey, o outputs) error {
	if s.Cache == "" {
		return nil
	}
	for i, k := range s.layers(key) {
		if err := s.Cache.Store(k, []eval.Features{o.features, o.probabilities}[i]); err != nil {
			return err
		}
	}
	return nil
}
