package experiments_test

import (
	"fmt"

	"videogan/experiments"
)

func ExampleSettings_Configure() {
	experiment, err := experiments.Lookup("tgan-small")
	if err != nil {
		fmt.Println(err)
		return
	}
	cfg, err := experiments.Settings{Set: []string{"train.steps=2000", "data.size=64"}}.Configure(experiment)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(cfg.Shared().Train.Steps, cfg.Shared().Data.Size)
	_, err = experiments.Settings{Set: []string{"train.stepz=2000"}}.Configure(experiment)
	fmt.Println(err)
	// Output:
	// 2000 64
	// experiments: --set train.stepz=2000: invalid config: unknown key "train.stepz", did you mean "train.steps"?
}
