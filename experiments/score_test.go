package experiments

import (
	"testing"

	"videogan/datasets"
)

// listed is a set of clips that is only asked what it is.
type listed struct{ datasets.Source }

func (listed) Info() datasets.Info { return datasets.Info{Name: "a set", Clips: 7} }

func TestDataHash(t *testing.T) {
	tests := []struct {
		source Source
		change func(d *Data)
		same   bool
		reason string
	}{
		{UCF101, func(d *Data) { d.Digits, d.DigitSize, d.MinSpeed, d.MaxSpeed, d.FPS, d.FrameWidth = 1, 20, 1, 2, 5, 64 }, true, "what other kinds of data are set by"},
		{UCF101, func(d *Data) { d.Root, d.Lists, d.Workers, d.Ahead, d.Channels = "/elsewhere", "lists", 3, 4, 3 }, true, "where clips lie and how they are read"},
		{UCF101, func(d *Data) { d.Frames++ }, false, "longer clips"},
		{UCF101, func(d *Data) { d.Preprocess = datasets.TGAN }, false, "other pixels"},
		{UCF101, func(d *Data) { d.Split = 2 }, false, "other clips"},
		{MovingMNIST, func(d *Data) { d.Digits = 1 }, false, "one digit"},
		{MovingMNIST, func(d *Data) { d.MaxSpeed = 3 }, false, "faster ones"},
		{MovingMNIST, func(d *Data) { d.Preprocess = datasets.TGAN }, true, "digits are not cut"},
		{VideoFolder, func(d *Data) { d.FPS = 5 }, false, "fewer frames a second"},
		{Strips, func(d *Data) { d.FrameWidth = 64 }, false, "other frames"},
	}
	for _, test := range tests {
		plain := DefaultData()
		plain.Source = test.source
		other := plain
		test.change(&other)
		if same := plain.hash(listed{}) == other.hash(listed{}); same != test.same {
			t.Errorf("%s: the same hash: %v, want %v: %s", test.source, same, test.same, test.reason)
		}
	}
}
