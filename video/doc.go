// Package video reads and writes clips through FFmpeg's libraries. A Clip is plain bytes, Frames×Height×Width×3; no
// object of FFmpeg leaves the package.
//
//	clip, err := video.Decode(ctx, "v_Archery_g01_c01.avi", video.DecodeOptions{Width: 64, Height: 64, Start: 40, Frames: 16})
//	if err != nil {
//		return err
//	}
//	x := make([]float32, 3*clip.Frames*clip.Height*clip.Width)
//	if err := clip.ToFloat(x, 3); err != nil { // C×T×H×W in [-1, 1]
//		return err
//	}
//	return video.EncodeMP4("sample.mp4", clip)
//
// Decoded frames equal those of the ffmpeg command of the same release, byte by byte. Output files appear whole or
// not at all: they are written under another name in the same folder, synced and renamed.
//
// FFmpeg's log of the whole process is captured from the first call on: nothing is printed, and the first error message
// of a call becomes part of the error that it returns.
package video
