// Package exec compiles a Gorgonia graph into a list of kernels over one block
// of memory, and runs it.
//
// Compile makes a static plan once. Nodes that no wanted node needs are
// dropped; every operation of package nn is lowered to a oneDNN primitive or a
// small C kernel, in the layout that the primitive prefers; a bias and an
// activation join their convolution, an activation its batch normalization;
// values that are never alive together share memory in the device's arena. The
// kernels are recorded with their addresses, and a run makes all calls in one. An
// operation that exec does not know, and any graph in float64, runs by the
// operation's own Do.
//
//	dev, err := exec.NewDevice(exec.DeviceOptions{})
//	s := nn.NewScope(gorgonia.NewGraph(), params, nn.ScopeOptions{Training: true})
//	z := s.Input("z", 16, 100)
//	clips := generator.Build(s.In("gen"), z)
//	program, err := exec.Compile(dev, s, clips)
//	copy(program.Data(z), latents)
//	err = program.RunAll()
//	fmt.Println(program.Data(clips)[:8], program) // the values, and the plan
package exec
