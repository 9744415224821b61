package experiments

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestRecordKeepsOrderAndBits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfDistinct(rapid.String(), rapid.ID[string]).Draw(t, "names")
		var record, want Record
		for _, name := range names {
			m := Metric{strings.ToValidUTF8(name, "?"), rapid.Float64().Draw(t, "value")}
			record = append(record, m)
			if !math.IsNaN(m.Value) && !math.IsInf(m.Value, 0) { // those are null, and left out
				want = append(want, m)
			}
		}
		text, err := json.Marshal(record)
		if err != nil {
			t.Fatal(err)
		}
		var back Record
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, back); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestReadRecords(t *testing.T) {
	tests := []struct {
		text, err string
		records   int
		reason    string
	}{
		{"", "", 0, "nothing logged yet"},
		{"{\"step\":1}\n{\"step\":2}\n", "", 2, "whole lines"},
		{"{\"step\":1}\n{\"step\":2", "", 1, "the last line was cut short"},
		{"{\"step\":1}\n{\"step\":2}", "", 1, "a line without its end may be cut short inside a number"},
		{"{\"step\":1}\nhello\n", "line 2: ", 1, "not JSON"},
		{"[1]\n", "line 1: want an object of numbers", 0, "JSON, but no object"},
		{"{\"step\":\"one\"}\n", "line 1: step: ", 0, "a text for a number"},
	}
	for _, test := range tests {
		records, err := readRecords(strings.NewReader(test.text))
		if test.err == "" && (err != nil || len(records) != test.records) {
			t.Errorf("%s: %d records, %v; want %d", test.reason, len(records), err, test.records)
		}
		if test.err != "" && (err == nil || !strings.HasPrefix(err.Error(), test.err)) {
			t.Errorf("%s: error %v, want %q", test.reason, err, test.err)
		}
	}
}

func FuzzReadRecords(f *testing.F) {
	f.Add([]byte("{\"step\":1,\"loss/d\":null}\n{\"step\":2}\n"))
	f.Add([]byte("{}\n[\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		records, err := readRecords(bytes.NewReader(text))
		if err != nil {
			return
		}
		for _, record := range records {
			line, err := json.Marshal(record)
			if err != nil {
				t.Fatalf("%v cannot be written again: %v", record, err)
			}
			var back Record
			if err := json.Unmarshal(line, &back); err != nil || !cmp.Equal(record, back) {
				t.Fatalf("%v became %v: %v", record, back, err)
			}
		}
	})
}

func TestMetricsAreCutBackToTheCheckpoint(t *testing.T) {
	path := filepath.Join(t.TempDir(), "metrics.jsonl")
	log, _, err := openMetrics(path, 0)
	if err != nil {
		t.Fatal(err)
	}
	for step := 1; step <= 5; step++ {
		if err := log.append(Record{{"step", float64(step)}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := log.close(); err != nil {
		t.Fatal(err)
	}
	log, records, err := openMetrics(path, 3)
	if err != nil {
		t.Fatal(err)
	}
	if len(records) != 3 {
		t.Errorf("%d records kept, want 3", len(records))
	}
	if err := errors.Join(log.append(Record{{"step", 4}}), log.sync(), log.close()); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := "{\"step\":1}\n{\"step\":2}\n{\"step\":3}\n{\"step\":4}\n"; string(got) != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWriteFileIsWholeOrNotAtAll(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	if err := writeBytes(path, []byte("first")); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("the disk is full")
	err := writeFile(path, func(w io.Writer) error {
		_, _ = w.Write([]byte("half of the sec"))
		return broken
	})
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v: want the cause and the path", err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "first" {
		t.Errorf("after a failed write: %q, %v", got, err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("a failed write left %v, %v", entries, err)
	}
}
