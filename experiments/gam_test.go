package experiments

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestGAMText(t *testing.T) {
	r := GAMResult{Runs: [2]string{"runs/a", "runs/b"}, Winner: "model 1", Samples: 3, Test: 1.1, Errors: [4]float64{0.2, 0.22, 0.005, 0.015}, Clips: 1000, Tolerance: 0.2}
	r.Subjects[0].Step, r.Subjects[1].Step = 450, 750
	r.warn()
	var text strings.Builder
	if err := r.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	const want = `model 1: runs/a, step 450
model 2: runs/b, step 750
1000 clips of each kind

share of clips judged wrong                                              ratio
generated, by the other's discriminator  D2 on G1 0.015  D1 on G2 0.005  3
held-out real clips                      D2 0.220        D1 0.200        1.1

model 1 wins: its generator fools the other's discriminator more often
D1 on clips of G2: 5 of 1000 clips judged wrong, which is little to rest a ratio on: take more clips (--samples)
`
	if diff := cmp.Diff(want, text.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	tests := []struct {
		winner string
		test   float64
		want   string
		reason string
	}{
		{"tie", 1, "tie: ", "equal ratios"},
		{"tie", 1.3, "no winner: ", "beyond the tolerance, above"},
		{"tie", 0.5, "no winner: ", "beyond the tolerance, below"},
		{"model 2", 1 / 1.2, "model 2 wins: ", "on the edge of the tolerance, below"},
	}
	for _, test := range tests {
		r.Winner, r.Test = test.winner, test.test
		if got := r.verdict(); !strings.HasPrefix(got, test.want) {
			t.Errorf("%s: %q, want %q…", test.reason, got, test.want)
		}
	}
}
