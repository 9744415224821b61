package experiments

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strconv"
	"strings"

	"videogan/datasets"
	"videogan/nn"
	"videogan/nn/exec"
	"videogan/video"
)

// NamedClip is a clip that was asked for.
type NamedClip struct {
	Name string // "test 3", or the file
	Clip *video.Clip
}

// ClipOptions say how clips are read.
type ClipOptions struct {
	Data   Data   // size, channels, range, and where clips are drawn from
	Frames int    // of each clip
	Seed   uint64 // of what is drawn
	Start  int    // first frame taken of a file
	// Own makes n clips of a seed; nil: none can be had.
	Own    func(n int, seed uint64) ([]*video.Clip, error)
	Logger *slog.Logger
}

// ReadClips reads clips by name: the path of a video file, of which the middle square is taken;
// "train:4", four clips of the data; "test:4", four that are held out of training; "own:4", four
// that the generator made itself.
func ReadClips(ctx context.Context, names []string, o ClipOptions) ([]NamedClip, error) {
	var clips []NamedClip
	for _, name := range names {
		more, err := readClips(ctx, name, o)
		if err != nil {
			return nil, fmt.Errorf("experiments: read clips %q: %w", name, err)
		}
		clips = append(clips, more...)
	}
	if len(clips) == 0 {
		return nil, fmt.Errorf("experiments: %w: no clips: name video files, train:N, test:N or own:N", ErrConfig)
	}
	return clips, nil
}

func readClips(ctx context.Context, name string, o ClipOptions) ([]NamedClip, error) {
	kind, count, ok := strings.Cut(name, ":")
	if !ok || kind != "train" && kind != "test" && kind != "own" {
		clip, err := readFile(ctx, name, o)
		return []NamedClip{{filepath.Base(name), clip}}, err
	}
	n, err := strconv.Atoi(count)
	if err != nil || n < 1 {
		return nil, fmt.Errorf("%w: want a number of clips after the colon, 1 or more", ErrConfig)
	}
	var clips []*video.Clip
	switch {
	case kind != "own":
		subset := datasets.Train
		if kind == "test" {
			subset = datasets.Test
		}
		clips, err = drawClips(ctx, subset, n, o)
	case o.Own == nil:
		return nil, fmt.Errorf("%w: there is no generator to make clips", ErrConfig)
	default:
		clips, err = o.Own(n, o.Seed)
	}
	list := make([]NamedClip, len(clips))
	for i, clip := range clips {
		list[i] = NamedClip{fmt.Sprintf("%s %d", kind, i), clip}
	}
	return list, err
}

// drawClips draws windows of the data, or of what is held out of it.
func drawClips(ctx context.Context, subset datasets.Subset, n int, o ClipOptions) (clips []*video.Clip, err error) {
	data := o.Data
	data.Frames = o.Frames
	source, err := data.openSubset(ctx, subset, orDiscard(o.Logger), nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	rng := nn.Stream(o.Seed, "clips/"+subset.String())
	for range n {
		clip, err := drawClip(ctx, source, source.Info(), rng)
		if err != nil {
			return nil, err
		}
		clips = append(clips, clip)
	}
	return clips, nil
}

// readFile reads the middle square of a video file.
func readFile(ctx context.Context, path string, o ClipOptions) (*video.Clip, error) {
	clip, err := video.Decode(ctx, path, video.DecodeOptions{Start: o.Start, Frames: o.Frames, FPS: o.Data.FPS})
	if err != nil {
		return nil, err
	}
	side := min(clip.Width, clip.Height)
	square, err := clip.Crop((clip.Width-side)/2, (clip.Height-side)/2, side, side)
	if err != nil {
		return nil, err
	}
	square.FPS = sampleFPS
	small, err := square.Resize(o.Data.Size, o.Data.Size, video.Area)
	if err != nil || o.Data.ChannelCount() == 3 {
		return small, err
	}
	grey := make([]float32, small.Frames*small.Height*small.Width)
	if err := small.ToFloat(grey, 1); err != nil {
		return nil, err
	}
	return small, small.FromFloat(grey, 1)
}

// Values are clips as networks take them, N×C×T×H×W.
func (d *Data) Values(clips []*video.Clip) []float32 {
	table, channels := d.Range.Table(), d.ChannelCount()
	var values []float32
	for _, clip := range clips {
		plane := clip.Frames * clip.Height * clip.Width
		for c := range channels {
			for i := range plane {
				values = append(values, table[clip.Pix[3*i+c]])
			}
		}
	}
	return values
}

// Clips shows values of networks (N×C×frames×Size×Size) as clips.
func (d *Data) Clips(values []float32, frames int) ([]*video.Clip, error) {
	size := d.ChannelCount() * frames * d.Size * d.Size
	if len(values)%size != 0 {
		return nil, fmt.Errorf("experiments: show clips: %d values are not clips of %d: %w", len(values), size, video.ErrShape)
	}
	var clips []*video.Clip
	for at := 0; at < len(values); at += size {
		clip := video.NewClip(frames, d.Size, d.Size, sampleFPS)
		if err := clip.FromFloat(values[at:at+size], d.ChannelCount()); err != nil {
			return nil, err
		}
		clips = append(clips, clip)
	}
	return clips, nil
}

// openDevice is a device with the threads that a config asks for.
func openDevice(cfg Config) (*exec.Device, error) {
	device, err := exec.NewDevice(exec.DeviceOptions{Threads: cfg.Shared().Train.Threads})
	if err != nil {
		return nil, fmt.Errorf("experiments: open device: %w", err)
	}
	return device, nil
}
