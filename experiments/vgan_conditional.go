package experiments

// vganConditional is the paper's experiment on futures: from a clip's first frame, its 32
// frames. A frame is encoded to 1024 channels of 4×4, from which both streams go on; the
// first frame that comes out is held to the one that went in. The networks have twice the
// channels of the others, there is no latent vector, and no penalty on the mask.
//
// Source: Vondrick et al. 2016, Sec. 4.4; main_conditional.lua of the release.
func vganConditional() Config {
	c := DefaultVGAN()
	c.Train.Batch = 32
	c.Data.Source = Golf
	c.Conditional, c.MaskPenalty = true, 0
	c.Gen.Width, c.Gen.MinWidth = 1024, 128
	c.Dis.Width, c.Dis.MaxWidth = 128, 1024
	return c
}
