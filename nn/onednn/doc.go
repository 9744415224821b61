// Package onednn binds the kernels that videogan computes with: oneDNN's
// convolutions, matrix products and reorders, and the small C functions that
// oneDNN lacks (batch normalization with fused activations, reductions,
// optimizers, counter-based random numbers). A [Recording] keeps calls of them
// and makes them again in one go.
//
// It knows descriptors and addresses only; graphs, lifetimes and layouts are
// the business of package exec. C memory has one owner here: a [Primitive]
// owns its oneDNN objects until Close, an [Arena] its mapping, an [Engine] its
// engine and stream, a [Recording] its calls.
//
// OpenMP keeps a team of threads for every thread that opens a parallel
// region, so all calls of a process belong on one locked operating system
// thread; exec.Device provides it.
//
//	e, err := onednn.NewEngine(2)
//	x := onednn.Dense(16, 3, 16, 64, 64)
//	conv, err := e.Convolution(onednn.Convolution{
//		X: x.Any(), Weights: onednn.Dense(64, 3, 4, 4, 4).Any(), Y: onednn.Dense(16, 64, 8, 32, 32).Any(),
//		Strides: []int{2, 2, 2}, PadLeft: []int{1, 1, 1}, PadRight: []int{1, 1, 1},
//	})
//	fmt.Println(conv.Implementation()) // jit:avx2
package onednn
