package transfer

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"videogan/datasets"
)

func videosOf(counts ...int) (videos []datasets.Clip, names []string) {
	for class, n := range counts {
		names = append(names, fmt.Sprintf("class%d", class))
		for range n {
			videos = append(videos, datasets.Clip{Label: class, Frames: 20})
		}
	}
	return videos, names
}

func TestChooseLabels(t *testing.T) {
	for _, row := range []struct {
		reason  string
		counts  []int
		classes []int
		share   float64
		want    []int // videos of each class
	}{
		{"all", []int{8, 4}, []int{0, 1}, 1, []int{8, 4}},
		{"each class by its own number", []int{16, 8}, []int{0, 1}, 0.125, []int{2, 1}},
		{"one at least", []int{36, 2}, []int{0, 1}, 0.125, []int{5, 1}},
		{"rounded to the nearest", []int{5, 5}, []int{0, 1}, 0.5, []int{3, 3}},
		{"of some classes only", []int{4, 4, 4}, []int{0, 2}, 0.5, []int{2, 0, 2}},
	} {
		videos, names := videosOf(row.counts...)
		chosen, err := chooseLabels(videos, row.classes, names, row.share, 1)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]int, len(row.want))
		for _, i := range chosen {
			got[videos[i].Label]++
		}
		if !slices.Equal(got, row.want) {
			t.Errorf("%s: %v videos of the classes, want %v", row.reason, got, row.want)
		}
	}
	videos, names := videosOf(3, 0, 3)
	if _, err := chooseLabels(videos, []int{0, 1}, names, 1, 1); !errors.Is(err, datasets.ErrNoClips) {
		t.Errorf("a class without videos: %v", err)
	}
}

// Fewer labels are among more, whatever the seed, and nothing is drawn twice; so are fewer classes.
func TestChoicesAreNested(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		counts := rapid.SliceOfN(rapid.IntRange(1, 30), 2, 6).Draw(t, "counts")
		few := rapid.Float64Range(0.01, 1).Draw(t, "share")
		more := rapid.Float64Range(few, 1).Draw(t, "larger share")
		videos, names := videosOf(counts...)
		n := rapid.IntRange(2, len(counts)).Draw(t, "classes")
		all, some := chooseClasses(len(counts), len(counts), seed), chooseClasses(len(counts), n, seed)
		if len(some) != n || len(all) != len(counts) {
			t.Fatalf("%d of %d classes, want %d", len(some), len(all), n)
		}
		small, err := chooseLabels(videos, some, names, few, seed)
		if err != nil {
			t.Fatal(err)
		}
		large, err := chooseLabels(videos, all, names, more, seed)
		if err != nil {
			t.Fatal(err)
		}
		for i, video := range small {
			if !slices.Contains(large, video) || i > 0 && small[i-1] >= video {
				t.Fatalf("%v of a smaller share are not among %v", small, large)
			}
		}
		for i, class := range some {
			if i > 0 && some[i-1] >= class {
				t.Fatalf("classes %v", some)
			}
		}
	})
}
