package experiments

// vganUCF101 is the network and the step of the paper on UCF101: at 3.2 TFLOP a step of 64
// clips, days on a CPU. The paper trains on two million clips of Flickr, TGAN's authors train
// VGAN on UCF101 and report an inception score of 8.18 ± 0.05 for it.
//
// Source: Vondrick et al. 2016, Sec. 3; Saito et al. 2017, Table 2.
func vganUCF101() Config {
	c := DefaultVGAN()
	c.Data.Source = UCF101
	return c
}
