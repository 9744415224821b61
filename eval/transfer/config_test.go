package transfer

import (
	"errors"
	"strings"
	"testing"
)

// The default is the release's protocol where the release has one.
func TestDefaultConfig(t *testing.T) {
	c := DefaultConfig()
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		what      string
		got, want float64
	}{
		{"VolumetricDropout(0.5)", c.Dropout, 0.5}, {"lr = 0.0002", c.Rate, 2e-4}, {"beta1 = 0.5", c.Beta1, 0.5},
		{"optim.adam's beta2", c.Beta2, 0.999}, {"max_iter = 1000", float64(c.Steps), 1000}, {"an eighth of the labels", c.Labels[0], 0.125},
	} {
		if row.got != row.want {
			t.Errorf("%s: %v, want %v", row.what, row.got, row.want)
		}
	}
	if c.Layer != LastLayer {
		t.Errorf("layer %q: the release drops the head and keeps all below", c.Layer)
	}
}

func TestConfigReports(t *testing.T) {
	for _, row := range []struct {
		reason string
		edit   func(c *Config)
		want   string
	}{
		{"a method that there is not", func(c *Config) { c.Methods = []Method{"knn"} }, `method "knn"`},
		{"no method", func(c *Config) { c.Methods = nil }, "0 methods"},
		{"no labels at all", func(c *Config) { c.Labels = []float64{0} }, "share of the labels 0"},
		{"more labels than there are", func(c *Config) { c.Labels = []float64{1.5} }, "share of the labels 1.5"},
		{"nothing to tell apart", func(c *Config) { c.Classes = []int{1} }, "1 classes"},
		{"no split", func(c *Config) { c.Splits = nil }, "0 splits"},
		{"no repeat", func(c *Config) { c.Repeats = 0 }, "repeats = 0"},
		{"no step", func(c *Config) { c.Steps = 0 }, "steps = 0"},
		{"batch normalization needs two", func(c *Config) { c.Batch = 1 }, "batch = 1"},
		{"everything dropped", func(c *Config) { c.Dropout = 1 }, "dropout = 1"},
		{"no learning", func(c *Config) { c.Rate = 0 }, "learning rate 0"},
		{"an average of nothing new", func(c *Config) { c.Beta1 = 1 }, "β₁ = 1"},
		{"no test", func(c *Config) { c.Windows = 0 }, "windows = 0"},
		{"no features", func(c *Config) { c.Features = 0 }, "features = 0"},
		{"no layer", func(c *Config) { c.Layer = " " }, "no layer"},
	} {
		c := DefaultConfig()
		row.edit(&c)
		if err := c.Validate(); !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want in it %q", row.reason, err, row.want)
		}
	}
}

func TestShare(t *testing.T) {
	for share, want := range map[float64]string{1: "all", 0.5: "1/2", 0.125: "1/8", 0.3: "0.3", 1. / 3: "1/3", 0.75: "0.75"} {
		if got := Share(share); got != want {
			t.Errorf("%v is written %s, want %s", share, got, want)
		}
	}
}
