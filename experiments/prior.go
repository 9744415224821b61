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

	"videogan/eval"
	"videogan/eval/knowledge"
	"videogan/gan"
	"videogan/nn"
	"videogan/nn/exec"
	"videogan/spatial"
	"videogan/temporal"
	"videogan/video"
)

// PriorOptions say what untrained generators restore.
type PriorOptions struct {
	Data  Data    // size, channels and range of the clips
	Hide  float64 // share of the pixels that is hidden; 0: nothing is painted in
	Noise float64 // standard deviation of added noise, on the scale of [-1, 1]; 0: none is taken away
	Prior knowledge.PriorOptions
	// Progress is told which restoration has made how many of its steps; it may be nil.
	Progress func(what string, done, total int)
}

// Restored are damaged frames and clips, and what untrained generators make of them.
type Restored struct {
	Rows []RestoredRow
}

// RestoredRow is one frame or clip, damaged in one way.
type RestoredRow struct {
	Clip    string          `json:"clip"`
	Of      string          `json:"of"`         // "frame" or "clip"
	Task    string          `json:"task"`       // "inpainting" or "denoising"
	Damaged float64         `json:"damaged_db"` // PSNR against the original, mean over frames
	Smooth  float64         `json:"smooth_db"`  // of the mean of neighbours, the plainest restoration
	By      []RestoredByRow `json:"by"`

	original, damaged, smooth *video.Clip
}

// RestoredByRow is what one untrained generator made.
type RestoredByRow struct {
	Network string    `json:"network"`
	PSNR    float64   `json:"psnr_db"`
	Input   float64   `json:"against_damaged_db"` // against the damaged pixels that it was fitted to
	Curve   []float64 `json:"curve_db"`           // every 50 steps
	clip    *video.Clip
}

// priorNetworks are untrained generators for clips of a shape. All are of about a million weights.
//
//	spatial   TGAN's image generator, each frame with a latent vector of its own
//	temporal  TGAN's temporal generator before it: one latent vector for the clip
//	scene     VGAN's stream of three-dimensional convolutions
func priorNetworks(shape gan.ClipShape) map[string]knowledge.PriorNetwork {
	image := spatial.DefaultGenerator()
	image.Channels, image.Size, image.InitUniform, image.Width, image.MinWidth = shape.Channels, shape.Height, 0, 64, 32
	networks := map[string]knowledge.PriorNetwork{
		"spatial": {LatentSize: image.ClipLatentSize + image.FrameLatentSize*shape.Frames, Build: func(s *nn.Scope, z *nn.Node) *nn.Node {
			clip, size := image.ClipLatentSize, image.ClipLatentSize+image.FrameLatentSize*shape.Frames
			frames := s.Reshape(s.Slice(z, 1, clip, size), -1, image.FrameLatentSize, shape.Frames)
			return image.Build(s, s.Slice(z, 1, 0, clip), frames)
		}},
	}
	if shape.Frames == 1 {
		return networks
	}
	unroll := temporal.DefaultGenerator()
	unroll.Frames, unroll.Channels, unroll.NoBeta = shape.Frames, []int{256, 128, 128}, false
	for shape.Frames%(1<<len(unroll.Channels)) != 0 {
		unroll.Channels = unroll.Channels[:len(unroll.Channels)-1]
	}
	if len(unroll.Channels) > 0 {
		networks["temporal"] = knowledge.PriorNetwork{LatentSize: unroll.LatentSize, Build: func(s *nn.Scope, z *nn.Node) *nn.Node {
			return image.Build(s.In("spatial"), z, unroll.Build(s.In("temporal"), z))
		}}
	}
	scene := temporal.DefaultSceneGenerator()
	scene.Channels, scene.Frames, scene.Size, scene.OneStream = shape.Channels, shape.Frames, shape.Height, true
	scene.Width, scene.MinWidth, scene.InitNormal, scene.InitScale, scene.InitGain = 128, 32, 0, 0, 1
	if scene.Validate() == nil {
		networks["scene"] = knowledge.PriorNetwork{LatentSize: scene.LatentSize, Build: func(s *nn.Scope, z *nn.Node) *nn.Node {
			return scene.Build(s, z).Clip
		}}
	}
	return networks
}

// Restore damages the middle frame of clips, and the clips, and has untrained generators restore
// them: pixels that are hidden, and noise.
func Restore(ctx context.Context, clips []NamedClip, o PriorOptions) (found *Restored, err error) {
	if !(o.Hide >= 0 && o.Hide < 1) || !(o.Noise >= 0) || o.Hide+o.Noise == 0 {
		return nil, fmt.Errorf("experiments: restore: %w: %v of the pixels hidden, noise of %v: want 0 to below 1, and 0 or more, one of them above 0", ErrConfig, o.Hide, o.Noise)
	}
	device, err := exec.NewDevice(exec.DeviceOptions{})
	if err != nil {
		return nil, fmt.Errorf("experiments: open device: %w", err)
	}
	defer func() { err = errors.Join(err, device.Close()) }()
	found = &Restored{}
	for _, clip := range clips {
		middle, err := clip.Clip.Window(clip.Clip.Frames/2, 1)
		if err != nil {
			return nil, fmt.Errorf("experiments: %w", err)
		}
		for _, part := range []struct {
			of   string
			clip *video.Clip
		}{{"frame", middle}, {"clip", clip.Clip}} {
			if part.of == "clip" && clip.Clip.Frames == 1 {
				continue
			}
			for _, task := range []string{"inpainting", "denoising"} {
				if task == "inpainting" && o.Hide == 0 || task == "denoising" && o.Noise == 0 {
					continue
				}
				row, err := restore(ctx, device, clip.Name, part.of, task, part.clip, o)
				if err != nil {
					return nil, fmt.Errorf("experiments: restore %s of %s: %w", part.of, clip.Name, err)
				}
				found.Rows = append(found.Rows, *row)
			}
		}
	}
	return found, nil
}

func restore(ctx context.Context, device *exec.Device, name, of, task string, clip *video.Clip, o PriorOptions) (*RestoredRow, error) {
	data := &o.Data
	shape := gan.ClipShape{Channels: data.ChannelCount(), Frames: clip.Frames, Height: clip.Height, Width: clip.Width}
	original := data.Values([]*video.Clip{clip})
	row := &RestoredRow{Clip: name, Of: of, Task: task, original: clip}
	damaged, known := original, []float32(nil)
	const blur = 0.8 // pixels: about the best of one size for this noise
	if task == "inpainting" {
		damaged, known = hide(original, shape, o.Hide, o.Prior.Seed)
	} else {
		damaged = knowledge.Noise(original, o.Noise, o.Prior.Seed)
	}
	smooth := knowledge.Fill(damaged, known, shape, blur)
	measure := func(a, b []float32) (float64, error) {
		psnr, err := eval.PSNR(a, b, eval.Shape{Clips: 1, Channels: shape.Channels, Frames: shape.Frames, Height: shape.Height, Width: shape.Width})
		if err != nil {
			return 0, err
		}
		return perClip(psnr, 1, 100)[0], nil
	}
	show := func(values []float32) (*video.Clip, error) {
		shown, err := data.Clips(values, shape.Frames)
		if err != nil {
			return nil, err
		}
		return shown[0], nil
	}
	var err1, err2, err3, err4 error
	row.Damaged, err1 = measure(damaged, original)
	row.Smooth, err2 = measure(smooth, original)
	row.damaged, err3 = show(damaged)
	row.smooth, err4 = show(smooth)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return nil, err
	}
	networks := priorNetworks(shape)
	for _, network := range []string{"spatial", "temporal", "scene"} {
		if networks[network].Build == nil {
			continue
		}
		by := RestoredByRow{Network: network}
		prior := o.Prior
		var failed error
		prior.Watch = func(_ int, values []float32) {
			psnr, err := measure(values, original)
			by.Curve, failed = append(by.Curve, psnr), errors.Join(failed, err)
		}
		if o.Progress != nil {
			prior.Progress = func(done, total int) {
				o.Progress(fmt.Sprintf("%s of the %s, %s, %s", task, of, name, network), done, total)
			}
		}
		made, err := knowledge.Prior(ctx, device, networks[network], damaged, known, shape, prior)
		if err = errors.Join(err, failed); err != nil {
			return nil, err
		}
		if by.PSNR, err = measure(made, original); err != nil {
			return nil, err
		}
		if by.Input, err = measure(masked(made, known), masked(damaged, known)); err != nil {
			return nil, err
		}
		if by.clip, err = show(made); err != nil {
			return nil, err
		}
		row.By = append(row.By, by)
	}
	return row, nil
}

// masked leaves what is known.
func masked(values, known []float32) []float32 {
	out := slices.Clone(values)
	for i, k := range known {
		out[i] *= k
	}
	return out
}

// hide makes a share of the pixels, in all channels, grey, and says which are known (1, else 0).
func hide(values []float32, shape gan.ClipShape, share float64, seed uint64) (damaged, known []float32) {
	rng := nn.Stream(seed, "prior/hide")
	damaged, known = slices.Clone(values), make([]float32, len(values))
	plane := shape.Frames * shape.Height * shape.Width
	for i := range plane {
		seen := rng.Float64() >= share
		for c := range shape.Channels {
			if seen {
				known[c*plane+i] = 1
			} else {
				damaged[c*plane+i] = 0
			}
		}
	}
	return damaged, known
}

// Write leaves prior.png, each original above the damaged one, the mean of neighbours and what
// the generators made in the order of the table, and prior.json in a folder; it returns their paths.
func (r *Restored) Write(folder string) ([]string, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, fmt.Errorf("experiments: write restoration: %w", err)
	}
	var groups [][]*video.Clip
	for _, row := range r.Rows {
		group := []*video.Clip{row.original, row.damaged, row.smooth}
		for _, by := range row.By {
			group = append(group, by.clip)
		}
		if row.Of == "frame" { // side by side
			strip := video.NewClip(len(group), row.original.Height, row.original.Width, sampleFPS)
			for i, clip := range group {
				copy(strip.Frame(i), clip.Frame(0))
			}
			group = []*video.Clip{strip}
		}
		groups = append(groups, group)
	}
	sheet, numbers := filepath.Join(folder, "prior.png"), filepath.Join(folder, "prior.json")
	if err := writeGroups(sheet, groups); err != nil {
		return nil, err
	}
	err := writeFile(numbers, func(w io.Writer) error {
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		return encoder.Encode(r.Rows)
	})
	return []string{sheet, numbers}, err
}

// WriteText prints PSNR against the original, in dB.
func (r *Restored) WriteText(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "clip\tof\ttask\tdamaged\tneighbours' mean\tspatial\ttemporal\tscene")
	for _, row := range r.Rows {
		fmt.Fprintf(table, "%s\t%s\t%s\t%.2f dB\t%.2f dB", row.Clip, row.Of, row.Task, row.Damaged, row.Smooth)
		for _, network := range []string{"spatial", "temporal", "scene"} {
			i := slices.IndexFunc(row.By, func(by RestoredByRow) bool { return by.Network == network })
			if i < 0 {
				fmt.Fprint(table, "\t-")
				continue
			}
			fmt.Fprintf(table, "\t%.2f dB", row.By[i].PSNR)
		}
		fmt.Fprintln(table)
	}
	return table.Flush()
}
