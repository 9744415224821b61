// Package movinet judges clips by a MoViNet-A0-Stream (Kondratyuk et al. 2021), a network trained on Kinetics-600 that
// no run of ours has seen.
//
// It takes the published quantized TensorFlow Lite file (movinet_a0_stream_int8.tflite):
//
//	judge, err := movinet.Open("movinet_a0_stream_int8.tflite", movinet.Options{})
//	if err != nil {
//		return err
//	}
//	result, err := judge.Classify(ctx, clips, shape)
//	fmt.Println(result.Features) // N×2048
//
// The network expects about five frames a second. Scores taken with it are MoViNet-A0's, and stand in no column with
// those of C3D or I3D.
package movinet
