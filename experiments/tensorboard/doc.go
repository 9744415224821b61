// Package tensorboard writes scalars and pictures as event files, which TensorBoard reads.
//
//	w, err := tensorboard.Create("runs/digits/tensorboard", 1)
//	…
//	err = w.Scalars(10, time.Now(), []tensorboard.Scalar{{Tag: "loss/d", Value: 1.39}})
//	…
//	err = w.PNG(500, time.Now(), "samples", picture)
//
// An event file is a sequence of records (TensorFlow's TFRecord), each holding one Event as a
// protocol buffer. The field numbers are those of tensorboard/compat/proto/event.proto and
// summary.proto; tests hold the bytes to what the reference implementation of protocol buffers makes.
package tensorboard
