package experiments

import (
	"slices"
	"testing"
)

func TestLogTicks(t *testing.T) {
	for _, row := range []struct {
		low, high float64
		labels    []string
	}{
		{0.004, 0.09, []string{"0.005", "0.01", "0.02", "0.05"}},
		{90, 1100, []string{"100", "200", "500", "1000"}},
		{1, 1000, []string{"1", "10", "100", "1000"}},
		{3, 4.5, nil},
	} {
		var labels []string
		for _, tick := range (logTicks{}).Ticks(row.low, row.high) {
			if tick.Value < row.low || tick.Value > row.high {
				t.Errorf("%g to %g: a tick at %g", row.low, row.high, tick.Value)
			}
			if tick.Label != "" {
				labels = append(labels, tick.Label)
			}
		}
		if !slices.Equal(labels, row.labels) {
			t.Errorf("%g to %g: labels %q, want %q", row.low, row.high, labels, row.labels)
		}
	}
}
