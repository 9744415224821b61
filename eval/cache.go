package eval

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// FeatureKey is all that decides features, and with it the name of the file that keeps them. What comes after the
// features (ε, splits, neighbours) is not in it, so that several measures share one file; nor is their number: clip i of
// a seed is always the same, and a longer measurement goes on where a shorter one ended.
type FeatureKey struct {
	Classifier Classifier `json:"classifier"`
	Input      Input      `json:"input"`
	Subject    Subject    `json:"subject"`           // whose clips
	Dataset    string     `json:"dataset,omitempty"` // for real clips
	Split      string     `json:"split,omitempty"`
	Repeat     int        `json:"repeat"` // from 0
	Seed       uint64     `json:"seed"`
	Version    string     `json:"version"`
}

// GeneratedKey is the key of the features of what is scored, in a repeat from 0.
func (p Protocol) GeneratedKey(repeat int) FeatureKey {
	return FeatureKey{Classifier: p.Classifier, Input: p.Input, Subject: p.Subject, Repeat: repeat, Seed: p.Seed, Version: p.Version}
}

// ReferenceKey is the key of the features of the reference's clips, whatever they are compared with.
func (p Protocol) ReferenceKey() FeatureKey {
	return FeatureKey{Classifier: p.Classifier, Input: p.Input, Subject: Subject{Kind: "real", Checkpoint: p.Reference.IndexHash},
		Dataset: p.Reference.Dataset, Split: p.Reference.Split, Seed: p.Seed, Version: p.Version}
}

// Hash is SHA-256 of the key's JSON in hexadecimal.
func (k FeatureKey) Hash() string { return hashJSON(k) }

// Cache is a folder of features: for each key HASH.npy, N×D float32 as NumPy writes it, and HASH.json, which holds the key
// and the hash of the array. The JSON is written last: features without it are not there.
type Cache string

// cacheEntry is the JSON beside the features.
type cacheEntry struct {
	Key    FeatureKey `json:"key"`
	Rows   int        `json:"rows"`
	Dims   int        `json:"dims"`
	SHA256 string     `json:"sha256"` // of the .npy file
}

func (c Cache) path(k FeatureKey, extension string) string {
	return filepath.Join(string(c), k.Hash()+extension)
}

// Load reads the features of a key; found is false where there are none. ErrFormat: there are, but they are damaged or of
// another key: remove the file that the error names and measure again.
func (c Cache) Load(k FeatureKey) (f Features, found bool, err error) {
	text, err := os.ReadFile(c.path(k, ".json"))
	if errors.Is(err, fs.ErrNotExist) {
		return Features{}, false, nil
	}
	if err == nil {
		f, err = c.load(k, text)
	}
	if err != nil {
		return Features{}, false, fmt.Errorf("eval: load features %s: %w", c.path(k, ".json"), err)
	}
	return f, true, nil
}

func (c Cache) load(k FeatureKey, text []byte) (Features, error) {
	var entry cacheEntry
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&entry); err != nil {
		return Features{}, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if entry.Key != k {
		return Features{}, fmt.Errorf("%w: it belongs to another protocol", ErrFormat)
	}
	data, err := os.ReadFile(c.path(k, ".npy"))
	if err != nil {
		return Features{}, err
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != entry.SHA256 {
		return Features{}, fmt.Errorf("%w: the array is not the one that was stored", ErrFormat)
	}
	f, err := decodeNPY(data)
	if err == nil && (f.Rows != entry.Rows || f.Dims != entry.Dims) {
		err = fmt.Errorf("%w: features %v, want %d×%d", ErrFormat, f, entry.Rows, entry.Dims)
	}
	return f, err
}

// Store keeps the features of a key, and makes the folder where there is none. ErrShape, ErrValue: incomplete features, or
// numbers that are not finite.
func (c Cache) Store(k FeatureKey, f Features) error {
	err := f.check(1)
	if err == nil {
		err = os.MkdirAll(string(c), 0o755)
	}
	if err == nil {
		err = c.store(k, f)
	}
	if err != nil {
		return fmt.Errorf("eval: store features %v in %s: %w", f, string(c), err)
	}
	return nil
}

func (c Cache) store(k FeatureKey, f Features) error {
	data := encodeNPY(f)
	sum := sha256.Sum256(data)
	text, err := json.MarshalIndent(cacheEntry{Key: k, Rows: f.Rows, Dims: f.Dims, SHA256: hex.EncodeToString(sum[:])}, "", "  ")
	if err != nil {
		return err
	}
	if err := writeFile(c.path(k, ".npy"), data); err != nil {
		return err
	}
	return writeFile(c.path(k, ".json"), append(text, '\n'))
}
