// Package video reads and writes clips through FFmpeg's libraries. A Clip is plain bytes: no object of FFmpeg
// leaves the package.
//
//	clip, err := video.Decode(ctx, "v_Archery_g01_c01.avi", video.DecodeOptions{Width: 64, Height: 64, Frames: 16})
//	if err != nil {
//		return err // video: decode v_Archery_g01_c01.avi: frame 12: …
//	}
//	x := make([]float32, 3*clip.Frames*clip.Height*clip.Width)
//	if err := clip.ToFloat(x, 3); err != nil { // C×T×H×W in [-1, 1]
//		return err
//	}
//	return video.EncodeMP4("sample.mp4", clip)
//
// Output files appear whole or not at all: they are written under another name in the same folder, synced and renamed.
//
// The process's FFmpeg log is captured: nothing is printed, and the first error message becomes part of the error
// that is returned.
package video
