// Package tflite reads quantized TensorFlow Lite models and runs them frame by frame in plain Go.
//
// It knows the 13 kinds of operations that streaming MoViNets are made of. Numbers are the model's own: 8-bit integers
// with 32-bit sums, each sum scaled in double precision and rounded to the nearest (TensorFlow's kernels scale in fixed
// point, which differs by at most one step of the 255 now and then).
//
//	model, err := tflite.Read("movinet_a0_stream_int8.tflite")
//	if err != nil {
//		return err
//	}
//	stream := model.NewStream()
//	for _, frame := range frames { // H×W×3 in [0, 1]
//		if err := stream.Step(frame); err != nil {
//			return err
//		}
//	}
//	fmt.Println(stream.Scores(), stream.Features())
package tflite
