package experiments

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"

	"gonum.org/v1/gonum/stat"

	"videogan/eval/knowledge"
	"videogan/nn"
	"videogan/video"
)

// FeatureOptions say which units of a discriminator are shown.
type FeatureOptions struct {
	Data     Data
	Clips    int   // real clips that are searched
	Units    int   // of each layer, drawn by the seed
	Top      int   // real clips of each unit
	Layers   []int // 0 is the first hidden layer; nil: all
	Seed     uint64
	Clip     ClipOptions
	Maximise knowledge.MaximiseOptions
	// Progress is told which layer has made how many of its steps; it may be nil.
	Progress func(layer string, done, total int)
}

// Features are pictures of what units of a discriminator look for.
type Features struct {
	Layers []LayerFeatures `json:"layers"`
}

// LayerFeatures are those of one hidden layer.
type LayerFeatures struct {
	Layer   int       `json:"layer"`
	Units   []int     `json:"units"`
	Reached []float64 `json:"made"`      // mean activation of the clip made for a unit
	Best    []float64 `json:"best_real"` // that of the best real clip

	groups [][]*video.Clip // of each unit: the clip made for it, then real ones
}

// FindFeatures makes, for some units of each hidden layer, the clip that excites it most, and finds
// the real clips that do.
func FindFeatures(ctx context.Context, d *Discriminator, o FeatureOptions) (found *Features, err error) {
	if o.Clips < 2 || o.Units < 1 || o.Top < 1 {
		return nil, fmt.Errorf("experiments: features: %w: %d clips, %d units, %d real clips of each: want 2, 1, 1 or more", ErrConfig, o.Clips, o.Units, o.Top)
	}
	device, err := openDevice(d.Config)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, device.Close()) }()
	judge := d.Knowledge()
	sizes, err := judge.Layers()
	if err != nil {
		return nil, fmt.Errorf("experiments: features: %w", err)
	}
	if o.Layers == nil {
		for layer := range sizes {
			o.Layers = append(o.Layers, layer)
		}
	}
	o.Clip.Data, o.Clip.Frames, o.Clip.Seed = o.Data, o.Data.Frames, o.Seed
	named, err := ReadClips(ctx, []string{fmt.Sprint("train:", o.Clips)}, o.Clip)
	if err != nil {
		return nil, err
	}
	real := make([]*video.Clip, len(named))
	for i := range named {
		real[i] = named[i].Clip
	}
	values := o.Data.Values(real)
	found = &Features{}
	for _, layer := range o.Layers {
		if layer < 0 || layer >= len(sizes) {
			return nil, fmt.Errorf("experiments: features: %w: layer %d: want 0 to %d", ErrConfig, layer, len(sizes)-1)
		}
		activations, err := judge.Activations(ctx, device, values, layer)
		if err != nil {
			return nil, err
		}
		l := LayerFeatures{Layer: layer, Units: drawUnits(nn.Stream(o.Seed, fmt.Sprintf("features/%d", layer)), sizes[layer], o.Units)}
		maximise := o.Maximise
		maximise.Seed, maximise.Scale = o.Seed, nil
		for _, unit := range l.Units {
			column := make([]float64, activations.Rows)
			for i := range column {
				column[i] = float64(activations.Row(i)[unit])
			}
			maximise.Scale = append(maximise.Scale, max(stat.StdDev(column, nil), 1e-3))
			l.Best = append(l.Best, slices.Max(column))
		}
		if o.Progress != nil {
			maximise.Progress = func(done, total int) { o.Progress(fmt.Sprint("layer ", layer), done, total) }
		}
		made, reached, err := judge.Maximise(ctx, device, layer, l.Units, maximise)
		if err != nil {
			return nil, err
		}
		clips, err := o.Data.Clips(made, o.Data.Frames)
		if err != nil {
			return nil, err
		}
		l.Reached = reached
		for i, unit := range l.Units {
			group := []*video.Clip{clips[i]}
			for _, row := range knowledge.Top(activations, unit, o.Top) {
				group = append(group, real[row])
			}
			l.groups = append(l.groups, group)
		}
		found.Layers = append(found.Layers, l)
	}
	return found, nil
}

// drawUnits draws different units, in ascending order.
func drawUnits(rng *rand.Rand, all, n int) []int {
	units := rng.Perm(all)[:min(n, all)]
	slices.Sort(units)
	return units
}

// WriteText prints the mean activations of each unit.
func (f *Features) WriteText(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "layer\tunit\tmade for it\tbest real clip")
	for _, l := range f.Layers {
		for i, unit := range l.Units {
			fmt.Fprintf(table, "%d\t%d\t%.3f\t%.3f\n", l.Layer, unit, l.Reached[i], l.Best[i])
		}
	}
	return table.Flush()
}

// Write leaves layer0.png, layer0.mp4 and so on in a folder: for each unit the clip that was made
// for it, above (in the video beside) the real ones; and features.json. It returns their paths.
func (f *Features) Write(folder string) (paths []string, err error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, fmt.Errorf("experiments: write features: %w", err)
	}
	for _, l := range f.Layers {
		path := filepath.Join(folder, fmt.Sprintf("layer%d", l.Layer))
		if err := writeGroups(path+".png", l.groups); err != nil {
			return nil, err
		}
		if err := video.EncodeMP4(path+".mp4", tile(slices.Concat(l.groups...), len(l.groups[0]))); err != nil {
			return nil, fmt.Errorf("experiments: %w", err)
		}
		paths = append(paths, path+".png", path+".mp4")
	}
	numbers := filepath.Join(folder, "features.json")
	err = writeFile(numbers, func(w io.Writer) error {
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		return encoder.Encode(f)
	})
	return append(paths, numbers), err
}
