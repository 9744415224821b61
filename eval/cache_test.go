package eval

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"

	"codeberg.org/sbinet/npyio"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestCache(t *testing.T) {
	cache := Cache(filepath.Join(t.TempDir(), "features"))
	p := sampleResult(1, 5, func(p *Protocol) {
		p.Reference = Reference{Dataset: "ucf101", IndexHash: "ff", Split: "trainlist01.txt", Samples: 7}
	}).Protocol
	generated, reference := normalRows(1, 5, 3, 1), normalRows(2, 7, 3, 1)
	if _, found, err := cache.Load(p.GeneratedKey(0)); found || err != nil {
		t.Errorf("an empty cache: %v, %v", found, err)
	}
	if err := cache.Store(p.GeneratedKey(0), generated); err != nil {
		t.Fatal(err)
	}
	if err := cache.Store(p.ReferenceKey(), reference); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[FeatureKey]Features{p.GeneratedKey(0): generated, p.ReferenceKey(): reference} {
		got, found, err := cache.Load(key)
		if err != nil || !found {
			t.Fatalf("stored features: %v, %v", found, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
	tests := []struct {
		reason string
		change func(*Protocol)
		repeat int
		found  bool
	}{
		{"ε comes after the features", func(p *Protocol) { p.Epsilon = 1e-7 }, 0, true},
		{"splits, too", func(p *Protocol) { p.Splits = 10 }, 0, true},
		{"another repeat", func(p *Protocol) {}, 1, false},
		{"another checkpoint", func(p *Protocol) { p.Subject.Checkpoint = "00" }, 0, false},
		{"the raw generator", func(p *Protocol) { p.Subject.Kind = "raw" }, 0, false},
		{"another program", func(p *Protocol) { p.Version = "v0.2.0" }, 0, false},
		{"dropout", func(p *Protocol) { p.Classifier.Mode = ModeDropout }, 0, false},
		{"another resize", func(p *Protocol) { p.Input.Resize = ResizeBilinear }, 0, false},
		{"another seed", func(p *Protocol) { p.Seed++ }, 0, false},
	}
	for _, test := range tests {
		changed := p
		test.change(&changed)
		if _, found, err := cache.Load(changed.GeneratedKey(test.repeat)); found != test.found || err != nil {
			t.Errorf("%s: found %v, %v", test.reason, found, err)
		}
	}
	f, err := os.Open(cache.path(p.ReferenceKey(), ".npy"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var foreign []float32
	if err := npyio.Read(f, &foreign); err != nil || cmp.Diff(reference.Data, foreign) != "" {
		t.Errorf("another reader of .npy: %v, %v", foreign, err)
	}
}

func TestCacheFindsDamage(t *testing.T) {
	p := sampleResult(1, 5, nil).Protocol
	key, other := p.GeneratedKey(0), p.GeneratedKey(1)
	tests := map[string]func(t *testing.T, c Cache){
		"a changed number": func(t *testing.T, c Cache) {
			rewrite(t, c.path(key, ".npy"), func(b []byte) []byte { b[len(b)-2] ^= 1; return b })
		},
		"a shorter array": func(t *testing.T, c Cache) {
			rewrite(t, c.path(key, ".npy"), func(b []byte) []byte { return b[:len(b)-4] })
		},
		"no JSON": func(t *testing.T, c Cache) { rewrite(t, c.path(key, ".json"), func([]byte) []byte { return nil }) },
		"features of another key": func(t *testing.T, c Cache) {
			if err := c.Store(other, normalRows(1, 2, 2, 1)); err != nil {
				t.Fatal(err)
			}
			for _, extension := range []string{".npy", ".json"} {
				if err := os.Rename(c.path(other, extension), c.path(key, extension)); err != nil {
					t.Fatal(err)
				}
			}
		},
	}
	for name, damage := range tests {
		t.Run(name, func(t *testing.T) {
			c := Cache(t.TempDir())
			if err := c.Store(key, normalRows(1, 2, 2, 1)); err != nil {
				t.Fatal(err)
			}
			damage(t, c)
			if _, found, err := c.Load(key); found || !errors.Is(err, ErrFormat) {
				t.Errorf("found %v, %v, want ErrFormat", found, err)
			}
		})
	}
	c := Cache(t.TempDir())
	if err := c.Store(key, Features{1, 1, []float32{float32(math.NaN())}}); !errors.Is(err, ErrValue) {
		t.Errorf("stored what is no number: %v", err)
	}
	if err := c.Store(key, normalRows(1, 2, 2, 1)); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(c.path(key, ".json")); err != nil {
		t.Fatal(err)
	}
	if _, found, err := c.Load(key); found || err != nil {
		t.Errorf("an array whose JSON was never written: found %v, %v", found, err)
	}
}

func rewrite(t *testing.T, path string, change func([]byte) []byte) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, change(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestNPYProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dims := rapid.IntRange(1, 5).Draw(t, "dims")
		f := Features{Rows: rapid.IntRange(1, 5).Draw(t, "rows"), Dims: dims}
		f.Data = rapid.SliceOfN(rapid.Float32(), f.Rows*dims, f.Rows*dims).Draw(t, "data")
		if f.check(1) != nil { // not finite
			t.Skip()
		}
		file := encodeNPY(f)
		got, err := decodeNPY(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(f, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		if begin := len(file) - 4*len(f.Data); begin%npyAlign != 0 {
			t.Errorf("the array begins at %d, not a multiple of %d", begin, npyAlign)
		}
	})
}

// What is decoded is encoded to the same array.
func FuzzDecodeNPY(f *testing.F) {
	whole := encodeNPY(Features{2, 3, []float32{1, 2, 3, 4, 5, 6}})
	f.Add(whole)
	f.Add(whole[:70])
	f.Add(bytes.Replace(whole, []byte("(2, 3)"), []byte("(3, 2)"), 1))
	f.Add(bytes.Replace(whole, []byte("<f4"), []byte("<f8"), 1))
	f.Add([]byte(npyMagic))
	f.Fuzz(func(t *testing.T, data []byte) {
		features, err := decodeNPY(data)
		if err != nil {
			if !errors.Is(err, ErrFormat) {
				t.Errorf("not ErrFormat: %v", err)
			}
			return
		}
		again, err := decodeNPY(encodeNPY(features))
		if err != nil || cmp.Diff(features, again) != "" {
			t.Errorf("decoded %v, then %v, %v", features, again, err)
		}
	})
}
