package transfer

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// ownNetworks are networks of one model, trained on these splits.
func ownNetworks(t *testing.T, splits ...int) (networks []*Network) {
	t.Helper()
	for i, split := range splits {
		n := newNetwork(t, "plain")
		n.Run, n.Checkpoint, n.Split = fmt.Sprintf("plain-seed%d", i), fmt.Sprintf("checkpoint %d", i), split
		networks = append(networks, n)
	}
	return networks
}

// ownConfig measures every network on its own of two splits.
func ownConfig() (Config, []Data) {
	cfg := barsConfig()
	cfg.Splits, cfg.OwnSplit = []int{1, 2}, true
	cfg.Labels, cfg.Classes, cfg.Methods = []float64{1}, nil, []Method{MethodScratch, MethodFinetune}
	return cfg, append(barsData(), Data{Split: 2, Train: newBars(48, 6), Test: newBars(21, 6)})
}

// Each network is measured on the split that it was trained on, and one of each split makes a value.
func TestOwnSplit(t *testing.T) {
	networks := ownNetworks(t, 1, 2, 2, 1)
	cfg, data := ownConfig()
	s, err := newStudy(networks, data, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if s.Total != 8 {
		t.Fatalf("%d cells, want 2 repeats of 2 splits by 2 methods", s.Total)
	}
	s.ledger = &ledger{of: map[Cell]record{}}
	repeats := [][]*Network{{networks[0], networks[1]}, {networks[3], networks[2]}}
	for _, p := range s.plan {
		if p.network.Split != p.Split || p.data.Split != p.Split || p.network != repeats[p.repeat][p.Split-1] {
			t.Errorf("%s, trained on split %d, in repeat %d of split %d", p.network.Run, p.network.Split, p.repeat, p.Split)
		}
		r := record{Cell: p.Cell}
		r.Test.VideoAccuracy = 0.1 * float64(p.Split+p.repeat)
		s.ledger.of[p.Cell] = r
	}
	for _, p := range s.Points() {
		if len(p.Accuracy.Values) != 2 || p.Accuracy.Values[0] < 0.149 || p.Accuracy.Values[0] > 0.151 || len(p.BySplit) != 2 || len(p.BySplit[1].Accuracy.Values) != 2 {
			t.Errorf("%+v", p)
		}
	}
	var text strings.Builder
	if err := s.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"each run is measured on the split that it was trained on", "SPLIT 2", "20.0 ± 7.1"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, text.String())
		}
	}
	scores := s.Scores("v1")
	if len(scores) != 2 || !scores[0].Protocol.Transfer.OwnSplit || scores[0].Protocol.Splits != 2 {
		t.Errorf("%+v", scores)
	}
}

// A cell is the same whatever splits are measured beside it: a study grows by a split without measuring again.
func TestCellsOfASplit(t *testing.T) {
	cfg, data := ownConfig()
	both, err := newStudy(ownNetworks(t, 1, 2), data, cfg)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Splits, cfg.OwnSplit = []int{1}, false
	one, err := newStudy(ownNetworks(t, 1), data[:1], cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range one.plan {
		if !slices.ContainsFunc(both.plan, func(q planned) bool { return q.Cell == p.Cell }) {
			t.Errorf("split 1 alone has the cell %+v, both splits have not", p.Cell)
		}
	}
}

func TestOwnSplitReports(t *testing.T) {
	for _, row := range []struct {
		reason string
		splits []int
		want   string
	}{
		{"a split has more networks than another", []int{1, 1, 2}, "2 runs trained on split 1, 1 on split 2"},
		{"a network of no split", []int{1, 0, 2}, "plain-seed1 was trained on split 0"},
		{"a network of a split that is not measured", []int{1, 2, 3}, "trained on split 3"},
	} {
		cfg, data := ownConfig()
		if _, err := newStudy(ownNetworks(t, row.splits...), data, cfg); !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want in it %q", row.reason, err, row.want)
		}
	}
}

func TestSpreadText(t *testing.T) {
	for _, row := range []struct {
		values []float64
		want   string
		reason string
	}{
		{[]float64{0.5}, "0.5", "one value has no deviation"},
		{[]float64{0.5, 0.5}, "0.5 ± 0.0", "two equal ones have"},
		{[]float64{1, 2, 3}, "2.0 ± 1.0", "of the sample, n - 1"},
	} {
		if got := spread(row.values).text(1); got != row.want {
			t.Errorf("%s: %q, want %q", row.reason, got, row.want)
		}
	}
}
