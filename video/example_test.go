package video_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"videogan/video"
)

// Write a clip, and read 8 frames of it at another size.
func Example() {
	folder, err := os.MkdirTemp("", "example-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "black.mp4")
	if err := video.EncodeMP4(path, video.NewClip(16, 48, 64, 25)); err != nil {
		fmt.Println(err)
		return
	}
	clip, err := video.Decode(context.Background(), path, video.DecodeOptions{Width: 32, Start: 4, Frames: 8})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(clip.Frames, clip.Height, clip.Width, clip.FPS)
	// Output: 8 24 32 25
}
