package experiments

import "videogan/gan"

// vganSmall is a VGAN that a laptop trains in minutes: one 20-pixel digit in 16 frames of
// 32×32 pixels. The networks have an eighth to a quarter of the paper's channels, and the
// step is tganSmall's.
//
// It trains on colour video too:
//
//	videogan train vgan-small --set data.source=ucf101 --data UCF101 --out runs/ucf
func vganSmall() Config {
	c := DefaultVGAN()
	c.Train.Steps, c.Train.Batch = 4000, 16
	c.Train.CheckpointEvery, c.Train.SampleEvery, c.Train.KeepEvery = 500, 500, 4000
	c.Data.Source = MovingMNIST
	c.Data.Size, c.Data.Frames = 32, 16
	c.Data.Digits, c.Data.DigitSize = 1, 20

	c.GAN.R1 = gan.R1{Gamma: 0.5, Every: 4}
	c.GAN.Generator.LR, c.GAN.Generator.Beta1, c.GAN.Generator.Beta2 = 6e-4, 0, 0.99
	c.GAN.Discriminator = c.GAN.Generator

	c.Gen.Width, c.Gen.MinWidth, c.Gen.BiasBeforeNorm = 128, 16, false
	c.Dis.Width, c.Dis.MaxWidth, c.Dis.BatchNorm, c.Dis.Logits = 32, 128, false, 1
	// The variance of PyTorch's default, with which the rates above were found.
	c.Gen.InitGain, c.Gen.InitNormal, c.Gen.InitScale = 0.577, 0, 0
	c.Dis.InitGain, c.Dis.InitNormal, c.Dis.InitScale = 0.577, 0, 0
	return c
}
