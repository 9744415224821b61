package experiments

import "videogan/gan"

// imageSmall is the image generator of tganSmall trained on single frames, with the same
// widths, latents and step; a minute of it is as many frames as ten of tganSmall.
//
//	videogan train image-small --set data.source=ucf101 --data UCF101 --out runs/frames
func imageSmall() Config {
	c := DefaultImage()
	c.Train.Steps, c.Train.Batch = 12000, 64
	c.Train.CheckpointEvery, c.Train.SampleEvery, c.Train.KeepEvery = 1000, 1000, 12000
	c.Data.Source = MovingMNIST
	c.Data.Size, c.Data.Digits, c.Data.DigitSize = 32, 1, 20

	c.GAN.R1 = gan.R1{Gamma: 0.5, Every: 4}
	c.GAN.Generator.LR, c.GAN.Generator.Beta1, c.GAN.Generator.Beta2 = 6e-4, 0, 0.99
	c.GAN.Discriminator = c.GAN.Generator

	c.Gen.Width, c.Gen.MinWidth, c.Gen.InitUniform = 64, 16, 0
	c.Dis.Width, c.Dis.MaxWidth, c.Dis.BatchNorm = 32, 128, false
	const gain = 0.577 // the variance of PyTorch's default
	c.Gen.InitGain, c.Dis.InitGain = gain, gain
	return c
}
