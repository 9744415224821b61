// Package c3d is the classifier that video generation has been scored with since TGAN: C3D (Tran et al. 2015), trained
// on Sports-1M and fine-tuned on UCF101.
//
// The network is exact, 78.4 million parameters; its weights are loaded from any of the published files (Chainer .npz,
// Caffe's binary of C3D-v1.0 or v1.1, safetensors with PyTorch's names):
//
//	set, err := c3d.ReadWeights("conv3d_deepnetA_ucf.npz")
//	mean, err := c3d.ReadMean("mean2.npz")
//	judge, err := c3d.New(device, c3d.Default(), set, mean, c3d.Options{Preprocess: c3d.TGAN2017, Batch: 4})
//	result, err := judge.Classify(ctx, clips, shape)
//	fmt.Println(result.Probabilities) // N×101
package c3d
