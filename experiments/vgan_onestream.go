package experiments

// vganOneStream is the paper's baseline without a background: the stream of
// three-dimensional convolutions makes all of the clip, here of the golf data.
//
// Source: Vondrick et al. 2016, Sec. 3.1, "One Stream Architecture"; it is not in the release.
func vganOneStream() Config {
	c := DefaultVGAN()
	c.Data.Source = Golf
	c.Gen.OneStream = true
	return c
}
