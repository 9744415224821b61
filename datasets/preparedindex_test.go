package datasets

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const goodIndex = `{"format":"videogan-prepared","version":1,"dataset":"ucf101","size":8,"preprocess":"centre","fps":0,"complete":true,"classes":["A","B"]}
{"file":"A/1.avi","class":"A","group":1,"shard":0,"start":0,"length":20,"bytes":99}
{"file":"B/2.avi","class":"B","group":2,"shard":0,"start":20,"length":5,"bytes":99}
{"file":"B/3.avi","class":"B","shard":0,"start":0,"length":0,"bytes":0,"skipped":"empty"}
`

func TestPreparedIndexRoundTrip(t *testing.T) {
	want, err := parsePreparedIndex(strings.NewReader(goodIndex))
	if err != nil {
		t.Fatal(err)
	}
	if len(want.clips) != 3 || want.shards() != 1 || !want.Complete || want.clips[1].Start != 20 {
		t.Errorf("got %+v", want)
	}
	dir := t.TempDir()
	if err := want.write(dir); err != nil {
		t.Fatal(err)
	}
	got, err := readPreparedIndex(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(preparedIndex{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestBadPreparedIndex(t *testing.T) {
	change := func(old, new string) string { return strings.Replace(goodIndex, old, new, 1) }
	for _, row := range []struct{ reason, text, message string }{
		{"empty", "", "it is empty"},
		{"another format", change("videogan-prepared", "other"), `line 1: format "other"`},
		{"a later version", change(`"version":1`, `"version":2`), "version 2"},
		{"no size", change(`"size":8`, `"size":0`), "line 1"},
		{"an unknown preprocessing", change("centre", "left"), "line 1"},
		{"half a line", goodIndex[:len(goodIndex)-30], "line 4"},
		{"no file", change("A/1.avi", ""), "line 2: a clip without a file"},
		{"a file twice", change("B/2.avi", "A/1.avi"), "line 3: A/1.avi stands there twice"},
		{"a negative start", change(`"start":20`, `"start":-1`), "line 3"},
		{"no length", change(`"length":5`, `"length":0`), "line 3"},
		{"a negative shard", change(`"shard":0`, `"shard":-1`), "line 2"},
		{"an unknown class", change(`"class":"B"`, `"class":"C"`), `line 3: B/2.avi: class "C"`},
	} {
		if _, err := parsePreparedIndex(strings.NewReader(row.text)); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), row.message) {
			t.Errorf("%s: got %v, want ErrFormat with %q", row.reason, err, row.message)
		}
	}
}

func FuzzPreparedIndex(f *testing.F) {
	f.Add([]byte(goodIndex))
	f.Add([]byte("{}\n"))
	f.Add([]byte(strings.Split(goodIndex, "\n")[0]))
	f.Fuzz(func(t *testing.T, data []byte) {
		index, err := parsePreparedIndex(bytes.NewReader(data))
		if err != nil {
			if !errors.Is(err, ErrFormat) {
				t.Errorf("an error of another kind: %v", err)
			}
			return
		}
		// Whatever is accepted can be selected from, and its shards looked for, without a panic.
		c, byFile := index.catalogue(t.TempDir())
		if _, err := (Selection{}).from(c); err != nil && !errors.Is(err, ErrNoClips) {
			t.Errorf("selecting: %v", err)
		}
		for _, place := range byFile {
			if place.Skipped == "" {
				if _, err := mapShards(c.Root, index.Size, []preparedClip{place}); err == nil {
					t.Error("a shard was found in an empty folder")
				}
			}
		}
	})
}
