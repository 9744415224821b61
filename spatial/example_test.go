package spatial_test

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"videogan/nn"
	"videogan/spatial"
)

func Example() {
	params := nn.NewParams(1)
	s := nn.NewScope(gorgonia.NewGraph(), params, nn.ScopeOptions{Training: true})
	z0, z1 := s.Input("z0", 4, 100), s.Input("z1", 4, 100, 16)
	clips := spatial.DefaultGenerator().Build(s.In("gen/spatial"), z0, z1)
	fmt.Println(s.Err(), clips.Shape(), params.Count("gen"))
	// Output: <nil> (4, 3, 16, 64, 64) 3622691
}
