// Package experiments holds the named experiments, each in a file of its own, and what every
// run of one has: its typed config, its folder with metrics, checkpoints, samples, plots and a
// report, its resumption.
//
// An experiment is a config with defaults and a way to make its networks; All lists them.
// Training one:
//
//	experiment, err := experiments.Lookup("tgan-small")
//	…
//	cfg, err := experiments.Settings{Set: []string{"train.steps=2000"}}.Configure(experiment)
//	…
//	outcome, err := experiments.Train(ctx, experiment, cfg, experiments.TrainOptions{Folder: "runs/digits"})
//
// and sampling from it:
//
//	generator, err := experiments.OpenGenerator("runs/digits")
//	…
//	clips, err := generator.Sample(device, 8, 0, 1)
package experiments
