package experiments

import (
	"context"
	"errors"
	"math/rand/v2"

	"videogan/datasets"
	"videogan/gan"
)

// networksOn are a config's networks, whose given frames come from a source; it may be nil
// where none are drawn.
func networksOn(ctx context.Context, cfg Config, source datasets.Source) gan.Networks {
	nets, data := cfg.Networks(), cfg.Shared().Data
	if nets.Given == 0 || source == nil {
		return nets
	}
	info, table := source.Info(), data.Range.Table()
	pixels := make([]byte, info.Bytes()) // T×H×W×C
	nets.Frames = func(rng *rand.Rand, dst []float32) error {
		if _, err := source.Draw(ctx, rng, pixels); err != nil {
			return err
		}
		given := len(dst) / info.Channels // values of a channel
		for i := range given {
			for c := range info.Channels {
				dst[c*given+i] = table[pixels[i*info.Channels+c]]
			}
		}
		return nil
	}
	return nets
}

// withGiven runs f with a config's networks and, where they go on from given frames, with the
// data open that these come from.
func withGiven(ctx context.Context, cfg Config, f func(nets gan.Networks) error) (err error) {
	if cfg.Networks().Given == 0 {
		return f(cfg.Networks())
	}
	source, err := cfg.Shared().Data.open(ctx, orDiscard(nil), nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	return f(networksOn(ctx, cfg, source))
}
