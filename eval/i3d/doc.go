// Package i3d is the classifier that the Fréchet video distance is taken with: I3D on RGB frames (Carreira and Zisserman
// 2017), trained on Kinetics-400.
//
// The network is exact, 12.7 million parameters; its weights are loaded from a safetensors file with the names of the
// common PyTorch port (Conv3d_1a_7x7.conv3d.weight, Mixed_3b.b1a.bn.running_mean, …):
//
//	set, err := i3d.ReadWeights("i3d_pretrained_400.safetensors")
//	judge, err := i3d.New(device, i3d.Default(), set, i3d.Options{Frames: 16})
//	result, err := judge.Classify(ctx, clips, shape)
//	distance, err := eval.FrechetDistance(result.Features, real.Features) // FVD
package i3d
