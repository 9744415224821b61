package experiments

import "videogan/datasets"

// tganUCF101 is the paper's experiment on UCF101, and the release's recommended config
// (ucf101_wgan_svd_zdim-100_no-beta.yml): at about 0.8 TFLOP a step, 100,000 steps take
// days on a CPU. The paper reports an inception score of 11.85 ± 0.07 for it.
//
// Source: Saito et al. 2017, Sec. 6 and Table 2.
func tganUCF101() Config {
	c := DefaultTGAN()
	c.Data.Source = UCF101
	c.Data.Preprocess = datasets.TGAN // 85×64, then columns 10 to 73
	return c
}
