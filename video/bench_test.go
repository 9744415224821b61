package video

import (
	"context"
	"io"
	"os/exec"
	"testing"
)

// BenchmarkDecode decodes a UCF101-like clip of 320×240 to 64×64, next to the ffmpeg command doing the same.
func BenchmarkDecode(b *testing.B) {
	name := makeSample(b, sample{name: "bench.avi", args: "-f lavfi -i testsrc2=d=7.2:r=25:s=320x240 -f lavfi -i sine=d=7.2 " +
		"-c:v mpeg4 -vtag xvid -b:v 600k -g 250 -c:a libmp3lame"})
	const frames = 180
	report := func(b *testing.B, each int) {
		b.ReportMetric(float64(each*b.N)/b.Elapsed().Seconds(), "frames/s")
	}
	b.Run("video", func(b *testing.B) {
		for b.Loop() {
			if c, err := Decode(context.Background(), name, DecodeOptions{Width: 64, Height: 64}); err != nil || c.Frames != frames {
				b.Fatal(err)
			}
		}
		report(b, frames)
	})
	b.Run("ffmpeg", func(b *testing.B) {
		for b.Loop() {
			c := exec.Command("ffmpeg", "-v", "error", "-nostdin", "-threads", "1", "-i", name, "-an", "-vf", "scale=64:64",
				"-f", "rawvideo", "-pix_fmt", "rgb24", "-")
			c.Stdout = io.Discard
			if err := c.Run(); err != nil {
				b.Fatal(err)
			}
		}
		report(b, frames)
	})
	b.Run("window", func(b *testing.B) {
		for b.Loop() {
			if _, err := Decode(context.Background(), name, DecodeOptions{Width: 64, Height: 64, Start: 100, Frames: 16}); err != nil {
				b.Fatal(err)
			}
		}
		report(b, 16)
	})
	b.Run("probe", func(b *testing.B) {
		for b.Loop() {
			if _, err := Probe(name); err != nil {
				b.Fatal(err)
			}
		}
	})
}
