package eval

import (
	"fmt"
	"slices"
	"strings"
)

// Preset is a published protocol of the inception score, as data. Protocol's fields that depend on the run (hashes, seed,
// subject, version) are empty.
type Preset struct {
	Name     string
	Summary  string
	Protocol Protocol
}

// Presets lists the protocols that Lookup finds. Numbers by different ones do not compare, which is why this list exists:
//
//	tgan2017    Saito, Matsumoto, Saito, ICCV 2017, and pfnet-research/tgan: C3D (fine-tuned on UCF101) sees frames scaled
//	            to 128×128 by cubic interpolation without rounding, minus columns 21 to 148 of the mean volume, cut to 112.
//	            208 batches of 48 clips. The program has dropout on: set Mode to ModeDropout to repeat it; whether the
//	            paper's numbers have it is not known.
//	tgan2020    Saito et al., "Train sparsely, generate densely", IJCV 2020, and pfnet-research/tgan2: frames scaled to 112×112,
//	            bilinear, minus rows and columns 8 to 119 of the same volume: other columns than in 2017.
//	stylegan-v  Skorokhodov et al., CVPR 2022 (isv2048_ucf): 10 splits of 205 clips on 101 classes, which scores low. What its
//	            TorchScript file does to the frames cannot be read; Input says what goes in.
//	small       videogan's own, for C3D-small at its training size, on a laptop
func Presets() []Preset {
	c3d := Classifier{Name: "c3d-ucf101", Mode: ModeEval, Layer: "prob"}
	return []Preset{
		{"tgan2017", "Saito 2017: 9,984 samples, 4 repeats, ε 1e-7, cubic 128×128 → 112×112", Protocol{
			Measure: MeasureInceptionScore, Preset: "tgan2017", Classifier: c3d,
			Input: Input{Frames: 16, Range: "x·128+128", Resize: ResizeCubic, Width: 128, Height: 128,
				MeanFile: "mean2.npz", MeanLeft: 21, Crop: 112, Channels: "BGR"},
			Samples: 9984, Repeats: 4, Splits: 1, Epsilon: 1e-7,
		}},
		{"tgan2020", "Saito 2020: 2,048 samples, 10 repeats, ε 1e-20, bilinear 112×112", Protocol{
			Measure: MeasureInceptionScore, Preset: "tgan2020", Classifier: c3d,
			Input: Input{Frames: 16, Clipped: true, Range: "x·128+128", Resize: ResizeBilinear, Width: 112, Height: 112,
				MeanFile: "mean2.npz", MeanLeft: 8, MeanTop: 8, Channels: "BGR"},
			Samples: 2048, Repeats: 10, Splits: 1, Epsilon: 1e-20,
		}},
		{"stylegan-v", "Skorokhodov 2022: 2,048 samples in 10 splits, no ε", Protocol{
			Measure: MeasureInceptionScore, Preset: "stylegan-v", Classifier: c3d,
			Input:   Input{Frames: 16, Range: "[0, 255] uint8", Channels: "RGB"},
			Samples: 2048, Repeats: 1, Splits: 10,
		}},
		{"small", "C3D-small: 2,048 samples, 4 repeats, no ε, frames as they are", Protocol{
			Measure: MeasureInceptionScore, Preset: "small", Classifier: Classifier{Name: "c3d-small", Mode: ModeEval, Layer: "prob"},
			Input:   Input{Frames: 16, Range: "[-1, 1]", Channels: "RGB"},
			Samples: 2048, Repeats: 4, Splits: 1,
		}},
	}
}

// LookupPreset finds a preset by its name. ErrValue: there is none of that name.
func LookupPreset(name string) (Preset, error) {
	presets := Presets()
	i := slices.IndexFunc(presets, func(p Preset) bool { return p.Name == name })
	if i < 0 {
		names := make([]string, len(presets))
		for i, p := range presets {
			names[i] = p.Name
		}
		return Preset{}, fmt.Errorf("eval: preset %q: %w: want one of %s", name, ErrValue, strings.Join(names, ", "))
	}
	return presets[i], nil
}

// Inception is the options with which InceptionScore follows the protocol.
func (p Protocol) Inception() InceptionOptions {
	return InceptionOptions{Splits: p.Splits, Epsilon: p.Epsilon}
}
