package experiments

import (
	"errors"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseStep(t *testing.T) {
	tests := []struct {
		name string
		step int
		ok   bool
	}{
		{"step-000500.safetensors", 500, true},
		{"step-1234567.safetensors", 1234567, true},
		{"latest.safetensors", 0, false},
		{"step-000500.safetensors.tmp", 0, false},
		{"step-.safetensors", 0, false},
		{"step--00005.safetensors", 0, false},
		{".tmp-step-000500.safetensors-1", 0, false},
	}
	for _, test := range tests {
		if step, ok := parseStep(test.name, checkpointExtension); step != test.step || ok != test.ok {
			t.Errorf("%s: %d %v, want %d %v", test.name, step, ok, test.step, test.ok)
		}
	}
}

func TestPrune(t *testing.T) {
	tests := []struct {
		newest, every int
		want          []int
		reason        string
	}{
		{2, 0, []int{70, 60}, "only the newest"},
		{2, 30, []int{70, 60, 30}, "and the multiples"},
		{100, 0, []int{70, 60, 50, 40, 30, 20, 10}, "fewer than may stay"},
	}
	for _, test := range tests {
		folder := Folder(t.TempDir())
		if err := folder.create(); err != nil {
			t.Fatal(err)
		}
		for step := 10; step <= 70; step += 10 {
			if err := writeBytes(folder.Checkpoint(step), []byte{byte(step)}); err != nil {
				t.Fatal(err)
			}
			if err := linkFile(folder.Checkpoint(step), folder.Latest()); err != nil {
				t.Fatal(err)
			}
		}
		if err := folder.prune(test.newest, test.every); err != nil {
			t.Fatal(err)
		}
		got, err := folder.Checkpoints()
		if err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%s: %v stay (%v), want %v", test.reason, got, err, test.want)
		}
		if latest, err := os.ReadFile(folder.Latest()); err != nil || latest[0] != 70 {
			t.Errorf("%s: latest is %v, %v", test.reason, latest, err)
		}
	}
}

func TestLinkFile(t *testing.T) {
	folder := Folder(t.TempDir())
	if err := folder.create(); err != nil {
		t.Fatal(err)
	}
	if err := writeBytes(folder.Checkpoint(1), []byte("one")); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time both names are of one file already
		if err := linkFile(folder.Checkpoint(1), folder.Latest()); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := os.ReadDir(string(folder) + "/checkpoints")
	if err != nil || len(entries) != 2 {
		t.Errorf("%v, %v: want the checkpoint and its second name alone", entries, err)
	}
	if err := linkFile(folder.Checkpoint(2), folder.Latest()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("linking what is not there: %v", err)
	}
	if got, err := os.ReadFile(folder.Latest()); err != nil || string(got) != "one" {
		t.Errorf("after a failed link latest is %q, %v", got, err)
	}
}

func TestCourseOfAReport(t *testing.T) {
	folder := Folder(t.TempDir())
	if err := folder.create(); err != nil {
		t.Fatal(err)
	}
	for step := 1; step <= 20; step++ {
		if err := writeBytes(folder.samples(stepName(step)+".png"), nil); err != nil {
			t.Fatal(err)
		}
		if err := writeBytes(folder.samples(stepName(step)+rawSuffix+".png"), nil); err != nil {
			t.Fatal(err)
		}
	}
	sheets, err := reportCourse(folder)
	if err != nil {
		t.Fatal(err)
	}
	var captions []string
	for _, sheet := range sheets {
		captions = append(captions, sheet.Caption)
	}
	if diff := cmp.Diff([]string{"step 3", "step 6", "step 10", "step 13", "step 16", "step 20"}, captions); diff != "" {
		t.Error(diff)
	}
}
