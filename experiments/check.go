package experiments

import (
	"context"
	"errors"
	"fmt"
)

// Plan is what a run would do.
type Plan struct {
	Dataset string // what is used of what there is
	Cost    Cost
}

// Check does everything that Train does before it writes: it checks the config and the folder,
// opens the data and builds the networks.
func Check(ctx context.Context, experiment Experiment, cfg Config, o TrainOptions) (plan Plan, err error) {
	if err := cfg.Validate(); err != nil {
		return plan, fmt.Errorf("experiments: %s: %w", experiment.Name, err)
	}
	if err := o.checkFolder(); err != nil {
		return plan, err
	}
	source, err := cfg.Shared().Data.open(ctx, orDiscard(o.Logger), o.Opening)
	if err != nil {
		return plan, err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	info := source.Info()
	plan.Dataset = info.Name + ": " + info.Summary
	plan.Cost, err = Measure(cfg)
	return plan, err
}
