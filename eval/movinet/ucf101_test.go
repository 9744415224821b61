package movinet

import (
	"os"
	"testing"

	"videogan/datasets"
	"videogan/eval"
	"videogan/eval/classifier"
)

// leastAccuracy is what the five classes of UCF101 must reach by nearest centroid of the features.
const leastAccuracy = 0.95

// TestUCF101 judges real clips by the real network: the features of training clips make a centroid a class, and test
// clips (groups 1 to 7) go to the nearest. MOVINET_TFLITE names the model's file and UCF101 the folder of the clips.
func TestUCF101(t *testing.T) {
	path, root := os.Getenv("MOVINET_TFLITE"), os.Getenv("UCF101")
	if path == "" || root == "" || testing.Short() {
		t.Skip("MOVINET_TFLITE names no model, or UCF101 no folder of clips")
	}
	const frames, stride = 65, 5 // 13 frames at 5 a second of 25
	const together = 8           // clips judged at a time
	judge, err := Open(path, Options{Stride: stride})
	if err != nil {
		t.Fatal(err)
	}
	size, _ := judge.model.FrameSize()
	features := func(subset datasets.Subset) (eval.Features, []int) {
		set, err := datasets.OpenUCF101(t.Context(), datasets.UCF101Options{Root: root, Frames: frames, Size: size,
			Selection: datasets.Selection{Split: 1, Subset: subset}, VideoOptions: datasets.VideoOptions{CacheDir: t.TempDir()}})
		if err != nil {
			t.Fatal(err)
		}
		defer set.Close()
		var all eval.Features
		var labels []int
		table := datasets.Symmetric.Table()
		pixels, clips := make([]byte, set.Info().Bytes()), []float32(nil)
		for i, c := range set.Clips() {
			if err := set.Read(t.Context(), i, max(c.Frames-frames, 0)/2, pixels); err != nil {
				t.Fatal(err)
			}
			clips = classifier.AppendClip(clips, pixels, 3, table)
			labels = append(labels, c.Label)
			if n := len(clips) / len(pixels); n == together || i == len(set.Clips())-1 {
				result, err := judge.Classify(t.Context(), clips, eval.Shape{Clips: n, Channels: 3, Frames: frames, Height: size, Width: size})
				if err != nil {
					t.Fatal(err)
				}
				all.Data, all.Rows, all.Dims = append(all.Data, result.Features.Data...), all.Rows+n, result.Features.Dims
				clips = clips[:0]
			}
		}
		return all, labels
	}
	train, trainLabels := features(datasets.Train)
	test, testLabels := features(datasets.Test)
	accuracy := nearestCentroid(train, trainLabels, test, testLabels)
	t.Logf("%d training and %d test clips: %.2f%%", train.Rows, test.Rows, 100*accuracy)
	if accuracy < leastAccuracy {
		t.Errorf("accuracy %.4f, want %v", accuracy, leastAccuracy)
	}
}

// nearestCentroid is the share of test rows whose nearest mean of a class's training rows is their own class's.
func nearestCentroid(train eval.Features, labels []int, test eval.Features, want []int) float64 {
	sums, counts := map[int][]float64{}, map[int]float64{}
	for i, label := range labels {
		if sums[label] == nil {
			sums[label] = make([]float64, train.Dims)
		}
		counts[label]++
		for d, v := range train.Row(i) {
			sums[label][d] += float64(v)
		}
	}
	right := 0
	for i, label := range want {
		best, nearest := -1, 0.0
		for class, sum := range sums {
			distance := 0.0
			for d, v := range test.Row(i) {
				x := float64(v) - sum[d]/counts[class]
				distance += x * x
			}
			if best < 0 || distance < nearest {
				best, nearest = class, distance
			}
		}
		if best == label {
			right++
		}
	}
	return float64(right) / float64(len(want))
}
