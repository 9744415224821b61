package experiments

import (
	"fmt"
	"strings"
)

// Experiment is a named way to train.
type Experiment struct {
	Name    string
	Summary string        // one line
	Default func() Config // a fresh config with the experiment's settings
}

// All lists the experiments. To add one, write its file and add its line.
func All() []Experiment {
	return []Experiment{
		{"tgan-small", "TGAN of 1.3 M parameters on 32×32 Moving MNIST, with R1; minutes on a laptop's CPU", tganSmall},
		{"tgan-moving-mnist", "TGAN at the paper's size on 64×64 Moving MNIST, with singular value clipping", tganMovingMNIST},
		{"tgan-ucf101", "TGAN at the paper's size on 64×64 UCF101, with singular value clipping", tganUCF101},
		{"vgan-small", "VGAN of 2.1 M parameters on 32×32 Moving MNIST, with R1; minutes on a laptop's CPU", vganSmall},
		{"vgan-ucf101", "VGAN at the paper's size, 32 frames of 64×64, on UCF101", vganUCF101},
		{"vgan-golf", "VGAN at the paper's size on its golf clips", vganGolf},
		{"vgan-onestream", "VGAN without a background stream, the paper's baseline, on golf clips", vganOneStream},
		{"vgan-conditional", "VGAN that makes a clip from its first frame, at the paper's size, on golf clips", vganConditional},
		{"image-small", "TGAN's image generator alone, on single 32×32 frames of Moving MNIST; for 'videogan invert'", imageSmall},
	}
}

// Lookup finds an experiment by name; the error lists those that there are.
func Lookup(name string) (Experiment, error) {
	var names []string
	for _, experiment := range All() {
		if experiment.Name == name {
			return experiment, nil
		}
		names = append(names, experiment.Name)
	}
	return Experiment{}, fmt.Errorf("experiments: %w: no experiment %q: there are %s", ErrConfig, name, strings.Join(names, ", "))
}
