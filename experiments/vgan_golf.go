package experiments

// vganGolf is the paper's experiment on golf: stabilised clips, each a JPEG of stacked frames,
// as the release's data are.
//
// Source: Vondrick et al. 2016, Sec. 4.1; data/donkey_video2.lua of the release.
func vganGolf() Config {
	c := DefaultVGAN()
	c.Data.Source = Golf
	return c
}
