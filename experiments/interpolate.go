package experiments

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"gonum.org/v1/gonum/stat"

	"videogan/eval/knowledge"
	"videogan/nn/exec"
	"videogan/video"
)

// InterpolateOptions say what is interpolated.
type InterpolateOptions struct {
	Clips int    // pairs, stretched clips, contents and motions that are shown
	Steps int    // points of a way, its ends included
	Times int    // frames for each one, in time
	Seed  uint64 // of the latent vectors
	// Discriminator scores the ways, of many pairs; nil: none does.
	Discriminator *knowledge.Discriminator
	// Progress is told how many of the parts are done; it may be nil.
	Progress func(done, total int)
}

// Numbers of clips that are measured, beside those that are shown.
const (
	scoredPairs   = 64
	measuredClips = 64
	gridSide      = 8 // contents and motions
)

// Interpolated is what lies between a generator's clips.
type Interpolated struct {
	Steps, Frames int
	Ways          [][]*video.Clip // straight and arc of pair 0, of pair 1, …; Steps clips each
	Stretched     [][]*video.Clip // a clip's frames held, painted between, and mixed
	Motions       [][]*video.Clip // a content with each motion; none of a generator of one piece
	Numbers       InterpolationNumbers
}

// InterpolationNumbers are measured over many clips.
type InterpolationNumbers struct {
	Pairs          int       `json:"pairs,omitempty"`
	StraightScores []float64 `json:"straight_scores,omitempty"` // mean score of D at each step of straight ways
	ArcScores      []float64 `json:"arc_scores,omitempty"`
	// Sharpness of the frames between, of the nearest frames' own, and distance from one frame to the next.
	PaintedSharpness float64 `json:"painted_sharpness,omitempty"`
	MixedSharpness   float64 `json:"mixed_sharpness,omitempty"`
	// Shares of the variance over a grid of contents and motions: of the pixels, and of the
	// centres of mass of the frames.
	Pixels  VarianceShares `json:"pixels,omitzero"`
	Centres VarianceShares `json:"centres,omitzero"`
}

// VarianceShares say what something depends on; they sum to 1.
type VarianceShares struct {
	Content float64 `json:"z0"`   // on z0 alone
	Motion  float64 `json:"z1"`   // on z1 alone
	Both    float64 `json:"both"` // on both together
}

func (s VarianceShares) String() string {
	return fmt.Sprintf("%.1f%% by z0 alone, %.1f%% by z1 alone, %.1f%% by both together", 100*s.Content, 100*s.Motion, 100*s.Both)
}

// Interpolate walks between latent vectors of clips, straight and along the arc; paints frames
// between frames; and gives contents other motions. The latter two are left out for a generator
// that makes clips in one piece.
func Interpolate(ctx context.Context, g *Generator, o InterpolateOptions) (found *Interpolated, err error) {
	data := &g.Config.Shared().Data
	if o.Clips < 1 || o.Steps < 2 || o.Times < 1 {
		return nil, fmt.Errorf("experiments: interpolate: %w: %d clips, %d steps, %d times the frames: want 1, 2, 1 or more", ErrConfig, o.Clips, o.Steps, o.Times)
	}
	device, err := openDevice(g.Config)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, device.Close()) }()
	in := &interpolation{ctx: ctx, g: g.Knowledge(), device: device, data: data, o: o,
		found: &Interpolated{Steps: o.Steps, Frames: data.Frames}}
	parts := []func() error{in.ways, in.stretch, in.motions}
	if in.g.Networks.Stages == nil {
		parts = parts[:1]
	}
	for i, part := range parts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := part(); err != nil {
			return nil, fmt.Errorf("experiments: interpolate: %w", err)
		}
		if o.Progress != nil {
			o.Progress(i+1, len(parts))
		}
	}
	return in.found, nil
}

type interpolation struct {
	ctx    context.Context
	g      knowledge.Generator
	device *exec.Device
	data   *Data
	o      InterpolateOptions
	found  *Interpolated
}

// ways are the pairs' ways, and what the discriminator says of more of them.
func (in *interpolation) ways() error {
	pairs, size := in.o.Clips, in.g.Networks.LatentSize
	if in.o.Discriminator != nil {
		pairs = max(pairs, scoredPairs)
	}
	latents := in.g.Latents(2*pairs, in.o.Seed)
	for i, way := range []func(a, b []float32, t float64) []float32{knowledge.Lerp, knowledge.Slerp} {
		var points []float32
		for pair := range pairs {
			a, b := latents[2*pair*size:(2*pair+1)*size], latents[(2*pair+1)*size:(2*pair+2)*size]
			for step := range in.o.Steps {
				points = append(points, way(a, b, float64(step)/float64(in.o.Steps-1))...)
			}
		}
		values, err := in.g.Generate(in.device, points)
		if err != nil {
			return err
		}
		clips, err := in.data.Clips(values[:in.o.Clips*in.o.Steps*in.g.Shape.Size()], in.found.Frames)
		if err != nil {
			return err
		}
		for pair := range in.o.Clips {
			way := clips[pair*in.o.Steps : (pair+1)*in.o.Steps]
			if i == 0 {
				in.found.Ways = append(in.found.Ways, way, nil)
			} else {
				in.found.Ways[2*pair+1] = way
			}
		}
		if in.o.Discriminator == nil {
			continue
		}
		scores, err := in.o.Discriminator.Scores(in.ctx, in.device, values)
		if err != nil {
			return err
		}
		means := make([]float64, in.o.Steps)
		for j, score := range scores {
			means[j%in.o.Steps] += score / float64(pairs)
		}
		in.found.Numbers.Pairs = pairs
		if i == 0 {
			in.found.Numbers.StraightScores = means
		} else {
			in.found.Numbers.ArcScores = means
		}
	}
	return nil
}

// stretch paints frames between frames, and mixes them of the pixels of both for comparison.
func (in *interpolation) stretch() error {
	size, times := in.g.Networks.Stages.FrameLatentSize, in.o.Times
	n := max(in.o.Clips, measuredClips)
	frames := in.found.Frames
	more := (frames-1)*times + 1
	latents := in.g.Latents(n, in.o.Seed)
	sequences, err := in.g.Unroll(in.device, latents)
	if err != nil {
		return err
	}
	var stretched []float32
	for i := range n {
		longer, err := knowledge.Stretch(sequences[i*size*frames:(i+1)*size*frames], size, times)
		if err != nil {
			return err
		}
		stretched = append(stretched, longer...)
	}
	painted, err := in.g.Paint(in.device, latents, stretched, more)
	if err != nil {
		return err
	}
	pixels := in.data.Size * in.data.Size
	mixed, held := make([]float32, len(painted)), make([]float32, len(painted))
	for plane := 0; plane < len(painted)/pixels; plane++ {
		t := plane % more
		before, after := plane-t%times, plane-t%times+times
		if t%times == 0 {
			after = before
		}
		share := float32(t%times) / float32(times)
		for i := range pixels {
			a, b := painted[before*pixels+i], painted[after*pixels+i]
			held[plane*pixels+i], mixed[plane*pixels+i] = a, (1-share)*a+share*b
		}
	}
	in.found.Numbers.PaintedSharpness = in.sharpnessBetween(painted, more, times)
	in.found.Numbers.MixedSharpness = in.sharpnessBetween(mixed, more, times)
	shown := in.o.Clips * len(painted) / n
	var kinds [][]*video.Clip
	for _, values := range [][]float32{held, painted, mixed} {
		clips, err := in.data.Clips(values[:shown], more)
		if err != nil {
			return err
		}
		kinds = append(kinds, clips)
	}
	for i := range in.o.Clips {
		group := []*video.Clip{kinds[0][i], kinds[1][i], kinds[2][i]}
		for _, clip := range group {
			clip.FPS = sampleFPS * float64(times)
		}
		in.found.Stretched = append(in.found.Stretched, group)
	}
	return nil
}

// sharpnessBetween is how sharp the frames between are on average, of those that were there.
func (in *interpolation) sharpnessBetween(clips []float32, frames, times int) float64 {
	var own, between []float64
	for i, v := range knowledge.Sharpness(clips, in.data.ChannelCount(), frames, in.data.Size, in.data.Size) {
		if i%frames%times == 0 {
			own = append(own, v)
		} else {
			between = append(between, v)
		}
	}
	if len(between) == 0 {
		return 1
	}
	return stat.Mean(between, nil) / stat.Mean(own, nil)
}

// motions gives contents the motions of others.
func (in *interpolation) motions() error {
	side := max(in.o.Clips, gridSide)
	size, dims := in.g.Networks.Stages.FrameLatentSize*in.found.Frames, in.g.Networks.LatentSize
	latents := in.g.Latents(2*side, in.o.Seed)
	sequences, err := in.g.Unroll(in.device, latents)
	if err != nil {
		return err
	}
	var contents, motions []float32
	for i := range side {
		for j := range side {
			contents = append(contents, latents[i*dims:(i+1)*dims]...)
			motions = append(motions, sequences[(side+j)*size:(side+j+1)*size]...)
		}
	}
	values, err := in.g.Paint(in.device, contents, motions, in.found.Frames)
	if err != nil {
		return err
	}
	centres := knowledge.Centres(values, in.data.ChannelCount(), in.found.Frames, in.data.Size, in.data.Size)
	for _, of := range []struct {
		shares *VarianceShares
		values []float32
	}{{&in.found.Numbers.Pixels, values}, {&in.found.Numbers.Centres, centres}} {
		if of.shares.Content, of.shares.Motion, of.shares.Both, err = knowledge.Shares(of.values, side, side); err != nil {
			return err
		}
	}
	clips, err := in.data.Clips(values, in.found.Frames)
	if err != nil {
		return err
	}
	for i := range in.o.Clips {
		in.found.Motions = append(in.found.Motions, clips[i*side:i*side+in.o.Clips])
	}
	return nil
}

// Write leaves pictures, videos and interpolation.json in a folder and returns their paths.
func (f *Interpolated) Write(folder string) (paths []string, err error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, fmt.Errorf("experiments: write interpolation: %w", err)
	}
	path := func(name string) string {
		paths = append(paths, filepath.Join(folder, name))
		return paths[len(paths)-1]
	}
	var ways []*video.Clip
	for _, way := range f.Ways {
		ways = append(ways, way...)
	}
	if err := writeGroups(path("z0.png"), f.middles()); err != nil {
		return nil, err
	}
	if err := video.EncodeMP4(path("z0.mp4"), tile(ways, f.Steps)); err != nil {
		return nil, fmt.Errorf("experiments: %w", err)
	}
	for name, groups := range map[string][][]*video.Clip{"z1": f.Stretched, "motion": f.Motions} {
		if len(groups) == 0 {
			continue
		}
		var all []*video.Clip
		for _, group := range groups {
			all = append(all, group...)
		}
		if err := writeGroups(path(name+".png"), groups); err != nil {
			return nil, err
		}
		if err := video.EncodeMP4(path(name+".mp4"), tile(all, len(groups[0]))); err != nil {
			return nil, fmt.Errorf("experiments: %w", err)
		}
	}
	return paths, writeFile(path("interpolation.json"), func(w io.Writer) error {
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		return encoder.Encode(f.Numbers)
	})
}

// middles are the ways as strips: the middle frame at each step, straight above arc.
func (f *Interpolated) middles() [][]*video.Clip {
	var groups [][]*video.Clip
	for i, way := range f.Ways {
		strip := video.NewClip(f.Steps, way[0].Height, way[0].Width, sampleFPS)
		for step, clip := range way {
			copy(strip.Frame(step), clip.Frame(clip.Frames/2))
		}
		if i%2 == 0 {
			groups = append(groups, nil)
		}
		groups[i/2] = append(groups[i/2], strip)
	}
	return groups
}

// WriteText prints what was measured.
func (f *Interpolated) WriteText(w io.Writer) error {
	n := f.Numbers
	if n.Pairs > 0 {
		fmt.Fprintf(w, "mean score of D over %d ways, step by step:\n  straight %.2f\n  arc      %.2f\n", n.Pairs, n.StraightScores, n.ArcScores)
	}
	if len(f.Stretched) > 0 {
		fmt.Fprintf(w, "sharpness of frames between frames, of theirs: painted from z1 %.3f, mixed of pixels %.3f\n", n.PaintedSharpness, n.MixedSharpness)
		fmt.Fprintf(w, "variance of pixels: %v\nvariance of the frames' centres of mass: %v\n", n.Pixels, n.Centres)
	}
	return nil
}
