package experiments

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// stand writes a run folder with some settings and a few records.
func stand(t *testing.T, folder Folder, experiment string, settings ...string) {
	t.Helper()
	of, err := Lookup(experiment)
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := Settings{Set: settings}.Configure(of)
	if err != nil {
		t.Fatal(err)
	}
	if err := folder.create(); err != nil {
		t.Fatal(err)
	}
	if err := writeConfig(folder, cfg, Origin{Experiment: experiment, Clips: 1600, Dataset: "digits"}); err != nil {
		t.Fatal(err)
	}
	log, _, err := openMetrics(folder.Metrics(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer log.close()
	for step := 10; step <= 100; step += 10 {
		record := Record{{"step", float64(step)}, {"clips", float64(16 * step)}, {"epoch", float64(step) / 100},
			{"loss/d", float64(cfg.Shared().Seed) + 1/float64(step)}, {"sigma_max/dis/c0", 1}, {"sigma_max/dis/c1", float64(step)}}
		if err := log.append(record); err != nil {
			t.Fatal(err)
		}
	}
}

func TestGroupRuns(t *testing.T) {
	dir := t.TempDir()
	tests := []struct {
		run, experiment string
		settings        []string
		group, reason   string
	}{
		{"sn-seed1", "tgan-small", []string{"seed=1", "gan.constraint.kind=spectral_norm"}, "sn (2 seeds)", "the first of a group"},
		{"r1-seed1", "tgan-small", []string{"seed=1"}, "r1 (3 seeds)", "another constraint"},
		{"sn-seed2", "tgan-small", []string{"seed=2", "gan.constraint.kind=spectral_norm"}, "sn (2 seeds)", "only the seed differs"},
		{"r1-seed20", "tgan-small", []string{"seed=20", "train.steps=99", "data.workers=2"}, "r1 (3 seeds)", "how far it goes and how many draw its data change no number"},
		{"r1-seed2", "tgan-small", []string{"seed=2", "train.tensorboard=false"}, "r1 (3 seeds)", "nor does what it leaves behind"},
		{"again", "tgan-small", []string{"seed=1"}, "again", "no second run of one seed"},
		{"vgan", "vgan-small", []string{"seed=5"}, "vgan", "another experiment"},
	}
	want, got := map[string]string{}, map[string]string{}
	var folders []Folder
	for _, test := range tests {
		folder := Folder(filepath.Join(dir, test.run))
		stand(t, folder, test.experiment, test.settings...)
		folders = append(folders, folder)
		want[test.run] = fmt.Sprintf("%s: %s", test.group, test.reason)
	}
	groups, err := GroupRuns(folders)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range groups {
		for _, folder := range g.Runs {
			for _, test := range tests {
				if name := filepath.Base(string(folder)); name == test.run {
					got[name] = fmt.Sprintf("%s: %s", g.label(), test.reason)
				}
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
	if runs := groups[1].Runs; len(runs) != 3 || filepath.Base(string(runs[2])) != "r1-seed20" {
		t.Errorf("runs of a group are not in the order of their seeds: %v", runs)
	}
}

func TestNameHistories(t *testing.T) {
	tests := []struct {
		paths, want []string
		reason      string
	}{
		{[]string{"runs/a", "runs/b"}, []string{"a", "b"}, "the folder's own name does"},
		{[]string{"x/a", "y/a/"}, []string{"x/a", "y/a"}, "two folders of one name"},
		{[]string{"x/a", "x/a"}, nil, "one folder twice: whatever, but it ends"},
	}
	for _, test := range tests {
		var histories []*history
		for _, path := range test.paths {
			histories = append(histories, &history{folder: Folder(path)})
		}
		nameHistories(histories)
		for i, want := range test.want {
			if histories[i].name != want {
				t.Errorf("%s: %s is called %s, want %s", test.reason, test.paths[i], histories[i].name, want)
			}
		}
	}
}
