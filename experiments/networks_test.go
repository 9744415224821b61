package experiments

import (
	"strings"
	"testing"
)

// The counts are those of the release's networks: G₀ 824,420 weights and biases and 1,024
// scales, G₁ 3,622,691, the discriminator's convolutions 11,031,489 and 896 scales.
func TestParametersOfThePaper(t *testing.T) {
	networks, err := Describe(tganUCF101())
	if err != nil {
		t.Fatal(err)
	}
	const g0, g1, d = 824_420 + 1_024, 3_622_691, 11_031_489 + 128 + 256 + 512
	sums := map[string]int{}
	for _, network := range networks {
		total := 0
		for _, layer := range network.Layers {
			total += layer.Parameters
			for _, part := range []string{"gen/temporal/", "gen/spatial/", "dis/"} {
				if strings.HasPrefix(layer.Name, part) {
					sums[part] += layer.Parameters
				}
			}
			if layer.What == "" || layer.Shape == "" {
				t.Errorf("%s: no operation found", layer.Name)
			}
		}
		if total != network.Parameters {
			t.Errorf("the layers of the %s have %d parameters, it has %d", network.Name, total, network.Parameters)
		}
	}
	if sums["gen/temporal/"] != g0 || sums["gen/spatial/"] != g1 || sums["dis/"] != d {
		t.Errorf("got %v, want %d, %d, %d", sums, g0, g1, d)
	}
}

func TestDescribe(t *testing.T) {
	cfg := tganSmall()
	for _, set := range []string{"gan.constraint.kind=spectral_norm", "gan.frame.frames=2"} {
		if err := Set(cfg, set); err != nil {
			t.Fatal(err)
		}
	}
	networks, err := Describe(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if len(networks) != 3 {
		t.Fatalf("%d networks, want the frame discriminator too", len(networks))
	}
	want := map[string]Layer{
		"gen/temporal/dc1": {"", "transposed convolution 4, stride 2, batch norm", "1×128×2", 256*128*4 + 128 + 256},
		"gen/spatial/l0f":  {"", "linear, batch norm", "8×1024", 100*1024 + 2048},
		"gen/spatial/dc4":  {"", "convolution 3×3", "8×1×32×32", 16*9 + 1},
		"dis/c1":           {"", "convolution 4×4×4, stride 2", "1×64×2×8×8", 32*64*64 + 64},
		"framedis/head":    {"", "convolution 4×4", "1×1×1×1", 128*16 + 1},
	}
	for _, network := range networks {
		for _, layer := range network.Layers {
			expected, ok := want[layer.Name]
			if !ok {
				continue
			}
			expected.Name = layer.Name
			if layer != expected {
				t.Errorf("got %+v, want %+v", layer, expected)
			}
			delete(want, layer.Name)
		}
	}
	for name := range want {
		t.Errorf("no layer %s", name)
	}
}

func TestLookup(t *testing.T) {
	if _, err := Lookup("tgan-ucf101"); err != nil {
		t.Error(err)
	}
	_, err := Lookup("tgan")
	if want := `invalid config: no experiment "tgan": there are tgan-small, tgan-moving-mnist, tgan-ucf101, vgan-small, vgan-ucf101, vgan-golf, vgan-onestream, vgan-conditional, image-small`; err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}
