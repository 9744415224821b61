package experiments

import "videogan/gan"

// tganSmall is a TGAN that a laptop trains in minutes: one 20-pixel digit in 8 frames of
// 32×32 pixels. The step is the one that works at this size: no normalization in the
// discriminator, the zero-centred penalty on real clips instead, Adam without momentum and
// an averaged generator; digits are recognisable from about 6,000 steps on.
//
// It trains on colour video too:
//
//	videogan train tgan-small --set data.source=ucf101 --data UCF101 --out runs/ucf
//
// Source: Mescheder et al. 2018 for the penalty; Karras et al. 2020 for applying it lazily.
func tganSmall() Config {
	c := DefaultTGAN()
	c.Train.Steps, c.Train.Batch = 8000, 16
	c.Train.CheckpointEvery, c.Train.SampleEvery, c.Train.KeepEvery = 500, 500, 4000
	c.Data.Source = MovingMNIST
	c.Data.Size, c.Data.Frames = 32, 8
	c.Data.Digits, c.Data.DigitSize = 1, 20

	c.GAN.Loss, c.GAN.Order = gan.NonSaturating, gan.Usual
	c.GAN.Constraint.Kind = gan.Unconstrained
	c.GAN.R1 = gan.R1{Gamma: 0.5, Every: 4}
	adam := gan.DefaultAdam()
	adam.LR, adam.Beta1, adam.Beta2 = 6e-4, 0, 0.99
	c.GAN.Generator, c.GAN.Discriminator = adam, adam

	c.Gen.Temporal.Channels = []int{256, 128, 128} // 1 → 2 → 4 → 8 frames
	c.Gen.Temporal.NoBeta = false
	c.Gen.Spatial.Width, c.Gen.Spatial.MinWidth = 64, 16
	c.Gen.Spatial.InitUniform = 0
	c.Dis.Width, c.Dis.MaxWidth, c.Dis.BatchNorm = 32, 128, false
	// The variance of PyTorch's default, with which the rates above were found.
	const gain = 0.577
	c.Gen.Temporal.InitGain, c.Gen.Spatial.InitGain, c.Dis.InitGain, c.FrameDis.InitGain = gain, gain, gain, gain
	c.FrameDis.Width, c.FrameDis.MaxWidth, c.FrameDis.BatchNorm = 32, 128, false
	return c
}
