package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"time"

	"github.com/spf13/cobra"

	"videogan/video"
)

// decodeBench compares the decoder with the ffmpeg command. Its JSON form stays stable.
type decodeBench struct {
	Files         int     `json:"files"`
	Frames        int     `json:"frames"`
	FramesPerSec  float64 `json:"frames_s"`        // videogan, in this process, one file after the other
	CommandPerSec float64 `json:"ffmpeg_frames_s"` // the ffmpeg command, to raw RGB through a pipe; 0 where it is missing
}

func newBenchDecode(c *console) *cobra.Command {
	var runs int
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "decode FILE...",
		Short: "Measure decoding against the ffmpeg command",
		Long: `Decode whole videos to RGB frames at their own size, in turns by this program and by the ffmpeg
command (to raw frames through a pipe); the best of several turns counts for each.`,
		Example: "  videogan bench decode UCF101/UCF-101/Archery/*.avi",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			b, err := benchDecode(cmd.Context(), args, runs)
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(c.out).Encode(b)
			}
			if b.CommandPerSec == 0 {
				c.logger.Warn("no ffmpeg command to compare with", "remedy", "apt-get install ffmpeg")
			}
			_, err = fmt.Fprintf(c.out, "%d frames of %d files: %.0f frames/s, the ffmpeg command %.0f\n", b.Frames, b.Files, b.FramesPerSec, b.CommandPerSec)
			return err
		},
	}
	cmd.Flags().IntVar(&runs, "runs", 3, "turns; the best counts")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

func benchDecode(ctx context.Context, files []string, runs int) (decodeBench, error) {
	b := decodeBench{Files: len(files)}
	command, err := exec.LookPath("ffmpeg")
	if err != nil && !errors.Is(err, exec.ErrNotFound) {
		return b, fmt.Errorf("look for the ffmpeg command: %w", err)
	}
	for range runs {
		b.Frames = 0
		begun := time.Now()
		for _, file := range files {
			clip, err := video.Decode(ctx, file, video.DecodeOptions{})
			if err != nil {
				return b, err
			}
			b.Frames += clip.Frames
		}
		b.FramesPerSec = max(b.FramesPerSec, float64(b.Frames)/time.Since(begun).Seconds())
		if command == "" {
			continue
		}
		begun = time.Now()
		for _, file := range files {
			if err := decodeByCommand(ctx, command, file); err != nil {
				return b, err
			}
		}
		b.CommandPerSec = max(b.CommandPerSec, float64(b.Frames)/time.Since(begun).Seconds())
	}
	return b, nil
}

func decodeByCommand(ctx context.Context, command, file string) error {
	cmd := exec.CommandContext(ctx, command, "-v", "error", "-nostdin", "-i", file, "-map", "0:v:0", "-f", "rawvideo", "-pix_fmt", "rgb24", "-")
	// A writer of ours makes exec copy from a pipe: the frames arrive in this process, as the decoder's do.
	cmd.Stdout = struct{ io.Writer }{io.Discard}
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("ffmpeg -i %s: %w", file, err)
	}
	return nil
}
