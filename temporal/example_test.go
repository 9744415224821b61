package temporal_test

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"videogan/nn"
	"videogan/temporal"
)

func Example() {
	params := nn.NewParams(1)
	s := nn.NewScope(gorgonia.NewGraph(), params, nn.ScopeOptions{Training: true})
	z0 := s.Input("z0", 32, 100)
	z1 := temporal.DefaultGenerator().Build(s.In("gen/temporal"), z0)
	score := temporal.DefaultDiscriminator().Build(s.In("dis"), s.Input("clips", 32, 3, 16, 64, 64))
	fmt.Println(s.Err(), z1.Shape(), score.Shape(), params.Count("gen"), params.Count("dis"))
	// Output: <nil> (32, 100, 16) (32, 1) 825444 11032385
}
