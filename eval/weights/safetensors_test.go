package weights

import (
	"bytes"
	"errors"
	"math"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"videogan/nn"
)

func TestSafetensorsRoundTrip(t *testing.T) {
	set := Set{
		"conv/weight": {Shape: []int{2, 1, 3}, Values: []float32{1, -2, 3, 0.5, math.MaxFloat32, -0}},
		"bias":        {Shape: []int{1}, Values: []float32{7}},
	}
	path := filepath.Join(t.TempDir(), "x.safetensors")
	if err := WriteSafetensors(path, set, map[string]string{"step": "12"}); err != nil {
		t.Fatal(err)
	}
	got, metadata, err := ReadSafetensors(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(set, got); diff != "" {
		t.Error(diff)
	}
	if metadata["step"] != "12" {
		t.Errorf("metadata %v", metadata)
	}
}

func TestFromHalf(t *testing.T) {
	tests := []struct {
		bits   uint16
		want   float32
		reason string
	}{
		{0x3c00, 1, "one"},
		{0xc000, -2, "sign"},
		{0x3555, 0.333251953125, "a third, rounded"},
		{0x0001, 1.0 / (1 << 24), "smallest subnormal"},
		{0x03ff, 1023.0 / (1 << 24), "largest subnormal"},
		{0x7bff, 65504, "largest"},
		{0x7c00, float32(math.Inf(1)), "infinity"},
	}
	for _, test := range tests {
		if got := fromHalf(test.bits); got != test.want {
			t.Errorf("%#x is %v, want %v: %s", test.bits, got, test.want, test.reason)
		}
	}
}

func TestCopyTo(t *testing.T) {
	tests := []struct {
		set    Set
		fits   bool
		reason string
	}{
		{Set{"w": {Shape: []int{2, 3}, Values: make([]float32, 6)}, "b": {Shape: []int{1, 2}, Values: []float32{4, 5}}}, true, "axes of size 1 do not count"},
		{Set{"w": NewArray(2, 3), "b": NewArray(2), "more": NewArray(1)}, true, "more than needed"},
		{Set{"w": NewArray(3, 2), "b": NewArray(2)}, false, "transposed"},
		{Set{"w": NewArray(2, 3)}, false, "one is missing"},
	}
	for _, test := range tests {
		params := nn.NewParams(1)
		w, _ := params.New("w", true, nn.Constant(9), 2, 3)
		b, _ := params.New("b", false, nn.Constant(9), 2)
		err := test.set.CopyTo(params)
		if (err == nil) != test.fits || err != nil && !errors.Is(err, ErrArchitecture) {
			t.Errorf("%s: %v", test.reason, err)
		}
		want := float32(9)
		if test.fits {
			want = test.set["b"].Values[0]
		}
		if b.Value.Float32s()[0] != want || !test.fits && w.Value.Float32s()[0] != 9 {
			t.Errorf("%s: b is %v, want %v first", test.reason, b.Value.Float32s(), want)
		}
	}
}

func FuzzDecodeSafetensors(f *testing.F) {
	var whole bytes.Buffer
	if err := encode(&whole, Set{"a": {Shape: []int{2}, Values: []float32{1, 2}}}, map[string]string{"k": "v"}); err != nil {
		f.Fatal(err)
	}
	f.Add(whole.Bytes())
	f.Add(whole.Bytes()[:20])
	f.Fuzz(func(t *testing.T, data []byte) {
		set, _, err := DecodeSafetensors(data)
		if err != nil {
			return
		}
		for name, a := range set {
			if count(a.Shape) != len(a.Values) {
				t.Errorf("%s: %d values for shape %v", name, len(a.Values), a.Shape)
			}
		}
	})
}
