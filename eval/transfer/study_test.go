package transfer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"videogan/datasets"
	"videogan/eval"
	"videogan/eval/classifier"
)

// barClips are videos of three classes: a bright bar that lies, one that stands, and none, in noise.
type barClips struct {
	info  datasets.Info
	clips []datasets.Clip
	seed  uint64
}

// newBars are n videos of the given length, a class after the other.
func newBars(n, frames int) *barClips {
	b := &barClips{seed: uint64(n), info: datasets.Info{Name: "bars", Summary: fmt.Sprintf("%d bars", n), Classes: []string{"lying", "standing", "none"},
		Clips: n, Channels: 1, Frames: 4, Size: 16}}
	for i := range n {
		b.clips = append(b.clips, datasets.Clip{Name: fmt.Sprintf("bar%d", i), Label: i % 3, Frames: frames})
	}
	return b
}

func (b *barClips) Info() datasets.Info    { return b.info }
func (b *barClips) Clips() []datasets.Clip { return b.clips }
func (b *barClips) Close() error           { return nil }

func (b *barClips) Draw(ctx context.Context, rng *rand.Rand, dst []byte) (int, error) {
	i := rng.IntN(len(b.clips))
	return b.clips[i].Label, b.Read(ctx, i, 0, dst)
}

func (b *barClips) Read(_ context.Context, i, start int, dst []byte) error {
	rng := rand.New(rand.NewPCG(b.seed+uint64(i), uint64(start)))
	at := 3 + i/3%10
	for j := range dst {
		dst[j] = byte(100 + rng.IntN(30))
		y, x := j/16%16, j%16
		if b.clips[i].Label == 0 && y == at || b.clips[i].Label == 1 && x == at {
			dst[j] = 250
		}
	}
	return nil
}

// endless is a set that is no list.
func endless() classifier.Data {
	source := struct{ datasets.Source }{newBars(3, 4)}
	return classifier.Data{Train: source, Test: source}
}

func barsData() []Data { return []Data{{Split: 1, Train: newBars(45, 6), Test: newBars(24, 6)}} }

func barsConfig() Config {
	c := DefaultConfig()
	c.Labels, c.Classes = []float64{0.25, 1}, []int{2}
	c.Steps, c.Batch, c.Rate, c.Dropout, c.Windows, c.Features, c.Settle = 60, 12, 4e-3, 0.2, 2, 2, 20
	return c
}

func run(t *testing.T, networks []*Network, cfg Config, dir string) *Study {
	t.Helper()
	study, err := Run(t.Context(), openDevice(t), networks, barsData(), cfg, Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	return study
}

// Bars are told apart by every kind of discriminator when all layers learn, and what is left says how.
func TestRun(t *testing.T) {
	networks := []*Network{newNetwork(t, "plain"), newNetwork(t, "norm")}
	if !testing.Short() {
		networks = append(networks, newNetwork(t, "spectral"), newNetwork(t, "noise"))
	}
	dir := t.TempDir()
	study := run(t, networks, barsConfig(), dir)
	if want := len(networks) * 4 * 3; study.Finished != want || study.Total != want {
		t.Errorf("%d of %d cells, want %d", study.Finished, study.Total, want)
	}
	for _, p := range study.Points() {
		if p.Labels == 1 && !p.Method.frozen() && p.Accuracy.Mean < 0.9 {
			t.Errorf("%s, %s, %d classes: accuracy %v, want 0.9 or more of bars that anybody tells apart", p.Model, p.Method, p.Classes, p.Accuracy.Mean)
		}
		if p.Accuracy.Mean > 1 || len(p.Gain.Values) != 1 {
			t.Errorf("%+v", p)
		}
	}
	if err := study.Write(dir, "v1", "a machine"); err != nil {
		t.Fatal(err)
	}
	var results Results
	text, err := os.ReadFile(filepath.Join(dir, "transfer.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &results); err != nil {
		t.Fatal(err)
	}
	if results.Chance != 1./3 || len(results.Points) != study.Total || results.Networks[0].Checkpoint != "checkpoint of plain" || results.Protocol.Steps != 60 || results.Data[0].Train != "bars: 45 bars" {
		t.Errorf("%+v", results)
	}
	for _, name := range []string{"accuracy-labels", "gain-labels", "accuracy-classes", "gain-classes"} {
		for _, ending := range []string{".svg", ".png"} {
			if info, err := os.Stat(filepath.Join(dir, "plots", name+ending)); err != nil || info.Size() < 500 {
				t.Errorf("%s%s: %v", name, ending, err)
			}
		}
	}
	scores, err := eval.ReadResults(dir)
	if err != nil || len(scores) != 4*len(networks) {
		t.Fatalf("%d scores: %v", len(scores), err)
	}
	for i, a := range scores {
		if a.Protocol.Transfer.Steps != 60 || a.Protocol.Samples != 24 || a.Protocol.Reference.Samples != 45 {
			t.Errorf("%+v", a.Protocol)
		}
		for _, b := range scores[:i] {
			comparable := len(eval.Differences(a.Protocol, b.Protocol)) == 0
			if same := a.Protocol.Transfer.Method == b.Protocol.Transfer.Method; comparable != same {
				t.Errorf("%s and %s are compared: %v", a.Name, b.Name, comparable)
			}
		}
	}
	var table bytes.Buffer
	if err := study.WriteText(&table); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"LABELS 1/4", "LABELS ALL", "chance", "33.3", "norm", "fine-tuning", "2 CLASSES", "TIMES THE ACCURACY", "36.7", "52.1", "60 steps of 12 windows, dropout 0.2"} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("no %q in\n%s", want, &table)
		}
	}
}

// Logistic regression sees what the layers have learned: on layers that were taught the bars it is right at once, on the
// same layers at random it is not.
func TestProbeSeesWhatWasLearned(t *testing.T) {
	dev := openDevice(t)
	for kind := range kinds {
		n := newNetwork(t, kind)
		m := &measurement{study: &Study{Config: barsConfig()}, device: dev}
		data := barsData()[0]
		all, teach := []int{0, 1, 2}, planned{Cell: Cell{Method: MethodScratch, Classes: 3, Labels: 1, Seed: 11}, network: n, data: data}
		taught := task{Training: m.study.Config.Training, seed: 11, classes: all, labels: data.Train.Clips(), answers: data.Test.Clips()}
		taught.videos, taught.held = ofClasses(taught.labels, all), ofClasses(taught.answers, all)
		if err := m.onClips(teach, &taught); err != nil {
			t.Fatal(err)
		}
		if _, err := taught.run(t.Context(), dev, func() {}); err != nil {
			t.Fatal(err)
		}
		n.Params = taught.params
		cfg := barsConfig()
		cfg.Methods, cfg.Labels, cfg.Classes = []Method{MethodUntrained, MethodProbe}, []float64{1}, nil
		points := run(t, []*Network{n}, cfg, t.TempDir()).Points()
		if untrained, probe := points[0].Accuracy.Mean, points[1].Accuracy.Mean; probe < 0.95 || untrained >= probe {
			t.Errorf("%s: %v on layers that know bars, %v on random ones, want 0.95 or more, and less", kind, probe, untrained)
		}
	}
}

// A study that is interrupted and gone on with has the numbers of one that was not, and measures nothing twice.
func TestResume(t *testing.T) {
	cfg := barsConfig()
	cfg.Steps, cfg.Repeats = 6, 2
	networks := []*Network{newNetwork(t, "norm")}
	whole := run(t, networks, cfg, t.TempDir())
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	stopAt := func(done, total int, _ string) {
		if done == 7*cfg.Steps+2 {
			cancel()
		}
	}
	study, err := Run(ctx, openDevice(t), networks, barsData(), cfg, Options{Dir: dir, Progress: stopAt})
	if !errors.Is(err, classifier.ErrInterrupted) || study.Finished != 7 {
		t.Fatalf("%d cells: %v", study.Finished, err)
	}
	path := filepath.Join(dir, cellsFile)
	kept, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(kept, `{"cell":{"net`...), 0o600); err != nil { // a line cut by a power loss
		t.Fatal(err)
	}
	steps := 0
	resumed, err := Run(t.Context(), openDevice(t), networks, barsData(), cfg, Options{Dir: dir, Progress: func(int, int, string) { steps++ }})
	if err != nil {
		t.Fatal(err)
	}
	if want := (whole.Total - 7) * cfg.Steps; steps != want {
		t.Errorf("%d steps after the interrupt, want %d", steps, want)
	}
	if diff := cmp.Diff(whole.Points(), resumed.Points()); diff != "" {
		t.Errorf("-whole +resumed:\n%s", diff)
	}
	after, err := os.ReadFile(path)
	if err != nil || !bytes.HasPrefix(after, kept) {
		t.Errorf("finished cells were not kept: %v", err)
	}
	cfg.Rate *= 2
	other, err := newStudy(networks, barsData(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if other.plan[0].Cell == resumed.plan[0].Cell {
		t.Error("another learning rate gives the same cell")
	}
}

// In evaluation a window is judged alike in whatever batch it stands.
func TestJudgedAlone(t *testing.T) {
	dev := openDevice(t)
	data := barsData()[0]
	for kind := range kinds {
		n := newNetwork(t, kind)
		var results []classifier.TestResult
		for _, batch := range []int{2, 7} {
			m := &measurement{study: &Study{Config: barsConfig()}, device: dev}
			p := planned{Cell: Cell{Method: MethodFinetune, Classes: 3, Labels: 1, Seed: 5}, network: n, data: data}
			tk := task{Training: m.study.Config.Training, seed: p.Seed, classes: []int{0, 1, 2}, labels: data.Train.Clips(), answers: data.Test.Clips()}
			tk.Batch, tk.held = batch, ofClasses(tk.answers, tk.classes)
			if err := m.onClips(p, &tk); err != nil {
				t.Fatal(err)
			}
			result, err := tk.judge(t.Context(), dev)
			if err != nil {
				t.Fatal(err)
			}
			results = append(results, result)
		}
		if diff := cmp.Diff(results[0], results[1]); diff != "" || results[0].Videos != 24 || results[0].Clips != 48 {
			t.Errorf("%s: batches of 2 and of 7 differ:\n%s", kind, diff)
		}
	}
}

// Probes leave the layers of the run as they are.
func TestRunLeavesNetworks(t *testing.T) {
	n := newNetwork(t, "norm")
	before := map[string][]float32{}
	for _, p := range n.Params.All() {
		before[p.Name] = append([]float32(nil), p.Value.Float32s()...)
	}
	cfg := barsConfig()
	cfg.Steps, cfg.Labels, cfg.Classes = 3, []float64{1}, nil
	run(t, []*Network{n}, cfg, t.TempDir())
	for _, p := range n.Params.All() {
		if diff := cmp.Diff(before[p.Name], p.Value.Float32s()); diff != "" {
			t.Errorf("%s was changed", p.Name)
		}
	}
}

func TestRunReports(t *testing.T) {
	network := newNetwork(t, "plain")
	wide := newNetwork(t, "plain")
	wide.Shape.Width = 32
	one := newBars(3, 4)
	one.info.Classes = one.info.Classes[:1]
	for _, row := range []struct {
		reason   string
		networks []*Network
		data     []Data
		edit     func(c *Config)
		is       error
		want     string
	}{
		{"no network", nil, barsData(), func(*Config) {}, ErrConfig, "no network"},
		{"clips of another size", []*Network{network}, []Data{{1, &barClips{info: datasets.Info{Classes: []string{"a", "b"}, Channels: 3, Frames: 4, Size: 16}}, newBars(3, 4)}}, func(*Config) {}, ErrConfig, "want the same"},
		{"frames that the network does not see", []*Network{network}, []Data{{1, longer(), longer()}}, func(*Config) {}, datasets.ErrShape, "the data has 1×8×16×16"},
		{"a single class", []*Network{network}, []Data{{1, one, one}}, func(*Config) {}, ErrConfig, "two or more"},
		{"more classes than there are", []*Network{network}, barsData(), func(c *Config) { c.Classes = []int{4} }, ErrConfig, "4 classes"},
		{"a split without clips", []*Network{network}, barsData(), func(c *Config) { c.Splits = []int{2} }, ErrConfig, "split 2"},
		{"no such layer", []*Network{network}, barsData(), func(c *Config) { c.Layer = "c9" }, ErrConfig, "c0, c1"},
		{"an impossible setting", []*Network{network}, barsData(), func(c *Config) { c.Steps = 0 }, ErrConfig, "steps = 0"},
	} {
		cfg, dir := barsConfig(), filepath.Join(t.TempDir(), "study")
		row.edit(&cfg)
		_, err := Run(t.Context(), openDevice(t), row.networks, row.data, cfg, Options{Dir: dir})
		if !errors.Is(err, row.is) || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want in it %q", row.reason, err, row.want)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%s: the folder was made", row.reason)
		}
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, cellsFile), []byte("no cell\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Run(t.Context(), openDevice(t), []*Network{network}, barsData(), barsConfig(), Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "line 1") {
		t.Errorf("a damaged file of cells: %v", err)
	}
}

func longer() *barClips {
	b := newBars(6, 8)
	b.info.Frames = 8
	return b
}

// Points are means over splits, then a mean and a deviation over repeats; a repeat without all its splits is no value.
func TestPoints(t *testing.T) {
	a, b := newNetwork(t, "plain"), newNetwork(t, "plain")
	b.Run, b.Checkpoint = "plain-seed2", "another checkpoint"
	cfg := barsConfig()
	cfg.Labels, cfg.Classes, cfg.Methods, cfg.Splits = []float64{1}, nil, []Method{MethodScratch, MethodFinetune}, []int{1, 2}
	data := append(barsData(), Data{Split: 2, Train: newBars(45, 6), Test: newBars(24, 6)})
	s, err := newStudy([]*Network{a, b}, data, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if s.Total != 8 || s.network("plain", 0, 2) != a || s.network("plain", 1, 1) != b || s.network("plain", 2, 1) != nil {
		t.Fatalf("%d cells", s.Total)
	}
	s.ledger = &ledger{of: map[Cell]record{}}
	accuracies := map[int]map[Method][]float64{ // by repeat: of splits 1 and 2
		0: {MethodScratch: {0.4, 0.6}, MethodFinetune: {0.5, 0.7}},
		1: {MethodScratch: {0.2, 0.6}, MethodFinetune: {0.8, 0.8}},
	}
	for _, p := range s.plan {
		r := record{Cell: p.Cell, Videos: 10 * p.Split}
		r.Test.VideoAccuracy = accuracies[p.repeat][p.Method][p.Split-1]
		s.ledger.of[p.Cell] = r
	}
	points := s.Points()
	if len(points) != 2 {
		t.Fatalf("%+v", points)
	}
	near := func(got, want float64) bool { return got > want-1e-9 && got < want+1e-9 }
	scratch, tuned := points[0], points[1]
	if !near(scratch.Accuracy.Mean, 0.45) || !near(tuned.Accuracy.Mean, 0.7) || !near(tuned.Accuracy.Std, 0.1414213562373095) || scratch.Videos != 15 {
		t.Errorf("%+v and %+v", scratch, tuned)
	}
	if !near(tuned.Gain.Mean, (1.2+2)/2) || !near(scratch.Gain.Mean, 1) || scratch.Gain.Std != 0 {
		t.Errorf("gains %+v and %+v: each repeat is compared with its own", tuned.Gain, scratch.Gain)
	}
	if second := tuned.BySplit[1]; second.Split != 2 || !near(second.Accuracy.Mean, 0.75) || !near(second.Gain.Mean, (0.7/0.6+0.8/0.6)/2) {
		t.Errorf("split 2 by itself: %+v", second)
	}
	delete(s.ledger.of, s.plan[len(s.plan)-1].Cell)
	if points = s.Points(); len(points[1].Accuracy.Values) != 1 || len(points[0].Accuracy.Values) != 2 {
		t.Errorf("a repeat counts without one of its splits: %+v", points)
	}
}
