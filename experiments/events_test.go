package experiments

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
)

// A run leaves an event file for TensorBoard each time it begins, none when that is off.
func TestEventsOfARun(t *testing.T) {
	experiment, cfg := shrunk(t, "vgan-small", 2)
	folder := Folder(filepath.Join(t.TempDir(), "run"))
	train := func(o TrainOptions) []string {
		t.Helper()
		o.Folder = folder
		if _, err := Train(context.Background(), experiment, cfg, o); err != nil {
			t.Fatal(err)
		}
		files, err := filepath.Glob(filepath.Join(folder.TensorBoard(), "events.out.tfevents.*"))
		if err != nil {
			t.Fatal(err)
		}
		return files
	}
	if files := train(TrainOptions{}); len(files) != 0 {
		t.Fatalf("off, and yet there are %v", files)
	}
	folder = Folder(filepath.Join(t.TempDir(), "run"))
	cfg.Train.TensorBoard = true
	train(TrainOptions{})
	cfg.Train.Steps = 3
	files := train(TrainOptions{Resume: true})
	if len(files) != 2 {
		t.Fatalf("after one resumption: %v, want two files", files)
	}
	sheet, err := os.ReadFile(folder.samples("step-000003-output-foreground-mask-background.png"))
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(files[1])
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]byte{"a metric": []byte("loss/d"), "the sheet's name": []byte("samples/averaged-output-foreground-mask-background"), "the sheet": sheet} {
		if !bytes.Contains(data, want) {
			t.Errorf("%s lacks %s", files[1], name)
		}
	}
}
