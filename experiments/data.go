package experiments

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"videogan/datasets"
	"videogan/datasets/mnist"
	"videogan/gan"
)

// Data says what clips a run trains on.
type Data struct {
	Source     Source                 `toml:"source" doc:"moving-mnist (made on the fly), mnist-sequences (mnist_test_seq.npy), ucf101, golf (VGAN's stacked JPEGs), folder (of videos), strips (frames side by side in one image)"`
	Root       string                 `toml:"root" doc:"folder or file that holds the clips, or a folder made by 'videogan prepare'; --data sets it; moving-mnist: folder of MNIST's IDX files, empty: the digits in the program"`
	Size       int                    `toml:"size" doc:"height and width of a frame, pixels: 4 times a power of two"`
	Frames     int                    `toml:"frames" doc:"frames of a clip"`
	Channels   int                    `toml:"channels" doc:"1 grey, 3 colour, 0 as the source has (Moving MNIST 1, video 3)"`
	Classes    []string               `toml:"classes" doc:"train on these classes only; empty: all"`
	Split      int                    `toml:"split" doc:"ucf101: train on the training clips of split 1, 2 or 3; 0: on all clips"`
	Lists      string                 `toml:"lists" doc:"ucf101: folder of the split lists; empty: ucfTrainTestlist in data.root or beside it"`
	Preprocess datasets.Preprocessing `toml:"preprocess" doc:"centre: the middle square; tgan: the release's, 85×64 by nearest neighbour, columns 10 to 73, never a clip's last window"`
	Range      datasets.PixelRange    `toml:"range" doc:"how bytes become numbers: symmetric, x·2/255-1; tgan, (x-128)/128"`
	FPS        float64                `toml:"fps" doc:"folder: frames a second to convert to; 0: every frame"`
	FrameWidth int                    `toml:"frame_width" doc:"strips: width of a frame; 0: frames are square"`
	Digits     int                    `toml:"digits" doc:"moving-mnist: digits in a clip, 1 or 2"`
	DigitSize  int                    `toml:"digit_size" doc:"moving-mnist: height and width of a digit, pixels; 0: 28, in frames below 45 pixels five eighths of them"`
	MinSpeed   float64                `toml:"min_speed" doc:"moving-mnist: slowest speed, pixels a frame; 0 for both: 0.75 to 2.25 in frames of 32, in proportion in others"`
	MaxSpeed   float64                `toml:"max_speed" doc:"moving-mnist: fastest speed, pixels a frame"`
	Workers    int                    `toml:"workers" doc:"goroutines that draw batches; 0: one a core. What they draw does not depend on it"`
	Ahead      int                    `toml:"ahead" doc:"batches drawn ahead of the trainer; 0: 4, or 2 of 4 MiB or more"`
}

// DefaultData is 16 frames of 64×64 pixels of Moving MNIST with two digits.
func DefaultData() Data {
	return Data{Source: MovingMNIST, Size: 64, Frames: 16, Split: 1, Digits: 2}
}

// Source is a kind of data.
type Source string

// The kinds of data, each a constructor of package datasets.
const (
	MovingMNIST    Source = "moving-mnist"
	MNISTSequences Source = "mnist-sequences"
	UCF101         Source = "ucf101"
	Golf           Source = "golf"
	VideoFolder    Source = "folder"
	Strips         Source = "strips"
)

// Sources lists the kinds of data.
func Sources() []Source {
	return []Source{MovingMNIST, MNISTSequences, UCF101, Golf, VideoFolder, Strips}
}

// channels is the number of colour channels that clips of the source have.
func (s Source) channels() int {
	if s == MovingMNIST || s == MNISTSequences {
		return 1
	}
	return 3
}

// ChannelCount is Channels, or the source's own where that is 0.
func (d *Data) ChannelCount() int {
	if d.Channels == 0 {
		return d.Source.channels()
	}
	return d.Channels
}

func (d *Data) validate() error {
	if !slices.Contains(Sources(), d.Source) {
		var names []string
		for _, source := range Sources() {
			names = append(names, string(source))
		}
		return invalid("data.source", d.Source, "want one of %s", strings.Join(names, ", "))
	}
	for _, at := range []struct {
		key        string
		value, low int
	}{
		{"size", d.Size, 1}, {"frames", d.Frames, 1}, {"frame_width", d.FrameWidth, 0}, {"digit_size", d.DigitSize, 0},
		{"workers", d.Workers, 0}, {"ahead", d.Ahead, 0},
	} {
		if at.value < at.low {
			return invalid("data."+at.key, at.value, "want %d or more", at.low)
		}
	}
	switch {
	case d.ChannelCount() != d.Source.channels():
		return invalid("data.channels", d.Channels, "clips of %s have %d; 0 takes what there is", d.Source, d.Source.channels())
	case d.Split < 0 || d.Split > 3:
		return invalid("data.split", d.Split, "want 1, 2 or 3, or 0 for all clips")
	case !(d.FPS >= 0):
		return invalid("data.fps", d.FPS, "want 0 (every frame) or more")
	case d.Source == MovingMNIST && d.Digits != 1 && d.Digits != 2:
		return invalid("data.digits", d.Digits, "want 1 or 2")
	case d.Source == MovingMNIST && d.DigitSize > d.Size:
		return invalid("data.digit_size", d.DigitSize, "want at most data.size = %d", d.Size)
	case !(d.MinSpeed >= 0 && d.MinSpeed <= d.MaxSpeed):
		return invalid("data.min_speed", d.MinSpeed, "want 0 ≤ min_speed ≤ max_speed = %v", d.MaxSpeed)
	case len(d.Classes) > 0 && d.Source != UCF101 && d.Source != VideoFolder:
		return invalid("data.classes", d.Classes, "only ucf101 and folder can be narrowed to classes")
	}
	return nil
}

// open opens the clips that are trained on.
func (d *Data) open(ctx context.Context, logger *slog.Logger, progress func(done, total int)) (datasets.Source, error) {
	return d.openSubset(ctx, datasets.Train, logger, progress)
}

// openSubset opens the clips that are trained on, or those that are held out: the test clips of UCF101's split, moving
// digits out of MNIST's test digits. A root that 'videogan prepare' has made is read as such, whatever it was made from.
func (d *Data) openSubset(ctx context.Context, subset datasets.Subset, logger *slog.Logger, progress func(done, total int)) (datasets.Source, error) {
	if subset == datasets.Test && d.Source != MovingMNIST && (d.Source != UCF101 || d.Split == 0) {
		return nil, fmt.Errorf("experiments: %w: of %s data, split %d, no clips are held out: only ucf101 with a split and moving-mnist have test clips", ErrConfig, d.Source, d.Split)
	}
	if d.Root == "" && d.Source != MovingMNIST {
		return nil, fmt.Errorf("experiments: %w: data.root is empty: name the %s data with --data", ErrConfig, d.Source)
	}
	selection := datasets.Selection{Split: d.Split, Subset: subset, Classes: d.Classes}
	videos := datasets.VideoOptions{Progress: progress, Logger: logger}
	if (d.Source == UCF101 || d.Source == VideoFolder) && datasets.IsPrepared(d.Root) {
		if d.Source != UCF101 {
			selection.Split = 0
		}
		return datasets.OpenPrepared(datasets.PreparedOptions{Dir: d.Root, Selection: selection, Frames: d.Frames, Size: d.Size, Preprocess: d.Preprocess, Logger: logger})
	}
	switch d.Source {
	case MovingMNIST:
		part := mnist.Train
		if subset == datasets.Test {
			part = mnist.Test
		}
		return datasets.NewMovingMNIST(datasets.MovingMNISTOptions{Dir: d.Root, Part: part, Digits: d.Digits, DigitSize: d.DigitSize,
			MinSpeed: d.MinSpeed, MaxSpeed: d.MaxSpeed, Frames: d.Frames, Size: d.Size, Logger: logger})
	case MNISTSequences:
		return datasets.OpenMNISTSequences(datasets.SequencesOptions{Path: d.Root, Frames: d.Frames, Size: d.Size, Preprocess: d.Preprocess, Logger: logger})
	case UCF101:
		return datasets.OpenUCF101(ctx, datasets.UCF101Options{Root: d.Root, Lists: d.Lists, Selection: selection,
			Frames: d.Frames, Size: d.Size, Preprocess: d.Preprocess, VideoOptions: videos})
	case Golf:
		return datasets.OpenGolf(datasets.GolfOptions{Root: d.Root, Frames: d.Frames, Size: d.Size, Preprocess: d.Preprocess, Logger: logger})
	case VideoFolder:
		return datasets.OpenFolder(ctx, datasets.FolderOptions{Root: d.Root, Classes: d.Classes, Frames: d.Frames, Size: d.Size,
			FPS: d.FPS, Preprocess: d.Preprocess, VideoOptions: videos})
	case Strips:
		return datasets.OpenStrips(datasets.StripsOptions{Root: d.Root, FrameWidth: d.FrameWidth, Frames: d.Frames, Size: d.Size, Logger: logger})
	}
	return nil, fmt.Errorf("experiments: %w: data.source %q", ErrConfig, d.Source)
}

// shape is the shape of a clip.
func (d *Data) shape() gan.ClipShape {
	return gan.ClipShape{Channels: d.ChannelCount(), Frames: d.Frames, Height: d.Size, Width: d.Size}
}
