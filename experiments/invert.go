package experiments

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"

	"videogan/eval"
	"videogan/eval/knowledge"
	"videogan/video"
)

// Knowledge is the generator as package knowledge takes it apart.
func (g *Generator) Knowledge() knowledge.Generator {
	return knowledge.Generator{Networks: g.Config.Networks(), Params: g.file.Params, Shape: g.Config.Shared().Data.shape()}
}

// InvertOptions say how clips are inverted.
type InvertOptions struct {
	Spaces    []knowledge.Space
	Image     *Generator // of single frames, which inverts the clips frame by frame; nil: none
	Inversion knowledge.InversionOptions
	// Progress is told which method has made how many of its steps; it may be nil.
	Progress func(method string, done, total int)
}

// Inverted are clips and what generators make of them.
type Inverted struct {
	Targets []NamedClip
	Methods []InvertedBy
}

// InvertedBy is what one way to invert made of each clip.
type InvertedBy struct {
	Name  string        // "z0", "z1", "frames"
	Clips []*video.Clip // the nearest that were found
	PSNR  []float64     // dB, mean over the frames of a clip; at most 100
	Worst []float64     // PSNR of the worst frame of a clip
	SSIM  []float64     // mean over the frames of a clip; none for frames below 11 pixels
}

// Invert looks for latent vectors of clips: in each space of the generator, and frame by frame in
// that of an image generator.
func Invert(ctx context.Context, g *Generator, clips []NamedClip, o InvertOptions) (found *Inverted, err error) {
	device, err := openDevice(g.Config)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, device.Close()) }()
	data := &g.Config.Shared().Data
	targets := make([]*video.Clip, len(clips))
	for i, clip := range clips {
		targets[i] = clip.Clip
	}
	found = &Inverted{Targets: clips}
	values := data.Values(targets)
	frames := targets[0].Frames
	invert := func(name string, g knowledge.Generator, values []float32, o knowledge.InversionOptions, each func(done, total int)) ([]float32, error) {
		o.Progress = each
		result, err := knowledge.Invert(ctx, device, g, values, o)
		if err != nil {
			return nil, fmt.Errorf("experiments: invert by %s: %w", name, err)
		}
		return result.Clips, nil
	}
	type method struct {
		name string
		run  func(each func(done, total int)) ([]float32, error)
	}
	var methods []method
	for _, space := range o.Spaces {
		options := o.Inversion
		options.Space = space
		methods = append(methods, method{spaceName(space), func(each func(done, total int)) ([]float32, error) {
			return invert(spaceName(space), g.Knowledge(), values, options, each)
		}})
	}
	if o.Image != nil {
		if err := sameFrames(data, &o.Image.Config.Shared().Data); err != nil {
			return nil, err
		}
		methods = append(methods, method{"frames", func(each func(done, total int)) ([]float32, error) {
			pixels := data.Size * data.Size
			made, err := invert("frames", o.Image.Knowledge(), knowledge.Frames(values, data.ChannelCount(), frames, pixels), o.Inversion, each)
			return knowledge.Join(made, data.ChannelCount(), frames, pixels), err
		}})
	}
	for _, m := range methods {
		made, err := m.run(func(done, total int) {
			if o.Progress != nil {
				o.Progress(m.name, done, total)
			}
		})
		if err != nil {
			return nil, err
		}
		by, err := measureInversion(data, m.name, made, values, frames)
		if err != nil {
			return nil, err
		}
		found.Methods = append(found.Methods, by)
	}
	return found, nil
}

func spaceName(space knowledge.Space) string {
	if space == knowledge.FrameSpace {
		return "z1"
	}
	return "z0"
}

// sameFrames reports an image generator that makes other frames than a generator of clips.
func sameFrames(clips, image *Data) error {
	if image.Frames != 1 || image.Size != clips.Size || image.ChannelCount() != clips.ChannelCount() || image.Range != clips.Range {
		return fmt.Errorf("experiments: %w: the image generator makes clips of %d frames of %d×%d×%d, and single ones of %d×%d×%d are wanted",
			ErrConfig, image.Frames, image.ChannelCount(), image.Size, image.Size, clips.ChannelCount(), clips.Size, clips.Size)
	}
	return nil
}

func measureInversion(data *Data, name string, made, values []float32, frames int) (InvertedBy, error) {
	by := InvertedBy{Name: name}
	var err error
	if by.Clips, err = data.Clips(made, frames); err != nil {
		return by, err
	}
	n := len(by.Clips)
	shape := eval.Shape{Clips: n, Channels: data.ChannelCount(), Frames: frames, Height: data.Size, Width: data.Size}
	psnr, err := eval.PSNR(made, values, shape)
	if err != nil {
		return by, err
	}
	by.PSNR = perClip(psnr, n, 100)
	for i := range n {
		by.Worst = append(by.Worst, math.Min(slices.Min(psnr[i*frames:(i+1)*frames]), 100))
	}
	ssim, err := eval.SSIM(made, values, shape)
	if errors.Is(err, eval.ErrShape) {
		return by, nil // too small for its window
	}
	by.SSIM = perClip(ssim, n, 1)
	return by, err
}

// perClip is the mean over each clip's frames, none of which counts more than most.
func perClip(values []float64, clips int, most float64) []float64 {
	means := make([]float64, clips)
	frames := len(values) / clips
	for i, v := range values {
		means[i/frames] += math.Min(v, most) / float64(frames)
	}
	return means
}

// Write leaves inversion.png, each clip above what the methods made of it, inversion.mp4 (the
// same side by side, a clip a row) and inversion.json in a folder, and returns their paths.
func (f *Inverted) Write(folder string) ([]string, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, fmt.Errorf("experiments: write inversion: %w", err)
	}
	var rows []*video.Clip
	var groups [][]*video.Clip
	for i, target := range f.Targets {
		group := []*video.Clip{target.Clip}
		for _, m := range f.Methods {
			group = append(group, m.Clips[i])
		}
		groups, rows = append(groups, group), append(rows, group...)
	}
	sheet, moving, numbers := filepath.Join(folder, "inversion.png"), filepath.Join(folder, "inversion.mp4"), filepath.Join(folder, "inversion.json")
	if err := writeGroups(sheet, groups); err != nil {
		return nil, err
	}
	if err := video.EncodeMP4(moving, tile(rows, 1+len(f.Methods))); err != nil {
		return nil, fmt.Errorf("experiments: %w", err)
	}
	if err := writeFile(numbers, f.writeJSON); err != nil {
		return nil, err
	}
	return []string{sheet, moving, numbers}, nil
}

func (f *Inverted) writeJSON(w io.Writer) error {
	type row struct {
		Clip   string  `json:"clip"`
		Method string  `json:"method"`
		PSNR   float64 `json:"psnr_db"`
		Worst  float64 `json:"worst_frame_db"`
		SSIM   float64 `json:"ssim,omitempty"`
	}
	var rows []row
	for _, m := range f.Methods {
		for i, target := range f.Targets {
			r := row{Clip: target.Name, Method: m.Name, PSNR: m.PSNR[i], Worst: m.Worst[i]}
			if m.SSIM != nil {
				r.SSIM = m.SSIM[i]
			}
			rows = append(rows, r)
		}
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(rows)
}

// WriteText prints PSNR, that of the worst frame, and SSIM of each clip by each method, and their means.
func (f *Inverted) WriteText(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(table, "clip")
	for _, m := range f.Methods {
		fmt.Fprintf(table, "\t%s PSNR\tworst\tSSIM", m.Name)
	}
	fmt.Fprintln(table)
	line := func(name string, of func(values []float64) float64) {
		fmt.Fprint(table, name)
		for _, m := range f.Methods {
			fmt.Fprintf(table, "\t%.2f dB\t%.2f dB", of(m.PSNR), of(m.Worst))
			if m.SSIM == nil {
				fmt.Fprint(table, "\t-")
			} else {
				fmt.Fprintf(table, "\t%.3f", of(m.SSIM))
			}
		}
		fmt.Fprintln(table)
	}
	for i, target := range f.Targets {
		line(target.Name, func(values []float64) float64 { return values[i] })
	}
	line("mean", meanOf)
	return table.Flush()
}

// writeGroups writes a contact sheet of groups of clips that stand apart, a clip a row.
func writeGroups(path string, groups [][]*video.Clip) error {
	first := make([]*video.Clip, len(groups))
	rest := make([][]eval.Neighbour, len(groups))
	var others []*video.Clip
	for i, group := range groups {
		first[i] = group[0]
		for _, clip := range group[1:] {
			rest[i] = append(rest[i], eval.Neighbour{Index: len(others)})
			others = append(others, clip)
		}
	}
	o := video.SheetOptions{Gap: sheetGap, Scale: max(1, sheetSize/first[0].Width)}
	err := eval.WriteNeighbourSheet(path, first, rest, func(i int) (*video.Clip, error) { return others[i], nil }, o)
	if err != nil {
		return fmt.Errorf("experiments: %w", err)
	}
	return nil
}
