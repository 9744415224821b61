// Package classifier trains and runs the classifiers that scores are taken with.
//
// A Classifier turns clips into features and class probabilities, and says under which Protocol: numbers of different
// protocols do not compare. SmallC3D is a network of three-dimensional convolutions in the manner of C3D for small
// clips; Train trains it on the training clips of a labelled set, with its test clips held back:
//
//	cfg := classifier.DefaultConfig(source.Info())
//	outcome, err := classifier.Train(ctx, cfg, classifier.Data{Train: source, Test: held}, classifier.TrainOptions{Dir: "digits"})
//	fmt.Println(outcome.Test.ClipAccuracy)
//
//	judge, err := classifier.Open(device, "digits", 16)
//	result, err := judge.Classify(ctx, clips, eval.Shape{Clips: 32, Channels: 1, Frames: 16, Height: 32, Width: 32})
//	score, err := eval.InceptionScore(result.Probabilities, …)
package classifier
