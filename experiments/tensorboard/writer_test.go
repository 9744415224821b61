package tensorboard

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// values reads one field of a message wherever it stands.
func values(t *testing.T, message []byte, field protowire.Number) (found [][]byte) {
	t.Helper()
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		size := protowire.ConsumeFieldValue(number, kind, message[max(n, 0):])
		if n < 0 || size < 0 {
			t.Fatalf("not a message: %x", message)
		}
		value := message[n : n+size]
		if kind == protowire.BytesType {
			value, _ = protowire.ConsumeBytes(value)
		}
		if number == field {
			found = append(found, value)
		}
		message = message[n+size:]
	}
	return found
}

func number(t *testing.T, message []byte, field protowire.Number) int {
	t.Helper()
	found := values(t, message, field)
	if len(found) == 0 {
		return 0
	}
	n, _ := protowire.ConsumeVarint(found[0])
	return int(n)
}

// shown are the steps that TensorBoard shows of a tag after it has read a folder: those of
// all files in the order of their names, where a session's start discards its step and later.
func shown(t *testing.T, dir, tag string) (steps []int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*tfevents*"))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(files)
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		records, err := readRecords(data)
		if err != nil && !errors.Is(err, errCut) {
			t.Fatalf("%s: %v", file, err)
		}
		for i, record := range records {
			if version := values(t, record, eventVersion); (i == 0) != (len(version) == 1) || i == 0 && string(version[0]) != "brain.Event:2" {
				t.Fatalf("%s: event %d has version %q", file, i, version)
			}
			step := number(t, record, eventStep)
			if session := values(t, record, eventSession); len(session) > 0 && number(t, session[0], sessionStatus) == sessionStart {
				steps = slices.DeleteFunc(steps, func(s int) bool { return s >= step })
			}
			for _, summary := range values(t, record, eventSummary) {
				for _, value := range values(t, summary, summaryValue) {
					if string(values(t, value, valueTag)[0]) == tag {
						steps = append(steps, step)
					}
				}
			}
		}
	}
	return steps
}

// A run that is killed in the middle of a write, past its newest checkpoint, and resumed shows
// every step once.
func TestResumedStepsStandOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tensorboard")
	write := func(first, last int) {
		w, err := Create(dir, first)
		if err != nil {
			t.Fatal(err)
		}
		for step := first; step <= last; step++ {
			err = errors.Join(err, w.Scalars(step, time.Now(), []Scalar{{"loss/d", float64(step)}, {"loss/g", 1}}))
		}
		if err := errors.Join(err, w.Scalars(last, time.Now(), nil), w.Sync(), w.Close()); err != nil {
			t.Fatal(err)
		}
	}
	write(1, 9)
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v: want one file", files, err)
	}
	info, err := os.Stat(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(files[0], info.Size()-5); err != nil {
		t.Fatal(err)
	}
	if got := shown(t, dir, "loss/g"); !slices.Equal(got, []int{1, 2, 3, 4, 5, 6, 7, 8}) {
		t.Errorf("after the kill: %v", got)
	}
	write(6, 7) // at once: within the same second
	write(8, 10)
	if got := shown(t, dir, "loss/d"); !slices.Equal(got, []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}) {
		t.Errorf("after two resumptions: %v", got)
	}
}

func TestFilesFollowEachOther(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"events.out.tfevents.9999999998.host.1.v2", "events.out.tfevents.x", "other"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w, err := Create(dir, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if _, err := os.Stat(filepath.Join(dir, "events.out.tfevents.9999999999.videogan")); err != nil {
		t.Errorf("beside a file from the future: %v", err)
	}
}

func TestPNG(t *testing.T) {
	dir := t.TempDir()
	w, err := Create(dir, 1)
	if err != nil {
		t.Fatal(err)
	}
	bounds := image.Rect(0, 0, 7, 5)
	tests := []struct {
		picture image.Image
		colours int
	}{
		{image.NewGray(bounds), 1}, {opaque(bounds), 3}, {image.NewNRGBA(bounds), 4}, {image.NewPaletted(bounds, color.Palette{color.Black}), 3},
	}
	var files [][]byte
	for _, test := range tests {
		var file bytes.Buffer
		if err := errors.Join(png.Encode(&file, test.picture), w.PNG(300, time.Now(), "samples", file.Bytes())); err != nil {
			t.Fatal(err)
		}
		files = append(files, file.Bytes())
	}
	if err := w.PNG(300, time.Now(), "samples", []byte("GIF89a")); err == nil || !strings.Contains(err.Error(), "samples of step 300") {
		t.Errorf("no PNG: %v, want an error that names the picture", err)
	}
	data, err := os.ReadFile(w.file.Name())
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	records, err := readRecords(data)
	if err != nil || len(records) != 2+len(tests) {
		t.Fatalf("%d records, %v", len(records), err)
	}
	for i, record := range records[2:] {
		picture := values(t, values(t, values(t, record, eventSummary)[0], summaryValue)[0], valueImage)[0]
		got := [3]int{number(t, picture, imageWidth), number(t, picture, imageHeight), number(t, picture, imageColours)}
		if want := [3]int{7, 5, tests[i].colours}; got != want || !bytes.Equal(values(t, picture, imageBytes)[0], files[i]) {
			t.Errorf("picture %d: width, height, colours %v, want %v, and its file", i, got, want)
		}
	}
}

func opaque(bounds image.Rectangle) image.Image {
	picture := image.NewRGBA(bounds)
	for i := range picture.Pix {
		picture.Pix[i] = 0xff
	}
	return picture
}

func TestCreateReports(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(path, 1); err == nil || !strings.HasPrefix(err.Error(), "tensorboard: create event file: ") {
		t.Errorf("a folder that is a file: %v", err)
	}
}
