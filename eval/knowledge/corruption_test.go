package knowledge

import (
	"math"
	"slices"
	"testing"

	"videogan/gan"
)

// numbered are two clips of 2×4×5×5 of which every value tells clip, channel and frame, and a bright
// pixel in the middle.
func numbered() ([]float32, gan.ClipShape) {
	shape := gan.ClipShape{Channels: 2, Frames: 4, Height: 5, Width: 5}
	clips := make([]float32, 2*shape.Size())
	for i := range clips {
		clips[i] = float32(i/25) / 20
		if i%25 == 12 {
			clips[i] = 1
		}
	}
	return clips, shape
}

func TestCorruptionsOfMotionKeepFrames(t *testing.T) {
	clips, shape := numbered()
	frame := func(values []float32, clip, channel, t int) []float32 {
		at := ((clip*shape.Channels+channel)*shape.Frames + t) * 25
		return values[at : at+25]
	}
	shuffled, frozen := ShuffleTime(clips, shape, 4), Freeze(clips, shape, 0)
	for clip := range 2 {
		var order []int
		for at := range shape.Frames {
			from := slices.IndexFunc([]int{0, 1, 2, 3}, func(t int) bool {
				return slices.Equal(frame(shuffled, clip, 0, at), frame(clips, clip, 0, t))
			})
			if from < 0 || !slices.Equal(frame(shuffled, clip, 1, at), frame(clips, clip, 1, from)) {
				t.Fatalf("frame %d of clip %d is none of the clip's, in both channels", at, clip)
			}
			order = append(order, from)
			if !slices.Equal(frame(frozen, clip, 1, at), frame(clips, clip, 1, 2)) {
				t.Errorf("frame %d of frozen clip %d is not the middle one", at, clip)
			}
		}
		if sorted := slices.Sorted(slices.Values(order)); !slices.Equal(sorted, []int{0, 1, 2, 3}) || monotone(order) {
			t.Errorf("clip %d has order %v: want all frames, neither in order nor reversed", clip, order)
		}
	}
}

func TestCorruptionsOfFrames(t *testing.T) {
	clips, shape := numbered()
	blurred := Blur(clips, shape, 1)
	if v := blurred[12]; !(v < 0.3 && v > 0.1) {
		t.Errorf("a bright pixel of 1 became %v: want about 1/2π = 0.16 of it", v)
	}
	flat := slices.Repeat([]float32{0.5}, shape.Size())
	for _, v := range Blur(flat, shape, 1) {
		if math.Abs(float64(v)-0.5) > 1e-6 {
			t.Fatalf("a flat frame became %v: borders must not darken", v)
		}
	}
	noisy := Noise(make([]float32, 10000), 0.1, 1)
	sum := 0.0
	for _, v := range noisy {
		sum += float64(v) * float64(v)
	}
	if std := math.Sqrt(sum / 10000); math.Abs(std-0.1) > 0.005 {
		t.Errorf("noise of %v, want 0.1", std)
	}
	for _, c := range Corruptions() {
		before := slices.Clone(clips)
		if after := c.Apply(clips, shape, 9); slices.Equal(after, clips) || !slices.Equal(c.Apply(clips, shape, 9), after) {
			t.Errorf("%s changes nothing, or is not the same twice", c.Name)
		}
		if !slices.Equal(before, clips) {
			t.Errorf("%s changed the clips that it was given", c.Name)
		}
	}
}

// Known pixels stay, and those between them take their mean.
func TestFill(t *testing.T) {
	shape := gan.ClipShape{Channels: 1, Frames: 1, Height: 1, Width: 3}
	got := Fill([]float32{1, 0, 0.5}, []float32{1, 0, 1}, shape, 0.8)
	if got[0] != 1 || got[2] != 0.5 || math.Abs(float64(got[1])-0.75) > 1e-6 {
		t.Errorf("got %v, want 1, 0.75, 0.5", got)
	}
}
