// Package eval measures clips: one file a measure, named by it.
//
// Clips come as everywhere in videogan, float32 N×C×T×H×W in [-1, 1]; PSNR and
// SSIM compare two batches of them frame by frame and return one number a
// frame, clip by clip. The number that papers print is their mean:
//
//	shape := eval.Shape{Clips: 16, Channels: 3, Frames: 16, Height: 64, Width: 64}
//	scores, err := eval.SSIM(generated, real, shape)
//	if err != nil {
//		return err
//	}
//	mean, std := stat.MeanStdDev(scores, nil)
//	fmt.Printf("SSIM %.4f ± %.4f over %d frames\n", mean, std, len(scores))
//
// Both compare a clip with the one that it should be (a reconstruction, a
// prediction, a decoded file). They say nothing about how a free sample looks.
// For that, a classifier turns clips into Features, one a row, and
// InceptionScore, FrechetDistance, KernelDistance, PrecisionRecall, CountModes,
// NearestNeighbours and BirthdayTest measure those.
//
// A number of this kind means nothing without what decided it. A Result carries
// its whole Protocol, Compare never puts two protocols in one column, and a Cache
// keeps features under the hash of all that made them.
package eval
