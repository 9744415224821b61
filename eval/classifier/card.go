package classifier

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"videogan/eval/weights"
	"videogan/nn"
	"videogan/nn/exec"
)

// Files in a classifier's folder.
const (
	weightsFile  = "classifier.safetensors"
	cardFile     = "classifier.json"
	trainingFile = "training.safetensors" // what a resumed training needs beside
	metricsFile  = "metrics.jsonl"
	plotsFolder  = "plots"
)

// cardFormat names the layout of a card.
const cardFormat = "videogan-classifier-v1"

// Card describes a trained classifier: it stands beside the weights as JSON.
type Card struct {
	Format  string     `json:"format"`
	Config  Config     `json:"config"`
	Dataset string     `json:"dataset"` // kind, and what of it was trained on
	Tested  string     `json:"tested"`  // what of it was tested on
	Classes []string   `json:"classes"`
	Step    int        `json:"step"`
	Test    TestResult `json:"test"`
	SHA256  string     `json:"sha256"` // of the file of the weights
}

// save writes weights and card of a folder.
func (c Card) save(dir string, params *nn.Params) error {
	path := filepath.Join(dir, weightsFile)
	if err := weights.WriteSafetensors(path, weights.FromParams(params), map[string]string{"format": cardFormat}); err != nil {
		return err
	}
	var err error
	if c.SHA256, err = weights.FileSHA256(path); err != nil {
		return err
	}
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return fmt.Errorf("classifier: write card: %w", err)
	}
	return writeFile(filepath.Join(dir, cardFile), append(text, '\n'))
}

// readFile reads one file of a classifier: of its folder, or of one that is built in.
func readFile(classifier, file string) ([]byte, error) {
	if name, ok := strings.CutPrefix(classifier, PretrainedPrefix); ok {
		return pretrained(name, file)
	}
	return os.ReadFile(filepath.Join(classifier, file))
}

// ReadCard reads the card of a classifier's folder, or of one that is built in ("pretrained:NAME"). ErrFormat: it is none.
func ReadCard(dir string) (Card, error) {
	text, err := readFile(dir, cardFile)
	if errors.Is(err, fs.ErrNotExist) {
		return Card{}, fmt.Errorf("classifier: %s is no folder of a classifier (train one into it by 'videogan classifier train --out %s'): %w", dir, dir, err)
	}
	if err != nil {
		return Card{}, fmt.Errorf("classifier: read card: %w", err)
	}
	var card Card
	if err := json.Unmarshal(text, &card); err != nil {
		return Card{}, fmt.Errorf("classifier: %s: %s: %w: %w", dir, cardFile, ErrFormat, err)
	}
	if card.Format != cardFormat || len(card.Classes) != card.Config.Network.Classes {
		return Card{}, fmt.Errorf("classifier: %s: %s: %w: format %q with %d classes, want %q", dir, cardFile, ErrFormat, card.Format, len(card.Classes), cardFormat)
	}
	return card, card.Config.Validate()
}

// Open reads a classifier from the folder that Train wrote, or one that is built in ("pretrained:NAME"), to judge batches
// of the given size at a time. ErrFormat: the weights are not those that the card describes.
func Open(dev *exec.Device, dir string, batch int) (*Engine, error) {
	card, err := ReadCard(dir)
	if err != nil {
		return nil, err
	}
	data, err := readFile(dir, weightsFile)
	if err != nil {
		return nil, fmt.Errorf("classifier: read weights: %w", err)
	}
	if sum := fmt.Sprintf("%x", sha256.Sum256(data)); sum != card.SHA256 {
		return nil, fmt.Errorf("classifier: %s: %s: %w: its hash %.12s… is not that of the card, %.12s…: take both files of one training", dir, weightsFile, ErrFormat, sum, card.SHA256)
	}
	set, _, err := weights.DecodeSafetensors(data)
	if err != nil {
		return nil, fmt.Errorf("classifier: %s: %s: %w", dir, weightsFile, err)
	}
	e, err := newSmall(dev, nn.NewParams(card.Config.Train.Seed), set, card.Config.Network, card.Classes, card.protocol(), batch)
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", dir, weightsFile, err)
	}
	return e, nil
}

// protocol is the card's, as scores carry it.
func (c Card) protocol() Protocol {
	n := c.Config.Network
	return Protocol{
		Classifier: "c3d-small " + c.Dataset, SHA256: c.SHA256, Mode: "eval",
		Input:  fmt.Sprintf("%d×%d×%d×%d", n.Channels, n.Frames, n.Size, n.Size),
		Resize: "none", Crop: "none", Range: "[-1, 1]", Frames: fmt.Sprintf("%d consecutive, of longer clips the middle ones", n.Frames),
		Feature: "mean of the last convolution", FeatureDims: n.FeatureDims(), Classes: n.Classes,
	}
}

// writeFile writes a file whole or not at all.
func writeFile(path string, data []byte) error {
	temporary := path + ".tmp"
	if err := os.WriteFile(temporary, data, 0o644); err != nil {
		return fmt.Errorf("classifier: write %s: %w", path, err)
	}
	if err := os.Rename(temporary, path); err != nil {
		return fmt.Errorf("classifier: write %s: %w", path, err)
	}
	return nil
}
