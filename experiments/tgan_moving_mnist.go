package experiments

// tganMovingMNIST is the paper's experiment on Moving MNIST: two digits that bounce in
// 16 frames of 64×64 pixels. Differs from it in: the clips are made on the fly from the
// digits, where the paper has the 10,000 of mnist_test_seq.npy; data.source = "mnist-sequences"
// reads that file.
//
// Source: Saito et al. 2017, Sec. 6.1.
func tganMovingMNIST() Config {
	c := DefaultTGAN()
	c.Data.Source = MovingMNIST
	return c
}
