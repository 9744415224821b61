// Package spatial holds the networks that see one frame at a time: the image
// generator that turns latent vectors into frames, and the two-dimensional
// discriminator of single frames.
//
// A network is a config, with the paper's values as its default, and a Build
// function from nodes to a node that reads like the paper's figure:
//
//	s := nn.NewScope(gorgonia.NewGraph(), nn.NewParams(1), nn.ScopeOptions{Training: true})
//	z0 := s.Input("z0", 32, 100)
//	z1 := temporal.DefaultGenerator().Build(s.In("gen/temporal"), z0)        // 32×100×16
//	x := spatial.DefaultGenerator().Build(s.In("gen/spatial"), z0, z1)       // 32×3×16×64×64
//	if err := s.Err(); err != nil { … }
//
// Source: Saito, Matsumoto and Saito 2017, "Temporal generative adversarial nets
// with singular value clipping", and its release, pfnet-research/tgan.
package spatial
