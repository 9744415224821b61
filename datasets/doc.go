// Package datasets turns collections of video into batches of training clips.
//
// A Source is a set of labelled clips out of which windows of fixed size are drawn at random: UCF101, VGAN's golf
// clips, a folder of videos or of frame strips, Moving MNIST. Prepare decodes videos once into memory-mapped NumPy
// arrays, which OpenPrepared draws from. A Loader draws whole batches in goroutines ahead of the trainer:
//
//	source, err := datasets.NewMovingMNIST(datasets.MovingMNISTOptions{Frames: 8, Size: 32})
//	…
//	loader, err := datasets.NewLoader(source, datasets.LoaderOptions{Batch: 16, Seed: 1})
//	…
//	defer loader.Close()
//	batch, err := loader.Next(ctx)
//	…
//	batch.Write(clips, 0) // N×C×T×H×W in [-1, 1]; or trainer.StepOn(ctx, batch, options)
//	batch.Release()
//
// Everything drawn is a function of the seed and the batch's number, so that a resumed run sees the batches that the
// interrupted one would have seen.
package datasets
