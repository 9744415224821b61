package video

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

func decodeAll(t testing.TB, name string, o DecodeOptions) *Clip {
	t.Helper()
	c, err := Decode(context.Background(), name, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestDecodeEqualsFFmpeg compares every byte of every frame with the ffmpeg command's.
func TestDecodeEqualsFFmpeg(t *testing.T) {
	for _, s := range samples {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			name := makeSample(t, s)
			t.Log(s.reason)
			want := reference(t, name, "null", "scale=50:38")
			checkEqual(t, decodeAll(t, name, DecodeOptions{}), want[0])
			checkEqual(t, decodeAll(t, name, DecodeOptions{Width: 50, Height: 38}), want[1])
		})
	}
}

func TestDecodeScalesAsFFmpeg(t *testing.T) {
	name := named(t, "ucf.avi")
	var options []DecodeOptions
	var filters []string
	for _, size := range [][2]int{{85, 64}, {64, 64}, {31, 17}, {201, 150}} {
		for scaling := Bicubic; scaling <= Nearest; scaling++ {
			options = append(options, DecodeOptions{Width: size[0], Height: size[1], Scaling: scaling, Frames: 10})
			filters = append(filters, fmt.Sprintf("trim=end_frame=10,scale=%d:%d:flags=%v", size[0], size[1], scaling))
		}
	}
	for i, want := range reference(t, name, filters...) {
		t.Run(filters[i], func(t *testing.T) { checkEqual(t, decodeAll(t, name, options[i]), want) })
	}
}

func TestDecodeKeepsProportions(t *testing.T) {
	tests := []struct {
		name                             string
		width, height, wantWidth, wantHt int
		reason                           string
	}{
		{"ucf.avi", 64, 0, 64, 48, "160×120 by width"},
		{"ucf.avi", 0, 60, 80, 60, "160×120 by height"},
		{"turned90.mp4", 60, 0, 60, 80, "the upright frame counts, not the stored one"},
		{"turned90.mp4", 0, 0, 120, 160, "as displayed"},
	}
	for _, test := range tests {
		name := named(t, test.name)
		c := decodeAll(t, name, DecodeOptions{Width: test.width, Height: test.height, Frames: 1})
		if c.Width != test.wantWidth || c.Height != test.wantHt {
			t.Errorf("%s: got %d×%d, want %d×%d: %s", test.name, c.Width, c.Height, test.wantWidth, test.wantHt, test.reason)
		}
	}
}

// TestDecodeAtRate compares the choice of frames with FFmpeg's fps filter.
func TestDecodeAtRate(t *testing.T) {
	rates := []float64{1, 7, 8, 10, 12.5, 24, 25, 30, 60}
	for _, file := range []string{"ucf.avi", "b.mp4", "gaps.mkv", "gaps.mp4", "few.gif"} {
		name := named(t, file)
		var filters []string
		for _, fps := range rates {
			filters = append(filters, fmt.Sprintf("fps=%g,scale=32:24", fps))
		}
		for i, want := range reference(t, name, filters...) {
			t.Run(file+" "+filters[i], func(t *testing.T) {
				c := decodeAll(t, name, DecodeOptions{Width: 32, Height: 24, FPS: rates[i]})
				if c.FPS != rates[i] {
					t.Errorf("clip says %g frames a second, want %g", c.FPS, rates[i])
				}
				checkEqual(t, c, want)
			})
		}
	}
}

// TestDecodeWindows holds every way to a window to the slice of the whole clip.
func TestDecodeWindows(t *testing.T) {
	for _, s := range samples {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			name := makeSample(t, s)
			for _, fps := range []float64{0, 10} {
				all := decodeAll(t, name, DecodeOptions{Width: 32, Height: 24, FPS: fps})
				last := all.Frames - 1
				for _, w := range [][2]int{{0, 1}, {1, 3}, {last / 2, 2}, {last - 1, 2}, {last, 1}, {last, 0}, {last/2 + 1, 0}, {2, last - 2}} {
					o := DecodeOptions{Width: 32, Height: 24, FPS: fps, Start: w[0], Frames: w[1]}
					frames := w[1]
					if frames == 0 {
						frames = all.Frames - w[0]
					}
					want, err := all.Window(w[0], frames)
					if err != nil {
						t.Fatal(err)
					}
					t.Run(fmt.Sprintf("%d+%d at %g", w[0], w[1], fps), func(t *testing.T) {
						checkEqual(t, decodeAll(t, name, o), want.Pix)
					})
				}
				for _, o := range []DecodeOptions{{Start: last, Frames: 2}, {Start: last + 1}, {Frames: last + 2}, {Start: 1 << 60, Frames: 1 << 60}} {
					o.FPS = fps
					if c, err := Decode(context.Background(), name, o); !errors.Is(err, ErrShort) {
						t.Errorf("window %d+%d of %d frames: got %v and error %v, want ErrShort", o.Start, o.Frames, all.Frames, c != nil, err)
					}
				}
			}
		})
	}
}

// TestDecodeSeeks checks that a late window costs few frames where the format allows it, and that
// where it does not the code knows.
func TestDecodeSeeks(t *testing.T) {
	for _, s := range samples {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			d, err := newDecoding(makeSample(t, s), DecodeOptions{Frames: 1})
			if err != nil {
				t.Fatal(err)
			}
			defer d.close()
			ix, err := d.in.readIndex(t.Context())
			if err == nil {
				d.o.Start = len(ix.times) - 1
				err = d.startAt(ix, d.o.Start)
			}
			first := d.frame
			if err == nil {
				_, err = d.run(t.Context())
			}
			if got := err == nil; got != s.seeks {
				t.Fatalf("seeking works: %v (%v), want %v: %s", got, err, s.seeks, s.reason)
			}
			if err == nil && d.in.frames > d.o.Start-first+2 {
				t.Errorf("decoded %d frames to reach frame %d from key frame %d", d.in.frames, d.o.Start, first)
			}
		})
	}
}

func TestDecodeStopsWhenCancelled(t *testing.T) {
	name := named(t, "b.mp4")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, start := range []int{0, 30} {
		if _, err := Decode(ctx, name, DecodeOptions{Start: start}); !errors.Is(err, context.Canceled) {
			t.Errorf("from frame %d: got error %v, want %v", start, err, context.Canceled)
		}
	}
}

func TestProbe(t *testing.T) {
	tests := []struct {
		name string
		want Info
	}{
		{"motion.avi", Info{Width: 160, Height: 120, Frames: 75, FPS: 25, Duration: 3 * time.Second, Codec: "mjpeg"}},
		{"b.mp4", Info{Width: 160, Height: 120, Frames: 75, FPS: 25, Duration: 3 * time.Second, Codec: "h264"}},
		{"b.mkv", Info{Width: 160, Height: 120, FPS: 25, Duration: 3 * time.Second, Codec: "h264"}},
		{"turned90.mp4", Info{Width: 120, Height: 160, Frames: 75, FPS: 25, Duration: 3 * time.Second, Rotation: 270, Codec: "h264"}},
		{"turned180.mp4", Info{Width: 160, Height: 120, Frames: 75, FPS: 25, Duration: 3 * time.Second, Rotation: 180, Codec: "h264"}},
	}
	for _, test := range tests {
		name := named(t, test.name)
		test.want.Path = name
		if got, err := Probe(name); err != nil || got != test.want {
			t.Errorf("got %+v and error %v, want %+v", got, err, test.want)
		}
	}
}

// TestRotationTurnsClockwise turns the stored frame by hand.
func TestRotationTurnsClockwise(t *testing.T) {
	for _, file := range []string{"turned90.mp4", "turned180.mp4", "turned270.mp4", "b.mp4"} {
		name := named(t, file)
		info, err := Probe(name)
		if err != nil {
			t.Fatal(err)
		}
		filters := "null"
		for range info.Rotation / 90 {
			filters += ",transpose=clock"
		}
		stored := command(t, "-noautorotate", "-i", name, "-frames:v", "1", "-vf", filters, "-f", "rawvideo", "-pix_fmt", "rgb24", "-")
		checkEqual(t, decodeAll(t, name, DecodeOptions{Frames: 1}), stored)
	}
}
