package transfer

import (
	"fmt"
	"math"
	"slices"

	"videogan/datasets"
	"videogan/nn"
)

// chooseClasses draws n of the classes by a seed, ascending. Fewer classes of a seed are among its more.
func chooseClasses(all, n int, seed uint64) []int {
	chosen := nn.Stream(seed, "transfer/classes").Perm(all)[:min(n, all)]
	slices.Sort(chosen)
	return chosen
}

// chooseLabels draws the videos that keep their labels: of each class the same share, rounded, and one at least. Fewer
// of a seed are among its more, and those of a class do not depend on the other classes.
func chooseLabels(videos []datasets.Clip, classes []int, names []string, share float64, seed uint64) ([]int, error) {
	byClass := map[int][]int{}
	for i, video := range videos {
		byClass[video.Label] = append(byClass[video.Label], i)
	}
	var chosen []int
	for _, class := range classes {
		of := byClass[class]
		if len(of) == 0 {
			return nil, fmt.Errorf("transfer: class %s has no training video: %w", names[class], datasets.ErrNoClips)
		}
		rng := nn.Stream(seed, "transfer/labels/"+names[class])
		keep := max(1, int(math.Round(share*float64(len(of)))))
		for _, at := range rng.Perm(len(of))[:keep] {
			chosen = append(chosen, of[at])
		}
	}
	slices.Sort(chosen)
	return chosen, nil
}

// ofClasses lists the videos of some classes.
func ofClasses(videos []datasets.Clip, classes []int) []int {
	var chosen []int
	for i, video := range videos {
		if slices.Contains(classes, video.Label) {
			chosen = append(chosen, i)
		}
	}
	return chosen
}
