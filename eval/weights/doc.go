// Package weights reads and writes the files that classifiers' weights come in.
//
// Whatever the format, a file becomes a Set of named float32 arrays, which is
// then matched, name by name and shape by shape, with the parameters of a
// network:
//
//	set, err := weights.ReadNPZ("conv3d_deepnetA_ucf.npz")
//	if err != nil {
//		return err
//	}
//	err = set.Rename(names).CopyTo(params)
//
// Formats: safetensors, NumPy's .npz (Chainer), and Caffe's binary NetParameter
// (.caffemodel), in the layout of C3D-v1.0 as well as of v1.1.
package weights
