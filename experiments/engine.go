package experiments

import (
	"context"
	"errors"
	"fmt"

	"videogan/gan"
	"videogan/nn"
	"videogan/nn/exec"
)

// engine is a config's networks on a device, ready to take steps.
type engine struct {
	device  *exec.Device
	params  *nn.Params
	trainer *gan.Trainer
}

// newEngine builds and compiles the networks with their first parameters, to take steps or to
// be measured.
func newEngine(cfg Config) (*engine, error) { return newEngineOf(cfg, cfg.Networks()) }

// newEngineOf is newEngine with networks that can also draw the frames that they are given.
func newEngineOf(cfg Config, nets gan.Networks) (*engine, error) {
	common := cfg.Shared()
	device, err := common.Train.open()
	if err != nil {
		return nil, err
	}
	e := &engine{device: device, params: nn.NewParams(common.seed())}
	settings := common.GAN
	settings.Batch = common.Train.Batch
	if e.trainer, err = gan.NewTrainer(device, e.params, nets, common.Data.shape(), settings, common.seed()); err != nil {
		return nil, errors.Join(fmt.Errorf("experiments: build networks: %w", err), device.Close())
	}
	return e, nil
}

// beside opens data while networks are built, each of which takes long and little of more than one core. An error of
// building, most often of the config, ends the opening.
func beside(ctx context.Context, open func(context.Context) error, build func() error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	opened := make(chan error, 1)
	go func() { opened <- open(ctx) }()
	if err := build(); err != nil {
		cancel()
		<-opened
		return err
	}
	return <-opened
}

func (e *engine) close() error { return errors.Join(e.trainer.Close(), e.device.Close()) }

// Cost is what a step of an experiment takes.
type Cost struct {
	GeneratorParameters     int
	DiscriminatorParameters int
	FLOPs                   float64 // of a step, nominal: 2 for a multiplication and an addition; penalties by their share
	ArenaBytes              int64   // memory for intermediate values
}

// Measure builds the networks and reads what a step takes off their plans.
func Measure(cfg Config) (Cost, error) {
	e, err := newEngine(cfg)
	if err != nil {
		return Cost{}, err
	}
	return e.cost(), e.close()
}

func (e *engine) cost() Cost {
	cost := Cost{
		GeneratorParameters:     e.params.Count("gen"),
		DiscriminatorParameters: e.params.Count("dis") + e.params.Count("framedis"),
		FLOPs:                   e.trainer.FLOPs(),
	}
	for _, phase := range e.trainer.Phases() { // they run one after another in one arena
		cost.ArenaBytes = max(cost.ArenaBytes, phase.Program.ArenaBytes())
	}
	return cost
}
