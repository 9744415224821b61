// Package temporal holds the networks that see time: the generator of latent
// sequences and the three-dimensional convolutional discriminator.
//
// A network is a config, with the paper's values as its default, and a Build
// function from nodes to a node that reads like the paper's figure:
//
//	s := nn.NewScope(gorgonia.NewGraph(), nn.NewParams(1), nn.ScopeOptions{Training: true})
//	z0 := s.Input("z0", 32, 100)
//	z1 := temporal.DefaultGenerator().Build(s.In("gen/temporal"), z0)  // 32×100×16
//	x := s.Input("clips", 32, 3, 16, 64, 64)
//	score := temporal.DefaultDiscriminator().Build(s.In("dis"), x)     // 32×1
//	if err := s.Err(); err != nil { … }
//
// Source: Saito, Matsumoto and Saito 2017, "Temporal generative adversarial nets
// with singular value clipping", and its release, pfnet-research/tgan.
package temporal
