package datasets

import (
	"testing"

	"pgregory.net/rapid"
)

func TestPixelRange(t *testing.T) {
	for _, row := range []struct {
		reason string
		r      PixelRange
		in     byte
		want   float32
	}{
		{"black is the least that tanh reaches", Symmetric, 0, -1},
		{"white is the most", Symmetric, 255, 1},
		{"x·2/255 - 1", Symmetric, 51, 51*2./255 - 1},
		{"(x - 128)/128", TGANRange, 0, -1},
		{"128 is 0", TGANRange, 128, 0},
		{"white stays below 1", TGANRange, 255, 0.9921875},
	} {
		if got := row.r.Table()[row.in]; got != row.want {
			t.Errorf("%s: %s of %d: got %v, want %v", row.reason, row.r, row.in, got, row.want)
		}
	}
}

func TestTextOfOptions(t *testing.T) {
	type text interface {
		MarshalText() ([]byte, error)
		UnmarshalText([]byte) error
	}
	check := func(value text, into text, want string) {
		t.Helper()
		got, err := value.MarshalText()
		if err != nil || string(got) != want {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
		if err := into.UnmarshalText(got); err != nil {
			t.Error(err)
		}
		if again, _ := into.MarshalText(); string(again) != want {
			t.Errorf("%q read back is %q", want, again)
		}
		if err := into.UnmarshalText([]byte("neither")); err == nil {
			t.Errorf("%T accepts %q", into, "neither")
		}
	}
	ranges := []PixelRange{Symmetric, TGANRange}
	check(&ranges[0], new(PixelRange), "symmetric")
	check(&ranges[1], new(PixelRange), "tgan")
	ways := []Preprocessing{Centre, TGAN}
	check(&ways[0], new(Preprocessing), "centre")
	check(&ways[1], new(Preprocessing), "tgan")
	subsets := []Subset{Train, Test}
	check(&subsets[0], new(Subset), "train")
	check(&subsets[1], new(Subset), "test")
}

func TestConvertMovesChannelsToTheFront(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		positions := rapid.IntRange(1, 50).Draw(rt, "positions")
		channels := rapid.SampledFrom([]int{1, 3}).Draw(rt, "channels")
		src := rapid.SliceOfN(rapid.Byte(), positions*channels, positions*channels).Draw(rt, "bytes")
		dst := make([]float32, len(src))
		table := Symmetric.Table()
		convert(dst, src, positions, channels, table)
		for p := range positions {
			for c := range channels {
				if dst[c*positions+p] != table[src[p*channels+c]] {
					rt.Fatalf("position %d channel %d: got %g", p, c, dst[c*positions+p])
				}
			}
		}
	})
}
