package experiments

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"

	"gonum.org/v1/gonum/stat"

	"videogan/eval"
	"videogan/eval/knowledge"
	"videogan/video"
)

// RealnessOptions say what a discriminator is asked about.
type RealnessOptions struct {
	Data   Data   // where real clips come from
	Clips  int    // of each kind
	Shown  int    // clips in each group of the picture
	Seed   uint64 // of what is drawn and generated
	Clip   ClipOptions
	Update func(done, total int) // it may be nil
}

// Realness is what a discriminator says of clips.
type Realness struct {
	Steps int            `json:"steps"` // that it was trained for
	Clips int            `json:"clips"` // of each kind
	Kinds []RealnessKind `json:"kinds"` // training clips first
	// Neighbours is the rank correlation of the scores of generated clips with the distance to
	// the nearest training clip: below 0 where those that are near look real.
	Neighbours float64 `json:"neighbour_correlation"`

	extremes [][]*video.Clip // highest and lowest of training clips, then of generated ones
	scored   [][]float64     // by kind
}

// RealnessKind is one kind of clips.
type RealnessKind struct {
	Name string  `json:"name"`
	Mean float64 `json:"mean"` // of the scores
	Std  float64 `json:"std"`
	// AUC is the chance that a training clip has a higher score: 1/2 where they cannot be told
	// apart. Against itself it is 1/2.
	AUC float64 `json:"auc"`
	// Paired is the share of training clips that have a higher score than their own corrupted
	// copy; only of corruptions.
	Paired *float64 `json:"paired,omitempty"`
}

// MeasureRealness asks a run's discriminator how real training clips are, held-out ones (where
// there are), generated ones, and training clips that were made worse.
func MeasureRealness(ctx context.Context, g *Generator, d *Discriminator, o RealnessOptions) (r *Realness, err error) {
	if o.Clips < 2 || o.Shown < 1 {
		return nil, fmt.Errorf("experiments: realness: %w: %d clips, %d shown: want 2 and 1 or more", ErrConfig, o.Clips, o.Shown)
	}
	device, err := openDevice(g.Config)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, device.Close()) }()
	data, judge := &o.Data, d.Knowledge()
	type kind struct {
		name    string
		values  []float32
		corrupt bool
	}
	count := fmt.Sprint(":", o.Clips)
	draw := func(name string) ([]*video.Clip, []float32, error) {
		o.Clip.Data, o.Clip.Frames, o.Clip.Seed = o.Data, o.Data.Frames, o.Seed
		named, err := ReadClips(ctx, []string{name + count}, o.Clip)
		clips := make([]*video.Clip, len(named))
		for i := range named {
			clips[i] = named[i].Clip
		}
		return clips, data.Values(clips), err
	}
	train, trainValues, err := draw("train")
	if err != nil {
		return nil, err
	}
	kinds := []kind{{"training clips", trainValues, false}}
	if data.heldOut() {
		_, values, err := draw("test")
		if err != nil {
			return nil, err
		}
		kinds = append(kinds, kind{"held-out clips", values, false})
	}
	made, err := g.Sample(device, o.Clips, 0, o.Seed)
	if err != nil {
		return nil, err
	}
	generated := len(kinds)
	kinds = append(kinds, kind{"generated clips", data.Values(made), false})
	for _, c := range knowledge.Corruptions() {
		kinds = append(kinds, kind{c.Name, c.Apply(trainValues, d.Shape, o.Seed), true})
	}
	r = &Realness{Steps: d.File.Steps, Clips: o.Clips}
	for i, k := range kinds {
		scores, err := judge.Scores(ctx, device, k.values)
		if err != nil {
			return nil, fmt.Errorf("experiments: realness of %s: %w", k.name, err)
		}
		r.scored = append(r.scored, scores)
		row, err := realnessOf(k.name, scores, r.scored[0], k.corrupt)
		if err != nil {
			return nil, fmt.Errorf("experiments: realness of %s: %w", k.name, err)
		}
		r.Kinds = append(r.Kinds, row)
		if o.Update != nil {
			o.Update(i+1, len(kinds))
		}
	}
	if r.Neighbours, err = neighbourCorrelation(kinds[generated].values, trainValues, r.scored[generated]); err != nil {
		return nil, err
	}
	r.extremes = [][]*video.Clip{highest(train, r.scored[0], o.Shown), lowest(train, r.scored[0], o.Shown),
		highest(made, r.scored[generated], o.Shown), lowest(made, r.scored[generated], o.Shown)}
	return r, nil
}

func realnessOf(name string, scores, real []float64, corrupt bool) (RealnessKind, error) {
	mean, std := stat.MeanStdDev(scores, nil)
	auc, err := eval.AUC(real, scores)
	row := RealnessKind{Name: name, Mean: mean, Std: std, AUC: auc}
	if corrupt {
		higher := 0.0
		for i, score := range scores {
			if real[i] > score {
				higher += 1 / float64(len(scores))
			}
		}
		row.Paired = &higher
	}
	return row, err
}

// neighbourCorrelation is that of scores with the distance of pixels to the nearest training clip.
func neighbourCorrelation(made, training []float32, scores []float64) (float64, error) {
	size := len(made) / len(scores)
	queries, err := eval.NewFeatures(size, made)
	if err != nil {
		return 0, err
	}
	reference, err := eval.NewFeatures(size, training)
	if err != nil {
		return 0, err
	}
	nearest, err := eval.NearestNeighbours(queries, reference, 1)
	if err != nil {
		return 0, err
	}
	distances := make([]float64, len(nearest))
	for i, list := range nearest {
		distances[i] = list[0].Distance
	}
	return eval.Spearman(scores, distances)
}

// highest are the n clips of the highest scores, highest first.
func highest(clips []*video.Clip, scores []float64, n int) []*video.Clip {
	order := make([]int, len(clips))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case scores[a] > scores[b]:
			return -1
		case scores[a] < scores[b]:
			return 1
		}
		return 0
	})
	var out []*video.Clip
	for _, i := range order[:min(n, len(order))] {
		out = append(out, clips[i])
	}
	return out
}

// lowest are the n clips of the lowest scores, lowest first.
func lowest(clips []*video.Clip, scores []float64, n int) []*video.Clip {
	negative := make([]float64, len(scores))
	for i, score := range scores {
		negative[i] = -score
	}
	return highest(clips, negative, n)
}

// heldOut says whether some clips are held out of training.
func (d *Data) heldOut() bool { return d.Source == MovingMNIST || d.Source == UCF101 && d.Split != 0 }

// Write leaves realness.png (training clips that look most real, least real, then generated
// ones), realness.mp4 and realness.json in a folder, and returns their paths.
func (r *Realness) Write(folder string) ([]string, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, fmt.Errorf("experiments: write realness: %w", err)
	}
	sheet, moving, numbers := filepath.Join(folder, "realness.png"), filepath.Join(folder, "realness.mp4"), filepath.Join(folder, "realness.json")
	if err := writeGroups(sheet, r.extremes); err != nil {
		return nil, err
	}
	if err := video.EncodeMP4(moving, tile(slices.Concat(r.extremes...), len(r.extremes[0]))); err != nil {
		return nil, fmt.Errorf("experiments: %w", err)
	}
	err := writeFile(numbers, func(w io.Writer) error {
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		return encoder.Encode(r)
	})
	return []string{sheet, moving, numbers}, err
}

// WriteText prints the scores of each kind.
func (r *Realness) WriteText(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "%d clips of each kind\tscore\tAUC\tabove its copy\n", r.Clips)
	for _, k := range r.Kinds {
		fmt.Fprintf(table, "%s\t%.2f ± %.2f\t%.3f\t", k.Name, k.Mean, k.Std, k.AUC)
		if k.Paired != nil {
			fmt.Fprintf(table, "%.0f%%", 100**k.Paired)
		}
		fmt.Fprintln(table)
	}
	fmt.Fprintf(table, "rank correlation of generated clips' scores with the distance to the nearest training clip\t%.2f\n", r.Neighbours)
	return table.Flush()
}
