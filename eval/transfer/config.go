package transfer

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrConfig marks settings that cannot be.
var ErrConfig = errors.New("invalid setting")

// Method is a way to use a discriminator on labelled clips.
type Method string

// The methods.
const (
	// MethodScratch trains all layers from random weights.
	MethodScratch Method = "scratch"
	// MethodUntrained is MethodProbe on random weights.
	MethodUntrained Method = "untrained-probe"
	// MethodProbe is logistic regression on the features of a layer, which stays as the GAN left it.
	MethodProbe Method = "probe"
	// MethodFinetune trains all layers from where the GAN left them.
	MethodFinetune Method = "finetune"
)

// Methods lists the methods, in the order of tables.
func Methods() []Method {
	return []Method{MethodScratch, MethodUntrained, MethodProbe, MethodFinetune}
}

// Title says what the method is, for tables and plots.
func (m Method) Title() string {
	switch m {
	case MethodScratch:
		return "random initialization"
	case MethodUntrained:
		return "logistic regression, untrained D"
	case MethodProbe:
		return "logistic regression on D"
	case MethodFinetune:
		return "fine-tuning"
	}
	return string(m)
}

// frozen tells whether the layers below the head stay as they are.
func (m Method) frozen() bool { return m == MethodProbe || m == MethodUntrained }

// trained tells whether the method begins with the GAN's weights.
func (m Method) trained() bool { return m == MethodProbe || m == MethodFinetune }

// LastLayer names the deepest hidden layer, whatever its number.
const LastLayer = "last"

// Config is what a study measures, and the protocol by which.
type Config struct {
	Methods []Method  `json:"methods"`
	Labels  []float64 `json:"labels"`  // shares of the training videos that keep their labels, at least one a class
	Classes []int     `json:"classes"` // numbers of classes beside all of them, with all labels
	Splits  []int     `json:"splits"`  // each with data of its own; their mean is one value
	// OwnSplit measures each network on the split that it was trained on, and there alone: no test clip was seen in
	// training. A value is then the mean over as many networks as there are splits.
	OwnSplit bool   `json:"own_split"`
	Repeats  int    `json:"repeats"` // of each network: other labels, other order, other head
	Seed     uint64 `json:"seed"`
	Training
}

// Training is what all cells have in common.
type Training struct {
	Layer    string  `json:"layer"`    // that probes see: "last", or "c0" and so on; an earlier one is max-pooled to the last one's T×H×W
	Dropout  float64 `json:"dropout"`  // probability with which a whole channel of the layer below the head is dropped
	Steps    int     `json:"steps"`    // of Adam
	Batch    int     `json:"batch"`    // windows a step, drawn at random
	Rate     float64 `json:"rate"`     // learning rate, constant
	Beta1    float64 `json:"beta1"`    // of Adam
	Beta2    float64 `json:"beta2"`    // of Adam
	Windows  int     `json:"windows"`  // evenly spaced windows of a test video; their mean probability decides on it
	Features int     `json:"features"` // evenly spaced windows of a training video that probes draw from
	// Settle is how many batches of training clips pass through frozen layers in training mode before their features
	// are taken: running statistics become those of the clips. Layers without normalization have none.
	Settle int `json:"settle"`
	// Standardize gives each channel of frozen features mean 0 and variance 1 over the training windows.
	Standardize bool `json:"standardize"`
}

// DefaultConfig is the release's protocol, with what it leaves open, and batches that suit a CPU: the release has 256
// clips a step. It has neither a test nor a share of labels: the windows are ours, the shares are the paper's Figure 4.
func DefaultConfig() Config {
	return Config{
		Methods: Methods(), Labels: []float64{0.125, 0.25, 0.5, 1}, Splits: []int{1}, Repeats: 1, Seed: 1,
		Training: Training{Layer: LastLayer, Dropout: 0.5, Steps: 1000, Batch: 32, Rate: 2e-4, Beta1: 0.5, Beta2: 0.999, Windows: 5, Features: 8, Settle: 50},
	}
}

// Validate reports, with ErrConfig, the first setting that cannot be.
func (c Config) Validate() error {
	for _, m := range c.Methods {
		if !slices.Contains(Methods(), m) {
			return fmt.Errorf("transfer: method %q: %w: want of %v", m, ErrConfig, Methods())
		}
	}
	if len(c.Methods) == 0 || len(c.Labels) == 0 || len(c.Splits) == 0 {
		return fmt.Errorf("transfer: %d methods, %d shares of the labels, %d splits: %w: want one or more of each", len(c.Methods), len(c.Labels), len(c.Splits), ErrConfig)
	}
	for _, share := range c.Labels {
		if !(share > 0 && share <= 1) {
			return fmt.Errorf("transfer: share of the labels %v: %w: want more than 0, at most 1", share, ErrConfig)
		}
	}
	for _, n := range c.Classes {
		if n < 2 {
			return fmt.Errorf("transfer: %d classes: %w: want 2 or more", n, ErrConfig)
		}
	}
	for _, s := range []struct {
		name       string
		value, low int
	}{
		{"repeats", c.Repeats, 1}, {"steps", c.Steps, 1}, {"batch", c.Batch, 2}, {"windows", c.Windows, 1}, {"features", c.Features, 1}, {"settle", c.Settle, 0},
	} {
		if s.value < s.low {
			return fmt.Errorf("transfer: %s = %d: %w: want %d or more", s.name, s.value, ErrConfig, s.low)
		}
	}
	switch {
	case !(c.Dropout >= 0 && c.Dropout < 1):
		return fmt.Errorf("transfer: dropout = %v: %w: want 0 ≤ dropout < 1", c.Dropout, ErrConfig)
	case !(c.Rate > 0):
		return fmt.Errorf("transfer: learning rate %v: %w: want more than 0; the release has 0.0002", c.Rate, ErrConfig)
	case !(c.Beta1 >= 0 && c.Beta1 < 1 && c.Beta2 >= 0 && c.Beta2 < 1):
		return fmt.Errorf("transfer: β₁ = %v, β₂ = %v: %w: want 0 ≤ β < 1", c.Beta1, c.Beta2, ErrConfig)
	case strings.TrimSpace(c.Layer) == "":
		return fmt.Errorf("transfer: no layer: %w: want %q, or c0 and so on", ErrConfig, LastLayer)
	}
	return nil
}
